//! The shares as an ERC-20 token.

use alloy_primitives::{Address, U256};

use crate::interface::ICoveredCallVault::*;
use crate::support::*;

fn held(world: &World, owner: Address) -> U256 {
    world.view(&balanceOf_0Call { owner }).shares
}

fn allowed(world: &World, owner: Address, spender: Address) -> U256 {
    world.view(&allowance_0Call { owner, spender }).shares
}

/// Alice has 1 000 shares of one WETH.
fn world() -> World {
    let world = World::new();
    world.deposit(alice(), WETH);
    world
}

#[test]
fn a_transfer_moves_shares_and_says_so() {
    let world = world();
    assert!(
        world
            .call(
                alice(),
                &transfer_0Call {
                    to: bob(),
                    value: WETH.u()
                }
            )
            .success
    );
    assert_eq!(
        (held(&world, alice()), held(&world, bob())),
        ((999 * WETH).u(), WETH.u())
    );
    world.vault.assert_emitted(&Transfer_0 {
        from: alice(),
        to: bob(),
        value: WETH.u(),
    });
}

#[test]
fn a_transfer_to_oneself_changes_nothing() {
    let world = world();
    world.call(
        alice(),
        &transfer_0Call {
            to: alice(),
            value: (400 * WETH).u(),
        },
    );
    assert_eq!(held(&world, alice()), (1_000 * WETH).u());
    let needed = (1_000 * WETH + 1).u();
    let lacks = ERC20InsufficientBalance {
        sender: alice(),
        balance: (1_000 * WETH).u(),
        needed,
    };
    world.refuses(
        alice(),
        &transfer_0Call {
            to: alice(),
            value: needed,
        },
        &lacks,
    );
}

#[test]
fn a_transfer_of_nothing_is_a_transfer() {
    let world = world();
    world.call(
        carol(),
        &transfer_0Call {
            to: bob(),
            value: U256::ZERO,
        },
    );
    world.vault.assert_emitted(&Transfer_0 {
        from: carol(),
        to: bob(),
        value: U256::ZERO,
    });
}

#[test]
fn more_than_is_held_does_not_move() {
    let world = world();
    let needed = (1_000 * WETH + 1).u();
    let lacks = ERC20InsufficientBalance {
        sender: alice(),
        balance: (1_000 * WETH).u(),
        needed,
    };
    world.refuses(
        alice(),
        &transfer_0Call {
            to: bob(),
            value: needed,
        },
        &lacks,
    );
    let value = U256::from(1);
    let lacks = ERC20InsufficientBalance {
        sender: carol(),
        balance: U256::ZERO,
        needed: value,
    };
    world.refuses(carol(), &transfer_0Call { to: bob(), value }, &lacks);
}

#[test]
fn shares_are_not_sent_to_nobody() {
    let world = world();
    world.refuses(
        alice(),
        &transfer_0Call {
            to: Address::ZERO,
            value: WETH.u(),
        },
        &ZeroAddress {},
    );
    world.call(
        alice(),
        &approve_0Call {
            spender: bob(),
            value: WETH.u(),
        },
    );
    let call = transferFrom_0Call {
        from: alice(),
        to: Address::ZERO,
        value: WETH.u(),
    };
    world.refuses(bob(), &call, &ZeroAddress {});
}

#[test]
fn an_allowance_is_set_replaced_and_used_up() {
    let world = world();
    for value in [WETH, 0, 10 * WETH] {
        assert!(
            world
                .call(
                    alice(),
                    &approve_0Call {
                        spender: bob(),
                        value: value.u()
                    }
                )
                .success
        );
        assert_eq!(allowed(&world, alice(), bob()), value.u());
        world.vault.assert_emitted(&Approval_0 {
            owner: alice(),
            spender: bob(),
            value: value.u(),
        });
    }
    let take = |value: u128| transferFrom_0Call {
        from: alice(),
        to: carol(),
        value: value.u(),
    };
    assert!(world.call(bob(), &take(4 * WETH)).success);
    assert_eq!(
        held(&world, carol()),
        (4 * WETH).u(),
        "to the receiver, not the spender"
    );
    assert_eq!(allowed(&world, alice(), bob()), (6 * WETH).u());
    assert_eq!(allowed(&world, bob(), alice()), U256::ZERO, "one way");
    let lacks = ERC20InsufficientAllowance {
        spender: bob(),
        allowance: (6 * WETH).u(),
        needed: (6 * WETH + 1).u(),
    };
    world.refuses(bob(), &take(6 * WETH + 1), &lacks);
    let lacks = ERC20InsufficientAllowance {
        spender: carol(),
        allowance: U256::ZERO,
        needed: U256::from(1),
    };
    world.refuses(carol(), &take(1), &lacks);
}

#[test]
fn an_allowance_without_limit_stays_so() {
    let world = world();
    world.call(
        alice(),
        &approve_0Call {
            spender: bob(),
            value: U256::MAX,
        },
    );
    world.vault.assert_emitted(&Approval_0 {
        owner: alice(),
        spender: bob(),
        value: U256::MAX,
    });
    world.call(
        bob(),
        &transferFrom_0Call {
            from: alice(),
            to: bob(),
            value: WETH.u(),
        },
    );
    assert_eq!(allowed(&world, alice(), bob()), U256::MAX);
    let lacks = ERC20InsufficientBalance {
        sender: alice(),
        balance: (999 * WETH).u(),
        needed: (1_000 * WETH).u(),
    };
    world.refuses(
        bob(),
        &transferFrom_0Call {
            from: alice(),
            to: bob(),
            value: (1_000 * WETH).u(),
        },
        &lacks,
    );
}

#[test]
fn an_owner_needs_no_allowance() {
    let world = world();
    world.call(
        alice(),
        &transferFrom_0Call {
            from: alice(),
            to: bob(),
            value: WETH.u(),
        },
    );
    assert_eq!(held(&world, bob()), WETH.u());
}

#[test]
fn shares_move_in_every_phase() {
    let world = World::live(100 * WETH);
    let mut moved = 0_u64;
    let mut send = || {
        world.call(
            alice(),
            &transfer_0Call {
                to: bob(),
                value: U256::from(1),
            },
        );
        moved += 1;
        assert_eq!(held(&world, bob()), moved.u());
    };
    send();
    let round = world.expire(2_000, 61);
    send();
    world.call(carol(), &world.settling(round));
    send();
}
