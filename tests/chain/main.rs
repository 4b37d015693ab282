//! Tests of the compiled WASM on the embedded chain: a module per verb, then invariants and measurements.

mod book;
mod buy;
mod construct;
mod dark;
mod deposit;
mod exercise;
mod gas;
mod hedge;
mod hostile;
mod input;
mod invariants;
mod latency;
mod maturities;
mod observe;
mod open;
mod peers;
mod play;
mod proof;
mod rebalance;
mod redeem;
mod requests;
mod roll;
mod sell;
mod settle;
mod support;
mod tokens;
