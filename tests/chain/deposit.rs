//! deposit, mint, withdraw, redeem, redeemInKind.

use crate::support::*;
use alloy_sol_types::SolCall;
use testbed::devchain::Tx;
use testbed::primitives::B256;
use testbed::{Abi, Address, DAY, HOUR, Options, U256, USD, WAD, World};

fn fresh() -> World {
    World::new(&Options::default())
}

#[test]
fn the_first_deposit_gets_a_thousand_share_units_for_each_unit_of_the_asset() {
    let mut world = fresh();
    world.give_weth(alice(), 3 * WAD);
    let call = Abi::depositCall { assets: u(2 * WAD), receiver: bob() };
    let done = world.send(alice(), &call).expect("the vault is open");
    assert_eq!(done.value, u(2_000 * WAD));
    let deposit: Abi::Deposit = event(&world, &done.receipt);
    let expected = Abi::Deposit {
        sender: alice(),
        owner: bob(),
        assets: u(2 * WAD),
        shares: u(2_000 * WAD),
    };
    assert_eq!(deposit, expected);
    let transfer: Abi::Transfer_0 = event(&world, &done.receipt);
    let minted = Abi::Transfer_0 { from: Address::ZERO, to: bob(), value: u(2_000 * WAD) };
    assert_eq!(transfer, minted);
    assert_eq!((shares(&world, alice()), shares(&world, bob())), (0, 2_000 * WAD));
    assert_eq!((supply(&world), world.balances(alice()).0), (2_000 * WAD, WAD));
    assert_eq!(world.ledger().vaultAssets, u(2 * WAD));
    assert_reconciled(&world);
}

#[test]
fn minting_takes_what_the_shares_cost() {
    let mut world = fresh();
    world.give_weth(alice(), 3 * WAD);
    let call = Abi::mintCall { shares: u(1_999), receiver: alice() };
    let done = world.send(alice(), &call).expect("the vault is open");
    assert_eq!(done.value, u(2), "rounded up");
    let deposit: Abi::Deposit = event(&world, &done.receipt);
    let expected =
        Abi::Deposit { sender: alice(), owner: alice(), assets: u(2), shares: u(1_999) };
    assert_eq!(deposit, expected);
    assert_eq!((shares(&world, alice()), world.balances(alice()).0), (1_999, 3 * WAD - 2));
    assert_reconciled(&world);
}

#[test]
fn redeeming_burns_shares_and_pays_the_receiver() {
    let mut world = rolled(1_900 * WAD);
    let (held, worth) = (shares(&world, alice()), world.view(&Abi::totalAssetsCall {}));
    let call = Abi::redeemCall { shares: u(held), receiver: stranger(), owner: alice() };
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
    let expected = Abi::Transfer_0 { from: alice(), to: Address::ZERO, value: u(held) };
    assert_eq!(burnt, expected);
    assert_eq!((world.balances(stranger()).0, shares(&world, alice())), (assets, 0));
    assert_eq!(supply(&world), shares(&world, bob()));
    assert_reconciled(&world);
}

#[test]
fn withdrawing_pays_exactly_what_was_asked() {
    let mut world = rolled(1_900 * WAD);
    let before = shares(&world, alice());
    let call = Abi::withdrawCall { assets: u(3 * WAD), receiver: alice(), owner: alice() };
    let done = world.send(alice(), &call).expect("the vault is open");
    let burnt: u128 = done.value.to();
    let withdraw: Abi::Withdraw = event(&world, &done.receipt);
    assert_eq!((withdraw.assets, withdraw.shares), (u(3 * WAD), u(burnt)));
    assert_eq!(world.balances(alice()).0, 3 * WAD);
    assert_eq!(shares(&world, alice()), before - burnt);
    assert_reconciled(&world);
}

#[test]
fn previews_are_what_the_calls_do_at_any_share_price() {
    for price in [1_900, 3_500] {
        let world = rolled(price * WAD);
        for amount in [1_u128, 7_777, WAD / 3, 5 * WAD] {
            let mut world = world.clone();
            let (assets, fine) = (u(amount), u(amount * 997));
            world.give_weth(alice(), 100 * WAD);
            let shares = world.view(&Abi::previewDepositCall { assets });
            if shares != U256::ZERO {
                let done = world.send(alice(), &Abi::depositCall { assets, receiver: alice() });
                assert_eq!(done.expect("deposit").value, shares);
            }
            let cost = world.view(&Abi::previewMintCall { shares: fine });
            let done = world.send(alice(), &Abi::mintCall { shares: fine, receiver: alice() });
            assert_eq!(done.expect("mint").value, cost);
            let burnt = world.view(&Abi::previewWithdrawCall { assets });
            let call = Abi::withdrawCall { assets, receiver: alice(), owner: alice() };
            assert_eq!(world.send(alice(), &call).expect("withdraw").value, burnt);
            let paid = world.view(&Abi::previewRedeemCall { shares: fine });
            let call = Abi::redeemCall { shares: fine, receiver: alice(), owner: alice() };
            if paid != U256::ZERO {
                assert_eq!(world.send(alice(), &call).expect("redeem").value, paid);
            }
            assert_reconciled(&world);
        }
    }
}

#[test]
fn no_round_trip_makes_a_profit() {
    let mut rng = fastrand::Rng::with_seed(1);
    for price in [1_900, 3_500] {
        let world = rolled(price * WAD);
        for _ in 0..25 {
            let mut world = world.clone();
            let bits = rng.u32(1..66);
            let amount = rng.u128(1..1 << bits);
            world.give_weth(carol(), 200 * WAD);
            let before = world.balances(carol()).0;
            let in_shares = rng.bool();
            let entered = if in_shares {
                let shares = u(amount * 1_000);
                world.send(carol(), &Abi::mintCall { shares, receiver: carol() }).map(|_| ())
            } else {
                let call = Abi::depositCall { assets: u(amount), receiver: carol() };
                world.send(carol(), &call).map(|_| ())
            };
            if entered.is_err() {
                continue;
            }
            let owner = carol();
            if rng.bool() {
                let assets = world.view(&Abi::maxWithdrawCall { owner });
                let _ = world.send(owner, &Abi::withdrawCall { assets, receiver: owner, owner });
            }
            let rest = u(shares(&world, owner));
            let _ = world.send(owner, &Abi::redeemCall { shares: rest, receiver: owner, owner });
            let after = world.balances(owner).0;
            assert!(after <= before, "{amount} in, {} gained", after - before);
            assert!(before - after <= 3, "no more than rounding is lost: {}", before - after);
        }
    }
}

#[test]
fn an_attacker_cannot_round_the_next_deposit_away() {
    let mut world = fresh();
    let attacker = carol();
    world.give_weth(attacker, 100 * WAD);
    let call = Abi::depositCall { assets: u(1), receiver: attacker };
    world.send(attacker, &call).expect("one unit");
    world.weth.erc20().transfer(&mut world.chain, attacker, world.vault, u(50 * WAD)).expect("WETH");
    let done = world.deposit(alice(), WAD).expect("the vault is open");
    assert_eq!(done.value, u(1_000 * WAD), "a donation does not move the price");
}

#[test]
fn amounts_of_nothing_are_refused() {
    let mut world = rolled(3_500 * WAD);
    world.give_weth(alice(), WAD);
    let (who, nothing) = (alice(), U256::ZERO);
    let error = Abi::NothingToMove {};
    refuse(&mut world, who, &Abi::depositCall { assets: nothing, receiver: who }, error.clone());
    refuse(&mut world, who, &Abi::mintCall { shares: nothing, receiver: who }, error.clone());
    let call = Abi::withdrawCall { assets: nothing, receiver: who, owner: who };
    refuse(&mut world, who, &call, error.clone());
    let call = Abi::redeemCall { shares: nothing, receiver: who, owner: who };
    refuse(&mut world, who, &call, error.clone());
    let call = Abi::redeemInKindCall { shares: nothing, receiver: who, owner: who };
    refuse(&mut world, who, &call, error.clone());
    // Shares worth less than a unit.
    let call = Abi::redeemCall { shares: u(1), receiver: who, owner: who };
    refuse(&mut world, who, &call, error.clone());
    let call = Abi::redeemInKindCall { shares: u(1), receiver: who, owner: who };
    refuse(&mut world, who, &call, error);
}

#[test]
fn tokens_go_to_no_zero_address() {
    let mut world = deposited(&Options::default());
    world.give_weth(alice(), WAD);
    let (who, nobody) = (alice(), Address::ZERO);
    let error = Abi::ZeroAddress {};
    let call = Abi::depositCall { assets: u(WAD), receiver: nobody };
    refuse(&mut world, who, &call, error.clone());
    let call = Abi::mintCall { shares: u(WAD), receiver: nobody };
    refuse(&mut world, who, &call, error.clone());
    let call = Abi::withdrawCall { assets: u(WAD), receiver: nobody, owner: who };
    refuse(&mut world, who, &call, error.clone());
    let call = Abi::redeemCall { shares: u(WAD), receiver: nobody, owner: who };
    refuse(&mut world, who, &call, error.clone());
    let call = Abi::redeemInKindCall { shares: u(WAD), receiver: nobody, owner: who };
    refuse(&mut world, who, &call, error);
}

#[test]
fn a_deposit_without_the_tokens_or_the_allowance_is_refused() {
    let mut world = fresh();
    world.give_weth(alice(), WAD);
    let token = world.weth.address;
    let call = Abi::depositCall { assets: u(WAD + 1), receiver: alice() };
    refuse(&mut world, alice(), &call, Abi::TokenTransferFailed { token, amount: u(WAD + 1) });
    world.weth.mint(&mut world.chain, bob(), u(WAD)).expect("WETH");
    let vault = world.vault;
    world.chain.fund(bob(), u(WAD));
    world.weth.erc20().approve(&mut world.chain, bob(), vault, u(WAD - 1)).expect("an approval");
    let call = Abi::depositCall { assets: u(WAD), receiver: bob() };
    refuse(&mut world, bob(), &call, Abi::TokenTransferFailed { token, amount: u(WAD) });
    let call = Abi::mintCall { shares: u(1_000 * WAD), receiver: bob() };
    refuse(&mut world, bob(), &call, Abi::TokenTransferFailed { token, amount: u(WAD) });
}

#[test]
fn nobody_redeems_more_than_they_hold() {
    let mut world = deposited(&Options::default());
    let held = shares(&world, alice());
    let (sender, balance, needed) = (alice(), u(held), u(held + 1));
    let error = Abi::ERC20InsufficientBalance { sender, balance, needed };
    let call = Abi::redeemCall { shares: needed, receiver: sender, owner: sender };
    refuse(&mut world, sender, &call, error.clone());
    let call = Abi::redeemInKindCall { shares: needed, receiver: sender, owner: sender };
    refuse(&mut world, sender, &call, error);
    let call = Abi::withdrawCall { assets: u(10 * WAD + 1), receiver: sender, owner: sender };
    let needed = world.view(&Abi::previewWithdrawCall { assets: u(10 * WAD + 1) });
    refuse(
        &mut world,
        sender,
        &call,
        Abi::ERC20InsufficientBalance { sender, balance, needed },
    );
}

#[test]
fn others_redeem_only_what_they_were_allowed() {
    let mut world = deposited(&Options::default());
    let (owner, spender, receiver) = (alice(), bob(), carol());
    let (allowed, needed) = (u(1_000 * WAD), u(1_000 * WAD + 1));
    world.send(owner, &Abi::approve_0Call { spender, value: allowed }).expect("approval");
    let error = Abi::ERC20InsufficientAllowance { spender, allowance: allowed, needed };
    let call = Abi::redeemCall { shares: needed, receiver, owner };
    refuse(&mut world, spender, &call, error.clone());
    let call = Abi::redeemInKindCall { shares: needed, receiver, owner };
    refuse(&mut world, spender, &call, error.clone());
    let call = Abi::withdrawCall { assets: u(WAD + 1), receiver, owner };
    let needed = world.view(&Abi::previewWithdrawCall { assets: u(WAD + 1) });
    let error = Abi::ERC20InsufficientAllowance { spender, allowance: allowed, needed };
    refuse(&mut world, spender, &call, error);
    let call = Abi::withdrawCall { assets: u(WAD / 2), receiver, owner };
    let burnt = world.send(spender, &call).expect("within the allowance").value;
    let call = Abi::redeemCall { shares: allowed - burnt, receiver, owner };
    world.send(spender, &call).expect("the rest of the allowance");
    assert_eq!(world.view(&Abi::allowance_0Call { owner, spender }), U256::ZERO);
    assert_eq!(shares(&world, owner), 9_000 * WAD);
    assert_reconciled(&world);
}

#[test]
fn an_unlimited_allowance_is_not_used_up() {
    let mut world = deposited(&Options::default());
    let (owner, spender) = (alice(), bob());
    world.send(owner, &Abi::approve_0Call { spender, value: U256::MAX }).expect("approval");
    let call = Abi::redeemCall { shares: u(WAD), receiver: spender, owner };
    world.send(spender, &call).expect("allowed");
    let call = Abi::redeemInKindCall { shares: u(WAD), receiver: spender, owner };
    world.send(spender, &call).expect("allowed");
    assert_eq!(world.view(&Abi::allowance_0Call { owner, spender }), U256::MAX);
}

/// What every way in and out answers while the vault is in this phase.
fn assert_closed(world: &mut World, phase: u64) {
    world.give_weth(alice(), WAD);
    let who = alice();
    let error = Abi::NotOpen { phase: seconds(phase) };
    let call = Abi::depositCall { assets: u(WAD), receiver: who };
    refuse(world, who, &call, error.clone());
    let call = Abi::mintCall { shares: u(WAD), receiver: who };
    refuse(world, who, &call, error.clone());
    let call = Abi::withdrawCall { assets: u(WAD), receiver: who, owner: who };
    refuse(world, who, &call, error.clone());
    let call = Abi::redeemCall { shares: u(WAD), receiver: who, owner: who };
    refuse(world, who, &call, error.clone());
    let call = Abi::redeemInKindCall { shares: u(WAD), receiver: who, owner: who };
    refuse(world, who, &call, error);
    assert_eq!(world.view(&Abi::maxDepositCall { receiver: who }), U256::ZERO);
    assert_eq!(world.view(&Abi::maxMintCall { receiver: who }), U256::ZERO);
    assert_eq!(world.view(&Abi::maxWithdrawCall { owner: who }), U256::ZERO);
    assert_eq!(world.view(&Abi::maxRedeemCall { owner: who }), U256::ZERO);
}

#[test]
fn an_epoch_closes_every_way_in_and_out_until_it_is_rolled() {
    let mut world = hedged();
    assert_closed(&mut world, 1);
    expire(&mut world, 2_100 * WAD);
    assert_closed(&mut world, 2);
    let hint = round(&world);
    world.send(keeper(), &Abi::settleCall { roundId: hint }).expect("settles");
    assert_closed(&mut world, 3);
    roll(&mut world, 2_100 * WAD);
    world.deposit(alice(), WAD).expect("the vault is open again");
}

#[test]
fn the_maximum_is_what_is_accepted_and_no_more() {
    let mut world = rolled(1_900 * WAD);
    let who = alice();
    let most = world.view(&Abi::maxDepositCall { receiver: who });
    assert!(most > u(1 << 110));
    let call = Abi::depositCall { assets: most + u(1), receiver: who };
    refuse(&mut world, who, &call, Abi::AmountTooLarge {});
    world.give_weth(who, most.to());
    let call = Abi::depositCall { assets: most, receiver: who };
    let mut filled = world.clone();
    filled.send(who, &call).expect("the maximum");
    assert_eq!(filled.view(&Abi::maxDepositCall { receiver: who }), U256::ZERO);
    let out = filled.view(&Abi::maxRedeemCall { owner: who });
    let call = Abi::redeemCall { shares: out, receiver: who, owner: who };
    filled.send(who, &call).expect("and back out");
    assert_reconciled(&filled);

    let assets = world.view(&Abi::maxWithdrawCall { owner: bob() });
    let call = Abi::withdrawCall { assets, receiver: bob(), owner: bob() };
    world.send(bob(), &call).expect("the maximum");
    assert!(shares(&world, bob()) < 2_000, "what is left is worth about a unit");
}

#[test]
fn a_donation_changes_no_price_and_no_limit() {
    let mut world = deposited(&Options::default());
    let look = |world: &World| {
        (
            world.view(&Abi::totalAssetsCall {}),
            world.view(&Abi::previewDepositCall { assets: u(WAD) }),
            world.view(&Abi::previewRedeemCall { shares: u(WAD) }),
            world.view(&Abi::maxDepositCall { receiver: alice() }),
            buckets(world),
        )
    };
    let before = look(&world);
    let vault = world.vault;
    world.weth.mint(&mut world.chain, vault, u(5 * WAD)).expect("WETH");
    world.usdc.mint(&mut world.chain, vault, u(5_000 * USD)).expect("USDC");
    assert_eq!(look(&world), before);
    open(&mut world);
    assert_eq!(world.view(&Abi::epochCall {}).limit, u((20 * WAD - WAD / 20) / 3));
}

// --- In kind ---

/// The vault is open with quote that nobody converted.
fn unconverted() -> World {
    let mut world = hedged();
    settle(&mut world, 2_000 * WAD);
    world.chain.warp(DAY);
    world.send(keeper(), &Abi::rollCall {}).expect("the grace period is over");
    world
}

#[test]
fn leftover_quote_closes_deposits_and_redemptions_in_the_asset() {
    let mut world = unconverted();
    let quote = world.ledger().vaultQuote;
    assert!(quote > u(USD));
    world.give_weth(alice(), WAD);
    let (who, error) = (alice(), Abi::QuoteNotConverted { quote });
    let call = Abi::depositCall { assets: u(WAD), receiver: who };
    refuse(&mut world, who, &call, error.clone());
    let call = Abi::mintCall { shares: u(WAD), receiver: who };
    refuse(&mut world, who, &call, error.clone());
    let call = Abi::withdrawCall { assets: u(WAD), receiver: who, owner: who };
    refuse(&mut world, who, &call, error.clone());
    let call = Abi::redeemCall { shares: u(WAD), receiver: who, owner: who };
    refuse(&mut world, who, &call, error);
    assert_eq!(world.view(&Abi::maxDepositCall { receiver: who }), U256::ZERO);
    assert_eq!(world.view(&Abi::maxRedeemCall { owner: who }), U256::ZERO);
    world.set_price(SPOT);
    world.send(keeper(), &Abi::rebalanceCall {}).expect("anyone converts it");
    world.deposit(alice(), WAD).expect("open again");
}

#[test]
fn redeeming_in_kind_pays_the_part_of_both_tokens() {
    let mut world = unconverted();
    let ledger = world.ledger();
    let (held, all) = (u(shares(&world, alice())), u(supply(&world)));
    let part = |whole: U256| held * (whole + u(1)) / (all + u(1_000));
    let call = Abi::redeemInKindCall { shares: held, receiver: stranger(), owner: alice() };
    let done = world.send(alice(), &call).expect("the vault is open");
    assert_eq!(done.value.assets, part(ledger.vaultAssets));
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
    assert_eq!(world.ledger().vaultQuote, ledger.vaultQuote - done.value.quote);
    assert_eq!(shares(&world, alice()), 0);
    assert_reconciled(&world);
}

#[test]
fn in_kind_a_frozen_quote_waits_as_a_credit_and_holds_back_nobody() {
    let mut world = unconverted();
    world.usdc.set_paused(&mut world.chain, true).expect("the pauser");
    for who in [alice(), bob()] {
        let held = u(shares(&world, who));
        let call = Abi::redeemInKindCall { shares: held, receiver: who, owner: who };
        let done = world.send(who, &call).expect("the vault is open");
        let deferred: Abi::PaymentDeferred = event(&world, &done.receipt);
        let (token, amount) = (world.usdc.address, done.value.quote);
        assert_eq!(deferred, Abi::PaymentDeferred { token, account: who, amount });
        assert_eq!(u(world.balances(who).0), done.value.assets);
        assert_eq!(world.view(&Abi::creditOfCall { account: who }).quote, amount);
        assert_reconciled(&world);
    }
    world.usdc.set_paused(&mut world.chain, false).expect("the pauser");
    for who in [alice(), bob()] {
        let credit = world.view(&Abi::creditOfCall { account: who }).quote;
        let call = Abi::claimCall { token: world.usdc.address, receiver: who };
        assert_eq!(world.send(who, &call).expect("claims").value, credit);
        assert_eq!(u(world.balances(who).1), credit);
    }
    assert_reconciled(&world);
}

// --- Bad input ---

/// A call's data with one word replaced.
fn with_word(call: &impl SolCall, index: usize, word: B256) -> Vec<u8> {
    let mut data = call.abi_encode();
    data[4 + 32 * index..36 + 32 * index].copy_from_slice(word.as_slice());
    data
}

#[test]
fn words_that_are_no_value_of_their_type_are_refused() {
    let mut world = deposited(&Options::default());
    let who = alice();
    let mut dirty = B256::left_padding_from(who.as_slice());
    dirty[11] = 1;
    let deposit = Abi::depositCall { assets: u(WAD), receiver: who };
    let transfer = Abi::transfer_0Call { to: who, value: u(1) };
    let operator = Abi::setOperatorCall { spender: who, approved: true };
    let settle = Abi::settleCall { roundId: round(&world) };
    let supports = Abi::supportsInterfaceCall { interfaceId: [1, 2, 3, 4].into() };
    let two = B256::with_last_byte(2);
    let long_round = B256::from(U256::from(1) << 80);
    let unclean = B256::right_padding_from(&[1, 2, 3, 4, 5]);
    let large = B256::from(U256::from(1) << 128);
    let almost = B256::from(U256::MAX - u(1));
    for (data, word) in [
        (with_word(&deposit, 1, dirty), dirty),
        (with_word(&transfer, 0, dirty), dirty),
        (with_word(&operator, 1, two), two),
        (with_word(&settle, 0, long_round), long_round),
        (with_word(&supports, 0, unclean), unclean),
        (with_word(&deposit, 0, large), large),
        (with_word(&transfer, 1, almost), almost),
    ] {
        refuse_raw(&mut world, who, data, Abi::ValueOutOfRange { word });
    }
    // The first bad argument is named.
    let mut data = with_word(&deposit, 1, dirty);
    data[4..36].copy_from_slice(large.as_slice());
    refuse_raw(&mut world, who, data, Abi::ValueOutOfRange { word: large });
}

#[test]
fn short_calldata_is_refused_and_a_tail_is_ignored() {
    let mut world = fresh();
    world.give_weth(alice(), WAD);
    let data = Abi::depositCall { assets: u(WAD), receiver: alice() }.abi_encode();
    for len in [0, 1, 3, 4, 35, 36, 67] {
        refuse_raw(&mut world, alice(), data[..len].to_vec(), Abi::CalldataTooShort {});
    }
    let mut long = data.clone();
    long.resize(2_048, 0xAB);
    assert!(send_raw(&mut world.clone(), alice(), long.clone()).is_success());
    long.push(0);
    refuse_raw(&mut world, alice(), long, Abi::CalldataTooLong { length: u(2_049) });
}

#[test]
fn unknown_selectors_are_refused_by_name() {
    let mut world = fresh();
    for selector in [0_u32, 1, u32::MAX, 0xd0e3_0db0] {
        let data = selector.to_be_bytes().to_vec();
        let error = Abi::UnknownSelector { selector: U256::from(selector) };
        refuse_raw(&mut world, alice(), data, error);
    }
}

#[test]
fn no_function_takes_ether() {
    let mut world = deposited(&Options::default());
    let who = alice();
    let calls = [
        Vec::new(),
        Abi::depositCall { assets: u(1), receiver: who }.abi_encode(),
        Abi::redeemCall { shares: u(WAD), receiver: who, owner: who }.abi_encode(),
        Abi::approve_0Call { spender: bob(), value: u(1) }.abi_encode(),
        Abi::totalAssetsCall {}.abi_encode(),
        Abi::rebalanceCall {}.abi_encode(),
        Abi::openEpochCall {}.abi_encode(),
        testbed::primitives::keccak256("stylus_constructor()")[..4].to_vec(),
    ];
    for data in calls {
        let tx = Tx::call(who, world.vault, data).value(u(1));
        let refused = refuse_tx(&mut world, tx);
        assert_named(&refused, &Abi::NotPayable {});
    }
}

#[test]
fn amounts_beyond_the_ledger_are_refused() {
    let mut world = deposited(&Options::default());
    let who = alice();
    for assets in [u(1 << 112), u(u128::MAX), U256::MAX] {
        let call = Abi::depositCall { assets, receiver: who };
        refuse(&mut world, who, &call, Abi::AmountTooLarge {});
    }
    let call = Abi::mintCall { shares: U256::MAX, receiver: who };
    refuse(&mut world, who, &call, Abi::AmountTooLarge {});
}

#[test]
fn the_window_lasts_until_somebody_opens_an_epoch() {
    let mut world = deposited(&Options::default());
    world.chain.warp(30 * DAY);
    world.deposit(alice(), WAD).expect("still open");
    world.chain.warp(HOUR);
    let call = Abi::redeemCall { shares: u(WAD), receiver: alice(), owner: alice() };
    world.send(alice(), &call).expect("still open");
    assert_reconciled(&world);
}
