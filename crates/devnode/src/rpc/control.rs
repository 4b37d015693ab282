//! Moving the chain by hand: what Hardhat, Ganache and Anvil call by various names.

use alloy_primitives::{Address, Bytes, U256};
use serde_json::{Value, json};

use super::{
    RpcError,
    params::{Params, Word},
    view::quantity,
};
use crate::node::{Node, TIME_MAX};

/// Most blocks that are mined at once.
const MINE_MAX: u64 = 100_000;

pub(super) fn call(
    node: &mut Node,
    method: &str,
    params: &Params,
) -> Option<Result<Value, RpcError>> {
    let (family, action) = method.split_once('_')?;
    if !matches!(family, "evm" | "anvil" | "hardhat" | "tenderly") {
        return None;
    }
    Some(match action {
        "snapshot" => Ok(quantity(node.snapshot())),
        "revert" => params.get(0).map(|id| json!(node.revert(id))),
        "increaseTime" => increase_time(node, params),
        "setNextBlockTimestamp" => set_next_time(node, params),
        "setTime" => set_time(node, params),
        "mine" if family == "evm" => mine_one(node, params),
        "mine" => mine(node, params),
        "setAutomine" => automine(params),
        "setBalance" => two::<Word>(params).map(|(who, wei)| {
            node.chain.set_balance(who, wei.0);
            done()
        }),
        "setCode" => two::<Bytes>(params).and_then(|(who, code)| set_code(node, who, code)),
        "setNonce" => two(params).and_then(|(who, nonce)| set_nonce(node, who, nonce)),
        "setStorageAt" => set_storage(node, params),
        "setNextBlockBaseFeePerGas" => params
            .get::<u128>(0)
            .and_then(|wei| set_base_fee(node, wei)),
        "impersonateAccount" => params
            .get(0)
            .and_then(|who| node.impersonate(who, true))
            .map(nothing),
        "stopImpersonatingAccount" => params
            .get(0)
            .and_then(|who| node.impersonate(who, false))
            .map(nothing),
        "autoImpersonateAccount" => params.get(0).map(|on| {
            node.impersonate_all(on);
            Value::Null
        }),
        "dropAllTransactions" => {
            node.pool.clear();
            Ok(Value::Null)
        }
        _ => return None,
    })
}

fn done() -> Value {
    json!(true)
}

fn nothing((): ()) -> Value {
    Value::Null
}

fn two<T: super::params::Param>(params: &Params) -> Result<(Address, T), RpcError> {
    Ok((params.get(0)?, params.get(1)?))
}

fn time(params: &Params) -> Result<u64, RpcError> {
    // JavaScript clients send plain numbers, some of them as text.
    let seconds = match params.raw(0).and_then(Value::as_str) {
        Some(text) if !text.starts_with("0x") => text.parse().ok(),
        _ => Some(params.get(0)?),
    };
    seconds
        .filter(|seconds| *seconds <= TIME_MAX)
        .ok_or_else(|| RpcError::params(format!("no number of seconds up to {TIME_MAX}")))
}

fn increase_time(node: &mut Node, params: &Params) -> Result<Value, RpcError> {
    let offset = node.clock.advance(time(params)?);
    Ok(json!(offset))
}

fn set_next_time(node: &mut Node, params: &Params) -> Result<Value, RpcError> {
    let next = time(params)?;
    let latest = node.chain.now();
    if next < latest {
        let why =
            format!("Timestamp error: {next} is lower than previous block's timestamp {latest}");
        return Err(RpcError::params(why));
    }
    node.clock.set_next(next);
    Ok(Value::Null)
}

fn set_time(node: &mut Node, params: &Params) -> Result<Value, RpcError> {
    let now = time(params)?;
    node.clock.set(now);
    Ok(quantity(now))
}

/// One block, at a time if one is given.
fn mine_one(node: &mut Node, params: &Params) -> Result<Value, RpcError> {
    match params.raw(0) {
        Some(Value::Object(options)) => {
            let field = |name| super::params::field::<u64>(&Value::Object(options.clone()), name);
            let read = |name| field(name).map_err(RpcError::params);
            let blocks = read("blocks")?.unwrap_or(1);
            if let Some(time) = read("timestamp")? {
                node.clock.set_next(time.min(TIME_MAX));
            }
            mine_blocks(node, blocks, None)?;
        }
        Some(_) => {
            set_next_time(node, params)?;
            node.mine_empty();
        }
        None => node.mine_empty(),
    }
    Ok(json!("0x0"))
}

/// Some blocks, with so many seconds between them.
fn mine(node: &mut Node, params: &Params) -> Result<Value, RpcError> {
    let blocks = params.opt(0)?.unwrap_or(1);
    mine_blocks(node, blocks, params.opt(1)?)?;
    Ok(Value::Null)
}

fn mine_blocks(node: &mut Node, blocks: u64, interval: Option<u64>) -> Result<(), RpcError> {
    if blocks > MINE_MAX {
        return Err(RpcError::params(format!(
            "at most {MINE_MAX} blocks at once"
        )));
    }
    for n in 0..blocks {
        if let Some(seconds) = interval.filter(|_| n > 0) {
            let next = node.chain.now().saturating_add(seconds).min(TIME_MAX);
            node.clock.set_next(next);
        }
        node.mine_empty();
    }
    Ok(())
}

/// A transaction is always mined at once.
fn automine(params: &Params) -> Result<Value, RpcError> {
    if params.get(0)? {
        return Ok(done());
    }
    Err(RpcError::server(
        "every transaction is mined at once on this chain",
    ))
}

fn set_code(node: &mut Node, who: Address, code: Bytes) -> Result<Value, RpcError> {
    node.chain.set_code(who, code);
    Ok(Value::Null)
}

fn set_nonce(node: &mut Node, who: Address, nonce: u64) -> Result<Value, RpcError> {
    if nonce < node.chain.nonce(who) {
        return Err(RpcError::params("a nonce never goes back"));
    }
    node.chain.set_nonce(who, nonce);
    Ok(Value::Null)
}

fn set_storage(node: &mut Node, params: &Params) -> Result<Value, RpcError> {
    let who = params.get(0)?;
    let (slot, word): (Word, Word) = (params.get(1)?, params.get(2)?);
    node.chain.set_storage(who, slot.0, word.0);
    Ok(done())
}

fn set_base_fee(node: &mut Node, wei: u128) -> Result<Value, RpcError> {
    let wei = U256::from(wei);
    let wei = u64::try_from(wei).map_err(|_| RpcError::params("more than 64 bits"))?;
    node.chain.set_base_fee(wei.into());
    Ok(Value::Null)
}
