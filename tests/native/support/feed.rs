//! A Chainlink feed with settable rounds.

use alloy_primitives::{I256, U256, Uint};
use stylus_sdk::prelude::*;
use stylus_sdk::storage::{StorageBool, StorageI256, StorageMap, StorageU256};

type RoundId = Uint<80, 2>;
type Round = (RoundId, I256, U256, U256, RoundId);

/// The feed.
#[storage]
pub struct Feed {
    decimals: StorageU256,
    /// How much time has passed since rounds were written: their times are stored from a clock that stands still.
    passed: StorageU256,
    latest: StorageU256,
    answers: StorageMap<U256, StorageI256>,
    times: StorageMap<U256, StorageU256>,
    dead: StorageBool,
}

// SAFETY: there is one feed in a program, at slot 0.
unsafe impl stylus_sdk::stylus_core::storage::TopLevelStorage for Feed {}

/// Id of a round of a phase.
pub fn round_id(phase: u16, number: u64) -> u128 {
    u128::from(phase) << 64 | u128::from(number)
}

impl Feed {
    /// Sets what `decimals()` answers.
    pub fn set_decimals(&mut self, decimals: u8) {
        self.decimals.set(U256::from(decimals));
    }

    /// Writes a round, and makes it the latest unless an older one is written after it.
    pub fn write(&mut self, id: u128, answer: I256, updated_at: u64) {
        let id = U256::from(id);
        self.answers.setter(id).set(answer);
        let time = U256::from(updated_at) + self.passed.get();
        self.times.setter(id).set(time);
        let latest = self.latest.get().max(id);
        self.latest.set(latest);
    }

    /// Writes a round and makes it the latest, whatever came before.
    pub fn write_latest(&mut self, id: u128, answer: I256, updated_at: u64) {
        self.latest.set(U256::ZERO);
        self.write(id, answer, updated_at);
    }

    /// Forgets a round.
    pub fn forget(&mut self, id: u128) {
        self.times.setter(U256::from(id)).set(U256::ZERO);
    }

    /// Everything written becomes older.
    pub fn age(&mut self, seconds: u64) {
        let passed = self.passed.get() + U256::from(seconds);
        self.passed.set(passed);
    }

    /// Reverts whatever is asked, or no longer.
    pub fn die(&mut self, dead: bool) {
        self.dead.set(dead);
    }

    /// Id of the latest round.
    pub fn latest(&self) -> u128 {
        self.latest.get().to()
    }

    fn round(&self, id: U256) -> Result<Round, Vec<u8>> {
        let time = self.times.get(id);
        if self.dead.get() || time.is_zero() {
            return Err(b"No data present".to_vec());
        }
        // A time of the far future is told as it was written.
        let time = time.saturating_sub(self.passed.get());
        let id = id.to::<RoundId>();
        Ok((id, self.answers.get(id.to()), time, time, id))
    }
}

#[public]
impl Feed {
    fn decimals(&self) -> Result<U256, Vec<u8>> {
        if self.dead.get() {
            Err(b"dead".to_vec())
        } else {
            Ok(self.decimals.get())
        }
    }

    fn latest_round_data(&self) -> Result<Round, Vec<u8>> {
        self.round(self.latest.get())
    }

    fn phase_id(&self) -> Result<u16, Vec<u8>> {
        Ok((self.latest() >> 64) as u16)
    }

    fn get_round_data(&self, id: RoundId) -> Result<Round, Vec<u8>> {
        self.round(id.to())
    }
}
