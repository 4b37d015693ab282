//! The price of an expiry, proven by rounds that the caller points at.

use vault_core::settlement::{self, Answer, Around, FALLBACK_AFTER, MAX_PHASES, RoundId};
use vault_core::wide::mul_div_down;
use vault_core::{Price, WAD};

use crate::Result;
use crate::oracle::{self, Feed};
use crate::storage::{self, Epoch, LastPrice, Opened};

/// For a feed, of the phase at opening and those after it in order: the number of its last round at or before the expiry, 0 where there is none.
pub type Rounds = [u64; MAX_PHASES];

/// What a caller points at. The price is the same whatever it is, or the call is refused.
#[derive(Clone, Copy, Debug)]
pub struct Hints {
    /// Of the asset's feed.
    pub asset: Rounds,
    /// Of the quote's feed; not looked at where the quote is taken at par.
    pub quote: Rounds,
}

/// The price at which options of the present epoch that expire at `expiry` settle (quote per asset, rounded down, at most the largest price there
/// is), and id of the asset feed's round, 0 for the vault's own last price. The caller has made sure that the visibility lag is over.
///
/// Each feed is proven on its own. Without an answer of the asset's feed the last price stored settles; without one of the quote's, its last
/// price stored does.
///
/// # Errors
/// `WrongRound`, `NoPriceYet`, `NotEnoughGas`.
#[inline(never)]
pub fn settlement_price(expiry: u64, hints: &Hints, now: u64) -> Result<(Price, u128)> {
    let (opened, epoch) = (Opened::load(), Epoch::load());
    let opening = RoundId {
        phase: epoch.feed_phase,
        number: opened.asset_round,
    };
    let policy = storage::market_policy();
    let max_age = policy.settle_max_age_seconds.into();
    let Some((price, round)) = answer(&Feed::asset(), opening, expiry, max_age, &hints.asset, now)?
    else {
        return Ok((LastPrice::load().price, 0));
    };
    let Some(feed) = Feed::quote() else {
        return Ok((price, round.id()));
    };
    let max_age = policy.quote_max_age_seconds.into();
    let opening = RoundId {
        phase: epoch.quote_phase,
        number: opened.quote_round,
    };
    let dollars = answer(&feed, opening, expiry, max_age, &hints.quote, now)?
        .map_or_else(|| LastPrice::load().quote, |(price, _)| price);
    let ratio = mul_div_down(price.0, WAD, dollars.0).unwrap_or(u128::MAX);
    Ok((Price(ratio.min(option_math::PRICE_MAX)), round.id()))
}

/// What a feed answers for an expiry, and where; `None` where what the vault stored settles.
fn answer(
    feed: &Feed,
    opening: RoundId,
    expiry: u64,
    max_age: u64,
    hints: &Rounds,
    now: u64,
) -> Result<Option<(Price, RoundId)>> {
    let lenient = now > expiry.saturating_add(FALLBACK_AFTER);
    let decided = settlement::decide(expiry, max_age, now, |later| {
        let Some(first) = first_of(feed, opening, later)? else {
            return Ok(None);
        };
        if later > 0 && oracle::begins(feed, first.phase)?.is_none() {
            return Ok(Some(Around::NOTHING));
        }
        let number = hints.get(later).copied().unwrap_or_default();
        oracle::around(feed, first, number, expiry, lenient).map(Some)
    })?;
    Ok(decided.map(
        |Answer {
             price,
             phase,
             after,
         }| {
            let hint = hints.get(phase).copied().unwrap_or_default();
            let round = RoundId {
                phase: opening.phase.saturating_add(phase as u16),
                number: hint.saturating_add(after.into()),
            };
            (price, round)
        },
    ))
}

/// The round that stands for the existence of a phase, counted from the one at opening: what the vault read then, and round 1 of a later phase.
/// `None` for a phase that does not exist yet.
fn first_of(feed: &Feed, opening: RoundId, later: usize) -> Result<Option<RoundId>> {
    if later == 0 {
        return Ok(Some(opening));
    }
    let phase = opening.phase.saturating_add(later as u16);
    if phase > oracle::current_phase(feed)? {
        return Ok(None);
    }
    Ok(Some(RoundId { phase, number: 1 }))
}

/// The hints that prove the price of an expiry, found by bisection: at most 256 reads.
#[inline(never)]
pub fn find_rounds(expiry: u128) -> Result<(Rounds, Rounds)> {
    let expiry = u64::try_from(expiry).unwrap_or(u64::MAX);
    let epoch = Epoch::load();
    let asset = find(&Feed::asset(), epoch.feed_phase, expiry)?;
    let quote = match Feed::quote() {
        Some(feed) => find(&feed, epoch.quote_phase, expiry)?,
        None => Rounds::default(),
    };
    Ok((asset, quote))
}

fn find(feed: &Feed, opening: u16, expiry: u64) -> Result<Rounds> {
    let mut rounds = Rounds::default();
    let current = oracle::current_phase(feed)?;
    for (place, phase) in rounds.iter_mut().zip(opening..=current.max(opening)) {
        *place = oracle::find(feed, phase, expiry)?;
    }
    Ok(rounds)
}
