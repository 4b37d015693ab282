//! The constructor. A vault of this version has no roles: what is set here cannot be changed by anybody.

use alloy_primitives::Address;
use vault_core::{Policy, policy};

use crate::abi::codec::{Args, Encode, Param, Uint24};
use crate::errors::fail;
use crate::storage::{self, Epoch, Pair, Phase};
use crate::word::Word;
use crate::host::Buffer;
use crate::{Result, host, token};

/// Where the vault trades and reads prices, and how it behaves.
pub struct Setup {
    asset: Address,
    quote: Address,
    feed: Address,
    sequencer_feed: Address,
    router: Address,
    pool_fee: Uint24,
    name: Word,
    symbol: Word,
    policy: Policy,
}

impl Param for Setup {
    fn read(args: &mut Args) -> Self {
        Self {
            asset: Address::read(args),
            quote: Address::read(args),
            feed: Address::read(args),
            sequencer_feed: Address::read(args),
            router: Address::read(args),
            pool_fee: Uint24::read(args),
            name: Word::read(args),
            symbol: Word::read(args),
            policy: Policy::read(args),
        }
    }
}

/// Types and names of the constructor's parameters, in order.
pub const SETUP: &[(&str, &str, &str)] = &[
    ("address", "", "asset"),
    ("address", "", "quote"),
    ("address", "", "assetFeed"),
    ("address", "", "sequencerFeed"),
    ("address", "", "router"),
    ("uint24", "", "poolFee"),
    ("bytes32", "", "name"),
    ("bytes32", "", "symbol"),
    ("Policy", "", "policy"),
];

/// The Solidity structs of the policy, each with its fields, in order; the last is made of the others.
pub const STRUCTS: &[(&str, &[(&str, &str)])] = &[
    (
        "OpeningPolicy",
        &[
            ("uint16[8]", "targetDeltas"),
            ("uint16", "minMoneynessBps"),
            ("uint24", "capBps"),
            ("uint16", "sizeBps"),
            ("uint128", "strikeTick"),
            ("uint24", "openSeconds"),
            ("uint24", "minTenorSeconds"),
            ("uint128", "minAssets"),
            ("uint128", "keeperBudget"),
        ],
    ),
    (
        "MarketPolicy",
        &[
            ("uint64", "volatility"),
            ("uint16", "spotMarginBps"),
            ("uint16", "volatilityMarginBps"),
            ("uint32", "saleCutoffSeconds"),
            ("uint32", "maxAgeSeconds"),
            ("uint32", "settleMaxAgeSeconds"),
            ("uint32", "sequencerGraceSeconds"),
        ],
    ),
    (
        "HedgePolicy",
        &[
            ("bool", "enabled"),
            ("uint16", "targetWeightBps"),
            ("uint16", "bandBps"),
            ("uint16", "maxSlippageBps"),
            ("uint16", "maxTradeBps"),
            ("uint128", "minTrade"),
        ],
    ),
    (
        "KeeperPolicy",
        &[
            ("uint24", "rewardGas"),
            ("uint16", "rewardMarkupBps"),
            ("uint48", "maxBaseFee"),
            ("uint80", "assetPerNative"),
            ("uint128", "rewardCap"),
        ],
    ),
    ("RollPolicy", &[("uint32", "graceSeconds"), ("uint128", "dustQuote")]),
    (
        "Policy",
        &[
            ("OpeningPolicy", "opening"),
            ("MarketPolicy", "market"),
            ("HedgePolicy", "hedge"),
            ("KeeperPolicy", "keeper"),
            ("RollPolicy", "roll"),
        ],
    ),
];

impl Param for Policy {
    fn read(args: &mut Args) -> Self {
        let u16s = |args: &mut Args| args.narrow(16) as u16;
        let target_deltas = core::array::from_fn(|_| u16s(args));
        Self {
            opening: policy::Opening {
                target_deltas,
                min_moneyness_bps: u16s(args),
                cap_bps: args.narrow(24) as u32,
                size_bps: u16s(args),
                strike_tick: args.narrow(127),
                open_seconds: args.narrow(24) as u32,
                min_tenor_seconds: args.narrow(24) as u32,
                min_assets: args.narrow(127),
                keeper_budget: args.narrow(127),
            },
            market: policy::Market {
                volatility: args.narrow(64) as u64,
                spot_margin_bps: u16s(args),
                volatility_margin_bps: u16s(args),
                sale_cutoff_seconds: args.narrow(32) as u32,
                max_age_seconds: args.narrow(32) as u32,
                settle_max_age_seconds: args.narrow(32) as u32,
                sequencer_grace_seconds: args.narrow(32) as u32,
            },
            hedge: policy::Hedge {
                enabled: bool::read(args),
                target_weight_bps: u16s(args),
                band_bps: u16s(args),
                max_slippage_bps: u16s(args),
                max_trade_bps: u16s(args),
                min_trade: args.narrow(127),
            },
            keeper: policy::Keeper {
                reward_gas: args.narrow(24) as u32,
                reward_markup_bps: u16s(args),
                max_base_fee: args.narrow(48) as u64,
                asset_per_native: args.narrow(80),
                reward_cap: args.narrow(127),
            },
            roll: policy::Roll { grace_seconds: args.narrow(32) as u32, dust_quote: args.narrow(127) },
        }
    }
}

impl Encode for Policy {
    fn encode(&self, buffer: &mut Buffer) {
        let Self { opening, market, hedge, keeper, roll } = self;
        for delta in opening.target_deltas {
            buffer.number(delta.into());
        }
        buffer.number(opening.min_moneyness_bps.into());
        buffer.number(opening.cap_bps.into());
        buffer.number(opening.size_bps.into());
        buffer.number(opening.strike_tick);
        buffer.number(opening.open_seconds.into());
        buffer.number(opening.min_tenor_seconds.into());
        buffer.number(opening.min_assets);
        buffer.number(opening.keeper_budget);
        buffer.number(market.volatility.into());
        buffer.number(market.spot_margin_bps.into());
        buffer.number(market.volatility_margin_bps.into());
        buffer.number(market.sale_cutoff_seconds.into());
        buffer.number(market.max_age_seconds.into());
        buffer.number(market.settle_max_age_seconds.into());
        buffer.number(market.sequencer_grace_seconds.into());
        buffer.number(hedge.enabled.into());
        buffer.number(hedge.target_weight_bps.into());
        buffer.number(hedge.band_bps.into());
        buffer.number(hedge.max_slippage_bps.into());
        buffer.number(hedge.max_trade_bps.into());
        buffer.number(hedge.min_trade);
        buffer.number(keeper.reward_gas.into());
        buffer.number(keeper.reward_markup_bps.into());
        buffer.number(keeper.max_base_fee.into());
        buffer.number(keeper.asset_per_native);
        buffer.number(keeper.reward_cap);
        buffer.number(roll.grace_seconds.into());
        buffer.number(roll.dust_quote);
    }
}

/// The policy.
pub fn policy() -> Result<Policy> {
    Ok(storage::policy())
}

/// Sets the vault up, once. Tokens and feeds must answer `decimals()`, which are pinned here; the policy must be inside its hard bounds.
pub fn construct(setup: &Setup) -> Result<()> {
    let Setup { asset, quote, feed, sequencer_feed, router, pool_fee, name, symbol, policy } = setup;
    let mut epoch = Epoch::load();
    if epoch.since != 0 {
        return Err(fail::AlreadyInitialised());
    }
    policy.validate().map_err(|bad| fail::PolicyOutOfBounds(u128::from(bad.0)))?;
    if asset == quote {
        return Err(fail::SameToken(*asset));
    }
    if *router == Address::ZERO {
        return Err(fail::ZeroAddress());
    }
    Pair {
        asset: *asset,
        asset_decimals: token::decimals(asset)?,
        quote_decimals: token::decimals(quote)?,
        pool_fee: pool_fee.0 as u32,
    }
    .store();
    storage::store_addresses(quote, feed, token::decimals(feed)?, sequencer_feed, router);
    storage::store_names(*name, *symbol);
    storage::store_policy(policy);
    epoch.enter(Phase::Open, host::now());
    epoch.store();
    Ok(())
}
