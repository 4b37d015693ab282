//! Transactions. There are no signatures: whoever is `from`, sent it.

use std::fmt;

use alloy_primitives::{Address, B256, Bytes, U256};

use crate::limits::{self, TX_GAS_MAX};

/// A transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tx {
    /// The sender, who pays.
    pub from: Address,
    /// The account called; `None` creates a contract.
    pub to: Option<Address>,
    /// Wei sent along.
    pub value: U256,
    /// Calldata, or init code.
    pub data: Bytes,
    /// Most gas the transaction may use.
    pub gas_limit: u64,
    /// The sender's nonce; `None` takes the next one.
    pub nonce: Option<u64>,
    /// Accounts and slots that are paid for in advance and warm from the start (EIP-2930).
    pub access_list: Vec<(Address, Vec<B256>)>,
    /// Whether the sender may be a contract, which no key can sign for: a development node's impersonation.
    pub from_contract: bool,
}

impl Tx {
    /// A call without value, with the highest useful gas limit.
    pub fn call(from: Address, to: Address, data: impl Into<Bytes>) -> Self {
        Self {
            from,
            to: Some(to),
            value: U256::ZERO,
            data: data.into(),
            gas_limit: TX_GAS_MAX,
            nonce: None,
            access_list: Vec::new(),
            from_contract: false,
        }
    }

    /// A contract creation without value, with the highest useful gas limit.
    pub fn create(from: Address, init_code: impl Into<Bytes>) -> Self {
        Self {
            to: None,
            ..Self::call(from, Address::ZERO, init_code)
        }
    }

    /// Sends this many wei along.
    #[must_use]
    pub fn value(mut self, wei: U256) -> Self {
        self.value = wei;
        self
    }

    /// Limits the gas.
    #[must_use]
    pub fn gas(mut self, limit: u64) -> Self {
        self.gas_limit = limit;
        self
    }

    /// Insists on a nonce.
    #[must_use]
    pub fn nonce(mut self, nonce: u64) -> Self {
        self.nonce = Some(nonce);
        self
    }
}

/// Why a transaction is not even included in a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TxError {
    /// The nonce is not the sender's next one.
    Nonce {
        /// The sender's next nonce.
        expected: u64,
        /// That of the transaction.
        got: u64,
    },
    /// The sender cannot pay for gas and value.
    InsufficientFunds {
        /// Wei needed: gas limit × price + value.
        need: U256,
        /// The sender's balance, in wei.
        have: U256,
    },
    /// The gas limit does not cover what is charged before anything runs.
    IntrinsicGas {
        /// Gas needed.
        need: u64,
        /// The gas limit.
        limit: u64,
    },
    /// The data is longer than a transaction may carry.
    DataTooLong {
        /// Its length in bytes.
        len: usize,
        /// Most bytes.
        max: usize,
    },
    /// The sender is a contract (EIP-3607).
    SenderIsContract,
    /// Anything else the EVM rejects.
    Other(String),
}

impl fmt::Display for TxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nonce { expected, got } => write!(f, "nonce is {got}, expected {expected}"),
            Self::InsufficientFunds { need, have } => {
                write!(f, "sender has {have} wei, needs {need}")
            }
            Self::IntrinsicGas { need, limit } => {
                write!(f, "gas limit {limit} is below the intrinsic {need}")
            }
            Self::DataTooLong { len, max } => write!(f, "{len} bytes of data, at most {max}"),
            Self::SenderIsContract => f.write_str("the sender is a contract"),
            Self::Other(reason) => f.write_str(reason),
        }
    }
}

impl std::error::Error for TxError {}

impl Tx {
    pub(crate) fn check_size(&self) -> Result<(), TxError> {
        let max = match self.to {
            Some(_) => limits::CALLDATA_MAX,
            None => limits::INIT_CODE_MAX,
        };
        let len = self.data.len();
        if len > max {
            return Err(TxError::DataTooLong { len, max });
        }
        Ok(())
    }
}
