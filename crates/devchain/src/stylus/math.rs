//! Arithmetic on 256-bit numbers in guest memory, and hashing.

use alloy_primitives::U256;
use stylus_rules::pricing;

use super::{
    number,
    vm::{Done, Vm},
};

fn read(vm: &Vm<'_>, ptr: u32) -> Done<U256> {
    vm.read_word(ptr).map(number)
}

fn write(vm: &mut Vm<'_>, ptr: u32, value: U256) -> Done {
    vm.write(ptr, &value.to_be_bytes::<32>())
}

pub(super) fn div(vm: &mut Vm<'_>, value: u32, divisor: u32) -> Done {
    let (a, b) = (read(vm, value)?, read(vm, divisor)?);
    write(vm, value, a.checked_div(b).unwrap_or_default())
}

pub(super) fn rem(vm: &mut Vm<'_>, value: u32, modulus: u32) -> Done {
    let (a, m) = (read(vm, value)?, read(vm, modulus)?);
    write(vm, value, a.checked_rem(m).unwrap_or_default())
}

pub(super) fn pow(vm: &mut Vm<'_>, value: u32, exponent: u32) -> Done {
    let base = read(vm, value)?;
    let exponent = vm.read_word(exponent)?;
    vm.pay_ink(pricing::pow_ink(&exponent.0))?;
    write(vm, value, base.wrapping_pow(number(exponent)))
}

pub(super) fn add_mod(vm: &mut Vm<'_>, value: u32, addend: u32, modulus: u32) -> Done {
    let (a, b, m) = (read(vm, value)?, read(vm, addend)?, read(vm, modulus)?);
    write(vm, value, a.add_mod(b, m))
}

pub(super) fn mul_mod(vm: &mut Vm<'_>, value: u32, factor: u32, modulus: u32) -> Done {
    let (a, b, m) = (read(vm, value)?, read(vm, factor)?, read(vm, modulus)?);
    write(vm, value, a.mul_mod(b, m))
}

pub(super) fn keccak(vm: &mut Vm<'_>, data: u32, len: u32, dest: u32) -> Done {
    vm.pay_ink(pricing::keccak_ink(u64::from(len)))?;
    let hash = vm.hash_of(data, len)?;
    vm.write(dest, hash.as_slice())
}
