//! The policy that the demo and the tests start from: WETH against USDC, a weekly epoch.

use alloy_sol_types::private::Uint;
use vault_core::policy;

use crate::vault::ICoveredCallVault::{
    HedgePolicy, KeeperPolicy, MarketPolicy, OpeningPolicy, Policy, RiskPolicy, RollPolicy,
    SalePolicy, SharePolicy, VenuePolicy, VolatilityPolicy,
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
            earlyDays: [0; 8],
            uncapped: 0,
            minMoneynessBps: 100,
            sizeBps: 10_000,
            capBps: Uint::from(20_000),
            strikeTick: 10_000_000_000,
            keeperBudget: WAD / 20,
            openSeconds: Uint::from(12 * HOUR),
            minTenorSeconds: Uint::from(3 * DAY),
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
            saleCutoffSeconds: seconds32(12 * HOUR),
            maxAgeSeconds: seconds32(HOUR),
            settleMaxAgeSeconds: seconds32(HOUR),
            sequencerGraceSeconds: seconds32(HOUR),
            quoteMaxAgeSeconds: seconds32(25 * HOUR),
        },
        volatility: VolatilityPolicy {
            halfLifeSeconds: seconds32(7 * DAY),
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
            horizonSeconds: Uint::from(DAY),
            intervalSeconds: Uint::from(DAY),
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
            bonusSeconds: Uint::from(HOUR),
            l1Bytes: 0,
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

/// A policy as vault-core has it.
#[must_use]
pub fn core_policy(p: &Policy) -> vault_core::Policy {
    vault_core::Policy {
        opening: opening(&p.opening),
        risk: policy::Risk {
            gamma_bps: p.risk.gammaBps,
            vega_bps: p.risk.vegaBps,
            theta_bps: p.risk.thetaBps,
        },
        market: policy::Market {
            spot_margin_bps: p.market.spotMarginBps,
            volatility_margin_bps: p.market.volatilityMarginBps,
            sale_cutoff_seconds: p.market.saleCutoffSeconds,
            max_age_seconds: p.market.maxAgeSeconds,
            settle_max_age_seconds: p.market.settleMaxAgeSeconds,
            sequencer_grace_seconds: p.market.sequencerGraceSeconds,
            quote_max_age_seconds: p.market.quoteMaxAgeSeconds,
        },
        volatility: policy::Volatility {
            half_life_seconds: p.volatility.halfLifeSeconds,
            premium_bps: p.volatility.premiumBps,
            floor: p.volatility.floor,
            cap: p.volatility.cap,
        },
        sale: policy::Sale {
            kappa: p.sale.kappa,
            lead_bps: p.sale.leadBps,
            floor_bps: p.sale.floorBps,
            cap_bps: p.sale.capBps.to(),
            fee_bps: p.sale.feeBps,
            spread_bps: p.sale.spreadBps,
            quota_bps: p.sale.quotaBps,
        },
        hedge: hedge(&p.hedge),
        venue: policy::Venue {
            fee_tiers: p.venue.feeTiers.map(|fee| fee.to()),
            twap_seconds: p.venue.twapSeconds.to(),
            twap_bound_bps: p.venue.twapBoundBps,
            oracle_bound_bps: p.venue.oracleBoundBps,
            fill_start_bps: p.venue.fillStartBps,
            fill_growth_bps: p.venue.fillGrowthBps,
            fill_max_bps: p.venue.fillMaxBps,
            min_trade: p.venue.minTrade.to(),
        },
        keeper: policy::Keeper {
            swap_gas: p.keeper.swapGas.to(),
            fill_gas: p.keeper.fillGas.to(),
            observe_gas: p.keeper.observeGas.to(),
            settle_gas: p.keeper.settleGas.to(),
            bonus_bps: p.keeper.bonusBps,
            bonus_seconds: p.keeper.bonusSeconds.to(),
            l1_bytes: p.keeper.l1Bytes,
            reward_cap: p.keeper.rewardCap,
            max_base_fee: p.keeper.maxBaseFee.to(),
            asset_per_native: p.keeper.assetPerNative.to(),
        },
        roll: policy::Roll {
            grace_seconds: p.roll.graceSeconds,
            dust_quote: p.roll.dustQuote,
        },
        shares: policy::Shares {
            min_deposit: p.shares.minDeposit.to(),
            management_fee_bps: p.shares.managementFeeBps,
            performance_fee_bps: p.shares.performanceFeeBps,
            deposit_cap: p.shares.depositCap,
        },
    }
}

fn opening(p: &OpeningPolicy) -> policy::Opening {
    policy::Opening {
        target_deltas: p.targetDeltas,
        early_days: p.earlyDays,
        uncapped: p.uncapped,
        min_moneyness_bps: p.minMoneynessBps,
        size_bps: p.sizeBps,
        cap_bps: p.capBps.to(),
        strike_tick: p.strikeTick,
        keeper_budget: p.keeperBudget,
        open_seconds: p.openSeconds.to(),
        min_tenor_seconds: p.minTenorSeconds.to(),
        min_assets: p.minAssets,
    }
}

fn hedge(p: &HedgePolicy) -> policy::Hedge {
    policy::Hedge {
        enabled: p.enabled,
        target_weight_bps: p.targetWeightBps,
        triggers: p.triggers,
        adaptive: p.adaptive,
        to_edge: p.toEdge,
        band_bps: p.bandBps,
        risk_aversion_bps: p.riskAversionBps.to(),
        gate_bps: p.gateBps,
        skew_bps: p.skewBps,
        skew_down: p.skewDown,
        horizon_seconds: p.horizonSeconds.to(),
        interval_seconds: p.intervalSeconds.to(),
        move_bps: p.moveBps,
        book_bps: p.bookBps,
        volatility_bps: p.volatilityBps,
        max_slippage_bps: p.maxSlippageBps,
        max_trade_bps: p.maxTradeBps,
    }
}
