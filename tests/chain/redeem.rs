//! withdraw, redeem, redeemInKind.

use crate::support::*;
use testbed::{Abi, Address, DAY, Options, U256, USD, WAD, World};

#[test]
fn redeeming_burns_shares_and_pays_the_receiver() {
    let mut world = rolled(1_900 * WAD);
    let (held, worth) = (
        shares(&world, alice()),
        world.view(&Abi::totalAssetsCall {}),
    );
    let call = Abi::redeem_0Call {
        shares: u(held),
        receiver: stranger(),
        owner: alice(),
    };
    let done = world.send(alice(), &call).expect("the vault is open");
    let assets: u128 = done.value.to();
    let expected = (u(held) * (worth + u(1)) / (u(20_000 * WAD) + u(1_000))).to::<u128>();
    assert_eq!(assets, expected);
    assert_ne!(assets, 10 * WAD, "the epoch changed what a share is worth");
    let withdraw: Abi::Withdraw = event(&world, &done.receipt);
    let expected = Abi::Withdraw {
        sender: alice(),
        receiver: stranger(),
        owner: alice(),
        assets: u(assets),
        shares: u(held),
    };
    assert_eq!(withdraw, expected);
    let burnt: Abi::Transfer_0 = event(&world, &done.receipt);
    let expected = Abi::Transfer_0 {
        from: alice(),
        to: Address::ZERO,
        value: u(held),
    };
    assert_eq!(burnt, expected);
    assert_eq!(
        (world.balances(stranger()).0, shares(&world, alice())),
        (assets, 0)
    );
    assert_eq!(supply(&world), shares(&world, bob()));
    assert_reconciled(&world);
}

#[test]
fn withdrawing_pays_exactly_what_was_asked() {
    let mut world = rolled(1_900 * WAD);
    let before = shares(&world, alice());
    let call = Abi::withdraw_0Call {
        assets: u(3 * WAD),
        receiver: alice(),
        owner: alice(),
    };
    let done = world.send(alice(), &call).expect("the vault is open");
    let burnt: u128 = done.value.to();
    let withdraw: Abi::Withdraw = event(&world, &done.receipt);
    assert_eq!((withdraw.assets, withdraw.shares), (u(3 * WAD), u(burnt)));
    assert_eq!(world.balances(alice()).0, 3 * WAD);
    assert_eq!(shares(&world, alice()), before - burnt);
    assert_reconciled(&world);
}

#[test]
fn nobody_redeems_more_than_they_hold() {
    let mut world = deposited(&Options::default());
    let held = shares(&world, alice());
    let (sender, balance, needed) = (alice(), u(held), u(held + 1));
    let error = Abi::ERC20InsufficientBalance {
        sender,
        balance,
        needed,
    };
    let call = Abi::redeem_0Call {
        shares: needed,
        receiver: sender,
        owner: sender,
    };
    refuse(&mut world, sender, &call, error.clone());
    let call = Abi::redeemInKindCall {
        shares: needed,
        receiver: sender,
        owner: sender,
    };
    refuse(&mut world, sender, &call, error);
    let call = Abi::withdraw_0Call {
        assets: u(10 * WAD + 1),
        receiver: sender,
        owner: sender,
    };
    let needed = world.view(&Abi::previewWithdrawCall {
        assets: u(10 * WAD + 1),
    });
    refuse(
        &mut world,
        sender,
        &call,
        Abi::ERC20InsufficientBalance {
            sender,
            balance,
            needed,
        },
    );
}

#[test]
fn others_redeem_only_what_they_were_allowed() {
    let mut world = deposited(&Options::default());
    let (owner, spender, receiver) = (alice(), bob(), carol());
    let (allowed, needed) = (u(1_000 * WAD), u(1_000 * WAD + 1));
    world
        .send(
            owner,
            &Abi::approve_0Call {
                spender,
                value: allowed,
            },
        )
        .expect("approval");
    let error = Abi::ERC20InsufficientAllowance {
        spender,
        allowance: allowed,
        needed,
    };
    let call = Abi::redeem_0Call {
        shares: needed,
        receiver,
        owner,
    };
    refuse(&mut world, spender, &call, error.clone());
    let call = Abi::redeemInKindCall {
        shares: needed,
        receiver,
        owner,
    };
    refuse(&mut world, spender, &call, error.clone());
    let call = Abi::withdraw_0Call {
        assets: u(WAD + 1),
        receiver,
        owner,
    };
    let needed = world.view(&Abi::previewWithdrawCall { assets: u(WAD + 1) });
    let error = Abi::ERC20InsufficientAllowance {
        spender,
        allowance: allowed,
        needed,
    };
    refuse(&mut world, spender, &call, error);
    let call = Abi::withdraw_0Call {
        assets: u(WAD / 2),
        receiver,
        owner,
    };
    let burnt = world
        .send(spender, &call)
        .expect("within the allowance")
        .value;
    let call = Abi::redeem_0Call {
        shares: allowed - burnt,
        receiver,
        owner,
    };
    world
        .send(spender, &call)
        .expect("the rest of the allowance");
    assert_eq!(
        world.view(&Abi::allowance_0Call { owner, spender }),
        U256::ZERO
    );
    assert_eq!(shares(&world, owner), 9_000 * WAD);
    assert_reconciled(&world);
}

#[test]
fn an_unlimited_allowance_is_not_used_up() {
    let mut world = deposited(&Options::default());
    let (owner, spender) = (alice(), bob());
    world
        .send(
            owner,
            &Abi::approve_0Call {
                spender,
                value: U256::MAX,
            },
        )
        .expect("approval");
    let call = Abi::redeem_0Call {
        shares: u(WAD),
        receiver: spender,
        owner,
    };
    world.send(spender, &call).expect("allowed");
    let call = Abi::redeemInKindCall {
        shares: u(WAD),
        receiver: spender,
        owner,
    };
    world.send(spender, &call).expect("allowed");
    assert_eq!(
        world.view(&Abi::allowance_0Call { owner, spender }),
        U256::MAX
    );
}

/// The vault is open with quote that nobody converted.
fn unconverted() -> World {
    let mut world = hedged();
    settle(&mut world, 2_000 * WAD);
    world.chain.warp(DAY);
    world
        .send(keeper(), &Abi::rollCall {})
        .expect("the grace period is over");
    world
}

#[test]
fn leftover_quote_closes_deposits_and_redemptions_in_the_asset() {
    let mut world = unconverted();
    let quote = world.ledger().vaultQuote;
    assert!(quote > u(USD));
    world.give_weth(alice(), WAD);
    let (who, error) = (alice(), Abi::QuoteNotConverted { quote });
    let call = Abi::deposit_0Call {
        assets: u(WAD),
        receiver: who,
    };
    refuse(&mut world, who, &call, error.clone());
    let call = Abi::mint_0Call {
        shares: u(WAD),
        receiver: who,
    };
    refuse(&mut world, who, &call, error.clone());
    let call = Abi::withdraw_0Call {
        assets: u(WAD),
        receiver: who,
        owner: who,
    };
    refuse(&mut world, who, &call, error.clone());
    let call = Abi::redeem_0Call {
        shares: u(WAD),
        receiver: who,
        owner: who,
    };
    refuse(&mut world, who, &call, error);
    assert_eq!(
        world.view(&Abi::maxDepositCall { receiver: who }),
        U256::ZERO
    );
    assert_eq!(world.view(&Abi::maxRedeemCall { owner: who }), U256::ZERO);
    moved(&mut world, SPOT);
    world
        .send(keeper(), &Abi::rebalanceCall {})
        .expect("anyone converts it");
    world.deposit(alice(), WAD).expect("open again");
}

#[test]
fn redeeming_in_kind_pays_the_part_of_both_tokens() {
    let mut world = unconverted();
    let ledger = world.ledger();
    let (held, all) = (u(shares(&world, alice())), u(supply(&world)));
    // Of the asset a unit belongs to nobody, and a thousand shares do: nobody deposits quote.
    let part = |whole: U256| held * whole / (all + u(1_000));
    let call = Abi::redeemInKindCall {
        shares: held,
        receiver: stranger(),
        owner: alice(),
    };
    let done = world.send(alice(), &call).expect("the vault is open");
    assert_eq!(done.value.assets, part(ledger.vaultAssets + u(1)));
    assert_eq!(done.value.quote, part(ledger.vaultQuote));
    let redeemed: Abi::RedeemedInKind = event(&world, &done.receipt);
    let expected = Abi::RedeemedInKind {
        sender: alice(),
        receiver: stranger(),
        owner: alice(),
        shares: held,
        assets: done.value.assets,
        quote: done.value.quote,
    };
    assert_eq!(redeemed, expected);
    let got = world.balances(stranger());
    assert_eq!((u(got.0), u(got.1)), (done.value.assets, done.value.quote));
    assert_eq!(
        world.ledger().vaultQuote,
        ledger.vaultQuote - done.value.quote
    );
    assert_eq!(shares(&world, alice()), 0);
    assert_reconciled(&world);
}

#[test]
fn in_kind_a_frozen_quote_waits_as_a_credit_and_holds_back_nobody() {
    let mut world = unconverted();
    world
        .usdc
        .set_paused(&mut world.chain, true)
        .expect("the pauser");
    for who in [alice(), bob()] {
        let held = u(shares(&world, who));
        let call = Abi::redeemInKindCall {
            shares: held,
            receiver: who,
            owner: who,
        };
        let done = world.send(who, &call).expect("the vault is open");
        let deferred: Abi::PaymentDeferred = event(&world, &done.receipt);
        let (token, amount) = (world.usdc.address, done.value.quote);
        assert_eq!(
            deferred,
            Abi::PaymentDeferred {
                token,
                account: who,
                amount
            }
        );
        assert_eq!(u(world.balances(who).0), done.value.assets);
        assert_eq!(
            world.view(&Abi::creditOfCall { account: who }).quote,
            amount
        );
        assert_reconciled(&world);
    }
    world
        .usdc
        .set_paused(&mut world.chain, false)
        .expect("the pauser");
    for who in [alice(), bob()] {
        let credit = world.view(&Abi::creditOfCall { account: who }).quote;
        let call = Abi::claimCall {
            token: world.usdc.address,
            receiver: who,
        };
        assert_eq!(world.send(who, &call).expect("claims").value, credit);
        assert_eq!(u(world.balances(who).1), credit);
    }
    assert_reconciled(&world);
}
