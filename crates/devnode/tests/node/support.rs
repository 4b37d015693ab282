//! A node and short words for asking it.

use alloy_consensus::{TxEip1559, TxEip2930, TxLegacy, TypedTransaction};
use alloy_primitives::{Address, Bytes, TxKind, U256, hex};
use devnode::{
    accounts,
    node::{Node, SignedTx},
    options::NodeOptions,
};
use serde_json::{Value, json};

pub const GWEI: u128 = 1_000_000_000;
/// A time in 2025.
pub const START: u64 = 1_750_000_000;

/// Init code of a contract that logs its calldata's first word as a topic, stores it, and returns what was stored before. With a value
/// of all ones it reverts with the text "no".
pub fn recorder() -> Bytes {
    let runtime = hex!(
        "5f35" // word
        "8019" "15" "6017" "57" // all ones: jump
        "5f54" "90" // before, word
        "80" "5f55" // store
        "5f5f" "a1" // log1(0, 0, word)
        "5f52" "60205ff3" // return before
        "5b" // revert with Error("no")
        "7f08c379a000000000000000000000000000000000000000000000000000000000" "5f52"
        "6020600452" "6002602452"
        "7f6e6f000000000000000000000000000000000000000000000000000000000000" "604452"
        "60645ffd"
    );
    init_code(&runtime)
}

/// Init code that returns a runtime code of less than 256 bytes.
pub fn init_code(runtime: &[u8]) -> Bytes {
    let len = u8::try_from(runtime.len()).expect("a short program");
    let mut code = vec![0x60, len, 0x80, 0x60, 0x09, 0x5F, 0x39, 0x5F, 0xF3];
    code.extend_from_slice(runtime);
    code.into()
}

pub struct Client {
    pub node: Node,
}

/// An error reply.
#[derive(Debug)]
pub struct Fault {
    pub code: i64,
    pub message: String,
    pub data: Value,
}

impl Client {
    pub fn new() -> Self {
        Self::with(NodeOptions {
            timestamp: Some(START),
            ..NodeOptions::default()
        })
    }

    pub fn with(options: NodeOptions) -> Self {
        let node = Node::new(&options).expect("a node");
        Self { node }
    }

    /// The body of an answer.
    pub fn post(&mut self, body: &str) -> Option<Value> {
        let answer = self.node.handle(body.as_bytes())?;
        Some(serde_json::from_slice(&answer).expect("JSON"))
    }

    pub fn try_ask(&mut self, method: &str, params: Value) -> Result<Value, Fault> {
        let request = json!({ "jsonrpc": "2.0", "id": 7, "method": method, "params": params });
        let mut answer = self.post(&request.to_string()).expect("an answer");
        assert_eq!(answer["id"], 7);
        match answer.get("error") {
            None => Ok(answer["result"].take()),
            Some(error) => Err(Fault {
                code: error["code"].as_i64().expect("a code"),
                message: error["message"].as_str().expect("a message").to_owned(),
                data: error.get("data").cloned().unwrap_or_default(),
            }),
        }
    }

    pub fn ask(&mut self, method: &str, params: Value) -> Value {
        let answer = self.try_ask(method, params);
        answer.unwrap_or_else(|fault| panic!("{method}: {fault:?}"))
    }

    pub fn refused(&mut self, method: &str, params: Value) -> Fault {
        self.try_ask(method, params).expect_err(method)
    }

    pub fn number(&mut self, method: &str, params: Value) -> u64 {
        number(&self.ask(method, params))
    }

    /// Sends a signed transaction; its hash.
    pub fn send(&mut self, tx: &SignedTx) -> Result<Value, Fault> {
        self.try_ask("eth_sendRawTransaction", json!([tx.raw()]))
    }

    /// Sends from the first account; the receipt.
    pub fn transact(&mut self, to: Option<Address>, data: &[u8]) -> Value {
        let nonce = self.number("eth_getTransactionCount", json!([account(0), "latest"]));
        let tx = sign(0, eip1559(nonce, to, 0, data));
        let hash = self.send(&tx).expect("sent");
        self.ask("eth_getTransactionReceipt", json!([hash]))
    }

    /// Deploys from the first account.
    pub fn deploy(&mut self, code: &[u8]) -> Address {
        let receipt = self.transact(None, code);
        assert_eq!(receipt["status"], "0x1", "{receipt}");
        receipt["contractAddress"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap()
    }
}

pub fn number(value: &Value) -> u64 {
    let text = value
        .as_str()
        .unwrap_or_else(|| panic!("{value} is no quantity"));
    u64::from_str_radix(text.strip_prefix("0x").expect("hexadecimal"), 16).expect("a number")
}

pub fn account(index: usize) -> Address {
    accounts::all()[index].address
}

pub fn sign(index: usize, body: impl Into<TypedTransaction>) -> SignedTx {
    SignedTx::sign(body.into(), &accounts::all()[index]).expect("a signature")
}

pub fn eip1559(nonce: u64, to: Option<Address>, wei: u128, data: &[u8]) -> TxEip1559 {
    TxEip1559 {
        chain_id: 412_346,
        nonce,
        gas_limit: 3_000_000,
        max_fee_per_gas: GWEI,
        max_priority_fee_per_gas: 0,
        to: to.map_or(TxKind::Create, TxKind::Call),
        value: U256::from(wei),
        access_list: Default::default(),
        input: Bytes::copy_from_slice(data),
    }
}

pub fn eip2930(nonce: u64, to: Address, slots: &[(Address, U256)]) -> TxEip2930 {
    let items = slots
        .iter()
        .map(|(address, slot)| alloy_eips::eip2930::AccessListItem {
            address: *address,
            storage_keys: vec![(*slot).into()],
        });
    TxEip2930 {
        chain_id: 412_346,
        nonce,
        gas_price: GWEI,
        gas_limit: 3_000_000,
        to: TxKind::Call(to),
        access_list: alloy_eips::eip2930::AccessList(items.collect()),
        ..TxEip2930::default()
    }
}

pub fn legacy(nonce: u64, to: Address, wei: u128) -> TxLegacy {
    TxLegacy {
        chain_id: Some(412_346),
        nonce,
        gas_price: GWEI,
        gas_limit: 100_000,
        to: TxKind::Call(to),
        value: U256::from(wei),
        input: Bytes::new(),
    }
}

/// A word of calldata.
pub fn word(value: u64) -> [u8; 32] {
    U256::from(value).to_be_bytes()
}
