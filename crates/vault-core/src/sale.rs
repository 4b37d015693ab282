//! What an option costs.

use crate::BPS;
use crate::model;
use crate::policy::Market;
use crate::quantity::{Assets, Price, Quote, Units};
use crate::refusal::Refusal;
use crate::solvency::Series;

/// Price asked for one option: `BS(S⁺, K, σ⁺) − BS(S⁺, C, σ⁻)`, within `[0, C − K]`.
///
/// Every input is moved against the buyer by the policy's margins, `S⁺ = S·(1 + m)` and `σ^± = σ·(1 ± m_σ)`: a buyer who knows the
/// next oracle round first gains only what exceeds the margin. Spot rounds up; the interest rate is 0.
///
/// # Errors
/// [`Refusal::Math`] outside the domain of option mathematics, [`Refusal::Overflow`].
pub fn ask(
    policy: &Market,
    volatility: u64,
    series: &Series,
    spot: Price,
    tenor_seconds: u64,
) -> Result<Price, Refusal> {
    let spot_margin = BPS.saturating_add(u128::from(policy.spot_margin_bps));
    let high_spot = spot.times_up(spot_margin, BPS).ok_or(Refusal::Overflow)?;
    let margin = u64::from(policy.volatility_margin_bps);
    let moved = |bps: u64| -> Result<u64, Refusal> {
        // 62 bits of volatility by policy, times at most 1.5.
        let hundredths = u128::from(volatility).saturating_mul(u128::from(bps));
        crate::wide::mul_div_down(hundredths, 1, BPS)
            .and_then(|moved| u64::try_from(moved).ok())
            .ok_or(Refusal::Overflow)
    };
    let price = |strike: Price, bps: u64| -> Result<u128, Refusal> {
        Ok(model::strip(high_spot, moved(bps)?, tenor_seconds)?
            .greeks(strike.0)?
            .price)
    };
    let high = price(series.strike, 10_000_u64.saturating_add(margin))?;
    let Some(cap) = series.cap else {
        return Ok(Price(high));
    };
    let low = price(cap, 10_000_u64.saturating_sub(margin))?;
    Ok(Price(
        high.saturating_sub(low)
            .min(cap.0.saturating_sub(series.strike.0)),
    ))
}

/// Premium for `amount` options at the price asked, rounded up and never nothing.
///
/// # Errors
/// As [`ask`].
pub fn premium(
    policy: &Market,
    volatility: u64,
    series: &Series,
    spot: Price,
    tenor_seconds: u64,
    amount: Assets,
    units: Units,
) -> Result<Quote, Refusal> {
    let price = ask(policy, volatility, series, spot, tenor_seconds)?;
    let premium = units.quote_up(amount, price).ok_or(Refusal::Overflow)?;
    Ok(Quote(premium.0.max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::WAD;
    use crate::policy::tests::weth_usdc;

    const WEEK: u64 = 604_800;
    const VOLATILITY: u64 = 800_000_000_000_000_000;

    fn series() -> Series {
        Series {
            strike: Price(2_200 * WAD),
            cap: Some(Price(4_000 * WAD)),
            sold: Assets::ZERO,
            ..Series::default()
        }
    }

    #[test]
    fn the_margins_work_against_the_buyer() {
        let policy = weth_usdc().market;
        let spot = Price(2_000 * WAD);
        let asked = ask(&policy, VOLATILITY, &series(), spot, WEEK)
            .expect("price")
            .0;
        let fair =
            option_math::capped_call(spot.0, 2_200 * WAD, Some(4_000 * WAD), VOLATILITY, WEEK, 0)
                .expect("price")
                .price;
        // The 21-delta call is worth 26.6; 20 bp of spot add 0.9 and 3 % of volatility 1.9.
        assert!(
            asked > fair * 108 / 100 && asked < fair * 115 / 100,
            "asked {asked}, fair {fair}"
        );
    }

    #[test]
    fn an_ask_stays_between_nothing_and_the_largest_payoff() {
        let policy = weth_usdc().market;
        for spot in [1, 100, 1_999, 2_200, 3_999, 4_000, 10_000, 1_000_000] {
            for tenor in [0, 1, 3_600, WEEK] {
                let asked =
                    ask(&policy, VOLATILITY, &series(), Price(spot * WAD), tenor).expect("price");
                assert!(asked.0 <= 1_800 * WAD, "{asked:?} at {spot} with {tenor} s");
            }
        }
    }

    #[test]
    fn dust_is_not_free_and_pieces_cost_no_less_than_the_whole() {
        let policy = weth_usdc().market;
        let units = Units::new(18, 6).expect("decimals");
        let spot = Price(2_000 * WAD);
        let cost = |amount| {
            premium(
                &policy,
                VOLATILITY,
                &series(),
                spot,
                WEEK,
                Assets(amount),
                units,
            )
            .expect("price")
            .0
        };
        assert_eq!(cost(1), 1);
        assert!(7 * cost(WAD / 7) >= cost(7 * (WAD / 7)));
    }
}
