//! What each opcode costs, and which are refused.

use wasmparser::Operator;

/// Ink of a basic block on top of its opcodes.
pub const BLOCK_INK: u64 = 2_450;
/// Ink of `memory.fill` and `memory.copy` per byte, on top of the opcode's own.
pub const BULK_BYTE_INK: u64 = 100;
/// The ink of opcodes that are parsed but cannot be paid for.
pub const UNAFFORDABLE: u64 = u64::MAX;

/// What becomes of an opcode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It costs this much ink.
    Ink(u64),
    /// It computes, compares or converts floats: the node has nothing linked that would.
    Float,
    /// Its feature is off.
    Unsupported,
}

/// Judges an opcode; `params` gives the number of parameters of a type. Prices are Nitro's of Stylus versions 1 and 2.
///
/// Loads, stores, constants and reinterpretations of floats pass with a price that nobody can pay, so code that is never reached does
/// no harm.
pub(crate) fn judge(op: &Operator<'_>, params: impl FnOnce(u32) -> u64) -> Verdict {
    Verdict::Ink(match op {
        Operator::BrTable { targets } => u64::from(targets.len())
            .saturating_mul(325)
            .saturating_add(2_400),
        Operator::CallIndirect { type_index, .. } => params(*type_index)
            .saturating_mul(650)
            .saturating_add(13_610),
        _ => match control(op)
            .or_else(|| memory(op))
            .or_else(|| int32(op))
            .or_else(|| int64(op))
        {
            Some(ink) => ink,
            None => return float(op),
        },
    })
}

fn control(op: &Operator<'_>) -> Option<u64> {
    Some(match op {
        Operator::Unreachable
        | Operator::Return
        | Operator::Nop
        | Operator::I32Const { .. }
        | Operator::I64Const { .. }
        | Operator::Block { .. }
        | Operator::Loop { .. }
        | Operator::Else
        | Operator::End => 1,
        Operator::Drop => 9,
        Operator::Br { .. } | Operator::BrIf { .. } | Operator::If { .. } => 765,
        Operator::Select => 1_250,
        Operator::Call { .. } => 3_800,
        Operator::LocalGet { .. } | Operator::LocalTee { .. } => 75,
        Operator::LocalSet { .. } => 210,
        Operator::GlobalGet { .. } => 225,
        Operator::GlobalSet { .. } => 575,
        _ => return None,
    })
}

fn memory(op: &Operator<'_>) -> Option<u64> {
    Some(match op {
        Operator::I32Load { .. }
        | Operator::I32Load8S { .. }
        | Operator::I32Load8U { .. }
        | Operator::I32Load16S { .. }
        | Operator::I32Load16U { .. } => 670,
        Operator::I64Load { .. }
        | Operator::I64Load8S { .. }
        | Operator::I64Load8U { .. }
        | Operator::I64Load16S { .. }
        | Operator::I64Load16U { .. }
        | Operator::I64Load32S { .. }
        | Operator::I64Load32U { .. } => 680,
        Operator::I32Store { .. } | Operator::I32Store8 { .. } | Operator::I32Store16 { .. } => 825,
        Operator::I64Store { .. }
        | Operator::I64Store8 { .. }
        | Operator::I64Store16 { .. }
        | Operator::I64Store32 { .. } => 950,
        Operator::MemorySize { .. } => 3_000,
        Operator::MemoryGrow { .. } => 8_050,
        Operator::MemoryCopy { .. } | Operator::MemoryFill { .. } => 950,
        _ => return None,
    })
}

fn int32(op: &Operator<'_>) -> Option<u64> {
    Some(match op {
        Operator::I32Eqz
        | Operator::I32Eq
        | Operator::I32Ne
        | Operator::I32LtS
        | Operator::I32LtU
        | Operator::I32GtS
        | Operator::I32GtU
        | Operator::I32LeS
        | Operator::I32LeU
        | Operator::I32GeS
        | Operator::I32GeU => 170,
        Operator::I32Clz | Operator::I32Ctz => 210,
        Operator::I32Popcnt => 2_650,
        Operator::I32Add
        | Operator::I32Sub
        | Operator::I32And
        | Operator::I32Or
        | Operator::I32Xor
        | Operator::I32Shl
        | Operator::I32ShrS
        | Operator::I32ShrU
        | Operator::I32Rotl
        | Operator::I32Rotr => 70,
        Operator::I32Mul => 160,
        Operator::I32DivS | Operator::I32DivU | Operator::I32RemS | Operator::I32RemU => 1_120,
        Operator::I32WrapI64 | Operator::I32Extend8S | Operator::I32Extend16S => 100,
        _ => return None,
    })
}

fn int64(op: &Operator<'_>) -> Option<u64> {
    Some(match op {
        Operator::I64Eqz
        | Operator::I64Eq
        | Operator::I64Ne
        | Operator::I64LtS
        | Operator::I64LtU
        | Operator::I64GtS
        | Operator::I64GtU
        | Operator::I64LeS
        | Operator::I64LeU
        | Operator::I64GeS
        | Operator::I64GeU => 225,
        Operator::I64Clz | Operator::I64Ctz => 210,
        Operator::I64Popcnt => 6_000,
        Operator::I64Add
        | Operator::I64Sub
        | Operator::I64And
        | Operator::I64Or
        | Operator::I64Xor
        | Operator::I64Shl
        | Operator::I64ShrS
        | Operator::I64ShrU
        | Operator::I64Rotl
        | Operator::I64Rotr => 100,
        Operator::I64Mul => 160,
        Operator::I64DivS | Operator::I64DivU | Operator::I64RemS | Operator::I64RemU => 1_270,
        Operator::I64ExtendI32S
        | Operator::I64ExtendI32U
        | Operator::I64Extend8S
        | Operator::I64Extend16S
        | Operator::I64Extend32S => 100,
        _ => return None,
    })
}

/// What is left once all integer opcodes are priced: floats that only move bits, other floats, the rest.
fn float(op: &Operator<'_>) -> Verdict {
    match op {
        Operator::F32Load { .. }
        | Operator::F64Load { .. }
        | Operator::F32Store { .. }
        | Operator::F64Store { .. }
        | Operator::F32Const { .. }
        | Operator::F64Const { .. }
        | Operator::I32ReinterpretF32
        | Operator::I64ReinterpretF64
        | Operator::F32ReinterpretI32
        | Operator::F64ReinterpretI64 => Verdict::Ink(UNAFFORDABLE),
        _ if computes_floats(op) => Verdict::Float,
        _ => Verdict::Unsupported,
    }
}

/// By name, since the opcodes left are many and those with F32 or F64 in their names are the scalar floats. (Vectors
/// of floats carry those letters too; the parser is built without vectors.)
fn computes_floats(op: &Operator<'_>) -> bool {
    let name = name(op);
    name.contains("F32") || name.contains("F64")
}

/// Whether a basic block ends after this opcode.
pub(crate) fn ends_block(op: &Operator<'_>) -> bool {
    matches!(
        op,
        Operator::End
            | Operator::Else
            | Operator::Return
            | Operator::Loop { .. }
            | Operator::Br { .. }
            | Operator::BrIf { .. }
            | Operator::BrTable { .. }
            | Operator::If { .. }
            | Operator::Call { .. }
            | Operator::CallIndirect { .. }
    )
}

/// The opcode's name without its operands.
pub(crate) fn name(op: &Operator<'_>) -> String {
    let text = format!("{op:?}");
    text.chars()
        .take_while(|c| c.is_ascii_alphanumeric())
        .collect()
}
