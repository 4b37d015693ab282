//! What the tests share.

use devchain::{
    Chain, Config,
    primitives::{Address, U256, address},
};

/// Whoever sends transactions.
pub const ALICE: Address = address!("00000000000000000000000000000000000a11ce");
/// Somebody else.
pub const BOB: Address = address!("0000000000000000000000000000000000000b0b");

/// 10^18 × `count`.
pub fn ether(count: u64) -> U256 {
    U256::from(count) * U256::from(10).pow(U256::from(18))
}

/// A chain on which Alice and Bob have plenty.
pub fn chain() -> Chain {
    chain_with(Config::default())
}

/// A chain with a configuration, on which Alice and Bob have plenty.
pub fn chain_with(config: Config) -> Chain {
    let mut chain = Chain::new(config);
    chain.fund(ALICE, ether(1_000));
    chain.fund(BOB, ether(1_000));
    chain
}
