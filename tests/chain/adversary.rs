//! The hedge among adversaries: prices that gap, a pool that is moved and left, feeds that stop, a sequencer that goes down, keepers who call whatever pays,
//! a paused vault, random policies. After every call the invariants of the design, by their numbers.

use crate::hedge::another_pool;
use crate::support::search::{Log, Run, Search};
use crate::support::*;
use alloy_sol_types::SolCall;
use testbed::devchain::Receipt;
use testbed::primitives::{U256 as Word, aliases::U24, keccak256};
use testbed::{Abi, Address, DAY, Done, HOUR, Options, POOL_SETTLES, U256, USD, WAD, World, actor};
use vault_core::policy;
use vault_core::solvency;

const RUNS: u64 = 28;
const STEPS: usize = 60;
/// What any rebalance, fill, or mark may use, sending included: 10 % more than the dearest that a search of the loops' bounds found (`gas-rebalance.txt`).
const MOST_GAS: u64 = 440_000;

struct Siege {
    world: World,
    rng: fastrand::Rng,
    price: u128,
    policy: vault_core::Policy,
    log: Log,
}

impl Siege {
    fn new(seed: u64) -> Self {
        let mut rng = fastrand::Rng::with_seed(seed);
        let mut options = Options {
            pool_depth: [8_000, 60_000, 400_000][rng.usize(0..3)] * WAD,
            ..Options::default()
        };
        let policy = &mut options.policy;
        let hedge = &mut policy.hedge;
        hedge.targetWeightBps = [0, 3_000, 5_000, 10_000][rng.usize(0..4)];
        hedge.triggers = rng.u8(0..64);
        hedge.adaptive = rng.bool();
        hedge.toEdge = rng.bool();
        hedge.bandBps = rng.u16(10..800);
        hedge.riskAversionBps = U24::from(rng.u32(100..10_000_000));
        hedge.gateBps = if rng.bool() { 0 } else { rng.u16(1..20_000) };
        hedge.skewBps = rng.u16(0..3_000);
        hedge.skewDown = rng.bool();
        hedge.intervalSeconds = U24::from(rng.u32(600..86_400));
        hedge.moveBps = rng.u16(50..1_000);
        hedge.maxSlippageBps = rng.u16(6..31);
        hedge.maxTradeBps = rng.u16(500..10_001);
        policy.venue.feeTiers = [U24::from(500), U24::from(3_000), U24::ZERO];
        if rng.bool() {
            policy.venue.feeTiers.swap(0, 1);
        }
        policy.risk.gammaBps = [0, 20, 200][rng.usize(0..3)];
        policy.keeper.l1Bytes = rng.u16(0..500);
        policy.keeper.bonusBps = rng.u16(0..20_001);
        policy.sale.quotaBps = 10_000;
        let mut world = opened_with(&options);
        let usual = world.pool;
        another_pool(&mut world, 3_000);
        world.pool = usual;
        world.chain.set_base_fee(rng.u128(1..50) * 100_000_000);
        // Some of each series is sold, or none.
        let limit: u128 = world.view(&Abi::epochCall {}).limit.to();
        if rng.u8(0..5) != 0 {
            for series in 0..3 {
                let amount = limit.min(SOLD) * rng.u128(1..100) / 100;
                world
                    .buy(carol(), id(series), amount)
                    .expect("there is room");
            }
        }
        for who in [actor("filler"), carol()] {
            world.give_weth(who, 10_000 * WAD);
            world.give_usdc(who, 100_000_000 * USD);
        }
        let policy = policy_of(&world);
        Self {
            world,
            rng,
            price: SPOT,
            policy,
            log: Log::default(),
        }
    }

    fn note(&mut self, what: &'static str, done: bool) {
        self.log
            .tell(format!("{what}{}", if done { "" } else { " (refused)" }));
        if done {
            self.log.take(what, 0);
        }
    }

    /// A user's call: it must not trade in any pool (16).
    fn user<C: SolCall>(&mut self, what: &'static str, who: Address, call: &C) {
        let done = self.world.send(who, call);
        if let Ok(done) = &done {
            assert!(!swaps(&done.receipt), "16: {what} traded on the venue");
        }
        self.note(what, done.is_ok());
    }

    fn fill(&mut self) {
        let filler = actor("filler");
        let Ok(preview) = self.world.simulate(filler, &Abi::previewFillCall {}) else {
            self.note("fill", false);
            return;
        };
        let preview = preview.value;
        // At its limit, or at one that the vault does not reach.
        let quote = if preview.buys {
            preview.amountIn
        } else {
            preview.amountOut
        };
        let limit = match self.rng.u8(0..4) {
            0 if preview.buys => quote + u(1),
            0 => quote - u(1),
            _ => quote,
        };
        let call = Abi::fillCall {
            buys: preview.buys,
            limit,
            deadline: U256::MAX,
        };
        if limit != quote {
            let error = Abi::SlippageExceeded {
                actual: quote,
                limit,
            };
            refuse(&mut self.world, filler, &call, error);
            return;
        }
        self.hedge_by("fill", filler, &call);
    }

    fn hedge<C: SolCall>(&mut self, what: &'static str, call: &C) {
        self.hedge_by(what, keeper(), call);
    }

    /// A hedge: closer to the target, within its cost, out of its budget, or nothing at all.
    fn hedge_by<C: SolCall>(&mut self, what: &'static str, who: Address, call: &C) {
        let (before, held) = (self.world.ledger(), self.world.balances(who).0);
        let done: Done<C> = match self.world.send(who, call) {
            Ok(done) => done,
            Err(refused) => {
                assert!(
                    refused.error.is_some(),
                    "an error without a name: {refused:?}"
                );
                // Nobody's pause stops a hedge (15).
                assert!(
                    !matches!(refused.error, Some(testbed::Errors::SalesPaused(_))),
                    "15"
                );
                return self.note(what, false);
            }
        };
        let receipt = &done.receipt;
        let event: Abi::Rebalanced = event(&self.world, receipt);
        let after = self.world.ledger();
        // 12: strictly closer, and what it lost is within the policy's bound: the slippage on a pool, the favour of a fill.
        let far = |exposure: testbed::I256| (exposure - event.target).unsigned_abs();
        assert!(
            far(event.exposureAfter) < far(event.exposureBefore),
            "12: {event:?}"
        );
        let traded = event.assetsDelta.unsigned_abs();
        let bound = if what == "fill" {
            policy::MAX_SLIPPAGE_BPS
        } else {
            self.policy.hedge.max_slippage_bps
        };
        let most = traded * Word::from(bound + 1) / Word::from(10_000 - bound) + Word::from(2);
        assert!(event.cost <= most, "12: cost {} of {traded}", event.cost);
        // 13: bounded gas.
        assert!(receipt.gas_used < MOST_GAS, "13: {}", receipt.gas_used);
        // 14: paid from the keeper budget and from nowhere else, no more than the cap.
        let paid = before.keeperAssets - after.keeperAssets;
        assert_eq!(paid, event.reward, "14");
        assert!(event.reward <= u(self.policy.keeper.reward_cap), "14");
        let moved = if what == "fill" {
            -event.assetsDelta
        } else {
            testbed::I256::ZERO
        };
        let got = signed(self.world.balances(who).0 as i128 - held as i128);
        assert_eq!(
            got,
            moved + testbed::I256::try_from(paid).expect("small"),
            "14"
        );
        // The venue's word is not taken: one swap in a pool, none in a fill.
        assert_eq!(swaps(receipt), what != "fill");
        self.note(what, true);
    }
}

impl Run for Siege {
    fn rng(&mut self) -> &mut fastrand::Rng {
        &mut self.rng
    }

    fn log(&mut self) -> &mut Log {
        &mut self.log
    }

    fn step(&mut self) {
        match self.rng.u8(0..20) {
            0..2 => {
                let (series, amount) = (self.rng.u128(0..3), self.rng.u128(1..40) * WAD / 10);
                let call = Abi::buyCall {
                    id: id(series),
                    amount: u(amount),
                    maxPremium: U256::MAX,
                    receiver: carol(),
                    deadline: U256::MAX,
                };
                self.user("buy", carol(), &call);
            }
            2 => {
                let series = self.rng.u128(0..3);
                let held = options_of(&self.world, carol(), id(series));
                let call = Abi::sellCall {
                    id: id(series),
                    amount: u(held / 2),
                    minProceeds: U256::ZERO,
                    receiver: carol(),
                    deadline: U256::MAX,
                };
                self.user("sell", carol(), &call);
            }
            3..6 => self.hedge("rebalance", &Abi::rebalanceCall {}),
            6..10 => self.fill(),
            10 => {
                let call = Abi::performUpkeepCall {
                    performData: Default::default(),
                };
                self.hedge("performUpkeep", &call);
            }
            11 => {
                let done = self.world.send(stranger(), &Abi::markTriggerCall {});
                if let Ok(done) = &done {
                    assert!(
                        done.receipt.gas_used < MOST_GAS,
                        "13: {}",
                        done.receipt.gas_used
                    );
                    assert!(!swaps(&done.receipt), "a mark trades nothing");
                }
                self.note("markTrigger", done.is_ok());
            }
            12..15 => {
                // The market: mostly small, sometimes by ten times in a block.
                let factor = match self.rng.u8(0..12) {
                    0 => self.rng.u128(100..1_000),
                    1 => self.rng.u128(1_000..10_000),
                    _ => self.rng.u128(960..1_042),
                };
                self.price = (self.price * factor / 1_000).clamp(50 * WAD, 60_000 * WAD);
                self.world.set_price(self.price);
                if self.rng.bool() {
                    self.world.chain.warp(POOL_SETTLES);
                }
                self.log.tell(format!("price {}", self.price));
            }
            15 => {
                // Somebody moves the pool and leaves it there.
                let by = self.rng.u128(9_900..10_101);
                self.world.move_pool(self.price * by / 10_000);
                self.log.tell(format!("pool at {by} of 10 000"));
            }
            16 => {
                let up = self.rng.bool();
                let chain = &mut self.world.chain;
                self.world
                    .sequencer
                    .set_up(chain, up)
                    .expect("the operator");
                self.log.tell(format!("sequencer up: {up}"));
            }
            17 => {
                if self.rng.u8(0..5) != 0 {
                    return;
                }
                let guardian = actor("guardian");
                let done = self.world.send(guardian, &Abi::pauseCall {});
                self.note("pause", done.is_ok());
            }
            _ => {
                let wait = self.rng.u64(1..4 * HOUR);
                if self.rng.bool() {
                    let chain = &mut self.world.chain;
                    self.world
                        .sequencer
                        .set_up(chain, true)
                        .expect("the operator");
                }
                self.world.chain.warp(wait);
                if self.rng.u8(0..4) != 0 {
                    self.world.submit(self.price);
                    self.world.catch_up();
                }
                self.log.tell(format!("{wait} s"));
            }
        }
    }

    fn check(&mut self) {
        let world = &self.world;
        // 1: balances are the sums of the buckets.
        assert_reconciled(world);
        let phase: u64 = world.view(&Abi::epochCall {}).phase.to();
        if phase == 1 {
            // 2: solvent at every price.
            let solvent = solvency::check(vault_pot(world), &listed(world), UNITS);
            assert_eq!(solvent, Ok(()), "2");
        }
        // What is seen is what is done.
        let seen = world.simulate(keeper(), &Abi::previewRebalanceCall {});
        let done = world.simulate(keeper(), &Abi::rebalanceCall {});
        match (&seen, &done) {
            (Ok(seen), Ok(done)) => assert_eq!(seen.value.reward, done.value.reward),
            (Err(seen), Err(done)) => assert_eq!(seen.output, done.output),
            // Only the pool can disagree: what it gives is known when it has given it.
            (Ok(_), Err(done)) => assert!(
                matches!(done.error, Some(testbed::Errors::SwapFailed(_))),
                "{done:?}"
            ),
            (Err(seen), Ok(_)) => panic!("refused by the view alone: {seen:?}"),
        }
    }

    /// Whatever happened: settled, paid, rolled, and everybody leaves (15).
    fn finish(&mut self) {
        let world = &mut self.world;
        let end = expiry(world);
        world
            .sequencer
            .set_up(&mut world.chain, true)
            .expect("the operator");
        if world.chain.now() < end - 100 {
            world.chain.set_time(end - 100);
            world.set_price(self.price);
        }
        world.chain.set_time((end + 61).max(world.chain.now()));
        let settle = |world: &mut World| {
            let found = world.view(&Abi::findRoundsCall {
                expiry: seconds(end),
            });
            let call = Abi::settleCall {
                expiry: seconds(end),
                assetRounds: found.assetRounds,
                quoteRounds: found.quoteRounds,
            };
            world.send(stranger(), &call).is_ok()
        };
        if !settle(world) {
            world.chain.warp(8 * DAY);
            assert!(settle(world), "15: an expiry that nobody can settle");
        }
        let ids: Vec<U256> = (0..3)
            .map(id)
            .filter(|id| options_of(world, carol(), *id) > 0)
            .collect();
        let batch = Abi::exerciseBatchCall {
            receiver: carol(),
            ids,
        };
        world.send(carol(), &batch).expect("15: paid");
        world.chain.warp(2 * DAY);
        world
            .send(stranger(), &Abi::rollCall {})
            .expect("15: rolls");
        for who in [alice(), bob()] {
            let call = Abi::redeemInKindCall {
                shares: u(shares(world, who)),
                receiver: who,
                owner: who,
            };
            world.send(who, &call).expect("15: out");
        }
        assert_eq!(supply(world), 0);
        assert_reconciled(world);
    }
}

/// Whether any Uniswap pool swapped.
fn swaps(receipt: &Receipt) -> bool {
    let swap = keccak256("Swap(address,address,int256,int256,uint160,uint128,int24)");
    receipt
        .logs
        .iter()
        .any(|log| log.data.topics().first() == Some(&swap))
}

fn run(part: u64) {
    let reached = Search::new(RUNS, STEPS).part(part, 2).play(Siege::new);
    reached.at_least(8, &["buy", "rebalance", "fill", "markTrigger"]);
    reached.at_least(2, &["performUpkeep"]);
}

#[test]
fn the_hedge_keeps_its_invariants_among_adversaries_0() {
    run(0);
}

#[test]
fn the_hedge_keeps_its_invariants_among_adversaries_1() {
    run(1);
}

/// Nothing that a rebalance does grows with users or epochs.
#[test]
fn a_rebalance_costs_the_same_after_ten_thousand_users_and_five_hundred_epochs() {
    let gas = |world: &mut World, epoch: u128| {
        let open = world.send(keeper(), &Abi::openEpochCall {}).expect("opens");
        for series in 0..3 {
            world
                .buy(carol(), id_of(epoch, series), SOLD)
                .expect("there is room");
        }
        world.chain.warp(POOL_SETTLES);
        let hedge = world.send(keeper(), &Abi::rebalanceCall {}).expect("due");
        // What pool and tokens take depends on the trade, and on ticks it crosses.
        let children = hedge.receipt.frames.iter().filter(|frame| frame.depth == 2);
        let others: u64 = children.map(|frame| frame.gas_used).sum();
        (
            open.receipt.gas_used,
            hedge.receipt.frames[0].gas_used - others,
        )
    };
    let ready = |world: &mut World| {
        world.chain.warp(13 * HOUR);
        moved(world, SPOT);
    };
    let mut options = Options::default();
    // Ten years at one price would bring all strikes together.
    options.policy.volatility.floor = options.volatility;
    let mut few = deposited(&options);
    idle(&mut few);
    let mut many = few.clone();
    ready(&mut few);
    let first = gas(&mut few, 2);
    for user in 0..10_000_u32 {
        let who = Address::from_word(keccak256(user.to_be_bytes()));
        many.deposit(who, WAD / 1_000).expect("open");
    }
    for epoch in 0..498 {
        idle(&mut many);
        if epoch % 20 == 19 {
            keep_alive(&mut many);
        }
    }
    ready(&mut many);
    let number: u128 = many.view(&Abi::epochCall {}).number.to();
    assert_eq!(number, 499);
    keep_alive(&mut many);
    let last = gas(&mut many, 500);
    println!(
        "openEpoch, and rebalance without what it calls: {first:?} gas in epoch 2 of 2 users, {last:?} in epoch 500 of 10 002"
    );
    assert!(first.0.abs_diff(last.0) < 1_000 && first.1.abs_diff(last.1) < 1_000);
}
