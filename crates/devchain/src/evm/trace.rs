//! Records the call tree while it happens.

use alloy_primitives::{Address, Bytes};
use revm::{
    bytecode::opcode,
    context_interface::CreateScheme,
    handler::FrameResult,
    interpreter::{CallScheme, FrameInput, InstructionResult},
};

use crate::{
    limits::{FRAMES_MAX, TRACE_DATA_MAX},
    receipt::{CallKind, Frame, FrameKind, FrameStatus, Halt, StylusFrame},
};

#[derive(Debug, Default)]
pub(crate) struct Tracer {
    /// Bytes of input, and of output, that are kept of a frame.
    data_max: usize,
    /// Bytes of them that have been kept.
    kept: usize,
    frames: Vec<Frame>,
    /// Indices of the frames that run now; `None` for those not recorded.
    open: Vec<Option<usize>>,
    /// What the latest frame was stopped by, where that says more than the EVM's word for it.
    pub(crate) halt: Option<Halt>,
}

impl Tracer {
    pub(crate) fn new(data_max: usize) -> Self {
        Self {
            data_max,
            ..Self::default()
        }
    }

    /// Bytes of its input that would be kept of a frame that starts now. With none, there is no need to copy it.
    pub(crate) fn room(&self) -> usize {
        if self.frames.len() >= FRAMES_MAX {
            return 0;
        }
        self.budget()
    }

    /// Bytes of data that may be kept of a recorded frame.
    fn budget(&self) -> usize {
        self.data_max.min(TRACE_DATA_MAX.saturating_sub(self.kept))
    }

    /// The first bytes of data, as many as there is room for.
    fn keep(&mut self, data: &Bytes) -> Bytes {
        let kept = clip(data, self.budget());
        self.kept += kept.len();
        kept
    }

    /// A frame starts. `input` is its calldata; the EVM may only have a range of shared memory for it.
    pub(crate) fn enter(&mut self, init: &FrameInput, input: Bytes) {
        let depth = self.open.len();
        if self.frames.len() >= FRAMES_MAX {
            return self.open.push(None);
        }
        let input = self.keep(&input);
        let Some(frame) = describe(init, input, depth) else {
            return self.open.push(None);
        };
        self.open.push(Some(self.frames.len()));
        self.frames.push(frame);
    }

    /// The running frame is one of WASM.
    pub(crate) fn stylus(&mut self, what: StylusFrame) {
        if let Some(frame) = self.current() {
            frame.kind = FrameKind::Stylus;
            frame.stylus = Some(what);
        }
    }

    /// The running frame ends.
    pub(crate) fn exit(&mut self, result: &FrameResult) {
        let halt = self.halt.take();
        let output = match self.open.last() {
            Some(Some(_)) => self.keep(&result.interpreter_result().output),
            _ => Bytes::new(),
        };
        if let Some(frame) = self.current() {
            let outcome = result.interpreter_result();
            frame.gas_used = outcome.gas.total_gas_spent();
            frame.output = output;
            frame.status = match outcome.result {
                ok if ok.is_ok() => FrameStatus::Success,
                revert if revert.is_revert() => FrameStatus::Revert,
                other => FrameStatus::Halt(halt.unwrap_or_else(|| name(other))),
            };
            if !outcome.result.is_ok_or_revert() {
                frame.gas_used = frame.gas_limit;
            }
            match result {
                FrameResult::Create(created) => frame.to = created.address.unwrap_or_default(),
                FrameResult::Call(call) if call.was_precompile_called => {
                    frame.kind = FrameKind::Precompile;
                }
                FrameResult::Call(_) => {}
            }
        }
        self.open.pop();
    }

    /// Ends the recording.
    pub(crate) fn finish(&mut self) -> Vec<Frame> {
        self.open.clear();
        std::mem::take(&mut self.frames)
    }

    fn current(&mut self) -> Option<&mut Frame> {
        let index = (*self.open.last()?)?;
        self.frames.get_mut(index)
    }
}

fn describe(init: &FrameInput, input: Bytes, depth: usize) -> Option<Frame> {
    let (call, from, to, value, gas_limit) = match init {
        FrameInput::Call(call) => (
            match call.scheme {
                CallScheme::Call => CallKind::Call,
                CallScheme::CallCode => CallKind::CallCode,
                CallScheme::DelegateCall => CallKind::DelegateCall,
                CallScheme::StaticCall => CallKind::StaticCall,
            },
            call.caller,
            call.bytecode_address,
            call.value.get(),
            call.gas_limit,
        ),
        FrameInput::Create(create) => (
            match create.scheme() {
                CreateScheme::Create2 { .. } => CallKind::Create2,
                _ => CallKind::Create,
            },
            create.caller(),
            Address::ZERO,
            create.value(),
            create.gas_limit(),
        ),
        FrameInput::Empty => return None,
    };
    Some(Frame {
        depth,
        kind: FrameKind::Evm,
        call,
        from,
        to,
        value,
        input,
        gas_limit,
        gas_used: 0,
        status: FrameStatus::Success,
        output: Bytes::new(),
        stylus: None,
    })
}

fn clip(bytes: &Bytes, max: usize) -> Bytes {
    match bytes.get(..max) {
        // A copy, so that a receipt does not keep the long original alive.
        Some(first) if first.len() < bytes.len() => Bytes::copy_from_slice(first),
        _ => bytes.clone(),
    }
}

/// Our word for the EVM's reason to stop.
pub(crate) fn name(result: InstructionResult) -> Halt {
    use InstructionResult as R;
    match result {
        R::OutOfGas
        | R::MemoryOOG
        | R::MemoryLimitOOG
        | R::PrecompileOOG
        | R::InvalidOperandOOG
        | R::ReentrancySentryOOG => Halt::OutOfGas,
        R::NotActivated => Halt::ProgramNotActivated,
        R::CreateContractSizeLimit | R::CreateContractStartingWithEF => Halt::InvalidCode,
        R::StateChangeDuringStaticCall | R::CallNotAllowedInsideStatic => Halt::StaticCall,
        R::OpcodeNotFound => Halt::Other("unknown opcode".into()),
        R::InvalidFEOpcode => Halt::Other(format!("opcode {:#x}", opcode::INVALID)),
        other => Halt::Other(format!("{other:?}")),
    }
}
