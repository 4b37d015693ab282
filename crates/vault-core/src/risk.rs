//! The budgets of risk that sales stop at: what spot cannot cure, and taking options back or the next opening can.
//!
//! Each bounds one sensitivity of the options open, in asset units, by a share of net asset value: how far a move of spot by 1 % changes the exposure
//! (dollar gamma), what a point of volatility costs (vega), what a day brings (theta). Short gamma and vega, and decay, are what is bounded; the other side
//! of each, deep in a capped call, is bounded alike.

use crate::model;
use crate::policy::Risk;
use crate::quantity::{Assets, Price};
use crate::refusal::Refusal;
use crate::solvency::WHOLE;
use crate::valuation::Valuation;
use crate::wide::mul_div_down;
use crate::{BPS, WAD};

/// Which budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Budget {
    /// Of dollar gamma.
    Gamma = 0,
    /// Of vega.
    Vega = 1,
    /// Of theta.
    Theta = 2,
}

/// Parts of a whole move that a budget is counted for: percents of spot, points of volatility, days.
const PERCENT: u128 = 100;

/// Refuses a book beyond a budget; a budget of 0 bounds nothing.
///
/// # Errors
/// [`Refusal::BeyondRiskBudget`] with the first budget that is exceeded, what the book uses (rounded down) and what it may (rounded down), asset units.
pub fn check(valuation: &Valuation, risk: &Risk) -> Result<(), Refusal> {
    let within = |budget, sum: i128, bps: u16, parts: u128| {
        let used = mul_div_down(sum.unsigned_abs(), 1, parts).unwrap_or(0);
        let most = mul_div_down(valuation.nav.0, bps.into(), BPS).unwrap_or(u128::MAX);
        if bps == 0 || used <= most {
            Ok(())
        } else {
            Err(Refusal::BeyondRiskBudget { budget, used, most })
        }
    };
    within(Budget::Gamma, valuation.spot_gamma, risk.gamma_bps, PERCENT)?;
    within(Budget::Vega, valuation.vega, risk.vega_bps, PERCENT)?;
    within(Budget::Theta, valuation.theta, risk.theta_bps, 1)
}

/// What is known of a book without a look at its series.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// The most options that can be open, asset units.
    pub options: Assets,
    /// [`largest_share`](crate::solvency::largest_share) of the series of the last expiry.
    pub share: u16,
    /// The least time to an expiry with options open, seconds.
    pub least_tenor: u64,
    /// Time to the last expiry, seconds.
    pub tenor: u64,
}

/// How much more than the option at the money the most sensitive one moves, at most: 21/20.
///
/// Gamma, vega and theta of a call are φ(d₁) times what no strike changes. At the money φ(d₁) is e^(−σ²τ/8) of its largest value, and σ²τ is at most
/// 9 · 14/365 by policy: 0.958 of it. A capped call is the difference of two calls, and both are positive.
const MARGIN: (u128, u128) = (21, 20);

/// Whether any book within `bounds`, of a vault with so many assets, is inside all budgets: then [`check`] passes.
///
/// Gamma and theta of an option are at most those of one at the money with the least tenor, vega is that of one with the most, but for [`MARGIN`]. No option
/// is worth more than the largest share of spot, or, where it has a reserve of its own, than that.
///
/// # Errors
/// [`Refusal::Math`] outside the domain of option mathematics.
pub fn plainly_within(
    risk: &Risk,
    bounds: &Bounds,
    assets: Assets,
    spot: Price,
    volatility: u64,
) -> Result<bool, Refusal> {
    let owed = bounds.options.times_up(bounds.share.into(), WHOLE.into());
    let worth = owed.and_then(|owed| assets.minus(owed)).unwrap_or_default();
    let money = |tenor| model::strip(spot, volatility, tenor)?.greeks(spot.0);
    let (near, far) = (money(bounds.least_tenor)?, money(bounds.tenor)?);
    let within = |each: u128, unit: u128, bps: u16| {
        let used = each
            .checked_mul(MARGIN.0)
            .and_then(|each| bounds.options.times_up(each, unit.checked_mul(MARGIN.1)?));
        let most = worth.times_down(bps.into(), BPS);
        bps == 0 || used.is_some_and(|used| most.is_some_and(|most| used <= most))
    };
    let spot = spot.0;
    Ok(within(near.spot_gamma, WAD * PERCENT, risk.gamma_bps)
        && within(far.vega, spot.saturating_mul(PERCENT), risk.vega_bps)
        && within(near.theta.unsigned_abs(), spot, risk.theta_bps))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantity::{Pot, Quote, Units};
    use crate::solvency::{self, Backing, Series};
    use crate::valuation::{Book, Market, value};

    const DAY: u64 = 86_400;

    fn book_of(series: &[Series], vault: Pot, tenor_seconds: u64) -> Book<'_> {
        Book {
            vault,
            series,
            tenor_seconds,
            units: Units::new(18, 6).expect("decimals"),
        }
    }

    fn market(volatility: u64) -> Market {
        Market {
            spot: Price(2_000 * WAD),
            volatility,
            skew_bps: 0,
        }
    }

    #[test]
    fn a_refusal_names_budget_use_and_bound() {
        let one = [Series {
            strike: Price(2_000 * WAD),
            cap: None,
            sold: Assets(5 * WAD),
            ..Series::default()
        }];
        let vault = Pot {
            assets: Assets(10 * WAD),
            quote: Quote(0),
        };
        let book = book_of(&one, vault, 7 * DAY);
        let valuation = value(&book, &market(800_000_000_000_000_000)).expect("values");
        // φ(.055)/.1108 is 3.595 for each option: 5 of them change the exposure by .1797 for 1 %. ν/S is .0552: .0276 for a point. σ/2τ of it a day: .1577.
        let used = |sum: i128, parts: u128| sum.unsigned_abs() / parts;
        let gamma = used(valuation.spot_gamma, 100);
        let vega = used(valuation.vega, 100);
        let theta = used(valuation.theta, 1);
        let near = |x: u128, expected: f64| (x as f64 / 1e18 / expected - 1.0).abs() < 1e-2;
        assert!(
            near(gamma, 0.1797) && near(vega, 0.002_757),
            "{gamma} {vega}"
        );
        assert!(near(theta, 0.015_75), "{theta}");
        let bps = |used: u128| u16::try_from(used * BPS / valuation.nav.0).expect("small");
        let risk = |gamma_bps, vega_bps, theta_bps| Risk {
            gamma_bps,
            vega_bps,
            theta_bps,
        };
        let most = |bps: u16| valuation.nav.0 * u128::from(bps) / BPS;
        for (budget, used, bounded) in [
            (Budget::Gamma, gamma, risk(bps(gamma), 0, 0)),
            (Budget::Vega, vega, risk(0, bps(vega), 0)),
            (Budget::Theta, theta, risk(0, 0, bps(theta))),
        ] {
            let Risk {
                gamma_bps,
                vega_bps,
                theta_bps,
            } = bounded;
            let most = most(gamma_bps | vega_bps | theta_bps);
            let refusal = Refusal::BeyondRiskBudget { budget, used, most };
            assert_eq!(check(&valuation, &bounded), Err(refusal));
        }
        let room = risk(bps(gamma) + 1, bps(vega) + 1, bps(theta) + 1);
        assert_eq!(check(&valuation, &room), Ok(()));
        assert_eq!(check(&valuation, &risk(0, 0, 0)), Ok(()));
    }

    /// Random books inside random bounds: where a glance finds them inside every budget, they are.
    #[test]
    fn what_is_plainly_within_is_within() {
        let mut rng = fastrand::Rng::with_seed(31);
        let (mut plain, mut inside, mut closest) = (0, 0, 0.0_f64);
        for _ in 0..20_000 {
            let tenor = DAY * rng.u64(1..=14) + rng.u64(0..DAY);
            let volatility = rng.u64(50..=3_000) * 1_000_000_000_000_000;
            let limit = WAD * rng.u128(1..1_000) / 1_000;
            let early = |rng: &mut fastrand::Rng| {
                let most = tenor.saturating_sub(1).min(3 * DAY) / DAY;
                u32::try_from(rng.u64(0..=most) * DAY).expect("days")
            };
            let mut book: Vec<Series> = (0..rng.usize(1..=8))
                .map(|_| {
                    let strike = rng.u128(1_900..3_000) * WAD;
                    let early = if rng.bool() { 0 } else { early(&mut rng) };
                    Series {
                        strike: Price(strike),
                        cap: rng.bool().then(|| Price(strike / 10 * rng.u128(11..30))),
                        sold: Assets(limit / 4 * rng.u128(0..=4)),
                        early,
                        backing: if early == 0 {
                            Backing::Pooled
                        } else {
                            Backing::Assets
                        },
                    }
                })
                .collect();
            // One of them at the money, where it moves most.
            book[0].strike = Price(2_000 * WAD + rng.u128(0..100) * WAD);
            book[0].cap = book[0].cap.map(|_| Price(4_000 * WAD));
            let open: Vec<Series> = book
                .iter()
                .copied()
                .filter(|one| !one.sold.is_zero())
                .collect();
            let bounds = Bounds {
                options: Assets(limit * open.len() as u128),
                share: solvency::largest_share(&book),
                least_tenor: tenor - u64::from(open.iter().map(|one| one.early).max().unwrap_or(0)),
                tenor,
            };
            let vault = Pot {
                assets: Assets(limit * rng.u128(8..40)),
                quote: Quote(rng.u128(10..1_000_000_000)),
            };
            let risk = Risk {
                gamma_bps: rng.u16(0..3) * rng.u16(1..400),
                vega_bps: rng.u16(0..3) * rng.u16(1..40),
                theta_bps: rng.u16(0..3) * rng.u16(1..60),
            };
            let market = market(volatility);
            let valuation = value(&book_of(&book, vault, tenor), &market).expect("values");
            let exact = check(&valuation, &risk).is_ok();
            inside += u32::from(exact);
            let at_once = plainly_within(&risk, &bounds, vault.assets, market.spot, volatility);
            if at_once.expect("in the domain") {
                plain += u32::from(risk.gamma_bps | risk.vega_bps | risk.theta_bps != 0);
                assert!(exact, "{book:?} {risk:?} {bounds:?} {vault:?}");
                if risk.gamma_bps != 0 {
                    let most = valuation.nav.0 * u128::from(risk.gamma_bps) / BPS;
                    let used = valuation.spot_gamma.unsigned_abs() / PERCENT;
                    closest = closest.max(used as f64 / most as f64);
                }
            }
        }
        println!("{plain} of {inside} at a glance, the closest at {closest:.3} of its gamma");
        assert!(plain > 2_000 && inside > plain, "{plain} {inside}");
        assert!(closest > 0.5, "the bound is no more than loose: {closest}");
    }

    /// At the bounds of volatility and time, the most sensitive strike moves at most as far beyond the one at the money as the margin says.
    #[test]
    fn no_strike_moves_further_than_the_margin_beyond_the_money() {
        let spot = 2_000 * WAD;
        for (volatility, days) in [(3.0, 14), (3.0, 7), (0.8, 14), (0.05, 1)] {
            let tenor = days * DAY;
            let vol = (volatility * 1e18) as u64;
            let at = |strike: u128| {
                option_math::greeks(spot, strike, vol, tenor, 0).expect("in the domain")
            };
            let money = at(spot);
            let mut most = [0.0_f64; 3];
            for step in 0..4_000 {
                let one = at(spot / 2 + spot / 1_000 * step);
                for (most, (x, base)) in most.iter_mut().zip([
                    (one.spot_gamma, money.spot_gamma),
                    (one.vega, money.vega),
                    (one.theta.unsigned_abs(), money.theta.unsigned_abs()),
                ]) {
                    *most = most.max(x as f64 / base as f64);
                }
            }
            assert!(
                most.iter().all(|most| *most >= 1.0 && *most <= 1.05),
                "{most:?} at {volatility}, {days} days"
            );
        }
    }
}
