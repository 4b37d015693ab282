//! Dark: without a price to trust nothing is sold, bought back, hedged or opened. That everybody gets out is `stuck`'s.

use crate::support::*;
use alloy_sol_types::SolError;
use testbed::{Abi, HOUR, I256, Options, U256, WAD, World};

/// Makes the vault dark.
pub type Darken = fn(&mut World);

fn silent(world: &mut World) {
    world.chain.warp(HOUR + 1);
}

fn dead(world: &mut World) {
    world.chain.set_code(world.feed.address, [0xfe]);
}

fn answer(world: &mut World, answer: I256) {
    let told = world.feed.submit(&mut world.chain, answer);
    told.expect("any answer");
}

fn negative(world: &mut World) {
    answer(world, I256::MINUS_ONE);
}

fn too_high(world: &mut World) {
    answer(world, I256::try_from(1_u128 << 100).expect("fits"));
}

fn sequencer_down(world: &mut World) {
    world
        .sequencer
        .set_up(&mut world.chain, false)
        .expect("told");
    world.chain.warp(HOUR / 2);
    world.submit(SPOT);
}

fn sequencer_back(world: &mut World) {
    sequencer_down(world);
    world
        .sequencer
        .set_up(&mut world.chain, true)
        .expect("told");
    world.chain.warp(HOUR / 2);
    world.submit(SPOT);
}

fn other_decimals(world: &mut World) {
    replace_feed(world, 18, SPOT);
}

/// Each with the error that names it.
pub const DARK: [(Darken, [u8; 4]); 7] = [
    (silent, Abi::OraclePriceStale::SELECTOR),
    (dead, Abi::OracleUnavailable::SELECTOR),
    (negative, Abi::OraclePriceInvalid::SELECTOR),
    (too_high, Abi::OraclePriceInvalid::SELECTOR),
    (sequencer_down, Abi::SequencerDown::SELECTOR),
    (sequencer_back, Abi::SequencerDown::SELECTOR),
    (other_decimals, Abi::FeedDecimalsChanged::SELECTOR),
];

#[track_caller]
fn dark<C: alloy_sol_types::SolCall>(world: &World, call: &C, error: [u8; 4]) {
    let Err(refused) = world.simulate(carol(), call) else {
        panic!("{} is answered in the dark", C::SIGNATURE);
    };
    let named = refused.output.get(..4);
    assert_eq!(named, Some(&error[..]), "{} {refused:?}", C::SIGNATURE);
}

#[test]
fn nothing_new_is_risked_and_nothing_is_hedged() {
    for (darken, error) in DARK {
        let mut world = sold();
        world.give_usdc(carol(), RICH);
        darken(&mut world);
        let (id, amount, receiver, deadline) = (id(0), u(WAD / 10), carol(), U256::MAX);
        let buy = Abi::buyCall {
            id,
            amount,
            maxPremium: U256::MAX,
            receiver,
            deadline,
        };
        let sell = Abi::sellCall {
            id,
            amount,
            minProceeds: U256::ZERO,
            receiver,
            deadline,
        };
        dark(&world, &buy, error);
        dark(&world, &sell, error);
        dark(&world, &Abi::quoteBuyCall { id, amount }, error);
        dark(&world, &Abi::rebalanceCall {}, error);
        let mut world = deposited(&Options::default());
        world.chain.warp(13 * HOUR);
        world.submit(SPOT);
        world.catch_up();
        darken(&mut world);
        // Decimals are looked at before a price at opening.
        let dead = error == Abi::OracleUnavailable::SELECTOR;
        let error = if dead {
            Abi::UnsupportedDecimals::SELECTOR
        } else {
            error
        };
        dark(&world, &Abi::openEpochCall {}, error);
    }
}
