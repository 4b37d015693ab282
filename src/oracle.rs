//! Prices from Chainlink: asset in dollars over quote in dollars, or the former alone where the quote is taken at par.

use alloy_primitives::Address;
use vault_core::Price;
use vault_core::quantity::power_of_ten;
use vault_core::settlement::{Around, Round, RoundId};
use vault_core::wide::mul_div_down;

use crate::Result;
use crate::abi::macros::selector;
use crate::errors::fail;
use crate::host::{self, Buffer};
use crate::storage::{self, LastPrice};
use crate::token;
use crate::word::Word;

/// Gas that a read of a feed may use, and that a missing round is believed with. A round of a real proxy takes below 40 000.
const READ_GAS: u64 = 200_000;
/// A call forwards at most 63/64 of the gas left; this much must be left so that the feed gets all of [`READ_GAS`].
const GAS_NEEDED: u64 = READ_GAS + READ_GAS / 63 + 10_000;

const LATEST: u32 = selector("latestRoundData()");

/// A Chainlink proxy.
#[derive(Clone, Copy, Debug)]
pub struct Feed {
    /// Where it is.
    pub address: Address,
    /// Decimals of its answers, as of deployment.
    pub decimals: u8,
}

impl Feed {
    /// Of the asset's price.
    pub fn asset() -> Self {
        let (address, decimals) = storage::feed();
        Self { address, decimals }
    }

    /// Of the quote's; `None` where it is taken at par with the dollar.
    pub fn quote() -> Option<Self> {
        let (address, decimals) = storage::quote_feed();
        (address != Address::ZERO).then_some(Self { address, decimals })
    }
}

/// A fresh price, fit to trade on.
#[derive(Clone, Copy, Debug)]
pub struct Spot {
    /// Quote per asset, rounded down.
    pub price: Price,
    /// The asset feed's round.
    pub asset: RoundId,
    /// The quote feed's, and its price in dollars; `None` at par.
    pub quote: Option<(RoundId, Price)>,
}

impl Spot {
    /// What is remembered when the vault acts on it, before any expiry that it could settle: what settles one in an emergency.
    pub fn last(&self, now: u64) -> LastPrice {
        let dollars = self.quote.map_or(Price(0), |(_, price)| price);
        LastPrice::at(self.price, dollars, now)
    }
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

/// The price to trade on at `now`: sequencer up and past its grace; of each feed, answer positive, not from the future and not too old (at most
/// `max_age_seconds` for the asset's and `quote_max_age_seconds` for the quote's), decimals unchanged since deployment.
///
/// # Errors
/// `SequencerDown`, `OracleUnavailable`, `OraclePriceInvalid`, `OraclePriceStale`, `FeedDecimalsChanged`: the vault is dark, nothing is sold,
/// opened or hedged, and every exit stays open.
#[inline(never)]
pub fn spot(policy: &vault_core::policy::Market, now: u64) -> Result<Spot> {
    require_sequencer(policy.sequencer_grace_seconds.into(), now)?;
    let max_age = policy.max_age_seconds.into();
    let epoch = storage::Epoch::load();
    let (asset, price) = fresh(&Feed::asset(), epoch.feed_phase, max_age, now)?;
    let Some(feed) = Feed::quote() else {
        return Ok(Spot {
            price,
            asset,
            quote: None,
        });
    };
    let max_age = policy.quote_max_age_seconds.into();
    let (quote, dollars) = fresh(&feed, epoch.quote_phase, max_age, now)?;
    let ratio = mul_div_down(price.0, vault_core::WAD, dollars.0).unwrap_or(u128::MAX);
    Ok(Spot {
        price: within_domain(ratio).ok_or_else(|| fail::OraclePriceInvalid(Word::from(ratio)))?,
        asset,
        quote: Some((quote, dollars)),
    })
}

/// The feed's latest answer, if it is fit to trade on. Its decimals are looked at unless its phase is the one they were looked at in.
#[inline(never)]
fn fresh(feed: &Feed, known_phase: u16, max_age: u64, now: u64) -> Result<(RoundId, Price)> {
    let [id, answer, _, updated_at, _] = latest(&feed.address)?;
    // A time in the future wraps to an age that is too old.
    let age = u128::from(now).wrapping_sub(updated_at.lo);
    if updated_at.hi != 0 || updated_at.lo == 0 || age > max_age.into() {
        return Err(fail::OraclePriceStale(updated_at, now));
    }
    let round = RoundId::of(id.lo);
    if round.phase != known_phase {
        // A new phase is a new aggregator: its decimals may differ.
        require_decimals(feed)?;
    }
    Ok((round, price(answer, feed.decimals)?))
}

/// Refuses a feed whose decimals are not those it was deployed with.
pub fn require_decimals(feed: &Feed) -> Result<()> {
    let actual = token::decimals(&feed.address)?;
    if actual == feed.decimals {
        Ok(())
    } else {
        Err(fail::FeedDecimalsChanged(
            u128::from(feed.decimals),
            u128::from(actual),
        ))
    }
}

/// A price that option mathematics takes.
pub fn within_domain(price: u128) -> Option<Price> {
    (option_math::PRICE_MIN..=option_math::PRICE_MAX)
        .contains(&price)
        .then_some(Price(price))
}

/// An answer as a price of 18 decimals, inside the domain of option mathematics.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "decimals are at most 18, as of deployment"
)]
pub fn price(answer: Word, decimals: u8) -> Result<Price> {
    let factor = power_of_ten(18_u32.saturating_sub(decimals.into()));
    // 10^(18 − d) is below 2^(60 − 3d): with an answer below 2^(68 + 3d) the product cannot wrap, and what is larger is no price.
    let price = if answer.hi == 0 && answer.lo >> (68 + 3 * u32::from(decimals)) == 0 {
        within_domain(answer.lo.wrapping_mul(factor))
    } else {
        None
    };
    price.ok_or_else(|| fail::OraclePriceInvalid(answer))
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

// --- Proving rounds of the past ---

/// Refuses when too little gas is left to tell an absent round from a starved call.
fn require_gas() -> Result<()> {
    let left = host::gas_left();
    if left < GAS_NEEDED {
        return Err(fail::NotEnoughGas(left, GAS_NEEDED));
    }
    Ok(())
}

/// A round of a feed; `None` when it does not exist: the call reverts although fully funded, or returns a time of 0 or another id.
#[inline(never)]
pub fn round(feed: &Feed, at: RoundId) -> Result<Option<Round>> {
    require_gas()?;
    let mut data = Buffer::calling(const { selector("getRoundData(uint80)") });
    data.number(at.id());
    let Some([returned, answer, _, updated_at, _]) = read(&feed.address, &data) else {
        return Ok(None);
    };
    if returned != Word::from(at.id())
        || updated_at.hi != 0
        || updated_at.lo == 0
        || updated_at.lo > u64::MAX.into()
    {
        return Ok(None);
    }
    // What is no price the vault can settle at is as invalid as a negative answer: the rules for an invalid round apply.
    let price = price(answer, feed.decimals).unwrap_or_default();
    Ok(Some(Round {
        price,
        updated_at: updated_at.lo as u64,
    }))
}

/// The feed's latest round; `None` when it does not answer, as a new phase without rounds does not.
#[inline(never)]
pub fn latest_round(feed: &Feed) -> Result<Option<RoundId>> {
    require_gas()?;
    Ok(read(&feed.address, &Buffer::calling(LATEST)).map(|[id, ..]| RoundId::of(id.lo)))
}

/// A word that `of` returns, asked with `data`.
fn ask(of: &Address, data: &Buffer) -> Result<Option<Word>> {
    require_gas()?;
    let answered = host::static_call(of, data, READ_GAS).is_some_and(|len| len >= 32);
    Ok(answered.then(|| {
        let [word] = host::returned_words();
        word
    }))
}

/// The phase that the feed is in; 0 when it tells none.
#[inline(never)]
pub fn current_phase(feed: &Feed) -> Result<u16> {
    if let Some(latest) = latest_round(feed)? {
        return Ok(latest.phase);
    }
    let word = ask(
        &feed.address,
        &Buffer::calling(const { selector("phaseId()") }),
    )?;
    Ok(word.map_or(0, |word| word.lo as u16))
}

/// Whether the aggregator of a phase answers in the decimals that the feed was deployed with. What cannot be asked does not.
#[inline(never)]
pub fn phase_keeps_decimals(feed: &Feed, phase: u16) -> Result<bool> {
    let mut data = Buffer::calling(const { selector("phaseAggregators(uint16)") });
    data.number(phase.into());
    let Some(aggregator) = ask(&feed.address, &data)? else {
        return Ok(false);
    };
    let data = Buffer::calling(const { selector("decimals()") });
    let decimals = ask(&aggregator.address(), &data)?;
    Ok(decimals == Some(Word::from(u128::from(feed.decimals))))
}

/// Proves the rounds of a phase around `time`: `number` is its last at or before `time`, or that before `first` when the phase begins after it.
/// `first` is a round that exists as long as its phase does, and before which nothing counts: without it the phase is taken to be gone.
///
/// A round that is not the latest of the current phase and has no successor proves nothing: something is hidden. No aggregator of Chainlink's
/// does that; with `lenient` such a phase is taken to be gone as well, so that a broken feed does not hold up anybody for ever.
///
/// # Errors
/// `WrongRound` when the rounds are not neighbours on either side of `time`; `NotEnoughGas`.
#[inline(never)]
pub fn around(
    feed: &Feed,
    first: RoundId,
    number: u64,
    time: u64,
    lenient: bool,
) -> Result<Around> {
    let at = |number| round(feed, RoundId { number, ..first });
    let after = number.saturating_add(1);
    let mut rounds = Around::NOTHING;
    if number >= first.number {
        rounds.last = at(number)?;
    }
    if after >= first.number {
        rounds.next = at(after)?;
    }
    let pointed_at = if number < first.number {
        rounds.next
    } else {
        rounds.last
    };
    if pointed_at.is_none() {
        return if at(first.number)?.is_none() {
            Ok(Around::NOTHING)
        } else {
            Err(fail::WrongRound(0_u128, time))
        };
    }
    rounds.check(time)?;
    let hidden = |newest: RoundId| newest.phase == first.phase && newest.number != number;
    if rounds.next.is_none() && latest_round(feed)?.is_some_and(hidden) {
        if lenient {
            return Ok(Around::NOTHING);
        }
        let updated_at = rounds.last.map_or(0, |last| last.updated_at);
        return Err(fail::WrongRound(updated_at, time));
    }
    Ok(rounds)
}

/// Whether a phase after the first can be used: it has a round 1, which is looked at, and answers in the feed's decimals. Phases whose first rounds were
/// never answered count as empty.
pub fn begins(feed: &Feed, phase: u16) -> Result<Option<Round>> {
    let first = round(feed, RoundId { phase, number: 1 })?;
    if first.is_some() && !phase_keeps_decimals(feed, phase)? {
        return Ok(None);
    }
    Ok(first)
}

/// Most bits of a round's number: those that aggregators count with.
const NUMBER_BITS: u32 = 32;

/// The hint that [`around`] takes, found by bisection: 32 reads.
pub fn find(feed: &Feed, phase: u16, time: u64) -> Result<u64> {
    let mut number = 0;
    for bit in (0..NUMBER_BITS).rev() {
        let further = number | 1 << bit;
        let at = RoundId {
            phase,
            number: further,
        };
        if round(feed, at)?.is_some_and(|round| round.updated_at <= time) {
            number = further;
        }
    }
    Ok(number)
}
