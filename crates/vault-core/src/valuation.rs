//! What a book is worth and how it moves: the numbers that the hedge decides on.

use option_math::SpreadGreeks;

use crate::model;
use crate::policy::{Hedge, Risk};
use crate::quantity::{Assets, Pot, Price, Quote, Units};
use crate::refusal::Refusal;
use crate::risk;
use crate::solvency::Series;
use crate::wide::{mul_div_down, mul_div_up};
use crate::{BPS, MAX_SERIES, WAD};

/// What the vault holds and owes.
#[derive(Clone, Copy, Debug)]
pub struct Book<'a> {
    /// The shareholders' bucket.
    pub vault: Pot,
    /// Series that have not expired. None after settlement, when the target is the asset alone.
    pub series: &'a [Series],
    /// Time to the end of the epoch, seconds; a series that expires earlier has less.
    pub tenor_seconds: u64,
    /// Decimals of the pair.
    pub units: Units,
}

/// The prices a decision is made at.
#[derive(Clone, Copy, Debug)]
pub struct Market {
    /// The oracle's price.
    pub spot: Price,
    /// Annualised volatility, 18 decimals.
    pub volatility: u64,
    /// dσ/d ln S, basis points: how volatility moves with the price. 0 gives the deltas of Black–Scholes.
    pub skew_bps: i32,
}

impl Market {
    /// Prices, with the skew that a policy assumes.
    #[must_use]
    pub fn new(spot: Price, volatility: u64, hedge: &Hedge) -> Self {
        let slope = i32::from(hedge.skew_bps);
        Self {
            spot,
            volatility,
            skew_bps: if hedge.skew_down {
                slope.wrapping_neg()
            } else {
                slope
            },
        }
    }
}

/// Value and exposure of a book at one price. The sums over series are those of the options owed, in asset units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Valuation {
    /// What is held: the vault, and what is in reserve for series that expire early.
    pub held: Pot,
    /// What the open options are worth at the model's price, quote units, rounded up.
    pub liability: Quote,
    /// `u + (c − liability) / S`, asset units, rounded down; never below 0.
    pub nav: Assets,
    /// `u − Σ n·Δ*` with the minimum-variance delta `Δ* = Δ + β·ν/S`, asset units; each term of the sum rounded up.
    pub exposure: i128,
    /// Options open.
    pub sold: Assets,
    /// `Σ n·S·Γ`: change of the exposure for a move of spot by all of itself.
    pub spot_gamma: i128,
    /// `Σ n·ν/S`: loss for 1.00 of volatility.
    pub vega: i128,
    /// `Σ n·θ/S` a day: gain, when negative.
    pub theta: i128,
}

/// Values a book with Black–Scholes at an interest rate of 0. At most [`MAX_SERIES`] evaluations of a spread.
///
/// # Errors
/// [`Refusal::Math`] outside the domain of option mathematics, [`Refusal::Overflow`].
pub fn value(book: &Book, market: &Market) -> Result<Valuation, Refusal> {
    let &Market {
        spot, volatility, ..
    } = market;
    let mut sums = Valuation {
        // What is held for series with a reserve of their own is held all the same.
        held: book.vault,
        liability: Quote::ZERO,
        nav: Assets::ZERO,
        exposure: 0,
        sold: Assets::ZERO,
        spot_gamma: 0,
        vega: 0,
        theta: 0,
    };
    for series in book.series.iter().take(MAX_SERIES) {
        let tenor = book.tenor_seconds.saturating_sub(series.early.into());
        let greeks = model::strip(spot, volatility, tenor)?
            .capped_call(series.strike.0, series.cap.map(|cap| cap.0))?;
        sums.held = series
            .reserve(book.units)
            .and_then(|reserve| sums.held.plus(reserve))
            .ok_or(Refusal::Overflow)?;
        add(&mut sums, book.units, series.sold, &greeks, market).ok_or(Refusal::Overflow)?;
    }
    sums.nav =
        net_asset_value(sums.held, book.units, spot, sums.liability).ok_or(Refusal::Overflow)?;
    sums.exposure = signed(sums.held.assets.0)?
        .checked_add(sums.exposure)
        .ok_or(Refusal::Overflow)?;
    Ok(sums)
}

impl Valuation {
    /// That of the same options at the same prices when the vault's bucket, `before`, has become `after`: what [`value`] says of that book, without
    /// evaluating its options again.
    ///
    /// # Errors
    /// [`Refusal::Overflow`].
    pub fn traded(
        mut self,
        before: Pot,
        after: Pot,
        units: Units,
        spot: Price,
    ) -> Result<Self, Refusal> {
        let owed = signed(self.held.assets.0)?.checked_sub(self.exposure);
        let held = self.held.minus(before).and_then(|rest| rest.plus(after));
        self.held = held.ok_or(Refusal::Overflow)?;
        self.nav =
            net_asset_value(self.held, units, spot, self.liability).ok_or(Refusal::Overflow)?;
        let held = signed(self.held.assets.0)?;
        let exposure = owed.and_then(|owed| held.checked_sub(owed));
        self.exposure = exposure.ok_or(Refusal::Overflow)?;
        Ok(self)
    }
}

/// Adds the options of one series. `exposure` goes down by their deltas.
fn add(
    sums: &mut Valuation,
    units: Units,
    sold: Assets,
    greeks: &SpreadGreeks,
    market: &Market,
) -> Option<()> {
    let spot = market.spot.0;
    let owed = units.quote_up(sold, Price(greeks.price))?;
    sums.liability = sums.liability.plus(owed)?;
    sums.sold = sums.sold.plus(sold)?;
    let delta = i128::from(greeks.delta).checked_add(minimum_variance(greeks.vega, market)?)?;
    sums.exposure = sums.exposure.checked_sub(part_away(sold, delta, WAD)?)?;
    sums.spot_gamma = sums
        .spot_gamma
        .checked_add(part_away(sold, greeks.spot_gamma, WAD)?)?;
    sums.vega = sums.vega.checked_add(part_away(sold, greeks.vega, spot)?)?;
    sums.theta = sums
        .theta
        .checked_add(part_away(sold, greeks.theta, spot)?)?;
    Some(())
}

/// `β·ν/S`, 18 decimals, towards zero: what the minimum-variance delta adds to that of Black–Scholes, because volatility moves with the price
/// (Hull and White 2017, *Optimal delta hedging for options*).
fn minimum_variance(vega: i128, market: &Market) -> Option<i128> {
    let slope = u128::from(market.skew_bps.unsigned_abs());
    let size = mul_div_down(
        vega.unsigned_abs(),
        slope.checked_mul(WAD)?,
        market.spot.0.checked_mul(BPS)?,
    )?;
    let size = i128::try_from(size).ok()?;
    Some(if (market.skew_bps < 0) == (vega < 0) {
        size
    } else {
        size.checked_neg()?
    })
}

/// `amount · numerator / denominator`, rounded away from zero.
fn part_away(amount: Assets, numerator: i128, denominator: u128) -> Option<i128> {
    let size = mul_div_up(amount.0, numerator.unsigned_abs(), denominator)?;
    let size = i128::try_from(size).ok()?;
    Some(if numerator < 0 {
        size.checked_neg()?
    } else {
        size
    })
}

#[inline(never)]
fn net_asset_value(held: Pot, units: Units, spot: Price, liability: Quote) -> Option<Assets> {
    if let Some(surplus) = held.quote.minus(liability) {
        return held.assets.plus(units.assets_down(surplus, spot)?);
    }
    let missing = liability.minus(held.quote)?;
    let owed = units.assets_up(missing, spot)?;
    Some(Assets(held.assets.0.saturating_sub(owed.0)))
}

/// An amount as a signed number.
pub(crate) fn signed(amount: u128) -> Result<i128, Refusal> {
    i128::try_from(amount).map_err(|_| Refusal::Overflow)
}

/// Whether dollar gamma, vega or theta of the book is beyond its budget.
#[must_use]
pub fn beyond_budget(valuation: &Valuation, risk: &Risk) -> bool {
    risk::check(valuation, risk).is_err()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::tests::weth_usdc;
    use crate::solvency::Backing;

    fn book(series: &[Series]) -> Book<'_> {
        Book {
            vault: Pot {
                assets: Assets(10 * WAD),
                quote: Quote(300_000_000),
            },
            series,
            tenor_seconds: 604_800,
            units: Units::new(18, 6).expect("decimals"),
        }
    }

    fn series(strike: u128, cap: Option<u128>, sold: u128) -> Series {
        Series {
            strike: Price(strike * WAD),
            cap: cap.map(|cap| Price(cap * WAD)),
            sold: Assets(sold),
            ..Series::default()
        }
    }

    fn market(skew_bps: i32) -> Market {
        Market {
            spot: Price(2_000 * WAD),
            volatility: 800_000_000_000_000_000,
            skew_bps,
        }
    }

    #[test]
    fn sums_are_those_of_the_series() {
        let all = [
            series(2_200, Some(4_000), 3 * WAD),
            series(2_400, None, 2 * WAD),
        ];
        let whole = value(&book(&all), &market(0)).expect("values");
        let parts: Vec<_> = all
            .iter()
            .map(|one| value(&book(std::slice::from_ref(one)), &market(0)).expect("values"))
            .collect();
        let sum = |field: fn(&Valuation) -> i128| parts.iter().map(field).sum::<i128>();
        assert_eq!(whole.spot_gamma, sum(|v| v.spot_gamma));
        assert_eq!(whole.vega, sum(|v| v.vega));
        assert_eq!(whole.theta, sum(|v| v.theta));
        let held = i128::try_from(10 * WAD).expect("fits");
        assert_eq!(whole.exposure, sum(|v| v.exposure) - held);
        assert_eq!(whole.sold, Assets(5 * WAD));
        assert!(whole.spot_gamma > 0 && whole.vega > 0 && whole.theta < 0);
    }

    #[test]
    fn after_a_trade_it_is_what_valuing_the_book_again_says() {
        let mut rng = fastrand::Rng::with_seed(11);
        for _ in 0..500 {
            let all = [
                series(2_200, Some(4_000), rng.u128(0..4 * WAD)),
                Series {
                    early: 86_400,
                    backing: Backing::Quote,
                    ..series(2_300, Some(3_000), rng.u128(0..2 * WAD))
                },
                Series {
                    early: 86_400,
                    backing: Backing::Assets,
                    ..series(1_900, None, rng.u128(0..2 * WAD))
                },
            ];
            let market = market(rng.i32(-5_000..5_000));
            let before = book(&all);
            let vault = Pot {
                assets: Assets(rng.u128(0..20 * WAD)),
                quote: Quote(rng.u128(0..40_000_000_000)),
            };
            let after = Book { vault, ..before };
            let first = value(&before, &market).expect("values");
            let (units, spot) = (before.units, market.spot);
            let again = first.traded(before.vault, vault, units, spot);
            assert_eq!(again, value(&after, &market));
        }
    }

    #[test]
    fn the_minimum_variance_delta_follows_the_skew() {
        let one = [series(2_200, None, WAD)];
        let at = |skew| value(&book(&one), &market(skew)).expect("values");
        let plain = at(0);
        // β = −.5: the delta falls by half of the vega per spot.
        let change = at(-5_000).exposure - plain.exposure;
        assert!((change - plain.vega / 2).abs() <= 2, "{change}");
        assert!((at(5_000).exposure - plain.exposure + plain.vega / 2).abs() <= 2);
        let greeks = model::strip(Price(2_000 * WAD), market(0).volatility, 604_800)
            .and_then(|strip| strip.capped_call(2_200 * WAD, None))
            .expect("priced");
        let options = option_math::Greeks {
            price: greeks.price,
            delta: greeks.delta,
            spot_gamma: 0,
            vega: greeks.vega.unsigned_abs(),
            theta: 0,
        };
        let beta = -500_000_000_000_000_000;
        let expected = option_math::minimum_variance_delta(&options, 2_000 * WAD, beta);
        let held = i128::try_from(10 * WAD).expect("fits");
        let delta = held - at(-5_000).exposure;
        assert!(
            (delta - expected.expect("in the domain")).abs() <= 2,
            "{delta}"
        );
    }

    #[test]
    fn each_budget_bounds_its_own_sum() {
        let one = [series(2_000, None, 10 * WAD)];
        let valuation = value(&book(&one), &market(0)).expect("values");
        let none = weth_usdc().risk;
        assert!(!beyond_budget(&valuation, &none), "no budget, no bound");
        let bps = |sum: i128, per: u128| (sum.unsigned_abs() / per * BPS / valuation.nav.0) as u16;
        let (gamma, vega, theta) = (
            bps(valuation.spot_gamma, 100),
            bps(valuation.vega, 100),
            bps(valuation.theta, 1),
        );
        assert!(
            gamma > 100 && vega > 2 && theta > 10,
            "{gamma} {vega} {theta}"
        );
        for (inside, beyond) in [
            (
                Risk {
                    gamma_bps: gamma + 1,
                    ..none
                },
                Risk {
                    gamma_bps: gamma - 1,
                    ..none
                },
            ),
            (
                Risk {
                    vega_bps: vega + 1,
                    ..none
                },
                Risk {
                    vega_bps: vega - 1,
                    ..none
                },
            ),
            (
                Risk {
                    theta_bps: theta + 1,
                    ..none
                },
                Risk {
                    theta_bps: theta - 1,
                    ..none
                },
            ),
        ] {
            assert!(!beyond_budget(&valuation, &inside), "{inside:?}");
            assert!(beyond_budget(&valuation, &beyond), "{beyond:?}");
        }
    }
}
