//! Prints how long requests take, JSON in to JSON out without HTTP, how long a large program takes at first and later, and how much memory a
//! block keeps: `cargo run --release -p devnode --example latency [PROGRAM.wasm]` (the vault, if scripts/build has built it).

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use alloy_consensus::TxEip1559;
use alloy_primitives::{Address, TxKind, U256};
use devchain::{
    Chain, Config, Tx,
    market::Weth,
    rules::{Params, code},
};
use devnode::{
    accounts,
    node::{Node, SignedTx},
    options::NodeOptions,
};
use serde_json::{Value, json};

const RUNS: u32 = 5_000;

fn main() {
    let mut node = Node::new(&NodeOptions::default()).expect("a node");
    requests(&mut node);
    let default = PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../target/vault.wasm"
    ));
    let file = std::env::args_os().nth(1).map_or(default, PathBuf::from);
    match std::fs::read(&file) {
        Ok(wasm) => program(&wasm),
        Err(error) => println!("{}: {error}", file.display()),
    }
    memory(&mut node);
}

fn ask(node: &mut Node, method: &str, params: Value) -> Value {
    let request = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
    let answer = node
        .handle(request.to_string().as_bytes())
        .expect("an answer");
    let answer: Value = serde_json::from_slice(&answer).expect("JSON");
    assert!(answer.get("error").is_none(), "{method}: {answer}");
    answer["result"].clone()
}

fn send(node: &mut Node, nonce: u64, to: Option<Address>, data: &[u8]) -> Value {
    send_wei(node, nonce, to, data, 0)
}

fn send_wei(node: &mut Node, nonce: u64, to: Option<Address>, data: &[u8], wei: u64) -> Value {
    let body = TxEip1559 {
        chain_id: 412_346,
        nonce,
        gas_limit: 30_000_000,
        max_fee_per_gas: 1_000_000_000,
        to: to.map_or(TxKind::Create, TxKind::Call),
        input: data.to_vec().into(),
        value: U256::from(wei),
        ..TxEip1559::default()
    };
    let tx = SignedTx::sign(body.into(), &accounts::all()[0]).expect("a signature");
    ask(node, "eth_sendRawTransaction", json!([tx.raw()]))
}

fn requests(node: &mut Node) {
    let code = devchain::artifacts::init_code(devchain::artifacts::Artifact::Weth9)
        .expect("scripts/setup has run");
    let hash = send(node, 0, None, &code);
    let weth = ask(node, "eth_getTransactionReceipt", json!([hash]))["contractAddress"].clone();
    let data = format!("0x70a08231{:0>64}", "1");
    let call = json!([{ "to": weth, "data": data }, "latest"]);
    print(
        "eth_call of WETH9's balanceOf",
        average(|| ask(node, "eth_call", call.clone())),
    );
    print(
        "eth_blockNumber",
        average(|| ask(node, "eth_blockNumber", json!([]))),
    );
    let mut nonce = 1;
    let transfer = average(|| {
        nonce += 1;
        send(node, nonce - 1, Some(Address::with_last_byte(1)), &[])
    });
    print("a transfer signed, sent and mined", transfer);
}

/// The program called first when nothing of it is compiled, and then again.
fn program(wasm: &[u8]) {
    let config = Config {
        stylus: Params::arbos_60(),
        ..Config::default()
    };
    let mut chain = Chain::new(config);
    let alice = Address::with_last_byte(0xA1);
    chain.fund(alice, U256::from(10).pow(U256::from(24)));
    Weth::deploy(&mut chain).expect("scripts/setup has run");
    let start = Instant::now();
    let deployed = chain.deploy_stylus(alice, wasm).expect("a valid program");
    let figures = format!(
        "deploying {} bytes of WASM in {} of code",
        wasm.len(),
        deployed.code_size
    );
    print(&figures, start.elapsed());
    // So many others that it is forgotten.
    for n in 0..devchain::limits::MODULES_MAX {
        let other = format!(
            r#"(module (memory (export "memory") 1 1) (func (export "user_entrypoint") (param i32) (result i32) (i32.const {n})))"#
        );
        let other = wat::parse_str(other).expect("valid text");
        chain.deploy_stylus(alice, &other).expect("deploys");
    }
    let call = Tx::call(alice, deployed.address, code::FRAGMENT_PREFIX);
    let compiled = chain.compilations();
    let start = Instant::now();
    let _ = chain.call(call.clone());
    print("its first call, compilation included", start.elapsed());
    print("its later calls", average(|| chain.call(call.clone())));
    let compiled = chain.compilations() - compiled;
    assert_eq!(compiled, 1, "compiled once");
    println!("           compilations for {} calls: {compiled}", RUNS + 1);
}

/// Resident memory per block, once the history is full and before.
fn memory(node: &mut Node) {
    let blocks = |count: u64, node: &mut Node| {
        let before = resident();
        let nonce = ask(
            node,
            "eth_getTransactionCount",
            json!([accounts::all()[0].address]),
        );
        let nonce = nonce.as_str().unwrap_or_default().trim_start_matches("0x");
        let first = u64::from_str_radix(nonce, 16).expect("a number");
        for nonce in first..first + count {
            // Each to an account of its own, so that the state grows.
            let to = Address::left_padding_from(&(1_000_000 + nonce).to_be_bytes());
            send_wei(node, nonce, Some(to), &[], 1);
        }
        (before, resident())
    };
    let (before, after) = blocks(20_000, node);
    println!(
        "{before:>8} KiB  resident after {RUNS} transactions (a history of 1024 blocks is full)"
    );
    println!("{after:>8} KiB  after 20000 more, to as many accounts");
}

/// KiB, as Linux tells it; 0 elsewhere.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().nth(1));
    number.and_then(|number| number.parse().ok()).unwrap_or(0)
}

fn average<T>(mut run: impl FnMut() -> T) -> Duration {
    let start = Instant::now();
    for _ in 0..RUNS {
        std::hint::black_box(run());
    }
    start.elapsed() / RUNS
}

fn print(what: &str, time: Duration) {
    println!("{:>8.1} µs   {what}", time.as_secs_f64() * 1e6);
}
