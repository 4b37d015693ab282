//! The standard normal distribution in WAD.

use crate::kernel::{ONE_62, mulhi_fine, normal_parts};
use crate::real::Real;
use crate::{MathError, WAD};

/// Beyond this |x| density and tail are below half a wei.
const LAST: u128 = 9_300_000_000_000_000_000;
/// 2⁵⁸/1e18, Q64.
const WAD_TO_Q58: u64 = 5_316_911_983_139_663_492;
/// 2e18/√(2π).
const DENSITY: u64 = 797_884_560_802_865_356;
/// √(2π).
const SQRT_2PI: Real = Real::new(11_559_782_567_510_551_731, -62);

/// |x| in Q58, or `None` beyond `LAST`.
fn magnitude(x: i128) -> Option<i64> {
    let x = x.unsigned_abs();
    (x <= LAST).then(|| mulhi_fine(x as u64, WAD_TO_Q58) as i64)
}

/// φ(x) = e^(−x²/2)/√(2π) for x in WAD, any: WAD, error below 1e-17.
pub fn normal_pdf(x: i128) -> u64 {
    magnitude(x).map_or(0, |x| {
        let (power, whole, _) = normal_parts(x);
        mulhi_fine(power >> whole, DENSITY)
    })
}

/// Φ(x) for x in WAD, any: WAD, 0..=1e18, error below 1e-17.
///
/// e^(−x²/2) times Mills' ratio (Mills 1926), a minimax polynomial in 8/(x + 5).
pub fn normal_cdf(x: i128) -> u64 {
    let tail = magnitude(x).map_or(0, |x| {
        let (power, whole, ratio) = normal_parts(x);
        mulhi_fine(power >> whole, (ratio as u64) << 1)
    });
    let probability = if x > 0 {
        (ONE_62 as u64).wrapping_sub(tail)
    } else {
        tail
    };
    mulhi_fine(probability << 1, (WAD as u64) << 1)
}

/// Φ⁻¹(p) for p in WAD, 0 < p < 1e18: WAD, error below 1e-16.
///
/// [`MathError::ProbabilityOutOfDomain`] at 0 and from 1 on, where the quantile is infinite. Abramowitz and Stegun 26.2.22,
/// refined by Halley's iteration.
pub fn normal_inverse_cdf(p: u64) -> Result<i128, MathError> {
    let (quantile, below) = quantile_q58(p)?;
    let wad = mulhi_fine((quantile << 2) as u64, (WAD as u64) << 4) as i128;
    Ok(if below { wad.wrapping_neg() } else { wad })
}

/// |Φ⁻¹(p)| in Q58, and whether p < ½.
pub(crate) fn quantile_q58(p: u64) -> Result<(i64, bool), MathError> {
    const ONE: u64 = WAD as u64;
    if p == 0 || p >= ONE {
        return Err(MathError::ProbabilityOutOfDomain);
    }
    let below = p < ONE / 2;
    let tail = p.min(ONE.wrapping_sub(p));
    if tail == ONE / 2 {
        return Ok((0, below));
    }
    let target = Real::new(tail, 0).mul(Real::WEI);
    let mut x = first_quantile(tail)?;
    let mut round = 0u32;
    while round < 4 {
        // t = (Φ(−x) − p)/φ(x) = M(x) − p/φ(x), then x + t/(1 − x·t/2) ≈ x + t + x·t²/2: cubic convergence.
        let (power, whole, mills) = normal_parts(x);
        let density = Real::new(power, (-63i32).wrapping_sub(whole as i32));
        let ratio = SQRT_2PI
            .mul(Real::new(mills as u64, -62))
            .scale(58)
            .to_u128()
            .unwrap_or(0) as i64;
        let wanted = SQRT_2PI
            .mul(target)
            .div(density)
            .scale(58)
            .to_u128()
            .unwrap_or(0)
            .min(1 << 60) as i64;
        let t = ratio.wrapping_sub(wanted);
        let bend = ((t >> 29).wrapping_mul(t >> 29) >> 30).wrapping_mul(x >> 30) << 1;
        x = x.wrapping_add(t).wrapping_add(bend).clamp(0, 9 << 58);
        round = round.wrapping_add(1);
    }
    Ok((x, below))
}

// The divisor is odd.
#[allow(clippy::arithmetic_side_effects)]
/// t − (2.30753 + 0.27061·t)/(1 + 0.99229·t + 0.04481·t²), t = √(−2 ln p), Q58: error below 3e-3.
fn first_quantile(tail: u64) -> Result<i64, MathError> {
    let logarithm = crate::ln_wad(tail as u128)?.unsigned_abs();
    let t = Real::from_u128(logarithm)
        .mul(Real::WEI)
        .scale(1)
        .sqrt()
        .scale(28)
        .to_u128()
        .unwrap_or(0) as u64; // Q28, < 2^32
    const A: u64 = 619_422_868; // 2.30753 in Q28
    const B: u64 = 72_641_319; // 0.27061
    const C: u64 = 266_365_819; // 0.99229
    const D: u64 = 12_028_593; // 0.04481
    let above = A.wrapping_add(B.wrapping_mul(t) >> 28);
    let under = (1u64 << 28)
        .wrapping_add(C.wrapping_mul(t) >> 28)
        .wrapping_add((D.wrapping_mul(t) >> 28).wrapping_mul(t) >> 28);
    let guess = t.saturating_sub((above << 28) / (under | 1));
    Ok((guess << 30) as i64)
}
