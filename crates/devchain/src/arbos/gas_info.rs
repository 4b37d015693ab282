//! `ArbGasInfo`.

use alloy_primitives::U256;
use alloy_sol_types::{SolCall, SolValue};

use super::{
    abi::ArbGasInfo as Abi,
    precompiles::{Answer, Call, Fault, STATE_READ_GAS},
};
use crate::{config::L1Fee, limits::TX_GAS_MAX};

/// L1 units per byte that does not compress.
const UNITS_PER_BYTE: u64 = 16;
/// Bytes of the transaction whose price is reported.
const TX_BYTES: u64 = 140;
/// Gas of storing a word.
const STORAGE_GAS: u64 = 20_000;

pub(super) fn run(call: &mut Call<'_>) -> Answer {
    let wei = match call.selector {
        Abi::getMinimumGasPriceCall::SELECTOR => {
            call.view::<Abi::getMinimumGasPriceCall>()?;
            U256::from(call.env.config.min_base_fee)
        }
        Abi::getL1BaseFeeEstimateCall::SELECTOR => {
            call.view::<Abi::getL1BaseFeeEstimateCall>()?;
            l1_price(call)
        }
        Abi::getCurrentTxL1GasFeesCall::SELECTOR => {
            call.view::<Abi::getCurrentTxL1GasFeesCall>()?;
            call.ctx.chain.l1_fee
        }
        Abi::getMaxTxGasLimitCall::SELECTOR => {
            call.view::<Abi::getMaxTxGasLimitCall>()?;
            U256::from(TX_GAS_MAX)
        }
        Abi::getPricesInWeiCall::SELECTOR => return prices_in_wei(call),
        _ => return Err(Fault::Unknown),
    };
    call.burn(STATE_READ_GAS)?;
    Ok(wei.abi_encode())
}

fn l1_price(call: &Call<'_>) -> U256 {
    match call.env.config.l1_fee {
        L1Fee::Off => U256::ZERO,
        L1Fee::PerUnit(wei) => U256::from(wei),
    }
}

fn prices_in_wei(call: &mut Call<'_>) -> Answer {
    call.view::<Abi::getPricesInWeiCall>()?;
    call.burn(2 * STATE_READ_GAS)?;
    let total = U256::from(call.ctx.chain.base_fee);
    let base = total.min(U256::from(call.env.config.min_base_fee));
    let per_byte = l1_price(call).saturating_mul(U256::from(UNITS_PER_BYTE));
    let prices = (
        per_byte.saturating_mul(U256::from(TX_BYTES)),
        per_byte,
        total.saturating_mul(U256::from(STORAGE_GAS)),
        base,
        total.saturating_sub(base),
        total,
    );
    Ok(prices.abi_encode())
}
