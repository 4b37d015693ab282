//! Every host function: what it does and the ink it takes.

use devchain::{
    Config, SEQUENCER, Status,
    primitives::{Address, B256, U256, keccak256},
};

use crate::{
    probe::{Probe, probe},
    solidity,
    support::{ALICE, BOB, chain, chain_with, ether, send, word},
};

const GAS: u64 = 10_000;
const HOSTIO: u64 = 8_400;
const PTR: u64 = 13_440;
const API: u64 = 68_073;

/// Ink of the host reading and writing so many bytes of guest memory.
fn read(bytes: u64) -> u64 {
    16_381 + 55 * bytes.saturating_sub(32)
}

fn write(bytes: u64) -> u64 {
    5_040 + 30 * bytes.saturating_sub(32)
}

fn at<const N: usize>(memory: &[u8], start: usize) -> [u8; N] {
    memory[start..start + N].try_into().expect("in range")
}

fn word_at(memory: &[u8], start: usize) -> U256 {
    U256::from_be_bytes(at::<32>(memory, start))
}

#[test]
fn the_block_and_the_transaction() {
    let config = Config::default();
    let mut chain = chain_with(config.clone());
    let fee = U256::from(config.base_fee);
    for hook in ["block_basefee", "tx_gas_price"] {
        let seen = probe(&mut chain, hook, &[64], &[]);
        assert_eq!((seen.ink, word_at(&seen.memory, 64)), (PTR, fee), "{hook}");
    }
    let seen = probe(&mut chain, "block_coinbase", &[64], &[]);
    assert_eq!(
        (seen.ink, at::<20>(&seen.memory, 64)),
        (PTR, SEQUENCER.into_array())
    );
    let seen = probe(&mut chain, "tx_origin", &[64], &[]);
    assert_eq!(
        (seen.ink, at::<20>(&seen.memory, 64)),
        (PTR, ALICE.into_array())
    );
    let seen = probe(&mut chain, "block_gas_limit", &[], &[]);
    assert_eq!((seen.ink, seen.result), (HOSTIO, 1 << 50));
    let seen = probe(&mut chain, "chainid", &[], &[]);
    assert_eq!((seen.ink, seen.result), (HOSTIO, config.chain_id));
    let seen = probe(&mut chain, "tx_ink_price", &[], &[]);
    assert_eq!((seen.ink, seen.result), (HOSTIO, 10_000));
    // The L1 block's number, which moves every twelve seconds.
    chain.warp(25);
    let seen = probe(&mut chain, "block_number", &[], &[]);
    assert_eq!((seen.ink, seen.result), (HOSTIO, config.l1_block + 2));
    let seen = probe(&mut chain, "block_timestamp", &[], &[]);
    assert_eq!((seen.ink, seen.result), (HOSTIO, config.timestamp + 25));
}

#[test]
fn the_frame() {
    let mut chain = chain();
    let sender = Probe::new(&mut chain, "msg_sender", &[64], "", &[]);
    let seen = sender.run(&mut chain, &[]);
    assert_eq!(
        (seen.ink, at::<20>(&seen.memory, 64)),
        (PTR, ALICE.into_array())
    );
    let own = Probe::new(&mut chain, "contract_address", &[64], "", &[]);
    let seen = own.run(&mut chain, &[]);
    assert_eq!(
        (seen.ink, at::<20>(&seen.memory, 64)),
        (PTR, own.address.into_array())
    );
    let value = Probe::new(&mut chain, "msg_value", &[64], "", &[]);
    let tx = devchain::Tx::call(ALICE, value.address, []).value(U256::from(77));
    let seen = value.seen(chain.send(tx));
    assert_eq!((seen.ink, word_at(&seen.memory, 64)), (PTR, U256::from(77)));

    // A delegate call keeps sender, address and value of its caller.
    let relay = solidity::deploy(&mut chain, "Relay");
    for (probe, expected) in [(&sender, ALICE), (&own, relay)] {
        let data = solidity::delegate(probe.address, &[]);
        let (ok, output) = solidity::attempted(&send(&mut chain, relay, data).output);
        assert!(ok);
        assert_eq!(at::<20>(&output, 64), expected.into_array());
    }
    let data = solidity::delegate(value.address, &[]);
    let tx = devchain::Tx::call(ALICE, relay, data).value(U256::from(78));
    let (_, output) = solidity::attempted(&chain.send(tx).output);
    assert_eq!(word_at(&output, 64), U256::from(78));
}

#[test]
fn ink_and_gas_left() {
    let mut chain = chain();
    let ink = probe(&mut chain, "evm_ink_left", &[], &[]);
    assert_eq!(ink.ink, HOSTIO);
    let gas = probe(&mut chain, "evm_gas_left", &[], &[]);
    assert_eq!(gas.ink, HOSTIO);
    assert!(gas.result < 32_000_000 && gas.result > 31_000_000);
    // The two programs differ by a few bytes, and so does their entry.
    assert!((ink.result / GAS).abs_diff(gas.result) < 50);
}

#[test]
fn calldata_and_results() {
    let mut chain = chain();
    let memory = [7; 100];
    let seen = probe(&mut chain, "read_args", &[1_000], &memory);
    assert_eq!(
        (seen.ink, at::<100>(&seen.memory, 1_000)),
        (HOSTIO + write(100), memory)
    );
    let seen = probe(&mut chain, "write_result", &[0, 200], &[]);
    assert_eq!(seen.ink, HOSTIO + 2 * read(200));
    let seen = probe(&mut chain, "return_data_size", &[], &[]);
    assert_eq!((seen.ink, seen.result), (HOSTIO, 0));
    let seen = probe(&mut chain, "read_return_data", &[0, 0, 100], &[]);
    assert_eq!((seen.ink, seen.result), (API + write(0), 0));
}

#[test]
fn leaving_early_keeps_the_last_result() {
    let mut chain = chain();
    for (status, expected) in [(0, Status::Success), (9, Status::Revert)] {
        let text = format!(
            r#"(module {} {}
              (memory (export "memory") 1 1)
              (func (export "user_entrypoint") (param i32) (result i32)
                (i32.store8 (i32.const 0) (i32.const 5))
                (call $write_result (i32.const 0) (i32.const 2))
                (call $write_result (i32.const 0) (i32.const 1))
                (call $exit_early (i32.const {status}))
                (unreachable)))"#,
            crate::probe::import("write_result"),
            crate::probe::import("exit_early"),
        );
        let program = crate::support::program(&mut chain, &text);
        let receipt = send(&mut chain, program, []);
        assert_eq!((receipt.status, &receipt.output[..]), (expected, &[5][..]));
    }
}

/// Numbers one after another, each in a word.
fn words(numbers: &[U256]) -> Vec<u8> {
    numbers.iter().flat_map(U256::to_be_bytes::<32>).collect()
}

#[test]
fn arithmetic() {
    let (n, m) = (U256::from(1_000_003), U256::from(97));
    let big = U256::MAX - U256::from(5);
    let zero = U256::ZERO;
    let cases: &[(&str, u64, &[U256], U256)] = &[
        ("math_div", 43_520, &[n, m], n / m),
        ("math_div", 43_520, &[n, zero], zero),
        ("math_mod", 43_520, &[n, m], n % m),
        ("math_mod", 43_520, &[n, zero], zero),
        (
            "math_pow",
            23_520 + 3_000 + 17_500 * 2,
            &[n, m],
            n.wrapping_pow(m),
        ),
        (
            "math_pow",
            23_520 + 3_000 + 17_500,
            &[n, zero],
            U256::from(1),
        ),
        (
            "math_pow",
            23_520 + 3_000 + 17_500 * 33,
            &[U256::from(2), big],
            zero,
        ),
        ("math_add_mod", 49_560, &[big, big, m], big.add_mod(big, m)),
        ("math_add_mod", 49_560, &[big, big, zero], zero),
        ("math_mul_mod", 52_660, &[big, big, m], big.mul_mod(big, m)),
        ("math_mul_mod", 52_660, &[big, big, zero], zero),
    ];
    let mut chain = chain();
    for (hook, ink, numbers, expected) in cases {
        let args: Vec<i64> = (0..numbers.len() as i64).map(|n| n * 32).collect();
        let seen = probe(&mut chain, hook, &args, &words(numbers));
        assert_eq!(
            (seen.ink, word_at(&seen.memory, 0)),
            (*ink, *expected),
            "{hook}"
        );
    }
}

#[test]
fn hashing() {
    let mut chain = chain();
    for (len, ink) in [
        (0, 121_800),
        (64, 121_800),
        (65, 142_800),
        (1_000, 121_800 + 30 * 21_000),
    ] {
        let data = vec![3; len];
        let seen = probe(
            &mut chain,
            "native_keccak256",
            &[0, len as i64, 2_000],
            &data,
        );
        assert_eq!(
            (seen.ink, at::<32>(&seen.memory, 2_000)),
            (ink, keccak256(&data).0)
        );
    }
}

#[test]
fn transient_storage() {
    let mut chain = chain();
    let price = 78_153 + 100 * GAS;
    let stored = probe(
        &mut chain,
        "transient_store_bytes32",
        &[0, 32],
        &words(&[U256::from(1), U256::from(2)]),
    );
    assert_eq!(stored.ink, price);
    let setup = "(call $transient_store_bytes32 (i32.const 0) (i32.const 32))";
    let load = Probe::new(
        &mut chain,
        "transient_load_bytes32",
        &[0, 64],
        setup,
        &["transient_store_bytes32"],
    );
    let seen = load.run(&mut chain, &words(&[U256::from(1), U256::from(2)]));
    assert_eq!(
        (seen.ink, word_at(&seen.memory, 64)),
        (price, U256::from(2))
    );
    let seen = probe(&mut chain, "transient_load_bytes32", &[0, 64], &word(1));
    assert_eq!(
        word_at(&seen.memory, 64),
        U256::ZERO,
        "gone with its transaction"
    );
}

#[test]
fn other_accounts() {
    let mut chain = chain();
    let code: Vec<u8> = (0..100).collect();
    let other = Address::with_last_byte(0xCC);
    chain.set_code(other, code.clone());
    chain.fund(other, ether(3));
    let (cold, warm) = (2_600 * GAS, 100 * GAS);
    let target = other.to_vec();

    let seen = probe(&mut chain, "account_balance", &[0, 32], &target);
    assert_eq!(
        (seen.ink, word_at(&seen.memory, 32)),
        (78_153 + cold, ether(3))
    );
    let seen = probe(&mut chain, "account_balance", &[0, 32], ALICE.as_slice());
    assert_eq!(seen.ink, 78_153 + warm);
    let seen = probe(&mut chain, "account_codehash", &[0, 32], &target);
    assert_eq!(
        (seen.ink, at::<32>(&seen.memory, 32)),
        (78_153 + cold, keccak256(&code).0)
    );
    let nobody = Address::with_last_byte(0xDD);
    let seen = probe(&mut chain, "account_codehash", &[0, 32], nobody.as_slice());
    assert_eq!(at::<32>(&seen.memory, 32), B256::ZERO.0);

    // The probe's second call, which keeps the result, finds the code remembered.
    let seen = probe(&mut chain, "account_code_size", &[0], &target);
    assert_eq!((seen.ink, seen.result), (API + 700 * GAS + cold, 100));
    let seen = probe(&mut chain, "account_code", &[0, 90, 50, 64], &target);
    assert_eq!(
        (seen.ink, seen.result),
        (API + 700 * GAS + cold + write(100), 10)
    );
    assert_eq!(at::<10>(&seen.memory, 64)[..], code[90..]);
    let setup = "(drop (call $account_code_size (i32.const 0)))";
    let again = Probe::new(
        &mut chain,
        "account_code",
        &[0, 0, 0, 64],
        setup,
        &["account_code_size"],
    );
    assert_eq!(again.run(&mut chain, &target).ink, API + write(100));
    // No code is nothing to remember.
    let again = Probe::new(&mut chain, "account_code_size", &[0], setup, &[]);
    assert_eq!(
        again.run(&mut chain, BOB.as_slice()).ink,
        API + 700 * GAS + warm
    );
}

#[test]
fn logs() {
    let mut chain = chain();
    for topics in 0..=4_u64 {
        let memory: Vec<u8> = (0..200).collect();
        let seen = probe(&mut chain, "emit_log", &[0, 150, topics as i64], &memory);
        let gas = 375 * (1 + topics) + 8 * (150 - 32 * topics);
        assert_eq!(seen.ink, API + read(150) + gas * GAS);
        let log = &seen.receipt.logs[0];
        let split = 32 * topics as usize;
        assert_eq!(log.topics().len() as u64, topics);
        assert_eq!(log.topics().concat(), memory[..split]);
        assert_eq!(log.data.data[..], memory[split..150]);
    }
    for (len, topics) in [(160, 5), (31, 1)] {
        let probe = Probe::new(&mut chain, "emit_log", &[0, len, topics], "", &[]);
        let receipt = send(&mut chain, probe.address, []);
        assert_eq!((receipt.status, receipt.output.len()), (Status::Revert, 0));
    }
}

#[test]
fn memory_growth_is_paid_for() {
    let mut chain = chain();
    // One page is open; a second is free; two more cost a thousand each; at 41 pages the ramp shows.
    for (pages, ink) in [
        (0, HOSTIO),
        (1, 0),
        (3, 2_000 * GAS),
        (40, (39 * 1_000 + 253 - 1) * GAS),
        // The node reads 16 bits of the count.
        (65_536 + 1, 0),
    ] {
        let seen = probe(&mut chain, "pay_for_memory_grow", &[pages], &[]);
        assert_eq!(seen.ink, ink, "{pages} pages");
    }
    let beyond = Probe::new(&mut chain, "pay_for_memory_grow", &[128], "", &[]);
    let receipt = send(&mut chain, beyond.address, []);
    assert_eq!(receipt.status, Status::Halt(devchain::Halt::OutOfGas));
}

#[test]
fn pointers_out_of_bounds_fail() {
    let mut chain = chain();
    let outside = 65_536 - 31;
    for (hook, args) in [
        ("msg_value", vec![outside]),
        ("block_coinbase", vec![65_530]),
        ("storage_load_bytes32", vec![outside, 0]),
        ("storage_cache_bytes32", vec![0, outside]),
        ("native_keccak256", vec![0, 65_537, 0]),
        ("write_result", vec![-1, 1]),
        ("math_div", vec![0, -32]),
        ("emit_log", vec![65_535, 2, 0]),
    ] {
        let probe = Probe::new(&mut chain, hook, &args, "", &[]);
        let receipt = send(&mut chain, probe.address, []);
        assert_eq!(receipt.status, Status::Revert, "{hook}");
        assert!(
            receipt.output.is_empty() && receipt.gas_used < 1_000_000,
            "{hook}"
        );
    }
}

#[test]
fn reentrancy_is_noticed() {
    let mut chain = chain();
    let guard = Probe::new(&mut chain, "msg_reentrant", &[], "", &[]);
    let seen = guard.run(&mut chain, &[]);
    assert_eq!((seen.ink, seen.result), (HOSTIO, 0));
    // relay → (delegate) guard: one frame of the relay's address that is not a delegate call.
    let relay = solidity::deploy(&mut chain, "Relay");
    let inner = solidity::delegate(guard.address, &[]);
    let (_, output) = solidity::attempted(&send(&mut chain, relay, inner.clone()).output);
    assert_eq!(output[4_104], 0);
    // relay → relay → (delegate) guard: two of them.
    let outer = solidity::attempt(relay, &inner);
    let (_, output) = solidity::attempted(&send(&mut chain, relay, outer).output);
    let (ok, output) = solidity::attempted(&output);
    assert!(ok);
    assert_eq!(output[4_104], 1);
}
