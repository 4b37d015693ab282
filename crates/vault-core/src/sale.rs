//! What an option costs, and what the vault pays to have one back.
//!
//! A price is the model's value, at inputs that are the worse ones for the trader, times a variable-rate gradual Dutch auction
//! `m = clamp(exp(κ·(sold + lead − elapsed)), floor, cap)` over the share of the series that is sold and the share of its window that is over
//! (White, Lambert and others 2022). It opens at `exp(κ·lead)`, at least 1.5, falls with time, rises with sales, and follows spot by itself. An
//! order is charged the integral of `m` over what it takes: in one piece or in many, it costs the same to rounding.
//!
//! Options come back along the same curve, but never above the model's value: nobody is paid a premium out of what belongs to the shares because
//! demand is high. Then the spread is taken off. So a bid is at most the ask, whatever the state.

use option_math::DutchCurve;

use crate::model;
use crate::policy::{Market, Sale};
use crate::quantity::{Assets, Price, Quote, Units};
use crate::refusal::Refusal;
use crate::solvency::Series;
use crate::wide::{mul_div_down, mul_div_up};
use crate::{BPS, WAD};

/// What a trader does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Buys options of the vault.
    Buy,
    /// Sells them back.
    Sell,
}

/// The market a trade is priced in.
#[derive(Clone, Copy, Debug)]
pub struct State {
    /// The oracle's price.
    pub spot: Price,
    /// Annualised volatility, 18 decimals.
    pub volatility: u64,
    /// Time to the expiry of the series, seconds.
    pub tenor_seconds: u64,
    /// The share of the series' window of sale that is over, 18 decimals, at most 1.
    pub elapsed: u64,
    /// The most options of the series, asset units. Not 0.
    pub limit: Assets,
    /// Decimals of the pair.
    pub units: Units,
}

/// What changes hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charge {
    /// What a buyer pays or a seller gets, the fee taken into account.
    pub total: Quote,
    /// The fee, which stays in the vault.
    pub fee: Quote,
}

/// The share of a window from `opened` to `closes` that is over at `now`, 18 decimals, at most 1.
#[must_use]
pub fn elapsed(opened: u64, closes: u64, now: u64) -> u64 {
    let window = closes.saturating_sub(opened);
    let since = now.saturating_sub(opened).min(window);
    mul_div_down(since.into(), WAD, window.into()).map_or(WAD as u64, |share| share as u64)
}

/// The most that a move of the price widens the margin to, basis points.
const MAX_MARGIN: u16 = 1_000;

/// The margin of spot, basis points: the policy's, or how far the price has moved since `recent`, the last point of the grid of volatility, where that is
/// more, up to 10 %.
///
/// A market that has just moved moves on, by more than the volatility of a week says: it is then that who knows the next round gains. Without a recent
/// price (0) the margin is the policy's.
#[must_use]
pub fn spot_margin(policy: &Market, spot: Price, recent: Price) -> u16 {
    let moved = mul_div_down(spot.0.abs_diff(recent.0), BPS, recent.0).unwrap_or(0);
    let moved = u16::try_from(moved).unwrap_or(MAX_MARGIN).min(MAX_MARGIN);
    policy.spot_margin_bps.max(moved)
}

/// Price of one option at the worse inputs for the trader: the ask `BS(S⁺, K, σ⁺) − BS(S⁺, C, σ⁻)`, the bid `BS(S⁻, K, σ⁻) − BS(S⁻, C, σ⁺)`, within
/// `[0, C − K]`.
///
/// `S^± = S·(1 ± m)` and `σ^± = σ·(1 ± m_σ)` with the policy's margins: who knows the next oracle round first gains only what exceeds them. Spot
/// rounds against the trader; the interest rate is 0.
///
/// # Errors
/// [`Refusal::Math`] outside the domain of option mathematics, [`Refusal::Overflow`].
pub fn price(
    policy: &Market,
    series: &Series,
    state: &State,
    side: Side,
) -> Result<Price, Refusal> {
    let margin = u128::from(policy.spot_margin_bps);
    let spot = match side {
        Side::Buy => state.spot.times_up(BPS.wrapping_add(margin), BPS),
        Side::Sell => state.spot.times_down(BPS.saturating_sub(margin), BPS),
    };
    let spot = spot.ok_or(Refusal::Overflow)?;
    let margin = u128::from(policy.volatility_margin_bps);
    let call = |strike: Price, dear: bool| -> Result<u128, Refusal> {
        let moved = if dear {
            BPS.saturating_add(margin)
        } else {
            BPS.saturating_sub(margin)
        };
        let volatility = mul_div_down(state.volatility.into(), moved, BPS)
            .and_then(|volatility| u64::try_from(volatility).ok())
            .ok_or(Refusal::Overflow)?;
        let strip = model::strip(spot, volatility, state.tenor_seconds)?;
        Ok(strip.greeks(strike.0)?.price)
    };
    let buys = side == Side::Buy;
    let long = call(series.strike, buys)?;
    let Some(cap) = series.cap else {
        return Ok(Price(long));
    };
    Ok(Price(
        long.saturating_sub(call(cap, !buys)?)
            .min(series.payoff(cap).0),
    ))
}

/// What `amount` options of `series` cost (at least 1 unit of quote, and at least the floor: rounded up) or bring (rounded down). `series` is that before
/// the trade; `price` is [`price`]'s.
///
/// # Errors
/// [`Refusal::Overflow`], also for more than the series has; [`Refusal::Math`].
pub fn charge(
    policy: &Sale,
    series: &Series,
    state: &State,
    price: Price,
    amount: Assets,
    side: Side,
) -> Result<Charge, Refusal> {
    match side {
        Side::Buy => {
            let after = series.sold.plus(amount).ok_or(Refusal::Overflow)?;
            let weight = integral(policy, state, series.sold, after, u64::MAX)?;
            buy(policy, state, price, amount, weight).ok_or(Refusal::Overflow)
        }
        Side::Sell => {
            let after = series.sold.minus(amount).ok_or(Refusal::Overflow)?;
            let weight = integral(policy, state, after, series.sold, WAD as u64)?;
            sell(policy, state, price, amount, weight).ok_or(Refusal::Overflow)
        }
    }
}

/// `∫ m` between two amounts sold, no multiplier above `most`, in units of the whole series, 36 decimals.
fn integral(
    policy: &Sale,
    state: &State,
    from: Assets,
    to: Assets,
    most: u64,
) -> Result<u128, Refusal> {
    let unit = (WAD / BPS) as u64;
    // At most 1 by policy.
    let lead = u64::from(policy.lead_bps).wrapping_mul(unit);
    let share = |sold: Assets| {
        mul_div_down(sold.0, WAD, state.limit.0)
            .and_then(|share| u64::try_from(share).ok()?.checked_add(lead))
            .ok_or(Refusal::Overflow)
    };
    // At most 10 by policy.
    let level = |bps: u32| u64::from(bps).wrapping_mul(unit).min(most);
    let curve = DutchCurve {
        kappa: policy.kappa,
        floor: level(policy.floor_bps.into()),
        cap: level(policy.cap_bps),
    };
    let weight = option_math::dutch_integral(&curve, share(from)?, share(to)?, state.elapsed)?;
    Ok(weight)
}

/// One, with the 36 decimals of an integral.
const UNIT: u128 = WAD * WAD;

fn buy(policy: &Sale, state: &State, price: Price, amount: Assets, weight: u128) -> Option<Charge> {
    let of_all = Price(mul_div_up(weight, price.0, UNIT)?);
    let lowest = price.times_up(policy.floor_bps.into(), BPS)?;
    // The curve is above the floor but for its rounding, which shows in the smallest orders.
    let curve = state.units.quote_up(state.limit, of_all)?;
    let floor = state.units.quote_up(amount, lowest)?;
    let premium = Quote(curve.max(floor).0.max(1));
    let fee = premium.times_up(policy.fee_bps.into(), BPS)?;
    Some(Charge {
        total: premium.plus(fee)?,
        fee,
    })
}

fn sell(
    policy: &Sale,
    state: &State,
    price: Price,
    amount: Assets,
    weight: u128,
) -> Option<Charge> {
    let of_all = Price(mul_div_down(weight, price.0, UNIT)?);
    let curve = state.units.quote_down(state.limit, of_all)?;
    // The model's value is the most, whatever the rounding of the curve.
    let value = curve.min(state.units.quote_down(amount, price)?);
    let kept = BPS.saturating_sub(policy.spread_bps.into());
    let gross = value.times_down(kept, BPS)?;
    let fee = gross.times_up(policy.fee_bps.into(), BPS)?;
    Some(Charge {
        total: gross.minus(fee)?,
        fee,
    })
}

/// How much may be traded at one price of the oracle, both ways together: whoever knows the next price can trade no more on this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// All of it, in options of delta 1.
    pub whole: Assets,
    /// What has been used of it, in [`Quota::STEPS`].
    pub used: u16,
}

impl Quota {
    /// The parts that use is counted in. Each trade is rounded up to a whole one.
    pub const STEPS: u16 = u16::MAX;

    /// What is left, in options of delta 1, rounded down.
    #[must_use]
    pub fn left(&self) -> Assets {
        let steps = Self::STEPS.saturating_sub(self.used);
        self.whole
            .times_down(steps.into(), Self::STEPS.into())
            .unwrap_or_default()
    }

    /// What has been used after another `traded` options of delta 1.
    #[must_use]
    pub fn after(&self, traded: Assets) -> u16 {
        let steps = traded.times_up(Self::STEPS.into(), self.whole.0);
        let steps = steps.and_then(|steps| u16::try_from(steps.0).ok());
        self.used.saturating_add(steps.unwrap_or(Self::STEPS))
    }
}

/// How many of `wanted` options can be traded: what the series and the quota of this price let be. `delta` has 18 decimals, `quota` is in options of delta 1.
#[must_use]
pub fn fill(wanted: Assets, left: Assets, quota: Assets, delta: u64) -> Assets {
    let by_quota = quota.times_down(WAD, delta.into()).unwrap_or(wanted);
    wanted.min(left).min(by_quota)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::tests::weth_usdc;

    const WEEK: u64 = 604_800;
    const VOLATILITY: u64 = 800_000_000_000_000_000;

    fn series() -> Series {
        Series {
            strike: Price(2_200 * WAD),
            cap: Some(Price(4_000 * WAD)),
            ..Series::default()
        }
    }

    fn state(spot: u128) -> State {
        State {
            spot: Price(spot),
            volatility: VOLATILITY,
            tenor_seconds: WEEK,
            elapsed: 0,
            limit: Assets(10 * WAD),
            units: Units::new(18, 6).expect("decimals"),
        }
    }

    fn asked(state: &State) -> u128 {
        let market = weth_usdc().market;
        price(&market, &series(), state, Side::Buy)
            .expect("price")
            .0
    }

    #[test]
    fn the_margins_work_against_the_trader() {
        let state = state(2_000 * WAD);
        let fair = option_math::capped_call(
            state.spot.0,
            2_200 * WAD,
            Some(4_000 * WAD),
            VOLATILITY,
            WEEK,
            0,
        );
        let fair = fair.expect("price").price;
        // The 21-delta call is worth 26.6; 20 bp of spot are 0.9 and 3 % of volatility 1.9.
        let ask = asked(&state);
        assert!(
            ask > fair * 108 / 100 && ask < fair * 115 / 100,
            "{ask} of {fair}"
        );
        let market = weth_usdc().market;
        let bid = price(&market, &series(), &state, Side::Sell)
            .expect("price")
            .0;
        assert!(
            bid < fair * 92 / 100 && bid > fair * 85 / 100,
            "{bid} of {fair}"
        );
    }

    #[test]
    fn a_market_that_has_just_moved_is_traded_in_at_as_much_again() {
        let market = weth_usdc().market;
        let margin = |spot: u128| spot_margin(&market, Price(spot * WAD), Price(2_000 * WAD));
        assert_eq!((margin(2_000), margin(2_003), margin(1_997)), (20, 20, 20));
        assert_eq!((margin(2_020), margin(1_980)), (100, 100));
        assert_eq!(
            (margin(20_000), margin(1), margin(1_000)),
            (1_000, 1_000, 1_000)
        );
        let unknown = spot_margin(&market, Price(2_000 * WAD), Price(0));
        assert_eq!(unknown, 20);
        let absurd = spot_margin(&market, Price(u128::MAX), Price(1));
        assert_eq!(absurd, 20, "out of range is out of the domain anyway");
    }

    #[test]
    fn prices_stay_between_nothing_and_the_largest_payoff() {
        let market = weth_usdc().market;
        for spot in [1, 100, 1_999, 2_200, 3_999, 4_000, 10_000, 1_000_000] {
            for tenor_seconds in [0, 1, 3_600, WEEK] {
                let state = State {
                    tenor_seconds,
                    ..state(spot * WAD)
                };
                for side in [Side::Buy, Side::Sell] {
                    let price = price(&market, &series(), &state, side).expect("price");
                    assert!(
                        price.0 <= 1_800 * WAD,
                        "{price:?} at {spot} with {tenor_seconds} s"
                    );
                }
            }
        }
    }

    #[test]
    fn a_quota_bears_its_whole_and_never_more_in_whatever_pieces() {
        let mut rng = fastrand::Rng::with_seed(21);
        for _ in 0..2_000 {
            let whole = rng.u128(1..1_000_000) * rng.u128(1..1_000_000_000_000_000_000);
            let mut quota = Quota {
                whole: Assets(whole),
                used: 0,
            };
            let (mut traded, mut pieces) = (0, 0);
            while !quota.left().is_zero() && pieces < 50 {
                // Never more than is left: `fill` sees to it.
                let piece = quota.left().0.min(rng.u128(0..=whole / 5));
                quota.used = quota.after(Assets(piece));
                traded += piece;
                pieces += 1;
                // Each piece loses less than a step, and what is left another.
                let lost = (pieces + 1) * (whole / u128::from(Quota::STEPS) + 1);
                assert!(
                    traded + quota.left().0 <= whole,
                    "{traded} of {whole}: {quota:?}"
                );
                assert!(traded + quota.left().0 + lost >= whole);
            }
            quota.used = quota.after(quota.left());
            assert_eq!((quota.left(), quota.used), (Assets(0), Quota::STEPS));
        }
        let nothing = Quota {
            whole: Assets(0),
            used: 0,
        };
        assert_eq!(nothing.left(), Assets(0));
        assert_eq!(nothing.after(Assets(1)), Quota::STEPS);
    }

    #[test]
    fn the_auction_opens_high_falls_with_time_and_rises_with_sales() {
        let policy = weth_usdc().sale;
        let cost = |sold: u128, elapsed: u64| {
            let series = Series {
                sold: Assets(sold * WAD / 100),
                ..series()
            };
            let state = State {
                elapsed,
                ..state(2_000 * WAD)
            };
            let fair = asked(&state);
            let amount = Assets(WAD / 1_000);
            let cost = charge(&policy, &series, &state, Price(fair), amount, Side::Buy);
            let cost = cost.expect("a price");
            (cost.total.0 - cost.fee.0) as f64 / (fair as f64 * 1e-3 / 1e12)
        };
        // exp(.41) = 1.507; half the window later exp(−.09), held at the floor; with all sold by then exp(.91).
        let step = WAD as u64 / 2;
        assert!((cost(0, 0) - 1.507).abs() < 1e-3, "{}", cost(0, 0));
        assert!((cost(0, step) - 1.0).abs() < 1e-3);
        assert!(
            (cost(999, step) - 2.482).abs() < 1e-2,
            "{}",
            cost(999, step)
        );
        for sold in (0..900).step_by(50) {
            assert!(
                cost(sold, step) <= cost(sold + 50, step)
                    && cost(sold, step) <= cost(sold, step / 2)
            );
        }
    }

    /// A random policy inside its hard bounds, a market, a series and a state of it.
    fn anything(rng: &mut fastrand::Rng) -> (Sale, Market, Series, State) {
        let mut policy = weth_usdc();
        let lead_bps = rng.u16(4_100..=10_000);
        policy.sale = Sale {
            kappa: rng.u64(1_000..10_000) * 1_000_000_000_000_000,
            lead_bps,
            floor_bps: rng.u16(9_000..=20_000),
            cap_bps: rng.u32(20_000..=100_000),
            fee_bps: rng.u16(0..=500),
            spread_bps: rng.u16(0..=5_000),
            quota_bps: 1,
        };
        policy.market.spot_margin_bps = rng.u16(5..=500);
        policy.market.volatility_margin_bps = rng.u16(0..=5_000);
        let spot = WAD * rng.u128(1..1_000_000_000) / 1_000_000;
        let strike = spot / 100 * rng.u128(30..300);
        let cap = rng
            .bool()
            .then(|| Price(strike / 100 * rng.u128(110..1_000)));
        let (asset, quote) = (rng.u8(6..=18), rng.u8(6..=18));
        // A hundredth to a million whole options.
        let limit = rng.u128(1..100_000_000) * 10_u128.pow(u32::from(asset) - 2);
        let series = Series {
            strike: Price(strike),
            cap,
            sold: Assets(limit / 1_000 * rng.u128(0..=1_000)),
            ..Series::default()
        };
        let state = State {
            spot: Price(spot),
            volatility: rng.u64(50..3_000) * 1_000_000_000_000_000,
            tenor_seconds: rng.u64(3_600..1_209_600),
            elapsed: rng.u64(0..=WAD as u64),
            limit: Assets(limit),
            units: Units::new(asset, quote).expect("decimals"),
        };
        (policy.sale, policy.market, series, state)
    }

    #[test]
    fn an_order_costs_its_pieces_to_rounding() {
        let mut rng = fastrand::Rng::with_seed(14);
        let mut capped = 0;
        for _ in 0..3_000 {
            let (policy, market, mut series, state) = anything(&mut rng);
            let policy = Sale {
                fee_bps: 0,
                ..policy
            };
            let price = price(&market, &series, &state, Side::Buy).expect("price");
            let room = state.limit.0 - series.sold.0;
            let pieces = rng.u128(1..40);
            let each = Assets(room / pieces);
            if each.is_zero() {
                continue;
            }
            let whole = Assets(each.0 * pieces);
            let total = charge(&policy, &series, &state, price, whole, Side::Buy).expect("a price");
            let mut paid = 0;
            for _ in 0..pieces {
                let piece =
                    charge(&policy, &series, &state, price, each, Side::Buy).expect("a price");
                paid += piece.total.0;
                series.sold.0 += each.0;
            }
            capped += u32::from(series.cap.is_some());
            // A unit of quote a piece, or two where two roundings meet; 16 digits of the curve and 18 of its price, for the whole series.
            let worth = state.units.quote_up(state.limit, price).expect("fits").0;
            let last_digit = state.limit.0 / state.units.scale();
            let slack = pieces * (2 + worth / 200_000_000_000_000 + last_digit);
            assert!(
                paid.abs_diff(total.total.0) <= slack,
                "{paid} {total:?} in {pieces}"
            );
        }
        assert!(capped > 1_000);
    }

    #[test]
    fn no_bid_exceeds_an_ask_and_no_round_trip_pays() {
        let mut rng = fastrand::Rng::with_seed(15);
        let (mut paid, mut got) = (0, 0);
        for _ in 0..20_000 {
            let (policy, market, series, state) = anything(&mut rng);
            let bid = price(&market, &series, &state, Side::Sell).expect("price");
            let ask = price(&market, &series, &state, Side::Buy).expect("price");
            assert!(bid <= ask, "{bid:?} {ask:?}");
            let room = state.limit.0 - series.sold.0;
            let amount = Assets(rng.u128(0..=room));
            let cost = charge(&policy, &series, &state, ask, amount, Side::Buy).expect("a price");
            let after = Series {
                sold: Assets(series.sold.0 + amount.0),
                ..series
            };
            let back = charge(&policy, &after, &state, bid, amount, Side::Sell).expect("a price");
            assert!(back.total < cost.total, "{back:?} {cost:?}");
            paid += u32::from(cost.total.0 > 1_000);
            got += u32::from(back.total.0 > 1_000);
            // In the same state, what one more costs is no less than what one fewer brings.
            let amount = Assets(amount.0.min(series.sold.0));
            let cost = charge(&policy, &series, &state, ask, amount, Side::Buy).expect("a price");
            let back = charge(&policy, &series, &state, bid, amount, Side::Sell).expect("a price");
            assert!(back.total < cost.total, "{back:?} {cost:?}");
        }
        assert!(paid > 10_000 && got > 8_000, "{paid} {got}");
    }

    #[test]
    fn nothing_clears_below_the_floor_with_no_bidder_or_one() {
        let mut rng = fastrand::Rng::with_seed(16);
        for _ in 0..10_000 {
            let (policy, market, mut series, mut state) = anything(&mut rng);
            // The end of the window, nothing sold: where an auction without bidders ends.
            state.elapsed = WAD as u64;
            series.sold = Assets::ZERO;
            let price = price(&market, &series, &state, Side::Buy).expect("price");
            let fair = option_math::capped_call(
                state.spot.0,
                series.strike.0,
                series.cap.map(|cap| cap.0),
                state.volatility,
                state.tenor_seconds,
                0,
            );
            // 4e-18 of spot is the model's own precision.
            let fair = fair.expect("price").price;
            assert!(
                price.0 + state.spot.0 / 100_000_000_000_000_000 + 9 >= fair,
                "{price:?} {fair}"
            );
            let amount = Assets(rng.u128(1..=state.limit.0));
            let cost = charge(&policy, &series, &state, price, amount, Side::Buy).expect("a price");
            let floor = price.times_up(policy.floor_bps.into(), BPS).expect("fits");
            let least = state.units.quote_up(amount, floor).expect("fits");
            assert!(cost.total.0 - cost.fee.0 >= least.0.max(1));
        }
    }

    #[test]
    fn a_fill_is_what_series_and_quota_have_left() {
        let of =
            |wanted, left, quota, delta| fill(Assets(wanted), Assets(left), Assets(quota), delta).0;
        assert_eq!(of(10, 20, 30, WAD as u64), 10);
        assert_eq!(of(10, 7, 30, WAD as u64), 7);
        // A quota of 3 options of delta 1 is 12 of delta ¼; of delta 0 it is no bound.
        assert_eq!(of(100, 70, 3, WAD as u64 / 4), 12);
        assert_eq!(of(100, 70, 3, 0), 70);
    }

    #[test]
    fn the_window_of_a_series_passes_evenly() {
        assert_eq!(elapsed(100, 200, 100), 0);
        assert_eq!(elapsed(100, 200, 150), WAD as u64 / 2);
        assert_eq!(elapsed(100, 200, 999), WAD as u64);
        assert_eq!(elapsed(100, 100, 100), WAD as u64);
    }
}
