//! Option mathematics in integers: Black–Scholes with greeks, the normal distribution, volatility, bands and curves.
//!
//! For contracts in WebAssembly, where floating point is forbidden and every instruction has a price: `no_std`, no
//! dependencies, no unsafe code, no data segment. A call with all its greeks costs about 21 gas on an Arbitrum Stylus chain
//! (23 with a rate) and 2.5 KB of compressed code.
//!
//! # Conventions
//!
//! Every number is a fixed point with 18 decimals ([`WAD`]); amounts are `u128`, probabilities and volatilities `u64`,
//! rates `i64`. A year has 365 days ([`YEAR_SECONDS`]); volatility and the continuously compounded rate are annual. Options
//! are European, on one asset.
//!
//! # Domain and errors
//!
//! | argument | domain |
//! | --- | --- |
//! | spot, strike, cap | 10⁻⁶ ..= 10¹⁰ |
//! | volatility | 0.0001 % ..= 500 % |
//! | tenor | 0 ..= 10 years; at 0 the payoff, its delta from the left, no other greeks |
//! | rate | −50 % ..= 50 % |
//!
//! Outside is a named [`MathError`]; no function panics, wraps or clamps silently. The greeks' errors, relative to what
//! they scale with, hold for moneyness .3 to 3, volatility 5 to 300 %, a minute to a year and rates within ±10 %; they
//! are asserted against 50 digits (`scripts/vectors.py`):
//!
//! | | bound | met on 48 000 points |
//! | --- | --- | --- |
//! | price / spot | 4e-18 | 3.2e-18 |
//! | delta | 2e-16 | 4.8e-18 |
//! | S·Γ / its peak | 1e-13 | 8.0e-18 |
//! | vega / spot | 2e-17 | 2.1e-18 |
//! | theta a day / spot | 1e-16 | 2.7e-17 |
//!
//! Everywhere else in the domain, asserted too: the price within 4e-18·(1 + |rτ|) of the larger of spot and discounted
//! strike; delta, S·Γ and vega, relative to the same as above, within 1e-17·m, theta within 1e-16·m, where
//! m = 1 + (|ln(S/K)| + |rτ|)/σ√τ: with hardly any volatility, the last digits of a logarithm decide a probability. And
//! one wei, for each.
//!
//! The price is not rounded in a direction: off by up to 4e-18 of spot either way. Who must not be short adds that.
//! Prices are monotone in spot, volatility and tenor and convex in strike up to the same error.
//!
//! # Which entry
//!
//! [`greeks`] is fused for one option. A contract that prices several strikes, or a spread, is better off with [`Strip`]
//! alone: the two share no code.
#![no_std]
#![forbid(unsafe_code)]
#![warn(missing_docs)]
#![deny(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]

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
/// Largest spot, strike or cap: 10¹⁰. Its 94 bits are the most that the fixed-point formats hold.
pub const PRICE_MAX: u128 = WAD * 10_000_000_000;
/// Smallest volatility: 0.0001 % a year.
pub const VOLATILITY_MIN: u64 = 1_000_000_000_000;
/// Largest volatility: 500 % a year.
pub const VOLATILITY_MAX: u64 = 5_000_000_000_000_000_000;
/// Longest tenor: ten years.
pub const TENOR_MAX: u64 = 10 * YEAR_SECONDS;
/// Largest absolute interest rate: 50 % a year, continuously compounded.
pub const RATE_MAX: i64 = 500_000_000_000_000_000;
