//! The option side under random sequences: several expiries, prices that gap tenfold in a block, volatility at its bounds, trades both ways, in the
//! second of an expiry, all sold out and none sold.

use crate::maturities::{full, laddered};
use crate::support::search::{Log, Run, Search};
use crate::support::*;
use alloy_sol_types::SolCall;
use testbed::primitives::aliases::U80;
use testbed::{
    Abi, Address, DAY, HOUR, Options, POOL_SETTLES, U256, WAD, World, actor, default_policy,
};
use vault_core::{Pot, solvency};

const RUNS: u64 = 24;
const STEPS: usize = 50;

struct Book {
    world: World,
    rng: fastrand::Rng,
    traders: [Address; 3],
    price: u128,
    log: Log,
}

fn options(seed: u64) -> Options {
    let mut options = match seed % 3 {
        0 => laddered(),
        1 => full(),
        _ => Options::default(),
    };
    match seed % 4 {
        0 => options.policy.opening.uncapped = 0b1010_0101,
        1 => options.policy.hedge = default_policy().hedge,
        2 => options.volatility = 3 * WAD as u64,
        _ => options.volatility = WAD as u64 / 20,
    }
    options
}

impl Book {
    fn new(seed: u64) -> Self {
        Self {
            world: opened_with(&options(seed)),
            rng: fastrand::Rng::with_seed(seed),
            traders: ["fay", "gus", "hal"].map(actor),
            price: SPOT,
            log: Log::default(),
        }
    }

    fn ids(&self) -> Vec<U256> {
        let count: u128 = self.world.view(&Abi::epochCall {}).seriesCount.to();
        (0..count).map(id).collect()
    }

    fn note<C: SolCall>(&mut self, ok: bool) {
        let name = C::SIGNATURE.split('(').next().unwrap_or_default();
        self.log.tell(format!("{name} {ok}"));
        if ok {
            self.log.take(name, 0);
        }
    }

    fn buy(&mut self, who: Address, id: U256) {
        self.world.give_usdc(who, RICH);
        let limit: u128 = self.world.view(&Abi::epochCall {}).limit.to();
        // Small, or all there is.
        let (amount, least) = match self.rng.u8(0..3) {
            0 => (2 * limit, 1),
            _ => (self.rng.u128(1..=limit), 1),
        };
        let call = Abi::buyUpToCall {
            id,
            amount: u(amount),
            minAmount: u(least),
            maxPremium: U256::MAX,
            receiver: who,
            deadline: U256::MAX,
        };
        let before = self.world.balances(who).1;
        let done = self.world.send(who, &call);
        if let Ok(done) = &done {
            let paid = before - self.world.balances(who).1;
            assert_eq!(done.value.premium, u(paid));
            assert!(paid > 0, "nothing is free");
        }
        self.note::<Abi::buyUpToCall>(done.is_ok());
    }

    fn sell(&mut self, who: Address, id: U256) {
        let held = options_of(&self.world, who, id);
        if held == 0 {
            return;
        }
        let amount = u(self.rng.u128(1..=held));
        let quoted = self.world.simulate(who, &Abi::quoteSellCall { id, amount });
        let asked = self.world.simulate(who, &Abi::quoteBuyCall { id, amount });
        let call = Abi::sellCall {
            id,
            amount,
            minProceeds: U256::ZERO,
            receiver: who,
            deadline: U256::MAX,
        };
        let done = self.world.send(who, &call);
        if let Ok(done) = &done {
            assert_eq!(done.value, quoted.expect("sold, so quoted").value);
            if let Ok(asked) = asked {
                assert!(done.value < asked.value, "a bid is below the ask");
            }
        }
        self.note::<Abi::sellCall>(done.is_ok());
    }

    fn move_price(&mut self) {
        let factor = match self.rng.u8(0..8) {
            0 => 10_000,
            1 => 100,
            _ => self.rng.u128(930..1_075),
        };
        self.price = (self.price * factor / 1_000).clamp(5 * WAD, 500_000 * WAD);
        self.world.chain.warp(1);
        self.world.set_price(self.price);
        self.log.tell(format!("price {}", self.price));
    }

    /// Some hours; or to just before an expiry, into its very second, or behind it.
    fn wait(&mut self) {
        let now = self.world.chain.now();
        let mut until = now + self.rng.u64(60..10 * HOUR);
        let ids = self.ids();
        let id = ids[self.rng.usize(0..ids.len())];
        let expiry: u64 = self.world.view(&Abi::seriesCall { id }).expiry.to();
        if expiry > now + 61 {
            until = match self.rng.u8(0..6) {
                0 => expiry - 60,
                1 => expiry,
                2 => expiry + 61,
                _ => until.min(expiry - 60),
            };
        }
        self.world.chain.set_time(until);
        self.world.set_price(self.price);
        self.log.tell(format!("time {until}"));
    }

    /// Settles the first expiry that is due, with what the vault's own search finds.
    fn settle(&mut self) -> bool {
        let epoch = self.world.view(&Abi::epochCall {});
        let mut expiries = vec![epoch.expiry];
        for id in self.ids() {
            let view = self.world.view(&Abi::seriesCall { id });
            if !view.settled && view.sold != U256::ZERO {
                expiries.push(view.expiry);
            }
        }
        let expiry = expiries.into_iter().min().expect("the end");
        let found = self
            .world
            .simulate(stranger(), &Abi::findRoundsCall { expiry });
        let mut call = Abi::settleCall {
            expiry,
            assetRounds: [0; 4],
            quoteRounds: [0; 4],
        };
        if let Ok(found) = found {
            call.assetRounds = found.value.assetRounds;
            call.quoteRounds = found.value.quoteRounds;
        }
        let settled = self.world.send(stranger(), &call).is_ok();
        self.note::<Abi::settleCall>(settled);
        settled
    }
}

impl Run for Book {
    fn rng(&mut self) -> &mut fastrand::Rng {
        &mut self.rng
    }

    fn log(&mut self) -> &mut Log {
        &mut self.log
    }

    fn step(&mut self) {
        let who = self.traders[self.rng.usize(0..3)];
        let ids = self.ids();
        let id = ids[self.rng.usize(0..ids.len())];
        match self.rng.u8(0..16) {
            0..5 => self.buy(who, id),
            5..10 => self.sell(who, id),
            10 => {
                // The pool's mean follows its price first, most of the time.
                if self.rng.u8(0..4) != 0 {
                    self.world.chain.warp(POOL_SETTLES);
                }
                let done = self.world.send(who, &Abi::rebalanceCall {}).is_ok();
                self.note::<Abi::rebalanceCall>(done);
            }
            11..13 => self.move_price(),
            13 => self.wait(),
            _ => {
                self.settle();
            }
        }
    }

    fn check(&mut self) {
        let world = &self.world;
        assert_reconciled(world);
        let book = listed(world);
        let epoch = world.view(&Abi::epochCall {});
        if epoch.phase == u(1) || epoch.phase == u(2) {
            let solvent = solvency::check(vault_pot(world), &book, UNITS);
            assert_eq!(solvent, Ok(()), "solvent at every price");
        }
        let reserved = book.iter().fold(Pot::default(), |sum, one| {
            let reserve = one.reserve(UNITS).expect("in range");
            sum.plus(reserve).expect("in range")
        });
        let ledger = world.ledger();
        let kept = (ledger.reserveAssets, ledger.reserveQuote);
        assert_eq!(
            kept,
            (u(reserved.assets.0), u(reserved.quote.0)),
            "early expiries are reserved in full"
        );
        for (index, id) in (0_u128..).zip(self.ids()) {
            let view = world.view(&Abi::seriesCall { id });
            let held: u128 = self
                .traders
                .iter()
                .map(|who| options_of(world, *who, id))
                .sum();
            assert_eq!(u(held), view.sold, "supply of series {index}");
            assert!(view.sold <= epoch.limit, "no more than its limit");
            if view.settled && view.cap != U256::ZERO {
                // In whatever mix, at the price of any day of the past: no more than the asset of each option.
                assert!(view.payoutAssets <= view.sold);
            }
        }
    }

    /// The end of the epoch, whatever state it is in: every expiry is settled, and everybody is paid.
    fn finish(&mut self) {
        for _ in 0..8 {
            let epoch = self.world.view(&Abi::epochCall {});
            match epoch.phase.to::<u64>() {
                1 if !self.settle() => {
                    self.world.chain.set_time(epoch.expiry.to::<u64>() - 60);
                    self.world.set_price(self.price);
                    self.world.chain.set_time(epoch.expiry.to::<u64>() + 61);
                }
                1 => {}
                2 if !self.settle() => self.world.chain.warp(8 * DAY),
                2 => {}
                _ => break,
            }
            self.check();
        }
        let phase: u64 = self.world.view(&Abi::epochCall {}).phase.to();
        assert_eq!(phase, 3, "every expiry can be settled");
        let ids = self.ids();
        for who in self.traders {
            let batch = Abi::exerciseBatchCall {
                receiver: who,
                ids: ids.clone(),
            };
            self.world.send(who, &batch).expect("settled");
        }
        let (ledger, roundings) = (self.world.ledger(), u(3 * ids.len() as u128));
        assert!(
            ledger.payoutAssets <= roundings && ledger.payoutQuote <= roundings,
            "{ledger:?}"
        );
        assert_eq!(
            (ledger.reserveAssets, ledger.reserveQuote),
            (U256::ZERO, U256::ZERO)
        );
        assert_reconciled(&self.world);
    }
}

fn run(part: u64) {
    let reached = Search::new(RUNS, STEPS).part(part, 2).play(Book::new);
    reached.at_least(8, &["buyUpTo", "sell", "rebalance", "settle"]);
}

#[test]
fn options_are_covered_and_paid_whatever_happens_0() {
    run(0);
}

#[test]
fn options_are_covered_and_paid_whatever_happens_1() {
    run(1);
}

#[test]
fn with_none_sold_an_epoch_of_many_expiries_ends_without_a_price() {
    let mut book = Book::new(0);
    let expiry: u64 = book.world.view(&Abi::epochCall {}).expiry.to();
    book.world.chain.set_time(expiry + 61);
    book.world
        .send(stranger(), &settling_at(expiry, U80::ZERO))
        .expect("nothing is open");
    book.check();
    book.finish();
}
