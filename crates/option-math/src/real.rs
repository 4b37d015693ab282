//! A small positive floating point, mantissa · 2^exponent, for the functions that are not hot.
//!
//! No range to watch, a relative error of 2⁻⁶¹ a step, and code that is shared: roots, bands, curves and quantiles are
//! a line each. Negative numbers are left to the caller, who knows the sign. Nothing is inlined: a call costs a gas, a
//! copy of the code costs bytes in every contract.

use crate::kernel::{exp2, mulhi_fine, rsqrt};

/// mantissa · 2^exponent, the mantissa with its top bit set, or zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Real {
    mantissa: u64,
    exponent: i32,
}

impl Real {
    pub(crate) const ZERO: Self = Self {
        mantissa: 0,
        exponent: 0,
    };
    pub(crate) const WAD: Self = Self::new(1_000_000_000_000_000_000, 0);
    /// 1e-18.
    pub(crate) const WEI: Self = Self::new(10_633_823_966_279_326_983, -123);
    /// log₂ e.
    const LOG2_E: Self = Self::new(13_306_513_097_844_322_492, -63);
    /// ln 2.
    pub(crate) const LN_2: Self = Self::new(12_786_308_645_202_655_660, -64);

    #[inline]
    pub(crate) const fn new(mantissa: u64, exponent: i32) -> Self {
        if mantissa == 0 {
            return Self::ZERO;
        }
        let zeros = mantissa.leading_zeros();
        Self {
            mantissa: mantissa << zeros,
            exponent: exponent.wrapping_sub(zeros as i32),
        }
    }

    /// The 64 leading bits, the rest dropped.
    #[inline(never)]
    pub(crate) const fn from_u128(value: u128) -> Self {
        let high = (value >> 64) as u64;
        if high == 0 {
            return Self::new(value as u64, 0);
        }
        let zeros = high.leading_zeros();
        let below = ((value as u64) >> 1).wrapping_shr(63u32.wrapping_sub(zeros));
        Self {
            mantissa: high.wrapping_shl(zeros) | below,
            exponent: 64i32.wrapping_sub(zeros as i32),
        }
    }

    /// Rounded down; relative error below 2⁻⁶².
    #[inline(never)]
    pub(crate) const fn mul(self, other: Self) -> Self {
        let exponent = self.exponent.wrapping_add(other.exponent).wrapping_add(64);
        Self::new(mulhi_fine(self.mantissa, other.mantissa), exponent)
    }

    /// Rounded down, relative error below 2⁻⁶¹; zero when `other` is zero, which callers have refused.
    #[inline(never)]
    pub(crate) const fn div(self, other: Self) -> Self {
        if other.mantissa == 0 {
            return Self::ZERO;
        }
        let quotient = quotient_q63(self.mantissa >> 1, other.mantissa);
        Self::new(
            quotient,
            self.exponent.wrapping_sub(other.exponent).wrapping_sub(63),
        )
    }

    pub(crate) const fn parts(self) -> (u64, i32) {
        (self.mantissa, self.exponent)
    }

    /// self · 2^power.
    pub(crate) const fn scale(self, power: i32) -> Self {
        Self::new(self.mantissa, self.exponent.wrapping_add(power))
    }

    pub(crate) const fn half(self) -> Self {
        Self {
            mantissa: self.mantissa,
            exponent: self.exponent.wrapping_sub(1),
        }
    }

    /// Rounded down; `None` when it does not fit.
    #[inline(never)]
    pub(crate) const fn to_u128(self) -> Option<u128> {
        let wide = self.mantissa as u128;
        match self.exponent {
            ..=-64 => Some(0),
            -63..0 => Some(wide >> self.exponent.unsigned_abs()),
            0..=64 => Some(wide << self.exponent.unsigned_abs()),
            65.. if self.mantissa == 0 => Some(0),
            65.. => None,
        }
    }

    /// √self; relative error below 2⁻⁶⁰.
    #[inline(never)]
    pub(crate) const fn sqrt(self) -> Self {
        if self.mantissa == 0 {
            return self;
        }
        // The mantissa in Q62 within [1, 4), so that the exponent is even.
        let odd = self.exponent & 1;
        let mantissa = self.mantissa >> odd as u32;
        let scale = self.exponent.wrapping_add(62).wrapping_add(odd) >> 1;
        let root = mulhi_fine(mantissa, rsqrt(mantissa)); // Q62
        Self::new(root, scale.wrapping_sub(62))
    }

    /// ∛self; relative error below 2⁻⁵⁸.
    ///
    /// Newton in 32 bits on a mantissa in [1, 8), then one step on the exact residual.
    // The divisors have a bit set for certain.
    #[allow(clippy::arithmetic_side_effects)]
    #[inline(never)]
    pub(crate) const fn cbrt(self) -> Self {
        if self.mantissa == 0 {
            return self;
        }
        // mantissa = value in Q60 within [1, 8); the exponent a multiple of three.
        let top = self.exponent.wrapping_add(63); // value = 1.x · 2^top
        let third = top.div_euclid(3);
        let up = top.rem_euclid(3) as u32;
        let value = self.mantissa >> 3u32.wrapping_sub(up); // Q60
        let mut root: u64 = 3 << 29; // Q30, within [1, 2]
        let mut step = 0u32;
        while step < 6 {
            // value/root² in Q30; root² is at least 2⁶⁰/2, so the divisor is never zero.
            let square = root.wrapping_mul(root) >> 30;
            root = (root << 1).wrapping_add(value / (square | 1)) / 3;
            step = step.wrapping_add(1);
        }
        // residual = value − root³ in Q90; |residual| < 2⁶⁶ because root is right to 28 bits.
        let square = root.wrapping_mul(root); // Q60
        let cube = (((square >> 32).wrapping_mul(root) as i128) << 32)
            .wrapping_add((square & 0xffff_ffff).wrapping_mul(root) as i128);
        let residual = ((value as i128) << 30).wrapping_sub(cube);
        let correction = (residual >> 4) as i64 / ((square.wrapping_mul(3) >> 33) | 1) as i64; // Q59
        Self::new(
            (root << 31).wrapping_add((correction << 2) as u64),
            third.wrapping_sub(61),
        )
    }

    /// 2^±self for self < 128; `ZERO` for anything smaller than 2⁻¹²⁷. Relative error below 2⁻⁶⁰ · max(1, self).
    #[inline(never)]
    pub(crate) const fn exp2(self, negative: bool) -> Self {
        if self.mantissa == 0 {
            return Self::new(1, 0);
        }
        if self.exponent > -57 {
            return if negative {
                Self::ZERO
            } else {
                Self {
                    mantissa: u64::MAX,
                    exponent: i32::MAX >> 1,
                }
            };
        }
        // Q63, at most 70 bits.
        let down = (-57i32).wrapping_sub(self.exponent);
        let fixed = if down > 127 {
            0
        } else {
            ((self.mantissa as u128) << 6) >> down as u32
        };
        let whole = ((fixed >> 62) as i32).wrapping_add(1) >> 1;
        let left = (fixed as u64).wrapping_sub((whole as u64) << 63) as i64;
        let (left, whole) = if negative {
            (left.wrapping_neg(), whole.wrapping_neg())
        } else {
            (left, whole)
        };
        Self::new(exp2(left), whole.wrapping_sub(63))
    }

    /// e^±self.
    pub(crate) const fn exp(self, negative: bool) -> Self {
        self.mul(Self::LOG2_E).exp2(negative)
    }
}

/// a·2⁶⁴ / d with a < d and d's top bit set, shifted to Q63 of a/(d/2): schoolbook division in halves (Knuth 1997,
/// 4.3.1, algorithm D), exact.
const fn quotient_q63(a: u64, d: u64) -> u64 {
    let (dh, dl) = (d >> 32, d & 0xffff_ffff);
    let (first, rest) = digit(a, dh, dl, d);
    let (second, _) = digit(rest, dh, dl, d);
    first << 32 | second
}

/// One 32-bit digit of a·2³² / d, and the remainder.
// A zero divisor is replaced.
#[allow(clippy::arithmetic_side_effects)]
const fn digit(a: u64, dh: u64, dl: u64, d: u64) -> (u64, u64) {
    let mut digit = a / (dh | (dh == 0) as u64);
    let mut left = a.wrapping_sub(digit.wrapping_mul(dh));
    // At most two corrections.
    while digit >> 32 != 0 || digit.wrapping_mul(dl) > (left << 32) {
        digit = digit.wrapping_sub(1);
        left = left.wrapping_add(dh);
        if left >> 32 != 0 {
            break;
        }
    }
    (digit, (a << 32).wrapping_sub(digit.wrapping_mul(d)))
}

#[cfg(test)]
#[allow(clippy::arithmetic_side_effects, clippy::unwrap_used)]
mod tests {
    use super::*;

    fn near(real: Real, expected: u128, ulps: u128) {
        let got = real.to_u128().unwrap();
        assert!(got.abs_diff(expected) <= ulps, "{got} {expected}");
    }

    #[test]
    fn roots_and_quotients() {
        let mut seed = 7u64;
        for _ in 0..100_000 {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let a = (seed as u128) >> (seed & 31) | 1;
            let b = seed.rotate_left(29) as u128 | 1;
            near(
                Real::from_u128(a << 60).div(Real::from_u128(b)),
                (a << 60) / b,
                1 + (((a << 60) / b) >> 61),
            );
            near(
                Real::from_u128(a << 62).sqrt(),
                (a << 62).isqrt(),
                1 + ((a << 62).isqrt() >> 58),
            );
            let cube = (a >> 25) * (a >> 25) * (a >> 25);
            near(Real::from_u128(cube).cbrt(), a >> 25, 1);
        }
    }
}
