// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.9;

/// The ABI of Lyra's library, and nothing computed: what its measured functions are compared with.
library LyraEcho {
    struct Inputs {
        uint256 tenor;
        uint256 vol;
        uint256 spot;
        uint256 strike;
        int256 rate;
    }

    struct Outputs {
        uint256 callPrice;
        uint256 putPrice;
        int256 callDelta;
        int256 putDelta;
        uint256 vega;
        uint256 stdVega;
    }

    function echoGreeks(Inputs memory x) public pure returns (Outputs memory) {
        return Outputs(x.tenor, x.vol, int256(x.spot), int256(x.strike), uint256(x.rate), 0);
    }

    function echoPrice(Inputs memory x) public pure returns (uint256, uint256) {
        unchecked {
            return (x.tenor + x.vol + uint256(x.rate), x.spot + x.strike);
        }
    }
}
