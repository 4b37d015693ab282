//! Whatever the bytes, an answer: no panic, and what is accepted is a valid module after instrumentation too.

use stylus_rules::{Params, activate, code};

use crate::support::{Random, entry, raw};

/// A program with something of everything.
fn sample() -> Vec<u8> {
    let body = "(local i64 i32) block block local.get 0 br_table 0 1 end end \
                loop local.get 0 i32.const 1 i32.sub local.tee 0 br_if 0 end \
                i32.const 0 i32.const 0 i32.const 8 memory.fill \
                i32.const 1 memory.grow drop \
                local.get 0 if (result i32) i32.const 1 else i32.const 0 call_indirect (type $t) end";
    raw(&format!(
        r#"(type $t (func (result i32)))
           (import "vm_hooks" "pay_for_memory_grow" (func $pay (param i32)))
           (table funcref (elem $f))
           (global $g (mut i64) (i64.const 5))
           (func $f (type $t) i32.const 0 br 0)
           (func $two (result i32 i64) i32.const 0 i64.const 0 br 0)
           (memory (export "memory") 1)
           (data (i32.const 16) "some data")
           {}"#,
        entry(body)
    ))
}

fn check(wasm: &[u8]) {
    for params in [Params::arbos_51(), Params::arbos_60()] {
        if let Ok(program) = activate(wasm, &params) {
            let features = wasmparser::WasmFeatures::default();
            wasmparser::Validator::new_with_features(features)
                .validate_all(&program.instrumented)
                .expect("an accepted module stays valid");
        }
    }
}

#[test]
fn the_sample_is_accepted() {
    activate(&sample(), &Params::default()).unwrap();
}

#[test]
fn every_truncation() {
    let wasm = sample();
    for len in 0..wasm.len() {
        check(&wasm[..len]);
    }
}

#[test]
fn every_byte_replaced() {
    let wasm = sample();
    for at in 0..wasm.len() {
        for value in [
            0x00,
            0x01,
            0x0b,
            0x40,
            0x7f,
            0x80,
            0xfc,
            0xff,
            wasm[at] ^ 1,
            wasm[at].wrapping_add(1),
        ] {
            let mut mutated = wasm.clone();
            mutated[at] = value;
            check(&mutated);
        }
    }
}

#[test]
fn many_bytes_replaced_moved_and_removed() {
    let mut random = Random(0x5EED);
    for _ in 0..4_000 {
        let mut wasm = sample();
        for _ in 0..=random.below(4) {
            let at = random.below(wasm.len() as u64) as usize;
            match random.below(3) {
                0 => wasm[at] = random.below(256) as u8,
                1 => drop(wasm.remove(at)),
                _ => wasm.insert(at, random.below(256) as u8),
            }
        }
        check(&wasm);
    }
}

#[test]
fn damaged_code() {
    let params = Params::arbos_60();
    let good = code::encode(&sample()).unwrap();
    let mut random = Random(0xC0DE);
    for _ in 0..1_000 {
        let mut bytes = good.clone();
        let at = random.below(bytes.len() as u64) as usize;
        bytes[at] = random.below(256) as u8;
        bytes.truncate(random.below(bytes.len() as u64 + 1) as usize);
        if let Ok(wasm) = code::decode(&bytes, &params) {
            assert!(wasm.len() <= params.max_wasm_size as usize);
        }
    }
}
