//! option-math measured: compiled as a contract is, deployed and activated on the embedded chain, called there. And beside it, on the same chain
//! and the same inputs, what the EVM has for the task.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod compare;
mod peers;
mod probe;
mod vectors;

pub use compare::{Comparison, Row, STRIP, compare, strip};
pub use peers::{Answer, Peer};
pub use probe::{Build, INK_PER_GAS, Probe, Run, wasm};
pub use vectors::{GREEKS, Input, Vector, vectors};

use std::path::PathBuf;

use devchain::primitives::{Address, U256, address};
use devchain::{Chain, Config};

/// Whoever sends transactions.
pub const SENDER: Address = address!("00000000000000000000000000000000000a11ce");

/// A chain on which the sender has plenty.
#[must_use]
pub fn chain() -> Chain {
    let mut chain = Chain::new(Config::default());
    chain.fund(SENDER, U256::from(10).pow(U256::from(24)));
    chain
}

/// Where builds go: Cargo's own target directory.
fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target")),
        PathBuf::from,
    )
}
