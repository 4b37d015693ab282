//! Several expiries in one epoch: reserves, settlement one after another, and a full book of eight series.

use crate::support::*;
use testbed::primitives::aliases::U80;
use testbed::{Abi, DAY, HOUR, Options, POOL_SETTLES, U256, WAD, World, default_policy};
use vault_core::{Pot, payout};

/// Options of four series: 30 and 20 delta at the end of the epoch, 20 delta a day before, 10 delta two days before.
pub fn laddered() -> Options {
    let mut policy = default_policy();
    policy.opening.targetDeltas = [3_000, 2_000, 2_000, 1_000, 0, 0, 0, 0];
    policy.opening.earlyDays = [0, 0, 1, 2, 0, 0, 0, 0];
    Options {
        policy,
        ..Options::default()
    }
}

/// Eight series of three expiries, the whole quota for one round.
pub fn full() -> Options {
    let mut policy = default_policy();
    policy.opening.targetDeltas = [4_000, 3_000, 2_500, 2_000, 1_500, 2_000, 1_000, 500];
    policy.opening.earlyDays = [0, 0, 0, 0, 1, 1, 2, 2];
    policy.sale.quotaBps = 10_000;
    Options {
        policy,
        ..Options::default()
    }
}

fn expiry_of(world: &World, series: u128) -> u64 {
    world.view(&Abi::seriesCall { id: id(series) }).expiry.to()
}

fn reserves(world: &World) -> (U256, U256) {
    let ledger = world.ledger();
    (ledger.reserveAssets, ledger.reserveQuote)
}

/// The last price before the expiry of a series is `price`, and it can be settled. Returns the round that settles it.
fn expire_series(world: &mut World, series: u128, price: u128) -> U80 {
    let expiry = expiry_of(world, series);
    world.chain.set_time(expiry - 100);
    world.set_price(price);
    let hint = round(world);
    world.chain.set_time(expiry + 61);
    hint
}

/// The call that settles the expiry of a series by a round.
fn settle_at(world: &World, series: u128, hint: U80) -> Abi::settleCall {
    settling_at(expiry_of(world, series), hint)
}

#[test]
fn every_series_is_solved_for_its_own_tenor() {
    let world = opened_with(&laddered());
    let end = expiry(&world);
    let strike = |series| world.view(&Abi::seriesCall { id: id(series) }).strike;
    for (series, days) in [(0, 0), (1, 0), (2, 1), (3, 2)] {
        assert_eq!(expiry_of(&world, series), end - days * DAY);
        let view = world.view(&Abi::seriesCall { id: id(series) });
        let target = [3_000, 2_000, 2_000, 1_000][series as usize] * (WAD / 10_000);
        assert!(view.delta <= u(target) && view.delta > u(target / 2));
    }
    assert!(strike(2) < strike(1), "less time, a nearer strike");
    assert_eq!(
        world.view(&Abi::symbol_1Call { id: id(2) }).len(),
        "ccWETH-27NOV26-2200/4000-C".len()
    );
}

#[test]
fn what_expires_early_is_paid_from_its_reserve_and_the_surplus_comes_back() {
    let mut world = opened_with(&laddered());
    let before = world.ledger().vaultAssets;
    for series in 0..4 {
        world
            .buy(carol(), id(series), 4 * WAD)
            .expect("there is room");
    }
    // One asset for each option of the two early series.
    assert_eq!(reserves(&world), (u(8 * WAD), U256::ZERO));
    assert_eq!(world.ledger().vaultAssets, before - u(8 * WAD));
    assert_reconciled(&world);

    // A price ten times as high in one block, then half of that.
    for (series, price) in [(3, 20_000 * WAD), (2, 10_000 * WAD), (0, 3_000 * WAD)] {
        let hint = expire_series(&mut world, series, price);
        let (vault, book, kept) = (vault_pot(&world), listed(&world), reserves(&world));
        let early = book[series as usize].early;
        let reserved = Pot {
            assets: vault_core::Assets(kept.0.to()),
            quote: vault_core::Quote(kept.1.to()),
        };
        let due = payout::payouts(
            vault,
            reserved,
            &book,
            early,
            vault_core::Price(price),
            UNITS,
        );
        let due = due.expect("solvent");
        let done = world
            .send(stranger(), &settle_at(&world, series, hint))
            .expect("settles");
        assert_eq!(done.value, u(price));
        let settled: Abi::Settled = event(&world, &done.receipt);
        assert_eq!(settled.expiry, seconds(expiry_of(&world, series)));
        assert_eq!(settled.paidAssets, u(due.total.assets.0));
        assert_eq!(vault_pot(&world), due.vault);
        assert_eq!(reserves(&world).0, u(due.reserves.assets.0));
        for (index, due) in (0..4).zip(due.series) {
            if due != Pot::default() {
                let view = world.view(&Abi::seriesCall { id: id(index) });
                assert!(view.settled);
                assert_eq!(
                    (view.payoutAssets, view.payoutQuote),
                    (u(due.assets.0), u(due.quote.0))
                );
            }
        }
        assert_reconciled(&world);
        let phase = if series == 0 { 3 } else { 1 };
        assert_eq!(
            world.view(&Abi::epochCall {}).phase,
            u(phase),
            "live until the last"
        );
    }
    assert_eq!(reserves(&world), (U256::ZERO, U256::ZERO));
    // All of them at once, with one that does not exist and one twice.
    let ids = [3, 2, 3, 1, 0, 9].map(id).to_vec();
    let batch = Abi::exerciseBatchCall {
        receiver: carol(),
        ids,
    };
    let paid = world.send(carol(), &batch).expect("settled").value;
    assert!(paid.assets > U256::ZERO && paid.quote > U256::ZERO);
    let ledger = world.ledger();
    assert!(
        ledger.payoutAssets <= u(4) && ledger.payoutQuote <= u(4),
        "rounding"
    );
    assert_reconciled(&world);
}

#[test]
fn while_an_expiry_is_not_settled_nothing_moves() {
    let mut world = opened_with(&laddered());
    world.buy(carol(), id(3), WAD).expect("there is room");
    world.buy(carol(), id(0), WAD).expect("there is room");
    let at = expiry_of(&world, 3);
    let hint = expire_series(&mut world, 3, 2_900 * WAD);
    world.submit(2_900 * WAD);
    let next = world.view(&Abi::vaultStateCall {}).nextStep;
    assert_eq!(next, seconds(at + 61), "it is the next thing to be settled");
    world.give_usdc(carol(), RICH);
    let (most, amount, deadline) = (U256::MAX, u(WAD), U256::MAX);
    let buy = Abi::buyCall {
        id: id(0),
        amount,
        maxPremium: most,
        receiver: carol(),
        deadline,
    };
    let sell = Abi::sellCall {
        id: id(0),
        amount,
        minProceeds: U256::ZERO,
        receiver: carol(),
        deadline,
    };
    let first = || Abi::SettleFirst {
        expiry: seconds(at),
    };
    refuse(&mut world, carol(), &buy, first());
    refuse(&mut world, carol(), &sell, first());
    refuse(&mut world, keeper(), &Abi::rebalanceCall {}, first());
    // Not from the other side either: the options are worth what the settlement says.
    refuse(
        &mut world,
        carol(),
        &Abi::exerciseCall {
            id: id(3),
            amount,
            receiver: carol(),
        },
        Abi::NotSettled { id: id(3) },
    );
    let call = settle_at(&world, 3, hint);
    world.send(stranger(), &call).expect("settles");
    let early = Abi::NotExpired {
        expiry: seconds(expiry(&world)),
        nowSeconds: seconds(world.chain.now()),
    };
    refuse(&mut world, stranger(), &call, early);
    world.send(carol(), &buy).expect("the epoch goes on");
    world.send(carol(), &sell).expect("the epoch goes on");
    world.chain.warp(POOL_SETTLES);
    world
        .send(keeper(), &Abi::rebalanceCall {})
        .expect("and is hedged");
    let late = Abi::SaleClosed {
        until: seconds(at - 12 * HOUR),
        nowSeconds: seconds(world.chain.now()),
    };
    refuse(
        &mut world,
        carol(),
        &Abi::buyCall { id: id(3), ..buy },
        late,
    );
}

#[test]
fn an_early_expiry_with_nothing_open_asks_for_nothing() {
    let mut world = opened_with(&laddered());
    world.buy(carol(), id(0), WAD).expect("there is room");
    let at = expiry_of(&world, 2);
    world.chain.set_time(at + 1);
    world.submit(SPOT);
    world
        .buy(carol(), id(0), WAD)
        .expect("nothing is to be settled");
    settle(&mut world, 2_500 * WAD);
    assert_eq!(world.view(&Abi::epochCall {}).phase, u(3));
}

#[test]
fn expiries_that_pass_together_are_settled_in_their_order() {
    let mut world = opened_with(&laddered());
    for series in 0..4 {
        world.buy(carol(), id(series), WAD).expect("there is room");
    }
    let mut hints = Vec::new();
    for (series, price) in [(3, 2_500 * WAD), (2, 2_600 * WAD), (0, 2_700 * WAD)] {
        let hint = expire_series(&mut world, series, price);
        hints.push((series, hint, price));
    }
    assert_eq!(world.view(&Abi::epochCall {}).phase, u(2));
    for (series, hint, price) in &hints {
        for (other, theirs, _) in hints.iter().filter(|other| other.0 != *series) {
            // No round settles an expiry but its own, and no expiry is settled before its turn.
            let wrong = world.simulate(stranger(), &settle_at(&world, *series, *theirs));
            assert!(wrong.is_err(), "{theirs} for {hint}");
            let turn = world.simulate(stranger(), &settle_at(&world, *other, *theirs));
            assert!(turn.is_err(), "{other} before {series}");
        }
        let call = settle_at(&world, *series, *hint);
        let done = world.send(stranger(), &call).expect("settles");
        assert_eq!(done.value, u(*price));
    }
    assert_eq!(world.view(&Abi::epochCall {}).phase, u(3));
    assert_eq!(reserves(&world), (U256::ZERO, U256::ZERO));
}

#[test]
fn a_sale_in_the_second_of_an_expiry_is_too_late_by_its_cutoff() {
    let mut world = opened_with(&laddered());
    world.give_usdc(carol(), RICH);
    let at = expiry_of(&world, 3);
    for (time, series) in [
        (at - 12 * HOUR, 3),
        (at, 3),
        (expiry(&world) - 12 * HOUR, 0),
    ] {
        world.chain.set_time(time);
        world.submit(SPOT);
        let refused = world.simulate(
            carol(),
            &Abi::quoteBuyCall {
                id: id(series),
                amount: u(WAD),
            },
        );
        let until = expiry_of(&world, series) - 12 * HOUR;
        let error = Abi::SaleClosed {
            until: seconds(until),
            nowSeconds: seconds(time),
        };
        assert_named(&refused.expect_err("too late"), &error);
    }
}

#[test]
fn a_full_book_is_sold_out_settled_and_paid() {
    let mut world = opened_with(&full());
    let limit: u128 = world.view(&Abi::epochCall {}).limit.to();
    assert_eq!(world.view(&Abi::epochCall {}).seriesCount, u(8));
    for series in 0..8 {
        world
            .buy(carol(), id(series), limit)
            .expect("there is room");
    }
    assert_eq!(reserves(&world).0, u(4 * limit));
    for (series, price) in [(6, 3_000 * WAD), (4, 30_000 * WAD), (0, 3_500 * WAD)] {
        let hint = expire_series(&mut world, series, price);
        world
            .send(stranger(), &settle_at(&world, series, hint))
            .expect("settles");
    }
    let lines = world.view(&Abi::chainCall {
        owner: carol(),
        amount: u(WAD),
    });
    assert!(
        lines
            .iter()
            .all(|line| line.settled && line.held == u(limit))
    );
    let batch = Abi::exerciseBatchCall {
        receiver: carol(),
        ids: (0..8).map(id).collect(),
    };
    world.send(carol(), &batch).expect("settled");
    let ledger = world.ledger();
    assert!(
        ledger.payoutAssets <= u(8) && ledger.payoutQuote <= u(8),
        "rounding"
    );
    assert_reconciled(&world);
}

#[test]
fn buying_with_eight_series_live_stays_within_its_gas() {
    let mut world = opened_with(&full());
    for series in 0..8 {
        world
            .buy(bob(), id(series), WAD / 10)
            .expect("there is room");
    }
    world.give_usdc(carol(), RICH);
    // Of a holder who has none of the series yet, whose balance is a new word of 17 100 more, and of one who has.
    let (mut first, mut again) = (0, 0);
    for series in [0, 7] {
        for most in [&mut first, &mut again] {
            world.chain.warp(60);
            world.submit(SPOT + SPOT / 1_000);
            let done = world
                .buy(carol(), id(series), WAD / 10)
                .expect("there is room");
            // The call without entering the program: the transaction's own gas and its data's are not execution; the moves of tokens are.
            let frame = done.receipt.frames.first().expect("the call");
            *most = frame.gas_used.max(*most + done.entry_gas()) - done.entry_gas();
        }
    }
    eprintln!("execution of a purchase, eight series live: {first}, again {again}");
    assert!(first <= 158_000 && again <= 150_000, "{first} {again}");
}

#[test]
fn the_chain_shows_what_trades_come_to() {
    let mut world = opened_with(&laddered());
    world.chain.warp(9 * HOUR);
    world.submit(2_050 * WAD);
    for series in 0..4 {
        world
            .buy(carol(), id(series), WAD * (series + 1) / 2)
            .expect("there is room");
    }
    let amount = u(WAD / 4);
    let lines = world.view(&Abi::chainCall {
        owner: carol(),
        amount,
    });
    assert_eq!(lines.len(), 4);
    let limit = world.view(&Abi::epochCall {}).limit;
    for (series, line) in (0..4).zip(&lines) {
        let (id, view) = (id(series), world.view(&Abi::seriesCall { id: id(series) }));
        assert_eq!(
            (line.id, line.strike, line.cap, line.expiry),
            (id, view.strike, view.cap, view.expiry)
        );
        assert_eq!(
            (line.sold, line.left, line.held),
            (view.sold, limit - view.sold, u(WAD * (series + 1) / 2))
        );
        assert_eq!(line.cost, world.view(&Abi::quoteBuyCall { id, amount }));
        assert_eq!(
            line.proceeds,
            world.view(&Abi::quoteSellCall { id, amount })
        );
        assert!(line.cost > line.proceeds);
        assert_eq!(
            (line.price, line.delta, line.vega),
            (view.price, view.delta, view.vega)
        );
        // The auction is above the model: so is the volatility that a buyer pays.
        assert!(line.impliedVolatility > u(volatility(&world).into()));
        assert!(line.impliedVolatility < u(3 * WAD));
        let top = world.view(&Abi::payoffAtCall {
            id,
            price: u(100_000 * WAD),
        });
        assert_eq!(top, view.cap - view.strike);
    }
    // In the dark nothing can be traded, and the rest is still told.
    world.chain.warp(2 * HOUR);
    let dark = world.view(&Abi::chainCall {
        owner: carol(),
        amount,
    });
    for (line, before) in dark.iter().zip(&lines) {
        assert_eq!((line.cost, line.proceeds), (U256::ZERO, U256::ZERO));
        assert_eq!((line.strike, line.held), (before.strike, before.held));
        // At the price it acted on last, and the time that is left.
        let view = world.view(&Abi::seriesCall { id: line.id });
        assert_eq!((line.price, line.vega), (view.price, view.vega));
        assert!(line.price < before.price);
    }
}
