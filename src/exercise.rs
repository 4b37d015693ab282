//! Paying option holders, and claiming what a token refused to pay.

use alloy_primitives::Address;
use vault_core::wide::mul_div_down;
use vault_core::{Assets, Pot, Quote};

use crate::abi::codec::Ids;
use crate::errors::{Checked, fail};
use crate::storage::{self, Bucket, Pair, Terms};
use crate::token::{difference, pay_or_credit, sum};
use crate::{Result, erc6909, events, host, sell, token};

/// What `amount` settled options of series `id` are paid: their share of the series' payout, rounded down.
#[inline(never)]
pub fn payout_of(id: u128, amount: u128) -> Result<(Assets, Quote)> {
    let (number, index) = sell::split(id).ok_or_else(|| fail::UnknownSeries(id))?;
    if !Terms::load(number).settled(index) {
        return Err(fail::NotSettled(id));
    }
    let total = storage::payout(number, index);
    let sold = storage::sold(number, index);
    if total == Pot::default() {
        return Ok((Assets::ZERO, Quote::ZERO));
    }
    let part = |whole: u128| mul_div_down(whole, amount, sold.0).checked();
    Ok((Assets(part(total.assets.0)?), Quote(part(total.quote.0)?)))
}

/// Exchanges `amount` of the caller's settled options for their payout, sent to `receiver`. For ever possible. A token that refuses to move
/// holds back only itself.
#[inline(never)]
pub fn exercise(id: u128, amount: u128, receiver: Address) -> Result<(Assets, Quote)> {
    if amount == 0 {
        return Err(fail::ZeroAmount());
    }
    let due = take_back(id, amount, &receiver)?;
    pay(receiver, due)
}

/// Exchanges all of the caller's options of each id for their payouts, sent to `receiver` together. An id the caller has none of pays nothing: each is
/// debited by itself, and one that is named twice pays once.
#[inline(never)]
pub fn exercise_batch(receiver: Address, ids: Ids) -> Result<(Assets, Quote)> {
    let owner = host::caller();
    let mut due = Pot::default();
    for id in ids.as_slice() {
        let held = erc6909::balance_of(owner, *id)?;
        if held != 0 {
            due = sum(due, take_back(*id, held, &receiver)?)?;
        }
    }
    pay(receiver, due)
}

/// Burns the caller's options and returns what they are paid.
#[inline(never)]
fn take_back(id: u128, amount: u128, receiver: &Address) -> Result<Pot> {
    if *receiver == Address::ZERO {
        return Err(fail::ZeroAddress());
    }
    let (assets, quote) = payout_of(id, amount)?;
    let owner = host::caller();
    erc6909::burn(&owner, id, amount)?;
    events::exercised(id, owner, *receiver, amount, assets.0, quote.0);
    Ok(Pot { assets, quote })
}

/// Pays `due` out of what is reserved for payouts.
#[inline(never)]
fn pay(receiver: Address, due: Pot) -> Result<(Assets, Quote)> {
    storage::store_bucket(
        Bucket::Payouts,
        difference(storage::bucket(Bucket::Payouts), due)?,
    )?;
    pay_or_credit(&host::caller(), &receiver, due)?;
    Ok((due.assets, due.quote))
}

/// Sends the caller's credit in `token` to `receiver`.
#[inline(never)]
pub fn claim(token: Address, receiver: Address) -> Result<u128> {
    if receiver == Address::ZERO {
        return Err(fail::ZeroAddress());
    }
    let account = host::caller();
    let credit = storage::credit(&account);
    let mut taken = credit;
    if token == Pair::load().asset {
        taken.quote = Quote::ZERO;
    } else if token == storage::quote_token() {
        taken.assets = Assets::ZERO;
    } else {
        return Err(fail::NothingToClaim(account));
    }
    let amount = taken.assets.0 | taken.quote.0; // One of them is 0.
    if amount == 0 {
        return Err(fail::NothingToClaim(account));
    }
    storage::store_credit(&account, difference(credit, taken)?);
    storage::store_bucket(
        Bucket::Claimable,
        difference(storage::bucket(Bucket::Claimable), taken)?,
    )?;
    events::claimed(token, account, receiver, amount);
    token::send(&token, &receiver, amount)?;
    Ok(amount)
}
