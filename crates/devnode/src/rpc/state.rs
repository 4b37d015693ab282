//! What accounts hold.

use alloy_primitives::{Address, B256};
use serde_json::{Value, json};

use super::{
    RpcError,
    params::{BlockId, Params, Word},
    view::quantity,
};
use crate::node::Node;

pub(super) fn call(node: &Node, method: &str, params: &Params) -> Option<Result<Value, RpcError>> {
    Some(match method {
        "eth_getBalance" => of(node, params, 1, |chain, who| quantity(chain.balance(who))),
        "eth_getTransactionCount" => count(node, params),
        "eth_getCode" => of(node, params, 1, |chain, who| json!(chain.code(who))),
        "eth_getStorageAt" => params.get::<Word>(1).and_then(|slot| {
            of(node, params, 2, |chain, who| {
                json!(B256::from(chain.storage(who, slot.0)))
            })
        }),
        _ => return None,
    })
}

fn of(
    node: &Node,
    params: &Params,
    block: usize,
    read: impl FnOnce(&devchain::Chain, Address) -> Value,
) -> Result<Value, RpcError> {
    let who = params.get(0)?;
    let at = params.opt::<BlockId>(block)?.unwrap_or_default();
    Ok(read(&node.state(at)?, who))
}

/// The next nonce. With the pending tag, after those that wait in an unbroken row.
fn count(node: &Node, params: &Params) -> Result<Value, RpcError> {
    let pending = params.opt::<BlockId>(1)? == Some(BlockId::Pending);
    of(node, params, 1, |chain, who| {
        let mut nonce = chain.nonce(who);
        if pending {
            let waiting = node.pool.iter().filter(|tx| tx.from() == who);
            for tx in waiting {
                nonce += u64::from(tx.nonce() == nonce);
            }
        }
        quantity(nonce)
    })
}
