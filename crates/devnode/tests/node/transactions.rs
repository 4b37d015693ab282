//! What the pool takes, and what becomes of it.

use alloy_consensus::TxEip1559;
use alloy_primitives::{B256, U256, keccak256};
use devnode::options::NodeOptions;
use serde_json::{Value, json};

use crate::support::*;

#[test]
fn every_kind_of_transaction_runs_and_pays_the_base_fee_alone() {
    let mut client = Client::new();
    let to = account(1);
    let slot = (to, U256::from(1));
    let kinds = [
        (sign(0, legacy(0, to, 5)), "0x0", 21_000),
        (
            sign(0, eip2930(1, to, &[slot])),
            "0x1",
            21_000 + 2_400 + 1_900,
        ),
        (
            sign(
                0,
                TxEip1559 {
                    max_priority_fee_per_gas: GWEI / 2,
                    ..eip1559(2, Some(to), 7, &[])
                },
            ),
            "0x2",
            21_000,
        ),
    ];
    for (tx, kind, gas) in kinds {
        let hash = client.send(&tx).unwrap();
        assert_eq!(hash, json!(keccak256(tx.raw())));
        let receipt = client.ask("eth_getTransactionReceipt", json!([hash]));
        assert_eq!(
            (&receipt["status"], &receipt["type"]),
            (&json!("0x1"), &json!(kind))
        );
        assert_eq!(number(&receipt["gasUsed"]), gas);
        assert_eq!(number(&receipt["effectiveGasPrice"]), 100_000_000);
        let transaction = client.ask("eth_getTransactionByHash", json!([hash]));
        assert_eq!(transaction["blockNumber"], receipt["blockNumber"]);
        assert_eq!(
            client.ask("eth_getRawTransactionByHash", json!([hash])),
            json!(tx.raw())
        );
    }
    let ten_thousand = U256::from(10).pow(U256::from(22));
    let paid = U256::from(100_000_000_u64) * U256::from(3 * 21_000 + 4_300);
    let left = client
        .node
        .state(Default::default())
        .unwrap()
        .balance(account(0));
    assert_eq!(left, ten_thousand - paid - U256::from(12));
}

#[test]
fn what_can_never_run_is_refused_in_words_that_clients_know() {
    let mut client = Client::new();
    let to = Some(account(1));
    let base = || eip1559(0, to, 0, &[]);
    let cases = [
        (
            TxEip1559 {
                chain_id: 1,
                ..base()
            },
            "invalid chain id for signer: have 1 want 412346",
        ),
        (
            TxEip1559 {
                max_fee_per_gas: 1,
                ..base()
            },
            "max fee per gas less than block base fee",
        ),
        (
            TxEip1559 {
                max_priority_fee_per_gas: 2 * GWEI,
                ..base()
            },
            "max priority fee per gas higher than max fee per gas",
        ),
        (
            TxEip1559 {
                gas_limit: 20_999,
                ..base()
            },
            "intrinsic gas too low: have 20999, want 21000",
        ),
        (
            TxEip1559 {
                gas_limit: u64::MAX,
                ..base()
            },
            "exceeds block gas limit",
        ),
        (
            TxEip1559 {
                value: U256::MAX,
                ..base()
            },
            "insufficient funds for gas * price + value",
        ),
        (
            TxEip1559 {
                nonce: u64::MAX,
                ..base()
            },
            "nonce has max value",
        ),
        (
            TxEip1559 {
                input: vec![1; 95_001].into(),
                ..base()
            },
            "oversized data",
        ),
    ];
    for (body, words) in cases {
        let fault = client.send(&sign(0, body)).expect_err(words);
        assert!(
            fault.message.starts_with(words),
            "{} is not {words}",
            fault.message
        );
    }
    let tx = sign(0, base());
    client.send(&tx).unwrap();
    assert_eq!(client.send(&tx).unwrap_err().message, "already known");
    let again = sign(0, eip1559(0, to, 1, &[]));
    let fault = client.send(&again).unwrap_err();
    assert_eq!(fault.message, "nonce too low: next nonce 1, tx nonce 0");
    for raw in ["0x", "0x02", "0x03c0", "0xc0", "0x01f8", "zz"] {
        let fault = client.refused("eth_sendRawTransaction", json!([raw]));
        assert!([-32_000, -32_602].contains(&fault.code), "{fault:?}");
    }
    assert_eq!(client.number("eth_blockNumber", json!([])), 1);
}

#[test]
fn a_later_nonce_waits_for_the_earlier_one() {
    let mut client = Client::new();
    let to = Some(account(1));
    let later = client.send(&sign(0, eip1559(2, to, 2, &[]))).unwrap();
    let middle = client.send(&sign(0, eip1559(1, to, 1, &[]))).unwrap();
    assert_eq!(client.ask("txpool_status", json!([]))["queued"], "0x2");
    let waiting = client.ask("eth_getTransactionByHash", json!([later]));
    assert_eq!(waiting["blockHash"], Value::Null);
    assert_eq!(
        client.ask("eth_getTransactionReceipt", json!([later])),
        Value::Null
    );
    assert_eq!(
        client.number("eth_getTransactionCount", json!([account(0), "pending"])),
        0
    );

    // The same place again has to pay a tenth more.
    let rival = |fee| {
        sign(
            0,
            TxEip1559 {
                max_fee_per_gas: fee,
                ..eip1559(1, to, 9, &[])
            },
        )
    };
    let fault = client.send(&rival(GWEI * 109 / 100)).unwrap_err();
    assert_eq!(fault.message, "replacement transaction underpriced");
    let winner = client.send(&rival(GWEI * 11 / 10)).unwrap();
    assert_eq!(
        client.ask("eth_getTransactionByHash", json!([middle])),
        Value::Null
    );

    client.send(&sign(0, eip1559(0, to, 0, &[]))).unwrap();
    for (hash, block) in [(winner, 2), (later, 3)] {
        let receipt = client.ask("eth_getTransactionReceipt", json!([hash]));
        assert_eq!(number(&receipt["blockNumber"]), block);
    }
    assert_eq!(
        client.number("eth_getTransactionCount", json!([account(0), "pending"])),
        3
    );
}

#[test]
fn the_pool_is_bounded() {
    let mut client = Client::new();
    for nonce in 1..=64 {
        client
            .send(&sign(0, eip1559(nonce, Some(account(1)), 0, &[])))
            .unwrap();
    }
    let fault = client
        .send(&sign(0, eip1559(65, Some(account(1)), 0, &[])))
        .unwrap_err();
    assert_eq!(fault.message, "txpool is full");
    let long = sign(1, eip1559(5, Some(account(1)), 0, &[1; 131_072]));
    let fault = client.send(&long).unwrap_err();
    assert!(fault.message.starts_with("oversized data"), "{fault:?}");
}

#[test]
fn the_node_signs_for_the_public_accounts_and_for_no_other() {
    let mut client = Client::new();
    let transfer = |from| json!([{ "from": from, "to": account(2), "value": "0x1" }]);
    let hash = client.ask("eth_sendTransaction", transfer(account(1)));
    let receipt = client.ask("eth_getTransactionReceipt", json!([hash]));
    assert_eq!(
        (&receipt["from"], &receipt["status"]),
        (&json!(account(1)), &json!("0x1"))
    );
    let stranger = alloy_primitives::Address::repeat_byte(0x11);
    client.ask("anvil_setBalance", json!([stranger, "0xde0b6b3a7640000"]));
    let fault = client.refused("eth_sendTransaction", transfer(stranger));
    assert!(fault.message.contains("no key"), "{fault:?}");
    client.ask("hardhat_impersonateAccount", json!([stranger]));
    let hash = client.ask("eth_sendTransaction", transfer(stranger));
    let sent = client.ask("eth_getTransactionByHash", json!([hash]));
    assert_eq!(sent["from"], json!(stranger));
    client.ask("anvil_stopImpersonatingAccount", json!([stranger]));
    client.refused("eth_sendTransaction", transfer(stranger));

    let signature = client.ask("personal_sign", json!(["0x1234", account(3)]));
    let signature: alloy_primitives::Bytes = signature.as_str().unwrap().parse().unwrap();
    let signature = alloy_primitives::Signature::from_raw(&signature).unwrap();
    assert_eq!(
        signature.recover_address_from_msg([0x12, 0x34]).unwrap(),
        account(3)
    );
}

#[test]
fn a_contract_can_be_impersonated() {
    let mut client = Client::new();
    let contract = client.deploy(&recorder());
    client.ask("anvil_setBalance", json!([contract, "0xde0b6b3a7640000"]));
    client.ask("anvil_impersonateAccount", json!([contract]));
    let hash = client.ask(
        "eth_sendTransaction",
        json!([{ "from": contract, "to": account(1), "value": "0x5" }]),
    );
    assert_eq!(
        client.ask("eth_getTransactionReceipt", json!([hash]))["status"],
        "0x1"
    );
}

#[test]
fn what_fails_is_mined_with_status_zero() {
    let mut client = Client::new();
    let contract = client.deploy(&recorder());
    let receipt = client.transact(Some(contract), &[0xFF; 32]);
    assert_eq!(
        (&receipt["status"], &receipt["logs"]),
        (&json!("0x0"), &json!([]))
    );
    assert_eq!(
        client.number("eth_getTransactionCount", json!([account(0)])),
        2
    );
}

#[test]
fn intrinsic_gas_and_the_fee_for_l1_can_be_switched() {
    let options = NodeOptions {
        intrinsic: false,
        ..NodeOptions::default()
    };
    let receipt = Client::with(options).transact(Some(account(1)), &[1; 100]);
    assert_eq!(number(&receipt["gasUsed"]), 0);
    let options = NodeOptions {
        l1_fee: 1_000_000,
        ..NodeOptions::default()
    };
    let mut client = Client::with(options);
    let random: B256 = keccak256("random");
    let receipt = client.transact(Some(account(1)), random.as_slice());
    let l1 = number(&receipt["gasUsedForL1"]);
    assert!(l1 > 0);
    // Each byte of calldata that is not zero is 16 gas; a hash may hold a zero.
    let calldata: u64 = random
        .iter()
        .map(|byte| if *byte == 0 { 4 } else { 16 })
        .sum();
    assert_eq!(number(&receipt["gasUsed"]), 21_000 + calldata + l1);
}
