//! Errors as clients know them from geth.

use alloy_primitives::Bytes;
use alloy_sol_types::{Panic, Revert, SolError};
use serde_json::{Value, json};

/// An error reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RpcError {
    /// Its code.
    pub code: i64,
    /// What is wrong.
    pub message: String,
    /// What a revert returned.
    pub data: Option<Value>,
}

impl RpcError {
    fn new(code: i64, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            data: None,
        }
    }

    /// The body is not JSON.
    #[must_use]
    pub fn parse(error: &serde_json::Error) -> Self {
        Self::new(-32_700, format!("parse error: {error}"))
    }

    /// It is JSON, but no request.
    pub fn invalid_request(why: impl Into<String>) -> Self {
        Self::new(-32_600, format!("invalid request: {}", why.into()))
    }

    /// There is no such method.
    #[must_use]
    pub fn method(name: &str) -> Self {
        let message = format!("the method {name} does not exist/is not available");
        Self::new(-32_601, message)
    }

    /// A parameter is not what it should be.
    pub fn params(why: impl Into<String>) -> Self {
        Self::new(-32_602, why)
    }

    /// The request is well-formed, but refused.
    pub fn server(why: impl Into<String>) -> Self {
        Self::new(-32_000, why)
    }

    /// Our own fault.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(-32_603, "internal error")
    }

    /// A call reverted with this data.
    #[must_use]
    pub fn revert(output: &Bytes) -> Self {
        let message = match reason(output) {
            Some(reason) => format!("execution reverted: {reason}"),
            None => "execution reverted".to_owned(),
        };
        Self {
            data: Some(json!(output)),
            ..Self::new(3, message)
        }
    }

    /// As it is sent.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut error = json!({ "code": self.code, "message": self.message });
        if let Some(data) = &self.data {
            error["data"] = data.clone();
        }
        error
    }
}

/// The text of a `require`, or what a Solidity panic stands for.
pub(super) fn reason(output: &[u8]) -> Option<String> {
    if let Ok(revert) = Revert::abi_decode(output) {
        return Some(revert.reason);
    }
    Panic::abi_decode(output)
        .ok()
        .map(|panic| panic.to_string())
}
