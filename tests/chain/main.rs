//! Tests of the compiled WASM on the embedded chain: a module per verb, then invariants and measurements.

mod buy;
mod construct;
mod deposit;
mod exercise;
mod gas;
mod hostile;
mod input;
mod invariants;
mod open;
mod play;
mod proof;
mod rebalance;
mod redeem;
mod roll;
mod settle;
mod support;
mod tokens;
