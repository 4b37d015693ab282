//! Tests of the compiled WASM on the embedded chain: a module per verb, then invariants and measurements.

mod buy;
mod construct;
mod deposit;
mod exercise;
mod gas;
mod hostile;
mod invariants;
mod open;
mod rebalance;
mod roll;
mod settle;
mod support;
mod tokens;
