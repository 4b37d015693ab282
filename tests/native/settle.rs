//! `settle`.

use alloy_primitives::{I256, U256};
use motsu::prelude::{Contract, FromTag};

use crate::interface::ICoveredCallVault::*;
use crate::support::feed::{Feed, round_id};
use crate::support::world::{PHASE, answer};
use crate::support::*;

/// A live vault of 100 WETH that sold 10 options of the first series.
fn sold() -> World {
    let world = World::live(100 * WETH);
    world.buy(0, 10 * WETH);
    world
}

fn settle(world: &World, round: u128) -> settleCall {
    world.settling(U256::from(round))
}

fn strike(world: &World, series: u128) -> u128 {
    world.view(&seriesCall { id: id(1, series) }).strike.to()
}

/// Brings the vault to `seconds` after expiry, with no round written on the way. Rounds can then be placed around expiry.
fn after_expiry(world: &World, seconds: u64) -> u64 {
    let expiry: u64 = world.view(&epochCall {}).expiry.to();
    world.pass(expiry - NOW + seconds);
    NOW - seconds
}

#[track_caller]
fn wrong(world: &World, round: u128, updated_at: u64, expiry: u64) {
    let error = WrongRound {
        updatedAt: updated_at.u(),
        time: expiry.u(),
    };
    world.refuses(carol(), &settle(world, round), &error);
}

#[track_caller]
fn not_yet(world: &World, round: u128, until: u64) {
    let error = NoPriceYet {
        until: until.u(),
        nowSeconds: NOW.u(),
    };
    world.refuses(carol(), &settle(world, round), &error);
}

#[test]
fn the_last_round_before_expiry_settles_it_and_holders_are_owed_in_quote_first() {
    let world = sold();
    let premium = world.view(&ledgerCall {}).vaultQuote;
    let before = world.view(&ledgerCall {});
    let round = world.expire(2_500, 61);
    assert_eq!(
        world.call(carol(), &settle(&world, round.to())).price,
        (2_500 * WAD).u()
    );
    // Ten options pay spot less strike each: all the quote there is, and the rest in the asset at that price.
    let owed = (10 * (2_500 - strike(&world, 0) / WAD) * USDC).u();
    let in_assets = (owed - premium) * WETH.u() / (2_500 * USDC).u();
    let series = world.view(&seriesCall { id: id(1, 0) });
    assert_eq!(
        (series.payoutQuote, series.payoutAssets),
        (premium, in_assets)
    );
    let after = world.view(&ledgerCall {});
    assert_eq!(
        (after.payoutQuote, after.payoutAssets),
        (premium, in_assets)
    );
    assert_eq!(
        (after.vaultQuote, after.vaultAssets),
        (U256::ZERO, before.vaultAssets - in_assets)
    );
    let epoch = world.view(&epochCall {});
    assert_eq!((epoch.phase, epoch.since), (U256::from(3), NOW.u()));
    world.vault.assert_emitted(&Settled {
        epoch: U256::from(1),
        expiry: world.view(&epochCall {}).expiry,
        price: (2_500 * WAD).u(),
        roundId: round,
        paidAssets: in_assets,
        paidQuote: premium,
        vaultAssets: after.vaultAssets,
        vaultQuote: U256::ZERO,
    });
}

#[test]
fn above_the_cap_an_option_pays_cap_less_strike() {
    let world = sold();
    let round = world.expire(6_000, 61);
    world.call(carol(), &settle(&world, round.to()));
    let series = world.view(&seriesCall { id: id(1, 0) });
    let paid = series.payoutQuote + series.payoutAssets * (6_000 * USDC).u() / WETH.u();
    let owed = (10 * (4_000 - strike(&world, 0) / WAD) * USDC).u();
    assert!(
        paid <= owed && paid + U256::from(2) >= owed,
        "{paid} of {owed}"
    );
}

#[test]
fn below_every_strike_nothing_is_owed() {
    let world = sold();
    let before = world.view(&ledgerCall {});
    let round = world.expire(2_000, 61);
    world.call(carol(), &settle(&world, round.to()));
    assert_eq!(world.view(&ledgerCall {}), before);
    assert_eq!(
        world.view(&payoutOfCall {
            id: id(1, 0),
            amount: WETH.u()
        }),
        payoutOfReturn {
            assets: U256::ZERO,
            quote: U256::ZERO
        }
    );
}

#[test]
fn every_series_is_paid_in_the_same_mix() {
    let world = World::live(100 * WETH);
    for series in 0..3 {
        world.buy(series, (10 - series) * WETH);
    }
    let round = world.expire(3_000, 61);
    world.call(carol(), &settle(&world, round.to()));
    let paid = [0, 1, 2].map(|series| world.view(&seriesCall { id: id(1, series) }));
    let ledger = world.view(&ledgerCall {});
    assert_eq!(
        paid.iter().map(|series| series.payoutQuote).sum::<U256>(),
        ledger.payoutQuote
    );
    assert_eq!(
        paid.iter().map(|series| series.payoutAssets).sum::<U256>(),
        ledger.payoutAssets
    );
    for series in &paid {
        // quote : assets is the same to a millionth.
        let (a, b) = (
            series.payoutQuote * ledger.payoutAssets,
            ledger.payoutQuote * series.payoutAssets,
        );
        assert!(a.abs_diff(b) < a / U256::from(1_000_000), "{a} {b}");
    }
}

#[test]
fn with_nothing_open_no_price_is_needed() {
    let world = World::live(100 * WETH);
    after_expiry(&world, 61);
    world.feed.sender(carol()).die(true);
    assert_eq!(world.call(carol(), &settle(&world, 0)).price, U256::ZERO);
    let ledger = world.view(&ledgerCall {});
    world.vault.assert_emitted(&Settled {
        epoch: U256::from(1),
        expiry: world.view(&epochCall {}).expiry,
        price: U256::ZERO,
        roundId: U256::ZERO,
        paidAssets: U256::ZERO,
        paidQuote: U256::ZERO,
        vaultAssets: ledger.vaultAssets,
        vaultQuote: U256::ZERO,
    });
}

#[test]
fn nothing_is_settled_before_expiry_and_a_minute() {
    let world = sold();
    let expiry: u64 = world.view(&epochCall {}).expiry.to();
    let early = |expiry: u64| NotExpired {
        expiry: expiry.u(),
        nowSeconds: NOW.u(),
    };
    world.refuses(carol(), &settle(&world, round_id(PHASE, 1)), &early(expiry));
    let round = world.expire(2_500, 60);
    world.refuses(carol(), &settle(&world, round.to()), &early(NOW - 60));
    world.pass(1);
    world.call(carol(), &settle(&world, round.to()));
}

#[test]
fn an_epoch_is_settled_once_and_only_if_there_is_one() {
    let world = World::new();
    world.refuses(carol(), &settle(&world, 0), &NotLive { phase: U256::ZERO });
    drop(world);
    let world = sold();
    let round = world.expire(2_500, 61);
    world.call(carol(), &settle(&world, round.to()));
    world.refuses(
        carol(),
        &settle(&world, round.to()),
        &NotLive {
            phase: U256::from(3),
        },
    );
}

#[test]
fn no_other_round_settles() {
    let world = sold();
    let earlier = world.round(2_400, NOW - 5);
    let expiry = after_expiry(&world, 1_000);
    let last = world.round(2_500, expiry - 10);
    let next = world.round(2_600, expiry + 10);
    let latest = world.round(2_700, expiry + 20);
    let opened: u64 = expiry - (1_736_496_000 - NOW) - 5;
    wrong(&world, earlier, opened, expiry);
    wrong(&world, next, expiry + 10, expiry);
    wrong(&world, latest, expiry + 20, expiry);
    wrong(&world, latest + 1, 0, expiry);
    wrong(&world, round_id(PHASE, 0), 0, expiry);
    wrong(&world, round_id(PHASE, u64::MAX), 0, expiry);
    assert_eq!(
        world.call(carol(), &settle(&world, last)).price,
        (2_500 * WAD).u()
    );
}

#[test]
fn a_round_at_the_very_second_of_expiry_counts() {
    let world = sold();
    let expiry = after_expiry(&world, 100);
    let before = world.round(2_400, expiry - 1);
    let at = world.round(2_500, expiry);
    world.round(2_600, expiry + 1);
    wrong(&world, before, expiry - 1, expiry);
    assert_eq!(
        world.call(carol(), &settle(&world, at)).price,
        (2_500 * WAD).u()
    );
}

#[test]
fn the_latest_round_needs_no_successor_unless_a_newer_one_is_known() {
    let world = sold();
    let expiry = after_expiry(&world, 100);
    let last = world.round(2_500, expiry - 10);
    // The feed tells of a newer round, and not of the one between: something is hidden.
    let hidden = last + 2;
    world
        .feed
        .sender(carol())
        .write(hidden, answer(2_600), expiry + 10);
    wrong(&world, last, expiry - 10, expiry);
    world.feed.sender(carol()).forget(hidden);
    world
        .feed
        .sender(carol())
        .write_latest(last, answer(2_500), expiry - 10);
    assert_eq!(
        world.call(carol(), &settle(&world, last)).price,
        (2_500 * WAD).u()
    );
}

#[test]
fn a_later_phase_is_not_looked_at_where_the_first_has_an_answer() {
    let world = sold();
    let expiry = after_expiry(&world, 100);
    let last = world.round(2_500, expiry - 10);
    let other = round_id(PHASE + 1, 7);
    world
        .feed
        .sender(carol())
        .write(other, answer(2_600), expiry - 5);
    wrong(&world, other, 0, expiry);
    assert_eq!(
        world.call(carol(), &settle(&world, last)).price,
        (2_500 * WAD).u(),
        "the last of its phase has no successor"
    );
}

#[test]
fn only_the_next_expiry_settles() {
    let world = sold();
    let round = world.expire(2_500, 61);
    let call = world.settling(round);
    for expiry in [U256::ZERO, call.expiry + U256::from(1), U256::MAX] {
        let other = settleCall {
            expiry,
            ..call.clone()
        };
        let expiry = call.expiry;
        world.refuses(carol(), &other, &SettleFirst { expiry });
    }
    world.call(carol(), &call);
}

#[test]
fn when_the_last_round_is_too_old_the_first_one_after_settles() {
    let world = sold();
    let expiry = after_expiry(&world, 10_000);
    let old = world.round(2_500, expiry - 3_601);
    let first = world.round(2_600, expiry + 5_000);
    let second = world.round(2_700, expiry + 6_000);
    wrong(&world, first, expiry + 5_000, expiry);
    wrong(&world, second, expiry + 6_000, expiry);
    assert_eq!(
        world.call(carol(), &settle(&world, old)).price,
        (2_600 * WAD).u()
    );
}

#[test]
fn an_answer_that_is_no_price_does_not_settle_and_the_next_round_does() {
    let world = sold();
    let expiry = after_expiry(&world, 1_000);
    let bad = world.round(0, expiry - 10);
    not_yet(&world, bad, expiry + 86_460);
    world
        .feed
        .sender(carol())
        .write(bad, -answer(2_000), expiry - 10);
    not_yet(&world, bad, expiry + 86_460);
    world.round(2_600, expiry + 10);
    assert_eq!(
        world.call(carol(), &settle(&world, bad)).price,
        (2_600 * WAD).u()
    );
}

#[test]
fn a_feed_that_died_settles_at_the_last_price_stored_after_a_week() {
    let world = sold();
    let opening_round = world.feed.sender(carol()).latest();
    let expiry = after_expiry(&world, 604_800);
    world.feed.sender(carol()).die(true);
    not_yet(&world, opening_round, expiry + 604_800);
    // Whatever the hint: without the round read at opening the feed is gone.
    not_yet(&world, opening_round + 1, expiry + 604_800);
    world.pass(1);
    assert_eq!(
        world.call(carol(), &settle(&world, opening_round)).price,
        (2_000 * WAD).u()
    );
    let ledger = world.view(&ledgerCall {});
    world.vault.assert_emitted(&Settled {
        epoch: U256::from(1),
        expiry: world.view(&epochCall {}).expiry,
        price: (2_000 * WAD).u(),
        roundId: U256::ZERO,
        paidAssets: U256::ZERO,
        paidQuote: U256::ZERO,
        vaultAssets: ledger.vaultAssets,
        vaultQuote: ledger.vaultQuote,
    });
}

#[test]
fn a_feed_that_stopped_settles_at_the_last_price_stored_after_a_week() {
    let world = sold();
    let stopped = world.feed.sender(carol()).latest();
    let expiry = after_expiry(&world, 604_800);
    not_yet(&world, stopped, expiry + 604_800);
    world.pass(1);
    assert_eq!(
        world.call(carol(), &settle(&world, stopped)).price,
        (2_000 * WAD).u()
    );
}

#[test]
fn an_answer_outside_what_can_be_priced_delays_settlement_by_a_week_and_no_more() {
    // One unit of a feed of 18 decimals, and more than 10²⁰ quote an asset: positive, and no price the vault can use.
    for (decimals, bad) in [
        (18, I256::ONE),
        (8, I256::try_from(1_u128 << 100).expect("fits")),
    ] {
        let world = World::deployed();
        world.feed.sender(carol()).set_decimals(decimals);
        world.construct(&world.setup()).expect("constructs");
        world.deposit(alice(), 100 * WETH);
        world.pass(43_200);
        // 200 quote an asset.
        let told = I256::try_from(200 * 10_u128.pow(decimals.into())).expect("fits");
        world
            .feed
            .sender(carol())
            .write(round_id(PHASE, 9), told, NOW);
        world.call(carol(), &openEpochCall {});
        world.buy(0, 10 * WETH);
        let expiry = after_expiry(&world, 604_801);
        let round = round_id(PHASE, 10);
        world.feed.sender(carol()).write(round, bad, expiry - 10);
        assert_eq!(
            world.call(carol(), &settle(&world, round)).price,
            (200 * WAD).u(),
            "{decimals} decimals"
        );
    }
}

/// A live vault that sold options, with a feed for the quote that is in another phase than the asset's, and at lower numbers.
fn sold_in_dollars() -> (World, Contract<Feed>) {
    let world = World::deployed();
    let dollars: Contract<Feed> = Contract::from_tag("dollars");
    dollars.sender(carol()).set_decimals(8);
    dollars
        .sender(carol())
        .write(round_id(3, 7), answer(1), NOW);
    let mut setup = world.setup();
    setup.quoteFeed = dollars.address();
    world.construct(&setup).expect("constructs");
    world.deposit(alice(), 100 * WETH);
    world.pass(43_200);
    dollars.sender(carol()).age(43_200);
    world
        .feed
        .sender(carol())
        .write(round_id(PHASE, 50), answer(2_000), NOW);
    dollars
        .sender(carol())
        .write(round_id(3, 8), answer(1), NOW);
    world.call(carol(), &openEpochCall {});
    // An option is bought at 2 000 of a quote of 0.80.
    world.price(1_600);
    dollars.sender(carol()).write(
        round_id(3, 9),
        answer(4) / I256::try_from(5).expect("fits"),
        NOW,
    );
    world.buy(0, WETH);
    (world, dollars)
}

/// Past the expiry by so many seconds, with an asset at 2 400 since before it.
fn expired_in_dollars(world: &World, dollars: &Contract<Feed>, seconds: u64) -> settleCall {
    let expiry: u64 = world.view(&epochCall {}).expiry.to();
    world.pass(expiry - NOW + seconds);
    dollars.sender(carol()).age(expiry - NOW + seconds);
    let round = world.round(2_400, NOW - seconds - 10);
    world.round(2_900, NOW - seconds + 10);
    settle(world, round)
}

#[test]
fn the_quote_is_proven_in_its_own_phase_from_its_own_opening() {
    let (world, dollars) = sold_in_dollars();
    let mut call = expired_in_dollars(&world, &dollars, 61);
    let write = |number, quote, at| {
        dollars
            .sender(carol())
            .write(round_id(3, number), answer(quote), at);
    };
    write(10, 2, NOW - 61 - 20);
    write(11, 3, NOW - 61 + 5);
    call.quoteRounds[0] = 10;
    assert_eq!(world.call(carol(), &call).price, (1_200 * WAD).u());
}

#[test]
fn without_the_quotes_feed_its_price_at_the_last_trade_settles() {
    let (world, dollars) = sold_in_dollars();
    let call = expired_in_dollars(&world, &dollars, 8 * 86_400);
    dollars.sender(carol()).die(true);
    let price: u128 = world.call(carol(), &call).price.to();
    // 24 leading bits of the quote's price are kept, rounded down: the ratio is up by less than one part in 2²³.
    let exact = 3_000 * WAD;
    assert!(price >= exact && price - exact <= exact >> 23, "{price}");
}
