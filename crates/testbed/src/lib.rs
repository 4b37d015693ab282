//! A world around the vault: the compiled WASM on the embedded chain, beside the real WETH9, USDC, Uniswap V3 and a Chainlink proxy, with actors
//! and typed calls. The demo plays in it and the chain tests attack it.

#![forbid(unsafe_code)]
#![warn(missing_docs)]
#![allow(
    clippy::result_large_err,
    reason = "a refusal is looked at whole, and nothing here is hot"
)]
#![allow(
    clippy::too_many_arguments,
    reason = "events and calls have as many as the contract's ABI says"
)]

mod policy;
pub mod solidity;
mod vault;
mod world;

pub use policy::{core_policy, default_policy};
pub use vault::{
    Abi, Done, Errors, ICoveredCallVault, Ledger, Refused, actor, encode_text, entry_gas, events,
    outcome,
};
pub use world::{Options, POOL_FEE, POOL_SETTLES, Program, Roles, Setup, World, wasm, wasm_path};

/// The chain's own words.
pub use devchain;
pub use devchain::primitives::{self, Address, I256, U256};

/// 10¹⁸: one WETH, or a price of one.
pub const WAD: u128 = 1_000_000_000_000_000_000;
/// 10⁶: one USDC.
pub const USD: u128 = 1_000_000;
/// An hour, in seconds.
pub const HOUR: u64 = 3_600;
/// A day, in seconds.
pub const DAY: u64 = 86_400;
