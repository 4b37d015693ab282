//! What waits for an earlier nonce of its sender.

use std::collections::{BTreeMap, HashMap};

use alloy_primitives::{Address, B256};

use super::signed::SignedTx;

/// Most transactions that wait, of all senders.
pub const WAITING_MAX: usize = 1_024;
/// Most of one sender.
pub const WAITING_OF_ONE_MAX: usize = 64;
/// Least rise, in percent, of the price of a transaction that takes another's place.
const REPLACEMENT_PERCENT: u128 = 110;

/// Transactions whose nonces are not next.
#[derive(Clone, Debug, Default)]
pub struct Pool {
    waiting: BTreeMap<(Address, u64), SignedTx>,
    by_hash: HashMap<B256, (Address, u64)>,
}

/// Why a transaction may not wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// Its place is taken, and it does not pay a tenth more.
    Underpriced,
    /// There are too many.
    Pool,
}

impl std::fmt::Display for Full {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Underpriced => "replacement transaction underpriced",
            Self::Pool => "txpool is full",
        })
    }
}

impl Pool {
    /// Lets a transaction wait.
    ///
    /// # Errors
    /// When there is no room.
    pub fn add(&mut self, tx: SignedTx) -> Result<(), Full> {
        let place = (tx.from(), tx.nonce());
        if let Some(other) = self.waiting.get(&place) {
            let least = other.max_fee().saturating_mul(REPLACEMENT_PERCENT) / 100;
            if tx.max_fee() < least {
                return Err(Full::Underpriced);
            }
            self.by_hash.remove(&other.hash());
        } else {
            let of_one = self
                .waiting
                .range((place.0, 0)..=(place.0, u64::MAX))
                .count();
            if self.waiting.len() >= WAITING_MAX || of_one >= WAITING_OF_ONE_MAX {
                return Err(Full::Pool);
            }
        }
        self.by_hash.insert(tx.hash(), place);
        self.waiting.insert(place, tx);
        Ok(())
    }

    /// Takes the transaction of a sender with this nonce out. Those with earlier ones can never run any more, and go.
    pub fn take(&mut self, from: Address, nonce: u64) -> Option<SignedTx> {
        let stale: Vec<_> = self
            .waiting
            .range((from, 0)..(from, nonce))
            .map(|(place, _)| *place)
            .collect();
        for place in stale {
            self.remove(place);
        }
        self.remove((from, nonce))
    }

    fn remove(&mut self, place: (Address, u64)) -> Option<SignedTx> {
        let tx = self.waiting.remove(&place)?;
        self.by_hash.remove(&tx.hash());
        Some(tx)
    }

    /// A waiting transaction.
    #[must_use]
    pub fn get(&self, hash: &B256) -> Option<&SignedTx> {
        self.waiting.get(self.by_hash.get(hash)?)
    }

    /// All of them, by sender and nonce.
    pub fn iter(&self) -> impl Iterator<Item = &SignedTx> {
        self.waiting.values()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether none waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Lets all of them go.
    pub fn clear(&mut self) {
        self.waiting.clear();
        self.by_hash.clear();
    }
}
