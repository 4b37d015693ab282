//! What everybody is owed, what they take out by themselves, and what may stay.

use super::*;

/// Somebody's asset and quote.
pub(super) type Due = BTreeMap<Address, (u128, u128)>;

pub(super) fn add(due: &mut Due, who: Address, assets: u128, quote: u128) {
    let entry = due.entry(who).or_default();
    *entry = (entry.0 + assets, entry.1 + quote);
}

pub(super) fn part(whole: U256, mine: u128, all: u128) -> u128 {
    if all == 0 {
        return 0;
    }
    (whole * u(mine) / u(all)).to()
}

impl Case {
    /// What everybody is owed once nothing is at risk, from the ledger and from who holds and asked for what: each bucket is shared out whole.
    pub(super) fn owed(&self) -> Due {
        let (world, ledger) = (&self.world, self.world.ledger());
        let last: u128 = world.view(&Abi::vaultStateCall {}).requestId.to();
        let all = supply(world);
        let escrow = shares(world, world.vault);
        let mut due = Due::new();
        let (mut carried, mut redeemed, mut escrowed) = (0, 0, 0);
        let mut requests = Vec::new();
        for who in people() {
            for id in 1..=last {
                let (id, controller) = (u(id), who);
                let number = |x: U256| x.to::<u128>();
                let pending = number(world.view(&Abi::pendingDepositRequestCall {
                    requestId: id,
                    controller,
                }));
                let waits = number(world.view(&Abi::pendingRedeemRequestCall {
                    requestId: id,
                    controller,
                }));
                let made = number(world.view(&Abi::claimableDepositRequestCall {
                    requestId: id,
                    controller,
                }));
                let paid = number(world.view(&Abi::claimableRedeemRequestCall {
                    requestId: id,
                    controller,
                }));
                add(&mut due, who, pending, 0);
                carried += made;
                redeemed += paid;
                escrowed += waits;
                requests.push((who, waits, made, paid));
            }
        }
        let queued: u128 = due.values().map(|one| one.0).sum();
        assert_eq!(u(queued), ledger.queuedAssets, "what waits is there");
        let of_vault = |held: u128| {
            (
                part(ledger.vaultAssets, held, all),
                part(ledger.vaultQuote, held, all),
            )
        };
        for (who, waits, made, paid) in requests {
            let minted = part(u(escrow - escrowed), made, carried);
            let (assets, quote) = of_vault(waits + minted);
            add(&mut due, who, assets, quote);
            add(
                &mut due,
                who,
                part(ledger.claimableAssets, paid, redeemed),
                part(ledger.claimableQuote, paid, redeemed),
            );
        }
        for who in people() {
            let (assets, quote) = of_vault(shares(world, who));
            add(&mut due, who, assets, quote);
            for series in 0..4 {
                let held = options_of(world, who, id(series));
                if held != 0 {
                    let view = world.view(&Abi::seriesCall { id: id(series) });
                    assert!(view.settled);
                    let (assets, quote) = (view.payoutAssets, view.payoutQuote);
                    let sold = view.sold.to();
                    add(
                        &mut due,
                        who,
                        part(assets, held, sold),
                        part(quote, held, sold),
                    );
                }
            }
        }
        due
    }

    /// Lets time pass and calls what anybody may call until everything is settled. Each expiry is, after a week at most.
    pub(super) fn until_settled(&mut self) {
        for _ in 0..4 {
            let phase: u64 = self.world.view(&Abi::epochCall {}).phase.to();
            if phase == 0 || phase == 3 {
                return;
            }
            let step = self.next_step();
            self.world.chain.set_time(step);
            let waits = [0, DAY, FALLBACK_AFTER];
            let settled = waits.into_iter().any(|wait| {
                self.world.chain.set_time(step + wait);
                self.settle().is_ok()
            });
            assert!(settled, "an expiry that nobody can settle");
        }
        panic!("the epoch does not end");
    }

    /// Ends the epoch: at once, or when the grace period is over.
    pub(super) fn until_open(&mut self) {
        if self.world.view(&Abi::epochCall {}).phase == U256::ZERO {
            return;
        }
        if self.world.send(helper(), &Abi::rollCall {}).is_err() {
            self.world.chain.set_time(self.next_step());
            self.take(helper(), &Abi::rollCall {});
        }
    }

    /// To the account itself, or to another of the same person. With `lenient` neither may be possible for now.
    pub(super) fn send_to_either<C: SolCall>(
        &mut self,
        who: Address,
        lenient: bool,
        call: impl Fn(Address) -> C,
    ) {
        if self.world.send(who, &call(who)).is_err() {
            let refused = self.world.send(who, &call(other(who))).err();
            assert!(
                lenient || refused.is_none(),
                "{} by {who}: {refused:?}",
                C::SIGNATURE
            );
        }
    }

    /// Takes out everything that one account has: options, requests by the numbers that `position` tells, shares, and what tokens refused.
    pub(super) fn leaves(&mut self, who: Address, lenient: bool) {
        for series in 0..4 {
            let amount = u(options_of(&self.world, who, id(series)));
            if amount > U256::ZERO {
                let call = Abi::exerciseCall {
                    id: id(series),
                    amount,
                    receiver: who,
                };
                self.take(who, &call);
            }
        }
        let position = self.world.view(&Abi::positionCall { account: who });
        let numbers = |latest: U256, earlier: U256| {
            let back = (0..96).filter(move |bit| earlier.bit(*bit));
            let earlier = back.map(move |bit| latest - u(1) - u(bit as u128));
            earlier.chain([latest]).collect::<Vec<U256>>()
        };
        for request in numbers(position.depositRequestId, position.earlierDeposits) {
            let (request_id, controller) = (request, who);
            let pending = self.world.view(&Abi::pendingDepositRequestCall {
                requestId: request_id,
                controller,
            });
            let claimable = self.world.view(&Abi::claimableDepositRequestCall {
                requestId: request_id,
                controller,
            });
            if pending > U256::ZERO {
                self.send_to_either(who, lenient, |receiver| Abi::cancelDepositRequestCall {
                    requestId: request_id,
                    receiver,
                    controller,
                });
            }
            if claimable > U256::ZERO {
                let call = Abi::claimDepositCall {
                    requestId: request_id,
                    receiver: who,
                    controller,
                };
                self.take(who, &call);
            }
        }
        for request in numbers(position.redeemRequestId, position.earlierRedemptions) {
            let (request_id, controller) = (request, who);
            let pending = self.world.view(&Abi::pendingRedeemRequestCall {
                requestId: request_id,
                controller,
            });
            let claimable = self.world.view(&Abi::claimableRedeemRequestCall {
                requestId: request_id,
                controller,
            });
            if pending > U256::ZERO {
                let call = Abi::cancelRedeemRequestCall {
                    requestId: request_id,
                    receiver: who,
                    controller,
                };
                self.take(who, &call);
            }
            if claimable > U256::ZERO {
                let call = Abi::claimRedeemCall {
                    requestId: request_id,
                    receiver: who,
                    controller,
                };
                self.take(who, &call);
            }
        }
        let held = u(shares(&self.world, who));
        let redeem = Abi::redeem_0Call {
            shares: held,
            receiver: who,
            owner: who,
        };
        if held > U256::ZERO && self.world.send(who, &redeem).is_err() {
            let in_kind = Abi::redeemInKindCall {
                shares: held,
                receiver: who,
                owner: who,
            };
            self.take(who, &in_kind);
        }
        let credit = self.world.view(&Abi::creditOfCall { account: who });
        for (token, due) in [(self.asset, credit.assets), (self.quote, credit.quote)] {
            if due > U256::ZERO {
                let token = token.address;
                self.send_to_either(who, lenient, |receiver| Abi::claimCall { token, receiver });
            }
        }
    }

    pub(super) fn held(&self, who: Address) -> (u128, u128) {
        let of = |token| self.balance(token, who) + self.balance(token, other(who));
        (of(self.asset), of(self.quote))
    }
}
