//! One binary, a module per subject.

mod calls;
mod frames;
mod hooks;
mod ledger;
mod lifecycle;
mod market;
mod probe;
mod solidity;
mod storage;
mod support;
