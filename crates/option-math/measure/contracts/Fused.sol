// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {FixedPointMathLib as Fixed} from "solady/src/utils/FixedPointMathLib.sol";

/// Price and all greeks of a call in one evaluation, as cheap as plain Solidity makes it: Solady's exp, ln and square root, unchecked
/// arithmetic, one exponential for both probabilities (S·φ(d₁) = K′·φ(d₂)) and none for discounting where the rate is zero.
///
/// Normal tail: the rational function of Hart (1968, algorithm 5666) as West (2005), "Better approximations to cumulative normal functions",
/// prints it, without its exponential; beyond 7.07 his continued fraction. Numbers have 18 decimals.
contract Fused {
    error OutOfDomain();

    uint256 private constant WAD = 1e18;
    int256 private constant ONE = 1e18;
    uint256 private constant YEAR = 31_536_000;
    /// 1/√(2π).
    uint256 private constant DENSITY = 398_942_280_401_432_678;
    uint256 private constant ROOT_TWO_PI = 2_506_628_274_631_000_502;

    /// What the measured functions are compared with: the same arguments and results, nothing computed.
    function echoGreeks(uint256 spot, uint256 strike, uint256 vol, uint256 tenor, int256 rate)
        external
        pure
        returns (uint256, uint256, uint256, uint256, int256)
    {
        return (spot, strike, vol, tenor, rate);
    }

    function echoPrice(uint256 spot, uint256 strike, uint256 vol, uint256 tenor, int256 rate) external pure returns (uint256) {
        unchecked {
            return spot + strike + vol + tenor + uint256(rate);
        }
    }

    function price(uint256 spot, uint256 strike, uint256 vol, uint256 tenor, int256 rate) external pure returns (uint256 value) {
        unchecked {
            check(spot, strike, vol, tenor, rate);
            (int256 d1, int256 s,, int256 rt) = distances(spot, strike, vol, tenor, rate);
            (value,,) = blend(spot, strike, d1, s, rt, uint256(Fixed.expWad(-d1 * d1 / 2e18)));
        }
    }

    function greeks(uint256 spot, uint256 strike, uint256 vol, uint256 tenor, int256 rate)
        external
        pure
        returns (uint256 value, uint256 delta, uint256 spotGamma, uint256 vega, int256 theta)
    {
        unchecked {
            check(spot, strike, vol, tenor, rate);
            (int256 d1, int256 s, uint256 root, int256 rt) = distances(spot, strike, vol, tenor, rate);
            uint256 weight = uint256(Fixed.expWad(-d1 * d1 / 2e18));
            uint256 scaled;
            (value, delta, scaled) = blend(spot, strike, d1, s, rt, weight);
            scaled = scaled * DENSITY / WAD;
            spotGamma = weight * DENSITY / uint256(s);
            vega = scaled * root / WAD;
            // −½·S·φ(d₁)·σ/√τ − r·(S·Δ − C), a day.
            theta = -int256(scaled * vol / (730 * root)) - rate * int256(spot * delta / WAD - value) / 365e18;
        }
    }

    /// The domain of option-math, but for a tenor of zero.
    function check(uint256 spot, uint256 strike, uint256 vol, uint256 tenor, int256 rate) private pure {
        unchecked {
            if (spot - 1e12 > 1e27 - 1e12 || strike - 1e12 > 1e27 - 1e12) revert OutOfDomain();
            if (vol - 1e12 > 5e18 - 1e12 || tenor - 1 > 10 * YEAR - 1 || uint256(rate + 0.5e18) > 1e18) revert OutOfDomain();
        }
    }

    /// d₁, σ√τ, √τ and rτ.
    function distances(uint256 spot, uint256 strike, uint256 vol, uint256 tenor, int256 rate)
        private
        pure
        returns (int256 d1, int256 s, uint256 root, int256 rt)
    {
        unchecked {
            root = Fixed.sqrt(tenor * 1e36 / YEAR);
            // One more than rounded down: never zero.
            s = int256(vol * root / WAD) + 1;
            rt = rate * int256(tenor) / int256(YEAR);
            d1 = (Fixed.lnWad(int256(spot * WAD / strike)) + rt) * ONE / s + s / 2;
        }
    }

    /// Price, delta and S·e^(−d₁²/2).
    function blend(uint256 spot, uint256 strike, int256 d1, int256 s, int256 rt, uint256 weight)
        private
        pure
        returns (uint256 value, uint256 delta, uint256 scaled)
    {
        unchecked {
            scaled = spot * weight / WAD;
            int256 sum;
            int256 mills = tail(d1);
            delta = uint256(mills) * weight / WAD;
            if (d1 >= 0) {
                delta = WAD - delta;
                sum = int256(spot);
                mills = -mills;
            }
            int256 d2 = d1 - s;
            int256 second = tail(d2);
            if (d2 >= 0) {
                sum -= int256(rt == 0 ? strike : strike * uint256(Fixed.expWad(-rt)) / WAD);
                second = -second;
            }
            sum += int256(scaled) * (mills - second) / ONE;
            value = sum < 0 ? 0 : uint256(sum);
        }
    }

    /// Φ(−|x|)·e^(x²/2).
    function tail(int256 x) private pure returns (int256) {
        unchecked {
            uint256 magnitude = uint256(x < 0 ? -x : x);
            if (magnitude > 7.071067811865475e18) {
                uint256 f = magnitude + 4e36 / (magnitude + 0.65e18);
                f = magnitude + 3e36 / f;
                f = magnitude + 2e36 / f;
                f = magnitude + 1e36 / f;
                return int256(1e54 / (f * ROOT_TWO_PI));
            }
            // In 60 fractional bits; a shift after as many steps as 256 bits hold.
            uint256 z = (magnitude << 60) / WAD;
            uint256 n = 40654890636140273;
            n = (((n * z + 930968777032180975040420719960924780) * z + 9768068654559968729476274392159700733134091804786581751) * z + 59918847888813440944182302886557104076908522538006354682639283603651500128) >> 180;
            n = (((n * z + 148978932006708431019136657075506606223) * z + 339008849709326727848665962081521795690804764085633967358) * z + 389071858215022920113676539255418899344481165220547587349552829129577730606) >> 180;
            uint256 d = 101904826760412314;
            d = (((d * z + 2333681944582649409924852548448913868) * z + 24618280507812516621305304054729478885026057091841042595) * z + 153328281972094330991788276078285865535385053694054855822579383800756194647) >> 180;
            d = ((d * z + 394201502026865253976589615459533924279) * z + 976710951196913730113513268789207151711373869959976628253) >> 120;
            d = ((d * z + 1055176424237819907553039908467908350303) * z + 674932086287520008524709150362177501298601512599423918585) >> 120;
            return int256(n * WAD / d);
        }
    }
}
