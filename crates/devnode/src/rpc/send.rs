//! Sending, and signing for the accounts whose keys are public.

use alloy_consensus::{TxEip1559, TxEip2930, TxLegacy, TypedTransaction};
use alloy_dyn_abi::TypedData;
use alloy_eips::eip2930::{AccessList, AccessListItem};
use alloy_primitives::{Address, B256, Bytes, TxKind, eip191_hash_message};
use serde_json::{Value, json};

use super::{RpcError, calls, params::Params, request::CallRequest};
use crate::{
    accounts,
    node::{Node, SignedTx},
};

pub(super) fn call(
    node: &mut Node,
    method: &str,
    params: &Params,
) -> Option<Result<Value, RpcError>> {
    Some(match method {
        "eth_sendRawTransaction" => raw(node, params),
        "eth_sendRawTransactionSync" => raw(node, params).map(|hash| receipt(node, hash)),
        "eth_sendTransaction" => send(node, params),
        "eth_signTransaction" => sign_transaction(node, params),
        "eth_sign" => sign(params, 0, 1),
        "personal_sign" => sign(params, 1, 0),
        "eth_signTypedData_v4" | "eth_signTypedData" => sign_typed(params),
        _ => return None,
    })
}

fn raw(node: &mut Node, params: &Params) -> Result<Value, RpcError> {
    let raw: Bytes = params.get(0)?;
    let tx = SignedTx::decode(&raw, node.chain.config().chain_id);
    let tx = tx.map_err(|error| RpcError::server(error.to_string()))?;
    Ok(json!(node.submit(tx)?))
}

fn receipt(node: &Node, hash: Value) -> Value {
    let parsed = serde_json::from_value(hash.clone()).ok();
    let found = parsed.and_then(|hash| node.history.transaction(&hash));
    found.map_or(hash, |(block, mined)| super::view::receipt(block, mined))
}

fn send(node: &mut Node, params: &Params) -> Result<Value, RpcError> {
    let (body, from) = body(node, params)?;
    let tx = match accounts::find(from) {
        Some(account) => SignedTx::sign(body, account).map_err(|_| RpcError::internal())?,
        None if node.impersonates(from) => SignedTx::pretend(body, from),
        None => {
            return Err(RpcError::server(format!(
                "no key for {from}; impersonate it first"
            )));
        }
    };
    Ok(json!(node.submit(tx)?))
}

fn sign_transaction(node: &Node, params: &Params) -> Result<Value, RpcError> {
    let (body, from) = body(node, params)?;
    let account = accounts::find(from).ok_or_else(|| RpcError::server("unknown account"))?;
    let tx = SignedTx::sign(body, account).map_err(|_| RpcError::internal())?;
    Ok(json!({ "raw": tx.raw(), "tx": super::view::transaction(&tx, None) }))
}

/// What is to be signed, with everything that the client left to the node filled in.
fn body(node: &Node, params: &Params) -> Result<(TypedTransaction, Address), RpcError> {
    let request: CallRequest = params.get(0)?;
    let from = match request.from {
        Some(from) => from,
        None => accounts::all()
            .first()
            .map(|account| account.address)
            .unwrap_or_default(),
    };
    let gas_limit = match request.gas {
        Some(gas) => gas,
        None => calls::gas(node, params)?,
    };
    let chain_id = node.chain.config().chain_id;
    let price = request.price.unwrap_or_else(|| node.chain.base_fee());
    let nonce = request.nonce.unwrap_or_else(|| node.chain.nonce(from));
    let (value, input) = (request.value, request.data.clone());
    let to = request.to.map_or(TxKind::Create, TxKind::Call);
    let list = request.access_list.map(|list| {
        let items = list.into_iter().map(|item| AccessListItem {
            address: item.address,
            storage_keys: item.slots,
        });
        AccessList(items.collect())
    });
    let body = match (request.dynamic, list) {
        (true, list) => TypedTransaction::Eip1559(TxEip1559 {
            chain_id,
            nonce,
            gas_limit,
            max_fee_per_gas: price,
            max_priority_fee_per_gas: request.tip.unwrap_or(0),
            to,
            value,
            access_list: list.unwrap_or_default(),
            input,
        }),
        (false, Some(access_list)) => TypedTransaction::Eip2930(TxEip2930 {
            chain_id,
            nonce,
            gas_price: price,
            gas_limit,
            to,
            value,
            access_list,
            input,
        }),
        (false, None) => TypedTransaction::Legacy(TxLegacy {
            chain_id: Some(chain_id),
            nonce,
            gas_price: price,
            gas_limit,
            to,
            value,
            input,
        }),
    };
    Ok((body, from))
}

/// Signs a message with the prefix that keeps it from being a transaction (EIP-191).
fn sign(params: &Params, address: usize, message: usize) -> Result<Value, RpcError> {
    let (address, message): (Address, Bytes) = (params.get(address)?, params.get(message)?);
    signature(address, eip191_hash_message(message))
}

/// Signs typed data (EIP-712), given as an object or as its text.
fn sign_typed(params: &Params) -> Result<Value, RpcError> {
    let address = params.get(0)?;
    let data = params.raw(1).cloned().unwrap_or_default();
    let data: Result<TypedData, _> = match &data {
        Value::String(text) => serde_json::from_str(text),
        _ => serde_json::from_value(data),
    };
    let hash = data.map_err(|error| error.to_string()).and_then(|data| {
        data.eip712_signing_hash()
            .map_err(|error| error.to_string())
    });
    signature(address, hash.map_err(RpcError::params)?)
}

fn signature(address: Address, hash: B256) -> Result<Value, RpcError> {
    let account = accounts::find(address).ok_or_else(|| RpcError::server("unknown account"))?;
    let signature = account.sign(hash).map_err(|_| RpcError::internal())?;
    Ok(json!(Bytes::from(signature.as_bytes())))
}
