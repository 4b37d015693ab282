//! What frames see beside the journal: the chain's settings, and what belongs to one transaction.

use std::sync::Mutex;

use alloy_primitives::{Address, B256, Bytes, U256};
use revm::{
    handler::FrameResult,
    interpreter::{CallScheme, FrameInput},
};

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
    /// The acting accounts of the open frames; `None` where one acts for its caller.
    pub(crate) open_accounts: Vec<Option<Address>>,
    /// Programs entered in this block, the latest last.
    pub(crate) recent: Vec<B256>,
    /// The call tree.
    pub(crate) tracer: Tracer,
}

impl TxScope {
    /// A frame starts.
    pub(crate) fn enter(&mut self, init: &FrameInput, input: Bytes) {
        let acting = match init {
            FrameInput::Call(call) => match call.scheme {
                CallScheme::Call | CallScheme::StaticCall => Some(call.target_address),
                CallScheme::CallCode | CallScheme::DelegateCall => None,
            },
            // Its address is not known yet, and nothing can call it before it has code.
            FrameInput::Create(_) | FrameInput::Empty => None,
        };
        self.open_accounts.push(acting);
        self.tracer.enter(init, input);
    }

    /// The running frame ends.
    pub(crate) fn exit(&mut self, result: &FrameResult) {
        self.open_accounts.pop();
        self.tracer.exit(result);
    }
}
