//! Implied and realised volatility.

use crate::*;

/// The volatility at which a call is worth `price`.
pub fn implied_volatility(
    price: u128,
    spot: u128,
    strike: u128,
    tenor_seconds: u64,
    rate: i64,
) -> Result<u64, MathError> {
    let value = |vol: u64| crate::price(spot, strike, vol, tenor_seconds, rate);
    let refuse = |why| Err(MathError::NoImpliedVolatility(why));
    if tenor_seconds == 0 {
        return Err(MathError::TenorOutOfDomain);
    }
    let (mut lo, mut hi) = (VOLATILITY_MIN, VOLATILITY_MAX);
    if price >= spot {
        return refuse(NoVolatility::AboveSpot);
    }
    if price < value(lo)? {
        return refuse(NoVolatility::BelowIntrinsic);
    }
    if price > value(hi)? {
        return refuse(NoVolatility::AboveLargest);
    }
    while hi - lo > 1 {
        let mid = lo + (hi - lo) / 2;
        if value(mid)? < price {
            lo = mid;
        } else {
            hi = mid;
        }
    }
    Ok(hi)
}

/// One step of the exponentially weighted variance over an irregular interval:
/// σ² ← λ^Δt σ² + (1 − λ^Δt)·r²/Δt, where λ^Δt = 2^(−Δt / half-life). As Δt → 0 the increment
/// tends to −ln λ·r², and that is what `elapsed_seconds = 0` gives.
///
/// `variance` is WAD per year (1e18: a volatility of 100 %), `log_return` WAD, e.g. `ln_wad(p₁) − ln_wad(p₀)`.
pub fn ewma_variance(
    variance: u128,
    log_return: i128,
    elapsed_seconds: u64,
    half_life_seconds: u64,
) -> Result<u128, MathError> {
    use real::Real;
    if half_life_seconds == 0 {
        return Err(MathError::ParameterOutOfDomain);
    }
    let ln2 = 693_147_180_559_945_309u128;
    let y = (ln2 * elapsed_seconds as u128 / half_life_seconds as u128).min(50 * WAD);
    let kept = exp_wad(-(y as i128))?;
    let wad = Real::from_u128(WAD);
    let r = Real::from_u128(log_return.unsigned_abs());
    let rate = if y < 1_000_000_000 {
        Real::from_u128(ln2).div(Real::from_u128(half_life_seconds as u128))
    } else {
        Real::from_u128(WAD - kept).div(Real::from_u128(elapsed_seconds as u128))
    };
    let added = r
        .mul(r)
        .mul(rate)
        .mul(Real::from_u128(YEAR_SECONDS as u128))
        .div(wad)
        .div(wad);
    let old = Real::from_u128(variance)
        .mul(Real::from_u128(kept))
        .div(wad);
    let (old, added) = (
        old.to_u128().ok_or(MathError::Overflow)?,
        added.to_u128().ok_or(MathError::Overflow)?,
    );
    old.checked_add(added).ok_or(MathError::Overflow)
}
