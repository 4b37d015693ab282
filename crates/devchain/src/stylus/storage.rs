//! Storage: the frame's cache, and transient storage.

use std::collections::BTreeMap;

use alloy_primitives::B256;
use revm::context::JournalTr;
use stylus_rules::pricing::{self, STORAGE_MISS_GAS, TRANSIENT_GAS};

use super::{
    number,
    vm::{Done, Escape, Vm},
};

/// Gas of reading a slot for the first time in a transaction (EIP-2929).
const COLD_SLOAD_GAS: u64 = 2_100;

/// A slot in the cache.
#[derive(Clone, Copy, Debug)]
struct Word {
    value: B256,
    /// What the state holds, as far as this frame knows.
    known: Option<B256>,
}

impl Word {
    fn is_dirty(&self) -> bool {
        self.known != Some(self.value)
    }
}

/// The cache of a frame. Nothing flushes it but the program, and no call invalidates it.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    // Ordered, so that a run that stops half-way is the same every time.
    words: BTreeMap<B256, Word>,
    reads: u64,
    writes: u64,
}

pub(super) fn load(vm: &mut Vm<'_>, key: u32, dest: u32) -> Done {
    vm.require_gas(pricing::STORAGE_LOAD_MIN_GAS)?;
    let key = vm.read_word(key)?;
    let cache = &mut vm.host().cache;
    cache.reads += 1;
    let mut gas = pricing::storage_read_gas(cache.reads);
    let value = match cache.words.get(&key) {
        Some(word) => word.value,
        None => {
            let account = vm.host().frame.inputs.target_address;
            let slot = number(key);
            let loaded = vm.core()?.journal().sload(account, slot);
            let loaded = loaded.map_err(|never| match never {})?;
            let access = if loaded.is_cold {
                COLD_SLOAD_GAS
            } else {
                pricing::WARM_GAS
            };
            gas += access + STORAGE_MISS_GAS;
            let value = B256::from(loaded.data);
            let known = Some(value);
            vm.host().cache.words.insert(key, Word { value, known });
            value
        }
    };
    vm.pay_gas(gas)?;
    vm.write(dest, value.as_slice())
}

pub(super) fn cache(vm: &mut Vm<'_>, key: u32, value: u32) -> Done {
    vm.require_gas(pricing::STORAGE_CACHE_MIN_GAS)?;
    let key = vm.read_word(key)?;
    let value = vm.read_word(value)?;
    let cache = &mut vm.host().cache;
    cache.writes += 1;
    let gas = pricing::storage_write_gas(cache.writes);
    let unknown = Word { value, known: None };
    cache.words.entry(key).or_insert(unknown).value = value;
    vm.pay_gas(gas)
}

pub(super) fn flush(vm: &mut Vm<'_>, clear: u32) -> Done {
    vm.require_gas(pricing::STORAGE_FLUSH_MIN_GAS)?;
    let cache = &mut vm.host().cache;
    let mut dirty = Vec::new();
    for (key, word) in cache.words.iter_mut().filter(|(_, word)| word.is_dirty()) {
        dirty.push((*key, word.value));
        word.known = Some(word.value);
    }
    if clear != 0 {
        cache.words.clear();
    }
    if dirty.is_empty() {
        return Ok(());
    }
    if vm.host().frame.inputs.is_static {
        return Err(Escape::Failure);
    }
    let gas_left = vm.gas_left();
    let mut gas = 0_u64;
    for (key, value) in dirty {
        gas = gas.saturating_add(store(vm, key, value)?);
        if gas > gas_left {
            return vm.out_of_ink();
        }
    }
    vm.pay_gas(gas)
}

/// Writes a slot and returns the gas, which is that of `SSTORE`.
fn store(vm: &mut Vm<'_>, key: B256, value: B256) -> Done<u64> {
    let account = vm.host().frame.inputs.target_address;
    let core = vm.core()?;
    let stored = core.journal().sstore(account, number(key), number(value));
    let stored = stored.map_err(|never| match never {})?;
    let prices = &core.ctx().cfg.gas_params;
    let dynamic = prices.sstore_dynamic_gas(true, &stored.data, stored.is_cold);
    let gas = prices.sstore_static_gas() + dynamic;
    let refund = prices.sstore_refund(true, &stored.data);
    vm.host().refund += refund;
    Ok(gas)
}

pub(super) fn transient_load(vm: &mut Vm<'_>, key: u32, dest: u32) -> Done {
    vm.pay_gas(TRANSIENT_GAS)?;
    let key = vm.read_word(key)?;
    let account = vm.host().frame.inputs.target_address;
    let value = vm.core()?.journal().tload(account, number(key));
    vm.write(dest, &value.to_be_bytes::<32>())
}

pub(super) fn transient_store(vm: &mut Vm<'_>, key: u32, value: u32) -> Done {
    vm.pay_gas(TRANSIENT_GAS)?;
    let key = vm.read_word(key)?;
    let value = vm.read_word(value)?;
    if vm.host().frame.inputs.is_static {
        return Err(Escape::Failure);
    }
    let account = vm.host().frame.inputs.target_address;
    vm.core()?
        .journal()
        .tstore(account, number(key), number(value));
    Ok(())
}
