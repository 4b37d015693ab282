//! Contracts in Solidity that tests bring along, compiled by the `solc` package.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use devchain::artifacts::node_modules;
use devchain::primitives::{Bytes, hex};
use serde_json::{Value, json};

/// Compiles every `.sol` file of a directory: init code by the contract's name.
///
/// # Panics
/// When a file does not compile, or the compiler is not installed (`npm ci`).
#[must_use]
pub fn compile(directory: &Path) -> BTreeMap<String, Bytes> {
    let output = solc(&input(directory));
    for error in output["errors"].as_array().into_iter().flatten() {
        assert!(error["severity"] != "error", "{}", error["formattedMessage"]);
    }
    let files = output["contracts"].as_object().expect("compiled files");
    let contracts = files.values().filter_map(Value::as_object).flatten();
    contracts
        .map(|(name, contract)| {
            let code = contract["evm"]["bytecode"]["object"].as_str().expect("bytecode");
            (name.clone(), hex::decode(code).expect("hexadecimal digits").into())
        })
        .collect()
}

/// The sources of a directory as the compiler's standard input.
fn input(directory: &Path) -> Value {
    let mut sources = serde_json::Map::new();
    for entry in fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display())) {
        let path = entry.expect("a directory entry").path();
        if path.extension().is_some_and(|extension| extension == "sol") {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            let content = fs::read_to_string(&path).expect("text");
            sources.insert(name, json!({ "content": content }));
        }
    }
    json!({
        "language": "Solidity",
        "sources": sources,
        "settings": {
            "evmVersion": "cancun",
            "optimizer": { "enabled": true },
            "outputSelection": { "*": { "*": ["evm.bytecode.object"] } },
        },
    })
}

fn solc(input: &Value) -> Value {
    let mut child = Command::new(node_modules().join(".bin/solcjs"))
        .arg("--standard-json")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("solcjs is installed: npm ci");
    child.stdin.take().expect("piped").write_all(input.to_string().as_bytes()).expect("solcjs reads");
    let output = child.wait_with_output().expect("solcjs ends");
    let text = String::from_utf8(output.stdout).expect("text");
    // The compiler speaks before it prints JSON.
    let start = text.find('{').expect("JSON");
    serde_json::from_str(&text[start..]).expect("JSON")
}
