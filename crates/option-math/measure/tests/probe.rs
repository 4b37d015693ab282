//! The probe contract: built as a contract is, metered by the chain's rules, run by an interpreter.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use wasmi::{Caller, Engine, Extern, Linker, Memory, Module, Store};

/// Ink of one gas.
pub const INK_PER_GAS: u64 = 10_000;
const PLENTY: u64 = 1 << 50;

/// The words that go in and come out: 16 bytes each, little endian.
pub struct Probe {
    store: Store<Host>,
    instance: wasmi::Instance,
}

#[derive(Default)]
struct Host {
    input: Vec<u8>,
    output: Vec<u8>,
    memory: Option<Memory>,
}

/// What is in the contract.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Build {
    /// The frame alone.
    Empty,
    /// `greeks` alone.
    Greeks,
    /// Every function.
    All,
}

/// The contract's bytes: built once a test run, with the flags and the profile of the vault.
pub fn wasm(build: Build) -> &'static [u8] {
    static WASM: [OnceLock<Vec<u8>>; 3] = [const { OnceLock::new() }; 3];
    WASM[build as usize].get_or_init(|| {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../probe");
        let (name, features) = [("empty", "empty"), ("greeks", ""), ("all", "all")][build as usize];
        let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        let status = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()))
            .args(["build", "--release", "--locked", "--target", "wasm32-unknown-unknown", "--features", features])
            .current_dir(&root)
            .env("CARGO_TARGET_DIR", &target)
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .env(
                "RUSTFLAGS",
                "-Clink-arg=--compress-relocations -Clink-arg=--strip-all -Clink-arg=-zstack-size=16384",
            )
            .status()
            .expect("cargo runs");
        assert!(status.success(), "the probe builds");
        std::fs::read(target.join("wasm32-unknown-unknown/release/option_math_probe.wasm")).expect("the probe's bytes")
    })
}

impl Probe {
    pub fn new(build: Build) -> Self {
        let program = stylus_rules::activate(wasm(build), &stylus_rules::Params::default())
            .expect("a valid Stylus program");
        let engine = Engine::default();
        let module = Module::new(&engine, &program.instrumented[..]).expect("a valid module");
        let mut linker = Linker::<Host>::new(&engine);
        linker
            .func_wrap(
                "vm_hooks",
                "read_args",
                |mut caller: Caller<'_, Host>, to: u32| {
                    let (memory, input) = (
                        caller.data().memory.expect("memory"),
                        caller.data().input.clone(),
                    );
                    memory
                        .write(&mut caller, to as usize, &input)
                        .expect("room for the input");
                },
            )
            .expect("a free name");
        linker
            .func_wrap(
                "vm_hooks",
                "write_result",
                |mut caller: Caller<'_, Host>, from: u32, length: u32| {
                    let mut output = vec![0; length as usize];
                    caller
                        .data()
                        .memory
                        .expect("memory")
                        .read(&caller, from as usize, &mut output)
                        .expect("the output");
                    caller.data_mut().output = output;
                },
            )
            .expect("a free name");
        linker
            .func_wrap("vm_hooks", "pay_for_memory_grow", |_: u32| {})
            .expect("a free name");
        let mut store = Store::new(&engine, Host::default());
        let instance = linker
            .instantiate_and_start(&mut store, &module)
            .expect("an instance");
        let memory = instance
            .get_memory(&store, stylus_rules::MEMORY)
            .expect("memory");
        store.data_mut().memory = Some(memory);
        Self { store, instance }
    }

    /// Runs one call: its words and its ink.
    pub fn call(&mut self, words: &[u128]) -> (Vec<u128>, u64) {
        self.store.data_mut().input = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let ink = self.global(stylus_rules::INK_LEFT);
        ink.set(&mut self.store, wasmi::Val::I64(PLENTY as i64))
            .expect("ink");
        let stack = self.global(stylus_rules::STACK_LEFT);
        stack
            .set(&mut self.store, wasmi::Val::I32(1 << 18))
            .expect("stack");
        let entry = self
            .instance
            .get_typed_func::<u32, u32>(&self.store, stylus_rules::ENTRYPOINT)
            .expect("an entry point");
        let status = entry
            .call(&mut self.store, (words.len() * 16) as u32)
            .expect("no trap");
        assert_eq!(status, 0);
        let left = ink.get(&self.store).i64().expect("i64") as u64;
        let output = self
            .store
            .data()
            .output
            .as_chunks::<16>()
            .0
            .iter()
            .map(|w| u128::from_le_bytes(*w))
            .collect();
        (output, PLENTY - left)
    }

    fn global(&self, name: &str) -> wasmi::Global {
        match self.instance.get_export(&self.store, name) {
            Some(Extern::Global(global)) => global,
            _ => panic!("no global {name}"),
        }
    }
}
