//! `claim`, and the credits it pays.

use alloy_primitives::{Address, U256};

use crate::interface::ICoveredCallVault::*;
use crate::support::*;

/// Bob has a credit of both tokens, which refused to pay him: asset and quote.
fn owed() -> (World, U256, U256) {
    let world = World::live(100 * WETH);
    world.buy(0, 10 * WETH);
    let round = world.expire(2_500, 61);
    world.call(carol(), &world.settling(round));
    world.asset.sender(carol()).freeze(bob(), true);
    world.quote.sender(carol()).freeze(bob(), true);
    let due = world.call(
        bob(),
        &exerciseCall {
            id: id(1, 0),
            amount: (10 * WETH).u(),
            receiver: bob(),
        },
    );
    assert!(due.assets > U256::ZERO && due.quote > U256::ZERO);
    (world, due.assets, due.quote)
}

#[test]
fn a_credit_is_paid_to_whom_its_owner_says_each_token_on_its_own() {
    let (world, assets, quote) = owed();
    let token = world.quote.address();
    assert_eq!(
        world
            .call(
                bob(),
                &claimCall {
                    token,
                    receiver: alice()
                }
            )
            .amount,
        quote
    );
    assert_eq!(
        world.balances(alice()),
        Balances {
            asset: U256::ZERO,
            quote
        }
    );
    world.vault.assert_emitted(&Claimed {
        token,
        account: bob(),
        receiver: alice(),
        amount: quote,
    });
    let credit = world.view(&creditOfCall { account: bob() });
    assert_eq!((credit.assets, credit.quote), (assets, U256::ZERO));
    let token = world.asset.address();
    assert_eq!(
        world
            .call(
                bob(),
                &claimCall {
                    token,
                    receiver: alice()
                }
            )
            .amount,
        assets
    );
    assert_eq!(
        world.balances(alice()),
        Balances {
            asset: assets,
            quote
        }
    );
    world.vault.assert_emitted(&Claimed {
        token,
        account: bob(),
        receiver: alice(),
        amount: assets,
    });
    let ledger = world.view(&ledgerCall {});
    assert_eq!(
        (ledger.claimableAssets, ledger.claimableQuote),
        (U256::ZERO, U256::ZERO)
    );
}

#[test]
fn a_credit_is_paid_once_and_to_its_owner_only() {
    let (world, _, _) = owed();
    let token = world.asset.address();
    let nothing = |account: Address| NothingToClaim { account };
    world.refuses(
        carol(),
        &claimCall {
            token,
            receiver: carol(),
        },
        &nothing(carol()),
    );
    world.call(
        bob(),
        &claimCall {
            token,
            receiver: alice(),
        },
    );
    world.refuses(
        bob(),
        &claimCall {
            token,
            receiver: alice(),
        },
        &nothing(bob()),
    );
}

#[test]
fn there_is_no_credit_in_another_token() {
    let (world, _, _) = owed();
    for token in [Address::ZERO, world.vault.address(), world.feed.address()] {
        world.refuses(
            bob(),
            &claimCall {
                token,
                receiver: alice(),
            },
            &NothingToClaim { account: bob() },
        );
    }
}

#[test]
fn a_credit_is_not_paid_to_nobody() {
    let (world, _, _) = owed();
    let token = world.asset.address();
    world.refuses(
        bob(),
        &claimCall {
            token,
            receiver: Address::ZERO,
        },
        &ZeroAddress {},
    );
}

#[test]
fn while_a_token_still_refuses_the_credit_stays() {
    let (world, assets, _) = owed();
    let token = world.asset.address();
    let failed = TokenTransferFailed {
        token,
        amount: assets,
    };
    world.refuses(
        bob(),
        &claimCall {
            token,
            receiver: bob(),
        },
        &failed,
    );
    world.asset.sender(carol()).freeze(bob(), false);
    assert_eq!(
        world
            .call(
                bob(),
                &claimCall {
                    token,
                    receiver: bob()
                }
            )
            .amount,
        assets
    );
}

#[test]
fn credits_of_one_account_add_up() {
    let world = World::live(100 * WETH);
    world.buy(0, 10 * WETH);
    let round = world.expire(2_500, 61);
    world.call(carol(), &world.settling(round));
    world.quote.sender(carol()).freeze(bob(), true);
    let due = |amount: u128| {
        world
            .call(
                bob(),
                &exerciseCall {
                    id: id(1, 0),
                    amount: amount.u(),
                    receiver: bob(),
                },
            )
            .quote
    };
    let sum = due(WETH) + due(3 * WETH);
    assert_eq!(world.view(&creditOfCall { account: bob() }).quote, sum);
    assert_eq!(world.view(&ledgerCall {}).claimableQuote, sum);
}
