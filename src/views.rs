//! What a frontend reads in one call.

use alloy_primitives::Address;
use vault_core::greeks::PerSpot;
use vault_core::sale::Side;
use vault_core::settlement::VISIBILITY_LAG;
use vault_core::solvency::Backing;
use vault_core::{Assets, Pot, Price, Quote, Shares};

use crate::abi::codec::Encode;
use crate::host::{Buffer, load};
use crate::storage::{self, Bucket, Epoch, LastPrice, Pair, Phase, Terms};
use crate::{Result, erc4626, host, oracle, sell};

/// The program that runs in the vault's place for what is not in its own table.
#[inline(never)]
pub fn extension() -> Result<Address> {
    Ok(storage::extension())
}

/// The quote token.
#[inline(never)]
pub fn quote_token() -> Result<Address> {
    Ok(storage::quote_token())
}

/// Feeds and router; zero for a feed that is not used.
#[inline(never)]
pub fn venues() -> Result<(Address, Address, Address, Address)> {
    let (feed, _) = storage::feed();
    let (quote_feed, _) = storage::quote_feed();
    Ok((
        feed,
        quote_feed,
        storage::sequencer_feed(),
        storage::router(),
    ))
}

/// The volatility that options are priced with, annualised, 18 decimals.
#[inline(never)]
pub fn volatility() -> Result<u64> {
    Ok(storage::volatility())
}

/// Number, phase now, expiry, when the stored phase began, series listed, limit of each, last price and its time.
#[inline(never)]
pub fn epoch() -> Result<EpochView> {
    let epoch = Epoch::load();
    let last = LastPrice::load();
    let phase = epoch.phase(host::now());
    Ok((
        epoch.number,
        phase,
        epoch.expiry,
        epoch.since,
        epoch.series,
        epoch.limit,
        last.price,
        last.time,
    ))
}

type EpochView = (u32, Phase, u64, u64, usize, Assets, Price, u64);

/// Asset and quote in each bucket: vault, queued deposits, claimable, option payouts, early-expiry reserves, keeper budget.
#[inline(never)]
pub fn ledger() -> Result<Ledger> {
    let [a, b, c, d, e, f] = Bucket::ALL.map(storage::bucket);
    Ok((a, b, c, d, e, f))
}

type Ledger = (Pot, Pot, Pot, Pot, Pot, Pot);

/// A series: strike, cap (0: none), options sold, what its holders are paid together (asset, quote; 0 before settlement), price, delta, S·Γ,
/// vega, theta a day per option and unit of spot (18 decimals) at the price the vault acted on last and the time that is left, expiry, whether its
/// payout is fixed, and whether it has a reserve of its own in quote.
#[inline(never)]
pub fn series(id: u128) -> Result<SeriesView> {
    let (number, index) = sell::listed(id)?;
    let terms = Terms::load(number);
    let series = terms.listed(number, index);
    let tenor = terms.expiry(index).saturating_sub(host::now());
    let last = LastPrice::load().price;
    // Out of the domain of option mathematics, as before the first price: nothing.
    let greeks = PerSpot::at(&series, last, storage::volatility(), tenor).unwrap_or_default();
    Ok((
        (
            series.strike,
            series.cap.unwrap_or_default(),
            series.sold,
            storage::payout(number, index),
        ),
        parts(&greeks),
        (
            terms.expiry(index),
            terms.settled(index),
            terms.backing(index) == Backing::Quote,
        ),
    ))
}

type SeriesView = ((Price, Price, Assets, Pot), Greeks, (u64, bool, bool));

/// Price, delta, S·Γ, vega and theta a day of one option per unit of spot, 18 decimals.
#[inline(never)]
const fn parts(greeks: &PerSpot) -> Greeks {
    (
        greeks.price,
        greeks.delta,
        greeks.spot_gamma,
        greeks.vega,
        greeks.theta,
    )
}

type Greeks = (u128, u64, i128, i128, i128);

/// What one option of series `id` pays if it settles at `price`, 18 decimals.
#[inline(never)]
pub fn payoff_at(id: u128, price: u128) -> Result<Price> {
    let (number, index) = sell::listed(id)?;
    Ok(Terms::load(number)
        .listed(number, index)
        .payoff(Price(price)))
}

/// Every series of the epoch, its greeks at the oracle's price, or at the last price the vault acted on while there is none, what `owner` holds of it, and
/// what `amount` options of it come to in this block, as [`sell::quote_buy`] and [`sell::quote_sell`] say: 0 where they refuse.
#[inline(never)]
pub fn chain(owner: Address, amount: u128) -> Result<Chain> {
    let (now, epoch) = (host::now(), Epoch::load());
    let market = storage::market_policy();
    Ok(Chain {
        owner,
        amount,
        now,
        spot: oracle::spot(&market, now)
            .map_or_else(|_| LastPrice::load().price, |spot| spot.price),
        volatility: storage::volatility(),
        terms: Terms::load(epoch.number),
        epoch,
    })
}

/// What the lines of [`chain`] are made of.
pub struct Chain {
    owner: Address,
    amount: u128,
    now: u64,
    spot: Price,
    volatility: u64,
    terms: Terms,
    epoch: Epoch,
}

impl Encode for Chain {
    fn encode(&self, buffer: &mut Buffer) {
        buffer.number(32);
        buffer.number(self.epoch.series as u128);
        for index in 0..self.epoch.series {
            self.line(index, buffer);
        }
    }
}

impl Chain {
    fn line(&self, index: usize, buffer: &mut Buffer) {
        let id = sell::join(self.epoch.number, index);
        let series = self.terms.listed(self.epoch.number, index);
        let expiry = self.terms.expiry(index);
        let tenor = expiry.saturating_sub(self.now);
        let fresh = PerSpot::at(&series, self.spot, self.volatility, tenor);
        let fresh = fresh.unwrap_or_default();
        let come_to = |side| sell::quote(side, id, self.amount).unwrap_or_default();
        let cost = come_to(Side::Buy);
        let held = load(storage::options_slot(&self.owner, id)).lo;
        let left = self.epoch.limit.0.saturating_sub(series.sold.0);
        let terms = (id, series.strike, series.cap.unwrap_or_default(), expiry);
        terms.encode(buffer);
        let amounts = (self.terms.settled(index), series.sold, left, held);
        amounts.encode(buffer);
        let prices = (cost, come_to(Side::Sell), self.implied(&fresh, cost));
        prices.encode(buffer);
        parts(&fresh).encode(buffer);
    }

    /// The volatility at which the model's value is what an option costs, to first order: σ + (cost − value) / vega. 0 without a cost or a vega.
    fn implied(&self, greeks: &PerSpot, cost: Quote) -> u64 {
        if cost.is_zero() {
            return 0;
        }
        let Ok(units) = Pair::load().units() else {
            return 0;
        };
        greeks
            .implied_volatility(self.volatility, self.spot, cost, Assets(self.amount), units)
            .unwrap_or_default()
    }
}

/// What tokens refused to pay `account`: asset and quote, to be claimed.
#[inline(never)]
pub fn credit_of(account: Address) -> Result<Pot> {
    Ok(storage::credit(&account))
}

/// Everything about the vault that a depositor's page shows.
#[inline(never)]
pub fn vault_state() -> Result<VaultState> {
    let epoch = Epoch::load();
    let phase = epoch.phase(host::now());
    let wait = match phase {
        Phase::Open => storage::opening_policy().open_seconds,
        _ => storage::roll_policy().grace_seconds,
    };
    let next_step = match phase {
        // Of the first expiry with options open, if it comes before the end.
        Phase::Live | Phase::Expired => {
            let early = Terms::load(epoch.number).first_early().unwrap_or_default();
            let first = epoch.expiry.saturating_sub(early.into());
            first.saturating_add(VISIBILITY_LAG + 1)
        }
        _ => epoch.since.saturating_add(wait.into()),
    };
    let policy = storage::shares_policy();
    let queue = storage::queue();
    let high_water = storage::high_water();
    Ok((
        (
            epoch.number,
            phase,
            epoch.expiry,
            next_step,
            epoch.request_id(),
        ),
        (
            erc4626::total_assets()?,
            storage::supply(),
            queue.assets,
            queue.shares,
        ),
        (policy.min_deposit, policy.deposit_cap),
        (
            policy.management_fee_bps,
            policy.performance_fee_bps,
            storage::fee_recipient(),
            high_water.mark,
            high_water.spot,
        ),
        epoch.paused_until,
        ledger()?,
    ))
}

type VaultState = (
    (u32, Phase, u64, u64, u32),
    (Assets, Shares, Assets, Shares),
    (u128, u128),
    (u16, u16, Address, u128, Price),
    u64,
    Ledger,
);
