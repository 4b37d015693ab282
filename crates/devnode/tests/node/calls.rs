//! Calls and estimates.

use alloy_primitives::{Address, U256, hex};
use serde_json::{Value, json};

use crate::support::*;

#[test]
fn a_revert_is_error_3_with_its_data() {
    let mut client = Client::new();
    let contract = client.deploy(&recorder());
    let call = json!([{ "to": contract, "data": format!("0x{}", "ff".repeat(32)) }]);
    for method in ["eth_call", "eth_estimateGas"] {
        let fault = client.refused(method, call.clone());
        assert_eq!(
            (fault.code, fault.message.as_str()),
            (3, "execution reverted: no")
        );
        assert!(fault.data.as_str().unwrap().starts_with("0x08c379a0"));
    }
    // A halt has no data and is another error.
    let invalid = client.deploy(&init_code(&[0xFE]));
    let fault = client.refused("eth_call", json!([{ "to": invalid }]));
    assert_eq!((fault.code, fault.data), (-32_000, Value::Null));
}

#[test]
fn overrides_last_as_long_as_the_call() {
    let mut client = Client::new();
    // balance(this) << 128 | sload(1) + sload(0)
    let code = hex!("4760801b" "600154" "5f54" "01" "17" "5f52" "60205ff3");
    let nowhere = Address::repeat_byte(0x77);
    let code = format!("0x{}", hex::encode(code));
    let call =
        |account: Value| json!([{ "to": nowhere }, "latest", { nowhere.to_string(): account }]);
    let diff = json!({ "code": code, "balance": "0x9", "stateDiff": { "0x0": "0x5", format!("0x{:064x}", 1): "0x7" } });
    let out = client.ask("eth_call", call(diff));
    let expected = (U256::from(9) << 128) + U256::from(12);
    assert_eq!(out.as_str().unwrap().parse::<U256>().unwrap(), expected);
    assert_eq!(
        client.ask("eth_call", json!([{ "to": nowhere }, "latest"])),
        "0x"
    );

    client.ask("anvil_setCode", json!([nowhere, code]));
    client.ask(
        "anvil_setStorageAt",
        json!([nowhere, "0x1", format!("0x{:064x}", 30)]),
    );
    assert_eq!(client.number("eth_call", json!([{ "to": nowhere }])), 30);
    let whole = client.number("eth_call", call(json!({ "state": { "0x0": "0x4" } })));
    assert_eq!(whole, 4, "the whole storage is replaced");
    for bad in [
        json!(7),
        json!({ "state": {}, "stateDiff": {} }),
        json!({ "code": "xyz" }),
    ] {
        assert_eq!(client.refused("eth_call", call(bad)).code, -32_602);
    }
    // The sender of a call may be anybody, with any balance.
    let rich = json!([{ "from": nowhere, "to": account(1), "value": "0xffffffffffffffffffffffff" }, "latest",
        { nowhere.to_string(): { "balance": "0xffffffffffffffffffffffffff" } }]);
    assert_eq!(client.ask("eth_call", rich.clone()), "0x");
    assert_eq!(client.number("eth_estimateGas", rich), 21_000);
}

#[test]
fn the_block_can_be_overridden() {
    let mut client = Client::new();
    let clock = client.deploy(&init_code(&hex!("42" "5f52" "60205ff3")));
    let later = START + 1_000_000;
    let call = json!([{ "to": clock }, "latest", {}, { "time": format!("{later:#x}") }]);
    assert_eq!(client.number("eth_call", call), later);
    assert!(client.number("eth_call", json!([{ "to": clock }])) < later);
}

#[test]
fn an_estimate_is_enough_and_hardly_more() {
    let mut client = Client::new();
    let contract = client.deploy(&recorder());
    let call = json!([{ "from": account(0), "to": contract, "data": format!("0x{:064x}", 5) }]);
    let estimate = client.number("eth_estimateGas", call);
    let receipt = client.transact(Some(contract), &word(5));
    let used = number(&receipt["gasUsed"]);
    assert!(
        (used..used + used / 50).contains(&estimate),
        "{estimate} for {used}"
    );
    assert_eq!(
        client.number("eth_estimateGas", json!([{ "to": account(1) }])),
        21_000
    );

    // Clearing a slot gives gas back only afterwards, so more is needed than is paid.
    let clear = json!([{ "from": account(0), "to": contract, "data": format!("0x{:064x}", 0) }]);
    let estimate = client.number("eth_estimateGas", clear);
    let paid = number(&client.transact(Some(contract), &word(0))["gasUsed"]);
    assert!(estimate > paid + 4_000, "{estimate} for {paid}");

    // To `null`, as cargo-stylus asks, on the pending block.
    let create = json!([{ "from": account(0), "to": null, "data": recorder() }, "pending"]);
    assert!(client.number("eth_estimateGas", create) > 53_000);
    let poor =
        json!([{ "from": Address::repeat_byte(9), "to": account(1), "gasPrice": "0x5f5e100" }]);
    assert_eq!(client.refused("eth_estimateGas", poor).code, -32_000);
}

#[test]
fn a_call_without_end_ends() {
    let mut client = Client::new();
    let forever = client.deploy(&init_code(&hex!("5b5f56")));
    let fault = client.refused("eth_call", json!([{ "to": forever }]));
    assert_eq!(fault.message, "out of gas");
    client.refused("eth_estimateGas", json!([{ "to": forever }]));
}
