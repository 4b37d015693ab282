//! The constructor, and the policy as the ABI has it.

use crate::abi::codec::{Args, Encode, Param, Uint64};
use crate::errors::fail;
use crate::host::Buffer;
use crate::storage::{self, Epoch, FIELDS, Pair, Phase, WIDTHS};
use crate::venue::pool;
use crate::word::Word;
use crate::{Result, events, host, observe, token};
use alloy_primitives::Address;

/// Where the vault trades and reads prices, and how it behaves.
pub struct Setup {
    extension: Address,
    asset: Address,
    quote: Address,
    feed: Address,
    quote_feed: Address,
    sequencer_feed: Address,
    router: Address,
    volatility: Uint64,
    name: Word,
    symbol: Word,
    owner: Address,
    guardian: Address,
    fee_recipient: Address,
    policy: [u128; FIELDS],
}

impl Param for Setup {
    fn read(args: &mut Args) -> Self {
        Self {
            extension: Address::read(args),
            asset: Address::read(args),
            quote: Address::read(args),
            feed: Address::read(args),
            quote_feed: Address::read(args),
            sequencer_feed: Address::read(args),
            router: Address::read(args),
            volatility: Uint64::read(args),
            name: Word::read(args),
            symbol: Word::read(args),
            owner: Address::read(args),
            guardian: Address::read(args),
            fee_recipient: Address::read(args),
            policy: Param::read(args),
        }
    }
}

/// Types and names of the constructor's parameters, in order.
pub const SETUP: &[(&str, &str, &str)] = &[
    ("address", "", "extension"),
    ("address", "", "asset"),
    ("address", "", "quote"),
    ("address", "", "assetFeed"),
    ("address", "", "quoteFeed"),
    ("address", "", "sequencerFeed"),
    ("address", "", "router"),
    ("uint64", "", "volatility"),
    ("bytes32", "", "name"),
    ("bytes32", "", "symbol"),
    ("address", "", "owner"),
    ("address", "", "guardian"),
    ("address", "", "feeRecipient"),
    ("Policy", "", "policy"),
];

/// The Solidity structs of the policy, each with its fields, in order; the last is made of the others.
pub const STRUCTS: &[(&str, &[(&str, &str)])] = &[
    (
        "OpeningPolicy",
        &[
            ("uint16[8]", "targetDeltas"),
            ("uint8[8]", "earlyDays"),
            ("uint8", "uncapped"),
            ("uint16", "minMoneynessBps"),
            ("uint16", "sizeBps"),
            ("uint24", "capBps"),
            ("uint64", "strikeTick"),
            ("uint128", "keeperBudget"),
            ("uint24", "openSeconds"),
            ("uint24", "minTenorSeconds"),
            ("uint128", "minAssets"),
        ],
    ),
    (
        "RiskPolicy",
        &[
            ("uint16", "gammaBps"),
            ("uint16", "vegaBps"),
            ("uint16", "thetaBps"),
        ],
    ),
    (
        "MarketPolicy",
        &[
            ("uint16", "spotMarginBps"),
            ("uint16", "volatilityMarginBps"),
            ("uint32", "saleCutoffSeconds"),
            ("uint32", "maxAgeSeconds"),
            ("uint32", "settleMaxAgeSeconds"),
            ("uint32", "sequencerGraceSeconds"),
            ("uint32", "quoteMaxAgeSeconds"),
        ],
    ),
    (
        "VolatilityPolicy",
        &[
            ("uint32", "halfLifeSeconds"),
            ("uint16", "premiumBps"),
            ("uint64", "floor"),
            ("uint64", "cap"),
        ],
    ),
    (
        "SalePolicy",
        &[
            ("uint64", "kappa"),
            ("uint16", "leadBps"),
            ("uint16", "floorBps"),
            ("uint24", "capBps"),
            ("uint16", "feeBps"),
            ("uint16", "spreadBps"),
            ("uint16", "quotaBps"),
        ],
    ),
    (
        "HedgePolicy",
        &[
            ("bool", "enabled"),
            ("uint16", "targetWeightBps"),
            ("uint8", "triggers"),
            ("bool", "adaptive"),
            ("bool", "toEdge"),
            ("uint16", "bandBps"),
            ("uint24", "riskAversionBps"),
            ("uint16", "gateBps"),
            ("uint16", "skewBps"),
            ("bool", "skewDown"),
            ("uint24", "horizonSeconds"),
            ("uint24", "intervalSeconds"),
            ("uint16", "moveBps"),
            ("uint16", "bookBps"),
            ("uint16", "volatilityBps"),
            ("uint16", "maxSlippageBps"),
            ("uint16", "maxTradeBps"),
        ],
    ),
    (
        "VenuePolicy",
        &[
            ("uint24[3]", "feeTiers"),
            ("uint24", "twapSeconds"),
            ("uint16", "twapBoundBps"),
            ("uint16", "oracleBoundBps"),
            ("uint16", "fillStartBps"),
            ("uint16", "fillGrowthBps"),
            ("uint16", "fillMaxBps"),
            ("uint80", "minTrade"),
        ],
    ),
    (
        "KeeperPolicy",
        &[
            ("uint24", "swapGas"),
            ("uint24", "fillGas"),
            ("uint24", "observeGas"),
            ("uint24", "settleGas"),
            ("uint16", "bonusBps"),
            ("uint24", "bonusSeconds"),
            ("uint16", "l1Bytes"),
            ("uint128", "rewardCap"),
            ("uint48", "maxBaseFee"),
            ("uint80", "assetPerNative"),
        ],
    ),
    (
        "RollPolicy",
        &[("uint32", "graceSeconds"), ("uint128", "dustQuote")],
    ),
    (
        "SharePolicy",
        &[
            ("uint96", "minDeposit"),
            ("uint16", "managementFeeBps"),
            ("uint16", "performanceFeeBps"),
            ("uint128", "depositCap"),
        ],
    ),
    (
        "Policy",
        &[
            ("OpeningPolicy", "opening"),
            ("RiskPolicy", "risk"),
            ("MarketPolicy", "market"),
            ("VolatilityPolicy", "volatility"),
            ("SalePolicy", "sale"),
            ("HedgePolicy", "hedge"),
            ("VenuePolicy", "venue"),
            ("KeeperPolicy", "keeper"),
            ("RollPolicy", "roll"),
            ("SharePolicy", "shares"),
        ],
    ),
    (
        "SeriesLine",
        &[
            ("uint256", "id"),
            ("uint256", "strike"),
            ("uint256", "cap"),
            ("uint256", "expiry"),
            ("bool", "settled"),
            ("uint256", "sold"),
            ("uint256", "left"),
            ("uint256", "held"),
            ("uint256", "cost"),
            ("uint256", "proceeds"),
            ("uint256", "impliedVolatility"),
            ("uint256", "price"),
            ("uint256", "delta"),
            ("int256", "spotGamma"),
            ("int256", "vega"),
            ("int256", "thetaPerDay"),
        ],
    ),
];

impl Param for [u128; FIELDS] {
    /// The fields of a policy, each within the bits it is stored in.
    #[inline(never)]
    fn read(args: &mut Args) -> Self {
        WIDTHS.map(|width| args.narrow(u32::from(width & 0x7f)))
    }
}

impl Encode for [u128; FIELDS] {
    fn encode(&self, buffer: &mut Buffer) {
        for field in self {
            buffer.number(*field);
        }
    }
}

/// The policy, in the order of its Solidity struct.
#[inline(never)]
pub fn policy() -> Result<[u128; FIELDS]> {
    Ok(storage::policy_fields())
}

/// Sets the vault up, once. Tokens and feeds must answer `decimals()`, which are pinned here; the policy must be inside its hard bounds.
pub fn construct(setup: &Setup) -> Result<()> {
    let Setup {
        extension,
        asset,
        quote,
        feed,
        quote_feed,
        sequencer_feed,
        router,
        volatility,
        name,
        symbol,
        owner,
        guardian,
        fee_recipient,
        policy,
    } = setup;
    let mut epoch = Epoch::load();
    if epoch.since != 0 {
        return Err(fail::AlreadyInitialised());
    }
    let checked = storage::policy_of(policy);
    checked
        .validate()
        .map_err(|bad| fail::PolicyOutOfBounds(u128::from(bad.0)))?;
    let within = &checked.volatility;
    if volatility.0 < within.floor || volatility.0 > within.cap {
        return Err(fail::VolatilityOutOfBounds(
            volatility.0,
            within.floor,
            within.cap,
        ));
    }
    if asset == quote {
        return Err(fail::SameToken(*asset));
    }
    if *router == Address::ZERO || *extension == Address::ZERO {
        return Err(fail::ZeroAddress());
    }
    let pair = Pair {
        asset: *asset,
        asset_decimals: token::decimals(asset)?,
        quote_decimals: token::decimals(quote)?,
    };
    pair.store();
    let mut quote_feed_decimals = 0;
    if *quote_feed != Address::ZERO {
        quote_feed_decimals = token::decimals(quote_feed)?;
    }
    storage::store_addresses(
        &pair,
        quote,
        (feed, token::decimals(feed)?),
        (quote_feed, quote_feed_decimals),
        sequencer_feed,
        (router, &pool::factory_of(router)),
    );
    observe::start(volatility.0, &checked.volatility)?;
    storage::store_extension(extension);
    storage::store_names(*name, *symbol);
    storage::store_policy(policy);
    pool::remember(&checked.venue, &pair);
    storage::store_owner(owner, &Address::ZERO);
    storage::store_guardian(guardian, 0);
    storage::store_fee_recipient(fee_recipient);
    events::ownership_transferred(Address::ZERO, *owner);
    epoch.enter(Phase::Open, host::now());
    epoch.store();
    Ok(())
}
