//! The caller as the counterparty: a dead pool does not stop the hedge.
//!
//! A Dutch auction: the first price is on the vault's side of the oracle by twice what a feed may deviate, so that a stale feed is not filled against the
//! vault first; it moves towards the caller with the time since a trigger is known to hold, to a bound on the caller's side. Amounts are exact, and the
//! caller is not called back.

use vault_core::policy::{self, Keeper};
use vault_core::rebalance::{HedgeState, Side, Terms, Trade};
use vault_core::wide::{mul_div_down, mul_div_up};
use vault_core::{BPS, Price, Quote, Units, WAD};

use super::{Executed, Venue};
use crate::Result;
use crate::errors::{Checked, fail};
use crate::host;
use crate::storage::{self, Pair};
use crate::token;

const HOUR: u64 = 3_600;

/// An offer to the caller.
pub struct Fill {
    pair: Pair,
    units: Units,
    spot: Price,
    /// How far the price is on the caller's side of the oracle's, in basis points from 10 000.
    favour: u128,
    /// What the caller agreed to: whether the vault buys, and the most quote it pays or the least it takes.
    agreed: Option<(bool, u128)>,
}

impl Fill {
    /// The offer at `now`. `agreed` is what the caller accepts, `None` for a view.
    pub fn offer(
        policy: &policy::Venue,
        state: &HedgeState,
        pair: Pair,
        spot: Price,
        now: u64,
        agreed: Option<(bool, u128)>,
    ) -> Result<Self> {
        let waited = match state.triggered {
            0 => 0,
            since => now.saturating_sub(since),
        };
        // Seconds in 64 bits, and hours of them: whatever is lost by a saturated product is far beyond any bound.
        let grown = waited.saturating_mul(policy.fill_growth_bps.into()) / HOUR;
        let start = BPS.saturating_sub(policy.fill_start_bps.into());
        let most = BPS.saturating_add(policy.fill_max_bps.into());
        Ok(Self {
            units: pair.units()?,
            pair,
            spot,
            favour: start.saturating_add(grown.into()).min(most),
            agreed,
        })
    }

    /// Quote for the assets of a trade, rounded for the vault.
    fn price(&self, trade: &Trade) -> Option<Quote> {
        // A vault that sells asks less as the caller is favoured, one that buys bids more.
        let against = BPS.checked_mul(2)?.checked_sub(self.favour)?;
        match trade.side {
            Side::Sell => {
                let whole = self.units.quote_up(trade.assets, self.spot)?;
                mul_div_up(whole.0, against, BPS).map(Quote)
            }
            Side::Buy => {
                let whole = self.units.quote_down(trade.assets, self.spot)?;
                mul_div_down(whole.0, self.favour, BPS).map(Quote)
            }
        }
    }
}

impl Venue for Fill {
    /// What is on the caller's side costs the vault; what is on its own is taken as nothing.
    fn terms(&self) -> Terms {
        let cost = self.favour.saturating_sub(BPS);
        Terms {
            proportional: (cost as u64).saturating_mul((WAD / BPS) as u64),
            ..Terms::FREE
        }
    }

    fn fee(&self) -> u64 {
        0
    }

    fn gas(&self, policy: &Keeper) -> u32 {
        policy.fill_gas
    }

    fn quote(&self, trade: &Trade) -> Result<Executed> {
        let quote = self.price(trade).checked()?;
        Ok(match trade.side {
            Side::Sell => Executed {
                paid: trade.assets.0,
                received: quote.0,
            },
            Side::Buy => Executed {
                paid: quote.0,
                received: trade.assets.0,
            },
        })
    }

    /// Takes from the caller what the vault gets, and sends it what the vault pays.
    ///
    /// # Errors
    /// `FillSideChanged` when the vault would trade the other way, `SlippageExceeded` with the quote that moves and the caller's limit.
    #[inline(never)]
    fn trade(&self, trade: &Trade) -> Result<Executed> {
        let executed = self.quote(trade)?;
        let Executed { paid, received } = executed;
        let buys = trade.side == Side::Buy;
        let Some((agreed, limit)) = self.agreed.filter(|(agreed, _)| *agreed == buys) else {
            return Err(fail::FillSideChanged(buys));
        };
        let (gets, gives, outside) = if agreed {
            (storage::quote_token(), self.pair.asset, paid < limit)
        } else {
            (self.pair.asset, storage::quote_token(), received > limit)
        };
        if outside {
            let quote = if agreed { paid } else { received };
            return Err(fail::SlippageExceeded(quote, limit));
        }
        token::pull(&gives, received)?;
        token::send(&gets, &host::caller(), paid)?;
        Ok(executed)
    }
}
