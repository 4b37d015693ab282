//! One binary, a module per subject.

mod frames;
mod market;
mod solidity;
mod support;
