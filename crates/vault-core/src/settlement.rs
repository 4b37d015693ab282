//! Which round of a feed prices an expiry.
//!
//! The price of an expiry `T` is unique: whoever calls, whenever, with whatever hints, either gets the same price or is refused. `p₀` is the
//! feed's phase when the epoch opened.
//! 1. The last round of p₀ at or before `T`, if it is valid and at most `max_age` old at `T`.
//! 2. Otherwise the first round of p₀ after `T`, if it is valid and comes within [`WINDOW`].
//! 3. Otherwise, once that window has closed, the same two rules for each later phase in order, [`MAX_PHASES`] in all.
//! 4. Otherwise, [`FALLBACK_AFTER`] later, the last price that the vault itself stored before `T`.
//!
//! Rules 1 and 2 depend on the feed alone. Rules 3 and 4 also depend on when a phase was confirmed: one that is confirmed after the window
//! closed, with rounds from before `T`, counts for whoever settles from then on.
//!
//! A hint for a phase is the number of its last round at or before `T`. That round and its successor decide everything, so that any other
//! hint proves nothing. Rounds of a phase are consecutive, as those of all Chainlink aggregators are from the first that was answered.

use crate::quantity::Price;
use crate::refusal::Refusal;

/// An expiry can be settled this long after it, seconds: rounds of the same second are all visible by then.
pub const VISIBILITY_LAG: u64 = 60;
/// How long after expiry a first round still settles it, seconds.
pub const WINDOW: u64 = 86_400;
/// How long after expiry a vault whose feed died falls back on the last price it stored, seconds.
pub const FALLBACK_AFTER: u64 = 604_800;
/// The most phases of a feed that are looked at, the one at opening included.
pub const MAX_PHASES: usize = 4;
/// Oldest round of the quote's feed that is traded on or settles, seconds: feeds of stable coins answer once a day, unless the price moves.
pub const QUOTE_MAX_AGE: u64 = 90_000;

/// Where a round of a feed is: the two parts of its id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RoundId {
    /// Which aggregator of the proxy: upper 16 bits.
    pub phase: u16,
    /// Which round of that aggregator: lower 64 bits.
    pub number: u64,
}

impl RoundId {
    /// The parts of an id.
    #[must_use]
    pub const fn of(id: u128) -> Self {
        Self {
            phase: (id >> 64) as u16,
            number: id as u64,
        }
    }

    /// As the proxy has it.
    #[must_use]
    pub const fn id(self) -> u128 {
        (self.phase as u128) << 64 | self.number as u128
    }
}

/// A round of a Chainlink feed; one that does not exist is `None` wherever a round is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Round {
    /// The price; 0 when the feed answered something that is none.
    pub price: Price,
    /// When it was written, Unix seconds.
    pub updated_at: u64,
}

impl Round {
    const fn valid(&self) -> bool {
        !self.price.is_zero()
    }
}

/// What the rounds of a phase around a time are: proven neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Around {
    /// The last round at or before the time; `None` when the phase begins after it.
    pub last: Option<Round>,
    /// The next round of the phase; `None` when there is none.
    pub next: Option<Round>,
}

impl Around {
    /// A phase that has no rounds, or whose rounds are gone.
    pub const NOTHING: Self = Self {
        last: None,
        next: None,
    };

    /// Refuses rounds that are not on either side of `time`.
    ///
    /// # Errors
    /// [`Refusal::WrongRound`].
    pub fn check(&self, time: u64) -> Result<(), Refusal> {
        let early = self.last.is_none_or(|round| round.updated_at <= time);
        let late = self.next.is_none_or(|round| round.updated_at > time);
        if early && late {
            return Ok(());
        }
        Err(Refusal::WrongRound {
            updated_at: self.last.map_or(0, |round| round.updated_at),
            time,
        })
    }

    /// What rules 1 and 2 make of them.
    fn answer(&self, expiry: u64, max_age: u64) -> Option<Answer> {
        let fresh = |last: &Round| expiry.saturating_sub(last.updated_at) <= max_age;
        let soon = |next: &Round| next.updated_at <= expiry.saturating_add(WINDOW);
        let last = self.last.filter(|last| last.valid() && fresh(last));
        let next = self.next.filter(|next| next.valid() && soon(next));
        let (round, after) = match last {
            Some(last) => (last, false),
            None => (next?, true),
        };
        Some(Answer {
            price: round.price,
            phase: 0,
            after,
        })
    }
}

/// The round of a feed that prices an expiry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Its price.
    pub price: Price,
    /// How many phases after the one at opening it is in.
    pub phase: usize,
    /// Whether it is the first round after expiry and not the last before.
    pub after: bool,
}

/// Decides by the rules of this module. `around` proves the rounds of a phase around the expiry, phases numbered from the one at opening; it
/// answers `None` for a phase that does not exist yet. Returns `None` where the last price that the vault stored settles.
///
/// # Errors
/// [`Refusal::WrongRound`] for rounds that are not next to the expiry; [`Refusal::NoPriceYet`] when they are, and the rules choose none of
/// them before more time has passed; whatever `around` refuses.
pub fn decide<E: From<Refusal>>(
    expiry: u64,
    max_age: u64,
    now: u64,
    mut around: impl FnMut(usize) -> Result<Option<Around>, E>,
) -> Result<Option<Answer>, E> {
    let no_price_yet = |after: u64| {
        Err(E::from(Refusal::NoPriceYet {
            until: expiry.saturating_add(after),
        }))
    };
    for phase in 0..MAX_PHASES {
        let Some(rounds) = around(phase)? else {
            break;
        };
        rounds.check(expiry)?;
        if let Some(answer) = rounds.answer(expiry, max_age) {
            return Ok(Some(Answer { phase, ..answer }));
        }
        let closed = WINDOW.saturating_add(VISIBILITY_LAG);
        if now <= expiry.saturating_add(closed) {
            return no_price_yet(closed);
        }
    }
    if now <= expiry.saturating_add(FALLBACK_AFTER) {
        return no_price_yet(FALLBACK_AFTER);
    }
    Ok(None)
}
