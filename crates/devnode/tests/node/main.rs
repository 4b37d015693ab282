//! The node as its clients see it: JSON in, JSON out. What needs HTTP or a real client is tested in `tests/clients`.
#![allow(
    clippy::unwrap_used,
    reason = "a test stops where something is missing"
)]

mod blocks;
mod calls;
mod control;
mod debug;
mod logs;
mod memory;
mod robustness;
mod speed;
mod support;
mod transactions;
