//! The hedge.

use vault_core::rebalance::{self, Book, HedgeState, Plan, Rules, Side, Terms, fee_wad};
use vault_core::reward::{self, Fees};
use vault_core::{Assets, Pot, Quote, solvency};

use crate::errors::{Checked, fail};
use crate::host;
use crate::oracle;
use crate::storage::{self, Bucket, Epoch, Listed, Pair, Phase};
use crate::{Result, events, greeks, token, venue};

/// Everything a rebalance decides on, and its decision: what [`rebalance`] does and [`preview`] shows.
struct Decision {
    epoch: Epoch,
    listed: Option<Listed>,
    pair: Pair,
    vault: Pot,
    market: rebalance::Market,
    spot: oracle::Spot,
    now: u64,
    plan: Plan,
    reward: Assets,
}

impl Decision {
    fn book(&self, vault: Pot) -> Result<Book<'_>> {
        Ok(Book {
            vault,
            series: self.listed.as_ref().map_or(&[], Listed::as_slice),
            tenor_seconds: self.epoch.expiry.saturating_sub(self.now),
            units: self.pair.units()?,
        })
    }
}

fn decide() -> Result<Decision> {
    let now = host::now();
    let epoch = Epoch::load();
    // With no epoch live there is nothing to hedge: leftover quote is converted for the depositors.
    let listed = match epoch.phase(now) {
        Phase::Expired => return Err(fail::SettleFirst(epoch.expiry)),
        Phase::Live => {
            let listed = Listed::load(&epoch);
            listed.terms.require_settled(now)?;
            Some(listed)
        }
        Phase::Open | Phase::Settled => None,
    };
    let pair = Pair::load();
    let vault = storage::bucket(Bucket::Vault);
    let prices = storage::market_policy();
    let spot = oracle::spot(&prices, now)?;
    let hedge = storage::hedge_policy();
    let venue = storage::venue_policy();
    let market = rebalance::Market::new(spot.price, storage::volatility(), &hedge);
    let book = Book {
        vault,
        series: listed.as_ref().map_or(&[], Listed::as_slice),
        tenor_seconds: epoch.expiry.saturating_sub(now),
        units: pair.units()?,
    };
    let keeper = storage::keeper_policy();
    let fees = Fees {
        base: host::base_fee(),
        byte: 0,
    };
    let budget = storage::bucket(Bucket::Keeper).assets;
    let reward = reward::reward(
        &keeper,
        keeper.swap_gas,
        &fees,
        keeper.bonus_bps.into(),
        budget,
    );
    let terms = Terms {
        proportional: fee_wad(venue.fee_tiers[0]),
        fixed: reward,
        ..Terms::FREE
    };
    // Nothing is remembered of the last rebalance: a policy with a trigger that compares with it is refused.
    let state = HedgeState::default();
    let rules = Rules::new(hedge, storage::risk_policy(), &venue, state, now);
    let plan = rebalance::plan(&book, &market, &rules, &terms)?;
    Ok(Decision {
        epoch,
        listed,
        pair,
        vault,
        market,
        spot,
        now,
        plan,
        reward,
    })
}

/// What a plan does to the vault when `received` arrives.
fn traded(vault: Pot, plan: &Plan, received: u128) -> Result<Pot> {
    let paid = plan.trade.amount_in;
    let pot = match plan.trade.side {
        Side::Sell => Pot {
            assets: vault.assets.minus(Assets(paid)).checked()?,
            quote: vault.quote.plus(Quote(received)).checked()?,
        },
        Side::Buy => Pot {
            assets: vault.assets.plus(Assets(received)).checked()?,
            quote: vault.quote.minus(Quote(paid)).checked()?,
        },
    };
    Ok(pot)
}

/// Brings the exposure back to its target and pays the caller. Refuses, and pays nothing, when no trigger holds. Returns the triggers and the
/// reward.
#[inline(never)]
pub fn rebalance() -> Result<(u8, Assets)> {
    let decision = decide()?;
    let Decision {
        epoch,
        pair,
        vault,
        market,
        now,
        plan,
        reward,
        ..
    } = &decision;
    let received = venue::swap(&plan.trade, pair, *now)?;
    let new = traded(*vault, plan, received)?;

    // Postconditions: strictly closer, solvent at every price. The cost bound is the swap's minimum.
    let exposure_before = plan.valuation.exposure;
    // Buckets hold at most 112 bits, exposures fewer than 127: differences and sums are exact.
    let assets_delta = new.assets.0.wrapping_sub(vault.assets.0).cast_signed();
    let quote_delta = new.quote.0.wrapping_sub(vault.quote.0).cast_signed();
    let exposure_after = exposure_before.wrapping_add(assets_delta);
    let (before, after) = (
        plan.deviation(exposure_before),
        plan.deviation(exposure_after),
    );
    if after >= before {
        return Err(fail::NotCloser(before, after));
    }
    let book = decision.book(new)?;
    solvency::check(book.vault, book.series, book.units)?;

    storage::store_bucket(Bucket::Vault, new)?;
    if decision.listed.is_some() {
        greeks::refresh_all(epoch, &plan.valuation, market.spot, *now);
        // Only then: what settles an expiry in an emergency is a price from before it.
        oracle::remember(&decision.spot, *now);
    }
    let keeper = host::caller();
    token::pay_reward(&pair.asset, *reward)?;
    events::rebalanced(
        u128::from(epoch.number),
        keeper,
        u128::from(plan.triggers),
        exposure_before,
        exposure_after,
        plan.target,
        assets_delta,
        quote_delta,
        market.spot.0,
        reward.0,
        new.assets.0,
        new.quote.0,
    );
    Ok((plan.triggers, *reward))
}

/// What [`rebalance`] would do in this block: triggers, exposure, target, band, whether it buys, trade in asset units, amount in, minimum
/// out, reward. Refuses as it would.
#[inline(never)]
pub fn preview() -> Result<Preview> {
    let Decision { plan, reward, .. } = decide()?;
    let trade = plan.trade;
    Ok((
        plan.triggers,
        plan.valuation.exposure,
        plan.target,
        plan.band,
        trade.side == Side::Buy,
        trade.assets,
        trade.amount_in,
        trade.min_out,
        reward,
    ))
}

type Preview = (u8, i128, i128, u128, bool, Assets, u128, u128, Assets);
