//! The constructor.

use crate::hostile::contract;
use crate::support::*;
use testbed::devchain::market::Erc20;
use testbed::primitives::aliases::{U24, U48, U80};
use testbed::{Abi, Address, Errors, Options, Refused, Setup, U256, WAD, World, encode_text};

/// A market with the vault's program, its constructor not run, and what to give it.
fn ready() -> (World, Setup) {
    let options = Options::default();
    let world = World::market(&options);
    let setup = world.setup(&options);
    (world, setup)
}

/// Runs the constructor, which must refuse and leave no trace.
#[track_caller]
fn refused(world: &World, setup: &Setup) -> Refused {
    let mut world = world.clone();
    let slots = |world: &World| -> Vec<U256> {
        (0..64)
            .map(|slot| world.chain.storage(world.vault, U256::from(slot)))
            .collect()
    };
    let before = slots(&world);
    let refused = world.construct(setup).expect_err("out of bounds");
    assert_eq!(slots(&world), before, "a refused constructor wrote");
    refused
}

#[test]
fn it_pins_tokens_feeds_and_policy() {
    let (mut world, setup) = ready();
    world.construct(&setup).expect("sound");
    assert_eq!(world.view(&Abi::policyCall {}), setup.policy);
    assert_eq!(world.view(&Abi::assetCall {}), setup.asset);
    assert_eq!(world.view(&Abi::quoteTokenCall {}), setup.quote);
    let epoch = world.view(&Abi::epochCall {});
    assert_eq!((epoch.number, epoch.phase), (U256::ZERO, U256::ZERO));
    assert_eq!(epoch.since, seconds(world.chain.now()));
}

#[test]
fn only_the_extension_can_be_the_extension() {
    let (mut world, setup) = ready();
    let nobody = Abi::NotAnExtension { extension: bob() };
    let with = |extension| Setup {
        extension,
        ..setup.clone()
    };
    // An account without code, and a token whose fallback takes any call, succeed at doing nothing.
    assert_named(&refused(&world, &with(bob())), &nobody);
    let token = Abi::NotAnExtension {
        extension: setup.asset,
    };
    assert_named(&refused(&world, &with(setup.asset)), &token);
    let zero = Abi::NotAnExtension {
        extension: Address::ZERO,
    };
    assert_named(&refused(&world, &with(Address::ZERO)), &zero);
    // The vault itself calls itself until the gas is gone.
    refused(&world, &with(world.vault));
    // Nothing but the constructor reaches what calldata names.
    let call = Abi::openEpochCall {};
    let unknown = world.simulate(stranger(), &call).expect_err("no vault yet");
    assert_named(&unknown, &Abi::NotInitialised {});
    world.construct(&setup).expect("sound");
    assert_eq!(world.view(&Abi::extensionCall {}), setup.extension);
    // Constructed, the vault runs what it was given then, whatever is named now.
    let later = refused(&world, &with(setup.asset));
    assert_named(&later, &Abi::AlreadyInitialised {});
}

#[test]
fn the_extension_alone_is_an_empty_vault() {
    let (mut world, setup) = ready();
    world.construct(&setup).expect("sound");
    world.deposit(alice(), 10 * WAD).expect("open");
    let vault = world.vault;
    world.vault = world.extension.address;
    let refused = world
        .simulate(stranger(), &Abi::openEpochCall {})
        .expect_err("it was never constructed");
    assert!(refused.error.is_some());
    // Somebody may construct it for itself: the vault's storage is another.
    let own = Setup {
        roles: testbed::Roles {
            owner: stranger(),
            ..setup.roles
        },
        ..setup.clone()
    };
    world.construct(&own).expect("a program like any other");
    assert_eq!(world.view(&Abi::ownerCall {}), stranger());
    world.vault = vault;
    assert_eq!(world.view(&Abi::ownerCall {}), setup.roles.owner);
}

#[test]
fn it_runs_once() {
    let (mut world, setup) = ready();
    world.construct(&setup).expect("sound");
    let refused = refused(&world, &setup);
    assert_named(&refused, &Abi::AlreadyInitialised {});
    open_twice(&mut world);
    let later = world.construct(&setup).expect_err("once");
    assert_named(&later, &Abi::AlreadyInitialised {});
}

/// An epoch later the constructor is as closed as before.
fn open_twice(world: &mut World) {
    world.deposit(alice(), 10 * WAD).expect("open");
    open(world);
}

#[test]
fn without_it_nothing_works() {
    let (mut world, _) = ready();
    world.give_weth(alice(), WAD);
    let error = Abi::NotInitialised {};
    let call = Abi::deposit_0Call {
        assets: u(WAD),
        receiver: alice(),
    };
    refuse(&mut world, alice(), &call, error.clone());
    refuse(&mut world, alice(), &Abi::openEpochCall {}, error);
    assert_eq!(
        world.view(&Abi::maxDepositCall { receiver: alice() }),
        U256::ZERO
    );
    assert_eq!(world.view(&Abi::totalAssetsCall {}), U256::ZERO);
}

/// Changes a sound setup so that one parameter is out of its bounds.
type Change = fn(&mut Setup);

#[test]
fn every_parameter_has_its_bounds_and_a_refusal_names_it() {
    let (world, setup) = ready();
    let changes: &[(u8, Change)] = &[
        (0, |s| s.policy.opening.targetDeltas = [0; 8]),
        (0, |s| {
            s.policy.opening.targetDeltas = [0, 2_000, 0, 0, 0, 0, 0, 0]
        }),
        (0, |s| {
            s.policy.opening.targetDeltas = [99, 0, 0, 0, 0, 0, 0, 0]
        }),
        (0, |s| {
            s.policy.opening.targetDeltas = [5_001, 0, 0, 0, 0, 0, 0, 0]
        }),
        (3, |s| s.policy.opening.minMoneynessBps = 5_001),
        (5, |s| s.policy.opening.capBps = U24::from(11_999)),
        (5, |s| s.policy.opening.capBps = U24::from(100_001)),
        (4, |s| s.policy.opening.sizeBps = 0),
        (4, |s| s.policy.opening.sizeBps = 10_001),
        (8, |s| s.policy.opening.openSeconds = U24::from(43_199)),
        (8, |s| s.policy.opening.openSeconds = U24::from(2_592_001)),
        (9, |s| s.policy.opening.minTenorSeconds = U24::from(86_399)),
        (9, |s| s.policy.opening.minTenorSeconds = U24::from(604_801)),
        (6, |s| s.policy.opening.strikeTick = 0),
        (6, |s| s.policy.opening.strikeTick = 1_000_000_000_000_001),
        (7, |s| s.policy.opening.keeperBudget = 1 << 78),
        (10, |s| s.policy.opening.minAssets = 0),
        (10, |s| s.policy.opening.minAssets = 1 << 80),
        (22, |s| s.policy.volatility.floor = 49_999_999_999_999_999),
        (23, |s| s.policy.volatility.cap = 3_000_000_000_000_000_001),
        (14, |s| s.policy.market.spotMarginBps = 4),
        (14, |s| s.policy.market.spotMarginBps = 501),
        (15, |s| s.policy.market.volatilityMarginBps = 5_001),
        (16, |s| s.policy.market.saleCutoffSeconds = 3_599),
        (16, |s| s.policy.market.saleCutoffSeconds = 82_801),
        (16, |s| {
            s.policy.opening.minTenorSeconds = U24::from(86_400);
            s.policy.market.saleCutoffSeconds = 86_400;
        }),
        (17, |s| s.policy.market.maxAgeSeconds = 59),
        (17, |s| s.policy.market.maxAgeSeconds = 86_401),
        (18, |s| s.policy.market.settleMaxAgeSeconds = 59),
        (18, |s| s.policy.market.settleMaxAgeSeconds = 86_401),
        (19, |s| s.policy.market.sequencerGraceSeconds = 86_401),
        (72, |s| s.policy.market.quoteMaxAgeSeconds = 59),
        (72, |s| s.policy.market.quoteMaxAgeSeconds = 172_801),
        (32, |s| s.policy.hedge.targetWeightBps = 10_001),
        (36, |s| s.policy.hedge.bandBps = 9),
        (36, |s| s.policy.hedge.bandBps = 5_001),
        (46, |s| s.policy.hedge.maxSlippageBps = 0),
        (46, |s| s.policy.hedge.maxSlippageBps = 31),
        (47, |s| s.policy.hedge.maxTradeBps = 0),
        (47, |s| s.policy.hedge.maxTradeBps = 10_001),
        (55, |s| s.policy.venue.minTrade = U80::ZERO),
        (56, |s| s.policy.keeper.swapGas = U24::from(2_000_001)),
        (60, |s| s.policy.keeper.bonusBps = 20_001),
        (63, |s| s.policy.keeper.rewardCap = 1 << 88),
        (64, |s| {
            s.policy.keeper.maxBaseFee = U48::from(1_000_000_000_001_u64)
        }),
        (66, |s| s.policy.roll.graceSeconds = 3_599),
        (66, |s| s.policy.roll.graceSeconds = 604_801),
        (67, |s| s.policy.roll.dustQuote = 1 << 112),
    ];
    for (number, change) in changes {
        let mut setup = setup.clone();
        change(&mut setup);
        match refused(&world, &setup).error {
            Some(Errors::PolicyOutOfBounds(error)) => {
                assert_eq!(error.parameter, U256::from(*number), "{:?}", setup.policy);
            }
            // Beyond the bits it is stored in: refused while it is read.
            Some(Errors::ValueOutOfRange(error)) => {
                assert!(
                    [7, 10, 55, 63, 67].contains(number),
                    "{error:?}, parameter {number}"
                );
            }
            other => panic!("parameter {number}: {other:?}"),
        }
    }
}

#[test]
fn the_bounds_themselves_are_accepted() {
    let (world, setup) = ready();
    let changes: &[Change] = &[
        |s| s.policy.opening.targetDeltas = [5_000, 100, 100, 100, 100, 100, 100, 100],
        |s| s.policy.opening.minMoneynessBps = 5_000,
        |s| s.policy.opening.capBps = U24::from(12_000),
        |s| s.policy.opening.capBps = U24::from(100_000),
        |s| s.policy.opening.sizeBps = 1,
        |s| s.policy.opening.openSeconds = U24::from(2_592_000),
        |s| s.policy.opening.minTenorSeconds = U24::from(604_800),
        |s| s.policy.opening.strikeTick = 1,
        |s| s.policy.opening.strikeTick = 1_000_000_000_000_000,
        |s| s.policy.opening.keeperBudget = (1 << 78) - 1,
        |s| s.policy.opening.minAssets = (1 << 80) - 1,
        |s| s.policy.volatility.floor = 50_000_000_000_000_000,
        |s| s.policy.volatility.cap = 3_000_000_000_000_000_000,
        |s| s.policy.market.spotMarginBps = 500,
        |s| s.policy.market.volatilityMarginBps = 5_000,
        |s| s.policy.market.saleCutoffSeconds = 3_600,
        |s| s.policy.market.saleCutoffSeconds = 82_800,
        |s| s.policy.market.maxAgeSeconds = 86_400,
        |s| s.policy.market.settleMaxAgeSeconds = 60,
        |s| s.policy.market.sequencerGraceSeconds = 0,
        |s| s.policy.market.quoteMaxAgeSeconds = 172_800,
        |s| s.policy.hedge.enabled = false,
        |s| s.policy.hedge.targetWeightBps = 10_000,
        |s| s.policy.hedge.bandBps = 10,
        |s| s.policy.hedge.maxSlippageBps = 1,
        |s| s.policy.hedge.maxTradeBps = 1,
        |s| s.policy.venue.minTrade = U80::MAX,
        |s| s.policy.keeper.swapGas = U24::from(2_000_000),
        |s| s.policy.keeper.bonusBps = 20_000,
        |s| s.policy.keeper.rewardCap = (1 << 88) - 1,
        |s| s.policy.keeper.maxBaseFee = U48::from(1_000_000_000_000_u64),
        |s| s.policy.keeper.assetPerNative = U80::MAX,
        |s| s.policy.roll.graceSeconds = 604_800,
        |s| s.policy.roll.dustQuote = (1 << 112) - 1,
    ];
    for change in changes {
        let (mut world, mut setup) = (world.clone(), setup.clone());
        change(&mut setup);
        world
            .construct(&setup)
            .unwrap_or_else(|error| panic!("{error:?}: {:?}", setup.policy));
        assert_eq!(
            world.view(&Abi::policyCall {}),
            setup.policy,
            "stored to the last bit"
        );
    }
}

#[test]
fn asset_and_quote_are_two_tokens() {
    let (world, mut setup) = ready();
    setup.quote = setup.asset;
    let error = Abi::SameToken { token: setup.asset };
    assert_named(&refused(&world, &setup), &error);
}

#[test]
fn what_is_no_token_or_feed_is_refused() {
    let (world, setup) = ready();
    let pool = world.pool.address;
    for bad in [stranger(), Address::ZERO, pool] {
        let error = Abi::UnsupportedDecimals {
            token: bad,
            decimals: U256::MAX,
        };
        let mut wrong = setup.clone();
        wrong.asset = bad;
        assert_named(&refused(&world, &wrong), &error);
        let mut wrong = setup.clone();
        wrong.quote = bad;
        assert_named(&refused(&world, &wrong), &error);
        let mut wrong = setup.clone();
        wrong.feed = bad;
        assert_named(&refused(&world, &wrong), &error);
    }
    let mut wrong = setup;
    wrong.router = Address::ZERO;
    assert_named(&refused(&world, &wrong), &Abi::ZeroAddress {});
}

#[test]
fn tokens_of_more_than_18_decimals_are_refused() {
    let (mut world, setup) = ready();
    for decimals in [19_u8, 255] {
        let token = contract(&mut world, "PlainToken", &[decimals]);
        let error = Abi::UnsupportedDecimals {
            token,
            decimals: U256::from(decimals),
        };
        let mut wrong = setup.clone();
        wrong.asset = token;
        assert_named(&refused(&world, &wrong), &error);
        let mut wrong = setup.clone();
        wrong.quote = token;
        assert_named(&refused(&world, &wrong), &error);
    }
}

#[test]
fn tokens_of_no_and_of_18_decimals_are_accepted() {
    let (world, setup) = ready();
    for (asset, quote) in [(0_u8, 18_u8), (18, 0), (8, 8)] {
        let (mut world, mut setup) = (world.clone(), setup.clone());
        setup.asset = contract(&mut world, "PlainToken", &[asset]);
        setup.quote = contract(&mut world, "PlainToken", &[quote]);
        world.construct(&setup).expect("18 decimals or fewer");
        assert_eq!(world.view(&Abi::decimals_0Call {}), asset + 3);
    }
}

#[test]
fn names_of_31_bytes_are_kept_whole() {
    let (mut world, mut setup) = ready();
    let name = "a name of thirty-one characters";
    setup.name = encode_text(name);
    setup.symbol = encode_text("");
    world.construct(&setup).expect("sound");
    assert_eq!(world.view(&Abi::name_0Call {}), name);
    assert_eq!(world.view(&Abi::symbol_0Call {}), "");
    let token = Erc20 {
        address: world.vault,
    };
    assert_eq!(token.total_supply(&world.chain), Ok(U256::ZERO));
}
