//! Who may do what, and what the fees are measured against.

use alloy_primitives::Address;
use vault_core::Price;

use super::{at, slot};
use crate::host::{load, store};
use crate::word::Word;

/// Who may announce policies and set guardian and fee recipient; zero for nobody.
pub fn owner() -> Address {
    load(at(slot::OWNER)).address()
}

/// Who may become the owner by accepting.
pub fn pending_owner() -> Address {
    load(at(slot::PENDING_OWNER)).address()
}

/// Writes the owner, and who may become it.
#[inline(never)]
pub fn store_owner(owner: &Address, pending: &Address) {
    store(at(slot::OWNER), Word::with_address(0, owner));
    store(at(slot::PENDING_OWNER), Word::with_address(0, pending));
}

/// Who may pause new risk, and when it was last paused, Unix seconds.
#[inline(never)]
pub fn guardian() -> (Address, u64) {
    let word = load(at(slot::GUARDIAN));
    (word.address(), word.above_address() as u64)
}

/// Writes guardian and time of the last pause.
#[inline(never)]
pub fn store_guardian(guardian: &Address, paused_at: u64) {
    let word = Word::with_address(paused_at.into(), guardian);
    store(at(slot::GUARDIAN), word);
}

/// Who gets the shares that fees are paid in; zero for nobody, and no fees.
pub fn fee_recipient() -> Address {
    load(at(slot::FEE_RECIPIENT)).address()
}

/// Writes who gets the fees.
pub fn store_fee_recipient(recipient: &Address) {
    store(at(slot::FEE_RECIPIENT), Word::with_address(0, recipient));
}

/// What performance is measured against.
pub fn high_water() -> vault_core::fees::HighWater {
    let word = load(at(slot::HIGH_WATER));
    vault_core::fees::HighWater {
        mark: word.hi,
        spot: Price(word.lo),
    }
}

/// Writes what performance is measured against.
pub fn store_high_water(new: vault_core::fees::HighWater) {
    let word = Word {
        hi: new.mark,
        lo: new.spot.0,
    };
    store(at(slot::HIGH_WATER), word);
}
