//! The epoch, and the prices the vault acted on last.

use vault_core::{Assets, Series};

use super::{Core, at, slot};
use crate::Result;
use crate::errors::fail;
use crate::host::{load, store};
use crate::word::{Bits, Packed, Word};

/// Where the vault is in its cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Phase {
    /// Deposits and exits in the asset.
    Open = 0,
    /// Options are sold and hedged.
    Live = 1,
    /// The expiry has passed and is to be settled. Time brings it about; it is never stored.
    Expired = 2,
    /// Payouts are reserved; leftover quote is converted, then the epoch is rolled.
    Settled = 3,
}

/// hi: limit of each series 96, phases of the asset's and the quote's feed 16 each; lo: number 26, phase 2, series 4, expiry 32, since 32, end of the pause 32.
#[derive(Clone, Copy, Debug)]
pub struct Epoch {
    /// Number, from 1; 0 before the first.
    pub number: u32,
    /// What is stored: never [`Phase::Expired`].
    stored: Phase,
    /// How many series it lists.
    pub series: usize,
    /// When its options expire, Unix seconds.
    pub expiry: u64,
    /// When the stored phase began, Unix seconds.
    pub since: u64,
    /// The asset feed's phase at opening, upper 16 bits of a round id: its rounds settle the epoch.
    pub feed_phase: u16,
    /// The quote feed's; 0 where the quote is taken at par.
    pub quote_phase: u16,
    /// The most options of each series, asset units.
    pub limit: Assets,
    /// Until when nothing new is risked, Unix seconds.
    pub paused_until: u64,
}

impl Epoch {
    /// Reads the word.
    #[inline(never)]
    pub fn load() -> Self {
        let word = load(at(slot::EPOCH));
        let (mut hi, mut lo) = (Bits(word.hi), Bits(word.lo));
        Self {
            limit: Assets(hi.take(96)),
            feed_phase: hi.take(16) as u16,
            quote_phase: hi.take(16) as u16,
            number: lo.take(26) as u32,
            stored: match lo.take(2) {
                0 => Phase::Open,
                1 => Phase::Live,
                _ => Phase::Settled,
            },
            series: lo.take(4) as usize,
            expiry: lo.take(32) as u64,
            since: lo.take(32) as u64,
            paused_until: lo.take(32) as u64,
        }
    }

    /// Writes the word, and whether the vault is open beside its assets.
    #[inline(never)]
    pub fn store(&self) {
        let mut core = Core::load();
        core.set(Core::OPEN, self.stored == Phase::Open);
        core.store();
        let hi = Packed::default()
            .put(self.limit.0, 96)
            .put(self.feed_phase.into(), 16)
            .put(self.quote_phase.into(), 16);
        let lo = Packed::default()
            .put(self.number.into(), 26)
            .put(self.stored as u128, 2)
            .put(self.series as u128, 4)
            .put(self.expiry.into(), 32)
            .put(self.since.into(), 32)
            .put(self.paused_until.into(), 32);
        store(
            at(slot::EPOCH),
            Word {
                hi: hi.bits(),
                lo: lo.bits(),
            },
        );
    }

    /// Where the vault is at `now`.
    #[inline(never)]
    pub fn phase(&self, now: u64) -> Phase {
        if self.stored == Phase::Live && now >= self.expiry {
            Phase::Expired
        } else {
            self.stored
        }
    }

    /// Time to the expiry of one of its series, seconds.
    pub fn tenor(&self, series: &Series, now: u64) -> u64 {
        self.expiry
            .saturating_sub(now)
            .saturating_sub(series.early.into())
    }

    /// Begins a phase.
    pub fn enter(&mut self, phase: Phase, now: u64) {
        self.stored = phase;
        self.since = now;
    }

    /// Number of the epoch whose roll carries out requests made now.
    pub fn request_id(&self) -> u32 {
        self.number
            .saturating_add(u32::from(self.stored == Phase::Open))
    }

    /// Refuses unless the epoch is live at `now`: `SettleFirst` after its expiry, `NotLive` otherwise.
    pub fn require_live(&self, now: u64) -> Result<()> {
        match self.phase(now) {
            Phase::Live => Ok(()),
            Phase::Expired => Err(fail::SettleFirst(self.expiry)),
            other => Err(fail::NotLive(other)),
        }
    }

    /// Refuses what starts new risk during a pause.
    pub fn require_running(&self, now: u64) -> Result<()> {
        if now < self.paused_until {
            return Err(fail::SalesPaused(self.paused_until, now));
        }
        Ok(())
    }
}
