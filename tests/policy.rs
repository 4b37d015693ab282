//! The policy that the demo and all tests of the contract start from: WETH against USDC, a weekly epoch. Of no workspace: each takes the types of its own
//! version of the ABI from the module that it stands in.

use super::{
    HedgePolicy, KeeperPolicy, MarketPolicy, OpeningPolicy, Policy, RiskPolicy, RollPolicy,
    SalePolicy, SharePolicy, Uint, VenuePolicy, VolatilityPolicy, WAD,
};

/// Three series at 30, 20 and 10 delta capped at twice spot, volatility 80 %, half of the value held in the asset within 3 %.
#[must_use]
pub fn default_policy() -> Policy {
    Policy {
        opening: OpeningPolicy {
            targetDeltas: [3_000, 2_000, 1_000, 0, 0, 0, 0, 0],
            earlyDays: [0; 8],
            uncapped: 0,
            minMoneynessBps: 100,
            sizeBps: 10_000,
            capBps: Uint::from(20_000),
            strikeTick: 10_000_000_000,
            keeperBudget: WAD / 20,
            openSeconds: Uint::from(12 * 3_600),
            minTenorSeconds: Uint::from(3 * 86_400),
            minAssets: WAD,
        },
        risk: RiskPolicy {
            gammaBps: 0,
            vegaBps: 0,
            thetaBps: 0,
        },
        market: MarketPolicy {
            spotMarginBps: 40,
            volatilityMarginBps: 500,
            saleCutoffSeconds: 12 * 3_600,
            maxAgeSeconds: 3_600,
            settleMaxAgeSeconds: 3_600,
            sequencerGraceSeconds: 3_600,
            quoteMaxAgeSeconds: 25 * 3_600,
        },
        volatility: VolatilityPolicy {
            halfLifeSeconds: 7 * 86_400,
            premiumBps: 0,
            floor: 50_000_000_000_000_000,
            cap: 3_000_000_000_000_000_000,
        },
        sale: SalePolicy {
            kappa: 1_000_000_000_000_000_000,
            leadBps: 4_100,
            floorBps: 10_500,
            capBps: Uint::from(30_000),
            feeBps: 100,
            spreadBps: 200,
            quotaBps: 2_000,
        },
        hedge: HedgePolicy {
            enabled: true,
            targetWeightBps: 5_000,
            triggers: 1,
            adaptive: false,
            toEdge: false,
            bandBps: 300,
            riskAversionBps: Uint::from(50_000),
            gateBps: 0,
            skewBps: 0,
            skewDown: false,
            horizonSeconds: Uint::from(86_400),
            intervalSeconds: Uint::from(86_400),
            moveBps: 300,
            bookBps: 500,
            volatilityBps: 1_000,
            maxSlippageBps: 30,
            maxTradeBps: 10_000,
        },
        venue: VenuePolicy {
            feeTiers: [Uint::from(500), Uint::ZERO, Uint::ZERO],
            twapSeconds: Uint::from(300),
            twapBoundBps: 50,
            oracleBoundBps: 50,
            fillStartBps: 10,
            fillGrowthBps: 10,
            fillMaxBps: 30,
            minTrade: Uint::from(WAD / 100),
        },
        keeper: KeeperPolicy {
            swapGas: Uint::from(400_000),
            fillGas: Uint::from(250_000),
            // Neither observers nor who moves an epoch on are paid, so that ledgers are what a test makes them.
            observeGas: Uint::from(0),
            settleGas: Uint::from(0),
            bonusBps: 1_000,
            bonusSeconds: Uint::from(3_600),
            l1Bytes: 0,
            rewardCap: WAD / 100,
            maxBaseFee: Uint::from(10_000_000_000_u64),
            assetPerNative: Uint::from(WAD),
        },
        roll: RollPolicy {
            graceSeconds: 86_400,
            // One USDC.
            dustQuote: 1_000_000,
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
