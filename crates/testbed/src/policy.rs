//! The policy that the demo and the tests start from: WETH against USDC, a weekly epoch.

use alloy_sol_types::private::Uint;

use crate::vault::ICoveredCallVault::{
    HedgePolicy, KeeperPolicy, MarketPolicy, OpeningPolicy, Policy, RollPolicy, SharePolicy,
};
use crate::{DAY, HOUR, USD, WAD};

fn seconds32(seconds: u64) -> u32 {
    u32::try_from(seconds).expect("a period of at most 136 years")
}

/// Three series at 30, 20 and 10 delta capped at twice spot, volatility 80 %, half of the value held in the asset within 3 %.
#[must_use]
pub fn default_policy() -> Policy {
    Policy {
        opening: OpeningPolicy {
            targetDeltas: [3_000, 2_000, 1_000, 0, 0, 0, 0, 0],
            minMoneynessBps: 100,
            capBps: Uint::from(20_000),
            sizeBps: 10_000,
            openSeconds: Uint::from(12 * HOUR),
            minTenorSeconds: Uint::from(3 * DAY),
            strikeTick: 10_000_000_000,
            keeperBudget: WAD / 20,
            minAssets: WAD,
        },
        market: MarketPolicy {
            volatility: 800_000_000_000_000_000,
            spotMarginBps: 20,
            volatilityMarginBps: 300,
            saleCutoffSeconds: seconds32(12 * HOUR),
            maxAgeSeconds: seconds32(HOUR),
            settleMaxAgeSeconds: seconds32(HOUR),
            sequencerGraceSeconds: seconds32(HOUR),
        },
        hedge: HedgePolicy {
            enabled: true,
            targetWeightBps: 5_000,
            bandBps: 300,
            maxSlippageBps: 30,
            maxTradeBps: 10_000,
            minTrade: WAD / 100,
        },
        keeper: KeeperPolicy {
            rewardGas: Uint::from(400_000),
            rewardMarkupBps: 1_000,
            rewardCap: WAD / 100,
            maxBaseFee: Uint::from(10_000_000_000_u64),
            assetPerNative: Uint::from(WAD),
        },
        roll: RollPolicy {
            graceSeconds: seconds32(DAY),
            dustQuote: USD,
        },
        shares: SharePolicy {
            // Tests probe the smallest amounts there are.
            minDeposit: Uint::from(1),
            managementFeeBps: 100,
            performanceFeeBps: 1_000,
            depositCap: (1 << 112) - 1,
        },
    }
}
