//! Random calldata through the router: what alloy decodes is a call, what it does not is refused by name, results decode, nothing panics.

use alloy_json_abi::{Function, JsonAbi};
use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::{SolCall, SolConstructor, SolError, SolInterface};
use covered_call_vault::abi::CONSTRUCTOR;
use covered_call_vault::abi::export::functions as all_functions;
use fastrand::Rng;

use crate::interface::ICoveredCallVault::*;
use crate::support::*;

/// Whether `answer` is a result of the function of a selector, strictly.
macro_rules! functions {
    ($($call:ident)*) => {
        fn decodes(selector: [u8; 4], answer: &[u8]) -> bool {
            match selector {
                $($call::SELECTOR => $call::abi_decode_returns(answer, true).is_ok(),)*
                _ => panic!("a function that this list lacks: {selector:x?}"),
            }
        }
    };
}

functions! {
    assetCall totalAssetsCall convertToSharesCall convertToAssetsCall maxDepositCall maxMintCall maxWithdrawCall maxRedeemCall
    previewDepositCall previewMintCall previewWithdrawCall previewRedeemCall deposit_0Call mint_0Call withdraw_0Call redeem_0Call
    redeemInKindCall name_0Call symbol_0Call decimals_0Call name_1Call symbol_1Call decimals_1Call totalSupplyCall balanceOf_0Call allowance_0Call approve_0Call
    transfer_0Call transferFrom_0Call supportsInterfaceCall balanceOf_1Call allowance_1Call isOperatorCall approve_1Call
    setOperatorCall transfer_1Call transferFrom_1Call openEpochCall quoteBuyCall buyCall rebalanceCall previewRebalanceCall
    settleCall findRoundsCall observeCall findGridRoundsCall volatilityGridCall rollCall payoutOfCall exerciseCall claimCall quoteTokenCall venuesCall epochCall ledgerCall seriesCall
    creditOfCall policyCall deposit_1Call mint_1Call withdraw_1Call redeem_1Call requestDepositCall requestRedeemCall
    cancelDepositRequestCall cancelRedeemRequestCall claimDepositCall claimRedeemCall pendingDepositRequestCall
    claimableDepositRequestCall pendingRedeemRequestCall claimableRedeemRequestCall permitCall noncesCall DOMAIN_SEPARATORCall
    positionCall vaultStateCall ownerCall pendingOwnerCall guardianCall transferOwnershipCall acceptOwnershipCall
    renounceOwnershipCall setGuardianCall setFeeRecipientCall pauseCall unpauseCall announcedPolicyCall volatilityCall
    extensionCall buyUpToCall quoteSellCall sellCall exerciseBatchCall payoffAtCall chainCall
    fillCall markTriggerCall previewFillCall hedgeStateCall requireWithinBudgetsCall
}

fn interface() -> Vec<Function> {
    let abi: JsonAbi =
        serde_json::from_str(&covered_call_vault::abi::export::json()).expect("parses");
    let mut functions: Vec<Function> = abi.functions().cloned().collect();
    assert_eq!(functions.len(), all_functions().len());
    // Its words are narrower than their types; they are tried as the constructor's.
    // The VM has no precompiles: permits are tried on the WASM.
    functions.retain(|function| {
        // Of an upkeep's data only the offset is read, whatever it says: alloy is stricter.
        ![
            "announcePolicy",
            "permit",
            "exerciseBatch",
            "checkUpkeep",
            "performUpkeep",
        ]
        .contains(&function.name.as_str())
    });
    functions
}

/// A value that a caller might send for a parameter.
fn argument(rng: &mut Rng, world: &World, kind: &str) -> U256 {
    let accounts = [
        alice(),
        bob(),
        carol(),
        world.vault.address(),
        world.asset.address(),
        world.quote.address(),
        Address::ZERO,
    ];
    let address = |rng: &mut Rng| match rng.u8(0..4) {
        0 => seeds::address(rng),
        _ => *rng.choice(&accounts).expect("an account"),
    };
    match kind {
        "uint256" => match rng.u8(0..4) {
            0 => id(rng.u128(0..3), rng.u128(0..4)),
            1 => rng.u128(0..5 * WETH).u(),
            _ => seeds::word(rng),
        },
        "address" => U256::from_be_bytes(address(rng).into_word().0),
        "uint64" => U256::from(rng.u64(0..9)),
        "bytes4" => U256::from(rng.u32(..)) << 224_usize,
        "bool" => U256::from(rng.u8(0..2)),
        "uint8" => U256::from(rng.u8(..)),
        "bytes32" => seeds::word(rng),
        other => panic!("a type that these tests cannot make: {other}"),
    }
}

/// Type of each word that a function takes.
fn words(function: &Function) -> Vec<&str> {
    let word = |ty: &'static str, count| vec![ty; count];
    let inputs = function.inputs.iter();
    inputs
        .flat_map(|parameter| match parameter.ty.as_str() {
            "uint64[4]" => word("uint64", 4),
            "uint64[8]" => word("uint64", 8),
            one => vec![one],
        })
        .collect()
}

fn valid_call(rng: &mut Rng, world: &World, function: &Function) -> Vec<u8> {
    let mut calldata = function.selector().to_vec();
    for kind in words(function) {
        calldata.extend(argument(rng, world, kind).to_be_bytes::<32>());
    }
    calldata
}

/// A vault somewhere in its cycle, with money in it and around it.
fn somewhere(rng: &mut Rng) -> World {
    let stage = rng.u8(0..6);
    if stage == 0 {
        return World::deployed();
    }
    let world = World::new();
    for who in [alice(), bob(), carol()] {
        world.fund(who, 50 * WETH, 100_000 * USDC);
    }
    world.deposit(alice(), 100 * WETH);
    if stage == 1 {
        return world;
    }
    world.open();
    world.buy(rng.u128(0..3), 20 * WETH);
    if stage == 2 {
        return world;
    }
    let round = world.expire(rng.u128(1_500..4_500), 61);
    if stage == 3 {
        return world;
    }
    world.call(carol(), &world.settling(round));
    world.price(2_000);
    if stage == 5 {
        world.pass(86_400);
        world.call(carol(), &rollCall {});
        world.pass(43_200);
        world.price(2_100);
    }
    world
}

/// Whether alloy decodes calldata, strictly: what it decodes encodes to the same bytes (it takes any non-zero byte for true).
fn alloy_decodes(calldata: &[u8]) -> bool {
    ICoveredCallVaultCalls::abi_decode(calldata, true)
        .is_ok_and(|call| call.abi_encode() == calldata)
}

/// The first number of calldata that a function cannot take, though it is a `uint256`.
fn too_large(function: &Function, calldata: &[u8]) -> Option<B256> {
    let values = calldata[4..].chunks_exact(32).map(U256::from_be_slice);
    let mut numbers = words(function)
        .into_iter()
        .zip(values)
        .filter(|(kind, _)| *kind == "uint256");
    numbers
        .find(|(_, word)| *word > u128::MAX.u() && *word != U256::MAX)
        .map(|(_, word)| word.into())
}

/// Sends calldata and holds the answer against what alloy makes of the calldata.
fn check(world: &World, functions: &[Function], from: Address, calldata: &[u8]) {
    use ICoveredCallVaultErrors::{CalldataTooShort, UnknownSelector, ValueOutOfRange};
    let answer = world.send(from, calldata);
    let refusal = answer.as_ref().err().map(|revert| {
        ICoveredCallVaultErrors::abi_decode(revert, true)
            .unwrap_or_else(|_| panic!("an undeclared error: {revert:x?}"))
    });
    let function = functions
        .iter()
        .find(|function| calldata.starts_with(function.selector().as_slice()));
    match (function, refusal) {
        (None, Some(CalldataTooShort(_))) => assert!(calldata.len() < 4),
        (None, Some(UnknownSelector(error))) => {
            assert_eq!(error.selector, U256::from_be_slice(&calldata[..4]))
        }
        (Some(function), refusal) if alloy_decodes(calldata) => {
            match (too_large(function, calldata), refusal) {
                (Some(word), Some(ValueOutOfRange(error))) => assert_eq!(error.word, word),
                (None, None) => assert!(decodes(function.selector().0, &answer.expect("accepted"))),
                (None, Some(error)) => {
                    let undecoded = matches!(
                        error,
                        CalldataTooShort(_) | UnknownSelector(_) | ValueOutOfRange(_)
                    );
                    assert!(
                        !undecoded,
                        "{} of {calldata:x?} is refused with {error:?}",
                        function.name
                    );
                }
                (Some(word), other) => panic!("{word} is taken by {}: {other:?}", function.name),
            }
        }
        (Some(function), Some(CalldataTooShort(_))) => {
            assert!(calldata.len() < 4 + 32 * words(function).len())
        }
        (Some(_), Some(ValueOutOfRange(error))) => {
            let named = calldata[4..]
                .chunks_exact(32)
                .any(|word| word == error.word.as_slice());
            assert!(named, "{} is a word of {calldata:x?}", error.word);
        }
        (_, other) => panic!("{calldata:x?} is no call, and answered with {other:?}"),
    }
}

#[test]
fn what_alloy_decodes_is_a_call_and_what_it_does_not_is_refused_by_name() {
    let functions = interface();
    Runs::or(60).each(|rng| {
        let world = somewhere(rng);
        for _ in 0..40 {
            let function = rng.choice(&functions).expect("a function");
            let mut calldata = valid_call(rng, &world, function);
            let from = *rng.choice(&[alice(), bob(), carol()]).expect("somebody");
            check(&world, &functions, from, &calldata);
            match rng.u8(0..3) {
                0 => calldata.truncate(rng.usize(0..calldata.len())),
                1 => {
                    let bit = rng.usize(0..8 * calldata.len());
                    calldata[bit / 8] ^= 1 << (bit % 8);
                }
                _ if calldata.len() > 4 => {
                    let at = 4 + 32 * rng.usize(0..words(function).len());
                    calldata[at..at + 32].copy_from_slice(&seeds::word(rng).to_be_bytes::<32>());
                }
                _ => {}
            }
            check(&world, &functions, from, &calldata);
        }
        world.assert_backed();
    });
}

#[test]
fn any_bytes_are_answered_without_a_panic_and_refused_with_a_declared_error() {
    let functions = interface();
    Runs::or(60).each(|rng| {
        let world = somewhere(rng);
        for _ in 0..60 {
            let mut calldata: Vec<u8> = (0..rng.usize(0..=2_048)).map(|_| rng.u8(..)).collect();
            if rng.bool() {
                // Zeros are values of every type.
                let from = rng.usize(0..=calldata.len());
                calldata[from..].fill(0);
            }
            let selector = match rng.u8(0..4) {
                0 => None,
                1 => Some(CONSTRUCTOR.to_be_bytes()),
                _ => Some(rng.choice(&functions).expect("a function").selector().0),
            };
            if let (Some(selector), Some(start)) = (selector, calldata.first_chunk_mut()) {
                *start = selector;
            }
            if let Err(revert) = world.send(alice(), &calldata) {
                let declared = ICoveredCallVaultErrors::abi_decode(&revert, true);
                assert!(
                    declared.is_ok(),
                    "{calldata:x?} is refused with {revert:x?}"
                );
            }
        }
    });
}

#[test]
fn calldata_cut_at_every_length_is_too_short() {
    let world = World::live(100 * WETH);
    let short = Err(CalldataTooShort {}.abi_encode());
    for function in interface() {
        let whole = valid_call(&mut Rng::with_seed(1), &world, &function);
        let zeros = [&whole[..4], &vec![0; whole.len() - 4]].concat();
        for length in 0..whole.len() {
            assert_eq!(
                world.send(alice(), &zeros[..length]),
                short,
                "{} of {length} bytes",
                function.name
            );
        }
        assert_ne!(world.send(alice(), &zeros), short, "{}", function.name);
    }
}

#[test]
fn a_constructor_cut_at_every_length_is_too_short() {
    let world = World::deployed();
    let whole = [
        &CONSTRUCTOR.to_be_bytes(),
        world.setup().abi_encode().as_slice(),
    ]
    .concat();
    for length in 0..whole.len() {
        assert_eq!(
            world.send(alice(), &whole[..length]),
            Err(CalldataTooShort {}.abi_encode()),
            "{length} bytes"
        );
    }
    assert_eq!(world.send(alice(), &whole), Ok(Vec::new()));
}

#[test]
fn a_word_of_the_constructor_with_a_bit_too_many_is_named() {
    let world = World::deployed();
    let whole = world.setup().abi_encode();
    for at in 0..whole.len() / 32 {
        // Words 8 and 9 are name and symbol: any bytes.
        if at == 8 || at == 9 {
            continue;
        }
        let mut dirty = [CONSTRUCTOR.to_be_bytes().as_slice(), &whole].concat();
        dirty[4 + 32 * at] |= 0x80;
        let word = U256::from_be_slice(&dirty[4 + 32 * at..36 + 32 * at]);
        let expected = ValueOutOfRange { word: word.into() }.abi_encode();
        assert_eq!(world.send(alice(), &dirty), Err(expected), "word {at}");
    }
}

#[test]
fn bytes_after_the_arguments_do_not_matter() {
    let world = World::live(100 * WETH);
    for function in interface() {
        let exact = valid_call(&mut Rng::with_seed(2), &world, &function);
        let longer = [exact.as_slice(), &[0xee; 45]].concat();
        if all_functions()
            .into_iter()
            .any(|one| one.view && one.name == function.name)
        {
            assert_eq!(
                world.send(alice(), &longer),
                world.send(alice(), &exact),
                "{}",
                function.name
            );
        }
    }
}

#[test]
fn approvals_of_any_value_are_read_back_as_they_were_given() {
    Runs::or(60).each(|rng| {
        let world = World::new();
        let (spender, id) = (seeds::address(rng), rng.u128(..).u());
        let value = seeds::word(rng);
        let refused = ValueOutOfRange { word: value.into() };
        let shares = approve_0Call { spender, value };
        let options = approve_1Call {
            spender,
            id,
            amount: value,
        };
        if value >= u128::MAX.u() && value != U256::MAX {
            // 2¹²⁸ − 1 itself is read, as no limit.
            if value > u128::MAX.u() {
                world.refuses(alice(), &shares, &refused);
                world.refuses(alice(), &options, &refused);
            }
            return;
        }
        world.call(alice(), &shares);
        world.call(alice(), &options);
        assert_eq!(
            world
                .view(&allowance_0Call {
                    owner: alice(),
                    spender
                })
                .shares,
            value
        );
        assert_eq!(
            world
                .view(&allowance_1Call {
                    owner: alice(),
                    spender,
                    id
                })
                .amount,
            value
        );
        world.vault.assert_emitted(&Approval_0 {
            owner: alice(),
            spender,
            value,
        });
        world.vault.assert_emitted(&Approval_1 {
            owner: alice(),
            spender,
            id,
            amount: value,
        });
        let approved = rng.bool();
        world.call(alice(), &setOperatorCall { spender, approved });
        assert_eq!(
            world
                .view(&isOperatorCall {
                    owner: alice(),
                    spender
                })
                .approved,
            approved
        );
        world.vault.assert_emitted(&OperatorSet {
            owner: alice(),
            spender,
            approved,
        });
    });
}

#[test]
fn selectors_of_no_function_are_unknown() {
    let world = World::new();
    let mut rng = Rng::with_seed(3);
    let unknown = (0..2_000).map(|_| rng.u32(..)).chain([0, u32::MAX]);
    for selector in
        unknown.filter(|selector| !ICoveredCallVaultCalls::valid_selector(selector.to_be_bytes()))
    {
        let expected = UnknownSelector {
            selector: U256::from(selector),
        }
        .abi_encode();
        assert_eq!(world.send(alice(), &selector.to_be_bytes()), Err(expected));
    }
}

#[test]
fn every_view_decodes_strictly_in_every_phase() {
    let views: Vec<Function> = interface()
        .into_iter()
        .filter(|function| {
            all_functions()
                .iter()
                .any(|one| one.view && one.name == function.name)
        })
        .collect();
    Runs::or(30).each(|rng| {
        let world = somewhere(rng);
        for view in &views {
            if let Ok(answer) = world.send(carol(), &valid_call(rng, &world, view)) {
                assert!(
                    decodes(view.selector().0, &answer),
                    "{}: {answer:x?}",
                    view.name
                );
            }
        }
    });
}
