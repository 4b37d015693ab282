//! Hands calls to the precompiles, those of Ethereum and those of ArbOS.

use std::sync::Arc;

use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::{SolCall, SolValue};
use revm::{
    handler::{EthPrecompiles, PrecompileProvider},
    interpreter::{CallInputs, Gas, InstructionResult, InterpreterResult},
    primitives::{AddressSet, hardfork::SpecId},
};

use super::{
    ARB_GAS_INFO, ARB_OWNER_PUBLIC, ARB_SYS, ARB_WASM, ARB_WASM_CACHE,
    abi::{ArbOwnerPublic, ArbSys},
    arb_wasm, gas_info,
};
use crate::{env::Env, evm::Ctx, receipt::Halt};

/// Gas of opening the state of ArbOS, and of reading a word of it.
pub(super) const STATE_READ_GAS: u64 = 800;
/// Gas of writing a word other than zero to the state of ArbOS.
pub(super) const STATE_WRITE_GAS: u64 = 20_000;
/// Gas per word of arguments and of results.
const WORD_GAS: u64 = 3;

#[derive(Clone, Debug)]
pub(crate) struct ArbPrecompiles {
    ethereum: EthPrecompiles,
    warm: AddressSet,
    env: Arc<Env>,
}

impl ArbPrecompiles {
    pub(crate) fn new(spec: SpecId, env: Arc<Env>) -> Self {
        let ethereum = EthPrecompiles::new(spec);
        let mut warm = ethereum.warm_addresses().clone();
        warm.extend(super::addresses());
        Self {
            ethereum,
            warm,
            env,
        }
    }
}

impl PrecompileProvider<Ctx> for ArbPrecompiles {
    type Output = InterpreterResult;

    fn set_spec(&mut self, spec: SpecId) -> bool {
        <EthPrecompiles as PrecompileProvider<Ctx>>::set_spec(&mut self.ethereum, spec)
    }

    fn run(
        &mut self,
        ctx: &mut Ctx,
        inputs: &CallInputs,
    ) -> Result<Option<InterpreterResult>, String> {
        if super::is_precompile(&inputs.bytecode_address) {
            return Ok(Some(run(ctx, &self.env, inputs)));
        }
        self.ethereum.run(ctx, inputs)
    }

    fn warm_addresses(&self) -> &AddressSet {
        &self.warm
    }
}

/// A call of a precompile of ArbOS.
pub(super) struct Call<'a> {
    pub(super) ctx: &'a mut Ctx,
    pub(super) env: &'a Env,
    pub(super) caller: Address,
    pub(super) value: U256,
    /// Calldata without the selector.
    pub(super) args: Bytes,
    pub(super) selector: [u8; 4],
    gas: Gas,
    /// Called statically.
    read_only: bool,
    /// Called as itself, not through a delegate call.
    direct: bool,
}

/// Why such a call fails.
pub(super) enum Fault {
    /// With an error of its interface.
    Revert(Vec<u8>),
    /// Not permitted, or malformed: reverts and takes all gas.
    Burn,
    OutOfGas,
    /// Not on this chain.
    Unknown,
}

pub(super) type Answer = Result<Vec<u8>, Fault>;

impl Call<'_> {
    pub(super) fn burn(&mut self, gas: u64) -> Result<(), Fault> {
        if self.gas.remaining() < gas || !self.gas.record_regular_cost(gas) {
            return Err(Fault::OutOfGas);
        }
        Ok(())
    }

    /// The arguments of a method that reads.
    pub(super) fn view<C: SolCall>(&mut self) -> Result<C, Fault> {
        if !self.value.is_zero() || !self.direct {
            return Err(Fault::Burn);
        }
        self.decode()
    }

    /// The arguments of a method that writes.
    pub(super) fn write<C: SolCall>(&mut self, payable: bool) -> Result<C, Fault> {
        if self.read_only || !self.direct || !(payable || self.value.is_zero()) {
            return Err(Fault::Burn);
        }
        self.decode()
    }

    fn decode<C: SolCall>(&mut self) -> Result<C, Fault> {
        self.burn(words(self.args.len()) * WORD_GAS)?;
        self.burn(STATE_READ_GAS)?;
        C::abi_decode_raw(&self.args).map_err(|_| Fault::Burn)
    }

    pub(super) fn now(&self) -> u64 {
        self.ctx.block.timestamp.saturating_to()
    }
}

fn words(bytes: usize) -> u64 {
    bytes.div_ceil(32) as u64
}

fn run(ctx: &mut Ctx, env: &Env, inputs: &CallInputs) -> InterpreterResult {
    let input = inputs.input.bytes(ctx);
    let address = inputs.bytecode_address;
    let mut call = Call {
        ctx,
        env,
        caller: inputs.caller,
        value: inputs.value.get(),
        args: input.slice(input.len().min(4)..),
        selector: input.first_chunk().copied().unwrap_or_default(),
        gas: Gas::new(inputs.gas_limit),
        read_only: inputs.is_static,
        direct: inputs.target_address == address,
    };
    let answer = dispatch(&mut call, address).and_then(|output| {
        call.burn(words(output.len()) * WORD_GAS)?;
        Ok(output)
    });
    let mut gas = call.gas;
    let (result, output) = match answer {
        Ok(output) => (InstructionResult::Return, output),
        Err(Fault::Revert(error)) => (InstructionResult::Revert, error),
        Err(Fault::Burn) => (InstructionResult::Revert, Vec::new()),
        Err(Fault::OutOfGas) => (InstructionResult::PrecompileOOG, Vec::new()),
        Err(Fault::Unknown) => {
            let selector = call.selector;
            call.ctx.chain.tracer.halt = Some(Halt::UnknownPrecompile { address, selector });
            (InstructionResult::PrecompileError, Vec::new())
        }
    };
    let keeps_gas = result.is_ok() || !output.is_empty();
    if !keeps_gas {
        gas.spend_all();
    }
    InterpreterResult::new(result, output.into(), gas)
}

fn dispatch(call: &mut Call<'_>, address: Address) -> Answer {
    match address {
        ARB_SYS => arb_sys(call),
        ARB_OWNER_PUBLIC => arb_owner_public(call),
        ARB_GAS_INFO => gas_info::run(call),
        ARB_WASM => arb_wasm::run(call),
        ARB_WASM_CACHE => arb_wasm::run_cache(call),
        _ => Err(Fault::Unknown),
    }
}

fn arb_sys(call: &mut Call<'_>) -> Answer {
    match call.selector {
        ArbSys::arbBlockNumberCall::SELECTOR => {
            call.view::<ArbSys::arbBlockNumberCall>()?;
            Ok(U256::from(call.ctx.chain.block_number).abi_encode())
        }
        _ => Err(Fault::Unknown),
    }
}

fn arb_owner_public(call: &mut Call<'_>) -> Answer {
    match call.selector {
        ArbOwnerPublic::getMaxStylusContractFragmentsCall::SELECTOR => {
            call.view::<ArbOwnerPublic::getMaxStylusContractFragmentsCall>()?;
            match call.env.config.stylus.max_fragments {
                // The method is as new as fragments are.
                0 => Err(Fault::Burn),
                max => Ok(U256::from(max).abi_encode()),
            }
        }
        _ => Err(Fault::Unknown),
    }
}
