//! Prices: ink of host functions, gas of memory, entry and activation, the upfront fee.
//!
//! Ink is the fine unit of the Stylus meter, gas the EVM's: 1 gas = [`Params::ink_price`](crate::Params::ink_price) ink. Figures are those of
//! Nitro, ArbOS 51, Stylus version 2. All functions are total: what cannot be afforded saturates at `u64::MAX`.

pub mod activation;
pub mod entry;
pub mod memory;

/// Ink of entering any host function.
pub const HOSTIO_INK: u64 = 8_400;
/// Ink per pointer argument of a host function.
pub const PTR_INK: u64 = 5_040;
/// Ink of a call into the EVM API.
pub const EVM_API_INK: u64 = 59_673;

/// Gas that must be left after the base ink of `storage_load_bytes32`, even if the slot is cached.
pub const STORAGE_LOAD_MIN_GAS: u64 = 2_115;
/// Gas that must be left after the base ink of `storage_cache_bytes32`.
pub const STORAGE_CACHE_MIN_GAS: u64 = 2_310;
/// Gas that must be left after the base ink of `storage_flush_cache`.
pub const STORAGE_FLUSH_MIN_GAS: u64 = 2_300;
/// Gas that must be left after the base ink of `account_balance`.
pub const ACCOUNT_BALANCE_MIN_GAS: u64 = 2_600;
/// Gas on top of the EVM's for a storage read that misses the cache: [`EVM_API_INK`] in gas.
pub const STORAGE_MISS_GAS: u64 = 5;
/// Gas of a transient load or store.
pub const TRANSIENT_GAS: u64 = 100;
/// Gas of `account_code` and `account_code_size` per 24 576 bytes of the chain's code size limit, on top of the
/// access.
pub const ACCOUNT_CODE_GAS: u64 = 700;
/// Most topics of a log.
pub const MAX_TOPICS: u32 = 4;
/// Gas of an access to a warm account or slot (EIP-2929).
pub const WARM_GAS: u64 = 100;
/// Gas of an access to a cold account (EIP-2929).
pub const COLD_ACCOUNT_GAS: u64 = 2_600;

/// Ink of the host reading `bytes` bytes of guest memory.
#[must_use]
pub const fn read_ink(bytes: u64) -> u64 {
    bytes
        .saturating_sub(32)
        .saturating_mul(55)
        .saturating_add(16_381)
}

/// Ink of the host writing `bytes` bytes to guest memory.
#[must_use]
pub const fn write_ink(bytes: u64) -> u64 {
    bytes
        .saturating_sub(32)
        .saturating_mul(30)
        .saturating_add(5_040)
}

/// Ink of `math_pow` on top of its base, for a big-endian exponent.
#[must_use]
pub fn pow_ink(exponent: &[u8; 32]) -> u64 {
    let significant = exponent.iter().skip_while(|&&byte| byte == 0).count() as u64;
    significant
        .saturating_add(1)
        .saturating_mul(17_500)
        .saturating_add(3_000)
}

/// Ink of `native_keccak256` over `bytes` bytes, in all.
#[must_use]
pub const fn keccak_ink(bytes: u64) -> u64 {
    bytes
        .div_ceil(32)
        .saturating_sub(2)
        .saturating_mul(21_000)
        .saturating_add(121_800)
}

/// Ink of `pay_for_memory_grow`; its gas is [`memory::Pages::cost`].
#[must_use]
pub const fn grow_ink(pages: u16) -> u64 {
    if pages == 0 { HOSTIO_INK } else { 0 }
}

/// Gas of the `nth` storage read of a frame (from 1) on top of what the slot costs.
#[must_use]
pub const fn storage_read_gas(nth: u64) -> u64 {
    match nth {
        0..=32 => 0,
        33..=128 => 2,
        _ => 10,
    }
}

/// Gas of the `nth` write to a frame's storage cache (from 1).
#[must_use]
pub const fn storage_write_gas(nth: u64) -> u64 {
    match nth {
        0..=8 => 0,
        9..=64 => 7,
        _ => 10,
    }
}

/// Gas of a log. `len` is the whole buffer: topics of 32 bytes each, then the payload. `None` if there are more than
/// four topics or the buffer does not hold them, in which case the program fails.
#[must_use]
pub fn log_gas(topics: u32, len: u32) -> Option<u64> {
    if topics > MAX_TOPICS {
        return None;
    }
    let payload = u64::from(len).checked_sub(u64::from(topics).saturating_mul(32))?;
    let base = u64::from(topics).saturating_add(1).saturating_mul(375);
    Some(payload.saturating_mul(8).saturating_add(base))
}

/// Least gas a frame is charged in all, if it returns `bytes` bytes: what the EVM would have charged for the memory
/// that holds them.
#[must_use]
pub const fn return_data_gas(bytes: u64) -> u64 {
    let words = bytes.div_ceil(32);
    // A shift for the division: `/` is not a const operation the lints accept, and 512 = 2^9.
    words
        .saturating_mul(3)
        .saturating_add(words.saturating_mul(words) >> 9)
}

/// Ink for `gas`.
#[must_use]
pub fn gas_to_ink(gas: u64, ink_price: u32) -> u64 {
    gas.saturating_mul(u64::from(ink_price))
}

/// Whole gas in `ink`; nothing for a price of 0.
#[must_use]
pub fn ink_to_gas(ink: u64, ink_price: u32) -> u64 {
    ink.checked_div(u64::from(ink_price)).unwrap_or(0)
}

/// L1 data units of a transaction: 16 for each byte of its signed encoding after fast compression. The sender pays
/// units × the chain's estimate of the L1 price per unit.
///
/// # Errors
///
/// When the encoder fails, which only a lack of memory can cause.
pub fn l1_units(signed_tx: &[u8]) -> Result<u64, crate::CodeError> {
    let compressed = crate::code::brotli_compress(signed_tx, 1)?;
    Ok((compressed.len() as u64).saturating_mul(16))
}
