//! The contract as the Stylus SDK sees it: for native tests, which route calls as a chain would.

extern crate alloc;

use alloc::vec::Vec;

use stylus_sdk::ArbResult;
use stylus_sdk::abi::Router;
use stylus_sdk::prelude::*;

use crate::abi;
use crate::errors::with_encoded;
use crate::host::Buffer;

/// The contract. Its storage is laid out by hand, see the `storage` module.
#[storage]
pub struct Vault {}

// SAFETY: there is one vault in a program, at slot 0.
unsafe impl stylus_sdk::stylus_core::storage::TopLevelStorage for Vault {}

impl Router<Self> for Vault {
    type Storage = Self;

    fn route(_: &mut Self, selector: u32, input: &[u8]) -> Option<ArbResult> {
        let mut calldata = selector.to_be_bytes().to_vec();
        calldata.extend_from_slice(input);
        Some(run(&calldata))
    }

    fn receive(_: &mut Self) -> Option<core::result::Result<(), Vec<u8>>> {
        None
    }

    fn fallback(_: &mut Self, calldata: &[u8]) -> Option<ArbResult> {
        Some(run(calldata))
    }

    fn constructor(_: &mut Self, calldata: &[u8]) -> Option<ArbResult> {
        let mut input = abi::CONSTRUCTOR.to_be_bytes().to_vec();
        input.extend_from_slice(calldata);
        Some(run(&input))
    }
}

fn run(calldata: &[u8]) -> ArbResult {
    let mut output = Buffer::new();
    abi::dispatch(calldata, &mut output)
        .map(|_| output.as_slice().to_vec())
        .map_err(|_| {
            let mut revert = Vec::new();
            with_encoded(|bytes| revert.extend_from_slice(bytes));
            revert
        })
}
