//! The constructor, and the policy as the ABI has it.

use crate::abi::codec::{Args, Encode, Param, Uint24};
use crate::errors::fail;
use crate::host::Buffer;
use crate::storage::{self, Epoch, FIELDS, Pair, Phase, WIDTHS};
use crate::word::Word;
use crate::{Result, events, host, token};
use alloy_primitives::Address;

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
    owner: Address,
    guardian: Address,
    fee_recipient: Address,
    policy: [u128; FIELDS],
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
            owner: Address::read(args),
            guardian: Address::read(args),
            fee_recipient: Address::read(args),
            policy: Param::read(args),
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
            ("uint16", "minMoneynessBps"),
            ("uint24", "capBps"),
            ("uint16", "sizeBps"),
            ("uint24", "openSeconds"),
            ("uint24", "minTenorSeconds"),
            ("uint64", "strikeTick"),
            ("uint128", "keeperBudget"),
            ("uint128", "minAssets"),
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
            ("MarketPolicy", "market"),
            ("HedgePolicy", "hedge"),
            ("KeeperPolicy", "keeper"),
            ("RollPolicy", "roll"),
            ("SharePolicy", "shares"),
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
        asset,
        quote,
        feed,
        sequencer_feed,
        router,
        pool_fee,
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
    storage::policy_of(policy)
        .validate()
        .map_err(|bad| fail::PolicyOutOfBounds(u128::from(bad.0)))?;
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
    storage::store_owner(owner, &Address::ZERO);
    storage::store_guardian(guardian, 0);
    storage::store_fee_recipient(fee_recipient);
    events::ownership_transferred(Address::ZERO, *owner);
    epoch.enter(Phase::Open, host::now());
    epoch.store();
    Ok(())
}
