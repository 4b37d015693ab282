//! A small positive floating point for the functions that are not hot: `mantissa · 2^exponent`.

/// `mantissa · 2^exponent`, the mantissa normalised (top bit set) or zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Real {
    mantissa: u64,
    exponent: i32,
}

impl Real {
    pub(crate) const fn new(mantissa: u64, exponent: i32) -> Self {
        if mantissa == 0 {
            return Self {
                mantissa: 0,
                exponent: 0,
            };
        }
        let zeros = mantissa.leading_zeros();
        Self {
            mantissa: mantissa << zeros,
            exponent: exponent.wrapping_sub(zeros as i32),
        }
    }

    /// The 64 leading bits, the rest dropped.
    pub(crate) const fn from_u128(value: u128) -> Self {
        if value == 0 {
            return Self {
                mantissa: 0,
                exponent: 0,
            };
        }
        let zeros = value.leading_zeros();
        Self {
            mantissa: ((value << zeros) >> 64) as u64,
            exponent: 64 - zeros as i32,
        }
    }

    pub(crate) const fn mul(self, other: Self) -> Self {
        let product = self.mantissa as u128 * other.mantissa as u128;
        let mut result = Self::from_u128(product);
        if result.mantissa != 0 {
            result.exponent += self.exponent + other.exponent;
        }
        result
    }

    /// `self / other`; zero when `other` is zero (callers have refused it).
    pub(crate) const fn div(self, other: Self) -> Self {
        if other.mantissa == 0 || self.mantissa == 0 {
            return Self {
                mantissa: 0,
                exponent: 0,
            };
        }
        let quotient = ((self.mantissa as u128) << 63) / other.mantissa as u128;
        let mut result = Self::from_u128(quotient);
        result.exponent += self.exponent - other.exponent - 63;
        result
    }

    /// Rounded down; `None` when it does not fit.
    pub(crate) const fn to_u128(self) -> Option<u128> {
        if self.mantissa == 0 || self.exponent <= -64 {
            return Some(0);
        }
        if self.exponent > 64 {
            return None;
        }
        let wide = self.mantissa as u128;
        Some(if self.exponent < 0 {
            wide >> -self.exponent
        } else {
            wide << self.exponent
        })
    }

    /// Cube root by Newton on the integer cube root of a 126-bit radicand.
    pub(crate) const fn cbrt(self) -> Self {
        if self.mantissa == 0 {
            return self;
        }
        // An exponent divisible by three, and as many radicand bits as fit.
        let mut radicand = (self.mantissa as u128) << 60;
        let mut exponent = self.exponent - 60;
        while exponent % 3 != 0 {
            radicand <<= 1;
            exponent -= 1;
        }
        let mut root: u128 = 1 << 43;
        loop {
            let next = (2 * root + radicand / (root * root)) / 3;
            if next >= root {
                break;
            }
            root = next;
        }
        Self::new(root as u64, exponent / 3)
    }

    pub(crate) const fn sqrt(self) -> Self {
        if self.mantissa == 0 {
            return self;
        }
        let odd = (self.exponent & 1) as u32;
        let radicand = (self.mantissa as u128) << (62 + odd);
        Self::new(
            radicand.isqrt() as u64,
            (self.exponent - 62 - odd as i32) / 2,
        )
    }
}
