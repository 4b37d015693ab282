//! The chain: a plain struct that owns the state.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use alloy_primitives::{Address, B256, Bytes, U256};

use crate::{
    arbos,
    config::Config,
    deploy::{self, DeployError, StylusDeployment},
    env::Env,
    execute::{self, Block},
    limits::{RECEIPTS_MAX, SNAPSHOTS_MAX},
    receipt::Receipt,
    state::State,
    stylus::module::Modules,
    tx::Tx,
};

/// Seconds between two L1 blocks.
const L1_BLOCK_SECONDS: u64 = 12;

/// Names a snapshot of one chain, see [`Chain::snapshot`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SnapshotId(u64);

/// What a transaction can change, and a snapshot holds.
#[derive(Clone, Debug)]
struct Head {
    state: State,
    number: u64,
    time: u64,
    base_fee: u128,
}

/// An embedded chain. One block per transaction; blocks have no hashes and nothing else happens between transactions
/// than what the owner asks for.
///
/// Cloning is cheap: both chains share what neither writes.
#[derive(Clone, Debug)]
pub struct Chain {
    env: Arc<Env>,
    head: Head,
    receipts: VecDeque<Arc<Receipt>>,
    snapshots: VecDeque<(SnapshotId, Head)>,
    next_snapshot: u64,
}

impl Chain {
    /// A chain with ArbOS and nothing else. Its block 0 is at [`Config::timestamp`].
    #[must_use]
    pub fn new(config: Config) -> Self {
        let mut state = State::default();
        arbos::genesis(&mut state);
        let head = Head {
            state,
            number: 0,
            time: config.timestamp,
            base_fee: config.base_fee,
        };
        let modules = Mutex::new(Modules::default());
        Self {
            env: Arc::new(Env { config, modules }),
            head,
            receipts: VecDeque::new(),
            snapshots: VecDeque::new(),
            next_snapshot: 0,
        }
    }

    /// What it was created with.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.env.config
    }

    /// Time of the next block, in seconds since 1970.
    #[must_use]
    pub fn now(&self) -> u64 {
        self.head.time
    }

    /// Sets the time of the next block, in seconds since 1970. Time never goes back: an earlier one is ignored.
    pub fn set_time(&mut self, time: u64) {
        self.head.time = self.head.time.max(time);
    }

    /// Lets this many seconds pass.
    pub fn warp(&mut self, seconds: u64) {
        self.head.time = self.head.time.saturating_add(seconds);
    }

    /// Number of the latest block.
    #[must_use]
    pub fn block_number(&self) -> u64 {
        self.head.number
    }

    /// Price of gas in wei.
    #[must_use]
    pub fn base_fee(&self) -> u128 {
        self.head.base_fee
    }

    /// Sets the price of gas in wei.
    pub fn set_base_fee(&mut self, wei: u128) {
        self.head.base_fee = wei;
    }

    /// Gives an account this many wei, out of nothing.
    pub fn fund(&mut self, who: Address, wei: U256) {
        let balance = self.balance(who).saturating_add(wei);
        self.head.state.set_balance(who, balance);
    }

    /// Sets the balance of an account in wei.
    pub fn set_balance(&mut self, who: Address, wei: U256) {
        self.head.state.set_balance(who, wei);
    }

    /// Balance of an account in wei.
    #[must_use]
    pub fn balance(&self, who: Address) -> U256 {
        self.head.state.balance(who)
    }

    /// Next nonce of an account.
    #[must_use]
    pub fn nonce(&self, who: Address) -> u64 {
        self.head.state.nonce(who)
    }

    /// Sets the next nonce of an account.
    pub fn set_nonce(&mut self, who: Address, nonce: u64) {
        self.head.state.set_nonce(who, nonce);
    }

    /// Code of an account; for a Stylus program with its prefix, compressed.
    #[must_use]
    pub fn code(&self, who: Address) -> Bytes {
        self.head.state.code(who)
    }

    /// A storage slot.
    #[must_use]
    pub fn storage(&self, who: Address, slot: U256) -> U256 {
        self.head.state.slot(who, slot)
    }

    /// Puts code at an address, without running anything.
    pub fn set_code(&mut self, who: Address, code: impl Into<Bytes>) {
        self.head.state.set_code(who, code.into());
    }

    /// Overwrites a storage slot.
    pub fn set_storage(&mut self, who: Address, slot: U256, value: U256) {
        self.head.state.set_slot(who, slot, value);
    }

    /// Empties the storage of an account.
    pub fn clear_storage(&mut self, who: Address) {
        self.head.state.clear_storage(who);
    }

    /// Adds a block without transactions.
    pub fn mine(&mut self) {
        self.head.number = self.head.number.saturating_add(1);
    }

    /// The L1 block number that the next transaction sees.
    #[must_use]
    pub fn l1_block_number(&self) -> u64 {
        self.pending().l1_number
    }

    /// A chain that starts where this one is: the same state and time, but the block number is 0 and there are neither
    /// receipts nor snapshots.
    #[must_use]
    pub fn as_genesis(&self) -> Self {
        let mut head = self.head.clone();
        head.number = 0;
        self.with_head(head)
    }

    /// This chain without its receipts and snapshots, which makes a cheap copy to look at later.
    #[must_use]
    pub fn at_head(&self) -> Self {
        self.with_head(self.head.clone())
    }

    fn with_head(&self, head: Head) -> Self {
        Self {
            env: Arc::clone(&self.env),
            head,
            receipts: VecDeque::new(),
            snapshots: VecDeque::new(),
            next_snapshot: 0,
        }
    }

    /// Sends a transaction: it is checked, mined in a block of its own and its effects are kept. An invalid one leaves
    /// the chain as it was and comes back as [`crate::Status::Invalid`].
    pub fn send(&mut self, tx: Tx) -> Receipt {
        let mut block = self.pending();
        block.number = block.number.saturating_add(1);
        let state = self.head.state.clone();
        let (receipt, changes) = execute::run(&self.env, state, &block, &tx, execute::Mode::Send);
        let Some(changes) = changes else {
            return receipt;
        };
        self.head.state.commit(changes);
        self.head.number = block.number;
        if self.receipts.len() == RECEIPTS_MAX {
            self.receipts.pop_front();
        }
        self.receipts.push_back(Arc::new(receipt.clone()));
        receipt
    }

    /// Runs a transaction on the current state and forgets its effects. Gas is not paid for, so the sender needs no
    /// balance beyond the value sent.
    #[must_use]
    pub fn call(&self, tx: Tx) -> Receipt {
        let state = self.head.state.clone();
        execute::run(&self.env, state, &self.pending(), &tx, execute::Mode::Call).0
    }

    /// Deploys a contract from its init code.
    ///
    /// # Errors
    ///
    /// When the transaction fails.
    pub fn deploy(
        &mut self,
        from: Address,
        init_code: impl Into<Bytes>,
    ) -> Result<Address, DeployError> {
        deploy::contract(self, from, init_code.into())
    }

    /// Deploys and activates a Stylus program: checks the module as the chain would, compresses it, creates the
    /// contract and activates it, paying the data fee from `from`. Code that was activated before is only created. A
    /// module too large for one contract is deployed in fragments where the chain knows them.
    ///
    /// # Errors
    ///
    /// When the module breaks a rule, is too large, or a transaction fails.
    pub fn deploy_stylus(
        &mut self,
        from: Address,
        wasm: &[u8],
    ) -> Result<StylusDeployment, DeployError> {
        deploy::program(self, from, wasm)
    }

    /// Puts a program into the cache, as a cache manager would. No transaction.
    pub fn cache_program(&mut self, program: Address) {
        if let Some(info) = self.head.state.info(program) {
            let codehash = info.code_hash;
            arbos::programs::set_cached(&mut self.head.state, codehash, true);
        }
    }

    /// Remembers the state, the time and the block number. At most [`crate::limits::SNAPSHOTS_MAX`] are kept.
    pub fn snapshot(&mut self) -> SnapshotId {
        let id = SnapshotId(self.next_snapshot);
        self.next_snapshot += 1;
        if self.snapshots.len() == SNAPSHOTS_MAX {
            self.snapshots.pop_front();
        }
        self.snapshots.push_back((id, self.head.clone()));
        id
    }

    /// Goes back to a snapshot, which is used up by it like all later ones. `false` if it is not known (any more).
    pub fn revert(&mut self, id: SnapshotId) -> bool {
        let Some(at) = self.snapshots.iter().position(|(known, _)| *known == id) else {
            return false;
        };
        let mut later = self.snapshots.split_off(at);
        if let Some((_, head)) = later.pop_front() {
            let number = head.number;
            self.head = head;
            self.receipts
                .retain(|receipt| receipt.block_number <= number);
        }
        true
    }

    /// The receipt of a block, if it is among the last [`crate::limits::RECEIPTS_MAX`].
    #[must_use]
    pub fn receipt(&self, block_number: u64) -> Option<Arc<Receipt>> {
        let first = self.receipts.front()?.block_number;
        let index = usize::try_from(block_number.checked_sub(first)?).ok()?;
        self.receipts.get(index).cloned()
    }

    /// How often a program was compiled, by this chain and its clones. A program that was compiled before, and is among the
    /// last [`crate::limits::MODULES_MAX`], is not compiled again.
    #[must_use]
    pub fn compilations(&self) -> u64 {
        let modules = self.env.modules.lock();
        modules.unwrap_or_else(PoisonError::into_inner).compilations
    }

    /// A commitment to all accounts: equal states have equal hashes. Not a Merkle root.
    #[must_use]
    pub fn state_hash(&self) -> B256 {
        self.head.state.hash()
    }

    fn pending(&self) -> Block {
        let config = &self.env.config;
        let elapsed = self.head.time.saturating_sub(config.timestamp);
        Block {
            number: self.head.number,
            l1_number: config.l1_block.saturating_add(elapsed / L1_BLOCK_SECONDS),
            time: self.head.time,
            base_fee: self.head.base_fee,
        }
    }
}

impl Default for Chain {
    fn default() -> Self {
        Self::new(Config::default())
    }
}
