//! What frames see beside the journal: the chain's settings, and what belongs to one transaction.

use std::{collections::HashMap, sync::Mutex};

use alloy_primitives::{Address, B256, U256};

use stylus_rules::pricing::memory::Pages;

use crate::{config::Config, evm::trace::Tracer, stylus::module::Modules};

/// Settings and caches, shared by all transactions of a chain.
#[derive(Debug)]
pub(crate) struct Env {
    pub(crate) config: Config,
    pub(crate) modules: Mutex<Modules>,
}

/// What lives as long as a transaction.
#[derive(Debug, Default)]
pub(crate) struct TxScope {
    /// Number of the L2 block.
    pub(crate) block_number: u64,
    /// Wei paid for publication on L1.
    pub(crate) l1_fee: U256,
    /// Price of gas in wei, also where a call pays none.
    pub(crate) base_fee: u128,
    /// WASM memory.
    pub(crate) pages: Pages,
    /// Open WASM frames by acting account, delegate calls not counted.
    pub(crate) open_programs: HashMap<Address, u32>,
    /// Programs entered in this block, the latest last.
    pub(crate) recent: Vec<B256>,
    /// The call tree.
    pub(crate) tracer: Tracer,
}
