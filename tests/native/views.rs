//! Views, in every phase, and the clock of these tests.

use alloy_primitives::U256;

use crate::interface::ICoveredCallVault::*;
use crate::support::*;

#[test]
fn passing_time_changes_nothing_but_the_times_that_have_passed() {
    let world = World::live(100 * WETH);
    world.buy(0, 10 * WETH);
    world.call(carol(), &rebalanceCall {});
    let (epoch, ledger) = (world.view(&epochCall {}), world.view(&ledgerCall {}));
    let (series, policy) = (
        world.view(&seriesCall { id: id(1, 0) }),
        world.view(&policyCall {}),
    );
    world.pass(1_234);
    let later = world.view(&epochCall {});
    assert_eq!(later.expiry, epoch.expiry - U256::from(1_234));
    assert_eq!(later.since, epoch.since - U256::from(1_234));
    assert_eq!(later.lastPriceTime, epoch.lastPriceTime - U256::from(1_234));
    let kept = epochReturn {
        expiry: epoch.expiry,
        since: epoch.since,
        lastPriceTime: epoch.lastPriceTime,
        ..later
    };
    assert_eq!(kept, epoch);
    assert_eq!(world.view(&ledgerCall {}), ledger);
    let mut later = world.view(&seriesCall { id: id(1, 0) });
    assert_eq!(later.expiry, series.expiry - U256::from(1_234));
    // An option decays.
    assert!(later.price < series.price);
    later.expiry = series.expiry;
    later.price = series.price;
    later.delta = series.delta;
    later.spotGamma = series.spotGamma;
    later.vega = series.vega;
    later.thetaPerDay = series.thetaPerDay;
    assert_eq!(later, series);
    assert_eq!(world.view(&policyCall {}), policy);
}

#[test]
fn the_phase_follows_from_time_and_from_calls() {
    let world = World::new();
    let phase = || world.view(&epochCall {}).phase;
    assert_eq!(phase(), U256::ZERO);
    world.deposit(alice(), 100 * WETH);
    world.open();
    assert_eq!(phase(), U256::from(1));
    let expiry: u64 = world.view(&epochCall {}).expiry.to();
    world.pass(expiry - NOW - 1);
    assert_eq!(phase(), U256::from(1));
    world.pass(1);
    assert_eq!(phase(), U256::from(2));
    world.pass(61);
    world.call(carol(), &world.settling(U256::ZERO));
    assert_eq!(phase(), U256::from(3));
    world.call(carol(), &rollCall {});
    assert_eq!(phase(), U256::ZERO);
}

#[test]
fn while_live_total_assets_are_marked_at_the_price_acted_on_last() {
    let world = World::live(100 * WETH);
    world.buy(0, 10 * WETH);
    world.buy(2, 20 * WETH);
    let ledger = world.view(&ledgerCall {});
    let marked = || {
        let owed: U256 = [0, 2]
            .map(|series| {
                let series = world.view(&seriesCall { id: id(1, series) });
                // The view rounds down.
                (series.sold * (series.price + U256::from(1))).div_ceil(WAD.u())
            })
            .iter()
            .sum();
        ledger.vaultAssets + ledger.vaultQuote * WETH.u() / (2_000 * USDC).u() - owed
    };
    let total = || world.view(&totalAssetsCall {}).totalManagedAssets;
    let before = marked();
    assert_eq!(total(), before);
    // Without asking the feed; what is owed decays.
    world.feed.sender(carol()).die(true);
    world.pass(100_000);
    let expected = marked();
    assert_eq!(total(), expected);
    assert!(expected > before);
    let supply = world.view(&totalSupplyCall {}).supply + U256::from(1_000);
    let shares = world.view(&convertToSharesCall { assets: WETH.u() }).shares;
    assert_eq!(shares, WETH.u() * supply / (expected + U256::from(1)));
}

#[test]
fn total_assets_are_nothing_at_worst() {
    let world = World::live(100 * WETH);
    world.buy(0, 30 * WETH);
    world.rewrite(1, 0, 100_000 * WETH);
    assert_eq!(
        world.view(&totalAssetsCall {}).totalManagedAssets,
        U256::ZERO
    );
}

#[test]
fn a_series_that_was_never_listed_is_unknown() {
    let world = World::live(100 * WETH);
    for id in [
        U256::ZERO,
        id(0, 0),
        id(1, 3),
        id(1, 9),
        id(2, 0),
        id(1 << 32, 0),
        u128::MAX.u(),
    ] {
        world.refuses(carol(), &seriesCall { id }, &UnknownSeries { id });
    }
}

#[test]
fn series_of_past_epochs_stay() {
    let world = World::live(100 * WETH);
    world.buy(0, 10 * WETH);
    let round = world.expire(2_500, 61);
    world.call(carol(), &world.settling(round));
    let settled = world.view(&seriesCall { id: id(1, 0) });
    world.pass(86_400);
    world.call(carol(), &rollCall {});
    world.open();
    // Here the past is moved, not the clock.
    let passed = U256::from(86_400 + 43_200);
    let kept = seriesReturn {
        expiry: settled.expiry - passed,
        ..settled
    };
    assert_eq!(world.view(&seriesCall { id: id(1, 0) }), kept);
    assert_eq!(world.view(&seriesCall { id: id(2, 0) }).sold, U256::ZERO);
}

#[test]
fn before_construction_views_answer_with_nothing() {
    let world = World::deployed();
    assert_eq!(
        world.view(&totalAssetsCall {}).totalManagedAssets,
        U256::ZERO
    );
    assert_eq!(world.view(&totalSupplyCall {}).supply, U256::ZERO);
    assert_eq!(
        world.view(&maxRedeemCall { owner: alice() }).maxShares,
        U256::ZERO
    );
    let epoch = world.view(&epochCall {});
    assert_eq!(
        (epoch.number, epoch.phase, epoch.since),
        (U256::ZERO, U256::ZERO, U256::ZERO)
    );
}
