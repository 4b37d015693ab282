//! The embedded chain as a JSON-RPC node: what the program `devchain` is made of.
//!
//! [`node::Node`] owns a chain and answers requests, one after the other, in the thread that owns it; [`server`] puts
//! HTTP in front. There is one module per family of methods in [`rpc`].

pub mod accounts;
pub mod genesis;
pub mod node;
pub mod options;
pub mod rpc;
pub mod server;
