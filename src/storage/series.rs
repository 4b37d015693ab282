//! The series of an epoch: words indexed by epoch and number, kept for ever.

use vault_core::greeks::Mark;
use vault_core::policy::PRICE_STEP;
use vault_core::solvency::{self, Backing};
use vault_core::{Assets, Pot, Price, Series};

use super::{Epoch, pot, pot_word, region, series_slot};
use crate::errors::fail;
use crate::host::{load, store};
use crate::word::{Bits, Packed, Word};
use crate::{MAX_SERIES, Result};

/// hi: sold 112 above the top 16 bits of the strike; lo: the strike's low 56 bits above the cap 72. Prices in steps of 10⁻⁹; a cap of 0 is none.
#[inline(never)]
pub fn series(epoch: u32, index: usize) -> Series {
    let word = load(series_slot(region::SERIES, epoch, index));
    let (mut hi, mut lo) = (Bits(word.hi), Bits(word.lo));
    let cap = lo.take(72);
    let strike = lo.take(56) | hi.take(16) << 56;
    Series {
        strike: Price(strike * PRICE_STEP),
        cap: (cap != 0).then_some(Price(cap * PRICE_STEP)),
        sold: Assets(hi.take(112)),
        ..Series::default()
    }
}

/// A price in steps of 10⁻⁹, rounded down; strikes and caps are whole steps.
fn steps(price: u128) -> u128 {
    vault_core::wide::mul_div_down(price, 1, PRICE_STEP).unwrap_or(0)
}

/// Writes a series; refuses prices beyond 72 bits of steps.
#[inline(never)]
pub fn store_series(epoch: u32, index: usize, series: &Series) -> Result<()> {
    let strike = steps(series.strike.0);
    let cap = series.cap.map_or(0, |cap| steps(cap.0));
    if strike.max(cap) >> 72 != 0 {
        return Err(fail::AmountTooLarge());
    }
    let hi = Packed::default()
        .put(strike >> 56, 16)
        .put(series.sold.0, 112);
    let lo = Packed::default()
        .put(cap, 72)
        .put(strike & ((1 << 56) - 1), 56);
    store(
        series_slot(region::SERIES, epoch, index),
        Word {
            hi: hi.bits(),
            lo: lo.bits(),
        },
    );
    Ok(())
}

/// The word of two marks: the first of the pair in hi.
fn marks_slot(epoch: u32, index: usize) -> Word {
    series_slot(region::GREEKS, epoch, index >> 1)
}

/// Price and greeks of a series as they were stored last; zero for never.
#[inline(never)]
pub fn mark(epoch: u32, index: usize) -> Mark {
    let word = load(marks_slot(epoch, index));
    Mark::unpack(if index & 1 == 0 { word.hi } else { word.lo })
}

/// Stores price and greeks if they moved enough to be worth it.
#[inline(never)]
pub fn store_mark(epoch: u32, index: usize, new: &Mark) {
    if mark(epoch, index).moved(new) {
        let slot = marks_slot(epoch, index);
        let mut word = load(slot);
        let half = if index & 1 == 0 {
            &mut word.hi
        } else {
            &mut word.lo
        };
        *half = new.pack();
        store(slot, word);
    }
}

/// What all holders of a settled series are paid together.
pub fn payout(epoch: u32, index: usize) -> Pot {
    pot(load(series_slot(region::PAYOUT, epoch, index)))
}

/// Writes a payout, once.
pub fn store_payout(epoch: u32, index: usize, payout: Pot) {
    store(series_slot(region::PAYOUT, epoch, index), pot_word(payout));
}

/// When the series of an epoch expire and what backs them, kept for ever. lo: end 40, days before it 8 · 5, backed by quote 8, settled 8, open 8, largest
/// share 16.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// When the last of them expire, Unix seconds.
    pub end: u64,
    /// Five bits a series.
    days: u128,
    /// A bit a series: its reserve, if it expires early, is in quote.
    quote: u8,
    /// A bit a series: its payout is fixed.
    settled: u8,
    /// A bit a series: options of it are open.
    open: u8,
    /// [`solvency::largest_share`] of the series.
    pub share: u16,
}

const SECONDS_A_DAY: u32 = 86_400;

impl Terms {
    /// Those of an epoch that lists nothing yet.
    pub const fn ending(end: u64) -> Self {
        Self {
            end,
            days: 0,
            quote: 0,
            settled: 0,
            open: 0,
            share: 0,
        }
    }

    /// Reads the word.
    #[inline(never)]
    pub fn load(epoch: u32) -> Self {
        let mut lo = Bits(load(series_slot(region::TERMS, epoch, 0)).lo);
        Self {
            end: lo.take(40) as u64,
            days: lo.take(40),
            quote: lo.take(8) as u8,
            settled: lo.take(8) as u8,
            open: lo.take(8) as u8,
            share: lo.take(16) as u16,
        }
    }

    /// Writes the word.
    #[inline(never)]
    pub fn store(&self, epoch: u32) {
        let lo = Packed::default()
            .put(self.end.into(), 40)
            .put(self.days, 40)
            .put(self.quote.into(), 8)
            .put(self.settled.into(), 8)
            .put(self.open.into(), 8)
            .put(self.share.into(), 16);
        store(series_slot(region::TERMS, epoch, 0), Word::from(lo.bits()));
    }

    /// Sets what only all series together tell.
    pub fn listed(&mut self, series: &[Series]) {
        self.share = solvency::largest_share(series);
    }

    /// Adds those of a series of this number, one after another from 0.
    pub fn list(&mut self, index: usize, series: &Series) {
        self.days |= u128::from(series.early / SECONDS_A_DAY) << (5 * index);
        self.quote |= u8::from(series.backing == Backing::Quote) << index;
    }

    /// How long before the end a series expires, seconds.
    pub const fn early(&self, index: usize) -> u32 {
        (self.days >> (5 * index) & 31) as u32 * SECONDS_A_DAY
    }

    /// When a series expires, Unix seconds.
    pub fn expiry(&self, index: usize) -> u64 {
        self.end.saturating_sub(self.early(index).into())
    }

    /// Sets whether a series has options open; whether that is a change.
    pub const fn trade(&mut self, index: usize, open: bool) -> bool {
        let before = self.open;
        self.open = before & !(1 << index) | (open as u8) << index;
        self.open != before
    }

    /// Whether options are open, or were when the epoch ended.
    pub const fn has_options(&self) -> bool {
        self.open != 0
    }

    /// How many of the first `count` series are of the last expiry.
    pub fn pooled(&self, count: usize) -> u128 {
        (0..count)
            .map(|index| u128::from(self.early(index) == 0))
            .sum()
    }

    /// How many series have options open that are not settled, and how long before the end the first of them expires, seconds.
    pub fn live(&self) -> (u32, u32) {
        let live = self.open & !self.settled;
        (live.count_ones(), self.first_early().unwrap_or_default())
    }

    /// The first expiry before the end with options open that are not settled, as seconds before the end.
    #[inline(never)]
    pub fn first_early(&self) -> Option<u32> {
        let open = |index: &usize| self.open & !self.settled & 1 << index != 0;
        let early = (0..MAX_SERIES).filter(open).map(|index| self.early(index));
        early.filter(|early| *early != 0).max()
    }

    /// Refuses while an expiry before the end has passed and its options are not settled: until then nothing moves what the vault holds or
    /// owes.
    #[inline(never)]
    pub fn require_settled(&self, now: u64) -> Result<()> {
        if let Some(early) = self.first_early() {
            let expiry = self.end.saturating_sub(early.into());
            if now >= expiry {
                return Err(fail::SettleFirst(expiry));
            }
        }
        Ok(())
    }

    /// A series of this number as it is in the live book: what is settled is no longer open.
    #[inline(never)]
    pub fn series(&self, epoch: u32, index: usize) -> Series {
        let mut one = series(epoch, index);
        one.early = self.early(index);
        one.backing = self.backing(index);
        if self.settled(index) {
            one.sold = Assets::ZERO;
        }
        one
    }

    /// Whether the payout of a series is fixed.
    pub const fn settled(&self, index: usize) -> bool {
        self.settled >> index & 1 != 0
    }

    /// Fixes the payouts of the series that expire this long before the end; at the end, of all.
    pub fn settle(&mut self, early: u32) {
        for index in 0..MAX_SERIES {
            if early == 0 || self.early(index) == early {
                self.settled |= 1 << index;
            }
        }
    }

    /// What a series is paid from.
    pub const fn backing(&self, index: usize) -> Backing {
        if self.early(index) == 0 {
            Backing::Pooled
        } else if self.quote >> index & 1 != 0 {
            Backing::Quote
        } else {
            Backing::Assets
        }
    }
}

/// The series of an epoch, in memory.
pub struct Listed {
    all: [Series; MAX_SERIES],
    count: usize,
    /// When they expire.
    pub terms: Terms,
}

impl Listed {
    /// Reads them: one word each, and their terms. What is settled is no longer open.
    #[inline(never)]
    pub fn load(epoch: &Epoch) -> Self {
        let mut all = [Series::default(); MAX_SERIES];
        let count = epoch.series.min(MAX_SERIES);
        let terms = Terms::load(epoch.number);
        for (index, place) in all.iter_mut().enumerate().take(count) {
            *place = terms.series(epoch.number, index);
        }
        Self { all, count, terms }
    }

    /// All of them.
    pub fn as_slice(&self) -> &[Series] {
        self.all.get(..self.count).unwrap_or(&[])
    }

    /// One of them.
    pub fn get_mut(&mut self, index: usize) -> Option<&mut Series> {
        self.all.get_mut(..self.count)?.get_mut(index)
    }
}
