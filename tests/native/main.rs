//! The contract in a native VM (motsu): every verb through the router, refusals included, the ABI, and the decoder and encoder against another
//! implementation. What the VM does not model (reentrancy, static calls, the storage cache, gas, the base fee, accounts without code) is
//! tested on the WASM.

extern crate alloc;

mod buy;
mod claim;
mod construct;
mod deposit;
mod exercise;
mod interface;
mod open;
mod options;
mod rebalance;
mod redeem;
mod roll;
mod settle;
mod shares;
mod support;
mod views;
