//! `roll`.

use alloy_primitives::U256;

use crate::interface::ICoveredCallVault::*;
use crate::support::*;

/// A settled vault that has `quote` left.
fn settled_with(quote: u128) -> World {
    let world = World::live(100 * WETH);
    let round = world.expire(2_000, 61);
    world.call(carol(), &world.settling(round));
    world.rewrite(99 * WETH, quote, 100_000 * WETH);
    world
}

#[test]
fn a_settled_epoch_without_quote_ends_at_once() {
    for dust in [0, USDC] {
        let world = settled_with(dust);
        world.call(carol(), &rollCall {});
        let epoch = world.view(&epochCall {});
        assert_eq!(
            (epoch.number, epoch.phase, epoch.since),
            (U256::from(1), U256::ZERO, NOW.u())
        );
        world.vault.assert_emitted(&Rolled {
            epoch: U256::from(1),
            vaultAssets: (99 * WETH).u(),
            vaultQuote: dust.u(),
            supply: (100_000 * WETH).u(),
        });
        assert!(world.view(&maxDepositCall { receiver: bob() }).maxAssets > U256::ZERO);
    }
}

#[test]
fn leftover_quote_is_waited_for_until_the_grace_period_ends() {
    let world = settled_with(USDC + 1);
    let early = |passed: u64| RollTooEarly {
        quote: (USDC + 1).u(),
        until: (NOW - passed + 86_400).u(),
    };
    world.refuses(carol(), &rollCall {}, &early(0));
    world.pass(86_399);
    world.refuses(carol(), &rollCall {}, &early(86_399));
    world.pass(1);
    world.call(carol(), &rollCall {});
    world.refuses(
        bob(),
        &deposit_0Call {
            assets: WETH.u(),
            receiver: bob(),
        },
        &QuoteNotConverted {
            quote: (USDC + 1).u(),
        },
    );
}

#[test]
fn only_a_settled_epoch_ends() {
    let world = World::new();
    world.refuses(carol(), &rollCall {}, &NotLive { phase: U256::ZERO });
    world.deposit(alice(), 100 * WETH);
    world.open();
    world.refuses(
        carol(),
        &rollCall {},
        &NotLive {
            phase: U256::from(1),
        },
    );
    let round = world.expire(2_000, 61);
    world.refuses(
        carol(),
        &rollCall {},
        &SettleFirst {
            expiry: (NOW - 61).u(),
        },
    );
    world.call(carol(), &world.settling(round));
    world.call(carol(), &rollCall {});
    world.refuses(carol(), &rollCall {}, &NotLive { phase: U256::ZERO });
}

#[test]
fn after_a_roll_the_window_for_deposits_begins_anew() {
    let world = settled_with(0);
    world.pass(100_000);
    world.call(carol(), &rollCall {});
    world.price(2_000);
    let error = OpenWindow {
        until: (NOW + 43_200).u(),
        nowSeconds: NOW.u(),
    };
    world.refuses(carol(), &openEpochCall {}, &error);
}

#[test]
fn depositors_who_stay_earn_the_premium_and_the_ledger_balances_over_two_epochs() {
    let world = World::live(100 * WETH);
    let shares = world.view(&balanceOf_0Call { owner: alice() }).shares;
    let premium = world.buy(0, 30 * WETH);
    let round = world.expire(2_000, 61);
    world.call(carol(), &world.settling(round));
    world.price(2_000);
    world.call(carol(), &rebalanceCall {});
    world.call(carol(), &rollCall {});
    assert_eq!(world.booked(), world.balances(world.vault.address()));
    let earned = premium * WETH.u() / (2_000 * USDC).u();
    let worth = world.view(&convertToAssetsCall { shares }).assets;
    let kept = (100 * WETH - WETH / 20).u() + earned;
    assert!(
        worth <= kept && worth + U256::from(1_000_000) >= kept,
        "{worth} of {kept}"
    );
    world.deposit(bob(), 10 * WETH);
    world.open();
    let epoch = world.view(&epochCall {});
    assert_eq!((epoch.number, epoch.phase), (U256::from(2), U256::from(1)));
    assert_eq!(
        world.view(&ledgerCall {}).keeperAssets,
        (WETH / 20).u(),
        "topped up once, not spent"
    );
}
