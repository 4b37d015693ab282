//! The host functions of `vm_hooks`: names, types, base prices.
//!
//! The order within a call is: base ink, then what depends on lengths and exponents, then gas, then the effect. On top
//! of the base come, in ink of [`crate::pricing`]:
//!
//! | function | on top |
//! | --- | --- |
//! | `read_args` | `write_ink` of the calldata |
//! | `write_result`, calls and creations | twice `read_ink` of the data |
//! | `read_return_data` | `write_ink` of the bytes copied |
//! | `emit_log` | `read_ink` of the data, and `log_gas` |
//! | `account_code` | `write_ink` of the whole code |
//! | `math_pow` | `pow_ink` of the exponent |
//! | `native_keccak256` | `keccak_ink` of the length, which is all |
//! | `pay_for_memory_grow` | `grow_ink` of the pages, and their gas |

use crate::pricing::{EVM_API_INK, HOSTIO_INK, PTR_INK};

/// The only module a program may import from.
pub const MODULE: &str = "vm_hooks";

/// The host function that pays for memory growth.
pub const PAY_FOR_MEMORY_GROW: &str = "pay_for_memory_grow";

/// An integer type of a host function's signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Int {
    /// 32 bits.
    I32,
    /// 64 bits.
    I64,
}

/// One host function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hook {
    /// Name in the import section.
    pub name: &'static str,
    /// Parameter types.
    pub params: &'static [Int],
    /// Result types.
    pub results: &'static [Int],
    /// Ink paid before anything else happens. What depends on lengths, exponents or state comes on top.
    pub base_ink: u64,
}

use Int::{I32, I64};

const fn hook(
    name: &'static str,
    params: &'static [Int],
    results: &'static [Int],
    base_ink: u64,
) -> Hook {
    Hook {
        name,
        params,
        results,
        base_ink,
    }
}

/// A host function without an EVM API call, with `pointers` charged pointers.
const fn plain(pointers: u64) -> u64 {
    #[expect(clippy::arithmetic_side_effects, reason = "evaluated at compile time")]
    {
        HOSTIO_INK + PTR_INK * pointers
    }
}

/// A host function that calls the EVM API, with `pointers` charged pointers.
const fn api(pointers: u64) -> u64 {
    #[expect(clippy::arithmetic_side_effects, reason = "evaluated at compile time")]
    {
        plain(pointers) + EVM_API_INK
    }
}

/// All host functions, sorted by name.
pub const HOOKS: [Hook; 42] = [
    hook("account_balance", &[I32, I32], &[], api(2)),
    hook("account_code", &[I32, I32, I32, I32], &[I32], api(0)),
    hook("account_code_size", &[I32], &[I32], api(0)),
    hook("account_codehash", &[I32, I32], &[], api(2)),
    hook("block_basefee", &[I32], &[], plain(1)),
    hook("block_coinbase", &[I32], &[], plain(1)),
    hook("block_gas_limit", &[], &[I64], plain(0)),
    hook("block_number", &[], &[I64], plain(0)),
    hook("block_timestamp", &[], &[I64], plain(0)),
    hook(
        "call_contract",
        &[I32, I32, I32, I32, I64, I32],
        &[I32],
        api(3),
    ),
    hook("chainid", &[], &[I64], plain(0)),
    hook("contract_address", &[I32], &[], plain(1)),
    hook("create1", &[I32, I32, I32, I32, I32], &[], api(3)),
    hook("create2", &[I32, I32, I32, I32, I32, I32], &[], api(4)),
    hook(
        "delegate_call_contract",
        &[I32, I32, I32, I64, I32],
        &[I32],
        api(3),
    ),
    hook("emit_log", &[I32, I32, I32], &[], api(0)),
    hook("evm_gas_left", &[], &[I64], plain(0)),
    hook("evm_ink_left", &[], &[I64], plain(0)),
    hook("exit_early", &[I32], &[], 0),
    hook("math_add_mod", &[I32, I32, I32], &[], 49_560),
    hook("math_div", &[I32, I32], &[], 43_520),
    hook("math_mod", &[I32, I32], &[], 43_520),
    hook("math_mul_mod", &[I32, I32, I32], &[], 52_660),
    hook("math_pow", &[I32, I32], &[], 23_520),
    hook("msg_reentrant", &[], &[I32], plain(0)),
    hook("msg_sender", &[I32], &[], plain(1)),
    hook("msg_value", &[I32], &[], plain(1)),
    // Priced as a whole by the length, see `pricing::keccak_ink`.
    hook("native_keccak256", &[I32, I32, I32], &[], 0),
    // The base price only falls due for a growth by nothing, see `pricing::grow_ink`.
    hook(PAY_FOR_MEMORY_GROW, &[I32], &[], 0),
    hook("read_args", &[I32], &[], plain(0)),
    hook("read_return_data", &[I32, I32, I32], &[I32], api(0)),
    hook("return_data_size", &[], &[I32], plain(0)),
    hook(
        "static_call_contract",
        &[I32, I32, I32, I64, I32],
        &[I32],
        api(3),
    ),
    hook("storage_cache_bytes32", &[I32, I32], &[], plain(2)),
    hook("storage_flush_cache", &[I32], &[], api(0)),
    hook("storage_load_bytes32", &[I32, I32], &[], plain(2)),
    hook("transient_load_bytes32", &[I32, I32], &[], api(2)),
    hook("transient_store_bytes32", &[I32, I32], &[], api(2)),
    hook("tx_gas_price", &[I32], &[], plain(1)),
    hook("tx_ink_price", &[], &[I32], plain(0)),
    hook("tx_origin", &[I32], &[], plain(1)),
    hook("write_result", &[I32, I32], &[], plain(0)),
];

/// The host function of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Hook> {
    let index = HOOKS.binary_search_by(|hook| hook.name.cmp(name)).ok()?;
    HOOKS.get(index)
}
