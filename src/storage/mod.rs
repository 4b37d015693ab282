//! What the vault remembers, word by word. A cold word costs 2 100 gas to read and 2 900 to 20 000 to change, so fields that are used
//! together share a word. Widths are in bits, from the least significant; each word's sum is at most 256.

mod config;
mod epoch;
mod hedge;
mod holders;
mod ledger;
mod policy;
mod prices;
mod requests;
mod roles;
mod series;

#[cfg(test)]
mod tests;

use alloy_primitives::Address;

use crate::host::keccak;
use crate::word::Word;

pub use config::*;
pub use epoch::*;
pub use hedge::*;
pub use holders::*;
pub use ledger::*;
pub use policy::*;
pub use prices::*;
pub use requests::*;
pub use roles::*;
pub use series::*;

/// Fixed slots.
mod slot {
    pub const ASSET: u128 = 0;
    pub const QUOTE: u128 = 1;
    pub const FEED: u128 = 2;
    pub const NAME: u128 = 5;
    pub const SYMBOL: u128 = 6;
    pub const EPOCH: u128 = 7;
    pub const OPENED: u128 = 8;
    pub const VAULT: u128 = 9;
    pub const QUEUE: u128 = 10;
    pub const OWNER: u128 = 11;
    pub const PENDING_OWNER: u128 = 12;
    pub const GUARDIAN: u128 = 13;
    pub const FEE_RECIPIENT: u128 = 14;
    pub const HIGH_WATER: u128 = 15;
    /// Six buckets from here.
    pub const BUCKETS: u128 = 16;
    pub const QUOTE_FEED: u128 = 22;
    pub const VOLATILITY: u128 = 23;
    pub const KEEPER_QUOTE: u128 = 24;
    pub const GRID_PHASES: u128 = 25;
    pub const EXTENSION: u128 = 26;
    pub const FACTORY: u128 = 27;
    pub const HEDGE: u128 = 28;
    /// A pool for each fee tier of the policy from here.
    pub const POOLS: u128 = 29;
    /// Eleven words of policy from here.
    pub const POLICY: u128 = 32;
    /// Eleven words of the announced policy from here, then the time it was announced.
    pub const ANNOUNCED: u128 = 48;
}

/// Upper half of the slots that an epoch and series number index: they meet neither the fixed slots nor a hash.
mod region {
    pub const SERIES: u128 = 1;
    pub const PAYOUT: u128 = 3;
    pub const DEPOSITED: u128 = 4;
    pub const REDEEMED: u128 = 5;
    pub const REDEEMED_FOR: u128 = 6;
    pub const TERMS: u128 = 7;
}

/// What tells the mappings apart: it lies above an address in one of the two words that are hashed. The first word is the holder's address
/// with a tag, the second the other half of the key.
mod mapping {
    pub const SHARES: u128 = 1;
    pub const CREDIT: u128 = 2;
    pub const OPTIONS: u128 = 3;
    pub const SHARE_ALLOWANCE: u128 = 4;
    pub const OPTION_ALLOWANCE: u128 = 5;
    pub const OPERATOR: u128 = 6;
    pub const DEPOSIT_REQUEST: u128 = 7;
    pub const REDEEM_REQUEST: u128 = 8;
    pub const NONCE: u128 = 9;
}

fn entry(tag: u128, holder: &Address, key: Word) -> Word {
    keccak(Word::with_address(tag, holder), key)
}

fn at(slot: u128) -> Word {
    Word::from(slot)
}

/// The `bits` leading bits of a number, and above them in 8 bits how many were dropped: exact for a number that has no more bits.
#[inline(never)]
#[expect(
    clippy::arithmetic_side_effects,
    reason = "widths are constants below 128"
)]
const fn compact(x: u128, bits: u32) -> u128 {
    let dropped = (u128::BITS - bits).saturating_sub(x.leading_zeros());
    (dropped as u128) << bits | x >> dropped
}

/// A number that [`compact`] made smaller, its dropped bits 0.
#[inline(never)]
#[expect(
    clippy::arithmetic_side_effects,
    reason = "widths are constants below 128, and no more bits were dropped than there are"
)]
const fn expanded(x: u128, bits: u32) -> u128 {
    (x & ((1 << bits) - 1)) << (x >> bits)
}

fn series_slot(region: u128, epoch: u32, index: usize) -> Word {
    Word {
        hi: region,
        lo: u128::from(epoch) << 8 | index as u128,
    }
}
