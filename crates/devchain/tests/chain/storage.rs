//! The storage cache: what it costs, and what it hides.

use devchain::{
    Chain, Status,
    primitives::{Address, Bytes, U256},
};

use crate::{
    probe::{Probe, import, probe},
    solidity,
    support::{chain, program, send, word},
};

const GAS: u64 = 10_000;
const ACCESS: u64 = 18_480;
const FLUSH: u64 = 68_073;

const LOAD: &str = "(call $storage_load_bytes32 (i32.const 0) (i32.const 64))";
const STORE: &str = "(call $storage_cache_bytes32 (i32.const 0) (i32.const 32))";
const HOOKS: [&str; 3] = [
    "storage_load_bytes32",
    "storage_cache_bytes32",
    "storage_flush_cache",
];

/// A slot and the value to be stored there.
fn pair(slot: u64, value: u64) -> Vec<u8> {
    [word(slot), word(value)].concat()
}

#[test]
fn the_first_read_of_a_slot_costs_and_later_ones_do_not() {
    let mut chain = chain();
    let cold = probe(&mut chain, "storage_load_bytes32", &[0, 64], &word(1));
    assert_eq!(cold.ink, ACCESS + (2_100 + 5) * GAS);
    let hit = Probe::new(&mut chain, "storage_load_bytes32", &[0, 64], LOAD, &[]);
    assert_eq!(hit.run(&mut chain, &word(1)).ink, ACCESS);
    // Emptied by a flush, the cache has to ask again; by then the slot is warm.
    let setup = format!("{LOAD} (call $storage_flush_cache (i32.const 1))");
    let warm = Probe::new(&mut chain, "storage_load_bytes32", &[0, 64], &setup, &HOOKS);
    assert_eq!(warm.run(&mut chain, &word(1)).ink, ACCESS + (100 + 5) * GAS);
}

#[test]
fn many_accesses_of_a_frame_cost_more() {
    let mut chain = chain();
    for (before, gas) in [(31, 0), (32, 2), (127, 2), (128, 10)] {
        let setup = LOAD.repeat(before);
        let nth = Probe::new(&mut chain, "storage_load_bytes32", &[0, 64], &setup, &[]);
        assert_eq!(
            nth.run(&mut chain, &[]).ink,
            ACCESS + gas * GAS,
            "after {before}"
        );
    }
    for (before, gas) in [(7, 0), (8, 7), (63, 7), (64, 10)] {
        let setup = STORE.repeat(before);
        let nth = Probe::new(&mut chain, "storage_cache_bytes32", &[0, 32], &setup, &[]);
        assert_eq!(
            nth.run(&mut chain, &[]).ink,
            ACCESS + gas * GAS,
            "after {before}"
        );
    }
}

#[test]
fn what_is_not_flushed_is_lost() {
    let mut chain = chain();
    let probe = Probe::new(&mut chain, "storage_cache_bytes32", &[0, 32], "", &[]);
    probe.run(&mut chain, &pair(1, 5));
    assert_eq!(chain.storage(probe.address, U256::from(1)), U256::ZERO);
}

/// Ink of flushing one dirty slot that held `original`.
fn flush(chain: &mut Chain, original: u64, value: u64, read_before: bool) -> (u64, u64) {
    let setup = if read_before {
        format!("{LOAD} {STORE}")
    } else {
        STORE.into()
    };
    let probe = Probe::new(chain, "storage_flush_cache", &[0], &setup, &HOOKS);
    chain.set_storage(probe.address, U256::from(1), U256::from(original));
    let seen = probe.run(chain, &pair(1, value));
    assert_eq!(
        chain.storage(probe.address, U256::from(1)),
        U256::from(value)
    );
    (seen.ink, seen.receipt.refunded)
}

#[test]
fn flushing_costs_what_sstore_does() {
    let mut chain = chain();
    assert_eq!(flush(&mut chain, 0, 5, false).0, FLUSH + 22_100 * GAS);
    assert_eq!(flush(&mut chain, 0, 5, true).0, FLUSH + 20_000 * GAS);
    assert_eq!(flush(&mut chain, 4, 5, false).0, FLUSH + 5_000 * GAS);
    assert_eq!(flush(&mut chain, 4, 5, true).0, FLUSH + 2_900 * GAS);
    // Unknown to the cache, so it counts as dirty; the state finds it unchanged.
    assert_eq!(flush(&mut chain, 5, 5, false).0, FLUSH + 2_200 * GAS);
    // Known to be the same: nothing to do.
    assert_eq!(flush(&mut chain, 5, 5, true).0, FLUSH);
    let (ink, refunded) = flush(&mut chain, 5, 0, true);
    assert_eq!((ink, refunded), (FLUSH + 2_900 * GAS, 4_800));
}

#[test]
fn a_second_flush_of_a_slot_is_cheap_and_restoring_it_refunds() {
    let mut chain = chain();
    // 0 → 5 → 0: slot 1 at 0, 5 at 32, zero at 96.
    let setup = format!(
        "{STORE} (call $storage_flush_cache (i32.const 0))
         (call $storage_cache_bytes32 (i32.const 0) (i32.const 96))"
    );
    let probe = Probe::new(&mut chain, "storage_flush_cache", &[0], &setup, &HOOKS);
    let seen = probe.run(&mut chain, &pair(1, 5));
    assert_eq!(seen.ink, FLUSH + 100 * GAS);
    // 19 900 are due; the cap is a fifth of the gas.
    let used = seen.receipt.gas_used + seen.receipt.refunded;
    assert_eq!(seen.receipt.refunded, (used / 5).min(19_900));
}

#[test]
fn a_static_call_may_write_the_cache_but_not_flush_it() {
    let mut chain = chain();
    let relay = solidity::deploy(&mut chain, "Relay");
    let cache = Probe::new(&mut chain, "storage_cache_bytes32", &[0, 32], "", &[]);
    let clean = Probe::new(&mut chain, "storage_flush_cache", &[1], LOAD, &HOOKS);
    let dirty = Probe::new(&mut chain, "storage_flush_cache", &[1], STORE, &HOOKS);
    let log = Probe::new(&mut chain, "emit_log", &[0, 0, 0], "", &[]);
    let transient = Probe::new(&mut chain, "transient_store_bytes32", &[0, 32], "", &[]);
    for (probe, allowed) in [
        (cache, true),
        (clean, true),
        (dirty, false),
        (log, false),
        (transient, false),
    ] {
        let data = solidity::look(probe.address, &pair(1, 5));
        let (ok, output) = solidity::attempted(&send(&mut chain, relay, data).output);
        assert_eq!((ok, output.is_empty()), (allowed, !allowed));
    }
}

#[test]
fn a_flush_needs_the_sentry_gas() {
    let mut chain = chain();
    let probe = Probe::new(&mut chain, "storage_flush_cache", &[0], "", &[]);
    let full = send(&mut chain, probe.address, []).frames[0].gas_used;
    let (mut low, mut high) = (21_000 + full / 2, 21_000 + full + 5_000);
    while low + 1 < high {
        let middle = (low + high) / 2;
        let tx = devchain::Tx::call(crate::support::ALICE, probe.address, []).gas(middle);
        match chain.call(tx).status {
            Status::Success => high = middle,
            _ => low = middle,
        }
    }
    // What it used is not enough: the sentry wants 2 300 more to be left.
    assert!(high > 21_000 + full + 2_000, "{high} {full}");
}

/// Reads slot 0, calls back through a relay, and returns slot 0 as the cache has it. Calldata: a first byte (0: write
/// 7 to slot 0 and flush; 1: as said, 2: flushing and clearing before the call), an address, data.
const STALE: &str = r#"
  (memory (export "memory") 1 1)
  (func (export "user_entrypoint") (param $len i32) (result i32)
    (call $read_args (i32.const 128))
    (if (i32.eqz (i32.load8_u (i32.const 128)))
      (then
        (i32.store8 (i32.const 63) (i32.const 7))
        (call $storage_cache_bytes32 (i32.const 0) (i32.const 32))
        (call $storage_flush_cache (i32.const 0))
        (return (i32.const 0))))
    (call $storage_load_bytes32 (i32.const 0) (i32.const 32))
    (if (i32.eq (i32.load8_u (i32.const 128)) (i32.const 2)) (then (call $storage_flush_cache (i32.const 1))))
    (drop (call $call_contract (i32.const 129) (i32.const 149) (i32.sub (local.get $len) (i32.const 21))
      (i32.const 96) (i64.const -1) (i32.const 64)))
    (call $storage_load_bytes32 (i32.const 0) (i32.const 32))
    (call $write_result (i32.const 32) (i32.const 32))
    (i32.const 0)))"#;

#[test]
fn a_call_does_not_refresh_the_cache() {
    let mut chain = chain();
    let imports = ["read_args", "write_result", "call_contract"]
        .iter()
        .chain(&HOOKS);
    let imports: Vec<_> = imports.map(|hook| import(hook)).collect();
    let stale = program(
        &mut chain,
        &format!("(module {} {STALE}", imports.join(" ")),
    );
    let relay = solidity::deploy(&mut chain, "Relay");
    let back = solidity::forward(stale, &[0], false);
    let data = |what: u8, to: Address| Bytes::from([&[what], to.as_slice(), &back].concat());

    let seen = send(&mut chain, stale, data(1, relay));
    assert_eq!(
        (seen.status, &seen.output[..]),
        (Status::Success, &word(0)[..])
    );
    assert_eq!(
        chain.storage(stale, U256::ZERO),
        U256::from(7),
        "the inner call did write"
    );

    chain.set_storage(stale, U256::ZERO, U256::ZERO);
    let seen = send(&mut chain, stale, data(2, relay));
    assert_eq!(&seen.output[..], word(7));
}
