//! What moving an epoch on earns: opening, settling, rolling, each once for each expiry with options, from the keeper budget alone.

use crate::support::*;
use testbed::primitives::aliases::U24;
use testbed::{Abi, DAY, Done, HOUR, Options, U256, WAD, World};
use vault_core::Assets;
use vault_core::reward::{self, Fees, Step};

const GAS: u64 = 200_000;

fn paying() -> Options {
    let mut options = crate::maturities::laddered();
    options.policy.keeper.settleGas = U24::from(GAS);
    options
}

fn budget(world: &World) -> U256 {
    world.ledger().keeperAssets
}

/// Takes a step as the stranger, who must be paid exactly what the rule says out of the budget, or nothing, and told so by an event.
fn step<C: alloy_sol_types::SolCall>(
    world: &mut World,
    call: &C,
    step: Step,
    paid: bool,
    topped_up: U256,
) -> Done<C> {
    let before = (world.balances(stranger()), budget(world));
    let policy = policy_of(world).keeper;
    let fees = Fees {
        base: world.chain.base_fee(),
        byte: 0,
    };
    let most = Assets((before.1 + topped_up).to());
    let due = if paid {
        reward::reward(&policy, step.gas(&policy), &fees, 0, most)
    } else {
        Assets::ZERO
    };
    let done = world.send(stranger(), call).expect("its time has come");
    let earned = world.balances(stranger()).0 - before.0.0;
    assert_eq!(earned, due.0, "{step:?}");
    assert_eq!(budget(world), before.1 + topped_up - u(due.0));
    let said: Vec<Abi::KeeperPaid> = testbed::events(&done.receipt, world.vault);
    let expected = (due != Assets::ZERO).then(|| Abi::KeeperPaid {
        keeper: stranger(),
        reward: u(due.0),
        keeperBudget: budget(world),
    });
    let said: Vec<_> = said.iter().map(|e| (e.keeper, e.reward)).collect();
    let expected: Vec<_> = expected.iter().map(|e| (e.keeper, e.reward)).collect();
    assert_eq!(said, expected);
    assert_reconciled(world);
    done
}

/// The expiry passes, whose last price is `price`, and the stranger settles it.
fn settle_step(world: &mut World, early: u64, price: u128, paid: bool) -> Abi::settleCall {
    let at = expiry(world) - early;
    world.chain.set_time(at - 100);
    world.set_price(price);
    let hint = round(world);
    world.chain.set_time(at + 61);
    let call = settling_at(at, hint);
    step(world, &call, Step::Settle, paid, U256::ZERO);
    call
}

/// The epoch is rolled, if need be after what quote is left was waited for.
fn roll_step(world: &mut World, paid: bool) {
    world.chain.warp(25 * HOUR);
    step(world, &Abi::rollCall {}, Step::Roll, paid, U256::ZERO);
}

fn open_step(world: &mut World, paid: bool) {
    world.chain.warp(13 * HOUR);
    world.set_price(SPOT);
    // What an opening fills the budget up to.
    let wanted = policy_of(world).opening.keeper_budget;
    let vault = world.ledger().vaultAssets.to();
    let held = budget(world).to();
    let top_up = reward::budget_top_up(Assets(wanted), Assets(vault), Assets(held));
    step(world, &Abi::openEpochCall {}, Step::Open, paid, u(top_up.0));
}

#[test]
fn each_expiry_with_options_pays_for_its_settlement_its_roll_and_the_next_opening_once() {
    let mut world = deposited(&paying());
    open_step(&mut world, false);
    // One series of the last expiry, and one of the earliest; nothing of that between.
    world.buy(carol(), id(0), WAD).expect("room");
    world.buy(carol(), id(3), WAD).expect("room");
    let first = settle_step(&mut world, 2 * DAY, SPOT, true);
    assert!(
        world.simulate(stranger(), &first).is_err(),
        "once, and nothing for trying"
    );
    let last = settle_step(&mut world, 0, SPOT, true);
    assert!(world.simulate(stranger(), &last).is_err());
    roll_step(&mut world, true);
    assert!(world.simulate(stranger(), &Abi::rollCall {}).is_err());
    open_step(&mut world, true);
    assert!(world.simulate(stranger(), &Abi::openEpochCall {}).is_err());

    // An epoch in which nobody bought pays nobody, however often it turns.
    for _ in 0..3 {
        settle_step(&mut world, 0, SPOT, false);
        roll_step(&mut world, false);
        open_step(&mut world, false);
    }
    // Nor does one whose options all came back.
    let series = world.view(&Abi::epochCall {}).number.to::<u128>();
    world.buy(carol(), id_of(series, 0), WAD).expect("room");
    let back = Abi::sellCall {
        id: id_of(series, 0),
        amount: u(WAD),
        minProceeds: U256::ZERO,
        receiver: carol(),
        deadline: U256::MAX,
    };
    world.send(carol(), &back).expect("hers");
    settle_step(&mut world, 0, SPOT, false);
    roll_step(&mut world, false);
    open_step(&mut world, false);
}

#[test]
fn a_step_pays_what_the_budget_has_and_then_nothing_and_goes_on() {
    let mut options = paying();
    options.policy.opening.keeperBudget = 30_000_000_000_000;
    options.policy.opening.earlyDays = [0; 8];
    let mut world = opened_with(&options);
    world.buy(carol(), id(0), WAD).expect("room");
    world.chain.set_base_fee(1_000_000_000);
    world.chain.fund(stranger(), u(100 * WAD));
    assert_eq!(budget(&world), u(30_000_000_000_000));
    settle_step(&mut world, 0, SPOT, true);
    assert_eq!(budget(&world), U256::ZERO, "all there was");
    roll_step(&mut world, true);
    assert_eq!(world.view(&Abi::epochCall {}).phase, U256::ZERO);
}

/// What turning an epoch costs is about what it pays: nobody lives on buying a unit of an option and turning the epoch for it.
#[test]
fn nobody_earns_more_than_the_gas_by_buying_a_unit_and_turning_the_epoch() {
    let mut options = paying();
    options.policy.opening.earlyDays = [0; 8];
    let mut world = opened_with(&options);
    let base = world.chain.base_fee();
    let mut gas = 0;
    let mut send = |done: testbed::devchain::Receipt| gas += done.gas_used;
    let bought = world.buy(stranger(), id(0), 1).expect("room");
    send(bought.receipt);
    let hint = expire(&mut world, SPOT);
    let call = settling(&world, hint);
    send(world.send(stranger(), &call).expect("settles").receipt);
    world.chain.warp(25 * HOUR);
    let rolled = world.send(stranger(), &Abi::rollCall {});
    send(rolled.expect("rolls").receipt);
    world.chain.warp(13 * HOUR);
    world.set_price(SPOT);
    let opened = world.send(stranger(), &Abi::openEpochCall {});
    send(opened.expect("opens").receipt);
    let (earned, _) = world.balances(stranger());
    let spent = u128::from(gas) * base;
    println!("{gas} gas, {spent} wei spent, {earned} earned");
    assert!(
        earned > spent * 4 / 5 && earned < spent,
        "{earned} of {spent}"
    );
}
