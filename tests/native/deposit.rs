//! `deposit` and `mint`.

use alloy_primitives::{Address, U256};

use crate::interface::ICoveredCallVault::*;
use crate::support::*;

/// Half of the range of amounts is kept for what a vault may earn.
const MOST: u128 = ((1 << 112) - 1) / 2;

fn deposit(assets: u128) -> deposit_0Call {
    deposit_0Call {
        assets: assets.u(),
        receiver: bob(),
    }
}

#[test]
fn a_first_deposit_gives_a_thousand_shares_a_unit() {
    let world = World::new();
    world.fund(alice(), 10 * WETH, 0);
    let shares = world.call(alice(), &deposit(10 * WETH)).shares;
    assert_eq!(shares, (10_000 * WETH).u());
    assert_eq!(
        world.view(&balanceOf_0Call { owner: bob() }).shares,
        shares,
        "the receiver has them"
    );
    assert_eq!(world.view(&totalSupplyCall {}).supply, shares);
    assert_eq!(
        world.view(&totalAssetsCall {}).totalManagedAssets,
        (10 * WETH).u()
    );
    assert_eq!(world.balances(alice()).asset, U256::ZERO);
    assert_eq!(world.balances(world.vault.address()).asset, (10 * WETH).u());
    world.vault.assert_emitted(&Deposit {
        sender: alice(),
        owner: bob(),
        assets: (10 * WETH).u(),
        shares,
    });
    world.vault.assert_emitted(&Transfer_0 {
        from: Address::ZERO,
        to: bob(),
        value: shares,
    });
}

#[test]
fn a_deposit_rounds_shares_down_and_a_mint_rounds_assets_up() {
    let world = World::new();
    // 7 WETH and one virtual unit against 5 000 shares and 1 000 virtual units: neither divides.
    world.rewrite(7 * WETH, 0, 5_000 * WETH);
    world.fund(alice(), WETH, 0);
    let (supply, assets) = ((5_000 * WETH + 1_000).u(), (7 * WETH + 1).u());
    let paid = 1_234_567_u128.u();
    let expected = paid * supply / assets;
    assert_eq!(
        world.view(&previewDepositCall { assets: paid }).shares,
        expected
    );
    let shares = world
        .call(
            alice(),
            &deposit_0Call {
                assets: paid,
                receiver: alice(),
            },
        )
        .shares;
    assert_eq!(shares, expected);

    let (supply, assets) = (supply + shares, assets + paid);
    let wanted = 7_777_777_u128.u();
    let cost = (wanted * assets).div_ceil(supply);
    assert!(cost * supply != wanted * assets, "this rounds");
    assert_eq!(world.view(&previewMintCall { shares: wanted }).assets, cost);
    assert_eq!(
        world
            .call(
                alice(),
                &mint_0Call {
                    shares: wanted,
                    receiver: carol()
                }
            )
            .assets,
        cost
    );
    assert_eq!(
        world.view(&balanceOf_0Call { owner: carol() }).shares,
        wanted,
        "exactly what was asked for"
    );
    world.vault.assert_emitted(&Deposit {
        sender: alice(),
        owner: carol(),
        assets: cost,
        shares: wanted,
    });
}

#[test]
fn a_donation_changes_no_price_and_no_total() {
    let world = World::new();
    world.deposit(alice(), 10 * WETH);
    let before = world.view(&convertToAssetsCall { shares: WETH.u() }).assets;
    world
        .asset
        .sender(bob())
        .issue(world.vault.address(), (1_000 * WETH).u());
    world
        .quote
        .sender(bob())
        .issue(world.vault.address(), (1_000 * USDC).u());
    assert_eq!(
        world.view(&convertToAssetsCall { shares: WETH.u() }).assets,
        before
    );
    assert_eq!(
        world.view(&totalAssetsCall {}).totalManagedAssets,
        (10 * WETH).u()
    );
    assert_eq!(
        world.booked(),
        Balances {
            asset: (10 * WETH).u(),
            quote: U256::ZERO
        }
    );
}

#[test]
fn nothing_cannot_be_deposited_or_minted() {
    let world = World::new();
    world.fund(alice(), WETH, 0);
    world.refuses(alice(), &deposit(0), &NothingToMove {});
    world.refuses(
        alice(),
        &mint_0Call {
            shares: U256::ZERO,
            receiver: bob(),
        },
        &NothingToMove {},
    );
}

#[test]
fn a_deposit_worth_no_share_is_refused() {
    let world = World::new();
    world.rewrite(WETH, 0, 1);
    world.fund(alice(), WETH, 0);
    assert_eq!(
        world
            .view(&previewDepositCall {
                assets: U256::from(1)
            })
            .shares,
        U256::ZERO
    );
    world.refuses(alice(), &deposit(1), &NothingToMove {});
}

#[test]
fn nobody_gets_no_shares() {
    let world = World::new();
    world.fund(alice(), WETH, 0);
    let receiver = Address::ZERO;
    world.refuses(
        alice(),
        &deposit_0Call {
            assets: WETH.u(),
            receiver,
        },
        &ZeroAddress {},
    );
    world.refuses(
        alice(),
        &mint_0Call {
            shares: WETH.u(),
            receiver,
        },
        &ZeroAddress {},
    );
}

#[test]
fn the_most_that_can_be_deposited_can_be_and_one_more_cannot() {
    let world = World::new();
    // As many as there can be shares of.
    let most = ((1_u128 << 96) - 1) / 1_000;
    world.fund(alice(), most + 1, 0);
    let max = || world.view(&maxDepositCall { receiver: bob() }).maxAssets;
    let max_mint = || world.view(&maxMintCall { receiver: bob() }).maxShares;
    assert_eq!(max(), most.u());
    assert_eq!(max_mint(), (most * 1_000).u());
    world.refuses(alice(), &deposit(most + 1), &AmountTooLarge {});
    world.refuses(
        alice(),
        &deposit_0Call {
            assets: U256::MAX,
            receiver: bob(),
        },
        &AmountTooLarge {},
    );
    world.call(alice(), &deposit(most));
    assert_eq!(max(), U256::ZERO);
    assert_eq!(max_mint(), U256::ZERO);
    world.refuses(alice(), &deposit(1), &AmountTooLarge {});
}

#[test]
fn assets_that_the_ledger_keeps_free_for_gains_cannot_be_deposited() {
    let world = World::new();
    world.fund(alice(), WETH + 1, 0);
    world.rewrite(MOST - WETH, 0, 1_000_000 * WETH);
    assert_eq!(
        world.view(&maxDepositCall { receiver: bob() }).maxAssets,
        WETH.u()
    );
    let beyond = DepositCapExceeded {
        total: (MOST + 1).u(),
        cap: MOST.u(),
    };
    world.refuses(alice(), &deposit(WETH + 1), &beyond);
    world.call(alice(), &deposit(WETH));
}

#[test]
fn an_amount_beyond_128_bits_is_named() {
    let world = World::new();
    let assets = U256::from(1) << 128;
    world.refuses(
        alice(),
        &deposit_0Call {
            assets,
            receiver: bob(),
        },
        &ValueOutOfRange {
            word: assets.into(),
        },
    );
    world.refuses(
        alice(),
        &mint_0Call {
            shares: assets,
            receiver: bob(),
        },
        &ValueOutOfRange {
            word: assets.into(),
        },
    );
}

#[test]
fn assets_that_were_not_allowed_or_are_not_there_are_refused() {
    let world = World::new();
    let failed = TokenTransferFailed {
        token: world.asset.address(),
        amount: WETH.u(),
    };
    world.fund(alice(), WETH - 1, 0);
    world.refuses(alice(), &deposit(WETH), &failed);
    world.fund(alice(), WETH, 0);
    world
        .asset
        .sender(alice())
        .allow(alice(), world.vault.address(), (WETH - 1).u());
    world.refuses(alice(), &deposit(WETH), &failed);
    world
        .asset
        .sender(alice())
        .allow(alice(), world.vault.address(), WETH.u());
    world.call(alice(), &deposit(WETH));
}

#[test]
fn a_token_that_answers_nothing_is_believed_by_its_balances() {
    let world = World::new();
    world.behave(&world.asset, Manner::Silent);
    world.fund(alice(), WETH, 0);
    let shares = world
        .call(
            alice(),
            &deposit_0Call {
                assets: WETH.u(),
                receiver: alice(),
            },
        )
        .shares;
    world.call(
        alice(),
        &redeem_0Call {
            shares,
            receiver: bob(),
            owner: alice(),
        },
    );
    assert_eq!(world.balances(bob()).asset, WETH.u());
}

#[test]
fn a_token_that_does_not_say_true_is_refused() {
    for manner in [Manner::SaysNo, Manner::SaysTwo, Manner::SaysTooLittle] {
        let world = World::new();
        world.fund(alice(), WETH, 0);
        world.behave(&world.asset, manner);
        world.refuses(
            alice(),
            &deposit(WETH),
            &TokenTransferFailed {
                token: world.asset.address(),
                amount: WETH.u(),
            },
        );
    }
}

#[test]
fn a_token_that_moves_another_amount_is_refused() {
    let world = World::new();
    world.fund(alice(), WETH, 0);
    let mismatch = |received: u128| TransferMismatch {
        token: world.asset.address(),
        expected: WETH.u(),
        received: received.u(),
    };
    world.behave(&world.asset, Manner::KeepsFee);
    world.refuses(alice(), &deposit(WETH), &mismatch(WETH - WETH / 100));
    world.behave(&world.asset, Manner::Lies);
    world.refuses(alice(), &deposit(WETH), &mismatch(0));
}

#[test]
fn a_token_that_does_not_tell_its_balance_is_refused() {
    let world = World::new();
    world.fund(alice(), WETH, 0);
    world.behave(&world.asset, Manner::Dead);
    let refused = TokenTransferFailed {
        token: world.asset.address(),
        amount: U256::ZERO,
    };
    world.refuses(alice(), &deposit(WETH), &refused);
}

#[test]
fn nothing_comes_in_while_an_epoch_is_under_way_and_the_phase_is_named() {
    let world = World::live(100 * WETH);
    world.fund(bob(), WETH, 0);
    let refused = |phase: u64| {
        let error = NotOpen { phase: phase.u() };
        world.refuses(bob(), &deposit(WETH), &error);
        world.refuses(
            bob(),
            &mint_0Call {
                shares: WETH.u(),
                receiver: bob(),
            },
            &error,
        );
        assert_eq!(
            world.view(&maxDepositCall { receiver: bob() }).maxAssets,
            U256::ZERO
        );
        assert_eq!(
            world.view(&maxMintCall { receiver: bob() }).maxShares,
            U256::ZERO
        );
    };
    refused(1);
    let round = world.expire(2_000, 61);
    refused(2);
    world.call(carol(), &world.settling(round));
    refused(3);
    world.call(carol(), &rollCall {});
    world.call(bob(), &deposit(WETH));
}

#[test]
fn nothing_comes_in_while_quote_is_left_but_dust_does_not_matter() {
    let world = World::new();
    world.fund(bob(), 2 * WETH, 0);
    world.rewrite(WETH, USDC, 1_000 * WETH);
    assert!(world.view(&maxDepositCall { receiver: bob() }).maxAssets > U256::ZERO);
    assert_eq!(
        world.view(&totalAssetsCall {}).totalManagedAssets,
        WETH.u(),
        "dust is not counted"
    );
    world.call(bob(), &deposit(WETH));
    world.rewrite(WETH, USDC + 1, 1_000 * WETH);
    world.refuses(
        bob(),
        &deposit(WETH),
        &QuoteNotConverted {
            quote: (USDC + 1).u(),
        },
    );
    assert_eq!(
        world.view(&maxDepositCall { receiver: bob() }).maxAssets,
        U256::ZERO
    );
}

#[test]
fn a_vault_that_was_not_constructed_takes_nothing() {
    let world = World::deployed();
    world.fund(alice(), WETH, 0);
    world.refuses(alice(), &deposit(WETH), &NotInitialised {});
    assert_eq!(
        world.view(&maxDepositCall { receiver: bob() }).maxAssets,
        U256::ZERO
    );
}

#[test]
fn the_most_never_refuses_nor_promises_too_much_after_a_loss() {
    for assets in [0, 1, WETH / 1_000, 10 * WETH] {
        // A world each: shares of an earlier one would be left over, beyond the supply that is rewritten.
        let world = World::new();
        world.fund(alice(), MOST, 0);
        world.rewrite(assets, 0, 1_000_000 * WETH);
        let most = world.view(&maxMintCall { receiver: alice() }).maxShares;
        let promised = world.view(&maxDepositCall { receiver: alice() }).maxAssets;
        if !promised.is_zero() {
            world.call(
                alice(),
                &deposit_0Call {
                    assets: promised,
                    receiver: alice(),
                },
            );
        }
        assert!(most <= U256::from(u128::MAX), "with {assets} assets left");
    }
}

#[test]
fn the_supply_stays_where_conversions_cannot_overflow() {
    let world = World::new();
    world.fund(alice(), WETH, 0);
    // After a great loss a wei costs so many shares that a deposit could exhaust the bits of the supply.
    let bound = (1_u128 << 96) - 1;
    world.rewrite(WETH, 0, bound);
    world.refuses(alice(), &deposit(2), &AmountTooLarge {});
    assert_eq!(
        world.view(&maxDepositCall { receiver: alice() }).maxAssets,
        U256::ZERO
    );
    world.view(&previewRedeemCall { shares: bound.u() });
}
