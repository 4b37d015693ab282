//! What the tests share.

use devchain::{
    Chain, Config, Receipt, Tx,
    primitives::{Address, Bytes, U256, address},
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

/// A program from its text, with all 42 host functions' boilerplate left to the test.
pub fn wasm(text: &str) -> Vec<u8> {
    wat::parse_str(text).expect("valid text")
}

/// Deploys a program given as text, and activates it.
pub fn program(chain: &mut Chain, text: &str) -> Address {
    let deployed = chain.deploy_stylus(ALICE, &wasm(text));
    deployed.expect("deploys").address
}

/// Sends data to a contract.
pub fn send(chain: &mut Chain, to: Address, data: impl Into<Bytes>) -> Receipt {
    chain.send(Tx::call(ALICE, to, data))
}

/// 32 bytes that hold a number.
pub fn word(number: u64) -> [u8; 32] {
    U256::from(number).to_be_bytes()
}
