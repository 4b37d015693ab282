//! Host functions that want more gas to be left than they use.

use devchain::{Chain, Halt, Status, Tx};

use crate::{
    probe::Probe,
    support::{ALICE, chain, send},
};

/// Gas of what a probe does after the call that is measured: two readings of the meter, two stores, and a result of 4 112 bytes.
const REST: std::ops::Range<u64> = 40..70;

/// How much more than it uses a probe must be given.
fn surplus(chain: &Chain, probe: &Probe, used: u64) -> u64 {
    let status = |gas| {
        chain
            .call(Tx::call(ALICE, probe.address, []).gas(gas))
            .status
    };
    let (mut low, mut high) = (21_000, 21_000 + used + 5_000);
    assert_eq!(status(high), Status::Success);
    while low + 1 < high {
        let middle = (low + high) / 2;
        match status(middle) {
            Status::Success => high = middle,
            Status::Halt(Halt::OutOfGas) => low = middle,
            other => panic!("{other}"),
        }
    }
    high - 21_000 - used
}

#[test]
fn storage_and_balances_want_gas_in_reserve() {
    let load = "(call $storage_load_bytes32 (i32.const 0) (i32.const 64))";
    let balance = "(call $account_balance (i32.const 0) (i32.const 64))";
    // The hook, what runs before it, the gas that must be left when it starts, and the gas it then takes.
    let cases: [(&str, &[i64], &str, u64, u64); 4] = [
        ("storage_load_bytes32", &[0, 64], load, 2_115, 0),
        ("storage_cache_bytes32", &[0, 32], "", 2_310, 0),
        ("storage_flush_cache", &[0], "", 2_300, 0),
        ("account_balance", &[0, 64], balance, 2_600, 100),
    ];
    let mut rests = Vec::new();
    for (hook, args, setup, reserve, taken) in cases {
        let mut chain = chain();
        let probe = Probe::new(&mut chain, hook, args, setup, &[]);
        let used = send(&mut chain, probe.address, []).frames[0].gas_used;
        let surplus = surplus(&chain, &probe, used);
        let rest = (reserve - taken).checked_sub(surplus);
        rests.push(rest.unwrap_or_else(|| panic!("{hook}: {surplus}")));
    }
    // All do the same afterwards, to a gas that is lost in rounding.
    let (least, most) = (rests.iter().min(), rests.iter().max());
    assert!(most <= least.map(|least| least + 1).as_ref(), "{rests:?}");
    assert!(rests.iter().all(|rest| REST.contains(rest)), "{rests:?}");
    // Another hook needs no more than it uses.
    let mut chain = chain();
    let probe = Probe::new(&mut chain, "chainid", &[], "", &[]);
    let used = send(&mut chain, probe.address, []).frames[0].gas_used;
    assert!(surplus(&chain, &probe, used) <= 1);
}

#[test]
fn a_creation_without_its_32_000_fails_and_keeps_the_rest() {
    let mut chain = chain();
    let create = Probe::new(&mut chain, "create1", &[64, 0, 32, 1_000, 1_020], "", &[]);
    let full = send(&mut chain, create.address, []);
    assert_eq!(full.status, Status::Success);
    let entry = full.frames[0].stylus.expect("WASM").entry_gas;
    let given = 21_000 + entry + 20_000;
    let receipt = chain.send(Tx::call(ALICE, create.address, []).gas(given));
    assert_eq!((receipt.status, receipt.output.len()), (Status::Revert, 0));
    assert!(receipt.gas_used < given - 19_000, "{}", receipt.gas_used);
}
