//! Ink by opcode, by basic block, by byte. Sums are written out: the opcodes of each block, and the block's header H.

use crate::support::{MEMORY, Run, entry, ink, ink_with, module, raw};

/// The header of a basic block.
const H: u64 = 2_450;
/// What is left of the tests' entry points after the code at hand: `i32.const 0`, `end`, in a block of their own.
const TAIL: u64 = H + 1 + 1;

#[test]
fn a_program_that_does_nothing_costs_2452() {
    assert_eq!(ink("i32.const 0"), 2_452);
}

#[test]
fn ink_runs_out_one_below_the_price() {
    let wasm = module(&entry("i32.const 0"));
    let paid = Run {
        ink: 2_452,
        ..Run::default()
    }
    .module(&wasm);
    assert_eq!(
        (paid.status, paid.ink_left, paid.out_of_ink),
        (Some(0), 0, false)
    );
    let short = Run {
        ink: 2_451,
        ..Run::default()
    }
    .module(&wasm);
    assert_eq!(
        (short.status, short.ink_left, short.out_of_ink),
        (None, 0, true)
    );
}

#[test]
fn ink_is_unsigned() {
    let outcome = Run {
        ink: u64::MAX,
        ..Run::default()
    }
    .module(&module(&entry("i32.const 0")));
    assert_eq!((outcome.status, outcome.ink_used), (Some(0), 2_452));
}

/// Opcodes that take constants and leave a value: each costs its price, a constant per operand, a drop and the rest of
/// the function.
#[test]
fn operators() {
    let classes: &[(&str, u64, &str, &str)] = &[
        (
            "i32",
            2,
            "add sub and or xor shl shr_s shr_u rotl rotr",
            "70",
        ),
        (
            "i64",
            2,
            "add sub and or xor shl shr_s shr_u rotl rotr",
            "100",
        ),
        ("i32", 2, "mul", "160"),
        ("i64", 2, "mul", "160"),
        ("i32", 2, "div_s div_u rem_s rem_u", "1120"),
        ("i64", 2, "div_s div_u rem_s rem_u", "1270"),
        (
            "i32",
            2,
            "eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u",
            "170",
        ),
        (
            "i64",
            2,
            "eq ne lt_s lt_u gt_s gt_u le_s le_u ge_s ge_u",
            "225",
        ),
        ("i32", 1, "eqz", "170"),
        ("i64", 1, "eqz", "225"),
        ("i32", 1, "clz ctz", "210"),
        ("i64", 1, "clz ctz", "210"),
        ("i32", 1, "popcnt", "2650"),
        ("i64", 1, "popcnt", "6000"),
        ("i32", 1, "extend8_s extend16_s", "100"),
        ("i64", 1, "extend8_s extend16_s extend32_s", "100"),
    ];
    for &(ty, operands, names, price) in classes {
        let price: u64 = price.parse().unwrap();
        for name in names.split(' ') {
            let constants = format!("{ty}.const 3 ").repeat(operands as usize);
            let body = format!("{constants} {ty}.{name} drop i32.const 0");
            assert_eq!(ink(&body), operands + price + 9 + TAIL, "{ty}.{name}");
        }
    }
}

#[test]
fn conversions() {
    assert_eq!(
        ink("i64.const 3 i32.wrap_i64 drop i32.const 0"),
        1 + 100 + 9 + TAIL
    );
    assert_eq!(
        ink("i32.const 3 i64.extend_i32_s drop i32.const 0"),
        1 + 100 + 9 + TAIL
    );
    assert_eq!(
        ink("i32.const 3 i64.extend_i32_u drop i32.const 0"),
        1 + 100 + 9 + TAIL
    );
}

#[test]
fn plain_opcodes() {
    assert_eq!(ink("nop i32.const 0"), 1 + TAIL);
    assert_eq!(ink("i64.const 3 drop i32.const 0"), 1 + 9 + TAIL);
    assert_eq!(
        ink("i32.const 1 i32.const 2 i32.const 3 select drop i32.const 0"),
        3 + 1_250 + 9 + TAIL
    );
    assert_eq!(ink("local.get 0 drop i32.const 0"), 75 + 9 + TAIL);
    assert_eq!(ink("i32.const 1 local.set 0 i32.const 0"), 1 + 210 + TAIL);
    assert_eq!(
        ink("i32.const 1 local.tee 0 drop i32.const 0"),
        1 + 75 + 9 + TAIL
    );
}

#[test]
fn globals() {
    let with_global = |body: &str| {
        module(&format!(
            "(global $g (mut i32) (i32.const 7)) {}",
            entry(body)
        ))
    };
    assert_eq!(
        ink_with(&with_global("global.get $g drop i32.const 0"), 0),
        225 + 9 + TAIL
    );
    assert_eq!(
        ink_with(&with_global("i32.const 1 global.set $g i32.const 0"), 0),
        1 + 575 + TAIL
    );
}

fn with_page(body: &str) -> Vec<u8> {
    raw(&format!(
        r#"{} (memory (export "memory") 1 1)"#,
        entry(body)
    ))
}

#[test]
fn loads_and_stores() {
    for (ty, names, price) in [
        ("i32", "load load8_s load8_u load16_s load16_u", 670),
        (
            "i64",
            "load load8_s load8_u load16_s load16_u load32_s load32_u",
            680,
        ),
    ] {
        for name in names.split(' ') {
            let wasm = with_page(&format!("i32.const 8 {ty}.{name} drop i32.const 0"));
            assert_eq!(ink_with(&wasm, 0), 1 + price + 9 + TAIL, "{ty}.{name}");
        }
    }
    for (ty, names, price) in [
        ("i32", "store store8 store16", 825),
        ("i64", "store store8 store16 store32", 950),
    ] {
        for name in names.split(' ') {
            let wasm = with_page(&format!("i32.const 8 {ty}.const 1 {ty}.{name} i32.const 0"));
            assert_eq!(ink_with(&wasm, 0), 2 + price + TAIL, "{ty}.{name}");
        }
    }
    assert_eq!(
        ink_with(&with_page("memory.size drop i32.const 0"), 0),
        3_000 + 9 + TAIL
    );
}

#[test]
fn fill_and_copy_cost_their_bytes() {
    for name in ["memory.fill", "memory.copy"] {
        for bytes in [0, 1, 1_000, 65_536] {
            let wasm = with_page(&format!(
                "i32.const 0 i32.const 0 i32.const {bytes} {name} i32.const 0"
            ));
            assert_eq!(
                ink_with(&wasm, 0),
                3 + 950 + 100 * bytes + TAIL,
                "{name} of {bytes} bytes"
            );
        }
    }
}

#[test]
fn fill_runs_out_of_ink_before_it_writes() {
    let wasm = with_page("i32.const 0 i32.const 255 i32.const 10 memory.fill i32.const 0");
    let price = 3 + 950 + 100 * 10 + TAIL;
    let paid = Run {
        ink: price,
        ..Run::default()
    }
    .module(&wasm);
    assert_eq!((paid.status, paid.ink_left), (Some(0), 0));
    let short = Run {
        ink: price - 1,
        ..Run::default()
    }
    .module(&wasm);
    assert_eq!(
        (short.status, short.ink_left, short.out_of_ink),
        (None, 0, true)
    );
}

#[test]
fn fill_counts_bytes_without_sign() {
    // 2^32 - 1 bytes are far out of bounds, but must be paid for first.
    let wasm = with_page("i32.const 0 i32.const 0 i32.const -1 memory.fill i32.const 0");
    let price = 3 + 950 + 100 * u64::from(u32::MAX) + TAIL;
    let outcome = Run {
        ink: price,
        ..Run::default()
    }
    .module(&wasm);
    assert_eq!(
        (outcome.status, outcome.ink_left, outcome.out_of_ink),
        (None, 0, false)
    );
    let outcome = Run {
        ink: price - 1,
        ..Run::default()
    }
    .module(&wasm);
    assert!(outcome.out_of_ink);
}

const PAYER: &str = r#"(import "vm_hooks" "pay_for_memory_grow" (func $pay (param i32)))"#;

#[test]
fn growth_is_announced_to_the_host_and_the_call_is_free() {
    let body = entry("i32.const 3 memory.grow i32.const 1 i32.sub");
    let wasm = raw(&format!(r#"{PAYER} {body} (memory (export "memory") 1)"#));
    let outcome = Run::default().module(&wasm);
    assert_eq!(outcome.status, Some(0), "the old size was one page");
    assert_eq!(outcome.pages_paid, [3]);
    assert_eq!(outcome.ink_used, 1 + 8_050 + 1 + 70 + H + 1);
}

#[test]
fn growth_that_fails_is_announced_too() {
    let body = entry("i32.const 9 memory.grow i32.const 1 i32.add");
    let wasm = raw(&format!(r#"{PAYER} {body} (memory (export "memory") 1 2)"#));
    let outcome = Run::default().module(&wasm);
    assert_eq!((outcome.status, outcome.pages_paid), (Some(0), vec![9]));
}

#[test]
fn memory_of_fixed_size_needs_no_payer() {
    let wasm = with_page("i32.const 1 memory.grow i32.const 1 i32.add");
    assert_eq!(ink_with(&wasm, 0), 1 + 8_050 + 1 + 70 + H + 1);
}

#[test]
fn if_without_else() {
    let wasm = module(&entry("local.get 0 if nop end i32.const 0"));
    let head = 75 + 765 + H;
    assert_eq!(ink_with(&wasm, 0), head + TAIL);
    assert_eq!(ink_with(&wasm, 1), head + (1 + 1 + H) + TAIL, "nop, end");
}

#[test]
fn if_with_else() {
    let wasm = module(&entry("local.get 0 if nop nop else nop end i32.const 0"));
    let head = 75 + 765 + H;
    assert_eq!(
        ink_with(&wasm, 1),
        head + (2 + 1 + H) + TAIL,
        "nop, nop, else"
    );
    assert_eq!(ink_with(&wasm, 0), head + (1 + 1 + H) + TAIL, "nop, end");
}

#[test]
fn a_loop_pays_its_body_each_time_and_its_end_once() {
    let body = "(local $i i32) (local.set $i (i32.const 3)) \
                (loop (br_if 0 (local.tee $i (i32.sub (local.get $i) (i32.const 1))))) i32.const 0";
    let head = 1 + 210 + 1 + H;
    let round = 75 + 1 + 70 + 75 + 765 + H;
    assert_eq!(ink(body), head + 3 * round + (1 + H) + TAIL);
}

#[test]
fn block_is_no_end_of_a_basic_block() {
    assert_eq!(
        ink("block end i32.const 0"),
        (1 + 1 + H) + TAIL,
        "block, end"
    );
    // The branch skips the block's end.
    assert_eq!(ink("block br 0 end i32.const 0"), (1 + 765 + H) + TAIL);
}

#[test]
fn br_if_taken_or_not() {
    let wasm = module(&entry("block local.get 0 br_if 0 nop end i32.const 0"));
    let head = 1 + 75 + 765 + H;
    assert_eq!(ink_with(&wasm, 1), head + TAIL);
    assert_eq!(ink_with(&wasm, 0), head + (1 + 1 + H) + TAIL);
}

#[test]
fn br_table_costs_its_targets_without_the_default() {
    let wasm = module(&entry(
        "block block local.get 0 br_table 0 1 0 end end i32.const 0",
    ));
    let head = 1 + 1 + 75 + (2_400 + 2 * 325) + H;
    assert_eq!(
        ink_with(&wasm, 0),
        head + (1 + H) + TAIL,
        "to the inner label, then the outer end"
    );
    assert_eq!(ink_with(&wasm, 1), head + TAIL, "to the outer label");
    assert_eq!(ink_with(&wasm, 7), head + (1 + H) + TAIL, "the default");
}

#[test]
fn call() {
    let wasm = module(&format!("(func $f nop) {}", entry("call $f i32.const 0")));
    assert_eq!(ink_with(&wasm, 0), (3_800 + H) + (1 + 1 + H) + TAIL);
}

#[test]
fn a_host_call_costs_the_opcode() {
    let import = r#"(import "vm_hooks" "msg_reentrant" (func $f (result i32)))"#;
    let wasm = module(&format!("{import} {}", entry("call $f")));
    assert_eq!(ink_with(&wasm, 0), (3_800 + H) + (1 + H));
}

#[test]
fn call_indirect_costs_its_parameters() {
    for (params, count) in [("", 0), ("(param i32)", 1), ("(param i32 i64 i32)", 3)] {
        let args = ["", "i32.const 1", "i32.const 1 i64.const 1 i32.const 1"][count.min(2)];
        let items =
            format!("(type $t (func {params})) (table funcref (elem $f)) (func $f (type $t))");
        let wasm = module(&format!(
            "{items} {}",
            entry(&format!(
                "{args} i32.const 0 call_indirect (type $t) i32.const 0"
            ))
        ));
        let count = count as u64;
        assert_eq!(
            ink_with(&wasm, 0),
            (count + 1 + 13_610 + 650 * count + H) + (1 + H) + TAIL
        );
    }
}

#[test]
fn code_after_return_is_not_paid() {
    assert_eq!(ink("i32.const 0 return nop nop i32.const 5"), 1 + 1 + H);
}

#[test]
fn a_block_with_a_trap_is_paid_whole() {
    let outcome = Run::default().module(&module(&entry("nop unreachable nop i32.const 0")));
    assert_eq!((outcome.status, outcome.out_of_ink), (None, false));
    assert_eq!(
        outcome.ink_used,
        4 + 1 + H,
        "unreachable does not end the block"
    );
    assert!(outcome.stack_left > 0, "not taken for a lack of stack");
}

#[test]
fn floats_that_only_move_cannot_be_paid_for() {
    for body in [
        "f64.const 1 drop i32.const 0",
        "f32.const 1 i32.reinterpret_f32 drop i32.const 0",
    ] {
        let outcome = Run {
            ink: u64::MAX - 1,
            ..Run::default()
        }
        .module(&module(&entry(body)));
        assert!(outcome.out_of_ink, "{body}");
    }
    // Where they are not reached they do no harm.
    let wasm = module(&entry("local.get 0 if f64.const 1 drop end i32.const 0"));
    assert_eq!(ink_with(&wasm, 0), (75 + 765 + H) + TAIL);
}

#[test]
fn only_the_needed_exports_remain() {
    let wasm = raw(&format!(
        r#"(func (export "other")) (global (export "g") i32 (i32.const 0)) {} {MEMORY}"#,
        entry("i32.const 0")
    ));
    let program = stylus_rules::activate(&wasm, &stylus_rules::Params::default()).unwrap();
    let module = wasmi::Module::new(&wasmi::Engine::default(), &program.instrumented).unwrap();
    let mut names: Vec<_> = module
        .exports()
        .map(|export| export.name().to_owned())
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "memory",
            "stylus_ink_left",
            "stylus_ink_status",
            "stylus_stack_left",
            "user_entrypoint"
        ]
    );
}
