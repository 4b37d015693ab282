//! The chain as a ledger: nonces, balances, blocks, snapshots.

use devchain::{
    Chain, Config, L1Fee, Status, Tx, TxError,
    primitives::{Address, U256, address},
    sol_types::{SolCall, sol},
};

use crate::{
    frames::COUNTER,
    support::{ALICE, BOB, chain, chain_with, ether, program, send},
};

sol! {
    interface Arb {
        function arbBlockNumber() external view returns (uint256);
        function getMinimumGasPrice() external view returns (uint256);
        function getL1BaseFeeEstimate() external view returns (uint256);
        function getCurrentTxL1GasFees() external view returns (uint256);
        function getPricesInWei() external view returns (uint256, uint256, uint256, uint256, uint256, uint256);
    }
}

const ARB_SYS: Address = address!("0000000000000000000000000000000000000064");
const ARB_GAS_INFO: Address = address!("000000000000000000000000000000000000006c");

#[test]
fn a_transfer_costs_gas_and_moves_value() {
    let mut chain = chain();
    let (alice, bob) = (chain.balance(ALICE), chain.balance(BOB));
    let receipt = chain.send(Tx::call(ALICE, BOB, []).value(ether(1)));
    assert_eq!(
        (receipt.status, receipt.gas_used),
        (Status::Success, 21_000)
    );
    assert_eq!((receipt.block_number, chain.block_number()), (1, 1));
    let fee = U256::from(21_000) * U256::from(chain.base_fee());
    assert_eq!(chain.balance(ALICE), alice - ether(1) - fee);
    assert_eq!(chain.balance(BOB), bob + ether(1));
    assert_eq!((chain.nonce(ALICE), chain.nonce(BOB)), (1, 0));
    assert_eq!(chain.receipt(1).expect("kept").gas_used, 21_000);
}

#[test]
fn bad_transactions_are_named_and_change_nothing() {
    let mut chain = chain();
    let hash = chain.state_hash();
    let invalid = |chain: &mut Chain, tx: Tx| match chain.send(tx).status {
        Status::Invalid(error) => error,
        other => panic!("{other}"),
    };
    let poor = Address::with_last_byte(0x99);
    assert!(matches!(
        invalid(&mut chain, Tx::call(poor, BOB, [])),
        TxError::InsufficientFunds { .. }
    ));
    assert_eq!(
        invalid(&mut chain, Tx::call(ALICE, BOB, []).nonce(3)),
        TxError::Nonce {
            expected: 0,
            got: 3
        }
    );
    assert_eq!(
        invalid(&mut chain, Tx::call(ALICE, BOB, []).gas(20_999)),
        TxError::IntrinsicGas {
            need: 21_000,
            limit: 20_999
        }
    );
    assert!(matches!(
        invalid(&mut chain, Tx::call(ALICE, BOB, vec![0; 95_001])),
        TxError::DataTooLong { .. }
    ));
    assert!(matches!(
        invalid(&mut chain, Tx::create(ALICE, vec![0; 49_153])),
        TxError::DataTooLong { .. }
    ));
    let contract = Address::with_last_byte(0x98);
    chain.fund(contract, ether(1));
    chain.set_code(contract, vec![0]);
    assert_eq!(
        invalid(&mut chain, Tx::call(contract, BOB, [])),
        TxError::SenderIsContract
    );
    chain.set_code(contract, vec![]);
    assert_eq!((chain.block_number(), chain.nonce(ALICE)), (0, 0));
    assert_ne!(
        hash,
        chain.state_hash(),
        "only what the test itself changed"
    );
}

#[test]
fn more_gas_than_a_transaction_may_use_is_returned() {
    let mut chain = chain();
    chain.set_code(BOB, vec![0xFE]);
    let receipt = chain.send(Tx::call(ALICE, BOB, []).gas(50_000_000));
    assert_eq!(receipt.gas_used, 32_000_000);
}

#[test]
fn time_never_goes_back() {
    let mut chain = chain();
    let start = chain.now();
    chain.warp(10);
    chain.set_time(start);
    assert_eq!(chain.now(), start + 10);
    chain.set_time(start + 20);
    assert_eq!(chain.send(Tx::call(ALICE, BOB, [])).timestamp, start + 20);
}

#[test]
fn calls_leave_no_trace() {
    let mut chain = chain();
    let counter = program(&mut chain, COUNTER);
    let (hash, block) = (chain.state_hash(), chain.block_number());
    let receipt = chain.call(Tx::call(Address::ZERO, counter, [0]));
    assert!(receipt.is_success());
    assert_eq!((chain.state_hash(), chain.block_number()), (hash, block));
}

#[test]
fn snapshots_nest() {
    let mut chain = chain();
    let counter = program(&mut chain, COUNTER);
    let value = |chain: &Chain| chain.storage(counter, U256::ZERO);
    let first = chain.snapshot();
    let (hash, now) = (chain.state_hash(), chain.now());
    send(&mut chain, counter, [0]);
    let second = chain.snapshot();
    chain.warp(1_000);
    send(&mut chain, counter, [0]);
    assert!(chain.revert(second));
    assert_eq!(value(&chain), U256::from(1));
    assert!(!chain.revert(second), "used up");
    let third = chain.snapshot();
    assert!(chain.revert(first));
    assert!(!chain.revert(third), "gone with the first");
    assert_eq!((chain.state_hash(), chain.now()), (hash, now));
    assert!(chain.receipt(chain.block_number() + 1).is_none());
}

#[test]
fn a_chain_can_move_between_threads() {
    let mut chain = chain();
    let counter = program(&mut chain, COUNTER);
    let moved = std::thread::spawn(move || {
        send(&mut chain, counter, [0]);
        chain
    });
    let chain = moved.join().expect("joins");
    std::thread::scope(|scope| {
        scope.spawn(|| assert!(chain.call(Tx::call(ALICE, counter, [0])).is_success()));
    });
}

#[test]
fn clones_part_ways() {
    let mut chain = chain();
    let counter = program(&mut chain, COUNTER);
    let mut other = chain.clone();
    send(&mut other, counter, [0]);
    assert_eq!(chain.storage(counter, U256::ZERO), U256::ZERO);
    assert_eq!(other.storage(counter, U256::ZERO), U256::from(1));
}

#[test]
fn the_same_transactions_give_the_same_state() {
    let run = || {
        let mut chain = chain();
        let counter = program(&mut chain, COUNTER);
        let relay = crate::solidity::deploy(&mut chain, "Relay");
        let inner = crate::solidity::forward(counter, &[0], false);
        for round in 0..20_u8 {
            chain.warp(7);
            let data = [&[2], relay.as_slice(), &inner].concat();
            send(
                &mut chain,
                counter,
                if round % 3 == 0 {
                    vec![round % 2]
                } else {
                    data
                },
            );
        }
        chain.state_hash()
    };
    assert_eq!(run(), run());
}

fn ask<C: SolCall>(chain: &Chain, to: Address, call: &C) -> C::Return {
    let receipt = chain.call(Tx::call(ALICE, to, call.abi_encode()));
    C::abi_decode_returns(&receipt.output).expect("decodes")
}

#[test]
fn arbos_tells_block_and_prices() {
    let config = Config {
        l1_fee: L1Fee::PerUnit(2_000_000_000),
        ..Config::default()
    };
    let mut chain = chain_with(config);
    let plain = chain.send(Tx::call(ALICE, BOB, []));
    assert!(
        plain.l1_gas > 16 * 50 * 20 && plain.l1_gas < 16 * 200 * 20,
        "{}",
        plain.l1_gas
    );
    assert_eq!(plain.gas_used, 21_000 + plain.l1_gas);
    let paid = U256::from(plain.gas_used) * U256::from(chain.base_fee());
    assert_eq!(chain.balance(ALICE), ether(1_000) - paid);

    chain.set_base_fee(300_000_000);
    assert_eq!(
        ask(&chain, ARB_SYS, &Arb::arbBlockNumberCall {}),
        U256::from(1)
    );
    let least = ask(&chain, ARB_GAS_INFO, &Arb::getMinimumGasPriceCall {});
    assert_eq!(least, U256::from(100_000_000));
    let unit = ask(&chain, ARB_GAS_INFO, &Arb::getL1BaseFeeEstimateCall {});
    assert_eq!(unit, U256::from(2_000_000_000_u64));
    let prices = ask(&chain, ARB_GAS_INFO, &Arb::getPricesInWeiCall {});
    assert_eq!(
        (prices._3, prices._4),
        (U256::from(100_000_000), U256::from(200_000_000))
    );
    let fees = Arb::getCurrentTxL1GasFeesCall {};
    assert_eq!(
        ask(&chain, ARB_GAS_INFO, &fees),
        U256::ZERO,
        "a call pays nothing"
    );
}
