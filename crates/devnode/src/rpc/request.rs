//! Calls as clients describe them, and the state they want to see.

use alloy_primitives::{Address, B256, Bytes, U256};
use devchain::{Chain, Tx, limits::TX_GAS_MAX};
use serde_json::Value;

use super::params::{Param, Word, field};

/// A call that is not signed.
#[derive(Clone, Debug, Default)]
pub struct CallRequest {
    /// The sender; zero if nobody.
    pub from: Option<Address>,
    /// The account called; `None` creates a contract.
    pub to: Option<Address>,
    /// Most gas.
    pub gas: Option<u64>,
    /// Wei per unit of gas: the price, or the most it may be.
    pub price: Option<u128>,
    /// Wei per unit of gas beyond the base fee.
    pub tip: Option<u128>,
    /// Whether it is priced as of EIP-1559.
    pub dynamic: bool,
    /// Wei sent along.
    pub value: U256,
    /// Calldata or init code.
    pub data: Bytes,
    /// Its place in the sender's order.
    pub nonce: Option<u64>,
    /// What is paid for in advance.
    pub access_list: Option<Vec<AccessItem>>,
}

/// An entry of an access list.
#[derive(Clone, Debug)]
pub struct AccessItem {
    /// The account.
    pub address: Address,
    /// Its slots.
    pub slots: Vec<B256>,
}

impl Param for AccessItem {
    fn read(value: &Value) -> Result<Self, String> {
        Ok(Self {
            address: field(value, "address")?.ok_or("an access list names addresses")?,
            slots: field(value, "storageKeys")?.unwrap_or_default(),
        })
    }
}

impl Param for CallRequest {
    fn read(value: &Value) -> Result<Self, String> {
        if !value.is_object() {
            return Err("not a call".to_owned());
        }
        let (input, data) = (
            field::<Bytes>(value, "input")?,
            field::<Bytes>(value, "data")?,
        );
        if input.is_some() && data.is_some() && input != data {
            return Err("both \"data\" and \"input\" are set and not equal".to_owned());
        }
        let (price, most) = (field(value, "gasPrice")?, field(value, "maxFeePerGas")?);
        if price.is_some() && most.is_some() {
            return Err("both gasPrice and maxFeePerGas are set".to_owned());
        }
        let tip = field(value, "maxPriorityFeePerGas")?;
        Ok(Self {
            from: field(value, "from")?,
            to: field(value, "to")?,
            gas: field(value, "gas")?,
            dynamic: price.is_none(),
            price: price.or(most),
            tip,
            value: field(value, "value")?.unwrap_or_default(),
            data: input.or(data).unwrap_or_default(),
            nonce: field(value, "nonce")?,
            access_list: field(value, "accessList")?,
        })
    }
}

impl CallRequest {
    /// As the chain takes it, with so much gas.
    #[must_use]
    pub fn tx(&self, gas_limit: u64) -> Tx {
        let list = self.access_list.iter().flatten();
        Tx {
            from: self.from.unwrap_or_default(),
            to: self.to,
            value: self.value,
            data: self.data.clone(),
            gas_limit,
            nonce: None,
            access_list: list
                .map(|item| (item.address, item.slots.clone()))
                .collect(),
            from_contract: true,
        }
    }

    /// The gas it may have at most.
    #[must_use]
    pub fn gas_limit(&self) -> u64 {
        self.gas.unwrap_or(GAS_MAX).min(GAS_MAX)
    }
}

/// Most gas of a call: what a transaction may compute with, and as much again for publication on L1.
pub const GAS_MAX: u64 = 2 * TX_GAS_MAX;

/// What accounts hold instead, for the length of a call.
#[derive(Clone, Debug, Default)]
pub struct Overrides(Vec<(Address, Override)>);

#[derive(Clone, Debug, Default)]
struct Override {
    balance: Option<U256>,
    nonce: Option<u64>,
    code: Option<Bytes>,
    /// The whole storage.
    state: Option<Vec<(Word, Word)>>,
    /// Some slots.
    diff: Vec<(Word, Word)>,
}

impl Param for Overrides {
    fn read(value: &Value) -> Result<Self, String> {
        let accounts = value.as_object().ok_or("overrides are an object")?;
        let read = accounts.iter().map(|(address, what)| {
            let address = Address::read(&Value::String(address.clone()))?;
            let account = Override::read(what).map_err(|why| format!("{address}: {why}"))?;
            Ok((address, account))
        });
        read.collect::<Result<_, String>>().map(Self)
    }
}

impl Param for Override {
    fn read(value: &Value) -> Result<Self, String> {
        if !value.is_object() {
            return Err("not an object".to_owned());
        }
        let state = value.get("state").filter(|slots| !slots.is_null());
        let diff = value.get("stateDiff").filter(|slots| !slots.is_null());
        if state.is_some() && diff.is_some() {
            return Err("both state and stateDiff are set".to_owned());
        }
        Ok(Self {
            balance: field(value, "balance")?,
            nonce: field(value, "nonce")?,
            code: field(value, "code")?,
            state: state.map(slots).transpose()?,
            diff: diff.map(slots).transpose()?.unwrap_or_default(),
        })
    }
}

fn slots(value: &Value) -> Result<Vec<(Word, Word)>, String> {
    let slots = value.as_object().ok_or("slots are an object")?;
    let read = slots.iter().map(|(slot, word)| {
        let slot = Word::read(&Value::String(slot.clone()))?;
        Ok((slot, Word::read(word)?))
    });
    read.collect()
}

impl Overrides {
    /// Changes the accounts of a chain.
    pub fn apply(&self, chain: &mut Chain) {
        for (who, account) in &self.0 {
            if let Some(wei) = account.balance {
                chain.set_balance(*who, wei);
            }
            if let Some(code) = &account.code {
                chain.set_code(*who, code.clone());
            }
            if let Some(nonce) = account.nonce {
                chain.set_nonce(*who, nonce);
            }
            if account.state.is_some() {
                chain.clear_storage(*who);
            }
            for (slot, word) in account.state.iter().flatten().chain(&account.diff) {
                chain.set_storage(*who, slot.0, word.0);
            }
        }
    }
}

/// What the block is instead, for the length of a call.
#[derive(Clone, Copy, Debug, Default)]
pub struct BlockOverrides {
    time: Option<u64>,
    base_fee: Option<u128>,
}

impl Param for BlockOverrides {
    fn read(value: &Value) -> Result<Self, String> {
        if !value.is_object() {
            return Err("block overrides are an object".to_owned());
        }
        let base_fee = field(value, "baseFeePerGas")?.or(field(value, "baseFee")?);
        Ok(Self {
            time: field::<u64>(value, "time")?.map(|time| time.min(crate::node::TIME_MAX)),
            base_fee,
        })
    }
}

impl BlockOverrides {
    /// Changes the next block of a chain.
    pub fn apply(&self, chain: &mut Chain) {
        if let Some(time) = self.time {
            chain.set_time(time);
        }
        if let Some(wei) = self.base_fee {
            chain.set_base_fee(wei);
        }
    }
}
