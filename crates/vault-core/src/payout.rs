//! Who is paid in what when an expiry is settled.

use crate::MAX_SERIES;
use crate::quantity::{Assets, Pot, Price, Quote, Units};
use crate::refusal::Refusal;
use crate::solvency::{Backing, Series};

/// What the holders of each series are paid together, and what remains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payouts {
    /// Per series, in the order given; nothing for those of another expiry.
    pub series: [Pot; MAX_SERIES],
    /// Their sum.
    pub total: Pot,
    /// The vault bucket afterwards: what was reserved for the expiry and is not paid has come back to it.
    pub vault: Pot,
    /// What stays in reserve, for expiries still to come.
    pub reserves: Pot,
}

/// Settles all series that expire `early` seconds before the end of the epoch, at one price, at once.
///
/// Those of the last expiry share what the vault holds: everything owed is paid in quote as far as it goes and the rest in the asset at that
/// price, the same mix for every series, pro rata to what it is owed; `V ≥ 0` makes the assets suffice. Those of an earlier one are paid from their own
/// reserve, in the token it is in. All rounding favours the vault.
///
/// # Errors
/// [`Refusal::Overflow`]; [`Refusal::Insolvent`] if the vault could not pay, which [`crate::solvency::check`] excludes.
pub fn payouts(
    vault: Pot,
    reserves: Pot,
    series: &[Series],
    early: u32,
    price: Price,
    units: Units,
) -> Result<Payouts, Refusal> {
    let mut payouts = Payouts {
        series: [Pot::default(); MAX_SERIES],
        total: Pot::default(),
        vault,
        reserves,
    };
    // What each series is owed waits in its payout until the sum is known.
    let mut shared = Quote::ZERO;
    for (slot, one) in payouts.series.iter_mut().zip(series) {
        if one.early != early || one.sold.is_zero() {
            continue;
        }
        let payoff = one.payoff(price);
        if one.backing == Backing::Assets {
            slot.assets = one
                .sold
                .times_down(payoff.0, price.0)
                .ok_or(Refusal::Overflow)?;
        } else {
            slot.quote = units
                .quote_down(one.sold, payoff)
                .ok_or(Refusal::Overflow)?;
        }
        if one.backing == Backing::Pooled {
            shared = shared.plus(slot.quote).ok_or(Refusal::Overflow)?;
            continue;
        }
        let reserve = one.reserve(units).ok_or(Refusal::Overflow)?;
        payouts.reserves = payouts.reserves.minus(reserve).ok_or(Refusal::Overflow)?;
        payouts.vault = payouts.vault.plus(reserve).ok_or(Refusal::Overflow)?;
    }
    let due = |one: &Series| one.early == early && one.backing == Backing::Pooled;
    let in_quote = shared.min(vault.quote);
    let rest = Quote(shared.0.saturating_sub(in_quote.0));
    let in_assets = if rest.is_zero() {
        Assets::ZERO
    } else {
        units.assets_down(rest, price).ok_or(Refusal::Overflow)?
    };
    if in_assets > vault.assets {
        let shortfall = in_assets.0.saturating_sub(vault.assets.0);
        return Err(Refusal::Insolvent {
            price: price.0,
            shortfall,
        });
    }
    for (slot, one) in payouts.series.iter_mut().zip(series) {
        if due(one) && !slot.quote.is_zero() {
            let owed = slot.quote;
            // Parts of a sum that fits: none of these overflows.
            slot.assets = in_assets
                .times_down(owed.0, shared.0)
                .ok_or(Refusal::Overflow)?;
            slot.quote = in_quote
                .times_down(owed.0, shared.0)
                .ok_or(Refusal::Overflow)?;
        }
        payouts.total = payouts.total.plus(*slot).ok_or(Refusal::Overflow)?;
    }
    payouts.vault = payouts
        .vault
        .minus(payouts.total)
        .ok_or(Refusal::Overflow)?;
    Ok(payouts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::WAD;
    use crate::solvency;

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
                        ..Series::default()
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
            let paid = payouts(vault, Pot::default(), &series, 0, price, units)
                .expect("a solvent vault pays");
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

    /// Sells what the rules allow of a random book of three expiries, and returns vault, reserves and book.
    fn sold_by_the_rules(rng: &mut fastrand::Rng, units: Units) -> (Pot, Pot, Vec<Series>) {
        let mut vault = Pot {
            assets: Assets(rng.u128(0..20_000)),
            quote: Quote(rng.u128(0..400_000)),
        };
        let mut reserves = Pot::default();
        let mut book = Vec::new();
        for _ in 0..rng.usize(1..=8) {
            let early = rng.u32(0..3) * 86_400;
            let strike = rng.u128(1..40);
            let cap = (early == 0 || rng.bool()).then(|| strike + rng.u128(1..40));
            let backing = match (early, cap) {
                (0, _) => Backing::Pooled,
                (_, Some(_)) if rng.bool() => Backing::Quote,
                _ => Backing::Assets,
            };
            let before = Series {
                strike: Price(strike * WAD),
                cap: cap.map(|cap| Price(cap * WAD)),
                sold: Assets::ZERO,
                early,
                backing,
            };
            let after = Series {
                sold: Assets(rng.u128(0..8_000)),
                ..before
            };
            let (mut new_vault, mut new_reserves) = (vault, reserves);
            book.push(after);
            let taken =
                solvency::reserve(&mut new_vault, &mut new_reserves, &before, &after, units)
                    .and_then(|()| solvency::check(new_vault, &book, units));
            if taken.is_err() {
                book.pop();
            } else {
                (vault, reserves) = (new_vault, new_reserves);
            }
        }
        (vault, reserves, book)
    }

    #[test]
    fn every_path_of_settlement_prices_is_paid_in_full() {
        let mut rng = fastrand::Rng::with_seed(11);
        let units = Units::new(0, 0).expect("decimals");
        let (mut paths, mut paid_early, mut came_back) = (0_u32, 0_u32, 0_u32);
        for _ in 0..150 {
            let (vault, reserves, book) = sold_by_the_rules(&mut rng, units);
            // Every bend of the book, its neighbourhood, and far away.
            let mut prices = vec![1, 200, 5_000];
            for one in &book {
                let strike = one.strike.0 / WAD;
                prices.extend([strike, strike + 1]);
                prices.extend(one.cap.map(|cap| cap.0 / WAD));
            }
            for _ in 0..400 {
                let (mut vault, mut reserves) = (vault, reserves);
                paths += 1;
                for early in [172_800, 86_400, 0] {
                    let price = Price(rng.choice(&prices).expect("prices") * WAD);
                    let settled = payouts(vault, reserves, &book, early, price, units)
                        .expect("whatever came before, this expiry is paid");
                    for (one, got) in book.iter().zip(&settled.series) {
                        let value = got.quote.0 + got.assets.0 * (price.0 / WAD);
                        let owed = if one.early == early {
                            one.sold.0 * (one.payoff(price).0 / WAD)
                        } else {
                            0
                        };
                        assert!(value <= owed, "{one:?} at {price:?} is overpaid");
                        // Rounding takes a unit of quote and at most two of the asset: of the sum, and of the series.
                        let lost = 1 + 2 * price.0 / WAD;
                        assert!(value + lost >= owed, "{one:?} gets {value} of {owed}");
                        paid_early += u32::from(early != 0 && value != 0);
                    }
                    let before = vault.plus(reserves).expect("fits");
                    let after = settled.vault.plus(settled.reserves).expect("fits");
                    assert_eq!(before.minus(settled.total), Some(after), "nothing is lost");
                    came_back += u32::from(early != 0 && settled.vault != vault);
                    (vault, reserves) = (settled.vault, settled.reserves);
                }
                assert_eq!(reserves, Pot::default(), "no reserve outlives its series");
            }
        }
        assert!(
            paths == 60_000 && paid_early > 10_000 && came_back > 10_000,
            "{paid_early} {came_back}"
        );
    }

    #[test]
    fn a_book_solvent_at_every_price_can_fail_on_a_path_without_reserves() {
        // Both in the pool of one expiry: the check passes. Paid one after another, the second is short.
        let units = Units::new(18, 6).expect("decimals");
        let call = |cap: u128, early| Series {
            strike: Price(100 * WAD),
            cap: Some(Price(cap * WAD)),
            sold: Assets(WAD / 2),
            early,
            backing: Backing::Pooled,
        };
        let vault = Pot {
            assets: Assets(WAD / 25),
            quote: Quote(100_000_000),
        };
        let book = [call(300, 1), call(120, 0)];
        assert_eq!(solvency::check(vault, &book, units), Ok(()));
        let first =
            payouts(vault, Pot::default(), &book, 1, Price(300 * WAD), units).expect("pays");
        let second = payouts(
            first.vault,
            Pot::default(),
            &book,
            0,
            Price(120 * WAD),
            units,
        );
        assert!(
            matches!(second, Err(Refusal::Insolvent { .. })),
            "{second:?}"
        );
        // By the rules the early one needs half an asset in reserve, which the vault does not have.
        let unsold = Series {
            sold: Assets::ZERO,
            backing: Backing::Assets,
            ..call(300, 1)
        };
        let sold = Series {
            sold: Assets(WAD / 2),
            ..unsold
        };
        let mut kept = (vault, Pot::default());
        assert_eq!(
            solvency::reserve(&mut kept.0, &mut kept.1, &unsold, &sold, units),
            Err(Refusal::Insolvent {
                price: 0,
                shortfall: WAD / 2 - WAD / 25
            })
        );
    }

    #[test]
    fn series_of_one_expiry_can_only_be_settled_together() {
        let units = Units::new(18, 6).expect("decimals");
        let call = |cap: u128, sold: u128| Series {
            strike: Price(100 * WAD),
            cap: Some(Price(cap * WAD)),
            sold: Assets(sold * WAD),
            ..Series::default()
        };
        let vault = Pot {
            assets: Assets(WAD),
            quote: Quote(100_000_000),
        };
        let (many, one) = (call(120, 10), call(1_000, 1));
        let price = Price(300 * WAD);
        assert_eq!(solvency::check(vault, &[many, one], units), Ok(()));
        let together = payouts(vault, Pot::default(), &[many, one], 0, price, units);
        assert!(together.is_ok(), "{together:?}");
        for (first, then) in [(many, one), (one, many)] {
            let paid = payouts(vault, Pot::default(), &[first], 0, price, units).expect("pays");
            assert!(
                solvency::check(paid.vault, &[then], units).is_err(),
                "in between, {then:?} is not covered"
            );
        }
    }
}
