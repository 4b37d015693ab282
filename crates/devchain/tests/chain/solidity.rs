//! Test contracts in Solidity, compiled by the `solc` package.

use std::{
    process::Command,
    sync::{Mutex, OnceLock},
};

use devchain::{
    Chain,
    artifacts::node_modules,
    primitives::{Address, Bytes, hex},
    sol_types::{SolCall, sol},
};

use crate::support::ALICE;

sol! {
    interface Relay {
        function forward(address to, bytes data, bool fail) external returns (bytes);
        function attempt(address to, bytes data) external returns (bool ok, bytes data);
        function look(address to, bytes data) external view returns (bool ok, bytes data);
        function delegate(address to, bytes data) external payable returns (bool ok, bytes data);
    }
}

/// Init code of a contract in `tests/contracts`.
pub fn init_code(name: &str) -> Bytes {
    static COMPILED: OnceLock<Mutex<String>> = OnceLock::new();
    let compiled = COMPILED.get_or_init(|| {
        let here = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/contracts");
        let run = Command::new("node")
            .arg(format!("{here}/compile.js"))
            .arg(node_modules())
            .output()
            .expect("node runs");
        assert!(
            run.status.success(),
            "{}",
            String::from_utf8_lossy(&run.stderr)
        );
        Mutex::new(String::from_utf8(run.stdout).expect("text"))
    });
    let compiled = compiled.lock().expect("not poisoned");
    let prefix = format!("{name} ");
    let line = compiled.lines().find_map(|line| line.strip_prefix(&prefix));
    hex::decode(line.expect("compiled")).expect("hex").into()
}

pub fn deploy(chain: &mut Chain, name: &str) -> Address {
    chain.deploy(ALICE, init_code(name)).expect("deploys")
}

/// Makes a relay call another contract, and then perhaps revert.
pub fn forward(to: Address, data: &[u8], fail: bool) -> Vec<u8> {
    let data = Bytes::copy_from_slice(data);
    Relay::forwardCall { to, data, fail }.abi_encode()
}

/// Makes a relay call another contract and catch a revert.
pub fn attempt(to: Address, data: &[u8]) -> Vec<u8> {
    let data = Bytes::copy_from_slice(data);
    Relay::attemptCall { to, data }.abi_encode()
}

/// What [`attempt`] returned.
pub fn attempted(output: &[u8]) -> (bool, Bytes) {
    let returned = Relay::attemptCall::abi_decode_returns(output).expect("decodes");
    (returned.ok, returned.data)
}

/// Makes a relay run another contract's code as its own.
pub fn delegate(to: Address, data: &[u8]) -> Vec<u8> {
    let data = Bytes::copy_from_slice(data);
    Relay::delegateCall { to, data }.abi_encode()
}

/// Makes a relay call another contract statically.
pub fn look(to: Address, data: &[u8]) -> Vec<u8> {
    let data = Bytes::copy_from_slice(data);
    Relay::lookCall { to, data }.abi_encode()
}
