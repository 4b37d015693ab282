//! Capped calls: long a call at the strike, short one at the cap.

use crate::{MathError, Strip};

/// Price and sensitivities of a capped call, per option on one asset. Those of a spread change sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpreadGreeks {
    /// WAD of quote, 0 ..= cap − strike; where the rate is negative, up to what that is worth today, (cap − strike)·e^(−rτ).
    pub price: u128,
    /// WAD, 0..=1e18.
    pub delta: u64,
    /// S·Γ, WAD.
    pub spot_gamma: i128,
    /// WAD of quote per 1.00 of volatility.
    pub vega: i128,
    /// WAD of quote per day.
    pub theta: i128,
}

/// A call at `strike` whose payoff stops growing at `cap` (`None`: a plain call). Errors are those of two calls.
pub fn capped_call(
    spot: u128,
    strike: u128,
    cap: Option<u128>,
    vol: u64,
    tenor_seconds: u64,
    rate: i64,
) -> Result<SpreadGreeks, MathError> {
    Strip::new(spot, vol, tenor_seconds, rate)?.capped_call(strike, cap)
}

impl Strip {
    /// A call at `strike` whose payoff stops growing at `cap` (`None`: a plain call).
    pub fn capped_call(&self, strike: u128, cap: Option<u128>) -> Result<SpreadGreeks, MathError> {
        let long = self.greeks(strike)?;
        let mut spread = SpreadGreeks {
            price: long.price,
            delta: long.delta,
            spot_gamma: long.spot_gamma as i128,
            vega: long.vega as i128,
            theta: long.theta,
        };
        if let Some(cap) = cap {
            if cap <= strike {
                return Err(MathError::CapOutOfDomain);
            }
            let short = self.greeks(cap).map_err(|_| MathError::CapOutOfDomain)?;
            // Rounding may exceed the width. A negative rate does too, and rightly: there the top bit lets any price pass.
            let width = cap.wrapping_sub(strike) | (self.rate as u64 as u128 >> 63 << 127);
            spread.price = long.price.saturating_sub(short.price).min(width);
            spread.delta = long.delta.saturating_sub(short.delta);
            spread.spot_gamma = spread.spot_gamma.wrapping_sub(short.spot_gamma as i128);
            spread.vega = spread.vega.wrapping_sub(short.vega as i128);
            spread.theta = spread.theta.wrapping_sub(short.theta);
        }
        Ok(spread)
    }
}
