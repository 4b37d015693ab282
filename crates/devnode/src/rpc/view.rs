//! How things look in answers.

use alloy_consensus::{Transaction, TxEnvelope};
use alloy_primitives::{B256, Log, U256};
use serde_json::{Map, Value, json};

use crate::node::{Block, Mined, SignedTx, bloom};

/// A quantity: hexadecimal without leading zeros.
pub fn quantity(number: impl TryInto<U256>) -> Value {
    // What is not a number of 256 bits does not occur.
    let number: U256 = number.try_into().unwrap_or_default();
    Value::String(format!("{number:#x}"))
}

/// A block, with whole transactions or their hashes.
#[must_use]
pub fn block(block: &Block, whole: bool) -> Value {
    let header = &block.header;
    let transactions: Vec<Value> = block
        .mined
        .iter()
        .map(|mined| {
            if whole {
                transaction(&mined.tx, Some((block, mined)))
            } else {
                json!(mined.tx.hash())
            }
        })
        .collect();
    json!({
        "number": quantity(header.number),
        "hash": block.hash,
        "parentHash": header.parent_hash,
        "timestamp": quantity(header.timestamp),
        "miner": header.beneficiary,
        "gasLimit": quantity(header.gas_limit),
        "gasUsed": quantity(header.gas_used),
        "baseFeePerGas": quantity(header.base_fee_per_gas.unwrap_or_default()),
        "logsBloom": header.logs_bloom,
        "transactionsRoot": header.transactions_root,
        "receiptsRoot": header.receipts_root,
        "stateRoot": header.state_root,
        "sha3Uncles": header.ommers_hash,
        "uncles": [],
        "difficulty": quantity(header.difficulty),
        "totalDifficulty": quantity(header.number.saturating_add(1)),
        "mixHash": header.mix_hash,
        "nonce": header.nonce,
        "extraData": header.extra_data,
        // Of no use, and there are tools that insist on it.
        "size": quantity(header.size()),
        "l1BlockNumber": quantity(block.l1_number),
        "transactions": transactions,
    })
}

/// A transaction, in its block or waiting.
#[must_use]
pub fn transaction(tx: &SignedTx, place: Option<(&Block, &Mined)>) -> Value {
    let envelope = tx.envelope();
    let signature = envelope.signature();
    let parity = u64::from(signature.v());
    let v = match envelope {
        TxEnvelope::Legacy(_) => envelope.chain_id().map_or(27 + parity, |id| {
            id.saturating_mul(2).saturating_add(35 + parity)
        }),
        _ => parity,
    };
    let mut out = json!({
        "hash": tx.hash(),
        "type": quantity(kind(tx)),
        "from": tx.from(),
        "to": tx.tx().to,
        "nonce": quantity(tx.nonce()),
        "value": quantity(tx.tx().value),
        "gas": quantity(tx.tx().gas_limit),
        "input": tx.tx().data,
        "r": quantity(signature.r()),
        "s": quantity(signature.s()),
        "v": quantity(v),
        "blockHash": place.map(|(block, _)| block.hash),
        "blockNumber": place.map(|(block, _)| quantity(block.header.number)),
        "transactionIndex": place.map(|_| quantity(0)),
        "gasPrice": quantity(place.map_or(tx.max_fee(), |(_, mined)| mined.price)),
    });
    if let Some(fields) = out.as_object_mut() {
        details(fields, tx, parity);
    }
    out
}

fn details(fields: &mut Map<String, Value>, tx: &SignedTx, parity: u64) {
    let envelope = tx.envelope();
    if let Some(id) = envelope.chain_id() {
        fields.insert("chainId".into(), quantity(id));
    }
    if let Some(list) = envelope.access_list() {
        let list: Vec<Value> = list
            .iter()
            .map(|item| json!({ "address": item.address, "storageKeys": item.storage_keys }))
            .collect();
        fields.insert("accessList".into(), list.into());
        fields.insert("yParity".into(), quantity(parity));
    }
    if let Some(tip) = tx.tip() {
        fields.insert("maxFeePerGas".into(), quantity(tx.max_fee()));
        fields.insert("maxPriorityFeePerGas".into(), quantity(tip));
    }
}

fn kind(tx: &SignedTx) -> u64 {
    u64::from(tx.envelope().tx_type() as u8)
}

/// A receipt.
#[must_use]
pub fn receipt(block: &Block, mined: &Mined) -> Value {
    let Mined {
        tx, receipt, price, ..
    } = mined;
    let logs: Vec<Value> = block
        .logs()
        .map(|(index, entry)| log(block, index, entry))
        .collect();
    json!({
        "transactionHash": tx.hash(),
        "transactionIndex": quantity(0),
        "blockHash": block.hash,
        "blockNumber": quantity(block.header.number),
        "from": tx.from(),
        "to": tx.tx().to,
        "contractAddress": receipt.contract.filter(|_| receipt.is_success()),
        "status": quantity(u64::from(receipt.is_success())),
        "type": quantity(kind(tx)),
        "gasUsed": quantity(receipt.gas_used),
        "cumulativeGasUsed": quantity(receipt.gas_used),
        "effectiveGasPrice": quantity(*price),
        "gasUsedForL1": quantity(receipt.l1_gas),
        "l1BlockNumber": quantity(block.l1_number),
        "logsBloom": bloom(&receipt.logs),
        "logs": logs,
    })
}

/// A log of a block.
#[must_use]
pub fn log(block: &Block, index: usize, log: &Log) -> Value {
    let tx = block
        .mined
        .as_ref()
        .map_or(B256::ZERO, |mined| mined.tx.hash());
    json!({
        "address": log.address,
        "topics": log.data.topics(),
        "data": log.data.data,
        "blockNumber": quantity(block.header.number),
        "blockHash": block.hash,
        "blockTimestamp": quantity(block.header.timestamp),
        "transactionHash": tx,
        "transactionIndex": quantity(0),
        "logIndex": quantity(index),
        "removed": false,
    })
}
