//! What the chain is: ids, blocks, transactions and prices.

use alloy_primitives::{B256, U256, keccak256};
use serde_json::{Value, json};

use super::{
    RpcError,
    params::{BlockId, Params},
    view,
    view::quantity,
};
use crate::{accounts, node::Node};

/// Most blocks that `eth_feeHistory` looks back.
const FEE_HISTORY_MAX: u64 = 1_024;

pub(super) fn call(node: &Node, method: &str, params: &Params) -> Option<Result<Value, RpcError>> {
    Some(match method {
        "eth_chainId" => Ok(quantity(node.chain.config().chain_id)),
        "net_version" => Ok(json!(node.chain.config().chain_id.to_string())),
        "net_listening" => Ok(json!(true)),
        "net_peerCount" => Ok(quantity(0)),
        "web3_clientVersion" => Ok(json!(concat!("devchain/", env!("CARGO_PKG_VERSION")))),
        "web3_sha3" => params
            .get::<alloy_primitives::Bytes>(0)
            .map(|bytes| json!(keccak256(bytes))),
        "eth_syncing" | "eth_mining" => Ok(json!(false)),
        "eth_coinbase" => Ok(json!(devchain::SEQUENCER)),
        "eth_accounts" | "eth_requestAccounts" => {
            let all = accounts::all().iter().map(|account| account.address);
            Ok(all.map(|address| json!(address)).collect())
        }
        "eth_blockNumber" => Ok(quantity(node.chain.block_number())),
        "eth_gasPrice" => Ok(quantity(node.chain.base_fee())),
        "eth_maxPriorityFeePerGas" | "eth_blobBaseFee" | "eth_hashrate" => Ok(quantity(0)),
        "eth_feeHistory" => fee_history(node, params),
        "eth_getBlockByNumber" => block(node, params, params.get(0)),
        "eth_getBlockByHash" => block(node, params, params.get(0).map(BlockId::Hash)),
        "eth_getBlockTransactionCountByNumber" => count(node, params.get(0)),
        "eth_getBlockTransactionCountByHash" => count(node, params.get(0).map(BlockId::Hash)),
        "eth_getUncleCountByBlockNumber" | "eth_getUncleCountByBlockHash" => Ok(quantity(0)),
        "eth_getBlockReceipts" => block_receipts(node, params),
        "eth_getTransactionByHash" => transaction(node, params),
        "eth_getRawTransactionByHash" => raw(node, params),
        "eth_getTransactionByBlockNumberAndIndex" => nth(node, params, params.get(0)),
        "eth_getTransactionByBlockHashAndIndex" => {
            nth(node, params, params.get(0).map(BlockId::Hash))
        }
        "eth_getTransactionReceipt" => receipt(node, params),
        "txpool_status" => Ok(json!({ "pending": "0x0", "queued": quantity(node.pool.len()) })),
        "txpool_content" => Ok(content(node)),
        _ => return None,
    })
}

/// A block that is not there is `null`, one that is there no more an error.
fn find(node: &Node, id: BlockId) -> Result<Option<std::sync::Arc<crate::node::Block>>, RpcError> {
    let found = node.block(id);
    let forgotten = match id {
        BlockId::Number(number) => number < node.history.oldest(),
        BlockId::Earliest => true,
        _ => false,
    };
    if found.is_none() && forgotten {
        return Err(node.unknown_block(id));
    }
    Ok(found)
}

fn block(node: &Node, params: &Params, id: Result<BlockId, RpcError>) -> Result<Value, RpcError> {
    let whole = params.opt(1)?.unwrap_or(false);
    let found = find(node, id?)?;
    Ok(found.map_or(Value::Null, |found| view::block(&found, whole)))
}

fn count(node: &Node, id: Result<BlockId, RpcError>) -> Result<Value, RpcError> {
    let found = find(node, id?)?;
    Ok(found.map_or(Value::Null, |block| {
        quantity(u64::from(block.mined.is_some()))
    }))
}

fn block_receipts(node: &Node, params: &Params) -> Result<Value, RpcError> {
    let Some(block) = find(node, params.get(0)?)? else {
        return Ok(Value::Null);
    };
    let receipts = block.mined.iter().map(|mined| view::receipt(&block, mined));
    Ok(receipts.collect())
}

fn transaction(node: &Node, params: &Params) -> Result<Value, RpcError> {
    let hash: B256 = params.get(0)?;
    if let Some((block, mined)) = node.history.transaction(&hash) {
        return Ok(view::transaction(&mined.tx, Some((block, mined))));
    }
    let waiting = node.pool.get(&hash);
    Ok(waiting.map_or(Value::Null, |tx| view::transaction(tx, None)))
}

fn raw(node: &Node, params: &Params) -> Result<Value, RpcError> {
    let hash: B256 = params.get(0)?;
    let mined = node.history.transaction(&hash).map(|(_, mined)| &mined.tx);
    let found = mined.or_else(|| node.pool.get(&hash));
    Ok(found.map_or(Value::Null, |tx| json!(tx.raw())))
}

fn nth(node: &Node, params: &Params, id: Result<BlockId, RpcError>) -> Result<Value, RpcError> {
    let index: u64 = params.get(1)?;
    let Some(block) = find(node, id?)? else {
        return Ok(Value::Null);
    };
    let mined = block.mined.as_ref().filter(|_| index == 0);
    Ok(mined.map_or(Value::Null, |mined| {
        view::transaction(&mined.tx, Some((&block, mined)))
    }))
}

fn receipt(node: &Node, params: &Params) -> Result<Value, RpcError> {
    let hash: B256 = params.get(0)?;
    let found = node.history.transaction(&hash);
    Ok(found.map_or(Value::Null, |(block, mined)| view::receipt(block, mined)))
}

fn content(node: &Node) -> Value {
    let mut queued = serde_json::Map::new();
    for tx in node.pool.iter() {
        let of_sender = queued
            .entry(tx.from().to_string())
            .or_insert_with(|| json!({}));
        if let Some(of_sender) = of_sender.as_object_mut() {
            of_sender.insert(tx.nonce().to_string(), view::transaction(tx, None));
        }
    }
    json!({ "pending": {}, "queued": queued })
}

fn fee_history(node: &Node, params: &Params) -> Result<Value, RpcError> {
    let wanted: u64 = params.get::<U256>(0)?.saturating_to();
    let newest = params.get::<BlockId>(1)?;
    let percentiles = params.raw(2).and_then(Value::as_array).map_or(0, Vec::len);
    if percentiles > 100 {
        return Err(RpcError::params("over the query limit 100 of percentiles"));
    }
    let newest = node
        .block(newest)
        .ok_or_else(|| node.unknown_block(newest))?
        .header
        .number;
    // The pending block is not history yet.
    let newest = newest.min(node.chain.block_number());
    let wanted = wanted.clamp(1, FEE_HISTORY_MAX);
    let oldest = newest.saturating_sub(wanted - 1).max(node.history.oldest());
    let blocks: Vec<_> = node.history.range(oldest, newest).collect();
    let fee =
        |block: &crate::node::Block| quantity(block.header.base_fee_per_gas.unwrap_or_default());
    let mut fees: Vec<Value> = blocks.iter().map(|block| fee(block)).collect();
    fees.push(quantity(node.chain.base_fee()));
    // A share of a limit that no block comes near.
    let ratios: Vec<f64> = blocks
        .iter()
        .map(|block| block.header.gas_used as f64 / block.header.gas_limit as f64)
        .collect();
    let mut out = json!({
        "oldestBlock": quantity(oldest),
        "baseFeePerGas": fees,
        "gasUsedRatio": ratios,
    });
    if percentiles > 0 {
        // Tips are dropped.
        let tips = vec![quantity(0); percentiles];
        out["reward"] = blocks.iter().map(|_| json!(tips)).collect();
    }
    Ok(out)
}
