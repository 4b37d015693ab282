//! Frames of WASM programs.

pub(crate) mod hooks;
pub(crate) mod module;

mod accounts;
mod calls;
mod context;
mod math;
mod storage;
mod vm;

use std::{
    convert::Infallible,
    sync::{Arc, PoisonError},
};

use alloy_primitives::{B256, Bytes, U256};
use revm::{
    context_interface::context::ContextError,
    interpreter::{
        CallInputs, FrameInput, Gas, InstructionResult, InterpreterAction, InterpreterResult,
    },
};
use stylus_rules::{ENTRYPOINT, INK_LEFT, INK_STATUS, MEMORY, Params, STACK_LEFT, code, pricing};
use wasmi::{Global, Instance, Store, Val};

use crate::{
    arbos::programs,
    config::ProgramCache,
    evm::{Core, Machine},
    limits::{STACK_RED_ZONE, STACK_SEGMENT},
    receipt::{Halt, StylusFrame},
};
use hooks::Host;
use module::Compiled;
use vm::{Escape, Meter};

/// Whether code is a program that can be called.
pub(crate) fn is_program(code: &[u8], params: &Params) -> bool {
    code::is_program(code, params)
}

/// Whether code that starts with 0xEF may be deployed all the same.
pub(crate) fn may_be_deployed(code: &[u8], params: &Params) -> bool {
    code::is_stylus_prefix(code, params)
}

/// The frame a program runs in.
pub(crate) struct Frame {
    pub(crate) inputs: Box<CallInputs>,
    pub(crate) calldata: Bytes,
    /// Frames above it.
    pub(crate) depth: usize,
}

/// How a program ended.
enum End {
    Status(i32),
    Failure,
    OutOfInk,
    OutOfStack,
    Broken(String),
}

/// What is left of a frame when it ended.
struct Outcome {
    end: End,
    ink_left: u64,
    refund: i64,
    output: Bytes,
    stats: StylusFrame,
}

/// Runs the program of the frame on top of the stack.
pub(crate) fn run(machine: &mut Machine) -> Result<InterpreterAction, ContextError<Infallible>> {
    let core = machine.core();
    let top = core.evm.frame_stack.get();
    let depth = top.depth;
    let FrameInput::Call(inputs) = &top.input else {
        return Err(ContextError::Custom("only calls run programs".into()));
    };
    let inputs = inputs.clone();
    let calldata = inputs.input.bytes(core.ctx());
    let frame = Frame {
        inputs,
        calldata,
        depth,
    };
    // A WASM frame that calls on recurses on the native stack.
    stacker::maybe_grow(STACK_RED_ZONE, STACK_SEGMENT, || run_frame(machine, frame))
}

fn run_frame(
    machine: &mut Machine,
    frame: Frame,
) -> Result<InterpreterAction, ContextError<Infallible>> {
    let gas_limit = frame.inputs.gas_limit;
    let core = machine.core();
    let pages_before = core.scope().pages.open;
    let entry = match enter(core, &frame) {
        Ok(entry) => entry,
        Err(refusal) => return Ok(refuse(core, refusal, gas_limit)),
    };
    let params = core.env.config.stylus;
    let entry_gas = entry.stats.entry_gas;
    let ink = pricing::gas_to_ink(gas_limit - entry_gas, params.ink_price);
    let mut outcome = execute(machine, frame, &entry.program, ink, &params);
    let core = machine.core();
    core.scope().pages.open = pages_before;
    outcome.stats.entry_gas = entry_gas;
    outcome.stats.cached = entry.stats.cached;
    outcome.stats.ink_used = ink.saturating_sub(outcome.ink_left);
    core.scope().tracer.stylus(outcome.stats);
    settle(core, outcome, gas_limit, params.ink_price)
}

/// A program that may run, and what entering it cost.
struct Entry {
    program: Arc<Compiled>,
    stats: StylusFrame,
}

fn enter(core: &mut Core, frame: &Frame) -> Result<Entry, Halt> {
    let params = core.env.config.stylus;
    let (codehash, code) = &frame.inputs.known_bytecode;
    core.scope().tracer.stylus(StylusFrame::default());
    let now = core.ctx().block.timestamp.saturating_to();
    let record = programs::load(core.ctx(), *codehash);
    if record.check(now, &params).is_err() {
        return Err(Halt::ProgramNotActivated);
    }
    let cached = record.cached || is_cached(core, *codehash);
    let memory_gas = core.scope().pages.cost(record.footprint, &params);
    let init_gas = pricing::entry::entry_gas(record.init_cost, record.cached_cost, cached, &params);
    let entry_gas = memory_gas.saturating_add(init_gas);
    if entry_gas > frame.inputs.gas_limit {
        return Err(Halt::OutOfGas);
    }
    core.scope().pages = core.scope().pages.opened(record.footprint);
    let hash = programs::module_hash(core.ctx(), *codehash);
    let program = compiled(core, hash, code.original_byte_slice())?;
    let stats = StylusFrame {
        entry_gas,
        cached,
        ..StylusFrame::default()
    };
    Ok(Entry { program, stats })
}

/// The compiled module of an active program, compiled anew if it was forgotten.
fn compiled(core: &mut Core, hash: B256, code: &[u8]) -> Result<Arc<Compiled>, Halt> {
    let env = Arc::clone(&core.env);
    let modules = || env.modules.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = modules().get(hash) {
        return Ok(known);
    }
    let params = env.config.stylus;
    let source = module::source(core.ctx(), code, &params);
    let compiled = source.and_then(|source| modules().compile(&source.wasm, &params));
    compiled.ok_or(Halt::ProgramNotActivated)
}

/// Whether the block, or the settings, make a program a cached one. The block remembers it from here on.
fn is_cached(core: &mut Core, codehash: B256) -> bool {
    let config = &core.env.config;
    let (cache, params) = (config.program_cache, config.stylus);
    let recent = &mut core.scope().recent;
    let known = recent.iter().position(|seen| *seen == codehash);
    if let Some(at) = known {
        recent.remove(at);
    }
    if recent.len() >= usize::from(params.block_cache_size) && !recent.is_empty() {
        recent.remove(0);
    }
    recent.push(codehash);
    match cache {
        ProgramCache::All => true,
        ProgramCache::Block => known.is_some(),
        ProgramCache::Uncached => params.block_cache_discount && known.is_some(),
    }
}

/// Ends a frame that was never entered: all its gas is lost.
fn refuse(core: &mut Core, halt: Halt, gas_limit: u64) -> InterpreterAction {
    let result = match halt {
        Halt::OutOfGas => InstructionResult::OutOfGas,
        _ => InstructionResult::NotActivated,
    };
    core.scope().tracer.halt = Some(halt);
    let mut gas = Gas::new(gas_limit);
    gas.spend_all();
    InterpreterAction::Return(InterpreterResult::new(result, Bytes::new(), gas))
}

/// Lends the EVM to an instance of the program and lets it run.
fn execute(
    machine: &mut Machine,
    frame: Frame,
    program: &Compiled,
    ink: u64,
    params: &Params,
) -> Outcome {
    let args_len = frame.calldata.len() as u32;
    let host = Host::new(machine.take(), frame, params);
    let mut store = Store::new(program.module.engine(), host);
    let end = match program
        .linker
        .instantiate_and_start(&mut store, &program.module)
    {
        Ok(instance) => start(&mut store, &instance, args_len, ink, params),
        Err(error) => End::Broken(error.to_string()),
    };
    let ink_left = match store.data().meter {
        Some(meter) => meter.ink(&store),
        None => 0,
    };
    let pages = match store.data().meter {
        Some(meter) => meter.memory.size(&store) as u32,
        None => 0,
    };
    let host = store.into_data();
    let outcome = Outcome {
        end,
        ink_left,
        refund: host.refund,
        output: host.output.into(),
        stats: StylusFrame {
            pages,
            hostio_count: host.hostio_count,
            ..StylusFrame::default()
        },
    };
    if let Some(core) = host.core {
        machine.put_back(core);
    }
    outcome
}

fn start(
    store: &mut Store<Host>,
    instance: &Instance,
    args_len: u32,
    ink: u64,
    params: &Params,
) -> End {
    let entry = instance.get_typed_func::<u32, i32>(&*store, ENTRYPOINT);
    let memory = instance.get_memory(&*store, MEMORY);
    let global = |name| instance.get_global(&*store, name);
    let globals = (global(INK_LEFT), global(INK_STATUS), global(STACK_LEFT));
    let (Ok(entry), Some(memory), (Some(left), Some(status), Some(stack))) =
        (entry, memory, globals)
    else {
        return End::Broken("an export is missing".into());
    };
    let meter = Meter {
        memory,
        left,
        status,
    };
    store.data_mut().meter = Some(meter);
    let depth = i32::try_from(params.max_stack_depth).unwrap_or(i32::MAX);
    if meter.set_ink(&mut *store, ink).is_err() || stack.set(&mut *store, Val::I32(depth)).is_err()
    {
        return End::Broken("a global has the wrong type".into());
    }
    match entry.call(&mut *store, args_len) {
        Ok(status) => End::Status(status),
        Err(error) => match error.downcast_ref::<Escape>() {
            Some(Escape::Exit(status)) => End::Status(*status),
            Some(Escape::OutOfInk) => End::OutOfInk,
            Some(Escape::Failure) => End::Failure,
            Some(Escape::Broken(reason)) => End::Broken(reason.clone()),
            None => trapped(store, meter, stack),
        },
    }
}

/// What a trap of the program itself means.
fn trapped(store: &Store<Host>, meter: Meter, stack: Global) -> End {
    if meter.is_exhausted(store) {
        return End::OutOfInk;
    }
    match stack.get(store) {
        Val::I32(0) => End::OutOfStack,
        _ => End::Failure,
    }
}

/// Turns the end of a program into what the EVM understands.
fn settle(
    core: &mut Core,
    outcome: Outcome,
    gas_limit: u64,
    ink_price: u32,
) -> Result<InterpreterAction, ContextError<Infallible>> {
    let (mut result, mut output) = match outcome.end {
        End::Status(0) => (InstructionResult::Return, outcome.output),
        End::Status(_) => (InstructionResult::Revert, outcome.output),
        End::Failure => (InstructionResult::Revert, Bytes::new()),
        End::OutOfInk => (InstructionResult::OutOfGas, Bytes::new()),
        End::OutOfStack => (InstructionResult::StackOverflow, Bytes::new()),
        End::Broken(reason) => return Err(ContextError::Custom(reason)),
    };
    let mut left = pricing::ink_to_gas(outcome.ink_left, ink_price);
    if !output.is_empty() {
        // Returning data costs at least what it costs the EVM.
        let least = pricing::return_data_gas(output.len() as u64);
        match gas_limit.checked_sub(least) {
            Some(most_left) => left = left.min(most_left),
            None => {
                result = InstructionResult::OutOfGas;
                output = Bytes::new();
            }
        }
    }
    let mut gas = Gas::new(gas_limit);
    match result {
        InstructionResult::Return => {
            gas.set_remaining(left);
            gas.record_refund(outcome.refund);
        }
        InstructionResult::Revert => gas.set_remaining(left),
        InstructionResult::StackOverflow => {
            core.scope().tracer.halt = Some(Halt::OutOfStack);
            gas.spend_all();
        }
        _ => gas.spend_all(),
    }
    let result = InterpreterResult::new(result, output, gas);
    Ok(InterpreterAction::Return(result))
}

/// A word of 32 bytes as a number.
fn number(word: B256) -> U256 {
    U256::from_be_bytes(word.0)
}
