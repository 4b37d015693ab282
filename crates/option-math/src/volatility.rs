//! Implied and realised volatility.

use crate::real::Real;
use crate::{MathError, NoVolatility, Strip, VOLATILITY_MAX, VOLATILITY_MIN, YEAR_SECONDS, ln_wad};

/// Bound on the model evaluations of [`implied_volatility`]: the first ones are Newton's, then every second bisects the
/// at most 63 bits of the bracket.
const EVALUATIONS_MAX: u32 = 144;
const NEWTON_ALONE: u32 = 12;

/// The smallest volatility found at which a call is worth `price`: the model's price there differs from `price` by no
/// more than its documented error and what one wei of volatility is worth.
///
/// A bracketed Newton iteration from the price curve's inflection √(2|ln(S/K′)|/τ) (Manaster and Koehler 1982), at most
/// 144 evaluations, usually 4 to 6. Where the price hardly depends on volatility (deep in or out of the money) many
/// volatilities qualify, and any of them may be returned.
///
/// Refuses as [`Strip`] does, with [`MathError::TenorOutOfDomain`] at a tenor of zero, and with the reason in
/// [`MathError::NoImpliedVolatility`].
pub fn implied_volatility(
    price: u128,
    spot: u128,
    strike: u128,
    tenor_seconds: u64,
    rate: i64,
) -> Result<u64, MathError> {
    let value = |vol: u64| Strip::new(spot, vol, tenor_seconds, rate)?.greeks(strike);
    let refuse = |why| Err(MathError::NoImpliedVolatility(why));
    if tenor_seconds == 0 {
        Strip::new(spot, VOLATILITY_MIN, 0, rate)?;
        return Err(MathError::TenorOutOfDomain);
    }
    let (mut low, mut high) = (VOLATILITY_MIN, VOLATILITY_MAX);
    let smallest = value(low)?.price;
    let discounted = Strip::new(spot, low, tenor_seconds, rate)?.discounted(strike)?;
    if price >= spot {
        return refuse(NoVolatility::AboveSpot);
    }
    if price < spot.saturating_sub(discounted) && price < smallest {
        return refuse(NoVolatility::BelowIntrinsic);
    }
    if price < smallest {
        return refuse(NoVolatility::BelowSmallest);
    }
    if price > value(high)?.price {
        return refuse(NoVolatility::AboveLargest);
    }

    let mut vol = first_guess(price, spot, discounted, tenor_seconds)?;
    let mut round = 0;
    while round < EVALUATIONS_MAX && high.wrapping_sub(low) > 1 {
        let at = value(vol)?;
        // The bracket: price(low) ≤ price ≤ price(high), but for rounding.
        if at.price < price {
            low = vol;
        } else {
            high = vol;
        }
        let middle = low.wrapping_add(high.wrapping_sub(low) >> 1);
        let gap = Real::from_u128(at.price.abs_diff(price));
        let vega = Real::from_u128(at.vega);
        let step = gap.mul(Real::WAD).div(vega).to_u128();
        vol = match step {
            _ if round > NEWTON_ALONE && round & 1 == 0 => middle,
            Some(step) if at.vega != 0 && step <= VOLATILITY_MAX as u128 => {
                if step == 0 {
                    return Ok(vol);
                }
                let next = if at.price < price {
                    vol.saturating_add(step as u64)
                } else {
                    vol.saturating_sub(step as u64)
                };
                if next > low && next < high {
                    next
                } else {
                    middle
                }
            }
            _ => middle,
        };
        round = round.wrapping_add(1);
    }
    Ok(high)
}

/// √(2|ln(S/K′)|/τ), plus the at-the-money √(2π/τ)·C/S (Brenner and Subrahmanyam 1988), within the domain.
fn first_guess(
    price: u128,
    spot: u128,
    discounted: u128,
    tenor_seconds: u64,
) -> Result<u64, MathError> {
    let years = Real::new(tenor_seconds, 0).div(Real::new(YEAR_SECONDS, 0));
    let moneyness = Real::from_u128(spot)
        .div(Real::from_u128(discounted))
        .mul(Real::WAD);
    let logarithm = ln_wad(moneyness.to_u128().unwrap_or(1).max(1))?.unsigned_abs();
    let inflection = Real::from_u128(logarithm)
        .mul(Real::WEI)
        .scale(1)
        .div(years)
        .sqrt();
    let root = Real::new(2_506_628_274_631_000_502, 0)
        .mul(Real::WEI)
        .div(years.sqrt());
    let flat = Real::from_u128(price).div(Real::from_u128(spot)).mul(root);
    let larger = |real: Real| real.mul(Real::WAD).to_u128().unwrap_or(u128::MAX);
    let guess = larger(inflection).max(larger(flat));
    Ok(guess.clamp(VOLATILITY_MIN as u128, VOLATILITY_MAX as u128) as u64)
}

/// One step of the exponentially weighted variance over an irregular interval:
/// σ² ← λ^Δt·σ² + (1 − λ^Δt)·r²/Δt, with λ^Δt = 2^(−Δt/half-life) and Δt in years (RiskMetrics 1996, for irregular
/// intervals). As Δt → 0 the increment tends to −ln λ·r², and that is what `elapsed_seconds = 0` gives.
///
/// `variance` in WAD a year (1e18: a volatility of 100 %), `log_return` in WAD, for instance
/// `ln_wad(p₁)? − ln_wad(p₀)?`. Relative error of each summand below 4e-15, and two wei.
/// [`MathError::ParameterOutOfDomain`] for a half-life of zero, [`MathError::Overflow`] where u128 does not hold the result.
pub fn ewma_variance(
    variance: u128,
    log_return: i128,
    elapsed_seconds: u64,
    half_life_seconds: u64,
) -> Result<u128, MathError> {
    if half_life_seconds == 0 {
        return Err(MathError::ParameterOutOfDomain);
    }
    let half_life = Real::new(half_life_seconds, 0);
    let lives = Real::new(elapsed_seconds, 0).div(half_life);
    let kept = lives.exp2(true);
    // (1 − e^(−y))/Δt with y = ln 2·Δt/half-life. Small y: 1/half-life·ln 2·(1 − y/2 + y²/6 − y³/24), no cancellation.
    let per_second = if elapsed_seconds < half_life_seconds >> 10 || elapsed_seconds == 0 {
        let y = lives.mul(Real::LN_2);
        let q62 = |real: Real| real.scale(62).to_u128().unwrap_or(0) as u64;
        let sixth = y.mul(y).mul(Real::new(12_297_829_382_473_034_411, -66));
        let factor = (1u64 << 62)
            .wrapping_sub(q62(y.half()))
            .wrapping_add(q62(sixth))
            .wrapping_sub(q62(sixth.mul(y).scale(-2)));
        Real::LN_2.mul(Real::new(factor, -62)).div(half_life)
    } else {
        let gone = (1u64 << 62).wrapping_sub(kept.scale(62).to_u128().unwrap_or(0) as u64);
        Real::new(gone, -62).div(Real::new(elapsed_seconds, 0))
    };
    let r = Real::from_u128(log_return.unsigned_abs());
    let added = r
        .mul(r)
        .mul(Real::WEI)
        .mul(per_second)
        .mul(Real::new(YEAR_SECONDS, 0));
    // λ^0 = 1 keeps every bit.
    let old = if elapsed_seconds == 0 {
        Some(variance)
    } else {
        Real::from_u128(variance).mul(kept).to_u128()
    };
    let (old, added) = (
        old.ok_or(MathError::Overflow)?,
        added.to_u128().ok_or(MathError::Overflow)?,
    );
    old.checked_add(added).ok_or(MathError::Overflow)
}
