//! The stack budget: frame sizes, recursion, every way out of a function.

use crate::support::{Outcome, Run, entry, module};
use stylus_rules::{Params, activate};

/// Words of a frame without locals whose highest stack is the block meter's two operands.
const BARE: u32 = 2 + 4;

fn run(wasm: &[u8], stack: u32, argument: i32) -> Outcome {
    Run {
        stack,
        argument,
        ..Run::default()
    }
    .module(wasm)
}

/// Asserts that `words` are needed: one more is enough and all come back, exactly as many are too few.
fn needs(wasm: &[u8], words: u32, argument: i32) {
    let enough = run(wasm, words + 1, argument);
    assert_eq!(
        (enough.status, enough.stack_left),
        (Some(0), words + 1),
        "the words come back"
    );
    let short = run(wasm, words, argument);
    assert_eq!(
        (short.status, short.stack_left, short.out_of_ink),
        (None, 0, false)
    );
}

#[test]
fn a_bare_frame() {
    needs(&module(&entry("i32.const 0")), BARE, 0);
}

#[test]
fn locals_count_and_parameters_do_not() {
    needs(
        &module(&entry("(local i32 i64 f64) i32.const 0")),
        BARE + 3,
        0,
    );
}

#[test]
fn operands_count() {
    // Six constants on the stack are more than the meter's two.
    let body = "i32.const 0 i32.const 0 i32.const 0 i32.const 0 i32.const 0 i32.const 0 drop drop drop drop drop";
    needs(&module(&entry(body)), 6 + 4, 0);
    // The meter of a block that starts with three operands needs two more.
    let body = "i32.const 0 i32.const 0 i32.const 0 block end drop drop";
    needs(&module(&entry(body)), 3 + 2 + 4, 0);
}

#[test]
fn frames_add_up() {
    let wasm = module(&format!(
        "(func $f (local i64) call $g) (func $g) {}",
        entry("call $f i32.const 0")
    ));
    needs(&wasm, BARE + (BARE + 1) + BARE, 0);
}

/// Recurses as often as the argument says.
fn recursion() -> Vec<u8> {
    let recurse = "(func $f (param i32) (if (local.get 0) (then (call $f (i32.sub (local.get 0) (i32.const 1))))))";
    module(&format!(
        "{recurse} {}",
        entry("local.get 0 call $f i32.const 0")
    ))
}

#[test]
fn recursion_takes_a_frame_each() {
    for depth in [0, 1, 10, 1_000] {
        needs(&recursion(), BARE * (depth + 2), depth.cast_signed());
    }
}

#[test]
fn endless_recursion_runs_out_of_stack() {
    let budget = Params::default().max_stack_depth;
    let outcome = run(&recursion(), budget, -1);
    assert_eq!(
        (outcome.status, outcome.stack_left, outcome.out_of_ink),
        (None, 0, false)
    );
}

/// Ways to leave a function with a result. `$f` is called three times to show that nothing adds up.
#[test]
fn every_way_out_gives_the_words_back() {
    for body in [
        "i32.const 0",
        "i32.const 0 return",
        "i32.const 0 br 0",
        "block i32.const 0 br 1 end i32.const 1",
        "i32.const 0 i32.const 1 br_if 0",
        "i32.const 0 local.get 0 br_table 0 0",
        "block (result i32) i32.const 0 local.get 0 br_table 1 0 1 end",
        "local.get 0 if i32.const 0 return end i32.const 0",
    ] {
        let f = format!("(func $f (param i32) (result i32) {body})");
        let calls =
            "(drop (call $f (i32.const 0))) (drop (call $f (i32.const 1))) (call $f (i32.const 2))";
        let outcome = run(&module(&format!("{f} {}", entry(calls))), 1_000, 0);
        assert_eq!(
            (outcome.status, outcome.stack_left),
            (Some(0), 1_000),
            "{body}"
        );
    }
}

#[test]
fn a_branch_out_with_several_results() {
    let f = "(func $f (result i32 i64) i32.const 0 i64.const 7 br 0)";
    let wasm = module(&format!("{f} {}", entry("call $f drop")));
    let outcome = run(&wasm, 1_000, 0);
    assert_eq!((outcome.status, outcome.stack_left), (Some(0), 1_000));
}

/// What is inserted for stack and branches costs no ink.
#[test]
fn a_branch_out_costs_the_branch() {
    let outcome = run(&module(&entry("i32.const 0 br 0")), 1_000, 0);
    assert_eq!(outcome.ink_used, 1 + 765 + 2_450);
}

#[test]
fn opcodes_after_instrumentation() {
    let opcodes = |body: &str| {
        activate(&module(&entry(body)), &Params::default())
            .unwrap()
            .info
            .measures
            .opcodes
    };
    // i32.const, end; one block; the frame's entry and exit.
    assert_eq!(opcodes("i32.const 0"), 2 + 12 + 12 + 4);
    // block, end, i32.const, end; two blocks.
    assert_eq!(opcodes("block end i32.const 0"), 4 + 2 * 12 + 12 + 4);
    // i32.const, return, end; two blocks, the second out of reach; two exits.
    assert_eq!(opcodes("i32.const 0 return"), 3 + 2 * 12 + 12 + 2 * 4);
}
