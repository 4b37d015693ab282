//! deposit and mint, and what holds for every way in and out.

use crate::support::*;
use testbed::primitives::aliases::U96;
use testbed::{Abi, Address, DAY, HOUR, Options, U256, USD, WAD, World, actor};

fn fresh() -> World {
    World::new(&Options::default())
}

#[test]
fn the_first_deposit_gets_a_thousand_share_units_for_each_unit_of_the_asset() {
    let mut world = fresh();
    world.give_weth(alice(), 3 * WAD);
    let call = Abi::deposit_0Call {
        assets: u(2 * WAD),
        receiver: bob(),
    };
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
    let minted = Abi::Transfer_0 {
        from: Address::ZERO,
        to: bob(),
        value: u(2_000 * WAD),
    };
    assert_eq!(transfer, minted);
    assert_eq!(
        (shares(&world, alice()), shares(&world, bob())),
        (0, 2_000 * WAD)
    );
    assert_eq!(
        (supply(&world), world.balances(alice()).0),
        (2_000 * WAD, WAD)
    );
    assert_eq!(world.ledger().vaultAssets, u(2 * WAD));
    assert_reconciled(&world);
}

#[test]
fn minting_takes_what_the_shares_cost() {
    let mut world = fresh();
    world.give_weth(alice(), 3 * WAD);
    let call = Abi::mint_0Call {
        shares: u(1_999),
        receiver: alice(),
    };
    let done = world.send(alice(), &call).expect("the vault is open");
    assert_eq!(done.value, u(2), "rounded up");
    let deposit: Abi::Deposit = event(&world, &done.receipt);
    let expected = Abi::Deposit {
        sender: alice(),
        owner: alice(),
        assets: u(2),
        shares: u(1_999),
    };
    assert_eq!(deposit, expected);
    assert_eq!(
        (shares(&world, alice()), world.balances(alice()).0),
        (1_999, 3 * WAD - 2)
    );
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
                let done = world.send(
                    alice(),
                    &Abi::deposit_0Call {
                        assets,
                        receiver: alice(),
                    },
                );
                assert_eq!(done.expect("deposit").value, shares);
            }
            let cost = world.view(&Abi::previewMintCall { shares: fine });
            let done = world.send(
                alice(),
                &Abi::mint_0Call {
                    shares: fine,
                    receiver: alice(),
                },
            );
            assert_eq!(done.expect("mint").value, cost);
            let burnt = world.view(&Abi::previewWithdrawCall { assets });
            let call = Abi::withdraw_0Call {
                assets,
                receiver: alice(),
                owner: alice(),
            };
            assert_eq!(world.send(alice(), &call).expect("withdraw").value, burnt);
            let paid = world.view(&Abi::previewRedeemCall { shares: fine });
            let call = Abi::redeem_0Call {
                shares: fine,
                receiver: alice(),
                owner: alice(),
            };
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
                world
                    .send(
                        carol(),
                        &Abi::mint_0Call {
                            shares,
                            receiver: carol(),
                        },
                    )
                    .map(|_| ())
            } else {
                let call = Abi::deposit_0Call {
                    assets: u(amount),
                    receiver: carol(),
                };
                world.send(carol(), &call).map(|_| ())
            };
            if entered.is_err() {
                continue;
            }
            let owner = carol();
            if rng.bool() {
                let assets = world.view(&Abi::maxWithdrawCall { owner });
                let _ = world.send(
                    owner,
                    &Abi::withdraw_0Call {
                        assets,
                        receiver: owner,
                        owner,
                    },
                );
            }
            let rest = u(shares(&world, owner));
            let _ = world.send(
                owner,
                &Abi::redeem_0Call {
                    shares: rest,
                    receiver: owner,
                    owner,
                },
            );
            let after = world.balances(owner).0;
            assert!(after <= before, "{amount} in, {} gained", after - before);
            assert!(
                before - after <= 3,
                "no more than rounding is lost: {}",
                before - after
            );
        }
    }
}

#[test]
fn an_attacker_cannot_round_the_next_deposit_away() {
    let mut world = fresh();
    let attacker = carol();
    world.give_weth(attacker, 100 * WAD);
    let call = Abi::deposit_0Call {
        assets: u(1),
        receiver: attacker,
    };
    world.send(attacker, &call).expect("one unit");
    world
        .weth
        .erc20()
        .transfer(&mut world.chain, attacker, world.vault, u(50 * WAD))
        .expect("WETH");
    let done = world.deposit(alice(), WAD).expect("the vault is open");
    assert_eq!(
        done.value,
        u(1_000 * WAD),
        "a donation does not move the price"
    );
}

#[test]
fn amounts_of_nothing_are_refused() {
    let mut world = rolled(3_500 * WAD);
    world.give_weth(alice(), WAD);
    let (who, nothing) = (alice(), U256::ZERO);
    let error = Abi::NothingToMove {};
    refuse(
        &mut world,
        who,
        &Abi::deposit_0Call {
            assets: nothing,
            receiver: who,
        },
        error.clone(),
    );
    refuse(
        &mut world,
        who,
        &Abi::mint_0Call {
            shares: nothing,
            receiver: who,
        },
        error.clone(),
    );
    let call = Abi::withdraw_0Call {
        assets: nothing,
        receiver: who,
        owner: who,
    };
    refuse(&mut world, who, &call, error.clone());
    let call = Abi::redeem_0Call {
        shares: nothing,
        receiver: who,
        owner: who,
    };
    refuse(&mut world, who, &call, error.clone());
    let call = Abi::redeemInKindCall {
        shares: nothing,
        receiver: who,
        owner: who,
    };
    refuse(&mut world, who, &call, error.clone());
    // Shares worth less than a unit.
    let call = Abi::redeem_0Call {
        shares: u(1),
        receiver: who,
        owner: who,
    };
    refuse(&mut world, who, &call, error.clone());
    let call = Abi::redeemInKindCall {
        shares: u(1),
        receiver: who,
        owner: who,
    };
    refuse(&mut world, who, &call, error);
}

#[test]
fn tokens_go_to_no_zero_address() {
    let mut world = deposited(&Options::default());
    world.give_weth(alice(), WAD);
    let (who, nobody) = (alice(), Address::ZERO);
    let error = Abi::ZeroAddress {};
    let call = Abi::deposit_0Call {
        assets: u(WAD),
        receiver: nobody,
    };
    refuse(&mut world, who, &call, error.clone());
    let call = Abi::mint_0Call {
        shares: u(WAD),
        receiver: nobody,
    };
    refuse(&mut world, who, &call, error.clone());
    let call = Abi::withdraw_0Call {
        assets: u(WAD),
        receiver: nobody,
        owner: who,
    };
    refuse(&mut world, who, &call, error.clone());
    let call = Abi::redeem_0Call {
        shares: u(WAD),
        receiver: nobody,
        owner: who,
    };
    refuse(&mut world, who, &call, error.clone());
    let call = Abi::redeemInKindCall {
        shares: u(WAD),
        receiver: nobody,
        owner: who,
    };
    refuse(&mut world, who, &call, error);
}

#[test]
fn a_deposit_without_the_tokens_or_the_allowance_is_refused() {
    let mut world = fresh();
    world.give_weth(alice(), WAD);
    let token = world.weth.address;
    let call = Abi::deposit_0Call {
        assets: u(WAD + 1),
        receiver: alice(),
    };
    refuse(
        &mut world,
        alice(),
        &call,
        Abi::TokenTransferFailed {
            token,
            amount: u(WAD + 1),
        },
    );
    world
        .weth
        .mint(&mut world.chain, bob(), u(WAD))
        .expect("WETH");
    let vault = world.vault;
    world.chain.fund(bob(), u(WAD));
    world
        .weth
        .erc20()
        .approve(&mut world.chain, bob(), vault, u(WAD - 1))
        .expect("an approval");
    let call = Abi::deposit_0Call {
        assets: u(WAD),
        receiver: bob(),
    };
    refuse(
        &mut world,
        bob(),
        &call,
        Abi::TokenTransferFailed {
            token,
            amount: u(WAD),
        },
    );
    let call = Abi::mint_0Call {
        shares: u(1_000 * WAD),
        receiver: bob(),
    };
    refuse(
        &mut world,
        bob(),
        &call,
        Abi::TokenTransferFailed {
            token,
            amount: u(WAD),
        },
    );
}

/// What every way in and out answers while the vault is in this phase.
fn assert_closed(world: &mut World, phase: u64) {
    world.give_weth(alice(), WAD);
    let who = alice();
    let error = Abi::NotOpen {
        phase: seconds(phase),
    };
    let call = Abi::deposit_0Call {
        assets: u(WAD),
        receiver: who,
    };
    refuse(world, who, &call, error.clone());
    let call = Abi::mint_0Call {
        shares: u(WAD),
        receiver: who,
    };
    refuse(world, who, &call, error.clone());
    let call = Abi::withdraw_0Call {
        assets: u(WAD),
        receiver: who,
        owner: who,
    };
    refuse(world, who, &call, error.clone());
    let call = Abi::redeem_0Call {
        shares: u(WAD),
        receiver: who,
        owner: who,
    };
    refuse(world, who, &call, error.clone());
    let call = Abi::redeemInKindCall {
        shares: u(WAD),
        receiver: who,
        owner: who,
    };
    refuse(world, who, &call, error);
    assert_eq!(
        world.view(&Abi::maxDepositCall { receiver: who }),
        U256::ZERO
    );
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
    world
        .send(keeper(), &settling(&world, hint))
        .expect("settles");
    assert_closed(&mut world, 3);
    roll(&mut world, 2_100 * WAD);
    world
        .deposit(alice(), WAD)
        .expect("the vault is open again");
}

#[test]
fn a_new_policys_bounds_are_the_deposits_bounds_to_the_unit() {
    // Neither is a power of two: what a glance at their lengths tells is less than what they allow.
    let (old, new) = (WAD / 10, 3 * WAD + 5);
    let mut options = Options::default();
    options.policy.shares.minDeposit = U96::from(old);
    let mut world = opened_with(&options);
    let mut policy = options.policy;
    policy.shares.minDeposit = U96::from(new);
    let held: u128 = world.view(&Abi::totalAssetsCall {}).to();
    let cap = held + 11 * WAD + 3;
    policy.shares.depositCap = cap;
    let announce = Abi::announcePolicyCall { policy };
    world.send(actor("owner"), &announce).expect("the owner");
    settle(&mut world, SPOT);
    roll(&mut world, SPOT);
    let who = bob();
    world.deposit(who, old).expect("not in force yet");
    open(&mut world);
    settle(&mut world, SPOT);
    roll(&mut world, SPOT);
    let deposit = |assets| Abi::deposit_0Call {
        assets: u(assets),
        receiver: who,
    };
    world.give_weth(who, 100 * WAD);
    let least = Abi::BelowMinimumDeposit {
        assets: u(new - 1),
        minimum: u(new),
    };
    refuse(&mut world, who, &deposit(new - 1), least);
    let room = cap - world.ledger().vaultAssets.to::<u128>();
    assert_eq!(
        world.view(&Abi::maxDepositCall { receiver: who }),
        u(room),
        "the cap is the limit"
    );
    let most = Abi::DepositCapExceeded {
        total: u(cap + 1),
        cap: u(cap),
    };
    refuse(&mut world, who, &deposit(room + 1), most);
    let mut filled = world.clone();
    filled.send(who, &deposit(room)).expect("the last unit");
    assert_eq!(filled.ledger().vaultAssets, u(cap));
    world.send(who, &deposit(new)).expect("the smallest");
}

#[test]
fn the_maximum_is_what_is_accepted_and_no_more() {
    let mut world = rolled(1_900 * WAD);
    let who = alice();
    let most = world.view(&Abi::maxDepositCall { receiver: who });
    // As many as there can be shares of.
    assert!(most > u(70_000_000 * WAD));
    let call = Abi::deposit_0Call {
        assets: most + u(1),
        receiver: who,
    };
    refuse(&mut world, who, &call, Abi::AmountTooLarge {});
    world.give_weth(who, most.to());
    let call = Abi::deposit_0Call {
        assets: most,
        receiver: who,
    };
    let mut filled = world.clone();
    filled.send(who, &call).expect("the maximum");
    assert_eq!(
        filled.view(&Abi::maxDepositCall { receiver: who }),
        U256::ZERO
    );
    let out = filled.view(&Abi::maxRedeemCall { owner: who });
    let call = Abi::redeem_0Call {
        shares: out,
        receiver: who,
        owner: who,
    };
    filled.send(who, &call).expect("and back out");
    assert_reconciled(&filled);

    let assets = world.view(&Abi::maxWithdrawCall { owner: bob() });
    let call = Abi::withdraw_0Call {
        assets,
        receiver: bob(),
        owner: bob(),
    };
    world.send(bob(), &call).expect("the maximum");
    assert!(
        shares(&world, bob()) < 2_000,
        "what is left is worth about a unit"
    );
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
    world
        .weth
        .mint(&mut world.chain, vault, u(5 * WAD))
        .expect("WETH");
    world
        .usdc
        .mint(&mut world.chain, vault, u(5_000 * USD))
        .expect("USDC");
    assert_eq!(look(&world), before);
    open(&mut world);
    assert_eq!(
        world.view(&Abi::epochCall {}).limit,
        u((20 * WAD - WAD / 20) / 3)
    );
}

#[test]
fn the_window_lasts_until_somebody_opens_an_epoch() {
    let mut world = deposited(&Options::default());
    world.chain.warp(30 * DAY);
    world.deposit(alice(), WAD).expect("still open");
    world.chain.warp(HOUR);
    let call = Abi::redeem_0Call {
        shares: u(WAD),
        receiver: alice(),
        owner: alice(),
    };
    world.send(alice(), &call).expect("still open");
    assert_reconciled(&world);
}
