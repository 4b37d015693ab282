//! # vault-core: what the vault decides
//!
//! Every decision of the covered-call vault as a pure function of plain values: no storage, no SDK, no clock. The contract, its
//! views, keepers and simulators call the same functions, so that a quote and the action it announces cannot disagree.
//!
//! | module | decides |
//! | --- | --- |
//! | [`quantity`] | amounts and prices: units, checked arithmetic, rounding in the name |
//! | [`policy`] | the parameters of a vault and their hard bounds |
//! | [`calendar`] | when an epoch ends |
//! | [`opening`] | which series an epoch lists |
//! | [`sale`] | what an option costs, and what the vault pays to have it back |
//! | [`label`] | what a series is called |
//! | [`solvency`] | whether the vault can pay at every price |
//! | [`valuation`] | what a book is worth and how it moves |
//! | [`risk`] | whether sales stop at a budget of gamma, vega or theta |
//! | [`greeks`] | what the vault owes and how it moves, per series, packed |
//! | [`rebalance`] | whether to hedge, which way, how much, at what worst price |
//! | [`reward`] | what the keeper earns |
//! | [`settlement`] | which oracle round settles an expiry |
//! | [`payout`] | who is paid in what |
//! | [`volatility`] | what volatility options are priced with |
//! | [`shares`] | shares against assets |
//! | [`queue`] | what requests are worth at roll |
//! | [`fees`] | management and performance fee |
#![cfg_attr(not(test), no_std)]
#![cfg_attr(
    test,
    expect(
        clippy::arithmetic_side_effects,
        clippy::indexing_slicing,
        reason = "a test that overflows or misses an index fails"
    )
)]

pub mod calendar;
pub mod fees;
pub mod greeks;
pub mod label;
mod model;
pub mod opening;
pub mod payout;
pub mod policy;
pub mod quantity;
pub mod queue;
pub mod rebalance;
pub mod refusal;
pub mod reward;
pub mod risk;
pub mod sale;
pub mod settlement;
pub mod shares;
pub mod solvency;
pub mod valuation;
pub mod volatility;
pub mod wide;

pub use policy::Policy;
pub use quantity::{Assets, Pot, Price, Quote, Shares, Units};
pub use refusal::Refusal;
pub use solvency::Series;

/// The most series an epoch can list. Every loop over series is bounded by it.
pub const MAX_SERIES: usize = 8;
/// One in fixed point with 18 decimals.
pub const WAD: u128 = 1_000_000_000_000_000_000;
/// One in basis points.
pub const BPS: u128 = 10_000;
