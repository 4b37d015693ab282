//! Which series an epoch lists: solved from target deltas, so that nobody picks a strike.

use option_math::{SpreadGreeks, Strip};

use crate::model;
use crate::policy::{self, PRICE_STEP, Risk};
use crate::quantity::{Assets, MAX_LIMIT, Pot, Price, Units, power_of_ten};
use crate::refusal::Refusal;
use crate::solvency::{Backing, Series};
use crate::wide::{mul_div_down, mul_div_up};
use crate::{BPS, MAX_SERIES, WAD};

/// What an epoch lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    series: [Series; MAX_SERIES],
    count: usize,
    /// When the last of them expires, Unix seconds.
    pub expiry: u64,
    /// The most options that may be sold of each series, asset units.
    pub limit_each: Assets,
}

impl Opening {
    /// The series, in the order of the policy's target deltas, none sold.
    #[must_use]
    pub fn series(&self) -> &[Series] {
        self.series.get(..self.count).unwrap_or(&[])
    }
}

/// What an opening depends on, beside the policy.
#[derive(Clone, Copy, Debug)]
pub struct State {
    /// The oracle's price.
    pub spot: Price,
    /// Annualised volatility, 18 decimals.
    pub volatility: u64,
    /// The shareholders' bucket.
    pub vault: Pot,
    /// Decimals of the pair.
    pub units: Units,
    /// Unix seconds.
    pub now: u64,
}

/// A cap is at least this far above its strike, basis points of the strike.
const MIN_CAP_BPS: u128 = 11_000;
/// The most ticks that a strike or cap is written in; beyond, of a tick that is a power of ten coarser.
pub const MAX_TICKS: u128 = 65_535;
/// A series with less time to its expiry than this is not listed, seconds: longer than any policy's cutoff of sales.
pub const MIN_TENOR: u64 = 86_400;
const DAY: u32 = 86_400;

/// Solves the series of an epoch that ends at `end`, Unix seconds.
///
/// Each has its own expiry, the policy's days before the end; one that is too near is dropped. Its strike is the lowest tick at or above
/// `S·(1 + minMoneyness)` at which the Black–Scholes delta for its own tenor is no more than its target: `K = S·exp(½σ²τ − Φ⁻¹(Δ)·σ√τ)`, rounded up to the
/// tick. It is found by bisection on the delta itself, which the vault has anyway: an inverse of the normal distribution would cost 2 KB of
/// the contract. Series of one expiry whose strikes fall on one tick are merged. Cap: the policy's multiple of spot and at least 1.1
/// strikes, rounded up to the tick, within the domain of option mathematics: it reaches 10¹⁰, so that spots up to 10⁹ have caps.
///
/// Where that is more than [`MAX_TICKS`], both are rounded up once more, to a tick that is a power of ten coarser: each by less than a
/// part in 6 500 of the higher. The cap is at least 1.1 strikes as they were before that.
///
/// Every series may sell the same amount: an equal part of the policy's share of the collateral, scaled down until the whole book, all sold, is
/// inside the budgets of risk. The epoch ends with the last expiry listed; what expires before is to be backed by a reserve, in quote if the
/// vault has enough of it for all of them, and in the asset otherwise. The result depends on the arguments alone.
///
/// # Errors
/// [`Refusal::Math`] outside the domain of option mathematics, [`Refusal::Overflow`], [`Refusal::NothingToList`].
pub fn plan(
    policy: &policy::Opening,
    risk: &Risk,
    state: &State,
    end: u64,
) -> Result<Opening, Refusal> {
    let mut opening = Opening {
        series: [Series::default(); MAX_SERIES],
        count: 0,
        expiry: end,
        limit_each: Assets::ZERO,
    };
    let mut book = Exposure::default();
    for index in 0..policy.series() {
        let days = policy.early_days.get(index).copied().unwrap_or_default();
        let early = u32::from(days).saturating_mul(DAY);
        let tenor = end.saturating_sub(state.now).saturating_sub(early.into());
        if tenor < MIN_TENOR {
            continue;
        }
        let strip = model::strip(state.spot, state.volatility, tenor)?;
        let (strike, cap) = terms(policy, state.spot, &strip, index)?;
        let same = |one: &Series| one.strike == strike && one.early == early;
        if opening.series().iter().any(same) {
            continue;
        }
        book.add(&strip.capped_call(strike.0, cap.map(|cap| cap.0))?);
        let slot = opening
            .series
            .get_mut(opening.count)
            .ok_or(Refusal::NothingToList)?;
        *slot = Series {
            strike,
            cap,
            sold: Assets::ZERO,
            early,
            backing: Backing::Pooled,
        };
        opening.count = opening.count.saturating_add(1);
    }
    let collateral = state.vault.assets;
    // Rounded down twice: the sizes never add up to more than the collateral.
    let size = collateral
        .times_down(u128::from(policy.size_bps), BPS)
        .ok_or(Refusal::Overflow)?
        .times_down(1, opening.count as u128)
        .ok_or(Refusal::NothingToList)?;
    let most = book
        .most_each(risk, collateral, state.spot)
        .ok_or(Refusal::Overflow)?;
    opening.limit_each = size.min(most).min(MAX_LIMIT);
    if opening.limit_each.is_zero() {
        return Err(Refusal::NothingToList);
    }
    opening.end_with_the_last();
    opening.back(state)?;
    Ok(opening)
}

impl Opening {
    /// The epoch ends when its last series expires.
    fn end_with_the_last(&mut self) {
        let listed = || self.series.iter().take(self.count);
        let least = listed().map(|one| one.early).min().unwrap_or_default();
        self.expiry = self.expiry.saturating_sub(least.into());
        for one in self.series.iter_mut().take(self.count) {
            one.early = one.early.saturating_sub(least);
        }
    }

    /// Chooses what the early series are backed by.
    fn back(&mut self, state: &State) -> Result<(), Refusal> {
        let mut left = state.vault.quote;
        let mut backing = Backing::Quote;
        for one in self.series() {
            let full = Series {
                sold: self.limit_each,
                backing: Backing::Quote,
                ..*one
            };
            let enough = one.early == 0
                || full.cap.is_some_and(|_| {
                    let rest = full
                        .reserve(state.units)
                        .and_then(|most| left.minus(most.quote));
                    left = rest.unwrap_or_default();
                    rest.is_some()
                });
            if !enough {
                backing = Backing::Assets;
            }
        }
        for one in self.series.iter_mut().filter(|one| one.early != 0) {
            one.backing = backing;
        }
        Ok(())
    }
}

/// Strike and cap of the policy's series of this number.
fn terms(
    policy: &policy::Opening,
    spot: Price,
    strip: &Strip,
    index: usize,
) -> Result<(Price, Option<Price>), Refusal> {
    // A tick is at most 10⁶ by policy, 2⁸⁰ here: no product of it below leaves 128 bits.
    let tick = Price(u128::from(policy.strike_tick).wrapping_mul(PRICE_STEP));
    let least = BPS.wrapping_add(u128::from(policy.min_moneyness_bps));
    let lowest = ticks_up(spot, least, tick)?;
    let target = policy.target_deltas.get(index).copied().unwrap_or_default();
    let target = u64::from(target).wrapping_mul((WAD / BPS) as u64);
    let strike = ticks_price(lowest_at_most(strip, target, lowest, tick)?, tick);
    if policy.uncapped >> index & 1 != 0 {
        return Ok((coarse_up(strike, tick, strike)?.0, None));
    }
    let by_spot = ticks_up(spot, u128::from(policy.cap_bps), tick)?;
    let by_strike = ticks_up(strike, MIN_CAP_BPS, tick)?;
    let cap = ticks_price(by_spot.max(by_strike), tick);
    let (strike, tick) = coarse_up(strike, tick, cap)?;
    // Of caps rounded up to a coarse tick some lie beyond the domain: then the highest tick within.
    let highest = mul_div_down(option_math::PRICE_MAX, 1, tick.0).ok_or(Refusal::Overflow)?;
    let cap = ticks_up(cap, BPS, tick)?.min(highest);
    Ok((strike, Some(ticks_price(cap, tick))))
}

/// By which power of ten a tick is multiplied so that `price` is at most [`MAX_TICKS`] of it, rounded up: at most 15 for a tick of a step and the highest
/// price there is.
#[must_use]
#[inline(never)]
pub fn coarsening(tick: Price, price: Price) -> u32 {
    let (mut power, mut coarse) = (0, tick.0);
    // A price is below 2⁹⁸, so that the power stays small and the product far below 2¹²⁸.
    while mul_div_up(price.0, 1, coarse).is_some_and(|ticks| ticks > MAX_TICKS) {
        coarse = coarse.wrapping_mul(10);
        power = u32::wrapping_add(power, 1);
    }
    power
}

/// A strike rounded up to a tick on which `highest`, the highest price of its series, can be written, and that tick.
fn coarse_up(strike: Price, tick: Price, highest: Price) -> Result<(Price, Price), Refusal> {
    let coarse = Price(power_of_ten(coarsening(tick, highest)).wrapping_mul(tick.0));
    let strike = ticks_price(ticks_up(strike, BPS, coarse)?, coarse);
    Ok((strike, coarse))
}

/// Sensitivities of one option of every series together, each by its magnitude: whatever part of the book is sold, it moves no more.
#[derive(Default)]
struct Exposure {
    /// S·Γ, 18 decimals.
    gamma: u128,
    /// Quote for 1.00 of volatility, 18 decimals.
    vega: u128,
    /// Quote a day, 18 decimals.
    theta: u128,
}

impl Exposure {
    fn add(&mut self, greeks: &SpreadGreeks) {
        // Eight numbers of at most 100 bits each.
        self.gamma = self.gamma.wrapping_add(greeks.spot_gamma.unsigned_abs());
        self.vega = self.vega.wrapping_add(greeks.vega.unsigned_abs());
        self.theta = self.theta.wrapping_add(greeks.theta.unsigned_abs());
    }

    /// The most options of each series that all budgets allow a vault of `assets`, rounded down.
    fn most_each(&self, risk: &Risk, assets: Assets, spot: Price) -> Option<Assets> {
        // A move of 1 %, and a point of volatility, are hundredths; decay is by the day.
        let gamma = most(risk.gamma_bps, assets, WAD, self.gamma, 100)?;
        let vega = most(risk.vega_bps, assets, spot.0, self.vega, 100)?;
        let theta = most(risk.theta_bps, assets, spot.0, self.theta, 1)?;
        Some(gamma.min(vega).min(theta))
    }
}

/// The amount of options that each move by `per_option / parts` units of which `assets` are worth `unit` each, for a budget in basis points.
#[inline(never)]
fn most(
    budget_bps: u16,
    assets: Assets,
    unit: u128,
    per_option: u128,
    parts: u128,
) -> Option<Assets> {
    if budget_bps == 0 || per_option == 0 {
        return Some(Assets(u128::MAX));
    }
    assets
        .times_down(u128::from(budget_bps).wrapping_mul(parts), BPS)?
        .times_down(unit, per_option)
}

/// The lowest number of ticks from `lowest` on whose strike has a delta of at most `target` (18 decimals). The delta falls as the strike
/// rises: the step doubles until it is low enough, then halves. At most 2 · 100 evaluations: a strike has fewer than 2¹⁰⁰ ticks, and one beyond
/// the domain of option mathematics is refused.
fn lowest_at_most(strip: &Strip, target: u64, lowest: u128, tick: Price) -> Result<u128, Refusal> {
    let (mut below, mut step, mut growing) = (lowest.wrapping_sub(1), 1_u128, true);
    // Always: what is sought lies above `below`, and once the step no longer grows, at most `step` above it.
    loop {
        let probe = below.wrapping_add(step);
        if strip.greeks(ticks_price(probe, tick).0)?.delta <= target {
            growing = false;
        } else {
            below = probe;
        }
        if growing {
            step = step.wrapping_shl(1);
        } else if step == 1 {
            return Ok(below.wrapping_add(1));
        } else {
            step >>= 1;
        }
    }
}

/// Ticks in `price · bps / 10 000`, rounded up. The tick is positive by policy.
#[inline(never)]
fn ticks_up(price: Price, bps: u128, tick: Price) -> Result<u128, Refusal> {
    mul_div_up(price.0, bps, tick.0.wrapping_mul(BPS)).ok_or(Refusal::Overflow)
}

/// So many ticks. The most that is asked for is twice what the domain of option mathematics ends at, or a few times the spot in it: below 2⁹⁸.
#[inline(never)]
const fn ticks_price(ticks: u128, tick: Price) -> Price {
    Price(ticks.wrapping_mul(tick.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar;
    use crate::policy::Policy;
    use crate::policy::tests::weth_usdc;
    use crate::quantity::Quote;
    use crate::solvency;

    const VOL: u64 = 800_000_000_000_000_000;
    const WEEK: u64 = 604_800;

    fn state(spot: u128, assets: u128) -> State {
        State {
            spot: Price(spot),
            volatility: VOL,
            vault: Pot {
                assets: Assets(assets),
                quote: Quote::ZERO,
            },
            units: Units::new(18, 6).expect("decimals"),
            now: 0,
        }
    }

    fn open(policy: &Policy, spot: u128, tenor: u64, assets: u128) -> Opening {
        plan(&policy.opening, &policy.risk, &state(spot, assets), tenor).expect("opens")
    }

    fn delta(spot: u128, strike: u128, tenor: u64) -> u64 {
        option_math::greeks(spot, strike, VOL, tenor, 0)
            .expect("in range")
            .delta
    }

    #[test]
    fn three_deltas_a_week_out() {
        let opening = open(&weth_usdc(), 2_000 * WAD, WEEK, 9 * WAD);
        let strikes: Vec<u128> = opening.series().iter().map(|l| l.strike.0 / WAD).collect();
        // σ√τ = .8·√(7/365) = .11079; K = 2000·exp(.00614 + .5244·.11079) = 2132.6, .8416: 2209.0, 1.2816: 2319.4.
        assert_eq!(strikes, [2_140, 2_210, 2_320]);
        let cap = Some(Price(4_000 * WAD));
        assert!(opening.series().iter().all(|one| one.cap == cap));
        assert_eq!(opening.limit_each, Assets(3 * WAD));
    }

    #[test]
    fn strikes_lie_above_spot_for_prices_from_1e_minus_6_to_1e9() {
        let mut rng = fastrand::Rng::with_seed(6);
        for exponent in 0..=15 {
            for _ in 0..50 {
                let digit = if exponent == 15 { 1 } else { rng.u128(1..=9) };
                let spot = digit * WAD / 1_000_000 * 10_u128.pow(exponent);
                let mut policy = weth_usdc();
                policy.opening.cap_bps = rng.u32(12_000..=100_000);
                policy.opening.min_moneyness_bps = rng.u16(0..2) * 100;
                policy.opening.strike_tick = u64::try_from(spot / rng.u128(5..2_000) / PRICE_STEP)
                    .expect("fits")
                    .clamp(1, 1_000_000_000_000_000);
                let opening = open(&policy, spot, rng.u64(86_400..1_209_600), WAD);
                for listed in opening.series() {
                    assert!(listed.strike.0 >= spot, "strike {listed:?} at {spot}");
                    let cap = listed.cap.expect("capped").0;
                    assert!(cap > listed.strike.0 && cap <= option_math::PRICE_MAX);
                    for price in [listed.strike.0, cap] {
                        let tick = u128::from(policy.opening.strike_tick) * PRICE_STEP;
                        assert_eq!(price % tick, 0);
                    }
                }
            }
        }
    }

    #[test]
    fn any_tick_is_coarsened_until_strike_and_cap_are_few_enough_of_it() {
        let mut rng = fastrand::Rng::with_seed(13);
        for _ in 0..2_000 {
            let spot = rng.u128(1..=1_000_000) * WAD / 1_000_000 * 10_u128.pow(rng.u32(0..=9));
            let mut policy = weth_usdc();
            policy.opening.cap_bps = rng.u32(12_000..=100_000);
            policy.opening.uncapped = rng.u8(..) & 7;
            let finest = spot / PRICE_STEP / 1_000;
            policy.opening.strike_tick = u64::try_from(finest)
                .expect("fits")
                .clamp(1, 1_000_000_000_000_000)
                >> rng.u32(0..40);
            policy.opening.strike_tick = policy.opening.strike_tick.max(1);
            let tick = Price(u128::from(policy.opening.strike_tick) * PRICE_STEP);
            let tenor = rng.u64(86_400..1_209_600);
            let opening = open(&policy, spot, tenor, WAD);
            for (listed, target) in opening.series().iter().zip(policy.opening.target_deltas) {
                let highest = listed.cap.unwrap_or(listed.strike);
                let power = coarsening(tick, highest);
                assert!(power <= 15);
                let unit = tick.0 * power_of_ten(power);
                assert!(highest.0 / unit <= MAX_TICKS);
                assert_eq!((listed.strike.0 % unit, highest.0 % unit), (0, 0));
                assert!(
                    highest.0 == listed.strike.0
                        || listed.cap.is_some_and(|cap| cap > listed.strike)
                );
                if opening.series().len() == 3 {
                    let target = u64::from(target) * 100_000_000_000_000;
                    assert!(delta(spot, listed.strike.0, tenor) <= target);
                }
                // No coarser than it must be.
                assert!(power == 0 || highest.0.div_ceil(unit / 10) > MAX_TICKS - 10);
            }
        }
    }

    #[test]
    fn a_strike_is_the_first_tick_with_a_delta_below_its_target() {
        let mut rng = fastrand::Rng::with_seed(12);
        for _ in 0..200 {
            let mut policy = weth_usdc();
            policy.opening.strike_tick = rng.u64(1..=50) * 1_000_000_000;
            policy.opening.min_moneyness_bps = 0;
            policy.opening.early_days = [0, 1, 3, 0, 0, 0, 0, 0];
            let (spot, tenor) = (rng.u128(500..9_000) * WAD, rng.u64(432_000..1_209_600));
            let opening = open(&policy, spot, tenor, WAD);
            assert_eq!(opening.series().len(), 3, "no two of one expiry");
            let tick = u128::from(policy.opening.strike_tick) * PRICE_STEP;
            for (listed, target) in opening.series().iter().zip(policy.opening.target_deltas) {
                let target = u64::from(target) * 100_000_000_000_000;
                let tenor = tenor - u64::from(listed.early);
                let delta = |strike| delta(spot, strike, tenor);
                assert!(delta(listed.strike.0) <= target, "{listed:?} at {spot}");
                if listed.strike.0 - tick > spot {
                    let below = delta(listed.strike.0 - tick);
                    assert!(below > target, "{listed:?} at {spot}");
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

    /// Over every size of spot, tick, cap, volatility and tenor: what is listed can be counted in sixteen bits, and coarser ticks only move strikes and caps up,
    /// by less than one of them.
    #[test]
    fn coarse_ticks_hold_every_strike_and_cap_and_round_them_up() {
        let mut rng = fastrand::Rng::with_seed(14);
        let (mut coarse, mut listed) = ([0_u32; 16], 0);
        for _ in 0..3_000 {
            let mut size = |most: u32| {
                let power = 10_u128.pow(rng.u32(0..=most));
                rng.u128(power..=power.saturating_mul(9))
            };
            // From the lowest price there is to beyond the highest that is sure to have a cap.
            let spot = size(15) * option_math::PRICE_MIN;
            let tick = size(15).min(1_000_000_000_000_000);
            let mut policy = weth_usdc();
            policy.opening.strike_tick = tick as u64;
            policy.opening.min_moneyness_bps = rng.u16(0..500);
            policy.opening.cap_bps = rng.u32(12_000..=100_000);
            policy.opening.uncapped = rng.u8(..);
            // Each of a day of its own: none is merged with another.
            policy.opening.early_days = core::array::from_fn(|index| index as u8);
            policy.opening.target_deltas = core::array::from_fn(|_| rng.u16(100..=5_000));
            let state = State {
                volatility: rng.u64(50_000_000_000_000_000..3_000_000_000_000_000_000),
                ..state(spot, 1_000 * WAD)
            };
            let end = rng.u64(691_200..1_209_600);
            let Ok(opening) = plan(&policy.opening, &policy.risk, &state, end) else {
                // Strikes and caps beyond the domain, and nothing else.
                assert!(spot > 100_000_000 * WAD, "no opening at {spot} in {tick}");
                continue;
            };
            let tick = tick * PRICE_STEP;
            let least = BPS + u128::from(policy.opening.min_moneyness_bps);
            for (one, target) in opening.series().iter().zip(&policy.opening.target_deltas) {
                let context = format!("{one:?} at {spot} in {tick}");
                let highest = one.cap.unwrap_or(one.strike).0;
                let power = coarsening(Price(tick), Price(highest));
                let unit = tick * 10_u128.pow(power);
                assert!(power <= 15 && highest / unit <= MAX_TICKS, "{context}");
                assert!(power == 0 || highest > unit / 10 * MAX_TICKS, "{context}");
                assert_eq!((one.strike.0 % unit, highest % unit), (0, 0), "{context}");
                assert!(highest <= option_math::PRICE_MAX, "{context}");
                let delta = |strike: u128| {
                    let tenor = opening.expiry - u64::from(one.early);
                    option_math::greeks(spot, strike, state.volatility, tenor, 0)
                        .expect("in the domain")
                        .delta
                };
                let above_least =
                    |strike| mul_div_up(spot, least, BPS).is_some_and(|x| strike >= x);
                // A cap beyond the domain was counted in ticks of ten of these before it came down to its end.
                let clipped = highest + 10 * unit > option_math::PRICE_MAX;
                let coarsest = if clipped { 10 * unit } else { unit };
                let target = u64::from(*target) * 100_000_000_000_000;
                let within = |strike| above_least(strike) && delta(strike) <= target;
                assert!(within(one.strike.0), "{context}");
                let below = one.strike.0.saturating_sub(coarsest);
                assert!(below < spot || !within(below), "{context}");
                if let Some(cap) = one.cap {
                    assert!(cap > one.strike, "{context}");
                    let by_spot = mul_div_up(spot, policy.opening.cap_bps.into(), BPS);
                    assert!(
                        clipped || by_spot.is_some_and(|by| cap.0 >= by),
                        "{context}"
                    );
                    // A tick is at most a part in 6 553 of what it counts, where it was made coarser.
                    let apart = one.strike.0 + one.strike.0 / 10 - unit * u128::from(power != 0);
                    assert!(clipped || cap.0 >= apart, "{context}");
                }
                coarse[power as usize] += 1;
                listed += 1;
            }
        }
        assert!(
            listed > 10_000 && coarse[..13].iter().all(|times| *times > 50),
            "{coarse:?}"
        );
    }

    #[test]
    fn strikes_on_one_tick_are_merged_and_share_the_collateral() {
        let mut policy = weth_usdc();
        policy.opening.strike_tick = 1_000_000_000_000;
        let opening = open(&policy, 2_000 * WAD, WEEK, 9 * WAD);
        assert_eq!(opening.series().len(), 1);
        assert_eq!(opening.series()[0].strike, Price(3_000 * WAD));
        assert_eq!(opening.limit_each, Assets(9 * WAD));
        // Those of another expiry are another option.
        policy.opening.early_days = [0, 2, 2, 0, 0, 0, 0, 0];
        let opening = open(&policy, 2_000 * WAD, WEEK, 9 * WAD);
        let early: Vec<u32> = opening.series().iter().map(|one| one.early).collect();
        assert_eq!(early, [0, 172_800]);
    }

    #[test]
    fn every_hour_of_ten_years_lists_expiries_that_are_far_enough() {
        let mut policy = weth_usdc();
        policy.opening.target_deltas = [3_000, 3_000, 2_000, 1_000, 0, 0, 0, 0];
        policy.opening.early_days = [2, 4, 6, 13, 0, 0, 0, 0];
        // What a strike takes does not matter here.
        policy.opening.strike_tick = 1_000_000_000_000;
        let mut seen = [0_u32; 5];
        let start = 1_700_000_000;
        for now in (start..start + 10 * 365 * 86_400).step_by(3_600) {
            let state = State {
                now,
                ..state(2_000 * WAD, WAD)
            };
            let end = calendar::expiry_after(now, 259_200).expect("in range");
            // Nothing may be listed only while two days before the end are too near.
            let Ok(opening) = plan(&policy.opening, &policy.risk, &state, end) else {
                assert!(end - now < 172_800 + MIN_TENOR, "no opening at {now}");
                continue;
            };
            seen[opening.series().len()] += 1;
            assert!(opening.series().iter().any(|one| one.early == 0));
            for one in opening.series() {
                let expiry = opening.expiry - u64::from(one.early);
                assert!(expiry >= now + MIN_TENOR, "{one:?} at {now}");
                assert_eq!(expiry % 86_400, 8 * 3_600);
                let backing = if one.early == 0 {
                    Backing::Pooled
                } else {
                    Backing::Assets
                };
                assert_eq!(one.backing, backing);
            }
        }
        assert!(
            seen[1] > 10_000 && seen[2] > 10_000 && seen[3] > 10_000,
            "{seen:?}"
        );
    }

    #[test]
    fn sizes_shrink_until_the_book_fits_the_budgets() {
        let mut rng = fastrand::Rng::with_seed(13);
        let mut bound = [0_u32; 3];
        for _ in 0..2_000 {
            let mut policy = weth_usdc();
            policy.opening.early_days = [0, 1, 3, 0, 0, 0, 0, 0];
            policy.risk = Risk {
                gamma_bps: rng.u16(0..3) * rng.u16(1..200),
                vega_bps: rng.u16(0..3) * rng.u16(1..20),
                theta_bps: rng.u16(0..3) * rng.u16(1..30),
            };
            let (spot, tenor) = (rng.u128(500..9_000) * WAD, rng.u64(432_000..1_209_600));
            let assets = 1_000 * WAD;
            let opening = open(&policy, spot, tenor, assets);
            let limit = opening.limit_each.0 as f64 / WAD as f64;
            let (mut gamma, mut vega, mut theta) = (0.0, 0.0, 0.0);
            for one in opening.series() {
                let tenor = tenor - u64::from(one.early);
                let cap = one.cap.map(|cap| cap.0);
                let greeks = option_math::capped_call(spot, one.strike.0, cap, VOL, tenor, 0);
                let greeks = greeks.expect("in range");
                gamma += limit * greeks.spot_gamma as f64 / WAD as f64 / 100.0;
                vega += limit * greeks.vega as f64 / spot as f64 / 100.0;
                theta += limit * -greeks.theta as f64 / spot as f64;
            }
            let budgets = [
                policy.risk.gamma_bps,
                policy.risk.vega_bps,
                policy.risk.theta_bps,
            ];
            let mut binds = false;
            for ((used, budget), bound) in [gamma, vega, theta].iter().zip(budgets).zip(&mut bound)
            {
                let share = used / (1_000.0 * f64::from(budget) / 10_000.0);
                assert!(budget == 0 || share < 1.000_000_1, "{share} of {budget}");
                *bound += u32::from(budget != 0 && share > 0.999_999);
                binds |= budget != 0 && share > 0.999_999;
            }
            let whole = opening.limit_each.0 == assets / 3;
            assert!(whole || binds, "as large as the budgets let it be: {limit}");
        }
        assert!(bound.iter().all(|times| *times > 100), "{bound:?}");
    }

    #[test]
    fn early_series_are_backed_by_quote_when_there_is_enough_for_all() {
        let mut policy = weth_usdc();
        policy.opening.early_days = [0, 1, 1, 0, 0, 0, 0, 0];
        let with = |quote: u128| {
            let mut state = state(2_000 * WAD, 9 * WAD);
            state.vault.quote = Quote(quote);
            plan(&policy.opening, &policy.risk, &state, WEEK).expect("opens")
        };
        // Three options of each of the early two, at cap less strike: whole dollars.
        let [_, second, third] = *with(0).series() else {
            panic!("three series")
        };
        let need = 3 * (8_000 - second.strike.0 / WAD - third.strike.0 / WAD) * 1_000_000;
        let backings = |quote| {
            with(quote)
                .series()
                .iter()
                .map(|one| one.backing)
                .collect::<Vec<_>>()
        };
        let (pooled, assets, quote) = (Backing::Pooled, Backing::Assets, Backing::Quote);
        assert_eq!(backings(need - 1), [pooled, assets, assets]);
        assert_eq!(backings(need), [pooled, quote, quote]);
    }

    #[test]
    fn a_fully_sold_opening_is_solvent_even_if_given_away() {
        let mut rng = fastrand::Rng::with_seed(7);
        let units = Units::new(18, 6).expect("decimals");
        for _ in 0..2_000 {
            let mut policy = weth_usdc();
            policy.opening.uncapped = rng.u8(..);
            policy.opening.cap_bps = rng.u32(12_000..40_000);
            policy.opening.early_days = core::array::from_fn(|_| rng.u8(0..3));
            policy.opening.target_deltas =
                core::array::from_fn(|i| if i < 8 { rng.u16(100..=5_000) } else { 0 });
            let mut state = state(
                rng.u128(1..10_000) * WAD,
                rng.u128(1..1_000_000) * WAD / 1_000,
            );
            state.vault.quote = Quote(rng.u128(0..3) * rng.u128(1_000_000..1_000_000_000_000));
            let end = rng.u64(259_200..1_209_600);
            let opening = plan(&policy.opening, &policy.risk, &state, end).expect("opens");
            let (mut vault, mut reserves) = (state.vault, Pot::default());
            let mut book = Vec::new();
            for one in opening.series() {
                let all = Series {
                    sold: opening.limit_each,
                    ..*one
                };
                solvency::reserve(&mut vault, &mut reserves, one, &all, units).expect("reserved");
                book.push(all);
            }
            assert_eq!(solvency::check(vault, &book, units), Ok(()));
        }
    }
}
