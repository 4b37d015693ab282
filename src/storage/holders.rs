//! What an account holds: shares, options, allowances, credit.

use alloy_primitives::Address;
use vault_core::{Pot, Shares};

use super::{Core, at, entry, mapping, pot, pot_word, slot};
use crate::Result;
use crate::errors::fail;
use crate::host::{keccak, load, store};
use crate::word::Word;

/// Writes a holding into the low bits of a word, with what is beside it. A holding of nothing is a word of zeros, whatever was beside it.
fn hold(slot: Word, beside: Word, held: u128) {
    let lo = beside.lo | held;
    let word = Word { lo, ..beside };
    store(slot, if held == 0 { Word::ZERO } else { word });
}

/// Adds to a holding of at most `most`; what is beside it, which is `beside` where there was none.
#[inline(never)]
pub fn credit_slot(slot: Word, amount: u128, most: u128, beside: Word) -> Result<Word> {
    let (mut word, had) = split(load(slot), most);
    if had == 0 {
        word = beside;
        if most == MAX_SUPPLY && word.hi == 0 {
            word = beside_shares();
        }
    }
    // All shares add up to the supply, so that no holding needs more bits than `most` has.
    let held = had.checked_add(amount).ok_or_else(fail::AmountTooLarge)?;
    hold(slot, word, held);
    Ok(word)
}

/// Takes from a holding or an allowance of at most `most`; what is beside it, or what is there when that is less. An allowance of the largest number has no limit.
#[inline(never)]
pub fn debit_slot(
    slot: Word,
    amount: u128,
    most: u128,
    unlimited: bool,
) -> core::result::Result<Word, u128> {
    let (word, held) = split(load(slot), most);
    if !(unlimited && held == u128::MAX) {
        hold(slot, word, held.checked_sub(amount).ok_or(held)?);
    }
    Ok(word)
}

/// A word without its holding, and the holding.
const fn split(word: Word, most: u128) -> (Word, u128) {
    let beside = Word {
        hi: word.hi,
        lo: word.lo & !most,
    };
    (beside, word.lo & most)
}

/// What is beside a holder's shares: the asset's address, above them.
fn beside_shares() -> Word {
    let asset = load(at(slot::ASSET));
    Word {
        hi: asset.hi << 96 | asset.lo >> 32,
        lo: asset.lo << 96,
    }
}

/// The asset's address, from the word of somebody who holds shares.
#[inline(never)]
pub fn asset_beside(word: Word) -> Address {
    let mut bytes = [0; 32];
    word.write_be(&mut bytes);
    let [address @ .., _, _, _, _, _, _, _, _, _, _, _, _] = bytes;
    Address::new(address)
}

/// Shares in existence.
#[inline(never)]
pub fn supply() -> Shares {
    Shares(Core::load().0.lo & MAX_SUPPLY)
}

/// Writes the supply, at most [`MAX_SUPPLY`].
pub fn store_supply(supply: Shares) {
    let mut core = Core::load();
    core.0.lo = core.0.lo & !MAX_SUPPLY | supply.0;
    core.store();
}

/// The most shares there can be: what fits beside an address, 79 million of an asset of 18 decimals at par. Far from the end of 128 bits: conversions
/// add virtual shares to the supply, and one that overflowed would hold up every exit.
pub const MAX_SUPPLY: u128 = (1 << 96) - 1;

/// Slot of a holder's shares: shares 96, above them the asset's address 160; all of it 0 for who holds none.
///
/// Every deposit and exit calls the asset, and changes this word anyway: a look at the asset's own would be 2 100 gas more. The vault's asset never
/// changes, so that no copy of its address can be out of date.
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
