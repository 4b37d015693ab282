//! # What hedging buys, and what it costs
//!
//! Plays epochs of the vault on many price paths. Every decision is the contract's: strikes by [`vault_core::opening`], premium by
//! [`vault_core::sale`], whether, which way and how far to trade by [`vault_core::rebalance::plan`], rewards by [`vault_core::reward`], volatility by
//! [`option_math::ewma_variance`]. What is here is only what surrounds them: prices, executions, books of account and statistics.
//!
//! | module | does |
//! | --- | --- |
//! | [`random`] | seeds, normal and Poisson numbers |
//! | [`market`] | paths: geometric Brownian motion, jumps, stochastic volatility |
//! | [`candles`] | paths: hourly candles from a file |
//! | [`estimate`] | the volatility that the vault believes in along a path |
//! | [`epoch`] | one epoch on one path, accounted to the last digit |
//! | [`rules`] | the rules that are compared, and what is swept in each |
//! | [`stats`] | moments, frontiers, bootstrap |
//! | [`study`] | the experiment: train, sweep, compare at equal friction |
//! | [`options`], [`table`], [`report`], [`plot`] | what is asked, run, printed and drawn |
//!
//! Statistics are in floating point; money is in integers.

pub mod candles;
pub mod epoch;
pub mod estimate;
pub mod fail;
pub mod market;
pub mod options;
pub mod plot;
pub mod random;
pub mod report;
pub mod rules;
pub mod stats;
pub mod study;
pub mod table;

pub use fail::Fail;
