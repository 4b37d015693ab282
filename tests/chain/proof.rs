//! The price of an expiry, proven against Chainlink's own proxy.

use crate::support::*;
use std::collections::BTreeSet;
use testbed::primitives::{Bytes, aliases::U80};
use testbed::{Abi, DAY, HOUR, I256, U256, WAD, World};

/// How long after expiry later phases are looked at, and the last price stored counts.
const CLOSED: u64 = DAY + 61;
const FALLBACK: u64 = 7 * DAY + 1;

fn wrong(updated: u64, world: &World) -> Abi::WrongRound {
    Abi::WrongRound {
        updatedAt: seconds(updated),
        time: seconds(expiry(world)),
    }
}

/// There is no price until a time after expiry.
fn not_before(world: &World, after: u64) -> Abi::NoPriceYet {
    Abi::NoPriceYet {
        until: seconds(expiry(world) + after - 1),
        nowSeconds: seconds(world.chain.now()),
    }
}

/// Settling by a round is refused.
#[track_caller]
fn refused<E: alloy_sol_types::SolError + std::fmt::Debug>(world: &mut World, hint: U80, error: E) {
    let call = settling(world, hint);
    refuse(world, keeper(), &call, error);
}

/// Settles by a round; the price.
#[track_caller]
fn price_of(world: &mut World, hint: U80) -> U256 {
    let call = settling(world, hint);
    world.send(keeper(), &call).expect("settles").value
}

/// Settles by what the view finds; price and round.
#[track_caller]
fn found(world: &mut World) -> (U256, U256) {
    let call = finding(world);
    let done = world.send(stranger(), &call).expect("settles");
    let event: Abi::Settled = event(world, &done.receipt);
    assert_eq!(event.price, done.value);
    (event.price, event.roundId)
}

/// The call that the view's rounds make.
fn finding(world: &World) -> Abi::settleCall {
    let expiry = seconds(expiry(world));
    let rounds = world.view(&Abi::findRoundsCall { expiry });
    Abi::settleCall {
        expiry,
        assetRounds: rounds.assetRounds,
        quoteRounds: rounds.quoteRounds,
    }
}

fn change_phase(world: &mut World, price: Option<u128>) {
    let answer = price.map(|price| I256::try_from(price / 10_000_000_000).expect("fits"));
    world
        .feed
        .change_phase(&mut world.chain, answer)
        .expect("the owner");
}

fn id_in(phase: u128, number: u128) -> U80 {
    U80::from(phase << 64 | number)
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
        refused(&mut world, hint, error);
    }
    for absent in [
        shifted(second, 1),
        shifted(second, 1_000),
        id_in(1, 0),
        id_in(1, u128::from(u64::MAX)),
        // A hint for a later phase alone.
        id_in(2, 1),
    ] {
        let error = wrong(0, &world);
        refused(&mut world, absent, error);
    }
    assert_eq!(finding(&world), settling(&world, last));
    assert_eq!(price_of(&mut world, last), u(2_200 * WAD));
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
    refused(&mut world, before, error);
    assert_eq!(price_of(&mut world, hint), u(2_200 * WAD));
}

#[test]
fn when_the_last_round_is_too_old_the_first_one_after_settles() {
    let mut world = sold();
    let at = expiry(&world);
    let old = answer_at(&mut world, at - HOUR - 1, 2_100 * WAD);
    world.chain.set_time(at + 61);
    let error = not_before(&world, CLOSED);
    refused(&mut world, old, error);
    let first = answer_at(&mut world, at + DAY, 2_200 * WAD);
    answer_at(&mut world, at + DAY + 5, 2_300 * WAD);
    let error = wrong(at + DAY, &world);
    refused(&mut world, first, error);
    assert_eq!(found(&mut world), (u(2_200 * WAD), U256::from(first)));
}

#[test]
fn a_first_round_after_the_window_does_not_settle() {
    let mut world = hedged();
    let stored: u128 = world.view(&Abi::epochCall {}).lastPrice.to();
    let at = expiry(&world);
    let old = answer_at(&mut world, at - HOUR - 1, 2_100 * WAD);
    answer_at(&mut world, at + DAY + 1, 2_200 * WAD);
    world.chain.set_time(at + CLOSED);
    let error = not_before(&world, FALLBACK);
    refused(&mut world, old, error);
    world.chain.set_time(at + FALLBACK);
    assert_eq!(found(&mut world), (u(stored), U256::ZERO));
}

#[test]
fn a_round_an_hour_old_at_expiry_still_settles() {
    let mut world = sold();
    let at = expiry(&world);
    let hint = answer_at(&mut world, at - HOUR, 2_100 * WAD);
    let next = answer_at(&mut world, at + 70, 2_900 * WAD);
    let error = wrong(at + 70, &world);
    refused(&mut world, next, error);
    assert_eq!(price_of(&mut world, hint), u(2_100 * WAD));
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
    world.chain.set_time(at + 61);
    let error = not_before(&world, CLOSED);
    refused(&mut world, bad, error);
    let next = answer_at(&mut world, at + 100, 2_200 * WAD);
    assert_eq!(found(&mut world), (u(2_200 * WAD), U256::from(next)));
}

// --- Phases ---

#[test]
fn a_phase_that_changed_shortly_before_expiry_settles_by_its_last_round() {
    let mut world = sold();
    let at = expiry(&world);
    let last = answer_at(&mut world, at - 600, 2_200 * WAD);
    world.chain.set_time(at - 500);
    change_phase(&mut world, Some(2_500 * WAD));
    let newer = round(&world);
    assert_eq!(newer, id_in(2, 1));
    world.chain.set_time(at + 61);
    for hint in [newer, shifted(last, 1)] {
        let error = wrong(0, &world);
        refused(&mut world, hint, error);
    }
    assert_eq!(found(&mut world), (u(2_200 * WAD), U256::from(last)));
}

/// The most common case: a feed is replaced in the middle of a week.
#[test]
fn a_feed_replaced_long_before_expiry_settles_by_the_new_phase_after_a_day() {
    let mut world = sold();
    let at = expiry(&world);
    let old = answer_at(&mut world, at - 2 * DAY, 2_200 * WAD);
    change_phase(&mut world, None);
    answer_at(&mut world, at - 2 * HOUR, 2_300 * WAD);
    let last = answer_at(&mut world, at - 30, 2_400 * WAD);
    answer_at(&mut world, at + 30, 2_500 * WAD);
    world.chain.set_time(at + CLOSED - 1);
    let call = finding(&world);
    assert_eq!(call.assetRounds, [old.to::<u128>() as u64, 2, 0, 0]);
    let error = not_before(&world, CLOSED);
    refuse(&mut world, keeper(), &call, error);
    world.chain.warp(1);
    for number in [0, 1, 3, 4] {
        let mut other = call.clone();
        other.assetRounds[1] = number;
        let outcome = world.simulate(keeper(), &other);
        outcome.expect_err("only the last round of the new phase settles");
    }
    assert_eq!(found(&mut world), (u(2_400 * WAD), U256::from(last)));
}

#[test]
fn a_phase_that_changed_at_the_second_of_expiry_or_after_it_does_not_matter() {
    for wait in [0, 1, 3_000] {
        let mut world = sold();
        let at = expiry(&world);
        let last = answer_at(&mut world, at - 100, 2_200 * WAD);
        world.chain.set_time(at + wait);
        change_phase(&mut world, Some(2_500 * WAD));
        world.chain.set_time(at + 3_061);
        assert_eq!(found(&mut world), (u(2_200 * WAD), U256::from(last)));
    }
}

#[test]
fn phases_without_a_round_are_passed_over() {
    let mut world = sold();
    let at = expiry(&world);
    answer_at(&mut world, at - 3 * HOUR, 2_200 * WAD);
    // The proxy has no latest round while its aggregator has none.
    change_phase(&mut world, None);
    change_phase(&mut world, None);
    change_phase(&mut world, None);
    world.chain.set_time(at + CLOSED);
    let call = finding(&world);
    let error = not_before(&world, FALLBACK);
    refuse(&mut world, keeper(), &call, error);
    let mut late = world.clone();
    // A first answer after the window is not one before the expiry.
    late.submit(2_400 * WAD);
    let error = not_before(&late, FALLBACK);
    let call = finding(&late);
    refuse(&mut late, keeper(), &call, error);
    late.chain.set_time(at + FALLBACK);
    assert_eq!(found(&mut late).1, U256::ZERO);

    // One with an answer just before expiry, found in the fourth phase.
    let mut world = sold();
    answer_at(&mut world, at - 3 * HOUR, 2_200 * WAD);
    for _ in 0..3 {
        change_phase(&mut world, None);
    }
    let last = answer_at(&mut world, at - 30, 2_300 * WAD);
    assert_eq!(last, id_in(4, 1));
    world.chain.set_time(at + CLOSED);
    assert_eq!(found(&mut world), (u(2_300 * WAD), U256::from(last)));

    // Four phases are looked at and no more.
    let mut world = sold();
    let stored = world.view(&Abi::epochCall {}).lastPrice;
    answer_at(&mut world, at - 3 * HOUR, 2_200 * WAD);
    for _ in 0..4 {
        change_phase(&mut world, None);
    }
    answer_at(&mut world, at - 30, 2_300 * WAD);
    world.chain.set_time(at + FALLBACK);
    assert_eq!(found(&mut world), (stored, U256::ZERO));
}

#[test]
fn a_dead_feed_falls_back_on_the_last_price_after_a_week_and_not_before() {
    // No code, code that reverts, code that eats all gas, code that answers zeros.
    let zeros = [0x60, 0xa0, 0x5f, 0xf3];
    for code in [&[][..], &[0x5f, 0x5f, 0xfd], &[0xfe], &zeros] {
        let mut world = hedged();
        let opening = round(&world);
        let stored: u128 = world.view(&Abi::epochCall {}).lastPrice.to();
        let at = expiry(&world);
        let feed = world.feed.address;
        world.chain.set_code(feed, Bytes::copy_from_slice(code));
        for (wait, until) in [(61, CLOSED), (DAY + 61, FALLBACK), (7 * DAY, FALLBACK)] {
            world.chain.set_time(at + wait);
            let error = not_before(&world, until);
            refused(&mut world, opening, error);
        }
        world.chain.warp(1);
        // Whatever the hint is.
        for hint in [opening, shifted(opening, 1), id_in(1, 0)] {
            assert_eq!(price_of(&mut world.clone(), hint), u(stored));
        }
        assert_eq!(found(&mut world), (u(stored), U256::ZERO));
    }
}

#[test]
fn a_later_phase_that_answers_in_other_decimals_is_passed_over() {
    let mut world = hedged();
    let stored = world.view(&Abi::epochCall {}).lastPrice;
    let at = expiry(&world);
    answer_at(&mut world, at - 3 * HOUR, 2_200 * WAD);
    world.chain.set_time(at - 30);
    replace_feed(&mut world, 18, 2_300 * WAD);
    let mut replaced = world.clone();
    world.chain.set_time(at + CLOSED);
    let error = not_before(&world, FALLBACK);
    let call = finding(&world);
    assert_eq!(call.assetRounds[1], 1);
    refuse(&mut world, keeper(), &call, error);
    world.chain.set_time(at + FALLBACK);
    assert_eq!(found(&mut world), (stored, U256::ZERO));
    // With the right ones it settles.
    replaced.chain.set_time(at + 1_000);
    replace_feed(&mut replaced, 8, 2_400 * WAD);
    replaced.chain.set_time(at + CLOSED);
    assert_eq!(
        found(&mut replaced),
        (u(2_400 * WAD), U256::from(id_in(3, 1)))
    );
}

#[test]
fn an_aggregator_that_is_gone_leaves_it_to_the_next_phase() {
    let mut world = sold();
    let at = expiry(&world);
    answer_at(&mut world, at - 100, 2_200 * WAD);
    let old = world.feed.aggregator(&world.chain).expect("a proxy");
    change_phase(&mut world, Some(2_300 * WAD));
    world.chain.set_code(old, Bytes::new());
    world.chain.set_time(at + CLOSED);
    assert_eq!(found(&mut world), (u(2_300 * WAD), U256::from(id_in(2, 1))));
}

// --- Gas ---

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
        let call = settling(&world, early);
        let refused = send_with_gas(&mut world.clone(), keeper(), &call, gas);
        refused.expect_err("never the wrong round");
        let call = settling(&world, last);
        match send_with_gas(&mut world.clone(), keeper(), &call, gas) {
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
}

// --- What broke others ---

/// A price taken from the latest round at the call, or from a round that a bot picked (Lyra, Rysk). Random rounds around an expiry, read by everybody at
/// every time with every hint: one price comes out, and it can always be had in the end.
#[test]
fn peer_2_one_price_for_every_caller_time_and_hint() {
    let mut rng = fastrand::Rng::with_seed(5);
    let base = hedged();
    let stored: u128 = base.view(&Abi::epochCall {}).lastPrice.to();
    let at = expiry(&base);
    let (mut by_round, mut by_later, mut by_store) = (0, 0, 0);
    for _ in 0..40 {
        let mut world = base.clone();
        let mut prices = BTreeSet::new();
        let step = *rng.choice(&[900, 5_000, 40_000, 150_000]).expect("a step");
        let mut time = at - rng.u64(0..2 * step);
        let mut history = Vec::new();
        let mut phase = 1;
        for wait in [61, DAY, CLOSED, 7 * DAY, FALLBACK, 9 * DAY] {
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
                history.push((phase, time as i64 - at as i64, answer));
                time += rng.u64(1..step);
                // After the window it matters when a phase came: the price is unique from then on.
                if phase < 4 && time <= at + DAY && rng.u8(0..4) == 0 {
                    change_phase(&mut world, None);
                    phase += 1;
                }
            }
            world.chain.set_time(at + wait);
            let found = finding(&world);
            let mut calls: Vec<_> = (0..history.len() as u128 + 4)
                .flat_map(|number| [1, 2].map(|phase| id_in(phase, number)))
                .map(|hint| settling(&world, hint))
                .collect();
            for _ in 0..20 {
                let mut other = found.clone();
                for number in &mut other.assetRounds {
                    *number = rng.u64(0..6);
                }
                calls.push(other);
            }
            calls.push(found);
            for call in calls {
                let who = *rng.choice(&[stranger(), keeper(), carol()]).expect("one");
                if let Ok(done) = world.simulate(who, &call) {
                    prices.insert(done.value);
                }
            }
        }
        assert_eq!(prices.len(), 1, "{prices:?} of {history:?}");
        let (_, round) = self::found(&mut world);
        let price = prices.pop_first().expect("one");
        match round.to::<u128>() >> 64 {
            0 => assert_eq!(price, u(stored)),
            1 => by_round += 1,
            _ => by_later += 1,
        }
        by_store += u32::from(round == U256::ZERO);
    }
    assert!(
        by_round > 5 && by_later > 1 && by_store > 0,
        "{by_round} by a round, {by_later} by a later phase, {by_store} by what was stored"
    );
}

/// A walk through 2⁶⁴ round ids once a feed changed its phase, and an answer of 0 that was paid out on (Gamma, Siren).
#[test]
fn peer_3_a_change_of_phase_costs_no_walk_and_an_answer_of_nothing_settles_nothing() {
    let gas = |rounds_before: u64, phases: usize| {
        let mut world = sold();
        let at = expiry(&world);
        for step in 0..rounds_before {
            answer_at(&mut world, at - 20_000 + 60 * step, 2_100 * WAD);
        }
        for _ in 0..phases {
            change_phase(&mut world, None);
        }
        answer_at(&mut world, at - 50, 2_200 * WAD);
        answer_at(&mut world, at + 50, 2_300 * WAD);
        world.chain.set_time(at + CLOSED);
        let call = finding(&world);
        let done = world.send(keeper(), &call).expect("settles");
        assert_eq!(done.value, u(2_200 * WAD));
        done.receipt.gas_used
    };
    let (few, many) = (gas(1, 0), gas(250, 0));
    // Three hundred rounds are three hundred rounds in the hint's calldata: a few bytes.
    assert!(few.abs_diff(many) < 1_000, "{few} and {many}");
    let (next, fourth) = (gas(1, 1), gas(250, 3));
    println!("settle: {few} gas, {next} by the next phase, {fourth} by the fourth");
    assert!(fourth < few + 300_000, "{few} {next} {fourth}");

    let mut world = hedged();
    let stored = world.view(&Abi::epochCall {}).lastPrice;
    let at = expiry(&world);
    for time in [at - 10, at + 10] {
        world.chain.set_time(time);
        let zero = world.feed.submit(&mut world.chain, I256::ZERO);
        zero.expect("any answer");
    }
    world.chain.set_time(at + CLOSED);
    let call = finding(&world);
    let error = not_before(&world, FALLBACK);
    refuse(&mut world, keeper(), &call, error);
    world.chain.set_time(at + FALLBACK);
    assert_eq!(found(&mut world), (stored, U256::ZERO));
}

/// A sequencer that is down over an expiry: the first price after it is hours from the expiry's.
#[test]
fn peer_18_an_outage_over_the_expiry_changes_no_price() {
    let outage = |before: u64, after: u64| {
        let mut world = sold();
        let at = expiry(&world);
        let last = answer_at(&mut world, at - before, 2_200 * WAD);
        // No block while it is down; its feed says so with the first one after.
        world.chain.set_time(at + after);
        world
            .sequencer
            .set_up(&mut world.chain, false)
            .expect("known");
        world
            .sequencer
            .set_up(&mut world.chain, true)
            .expect("known");
        let first = answer_at(&mut world, at + after + 5, 1_500 * WAD);
        answer_at(&mut world, at + after + 90, 1_400 * WAD);
        (world, last, first)
    };
    // Short before the expiry it was up: the price of then, also while sales wait for the grace period.
    for wait in [61, 1_800, 3 * HOUR, 9 * DAY] {
        let (mut world, last, _) = outage(3_000, 5 * HOUR);
        world.chain.warp(wait);
        assert_eq!(found(&mut world), (u(2_200 * WAD), U256::from(last)));
    }
    // Down for more than an hour at expiry: the first price after it, whenever somebody settles.
    for wait in [61, 3 * HOUR, 9 * DAY] {
        let (mut world, _, first) = outage(HOUR + 1, 5 * HOUR);
        world.chain.warp(wait);
        assert_eq!(found(&mut world), (u(1_500 * WAD), U256::from(first)));
    }
}
