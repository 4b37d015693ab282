//! What host functions have in common: paying, and reaching the guest's memory.

use std::fmt;

use alloy_primitives::{Address, B256};
use stylus_rules::pricing;
use wasmi::{AsContext, AsContextMut, Caller, Global, Memory, Val, errors::HostError};

use super::hooks::Host;
use crate::evm::Core;

/// Why a program is left from within a host function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Escape {
    /// It wants to end with this status.
    Exit(i32),
    /// It cannot pay.
    OutOfInk,
    /// It broke a rule; it reverts without data.
    Failure,
    /// This crate is at fault.
    Broken(String),
}

impl fmt::Display for Escape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl HostError for Escape {}

impl From<Escape> for wasmi::Error {
    fn from(escape: Escape) -> Self {
        Self::host(escape)
    }
}

/// An instance's memory and its meter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Meter {
    pub(crate) memory: Memory,
    pub(crate) left: Global,
    pub(crate) status: Global,
}

impl Meter {
    pub(crate) fn ink(&self, ctx: impl AsContext) -> u64 {
        match self.left.get(ctx) {
            Val::I64(ink) => ink.cast_unsigned(),
            _ => 0,
        }
    }

    pub(crate) fn set_ink(&self, ctx: impl AsContextMut, ink: u64) -> Result<(), Escape> {
        let set = self.left.set(ctx, Val::I64(ink.cast_signed()));
        set.map_err(|error| Escape::Broken(error.to_string()))
    }

    /// Whether the program's own metering found no ink left.
    pub(crate) fn is_exhausted(&self, ctx: impl AsContext) -> bool {
        !matches!(self.status.get(ctx), Val::I32(0))
    }
}

/// A running host function.
pub(crate) struct Vm<'a> {
    caller: Caller<'a, Host>,
    meter: Meter,
}

pub(crate) type Done<T = ()> = Result<T, Escape>;

impl<'a> Vm<'a> {
    /// Enters a host function and pays its base price.
    pub(crate) fn enter(mut caller: Caller<'a, Host>, base_ink: u64) -> Done<Self> {
        let host = caller.data_mut();
        host.hostio_count += 1;
        let meter = host.meter.ok_or(Escape::Failure)?;
        let mut vm = Self { caller, meter };
        vm.pay_ink(base_ink)?;
        Ok(vm)
    }

    pub(crate) fn host(&mut self) -> &mut Host {
        self.caller.data_mut()
    }

    pub(crate) fn core(&mut self) -> Done<&mut Core> {
        self.host().core.as_deref_mut().ok_or_else(lent)
    }

    /// Takes the EVM out of the store; whoever does must put it back.
    pub(crate) fn take_core(&mut self) -> Done<Box<Core>> {
        self.host().core.take().ok_or_else(lent)
    }

    pub(crate) fn ink_left(&self) -> u64 {
        self.meter.ink(&self.caller)
    }

    pub(crate) fn gas_left(&self) -> u64 {
        pricing::ink_to_gas(self.ink_left(), self.caller.data().ink_price)
    }

    pub(crate) fn pay_ink(&mut self, ink: u64) -> Done {
        let left = self.ink_left().checked_sub(ink);
        self.meter.set_ink(&mut self.caller, left.unwrap_or(0))?;
        match left {
            Some(_) => Ok(()),
            None => Err(Escape::OutOfInk),
        }
    }

    pub(crate) fn pay_gas(&mut self, gas: u64) -> Done {
        self.pay_ink(pricing::gas_to_ink(gas, self.caller.data().ink_price))
    }

    /// Makes sure that this much gas is left, without taking it.
    pub(crate) fn require_gas(&mut self, gas: u64) -> Done {
        let ink = pricing::gas_to_ink(gas, self.caller.data().ink_price);
        if self.ink_left() < ink {
            return self.out_of_ink();
        }
        Ok(())
    }

    pub(crate) fn out_of_ink<T>(&mut self) -> Done<T> {
        self.meter.set_ink(&mut self.caller, 0)?;
        Err(Escape::OutOfInk)
    }

    /// Pays for the host reading guest memory, `times` times.
    pub(crate) fn pay_read(&mut self, bytes: u32, times: u32) -> Done {
        (0..times).try_for_each(|_| self.pay_ink(pricing::read_ink(u64::from(bytes))))
    }

    /// Pays for the host writing guest memory.
    pub(crate) fn pay_write(&mut self, bytes: usize) -> Done {
        self.pay_ink(pricing::write_ink(bytes as u64))
    }

    fn memory(&self) -> &[u8] {
        self.meter.memory.data(&self.caller)
    }

    pub(crate) fn read(&self, ptr: u32, len: u32) -> Done<Vec<u8>> {
        self.slice(ptr, len as usize).map(<[u8]>::to_vec)
    }

    fn slice(&self, ptr: u32, len: usize) -> Done<&[u8]> {
        let start = ptr as usize;
        let end = start.checked_add(len).ok_or(Escape::Failure)?;
        self.memory().get(start..end).ok_or(Escape::Failure)
    }

    pub(crate) fn hash_of(&self, ptr: u32, len: u32) -> Done<B256> {
        self.slice(ptr, len as usize)
            .map(alloy_primitives::keccak256)
    }

    pub(crate) fn read_word(&self, ptr: u32) -> Done<B256> {
        self.slice(ptr, B256::len_bytes()).map(B256::from_slice)
    }

    pub(crate) fn read_address(&self, ptr: u32) -> Done<Address> {
        self.slice(ptr, Address::len_bytes())
            .map(Address::from_slice)
    }

    pub(crate) fn write(&mut self, ptr: u32, bytes: &[u8]) -> Done {
        let start = ptr as usize;
        let end = start.checked_add(bytes.len()).ok_or(Escape::Failure)?;
        let memory = self.meter.memory.data_mut(&mut self.caller);
        memory
            .get_mut(start..end)
            .ok_or(Escape::Failure)?
            .copy_from_slice(bytes);
        Ok(())
    }

    pub(crate) fn write_u32(&mut self, ptr: u32, value: u32) -> Done {
        self.write(ptr, &value.to_le_bytes())
    }
}

fn lent() -> Escape {
    Escape::Broken("the EVM is lent to another frame".into())
}
