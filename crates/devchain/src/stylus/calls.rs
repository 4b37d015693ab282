//! Calls of other contracts, and creations.

use alloy_primitives::{Address, B256, Bytes, U256};
use revm::{
    bytecode::Bytecode,
    context::JournalTr,
    context_interface::CreateScheme,
    handler::FrameResult,
    interpreter::{
        CallInput, CallInputs, CallScheme, CallValue, CreateInputs, FrameInput, InstructionResult,
    },
};
use stylus_rules::pricing;

use super::{
    number,
    vm::{Done, Escape, Vm},
};
use crate::evm;

/// Gas of sending value along.
const VALUE_GAS: u64 = 9_000;
/// Gas of sending value to an account that does not exist.
const NEW_ACCOUNT_GAS: u64 = 25_000;
/// Gas the receiver of value gets for nothing; here, unlike in the EVM, the caller pays what is used of it.
const STIPEND: u64 = 2_300;
/// Gas of a creation.
const CREATE_GAS: u64 = 32_000;
/// Gas of hashing a word of init code.
const HASH_WORD_GAS: u64 = 6;

/// What a program sees of a call that failed.
const FAILED: u32 = 2;

/// The arguments of the three functions that call.
pub(super) struct Request {
    pub(super) address: u32,
    pub(super) data: u32,
    pub(super) len: u32,
    /// Where the value is; only for plain calls.
    pub(super) value: Option<u32>,
    pub(super) gas: u64,
    pub(super) ret_len: u32,
    pub(super) scheme: CallScheme,
}

/// How a call ended.
struct Reply {
    status: u32,
    gas: u64,
    data: Bytes,
}

pub(super) fn call(vm: &mut Vm<'_>, request: Request) -> Done<u32> {
    vm.pay_read(request.len, 2)?;
    let gas_left = vm.gas_left();
    let wanted = request.gas.min(gas_left);
    let address = vm.read_address(request.address)?;
    let input = vm.read(request.data, request.len)?;
    let value = match request.value {
        Some(ptr) => number(vm.read_word(ptr)?),
        None => U256::ZERO,
    };
    let reply = dispatch(
        vm,
        &request,
        address,
        input.into(),
        value,
        (gas_left, wanted),
    )?;
    vm.pay_gas(reply.gas)?;
    let len = reply.data.len() as u32;
    vm.host().return_data = reply.data;
    vm.write_u32(request.ret_len, len)?;
    Ok(reply.status)
}

fn dispatch(
    vm: &mut Vm<'_>,
    request: &Request,
    address: Address,
    input: Bytes,
    value: U256,
    (gas_left, wanted): (u64, u64),
) -> Done<Reply> {
    let failed = |gas| Reply {
        status: FAILED,
        gas,
        data: Bytes::new(),
    };
    if vm.host().frame.inputs.is_static && !value.is_zero() {
        return Ok(failed(0));
    }
    let base = base_gas(vm, address, value)?;
    let Some(rest) = gas_left.checked_sub(base) else {
        return Ok(failed(gas_left));
    };
    let stipend = if value.is_zero() { 0 } else { STIPEND };
    let gas = wanted.min(rest - rest.div_ceil(64)) + stipend;
    let inputs = inputs(vm, request.scheme, address, input, value, gas)?;
    let result = nested(vm, FrameInput::Call(Box::new(inputs)))?;
    let outcome = result.interpreter_result();
    vm.host().refund += refund(&result);
    let data = if outcome.result.is_ok_or_revert() {
        outcome.output.clone()
    } else {
        Bytes::new()
    };
    let status = if outcome.result.is_ok() { 0 } else { FAILED };
    let gas = base + gas.saturating_sub(gas_returned(&result));
    Ok(Reply { status, gas, data })
}

fn base_gas(vm: &mut Vm<'_>, address: Address, value: U256) -> Done<u64> {
    let account = vm.core()?.journal().load_account(address);
    let account = account.map_err(|never| match never {})?;
    let mut gas = if account.is_cold {
        pricing::COLD_ACCOUNT_GAS
    } else {
        pricing::WARM_GAS
    };
    if !value.is_zero() {
        gas += VALUE_GAS;
        if account.data.is_empty() {
            gas += NEW_ACCOUNT_GAS;
        }
    }
    Ok(gas)
}

fn inputs(
    vm: &mut Vm<'_>,
    scheme: CallScheme,
    address: Address,
    input: Bytes,
    value: U256,
    gas_limit: u64,
) -> Done<CallInputs> {
    let known_bytecode = code(vm, address)?;
    let parent = &vm.host().frame.inputs;
    let delegate = scheme == CallScheme::DelegateCall;
    let (target_address, caller, value) = if delegate {
        let value = CallValue::Apparent(parent.value.get());
        (parent.target_address, parent.caller, value)
    } else {
        (address, parent.target_address, CallValue::Transfer(value))
    };
    Ok(CallInputs {
        input: CallInput::Bytes(input),
        return_memory_offset: 0..0,
        gas_limit,
        reservoir: 0,
        bytecode_address: address,
        known_bytecode,
        target_address,
        caller,
        value,
        scheme,
        is_static: parent.is_static || scheme == CallScheme::StaticCall,
        charged_new_account_state_gas: false,
    })
}

/// The code that runs at an address, which may be another's (EIP-7702).
fn code(vm: &mut Vm<'_>, address: Address) -> Done<(B256, Bytecode)> {
    let mut address = address;
    for _ in 0..2 {
        let account = vm.core()?.journal().load_account_with_code(address);
        let info = &account.map_err(|never| match never {})?.data.info;
        let code = info.code.clone().unwrap_or_default();
        match code.eip7702_address() {
            Some(delegate) => address = delegate,
            None => return Ok((info.code_hash, code)),
        }
    }
    Ok(Default::default())
}

/// Runs a frame below this one.
fn nested(vm: &mut Vm<'_>, input: FrameInput) -> Done<FrameResult> {
    let depth = vm.host().frame.depth + 1;
    let core = vm.take_core()?;
    let (core, result) = evm::run_nested(core, input, depth);
    vm.host().core = Some(core);
    result.map_err(|error| Escape::Broken(error.to_string()))
}

fn gas_returned(result: &FrameResult) -> u64 {
    let outcome = result.interpreter_result();
    if outcome.result.is_ok_or_revert() {
        outcome.gas.remaining()
    } else {
        0
    }
}

fn refund(result: &FrameResult) -> i64 {
    let outcome = result.interpreter_result();
    if outcome.result.is_ok() {
        outcome.gas.refunded()
    } else {
        0
    }
}

/// The arguments of the two functions that create.
pub(super) struct Creation {
    pub(super) code: u32,
    pub(super) len: u32,
    pub(super) endowment: u32,
    /// Where the salt is; only for `create2`.
    pub(super) salt: Option<u32>,
    pub(super) out_address: u32,
    pub(super) revert_len: u32,
}

pub(super) fn create(vm: &mut Vm<'_>, request: Creation) -> Done {
    vm.pay_read(request.len, 2)?;
    let init_code: Bytes = vm.read(request.code, request.len)?.into();
    let endowment = number(vm.read_word(request.endowment)?);
    let (scheme, hashing) = match request.salt {
        None => (CreateScheme::Create, 0),
        Some(ptr) => {
            let salt = number(vm.read_word(ptr)?);
            let words = u64::from(request.len.div_ceil(32));
            (CreateScheme::Create2 { salt }, words * HASH_WORD_GAS)
        }
    };
    let gas_left = vm.gas_left();
    let Some(rest) = gas_left.checked_sub(CREATE_GAS + hashing) else {
        return Err(Escape::Failure);
    };
    if vm.host().frame.inputs.is_static {
        return Err(Escape::Failure);
    }
    let gas = rest - rest / 64;
    let creator = vm.host().frame.inputs.target_address;
    let inputs = CreateInputs::new(creator, scheme, endowment, init_code, gas, 0);
    let result = nested(vm, FrameInput::Create(Box::new(inputs)))?;
    let outcome = result.interpreter_result();
    vm.host().refund += refund(&result);
    let created = match &result {
        FrameResult::Create(created) if outcome.result.is_ok() => created.address,
        _ => None,
    };
    vm.host().return_data = if outcome.result == InstructionResult::Revert {
        outcome.output.clone()
    } else {
        Bytes::new()
    };
    vm.pay_gas(CREATE_GAS + hashing + gas.saturating_sub(gas_returned(&result)))?;
    let revert_len = vm.host().return_data.len() as u32;
    let address = created.unwrap_or_default();
    vm.write(request.out_address, address.as_slice())?;
    vm.write_u32(request.revert_len, revert_len)
}
