//! Who hedges the vault, and for how much: keepers of different costs who wait for their price, nobody for a day, no pool, nothing at all; and the search for a
//! reward that somebody can make for themselves.

use crate::hedge::mark;
use crate::rebalance::sold_by;
use crate::support::*;
use testbed::devchain::Tx;
use testbed::primitives::aliases::{U24, U80};
use testbed::{Abi, Address, DAY, Done, HOUR, Options, U256, USD, WAD, World, actor, outcome};

const REBALANCE: Abi::rebalanceCall = Abi::rebalanceCall {};
/// A base fee at which gas is worth something, wei.
const BASE_FEE: u128 = 100_000_000;
/// Seconds between two looks of a keeper.
const LOOK: u64 = 60;

/// A keeper: what a unit of gas costs it, in hundredths of the base fee; 100 is somebody without any other cost.
struct Keeper {
    who: Address,
    percent: u128,
}

impl Keeper {
    fn cost(&self, gas: u64) -> u128 {
        u128::from(gas) * BASE_FEE * self.percent / 100
    }

    /// Rebalances if that pays it: what it was paid and what that cost.
    fn look(&self, world: &mut World) -> Option<(u128, u128)> {
        let trial = world.simulate(self.who, &REBALANCE).ok()?;
        let reward: u128 = trial.value.reward.to();
        let cost = self.cost(trial.receipt.gas_used);
        if reward < cost {
            return None;
        }
        let done = world.send(self.who, &REBALANCE).expect("as simulated");
        Some((done.value.reward.to(), self.cost(done.receipt.gas_used)))
    }
}

fn keepers(percents: &[u128]) -> Vec<Keeper> {
    let named = |(index, percent): (usize, &u128)| Keeper {
        who: actor(&format!("keeper {index}")),
        percent: *percent,
    };
    percents.iter().enumerate().map(named).collect()
}

/// A vault out of its band whose policy counts less gas than a hedge takes: only the bonus, up to all of it again, makes it worth while.
fn waiting() -> World {
    let mut world = sold_by(|policy| {
        policy.keeper.swapGas = U24::from(250_000);
        policy.keeper.bonusBps = 10_000;
        policy.keeper.bonusSeconds = U24::from(HOUR);
        policy.keeper.rewardCap = WAD;
    });
    world.chain.set_base_fee(BASE_FEE);
    world
}

/// The bonus of one look, wei.
fn step() -> u128 {
    250_000 * BASE_FEE * u128::from(LOOK) / u128::from(HOUR)
}

#[test]
fn competing_keepers_are_paid_no_more_than_the_second_cheapest_costs() {
    for percents in [
        &[100_u128, 110, 130][..],
        &[130, 100, 104],
        &[100, 160],
        &[118, 119, 120, 121],
    ] {
        let mut world = waiting();
        let keepers = keepers(percents);
        mark(&mut world);
        let start = world.chain.now();
        let paid = loop {
            world.chain.warp(LOOK);
            if (world.chain.now() - start) % 1_800 < LOOK {
                world.submit(SPOT);
                world.catch_up();
            }
            // In an order that changes: whoever looks first takes it.
            let turn = (world.chain.now() / LOOK) as usize;
            let mut order: Vec<&Keeper> = keepers.iter().collect();
            order.rotate_left(turn % keepers.len());
            if let Some(paid) = order.iter().find_map(|keeper| keeper.look(&mut world)) {
                break paid;
            }
            assert!(world.chain.now() < start + 2 * HOUR, "nobody comes");
        };
        let mut sorted = percents.to_vec();
        sorted.sort_unstable();
        let gas = paid.1 * 100 / BASE_FEE / sorted[0];
        let second = gas * BASE_FEE * sorted[1] / 100;
        println!(
            "keepers at {percents:?} %: after {} s, paid {:.1} µETH, the second cheapest's cost is {:.1}",
            world.chain.now() - start,
            paid.0 as f64 / 1e12,
            second as f64 / 1e12,
        );
        assert!(paid.0 <= second + step(), "{paid:?} {second}");
        assert!(paid.0 >= paid.1, "nobody works at a loss");
        assert!(planned(&world).is_err(), "and it is hedged");
    }
}

#[test]
fn with_nobody_for_a_day_the_next_is_paid_no_more_than_the_cap() {
    let mut world = waiting();
    mark(&mut world);
    let most = 250_000 * BASE_FEE * 2;
    let mut late = Vec::new();
    for hours in [1, 2, 24] {
        let mut world = world.clone();
        world.chain.warp(hours * HOUR);
        moved(&mut world, SPOT);
        let done = world.send(keeper(), &REBALANCE).expect("still due");
        late.push(done.value.reward.to::<u128>());
    }
    println!("after 1, 2 and 24 hours: {late:?} wei");
    // The mark is over by then: without a bonus, until somebody marks again.
    assert_eq!(late, [most, most / 2, most / 2]);
    // And the policy's cap is one.
    let mut world = sold_by(|policy| {
        policy.keeper.bonusBps = 20_000;
        policy.keeper.rewardCap = 30_000_000_000_000;
    });
    world.chain.set_base_fee(BASE_FEE);
    mark(&mut world);
    world.chain.warp(HOUR);
    moved(&mut world, SPOT);
    let done = world.send(keeper(), &REBALANCE).expect("due");
    assert_eq!(done.value.reward, u(30_000_000_000_000));
}

/// No pool, no feed, no sequencer, no keeper, no role: options are settled and paid, and everybody leaves.
#[test]
fn with_everything_dead_holders_are_paid_and_depositors_leave() {
    let mut options = Options::default();
    // No pool of this fee exists.
    options.policy.venue.feeTiers[0] = U24::from(100);
    options.roles.owner = Address::ZERO;
    options.roles.guardian = Address::ZERO;
    let mut world = sold_with(&options);
    refuse(&mut world, keeper(), &REBALANCE, Abi::NoPool {});
    let end = expiry(&world);
    world
        .sequencer
        .set_up(&mut world.chain, false)
        .expect("the operator");
    // A week after the expiry no feed is waited for: the vault's own last price settles it.
    world.chain.set_time(end + 8 * DAY);
    let call = settling_at(end, U80::ZERO);
    let call = Abi::settleCall {
        assetRounds: world
            .view(&Abi::findRoundsCall {
                expiry: seconds(end),
            })
            .assetRounds,
        ..call
    };
    world
        .send(stranger(), &call)
        .expect("settles without anybody");
    for series in 0..3 {
        let call = Abi::exerciseCall {
            id: id(series),
            amount: u(SOLD),
            receiver: carol(),
        };
        world.send(carol(), &call).expect("paid");
    }
    world.chain.warp(2 * DAY);
    world
        .send(stranger(), &Abi::rollCall {})
        .expect("the grace period is over");
    for who in [alice(), bob()] {
        let call = Abi::redeemInKindCall {
            shares: u(shares(&world, who)),
            receiver: who,
            owner: who,
        };
        world.send(who, &call).expect("out");
    }
    assert_eq!(supply(&world), 0);
    assert_reconciled(&world);
}

/// What an account has, USDC units at a price, with the gas of its calls taken off.
struct Purse {
    who: Address,
    gas: u128,
}

impl Purse {
    fn send<C: alloy_sol_types::SolCall>(
        &mut self,
        world: &mut World,
        call: &C,
    ) -> Option<Done<C>> {
        world.chain.fund(self.who, u(100 * WAD));
        let receipt = world
            .chain
            .send(Tx::call(self.who, world.vault, call.abi_encode()));
        self.gas += u128::from(receipt.gas_used);
        outcome(receipt).ok()
    }

    fn worth(&self, world: &World, options: &[u128]) -> i128 {
        let (weth, usdc) = world.balances(self.who);
        let price = (spot(world).0 / (WAD / USD)) as i128;
        let assets = weth as i128 - (self.gas * world.chain.base_fee()) as i128;
        // Options at the model's value, which is what they would be paid on average.
        let held = options
            .iter()
            .enumerate()
            .map(|(series, amount)| modelled_value(world, series, *amount) as i128);
        assets * price / WAD as i128 + usdc as i128 + held.sum::<i128>()
    }
}

/// What options are worth by the model, at the vault's volatility and the oracle's price.
fn modelled_value(world: &World, series: usize, amount: u128) -> u128 {
    let terms = listed(world)[series];
    let greeks = option_math::capped_call(
        spot(world).0,
        terms.strike.0,
        terms.cap.map(|cap| cap.0),
        volatility(world),
        expiry(world) - world.chain.now(),
        0,
    );
    let price = greeks.expect("a price").price;
    (price / (WAD / USD)) * amount / WAD
}

/// One party alone, without a move of the price: it buys, sells back, marks, waits, hedges, fills and splits as it likes. Rewards are of its own making then,
/// and it has less than before. `VAULT_FUZZ_RUNS` sequences, 16 by default.
#[test]
fn nobody_earns_a_reward_by_their_own_trades() {
    let runs = number("VAULT_FUZZ_RUNS").unwrap_or(16);
    let (mut best, mut earned) = (i128::MIN, 0_u32);
    for seed in 0..runs {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut options = Options::default();
        let policy = &mut options.policy;
        // As generous as a policy can sensibly be: it counts a third more gas than a hedge takes, and pays it twice after a while.
        policy.hedge.triggers = 1 | 4 | 8 | 16 | 32;
        policy.hedge.bandBps = 50;
        policy.hedge.bookBps = 50;
        policy.hedge.intervalSeconds = U24::from(HOUR);
        policy.keeper.swapGas = U24::from(400_000);
        policy.keeper.bonusBps = 10_000;
        policy.sale.quotaBps = 10_000;
        let mut world = sold_with(&options);
        world.chain.set_base_fee(rng.u128(1..100) * 100_000_000);
        world.send(keeper(), &REBALANCE).expect("out of the band");
        let mut purse = Purse {
            who: actor("farmer"),
            gas: 0,
        };
        world.give_weth(purse.who, 1_000 * WAD);
        world.give_usdc(purse.who, 10_000_000 * USD);
        let mut held = [0_u128; 3];
        world.chain.warp(60);
        world.submit(SPOT);
        world.catch_up();
        let before = purse.worth(&world, &held);
        for _ in 0..rng.usize(3..25) {
            let series = rng.usize(0..3);
            let amount = rng.u128(1..30) * WAD / 10;
            let id = id(series as u128);
            match rng.u8(0..10) {
                0..3 => {
                    let call = Abi::buyCall {
                        id,
                        amount: u(amount),
                        maxPremium: U256::MAX,
                        receiver: purse.who,
                        deadline: U256::MAX,
                    };
                    if purse.send(&mut world, &call).is_some() {
                        held[series] += amount;
                    }
                }
                3..5 => {
                    let amount = amount.min(held[series]);
                    let call = Abi::sellCall {
                        id,
                        amount: u(amount),
                        minProceeds: U256::ZERO,
                        receiver: purse.who,
                        deadline: U256::MAX,
                    };
                    if purse.send(&mut world, &call).is_some() {
                        held[series] -= amount;
                    }
                }
                5 => drop(purse.send(&mut world, &Abi::markTriggerCall {})),
                6..8 => {
                    if let Some(done) = purse.send(&mut world, &REBALANCE) {
                        earned += u32::from(done.value.reward > U256::ZERO);
                    }
                }
                8 => {
                    let Ok(preview) = world.simulate(purse.who, &Abi::previewFillCall {}) else {
                        continue;
                    };
                    let call = Abi::fillCall {
                        buys: preview.value.buys,
                        limit: if preview.value.buys {
                            U256::ZERO
                        } else {
                            U256::MAX
                        },
                        deadline: U256::MAX,
                    };
                    if let Some(done) = purse.send(&mut world, &call) {
                        earned += u32::from(done.value.reward > U256::ZERO);
                    }
                }
                _ => {
                    world.chain.warp(rng.u64(1..3_000));
                    world.submit(SPOT);
                    world.catch_up();
                }
            }
        }
        let gain = purse.worth(&world, &held) - before;
        best = best.max(gain);
        assert!(gain <= 0, "seed {seed}: {gain}");
        assert_reconciled(&world);
    }
    println!(
        "{runs} runs, {earned} rewards of their own making, best result {:.2} USDC",
        best as f64 / 1e6
    );
    assert!(
        u64::from(earned) * 8 > runs,
        "few rewards were had at all: {earned}"
    );
}

/// Gas, limits and repetition: what a call is paid does not depend on them.
#[test]
fn padding_gas_and_repeating_pay_nothing() {
    let mut world = sold();
    world.chain.set_base_fee(BASE_FEE);
    let plain = world.simulate(keeper(), &REBALANCE).expect("due");
    for gas in [1_000_000, 5_000_000, 30_000_000] {
        let done = send_with_gas(&mut world.clone(), keeper(), &REBALANCE, gas).expect("due");
        assert_eq!(done.value.reward, plain.value.reward);
    }
    let padded = Tx::call(
        keeper(),
        world.vault,
        [
            alloy_sol_types::SolCall::abi_encode(&REBALANCE),
            vec![0xff; 2_000],
        ]
        .concat(),
    );
    let done = outcome::<Abi::rebalanceCall>(world.clone().chain.send(padded)).expect("due");
    assert_eq!(done.value.reward, plain.value.reward);
    world.send(keeper(), &REBALANCE).expect("due");
    for seconds in [0, 1, 60] {
        world.chain.warp(seconds);
        assert!(world.simulate(keeper(), &REBALANCE).is_err(), "once");
    }
}
