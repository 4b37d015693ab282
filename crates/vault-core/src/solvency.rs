//! Solvent at every settlement price.
//!
//! A series pays `payoff(S) = min(S, C) − K` per option when `S > K`, else 0 (`C = ∞`: a plain call). What remains for shareholders,
//! `V(S) = u·S + c − Σ n·payoff(S)`, bends down at each strike and up at each cap: between neighbouring caps it is concave, so its
//! minimum lies at an end. Therefore
//!
//! > `V ≥ 0` at every price ⇔ `c ≥ 0`, `V(C) ≥ 0` at every cap, and `u ≥ Σ n` over the uncapped series.
//!
//! At most [`MAX_SERIES`](crate::MAX_SERIES) + 2 comparisons, no model, no volatility, no oracle. They are made in exact integers: no
//! rounding enters.
//!
//! This holds for one expiry. Prices of several are met one after another, and a book that is solvent at every single price can fail on a
//! path: with `u = 0.04`, `c = 100` and half an option each of (K 100, C 300, early) and (K 100, C 120, late), `V ≥ 2` everywhere, yet when the
//! early one has been paid 100 in quote at 300, the late one is short at 120. So the theorem guards the last expiry alone ([`Backing::Pooled`]),
//! and what expires earlier is reserved in full, in one token that is fixed at opening: it takes nothing from the rest, whatever the path.

use crate::BPS;
use crate::quantity::{Assets, Pot, Price, Units};
use crate::refusal::Refusal;
use crate::wide::{U256, mul_div_up, product};

/// What a series is paid from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Backing {
    /// All that the vault holds, as the theorem of this module guards it: a series of the last expiry.
    #[default]
    Pooled,
    /// A reserve of one asset for each option.
    Assets,
    /// A reserve of the largest payoff, cap less strike, in quote for each option.
    Quote,
}

/// A listed call: strike, cap, and how many are open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Series {
    /// Strike, quote per asset.
    pub strike: Price,
    /// Price above which the payoff no longer grows; `None` is a plain call. Above the strike.
    pub cap: Option<Price>,
    /// Options open, in asset units.
    pub sold: Assets,
    /// How long before the end of its epoch it expires, seconds; 0 at the end, and then it is pooled.
    pub early: u32,
    /// What it is paid from.
    pub backing: Backing,
}

impl Series {
    /// What one option pays when the asset settles at `price`, quote per asset.
    #[must_use]
    pub fn payoff(&self, price: Price) -> Price {
        let capped = match self.cap {
            Some(cap) => price.min(cap),
            None => price,
        };
        Price(capped.0.saturating_sub(self.strike.0))
    }

    /// What must be in reserve for the options open, rounded up; `None` out of range, or for quote without a cap.
    #[must_use]
    pub fn reserve(&self, units: Units) -> Option<Pot> {
        let mut reserve = Pot::default();
        match self.backing {
            Backing::Pooled => {}
            Backing::Assets => reserve.assets = self.sold,
            Backing::Quote => reserve.quote = units.quote_up(self.sold, self.payoff(self.cap?))?,
        }
        Some(reserve)
    }
}

/// Moves between the vault and the reserves what `before` and `after`, the same series before and after a trade, need.
///
/// # Errors
/// [`Refusal::Insolvent`] with what the vault lacks; [`Refusal::Overflow`].
pub fn reserve(
    vault: &mut Pot,
    reserves: &mut Pot,
    before: &Series,
    after: &Series,
    units: Units,
) -> Result<(), Refusal> {
    let old = before.reserve(units).ok_or(Refusal::Overflow)?;
    let new = after.reserve(units).ok_or(Refusal::Overflow)?;
    let free = vault.plus(old).ok_or(Refusal::Overflow)?;
    let missing = new.assets.0.saturating_sub(free.assets.0);
    if missing != 0 {
        return Err(Refusal::Insolvent {
            price: 0,
            shortfall: missing,
        });
    }
    let missing = new.quote.0.saturating_sub(free.quote.0);
    if missing != 0 {
        return Err(Refusal::Insolvent {
            price: after.cap.unwrap_or_default().0,
            shortfall: missing,
        });
    }
    *vault = free.minus(new).ok_or(Refusal::Overflow)?;
    *reserves = reserves
        .plus(new)
        .and_then(|sum| sum.minus(old))
        .ok_or(Refusal::Overflow)?;
    Ok(())
}

/// The series that the theorem guards.
fn pooled(series: &[Series]) -> impl Iterator<Item = &Series> {
    series.iter().filter(|one| one.backing == Backing::Pooled)
}

/// `V(price)` times [`Units::scale`], exact: `Ok(surplus)` or `Err(deficit)`. `None` when an amount is out of range.
fn surplus_at(
    pot: Pot,
    series: &[Series],
    units: Units,
    price: Price,
) -> Option<Result<U256, U256>> {
    let assets = product(pot.assets.0, price.0).plus(product(pot.quote.0, units.scale()))?;
    let mut owed = U256::ZERO;
    for one in pooled(series) {
        owed = owed.plus(product(one.sold.0, one.payoff(price).0))?;
    }
    Some(match assets.minus(owed) {
        Some(surplus) => Ok(surplus),
        None => Err(owed.minus(assets)?),
    })
}

/// Options open in the uncapped series: each is covered by one asset.
fn uncapped(series: &[Series]) -> Option<Assets> {
    pooled(series)
        .filter(|one| one.cap.is_none())
        .try_fold(Assets::ZERO, |sum, one| sum.plus(one.sold))
}

/// Refuses a book that could not pay its options at some settlement price. Series with a reserve of their own are no part of it.
///
/// # Errors
/// [`Refusal::Insolvent`] with the price and the shortfall there, rounded up.
pub fn check(pot: Pot, series: &[Series], units: Units) -> Result<(), Refusal> {
    let reserved = uncapped(series).ok_or(Refusal::Overflow)?;
    if let Some(shortfall) = reserved
        .minus(pot.assets)
        .filter(|missing| !missing.is_zero())
    {
        return Err(Refusal::Insolvent {
            price: 0,
            shortfall: shortfall.0,
        });
    }
    let mut checked = None;
    for cap in pooled(series).filter_map(|one| one.cap) {
        if checked == Some(cap) {
            continue; // Neighbours usually share their cap.
        }
        checked = Some(cap);
        if let Err(deficit) = surplus_at(pot, series, units, cap).ok_or(Refusal::Overflow)? {
            let shortfall = deficit
                .div_down(units.scale())
                .and_then(|down| down.checked_add(1));
            return Err(Refusal::Insolvent {
                price: cap.0,
                shortfall: shortfall.unwrap_or(u128::MAX),
            });
        }
    }
    Ok(())
}

/// One, in the units of [`largest_share`].
pub const WHOLE: u16 = u16::MAX;

/// The largest payoff of the pooled series, highest cap less lowest strike, as a share of that cap, rounded up; [`WHOLE`] with a series that has none.
#[must_use]
pub fn largest_share(series: &[Series]) -> u16 {
    let lowest = pooled(series).map(|one| one.strike).min();
    let highest = pooled(series).map(|one| one.cap.unwrap_or(Price(u128::MAX)));
    let (Some(lowest), Some(highest)) = (lowest, highest.max()) else {
        return 0;
    };
    let share = mul_div_up(highest.0.saturating_sub(lowest.0), WHOLE.into(), highest.0);
    share
        .and_then(|share| u16::try_from(share).ok())
        .unwrap_or(WHOLE)
}

/// Whether `assets` alone cover any book of at most `options` pooled options with this [`largest_share`], without a look at the series: then [`check`]
/// passes.
///
/// Up to the highest cap C an option above the lowest strike K pays at most `S − K`, which is at most `(C − K) / C` of the price; `u` of at least that share of all
/// options is enough there, and above C no payoff grows.
#[must_use]
pub fn covered(assets: Assets, options: Assets, share: u16) -> bool {
    options
        .times_up(share.into(), WHOLE.into())
        .is_some_and(|needed| assets >= needed)
}

/// The most of the asset that can be sold at `price` or better with the book still solvent. 0 for a book that is not solvent.
///
/// Selling `x` takes `x·(C − price)` from `V(C)` at every cap above the price, and `x` from what covers the uncapped series.
#[must_use]
pub fn most_sellable(pot: Pot, series: &[Series], units: Units, price: Price) -> Option<Assets> {
    let mut most = pot.assets.0.saturating_sub(uncapped(series)?.0);
    for cap in pooled(series).filter_map(|one| one.cap) {
        if let Some(loss) = cap.minus(price).filter(|loss| !loss.is_zero()) {
            most = most.min(affordable(surplus_at(pot, series, units, cap)?, loss));
        }
    }
    Some(Assets(most))
}

/// The most of the asset that can be ordered at `price` with the book still solvent, when the quote is spent in full and at least
/// `kept_bps` of the order arrives. 0 for a book that is not solvent.
///
/// Ordering `x` takes `x·price` from the quote, and `x·(price − C·kept)` from `V(C)` at every cap where that is a loss.
#[must_use]
pub fn most_buyable(
    pot: Pot,
    series: &[Series],
    units: Units,
    price: Price,
    kept_bps: u128,
) -> Option<Assets> {
    let mut most = units.assets_down(pot.quote, price)?.0;
    for cap in pooled(series).filter_map(|one| one.cap) {
        let worth = cap.times_down(kept_bps, BPS)?;
        if let Some(loss) = price.minus(worth).filter(|loss| !loss.is_zero()) {
            most = most.min(affordable(surplus_at(pot, series, units, cap)?, loss));
        }
    }
    Some(Assets(most))
}

/// How many units that each lose `loss` a surplus bears; a quotient beyond 128 bits is no bound at all.
fn affordable(surplus: Result<U256, U256>, loss: Price) -> u128 {
    match surplus {
        Ok(surplus) => surplus.div_down(loss.0).unwrap_or(u128::MAX),
        Err(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::quantity::Quote;

    const UNITS: Option<Units> = Units::new(0, 0);

    fn units() -> Units {
        UNITS.expect("decimals")
    }

    /// Prices in these tests are small whole numbers: the scale of 10¹⁸ is in the price.
    fn price(x: u64) -> Price {
        Price(u128::from(x) * crate::WAD)
    }

    fn random_book(rng: &mut fastrand::Rng) -> (Pot, Vec<Series>) {
        let series = (0..rng.usize(0..=8))
            .map(|_| {
                let strike = rng.u64(1..60);
                let cap = rng.bool().then(|| price(strike + rng.u64(1..60)));
                Series {
                    strike: price(strike),
                    cap,
                    sold: Assets(rng.u128(0..40)),
                    ..Series::default()
                }
            })
            .collect();
        (
            Pot {
                assets: Assets(rng.u128(0..150)),
                quote: Quote(rng.u128(0..2_000)),
            },
            series,
        )
    }

    /// V at a whole price, in plain signed integers; all bends lie at whole prices.
    fn value(pot: Pot, series: &[Series], at: i128) -> i128 {
        let mut value = i128::try_from(pot.assets.0).expect("small") * at
            + i128::try_from(pot.quote.0).expect("small");
        for one in series {
            let strike = i128::try_from(one.strike.0 / crate::WAD).expect("small");
            let top = one.cap.map_or(at, |cap| {
                at.min(i128::try_from(cap.0 / crate::WAD).expect("small"))
            });
            value -= i128::try_from(one.sold.0).expect("small") * (top - strike).max(0);
        }
        value
    }

    /// Every whole price up to far beyond the last bend, and the slope at the end.
    fn solvent_by_scan(pot: Pot, series: &[Series]) -> bool {
        (0..=200).all(|at| value(pot, series, at) >= 0) && value(pot, series, 100_000) >= 0 && {
            value(pot, series, 100_001) >= value(pot, series, 100_000)
        }
    }

    #[test]
    fn agrees_with_a_scan_of_prices() {
        let mut rng = fastrand::Rng::with_seed(4);
        let mut solvent = 0;
        for _ in 0..20_000 {
            let (pot, series) = random_book(&mut rng);
            let expected = solvent_by_scan(pot, &series);
            solvent += u32::from(expected);
            assert_eq!(
                check(pot, &series, units()).is_ok(),
                expected,
                "{pot:?} {series:?}"
            );
        }
        assert!(
            (2_000..18_000).contains(&solvent),
            "the sample has both kinds: {solvent}"
        );
    }

    #[test]
    fn what_is_covered_at_a_glance_is_solvent() {
        let mut rng = fastrand::Rng::with_seed(17);
        let (mut glances, mut solvent) = (0, 0);
        for _ in 0..20_000 {
            let (pot, series) = random_book(&mut rng);
            let options = series.iter().map(|one| one.sold.0).sum();
            let share = largest_share(&series);
            let exact = check(pot, &series, units()).is_ok();
            solvent += u32::from(exact);
            if covered(pot.assets, Assets(options), share) {
                glances += 1;
                assert!(exact, "{pot:?} {series:?}");
            }
        }
        assert!(glances > 3_000 && solvent > glances, "{glances} {solvent}");
        // Caps of 60 over strikes of 30: half an asset for each option.
        let one = Series {
            strike: price(30),
            cap: Some(price(60)),
            ..Series::default()
        };
        assert_eq!(largest_share(&[one, one]), 32_768);
        assert!(covered(Assets(51), Assets(100), 32_768));
        assert!(!covered(Assets(50), Assets(100), 32_768));
        assert_eq!(largest_share(&[]), 0);
    }

    #[test]
    fn the_largest_trade_is_solvent_and_one_more_is_not() {
        let mut rng = fastrand::Rng::with_seed(5);
        let (mut bound_sales, mut bound_purchases) = (0, 0);
        for _ in 0..20_000 {
            let (pot, series) = random_book(&mut rng);
            if check(pot, &series, units()).is_err() {
                continue;
            }
            let at = rng.u64(1..120);
            let sold = |x: u128| Pot {
                assets: Assets(pot.assets.0 - x),
                quote: Quote(pot.quote.0 + x * u128::from(at)),
            };
            let most = most_sellable(pot, &series, units(), price(at))
                .expect("in range")
                .0;
            assert!(
                check(sold(most), &series, units()).is_ok(),
                "sale of {most} at {at}: {pot:?} {series:?}"
            );
            if most < pot.assets.0 {
                bound_sales += 1;
                assert!(
                    check(sold(most + 1), &series, units()).is_err(),
                    "sale of {most} + 1 at {at}: {pot:?} {series:?}"
                );
            }
            let bought = |x: u128| Pot {
                assets: Assets(pot.assets.0 + x),
                quote: Quote(pot.quote.0 - x * u128::from(at)),
            };
            let most = most_buyable(pot, &series, units(), price(at), BPS)
                .expect("in range")
                .0;
            assert!(
                check(bought(most), &series, units()).is_ok(),
                "purchase of {most} at {at}: {pot:?} {series:?}"
            );
            if (most + 1) * u128::from(at) <= pot.quote.0 {
                bound_purchases += 1;
                assert!(
                    check(bought(most + 1), &series, units()).is_err(),
                    "purchase of {most} + 1 at {at}"
                );
            }
        }
        assert!(
            bound_sales > 500 && bound_purchases > 20,
            "both bounds were met: {bound_sales}, {bound_purchases}"
        );
    }

    #[test]
    fn a_refusal_names_the_price_and_the_shortfall() {
        let pot = Pot {
            assets: Assets(1),
            quote: Quote(0),
        };
        let series = [Series {
            strike: price(100),
            cap: Some(price(300)),
            sold: Assets(2),
            ..Series::default()
        }];
        // V(300) = 300 − 2·200 = −100.
        let refused = check(pot, &series, units());
        assert_eq!(
            refused,
            Err(Refusal::Insolvent {
                price: 300 * crate::WAD,
                shortfall: 101
            })
        );
        let naked = [Series {
            strike: price(100),
            cap: None,
            sold: Assets(2),
            ..Series::default()
        }];
        assert_eq!(
            check(pot, &naked, units()),
            Err(Refusal::Insolvent {
                price: 0,
                shortfall: 1
            })
        );
    }
}
