//! EVM and Stylus accounts in one journaled state: an embedded chain.
//!
//! [`Chain`] owns the state. EVM bytecode runs in revm; code with the Stylus prefix runs in a WASM interpreter under
//! the same call frames, so contracts of both kinds call one another and a revert undoes the writes of both. Rules
//! and prices are those of Nitro at ArbOS 51, Stylus version 2.
//!
//! ```
//! use devchain::{Chain, Config, Tx, primitives::{Address, U256}};
//!
//! let mut chain = Chain::new(Config::default());
//! let (alice, bob) = (Address::with_last_byte(0xA1), Address::with_last_byte(0xB0));
//! chain.fund(alice, U256::from(10).pow(U256::from(18)));
//! let receipt = chain.send(Tx::call(alice, bob, []).value(U256::from(7)));
//! assert!(receipt.is_success());
//! assert_eq!(chain.balance(bob), U256::from(7));
//! ```

#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub use alloy_primitives as primitives;
pub use alloy_sol_types as sol_types;
pub use stylus_rules as rules;

mod arbos;
pub mod artifacts;
mod chain;
mod config;
mod deploy;
mod env;
mod evm;
mod execute;
mod l1;
pub mod limits;
pub mod market;
mod receipt;
mod state;
mod stylus;
mod tx;

pub use chain::{Chain, SnapshotId};
pub use config::{CacheManagers, Config, L1Fee, ProgramCache, SEQUENCER};
pub use deploy::{DeployError, StylusDeployment};
pub use receipt::{CallKind, Frame, FrameKind, FrameStatus, Halt, Receipt, Status, StylusFrame};
pub use tx::{Tx, TxError};
