//! settle.

use crate::support::*;
use std::collections::BTreeSet;
use testbed::primitives::{Bytes, aliases::U80};
use testbed::{Abi, DAY, HOUR, I256, U256, WAD, World};
use vault_core::{Assets, Pot, Price, payout};

fn call(round: U80) -> Abi::settleCall {
    Abi::settleCall { roundId: round }
}

fn wrong(updated: u64, world: &World) -> Abi::WrongSettlementRound {
    let expiry = seconds(expiry(world));
    Abi::WrongSettlementRound {
        updatedAt: seconds(updated),
        expiry,
    }
}

/// Answers a price at this time, the latest so far. Returns the round.
fn answer_at(world: &mut World, time: u64, price: u128) -> U80 {
    world.chain.set_time(time);
    world.submit(price);
    round(world)
}

#[test]
fn the_last_round_before_expiry_settles_all_series_at_once() {
    let mut world = hedged();
    let hint = expire(&mut world, 2_400 * WAD);
    let (before, series) = (vault_pot(&world), listed(&world));
    let done = world
        .send(stranger(), &call(hint))
        .expect("the round settles");
    assert_eq!(done.value, u(2_400 * WAD));
    let due = payout::payouts(
        before,
        Pot::default(),
        &series,
        0,
        Price(2_400 * WAD),
        UNITS,
    )
    .expect("solvent");
    let (left, paid) = (vault_pot(&world), due.total);
    let settled: Abi::Settled = event(&world, &done.receipt);
    let expected = Abi::Settled {
        epoch: u(1),
        expiry: seconds(expiry(&world)),
        price: u(2_400 * WAD),
        roundId: U256::from(hint),
        paidAssets: u(paid.assets.0),
        paidQuote: u(paid.quote.0),
        vaultAssets: u(before.assets.0 - paid.assets.0),
        vaultQuote: u(before.quote.0 - paid.quote.0),
    };
    assert_eq!(settled, expected);
    assert!(paid.quote.0 > 0);
    assert_eq!(
        (u(left.assets.0), u(left.quote.0)),
        (settled.vaultAssets, settled.vaultQuote)
    );
    let ledger = world.ledger();
    assert_eq!(
        (ledger.payoutAssets, ledger.payoutQuote),
        (settled.paidAssets, settled.paidQuote)
    );
    for (index, due) in (0..3).zip(due.series) {
        let stored = world.view(&Abi::seriesCall { id: id(index) });
        assert_eq!(
            (stored.payoutAssets, stored.payoutQuote),
            (u(due.assets.0), u(due.quote.0))
        );
    }
    assert_eq!(world.view(&Abi::epochCall {}).phase, u(3));
    assert_reconciled(&world);
}

#[test]
fn what_quote_does_not_cover_is_paid_in_the_asset() {
    let mut world = sold();
    let (before, series) = (vault_pot(&world), listed(&world));
    let done = settle(&mut world, 2_800 * WAD);
    let settled: Abi::Settled = event(&world, &done.receipt);
    let due = payout::payouts(
        before,
        Pot::default(),
        &series,
        0,
        Price(2_800 * WAD),
        UNITS,
    )
    .expect("solvent");
    assert_eq!(settled.paidQuote, u(due.total.quote.0));
    assert!(
        before.quote.0 - due.total.quote.0 <= 3,
        "all the quote, to rounding"
    );
    assert_eq!(settled.paidAssets, u(due.total.assets.0));
    assert!(due.total.assets > Assets(2 * WAD));
    assert_eq!(
        vault_pot(&world).quote.0,
        before.quote.0 - due.total.quote.0
    );
    assert_reconciled(&world);
}

#[test]
fn nothing_settles_before_expiry_and_the_visibility_lag() {
    let mut world = sold();
    let at = expiry(&world);
    let hint = answer_at(&mut world, at - 10, SPOT);
    for time in [at - 10, at - 1, at, at + 60] {
        world.chain.set_time(time);
        let error = Abi::NotExpired {
            expiry: seconds(at),
            nowSeconds: seconds(time),
        };
        refuse(&mut world, keeper(), &call(hint), error);
    }
    world.chain.set_time(at + 61);
    world.send(keeper(), &call(hint)).expect("visible by now");
}

#[test]
fn the_settled_price_does_not_depend_on_when_it_is_settled() {
    let world = {
        let mut world = sold();
        expire(&mut world, 2_345 * WAD);
        world
    };
    let hint = round(&world);
    for wait in [0, HOUR, 3 * DAY, 8 * DAY, 300 * DAY] {
        let mut world = world.clone();
        world.chain.warp(wait);
        if wait > 0 {
            world.submit(1_000 * WAD);
            world.submit(3_000 * WAD);
        }
        let done = world
            .send(stranger(), &call(hint))
            .expect("the round settles");
        assert_eq!(done.value, u(2_345 * WAD), "after {wait} s");
    }
}

#[test]
fn wrong_rounds_are_refused_by_the_time_they_are_of() {
    let mut world = sold();
    let at = expiry(&world);
    let early = answer_at(&mut world, at - 500, 2_100 * WAD);
    let last = answer_at(&mut world, at - 50, 2_200 * WAD);
    let first = answer_at(&mut world, at + 50, 2_300 * WAD);
    let second = answer_at(&mut world, at + 90, 2_400 * WAD);
    for (hint, time) in [(early, at - 500), (first, at + 50), (second, at + 90)] {
        let error = wrong(time, &world);
        refuse(&mut world, keeper(), &call(hint), error);
    }
    for absent in [
        shifted(second, 1),
        shifted(second, 1_000),
        U80::from(1_u128 << 64),
    ] {
        let error = wrong(0, &world);
        refuse(&mut world, keeper(), &call(absent), error);
    }
    for phase in [0_u128, 2, 65_535] {
        let hint = U80::from(phase << 64 | (last.to::<u128>() & u128::from(u64::MAX)));
        let error = Abi::WrongPhase {
            phase: u(phase),
            expected: u(1),
        };
        refuse(&mut world, keeper(), &call(hint), error);
    }
    world.send(keeper(), &call(last)).expect("the right one");
}

#[test]
fn a_round_of_the_very_second_of_expiry_counts() {
    let mut world = sold();
    let at = expiry(&world);
    let before = answer_at(&mut world, at - 1, 2_100 * WAD);
    let hint = answer_at(&mut world, at, 2_200 * WAD);
    answer_at(&mut world, at + 1, 2_300 * WAD);
    world.chain.set_time(at + 61);
    let error = wrong(at - 1, &world);
    refuse(&mut world, keeper(), &call(before), error);
    assert_eq!(
        world.send(keeper(), &call(hint)).expect("settles").value,
        u(2_200 * WAD)
    );
}

#[test]
fn when_the_last_round_is_too_old_the_first_one_after_settles() {
    let mut world = sold();
    let at = expiry(&world);
    let old = answer_at(&mut world, at - HOUR - 1, 2_100 * WAD);
    world.chain.set_time(at + 61);
    let error = wrong(at - HOUR - 1, &world);
    refuse(&mut world, keeper(), &call(old), error.clone());
    let first = answer_at(&mut world, at + DAY, 2_200 * WAD);
    answer_at(&mut world, at + DAY + 5, 2_300 * WAD);
    refuse(&mut world, keeper(), &call(old), error);
    let error = wrong(at + DAY + 5, &world);
    refuse(&mut world, keeper(), &call(shifted(first, 1)), error);
    assert_eq!(
        world.send(keeper(), &call(first)).expect("settles").value,
        u(2_200 * WAD)
    );
}

#[test]
fn a_round_an_hour_old_at_expiry_still_settles() {
    let mut world = sold();
    let at = expiry(&world);
    let hint = answer_at(&mut world, at - HOUR, 2_100 * WAD);
    let next = answer_at(&mut world, at + 70, 2_900 * WAD);
    let error = wrong(at + 70, &world);
    refuse(&mut world, keeper(), &call(next), error);
    assert_eq!(
        world.send(keeper(), &call(hint)).expect("settles").value,
        u(2_100 * WAD)
    );
}

#[test]
fn an_answer_that_is_no_price_leaves_it_to_the_next() {
    let mut world = sold();
    let at = expiry(&world);
    world.chain.set_time(at - 10);
    world
        .feed
        .submit(&mut world.chain, -I256::ONE)
        .expect("any answer");
    let bad = round(&world);
    let next = answer_at(&mut world, at + 100, 2_200 * WAD);
    let error = wrong(at - 10, &world);
    refuse(&mut world, keeper(), &call(bad), error);
    assert_eq!(
        world.send(keeper(), &call(next)).expect("settles").value,
        u(2_200 * WAD)
    );
}

#[test]
fn an_expiry_is_settled_once() {
    let mut world = sold();
    let hint = expire(&mut world, 2_100 * WAD);
    world.send(keeper(), &call(hint)).expect("settles");
    refuse(
        &mut world,
        keeper(),
        &call(hint),
        Abi::NotLive { phase: u(3) },
    );
    roll(&mut world, 2_100 * WAD);
    refuse(
        &mut world,
        keeper(),
        &call(hint),
        Abi::NotLive { phase: u(0) },
    );
}

#[test]
fn with_nothing_sold_no_price_is_needed() {
    let mut world = opened();
    world.chain.set_time(expiry(&world) + 61);
    world.chain.set_code(world.feed.address, [0xfe]);
    let done = world
        .send(stranger(), &call(U80::ZERO))
        .expect("nothing is open");
    let settled: Abi::Settled = event(&world, &done.receipt);
    assert_eq!((settled.price, settled.roundId), (U256::ZERO, U256::ZERO));
    assert_eq!(
        (settled.paidAssets, settled.paidQuote),
        (U256::ZERO, U256::ZERO)
    );
    world
        .send(stranger(), &Abi::rollCall {})
        .expect("nothing to convert");
    world.deposit(alice(), WAD).expect("open");
    let call = Abi::redeem_0Call {
        shares: u(shares(&world, bob())),
        receiver: bob(),
        owner: bob(),
    };
    world
        .send(bob(), &call)
        .expect("no feed holds an exit back");
}

#[test]
fn a_phase_that_changed_before_expiry_settles_by_its_last_round() {
    let mut world = sold();
    let at = expiry(&world);
    let last = answer_at(&mut world, at - 600, 2_200 * WAD);
    let answer = I256::try_from(2_500_u128 * 100_000_000).expect("fits");
    world.chain.set_time(at - 500);
    world
        .feed
        .change_phase(&mut world.chain, Some(answer))
        .expect("the owner");
    let newer = round(&world);
    assert_eq!(newer.to::<u128>() >> 64, 2);
    world.chain.set_time(at + 61);
    let error = Abi::WrongPhase {
        phase: u(2),
        expected: u(1),
    };
    refuse(&mut world, keeper(), &call(newer), error);
    let error = wrong(0, &world);
    refuse(&mut world, keeper(), &call(shifted(last, 1)), error);
    assert_eq!(
        world.send(keeper(), &call(last)).expect("settles").value,
        u(2_200 * WAD)
    );
}

#[test]
fn a_phase_that_went_silent_long_before_expiry_falls_back_after_a_week() {
    let mut world = hedged();
    let stored: u128 = world.view(&Abi::epochCall {}).lastPrice.to();
    let at = expiry(&world);
    let last = answer_at(&mut world, at - 2 * HOUR, 2_200 * WAD);
    let answer = I256::try_from(2_500_u128 * 100_000_000).expect("fits");
    world
        .feed
        .change_phase(&mut world.chain, Some(answer))
        .expect("the owner");
    let error = wrong(at - 2 * HOUR, &world);
    for wait in [61, DAY, 7 * DAY] {
        world.chain.set_time(at + wait);
        refuse(&mut world, keeper(), &call(last), error.clone());
    }
    world.chain.warp(1);
    let done = world.send(keeper(), &call(last)).expect("a week later");
    assert_eq!(done.value, u(stored));
    assert_eq!(
        event::<Abi::Settled>(&world, &done.receipt).roundId,
        U256::ZERO
    );
}

#[test]
fn a_dead_feed_falls_back_on_the_last_price_after_a_week_and_not_before() {
    // No code, code that reverts, code that eats all gas.
    for code in [&[][..], &[0x5f, 0x5f, 0xfd], &[0xfe]] {
        let mut world = hedged();
        let opening = round(&world);
        let stored: u128 = world.view(&Abi::epochCall {}).lastPrice.to();
        let at = expiry(&world);
        let feed = world.feed.address;
        world.chain.set_code(feed, Bytes::copy_from_slice(code));
        for wait in [61, 7 * DAY] {
            world.chain.set_time(at + wait);
            let error = wrong(0, &world);
            refuse(&mut world, keeper(), &call(opening), error);
        }
        world.chain.warp(1);
        let error = wrong(0, &world);
        refuse(&mut world, keeper(), &call(shifted(opening, 1)), error);
        let done = world.send(keeper(), &call(opening)).expect("a week later");
        assert_eq!(done.value, u(stored));
    }
}

#[test]
fn too_little_gas_is_told_from_a_missing_round() {
    let mut world = sold();
    let at = expiry(&world);
    let early = answer_at(&mut world, at - 500, 2_100 * WAD);
    let last = answer_at(&mut world, at - 50, 2_200 * WAD);
    world.chain.set_time(at + 8 * DAY);
    let (mut named, mut settled) = (0, 0);
    for gas in (60_000..600_000).step_by(4_500) {
        // The round before the last one, whose successor a starved call would hide.
        let refused = send_with_gas(&mut world.clone(), keeper(), &call(early), gas);
        refused.expect_err("never the wrong round");
        match send_with_gas(&mut world.clone(), keeper(), &call(last), gas) {
            Ok(done) => {
                assert_eq!(done.value, u(2_200 * WAD), "with {gas} gas");
                settled += 1;
            }
            Err(refused) => {
                let Some(testbed::Errors::NotEnoughGas(error)) = refused.error else {
                    panic!("{refused:?} with {gas} gas");
                };
                assert!(error.left < error.needed && error.needed > u(200_000));
                named += 1;
            }
        }
    }
    assert!(named > 20 && settled > 20, "{named} {settled}");
    // A live feed cannot be made to look dead.
    let opening = U80::from(1_u128 << 64 | 1);
    for gas in (200_000..400_000).step_by(10_000) {
        let refused = send_with_gas(&mut world.clone(), keeper(), &call(opening), gas);
        refused.expect_err("the opening round is long past");
    }
}

/// Random rounds around an expiry, read by everybody at every time with every hint: one price comes out, and it can always be had in the end.
#[test]
fn one_price_for_every_caller_time_and_hint() {
    let mut rng = fastrand::Rng::with_seed(5);
    let base = hedged();
    let stored: u128 = base.view(&Abi::epochCall {}).lastPrice.to();
    let at = expiry(&base);
    let (mut by_round, mut by_store) = (0, 0);
    for _ in 0..40 {
        let mut world = base.clone();
        let mut prices = BTreeSet::new();
        let step = *rng.choice(&[900, 5_000, 40_000, 150_000]).expect("a step");
        let mut time = at - rng.u64(0..2 * step);
        let mut history = Vec::new();
        for wait in [61, DAY, 7 * DAY, 7 * DAY + 1, 9 * DAY] {
            while time <= at + wait && history.len() < 10 {
                world.chain.set_time(time);
                let good = rng.u8(0..6) != 0;
                let answer = if good {
                    rng.i64(1..9) * 100_000_000_000 + 7
                } else {
                    -rng.i64(0..9)
                };
                let answer = I256::try_from(answer).expect("fits");
                world
                    .feed
                    .submit(&mut world.chain, answer)
                    .expect("any answer");
                history.push((time as i64 - at as i64, answer));
                time += rng.u64(1..step);
                if rng.u8(0..16) == 0 {
                    world
                        .feed
                        .change_phase(&mut world.chain, None)
                        .expect("the owner");
                }
            }
            world.chain.set_time(at + wait);
            for number in 0..history.len() as u128 + 4 {
                for phase in 1..=2 {
                    let hint = U80::from(phase << 64 | number);
                    if let Ok(done) = world.simulate(stranger(), &call(hint)) {
                        prices.insert(done.value);
                    }
                }
            }
        }
        assert_eq!(prices.len(), 1, "{prices:?} from {history:?}");
        let price = prices.first().expect("one");
        if *price == u(stored) {
            by_store += 1;
        } else {
            by_round += 1;
        }
    }
    assert!(
        by_round >= 15 && by_store >= 3,
        "both ways: {by_round}, {by_store}"
    );
}
