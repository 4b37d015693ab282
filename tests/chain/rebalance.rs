//! rebalance and previewRebalance.

use crate::support::*;
use testbed::devchain::market::{Pool, Range, Swap};
use testbed::primitives::aliases::U80;
use testbed::{
    Abi, Address, DAY, Done, Errors, HOUR, Options, POOL_FEE, POOL_SETTLES, U256, USD, WAD, World,
    actor, default_policy,
};
use vault_core::greeks::PerSpot;
use vault_core::rebalance::{Plan, Side};
use vault_core::{Assets, Pot, Price, Quote, Refusal, solvency};

const REBALANCE: Abi::rebalanceCall = Abi::rebalanceCall {};

/// Rebalances, and checks everything about it against the same decision run natively.
pub fn rebalance_checked(world: &mut World, who: Address) -> (Plan, Done<Abi::rebalanceCall>) {
    let plan = planned(world).expect("out of the band");
    let budget = Assets(world.ledger().keeperAssets.to());
    let due = due(world);
    let preview = world.view(&Abi::previewRebalanceCall {});
    assert_eq!(preview.triggers, u(plan.triggers.into()));
    assert_eq!(preview.exposure, signed(plan.valuation.exposure));
    assert_eq!(
        (preview.target, preview.band),
        (signed(plan.target), u(plan.band))
    );
    assert_eq!(preview.buys, plan.trade.side == Side::Buy);
    assert_eq!(preview.trade, u(plan.trade.assets.0));
    assert_eq!(
        (preview.amountIn, preview.minOut),
        (u(plan.trade.amount_in), u(plan.trade.min_out))
    );
    assert_eq!(preview.reward, u(due.0));

    let (before, paid_before) = (vault_pot(world), world.balances(who).0);
    let price = spot(world);
    let done = world.send(who, &REBALANCE).expect("out of the band");
    assert_eq!(
        (done.value.triggers, done.value.reward),
        (preview.triggers, preview.reward)
    );
    let event: Abi::Rebalanced = event(world, &done.receipt);
    let after = vault_pot(world);
    let diff = |new: u128, old: u128| signed(new as i128 - old as i128);
    let assets_delta = diff(after.assets.0, before.assets.0);
    let quote_delta = diff(after.quote.0, before.quote.0);
    let cost = lost(&before, &after, price);
    let fee = fee_of(&before, &after, price);
    let expected = Abi::Rebalanced {
        epoch: world.view(&Abi::epochCall {}).number,
        keeper: who,
        triggers: preview.triggers,
        exposureBefore: preview.exposure,
        exposureAfter: preview.exposure + assets_delta,
        target: preview.target,
        assetsDelta: assets_delta,
        quoteDelta: quote_delta,
        spot: u(price.0),
        cost: u(cost),
        fee: u(fee),
        reward: u(due.0),
        vaultAssets: u(after.assets.0),
        vaultQuote: u(after.quote.0),
    };
    assert_eq!(event, expected);
    let (received, spent) = match plan.trade.side {
        Side::Sell => (
            after.quote.0 - before.quote.0,
            before.assets.0 - after.assets.0,
        ),
        Side::Buy => (
            after.assets.0 - before.assets.0,
            before.quote.0 - after.quote.0,
        ),
    };
    assert_eq!(
        spent, plan.trade.amount_in,
        "exactly what was decided is spent"
    );
    assert!(
        received >= plan.trade.min_out,
        "{received} of at least {}",
        plan.trade.min_out
    );
    let moved = |exposure: testbed::I256| (exposure - preview.target).unsigned_abs();
    assert!(
        moved(event.exposureAfter) < moved(event.exposureBefore),
        "strictly closer"
    );
    assert_eq!(
        world.balances(who).0 - paid_before,
        due.0,
        "the reward, in the asset"
    );
    assert_eq!(
        world.ledger().keeperAssets,
        u(budget.0 - due.0),
        "from the keeper budget"
    );
    assert_eq!(solvency::check(after, &listed(world), UNITS), Ok(()));
    assert_reconciled(world);
    (plan, done)
}

/// What a trade lost against a price, asset units: what was given less what was got, each rounded against the vault.
pub fn lost(before: &Pot, after: &Pot, price: Price) -> u128 {
    if after.assets < before.assets {
        let got = Quote(after.quote.0 - before.quote.0);
        let got = UNITS.assets_down(got, price).expect("small").0;
        (before.assets.0 - after.assets.0).saturating_sub(got)
    } else {
        let gave = Quote(before.quote.0 - after.quote.0);
        let gave = UNITS.assets_up(gave, price).expect("small").0;
        gave.saturating_sub(after.assets.0 - before.assets.0)
    }
}

/// The fee of 5 bp of what the vault gave, in the asset, rounded up.
fn fee_of(before: &Pot, after: &Pot, price: Price) -> u128 {
    let gave = if after.assets < before.assets {
        Assets(before.assets.0 - after.assets.0)
    } else {
        let gave = Quote(before.quote.0 - after.quote.0);
        UNITS.assets_up(gave, price).expect("small")
    };
    gave.times_up(5, 10_000).expect("small").0
}

#[test]
fn sells_through_the_pool_when_the_exposure_is_too_high() {
    let mut world = sold();
    let (plan, _) = rebalance_checked(&mut world, keeper());
    assert_eq!((plan.trade.side, plan.triggers), (Side::Sell, 1));
    assert!(plan.trade.assets.0 > 5 * WAD, "{plan:?}");
    let error = planned(&world).expect_err("at its target");
    assert!(matches!(error, Refusal::InsideBand { .. }));
}

#[test]
fn buys_back_when_the_options_come_into_the_money() {
    let mut world = hedged();
    world.chain.warp(DAY);
    moved(&mut world, 2_300 * WAD);
    let (plan, _) = rebalance_checked(&mut world, keeper());
    assert_eq!(plan.trade.side, Side::Buy);
    assert!(plan.trade.assets.0 > 2 * WAD, "{plan:?}");
}

#[test]
fn a_week_of_prices_is_hedged_as_decided() {
    let mut rng = fastrand::Rng::with_seed(3);
    let (mut sold_some, mut bought_some) = (0, 0);
    for _ in 0..3 {
        let mut world = sold();
        let mut price = 2_000;
        while world.chain.now() + 10 * HOUR < expiry(&world) {
            world.chain.warp(9 * HOUR);
            price = price * rng.u128(85..118) / 100;
            moved(&mut world, price * WAD);
            if planned(&world).is_ok() {
                match rebalance_checked(&mut world, keeper()).0.trade.side {
                    Side::Sell => sold_some += 1,
                    Side::Buy => bought_some += 1,
                }
            }
        }
    }
    assert!(
        sold_some > 3 && bought_some > 3,
        "both ways: {sold_some}, {bought_some}"
    );
}

#[test]
fn inside_the_band_nothing_is_done_and_nothing_paid() {
    let mut world = hedged();
    let Err(Refusal::InsideBand {
        exposure,
        target,
        band,
    }) = planned(&world)
    else {
        panic!("hedged just now");
    };
    let (exposure, target) = (signed(exposure), signed(target));
    let error = Abi::InsideBand {
        exposure,
        target,
        band: u(band),
    };
    // The very same block, and some time later.
    refuse(&mut world, stranger(), &REBALANCE, error.clone());
    let refused = world
        .simulate(keeper(), &Abi::previewRebalanceCall {})
        .expect_err("as it would");
    assert_named(&refused, &error);
    world.chain.warp(HOUR);
    let Err(Refusal::InsideBand {
        exposure,
        target,
        band,
    }) = planned(&world)
    else {
        panic!("an hour is not much");
    };
    let (exposure, target) = (signed(exposure), signed(target));
    refuse(
        &mut world,
        keeper(),
        &REBALANCE,
        Abi::InsideBand {
            exposure,
            target,
            band: u(band),
        },
    );
}

/// A price of quote per asset as a tick of the pool, as the pool rounds it.
fn tick_of(world: &World) -> testbed::I256 {
    signed(world.pool.tick(&world.chain).expect("a pool").into())
}

#[test]
fn a_pool_away_from_the_oracle_is_not_traded_with() {
    let mut world = sold();
    let oracle = tick_of(&world);
    for price in [1_990, 1_900, 1_000, 200, 2_011, 2_100] {
        let mut world = world.clone();
        world.move_pool(price * WAD);
        // For all that the mean follows, the oracle does not. Half a percent is the policy's bound.
        world.chain.warp(POOL_SETTLES);
        let refused = world.simulate(keeper(), &REBALANCE).expect_err("too far");
        let Some(Errors::PoolOutOfBounds(found)) = refused.error else {
            assert_eq!(price, 1_990, "{refused:?}");
            // Within both bounds, and still outside the slippage that the policy accepts.
            let plan = planned(&world).expect("out of the band");
            let error = Abi::SwapFailed {
                amountIn: u(plan.trade.amount_in),
                minimum: u(plan.trade.min_out),
            };
            refuse(&mut world, keeper(), &REBALANCE, error);
            continue;
        };
        assert_eq!(
            (found.tick, found.meanTick),
            (tick_of(&world), tick_of(&world))
        );
        let off = found.oracleTick - oracle;
        assert!(off.unsigned_abs() <= u(1), "{off}");
        let error = Abi::PoolOutOfBounds {
            tick: found.tick,
            meanTick: found.meanTick,
            oracleTick: found.oracleTick,
        };
        refuse(&mut world, keeper(), &REBALANCE, error);
    }
    // A little in the vault's favour it trades, and keeps what it gets.
    world.move_pool(2_009 * WAD);
    world.chain.warp(POOL_SETTLES);
    let (plan, _) = rebalance_checked(&mut world, keeper());
    let received = vault_pot(&world).quote.0;
    assert!(received > plan.trade.min_out * 1_005 / 1_000);
}

#[test]
fn a_pool_that_only_just_moved_is_not_traded_with() {
    let mut world = sold();
    let before = tick_of(&world);
    // Feed and pool agree, and the pool's mean of five minutes is another.
    world.set_price(2_040 * WAD);
    let moved = tick_of(&world);
    let refused = world.simulate(keeper(), &REBALANCE).expect_err("too far");
    let Some(Errors::PoolOutOfBounds(found)) = refused.error else {
        panic!("{refused:?}");
    };
    assert_eq!((found.tick, found.meanTick), (moved, before));
    world.chain.warp(POOL_SETTLES - 101);
    let refused = world.simulate(keeper(), &REBALANCE).expect_err("still");
    assert!(matches!(refused.error, Some(Errors::PoolOutOfBounds(_))));
    world.chain.warp(101);
    rebalance_checked(&mut world, keeper());
}

#[test]
fn a_buy_from_a_pool_away_from_the_oracle_is_refused_too() {
    let mut world = hedged();
    world.chain.warp(DAY);
    moved(&mut world, 2_300 * WAD);
    let plan = planned(&world).expect("out of the band");
    world.move_pool(2_311 * WAD);
    let (amount_in, minimum) = (u(plan.trade.amount_in), u(plan.trade.min_out));
    refuse(
        &mut world,
        keeper(),
        &REBALANCE,
        Abi::SwapFailed {
            amountIn: amount_in,
            minimum,
        },
    );
    world.move_pool(2_301 * WAD);
    rebalance_checked(&mut world, keeper());
}

/// Adds liquidity for `weth` at [`SPOT`] to the pool.
pub fn provide(world: &mut World, weth: u128) {
    let (provider, usdc) = (carol(), weth / WAD * 2_000 * USD);
    world.give_weth(provider, weth);
    world.give_usdc(provider, usdc);
    let pool: Pool = world.pool;
    let amounts = if pool.token0 == world.weth.address {
        (u(weth), u(usdc))
    } else {
        (u(usdc), u(weth))
    };
    let uniswap = world.uniswap;
    uniswap
        .add_liquidity(&mut world.chain, provider, &pool, amounts, Range::Full)
        .expect("liquidity");
}

#[test]
fn a_thin_pool_takes_little_at_once() {
    // 100 WETH from 0 to infinity are 50 per unit of relative price: at a fee of 0.05 % a trade of 0.05 WETH is the largest that no sandwich pays for.
    let mut world = sold_with(&Options {
        pool_depth: 100 * WAD,
        ..Options::default()
    });
    let (plan, _) = rebalance_checked(&mut world, keeper());
    let piece = plan.trade.assets.0;
    assert!(piece.abs_diff(WAD / 20) < WAD / 10_000, "{piece}");
    // Half as much is left to trade with, and that is below the policy's minimum.
    let mut policy = default_policy();
    policy.venue.minTrade = U80::from(WAD / 10);
    let mut world = sold_with(&Options {
        pool_depth: 100 * WAD,
        policy,
        ..Options::default()
    });
    let Err(Refusal::BelowMinimumTrade { trade, minimum }) = planned(&world) else {
        panic!("the pool is too thin");
    };
    assert_eq!((trade, minimum), (piece, WAD / 10));
    let error = Abi::BelowMinimumTrade {
        trade: u(trade),
        minimum: u(minimum),
    };
    refuse(&mut world, keeper(), &REBALANCE, error);
    // Somebody provides.
    provide(&mut world, 200_000 * WAD);
    let (plan, _) = rebalance_checked(&mut world, keeper());
    assert!(plan.trade.assets.0 > 5 * WAD, "{plan:?}");
}

#[test]
fn the_depth_is_what_moves_the_pool() {
    let world = sold();
    let depth = pool_depth(&world).0 as f64;
    // A trade of a thousandth of the depth moves the price by a thousandth, to first order, and the fee apart.
    let mut world = world.clone();
    let before = world.pool_price() as f64;
    let amount = (depth / 1_000.0) as u128;
    let trader = actor("trader");
    world.give_weth(trader, amount);
    let swap = Swap {
        token_in: world.weth.address,
        token_out: world.usdc.address,
        fee: POOL_FEE,
        amount_in: u(amount),
        min_out: U256::ZERO,
    };
    let uniswap = world.uniswap;
    uniswap.swap(&mut world.chain, trader, &swap).expect("sold");
    let moved = 1.0 - world.pool_price() as f64 / before;
    assert!((moved * 1_000.0 - 1.0).abs() < 3e-3, "{moved}");
}

#[test]
fn nothing_is_traded_on_a_stale_price_or_after_an_outage() {
    let mut world = sold();
    let updated = world.chain.now();
    world.chain.warp(HOUR + 1);
    let (at, now) = (seconds(updated), seconds(updated + HOUR + 1));
    refuse(
        &mut world,
        keeper(),
        &REBALANCE,
        Abi::OraclePriceStale {
            updatedAt: at,
            nowSeconds: now,
        },
    );
    moved(&mut world, SPOT);
    world
        .sequencer
        .set_up(&mut world.chain, false)
        .expect("the operator");
    let since = seconds(world.chain.now());
    let error = Abi::SequencerDown {
        since,
        nowSeconds: since,
    };
    refuse(&mut world, keeper(), &REBALANCE, error);
}

#[test]
fn what_is_below_the_minimum_trade_is_left() {
    let mut policy = default_policy();
    policy.venue.minTrade = U80::from(15 * WAD);
    let mut world = sold_with(&Options {
        policy,
        ..Options::default()
    });
    let Err(Refusal::BelowMinimumTrade { trade, minimum }) = planned(&world) else {
        panic!("the trade is about 5 WETH");
    };
    let error = Abi::BelowMinimumTrade {
        trade: u(trade),
        minimum: u(minimum),
    };
    refuse(&mut world, keeper(), &REBALANCE, error);
}

#[test]
fn a_reward_never_exceeds_the_budget() {
    let mut policy = default_policy();
    policy.opening.keeperBudget = WAD / 100_000;
    let mut world = sold_with(&Options {
        policy,
        ..Options::default()
    });
    assert_eq!(world.ledger().keeperAssets, u(WAD / 100_000));
    let (_, done) = rebalance_checked(&mut world, keeper());
    assert_eq!(done.value.reward, u(WAD / 100_000), "all there is");
    world.chain.warp(DAY);
    moved(&mut world, 2_300 * WAD);
    let (_, done) = rebalance_checked(&mut world, keeper());
    assert_eq!(done.value.reward, U256::ZERO, "and then nothing");
}

#[test]
fn a_reward_follows_the_base_fee_to_its_limits() {
    let world = sold();
    let mut last = U256::ZERO;
    for (base_fee, grows) in [
        (10_000_000, true),
        (1_000_000_000, true),
        (10_000_000_000, true),
    ] {
        let mut world = world.clone();
        world.chain.set_base_fee(base_fee);
        world.chain.fund(keeper(), u(100 * WAD));
        let (_, done) = rebalance_checked(&mut world, keeper());
        assert_eq!(done.value.reward > last, grows);
        assert_eq!(done.value.reward, u(base_fee * 400_000));
        last = done.value.reward;
    }
    let mut world = world.clone();
    world.chain.set_base_fee(40_000_000_000);
    world.chain.fund(keeper(), u(100 * WAD));
    let (_, done) = rebalance_checked(&mut world, keeper());
    assert_eq!(done.value.reward, last, "above 10 gwei it does not grow");
}

#[test]
fn after_a_hedge_price_and_greeks_of_every_series_are_at_its_price() {
    let mut world = sold();
    world.chain.warp(DAY);
    moved(&mut world, 2_100 * WAD);
    rebalance_checked(&mut world, keeper());
    let now = world.chain.now();
    let (spot, volatility) = (Price(2_100 * WAD), volatility(&world));
    let tenor = expiry(&world) - now;
    for (index, series) in (0..).zip(listed(&world)) {
        let expected = PerSpot::at(&series, spot, volatility, tenor);
        assert_greeks(&world, index, &expected.expect("priced"));
    }
    let epoch = world.view(&Abi::epochCall {});
    assert_eq!(
        (epoch.lastPrice, epoch.lastPriceTime),
        (u(2_100 * WAD), seconds(now))
    );
}

#[test]
fn an_expired_book_is_settled_first() {
    let mut world = sold();
    expire(&mut world, 2_100 * WAD);
    moved(&mut world, 2_100 * WAD);
    let error = Abi::SettleFirst {
        expiry: seconds(expiry(&world)),
    };
    refuse(&mut world, keeper(), &REBALANCE, error);
}

#[test]
fn after_settlement_all_quote_becomes_asset() {
    let mut world = hedged();
    settle(&mut world, 2_000 * WAD);
    let quote = vault_pot(&world).quote.0;
    assert!(quote > 5_000 * USD, "{quote}");
    moved(&mut world, 2_050 * WAD);
    let (plan, _) = rebalance_checked(&mut world, stranger());
    assert_eq!((plan.triggers, plan.trade.side), (2, Side::Buy));
    assert!(vault_pot(&world).quote.0 <= 1, "all of it");
    let last = world.view(&Abi::epochCall {}).lastPrice;
    assert_eq!(last, u(SPOT), "the last price before expiry is kept");
    let error = planned(&world).expect_err("nothing is left");
    assert!(matches!(
        error,
        Refusal::InsideBand { .. } | Refusal::BelowMinimumTrade { .. }
    ));
    assert!(world.send(keeper(), &REBALANCE).is_err());
}

#[test]
fn a_vault_that_does_not_hedge_never_trades_but_converts() {
    let mut policy = default_policy();
    policy.hedge.enabled = false;
    let mut world = sold_with(&Options {
        policy,
        ..Options::default()
    });
    let Err(Refusal::InsideBand {
        exposure,
        target,
        band,
    }) = planned(&world)
    else {
        panic!("it does not hedge");
    };
    assert_eq!((exposure, band), (target, 0));
    let (exposure, target) = (signed(exposure), signed(target));
    refuse(
        &mut world,
        keeper(),
        &REBALANCE,
        Abi::InsideBand {
            exposure,
            target,
            band: U256::ZERO,
        },
    );
    settle(&mut world, 2_000 * WAD);
    moved(&mut world, SPOT);
    rebalance_checked(&mut world, keeper());
}

#[test]
fn the_largest_trade_is_a_share_of_the_vault() {
    let mut policy = default_policy();
    policy.hedge.maxTradeBps = 1_000;
    let mut world = sold_with(&Options {
        policy,
        ..Options::default()
    });
    let (first, _) = rebalance_checked(&mut world, keeper());
    assert_eq!(first.trade.assets.0, first.valuation.nav.0 / 10);
    let (second, _) = rebalance_checked(&mut world, keeper());
    assert!(second.trade.assets.0 <= second.valuation.nav.0 / 10);
}

#[test]
fn the_target_is_clipped_to_what_stays_solvent() {
    let mut policy = default_policy();
    policy.opening.capBps = alloy_sol_types::private::Uint::from(100_000);
    policy.hedge.targetWeightBps = 0;
    let mut world = sold_with(&Options {
        policy,
        ..Options::default()
    });
    let (plan, _) = rebalance_checked(&mut world, keeper());
    assert!(plan.target > 0, "neutral is out of reach: {plan:?}");
    let mut left = vault_pot(&world);
    left.assets.0 -= WAD / 10;
    left.quote.0 += 200 * USD;
    assert!(
        solvency::check(left, &listed(&world), UNITS).is_err(),
        "not a tenth more"
    );
}

/// A live vault, its options sold, under a changed policy.
pub fn sold_by(change: impl FnOnce(&mut testbed::ICoveredCallVault::Policy)) -> World {
    let mut options = Options::default();
    change(&mut options.policy);
    sold_with(&options)
}

#[test]
fn the_adaptive_band_skew_and_the_edge_are_those_of_the_native_decision() {
    let plain = planned(&sold_by(|_| ())).expect("out of the band");
    let mut world = sold_by(|p| {
        p.hedge.adaptive = true;
        p.hedge.toEdge = true;
        p.hedge.skewBps = 5_000;
        p.hedge.skewDown = true;
        p.hedge.riskAversionBps = testbed::primitives::aliases::U24::from(10_000_000);
    });
    let plan = planned(&world).expect("out of the band");
    assert!(plan.band < plain.band && plan.band > 0, "{plan:?}");
    assert!(plan.valuation.exposure > plain.valuation.exposure);
    let (done, _) = rebalance_checked(&mut world, stranger());
    assert_eq!(
        done.trade.assets.0 + done.band,
        done.deviation(done.valuation.exposure)
    );
}

#[test]
fn a_book_beyond_its_budget_has_no_band() {
    let mut world = sold_by(|p| {
        // All of the asset, within half of it: the band holds.
        p.hedge.targetWeightBps = 10_000;
        p.hedge.bandBps = 5_000;
        p.hedge.triggers = 1 | 32;
    });
    let refused = world.send(stranger(), &REBALANCE).expect_err("inside");
    assert!(matches!(
        refused.error,
        Some(testbed::Errors::InsideBand(_))
    ));

    let mut options = Options::default();
    options.policy.hedge.bandBps = 5_000;
    options.policy.hedge.triggers = 1 | 32;
    options.policy.risk.gammaBps = 20;
    let mut world = opened_with(&options);
    // Sizes were scaled down to the budget at opening; near expiry the same options have more gamma.
    let limit: u128 = world.view(&Abi::epochCall {}).limit.to();
    for series in 0..3 {
        world
            .buy(carol(), id(series), limit)
            .expect("there is room");
    }
    let strike: u128 = world.view(&Abi::seriesCall { id: id(0) }).strike.to();
    world.chain.warp(expiry(&world) - world.chain.now() - HOUR);
    moved(&mut world, strike);
    let (plan, _) = rebalance_checked(&mut world, stranger());
    assert_eq!(plan.triggers, 1 | 32);
    assert_eq!(plan.band, 0);
}

#[test]
fn a_trade_that_is_not_worth_its_cost_is_refused_by_name() {
    let mut world = sold_by(|p| {
        p.hedge.gateBps = 50_000;
        p.hedge.riskAversionBps = testbed::primitives::aliases::U24::from(100);
    });
    let Err(Refusal::NotWorthIt { benefit, asked }) = planned(&world) else {
        panic!("{:?}", planned(&world));
    };
    let error = Abi::NotWorthIt {
        benefit: u(benefit),
        asked: u(asked),
    };
    refuse(&mut world, stranger(), &REBALANCE, error);
}
