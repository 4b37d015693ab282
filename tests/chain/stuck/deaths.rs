//! Everything that can be dead, and how it dies.

use super::*;

/// What is dead.
pub(super) struct Dead {
    pub(super) name: &'static str,
    pub(super) kind: Kind,
    pub(super) strike: fn(&mut Case),
    /// A token that is frozen for the vault itself, and what thaws it: until then its part waits, and nothing else does.
    pub(super) thaw: Option<Thaw>,
}

pub(super) type Thaw = (fn(&mut Case), Frozen);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frozen {
    Asset,
    Quote,
}

const fn dead(name: &'static str, kind: Kind, strike: fn(&mut Case)) -> Dead {
    Dead {
        name,
        kind,
        strike,
        thaw: None,
    }
}

fn no_code(case: &mut Case, who: Address) {
    case.world.chain.set_code(who, [0xfe]);
}

/// The feed is in a phase that never had an answer, and the contract of the one before is gone.
fn gone(case: &mut Case, feed: &Feed) {
    let chain = &mut case.world.chain;
    let before = feed.aggregator(chain).expect("an aggregator");
    feed.change_phase(chain, None).expect("its owner");
    chain.set_code(before, []);
}

/// Its aggregator is replaced by one without an answer; the one before still tells of its rounds.
fn replaced(case: &mut Case, feed: &Feed) {
    let changed = feed.change_phase(&mut case.world.chain, None);
    changed.expect("its owner");
}

fn renounce(case: &mut Case) {
    let owner = actor("owner");
    let nobody = Abi::setGuardianCall {
        newGuardian: Address::ZERO,
    };
    case.take(owner, &nobody);
    case.take(owner, &Abi::renounceOwnershipCall {});
}

fn pause(case: &mut Case) {
    case.take(actor("guardian"), &Abi::pauseCall {});
}

fn sequencer_down(case: &mut Case) {
    let chain = &mut case.world.chain;
    case.world.sequencer.set_up(chain, false).expect("told");
}

fn router_dead(case: &mut Case) {
    no_code(case, case.world.uniswap.router);
}

fn pool_dead(case: &mut Case) {
    no_code(case, case.world.pool.address);
}

fn blacklist(case: &mut Case, who: Address, listed: bool) {
    let chain = &mut case.world.chain;
    let told = case.world.usdc.set_blacklisted(chain, who, listed);
    told.expect("the blacklister");
}

fn block(case: &mut Case, token: Erc20, account: Address) {
    let call = Token::block_Call { account };
    tell(&mut case.world.chain, OPERATOR, token.address, &call).expect("it obeys");
}

/// Nobody has renewed the two programs for a year: the vault does not even answer, until anybody activates them again.
fn programs_dead(case: &mut Case) {
    let world = &mut case.world;
    world.chain.warp(366 * DAY);
    let view = world.simulate(helper(), &Abi::totalSupplyCall {});
    assert!(view.is_err(), "expired");
    for program in [world.vault, world.extension.address] {
        world.chain.fund(helper(), u(10 * WAD));
        let data = activateProgramCall { program }.abi_encode();
        let mut tx = Tx::call(helper(), ARB_WASM, data);
        tx.value = u(WAD);
        let receipt = world.chain.send(tx);
        assert!(receipt.is_success(), "activated: {receipt:?}");
    }
}

pub(super) fn every_death() -> Vec<Dead> {
    use Kind::{Blocking, NoBudget, Real};
    let mut all = vec![
        dead("keepers and reporters", Real, |_| {}),
        dead("the asset's feed reverts", Real, |case| {
            no_code(case, case.world.feed.address);
        }),
        dead("the asset's feed is replaced", Real, |case| {
            replaced(case, &case.world.feed.clone());
        }),
        dead("the asset's phase is gone", Real, |case| {
            gone(case, &case.world.feed.clone());
        }),
        dead("the quote's feed reverts", Real, |case| {
            no_code(case, case.quote_feed.address);
        }),
        dead("the quote's feed is replaced", Real, |case| {
            replaced(case, &case.quote_feed.clone());
        }),
        dead("the quote's phase is gone", Real, |case| {
            gone(case, &case.quote_feed.clone());
        }),
        dead("both phases are gone", Real, |case| {
            gone(case, &case.world.feed.clone());
            gone(case, &case.quote_feed.clone());
        }),
        dead("the sequencer's feed reverts", Real, |case| {
            no_code(case, case.world.sequencer.address());
        }),
        dead("the sequencer is down", Real, sequencer_down),
        dead("the pool", Real, pool_dead),
        dead("the router", Real, router_dead),
        dead("both programs", Real, programs_dead),
        dead("the roles", Real, renounce),
        dead("new risk, by a pause", Real, pause),
        dead("the keeper budget", NoBudget, |case| {
            assert_eq!(case.world.ledger().keeperAssets, U256::ZERO);
        }),
        dead("the quote for one holder", Real, |case| {
            blacklist(case, all_round(), true);
        }),
        dead("the asset for one holder", Blocking, |case| {
            block(case, case.asset, all_round());
        }),
        dead("both tokens for one holder", Blocking, |case| {
            block(case, case.asset, all_round());
            block(case, case.quote, all_round());
        }),
        dead("everything but the tokens", NoBudget, |case| {
            pause(case);
            renounce(case);
            sequencer_down(case);
            gone(case, &case.world.feed.clone());
            gone(case, &case.quote_feed.clone());
            router_dead(case);
            pool_dead(case);
        }),
        Dead {
            name: "the quote for the vault",
            kind: Real,
            strike: |case| blacklist(case, case.world.vault, true),
            thaw: Some((
                |case| blacklist(case, case.world.vault, false),
                Frozen::Quote,
            )),
        },
        Dead {
            name: "the quote for all",
            kind: Real,
            strike: |case| {
                let told = case.world.usdc.set_paused(&mut case.world.chain, true);
                told.expect("the pauser");
            },
            thaw: Some((
                |case| {
                    let told = case.world.usdc.set_paused(&mut case.world.chain, false);
                    told.expect("the pauser");
                },
                Frozen::Quote,
            )),
        },
        Dead {
            name: "the asset for the vault",
            kind: Blocking,
            strike: |case| block(case, case.asset, case.world.vault),
            thaw: Some((|case| block(case, case.asset, Address::ZERO), Frozen::Asset)),
        },
    ];
    // Every way in which the asset's feed or the sequencer leaves the vault in the dark.
    const NAMES: [&str; 7] = [
        "the asset's feed is silent",
        "the asset's feed has no code",
        "the asset's feed answers less than nothing",
        "the asset's feed answers too much",
        "the sequencer is down, and the feed answers",
        "the sequencer is back for half an hour",
        "the asset's feed answers in other decimals",
    ];
    const STRIKES: [fn(&mut Case); 7] = [
        |case| DARK[0].0(&mut case.world),
        |case| DARK[1].0(&mut case.world),
        |case| DARK[2].0(&mut case.world),
        |case| DARK[3].0(&mut case.world),
        |case| DARK[4].0(&mut case.world),
        |case| DARK[5].0(&mut case.world),
        |case| DARK[6].0(&mut case.world),
    ];
    for (name, strike) in NAMES.into_iter().zip(STRIKES) {
        all.push(dead(name, Real, strike));
    }
    all
}
