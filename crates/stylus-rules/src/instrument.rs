//! Builds metering into a valid module.
//!
//! The opcodes of the program stay as they are, byte for byte; charges go in between. What is added to the index
//! spaces (types, functions, globals) goes to their end, so that no index changes. Rare work sits in helper
//! functions, which keeps the code added to a basic block short:
//!
//! ```text
//! global.get $ink   i64.const cost   i64.lt_u   if   call $out_of_ink   end
//! global.get $ink   i64.const cost   i64.sub    global.set $ink
//! ```
//!
//! This is not what a node inserts, but it charges the same, at the same places; where a price depends on what the
//! node inserts (opcodes, operands), the `body` module counts that.

use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, Encode, ExportKind, ExportSection, GlobalType, Instruction,
    Module, RawSection, SectionId, ValType,
};

use crate::body::{Body, Insert};
use crate::opcodes::BULK_BYTE_INK;
use crate::validate::{self, Entries, malformed_type};
use crate::violation::Violation;
use crate::{ENTRYPOINT, INK_LEFT, INK_STATUS, MEMORY, STACK_LEFT};

/// Entries to append to a section.
#[derive(Default)]
struct Appendix {
    count: u32,
    bytes: Vec<u8>,
}

impl Appendix {
    fn push(&mut self, encode: impl FnOnce(&mut Vec<u8>)) {
        encode(&mut self.bytes);
        self.count = self.count.saturating_add(1);
    }
}

/// Instrumentation under way: what is added, and its indices.
struct Additions {
    types: Appendix,
    first_type: u32,
    ink: u32,
    status: u32,
    stack: u32,
    out_of_ink: u32,
    out_of_stack: u32,
    pay_bytes: u32,
    pay_pages: u32,
}

/// The instrumented module.
pub(crate) fn instrument(module: &validate::Module<'_>) -> Result<Vec<u8>, Violation> {
    let mut additions = Additions::new(module);
    let code = additions.code(module)?;
    let (functions, globals, none) = (additions.functions(module), meters(), Appendix::default());
    let exports = additions.exports(module);

    let mut out = Module::new();
    section(&mut out, SectionId::Type, module.types, &additions.types);
    section(&mut out, SectionId::Import, module.imports, &none);
    section(&mut out, SectionId::Function, module.functions, &functions);
    section(&mut out, SectionId::Table, module.tables, &none);
    section(&mut out, SectionId::Memory, module.memories, &none);
    section(&mut out, SectionId::Global, module.globals, &globals);
    out.section(&exports);
    section(&mut out, SectionId::Element, module.elements, &none);
    out.section(&code);
    section(&mut out, SectionId::Data, module.data, &none);
    Ok(out.finish())
}

/// Writes a section with its old entries, then the new ones; nothing if there are neither.
fn section(out: &mut Module, id: SectionId, old: Entries<'_>, new: &Appendix) {
    let count = old.count.saturating_add(new.count);
    if count == 0 {
        return;
    }
    let mut data = Vec::new();
    count.encode(&mut data);
    data.extend_from_slice(old.bytes);
    data.extend_from_slice(&new.bytes);
    out.section(&RawSection {
        id: id.into(),
        data: &data,
    });
}

/// The globals of ink, ink status and stack, in this order. All start at 0, so an embedder that forgets to fill them
/// finds a program without ink.
fn meters() -> Appendix {
    let mut globals = Appendix::default();
    for (val_type, zero) in [
        (ValType::I64, ConstExpr::i64_const(0)),
        (ValType::I32, ConstExpr::i32_const(0)),
        (ValType::I32, ConstExpr::i32_const(0)),
    ] {
        globals.push(|sink| {
            GlobalType {
                val_type,
                mutable: true,
                shared: false,
            }
            .encode(sink);
            zero.encode(sink);
        });
    }
    globals
}

fn function_type(types: &mut Appendix, params: &[ValType], results: &[ValType]) {
    types.push(|sink| {
        sink.push(0x60);
        params.encode(sink);
        results.encode(sink);
    });
}

fn emit(sink: &mut Vec<u8>, instructions: &[Instruction<'_>]) {
    for instruction in instructions {
        instruction.encode(sink);
    }
}

impl Additions {
    fn new(module: &validate::Module<'_>) -> Self {
        let globals = module.globals.count;
        let functions = module
            .signatures
            .imports()
            .saturating_add(module.functions.count);
        let mut types = Appendix::default();
        function_type(&mut types, &[], &[]);
        function_type(&mut types, &[ValType::I32], &[ValType::I32]);
        Self {
            types,
            first_type: module.types.count,
            ink: globals,
            status: globals.saturating_add(1),
            stack: globals.saturating_add(2),
            out_of_ink: functions,
            out_of_stack: functions.saturating_add(1),
            pay_bytes: functions.saturating_add(2),
            pay_pages: functions.saturating_add(3),
        }
    }

    /// The types of the helpers, in the order of their bodies.
    fn functions(&self, module: &validate::Module<'_>) -> Appendix {
        let (action, payment) = (self.first_type, self.first_type.saturating_add(1));
        let mut functions = Appendix::default();
        for ty in [action, action, payment] {
            functions.push(|sink| ty.encode(sink));
        }
        if module.pay_for_growth.is_some() {
            functions.push(|sink| payment.encode(sink));
        }
        functions
    }

    fn exports(&self, module: &validate::Module<'_>) -> ExportSection {
        let mut exports = ExportSection::new();
        exports.export(ENTRYPOINT, ExportKind::Func, module.entrypoint);
        exports.export(MEMORY, ExportKind::Memory, 0);
        exports.export(INK_LEFT, ExportKind::Global, self.ink);
        exports.export(INK_STATUS, ExportKind::Global, self.status);
        exports.export(STACK_LEFT, ExportKind::Global, self.stack);
        exports
    }

    fn code(&mut self, module: &validate::Module<'_>) -> Result<CodeSection, Violation> {
        let mut section = CodeSection::new();
        for body in &module.bodies {
            section.raw(&self.body(module, body)?);
        }
        section.raw(&self.out_of_ink_body());
        section.raw(&self.out_of_stack_body());
        section.raw(&self.pay_bytes_body());
        if let Some(pay_for_growth) = module.pay_for_growth {
            section.raw(&pay_pages_body(pay_for_growth));
        }
        Ok(section)
    }

    /// A function of the program.
    ///
    /// Its words are given back before every `return` and at its end. A branch to the function's own label goes past
    /// the end, so if there is one, the program's code moves into a block which takes that label's place.
    fn body(
        &mut self,
        module: &validate::Module<'_>,
        body: &Body<'_>,
    ) -> Result<Vec<u8>, Violation> {
        let mut sink = body.locals.to_vec();
        self.enter(&mut sink, body.frame);
        if body.branches_out {
            Instruction::Block(self.result_type(module, body.type_index)?).encode(&mut sink);
        }
        // All but the last opcode, which is the function's `end` and a single byte.
        let (_, code) = body.code.split_last().unwrap_or((&0, &[]));
        let mut done = 0;
        for &(offset, insert) in &body.inserts {
            let next = offset.saturating_sub(body.start);
            sink.extend_from_slice(code.get(done..next).unwrap_or_default());
            done = next;
            match insert {
                Insert::Charge(ink) => self.charge(&mut sink, ink),
                Insert::PayBytes => Instruction::Call(self.pay_bytes).encode(&mut sink),
                Insert::PayPages => Instruction::Call(self.pay_pages).encode(&mut sink),
                Insert::Leave => self.leave(&mut sink, body.frame),
            }
        }
        sink.extend_from_slice(code.get(done..).unwrap_or_default());
        if body.branches_out {
            Instruction::End.encode(&mut sink);
        }
        self.leave(&mut sink, body.frame);
        Instruction::End.encode(&mut sink);
        Ok(sink)
    }

    /// A block type without parameters and with the results of a function type.
    fn result_type(
        &mut self,
        module: &validate::Module<'_>,
        type_index: u32,
    ) -> Result<BlockType, Violation> {
        let results = module
            .signatures
            .ty(type_index)
            .map_or(&[][..], wasmparser::FuncType::results);
        let results = results
            .iter()
            .map(|&ty| value_type(ty))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(match results.as_slice() {
            [] => BlockType::Empty,
            [one] => BlockType::Result(*one),
            several => {
                let index = self.first_type.saturating_add(self.types.count);
                function_type(&mut self.types, &[], several);
                BlockType::FunctionType(index)
            }
        })
    }

    fn charge(&self, sink: &mut Vec<u8>, ink: u64) {
        let cost = Instruction::I64Const(ink.cast_signed());
        emit(
            sink,
            &[
                Instruction::GlobalGet(self.ink),
                cost.clone(),
                Instruction::I64LtU,
                Instruction::If(BlockType::Empty),
                Instruction::Call(self.out_of_ink),
                Instruction::End,
                Instruction::GlobalGet(self.ink),
                cost,
                Instruction::I64Sub,
                Instruction::GlobalSet(self.ink),
            ],
        );
    }

    /// Takes a frame's words, or fails if they would take all that is left.
    fn enter(&self, sink: &mut Vec<u8>, frame: u64) {
        let words = Instruction::I32Const(words(frame));
        emit(
            sink,
            &[
                Instruction::GlobalGet(self.stack),
                words.clone(),
                Instruction::I32LeU,
                Instruction::If(BlockType::Empty),
                Instruction::Call(self.out_of_stack),
                Instruction::End,
                Instruction::GlobalGet(self.stack),
                words,
                Instruction::I32Sub,
                Instruction::GlobalSet(self.stack),
            ],
        );
    }

    fn leave(&self, sink: &mut Vec<u8>, frame: u64) {
        emit(
            sink,
            &[
                Instruction::GlobalGet(self.stack),
                Instruction::I32Const(words(frame)),
                Instruction::I32Add,
                Instruction::GlobalSet(self.stack),
            ],
        );
    }

    fn out_of_ink_body(&self) -> Vec<u8> {
        helper(&[
            Instruction::I32Const(1),
            Instruction::GlobalSet(self.status),
            Instruction::I64Const(0),
            Instruction::GlobalSet(self.ink),
            Instruction::Unreachable,
            Instruction::End,
        ])
    }

    fn out_of_stack_body(&self) -> Vec<u8> {
        helper(&[
            Instruction::I32Const(0),
            Instruction::GlobalSet(self.stack),
            Instruction::Unreachable,
            Instruction::End,
        ])
    }

    /// Takes a number of bytes, charges for them and returns it. 2^32 bytes cost far less than 2^64 ink.
    fn pay_bytes_body(&self) -> Vec<u8> {
        let price = [
            Instruction::LocalGet(0),
            Instruction::I64ExtendI32U,
            Instruction::I64Const(BULK_BYTE_INK.cast_signed()),
            Instruction::I64Mul,
        ];
        let get_ink = [Instruction::GlobalGet(self.ink)];
        let check = [
            Instruction::I64LtU,
            Instruction::If(BlockType::Empty),
            Instruction::Call(self.out_of_ink),
            Instruction::End,
        ];
        let pay = [
            Instruction::I64Sub,
            Instruction::GlobalSet(self.ink),
            Instruction::LocalGet(0),
            Instruction::End,
        ];
        helper(&[&get_ink[..], &price, &check, &get_ink, &price, &pay].concat())
    }
}

/// Takes a number of pages, has the host charge for them and returns it.
fn pay_pages_body(pay_for_growth: u32) -> Vec<u8> {
    helper(&[
        Instruction::LocalGet(0),
        Instruction::Call(pay_for_growth),
        Instruction::LocalGet(0),
        Instruction::End,
    ])
}

/// A function body without locals.
fn helper(instructions: &[Instruction<'_>]) -> Vec<u8> {
    let mut sink = vec![0];
    emit(&mut sink, instructions);
    sink
}

/// A frame's words as an operand. Frames are bounded far below.
fn words(frame: u64) -> i32 {
    i32::try_from(frame).unwrap_or(i32::MAX)
}

fn value_type(ty: wasmparser::ValType) -> Result<ValType, Violation> {
    Ok(match ty {
        wasmparser::ValType::I32 => ValType::I32,
        wasmparser::ValType::I64 => ValType::I64,
        wasmparser::ValType::F32 => ValType::F32,
        wasmparser::ValType::F64 => ValType::F64,
        wasmparser::ValType::V128 | wasmparser::ValType::Ref(_) => return Err(malformed_type()),
    })
}
