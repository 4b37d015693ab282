//! What holds after every call, whatever the calls were.
//!
//! Random sequences over a small cast: `VAULT_FUZZ_RUNS` sequences (40 by default) from `VAULT_FUZZ_SEED` on. A failure prints the seed of its
//! sequence and what was done.

use crate::support::*;
use alloy_sol_types::SolCall;
use std::collections::BTreeMap;
use std::fmt::Debug;
use testbed::devchain::Tx;
use testbed::primitives::aliases::U80;
use testbed::{Abi, Address, DAY, Done, HOUR, Options, U256, USD, WAD, World, actor};
use vault_core::solvency;

/// Sequences in a run, split over [`PARTS`] tests.
const RUNS: u64 = 40;
const STEPS: usize = 60;
const PARTS: u64 = 4;
/// What may be left in the vault's bucket when everybody has gone, in units of the asset and of the quote: roundings, and the part of the virtual shares.
const DUST: (u128, u128) = (5_000, 200);

/// Where the vault is.
const OPEN: u64 = 0;
const LIVE: u64 = 1;
const EXPIRED: u64 = 2;

struct Play {
    world: World,
    rng: fastrand::Rng,
    cast: Vec<Address>,
    price: u128,
    donated: (u128, u128),
    /// Options of each id that were exercised, and what was paid for them.
    exercised: BTreeMap<U256, (u128, u128, u128)>,
    exercises: u128,
    ids: Vec<U256>,
    blacklisted: Vec<Address>,
    told: Vec<String>,
    /// How often each kind of call was taken.
    taken: BTreeMap<&'static str, u32>,
}

impl Play {
    fn new(seed: u64) -> Self {
        let names = ["ann", "ben", "cat", "dan", "eve"];
        let mut play = Self {
            world: World::new(&Options::default()),
            rng: fastrand::Rng::with_seed(seed),
            cast: names.map(actor).to_vec(),
            price: SPOT,
            donated: (0, 0),
            exercised: BTreeMap::new(),
            exercises: 0,
            ids: Vec::new(),
            blacklisted: Vec::new(),
            told: Vec::new(),
            taken: BTreeMap::new(),
        };
        for who in play.cast.clone() {
            play.world.give_weth(who, 100 * WAD);
            play.world.give_usdc(who, RICH);
        }
        for who in [0, 1] {
            let call = Abi::depositCall { assets: u(8 * WAD), receiver: play.cast[who] };
            play.send(play.cast[who], &call).expect("open");
        }
        play
    }

    fn someone(&mut self) -> Address {
        self.cast[self.rng.usize(..self.cast.len())]
    }

    fn phase(&self) -> u64 {
        self.world.view(&Abi::epochCall {}).phase.to()
    }

    /// An amount from one unit to twice `most`, of any magnitude.
    fn amount(&mut self, most: u128) -> U256 {
        let bits = 128 - most.leading_zeros();
        let cut = self.rng.u128(0..=most) >> self.rng.u32(0..bits.max(1)) / 3;
        u(if self.rng.u8(0..8) == 0 { cut * 2 } else { cut })
    }

    /// Sends a call; a refused one must have changed nothing.
    fn send<C: SolCall>(&mut self, from: Address, call: &C) -> Option<Done<C>> {
        self.world.chain.fund(from, u(WAD));
        let before = self.world.chain.clone();
        let keeper_before = self.world.ledger().keeperAssets;
        let name = C::SIGNATURE.split('(').next().unwrap_or_default();
        match self.world.send(from, call) {
            Ok(done) => {
                self.told.push(format!("{name} by {from}"));
                *self.taken.entry(name).or_default() += 1;
                let keeper_after = self.world.ledger().keeperAssets;
                if !["openEpoch", "rebalance"].contains(&name) {
                    assert_eq!(keeper_before, keeper_after, "{name} moved the keeper budget");
                }
                Some(done)
            }
            Err(refused) => {
                assert!(refused.error.is_some(), "{name} without a reason: {refused:?}");
                let mut control = before;
                assert!(control.send(Tx::call(from, from, [])).is_success());
                let mut after = self.world.chain.clone();
                let (spent, idle) = (after.balance(from), control.balance(from));
                control.fund(from, spent.saturating_sub(idle));
                after.fund(from, idle.saturating_sub(spent));
                assert_eq!(after.state_hash(), control.state_hash(), "{name} refused, yet");
                None
            }
        }
    }

    // --- Moves ---

    fn enter(&mut self) {
        let (who, receiver) = (self.someone(), self.someone());
        let assets = self.amount(10 * WAD);
        if self.rng.bool() {
            self.send(who, &Abi::depositCall { assets, receiver });
        } else {
            let shares = assets * u(self.rng.u128(500..1_500));
            self.send(who, &Abi::mintCall { shares, receiver });
        }
    }

    fn leave(&mut self) {
        let (owner, receiver) = (self.someone(), self.someone());
        let held = shares(&self.world, owner);
        let part = self.amount(held);
        // Mostly by the owner, now and then by somebody who was perhaps allowed to.
        let who = if self.rng.u8(0..5) == 0 { self.someone() } else { owner };
        match self.rng.u8(0..3) {
            0 => {
                let assets = self.world.view(&Abi::convertToAssetsCall { shares: part });
                self.send(who, &Abi::withdrawCall { assets, receiver, owner });
            }
            1 => {
                self.send(who, &Abi::redeemCall { shares: part, receiver, owner });
            }
            _ => {
                self.send(who, &Abi::redeemInKindCall { shares: part, receiver, owner });
            }
        }
    }

    fn round_trip(&mut self) {
        let who = self.someone();
        let mut world = self.world.clone();
        let before = world.balances(who);
        let held = shares(&world, who);
        let assets = self.amount(20 * WAD);
        if world.send(who, &Abi::depositCall { assets, receiver: who }).is_err() {
            return;
        }
        let gained = u(shares(&world, who) - held);
        let call = Abi::redeemCall { shares: gained, receiver: who, owner: who };
        let _ = world.send(who, &call);
        let after = world.balances(who);
        assert!(after.0 <= before.0 && after.1 <= before.1, "a round trip of {assets} gains");
    }

    fn buy(&mut self) {
        let (who, receiver) = (self.someone(), self.someone());
        let id = match self.rng.u8(0..12) {
            0 => self.any_id(),
            _ => id_of(self.number(), self.rng.u128(0..3)),
        };
        let amount = self.amount(4 * WAD);
        let quoted = self.world.simulate(who, &Abi::quoteBuyCall { id, amount });
        let (max, deadline) = (U256::MAX, U256::MAX);
        let call = Abi::buyCall { id, amount, maxPremium: max, receiver, deadline };
        if let Some(done) = self.send(who, &call) {
            assert_eq!(done.value, quoted.expect("bought, so quoted").value);
        }
    }

    fn rebalance(&mut self) {
        let who = self.someone();
        let before = (self.world.ledger(), self.world.balances(who).0);
        let Some(done) = self.send(who, &Abi::rebalanceCall {}) else { return };
        let reward = done.value.reward;
        let after = self.world.ledger();
        assert_eq!(before.0.keeperAssets - after.keeperAssets, reward, "paid from the budget");
        assert_eq!(u(self.world.balances(who).0 - before.1), reward, "and to the caller");
        let event: Abi::Rebalanced = event(&self.world, &done.receipt);
        let off = |exposure: testbed::I256| (exposure - event.target).unsigned_abs();
        assert!(off(event.exposureAfter) < off(event.exposureBefore), "strictly closer");
    }

    fn open_epoch(&mut self) {
        let who = self.someone();
        if let Some(done) = self.send(who, &Abi::openEpochCall {}) {
            let number: u128 = done.value.to();
            let count: u128 = self.world.view(&Abi::epochCall {}).seriesCount.to();
            for index in 0..count {
                let id = id_of(number, index);
                assert!(self.ids.iter().all(|old| *old < id), "ids increase");
                self.ids.push(id);
            }
        }
    }

    fn settle(&mut self) {
        let who = self.someone();
        let latest = round(&self.world).to::<u128>();
        let hint = latest.saturating_sub(self.rng.u128(0..6));
        self.send(who, &Abi::settleCall { roundId: U80::from(hint) });
    }

    fn exercise(&mut self) {
        let id = self.any_id();
        let holders: Vec<Address> =
            self.cast.iter().copied().filter(|who| options_of(&self.world, *who, id) > 0).collect();
        let who = match self.rng.choice(&holders) {
            Some(who) => *who,
            None => self.someone(),
        };
        let receiver = self.someone();
        let held = options_of(&self.world, who, id);
        let amount = if self.rng.bool() { u(held) } else { self.amount(held) };
        let series = self.world.simulate(who, &Abi::seriesCall { id });
        let call = Abi::exerciseCall { id, amount, receiver };
        if let Some(done) = self.send(who, &call) {
            let series = series.expect("exercised, so listed").value;
            let paid = self.exercised.entry(id).or_default();
            paid.0 += amount.to::<u128>();
            paid.1 += done.value.assets.to::<u128>();
            paid.2 += done.value.quote.to::<u128>();
            assert!(u(paid.1) <= series.payoutAssets && u(paid.2) <= series.payoutQuote);
            self.exercises += 1;
        }
    }

    fn claim(&mut self) {
        let who = self.someone();
        let receiver = self.someone();
        let token = if self.rng.bool() { self.world.usdc.address } else { self.world.weth.address };
        self.send(who, &Abi::claimCall { token, receiver });
    }

    fn transfer(&mut self) {
        let (who, to) = (self.someone(), self.someone());
        match self.rng.u8(0..4) {
            0 => {
                let value = self.amount(shares(&self.world, who));
                self.send(who, &Abi::transfer_0Call { to, value });
            }
            1 => {
                let id = self.any_id();
                let amount = self.amount(options_of(&self.world, who, id));
                self.send(who, &Abi::transfer_1Call { receiver: to, id, amount });
            }
            2 => {
                let value = self.amount(1_000 * WAD);
                self.send(who, &Abi::approve_0Call { spender: to, value });
            }
            _ => {
                let from = self.someone();
                let value = self.amount(shares(&self.world, from));
                self.send(who, &Abi::transferFrom_0Call { from, to, value });
            }
        }
    }

    fn donate(&mut self) {
        let vault = self.world.vault;
        let assets: u128 = self.amount(2 * WAD).to();
        let quote: u128 = self.amount(2_000 * USD).to();
        let chain = &mut self.world.chain;
        self.world.weth.mint(chain, vault, u(assets)).expect("WETH");
        self.world.usdc.mint(chain, vault, u(quote)).expect("USDC");
        self.donated = (self.donated.0 + assets, self.donated.1 + quote);
        self.told.push(format!("donated {assets} {quote}"));
    }

    fn move_price(&mut self) {
        let factor = match self.rng.u8(0..10) {
            0 => self.rng.u128(100..1_000),
            1 => self.rng.u128(1_000..10_000),
            _ => self.rng.u128(930..1_075),
        };
        self.price = (self.price * factor / 1_000).clamp(20 * WAD, 200_000 * WAD);
        self.world.submit(self.price);
        // The pool follows, most of the time.
        if self.rng.u8(0..8) != 0 {
            self.world.move_pool(self.price);
        }
        self.told.push(format!("price {}", self.price));
    }

    fn refresh(&mut self) {
        self.world.set_price(self.price);
    }

    fn trouble(&mut self) {
        match self.rng.u8(0..4) {
            0 => {
                let up = self.rng.bool();
                self.world.sequencer.set_up(&mut self.world.chain, up).expect("the operator");
            }
            1 => {
                let price = self.price * self.rng.u128(800..1_250) / 1_000;
                self.world.move_pool(price);
            }
            2 => {
                let who = self.someone();
                let listed = self.rng.bool();
                let chain = &mut self.world.chain;
                self.world.usdc.set_blacklisted(chain, who, listed).expect("the blacklister");
                self.blacklisted.push(who);
            }
            _ => self.world.chain.warp(self.rng.u64(0..3 * DAY)),
        }
    }

    fn wait(&mut self) {
        let epoch = self.world.view(&Abi::epochCall {});
        let now = self.world.chain.now();
        match (self.phase(), self.rng.u8(0..4)) {
            (OPEN, 0..2) => self.world.chain.set_time(epoch.since.to::<u64>() + 12 * HOUR),
            (LIVE, 0) => self.world.chain.set_time(epoch.expiry.to::<u64>() - 60),
            (EXPIRED, _) => self.world.chain.set_time(epoch.expiry.to::<u64>() + 61),
            _ => self.world.chain.set_time(now + self.rng.u64(60..20 * HOUR)),
        }
        if self.rng.u8(0..8) != 0 {
            self.refresh();
        }
    }

    fn number(&self) -> u128 {
        self.world.view(&Abi::epochCall {}).number.to()
    }

    fn any_id(&mut self) -> U256 {
        self.rng.choice(&self.ids).copied().unwrap_or(id(0))
    }

    fn step(&mut self) {
        let natural = self.rng.u8(0..3) == 0;
        match (natural, self.phase()) {
            (true, OPEN) => self.open_epoch(),
            (true, LIVE) => self.buy(),
            (true, EXPIRED) => self.settle(),
            (true, _) => self.roll(),
            _ => match self.rng.u8(0..24) {
                0..3 => self.enter(),
                3..6 => self.leave(),
                6 => self.round_trip(),
                7..9 => self.buy(),
                9..12 => self.rebalance(),
                12 => self.open_epoch(),
                13 => self.settle(),
                14..16 => self.exercise(),
                16 => self.claim(),
                17 => self.transfer(),
                18 => self.donate(),
                19..21 => self.move_price(),
                21 => self.trouble(),
                _ => self.wait(),
            },
        }
    }

    fn roll(&mut self) {
        self.rebalance();
        let who = self.someone();
        self.send(who, &Abi::rollCall {});
    }

    // --- What must hold ---

    fn check(&self) {
        let world = &self.world;
        let (assets, quote) = buckets(world);
        let donated = (assets + self.donated.0, quote + self.donated.1);
        assert_eq!(world.balances(world.vault), donated, "balances are buckets and donations");
        if [LIVE, EXPIRED].contains(&self.phase()) {
            let solvent = solvency::check(vault_pot(world), &listed(world), UNITS);
            assert_eq!(solvent, Ok(()), "solvent at every price");
        }
        let held: u128 = self.cast.iter().map(|who| shares(world, *who)).sum();
        assert_eq!(held, supply(world), "shares add up to the supply");
        let ledger = world.ledger();
        let (mut payouts, mut owed) = ((0, 0), (0, 0));
        for id in &self.ids {
            let series = world.view(&Abi::seriesCall { id: *id });
            let held: u128 = self.cast.iter().map(|who| options_of(world, *who, *id)).sum();
            let (gone, assets, quote) = self.exercised.get(id).copied().unwrap_or_default();
            assert_eq!(u(held + gone), series.sold, "options add up to what was sold");
            payouts.0 += series.payoutAssets.to::<u128>() - assets;
            payouts.1 += series.payoutQuote.to::<u128>() - quote;
        }
        let reserved = (ledger.payoutAssets.to(), ledger.payoutQuote.to());
        assert_eq!(reserved, payouts, "payouts not claimed are reserved");
        for who in &self.cast {
            let credit = world.view(&Abi::creditOfCall { account: *who });
            owed = (owed.0 + credit.assets.to::<u128>(), owed.1 + credit.quote.to::<u128>());
        }
        let claimable = (ledger.claimableAssets.to(), ledger.claimableQuote.to());
        assert_eq!(claimable, owed, "credits add up to their bucket");
        world.view(&Abi::totalAssetsCall {});
    }

    // --- The end ---

    /// Brings the vault back to its open phase, whatever state it is in.
    fn finish_epoch(&mut self) {
        for _ in 0..6 {
            let epoch = self.world.view(&Abi::epochCall {});
            match self.phase() {
                OPEN => return,
                LIVE => {
                    self.world.chain.set_time(epoch.expiry.to::<u64>() - 60);
                    self.refresh();
                    self.world.chain.set_time(epoch.expiry.to::<u64>() + 61);
                }
                EXPIRED => {
                    if !self.settle_by_search() {
                        self.world.chain.warp(8 * DAY);
                        assert!(self.settle_by_search(), "an expiry that nobody can settle");
                    }
                }
                _ => {
                    self.refresh();
                    let who = self.someone();
                    self.send(who, &Abi::rebalanceCall {});
                    self.world.chain.warp(DAY);
                    self.send(who, &Abi::rollCall {}).expect("the grace period is over");
                }
            }
        }
        panic!("the epoch does not end");
    }

    fn settle_by_search(&mut self) -> bool {
        let latest = round(&self.world).to::<u128>();
        let first = latest >> 64 << 64;
        let hints = (first + 1..=latest).rev().map(U80::from);
        let found = hints.into_iter().find(|hint| {
            self.world.simulate(keeper(), &Abi::settleCall { roundId: *hint }).is_ok()
        });
        found.is_some_and(|hint| {
            let who = self.someone();
            self.send(who, &Abi::settleCall { roundId: hint }).is_some()
        })
    }

    /// Everybody goes: all that is left is dust and the keeper budget.
    fn exit(&mut self) {
        for who in std::mem::take(&mut self.blacklisted) {
            let chain = &mut self.world.chain;
            self.world.usdc.set_blacklisted(chain, who, false).expect("the blacklister");
        }
        self.finish_epoch();
        for who in self.cast.clone() {
            for id in self.ids.clone() {
                let amount = u(options_of(&self.world, who, id));
                if amount != U256::ZERO {
                    let call = Abi::exerciseCall { id, amount, receiver: who };
                    self.send(who, &call).expect("every option is exercised");
                    self.exercises += 1;
                }
            }
            let held = u(shares(&self.world, who));
            let call = Abi::redeemInKindCall { shares: held, receiver: who, owner: who };
            if self.send(who, &call).is_none() {
                let worth = self.world.view(&Abi::convertToAssetsCall { shares: held });
                assert_eq!(worth, U256::ZERO, "shares that cannot leave");
            }
            let credit = self.world.view(&Abi::creditOfCall { account: who });
            let (weth, usdc) = (self.world.weth.address, self.world.usdc.address);
            for (token, due) in [(weth, credit.assets), (usdc, credit.quote)] {
                if due != U256::ZERO {
                    self.send(who, &Abi::claimCall { token, receiver: who }).expect("a credit");
                }
            }
        }
        let left = self.world.ledger();
        assert_eq!((left.claimableAssets, left.claimableQuote), (U256::ZERO, U256::ZERO));
        let rounding = u(self.exercises);
        assert!(left.payoutAssets <= rounding && left.payoutQuote <= rounding, "{left:?}");
        let dust = left.vaultAssets <= u(DUST.0) && left.vaultQuote <= u(DUST.1);
        assert!(dust, "more than dust is left: {left:?}");
        let (assets, quote) = buckets(&self.world);
        let donated = (assets + self.donated.0, quote + self.donated.1);
        assert_eq!(self.world.balances(self.world.vault), donated);
    }
}

/// Prints what was done if a check fails.
struct Story<'a>(&'a Play, u64);

impl Debug for Story<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "VAULT_FUZZ_SEED={} VAULT_FUZZ_RUNS=1\n{}", self.1, self.0.told.join("\n"))
    }
}

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// One part of the run. Returns how often each call was taken.
fn run(part: u64) -> BTreeMap<&'static str, u32> {
    let (first, runs) = (number("VAULT_FUZZ_SEED").unwrap_or(0), number("VAULT_FUZZ_RUNS"));
    let seeds = (first..first + runs.unwrap_or(RUNS)).filter(|seed| seed % PARTS == part);
    let mut taken = BTreeMap::new();
    for seed in seeds {
        let mut play = Play::new(seed);
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            for _ in 0..STEPS {
                play.step();
                play.check();
            }
            play.exit();
        }));
        if let Err(reason) = outcome {
            eprintln!("{:?}", Story(&play, seed));
            std::panic::resume_unwind(reason);
        }
        for (name, count) in play.taken {
            *taken.entry(name).or_default() += count;
        }
    }
    if runs.is_none() {
        for name in ["deposit", "redeem", "buy", "rebalance", "settle", "exercise", "roll"] {
            assert!(taken.contains_key(name), "no {name} in {taken:?}");
        }
    }
    taken
}

#[test]
fn the_invariants_hold_under_random_calls_one() {
    run(0);
}

#[test]
fn the_invariants_hold_under_random_calls_two() {
    run(1);
}

#[test]
fn the_invariants_hold_under_random_calls_three() {
    run(2);
}

#[test]
fn the_invariants_hold_under_random_calls_four() {
    run(3);
}
