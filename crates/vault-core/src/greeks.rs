//! What one option of a series is worth and how that moves, per unit of spot.
//!
//! Nothing of it is stored: the price that the vault acted on last, the volatility, the time and a word for two series say all of it, to the last digit, for
//! some 20 gas a greek, where a word of it would cost 5 000 each time the price moves and be out of date in between.

use option_math::SpreadGreeks;

use crate::WAD;
use crate::model;
use crate::quantity::{Assets, Price, Quote, Units};
use crate::refusal::Refusal;
use crate::solvency::Series;
use crate::wide::mul_div_down;

/// Price and greeks of one option, per unit of spot, 18 decimals, quotients towards zero: a reader in the asset needs no price for them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PerSpot {
    /// Price / S, 0 to 1.
    pub price: u128,
    /// Delta, 0 to 1.
    pub delta: u64,
    /// S·Γ, the change of delta per relative move of spot.
    pub spot_gamma: i128,
    /// Vega / S per 1.00 of volatility.
    pub vega: i128,
    /// Theta / S a day.
    pub theta: i128,
}

/// `value / spot`, 18 decimals, towards zero.
fn per_spot(value: i128, spot: Price) -> i128 {
    let magnitude = mul_div_down(value.unsigned_abs(), WAD, spot.0);
    let magnitude = magnitude.and_then(|size| i128::try_from(size).ok());
    let magnitude = magnitude.unwrap_or(i128::MAX);
    if value < 0 {
        magnitude.wrapping_neg()
    } else {
        magnitude
    }
}

impl PerSpot {
    /// Those of one series at `spot`; after its expiry its payoff at that price, with delta 0 or 1.
    ///
    /// # Errors
    /// [`Refusal::Math`] outside the domain of option mathematics.
    pub fn at(
        series: &Series,
        spot: Price,
        volatility: u64,
        tenor_seconds: u64,
    ) -> Result<Self, Refusal> {
        let strip = model::strip(spot, volatility, tenor_seconds)?;
        Ok(Self::of(
            &strip.capped_call(series.strike.0, series.cap.map(|cap| cap.0))?,
            spot,
        ))
    }

    /// Those that `greeks` at `spot` are.
    #[must_use]
    #[inline(never)]
    pub fn of(greeks: &SpreadGreeks, spot: Price) -> Self {
        let price = i128::try_from(greeks.price).unwrap_or(i128::MAX);
        Self {
            price: per_spot(price, spot).unsigned_abs(),
            delta: greeks.delta,
            spot_gamma: greeks.spot_gamma,
            vega: per_spot(greeks.vega, spot),
            theta: per_spot(greeks.theta, spot),
        }
    }

    /// Delta of `amount` options, in whole assets' worth of options, rounded up.
    #[must_use]
    pub fn delta_of(&self, amount: Assets) -> Assets {
        // A delta is at most 1: the result is no more than the amount.
        amount.times_up(self.delta.into(), WAD).unwrap_or(amount)
    }

    /// The volatility (18 decimals) at which the model's value of `amount` options would be `cost`, to first order in its distance from `volatility`, at
    /// which these were computed: `σ + (cost − value) / vega`, at least 0. `None` without a vega, or out of range.
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
        let paid = per_spot(i128::try_from(price).ok()?, spot);
        let premium = paid.checked_sub(i128::try_from(self.price).ok()?)?;
        let vega = u128::try_from(self.vega).ok()?;
        let shift = mul_div_down(premium.unsigned_abs(), WAD, vega)?;
        let shift = u64::try_from(shift).ok()?;
        if premium < 0 {
            Some(volatility.saturating_sub(shift))
        } else {
            volatility.checked_add(shift)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPOT: Price = Price(2_000 * WAD);
    const WEEK: u64 = 604_800;

    fn series() -> Series {
        Series {
            strike: Price(2_200 * WAD),
            cap: Some(Price(4_000 * WAD)),
            ..Series::default()
        }
    }

    #[test]
    fn quotients_are_exact_towards_zero() {
        let cap = Some(4_000 * WAD);
        let greeks = option_math::capped_call(SPOT.0, 2_200 * WAD, cap, WAD as u64, WEEK, 0);
        let greeks = greeks.expect("priced");
        let one = PerSpot::at(&series(), SPOT, WAD as u64, WEEK).expect("priced");
        assert_eq!(one.price, greeks.price / 2_000);
        assert_eq!(one.delta, greeks.delta);
        assert_eq!(one.spot_gamma, greeks.spot_gamma);
        // Integer division is towards zero too.
        assert_eq!(one.vega, greeks.vega / 2_000);
        assert_eq!(one.theta, greeks.theta / 2_000);
        assert!(one.vega > 0 && one.theta < 0);
    }

    #[test]
    fn after_expiry_it_is_the_payoff() {
        for (spot, worth) in [(2_100, 0), (2_200, 0), (3_000, 800), (9_000, 1_800)] {
            let spot = Price(spot * WAD);
            let one = PerSpot::at(&series(), spot, WAD as u64, 0).expect("priced");
            let expected = mul_div_down(worth * WAD, WAD, spot.0);
            assert_eq!(Some(one.price), expected, "{spot:?}");
            assert_eq!((one.spot_gamma, one.vega, one.theta), (0, 0, 0));
        }
    }

    #[test]
    fn what_does_not_fit_saturates_with_its_sign() {
        let greeks = SpreadGreeks {
            price: u128::MAX,
            delta: WAD as u64,
            spot_gamma: i128::MIN,
            vega: i128::MAX,
            theta: i128::MIN,
        };
        let one = PerSpot::of(&greeks, Price(1));
        assert_eq!((one.price, one.vega), (i128::MAX.unsigned_abs(), i128::MAX));
        assert_eq!(one.theta, -i128::MAX);
    }

    #[test]
    fn implied_volatility_inverts_the_price_to_first_order() {
        let units = Units::new(18, 6).expect("decimals");
        let one = PerSpot::at(&series(), SPOT, WAD as u64, WEEK).expect("priced");
        let cost = |extra: u128| Quote((one.price + extra) * 2_000 / 1_000_000_000_000);
        let implied = |extra| {
            let found = one.implied_volatility(WAD as u64, SPOT, cost(extra), Assets(WAD), units);
            i128::from(found.expect("a vega"))
        };
        // A unit of quote is 10⁻⁶ of 2 000, over a vega of some .03.
        let unit = 1_000_000_000_000 * WAD as i128 / 2_000 / one.vega;
        assert!((implied(0) - WAD as i128).abs() <= unit);
        let point = one.vega.unsigned_abs() / 100;
        let shift = implied(point) - WAD as i128;
        assert!((shift - WAD as i128 / 100).abs() <= 2 * unit, "{shift}");
    }
}
