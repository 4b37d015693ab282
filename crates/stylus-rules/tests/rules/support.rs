//! Modules from text, and an engine with a host that does nothing.

use stylus_rules::{INK_LEFT, INK_STATUS, Params, Program, STACK_LEFT, Violation, activate};
use wasmi::{Config, Engine, Func, Global, Instance, Linker, Module, Store, Val};

/// The memory every test module has: none that costs, none that grows.
pub const MEMORY: &str = r#"(memory (export "memory") 0 0)"#;

/// A module from its items; the memory is added.
pub fn module(items: &str) -> Vec<u8> {
    raw(&format!("{items} {MEMORY}"))
}

/// A module from its items, nothing added.
pub fn raw(items: &str) -> Vec<u8> {
    wat::parse_str(format!("(module {items})")).expect("test modules are well-formed text")
}

/// An entry point with this body.
pub fn entry(body: &str) -> String {
    format!(r#"(func $main (export "user_entrypoint") (param i32) (result i32) {body})"#)
}

/// The rule that a module breaks.
pub fn violation(wasm: &[u8]) -> Violation {
    activate(wasm, &Params::default()).expect_err("the module should be refused")
}

/// What a run left behind.
#[derive(Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The status returned; `None` after a trap.
    pub status: Option<i32>,
    pub ink_used: u64,
    pub ink_left: u64,
    pub out_of_ink: bool,
    pub stack_left: u32,
    /// Arguments of the calls of `pay_for_memory_grow`.
    pub pages_paid: Vec<i32>,
}

/// How to run a program.
pub struct Run {
    pub ink: u64,
    pub stack: u32,
    pub argument: i32,
}

impl Default for Run {
    fn default() -> Self {
        Self {
            ink: 1 << 40,
            stack: 22_000,
            argument: 0,
        }
    }
}

impl Run {
    pub fn module(&self, wasm: &[u8]) -> Outcome {
        self.program(&activate(wasm, &Params::default()).expect("the module should be accepted"))
    }

    pub fn program(&self, program: &Program) -> Outcome {
        let engine = engine();
        let module =
            Module::new(&engine, &program.instrumented).expect("the instrumented module is valid");
        let mut store = Store::new(&engine, Vec::new());
        let instance = instantiate(&mut store, &module);
        let global = |name: &str| {
            instance
                .get_global(&store, name)
                .expect("the meters are exported")
        };
        let (ink, status, stack) = (global(INK_LEFT), global(INK_STATUS), global(STACK_LEFT));
        ink.set(&mut store, Val::I64(self.ink.cast_signed()))
            .unwrap();
        stack
            .set(&mut store, Val::I32(self.stack.cast_signed()))
            .unwrap();

        let entry = instance
            .get_typed_func::<i32, i32>(&store, "user_entrypoint")
            .unwrap();
        let returned = entry.call(&mut store, self.argument).ok();
        let ink_left = ink.get(&store).i64().unwrap().cast_unsigned();
        Outcome {
            status: returned,
            ink_used: self.ink - ink_left,
            ink_left,
            out_of_ink: number(&status, &store) == 1,
            stack_left: number(&stack, &store).cast_unsigned(),
            pages_paid: store.data().clone(),
        }
    }
}

/// The engine's own limits must lie beyond the budget, or it fails first and differently.
fn engine() -> Engine {
    let mut config = Config::default();
    config.set_max_recursion_depth(Params::default().max_frames() as usize + 2);
    config.set_max_stack_height(64 << 20);
    Engine::new(&config)
}

fn number(global: &Global, store: &Store<Vec<i32>>) -> i32 {
    global.get(store).i32().unwrap()
}

/// Every import becomes a function that returns zeros and notes its first argument if it is the payer of memory.
fn instantiate(store: &mut Store<Vec<i32>>, module: &Module) -> Instance {
    let mut linker = Linker::new(store.engine());
    for import in module.imports() {
        let ty = import
            .ty()
            .func()
            .expect("only functions are imported")
            .clone();
        let pays = import.name() == "pay_for_memory_grow";
        let host = Func::new(&mut *store, ty, move |mut caller, args, results| {
            if pays {
                caller.data_mut().extend(args.first().and_then(Val::i32));
            }
            for result in results {
                *result = Val::default_for_ty(result.ty());
            }
            Ok(())
        });
        linker.define(import.module(), import.name(), host).unwrap();
    }
    linker.instantiate_and_start(store, module).unwrap()
}

/// Ink of a run of an entry point with this body.
pub fn ink(body: &str) -> u64 {
    ink_with(&module(&entry(body)), 0)
}

/// Ink of a run that must return 0.
pub fn ink_with(wasm: &[u8], argument: i32) -> u64 {
    let outcome = Run {
        argument,
        ..Run::default()
    }
    .module(wasm);
    assert_eq!(
        outcome.status,
        Some(0),
        "the program should return 0: {outcome:?}"
    );
    outcome.ink_used
}

/// A small generator of reproducible numbers (xorshift64*).
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % bound
    }
}
