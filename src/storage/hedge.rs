//! What is remembered of the hedge, and what it has cost.

use vault_core::rebalance::HedgeState;
use vault_core::{Assets, Price};

use super::{KEEPER, MASK, at, compact, expanded, slot};
use crate::host::{load, store};
use crate::word::{Bits, Packed, Word};

/// Units of volatility as it is remembered, in 18 decimals: 32 bits reach 4 200 %.
const VOLATILITY_STEP: u64 = 10_000_000_000;
/// Bits that are kept of the options sold.
const SOLD_BITS: u32 = 24;
/// Where the number of trades begins in the upper half of the keeper budget's word.
const TRADES: u32 = 113;

/// hi: price at the last rebalance 96, its time 32; lo: time of the trigger 32, of the last reward 32, volatility 32, options sold 32.
#[inline(never)]
pub fn hedge_state() -> HedgeState {
    let word = load(at(slot::HEDGE));
    let (mut hi, mut lo) = (Bits(word.hi), Bits(word.lo));
    HedgeState {
        price: Price(hi.take(96)),
        time: hi.take(32) as u64,
        triggered: lo.take(32) as u64,
        rewarded: lo.take(32) as u64,
        volatility: (lo.take(32) as u64).wrapping_mul(VOLATILITY_STEP),
        sold: Assets(expanded(lo.take(32), SOLD_BITS)),
    }
}

/// Writes what is remembered of the hedge. Volatility keeps eight decimals, options sold keep 24 leading bits: both are only compared with thresholds of
/// a tenth of a percent and more.
#[inline(never)]
pub fn store_hedge_state(state: &HedgeState) {
    let time = |seconds: u64| u128::from(seconds as u32);
    let hi = Packed::default()
        .put(state.price.0, 96)
        .put(time(state.time), 32);
    let lo = Packed::default()
        .put(time(state.triggered), 32)
        .put(time(state.rewarded), 32)
        .put((state.volatility / VOLATILITY_STEP).into(), 32)
        .put(compact(state.sold.0, SOLD_BITS), 32);
    store(
        at(slot::HEDGE),
        Word {
            hi: hi.bits(),
            lo: lo.bits(),
        },
    );
}

/// What hedging has cost in an epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Friction {
    /// Lost to fees and slippage, asset units.
    pub cost: Assets,
    /// Paid to keepers for it, asset units.
    pub rewards: Assets,
    /// Trades.
    pub trades: u32,
}

/// Bits that are kept of a cost: all of them up to 7 % of an asset of 18 decimals, beyond that all but one part in 10¹⁶.
const COST_BITS: u32 = 56;

/// It shares the word of the keeper budget, which a reward changes anyway. hi: the bucket's assets 112, whether it holds quote 1, trades 15; lo: cost 64,
/// rewards 64.
#[inline(never)]
pub fn friction() -> Friction {
    let word = load(KEEPER);
    let mut lo = Bits(word.lo);
    let cost = lo.take(64);
    Friction {
        cost: Assets(expanded(cost, COST_BITS)),
        rewards: Assets(expanded(lo.0, COST_BITS)),
        trades: (word.hi >> TRADES) as u32,
    }
}

/// Adds to what hedging has cost; sums stay at the largest that their bits hold.
#[inline(never)]
pub fn add_friction(more: Friction) {
    let sum = friction();
    let most = |a: Assets, b: Assets| a.0.saturating_add(b.0).min(MASK);
    store_friction(Friction {
        cost: Assets(most(sum.cost, more.cost)),
        rewards: Assets(most(sum.rewards, more.rewards)),
        trades: sum.trades.saturating_add(more.trades).min(0x7fff),
    });
}

fn store_friction(sum: Friction) {
    let bucket = load(KEEPER).hi & ((1 << TRADES) - 1);
    let lo = Packed::default()
        .put(compact(sum.cost.0, COST_BITS), 64)
        .put(compact(sum.rewards.0, COST_BITS), 64);
    let word = Word {
        hi: bucket | u128::from(sum.trades) << TRADES,
        lo: lo.bits(),
    };
    store(KEEPER, word);
}

/// Begins an epoch: hedged just now, at no cost. A trigger and the last reward stay as they are.
pub fn begin_hedge(price: Price, volatility: u64, now: u64) {
    store_hedge_state(&HedgeState {
        time: now,
        price,
        volatility,
        sold: Assets::ZERO,
        ..hedge_state()
    });
    store_friction(Friction::default());
}
