//! ERC-20 shares and ERC-6909 options.

use crate::support::*;
use testbed::{Abi, Address, Options, U256, WAD, World};

fn shared() -> World {
    deposited(&Options::default())
}

#[test]
fn shares_say_what_they_are() {
    let world = shared();
    assert_eq!(
        world.view(&Abi::name_0Call {}),
        "Covered Call Vault WETH/USDC"
    );
    assert_eq!(world.view(&Abi::symbol_0Call {}), "ccWETH");
    assert_eq!(world.view(&Abi::decimals_0Call {}), 21);
    assert_eq!(world.view(&Abi::assetCall {}), world.weth.address);
    assert_eq!(world.view(&Abi::quoteTokenCall {}), world.usdc.address);
    let venues = world.view(&Abi::venuesCall {});
    assert_eq!(venues.assetFeed, world.feed.address);
    assert_eq!(venues.sequencerFeed, world.sequencer.address());
    assert_eq!(venues.quoteFeed, Address::ZERO);
    assert_eq!(venues.router, world.uniswap.router);
}

#[test]
fn shares_move_with_an_event() {
    let mut world = shared();
    let call = Abi::transfer_0Call {
        to: carol(),
        value: u(3 * WAD),
    };
    let done = world.send(alice(), &call).expect("hers");
    assert!(done.value);
    let moved: Abi::Transfer_0 = event(&world, &done.receipt);
    assert_eq!(
        moved,
        Abi::Transfer_0 {
            from: alice(),
            to: carol(),
            value: u(3 * WAD)
        }
    );
    assert_eq!(
        (shares(&world, alice()), shares(&world, carol())),
        (9_997 * WAD, 3 * WAD)
    );
    assert_eq!(supply(&world), 20_000 * WAD);
    // To oneself, and of nothing.
    let call = Abi::transfer_0Call {
        to: carol(),
        value: u(3 * WAD),
    };
    world.send(carol(), &call).expect("to oneself");
    world
        .send(
            stranger(),
            &Abi::transfer_0Call {
                to: bob(),
                value: U256::ZERO,
            },
        )
        .expect("nothing");
    assert_eq!(
        (shares(&world, carol()), shares(&world, bob())),
        (3 * WAD, 10_000 * WAD)
    );
}

#[test]
fn shares_move_in_every_phase() {
    let mut world = hedged();
    let call = Abi::transfer_0Call {
        to: carol(),
        value: u(WAD),
    };
    world.send(alice(), &call).expect("live");
    expire(&mut world, SPOT);
    world.send(alice(), &call).expect("expired");
    let hint = round(&world);
    world
        .send(keeper(), &settling(&world, hint))
        .expect("settles");
    world.send(alice(), &call).expect("settled");
    assert_eq!(shares(&world, carol()), 3 * WAD);
}

#[test]
fn more_shares_than_held_do_not_move() {
    let mut world = shared();
    let (balance, needed) = (u(10_000 * WAD), u(10_000 * WAD + 1));
    let error = Abi::ERC20InsufficientBalance {
        sender: alice(),
        balance,
        needed,
    };
    let call = Abi::transfer_0Call {
        to: carol(),
        value: needed,
    };
    refuse(&mut world, alice(), &call, error);
    let to = Address::ZERO;
    refuse(
        &mut world,
        alice(),
        &Abi::transfer_0Call { to, value: u(1) },
        Abi::ZeroAddress {},
    );
    world
        .send(
            alice(),
            &Abi::approve_0Call {
                spender: bob(),
                value: U256::MAX,
            },
        )
        .expect("approval");
    let call = Abi::transferFrom_0Call {
        from: alice(),
        to,
        value: u(1),
    };
    refuse(&mut world, bob(), &call, Abi::ZeroAddress {});
    let error = Abi::ERC20InsufficientBalance {
        sender: alice(),
        balance,
        needed,
    };
    let call = Abi::transferFrom_0Call {
        from: alice(),
        to: carol(),
        value: needed,
    };
    refuse(&mut world, bob(), &call, error);
}

#[test]
fn an_allowance_of_shares_is_used_up() {
    let mut world = shared();
    let (owner, spender) = (alice(), bob());
    let value = u(5 * WAD);
    let done = world
        .send(owner, &Abi::approve_0Call { spender, value })
        .expect("approval");
    let approval: Abi::Approval_0 = event(&world, &done.receipt);
    assert_eq!(
        approval,
        Abi::Approval_0 {
            owner,
            spender,
            value
        }
    );
    let call = Abi::transferFrom_0Call {
        from: owner,
        to: carol(),
        value: u(2 * WAD),
    };
    let done = world.send(spender, &call).expect("allowed");
    let moved: Abi::Transfer_0 = event(&world, &done.receipt);
    assert_eq!((moved.from, moved.to), (owner, carol()));
    world.send(spender, &call).expect("allowed");
    assert_eq!(world.view(&Abi::allowance_0Call { owner, spender }), u(WAD));
    let error = Abi::ERC20InsufficientAllowance {
        spender,
        allowance: u(WAD),
        needed: u(2 * WAD),
    };
    refuse(&mut world, spender, &call, error);
    world
        .send(
            owner,
            &Abi::approve_0Call {
                spender,
                value: U256::ZERO,
            },
        )
        .expect("revoked");
    let call = Abi::transferFrom_0Call {
        from: owner,
        to: carol(),
        value: u(1),
    };
    let error = Abi::ERC20InsufficientAllowance {
        spender,
        allowance: U256::ZERO,
        needed: u(1),
    };
    refuse(&mut world, spender, &call, error);
    // The owner needs none.
    let call = Abi::transferFrom_0Call {
        from: owner,
        to: carol(),
        value: u(1),
    };
    world.send(owner, &call).expect("hers");
}

#[test]
fn an_allowance_without_limit_reads_back_as_one() {
    let mut world = shared();
    let (owner, spender) = (alice(), bob());
    let done = world.send(
        owner,
        &Abi::approve_0Call {
            spender,
            value: U256::MAX,
        },
    );
    let approval: Abi::Approval_0 = event(&world, &done.expect("approval").receipt);
    assert_eq!(approval.value, U256::MAX);
    let call = Abi::transferFrom_0Call {
        from: owner,
        to: carol(),
        value: u(WAD),
    };
    world.send(spender, &call).expect("allowed");
    assert_eq!(
        world.view(&Abi::allowance_0Call { owner, spender }),
        U256::MAX
    );
}

// --- Options ---

fn give(receiver: Address, series: u128, amount: u128) -> Abi::transfer_1Call {
    Abi::transfer_1Call {
        receiver,
        id: id(series),
        amount: u(amount),
    }
}

fn take(sender: Address, receiver: Address, amount: u128) -> Abi::transferFrom_1Call {
    Abi::transferFrom_1Call {
        sender,
        receiver,
        id: id(0),
        amount: u(amount),
    }
}

#[test]
fn options_move_with_an_event() {
    let mut world = sold();
    let done = world.send(carol(), &give(bob(), 1, WAD)).expect("hers");
    assert!(done.value);
    let moved: Abi::Transfer_1 = event(&world, &done.receipt);
    let expected = Abi::Transfer_1 {
        caller: carol(),
        sender: carol(),
        receiver: bob(),
        id: id(1),
        amount: u(WAD),
    };
    assert_eq!(moved, expected);
    assert_eq!(options_of(&world, carol(), id(1)), SOLD - WAD);
    assert_eq!(options_of(&world, bob(), id(1)), WAD);
    assert_eq!(
        options_of(&world, bob(), id(0)),
        0,
        "other series are other tokens"
    );
    world
        .send(carol(), &give(carol(), 1, WAD))
        .expect("to oneself");
    assert_eq!(options_of(&world, carol(), id(1)), SOLD - WAD);
}

#[test]
fn more_options_than_held_do_not_move() {
    let mut world = sold();
    let error = Abi::ERC6909InsufficientBalance {
        sender: carol(),
        balance: u(SOLD),
        needed: u(SOLD + 1),
        id: id(2),
    };
    refuse(&mut world, carol(), &give(bob(), 2, SOLD + 1), error);
    refuse(
        &mut world,
        carol(),
        &give(Address::ZERO, 2, 1),
        Abi::ZeroAddress {},
    );
}

#[test]
fn an_allowance_of_options_is_of_one_series_and_used_up() {
    let mut world = sold();
    let (owner, spender, amount) = (carol(), bob(), u(2 * WAD));
    let done = world.send(
        owner,
        &Abi::approve_1Call {
            spender,
            id: id(0),
            amount,
        },
    );
    let approval: Abi::Approval_1 = event(&world, &done.expect("approval").receipt);
    assert_eq!(
        approval,
        Abi::Approval_1 {
            owner,
            spender,
            id: id(0),
            amount
        }
    );
    world
        .send(spender, &take(owner, alice(), WAD))
        .expect("allowed");
    let left = Abi::allowance_1Call {
        owner,
        spender,
        id: id(0),
    };
    assert_eq!(world.view(&left), u(WAD));
    let error = Abi::ERC6909InsufficientAllowance {
        spender,
        allowance: u(WAD),
        needed: u(WAD + 1),
        id: id(0),
    };
    refuse(&mut world, spender, &take(owner, alice(), WAD + 1), error);
    let other = Abi::transferFrom_1Call {
        id: id(1),
        ..take(owner, alice(), 1)
    };
    let error = Abi::ERC6909InsufficientAllowance {
        spender,
        allowance: U256::ZERO,
        needed: u(1),
        id: id(1),
    };
    refuse(&mut world, spender, &other, error);
    let call = Abi::approve_1Call {
        spender,
        id: id(0),
        amount: U256::MAX,
    };
    world.send(owner, &call).expect("approval");
    world
        .send(spender, &take(owner, alice(), WAD))
        .expect("allowed");
    assert_eq!(world.view(&left), U256::MAX, "no limit is not used up");
    assert_eq!(options_of(&world, alice(), id(0)), 2 * WAD);
}

#[test]
fn an_operator_moves_all_options_until_revoked() {
    let mut world = sold();
    let (owner, spender) = (carol(), bob());
    let done = world.send(
        owner,
        &Abi::setOperatorCall {
            spender,
            approved: true,
        },
    );
    let set: Abi::OperatorSet = event(&world, &done.expect("set").receipt);
    assert_eq!(
        set,
        Abi::OperatorSet {
            owner,
            spender,
            approved: true
        }
    );
    assert!(world.view(&Abi::isOperatorCall { owner, spender }));
    assert!(!world.view(&Abi::isOperatorCall {
        owner: spender,
        spender: owner
    }));
    let done = world
        .send(spender, &take(owner, alice(), WAD))
        .expect("operator");
    let moved: Abi::Transfer_1 = event(&world, &done.receipt);
    assert_eq!(
        (moved.caller, moved.sender, moved.receiver),
        (spender, owner, alice())
    );
    world
        .send(
            owner,
            &Abi::setOperatorCall {
                spender,
                approved: false,
            },
        )
        .expect("revoked");
    assert!(!world.view(&Abi::isOperatorCall { owner, spender }));
    let error = Abi::ERC6909InsufficientAllowance {
        spender,
        allowance: U256::ZERO,
        needed: u(1),
        id: id(0),
    };
    refuse(&mut world, spender, &take(owner, alice(), 1), error);
    // An operator of options has no say over shares.
    world
        .send(
            alice(),
            &Abi::setOperatorCall {
                spender,
                approved: true,
            },
        )
        .expect("set");
    let call = Abi::transferFrom_0Call {
        from: alice(),
        to: bob(),
        value: u(1),
    };
    let error = Abi::ERC20InsufficientAllowance {
        spender,
        allowance: U256::ZERO,
        needed: u(1),
    };
    refuse(&mut world, spender, &call, error);
}

#[test]
fn whoever_holds_an_option_is_paid_for_it() {
    let mut world = sold();
    world.send(carol(), &give(bob(), 0, SOLD)).expect("hers");
    settle(&mut world, 2_500 * WAD);
    let call = Abi::exerciseCall {
        id: id(0),
        amount: u(SOLD),
        receiver: bob(),
    };
    let paid = world.send(bob(), &call).expect("settled").value;
    assert!(paid.quote > U256::ZERO);
}

#[test]
fn interfaces_are_announced() {
    let world = shared();
    let supports = |id: u32| {
        world.view(&Abi::supportsInterfaceCall {
            interfaceId: id.to_be_bytes().into(),
        })
    };
    assert!(supports(0x01ff_c9a7), "ERC-165");
    assert!(supports(0x0f63_2fb3), "ERC-6909");
    assert!(!supports(0xffff_ffff) && !supports(0) && !supports(0x36372b07));
}
