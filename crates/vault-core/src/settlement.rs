//! Which oracle round settles an expiry, and who is paid in what.
//!
//! The price of an expiry `T` is unique: whoever calls, whenever, with whatever hint, either gets the same price or is refused.
//! 1. The last round at or before `T` of the feed's phase at opening, if it is valid and at most `max_age` old at `T`.
//! 2. Otherwise the first round after `T`, if it comes within [`WINDOW`].
//! 3. Otherwise, [`FALLBACK_AFTER`] later, the last price the vault itself stored before `T`.

use crate::MAX_SERIES;
use crate::quantity::{Assets, Pot, Price, Quote, Units};
use crate::refusal::Refusal;
use crate::solvency::Series;

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

const NOTHING: Pot = Pot {
    assets: Assets::ZERO,
    quote: Quote::ZERO,
};

/// What the holders of each series are paid together, and the sum that leaves the vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payouts {
    /// Per series, in the order given.
    pub series: [Pot; MAX_SERIES],
    /// Their sum.
    pub total: Pot,
}

/// Divides the vault at a settlement price: everything owed is paid in quote as far as it goes and the rest in the asset at that price, the
/// same mix for every series, pro rata to what it is owed. All rounding favours the vault; `V ≥ 0` makes the assets suffice.
///
/// # Errors
/// [`Refusal::Overflow`]; [`Refusal::Insolvent`] if the vault could not pay, which [`crate::solvency::check`] excludes.
pub fn payouts(
    vault: Pot,
    series: &[Series],
    price: Price,
    units: Units,
) -> Result<Payouts, Refusal> {
    let mut payouts = Payouts {
        series: [NOTHING; MAX_SERIES],
        total: NOTHING,
    };
    // What each series is owed waits in its payout until the sum is known.
    let mut total = Quote::ZERO;
    for (slot, one) in payouts.series.iter_mut().zip(series) {
        slot.quote = units
            .quote_down(one.sold, one.payoff(price))
            .ok_or(Refusal::Overflow)?;
        total = total.plus(slot.quote).ok_or(Refusal::Overflow)?;
    }
    if total.is_zero() {
        return Ok(payouts);
    }
    let in_quote = total.min(vault.quote);
    let in_assets = units
        .assets_down(Quote(total.0.saturating_sub(in_quote.0)), price)
        .ok_or(Refusal::Overflow)?;
    if in_assets > vault.assets {
        let shortfall = in_assets.0.saturating_sub(vault.assets.0);
        return Err(Refusal::Insolvent {
            price: price.0,
            shortfall,
        });
    }
    for slot in &mut payouts.series {
        let owed = slot.quote;
        // Parts of a sum that fits: none of these overflows.
        slot.assets = in_assets
            .times_down(owed.0, total.0)
            .ok_or(Refusal::Overflow)?;
        slot.quote = in_quote
            .times_down(owed.0, total.0)
            .ok_or(Refusal::Overflow)?;
        payouts.total.assets.0 = payouts.total.assets.0.saturating_add(slot.assets.0);
        payouts.total.quote.0 = payouts.total.quote.0.saturating_add(slot.quote.0);
    }
    Ok(payouts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::WAD;
    use crate::solvency;

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

    #[test]
    fn payouts_never_exceed_the_vault_or_the_debt_and_leave_less_than_rounding() {
        let mut rng = fastrand::Rng::with_seed(10);
        let units = Units::new(18, 6).expect("decimals");
        let mut mixed = 0;
        for _ in 0..10_000 {
            let series: Vec<Series> = (0..rng.usize(1..=8))
                .map(|_| {
                    let strike = rng.u128(1..5_000) * WAD;
                    let cap = rng.bool().then(|| Price(strike + rng.u128(1..5_000) * WAD));
                    Series {
                        strike: Price(strike),
                        cap,
                        sold: Assets(rng.u128(0..5) * rng.u128(0..WAD)),
                    }
                })
                .collect();
            let vault = Pot {
                assets: Assets(rng.u128(0..40 * WAD)),
                quote: Quote(rng.u128(0..40_000_000_000)),
            };
            if solvency::check(vault, &series, units).is_err() {
                continue;
            }
            let price = Price(rng.u128(1..20_000) * WAD / 2);
            let paid = payouts(vault, &series, price, units).expect("a solvent vault pays");
            assert!(paid.total.assets <= vault.assets && paid.total.quote <= vault.quote);
            let owed: u128 = series
                .iter()
                .map(|s| units.quote_down(s.sold, s.payoff(price)).expect("fits").0)
                .sum();
            let value =
                paid.total.quote.0 + units.quote_down(paid.total.assets, price).expect("fits").0;
            assert!(value <= owed, "holders get no more than they are owed");
            assert!(
                value + 9 + price.0 / WAD / 100_000 >= owed,
                "nor less than rounding: {value} of {owed}"
            );
            mixed += u32::from(paid.total.assets.0 > 0 && paid.total.quote.0 > 0);
        }
        assert!(mixed > 500, "some payouts mixed both tokens: {mixed}");
    }
}
