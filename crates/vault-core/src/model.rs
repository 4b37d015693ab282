//! The pricing model: Black–Scholes at an interest rate of 0. One copy of its code, whoever asks.

use option_math::{MathError, Strip};

use crate::quantity::Price;

/// What all series on one spot, volatility (annualised, 18 decimals) and expiry share.
#[inline(never)]
pub(crate) fn strip(spot: Price, volatility: u64, tenor_seconds: u64) -> Result<Strip, MathError> {
    Strip::new(spot.0, volatility, tenor_seconds, 0)
}
