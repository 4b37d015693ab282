//! Every rule of activation, each by a module that breaks it and nothing else.

use stylus_rules::hooks::{HOOKS, Int};
use stylus_rules::{Params, Violation, activate};
use wasm_encoder::{Encode, RawSection};

use crate::support::{MEMORY, entry, module, raw, violation};

const ENTRY: &str = r#"(func (export "user_entrypoint") (param i32) (result i32) i32.const 0)"#;

fn accepts(wasm: &[u8]) {
    if let Err(violation) = activate(wasm, &Params::default()) {
        panic!("should be accepted: {violation}");
    }
}

/// Asserts that items, with an entry point and a memory added, break exactly this rule.
macro_rules! refuses {
    ($($name:ident: $items:expr => $violation:pat,)*) => {
        $(#[test]
        fn $name() {
            let found = violation(&module(&format!("{} {ENTRY}", $items)));
            assert!(matches!(found, $violation), "{found:?}");
        })*
    };
}

/// The same for the body of the entry point.
macro_rules! refuses_body {
    ($($name:ident: $body:expr => $violation:pat,)*) => {
        $(#[test]
        fn $name() {
            let found = violation(&module(&entry(&$body)));
            assert!(matches!(found, $violation), "{found:?}");
        })*
    };
}

/// The same for a module as it stands.
macro_rules! refuses_raw {
    ($($name:ident: $wasm:expr => $violation:pat,)*) => {
        $(#[test]
        fn $name() {
            let found = violation(&$wasm);
            assert!(matches!(found, $violation), "{found:?}");
        })*
    };
}

#[test]
fn the_least_program() {
    accepts(&module(ENTRY));
}

fn import(name: &str, ty: &str) -> String {
    format!(r#"(import "vm_hooks" "{name}" {ty})"#)
}

fn wat_type(types: &[Int]) -> String {
    let name = |int: &Int| if *int == Int::I32 { "i32 " } else { "i64 " };
    types.iter().map(name).collect()
}

#[test]
fn every_host_function_with_its_type() {
    for hook in HOOKS {
        let (params, results) = (wat_type(hook.params), wat_type(hook.results));
        let good = format!("(func (param {params}) (result {results}))");
        accepts(&module(&format!("{} {ENTRY}", import(hook.name, &good))));
        let bad = format!("(func (param {params} i32) (result {results}))");
        let found = violation(&module(&format!("{} {ENTRY}", import(hook.name, &bad))));
        assert!(
            matches!(&found, Violation::HookType { name, .. } if name == hook.name),
            "{found:?}"
        );
    }
}

#[test]
fn a_host_function_may_be_imported_twice() {
    let once = import("msg_reentrant", "(func (result i32))");
    accepts(&module(&format!("{once} {once} {ENTRY}")));
}

refuses! {
    a_foreign_import: r#"(import "env" "abort" (func))"# => Violation::ForeignImport { .. },
    an_unknown_hook: import("read_argz", "(func (param i32))") => Violation::UnknownHook { .. },
    an_imported_global: import("msg_value", "(global i32)") => Violation::ImportNotFunction { .. },
    a_result_too_many: import("msg_value", "(func (param i32) (result i32))") => Violation::HookType { .. },
    a_reserved_import: import("stylus_ink_left", "(func)") => Violation::ReservedName { .. },
    a_reserved_export: r#"(func (export "stylus_anything"))"# => Violation::ReservedName { .. },
    too_many_imports: import("msg_reentrant", "(func (result i32))").repeat(514)
        => Violation::TooManyImports { count: 514, max: 513 },
    an_export_named_like_an_import:
        format!(r#"{} (func (export "msg_reentrant"))"#, import("msg_reentrant", "(func (result i32))"))
        => Violation::ExportShadowsImport { .. },
    a_start_function: "(func $s) (start $s)" => Violation::StartFunction,
    too_many_exports: (0..1_023).map(|n| format!(r#"(func (export "f{n}"))"#)).collect::<String>()
        => Violation::TooManyExports { count: 1_025, max: 1_024 },
    a_long_export_name: format!(r#"(func (export "{}"))"#, "n".repeat(513))
        => Violation::ExportNameTooLong { len: 513, max: 512 },
    too_many_functions: "(func)".repeat(4_096) => Violation::TooManyFunctions { count: 4_097, max: 4_096 },
    a_tag: "(tag)" => Violation::UnsupportedSection { id: 13 },
    too_many_data_segments: r#"(data (i32.const 0) "")"#.repeat(129)
        => Violation::TooManyDataSegments { count: 129, max: 128 },
    too_many_element_segments: "(table 1 funcref)".to_owned() + &"(elem (i32.const 0) func)".repeat(129)
        => Violation::TooManyElementSegments { count: 129, max: 128 },
    too_many_table_entries: "(table 4097 funcref)" => Violation::TablesTooLarge { entries: 4_097, max: 4_096 },
    elements_of_too_many_bytes:
        "(table 4096 funcref) (func $f) (elem (i32.const 0) func ".to_owned() + &"$f ".repeat(4_096) + ")"
        => Violation::ElementsTooLarge { bytes: 4_102, max: 4_096 },
    a_table_of_references: "(table 1 externref)" => Violation::NotAFunctionTable { index: 0 },
    a_global_from_an_imported_one: "(global i32 (i32.add (i32.const 1) (i32.const 1)))"
        => Violation::NotConstant { .. },
    a_global_of_a_function: "(func $f) (global funcref (ref.func $f))" => Violation::NotConstant { .. },
    data_at_an_unknown_place: r#"(data (i32.add (i32.const 0) (i32.const 0)) "")"# => Violation::NotConstant { .. },
    passive_data: r#"(data "x")"# => Violation::SegmentNotActive { .. },
    passive_elements: "(func $f) (elem func $f)" => Violation::SegmentNotActive { .. },
    declared_elements: "(func $f) (elem declare func $f)" => Violation::SegmentNotActive { .. },
    elements_of_expressions: "(table 1 funcref) (func $f) (elem (i32.const 0) funcref (ref.func $f))"
        => Violation::ElementExpressions { .. },
    data_beyond_the_memory: r#"(data (i32.const 0) "x")"#
        => Violation::DataOutOfBounds { index: 0, end: 1, memory: 0 },
    data_at_a_negative_place: r#"(data (i32.const -1) "")"#
        => Violation::DataOutOfBounds { index: 0, end: 0xffff_ffff, memory: 0 },
    elements_beyond_the_table: "(table 1 funcref) (func $f) (elem (i32.const 1) func $f)"
        => Violation::ElementOutOfBounds { index: 0, end: 2, table: 1 },
}

refuses_body! {
    float_arithmetic: "f64.const 1 f64.const 1 f64.add drop i32.const 0" => Violation::FloatOpcode { function: 0, .. },
    float_minimum: "f32.const 1 f32.const 1 f32.max drop i32.const 0" => Violation::FloatOpcode { .. },
    float_comparison: "f64.const 1 f64.const 1 f64.lt" => Violation::FloatOpcode { .. },
    float_conversion: "i32.const 1 f32.convert_i32_s drop i32.const 0" => Violation::FloatOpcode { .. },
    float_truncation: "f64.const 1 i32.trunc_f64_s" => Violation::FloatOpcode { .. },
    float_saturation: "f64.const 1 i32.trunc_sat_f64_u" => Violation::FloatOpcode { .. },
    a_typed_select: "i32.const 1 i32.const 1 i32.const 1 select (result i32)" => Violation::UnsupportedOpcode { .. },
    a_tail_call: "i32.const 0 return_call 0" => Violation::UnsupportedOpcode { .. },
    vectors: "i32.const 0 i8x16.splat drop i32.const 0" => Violation::Malformed { .. },
    atomics: "i32.const 0 i32.const 0 memory.atomic.notify" => Violation::UnsupportedOpcode { .. },
    exceptions: "block $b try_table (catch_all $b) end end i32.const 0" => Violation::UnsupportedOpcode { .. },
    references: "ref.null func drop i32.const 0" => Violation::UnsupportedOpcode { .. },
    too_many_locals: format!("(local {}) i32.const 0", "i64 ".repeat(349))
        => Violation::TooManyLocals { function: 0, count: 349, max: 348 },
    // The nops, const and end, the meter's twelve, the frame's sixteen.
    too_many_opcodes: "nop ".repeat(65_507) + "i32.const 0"
        => Violation::TooManyOpcodes { function: 0, count: 65_537, max: 65_536 },
    too_many_operands: "i32.const 0 ".repeat(4_097) + &"drop ".repeat(4_096)
        => Violation::StackTooHigh { function: 0, height: 4_097, max: 4_096 },
    ill_typed_code: "i64.const 0" => Violation::Malformed { .. },
}

refuses_raw! {
    no_entry_point: module("") => Violation::NoEntrypoint,
    an_entry_point_that_is_a_global: module(r#"(global (export "user_entrypoint") i32 (i32.const 0))"#)
        => Violation::NoEntrypoint,
    an_entry_point_without_argument: module(r#"(func (export "user_entrypoint") (result i32) i32.const 0)"#)
        => Violation::EntrypointType { .. },
    no_memory: raw(ENTRY) => Violation::NoMemory,
    two_memories: raw(&format!("{ENTRY} {MEMORY} (memory 0 0)")) => Violation::TooManyMemories { count: 2, max: 1 },
    a_memory_that_is_kept: raw(&format!("{ENTRY} (memory 0 0)")) => Violation::MemoryNotExported,
    a_memory_by_another_name: raw(&format!(r#"{ENTRY} (memory (export "mem") 0 0)"#)) => Violation::MemoryNotExported,
    too_much_memory: raw(&format!(r#"{ENTRY} (memory (export "memory") 129 129)"#))
        => Violation::MemoryTooLarge { pages: 129, max: 128 },
    growth_without_payment: raw(&format!(r#"{ENTRY} (memory (export "memory") 1 2)"#))
        => Violation::UnpaidGrowth { initial: 1, maximum: Some(2) },
    unbounded_growth_without_payment: raw(&format!(r#"{ENTRY} (memory (export "memory") 1)"#))
        => Violation::UnpaidGrowth { initial: 1, maximum: None },
    wide_memory: raw(&format!(r#"{ENTRY} (memory (export "memory") i64 0 0)"#)) => Violation::Malformed { .. },
    nothing: [] => Violation::Malformed { .. },
    a_component: *b"\0asm\x0d\0\x01\0" => Violation::Malformed { .. },
    an_unknown_section: with_section(14, &[]) => Violation::UnsupportedSection { id: 14 },
    a_data_count_section: data_count() => Violation::DataCountSection,
    a_large_module: with_section(0, &vec![0; 131_072]) => Violation::WasmTooLarge { max: 131_072, .. },
    a_padded_table_index: padded_call_indirect() => Violation::PaddedTableIndex { function: 1, .. },
    a_module_name_of_513_bytes: named("n".repeat(513).as_str())
        => Violation::ModuleNameTooLong { len: 513, max: 512 },
}

/// The least program with a section added at its end.
fn with_section(id: u8, data: &[u8]) -> Vec<u8> {
    let mut wasm = module(ENTRY);
    wasm.push(id);
    RawSection { id, data }.encode(&mut wasm);
    wasm
}

/// A data count section as wasm-opt writes it: right before the code.
fn data_count() -> Vec<u8> {
    raw(&format!(
        r#"(memory (export "memory") 1 1) (data $d "x") {}"#,
        entry("i32.const 0 i32.const 0 i32.const 0 memory.init $d i32.const 0")
    ))
}

fn named(name: &str) -> Vec<u8> {
    let mut names = wasm_encoder::NameSection::new();
    names.module(name);
    let mut wasm = module(ENTRY);
    wasm.push(0);
    names.encode(&mut wasm);
    wasm
}

/// What stock Rust emits: the table index of a `call_indirect` in five bytes.
fn padded_call_indirect() -> Vec<u8> {
    let items = "(type $t (func)) (table funcref (elem $f)) (func $f)";
    let wasm = module(&format!(
        "{items} {}",
        entry("i32.const 0 call_indirect (type $t) i32.const 0")
    ));
    // The code section holds the entry point last: size, no locals, then the opcodes.
    let (plain, padded) = (
        [0x41, 0, 0x11, 0, 0],
        [0x41, 0, 0x11, 0, 0x80, 0x80, 0x80, 0x80, 0],
    );
    let at = wasm
        .windows(plain.len())
        .position(|window| window == plain)
        .unwrap();
    let mut longer = wasm.clone();
    longer.splice(at..at + plain.len(), padded);
    longer[at - 2] += 4; // the body's size
    let section = wasm
        .iter()
        .enumerate()
        .rposition(|(i, &b)| b == 10 && i < at)
        .unwrap();
    longer[section + 1] += 4;
    longer
}

#[test]
fn the_same_call_without_padding() {
    let items = "(type $t (func)) (table funcref (elem $f)) (func $f)";
    accepts(&module(&format!(
        "{items} {}",
        entry("i32.const 0 call_indirect (type $t) i32.const 0")
    )));
}

/// Frames cannot reach 10 240 words while operands are bound by 4 096 and locals by 348; the rule is kept for chains
/// that move those.
#[test]
fn the_largest_frame_is_within_the_limit() {
    let body = format!(
        "(local {}) {} {}",
        "i64 ".repeat(348),
        "i32.const 0 ".repeat(4_096),
        "drop ".repeat(4_095)
    );
    accepts(&module(&entry(&body)));
}

#[test]
fn limits_are_inclusive() {
    accepts(&module(&format!("{} {ENTRY}", "(func)".repeat(4_095))));
    accepts(&module(&format!("(table 4096 funcref) {ENTRY}")));
    accepts(&module(&format!(
        r#"{} {ENTRY}"#,
        r#"(data (i32.const 0) "")"#.repeat(128)
    )));
    accepts(&module(&format!(
        r#"(func (export "{}")) {ENTRY}"#,
        "n".repeat(512)
    )));
    accepts(&module(&entry(&("nop ".repeat(65_506) + "i32.const 0"))));
    accepts(&raw(&format!(
        r#"{ENTRY} (memory (export "memory") 128 128)"#
    )));
    accepts(&module(&format!(
        "{} {ENTRY}",
        import("msg_reentrant", "(func (result i32))").repeat(513)
    )));
    accepts(&module(&entry(&format!(
        "(local {}) i32.const 0",
        "i64 ".repeat(348)
    ))));
    accepts(&named(&"n".repeat(512)));
}

#[test]
fn data_may_fill_the_memory() {
    accepts(&raw(&format!(
        r#"{ENTRY} (memory (export "memory") 1 1) (data (i32.const 65535) "x")"#
    )));
}

/// So many globals do not fit into the module size that chains start with, which owners may raise.
#[test]
fn too_many_globals() {
    let wasm = module(&format!(
        "{} {ENTRY}",
        "(global i32 (i32.const 0))".repeat(32_769)
    ));
    let params = Params {
        max_wasm_size: 1 << 20,
        ..Params::default()
    };
    let found = activate(&wasm, &params).unwrap_err();
    assert_eq!(
        found,
        Violation::TooManyGlobals {
            count: 32_769,
            max: 32_768
        }
    );
}

#[test]
fn growth_with_payment() {
    let pay = import("pay_for_memory_grow", "(func (param i32))");
    accepts(&raw(&format!(
        r#"{pay} {ENTRY} (memory (export "memory") 1)"#
    )));
}

#[test]
fn several_results_until_arbos_60() {
    for items in [
        "(func (result i32 i32) i32.const 0 i32.const 0)",
        "(type $t (func (param i32))) (func i32.const 0 block (type $t) drop end)",
    ] {
        let wasm = module(&format!("{items} {ENTRY}"));
        accepts(&wasm);
        let found = activate(&wasm, &Params::arbos_60()).unwrap_err();
        assert!(matches!(found, Violation::MultiValue { .. }), "{found:?}");
    }
    activate(&module(ENTRY), &Params::arbos_60()).unwrap();
}

#[test]
fn the_page_limit_is_the_chains() {
    let wasm = raw(&format!(r#"{ENTRY} (memory (export "memory") 5 5)"#));
    let params = Params {
        page_limit: 4,
        ..Params::default()
    };
    let found = activate(&wasm, &params).unwrap_err();
    assert_eq!(found, Violation::MemoryTooLarge { pages: 5, max: 4 });
}

#[test]
fn entry_costs_must_fit_their_record() {
    // Data of 90 000 bytes: 0.752 gas each, cached or not.
    let data = "x".repeat(90_000);
    let wasm = raw(&format!(
        r#"{ENTRY} (memory (export "memory") 2 2) (data (i32.const 0) "{data}")"#
    ));
    assert!(matches!(
        violation(&wasm),
        Violation::CachedCostTooHigh { .. }
    ));
    // 4 096 functions with 12 parameters: 8.252 gas each, and 1.059 a parameter.
    let functions = "(func (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i32))".repeat(4_095);
    assert!(matches!(
        violation(&module(&format!("{functions} {ENTRY}"))),
        Violation::InitCostTooHigh { .. }
    ));
}

#[test]
fn a_rule_is_named_by_its_variant() {
    assert_eq!(Violation::NoMemory.rule(), "NoMemory");
    assert_eq!(
        Violation::NotAFunctionTable { index: 3 }.rule(),
        "NotAFunctionTable"
    );
}
