//! The option side at its extremes: random sequences of trades, prices that gap tenfold in a block, volatility at its bounds, expiries in the second of a sale,
//! books sold out and books of which nothing is sold, early expiries backed by the asset and by quote, buyers who hold nothing else.
//!
//! `VAULT_FUZZ_RUNS` sequences of each kind (2 by default) from `VAULT_FUZZ_SEED` on. After every step invariants 2, 3 and 5 of the design; at a sale 11, at a settlement
//! 9 and 10, 13 for every call, 15 in the end, when all is dark or paused and everybody is paid.

use crate::support::*;
use alloy_sol_types::SolCall;
use std::collections::BTreeMap;
use testbed::{Abi, Address, DAY, Done, HOUR, Options, Refused, U256, WAD, World, actor};
use vault_core::solvency::{self, Backing};
use vault_core::{Pot, Price};

/// No call of the option side costs more, whatever the state (invariant 13).
const GAS_MAX: u64 = 700_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Eight series of three expiries, the early ones backed by the asset.
    Ladder,
    /// The same, opened with quote left over from an epoch before: the early ones are backed by it.
    QuoteBacked,
    /// Volatility at its lowest.
    Calm,
    /// Volatility at its highest.
    Wild,
    /// Nobody buys.
    Unsold,
}

fn options(kind: Kind) -> Options {
    let mut options = crate::maturities::full();
    let policy = &mut options.policy;
    match kind {
        Kind::QuoteBacked => policy.opening.sizeBps = 1_000,
        Kind::Calm => policy.volatility.cap = policy.volatility.floor,
        Kind::Wild => policy.volatility.floor = policy.volatility.cap,
        Kind::Ladder | Kind::Unsold => {}
    }
    if matches!(kind, Kind::Calm | Kind::Wild) {
        options.volatility = policy.volatility.floor;
    }
    options
}

struct Game {
    world: World,
    rng: fastrand::Rng,
    kind: Kind,
    price: u128,
    /// Rounds of the feed: time and price.
    rounds: Vec<(u64, u128)>,
    buyers: [Address; 2],
    /// Options of each id that were exercised.
    exercised: BTreeMap<U256, u128>,
    epoch: u128,
    counts: BTreeMap<&'static str, u32>,
}

impl Game {
    fn new(kind: Kind, seed: u64) -> Self {
        let mut world = deposited(&options(kind));
        let mut epoch = 1;
        if kind == Kind::QuoteBacked {
            // An epoch whose hedge left quote that nobody converted while the roll waited.
            open(&mut world);
            world
                .send(keeper(), &Abi::rebalanceCall {})
                .expect("out of the band");
            let hint = expire(&mut world, SPOT);
            world
                .send(keeper(), &settling(&world, hint))
                .expect("nothing is open");
            world.chain.warp(25 * HOUR);
            world.send(keeper(), &Abi::rollCall {}).expect("in grace");
            epoch = 2;
        }
        open(&mut world);
        let buyers = ["dora", "emil"].map(actor);
        for who in buyers {
            world.give_usdc(who, RICH);
        }
        let start = (world.chain.now(), SPOT);
        let game = Self {
            world,
            rng: fastrand::Rng::with_seed(seed),
            kind,
            price: SPOT,
            rounds: vec![start],
            buyers,
            exercised: BTreeMap::new(),
            epoch,
            counts: BTreeMap::new(),
        };
        let early = listed(&game.world);
        let backing = early.iter().filter(|one| one.early != 0);
        let expected = if kind == Kind::QuoteBacked {
            Backing::Quote
        } else {
            Backing::Assets
        };
        assert!(backing.clone().count() > 0);
        assert!(backing.into_iter().all(|one| one.backing == expected));
        game
    }

    fn id(&self, series: usize) -> U256 {
        id_of(self.epoch, series as u128)
    }

    #[allow(clippy::result_large_err, reason = "the same as `World::send`")]
    fn send<C: SolCall>(&mut self, who: Address, call: &C) -> Result<Done<C>, Refused> {
        let name = C::SIGNATURE.split('(').next().unwrap_or_default();
        let done = self.world.send(who, call);
        match &done {
            Ok(done) => {
                let gas = done.receipt.gas_used;
                assert!(gas <= GAS_MAX, "invariant 13: {name} took {gas}");
                *self.counts.entry(name).or_default() += 1;
            }
            Err(refused) => assert!(refused.error.is_some(), "{name} without a reason"),
        }
        done
    }

    fn submit(&mut self, price: u128) {
        // A price that the feed can tell, and the vault can trade at.
        self.price = price.clamp(20 * WAD, 200_000 * WAD) / 10_000_000_000 * 10_000_000_000;
        self.world.submit(self.price);
        let now = self.world.chain.now();
        self.rounds.push((now, self.price));
    }

    /// Time passes to within a second of what matters, and the price moves; now and then tenfold.
    fn market(&mut self) {
        let (now, end) = (self.world.chain.now(), expiry(&self.world));
        let next = listed(&self.world)
            .iter()
            .map(|one| end - u64::from(one.early))
            .filter(|at| *at > now)
            .min();
        match (self.rng.u8(0..20), next) {
            // The very second of an expiry, or of the end of its sales.
            (0, Some(at)) => self.world.chain.set_time(at),
            (1, Some(at)) if at - 12 * HOUR > now => self.world.chain.set_time(at - 12 * HOUR - 1),
            _ => self.world.chain.warp(self.rng.u64(30..4 * HOUR)),
        }
        let price = match self.rng.u8(0..16) {
            0 => self.price * 10,
            1 => self.price / 10,
            2 => SPOT,
            _ => self.price / 1_000 * self.rng.u128(960..1_042),
        };
        self.submit(price);
        self.world.catch_up();
    }

    /// Buys or gives back: at what the view says, at no less than the floor over the model (invariant 11).
    fn trade(&mut self) {
        let who = self.buyers[self.rng.usize(0..2)];
        let series = self.rng.usize(0..listed(&self.world).len());
        let id = self.id(series);
        if self.rng.u8(0..3) == 0 {
            let held = options_of(&self.world, who, id);
            let back = Abi::sellCall {
                id,
                amount: u(held / self.rng.u128(1..4)),
                minProceeds: U256::ZERO,
                receiver: who,
                deadline: U256::MAX,
            };
            let _ = self.send(who, &back);
            return;
        }
        let epoch = self.world.view(&Abi::epochCall {});
        let one = listed(&self.world)[series];
        let left = epoch.limit.to::<u128>() - one.sold.0;
        let amount = if self.rng.bool() {
            left
        } else {
            left / self.rng.u128(1..1_000)
        };
        let quoted = self.world.simulate(
            who,
            &Abi::quoteBuyCall {
                id,
                amount: u(amount),
            },
        );
        let buy = Abi::buyCall {
            id,
            amount: u(amount),
            maxPremium: U256::MAX,
            receiver: who,
            deadline: U256::MAX,
        };
        let done = self.send(who, &buy);
        assert_eq!(done.is_ok(), quoted.is_ok(), "{done:?} {quoted:?}");
        let Ok(done) = done else {
            return;
        };
        assert_eq!(done.value, quoted.expect("quoted").value);
        let policy = policy_of(&self.world);
        let tenor = expiry(&self.world) - u64::from(one.early) - self.world.chain.now();
        let fair = option_math::capped_call(
            self.price,
            one.strike.0,
            one.cap.map(|cap| cap.0),
            volatility(&self.world),
            tenor,
            0,
        );
        let fair = UNITS.quote_down(
            vault_core::Assets(amount),
            Price(fair.expect("a price").price),
        );
        let floor = fair.expect("fits").0 / 10_000 * u128::from(policy.sale.floor_bps);
        assert!(done.value >= u(floor), "invariant 11: below the floor");
        let age = self.world.chain.now() - self.rounds[self.rounds.len() - 1].0;
        assert!(age <= policy.market.max_age_seconds.into());
        let lag = self.world.view(&Abi::volatilityGridCall {}).lag;
        assert!(lag <= u(2), "invariant 11: on a grid that lags");
    }

    /// The price that rules, from the rounds alone: the last at or before the expiry if it is an hour old at most, otherwise the first after it within a day.
    fn rule(&self, expiry: u64) -> Option<u128> {
        let last = self.rounds.iter().rev().find(|(at, _)| *at <= expiry)?;
        if expiry - last.0 <= HOUR {
            return Some(last.1);
        }
        let next = self.rounds.iter().find(|(at, _)| *at > expiry)?;
        (next.0 <= expiry + DAY).then_some(next.1)
    }

    /// Settles what can be settled, by whoever comes: once, at the price that rules (invariants 9 and 10).
    fn settle(&mut self) {
        let (end, now) = (expiry(&self.world), self.world.chain.now());
        let book = listed(&self.world);
        let first = book
            .iter()
            .filter(|one| one.early != 0 && !one.sold.is_zero())
            .map(|one| one.early)
            .max()
            .unwrap_or_default();
        let at = end - u64::from(first);
        if now <= at + 60 || self.world.view(&Abi::epochCall {}).phase > u(2) {
            return;
        }
        let hints = self.world.view(&Abi::findRoundsCall {
            expiry: seconds(at),
        });
        let call = Abi::settleCall {
            expiry: seconds(at),
            assetRounds: hints.assetRounds,
            quoteRounds: hints.quoteRounds,
        };
        let open = book
            .iter()
            .any(|one| one.early == first && !one.sold.is_zero());
        // Hints that point elsewhere settle at no other price.
        let mut elsewhere = call.clone();
        elsewhere.assetRounds[0] = self.rng.u64(0..self.rounds.len() as u64 + 3);
        if let Ok(other) = self.world.simulate(stranger(), &elsewhere) {
            let same = !open || Some(other.value) == self.rule(at).map(u);
            assert!(same, "invariant 10: another price by other hints");
        }
        let reserves = self.world.ledger();
        match self.send(keeper(), &call) {
            Ok(done) => {
                let expected = if open { self.rule(at) } else { Some(0) };
                assert_eq!(Some(done.value), expected.map(u), "invariant 10");
                assert!(self.world.simulate(bob(), &call).is_err(), "invariant 9");
                if self.kind == Kind::QuoteBacked && first != 0 {
                    let after = self.world.ledger();
                    assert!(reserves.reserveQuote > after.reserveQuote);
                    assert_eq!(after.reserveAssets, U256::ZERO);
                    *self.counts.entry("settled from quote").or_default() += 1;
                }
            }
            Err(_) => assert!(
                open && self.rule(at).is_none(),
                "a price that rules settles"
            ),
        }
    }

    fn exercise(&mut self) {
        let who = self.buyers[self.rng.usize(0..2)];
        let series = self.rng.usize(0..listed(&self.world).len());
        let id = self.id(series);
        let held = options_of(&self.world, who, id);
        let amount = held / self.rng.u128(1..3);
        let call = Abi::exerciseCall {
            id,
            amount: u(amount),
            receiver: who,
        };
        if self.send(who, &call).is_ok() {
            *self.exercised.entry(id).or_default() += amount;
        }
    }

    fn step(&mut self) {
        match self.rng.u8(0..10) {
            0..=2 => self.market(),
            3..=6 if self.kind != Kind::Unsold => self.trade(),
            3..=6 => self.market(),
            7 => {
                let _ = self.send(keeper(), &Abi::rebalanceCall {});
            }
            8 => self.settle(),
            _ => self.exercise(),
        }
        self.check();
    }

    fn check(&mut self) {
        let world = &self.world;
        let phase: u64 = world.view(&Abi::epochCall {}).phase.to();
        assert_reconciled(world);
        let (book, ledger) = (listed(world), world.ledger());
        if phase < 3 {
            let solvent = solvency::check(vault_pot(world), &book, UNITS);
            assert_eq!(solvent, Ok(()), "invariant 2");
            let mut reserved = Pot::default();
            for one in &book {
                let own = one.reserve(UNITS).expect("fits");
                reserved = reserved.plus(own).expect("fits");
            }
            let kept = (ledger.reserveAssets, ledger.reserveQuote);
            let needed = (u(reserved.assets.0), u(reserved.quote.0));
            assert_eq!(
                kept, needed,
                "invariant 2: early expiries are reserved in full"
            );
        }
        for (series, one) in book.iter().enumerate() {
            let id = self.id(series);
            let held: u128 = self
                .buyers
                .map(|who| options_of(world, who, id))
                .iter()
                .sum();
            let view = world.view(&Abi::seriesCall { id });
            let gone = self.exercised.get(&id).copied().unwrap_or_default();
            assert_eq!(u(held + gone), view.sold, "invariant 3: supply");
            if view.settled && view.sold > U256::ZERO {
                let worth = UNITS.quote_up(
                    vault_core::Assets(view.payoutAssets.to()),
                    Price(self.rule(view.expiry.to()).unwrap_or(self.price)),
                );
                let width = one.payoff(one.cap.expect("capped"));
                let most = UNITS.quote_up(vault_core::Assets(view.sold.to()), width);
                let paid = view.payoutQuote + u(worth.expect("fits").0);
                assert!(paid <= u(most.expect("fits").0 + 2), "invariant 3: payout");
            }
        }
        let series = self.rng.usize(0..book.len());
        let amount = u(self.rng.u128(1..WAD));
        let id = self.id(series);
        let ask = world.simulate(stranger(), &Abi::quoteBuyCall { id, amount });
        let bid = world.simulate(stranger(), &Abi::quoteSellCall { id, amount });
        if let (Ok(ask), Ok(bid)) = (ask, bid) {
            assert!(bid.value <= ask.value, "invariant 5: a bid above the ask");
        }
    }

    /// The guardian pauses, the feed falls silent for good: everything is settled, everybody is paid (invariant 15).
    fn end(&mut self) {
        for _ in 0..6 {
            if self.world.view(&Abi::epochCall {}).phase == u(3) {
                break;
            }
            let end = expiry(&self.world);
            if self.world.chain.now() <= end + 8 * DAY {
                self.world.chain.set_time(end + 8 * DAY);
            }
            self.settle_in_the_dark();
        }
        assert_eq!(
            self.world.view(&Abi::epochCall {}).phase,
            u(3),
            "invariant 15"
        );
        let ids: Vec<U256> = (0..listed(&self.world).len()).map(|i| self.id(i)).collect();
        for who in self.buyers {
            let batch = Abi::exerciseBatchCall {
                receiver: who,
                ids: ids.clone(),
            };
            self.send(who, &batch)
                .expect("invariant 15: whoever holds is paid");
            let again = self.send(who, &batch).expect("nothing is left").value;
            assert_eq!(
                (again.assets, again.quote),
                (U256::ZERO, U256::ZERO),
                "invariant 9"
            );
        }
        let ledger = self.world.ledger();
        assert_eq!(
            (ledger.reserveAssets, ledger.reserveQuote),
            (U256::ZERO, U256::ZERO)
        );
        // A part of a unit for each series, buyer and exercise stays behind.
        let dust = U256::from(400_u64);
        assert!(
            ledger.payoutAssets <= dust && ledger.payoutQuote <= dust,
            "{ledger:?}"
        );
        assert_reconciled(&self.world);
        self.world.chain.warp(2 * DAY);
        self.send(stranger(), &Abi::rollCall {})
            .expect("invariant 15");
        for who in [alice(), bob()] {
            let leave = Abi::redeemInKindCall {
                shares: u(shares(&self.world, who)),
                receiver: who,
                owner: who,
            };
            self.send(who, &leave).expect("invariant 15: holders leave");
        }
        assert_reconciled(&self.world);
    }

    fn settle_in_the_dark(&mut self) {
        let end = expiry(&self.world);
        let first = listed(&self.world)
            .iter()
            .filter(|one| one.early != 0 && !one.sold.is_zero())
            .map(|one| one.early)
            .max()
            .unwrap_or_default();
        let at = end - u64::from(first);
        let hints = self.world.view(&Abi::findRoundsCall {
            expiry: seconds(at),
        });
        let call = Abi::settleCall {
            expiry: seconds(at),
            assetRounds: hints.assetRounds,
            quoteRounds: hints.quoteRounds,
        };
        let open = |one: &vault_core::Series| one.early == first && !one.sold.is_zero();
        let open = listed(&self.world).iter().any(open);
        let done = self.send(stranger(), &call).expect("invariant 15: settles");
        if let (true, Some(price)) = (open, self.rule(at)) {
            assert_eq!(done.value, u(price), "invariant 10");
        }
    }
}

fn run(kind: Kind) -> BTreeMap<&'static str, u32> {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    let (runs, from) = (
        number("VAULT_FUZZ_RUNS").unwrap_or(2),
        number("VAULT_FUZZ_SEED").unwrap_or(1),
    );
    let mut all = BTreeMap::new();
    for seed in from..from + runs {
        eprintln!("{kind:?}, seed {seed}");
        let mut game = Game::new(kind, seed);
        if kind != Kind::Unsold && seed % 2 == 0 {
            // All of it, at once.
            let limit: u128 = game.world.view(&Abi::epochCall {}).limit.to();
            for series in 0..listed(&game.world).len() {
                let (who, id) = (game.buyers[series % 2], game.id(series));
                game.world.buy(who, id, limit).expect("the whole quota");
            }
            game.check();
        }
        for _ in 0..90 {
            game.step();
        }
        game.end();
        for (name, count) in game.counts {
            *all.entry(name).or_default() += count;
        }
    }
    println!("{kind:?}: {all:?}");
    all
}

#[test]
fn random_markets_of_asset_backed_ladders_hold_every_invariant() {
    let counts = run(Kind::Ladder);
    assert!(counts["buy"] > 8 && counts["settle"] > 2, "{counts:?}");
}

#[test]
fn random_markets_of_quote_backed_ladders_hold_every_invariant() {
    let counts = run(Kind::QuoteBacked);
    assert!(
        counts["buy"] > 8 && counts["settled from quote"] > 0,
        "{counts:?}"
    );
}

#[test]
fn random_markets_at_the_lowest_volatility_hold_every_invariant() {
    assert!(run(Kind::Calm)["buy"] > 8);
}

#[test]
fn random_markets_at_the_highest_volatility_hold_every_invariant() {
    assert!(run(Kind::Wild)["buy"] > 8);
}

#[test]
fn random_markets_in_which_nobody_buys_hold_every_invariant() {
    let counts = run(Kind::Unsold);
    assert!(
        !counts.contains_key("buy") && counts["settle"] > 1,
        "{counts:?}"
    );
}
