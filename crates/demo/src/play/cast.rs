//! Who plays.

use testbed::{Address, World, actor};

use crate::flows::Account;

/// Somebody who calls the vault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Actor {
    /// Name.
    pub name: &'static str,
    /// What they are.
    pub role: &'static str,
}

impl Actor {
    const fn new(name: &'static str, role: &'static str) -> Self {
        Self { name, role }
    }

    /// Their account.
    pub fn address(self) -> Address {
        actor(self.name)
    }
}

pub const ALICE: Actor = Actor::new("Alice", "depositor");
pub const BOB: Actor = Actor::new("Bob", "depositor");
pub const CAROL: Actor = Actor::new("Carol", "depositor");
pub const DAVE: Actor = Actor::new("Dave", "buyer");
pub const ERIN: Actor = Actor::new("Erin", "buyer");
pub const FRANK: Actor = Actor::new("Frank", "buyer");
pub const KIM: Actor = Actor::new("Kim", "keeper");
pub const SAM: Actor = Actor::new("Sam", "stranger");
pub const ARBITRAGEUR: Actor = Actor::new("Ari", "arbitrageur");

/// Everybody who calls.
pub const CAST: [Actor; 9] = [ALICE, BOB, CAROL, DAVE, ERIN, FRANK, KIM, SAM, ARBITRAGEUR];

/// Every account that holds tokens: those who call, the vault, and the exchange.
pub fn accounts(world: &World) -> Vec<Account> {
    let person = |actor: &Actor| Account {
        name: actor.name,
        role: actor.role,
        address: actor.address(),
    };
    let thing = |name, role, address| Account {
        name,
        role,
        address,
    };
    let mut all: Vec<Account> = CAST.iter().map(person).collect();
    all.push(thing("Vault", "contract", world.vault));
    all.push(thing("Pool", "Uniswap V3, 5 bp", world.pool.address));
    all.push(thing("Router", "Uniswap V3", world.uniswap.router));
    all.push(thing("Positions", "Uniswap V3", world.uniswap.positions));
    all.push(thing(
        "Provider",
        "of the pool's liquidity",
        actor("liquidity provider"),
    ));
    all
}
