//! The meter against an interpreter that knows nothing of basic blocks.
//!
//! A program without traps runs every block it enters to the end, so its ink is the sum over the opcodes executed, and
//! a header for each one executed that ends a block. The interpreter below adds that up while it walks the source.

use std::fmt::Write;

use crate::support::{Random, Run, module};

const H: u64 = 2_450;

/// A statement of the little language that both sides speak.
enum Statement {
    Nop,
    Add,
    Block(Vec<Statement>),
    /// Leaves the innermost block, if the flag says so.
    LeaveIf(bool),
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
        match self.random.below(if depth == 0 { 4 } else { 8 }) {
            0 => Statement::Add,
            1 if in_block => Statement::LeaveIf(flag),
            2 if self.functions > 0 => {
                Statement::Call(self.random.below(self.functions as u64) as usize)
            }
            3 => Statement::Fill(self.random.below(300)),
            4 => Statement::Block(self.statements(depth - 1, true)),
            5 => Statement::If(flag, self.statements(depth - 1, false), None),
            6 => {
                let then = self.statements(depth - 1, false);
                Statement::If(flag, then, Some(self.statements(depth - 1, false)))
            }
            7 => Statement::Loop(self.random.below(3) + 1, self.statements(depth - 1, false)),
            _ => Statement::Nop,
        }
    }
}

/// Writes statements as text. `level` numbers the counter of a loop.
fn write(out: &mut String, statements: &[Statement], level: usize) {
    for statement in statements {
        match statement {
            Statement::Nop => out.push_str("nop "),
            Statement::Add => out.push_str("local.get $x i32.const 3 i32.add local.set $x "),
            Statement::Block(body) => {
                out.push_str("block ");
                write(out, body, level);
                out.push_str("end ");
            }
            Statement::LeaveIf(flag) => {
                write!(out, "i32.const {} br_if 0 ", i32::from(*flag)).unwrap()
            }
            Statement::If(flag, then, otherwise) => {
                write!(out, "i32.const {} if ", i32::from(*flag)).unwrap();
                write(out, then, level);
                if let Some(otherwise) = otherwise {
                    out.push_str("else ");
                    write(out, otherwise, level);
                }
                out.push_str("end ");
            }
            Statement::Loop(count, body) => {
                write!(out, "i32.const {count} local.set $k{level} loop ").unwrap();
                write(out, body, level + 1);
                write!(
                    out,
                    "local.get $k{level} i32.const 1 i32.sub local.tee $k{level} br_if 0 end "
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

/// Executes statements; returns whether the innermost block was left.
fn execute(statements: &[Statement], prices: &[u64], ink: &mut u64) -> bool {
    for statement in statements {
        match statement {
            Statement::Nop => *ink += 1,
            Statement::Add => *ink += 75 + 1 + 70 + 210,
            Statement::Block(body) => {
                *ink += 1;
                if !execute(body, prices, ink) {
                    *ink += 1 + H;
                }
            }
            Statement::LeaveIf(flag) => {
                *ink += 1 + 765 + H;
                if *flag {
                    return true;
                }
            }
            Statement::If(flag, then, otherwise) => {
                *ink += 1 + 765 + H;
                match (flag, otherwise) {
                    (true, _) => drop(execute(then, prices, ink)),
                    (false, Some(otherwise)) => drop(execute(otherwise, prices, ink)),
                    (false, None) => continue,
                }
                *ink += 1 + H;
            }
            Statement::Loop(count, body) => {
                *ink += 1 + 210 + 1 + H;
                for _ in 0..*count {
                    execute(body, prices, ink);
                    *ink += 75 + 1 + 70 + 75 + 765 + H;
                }
                *ink += 1 + H;
            }
            Statement::Call(function) => *ink += 3_800 + H + prices[*function],
            Statement::Fill(bytes) => *ink += 3 + 950 + 100 * bytes,
        }
    }
    false
}

const LOCALS: &str =
    "(local $x i32) (local $k0 i32) (local $k1 i32) (local $k2 i32) (local $k3 i32)";

#[test]
fn the_meter_agrees_with_a_naive_interpreter() {
    for seed in 1..=200 {
        let mut generator = Generator {
            random: Random(seed * 0x9E37_79B9),
            functions: 0,
        };
        let (mut text, mut prices) = (String::new(), Vec::new());
        for function in 0..4 {
            let statements = generator.statements(3, false);
            write!(text, "(func $f{function} {LOCALS} ").unwrap();
            write(&mut text, &statements, 0);
            text.push(')');
            let mut price = 1 + H;
            execute(&statements, &prices, &mut price);
            prices.push(price);
            generator.functions += 1;
        }
        text.push_str(
            r#"(func (export "user_entrypoint") (param i32) (result i32) call $f3 i32.const 0)"#,
        );
        let wasm = module(&text).clone();
        let wasm = if text.contains("memory.fill") {
            crate::support::raw(&format!(r#"{text} (memory (export "memory") 1 1)"#))
        } else {
            wasm
        };
        let outcome = Run::default().module(&wasm);
        let expected = 3_800 + H + prices[3] + 1 + 1 + H;
        assert_eq!(
            (outcome.status, outcome.ink_used),
            (Some(0), expected),
            "seed {seed}: {text}"
        );
        assert_eq!(
            outcome.stack_left, 22_000,
            "seed {seed}: the stack budget is whole again"
        );
    }
}
