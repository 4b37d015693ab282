//! Uniswap V3, through its SwapRouter.
//!
//! The least that a swap accepts comes from the oracle, so a pool that somebody moved makes the hedge refuse, it cannot make the vault pay. Two more
//! bounds: the pool's price is near its own mean of some minutes and near the oracle's, and a trade is at most `2 · fee · depth`: to move the pool
//! by δ and back costs an attacker both fees on what that takes, `2 · fee · δ · depth`, and wins `δ` on the vault's trade.

use alloy_primitives::Address;
use option_math::{ln_wad, sqrt_wad};
use vault_core::policy::{self, Keeper};
use vault_core::rebalance::{Side, Terms, Trade, fee_wad};
use vault_core::wide::mul_div_down;
use vault_core::{Assets, Price, Units, WAD};

use super::{Executed, Venue};
use crate::Result;
use crate::abi::macros::selector;
use crate::errors::fail;
use crate::host::{self, Buffer};
use crate::storage::{self, Pair};
use crate::token;
use crate::word::Word;

/// `exactInputSingle((tokenIn, tokenOut, fee, recipient, deadline, amountIn, amountOutMinimum, sqrtPriceLimitX96))`.
const EXACT_INPUT_SINGLE: u32 =
    selector("exactInputSingle((address,address,uint24,address,uint256,uint256,uint256,uint160))");
/// Gas that a read of pool or factory may use.
const READ_GAS: u64 = 200_000;
/// ln 1.0001, 18 decimals: a tick.
const TICK: u128 = 99_995_000_333_308;

/// The factory that a router trades with; zero for one that does not say.
pub fn factory_of(router: &Address) -> Address {
    let data = Buffer::calling(const { selector("factory()") });
    match read::<1>(router, &data) {
        Some([word]) if word.above_address() == 0 => word.address(),
        _ => Address::ZERO,
    }
}

/// The first `N` words that a read returns, if it returns as many.
#[expect(clippy::arithmetic_side_effects, reason = "a few words")]
fn read<const N: usize>(to: &Address, data: &Buffer) -> Option<[Word; N]> {
    let len = host::static_call(to, data, READ_GAS)?;
    (len >= 32 * N).then(host::returned_words)
}

/// A pool that is fit to trade with.
pub struct Pool {
    pair: Pair,
    fee: u32,
    depth: Assets,
    now: u64,
}

impl Pool {
    /// The first of the policy's fee tiers that has a pool within the bounds.
    ///
    /// # Errors
    /// `NoPool` when no tier has a pool; `PoolOutOfBounds` of the last that was looked at.
    #[inline(never)]
    pub fn find(policy: &policy::Venue, pair: Pair, spot: Price, now: u64) -> Result<Self> {
        let oracle = oracle_tick(&pair, spot)?;
        let mut seen = None;
        for (tier, fee) in policy.fee_tiers.into_iter().enumerate() {
            let pool = if fee == 0 {
                Address::ZERO
            } else {
                storage::pool(tier)
            };
            if pool == Address::ZERO {
                continue;
            }
            let Some(ticks) = ticks(&pool, policy.twap_seconds) else {
                continue;
            };
            seen = Some(ticks);
            let near = |other: i128, bound: u16| ticks.now.abs_diff(other) <= u128::from(bound);
            if !near(ticks.mean, policy.twap_bound_bps) || !near(oracle, policy.oracle_bound_bps) {
                continue;
            }
            if let Some(depth) = depth(&pool, pair.units()?, spot) {
                return Ok(Self {
                    pair,
                    fee,
                    depth,
                    now,
                });
            }
        }
        match seen {
            Some(Ticks { now, mean }) => Err(fail::PoolOutOfBounds(now, mean, oracle)),
            None => Err(fail::NoPool()),
        }
    }
}

impl Venue for Pool {
    fn terms(&self) -> Terms {
        let fee = self.fee();
        let twice = u128::from(fee).saturating_mul(2);
        Terms {
            proportional: fee,
            depth: Some(self.depth),
            fixed: Assets::ZERO,
            most: self.depth.times_down(twice, WAD).unwrap_or_default(),
        }
    }

    fn fee(&self) -> u64 {
        fee_wad(self.fee)
    }

    fn gas(&self, policy: &Keeper) -> u32 {
        policy.swap_gas
    }

    /// The least that is accepted: what arrives is known when it has.
    fn quote(&self, trade: &Trade) -> Result<Executed> {
        Ok(Executed {
            paid: trade.amount_in,
            received: trade.min_out,
        })
    }

    /// Swaps exactly `amount_in` for at least `min_out`.
    ///
    /// # Errors
    /// `SwapFailed` when the router refuses (the pool's price is outside the bound), `SwapOutOfBounds` when balances disagree with it.
    #[inline(never)]
    fn trade(&self, trade: &Trade) -> Result<Executed> {
        let quote = storage::quote_token();
        let (paid, bought): (Address, Address) = match trade.side {
            Side::Sell => (self.pair.asset, quote),
            Side::Buy => (quote, self.pair.asset),
        };
        let router = storage::router();
        let paid_before = token::balance(&paid)?;
        let bought_before = token::balance(&bought)?;
        token::approve(&paid, &router, trade.amount_in)?;
        let mut data = Buffer::calling(EXACT_INPUT_SINGLE);
        data.address(&paid);
        data.address(&bought);
        data.number(self.fee.into());
        data.address(&host::this());
        data.number(self.now.into());
        data.number(trade.amount_in);
        data.number(trade.min_out);
        data.number(0);
        if host::call(&router, &data).is_none() {
            return Err(fail::SwapFailed(trade.amount_in, trade.min_out));
        }
        // The router's word is not taken: only what moved counts, and only in the agreed bounds.
        let spent = paid_before.checked_sub(token::balance(&paid)?);
        let received = token::balance(&bought)?.saturating_sub(bought_before);
        if spent != Some(trade.amount_in) || received < trade.min_out {
            return Err(fail::SwapOutOfBounds(received, trade.min_out));
        }
        Ok(Executed {
            paid: trade.amount_in,
            received,
        })
    }
}

/// Looks the pools of the policy's fee tiers up, at construction and at each opening: a hedge does not ask the factory again. One that is created later is
/// found when the next epoch opens.
#[inline(never)]
pub fn remember(policy: &policy::Venue, pair: &Pair) {
    for (tier, fee) in policy.fee_tiers.into_iter().enumerate() {
        if fee != 0 {
            storage::store_pool(tier, &pool_of(pair, fee).unwrap_or_default());
        }
    }
}

/// The pool of the pair and a fee tier; `None` when there is none.
fn pool_of(pair: &Pair, fee: u32) -> Option<Address> {
    let mut data = Buffer::calling(const { selector("getPool(address,address,uint24)") });
    data.address(&pair.asset);
    data.address(&storage::quote_token());
    data.number(fee.into());
    let [word] = read(&storage::factory(), &data)?;
    let pool = word.address();
    (word.above_address() == 0 && pool != Address::ZERO).then_some(pool)
}

/// A pool's price and its mean, as ticks: powers of 1.0001, so that a difference of one is a basis point.
#[derive(Clone, Copy)]
struct Ticks {
    now: i128,
    mean: i128,
}

/// Ticks of a pool; `None` when it does not answer, or has no observation as old.
fn ticks(pool: &Address, seconds: u32) -> Option<Ticks> {
    let [_, now] = read(pool, &Buffer::calling(const { selector("slot0()") }))?;
    let mut data = Buffer::calling(const { selector("observe(uint32[])") });
    for word in [32, 2, seconds.into(), 0] {
        data.number(word);
    }
    // Offsets of two arrays, the length of the first, and its two sums of ticks over time.
    let [_, _, _, before, after] = read(pool, &data)?;
    // A sum has 56 bits and a sign.
    let sum = (after.lo as u64)
        .wrapping_sub(before.lo as u64)
        .cast_signed();
    Some(Ticks {
        now: now.lo.cast_signed(),
        mean: sum.checked_div_euclid(seconds.into())?.into(),
    })
}

/// The oracle's price as a tick of the pair's pools, towards zero: `± ln(units of quote per unit of asset) / ln 1.0001`.
fn oracle_tick(pair: &Pair, spot: Price) -> Result<i128> {
    let ln = |x: u128| ln_wad(x).map_err(vault_core::Refusal::from);
    let ratio = ln(spot.0)?.wrapping_sub(scale_ln(pair));
    let size = mul_div_down(ratio.unsigned_abs(), 1, TICK).unwrap_or_default();
    let tick = size.cast_signed();
    // Token 0 is the one with the lower address, and prices are of it in the other.
    let asset_first = pair.asset < storage::quote_token();
    Ok(if asset_first == (ratio >= 0) {
        tick
    } else {
        tick.wrapping_neg()
    })
}

/// ln of ten to the power of asset decimals less quote decimals, 18 decimals: what a price of whole tokens exceeds one of units by.
fn scale_ln(pair: &Pair) -> i128 {
    const LN_10: i128 = 2_302_585_092_994_045_684;
    let exponent = i128::from(pair.asset_decimals).wrapping_sub(pair.quote_decimals.into());
    LN_10.wrapping_mul(exponent)
}

/// Asset units that move the pool's price by all of itself, to first order: `½ · L / √(units of quote per unit of asset)`, whichever token is the first.
/// `None` when it does not answer, or out of range.
fn depth(pool: &Address, units: Units, spot: Price) -> Option<Assets> {
    let [liquidity] = read(pool, &Buffer::calling(const { selector("liquidity()") }))?;
    let inverse = mul_div_down(units.scale(), WAD, spot.0)?;
    let half = mul_div_down(liquidity.lo, sqrt_wad(inverse), WAD.wrapping_mul(2))?;
    (liquidity.hi == 0).then_some(Assets(half))
}
