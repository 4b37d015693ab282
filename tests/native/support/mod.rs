//! What the tests stand on: a vault with everything it talks to, and tokens, a feed and a venue that can be told to misbehave.

pub mod feed;
pub mod nobody;
pub mod seeds;
pub mod token;
pub mod venue;
pub mod world;

pub use seeds::Runs;
pub use token::Manner;
pub use world::{Amount, Balances, NOW, USDC, WAD, WETH, World, alice, bob, carol, id};
