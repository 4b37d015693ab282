//! Selling options.

use alloy_primitives::Address;
use vault_core::{Assets, MAX_SERIES, Quote, sale, solvency};

use crate::errors::{Checked, fail};
use crate::host;
use crate::oracle::{self, Spot};
use crate::storage::{self, Bucket, Epoch, LastPrice, Listed, Pair};
use crate::{Result, erc6909, events, greeks, roles, token};

/// A priced sale: what [`buy`] does and [`quote_buy`] shows.
struct Order {
    epoch: Epoch,
    index: usize,
    now: u64,
    spot: Spot,
    premium: Quote,
    /// The series after the sale.
    listed: Listed,
    sold: Assets,
    units: vault_core::Units,
}

/// Prices `amount` options of series `id`.
fn order(id: u128, amount: Assets) -> Result<Order> {
    let now = host::now();
    let epoch = Epoch::load();
    epoch.require_live(now)?;
    roles::require_running(now)?;
    let index = index_in(&epoch, id)?;
    if amount.is_zero() {
        return Err(fail::ZeroAmount());
    }
    let policy = storage::market_policy();
    let closes = epoch
        .expiry
        .saturating_sub(policy.sale_cutoff_seconds.into());
    if now >= closes {
        return Err(fail::SaleClosed(closes, now));
    }
    let mut listed = Listed::load(&epoch);
    let series = listed
        .get_mut(index)
        .ok_or_else(|| fail::UnknownSeries(id))?;
    let left = Assets(epoch.limit.0.saturating_sub(series.sold.0));
    if amount > left {
        return Err(fail::SeriesSoldOut(left.0, amount.0));
    }
    let spot = oracle::spot(&policy, now)?;
    let units = Pair::load().units()?;
    let premium = sale::premium(
        &policy,
        storage::volatility(),
        series,
        spot.price,
        epoch.expiry.saturating_sub(now),
        amount,
        units,
    )?;
    series.sold = series.sold.plus(amount).checked()?;
    let sold = series.sold;
    Ok(Order {
        epoch,
        index,
        now,
        spot,
        premium,
        listed,
        sold,
        units,
    })
}

/// Number of the series that `id` names in the epoch.
fn index_in(epoch: &Epoch, id: u128) -> Result<usize> {
    match split(id) {
        Some((number, index)) if number == epoch.number && index < epoch.series => Ok(index),
        _ => Err(fail::UnknownSeries(id)),
    }
}

/// Epoch and series number of an option id: `epoch · 256 + series`. Ids are never used again.
pub fn split(id: u128) -> Option<(u32, usize)> {
    let number = u32::try_from(id >> 8).ok().filter(|number| *number != 0)?;
    let index = (id & 0xff) as usize;
    (index < MAX_SERIES).then_some((number, index))
}

/// Id of a series.
pub fn join(epoch: u32, index: usize) -> u128 {
    u128::from(epoch) << 8 | index as u128
}

/// What `amount` options of series `id` cost now, in quote: what [`buy`] would take in this block.
#[inline(never)]
pub fn quote_buy(id: u128, amount: u128) -> Result<Quote> {
    order(id, Assets(amount)).map(|order| order.premium)
}

/// Sells `amount` options of series `id` to the caller for at most `max_premium` quote, and gives them to `receiver`.
#[inline(never)]
pub fn buy(
    id: u128,
    amount: u128,
    max_premium: u128,
    receiver: Address,
    deadline: u128,
) -> Result<Quote> {
    let order = order(id, Assets(amount))?;
    if u128::from(order.now) > deadline {
        return Err(fail::DeadlinePassed(deadline, order.now));
    }
    if order.premium.0 > max_premium {
        return Err(fail::PremiumTooHigh(order.premium.0, max_premium));
    }
    let mut vault = storage::bucket(Bucket::Vault);
    vault.quote = vault.quote.plus(order.premium).checked()?;
    solvency::check(vault, order.listed.as_slice(), order.units)?;

    storage::store_bucket(Bucket::Vault, vault)?;
    let series = order
        .listed
        .as_slice()
        .get(order.index)
        .ok_or_else(|| fail::UnknownSeries(id))?;
    storage::store_series(order.epoch.number, order.index, series)?;
    greeks::refresh_one(
        &order.epoch,
        order.index,
        series,
        order.spot.price,
        order.now,
    )?;
    LastPrice::update(order.spot.price, order.now);
    let buyer = host::caller();
    erc6909::mint(&buyer, &receiver, id, amount)?;
    events::options_sold(
        id,
        buyer,
        receiver,
        amount,
        order.premium.0,
        order.spot.price.0,
        order.sold.0,
        vault.quote.0,
    );

    token::pull(&storage::quote_token(), order.premium.0)?;
    Ok(order.premium)
}
