//! What a keeper earns: the cost of honest work and a margin, never more than the budget.

use crate::policy::{Keeper, MAX_BUDGET_BPS};
use crate::quantity::Assets;
use crate::wide::mul_div_down;
use crate::{BPS, WAD};

/// Reward of one rebalance: `min(budget, cap, gas · min(base fee, maximum) · (1 + markup))`, converted to asset units, rounded down.
///
/// The gas is the policy's constant, not what the caller spent: padding a transaction pays nothing. `base_fee` in wei.
#[must_use]
pub fn rebalance_reward(policy: &Keeper, base_fee: u128, budget: Assets) -> Assets {
    let per_gas = base_fee.min(u128::from(policy.max_base_fee));
    let markup = BPS.saturating_add(u128::from(policy.bonus_bps));
    // 40 + 21 + 15 bits by policy: no product saturates.
    let wei_bps = per_gas
        .saturating_mul(u128::from(policy.swap_gas))
        .saturating_mul(markup);
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

    #[test]
    fn pays_gas_and_margin_up_to_cap_and_budget() {
        let policy = weth_usdc().keeper;
        // 400 000 gas at 0.1 gwei and 10 %: 4.4e13 wei.
        assert_eq!(
            rebalance_reward(&policy, 100_000_000, Assets(WAD)),
            Assets(44_000_000_000_000)
        );
        assert_eq!(
            rebalance_reward(&policy, 100_000_000, Assets(5)),
            Assets(5),
            "budget"
        );
        assert_eq!(
            rebalance_reward(&policy, u128::MAX, Assets(WAD)),
            Assets(4_400_000_000_000_000),
            "base fee is bounded"
        );
        let mut dear = policy;
        dear.asset_per_native = 100 * WAD;
        assert_eq!(
            rebalance_reward(&dear, u128::MAX, Assets(WAD)),
            Assets(policy.reward_cap),
            "cap"
        );
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
    fn the_budget_is_topped_up_but_never_past_its_share_of_the_vault() {
        let wanted = Assets(WAD / 20);
        assert_eq!(
            budget_top_up(wanted, Assets(100 * WAD), Assets(0)),
            Assets(WAD / 20)
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
