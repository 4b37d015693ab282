//! Keeping the price and greeks of each series up to date in storage.

use vault_core::greeks::Mark;
use vault_core::rebalance::Valuation;
use vault_core::{Price, Series};

use crate::Result;
use crate::storage::{self, Epoch};

/// Computes and stores those of one series.
pub fn refresh_one(
    epoch: &Epoch,
    index: usize,
    series: &Series,
    spot: Price,
    now: u64,
) -> Result<()> {
    let tenor = epoch.tenor(series, now);
    let mark = Mark::price(series, spot, storage::volatility(), tenor)?;
    storage::store_mark(epoch.number, index, &mark);
    Ok(())
}

/// Stores those of all series from a valuation of the book.
pub fn refresh_all(epoch: &Epoch, valuation: &Valuation, spot: Price) {
    for (index, greeks) in valuation.greeks.iter().enumerate().take(epoch.series) {
        storage::store_mark(epoch.number, index, &Mark::of(greeks, spot));
    }
}
