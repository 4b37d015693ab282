//! Where the estimate of volatility stands, and the prices that the vault acted on last.

use vault_core::Price;
use vault_core::settlement::RoundId;
use vault_core::volatility::Estimate;

use super::{CASH, MASK, at, slot};
use crate::host::{load, store};
use crate::word::{Bits, Packed, Word};

/// The volatility that options are priced with, annualised, 18 decimals.
pub fn volatility() -> u64 {
    estimate().volatility
}

/// Where the estimate of volatility stands. hi: price 96, point 32; lo: variance 64, volatility 64.
#[inline(never)]
pub fn estimate() -> Estimate {
    let word = load(at(slot::VOLATILITY));
    Estimate {
        variance: (word.lo >> 64) as u64,
        volatility: word.lo as u64,
        point: (word.hi as u32).into(),
        price: Price(word.hi >> 32),
    }
}

/// Writes where the estimate of volatility stands.
#[inline(never)]
pub fn store_estimate(estimate: &Estimate) {
    let word = Word {
        hi: estimate.price.0 << 32 | u128::from(estimate.point as u32),
        lo: u128::from(estimate.variance) << 64 | u128::from(estimate.volatility),
    };
    store(at(slot::VOLATILITY), word);
}

/// Phases of the asset's and the quote's feed that the last point of the grid was read in.
pub fn grid_phases() -> [u16; 2] {
    let bits = load(at(slot::GRID_PHASES)).lo;
    [bits as u16, (bits >> 16) as u16]
}

/// Writes the phases that the last point of the grid was read in.
pub fn store_grid_phases([asset, quote]: [u16; 2]) {
    let bits = u128::from(asset) | u128::from(quote) << 16;
    store(at(slot::GRID_PHASES), Word::from(bits));
}

/// The aggregator's round at opening, lower 64 bits of a round id, which certainly existed; and when the epoch opened, Unix seconds. lo: 64, 32.
pub fn opened() -> (u64, u64) {
    let mut lo = Bits(load(at(slot::OPENED)).lo);
    (lo.take(64) as u64, lo.take(32) as u64)
}

/// Writes round and time of an opening.
pub fn store_opened(round: u64, time: u64) {
    let lo = Packed::default()
        .put(round.into(), 64)
        .put(u128::from(time as u32), 32);
    store(at(slot::OPENED), Word::from(lo.bits()));
}

/// The price the vault acted on last: what settles an expiry when the feed is gone, and marks the book in views. It shares the word of the vault bucket's
/// quote, which a trade changes anyway. hi: price 96, time 32; lo: the bucket's quote 112, used 16.
#[derive(Clone, Copy, Debug, Default)]
pub struct LastPrice {
    /// Quote per asset.
    pub price: Price,
    /// When, Unix seconds.
    pub time: u64,
    /// How much of the quota of trades has been used at this price, in [`vault_core::sale::Quota::STEPS`].
    pub used: u16,
}

impl LastPrice {
    /// Reads them.
    #[inline(never)]
    pub fn load() -> Self {
        let word = load(CASH);
        let mut hi = Bits(word.hi);
        Self {
            price: Price(hi.take(96)),
            time: hi.take(32) as u64,
            used: (word.lo >> 112) as u16,
        }
    }

    /// As it is to be when the vault acts on a price. Another price than before is another round of a feed, with a quota of its own.
    pub fn at(price: Price, now: u64) -> Self {
        let mut last = Self::load();
        if last.price != price {
            last.used = 0;
        }
        Self {
            price,
            time: now,
            ..last
        }
    }

    /// Writes them.
    #[inline(never)]
    pub fn store(&self) {
        let hi = Packed::default()
            .put(self.price.0, 96)
            .put(u128::from(self.time as u32), 32);
        let lo = load(CASH).lo & MASK | u128::from(self.used) << 112;
        store(CASH, Word { hi: hi.bits(), lo });
    }
}

/// hi: price of the quote in dollars 96, phase 16; lo: number 64. Nothing where the quote is taken at par.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QuotePrice {
    /// The price the vault acted on last: what an expiry is settled with when the quote's feed is gone.
    pub price: Price,
    /// The round of the quote's feed at opening: it certainly existed.
    pub opening_round: RoundId,
}

impl QuotePrice {
    /// Reads the word.
    #[inline(never)]
    pub fn load() -> Self {
        let word = load(at(slot::QUOTE_PRICE));
        let mut hi = Bits(word.hi);
        Self {
            price: Price(hi.take(96)),
            opening_round: RoundId {
                phase: hi.take(16) as u16,
                number: word.lo as u64,
            },
        }
    }

    /// Writes the word.
    #[inline(never)]
    pub fn store(&self) {
        let hi = Packed::default()
            .put(self.price.0, 96)
            .put(self.opening_round.phase.into(), 16);
        store(
            at(slot::QUOTE_PRICE),
            Word {
                hi: hi.bits(),
                lo: self.opening_round.number.into(),
            },
        );
    }
}
