//! `openEpoch`, and the oracle's refusals, which it shares with `buy` and `rebalance`.

use alloy_primitives::{I256, U256, Uint};

use crate::interface::ICoveredCallVault::*;
use crate::support::feed::round_id;
use crate::support::world::{PHASE, answer};
use crate::support::*;

/// A vault of 100 WETH whose window has passed, at a fresh price of 2 000.
fn ripe() -> World {
    let world = World::new();
    world.deposit(alice(), 100 * WETH);
    world.pass(43_200);
    world.price(2_000);
    world
}

#[test]
fn anyone_opens_an_epoch_and_its_terms_follow_from_policy_and_price() {
    let world = ripe();
    assert_eq!(world.call(carol(), &openEpochCall {}).number, U256::from(1));
    let epoch = world.view(&epochCall {});
    // Wednesday 1 January 2025 and three days: the Friday after that, 10 January, 08:00 UTC.
    assert_eq!(epoch.expiry, 1_736_496_000_u64.u());
    assert_eq!(
        (epoch.number, epoch.phase, epoch.since),
        (U256::from(1), U256::from(1), NOW.u())
    );
    assert_eq!(
        (epoch.lastPrice, epoch.lastPriceTime),
        ((2_000 * WAD).u(), NOW.u())
    );
    // 0.05 WETH of the 100 become the keepers'; the rest is divided among three series.
    let left = 100 * WETH - WETH / 20;
    assert_eq!(
        (epoch.seriesCount, epoch.limit),
        (U256::from(3), (left / 3).u())
    );
    let ledger = world.view(&ledgerCall {});
    assert_eq!(
        (ledger.vaultAssets, ledger.keeperAssets),
        (left.u(), (WETH / 20).u())
    );
    world.vault.assert_emitted(&EpochOpened {
        epoch: U256::from(1),
        expiry: epoch.expiry,
        spot: (2_000 * WAD).u(),
        seriesCount: U256::from(3),
        limit: epoch.limit,
        vaultAssets: left.u(),
        keeperBudget: (WETH / 20).u(),
    });
    let mut deltas = vec![(WAD * 3 / 10).u(), (WAD * 2 / 10).u(), (WAD / 10).u()].into_iter();
    let mut below = (2_020 * WAD).u();
    for series in 0..3 {
        let terms = world.view(&seriesCall { id: id(1, series) });
        assert!(
            terms.strike > below && terms.cap == (4_000 * WAD).u(),
            "{}",
            terms.strike
        );
        assert!(
            terms.delta <= deltas.next().expect("three") && terms.delta > U256::ZERO,
            "at most the target"
        );
        assert_eq!(terms.strike % (10 * WAD).u(), U256::ZERO, "on a tick");
        assert_eq!(terms.sold, U256::ZERO);
        assert!(terms.delta > U256::ZERO && terms.price > U256::ZERO);
        assert!(
            terms.price > U256::ZERO && terms.spotGamma > I256::ZERO && terms.vega > I256::ZERO
        );
        assert!(terms.thetaPerDay < I256::ZERO);
        let (strike, cap) = (terms.strike, terms.cap);
        world.vault.assert_emitted(&SeriesListed {
            epoch: U256::from(1),
            id: id(1, series),
            strike,
            cap,
            expiry: world.view(&epochCall {}).expiry,
        });
        below = terms.strike;
    }
}

#[test]
fn plain_calls_are_listed_with_a_cap_of_nothing() {
    let world = World::with(|setup| setup.policy.opening.uncapped = u8::MAX);
    world.deposit(alice(), 100 * WETH);
    world.open();
    assert_eq!(world.view(&seriesCall { id: id(1, 0) }).cap, U256::ZERO);
}

#[test]
fn strikes_that_fall_on_one_tick_are_one_series() {
    let world = World::with(|setup| setup.policy.opening.strikeTick = 1_000_000_000_000);
    world.deposit(alice(), 100 * WETH);
    world.open();
    assert_eq!(
        world.view(&epochCall {}).seriesCount,
        U256::from(1),
        "all at 3 000"
    );
    let terms = world.view(&seriesCall { id: id(1, 0) });
    assert_eq!(
        (terms.strike, terms.cap),
        ((3_000 * WAD).u(), (4_000 * WAD).u())
    );
}

/// A tick of a cent at a price of thousands: more ticks than the bits of a strike or cap count, so that all of them are in coarser ones, each series in its own.
#[test]
fn strikes_and_caps_of_many_ticks_are_listed_as_planned() {
    let world = World::with(|setup| {
        setup.policy.opening.strikeTick = 10_000_000;
        // Its highest price is its strike, in finer ticks than the caps of the others are.
        setup.policy.opening.uncapped = 0b010;
        setup.policy.opening.capBps = Uint::from(40_000);
    });
    world.deposit(alice(), 100 * WETH);
    world.open();
    let series = |n| world.view(&seriesCall { id: id(1, n) });
    for n in 0..3 {
        let (strike, cap) = (series(n).strike, series(n).cap);
        let (unit, highest) = if n == 1 {
            (WAD / 10, U256::ZERO)
        } else {
            (WAD, (8_000 * WAD).u())
        };
        assert_eq!((cap, strike % unit.u()), (highest, U256::ZERO), "{n}");
        assert!(strike > (2_020 * WAD).u() && strike < (2_600 * WAD).u());
        assert!(series(n).delta <= ((3 - n) * WAD / 10).u());
        world.vault.assert_emitted(&SeriesListed {
            epoch: U256::from(1),
            id: id(1, n),
            strike,
            cap,
            expiry: world.view(&epochCall {}).expiry,
        });
    }
    assert_ne!(series(1).strike % WAD.u(), U256::ZERO, "in its own ticks");
}

#[test]
fn eight_series_can_be_listed() {
    let world = World::with(|setup| {
        setup.policy.opening.targetDeltas =
            [4_500, 4_000, 3_500, 3_000, 2_500, 2_000, 1_500, 1_000];
    });
    world.deposit(alice(), 100 * WETH);
    world.open();
    assert_eq!(world.view(&epochCall {}).seriesCount, U256::from(8));
    let strikes: Vec<U256> = (0..8)
        .map(|series| world.view(&seriesCall { id: id(1, series) }).strike)
        .collect();
    assert!(strikes.is_sorted_by(|a, b| a < b), "{strikes:?}");
}

#[test]
fn the_window_for_deposits_comes_first() {
    let world = World::new();
    world.deposit(alice(), 100 * WETH);
    let until = |passed: u64| OpenWindow {
        until: (NOW - passed + 43_200).u(),
        nowSeconds: NOW.u(),
    };
    world.refuses(carol(), &openEpochCall {}, &until(0));
    world.pass(43_199);
    world.price(2_000);
    world.refuses(carol(), &openEpochCall {}, &until(43_199));
    world.pass(1);
    world.call(carol(), &openEpochCall {});
}

#[test]
fn an_epoch_opens_only_when_none_is_under_way() {
    let world = World::live(100 * WETH);
    let refused =
        |phase: u64| world.refuses(carol(), &openEpochCall {}, &NotOpen { phase: phase.u() });
    refused(1);
    let round = world.expire(2_000, 61);
    refused(2);
    world.call(carol(), &world.settling(round));
    refused(3);
    world.call(carol(), &rollCall {});
    world.open();
    assert_eq!(world.view(&epochCall {}).number, U256::from(2));
}

#[test]
fn a_vault_that_was_not_constructed_opens_nothing() {
    World::deployed().refuses(carol(), &openEpochCall {}, &NotInitialised {});
}

#[test]
fn a_vault_too_small_stays_open() {
    let world = World::new();
    // 50 basis points of this become the keepers', and what is left is under the minimum of one WETH.
    world.deposit(alice(), WETH);
    world.pass(43_200);
    world.price(2_000);
    let assets = (WETH - WETH / 200).u();
    world.refuses(
        carol(),
        &openEpochCall {},
        &BelowMinimumAssets {
            assets,
            minimum: WETH.u(),
        },
    );
    world.deposit(bob(), WETH);
    world.call(carol(), &openEpochCall {});
}

#[test]
fn no_epoch_opens_at_a_price_that_is_no_price() {
    let world = ripe();
    for (number, bad) in [
        (100, I256::ZERO),
        (101, -answer(2_000)),
        (102, I256::MAX),
        (103, I256::MIN),
    ] {
        world
            .feed
            .sender(carol())
            .write(round_id(PHASE, number), bad, NOW);
        world.refuses(
            carol(),
            &openEpochCall {},
            &OraclePriceInvalid { answer: bad },
        );
    }
    world.price(2_000);
    world.call(carol(), &openEpochCall {});
}

#[test]
fn no_epoch_opens_at_an_old_price_or_one_from_the_future() {
    let world = ripe();
    let stale = |updated_at: u64| OraclePriceStale {
        updatedAt: updated_at.u(),
        nowSeconds: NOW.u(),
    };
    for updated_at in [NOW - 3_601, NOW + 1, u64::MAX / 2] {
        world.round(2_000, updated_at);
        world.refuses(carol(), &openEpochCall {}, &stale(updated_at));
    }
    world.round(2_000, NOW - 3_600);
    world.call(carol(), &openEpochCall {});
}

#[test]
fn no_epoch_opens_without_a_feed() {
    let world = ripe();
    world.feed.sender(carol()).die(true);
    let gone = UnsupportedDecimals {
        token: world.feed.address(),
        decimals: U256::MAX,
    };
    world.refuses(carol(), &openEpochCall {}, &gone);
    world.feed.sender(carol()).die(false);
    let latest = world.feed.sender(carol()).latest();
    world.feed.sender(carol()).forget(latest);
    world.refuses(
        carol(),
        &openEpochCall {},
        &OracleUnavailable {
            feed: world.feed.address(),
        },
    );
}

#[test]
fn no_epoch_opens_while_the_sequencer_is_down_or_just_back() {
    let world = ripe();
    let status = |id: u64, status: u64, since: u64| {
        world.sequencer.sender(carol()).write(
            round_id(PHASE, id),
            I256::unchecked_from(status),
            since,
        );
    };
    let down = |since: u64| SequencerDown {
        since: since.u(),
        nowSeconds: NOW.u(),
    };
    status(2, 1, NOW - 10_000);
    world.refuses(carol(), &openEpochCall {}, &down(NOW - 10_000));
    status(3, 0, NOW - 3_600);
    world.refuses(carol(), &openEpochCall {}, &down(NOW - 3_600));
    status(4, 0, NOW + 5);
    world.refuses(carol(), &openEpochCall {}, &down(NOW + 5));
    world.sequencer.sender(carol()).die(true);
    world.refuses(
        carol(),
        &openEpochCall {},
        &OracleUnavailable {
            feed: world.sequencer.address(),
        },
    );
    world.sequencer.sender(carol()).die(false);
    status(5, 0, NOW - 3_601);
    world.call(carol(), &openEpochCall {});
}

#[test]
fn a_feed_that_changed_its_decimals_is_refused() {
    let world = ripe();
    world.feed.sender(carol()).set_decimals(18);
    world.refuses(
        carol(),
        &openEpochCall {},
        &FeedDecimalsChanged {
            expected: U256::from(8),
            actual: U256::from(18),
        },
    );
}

#[test]
fn the_price_of_a_feed_of_any_decimals_has_18() {
    for (decimals, told) in [(0_u8, 2_000_u128), (8, 200_000_000_000), (18, 2_000 * WAD)] {
        let world = World::deployed();
        world.feed.sender(carol()).set_decimals(decimals);
        world.construct(&world.setup()).expect("constructs");
        world.deposit(alice(), 100 * WETH);
        world.pass(43_200);
        world.feed.sender(carol()).write(
            round_id(PHASE, 9),
            I256::try_from(told).expect("fits"),
            NOW,
        );
        world.call(carol(), &openEpochCall {});
        assert_eq!(
            world.view(&epochCall {}).lastPrice,
            (2_000 * WAD).u(),
            "{decimals} decimals"
        );
    }
}
