//! Settling an expiry.

use vault_core::reward::Step;
use vault_core::{Pot, Price, Series, payout, settlement};

use crate::errors::fail;
use crate::proof::{self, Hints, Rounds};
use crate::storage::{self, Bucket, Epoch, Listed, Pair, Phase};
use crate::token::sum;
use crate::{Result, events, host, keeper};

/// Settles the first expiry that has passed and is not settled: fixes its price and what the holders of all its series are paid. What was
/// reserved for them and is not needed comes back to the vault. After the last expiry of an epoch the rest is the vault's. Anyone may call it; the
/// price is the same for every caller, hint and time.
///
/// The rounds point at what proves the price, see [`Rounds`]. With no option open no price is needed and they are not read.
#[inline(never)]
pub fn settle(given: u128, asset: Rounds, quote: Rounds) -> Result<Price> {
    let now = host::now();
    let mut epoch = Epoch::load();
    let phase = epoch.phase(now);
    if !matches!(phase, Phase::Live | Phase::Expired) {
        return Err(fail::NotLive(phase));
    }
    let listed = Listed::load(&epoch);
    // One expiry after another: each is settled by what the one before has left. 0 is the end of the epoch.
    let early = listed.terms.first_early().unwrap_or_default();
    let expiry = epoch.expiry.saturating_sub(early.into());
    if now <= expiry.saturating_add(settlement::VISIBILITY_LAG) {
        return Err(fail::NotExpired(expiry, now));
    }
    if given != u128::from(expiry) {
        return Err(fail::SettleFirst(expiry));
    }
    let open = |one: &Series| one.early == early && !one.sold.is_zero();
    let has_options = listed.as_slice().iter().any(open);
    let (price, round) = if has_options {
        proof::settlement_price(expiry, &Hints { asset, quote }, now)?
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
    let mut terms = listed.terms;
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
    keeper::pay(Step::Settle, has_options)?;
    Ok(price)
}
