//! The meter against an interpreter that knows nothing of basic blocks.
//!
//! A program without traps runs every block it enters to the end, so its ink is the sum over the opcodes executed, and
//! a header for each one executed that ends a block. The interpreter below adds that up while it walks the source.

use std::fmt::Write;

use crate::support::{Random, Run, raw};

const H: u64 = 2_450;

/// A statement of the little language that both sides speak.
enum Statement {
    Nop,
    /// Adds 3 to the program's result.
    Add,
    Block(Vec<Statement>),
    /// Leaves the innermost block, if the flag says so.
    LeaveIf(bool),
    /// Returns, if the flag says so.
    ReturnIf(bool),
    /// Branches to the function's own label, if the flag says so.
    BranchOutIf(bool),
    If(bool, Vec<Statement>, Option<Vec<Statement>>),
    Loop(u64, Vec<Statement>),
    Call(usize),
    Fill(u64),
}

struct Generator {
    random: Random,
    /// Functions that exist already and may be called.
    functions: usize,
}

impl Generator {
    /// `in_block`: whether the innermost label is that of a block, which may be left.
    fn statements(&mut self, depth: u64, in_block: bool) -> Vec<Statement> {
        let count = self.random.below(4) + 1;
        (0..count)
            .map(|_| self.statement(depth, in_block))
            .collect()
    }

    fn statement(&mut self, depth: u64, in_block: bool) -> Statement {
        let flag = self.random.below(2) == 0;
        match self.random.below(if depth == 0 { 7 } else { 12 }) {
            0 | 1 => Statement::Add,
            2 if in_block => Statement::LeaveIf(flag),
            3 if self.functions > 0 => {
                Statement::Call(self.random.below(self.functions as u64) as usize)
            }
            4 => Statement::Fill(self.random.below(300)),
            // Seldom taken, or nothing else would be.
            5 => Statement::ReturnIf(self.random.below(6) == 0),
            6 => Statement::BranchOutIf(self.random.below(6) == 0),
            7 | 8 => Statement::Block(self.statements(depth - 1, true)),
            9 => Statement::If(flag, self.statements(depth - 1, false), None),
            10 => {
                let then = self.statements(depth - 1, false);
                Statement::If(flag, then, Some(self.statements(depth - 1, false)))
            }
            11 => Statement::Loop(self.random.below(3) + 1, self.statements(depth - 1, false)),
            _ => Statement::Nop,
        }
    }
}

/// Writes statements as text. `labels` is how many labels are open within the function, `loops` how many are loops.
fn write(out: &mut String, statements: &[Statement], labels: usize, loops: usize) {
    let number = |flag: &bool| i32::from(*flag);
    for statement in statements {
        match statement {
            Statement::Nop => out.push_str("nop "),
            Statement::Add => out.push_str("global.get $x i32.const 3 i32.add global.set $x "),
            Statement::Block(body) => {
                out.push_str("block ");
                write(out, body, labels + 1, loops);
                out.push_str("end ");
            }
            Statement::LeaveIf(flag) => {
                write!(out, "i32.const {} br_if 0 ", number(flag)).unwrap();
            }
            Statement::ReturnIf(flag) => {
                write!(out, "i32.const {} if return end ", number(flag)).unwrap();
            }
            Statement::BranchOutIf(flag) => {
                write!(out, "i32.const {} br_if {labels} ", number(flag)).unwrap();
            }
            Statement::If(flag, then, otherwise) => {
                write!(out, "i32.const {} if ", number(flag)).unwrap();
                write(out, then, labels + 1, loops);
                if let Some(otherwise) = otherwise {
                    out.push_str("else ");
                    write(out, otherwise, labels + 1, loops);
                }
                out.push_str("end ");
            }
            Statement::Loop(count, body) => {
                write!(out, "i32.const {count} local.set $k{loops} loop ").unwrap();
                write(out, body, labels + 1, loops + 1);
                let counter = format!("$k{loops}");
                write!(
                    out,
                    "local.get {counter} i32.const 1 i32.sub local.tee {counter} br_if 0 end "
                )
                .unwrap();
            }
            Statement::Call(function) => write!(out, "call $f{function} ").unwrap(),
            Statement::Fill(bytes) => {
                write!(
                    out,
                    "i32.const 0 i32.const 0 i32.const {bytes} memory.fill "
                )
                .unwrap();
            }
        }
    }
}

/// What happens after a statement.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    On,
    LeaveBlock,
    LeaveFunction,
}

/// What a run amounts to.
#[derive(Clone, Copy, Default)]
struct Effect {
    ink: u64,
    additions: u64,
}

impl Effect {
    fn statements(&mut self, statements: &[Statement], functions: &[Effect]) -> Flow {
        for statement in statements {
            let flow = self.statement(statement, functions);
            if flow != Flow::On {
                return flow;
            }
        }
        Flow::On
    }

    fn statement(&mut self, statement: &Statement, functions: &[Effect]) -> Flow {
        match statement {
            Statement::Nop => self.ink += 1,
            Statement::Add => {
                self.ink += 225 + 1 + 70 + 575;
                self.additions += 1;
            }
            Statement::Block(body) => {
                self.ink += 1;
                match self.statements(body, functions) {
                    Flow::On => self.ink += 1 + H,
                    Flow::LeaveBlock => {}
                    Flow::LeaveFunction => return Flow::LeaveFunction,
                }
            }
            Statement::LeaveIf(flag) => {
                self.ink += 1 + 765 + H;
                return if *flag { Flow::LeaveBlock } else { Flow::On };
            }
            Statement::ReturnIf(flag) => {
                self.ink += 1 + 765 + H;
                if *flag {
                    self.ink += 1 + H;
                    return Flow::LeaveFunction;
                }
            }
            Statement::BranchOutIf(flag) => {
                self.ink += 1 + 765 + H;
                return if *flag { Flow::LeaveFunction } else { Flow::On };
            }
            Statement::If(flag, then, otherwise) => {
                self.ink += 1 + 765 + H;
                let body = if *flag {
                    Some(then)
                } else {
                    otherwise.as_ref()
                };
                let Some(body) = body else { return Flow::On };
                if self.statements(body, functions) == Flow::LeaveFunction {
                    return Flow::LeaveFunction;
                }
                self.ink += 1 + H;
            }
            Statement::Loop(count, body) => {
                self.ink += 1 + 210 + 1 + H;
                for _ in 0..*count {
                    if self.statements(body, functions) == Flow::LeaveFunction {
                        return Flow::LeaveFunction;
                    }
                    self.ink += 75 + 1 + 70 + 75 + 765 + H;
                }
                self.ink += 1 + H;
            }
            Statement::Call(function) => {
                self.ink += 3_800 + H + functions[*function].ink;
                self.additions += functions[*function].additions;
            }
            Statement::Fill(bytes) => self.ink += 3 + 950 + 100 * bytes,
        }
        Flow::On
    }
}

const LOCALS: &str = "(local $k0 i32) (local $k1 i32) (local $k2 i32) (local $k3 i32)";

/// Four functions, each of which may call those before it; the last is called. The module and what it amounts to.
fn program(seed: u64) -> (String, Effect) {
    let mut generator = Generator {
        random: Random(seed * 0x9E37_79B9),
        functions: 0,
    };
    let mut text = String::from("(global $x (mut i32) (i32.const 0))");
    let mut effects = Vec::new();
    for function in 0..4 {
        let statements = generator.statements(3, false);
        write!(text, "(func $f{function} {LOCALS} ").unwrap();
        write(&mut text, &statements, 0, 0);
        text.push(')');
        let mut effect = Effect::default();
        if effect.statements(&statements, &effects) == Flow::On {
            effect.ink += 1 + H;
        }
        effects.push(effect);
        generator.functions += 1;
    }
    text.push_str(
        r#"(func (export "user_entrypoint") (param i32) (result i32) call $f3 global.get $x)
           (memory (export "memory") 1 1)"#,
    );
    let last = effects[3];
    let ink = 3_800 + H + last.ink + 225 + 1 + H;
    (text, Effect { ink, ..last })
}

#[test]
fn the_meter_agrees_with_a_naive_interpreter() {
    for seed in 1..=500 {
        let (text, effect) = program(seed);
        let outcome = Run::default().module(&raw(&text));
        assert_eq!(outcome.ink_used, effect.ink, "ink, seed {seed}: {text}");
        let result = 3 * effect.additions as i32;
        assert_eq!(outcome.status, Some(result), "result, seed {seed}: {text}");
        assert_eq!(outcome.stack_left, 22_000, "stack, seed {seed}: {text}");
    }
}

/// One ink less than that is not enough, and exactly that is.
#[test]
fn the_price_is_exact() {
    for seed in 1..=100 {
        let (text, effect) = program(seed);
        let wasm = raw(&text);
        let run = |ink| {
            Run {
                ink,
                ..Run::default()
            }
            .module(&wasm)
        };
        let exact = run(effect.ink);
        assert_eq!(
            (exact.status.is_some(), exact.ink_left),
            (true, 0),
            "{text}"
        );
        let short = run(effect.ink - 1);
        assert_eq!(
            (short.status, short.out_of_ink, short.ink_left),
            (None, true, 0),
            "{text}"
        );
    }
}
