//! settle.

use crate::support::*;
use testbed::primitives::aliases::U80;
use testbed::{Abi, DAY, HOUR, U256, WAD};
use vault_core::{Assets, Pot, Price, payout};

#[test]
fn the_last_round_before_expiry_settles_all_series_at_once() {
    let mut world = hedged();
    let hint = expire(&mut world, 2_400 * WAD);
    let (before, series) = (vault_pot(&world), listed(&world));
    let done = world
        .send(stranger(), &settling(&world, hint))
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
        let call = settling(&world, hint);
        refuse(&mut world, keeper(), &call, error);
    }
    world.chain.set_time(at + 61);
    world
        .send(keeper(), &settling(&world, hint))
        .expect("visible by now");
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
            .send(stranger(), &settling(&world, hint))
            .expect("the round settles");
        assert_eq!(done.value, u(2_345 * WAD), "after {wait} s");
    }
}

#[test]
fn an_expiry_is_settled_once() {
    let mut world = sold();
    let hint = expire(&mut world, 2_100 * WAD);
    world
        .send(keeper(), &settling(&world, hint))
        .expect("settles");
    let call = settling(&world, hint);
    refuse(&mut world, keeper(), &call, Abi::NotLive { phase: u(3) });
    roll(&mut world, 2_100 * WAD);
    let call = settling(&world, hint);
    refuse(&mut world, keeper(), &call, Abi::NotLive { phase: u(0) });
}

#[test]
fn with_nothing_sold_no_price_is_needed() {
    let mut world = opened();
    world.chain.set_time(expiry(&world) + 61);
    world.chain.set_code(world.feed.address, [0xfe]);
    let done = world
        .send(stranger(), &settling(&world, U80::ZERO))
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
