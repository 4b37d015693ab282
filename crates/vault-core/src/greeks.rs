//! What one option of a series is worth and how that moves, packed into half a storage word.
//!
//! Everything is relative to spot, so that it stays meaningful as the price moves: a reader multiplies by the spot of today. Gamma, vega and theta keep their
//! leading bits. Values that do not fit saturate; they are for views and marks, never for a payout.

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
    /// Price / S in units of 10⁻¹² (40 bits).
    pub price: u64,
    /// Delta in units of 10⁻⁹ (30 bits).
    pub delta: u32,
    /// S·Γ, the change of delta per relative move of spot, in units of 10⁻¹⁰: 14 leading bits, a sign, below 3 519.
    pub spot_gamma: i64,
    /// Vega / S per 1.00 of volatility, in units of 10⁻¹²: 13 leading bits, a sign, below 17.6.
    pub vega: i64,
    /// Theta / S a day, in units of 10⁻¹²: 13 leading bits, a sign, below 17.6.
    pub theta: i64,
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

/// One unit of [`Mark::delta`], 18 decimals.
const DELTA_STEP: u64 = (WAD / DELTA_UNIT) as u64;
const PRICE_BITS: u32 = 40;
const DELTA_BITS: u32 = 30;
/// Leading bits that are kept of gamma, and of vega and theta.
const GAMMA_BITS: u32 = 14;
const SLOPE_BITS: u32 = 13;
/// Bits of the number of bits that follow the leading ones.
const SHIFT_BITS: u32 = 5;

const fn mask(bits: u32) -> u128 {
    (1 << bits) - 1
}

/// `value / spot` in units of `1 / unit`, towards zero.
fn per_spot(value: i128, spot: Price, unit: u128) -> i64 {
    let magnitude = mul_div_down(value.unsigned_abs(), unit, spot.0).unwrap_or(u128::MAX);
    let bounded = i64::try_from(magnitude).unwrap_or(i64::MAX);
    if value < 0 {
        bounded.wrapping_neg()
    } else {
        bounded
    }
}

/// Sign, shift and `bits` leading bits of a number, towards zero; the largest there is for what is larger.
#[inline(never)]
fn squeeze(value: i64, bits: u32) -> u128 {
    let magnitude = value.unsigned_abs();
    let shift = (u64::BITS - bits).saturating_sub(magnitude.leading_zeros());
    let (shift, leading) = if u128::from(shift) > mask(SHIFT_BITS) {
        (mask(SHIFT_BITS), mask(bits))
    } else {
        (shift.into(), u128::from(magnitude >> shift))
    };
    u128::from(value < 0) << (SHIFT_BITS + bits) | shift << bits | leading
}

/// The number that [`squeeze`] made bits of.
#[inline(never)]
fn spread(x: u128, bits: u32) -> i64 {
    let shift = (x >> bits) & mask(SHIFT_BITS);
    let magnitude = (((x & mask(bits)) as u64) << shift).cast_signed();
    if x >> (SHIFT_BITS + bits) & 1 != 0 {
        magnitude.wrapping_neg()
    } else {
        magnitude
    }
}

/// The number as it is kept.
fn kept(value: i64, bits: u32) -> i64 {
    spread(squeeze(value, bits), bits)
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
    ) -> Result<Self, Refusal> {
        let strip = model::strip(spot, volatility, tenor_seconds)?;
        Ok(Self::of(
            &strip.capped_call(series.strike.0, series.cap.map(|cap| cap.0))?,
            spot,
        ))
    }

    /// The mark of `greeks` at `spot`. Price and delta are within one unit of the exact quotient, the others within one in their leading bits, all towards
    /// zero.
    #[must_use]
    #[inline(never)]
    pub fn of(greeks: &SpreadGreeks, spot: Price) -> Self {
        let price = i128::try_from(greeks.price).unwrap_or(i128::MAX);
        let price = per_spot(price, spot, PRICE_UNIT).unsigned_abs();
        Self {
            price: price.min(mask(PRICE_BITS) as u64),
            delta: (greeks.delta / DELTA_STEP) as u32,
            spot_gamma: kept(
                per_spot(greeks.spot_gamma, Price(WAD), GAMMA_UNIT),
                GAMMA_BITS,
            ),
            vega: kept(per_spot(greeks.vega, spot, PRICE_UNIT), SLOPE_BITS),
            theta: kept(per_spot(greeks.theta, spot, PRICE_UNIT), SLOPE_BITS),
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

    /// Half a storage word, from the least significant bit: theta 19, vega 19, gamma 20, delta 30, price 40.
    #[must_use]
    pub fn pack(&self) -> u128 {
        let mut bits = u128::from(self.price) & mask(PRICE_BITS);
        bits = bits << DELTA_BITS | u128::from(self.delta) & mask(DELTA_BITS);
        for (value, kept) in [
            (self.spot_gamma, GAMMA_BITS),
            (self.vega, SLOPE_BITS),
            (self.theta, SLOPE_BITS),
        ] {
            bits = bits << (1 + SHIFT_BITS + kept) | squeeze(value, kept);
        }
        bits
    }

    /// What [`pack`](Self::pack) packed.
    #[must_use]
    #[inline(never)]
    pub fn unpack(mut bits: u128) -> Self {
        let mut take = |width: u32| {
            let field = bits & mask(width);
            bits >>= width;
            field
        };
        let mut slope = |kept: u32| spread(take(1 + SHIFT_BITS + kept), kept);
        let (theta, vega, spot_gamma) = (slope(SLOPE_BITS), slope(SLOPE_BITS), slope(GAMMA_BITS));
        Self {
            theta,
            vega,
            spot_gamma,
            delta: take(DELTA_BITS) as u32,
            price: take(PRICE_BITS) as u64,
        }
    }

    /// Whether `new` differs enough from what is stored to be worth a storage write.
    #[must_use]
    pub fn moved(&self, new: &Self) -> bool {
        self.delta.abs_diff(new.delta) >= DELTA_TOLERANCE
            || self.price.abs_diff(new.price) >= PRICE_TOLERANCE
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LARGEST: [i64; 2] = [((1 << 14) - 1) << 31, ((1 << 13) - 1) << 31];

    #[test]
    fn packs_and_unpacks_every_field() {
        let mut rng = fastrand::Rng::with_seed(8);
        let mut slope = |bits| kept(rng.i64(..) >> rng.u32(0..64), bits);
        for _ in 0..10_000 {
            let mark = Mark {
                price: slope(20).unsigned_abs() & mask(PRICE_BITS) as u64,
                delta: slope(20).unsigned_abs() as u32 % 1_000_000_001,
                spot_gamma: slope(GAMMA_BITS),
                vega: slope(SLOPE_BITS),
                theta: slope(SLOPE_BITS),
            };
            assert_eq!(Mark::unpack(mark.pack()), mark);
        }
    }

    #[test]
    fn leading_bits_are_kept_towards_zero() {
        for (value, expected) in [
            (0, 0),
            (1, 1),
            (-8_191, -8_191),
            (8_192, 8_192),
            (8_193, 8_192),
            (-16_383, -16_382),
            (1 << 43, 1 << 43),
            ((1 << 44) - 1, LARGEST[1]),
            (1 << 44, LARGEST[1]),
            (i64::MIN, -LARGEST[1]),
        ] {
            assert_eq!(kept(value, SLOPE_BITS), expected, "{value}");
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
        let mark = Mark::of(&greeks, spot);
        // A unit, or one in the leading bits of which there are `bits`.
        let near = |stored: i64, unit: u128, exact: i128, bits: u32| {
            let stored = i128::from(stored) * (WAD / unit) as i128;
            let lost = exact.unsigned_abs().checked_sub(stored.unsigned_abs());
            let most = (WAD / unit).max(exact.unsigned_abs() >> (bits - 1));
            stored.signum() == exact.signum() && lost.is_some_and(|lost| lost <= most)
        };
        let price = (greeks.price / 2_000) as i128;
        assert!(near(mark.price as i64, PRICE_UNIT, price, 64));
        assert!(near(mark.delta.into(), DELTA_UNIT, greeks.delta.into(), 64));
        assert!(near(
            mark.spot_gamma,
            GAMMA_UNIT,
            greeks.spot_gamma,
            GAMMA_BITS
        ));
        assert!(near(mark.vega, PRICE_UNIT, greeks.vega / 2_000, SLOPE_BITS));
        assert!(near(
            mark.theta,
            PRICE_UNIT,
            greeks.theta / 2_000,
            SLOPE_BITS
        ));
        assert!(mark.theta < 0);
        assert_eq!(Mark::unpack(mark.pack()), mark);
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
        let mark = Mark::of(&greeks, Price(1));
        assert_eq!(
            (
                mark.price,
                mark.delta,
                mark.spot_gamma,
                mark.vega,
                mark.theta
            ),
            (
                (1 << 40) - 1,
                1_000_000_000,
                -LARGEST[0],
                LARGEST[1],
                -LARGEST[1]
            )
        );
        assert_eq!(Mark::unpack(mark.pack()), mark);
    }
}
