//! `quoteBuy` and `buy`.

use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolCall, SolError};

use crate::interface::ICoveredCallVault::*;
use crate::support::*;

/// A live vault of 100 WETH and a buyer with quote.
fn live() -> World {
    let world = World::live(100 * WETH);
    world.fund(bob(), 0, 1_000_000 * USDC);
    world
}

fn order(series: u128, amount: u128) -> buyCall {
    buyCall {
        id: id(1, series),
        amount: amount.u(),
        maxPremium: U256::MAX,
        receiver: alice(),
        deadline: NOW.u(),
    }
}

fn quote(world: &World, series: u128, amount: u128) -> U256 {
    world
        .view(&quoteBuyCall {
            id: id(1, series),
            amount: amount.u(),
        })
        .premium
}

/// The fee of 1 % in a premium: ⌈p/100⌉ of p and the fee together.
fn fee_of(total: U256) -> U256 {
    let (bps, fee) = (
        U256::from(10_000),
        U256::from(crate::support::world::policy().sale.feeBps),
    );
    let before = total * bps / (bps + fee);
    total - before
}

#[test]
fn a_purchase_takes_the_premium_quoted_and_gives_the_options_to_the_receiver() {
    let world = live();
    let expected = quote(&world, 0, 10 * WETH);
    assert!(
        expected > (100 * USDC).u() && expected < (1_500 * USDC).u(),
        "{expected}"
    );
    assert_eq!(world.call(bob(), &order(0, 10 * WETH)).premium, expected);
    assert_eq!(
        world.balances(bob()).quote,
        (1_000_000 * USDC).u() - expected
    );
    assert_eq!(
        world
            .view(&balanceOf_1Call {
                owner: alice(),
                id: id(1, 0)
            })
            .amount,
        (10 * WETH).u()
    );
    assert_eq!(world.view(&ledgerCall {}).vaultQuote, expected);
    assert_eq!(
        world.view(&seriesCall { id: id(1, 0) }).sold,
        (10 * WETH).u()
    );
    world.vault.assert_emitted(&OptionsSold {
        id: id(1, 0),
        buyer: bob(),
        receiver: alice(),
        amount: (10 * WETH).u(),
        premium: expected,
        fee: fee_of(expected),
        spot: (2_000 * WAD).u(),
        sold: (10 * WETH).u(),
        vaultAssets: world.view(&ledgerCall {}).vaultAssets,
        vaultQuote: expected,
    });
    world.vault.assert_emitted(&Transfer_1 {
        caller: bob(),
        sender: Address::ZERO,
        receiver: alice(),
        id: id(1, 0),
        amount: (10 * WETH).u(),
    });
}

#[test]
fn a_second_purchase_adds_to_the_first() {
    let world = live();
    let first = world.call(bob(), &order(1, WETH)).premium;
    world.price(2_100);
    let second = world.call(bob(), &order(1, 2 * WETH)).premium;
    assert!(second > first * U256::from(2), "spot rose");
    world.vault.assert_emitted(&OptionsSold {
        id: id(1, 1),
        buyer: bob(),
        receiver: alice(),
        amount: (2 * WETH).u(),
        premium: second,
        fee: fee_of(second),
        spot: (2_100 * WAD).u(),
        sold: (3 * WETH).u(),
        vaultAssets: world.view(&ledgerCall {}).vaultAssets,
        vaultQuote: first + second,
    });
    let epoch = world.view(&epochCall {});
    assert_eq!(
        (epoch.lastPrice, epoch.lastPriceTime),
        ((2_100 * WAD).u(), NOW.u()),
        "the price is remembered"
    );
}

#[test]
fn an_order_costs_its_pieces_whatever_their_number() {
    let world = live();
    let whole: u128 = quote(&world, 0, 30 * WETH).to();
    let mut pieces = 0;
    for piece in [1, 2, 5, 10, 4, 8] {
        pieces += world
            .call(bob(), &order(0, piece * WETH))
            .premium
            .to::<u128>();
    }
    assert!(
        pieces.abs_diff(whole) <= 12,
        "{pieces} in pieces and {whole} at once"
    );
    assert_eq!(
        quote(&world, 0, 1),
        U256::from(2),
        "and none of them is free: a unit, and a unit of fee"
    );
}

#[test]
fn nothing_cannot_be_bought() {
    let world = live();
    world.refuses(bob(), &order(0, 0), &ZeroAmount {});
    world.refuses(
        bob(),
        &quoteBuyCall {
            id: id(1, 0),
            amount: U256::ZERO,
        },
        &ZeroAmount {},
    );
}

#[test]
fn a_series_that_is_not_listed_in_this_epoch_is_unknown() {
    let world = live();
    for id in [
        U256::ZERO,
        id(0, 0),
        id(1, 3),
        id(1, 8),
        id(1, 255),
        id(2, 0),
        id(1 << 32, 0),
        id((1 << 32) + 1, 0),
        (u128::MAX).u(),
    ] {
        world.refuses(
            bob(),
            &buyCall {
                id,
                ..order(0, WETH)
            },
            &UnknownSeries { id },
        );
        world.refuses(
            bob(),
            &quoteBuyCall {
                id,
                amount: WETH.u(),
            },
            &UnknownSeries { id },
        );
    }
}

#[test]
fn a_series_sells_out() {
    let world = live();
    let limit: u128 = world.view(&epochCall {}).limit.to();
    let out = |left: u128, wanted: u128| SeriesSoldOut {
        left: left.u(),
        wanted: wanted.u(),
    };
    world.refuses(bob(), &order(0, limit + 1), &out(limit, limit + 1));
    world.call(bob(), &order(0, limit - 1));
    world.refuses(bob(), &order(0, 2), &out(1, 2));
    world.call(bob(), &order(0, 1));
    world.refuses(bob(), &order(0, 1), &out(0, 1));
    world.call(bob(), &order(1, WETH));
}

#[test]
fn a_premium_above_the_maximum_is_refused_and_the_maximum_itself_is_paid() {
    let world = live();
    let premium = quote(&world, 0, WETH);
    let one_less = premium - U256::from(1);
    world.refuses(
        bob(),
        &buyCall {
            maxPremium: one_less,
            ..order(0, WETH)
        },
        &PremiumTooHigh {
            premium,
            maxPremium: one_less,
        },
    );
    assert_eq!(
        world
            .call(
                bob(),
                &buyCall {
                    maxPremium: premium,
                    ..order(0, WETH)
                }
            )
            .premium,
        premium
    );
}

#[test]
fn an_order_ends_after_its_deadline() {
    let world = live();
    let deadline = (NOW - 1).u();
    world.refuses(
        bob(),
        &buyCall {
            deadline,
            ..order(0, WETH)
        },
        &DeadlinePassed {
            deadline,
            nowSeconds: NOW.u(),
        },
    );
    world.call(
        bob(),
        &buyCall {
            deadline: NOW.u(),
            ..order(0, WETH)
        },
    );
    world.call(
        bob(),
        &buyCall {
            deadline: U256::MAX,
            ..order(0, WETH)
        },
    );
}

#[test]
fn options_are_not_sold_to_nobody() {
    let world = live();
    world.refuses(
        bob(),
        &buyCall {
            receiver: Address::ZERO,
            ..order(0, WETH)
        },
        &ZeroAddress {},
    );
}

#[test]
fn a_buyer_without_quote_gets_nothing() {
    let world = live();
    let amount = quote(&world, 0, WETH);
    let failed = TokenTransferFailed {
        token: world.quote.address(),
        amount,
    };
    world.refuses(carol(), &order(0, WETH), &failed);
    world.fund(carol(), 0, amount.to::<u128>() - 1);
    world.refuses(carol(), &order(0, WETH), &failed);
    world.fund(carol(), 0, 1);
    world.call(carol(), &order(0, WETH));
}

#[test]
fn a_quote_token_that_keeps_a_fee_is_refused() {
    let world = live();
    world.behave(&world.quote, Manner::KeepsFee);
    let expected = quote(&world, 0, WETH);
    let received = expected - expected / U256::from(100);
    let token = world.quote.address();
    world.refuses(
        bob(),
        &order(0, WETH),
        &TransferMismatch {
            token,
            expected,
            received,
        },
    );
}

#[test]
fn nothing_is_sold_before_an_epoch_or_after_it() {
    let world = World::new();
    world.fund(bob(), 0, 1_000_000 * USDC);
    let refused = |phase: u64| {
        world.refuses(bob(), &order(0, WETH), &NotLive { phase: phase.u() });
        world.refuses(
            bob(),
            &quoteBuyCall {
                id: id(1, 0),
                amount: WETH.u(),
            },
            &NotLive { phase: phase.u() },
        );
    };
    refused(0);
    world.deposit(alice(), 100 * WETH);
    world.open();
    let round = world.expire(2_000, 61);
    let expiry = (NOW - 61).u();
    world.refuses(bob(), &order(0, WETH), &SettleFirst { expiry });
    world.call(carol(), &world.settling(round));
    refused(3);
    world.call(carol(), &rollCall {});
    refused(0);
    world.open();
    world.refuses(bob(), &order(0, WETH), &UnknownSeries { id: id(1, 0) });
}

#[test]
fn sales_close_before_expiry() {
    let world = live();
    let expiry: u64 = world.view(&epochCall {}).expiry.to();
    world.pass(expiry - NOW - 43_201);
    world.price(2_000);
    world.call(bob(), &order(0, WETH));
    world.pass(1);
    world.price(2_000);
    world.refuses(
        bob(),
        &order(0, WETH),
        &SaleClosed {
            until: NOW.u(),
            nowSeconds: NOW.u(),
        },
    );
}

#[test]
fn nothing_is_sold_in_the_dark() {
    let world = live();
    world.pass(3_601);
    let stale = OraclePriceStale {
        updatedAt: (NOW - 3_601).u(),
        nowSeconds: NOW.u(),
    };
    world.refuses(bob(), &order(0, WETH), &stale);
    world.refuses(
        bob(),
        &quoteBuyCall {
            id: id(1, 0),
            amount: WETH.u(),
        },
        &stale,
    );
    world.feed.sender(carol()).die(true);
    world.refuses(
        bob(),
        &order(0, WETH),
        &OracleUnavailable {
            feed: world.feed.address(),
        },
    );
    world.feed.sender(carol()).die(false);
    world.price(2_000);
    world.call(bob(), &order(0, WETH));
}

#[test]
fn a_new_phase_of_the_feed_with_other_decimals_is_refused() {
    let world = live();
    world.feed.sender(carol()).set_decimals(6);
    world.call(bob(), &order(0, WETH));
    world
        .feed
        .sender(carol())
        .write(feed::round_id(2, 1), world::answer(2_000), NOW);
    let changed = FeedDecimalsChanged {
        expected: U256::from(8),
        actual: U256::from(6),
    };
    world.refuses(bob(), &order(0, WETH), &changed);
}

#[test]
fn a_sale_that_the_vault_could_not_pay_at_every_price_is_refused() {
    let world = live();
    world.call(bob(), &order(0, 10 * WETH));
    // Fewer assets than options sold: what a lost vault would look like.
    world.rewrite(WETH, 0, 1);
    let Err(revert) = world.send(
        bob(),
        &alloy_sol_types::SolCall::abi_encode(&order(0, WETH)),
    ) else {
        panic!("sold")
    };
    let error =
        <Insolvent as alloy_sol_types::SolError>::abi_decode(&revert, true).expect("insolvent");
    // At the cap of 4 000, eleven options pay 1 840 each and there is one WETH and a premium.
    assert_eq!(error.price, (4_000 * WAD).u());
    assert!(
        error.shortfall > (15_000 * USDC).u() && error.shortfall < (17_000 * USDC).u(),
        "{}",
        error.shortfall
    );
}

#[test]
fn after_a_purchase_all_greeks_are_at_its_price() {
    let world = live();
    world.price(2_400);
    let before = [0, 1].map(|series| world.view(&seriesCall { id: id(1, series) }));
    world.call(bob(), &order(0, WETH));
    let after = [0, 1].map(|series| world.view(&seriesCall { id: id(1, series) }));
    for (before, after) in before.iter().zip(&after) {
        assert!(after.delta > before.delta && after.price > before.price);
    }
    let last = world.view(&epochCall {}).lastPrice;
    assert_eq!(last, (2_400 * WETH).u());
}

#[test]
fn a_purchase_beyond_a_budget_of_risk_is_refused_with_what_it_would_use() {
    let world = World::with(|setup| {
        setup.policy.risk.gammaBps = 40;
    });
    world.deposit(alice(), 100 * WETH);
    world.open();
    world.fund(bob(), 0, 1_000_000 * USDC);
    // At the opening everything it lists is inside; near expiry and at a strike half of it is not.
    let limit: u128 = world.view(&epochCall {}).limit.to();
    world.call(bob(), &order(0, limit / 2));
    let expiry: u64 = world.view(&epochCall {}).expiry.to();
    world.pass(expiry - NOW - 50_000);
    let one = world.view(&seriesCall { id: id(1, 0) });
    let strike: u128 = one.strike.to();
    world.price(strike / WETH);

    let ledger = world.view(&ledgerCall {});
    let series = [vault_core::Series {
        strike: vault_core::Price(strike),
        cap: Some(vault_core::Price(one.cap.to())),
        sold: vault_core::Assets(limit / 2 + WETH),
        ..vault_core::Series::default()
    }];
    let refused = world
        .send(bob(), &order(0, WETH).abi_encode())
        .expect_err("beyond");
    let refused = BeyondRiskBudget::abi_decode(&refused, true).expect("named");
    // The premium is in the vault by then. Without it the budget is a little less.
    let valued = |premium: u128| {
        let book = vault_core::valuation::Book {
            vault: vault_core::Pot {
                assets: vault_core::Assets(ledger.vaultAssets.to()),
                quote: vault_core::Quote(ledger.vaultQuote.to::<u128>() + premium),
            },
            series: &series,
            tenor_seconds: 50_000,
            units: vault_core::Units::new(18, 6).expect("decimals"),
        };
        let market = vault_core::valuation::Market {
            spot: vault_core::Price(strike),
            volatility: world.view(&volatilityCall {}).annualised.to(),
            skew_bps: 0,
        };
        let valuation = vault_core::valuation::value(&book, &market).expect("values");
        let used = valuation.spot_gamma.unsigned_abs() / 100;
        (used, valuation.nav.0 * 40 / 10_000)
    };
    let (used, least) = valued(0);
    let (_, most) = valued(100 * USDC);
    assert_eq!((refused.budget, refused.used), (U256::ZERO, used.u()));
    assert!(refused.most > least.u() && refused.most < most.u());
    assert!(refused.used > refused.most);
    let quote = quoteBuyCall {
        id: id(1, 0),
        amount: WETH.u(),
    };
    world.refuses(bob(), &quote, &refused);
    // What is given back is not asked for a budget.
    let back = sellCall {
        id: id(1, 0),
        amount: (limit / 4).u(),
        minProceeds: U256::ZERO,
        receiver: alice(),
        deadline: NOW.u(),
    };
    world.call(alice(), &back);
}
