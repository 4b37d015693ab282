//! Who moves the pool around a rebalance: what the best of many attacks wins, and what it costs the vault.
//!
//! An attacker trades in the pool, calls `rebalance`, and trades back, all in one second, with any amount of both tokens. What it has is counted at the
//! oracle's price, gas not counted, and the reward is the keeper's whoever calls. A pool is a zero-sum game: whoever provides its liquidity, the attacker
//! included, wins no more than the vault loses against the oracle's price, and that is bounded by the policy's slippage.

use crate::support::*;
use testbed::devchain::market::Range;
use testbed::{Abi, Address, DAY, Options, U256, USD, WAD, World, actor};

/// Basis points that the pool is moved by before the rebalance.
const MOVES: [u128; 14] = [1, 2, 4, 6, 8, 10, 13, 16, 20, 24, 27, 29, 30, 35];
/// Where it is moved to afterwards, basis points from the oracle's price towards the vault's side of it.
const ENDS: [i128; 5] = [-5, 0, 5, 12, 25];
const BPS: i128 = 10_000;

/// What one attack did.
#[derive(Clone, Copy, Debug)]
struct Outcome {
    /// The attacker's gain without the reward, USDC units.
    gain: i128,
    /// The vault's loss against the oracle's price, USDC units.
    loss: i128,
    /// What the vault traded, USDC units.
    traded: i128,
}

/// Assets at the oracle's price, USDC units.
fn worth(assets: i128, price: u128) -> i128 {
    let price = (price / (WAD / USD)) as i128;
    assets * price / WAD as i128
}

/// The attack: `None` when the vault refuses.
fn attack(world: &World, attacker: Address, by: u128, end: i128) -> Option<Outcome> {
    let mut world = world.clone();
    let price = spot(&world).0;
    let sells = !world.view(&Abi::previewRebalanceCall {}).buys;
    let side = if sells { -1 } else { 1 };
    let at = |bps: i128| (price as i128 * (BPS + bps) / BPS) as u128;
    let before = world.balances(attacker);
    let limit = u(u128::MAX >> 8);
    world.arbitrage(attacker, at(side * by as i128), limit);
    let held = vault_pot(&world);
    let reward = world
        .send(attacker, &Abi::rebalanceCall {})
        .ok()?
        .value
        .reward;
    let has = vault_pot(&world);
    world.arbitrage(attacker, at(side * end), limit);
    let after = world.balances(attacker);
    let change = |new: u128, old: u128| new as i128 - old as i128;
    let assets = change(after.0, before.0) - reward.to::<u128>() as i128;
    let vault_assets = change(has.assets.0, held.assets.0);
    Some(Outcome {
        gain: worth(assets, price) + change(after.1, before.1),
        loss: -(worth(vault_assets, price) + change(has.quote.0, held.quote.0)),
        traded: worth(vault_assets.abs(), price),
    })
}

/// A vault out of its band, of 20 WETH, and an attacker richer than the pool: it sells, or has to buy back.
fn prey(depth: u128, buys: bool, slippage: u16) -> (World, Address) {
    let mut options = Options {
        pool_depth: depth,
        ..Options::default()
    };
    options.policy.hedge.maxSlippageBps = slippage;
    let mut world = sold_with(&options);
    if buys {
        // Hedged by whoever fills it, so that no thin pool is in the way.
        while let Ok(preview) = world.simulate(stranger(), &Abi::previewFillCall {}) {
            world.give_usdc(stranger(), 1_000_000 * USD);
            let call = Abi::fillCall {
                buys: preview.value.buys,
                limit: U256::MAX,
                deadline: U256::MAX,
            };
            world.send(stranger(), &call).expect("as previewed");
        }
        world.chain.warp(DAY);
        moved(&mut world, SPOT * 115 / 100);
    }
    assert_eq!(world.view(&Abi::previewRebalanceCall {}).buys, buys);
    let attacker = actor("attacker");
    world.give_weth(attacker, 100 * depth);
    world.give_usdc(attacker, 100 * depth / WAD * 2_000 * USD);
    (world, attacker)
}

/// What a search found.
struct Found {
    /// What is won by trading after the rebalance alone, on what it moved the pool by: anyone's.
    after: i128,
    /// The best attack for the attacker.
    best: Outcome,
    /// The worst for the vault.
    worst: Outcome,
    /// How many were not refused.
    count: usize,
}

fn search(world: &World, attacker: Address) -> Found {
    let try_all = |by: u128| ENDS.map(|end| attack(world, attacker, by, end));
    let plain = try_all(0).into_iter().flatten().map(|outcome| outcome.gain);
    let outcomes: Vec<Outcome> = MOVES.into_iter().flat_map(try_all).flatten().collect();
    let best = outcomes.iter().max_by_key(|outcome| outcome.gain);
    let worst = outcomes.iter().max_by_key(|outcome| outcome.loss);
    Found {
        after: plain.max().unwrap_or(0).max(0),
        best: *best.expect("some"),
        worst: *worst.expect("some"),
        count: outcomes.len(),
    }
}

impl Found {
    fn print(&self, what: &str) {
        let usdc = |units: i128| units as f64 / 1e6;
        println!(
            "{what}: best of {} attacks {:.2} USDC, trading after it alone {:.2}; the vault loses at most {:.2} on {:.0}",
            self.count,
            usdc(self.best.gain),
            usdc(self.after),
            usdc(self.worst.loss),
            usdc(self.worst.traded),
        );
    }
}

#[test]
fn no_sandwich_in_a_pool_of_others_pays() {
    // The rule of depth binds in the first (the vault may trade 5 WETH at once, and wants more), and does not in the last.
    for depth in [10_000, 16_000, 100_000] {
        for buys in [false, true] {
            let (world, attacker) = prey(depth * WAD, buys, 30);
            let found = search(&world, attacker);
            let side = if buys { "buys" } else { "sells" };
            found.print(&format!("pool of {depth} WETH, vault {side}"));
            assert!(found.count > 40, "most attacks are not refused");
            // To move the pool first wins less than to leave it: one unit for rounding.
            assert!(found.best.gain <= found.after + 1, "{:?}", found.best);
            let worst = found.worst;
            assert!(worst.loss * BPS <= worst.traded * 31, "{worst:?}");
        }
    }
}

/// Liquidity that ends close to the price: depth is read where the pool is, but the trade, or the attacker, may leave it.
#[test]
fn where_liquidity_ends_near_the_price_an_attack_wins_no_more_than_the_slippage() {
    let mut most = 0;
    for width in [10, 20, 40] {
        for (near, slippage) in [(10, 30), (30, 30), (2_000, 10)] {
            let (mut world, attacker) = prey(1_000 * WAD, false, slippage);
            let (weth, usdc) = (near * WAD, near * 2_000 * USD);
            let provider = carol();
            world.give_weth(provider, weth);
            world.give_usdc(provider, usdc);
            let (pool, uniswap) = (world.pool, world.uniswap);
            let amounts = if pool.token0 == world.weth.address {
                (u(weth), u(usdc))
            } else {
                (u(usdc), u(weth))
            };
            let tick = pool.tick(&world.chain).expect("a pool");
            let range = Range::Ticks(tick - width, tick + width);
            uniswap
                .add_liquidity(&mut world.chain, provider, &pool, amounts, range)
                .expect("liquidity");
            let found = search(&world, attacker);
            found.print(&format!(
                "{near} WETH within {width} bp, slippage {slippage} bp"
            ));
            let Found { best, worst, .. } = found;
            let bound = |traded: i128| traded * i128::from(slippage + 1) / BPS;
            assert!(best.gain <= bound(best.traded), "{best:?}");
            assert!(worst.loss <= bound(worst.traded), "{worst:?}");
            most = most.max(best.gain);
        }
    }
    println!("most an attack won: {:.2} USDC", most as f64 / 1e6);
}

#[test]
fn a_pool_moved_beyond_the_bounds_is_left_alone() {
    for buys in [false, true] {
        let (world, attacker) = prey(100_000 * WAD, buys, 30);
        for by in [40, 60, 100, 1_000] {
            assert!(attack(&world, attacker, by, 0).is_none(), "moved by {by}");
        }
    }
}
