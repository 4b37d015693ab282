//! How a frame of WASM can end, and what is left then of its gas, its result and its instance.

use devchain::{
    Chain, FrameStatus, Halt, Receipt, Status, Tx,
    primitives::{Address, U256},
};

use crate::{
    frames::COUNTER,
    probe::import,
    support::{ALICE, chain, program, send, wasm, word},
};

/// A program that writes a result and then runs `body`, which leaves a status.
fn ending(chain: &mut Chain, body: &str) -> Address {
    let text = format!(
        r#"(module {} {} {}
          (memory (export "memory") 1 1)
          (type $other (func (param i64)))
          (table 2 funcref) (elem (i32.const 0) $unlike)
          (func $unlike (param i64))
          (func $endless (result i32) (i32.add (call $endless) (i32.const 1)))
          (func (export "user_entrypoint") (param $len i32) (result i32)
            (i32.store8 (i32.const 0) (i32.const 7))
            (call $write_result (i32.const 0) (i32.const 1))
            {body}))"#,
        import("write_result"),
        import("msg_sender"),
        import("read_args"),
    );
    program(chain, &text)
}

fn ends(body: &str) -> Receipt {
    let mut chain = chain();
    let program = ending(&mut chain, body);
    chain.send(Tx::call(ALICE, program, []).gas(1_000_000))
}

#[test]
fn any_status_but_zero_reverts_with_the_last_result() {
    assert_eq!(ends("(i32.const 0)").status, Status::Success);
    for status in [1, 2, 255, 256, -1, i32::MIN] {
        let receipt = ends(&format!("(i32.const {status})"));
        let ended = (receipt.status, &receipt.output[..]);
        assert_eq!(ended, (Status::Revert, &[7][..]), "status {status}");
        assert!(receipt.gas_used < 100_000);
    }
}

#[test]
fn every_trap_and_host_fault_reverts_without_data_and_keeps_the_gas() {
    let zero = "(i32.sub (local.get $len) (local.get $len))";
    let faults = [
        "(unreachable)".to_owned(),
        "(i32.load (i32.const 65533))".to_owned(),
        "(i32.store (i32.const -1) (i32.const 0)) (i32.const 0)".to_owned(),
        format!("(i32.div_u (i32.const 1) {zero})"),
        format!("(i32.rem_s (i32.const 1) {zero})"),
        format!(
            "(i32.div_s (i32.const {}) (i32.sub {zero} (i32.const 1)))",
            i32::MIN
        ),
        format!(
            "(i32.wrap_i64 (i64.div_s (i64.const {}) (i64.const -1)))",
            i64::MIN
        ),
        // Another type than the function's, an empty entry, and none at all.
        "(call_indirect (result i32) (i32.const 0))".to_owned(),
        "(call_indirect (result i32) (i32.const 1))".to_owned(),
        "(call_indirect (result i32) (i32.const 2))".to_owned(),
        "(memory.fill (i32.const 65000) (i32.const 0) (i32.const 1000)) (i32.const 0)".to_owned(),
        "(call $msg_sender (i32.const 65530)) (i32.const 0)".to_owned(),
    ];
    for fault in faults {
        let receipt = ends(&fault);
        assert_eq!(receipt.status, Status::Revert, "{fault}");
        assert!(receipt.output.is_empty(), "{fault}");
        assert!(receipt.gas_used < 100_000, "{fault}");
        assert_eq!(receipt.frames[0].status, FrameStatus::Revert, "{fault}");
    }
}

#[test]
fn running_out_of_ink_or_of_stack_burns_all_gas() {
    let out_of_ink = ends("(loop $forever (br $forever)) (i32.const 0)");
    assert_eq!(out_of_ink.status, Status::Halt(Halt::OutOfGas));
    let out_of_stack = ends("(call $endless)");
    assert_eq!(out_of_stack.status, Status::Halt(Halt::OutOfStack));
    for receipt in [out_of_ink, out_of_stack] {
        assert_eq!(receipt.gas_used, 1_000_000);
        assert!(receipt.output.is_empty() && receipt.logs.is_empty());
    }
}

/// Adds one to a global and to a byte of memory. With calldata, calls itself without; returns both, followed by the callee's two.
const INSTANCE: &str = r#"
  (memory (export "memory") 1 1)
  (global $count (mut i32) (i32.const 0))
  (func (export "user_entrypoint") (param $len i32) (result i32)
    (global.set $count (i32.add (global.get $count) (i32.const 1)))
    (i32.store8 (i32.const 0) (global.get $count))
    (i32.store8 (i32.const 1) (i32.add (i32.load8_u (i32.const 1)) (i32.const 1)))
    (if (local.get $len) (then
      (call $contract_address (i32.const 64))
      (drop (call $static_call_contract (i32.const 64) (i32.const 0) (i32.const 0) (i64.const -1) (i32.const 96)))
      (drop (call $read_return_data (i32.const 2) (i32.const 0) (i32.const 2)))))
    (call $write_result (i32.const 0) (i32.const 4))
    (i32.const 0)))"#;

#[test]
fn every_frame_has_a_fresh_instance() {
    let mut chain = chain();
    let hooks = [
        "contract_address",
        "static_call_contract",
        "read_return_data",
        "write_result",
    ];
    let imports: Vec<_> = hooks.into_iter().map(import).collect();
    let program = program(
        &mut chain,
        &format!("(module {} {INSTANCE}", imports.join(" ")),
    );
    for _ in 0..2 {
        assert_eq!(send(&mut chain, program, [0]).output[..], [1, 1, 1, 1]);
    }
}

/// Calls the address in its calldata twice, without data.
const TWICE: &str = r#"
  (memory (export "memory") 1 1)
  (func $once (drop (call $call_contract (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 64) (i64.const -1) (i32.const 96))))
  (func (export "user_entrypoint") (param $len i32) (result i32)
    (call $read_args (i32.const 0))
    (call $once) (call $once)
    (i32.const 0)))"#;

#[test]
fn pages_ever_open_are_not_forgotten_when_a_frame_reverts() {
    let mut chain = chain();
    let reverts = r#"(module (memory (export "memory") 40 40) (func (export "user_entrypoint") (param i32) (result i32) (i32.const 1)))"#;
    let deployed = chain.deploy_stylus(ALICE, &wasm(reverts)).expect("deploys");
    let entry = deployed.info.entry_gas(false, &chain.config().stylus);
    let imports = [import("read_args"), import("call_contract")].join(" ");
    let twice = program(&mut chain, &format!("(module {imports} {TWICE}"));
    let receipt = send(&mut chain, twice, deployed.address.to_vec());
    let gas: Vec<u64> = receipt.frames[1..]
        .iter()
        .map(|frame| frame.stylus.expect("WASM").entry_gas - entry)
        .collect();
    // 41 pages open, 39 of them beyond the free two: E(41) = 253 and E(1) = 1 for the first, no ramp for the second.
    assert_eq!(gas, [39_000 + 253 - 1, 39_000]);
}

/// Stores a word that the gas does not suffice to flush.
#[test]
fn a_flush_that_cannot_be_paid_for_changes_nothing() {
    let mut chain = chain();
    let counter = program(&mut chain, COUNTER);
    let entry = send(&mut chain, counter, [0]).frames[0]
        .stylus
        .expect("WASM")
        .entry_gas;
    chain.set_storage(counter, U256::ZERO, U256::ZERO);
    // Enough to enter and to read, too little to write.
    let tx = Tx::call(ALICE, counter, [0]).gas(21_000 + 16 + entry + 10_000);
    let receipt = chain.send(tx);
    assert_eq!(receipt.status, Status::Halt(Halt::OutOfGas));
    assert_eq!(chain.storage(counter, U256::ZERO), U256::ZERO);
    assert_eq!(send(&mut chain, counter, [0]).output[..], word(1));
}

#[test]
fn a_call_that_cannot_pay_for_itself_takes_the_rest() {
    let mut chain = chain();
    let imports = [import("read_args"), import("call_contract")].join(" ");
    let twice = program(&mut chain, &format!("(module {imports} {TWICE}"));
    let nobody = Address::with_last_byte(0xDD);
    let calldata: Vec<u8> = nobody.to_vec();
    let full = send(&mut chain, twice, calldata.clone());
    let entry = full.frames[0].stylus.expect("WASM").entry_gas;
    // A cold account costs 2 600; with 1 000 left the call fails and nothing remains for what comes after.
    let intrinsic = 21_000 + 19 * 4 + 16;
    let receipt = chain.send(Tx::call(ALICE, twice, calldata).gas(intrinsic + entry + 1_000));
    assert_eq!(receipt.status, Status::Halt(Halt::OutOfGas));
    assert_eq!(receipt.frames.len(), 1, "nobody was called");
}

#[test]
fn a_program_is_compiled_once() {
    let mut chain = chain();
    let counter = program(&mut chain, COUNTER);
    let compiled = chain.compilations();
    for _ in 0..3 {
        send(&mut chain, counter, [0]);
        assert!(chain.call(Tx::call(ALICE, counter, [0])).is_success());
    }
    let mut clone = chain.clone();
    send(&mut clone, counter, [0]);
    // The same code again, elsewhere, is neither activated nor compiled.
    let deployed = chain.deploy_stylus(ALICE, &wasm(COUNTER)).expect("deploys");
    send(&mut chain, deployed.address, [0]);
    assert_eq!(chain.compilations(), compiled);
    program(
        &mut chain,
        &COUNTER.replace("(i32.const 1)", "(i32.const 2)"),
    );
    assert_eq!(chain.compilations(), compiled + 1);
}
