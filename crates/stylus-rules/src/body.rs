//! One function body: what it costs, how large its frame is, and where instrumentation goes.

use wasmparser::{FuncToValidate, FunctionBody, Operator, OperatorsReader, ValidatorResources};

use crate::limits::{
    BLOCK_OPERANDS, FRAME_OVERHEAD_WORDS, MAX_FRAME_WORDS, MAX_LOCALS, MAX_OPCODES, MAX_OPERANDS,
};
use crate::opcodes::{BLOCK_INK, Verdict, ends_block, judge, name};
use crate::validate::{Signatures, malformed};
use crate::violation::Violation;

/// Opcodes that Nitro's meter adds to a basic block.
const BLOCK_OPCODES: u64 = 12;
/// Opcodes taken to be added to a `memory.fill` or `memory.copy`.
const BULK_OPCODES: u64 = 17;
/// Opcodes taken to be added to a `memory.grow`.
const GROW_OPCODES: u64 = 4;
/// Opcodes taken to be added where a function is entered.
const ENTER_OPCODES: u64 = 12;
/// Opcodes taken to be added where a function is left.
const LEAVE_OPCODES: u64 = 4;
/// Operands that the meter of `memory.fill` and `memory.copy` has on the stack at once, in place of the length.
const BULK_OPERANDS: u64 = 4;

/// Something to insert before the opcode at an offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Insert {
    /// Charge the ink of the basic block that starts here.
    Charge(u64),
    /// Charge for the bytes on top of the stack.
    PayBytes,
    /// Charge for the pages on top of the stack.
    PayPages,
    /// Give the frame's words back.
    Leave,
}

/// A function body, measured.
#[derive(Debug)]
pub(crate) struct Body<'a> {
    /// The encoded declarations of locals.
    pub locals: &'a [u8],
    /// Offset of the first opcode in the module.
    pub start: usize,
    /// The encoded opcodes.
    pub code: &'a [u8],
    /// What to insert, by offset in the module; in order where the offsets are equal.
    pub inserts: Vec<(usize, Insert)>,
    /// Whether a branch goes to the function's own label, so that it leaves without a `return`.
    pub branches_out: bool,
    /// Words of the stack frame.
    pub frame: u64,
    /// Opcodes after Nitro's instrumentation.
    pub opcodes: u64,
    /// Index of the function's type.
    pub type_index: u32,
}

/// Running totals of a scan.
struct Scan<'m, 'a> {
    function: u32,
    signatures: &'m Signatures,
    grow_is_paid: bool,
    inserts: Vec<(usize, Insert)>,
    /// Where in `inserts` the current block's charge is, and its ink so far.
    block: Option<(usize, u64)>,
    opcodes: u64,
    operands: u64,
    branches_out: bool,
    wasm: &'a [u8],
}

/// Validates and measures a function body.
pub(crate) fn scan<'a>(
    wasm: &'a [u8],
    to_validate: FuncToValidate<ValidatorResources>,
    body: &FunctionBody<'a>,
    signatures: &Signatures,
    grow_is_paid: bool,
) -> Result<Body<'a>, Violation> {
    let function = to_validate.index.saturating_sub(signatures.imports());
    let type_index = to_validate.ty;
    let locals = count_locals(function, body)?;
    let mut validator = to_validate.into_validator(Default::default());
    let mut reader = body.get_binary_reader();
    validator.read_locals(&mut reader).map_err(malformed)?;
    let start = offset(reader.original_position());
    let mut reader = OperatorsReader::new(reader);

    let mut scan = Scan {
        function,
        signatures,
        grow_is_paid,
        inserts: Vec::new(),
        block: None,
        opcodes: ENTER_OPCODES.saturating_add(LEAVE_OPCODES),
        operands: 0,
        branches_out: false,
        wasm,
    };
    while !reader.eof() {
        let at = reader.original_position();
        let op = reader.read().map_err(malformed)?;
        let height = u64::from(validator.operand_stack_height());
        let outermost = validator.control_stack_height().saturating_sub(1);
        scan.operator(
            &op,
            (offset(at), offset(reader.original_position())),
            height,
            outermost,
        )?;
        validator.op(at, &op).map_err(malformed)?;
        scan.operands = scan
            .operands
            .max(u64::from(validator.operand_stack_height()));
    }
    reader.finish().map_err(malformed)?;

    let range = body.range();
    let frame = scan
        .operands
        .saturating_add(locals)
        .saturating_add(FRAME_OVERHEAD_WORDS);
    check_size(function, &scan, frame)?;
    Ok(Body {
        locals: wasm.get(offset(range.start)..start).unwrap_or_default(),
        start,
        code: wasm.get(start..offset(range.end)).unwrap_or_default(),
        inserts: scan.inserts,
        branches_out: scan.branches_out,
        frame,
        opcodes: scan.opcodes,
        type_index,
    })
}

/// Offsets are within a slice, so they fit.
fn offset(position: u64) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}

fn count_locals(function: u32, body: &FunctionBody<'_>) -> Result<u64, Violation> {
    let mut count = 0_u64;
    for group in body.get_locals_reader().map_err(malformed)? {
        count = count.saturating_add(u64::from(group.map_err(malformed)?.0));
    }
    if count > MAX_LOCALS {
        return Err(Violation::TooManyLocals {
            function,
            count,
            max: MAX_LOCALS,
        });
    }
    Ok(count)
}

fn check_size(function: u32, scan: &Scan<'_, '_>, words: u64) -> Result<(), Violation> {
    let (count, height) = (scan.opcodes, scan.operands);
    if height > MAX_OPERANDS {
        return Err(Violation::StackTooHigh {
            function,
            height,
            max: MAX_OPERANDS,
        });
    }
    if words > MAX_FRAME_WORDS {
        return Err(Violation::FrameTooLarge {
            function,
            words,
            max: MAX_FRAME_WORDS,
        });
    }
    if count > MAX_OPCODES {
        return Err(Violation::TooManyOpcodes {
            function,
            count,
            max: MAX_OPCODES,
        });
    }
    Ok(())
}

impl Scan<'_, '_> {
    /// Takes account of one opcode, at `span` in the module, with `height` operands before it. `outermost` is the
    /// depth of the function's own label.
    fn operator(
        &mut self,
        op: &Operator<'_>,
        span: (usize, usize),
        height: u64,
        outermost: u32,
    ) -> Result<(), Violation> {
        let ink = self.judge(op, span)?;
        self.opcodes = self.opcodes.saturating_add(1);
        let (index, so_far) = self
            .block
            .take()
            .unwrap_or_else(|| self.open_block(span.0, height));
        self.insert_before(op, span.0, height);
        self.branches_out |= targets(op, outermost);

        let total = so_far.saturating_add(ink);
        if let Some((_, Insert::Charge(charge))) = self.inserts.get_mut(index) {
            *charge = total;
        }
        self.block = if ends_block(op) {
            None
        } else {
            Some((index, total))
        };
        Ok(())
    }

    fn judge(&self, op: &Operator<'_>, (start, end): (usize, usize)) -> Result<u64, Violation> {
        let (function, offset) = (self.function, start as u64);
        match judge(op, |index| self.signatures.params(index)) {
            Verdict::Float => Err(Violation::FloatOpcode {
                function,
                offset,
                opcode: name(op),
            }),
            Verdict::Unsupported => Err(Violation::UnsupportedOpcode {
                function,
                offset,
                opcode: name(op),
            }),
            Verdict::Ink(_)
                if matches!(op, Operator::CallIndirect { .. }) && self.is_padded(start, end) =>
            {
                Err(Violation::PaddedTableIndex { function, offset })
            }
            Verdict::Ink(_) if !self.signatures.multi_value && has_function_type(op) => {
                Err(Violation::MultiValue { offset })
            }
            Verdict::Ink(ink) => Ok(ink),
        }
    }

    /// Whether a `call_indirect` ends in something else than a number that is complete, then a zero byte. The parser
    /// is told to accept more, so that this gets a name of its own.
    fn is_padded(&self, start: usize, end: usize) -> bool {
        let bytes = self.wasm.get(start..end).unwrap_or_default();
        !matches!(bytes, [.., last_of_type, 0] if last_of_type & 0x80 == 0)
    }

    fn open_block(&mut self, at: usize, height: u64) -> (usize, u64) {
        let index = self.inserts.len();
        self.inserts.push((at, Insert::Charge(BLOCK_INK)));
        self.opcodes = self.opcodes.saturating_add(BLOCK_OPCODES);
        self.operands = self.operands.max(height.saturating_add(BLOCK_OPERANDS));
        (index, BLOCK_INK)
    }

    fn insert_before(&mut self, op: &Operator<'_>, at: usize, height: u64) {
        let (insert, opcodes) = match op {
            Operator::MemoryCopy { .. } | Operator::MemoryFill { .. } => {
                let operands = height.saturating_sub(1).saturating_add(BULK_OPERANDS);
                self.operands = self.operands.max(operands);
                (Insert::PayBytes, BULK_OPCODES)
            }
            Operator::MemoryGrow { .. } if self.grow_is_paid => (Insert::PayPages, GROW_OPCODES),
            Operator::Return => (Insert::Leave, LEAVE_OPCODES),
            _ => return,
        };
        self.inserts.push((at, insert));
        self.opcodes = self.opcodes.saturating_add(opcodes);
    }
}

/// Whether the opcode opens a block whose type is a function type, as only multi-value allows.
fn has_function_type(op: &Operator<'_>) -> bool {
    let (Operator::Block { blockty } | Operator::Loop { blockty } | Operator::If { blockty }) = op
    else {
        return false;
    };
    matches!(blockty, wasmparser::BlockType::FuncType(_))
}

/// Whether a branch may go to the label at that depth.
fn targets(op: &Operator<'_>, depth: u32) -> bool {
    match op {
        Operator::Br { relative_depth } | Operator::BrIf { relative_depth } => {
            *relative_depth == depth
        }
        Operator::BrTable { targets } => {
            targets.default() == depth
                || targets
                    .targets()
                    .any(|target| target.is_ok_and(|target| target == depth))
        }
        _ => false,
    }
}
