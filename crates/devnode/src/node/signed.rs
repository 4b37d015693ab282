//! Signed transactions as they come in.

use alloy_consensus::{
    SignableTransaction, Transaction, TxEnvelope, TypedTransaction, transaction::SignerRecoverable,
};
use alloy_eips::eip2718::{Decodable2718, Encodable2718};
use alloy_primitives::{Address, B256, Bytes, Signature, TxKind, U256};
use devchain::Tx;

use crate::accounts::DevAccount;

/// A transaction, its sender, and what the chain is told of it.
#[derive(Clone, Debug)]
pub struct SignedTx {
    envelope: TxEnvelope,
    hash: B256,
    from: Address,
    tx: Tx,
}

/// Why bytes are no transaction of this chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// They are no transaction at all.
    Malformed(String),
    /// Blobs and the like.
    Kind(u8),
    /// It is signed for another chain.
    ChainId {
        /// The transaction's.
        got: u64,
        /// This chain's.
        want: u64,
    },
    /// Nobody signed it.
    Signature,
}

impl std::fmt::Display for Unreadable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Malformed(why) => write!(f, "no transaction: {why}"),
            Self::Kind(kind) => write!(f, "transactions of type {kind} are not supported"),
            Self::ChainId { got, want } => {
                write!(f, "invalid chain id for signer: have {got} want {want}")
            }
            Self::Signature => f.write_str("invalid sender"),
        }
    }
}

impl SignedTx {
    /// Reads a raw transaction of this chain.
    ///
    /// # Errors
    /// When it is none.
    pub fn decode(raw: &[u8], chain_id: u64) -> Result<Self, Unreadable> {
        // The types with a sidecar or authorisations have bodies of their own; this chain has neither.
        if let Some(kind @ 3..=0x7F) = raw.first() {
            return Err(Unreadable::Kind(*kind));
        }
        let mut rest = raw;
        let envelope = TxEnvelope::decode_2718(&mut rest)
            .map_err(|error| Unreadable::Malformed(error.to_string()))?;
        if !rest.is_empty() {
            return Err(Unreadable::Malformed("bytes follow it".to_owned()));
        }
        // Legacy transactions of before EIP-155 carry none: deterministic deployers are made of those.
        if let Some(got) = envelope.chain_id().filter(|id| *id != chain_id) {
            let want = chain_id;
            return Err(Unreadable::ChainId { got, want });
        }
        let from = envelope
            .recover_signer()
            .map_err(|_| Unreadable::Signature)?;
        Ok(Self::new(envelope, from))
    }

    /// Signs for one of the accounts whose keys are public.
    ///
    /// # Errors
    /// As [`DevAccount::sign`].
    pub fn sign(body: TypedTransaction, by: &DevAccount) -> Result<Self, k256::ecdsa::Error> {
        let signature = by.sign(body.signature_hash())?;
        Ok(Self::new(body.into_signed(signature).into(), by.address))
    }

    /// Pretends that an account signed. The signature is the account's address, so that two accounts' transactions differ.
    #[must_use]
    pub fn pretend(body: TypedTransaction, from: Address) -> Self {
        let r = U256::from_be_slice(from.as_slice());
        let signature = Signature::new(r, U256::from(1), false);
        let mut signed = Self::new(body.into_signed(signature).into(), from);
        signed.tx.from_contract = true;
        signed
    }

    fn new(envelope: TxEnvelope, from: Address) -> Self {
        let list = envelope
            .access_list()
            .into_iter()
            .flat_map(|list| list.iter());
        let tx = Tx {
            from,
            to: match envelope.kind() {
                TxKind::Call(to) => Some(to),
                TxKind::Create => None,
            },
            value: envelope.value(),
            data: envelope.input().clone(),
            gas_limit: envelope.gas_limit(),
            nonce: Some(envelope.nonce()),
            access_list: list
                .map(|item| (item.address, item.storage_keys.clone()))
                .collect(),
            from_contract: false,
        };
        Self {
            hash: *envelope.tx_hash(),
            envelope,
            from,
            tx,
        }
    }

    /// As it was sent.
    #[must_use]
    pub fn envelope(&self) -> &TxEnvelope {
        &self.envelope
    }

    /// As it was sent, in bytes.
    #[must_use]
    pub fn raw(&self) -> Bytes {
        self.envelope.encoded_2718().into()
    }

    /// Its hash.
    #[must_use]
    pub fn hash(&self) -> B256 {
        self.hash
    }

    /// Its sender.
    #[must_use]
    pub fn from(&self) -> Address {
        self.from
    }

    /// Its place in the sender's order.
    #[must_use]
    pub fn nonce(&self) -> u64 {
        self.envelope.nonce()
    }

    /// Most wei per unit of gas that it pays.
    #[must_use]
    pub fn max_fee(&self) -> u128 {
        self.envelope.max_fee_per_gas()
    }

    /// Wei per unit of gas beyond the base fee that it offers, if its type has that.
    #[must_use]
    pub fn tip(&self) -> Option<u128> {
        self.envelope.max_priority_fee_per_gas()
    }

    /// What the chain is told.
    #[must_use]
    pub fn tx(&self) -> &Tx {
        &self.tx
    }
}
