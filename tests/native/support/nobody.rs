//! An account without code: every call to it succeeds and returns nothing. motsu has none of its own.

use stylus_sdk::ArbResult;
use stylus_sdk::abi::Router;
use stylus_sdk::prelude::*;

/// The account.
#[storage]
pub struct Nobody {}

// SAFETY: it stores nothing.
unsafe impl stylus_sdk::stylus_core::storage::TopLevelStorage for Nobody {}

impl Router<Self> for Nobody {
    type Storage = Self;

    fn route(_: &mut Self, _: u32, _: &[u8]) -> Option<ArbResult> {
        Some(Ok(Vec::new()))
    }

    fn receive(_: &mut Self) -> Option<Result<(), Vec<u8>>> {
        None
    }

    fn fallback(_: &mut Self, _: &[u8]) -> Option<ArbResult> {
        None
    }

    fn constructor(_: &mut Self, _: &[u8]) -> Option<ArbResult> {
        None
    }
}
