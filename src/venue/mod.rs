//! Where the vault hedges. A venue says what a trade costs there and how much it takes; the decision sizes the trade; the venue carries it out. A
//! further one is one more file here.

pub mod fill;
pub mod pool;

use vault_core::policy::Keeper;
use vault_core::rebalance::{Terms, Trade};

use crate::Result;

/// What a trade moved.
#[derive(Clone, Copy, Debug)]
pub struct Executed {
    /// What the vault paid, units of the token it gave.
    pub paid: u128,
    /// What it got, units of the other.
    pub received: u128,
}

/// A counterparty of the hedge, found and looked at: it is fit to trade with now.
pub trait Venue {
    /// What trading there is taken to cost, without gas and reward.
    fn terms(&self) -> Terms;

    /// What the venue keeps of what it is given, 18 decimals.
    fn fee(&self) -> u64;

    /// The gas that a rebalance there is paid for.
    fn gas(&self, policy: &Keeper) -> u32;

    /// What [`trade`](Self::trade) would move, for views.
    ///
    /// # Errors
    /// As it refuses.
    fn quote(&self, trade: &Trade) -> Result<Executed>;

    /// Carries a trade out: exactly what it says of what moved has moved.
    ///
    /// # Errors
    /// When the counterparty does not keep what was agreed.
    fn trade(&self, trade: &Trade) -> Result<Executed>;
}
