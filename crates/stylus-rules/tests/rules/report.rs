//! What `stylus-check` prints.

use stylus_rules::{Params, report};

use crate::support::{entry, module, raw};

#[test]
fn a_valid_module() {
    let wasm = module(&entry("i32.const 0"));
    let report = report(&wasm, &Params::default()).unwrap();
    assert!(report.is_deployable());
    assert_eq!(report.code_len, report.compressed_len + 4);
    let json = report.to_json();
    assert!(
        json.starts_with(r#"{"valid":true,"fits":true,"wasm_bytes":"#),
        "{json}"
    );
    // 352 + cached cost: 4 globals of 1.628.
    assert!(json.contains(r#""entry_gas_cached":358,"#), "{json}");
    assert!(report.to_string().starts_with("valid\n"));
}

#[test]
fn an_invalid_module_names_its_rule_and_is_measured() {
    let wasm = module(r#"(import "e\"nv" "x" (func))"#);
    let report = report(&wasm, &Params::default()).unwrap();
    assert!(!report.is_deployable());
    let json = report.to_json();
    assert!(
        json.contains(r#""rule":"ForeignImport","violation":"import e\"nv.x: only"#),
        "{json}"
    );
    assert!(
        report
            .to_string()
            .starts_with("invalid (ForeignImport): import")
    );
}

#[test]
fn a_module_that_does_not_fit() {
    let mut random = crate::support::Random(9);
    let data: String = (0..30_000)
        .map(|_| format!("\\{:02x}", random.below(256)))
        .collect();
    let entry = entry("i32.const 0");
    let wasm = raw(&format!(
        r#"{entry} (memory (export "memory") 1 1) (data (i32.const 0) "{data}")"#
    ));
    let report = report(&wasm, &Params::default()).unwrap();
    assert!(report.verdict.is_ok() && !report.fits() && !report.is_deployable());
    assert!(
        report
            .to_string()
            .starts_with("valid, but too large for one contract\n")
    );
    let split = stylus_rules::report(&wasm, &Params::arbos_60()).unwrap();
    assert_eq!(split.fragments(), Some(2));
    assert!(split.is_deployable());
    assert!(split.to_string().starts_with("valid, in 2 fragments\n"));
    let one = Params {
        max_fragments: 1,
        ..Params::arbos_60()
    };
    assert!(!stylus_rules::report(&wasm, &one).unwrap().is_deployable());
}
