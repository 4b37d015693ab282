//! The ledger: disjoint buckets, asset in hi and quote in lo.

use vault_core::{Assets, Pot, Quote};

use super::{at, slot};
use crate::Result;
use crate::errors::fail;
use crate::host::{load, store};
use crate::word::Word;

/// The buckets. What a token's balance exceeds their sum by was given away; it changes nothing.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub enum Bucket {
    /// The shareholders'.
    Vault = 0,
    /// Requested deposits of the next epoch.
    Queued = 1,
    /// Due to redeemers, and payments a token refused to make.
    Claimable = 2,
    /// Due to the holders of settled options.
    Payouts = 3,
    /// Reserved for series that expire before the epoch ends.
    Reserves = 4,
    /// Keepers' rewards come from here and nowhere else.
    Keeper = 5,
}

impl Bucket {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 6] = [
        Self::Vault,
        Self::Queued,
        Self::Claimable,
        Self::Payouts,
        Self::Reserves,
        Self::Keeper,
    ];
}

pub(super) const MASK: u128 = vault_core::quantity::MAX_AMOUNT;

/// Slot of the vault bucket's quote, and of [`LastPrice`].
pub(super) const CASH: Word = Word {
    hi: 0,
    lo: slot::BUCKETS,
};

pub(super) fn pot(word: Word) -> Pot {
    Pot {
        assets: Assets(word.hi),
        quote: Quote(word.lo),
    }
}

pub(super) fn pot_word(pot: Pot) -> Word {
    Word {
        hi: pot.assets.0,
        lo: pot.quote.0,
    }
}

/// Slot of the keeper budget, and of [`super::Friction`]. The bucket's quote is in [`slot::KEEPER_QUOTE`], and only when it has some.
pub(super) const KEEPER: Word = Word {
    hi: 0,
    lo: slot::BUCKETS + Bucket::Keeper as u128,
};

/// Set in the words of the vault bucket's and the keeper budget's assets: the bucket holds quote, which has a word of its own.
const QUOTE: u128 = 1 << 112;

/// What every deposit and exit reads and writes, in one word, so that they touch no other of the vault's. hi: assets of the vault bucket 112, whether it holds
/// quote 1, whether the vault is open 1; lo: supply 96, bounds of deposits 16 (smallest 8, cap 8).
pub(super) struct Core(pub(super) Word);

impl Core {
    pub(super) const OPEN: u128 = 1 << 113;

    #[inline(never)]
    pub(super) fn load() -> Self {
        Self(load(at(slot::VAULT)))
    }

    pub(super) fn store(&self) {
        store(at(slot::VAULT), self.0);
    }

    pub(super) const fn assets(&self) -> Assets {
        Assets(self.0.hi & MASK)
    }

    pub(super) const fn has(&self, flag: u128) -> bool {
        self.0.hi & flag != 0
    }

    pub(super) fn set(&mut self, flag: u128, value: bool) {
        self.0.hi = self.0.hi & !flag | if value { flag } else { 0 };
    }
}

/// The vault bucket's assets when the vault is open and holds no quote: then they are what the shares are worth. `None` otherwise.
#[inline(never)]
pub fn plain_assets() -> Option<Assets> {
    let core = Core::load();
    (core.has(Core::OPEN) && !core.has(QUOTE)).then(|| core.assets())
}

/// What is in a bucket.
#[inline(never)]
#[expect(clippy::arithmetic_side_effects, reason = "numbers of slots, below 64")]
pub fn bucket(bucket: Bucket) -> Pot {
    match bucket {
        Bucket::Vault => split_pot(at(slot::VAULT), CASH),
        Bucket::Keeper => split_pot(KEEPER, at(slot::KEEPER_QUOTE)),
        other => pot(load(at(slot::BUCKETS + other as u128))),
    }
}

/// A bucket whose quote has a word of its own.
fn split_pot(assets: Word, quote: Word) -> Pot {
    let hi = load(assets).hi;
    let mut pot = Pot {
        assets: Assets(hi & MASK),
        quote: Quote::ZERO,
    };
    if hi & QUOTE != 0 {
        pot.quote = Quote(load(quote).lo & MASK);
    }
    pot
}

/// Sets what is in a bucket; refuses amounts beyond 112 bits.
#[inline(never)]
#[expect(clippy::arithmetic_side_effects, reason = "numbers of slots, below 64")]
pub fn store_bucket(bucket: Bucket, content: Pot) -> Result<()> {
    if content.assets.0 > MASK || content.quote.0 > MASK {
        return Err(fail::AmountTooLarge());
    }
    match bucket {
        Bucket::Vault => store_split_pot(at(slot::VAULT), CASH, content),
        Bucket::Keeper => store_split_pot(KEEPER, at(slot::KEEPER_QUOTE), content),
        other => store(at(slot::BUCKETS + other as u128), pot_word(content)),
    }
    Ok(())
}

/// Sets a bucket whose quote has a word of its own; what else is in the two words stays.
fn store_split_pot(assets: Word, quote: Word, content: Pot) {
    let mut word = load(assets);
    if word.hi & QUOTE != 0 || !content.quote.is_zero() {
        let cash = load(quote);
        let lo = cash.lo & !MASK | content.quote.0;
        store(quote, Word { lo, ..cash });
    }
    word.hi = word.hi & !(MASK | QUOTE) | content.assets.0;
    if !content.quote.is_zero() {
        word.hi |= QUOTE;
    }
    store(assets, word);
}
