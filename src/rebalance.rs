//! The hedge: one decision, any venue.
//!
//! Gas is bounded: at most [`MAX_SERIES`](crate::MAX_SERIES) words and an evaluation of greeks a series, three feeds, three fee
//! tiers of a pool with three reads each, one trade, one reward. Nothing here grows with users or epochs.

use vault_core::rebalance::{self, Assessment, Book, HedgeState, Market, Plan, Rules, Side, Terms};
use vault_core::{Assets, Pot, Quote, WAD, reward, solvency};

use crate::errors::{Checked, fail};
use crate::oracle::{self, Spot};
use crate::storage::{self, Bucket, Epoch, Friction, Listed, Pair, Phase};
use crate::venue::fill::Fill;
use crate::venue::pool::Pool;
use crate::venue::{Executed, Venue};
use crate::{Result, events, host, keeper, token};

/// Everything a decision rests on.
struct Situation {
    epoch: Epoch,
    listed: Option<Listed>,
    pair: Pair,
    vault: Pot,
    spot: Spot,
    market: Market,
    venue: vault_core::policy::Venue,
    rules: Rules,
    /// Whether the caller is paid.
    paid: bool,
}

impl Situation {
    fn load(paid: bool) -> Result<Self> {
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
        let spot = oracle::spot(&storage::market_policy(), now)?;
        let hedge = storage::hedge_policy();
        let venue = storage::venue_policy();
        let state = storage::hedge_state().current(&storage::keeper_policy(), now);
        Ok(Self {
            epoch,
            listed,
            pair: Pair::load(),
            vault: storage::bucket(Bucket::Vault),
            market: Market::new(spot.price, storage::volatility(), &hedge),
            spot,
            rules: Rules::new(hedge, storage::risk_policy(), &venue, state, now),
            venue,
            paid,
        })
    }

    fn book(&self, vault: Pot) -> Result<Book<'_>> {
        Ok(Book {
            vault,
            series: self.listed.as_ref().map_or(&[], Listed::as_slice),
            tenor_seconds: self.epoch.expiry.saturating_sub(self.rules.now),
            units: self.pair.units()?,
        })
    }

    fn assess(&self, vault: Pot) -> Result<Assessment> {
        Ok(rebalance::assess(
            &self.book(vault)?,
            &self.market,
            &self.rules,
        )?)
    }

    fn pool(&self) -> Result<Pool> {
        Pool::find(&self.venue, self.pair, self.spot.price, self.rules.now)
    }

    fn fill(&self, agreed: Option<(bool, u128)>) -> Result<Fill> {
        Fill::offer(
            &self.venue,
            &self.rules.state,
            self.pair,
            self.spot.price,
            self.rules.now,
            agreed,
        )
    }

    /// The decision at a venue, and the reward for carrying it out.
    fn plan(&self, venue: &dyn Venue) -> Result<(Plan, Assets)> {
        let policy = storage::keeper_policy();
        let reward = match reward::bonus(&policy, &self.rules.state, self.rules.now) {
            Some(bonus) if self.paid => keeper::due(venue.gas(&policy), bonus),
            _ => Assets::ZERO,
        };
        let terms = Terms {
            fixed: reward,
            ..venue.terms()
        };
        let plan = rebalance::plan(&self.book(self.vault)?, &self.market, &self.rules, &terms)?;
        Ok((plan, reward))
    }
}

/// What a trade does to the vault.
fn traded(vault: Pot, side: Side, executed: Executed) -> Result<Pot> {
    let Executed { paid, received } = executed;
    let pot = match side {
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

/// What a trade lost against the oracle's price, fee and slippage, and the venue's fee of what was given, rounded up; asset units. Nothing lost where it won.
fn lost(
    situation: &Situation,
    side: Side,
    executed: Executed,
    fee: u64,
) -> Result<(Assets, Assets)> {
    let Executed { paid, received } = executed;
    let (units, spot) = (situation.pair.units()?, situation.spot.price);
    let (gave, got) = match side {
        Side::Sell => (
            Assets(paid),
            units.assets_down(Quote(received), spot).checked()?,
        ),
        Side::Buy => (
            units.assets_up(Quote(paid), spot).checked()?,
            Assets(received),
        ),
    };
    let fee = gave.times_up(fee.into(), WAD).checked()?;
    Ok((Assets(gave.0.saturating_sub(got.0)), fee))
}

/// Brings the exposure towards its target at a venue and pays the caller.
fn rebalance_at(situation: &Situation, venue: &dyn Venue) -> Result<(u8, Assets)> {
    let (plan, reward) = situation.plan(venue)?;
    let Situation {
        epoch, vault, spot, ..
    } = situation;
    let now = situation.rules.now;
    let executed = venue.trade(&plan.trade)?;
    let new = traded(*vault, plan.trade.side, executed)?;
    let (cost, fee) = lost(situation, plan.trade.side, executed, venue.fee())?;

    // Postconditions: strictly closer, and solvent at every price. What it costs is within the venue's bound, which the venue has checked; what the
    // ledger moved is what the balances moved, which it has measured.
    let before = plan.valuation.exposure;
    // Buckets hold at most 112 bits, exposures fewer than 127: differences and sums are exact.
    let assets_delta = new.assets.0.wrapping_sub(vault.assets.0).cast_signed();
    let quote_delta = new.quote.0.wrapping_sub(vault.quote.0).cast_signed();
    let after = before.wrapping_add(assets_delta);
    let (far, near) = (plan.deviation(before), plan.deviation(after));
    if near >= far {
        return Err(fail::NotCloser(far, near));
    }
    let book = situation.book(new)?;
    solvency::check(book.vault, book.series, book.units)?;

    storage::store_bucket(Bucket::Vault, new)?;
    if situation.listed.is_some() {
        // Only then: what settles an expiry in an emergency is a price from before it.
        spot.last(now).store();
    }
    store_state(situation, &plan, new, reward)?;
    storage::add_friction(Friction {
        cost,
        rewards: reward,
        trades: 1,
    });
    token::pay_reward(&situation.pair.asset, reward)?;
    events::rebalanced(
        u128::from(epoch.number),
        host::caller(),
        u128::from(plan.triggers),
        before,
        after,
        plan.target,
        assets_delta,
        quote_delta,
        spot.price.0,
        cost,
        fee,
        reward,
        new.assets,
        new.quote,
    );
    Ok((plan.triggers, reward))
}

/// Remembers the hedge: what it was decided on, and whether anything is still to be done.
fn store_state(situation: &Situation, plan: &Plan, vault: Pot, reward: Assets) -> Result<()> {
    let before = &situation.rules.state;
    let now = situation.rules.now;
    let state = HedgeState {
        time: now,
        price: situation.spot.price,
        volatility: situation.market.volatility,
        sold: plan.valuation.sold,
        triggered: before.triggered,
        rewarded: if reward.is_zero() {
            before.rewarded
        } else {
            now
        },
    };
    let rules = Rules {
        state,
        ..situation.rules
    };
    let (spot, book) = (situation.spot.price, situation.book(vault)?);
    let valuation = plan
        .valuation
        .traded(situation.vault, vault, book.units, spot)?;
    let rest = rebalance::judge(valuation, &book, &situation.market, &rules)?;
    storage::store_hedge_state(&HedgeState {
        triggered: marked(before.triggered, rest.triggers, now),
        ..state
    });
    Ok(())
}

/// Since when a trigger is known to hold.
const fn marked(since: u64, triggers: u8, now: u64) -> u64 {
    if triggers == 0 {
        0
    } else if since == 0 {
        now
    } else {
        since
    }
}

/// Brings the exposure back to its target through the pool and pays the caller. Refuses, and pays nothing, when no trigger holds, or the trade is not
/// worth its cost. Returns the triggers and the reward.
#[inline(never)]
pub fn rebalance() -> Result<(u8, Assets)> {
    let situation = Situation::load(true)?;
    rebalance_at(&situation, &situation.pool()?)
}

/// [`rebalance`] with the caller as the counterparty: it gives the vault exactly what the vault buys or is paid, and gets the rest. `buys` says which way it
/// expects the vault to trade, `limit` is the most quote it pays or the least it takes.
#[inline(never)]
pub fn fill(buys: bool, limit: u128, deadline: u128) -> Result<(u8, Assets)> {
    let situation = Situation::load(true)?;
    let now = situation.rules.now;
    if u128::from(now) > deadline {
        return Err(fail::DeadlinePassed(deadline, now));
    }
    let venue = situation.fill(Some((buys, limit)))?;
    rebalance_at(&situation, &venue)
}

/// Marks whether a trigger holds, for the reward and a filler's price to grow from. Anyone may call it, and nobody is paid for it. Returns the
/// triggers.
#[inline(never)]
pub fn mark() -> Result<u8> {
    let situation = Situation::load(true)?;
    let triggers = situation.assess(situation.vault)?.triggers;
    let state = situation.rules.state;
    let triggered = marked(state.triggered, triggers, situation.rules.now);
    if triggered != state.triggered {
        storage::store_hedge_state(&HedgeState { triggered, ..state });
        events::trigger_marked(u128::from(triggers), triggered);
    }
    Ok(triggers)
}

/// What [`rebalance`] would do in this block: triggers, exposure, target, band, whether it buys, trade in asset units, amount in, minimum
/// out, reward. Refuses as it would.
#[inline(never)]
pub fn preview() -> Result<Preview> {
    let situation = Situation::load(true)?;
    previewed(&situation, &situation.pool()?)
}

/// What [`fill`] would move in this block; amount in and out are exact.
#[inline(never)]
pub fn preview_fill() -> Result<Preview> {
    let situation = Situation::load(true)?;
    previewed(&situation, &situation.fill(None)?)
}

fn previewed(situation: &Situation, venue: &dyn Venue) -> Result<Preview> {
    let (plan, reward) = situation.plan(venue)?;
    let executed = venue.quote(&plan.trade)?;
    Ok((
        plan.triggers,
        plan.valuation.exposure,
        plan.target,
        plan.band,
        plan.trade.side == Side::Buy,
        plan.trade.assets,
        executed.paid,
        executed.received,
        reward,
    ))
}

type Preview = (u8, i128, i128, u128, bool, Assets, u128, u128, Assets);

/// Chainlink Automation: whether [`perform_upkeep`] would trade now. Never refuses.
#[inline(never)]
pub fn check_upkeep(_: crate::abi::codec::Skipped) -> Result<(bool, crate::abi::codec::NoBytes)> {
    let needed = Situation::load(false)
        .and_then(|situation| previewed(&situation, &situation.pool()?))
        .is_ok();
    Ok((needed, crate::abi::codec::NoBytes))
}

/// Chainlink Automation: [`rebalance`] without a reward, whatever data comes with it. Who calls is a forwarder of Chainlink's, where a reward would be lost; whoever
/// registered the upkeep pays for it.
#[inline(never)]
pub fn perform_upkeep(_: crate::abi::codec::Skipped) -> Result<()> {
    let situation = Situation::load(false)?;
    rebalance_at(&situation, &situation.pool()?).map(|_| ())
}

/// What the vault remembers of its hedge, and what hedging has cost in this epoch: time, price, volatility and options sold at the last rebalance; since
/// when a trigger is known to hold; the last reward; trades, what they lost to fees and slippage, and rewards, asset units.
#[inline(never)]
pub fn hedge() -> Result<Hedge> {
    let state = storage::hedge_state().current(&storage::keeper_policy(), host::now());
    let friction = storage::friction();
    Ok((
        (
            state.time,
            state.price,
            state.volatility,
            state.sold,
            state.triggered,
            state.rewarded,
        ),
        (friction.trades, friction.cost, friction.rewards),
    ))
}

type Hedge = (
    (u64, vault_core::Price, u64, Assets, u64, u64),
    (u32, Assets, Assets),
);
