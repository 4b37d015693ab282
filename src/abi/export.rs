//! Prints the interface as Solidity and as JSON, from the same tables that route the calls.

use std::fmt::Write;

use super::macros::Declaration;
use super::{EXTENSION, VAULT};
use crate::admin::{SETUP, STRUCTS};
use crate::errors::ERRORS;
use crate::events::EVENTS;

/// Type, `indexed` or nothing, and name.
type Parameter = (&'static str, &'static str, &'static str);

/// All functions, of the vault's own table and its extension's.
#[must_use]
pub fn functions() -> Vec<&'static Declaration> {
    VAULT.iter().chain(EXTENSION).collect()
}

/// A type of the table as Solidity writes it.
#[must_use]
pub fn solidity_type(kind: &'static str) -> &'static str {
    match kind {
        "Ids" => "uint256[]",
        "SeriesLines" => "SeriesLine[]",
        other => other,
    }
}

fn solidity_parameters(parameters: &[Parameter]) -> String {
    let one = |(kind, indexed, name): &Parameter| {
        let kind = solidity_type(kind);
        let location = if kind.ends_with(']') || matches!(kind, "string" | "bytes" | "Policy") {
            "memory"
        } else {
            ""
        };
        [kind, indexed, location, name]
            .into_iter()
            .filter(|word| !word.is_empty())
            .collect::<Vec<_>>()
            .join(" ")
    };
    parameters.iter().map(one).collect::<Vec<_>>().join(", ")
}

fn outputs(declaration: &Declaration) -> Vec<Parameter> {
    declaration
        .outputs
        .iter()
        .map(|(kind, name)| (*kind, "", *name))
        .collect()
}

/// The interface in Solidity: `abi/ICoveredCallVault.sol`.
#[must_use]
pub fn solidity() -> String {
    let mut text = String::from(
        "// SPDX-License-Identifier: MIT OR Apache-2.0\n// Printed by the contract; see scripts/bless.\npragma solidity ^0.8.4;\n\ninterface ICoveredCallVault {\n",
    );
    for (name, fields) in STRUCTS {
        writeln!(text, "    struct {name} {{").ok();
        for (kind, field) in *fields {
            writeln!(text, "        {kind} {field};").ok();
        }
        text.push_str("    }\n\n");
    }
    text.pop();
    for declaration in EVENTS.iter().chain(ERRORS).chain(VAULT).chain(EXTENSION) {
        text.push('\n');
        for line in declaration.docs {
            writeln!(text, "    /// {}", line.trim()).ok();
        }
        let Declaration { kind, name, .. } = declaration;
        write!(
            text,
            "    {kind} {name}({})",
            solidity_parameters(declaration.inputs)
        )
        .ok();
        if *kind == "function" {
            text.push_str(if declaration.view {
                " external view"
            } else {
                " external"
            });
            let outputs = outputs(declaration);
            if !outputs.is_empty() {
                write!(text, " returns ({})", solidity_parameters(&outputs)).ok();
            }
        }
        text.push_str(";\n");
    }
    text.push_str("}\n");
    text
}

fn json_parameter((kind, indexed, name): &Parameter, event: bool) -> String {
    let kind = solidity_type(kind);
    let item = kind.strip_suffix("[]").unwrap_or(kind);
    let fields = STRUCTS
        .iter()
        .find(|(name, _)| *name == item)
        .map(|(_, fields)| fields);
    let mut text = format!(
        "{{\"name\":\"{name}\",\"type\":\"{}\"",
        if fields.is_some() {
            kind.replace(item, "tuple")
        } else {
            kind.into()
        }
    );
    if let Some(fields) = fields {
        let fields = fields
            .iter()
            .map(|(kind, name)| json_parameter(&(*kind, "", *name), false))
            .collect::<Vec<_>>();
        let components = fields.join(",");
        write!(
            text,
            ",\"internalType\":\"struct ICoveredCallVault.{kind}\",\"components\":[{components}]"
        )
        .ok();
    } else {
        write!(text, ",\"internalType\":\"{kind}\"").ok();
    }
    if event {
        write!(text, ",\"indexed\":{}", !indexed.is_empty()).ok();
    }
    text.push('}');
    text
}

fn json_parameters(parameters: &[Parameter], event: bool) -> String {
    parameters
        .iter()
        .map(|one| json_parameter(one, event))
        .collect::<Vec<_>>()
        .join(",")
}

/// Type of a parameter as it counts in a signature: of a struct, those of its fields.
fn canonical(kind: &str) -> String {
    let Some((_, fields)) = STRUCTS.iter().find(|(name, _)| *name == kind) else {
        return kind.into();
    };
    let fields = fields.iter().map(|(kind, _)| canonical(kind));
    format!("({})", fields.collect::<Vec<_>>().join(","))
}

/// The constructor as cargo-stylus asks for it: `constructor(address asset, ...)`.
#[must_use]
pub fn constructor() -> String {
    let one = |(kind, _, name): &Parameter| format!("{} {name}", canonical(kind));
    let parameters = SETUP.iter().map(one).collect::<Vec<_>>();
    format!("constructor({})\n", parameters.join(", "))
}

/// The interface as JSON, an entry a line: `abi/CoveredCallVault.json`.
#[must_use]
pub fn json() -> String {
    let constructor = format!(
        "{{\"type\":\"constructor\",\"stateMutability\":\"nonpayable\",\"inputs\":[{}]}}",
        json_parameters(SETUP, false)
    );
    let entries = VAULT
        .iter()
        .chain(EXTENSION)
        .chain(EVENTS)
        .chain(ERRORS)
        .map(|declaration| {
            let Declaration {
                kind, name, view, ..
            } = declaration;
            let inputs = json_parameters(declaration.inputs, *kind == "event");
            let rest = match *kind {
                "function" => format!(
                    ",\"outputs\":[{}],\"stateMutability\":\"{}\"",
                    json_parameters(&outputs(declaration), false),
                    if *view { "view" } else { "nonpayable" }
                ),
                "event" => ",\"anonymous\":false".into(),
                _ => String::new(),
            };
            format!("{{\"type\":\"{kind}\",\"name\":\"{name}\",\"inputs\":[{inputs}]{rest}}}")
        });
    let lines = core::iter::once(constructor)
        .chain(entries)
        .collect::<Vec<_>>();
    format!("[\n{}\n]\n", lines.join(",\n"))
}
