//! The policy that the demo and the tests start from, and what vault-core makes of one.

use alloy_sol_types::private::Uint;
use vault_core::policy;

use crate::WAD;
use crate::vault::ICoveredCallVault::{
    HedgePolicy, KeeperPolicy, MarketPolicy, OpeningPolicy, Policy, RiskPolicy, RollPolicy,
    SalePolicy, SharePolicy, VenuePolicy, VolatilityPolicy,
};

#[path = "../../../tests/policy.rs"]
mod start;

pub use start::default_policy;

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
