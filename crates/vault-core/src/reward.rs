//! What a keeper earns: the cost of honest work and a bonus that grows while nobody does it, never more than the budget.

use crate::policy::{Keeper, MAX_BUDGET_BPS};
use crate::quantity::Assets;
use crate::rebalance::HedgeState;
use crate::wide::mul_div_down;
use crate::{BPS, WAD};

/// What transactions cost in this block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fees {
    /// Wei per gas.
    pub base: u128,
    /// Wei per byte of a transaction's data that goes to the parent chain.
    pub byte: u128,
}

/// Reward of work that the policy pays for `gas`: `min(budget, cap, gas · min(base fee, maximum) · (1 + bonus) + bytes · fee of a byte)`, converted to asset
/// units, rounded down.
///
/// Gas and bytes are the policy's constants, not what the caller spent: padding a transaction pays nothing. `bonus` in basis points.
#[must_use]
pub fn reward(policy: &Keeper, gas: u32, fees: &Fees, bonus: u128, budget: Assets) -> Assets {
    let per_gas = fees.base.min(u128::from(policy.max_base_fee));
    // 40 + 24 + 15 bits by policy: no product saturates. A data fee beyond 80 bits does, and is cut to the largest reward.
    let wei_bps = per_gas
        .saturating_mul(u128::from(gas))
        .saturating_mul(BPS.saturating_add(bonus));
    let data = fees.byte.saturating_mul(u128::from(policy.l1_bytes));
    let wei_bps = wei_bps.saturating_add(data.saturating_mul(BPS));
    let assets = mul_div_down(wei_bps, policy.asset_per_native, WAD.saturating_mul(BPS))
        .unwrap_or(u128::MAX);
    Assets(assets.min(policy.reward_cap).min(budget.0))
}

/// Reward of an observation of volatility: `min(budget, cap, gas · min(base fee, maximum))`, in asset units, rounded down. The first price proven counts the policy's
/// gas, each further one a fifth of it, about what it adds to a call. Each point of the grid is taken once, so that there is nothing to farm.
#[must_use]
pub fn observation_reward(
    policy: &Keeper,
    proven: usize,
    base_fee: u128,
    budget: Assets,
) -> Assets {
    if proven == 0 {
        return Assets::ZERO;
    }
    let fifths = (proven as u128).saturating_add(4);
    let per_gas = base_fee.min(u128::from(policy.max_base_fee));
    // 40 + 20 + 4 bits by policy: no product saturates.
    let wei = per_gas
        .saturating_mul(u128::from(policy.observe_gas))
        .saturating_mul(fifths);
    let assets = mul_div_down(wei, policy.asset_per_native, 5 * WAD).unwrap_or(u128::MAX);
    Assets(assets.min(policy.reward_cap).min(budget.0))
}

/// What moves an epoch on, each once in it. Anyone may do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Listing its series.
    Open,
    /// Settling one of its expiries.
    Settle,
    /// Ending it.
    Roll,
}

impl Step {
    /// Gas that it is paid for: the policy's for a settlement, one and a half times that for an opening, two thirds for a roll, about what they cost beside it.
    ///
    /// A step is paid if options were open at an expiry: that which is settled, any of the epoch that is rolled, any of the epoch before the one that is opened.
    /// So nobody earns by turning an empty vault over, and each expiry pays for each step once.
    #[must_use]
    #[expect(clippy::arithmetic_side_effects, reason = "divides by 1 or 2")]
    pub fn gas(self, policy: &Keeper) -> u32 {
        let (times, of) = match self {
            Self::Open => (3, 2),
            Self::Settle => (1, 1),
            Self::Roll => (2, 3),
        };
        policy.settle_gas.saturating_mul(times) / of
    }
}

/// How long a mark counts, in times that a bonus takes to grow. Whoever marked a deviation that went away by itself leaves a bonus to the next one; so long, and
/// no longer, and a mark costs more gas than the bonus of most policies pays.
pub const MARK_LIFE: u64 = 2;

impl HedgeState {
    /// What is remembered, without a mark that counts no longer.
    #[must_use]
    pub fn current(self, policy: &Keeper, now: u64) -> Self {
        let life = u64::from(policy.bonus_seconds).saturating_mul(MARK_LIFE);
        if self.triggered.saturating_add(life) < now {
            return Self {
                triggered: 0,
                ..self
            };
        }
        self
    }
}

/// How much the reward of a rebalance has grown, basis points; `None` when nothing is paid now.
///
/// It grows from the later of the last reward and the time since when a trigger is known to hold, evenly over `bonus_seconds` to `bonus_bps`. Where no
/// such time is known it has not grown. In the second of the last reward, and in that in which the trigger was marked, nothing is paid: one transaction
/// cannot earn twice, nor mark and earn.
#[must_use]
pub fn bonus(policy: &Keeper, state: &HedgeState, now: u64) -> Option<u128> {
    let since = state.rewarded.max(state.triggered);
    let waited = u128::from(now.checked_sub(since)?);
    if waited == 0 {
        return None;
    }
    if state.triggered == 0 {
        return Some(0);
    }
    let whole = u128::from(policy.bonus_seconds).max(1);
    mul_div_down(policy.bonus_bps.into(), waited.min(whole), whole)
}

/// What an opening epoch moves from the vault into the keeper budget: up to `wanted`, at most [`MAX_BUDGET_BPS`] of the vault.
#[must_use]
pub fn budget_top_up(wanted: Assets, vault: Assets, budget: Assets) -> Assets {
    let missing = wanted.0.saturating_sub(budget.0);
    let limit = mul_div_down(vault.0, MAX_BUDGET_BPS, BPS).unwrap_or(0);
    Assets(missing.min(limit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::tests::weth_usdc;

    const RICH: Assets = Assets(WAD);

    fn gwei(tenths: u128) -> Fees {
        Fees {
            base: tenths * 100_000_000,
            byte: 0,
        }
    }

    #[test]
    fn an_observation_pays_by_the_prices_it_proves() {
        let mut policy = weth_usdc().keeper;
        policy.observe_gas = 50_000;
        let reward = |proven, budget| observation_reward(&policy, proven, 100_000_000, budget);
        assert_eq!(reward(0, Assets(WAD)), Assets(0));
        assert_eq!(reward(1, Assets(WAD)), Assets(5_000_000_000_000));
        assert_eq!(reward(8, Assets(WAD)), Assets(12_000_000_000_000));
        assert_eq!(reward(8, Assets(7)), Assets(7));
    }

    #[test]
    fn steps_are_paid_by_the_gas_of_a_settlement() {
        let policy = weth_usdc().keeper;
        let gas = [Step::Open, Step::Settle, Step::Roll].map(|step| step.gas(&policy));
        assert_eq!(gas, [300_000, 200_000, 133_333]);
    }

    #[test]
    fn pays_gas_and_bonus_up_to_cap_and_budget() {
        let policy = weth_usdc().keeper;
        // 400 000 gas at 0.1 gwei: 4e13 wei.
        let plain = reward(&policy, 400_000, &gwei(1), 0, RICH);
        assert_eq!(plain, Assets(40_000_000_000_000));
        let grown = reward(&policy, 400_000, &gwei(1), 1_000, RICH);
        assert_eq!(grown, Assets(44_000_000_000_000));
        let poor = reward(&policy, 400_000, &gwei(1), 0, Assets(5));
        assert_eq!(poor, Assets(5), "budget");
        let dear = reward(&policy, 400_000, &gwei(100_000), 0, RICH);
        assert_eq!(dear, Assets(4_000_000_000_000_000), "base fee is capped");
        let huge = reward(&policy, 2_000_000, &gwei(100_000), 20_000, RICH);
        assert_eq!(huge, Assets(WAD / 100), "cap");
    }

    #[test]
    fn data_is_paid_by_a_fixed_length() {
        let mut policy = weth_usdc().keeper;
        policy.l1_bytes = 200;
        let fees = Fees {
            base: 100_000_000,
            byte: 16_000_000_000,
        };
        let paid = reward(&policy, 400_000, &fees, 0, RICH);
        assert_eq!(paid, Assets(40_000_000_000_000 + 200 * 16_000_000_000));
        let endless = Fees {
            base: 0,
            byte: u128::MAX,
        };
        let cut = reward(&policy, 400_000, &endless, 0, RICH);
        assert_eq!(cut, Assets(policy.reward_cap));
    }

    #[test]
    fn the_bonus_grows_from_the_later_of_mark_and_reward() {
        let policy = weth_usdc().keeper;
        let at = |triggered, rewarded, now| {
            let state = HedgeState {
                triggered,
                rewarded,
                ..HedgeState::default()
            };
            bonus(&policy, &state, now)
        };
        assert_eq!(at(0, 0, 500), Some(0), "not marked, not grown");
        assert_eq!(at(500, 0, 500), None, "nothing in the second of the mark");
        assert_eq!(at(0, 500, 500), None, "nor in that of the last reward");
        assert_eq!(at(500, 0, 500 + 1_800), Some(500));
        assert_eq!(at(500, 0, 500 + 3_600), Some(1_000));
        assert_eq!(at(500, 0, 1_000_000), Some(1_000), "no further");
        assert_eq!(
            at(500, 2_300, 500 + 3_600),
            Some(500),
            "the reward restarts it"
        );
        assert_eq!(at(900, 0, 500), None, "no time before the mark");
    }

    #[test]
    fn a_mark_counts_for_twice_the_time_of_the_bonus() {
        let policy = weth_usdc().keeper;
        let marked = HedgeState {
            triggered: 500,
            rewarded: 7,
            ..HedgeState::default()
        };
        assert_eq!(marked.current(&policy, 500 + 7_200), marked);
        let gone = HedgeState {
            triggered: 0,
            ..marked
        };
        assert_eq!(marked.current(&policy, 500 + 7_201), gone);
        assert_eq!(gone.current(&policy, 1_000), gone);
        assert_eq!(bonus(&policy, &gone, 500 + 7_201), Some(0));
    }

    /// One party that marks, trades and waits as it likes is paid no more for a deviation than its work's gas and the bonus of the time it let pass.
    #[test]
    fn no_order_of_marks_and_pieces_earns_more_than_the_work() {
        let policy = weth_usdc().keeper;
        let mut rng = fastrand::Rng::with_seed(3);
        for _ in 0..2_000 {
            let (mut state, mut now, mut earned, mut paid_times) =
                (HedgeState::default(), 1_000, 0, 0);
            let start = now;
            for _ in 0..rng.usize(1..30) {
                if rng.bool() {
                    if state.triggered == 0 {
                        state.triggered = now;
                    }
                } else if let Some(grown) = bonus(&policy, &state, now) {
                    earned += reward(&policy, policy.swap_gas, &gwei(1), grown, RICH).0;
                    paid_times += 1;
                    state.rewarded = now;
                }
                now += rng.u64(0..3) * rng.u64(0..900);
            }
            let work = paid_times * u128::from(policy.swap_gas) * 100_000_000;
            // The bonus of all rewards together is that of the time that passed.
            let share = (now - start) as f64 / f64::from(policy.bonus_seconds);
            let most = u128::from(policy.swap_gas) * 100_000_000 * u128::from(policy.bonus_bps);
            let most = most as f64 / 1e4 * share;
            assert!(earned - work <= most as u128 + 30, "{earned} {work} {most}");
            assert!(
                paid_times <= u128::from(now - start) + 1,
                "at most once a second"
            );
        }
    }

    #[test]
    fn a_budget_is_topped_up_to_what_is_missing_and_half_a_percent_at_most() {
        let wanted = Assets(WAD / 20);
        assert_eq!(
            budget_top_up(wanted, Assets(100 * WAD), Assets(WAD / 50)),
            Assets(3 * WAD / 100)
        );
        assert_eq!(
            budget_top_up(wanted, Assets(100 * WAD), Assets(WAD / 20)),
            Assets(0)
        );
        assert_eq!(
            budget_top_up(wanted, Assets(WAD), Assets(0)),
            Assets(WAD / 200)
        );
    }
}
