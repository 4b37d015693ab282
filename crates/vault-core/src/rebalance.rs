//! Whether to hedge, which way, how much, at what worst price.

use option_math::SpreadGreeks;

use crate::model;
use crate::policy::Hedge;
use crate::quantity::{Assets, Pot, Price, Quote, Units};
use crate::refusal::Refusal;
use crate::solvency::{self, Series};
use crate::wide::{mul_div_down, mul_div_up};
use crate::{BPS, MAX_SERIES, WAD};

/// The bit of [`Plan::triggers`] that says: the exposure left the band around its target.
pub const TRIGGER_DELTA: u8 = 1;
/// The bit that says: no option is open and quote is converted back into the asset, so that depositors can be paid.
pub const TRIGGER_CONVERT: u8 = 2;

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
}

/// Which way a trade goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Asset for quote.
    Sell,
    /// Quote for asset.
    Buy,
}

/// A trade and its worst price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trade {
    /// Direction.
    pub side: Side,
    /// Change of exposure at the oracle price, asset units.
    pub assets: Assets,
    /// What the vault pays, units of the asset when it sells and of the quote when it buys.
    pub amount_in: u128,
    /// The least it accepts, units of the other token, rounded up: oracle price less the policy's slippage.
    pub min_out: u128,
}

/// Value and exposure of a book at one price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Valuation {
    /// Per series, in the order of the book; the rest is zero.
    pub greeks: [SpreadGreeks; MAX_SERIES],
    /// What the open options are worth at the model's price, quote units, rounded up.
    pub liability: Quote,
    /// `u + (c − liability) / S`, asset units, rounded down; never below 0.
    pub nav: Assets,
    /// `u − Σ n·Δ`, asset units, the sum rounded up.
    pub exposure: i128,
}

/// A decided trade, with everything the decision rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Value and greeks before the trade.
    pub valuation: Valuation,
    /// Exposure the vault should have, asset units.
    pub target: i128,
    /// Half-width of the no-trade band, asset units.
    pub band: u128,
    /// Why it trades: [`TRIGGER_DELTA`] or [`TRIGGER_CONVERT`].
    pub triggers: u8,
    /// The trade.
    pub trade: Trade,
}

impl Plan {
    /// Distance of an exposure from the target, asset units.
    #[must_use]
    pub fn deviation(&self, exposure: i128) -> u128 {
        exposure.abs_diff(self.target)
    }
}

const NO_GREEKS: SpreadGreeks = SpreadGreeks {
    price: 0,
    delta: 0,
    spot_gamma: 0,
    vega: 0,
    theta: 0,
};

/// Values a book with Black–Scholes at an interest rate of 0.
///
/// # Errors
/// [`Refusal::Math`] outside the domain of option mathematics, [`Refusal::Overflow`].
pub fn value(book: &Book, &Market { spot, volatility }: &Market) -> Result<Valuation, Refusal> {
    let mut greeks = [NO_GREEKS; MAX_SERIES];
    let mut liability = Quote::ZERO;
    let mut short = Assets::ZERO;
    // What is held for series with a reserve of their own is held all the same.
    let mut held = book.vault;
    for (slot, series) in greeks.iter_mut().zip(book.series) {
        let tenor = book.tenor_seconds.saturating_sub(series.early.into());
        let strip = model::strip(spot, volatility, tenor)?;
        *slot = strip.capped_call(series.strike.0, series.cap.map(|cap| cap.0))?;
        let owed = book
            .units
            .quote_up(series.sold, Price(slot.price))
            .ok_or(Refusal::Overflow)?;
        liability = liability.plus(owed).ok_or(Refusal::Overflow)?;
        let delta = series
            .sold
            .times_up(u128::from(slot.delta), WAD)
            .ok_or(Refusal::Overflow)?;
        short = short.plus(delta).ok_or(Refusal::Overflow)?;
        held = series
            .reserve(book.units)
            .and_then(|reserve| held.plus(reserve))
            .ok_or(Refusal::Overflow)?;
    }
    Ok(Valuation {
        greeks,
        liability,
        nav: net_asset_value(held, book.units, spot, liability).ok_or(Refusal::Overflow)?,
        exposure: signed(held.assets.0)?
            .checked_sub(signed(short.0)?)
            .ok_or(Refusal::Overflow)?,
    })
}

fn net_asset_value(held: Pot, units: Units, spot: Price, liability: Quote) -> Option<Assets> {
    if let Some(surplus) = held.quote.minus(liability) {
        return held.assets.plus(units.assets_down(surplus, spot)?);
    }
    let missing = liability.minus(held.quote)?;
    let owed = units.assets_up(missing, spot)?;
    Some(Assets(held.assets.0.saturating_sub(owed.0)))
}

fn signed(amount: u128) -> Result<i128, Refusal> {
    i128::try_from(amount).map_err(|_| Refusal::Overflow)
}

/// Decides one rebalance.
///
/// With options open: target `w · NAV`, clipped to the exposures that solvency lets be reached; a trade when the exposure is further from it
/// than `band_bps` of NAV ([`TRIGGER_DELTA`]). With none open: all quote becomes asset ([`TRIGGER_CONVERT`]). A trade goes to the target,
/// as far as solvency at the worst accepted price and the policy's largest trade let it.
///
/// # Errors
/// [`Refusal::InsideBand`], [`Refusal::BelowMinimumTrade`], and those of [`value`].
pub fn plan(
    book: &Book,
    market: &Market,
    policy: &Hedge,
    min_trade: u128,
) -> Result<Plan, Refusal> {
    let spot = market.spot;
    let valuation = value(book, market)?;
    let slippage = u128::from(policy.max_slippage_bps);
    let kept = BPS.saturating_sub(slippage);
    let low = spot.times_down(kept, BPS).ok_or(Refusal::Overflow)?;
    let sellable = solvency::most_sellable(book.vault, book.series, book.units, low)
        .ok_or(Refusal::Overflow)?;
    let buyable = solvency::most_buyable(book.vault, book.series, book.units, spot, kept)
        .ok_or(Refusal::Overflow)?;

    let exposure = valuation.exposure;
    let (wanted, band, triggers) = wanted_exposure(book, spot, policy, &valuation)?;
    let lowest = exposure
        .checked_sub(signed(sellable.0)?)
        .ok_or(Refusal::Overflow)?;
    let highest = exposure
        .checked_add(signed(buyable.0)?)
        .ok_or(Refusal::Overflow)?;
    // Not `clamp`, which panics when the bounds cross: these cannot, and a panic's message costs 4 KB.
    let target = wanted.max(lowest).min(highest);

    let deviation = exposure.abs_diff(target);
    if deviation <= band {
        return Err(Refusal::InsideBand {
            exposure,
            target,
            band,
        });
    }
    let largest = mul_div_down(valuation.nav.0, u128::from(policy.max_trade_bps), BPS)
        .ok_or(Refusal::Overflow)?;
    let amount = Assets(deviation.min(largest));
    if amount.0 < min_trade {
        return Err(Refusal::BelowMinimumTrade {
            trade: amount.0,
            minimum: min_trade,
        });
    }
    let side = if exposure > target {
        Side::Sell
    } else {
        Side::Buy
    };
    let trade = priced(side, amount, spot, kept, book.units).ok_or(Refusal::Overflow)?;
    Ok(Plan {
        valuation,
        target,
        band,
        triggers,
        trade,
    })
}

/// The exposure to aim at, the half-width of the band around it, and the trigger this stands for.
fn wanted_exposure(
    book: &Book,
    spot: Price,
    policy: &Hedge,
    valuation: &Valuation,
) -> Result<(i128, u128, u8), Refusal> {
    if book.series.is_empty() {
        let all = book
            .units
            .assets_down(book.vault.quote, spot)
            .ok_or(Refusal::Overflow)?;
        let all = book.vault.assets.plus(all).ok_or(Refusal::Overflow)?;
        return Ok((signed(all.0)?, 0, TRIGGER_CONVERT));
    }
    if !policy.enabled {
        return Ok((valuation.exposure, 0, 0));
    }
    let share =
        |bps: u16| mul_div_down(valuation.nav.0, u128::from(bps), BPS).ok_or(Refusal::Overflow);
    Ok((
        signed(share(policy.target_weight_bps)?)?,
        share(policy.band_bps)?,
        TRIGGER_DELTA,
    ))
}

/// The trade of `assets` with its worst price; `kept` is 10 000 less the slippage in basis points.
fn priced(side: Side, assets: Assets, spot: Price, kept: u128, units: Units) -> Option<Trade> {
    let (amount_in, min_out) = match side {
        Side::Sell => (
            assets.0,
            mul_div_up(units.quote_up(assets, spot)?.0, kept, BPS)?,
        ),
        Side::Buy => (
            units.quote_down(assets, spot)?.0,
            mul_div_up(assets.0, kept, BPS)?,
        ),
    };
    Some(Trade {
        side,
        assets,
        amount_in,
        min_out,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::tests::weth_usdc;

    fn units() -> Units {
        Units::new(18, 6).expect("decimals")
    }

    fn series(strike: u128, cap: u128, sold: u128) -> Series {
        Series {
            strike: Price(strike * WAD),
            cap: Some(Price(cap * WAD)),
            sold: Assets(sold),
            ..Series::default()
        }
    }

    fn at(spot: u128) -> Market {
        Market {
            spot: Price(spot * WAD),
            volatility: 800_000_000_000_000_000,
        }
    }

    fn apply(pot: Pot, trade: &Trade, out: u128) -> Pot {
        match trade.side {
            Side::Sell => Pot {
                assets: Assets(pot.assets.0 - trade.amount_in),
                quote: Quote(pot.quote.0 + out),
            },
            Side::Buy => Pot {
                assets: Assets(pot.assets.0 + out),
                quote: Quote(pot.quote.0 - trade.amount_in),
            },
        }
    }

    #[test]
    fn sells_half_of_an_unhedged_vault_to_reach_one_half() {
        let book = Book {
            vault: Pot {
                assets: Assets(10 * WAD),
                quote: Quote(300_000_000),
            },
            series: &[series(2_200, 4_000, 10 * WAD)],
            tenor_seconds: 604_800,
            units: units(),
        };
        let plan = plan(&book, &at(2_000), &weth_usdc().hedge, WAD / 100).expect("trades");
        assert_eq!(plan.triggers, TRIGGER_DELTA);
        assert_eq!(plan.trade.side, Side::Sell);
        // Delta .22 of 10 options: exposure 7.8; NAV about 10; target 5.
        assert!(
            (27 * WAD / 10..29 * WAD / 10).contains(&plan.trade.assets.0),
            "{plan:?}"
        );
        assert_eq!(
            plan.deviation(plan.valuation.exposure),
            plan.trade.assets.0,
            "to the target"
        );
    }

    #[test]
    fn stays_in_the_band_and_names_it() {
        let mut policy = weth_usdc().hedge;
        policy.target_weight_bps = 7_800;
        let book = Book {
            vault: Pot {
                assets: Assets(10 * WAD),
                quote: Quote(300_000_000),
            },
            series: &[series(2_200, 4_000, 10 * WAD)],
            tenor_seconds: 604_800,
            units: units(),
        };
        assert!(matches!(
            plan(&book, &at(2_000), &policy, WAD / 100),
            Err(Refusal::InsideBand { .. })
        ));
        policy.enabled = false;
        policy.target_weight_bps = 0;
        assert!(matches!(
            plan(&book, &at(2_000), &policy, WAD / 100),
            Err(Refusal::InsideBand { band: 0, .. })
        ));
    }

    #[test]
    fn converts_leftover_quote_when_nothing_is_open() {
        let book = Book {
            vault: Pot {
                assets: Assets(WAD),
                quote: Quote(2_000_000_000),
            },
            series: &[],
            tenor_seconds: 0,
            units: units(),
        };
        let plan = plan(&book, &at(2_000), &weth_usdc().hedge, WAD / 100).expect("trades");
        assert_eq!(
            (plan.triggers, plan.trade.side),
            (TRIGGER_CONVERT, Side::Buy)
        );
        assert_eq!(
            (plan.trade.assets, plan.trade.amount_in),
            (Assets(WAD), 2_000_000_000),
            "all of it"
        );
        assert_eq!(plan.trade.min_out, WAD * 9_970 / 10_000);
        let dust = Book {
            vault: Pot {
                assets: Assets(WAD),
                quote: Quote(6_000_000),
            },
            ..book
        };
        assert!(matches!(
            super::plan(&dust, &at(2_000), &weth_usdc().hedge, WAD / 100),
            Err(Refusal::BelowMinimumTrade { .. })
        ));
    }

    #[test]
    fn random_plans_stay_solvent_at_the_worst_price_and_move_closer() {
        let mut rng = fastrand::Rng::with_seed(11);
        let (mut sold, mut bought, mut clipped) = (0, 0, 0);
        for _ in 0..6_000 {
            let listed: Vec<Series> = (0..rng.usize(0..=8))
                .map(|_| {
                    let strike = rng.u128(1_000..4_000);
                    series(
                        strike,
                        strike * rng.u128(120..300) / 100,
                        rng.u128(0..3 * WAD),
                    )
                })
                .collect();
            let vault = Pot {
                assets: Assets(rng.u128(0..12 * WAD)),
                quote: Quote(rng.u128(0..20_000_000_000)),
            };
            if solvency::check(vault, &listed, units()).is_err() {
                continue;
            }
            let mut policy = weth_usdc().hedge;
            policy.target_weight_bps = rng.u16(0..=10_000);
            let book = Book {
                vault,
                series: &listed,
                tenor_seconds: rng.u64(1..700_000),
                units: units(),
            };
            let market = at(rng.u128(500..8_000));
            let Ok(plan) = plan(&book, &market, &policy, WAD / 100) else {
                continue;
            };
            let after = apply(vault, &plan.trade, plan.trade.min_out);
            assert_eq!(solvency::check(after, &listed, units()), Ok(()), "{plan:?}");
            let worst = value(
                &Book {
                    vault: after,
                    ..book
                },
                &market,
            )
            .expect("values");
            assert!(
                plan.deviation(worst.exposure) < plan.deviation(plan.valuation.exposure),
                "closer: {plan:?}"
            );
            let lost = plan.valuation.nav.0.saturating_sub(worst.nav.0);
            let bound = plan.trade.assets.0 * 31 / 10_000 + 2_000_000_000;
            assert!(lost <= bound, "cost {lost} within the oracle bound {bound}");
            sold += u32::from(plan.trade.side == Side::Sell);
            bought += u32::from(plan.trade.side == Side::Buy);
            clipped += u32::from(
                plan.target
                    != i128::try_from(
                        plan.valuation.nav.0 * u128::from(policy.target_weight_bps) / BPS,
                    )
                    .expect("fits"),
            );
        }
        assert!(
            sold > 300 && bought > 300 && clipped > 100,
            "all kinds: {sold} {bought} {clipped}"
        );
    }
}
