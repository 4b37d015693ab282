//! What broke others on the option side, each with the test that proves this vault immune. Here or elsewhere:
//!
//! | failure | test |
//! | --- | --- |
//! | 1 decimals changed, prices posted by hand | `peer_1_…` |
//! | 2 the caller picks the price that settles | `proof::peer_2_…` |
//! | 3 a walk over the rounds of a new phase, a price of 0 | `proof::peer_3_…` |
//! | 4 one payment for every item of a batch | `peer_4_…` |
//! | 5 callbacks | `hostile::peer_5_…`, and by every token that calls back there |
//! | 11 oversold, ids used again, an epoch processed twice | `peer_11_…` |
//! | 12 a Friday that was none; strikes rounded into the money | `vault_core::calendar::peer_12_…`, `vault_core::opening::strikes_lie_above_spot_…` |
//! | 13 an auction below fair value | `peer_13_…` |
//! | 17 a typo froze what was locked, claims repeated | `peer_17_…` |
//! | 18 an outage over the expiry, stale volatility | `proof::peer_18_…`, `observe::nothing_is_sold_or_opened_while_the_grid_lags_…` |

use crate::maturities::full;
use crate::support::*;
use testbed::devchain::market::{Feed, FeedConfig, OPERATOR, abi::IAggregatorProxy, send};
use testbed::primitives::aliases::U80;
use testbed::{Abi, DAY, HOUR, I256, U256, WAD};

/// A price of a feed whose decimals an upgrade changed: 8 became 18, and prices of expiries were posted by hand (2025).
#[test]
fn peer_1_changed_decimals_stop_trading_and_nobody_writes_a_price() {
    let interface = include_str!("../../abi/ICoveredCallVault.sol");
    let writes = |line: &&str| line.contains(" external") && !line.contains(" view");
    let writers: Vec<&str> = interface.lines().filter(writes).collect();
    assert!(writers.len() > 20);
    for line in writers {
        let inputs = line.split(')').next().unwrap_or_default().to_lowercase();
        assert!(!inputs.contains("price"), "{line}");
    }

    let mut world = sold();
    let config = FeedConfig::new("ETH / USD", 18);
    let other = Feed::deploy(&mut world.chain, config).expect("a feed");
    let answer = I256::try_from(SPOT).expect("fits");
    other.submit(&mut world.chain, answer).expect("any answer");
    let aggregator = other.aggregator(&world.chain).expect("an aggregator");
    let propose = IAggregatorProxy::proposeAggregatorCall { aggregator };
    send(&mut world.chain, OPERATOR, world.feed.address, &propose).expect("the owner");
    let confirm = IAggregatorProxy::confirmAggregatorCall { aggregator };
    send(&mut world.chain, OPERATOR, world.feed.address, &confirm).expect("the owner");
    let changed = || Abi::FeedDecimalsChanged {
        expected: u(8),
        actual: u(18),
    };
    let (id, amount, deadline) = (id(0), u(WAD / 10), U256::MAX);
    let (receiver, most) = (carol(), U256::MAX);
    let buy = Abi::buyCall {
        id,
        amount,
        maxPremium: most,
        receiver,
        deadline,
    };
    let sell = Abi::sellCall {
        id,
        amount,
        minProceeds: U256::ZERO,
        receiver,
        deadline,
    };
    refuse(&mut world, carol(), &buy, changed());
    refuse(&mut world, carol(), &sell, changed());
    refuse(&mut world, keeper(), &Abi::rebalanceCall {}, changed());
}

/// One payment counted for every item of a batch (2020).
#[test]
fn peer_4_an_id_twice_in_a_batch_pays_once() {
    let mut world = sold();
    settle(&mut world, 2_800 * WAD);
    let batch = |ids: Vec<U256>| Abi::exerciseBatchCall {
        receiver: carol(),
        ids,
    };
    let once = world
        .simulate(carol(), &batch(vec![id(0), id(1)]))
        .expect("settled");
    let done = world
        .send(carol(), &batch(vec![id(0), id(1), id(0), id(1), id(0)]))
        .expect("settled");
    assert_eq!(done.value.assets, once.value.assets);
    assert_eq!(done.value.quote, once.value.quote);
    let again = world
        .send(carol(), &batch(vec![id(0); 32]))
        .expect("nothing left");
    assert_eq!(
        (again.value.assets, again.value.quote),
        (U256::ZERO, U256::ZERO)
    );
    let long = world.simulate(carol(), &batch(vec![id(0); 33]));
    assert!(long.is_err(), "a batch has a bound");
    assert_reconciled(&world);
}

/// More sold than locked, ids used again, an epoch processed twice (2022).
#[test]
fn peer_11_random_fills_never_exceed_what_is_locked_and_ids_never_return() {
    let mut world = opened_with(&full());
    let mut rng = fastrand::Rng::with_seed(11);
    let limit: u128 = world.view(&Abi::epochCall {}).limit.to();
    let mut sold = [0_u128; 8];
    world.give_usdc(carol(), RICH);
    for _ in 0..60 {
        let series = rng.usize(0..8);
        let amount = rng.u128(1..=limit);
        let call = Abi::buyUpToCall {
            id: id(series as u128),
            amount: u(amount),
            minAmount: u(1),
            maxPremium: U256::MAX,
            receiver: carol(),
            deadline: U256::MAX,
        };
        if let Ok(done) = world.send(carol(), &call) {
            let bought: u128 = done.value.bought.to();
            assert_eq!(bought, amount.min(limit - sold[series]));
            sold[series] += bought;
        } else {
            assert_eq!(sold[series], limit, "refused only when nothing is left");
        }
        world.chain.warp(60);
        world.submit(SPOT);
    }
    let (ledger, all) = (world.ledger(), sold.iter().sum::<u128>());
    assert!(
        u(all) <= ledger.vaultAssets + ledger.reserveAssets,
        "all of it is covered"
    );
    // Twice is once.
    let expiry: u64 = world.view(&Abi::epochCall {}).expiry.to();
    let mut hint = U80::from(0);
    for early in [2 * DAY, DAY, 0] {
        world.chain.set_time(expiry - early - 100);
        world.set_price(2_300 * WAD);
        hint = round(&world);
        world.chain.set_time(expiry - early + 61);
        let settle = settling_at(expiry - early, hint);
        world.send(keeper(), &settle).expect("settles");
        assert!(world.simulate(keeper(), &settle).is_err(), "once");
    }
    let again = settling_at(expiry, hint);
    assert!(world.simulate(keeper(), &again).is_err());
    roll(&mut world, 2_300 * WAD);
    open(&mut world);
    let epoch: u128 = world.view(&Abi::epochCall {}).number.to();
    assert_eq!(epoch, 2);
    for series in 0..8 {
        let old = world.view(&Abi::seriesCall { id: id(series) });
        assert_eq!(
            old.sold,
            u(sold[series as usize]),
            "the past stays readable"
        );
        assert_eq!(
            world
                .view(&Abi::seriesCall {
                    id: id_of(2, series)
                })
                .sold,
            U256::ZERO
        );
    }
}

/// A short auction cleared at a third of fair value (2021).
#[test]
fn peer_13_neither_no_bidder_nor_one_brings_a_sale_below_the_model() {
    let mut world = opened();
    let closes = expiry(&world) - 12 * HOUR;
    let start = world.chain.now();
    // Nobody comes until the last second; then one.
    for time in [start, start + (closes - start) / 2, closes - 1] {
        world.chain.set_time(time);
        world.submit(SPOT);
        world.catch_up();
        for series in 0..3_u8 {
            let amount = WAD / 10;
            let cost = world.view(&Abi::quoteBuyCall {
                id: id(series.into()),
                amount: u(amount),
            });
            let one = &listed(&world)[usize::from(series)];
            let cap = one.cap.map(|cap| cap.0);
            let tenor = expiry(&world) - time;
            let fair =
                option_math::capped_call(SPOT, one.strike.0, cap, volatility(&world), tenor, 0);
            let fair = fair.expect("a price").price / 10 / 1_000_000_000_000;
            assert!(cost > u(fair), "{cost} for what is worth {fair}");
            if time == start {
                assert!(cost * u(2) > u(fair * 3), "it opens at one and a half");
            }
        }
    }
}

/// A typo froze what was locked, and a withdrawal could be repeated (2018, 2020).
#[test]
fn peer_17_every_series_unlocks_and_no_claim_is_paid_twice() {
    let mut world = opened_with(&full());
    for series in 0..8 {
        world.buy(carol(), id(series), WAD / 2).expect("room");
    }
    let locked = world.ledger().reserveAssets;
    assert_eq!(locked, u(2 * WAD));
    let expiry: u64 = world.view(&Abi::epochCall {}).expiry.to();
    // One early expiry far below its strikes, one far above, and the last below.
    for (early, price) in [(2 * DAY, 100), (DAY, 9_000), (0, 100)] {
        world.chain.set_time(expiry - early - 100);
        world.set_price(price * WAD);
        let hint = round(&world);
        world.chain.set_time(expiry - early + 61);
        world
            .send(keeper(), &settling_at(expiry - early, hint))
            .expect("settles");
    }
    let ledger = world.ledger();
    assert_eq!(
        (ledger.reserveAssets, ledger.reserveQuote),
        (U256::ZERO, U256::ZERO)
    );
    let mut paid = Vec::new();
    for series in 0..8 {
        let call = Abi::exerciseCall {
            id: id(series),
            amount: u(WAD / 2),
            receiver: carol(),
        };
        let done = world.send(carol(), &call).expect("settled").value;
        paid.push(done.assets > U256::ZERO || done.quote > U256::ZERO);
        let error = Abi::ERC6909InsufficientBalance {
            sender: carol(),
            balance: U256::ZERO,
            needed: u(WAD / 2),
            id: id(series),
        };
        refuse(&mut world, carol(), &call, error);
    }
    assert_eq!(paid, [false, false, false, false, true, true, false, false]);
    assert_reconciled(&world);
}
