//! What an account holds: shares, options, allowances, credit.

use alloy_primitives::Address;
use vault_core::{Pot, Shares};

use super::{Core, entry, mapping, pot, pot_word};
use crate::Result;
use crate::errors::fail;
use crate::host::{keccak, load, store};
use crate::word::Word;

/// Adds to a holding.
#[inline(never)]
pub fn credit_slot(slot: Word, amount: u128) -> Result<()> {
    let held = load(slot)
        .lo
        .checked_add(amount)
        .ok_or_else(fail::AmountTooLarge)?;
    store(slot, Word::from(held));
    Ok(())
}

/// Takes from a holding or an allowance; what is there when that is less. An allowance of the largest number has no limit.
#[inline(never)]
pub fn debit_slot(slot: Word, amount: u128, unlimited: bool) -> core::result::Result<(), u128> {
    let held = load(slot).lo;
    if unlimited && held == u128::MAX {
        return Ok(());
    }
    store(slot, Word::from(held.checked_sub(amount).ok_or(held)?));
    Ok(())
}

/// Shares in existence.
#[inline(never)]
pub fn supply() -> Shares {
    Shares(Core::load().0.lo)
}

/// Writes the supply.
pub fn store_supply(supply: Shares) {
    let mut core = Core::load();
    core.0.lo = supply.0;
    core.store();
}

/// Slot of a holder's shares.
pub fn shares_slot(holder: &Address) -> Word {
    entry(mapping::SHARES, holder, Word::ZERO)
}

/// Slot of what a spender may move of an owner's shares.
pub fn share_allowance_slot(owner: &Address, spender: &Address) -> Word {
    entry(mapping::SHARE_ALLOWANCE, owner, Word::from(*spender))
}

/// Slot of a holder's options of one id.
pub fn options_slot(holder: &Address, id: u128) -> Word {
    entry(mapping::OPTIONS, holder, Word::from(id))
}

/// Slot of what a spender may move of an owner's options of one id.
pub fn option_allowance_slot(owner: &Address, spender: &Address, id: u128) -> Word {
    keccak(
        entry(mapping::OPTION_ALLOWANCE, owner, Word::from(*spender)),
        Word::from(id),
    )
}

/// Slot of whether a spender may move all of an owner's options.
pub fn operator_slot(owner: &Address, spender: &Address) -> Word {
    entry(mapping::OPERATOR, owner, Word::from(*spender))
}

fn deferred_slot(holder: &Address) -> Word {
    entry(mapping::CREDIT, holder, Word::ZERO)
}

/// What a token refused to pay to a holder.
pub fn credit(holder: &Address) -> Pot {
    pot(load(deferred_slot(holder)))
}

/// Writes a holder's credit.
pub fn store_credit(holder: &Address, credit: Pot) {
    store(deferred_slot(holder), pot_word(credit));
}

/// Slot of how many permits an owner has used.
pub fn nonce_slot(owner: &Address) -> Word {
    entry(mapping::NONCE, owner, Word::ZERO)
}
