//! What is remembered of the hedge, and what it has cost.

use vault_core::rebalance::HedgeState;
use vault_core::{Assets, Price};

use super::{MASK, at, slot};
use crate::host::{load, store};
use crate::word::{Bits, Packed, Word};

/// Units of volatility as it is remembered, in 18 decimals: 32 bits reach 4 200 %.
const VOLATILITY_STEP: u64 = 10_000_000_000;

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
        sold: Assets(expanded(lo.take(32) as u32)),
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
        .put(compact(state.sold.0).into(), 32);
    store(
        at(slot::HEDGE),
        Word {
            hi: hi.bits(),
            lo: lo.bits(),
        },
    );
}

/// The 24 leading bits of a number and how many were dropped.
const fn compact(x: u128) -> u32 {
    let dropped = 104_u32.saturating_sub(x.leading_zeros());
    dropped << 24 | (x >> dropped) as u32
}

/// A number that [`compact`] made smaller, its dropped bits 0.
const fn expanded(x: u32) -> u128 {
    ((x & 0x00ff_ffff) as u128) << (x >> 24)
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

/// hi: trades 16, cost 112; lo: a bit that is always set, so that no trade pays for a new word, rewards 112.
#[inline(never)]
pub fn friction() -> Friction {
    let word = load(at(slot::FRICTION));
    let mut hi = Bits(word.hi);
    Friction {
        cost: Assets(hi.take(112)),
        trades: hi.take(16) as u32,
        rewards: Assets(word.lo & MASK),
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
        trades: sum.trades.saturating_add(more.trades).min(0xffff),
    });
}

fn store_friction(sum: Friction) {
    let hi = Packed::default()
        .put(sum.cost.0, 112)
        .put(sum.trades.into(), 16);
    store(
        at(slot::FRICTION),
        Word {
            hi: hi.bits(),
            lo: sum.rewards.0 | 1 << 112,
        },
    );
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
