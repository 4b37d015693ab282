//! JSON-RPC 2.0: requests, batches, errors; and one module per family of methods.

mod calls;
mod chain;
mod control;
mod debug;
mod error;
pub mod filters;
pub mod params;
pub mod request;
mod send;
mod state;
pub mod view;

use std::panic::{AssertUnwindSafe, catch_unwind};

pub use error::RpcError;
use serde_json::{Value, json};

use crate::node::Node;
use params::Params;

/// Most requests of a batch.
pub const BATCH_MAX: usize = 1_000;

/// Runs a method.
///
/// # Errors
/// What the method refuses, or that there is none of this name.
pub fn call(node: &mut Node, method: &str, params: &Params) -> Result<Value, RpcError> {
    // A fault of ours ends this request and not the node: the chain takes over what a transaction did after it has run.
    let outcome = catch_unwind(AssertUnwindSafe(|| dispatch(node, method, params)));
    outcome.unwrap_or_else(|_| Err(RpcError::internal()))
}

fn dispatch(node: &mut Node, method: &str, params: &Params) -> Result<Value, RpcError> {
    state::call(node, method, params)
        .or_else(|| calls::call(node, method, params))
        .or_else(|| chain::call(node, method, params))
        .or_else(|| send::call(node, method, params))
        .or_else(|| filters::call(node, method, params))
        .or_else(|| control::call(node, method, params))
        .or_else(|| debug::call(node, method, params))
        .unwrap_or_else(|| Err(RpcError::method(method)))
}

/// Answers a request or a batch of them. `None` when there is nothing to answer, because all were notifications.
pub fn answer(
    body: &[u8],
    mut call: impl FnMut(&str, &Params) -> Result<Value, RpcError>,
) -> Option<Value> {
    let request: Value = match serde_json::from_slice(body) {
        Ok(request) => request,
        Err(error) => return Some(failed(&Value::Null, &RpcError::parse(&error))),
    };
    let Value::Array(batch) = request else {
        return one(&request, &mut call);
    };
    if batch.is_empty() {
        return Some(failed(
            &Value::Null,
            &RpcError::invalid_request("empty batch"),
        ));
    }
    if batch.len() > BATCH_MAX {
        let error = RpcError::invalid_request(format!("batch of more than {BATCH_MAX}"));
        return Some(failed(&Value::Null, &error));
    }
    let answers: Vec<Value> = batch
        .iter()
        .filter_map(|request| one(request, &mut call))
        .collect();
    (!answers.is_empty()).then_some(Value::Array(answers))
}

fn one(
    request: &Value,
    call: &mut impl FnMut(&str, &Params) -> Result<Value, RpcError>,
) -> Option<Value> {
    let id = match request.get("id") {
        Some(id @ (Value::String(_) | Value::Number(_) | Value::Null)) => Some(id),
        Some(_) => {
            return Some(failed(
                &Value::Null,
                &RpcError::invalid_request("id is no string and no number"),
            ));
        }
        None => None,
    };
    let outcome = match request.get("method") {
        Some(Value::String(method)) => {
            Params::new(request.get("params")).and_then(|params| call(method, &params))
        }
        _ => {
            let error = RpcError::invalid_request("no method");
            return Some(failed(id.unwrap_or(&Value::Null), &error));
        }
    };
    let id = id?;
    Some(match outcome {
        Ok(result) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
        Err(error) => failed(id, &error),
    })
}

fn failed(id: &Value, error: &RpcError) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "error": error.to_json() })
}
