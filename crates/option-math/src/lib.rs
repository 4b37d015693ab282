//! Option mathematics in integers: Black–Scholes with greeks, the normal distribution, volatility.
#![no_std]
#![forbid(unsafe_code)]

mod auction;
mod band;
mod black_scholes;
mod elementary;
mod error;
mod kernel;
mod normal;
mod real;
mod spread;
mod strikes;
mod volatility;

pub use auction::{DutchCurve, dutch_integral, dutch_multiplier};
pub use band::whalley_wilmott_band;
pub use black_scholes::{Greeks, PutGreeks, Strip, greeks, price, put_greeks};
pub use elementary::{cbrt_wad, exp_wad, ln_wad, sqrt_wad};
pub use error::{MathError, NoVolatility};
pub use normal::{normal_cdf, normal_inverse_cdf, normal_pdf};
pub use spread::{SpreadGreeks, capped_call};
pub use strikes::{minimum_variance_delta, strike_from_delta};
pub use volatility::{ewma_variance, implied_volatility};

/// One, in the fixed point of every argument and result: 18 decimals.
pub const WAD: u128 = 1_000_000_000_000_000_000;
/// A year of 365 days in seconds: the unit of annualised volatility and rate.
pub const YEAR_SECONDS: u64 = 31_536_000;
/// Smallest spot, strike or cap: 10⁻⁶.
pub const PRICE_MIN: u128 = WAD / 1_000_000;
/// Largest spot, strike or cap: 10⁹.
pub const PRICE_MAX: u128 = WAD * 1_000_000_000;
/// Smallest volatility: 0.0001 % a year.
pub const VOLATILITY_MIN: u64 = 1_000_000_000_000;
/// Largest volatility: 500 % a year.
pub const VOLATILITY_MAX: u64 = 5_000_000_000_000_000_000;
/// Longest tenor: ten years.
pub const TENOR_MAX: u64 = 10 * YEAR_SECONDS;
/// Largest absolute interest rate: 50 % a year, continuously compounded.
pub const RATE_MAX: i64 = 500_000_000_000_000_000;
