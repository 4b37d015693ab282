//! The committed ABI: what the contract prints, what Solidity's compiler makes of it, and what the router answers to.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::{Command, Stdio};

use alloy_json_abi::JsonAbi;
use alloy_sol_types::{SolError, SolInterface};
use covered_call_vault::abi::CONSTRUCTOR;
use covered_call_vault::abi::export::{self, functions as all_functions};
use covered_call_vault::abi::macros::{Declaration, selector};
use covered_call_vault::errors::ERRORS;
use serde_json::{Value, json};

use crate::interface::ICoveredCallVault::*;
use crate::support::{World, carol};

const SOLIDITY: &str = include_str!("../../abi/ICoveredCallVault.sol");
const JSON: &str = include_str!("../../abi/CoveredCallVault.json");
const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Two texts that must be equal; says where they are not, and how to make them.
#[track_caller]
fn same_text(committed: &str, printed: &str, file: &str) {
    let lines = committed.lines().zip(printed.lines()).enumerate();
    if let Some((line, (old, new))) = lines.into_iter().find(|(_, (old, new))| old != new) {
        panic!(
            "{file}:{} says\n{old}\nand the contract\n{new}\nrun scripts/bless if that is meant",
            line + 1
        );
    }
    assert_eq!(
        committed.len(),
        printed.len(),
        "{file} ends elsewhere: run scripts/bless if that is meant"
    );
}

fn abi() -> JsonAbi {
    serde_json::from_str(JSON).expect("the JSON is an ABI")
}

fn signature(declaration: &Declaration) -> String {
    let constructor = abi().constructor.expect("takes a policy");
    let policy = constructor.inputs.last().expect("a policy").selector_type();
    let types: Vec<&str> = declaration
        .inputs
        .iter()
        .map(|(kind, _, _)| match *kind {
            "Policy" => &policy,
            other => export::solidity_type(other),
        })
        .collect();
    format!("{}({})", declaration.name, types.join(","))
}

#[test]
fn the_committed_interface_is_what_the_contract_prints() {
    same_text(SOLIDITY, &export::solidity(), "abi/ICoveredCallVault.sol");
    same_text(JSON, &export::json(), "abi/CoveredCallVault.json");
}

#[test]
fn the_program_that_exports_the_interface_links_and_prints_it() {
    let print = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO"))
            .args([
                "run",
                "--quiet",
                "--locked",
                "--features",
                "export-abi",
                "--bin",
                "export-abi",
                "--",
            ])
            .args(arguments)
            .current_dir(ROOT)
            .output()
            .expect("cargo runs");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).expect("text")
    };
    assert_eq!(print(&[]), export::solidity());
    assert_eq!(print(&["json"]), export::json());
    assert_eq!(print(&["--json"]), export::json());
}

#[test]
fn every_function_of_the_json_is_routed_and_no_two_share_a_selector() {
    let world = World::new();
    let mut seen = BTreeMap::from([(CONSTRUCTOR, "constructor".to_string())]);
    for function in abi().functions() {
        let signature = function.signature();
        let selector = u32::from_be_bytes(function.selector().0);
        if let Some(other) = seen.insert(selector, signature.clone()) {
            panic!("{signature} and {other} share a selector");
        }
        let answer = world.send(carol(), function.selector().as_slice());
        let unknown =
            answer.is_err_and(|revert| UnknownSelector::abi_decode(&revert, true).is_ok());
        assert!(!unknown, "{signature} is not routed");
    }
    assert_eq!(seen.len(), all_functions().len() + 1);
}

#[test]
fn selectors_of_errors_are_distinct_and_not_zero() {
    let mut seen = BTreeMap::new();
    for error in abi().errors() {
        let signature = error.signature();
        let selector = u32::from_be_bytes(error.selector().0);
        assert_ne!(selector, 0, "{signature}");
        // What Solidity reverts with on its own: Error(string) and Panic(uint256).
        assert!(
            ![0x08c3_79a0, 0x4e48_7b71].contains(&selector),
            "{signature}"
        );
        if let Some(other) = seen.insert(selector, signature.clone()) {
            panic!("{signature} and {other} share a selector");
        }
    }
    assert_eq!(seen.len(), ERRORS.len());
}

#[test]
fn selectors_of_the_tables_are_those_of_the_json() {
    let abi = abi();
    let of_json: BTreeSet<u32> = abi
        .functions()
        .map(|function| u32::from_be_bytes(function.selector().0))
        .collect();
    let of_table: BTreeSet<u32> = all_functions()
        .iter()
        .map(|function| selector(&signature(function)))
        .collect();
    assert_eq!(of_json, of_table);
    let of_json: BTreeSet<u32> = abi
        .errors()
        .map(|error| u32::from_be_bytes(error.selector().0))
        .collect();
    let of_table: BTreeSet<u32> = ERRORS
        .iter()
        .map(|error| selector(&signature(error)))
        .collect();
    assert_eq!(of_json, of_table);
    assert!(
        of_table
            .iter()
            .all(|selector| ICoveredCallVaultErrors::valid_selector(selector.to_be_bytes()))
    );
}

#[test]
fn topics_of_events_are_distinct_and_no_event_has_more_than_three_indexed_parameters() {
    let abi = abi();
    let mut seen = BTreeMap::new();
    for event in abi.events() {
        assert!(
            !event.anonymous && event.num_topics() <= 4,
            "{}",
            event.signature()
        );
        if let Some(other) = seen.insert(event.selector(), event.signature()) {
            panic!("{} and {other} share a topic", event.signature());
        }
    }
    assert_eq!(seen.len(), 36);
}

#[test]
fn every_parameter_has_a_name_and_no_two_of_one_list_share_it() {
    fn check(owner: &str, parameters: &Value) {
        let mut names = BTreeSet::new();
        for parameter in parameters.as_array().expect("a list") {
            let name = parameter["name"].as_str().expect("a name");
            assert!(
                !name.is_empty() && names.insert(name),
                "a parameter of {owner}: {parameter}"
            );
            if parameter["type"] == "tuple" {
                check(owner, &parameter["components"]);
            }
        }
    }
    let entries: Vec<Value> = serde_json::from_str(JSON).expect("parses");
    for entry in &entries {
        let owner = entry["name"].as_str().unwrap_or("constructor");
        check(owner, &entry["inputs"]);
        if entry["type"] == "function" {
            check(owner, &entry["outputs"]);
        }
    }
}

#[test]
fn every_declaration_says_what_it_means() {
    for declaration in all_functions().into_iter().chain(ERRORS) {
        assert!(
            declaration.docs.iter().any(|line| line.trim().len() > 5),
            "{}",
            declaration.name
        );
    }
}

/// Compiles Solidity with the compiler of package.json; its answer in standard JSON.
fn solc(sources: &[(&str, &str)]) -> Value {
    let script = "const solc = require('solc'); process.stdout.write(solc.compile(require('fs').readFileSync(0, 'utf8')))";
    let sources: serde_json::Map<String, Value> = sources
        .iter()
        .map(|(name, text)| (name.to_string(), json!({ "content": text })))
        .collect();
    let input = json!({
        "language": "Solidity",
        "sources": sources,
        "settings": { "outputSelection": { "*": { "*": ["abi", "evm.methodIdentifiers"] } } },
    });
    let mut node = Command::new("node")
        .args(["-e", script])
        .current_dir(ROOT)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node runs");
    node.stdin
        .take()
        .expect("piped")
        .write_all(input.to_string().as_bytes())
        .expect("node reads");
    let output = node.wait_with_output().expect("node ends");
    assert!(output.status.success(), "solc is there after `npm ci`");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[test]
fn solidity_compiles_the_interface_and_its_abi_is_ours() {
    // A caller, so that types fit together as they are used: overloads, the policy and rounds in memory, errors by name.
    let caller = "// SPDX-License-Identifier: MIT
        pragma solidity ^0.8.4; import './ICoveredCallVault.sol'; contract Caller {
        function call(ICoveredCallVault vault) external returns (bool, uint256) {
            ICoveredCallVault.Policy memory policy = vault.policy();
            uint64[4] memory rounds = [uint64(1), 0, 0, 0];
            bool moved = vault.transfer(msg.sender, 1) && vault.transfer(msg.sender, 256, 1);
            if (vault.settle(1, rounds, rounds) == 0) revert ICoveredCallVault.NotSettled(policy.opening.targetDeltas[0]);
            return (moved, policy.roll.dustQuote);
        }
    }";
    let output = solc(&[("ICoveredCallVault.sol", SOLIDITY), ("Caller.sol", caller)]);
    assert_eq!(output.get("errors"), None, "neither an error nor a warning");
    let compiled = &output["contracts"]["ICoveredCallVault.sol"]["ICoveredCallVault"];
    let set = |entries: &Value| -> BTreeSet<String> {
        entries
            .as_array()
            .expect("a list")
            .iter()
            .map(Value::to_string)
            .collect()
    };
    let mut ours: Value = serde_json::from_str(JSON).expect("parses");
    // An interface has no constructor.
    let entries = ours.as_array_mut().expect("a list");
    entries.retain(|entry| entry["type"] != "constructor");
    assert_eq!(set(&ours), set(&compiled["abi"]));
    let identifiers = compiled["evm"]["methodIdentifiers"]
        .as_object()
        .expect("a map");
    assert_eq!(identifiers.len(), all_functions().len());
    for function in all_functions() {
        let expected = format!("{:08x}", selector(&signature(function)));
        assert_eq!(
            identifiers[&signature(function)],
            expected,
            "{}",
            function.name
        );
    }
}
