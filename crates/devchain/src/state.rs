//! The accounts, as a value: cloning is cheap and shares everything until it is written.

use std::{convert::Infallible, sync::Arc};

use alloy_primitives::{Address, B256, Bytes, U256, keccak256, map::AddressMap, map::HashMap};
use revm::{
    Database,
    bytecode::Bytecode,
    state::{AccountInfo, EvmState},
};

#[derive(Clone, Debug, Default)]
struct Account {
    info: AccountInfo,
    storage: HashMap<U256, U256>,
}

/// All accounts of a chain.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    accounts: Arc<AddressMap<Arc<Account>>>,
}

impl State {
    pub(crate) fn info(&self, address: Address) -> Option<&AccountInfo> {
        self.accounts.get(&address).map(|account| &account.info)
    }

    pub(crate) fn balance(&self, address: Address) -> U256 {
        self.info(address).map_or(U256::ZERO, |info| info.balance)
    }

    pub(crate) fn nonce(&self, address: Address) -> u64 {
        self.info(address).map_or(0, |info| info.nonce)
    }

    pub(crate) fn code(&self, address: Address) -> Bytes {
        let code = self.info(address).and_then(|info| info.code.as_ref());
        code.map(Bytecode::original_bytes).unwrap_or_default()
    }

    pub(crate) fn slot(&self, address: Address, slot: U256) -> U256 {
        let account = self.accounts.get(&address);
        account
            .and_then(|account| account.storage.get(&slot))
            .copied()
            .unwrap_or_default()
    }

    fn account_mut(&mut self, address: Address) -> &mut Account {
        let accounts = Arc::make_mut(&mut self.accounts);
        Arc::make_mut(accounts.entry(address).or_default())
    }

    pub(crate) fn set_balance(&mut self, address: Address, wei: U256) {
        self.account_mut(address).info.balance = wei;
    }

    pub(crate) fn set_nonce(&mut self, address: Address, nonce: u64) {
        self.account_mut(address).info.nonce = nonce;
    }

    pub(crate) fn clear_storage(&mut self, address: Address) {
        self.account_mut(address).storage.clear();
    }

    pub(crate) fn set_code(&mut self, address: Address, code: Bytes) {
        let info = &mut self.account_mut(address).info;
        info.code_hash = keccak256(&code);
        info.code = Some(Bytecode::new_legacy(code));
        info.nonce = info.nonce.max(1);
    }

    pub(crate) fn set_slot(&mut self, address: Address, slot: U256, value: U256) {
        let storage = &mut self.account_mut(address).storage;
        if value.is_zero() {
            storage.remove(&slot);
        } else {
            storage.insert(slot, value);
        }
    }

    /// Takes over what a transaction changed.
    pub(crate) fn commit(&mut self, changes: EvmState) {
        for (address, change) in changes {
            if !change.is_touched() {
                continue;
            }
            if change.is_selfdestructed() || change.is_empty() {
                Arc::make_mut(&mut self.accounts).remove(&address);
                continue;
            }
            let account = self.account_mut(address);
            if change.is_created() {
                account.storage.clear();
            }
            account.info = change.info;
            for (slot, value) in change.storage {
                if value.present_value.is_zero() {
                    account.storage.remove(&slot);
                } else {
                    account.storage.insert(slot, value.present_value);
                }
            }
        }
    }

    /// A commitment to everything in the state. Not a Merkle root; equal states have equal hashes.
    pub(crate) fn hash(&self) -> B256 {
        let mut addresses: Vec<_> = self.accounts.keys().copied().collect();
        addresses.sort_unstable();
        let mut bytes = Vec::new();
        for address in addresses {
            let account = &self.accounts[&address];
            bytes.extend_from_slice(address.as_slice());
            bytes.extend_from_slice(&account.info.balance.to_be_bytes::<32>());
            bytes.extend_from_slice(&account.info.nonce.to_be_bytes());
            bytes.extend_from_slice(account.info.code_hash.as_slice());
            let mut slots: Vec<_> = account.storage.iter().collect();
            slots.sort_unstable();
            bytes.extend_from_slice(&(slots.len() as u64).to_be_bytes());
            for (slot, value) in slots {
                bytes.extend_from_slice(&slot.to_be_bytes::<32>());
                bytes.extend_from_slice(&value.to_be_bytes::<32>());
            }
        }
        keccak256(bytes)
    }
}

impl Database for State {
    type Error = Infallible;

    fn basic(&mut self, address: Address) -> Result<Option<AccountInfo>, Infallible> {
        Ok(self.info(address).cloned())
    }

    fn code_by_hash(&mut self, _: B256) -> Result<Bytecode, Infallible> {
        // `basic` always brings the code along.
        Ok(Bytecode::default())
    }

    fn storage(&mut self, address: Address, slot: U256) -> Result<U256, Infallible> {
        Ok(self.slot(address, slot))
    }

    fn block_hash(&mut self, number: u64) -> Result<B256, Infallible> {
        // ArbOS too answers with hashes of its own making, not with those of L1 blocks.
        Ok(keccak256(number.to_be_bytes()))
    }
}
