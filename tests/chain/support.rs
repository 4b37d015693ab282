//! Stages of an epoch that tests start from, and the ways they look at the vault.

pub mod search;

use alloy_sol_types::{SolCall, SolError, SolEvent, sol};
use std::fmt::Debug;
use testbed::devchain::market::{Feed, FeedConfig, OPERATOR, abi::IAggregatorProxy, send};
use testbed::devchain::{Receipt, Status, Tx};
use testbed::primitives::{Bytes, aliases::U80, keccak256};
use testbed::{
    Abi, Address, Done, HOUR, I256, Options, POOL_SETTLES, Refused, U256, USD, WAD, World, actor,
    events, outcome,
};
use vault_core::greeks::PerSpot;
use vault_core::rebalance::{
    self, Book, HedgeState, Market, Plan, Rules, Terms, Valuation, fee_wad,
};
use vault_core::reward::{self, Fees};
use vault_core::sale::{self, Side};
use vault_core::solvency::{self, Backing};
use vault_core::wide::mul_div_down;
use vault_core::{Assets, Pot, Price, Quote, Refusal, Series, Units};

/// The price that every stage before expiry is at.
pub const SPOT: u128 = 2_000 * WAD;
/// Options that [`sold`] sells of each series.
pub const SOLD: u128 = 6 * WAD;

pub fn alice() -> Address {
    actor("alice")
}

pub fn bob() -> Address {
    actor("bob")
}

/// Buys the options.
pub fn carol() -> Address {
    actor("carol")
}

pub fn keeper() -> Address {
    actor("keeper")
}

/// Has nothing and is allowed nothing.
pub fn stranger() -> Address {
    actor("stranger")
}

pub fn u(x: u128) -> U256 {
    U256::from(x)
}

pub fn seconds(x: u64) -> U256 {
    U256::from(x)
}

/// Id of a series.
pub fn id_of(epoch: u128, series: u128) -> U256 {
    u(epoch * 256 + series)
}

/// Id of a series of the first epoch.
pub fn id(series: u128) -> U256 {
    id_of(1, series)
}

/// Alice and Bob have deposited 10 WETH each.
pub fn deposited(options: &Options) -> World {
    let mut world = World::new(options);
    for who in [alice(), bob()] {
        world.deposit(who, 10 * WAD).expect("the vault is open");
    }
    world
}

/// Epoch 1 is live at [`SPOT`] and nothing is sold.
pub fn opened_with(options: &Options) -> World {
    let mut world = deposited(options);
    open(&mut world);
    world
}

pub fn opened() -> World {
    opened_with(&Options::default())
}

/// Lets the window pass and opens the next epoch at [`SPOT`].
pub fn open(world: &mut World) {
    let seconds = world
        .view(&Abi::policyCall {})
        .opening
        .openSeconds
        .to::<u64>();
    world.chain.warp(seconds.max(13 * HOUR));
    world.set_price(SPOT);
    world
        .send(keeper(), &Abi::openEpochCall {})
        .expect("the window is over");
}

/// Carol holds [`SOLD`] options of each series of epoch 1.
pub fn sold_with(options: &Options) -> World {
    let mut world = opened_with(options);
    let count: u128 = world.view(&Abi::epochCall {}).seriesCount.to();
    for series in 0..count {
        world.buy(carol(), id(series), SOLD).expect("there is room");
    }
    world
}

pub fn sold() -> World {
    sold_with(&Options::default())
}

/// [`sold`], and hedged once.
pub fn hedged() -> World {
    let mut world = sold();
    world
        .send(keeper(), &Abi::rebalanceCall {})
        .expect("out of the band");
    world
}

pub fn expiry(world: &World) -> u64 {
    world.view(&Abi::epochCall {}).expiry.to()
}

/// Id of the feed's latest round.
pub fn round(world: &World) -> U80 {
    U80::from(world.feed.latest(&world.chain).expect("a round").round_id)
}

/// The call that settles the first expiry of the epoch by a round of the asset's feed.
pub fn settling(world: &World, hint: U80) -> Abi::settleCall {
    settling_at(expiry(world), hint)
}

/// The call that settles an expiry by a round of the asset's feed; the epoch opened in its phase 1.
pub fn settling_at(expiry: u64, hint: U80) -> Abi::settleCall {
    let hint = hint.to::<u128>();
    let mut rounds = [0; 4];
    if let Some(place) = rounds.get_mut(((hint >> 64) as usize).wrapping_sub(1)) {
        *place = hint as u64;
    }
    Abi::settleCall {
        expiry: seconds(expiry),
        assetRounds: rounds,
        quoteRounds: [0; 4],
    }
}

/// A hint that is so many rounds off.
pub fn shifted(round: U80, by: i128) -> U80 {
    U80::from(round.to::<u128>().checked_add_signed(by).expect("a round"))
}

/// Answers a price at this time, the latest so far. Returns the round.
pub fn answer_at(world: &mut World, time: u64, price: u128) -> U80 {
    world.chain.set_time(time);
    world.submit(price);
    round(world)
}

/// Replaces the aggregator of the asset's feed by one that answers `price` in other decimals.
pub fn replace_feed(world: &mut World, decimals: u8, price: u128) {
    let config = FeedConfig::new("ETH / USD", decimals);
    let other = Feed::deploy(&mut world.chain, config).expect("a feed");
    let answer = I256::try_from(price / 10_u128.pow(18 - u32::from(decimals))).expect("fits");
    other.submit(&mut world.chain, answer).expect("any answer");
    let aggregator = other.aggregator(&world.chain).expect("an aggregator");
    let propose = IAggregatorProxy::proposeAggregatorCall { aggregator };
    send(&mut world.chain, OPERATOR, world.feed.address, &propose).expect("the owner");
    let confirm = IAggregatorProxy::confirmAggregatorCall { aggregator };
    send(&mut world.chain, OPERATOR, world.feed.address, &confirm).expect("the owner");
}

/// The last price before expiry is `price`, and the expiry can be settled. Returns the round that settles it.
pub fn expire(world: &mut World, price: u128) -> U80 {
    let expiry = expiry(world);
    world.chain.set_time(expiry - 100);
    world.set_price(price);
    let hint = round(world);
    world.chain.set_time(expiry + 61);
    hint
}

/// Settles the epoch at `price`.
pub fn settle(world: &mut World, price: u128) -> Done<Abi::settleCall> {
    let hint = expire(world, price);
    world
        .send(keeper(), &settling(world, hint))
        .expect("the round settles")
}

/// A number from the environment: how many sequences of a search to run, and from which seed on.
pub fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// The market has moved to `price`, and the pool's mean with it.
pub fn moved(world: &mut World, price: u128) {
    world.set_price(price);
    world.chain.warp(POOL_SETTLES);
}

/// Converts what quote a settled epoch left, at a fresh `price`, and ends it.
pub fn roll(world: &mut World, price: u128) {
    moved(world, price);
    let _ = world.send(keeper(), &Abi::rebalanceCall {});
    world
        .send(keeper(), &Abi::rollCall {})
        .expect("nothing is left to convert");
}

/// The vault is open again after an epoch that settled at `price` and changed what a share is worth.
pub fn rolled(price: u128) -> World {
    let mut world = hedged();
    settle(&mut world, price);
    roll(&mut world, price);
    world
}

/// An epoch in which nothing is sold, from its opening to its roll.
pub fn idle(world: &mut World) {
    world.chain.warp(13 * HOUR);
    world.submit(SPOT);
    world.catch_up();
    world.send(keeper(), &Abi::openEpochCall {}).expect("opens");
    let end = expiry(world);
    world.chain.set_time(end + 61);
    let call = settling_at(end, U80::ZERO);
    world.send(keeper(), &call).expect("nothing is open");
    world
        .send(keeper(), &Abi::rollCall {})
        .expect("nothing to convert");
}

/// The precompile of programs.
pub const ARB_WASM: Address =
    testbed::primitives::address!("0000000000000000000000000000000000000071");

/// Extends the year that both programs live.
pub fn keep_alive(world: &mut World) {
    sol! {
        function codehashKeepalive(bytes32 codehash) external payable;
    }
    let payer = actor("payer");
    for program in [world.vault, world.extension.address] {
        world.chain.fund(payer, u(10 * WAD));
        let codehash = keccak256(world.chain.code(program));
        let call = codehashKeepaliveCall { codehash }.abi_encode();
        let mut tx = Tx::call(payer, ARB_WASM, call);
        tx.value = u(WAD);
        assert!(world.chain.send(tx).is_success(), "extended");
    }
}

// --- Refusals ---

/// Tries a call that must be refused with just this error, and checks that it changed nothing anywhere.
#[track_caller]
pub fn refuse<C: SolCall>(
    world: &mut World,
    from: Address,
    call: &C,
    error: impl SolError + Debug,
) {
    refuse_raw(world, from, call.abi_encode(), error);
}

/// The same for any calldata.
#[track_caller]
pub fn refuse_raw(
    world: &mut World,
    from: Address,
    data: impl Into<Bytes>,
    error: impl SolError + Debug,
) {
    let tx = Tx::call(from, world.vault, data);
    let refused = refuse_tx(world, tx);
    assert_named(&refused, &error);
}

/// A refusal is this error with these values, to the last byte.
#[track_caller]
pub fn assert_named(refused: &Refused, error: &(impl SolError + Debug)) {
    let named = refused.output == error.abi_encode();
    assert!(named, "{error:?} expected, but it is {refused:?}");
}

/// Sends a transaction to the vault that must revert, and checks that it changed nothing but the sender's nonce and what gas cost:
/// the whole state equals that of a chain where the sender sent nothing to itself instead.
#[track_caller]
pub fn refuse_tx(world: &mut World, tx: Tx) -> Refused {
    let from = tx.from;
    world.chain.fund(from, u(WAD));
    let mut control = world.chain.clone();
    let refused = match outcome::<Abi::rollCall>(world.chain.send(tx)) {
        Err(refused) => refused,
        Ok(_) => panic!("the vault took the call"),
    };
    assert_ne!(
        refused.status,
        Status::Success,
        "the vault took the call: {:?}",
        refused.output
    );
    assert!(control.send(Tx::call(from, from, [])).is_success());
    let (spent, idle) = (world.chain.balance(from), control.balance(from));
    control.fund(from, spent.saturating_sub(idle));
    let mut compared = world.chain.clone();
    compared.fund(from, idle.saturating_sub(spent));
    assert_eq!(
        compared.state_hash(),
        control.state_hash(),
        "a refused call changed the state"
    );
    refused
}

/// Sends calldata as it is.
pub fn send_raw(world: &mut World, from: Address, data: impl Into<Bytes>) -> Receipt {
    world.chain.fund(from, u(WAD));
    let tx = Tx::call(from, world.vault, data);
    world.chain.send(tx)
}

/// Sends a call with this gas limit.
#[allow(clippy::result_large_err, reason = "the same as `World::send`")]
pub fn send_with_gas<C: SolCall>(
    world: &mut World,
    from: Address,
    call: &C,
    gas: u64,
) -> Result<Done<C>, Refused> {
    world.chain.fund(from, u(WAD));
    let tx = Tx::call(from, world.vault, call.abi_encode()).gas(gas);
    outcome(world.chain.send(tx))
}

// --- Events ---

/// The only event of its kind that the vault emitted.
#[track_caller]
pub fn event<E: SolEvent>(world: &World, receipt: &Receipt) -> E {
    let mut all: Vec<E> = events(receipt, world.vault);
    assert_eq!(all.len(), 1, "events {}", E::SIGNATURE);
    all.remove(0)
}

// --- Balances ---

pub fn shares(world: &World, owner: Address) -> u128 {
    world.view(&Abi::balanceOf_0Call { owner }).to()
}

pub fn options_of(world: &World, owner: Address, id: U256) -> u128 {
    world.view(&Abi::balanceOf_1Call { owner, id }).to()
}

pub fn supply(world: &World) -> u128 {
    world.view(&Abi::totalSupplyCall {}).to()
}

/// The shareholders' bucket.
pub fn vault_pot(world: &World) -> Pot {
    let ledger = world.ledger();
    Pot {
        assets: Assets(ledger.vaultAssets.to()),
        quote: Quote(ledger.vaultQuote.to()),
    }
}

/// Sums of the ledger's buckets: asset and quote.
pub fn buckets(world: &World) -> (u128, u128) {
    let l = world.ledger();
    let assets = l.vaultAssets
        + l.queuedAssets
        + l.claimableAssets
        + l.payoutAssets
        + l.reserveAssets
        + l.keeperAssets;
    let quote = l.vaultQuote
        + l.queuedQuote
        + l.claimableQuote
        + l.payoutQuote
        + l.reserveQuote
        + l.keeperQuote;
    (assets.to(), quote.to())
}

/// With nothing donated, the ledger adds up to the balances to the last unit.
#[track_caller]
pub fn assert_reconciled(world: &World) {
    assert_eq!(
        buckets(world),
        world.balances(world.vault),
        "the ledger is what the vault holds"
    );
}

// --- The pure core, run natively ---

pub const UNITS: Units = match Units::new(18, 6) {
    Some(units) => units,
    None => panic!("decimals"),
};

/// The vault's policy as vault-core has it.
pub fn policy_of(world: &World) -> vault_core::Policy {
    testbed::core_policy(&world.view(&Abi::policyCall {}))
}

/// The volatility the vault prices with.
pub fn volatility(world: &World) -> u64 {
    world.view(&Abi::volatilityCall {}).to()
}

/// The series of the present epoch.
pub fn listed(world: &World) -> Vec<Series> {
    let epoch = world.view(&Abi::epochCall {});
    let (number, count): (u128, u128) = (epoch.number.to(), epoch.seriesCount.to());
    (0..count)
        .map(|index| {
            let one = world.view(&Abi::seriesCall {
                id: id_of(number, index),
            });
            let cap: u128 = one.cap.to();
            let sold = if one.settled {
                Assets::ZERO
            } else {
                Assets(one.sold.to())
            };
            let early = (epoch.expiry - one.expiry).to();
            let backing = match (early, one.reservedInQuote) {
                (0, _) => Backing::Pooled,
                (_, true) => Backing::Quote,
                (_, false) => Backing::Assets,
            };
            Series {
                strike: Price(one.strike.to()),
                cap: (cap != 0).then_some(Price(cap)),
                sold,
                early,
                backing,
            }
        })
        .collect()
}

/// Price and greeks that the vault shows of a series are these.
pub fn assert_greeks(world: &World, series: u128, expected: &PerSpot) {
    let shown = world.view(&Abi::seriesCall { id: id(series) });
    let delta = u(expected.delta.into());
    assert_eq!((shown.price, shown.delta), (u(expected.price), delta));
    assert_eq!(
        (shown.spotGamma, shown.vega, shown.thetaPerDay),
        (
            signed(expected.spot_gamma),
            signed(expected.vega),
            signed(expected.theta)
        )
    );
}

/// What a trade in a series comes to, by vault-core run natively from what the vault's views say.
pub fn modelled(world: &World, series: usize, amount: u128, side: Side) -> Quote {
    let policy = policy_of(world);
    let one = &listed(world)[series];
    let epoch = world.view(&Abi::epochCall {});
    let (now, opened): (u64, u64) = (world.chain.now(), epoch.since.to());
    let expires = epoch.expiry.to::<u64>() - u64::from(one.early);
    let closes = expires - u64::from(policy.market.sale_cutoff_seconds);
    let state = sale::State {
        spot: spot(world),
        volatility: volatility(world),
        tenor_seconds: expires - now,
        elapsed: sale::elapsed(opened, closes, now),
        limit: Assets(epoch.limit.to()),
        units: UNITS,
    };
    let mut market = policy.market;
    let recent = Price(world.view(&Abi::volatilityGridCall {}).lastPrice.to());
    market.spot_margin_bps = sale::spot_margin(&market, state.spot, recent);
    let price = sale::price(&market, one, &state, side).expect("a price");
    sale::charge(&policy.sale, one, &state, price, Assets(amount), side)
        .expect("a charge")
        .total
}

/// What the book is worth and how it moves when `amount` more options of a series are open and the vault has `premium` more quote.
pub fn valued(world: &World, series: usize, amount: u128, premium: Quote) -> Valuation {
    let mut book = listed(world);
    let mut vault = vault_pot(world);
    vault.quote.0 += premium.0;
    let before = book[series];
    book[series].sold.0 += amount;
    let mut reserves = Pot::default();
    solvency::reserve(&mut vault, &mut reserves, &before, &book[series], UNITS).unwrap_or_default();
    let book = Book {
        vault,
        series: &book,
        tenor_seconds: expiry(world) - world.chain.now(),
        units: UNITS,
    };
    let market = Market {
        spot: spot(world),
        volatility: volatility(world),
        skew_bps: 0,
    };
    rebalance::value(&book, &market).expect("values")
}

/// The feed's latest answer as a price.
pub fn spot(world: &World) -> Price {
    let answer = world.feed.latest(&world.chain).expect("a round").answer;
    Price(answer.into_raw().to::<u128>() * 10_u128.pow(10))
}

/// What the vault remembers of its hedge.
pub fn hedge_state(world: &World) -> HedgeState {
    let state = world.view(&Abi::hedgeStateCall {});
    HedgeState {
        time: state.time.to(),
        price: Price(state.price.to()),
        volatility: state.volatility.to(),
        sold: Assets(state.sold.to()),
        triggered: state.triggered.to(),
        rewarded: state.rewarded.to(),
    }
}

/// What a rebalance through the pool pays now.
pub fn due(world: &World) -> Assets {
    due_for(world, policy_of(world).keeper.swap_gas)
}

/// What a rebalance that the policy counts `gas` for pays now.
pub fn due_for(world: &World, gas: u32) -> Assets {
    let policy = policy_of(world).keeper;
    let budget = Assets(world.ledger().keeperAssets.to());
    let fees = Fees {
        base: world.chain.base_fee(),
        byte: 0,
    };
    let now = world.chain.now();
    match reward::bonus(&policy, &hedge_state(world), now) {
        Some(bonus) => reward::reward(&policy, gas, &fees, bonus, budget),
        None => Assets::ZERO,
    }
}

/// Asset units that move the pool's price by all of itself: ½ · L / √(units of quote per unit of asset). `rebalance::the_depth_is_what_moves_the_pool` compares
/// it with swaps.
pub fn pool_depth(world: &World) -> Assets {
    let liquidity = world.pool.liquidity(&world.chain).expect("a pool");
    let depth = || {
        let inverse = mul_div_down(UNITS.scale(), WAD, spot(world).0)?;
        mul_div_down(liquidity, option_math::sqrt_wad(inverse), 2 * WAD)
    };
    Assets(depth().expect("small"))
}

/// What vault-core decides about a rebalance through the pool, from what the vault's views say.
pub fn planned(world: &World) -> Result<Plan, Refusal> {
    let fee = fee_wad(policy_of(world).venue.fee_tiers[0]);
    let depth = pool_depth(world);
    let terms = Terms {
        proportional: fee,
        depth: Some(depth),
        fixed: due(world),
        most: Assets(mul_div_down(depth.0, 2 * u128::from(fee), WAD).expect("small")),
    };
    planned_at(world, &terms)
}

/// What vault-core decides about a rebalance at these terms.
pub fn planned_at(world: &World, terms: &Terms) -> Result<Plan, Refusal> {
    let epoch = world.view(&Abi::epochCall {});
    let policy = policy_of(world);
    let series = if epoch.phase == u(1) {
        listed(world)
    } else {
        Vec::new()
    };
    let book = Book {
        vault: vault_pot(world),
        series: &series,
        tenor_seconds: epoch.expiry.to::<u64>().saturating_sub(world.chain.now()),
        units: UNITS,
    };
    let market = Market::new(spot(world), volatility(world), &policy.hedge);
    let state = hedge_state(world);
    let rules = Rules::new(
        policy.hedge,
        policy.risk,
        &policy.venue,
        state,
        world.chain.now(),
    );
    rebalance::plan(&book, &market, &rules, terms)
}

pub fn signed(x: i128) -> I256 {
    I256::try_from(x).expect("fits")
}

/// Everything that is not sold as an option was bought for less than this: 10 million USDC.
pub const RICH: u128 = 10_000_000 * USD;
