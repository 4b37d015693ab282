//! Prices against figures worked out by hand or listed by the chain.

use stylus_rules::hooks::{self, HOOKS};
use stylus_rules::limits::DataPricer;
use stylus_rules::pricing::activation::{activation_gas, exp_bips, fragment_gas};
use stylus_rules::pricing::entry::{Measures, cached_gas, entry_gas, init_gas};
use stylus_rules::pricing::memory::{EXPONENTIAL, Pages, exponential};
use stylus_rules::pricing::{
    gas_to_ink, grow_ink, ink_to_gas, keccak_ink, l1_units, log_gas, pow_ink, read_ink,
    return_data_gas, storage_read_gas, storage_write_gas, write_ink,
};
use stylus_rules::{Params, activate};

use crate::support::{Random, entry, module};

#[test]
fn host_functions_are_sorted_and_found() {
    assert!(HOOKS.is_sorted_by_key(|hook| hook.name));
    assert!(
        HOOKS
            .iter()
            .all(|hook| hooks::find(hook.name) == Some(hook))
    );
    assert_eq!(hooks::find("nothing"), None);
}

#[test]
fn base_ink_of_every_host_function() {
    let groups: &[(u64, &str)] = &[
        (0, "exit_early native_keccak256 pay_for_memory_grow"),
        (
            8_400,
            "read_args write_result return_data_size block_gas_limit block_number block_timestamp chainid \
             evm_gas_left evm_ink_left msg_reentrant tx_ink_price",
        ),
        (
            13_440,
            "block_basefee block_coinbase contract_address msg_sender msg_value tx_gas_price tx_origin",
        ),
        (18_480, "storage_load_bytes32 storage_cache_bytes32"),
        (23_520, "math_pow"),
        (43_520, "math_div math_mod"),
        (49_560, "math_add_mod"),
        (52_660, "math_mul_mod"),
        (
            68_073,
            "storage_flush_cache read_return_data emit_log account_code account_code_size",
        ),
        (
            78_153,
            "transient_load_bytes32 transient_store_bytes32 account_balance account_codehash",
        ),
        (
            83_193,
            "call_contract delegate_call_contract static_call_contract create1",
        ),
        (88_233, "create2"),
    ];
    let mut seen = 0;
    for (ink, names) in groups {
        for name in names.split_whitespace() {
            assert_eq!(
                hooks::find(name).map(|hook| hook.base_ink),
                Some(*ink),
                "{name}"
            );
            seen += 1;
        }
    }
    assert_eq!(seen, HOOKS.len());
}

#[test]
fn ink_by_length() {
    assert_eq!(
        [0, 32, 33, 132].map(read_ink),
        [16_381, 16_381, 16_436, 21_881]
    );
    assert_eq!(
        [0, 32, 33, 132].map(write_ink),
        [5_040, 5_040, 5_070, 8_040]
    );
    assert_eq!(
        [0, 64, 65, 128].map(keccak_ink),
        [121_800, 121_800, 142_800, 163_800]
    );
    assert_eq!([0, 1, 5].map(grow_ink), [8_400, 0, 0]);
    assert_eq!(
        [read_ink, write_ink, keccak_ink].map(|price| price(u64::MAX) > 1 << 50),
        [true; 3]
    );
}

#[test]
fn ink_of_powers() {
    let exponent = |bytes: &[u8]| {
        let mut word = [0; 32];
        word[32 - bytes.len()..].copy_from_slice(bytes);
        word
    };
    assert_eq!(pow_ink(&exponent(&[])), 3_000 + 17_500);
    assert_eq!(pow_ink(&exponent(&[1])), 3_000 + 2 * 17_500);
    assert_eq!(pow_ink(&exponent(&[1, 0])), 3_000 + 3 * 17_500);
    assert_eq!(pow_ink(&[255; 32]), 3_000 + 33 * 17_500);
}

#[test]
fn storage_accesses_get_dearer() {
    assert_eq!(
        [1, 32, 33, 128, 129, 1_000].map(storage_read_gas),
        [0, 0, 2, 2, 10, 10]
    );
    assert_eq!(
        [1, 8, 9, 64, 65, 1_000].map(storage_write_gas),
        [0, 0, 7, 7, 10, 10]
    );
}

#[test]
fn logs() {
    assert_eq!(log_gas(0, 0), Some(375));
    assert_eq!(log_gas(3, 96 + 64), Some(4 * 375 + 8 * 64));
    assert_eq!(log_gas(4, 127), None, "the topics do not fit");
    assert_eq!(log_gas(5, 1_000), None, "too many topics");
}

#[test]
fn return_data_costs_at_least_its_memory() {
    assert_eq!([0, 1, 32, 33].map(return_data_gas), [0, 3, 3, 6]);
    assert_eq!(return_data_gas(32 * 512), 3 * 512 + 512);
    assert_eq!(
        return_data_gas(32 * 100),
        300 + 19,
        "10 000 / 512 rounded down"
    );
}

#[test]
fn ink_and_gas() {
    assert_eq!(gas_to_ink(3, 10_000), 30_000);
    assert_eq!(gas_to_ink(u64::MAX, 10_000), u64::MAX);
    assert_eq!(
        [9_999, 10_000, 19_999].map(|ink| ink_to_gas(ink, 10_000)),
        [0, 1, 1]
    );
    assert_eq!(ink_to_gas(5, 0), 0);
}

/// The chain's own list, where known.
#[test]
fn the_exponential_table() {
    let head = [
        1, 1, 1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 5, 6, 7, 8, 9, 11, 12, 14, 17, 19, 22, 25, 29, 33,
        38, 43, 50, 57, 65, 75, 85, 98, 112, 128, 147, 168, 193, 221, 253, 289, 331, 379, 434, 497,
        569, 651, 745, 853, 976, 1_117,
    ];
    assert_eq!(EXPONENTIAL[..head.len()], head);
    for (pages, gas) in [
        (64, 5_645),
        (96, 424_206),
        (112, 3_677_113),
        (128, 31_873_999),
    ] {
        assert_eq!(exponential(pages), gas);
    }
    assert_eq!(exponential(129), u64::MAX);
}

/// The rest by the formula. No entry is so close to a whole number that double precision could err.
#[test]
fn the_exponential_formula() {
    for (n, &gas) in EXPONENTIAL.iter().enumerate().take(128) {
        let exact = 31_874_000_f64.powf(n as f64 / 128.0);
        assert_eq!(gas, exact.floor() as u64, "{n} pages");
        assert!(
            n == 0 || (exact - exact.round()).abs() > 1e-5,
            "{n} pages: too close to tell"
        );
    }
}

#[test]
fn memory() {
    let params = Params::default();
    let cost = |open, ever, new| Pages { open, ever }.cost(new, &params);
    assert_eq!([0, 1, 2].map(|new| cost(0, 0, new)), [0; 3], "free");
    assert_eq!(cost(0, 0, 3), 1_000, "E(3) - E(0) = 0");
    assert_eq!(cost(0, 0, 17), 15_000 + 9 - 1);
    assert_eq!(cost(1, 1, 1), 0);
    assert_eq!(cost(2, 2, 1), 1_000);
    assert_eq!(cost(10, 20, 5), 5_000, "the ramp is paid up to 20 pages");
    assert_eq!(cost(10, 20, 12), 12_000 + 19 - 14);
    assert_eq!(
        cost(0, 20, 2),
        0,
        "the free pages are free again, linearly, and the ramp is paid"
    );
    assert_eq!(cost(0, 0, 128), 126_000 + 31_873_999 - 1);
    assert!(cost(0, 0, 129) > 1 << 60, "nobody can pay");
    assert!(
        cost(u16::MAX, u16::MAX, u16::MAX) == 0,
        "nothing more can be opened"
    );
}

#[test]
fn pages_ever_open_do_not_fall() {
    let pages = Pages::default().opened(5);
    assert_eq!(pages, Pages { open: 5, ever: 5 });
    assert_eq!(
        Pages { open: 0, ..pages }.opened(3),
        Pages { open: 3, ever: 5 }
    );
}

/// Opening pages one by one costs what opening them at once does.
#[test]
fn memory_is_additive() {
    let params = Params::default();
    let mut random = Random(7);
    for _ in 0..1_000 {
        let [open, first, second] = [(); 3].map(|()| random.below(43) as u16);
        let start = Pages {
            open,
            ever: open + random.below(20) as u16,
        };
        let middle = start.opened(first);
        let apart = start.cost(first, &params) + middle.cost(second, &params);
        assert_eq!(
            apart,
            start.cost(first + second, &params),
            "{start:?} + {first} + {second}"
        );
    }
}

/// An ERC-4626 of 100 959 bytes, 533 functions, 13 410 bytes of data.
fn measures() -> Measures {
    Measures {
        wasm_len: 100_959,
        functions: 533,
        types: 1_500,
        globals: 5,
        data_bytes: 13_000,
        element_bytes: 410,
        footprint: 1,
        opcodes: 100_000,
    }
}

#[test]
fn costs_of_a_real_program() {
    let program = measures();
    // 71 + 1 + 123 + 8 + 10 090 + 5
    assert_eq!(program.cached_cost(), 71 + 1 + 123 + 8 + 10_090 + 5);
    // 4 398 + 1 588 + 12 983
    assert_eq!(program.init_cost(), 4_398 + 1_588 + 12_983);
    // 512 000 + 531 309 + 17 124 + 632 286
    assert_eq!(program.asm_estimate(), 512_000 + 531_309 + 17_124 + 632_286);
}

#[test]
fn entry_gas_by_parameters() {
    let params = Params::default();
    assert_eq!(cached_gas(0, &params), 352);
    assert_eq!(init_gas(0, &params), 8_832);
    assert_eq!(entry_gas(1_000, 100, true, &params), 452);
    assert_eq!(entry_gas(1_000, 100, false, &params), 452 + 9_832);
    let scaled = Params {
        init_cost_scalar: 26,
        cached_cost_scalar: 1,
        ..params
    };
    assert_eq!(
        init_gas(101, &scaled),
        8_832 + 53,
        "52 % of 101, rounded up"
    );
    assert_eq!(cached_gas(1, &scaled), 352 + 1, "2 % of 1, rounded up");
}

#[test]
fn activation() {
    let params = Params::default();
    assert_eq!(activation_gas(&Measures::default(), &params), 1_659_168);
    // 32 037 + 92 + 2 258 + 71 + 2 217 + 53 500 microseconds
    let work = 32_037 + 92 + 2_258 + 71 + 2_217 + 53_500;
    assert_eq!(activation_gas(&measures(), &params), 1_659_168 + 28 * work);
    let dearer = Params {
        activation_gas: 1_000,
        ..params
    };
    assert_eq!(activation_gas(&Measures::default(), &dearer), 1_660_168);
    assert_eq!(
        [(0, false), (33, true)].map(|(len, cold)| fragment_gas(len, cold)),
        [100, 2_606]
    );
}

#[test]
fn the_exponential_of_the_fee() {
    assert_eq!([0, 1].map(exp_bips), [10_000, 10_001]);
    // e = 2.71828…, e² = 7.38905…, e⁴ = 54.598…; each division rounds down and the series ends.
    for (x, exact) in [(10_000, 27_182.8), (20_000, 73_890.5), (40_000, 545_981.5)] {
        let error = (exp_bips(x) as f64 - exact) / exact;
        assert!(error.abs() < 5e-4, "{x}: {}", exp_bips(x));
    }
    assert!(exp_bips(u64::MAX) >= 10_000, "no overflow");
}

#[test]
fn the_fee() {
    let pricer = DataPricer::default();
    let fee = pricer.fee(0, 0, 1_000_000);
    // The exponent is 468 basis points, its exponential 10 479; 82 928 201 × 1.0479 = 86 900 461 wei a byte.
    assert_eq!(exp_bips(468), 10_479);
    assert_eq!((fee.wei, fee.demand), (86_900_461 * 1_000_000, 1_000_000));
    assert_eq!(
        pricer.fee(1_000_000, 10, 500).demand,
        1_000_000 - 348_650 + 500
    );
    assert_eq!(
        pricer.fee(1_000_000, 1_000, 500).demand,
        500,
        "demand does not fall below nothing"
    );
    assert!(pricer.fee(u64::MAX, 0, u64::MAX).wei > 0, "no overflow");
}

#[test]
fn measures_of_a_module() {
    let wasm = module(&format!(
        r#"(import "vm_hooks" "msg_reentrant" (func (result i32)))
           (global i32 (i32.const 1)) (table 2 funcref)
           (func $f (param i32 i64) (result i64) i64.const 0)
           (elem (i32.const 0) func $f $f) (data (i32.const 0) "") {}"#,
        entry("i32.const 0")
    ));
    let measures = activate(&wasm, &Params::default()).unwrap().info.measures;
    assert_eq!(measures.functions, 2, "imports do not count");
    assert_eq!(measures.types, 3 + 2);
    assert_eq!(measures.globals, 1 + 4);
    // Flags, offset (i32.const, value, end), count, two indices; flags, offset, length.
    assert_eq!(
        (measures.element_bytes, measures.data_bytes),
        (1 + 3 + 1 + 2, 1 + 3 + 1)
    );
    assert_eq!(measures.wasm_len, wasm.len() as u64);
}

#[test]
fn l1_size_is_that_of_fast_compression() {
    let repeated = l1_units(&[7; 10_000]).unwrap();
    assert!(repeated > 0 && repeated < 16 * 100, "{repeated}");
    assert_eq!(repeated % 16, 0);
    let mut random = Random(3);
    let noise: Vec<u8> = (0..1_000).map(|_| random.below(256) as u8).collect();
    assert!((16_000..16_500).contains(&l1_units(&noise).unwrap()));
}
