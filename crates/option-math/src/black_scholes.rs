//! Black–Scholes with greeks.

use crate::*;

/// Price and sensitivities of a call, per option on one asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Greeks {
    /// WAD of quote, rounded down.
    pub price: u128,
    /// WAD, 0..=1e18.
    pub delta: u64,
    /// S·Γ, WAD: change of delta per relative move of spot.
    pub spot_gamma: u128,
    /// WAD of quote per 1.00 of volatility.
    pub vega: u128,
    /// WAD of quote per day, negative: decay.
    pub theta: i128,
}

/// Price and sensitivities of a put, per option on one asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PutGreeks {
    /// WAD of quote.
    pub price: u128,
    /// WAD, -1e18..=0.
    pub delta: i64,
    /// S·Γ, WAD: that of the call.
    pub spot_gamma: u128,
    /// WAD of quote per 1.00 of volatility: that of the call.
    pub vega: u128,
    /// WAD of quote per day.
    pub theta: i128,
}

/// What options on one spot, volatility and expiry share.
#[derive(Clone, Copy, Debug)]
pub struct Strip {
    spot: u128,
    vol: u64,
    tenor: u64,
    rate: i64,
    sqrt_t: u128,
    years: u128,
}

impl Strip {
    /// Checks the domains and does the work that does not depend on the strike.
    pub fn new(spot: u128, vol: u64, tenor_seconds: u64, rate: i64) -> Result<Self, MathError> {
        if !(PRICE_MIN..=PRICE_MAX).contains(&spot) {
            return Err(MathError::SpotOutOfDomain);
        }
        if !(VOLATILITY_MIN..=VOLATILITY_MAX).contains(&vol) {
            return Err(MathError::VolatilityOutOfDomain);
        }
        if tenor_seconds > TENOR_MAX {
            return Err(MathError::TenorOutOfDomain);
        }
        if rate.unsigned_abs() > RATE_MAX as u64 {
            return Err(MathError::RateOutOfDomain);
        }
        let years = tenor_seconds as u128 * WAD / YEAR_SECONDS as u128;
        Ok(Self {
            spot,
            vol,
            tenor: tenor_seconds,
            rate,
            sqrt_t: sqrt_wad(years),
            years,
        })
    }

    /// A call at `strike`.
    pub fn greeks(&self, strike: u128) -> Result<Greeks, MathError> {
        if !(PRICE_MIN..=PRICE_MAX).contains(&strike) {
            return Err(MathError::StrikeOutOfDomain);
        }
        let w = WAD as i128;
        let wide = |a: u128, b: u128| {
            real::Real::from_u128(a)
                .mul(real::Real::from_u128(b))
                .div(real::Real::from_u128(WAD))
                .to_u128()
                .ok_or(MathError::Overflow)
        };
        let rt = self.rate as i128 * self.years as i128 / w;
        let discounted = wide(strike, exp_wad(-rt)?)?;
        if self.tenor == 0 {
            return Ok(Greeks {
                price: self.spot.saturating_sub(strike),
                delta: if self.spot > strike { WAD as u64 } else { 0 },
                spot_gamma: 0,
                vega: 0,
                theta: 0,
            });
        }
        let s = (self.vol as i128 * self.sqrt_t as i128 / w).max(1);
        let ratio = real::Real::from_u128(self.spot)
            .mul(real::Real::from_u128(WAD))
            .div(real::Real::from_u128(strike))
            .to_u128()
            .ok_or(MathError::Overflow)?;
        let x = ln_wad(ratio)? + rt;
        let d1 = x * w / s + s / 2;
        let d2 = d1 - s;
        let (delta, phi) = (normal_cdf(d1), normal_pdf(d1));
        let n2 = normal_cdf(d2);
        let price = wide(self.spot, delta as u128)?.saturating_sub(wide(discounted, n2 as u128)?);
        let vega = wide(self.spot, phi as u128 * self.sqrt_t / WAD)?;
        let spot_gamma = phi as u128 * WAD / s as u128;
        let decay = wide(
            wide(self.spot, spot_gamma)?,
            (self.vol as u128 * self.vol as u128) / WAD / 2,
        )?;
        let carry = wide(discounted, n2 as u128)? as i128;
        let carry = wide(carry as u128, self.rate.unsigned_abs() as u128)? as i128
            * self.rate.signum() as i128;
        Ok(Greeks {
            price,
            delta,
            spot_gamma,
            vega,
            theta: -(decay as i128 + carry) / 365,
        })
    }

    /// A put at `strike`, by parity.
    pub fn put_greeks(&self, strike: u128) -> Result<PutGreeks, MathError> {
        let call = self.greeks(strike)?;
        let rt = self.rate as i128 * self.years as i128 / WAD as i128;
        let discounted = real::Real::from_u128(strike)
            .mul(real::Real::from_u128(exp_wad(-rt)?))
            .div(real::Real::from_u128(WAD))
            .to_u128()
            .ok_or(MathError::Overflow)?;
        let carry = real::Real::from_u128(discounted)
            .mul(real::Real::from_u128(self.rate.unsigned_abs() as u128))
            .div(real::Real::from_u128(WAD))
            .to_u128()
            .ok_or(MathError::Overflow)? as i128
            * self.rate.signum() as i128;
        Ok(PutGreeks {
            price: (call.price + discounted).saturating_sub(self.spot),
            delta: call.delta as i64 - WAD as i64,
            spot_gamma: call.spot_gamma,
            vega: call.vega,
            theta: call.theta + carry / 365,
        })
    }
}

/// A call: price and greeks in one evaluation.
pub fn greeks(
    spot: u128,
    strike: u128,
    vol: u64,
    tenor_seconds: u64,
    rate: i64,
) -> Result<Greeks, MathError> {
    Strip::new(spot, vol, tenor_seconds, rate)?.greeks(strike)
}

/// A call's price alone.
pub fn price(
    spot: u128,
    strike: u128,
    vol: u64,
    tenor_seconds: u64,
    rate: i64,
) -> Result<u128, MathError> {
    Ok(greeks(spot, strike, vol, tenor_seconds, rate)?.price)
}

/// A put by parity: P = C − S + K·e^(−rτ).
pub fn put_greeks(
    spot: u128,
    strike: u128,
    vol: u64,
    tenor_seconds: u64,
    rate: i64,
) -> Result<PutGreeks, MathError> {
    Strip::new(spot, vol, tenor_seconds, rate)?.put_greeks(strike)
}

/// Δ* = Δ + β·ν/S with β = dσ/d ln S (WAD): the delta that minimises the variance of a hedge
/// when volatility moves with spot.
pub fn minimum_variance_delta(greeks: &Greeks, spot: u128, beta: i64) -> Result<i128, MathError> {
    if !(PRICE_MIN..=PRICE_MAX).contains(&spot) {
        return Err(MathError::SpotOutOfDomain);
    }
    let shift = real::Real::from_u128(greeks.vega)
        .mul(real::Real::from_u128(beta.unsigned_abs() as u128))
        .div(real::Real::from_u128(spot))
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

/// The strike whose call has this delta: K = S·exp((r + σ²/2)τ − Φ⁻¹(Δ)·σ√τ).
pub fn strike_from_delta(
    spot: u128,
    delta: u64,
    vol: u64,
    tenor_seconds: u64,
    rate: i64,
) -> Result<u128, MathError> {
    let strip = Strip::new(spot, vol, tenor_seconds, rate)?;
    let w = WAD as i128;
    let quantile = normal_inverse_cdf(delta)?;
    let s = vol as i128 * strip.sqrt_t as i128 / w;
    let rt = rate as i128 * strip.years as i128 / w;
    let exponent = rt + s * s / w / 2 - quantile * s / w;
    let strike = real::Real::from_u128(spot)
        .mul(real::Real::from_u128(exp_wad(exponent)?))
        .div(real::Real::from_u128(WAD))
        .to_u128()
        .ok_or(MathError::Overflow)?;
    if !(PRICE_MIN..=PRICE_MAX).contains(&strike) {
        return Err(MathError::StrikeOutOfDomain);
    }
    Ok(strike)
}
