//! What a Stylus chain accepts and what it charges.
//!
//! Pure functions over bytes and numbers, no execution engine: [`activate`] checks a WebAssembly module against the
//! rules of activation and returns it with metering built in; [`code`] packs modules into contract code; [`pricing`]
//! knows what entering, running and activating costs. The rules are those of Nitro at ArbOS 51, Stylus version 2,
//! with those of ArbOS 60 as an option of [`Params`].
//!
//! # The instrumented module
//!
//! It keeps the exports `memory` and `user_entrypoint`, and adds three mutable globals for the embedder:
//!
//! | export | type | before the call | after it |
//! | --- | --- | --- | --- |
//! | [`INK_LEFT`] | i64 (unsigned) | the frame's ink | what is left; 0 when out of ink |
//! | [`INK_STATUS`] | i32 | 0 | 1: out of ink, whatever else |
//! | [`STACK_LEFT`] | i32 (unsigned) | the stack budget in words, > 0 | 0: out of stack |
//!
//! Both failures trap. So after a trap: status 1 means out of ink; otherwise a stack of 0 means out of stack (a
//! running frame always has at least one word left); otherwise the program failed by itself. Host functions charge by
//! lowering [`INK_LEFT`].
//!
//! The engine's own limits must lie beyond the stack budget: at least [`Params::max_frames`] + 2 frames (wasmi's default
//! of 1 000 is too few), and room for values of about 1 000 words per frame, because the budget does not count
//! parameters.

#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod body;
pub mod code;
pub mod hooks;
mod instrument;
pub mod limits;
mod opcodes;
pub mod pricing;
mod report;
mod validate;
mod violation;

pub use code::CodeError;
pub use limits::Params;
pub use report::{Report, report};
pub use violation::Violation;

use pricing::entry::Measures;

/// Export of the ink that is left.
pub const INK_LEFT: &str = "stylus_ink_left";
/// Export of the ink's status: 0, or 1 when it ran out.
pub const INK_STATUS: &str = "stylus_ink_status";
/// Export of the stack budget that is left, in words.
pub const STACK_LEFT: &str = "stylus_stack_left";
/// Export that a call enters: `(calldata length) -> status`.
pub const ENTRYPOINT: &str = "user_entrypoint";
/// Export of the linear memory.
pub const MEMORY: &str = "memory";

/// A module that passed, ready to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// The module with metering built in.
    pub instrumented: Vec<u8>,
    /// What the chain records of it.
    pub info: ProgramInfo,
}

/// What the chain records of a program, and what that was computed from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProgramInfo {
    /// Stylus version it was activated for.
    pub version: u16,
    /// What prices depend on.
    pub measures: Measures,
    /// Pages the memory starts with.
    pub footprint: u16,
    /// Gas of an uncached entry, before the chain's scalar.
    pub init_cost: u16,
    /// Gas of a cached entry, before the chain's scalar.
    pub cached_cost: u16,
    /// Estimate of the compiled size in bytes, for the upfront fee.
    pub asm_estimate: u32,
    /// Gas of the activation itself, without the node's bookkeeping.
    pub activation_gas: u64,
}

impl ProgramInfo {
    /// Gas of entering the program, without its memory ([`pricing::memory::Pages::cost`] of the footprint).
    #[must_use]
    pub fn entry_gas(&self, cached: bool, params: &Params) -> u64 {
        pricing::entry::entry_gas(self.init_cost, self.cached_cost, cached, params)
    }
}

/// Checks a module against the rules of activation and builds the metering in.
///
/// # Errors
///
/// The first rule that the module breaks.
pub fn activate(wasm: &[u8], params: &Params) -> Result<Program, Violation> {
    let max = params.max_wasm_size;
    if wasm.len() as u64 > u64::from(max) {
        return Err(Violation::WasmTooLarge {
            len: wasm.len(),
            max,
        });
    }
    let module = validate::validate(wasm, params)?;
    let info = record(module.measures, params)?;
    Ok(Program {
        instrumented: instrument::instrument(&module)?,
        info,
    })
}

/// What the chain records of a program with these measures.
fn record(measures: Measures, params: &Params) -> Result<ProgramInfo, Violation> {
    let (init, cached) = (measures.init_cost(), measures.cached_cost());
    Ok(ProgramInfo {
        version: params.version,
        measures,
        // Bounded by the page limit, which is a u16.
        footprint: u16::try_from(measures.footprint).unwrap_or(u16::MAX),
        init_cost: u16::try_from(init).map_err(|_| Violation::InitCostTooHigh { gas: init })?,
        cached_cost: u16::try_from(cached)
            .map_err(|_| Violation::CachedCostTooHigh { gas: cached })?,
        asm_estimate: u32::try_from(measures.asm_estimate()).unwrap_or(u32::MAX),
        activation_gas: pricing::activation::activation_gas(&measures, params),
    })
}
