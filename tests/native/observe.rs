//! `observe`, `findGridRounds` and `volatilityGrid`.

use alloy_primitives::U256;
use vault_core::Price;
use vault_core::volatility::{Estimate, GRID_SECONDS};

use crate::interface::ICoveredCallVault::*;
use crate::support::world::policy;
use crate::support::*;

fn grid(world: &World) -> volatilityGridReturn {
    world.view(&volatilityGridCall {})
}

fn found(world: &World) -> observeCall {
    let rounds = world.view(&findGridRoundsCall {});
    observeCall {
        assetRounds: rounds.assetRounds,
        quoteRounds: rounds.quoteRounds,
    }
}

/// Nobody has observed for six points of the grid: 2 000, then 2 100 after two of them, then 1 900 after four.
fn behind() -> (World, [(u64, u128); 3]) {
    let world = World::new();
    let first = grid(&world).lastTime.to::<u64>() - 6 * GRID_SECONDS;
    world.unobserved(6);
    world.feed.sender(carol()).age(NOW - first);
    let rounds = [
        (first, 2_000),
        (first + 2 * GRID_SECONDS + 10, 2_100),
        (first + 4 * GRID_SECONDS + 10, 1_900),
    ];
    for (time, price) in &rounds[1..] {
        world.round(*price, *time);
    }
    (world, rounds)
}

/// What follows from the rounds, point by point.
fn expected(from: &volatilityGridReturn, rounds: &[(u64, u128)], points: u64) -> Estimate {
    let settings = policy().volatility;
    let settings = vault_core::policy::Volatility {
        half_life_seconds: settings.halfLifeSeconds,
        premium_bps: settings.premiumBps,
        floor: settings.floor,
        cap: settings.cap,
    };
    let mut estimate = Estimate {
        variance: from.variance.to(),
        volatility: from.annual.to(),
        point: from.lastTime.to::<u64>() / GRID_SECONDS,
        price: Price(from.lastPrice.to()),
    };
    for _ in 0..points {
        let time = estimate.next();
        let in_force = rounds.iter().rev().find(|(at, _)| *at <= time);
        let price = Price(in_force.expect("a round").1 * WAD);
        estimate.take(price, time + 1, &settings).expect("a price");
    }
    estimate
}

#[test]
fn the_points_that_have_passed_are_taken_from_the_rounds_that_were_in_force() {
    let (world, rounds) = behind();
    let before = grid(&world);
    let lag: u64 = before.lag.to();
    assert!(lag >= 6, "{lag}");
    let done = world.call(bob(), &found(&world));
    // motsu has no base fee: nothing is due.
    assert_eq!((done.points, done.reward), (U256::from(lag), U256::ZERO));
    let after = grid(&world);
    let estimate = expected(&before, &rounds, lag);
    assert_eq!(after.lastTime, (estimate.point * GRID_SECONDS).u());
    assert_eq!(
        (after.lastPrice, after.lag),
        (estimate.price.0.u(), U256::ZERO)
    );
    // Points without a return may be taken together.
    let variance: u64 = after.variance.to();
    assert!(variance.abs_diff(estimate.variance) <= estimate.variance / 1_000_000_000_000 + 2);
    assert!(variance != before.variance.to::<u64>(), "prices moved");
    world.vault.assert_emitted(&VolatilityObserved {
        keeper: bob(),
        time: after.lastTime,
        price: after.lastPrice,
        variance: after.variance,
        volatility: after.annual,
        reward: U256::ZERO,
    });
    let none = NothingToObserve {
        nextTime: after.lastTime + GRID_SECONDS.u(),
        nowSeconds: NOW.u(),
    };
    world.refuses(bob(), &found(&world), &none);
}

#[test]
fn a_point_has_one_round_and_none_is_passed_over() {
    let (world, rounds) = behind();
    let call = found(&world);
    let point = grid(&world).lastTime + GRID_SECONDS.u();
    // A later round than that in force, and one that is not there.
    for (number, updated_at) in [(2, rounds[1].0), (9, 0)] {
        let mut other = call.clone();
        other.assetRounds[0] = number;
        let error = WrongRound {
            updatedAt: updated_at.u(),
            time: point,
        };
        world.refuses(carol(), &other, &error);
    }
    let nothing = observeCall {
        assetRounds: [0; 8],
        quoteRounds: [0; 8],
    };
    let error = NothingToObserve {
        nextTime: point,
        nowSeconds: NOW.u(),
    };
    world.refuses(carol(), &nothing, &error);
    // In pieces it is the same: a price in force takes the points up to the next round.
    let mut first = call.clone();
    first.assetRounds[1..].fill(0);
    let points = world.call(carol(), &first).points;
    assert!(points >= U256::from(1), "{points}");
    world.call(bob(), &found(&world));
    assert_eq!(grid(&world).lag, U256::ZERO);
}

#[test]
fn nothing_is_sold_on_a_grid_that_lags_by_more_than_two_points() {
    let world = World::live(100 * WETH);
    world.fund(bob(), 0, 1_000_000 * USDC);
    let order = buyCall {
        id: id(1, 0),
        amount: WETH.u(),
        maxPremium: U256::MAX,
        receiver: bob(),
        deadline: NOW.u(),
    };
    let lag: u64 = grid(&world).lag.to();
    world.unobserved(u128::from(2 - lag.min(2)));
    world.call(bob(), &order);
    world.unobserved(1);
    let stale = VolatilityStale {
        lastTime: grid(&world).lastTime,
        nowSeconds: NOW.u(),
    };
    world.refuses(bob(), &order, &stale);
}
