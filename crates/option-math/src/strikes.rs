//! What follows from a call's greeks: puts, strikes for a delta, the minimum-variance delta.

use crate::kernel::mulhi_fine;
use crate::normal::quantile_q58;
use crate::real::Real;
use crate::{Greeks, MathError, PRICE_MAX, PRICE_MIN, PutGreeks, Strip, WAD};

impl Strip {
    /// K·e^(−rτ): exact for a rate of zero, else a relative error below 2e-18·(1 + |rτ|), either way, and one wei.
    pub fn discounted(&self, strike: u128) -> Result<u128, MathError> {
        if !(PRICE_MIN..=PRICE_MAX).contains(&strike) {
            return Err(MathError::StrikeOutOfDomain);
        }
        if self.rate == 0 || self.tenor == 0 {
            return Ok(strike);
        }
        let factor = Real::new(self.discount, (-63i32).wrapping_sub(self.discount_shift));
        Real::from_u128(strike)
            .mul(factor)
            .to_u128()
            .ok_or(MathError::Overflow)
    }

    /// A put at `strike`, by parity: P = C − S + K·e^(−rτ).
    pub fn put_greeks(&self, strike: u128) -> Result<PutGreeks, MathError> {
        let call = self.greeks(strike)?;
        let discounted = self.discounted(strike)?;
        // At expiry no time is left in which anybody earns.
        let rate = if self.tenor == 0 { 0 } else { self.daily_rate };
        // r·K·e^(−rτ)/365, which the put's holder earns where the call's writer does.
        let interest = Real::from_u128(discounted)
            .mul(Real::new(rate, -60))
            .to_u128()
            .ok_or(MathError::Overflow)?;
        let interest = i128::try_from(interest).map_err(|_| MathError::Overflow)?;
        let theta = if self.rate < 0 {
            call.theta.checked_sub(interest)
        } else {
            call.theta.checked_add(interest)
        };
        Ok(PutGreeks {
            price: call
                .price
                .wrapping_add(discounted)
                .saturating_sub(self.spot),
            delta: (call.delta as i64).wrapping_sub(WAD as i64),
            spot_gamma: call.spot_gamma,
            vega: call.vega,
            theta: theta.ok_or(MathError::Overflow)?,
        })
    }
}

/// Δ* = Δ + β·ν/S with β = dσ/d ln S (WAD): the delta that minimises the variance of a hedge
/// when volatility moves with spot. The shift β·ν/S has a relative error below 1e-18, and is rounded down in size.
///
/// [`MathError::SpotOutOfDomain`], [`MathError::Overflow`] where i128 does not hold it.
pub fn minimum_variance_delta(greeks: &Greeks, spot: u128, beta: i64) -> Result<i128, MathError> {
    if !(PRICE_MIN..=PRICE_MAX).contains(&spot) {
        return Err(MathError::SpotOutOfDomain);
    }
    let shift = Real::from_u128(greeks.vega)
        .mul(Real::from_u128(beta.unsigned_abs() as u128))
        .div(Real::from_u128(spot))
        .to_u128()
        .and_then(|v| i128::try_from(v).ok())
        .ok_or(MathError::Overflow)?;
    let delta = greeks.delta as i128;
    if beta < 0 {
        delta.checked_sub(shift)
    } else {
        delta.checked_add(shift)
    }
    .ok_or(MathError::Overflow)
}

/// The strike whose call has this delta: K = S·exp((r + σ²/2)τ − Φ⁻¹(Δ)·σ√τ); relative error below 2e-16.
///
/// The error goes either way. [`MathError::ProbabilityOutOfDomain`] for a delta outside (0, 1), [`MathError::TenorOutOfDomain`] for a
/// tenor of zero (every strike has delta 0 or 1), [`MathError::StrikeOutOfDomain`] where the strike leaves the domain.
pub fn strike_from_delta(
    spot: u128,
    delta: u64,
    vol: u64,
    tenor_seconds: u64,
    rate: i64,
) -> Result<u128, MathError> {
    let strip = Strip::new(spot, vol, tenor_seconds, rate)?;
    if tenor_seconds == 0 {
        return Err(MathError::TenorOutOfDomain);
    }
    let (quantile, below) = quantile_q58(delta)?;
    // In Q56: s²/2 + rτ ∓ |Φ⁻¹(Δ)|·s. Neither s < 16 nor the quantile, < 9, uses the two upper bits of its word.
    let deviation = (strip.deviation as u64) << 2; // Q60
    let convexity = (mulhi_fine(deviation, deviation) >> 1) as i128;
    let shift = mulhi_fine(deviation, (quantile as u64) << 2) as i128;
    let carry = ((strip.carry >> 1) as i128).wrapping_shr(strip.carry_shift as u32);
    let carry = if rate < 0 {
        carry.wrapping_neg()
    } else {
        carry
    };
    let exponent = if below {
        convexity.wrapping_add(shift)
    } else {
        convexity.wrapping_sub(shift)
    }
    .wrapping_add(carry);
    // Spot and strike lie within fifteen decades, e^34.6.
    let size = exponent.unsigned_abs();
    if size >> 56 > 35 {
        return Err(MathError::StrikeOutOfDomain);
    }
    let growth = Real::new(size as u64, -56).exp(exponent < 0);
    let strike = Real::from_u128(spot)
        .mul(growth)
        .to_u128()
        .ok_or(MathError::Overflow)?;
    if !(PRICE_MIN..=PRICE_MAX).contains(&strike) {
        return Err(MathError::StrikeOutOfDomain);
    }
    Ok(strike)
}
