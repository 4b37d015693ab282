// SPDX-License-Identifier: MIT
pragma solidity 0.8.30;

import {ERC20, ERC4626, IERC20} from "@openzeppelin/contracts/token/ERC20/extensions/ERC4626.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// OpenZeppelin's vault as it comes, with permits and the covered-call vault's three decimals more than the asset's.
contract Peer is ERC4626, ERC20Permit {
    constructor(IERC20 asset) ERC20("Peer", "PEER") ERC20Permit("Peer") ERC4626(asset) {}

    function decimals() public view override(ERC20, ERC4626) returns (uint8) {
        return super.decimals();
    }

    function _decimalsOffset() internal pure override returns (uint8) {
        return 3;
    }
}
