//! Management and performance fee, taken at roll and paid in new shares, so that nothing is sold for them.
//!
//! Performance is the growth of a share's price in the asset above a high-water mark. A vault that holds less than all of its value in the asset
//! gains in the asset whenever the asset falls; so that nobody is paid for that, the mark follows the target exposure `w` (part of net
//! asset value held in the asset): `H ← H·(w + (1 − w)·S_before/S_now)`.

use crate::policy;
use crate::quantity::{Assets, Price, Shares};
use crate::shares::{Register, VIRTUAL_ASSETS, VIRTUAL_SHARES};
use crate::wide::{mul_div_down, mul_div_up};
use crate::{BPS, WAD};

/// Seconds of a year of 365 days.
const YEAR: u128 = 31_536_000;
/// Price of a share at which a vault begins, 18 decimals.
const PAR: u128 = WAD;
/// Assets per share, times this, is a share's price with [`PAR`] at the beginning.
const SCALE: u128 = WAD * VIRTUAL_SHARES;

/// What performance is measured against.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HighWater {
    /// Highest price of a share so far, 18 decimals, moved with the target exposure; 0 stands for the beginning.
    pub mark: u128,
    /// Price of the asset that the mark was moved to last; 0 for none.
    pub spot: Price,
}

/// What fees are due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Due {
    /// For management, asset units, rounded down.
    pub management: Assets,
    /// For performance, asset units, rounded down.
    pub performance: Assets,
    /// New shares that are worth both, rounded down.
    pub shares: Shares,
    /// What performance is measured against from now on.
    pub high_water: HighWater,
}

/// Fees of an epoch whose options were live for `live_seconds`, for a vault that aims at `weight_bps` of its value in the asset.
///
/// `spot` is `None` when no price can be trusted: then no performance fee is due and the mark waits for the next roll. Never refuses: arithmetic
/// that leaves its range means no fee.
#[must_use]
pub fn due(
    register: Register,
    policy: &policy::Shares,
    live_seconds: u64,
    weight_bps: u16,
    before: HighWater,
    spot: Option<Price>,
) -> Due {
    compute(register, policy, live_seconds, weight_bps, before, spot).unwrap_or(Due {
        high_water: before,
        ..Due::default()
    })
}

fn compute(
    register: Register,
    policy: &policy::Shares,
    live_seconds: u64,
    weight_bps: u16,
    before: HighWater,
    spot: Option<Price>,
) -> Option<Due> {
    let Register { supply, assets } = register;
    if supply.is_zero() {
        return Some(Due::default());
    }
    let rate = u128::from(policy.management_fee_bps).checked_mul(live_seconds.into())?;
    // Not beyond all there is, however long an epoch lasted.
    let management = assets.times_down(rate, BPS * YEAR)?.min(assets);
    let virtual_supply = supply.0.checked_add(VIRTUAL_SHARES)?;
    let mut left = assets.minus(management)?;
    let mut performance = Assets::ZERO;
    let mut high_water = before;
    if let Some(spot) = spot {
        let mark = moved(before, weight_bps, spot)?;
        high_water = HighWater { mark, spot };
        let price = mul_div_down(left.0.checked_add(VIRTUAL_ASSETS)?, SCALE, virtual_supply)?;
        if let Some(gain) = price.checked_sub(mark) {
            let gained = Assets(mul_div_down(supply.0, gain, SCALE)?);
            performance = gained.times_down(policy.performance_fee_bps.into(), BPS)?;
            left = left.minus(performance)?;
            let after = left.0.checked_add(VIRTUAL_ASSETS)?;
            high_water.mark = mark.max(mul_div_up(after, SCALE, virtual_supply)?);
        }
    }
    let fee = management.plus(performance)?;
    let shares = mul_div_down(fee.0, virtual_supply, left.0.checked_add(VIRTUAL_ASSETS)?)?;
    Some(Due {
        management,
        performance,
        shares: Shares(shares),
        high_water,
    })
}

/// The mark at a new price of the asset, rounded up.
fn moved(before: HighWater, weight_bps: u16, spot: Price) -> Option<u128> {
    let mark = if before.mark == 0 { PAR } else { before.mark };
    let held = u128::from(weight_bps).min(BPS);
    if before.spot.0 == 0 || held == BPS {
        return Some(mark);
    }
    let rest = mul_div_up(mark, before.spot.0, spot.0)?;
    let asset_part = mul_div_up(mark, held, BPS)?;
    asset_part.checked_add(mul_div_up(rest, BPS.checked_sub(held)?, BPS)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TERMS: policy::Shares = policy::Shares {
        min_deposit: 1,
        management_fee_bps: 200,
        performance_fee_bps: 1_000,
        deposit_cap: u128::MAX,
    };
    const WEEK: u64 = 604_800;

    fn register(assets: u128, shares: u128) -> Register {
        Register {
            supply: Shares(shares),
            assets: Assets(assets),
        }
    }

    fn spot(dollars: u128) -> Price {
        Price(dollars * WAD)
    }

    /// `mark` at a spot of 1 000.
    fn at(mark: u128) -> HighWater {
        HighWater {
            mark,
            spot: spot(1_000),
        }
    }

    #[test]
    fn a_week_without_gain_costs_the_management_fee() {
        let due = due(
            register(100 * WAD, 100_000 * WAD),
            &TERMS,
            WEEK,
            10_000,
            at(WAD),
            Some(spot(1_000)),
        );
        // 100 · 2 % · 7 / 365.
        assert_eq!(due.management, Assets(38_356_164_383_561_643));
        assert_eq!(due.performance, Assets::ZERO);
        assert_eq!(due.high_water, at(WAD));
    }

    #[test]
    fn the_shares_minted_are_worth_the_fee_and_no_more() {
        let mut rng = fastrand::Rng::with_seed(5);
        let mut paid = 0;
        for _ in 0..20_000 {
            let before = register(
                rng.u128(..) >> rng.u32(20..128),
                rng.u128(..) >> rng.u32(8..128),
            );
            let mark = rng.u128(..) >> rng.u32(60..128);
            let price = Price(1 + (rng.u128(..) >> rng.u32(40..127)));
            let due = due(
                before,
                &TERMS,
                rng.u64(..WEEK),
                rng.u16(..=10_000),
                at(mark),
                Some(price),
            );
            let fee = due.management.0 + due.performance.0;
            assert!(fee <= before.assets.0);
            let after = register(before.assets.0, before.supply.0 + due.shares.0);
            let worth = after.assets_down(due.shares).expect("in range");
            assert!(worth.0 <= fee, "{before:?} {due:?} {worth:?}");
            paid += u32::from(due.shares.0 > 0);
        }
        assert!(paid > 1_000, "{paid}");
    }

    #[test]
    fn a_gain_is_charged_once() {
        let grown = register(110 * WAD, 100_000 * WAD);
        let first = due(grown, &TERMS, 0, 10_000, at(WAD), Some(spot(1_000)));
        let fee = first.performance.0;
        assert!(fee.abs_diff(WAD) < 1_000, "a tenth of ten: {fee}");
        let after = register(110 * WAD, 100_000 * WAD + first.shares.0);
        let second = due(
            after,
            &TERMS,
            0,
            10_000,
            first.high_water,
            Some(spot(1_000)),
        );
        assert!(second.performance.0 < 1_000, "{second:?}");
        // Below the mark and back up to it: nothing.
        let fallen = register(100 * WAD, after.supply.0);
        let low = due(
            fallen,
            &TERMS,
            0,
            10_000,
            second.high_water,
            Some(spot(1_000)),
        );
        assert_eq!(low.performance, Assets::ZERO);
        let back = due(after, &TERMS, 0, 10_000, low.high_water, Some(spot(1_000)));
        assert!(back.performance.0 < 1_000, "{back:?}");
    }

    #[test]
    fn a_neutral_vault_is_not_paid_for_a_falling_asset() {
        // All of 100 assets in quote at 1 000, worth 125 at 800: no performance.
        let now = register(125 * WAD, 100_000 * WAD);
        let neutral = due(now, &TERMS, 0, 0, at(WAD), Some(spot(800)));
        assert_eq!(neutral.performance, Assets::ZERO);
        assert_eq!(neutral.high_water.mark, WAD * 5 / 4);
        // A vault that holds only the asset would have earned them.
        assert!(
            due(now, &TERMS, 0, 10_000, at(WAD), Some(spot(800)))
                .performance
                .0
                > 2 * WAD
        );
        // And one that is half in quote is not charged for the other half either: 112.5 is its mark.
        let half = due(now, &TERMS, 0, 5_000, at(WAD), Some(spot(800)));
        assert!(half.performance.0.abs_diff(WAD * 5 / 4) < 1_000, "{half:?}");
    }

    #[test]
    fn in_the_dark_the_mark_waits() {
        let dark = due(
            register(150 * WAD, 100_000 * WAD),
            &TERMS,
            0,
            5_000,
            at(WAD),
            None,
        );
        assert_eq!(dark.performance, Assets::ZERO);
        assert_eq!(dark.high_water, at(WAD));
    }

    #[test]
    fn nobody_pays_for_an_empty_vault() {
        let empty = due(register(5, 0), &TERMS, WEEK, 0, at(7), Some(spot(1)));
        assert_eq!(empty, Due::default());
    }

    #[test]
    fn numbers_out_of_range_mean_no_fee() {
        let huge = due(
            register(u128::MAX, u128::MAX),
            &TERMS,
            u64::MAX,
            1,
            at(u128::MAX),
            Some(Price(1)),
        );
        assert_eq!((huge.shares, huge.high_water), (Shares(0), at(u128::MAX)));
    }
}
