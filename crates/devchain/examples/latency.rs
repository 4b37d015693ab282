//! Prints how long transactions take: `cargo run --release -p devchain --example latency`.

use std::time::{Duration, Instant};

use devchain::{
    Chain, Config, Tx,
    primitives::{Address, U256},
};

const RUNS: u32 = 2_000;

/// Adds one to slot 0; calls the address in its calldata first, with what follows it, if there is one.
const COUNTER: &str = r#"(module
  (import "vm_hooks" "read_args" (func $args (param i32)))
  (import "vm_hooks" "storage_load_bytes32" (func $load (param i32 i32)))
  (import "vm_hooks" "storage_cache_bytes32" (func $store (param i32 i32)))
  (import "vm_hooks" "storage_flush_cache" (func $flush (param i32)))
  (import "vm_hooks" "call_contract" (func $call (param i32 i32 i32 i32 i64 i32) (result i32)))
  (memory (export "memory") 1 1)
  (func (export "user_entrypoint") (param $len i32) (result i32)
    (call $args (i32.const 128))
    (if (i32.ge_u (local.get $len) (i32.const 20)) (then
      (drop (call $call (i32.const 128) (i32.const 148) (i32.sub (local.get $len) (i32.const 20)) (i32.const 96)
        (i64.const -1) (i32.const 64)))))
    (call $load (i32.const 0) (i32.const 32))
    (i32.store8 (i32.const 63) (i32.add (i32.load8_u (i32.const 63)) (i32.const 1)))
    (call $store (i32.const 0) (i32.const 32))
    (call $flush (i32.const 1))
    (i32.const 0)))"#;

fn main() {
    let mut chain = Chain::new(Config::default());
    let alice = Address::with_last_byte(0xA1);
    chain.fund(alice, U256::from(10).pow(U256::from(24)));
    let wasm = wat::parse_str(COUNTER).expect("valid text");
    let counter = chain.deploy_stylus(alice, &wasm).expect("deploys").address;

    let transfer = Tx::call(alice, Address::with_last_byte(0xB0), []);
    print(
        "transfer",
        average(|| chain.send(transfer.clone()).is_success()),
    );
    let once = Tx::call(alice, counter, []);
    print(
        "one WASM frame",
        average(|| chain.send(once.clone()).is_success()),
    );
    let thrice = [counter.as_slice(), counter.as_slice()].concat();
    let thrice = Tx::call(alice, counter, thrice);
    assert_eq!(chain.call(thrice.clone()).frames.len(), 3);
    print(
        "three WASM frames",
        average(|| chain.send(thrice.clone()).is_success()),
    );
    print(
        "the same, as a call",
        average(|| chain.call(thrice.clone()).is_success()),
    );

    let large = large();
    let start = Instant::now();
    let deployed = chain.deploy_stylus(alice, &large).expect("deploys");
    let figures = format!(
        "deploy {} bytes of WASM, {} of code",
        large.len(),
        deployed.code_size
    );
    print(&figures, start.elapsed());
    // So many others that the large one is forgotten.
    for n in 0..devchain::limits::MODULES_MAX {
        let other = COUNTER.replace(
            "(i32.const 148)",
            &format!("(i32.add (i32.const {n}) (i32.const {}))", 148 - n),
        );
        let other = wat::parse_str(other).expect("valid text");
        chain.deploy_stylus(alice, &other).expect("deploys");
    }
    let call = Tx::call(alice, deployed.address, []);
    let start = Instant::now();
    assert!(chain.send(call.clone()).is_success());
    print("its first call", start.elapsed());
    print(
        "later ones",
        average(|| chain.send(call.clone()).is_success()),
    );
}

/// A program of the size that real ones have.
fn large() -> Vec<u8> {
    let mut text = String::from(r#"(module (memory (export "memory") 1 1)"#);
    for n in 0..500_u64 {
        text += &format!("(func $f{n} (param i64 i64) (result i64) (local i64)");
        for k in 0..12_u64 {
            let constant = (n + 1)
                .wrapping_mul(k + 7)
                .wrapping_mul(0x9E37_79B9_7F4A_7C15)
                >> 40;
            text += &format!(
                "(local.set 2 (i64.add (i64.mul (local.get 0) (i64.const {constant})) (i64.xor (local.get 1) (local.get 2))))"
            );
        }
        text += "(local.get 2))";
    }
    text += r#"(func (export "user_entrypoint") (param i32) (result i32)
        (i32.wrap_i64 (i64.and (call $f7 (i64.const 1) (i64.const 2)) (i64.const 0)))))"#;
    wat::parse_str(text).expect("valid text")
}

fn average(mut run: impl FnMut() -> bool) -> Duration {
    let start = Instant::now();
    for _ in 0..RUNS {
        assert!(run(), "it succeeds");
    }
    start.elapsed() / RUNS
}

fn print(what: &str, time: Duration) {
    println!("{:>10.1} µs  {what}", time.as_secs_f64() * 1e6);
}
