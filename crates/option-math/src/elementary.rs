//! e^x, ln, square and cube root in WAD.

use crate::kernel::{LN2_Q60, ln_mantissas};
use crate::real::Real;
use crate::{MathError, WAD};

/// e^x for x in WAD: relative error below 1e-18·(2 + |x|), either way, and up to one wei rounded down.
///
/// Zero below −42; [`MathError::Overflow`] where the result exceeds u128, x > 47.276. Argument reduction
/// 2^(n+t), |t| ≤ ½, and a minimax polynomial of degree 12 (Muller 2016, *Elementary Functions*).
pub fn exp_wad(x: i128) -> Result<u128, MathError> {
    const LAST: i128 = 48 * WAD as i128;
    if x > LAST {
        return Err(MathError::Overflow);
    }
    if x < -LAST {
        return Ok(0);
    }
    exp_real(x)
        .mul(Real::WAD)
        .to_u128()
        .ok_or(MathError::Overflow)
}

/// e^x for x in WAD, |x| < 88e18.
pub(crate) fn exp_real(x: i128) -> Real {
    Real::from_u128(x.unsigned_abs()).mul(Real::WEI).exp(x < 0)
}

/// Natural logarithm of x in WAD, in WAD, rounded to the nearest but for an error below 2e-17; exact zero at one.
///
/// [`MathError::LogarithmOfZero`] at zero. ln(x) = n·ln 2 + 2·atanh((m − 1)/(m + 1)) with m within [1/√2, √2].
pub fn ln_wad(x: u128) -> Result<i128, MathError> {
    if x == 0 {
        return Err(MathError::LogarithmOfZero);
    }
    let (mantissa, exponent) = Real::from_u128(x).parts();
    let (one, one_exponent) = Real::WAD.parts();
    // 2·atanh in Q60, |·| ≤ 0.35, and the octaves.
    let (small, octaves) = ln_mantissas(mantissa, one);
    let octaves = octaves.wrapping_add(exponent.wrapping_sub(one_exponent) as i64);
    let sum = (octaves as i128)
        .wrapping_mul(LN2_Q60 as i128)
        .wrapping_add(small as i128);
    let negative = sum < 0;
    let wad = Real::from_u128(sum.unsigned_abs())
        .mul(Real::WAD)
        .scale(-60);
    // To the nearest: half a wei before rounding down.
    let rounded = (wad.scale(1).to_u128().unwrap_or(0).wrapping_add(1) >> 1) as i128;
    Ok(if negative {
        rounded.wrapping_neg()
    } else {
        rounded
    })
}

/// √x for x in WAD, in WAD: exactly ⌊√(x·1e18)⌋ for x < 2¹²⁰, at most 32 wei below it beyond.
pub fn sqrt_wad(x: u128) -> u128 {
    if x >> 120 != 0 {
        // Four bits fewer in the result, 2⁻⁹⁰ of it.
        return sqrt_wad(x >> 8) << 4;
    }
    let estimate = Real::from_u128(x).mul(Real::WAD).sqrt();
    let mut root = estimate.to_u128().unwrap_or(0);
    // The estimate is right to 2⁻⁶⁰, so that the residual x·1e18 − root² fits 128 bits: one exact Newton step.
    let residual = square_residual(x, root);
    let step = Real::from_u128(residual.unsigned_abs())
        .div(estimate)
        .half()
        .to_u128()
        .unwrap_or(0);
    root = if residual < 0 {
        root.wrapping_sub(step)
    } else {
        root.wrapping_add(step)
    };
    // And the last units.
    while square_residual(x, root) < 0 {
        root = root.wrapping_sub(1);
    }
    while square_residual(x, root.wrapping_add(1)) >= 0 {
        root = root.wrapping_add(1);
    }
    root
}

/// x·1e18 − root², modulo 2¹²⁸: exact while the true value fits.
fn square_residual(x: u128, root: u128) -> i128 {
    x.wrapping_mul(WAD).wrapping_sub(root.wrapping_mul(root)) as i128
}

/// ∛x for x in WAD, in WAD: relative error below 1e-17, either way, and up to one wei rounded down.
pub fn cbrt_wad(x: u128) -> u128 {
    Real::from_u128(x)
        .mul(Real::WAD)
        .mul(Real::WAD)
        .cbrt()
        .to_u128()
        .unwrap_or(0)
}
