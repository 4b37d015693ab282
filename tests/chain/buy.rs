//! buy and quoteBuy.

use crate::support::*;
use testbed::primitives::aliases::U24;
use testbed::{Abi, Address, HOUR, Options, U256, USD, WAD, World, default_policy};
use vault_core::greeks::PerSpot;
use vault_core::sale::Side;
use vault_core::{Assets, Quote, solvency};

fn order(id: U256, amount: u128) -> Abi::buyCall {
    let (max, deadline) = (U256::MAX, U256::MAX);
    Abi::buyCall {
        id,
        amount: u(amount),
        maxPremium: max,
        receiver: carol(),
        deadline,
    }
}

fn premium(world: &World, series: usize, amount: u128) -> Quote {
    modelled(world, series, amount, Side::Buy)
}

#[test]
fn the_premium_is_the_model_to_the_last_unit() {
    let mut world = opened();
    world.give_usdc(carol(), RICH);
    let mut rng = fastrand::Rng::with_seed(2);
    for price in [2_000, 1_500, 2_150, 2_600, 4_500] {
        world.chain.warp(5 * HOUR);
        world.submit(price * WAD);
        world.catch_up();
        for series in 0..3_u8 {
            let amount = rng.u128(1..WAD / 2);
            let expected = premium(&world, series.into(), amount);
            let id = id(series.into());
            let quoted = world.view(&Abi::quoteBuyCall {
                id,
                amount: u(amount),
            });
            assert_eq!(quoted, u(expected.0));
            let done = world
                .send(carol(), &order(id, amount))
                .expect("there is room");
            assert_eq!(done.value, quoted, "a quote is what buying costs");
        }
    }
    assert_reconciled(&world);
}

#[test]
fn a_sale_moves_the_premium_and_hands_over_the_options() {
    let mut world = opened();
    world.give_usdc(bob(), RICH);
    let premium = self::premium(&world, 1, 2 * WAD).0;
    let call = order(id(1), 2 * WAD);
    let done = world.send(bob(), &call).expect("there is room");
    let sold: Abi::OptionsSold = event(&world, &done.receipt);
    let expected = Abi::OptionsSold {
        id: id(1),
        buyer: bob(),
        receiver: carol(),
        amount: u(2 * WAD),
        premium: u(premium),
        fee: sold.fee,
        spot: u(SPOT),
        sold: u(2 * WAD),
        vaultAssets: world.ledger().vaultAssets,
        vaultQuote: u(premium),
    };
    assert_eq!(sold, expected);
    // 1 % on top of the premium, rounded up.
    let fee: u128 = sold.fee.to();
    assert_eq!(fee, (premium - fee).div_ceil(100));
    let minted: Abi::Transfer_1 = event(&world, &done.receipt);
    let (sender, amount) = (Address::ZERO, u(2 * WAD));
    let expected = Abi::Transfer_1 {
        caller: bob(),
        sender,
        receiver: carol(),
        id: id(1),
        amount,
    };
    assert_eq!(minted, expected);
    assert_eq!(world.balances(bob()).1, RICH - premium);
    assert_eq!(options_of(&world, carol(), id(1)), 2 * WAD);
    assert_eq!(world.ledger().vaultQuote, u(premium));
    assert_eq!(world.view(&Abi::seriesCall { id: id(1) }).sold, u(2 * WAD));
    assert_reconciled(&world);

    let again = world.send(bob(), &call).expect("there is room");
    let sold: Abi::OptionsSold = event(&world, &again.receipt);
    assert!(
        again.value > u(premium),
        "what is sold ahead of time is dearer"
    );
    let total = u(premium) + again.value;
    assert_eq!((sold.sold, sold.vaultQuote), (u(4 * WAD), total));
}

#[test]
fn a_sale_stores_the_price_and_greeks_it_was_made_at() {
    let mut world = opened();
    world.chain.warp(10 * HOUR);
    world.submit(2_090 * WAD);
    world.buy(carol(), id(2), WAD).expect("there is room");
    let (now, series) = (world.chain.now(), listed(&world)[2]);
    let cap = series.cap.map(|cap| cap.0);
    let tenor = expiry(&world) - now;
    let volatility = volatility(&world);
    let greeks = option_math::capped_call(2_090 * WAD, series.strike.0, cap, volatility, tenor, 0);
    let one = PerSpot::of(&greeks.expect("a price"), vault_core::Price(2_090 * WAD));
    assert_greeks(&world, 2, &one);
    let epoch = world.view(&Abi::epochCall {});
    assert_eq!(
        (epoch.lastPrice, epoch.lastPriceTime),
        (u(2_090 * WAD), seconds(now))
    );
}

#[test]
fn an_order_costs_its_pieces_and_dust_is_not_free() {
    let mut world = opened();
    let quote = |world: &World, amount: u128| -> u128 {
        let amount = u(amount);
        world.view(&Abi::quoteBuyCall { id: id(0), amount }).to()
    };
    // A unit of quote, and a unit of fee.
    assert_eq!(quote(&world, 1), 2);
    let whole = quote(&world, 6 * WAD);
    let (mut rng, mut left, mut paid) = (fastrand::Rng::with_seed(5), 6 * WAD, 0);
    for piece in 0..12 {
        let amount = if piece == 11 {
            left
        } else {
            rng.u128(1..=left)
        };
        paid += quote(&world, amount);
        world.buy(carol(), id(0), amount).expect("there is room");
        left = (left - amount).max(1);
    }
    // Each piece is rounded up, and its fee.
    assert!(paid >= whole && paid <= whole + 36, "{paid} {whole}");
}

#[test]
fn only_series_of_the_live_epoch_are_sold() {
    let mut world = opened();
    world.give_usdc(carol(), RICH);
    let wrong = [0, 1, 255, 256 + 3, 256 + 8, 512, 256 << 32, u128::MAX];
    for id in wrong.map(u).into_iter().chain([U256::MAX]) {
        let named = if id == U256::MAX { u(u128::MAX) } else { id };
        refuse(
            &mut world,
            carol(),
            &order(id, WAD),
            Abi::UnknownSeries { id: named },
        );
    }
    let error = world.simulate(
        carol(),
        &Abi::quoteBuyCall {
            id: u(0),
            amount: u(1),
        },
    );
    let refused = error.expect_err("no such series");
    assert_named(&refused, &Abi::UnknownSeries { id: u(0) });
}

#[test]
fn nothing_is_sold_outside_an_epoch() {
    let mut world = deposited(&Options::default());
    world.give_usdc(carol(), RICH);
    refuse(
        &mut world,
        carol(),
        &order(id(0), WAD),
        Abi::NotLive { phase: u(0) },
    );
    let mut world = sold();
    let at = seconds(expiry(&world));
    world.give_usdc(carol(), RICH);
    world.chain.set_time(expiry(&world));
    world.submit(SPOT);
    refuse(
        &mut world,
        carol(),
        &order(id(0), 1),
        Abi::SettleFirst { expiry: at },
    );
    world.chain.warp(61);
    let hint = round(&world);
    world
        .send(keeper(), &settling(&world, hint))
        .expect("settles");
    refuse(
        &mut world,
        carol(),
        &order(id(0), 1),
        Abi::NotLive { phase: u(3) },
    );
}

#[test]
fn sales_end_twelve_hours_before_expiry() {
    let mut world = opened();
    world.give_usdc(carol(), RICH);
    let until = expiry(&world) - 12 * HOUR;
    world.chain.set_time(until - 1);
    world.submit(SPOT);
    world.catch_up();
    world
        .send(carol(), &order(id(0), WAD))
        .expect("a second left");
    world.chain.set_time(until);
    let error = Abi::SaleClosed {
        until: seconds(until),
        nowSeconds: seconds(until),
    };
    refuse(&mut world, carol(), &order(id(0), WAD), error);
}

#[test]
fn a_series_sells_its_limit_and_no_more() {
    let mut world = opened();
    world.give_usdc(carol(), RICH);
    let limit: u128 = world.view(&Abi::epochCall {}).limit.to();
    let error = Abi::SeriesSoldOut {
        left: u(limit),
        wanted: u(limit + 1),
    };
    refuse(&mut world, carol(), &order(id(1), limit + 1), error);
    world
        .send(carol(), &order(id(1), limit - 1))
        .expect("there is room");
    let error = Abi::SeriesSoldOut {
        left: u(1),
        wanted: u(2),
    };
    refuse(&mut world, carol(), &order(id(1), 2), error);
    world.send(carol(), &order(id(1), 1)).expect("the last one");
    let error = Abi::SeriesSoldOut {
        left: U256::ZERO,
        wanted: u(1),
    };
    refuse(&mut world, carol(), &order(id(1), 1), error);
    world
        .send(carol(), &order(id(0), limit))
        .expect("another series");
}

#[test]
fn a_buyer_pays_at_most_their_maximum() {
    let mut world = opened();
    world.give_usdc(carol(), RICH);
    let premium = world.view(&Abi::quoteBuyCall {
        id: id(0),
        amount: u(WAD),
    });
    let most = premium - u(1);
    let call = Abi::buyCall {
        maxPremium: most,
        ..order(id(0), WAD)
    };
    refuse(
        &mut world,
        carol(),
        &call,
        Abi::PremiumTooHigh {
            premium,
            maxPremium: most,
        },
    );
    let call = Abi::buyCall {
        maxPremium: premium,
        ..order(id(0), WAD)
    };
    world.send(carol(), &call).expect("just enough");
}

#[test]
fn an_order_ends_at_its_deadline() {
    let mut world = opened();
    world.give_usdc(carol(), RICH);
    let now = world.chain.now();
    let call = Abi::buyCall {
        deadline: seconds(now),
        ..order(id(0), WAD)
    };
    world.send(carol(), &call).expect("in time");
    world.chain.warp(1);
    let (deadline, late) = (seconds(now), seconds(now + 1));
    refuse(
        &mut world,
        carol(),
        &call,
        Abi::DeadlinePassed {
            deadline,
            nowSeconds: late,
        },
    );
}

#[test]
fn no_order_is_for_nothing_for_nobody_or_unpaid() {
    let mut world = opened();
    refuse(&mut world, carol(), &order(id(0), 0), Abi::ZeroAmount {});
    let call = Abi::buyCall {
        receiver: Address::ZERO,
        ..order(id(0), WAD)
    };
    refuse(&mut world, carol(), &call, Abi::ZeroAddress {});
    let amount = world.view(&Abi::quoteBuyCall {
        id: id(0),
        amount: u(WAD),
    });
    let token = world.usdc.address;
    let error = Abi::TokenTransferFailed { token, amount };
    refuse(&mut world, carol(), &order(id(0), WAD), error.clone());
    world.give_usdc(carol(), amount.to::<u128>() - 1);
    refuse(&mut world, carol(), &order(id(0), WAD), error);
    world.give_usdc(carol(), 1);
    world
        .send(carol(), &order(id(0), WAD))
        .expect("just enough");
    assert_eq!(world.balances(carol()).1, 0);
}

#[test]
fn a_stale_price_sells_nothing() {
    let mut world = opened();
    world.give_usdc(carol(), RICH);
    let updated = world.chain.now();
    world.chain.warp(HOUR + 1);
    let (at, now) = (seconds(updated), seconds(updated + HOUR + 1));
    let error = Abi::OraclePriceStale {
        updatedAt: at,
        nowSeconds: now,
    };
    refuse(&mut world, carol(), &order(id(0), WAD), error);
    world
        .sequencer
        .set_up(&mut world.chain, false)
        .expect("the operator");
    world.submit(SPOT);
    let since = seconds(world.chain.now());
    let error = Abi::SequencerDown {
        since,
        nowSeconds: since,
    };
    refuse(&mut world, carol(), &order(id(0), WAD), error);
}

#[test]
fn a_sale_the_vault_could_not_pay_for_is_refused() {
    let mut policy = default_policy();
    policy.opening.capBps = U24::from(100_000);
    policy.hedge.targetWeightBps = 0;
    policy.hedge.bandBps = 10;
    let mut world = opened_with(&Options {
        policy,
        ..Options::default()
    });
    let limit: u128 = world.view(&Abi::epochCall {}).limit.to();
    for series in 0..2 {
        world
            .buy(carol(), id(series), limit)
            .expect("there is room");
    }
    // The hedge sells as much as solvency at 20 000 lets it: nothing more can be written.
    world
        .send(keeper(), &Abi::rebalanceCall {})
        .expect("out of the band");
    world.give_usdc(carol(), RICH);
    let mut listed = listed(&world);
    listed[2].sold = Assets(limit);
    let mut pot = vault_pot(&world);
    pot.quote.0 += premium(&world, 2, limit).0;
    let native = solvency::check(pot, &listed, UNITS).expect_err("insolvent");
    let vault_core::Refusal::Insolvent { price, shortfall } = native else {
        panic!("{native:?}");
    };
    assert_eq!(price, 20_000 * WAD);
    assert!(shortfall > 1_000 * USD);
    let error = Abi::Insolvent {
        price: u(price),
        shortfall: u(shortfall),
    };
    refuse(&mut world, carol(), &order(id(2), limit), error);
}

#[test]
fn plain_calls_are_covered_one_to_one() {
    let mut policy = default_policy();
    policy.opening.uncapped = u8::MAX;
    let mut world = opened_with(&Options {
        policy,
        ..Options::default()
    });
    let limit: u128 = world.view(&Abi::epochCall {}).limit.to();
    for series in 0..3 {
        world
            .buy(carol(), id(series), limit)
            .expect("there is room");
    }
    let sold: u128 = listed(&world).iter().map(|series| series.sold.0).sum();
    let assets: u128 = world.ledger().vaultAssets.to();
    assert!(sold <= assets && sold + 3 > assets);
    // Nothing that covers an option may be sold: the hedge has no room.
    let error = world
        .simulate(keeper(), &Abi::previewRebalanceCall {})
        .expect_err("no room");
    assert!(
        matches!(error.error, Some(testbed::Errors::InsideBand(_))),
        "{error:?}"
    );
}
