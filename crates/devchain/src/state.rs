//! The accounts, as a value: cloning is cheap, and what a clone writes costs as much as it is, not as the state is large.

use std::convert::Infallible;

use alloy_primitives::{Address, B256, Bytes, U256, keccak256};
use revm::{
    Database,
    bytecode::Bytecode,
    state::{AccountInfo, EvmState},
};
use rpds::HashTrieMapSync;

type Map<K, V> = HashTrieMapSync<K, V>;

#[derive(Clone, Debug, Default)]
struct Account {
    info: AccountInfo,
    storage: Map<U256, U256>,
}

impl Account {
    fn set_slot(&mut self, slot: U256, value: U256) {
        if value.is_zero() {
            self.storage.remove_mut(&slot);
        } else {
            self.storage.insert_mut(slot, value);
        }
    }
}

/// All accounts of a chain.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    accounts: Map<Address, Account>,
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

    /// Changes an account, which exists from then on.
    fn edit(&mut self, address: Address, change: impl FnOnce(&mut Account)) {
        if let Some(account) = self.accounts.get_mut(&address) {
            return change(account);
        }
        let mut account = Account::default();
        change(&mut account);
        self.accounts.insert_mut(address, account);
    }

    pub(crate) fn set_balance(&mut self, address: Address, wei: U256) {
        self.edit(address, |account| account.info.balance = wei);
    }

    pub(crate) fn set_nonce(&mut self, address: Address, nonce: u64) {
        self.edit(address, |account| account.info.nonce = nonce);
    }

    pub(crate) fn clear_storage(&mut self, address: Address) {
        self.edit(address, |account| account.storage = Map::default());
    }

    pub(crate) fn set_code(&mut self, address: Address, code: Bytes) {
        self.edit(address, |account| {
            let info = &mut account.info;
            info.code_hash = keccak256(&code);
            info.code = Some(Bytecode::new_legacy(code));
            info.nonce = info.nonce.max(1);
        });
    }

    pub(crate) fn set_slot(&mut self, address: Address, slot: U256, value: U256) {
        self.edit(address, |account| account.set_slot(slot, value));
    }

    /// Takes over what a transaction changed.
    pub(crate) fn commit(&mut self, changes: EvmState) {
        for (address, change) in changes {
            if !change.is_touched() {
                continue;
            }
            if change.is_selfdestructed() || change.is_empty() {
                self.accounts.remove_mut(&address);
                continue;
            }
            self.edit(address, |account| {
                if change.is_created() {
                    account.storage = Map::default();
                }
                account.info = change.info;
                for (slot, value) in change.storage {
                    // What was only read need not be written.
                    if value.is_changed() {
                        account.set_slot(slot, value.present_value);
                    }
                }
            });
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
