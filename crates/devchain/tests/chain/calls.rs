//! Calls and creations by programs.

use devchain::{
    FrameStatus, Status,
    primitives::{Address, U256, keccak256},
};

use crate::{
    probe::{Probe, import},
    support::{ALICE, chain, ether, program, send, word},
};

const GAS: u64 = 10_000;
const CALL: u64 = 83_193;

fn read(bytes: u64) -> u64 {
    16_381 + 55 * bytes.saturating_sub(32)
}

/// Memory with an address at 0, a value at 32, and code or data at 64.
fn memory(address: Address, value: u64, data: &[u8]) -> Vec<u8> {
    let mut memory = address.to_vec();
    memory.resize(32, 0);
    memory.extend(word(value));
    memory.extend(data);
    memory
}

/// EVM code that returns 40 bytes: 0xAA and zeros.
const ANSWER: [u8; 10] = [0x60, 0xAA, 0x5F, 0x53, 0x60, 0x28, 0x5F, 0xF3, 0, 0];
/// Gas of running it: five times PUSH0 or PUSH1, a byte stored, a word and a half of memory.
const ANSWER_GAS: u64 = 3 + 2 + 3 + 3 + 2 + 6;

/// The three hooks that call, with a target at 0 and `len` bytes of data at 64.
fn args(hook: &str, len: i64, gas: i64) -> Vec<i64> {
    match hook {
        "call_contract" => vec![0, 64, len, 32, gas, 1_000],
        _ => vec![0, 64, len, gas, 1_000],
    }
}

#[test]
fn a_call_costs_the_access_and_what_was_used() {
    let mut chain = chain();
    let target = Address::with_last_byte(0xEE);
    chain.set_code(target, ANSWER.to_vec());
    for hook in [
        "call_contract",
        "delegate_call_contract",
        "static_call_contract",
    ] {
        let cold = Probe::new(&mut chain, hook, &args(hook, 100, -1), "", &[]);
        let seen = cold.run(&mut chain, &memory(target, 0, &[]));
        assert_eq!(
            seen.ink,
            CALL + 2 * read(100) + (2_600 + ANSWER_GAS) * GAS,
            "{hook}"
        );
        assert_eq!((seen.result, seen.memory[1_000]), (0, 40), "{hook}");
    }
}

#[test]
fn return_data_is_read_in_parts() {
    let mut chain = chain();
    let target = Address::with_last_byte(0xEE);
    chain.set_code(target, ANSWER.to_vec());
    let setup = "(drop (call $static_call_contract (i32.const 0) (i32.const 0) (i32.const 0) (i64.const -1) (i32.const 40)))";
    let more = ["static_call_contract"];
    let size = Probe::new(&mut chain, "return_data_size", &[], setup, &more);
    assert_eq!(size.run(&mut chain, &memory(target, 0, &[])).result, 40);
    for (offset, wanted, got) in [
        (0, 40, 40),
        (0, 100, 40),
        (30, 100, 10),
        (40, 1, 0),
        (99, 1, 0),
    ] {
        let part = Probe::new(
            &mut chain,
            "read_return_data",
            &[100, offset, wanted],
            setup,
            &more,
        );
        let seen = part.run(&mut chain, &memory(target, 0, &[]));
        assert_eq!(
            (seen.result, seen.ink),
            (got, 68_073 + 5_040 + 30 * u64::saturating_sub(got, 32))
        );
        assert_eq!(seen.memory[100], if offset == 0 { 0xAA } else { 0 });
    }
}

#[test]
fn value_costs_extra_and_its_stipend_is_not_free() {
    let mut chain = chain();
    let target = Address::with_last_byte(0xEE);
    chain.set_code(target, ANSWER.to_vec());
    let call = Probe::new(
        &mut chain,
        "call_contract",
        &args("call_contract", 0, 0),
        "",
        &[],
    );
    chain.fund(call.address, ether(1));
    // No gas is passed on, so the callee runs on the stipend, and the caller pays what it used.
    let seen = call.run(&mut chain, &memory(target, 7, &[]));
    assert_eq!(
        seen.ink,
        CALL + 2 * read(0) + (2_600 + 9_000 + ANSWER_GAS) * GAS
    );
    assert_eq!(
        chain.balance(target),
        U256::from(14),
        "the probe calls twice"
    );

    let nobody = Address::with_last_byte(0xDD);
    let seen = call.run(&mut chain, &memory(nobody, 7, &[]));
    assert_eq!(
        seen.ink,
        CALL + 2 * read(0) + (2_600 + 9_000 + 25_000) * GAS
    );

    let poor = Probe::new(
        &mut chain,
        "call_contract",
        &args("call_contract", 0, -1),
        "",
        &[],
    );
    let seen = poor.run(&mut chain, &memory(target, 7, &[]));
    // Refused before anything ran; all that was passed on comes back.
    assert_eq!(
        (seen.result, seen.ink),
        (2, CALL + 2 * read(0) + (2_600 + 9_000) * GAS)
    );
}

#[test]
fn a_callee_gets_at_most_63_of_64_parts() {
    let mut chain = chain();
    // Burns everything.
    let target = Address::with_last_byte(0xEE);
    chain.set_code(target, vec![0xFE]);
    let call = Probe::new(
        &mut chain,
        "static_call_contract",
        &args("static_call_contract", 0, 10_000),
        "",
        &[],
    );
    let seen = call.run(&mut chain, &memory(target, 0, &[]));
    assert_eq!(
        (seen.result, seen.ink),
        (2, CALL + 2 * read(0) + 12_600 * GAS)
    );
    let all = Probe::new(
        &mut chain,
        "static_call_contract",
        &args("static_call_contract", 0, -1),
        "",
        &[],
    );
    let receipt = all.run(&mut chain, &memory(target, 0, &[])).receipt;
    let [outer, inner, ..] = &receipt.frames[..] else {
        panic!("a call");
    };
    let left = outer.gas_limit - outer.stylus.expect("figures").entry_gas - 2_600;
    assert!(inner.gas_limit < left - left / 64 && inner.gas_limit > left - left / 64 - 100);
}

#[test]
fn a_static_frame_cannot_send_value() {
    let mut chain = chain();
    let target = Address::with_last_byte(0xEE);
    chain.set_code(target, ANSWER.to_vec());
    let call = Probe::new(
        &mut chain,
        "call_contract",
        &args("call_contract", 0, -1),
        "",
        &[],
    );
    chain.fund(call.address, ether(1));
    let relay = crate::solidity::deploy(&mut chain, "Relay");
    let look = crate::solidity::look(call.address, &memory(target, 7, &[]));
    let (ok, output) = crate::solidity::attempted(&send(&mut chain, relay, look).output);
    assert!(ok);
    assert_eq!(output[4_104], 2);
    assert_eq!(chain.balance(target), U256::ZERO);
}

/// Init code that deploys one zero byte.
const INIT: [u8; 5] = [0x60, 0x01, 0x5F, 0xF3, 0x00];
/// Gas of running it and of storing the byte.
const INIT_GAS: u64 = 3 + 2 + 3 + 200;

#[test]
fn creations() {
    let mut chain = chain();
    let len = INIT.len() as i64;
    let create = Probe::new(&mut chain, "create1", &[64, len, 32, 1_000, 1_020], "", &[]);
    let seen = create.run(&mut chain, &memory(Address::ZERO, 0, &INIT));
    assert_eq!(seen.ink, CALL + 2 * read(5) + (32_000 + INIT_GAS) * GAS);
    let created = create.address.create(1);
    assert_eq!(seen.memory[1_000..1_020], created[..]);
    assert_eq!(chain.code(created)[..], [0]);

    let salted = Probe::new(
        &mut chain,
        "create2",
        &[64, len, 32, 0, 1_000, 1_020],
        "",
        &[],
    );
    let salt = [9; 32];
    let seen = salted.run(&mut chain, &[&salt[..], &word(0), &INIT].concat());
    assert_eq!(
        seen.ink,
        CALL + 5_040 + 2 * read(5) + (32_006 + INIT_GAS) * GAS
    );
    let created = salted.address.create2(salt, keccak256(INIT));
    assert_eq!(seen.memory[1_000..1_020], created[..]);
    // A second time there is somebody already.
    let receipt = send(
        &mut chain,
        salted.address,
        [&salt[..], &word(0), &INIT].concat(),
    );
    assert!(
        receipt.frames[1..]
            .iter()
            .all(|frame| matches!(frame.status, FrameStatus::Halt(_)))
    );
}

#[test]
fn a_creation_that_reverts_leaves_its_reason() {
    let mut chain = chain();
    // PUSH1 8, PUSH0, REVERT
    let revert = [0x60, 0x08, 0x5F, 0xFD];
    let create = Probe::new(&mut chain, "create1", &[64, 4, 32, 1_000, 1_020], "", &[]);
    let seen = create.run(&mut chain, &memory(Address::ZERO, 0, &revert));
    assert_eq!(seen.memory[1_000..1_020], [0; 20]);
    assert_eq!(seen.memory[1_020..1_024], [8, 0, 0, 0]);

    let relay = crate::solidity::deploy(&mut chain, "Relay");
    let look = crate::solidity::look(create.address, &memory(Address::ZERO, 0, &INIT));
    let (ok, output) = crate::solidity::attempted(&send(&mut chain, relay, look).output);
    assert_eq!((ok, output.len()), (false, 0), "not in a static frame");
}

#[test]
fn a_delegate_call_writes_its_callers_storage() {
    let mut chain = chain();
    let logic = program(&mut chain, crate::frames::COUNTER);
    let text = format!(
        r#"(module {} {}
          (memory (export "memory") 1 1)
          (func (export "user_entrypoint") (param $len i32) (result i32)
            (call $read_args (i32.const 0))
            (call $delegate_call_contract (i32.const 0) (i32.const 20) (i32.const 1) (i64.const -1) (i32.const 32))))"#,
        import("read_args"),
        import("delegate_call_contract"),
    );
    let proxy = program(&mut chain, &text);
    let receipt = send(&mut chain, proxy, [logic.as_slice(), &[0]].concat());
    assert_eq!(receipt.status, Status::Success);
    assert_eq!(chain.storage(proxy, U256::ZERO), U256::from(1));
    assert_eq!(chain.storage(logic, U256::ZERO), U256::ZERO);
    assert_eq!(receipt.logs[0].address, proxy);
    assert_eq!(receipt.frames[1].from, ALICE);
}

#[test]
fn returning_data_costs_at_least_its_memory() {
    let mut chain = chain();
    let text = format!(
        r#"(module {}
          (memory (export "memory") 2 2)
          (func (export "user_entrypoint") (param $len i32) (result i32)
            (call $write_result (i32.const 0) (i32.const 130000))
            (i32.const 0)))"#,
        import("write_result"),
    );
    let big = program(&mut chain, &text);
    let frame = &send(&mut chain, big, []).frames[0];
    let words: u64 = 130_000_u64.div_ceil(32);
    assert_eq!(frame.gas_used, 3 * words + words * words / 512);
}
