//! Measures one call of a host function.

use devchain::{
    Chain, Receipt, Status, Tx,
    primitives::Address,
    rules::hooks::{Int, find},
};

use crate::support::{ALICE, program};

/// Ink between two readings of the meter that have one call of a host function between them, apart from the
/// function's own: `local.set`, `call`, a block's header, again `call` and header, and the second reading.
const FRAME_INK: u64 = 210 + 3_800 + 2_450 + 3_800 + 2_450 + 8_400;
const CONST_INK: u64 = 1;
const DROP_INK: u64 = 9;

/// Bytes of memory that a probe takes as calldata and returns.
pub const MEMORY: usize = 4_096;

/// A program that calls one host function once.
pub struct Probe {
    pub address: Address,
    params: u64,
    results: u64,
}

/// What a probe saw.
pub struct Seen {
    /// Ink of the host function alone.
    pub ink: u64,
    /// What it returned.
    pub result: u64,
    /// Memory afterwards.
    pub memory: Vec<u8>,
    /// The transaction.
    pub receipt: Receipt,
}

fn name(int: Int) -> &'static str {
    match int {
        Int::I32 => "i32",
        Int::I64 => "i64",
    }
}

/// The import of a host function, as `$name`.
pub fn import(hook: &str) -> String {
    let hook = find(hook).expect("a host function");
    let list = |word: &str, ints: &[Int]| match ints {
        [] => String::new(),
        _ => {
            let names: Vec<_> = ints.iter().copied().map(name).collect();
            format!("({word} {})", names.join(" "))
        }
    };
    let (params, results) = (list("param", hook.params), list("result", hook.results));
    let name = hook.name;
    format!(r#"(import "vm_hooks" "{name}" (func ${name} {params} {results}))"#)
}

impl Probe {
    /// Deploys a probe for a host function with constant arguments. `setup` runs before, with the imports named in
    /// `more`. Calldata is copied to the start of memory first.
    pub fn new(chain: &mut Chain, hook: &str, args: &[i64], setup: &str, more: &[&str]) -> Self {
        let known = find(hook).expect("a host function");
        assert_eq!(known.params.len(), args.len());
        let mut names = vec!["read_args", "write_result", "evm_ink_left"];
        names.extend(more);
        names.push(hook);
        names.sort_unstable();
        names.dedup();
        let imports: Vec<_> = names.into_iter().map(import).collect();
        let args: Vec<_> = known
            .params
            .iter()
            .zip(args)
            .map(|(int, value)| format!("({}.const {value})", name(*int)))
            .collect();
        let (call, keep) = (format!("(call ${hook} {})", args.join(" ")), known.results);
        // The result is dropped in the measured call and kept in a second one after it.
        let (measured, kept) = match keep {
            [] => (call, String::new()),
            [Int::I64] => (
                format!("(drop {call})"),
                format!("(i64.store (i32.const 4104) {call})"),
            ),
            _ => (
                format!("(drop {call})"),
                format!("(i64.store (i32.const 4104) (i64.extend_i32_u {call}))"),
            ),
        };
        let text = format!(
            r#"(module {}
              (memory (export "memory") 1 1)
              (func (export "user_entrypoint") (param $len i32) (result i32)
                (local $before i64) (local $after i64)
                (call $read_args (i32.const 0))
                {setup}
                (local.set $before (call $evm_ink_left))
                {measured}
                (local.set $after (call $evm_ink_left))
                (i64.store (i32.const 4096) (i64.sub (local.get $before) (local.get $after)))
                {kept}
                (call $write_result (i32.const 0) (i32.const 4112))
                (i32.const 0)))"#,
            imports.join("\n"),
        );
        Self {
            address: program(chain, &text),
            params: known.params.len() as u64,
            results: keep.len() as u64,
        }
    }

    /// Runs it with a transaction.
    pub fn run(&self, chain: &mut Chain, memory: &[u8]) -> Seen {
        let receipt = chain.send(Tx::call(ALICE, self.address, memory.to_vec()));
        self.seen(receipt)
    }

    /// Reads a probe's output.
    pub fn seen(&self, receipt: Receipt) -> Seen {
        assert_eq!(receipt.status, Status::Success, "{:?}", receipt.frames);
        let output = &receipt.output;
        let number = |at: usize| {
            let bytes = output[at..at + 8].try_into().expect("8 bytes");
            u64::from_le_bytes(bytes)
        };
        let overhead = FRAME_INK + CONST_INK * self.params + DROP_INK * self.results;
        Seen {
            ink: number(MEMORY) - overhead,
            result: number(MEMORY + 8),
            memory: output[..MEMORY].to_vec(),
            receipt,
        }
    }
}

/// Deploys a probe and runs it.
pub fn probe(chain: &mut Chain, hook: &str, args: &[i64], memory: &[u8]) -> Seen {
    Probe::new(chain, hook, args, "", &[]).run(chain, memory)
}
