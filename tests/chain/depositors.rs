//! Who could live off other depositors: the first of them, a donor, somebody who knows the next price; and what fees take.

use crate::support::*;
use testbed::{Abi, Address, DAY, HOUR, Options, U256, USD, WAD, World, actor};
use vault_core::fees::{self, HighWater};
use vault_core::shares::Register;
use vault_core::{Assets, Price, Shares};

/// An empty vault and two accounts with 1 000 WETH each.
fn empty() -> (World, Address, Address) {
    let mut world = World::new(&Options::default());
    let (attacker, victim) = (actor("attacker"), actor("victim"));
    for who in [attacker, victim] {
        world.give_weth(who, 1_000 * WAD);
    }
    (world, attacker, victim)
}

fn deposit(world: &mut World, who: Address, assets: u128) -> bool {
    let call = Abi::deposit_0Call {
        assets: u(assets),
        receiver: who,
    };
    world.send(who, &call).is_ok()
}

fn donate(world: &mut World, who: Address, assets: u128) {
    let (weth, vault) = (world.weth.erc20(), world.vault);
    weth.transfer(&mut world.chain, who, vault, u(assets))
        .expect("has it");
}

fn redeem_all(world: &mut World, who: Address) {
    let held = world.view(&Abi::maxRedeemCall { owner: who });
    if held > U256::ZERO {
        let call = Abi::redeem_0Call {
            shares: held,
            receiver: who,
            owner: who,
        };
        world.send(who, &call).expect("its maximum");
    }
}

/// First deposits, donations and exits of an attacker around a victim's deposit, of all magnitudes and in any order: what the attacker ends with is never more
/// than it began with, and the victim loses at most what rounding takes.
#[test]
fn no_first_deposit_or_donation_takes_from_the_next_depositor() {
    let (mut best, mut worst) = (i128::MIN, 0);
    let runs = number("VAULT_FUZZ_RUNS").unwrap_or(150);
    let base = empty();
    for seed in 0..runs {
        let mut rng = fastrand::Rng::with_seed(seed);
        let (mut world, attacker, victim) = base.clone();
        let mut amount = |most: u128| (1 + rng.u128(..most)) >> rng.u32(0..60);
        let (first, gift, stake) = (amount(200 * WAD), amount(500 * WAD), amount(100 * WAD));
        let (second, more) = (amount(100 * WAD), amount(100 * WAD));
        let mut order: Vec<u8> = vec![0, 1, 2, 3, 4];
        rng.shuffle(&mut order);
        let before = [attacker, victim].map(|who| world.balances(who).0 as i128);
        for step in order {
            match step {
                0 => drop(deposit(&mut world, attacker, first)),
                1 => donate(&mut world, attacker, gift),
                2 => drop(deposit(&mut world, victim, stake)),
                3 if rng.bool() => redeem_all(&mut world, attacker),
                3 => drop(deposit(&mut world, attacker, second)),
                _ => donate(&mut world, attacker, more),
            }
        }
        redeem_all(&mut world, attacker);
        redeem_all(&mut world, victim);
        let after = [attacker, victim].map(|who| world.balances(who).0 as i128);
        let [gain, kept] = [0, 1].map(|who| after[who] - before[who]);
        best = best.max(gain);
        worst = worst.min(kept);
        assert!(gain <= 0, "seed {seed}: the attacker won {gain}");
        // Two roundings, each of less than what a share is worth and a unit.
        assert!(kept >= -2, "seed {seed}: the victim lost {kept}");
        assert_reconciled_with_gifts(&world);
    }
    println!("{runs} orders: the attacker's best result is {best} wei, the victim's worst {worst}");
}

/// Donations lie beside the buckets: balances are no less than these.
fn assert_reconciled_with_gifts(world: &World) {
    let (assets, quote) = buckets(world);
    let held = world.balances(world.vault);
    assert!(held.0 >= assets && held.1 >= quote, "invariant 1");
}

/// A name, and how to get there.
type Stage = (&'static str, fn() -> World);

/// Whoever knows the oracle's next round before it is there deposits or redeems on one side of it, and the other way on the other: nothing, in any phase. Requests
/// are carried out at the roll's ratio, long after.
#[test]
fn deposit_and_redeem_around_an_oracle_update_gain_nothing_in_any_phase() {
    let stages: [Stage; 5] = [
        ("open", || deposited(&Options::default())),
        ("live", sold),
        ("hedged", hedged),
        ("settled", || {
            let mut world = hedged();
            settle(&mut world, 2_150 * WAD);
            world
        }),
        ("rolled in kind", || {
            let mut world = hedged();
            settle(&mut world, 2_150 * WAD);
            world.chain.warp(25 * HOUR);
            world
                .send(keeper(), &Abi::rollCall {})
                .expect("the grace period is over");
            world
        }),
    ];
    let trader = actor("trader");
    for (stage, make) in stages {
        let mut world = make();
        world.chain.warp(60);
        world.set_price(SPOT);
        // It has shares from before, and assets.
        world.give_weth(trader, 100 * WAD);
        let call = Abi::transfer_0Call {
            to: trader,
            value: u(shares(&world, alice()) / 2),
        };
        world.send(alice(), &call).expect("hers");
        let mut traded = 0;
        for next in [SPOT * 98 / 100, SPOT * 1_005 / 1_000, SPOT * 110 / 100] {
            for deposits in [true, false] {
                let mut world = world.clone();
                let worth = |world: &World| {
                    // At the later price, shares in kind: their part of both tokens.
                    let (weth, usdc) = world.balances(trader);
                    let pot = vault_pot(world);
                    let (held, all) = (shares(world, trader), supply(world) + 1_000);
                    let assets = weth as f64 + pot.assets.0 as f64 * held as f64 / all as f64;
                    let quote = usdc as f64 + pot.quote.0 as f64 * held as f64 / all as f64;
                    assets + quote * (WAD as f64 / USD as f64) * (WAD as f64 / next as f64)
                };
                let before = worth(&world);
                let enter = |world: &mut World| deposit(world, trader, 20 * WAD);
                let leave = |world: &mut World| {
                    let held = shares(world, trader);
                    let redeem = Abi::redeem_0Call {
                        shares: u(held),
                        receiver: trader,
                        owner: trader,
                    };
                    let in_kind = Abi::redeemInKindCall {
                        shares: u(held),
                        receiver: trader,
                        owner: trader,
                    };
                    world.send(trader, &redeem).is_ok() || world.send(trader, &in_kind).is_ok()
                };
                let entered = if deposits {
                    enter(&mut world)
                } else {
                    leave(&mut world)
                };
                world.chain.warp(1);
                world.submit(next);
                let left = if deposits {
                    leave(&mut world)
                } else {
                    enter(&mut world)
                };
                traded += u32::from(entered) + u32::from(left);
                let gain = worth(&world) - before;
                assert!(gain <= 1e6, "{stage}: {gain} wei by knowing {next}");
            }
        }
        println!("{stage}: {traded} of 12 calls were taken, none gained");
        let closed = ["live", "hedged", "settled"].contains(&stage);
        assert_eq!(traded == 0, closed, "{stage}");
    }
}

/// Fees through six epochs of gains and losses, against the pure function and by hand: management on live time, performance above the mark alone.
#[test]
fn fees_follow_the_high_water_mark_through_many_epochs() {
    let mut options = Options::default();
    options.policy.shares.managementFeeBps = 150;
    options.policy.shares.performanceFeeBps = 1_500;
    options.roles.fee_recipient = actor("fees");
    let mut world = deposited(&options);
    let terms = policy_of(&world).shares;
    let mut mark = HighWater::default();
    let (mut charged, mut spared) = (0, 0);
    for (epoch, price) in (1_u128..).zip([2_010, 2_600, 2_050, 1_700, 1_990, 2_020]) {
        open(&mut world);
        let opened = world.chain.now();
        let limit: u128 = world.view(&Abi::epochCall {}).limit.to();
        for series in 0..3 {
            world
                .buy(carol(), id_of(epoch, series), SOLD.min(limit))
                .expect("there is room");
        }
        world.send(keeper(), &Abi::rebalanceCall {}).expect("due");
        let live = expiry(&world) - opened;
        settle(&mut world, price * WAD);
        moved(&mut world, SPOT);
        while world.send(keeper(), &Abi::rebalanceCall {}).is_ok() {}
        let register = Register {
            supply: Shares(supply(&world)),
            assets: vault_pot(&world).assets,
        };
        let before = shares(&world, actor("fees"));
        let due = fees::due(register, &terms, live, 5_000, mark, Some(Price(SPOT)));
        let done = world.send(keeper(), &Abi::rollCall {}).expect("converted");
        let event: Abi::FeesTaken = event(&world, &done.receipt);
        assert_eq!(shares(&world, actor("fees")) - before, due.shares.0);
        assert_eq!(
            (event.managementAssets, event.performanceAssets),
            (u(due.management.0), u(due.performance.0))
        );
        assert_eq!(event.highWaterMark, u(due.high_water.mark));
        // By hand: 1.5 % a year of what was there; 15 % of what a share gained above the best it ever had.
        let assets = register.assets.0 as f64;
        let yearly = assets * 0.015 * live as f64 / (365.0 * DAY as f64);
        assert!((due.management.0 as f64 / yearly - 1.0).abs() < 1e-9);
        let share = |assets: f64| (assets + 1.0) / (register.supply.0 as f64 + 1_000.0) * 1e3;
        let best = if mark.mark == 0 {
            1.0
        } else {
            mark.mark as f64 / 1e18
        };
        let gain = (share(assets - yearly) - best).max(0.0) * register.supply.0 as f64 / 1e3;
        let performance = due.performance.0 as f64;
        assert!(
            (performance - 0.15 * gain).abs() <= 1e-9 * assets,
            "{performance} {gain}"
        );
        charged += u32::from(due.performance > Assets::ZERO);
        spared += u32::from(due.performance.is_zero());
        mark = due.high_water;
        // What was paid comes out of nobody's request, and a share's price does not jump for who comes now.
        assert_reconciled(&world);
    }
    assert!(charged >= 1 && spared >= 2, "{charged} {spared}");
}

#[test]
fn who_gets_the_fees_can_change_and_end_but_not_begin() {
    let owner = actor("owner");
    let named = |recipient| Abi::setFeeRecipientCall { recipient };
    // A vault without a recipient never has one.
    let mut world = World::new(&Options::default());
    refuse(&mut world, owner, &named(bob()), Abi::FeesRenounced {});
    let mut options = Options::default();
    options.roles.fee_recipient = actor("fees");
    let mut world = World::new(&options);
    let error = Abi::OwnableUnauthorizedAccount {
        account: stranger(),
    };
    refuse(&mut world, stranger(), &named(stranger()), error);
    let done = world.send(owner, &named(bob())).expect("the owner");
    let event: Abi::FeeRecipientSet = event(&world, &done.receipt);
    assert_eq!(event.recipient, bob());
    assert_eq!(world.view(&Abi::vaultStateCall {}).feeRecipient, bob());
    world.send(owner, &named(Address::ZERO)).expect("the owner");
    refuse(&mut world, owner, &named(bob()), Abi::FeesRenounced {});
    // With the ownership given up nobody changes anything any more.
    world
        .send(owner, &Abi::renounceOwnershipCall {})
        .expect("the owner");
    let error = Abi::OwnableUnauthorizedAccount { account: owner };
    refuse(&mut world, owner, &named(bob()), error.clone());
    refuse(
        &mut world,
        owner,
        &Abi::transferOwnershipCall { newOwner: bob() },
        error,
    );
    let zero = Abi::OwnableUnauthorizedAccount { account: bob() };
    refuse(&mut world, bob(), &Abi::acceptOwnershipCall {}, zero);
}

/// What an epoch earns is whose it was when it opened: from then until its roll nobody else can be named, in no phase.
#[test]
fn the_fees_of_an_epoch_are_whose_they_were_when_it_opened() {
    let (owner, first, second) = (actor("owner"), actor("fees"), actor("other fees"));
    let mut options = Options::default();
    options.policy.shares.managementFeeBps = 200;
    options.roles.fee_recipient = first;
    let mut world = sold_with(&options);
    let named = |recipient| Abi::setFeeRecipientCall { recipient };
    let closed = |world: &mut World, phase: u128| {
        for recipient in [second, Address::ZERO] {
            let error = Abi::NotOpen { phase: u(phase) };
            refuse(world, owner, &named(recipient), error);
        }
    };
    closed(&mut world, 1);
    let end = expiry(&world);
    world.chain.set_time(end - 100);
    world.set_price(SPOT);
    let hint = round(&world);
    world.chain.set_time(end + 61);
    closed(&mut world, 2);
    let call = settling(&world, hint);
    world.send(keeper(), &call).expect("the round settles");
    closed(&mut world, 3);
    roll(&mut world, SPOT);
    let earned = shares(&world, first);
    assert!(earned > 0);
    world.send(owner, &named(second)).expect("open");
    open(&mut world);
    settle(&mut world, SPOT);
    roll(&mut world, SPOT);
    assert_eq!(shares(&world, first), earned);
    assert!(shares(&world, second) > 0);
}

#[test]
fn a_pause_ends_by_hand_or_by_itself() {
    let guardian = actor("guardian");
    let mut world = opened();
    world
        .send(guardian, &Abi::pauseCall {})
        .expect("the guardian");
    let until = world.chain.now() + 7 * DAY;
    assert_eq!(
        world.view(&Abi::vaultStateCall {}).pausedUntil,
        seconds(until)
    );
    let buy = Abi::buyCall {
        id: id(0),
        amount: u(WAD),
        maxPremium: U256::MAX,
        receiver: carol(),
        deadline: U256::MAX,
    };
    world.give_usdc(carol(), 10_000 * USD);
    let paused = Abi::SalesPaused {
        until: seconds(until),
        nowSeconds: seconds(world.chain.now()),
    };
    refuse(&mut world, carol(), &buy, paused);
    let error = Abi::OwnableUnauthorizedAccount {
        account: stranger(),
    };
    refuse(&mut world, stranger(), &Abi::unpauseCall {}, error);
    let mut by_hand = world.clone();
    by_hand
        .send(actor("owner"), &Abi::unpauseCall {})
        .expect("the owner may, too");
    by_hand.send(carol(), &buy).expect("sold again");
    // It counts as a whole one.
    let early = Abi::PauseTooSoon {
        allowedFrom: seconds(until + 23 * DAY),
        nowSeconds: seconds(by_hand.chain.now()),
    };
    refuse(&mut by_hand, guardian, &Abi::pauseCall {}, early);
}

#[test]
fn minimum_and_maximum_variants_hold_to_the_unit() {
    let mut world = rolled(2_150 * WAD);
    let who = actor("careful");
    world.give_weth(who, 100 * WAD);
    let assets = 3 * WAD + 7;
    let shares = world.view(&Abi::previewDepositCall { assets: u(assets) });
    let deposit = |min| Abi::deposit_1Call {
        assets: u(assets),
        receiver: who,
        minShares: min,
    };
    let error = Abi::SlippageExceeded {
        actual: shares,
        limit: shares + u(1),
    };
    refuse(&mut world, who, &deposit(shares + u(1)), error);
    assert_eq!(
        world.send(who, &deposit(shares)).expect("just").value,
        shares
    );

    let wanted = u(1_000 * WAD + 3);
    let cost = world.view(&Abi::previewMintCall { shares: wanted });
    let mint = |max| Abi::mint_1Call {
        shares: wanted,
        receiver: who,
        maxAssets: max,
    };
    let error = Abi::SlippageExceeded {
        actual: cost,
        limit: cost - u(1),
    };
    refuse(&mut world, who, &mint(cost - u(1)), error);
    assert_eq!(world.send(who, &mint(cost)).expect("just").value, cost);

    let out = u(WAD + 1);
    let burned = world.view(&Abi::previewWithdrawCall { assets: out });
    let withdraw = |max| Abi::withdraw_1Call {
        assets: out,
        receiver: who,
        owner: who,
        maxShares: max,
    };
    let error = Abi::SlippageExceeded {
        actual: burned,
        limit: burned - u(1),
    };
    refuse(&mut world, who, &withdraw(burned - u(1)), error);
    assert_eq!(
        world.send(who, &withdraw(burned)).expect("just").value,
        burned
    );

    let given = u(500 * WAD + 1);
    let paid = world.view(&Abi::previewRedeemCall { shares: given });
    let redeem = |min| Abi::redeem_1Call {
        shares: given,
        receiver: who,
        owner: who,
        minAssets: min,
    };
    let error = Abi::SlippageExceeded {
        actual: paid,
        limit: paid + u(1),
    };
    refuse(&mut world, who, &redeem(paid + u(1)), error);
    assert_eq!(world.send(who, &redeem(paid)).expect("just").value, paid);
}

/// What is worth nothing cannot be redeemed, and the maximum says so.
#[test]
fn the_most_that_can_be_redeemed_can_be_redeemed() {
    let mut world = deposited(&Options::default());
    let few = actor("few");
    for amount in [1, 999, 1_000, 1_001] {
        let call = Abi::transfer_0Call {
            to: few,
            value: u(amount),
        };
        world.send(alice(), &call).expect("hers");
        let most = world.view(&Abi::maxRedeemCall { owner: few });
        let redeem = |shares| Abi::redeem_0Call {
            shares,
            receiver: few,
            owner: few,
        };
        if most.is_zero() {
            let held = u(shares(&world, few));
            refuse(&mut world, few, &redeem(held), Abi::NothingToMove {});
        } else {
            assert!(world.simulate(few, &redeem(most)).is_ok());
        }
        let back = Abi::transfer_0Call {
            to: alice(),
            value: u(amount),
        };
        world.send(few, &back).expect("its own");
    }
}
