//! Other accounts, and logs.

use alloy_primitives::{Address, B256, Bytes, Log, LogData};
use revm::{bytecode::Bytecode, context::JournalTr};
use stylus_rules::pricing;

use super::vm::{Done, Escape, Vm};

/// Bytes of code that one [`pricing::ACCOUNT_CODE_GAS`] is for.
const CODE_UNIT: u64 = 24_576;

/// Warms an account up; returns the gas of touching it.
fn touch(vm: &mut Vm<'_>, address: Address) -> Done<u64> {
    let account = vm.core()?.journal().load_account(address);
    let is_cold = account.map_err(|never| match never {})?.is_cold;
    Ok(if is_cold {
        pricing::COLD_ACCOUNT_GAS
    } else {
        pricing::WARM_GAS
    })
}

pub(super) fn balance(vm: &mut Vm<'_>, address: u32, dest: u32) -> Done {
    vm.require_gas(pricing::ACCOUNT_BALANCE_MIN_GAS)?;
    let address = vm.read_address(address)?;
    let gas = touch(vm, address)?;
    vm.pay_gas(gas)?;
    let account = vm.core()?.journal().load_account(address);
    let balance = account.map_err(|never| match never {})?.data.info.balance;
    vm.write(dest, &balance.to_be_bytes::<32>())
}

pub(super) fn codehash(vm: &mut Vm<'_>, address: u32, dest: u32) -> Done {
    let address = vm.read_address(address)?;
    let gas = touch(vm, address)?;
    vm.pay_gas(gas)?;
    let account = vm.core()?.journal().load_account(address);
    let account = account.map_err(|never| match never {})?.data;
    // As EXTCODEHASH: nothing for an account that does not exist.
    let hash = if account.is_empty() {
        B256::ZERO
    } else {
        account.info.code_hash
    };
    vm.write(dest, hash.as_slice())
}

/// Fetches an account's code and pays for it, unless it is the one fetched last.
fn fetch(vm: &mut Vm<'_>, address: Address) -> Done<Bytes> {
    if let Some((last, code)) = &vm.host().last_code
        && *last == address
        && !code.is_empty()
    {
        return Ok(code.clone());
    }
    let units = u64::from(vm.host().max_code_size) / CODE_UNIT;
    let gas = touch(vm, address)? + units * pricing::ACCOUNT_CODE_GAS;
    vm.pay_gas(gas)?;
    let account = vm.core()?.journal().load_account_with_code(address);
    let code = account
        .map_err(|never| match never {})?
        .data
        .info
        .code
        .as_ref();
    let code = code.map(Bytecode::original_bytes).unwrap_or_default();
    vm.host().last_code = Some((address, code.clone()));
    Ok(code)
}

pub(super) fn code(vm: &mut Vm<'_>, address: u32, offset: u32, size: u32, dest: u32) -> Done<u32> {
    let address = vm.read_address(address)?;
    let code = fetch(vm, address)?;
    // The whole code is paid for, however little is asked for.
    vm.pay_write(code.len())?;
    let part = overlap(&code, offset, size);
    vm.write(dest, part)?;
    Ok(part.len() as u32)
}

pub(super) fn code_size(vm: &mut Vm<'_>, address: u32) -> Done<u32> {
    let address = vm.read_address(address)?;
    Ok(fetch(vm, address)?.len() as u32)
}

/// The part of `data` in `offset..offset + size`.
pub(super) fn overlap(data: &[u8], offset: u32, size: u32) -> &[u8] {
    let start = (offset as usize).min(data.len());
    let end = start.saturating_add(size as usize).min(data.len());
    &data[start..end]
}

pub(super) fn log(vm: &mut Vm<'_>, data: u32, len: u32, topics: u32) -> Done {
    let gas = pricing::log_gas(topics, len).ok_or(Escape::Failure)?;
    vm.pay_read(len, 1)?;
    vm.pay_gas(gas)?;
    let bytes = vm.read(data, len)?;
    if vm.host().frame.inputs.is_static {
        return Err(Escape::Failure);
    }
    let (head, payload) = bytes.split_at(topics as usize * B256::len_bytes());
    let topics = head.chunks_exact(B256::len_bytes());
    let topics = topics.map(B256::from_slice).collect();
    let address = vm.host().frame.inputs.target_address;
    let data = LogData::new_unchecked(topics, Bytes::copy_from_slice(payload));
    vm.core()?.journal().log(Log { address, data });
    Ok(())
}
