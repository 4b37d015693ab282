//! A node that runs for long.

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
