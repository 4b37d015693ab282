//! Frames of both machines, nested.

use devchain::{
    FrameKind, FrameStatus, Halt, Status,
    primitives::{Address, Bytes, U256},
};

use crate::{
    solidity,
    support::{ALICE, chain, program, send, word},
};

/// A counter. Calldata: one byte that says what to do, then 20 bytes of an address and the data to call it with.
///
/// * 0: adds one to slot 0, logs, returns the new value
/// * 1: as 0, then reverts with the value
/// * 2: calls the address with the rest of the data, flushing first; then adds one and returns the value
/// * 3: loops until the ink is gone
/// * 4: recurses until the stack is gone
/// * 5: traps after having written a result
pub const COUNTER: &str = r#"(module
  (import "vm_hooks" "read_args" (func $args (param i32)))
  (import "vm_hooks" "write_result" (func $result (param i32 i32)))
  (import "vm_hooks" "storage_load_bytes32" (func $load (param i32 i32)))
  (import "vm_hooks" "storage_cache_bytes32" (func $store (param i32 i32)))
  (import "vm_hooks" "storage_flush_cache" (func $flush (param i32)))
  (import "vm_hooks" "emit_log" (func $log (param i32 i32 i32)))
  (import "vm_hooks" "call_contract" (func $call (param i32 i32 i32 i32 i64 i32) (result i32)))
  (memory (export "memory") 1 1)
  (func $deep (result i32) (i32.add (call $deep) (i32.const 1)))
  ;; slot 0 is at 0, its value at 32, the length of return data at 64, no value at 96, calldata at 128
  (func $increment
    (call $load (i32.const 0) (i32.const 32))
    (i32.store8 (i32.const 63) (i32.add (i32.load8_u (i32.const 63)) (i32.const 1)))
    (call $store (i32.const 0) (i32.const 32))
    (call $flush (i32.const 1))
    (call $log (i32.const 0) (i32.const 64) (i32.const 1)))
  (func (export "user_entrypoint") (param $len i32) (result i32)
    (local $what i32)
    (call $args (i32.const 128))
    (local.set $what (i32.load8_u (i32.const 128)))
    (if (i32.eq (local.get $what) (i32.const 3)) (then (loop $forever (br $forever))))
    (if (i32.eq (local.get $what) (i32.const 4)) (then (drop (call $deep))))
    (if (i32.eq (local.get $what) (i32.const 2)) (then
      (call $flush (i32.const 1))
      (drop (call $call (i32.const 129) (i32.const 149) (i32.sub (local.get $len) (i32.const 21)) (i32.const 96)
        (i64.const -1) (i32.const 64)))))
    (call $increment)
    (call $result (i32.const 32) (i32.const 32))
    (if (i32.eq (local.get $what) (i32.const 5)) (then (unreachable)))
    (i32.eq (local.get $what) (i32.const 1))))"#;

/// Data that makes a counter call another contract.
fn relay(to: Address, data: &[u8]) -> Bytes {
    [&[2], to.as_slice(), data].concat().into()
}

fn value(chain: &devchain::Chain, counter: Address) -> U256 {
    chain.storage(counter, U256::ZERO)
}

#[test]
fn a_program_keeps_state_and_logs() {
    let mut chain = chain();
    let counter = program(&mut chain, COUNTER);
    for expected in 1..=3_u64 {
        let receipt = send(&mut chain, counter, [0]);
        assert_eq!(receipt.status, Status::Success);
        assert_eq!(&receipt.output[..], word(expected));
        assert_eq!(receipt.logs.len(), 1);
        assert_eq!(receipt.logs[0].address, counter);
        assert_eq!(&receipt.logs[0].data.data[..], word(expected));
    }
    let frame = &send(&mut chain, counter, [0]).frames[0];
    assert_eq!(frame.kind, FrameKind::Stylus);
    let stylus = frame.stylus.expect("figures");
    assert_eq!((stylus.pages, stylus.hostio_count), (1, 6));
    assert!(stylus.entry_gas > 8_832 && stylus.ink_used > 0 && !stylus.cached);
}

#[test]
fn a_revert_keeps_nothing_but_its_reason() {
    let mut chain = chain();
    let counter = program(&mut chain, COUNTER);
    let receipt = send(&mut chain, counter, [1]);
    assert_eq!(receipt.status, Status::Revert);
    assert_eq!(&receipt.output[..], word(1));
    assert!(receipt.logs.is_empty());
    assert_eq!(value(&chain, counter), U256::ZERO);
    assert!(receipt.gas_used < 1_000_000);
}

#[test]
fn running_out_of_ink_costs_all_gas_and_a_trap_does_not() {
    let mut chain = chain();
    let counter = program(&mut chain, COUNTER);
    let limit = 500_000;
    let burnt = chain.send(devchain::Tx::call(ALICE, counter, [3]).gas(limit));
    assert_eq!(burnt.status, Status::Halt(Halt::OutOfGas));
    assert_eq!(burnt.gas_used, limit);
    let deep = chain.send(devchain::Tx::call(ALICE, counter, [4]).gas(limit));
    assert_eq!(deep.status, Status::Halt(Halt::OutOfStack));
    assert_eq!(deep.gas_used, limit);
    let trapped = chain.send(devchain::Tx::call(ALICE, counter, [5]).gas(limit));
    assert_eq!(trapped.status, Status::Revert);
    assert!(trapped.output.is_empty());
    assert!(trapped.gas_used < limit);
    assert_eq!(value(&chain, counter), U256::ZERO);
}

#[test]
fn wasm_calls_evm_calls_wasm() {
    let mut chain = chain();
    let counter = program(&mut chain, COUNTER);
    let relay_evm = solidity::deploy(&mut chain, "Relay");
    // counter → relay → counter: the inner increment is seen by the outer one.
    let inner = solidity::forward(counter, &[0], false);
    let receipt = send(&mut chain, counter, relay(relay_evm, &inner));
    assert_eq!(receipt.status, Status::Success, "{:?}", receipt.frames);
    assert_eq!(&receipt.output[..], word(2));
    let kinds: Vec<_> = receipt.frames.iter().map(|f| (f.depth, f.kind)).collect();
    use FrameKind::{Evm, Stylus};
    assert_eq!(kinds, [(0, Stylus), (1, Evm), (2, Stylus)]);
    // Those of both increments, and the relay's.
    assert_eq!(receipt.logs.len(), 3);
}

#[test]
fn an_evm_revert_undoes_wasm_below_it() {
    let mut chain = chain();
    let counter = program(&mut chain, COUNTER);
    let relay_evm = solidity::deploy(&mut chain, "Relay");
    let inner = solidity::forward(counter, &[0], true);
    let receipt = send(&mut chain, counter, relay(relay_evm, &inner));
    assert_eq!(receipt.status, Status::Success);
    // The inner increment and its log are gone.
    assert_eq!(&receipt.output[..], word(1));
    assert_eq!(receipt.logs.len(), 1);
    assert_eq!(receipt.frames[1].status, FrameStatus::Revert);
    assert_eq!(receipt.frames[2].status, FrameStatus::Success);
}

#[test]
fn solidity_catches_a_wasm_revert() {
    let mut chain = chain();
    let counter = program(&mut chain, COUNTER);
    let relay_evm = solidity::deploy(&mut chain, "Relay");
    let receipt = send(&mut chain, relay_evm, solidity::attempt(counter, &[1]));
    assert_eq!(receipt.status, Status::Success);
    let (ok, data) = solidity::attempted(&receipt.output);
    assert!(!ok);
    assert_eq!(&data[..], word(1));
    assert_eq!(value(&chain, counter), U256::ZERO);
    // A trap says nothing.
    let receipt = send(&mut chain, relay_evm, solidity::attempt(counter, &[5]));
    assert_eq!(solidity::attempted(&receipt.output), (false, Bytes::new()));
}

#[test]
fn deep_nesting_ends_by_gas_not_by_a_crash() {
    let mut chain = chain();
    let counter = program(&mut chain, COUNTER);
    // Each level calls itself with the rest of the data.
    let mut data = vec![0];
    for _ in 0..700 {
        data = relay(counter, &data).to_vec();
    }
    let receipt = send(&mut chain, counter, data);
    assert_eq!(receipt.status, Status::Success);
    assert!(receipt.frames.len() > 50, "{}", receipt.frames.len());
}

#[test]
fn pages_of_all_open_frames_are_paid_for_together() {
    let mut chain = chain();
    let text = COUNTER.replace(
        r#"(memory (export "memory") 1 1)"#,
        r#"(memory (export "memory") 17 17)"#,
    );
    let deployed = chain
        .deploy_stylus(ALICE, &crate::support::wasm(&text))
        .expect("deploys");
    let counter = deployed.address;
    let receipt = send(&mut chain, counter, relay(counter, &relay(counter, &[0])));
    let entry = deployed.info.entry_gas(false, &chain.config().stylus);
    let memory: Vec<_> = receipt
        .frames
        .iter()
        .filter_map(|frame| frame.stylus)
        .collect();
    let memory: Vec<_> = memory.iter().map(|frame| frame.entry_gas - entry).collect();
    // 15 pages beyond the free two, then 17 each; the ramp is 9 at 17 pages, 98 at 34 and 976 at 51.
    assert_eq!(memory, [15_000 + 9 - 1, 17_000 + 98 - 9, 17_000 + 976 - 98]);
}
