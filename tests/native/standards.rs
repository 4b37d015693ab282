//! The interfaces of the standards, written down from the standards: the contract's must contain them, names of parameters aside.

use std::collections::BTreeSet;

use alloy_json_abi::{JsonAbi, StateMutability};

/// Functions: signature, results, whether it only reads.
const FUNCTIONS: &[(&str, &str, bool)] = &[
    // ERC-20
    ("name()", "string", true),
    ("symbol()", "string", true),
    ("decimals()", "uint8", true),
    ("totalSupply()", "uint256", true),
    ("balanceOf(address)", "uint256", true),
    ("transfer(address,uint256)", "bool", false),
    ("transferFrom(address,address,uint256)", "bool", false),
    ("approve(address,uint256)", "bool", false),
    ("allowance(address,address)", "uint256", true),
    // ERC-4626
    ("asset()", "address", true),
    ("totalAssets()", "uint256", true),
    ("convertToShares(uint256)", "uint256", true),
    ("convertToAssets(uint256)", "uint256", true),
    ("maxDeposit(address)", "uint256", true),
    ("previewDeposit(uint256)", "uint256", true),
    ("deposit(uint256,address)", "uint256", false),
    ("maxMint(address)", "uint256", true),
    ("previewMint(uint256)", "uint256", true),
    ("mint(uint256,address)", "uint256", false),
    ("maxWithdraw(address)", "uint256", true),
    ("previewWithdraw(uint256)", "uint256", true),
    ("withdraw(uint256,address,address)", "uint256", false),
    ("maxRedeem(address)", "uint256", true),
    ("previewRedeem(uint256)", "uint256", true),
    ("redeem(uint256,address,address)", "uint256", false),
    // ERC-165
    ("supportsInterface(bytes4)", "bool", true),
    // ERC-6909
    ("balanceOf(address,uint256)", "uint256", true),
    ("allowance(address,address,uint256)", "uint256", true),
    ("isOperator(address,address)", "bool", true),
    ("transfer(address,uint256,uint256)", "bool", false),
    (
        "transferFrom(address,address,uint256,uint256)",
        "bool",
        false,
    ),
    ("approve(address,uint256,uint256)", "bool", false),
    ("setOperator(address,bool)", "bool", false),
];

/// Events: every parameter with its type, `*` when it is indexed.
const EVENTS: &[&str] = &[
    // ERC-20
    "Transfer(address*,address*,uint256)",
    "Approval(address*,address*,uint256)",
    // ERC-4626
    "Deposit(address*,address*,uint256,uint256)",
    "Withdraw(address*,address*,address*,uint256,uint256)",
    // ERC-6909
    "Transfer(address,address*,address*,uint256*,uint256)",
    "OperatorSet(address*,address*,bool)",
    "Approval(address*,address*,uint256*,uint256)",
];

fn abi() -> JsonAbi {
    serde_json::from_str(include_str!("../../abi/CoveredCallVault.json"))
        .expect("the JSON is an ABI")
}

#[test]
fn functions_of_the_standards_are_there_with_their_results() {
    let functions: BTreeSet<(String, String, bool)> = abi()
        .functions()
        .map(|function| {
            let results: Vec<&str> = function
                .outputs
                .iter()
                .map(|output| output.ty.as_str())
                .collect();
            (
                function.signature(),
                results.join(","),
                function.state_mutability == StateMutability::View,
            )
        })
        .collect();
    for (signature, results, view) in FUNCTIONS {
        assert!(
            functions.contains(&(signature.to_string(), results.to_string(), *view)),
            "{signature}"
        );
    }
}

#[test]
fn events_of_the_standards_are_there_with_their_indexed_parameters() {
    let events: BTreeSet<String> = abi()
        .events()
        .map(|event| {
            let one = |input: &alloy_json_abi::EventParam| {
                input.ty.clone() + if input.indexed { "*" } else { "" }
            };
            let inputs: Vec<String> = event.inputs.iter().map(one).collect();
            format!("{}({})", event.name, inputs.join(","))
        })
        .collect();
    for event in EVENTS {
        assert!(events.contains(*event), "{event}");
    }
}

#[test]
fn the_id_of_erc_6909_is_that_of_its_seven_functions() {
    let of =
        |signature: &&(&str, &str, bool)| covered_call_vault::abi::macros::selector(signature.0);
    let seven = FUNCTIONS
        .iter()
        .skip_while(|function| function.0 != "balanceOf(address,uint256)");
    assert_eq!(seven.clone().count(), 7);
    let seven: Vec<_> = seven.collect();
    assert_eq!(
        seven.iter().map(of).fold(0, |id, selector| id ^ selector),
        0x0f63_2fb3
    );
}
