//! `withdraw`, `redeem` and `redeemInKind`.

use alloy_primitives::{Address, U256};

use crate::interface::ICoveredCallVault::*;
use crate::support::*;

fn redeem(shares: u128, owner: Address) -> redeem_0Call {
    redeem_0Call {
        shares: shares.u(),
        receiver: bob(),
        owner,
    }
}

fn withdraw(assets: u128, owner: Address) -> withdraw_0Call {
    withdraw_0Call {
        assets: assets.u(),
        receiver: bob(),
        owner,
    }
}

fn in_kind(shares: u128, owner: Address) -> redeemInKindCall {
    redeemInKindCall {
        shares: shares.u(),
        receiver: bob(),
        owner,
    }
}

/// A vault of a depositor, then at an odd price: 7 WETH for 10 000 shares.
fn odd() -> World {
    let world = World::new();
    world.deposit(alice(), 10 * WETH);
    world.rewrite(7 * WETH, 0, 10_000 * WETH);
    world
}

#[test]
fn a_redemption_pays_what_shares_are_worth_rounded_down() {
    let world = odd();
    let shares = 3_333 * WETH + 1;
    let expected = shares.u() * (7 * WETH + 1).u() / (10_000 * WETH + 1_000).u();
    assert_eq!(
        world.view(&previewRedeemCall { shares: shares.u() }).assets,
        expected
    );
    assert_eq!(
        world.call(alice(), &redeem(shares, alice())).assets,
        expected
    );
    assert_eq!(world.balances(bob()).asset, expected, "to the receiver");
    assert_eq!(
        world.view(&balanceOf_0Call { owner: alice() }).shares,
        (10_000 * WETH - shares).u()
    );
    assert_eq!(
        world.view(&totalSupplyCall {}).supply,
        (10_000 * WETH - shares).u()
    );
    assert_eq!(
        world.view(&ledgerCall {}).vaultAssets,
        (7 * WETH).u() - expected
    );
    world.vault.assert_emitted(&Withdraw {
        sender: alice(),
        receiver: bob(),
        owner: alice(),
        assets: expected,
        shares: shares.u(),
    });
    world.vault.assert_emitted(&Transfer_0 {
        from: alice(),
        to: Address::ZERO,
        value: shares.u(),
    });
}

#[test]
fn a_withdrawal_costs_shares_rounded_up_and_sends_exactly_the_assets() {
    let world = odd();
    let cost = (WETH.u() * (10_000 * WETH + 1_000).u()).div_ceil((7 * WETH + 1).u());
    assert_eq!(
        world.view(&previewWithdrawCall { assets: WETH.u() }).shares,
        cost
    );
    assert_eq!(world.call(alice(), &withdraw(WETH, alice())).shares, cost);
    assert_eq!(world.balances(bob()).asset, WETH.u());
    assert_eq!(
        world.view(&balanceOf_0Call { owner: alice() }).shares,
        (10_000 * WETH).u() - cost
    );
}

#[test]
fn everything_that_came_in_can_leave_but_for_less_than_a_unit() {
    let world = World::new();
    let shares = world.deposit(alice(), 10 * WETH);
    let most = world.view(&maxRedeemCall { owner: alice() }).maxShares;
    assert_eq!(most, shares);
    let assets = world.view(&maxWithdrawCall { owner: alice() }).maxAssets;
    assert_eq!(
        world
            .call(
                alice(),
                &redeem_0Call {
                    shares,
                    receiver: alice(),
                    owner: alice()
                }
            )
            .assets,
        assets
    );
    assert_eq!(assets, (10 * WETH).u());
    assert_eq!(world.view(&totalSupplyCall {}).supply, U256::ZERO);
}

#[test]
fn a_round_trip_gives_back_no_more_than_went_in() {
    Runs::or(60).each(|rng| {
        let world = World::new();
        world.rewrite(rng.u128(0..20 * WETH), 0, rng.u128(0..9_000 * WETH));
        world.fund(alice(), 10 * WETH, 0);
        let most = WETH >> rng.u32(0..60);
        let paid = rng.u128(1..=most).u();
        let shares = world.view(&previewDepositCall { assets: paid }).shares;
        if shares.is_zero() {
            return world.refuses(
                alice(),
                &deposit_0Call {
                    assets: paid,
                    receiver: alice(),
                },
                &NothingToMove {},
            );
        }
        world.call(
            alice(),
            &deposit_0Call {
                assets: paid,
                receiver: alice(),
            },
        );
        let back = world.view(&previewRedeemCall { shares }).assets;
        assert!(back <= paid, "{back} of {paid}");
        let cost = world.view(&previewMintCall { shares }).assets;
        assert!(cost >= back, "minting costs {cost}, redeeming gives {back}");
        assert!(
            world.view(&previewWithdrawCall { assets: paid }).shares >= shares,
            "the same assets cost at least as many shares"
        );
    });
}

#[test]
fn nothing_cannot_leave() {
    let world = odd();
    world.refuses(alice(), &redeem(0, alice()), &NothingToMove {});
    world.refuses(alice(), &redeem(1, alice()), &NothingToMove {});
    world.refuses(alice(), &withdraw(0, alice()), &NothingToMove {});
    world.refuses(alice(), &in_kind(0, alice()), &NothingToMove {});
    world.refuses(alice(), &in_kind(1, alice()), &NothingToMove {});
}

#[test]
fn nothing_is_sent_to_nobody() {
    let world = odd();
    let (owner, receiver) = (alice(), Address::ZERO);
    world.refuses(
        alice(),
        &redeem_0Call {
            shares: WETH.u(),
            receiver,
            owner,
        },
        &ZeroAddress {},
    );
    world.refuses(
        alice(),
        &withdraw_0Call {
            assets: WETH.u(),
            receiver,
            owner,
        },
        &ZeroAddress {},
    );
    world.refuses(
        alice(),
        &redeemInKindCall {
            shares: WETH.u(),
            receiver,
            owner,
        },
        &ZeroAddress {},
    );
}

#[test]
fn shares_that_are_not_held_do_not_leave() {
    let world = odd();
    let lacks = |sender: Address, needed: u128| ERC20InsufficientBalance {
        sender,
        balance: world.view(&balanceOf_0Call { owner: sender }).shares,
        needed: needed.u(),
    };
    world.refuses(carol(), &redeem(WETH, carol()), &lacks(carol(), WETH));
    world.refuses(
        alice(),
        &redeem(10_000 * WETH + 1, alice()),
        &lacks(alice(), 10_000 * WETH + 1),
    );
    world.refuses(
        alice(),
        &in_kind(10_000 * WETH + 1, alice()),
        &lacks(alice(), 10_000 * WETH + 1),
    );
    let cost: u128 = world
        .view(&previewWithdrawCall {
            assets: (8 * WETH).u(),
        })
        .shares
        .to();
    world.refuses(alice(), &withdraw(8 * WETH, alice()), &lacks(alice(), cost));
}

#[test]
fn a_stranger_redeems_within_an_allowance_and_uses_it_up() {
    let world = odd();
    let lacks = |allowance: u128, needed: u128| ERC20InsufficientAllowance {
        spender: carol(),
        allowance: allowance.u(),
        needed: needed.u(),
    };
    world.refuses(carol(), &redeem(WETH, alice()), &lacks(0, WETH));
    world.call(
        alice(),
        &approve_0Call {
            spender: carol(),
            value: (5 * WETH).u(),
        },
    );
    world.call(carol(), &redeem(2 * WETH, alice()));
    world.call(carol(), &in_kind(2 * WETH, alice()));
    assert_eq!(
        world
            .view(&allowance_0Call {
                owner: alice(),
                spender: carol()
            })
            .shares,
        WETH.u()
    );
    world.refuses(carol(), &redeem(2 * WETH, alice()), &lacks(WETH, 2 * WETH));
    world.refuses(carol(), &in_kind(2 * WETH, alice()), &lacks(WETH, 2 * WETH));
    let cost: u128 = world
        .view(&previewWithdrawCall { assets: WETH.u() })
        .shares
        .to();
    world.refuses(carol(), &withdraw(WETH, alice()), &lacks(WETH, cost));
    world.call(
        alice(),
        &approve_0Call {
            spender: carol(),
            value: U256::MAX,
        },
    );
    world.call(carol(), &withdraw(WETH, alice()));
    assert_eq!(
        world
            .view(&allowance_0Call {
                owner: alice(),
                spender: carol()
            })
            .shares,
        U256::MAX,
        "no limit stays none"
    );
}

#[test]
fn nothing_leaves_while_an_epoch_is_under_way_and_the_phase_is_named() {
    let world = World::live(100 * WETH);
    let refused = |phase: u64| {
        let error = NotOpen { phase: phase.u() };
        world.refuses(alice(), &redeem(WETH, alice()), &error);
        world.refuses(alice(), &withdraw(WETH, alice()), &error);
        world.refuses(alice(), &in_kind(WETH, alice()), &error);
        assert_eq!(
            world.view(&maxRedeemCall { owner: alice() }).maxShares,
            U256::ZERO
        );
        assert_eq!(
            world.view(&maxWithdrawCall { owner: alice() }).maxAssets,
            U256::ZERO
        );
    };
    refused(1);
    let round = world.expire(2_000, 61);
    refused(2);
    world.call(carol(), &world.settling(round));
    refused(3);
    world.call(carol(), &rollCall {});
    world.call(alice(), &redeem(WETH, alice()));
}

#[test]
fn while_quote_is_left_the_exit_is_in_kind() {
    let world = odd();
    world.rewrite(7 * WETH, 900 * USDC, 10_000 * WETH);
    let left = QuoteNotConverted {
        quote: (900 * USDC).u(),
    };
    world.refuses(alice(), &redeem(WETH, alice()), &left);
    world.refuses(alice(), &withdraw(WETH, alice()), &left);
    assert_eq!(
        world.view(&maxRedeemCall { owner: alice() }).maxShares,
        U256::ZERO
    );

    // Of the asset a unit belongs to nobody, and a thousand shares do: nobody deposits quote.
    let part = |whole: u128| (2_500 * WETH).u() * whole.u() / (10_000 * WETH + 1_000).u();
    let paid = world.call(alice(), &in_kind(2_500 * WETH, alice()));
    assert_eq!(
        (paid.assets, paid.quote),
        (part(7 * WETH + 1), part(900 * USDC))
    );
    assert_eq!(
        world.balances(bob()),
        Balances {
            asset: paid.assets,
            quote: paid.quote
        }
    );
    let ledger = world.view(&ledgerCall {});
    assert_eq!(ledger.vaultAssets, (7 * WETH).u() - paid.assets);
    assert_eq!(ledger.vaultQuote, (900 * USDC).u() - paid.quote);
    world.vault.assert_emitted(&RedeemedInKind {
        sender: alice(),
        receiver: bob(),
        owner: alice(),
        shares: (2_500 * WETH).u(),
        assets: paid.assets,
        quote: paid.quote,
    });
}

#[test]
fn a_token_that_refuses_stops_a_redemption_but_not_one_in_kind() {
    let world = odd();
    world.rewrite(7 * WETH, USDC, 10_000 * WETH);
    world.asset.sender(carol()).freeze(bob(), true);
    let assets = world.view(&previewRedeemCall { shares: WETH.u() }).assets;
    world.refuses(
        alice(),
        &redeem(WETH, alice()),
        &TokenTransferFailed {
            token: world.asset.address(),
            amount: assets,
        },
    );

    let due = world.call(alice(), &in_kind(5_000 * WETH, alice()));
    assert_eq!(
        world.balances(bob()),
        Balances {
            asset: U256::ZERO,
            quote: due.quote
        },
        "the other token is paid"
    );
    let credit = world.view(&creditOfCall { account: alice() });
    assert_eq!(
        (credit.assets, credit.quote),
        (due.assets, U256::ZERO),
        "the owner's, not the receiver's"
    );
    let ledger = world.view(&ledgerCall {});
    assert_eq!(
        (ledger.claimableAssets, ledger.claimableQuote),
        (due.assets, U256::ZERO)
    );
    world.vault.assert_emitted(&PaymentDeferred {
        token: world.asset.address(),
        account: alice(),
        amount: due.assets,
    });
}
