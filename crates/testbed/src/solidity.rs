//! Contracts in Solidity that tests bring along, compiled by the `solc` package.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use devchain::artifacts::node_modules;
use devchain::primitives::{Bytes, hex, keccak256};
use serde_json::{Value, json};

/// Compiles every `.sol` file of a directory: init code by the contract's name.
///
/// # Panics
/// When a file does not compile, or the compiler is not installed (`npm ci`).
#[must_use]
pub fn compile(directory: &Path) -> BTreeMap<String, Bytes> {
    contracts(&solc(&input(directory)))
}

/// [`compile`], but once for the same sources: what the compiler said is kept in another directory. The compiler takes seconds, and every test is a
/// process of its own.
///
/// # Panics
/// As [`compile`], or when that directory cannot be written to.
#[must_use]
pub fn compile_once(directory: &Path, kept: &Path) -> BTreeMap<String, Bytes> {
    compile_input_once(&input(directory), kept)
}

/// [`compile_once`] of anything: the compiler's standard JSON, which has to ask for `evm.bytecode.object`.
///
/// # Panics
/// As [`compile_once`].
#[must_use]
pub fn compile_input_once(input: &Value, kept: &Path) -> BTreeMap<String, Bytes> {
    let path = kept.join(format!("solc-{:x}.json", keccak256(input.to_string())));
    if let Some(output) = fs::read(&path)
        .ok()
        .and_then(|text| serde_json::from_slice(&text).ok())
    {
        return contracts(&output);
    }
    let output = solc(input);
    // Renamed into place, so that nobody reads half of it.
    let part = kept.join(format!("solc-{}.part", std::process::id()));
    fs::create_dir_all(kept).expect("a directory");
    fs::write(&part, output.to_string()).expect("a writable directory");
    fs::rename(&part, &path).expect("a writable directory");
    contracts(&output)
}

/// [`compile_once`] with every optimisation the compiler has, of sources that import a package: a path that begins with `prefix` is read from the
/// directory `package`, and so is what it imports in turn.
///
/// # Panics
/// As [`compile_once`], or when something imported is missing.
#[must_use]
pub fn compile_importing_once(
    directory: &Path,
    prefix: &str,
    package: &Path,
    kept: &Path,
) -> BTreeMap<String, Bytes> {
    let mut input = input(directory);
    let sources = input["sources"].as_object_mut().expect("sources");
    let mut wanted: Vec<String> = sources
        .iter()
        .flat_map(|(name, source)| imports(name, source["content"].as_str().unwrap_or_default()))
        .collect();
    while let Some(name) = wanted.pop() {
        if sources.contains_key(&name) {
            continue;
        }
        let inside = name
            .strip_prefix(prefix)
            .unwrap_or_else(|| panic!("{name} is not of {prefix}"));
        let path = package.join(inside);
        let content = fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}; npm ci", path.display()));
        wanted.extend(imports(&name, &content));
        sources.insert(name, json!({ "content": content }));
    }
    input["settings"]["viaIR"] = json!(true);
    input["settings"]["optimizer"] = json!({ "enabled": true, "runs": 1_000_000 });
    compile_input_once(&input, kept)
}

/// The names of what a source imports, relative paths resolved.
fn imports(name: &str, content: &str) -> Vec<String> {
    let statements = content
        .split("\nimport ")
        .skip(1)
        .filter_map(|rest| rest.split(';').next());
    let paths = statements.filter_map(|statement| statement.split('"').nth(1));
    paths
        .map(|path| {
            if !path.starts_with('.') {
                return path.to_owned();
            }
            let mut parts: Vec<&str> = name.split('/').collect();
            parts.pop();
            for part in path.split('/') {
                match part {
                    "." => {}
                    ".." => drop(parts.pop()),
                    part => parts.push(part),
                }
            }
            parts.join("/")
        })
        .collect()
}

/// Init code by name, from what the compiler said.
fn contracts(output: &Value) -> BTreeMap<String, Bytes> {
    for error in output["errors"].as_array().into_iter().flatten() {
        assert!(
            error["severity"] != "error",
            "{}",
            error["formattedMessage"]
        );
    }
    let files = output["contracts"].as_object().expect("compiled files");
    let contracts = files.values().filter_map(Value::as_object).flatten();
    contracts
        .map(|(name, contract)| {
            let code = contract["evm"]["bytecode"]["object"]
                .as_str()
                .expect("bytecode");
            (
                name.clone(),
                hex::decode(code).expect("hexadecimal digits").into(),
            )
        })
        .collect()
}

/// The sources of a directory as the compiler's standard input.
fn input(directory: &Path) -> Value {
    let mut sources = serde_json::Map::new();
    for entry in
        fs::read_dir(directory).unwrap_or_else(|error| panic!("{}: {error}", directory.display()))
    {
        let path = entry.expect("a directory entry").path();
        if path.extension().is_some_and(|extension| extension == "sol") {
            let name = path
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
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
    // From a file: of a pipe, Node reads only what is there at once.
    let path = std::env::temp_dir().join(format!(
        "solc-{}-{:x}.json",
        std::process::id(),
        keccak256(input.to_string())
    ));
    fs::write(&path, input.to_string()).expect("room for the compiler's input");
    let output = Command::new(node_modules().join(".bin/solcjs"))
        .arg("--standard-json")
        .stdin(fs::File::open(&path).expect("what was written"))
        .stderr(Stdio::null())
        .output()
        .expect("solcjs is installed: npm ci");
    fs::remove_file(&path).expect("what was written");
    let text = String::from_utf8(output.stdout).expect("text");
    // The compiler speaks before it prints JSON.
    let start = text.find('{').expect("JSON");
    serde_json::from_str(&text[start..]).expect("JSON")
}
