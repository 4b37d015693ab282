//! What an EVM contract sees of an Arbitrum chain.

use devchain::{
    Chain, Config, L1Fee, SEQUENCER, Status, Tx,
    primitives::{Address, B256, U256, address, hex, keccak256},
};

use crate::{
    probe::probe,
    support::{ALICE, BOB, chain, chain_with, send},
};

/// Runs EVM code that leaves a word on the stack.
fn evaluate(chain: &mut Chain, code: &[u8]) -> U256 {
    let contract = Address::with_last_byte(0xEE);
    let returns = hex!("5f5260205ff3");
    chain.set_code(contract, [code, &returns].concat());
    let receipt = send(chain, contract, []);
    assert_eq!(receipt.status, Status::Success);
    U256::from_be_slice(&receipt.output)
}

#[test]
fn the_opcodes_of_the_block() {
    let config = Config::default();
    let mut chain = chain_with(config.clone());
    chain.warp(60);
    let sequencer = U256::from_be_slice(SEQUENCER.as_slice());
    for (opcode, expected) in [
        (0x3A, U256::from(config.base_fee)), // GASPRICE: tips are dropped
        (0x41, sequencer),                   // COINBASE
        (0x42, U256::from(config.timestamp + 60)), // TIMESTAMP
        (0x43, U256::from(config.l1_block + 5)), // NUMBER is that of L1
        (0x44, U256::from(1)),               // PREVRANDAO
        (0x45, U256::from(1_u64 << 50)),     // GASLIMIT
        (0x46, U256::from(config.chain_id)), // CHAINID
        (0x48, U256::from(config.base_fee)), // BASEFEE
    ] {
        assert_eq!(
            evaluate(&mut chain, &[opcode]),
            expected,
            "opcode {opcode:#x}"
        );
    }
    // BLOCKHASH of NUMBER - n: made up, but there for 256 blocks.
    for (back, known) in [
        (1, true),
        (255, true),
        (256, true),
        (257, false),
        (0, false),
    ] {
        let code = [&[0x61][..], &u16::to_be_bytes(back), &[0x43, 0x03, 0x40]].concat();
        assert_eq!(!evaluate(&mut chain, &code).is_zero(), known, "{back} back");
    }
}

#[test]
fn a_signature_on_p256_is_checked_at_0x100() {
    let mut chain = chain();
    // SHA-256 of "covered call", r, s, x, y of a key made for this test.
    let input = hex!(
        "8572dcec26452e311dc8e8def6e6f01f1806b2f11fd704816cb5cdd35bf74538"
        "5ce835988e5f8d70fc05ee23ab8232d48c72bb7dc652a15dcb0cbbd8503d52d0"
        "41da6cbe5a831b1e9c9dcb30bfdc76c513c8ef59df786682b902d5cc548c0b03"
        "f854551b39304c5cb3ecb3ecc138eedd4abbad5c645306797049b3e00d4f2754"
        "51bfb978a5ca626816095df3bae2d74fc2a30e0418ad2a7a8bd2da5a82796988"
    );
    let verify = address!("0000000000000000000000000000000000000100");
    let valid = send(&mut chain, verify, input.to_vec());
    assert_eq!(valid.output[..], B256::with_last_byte(1)[..]);
    let mut forged = input;
    forged[0] ^= 1;
    assert!(send(&mut chain, verify, forged.to_vec()).output.is_empty());
}

#[test]
fn a_view_of_arbos_costs_its_state_and_its_words() {
    let mut chain = chain();
    let gas_used = |chain: &mut Chain, last: u8, data: &[u8]| {
        let receipt = send(chain, Address::with_last_byte(last), data.to_vec());
        assert_eq!(receipt.status, Status::Success);
        receipt.frames[0].gas_used
    };
    // 800 to open the state, a word of it at 800, and 3 for the word of the result.
    assert_eq!(gas_used(&mut chain, 0x6C, &hex!("f918379a")), 800 + 800 + 3);
    // The parameters of Stylus are warm.
    assert_eq!(gas_used(&mut chain, 0x71, &hex!("d1c17abc")), 800 + 100 + 3);
    // Two results.
    assert_eq!(gas_used(&mut chain, 0x71, &hex!("99d0b38d")), 800 + 100 + 6);
}

#[test]
fn what_publication_costs_is_taken_before_anything_runs() {
    let free = probe(&mut chain(), "evm_gas_left", &[], &[]);
    let config = Config {
        l1_fee: L1Fee::PerUnit(10_000_000),
        ..Config::default()
    };
    let mut chain = chain_with(config);
    let before = chain.balance(ALICE);
    let paying = probe(&mut chain, "evm_gas_left", &[], &[]);
    let receipt = &paying.receipt;
    assert!(receipt.l1_gas > 0);
    // More than 32 million is offered, and so many can be used beside the fee.
    assert!(paying.result <= free.result);
    let fees = U256::from(receipt.gas_used) * U256::from(chain.base_fee());
    assert!(before - chain.balance(ALICE) >= fees);
    // It grows with what does not compress, and hardly with what does.
    let l1 = |data: Vec<u8>| chain.call(Tx::call(ALICE, BOB, data)).l1_gas;
    let random: Vec<u8> = (0..32_u8).flat_map(|n| keccak256([n]).0).collect();
    let (short, even, odd) = (l1(vec![]), l1(vec![0; 1_024]), l1(random));
    // 1 024 bytes at 16 units of 10 000 000 wei each, and their length's.
    let wei = U256::from(odd - short) * U256::from(chain.base_fee());
    let bytes: u64 = (wei / U256::from(16 * 10_000_000)).to();
    assert!((1_024..1_100).contains(&bytes), "{short} {odd}");
    assert!(even - short < (odd - short) / 8, "{short} {even}");
}

#[test]
fn without_intrinsic_gas_only_execution_is_paid() {
    let config = Config {
        intrinsic_gas: false,
        ..Config::default()
    };
    let mut chain = chain_with(config);
    assert_eq!(send(&mut chain, BOB, vec![1; 100]).gas_used, 0);
    let contract = Address::with_last_byte(0xEE);
    chain.set_code(contract, hex!("6001600155").to_vec());
    // Two constants and a fresh slot.
    assert_eq!(send(&mut chain, contract, []).gas_used, 3 + 3 + 22_100);
}
