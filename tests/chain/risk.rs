//! Budgets of gamma, vega and theta: sales stop at them, everything else goes on.

use crate::maturities::full;
use crate::support::*;
use testbed::{Abi, HOUR, Options, U256, WAD, World};
use vault_core::risk;
use vault_core::sale::Side;
use vault_core::{Quote, Refusal};

fn with(mut options: Options, gamma: u16, vega: u16, theta: u16) -> Options {
    options.policy.sale.quotaBps = 10_000;
    options.policy.risk.gammaBps = gamma;
    options.policy.risk.vegaBps = vega;
    options.policy.risk.thetaBps = theta;
    options
}

fn order(series: u128, amount: u128) -> Abi::buyCall {
    Abi::buyCall {
        id: id(series),
        amount: u(amount),
        maxPremium: U256::MAX,
        receiver: carol(),
        deadline: U256::MAX,
    }
}

fn quote(series: u128, amount: u128) -> Abi::quoteBuyCall {
    Abi::quoteBuyCall {
        id: id(series),
        amount: u(amount),
    }
}

/// What vault-core says about a purchase.
fn decided(world: &World, series: usize, amount: u128) -> Result<(), Abi::BeyondRiskBudget> {
    let premium = modelled(world, series, amount, Side::Buy);
    let valuation = valued(world, series, amount, premium);
    match risk::check(&valuation, &policy_of(world).risk) {
        Ok(()) => Ok(()),
        Err(Refusal::BeyondRiskBudget { budget, used, most }) => Err(Abi::BeyondRiskBudget {
            budget: u(budget as u128),
            used: u(used),
            most: u(most),
        }),
        Err(other) => panic!("{other:?}"),
    }
}

/// The price goes to a strike shortly before the end of sales.
fn near_expiry(world: &mut World, series: u128) {
    let one = world.view(&Abi::seriesCall { id: id(series) });
    world.chain.set_time(one.expiry.to::<u64>() - 13 * HOUR);
    world.submit(one.strike.to());
    world.catch_up();
}

#[test]
fn a_purchase_beyond_a_budget_is_refused_with_its_numbers_and_taking_back_cures_it() {
    // Each budget alone, so narrow that it sizes the opening.
    for (budget, gamma, vega, theta) in [(0, 40, 0, 0), (1, 0, 5, 0), (2, 0, 0, 40)] {
        let options = with(Options::default(), gamma, vega, theta);
        let mut world = opened_with(&options);
        world.give_usdc(carol(), RICH);
        let limit: u128 = world.view(&Abi::epochCall {}).limit.to();
        // At the opening's price all of it can be sold.
        for series in 0..3 {
            assert_eq!(decided(&world, series, limit * 9 / 10).err(), None);
            let buy = order(series as u128, limit * 9 / 10);
            world.send(carol(), &buy).expect("inside");
        }
        // A hedge brings the quote that options can be taken back with.
        let hedge = Abi::rebalanceCall {};
        world.send(keeper(), &hedge).expect("out of the band");
        let amount = limit / 10;
        if budget == 1 {
            // Vega falls with time. It is the price that brings it nearer to the strikes.
            let mut price = SPOT;
            while decided(&world, 0, amount).is_ok() {
                price += SPOT / 100;
                assert!(price < 2 * SPOT);
                world.chain.warp(60);
                world.submit(price);
                world.catch_up();
            }
        } else {
            near_expiry(&mut world, 0);
        }
        let refusal = decided(&world, 0, amount).expect_err("beyond");
        assert_eq!(refusal.budget, u(budget));
        refuse(&mut world, carol(), &order(0, amount), refusal.clone());
        refuse(&mut world, carol(), &quote(0, amount), refusal.clone());
        let chain = world.view(&Abi::chainCall {
            owner: carol(),
            amount: u(amount),
        });
        assert_eq!(chain[0].cost, U256::ZERO, "no offer");
        let bid = Abi::quoteSellCall {
            id: id(0),
            amount: u(amount),
        };
        let bid = world.simulate(carol(), &bid).expect("a bid").value;
        assert_eq!(chain[0].proceeds, bid);

        // Taking options back is free, and with enough of them back there is room again.
        let mut series = 0;
        while decided(&world, 0, amount).is_err() {
            let held = options_of(&world, carol(), id(series));
            let back = Abi::sellCall {
                id: id(series),
                amount: u(held),
                minProceeds: U256::ZERO,
                receiver: carol(),
                deadline: U256::MAX,
            };
            world.send(carol(), &back).expect("takes risk away");
            series += 1;
        }
        assert!(series > 0);
        let cost = world.view(&quote(0, amount));
        let done = world.send(carol(), &order(0, amount)).expect("cured");
        assert_eq!(done.value, cost);
        assert_reconciled(&world);
    }
}

/// The vault's answer is vault-core's, whatever the book and the price: where a glance is enough, and where it is not.
#[test]
fn what_may_be_sold_is_decided_by_the_book_and_nothing_else() {
    let mut rng = fastrand::Rng::with_seed(41);
    let (mut taken, mut refused) = (0, 0);
    for round in 0..6_u16 {
        let options = with(
            full(),
            rng.u16(0..2) * rng.u16(20..60),
            rng.u16(0..2) * rng.u16(2..6),
            20 + round * rng.u16(0..40),
        );
        let mut world = opened_with(&options);
        world.give_usdc(carol(), RICH);
        let limit: u128 = world.view(&Abi::epochCall {}).limit.to();
        for _ in 0..25 {
            world.chain.warp(rng.u64(60..HOUR / 3));
            world.submit(SPOT / 100 * rng.u128(98..130));
            world.catch_up();
            let series = rng.usize(0..8);
            let sold = listed(&world)[series].sold.0;
            let amount = rng.u128(1..=limit).min(limit - sold);
            if amount == 0 {
                continue;
            }
            let (decided, quoted) = (
                decided(&world, series, amount),
                world.simulate(carol(), &quote(series as u128, amount)),
            );
            match (decided, quoted) {
                (Ok(()), Ok(cost)) => {
                    let done = world.send(carol(), &order(series as u128, amount));
                    assert_eq!(done.expect("inside").value, cost.value);
                    taken += 1;
                }
                (Err(error), Err(_)) => {
                    refuse(&mut world, carol(), &order(series as u128, amount), error);
                    refused += 1;
                }
                (decided, quoted) => panic!("{decided:?} {quoted:?}"),
            }
        }
    }
    println!("{taken} purchases inside, {refused} beyond");
    assert!(taken > 40 && refused > 20, "{taken} {refused}");
}

#[test]
fn without_a_budget_nothing_is_asked_and_the_question_can_be_put_alone() {
    let mut world = opened_with(&full());
    let done = world.buy(carol(), id(0), WAD).expect("room");
    let delegated = |frames: &[testbed::devchain::Frame]| {
        let is = |frame: &&testbed::devchain::Frame| {
            frame.depth == 1 && frame.call == testbed::devchain::CallKind::DelegateCall
        };
        frames.iter().filter(is).count()
    };
    assert_eq!(delegated(&done.receipt.frames), 0);
    let mut world = opened_with(&with(full(), 300, 0, 0));
    let done = world.buy(carol(), id(0), WAD / 10).expect("room");
    assert_eq!(delegated(&done.receipt.frames), 1, "of the extension");

    let vault = vault_pot(&world);
    let asked = |sold: u128, spot: u128| Abi::requireWithinBudgetsCall {
        id: id(0),
        sold: u(sold),
        vaultAssets: u(vault.assets.0),
        vaultQuote: u(vault.quote.0),
        spot: u(spot),
    };
    world
        .simulate(stranger(), &asked(WAD / 10, SPOT))
        .expect("inside");
    let valuation = valued(&world, 0, 400 * WAD, Quote(0));
    let Err(Refusal::BeyondRiskBudget { budget, used, most }) =
        risk::check(&valuation, &policy_of(&world).risk)
    else {
        panic!("{valuation:?}");
    };
    let error = Abi::BeyondRiskBudget {
        budget: u(budget as u128),
        used: u(used),
        most: u(most),
    };
    let call = asked(400 * WAD + WAD / 10, SPOT);
    refuse(&mut world, stranger(), &call, error);
    let other = Abi::requireWithinBudgetsCall { id: id(8), ..call };
    let error = Abi::UnknownSeries { id: id(8) };
    refuse(&mut world, stranger(), &other, error);
}
