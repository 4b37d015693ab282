//! The vault's interface, from the committed ABI, and what a call to it comes back with.

use alloy_sol_types::{SolCall, SolEvent, SolInterface, sol};
use devchain::primitives::{Address, B256, Bytes, U256, keccak256};
use devchain::{FrameKind, Receipt, Status};

sol!(
    /// The vault's functions, events and errors.
    #[sol(all_derives)]
    #[allow(missing_docs)]
    Abi,
    "../../abi/CoveredCallVault.json"
);

/// The vault's errors.
pub use Abi::AbiErrors as Errors;

/// A call that succeeded.
#[derive(Debug)]
pub struct Done<C: SolCall> {
    /// What it returned.
    pub value: C::Return,
    /// Gas, events and the call tree.
    pub receipt: Receipt,
}

impl<C: SolCall> Done<C> {
    /// Gas that entering the vault's program cost, within the gas used.
    pub fn entry_gas(&self) -> u64 {
        entry_gas(&self.receipt)
    }
}

/// Gas that entering Stylus programs cost in a transaction.
pub fn entry_gas(receipt: &Receipt) -> u64 {
    let programs = receipt
        .frames
        .iter()
        .filter(|frame| frame.kind == FrameKind::Stylus);
    programs
        .filter_map(|frame| frame.stylus)
        .map(|stylus| stylus.entry_gas)
        .sum()
}

/// A call that was refused.
#[derive(Debug)]
pub struct Refused {
    /// The vault's error, when it is one.
    pub error: Option<Errors>,
    /// What came back.
    pub output: Bytes,
    /// How the transaction ended.
    pub status: Status,
}

/// The events of one kind that a contract emitted, in order.
pub fn events<E: SolEvent>(receipt: &Receipt, contract: Address) -> Vec<E> {
    let logs = receipt.logs.iter().filter(|log| log.address == contract);
    logs.filter_map(|log| E::decode_log_validate(log).ok())
        .map(|log| log.data)
        .collect()
}

/// Decodes a receipt.
///
/// # Errors
/// When the transaction did not succeed, or returned something else than its interface says.
pub fn outcome<C: SolCall>(receipt: Receipt) -> Result<Done<C>, Refused> {
    if receipt.status != Status::Success {
        let error = Errors::abi_decode(&receipt.output).ok();
        return Err(Refused {
            error,
            output: receipt.output,
            status: receipt.status,
        });
    }
    match C::abi_decode_returns_validate(&receipt.output) {
        Ok(value) => Ok(Done { value, receipt }),
        Err(_) => Err(Refused {
            error: None,
            output: receipt.output,
            status: receipt.status,
        }),
    }
}

/// What `ledger()` returns.
pub type Ledger = Abi::ledgerReturn;

/// The account of a name.
pub fn actor(name: &str) -> Address {
    Address::from_slice(&keccak256(name)[12..])
}

/// A text of up to 31 bytes as the constructor takes it.
///
/// # Panics
/// On a longer text.
pub fn encode_text(text: &str) -> B256 {
    assert!(text.len() < 32, "{text} is too long");
    let mut word = [0; 32];
    word[..text.len()].copy_from_slice(text.as_bytes());
    B256::new(word)
}

/// `x` as the ABI's number.
pub(crate) fn u(x: u128) -> U256 {
    U256::from(x)
}
