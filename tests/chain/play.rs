//! Random calls by a small cast, prices, accidents and the passing of time: what the invariants are tried against.

use crate::support::search::Log;
use crate::support::*;
use alloy_sol_types::SolCall;
use std::collections::BTreeMap;
use testbed::devchain::Tx;
use testbed::primitives::aliases::U80;
use testbed::{Abi, Address, DAY, Done, HOUR, Options, POOL_SETTLES, U256, USD, WAD, World, actor};

/// Where the vault is.
pub const OPEN: u64 = 0;
pub const LIVE: u64 = 1;
pub const EXPIRED: u64 = 2;

pub struct Play {
    pub world: World,
    pub rng: fastrand::Rng,
    pub cast: Vec<Address>,
    price: u128,
    pub donated: (u128, u128),
    /// Options of each id that were exercised, and what was paid for them.
    pub exercised: BTreeMap<U256, (u128, u128, u128)>,
    pub exercises: u128,
    pub ids: Vec<U256>,
    pub blacklisted: Vec<Address>,
    pub log: Log,
}

impl Play {
    pub fn new(seed: u64) -> Self {
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
            log: Log::default(),
        };
        for who in play.cast.clone() {
            play.world.give_weth(who, 100 * WAD);
            play.world.give_usdc(who, RICH);
        }
        for who in [0, 1] {
            let call = Abi::deposit_0Call {
                assets: u(8 * WAD),
                receiver: play.cast[who],
            };
            play.send(play.cast[who], &call).expect("open");
        }
        play
    }

    pub fn someone(&mut self) -> Address {
        self.cast[self.rng.usize(..self.cast.len())]
    }

    pub fn phase(&self) -> u64 {
        self.world.view(&Abi::epochCall {}).phase.to()
    }

    /// An amount from one unit to twice `most`, of any magnitude.
    fn amount(&mut self, most: u128) -> U256 {
        let bits = 128 - most.leading_zeros();
        let cut = self.rng.u128(0..=most) >> (self.rng.u32(0..bits.max(1)) / 3);
        u(if self.rng.u8(0..8) == 0 { cut * 2 } else { cut })
    }

    /// Sends a call; a refused one must have changed nothing.
    pub fn send<C: SolCall>(&mut self, from: Address, call: &C) -> Option<Done<C>> {
        self.world.chain.fund(from, u(WAD));
        let before = self.world.chain.clone();
        let keeper_before = self.world.ledger().keeperAssets;
        let name = C::SIGNATURE.split('(').next().unwrap_or_default();
        match self.world.send(from, call) {
            Ok(done) => {
                self.log.tell(format!("{name} by {from}"));
                self.log.take(name, done.receipt.gas_used);
                let keeper_after = self.world.ledger().keeperAssets;
                if !["openEpoch", "rebalance"].contains(&name) {
                    // Nothing moves the budget, except that what rounding leaves behind the last share joins it.
                    let dust = if self.world.view(&Abi::totalSupplyCall {}).is_zero() {
                        u(1_000)
                    } else {
                        U256::ZERO
                    };
                    assert!(
                        (keeper_before..=keeper_before + dust).contains(&keeper_after),
                        "{name} moved the keeper budget from {keeper_before} to {keeper_after}"
                    );
                }
                Some(done)
            }
            Err(refused) => {
                assert!(
                    refused.error.is_some(),
                    "{name} without a reason: {refused:?}"
                );
                let mut control = before;
                assert!(control.send(Tx::call(from, from, [])).is_success());
                let mut after = self.world.chain.clone();
                let (spent, idle) = (after.balance(from), control.balance(from));
                control.fund(from, spent.saturating_sub(idle));
                after.fund(from, idle.saturating_sub(spent));
                assert_eq!(
                    after.state_hash(),
                    control.state_hash(),
                    "{name} refused, yet"
                );
                None
            }
        }
    }

    // --- Moves ---

    fn enter(&mut self) {
        let (who, receiver) = (self.someone(), self.someone());
        let assets = self.amount(10 * WAD);
        if self.rng.bool() {
            self.send(who, &Abi::deposit_0Call { assets, receiver });
        } else {
            let shares = assets * u(self.rng.u128(500..1_500));
            self.send(who, &Abi::mint_0Call { shares, receiver });
        }
    }

    fn leave(&mut self) {
        // Mostly a holder; and often after leftover quote was converted, without which only the exit in kind is open.
        if self.rng.u8(0..4) != 0 {
            self.rebalance();
        }
        let holders: Vec<Address> = self
            .cast
            .iter()
            .copied()
            .filter(|who| shares(&self.world, *who) > 0)
            .collect();
        let owner = match self.rng.choice(&holders) {
            Some(holder) => *holder,
            _ => self.someone(),
        };
        let receiver = self.someone();
        let held = shares(&self.world, owner);
        let part = self.amount(held);
        // Mostly by the owner, now and then by somebody who was perhaps allowed to.
        let who = if self.rng.u8(0..5) == 0 {
            self.someone()
        } else {
            owner
        };
        // In kind is the rarer way where the other ways are open.
        let open = self.world.view(&Abi::maxRedeemCall { owner }) != U256::ZERO;
        match self.rng.u8(0..3) % if open && self.rng.u8(0..4) != 0 { 2 } else { 3 } {
            0 => {
                let assets = self.world.view(&Abi::convertToAssetsCall { shares: part });
                self.send(
                    who,
                    &Abi::withdraw_0Call {
                        assets,
                        receiver,
                        owner,
                    },
                );
            }
            1 => {
                self.send(
                    who,
                    &Abi::redeem_0Call {
                        shares: part,
                        receiver,
                        owner,
                    },
                );
            }
            _ => {
                self.send(
                    who,
                    &Abi::redeemInKindCall {
                        shares: part,
                        receiver,
                        owner,
                    },
                );
            }
        }
    }

    fn round_trip(&mut self) {
        let who = self.someone();
        let mut world = self.world.clone();
        let before = world.balances(who);
        let held = shares(&world, who);
        let assets = self.amount(20 * WAD);
        if world
            .send(
                who,
                &Abi::deposit_0Call {
                    assets,
                    receiver: who,
                },
            )
            .is_err()
        {
            return;
        }
        let gained = u(shares(&world, who) - held);
        let call = Abi::redeem_0Call {
            shares: gained,
            receiver: who,
            owner: who,
        };
        let _ = world.send(who, &call);
        let after = world.balances(who);
        assert!(
            after.0 <= before.0 && after.1 <= before.1,
            "a round trip of {assets} gains"
        );
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
        let call = Abi::buyCall {
            id,
            amount,
            maxPremium: max,
            receiver,
            deadline,
        };
        if let Some(done) = self.send(who, &call) {
            assert_eq!(done.value, quoted.expect("bought, so quoted").value);
        }
    }

    fn rebalance(&mut self) {
        let who = self.someone();
        // The pool's mean follows its price first, most of the time.
        if self.rng.u8(0..4) != 0 {
            self.world.chain.warp(POOL_SETTLES);
        }
        let before = (self.world.ledger(), self.world.balances(who).0);
        let Some(done) = self.send(who, &Abi::rebalanceCall {}) else {
            return;
        };
        let reward = done.value.reward;
        let after = self.world.ledger();
        assert_eq!(
            before.0.keeperAssets - after.keeperAssets,
            reward,
            "paid from the budget"
        );
        assert_eq!(
            u(self.world.balances(who).0 - before.1),
            reward,
            "and to the caller"
        );
        let event: Abi::Rebalanced = event(&self.world, &done.receipt);
        let off = |exposure: testbed::I256| (exposure - event.target).unsigned_abs();
        assert!(
            off(event.exposureAfter) < off(event.exposureBefore),
            "strictly closer"
        );
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
        let call = settling(&self.world, U80::from(hint));
        self.send(who, &call);
    }

    fn exercise(&mut self) {
        let id = self.any_id();
        let holders: Vec<Address> = self
            .cast
            .iter()
            .copied()
            .filter(|who| options_of(&self.world, *who, id) > 0)
            .collect();
        let who = match self.rng.choice(&holders) {
            Some(who) => *who,
            None => self.someone(),
        };
        let receiver = self.someone();
        let held = options_of(&self.world, who, id);
        let amount = if self.rng.bool() {
            u(held)
        } else {
            self.amount(held)
        };
        let series = self.world.simulate(who, &Abi::seriesCall { id });
        let call = Abi::exerciseCall {
            id,
            amount,
            receiver,
        };
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
        let creditors = self.cast.iter().copied().filter(|who| {
            let credit = self.world.view(&Abi::creditOfCall { account: *who });
            credit.quote != U256::ZERO
        });
        let creditors: Vec<Address> = creditors.collect();
        let who = match self.rng.choice(&creditors) {
            Some(who) => *who,
            None => self.someone(),
        };
        let receiver = self.someone();
        let token = if self.rng.bool() {
            self.world.usdc.address
        } else {
            self.world.weth.address
        };
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
                self.send(
                    who,
                    &Abi::transfer_1Call {
                        receiver: to,
                        id,
                        amount,
                    },
                );
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
        self.log.tell(format!("donated {assets} {quote}"));
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
        self.log.tell(format!("price {}", self.price));
    }

    pub fn refresh(&mut self) {
        moved(&mut self.world, self.price);
    }

    fn trouble(&mut self) {
        match self.rng.u8(0..4) {
            0 => {
                let up = self.rng.bool();
                self.world
                    .sequencer
                    .set_up(&mut self.world.chain, up)
                    .expect("the operator");
            }
            1 => {
                let price = self.price * self.rng.u128(800..1_250) / 1_000;
                self.world.move_pool(price);
            }
            2 => {
                let who = self.someone();
                let listed = self.rng.bool();
                let chain = &mut self.world.chain;
                self.world
                    .usdc
                    .set_blacklisted(chain, who, listed)
                    .expect("the blacklister");
                self.blacklisted.push(who);
            }
            _ => self.world.chain.warp(self.rng.u64(0..3 * DAY)),
        }
    }

    fn wait(&mut self) {
        let epoch = self.world.view(&Abi::epochCall {});
        let now = self.world.chain.now();
        match (self.phase(), self.rng.u8(0..4)) {
            (OPEN, 0..2) => self
                .world
                .chain
                .set_time(epoch.since.to::<u64>() + 12 * HOUR),
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

    /// What the phase is for, so that sequences get through several epochs.
    fn proceed(&mut self) {
        let epoch = self.world.view(&Abi::epochCall {});
        let (since, expiry) = (epoch.since.to::<u64>(), epoch.expiry.to::<u64>());
        match (self.phase(), self.rng.u8(0..6)) {
            (OPEN, 0..3) => self.leave(),
            (OPEN, _) => {
                self.world.chain.set_time(since + 12 * HOUR);
                self.refresh();
                self.open_epoch();
            }
            (LIVE, 0..3) => self.buy(),
            (LIVE, 3 | 4) => self.rebalance(),
            (LIVE, _) => {
                let before = self.rng.u64(1..2 * HOUR);
                self.world.chain.set_time(expiry - before);
                self.refresh();
                self.world.chain.set_time(expiry);
            }
            (EXPIRED, _) => {
                self.world.chain.set_time(expiry + 61);
                self.settle();
            }
            (_, 0) => {
                self.world.chain.set_time(since + DAY);
                self.roll();
            }
            (_, 1..4) => self.exercise(),
            _ => {
                self.refresh();
                self.rebalance();
                self.roll();
            }
        }
    }

    pub fn move_on(&mut self) {
        if self.rng.u8(0..2) == 0 {
            return self.proceed();
        }
        match self.rng.u8(0..24) {
            0..3 => self.enter(),
            3..6 => self.leave(),
            6 => self.round_trip(),
            7..9 => self.buy(),
            9..11 => self.rebalance(),
            11 => self.open_epoch(),
            12 => self.roll(),
            13 => self.settle(),
            14..16 => self.exercise(),
            16..18 => self.claim(),
            18 => self.transfer(),
            19 => self.donate(),
            20..22 => self.move_price(),
            22 => self.trouble(),
            _ => self.wait(),
        }
    }

    fn roll(&mut self) {
        let who = self.someone();
        self.send(who, &Abi::rollCall {});
    }
}
