//! Realised volatility, sampled on a fixed grid of times.
//!
//! Point `k` is at `k ·` [`GRID_SECONDS`] of Unix time. Its price is the one in force then: the feed's last round at or before it. No point is left
//! out and none is taken twice, so that nobody chooses when to sample. From point to point the variance moves by an exponentially weighted square of
//! the logarithmic return, [`option_math::ewma_variance`]. Over a gap of the feed or an outage of the sequencer the last price stays in force: points
//! without a return, and then one with the whole of it.

use option_math::{ewma_variance, ln_wad, sqrt_wad};

use crate::policy::Volatility;
use crate::quantity::Price;
use crate::refusal::Refusal;
use crate::settlement::{Around, VISIBILITY_LAG};
use crate::wide::{mul_div_down, mul_div_up};
use crate::{BPS, WAD};

/// From one point of the grid to the next, seconds.
pub const GRID_SECONDS: u64 = 1_800;
/// The most prices that are proven in a call.
pub const MAX_STEPS: usize = 8;
/// How many points the grid may lag where something depends on it.
pub const MAX_LAG: u64 = 2;
/// How far before deployment the grid begins, where the feeds go back as far, seconds: the estimate is caught up through a week of past rounds
/// before anything is sold.
pub const SEED_SECONDS: u64 = 604_800;

/// The estimate as of the last point taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Estimate {
    /// Variance a year, 18 decimals: at most the square of the policy's cap.
    pub variance: u64,
    /// What options are priced with: volatility a year and the policy's premium, within its bounds, 18 decimals.
    pub volatility: u64,
    /// Number of the last point.
    pub point: u64,
    /// Its price; 0 before the first that was known.
    pub price: Price,
}

impl Estimate {
    /// The estimate before the first point, which is the first at or after `from`. `volatility` is what options are priced with until then.
    #[must_use]
    pub fn start(volatility: u64, policy: &Volatility, from: u64) -> Self {
        let realised = mul_div_up(u128::from(volatility), BPS, premium(policy)).unwrap_or(0);
        let variance = mul_div_up(realised, realised, WAD).unwrap_or(0);
        Self {
            variance: variance.min(most(policy)) as u64,
            volatility,
            point: from.div_ceil(GRID_SECONDS).saturating_sub(1),
            price: Price::ZERO,
        }
    }

    /// Time of the next point, seconds.
    #[must_use]
    pub const fn next(&self) -> u64 {
        self.point.saturating_add(1).saturating_mul(GRID_SECONDS)
    }

    /// How many points before `now` have not been taken.
    #[must_use]
    pub const fn lag(&self, now: u64) -> u64 {
        visible_until(now)
            .div_ceil(GRID_SECONDS)
            .saturating_sub(self.point.saturating_add(1))
    }

    /// Takes every point before `until`: `price` was in force at all of them. A price of 0 is one that nobody knows: time passes, and the
    /// estimate stays, until there is one again.
    ///
    /// # Errors
    /// [`Refusal::Math`] for a price outside the domain of option mathematics.
    pub fn take(&mut self, price: Price, until: u64, policy: &Volatility) -> Result<(), Refusal> {
        let Some(held) = until
            .checked_sub(self.next())
            .filter(|held| *held > 0)
            .map(|held| held.div_ceil(GRID_SECONDS))
        else {
            return Ok(());
        };
        self.point = self.point.saturating_add(held);
        if price.is_zero() {
            return Ok(());
        }
        let half_life = policy.half_life_seconds.into();
        let mut variance = u128::from(self.variance);
        if !self.price.is_zero() {
            let log_return = ln_wad(price.0)?.saturating_sub(ln_wad(self.price.0)?);
            variance = ewma_variance(variance, log_return, GRID_SECONDS, half_life)?;
            // Before the points without a return: a step past the cap is cut where it happens, whoever takes the points after it.
            variance = variance.min(most(policy));
        }
        let rest = held.saturating_sub(1).saturating_mul(GRID_SECONDS);
        if rest > 0 {
            variance = ewma_variance(variance, 0, rest, half_life)?;
        }
        self.price = price;
        self.variance = variance as u64;
        self.price_by(policy)
    }

    /// Sets what options are priced with by a policy.
    ///
    /// # Errors
    /// [`Refusal::Math`], never for a variance that [`Self::take`] made.
    pub fn price_by(&mut self, policy: &Volatility) -> Result<(), Refusal> {
        let realised = sqrt_wad(self.variance.into());
        let with_premium = mul_div_up(realised, premium(policy), BPS).unwrap_or(u128::MAX);
        self.volatility = with_premium.max(policy.floor.into()).min(policy.cap.into()) as u64;
        Ok(())
    }
}

/// Points before this are taken at `now`: their rounds are all visible.
#[must_use]
pub const fn visible_until(now: u64) -> u64 {
    now.saturating_sub(VISIBILITY_LAG)
}

fn premium(policy: &Volatility) -> u128 {
    BPS.saturating_add(policy.premium_bps.into())
}

/// The largest variance. The policy's cap is at most 3: its square fits in 64 bits.
fn most(policy: &Volatility) -> u128 {
    mul_div_down(policy.cap.into(), policy.cap.into(), WAD).unwrap_or(0)
}

/// What the rounds of a phase around a point say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// This price is in force at the point and before the time given. 0: none that is known.
    Price(Price, u64),
    /// The phase has been replaced and is silent: the next one is to be asked.
    Silent,
}

/// Reads the rounds around the point at `time` of a phase, `replaced` or current. A price in force stays so until the next round; that of a phase
/// which has been replaced until it is `max_age` old, and not longer.
#[must_use]
pub fn reading(rounds: &Around, time: u64, max_age: u64, replaced: bool, now: u64) -> Reading {
    let until = rounds
        .next
        .map_or(u64::MAX, |next| next.updated_at)
        .min(visible_until(now));
    let Some(last) = rounds.last.filter(|last| !last.price.is_zero()) else {
        return if replaced {
            Reading::Silent
        } else {
            Reading::Price(Price::ZERO, until)
        };
    };
    if !replaced {
        return Reading::Price(last.price, until);
    }
    let silent_from = last.updated_at.saturating_add(max_age).saturating_add(1);
    if time < silent_from {
        Reading::Price(last.price, until.min(silent_from))
    } else {
        Reading::Silent
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::tests::weth_usdc;
    use crate::settlement::Round;

    const START: u64 = 1_000 * GRID_SECONDS;

    fn policy() -> Volatility {
        Volatility {
            half_life_seconds: 259_200,
            premium_bps: 1_000,
            floor: 100_000_000_000_000_000,
            cap: 3_000_000_000_000_000_000,
        }
    }

    fn started() -> Estimate {
        Estimate::start(800_000_000_000_000_000, &policy(), START)
    }

    fn dollars(price: f64) -> Price {
        Price((price * 1e6) as u128 * 1_000_000_000_000)
    }

    /// Prices at the points of the grid from `START` on, by a random walk that rests and jumps.
    fn walk(rng: &mut fastrand::Rng) -> Vec<Price> {
        let mut price = 2_000.0;
        (0..rng.usize(2..60))
            .map(|_| {
                price *= match rng.u8(0..20) {
                    0..10 => 1.0 + (rng.f64() - 0.5) * 0.02,
                    10 => [0.1, 0.5, 2.0, 10.0][rng.usize(0..4)],
                    _ => 1.0,
                };
                price = price.clamp(0.01, 1e6);
                dollars(price)
            })
            .collect()
    }

    /// Takes points in steps of random length, each over one price.
    fn taken(rng: &mut fastrand::Rng, prices: &[Price]) -> Estimate {
        let (mut estimate, policy, mut from) = (started(), policy(), 0);
        while from < prices.len() {
            let same = prices[from..]
                .iter()
                .take_while(|price| **price == prices[from])
                .count();
            let points = rng.usize(1..=same);
            let until =
                START + (from + points - 1) as u64 * GRID_SECONDS + rng.u64(1..=GRID_SECONDS);
            estimate
                .take(prices[from], until, &policy)
                .expect("inside the domain");
            from += points;
        }
        estimate
    }

    #[test]
    fn the_estimate_is_the_exponentially_weighted_mean_of_squared_returns() {
        let mut rng = fastrand::Rng::with_seed(21);
        let policy = policy();
        let kept = 0.5_f64.powf(GRID_SECONDS as f64 / f64::from(policy.half_life_seconds));
        let mut compared = 0;
        for _ in 0..2_000 {
            let prices = walk(&mut rng);
            let mut variance = started().variance as f64 / 1e18;
            let mut last = prices[0];
            for price in &prices[1..] {
                let r = (price.0 as f64 / last.0 as f64).ln();
                let a_year = r * r * 31_536_000.0 / GRID_SECONDS as f64;
                variance = (kept * variance + (1.0 - kept) * a_year).min(9.0);
                last = *price;
            }
            let estimate = taken(&mut rng, &prices);
            let met = estimate.variance as f64 / 1e18;
            assert!((met / variance - 1.0).abs() < 1e-9, "{met} {variance}");
            let expected = (variance.sqrt() * 1.1).clamp(0.1, 3.0);
            let met = estimate.volatility as f64 / 1e18;
            assert!((met / expected - 1.0).abs() < 1e-9, "{met} {expected}");
            compared += usize::from(variance < 9.0);
        }
        assert!(compared > 500, "not all at the cap: {compared}");
    }

    #[test]
    fn it_does_not_matter_who_takes_which_points_when() {
        let mut rng = fastrand::Rng::with_seed(22);
        for _ in 0..2_000 {
            let prices = walk(&mut rng);
            let (a, b) = (taken(&mut rng, &prices), taken(&mut rng, &prices));
            assert_eq!((a.point, a.price), (b.point, b.price));
            assert_eq!(a.point, 999 + prices.len() as u64, "none is left out");
            let apart = a.variance.abs_diff(b.variance);
            assert!(apart <= a.variance / 1_000_000_000_000, "{a:?} {b:?}");
        }
    }

    #[test]
    fn the_start_is_what_the_constructor_says_and_the_first_point_gives_no_return() {
        let mut estimate = started();
        assert_eq!(estimate.volatility, 800_000_000_000_000_000);
        assert_eq!(estimate.next(), START);
        let mut priced = estimate;
        priced.price_by(&policy()).expect("in range");
        assert!(
            priced.volatility.abs_diff(estimate.volatility) < 10,
            "{priced:?}"
        );
        // Times between two points begin at the later one.
        let between = Estimate::start(estimate.volatility, &policy(), START + 1);
        assert_eq!(between.next(), START + GRID_SECONDS);
        let variance = estimate.variance;
        estimate
            .take(dollars(2_000.0), START + 1, &policy())
            .expect("in range");
        assert_eq!(estimate.variance, variance);
        assert_eq!(estimate.next(), START + GRID_SECONDS);
    }

    #[test]
    fn nothing_is_taken_before_its_time() {
        let mut estimate = started();
        for until in [0, START - 1, START] {
            let before = estimate;
            estimate
                .take(dollars(2_000.0), until, &policy())
                .expect("in range");
            assert_eq!(estimate, before);
        }
        assert_eq!(estimate.lag(START + VISIBILITY_LAG), 0);
        assert_eq!(estimate.lag(START + VISIBILITY_LAG + 1), 1);
        assert_eq!(estimate.lag(START + GRID_SECONDS + VISIBILITY_LAG), 1);
        assert_eq!(estimate.lag(START + GRID_SECONDS + VISIBILITY_LAG + 1), 2);
        assert_eq!(estimate.lag(0), 0);
    }

    #[test]
    fn a_gap_of_the_feed_gives_no_returns_and_then_one() {
        let policy = policy();
        let mut estimate = started();
        let gap = START + 100 * GRID_SECONDS;
        estimate.take(dollars(2_000.0), gap, &policy).expect("ok");
        let calm = estimate.variance;
        assert!(calm < started().variance);
        estimate
            .take(dollars(2_200.0), gap + 1, &policy)
            .expect("ok");
        let r: f64 = 1.1_f64.ln();
        let kept = 0.5_f64.powf(1_800.0 / 259_200.0);
        let jump = (1.0 - kept) * r * r * 31_536_000.0 / 1_800.0 * 1e18;
        let expected = kept * calm as f64 + jump;
        assert!((estimate.variance as f64 / expected - 1.0).abs() < 1e-9);
    }

    #[test]
    fn without_a_known_price_time_passes_and_nothing_else() {
        let policy = policy();
        let mut estimate = started();
        estimate
            .take(dollars(2_000.0), START + 1, &policy)
            .expect("ok");
        let before = estimate;
        let later = START + 30 * GRID_SECONDS;
        estimate.take(Price::ZERO, later, &policy).expect("ok");
        let point = before.point + 29;
        assert_eq!(estimate, Estimate { point, ..before });
    }

    #[test]
    fn the_price_of_options_stays_within_the_policy() {
        let policy = policy();
        let mut estimate = started();
        let mut until = START + 10_000 * GRID_SECONDS;
        estimate.take(dollars(2_000.0), until, &policy).expect("ok");
        assert_eq!(estimate.volatility, policy.floor);
        for price in [20.0, 2e5, 20.0] {
            until += GRID_SECONDS;
            estimate.take(dollars(price), until, &policy).expect("ok");
            assert_eq!(estimate.volatility, policy.cap);
            assert_eq!(estimate.variance, 9_000_000_000_000_000_000);
        }
        // What is forgotten after a spike is the cap, not the spike: a half-life later it is half.
        let half_life = u64::from(policy.half_life_seconds);
        estimate
            .take(dollars(20.0), until + half_life, &policy)
            .expect("ok");
        assert!(estimate.variance.abs_diff(4_500_000_000_000_000_000) < 10_000);
        let mut other = weth_usdc().volatility;
        other.floor = 2_900_000_000_000_000_000;
        other.cap = other.floor;
        estimate.price_by(&other).expect("in range");
        assert_eq!(estimate.volatility, other.floor, "a new policy prices anew");
    }

    fn at(price: u128, updated_at: u64) -> Round {
        Round {
            price: Price(price),
            updated_at,
        }
    }

    #[test]
    fn a_price_is_in_force_until_the_next_or_until_its_phase_has_been_silent() {
        let (now, age) = (1_000_000, 3_600);
        let rounds = |last, next| Around { last, next };
        let in_force = |price, until| Reading::Price(Price(price), until);
        let last = Some(at(7, 10_000));
        for (around, replaced, time, expected) in [
            (
                rounds(last, Some(at(8, 12_000))),
                false,
                11_000,
                in_force(7, 12_000),
            ),
            (
                rounds(last, None),
                false,
                500_000,
                in_force(7, now - VISIBILITY_LAG),
            ),
            (
                rounds(last, Some(at(8, 12_000))),
                true,
                11_000,
                in_force(7, 12_000),
            ),
            (rounds(last, None), true, 13_600, in_force(7, 13_601)),
            (rounds(last, None), true, 13_601, Reading::Silent),
            (
                rounds(Some(at(0, 10_000)), Some(at(8, 12_000))),
                false,
                11_000,
                in_force(0, 12_000),
            ),
            (
                rounds(Some(at(0, 10_000)), None),
                true,
                11_000,
                Reading::Silent,
            ),
            (
                Around::NOTHING,
                false,
                11_000,
                in_force(0, now - VISIBILITY_LAG),
            ),
            (Around::NOTHING, true, 11_000, Reading::Silent),
        ] {
            assert_eq!(
                reading(&around, time, age, replaced, now),
                expected,
                "{around:?} {replaced} {time}"
            );
        }
    }
}
