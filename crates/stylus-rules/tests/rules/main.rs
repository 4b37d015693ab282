//! The conformance suite: small modules, each against a figure or a verdict worked out by hand.

mod code;
mod differential;
mod ink;
mod pricing;
mod report;
mod robustness;
mod stack;
mod support;
mod validity;
