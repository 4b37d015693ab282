//! What a node's chain starts with.

use std::{error::Error, fmt, fs, path::Path};

use alloy_primitives::{Address, I256, U256, address};
use alloy_sol_types::{SolCall, sol};
use devchain::{
    CacheManagers, Chain, Config, L1Fee, Tx,
    artifacts::{self, Artifact},
    market::{
        Feed, FeedConfig, MarketError, OPERATOR, Pool, Range, SequencerFeed, UniswapV3, Usdc, Weth,
    },
    rules::Params,
};
use serde_json::{Value, json};

use crate::{
    accounts,
    options::{Arbos, NodeOptions},
};

/// Where the contract that deploys, activates and constructs programs is on every Arbitrum chain.
pub const STYLUS_DEPLOYER: Address = address!("cEcba2F1DC234f70Dd89F2041029807F8D03A990");
/// Where bids for the cache of programs are placed: its address on Arbitrum One.
pub const CACHE_MANAGER: Address = address!("51dEDBD2f190E0696AFbEE5E60bFdE96d86464ec");

/// Ether of each account whose key is public.
const ETHER: u64 = 10_000;
/// Fee of the market's pool, in millionths.
const POOL_FEE: u32 = 500;
/// Bytes that all cached programs together may have, and wei per second by which a bid loses weight: as on Arbitrum One.
const CACHE_BYTES: u64 = 536_870_912;
const CACHE_DECAY: u64 = 10_248;
/// How long the market exists when the node starts: longer than any grace after the sequencer came up, or any time-weighted price.
const MARKET_AGE: u64 = 2 * 3_600;
/// Price observations that the pool has room for.
const OBSERVATIONS: u16 = 512;

sol! {
    interface ICacheManager {
        function initialize(uint64 initCacheSize, uint64 initDecay) external;
    }
}

/// Why there is no chain.
#[derive(Debug)]
pub enum GenesisError {
    /// A contract of the market failed.
    Market(MarketError),
    /// What should be told could not be written.
    File(std::path::PathBuf, std::io::Error),
    /// Liquidity of nothing: the price is out of range.
    Price,
}

impl fmt::Display for GenesisError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Market(error) => error.fmt(f),
            Self::File(path, error) => write!(f, "{}: {error}", path.display()),
            Self::Price => f.write_str("--price is out of range"),
        }
    }
}

impl Error for GenesisError {}

impl<E: Into<MarketError>> From<E> for GenesisError {
    fn from(error: E) -> Self {
        Self::Market(error.into())
    }
}

/// The chain before block 1, at time `now`.
///
/// # Errors
/// When a contract that was asked for cannot be had.
pub fn chain(options: &NodeOptions, now: u64) -> Result<Chain, GenesisError> {
    let age = if options.market_file.is_some() {
        MARKET_AGE
    } else {
        0
    };
    let mut chain = Chain::new(Config {
        chain_id: options.chain_id,
        timestamp: now.saturating_sub(age),
        base_fee: options.base_fee.into(),
        min_base_fee: options.base_fee.into(),
        l1_fee: match options.l1_fee {
            0 => L1Fee::Off,
            wei => L1Fee::PerUnit(wei.into()),
        },
        intrinsic_gas: options.intrinsic,
        program_cache: options.cache,
        cache_managers: CacheManagers::Only(vec![CACHE_MANAGER]),
        stylus: match options.arbos {
            Arbos::V51 => Params::arbos_51(),
            Arbos::V61 => Params::arbos_60(),
        },
        // A trace shows all of it. Nothing but traces keeps call trees.
        frame_data_max: usize::MAX,
        ..Config::default()
    });
    system_contracts(&mut chain)?;
    for account in accounts::all() {
        chain.set_balance(account.address, ether(ETHER));
    }
    if let Some(file) = &options.market_file {
        let addresses = market(&mut chain, options.price, now)?;
        write(file, &addresses)?;
    }
    chain.set_time(now);
    Ok(chain.as_genesis())
}

/// Contracts that every Arbitrum chain has at a known place. They come from a package that only clients need (`scripts/setup --clients`); without it
/// there are none.
fn system_contracts(chain: &mut Chain) -> Result<(), GenesisError> {
    if let Some(code) = artifacts::runtime_code(Artifact::StylusDeployer)? {
        chain.set_code(STYLUS_DEPLOYER, code);
    }
    if let Some(code) = artifacts::runtime_code(Artifact::CacheManager)? {
        chain.set_code(CACHE_MANAGER, code);
        chain.fund(OPERATOR, ether(1));
        let call = ICacheManager::initializeCall {
            initCacheSize: CACHE_BYTES,
            initDecay: CACHE_DECAY,
        };
        let receipt = chain.send(Tx::call(OPERATOR, CACHE_MANAGER, call.abi_encode()));
        if !receipt.is_success() {
            return Err(GenesisError::Market(MarketError::Call {
                method: ICacheManager::initializeCall::SIGNATURE,
                status: receipt.status,
                output: receipt.output,
            }));
        }
    }
    Ok(())
}

/// Deploys the counterparties of a vault, with a deep pool at `price` dollars for an ether. Returns where they are.
fn market(chain: &mut Chain, price: u64, now: u64) -> Result<Value, GenesisError> {
    let weth = Weth::deploy(chain)?;
    let usdc = Usdc::deploy(chain)?;
    let uniswap = UniswapV3::deploy(chain, &weth)?;
    let pool = pool(chain, &uniswap, &weth, &usdc, price)?;
    let sequencer = SequencerFeed::deploy(chain)?;
    let asset_feed = Feed::deploy(chain, FeedConfig::new("ETH / USD", 8))?;
    let quote_feed = Feed::deploy(chain, FeedConfig::new("USDC / USD", 8))?;
    for account in accounts::all() {
        // Ether becomes WETH by its owner's hand; dollars have to come from somewhere.
        usdc.mint(chain, account.address, U256::from(10_000_000_000_000_u64))?;
    }
    chain.set_time(now);
    let dollars = |amount: u64| I256::unchecked_from(u128::from(amount) * 100_000_000);
    asset_feed.submit(chain, dollars(price))?;
    quote_feed.submit(chain, dollars(1))?;
    Ok(json!({
        "chainId": chain.config().chain_id,
        "weth": weth.address,
        "usdc": usdc.address,
        "ethFeed": asset_feed.address,
        "usdcFeed": quote_feed.address,
        "sequencerFeed": sequencer.address(),
        "router": uniswap.router,
        "factory": uniswap.factory,
        "positions": uniswap.positions,
        "quoter": uniswap.quoter,
        "pool": pool.address,
        "poolFee": pool.fee,
        "operator": OPERATOR,
        "stylusDeployer": STYLUS_DEPLOYER,
        "cacheManager": CACHE_MANAGER,
    }))
}

fn pool(
    chain: &mut Chain,
    uniswap: &UniswapV3,
    weth: &Weth,
    usdc: &Usdc,
    price: u64,
) -> Result<Pool, GenesisError> {
    /// Ether in the pool.
    const DEPTH: u64 = 20_000;
    let dollars = |amount: u64| U256::from(amount) * U256::from(1_000_000);
    let pool = uniswap.create_pool(
        chain,
        (weth.address, ether(1)),
        (usdc.address, dollars(price)),
        POOL_FEE,
    )?;
    pool.grow_observations(chain, OBSERVATIONS)?;
    let worth = dollars(price.checked_mul(DEPTH).ok_or(GenesisError::Price)?);
    weth.mint(chain, OPERATOR, ether(DEPTH))?;
    usdc.mint(chain, OPERATOR, worth)?;
    let amounts = if pool.token0 == weth.address {
        (ether(DEPTH), worth)
    } else {
        (worth, ether(DEPTH))
    };
    uniswap.add_liquidity(chain, OPERATOR, &pool, amounts, Range::Full)?;
    Ok(pool)
}

fn write(file: &Path, addresses: &Value) -> Result<(), GenesisError> {
    fs::write(file, format!("{addresses:#}\n"))
        .map_err(|error| GenesisError::File(file.into(), error))
}

fn ether(amount: u64) -> U256 {
    U256::from(amount) * U256::from(10).pow(U256::from(18))
}
