//! What comes back from a transaction or a call.

use std::fmt;

use alloy_primitives::{Address, Bytes, Log, U256};

use crate::tx::TxError;

/// How a transaction ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// It did what it should; its effects are in the state.
    Success,
    /// It reverted, [`Receipt::output`] says why.
    Revert,
    /// It was stopped, and all gas is lost.
    Halt(Halt),
    /// It was not included in any block.
    Invalid(TxError),
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Success => f.write_str("success"),
            Self::Revert => f.write_str("reverted"),
            Self::Halt(halt) => write!(f, "halted: {halt}"),
            Self::Invalid(error) => write!(f, "invalid transaction: {error}"),
        }
    }
}

/// Why a frame was stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Halt {
    /// The gas ran out, or the ink.
    OutOfGas,
    /// A WASM frame used up its stack budget.
    OutOfStack,
    /// The program is not activated, out of date or expired.
    ProgramNotActivated,
    /// A precompile of ArbOS that this chain leaves out.
    UnknownPrecompile {
        /// Its address.
        address: Address,
        /// The method called.
        selector: [u8; 4],
    },
    /// Created code is too long or starts with a reserved byte.
    InvalidCode,
    /// The state was to be changed in a static call.
    StaticCall,
    /// Anything else: the EVM's own word for it.
    Other(String),
}

impl fmt::Display for Halt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reason = match self {
            Self::UnknownPrecompile { address, selector } => {
                let selector = u32::from_be_bytes(*selector);
                return write!(
                    f,
                    "this chain leaves out method {selector:#010x} of precompile {address}"
                );
            }
            Self::OutOfGas => "out of gas",
            Self::OutOfStack => "out of stack",
            Self::ProgramNotActivated => "program not activated",
            Self::InvalidCode => "invalid code",
            Self::StaticCall => "state change in a static call",
            Self::Other(reason) => reason,
        };
        f.write_str(reason)
    }
}

/// The result of a transaction or of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// How it ended.
    pub status: Status,
    /// Gas paid for, after refunds and including [`Receipt::l1_gas`].
    pub gas_used: u64,
    /// Gas that was refunded.
    pub refunded: u64,
    /// Part of the gas that paid for publication on L1.
    pub l1_gas: u64,
    /// Return data, or what a revert said.
    pub output: Bytes,
    /// Address of the contract created.
    pub contract: Option<Address>,
    /// Logs, in order.
    pub logs: Vec<Log>,
    /// The call tree, parents before children. At most [`crate::limits::FRAMES_MAX`] frames.
    pub frames: Vec<Frame>,
    /// The block: that of the transaction, or for a call the latest.
    pub block_number: u64,
    /// Time of the block, in seconds since 1970.
    pub timestamp: u64,
}

impl Receipt {
    /// Whether it succeeded.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.status == Status::Success
    }
}

/// Which machine ran a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameKind {
    /// EVM bytecode, or an account without code.
    Evm,
    /// A WASM program.
    Stylus,
    /// A precompiled contract.
    Precompile,
}

/// How a frame was entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallKind {
    /// `CALL`, or the transaction itself.
    Call,
    /// `CALLCODE`.
    CallCode,
    /// `DELEGATECALL`.
    DelegateCall,
    /// `STATICCALL`.
    StaticCall,
    /// `CREATE`, or a creating transaction.
    Create,
    /// `CREATE2`.
    Create2,
}

/// How a frame ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FrameStatus {
    /// Well.
    Success,
    /// With a revert.
    Revert,
    /// It was stopped, and its gas is lost.
    Halt(Halt),
}

/// One frame of the call tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Number of frames it is nested in.
    pub depth: usize,
    /// Which machine ran it.
    pub kind: FrameKind,
    /// How it was entered.
    pub call: CallKind,
    /// The caller.
    pub from: Address,
    /// The account whose code ran, or which was created (zero if that failed).
    pub to: Address,
    /// Wei sent along, or seen by a delegate call.
    pub value: U256,
    /// Calldata or init code, its first [`Config::frame_data_max`](crate::Config::frame_data_max) bytes.
    pub input: Bytes,
    /// Gas it was given.
    pub gas_limit: u64,
    /// Gas it used, before refunds.
    pub gas_used: u64,
    /// How it ended.
    pub status: FrameStatus,
    /// Return data, its first [`Config::frame_data_max`](crate::Config::frame_data_max) bytes.
    pub output: Bytes,
    /// What a WASM frame did.
    pub stylus: Option<StylusFrame>,
}

/// What a WASM frame did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StylusFrame {
    /// Gas charged for entering the program, its memory included.
    pub entry_gas: u64,
    /// Whether the cached price was charged.
    pub cached: bool,
    /// Pages of memory when it ended.
    pub pages: u32,
    /// Ink used after entering.
    pub ink_used: u64,
    /// Calls of host functions.
    pub hostio_count: u64,
}
