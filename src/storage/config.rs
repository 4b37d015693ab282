//! What the constructor writes: tokens, feeds, router, names, and which program is the extension.

use alloy_primitives::Address;

use super::{Core, MAX_SUPPLY, at, shares_policy, slot};
use crate::Result;
use crate::errors::fail;
use crate::host::{load, store};
use crate::word::{Bits, Packed, Word};

/// The asset: address 160, decimals 8, quote's decimals 8, free 16, upper part of the router's address 64.
#[derive(Clone, Copy)]
pub struct Pair {
    /// The underlying.
    pub asset: Address,
    /// Its decimals.
    pub asset_decimals: u8,
    /// The quote token's decimals.
    pub quote_decimals: u8,
}

impl Pair {
    /// Reads the word.
    #[inline(never)]
    pub fn load() -> Self {
        let word = load(at(slot::ASSET));
        let mut bits = Bits(word.above_address());
        Self {
            asset: word.address(),
            asset_decimals: bits.take(8) as u8,
            quote_decimals: bits.take(8) as u8,
        }
    }

    /// Writes the word.
    pub fn store(&self) {
        let above = Packed::default()
            .put(self.asset_decimals.into(), 8)
            .put(self.quote_decimals.into(), 8);
        store(
            at(slot::ASSET),
            Word::with_address(above.bits(), &self.asset),
        );
    }

    /// How amounts of the two convert.
    #[inline(never)]
    pub fn units(&self) -> Result<vault_core::Units> {
        vault_core::Units::new(self.asset_decimals, self.quote_decimals)
            .ok_or_else(fail::AmountTooLarge)
    }
}

/// The policy's [`vault_core::policy::Shares::bounds`], beside the supply, which every deposit reads: the policy's own word would be 2 100 gas more.
pub fn deposit_bounds() -> u16 {
    (Core::load().0.lo >> 96) as u16
}

/// Writes the bounds of the policy in force beside the supply.
pub(super) fn store_deposit_bounds() {
    let mut core = Core::load();
    core.0.lo = core.0.lo & MAX_SUPPLY | u128::from(shares_policy().bounds()) << 96;
    core.store();
}

/// The quote token.
#[inline(never)]
pub fn quote_token() -> Address {
    load(at(slot::QUOTE)).address()
}

/// How amounts of the two tokens convert: beside the quote token, which every trade reads.
#[inline(never)]
pub fn units() -> Result<vault_core::Units> {
    let mut above = Bits(load(at(slot::QUOTE)).above_address());
    let [asset, quote] = [0, 1].map(|_| above.take(8) as u8);
    vault_core::Units::new(asset, quote).ok_or_else(fail::AmountTooLarge)
}

/// The feed of the asset's price: address and its decimals.
#[inline(never)]
pub fn feed() -> (Address, u8) {
    let word = load(at(slot::FEED));
    (word.address(), word.above_address() as u8)
}

/// The feed of the quote's price: address and its decimals; zero where the quote is taken at par with the dollar.
#[inline(never)]
pub fn quote_feed() -> (Address, u8) {
    if load(at(slot::QUOTE)).above_address() & HAS_FEED == 0 {
        return (Address::ZERO, 0);
    }
    let word = load(at(slot::QUOTE_FEED));
    (word.address(), word.above_address() as u8)
}

/// Beside the quote token: set where its price has a feed.
const HAS_FEED: u128 = 1 << 16;
/// How many bits of the sequencer's address are beside the feed's; the rest is beside the quote token.
const SEQUENCER_LOW: u32 = 88;

/// The feed of the sequencer's status; zero where a chain has none.
///
/// Its address fills up two words that every trade reads: a word of its own would be 2 100 gas more.
pub fn sequencer_feed() -> Address {
    let low = load(at(slot::FEED)).above_address() >> 8;
    let high = load(at(slot::QUOTE)).above_address() >> 24;
    Word {
        hi: high >> (128 - SEQUENCER_LOW),
        lo: low | high << SEQUENCER_LOW,
    }
    .address()
}

/// How many bits of the router's address are beside the first pool's; the rest is beside the asset's: a swap reads both words.
const ROUTER_LOW: u32 = 96;

/// The Uniswap V3 SwapRouter.
pub fn router() -> Address {
    let low = load(at(slot::POOLS)).above_address();
    let high = load(at(slot::ASSET)).above_address() >> 32;
    Word {
        hi: high >> (128 - ROUTER_LOW),
        lo: low | high << ROUTER_LOW,
    }
    .address()
}

/// The pool that trades the policy's fee tier of this number; zero for none. As of the last opening: see [`store_pool`].
#[expect(clippy::arithmetic_side_effects, reason = "numbers of slots, below 64")]
pub fn pool(tier: usize) -> Address {
    load(at(slot::POOLS + tier as u128)).address()
}

/// Writes a fee tier's pool, if it is another.
#[expect(clippy::arithmetic_side_effects, reason = "numbers of slots, below 64")]
pub fn store_pool(tier: usize, pool: &Address) {
    let slot = at(slot::POOLS + tier as u128);
    let word = load(slot);
    if word.address() != *pool {
        store(slot, Word::with_address(word.above_address(), pool));
    }
}

/// The program that runs in the vault's place for what the vault's own has no function for; zero before the constructor.
pub fn extension() -> Address {
    load(at(slot::EXTENSION)).address()
}

/// Writes which program that is.
pub fn store_extension(extension: &Address) {
    store(at(slot::EXTENSION), Word::with_address(0, extension));
}

/// The factory of the router's pools; zero for a router that did not name one.
pub fn factory() -> Address {
    load(at(slot::FACTORY)).address()
}

/// ERC-20 name of the shares, up to 31 bytes from the top.
pub fn name() -> Word {
    load(at(slot::NAME))
}

/// ERC-20 symbol of the shares, up to 31 bytes from the top.
pub fn symbol() -> Word {
    load(at(slot::SYMBOL))
}

/// Writes the addresses beside [`Pair`], which must be there. Beside the quote token: the asset's decimals 8, its own 8, whether its price has a feed 8,
/// upper part of the sequencer's feed 72; beside the asset's feed: its decimals 8, the lower part 88.
pub fn store_addresses(
    pair: &Pair,
    quote: &Address,
    (feed, feed_decimals): (&Address, u8),
    (quote_feed, quote_feed_decimals): (&Address, u8),
    sequencer: &Address,
    (router, factory): (&Address, &Address),
) {
    let sequencer = Word::with_address(0, sequencer);
    let low = sequencer.lo & ((1 << SEQUENCER_LOW) - 1);
    let high = sequencer.hi << (128 - SEQUENCER_LOW) | sequencer.lo >> SEQUENCER_LOW;
    let has_feed = *quote_feed != Address::ZERO;
    let above = Packed::default()
        .put(pair.asset_decimals.into(), 8)
        .put(pair.quote_decimals.into(), 8)
        .put(has_feed.into(), 8)
        .put(high, 160 - SEQUENCER_LOW);
    store(at(slot::QUOTE), Word::with_address(above.bits(), quote));
    let above = Packed::default()
        .put(feed_decimals.into(), 8)
        .put(low, SEQUENCER_LOW);
    store(at(slot::FEED), Word::with_address(above.bits(), feed));
    store(
        at(slot::QUOTE_FEED),
        Word::with_address(quote_feed_decimals.into(), quote_feed),
    );
    let router = Word::with_address(0, router);
    let low = router.lo & ((1 << ROUTER_LOW) - 1);
    let high = router.hi << (128 - ROUTER_LOW) | router.lo >> ROUTER_LOW;
    store(at(slot::POOLS), Word::with_address(low, &Address::ZERO));
    let asset = load(at(slot::ASSET));
    let above = asset.above_address() | high << 32;
    store(at(slot::ASSET), Word::with_address(above, &asset.address()));
    store(at(slot::FACTORY), Word::with_address(0, factory));
}

/// Writes name and symbol.
pub fn store_names(name: Word, symbol: Word) {
    store(at(slot::NAME), name);
    store(at(slot::SYMBOL), symbol);
}
