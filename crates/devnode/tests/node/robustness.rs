//! Whatever comes in, an answer goes out: random and mutated requests, random and mutated transactions. Seeds are fixed, and a run takes
//! seconds; `DEVNODE_FUZZ` multiplies the rounds.

use fastrand::Rng;
use serde_json::{Value, json};

use crate::support::*;

const METHODS: &[&str] = &[
    "eth_call",
    "eth_estimateGas",
    "eth_getLogs",
    "eth_newFilter",
    "eth_getFilterChanges",
    "eth_feeHistory",
    "eth_getBlockByNumber",
    "eth_getBlockByHash",
    "eth_getStorageAt",
    "eth_getBalance",
    "eth_getCode",
    "eth_getTransactionCount",
    "eth_getTransactionByHash",
    "eth_sendTransaction",
    "eth_sendRawTransaction",
    "eth_signTransaction",
    "personal_sign",
    "eth_signTypedData_v4",
    "debug_traceCall",
    "debug_traceTransaction",
    "evm_snapshot",
    "evm_revert",
    "evm_increaseTime",
    "evm_setNextBlockTimestamp",
    "evm_mine",
    "evm_setTime",
    "anvil_mine",
    "anvil_setBalance",
    "anvil_setCode",
    "anvil_setStorageAt",
    "anvil_setNonce",
    "anvil_impersonateAccount",
    "anvil_setNextBlockBaseFeePerGas",
    "eth_getBlockReceipts",
    "eth_getTransactionByBlockNumberAndIndex",
    "web3_sha3",
    "txpool_content",
    "eth_uninstallFilter",
    "eth_getFilterLogs",
];

fn rounds(base: usize) -> usize {
    let factor = std::env::var("DEVNODE_FUZZ")
        .ok()
        .and_then(|n| n.parse().ok());
    base * factor.unwrap_or(1)
}

/// Values at the edges of what parameters can be.
fn leaf(rng: &mut Rng) -> Value {
    let word = format!("0x{}", "ff".repeat(32));
    match rng.u8(0..22) {
        0 => Value::Null,
        1 => json!(true),
        2 => json!(rng.i64(..)),
        3 => json!(u64::MAX),
        4 => json!(-1),
        5 => json!(1e300),
        6 => json!(""),
        7 => json!("0x"),
        8 => json!("latest"),
        9 => json!("pending"),
        10 => json!("earliest"),
        11 => json!(format!("{:#x}", rng.u64(0..20))),
        12 => json!(format!("{:#x}", rng.u64(..))),
        13 => json!(word),
        14 => json!(format!("{word}00")),
        15 => json!(account(rng.usize(0..10))),
        16 => json!(format!("0x{:040x}", rng.u8(..))),
        17 => json!("0x5b5f56"),
        18 => json!("0xé"),
        19 => json!(recorder()),
        20 => json!({ "tracer": "callTracer" }),
        _ => json!(rng.u64(0..100)),
    }
}

fn value(rng: &mut Rng, depth: usize) -> Value {
    const KEYS: &[&str] = &[
        "from",
        "to",
        "data",
        "input",
        "value",
        "gas",
        "gasPrice",
        "maxFeePerGas",
        "maxPriorityFeePerGas",
        "nonce",
        "accessList",
        "address",
        "topics",
        "fromBlock",
        "toBlock",
        "blockHash",
        "blockNumber",
        "state",
        "stateDiff",
        "balance",
        "code",
        "storageKeys",
        "tracer",
        "tracerConfig",
        "blocks",
        "timestamp",
        "time",
        "0x0000000000000000000000000000000000000001",
    ];
    if depth == 0 {
        return leaf(rng);
    }
    match rng.u8(0..6) {
        0 => (0..rng.usize(0..4))
            .map(|_| value(rng, depth - 1))
            .collect(),
        1..=2 => {
            let fields = (0..rng.usize(0..6)).map(|_| {
                (
                    KEYS[rng.usize(0..KEYS.len())].to_owned(),
                    value(rng, depth - 1),
                )
            });
            Value::Object(fields.collect())
        }
        _ => leaf(rng),
    }
}

/// Every request with an id has exactly one of a result and an error, and no error is the node's own fault.
fn check(client: &mut Client, body: &[u8]) {
    let Some(answer) = client.node.handle(body) else {
        return;
    };
    let answer: Value = serde_json::from_slice(&answer).expect("an answer is JSON");
    let answers = answer.as_array().cloned().unwrap_or_else(|| vec![answer]);
    for answer in answers {
        let text = String::from_utf8_lossy(body);
        assert_ne!(
            answer.get("result").is_some(),
            answer.get("error").is_some(),
            "{text}: {answer}"
        );
        assert_ne!(
            answer["error"]["code"], -32_603,
            "a fault of the node's: {text}"
        );
    }
}

fn fresh() -> Client {
    let mut client = Client::new();
    client.deploy(&recorder());
    client
}

#[test]
fn random_parameters_get_an_answer() {
    let mut rng = Rng::with_seed(0x5EED);
    let mut client = fresh();
    for round in 0..rounds(20_000) {
        if round % 2_000 == 0 {
            client = fresh();
        }
        let method = METHODS[rng.usize(0..METHODS.len())];
        let params: Vec<Value> = (0..rng.usize(0..5)).map(|_| value(&mut rng, 3)).collect();
        // Not so many empty blocks that the run takes long.
        if method == "anvil_mine" && rng.u8(..) > 10 {
            continue;
        }
        let request = json!({ "jsonrpc": "2.0", "id": round, "method": method, "params": params });
        check(&mut client, request.to_string().as_bytes());
    }
    assert!(
        client.try_ask("eth_chainId", json!([])).is_ok(),
        "it still answers"
    );
}

#[test]
fn mutated_text_gets_an_answer() {
    let mut rng = Rng::with_seed(0xB17E);
    let mut client = fresh();
    let seeds = [
        json!({ "jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": [{ "to": account(1), "data": "0x12345678" }, "latest"] }),
        json!([{ "jsonrpc": "2.0", "id": "x", "method": "eth_getLogs", "params": [{ "fromBlock": "0x0", "topics": [[null], null] }] }]),
        json!({ "jsonrpc": "2.0", "id": null, "method": "eth_getBlockByNumber", "params": ["0x1", true] }),
        json!({ "jsonrpc": "2.0", "id": 2, "method": "eth_signTypedData_v4", "params": [account(1), {
            "types": { "A": [{ "name": "x", "type": "uint256[2][]" }, { "name": "b", "type": "B[]" }], "B": [{ "name": "s", "type": "string" }] },
            "primaryType": "A", "domain": { "chainId": 1 }, "message": { "x": [[1, "0x2"]], "b": [{ "s": "t" }] } }] }),
    ];
    let seeds: Vec<Vec<u8>> = seeds
        .iter()
        .map(|seed| seed.to_string().into_bytes())
        .collect();
    for _ in 0..rounds(30_000) {
        let mut body = seeds[rng.usize(0..seeds.len())].clone();
        for _ in 0..rng.usize(1..6) {
            mutate(&mut rng, &mut body);
        }
        check(&mut client, &body);
    }
    let deep = "[".repeat(100_000);
    check(&mut client, deep.as_bytes());
    check(&mut client, &[0xFF, 0xFE, 0x00]);
    let many = format!("[{}]", vec!["1"; 2_000].join(","));
    check(&mut client, many.as_bytes());
}

fn mutate(rng: &mut Rng, body: &mut Vec<u8>) {
    if body.is_empty() {
        return body.push(rng.u8(..));
    }
    let at = rng.usize(0..body.len());
    match rng.u8(0..5) {
        0 => body[at] = rng.u8(..),
        1 => body[at] ^= 1 << rng.u8(0..8),
        2 => drop(body.remove(at)),
        3 => body.insert(at, b"\"{}[],:0x\\"[rng.usize(0..10)]),
        _ => body.truncate(at),
    }
}

#[test]
fn mutated_transactions_are_taken_or_refused() {
    let mut rng = Rng::with_seed(0x7A);
    let mut client = fresh();
    let slot = (account(1), alloy_primitives::U256::ZERO);
    let seeds = [
        sign(0, legacy(1, account(1), 5)).raw(),
        sign(0, eip2930(1, account(1), &[slot])).raw(),
        sign(0, eip1559(1, Some(account(1)), 7, &[1, 2, 3])).raw(),
        sign(0, eip1559(3, None, 0, &recorder())).raw(),
    ];
    let before = client.number("eth_blockNumber", json!([]));
    let mut taken = 0;
    for round in 0..rounds(10_000) {
        let mut raw = seeds[rng.usize(0..seeds.len())].to_vec();
        for _ in 0..rng.usize(0..4) {
            mutate(&mut rng, &mut raw);
        }
        let raw = alloy_primitives::Bytes::from(raw);
        let request = json!({ "jsonrpc": "2.0", "id": round, "method": "eth_sendRawTransaction", "params": [raw] });
        check(&mut client, request.to_string().as_bytes());
        // One sender's nonce does not move by another's transaction.
        taken = client.number("eth_blockNumber", json!([])) - before;
    }
    assert!(taken >= 1, "those without a mutation run");
    assert!(number(&client.ask("txpool_status", json!([]))["queued"]) <= 1_024);
}

#[test]
fn random_fields_never_get_past_the_pools_checks_wrongly() {
    let mut rng = Rng::with_seed(0xF00);
    let mut client = fresh();
    for _ in 0..rounds(3_000) {
        let sender = rng.usize(0..10);
        let next = client.number("eth_getTransactionCount", json!([account(sender)]));
        let edge = |rng: &mut Rng| {
            *[
                0,
                1,
                20_999,
                21_000,
                53_000,
                32_000_000,
                1 << 50,
                (1 << 50) + 1,
                u64::MAX,
            ]
            .get(rng.usize(0..9))
            .unwrap()
        };
        let body = alloy_consensus::TxEip1559 {
            nonce: if rng.bool() {
                next
            } else {
                next.wrapping_add(edge(&mut rng))
            },
            gas_limit: edge(&mut rng),
            max_fee_per_gas: if rng.bool() {
                GWEI
            } else {
                u128::from(edge(&mut rng)) << rng.u32(0..64)
            },
            max_priority_fee_per_gas: u128::from(edge(&mut rng)),
            value: alloy_primitives::U256::from(edge(&mut rng)) << rng.usize(0..200),
            ..eip1559(next, rng.bool().then(|| account(1)), 0, &[])
        };
        let before = client.node.state(Default::default()).unwrap();
        let tx = sign(sender, body.clone());
        let mined = client.send(&tx).is_ok() && body.nonce == next;
        let after = client.node.state(Default::default()).unwrap();
        let nonce = after.nonce(account(sender));
        assert!(nonce >= before.nonce(account(sender)));
        if mined {
            assert!(nonce > next);
            assert!(body.max_fee_per_gas >= before.base_fee());
            assert!(body.gas_limit >= 21_000);
        } else {
            assert_eq!(before.state_hash(), after.state_hash(), "{body:?}");
        }
    }
}
