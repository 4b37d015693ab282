//! Ten actors with keys, every call of the depositor's side and of the epoch around it, over ordinary and hostile tokens: what must hold after every step, and
//! that every call is reached over each pair of tokens. Numbers of invariants are the design's.

mod actions;
mod events;
mod invariants;
mod model;
mod options;
mod shares;

use crate::support::search::Search;
use model::{Play, Tokens};

const RUNS: u64 = 4;
const STEPS: usize = 260;

/// Every call that users, keepers and roles make, reached over each pair of tokens.
const ALL: [&str; 32] = [
    "deposit(uint256,address)",
    "mint(uint256,address)",
    "withdraw(uint256,address,address)",
    "redeem(uint256,address,address)",
    "redeemInKind(uint256,address,address)",
    "requestDeposit(uint256,address,address)",
    "requestRedeem(uint256,address,address)",
    "cancelDepositRequest(uint256,address,address)",
    "cancelRedeemRequest(uint256,address,address)",
    "claimDeposit(uint256,address,address)",
    "claimRedeem(uint256,address,address)",
    "setOperator(address,bool)",
    "transfer(address,uint256)",
    "approve(address,uint256)",
    "transferFrom(address,address,uint256)",
    "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)",
    "transfer(address,uint256,uint256)",
    "approve(address,uint256,uint256)",
    "transferFrom(address,address,uint256,uint256)",
    "buy(uint256,uint256,uint256,address,uint256)",
    "sell(uint256,uint256,uint256,address,uint256)",
    "exercise(uint256,uint256,address)",
    "exerciseBatch(address,uint256[])",
    "openEpoch()",
    "settle(uint256,uint64[4],uint64[4])",
    "fill(bool,uint256,uint256)",
    "roll()",
    "pause()",
    "unpause()",
    "announcePolicy",
    "setFeeRecipient(address)",
    "donation",
];

/// What the model has to have met as well: both ends of a series' payoff, requests that a roll left, and limits met to the unit.
const MET: [&str; 6] = [
    "settled above the cap",
    "settled below the strike",
    "left by a roll",
    "the most that can be deposited",
    "the most that can be minted",
    "the most that can be redeemed",
];

#[track_caller]
fn run(tokens: Tokens, more: &[&str]) {
    let reached = Search::new(RUNS, STEPS).play(|seed| Play::new(seed, tokens));
    reached.at_least(1, &ALL);
    reached.at_least(1, &MET);
    reached.at_least(1, more);
}

#[test]
fn the_invariants_hold_for_ten_actors_with_weth_and_usdc() {
    run(Tokens::new(None, None), &["rebalance()"]);
}

#[test]
fn the_invariants_hold_for_ten_actors_with_an_asset_that_returns_nothing() {
    run(Tokens::new(Some(("MuteToken", 18)), None), &[]);
}

#[test]
fn the_invariants_hold_for_ten_actors_with_an_asset_of_six_decimals() {
    let tokens = Tokens::new(Some(("PlainToken", 6)), Some(("MuteToken", 18)));
    run(tokens, &[]);
}

#[test]
fn the_invariants_hold_for_ten_actors_with_an_asset_that_says_false() {
    let tokens = Tokens::new(Some(("FalseToken", 18)), Some(("FalseToken", 6)));
    run(tokens, &["claim(address,address)"]);
}

#[test]
fn the_invariants_hold_for_ten_actors_with_tokens_that_call_back() {
    let tokens = Tokens::new(Some(("CallingToken", 18)), Some(("CallingToken", 6)));
    run(tokens, &["called back"]);
}

#[test]
fn the_invariants_hold_for_ten_actors_with_tokens_that_refuse_an_account() {
    let tokens = Tokens::new(Some(("BlockingToken", 18)), Some(("BlockingToken", 6)));
    run(tokens, &["claim(address,address)"]);
}

#[test]
fn the_invariants_hold_for_ten_actors_with_a_quote_that_keeps_a_fee() {
    run(
        Tokens::new(None, Some(("FeeToken", 6))),
        &["refused for its fee"],
    );
}
