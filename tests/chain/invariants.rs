//! What holds after every call, whatever the calls were.

use crate::play::{EXPIRED, LIVE, OPEN, Play};
use crate::support::search::{Log, Run, Search};
use crate::support::*;
use testbed::primitives::aliases::U80;
use testbed::{Abi, DAY, U256};
use vault_core::solvency;

/// Sequences in a run, split over [`PARTS`] tests.
const RUNS: u64 = 56;
const STEPS: usize = 60;
const PARTS: u64 = 4;
/// What may be left in the vault's bucket when everybody has gone, in units of the asset and of the quote: roundings, and the part of the virtual shares.
const DUST: (u128, u128) = (5_000, 200);

impl Play {
    // --- What must hold ---

    fn look(&self) {
        let world = &self.world;
        let (assets, quote) = buckets(world);
        let donated = (assets + self.donated.0, quote + self.donated.1);
        assert_eq!(
            world.balances(world.vault),
            donated,
            "balances are buckets and donations"
        );
        if [LIVE, EXPIRED].contains(&self.phase()) {
            let solvent = solvency::check(vault_pot(world), &listed(world), UNITS);
            assert_eq!(solvent, Ok(()), "solvent at every price");
        }
        let held: u128 = self.cast.iter().map(|who| shares(world, *who)).sum();
        assert_eq!(held, supply(world), "shares add up to the supply");
        let ledger = world.ledger();
        let (mut payouts, mut owed) = ((0, 0), (0, 0));
        for id in &self.ids {
            let series = world.view(&Abi::seriesCall { id: *id });
            let held: u128 = self
                .cast
                .iter()
                .map(|who| options_of(world, *who, *id))
                .sum();
            let (gone, assets, quote) = self.exercised.get(id).copied().unwrap_or_default();
            assert_eq!(
                u(held + gone),
                series.sold,
                "options add up to what was sold"
            );
            payouts.0 += series.payoutAssets.to::<u128>() - assets;
            payouts.1 += series.payoutQuote.to::<u128>() - quote;
        }
        let reserved = (ledger.payoutAssets.to(), ledger.payoutQuote.to());
        assert_eq!(reserved, payouts, "payouts not claimed are reserved");
        for who in &self.cast {
            let credit = world.view(&Abi::creditOfCall { account: *who });
            owed = (
                owed.0 + credit.assets.to::<u128>(),
                owed.1 + credit.quote.to::<u128>(),
            );
        }
        let claimable = (ledger.claimableAssets.to(), ledger.claimableQuote.to());
        assert_eq!(claimable, owed, "credits add up to their bucket");
        world.view(&Abi::totalAssetsCall {});
    }

    // --- The end ---

    /// Brings the vault back to its open phase, whatever state it is in.
    fn finish_epoch(&mut self) {
        for _ in 0..6 {
            let epoch = self.world.view(&Abi::epochCall {});
            match self.phase() {
                OPEN => return,
                LIVE => {
                    self.world.chain.set_time(epoch.expiry.to::<u64>() - 60);
                    self.refresh();
                    self.world.chain.set_time(epoch.expiry.to::<u64>() + 61);
                }
                EXPIRED => {
                    if !self.settle_by_search() {
                        self.world.chain.warp(8 * DAY);
                        assert!(self.settle_by_search(), "an expiry that nobody can settle");
                    }
                }
                _ => {
                    self.refresh();
                    let who = self.someone();
                    self.send(who, &Abi::rebalanceCall {});
                    self.world.chain.warp(DAY);
                    self.send(who, &Abi::rollCall {})
                        .expect("the grace period is over");
                }
            }
        }
        panic!("the epoch does not end");
    }

    fn settle_by_search(&mut self) -> bool {
        let latest = round(&self.world).to::<u128>();
        let first = latest >> 64 << 64;
        let hints = (first + 1..=latest).rev().map(U80::from);
        let found = hints.into_iter().find(|hint| {
            self.world
                .simulate(keeper(), &settling(&self.world, *hint))
                .is_ok()
        });
        found.is_some_and(|hint| {
            let who = self.someone();
            let call = settling(&self.world, hint);
            self.send(who, &call).is_some()
        })
    }

    /// Everybody goes: all that is left is dust and the keeper budget.
    fn exit(&mut self) {
        for who in std::mem::take(&mut self.blacklisted) {
            let chain = &mut self.world.chain;
            self.world
                .usdc
                .set_blacklisted(chain, who, false)
                .expect("the blacklister");
        }
        self.finish_epoch();
        for who in self.cast.clone() {
            for id in self.ids.clone() {
                let amount = u(options_of(&self.world, who, id));
                if amount != U256::ZERO {
                    let call = Abi::exerciseCall {
                        id,
                        amount,
                        receiver: who,
                    };
                    self.send(who, &call).expect("every option is exercised");
                    self.exercises += 1;
                }
            }
            let held = u(shares(&self.world, who));
            let call = Abi::redeemInKindCall {
                shares: held,
                receiver: who,
                owner: who,
            };
            if self.send(who, &call).is_none() {
                let worth = self.world.view(&Abi::convertToAssetsCall { shares: held });
                assert_eq!(worth, U256::ZERO, "shares that cannot leave");
            }
            let credit = self.world.view(&Abi::creditOfCall { account: who });
            let (weth, usdc) = (self.world.weth.address, self.world.usdc.address);
            for (token, due) in [(weth, credit.assets), (usdc, credit.quote)] {
                if due != U256::ZERO {
                    self.send(
                        who,
                        &Abi::claimCall {
                            token,
                            receiver: who,
                        },
                    )
                    .expect("a credit");
                }
            }
        }
        let left = self.world.ledger();
        assert_eq!(
            (left.claimableAssets, left.claimableQuote),
            (U256::ZERO, U256::ZERO)
        );
        let rounding = u(self.exercises);
        assert!(
            left.payoutAssets <= rounding && left.payoutQuote <= rounding,
            "{left:?}"
        );
        let dust = left.vaultAssets <= u(DUST.0) && left.vaultQuote <= u(DUST.1);
        assert!(dust, "more than dust is left: {left:?}");
        let (assets, quote) = buckets(&self.world);
        let donated = (assets + self.donated.0, quote + self.donated.1);
        assert_eq!(self.world.balances(self.world.vault), donated);
    }
}

impl Run for Play {
    fn rng(&mut self) -> &mut fastrand::Rng {
        &mut self.rng
    }

    fn log(&mut self) -> &mut Log {
        &mut self.log
    }

    fn step(&mut self) {
        self.move_on();
    }

    fn check(&mut self) {
        self.look();
    }

    fn finish(&mut self) {
        self.exit();
    }
}

/// One part of the run.
fn run(part: u64) {
    let reached = Search::new(RUNS, STEPS).part(part, PARTS).play(Play::new);
    let often = [
        "deposit",
        "redeem",
        "buy",
        "rebalance",
        "openEpoch",
        "settle",
        "exercise",
        "roll",
    ];
    reached.at_least(5, &often);
}

#[test]
fn the_invariants_hold_under_random_calls_one() {
    run(0);
}

#[test]
fn the_invariants_hold_under_random_calls_two() {
    run(1);
}

#[test]
fn the_invariants_hold_under_random_calls_three() {
    run(2);
}

#[test]
fn the_invariants_hold_under_random_calls_four() {
    run(3);
}
