//! Running without sending: calls and estimates.

use devchain::{Chain, Receipt, Status};
use serde_json::{Value, json};

use super::{
    RpcError,
    params::{BlockId, Params},
    request::{BlockOverrides, CallRequest, GAS_MAX, Overrides},
    view::quantity,
};
use crate::node::{Node, invalid};

/// Parts by which an estimate may be too high, of a thousand: as in geth.
const ESTIMATE_TOLERANCE: u64 = 15;
/// Gas that a call with value may give away on top of its own.
const STIPEND_GAS: u64 = 2_300;

pub(super) fn call(node: &Node, method: &str, params: &Params) -> Option<Result<Value, RpcError>> {
    Some(match method {
        "eth_call" => run(node, params),
        "eth_estimateGas" => gas(node, params).map(quantity),
        _ => return None,
    })
}

/// The chain that a call wants to run on: parameter 1 is the block, 2 are accounts and 3 the block's values.
fn stage(node: &Node, params: &Params, default: BlockId) -> Result<Chain, RpcError> {
    let at = params.opt(1)?.unwrap_or(default);
    let mut chain = node.state(at)?;
    if let Some(overrides) = params.opt::<Overrides>(2)? {
        overrides.apply(&mut chain);
    }
    if let Some(overrides) = params.opt::<BlockOverrides>(3)? {
        overrides.apply(&mut chain);
    }
    Ok(chain)
}

fn run(node: &Node, params: &Params) -> Result<Value, RpcError> {
    let request: CallRequest = params.get(0)?;
    let chain = stage(node, params, BlockId::Latest)?;
    let receipt = succeeded(chain.call(request.tx(request.gas_limit())))?;
    Ok(json!(receipt.output))
}

/// The receipt of a success, or the error that tells of the failure.
fn succeeded(receipt: Receipt) -> Result<Receipt, RpcError> {
    match &receipt.status {
        Status::Success => Ok(receipt),
        Status::Revert => Err(RpcError::revert(&receipt.output)),
        Status::Halt(halt) => Err(RpcError::server(halt.to_string())),
        Status::Invalid(error) => Err(invalid(error)),
    }
}

/// The least gas with which it succeeds, found by halving, as geth does. Time is that of the next block.
pub(super) fn gas(node: &Node, params: &Params) -> Result<u64, RpcError> {
    let request: CallRequest = params.get(0)?;
    let chain = stage(node, params, BlockId::Pending)?;
    let mut high = request.gas_limit();
    if let Some(price) = request.price.filter(|price| *price > 0) {
        let rest = chain.balance(request.from.unwrap_or_default());
        let rest = rest.checked_sub(request.value);
        let rest = rest.ok_or_else(|| RpcError::server("insufficient funds for transfer"))?;
        let affordable = rest / alloy_primitives::U256::from(price);
        high = high.min(affordable.saturating_to());
    }
    let first = chain.call(request.tx(high));
    if matches!(first.status, Status::Halt(_)) && high < GAS_MAX && request.gas.is_none() {
        return Err(RpcError::server(format!(
            "gas required exceeds allowance ({high})"
        )));
    }
    let first = succeeded(first)?;
    let enough = |gas| chain.call(request.tx(gas)).is_success();
    let spent = first.gas_used.saturating_add(first.refunded);
    let mut low = first.gas_used.saturating_sub(1);
    // What is spent is enough where nothing is kept back; where calls keep back one part of 64, the second guess is for most.
    for likely in [
        spent,
        spent.saturating_add(STIPEND_GAS).saturating_mul(64) / 63,
    ] {
        if likely >= high {
            break;
        }
        if enough(likely) {
            high = likely;
            break;
        }
        low = low.max(likely);
    }
    if high == spent {
        low = high;
    }
    while low + 1 < high && high - low > high.saturating_mul(ESTIMATE_TOLERANCE) / 1_000 {
        // Never far from the lower end: most need little more than they use.
        let middle = ((high - low) / 2 + low)
            .min(low.saturating_mul(2))
            .max(low + 1);
        if enough(middle) {
            high = middle;
        } else {
            low = middle;
        }
    }
    // The price on L1 may rise until it is sent.
    let padded = high.saturating_add(first.l1_gas / 10);
    Ok(padded.min(GAS_MAX))
}
