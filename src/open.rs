//! Opening an epoch.

use vault_core::reward::{self, Step};
use vault_core::{Assets, MAX_SERIES, Price, calendar, opening};

use crate::errors::{Checked, fail};
use crate::oracle::Feed;
use crate::storage::{self, Bucket, Epoch, LastPrice, Opened, Pair, Phase, Terms};
use crate::venue::pool;
use crate::{Result, events, host, keeper, observe, oracle, roles, sell};

/// Lists the series of the next epoch. Anyone may call it once the window for deposits is over; strikes, caps, sizes and expiry follow from
/// the policy and this block's price alone. Returns the epoch's number.
#[inline(never)]
pub fn open_epoch() -> Result<u128> {
    let now = host::now();
    let mut epoch = Epoch::load();
    if epoch.phase(now) != Phase::Open {
        return Err(fail::NotOpen(epoch.phase(now)));
    }
    if epoch.since == 0 {
        return Err(fail::NotInitialised());
    }
    epoch.require_running(now)?;
    let window = storage::opening_policy().open_seconds;
    let until = epoch.since.saturating_add(window.into());
    if now < until {
        return Err(fail::OpenWindow(until, now));
    }
    roles::apply_announced(now)?;
    pool::remember(&storage::venue_policy(), &Pair::load());
    let policy = storage::opening_policy();
    let mut vault = storage::bucket(Bucket::Vault);
    let mut keeper = storage::bucket(Bucket::Keeper);
    let top_up = reward::budget_top_up(Assets(policy.keeper_budget), vault.assets, keeper.assets);
    vault.assets = vault.assets.minus(top_up).checked()?;
    keeper.assets = keeper.assets.plus(top_up).checked()?;
    // Rewards are paid in the asset: quote that rounding left behind a last share goes to who holds shares now.
    vault.quote = vault
        .quote
        .plus(core::mem::take(&mut keeper.quote))
        .checked()?;
    if vault.assets.0 < policy.min_assets {
        return Err(fail::BelowMinimumAssets(vault.assets.0, policy.min_assets));
    }
    let market = storage::market_policy();
    oracle::require_decimals(&Feed::asset())?;
    let spot = oracle::spot(&market, now)?;
    observe::require_fresh(now)?;
    let mut opened = Opened {
        asset_round: spot.asset.number,
        quote_round: 0,
        time: now,
    };
    let mut dollars = Price(0);
    if let (Some(feed), Some((round, price))) = (Feed::quote(), spot.quote) {
        oracle::require_decimals(&feed)?;
        (epoch.quote_phase, opened.quote_round) = (round.phase, round.number);
        dollars = price;
    }
    let end = calendar::expiry_after(now, policy.min_tenor_seconds.into()).checked()?;
    let state = opening::State {
        spot: spot.price,
        volatility: storage::volatility(),
        vault,
        units: Pair::load().units()?,
        now,
    };
    let plan = opening::plan(&policy, &storage::risk_policy(), &state, end)?;

    let had_options = Terms::load(epoch.number).has_options();
    epoch.number = epoch.number.checked_add(1).checked()?;
    epoch.series = plan.series().len().min(MAX_SERIES);
    epoch.expiry = plan.expiry;
    epoch.feed_phase = spot.asset.phase;
    epoch.limit = plan.limit_each;
    epoch.enter(Phase::Live, now);
    epoch.store();
    opened.store();
    LastPrice {
        price: spot.price,
        quote: dollars,
        time: now,
        used: 0,
    }
    .store();
    storage::begin_hedge(spot.price, state.volatility, now);
    storage::store_bucket(Bucket::Vault, vault)?;
    storage::store_bucket(Bucket::Keeper, keeper)?;
    events::epoch_opened(
        u128::from(epoch.number),
        epoch.expiry,
        spot.price.0,
        epoch.series as u128,
        plan.limit_each.0,
        vault.assets.0,
        keeper.assets.0,
    );
    let mut terms = Terms::ending(epoch.expiry, policy.strike_tick);
    for (index, series) in plan.series().iter().enumerate() {
        terms.list(epoch.number, index, series)?;
        events::series_listed(
            u128::from(epoch.number),
            sell::join(epoch.number, index),
            series.strike.0,
            series.cap.unwrap_or_default(),
            terms.expiry(index),
        );
    }
    terms.together(plan.series());
    terms.store(epoch.number);
    keeper::pay(Step::Open, had_options)?;
    Ok(epoch.number.into())
}
