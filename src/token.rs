//! Moving ERC-20 tokens. A token is trusted with nothing but its own balances: every answer is checked.

use alloy_primitives::Address;

use crate::Result;
use crate::abi::macros::selector;
use crate::errors::{Checked, fail};
use crate::host::{self, Buffer};
use crate::storage::{self, Bucket};
use crate::word::Word;

const ALL_GAS: u64 = u64::MAX;

/// `decimals()` of a token or feed; refuses one that does not answer, or has more than 18.
#[inline(never)]
pub fn decimals(token: &Address) -> Result<u8> {
    let data = Buffer::calling(const { selector("decimals()") });
    let answered = host::static_call(token, &data, ALL_GAS).is_some_and(|len| len >= 32);
    let [answer] = if answered {
        host::returned_words()
    } else {
        [Word::MAX]
    };
    if answer.hi != 0 || answer.lo > 18 {
        return Err(fail::UnsupportedDecimals(*token, answer));
    }
    Ok(answer.lo as u8)
}

/// This contract's balance. Only ever compared with another balance of the same call: no price, limit or state comes from it.
#[inline(never)]
#[expect(
    clippy::nonminimal_bool,
    reason = "the shorter form compresses to 38 bytes more"
)]
pub fn balance(token: &Address) -> Result<u128> {
    let mut data = Buffer::calling(const { selector("balanceOf(address)") });
    data.address(&host::this());
    if !host::static_call(token, &data, ALL_GAS).is_some_and(|len| len >= 32) {
        return Err(fail::TokenTransferFailed(*token, 0_u128));
    }
    let [balance] = host::returned_words();
    if balance.hi == 0 {
        Ok(balance.lo)
    } else {
        Err(fail::AmountTooLarge())
    }
}

/// A call that succeeded and returned nothing or `true`.
fn accepted(token: &Address, data: &Buffer) -> bool {
    match host::call(token, data) {
        Some(0) => true,
        Some(len) if len >= 32 => {
            let [answer] = host::returned_words();
            answer.hi == 0 && answer.lo == 1
        }
        _ => false,
    }
}

/// Sends; `false` when the token refuses.
#[inline(never)]
pub fn try_send(token: &Address, to: &Address, amount: u128) -> bool {
    let mut data = Buffer::calling(const { selector("transfer(address,uint256)") });
    data.address(to);
    data.number(amount);
    accepted(token, &data)
}

/// Sends, or refuses the whole call.
pub fn send(token: &Address, to: &Address, amount: u128) -> Result<()> {
    if try_send(token, to, amount) {
        Ok(())
    } else {
        Err(fail::TokenTransferFailed(*token, amount))
    }
}

/// Takes from the caller exactly `amount`: a token that keeps a fee is refused here, before anything depends on it.
#[inline(never)]
pub fn pull(token: &Address, amount: u128) -> Result<()> {
    let before = balance(token)?;
    let mut data = Buffer::calling(const { selector("transferFrom(address,address,uint256)") });
    data.address(&host::caller());
    data.address(&host::this());
    data.number(amount);
    if !accepted(token, &data) {
        return Err(fail::TokenTransferFailed(*token, amount));
    }
    let received = balance(token)?.saturating_sub(before);
    if received != amount {
        return Err(fail::TransferMismatch(*token, amount, received));
    }
    Ok(())
}

/// Lets `spender` take `amount`.
pub fn approve(token: &Address, spender: &Address, amount: u128) -> Result<()> {
    let mut data = Buffer::calling(const { selector("approve(address,uint256)") });
    data.address(spender);
    data.number(amount);
    if accepted(token, &data) {
        return Ok(());
    }
    Err(fail::TokenTransferFailed(*token, amount))
}

/// Pays both tokens of `due` to `to`. A token that refuses holds back only itself: its part waits as the credit of `account`, to be
/// claimed. The caller has already taken `due` out of its bucket.
#[inline(never)]
pub fn pay_or_credit(account: &Address, to: &Address, due: vault_core::Pot) -> Result<()> {
    let mut deferred = vault_core::Pot::default();
    if !due.assets.is_zero() {
        let asset = storage::Pair::load().asset;
        if !try_send(&asset, to, due.assets.0) {
            deferred.assets = due.assets;
            crate::events::payment_deferred(asset, *account, due.assets.0);
        }
    }
    if !due.quote.is_zero() {
        let quote = storage::quote_token();
        if !try_send(&quote, to, due.quote.0) {
            deferred.quote = due.quote;
            crate::events::payment_deferred(quote, *account, due.quote.0);
        }
    }
    if deferred == vault_core::Pot::default() {
        return Ok(());
    }
    let credit = storage::credit(account);
    storage::store_credit(account, sum(credit, deferred)?);
    storage::store_bucket(
        Bucket::Claimable,
        sum(storage::bucket(Bucket::Claimable), deferred)?,
    )
}

/// Pays the caller from the keeper budget, which no reward exceeds.
pub fn pay_reward(asset: &Address, reward: vault_core::Assets) -> Result<()> {
    if reward.is_zero() {
        return Ok(());
    }
    let mut budget = storage::bucket(Bucket::Keeper);
    budget.assets = budget.assets.minus(reward).checked()?;
    storage::store_bucket(Bucket::Keeper, budget)?;
    send(asset, &host::caller(), reward.0)
}

/// `a + b`, token by token.
#[inline(never)]
pub fn sum(a: vault_core::Pot, b: vault_core::Pot) -> Result<vault_core::Pot> {
    a.plus(b).checked()
}

/// `a − b`, token by token.
#[inline(never)]
pub fn difference(a: vault_core::Pot, b: vault_core::Pot) -> Result<vault_core::Pot> {
    a.minus(b).checked()
}
