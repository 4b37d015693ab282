//! Which oracle round settles an expiry.
//!
//! The price of an expiry `T` is unique: whoever calls, whenever, with whatever hint, either gets the same price or is refused.
//! 1. The last round at or before `T` of the feed's phase at opening, if it is valid and at most `max_age` old at `T`.
//! 2. Otherwise the first round after `T`, if it comes within [`WINDOW`].
//! 3. Otherwise, [`FALLBACK_AFTER`] later, the last price the vault itself stored before `T`.

use crate::quantity::Price;
use crate::refusal::Refusal;

/// An expiry can be settled this long after it, seconds: rounds of the same second are all visible by then.
pub const VISIBILITY_LAG: u64 = 60;
/// How long after expiry a first round still settles it, seconds.
pub const WINDOW: u64 = 86_400;
/// How long after expiry a vault whose feed died falls back on the last price it stored, seconds.
pub const FALLBACK_AFTER: u64 = 604_800;

/// A round of a Chainlink feed; one that does not exist is `None` wherever a round is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Round {
    /// The price; 0 when the feed answered something that is none.
    pub price: Price,
    /// When it was written, Unix seconds.
    pub updated_at: u64,
}

impl Round {
    fn valid(&self) -> bool {
        !self.price.is_zero()
    }
}

/// The round a caller points at, and the neighbour that proves its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// A round at or before expiry, and its successor.
    Before {
        /// The round pointed at.
        round: Round,
        /// The next round of the same phase; `None` is proven absence.
        next: Option<Round>,
    },
    /// A round after expiry, and its predecessor.
    After {
        /// The round pointed at.
        round: Round,
        /// The previous round of the same phase; `None` when the round is the phase's first.
        previous: Option<Round>,
    },
    /// The round that was read at opening no longer exists: the feed is gone.
    Gone,
}

/// What an expiry settles at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// This price of the feed.
    Answer(Price),
    /// The last price that the vault stored before expiry.
    Stored,
}

/// Whether `last`, the last round at or before `expiry`, settles it.
fn settles(last: &Round, expiry: u64, max_age: u64) -> bool {
    last.valid() && expiry.saturating_sub(last.updated_at) <= max_age
}

/// Decides by rules 1 to 3 of this module, or refuses evidence that proves nothing yet.
///
/// # Errors
/// [`Refusal::WrongRound`] when the round is not next to the expiry, or is not the one the rules choose, or when the time for rule 3 has
/// not come.
pub fn decide(
    evidence: &Evidence,
    expiry: u64,
    max_age: u64,
    now: u64,
) -> Result<Outcome, Refusal> {
    let wrong = |updated_at| Err(Refusal::WrongRound { updated_at, expiry });
    let window_end = expiry.saturating_add(WINDOW);
    let too_late = now > expiry.saturating_add(FALLBACK_AFTER);
    match evidence {
        Evidence::Before { round, next } => {
            let is_last = round.updated_at != 0
                && round.updated_at <= expiry
                && next.is_none_or(|after| after.updated_at > expiry);
            if !is_last {
                return wrong(round.updated_at);
            }
            if settles(round, expiry, max_age) {
                return Ok(Outcome::Answer(round.price));
            }
            // Rule 3 needs proof that rule 2 failed: no valid first round inside the window.
            let rule_two =
                next.is_some_and(|after| after.valid() && after.updated_at <= window_end);
            if too_late && !rule_two {
                Ok(Outcome::Stored)
            } else {
                wrong(round.updated_at)
            }
        }
        Evidence::After { round, previous } => {
            let is_first = round.updated_at > expiry
                && round.updated_at <= window_end
                && previous.is_none_or(|before| {
                    before.updated_at <= expiry && !settles(&before, expiry, max_age)
                });
            if is_first && round.valid() {
                Ok(Outcome::Answer(round.price))
            } else {
                wrong(round.updated_at)
            }
        }
        Evidence::Gone => {
            if too_late {
                Ok(Outcome::Stored)
            } else {
                wrong(0)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: u64 = 1_000_000;
    const AGE: u64 = 3_600;

    fn round(price: u128, updated_at: u64) -> Round {
        Round {
            price: Price(price),
            updated_at,
        }
    }

    /// Everything anybody could point at in a feed of consecutive rounds.
    fn all_evidence(rounds: &[Round]) -> Vec<Evidence> {
        (0..rounds.len())
            .map(|i| {
                let (round, previous, next) = (
                    rounds[i],
                    i.checked_sub(1).map(|j| rounds[j]),
                    rounds.get(i + 1).copied(),
                );
                if round.updated_at <= T {
                    Evidence::Before { round, next }
                } else {
                    Evidence::After { round, previous }
                }
            })
            .collect()
    }

    #[test]
    fn one_price_for_every_hint_and_every_time() {
        let mut rng = fastrand::Rng::with_seed(9);
        let (mut answered, mut fell_back) = (0, 0);
        for _ in 0..20_000 {
            let mut time = T - rng.u64(0..20_000);
            let step = *rng.choice(&[600, 7_200, 50_000, 200_000]).expect("a step");
            let rounds: Vec<Round> = (0..rng.usize(1..12))
                .map(|_| {
                    time += rng.u64(1..step);
                    round(
                        if rng.u8(0..8) == 0 {
                            0
                        } else {
                            rng.u128(1..1_000_000)
                        },
                        time,
                    )
                })
                .collect();
            let mut outcome = None;
            for now in [
                T + VISIBILITY_LAG + 1,
                T + WINDOW,
                T + FALLBACK_AFTER,
                T + FALLBACK_AFTER + 1,
                T + 10 * FALLBACK_AFTER,
            ] {
                // Only rounds that exist by then can be seen.
                let visible: Vec<Round> = rounds
                    .iter()
                    .copied()
                    .filter(|r| r.updated_at <= now)
                    .collect();
                for evidence in all_evidence(&visible) {
                    let Ok(decided) = decide(&evidence, T, AGE, now) else {
                        continue;
                    };
                    assert_eq!(
                        *outcome.get_or_insert(decided),
                        decided,
                        "{evidence:?} of {rounds:?} at {now}"
                    );
                }
            }
            let has_last = rounds.first().is_some_and(|r| r.updated_at <= T);
            if has_last {
                assert!(outcome.is_some(), "no hint settles {rounds:?}");
            }
            answered += u32::from(matches!(outcome, Some(Outcome::Answer(_))));
            fell_back += u32::from(outcome == Some(Outcome::Stored));
        }
        assert!(
            answered > 10_000 && fell_back > 500,
            "both outcomes occurred: {answered}, {fell_back}"
        );
    }

    #[test]
    fn the_last_round_at_expiry_itself_counts() {
        let evidence = Evidence::Before {
            round: round(7, T),
            next: Some(round(8, T + 1)),
        };
        assert_eq!(
            decide(&evidence, T, AGE, T + 100),
            Ok(Outcome::Answer(Price(7)))
        );
        let skipped = Evidence::Before {
            round: round(7, T - 1),
            next: Some(round(8, T)),
        };
        assert_eq!(
            decide(&skipped, T, AGE, T + 100),
            Err(Refusal::WrongRound {
                updated_at: T - 1,
                expiry: T
            })
        );
    }

    #[test]
    fn a_dead_feed_falls_back_only_after_its_time() {
        assert!(decide(&Evidence::Gone, T, AGE, T + FALLBACK_AFTER).is_err());
        assert_eq!(
            decide(&Evidence::Gone, T, AGE, T + FALLBACK_AFTER + 1),
            Ok(Outcome::Stored)
        );
    }
}
