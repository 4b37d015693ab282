//! ERC-6909: the options. An id is `epoch · 256 + series`.

use alloy_primitives::Address;
use vault_core::label::Label;

use crate::abi::codec::{Allowance, Bytes4};
use crate::abi::macros::selector;
use crate::errors::fail;
use crate::host::{self, load, store};
use crate::storage::{self, operator_slot, option_allowance_slot, options_slot};
use crate::word::Word;
use crate::{Result, events, sell};

/// ERC-165: this interface, ERC-6909, ERC-20 and ERC-4626 have no checked id of their own; ERC-6909 has 0x0f632fb3.
#[inline(never)]
pub fn supports_interface(id: Bytes4) -> Result<bool> {
    let erc165 = const { selector("supportsInterface(bytes4)") };
    Ok(id.0 == erc165 || id.0 == ERC6909_ID)
}

/// ERC-6909's id: the selectors of its seven functions, exclusive or.
const ERC6909_ID: u32 = selector("balanceOf(address,uint256)")
    ^ selector("allowance(address,address,uint256)")
    ^ selector("isOperator(address,address)")
    ^ selector("transfer(address,uint256,uint256)")
    ^ selector("transferFrom(address,address,uint256,uint256)")
    ^ selector("approve(address,uint256,uint256)")
    ^ selector("setOperator(address,bool)");

/// Name or symbol of the shares, then the terms of series `id`, with `between` in front of each part.
#[inline(never)]
fn label(prefix: Word, id: u128, between: u8) -> Result<Label> {
    let (number, index) = sell::listed(id)?;
    let mut bytes = [0; 32];
    prefix.write_be(&mut bytes);
    let mut label = Label::beginning(&bytes);
    let terms = storage::Terms::load(number);
    let series = terms.listed(number, index);
    label.terms(&series, terms.expiry(index), between);
    Ok(label)
}

/// Name of series `id`: the name of the shares, expiry, strike and cap.
pub fn name(id: u128) -> Result<Label> {
    label(storage::name(), id, b' ')
}

/// Symbol of series `id`: the symbol of the shares, expiry, strike and cap.
pub fn symbol(id: u128) -> Result<Label> {
    label(storage::symbol(), id, b'-')
}

/// Decimals of options: those of the asset, whatever the series.
pub fn decimals(id: u128) -> Result<u8> {
    sell::listed(id)?;
    Ok(storage::Pair::load().asset_decimals)
}

/// Options of series `id` that `owner` holds.
#[inline(never)]
pub fn balance_of(owner: Address, id: u128) -> Result<u128> {
    Ok(load(options_slot(&owner, id)).lo)
}

/// What `spender` may still move of the owner's options of series `id`.
#[inline(never)]
pub fn allowance(owner: Address, spender: Address, id: u128) -> Result<Allowance> {
    Ok(Allowance(
        load(option_allowance_slot(&owner, &spender, id)).lo,
    ))
}

/// Whether `spender` may move all options of `owner`.
#[inline(never)]
pub fn is_operator(owner: Address, spender: Address) -> Result<bool> {
    Ok(load(operator_slot(&owner, &spender)) != Word::ZERO)
}

/// Lets `spender` move up to `amount` of the caller's options of series `id`; the largest `uint256` is no limit.
#[inline(never)]
pub fn approve(spender: Address, id: u128, amount: u128) -> Result<bool> {
    let owner = host::caller();
    store(
        option_allowance_slot(&owner, &spender, id),
        Word::from(amount),
    );
    events::option_approval(owner, spender, id, Allowance(amount));
    Ok(true)
}

/// Lets `spender` move all options of the caller, or no longer.
#[inline(never)]
pub fn set_operator(spender: Address, approved: bool) -> Result<bool> {
    let owner = host::caller();
    store(operator_slot(&owner, &spender), Word::from(approved));
    events::operator_set(owner, spender, approved);
    Ok(true)
}

/// Moves options of the caller.
#[inline(never)]
pub fn transfer(receiver: Address, id: u128, amount: u128) -> Result<bool> {
    let caller = host::caller();
    move_options(&caller, &caller, &receiver, id, amount)
}

/// Moves options of `sender`, as its operator or within what it allowed the caller.
#[inline(never)]
pub fn transfer_from(sender: Address, receiver: Address, id: u128, amount: u128) -> Result<bool> {
    let caller = host::caller();
    if caller != sender && !is_operator(sender, caller)? {
        storage::debit_slot(
            option_allowance_slot(&sender, &caller, id),
            amount,
            u128::MAX,
            true,
        )
        .map_err(|allowed| fail::ERC6909InsufficientAllowance(caller, allowed, amount, id))?;
    }
    move_options(&caller, &sender, &receiver, id, amount)
}

fn move_options(
    caller: &Address,
    sender: &Address,
    receiver: &Address,
    id: u128,
    amount: u128,
) -> Result<bool> {
    if *receiver == Address::ZERO {
        return Err(fail::ZeroAddress());
    }
    debit(sender, id, amount)?;
    credit(receiver, id, amount)?;
    events::option_transfer(*caller, *sender, *receiver, id, amount);
    Ok(true)
}

fn debit(owner: &Address, id: u128, amount: u128) -> Result<()> {
    storage::debit_slot(options_slot(owner, id), amount, u128::MAX, false)
        .map(drop)
        .map_err(|held| fail::ERC6909InsufficientBalance(*owner, held, amount, id))
}

fn credit(owner: &Address, id: u128, amount: u128) -> Result<()> {
    storage::credit_slot(options_slot(owner, id), amount, u128::MAX, Word::ZERO).map(drop)
}

/// Creates options.
pub fn mint(caller: &Address, receiver: &Address, id: u128, amount: u128) -> Result<()> {
    if *receiver == Address::ZERO {
        return Err(fail::ZeroAddress());
    }
    credit(receiver, id, amount)?;
    events::option_transfer(*caller, Address::ZERO, *receiver, id, amount);
    Ok(())
}

/// Destroys options of the caller.
pub fn burn(owner: &Address, id: u128, amount: u128) -> Result<()> {
    debit(owner, id, amount)?;
    events::option_transfer(*owner, *owner, Address::ZERO, id, amount);
    Ok(())
}
