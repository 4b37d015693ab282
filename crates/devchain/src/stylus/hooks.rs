//! The host functions a program can import: the table that binds names to what they do.

use alloy_primitives::{Address, Bytes};
use revm::interpreter::CallScheme;
use stylus_rules::{
    Params,
    hooks::{MODULE, find},
};
use wasmi::{Caller, Engine, Linker};

use super::{
    Frame, accounts,
    calls::{self, Creation, Request},
    context, math, storage,
    vm::{Meter, Vm},
};
use crate::evm::Core;

/// What belongs to a running instance.
pub(crate) struct Host {
    /// The EVM, unless it is lent to a frame below.
    pub(crate) core: Option<Box<Core>>,
    pub(crate) frame: Frame,
    pub(crate) meter: Option<Meter>,
    pub(crate) ink_price: u32,
    pub(crate) max_code_size: u32,
    pub(crate) cache: storage::Cache,
    /// What the frame returns.
    pub(crate) output: Vec<u8>,
    /// What the last call or creation returned.
    pub(crate) return_data: Bytes,
    /// The code fetched last.
    pub(crate) last_code: Option<(Address, Bytes)>,
    /// Gas to be refunded if the frame succeeds.
    pub(crate) refund: i64,
    pub(crate) hostio_count: u64,
}

impl Host {
    pub(crate) fn new(core: Box<Core>, frame: Frame, params: &Params) -> Self {
        Self {
            core: Some(core),
            frame,
            meter: None,
            ink_price: params.ink_price,
            max_code_size: params.max_code_size,
            cache: storage::Cache::default(),
            output: Vec::new(),
            return_data: Bytes::new(),
            last_code: None,
            refund: 0,
            hostio_count: 0,
        }
    }
}

/// Binds host functions: each pays its base price, then does its work.
macro_rules! bind {
    ($linker:ident; $( $name:ident ( $($arg:ident : $ty:ty),* ) $(-> $ret:ty)? = |$vm:ident| $body:expr; )*) => {$(
        let base = find(stringify!($name)).map_or(0, |hook| hook.base_ink);
        let bound = $linker.func_wrap(
            MODULE,
            stringify!($name),
            move |caller: Caller<'_, Host> $(, $arg: $ty)*| -> Result<bind!(@ret $($ret)?), wasmi::Error> {
                let $vm = &mut Vm::enter(caller, base)?;
                Ok($body?)
            },
        );
        debug_assert!(bound.is_ok(), "the names differ");
    )*};
    (@ret) => { () };
    (@ret $ret:ty) => { $ret };
}

/// A linker that knows all host functions.
pub(crate) fn linker(engine: &Engine) -> Linker<Host> {
    let mut linker = Linker::new(engine);
    bind_context(&mut linker);
    bind_state(&mut linker);
    bind_calls(&mut linker);
    bind_math(&mut linker);
    linker
}

fn bind_context(linker: &mut Linker<Host>) {
    bind! { linker;
        read_args(dest: u32) = |vm| context::read_args(vm, dest);
        write_result(data: u32, len: u32) = |vm| context::write_result(vm, data, len);
        exit_early(status: i32) = |_vm| context::exit_early(status);
        block_basefee(dest: u32) = |vm| context::block_basefee(vm, dest);
        block_coinbase(dest: u32) = |vm| context::block_coinbase(vm, dest);
        block_gas_limit() -> u64 = |vm| context::block_gas_limit(vm);
        block_number() -> u64 = |vm| context::block_number(vm);
        block_timestamp() -> u64 = |vm| context::block_timestamp(vm);
        chainid() -> u64 = |vm| context::chain_id(vm);
        contract_address(dest: u32) = |vm| context::contract_address(vm, dest);
        evm_gas_left() -> u64 = |vm| Ok::<_, wasmi::Error>(vm.gas_left());
        evm_ink_left() -> u64 = |vm| Ok::<_, wasmi::Error>(vm.ink_left());
        msg_reentrant() -> u32 = |vm| context::msg_reentrant(vm);
        msg_sender(dest: u32) = |vm| context::msg_sender(vm, dest);
        msg_value(dest: u32) = |vm| context::msg_value(vm, dest);
        tx_gas_price(dest: u32) = |vm| context::block_basefee(vm, dest);
        tx_ink_price() -> u32 = |vm| Ok::<_, wasmi::Error>(vm.host().ink_price);
        tx_origin(dest: u32) = |vm| context::tx_origin(vm, dest);
        pay_for_memory_grow(pages: u32) = |vm| context::pay_for_memory_grow(vm, pages);
    }
}

fn bind_state(linker: &mut Linker<Host>) {
    bind! { linker;
        storage_load_bytes32(key: u32, dest: u32) = |vm| storage::load(vm, key, dest);
        storage_cache_bytes32(key: u32, value: u32) = |vm| storage::cache(vm, key, value);
        storage_flush_cache(clear: u32) = |vm| storage::flush(vm, clear);
        transient_load_bytes32(key: u32, dest: u32) = |vm| storage::transient_load(vm, key, dest);
        transient_store_bytes32(key: u32, value: u32) = |vm| storage::transient_store(vm, key, value);
        account_balance(address: u32, dest: u32) = |vm| accounts::balance(vm, address, dest);
        account_code(address: u32, offset: u32, size: u32, dest: u32) -> u32 =
            |vm| accounts::code(vm, address, offset, size, dest);
        account_code_size(address: u32) -> u32 = |vm| accounts::code_size(vm, address);
        account_codehash(address: u32, dest: u32) = |vm| accounts::codehash(vm, address, dest);
        emit_log(data: u32, len: u32, topics: u32) = |vm| accounts::log(vm, data, len, topics);
    }
}

fn bind_calls(linker: &mut Linker<Host>) {
    bind! { linker;
        call_contract(address: u32, data: u32, len: u32, value: u32, gas: u64, ret_len: u32) -> u32 =
            |vm| {
                let (value, scheme) = (Some(value), CallScheme::Call);
                calls::call(vm, Request { address, data, len, value, gas, ret_len, scheme })
            };
        delegate_call_contract(address: u32, data: u32, len: u32, gas: u64, ret_len: u32) -> u32 =
            |vm| {
                let (value, scheme) = (None, CallScheme::DelegateCall);
                calls::call(vm, Request { address, data, len, value, gas, ret_len, scheme })
            };
        static_call_contract(address: u32, data: u32, len: u32, gas: u64, ret_len: u32) -> u32 =
            |vm| {
                let (value, scheme) = (None, CallScheme::StaticCall);
                calls::call(vm, Request { address, data, len, value, gas, ret_len, scheme })
            };
        create1(code: u32, len: u32, endowment: u32, out_address: u32, revert_len: u32) =
            |vm| {
                let salt = None;
                calls::create(vm, Creation { code, len, endowment, salt, out_address, revert_len })
            };
        create2(code: u32, len: u32, endowment: u32, salt: u32, out_address: u32, revert_len: u32) =
            |vm| {
                let salt = Some(salt);
                calls::create(vm, Creation { code, len, endowment, salt, out_address, revert_len })
            };
        read_return_data(dest: u32, offset: u32, size: u32) -> u32 =
            |vm| context::read_return_data(vm, dest, offset, size);
        return_data_size() -> u32 = |vm| context::return_data_size(vm);
    }
}

fn bind_math(linker: &mut Linker<Host>) {
    bind! { linker;
        math_div(value: u32, divisor: u32) = |vm| math::div(vm, value, divisor);
        math_mod(value: u32, modulus: u32) = |vm| math::rem(vm, value, modulus);
        math_pow(value: u32, exponent: u32) = |vm| math::pow(vm, value, exponent);
        math_add_mod(value: u32, addend: u32, modulus: u32) = |vm| math::add_mod(vm, value, addend, modulus);
        math_mul_mod(value: u32, factor: u32, modulus: u32) = |vm| math::mul_mod(vm, value, factor, modulus);
        native_keccak256(data: u32, len: u32, dest: u32) = |vm| math::keccak(vm, data, len, dest);
    }
}
