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

/// What every deposit and exit reads and writes, in one word, so that they touch no other of the vault's. hi: assets of the vault bucket 112, whether it holds
/// quote 1, whether the vault is open 1; lo: supply 128.
pub(super) struct Core(pub(super) Word);

impl Core {
    pub(super) const QUOTE: u128 = 1 << 112;
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
    (core.has(Core::OPEN) && !core.has(Core::QUOTE)).then(|| core.assets())
}

/// What is in a bucket.
#[inline(never)]
#[expect(clippy::arithmetic_side_effects, reason = "numbers of slots, below 64")]
pub fn bucket(bucket: Bucket) -> Pot {
    let slot = at(slot::BUCKETS + bucket as u128);
    if !matches!(bucket, Bucket::Vault) {
        return pot(load(slot));
    }
    let core = Core::load();
    let mut quote = Quote::ZERO;
    if core.has(Core::QUOTE) {
        quote = Quote(load(slot).lo & MASK);
    }
    Pot {
        assets: core.assets(),
        quote,
    }
}

/// Sets what is in a bucket; refuses amounts beyond 112 bits.
#[inline(never)]
#[expect(clippy::arithmetic_side_effects, reason = "numbers of slots, below 64")]
pub fn store_bucket(bucket: Bucket, content: Pot) -> Result<()> {
    if content.assets.0 > MASK || content.quote.0 > MASK {
        return Err(fail::AmountTooLarge());
    }
    let slot = at(slot::BUCKETS + bucket as u128);
    if !matches!(bucket, Bucket::Vault) {
        store(slot, pot_word(content));
        return Ok(());
    }
    let mut core = Core::load();
    if core.has(Core::QUOTE) || !content.quote.is_zero() {
        let word = load(slot);
        let lo = word.lo & !MASK | content.quote.0;
        store(slot, Word { lo, ..word });
    }
    core.0.hi = core.0.hi & !MASK | content.assets.0;
    core.set(Core::QUOTE, !content.quote.is_zero());
    core.store();
    Ok(())
}
