//! The node: a chain with blocks, a clock, and what clients ask it to remember.

mod clock;
mod history;
mod pool;
mod signed;

use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
};

use alloy_primitives::{Address, B256, U256};
use devchain::{Chain, Status, TxError, limits::BLOCK_GAS_LIMIT};

pub use clock::{Clock, TIME_MAX};
pub use history::{Block, History, Mined, bloom};
pub use pool::{Full, Pool, WAITING_MAX, WAITING_OF_ONE_MAX};
pub use signed::{SignedTx, Unreadable};

use crate::{
    genesis::{self, GenesisError},
    options::NodeOptions,
    rpc::{self, RpcError, filters::Filters, params::BlockId},
};

/// Most bytes of a transaction as it is sent, as in geth.
const TX_BYTES_MAX: usize = 128 * 1024;
/// Most snapshots that are kept; the oldest goes first.
const SNAPSHOTS_MAX: usize = 1_024;
/// Most accounts that may be impersonated at a time.
const IMPERSONATED_MAX: usize = 4_096;

/// A node.
#[derive(Debug)]
pub struct Node {
    pub(crate) chain: Chain,
    pub(crate) clock: Clock,
    pub(crate) history: History,
    pub(crate) pool: Pool,
    pub(crate) filters: Filters,
    impersonated: HashSet<Address>,
    impersonates_all: bool,
    snapshots: VecDeque<Snapshot>,
    next_snapshot: u64,
}

#[derive(Debug)]
struct Snapshot {
    id: u64,
    chain: Chain,
    clock: Clock,
}

impl Node {
    /// A node with a fresh chain.
    ///
    /// # Errors
    /// When a contract that should be on it cannot be had.
    pub fn new(options: &NodeOptions) -> Result<Self, GenesisError> {
        let clock = options
            .timestamp
            .map_or_else(Clock::default, Clock::starting_at);
        let chain = genesis::chain(options, clock.peek(0))?;
        let first = Block::new(None, chain.at_head(), None);
        Ok(Self {
            history: History::new(first, options.history),
            chain,
            clock,
            pool: Pool::default(),
            filters: Filters::default(),
            impersonated: HashSet::new(),
            impersonates_all: false,
            snapshots: VecDeque::new(),
            next_snapshot: 1,
        })
    }

    /// Answers the body of a request. `None` when it asks for no answer.
    pub fn handle(&mut self, body: &[u8]) -> Option<Vec<u8>> {
        let answer = rpc::answer(body, |method, params| rpc::call(self, method, params))?;
        // A value of strings, numbers and lists can always be written.
        serde_json::to_vec(&answer).ok()
    }

    /// The chain as it was after a block, or is now.
    ///
    /// # Errors
    /// When the block is not known.
    pub fn state(&self, at: BlockId) -> Result<Chain, RpcError> {
        Ok(match at {
            BlockId::Latest => self.chain.clone(),
            BlockId::Pending => {
                let mut chain = self.chain.clone();
                chain.set_time(self.clock.peek(chain.now()));
                chain
            }
            _ => {
                let block = self.block(at).ok_or_else(|| self.unknown_block(at))?;
                // What was set since the latest block belongs to it.
                if block.header.number == self.chain.block_number() {
                    self.chain.clone()
                } else {
                    block.after.clone()
                }
            }
        })
    }

    /// A block. The pending one is what would be if no transaction came.
    #[must_use]
    pub fn block(&self, at: BlockId) -> Option<Arc<Block>> {
        match at {
            BlockId::Latest => Some(Arc::clone(self.history.latest())),
            BlockId::Pending => Some(Arc::new(self.next_block().0)),
            BlockId::Earliest => self.history.block(0).cloned(),
            BlockId::Number(number) => self.history.block(number).cloned(),
            BlockId::Hash(hash) => self.history.block_of_hash(&hash).cloned(),
        }
    }

    /// Why there is no such block.
    #[must_use]
    pub fn unknown_block(&self, at: BlockId) -> RpcError {
        let oldest = self.history.oldest();
        match at {
            BlockId::Number(number) if number < oldest => forgotten(oldest),
            BlockId::Earliest => forgotten(oldest),
            _ => RpcError::server("header not found"),
        }
    }

    /// Takes a transaction in: runs it in a block of its own, or keeps it until its nonce is next.
    ///
    /// # Errors
    /// When it can never run as it is.
    pub fn submit(&mut self, tx: SignedTx) -> Result<B256, RpcError> {
        let hash = tx.hash();
        if self.pool.get(&hash).is_some() || self.history.transaction(&hash).is_some() {
            return Err(RpcError::server("already known"));
        }
        self.check(&tx)?;
        let (from, nonce) = (tx.from(), tx.nonce());
        if nonce > self.chain.nonce(from) {
            let added = self.pool.add(tx);
            return added
                .map(|()| hash)
                .map_err(|full| RpcError::server(full.to_string()));
        }
        self.mine(tx)?;
        while let Some(next) = self.pool.take(from, self.chain.nonce(from)) {
            // What cannot run any more, for lack of funds, is dropped as any pool would.
            if self.mine(next).is_err() {
                break;
            }
        }
        Ok(hash)
    }

    /// What a pool checks before a transaction may run or wait.
    fn check(&self, tx: &SignedTx) -> Result<(), RpcError> {
        let next = self.chain.nonce(tx.from());
        let refuse = |why: String| Err(RpcError::server(why));
        let len = tx.raw().len();
        if len > TX_BYTES_MAX {
            return refuse(format!(
                "oversized data: transaction size {len}, limit {TX_BYTES_MAX}"
            ));
        }
        if tx.nonce() < next {
            return refuse(format!(
                "nonce too low: next nonce {next}, tx nonce {}",
                tx.nonce()
            ));
        }
        if tx.nonce() == u64::MAX {
            return refuse("nonce has max value".to_owned());
        }
        if tx.tx().gas_limit > BLOCK_GAS_LIMIT {
            return refuse("exceeds block gas limit".to_owned());
        }
        let (fee, tip) = (tx.max_fee(), tx.tip().unwrap_or(0));
        if tip > fee {
            return refuse(format!(
                "max priority fee per gas higher than max fee per gas: maxPriorityFeePerGas: {tip}, maxFeePerGas: {fee}"
            ));
        }
        let base = self.chain.base_fee();
        if fee < base {
            return refuse(format!(
                "max fee per gas less than block base fee: maxFeePerGas: {fee}, baseFee: {base}"
            ));
        }
        let gas = U256::from(tx.tx().gas_limit).saturating_mul(U256::from(fee));
        let (want, have) = (
            gas.saturating_add(tx.tx().value),
            self.chain.balance(tx.from()),
        );
        if have < want {
            return refuse(format!(
                "insufficient funds for gas * price + value: address {} have {have} want {want}",
                tx.from()
            ));
        }
        Ok(())
    }

    /// Runs a transaction in the next block.
    fn mine(&mut self, tx: SignedTx) -> Result<(), RpcError> {
        let mut chain = self.chain.at_head();
        chain.set_time(self.clock.peek(chain.now()));
        let before = chain.at_head();
        let mut receipt = chain.send(tx.tx().clone());
        if let Status::Invalid(error) = &receipt.status {
            return Err(invalid(error));
        }
        // Traces run the transaction again.
        receipt.frames = Vec::new();
        let mined = Mined {
            price: chain.base_fee(),
            tx,
            receipt,
            before,
        };
        // Without the receipts, of which the history has its own.
        let chain = chain.at_head();
        self.append(
            Block::new(Some(self.history.latest()), chain.at_head(), Some(mined)),
            chain,
        );
        Ok(())
    }

    /// The next block, without a transaction, and the chain after it.
    fn next_block(&self) -> (Block, Chain) {
        let mut chain = self.chain.at_head();
        chain.set_time(self.clock.peek(chain.now()));
        chain.mine();
        let block = Block::new(Some(self.history.latest()), chain.at_head(), None);
        (block, chain)
    }

    /// Adds an empty block.
    pub fn mine_empty(&mut self) {
        let (block, chain) = self.next_block();
        self.append(block, chain);
    }

    fn append(&mut self, block: Block, chain: Chain) {
        self.clock.tick(block.header.timestamp);
        self.chain = chain;
        self.history.push(block);
    }

    /// Remembers the state and the clock.
    pub fn snapshot(&mut self) -> u64 {
        let id = self.next_snapshot;
        self.next_snapshot += 1;
        if self.snapshots.len() == SNAPSHOTS_MAX {
            self.snapshots.pop_front();
        }
        self.snapshots.push_back(Snapshot {
            id,
            chain: self.chain.at_head(),
            clock: self.clock,
        });
        id
    }

    /// Goes back to a snapshot, which is used up like all later ones. `false` if it is not known.
    pub fn revert(&mut self, id: u64) -> bool {
        let Some(at) = self.snapshots.iter().position(|snapshot| snapshot.id == id) else {
            return false;
        };
        let number = self
            .snapshots
            .get(at)
            .map_or(0, |snapshot| snapshot.chain.block_number());
        // A state whose block is forgotten would have no parent for the next one.
        if number < self.history.oldest() {
            return false;
        }
        let mut later = self.snapshots.split_off(at);
        if let Some(Snapshot { chain, clock, .. }) = later.pop_front() {
            self.history.truncate(number);
            self.filters.rewind(number);
            self.pool.clear();
            self.chain = chain;
            self.clock = clock;
        }
        true
    }

    /// Whether the node may send in the name of an account without its key.
    #[must_use]
    pub fn impersonates(&self, who: Address) -> bool {
        self.impersonates_all || self.impersonated.contains(&who)
    }

    /// Starts or stops sending in an account's name.
    ///
    /// # Errors
    /// When there are too many such accounts.
    pub fn impersonate(&mut self, who: Address, on: bool) -> Result<(), RpcError> {
        if !on {
            self.impersonated.remove(&who);
        } else if self.impersonated.len() >= IMPERSONATED_MAX {
            return Err(RpcError::server("too many accounts are impersonated"));
        } else {
            self.impersonated.insert(who);
        }
        Ok(())
    }

    /// Starts or stops sending in any account's name.
    pub fn impersonate_all(&mut self, on: bool) {
        self.impersonates_all = on;
    }
}

/// What is said of blocks before the oldest one kept.
pub(crate) fn forgotten(oldest: u64) -> RpcError {
    RpcError::server(format!(
        "blocks before {oldest} are forgotten; --history keeps more"
    ))
}

/// In the words that clients look for.
pub(crate) fn invalid(error: &TxError) -> RpcError {
    RpcError::server(match error {
        TxError::Nonce { expected, got } if got < expected => {
            format!("nonce too low: next nonce {expected}, tx nonce {got}")
        }
        TxError::Nonce { expected, got } => {
            format!("nonce too high: next nonce {expected}, tx nonce {got}")
        }
        TxError::InsufficientFunds { need, have } => {
            format!("insufficient funds for gas * price + value: have {have} want {need}")
        }
        TxError::IntrinsicGas { need, limit } => {
            format!("intrinsic gas too low: have {limit}, want {need}")
        }
        TxError::DataTooLong { len, max } => {
            format!("oversized data: transaction size {len}, limit {max}")
        }
        TxError::SenderIsContract => "sender not an eoa".to_owned(),
        TxError::Other(why) => why.clone(),
    })
}
