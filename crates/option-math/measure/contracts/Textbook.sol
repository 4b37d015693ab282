// SPDX-License-Identifier: MIT OR Apache-2.0
pragma solidity ^0.8.24;

import {SD59x18, sd} from "@prb/math/src/SD59x18.sol";

/// Price and greeks as a textbook writes them, on PRBMath, with the cdf of Abramowitz and Stegun 26.2.17 (error 7.5e-8): how several option
/// protocols on the EVM compute. Written from the formulas. Numbers have 18 decimals.
contract Textbook {
    SD59x18 private constant ZERO = SD59x18.wrap(0);
    SD59x18 private constant ONE = SD59x18.wrap(1e18);
    SD59x18 private constant TWO = SD59x18.wrap(2e18);
    SD59x18 private constant ROOT_TWO_PI = SD59x18.wrap(2_506_628_274_631_000_502);
    int256 private constant YEAR = 31_536_000;

    struct Point {
        SD59x18 spot;
        SD59x18 discounted;
        SD59x18 vol;
        SD59x18 root;
        SD59x18 rate;
        SD59x18 d1;
        SD59x18 d2;
    }

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

    function price(uint256 spot, uint256 strike, uint256 vol, uint256 tenor, int256 rate) external pure returns (uint256) {
        return value(point(spot, strike, vol, tenor, rate));
    }

    function greeks(uint256 spot, uint256 strike, uint256 vol, uint256 tenor, int256 rate)
        external
        pure
        returns (uint256, uint256 delta, uint256 spotGamma, uint256 vega, int256 theta)
    {
        Point memory p = point(spot, strike, vol, tenor, rate);
        SD59x18 density = pdf(p.d1);
        delta = uint256(cdf(p.d1).unwrap());
        spotGamma = uint256(density.div(p.vol.mul(p.root)).unwrap());
        vega = uint256(p.spot.mul(density).mul(p.root).unwrap());
        SD59x18 decay = p.spot.mul(density).mul(p.vol).div(p.root.mul(TWO));
        theta = -(decay + p.rate.mul(p.discounted).mul(cdf(p.d2))).unwrap() / 365;
        return (value(p), delta, spotGamma, vega, theta);
    }

    function point(uint256 spot, uint256 strike, uint256 vol, uint256 tenor, int256 rate) private pure returns (Point memory p) {
        SD59x18 tau = sd(int256(tenor) * 1e18 / YEAR);
        SD59x18 k = sd(int256(strike));
        p.spot = sd(int256(spot));
        p.vol = sd(int256(vol));
        p.rate = sd(rate);
        p.root = tau.sqrt();
        p.discounted = k.mul((ZERO - p.rate.mul(tau)).exp());
        SD59x18 deviation = p.vol.mul(p.root);
        p.d1 = (p.spot.div(k).ln() + (p.rate + p.vol.mul(p.vol).div(TWO)).mul(tau)).div(deviation);
        p.d2 = p.d1 - deviation;
    }

    function value(Point memory p) private pure returns (uint256) {
        int256 difference = (p.spot.mul(cdf(p.d1)) - p.discounted.mul(cdf(p.d2))).unwrap();
        return difference < 0 ? 0 : uint256(difference);
    }

    function pdf(SD59x18 x) private pure returns (SD59x18) {
        return (ZERO - x.mul(x).div(TWO)).exp().div(ROOT_TWO_PI);
    }

    /// Abramowitz and Stegun (1964), 26.2.17.
    function cdf(SD59x18 x) private pure returns (SD59x18) {
        SD59x18 z = x.abs();
        SD59x18 t = ONE.div(ONE + sd(0.2316419e18).mul(z));
        SD59x18 sum = sd(1.330274429e18).mul(t) - sd(1.821255978e18);
        sum = sum.mul(t) + sd(1.781477937e18);
        sum = sum.mul(t) - sd(0.356563782e18);
        sum = (sum.mul(t) + sd(0.31938153e18)).mul(t);
        SD59x18 tail = pdf(z).mul(sum);
        return x.unwrap() < 0 ? tail : ONE - tail;
    }
}
