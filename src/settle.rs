//! Settling an expiry.

use alloy_primitives::Address;
use vault_core::settlement::{self, Evidence, Outcome};
use vault_core::{Pot, Price, Series, payout};

use crate::errors::fail;
use crate::storage::{self, Bucket, Epoch, LastPrice, Listed, Pair, Phase, Terms};
use crate::token::sum;
use crate::{Result, events, host, oracle};

/// Settles the first expiry that has passed and is not settled: fixes its price and what the holders of all its series are paid. What was
/// reserved for them and is not needed comes back to the vault. After the last expiry of an epoch the rest is the vault's. Anyone may call it; the
/// price is the same for every caller, hint and time.
///
/// `round_id` points at the round that settles: the last one at or before expiry, or the first one after it where that applies. With
/// no option open no price is needed and the hint is not read.
pub fn settle(round_id: u128) -> Result<Price> {
    let now = host::now();
    let mut epoch = Epoch::load();
    let phase = epoch.phase(now);
    if !matches!(phase, Phase::Live | Phase::Expired) {
        return Err(fail::NotLive(phase));
    }
    let listed = Listed::load(&epoch);
    // One expiry after another: each is settled by what the one before has left. 0 is the end of the epoch.
    let early = listed.first_early().unwrap_or_default();
    let expiry = epoch.expiry.saturating_sub(early.into());
    if now <= expiry.saturating_add(settlement::VISIBILITY_LAG) {
        return Err(fail::NotExpired(expiry, now));
    }
    let open = |one: &Series| one.early == early && !one.sold.is_zero();
    let (price, round) = if listed.as_slice().iter().any(open) {
        settlement_price(&epoch, expiry, round_id, now)?
    } else {
        (Price::ZERO, 0)
    };

    let vault = storage::bucket(Bucket::Vault);
    let reserves = storage::bucket(Bucket::Reserves);
    let units = Pair::load().units()?;
    let payouts = payout::payouts(vault, reserves, listed.as_slice(), early, price, units)?;
    for (index, payout) in payouts.series.iter().enumerate().take(epoch.series) {
        if *payout != Pot::default() {
            storage::store_payout(epoch.number, index, *payout);
        }
    }
    let (paid, left) = (payouts.total, payouts.vault);
    storage::store_bucket(Bucket::Vault, left)?;
    storage::store_bucket(
        Bucket::Payouts,
        sum(storage::bucket(Bucket::Payouts), paid)?,
    )?;
    if early == 0 {
        epoch.enter(Phase::Settled, now);
        epoch.store();
    } else {
        storage::store_bucket(Bucket::Reserves, payouts.reserves)?;
    }
    let mut terms = Terms::load(epoch.number);
    terms.settle(early);
    terms.store(epoch.number);
    events::settled(
        u128::from(epoch.number),
        expiry,
        price.0,
        round,
        paid.assets.0,
        paid.quote.0,
        left.assets.0,
        left.quote.0,
    );
    Ok(price)
}

/// The price that the evidence around `round_id` proves, and the round (0 for the vault's own last price).
fn settlement_price(epoch: &Epoch, expiry: u64, round_id: u128, now: u64) -> Result<(Price, u128)> {
    let phase = (round_id >> 64) as u16;
    if phase != epoch.feed_phase {
        return Err(fail::WrongPhase(
            u128::from(phase),
            u128::from(epoch.feed_phase),
        ));
    }
    let (feed, decimals) = storage::feed();
    let evidence = gather(&feed, decimals, epoch, expiry, round_id as u64)?;
    let max_age = storage::market_policy().settle_max_age_seconds.into();
    match settlement::decide(&evidence, expiry, max_age, now)? {
        Outcome::Answer(price) => Ok((price, round_id)),
        Outcome::Stored => Ok((LastPrice::load().price, 0)),
    }
}

/// Reads the round pointed at and the neighbour that proves its place, two or three calls of bounded gas.
fn gather(
    feed: &Address,
    decimals: u8,
    epoch: &Epoch,
    expiry: u64,
    number: u64,
) -> Result<Evidence> {
    let phase = epoch.feed_phase;
    let Some(round) = oracle::round(feed, decimals, phase, number)? else {
        // A round that existed at opening and no longer does: the feed is gone. Any other absent round proves nothing.
        if number == LastPrice::load().opening_round {
            return Ok(Evidence::Gone);
        }
        return Err(fail::WrongSettlementRound(0_u128, expiry));
    };
    if round.updated_at > expiry {
        let previous = match number.checked_sub(1) {
            Some(0) | None => None,
            Some(before) => oracle::round(feed, decimals, phase, before)?,
        };
        return Ok(Evidence::After { round, previous });
    }
    let next = match number.checked_add(1) {
        Some(after) => oracle::round(feed, decimals, phase, after)?,
        None => None,
    };
    // In the current phase only the latest round has no successor; a later phase leaves the last of this one without.
    let newer = |(latest_phase, latest): (u16, u64)| latest_phase == phase && latest != number;
    if next.is_none() && oracle::latest_round(feed)?.is_some_and(newer) {
        return Err(fail::WrongSettlementRound(round.updated_at, expiry));
    }
    Ok(Evidence::Before { round, next })
}
