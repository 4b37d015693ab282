//! The price of entering a program, fixed by its measures at activation.

use crate::limits::Params;

/// Gas per unit of [`Params::min_init_gas`].
pub const MIN_INIT_GAS_UNITS: u64 = 128;
/// Gas per unit of [`Params::min_cached_init_gas`].
pub const MIN_CACHED_GAS_UNITS: u64 = 32;
/// Per cent per unit of the cost scalars.
pub const COST_SCALAR_PERCENT: u64 = 2;

/// What the price of a program depends on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measures {
    /// Bytes of the uncompressed module.
    pub wasm_len: u64,
    /// Function bodies; imports are not counted.
    pub functions: u64,
    /// Parameters and results of all bodies together.
    pub types: u64,
    /// Globals, those of Nitro's instrumentation included.
    pub globals: u64,
    /// Encoded bytes of data segments, headers included.
    pub data_bytes: u64,
    /// Encoded bytes of element segments, headers included.
    pub element_bytes: u64,
    /// Pages the memory starts with.
    pub footprint: u64,
    /// Opcodes of all bodies after instrumentation.
    pub opcodes: u64,
}

/// ⌊count × numerator / denominator⌋.
pub(super) fn term(count: u64, numerator: u64, denominator: u64) -> u64 {
    count
        .saturating_mul(numerator)
        .checked_div(denominator)
        .unwrap_or(0)
}

fn sum(terms: &[u64]) -> u64 {
    terms
        .iter()
        .fold(0, |total, &term| total.saturating_add(term))
}

impl Measures {
    /// Bytes of data and element segments.
    #[must_use]
    pub fn data_len(&self) -> u64 {
        self.data_bytes.saturating_add(self.element_bytes)
    }

    /// Gas of initialising a program that no cache holds, before the chain's scalar.
    #[must_use]
    pub fn init_cost(&self) -> u64 {
        sum(&[
            term(self.functions, 8_252, 1_000),
            term(self.types, 1_059, 1_000),
            term(self.wasm_len, 1_286, 10_000),
        ])
    }

    /// Gas of initialising a program that is cached, before the chain's scalar.
    #[must_use]
    pub fn cached_cost(&self) -> u64 {
        sum(&[
            term(self.functions, 13_420, 100_000),
            term(self.types, 89, 100_000),
            term(self.wasm_len, 122, 100_000),
            term(self.globals, 1_628, 1_000),
            term(self.data_len(), 75_244, 100_000),
            self.footprint.saturating_mul(5),
        ])
    }

    /// Estimate of the compiled program's size in bytes; the upfront fee is per such byte.
    #[must_use]
    pub fn asm_estimate(&self) -> u64 {
        sum(&[
            512_000,
            term(self.functions, 996_829, 1_000),
            term(self.types, 11_416, 1_000),
            term(self.wasm_len, 62_628, 10_000),
        ])
    }
}

fn scaled(cost: u16, scalar: u8) -> u64 {
    let percent = u64::from(scalar).saturating_mul(COST_SCALAR_PERCENT);
    u64::from(cost).saturating_mul(percent).div_ceil(100)
}

/// Gas charged on every entry.
#[must_use]
pub fn cached_gas(cached_cost: u16, params: &Params) -> u64 {
    let fixed = u64::from(params.min_cached_init_gas).saturating_mul(MIN_CACHED_GAS_UNITS);
    fixed.saturating_add(scaled(cached_cost, params.cached_cost_scalar))
}

/// Gas charged on top of [`cached_gas`] when no cache holds the program.
#[must_use]
pub fn init_gas(init_cost: u16, params: &Params) -> u64 {
    let fixed = u64::from(params.min_init_gas).saturating_mul(MIN_INIT_GAS_UNITS);
    fixed.saturating_add(scaled(init_cost, params.init_cost_scalar))
}

/// Gas of entering a program, without its memory ([`super::memory::Pages::cost`] of the footprint).
#[must_use]
pub fn entry_gas(init_cost: u16, cached_cost: u16, cached: bool, params: &Params) -> u64 {
    let always = cached_gas(cached_cost, params);
    if cached {
        always
    } else {
        always.saturating_add(init_gas(init_cost, params))
    }
}
