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
    let world = World::new();
    assert_eq!(
        world.view(&assetCall {}).assetTokenAddress,
        world.asset.address()
    );
    assert_eq!(world.view(&quoteTokenCall {}).token, world.quote.address());
    let venues = world.view(&venuesCall {});
    assert_eq!(venues.assetFeed, world.feed.address());
    assert_eq!(venues.sequencerFeed, world.sequencer.address());
    assert_eq!(venues.router, world.venue.address());
    assert_eq!(venues.quoteFeed, Address::ZERO);
    assert_eq!(world.view(&name_0Call {}).shareName, "Covered Calls WETH");
    assert_eq!(world.view(&symbol_0Call {}).shareSymbol, "ccWETH");
    assert_eq!(world.view(&decimals_0Call {}).shareDecimals, 21);
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
            earlyDays: [13; 8],
            uncapped: u8::MAX,
            minMoneynessBps: 5_000,
            sizeBps: 10_000,
            capBps: Uint::from(100_000),
            strikeTick: 1_000_000_000_000_000,
            keeperBudget: (1 << 78) - 1,
            openSeconds: Uint::from(2_592_000),
            minTenorSeconds: Uint::from(604_800),
            minAssets: (1 << 80) - 1,
        },
        risk: RiskPolicy {
            gammaBps: u16::MAX,
            vegaBps: u16::MAX,
            thetaBps: u16::MAX,
        },
        market: MarketPolicy {
            spotMarginBps: 500,
            volatilityMarginBps: 5_000,
            saleCutoffSeconds: 82_800,
            maxAgeSeconds: 86_400,
            settleMaxAgeSeconds: 86_400,
            sequencerGraceSeconds: 86_400,
            quoteMaxAgeSeconds: 172_800,
        },
        volatility: VolatilityPolicy {
            halfLifeSeconds: 7_776_000,
            premiumBps: 5_000,
            floor: 3_000_000_000_000_000_000,
            cap: 3_000_000_000_000_000_000,
        },
        sale: SalePolicy {
            kappa: 10_000_000_000_000_000_000,
            leadBps: 10_000,
            floorBps: 20_000,
            capBps: Uint::from(100_000),
            feeBps: 500,
            spreadBps: 5_000,
            quotaBps: 10_000,
        },
        hedge: HedgePolicy {
            enabled: true,
            targetWeightBps: 10_000,
            triggers: 63,
            adaptive: true,
            toEdge: true,
            bandBps: 5_000,
            riskAversionBps: Uint::from(10_000_000),
            gateBps: 50_000,
            skewBps: 20_000,
            skewDown: true,
            horizonSeconds: Uint::from(2_592_000),
            intervalSeconds: Uint::from(2_592_000),
            moveBps: 10_000,
            bookBps: 10_000,
            volatilityBps: 10_000,
            maxSlippageBps: 30,
            maxTradeBps: 10_000,
        },
        venue: VenuePolicy {
            feeTiers: [Uint::from(100_000); 3],
            twapSeconds: Uint::from(86_400),
            twapBoundBps: 500,
            oracleBoundBps: 500,
            fillStartBps: 500,
            fillGrowthBps: 500,
            fillMaxBps: 30,
            minTrade: Uint::MAX,
        },
        keeper: KeeperPolicy {
            swapGas: Uint::from(2_000_000),
            fillGas: Uint::from(2_000_000),
            observeGas: Uint::from(1_000_000),
            settleGas: Uint::from(2_000_000),
            bonusBps: 20_000,
            bonusSeconds: Uint::from(604_800),
            l1Bytes: 1_000,
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
    let world = World::with(|setup| {
        setup.policy = most.clone();
        setup.volatility = most.volatility.cap;
    });
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
    let changes: [(u64, Change); 31] = [
        (0, |p| p.opening.targetDeltas = [0; 8]),
        (0, |p| {
            p.opening.targetDeltas = [2_000, 0, 1_000, 0, 0, 0, 0, 0]
        }),
        (0, |p| p.opening.targetDeltas[0] = 99),
        (3, |p| p.opening.minMoneynessBps = 5_001),
        (5, |p| p.opening.capBps = Uint::from(11_999)),
        (4, |p| p.opening.sizeBps = 0),
        (8, |p| p.opening.openSeconds = Uint::from(43_199)),
        (9, |p| p.opening.minTenorSeconds = Uint::from(86_399)),
        (6, |p| p.opening.strikeTick = 0),
        (10, |p| p.opening.minAssets = 0),
        (22, |p| p.volatility.floor = 49_999_999_999_999_999),
        (14, |p| p.market.spotMarginBps = 4),
        (15, |p| p.market.volatilityMarginBps = 5_001),
        (16, |p| p.market.saleCutoffSeconds = 3_599),
        (16, |p| p.market.saleCutoffSeconds = 82_801),
        (17, |p| p.market.maxAgeSeconds = 59),
        (18, |p| p.market.settleMaxAgeSeconds = 86_401),
        (19, |p| p.market.sequencerGraceSeconds = 86_401),
        (72, |p| p.market.quoteMaxAgeSeconds = 172_801),
        (32, |p| p.hedge.targetWeightBps = 10_001),
        (36, |p| p.hedge.bandBps = 9),
        (46, |p| p.hedge.maxSlippageBps = 31),
        (47, |p| p.hedge.maxTradeBps = 0),
        (55, |p| p.venue.minTrade = Uint::ZERO),
        (56, |p| p.keeper.swapGas = Uint::from(2_000_001)),
        (60, |p| p.keeper.bonusBps = 20_001),
        (64, |p| {
            p.keeper.maxBaseFee = Uint::from(1_000_000_000_001_u64)
        }),
        (66, |p| p.roll.graceSeconds = 3_599),
        (66, |p| p.roll.graceSeconds = 604_801),
        (5, |p| p.opening.capBps = Uint::from(100_001)),
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
    let changes: [(u128, Setter); 4] = [
        (1 << 80, |p, x| p.opening.minAssets = x),
        (1 << 78, |p, x| p.opening.keeperBudget = x),
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
        assert_eq!(world.view(&decimals_0Call {}).shareDecimals, decimals + 3);
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
        assert_eq!(world.view(&name_0Call {}).shareName, name);
        assert_eq!(world.view(&symbol_0Call {}).shareSymbol, symbol);
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
