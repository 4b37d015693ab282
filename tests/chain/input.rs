//! Calldata that is short, long, dirty or unknown, amounts beyond all bounds, and ether.

use crate::support::*;
use alloy_sol_types::SolCall;
use testbed::devchain::Tx;
use testbed::primitives::B256;
use testbed::{Abi, Errors, Options, U256, WAD, World};

/// A call's data with one word replaced.
fn with_word(call: &impl SolCall, index: usize, word: B256) -> Vec<u8> {
    let mut data = call.abi_encode();
    data[4 + 32 * index..36 + 32 * index].copy_from_slice(word.as_slice());
    data
}

#[test]
fn words_that_are_no_value_of_their_type_are_refused() {
    let mut world = deposited(&Options::default());
    let who = alice();
    let mut dirty = B256::left_padding_from(who.as_slice());
    dirty[11] = 1;
    let deposit = Abi::deposit_0Call {
        assets: u(WAD),
        receiver: who,
    };
    let transfer = Abi::transfer_0Call {
        to: who,
        value: u(1),
    };
    let operator = Abi::setOperatorCall {
        spender: who,
        approved: true,
    };
    let settle = settling_at(1, round(&world));
    let supports = Abi::supportsInterfaceCall {
        interfaceId: [1, 2, 3, 4].into(),
    };
    let two = B256::with_last_byte(2);
    let long_round = B256::from(U256::from(1) << 64);
    let unclean = B256::right_padding_from(&[1, 2, 3, 4, 5]);
    let large = B256::from(U256::from(1) << 128);
    let almost = B256::from(U256::MAX - u(1));
    for (data, word) in [
        (with_word(&deposit, 1, dirty), dirty),
        (with_word(&transfer, 0, dirty), dirty),
        (with_word(&operator, 1, two), two),
        (with_word(&settle, 1, long_round), long_round),
        (with_word(&supports, 0, unclean), unclean),
        (with_word(&deposit, 0, large), large),
        (with_word(&transfer, 1, almost), almost),
    ] {
        refuse_raw(&mut world, who, data, Abi::ValueOutOfRange { word });
    }
    // The first bad argument is named.
    let mut data = with_word(&deposit, 1, dirty);
    data[4..36].copy_from_slice(large.as_slice());
    refuse_raw(&mut world, who, data, Abi::ValueOutOfRange { word: large });
}

#[test]
fn short_calldata_is_refused_and_a_tail_is_ignored() {
    let mut world = World::new(&Options::default());
    world.give_weth(alice(), WAD);
    let data = Abi::deposit_0Call {
        assets: u(WAD),
        receiver: alice(),
    }
    .abi_encode();
    for len in [0, 1, 3, 4, 35, 36, 67] {
        refuse_raw(
            &mut world,
            alice(),
            data[..len].to_vec(),
            Abi::CalldataTooShort {},
        );
    }
    let mut long = data.clone();
    long.resize(4_096, 0xAB);
    assert!(send_raw(&mut world.clone(), alice(), long.clone()).is_success());
    long.push(0);
    refuse_raw(
        &mut world,
        alice(),
        long,
        Abi::CalldataTooLong { length: u(4_097) },
    );
}

#[test]
fn unknown_selectors_are_refused_by_name() {
    let mut world = World::new(&Options::default());
    for selector in [0_u32, 1, u32::MAX, 0xd0e3_0db0] {
        let data = selector.to_be_bytes().to_vec();
        let error = Abi::UnknownSelector {
            selector: U256::from(selector),
        };
        refuse_raw(&mut world, alice(), data, error);
    }
}

#[test]
fn no_function_takes_ether() {
    let mut world = deposited(&Options::default());
    let who = alice();
    let calls = [
        Vec::new(),
        Abi::deposit_0Call {
            assets: u(1),
            receiver: who,
        }
        .abi_encode(),
        Abi::redeem_0Call {
            shares: u(WAD),
            receiver: who,
            owner: who,
        }
        .abi_encode(),
        Abi::approve_0Call {
            spender: bob(),
            value: u(1),
        }
        .abi_encode(),
        Abi::totalAssetsCall {}.abi_encode(),
        Abi::rebalanceCall {}.abi_encode(),
        Abi::openEpochCall {}.abi_encode(),
        testbed::primitives::keccak256("stylus_constructor()")[..4].to_vec(),
    ];
    for data in calls {
        let tx = Tx::call(who, world.vault, data).value(u(1));
        let refused = refuse_tx(&mut world, tx);
        assert_named(&refused, &Abi::NotPayable {});
    }
}

#[test]
fn amounts_beyond_the_ledger_are_refused() {
    let mut world = deposited(&Options::default());
    let who = alice();
    for assets in [u(u128::MAX), U256::MAX] {
        let call = Abi::deposit_0Call {
            assets,
            receiver: who,
        };
        refuse(&mut world, who, &call, Abi::AmountTooLarge {});
    }
    let beyond = Abi::DepositCapExceeded {
        total: u(1 << 112) + u(20 * WAD),
        cap: u((1 << 111) - 1),
    };
    let call = Abi::deposit_0Call {
        assets: u(1 << 112),
        receiver: who,
    };
    refuse(&mut world, who, &call, beyond);
    let call = Abi::mint_0Call {
        shares: U256::MAX,
        receiver: who,
    };
    let refused = world.send(who, &call).expect_err("beyond the ledger");
    assert!(
        matches!(refused.error, Some(Errors::DepositCapExceeded(_))),
        "{refused:?}"
    );
}
