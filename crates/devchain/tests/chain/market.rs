//! The real counterparties.

use devchain::{
    Chain,
    market::{
        Feed, FeedConfig, MarketError, Pool, Range, SequencerFeed, Swap, UniswapV3, Usdc, Weth,
    },
    primitives::{I256, U256},
};

use crate::support::{ALICE, BOB, chain, ether};

/// Dollars in millionths.
fn usd(count: u64) -> U256 {
    U256::from(count) * U256::from(1_000_000)
}

fn answer(dollars: i64) -> I256 {
    I256::try_from(dollars * 100_000_000).expect("fits")
}

struct Market {
    chain: Chain,
    weth: Weth,
    usdc: Usdc,
    uniswap: UniswapV3,
    pool: Pool,
}

/// A pool of WETH and USDC at 3 000 dollars, with Alice's liquidity.
fn market() -> Market {
    let mut chain = chain();
    let weth = Weth::deploy(&mut chain).expect("weth");
    let usdc = Usdc::deploy(&mut chain).expect("usdc");
    let uniswap = UniswapV3::deploy(&mut chain, &weth).expect("uniswap");
    let price = ((weth.address, ether(1)), (usdc.address, usd(3_000)));
    let pool = uniswap
        .create_pool(&mut chain, price.0, price.1, 500)
        .expect("pool");
    weth.mint(&mut chain, ALICE, ether(100)).expect("mint");
    usdc.mint(&mut chain, ALICE, usd(300_000)).expect("mint");
    let amounts = if pool.token0 == weth.address {
        (ether(100), usd(300_000))
    } else {
        (usd(300_000), ether(100))
    };
    let used = uniswap
        .add_liquidity(&mut chain, ALICE, &pool, amounts, Range::Full)
        .expect("liquidity");
    assert!(used.0 > U256::ZERO && used.1 > U256::ZERO);
    Market {
        chain,
        weth,
        usdc,
        uniswap,
        pool,
    }
}

#[test]
fn a_swap_pays_what_was_quoted() {
    let mut m = market();
    m.weth.mint(&mut m.chain, BOB, ether(1)).expect("mint");
    let swap = Swap {
        token_in: m.weth.address,
        token_out: m.usdc.address,
        fee: 500,
        amount_in: ether(1),
        min_out: usd(2_900),
    };
    let before = m.pool.sqrt_price_x96(&m.chain).expect("price");
    let quoted = m.uniswap.quote(&m.chain, &swap).expect("quote");
    let bought = m.uniswap.swap(&mut m.chain, BOB, &swap).expect("swap");
    assert_eq!(quoted, bought);
    assert!(bought > usd(2_950) && bought < usd(3_000), "{bought}");
    assert_eq!(m.usdc.balance_of(&m.chain, BOB).expect("balance"), bought);
    assert_ne!(before, m.pool.sqrt_price_x96(&m.chain).expect("price"));
}

#[test]
fn a_swap_that_pays_too_little_says_so() {
    let mut m = market();
    m.weth.mint(&mut m.chain, BOB, ether(1)).expect("mint");
    let swap = Swap {
        token_in: m.weth.address,
        token_out: m.usdc.address,
        fee: 500,
        amount_in: ether(1),
        min_out: usd(3_000),
    };
    let error = m
        .uniswap
        .swap(&mut m.chain, BOB, &swap)
        .expect_err("too little");
    assert!(error.to_string().contains("Too little received"), "{error}");
}

#[test]
fn usdc_can_be_paused_and_accounts_blacklisted() {
    let mut chain = chain();
    let usdc = Usdc::deploy(&mut chain).expect("usdc");
    usdc.mint(&mut chain, ALICE, usd(10)).expect("mint");
    usdc.set_blacklisted(&mut chain, BOB, true).expect("list");
    let refused = usdc.erc20().transfer(&mut chain, ALICE, BOB, usd(1));
    assert!(matches!(refused, Err(MarketError::Call { .. })));
    usdc.set_blacklisted(&mut chain, BOB, false).expect("list");
    usdc.set_paused(&mut chain, true).expect("pause");
    let refused = usdc.erc20().transfer(&mut chain, ALICE, BOB, usd(1));
    assert!(matches!(refused, Err(MarketError::Call { .. })));
    usdc.set_paused(&mut chain, false).expect("pause");
    usdc.erc20()
        .transfer(&mut chain, ALICE, BOB, usd(1))
        .expect("transfer");
    assert_eq!(usdc.balance_of(&chain, BOB).expect("balance"), usd(1));
}

#[test]
fn weth_wraps_and_unwraps() {
    let mut chain = chain();
    let weth = Weth::deploy(&mut chain).expect("weth");
    weth.deposit(&mut chain, ALICE, ether(3)).expect("deposit");
    weth.withdraw(&mut chain, ALICE, ether(1))
        .expect("withdraw");
    assert_eq!(weth.balance_of(&chain, ALICE).expect("balance"), ether(2));
    assert_eq!(chain.balance(weth.address), ether(2));
}

#[test]
fn a_feed_is_read_through_its_proxy_across_a_phase_change() {
    let mut chain = chain();
    let feed = Feed::deploy(&mut chain, FeedConfig::new("ETH / USD", 8)).expect("feed");
    assert!(feed.latest(&chain).is_err(), "no answer yet");
    feed.submit(&mut chain, answer(3_000)).expect("submit");
    chain.warp(60);
    feed.submit(&mut chain, answer(3_100)).expect("submit");
    let second = feed.latest(&chain).expect("round");
    assert_eq!(second.answer, answer(3_100));
    assert_eq!(second.updated_at, chain.now());
    assert_eq!(second.round_id, (1 << 64) + 2);

    feed.change_phase(&mut chain, Some(answer(3_200)))
        .expect("phase");
    let third = feed.latest(&chain).expect("round");
    assert_eq!(third.answer, answer(3_200));
    assert_eq!(third.round_id, (2 << 64) + 1);
    let old = feed.round(&chain, second.round_id).expect("old round");
    assert_eq!(old.answer, second.answer);
}

#[test]
fn a_feed_can_be_wrong() {
    let mut chain = chain();
    let feed = Feed::deploy(&mut chain, FeedConfig::new("ETH / USD", 8)).expect("feed");
    for wrong in [I256::ZERO, I256::MINUS_ONE, I256::MIN, I256::MAX] {
        feed.submit(&mut chain, wrong).expect("submit");
        assert_eq!(feed.latest(&chain).expect("round").answer, wrong);
    }
    let bounded = FeedConfig {
        min_answer: I256::ONE,
        ..FeedConfig::new("ETH / USD", 8)
    };
    let feed = Feed::deploy(&mut chain, bounded).expect("feed");
    assert!(feed.submit(&mut chain, I256::ZERO).is_err());
}

#[test]
fn the_sequencer_goes_down_and_comes_back() {
    let mut chain = chain();
    let sequencer = SequencerFeed::deploy(&mut chain).expect("feed");
    chain.warp(100);
    sequencer.set_up(&mut chain, false).expect("down");
    assert_eq!(
        sequencer.feed().latest(&chain).expect("round").answer,
        I256::ONE
    );
    chain.warp(100);
    sequencer.set_up(&mut chain, true).expect("up");
    let round = sequencer.feed().latest(&chain).expect("round");
    assert_eq!(round.answer, I256::ZERO);
    assert_eq!(round.started_at, chain.now());
}
