//! The EVM, with the frames of WASM programs taken over.
//!
//! [`Machine`] is revm's mainnet EVM in a box. It can be moved as a whole into the store of a WASM instance, so that a
//! host function owns it while it runs and gives it back when it returns; a call from WASM into another contract is
//! plain recursion on the same journal. That is why one checkpoint reverts WASM and EVM writes alike.

pub(crate) mod trace;

use std::sync::Arc;

use alloy_primitives::Bytes;
use revm::{
    Context, Journal, MainBuilder,
    context::{BlockEnv, CfgEnv, Evm, FrameStack, JournalTr, TxEnv, result::EVMError},
    context_interface::{Cfg, context::ContextError},
    handler::{
        EthFrame, EvmTr, FrameInitOrResult, FrameResult, FrameTr, Handler, ItemOrResult,
        evm::{ContextDbError, FrameInitResult},
        instructions::EthInstructions,
        validation,
    },
    interpreter::{
        FrameInput, InitialAndFloorGas, InstructionResult, InterpreterAction,
        interpreter::EthInterpreter, interpreter_action::FrameInit,
    },
    primitives::hardfork::SpecId,
};

use stylus_rules::Params;

use crate::{
    arbos::precompiles::ArbPrecompiles,
    env::{Env, TxScope},
    state::State,
    stylus,
};

pub(crate) type Ctx = Context<BlockEnv, TxEnv, CfgEnv, State, Journal<State>, TxScope>;
type EthFrameStack = FrameStack<EthFrame<EthInterpreter>>;
type Inner =
    Evm<Ctx, (), EthInstructions<EthInterpreter, Ctx>, ArbPrecompiles, EthFrame<EthInterpreter>>;
pub(crate) type MachineError = EVMError<std::convert::Infallible>;

/// The hard fork whose EVM ArbOS 51 runs.
pub(crate) const SPEC: SpecId = SpecId::OSAKA;

pub(crate) struct Core {
    pub(crate) evm: Inner,
    pub(crate) env: Arc<Env>,
    /// Frame stacks of ended nested calls, for reuse.
    spare_stacks: Vec<EthFrameStack>,
}

/// The EVM, or nothing while a WASM instance has it.
pub(crate) struct Machine {
    core: Option<Box<Core>>,
}

impl Machine {
    pub(crate) fn new(ctx: Ctx, env: Arc<Env>) -> Self {
        let evm = ctx
            .build_mainnet()
            .with_precompiles(ArbPrecompiles::new(SPEC, Arc::clone(&env)));
        Self::from_core(Box::new(Core {
            evm,
            env,
            spare_stacks: Vec::new(),
        }))
    }

    pub(crate) fn from_core(core: Box<Core>) -> Self {
        Self { core: Some(core) }
    }

    /// Takes the EVM out, to lend it to a WASM instance. It must be put back with [`Machine::put_back`].
    pub(crate) fn take(&mut self) -> Box<Core> {
        self.core.take().expect(LENT)
    }

    pub(crate) fn put_back(&mut self, core: Box<Core>) {
        self.core = Some(core);
    }

    pub(crate) fn core(&mut self) -> &mut Core {
        self.core.as_mut().expect(LENT)
    }
}

/// The invariant that [`Machine::take`] and [`Machine::put_back`] come in pairs around a WASM instance.
const LENT: &str = "nothing uses the EVM while it is lent";

impl Core {
    pub(crate) fn ctx(&mut self) -> &mut Ctx {
        &mut self.evm.ctx
    }

    pub(crate) fn journal(&mut self) -> &mut Journal<State> {
        &mut self.evm.ctx.journaled_state
    }

    pub(crate) fn scope(&mut self) -> &mut TxScope {
        &mut self.evm.ctx.chain
    }
}

/// Runs a frame below the WASM frame on top of the stack, and everything it calls.
pub(crate) fn run_nested(
    mut core: Box<Core>,
    input: FrameInput,
    depth: usize,
) -> (Box<Core>, Result<FrameResult, MachineError>) {
    let memory = core
        .evm
        .frame_stack
        .get()
        .interpreter
        .memory
        .new_child_context();
    let fresh = core.spare_stacks.pop().unwrap_or_default();
    let outer = std::mem::replace(&mut core.evm.frame_stack, fresh);
    let mut machine = Machine::from_core(core);
    let init = FrameInit {
        depth,
        memory,
        frame_input: input,
    };
    let result = ArbHandler.run_exec_loop(&mut machine, init);
    let mut core = machine.take();
    let mut used = std::mem::replace(&mut core.evm.frame_stack, outer);
    used.clear();
    core.spare_stacks.push(used);
    core.evm
        .frame_stack
        .get()
        .interpreter
        .memory
        .free_child_context();
    (core, result)
}

/// The flow of a transaction: revm's own, plus the fee for L1.
pub(crate) struct ArbHandler;

impl Handler for ArbHandler {
    type Evm = Machine;
    type Error = MachineError;
    type HaltReason = revm::context::result::HaltReason;

    fn validate_initial_tx_gas(
        &self,
        evm: &mut Machine,
    ) -> Result<InitialAndFloorGas, MachineError> {
        if !evm.core().env.config.intrinsic_gas {
            return Ok(InitialAndFloorGas::default());
        }
        let ctx = evm.ctx();
        Ok(validation::validate_initial_tx_gas_with_gas_params(
            &ctx.tx,
            ctx.cfg.spec,
            ctx.cfg.gas_params(),
            ctx.cfg.is_eip7623_disabled(),
            false,
            ctx.cfg.tx_gas_limit_cap(),
            None,
        )?)
    }

    fn validate_against_state_and_deduct_caller(
        &self,
        evm: &mut Machine,
        _: &mut InitialAndFloorGas,
    ) -> Result<(), MachineError> {
        let ctx = evm.ctx();
        revm::handler::pre_execution::validate_against_state_and_deduct_caller::<_, MachineError>(
            ctx,
        )?;
        let fee = ctx.chain.l1_fee;
        if !fee.is_zero() {
            let sender = ctx.tx.caller;
            let account = ctx.journaled_state.load_account(sender)?;
            let left = account.data.info.balance.saturating_sub(fee);
            // Before the first checkpoint, so no revert brings it back.
            if let Some(account) = ctx.journaled_state.inner.state.get_mut(&sender) {
                account.info.balance = left;
            }
        }
        Ok(())
    }
}

impl EvmTr for Machine {
    type Context = Ctx;
    type Instructions = EthInstructions<EthInterpreter, Ctx>;
    type Precompiles = ArbPrecompiles;
    type Frame = EthFrame<EthInterpreter>;

    fn all(&self) -> (&Ctx, &Self::Instructions, &ArbPrecompiles, &EthFrameStack) {
        self.core.as_ref().expect(LENT).evm.all()
    }

    fn all_mut(
        &mut self,
    ) -> (
        &mut Ctx,
        &mut Self::Instructions,
        &mut ArbPrecompiles,
        &mut EthFrameStack,
    ) {
        self.core().evm.all_mut()
    }

    fn frame_init(
        &mut self,
        init: <Self::Frame as FrameTr>::FrameInit,
    ) -> Result<FrameInitResult<'_, Self::Frame>, ContextDbError<Ctx>> {
        let evm = &mut self.core().evm;
        let input = match &init.frame_input {
            _ if evm.ctx.chain.tracer.room() == 0 => Bytes::new(),
            FrameInput::Call(call) => call.input.bytes(&evm.ctx),
            FrameInput::Create(create) => create.init_code().clone(),
            FrameInput::Empty => Bytes::new(),
        };
        evm.ctx.chain.enter(&init.frame_input, input);
        let ended = match evm.frame_init(init)? {
            ItemOrResult::Item(_) => None,
            ItemOrResult::Result(result) => Some(result),
        };
        Ok(match ended {
            None => ItemOrResult::Item(evm.frame_stack.get()),
            Some(result) => {
                evm.ctx.chain.exit(&result);
                ItemOrResult::Result(result)
            }
        })
    }

    fn frame_run(&mut self) -> Result<FrameInitOrResult<Self::Frame>, ContextDbError<Ctx>> {
        let core = self.core();
        let params = core.env.config.stylus;
        let is_program = match &core.evm.frame_stack.get().input {
            FrameInput::Call(call) => {
                stylus::is_program(call.known_bytecode.1.original_byte_slice(), &params)
            }
            _ => false,
        };
        let action = if is_program {
            stylus::run(self)?
        } else {
            let evm = &mut self.core().evm;
            let frame = evm.frame_stack.get();
            let mut action = frame.interpreter.run_plain(
                evm.instruction.instruction_table(),
                evm.instruction.gas_table(),
                &mut evm.ctx,
            );
            reject_reserved_code(frame, &mut action, &params);
            action
        };
        let evm = &mut self.core().evm;
        let frame = evm.frame_stack.get();
        let next = frame.process_next_action::<_, ContextError<_>>(&mut evm.ctx, action)?;
        if let ItemOrResult::Result(result) = &next {
            frame.set_finished(true);
            evm.ctx.chain.exit(result);
        }
        Ok(next)
    }

    fn frame_return_result(
        &mut self,
        result: FrameResult,
    ) -> Result<Option<FrameResult>, ContextDbError<Ctx>> {
        self.core().evm.frame_return_result(result)
    }
}

/// EIP-3541, except for Stylus programs.
fn reject_reserved_code(
    frame: &EthFrame<EthInterpreter>,
    action: &mut InterpreterAction,
    params: &Params,
) {
    let InterpreterAction::Return(result) = action else {
        return;
    };
    let code = &result.output;
    let creates = frame.data.is_create() && result.result.is_ok();
    if creates && code.first() == Some(&0xEF) && !stylus::may_be_deployed(code, params) {
        result.result = InstructionResult::CreateContractStartingWithEF;
    }
}
