//! Blocks, batches, fees.

use serde_json::{Value, json};

use crate::support::*;

#[test]
fn blocks_are_linked_and_found_by_number_hash_and_tag() {
    let mut client = Client::new();
    client.transact(Some(account(1)), &[]);
    client.ask("evm_mine", json!([]));
    let latest = client.ask("eth_getBlockByNumber", json!(["latest", false]));
    let first = client.ask("eth_getBlockByNumber", json!(["0x1", true]));
    assert_eq!(latest["number"], "0x2");
    assert_eq!(latest["parentHash"], first["hash"]);
    assert_eq!(latest["transactions"], json!([]));
    let transaction = &first["transactions"][0];
    assert_eq!(transaction["from"], json!(account(0)));
    assert_eq!(transaction["blockHash"], first["hash"]);
    let by_hash = client.ask("eth_getBlockByHash", json!([first["hash"], true]));
    assert_eq!(by_hash, first);
    for tag in ["safe", "finalized"] {
        assert_eq!(
            client.ask("eth_getBlockByNumber", json!([tag, false])),
            latest
        );
    }
    let earliest = client.ask("eth_getBlockByNumber", json!(["earliest", false]));
    assert_eq!(earliest["number"], "0x0");
    let pending = client.ask("eth_getBlockByNumber", json!(["pending", false]));
    assert_eq!(
        (&pending["number"], &pending["parentHash"]),
        (&json!("0x3"), &latest["hash"])
    );
    assert_eq!(
        client.ask("eth_getBlockByNumber", json!(["0x9", false])),
        Value::Null
    );
    let receipts = client.ask("eth_getBlockReceipts", json!(["0x1"]));
    assert_eq!(receipts[0]["gasUsed"], first["gasUsed"]);
}

#[test]
fn old_state_is_read_by_block() {
    let mut client = Client::new();
    let contract = client.deploy(&recorder());
    for value in [5, 6] {
        client.transact(Some(contract), &word(value));
    }
    for (block, stored) in [("0x1", 0), ("0x2", 5), ("0x3", 6), ("latest", 6)] {
        let read = client.number("eth_getStorageAt", json!([contract, "0x0", block]).clone());
        assert_eq!(read, stored, "at {block}");
        let call = json!([{ "to": contract, "data": "0x" }, block]);
        assert_eq!(client.number("eth_call", call), stored);
    }
    let hash = client.ask("eth_getBlockByNumber", json!(["0x2", false]))["hash"].clone();
    let at = json!({ "blockHash": hash });
    assert_eq!(
        client.number("eth_getStorageAt", json!([contract, "0x0", at])),
        5
    );
}

#[test]
fn a_batch_is_answered_in_order_and_notifications_are_not() {
    let mut client = Client::new();
    let answer = client.post(
        r#"[{"jsonrpc":"2.0","id":1,"method":"eth_chainId"},{"jsonrpc":"2.0","method":"eth_chainId"},
            {"jsonrpc":"2.0","id":"b","method":"eth_nothing","params":null},7]"#,
    );
    let answer = answer.unwrap();
    assert_eq!(answer[0]["result"], "0x64aba");
    assert_eq!(
        (&answer[1]["id"], &answer[1]["error"]["code"]),
        (&json!("b"), &json!(-32_601))
    );
    assert_eq!(answer[2]["error"]["code"], -32_600);
    assert!(answer.get(3).is_none());
    assert!(
        client
            .post(r#"{"jsonrpc":"2.0","method":"eth_chainId"}"#)
            .is_none()
    );
    assert_eq!(client.post("[]").unwrap()["error"]["code"], -32_600);
    assert_eq!(client.post("{").unwrap()["error"]["code"], -32_700);
}

#[test]
fn fees_of_past_blocks() {
    let mut client = Client::new();
    client.ask("anvil_mine", json!(["0x5"]));
    client.ask("anvil_setNextBlockBaseFeePerGas", json!(["0x77359400"]));
    client.ask("evm_mine", json!([]));
    let history = client.ask("eth_feeHistory", json!(["0x3", "latest", [20, 50]]));
    assert_eq!(history["oldestBlock"], "0x4");
    assert_eq!(
        history["baseFeePerGas"],
        json!(["0x5f5e100", "0x5f5e100", "0x77359400", "0x77359400"])
    );
    assert_eq!(history["gasUsedRatio"].as_array().unwrap().len(), 3);
    assert_eq!(
        history["reward"],
        json!([["0x0", "0x0"], ["0x0", "0x0"], ["0x0", "0x0"]])
    );
    assert_eq!(client.ask("eth_gasPrice", json!([])), "0x77359400");
    assert_eq!(
        client
            .refused("eth_feeHistory", json!(["0x3", "0x99"]))
            .code,
        -32_000
    );
}

#[test]
fn methods_of_other_nodes_are_refused_so_that_clients_fall_back() {
    let mut client = Client::new();
    for method in [
        "eth_fillTransaction",
        "anvil_nodeInfo",
        "eth_getProof",
        "evm_",
        "",
        "debug",
    ] {
        assert_eq!(client.refused(method, json!([])).code, -32_601, "{method}");
    }
}
