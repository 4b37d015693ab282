//! Programs from deployment to expiry.

use devchain::{
    CacheManagers, Chain, Config, DeployError, Halt, ProgramCache, Receipt, Status, Tx,
    primitives::{Address, B256, Bytes, U256, address, keccak256},
    rules::code,
    sol_types::{SolCall, SolError, SolEvent, sol},
};

use crate::{
    frames::COUNTER,
    support::{ALICE, BOB, chain, chain_with, ether, program, send, wasm},
};

const ARB_WASM: Address = address!("0000000000000000000000000000000000000071");
const ARB_WASM_CACHE: Address = address!("0000000000000000000000000000000000000072");
const DAY: u64 = 86_400;

sol! {
    interface ArbWasm {
        function activateProgram(address program) external payable returns (uint16 version, uint256 dataFee);
        function codehashKeepalive(bytes32 codehash) external payable;
        function stylusVersion() external view returns (uint16);
        function pageRamp() external view returns (uint64);
        function minInitGas() external view returns (uint64 gas, uint64 cached);
        function codehashVersion(bytes32 codehash) external view returns (uint16);
        function codehashAsmSize(bytes32 codehash) external view returns (uint32);
        function programInitGas(address program) external view returns (uint64 gas, uint64 gasWhenCached);
        function programMemoryFootprint(address program) external view returns (uint16);
        function programTimeLeft(address program) external view returns (uint64);
        function cacheProgram(address program) external;
        function codehashIsCached(bytes32 codehash) external view returns (bool);
        function wholly_unknown() external;
        event ProgramActivated(bytes32 indexed codehash, bytes32 moduleHash, address program, uint256 dataFee,
            uint16 version);
        error ProgramNotWasm();
        error ProgramNotActivated();
        error ProgramExpired(uint64 ageInSeconds);
        error ProgramUpToDate();
        error ProgramKeepaliveTooSoon(uint64 ageInSeconds);
        error ProgramInsufficientValue(uint256 have, uint256 want);
    }
}

fn ask(chain: &Chain, call: &impl SolCall) -> Receipt {
    chain.call(Tx::call(ALICE, ARB_WASM, call.abi_encode()))
}

fn answer<C: SolCall>(chain: &Chain, call: &C) -> C::Return {
    let receipt = ask(chain, call);
    assert_eq!(receipt.status, Status::Success, "{}", C::SIGNATURE);
    C::abi_decode_returns(&receipt.output).expect("decodes")
}

/// Deploys a program's code without activating it.
fn deploy(chain: &mut Chain, text: &str) -> Address {
    let code = code::encode(&wasm(text)).expect("fits");
    let init = code::init_code(&code).expect("fits");
    chain.deploy(ALICE, init).expect("deploys")
}

fn activate(chain: &mut Chain, program: Address, wei: U256) -> Receipt {
    let call = ArbWasm::activateProgramCall { program };
    chain.send(Tx::call(ALICE, ARB_WASM, call.abi_encode()).value(wei))
}

fn codehash(chain: &Chain, program: Address) -> B256 {
    keccak256(chain.code(program))
}

#[test]
fn a_program_runs_only_once_it_is_activated() {
    let mut chain = chain();
    let counter = deploy(&mut chain, COUNTER);
    let hash = codehash(&chain, counter);
    let early = chain.send(Tx::call(ALICE, counter, [0]).gas(300_000));
    assert_eq!(early.status, Status::Halt(Halt::ProgramNotActivated));
    assert_eq!(early.gas_used, 300_000);
    let version = ask(&chain, &ArbWasm::codehashVersionCall { codehash: hash });
    assert_eq!(version.output, ArbWasm::ProgramNotActivated {}.abi_encode());

    let short = activate(&mut chain, counter, U256::from(1));
    assert_eq!(short.status, Status::Revert);
    let error = ArbWasm::ProgramInsufficientValue::abi_decode(&short.output).expect("decodes");
    assert_eq!(error.have, U256::from(1));

    let before = chain.balance(ALICE);
    let done = activate(&mut chain, counter, ether(1));
    assert_eq!(done.status, Status::Success);
    let event = ArbWasm::ProgramActivated::decode_log(&done.logs[0]).expect("decodes");
    assert_eq!(
        (event.codehash, event.program, event.version),
        (hash, counter, 2)
    );
    let gas = U256::from(done.gas_used) * U256::from(chain.base_fee());
    assert_eq!(
        before - chain.balance(ALICE),
        gas + event.dataFee,
        "the rest came back"
    );
    assert!(
        done.gas_used > 1_659_168 && done.gas_used < 2_500_000,
        "{}",
        done.gas_used
    );
    assert!(send(&mut chain, counter, [0]).is_success());

    let again = activate(&mut chain, counter, ether(1));
    assert_eq!(again.output, ArbWasm::ProgramUpToDate {}.abi_encode());
    // The same code elsewhere is active too.
    let twin = deploy(&mut chain, COUNTER);
    assert!(send(&mut chain, twin, [0]).is_success());
}

#[test]
fn activation_is_undone_by_a_revert() {
    let mut chain = chain();
    let counter = deploy(&mut chain, COUNTER);
    let call = ArbWasm::activateProgramCall { program: counter };
    let before = chain.snapshot();
    assert!(activate(&mut chain, counter, ether(1)).is_success());
    assert!(chain.revert(before));
    assert!(!send(&mut chain, counter, [0]).is_success());
    // Within a transaction likewise: the relay activates and reverts. It has no value to pay with, so give it some.
    let relay = crate::solidity::deploy(&mut chain, "Relay");
    let undone = crate::solidity::forward(ARB_WASM, &call.abi_encode(), true);
    let receipt = send(&mut chain, relay, undone);
    assert_eq!(receipt.status, Status::Revert);
    assert!(!send(&mut chain, counter, [0]).is_success());
}

#[test]
fn what_is_not_wasm_is_refused() {
    let mut chain = chain();
    let relay = crate::solidity::deploy(&mut chain, "Relay");
    let receipt = activate(&mut chain, relay, ether(1));
    assert_eq!(receipt.output, ArbWasm::ProgramNotWasm {}.abi_encode());
    // Compressed nonsense costs everything.
    let nonsense = [&code::CLASSIC_PREFIX[..], &[0, 1, 2, 3]].concat();
    let init = code::init_code(&nonsense).expect("fits");
    let nonsense = chain.deploy(ALICE, init).expect("deploys");
    let receipt = activate(&mut chain, nonsense, ether(1));
    assert!(!receipt.is_success());
    assert_eq!(receipt.gas_used, 32_000_000);
    let floats = r#"(module (memory (export "memory") 1 1)
        (func (export "user_entrypoint") (param i32) (result i32)
          (i32.trunc_f32_s (f32.add (f32.const 1) (f32.const 2)))))"#;
    let refused = chain.deploy_stylus(ALICE, &wasm(floats));
    assert!(
        matches!(refused, Err(DeployError::Invalid(_))),
        "{refused:?}"
    );
}

#[test]
fn reserved_code_is_refused() {
    let mut chain = chain();
    for code in [
        &[0xEF][..],
        &[0xEF, 0x00, 0x01],
        &[0xEF, 0xF0, 0x00],
        &[0xEF, 0xF0, 0x02, 0, 0],
    ] {
        let init = code::init_code(code).expect("fits");
        assert!(chain.deploy(ALICE, init).is_err(), "{code:?}");
    }
}

#[test]
fn programs_expire_and_can_be_kept_alive() {
    let mut chain = chain();
    let counter = program(&mut chain, COUNTER);
    let hash = codehash(&chain, counter);
    let left = |chain: &Chain| answer(chain, &ArbWasm::programTimeLeftCall { program: counter });
    assert!(left(&chain) > 364 * DAY);
    let keep = |chain: &mut Chain| {
        let call = ArbWasm::codehashKeepaliveCall { codehash: hash };
        chain.send(Tx::call(ALICE, ARB_WASM, call.abi_encode()).value(ether(1)))
    };
    chain.warp(30 * DAY);
    let soon = keep(&mut chain);
    assert_eq!(soon.output[..4], ArbWasm::ProgramKeepaliveTooSoon::SELECTOR);
    chain.warp(2 * DAY);
    assert!(keep(&mut chain).is_success());
    assert!(left(&chain) > 364 * DAY);
    chain.warp(364 * DAY);
    assert!(send(&mut chain, counter, [0]).is_success());
    chain.warp(2 * DAY);
    let late = send(&mut chain, counter, [0]);
    assert_eq!(late.status, Status::Halt(Halt::ProgramNotActivated));
    let version = ask(&chain, &ArbWasm::codehashVersionCall { codehash: hash });
    assert_eq!(version.output[..4], ArbWasm::ProgramExpired::SELECTOR);
    assert!(activate(&mut chain, counter, ether(1)).is_success());
    assert!(send(&mut chain, counter, [0]).is_success());
}

#[test]
fn arb_wasm_answers() {
    let mut chain = chain();
    let deployed = chain.deploy_stylus(ALICE, &wasm(COUNTER)).expect("deploys");
    let program = deployed.address;
    assert_eq!(answer(&chain, &ArbWasm::stylusVersionCall {}), 2);
    assert_eq!(answer(&chain, &ArbWasm::pageRampCall {}), 620_674_314);
    let least = answer(&chain, &ArbWasm::minInitGasCall {});
    assert_eq!((least.gas, least.cached), (8_832, 352));
    let gas = answer(&chain, &ArbWasm::programInitGasCall { program });
    let params = &chain.config().stylus;
    assert_eq!(gas.gas, deployed.info.entry_gas(false, params));
    assert_eq!(gas.gasWhenCached, deployed.info.entry_gas(true, params));
    assert_eq!(
        answer(&chain, &ArbWasm::programMemoryFootprintCall { program }),
        1
    );
    let codehash = codehash(&chain, program);
    let size = answer(&chain, &ArbWasm::codehashAsmSizeCall { codehash });
    assert_eq!(size, deployed.info.asm_estimate.div_ceil(1_024) * 1_024);
}

#[test]
fn a_cached_program_is_entered_for_less() {
    let mut chain = chain();
    let counter = program(&mut chain, COUNTER);
    let entry = |chain: &mut Chain| {
        let receipt = send(chain, counter, [0]);
        receipt.frames[0].stylus.expect("figures").entry_gas
    };
    let full = entry(&mut chain);
    let call = ArbWasm::cacheProgramCall { program: counter };
    let receipt = chain.send(Tx::call(BOB, ARB_WASM_CACHE, call.abi_encode()));
    assert!(receipt.is_success());
    let cached = entry(&mut chain);
    assert!(full > cached + 8_832, "{full} {cached}");
    let codehash = codehash(&chain, counter);
    let ask = ArbWasm::codehashIsCachedCall { codehash };
    let known = chain.call(Tx::call(BOB, ARB_WASM_CACHE, ask.abi_encode()));
    assert_eq!(
        ArbWasm::codehashIsCachedCall::abi_decode_returns(&known.output),
        Ok(true)
    );

    let config = Config {
        program_cache: ProgramCache::All,
        cache_managers: CacheManagers::Only(vec![ALICE]),
        ..Config::default()
    };
    let mut chain = chain_with(config);
    assert_eq!(program(&mut chain, COUNTER), counter);
    assert_eq!(entry(&mut chain), cached);
    let refused = chain.send(Tx::call(BOB, ARB_WASM_CACHE, call.abi_encode()));
    assert!(!refused.is_success());
}

#[test]
fn the_block_remembers_programs_from_arbos_60() {
    let config = Config {
        program_cache: ProgramCache::Block,
        ..Config::default()
    };
    let mut chain = chain_with(config);
    let counter = program(&mut chain, COUNTER);
    let relay = crate::solidity::deploy(&mut chain, "Relay");
    let inner = crate::solidity::forward(counter, &[0], false);
    let data: Bytes = [&[2], relay.as_slice(), &inner].concat().into();
    let receipt = send(&mut chain, counter, data);
    let cached: Vec<_> = receipt
        .frames
        .iter()
        .filter_map(|frame| frame.stylus)
        .collect();
    assert_eq!(
        cached.iter().map(|frame| frame.cached).collect::<Vec<_>>(),
        [false, true]
    );
}

#[test]
fn a_program_in_fragments_runs() {
    use devchain::rules::Params;
    let config = Config {
        stylus: Params {
            // So small that the counter takes two.
            max_code_size: 24_576,
            ..Params::arbos_60()
        },
        ..Config::default()
    };
    let mut chain = chain_with(config.clone());
    let module = wasm(COUNTER);
    let small = Params {
        max_code_size: 300,
        ..config.stylus
    };
    let fragments = code::split(&module, &small).expect("two");
    assert_eq!(fragments.len(), 2);
    let mut addresses = Vec::new();
    for fragment in &fragments {
        let init = code::init_code(fragment).expect("fits");
        let address = chain.deploy(ALICE, init).expect("deploys");
        addresses.push(address.into_array());
    }
    let root = code::root(module.len() as u32, &addresses);
    let init = code::init_code(&root).expect("fits");
    let root = chain.deploy(ALICE, init).expect("deploys");
    assert!(activate(&mut chain, root, ether(1)).is_success());
    assert!(send(&mut chain, root, [0]).is_success());
    assert!(!send(&mut chain, addresses[0].into(), [0]).is_success());
}

#[test]
fn a_program_too_large_for_one_contract_is_deployed_in_fragments() {
    use devchain::{DeployError, rules::Params};
    let module = wasm(COUNTER);
    // Code of 300 bytes at most: the counter takes two fragments. Tokens and other contracts are not deployed here.
    let deploy = |stylus| {
        let mut chain = chain_with(Config {
            stylus,
            ..Config::default()
        });
        let deployed = chain.deploy_stylus(ALICE, &module);
        (chain, deployed)
    };
    let small = Params {
        max_code_size: 300,
        ..Params::arbos_60()
    };
    let (mut chain, deployed) = deploy(small);
    let deployed = deployed.expect("two fragments");
    let [first, second] = deployed.fragments[..] else {
        panic!("{:?}", deployed.fragments);
    };
    let sizes = [first, second, deployed.address].map(|at| chain.code(at).len());
    assert_eq!(sizes[0], 300);
    assert_eq!(deployed.code_size, sizes.iter().sum::<usize>());
    assert!(send(&mut chain, deployed.address, [0]).is_success());
    let one = Params {
        max_fragments: 1,
        ..small
    };
    let refused = deploy(one).1;
    assert!(
        matches!(
            refused,
            Err(DeployError::Code(code::CodeError::TooManyFragments {
                count: 2,
                max: 1
            }))
        ),
        "{refused:?}"
    );
    let none = Params {
        max_fragments: 0,
        ..small
    };
    let refused = deploy(none).1;
    assert!(
        matches!(
            refused,
            Err(DeployError::Code(code::CodeError::CodeTooLarge {
                max: 300,
                ..
            }))
        ),
        "{refused:?}"
    );
}

#[test]
fn unknown_precompiles_fail_loudly() {
    let mut chain = chain();
    let selector = ArbWasm::wholly_unknownCall::SELECTOR;
    for last in [0x64, 0x65, 0x6B, 0x6C, 0x6D, 0x70, 0x71, 0x72, 0x73] {
        let address = Address::with_last_byte(last);
        let receipt = send(&mut chain, address, selector.to_vec());
        let expected = Halt::UnknownPrecompile { address, selector };
        assert_eq!(receipt.status, Status::Halt(expected));
    }
}
