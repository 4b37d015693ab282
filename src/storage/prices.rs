//! Where the estimate of volatility stands, and the prices that the vault acted on last.

use vault_core::Price;
use vault_core::volatility::Estimate;

use super::{CASH, MASK, at, compact, expanded, slot};
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

/// The round of each feed's aggregator at opening, lower 64 bits of a round id: they certainly existed. When the epoch opened. hi: quote's 64; lo: asset's
/// 64, time 32.
#[derive(Clone, Copy, Debug, Default)]
pub struct Opened {
    /// The asset feed's.
    pub asset_round: u64,
    /// The quote feed's; 0 where the quote is taken at par.
    pub quote_round: u64,
    /// Unix seconds.
    pub time: u64,
}

impl Opened {
    /// Reads the word.
    pub fn load() -> Self {
        let word = load(at(slot::OPENED));
        let mut lo = Bits(word.lo);
        Self {
            asset_round: lo.take(64) as u64,
            quote_round: word.hi as u64,
            time: lo.take(32) as u64,
        }
    }

    /// Writes the word.
    pub fn store(&self) {
        let lo = Packed::default()
            .put(self.asset_round.into(), 64)
            .put(u128::from(self.time as u32), 32);
        let word = Word {
            hi: self.quote_round.into(),
            lo: lo.bits(),
        };
        store(at(slot::OPENED), word);
    }
}

/// The prices the vault acted on last: what settles an expiry when a feed is gone, and marks the book in views. They share the word of the vault bucket's
/// quote, which a trade changes anyway. hi: price 64, time 32, quote's price 32; lo: the bucket's quote 112, used 16.
#[derive(Clone, Copy, Debug, Default)]
pub struct LastPrice {
    /// Quote per asset: 56 leading bits, rounded down.
    pub price: Price,
    /// Of the quote in dollars: 24 leading bits, rounded down. 0 where the quote is taken at par.
    pub quote: Price,
    /// When, Unix seconds.
    pub time: u64,
    /// How much of the quota of trades has been used at this price, in [`vault_core::sale::Quota::STEPS`].
    pub used: u16,
}

const PRICE_BITS: u32 = 56;
const QUOTE_BITS: u32 = 24;

impl LastPrice {
    /// Reads them.
    #[inline(never)]
    pub fn load() -> Self {
        let word = load(CASH);
        let mut hi = Bits(word.hi);
        Self {
            price: Price(expanded(hi.take(PRICE_BITS + 8), PRICE_BITS)),
            time: hi.take(32) as u64,
            quote: Price(expanded(hi.take(QUOTE_BITS + 8), QUOTE_BITS)),
            used: (word.lo >> 112) as u16,
        }
    }

    /// As they are to be when the vault acts on a price, and on one of the quote. Another price than before is another round of a feed, with a quota of
    /// its own.
    #[inline(never)]
    pub fn at(price: Price, quote: Price, now: u64) -> Self {
        let last = Self::load();
        let price = Price(expanded(compact(price.0, PRICE_BITS), PRICE_BITS));
        Self {
            price,
            quote,
            time: now,
            used: if last.price == price { last.used } else { 0 },
        }
    }

    /// Writes them.
    #[inline(never)]
    pub fn store(&self) {
        let hi = Packed::default()
            .put(compact(self.price.0, PRICE_BITS), PRICE_BITS + 8)
            .put(u128::from(self.time as u32), 32)
            .put(compact(self.quote.0, QUOTE_BITS), QUOTE_BITS + 8);
        let lo = load(CASH).lo & MASK | u128::from(self.used) << 112;
        store(CASH, Word { hi: hi.bits(), lo });
    }
}
