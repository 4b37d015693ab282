//! The conformance suite: small modules, each against a figure or a verdict worked out by hand.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

mod code;
mod differential;
mod ink;
mod pricing;
mod report;
mod robustness;
mod stack;
mod support;
mod validity;
