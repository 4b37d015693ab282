//! observe: the estimate of volatility, against Chainlink's own proxy.

use crate::support::*;
use testbed::devchain::market::{Feed, FeedConfig};
use testbed::{Abi, Address, DAY, Done, HOUR, I256, Options, U256, WAD, World, default_policy};
use vault_core::volatility::{Estimate, GRID_SECONDS};
use vault_core::{Price, policy};

const LAG: u64 = 60;

fn rounds(world: &World) -> Abi::observeCall {
    let found = world.view(&Abi::findGridRoundsCall {});
    Abi::observeCall {
        assetRounds: found.assetRounds,
        quoteRounds: found.quoteRounds,
    }
}

fn observe(world: &mut World, who: Address) -> Done<Abi::observeCall> {
    let call = rounds(world);
    world
        .send(who, &call)
        .expect("what the view finds is taken")
}

fn grid(world: &World) -> Abi::volatilityGridReturn {
    world.view(&Abi::volatilityGridCall {})
}

fn estimate_policy(world: &World) -> policy::Volatility {
    policy_of(world).volatility
}

/// Rounds of the asset's feed so far: time and price.
type History = Vec<(u64, u128)>;

fn submit(world: &mut World, history: &mut History, price: u128) {
    world.submit(price);
    history.push((world.chain.now(), price));
}

/// The estimate that anybody can work out from all rounds, point by point.
fn worked_out(start: u64, policy: &policy::Volatility, history: &History, now: u64) -> Estimate {
    let mut estimate = Estimate::start(start, policy, history[0].0);
    while estimate.next() + LAG < now {
        let time = estimate.next();
        let last = history.iter().rev().find(|(at, _)| *at <= time);
        let price = Price(last.expect("the grid begins at the first round").1);
        estimate.take(price, time + 1, policy).expect("a price");
    }
    estimate
}

#[track_caller]
fn assert_near(world: &World, expected: &Estimate) {
    let met = grid(world);
    assert_eq!(met.lastTime, seconds(expected.point * GRID_SECONDS));
    assert_eq!(met.lastPrice, u(expected.price.0));
    assert_eq!(met.lag, U256::ZERO);
    let (variance, volatility): (u64, u64) = (met.variance.to(), met.annual.to());
    // Points without a return may be taken together.
    assert!(variance.abs_diff(expected.variance) <= expected.variance / 1_000_000_000_000 + 2);
    assert!(
        volatility.abs_diff(expected.volatility) <= expected.volatility / 1_000_000_000_000 + 2
    );
    assert_eq!(world.view(&Abi::volatilityCall {}), met.annual);
}

/// A world whose first round is the first of the history.
fn fresh() -> (World, History) {
    let world = World::new(&Options::default());
    let first = world.feed.latest(&world.chain).expect("a round");
    (world, vec![(first.updated_at, 2_000 * WAD)])
}

/// Rounds at random times, observed by anybody at others: the estimate is the one that follows from the rounds.
#[test]
fn the_estimate_follows_from_the_rounds_whoever_observes_when() {
    let mut rng = fastrand::Rng::with_seed(31);
    let (mut busy, mut calls) = (0, 0);
    for _ in 0..6 {
        let (mut world, mut history) = fresh();
        let start: u64 = grid(&world).annual.to();
        let policy = estimate_policy(&world);
        let mut price = 2_000.0;
        for _ in 0..80 {
            world.chain.warp(
                *rng.choice(&[1, 40, 300, 1_800, 5_000, 40_000])
                    .expect("one"),
            );
            price *= 1.0 + (rng.f64() - 0.5) * 0.05;
            submit(&mut world, &mut history, price as u128 * WAD);
            if rng.u8(0..8) == 0 {
                world.chain.warp(61);
                let call = rounds(&world);
                let who = *rng.choice(&[alice(), bob(), keeper()]).expect("somebody");
                calls += usize::from(world.send(who, &call).is_ok());
                busy += usize::from(call.assetRounds[7] != 0);
            }
        }
        world.chain.warp(61);
        world.catch_up();
        assert_near(
            &world,
            &worked_out(start, &policy, &history, world.chain.now()),
        );
    }
    assert!(
        calls > 20 && busy > 5,
        "{calls} calls, {busy} of eight points"
    );
}

#[test]
fn no_other_round_is_taken_and_no_point_is_left_out() {
    let (mut world, mut history) = fresh();
    for step in 0..30_u128 {
        world.chain.warp(700);
        submit(&mut world, &mut history, (2_000 + step) * WAD);
    }
    world.chain.warp(61);
    let right = rounds(&world);
    assert!(right.assetRounds.iter().all(|round| *round != 0));
    for place in 0..8 {
        for number in [
            1,
            right.assetRounds[place] - 1,
            right.assetRounds[place] + 1,
            31,
            32,
            u64::MAX,
        ] {
            if number == right.assetRounds[place] {
                continue;
            }
            let mut other = right.clone();
            other.assetRounds[place] = number;
            if let Ok(done) = world.simulate(stranger(), &other) {
                panic!("{number} is taken for point {place}: {:?}", done.value);
            }
        }
    }
    // A point is not skipped by a hint for the next one.
    let mut skipping = right.clone();
    skipping.assetRounds.rotate_left(1);
    let error = Abi::WrongRound {
        updatedAt: seconds(history[right.assetRounds[1] as usize - 1].0),
        time: grid(&world).lastTime + seconds(GRID_SECONDS),
    };
    refuse(&mut world, stranger(), &skipping, error);
    // Fewer may be pointed at; what follows a 0 is not looked at.
    let mut few = right;
    few.assetRounds[2] = 0;
    let done = world.send(stranger(), &few).expect("two points");
    assert_eq!(done.value.points, u(2));
}

#[test]
fn a_point_is_paid_once_by_what_is_proven_and_from_the_keeper_budget_alone() {
    let mut policy = default_policy();
    policy.keeper.observeGas = testbed::primitives::aliases::U24::from(50_000);
    let mut world = opened_with(&Options {
        policy,
        ..Options::default()
    });
    let point = world.chain.now().div_ceil(GRID_SECONDS) * GRID_SECONDS;
    world.chain.set_time(point + 70);
    world.catch_up();
    for _ in 0..4 {
        world.chain.warp(GRID_SECONDS);
        world.submit(2_010 * WAD);
    }
    world.chain.warp(61);
    let budget = world.ledger().keeperAssets;
    let held = world.balances(keeper()).0;
    let done = observe(&mut world, keeper());
    let proven = u(4);
    // Each price after the first pays a fifth.
    let reward = u(80_000 * world.chain.base_fee());
    assert_eq!(done.value.points, proven);
    assert_eq!(done.value.reward, reward);
    assert!(reward > U256::ZERO);
    assert_eq!(u(world.balances(keeper()).0 - held), reward);
    assert_eq!(budget - world.ledger().keeperAssets, reward);
    assert_reconciled(&world);
    let event: Abi::VolatilityObserved = event(&world, &done.receipt);
    assert_eq!((event.keeper, event.reward), (keeper(), reward));
    // Nothing is left: neither the same rounds nor what the view finds now.
    let next = grid(&world).lastTime + seconds(GRID_SECONDS);
    let nothing = Abi::NothingToObserve {
        nextTime: next,
        nowSeconds: seconds(world.chain.now()),
    };
    let call = rounds(&world);
    assert_eq!(call.assetRounds, [0; 8]);
    refuse(&mut world, keeper(), &call, nothing.clone());
    let mut again = call;
    again.assetRounds[0] = 3;
    refuse(&mut world, keeper(), &again, nothing);
    // To the second: a point is taken once it is a minute past.
    let time: u64 = next.to();
    for (at, taken) in [(time + 60, false), (time + 61, true)] {
        world.chain.set_time(at);
        assert_eq!(rounds(&world).assetRounds[0] != 0, taken, "at {at}");
    }
    // A price in force for a day is proven once.
    world.chain.warp(DAY);
    let done = observe(&mut world, keeper());
    assert_eq!(
        (done.value.points, done.value.reward),
        (u(49), reward * u(5) / u(8))
    );
}

/// Of six phases, one after another: silent ones, empty ones, one whose aggregator is gone.
#[test]
fn a_feed_that_is_replaced_does_not_hold_the_grid_up() {
    let (mut world, _) = fresh();
    world.chain.warp(3 * HOUR);
    world.submit(2_100 * WAD);
    world.chain.warp(GRID_SECONDS);
    world.catch_up();
    let before = grid(&world);
    assert_eq!(before.lastPrice, u(2_100 * WAD));
    let old = world.feed.aggregator(&world.chain).expect("a proxy");
    let replace = |world: &mut World| {
        world
            .feed
            .change_phase(&mut world.chain, None)
            .expect("the owner");
    };
    // Two empty phases, then one that answers: the old price is in force for an hour after its round, then the new one.
    replace(&mut world);
    replace(&mut world);
    replace(&mut world);
    world.submit(2_200 * WAD);
    world.chain.warp(GRID_SECONDS + 61);
    world.catch_up();
    assert_eq!(grid(&world).lastPrice, u(2_100 * WAD));
    world.chain.warp(2 * HOUR);
    world.catch_up();
    assert_eq!(grid(&world).lastPrice, u(2_200 * WAD));
    assert_eq!(grid(&world).lag, U256::ZERO);
    // What happens to the old aggregator matters no more; the present one dies with its rounds.
    world.chain.set_code(old, []);
    let present = world.feed.aggregator(&world.chain).expect("a proxy");
    replace(&mut world);
    world.chain.set_code(present, []);
    world.chain.warp(HOUR);
    world.catch_up();
    let dark = grid(&world);
    assert_eq!(dark.lag, U256::ZERO, "time passes without a price");
    assert_eq!(dark.lastPrice, u(2_200 * WAD));
    let unknown = dark.variance;
    world.chain.warp(6 * HOUR);
    world.catch_up();
    assert_eq!(
        grid(&world).variance,
        unknown,
        "nothing is forgotten either"
    );
    world.submit(2_300 * WAD);
    world.chain.warp(HOUR);
    world.catch_up();
    assert_eq!(grid(&world).lastPrice, u(2_300 * WAD));
    assert!(
        grid(&world).variance > unknown,
        "and then the whole return counts"
    );
}

#[test]
fn a_dead_feed_does_not_hold_the_grid_up_for_ever() {
    let (mut world, _) = fresh();
    world.chain.warp(2 * HOUR);
    world.catch_up();
    let code = world.chain.code(world.feed.address);
    world.chain.set_code(world.feed.address, []);
    world.chain.warp(DAY);
    world.catch_up();
    assert_eq!(grid(&world).lag, U256::ZERO);
    world.chain.set_code(world.feed.address, code);
    world.submit(2_100 * WAD);
    world.chain.warp(HOUR);
    world.catch_up();
    assert_eq!(grid(&world).lastPrice, u(2_100 * WAD));
}

#[test]
fn nothing_is_sold_or_opened_while_the_grid_lags_by_more_than_two_points() {
    let mut world = deposited(&Options::default());
    world.chain.warp(13 * HOUR);
    world.submit(SPOT);
    let stale = |world: &World| Abi::VolatilityStale {
        lastTime: grid(world).lastTime,
        nowSeconds: seconds(world.chain.now()),
    };
    let error = stale(&world);
    refuse(&mut world, keeper(), &Abi::openEpochCall {}, error);
    world.catch_up();
    world
        .send(keeper(), &Abi::openEpochCall {})
        .expect("caught up");
    world.give_usdc(carol(), RICH);
    let buy = Abi::buyCall {
        id: id(0),
        amount: u(WAD),
        maxPremium: U256::MAX,
        receiver: carol(),
        deadline: U256::MAX,
    };
    let last: u64 = grid(&world).lastTime.to();
    world.chain.set_time(last + 3 * GRID_SECONDS + 60);
    world.submit(SPOT);
    let mut other = world.clone();
    other.send(carol(), &buy).expect("two points behind");
    world.chain.warp(1);
    let error = stale(&world);
    refuse(&mut world, carol(), &buy, error.clone());
    let quote = Abi::quoteBuyCall {
        id: id(0),
        amount: u(WAD),
    };
    let refused = world
        .simulate(carol(), &quote)
        .expect_err("a quote is the sale");
    assert_named(&refused, &error);
    // Exits and the hedge do not wait for it.
    let request = Abi::requestRedeemCall {
        shares: u(WAD),
        controller: alice(),
        owner: alice(),
    };
    world.send(alice(), &request).expect("an exit");
    observe(&mut world, stranger());
    world.send(carol(), &buy).expect("caught up");
}

/// The vault is deployed when the feed has answered for two weeks: it begins a week back, and nothing is sold before that week is observed.
#[test]
fn the_estimate_is_seeded_from_the_week_before_deployment() {
    let options = Options::default();
    let mut world = World::market(&options);
    let mut rng = fastrand::Rng::with_seed(7);
    let mut history = Vec::new();
    let mut price = 2_000.0;
    for _ in 0..14 * 12 {
        world.chain.warp(2 * HOUR);
        price *= 1.0 + (rng.f64() - 0.5) * 0.01;
        submit(&mut world, &mut history, price as u128 * WAD);
    }
    let setup = world.setup(&options);
    world.construct(&setup).expect("constructs");
    let begun = grid(&world);
    let now = world.chain.now();
    let week_ago = now - 7 * DAY;
    assert_eq!(
        begun.lastTime,
        seconds((week_ago.div_ceil(GRID_SECONDS) - 1) * GRID_SECONDS)
    );
    assert!(begun.lag > u(300));
    world
        .deposit(alice(), 10 * WAD)
        .expect("deposits do not wait");
    world.chain.warp(61);
    world.catch_up();
    let policy = estimate_policy(&world);
    let start: u64 = begun.annual.to();
    let mut expected = Estimate::start(start, &policy, week_ago);
    while expected.next() + LAG < world.chain.now() {
        let time = expected.next();
        let last = history
            .iter()
            .rev()
            .find(|(at, _)| *at <= time)
            .expect("two weeks");
        expected
            .take(Price(last.1), time + 1, &policy)
            .expect("a price");
    }
    assert_near(&world, &expected);
    assert!(
        expected.volatility < start,
        "the market was calmer than was assumed"
    );
}

#[test]
fn too_little_gas_takes_no_other_round() {
    let (mut world, mut history) = fresh();
    for step in 0..6_u128 {
        world.chain.warp(900);
        submit(&mut world, &mut history, (2_000 + step) * WAD);
    }
    world.chain.warp(61);
    let right = rounds(&world);
    let mut wrong = right.clone();
    wrong.assetRounds[0] -= 1;
    let (mut named, mut taken) = (0, 0);
    for gas in (60_000..500_000).step_by(8_000) {
        let refused = send_with_gas(&mut world.clone(), stranger(), &wrong, gas);
        refused.expect_err("never the wrong round");
        match send_with_gas(&mut world.clone(), stranger(), &right, gas) {
            Ok(done) => {
                assert!(done.value.points > U256::ZERO);
                taken += 1;
            }
            Err(refused) => {
                let named_so = matches!(refused.error, Some(testbed::Errors::NotEnoughGas(_)));
                assert!(named_so, "{refused:?} with {gas} gas");
                named += 1;
            }
        }
    }
    assert!(named > 10 && taken > 10, "{named} {taken}");
}

// --- A quote that is not taken at par ---

/// A world whose quote has a feed, at this price with 8 decimals.
fn with_quote(answer: i64) -> (World, Feed) {
    with_quote_and(&Options::default(), answer)
}

/// [`with_quote`] of these options.
pub fn with_quote_and(options: &Options, answer: i64) -> (World, Feed) {
    let mut world = World::market(options);
    let feed = Feed::deploy(&mut world.chain, FeedConfig::new("USDC / USD", 8)).expect("a feed");
    quote(&mut world, &feed, answer);
    let mut setup = world.setup(options);
    setup.quote_feed = feed.address;
    world.construct(&setup).expect("constructs");
    for who in [alice(), bob()] {
        world.deposit(who, 10 * WAD).expect("open");
    }
    (world, feed)
}

pub fn quote(world: &mut World, feed: &Feed, answer: i64) {
    let answer = I256::try_from(answer).expect("fits");
    feed.submit(&mut world.chain, answer).expect("any answer");
}

fn open_and_sell(world: &mut World) {
    world.chain.warp(13 * HOUR);
    world.submit(SPOT);
    world.catch_up();
    world.send(keeper(), &Abi::openEpochCall {}).expect("opens");
    world.buy(carol(), id(0), SOLD).expect("room");
}

fn settled_at(world: &mut World) -> U256 {
    let expiry = seconds(expiry(world));
    let found = world.view(&Abi::findRoundsCall { expiry });
    let call = Abi::settleCall {
        expiry,
        assetRounds: found.assetRounds,
        quoteRounds: found.quoteRounds,
    };
    world.send(stranger(), &call).expect("settles").value
}

#[test]
fn a_quote_with_a_feed_is_divided_by_everywhere() {
    let (mut world, feed) = with_quote(80_000_000);
    open_and_sell(&mut world);
    assert_eq!(world.view(&Abi::epochCall {}).lastPrice, u(2_500 * WAD));
    assert_eq!(grid(&world).lastPrice, u(2_500 * WAD));
    let at = expiry(&world);
    answer_at(&mut world, at - 20, 2_000 * WAD);
    world.chain.set_time(at - 10);
    quote(&mut world, &feed, 50_000_000);
    answer_at(&mut world, at + 5, 9_000 * WAD);
    quote(&mut world, &feed, 10_000_000);
    world.chain.set_time(at + 61);
    assert_eq!(settled_at(&mut world), u(4_000 * WAD));
    world.catch_up();
    assert_eq!(
        grid(&world).lastPrice,
        u(4_000 * WAD),
        "8:00 is a point of the grid"
    );
}

#[test]
fn a_quote_whose_feed_is_stale_or_changed_leaves_the_vault_dark() {
    let (mut world, feed) = with_quote(100_000_000);
    open_and_sell(&mut world);
    let told = feed.latest(&world.chain).expect("a round").updated_at;
    world.give_usdc(carol(), RICH);
    let buy = Abi::buyCall {
        id: id(1),
        amount: u(WAD),
        maxPremium: U256::MAX,
        receiver: carol(),
        deadline: U256::MAX,
    };
    world.chain.set_time(told + 90_000);
    world.submit(SPOT);
    world.catch_up();
    world.clone().send(carol(), &buy).expect("25 hours old");
    world.chain.warp(1);
    let error = Abi::OraclePriceStale {
        updatedAt: seconds(told),
        nowSeconds: seconds(told + 90_001),
    };
    refuse(&mut world, carol(), &buy, error.clone());
    refuse(&mut world, keeper(), &Abi::rebalanceCall {}, error);
    let mut zero = world.clone();
    quote(&mut zero, &feed, 0);
    let error = Abi::OraclePriceInvalid { answer: I256::ZERO };
    refuse(&mut zero, carol(), &buy, error);
    quote(&mut world, &feed, 100_000_000);
    world.send(carol(), &buy).expect("fresh again");
}

#[test]
fn each_feed_falls_back_on_its_own() {
    // The quote's feed dies: its last price, the asset's own round.
    let (mut world, feed) = with_quote(80_000_000);
    open_and_sell(&mut world);
    let at = expiry(&world);
    answer_at(&mut world, at - 20, 2_400 * WAD);
    world.chain.set_code(feed.address, []);
    world.chain.set_time(at + 7 * DAY + 1);
    // Of the quote's price 24 leading bits are kept, rounded down.
    let settled: u128 = settled_at(&mut world).to();
    assert!(settled >= 3_000 * WAD && settled - 3_000 * WAD < (3_000 * WAD) >> 23);
    // The asset's dies: the last price of the pair.
    let (mut world, feed) = with_quote(80_000_000);
    open_and_sell(&mut world);
    world.chain.set_time(at - 20);
    quote(&mut world, &feed, 50_000_000);
    world.chain.set_code(world.feed.address, []);
    world.chain.set_time(at + 7 * DAY + 1);
    assert_eq!(settled_at(&mut world), u(2_500 * WAD));
}

// --- Gas ---

/// Eight points of busy feeds, a different round at each; with a quote's feed, twice the reads.
#[test]
fn the_gas_of_an_observation_is_bounded() {
    let measured = |with_feed: bool| {
        let (mut world, feed) = if with_feed {
            let (world, feed) = with_quote(100_000_000);
            (world, Some(feed))
        } else {
            (deposited(&Options::default()), None)
        };
        world.chain.warp(HOUR);
        world.catch_up();
        for step in 0..40_i64 {
            world.chain.warp(400);
            world.submit((2_000 + step.unsigned_abs() as u128) * WAD);
            if let Some(feed) = &feed {
                quote(&mut world, feed, 100_000_000 + step);
            }
        }
        world.chain.warp(61);
        let mut single = rounds(&world);
        single.assetRounds[1] = 0;
        let single = world.clone().send(keeper(), &single).expect("a point");
        assert_eq!(single.value.points, u(1));
        let done = observe(&mut world, keeper());
        assert_eq!(done.value.points, u(8));
        (single.receipt.gas_used, done.receipt.gas_used)
    };
    let ((one, eight), (two, sixteen)) = (measured(false), measured(true));
    println!(
        "observe: {one} gas for a point, {eight} for eight; with two feeds {two} and {sixteen}"
    );
    assert!(one < 95_000 && eight < 250_000, "{one} {eight}");
    assert!(two < 135_000 && sixteen < 400_000, "{two} {sixteen}");
    // What a further point adds is about a fifth of a call for one: rewards count on it.
    for (first, all) in [(one, eight), (two, sixteen)] {
        let further = (all - first) / 7;
        assert!(further > first / 7 && further < first / 4, "{first} {all}");
    }
}
