//! Which series an epoch lists: solved from target deltas, so that nobody picks a strike.

use option_math::Strip;

use crate::model;
use crate::policy::{self, PRICE_STEP};
use crate::quantity::{Assets, Price};
use crate::refusal::Refusal;
use crate::wide::mul_div_up;
use crate::{BPS, MAX_SERIES, WAD};

/// A strike and its cap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Strike, a multiple of the tick.
    pub strike: Price,
    /// Cap, a multiple of the tick above the strike; `None` for a plain call.
    pub cap: Option<Price>,
}

/// What an epoch lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    listings: [Listing; MAX_SERIES],
    count: usize,
    /// The most options that may be sold of each series, asset units.
    pub limit_each: Assets,
}

impl Opening {
    /// The series, in the order of the policy's target deltas.
    #[must_use]
    pub fn listings(&self) -> &[Listing] {
        self.listings.get(..self.count).unwrap_or(&[])
    }
}

/// A cap is at least this far above its strike, basis points of the strike.
const MIN_CAP_BPS: u128 = 11_000;

/// Solves the series of an epoch of `tenor_seconds` at `spot`, written on `vault` assets.
///
/// The strike of a target delta is the lowest tick at or above `S·(1 + minMoneyness)` at which the Black–Scholes delta is no more than the
/// target: `K = S·exp(½σ²τ − Φ⁻¹(Δ)·σ√τ)`, rounded up to the tick. It is found by bisection on the delta itself, which the vault has
/// anyway: an inverse of the normal distribution would cost 2 KB of the contract. Strikes that fall on one tick are merged. Cap: the policy's
/// multiple of spot and at least 1.1 strikes, rounded up to the tick. Every series may sell the same share of the collateral, rounded down.
/// The result depends on the arguments alone.
///
/// # Errors
/// [`Refusal::Math`] outside the domain of option mathematics, [`Refusal::Overflow`], [`Refusal::NothingToList`].
pub fn plan(
    policy: &policy::Opening,
    volatility: u64,
    spot: Price,
    tenor_seconds: u64,
    vault: Assets,
) -> Result<Opening, Refusal> {
    let mut opening = Opening {
        listings: [Listing::default(); MAX_SERIES],
        count: 0,
        limit_each: Assets::ZERO,
    };
    let strip = model::strip(spot, volatility, tenor_seconds)?;
    let tick = Price(u128::from(policy.strike_tick).saturating_mul(PRICE_STEP));
    let lowest = ticks_up(
        spot,
        BPS.saturating_add(u128::from(policy.min_moneyness_bps)),
        tick,
    )?;
    for (index, target) in policy
        .target_deltas
        .iter()
        .enumerate()
        .take(policy.series())
    {
        let ticks = lowest_at_most(
            &strip,
            u64::from(*target).saturating_mul((WAD / BPS) as u64),
            lowest,
            tick,
        )?;
        let strike = ticks_price(ticks, tick)?;
        if opening
            .listings()
            .iter()
            .any(|listed| listed.strike == strike)
        {
            continue;
        }
        let cap = if policy.uncapped >> index & 1 != 0 {
            None
        } else {
            let by_spot = ticks_up(spot, u128::from(policy.cap_bps), tick)?;
            let by_strike = ticks_up(strike, MIN_CAP_BPS, tick)?;
            Some(ticks_price(by_spot.max(by_strike), tick)?)
        };
        let slot = opening
            .listings
            .get_mut(opening.count)
            .ok_or(Refusal::NothingToList)?;
        *slot = Listing { strike, cap };
        opening.count = opening.count.saturating_add(1);
    }
    // Rounded down twice: the sizes never add up to more than the collateral.
    let size = vault
        .times_down(u128::from(policy.size_bps), BPS)
        .ok_or(Refusal::Overflow)?;
    opening.limit_each = size
        .times_down(1, opening.count as u128)
        .ok_or(Refusal::NothingToList)?;
    Ok(opening)
}

/// The lowest number of ticks from `lowest` on whose strike has a delta of at most `target` (18 decimals). The delta falls as the strike
/// rises: the step doubles until it is low enough, then halves. At most 2 · 100 evaluations: a strike has fewer than 2¹⁰⁰ ticks, and one beyond
/// the domain of option mathematics is refused.
fn lowest_at_most(strip: &Strip, target: u64, lowest: u128, tick: Price) -> Result<u128, Refusal> {
    let (mut below, mut step, mut growing) = (lowest.saturating_sub(1), 1_u128, true);
    // Always: what is sought lies above `below`, and once the step no longer grows, at most `step` above it.
    loop {
        let probe = below.saturating_add(step);
        if strip.greeks(ticks_price(probe, tick)?.0)?.delta <= target {
            growing = false;
        } else {
            below = probe;
        }
        if growing {
            step = step.saturating_mul(2);
        } else if step == 1 {
            return Ok(below.saturating_add(1));
        } else {
            step >>= 1;
        }
    }
}

/// Ticks in `price · bps / 10 000`, rounded up. The tick is positive by policy.
fn ticks_up(price: Price, bps: u128, tick: Price) -> Result<u128, Refusal> {
    mul_div_up(price.0, bps, tick.0.saturating_mul(BPS)).ok_or(Refusal::Overflow)
}

fn ticks_price(ticks: u128, tick: Price) -> Result<Price, Refusal> {
    ticks
        .checked_mul(tick.0)
        .map(Price)
        .ok_or(Refusal::Overflow)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::tests::weth_usdc;
    use crate::quantity::{Pot, Quote, Units};
    use crate::solvency::{self, Series};

    const VOL: u64 = 800_000_000_000_000_000;

    #[test]
    fn three_deltas_a_week_out() {
        let opening = plan(
            &weth_usdc().opening,
            VOL,
            Price(2_000 * WAD),
            604_800,
            Assets(9 * WAD),
        )
        .expect("opens");
        let strikes: Vec<u128> = opening
            .listings()
            .iter()
            .map(|l| l.strike.0 / WAD)
            .collect();
        // σ√τ = .8·√(7/365) = .11079; K = 2000·exp(.00614 + .5244·.11079) = 2132.6, .8416: 2209.0, 1.2816: 2319.4.
        assert_eq!(strikes, [2_140, 2_210, 2_320]);
        assert!(
            opening
                .listings()
                .iter()
                .all(|l| l.cap == Some(Price(4_000 * WAD)))
        );
        assert_eq!(opening.limit_each, Assets(3 * WAD));
    }

    #[test]
    fn strikes_lie_above_spot_for_prices_from_1e_minus_6_to_1e8() {
        let mut rng = fastrand::Rng::with_seed(6);
        for exponent in 0..14 {
            for _ in 0..50 {
                let spot = rng.u128(1..=9) * WAD / 1_000_000 * 10_u128.pow(exponent);
                let mut policy = weth_usdc().opening;
                policy.strike_tick = u64::try_from(spot / rng.u128(5..2_000) / PRICE_STEP)
                    .expect("fits")
                    .max(1);
                let opening = plan(
                    &policy,
                    VOL,
                    Price(spot),
                    rng.u64(86_400..1_209_600),
                    Assets(WAD),
                );
                for listed in opening.expect("opens").listings() {
                    assert!(listed.strike.0 > spot, "strike {listed:?} at {spot}");
                    assert!(listed.cap.expect("capped").0 > listed.strike.0);
                    assert_eq!(
                        listed.strike.0 % (u128::from(policy.strike_tick) * PRICE_STEP),
                        0
                    );
                }
            }
        }
    }

    #[test]
    fn a_strike_is_the_first_tick_with_a_delta_below_its_target() {
        let mut rng = fastrand::Rng::with_seed(12);
        for _ in 0..200 {
            let mut policy = weth_usdc().opening;
            policy.strike_tick = rng.u64(1..=50) * 1_000_000_000;
            policy.min_moneyness_bps = 0;
            let (spot, tenor) = (rng.u128(500..9_000) * WAD, rng.u64(86_400..1_209_600));
            let opening = plan(&policy, VOL, Price(spot), tenor, Assets(WAD)).expect("opens");
            if opening.listings().len() < 3 {
                continue; // Merged: strikes and targets no longer pair up.
            }
            let delta = |strike: u128| {
                option_math::greeks(spot, strike, VOL, tenor, 0)
                    .expect("in range")
                    .delta
            };
            let tick = u128::from(policy.strike_tick) * PRICE_STEP;
            for (listed, target) in opening.listings().iter().zip(policy.target_deltas) {
                let target = u64::from(target) * 100_000_000_000_000;
                assert!(delta(listed.strike.0) <= target, "{listed:?} at {spot}");
                if listed.strike.0 - tick > spot {
                    assert!(
                        delta(listed.strike.0 - tick) > target,
                        "{listed:?} at {spot}"
                    );
                }
                let exact =
                    option_math::strike_from_delta(spot, target, VOL, tenor, 0).expect("in range");
                let floor = spot.next_multiple_of(tick);
                assert_eq!(
                    listed.strike.0,
                    exact.next_multiple_of(tick).max(floor),
                    "as the closed form says"
                );
            }
        }
    }

    #[test]
    fn strikes_on_one_tick_are_merged_and_share_the_collateral() {
        let mut policy = weth_usdc().opening;
        policy.strike_tick = 1_000_000_000_000;
        let opening =
            plan(&policy, VOL, Price(2_000 * WAD), 604_800, Assets(9 * WAD)).expect("opens");
        assert_eq!(opening.listings().len(), 1);
        assert_eq!(opening.listings()[0].strike, Price(3_000 * WAD));
        assert_eq!(opening.limit_each, Assets(9 * WAD));
    }

    #[test]
    fn a_fully_sold_opening_is_solvent_even_if_given_away() {
        let mut rng = fastrand::Rng::with_seed(7);
        let units = Units::new(18, 6).expect("decimals");
        for _ in 0..2_000 {
            let mut policy = weth_usdc().opening;
            policy.uncapped = rng.u8(..);
            policy.cap_bps = rng.u32(12_000..40_000);
            policy.target_deltas =
                core::array::from_fn(|i| if i < 8 { rng.u16(100..=5_000) } else { 0 });
            let vault = Assets(rng.u128(1..1_000_000) * WAD / 1_000);
            let opening = plan(
                &policy,
                VOL,
                Price(rng.u128(1..10_000) * WAD),
                rng.u64(86_400..1_209_600),
                vault,
            )
            .expect("opens");
            let book: Vec<Series> = opening
                .listings()
                .iter()
                .map(|l| Series {
                    strike: l.strike,
                    cap: l.cap,
                    sold: opening.limit_each,
                    ..Series::default()
                })
                .collect();
            assert_eq!(
                solvency::check(
                    Pot {
                        assets: vault,
                        quote: Quote(0)
                    },
                    &book,
                    units
                ),
                Ok(())
            );
        }
    }
}
