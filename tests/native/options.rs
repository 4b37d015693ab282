//! The options as ERC-6909 tokens.

use alloy_primitives::{Address, FixedBytes, U256};

use crate::interface::ICoveredCallVault::*;
use crate::support::*;

fn held(world: &World, owner: Address, id: U256) -> U256 {
    world.view(&balanceOf_1Call { owner, id }).amount
}

fn allowed(world: &World, spender: Address, id: U256) -> U256 {
    world
        .view(&allowance_1Call {
            owner: bob(),
            spender,
            id,
        })
        .amount
}

/// Bob has 10 options of the first series and 5 of the second.
fn world() -> World {
    let world = World::live(100 * WETH);
    world.buy(0, 10 * WETH);
    world.buy(1, 5 * WETH);
    world
}

fn take(receiver: Address, series: u128, amount: u128) -> transferFrom_1Call {
    transferFrom_1Call {
        sender: bob(),
        receiver,
        id: id(1, series),
        amount: amount.u(),
    }
}

#[test]
fn a_transfer_moves_options_of_one_series_and_says_so() {
    let world = world();
    assert!(
        world
            .call(
                bob(),
                &transfer_1Call {
                    receiver: alice(),
                    id: id(1, 0),
                    amount: WETH.u()
                }
            )
            .success
    );
    assert_eq!(
        (
            held(&world, bob(), id(1, 0)),
            held(&world, alice(), id(1, 0))
        ),
        ((9 * WETH).u(), WETH.u())
    );
    assert_eq!(
        (
            held(&world, bob(), id(1, 1)),
            held(&world, alice(), id(1, 1))
        ),
        ((5 * WETH).u(), U256::ZERO)
    );
    world.vault.assert_emitted(&Transfer_1 {
        caller: bob(),
        sender: bob(),
        receiver: alice(),
        id: id(1, 0),
        amount: WETH.u(),
    });
}

#[test]
fn a_transfer_to_oneself_changes_nothing() {
    let world = world();
    world.call(
        bob(),
        &transfer_1Call {
            receiver: bob(),
            id: id(1, 0),
            amount: (10 * WETH).u(),
        },
    );
    assert_eq!(held(&world, bob(), id(1, 0)), (10 * WETH).u());
}

#[test]
fn more_options_than_are_held_do_not_move() {
    let world = world();
    let (id, needed) = (id(1, 1), (5 * WETH + 1).u());
    let lacks = ERC6909InsufficientBalance {
        sender: bob(),
        balance: (5 * WETH).u(),
        needed,
        id,
    };
    world.refuses(
        bob(),
        &transfer_1Call {
            receiver: alice(),
            id,
            amount: needed,
        },
        &lacks,
    );
}

#[test]
fn options_are_not_sent_to_nobody() {
    let world = world();
    let receiver = Address::ZERO;
    world.refuses(
        bob(),
        &transfer_1Call {
            receiver,
            id: id(1, 0),
            amount: WETH.u(),
        },
        &ZeroAddress {},
    );
    world.refuses(bob(), &take(receiver, 0, WETH), &ZeroAddress {});
}

#[test]
fn an_allowance_is_of_one_series_and_used_up() {
    let world = world();
    assert!(
        world
            .call(
                bob(),
                &approve_1Call {
                    spender: carol(),
                    id: id(1, 0),
                    amount: (3 * WETH).u()
                }
            )
            .success
    );
    world.vault.assert_emitted(&Approval_1 {
        owner: bob(),
        spender: carol(),
        id: id(1, 0),
        amount: (3 * WETH).u(),
    });
    assert!(world.call(carol(), &take(alice(), 0, WETH)).success);
    assert_eq!(allowed(&world, carol(), id(1, 0)), (2 * WETH).u());
    world.vault.assert_emitted(&Transfer_1 {
        caller: carol(),
        sender: bob(),
        receiver: alice(),
        id: id(1, 0),
        amount: WETH.u(),
    });
    let lacks = |series: u128, allowance: u128, needed: u128| ERC6909InsufficientAllowance {
        spender: carol(),
        allowance: allowance.u(),
        needed: needed.u(),
        id: id(1, series),
    };
    world.refuses(
        carol(),
        &take(alice(), 0, 2 * WETH + 1),
        &lacks(0, 2 * WETH, 2 * WETH + 1),
    );
    world.refuses(carol(), &take(alice(), 1, 1), &lacks(1, 0, 1));
}

#[test]
fn an_allowance_of_options_without_limit_stays_so() {
    let world = world();
    world.call(
        bob(),
        &approve_1Call {
            spender: carol(),
            id: id(1, 0),
            amount: U256::MAX,
        },
    );
    world.vault.assert_emitted(&Approval_1 {
        owner: bob(),
        spender: carol(),
        id: id(1, 0),
        amount: U256::MAX,
    });
    world.call(carol(), &take(alice(), 0, WETH));
    assert_eq!(allowed(&world, carol(), id(1, 0)), U256::MAX);
}

#[test]
fn an_operator_moves_every_series_without_an_allowance_until_it_is_removed() {
    let world = world();
    let is_operator = || {
        world
            .view(&isOperatorCall {
                owner: bob(),
                spender: carol(),
            })
            .approved
    };
    assert!(!is_operator());
    assert!(
        world
            .call(
                bob(),
                &setOperatorCall {
                    spender: carol(),
                    approved: true
                }
            )
            .success
    );
    world.vault.assert_emitted(&OperatorSet {
        owner: bob(),
        spender: carol(),
        approved: true,
    });
    assert!(is_operator());
    assert!(
        !world
            .view(&isOperatorCall {
                owner: carol(),
                spender: bob()
            })
            .approved,
        "one way"
    );
    world.call(
        bob(),
        &approve_1Call {
            spender: carol(),
            id: id(1, 0),
            amount: WETH.u(),
        },
    );
    world.call(carol(), &take(carol(), 0, 2 * WETH));
    world.call(carol(), &take(carol(), 1, 2 * WETH));
    assert_eq!(
        allowed(&world, carol(), id(1, 0)),
        WETH.u(),
        "an operator uses up no allowance"
    );
    world.call(
        bob(),
        &setOperatorCall {
            spender: carol(),
            approved: false,
        },
    );
    world.vault.assert_emitted(&OperatorSet {
        owner: bob(),
        spender: carol(),
        approved: false,
    });
    assert!(!is_operator());
    let lacks = ERC6909InsufficientAllowance {
        spender: carol(),
        allowance: U256::ZERO,
        needed: U256::from(1),
        id: id(1, 1),
    };
    world.refuses(carol(), &take(carol(), 1, 1), &lacks);
}

#[test]
fn a_holder_needs_no_allowance() {
    let world = world();
    world.call(bob(), &take(alice(), 0, WETH));
    assert_eq!(held(&world, alice(), id(1, 0)), WETH.u());
}

#[test]
fn the_interfaces_are_erc_165_and_erc_6909() {
    let world = World::new();
    let supports = |bytes: [u8; 4]| {
        world
            .view(&supportsInterfaceCall {
                interfaceId: FixedBytes(bytes),
            })
            .supported
    };
    assert!(supports([0x01, 0xff, 0xc9, 0xa7]), "ERC-165");
    assert!(supports([0x0f, 0x63, 0x2f, 0xb3]), "ERC-6909");
    assert!(!supports([0xff; 4]), "as ERC-165 demands");
    assert!(
        !supports([0x36, 0x37, 0x2b, 0x07]),
        "ERC-20 has none that is checked"
    );
    assert!(!supports([0; 4]));
}

#[test]
fn a_sold_series_has_as_many_options_as_are_held() {
    let world = world();
    world.call(
        bob(),
        &transfer_1Call {
            receiver: alice(),
            id: id(1, 0),
            amount: WETH.u(),
        },
    );
    for series in 0..3 {
        let id = id(1, series);
        let sum = held(&world, alice(), id) + held(&world, bob(), id) + held(&world, carol(), id);
        assert_eq!(world.view(&seriesCall { id }).sold, sum, "series {series}");
    }
}
