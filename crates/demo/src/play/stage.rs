//! The stage: the world, the clock, and the record of every call.

use alloy_sol_types::SolCall;
use testbed::{
    Abi, HOUR, Options, Program, Refused, U256, USD, WAD, World, default_policy, entry_gas,
};
use vault_core::Series;

use super::Watch;
use super::cast::{self, ALICE, ARBITRAGEUR, Actor, BOB, CAROL, DAVE, ERIN, FRANK};
use super::observe::Position;
use crate::amount::{Dollars, Usdc, Weth};
use crate::fail::Fail;
use crate::flows::{Account, Balances, Book, Purpose};
use crate::model::{Call, Hour, Trade};
use crate::path::PricePath;

/// Hour 0: Friday 7 November 2025 08:00 UTC, an expiry of listed crypto options; the epoch runs to the next.
pub const OPENING: u64 = 1_762_502_400;
/// When the vault is set up: its first window for deposits ends with hour 0.
const SETUP: u64 = OPENING - 12 * HOUR - 600;
/// WETH that an arbitrageur has, in pools.
const ARBITRAGE_POOLS: u128 = 20;

/// Everything that is in play.
pub struct Stage<'a> {
    pub world: World,
    /// The feed's latest answer, 18 decimals.
    pub price: u128,
    /// The settlement price, once there is one.
    pub settled: u128,
    pub keeper_checks: usize,
    pub calls: Vec<Call>,
    pub hours: Vec<Hour>,
    /// Sales, as the vault's events tell them.
    pub sales: Vec<Abi::OptionsSold>,
    pub book: Book,
    pub accounts: Vec<Account>,
    pub before: Balances,
    pub policy: vault_core::Policy,
    /// 18 decimals, as the contract has it.
    pub volatility: u64,
    watch: Watch<'a>,
}

impl<'a> Stage<'a> {
    /// Deploys everything and hands out tokens. None come into being afterwards.
    pub fn new(path: &PricePath, implied: f64, watch: Watch<'a>) -> Result<Self, Fail> {
        installed()?;
        let spot = path.at(0);
        let mut policy = default_policy();
        let volatility = (implied * 1e6).round() as u64 * 1_000_000_000_000;
        policy.opening.strikeTick = tick(policy.opening.strikeTick, spot);
        let options = Options {
            spot,
            policy: policy.clone(),
            volatility,
            ..Options::default()
        };
        let mut world = World::market(&options);
        world.chain.set_time(SETUP);
        let setup = world.setup(&options);
        world.construct(&setup).map_err(|refused| Fail::Refused {
            what: "the constructor".into(),
            error: error_name(&refused),
        })?;
        endow(&mut world, &options);
        let accounts = cast::accounts(&world);
        let before = Balances::read(&world, &accounts)?;
        let core = testbed::core_policy(&policy);
        Ok(Self {
            world,
            price: spot,
            settled: 0,
            keeper_checks: 0,
            calls: Vec::new(),
            hours: Vec::new(),
            sales: Vec::new(),
            book: Book::default(),
            accounts,
            before,
            policy: core,
            volatility,
            watch,
        })
    }

    /// Lets time pass until `time`.
    pub fn at(&mut self, time: u64) {
        self.world.chain.set_time(time);
    }

    /// The market moves: the feed answers, and the arbitrageur brings the pool to the price.
    pub fn market(&mut self, price: u128) -> Result<(), Fail> {
        self.world.submit(price);
        self.price = price;
        if let Some(receipt) = self
            .world
            .arbitrage(ARBITRAGEUR.address(), price, U256::MAX >> 1)
        {
            self.book
                .enter(&self.world, &receipt, Purpose::Arbitrage, None);
        }
        // Somebody outside the play observes volatility.
        self.world.catch_up();
        Ok(())
    }

    /// The feed's latest round.
    pub fn latest_round(&self) -> Result<u128, Fail> {
        let latest = self.world.feed.latest(&self.world.chain);
        latest
            .map(|round| round.round_id)
            .map_err(|error| Fail::Refused {
                what: "the feed".into(),
                error: error.to_string(),
            })
    }

    /// The call that settles the epoch by a round of the feed, whose phase never changes here.
    pub fn settling(&self, round: u128) -> Result<Abi::settleCall, Fail> {
        Ok(Abi::settleCall {
            expiry: U256::from(self.expiry()?),
            assetRounds: [(round & u128::from(u64::MAX)) as u64, 0, 0, 0],
            quoteRounds: [0; 4],
        })
    }

    /// Ids and terms of the epoch's series.
    pub fn series(&self) -> Result<Vec<(U256, Series)>, Fail> {
        let epoch = self.world.view(&Abi::epochCall {});
        let (number, count) = (
            epoch.number.saturating_to::<u64>(),
            epoch.seriesCount.saturating_to::<u64>(),
        );
        (0..if number == 0 { 0 } else { count })
            .map(|index| {
                let id = U256::from(number * 256 + index);
                let view = self.world.view(&Abi::seriesCall { id });
                let price = |word: U256| vault_core::Price(word.saturating_to());
                let cap = (!view.cap.is_zero()).then(|| price(view.cap));
                Ok((
                    id,
                    Series {
                        strike: price(view.strike),
                        cap,
                        sold: vault_core::Assets(view.sold.saturating_to()),
                        ..Series::default()
                    },
                ))
            })
            .collect()
    }

    /// When the epoch expires.
    pub fn expiry(&self) -> Result<u64, Fail> {
        Ok(self.world.view(&Abi::epochCall {}).expiry.saturating_to())
    }

    /// Asks a view as somebody.
    pub fn ask<C: SolCall>(&self, who: Actor, call: &C) -> Result<C::Return, Fail> {
        let done = self.world.simulate(who.address(), call);
        done.map(|done| done.value)
            .map_err(|refused| self.fail::<C>(who, &refused))
    }

    /// Makes a call that must succeed and records it.
    pub fn call<C: SolCall>(
        &mut self,
        who: Actor,
        purpose: Purpose,
        call: &C,
        describe: impl FnOnce(&C::Return) -> String,
    ) -> Result<C::Return, Fail> {
        let before = self.position()?.state();
        let sent = self.world.send(who.address(), call);
        let done = sent.map_err(|refused| self.fail::<C>(who, &refused))?;
        let rewarded = (function::<C>() == "rebalance").then(|| who.address());
        let reward = self
            .book
            .enter(&self.world, &done.receipt, purpose, rewarded);
        self.sales.extend(testbed::events::<Abi::OptionsSold>(
            &done.receipt,
            self.world.vault,
        ));
        let trade = testbed::events::<Abi::Rebalanced>(&done.receipt, self.world.vault)
            .first()
            .map(trade);
        let call = Call {
            gas: done.receipt.gas_used,
            entry_gas: entry_gas(&done.receipt),
            reward,
            after: self.position()?.state(),
            trade,
            detail: describe(&done.value),
            ..self.blank::<C>(who, before)
        };
        self.calls.push(call);
        // What the caller has yet to say about it comes by `amend`, which announces it.
        if self
            .calls
            .last()
            .is_some_and(|call| !call.detail.is_empty())
        {
            self.announce();
        }
        Ok(done.value)
    }

    /// Words for the call just made, where they need the state after it.
    pub fn amend(&mut self, detail: String) {
        if let Some(call) = self.calls.last_mut() {
            call.detail = detail;
        }
        self.announce();
    }

    fn announce(&mut self) {
        if let Some(call) = self.calls.last() {
            (self.watch)(call, OPENING);
        }
    }

    /// Tries a call that the vault must refuse, without sending it, and records that.
    pub fn refused<C: SolCall>(&mut self, who: Actor, call: &C, why: &str) -> Result<(), Fail> {
        let Err(refused) = self.world.simulate(who.address(), call) else {
            return Err(Fail::Disagrees(format!(
                "{} by {} is not refused, though {why}",
                C::SIGNATURE,
                who.name
            )));
        };
        let state = self.position()?.state();
        let call = Call {
            refused: Some(error_name(&refused)),
            detail: why.into(),
            ..self.blank::<C>(who, state)
        };
        self.calls.push(call);
        self.announce();
        Ok(())
    }

    fn blank<C: SolCall>(&self, who: Actor, state: crate::model::State) -> Call {
        let time = self.world.chain.now();
        Call {
            time,
            hour: hours(time),
            caller: who.name.into(),
            role: who.role.into(),
            function: function::<C>().into(),
            refused: None,
            gas: 0,
            entry_gas: 0,
            reward: Weth::default(),
            price: Dollars(self.price),
            before: state,
            after: state,
            trade: None,
            detail: String::new(),
        }
    }

    /// The trade of the call just made.
    pub fn last_trade(&self) -> Option<Trade> {
        self.calls.last().and_then(|call| call.trade)
    }

    /// The vault's holdings, debts and exposure now.
    pub fn position(&self) -> Result<Position, Fail> {
        Position::read(self)
    }

    fn fail<C: SolCall>(&self, who: Actor, refused: &Refused) -> Fail {
        let what = format!(
            "{} by {} at {}",
            C::SIGNATURE,
            who.name,
            crate::amount::clock(self.world.chain.now())
        );
        Fail::Refused {
            what,
            error: error_name(refused),
        }
    }
}

/// Name of a function, without its parameters.
fn function<C: SolCall>() -> &'static str {
    C::SIGNATURE.split('(').next().unwrap_or(C::SIGNATURE)
}

/// Hours since opening.
pub fn hours(time: u64) -> f64 {
    (time as f64 - OPENING as f64) / HOUR as f64
}

fn trade(event: &Abi::Rebalanced) -> Trade {
    let signed = |word: testbed::I256| i128::try_from(word).unwrap_or_default();
    let (assets, quote) = (signed(event.assetsDelta), signed(event.quoteDelta));
    let price: u128 = event.spot.saturating_to();
    // Quote units at the oracle's price; the rounding is of no weight beside the cost.
    let worth = (assets as f64 * (price as f64 / 1e18) / (WAD / USD) as f64).round() as i128;
    Trade {
        assets: Weth(assets),
        quote: Usdc(quote),
        cost: Usdc(-(worth + quote)),
    }
}

/// The error of a refused call with its values.
pub fn error_name(refused: &Refused) -> String {
    let Some(error) = &refused.error else {
        return format!("{} {}", refused.status, refused.output);
    };
    let text = format!("{error:?}");
    // The enum's variant repeats the error's name.
    text.split_once('(')
        .and_then(|(_, rest)| rest.strip_suffix(')'))
        .unwrap_or(&text)
        .to_string()
}

/// The strike tick scaled to the price: some half per cent of it, a 1, 2 or 5 and zeros.
fn tick<T: TryFrom<u128> + Into<u128> + Copy>(default: T, spot: u128) -> T {
    let wanted = default.into() as f64 * (spot as f64 / 2_000e18);
    let power = 10_f64.powf(wanted.log10().floor());
    let rounded = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|m| m * power)
        .rfind(|tick| *tick <= wanted * 1.001);
    rounded
        .and_then(|tick| T::try_from(tick.round() as u128).ok())
        .unwrap_or(default)
}

/// Tokens for everybody, and their consent to the vault.
fn endow(world: &mut World, options: &Options) {
    for who in [ALICE, BOB, CAROL] {
        world.give_weth(who.address(), 50 * WAD);
    }
    let worth = |weth: u128| weth / WAD * (options.spot / (WAD / USD));
    for who in [DAVE, ERIN, FRANK] {
        world.give_usdc(who.address(), worth(40 * WAD));
    }
    let trader = ARBITRAGEUR.address();
    world.give_weth(trader, ARBITRAGE_POOLS * options.pool_depth);
    world.give_usdc(trader, ARBITRAGE_POOLS * worth(options.pool_depth));
}

/// What a run needs from the disk.
fn installed() -> Result<(), Fail> {
    for program in [Program::Vault, Program::Extension] {
        let wasm = testbed::wasm_path(program);
        if !wasm.is_file() {
            return Err(Fail::NotBuilt(format!(
                "{} is missing: run scripts/build",
                wasm.display()
            )));
        }
    }
    Ok(())
}
