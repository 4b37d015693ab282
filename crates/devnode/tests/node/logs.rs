//! Logs and filters.

use alloy_primitives::Address;
use serde_json::{Value, json};

use crate::support::*;

/// A client with two recorders, which logged 1, 2, 3 and 2 in blocks 3 to 6; the second one the last.
fn recorded() -> (Client, Address, Address) {
    let mut client = Client::new();
    let (one, two) = (client.deploy(&recorder()), client.deploy(&recorder()));
    for (contract, value) in [(one, 1), (one, 2), (one, 3), (two, 2)] {
        client.transact(Some(contract), &word(value));
    }
    (client, one, two)
}

fn blocks(logs: &Value) -> Vec<u64> {
    let logs = logs.as_array().expect("a list");
    logs.iter().map(|log| number(&log["blockNumber"])).collect()
}

fn topic(value: u64) -> String {
    format!("{:#066x}", value)
}

#[test]
fn logs_are_selected_by_range_address_and_topics() {
    let (mut client, one, two) = recorded();
    let cases = [
        (json!({}), vec![6]),
        (json!({ "fromBlock": "0x0" }), vec![3, 4, 5, 6]),
        (
            json!({ "fromBlock": "earliest", "toBlock": "0x4" }),
            vec![3, 4],
        ),
        (json!({ "fromBlock": "0x0", "address": one }), vec![3, 4, 5]),
        (
            json!({ "fromBlock": "0x0", "address": [one, two], "topics": [topic(2)] }),
            vec![4, 6],
        ),
        (
            json!({ "fromBlock": "0x0", "topics": [[topic(1), topic(3)]] }),
            vec![3, 5],
        ),
        (
            json!({ "fromBlock": "0x0", "topics": [null] }),
            vec![3, 4, 5, 6],
        ),
        (
            json!({ "fromBlock": "0x0", "topics": [null, topic(2)] }),
            vec![],
        ),
        (json!({ "fromBlock": "0x7", "toBlock": "0x9" }), vec![]),
    ];
    for (query, expected) in cases {
        let found = client.ask("eth_getLogs", json!([query]));
        assert_eq!(blocks(&found), expected, "{query}");
    }
    let hash = client.ask("eth_getBlockByNumber", json!(["0x5", false]))["hash"].clone();
    let found = client.ask("eth_getLogs", json!([{ "blockHash": hash }]));
    assert_eq!(blocks(&found), [5]);
    for query in [
        json!({ "blockHash": hash, "fromBlock": "0x1" }),
        json!({ "fromBlock": "0x5", "toBlock": "0x4" }),
        json!({ "topics": [null, null, null, null, null] }),
        json!({ "address": "0x12" }),
        json!([]),
    ] {
        assert_eq!(
            client.refused("eth_getLogs", json!([query])).code,
            -32_602,
            "{query}"
        );
    }
}

#[test]
fn a_log_says_where_it_is_from_and_the_bloom_knows_it() {
    let (mut client, one, _) = recorded();
    let block = client.ask("eth_getBlockByNumber", json!(["0x3", false]));
    let log = client.ask(
        "eth_getLogs",
        json!([{ "fromBlock": "0x3", "toBlock": "0x3" }]),
    )[0]
    .take();
    let receipt = client.ask(
        "eth_getTransactionReceipt",
        json!([block["transactions"][0]]),
    );
    assert_eq!(receipt["logs"][0], log);
    assert_eq!(log["blockHash"], block["hash"]);
    assert_eq!(log["topics"], json!([topic(1)]));
    let bloom: alloy_primitives::Bloom = block["logsBloom"].as_str().unwrap().parse().unwrap();
    assert!(bloom.contains_input(alloy_primitives::BloomInput::Raw(one.as_slice())));
}

#[test]
fn filters_report_what_is_new() {
    let (mut client, one, two) = recorded();
    let logs = client.ask(
        "eth_newFilter",
        json!([{ "address": two, "fromBlock": "0x0" }]),
    );
    let blocks_seen = client.ask("eth_newBlockFilter", json!([]));
    let hashes = client.ask("eth_newPendingTransactionFilter", json!([]));
    assert_eq!(client.ask("eth_getFilterChanges", json!([logs])), json!([]));
    client.transact(Some(one), &word(8));
    let receipt = client.transact(Some(two), &word(9));
    assert_eq!(
        blocks(&client.ask("eth_getFilterChanges", json!([logs]))),
        [8]
    );
    assert_eq!(client.ask("eth_getFilterChanges", json!([logs])), json!([]));
    assert_eq!(
        blocks(&client.ask("eth_getFilterLogs", json!([logs]))),
        [6, 8]
    );
    let new = client.ask("eth_getFilterChanges", json!([blocks_seen]));
    assert_eq!(new.as_array().unwrap().len(), 2);
    let new = client.ask("eth_getFilterChanges", json!([hashes]));
    assert_eq!(new[1], receipt["transactionHash"]);
    assert_eq!(client.ask("eth_uninstallFilter", json!([logs])), true);
    assert_eq!(client.ask("eth_uninstallFilter", json!([logs])), false);
    assert_eq!(
        client
            .refused("eth_getFilterChanges", json!([logs]))
            .message,
        "filter not found"
    );
}

#[test]
fn a_filter_survives_going_back() {
    let (mut client, one, _) = recorded();
    let snapshot = client.ask("evm_snapshot", json!([]));
    client.transact(Some(one), &word(8));
    let filter = client.ask("eth_newFilter", json!([{}]));
    client.ask("evm_revert", json!([snapshot]));
    client.transact(Some(one), &word(9));
    let new = client.ask("eth_getFilterChanges", json!([filter]));
    assert_eq!(new[0]["topics"], json!([topic(9)]));
}
