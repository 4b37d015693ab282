//! sell, quoteSell and buyUpTo.

use crate::support::*;
use testbed::{Abi, Address, HOUR, U256, WAD, World};
use vault_core::sale::Side;
use vault_core::wide::mul_div_down;

fn order(id: U256, amount: u128) -> Abi::sellCall {
    Abi::sellCall {
        id,
        amount: u(amount),
        minProceeds: U256::ZERO,
        receiver: bob(),
        deadline: U256::MAX,
    }
}

fn next_round(world: &mut World, price: u128) {
    world.chain.warp(HOUR);
    world.submit(price);
    world.catch_up();
}

#[test]
fn options_go_back_for_what_the_model_says_to_the_last_unit() {
    let mut world = sold();
    for price in [2_000, 1_700, 2_150, 2_400] {
        next_round(&mut world, price * WAD);
        for series in 0..3_u8 {
            let amount = WAD / 3 + u128::from(series);
            let expected = modelled(&world, series.into(), amount, Side::Sell);
            let id = id(series.into());
            let quoted = world.view(&Abi::quoteSellCall {
                id,
                amount: u(amount),
            });
            assert_eq!(quoted, u(expected.0));
            let (before, had) = (world.ledger(), world.balances(bob()).1);
            let sold = world.view(&Abi::seriesCall { id }).sold;
            let done = world.send(carol(), &order(id, amount)).expect("hers");
            assert_eq!(done.value, quoted, "a quote is what selling brings");
            assert_eq!(world.balances(bob()).1 - had, expected.0);
            let after = world.ledger();
            assert_eq!(before.vaultQuote - after.vaultQuote, quoted);
            let event: Abi::OptionsBoughtBack = event(&world, &done.receipt);
            let expected = Abi::OptionsBoughtBack {
                id,
                seller: carol(),
                receiver: bob(),
                amount: u(amount),
                proceeds: quoted,
                fee: event.fee,
                spot: u(price * WAD),
                sold: sold - u(amount),
                vaultAssets: after.vaultAssets,
                vaultQuote: after.vaultQuote,
            };
            assert_eq!(event, expected);
            assert_eq!(world.view(&Abi::seriesCall { id }).sold, sold - u(amount));
        }
    }
    assert_reconciled(&world);
}

#[test]
fn a_seller_has_options_a_minimum_and_a_deadline() {
    let mut world = sold();
    next_round(&mut world, SPOT);
    let quoted = world.view(&Abi::quoteSellCall {
        id: id(0),
        amount: u(WAD),
    });
    let call = Abi::sellCall {
        minProceeds: quoted + u(1),
        ..order(id(0), WAD)
    };
    let error = Abi::SlippageExceeded {
        actual: quoted,
        limit: quoted + u(1),
    };
    refuse(&mut world, carol(), &call, error);
    let call = Abi::sellCall {
        deadline: u(1),
        ..order(id(0), WAD)
    };
    let error = Abi::DeadlinePassed {
        deadline: u(1),
        nowSeconds: seconds(world.chain.now()),
    };
    refuse(&mut world, carol(), &call, error);
    let call = Abi::sellCall {
        receiver: Address::ZERO,
        ..order(id(0), WAD)
    };
    refuse(&mut world, carol(), &call, Abi::ZeroAddress {});
    let error = Abi::ERC6909InsufficientBalance {
        sender: stranger(),
        balance: U256::ZERO,
        needed: u(WAD),
        id: id(0),
    };
    refuse(&mut world, stranger(), &order(id(0), WAD), error);
    let error = Abi::SeriesSoldOut {
        left: u(SOLD),
        wanted: u(SOLD + 1),
    };
    refuse(&mut world, carol(), &order(id(0), SOLD + 1), error);
    let call = Abi::sellCall {
        minProceeds: quoted,
        ..order(id(0), WAD)
    };
    world.send(carol(), &call).expect("just enough");
}

#[test]
fn a_round_trip_in_one_block_loses_both_margins_the_spread_and_the_fees() {
    let mut world = opened();
    for series in 0..3 {
        let paid = world.buy(carol(), id(series), WAD).expect("room").value;
        let back = world
            .send(carol(), &order(id(series), WAD))
            .expect("hers")
            .value;
        assert!(back * u(100) < paid * u(70), "{paid} paid, {back} back");
    }
    assert_eq!(world.view(&Abi::seriesCall { id: id(0) }).sold, U256::ZERO);
    assert_reconciled(&world);
}

#[test]
fn a_vault_without_the_quote_takes_nothing_back() {
    let mut world = opened();
    world.buy(carol(), id(0), 6 * WAD).expect("room");
    // The options are worth more than all that was paid for them.
    next_round(&mut world, 2_600 * WAD);
    let (amount, available) = (2 * WAD, world.ledger().vaultQuote);
    let needed = modelled(&world, 0, amount, Side::Sell).0;
    assert!(u(needed) > available);
    let error = Abi::InsufficientQuote {
        available,
        needed: u(needed),
    };
    refuse(&mut world, carol(), &order(id(0), amount), error);
}

#[test]
fn a_pause_stops_sales_but_not_selling_back() {
    let mut world = sold();
    next_round(&mut world, SPOT);
    let guardian = world.view(&Abi::guardianCall {}).account;
    world.send(guardian, &Abi::pauseCall {}).expect("its role");
    let buy = world.simulate(
        carol(),
        &Abi::quoteBuyCall {
            id: id(0),
            amount: u(1),
        },
    );
    assert!(buy.is_err());
    world
        .send(carol(), &order(id(0), WAD))
        .expect("takes no risk");
}

#[test]
fn one_oracle_round_bears_only_its_quota() {
    let mut policy = testbed::default_policy();
    policy.sale.quotaBps = 100;
    let mut world = opened_with(&testbed::Options {
        policy,
        ..testbed::Options::default()
    });
    world.give_usdc(carol(), RICH);
    let limit: u128 = world.view(&Abi::epochCall {}).limit.to();
    // One hundredth of all options listed, by delta.
    let quota = 3 * limit / 100;
    let delta: u128 = world.view(&Abi::seriesCall { id: id(0) }).delta.to();
    let most = mul_div_down(quota, WAD, delta).expect("fits");
    let call = |amount: u128, least: u128| Abi::buyUpToCall {
        id: id(0),
        amount: u(amount),
        minAmount: u(least),
        maxPremium: U256::MAX,
        receiver: carol(),
        deadline: U256::MAX,
    };
    let error = Abi::QuotaExceeded {
        left: u(most),
        wanted: u(2 * most),
    };
    refuse(&mut world, carol(), &call(2 * most, most + 1), error);
    let done = world.send(carol(), &call(2 * most, most)).expect("a part");
    assert_eq!(done.value.bought, u(most));
    let sell = world.simulate(carol(), &order(id(0), WAD / 100));
    assert!(sell.is_err(), "both ways count");
    // A round that answers the same tells nothing new, and brings no quota; nor does a hedge.
    next_round(&mut world, SPOT);
    let error = || Abi::QuotaExceeded {
        left: U256::ZERO,
        wanted: u(WAD / 100),
    };
    refuse(&mut world, carol(), &order(id(0), WAD / 100), error());
    world
        .send(keeper(), &Abi::rebalanceCall {})
        .expect("out of the band");
    refuse(&mut world, carol(), &order(id(0), WAD / 100), error());
    next_round(&mut world, SPOT + SPOT / 10_000);
    world
        .send(carol(), &order(id(0), WAD / 100))
        .expect("a new price");
}

#[test]
fn what_is_left_of_a_series_is_bought_at_no_more_than_its_part_of_the_maximum() {
    let mut world = opened();
    let limit: u128 = world.view(&Abi::epochCall {}).limit.to();
    world.buy(bob(), id(1), limit - WAD).expect("room");
    world.give_usdc(carol(), RICH);
    let premium: u128 = world
        .view(&Abi::quoteBuyCall {
            id: id(1),
            amount: u(WAD),
        })
        .to();
    let call = |most: u128, least: u128| Abi::buyUpToCall {
        id: id(1),
        amount: u(5 * WAD),
        minAmount: u(least),
        maxPremium: u(most),
        receiver: carol(),
        deadline: U256::MAX,
    };
    let error = Abi::SeriesSoldOut {
        left: u(WAD),
        wanted: u(5 * WAD),
    };
    refuse(&mut world, carol(), &call(u128::MAX, WAD + 1), error);
    let error = Abi::PremiumTooHigh {
        premium: u(premium),
        maxPremium: u(premium - 1),
    };
    refuse(&mut world, carol(), &call(5 * premium - 1, WAD), error);
    let done = world.send(carol(), &call(5 * premium, 1)).expect("a part");
    assert_eq!(
        (done.value.bought, done.value.premium),
        (u(WAD), u(premium))
    );
    assert_eq!(options_of(&world, carol(), id(1)), WAD);
}
