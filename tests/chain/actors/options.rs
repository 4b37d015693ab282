//! What holders of options do: trade, transfer and exercise.

use super::model::{Exercised, Play};
use crate::support::*;
use testbed::{Abi, Address, U256};

impl Play {
    pub(super) fn trade(&mut self) {
        let (who, receiver) = (self.someone(), self.someone());
        self.world.catch_up();
        if self.rng.u8(0..3) != 0 {
            let number: u128 = self.state().number.to();
            let id = id_of(number, self.rng.u128(0..3));
            let amount = self.amount(4 * self.whole.0);
            let call = Abi::buyCall {
                id,
                amount,
                maxPremium: U256::MAX,
                receiver,
                deadline: U256::MAX,
            };
            if let Some(done) = self.send(who, &call) {
                // Bid ≤ ask: what was bought brings back no more, in the same block.
                if let Ok(bid) = self.world.simulate(who, &Abi::quoteSellCall { id, amount }) {
                    assert!(bid.value <= done.value, "invariant 5: bid above ask");
                }
            }
        } else if let Some((who, id)) = self.option_holder() {
            let held = options_of(&self.world, who, id);
            let amount = self.amount(held);
            let call = Abi::sellCall {
                id,
                amount,
                minProceeds: U256::ZERO,
                receiver,
                deadline: U256::MAX,
            };
            if self.send(who, &call).is_some() {
                assert!(amount <= u(held), "invariant 3: more than there is");
            }
        }
    }

    pub(super) fn transfer_options(&mut self) {
        let Some((holder, id)) = self.option_holder() else {
            return;
        };
        let receiver = self.someone();
        let held = options_of(&self.world, holder, id);
        let amount = self.amount(held);
        let allowed = |play: &Self, spender| {
            let owner = holder;
            play.world
                .view(&Abi::allowance_1Call { owner, spender, id })
        };
        match self.rng.u8(0..3) {
            0 => {
                let call = Abi::transfer_1Call {
                    receiver,
                    id,
                    amount,
                };
                if self.send(holder, &call).is_some() {
                    assert!(amount <= u(held), "invariant 3: more than there is");
                }
            }
            1 => {
                let call = Abi::approve_1Call {
                    spender: receiver,
                    id,
                    amount,
                };
                self.send(holder, &call).expect("its own to say");
            }
            _ => {
                let spender = receiver;
                let receiver = self.someone();
                if !self.acts_for(spender, holder) && self.rng.bool() {
                    let call = Abi::approve_1Call {
                        spender,
                        id,
                        amount,
                    };
                    self.send(holder, &call).expect("its own to say");
                }
                let limit = allowed(self, spender);
                let call = Abi::transferFrom_1Call {
                    sender: holder,
                    receiver,
                    id,
                    amount,
                };
                if self.send(spender, &call).is_some() {
                    assert!(
                        self.acts_for(spender, holder) || amount <= limit,
                        "ERC-6909: within the allowance"
                    );
                }
            }
        }
    }

    pub(super) fn exercise(&mut self) {
        let ids = self.settled.keys().copied();
        let held: Vec<(Address, U256)> = ids
            .flat_map(|id| self.cast.iter().map(move |who| (*who, id)))
            .filter(|(who, id)| options_of(&self.world, *who, *id) > 0)
            .collect();
        let chosen = match self.rng.choice(&held) {
            Some(one) if self.rng.u8(0..8) != 0 => Some(*one),
            // Not settled, perhaps.
            _ => self.option_holder(),
        };
        let Some((who, id)) = chosen else {
            return;
        };
        let receiver = self.someone();
        if self.rng.u8(0..3) != 0 {
            let amount = self.amount(options_of(&self.world, who, id));
            let call = Abi::exerciseCall {
                id,
                amount,
                receiver,
            };
            if let Some(done) = self.send(who, &call) {
                self.paid(id, amount.to(), (done.value.assets, done.value.quote));
            }
            return;
        }
        // One of them twice: it pays once.
        let mut ids: Vec<U256> = self.settled.keys().rev().take(5).copied().collect();
        ids.push(id);
        let mut expected = Vec::new();
        for id in self.settled.keys().filter(|id| ids.contains(id)) {
            let amount = options_of(&self.world, who, *id);
            if amount > 0 {
                let payout = Abi::payoutOfCall {
                    id: *id,
                    amount: u(amount),
                };
                let due = self.world.view(&payout);
                expected.push((*id, amount, (due.assets, due.quote)));
            }
        }
        let call = Abi::exerciseBatchCall { receiver, ids };
        if let Some(done) = self.send(who, &call) {
            let sum = expected.iter().fold((U256::ZERO, U256::ZERO), |sum, one| {
                (sum.0 + one.2.0, sum.1 + one.2.1)
            });
            assert_eq!(
                (done.value.assets, done.value.quote),
                sum,
                "invariant 9: each once"
            );
            for (id, amount, due) in expected {
                self.paid(id, amount, due);
            }
        }
    }

    /// Options were exercised: for no more than the payoff at the price they were settled at, and that no more than cap less strike.
    pub(super) fn paid(&mut self, id: U256, amount: u128, due: (U256, U256)) {
        let price = self.settled[&id].price;
        let (worth, most) = self.worth_and_most(id, price, u(amount), due);
        assert!(
            worth <= most,
            "invariant 3: {amount} of {id} were paid more than they can be"
        );
        let Exercised { amount: gone, paid } = self.exercised.entry(id).or_default();
        *gone += amount;
        *paid = (paid.0 + due.0.to::<u128>(), paid.1 + due.1.to::<u128>());
    }

    // --- What is around ---
}
