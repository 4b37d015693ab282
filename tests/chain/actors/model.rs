//! The world of the actors and what they know of it by themselves: requests, options, permissions, what each roll and each settlement did.

use crate::hostile::contract;
use crate::permit::account;
use crate::support::search::{Log, Run};
use crate::support::*;
use alloy_sol_types::{SolCall, SolError, sol};
use std::collections::{BTreeMap, BTreeSet};
use testbed::devchain::market::{OPERATOR, send as tell, view};
use testbed::primitives::Uint;
use testbed::{Abi, Address, Done, Errors, Options, U256, WAD, World, actor, events};

sol! {
    interface Token {
        function mint(address to, uint256 amount) external;
        function approve(address spender, uint256 amount) external;
        function transfer(address to, uint256 amount) external;
        function balanceOf(address owner) external view returns (uint256);
        function setSilent(bool silent) external;
        function setFree(bool free) external;
        function arm(address target, bytes call, bool strict) external;
        function answer() external view returns (bytes);
        function block_(address account) external;
    }
}

/// Far above what any call of the vault takes, however many users, requests and epochs there are.
const MOST_GAS: u64 = 2_500_000;

/// The tokens of a vault: a contract of `contracts/` and its decimals, or the real one.
#[derive(Clone, Copy, Debug)]
pub struct Tokens {
    pub asset: Option<(&'static str, u8)>,
    pub quote: Option<(&'static str, u8)>,
}

impl Tokens {
    pub const fn new(asset: Option<(&'static str, u8)>, quote: Option<(&'static str, u8)>) -> Self {
        Self { asset, quote }
    }

    pub fn is(name: &str, token: Option<(&'static str, u8)>) -> bool {
        token.is_some_and(|(one, _)| one == name)
    }

    /// Whether the asset may refuse what it can move.
    pub fn unsure(self) -> bool {
        Self::is("FalseToken", self.asset) || Self::is("BlockingToken", self.asset)
    }
}

/// Which request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Deposit,
    Redeem,
}

/// What an epoch's roll carried out.
#[derive(Clone, Copy, Debug, Default)]
pub struct Carried {
    pub assets: u128,
    pub minted: u128,
    pub redeemed: u128,
    pub paid: (u128, u128),
}

/// What settlement fixed for an id.
#[derive(Clone, Copy, Debug)]
pub struct Settled {
    pub price: u128,
    pub payout: (u128, u128),
}

/// What options of an id were exercised, and what was paid for them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Exercised {
    pub amount: u128,
    pub paid: (u128, u128),
}

pub struct Play {
    pub world: World,
    pub rng: fastrand::Rng,
    pub log: Log,
    pub cast: Vec<Address>,
    pub asset: Address,
    pub quote: Address,
    pub tokens: Tokens,
    /// One whole asset, and one whole unit of the quote.
    pub whole: (u128, u128),
    pub price: u128,
    pub donated: (u128, u128),
    /// Requests with something left, by kind, controller and epoch.
    pub requests: BTreeMap<(Kind, Address, u128), u128>,
    /// Who may act for whom.
    pub operators: BTreeSet<(Address, Address)>,
    pub ids: Vec<U256>,
    /// The price that each id was settled at, and what all of its options are paid.
    pub settled: BTreeMap<U256, Settled>,
    pub exercised: BTreeMap<U256, Exercised>,
    pub carried: BTreeMap<u128, Carried>,
    pub epochs: u128,
    /// Steps taken.
    pub steps: usize,
    /// Claims of requests, each rounded down.
    pub claims: u128,
}

impl Play {
    pub fn new(seed: u64, tokens: Tokens) -> Self {
        let mut options = Options::default();
        options.roles.fee_recipient = actor("fees");
        let mut whole = (WAD, 10_u128.pow(6));
        let decimals = tokens.asset.map_or(18, |(_, decimals)| decimals);
        let policy = &mut options.policy;
        policy.shares.managementFeeBps = 200;
        policy.shares.performanceFeeBps = 1_000;
        // Two expiries, and caps that prices get above.
        policy.opening.earlyDays[2] = 1;
        policy.opening.capBps = Uint::from(15_000);
        policy.volatility.cap = WAD as u64;
        if decimals != 18 {
            whole.0 = 10_u128.pow(decimals.into());
            let scale = WAD / whole.0;
            policy.shares.minDeposit = Uint::from(1);
            policy.opening.minAssets /= scale;
            policy.opening.keeperBudget /= scale;
            policy.keeper.rewardCap /= scale;
            policy.keeper.assetPerNative /= Uint::from(scale);
            policy.venue.minTrade /= Uint::from(scale);
        }
        // A limit that they come to.
        policy.shares.depositCap = 45 * whole.0;
        if let Some((_, decimals)) = tokens.quote {
            whole.1 = 10_u128.pow(decimals.into());
            policy.roll.dustQuote = policy.roll.dustQuote / 10_u128.pow(6) * whole.1;
        }
        let mut world = World::market(&options);
        let mut setup = world.setup(&options);
        if let Some((name, decimals)) = tokens.asset {
            setup.asset = contract(&mut world, name, &[decimals]);
        }
        if let Some((name, decimals)) = tokens.quote {
            setup.quote = contract(&mut world, name, &[decimals]);
        }
        let (asset, quote) = (setup.asset, setup.quote);
        world.construct(&setup).expect("tokens like any other");
        let mut play = Self {
            world,
            rng: fastrand::Rng::with_seed(seed),
            log: Log::default(),
            cast: (1..=10).map(account).collect(),
            asset,
            quote,
            tokens,
            whole,
            price: SPOT,
            donated: (0, 0),
            requests: BTreeMap::new(),
            operators: BTreeSet::new(),
            ids: Vec::new(),
            settled: BTreeMap::new(),
            exercised: BTreeMap::new(),
            carried: BTreeMap::new(),
            epochs: 0,
            steps: 0,
            claims: 0,
        };
        play.give();
        play
    }

    /// Everybody has both tokens and lets the vault take them.
    fn give(&mut self) {
        if Tokens::is("FeeToken", self.tokens.quote) {
            self.token(OPERATOR, self.quote, &Token::setFreeCall { free: true });
        }
        for who in self.cast.clone() {
            self.world.give_weth(who, 100 * WAD);
            self.world.give_usdc(who, RICH);
            for (token, odd, amount) in [
                (self.asset, self.tokens.asset.is_some(), 100 * self.whole.0),
                (
                    self.quote,
                    self.tokens.quote.is_some(),
                    1_000_000 * self.whole.1,
                ),
            ] {
                if odd {
                    let mint = Token::mintCall {
                        to: who,
                        amount: u(amount),
                    };
                    self.token(OPERATOR, token, &mint);
                    let approve = Token::approveCall {
                        spender: self.world.vault,
                        amount: U256::MAX,
                    };
                    self.token(who, token, &approve);
                }
            }
        }
    }

    pub fn token(&mut self, from: Address, token: Address, call: &impl SolCall) {
        self.world.chain.fund(from, u(WAD));
        tell(&mut self.world.chain, from, token, call).expect("it obeys");
    }

    pub fn balance(&self, token: Address, owner: Address) -> u128 {
        view(&self.world.chain, token, &Token::balanceOfCall { owner })
            .expect("a token")
            .to()
    }

    pub fn someone(&mut self) -> Address {
        self.cast[self.rng.usize(..self.cast.len())]
    }

    /// `who` most of the time, somebody else now and then.
    pub fn mostly(&mut self, who: Address) -> Address {
        if self.rng.u8(0..6) == 0 {
            self.someone()
        } else {
            who
        }
    }

    /// Somebody who has shares, if anybody has.
    pub fn holder(&mut self) -> Address {
        let holds = |who: &Address| shares(&self.world, *who) > 0;
        let holders: Vec<Address> = self.cast.iter().copied().filter(holds).collect();
        match self.rng.choice(&holders) {
            Some(who) => *who,
            None => self.someone(),
        }
    }

    /// Somebody who has options, and of which id.
    pub fn option_holder(&mut self) -> Option<(Address, U256)> {
        let ids = self.ids.iter().rev().take(6);
        let held: Vec<(Address, U256)> = ids
            .flat_map(|id| self.cast.iter().map(move |who| (*who, *id)))
            .filter(|(who, id)| options_of(&self.world, *who, *id) > 0)
            .collect();
        self.rng.choice(&held).copied()
    }

    pub fn state(&self) -> Abi::vaultStateReturn {
        self.world.view(&Abi::vaultStateCall {})
    }

    /// Any magnitude up to `most`, now and then all of it or beyond it.
    pub fn amount(&mut self, most: u128) -> U256 {
        let bits = 128 - most.leading_zeros();
        let cut = self.rng.u128(0..=most) >> (self.rng.u32(0..bits.max(1)) / 2);
        u(match self.rng.u8(0..10) {
            0 => most.saturating_add(cut),
            1 => most,
            _ => cut,
        })
    }

    /// Whether `who` may act for `holder`, as they know it.
    pub fn acts_for(&self, who: Address, holder: Address) -> bool {
        who == holder || self.operators.contains(&(holder, who))
    }

    /// A call; a refused one has a reason, and none that it must not have.
    pub fn send<C: SolCall>(&mut self, from: Address, call: &C) -> Option<Done<C>> {
        let name = if C::SIGNATURE.starts_with("announcePolicy") {
            "announcePolicy"
        } else {
            C::SIGNATURE
        };
        let paused = self.state().pausedUntil > u(self.world.chain.now().into());
        match self.world.send(from, call) {
            Ok(done) => {
                let gas = done.receipt.gas_used;
                self.log.tell(format!("{name} by {from}, gas {gas}"));
                self.log.take(name, gas);
                assert!(gas <= MOST_GAS, "invariant 13: {name} took {gas} gas");
                for one in events::<Abi::RequestsCarriedOut>(&done.receipt, self.world.vault) {
                    let carried = Carried {
                        assets: one.depositedAssets.to(),
                        minted: one.mintedShares.to(),
                        redeemed: one.redeemedShares.to(),
                        paid: (one.paidAssets.to(), one.paidQuote.to()),
                    };
                    let first = self.carried.insert(one.epoch.to(), carried).is_none();
                    assert!(first, "invariant 9: one roll an epoch");
                    let epoch = one.epoch.to::<u128>();
                    let waits =
                        |key: &(Kind, Address, u128)| (key.0, key.2) == (Kind::Deposit, epoch);
                    if carried.minted == 0 && self.requests.keys().any(waits) {
                        self.log.take("left by a roll", 0);
                    }
                }
                Some(done)
            }
            Err(refused) => {
                assert!(
                    refused.error.is_some(),
                    "{name} without a reason: {refused:?}"
                );
                if matches!(refused.error, Some(Errors::TransferMismatch(_))) {
                    self.log.take("refused for its fee", 0);
                }
                if paused
                    && ![Abi::openEpochCall::SIGNATURE, Abi::buyCall::SIGNATURE].contains(&name)
                {
                    let stopped =
                        refused.output.get(..4) == Some(Abi::SalesPaused::SELECTOR.as_slice());
                    assert!(!stopped, "invariant 15: a pause stopped {name}");
                }
                None
            }
        }
    }

    /// A share's price with the virtual ones, as a fraction.
    pub fn ratio(&self) -> (U256, U256) {
        let ledger = self.world.ledger();
        (ledger.vaultAssets + u(1), u(supply(&self.world)) + u(1_000))
    }
}

impl Run for Play {
    fn rng(&mut self) -> &mut fastrand::Rng {
        &mut self.rng
    }

    fn log(&mut self) -> &mut Log {
        &mut self.log
    }

    fn step(&mut self) {
        self.act();
    }

    fn check(&mut self) {
        self.look();
    }
}
