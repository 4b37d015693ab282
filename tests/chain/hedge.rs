//! Triggers, marks and their bonus, fills by keepers, fee tiers, upkeep, and the account of what hedging cost.

use crate::rebalance::{lost, rebalance_checked, sold_by};
use crate::support::*;
use alloy_sol_types::SolCall;
use testbed::devchain::market::{Pool, Range, UniswapV3};
use testbed::primitives::aliases::U24;
use testbed::{Abi, DAY, Done, Errors, HOUR, Options, POOL_SETTLES, U256, USD, WAD, World};
use vault_core::rebalance::{Side, Terms};
use vault_core::wide::{mul_div_down, mul_div_up};
use vault_core::{Assets, Quote, Refusal};

const REBALANCE: Abi::rebalanceCall = Abi::rebalanceCall {};
const MARK: Abi::markTriggerCall = Abi::markTriggerCall {};
const BPS: u128 = 10_000;

/// A live vault with options sold, its band as wide as can be, that counts one trigger.
fn waiting_for(trigger: u8) -> World {
    sold_by(|policy| {
        policy.hedge.triggers = trigger;
        policy.hedge.bandBps = 5_000;
    })
}

/// Nothing is due: a rebalance is refused by name and an upkeep is not needed.
#[track_caller]
fn idle(world: &World) {
    let Err(Refusal::InsideBand {
        exposure,
        target,
        band,
    }) = planned(world)
    else {
        panic!("{:?}", planned(world));
    };
    let error = Abi::InsideBand {
        exposure: signed(exposure),
        target: signed(target),
        band: u(band),
    };
    let refused = world.simulate(stranger(), &REBALANCE).expect_err("idle");
    assert_named(&refused, &error);
    let upkeep = world.view(&Abi::checkUpkeepCall {
        checkData: Default::default(),
    });
    assert!(!upkeep.upkeepNeeded);
}

#[test]
fn time_alone_triggers() {
    let mut world = waiting_for(4);
    let since = hedge_state(&world).time;
    assert_eq!(since, world.chain.now(), "the epoch opened just now");
    // A second before the interval is over, and on it.
    world.chain.set_time(since + DAY - 2);
    world.set_price(SPOT);
    assert!(world.chain.now() < since + DAY);
    idle(&world);
    world.chain.set_time(since + DAY);
    let (plan, _) = rebalance_checked(&mut world, keeper());
    assert_eq!((plan.triggers, plan.trade.side), (4, Side::Sell));
    assert_eq!(hedge_state(&world).time, world.chain.now());
    world.chain.warp(HOUR / 2);
    idle(&world);
}

#[test]
fn a_move_of_the_price_alone_triggers() {
    let mut world = waiting_for(8);
    moved(&mut world, SPOT * 1_029 / 1_000);
    idle(&world);
    let mut down = world.clone();
    moved(&mut world, SPOT * 103 / 100);
    let (plan, _) = rebalance_checked(&mut world, keeper());
    assert_eq!(plan.triggers, 8);
    assert_eq!(hedge_state(&world).price.0, SPOT * 103 / 100);
    moved(&mut down, SPOT * 97 / 100);
    assert_eq!(rebalance_checked(&mut down, keeper()).0.triggers, 8);
}

#[test]
fn a_change_of_the_book_or_of_volatility_alone_triggers() {
    // What was sold before the first hedge is a change since the opening.
    let mut world = waiting_for(16);
    let (plan, _) = rebalance_checked(&mut world, keeper());
    assert_eq!(plan.triggers, 16);
    let sold = hedge_state(&world).sold.0;
    assert!(
        sold.abs_diff(3 * SOLD) < SOLD >> 20,
        "24 bits of it: {sold}"
    );
    world.chain.warp(10);
    idle(&world);
    // 5 % of a vault of about 20 WETH.
    let mut more = world.clone();
    more.buy(carol(), id(0), WAD * 2 / 10)
        .expect("there is room");
    more.buy(carol(), id(1), WAD * 2 / 10)
        .expect("there is room");
    more.buy(carol(), id(2), WAD * 2 / 10)
        .expect("there is room");
    idle(&more);
    let mut more = world.clone();
    let call = Abi::sellCall {
        id: id(0),
        amount: u(WAD * 16 / 10),
        minProceeds: U256::ZERO,
        receiver: carol(),
        deadline: U256::MAX,
    };
    more.send(carol(), &call).expect("the vault has quote");
    assert_eq!(rebalance_checked(&mut more, keeper()).0.triggers, 16);
    // A day of large moves, back at the same price.
    let before = hedge_state(&world).volatility;
    for hour in 0..24_u128 {
        world.chain.warp(HOUR);
        world.set_price(if hour % 2 == 0 {
            SPOT * 105 / 100
        } else {
            SPOT
        });
    }
    world.chain.warp(POOL_SETTLES);
    assert!(volatility(&world) > before / 10 * 11);
    assert_eq!(rebalance_checked(&mut world, keeper()).0.triggers, 16);
    assert_eq!(
        hedge_state(&world).volatility / 10_000_000_000,
        volatility(&world) / 10_000_000_000
    );
}

#[test]
fn triggers_add_up_in_the_event() {
    let mut world = sold_by(|policy| policy.hedge.triggers = 1 | 4 | 8 | 16 | 32);
    world.chain.warp(DAY);
    moved(&mut world, SPOT * 104 / 100);
    let (plan, _) = rebalance_checked(&mut world, keeper());
    assert_eq!(plan.triggers, 1 | 4 | 8 | 16);
}

/// Marks, and checks what the vault remembers of it.
pub fn mark(world: &mut World) -> Done<Abi::markTriggerCall> {
    let done = world.send(stranger(), &MARK).expect("never refused here");
    let state = hedge_state(world);
    assert_eq!(state.triggered != 0, done.value != U256::ZERO);
    done
}

/// Gas of a rebalance at the base fee, with a bonus in basis points: what it pays.
fn paid(world: &World, bonus: u128) -> U256 {
    u(world.chain.base_fee() * 400_000 * (BPS + bonus) / BPS)
}

#[test]
fn the_bonus_grows_from_the_mark_to_its_maximum_and_a_mark_does_not_last() {
    let mut world = sold();
    let done = mark(&mut world);
    assert_eq!(done.value, u(1));
    let marked = world.chain.now();
    let event: Abi::TriggerMarked = event(&world, &done.receipt);
    assert_eq!((event.triggers, event.since), (u(1), seconds(marked)));
    // Marked again it is as old as it was.
    world.chain.warp(7);
    let again = mark(&mut world);
    assert!(again.receipt.logs.is_empty());
    assert_eq!(hedge_state(&world).triggered, marked);
    for (after, bonus) in [(900, 250), (1_800, 500), (3_600, 1_000), (7_200, 1_000)] {
        let mut world = world.clone();
        world.chain.set_time(marked + after);
        world.set_price(SPOT);
        let (_, done) = rebalance_checked(&mut world, keeper());
        assert_eq!(done.value.reward, paid(&world, bonus), "after {after} s");
        assert_eq!(hedge_state(&world).triggered, 0, "nothing is left to do");
    }
    // Twice the time of the bonus is over: as if it had never been marked.
    world.chain.set_time(marked + 7_201);
    world.set_price(SPOT);
    assert_eq!(hedge_state(&world).triggered, 0);
    let mut unmarked = world.clone();
    let (_, done) = rebalance_checked(&mut unmarked, keeper());
    assert_eq!(done.value.reward, paid(&unmarked, 0));
    mark(&mut world);
    assert_eq!(hedge_state(&world).triggered, world.chain.now());
}

#[test]
fn in_the_second_of_a_mark_or_a_reward_nothing_is_paid() {
    let mut world = sold();
    mark(&mut world);
    // The same block: whoever marks does not earn by it.
    let mut same = world.clone();
    let (_, done) = rebalance_checked(&mut same, keeper());
    assert_eq!(done.value.reward, U256::ZERO);
    assert_eq!(hedge_state(&same).rewarded, 0);
    world.chain.warp(1);
    let (_, done) = rebalance_checked(&mut world, keeper());
    assert!(done.value.reward >= paid(&world, 0));
}

#[test]
fn a_mark_of_nothing_marks_nothing_and_one_that_no_longer_holds_is_taken_away() {
    let mut world = sold_by(|policy| policy.hedge.bandBps = 800);
    rebalance_checked(&mut world, keeper());
    let none = mark(&mut world);
    assert_eq!(none.value, U256::ZERO);
    assert!(none.receipt.logs.is_empty());
    world.chain.warp(HOUR);
    moved(&mut world, SPOT * 115 / 100);
    assert_eq!(mark(&mut world).value, u(1));
    moved(&mut world, SPOT);
    let gone = mark(&mut world);
    let event: Abi::TriggerMarked = event(&world, &gone.receipt);
    assert_eq!((event.triggers, event.since), (U256::ZERO, U256::ZERO));
    assert_eq!(hedge_state(&world).triggered, 0);
}

/// What is still to be done after a piece is marked at once, and the bonus of the next one grows from the reward of the last.
#[test]
fn pieces_of_one_deviation_are_paid_their_work_and_no_bonus_twice() {
    let mut world = sold_by(|policy| policy.hedge.maxTradeBps = 1_000);
    mark(&mut world);
    let marked = world.chain.now();
    world.chain.warp(HOUR / 2);
    let (_, first) = rebalance_checked(&mut world, keeper());
    assert_eq!(first.value.reward, paid(&world, 500));
    assert_eq!(hedge_state(&world).triggered, marked, "it still holds");
    // In the same second: nothing. A second later: the work, and a second's bonus.
    let mut same = world.clone();
    let (_, second) = rebalance_checked(&mut same, keeper());
    assert_eq!(second.value.reward, U256::ZERO);
    world.chain.warp(1);
    let (_, second) = rebalance_checked(&mut world, keeper());
    let least = paid(&world, 0);
    assert!(second.value.reward >= least && second.value.reward <= paid(&world, 1));
}

/// Fills, and checks everything about it against the native decision and the balances of both.
fn fill_checked(world: &mut World, favour: i128) -> Done<Abi::fillCall> {
    let filler = stranger();
    world.give_weth(filler, 100 * WAD);
    world.give_usdc(filler, 1_000_000 * USD);
    let due = due_for(world, policy_of(world).keeper.fill_gas);
    let terms = Terms {
        proportional: favour.max(0) as u64 * 100_000_000_000_000,
        fixed: due,
        ..Terms::FREE
    };
    let plan = planned_at(world, &terms).expect("out of the band");
    let amount = plan.trade.assets;
    let price = spot(world);
    // Quote that moves: the oracle's price, on the filler's side by `favour`, rounded for the vault.
    let buys = plan.trade.side == Side::Buy;
    let quote = if buys {
        let whole = UNITS.quote_down(amount, price).expect("small").0;
        mul_div_down(whole, (BPS as i128 + favour) as u128, BPS)
    } else {
        let whole = UNITS.quote_up(amount, price).expect("small").0;
        mul_div_up(whole, (BPS as i128 - favour) as u128, BPS)
    };
    let quote = Quote(quote.expect("small"));
    let preview = world.view(&Abi::previewFillCall {});
    assert_eq!((preview.buys, preview.trade), (buys, u(amount.0)));
    let (amount_in, amount_out) = if buys {
        (quote.0, amount.0)
    } else {
        (amount.0, quote.0)
    };
    assert_eq!(
        (preview.amountIn, preview.amountOut),
        (u(amount_in), u(amount_out))
    );
    assert_eq!(preview.reward, u(due.0));

    let call = |limit, deadline| Abi::fillCall {
        buys,
        limit: u(limit),
        deadline: seconds(deadline),
    };
    let now = world.chain.now();
    // One unit better than what is offered, the other way, too late: refused, and nothing has moved.
    let better = if buys { quote.0 + 1 } else { quote.0 - 1 };
    let error = Abi::SlippageExceeded {
        actual: u(quote.0),
        limit: u(better),
    };
    refuse(world, filler, &call(better, now), error);
    let other = Abi::fillCall {
        buys: !buys,
        ..call(quote.0, now)
    };
    refuse(world, filler, &other, Abi::FillSideChanged { buys });
    let late = Abi::DeadlinePassed {
        deadline: seconds(now - 1),
        nowSeconds: seconds(now),
    };
    refuse(world, filler, &call(quote.0, now - 1), late);

    let (before, of_filler) = (vault_pot(world), world.balances(filler));
    let done = world
        .send(filler, &call(quote.0, now))
        .expect("as previewed");
    assert_eq!(done.value.reward, u(due.0));
    let (after, has) = (vault_pot(world), world.balances(filler));
    let change = |new: u128, old: u128| new as i128 - old as i128;
    let sign = if buys { 1 } else { -1 };
    let assets = sign * amount.0 as i128;
    let paid = -sign * quote.0 as i128;
    assert_eq!(change(after.assets.0, before.assets.0), assets);
    assert_eq!(change(after.quote.0, before.quote.0), paid);
    assert_eq!(change(has.0, of_filler.0), -assets + due.0 as i128);
    assert_eq!(change(has.1, of_filler.1), -paid);
    let event: Abi::Rebalanced = event(world, &done.receipt);
    assert_eq!(event.cost, u(lost(&before, &after, price)));
    assert_eq!(event.fee, U256::ZERO, "nobody takes one");
    assert_eq!(event.triggers, u(plan.triggers.into()));
    assert_eq!(event.keeper, filler);
    assert_reconciled(world);
    done
}

#[test]
fn a_keeper_fills_at_a_price_that_begins_on_the_side_of_the_vault() {
    // Not marked: 10 bp better than the oracle's for the vault.
    fill_checked(&mut sold(), -10);
    let mut world = sold();
    mark(&mut world);
    let marked = world.chain.now();
    for (after, favour) in [(HOUR, 0), (2 * HOUR, 10)] {
        let mut world = world.clone();
        world.chain.set_time(marked + after);
        world.set_price(SPOT);
        fill_checked(&mut world, favour);
    }
    // It grows no further than the policy says.
    let mut world = sold_by(|policy| {
        policy.venue.fillGrowthBps = 500;
        policy.venue.fillMaxBps = 25;
    });
    mark(&mut world);
    world.chain.warp(HOUR - 1);
    world.set_price(SPOT);
    fill_checked(&mut world, 25);
}

#[test]
fn a_keeper_fills_a_vault_that_buys() {
    let mut world = hedged();
    world.chain.warp(DAY);
    moved(&mut world, 2_300 * WAD);
    fill_checked(&mut world, -10);
}

#[test]
fn with_a_dead_pool_keepers_fill_and_depositors_are_paid() {
    let mut options = Options::default();
    options.policy.venue.feeTiers = [U24::from(100), U24::ZERO, U24::ZERO];
    // What a fill leaves, because the vault pays less than the oracle's price, is less than the smallest trade.
    options.policy.roll.dustQuote = 20 * USD;
    let mut world = sold_with(&options);
    refuse(&mut world, keeper(), &REBALANCE, Abi::NoPool {});
    fill_checked(&mut world, -10);
    settle(&mut world, 2_000 * WAD);
    world.set_price(SPOT);
    let preview = world.view(&Abi::previewFillCall {});
    assert_eq!((preview.triggers, preview.buys), (u(2), true));
    fill_checked(&mut world, -10);
    world
        .send(keeper(), &Abi::rollCall {})
        .expect("all quote is converted");
}

/// A further pool of the pair, with as much liquidity as the first.
pub fn another_pool(world: &mut World, fee: u32) -> Pool {
    let uniswap: UniswapV3 = world.uniswap;
    let (weth, usdc) = (world.weth.address, world.usdc.address);
    let pool = uniswap
        .create_pool(
            &mut world.chain,
            (weth, u(WAD)),
            (usdc, u(2_000 * USD)),
            fee,
        )
        .expect("a pool");
    pool.grow_observations(&mut world.chain, 50)
        .expect("a pool");
    let amounts = (u(200_000 * WAD), u(400_000_000 * USD));
    world.give_weth(carol(), 200_000 * WAD);
    world.give_usdc(carol(), 400_000_000 * USD);
    let amounts = if pool.token0 == weth {
        amounts
    } else {
        (amounts.1, amounts.0)
    };
    uniswap
        .add_liquidity(&mut world.chain, carol(), &pool, amounts, Range::Full)
        .expect("liquidity");
    pool
}

/// [`sold_with`], with a second pool that was there when the epoch opened.
fn sold_with_another(options: &Options, fee: u32) -> (World, Pool) {
    let mut world = deposited(options);
    let pool = another_pool(&mut world, fee);
    open(&mut world);
    for series in 0..3 {
        world.buy(carol(), id(series), SOLD).expect("there is room");
    }
    (world, pool)
}

#[test]
fn a_pool_that_is_made_during_an_epoch_is_found_when_the_next_opens() {
    let mut options = Options::default();
    options.policy.venue.feeTiers = [U24::from(3_000), U24::ZERO, U24::ZERO];
    let mut world = sold_with(&options);
    let refused = |world: &World| world.simulate(keeper(), &REBALANCE).map(|_| ()).err();
    let no_pool = |world: &World| {
        let error = refused(world).and_then(|refused| refused.error);
        matches!(error, Some(Errors::NoPool(_)))
    };
    assert!(no_pool(&world));
    world.pool = another_pool(&mut world, 3_000);
    world.chain.warp(POOL_SETTLES);
    assert!(no_pool(&world), "the factory is not asked again");
    // What the epoch leaves is not converted by it either: a fill, or time.
    settle(&mut world, SPOT);
    world.chain.warp(25 * HOUR);
    world.send(keeper(), &Abi::rollCall {}).expect("rolls");
    open(&mut world);
    let number: u128 = world.view(&Abi::epochCall {}).number.to();
    let bought = world.buy(carol(), id_of(number, 0), WAD);
    bought.expect("there is room");
    assert!(!no_pool(&world), "{:?}", refused(&world));
}

#[test]
fn the_first_fee_tier_within_the_bounds_is_traded_with() {
    let mut options = Options::default();
    // 100: no such pool; 500: the usual one; 3 000: another.
    options.policy.venue.feeTiers = [U24::from(100), U24::from(500), U24::from(3_000)];
    options.policy.hedge.maxSlippageBps = 30;
    let (mut world, other) = sold_with_another(&options, 3_000);
    world.chain.warp(POOL_SETTLES);
    let swapped_in = |world: &World, pool: Pool| {
        let done = world
            .simulate(keeper(), &REBALANCE)
            .expect("out of the band");
        done.receipt
            .logs
            .iter()
            .any(|log| log.address == pool.address)
    };
    let usual = world.pool;
    assert!(swapped_in(&world, usual) && !swapped_in(&world, other));
    // Somebody moves the usual one: the next is taken. Its fee is all of the slippage, so that it gives less than the policy accepts: refused by name.
    world.move_pool(1_900 * WAD);
    let refused = world
        .simulate(keeper(), &REBALANCE)
        .expect_err("30 bp of fee");
    assert!(
        matches!(refused.error, Some(Errors::SwapFailed(_))),
        "{refused:?}"
    );
    // Both away: the last that was looked at is named.
    world.pool = other;
    world.move_pool(1_900 * WAD);
    let refused = world.simulate(keeper(), &REBALANCE).expect_err("too far");
    let Some(Errors::PoolOutOfBounds(found)) = refused.error else {
        panic!("{refused:?}");
    };
    let tick = other.tick(&world.chain).expect("a pool");
    assert_eq!(found.tick, signed(tick.into()));
}

#[test]
fn a_second_tier_that_is_cheap_enough_takes_the_trade() {
    let mut options = Options::default();
    options.policy.venue.feeTiers = [U24::from(3_000), U24::from(500), U24::ZERO];
    let (mut world, other) = sold_with_another(&options, 3_000);
    world.chain.warp(POOL_SETTLES);
    let usual = world.pool;
    world.pool = other;
    world.move_pool(1_900 * WAD);
    world.pool = usual;
    let done = world.send(keeper(), &REBALANCE).expect("out of the band");
    let traded = |pool: Pool| {
        done.receipt
            .logs
            .iter()
            .any(|log| log.address == pool.address)
    };
    assert!(traded(usual) && !traded(other));
    assert_reconciled(&world);
}

#[test]
fn an_upkeep_is_a_rebalance() {
    let mut world = sold();
    let check = Abi::checkUpkeepCall {
        checkData: vec![7; 70].into(),
    };
    let upkeep = world.view(&check);
    assert!(upkeep.upkeepNeeded && upkeep.performData.is_empty());
    let perform = Abi::performUpkeepCall {
        performData: vec![1; 33].into(),
    };
    let mut direct = world.clone();
    let rebalanced = direct.send(keeper(), &REBALANCE).expect("out of the band");
    let upkept = world.send(keeper(), &perform).expect("needed");
    // The same trade; what it would have been paid stays in the budget.
    let unpaid = |event: Abi::Rebalanced| Abi::Rebalanced {
        reward: U256::ZERO,
        ..event
    };
    let of = |world: &World, receipt| event::<Abi::Rebalanced>(world, receipt);
    let hedged = of(&direct, &rebalanced.receipt);
    assert!(hedged.reward > U256::ZERO);
    assert_eq!(of(&world, &upkept.receipt), unpaid(hedged.clone()));
    let (ledger, paid) = (world.ledger(), direct.ledger());
    assert_eq!(ledger.keeperAssets, paid.keeperAssets + hedged.reward);
    assert_eq!(ledger.vaultAssets, paid.vaultAssets);
    assert_eq!(hedge_state(&world).rewarded, 0);
    assert_reconciled(&world);
    let upkeep = world.view(&check);
    assert!(!upkeep.upkeepNeeded);
    let refused = world
        .simulate(keeper(), &perform)
        .map(|_| ())
        .expect_err("not needed");
    let same = direct
        .simulate(keeper(), &REBALANCE)
        .expect_err("not needed");
    assert_eq!(refused.output, same.output);
    // Selectors are Chainlink's.
    assert_eq!(Abi::checkUpkeepCall::SELECTOR, [0x6e, 0x04, 0xff, 0x0d]);
    assert_eq!(Abi::performUpkeepCall::SELECTOR, [0x45, 0x85, 0xe3, 0x3b]);
}

#[test]
fn a_view_accounts_for_what_hedging_cost_in_the_epoch() {
    let mut world = sold();
    let (mut cost, mut rewards, mut trades) = (U256::ZERO, U256::ZERO, 0);
    for price in [2_000, 2_200, 1_900, 2_100] {
        world.chain.warp(HOUR);
        moved(&mut world, price * WAD);
        if planned(&world).is_err() {
            continue;
        }
        let (_, done) = rebalance_checked(&mut world, keeper());
        let event: Abi::Rebalanced = event(&world, &done.receipt);
        cost += event.cost;
        rewards += event.reward;
        trades += 1;
    }
    let state = world.view(&Abi::hedgeStateCall {});
    assert!(trades > 2 && cost > U256::ZERO);
    assert_eq!(
        (state.trades, state.cost, state.rewards),
        (u(trades), cost, rewards)
    );
    settle(&mut world, 2_000 * WAD);
    roll(&mut world, 2_000 * WAD);
    open(&mut world);
    let state = world.view(&Abi::hedgeStateCall {});
    assert_eq!(
        (state.trades, state.cost, state.rewards),
        (U256::ZERO, U256::ZERO, U256::ZERO)
    );
    assert_eq!(state.time, seconds(world.chain.now()));
    assert_eq!(state.price, u(spot(&world).0));
}

#[test]
fn the_gate_counts_fee_depth_and_reward() {
    let mut world = sold_by(|policy| {
        policy.hedge.gateBps = 10_000;
        policy.hedge.riskAversionBps = U24::from(10_000_000);
    });
    let (plan, _) = rebalance_checked(&mut world, keeper());
    let fee = mul_div_up(plan.trade.assets.0, 500, 1_000_000).expect("small");
    let due = Assets(400_000 * world.chain.base_fee());
    assert!(plan.cost.0 > fee + due.0, "{plan:?}");
    let depth = pool_depth(&world).0;
    let impact = mul_div_up(plan.trade.assets.0, plan.trade.assets.0, 2 * depth).expect("small");
    assert!(plan.cost.0.abs_diff(fee + due.0 + impact) <= 2, "{plan:?}");
}
