//! Selling options, and taking them back.

use alloy_primitives::Address;
use vault_core::greeks::PerSpot;
use vault_core::sale::{self, Charge, Quota, Side};
use vault_core::valuation::{Book, Market};
use vault_core::{
    Assets, BPS, MAX_SERIES, Pot, Price, Quote, Series, Units, risk, solvency, valuation,
};

use crate::errors::{Checked, fail};
use crate::host;
use crate::observe;
use crate::oracle::{self, Spot};
use crate::storage::{self, Bucket, Epoch, LastPrice, Listed, Terms};
use crate::{Result, erc6909, events, extension, token};

/// A trade, priced, and what it leaves: what [`buy`] and [`sell`] do, and [`quote_buy`] and [`quote_sell`] show.
struct Deal {
    epoch: Epoch,
    index: usize,
    now: u64,
    spot: Spot,
    amount: Assets,
    charge: Charge,
    /// Everything from here on is after the trade.
    series: Series,
    vault: Pot,
    reserves: Pot,
    last: LastPrice,
    /// If it has changed.
    terms: Option<Terms>,
}

/// Prices `amount` options of series `id`, or as many as there are but at least `least`.
fn deal(side: Side, id: u128, amount: Assets, least: Assets) -> Result<Deal> {
    let now = host::now();
    let epoch = Epoch::load();
    epoch.require_live(now)?;
    if side == Side::Buy {
        epoch.require_running(now)?;
    }
    let index = index_in(&epoch, id)?;
    if amount.is_zero() || least.is_zero() {
        return Err(fail::ZeroAmount());
    }
    let mut terms = Terms::load(epoch.number);
    terms.require_settled(now)?;
    let before = terms.series(epoch.number, index);
    let mut market = storage::market_policy();
    let tenor = epoch.tenor(&before, now);
    let closes = epoch
        .expiry
        .saturating_sub(before.early.into())
        .saturating_sub(market.sale_cutoff_seconds.into());
    if now >= closes {
        return Err(fail::SaleClosed(closes, now));
    }
    let policy = storage::sale_policy();
    let spot = oracle::spot(&market, now)?;
    observe::require_fresh(now)?;
    let estimate = storage::estimate();
    market.spot_margin_bps = sale::spot_margin(&market, spot.price, estimate.price);
    let state = sale::State {
        spot: spot.price,
        volatility: estimate.volatility,
        tenor_seconds: tenor,
        elapsed: sale::elapsed(epoch.since, closes, now),
        limit: epoch.limit,
        units: storage::units()?,
    };
    let greeks = PerSpot::at(&before, spot.price, state.volatility, tenor)?;

    let left = match side {
        Side::Buy => Assets(epoch.limit.0.saturating_sub(before.sold.0)),
        Side::Sell => before.sold,
    };
    let mut last = spot.last(now);
    let quota = Quota {
        whole: quota(&epoch, policy.quota_bps)?,
        used: last.used,
    };
    let filled = sale::fill(amount, left, quota.left(), greeks.delta);
    if filled < least {
        let wanted = amount.0;
        return Err(if left < least {
            fail::SeriesSoldOut(left.0, wanted)
        } else {
            fail::QuotaExceeded(filled.0, wanted)
        });
    }
    let price = sale::price(&market, &before, &state, side)?;
    let charge = sale::charge(&policy, &before, &state, price, filled, side)?;
    let sold = match side {
        Side::Buy => before.sold.plus(filled),
        Side::Sell => before.sold.minus(filled),
    };
    let series = Series {
        sold: sold.checked()?,
        ..before
    };
    let (vault, reserves) = moved(side, charge.total, &before, &series, state.units)?;
    last.used = quota.after(greeks.delta_of(filled));
    let changed = terms.trade(index, !series.sold.is_zero());
    require_solvent(&epoch, &terms, vault, index, &series, state.units)?;
    // Taking options back cures what is beyond a budget.
    if side == Side::Buy && storage::has_budgets() {
        extension::require_within_budgets(id, series.sold.0, vault, spot.price)?;
    }
    Ok(Deal {
        epoch,
        index,
        now,
        spot,
        amount: filled,
        charge,
        series,
        vault,
        reserves,
        last,
        terms: changed.then_some(terms),
    })
}

/// Refuses what would leave the book insolvent at some price. The other series are read only where the assets do not cover all of them at a glance.
fn require_solvent(
    epoch: &Epoch,
    terms: &Terms,
    vault: Pot,
    index: usize,
    series: &Series,
    units: Units,
) -> Result<()> {
    let most = epoch.limit.times_down(terms.pooled(epoch.series), 1);
    if solvency::covered(vault.assets, most.checked()?, terms.share) {
        return Ok(());
    }
    let mut listed = Listed::load(epoch);
    if let Some(place) = listed.get_mut(index) {
        *place = *series;
    }
    solvency::check(vault, listed.as_slice(), units)?;
    Ok(())
}

/// What [`within_budgets`] refuses, for the vault's own program, which does not have it.
#[inline(never)]
pub fn require_within_budgets(
    id: u128,
    sold: u128,
    vault_assets: u128,
    vault_quote: u128,
    spot: u128,
) -> Result<()> {
    let vault = Pot {
        assets: Assets(vault_assets),
        quote: Quote(vault_quote),
    };
    within_budgets(id, sold, vault, Price(spot))
}

/// Refuses a book that is beyond a budget of risk: the present one, but with `sold` options of series `id` open and so much in the vault, at `spot`. What
/// [`buy`] asks after a purchase where a budget is set. The series are read only where all of them together, whatever they are, could be beyond one.
///
/// # Errors
/// `BeyondRiskBudget`; `NotLive`, `UnknownSeries`.
pub fn within_budgets(id: u128, sold: u128, vault: Pot, spot: Price) -> Result<()> {
    let now = host::now();
    let epoch = Epoch::load();
    epoch.require_live(now)?;
    let index = index_in(&epoch, id)?;
    let budgets = storage::risk_policy();
    let volatility = storage::volatility();
    let tenor_seconds = epoch.expiry.saturating_sub(now);
    let mut terms = Terms::load(epoch.number);
    terms.trade(index, true);
    let (live, first) = terms.live();
    let beyond = Assets(sold.saturating_sub(epoch.limit.0));
    let options = epoch.limit.times_down(live.into(), 1);
    let bounds = risk::Bounds {
        options: options.and_then(|all| all.plus(beyond)).checked()?,
        share: terms.share,
        least_tenor: tenor_seconds.saturating_sub(first.into()),
        tenor: tenor_seconds,
    };
    if risk::plainly_within(&budgets, &bounds, vault.assets, spot, volatility)? {
        return Ok(());
    }
    let mut listed = Listed::load(&epoch);
    if let Some(place) = listed.get_mut(index) {
        place.sold = Assets(sold);
    }
    let book = Book {
        vault,
        series: listed.as_slice(),
        tenor_seconds,
        units: storage::units()?,
    };
    let market = Market {
        spot,
        volatility,
        skew_bps: 0,
    };
    risk::check(&valuation::value(&book, &market)?, &budgets)?;
    Ok(())
}

/// The quota of a price of the oracle: a share of all options that the epoch lists, by their delta.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "16 bits times a number of series"
)]
fn quota(epoch: &Epoch, bps: u16) -> Result<Assets> {
    let all = u128::from(bps) * epoch.series as u128;
    epoch.limit.times_down(all, BPS).checked()
}

/// Vault bucket and reserves when a series goes from `before` to `after` for `total` quote.
fn moved(
    side: Side,
    total: Quote,
    before: &Series,
    after: &Series,
    units: Units,
) -> Result<(Pot, Pot)> {
    let mut vault = storage::bucket(Bucket::Vault);
    let mut reserves = Pot::default();
    if before.early != 0 {
        reserves = storage::bucket(Bucket::Reserves);
    }
    if side == Side::Buy {
        vault.quote = vault.quote.plus(total).checked()?;
    }
    solvency::reserve(&mut vault, &mut reserves, before, after, units)?;
    if side == Side::Sell {
        let short = || fail::InsufficientQuote(vault.quote.0, total.0);
        vault.quote = vault.quote.minus(total).ok_or_else(short)?;
    }
    Ok((vault, reserves))
}

impl Deal {
    fn store(&self) -> Result<()> {
        storage::store_bucket(Bucket::Vault, self.vault)?;
        if self.series.early != 0 {
            storage::store_bucket(Bucket::Reserves, self.reserves)?;
        }
        storage::store_sold(self.epoch.number, self.index, self.series.sold)?;
        if let Some(terms) = &self.terms {
            terms.store(self.epoch.number);
        }
        self.last.store();
        Ok(())
    }

    fn require_in_time(&self, deadline: u128) -> Result<()> {
        if u128::from(self.now) > deadline {
            return Err(fail::DeadlinePassed(deadline, self.now));
        }
        Ok(())
    }
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

/// Epoch and series number of an option id that has been listed.
#[inline(never)]
pub fn listed(id: u128) -> Result<(u32, usize)> {
    split(id)
        .filter(|(number, index)| storage::is_listed(*number, *index))
        .ok_or_else(|| fail::UnknownSeries(id))
}

/// Id of a series.
pub fn join(epoch: u32, index: usize) -> u128 {
    u128::from(epoch) << 8 | index as u128
}

/// What `amount` options of series `id` cost now, in quote: what [`buy`] would take in this block.
#[inline(never)]
pub fn quote_buy(id: u128, amount: u128) -> Result<Quote> {
    quote(Side::Buy, id, amount)
}

/// What `amount` options of series `id` bring now, in quote: what [`sell`] would pay in this block.
#[inline(never)]
pub fn quote_sell(id: u128, amount: u128) -> Result<Quote> {
    quote(Side::Sell, id, amount)
}

/// What exactly `amount` options come to.
pub fn quote(side: Side, id: u128, amount: u128) -> Result<Quote> {
    let amount = Assets(amount);
    deal(side, id, amount, amount).map(|deal| deal.charge.total)
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
    let (_, premium) = buy_up_to(id, amount, amount, max_premium, receiver, deadline)?;
    Ok(premium)
}

/// Sells to the caller as many of `amount` options of series `id` as there are, at least `least`, and gives them to `receiver`: for at most
/// `max_premium` quote for all, and for a part at most the same part of it. Returns how many, and the premium.
#[inline(never)]
pub fn buy_up_to(
    id: u128,
    amount: u128,
    least: u128,
    max_premium: u128,
    receiver: Address,
    deadline: u128,
) -> Result<(Assets, Quote)> {
    let wanted = Assets(amount);
    let deal = deal(Side::Buy, id, wanted, Assets(least).min(wanted))?;
    deal.require_in_time(deadline)?;
    let (
        bought,
        Charge {
            total: premium,
            fee,
        },
    ) = (deal.amount, deal.charge);
    let mut most = Quote(max_premium);
    if bought < wanted && max_premium != u128::MAX {
        most = most.times_down(bought.0, wanted.0).checked()?;
    }
    if premium > most {
        return Err(fail::PremiumTooHigh(premium.0, most.0));
    }
    deal.store()?;
    let buyer = host::caller();
    erc6909::mint(&buyer, &receiver, id, bought.0)?;
    events::options_sold(
        id,
        buyer,
        receiver,
        bought.0,
        premium.0,
        fee.0,
        deal.spot.price.0,
        deal.series.sold.0,
        deal.vault.assets.0,
        deal.vault.quote.0,
    );

    token::pull(&storage::quote_token(), premium.0)?;
    Ok((bought, premium))
}

/// Takes `amount` options of series `id` back from the caller for at least `min_proceeds` quote, sent to `receiver`.
#[inline(never)]
pub fn sell(
    id: u128,
    amount: u128,
    min_proceeds: u128,
    receiver: Address,
    deadline: u128,
) -> Result<Quote> {
    if receiver == Address::ZERO {
        return Err(fail::ZeroAddress());
    }
    let deal = deal(Side::Sell, id, Assets(amount), Assets(amount))?;
    deal.require_in_time(deadline)?;
    let Charge {
        total: proceeds,
        fee,
    } = deal.charge;
    if proceeds.0 < min_proceeds {
        return Err(fail::SlippageExceeded(proceeds.0, min_proceeds));
    }
    deal.store()?;
    let seller = host::caller();
    erc6909::burn(&seller, id, amount)?;
    events::options_bought_back(
        id,
        seller,
        receiver,
        amount,
        proceeds.0,
        fee.0,
        deal.spot.price.0,
        deal.series.sold.0,
        deal.vault.assets.0,
        deal.vault.quote.0,
    );

    token::send(&storage::quote_token(), &receiver, proceeds.0)?;
    Ok(proceeds)
}
