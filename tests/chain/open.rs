//! openEpoch.

use crate::support::*;
use testbed::devchain::market::{Feed, FeedConfig, OPERATOR, abi::IAggregatorProxy, send};

use testbed::{Abi, DAY, HOUR, I256, Options, U256, WAD, World, default_policy, events};
use vault_core::greeks::PerSpot;
use vault_core::{Pot, Price, calendar, opening};

const OPEN: Abi::openEpochCall = Abi::openEpochCall {};

/// Deposits are in, the window is over, and the price is fresh.
fn ready(options: &Options) -> World {
    let mut world = deposited(options);
    world.chain.warp(13 * HOUR);
    world.set_price(SPOT);
    world
}

/// A price in the policy's steps.
fn steps(price: u128) -> u64 {
    u64::try_from(price / vault_core::policy::PRICE_STEP).expect("fits")
}

fn ready_by_default() -> World {
    ready(&Options::default())
}

#[test]
fn opening_lists_what_the_policy_and_the_price_say() {
    let mut world = ready_by_default();
    let now = world.chain.now();
    let vault_core::Policy { opening, risk, .. } = policy_of(&world);
    let expiry = calendar::expiry_after(now, opening.min_tenor_seconds.into()).expect("in range");
    let vault = vault_core::Assets(20 * WAD - WAD / 20);
    let state = opening::State {
        spot: Price(SPOT),
        volatility: volatility(&world),
        vault: Pot {
            assets: vault,
            ..Pot::default()
        },
        units: UNITS,
        now,
    };
    let plan = opening::plan(&opening, &risk, &state, expiry).expect("opens");

    let done = world.send(stranger(), &OPEN).expect("the window is over");
    assert_eq!(done.value, u(1));
    let opened: Abi::EpochOpened = event(&world, &done.receipt);
    let expected = Abi::EpochOpened {
        epoch: u(1),
        expiry: seconds(expiry),
        spot: u(SPOT),
        seriesCount: u(3),
        limit: u(plan.limit_each.0),
        vaultAssets: u(vault.0),
        keeperBudget: u(WAD / 20),
    };
    assert_eq!(opened, expected);
    let listings: Vec<Abi::SeriesListed> = events(&done.receipt, world.vault);
    assert_eq!(listings.len(), 3);
    for (index, (event, listing)) in (0_u128..).zip(listings.iter().zip(plan.series())) {
        let (strike, cap) = (u(listing.strike.0), u(listing.cap.expect("capped").0));
        let expected = Abi::SeriesListed {
            epoch: u(1),
            id: id(index),
            strike,
            cap,
            expiry: seconds(expiry),
        };
        assert_eq!(*event, expected);
        let series = world.view(&Abi::seriesCall { id: id(index) });
        assert_eq!(
            (series.strike, series.cap, series.sold),
            (strike, cap, U256::ZERO)
        );
        // Per unit of spot, as the model has it.
        let greeks = option_math::capped_call(
            SPOT,
            listing.strike.0,
            listing.cap.map(|cap| cap.0),
            volatility(&world),
            expiry - now,
            0,
        );
        let one = PerSpot::of(&greeks.expect("a price"), Price(SPOT));
        let shown = (series.price, series.delta, series.spotGamma);
        let expected = (u(one.price), u(one.delta.into()), signed(one.spot_gamma));
        assert_eq!(shown, expected);
        let slopes = (series.vega, series.thetaPerDay);
        assert_eq!(slopes, (signed(one.vega), signed(one.theta)));
        assert!(one.delta > 0 && one.theta < 0);
    }
    let epoch = world.view(&Abi::epochCall {});
    assert_eq!(
        (epoch.number, epoch.phase, epoch.expiry),
        (u(1), u(1), seconds(expiry))
    );
    assert_eq!(
        (epoch.lastPrice, epoch.lastPriceTime),
        (u(SPOT), seconds(now))
    );
    assert_eq!(expiry % (7 * DAY), DAY + 8 * HOUR, "a Friday, 08:00 UTC");
    assert_reconciled(&world);
}

#[test]
fn strikes_lie_above_spot_and_deltas_near_their_targets() {
    for (spot, tick) in [
        (SPOT, 10 * WAD),
        (WAD / 50, WAD / 10_000),
        (90_000 * WAD, 500 * WAD),
        // So fine that strikes and caps are of a tick that is coarser by powers of ten.
        (SPOT, 1_000_000_000),
        (90_000 * WAD, WAD / 100),
    ] {
        let mut policy = default_policy();
        policy.opening.strikeTick = steps(tick);
        policy.opening.targetDeltas = [5_000, 4_000, 3_000, 2_500, 2_000, 1_500, 1_000, 500];
        let mut world = ready(&Options {
            policy: policy.clone(),
            ..Options::default()
        });
        world.submit(spot);
        world.send(keeper(), &OPEN).expect("the window is over");
        let count: u128 = world.view(&Abi::epochCall {}).seriesCount.to();
        assert!(count >= 6, "{count} series at {spot}");
        let mut last = 0;
        for index in 0..count {
            let series = world.view(&Abi::seriesCall { id: id(index) });
            let (strike, cap): (u128, u128) = (series.strike.to(), series.cap.to());
            assert!(strike >= spot + spot / 100, "strike {strike} at {spot}");
            assert!(strike > last && strike % tick == 0 && cap % tick == 0 && cap >= 2 * spot);
            last = strike;
            let delta: u128 = series.delta.to();
            let bps = delta / (WAD / 10_000);
            let targets = policy.opening.targetDeltas.map(u128::from);
            // The tick moves a strike up, and with it the delta down: by a seventh of one at most here.
            let near = targets
                .iter()
                .any(|target| bps <= target + 5 && bps + 450 >= *target);
            assert!(near, "delta {bps} bp of series {index} at {spot}");
        }
    }
}

#[test]
fn strikes_on_one_tick_are_merged_and_sizes_follow() {
    let mut policy = default_policy();
    policy.opening.strikeTick = steps(1_000 * WAD);
    let mut world = ready(&Options {
        policy,
        ..Options::default()
    });
    world.send(keeper(), &OPEN).expect("the window is over");
    let epoch = world.view(&Abi::epochCall {});
    assert_eq!(
        (epoch.seriesCount, epoch.limit),
        (u(1), u(20 * WAD - WAD / 20))
    );
    let series = world.view(&Abi::seriesCall { id: id(0) });
    assert_eq!(
        (series.strike, series.cap),
        (u(3_000 * WAD), u(4_000 * WAD))
    );
}

#[test]
fn without_a_cap_plain_calls_are_listed() {
    let mut policy = default_policy();
    policy.opening.uncapped = u8::MAX;
    let mut world = ready(&Options {
        policy,
        ..Options::default()
    });
    let done = world.send(keeper(), &OPEN).expect("the window is over");
    let listings: Vec<Abi::SeriesListed> = events(&done.receipt, world.vault);
    assert!(listings.iter().all(|listing| listing.cap == U256::ZERO));
    assert_eq!(world.view(&Abi::seriesCall { id: id(0) }).cap, U256::ZERO);
}

#[test]
fn the_window_for_deposits_lasts_its_twelve_hours() {
    let mut world = deposited(&Options::default());
    let since: u64 = world.view(&Abi::epochCall {}).since.to();
    let until = since + 12 * HOUR;
    world.chain.set_time(until - 1);
    world.set_price(SPOT);
    let error = Abi::OpenWindow {
        until: seconds(until),
        nowSeconds: seconds(until - 1),
    };
    refuse(&mut world, keeper(), &OPEN, error);
    world.chain.set_time(until);
    world.send(keeper(), &OPEN).expect("the window is over");
}

#[test]
fn a_vault_below_its_minimum_does_not_open() {
    let mut world = World::new(&Options::default());
    world.deposit(alice(), WAD).expect("the vault is open");
    world.chain.warp(13 * HOUR);
    world.set_price(SPOT);
    // The keeper budget takes its 50 bp first.
    let (assets, minimum) = (u(WAD - WAD / 200), u(WAD));
    refuse(
        &mut world,
        keeper(),
        &OPEN,
        Abi::BelowMinimumAssets { assets, minimum },
    );
    world
        .deposit(alice(), WAD / 100)
        .expect("the vault is open");
    world.send(keeper(), &OPEN).expect("enough");
    let mut empty = World::new(&Options::default());
    empty.chain.warp(13 * HOUR);
    let error = Abi::BelowMinimumAssets {
        assets: U256::ZERO,
        minimum,
    };
    refuse(&mut empty, keeper(), &OPEN, error);
}

#[test]
fn a_stale_price_opens_nothing() {
    let mut world = ready_by_default();
    let updated = world.chain.now();
    world.chain.warp(HOUR + 1);
    let (at, now) = (seconds(updated), seconds(updated + HOUR + 1));
    refuse(
        &mut world,
        keeper(),
        &OPEN,
        Abi::OraclePriceStale {
            updatedAt: at,
            nowSeconds: now,
        },
    );
    world.set_price(SPOT);
    world.chain.warp(HOUR);
    world.send(keeper(), &OPEN).expect("an hour old is fresh");
}

#[test]
fn prices_that_are_none_open_nothing() {
    let mut world = ready_by_default();
    let huge = (I256::ONE).asl(68).expect("fits");
    for answer in [
        I256::ZERO,
        -I256::ONE,
        I256::MIN,
        I256::MAX,
        I256::ONE,
        huge,
    ] {
        world
            .feed
            .submit(&mut world.chain, answer)
            .expect("any answer");
        refuse(
            &mut world,
            keeper(),
            &OPEN,
            Abi::OraclePriceInvalid { answer },
        );
    }
}

#[test]
fn nothing_opens_while_the_sequencer_is_down_or_only_just_back() {
    let mut world = ready_by_default();
    world
        .sequencer
        .set_up(&mut world.chain, false)
        .expect("the operator");
    let down = seconds(world.chain.now());
    world.chain.warp(HOUR / 2);
    world.set_price(SPOT);
    let now = seconds(world.chain.now());
    refuse(
        &mut world,
        keeper(),
        &OPEN,
        Abi::SequencerDown {
            since: down,
            nowSeconds: now,
        },
    );
    world
        .sequencer
        .set_up(&mut world.chain, true)
        .expect("the operator");
    let up = world.chain.now();
    for wait in [0, HOUR] {
        world.chain.set_time(up + wait);
        world.set_price(SPOT);
        let (since, now) = (seconds(up), seconds(up + wait));
        refuse(
            &mut world,
            keeper(),
            &OPEN,
            Abi::SequencerDown {
                since,
                nowSeconds: now,
            },
        );
    }
    world.chain.set_time(up + HOUR + 1);
    world
        .send(keeper(), &OPEN)
        .expect("the grace period is over");
}

#[test]
fn a_chain_without_a_sequencer_feed_needs_none() {
    let mut world = ready(&Options {
        sequencer: false,
        ..Options::default()
    });
    world
        .sequencer
        .set_up(&mut world.chain, false)
        .expect("the operator");
    world
        .send(keeper(), &OPEN)
        .expect("the vault does not look");
}

#[test]
fn a_feed_without_an_answer_opens_nothing() {
    let mut world = ready_by_default();
    world
        .feed
        .change_phase(&mut world.chain, None)
        .expect("the owner");
    let feed = world.feed.address;
    refuse(&mut world, keeper(), &OPEN, Abi::OracleUnavailable { feed });
}

#[test]
fn an_aggregator_with_other_decimals_opens_nothing() {
    let mut world = ready_by_default();
    let other = Feed::deploy(&mut world.chain, FeedConfig::new("ETH / USD", 18)).expect("a feed");
    other
        .submit(&mut world.chain, I256::try_from(SPOT).expect("fits"))
        .expect("any answer");
    let aggregator = other.aggregator(&world.chain).expect("an aggregator");
    let propose = IAggregatorProxy::proposeAggregatorCall { aggregator };
    send(&mut world.chain, OPERATOR, world.feed.address, &propose).expect("the owner");
    let confirm = IAggregatorProxy::confirmAggregatorCall { aggregator };
    send(&mut world.chain, OPERATOR, world.feed.address, &confirm).expect("the owner");
    let error = Abi::FeedDecimalsChanged {
        expected: u(8),
        actual: u(18),
    };
    refuse(&mut world, keeper(), &OPEN, error);
}

#[test]
fn an_epoch_opens_once() {
    let mut world = opened();
    refuse(&mut world, keeper(), &OPEN, Abi::NotOpen { phase: u(1) });
    let hint = expire(&mut world, SPOT);
    refuse(&mut world, keeper(), &OPEN, Abi::NotOpen { phase: u(2) });
    world
        .send(keeper(), &settling(&world, hint))
        .expect("settles");
    refuse(&mut world, keeper(), &OPEN, Abi::NotOpen { phase: u(3) });
}

#[test]
fn the_keeper_budget_is_filled_up_to_its_share_and_no_further() {
    let mut world = World::new(&Options::default());
    world.deposit(alice(), 2 * WAD).expect("the vault is open");
    open(&mut world);
    let ledger = world.ledger();
    assert_eq!(ledger.keeperAssets, u(WAD / 100), "50 bp of 2 WETH");
    assert_eq!(ledger.vaultAssets, u(2 * WAD - WAD / 100));

    // What a reward took is filled up again, and only that.
    let mut world = rolled(1_900 * WAD);
    let before = world.ledger();
    assert!(before.keeperAssets < u(WAD / 20));
    open(&mut world);
    let after = world.ledger();
    assert_eq!(after.keeperAssets, u(WAD / 20));
    let moved = after.keeperAssets - before.keeperAssets;
    assert_eq!(before.vaultAssets - after.vaultAssets, moved);
    assert_reconciled(&world);
}
