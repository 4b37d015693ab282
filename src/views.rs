//! What a frontend reads in one call.

use alloy_primitives::Address;
use vault_core::greeks::{DELTA_UNIT, GAMMA_UNIT, PRICE_UNIT};
use vault_core::settlement::VISIBILITY_LAG;
use vault_core::solvency::Backing;
use vault_core::{Assets, Pot, Price, Shares, WAD};

use crate::errors::fail;
use crate::storage::{self, Bucket, Epoch, LastPrice, Phase, Terms};
use crate::{Result, erc4626, host, sell};

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
pub fn epoch() -> Result<(u32, Phase, u64, u64, usize, Assets, Price, u64)> {
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

/// Asset and quote in each bucket: vault, queued deposits, claimable, option payouts, early-expiry reserves, keeper budget.
#[inline(never)]
pub fn ledger() -> Result<(Pot, Pot, Pot, Pot, Pot, Pot)> {
    let [a, b, c, d, e, f] = [
        Bucket::Vault,
        Bucket::Queued,
        Bucket::Claimable,
        Bucket::Payouts,
        Bucket::Reserves,
        Bucket::Keeper,
    ]
    .map(storage::bucket);
    Ok((a, b, c, d, e, f))
}

/// A series: strike, cap (0: none), options sold, what its holders are paid together (asset, quote; 0 before settlement), price, delta, S·Γ,
/// vega, theta a day per option and unit of spot (18 decimals) with the time they were stored, expiry, whether its payout is fixed, and whether it has
/// a reserve of its own in quote.
#[inline(never)]
pub fn series(id: u128) -> Result<SeriesView> {
    let (number, index) = sell::split(id).ok_or_else(|| fail::UnknownSeries(id))?;
    let epoch = Epoch::load();
    if number > epoch.number || (number == epoch.number && index >= epoch.series) {
        return Err(fail::UnknownSeries(id));
    }
    let series = storage::series(number, index);
    let terms = Terms::load(number);
    let mark = storage::mark(number, index);
    let signed = |x: i64, unit: u128| i128::from(x).wrapping_mul((WAD / unit) as i128);
    Ok((
        (
            series.strike,
            series.cap.unwrap_or_default(),
            series.sold,
            storage::payout(number, index),
        ),
        (
            u128::from(mark.price) * (WAD / PRICE_UNIT),
            u128::from(mark.delta) * (WAD / DELTA_UNIT),
            signed(mark.spot_gamma, GAMMA_UNIT),
            signed(mark.vega, PRICE_UNIT),
            signed(mark.theta, PRICE_UNIT),
            mark.time,
        ),
        (
            terms.expiry(index),
            terms.settled(index),
            terms.backing(index) == Backing::Quote,
        ),
    ))
}

type SeriesView = (
    (Price, Price, Assets, Pot),
    (u128, u128, i128, i128, i128, u32),
    (u64, bool, bool),
);

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
        Phase::Live | Phase::Expired => epoch.expiry.saturating_add(VISIBILITY_LAG + 1),
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
        LastPrice::load().paused_until,
    ))
}

type VaultState = (
    (u32, Phase, u64, u64, u32),
    (Assets, Shares, Assets, Shares),
    (u128, u128),
    (u16, u16, Address, u128, Price),
    u64,
);
