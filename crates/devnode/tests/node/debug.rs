//! Traces.

use alloy_primitives::{Address, U256, hex};
use devchain::{ProgramCache, rules::code};
use devnode::options::{Arbos, NodeOptions};
use serde_json::{Value, json};

use crate::support::*;

/// Calls the address in its calldata if there is one, and returns nothing.
const CALLER: &str = r#"(module
  (import "vm_hooks" "read_args" (func $args (param i32)))
  (import "vm_hooks" "call_contract" (func $call (param i32 i32 i32 i32 i64 i32) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "user_entrypoint") (param $len i32) (result i32)
    (call $args (i32.const 128))
    (if (i32.ge_u (local.get $len) (i32.const 20)) (then
      (drop (call $call (i32.const 128) (i32.const 148) (i32.sub (local.get $len) (i32.const 20)) (i32.const 96)
        (i64.const -1) (i32.const 64)))))
    (i32.const 0)))"#;

/// Deploys and activates a program with ordinary transactions.
fn program(client: &mut Client, text: &str) -> Address {
    let wasm = wat::parse_str(text).expect("valid text");
    let code = code::encode(&wasm).expect("small");
    let init = code::init_code(&code).expect("small");
    let program = client.deploy(&init);
    let activate = [&hex!("58c780c2")[..], &[0; 12], program.as_slice()].concat();
    let nonce = client.number("eth_getTransactionCount", json!([account(0)]));
    let to = Some(Address::with_last_byte(0x71));
    let tx = alloy_consensus::TxEip1559 {
        gas_limit: 20_000_000,
        ..eip1559(nonce, to, 10_u128.pow(17), &activate)
    };
    let hash = client.send(&sign(0, tx)).expect("sent");
    let receipt = client.ask("eth_getTransactionReceipt", json!([hash]));
    assert_eq!(receipt["status"], "0x1", "{receipt}");
    program
}

fn tracer() -> Value {
    json!({ "tracer": "callTracer" })
}

#[test]
fn a_trace_is_the_call_tree_with_the_ink_of_wasm_frames() {
    let mut client = Client::new();
    let caller = program(&mut client, CALLER);
    let recorder = client.deploy(&recorder());
    let data = [caller.as_slice(), recorder.as_slice(), &word(5)].concat();
    let receipt = client.transact(Some(caller), &data);
    assert_eq!(number(&receipt["status"]), 1);
    let trace = client.ask(
        "debug_traceTransaction",
        json!([receipt["transactionHash"], tracer()]),
    );
    assert_eq!(
        (&trace["type"], &trace["to"]),
        (&json!("CALL"), &json!(caller))
    );
    assert_eq!(trace["gasUsed"], receipt["gasUsed"]);
    let inner = &trace["calls"][0];
    let innermost = &inner["calls"][0];
    assert_eq!(
        (&inner["to"], &innermost["to"]),
        (&json!(caller), &json!(recorder))
    );
    assert_eq!(innermost["input"], json!(format!("0x{:064x}", 5)));
    assert!(innermost.get("stylus").is_none() && innermost.get("calls").is_none());
    // The outer frame's ink holds what its call cost, so it is more than the gas of the frame below it.
    let ink = |frame: &Value| number(&frame["stylus"]["inkUsed"]);
    assert!(ink(&trace) > number(&inner["gasUsed"]) * 10_000);
    assert_eq!(number(&inner["stylus"]["hostCalls"]), 2);
    assert!(number(&trace["stylus"]["entryGas"]) > 8_832);
    assert_eq!(number(&trace["stylus"]["pages"]), 1);

    // The state has changed since, and tracing changed nothing: the trace is still that of then.
    client.transact(Some(recorder), &word(9));
    let again = client.ask(
        "debug_traceTransaction",
        json!([receipt["transactionHash"], tracer()]),
    );
    assert_eq!(again, trace);
}

#[test]
fn a_call_is_traced_with_overrides_and_reverts_are_explained() {
    let mut client = Client::new();
    let caller = program(&mut client, CALLER);
    let recorder = client.deploy(&recorder());
    let data = [recorder.as_slice(), &[0xFF; 32]].concat();
    let call = json!({ "to": caller, "data": format!("0x{}", hex::encode(data)) });
    let trace = client.ask("debug_traceCall", json!([call, "latest", tracer()]));
    assert!(trace.get("error").is_none());
    assert_eq!(trace["calls"][0]["error"], "execution reverted");
    assert_eq!(trace["calls"][0]["revertReason"], "no");
    let top = json!({ "tracer": "callTracer", "tracerConfig": { "onlyTopCall": true } });
    let trace = client.ask("debug_traceCall", json!([call, "latest", top]));
    assert!(trace.get("calls").is_none());
    let overrides = json!({ "tracer": "callTracer", "stateOverrides": { recorder.to_string(): { "code": "0x" } } });
    let trace = client.ask("debug_traceCall", json!([call, "latest", overrides]));
    assert!(trace["calls"][0].get("error").is_none());
    for options in [
        json!(null),
        json!({}),
        json!({ "tracer": "prestateTracer" }),
    ] {
        assert_eq!(
            client
                .refused("debug_traceCall", json!([call, "latest", options]))
                .code,
            -32_602
        );
    }
    let hash = format!("0x{}", "12".repeat(32));
    assert_eq!(
        client
            .refused("debug_traceTransaction", json!([hash, tracer()]))
            .message,
        "transaction not found"
    );
}

/// 2 450 for the only block, 1 for the constant and 1 for its end.
#[test]
fn a_program_that_does_nothing_uses_2_452_ink() {
    let mut client = Client::new();
    let text = r#"(module (memory (export "memory") 1 1) (func (export "user_entrypoint") (param i32) (result i32) i32.const 0))"#;
    let nothing = program(&mut client, text);
    let trace = client.ask(
        "debug_traceCall",
        json!([{ "to": nothing }, "latest", tracer()]),
    );
    assert_eq!(number(&trace["stylus"]["inkUsed"]), 2_452);
    assert_eq!(
        U256::from(number(&trace["stylus"]["hostCalls"])),
        U256::ZERO
    );
}

#[test]
fn the_rules_and_the_cache_are_those_asked_for() {
    let nothing = r#"(module (memory (export "memory") 1 1) (func (export "user_entrypoint") (param i32) (result i32) i32.const 0))"#;
    for (cache, expected) in [(ProgramCache::Uncached, false), (ProgramCache::All, true)] {
        let mut client = Client::with(NodeOptions {
            cache,
            ..NodeOptions::default()
        });
        let program = program(&mut client, nothing);
        let trace = client.ask(
            "debug_traceCall",
            json!([{ "to": program }, "latest", tracer()]),
        );
        assert_eq!(trace["stylus"]["cached"], expected);
    }
    // ArbOwnerPublic's getMaxStylusContractFragments is as new as fragments are.
    let ask = json!([{ "to": Address::with_last_byte(0x6B), "data": "0xe5a7f893" }]);
    assert_eq!(Client::new().number("eth_call", ask.clone()), 2);
    let mut old = Client::with(NodeOptions {
        arbos: Arbos::V51,
        ..NodeOptions::default()
    });
    old.refused("eth_call", ask);
}
