//! The constructor.

use alloy_primitives::{Address, U256, Uint};
use alloy_sol_types::SolError;

use crate::interface::ICoveredCallVault::*;
use crate::support::world::text;
use crate::support::*;

/// Spoils a policy.
type Change = fn(&mut Policy);

/// Sets a field of a policy.
type Setter = fn(&mut Policy, u128);

/// A construction that must be refused with just this error.
#[track_caller]
fn refuses(world: &World, error: &impl SolError, change: impl FnOnce(&mut constructorCall)) {
    let mut setup = world.setup();
    change(&mut setup);
    assert_eq!(world.construct(&setup), Err(error.abi_encode()));
}

#[test]
fn what_is_constructed_can_be_read_back() {
    let world = World::with(|setup| setup.poolFee = Uint::from(0xff_ffff));
    assert_eq!(
        world.view(&assetCall {}).assetTokenAddress,
        world.asset.address()
    );
    assert_eq!(world.view(&quoteTokenCall {}).token, world.quote.address());
    let venues = world.view(&venuesCall {});
    assert_eq!(venues.assetFeed, world.feed.address());
    assert_eq!(venues.sequencerFeed, world.sequencer.address());
    assert_eq!(venues.router, world.venue.address());
    assert_eq!(venues.poolFee, Uint::from(0xff_ffff));
    assert_eq!(world.view(&nameCall {}).shareName, "Covered Calls WETH");
    assert_eq!(world.view(&symbolCall {}).shareSymbol, "ccWETH");
    assert_eq!(world.view(&decimalsCall {}).shareDecimals, 21);
    assert_eq!(world.view(&policyCall {}).policy, world::policy());
    let epoch = world.view(&epochCall {});
    assert_eq!(
        (epoch.number, epoch.phase, epoch.since),
        (U256::ZERO, U256::ZERO, NOW.u())
    );
}

#[test]
fn a_vault_is_constructed_once() {
    let world = World::new();
    refuses(&world, &AlreadyInitialised {}, |_| {});
    refuses(&world, &AlreadyInitialised {}, |setup| {
        setup.quote = setup.asset
    });
}

#[test]
fn every_field_of_a_policy_at_its_largest_is_read_back_as_it_was() {
    let most = Policy {
        opening: OpeningPolicy {
            targetDeltas: [5_000; 8],
            minMoneynessBps: 5_000,
            capBps: Uint::from(100_000),
            sizeBps: 10_000,
            openSeconds: Uint::from(2_592_000),
            minTenorSeconds: Uint::from(604_800),
            strikeTick: 1_000_000_000_000_000,
            keeperBudget: (1 << 78) - 1,
            minAssets: (1 << 112) - 1,
        },
        market: MarketPolicy {
            volatility: 3_000_000_000_000_000_000,
            spotMarginBps: 500,
            volatilityMarginBps: 5_000,
            saleCutoffSeconds: 82_800,
            maxAgeSeconds: 86_400,
            settleMaxAgeSeconds: 86_400,
            sequencerGraceSeconds: 86_400,
        },
        hedge: HedgePolicy {
            enabled: true,
            targetWeightBps: 10_000,
            bandBps: 5_000,
            maxSlippageBps: 30,
            maxTradeBps: 10_000,
            minTrade: (1 << 112) - 1,
        },
        keeper: KeeperPolicy {
            rewardGas: Uint::from(2_000_000),
            rewardMarkupBps: 10_000,
            rewardCap: (1 << 88) - 1,
            maxBaseFee: Uint::from(1_000_000_000_000_u64),
            assetPerNative: Uint::MAX,
        },
        roll: RollPolicy {
            graceSeconds: 604_800,
            dustQuote: (1 << 112) - 1,
        },
        shares: SharePolicy {
            minDeposit: Uint::MAX,
            managementFeeBps: 200,
            performanceFeeBps: 2_000,
            depositCap: (1 << 112) - 1,
        },
    };
    let world = World::with(|setup| setup.policy = most.clone());
    assert_eq!(world.view(&policyCall {}).policy, most);
    let lone = Policy {
        opening: OpeningPolicy {
            targetDeltas: [100, 0, 0, 0, 0, 0, 0, 0],
            ..world::policy().opening
        },
        hedge: HedgePolicy {
            enabled: false,
            ..world::policy().hedge
        },
        ..world::policy()
    };
    drop(world);
    let world = World::with(|setup| setup.policy = lone.clone());
    assert_eq!(world.view(&policyCall {}).policy, lone);
}

#[test]
fn each_parameter_of_a_policy_outside_its_bounds_is_named_by_its_number() {
    let changes: [(u64, Change); 30] = [
        (0, |p| p.opening.targetDeltas = [0; 8]),
        (0, |p| {
            p.opening.targetDeltas = [2_000, 0, 1_000, 0, 0, 0, 0, 0]
        }),
        (0, |p| p.opening.targetDeltas[0] = 99),
        (1, |p| p.opening.minMoneynessBps = 5_001),
        (2, |p| p.opening.capBps = Uint::from(11_999)),
        (3, |p| p.opening.sizeBps = 0),
        (4, |p| p.opening.openSeconds = Uint::from(43_199)),
        (5, |p| p.opening.minTenorSeconds = Uint::from(86_399)),
        (6, |p| p.opening.strikeTick = 0),
        (8, |p| p.opening.minAssets = 0),
        (9, |p| p.market.volatility = 49_999_999_999_999_999),
        (10, |p| p.market.spotMarginBps = 4),
        (11, |p| p.market.volatilityMarginBps = 5_001),
        (12, |p| p.market.saleCutoffSeconds = 3_599),
        (12, |p| p.market.saleCutoffSeconds = 82_801),
        (13, |p| p.market.maxAgeSeconds = 59),
        (14, |p| p.market.settleMaxAgeSeconds = 86_401),
        (15, |p| p.market.sequencerGraceSeconds = 86_401),
        (17, |p| p.hedge.targetWeightBps = 10_001),
        (18, |p| p.hedge.bandBps = 9),
        (19, |p| p.hedge.maxSlippageBps = 31),
        (20, |p| p.hedge.maxTradeBps = 0),
        (21, |p| p.hedge.minTrade = 0),
        (22, |p| p.keeper.rewardGas = Uint::from(2_000_001)),
        (23, |p| p.keeper.rewardMarkupBps = 10_001),
        (25, |p| {
            p.keeper.maxBaseFee = Uint::from(1_000_000_000_001_u64)
        }),
        (27, |p| p.roll.graceSeconds = 3_599),
        (27, |p| p.roll.graceSeconds = 604_801),
        (2, |p| p.opening.capBps = Uint::from(100_001)),
        (6, |p| p.opening.strikeTick = 1_000_000_000_000_001),
    ];
    let world = World::deployed();
    for (parameter, change) in changes {
        refuses(
            &world,
            &PolicyOutOfBounds {
                parameter: parameter.u(),
            },
            |setup| change(&mut setup.policy),
        );
    }
}

#[test]
fn an_amount_of_a_policy_that_does_not_fit_where_it_is_kept_is_refused() {
    let world = World::deployed();
    let changes: [(u128, Setter); 5] = [
        (1 << 112, |p, x| p.opening.minAssets = x),
        (1 << 78, |p, x| p.opening.keeperBudget = x),
        (1 << 112, |p, x| p.hedge.minTrade = x),
        (1 << 88, |p, x| p.keeper.rewardCap = x),
        (1 << 112, |p, x| p.roll.dustQuote = x),
    ];
    for (value, change) in changes {
        refuses(
            &world,
            &ValueOutOfRange {
                word: value.u().into(),
            },
            |setup| change(&mut setup.policy, value),
        );
    }
}

#[test]
fn asset_and_quote_are_two_tokens() {
    let world = World::deployed();
    let token = world.asset.address();
    refuses(&world, &SameToken { token }, |setup| setup.quote = token);
}

#[test]
fn there_is_a_router() {
    let world = World::deployed();
    refuses(&world, &ZeroAddress {}, |setup| {
        setup.router = Address::ZERO
    });
}

#[test]
fn a_token_or_feed_of_more_than_18_decimals_is_refused() {
    let world = World::deployed();
    let too_many = U256::from(19);
    world.asset.sender(carol()).set_decimals(too_many);
    refuses(
        &world,
        &UnsupportedDecimals {
            token: world.asset.address(),
            decimals: too_many,
        },
        |_| {},
    );
    world.asset.sender(carol()).set_decimals(U256::from(18));
    world.quote.sender(carol()).set_decimals(U256::MAX);
    refuses(
        &world,
        &UnsupportedDecimals {
            token: world.quote.address(),
            decimals: U256::MAX,
        },
        |_| {},
    );
    world.quote.sender(carol()).set_decimals(U256::from(6));
    world.feed.sender(carol()).set_decimals(19);
    refuses(
        &world,
        &UnsupportedDecimals {
            token: world.feed.address(),
            decimals: too_many,
        },
        |_| {},
    );
    world.feed.sender(carol()).set_decimals(18);
    assert_eq!(world.construct(&world.setup()), Ok(Vec::new()));
}

#[test]
fn a_token_or_feed_that_does_not_tell_its_decimals_is_refused() {
    let world = World::deployed();
    world.behave(&world.quote, Manner::Dead);
    refuses(
        &world,
        &UnsupportedDecimals {
            token: world.quote.address(),
            decimals: U256::MAX,
        },
        |_| {},
    );
    world.behave(&world.quote, Manner::Honest);
    world.feed.sender(carol()).die(true);
    refuses(
        &world,
        &UnsupportedDecimals {
            token: world.feed.address(),
            decimals: U256::MAX,
        },
        |_| {},
    );
    world.feed.sender(carol()).die(false);
    assert_eq!(world.construct(&world.setup()), Ok(Vec::new()));
}

#[test]
fn shares_have_three_decimals_more_than_the_asset() {
    for decimals in [0, 6, 8, 18] {
        let world = World::deployed();
        world
            .asset
            .sender(carol())
            .set_decimals(U256::from(decimals));
        world.construct(&world.setup()).expect("constructs");
        assert_eq!(world.view(&decimalsCall {}).shareDecimals, decimals + 3);
    }
}

#[test]
fn a_name_of_any_length_is_told_as_it_was_given() {
    for length in 0..=31 {
        let name: String = ('A'..).take(length).collect();
        let symbol: String = ('a'..).take(31 - length).collect();
        let world = World::with(|setup| {
            setup.name = text(&name);
            setup.symbol = text(&symbol);
        });
        assert_eq!(world.view(&nameCall {}).shareName, name);
        assert_eq!(world.view(&symbolCall {}).shareSymbol, symbol);
    }
}

#[test]
fn a_vault_without_a_sequencer_feed_asks_none() {
    let world = World::with(|setup| setup.sequencerFeed = Address::ZERO);
    world.sequencer.sender(carol()).die(true);
    world.deposit(alice(), 100 * WETH);
    world.open();
    assert_eq!(world.view(&epochCall {}).phase, U256::from(1));
}
