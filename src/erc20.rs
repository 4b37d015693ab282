//! ERC-20: the shares.

use alloy_primitives::Address;
use vault_core::Shares;
use vault_core::shares::DECIMALS_OFFSET;

use crate::Result;
use crate::abi::codec::{Allowance, Text};
use crate::errors::{Checked, fail};
use crate::events;
use crate::host::{self, load, store};
use crate::storage::{self, MAX_SUPPLY, Pair, share_allowance_slot, shares_slot};
use crate::word::Word;

/// Name of the shares.
#[inline(never)]
pub fn name() -> Result<Text> {
    Ok(Text(storage::name()))
}

/// Symbol of the shares.
#[inline(never)]
pub fn symbol() -> Result<Text> {
    Ok(Text(storage::symbol()))
}

/// Decimals of the shares: the asset's and three more.
#[inline(never)]
pub fn decimals() -> Result<u8> {
    Ok(Pair::load().asset_decimals.saturating_add(DECIMALS_OFFSET))
}

/// Shares in existence.
#[inline(never)]
pub fn total_supply() -> Result<Shares> {
    Ok(storage::supply())
}

/// Shares of `owner`.
#[inline(never)]
pub fn balance_of(owner: Address) -> Result<Shares> {
    Ok(Shares(load(shares_slot(&owner)).lo & MAX_SUPPLY))
}

/// What `spender` may still move of the shares of `owner`.
#[inline(never)]
pub fn allowance(owner: Address, spender: Address) -> Result<Allowance> {
    Ok(Allowance(load(share_allowance_slot(&owner, &spender)).lo))
}

/// Lets `spender` move up to `value` of the caller's shares; the largest `uint256` is no limit.
#[inline(never)]
pub fn approve(spender: Address, value: u128) -> Result<bool> {
    let owner = host::caller();
    store(share_allowance_slot(&owner, &spender), Word::from(value));
    events::share_approval(owner, spender, Allowance(value));
    Ok(true)
}

/// Moves shares of the caller.
#[inline(never)]
pub fn transfer(to: Address, value: u128) -> Result<bool> {
    move_shares(&host::caller(), &to, Shares(value))
}

/// Moves shares of `from` within what it allowed the caller.
#[inline(never)]
pub fn transfer_from(from: Address, to: Address, value: u128) -> Result<bool> {
    spend_allowance(&from, Shares(value))?;
    move_shares(&from, &to, Shares(value))
}

/// Moves shares, whoever calls.
pub fn move_shares(from: &Address, to: &Address, value: Shares) -> Result<bool> {
    if *to == Address::ZERO {
        return Err(fail::ZeroAddress());
    }
    let beside = debit(from, value)?;
    credit(to, value, beside)?;
    events::share_transfer(*from, *to, value.0);
    Ok(true)
}

/// Takes the caller's allowance down by `value`, unless it is the owner or has no limit.
#[inline(never)]
pub fn spend_allowance(owner: &Address, value: Shares) -> Result<()> {
    let spender = host::caller();
    if spender == *owner {
        return Ok(());
    }
    storage::debit_slot(
        share_allowance_slot(owner, &spender),
        value.0,
        u128::MAX,
        true,
    )
    .map(drop)
    .map_err(|allowed| fail::ERC20InsufficientAllowance(spender, allowed, value.0))
}

fn debit(owner: &Address, value: Shares) -> Result<Word> {
    storage::debit_slot(shares_slot(owner), value.0, MAX_SUPPLY, false)
        .map_err(|held| fail::ERC20InsufficientBalance(*owner, held, value.0))
}

// Balances add up to the supply, which fits.
fn credit(owner: &Address, value: Shares, beside: Word) -> Result<Word> {
    storage::credit_slot(shares_slot(owner), value.0, MAX_SUPPLY, beside)
}

/// Creates shares. The word has the asset's address: see [`storage::asset_beside`].
pub fn mint(to: &Address, value: Shares) -> Result<Word> {
    if *to == Address::ZERO {
        return Err(fail::ZeroAddress());
    }
    let supply = storage::supply().plus(value).checked()?;
    if supply.0 > MAX_SUPPLY {
        return Err(fail::AmountTooLarge());
    }
    storage::store_supply(supply);
    let word = credit(to, value, Word::ZERO)?;
    events::share_transfer(Address::ZERO, *to, value.0);
    Ok(word)
}

/// Destroys shares. The word has the asset's address, unless there were none to destroy.
pub fn burn(from: &Address, value: Shares) -> Result<Word> {
    let word = debit(from, value)?;
    storage::store_supply(storage::supply().minus(value).checked()?);
    events::share_transfer(*from, Address::ZERO, value.0);
    Ok(word)
}
