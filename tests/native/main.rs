//! The contract in a native VM (motsu): every verb through the router, refusals included, the ABI, and the decoder and encoder against another
//! implementation. What the VM does not model (reentrancy, static calls, the storage cache, gas, the base fee, accounts without code) is
//! tested on the WASM.

extern crate alloc;

mod abi;
mod buy;
mod claim;
mod codec;
mod construct;
mod deposit;
mod exercise;
mod fuzz;
mod interface;
mod observe;
mod open;
mod options;
mod rebalance;
mod redeem;
mod roll;
mod settle;
mod shares;
mod standards;
mod support;
mod views;
