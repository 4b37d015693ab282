//! What a chain is created with.

use alloy_primitives::{Address, address};
use stylus_rules::Params;

use crate::limits::FRAME_DATA_MAX;

/// Where Nitro's sequencer says blocks come from.
pub const SEQUENCER: Address = address!("a4b000000000000000000073657175656e636572");

/// How a transaction pays for its publication on L1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum L1Fee {
    /// Not at all.
    #[default]
    Off,
    /// As on Arbitrum: 16 units for each byte of the brotli-compressed transaction, at this many wei a unit. Taken
    /// from the gas limit before anything runs.
    PerUnit(u128),
}

/// Which programs count as cached, that is, are entered for the smaller price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ProgramCache {
    /// Only those that were put into the cache, see [`crate::Chain::cache_program`].
    #[default]
    Uncached,
    /// Those, and those called earlier in the block (ArbOS 60). A block of this chain holds one transaction.
    Block,
    /// All programs.
    All,
}

/// Who may put programs into the cache.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum CacheManagers {
    /// Any account, which makes tests simple.
    #[default]
    Anyone,
    /// These accounts.
    Only(Vec<Address>),
}

/// The parameters of a chain.
#[derive(Clone, Debug)]
pub struct Config {
    /// Chain id.
    pub chain_id: u64,
    /// Time of the genesis block, in seconds since 1970.
    pub timestamp: u64,
    /// L1 block number at that time; it grows by one every twelve seconds.
    pub l1_block: u64,
    /// Price of gas in wei. All transactions pay exactly this.
    pub base_fee: u128,
    /// Lowest price of gas in wei, as `ArbGasInfo` reports it.
    pub min_base_fee: u128,
    /// The fee for publication on L1.
    pub l1_fee: L1Fee,
    /// Whether a transaction pays for itself, its calldata and its access list before anything runs. Without, gas is
    /// that of execution alone.
    pub intrinsic_gas: bool,
    /// Bytes of a frame's input, and of its output, that the call tree keeps.
    pub frame_data_max: usize,
    /// Which programs are entered for the cached price.
    pub program_cache: ProgramCache,
    /// Who may use `ArbWasmCache`.
    pub cache_managers: CacheManagers,
    /// The rules and prices of Stylus.
    pub stylus: Params,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            chain_id: 412_346,
            timestamp: 1_750_000_000,
            l1_block: 22_700_000,
            base_fee: 100_000_000,
            min_base_fee: 100_000_000,
            l1_fee: L1Fee::Off,
            intrinsic_gas: true,
            frame_data_max: FRAME_DATA_MAX,
            program_cache: ProgramCache::Uncached,
            cache_managers: CacheManagers::Anyone,
            stylus: Params::arbos_51(),
        }
    }
}
