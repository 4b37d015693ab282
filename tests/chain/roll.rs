//! roll, and one epoch after another.

use crate::support::*;
use testbed::{Abi, DAY, Options, U256, USD, WAD, World, default_policy};

const ROLL: Abi::rollCall = Abi::rollCall {};

#[test]
fn an_epoch_with_quote_left_waits_for_its_conversion() {
    let mut world = hedged();
    settle(&mut world, 2_000 * WAD);
    let (quote, at) = (world.ledger().vaultQuote, world.chain.now());
    let until = at + DAY;
    let error = Abi::RollTooEarly {
        quote,
        until: seconds(until),
    };
    refuse(&mut world, keeper(), &ROLL, error.clone());
    world.chain.set_time(until - 1);
    refuse(&mut world, keeper(), &ROLL, error);
    world.set_price(2_000 * WAD);
    world
        .send(keeper(), &Abi::rebalanceCall {})
        .expect("converts");
    let done = world.send(keeper(), &ROLL).expect("nothing is left");
    let ledger = world.ledger();
    let rolled: Abi::Rolled = event(&world, &done.receipt);
    let expected = Abi::Rolled {
        epoch: u(1),
        vaultAssets: ledger.vaultAssets,
        vaultQuote: ledger.vaultQuote,
        supply: u(20_000 * WAD),
    };
    assert_eq!(rolled, expected);
    let epoch = world.view(&Abi::epochCall {});
    assert_eq!((epoch.phase, epoch.since), (U256::ZERO, seconds(until - 1)));
}

#[test]
fn after_the_grace_period_it_rolls_all_the_same_and_exits_are_in_kind() {
    let mut world = hedged();
    settle(&mut world, 2_000 * WAD);
    world.chain.warp(DAY);
    world.chain.set_code(world.feed.address, [0xfe]);
    world
        .send(stranger(), &ROLL)
        .expect("the grace period is over");
    for who in [alice(), bob()] {
        let held = u(shares(&world, who));
        let call = Abi::redeemInKindCall {
            shares: held,
            receiver: who,
            owner: who,
        };
        world.send(who, &call).expect("without any feed");
        let (weth, usdc) = world.balances(who);
        assert!(weth > 4 * WAD && usdc > 5_000 * USD, "{weth} {usdc}");
    }
    assert_reconciled(&world);
}

#[test]
fn with_nothing_left_over_it_rolls_at_once() {
    let mut world = opened();
    settle(&mut world, 2_000 * WAD);
    world.send(keeper(), &ROLL).expect("no option was sold");
}

#[test]
fn dust_of_quote_counts_as_none() {
    let mut policy = default_policy();
    policy.hedge.enabled = false;
    let mut world = opened_with(&Options {
        policy,
        ..Options::default()
    });
    let unit = world.view(&Abi::quoteBuyCall {
        id: id(2),
        amount: u(WAD / 1_000),
    });
    let amount = WAD / 1_000 * USD / unit.to::<u128>();
    world
        .buy(carol(), id(2), amount * 99 / 100)
        .expect("there is room");
    let quote: u128 = world.ledger().vaultQuote.to();
    assert!(quote > USD / 2 && quote <= USD, "{quote}");
    settle(&mut world, 2_000 * WAD);
    world.send(keeper(), &ROLL).expect("dust");
    world.deposit(alice(), WAD).expect("dust closes nothing");
    assert_eq!(
        world.view(&Abi::totalAssetsCall {}),
        world.ledger().vaultAssets
    );
    let held = u(shares(&world, bob()));
    let call = Abi::redeem_0Call {
        shares: held,
        receiver: bob(),
        owner: bob(),
    };
    world.send(bob(), &call).expect("nor here");
    assert_reconciled(&world);
}

#[test]
fn only_a_settled_epoch_rolls() {
    let mut world = deposited(&Options::default());
    refuse(&mut world, keeper(), &ROLL, Abi::NotLive { phase: u(0) });
    open(&mut world);
    refuse(&mut world, keeper(), &ROLL, Abi::NotLive { phase: u(1) });
    expire(&mut world, SPOT);
    let at = seconds(expiry(&world));
    refuse(&mut world, keeper(), &ROLL, Abi::SettleFirst { expiry: at });
    let hint = round(&world);
    world
        .send(keeper(), &settling(&world, hint))
        .expect("settles");
    world.send(keeper(), &ROLL).expect("settled");
    refuse(&mut world, keeper(), &ROLL, Abi::NotLive { phase: u(0) });
}

/// One whole epoch: sold, hedged, settled at `price`, exercised, converted, rolled. Returns the ids sold.
fn play(world: &mut World, number: u128, price: u128) -> Vec<U256> {
    open(world);
    let epoch = world.view(&Abi::epochCall {});
    assert_eq!(epoch.number, u(number));
    let count: u128 = epoch.seriesCount.to();
    let ids: Vec<U256> = (0..count).map(|index| id_of(number, index)).collect();
    for id in &ids {
        world.buy(carol(), *id, 5 * WAD).expect("there is room");
    }
    let _ = world.send(keeper(), &Abi::rebalanceCall {});
    settle(world, price);
    for id in &ids {
        let call = Abi::exerciseCall {
            id: *id,
            amount: u(5 * WAD),
            receiver: carol(),
        };
        world.send(carol(), &call).expect("settled");
    }
    roll(world, price);
    assert_reconciled(world);
    ids
}

#[test]
fn epoch_follows_epoch_and_no_id_comes_back() {
    let mut world = deposited(&Options::default());
    let mut ids = Vec::new();
    for (number, price) in [(1, 2_100), (2, 2_700), (3, 1_700), (4, 5_000)] {
        for id in play(&mut world, number, price * WAD) {
            assert!(!ids.contains(&id), "{id} again");
            ids.push(id);
        }
    }
    assert_eq!(ids.len(), 12);
    for who in [alice(), bob()] {
        let held = u(shares(&world, who));
        let call = Abi::redeem_0Call {
            shares: held,
            receiver: who,
            owner: who,
        };
        world.send(who, &call).expect("everybody leaves");
    }
    let ledger = world.ledger();
    assert_eq!(supply(&world), 0);
    assert!(
        ledger.vaultAssets <= u(2) && ledger.vaultQuote <= u(USD),
        "dust: {ledger:?}"
    );
    assert_reconciled(&world);
}

#[test]
fn a_new_window_begins_with_each_roll() {
    let mut world = rolled(2_100 * WAD);
    let since: u64 = world.view(&Abi::epochCall {}).since.to();
    let now = world.chain.now();
    let until = seconds(since + 12 * 3_600);
    let error = Abi::OpenWindow {
        until,
        nowSeconds: seconds(now),
    };
    refuse(&mut world, keeper(), &Abi::openEpochCall {}, error);
}

#[test]
fn old_options_are_worth_what_they_were_settled_at() {
    let mut world = hedged();
    settle(&mut world, 2_600 * WAD);
    let due = world.view(&Abi::payoutOfCall {
        id: id(0),
        amount: u(SOLD),
    });
    roll(&mut world, 2_600 * WAD);
    play(&mut world, 2, 3_500 * WAD);
    let later = world.view(&Abi::payoutOfCall {
        id: id(0),
        amount: u(SOLD),
    });
    assert_eq!((due.assets, due.quote), (later.assets, later.quote));
    let call = Abi::exerciseCall {
        id: id(0),
        amount: u(SOLD),
        receiver: carol(),
    };
    let paid = world.send(carol(), &call).expect("settled").value;
    assert_eq!((paid.assets, paid.quote), (due.assets, due.quote));
    assert_reconciled(&world);
}

#[test]
fn what_is_too_little_to_convert_holds_up_neither_exits_in_kind_nor_the_next_epoch() {
    let mut policy = default_policy();
    policy.hedge.enabled = false;
    let mut world = opened_with(&Options {
        policy,
        ..Options::default()
    });
    let one = world.view(&Abi::quoteBuyCall {
        id: id(2),
        amount: u(WAD / 10),
    });
    let amount = WAD / 10 * 5 * USD / one.to::<u128>();
    world.buy(carol(), id(2), amount).expect("there is room");
    settle(&mut world, SPOT);
    let (quote, at) = (world.ledger().vaultQuote, world.chain.now());
    assert!(
        quote > u(USD) && quote < u(20 * USD),
        "above dust, below the minimum trade"
    );
    moved(&mut world, SPOT);
    let refused = world
        .send(keeper(), &Abi::rebalanceCall {})
        .expect_err("too little");
    assert!(
        matches!(refused.error, Some(testbed::Errors::BelowMinimumTrade(_))),
        "{refused:?}"
    );
    let error = Abi::RollTooEarly {
        quote,
        until: seconds(at + DAY),
    };
    refuse(&mut world, keeper(), &ROLL, error);
    world.chain.warp(DAY);
    world
        .send(keeper(), &ROLL)
        .expect("the grace period is over");
    let held = u(shares(&world, bob()));
    let call = Abi::redeemInKindCall {
        shares: held,
        receiver: bob(),
        owner: bob(),
    };
    let paid = world.send(bob(), &call).expect("in kind").value;
    assert!(paid.assets > u(9 * WAD) && paid.quote > u(USD));
    open(&mut world);
    assert_eq!(world.view(&Abi::epochCall {}).number, u(2));
    assert_reconciled(&world);
}
