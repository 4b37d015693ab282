//! Moving the chain by hand.

use alloy_primitives::hex;
use serde_json::json;

use crate::support::*;

#[test]
fn a_snapshot_brings_everything_back_once() {
    let mut client = Client::new();
    let contract = client.deploy(&recorder());
    client.transact(Some(contract), &word(1));
    let time = client.number("eth_call", json!([{ "to": contract }, "latest"]));
    let snapshot = client.ask("evm_snapshot", json!([]));
    client.ask("evm_increaseTime", json!([1_000_000]));
    let gone = client.transact(Some(contract), &word(2));
    assert_eq!(client.ask("evm_revert", json!([snapshot])), true);
    assert_eq!(client.number("eth_blockNumber", json!([])), 2);
    assert_eq!(client.number("eth_call", json!([{ "to": contract }])), time);
    let hash = &gone["transactionHash"];
    assert_eq!(
        client.ask("eth_getTransactionReceipt", json!([hash])),
        json!(null)
    );
    let latest = client.ask("eth_getBlockByNumber", json!(["pending", false]));
    assert!(number(&latest["timestamp"]) < START + 1_000);
    assert_eq!(
        client.ask("evm_revert", json!([snapshot])),
        false,
        "it is used up"
    );
    // The same transaction may come again.
    let again = client.transact(Some(contract), &word(2));
    assert_eq!(again["status"], "0x1");
}

#[test]
fn time_jumps_and_can_be_set() {
    let mut client = Client::new();
    let time = |client: &mut Client| {
        let block = client.ask("eth_getBlockByNumber", json!(["latest", false]));
        number(&block["timestamp"])
    };
    let start = time(&mut client);
    assert!((START..START + 60).contains(&start));
    client.ask("evm_increaseTime", json!(["0xe10"]));
    client.ask("evm_mine", json!([]));
    let later = time(&mut client);
    assert!((start + 3_600..start + 3_660).contains(&later));
    client.ask("evm_setNextBlockTimestamp", json!([START + 90_000]));
    client.transact(Some(account(1)), &[]);
    assert_eq!(time(&mut client), START + 90_000);
    client.ask("evm_mine", json!([START + 95_000]));
    assert_eq!(time(&mut client), START + 95_000);
    client.ask("anvil_mine", json!(["0x3", "0x64"]));
    assert_eq!(client.number("eth_blockNumber", json!([])), 6);
    assert!((START + 95_200..START + 95_260).contains(&time(&mut client)));
    let fault = client.refused("evm_setNextBlockTimestamp", json!([START]));
    assert!(fault.message.contains("lower than previous"), "{fault:?}");
    client.refused("evm_increaseTime", json!(["0xffffffffffffffff"]));
    client.refused("anvil_mine", json!(["0xffffffff"]));
    // What a contract sees is the block's.
    let clock = client.deploy(&init_code(&hex!("42" "5f52" "60205ff3")));
    assert_eq!(
        client.number("eth_call", json!([{ "to": clock }])),
        time(&mut client)
    );
}

#[test]
fn accounts_are_set_under_every_tools_name() {
    let mut client = Client::new();
    let who = account(5);
    for family in ["anvil", "hardhat", "tenderly"] {
        client.ask(&format!("{family}_setBalance"), json!([who, "0x64"]));
        assert_eq!(client.number("eth_getBalance", json!([who])), 100);
    }
    client.ask("hardhat_setCode", json!([who, "0x5f5ffd"]));
    assert_eq!(
        client.ask("eth_getCode", json!([who, "latest"])),
        "0x5f5ffd"
    );
    client.ask("anvil_setNonce", json!([who, "0x9"]));
    assert_eq!(client.number("eth_getTransactionCount", json!([who])), 9);
    assert_eq!(
        client.refused("anvil_setNonce", json!([who, "0x1"])).code,
        -32_602
    );
    client.ask(
        "anvil_setStorageAt",
        json!([who, "0x2", format!("0x{:064x}", 7)]),
    );
    assert_eq!(
        client.number("eth_getStorageAt", json!([who, "0x2", "latest"])),
        7
    );
    assert_eq!(client.ask("evm_setAutomine", json!([true])), true);
    client.refused("evm_setAutomine", json!([false]));
}
