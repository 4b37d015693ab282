//! Reads parameters.

use std::str::FromStr;

use alloy_primitives::{Address, B256, Bytes, U256};
use serde_json::Value;

use super::RpcError;

/// The parameters of a request. An absent one and `null` are the same.
#[derive(Clone, Debug, Default)]
pub struct Params(Vec<Value>);

impl Params {
    /// Of a request's `params`.
    ///
    /// # Errors
    /// When they are not a list; no method here has named ones.
    pub fn new(params: Option<&Value>) -> Result<Self, RpcError> {
        match params {
            None | Some(Value::Null) => Ok(Self::default()),
            Some(Value::Array(list)) => Ok(Self(list.clone())),
            // Some clients send an empty object for "none".
            Some(Value::Object(named)) if named.is_empty() => Ok(Self::default()),
            Some(_) => Err(RpcError::params("non-array args")),
        }
    }

    /// The parameter at an index, as it came.
    #[must_use]
    pub fn raw(&self, index: usize) -> Option<&Value> {
        self.0.get(index).filter(|value| !value.is_null())
    }

    /// The parameter at an index.
    ///
    /// # Errors
    /// When it is missing or something else.
    pub fn get<T: Param>(&self, index: usize) -> Result<T, RpcError> {
        self.opt(index)?
            .ok_or_else(|| RpcError::params(format!("missing value for required argument {index}")))
    }

    /// The parameter at an index, if it is there.
    ///
    /// # Errors
    /// When it is something else.
    pub fn opt<T: Param>(&self, index: usize) -> Result<Option<T>, RpcError> {
        let Some(value) = self.raw(index) else {
            return Ok(None);
        };
        let read = T::read(value)
            .map_err(|why| RpcError::params(format!("invalid argument {index}: {why}")));
        read.map(Some)
    }
}

/// Something a parameter, or a field of one, can be.
pub trait Param: Sized {
    /// Reads it.
    ///
    /// # Errors
    /// Says what it is not.
    fn read(value: &Value) -> Result<Self, String>;
}

/// A field of an object, `null` counting as absent.
///
/// # Errors
/// When it is something else.
pub fn field<T: Param>(object: &Value, name: &str) -> Result<Option<T>, String> {
    match object.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(value) => T::read(value)
            .map(Some)
            .map_err(|why| format!("{name}: {why}")),
    }
}

fn text(value: &Value) -> Result<&str, String> {
    value.as_str().ok_or_else(|| "not a string".to_owned())
}

fn hexadecimal<T: FromStr>(value: &Value, what: &str) -> Result<T, String> {
    let text = text(value)?;
    if !text.starts_with("0x") {
        return Err(format!("{what} without 0x prefix"));
    }
    text.parse().map_err(|_| format!("not {what}"))
}

impl Param for Address {
    fn read(value: &Value) -> Result<Self, String> {
        hexadecimal(value, "an address of 20 bytes")
    }
}

impl Param for B256 {
    fn read(value: &Value) -> Result<Self, String> {
        hexadecimal(value, "a hash of 32 bytes")
    }
}

impl Param for Bytes {
    fn read(value: &Value) -> Result<Self, String> {
        hexadecimal(value, "hexadecimal bytes")
    }
}

impl Param for bool {
    fn read(value: &Value) -> Result<Self, String> {
        value.as_bool().ok_or_else(|| "not a boolean".to_owned())
    }
}

impl Param for U256 {
    fn read(value: &Value) -> Result<Self, String> {
        // Test helpers send plain numbers too.
        if let Some(number) = value.as_u64() {
            return Ok(Self::from(number));
        }
        let text = text(value)?;
        let digits = text
            .strip_prefix("0x")
            .ok_or("a quantity without 0x prefix")?;
        if digits.is_empty() || digits.len() > 64 {
            return Err("a quantity needs 1 to 64 digits".to_owned());
        }
        Self::from_str_radix(digits, 16).map_err(|_| "not a quantity".to_owned())
    }
}

impl Param for u64 {
    fn read(value: &Value) -> Result<Self, String> {
        let number = U256::read(value)?;
        number
            .try_into()
            .map_err(|_| "larger than 64 bits".to_owned())
    }
}

impl Param for u128 {
    fn read(value: &Value) -> Result<Self, String> {
        let number = U256::read(value)?;
        number
            .try_into()
            .map_err(|_| "larger than 128 bits".to_owned())
    }
}

/// A word given as data or as a quantity: both are in use for slots.
#[derive(Clone, Copy, Debug)]
pub struct Word(pub U256);

impl Param for Word {
    fn read(value: &Value) -> Result<Self, String> {
        U256::read(value).map(Self)
    }
}

impl<T: Param> Param for Vec<T> {
    fn read(value: &Value) -> Result<Self, String> {
        let list = value.as_array().ok_or("not a list")?;
        list.iter().map(T::read).collect()
    }
}

/// Which block.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BlockId {
    /// The latest one, which is also safe and final.
    #[default]
    Latest,
    /// What the next one would see.
    Pending,
    /// The first one.
    Earliest,
    /// By its number.
    Number(u64),
    /// By its hash.
    Hash(B256),
}

impl Param for BlockId {
    fn read(value: &Value) -> Result<Self, String> {
        if value.is_object() {
            return match (field(value, "blockHash")?, field(value, "blockNumber")?) {
                (Some(hash), None) => Ok(Self::Hash(hash)),
                (None, Some(number)) => Ok(Self::Number(number)),
                _ => Err("a block has either a blockHash or a blockNumber".to_owned()),
            };
        }
        match value.as_str() {
            Some("latest" | "safe" | "finalized") => Ok(Self::Latest),
            Some("pending") => Ok(Self::Pending),
            Some("earliest") => Ok(Self::Earliest),
            Some(hash) if hash.len() == 66 => B256::read(value).map(Self::Hash),
            _ => u64::read(value).map(Self::Number),
        }
    }
}
