//! Prices from Chainlink. The quote is taken at par with the dollar.

use alloy_primitives::Address;
use vault_core::Price;
use vault_core::quantity::power_of_ten;
use vault_core::settlement::Round;

use crate::Result;
use crate::abi::macros::selector;
use crate::errors::fail;
use crate::host::{self, Buffer};
use crate::storage;
use crate::token;
use crate::word::Word;

/// Gas that a read of a feed may use, and that a missing round is believed with. A round of a real proxy takes below 40 000.
const READ_GAS: u64 = 200_000;
/// A call forwards at most 63/64 of the gas left; this much must be left so that the feed gets all of [`READ_GAS`].
const GAS_NEEDED: u64 = READ_GAS + READ_GAS / 63 + 10_000;

const LATEST: u32 = selector("latestRoundData()");

/// A fresh price, fit to trade on.
#[derive(Clone, Copy, Debug)]
pub struct Spot {
    /// Quote per asset.
    pub price: Price,
    /// Feed phase, upper 16 bits of the round's id.
    pub phase: u16,
    /// The aggregator's round, lower 64 bits of the round's id.
    pub round: u64,
}

/// The five words of a round.
#[inline(never)]
fn read(feed: &Address, data: &Buffer) -> Option<[Word; 5]> {
    let len = host::static_call(feed, data, READ_GAS)?;
    (len >= 160).then(host::returned_words)
}

fn latest(feed: &Address) -> Result<[Word; 5]> {
    read(feed, &Buffer::calling(LATEST)).ok_or_else(|| fail::OracleUnavailable(*feed))
}

/// The price to trade on at `now`: sequencer up and past its grace, answer positive, not from the future and at most `max_age_seconds`
/// old, decimals unchanged since deployment.
///
/// # Errors
/// `SequencerDown`, `OracleUnavailable`, `OraclePriceInvalid`, `OraclePriceStale`, `FeedDecimalsChanged`: the vault is dark, nothing is sold,
/// opened or hedged, and every exit stays open.
#[inline(never)]
pub fn spot(policy: &vault_core::policy::Market, now: u64) -> Result<Spot> {
    require_sequencer(policy.sequencer_grace_seconds.into(), now)?;
    let (feed, decimals) = storage::feed();
    let [id, answer, _, updated_at, _] = latest(&feed)?;
    // A time in the future wraps to an age that is too old.
    let age = u128::from(now).wrapping_sub(updated_at.lo);
    if updated_at.hi != 0 || updated_at.lo == 0 || age > policy.max_age_seconds.into() {
        return Err(fail::OraclePriceStale(updated_at, now));
    }
    let phase = (id.lo >> 64) as u16;
    if phase != storage::Epoch::load().feed_phase {
        // A new phase is a new aggregator: its decimals may differ.
        require_decimals(&feed, decimals)?;
    }
    Ok(Spot {
        price: price(answer, decimals)?,
        phase,
        round: id.lo as u64,
    })
}

/// Refuses a feed whose decimals are not those it was deployed with.
pub fn require_decimals(feed: &Address, expected: u8) -> Result<()> {
    let actual = token::decimals(feed)?;
    if actual == expected {
        Ok(())
    } else {
        Err(fail::FeedDecimalsChanged(
            u128::from(expected),
            u128::from(actual),
        ))
    }
}

/// An answer as a price of 18 decimals, inside the domain of option mathematics.
pub fn price(answer: Word, decimals: u8) -> Result<Price> {
    let factor = power_of_ten(18_u32.saturating_sub(decimals.into()));
    // 10^(18 − d) is below 2^(60 − 3d): with an answer below 2^(68 + 3d) the product cannot wrap, and what is larger is no price.
    if answer.hi == 0 && answer.lo >> (68 + 3 * u32::from(decimals)) == 0 {
        let price = answer.lo.wrapping_mul(factor);
        if price >= option_math::PRICE_MIN && price <= option_math::PRICE_MAX {
            return Ok(Price(price));
        }
    }
    Err(fail::OraclePriceInvalid(answer))
}

/// The sequencer has been up for longer than the grace period: after an outage, users get time to react before anybody trades
/// on the first new price.
fn require_sequencer(grace: u64, now: u64) -> Result<()> {
    let feed = storage::sequencer_feed();
    if feed == Address::ZERO {
        return Ok(());
    }
    let [_, status, since, ..] = latest(&feed)?;
    let up_for = u128::from(now).saturating_sub(since.lo);
    if status != Word::ZERO || since.hi != 0 || since.lo == 0 || up_for <= grace.into() {
        return Err(fail::SequencerDown(since, now));
    }
    Ok(())
}

/// Round `round` of a phase of the price feed; `None` when it does not exist. Refuses when too little gas is left to tell that from a
/// starved call.
#[inline(never)]
pub fn round(feed: &Address, decimals: u8, phase: u16, round: u64) -> Result<Option<Round>> {
    let left = host::gas_left();
    if left < GAS_NEEDED {
        return Err(fail::NotEnoughGas(left, GAS_NEEDED));
    }
    let id = u128::from(phase) << 64 | u128::from(round);
    let mut data = Buffer::calling(const { selector("getRoundData(uint80)") });
    data.number(id);
    let Some([returned, answer, _, updated_at, _]) = read(feed, &data) else {
        return Ok(None);
    };
    if returned != Word::from(id)
        || updated_at.hi != 0
        || updated_at.lo == 0
        || updated_at.lo > u64::MAX.into()
    {
        return Ok(None);
    }
    // What is no price the vault can settle at is as invalid as a negative answer: the rules for an invalid round apply.
    let price = price(answer, decimals).unwrap_or_default();
    Ok(Some(Round {
        price,
        updated_at: updated_at.lo as u64,
    }))
}

/// Phase and round of the feed's latest round; `None` when it does not answer.
pub fn latest_round(feed: &Address) -> Result<Option<(u16, u64)>> {
    let left = host::gas_left();
    if left < GAS_NEEDED {
        return Err(fail::NotEnoughGas(left, GAS_NEEDED));
    }
    Ok(read(feed, &Buffer::calling(LATEST)).map(|[id, ..]| ((id.lo >> 64) as u16, id.lo as u64)))
}
