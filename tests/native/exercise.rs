//! `payoutOf` and `exercise`.

use alloy_primitives::{Address, U256};

use crate::interface::ICoveredCallVault::*;
use crate::support::*;

/// Bob holds 10 options of the first series, settled at `price`.
fn settled(price: u128) -> World {
    let world = World::live(100 * WETH);
    world.buy(0, 10 * WETH);
    let round = world.expire(price, 61);
    world.call(carol(), &world.settling(round));
    world
}

fn exercise(amount: u128) -> exerciseCall {
    exerciseCall {
        id: id(1, 0),
        amount: amount.u(),
        receiver: alice(),
    }
}

#[test]
fn a_holder_is_paid_what_was_promised_and_the_options_are_gone() {
    let world = settled(2_500);
    let promised = world.view(&payoutOfCall {
        id: id(1, 0),
        amount: (4 * WETH).u(),
    });
    assert!(promised.assets > U256::ZERO && promised.quote > U256::ZERO);
    let total = world.view(&seriesCall { id: id(1, 0) });
    assert_eq!(
        promised.quote,
        total.payoutQuote * U256::from(4) / U256::from(10)
    );
    let before = world.view(&ledgerCall {});
    let paid = world.call(bob(), &exercise(4 * WETH));
    assert_eq!((paid.assets, paid.quote), (promised.assets, promised.quote));
    assert_eq!(
        world.balances(alice()),
        Balances {
            asset: paid.assets,
            quote: paid.quote
        },
        "to the receiver"
    );
    assert_eq!(
        world
            .view(&balanceOf_1Call {
                owner: bob(),
                id: id(1, 0)
            })
            .amount,
        (6 * WETH).u()
    );
    let after = world.view(&ledgerCall {});
    assert_eq!(
        (after.payoutAssets, after.payoutQuote),
        (
            before.payoutAssets - paid.assets,
            before.payoutQuote - paid.quote
        )
    );
    assert_eq!(
        (after.vaultAssets, after.vaultQuote),
        (before.vaultAssets, before.vaultQuote)
    );
    world.vault.assert_emitted(&Exercised {
        id: id(1, 0),
        owner: bob(),
        receiver: alice(),
        amount: (4 * WETH).u(),
        assets: paid.assets,
        quote: paid.quote,
    });
}

#[test]
fn options_that_are_exercised_are_moved_to_nobody() {
    let world = settled(2_500);
    world.call(bob(), &exercise(4 * WETH));
    world.vault.assert_emitted(&Transfer_1 {
        caller: bob(),
        sender: bob(),
        receiver: Address::ZERO,
        id: id(1, 0),
        amount: (4 * WETH).u(),
    });
}

#[test]
fn in_pieces_holders_get_no_more_than_together_and_lose_less_than_a_unit_each() {
    Runs::or(20).each(|rng| {
        let world = settled(rng.u128(2_200..5_000));
        let total = world.view(&seriesCall { id: id(1, 0) });
        let mut left = 10 * WETH;
        let (mut pieces, mut assets, mut quote) = (0_u64, U256::ZERO, U256::ZERO);
        while left > 0 {
            let amount = if pieces == 9 {
                left
            } else {
                rng.u128(1..=left)
            };
            let paid = world.call(bob(), &exercise(amount));
            (assets, quote, left, pieces) = (
                assets + paid.assets,
                quote + paid.quote,
                left - amount,
                pieces + 1,
            );
        }
        assert!(assets <= total.payoutAssets && assets + pieces.u() >= total.payoutAssets);
        assert!(quote <= total.payoutQuote && quote + pieces.u() >= total.payoutQuote);
    });
}

#[test]
fn worthless_options_are_exercised_for_nothing() {
    let world = settled(2_000);
    let paid = world.call(bob(), &exercise(10 * WETH));
    assert_eq!((paid.assets, paid.quote), (U256::ZERO, U256::ZERO));
    assert_eq!(
        world
            .view(&balanceOf_1Call {
                owner: bob(),
                id: id(1, 0)
            })
            .amount,
        U256::ZERO
    );
}

#[test]
fn options_that_are_not_held_are_not_paid() {
    let world = settled(2_500);
    let lacks = |sender: Address, balance: u128, needed: u128| ERC6909InsufficientBalance {
        sender,
        balance: balance.u(),
        needed: needed.u(),
        id: id(1, 0),
    };
    world.refuses(
        bob(),
        &exercise(10 * WETH + 1),
        &lacks(bob(), 10 * WETH, 10 * WETH + 1),
    );
    world.refuses(carol(), &exercise(1), &lacks(carol(), 0, 1));
    world.call(bob(), &exercise(10 * WETH));
    world.refuses(bob(), &exercise(1), &lacks(bob(), 0, 1));
    let id = id(1, 1);
    let other = ERC6909InsufficientBalance {
        sender: bob(),
        balance: U256::ZERO,
        needed: U256::from(1),
        id,
    };
    world.refuses(bob(), &exerciseCall { id, ..exercise(1) }, &other);
}

#[test]
fn nothing_cannot_be_exercised_nor_paid_to_nobody() {
    let world = settled(2_500);
    world.refuses(bob(), &exercise(0), &ZeroAmount {});
    world.refuses(
        bob(),
        &exerciseCall {
            receiver: Address::ZERO,
            ..exercise(WETH)
        },
        &ZeroAddress {},
    );
}

#[test]
fn options_of_an_epoch_that_is_not_settled_are_not_paid() {
    let world = World::live(100 * WETH);
    world.buy(0, 10 * WETH);
    let refused = || {
        world.refuses(bob(), &exercise(WETH), &NotSettled { id: id(1, 0) });
        world.refuses(
            bob(),
            &payoutOfCall {
                id: id(1, 0),
                amount: WETH.u(),
            },
            &NotSettled { id: id(1, 0) },
        );
    };
    refused();
    world.expire(2_500, 61);
    refused();
    let id = id(2, 0);
    world.refuses(
        bob(),
        &payoutOfCall {
            id,
            amount: WETH.u(),
        },
        &NotSettled { id },
    );
}

#[test]
fn an_id_that_names_no_series_is_unknown() {
    let world = settled(2_500);
    for id in [
        U256::ZERO,
        id(0, 1),
        id(1, 8),
        id(1 << 32, 0),
        u128::MAX.u(),
    ] {
        world.refuses(
            bob(),
            &payoutOfCall {
                id,
                amount: WETH.u(),
            },
            &UnknownSeries { id },
        );
        world.refuses(
            bob(),
            &exerciseCall {
                id,
                ..exercise(WETH)
            },
            &UnknownSeries { id },
        );
    }
}

#[test]
fn options_are_paid_for_ever() {
    let world = settled(2_500);
    let promised = world.view(&payoutOfCall {
        id: id(1, 0),
        amount: (10 * WETH).u(),
    });
    world.pass(86_400);
    world.call(carol(), &rollCall {});
    world.open();
    let now = world.view(&payoutOfCall {
        id: id(1, 0),
        amount: (10 * WETH).u(),
    });
    assert_eq!((now.assets, now.quote), (promised.assets, promised.quote));
    let paid = world.call(bob(), &exercise(10 * WETH));
    assert_eq!((paid.assets, paid.quote), (promised.assets, promised.quote));
}

#[test]
fn a_token_that_refuses_holds_back_only_itself() {
    let world = settled(2_500);
    world.quote.sender(carol()).freeze(alice(), true);
    let paid = world.call(bob(), &exercise(10 * WETH));
    assert_eq!(
        world.balances(alice()),
        Balances {
            asset: paid.assets,
            quote: U256::ZERO
        }
    );
    let credit = world.view(&creditOfCall { account: bob() });
    assert_eq!(
        (credit.assets, credit.quote),
        (U256::ZERO, paid.quote),
        "the holder's"
    );
    let ledger = world.view(&ledgerCall {});
    assert_eq!(
        (ledger.claimableAssets, ledger.claimableQuote),
        (U256::ZERO, paid.quote)
    );
    world.vault.assert_emitted(&PaymentDeferred {
        token: world.quote.address(),
        account: bob(),
        amount: paid.quote,
    });
}

#[test]
fn a_payout_of_more_than_was_sold_is_no_panic() {
    let world = settled(2_500);
    let total = world.view(&seriesCall { id: id(1, 0) });
    for amount in [(20 * WETH).u(), u128::MAX.u(), U256::MAX] {
        let paid = world.view(&payoutOfCall {
            id: id(1, 0),
            amount,
        });
        // The largest number of the ABI is read as the largest of 128 bits.
        let amount = amount.min(u128::MAX.u());
        assert_eq!(paid.quote, total.payoutQuote * amount / (10 * WETH).u());
        assert_eq!(paid.assets, total.payoutAssets * amount / (10 * WETH).u());
    }
}
