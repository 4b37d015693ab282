//! Keeping the price and greeks of each series up to date in storage.

use vault_core::greeks::Mark;
use vault_core::policy::Market;
use vault_core::rebalance::Valuation;
use vault_core::{Price, Series};

use crate::Result;
use crate::errors::Fail;
use crate::storage::{self, Epoch};

/// Computes and stores those of one series.
pub fn refresh_one(epoch: &Epoch, index: usize, series: &Series, spot: Price, policy: &Market, now: u64) -> Result<()> {
    let tenor = epoch.expiry.saturating_sub(now);
    let cap = series.cap.map(|cap| cap.0);
    let greeks = option_math::capped_call(spot.0, series.strike.0, cap, policy.volatility, tenor, 0)
        .map_err(|error| Fail::from(vault_core::Refusal::Math(error)))?;
    storage::store_mark(epoch.number, index, &Mark::of(&greeks, spot, now));
    Ok(())
}

/// Stores those of all series from a valuation of the book.
pub fn refresh_all(epoch: &Epoch, valuation: &Valuation, spot: Price, now: u64) {
    for (index, greeks) in valuation.greeks.iter().enumerate().take(epoch.series) {
        storage::store_mark(epoch.number, index, &Mark::of(greeks, spot, now));
    }
}
