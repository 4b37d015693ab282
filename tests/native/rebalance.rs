//! `rebalance` and `previewRebalance`. Rewards grow with the base fee, which is 0 in this VM: they are tested on the WASM.

use alloy_primitives::{I256, U256};

use crate::interface::ICoveredCallVault::*;
use crate::support::*;

const DELTA: u64 = 1;
const CONVERT: u64 = 2;

/// A live vault of 100 WETH with 10 options sold: it has too much of the asset.
fn sold() -> World {
    let world = World::live(100 * WETH);
    world.buy(0, 10 * WETH);
    world
}

fn signed(x: U256) -> I256 {
    I256::try_from(x).expect("fits")
}

/// A settled vault that has `quote` left.
fn settled_with(quote: u128) -> World {
    let world = World::live(100 * WETH);
    let round = world.expire(2_000, 61);
    world.call(carol(), &world.settling(round));
    world.price(2_000);
    world.rewrite(99 * WETH, quote, 100_000 * WETH);
    world
}

#[test]
fn a_rebalance_does_what_its_preview_says_and_moves_to_the_target() {
    let world = sold();
    let plan = world.view(&previewRebalanceCall {});
    assert!(!plan.buys && plan.triggers == DELTA.u());
    assert!(
        plan.exposure > signed((95 * WETH).u()) && plan.exposure < signed((98 * WETH).u()),
        "{}",
        plan.exposure
    );
    assert_eq!(signed(plan.trade), plan.exposure - plan.target);
    assert_eq!(plan.trade, plan.amountIn);
    let before = world.view(&ledgerCall {});
    let done = world.call(carol(), &rebalanceCall {});
    assert_eq!((done.triggers, done.reward), (plan.triggers, plan.reward));
    let received = plan.amountIn * (2_000 * USDC).u() / WETH.u();
    assert!(received >= plan.minOut);
    let after = world.view(&ledgerCall {});
    assert_eq!(after.vaultAssets, before.vaultAssets - plan.amountIn);
    assert_eq!(after.vaultQuote, before.vaultQuote + received);
    assert_eq!(
        world.booked(),
        world.balances(world.vault.address()),
        "nothing is left over"
    );
    assert_eq!(
        world.venue.sender(carol()).last_order(),
        (U256::from(500), NOW.u()),
        "fee tier and deadline"
    );
    world.vault.assert_emitted(&Rebalanced {
        epoch: U256::from(1),
        keeper: carol(),
        triggers: DELTA.u(),
        exposureBefore: plan.exposure,
        exposureAfter: plan.target,
        target: plan.target,
        assetsDelta: -signed(plan.amountIn),
        quoteDelta: signed(received),
        spot: (2_000 * WAD).u(),
        cost: plan.amountIn - received * WETH.u() / (2_000 * USDC).u(),
        fee: (plan.amountIn * U256::from(5)).div_ceil(U256::from(10_000)),
        reward: plan.reward,
        vaultAssets: after.vaultAssets,
        vaultQuote: after.vaultQuote,
    });
}

#[test]
fn a_second_rebalance_finds_nothing_to_do() {
    let world = sold();
    world.call(carol(), &rebalanceCall {});
    let Err(revert) = world.send(
        carol(),
        &alloy_sol_types::SolCall::abi_encode(&rebalanceCall {}),
    ) else {
        panic!("traded again")
    };
    let inside = <InsideBand as alloy_sol_types::SolError>::abi_decode(&revert, true)
        .expect("inside the band");
    assert!((inside.exposure - inside.target).unsigned_abs() <= inside.band);
    assert!(
        inside.band > (2 * WETH).u() && inside.band < (4 * WETH).u(),
        "3 % of 100: {}",
        inside.band
    );
    world.refuses(carol(), &previewRebalanceCall {}, &inside);
}

#[test]
fn the_vault_buys_when_the_price_has_risen() {
    let world = World::live(100 * WETH);
    for series in 0..3 {
        world.buy(series, 30 * WETH);
    }
    world.call(carol(), &rebalanceCall {});
    world.price(2_400);
    let plan = world.view(&previewRebalanceCall {});
    assert!(plan.buys && plan.target > plan.exposure);
    let before = world.view(&ledgerCall {});
    world.call(bob(), &rebalanceCall {});
    let after = world.view(&ledgerCall {});
    let received = plan.amountIn * WETH.u() / (2_400 * USDC).u();
    assert_eq!(after.vaultQuote, before.vaultQuote - plan.amountIn);
    assert_eq!(after.vaultAssets, before.vaultAssets + received);
    world.vault.assert_emitted(&Rebalanced {
        epoch: U256::from(1),
        keeper: bob(),
        triggers: DELTA.u(),
        exposureBefore: plan.exposure,
        exposureAfter: plan.exposure + signed(received),
        target: plan.target,
        assetsDelta: signed(received),
        quoteDelta: -signed(plan.amountIn),
        spot: (2_400 * WAD).u(),
        cost: U256::ZERO,
        fee: (received * U256::from(5)).div_ceil(U256::from(10_000)),
        reward: plan.reward,
        vaultAssets: after.vaultAssets,
        vaultQuote: after.vaultQuote,
    });
}

#[test]
fn a_trade_is_no_larger_than_the_policy_allows() {
    let world = World::with(|setup| setup.policy.hedge.maxTradeBps = 100);
    world.deposit(alice(), 100 * WETH);
    world.open();
    let plan = world.view(&previewRebalanceCall {});
    assert_eq!(
        plan.trade,
        ((100 * WETH - WETH / 20) / 100).u(),
        "one per cent of what there is"
    );
    world.call(carol(), &rebalanceCall {});
    world.call(carol(), &rebalanceCall {});
}

#[test]
fn a_vault_that_does_not_hedge_never_trades_while_live() {
    let world = World::with(|setup| setup.policy.hedge.enabled = false);
    world.deposit(alice(), 100 * WETH);
    world.open();
    let exposure = signed((100 * WETH - WETH / 20).u());
    let inside = InsideBand {
        exposure,
        target: exposure,
        band: U256::ZERO,
    };
    world.refuses(carol(), &rebalanceCall {}, &inside);
    world.refuses(carol(), &previewRebalanceCall {}, &inside);
}

#[test]
fn a_vault_that_holds_only_the_asset_has_nothing_to_convert() {
    let world = World::new();
    world.deposit(alice(), 5 * WETH);
    let exposure = signed((5 * WETH).u());
    world.refuses(
        carol(),
        &rebalanceCall {},
        &InsideBand {
            exposure,
            target: exposure,
            band: U256::ZERO,
        },
    );
}

#[test]
fn quote_left_after_settlement_becomes_asset() {
    let world = settled_with(3_000 * USDC);
    let plan = world.view(&previewRebalanceCall {});
    assert_eq!(
        (plan.triggers, plan.buys, plan.amountIn),
        (CONVERT.u(), true, (3_000 * USDC).u())
    );
    assert_eq!(
        (plan.trade, plan.minOut),
        ((WETH * 3 / 2).u(), (WETH * 3 / 2 * 9_970 / 10_000).u())
    );
    world.call(carol(), &rebalanceCall {});
    let ledger = world.view(&ledgerCall {});
    assert_eq!(
        (ledger.vaultAssets, ledger.vaultQuote),
        ((99 * WETH + WETH * 3 / 2).u(), U256::ZERO)
    );
    world.call(carol(), &rollCall {});
}

#[test]
fn quote_left_after_a_roll_becomes_asset_too() {
    let world = settled_with(3_000 * USDC);
    world.pass(86_400);
    world.call(carol(), &rollCall {});
    world.price(2_000);
    world.call(carol(), &rebalanceCall {});
    assert_eq!(world.view(&ledgerCall {}).vaultQuote, U256::ZERO);
}

#[test]
fn a_trade_below_the_minimum_is_not_made() {
    let world = settled_with(19 * USDC);
    // 19 at a price of 2 000.
    let error = BelowMinimumTrade {
        trade: (WETH * 19 / 2_000).u(),
        minimum: (WETH / 100).u(),
    };
    world.refuses(carol(), &rebalanceCall {}, &error);
    world.refuses(carol(), &previewRebalanceCall {}, &error);
}

#[test]
fn a_venue_worse_than_the_oracle_by_more_than_the_bound_is_refused() {
    let world = sold();
    let plan = world.view(&previewRebalanceCall {});
    world.venue.sender(carol()).keep(31);
    let failed = SwapFailed {
        amountIn: plan.amountIn,
        minimum: plan.minOut,
    };
    world.refuses(carol(), &rebalanceCall {}, &failed);
    world.venue.sender(carol()).keep(29);
    world.call(carol(), &rebalanceCall {});
}

#[test]
fn a_venue_that_gives_less_than_agreed_is_refused_whatever_it_says() {
    let world = sold();
    let plan = world.view(&previewRebalanceCall {});
    world.venue.sender(carol()).forget_minimum();
    world.venue.sender(carol()).keep(10_000);
    world.refuses(
        carol(),
        &rebalanceCall {},
        &SwapOutOfBounds {
            received: U256::ZERO,
            minimum: plan.minOut,
        },
    );
}

#[test]
fn a_venue_that_takes_another_amount_than_agreed_is_refused() {
    let world = sold();
    let plan = world.view(&previewRebalanceCall {});
    let received = plan.amountIn * (2_000 * USDC).u() / WETH.u();
    for takes in [0, 9_999] {
        world.venue.sender(carol()).take(takes);
        world.refuses(
            carol(),
            &rebalanceCall {},
            &SwapOutOfBounds {
                received,
                minimum: plan.minOut,
            },
        );
    }
}

#[test]
fn a_token_that_does_not_let_itself_be_approved_is_refused() {
    let world = sold();
    let amount = world.view(&previewRebalanceCall {}).amountIn;
    world.behave(&world.asset, Manner::SaysNo);
    world.refuses(
        carol(),
        &rebalanceCall {},
        &TokenTransferFailed {
            token: world.asset.address(),
            amount,
        },
    );
}

#[test]
fn nothing_is_traded_after_expiry_until_it_is_settled() {
    let world = sold();
    world.expire(2_000, 5);
    let first = SettleFirst {
        expiry: (NOW - 5).u(),
    };
    world.refuses(carol(), &rebalanceCall {}, &first);
    world.refuses(carol(), &previewRebalanceCall {}, &first);
}

#[test]
fn nothing_is_traded_in_the_dark() {
    let world = sold();
    world.pass(3_601);
    let stale = OraclePriceStale {
        updatedAt: (NOW - 3_601).u(),
        nowSeconds: NOW.u(),
    };
    world.refuses(carol(), &rebalanceCall {}, &stale);
    world.price(2_000);
    world
        .sequencer
        .sender(carol())
        .write(feed::round_id(1, 2), I256::ONE, NOW - 5);
    world.refuses(
        carol(),
        &rebalanceCall {},
        &SequencerDown {
            since: (NOW - 5).u(),
            nowSeconds: NOW.u(),
        },
    );
}

#[test]
fn a_rebalance_refreshes_the_greeks_of_every_series_and_the_price() {
    let world = sold();
    world.price(2_300);
    let before = [0, 1, 2].map(|series| world.view(&seriesCall { id: id(1, series) }));
    world.call(carol(), &rebalanceCall {});
    for (series, before) in (0..).zip(before) {
        let after = world.view(&seriesCall { id: id(1, series) });
        assert!(
            after.delta > before.delta && after.price > before.price,
            "series {series}"
        );
        assert_eq!(
            (after.strike, after.cap, after.sold),
            (before.strike, before.cap, before.sold)
        );
    }
    let epoch = world.view(&epochCall {});
    assert_eq!(
        (epoch.lastPrice, epoch.lastPriceTime),
        ((2_300 * WAD).u(), NOW.u())
    );
}

#[test]
fn converting_leaves_the_greeks_and_the_price_of_the_settled_epoch_alone() {
    let world = settled_with(3_000 * USDC);
    let before = [0, 1, 2].map(|series| world.view(&seriesCall { id: id(1, series) }));
    let epoch = world.view(&epochCall {});
    world.price(2_222);
    world.call(carol(), &rebalanceCall {});
    let after = world.view(&epochCall {});
    assert_eq!(
        (after.lastPrice, after.lastPriceTime),
        (epoch.lastPrice, epoch.lastPriceTime)
    );
    for (series, before) in (0..).zip(before) {
        assert_eq!(
            world.view(&seriesCall { id: id(1, series) }),
            before,
            "series {series}"
        );
    }
}

#[test]
fn a_mark_lets_the_price_of_a_fill_grow_and_a_fill_moves_exactly_what_its_preview_says() {
    let world = sold();
    let first = world.view(&previewFillCall {});
    assert!(!first.buys && first.triggers == DELTA.u());
    world.call(bob(), &markTriggerCall {});
    assert_eq!(world.view(&hedgeStateCall {}).triggered, NOW.u());
    world.fund(carol(), 0, 1_000_000 * USDC);
    let before = world.view(&ledgerCall {});
    let limit = first.amountOut;
    let fill = |buys, limit: U256| fillCall {
        buys,
        limit,
        deadline: NOW.u(),
    };
    world.refuses(
        carol(),
        &fill(true, limit),
        &FillSideChanged { buys: false },
    );
    let dear = limit - U256::from(1);
    world.refuses(
        carol(),
        &fill(false, dear),
        &SlippageExceeded {
            actual: limit,
            limit: dear,
        },
    );
    world.call(carol(), &fill(false, limit));
    let after = world.view(&ledgerCall {});
    assert_eq!(after.vaultAssets, before.vaultAssets - first.amountIn);
    assert_eq!(after.vaultQuote, before.vaultQuote + first.amountOut);
    assert_eq!(world.view(&hedgeStateCall {}).triggered, U256::ZERO);
}
