//! Every number a chain owner or an ArbOS version decides, in one place.
//!
//! [`Params`] holds what a chain can change at run time; the constants below it are built into the node. The
//! defaults are those of Nitro at ArbOS 51 with Stylus version 2.

/// Bytes in a WebAssembly page.
pub const PAGE_BYTES: u64 = 65_536;
/// Most linear memories a module may define.
pub const MAX_MEMORIES: usize = 1;
/// Most imports of a module (Nitro, ArbOS 32 and later).
pub const MAX_IMPORTS: usize = 513;
/// Most exports of a module.
pub const MAX_EXPORTS: usize = 1_024;
/// Most function bodies of a module; imports are not counted.
pub const MAX_FUNCTIONS: usize = 4_096;
/// Most globals of a module, before instrumentation adds its own.
pub const MAX_GLOBALS: usize = 32_768;
/// Most data segments of a module.
pub const MAX_DATA_SEGMENTS: usize = 128;
/// Most element segments of a module.
pub const MAX_ELEMENT_SEGMENTS: usize = 128;
/// Most bytes that all element segments together may take in the module's encoding, headers included.
pub const MAX_ELEMENT_BYTES: u64 = 4_096;
/// Most table entries, initial sizes of all tables together.
pub const MAX_TABLE_ENTRIES: u64 = 4_096;
/// Most declared locals of one function; parameters are not counted.
pub const MAX_LOCALS: u64 = 348;
/// Most opcodes of one function body after instrumentation.
pub const MAX_OPCODES: u64 = 65_536;
/// Longest export name and longest module name, in bytes.
pub const MAX_NAME_BYTES: usize = 512;
/// Largest stack frame of one function, in words.
pub const MAX_FRAME_WORDS: u64 = 10_240;
/// Highest operand stack of one function, in values.
pub const MAX_OPERANDS: u64 = 4_096;
/// Most pages a memory may start with, a bound of the compiler.
pub const MAX_INITIAL_PAGES: u64 = 128;
/// Words charged to the stack budget for every frame on top of its operands and locals.
pub const FRAME_OVERHEAD_WORDS: u64 = 4;
/// Operands that the meter needs on the stack where a basic block starts, so the least any frame is charged for.
pub const BLOCK_OPERANDS: u64 = 2;
/// Globals that Nitro's instrumentation adds and its prices count. (This crate's own instrumentation needs three;
/// the price does not depend on that.)
pub const INSTRUMENTATION_GLOBALS: u64 = 4;
/// Bytes of an address.
pub const ADDRESS_BYTES: usize = 20;

/// How the upfront fee for storing compiled programs moves with demand (Nitro's data pricer).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataPricer {
    /// Bytes of outstanding demand that one second works off.
    pub bytes_per_second: u32,
    /// Price of a byte without demand, in wei.
    pub min_price_wei: u32,
    /// Demand, in bytes, that multiplies the price by e.
    pub inertia: u32,
}

impl DataPricer {
    /// What chains start with.
    pub const INITIAL: Self = Self {
        bytes_per_second: 34_865,
        min_price_wei: 82_928_201,
        inertia: 21_360_419,
    };
}

impl Default for DataPricer {
    fn default() -> Self {
        Self::INITIAL
    }
}

/// The parameters of a chain. `Params::default()` is [`Params::arbos_51`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Params {
    /// Stylus version; a program of an older version must be activated again.
    pub version: u16,
    /// Ink per gas.
    pub ink_price: u32,
    /// Stack budget of a frame, in words. 262 144 at launch, 22 000 since ArbOS 50.
    pub max_stack_depth: u32,
    /// Pages a transaction may use for nothing.
    pub free_pages: u16,
    /// Gas per page beyond the free ones, before the exponential part.
    pub page_gas: u16,
    /// What ArbWasm reports as the ramp of the exponential part. Informative: the table in
    /// [`crate::pricing::memory`] is what is charged.
    pub page_ramp: u64,
    /// Most pages a program may start with. A chain counts the pages that the activating transaction has open already
    /// against this; whoever wants that lowers the limit by them.
    pub page_limit: u16,
    /// Fixed part of the uncached entry gas, in units of 128 gas.
    pub min_init_gas: u8,
    /// Fixed part of the entry gas that is always charged, in units of 32 gas.
    pub min_cached_init_gas: u8,
    /// Scale of the uncached entry gas, in units of 2 %.
    pub init_cost_scalar: u8,
    /// Scale of the cached entry gas, in units of 2 %.
    pub cached_cost_scalar: u8,
    /// Days after which an activation lapses.
    pub expiry_days: u16,
    /// Age in days from which an activation may be prolonged.
    pub keepalive_days: u16,
    /// Programs a block remembers.
    pub block_cache_size: u16,
    /// Whether the block's memory makes a second call in a block a cached one (ArbOS 60).
    pub block_cache_discount: bool,
    /// Most bytes of an uncompressed module.
    pub max_wasm_size: u32,
    /// Most bytes of contract code.
    pub max_code_size: u32,
    /// Gas an activation pays on top of the fixed part (ArbOS 60, 0 by default).
    pub activation_gas: u64,
    /// Most fragments of a program; 0 where the chain knows none (ArbOS 60 brought them).
    pub max_fragments: u8,
    /// Whether blocks and functions may have several results. Refused from ArbOS 60.
    pub multi_value: bool,
    /// The upfront fee's parameters.
    pub data_pricer: DataPricer,
}

impl Params {
    /// Nitro, ArbOS 51 ("Dia"), Stylus version 2.
    #[must_use]
    pub const fn arbos_51() -> Self {
        Self {
            version: 2,
            ink_price: 10_000,
            max_stack_depth: 22_000,
            free_pages: 2,
            page_gas: 1_000,
            page_ramp: 620_674_314,
            page_limit: 128,
            min_init_gas: 69,
            min_cached_init_gas: 11,
            init_cost_scalar: 50,
            cached_cost_scalar: 50,
            expiry_days: 365,
            keepalive_days: 31,
            block_cache_size: 32,
            block_cache_discount: false,
            max_wasm_size: 131_072,
            max_code_size: 24_576,
            activation_gas: 0,
            max_fragments: 0,
            multi_value: true,
            data_pricer: DataPricer::INITIAL,
        }
    }

    /// Nitro, ArbOS 60/61 ("Elara"): fragments, the block's program cache, no multi-value.
    #[must_use]
    pub const fn arbos_60() -> Self {
        Self {
            block_cache_discount: true,
            max_fragments: 2,
            multi_value: false,
            ..Self::arbos_51()
        }
    }

    /// Most frames the stack budget allows at once. An engine must allow two more (a helper of the instrumentation,
    /// a host function), so that the budget is what ends a recursion.
    #[must_use]
    pub const fn max_frames(&self) -> u32 {
        const LEAST_WORDS: u32 = 6; // BLOCK_OPERANDS + FRAME_OVERHEAD_WORDS
        self.max_stack_depth.div_ceil(LEAST_WORDS)
    }
}

impl Default for Params {
    fn default() -> Self {
        Self::arbos_51()
    }
}
