//! A node that runs for long.

use alloy_primitives::hex;
use devnode::options::NodeOptions;
use serde_json::{Value, json};

use crate::support::*;

#[test]
fn no_more_blocks_are_kept_than_asked_for() {
    let mut client = Client::with(NodeOptions {
        history: 10,
        ..NodeOptions::default()
    });
    let contract = client.deploy(&recorder());
    let early = client.ask("evm_snapshot", json!([]));
    let old = client.transact(Some(contract), &word(1));
    for value in 0..30 {
        client.transact(Some(contract), &word(value));
    }
    assert_eq!(client.number("eth_blockNumber", json!([])), 32);
    let hash = &old["transactionHash"];
    assert_eq!(
        client.ask("eth_getTransactionReceipt", json!([hash])),
        Value::Null
    );
    assert_eq!(
        client.ask("eth_getBlockByHash", json!([old["blockHash"], false])),
        Value::Null
    );
    for (method, params) in [
        ("eth_getBlockByNumber", json!(["0x2", false])),
        ("eth_getBlockByNumber", json!(["earliest", false])),
        ("eth_getLogs", json!([{ "fromBlock": "0x0" }])),
        ("eth_call", json!([{ "to": contract }, "0x5"])),
    ] {
        let fault = client.refused(method, params);
        assert_eq!(
            fault.message,
            "blocks before 23 are forgotten; --history keeps more"
        );
    }
    let logs = client.ask("eth_getLogs", json!([{ "fromBlock": "0x17" }]));
    assert_eq!(logs.as_array().unwrap().len(), 10);
    assert_eq!(
        client.ask("evm_revert", json!([early])),
        false,
        "its block is gone"
    );
    assert_eq!(
        client.ask("eth_feeHistory", json!(["0x64", "latest"]))["oldestBlock"],
        "0x17"
    );
}

#[test]
fn a_call_tree_does_not_hold_a_megabyte_for_each_of_its_frames() {
    let mut client = Client::new();
    // Passes the same megabyte on until the gas is gone.
    let code = hex!("5b" "5f5f" "62100000" "5f" "60ee" "5a" "fa" "50" "5f56");
    let passes_on = client.deploy(&init_code(&code));
    let start = std::time::Instant::now();
    let fault = client.refused("eth_call", json!([{ "to": passes_on }]));
    assert_eq!(fault.message, "out of gas");
    let trace = client.ask(
        "debug_traceCall",
        json!([{ "to": passes_on }, "latest", { "tracer": "callTracer" }]),
    );
    assert_eq!(trace["calls"].as_array().map(Vec::len), Some(4_095));
    assert!(trace.to_string().len() < 80 * 1024 * 1024);
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
}
