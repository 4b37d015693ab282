//! Real counterparties: WETH, USDC, Uniswap V3 and Chainlink, deployed from their published bytecode, with typed
//! handles.
//!
//! Handles are plain addresses; cloning a chain or going back to a snapshot does not invalidate them. What needs a
//! privileged account is done by [`OPERATOR`], so that tests need no keys and no roles of their own.

pub mod abi;
mod chainlink;
mod token;
mod uniswap;

use std::fmt;

use alloy_primitives::{Address, Bytes, U256, address};
use alloy_sol_types::{SolCall, SolValue};

pub use chainlink::{Feed, FeedConfig, Round, SequencerFeed};
pub use token::{Erc20, Usdc, Weth};
pub use uniswap::{Pool, Range, Swap, UniswapV3};

use crate::{
    artifacts::{self, Artifact, ArtifactError},
    chain::Chain,
    deploy::DeployError,
    receipt::Status,
    tx::Tx,
};

/// Owns, mints and submits whatever the handles need.
pub const OPERATOR: Address = address!("000000000000000000000000006f70657261746f");
/// Administers USDC's proxy. An account of its own, because the proxy does not let its administrator use the token.
pub const PROXY_ADMIN: Address = address!("00000000000000000000000070726f787961646d");

/// Why something with a counterparty failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MarketError {
    /// Its bytecode could not be had.
    Artifact(ArtifactError),
    /// It could not be deployed.
    Deploy(DeployError),
    /// A call failed.
    Call {
        /// The method called.
        method: &'static str,
        /// How the call ended.
        status: Status,
        /// What it returned.
        output: Bytes,
    },
    /// A call returned something else than its interface says.
    Decode(&'static str),
    /// A price of zero, or one that no pool can have.
    Price,
}

impl fmt::Display for MarketError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Artifact(error) => error.fmt(f),
            Self::Deploy(error) => error.fmt(f),
            Self::Call {
                method,
                status,
                output,
            } => match reason(output) {
                Some(reason) => write!(f, "{method} {status}: {reason}"),
                None => write!(f, "{method} {status}: {output}"),
            },
            Self::Decode(method) => write!(f, "{method} returned nonsense"),
            Self::Price => f.write_str("no pool can have this price"),
        }
    }
}

impl std::error::Error for MarketError {}

impl From<ArtifactError> for MarketError {
    fn from(error: ArtifactError) -> Self {
        Self::Artifact(error)
    }
}

impl From<DeployError> for MarketError {
    fn from(error: DeployError) -> Self {
        Self::Deploy(error)
    }
}

/// The text of a `require`, if that is what a revert is.
fn reason(output: &[u8]) -> Option<String> {
    let text = output.strip_prefix(&[0x08, 0xC3, 0x79, 0xA0])?;
    String::abi_decode(text).ok()
}

/// Sends a call from an account and decodes what it returns.
///
/// # Errors
///
/// When the transaction does not succeed.
pub fn send<C: SolCall>(
    chain: &mut Chain,
    from: Address,
    to: Address,
    call: &C,
) -> Result<C::Return, MarketError> {
    send_value(chain, from, to, U256::ZERO, call)
}

/// Sends a call with value from an account and decodes what it returns.
///
/// # Errors
///
/// When the transaction does not succeed.
pub fn send_value<C: SolCall>(
    chain: &mut Chain,
    from: Address,
    to: Address,
    wei: U256,
    call: &C,
) -> Result<C::Return, MarketError> {
    let receipt = chain.send(Tx::call(from, to, call.abi_encode()).value(wei));
    decode::<C>(receipt.status, receipt.output)
}

/// Asks a contract and decodes the answer.
///
/// # Errors
///
/// When the call does not succeed.
pub fn view<C: SolCall>(chain: &Chain, to: Address, call: &C) -> Result<C::Return, MarketError> {
    let receipt = chain.call(Tx::call(OPERATOR, to, call.abi_encode()));
    decode::<C>(receipt.status, receipt.output)
}

fn decode<C: SolCall>(status: Status, output: Bytes) -> Result<C::Return, MarketError> {
    let method = C::SIGNATURE;
    if status != Status::Success {
        return Err(MarketError::Call {
            method,
            status,
            output,
        });
    }
    C::abi_decode_returns(&output).map_err(|_| MarketError::Decode(method))
}

/// Deploys a published contract, from an account that is given the ether it needs.
///
/// # Errors
///
/// When its package is not installed or its constructor fails.
pub fn deploy(
    chain: &mut Chain,
    from: Address,
    artifact: Artifact,
    arguments: &[u8],
) -> Result<Address, MarketError> {
    deploy_code(chain, from, artifacts::init_code(artifact)?, arguments)
}

fn deploy_code(
    chain: &mut Chain,
    from: Address,
    init_code: Bytes,
    arguments: &[u8],
) -> Result<Address, MarketError> {
    supply(chain, from);
    let code = [&init_code[..], arguments].concat();
    Ok(chain.deploy(from, code)?)
}

/// Sees to it that an account of ours can pay for gas.
fn supply(chain: &mut Chain, who: Address) {
    let plenty = U256::from(10).pow(U256::from(24));
    if chain.balance(who) < plenty {
        chain.fund(who, plenty);
    }
}
