//! The blocks that are kept.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use alloy_consensus::{Header, proofs};
use alloy_primitives::{B256, Bloom, Log, U256};
use devchain::{Chain, Receipt, SEQUENCER, limits::BLOCK_GAS_LIMIT};

use super::signed::SignedTx;

/// A block: at most one transaction, as on a chain whose sequencer does not wait.
#[derive(Clone, Debug)]
pub struct Block {
    /// Its header.
    pub header: Header,
    /// Hash of the header.
    pub hash: B256,
    /// L1 block number that it saw.
    pub l1_number: u64,
    /// What it holds.
    pub mined: Option<Mined>,
    /// The chain after it.
    pub after: Chain,
}

/// A transaction in its block.
#[derive(Clone, Debug)]
pub struct Mined {
    /// The transaction.
    pub tx: SignedTx,
    /// What it did, without the call tree.
    pub receipt: Receipt,
    /// Wei per unit of gas that were paid.
    pub price: u128,
    /// The chain right before it, to trace it later.
    pub before: Chain,
}

impl Block {
    /// Makes the block that `after` is the outcome of.
    #[must_use]
    pub fn new(parent: Option<&Self>, after: Chain, mined: Option<Mined>) -> Self {
        let mut header = Header {
            parent_hash: parent.map_or(B256::ZERO, |block| block.hash),
            number: after.block_number(),
            timestamp: after.now(),
            beneficiary: SEQUENCER,
            gas_limit: BLOCK_GAS_LIMIT,
            difficulty: U256::from(1),
            // As on Arbitrum, where this has no meaning either.
            mix_hash: B256::with_last_byte(1),
            base_fee_per_gas: u64::try_from(after.base_fee()).ok(),
            ..Header::default()
        };
        if let Some(Mined { tx, receipt, .. }) = &mined {
            header.gas_used = receipt.gas_used;
            header.logs_bloom = bloom(&receipt.logs);
            header.transactions_root = proofs::calculate_transaction_root(&[tx.envelope()]);
            header.receipts_root = proofs::calculate_receipt_root(&[envelope(tx, receipt)]);
        }
        Self {
            hash: header.hash_slow(),
            header,
            l1_number: after.l1_block_number(),
            mined,
            after,
        }
    }

    /// Its logs, in order.
    pub fn logs(&self) -> impl Iterator<Item = (usize, &Log)> {
        let mined = self.mined.iter();
        mined.flat_map(|mined| mined.receipt.logs.iter().enumerate())
    }
}

fn envelope(tx: &SignedTx, receipt: &Receipt) -> alloy_consensus::ReceiptEnvelope {
    let receipt = alloy_consensus::Receipt {
        status: receipt.is_success().into(),
        cumulative_gas_used: receipt.gas_used,
        logs: receipt.logs.clone(),
    };
    alloy_consensus::ReceiptEnvelope::from_typed(tx.envelope().tx_type(), receipt)
}

/// The bloom filter of logs.
pub fn bloom(logs: &[Log]) -> Bloom {
    logs.iter().collect()
}

/// The latest blocks, with what finds them.
#[derive(Clone, Debug)]
pub struct History {
    blocks: VecDeque<Arc<Block>>,
    by_hash: HashMap<B256, u64>,
    by_tx: HashMap<B256, u64>,
    max: usize,
}

impl History {
    /// A history that starts with a block and keeps at most so many.
    #[must_use]
    pub fn new(genesis: Block, max: usize) -> Self {
        let mut history = Self {
            blocks: VecDeque::new(),
            by_hash: HashMap::new(),
            by_tx: HashMap::new(),
            max: max.max(1),
        };
        history.push(genesis);
        history
    }

    /// Adds the next block and forgets the oldest one where there are too many.
    pub fn push(&mut self, block: Block) {
        let number = block.header.number;
        self.by_hash.insert(block.hash, number);
        if let Some(mined) = &block.mined {
            self.by_tx.insert(mined.tx.hash(), number);
        }
        self.blocks.push_back(Arc::new(block));
        while self.blocks.len() > self.max {
            let oldest = self.blocks.pop_front();
            self.forget(oldest);
        }
    }

    /// Goes back to a block: forgets those after it.
    pub fn truncate(&mut self, number: u64) {
        while self.blocks.len() > 1 && self.latest().header.number > number {
            let latest = self.blocks.pop_back();
            self.forget(latest);
        }
    }

    fn forget(&mut self, block: Option<Arc<Block>>) {
        let Some(block) = block else {
            return;
        };
        self.by_hash.remove(&block.hash);
        if let Some(mined) = &block.mined {
            self.by_tx.remove(&mined.tx.hash());
        }
    }

    /// The latest block.
    ///
    /// # Panics
    /// Never: the first block is there from the start, and none is removed without another in its place.
    #[must_use]
    pub fn latest(&self) -> &Arc<Block> {
        self.blocks.back().expect("a history is never empty")
    }

    /// Number of the oldest block that is kept.
    #[must_use]
    pub fn oldest(&self) -> u64 {
        self.blocks.front().map_or(0, |block| block.header.number)
    }

    /// A block by its number.
    #[must_use]
    pub fn block(&self, number: u64) -> Option<&Arc<Block>> {
        let index = number.checked_sub(self.oldest())?;
        self.blocks.get(usize::try_from(index).ok()?)
    }

    /// A block by its hash.
    #[must_use]
    pub fn block_of_hash(&self, hash: &B256) -> Option<&Arc<Block>> {
        self.block(*self.by_hash.get(hash)?)
    }

    /// The block that holds a transaction, with the transaction.
    #[must_use]
    pub fn transaction(&self, hash: &B256) -> Option<(&Block, &Mined)> {
        let block = self.block(*self.by_tx.get(hash)?)?;
        Some((block, block.mined.as_ref()?))
    }

    /// The blocks of a range of numbers, as far as they are kept.
    pub fn range(&self, from: u64, to: u64) -> impl Iterator<Item = &Block> {
        let first = self.oldest();
        let start = usize::try_from(from.saturating_sub(first)).unwrap_or(usize::MAX);
        let blocks = self.blocks.iter().skip(start);
        let blocks = blocks.take_while(move |block| block.header.number <= to);
        blocks.map(AsRef::as_ref)
    }
}
