//! The series of an epoch: words indexed by epoch and number, kept for ever.

use vault_core::opening::{MAX_TICKS, coarsening};
use vault_core::quantity::{MAX_LIMIT, power_of_ten};
use vault_core::solvency::{self, Backing};
use vault_core::wide::mul_div_down;
use vault_core::{Assets, Pot, Price, Series};

use super::{Epoch, pot, pot_word, region, series_slot};
use crate::errors::{Checked, fail};
use crate::host::{load, store};
use crate::word::{Bits, Packed, Word};
use crate::{MAX_SERIES, Result};

/// Two series share a word, the first of them in hi. Each: options sold 96, strike 16, cap 16, both in units of its own, see [`Terms`]; a cap of 0 is
/// none. A strike is never 0.
fn halves(epoch: u32, index: usize) -> (Word, Word) {
    let slot = series_slot(region::SERIES, epoch, index >> 1);
    (slot, load(slot))
}

fn half(epoch: u32, index: usize) -> u128 {
    let (_, word) = halves(epoch, index);
    if index & 1 == 0 { word.hi } else { word.lo }
}

#[inline(never)]
fn store_half(epoch: u32, index: usize, half: u128) {
    let (slot, mut word) = halves(epoch, index);
    if index & 1 == 0 {
        word.hi = half;
    } else {
        word.lo = half;
    }
    store(slot, word);
}

/// Bits of the options sold of a series: no epoch's limit is beyond them.
const SOLD: u128 = MAX_LIMIT.0;

/// Whether a series of this number has been listed.
pub fn is_listed(epoch: u32, index: usize) -> bool {
    half(epoch, index) > SOLD
}

/// Options of a series that are open, or were when it was settled.
pub fn sold(epoch: u32, index: usize) -> Assets {
    Assets(half(epoch, index) & SOLD)
}

/// Writes how many options of a series are open. None has more than its limit.
pub fn store_sold(epoch: u32, index: usize, sold: Assets) -> Result<()> {
    if sold > MAX_LIMIT {
        return Err(fail::AmountTooLarge());
    }
    store_half(epoch, index, half(epoch, index) & !SOLD | sold.0);
    Ok(())
}

/// What all holders of a settled series are paid together.
pub fn payout(epoch: u32, index: usize) -> Pot {
    pot(load(series_slot(region::PAYOUT, epoch, index)))
}

/// Writes a payout, once.
pub fn store_payout(epoch: u32, index: usize, payout: Pot) {
    store(series_slot(region::PAYOUT, epoch, index), pot_word(payout));
}

/// What the series of an epoch have in common and what tells them apart, kept for ever. lo: end 40, days before it 8 · 5, backed by quote 8, settled 8, open
/// 8, largest share 16; hi: tick 64, powers of ten 8 · 4.
///
/// Strikes and caps are counted in the tick of the policy that listed them, times a power of ten of the series' own where they are more than
/// [`MAX_TICKS`] of it.
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
    /// Steps of 10⁻⁹.
    tick: u64,
    /// Four bits a series.
    powers: u32,
}

const SECONDS_A_DAY: u32 = 86_400;
/// A step of prices is 10⁹ of their units.
const STEP_DIGITS: u32 = 9;

impl Terms {
    /// Those of an epoch that lists nothing yet.
    pub const fn ending(end: u64, tick: u64) -> Self {
        Self {
            end,
            days: 0,
            quote: 0,
            settled: 0,
            open: 0,
            share: 0,
            tick,
            powers: 0,
        }
    }

    /// Reads the word.
    #[inline(never)]
    pub fn load(epoch: u32) -> Self {
        let word = load(series_slot(region::TERMS, epoch, 0));
        let mut lo = Bits(word.lo);
        Self {
            end: lo.take(40) as u64,
            days: lo.take(40),
            quote: lo.take(8) as u8,
            settled: lo.take(8) as u8,
            open: lo.take(8) as u8,
            share: lo.take(16) as u16,
            tick: word.hi as u64,
            powers: (word.hi >> 64) as u32,
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
        let word = Word {
            hi: u128::from(self.powers) << 64 | u128::from(self.tick),
            lo: lo.bits(),
        };
        store(series_slot(region::TERMS, epoch, 0), word);
    }

    /// Sets what only all series together tell.
    pub fn together(&mut self, series: &[Series]) {
        self.share = solvency::largest_share(series);
    }

    /// Adds a series of this number, one after another from 0, and writes its half of a word.
    ///
    /// # Errors
    /// `AmountTooLarge` for a strike or cap that is no whole number of its units: [`vault_core::opening`] makes none.
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "a number below eight, times five or four"
    )]
    pub fn list(&mut self, epoch: u32, index: usize, series: &Series) -> Result<()> {
        self.days |= u128::from(series.early / SECONDS_A_DAY) << (5 * index);
        self.quote |= u8::from(series.backing == Backing::Quote) << index;
        let cap = series.cap.unwrap_or_default();
        // Its own power is still 0: of a tick as the policy has it.
        let power = coarsening(self.price_of(1, index), series.strike.max(cap));
        self.powers |= power << (4 * index);
        let unit = self.price_of(1, index).0;
        let count = |price: Price| -> Result<u128> {
            let count = mul_div_down(price.0, 1, unit).checked()?;
            if count > MAX_TICKS || count.wrapping_mul(unit) != price.0 {
                return Err(fail::AmountTooLarge());
            }
            Ok(count)
        };
        let half = Packed::default()
            .put(series.sold.0, 96)
            .put(count(series.strike)?, 16)
            .put(count(cap)?, 16);
        store_half(epoch, index, half.bits());
        Ok(())
    }

    /// So many units of a series as a price.
    #[inline(never)]
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "a number below eight, times four"
    )]
    fn price_of(&self, count: u128, index: usize) -> Price {
        let step = power_of_ten((self.powers >> (4 * index) & 15).wrapping_add(STEP_DIGITS));
        // Below 2¹⁶ · 2⁵⁰ · 10²⁴: what a listing has checked.
        Price(u128::from(self.tick).wrapping_mul(step).wrapping_mul(count))
    }

    /// How long before the end a series expires, seconds.
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "a number below eight, times five; five bits of days"
    )]
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

    /// A series of this number as it was listed and sold.
    #[inline(never)]
    pub fn listed(&self, epoch: u32, index: usize) -> Series {
        let mut bits = Bits(half(epoch, index));
        let sold = Assets(bits.take(96));
        let strike = self.price_of(bits.take(16), index);
        let cap = bits.take(16);
        Series {
            strike,
            cap: (cap != 0).then(|| self.price_of(cap, index)),
            sold,
            early: self.early(index),
            backing: self.backing(index),
        }
    }

    /// A series of this number as it is in the live book: what is settled is no longer open.
    #[inline(never)]
    pub fn series(&self, epoch: u32, index: usize) -> Series {
        let mut one = self.listed(epoch, index);
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
    /// Reads them: a word for two, and their terms. What is settled is no longer open.
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
