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

#[cfg(test)]
mod tests {
    use super::*;
    use fastrand::Rng;

    const T: u64 = 1_000_000;
    const AGE: u64 = 3_600;

    /// An aggregator: rounds numbered from `first`, and since when it is the proxy's.
    #[derive(Clone, Debug)]
    struct Phase {
        confirmed: u64,
        first: usize,
        rounds: Vec<Round>,
    }

    #[derive(Clone, Debug)]
    struct Feed(Vec<Phase>);

    impl Feed {
        /// Phases one after another around `T`: some silent, some without a round, some with rounds from before they were confirmed, some of whose
        /// answers are no prices. The first has a round from before `T`, read at opening.
        fn random(rng: &mut Rng) -> Self {
            let step = *rng.choice(&[600, 7_200, 50_000, 200_000]).expect("a step");
            let mut confirmed = 0_u64;
            let phases = (0..rng.usize(1..=6)).map(|place| {
                let mut time = if place == 0 {
                    T - rng.u64(1..20_000)
                } else {
                    (confirmed + 10_000).saturating_sub(rng.u64(0..40_000))
                };
                let count = if place == 0 {
                    rng.usize(1..8)
                } else {
                    rng.usize(0..5)
                };
                let rounds = (0..count)
                    .map(|_| {
                        let round = Round {
                            price: Price(if rng.u8(0..6) == 0 {
                                0
                            } else {
                                rng.u128(1..1_000_000_000)
                            }),
                            updated_at: time,
                        };
                        time += rng.u64(0..step);
                        round
                    })
                    .collect();
                let phase = Phase {
                    confirmed,
                    // An aggregator whose first rounds timed out without an answer.
                    first: if rng.u8(0..12) == 0 { 2 } else { 1 },
                    rounds,
                };
                confirmed = (T + rng.u64(0..90_000))
                    .saturating_sub(60_000)
                    .max(confirmed);
                if rng.u8(0..5) == 0 {
                    confirmed = T + rng.u64(0..900_000);
                }
                phase
            });
            Self(phases.collect())
        }

        /// What can be read at `now`.
        fn visible(&self, now: u64) -> Vec<Phase> {
            let confirmed = self.0.iter().take_while(|phase| phase.confirmed <= now);
            confirmed
                .map(|phase| Phase {
                    rounds: phase
                        .rounds
                        .iter()
                        .copied()
                        .filter(|round| round.updated_at <= now)
                        .collect(),
                    ..phase.clone()
                })
                .collect()
        }
    }

    /// What the contract reads for a hint, see `around` of its oracle.
    fn around(phases: &[Phase], place: usize, number: usize) -> Result<Option<Around>, Refusal> {
        let Some(phase) = phases.get(place) else {
            return Ok(None);
        };
        let round = |number: usize| {
            let place = number.checked_sub(phase.first)?;
            phase.rounds.get(place).copied()
        };
        let anchor = if place == 0 { phase.first } else { 1 };
        if round(anchor).is_none() {
            return Ok(Some(Around::NOTHING));
        }
        let absent = Refusal::WrongRound {
            updated_at: 0,
            time: T,
        };
        if number + 1 < anchor || (number >= anchor && round(number).is_none()) {
            return Err(absent);
        }
        let last = if number < anchor { None } else { round(number) };
        let next = round(number + 1);
        Ok(Some(Around { last, next }))
    }

    fn decided(
        phases: &[Phase],
        hints: &[usize; MAX_PHASES],
        now: u64,
    ) -> Result<Option<Answer>, Refusal> {
        decide(T, AGE, now, |place| around(phases, place, hints[place]))
    }

    /// The hint that a keeper would find: the last round at or before `T`.
    fn found(phases: &[Phase]) -> [usize; MAX_PHASES] {
        core::array::from_fn(|place| {
            let Some(phase) = phases.get(place) else {
                return 0;
            };
            let before = phase.rounds.iter().filter(|round| round.updated_at <= T);
            let count = before.count();
            if count == 0 {
                0
            } else {
                phase.first + count - 1
            }
        })
    }

    #[test]
    fn one_price_for_every_hint_and_every_time() {
        let mut rng = Rng::with_seed(9);
        let (mut first, mut later, mut stored) = (0, 0, 0);
        for _ in 0..4_000 {
            let feed = Feed::random(&mut rng);
            let mut outcome: Option<Option<Answer>> = None;
            let closed = T + WINDOW + VISIBILITY_LAG;
            let mut confirmed = 0;
            for now in [
                T + VISIBILITY_LAG + 1,
                T + WINDOW,
                closed,
                closed + 1,
                T + FALLBACK_AFTER,
                T + FALLBACK_AFTER + 1,
                T + 10 * FALLBACK_AFTER,
            ] {
                let phases = feed.visible(now);
                // A phase that comes after the window may change what rules 3 and 4 choose from then on.
                if now > closed
                    && phases.len() > confirmed
                    && outcome.is_some_and(|one| one.is_none_or(|one| one.phase > 0))
                {
                    outcome = None;
                }
                confirmed = phases.len();
                let mut hints = vec![found(&phases)];
                hints.extend((0..60).map(|_| core::array::from_fn(|_| rng.usize(0..10))));
                // One phase's hint changed, the others right.
                for place in 0..MAX_PHASES {
                    for number in 0..9 {
                        let mut hint = found(&phases);
                        hint[place] = number;
                        hints.push(hint);
                    }
                }
                for hint in hints {
                    let Ok(one) = decided(&phases, &hint, now) else {
                        continue;
                    };
                    assert_eq!(
                        *outcome.get_or_insert(one),
                        one,
                        "{hint:?} of {phases:?} at {now}"
                    );
                }
            }
            let outcome = outcome.expect("what a keeper finds settles in the end");
            match outcome {
                Some(Answer { phase: 0, .. }) => first += 1,
                Some(_) => later += 1,
                None => stored += 1,
            }
        }
        assert!(
            first > 1_000 && later > 100 && stored > 100,
            "by the first phase {first}, a later one {later}, the vault's price {stored}"
        );
    }

    /// The rules, said once more and differently: every round in sight, and no hints.
    fn by_the_rules(phases: &[Phase]) -> Option<(Price, usize)> {
        for (place, phase) in phases.iter().enumerate().take(MAX_PHASES) {
            if place > 0 && phase.first > 1 {
                continue;
            }
            let last = phase
                .rounds
                .iter()
                .rev()
                .find(|round| round.updated_at <= T);
            if let Some(last) =
                last.filter(|last| !last.price.is_zero() && T - last.updated_at <= AGE)
            {
                return Some((last.price, place));
            }
            let next = phase.rounds.iter().find(|round| round.updated_at > T);
            if let Some(next) =
                next.filter(|next| !next.price.is_zero() && next.updated_at <= T + WINDOW)
            {
                return Some((next.price, place));
            }
        }
        None
    }

    #[test]
    fn the_price_is_the_one_of_the_rules() {
        let mut rng = Rng::with_seed(10);
        for _ in 0..10_000 {
            let feed = Feed::random(&mut rng);
            let phases = feed.visible(T + 2 * FALLBACK_AFTER);
            let answer =
                decided(&phases, &found(&phases), T + 2 * FALLBACK_AFTER).expect("settles");
            assert_eq!(
                answer.map(|answer| (answer.price, answer.phase)),
                by_the_rules(&phases),
                "{phases:?}"
            );
        }
    }

    fn round(price: u128, updated_at: u64) -> Round {
        Round {
            price: Price(price),
            updated_at,
        }
    }

    fn one_phase(rounds: Around, now: u64) -> Result<Option<Answer>, Refusal> {
        decide(T, AGE, now, |place| Ok((place == 0).then_some(rounds)))
    }

    #[test]
    fn the_last_round_at_expiry_itself_counts() {
        let rounds = Around {
            last: Some(round(7, T)),
            next: Some(round(8, T + 1)),
        };
        let answer = one_phase(rounds, T + 100)
            .expect("settles")
            .expect("an answer");
        assert_eq!((answer.price, answer.after), (Price(7), false));
        let skipped = Around {
            last: Some(round(7, T - 1)),
            next: Some(round(8, T)),
        };
        assert_eq!(
            one_phase(skipped, T + 100),
            Err(Refusal::WrongRound {
                updated_at: T - 1,
                time: T
            })
        );
    }

    #[test]
    fn the_bounds_of_the_rules_are_met_to_the_second() {
        let answer = |last, next, now| {
            one_phase(Around { last, next }, now).map(|one| one.map(|one| one.price))
        };
        let (fresh, old) = (Some(round(7, T - AGE)), Some(round(7, T - AGE - 1)));
        let (soon, late) = (Some(round(8, T + WINDOW)), Some(round(8, T + WINDOW + 1)));
        let end = T + 2 * FALLBACK_AFTER;
        assert_eq!(answer(fresh, late, end), Ok(Some(Price(7))));
        assert_eq!(answer(old, soon, end), Ok(Some(Price(8))));
        assert_eq!(answer(old, late, end), Ok(None));
        assert_eq!(answer(None, None, end), Ok(None));
        let until = |until| Err(Refusal::NoPriceYet { until });
        let closed = T + WINDOW + VISIBILITY_LAG;
        assert_eq!(answer(old, None, closed), until(closed));
        assert_eq!(answer(old, None, closed + 1), until(T + FALLBACK_AFTER));
        assert_eq!(
            answer(old, None, T + FALLBACK_AFTER),
            until(T + FALLBACK_AFTER)
        );
        assert_eq!(answer(old, None, T + FALLBACK_AFTER + 1), Ok(None));
    }
}
