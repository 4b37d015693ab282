//! The price of activating a program: gas for the work, and an upfront fee in wei for keeping its compiled form.

use super::entry::{Measures, term};
use crate::limits::{DataPricer, Params};

/// Gas every activation pays.
pub const FIXED_GAS: u64 = 1_659_168;
/// Gas per microsecond of estimated work.
pub const GAS_PER_MICROSECOND: u64 = 28;
/// Terms of the series that approximates the exponential.
pub const EXP_DEGREE: u64 = 12;
/// Basis points in one.
const ONE_BIPS: u64 = 10_000;

/// Gas of activating a program: the part that its own measures decide. The node's bookkeeping (reads and writes of
/// ArbOS state, the fee's transfer, the event) comes on top.
#[must_use]
pub fn activation_gas(program: &Measures, params: &Params) -> u64 {
    let microseconds = [
        term(program.wasm_len, 31_733, 100_000),
        term(program.functions, 17_263, 100_000),
        term(program.data_bytes, 17_376, 100_000),
        term(program.element_bytes, 17_376, 100_000),
        program.footprint.saturating_mul(2_217),
        term(program.opcodes, 535, 1_000),
    ]
    .iter()
    .fold(0_u64, |total, &part| total.saturating_add(part));
    params
        .activation_gas
        .saturating_add(FIXED_GAS)
        .saturating_add(microseconds.saturating_mul(GAS_PER_MICROSECOND))
}

/// Gas of fetching one fragment of `code_len` bytes at activation: the account's access and its words.
#[must_use]
pub fn fragment_gas(code_len: u64, cold: bool) -> u64 {
    let access = if cold {
        super::COLD_ACCOUNT_GAS
    } else {
        super::WARM_GAS
    };
    code_len
        .div_ceil(32)
        .saturating_mul(3)
        .saturating_add(access)
}

/// The upfront fee of one activation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataFee {
    /// Wei to pay. An excess goes back to the caller.
    pub wei: u128,
    /// The demand to store, in bytes, together with the time of this activation.
    pub demand: u64,
}

impl DataPricer {
    /// The fee for `asm_estimate` bytes, `elapsed` seconds after `demand` was stored. The new bytes raise the price
    /// that they themselves pay.
    #[must_use]
    pub fn fee(&self, demand: u64, elapsed: u64, asm_estimate: u64) -> DataFee {
        let worked_off = elapsed.saturating_mul(u64::from(self.bytes_per_second));
        let demand = demand
            .saturating_sub(worked_off)
            .saturating_add(asm_estimate);
        let exponent = term(demand, ONE_BIPS, u64::from(self.inertia));
        let multiplier = u128::from(exp_bips(exponent));
        let per_byte = u128::from(self.min_price_wei)
            .saturating_mul(multiplier)
            .checked_div(u128::from(ONE_BIPS))
            .unwrap_or(0);
        DataFee {
            wei: per_byte.saturating_mul(u128::from(asm_estimate)),
            demand,
        }
    }
}

/// e^x in basis points for x in basis points: the power series up to [`EXP_DEGREE`], innermost term first, each
/// division rounded down.
#[must_use]
pub fn exp_bips(x: u64) -> u64 {
    (1..=EXP_DEGREE).rev().fold(ONE_BIPS, |inner, degree| {
        // The innermost step is x / degree: `inner` is 1 there, and multiplying first loses nothing.
        let divisor = degree.saturating_mul(ONE_BIPS);
        term(inner, x, divisor).saturating_add(ONE_BIPS)
    })
}
