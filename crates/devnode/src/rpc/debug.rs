//! Traces: the call tree, with the ink of each frame of WASM.

use alloy_primitives::B256;
use devchain::{CallKind, Frame, FrameKind, FrameStatus, Receipt, Status};
use serde_json::{Value, json};

use super::{
    RpcError,
    params::{BlockId, Params, field},
    request::{BlockOverrides, CallRequest, Overrides},
    view::quantity,
};
use crate::node::{Mined, Node, invalid};

pub(super) fn call(node: &Node, method: &str, params: &Params) -> Option<Result<Value, RpcError>> {
    Some(match method {
        "debug_traceTransaction" => transaction(node, params),
        "debug_traceCall" => trace_call(node, params),
        "debug_traceBlockByNumber" => block(node, params, params.get(0)),
        "debug_traceBlockByHash" => block(node, params, params.get(0).map(BlockId::Hash)),
        _ => return None,
    })
}

/// What a client wants to see.
struct Wish {
    only_top: bool,
    accounts: Option<Overrides>,
    block: Option<BlockOverrides>,
}

fn wish(options: Option<&Value>) -> Result<Wish, RpcError> {
    let Some(options) = options else {
        return Err(unsupported());
    };
    let read = || -> Result<_, String> {
        let tracer: Option<Word> = field(options, "tracer")?;
        let config = options.get("tracerConfig").cloned().unwrap_or_default();
        let only_top = field(&config, "onlyTopCall")?.unwrap_or(false);
        let accounts = field(options, "stateOverrides")?;
        let block = field(options, "blockOverrides")?;
        Ok((
            tracer,
            Wish {
                only_top,
                accounts,
                block,
            },
        ))
    };
    match read().map_err(RpcError::params)? {
        (Some(Word(tracer)), wish) if tracer == "callTracer" => Ok(wish),
        _ => Err(unsupported()),
    }
}

/// A name.
struct Word(String);

impl super::params::Param for Word {
    fn read(value: &Value) -> Result<Self, String> {
        let word = value.as_str().ok_or("not a word")?;
        Ok(Self(word.to_owned()))
    }
}

fn unsupported() -> RpcError {
    RpcError::params("the only tracer here is callTracer")
}

fn transaction(node: &Node, params: &Params) -> Result<Value, RpcError> {
    let hash: B256 = params.get(0)?;
    let wish = wish(params.raw(1))?;
    let (_, mined) = node
        .history
        .transaction(&hash)
        .ok_or_else(|| RpcError::server("transaction not found"))?;
    trace(mined, &wish)
}

fn block(node: &Node, params: &Params, id: Result<BlockId, RpcError>) -> Result<Value, RpcError> {
    let id = id?;
    let wish = wish(params.raw(1))?;
    let block = node.block(id).ok_or_else(|| node.unknown_block(id))?;
    let traces = block.mined.iter().map(|mined| {
        let trace = trace(mined, &wish)?;
        Ok(json!({ "txHash": mined.tx.hash(), "result": trace }))
    });
    traces.collect::<Result<Vec<_>, _>>().map(Value::from)
}

/// Runs a transaction again, on the state it ran on.
fn trace(mined: &Mined, wish: &Wish) -> Result<Value, RpcError> {
    let mut chain = mined.before.clone();
    let receipt = chain.send(mined.tx.tx().clone());
    show(&receipt, mined.tx.tx().gas_limit, wish)
}

fn trace_call(node: &Node, params: &Params) -> Result<Value, RpcError> {
    let request: CallRequest = params.get(0)?;
    let wish = wish(params.raw(2))?;
    let mut chain = node.state(params.opt(1)?.unwrap_or_default())?;
    if let Some(accounts) = &wish.accounts {
        accounts.apply(&mut chain);
    }
    if let Some(block) = &wish.block {
        block.apply(&mut chain);
    }
    let gas = request.gas_limit();
    show(&chain.call(request.tx(gas)), gas, &wish)
}

fn show(receipt: &Receipt, gas_limit: u64, wish: &Wish) -> Result<Value, RpcError> {
    if let Status::Invalid(error) = &receipt.status {
        return Err(invalid(error));
    }
    let mut root = tree(&receipt.frames, wish).unwrap_or_else(|| json!({}));
    // The outermost frame stands for the transaction: with its intrinsic cost, after refunds.
    root["gas"] = quantity(gas_limit);
    if !receipt.output.is_empty() {
        root["output"] = json!(receipt.output);
    }
    root["gasUsed"] = quantity(receipt.gas_used);
    if receipt.l1_gas > 0 {
        root["gasUsedForL1"] = quantity(receipt.l1_gas);
    }
    Ok(root)
}

/// The first frame with all that it called.
fn tree(frames: &[Frame], wish: &Wish) -> Option<Value> {
    // Without recursion: a tree may be a thousand frames deep.
    let mut open: Vec<(usize, Value, Vec<Value>)> = Vec::new();
    for frame in frames {
        while open.last().is_some_and(|(depth, ..)| *depth >= frame.depth) {
            close(&mut open);
        }
        if !wish.only_top || frame.depth == 0 {
            open.push((frame.depth, describe(frame), Vec::new()));
        }
    }
    while open.len() > 1 {
        close(&mut open);
    }
    open.pop().map(|(_, frame, calls)| with(frame, calls))
}

/// Ends the innermost frame: it becomes one of the calls of the frame around it.
fn close(open: &mut Vec<(usize, Value, Vec<Value>)>) {
    if let Some((_, frame, calls)) = open.pop() {
        let done = with(frame, calls);
        if let Some((_, _, siblings)) = open.last_mut() {
            siblings.push(done);
        }
    }
}

fn with(mut frame: Value, calls: Vec<Value>) -> Value {
    if !calls.is_empty() {
        frame["calls"] = calls.into();
    }
    frame
}

fn describe(frame: &Frame) -> Value {
    let kind = match frame.call {
        CallKind::Call => "CALL",
        CallKind::CallCode => "CALLCODE",
        CallKind::DelegateCall => "DELEGATECALL",
        CallKind::StaticCall => "STATICCALL",
        CallKind::Create => "CREATE",
        CallKind::Create2 => "CREATE2",
    };
    let mut out = json!({
        "type": kind,
        "from": frame.from,
        "to": frame.to,
        "gas": quantity(frame.gas_limit),
        "gasUsed": quantity(frame.gas_used),
        "input": frame.input,
    });
    if frame.call != CallKind::StaticCall {
        out["value"] = quantity(frame.value);
    }
    if !frame.output.is_empty() {
        out["output"] = json!(frame.output);
    }
    match &frame.status {
        FrameStatus::Success => {}
        FrameStatus::Revert => {
            out["error"] = json!("execution reverted");
            if let Some(reason) = super::error::reason(&frame.output) {
                out["revertReason"] = json!(reason);
            }
        }
        FrameStatus::Halt(halt) => out["error"] = json!(halt.to_string()),
    }
    if let (FrameKind::Stylus, Some(stylus)) = (frame.kind, &frame.stylus) {
        out["stylus"] = json!({
            "inkUsed": quantity(stylus.ink_used),
            "entryGas": quantity(stylus.entry_gas),
            "cached": stylus.cached,
            "pages": quantity(stylus.pages),
            "hostCalls": quantity(stylus.hostio_count),
        });
    }
    out
}
