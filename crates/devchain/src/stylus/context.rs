//! The frame, the transaction and the block; calldata and results; memory.

use alloy_primitives::Bytes;
use stylus_rules::pricing;

use super::{
    accounts::overlap,
    vm::{Done, Escape, Vm},
};

pub(super) fn read_args(vm: &mut Vm<'_>, dest: u32) -> Done {
    let calldata = vm.host().frame.calldata.clone();
    vm.pay_write(calldata.len())?;
    vm.write(dest, &calldata)
}

pub(super) fn write_result(vm: &mut Vm<'_>, data: u32, len: u32) -> Done {
    vm.pay_read(len, 2)?;
    vm.host().output = vm.read(data, len)?;
    Ok(())
}

pub(super) fn exit_early(status: i32) -> Done {
    Err(Escape::Exit(status))
}

pub(super) fn read_return_data(vm: &mut Vm<'_>, dest: u32, offset: u32, size: u32) -> Done<u32> {
    let data: Bytes = vm.host().return_data.clone();
    let part = overlap(&data, offset, size);
    vm.pay_write(part.len())?;
    if !part.is_empty() {
        vm.write(dest, part)?;
    }
    Ok(part.len() as u32)
}

pub(super) fn return_data_size(vm: &mut Vm<'_>) -> Done<u32> {
    Ok(vm.host().return_data.len() as u32)
}

pub(super) fn block_basefee(vm: &mut Vm<'_>, dest: u32) -> Done {
    let fee = vm.core()?.scope().base_fee;
    let word = alloy_primitives::U256::from(fee);
    vm.write(dest, &word.to_be_bytes::<32>())
}

pub(super) fn block_coinbase(vm: &mut Vm<'_>, dest: u32) -> Done {
    let coinbase = vm.core()?.ctx().block.beneficiary;
    vm.write(dest, coinbase.as_slice())
}

pub(super) fn block_gas_limit(vm: &mut Vm<'_>) -> Done<u64> {
    Ok(vm.core()?.ctx().block.gas_limit)
}

pub(super) fn block_number(vm: &mut Vm<'_>) -> Done<u64> {
    Ok(vm.core()?.ctx().block.number.saturating_to())
}

pub(super) fn block_timestamp(vm: &mut Vm<'_>) -> Done<u64> {
    Ok(vm.core()?.ctx().block.timestamp.saturating_to())
}

pub(super) fn chain_id(vm: &mut Vm<'_>) -> Done<u64> {
    Ok(vm.core()?.ctx().cfg.chain_id)
}

pub(super) fn contract_address(vm: &mut Vm<'_>, dest: u32) -> Done {
    let address = vm.host().frame.inputs.target_address;
    vm.write(dest, address.as_slice())
}

pub(super) fn msg_reentrant(vm: &mut Vm<'_>) -> Done<u32> {
    let address = vm.host().frame.inputs.target_address;
    let open = &vm.core()?.scope().open_accounts;
    let frames = open.iter().filter(|open| **open == Some(address)).count();
    Ok(u32::from(frames > 1))
}

pub(super) fn msg_sender(vm: &mut Vm<'_>, dest: u32) -> Done {
    let sender = vm.host().frame.inputs.caller;
    vm.write(dest, sender.as_slice())
}

pub(super) fn msg_value(vm: &mut Vm<'_>, dest: u32) -> Done {
    let value = vm.host().frame.inputs.value.get();
    vm.write(dest, &value.to_be_bytes::<32>())
}

pub(super) fn tx_origin(vm: &mut Vm<'_>, dest: u32) -> Done {
    let origin = vm.core()?.ctx().tx.caller;
    vm.write(dest, origin.as_slice())
}

pub(super) fn pay_for_memory_grow(vm: &mut Vm<'_>, pages: u32) -> Done {
    // The node reads 16 bits of it.
    let pages = pages as u16;
    vm.pay_ink(pricing::grow_ink(pages))?;
    if pages == 0 {
        return Ok(());
    }
    let core = vm.core()?;
    let params = core.env.config.stylus;
    let counters = core.scope().pages;
    core.scope().pages = counters.opened(pages);
    vm.pay_gas(counters.cost(pages, &params))
}
