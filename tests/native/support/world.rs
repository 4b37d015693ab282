//! A vault and what it talks to.

use core::fmt::Debug;
use std::sync::{Mutex, MutexGuard, PoisonError};

use alloy_primitives::{Address, B256, I256, U256, Uint};
use alloy_sol_types::{SolCall, SolConstructor, SolError, SolInterface};
use covered_call_vault::Vault;
use covered_call_vault::host;
use covered_call_vault::word::Word;
use motsu::prelude::*;
use stylus_sdk::abi::Router;

use super::feed::{Feed, round_id};
use super::nobody::Nobody;
use super::token::{Manner, Token};
use super::venue::Venue;
use crate::interface::ICoveredCallVault::*;

/// The time of every block of motsu's VM: 1 January 2025 00:00 UTC, a Wednesday.
pub const NOW: u64 = 1_735_689_600;
/// One of what has 18 decimals.
pub const WAD: u128 = 1_000_000_000_000_000_000;
/// One WETH.
pub const WETH: u128 = WAD;
/// One USDC.
pub const USDC: u128 = 1_000_000;
/// The feed's phase in every test that does not change it.
pub const PHASE: u16 = 1;

/// A number as the ABI has it.
pub trait Amount {
    /// As a `uint256`.
    fn u(self) -> U256;
}

impl Amount for u128 {
    fn u(self) -> U256 {
        U256::from(self)
    }
}

impl Amount for u64 {
    fn u(self) -> U256 {
        U256::from(self)
    }
}

/// A depositor.
pub fn alice() -> Address {
    Address::repeat_byte(0xa1)
}

/// What the vault is told is its extension: natively one program does for both.
pub fn extension() -> Address {
    Address::repeat_byte(0xe1)
}

/// A buyer of options.
pub fn bob() -> Address {
    Address::repeat_byte(0xb0)
}

/// A stranger who calls what anyone may call.
pub fn carol() -> Address {
    Address::repeat_byte(0xca)
}

/// Id of a series.
pub fn id(epoch: u128, series: u128) -> U256 {
    (epoch << 8 | series).u()
}

#[path = "../../policy.rs"]
mod start;

pub use start::default_policy as policy;

/// What an account has of both tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balances {
    /// Of the asset.
    pub asset: U256,
    /// Of the quote.
    pub quote: U256,
}

/// The vault, its tokens, feeds and venue.
pub struct World {
    pub vault: Contract<Vault>,
    pub asset: Contract<Token>,
    pub quote: Contract<Token>,
    pub feed: Contract<Feed>,
    pub sequencer: Contract<Feed>,
    pub venue: Contract<Venue>,
    /// What feeds and tokens are called at before there are any.
    _nobody: Contract<Nobody>,
    _turn: MutexGuard<'static, ()>,
}

/// One world at a time: motsu gives up when another thread has its storage for 10 ms. The last field, dropped when all is cleared away.
static TURN: Mutex<()> = Mutex::new(());

/// Slots and bits of the vault's storage that time is moved with; `src/storage/` documents them.
mod layout {
    /// The point is the lowest field of the upper half.
    pub const VOLATILITY: u128 = 23;
    /// Upper half of the slots of an epoch's terms, whose end is the lowest field.
    pub const TERMS: u128 = 7;
    /// More than any test opens.
    pub const EPOCHS: u128 = 4;
    pub const EPOCH: u128 = 7;
    /// In the lower half of its word.
    pub const EXPIRY_BIT: u32 = 32;
    pub const SINCE_BIT: u32 = 64;
    pub const PAUSED_BIT: u32 = 96;
    /// In the lower half of the word of the announced policy, and of the terms.
    pub const TIME_BITS: u32 = 40;
    pub const OPENED: u128 = 8;
    /// In the lower half of its word.
    pub const OPENED_BIT: u32 = 64;
    /// In the upper half of the word of the vault's quote.
    pub const PRICE_TIME_BIT: u32 = 64;
    /// Assets in the upper half below flags, supply in the lower.
    pub const VAULT: u128 = 9;
    pub const QUOTE_FLAG: u128 = 1 << 112;
    pub const OPEN_FLAG: u128 = 1 << 113;
    /// The vault's quote, in the lower half.
    pub const VAULT_QUOTE: u128 = 16;
    pub const ANNOUNCED_AT: u128 = 59;
}

impl World {
    /// A vault that is ready for deposits, at a price of 2 000.
    pub fn new() -> Self {
        Self::with(|_| {})
    }

    /// A vault constructed with something other than usual.
    pub fn with(change: impl FnOnce(&mut constructorCall)) -> Self {
        let world = Self::deployed();
        let mut setup = world.setup();
        change(&mut setup);
        world.construct(&setup).expect("constructs");
        world
    }

    /// Everything deployed, the vault not constructed.
    pub fn deployed() -> Self {
        // A test that failed leaves nothing behind that matters.
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let world = Self {
            vault: Contract::from_tag("vault"),
            asset: Contract::from_tag("asset"),
            quote: Contract::from_tag("quote"),
            feed: Contract::from_tag("feed"),
            sequencer: Contract::from_tag("sequencer"),
            venue: Contract::from_tag("venue"),
            _nobody: Contract::new_at(Address::ZERO),
            _turn: turn,
        };
        world.asset.sender(carol()).set_decimals(U256::from(18));
        world.quote.sender(carol()).set_decimals(U256::from(6));
        world.feed.sender(carol()).set_decimals(8);
        world
            .sequencer
            .sender(carol())
            .write(round_id(PHASE, 1), I256::ZERO, NOW - 86_400);
        world
            .asset
            .sender(carol())
            .issue(world.venue.address(), (1_000_000 * WETH).u());
        world
            .quote
            .sender(carol())
            .issue(world.venue.address(), (1_000_000_000 * USDC).u());
        world.price(2_000);
        world
    }

    /// The usual arguments of the constructor.
    pub fn setup(&self) -> constructorCall {
        constructorCall {
            extension: extension(),
            asset: self.asset.address(),
            quote: self.quote.address(),
            assetFeed: self.feed.address(),
            quoteFeed: Address::ZERO,
            sequencerFeed: self.sequencer.address(),
            router: self.venue.address(),
            volatility: 800_000_000_000_000_000,
            name: text("Covered Calls WETH"),
            symbol: text("ccWETH"),
            owner: alice(),
            guardian: bob(),
            feeRecipient: Address::ZERO,
            policy: policy(),
        }
    }

    /// Runs the constructor as a deployer would.
    pub fn construct(&self, setup: &constructorCall) -> Result<Vec<u8>, Vec<u8>> {
        let mut entered = self.vault.sender(carol());
        <Vault as Router<Vault>>::constructor(&mut entered, &setup.abi_encode())
            .expect("has a constructor")
            .motsu_res()
    }

    /// Calls the vault with any bytes; what a chain returns or reverts with.
    pub fn send(&self, from: Address, calldata: &[u8]) -> Result<Vec<u8>, Vec<u8>> {
        let mut entered = self.vault.sender(from);
        let vault: &mut Vault = &mut entered;
        let routed = match calldata.split_first_chunk::<4>() {
            Some((selector, input)) => {
                <Vault as Router<Vault>>::route(vault, u32::from_be_bytes(*selector), input)
            }
            None => <Vault as Router<Vault>>::fallback(vault, calldata),
        };
        routed.expect("the vault routes everything").motsu_res()
    }

    /// Calls the vault, which must accept and must hold what its ledger says.
    #[track_caller]
    pub fn call<C: SolCall>(&self, from: Address, call: &C) -> C::Return {
        let answer = self
            .send(from, &call.abi_encode())
            .unwrap_or_else(|revert| {
                panic!(
                    "{} is refused: {:?}",
                    C::SIGNATURE,
                    ICoveredCallVaultErrors::abi_decode(&revert, true)
                )
            });
        self.assert_backed();
        C::abi_decode_returns(&answer, true).expect("the result decodes")
    }

    /// Calls the vault as somebody unknown.
    #[track_caller]
    pub fn view<C: SolCall>(&self, call: &C) -> C::Return {
        self.call(Address::repeat_byte(0xee), call)
    }

    /// Calls the vault, which must refuse with just this error.
    #[track_caller]
    pub fn refuses<C: SolCall, E: SolError + PartialEq + Debug>(
        &self,
        from: Address,
        call: &C,
        expected: &E,
    ) {
        let Err(revert) = self.send(from, &call.abi_encode()) else {
            panic!("{} is accepted instead of {expected:?}", C::SIGNATURE)
        };
        match E::abi_decode(&revert, true) {
            Ok(error) => assert_eq!(error, *expected, "{}", C::SIGNATURE),
            Err(_) => panic!(
                "{} is refused with {:?} instead of {expected:?}",
                C::SIGNATURE,
                ICoveredCallVaultErrors::abi_decode(&revert, true)
            ),
        }
    }

    /// Every token balance covers the buckets.
    #[track_caller]
    pub fn assert_backed(&self) {
        let held = self.balances(self.vault.address());
        let owed = self.booked();
        assert!(
            held.asset >= owed.asset && held.quote >= owed.quote,
            "balances {held:?} cover the ledger {owed:?}"
        );
    }

    /// The sum of the ledger's buckets.
    pub fn booked(&self) -> Balances {
        let answer = self
            .send(carol(), &ledgerCall {}.abi_encode())
            .expect("the ledger answers");
        let ledger = ledgerCall::abi_decode_returns(&answer, true).expect("decodes");
        Balances {
            asset: ledger.vaultAssets
                + ledger.queuedAssets
                + ledger.claimableAssets
                + ledger.payoutAssets
                + ledger.reserveAssets
                + ledger.keeperAssets,
            quote: ledger.vaultQuote
                + ledger.queuedQuote
                + ledger.claimableQuote
                + ledger.payoutQuote
                + ledger.reserveQuote
                + ledger.keeperQuote,
        }
    }

    /// What an account has.
    pub fn balances(&self, owner: Address) -> Balances {
        Balances {
            asset: self.asset.sender(owner).balance(owner),
            quote: self.quote.sender(owner).balance(owner),
        }
    }

    /// Gives an account tokens and lets the vault take them.
    pub fn fund(&self, owner: Address, asset: u128, quote: u128) {
        self.asset.sender(owner).issue(owner, asset.u());
        self.quote.sender(owner).issue(owner, quote.u());
        self.asset
            .sender(owner)
            .allow(owner, self.vault.address(), U256::MAX);
        self.quote
            .sender(owner)
            .allow(owner, self.vault.address(), U256::MAX);
    }

    /// Tells a token how to move.
    pub fn behave(&self, token: &Contract<Token>, manner: Manner) {
        token.sender(carol()).behave(manner);
    }

    /// A new round of the feed now, and the venue's price, whole quote per asset.
    pub fn price(&self, quote: u128) {
        self.round(quote, NOW);
        self.venue.sender(carol()).trade(
            self.asset.address(),
            self.quote.address(),
            (quote * USDC).u(),
            WETH.u(),
        );
    }

    /// A new round of the feed; its id.
    pub fn round(&self, quote: u128, updated_at: u64) -> u128 {
        let latest = self.feed.sender(carol()).latest();
        let id = if latest == 0 {
            round_id(PHASE, 1)
        } else {
            latest + 1
        };
        self.feed
            .sender(carol())
            .write(id, answer(quote), updated_at);
        id
    }

    /// Alice deposits, and the vault opens an epoch as soon as it may, at a price of 2 000.
    pub fn live(deposited: u128) -> Self {
        let world = Self::new();
        world.deposit(alice(), deposited);
        world.open();
        world
    }

    /// Somebody deposits assets it is given.
    pub fn deposit(&self, who: Address, assets: u128) -> U256 {
        self.fund(who, assets, 0);
        self.call(
            who,
            &deposit_0Call {
                assets: assets.u(),
                receiver: who,
            },
        )
        .shares
    }

    /// The window for deposits passes, the feed goes on, and a stranger opens an epoch.
    pub fn open(&self) {
        self.pass(43_200);
        self.price(2_000);
        self.call(carol(), &openEpochCall {});
    }

    /// Bob is given quote and buys options of a series of epoch 1; the premium.
    pub fn buy(&self, series: u128, amount: u128) -> U256 {
        self.fund(bob(), 0, 1_000_000 * USDC);
        let order = buyCall {
            id: id(1, series),
            amount: amount.u(),
            maxPremium: U256::MAX,
            receiver: bob(),
            deadline: NOW.u(),
        };
        self.call(bob(), &order).premium
    }

    /// Time passes until `seconds` after the expiry, whose last round before it said `quote`; the id of that round.
    pub fn expire(&self, quote: u128, seconds: u64) -> U256 {
        let expiry: u64 = self.view(&epochCall {}).expiry.to();
        self.pass(expiry - NOW + seconds);
        let last = self.round(quote, NOW - seconds - 10);
        self.round(quote + 500, NOW - seconds + 10);
        last.u()
    }

    /// The call that settles the epoch by a round of the asset's feed.
    pub fn settling(&self, round: U256) -> settleCall {
        let mut rounds = [0; 4];
        rounds[0] = (round & U256::from(u64::MAX)).to();
        settleCall {
            expiry: self.view(&epochCall {}).expiry,
            assetRounds: rounds,
            quoteRounds: [0; 4],
        }
    }

    /// Lets time pass. motsu's clock stands still and cannot be set, so everything that has happened moves into the past instead: the
    /// times in the vault's storage and the rounds of the feeds. `pass` of this test binary checks that nothing else changes.
    pub fn pass(&self, seconds: u64) {
        let seconds = u128::from(seconds);
        let earlier = |bits: u128, at: u32, width: u32| {
            let time = bits >> at & ((1 << width) - 1);
            if time == 0 {
                bits
            } else {
                bits - (seconds << at)
            }
        };
        self.edit(layout::EPOCH, |word| {
            word.lo = earlier(word.lo, layout::EXPIRY_BIT, 32);
            word.lo = earlier(word.lo, layout::SINCE_BIT, 32);
            word.lo = earlier(word.lo, layout::PAUSED_BIT, 32);
        });
        self.edit(layout::OPENED, |word| {
            word.lo = earlier(word.lo, layout::OPENED_BIT, 32);
        });
        self.edit(layout::VAULT_QUOTE, |word| {
            word.hi = earlier(word.hi, layout::PRICE_TIME_BIT, 32);
        });
        self.edit(layout::ANNOUNCED_AT, |word| {
            word.lo = earlier(word.lo, 0, layout::TIME_BITS);
        });
        for epoch in 1..=layout::EPOCHS {
            let terms = Word {
                hi: layout::TERMS,
                lo: epoch << 8,
            };
            self.edit_at(terms, |word| {
                word.lo = earlier(word.lo, 0, layout::TIME_BITS);
            });
        }
        let seconds = seconds as u64;
        self.feed.sender(carol()).age(seconds);
        self.sequencer.sender(carol()).age(seconds);
    }

    /// Takes points of the grid of volatility back, as if nobody had observed for so long. What has been told of prices stays.
    pub fn unobserved(&self, points: u128) {
        self.edit(layout::VOLATILITY, |word| word.hi -= points);
    }

    /// Sets what the shareholders have, and the shares there are: states that take an extreme market to reach. A vault that has quote has
    /// had a price, too: 2 000.
    pub fn rewrite(&self, assets: u128, quote: u128, supply: u128) {
        self.edit(layout::VAULT, |word| {
            let holds = if quote == 0 { 0 } else { layout::QUOTE_FLAG };
            *word = Word {
                hi: (word.hi & layout::OPEN_FLAG) | holds | assets,
                // The bounds of deposits stay.
                lo: word.lo >> 96 << 96 | supply,
            }
        });
        self.edit(layout::VAULT_QUOTE, |word| {
            if word.hi == 0 {
                // Its 56 leading bits, and how many are dropped.
                let price = (2_000 * WAD) >> 15 | 15 << 56;
                word.hi = (u128::from(NOW) << layout::PRICE_TIME_BIT) | price;
            }
            word.lo = quote;
        });
        self.asset
            .sender(carol())
            .issue(self.vault.address(), assets.u());
        self.quote
            .sender(carol())
            .issue(self.vault.address(), quote.u());
    }

    fn edit(&self, slot: u128, change: impl FnOnce(&mut Word)) {
        self.edit_at(Word::from(slot), change);
    }

    fn edit_at(&self, slot: Word, change: impl FnOnce(&mut Word)) {
        let entered = self.vault.sender(carol());
        // Host functions act on the contract that was entered last.
        let _: &Vault = &entered;
        let mut word = host::load(slot);
        change(&mut word);
        host::store(slot, word);
    }
}

/// A price as the feed tells it, 8 decimals.
pub fn answer(quote: u128) -> I256 {
    I256::try_from(quote * 100_000_000).expect("a price")
}

/// At most 32 bytes, from the top of a word.
pub fn text(text: &str) -> B256 {
    let mut word = B256::ZERO;
    word[..text.len()].copy_from_slice(text.as_bytes());
    word
}
