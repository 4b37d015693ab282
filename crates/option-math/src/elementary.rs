//! exp, ln and roots in WAD.

use crate::real::Real;
use crate::{MathError, WAD};

const ONE: i128 = 1 << 62;
const LN2: i128 = 3196577161300663915; // ln 2 · 2^62

pub(crate) const fn mul62(a: i128, b: i128) -> i128 {
    (a * b) >> 62
}

/// e^x for x in Q62, |x| < 64: mantissa in Q62 within [1, 2) and a power of two.
pub(crate) fn exp62(x: i128) -> (i128, i32) {
    let n = x.div_euclid(LN2);
    let r = x - n * LN2;
    let (mut sum, mut term) = (ONE, ONE);
    for k in 1..26 {
        term = mul62(term, r) / k;
        sum += term;
    }
    (sum, n as i32)
}

/// ln of a normalised real, Q62.
fn ln62(value: u128) -> i128 {
    let zeros = value.leading_zeros();
    let m = ((value << zeros) >> 65) as i128; // Q62 in [1, 2)
    let u = ((m - ONE) << 62) / (m + ONE);
    let z = mul62(u, u);
    let (mut sum, mut power) = (0, u);
    for k in 0..24 {
        sum += power / (2 * k + 1);
        power = mul62(power, z);
    }
    2 * sum + (127 - zeros as i128) * LN2
}

/// e^x.
pub fn exp_wad(x: i128) -> Result<u128, MathError> {
    if x > 47_000_000_000_000_000_000 {
        return Err(MathError::Overflow);
    }
    if x < -42_000_000_000_000_000_000 {
        return Ok(0);
    }
    let q = (x << 58) / WAD as i128 * 16;
    let (m, n) = exp62(q);
    Real::new(m as u64, n - 62)
        .mul(Real::from_u128(WAD))
        .to_u128()
        .ok_or(MathError::Overflow)
}

/// Natural logarithm.
pub fn ln_wad(x: u128) -> Result<i128, MathError> {
    if x == 0 {
        return Err(MathError::LogarithmOfZero);
    }
    let q = ln62(x) - ln62(WAD);
    Ok(((q >> 6) * WAD as i128) >> 56)
}

/// Square root.
pub fn sqrt_wad(x: u128) -> u128 {
    Real::from_u128(x)
        .mul(Real::from_u128(WAD))
        .sqrt()
        .to_u128()
        .unwrap_or(0)
}

/// Cube root.
pub fn cbrt_wad(x: u128) -> u128 {
    Real::from_u128(x)
        .mul(Real::from_u128(WAD))
        .mul(Real::from_u128(WAD))
        .cbrt()
        .to_u128()
        .unwrap_or(0)
}
