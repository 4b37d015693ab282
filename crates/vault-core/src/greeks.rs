//! What one option of a series is worth and how that moves, packed into one storage word.
//!
//! Everything is relative to spot, so that a word stays meaningful as the price moves: a reader multiplies by the spot of today.
//! Values that do not fit saturate; they are for views and marks, never for a payout.

use option_math::SpreadGreeks;

use crate::WAD;
use crate::model;
use crate::quantity::{Assets, Price, Quote, Units};
use crate::refusal::Refusal;
use crate::solvency::Series;
use crate::wide::mul_div_down;

/// Price and greeks of one option, per unit of spot, as stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// Price / S in units of 10⁻¹² (48 bits).
    pub price: u64,
    /// Delta in units of 10⁻⁹ (32 bits).
    pub delta: u32,
    /// S·Γ, the change of delta per relative move of spot, in units of 10⁻¹⁰ (48 bits, signed).
    pub spot_gamma: i64,
    /// Vega / S per 1.00 of volatility, in units of 10⁻¹² (48 bits, signed).
    pub vega: i64,
    /// Theta / S a day, in units of 10⁻¹² (48 bits, signed).
    pub theta: i64,
    /// When it was computed, Unix seconds (32 bits, until 2106); 0 for never.
    pub time: u32,
}

/// Units of [`Mark::price`], [`Mark::vega`] and [`Mark::theta`] in one.
pub const PRICE_UNIT: u128 = 1_000_000_000_000;
/// Units of [`Mark::delta`] in one.
pub const DELTA_UNIT: u128 = 1_000_000_000;
/// Units of [`Mark::spot_gamma`] in one.
pub const GAMMA_UNIT: u128 = 10_000_000_000;
/// A word is rewritten when delta moved this far: 0.1 % of an asset, in units of 10⁻⁹.
pub const DELTA_TOLERANCE: u32 = 1_000_000;
/// A word is rewritten when price / S moved this far: 1 bp, in units of 10⁻¹².
pub const PRICE_TOLERANCE: u64 = 100_000_000;

const FIELD: u32 = 48;
/// One unit of [`Mark::delta`], 18 decimals.
const DELTA_STEP: u64 = (WAD / DELTA_UNIT) as u64;
const MAX: i64 = (1 << (FIELD - 1)) - 1;
const MASK: u128 = (1 << FIELD) - 1;

/// `value / spot` in units of `1 / unit`, towards zero, saturating at 48 signed bits.
fn per_spot(value: i128, spot: Price, unit: u128) -> i64 {
    let magnitude = mul_div_down(value.unsigned_abs(), unit, spot.0).unwrap_or(u128::MAX);
    let bounded = i64::try_from(magnitude).unwrap_or(MAX).min(MAX);
    if value < 0 {
        bounded.wrapping_neg()
    } else {
        bounded
    }
}

fn signed(bits: u128) -> i64 {
    // 48 bits to 64, the sign carried.
    ((bits as u64) << 16).cast_signed() >> 16
}

impl Mark {
    /// The mark of one series at `spot`.
    ///
    /// # Errors
    /// [`Refusal::Math`] outside the domain of option mathematics.
    pub fn price(
        series: &Series,
        spot: Price,
        volatility: u64,
        tenor_seconds: u64,
        now: u64,
    ) -> Result<Self, Refusal> {
        let strip = model::strip(spot, volatility, tenor_seconds)?;
        Ok(Self::of(
            &strip.capped_call(series.strike.0, series.cap.map(|cap| cap.0))?,
            spot,
            now,
        ))
    }

    /// The mark of `greeks` at `spot`; each field is within one unit of the exact quotient, towards zero.
    #[must_use]
    pub fn of(greeks: &SpreadGreeks, spot: Price, now: u64) -> Self {
        let price = i128::try_from(greeks.price).unwrap_or(i128::MAX);
        Self {
            price: per_spot(price, spot, PRICE_UNIT).unsigned_abs(),
            delta: (greeks.delta / DELTA_STEP) as u32,
            spot_gamma: per_spot(greeks.spot_gamma, Price(WAD), GAMMA_UNIT),
            vega: per_spot(greeks.vega, spot, PRICE_UNIT),
            theta: per_spot(greeks.theta, spot, PRICE_UNIT),
            time: now as u32,
        }
    }

    /// Delta of `amount` options, in whole assets' worth of options, rounded up.
    #[must_use]
    pub fn delta_of(&self, amount: Assets) -> Assets {
        // A delta is at most 1: the result is no more than the amount.
        amount
            .times_up(self.delta.into(), DELTA_UNIT)
            .unwrap_or(amount)
    }

    /// The volatility (18 decimals) at which the model's value of `amount` options would be `cost`, to first order in its distance from `volatility`, at
    /// which this mark was computed: `σ + (cost − value) / vega`, at least 0. `None` without a vega, or out of range.
    #[must_use]
    pub fn implied_volatility(
        &self,
        volatility: u64,
        spot: Price,
        cost: Quote,
        amount: Assets,
        units: Units,
    ) -> Option<u64> {
        let price = mul_div_down(cost.0, units.scale(), amount.0)?;
        let paid = per_spot(i128::try_from(price).ok()?, spot, PRICE_UNIT);
        let premium = i128::from(paid).checked_sub(self.price.into())?;
        let vega = u128::try_from(self.vega).ok()?;
        let shift = mul_div_down(premium.unsigned_abs(), WAD, vega)?;
        let shift = u64::try_from(shift).ok()?;
        if premium < 0 {
            Some(volatility.saturating_sub(shift))
        } else {
            volatility.checked_add(shift)
        }
    }

    /// Two halves of a storage word: price, delta and gamma; vega, theta and time.
    #[must_use]
    pub fn pack(&self) -> (u128, u128) {
        let field = |x: i64| u128::from(x.cast_unsigned()) & MASK;
        let high = (u128::from(self.price) & MASK) << 80
            | u128::from(self.delta) << 48
            | field(self.spot_gamma);
        let low = field(self.vega) << 80 | field(self.theta) << 32 | u128::from(self.time);
        (high, low)
    }

    /// What [`pack`](Self::pack) packed.
    #[must_use]
    pub fn unpack((high, low): (u128, u128)) -> Self {
        Self {
            price: (high >> 80) as u64,
            delta: (high >> 48) as u32,
            spot_gamma: signed(high & MASK),
            vega: signed(low >> 80),
            theta: signed((low >> 32) & MASK),
            time: low as u32,
        }
    }

    /// Whether `new` differs enough from what is stored to be worth a storage write.
    #[must_use]
    pub fn moved(&self, new: &Self) -> bool {
        self.time == 0
            || self.delta.abs_diff(new.delta) >= DELTA_TOLERANCE
            || self.price.abs_diff(new.price) >= PRICE_TOLERANCE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packs_and_unpacks_every_field() {
        let mut rng = fastrand::Rng::with_seed(8);
        for _ in 0..10_000 {
            let mark = Mark {
                price: rng.u64(0..1 << 47),
                delta: rng.u32(0..=1_000_000_000),
                spot_gamma: rng.i64(-MAX..=MAX),
                vega: rng.i64(-MAX..=MAX),
                theta: rng.i64(-MAX..=MAX),
                time: rng.u32(..),
            };
            assert_eq!(Mark::unpack(mark.pack()), mark);
        }
    }

    #[test]
    fn a_mark_keeps_the_greeks_to_its_units() {
        let spot = Price(2_000 * WAD);
        let greeks = option_math::capped_call(
            spot.0,
            2_200 * WAD,
            Some(4_000 * WAD),
            WAD as u64,
            604_800,
            0,
        )
        .expect("priced");
        let mark = Mark::of(&greeks, spot, 1_700_000_000);
        let near = |stored: i128, unit: u128, exact: i128| {
            (stored * (WAD / unit) as i128 - exact).unsigned_abs() <= WAD / unit
        };
        assert!(near(
            mark.price.into(),
            PRICE_UNIT,
            (greeks.price / 2_000) as i128
        ));
        assert!(near(mark.delta.into(), DELTA_UNIT, greeks.delta.into()));
        assert!(near(mark.spot_gamma.into(), GAMMA_UNIT, greeks.spot_gamma));
        assert!(near(mark.vega.into(), PRICE_UNIT, greeks.vega / 2_000));
        assert!(near(mark.theta.into(), PRICE_UNIT, greeks.theta / 2_000));
        assert!(mark.theta < 0 && mark.time == 1_700_000_000);
    }

    #[test]
    fn what_does_not_fit_saturates_with_its_sign() {
        let greeks = SpreadGreeks {
            price: u128::MAX,
            delta: 0,
            spot_gamma: i128::MIN,
            vega: i128::MAX,
            theta: i128::MIN,
        };
        let mark = Mark::of(&greeks, Price(1), 1);
        assert_eq!(
            (mark.price, mark.spot_gamma, mark.vega, mark.theta),
            (MAX as u64, -MAX, MAX, -MAX)
        );
        assert_eq!(Mark::unpack(mark.pack()), mark);
    }
}
