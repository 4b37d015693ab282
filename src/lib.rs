//! # The covered-call vault
//!
//! Holds an asset, sells capped calls against it each epoch, hedges itself, and pays whoever makes it do so.
//!
//! **Share price.** Shares are claims on the vault bucket of a ledger, never on a token balance: a donation changes nothing. Assets
//! come and go between epochs at the ledger's ratio, rounded for the vault.
//!
//! **Solvency.** After every call that changes what is held or owed, the vault can pay every option at every settlement price, by exact
//! integer comparison (`vault_core::solvency`).
//!
//! **Liveness.** Every transition (`openEpoch`, `rebalance`, `settle`, `roll`) is open to anyone. Nothing but time and an oracle round stands
//! between an option holder and a payout, or between a shareholder and an exit; a feed that dies delays settlement by a week and no more.
//!
//! **Tokens.** Asset and quote must move exactly what they are told to (a fee on transfer is refused) and may refuse to pay somebody: that one
//! payment then waits as a credit, and holds up nobody else.
//!
//! **Roles.** An owner announces policies inside hard bounds, which come into force after depositors had a whole window to leave; a guardian pauses new
//! risk for a week at most. Neither moves funds, names a price, or blocks an exit.
//!
//! **Calls.** No function takes native tokens; while a call of this contract is under way no other may enter, views included; storage is
//! written when a call succeeds and not before.
//!
//! The money's way through the modules: [`erc4626`] takes deposits, [`open`] lists series, [`sell`] sells them, [`rebalance`] hedges, [`settle`]
//! fixes payouts and rolls the epoch, [`exercise`] pays holders, [`erc4626`] redeems.
#![cfg_attr(target_arch = "wasm32", no_std)]
// Each of the two programs leaves out what is only the other's.
#![cfg_attr(target_arch = "wasm32", allow(dead_code))]
#![deny(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic
)]
#![cfg_attr(
    test,
    allow(
        clippy::arithmetic_side_effects,
        clippy::indexing_slicing,
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic
    )
)]

pub mod abi;
mod admin;
mod erc20;
mod erc4626;
mod erc6909;
pub mod errors;
mod events;
mod exercise;
mod extension;
pub mod host;
mod keeper;
mod observe;
mod open;
mod oracle;
mod permit;
mod proof;
mod rebalance;
mod requests;
mod roles;
mod roll;
mod sell;
mod settle;
mod storage;
mod token;
#[cfg(not(target_arch = "wasm32"))]
mod vault;
mod venue;
mod views;
pub mod word;

#[cfg(not(target_arch = "wasm32"))]
pub use vault::Vault;
pub use vault_core::MAX_SERIES;

/// What every function of the contract answers.
pub type Result<T> = core::result::Result<T, errors::Fail>;
