//! Why a decision was refused. Each variant becomes one error of the contract's ABI, with the same values.

use option_math::MathError;

use crate::risk::Budget;

/// A refused decision. Nothing has changed when one is returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// An amount or price left the range of its type.
    Overflow,
    /// Option mathematics outside its domain.
    Math(MathError),
    /// The vault could not pay its options at this settlement price.
    Insolvent {
        /// Settlement price, quote per asset, 18 decimals; 0 means "at any high price" (uncapped series).
        price: u128,
        /// What would be missing: quote units at `price`, asset units when `price` is 0. Rounded up.
        shortfall: u128,
    },
    /// A sensitivity of the options open would be beyond its budget.
    BeyondRiskBudget {
        /// Which.
        budget: Budget,
        /// What the book would use, asset units.
        used: u128,
        /// What it may, asset units.
        most: u128,
    },
    /// The exposure is inside the no-trade band.
    InsideBand {
        /// Exposure of the vault, asset units.
        exposure: i128,
        /// Exposure it should have, asset units.
        target: i128,
        /// Half-width of the band, asset units.
        band: u128,
    },
    /// What may be traded is below the minimum trade.
    BelowMinimumTrade {
        /// Asset units that could be traded now.
        trade: u128,
        /// The policy's minimum, asset units.
        minimum: u128,
    },
    /// A trade takes off less risk than the policy asks for its cost.
    NotWorthIt {
        /// What it is worth, asset units.
        benefit: u128,
        /// What the policy asks, asset units: its cost, times the gate.
        asked: u128,
    },
    /// No listed strike could be solved.
    NothingToList,
    /// The round is not the last one at or before the time it is to price.
    WrongRound {
        /// The round's time, seconds; 0 when there is no such round.
        updated_at: u64,
        /// The time, seconds.
        time: u64,
    },
    /// The feed has no round that prices the expiry, and the time to look further has not come.
    NoPriceYet {
        /// Until when, seconds.
        until: u64,
    },
}

impl From<MathError> for Refusal {
    fn from(error: MathError) -> Self {
        Self::Math(error)
    }
}
