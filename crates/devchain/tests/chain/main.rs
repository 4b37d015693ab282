//! One binary, a module per subject.

mod calls;
mod context;
mod frames;
mod hooks;
mod ledger;
mod lifecycle;
mod market;
mod outcomes;
mod probe;
mod solidity;
mod storage;
mod support;
mod thresholds;
