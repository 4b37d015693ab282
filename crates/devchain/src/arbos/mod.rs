//! ArbOS, as far as contracts see it: its precompiles and what they store.

pub(crate) mod abi;
mod arb_wasm;
mod gas_info;
pub(crate) mod precompiles;
pub(crate) mod programs;

use alloy_primitives::{Address, Bytes, address};

use crate::state::State;

/// `ArbSys`.
pub(crate) const ARB_SYS: Address = address!("0000000000000000000000000000000000000064");
/// `ArbOwnerPublic`.
pub(crate) const ARB_OWNER_PUBLIC: Address = address!("000000000000000000000000000000000000006b");
/// `ArbGasInfo`.
pub(crate) const ARB_GAS_INFO: Address = address!("000000000000000000000000000000000000006c");
/// `ArbWasm`.
pub(crate) const ARB_WASM: Address = address!("0000000000000000000000000000000000000071");
/// `ArbWasmCache`.
pub(crate) const ARB_WASM_CACHE: Address = address!("0000000000000000000000000000000000000072");

/// Where data fees go; on a real chain the owner sets it.
pub(crate) const NETWORK_FEES: Address = address!("a4b05fffffffffffffffffffffffffffffffffff");

/// All addresses that belong to precompiles of ArbOS, whether this chain has them or not.
pub(crate) fn addresses() -> impl Iterator<Item = Address> {
    (0x64..=0x73).map(Address::with_last_byte)
}

pub(crate) fn is_precompile(address: &Address) -> bool {
    let (last, rest) = (address[19], &address[..19]);
    rest.iter().all(|&byte| byte == 0) && (0x64..=0x73).contains(&last)
}

/// Puts ArbOS into an empty state: precompiles have code so that they look like contracts.
pub(crate) fn genesis(state: &mut State) {
    for address in addresses() {
        state.set_code(address, Bytes::from_static(&[0xFE]));
    }
}
