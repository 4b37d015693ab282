//! What must hold after every step.

use super::model::{Kind, Play};
use crate::support::*;
use testbed::{Abi, Address, U256, WAD, actor};

impl Play {
    pub fn look(&self) {
        self.balances_are_the_ledgers();
        self.options_are_as_many_as_were_sold_and_paid_no_more_than_they_can_be();
        self.shares_add_up();
        self.requests_are_what_was_asked();
        self.conversions_round_for_the_vault();
    }

    fn balances_are_the_ledgers(&self) {
        let (assets, quote) = buckets(&self.world);
        let one = self.world.ledger();
        let each = [
            one.vaultAssets,
            one.vaultQuote,
            one.queuedAssets,
            one.queuedQuote,
            one.claimableAssets,
            one.claimableQuote,
            one.payoutAssets,
            one.payoutQuote,
            one.reserveAssets,
            one.reserveQuote,
            one.keeperAssets,
            one.keeperQuote,
        ];
        assert_eq!(self.state().buckets, each, "vaultState has the ledger");
        for (token, sum, donated) in [
            (self.asset, assets, self.donated.0),
            (self.quote, quote, self.donated.1),
        ] {
            assert_eq!(
                self.balance(token, self.world.vault),
                sum + donated,
                "invariant 1: balance is buckets and donations, {token}"
            );
        }
    }

    /// Invariant 3: of the last two epochs' ids after every step, of every older one in turn.
    fn options_are_as_many_as_were_sold_and_paid_no_more_than_they_can_be(&self) {
        let (recent, count) = (self.ids.iter().rev().take(6), self.ids.len().max(1));
        for id in recent.chain(self.ids.get(self.steps % count)) {
            self.look_at(*id);
        }
        let mut payouts = (0, 0);
        for (id, settled) in &self.settled {
            let gone = self.exercised.get(id).copied().unwrap_or_default().paid;
            payouts.0 += settled.payout.0 - gone.0;
            payouts.1 += settled.payout.1 - gone.1;
        }
        let ledger = self.world.ledger();
        assert_eq!(
            (ledger.payoutAssets, ledger.payoutQuote),
            (u(payouts.0), u(payouts.1)),
            "invariant 3: what is not paid is reserved"
        );
    }

    fn look_at(&self, id: U256) {
        let world = &self.world;
        let series = world.view(&Abi::seriesCall { id });
        let held = self.cast.iter().map(|who| options_of(world, *who, id));
        let exercised = self.exercised.get(&id).copied().unwrap_or_default();
        assert_eq!(
            u(held.sum::<u128>() + exercised.amount),
            series.sold,
            "invariant 3: supply of a series"
        );
        let due = (series.payoutAssets, series.payoutQuote);
        let Some(settled) = self.settled.get(&id) else {
            assert!(!series.settled, "invariant 3: settled by nobody");
            assert_eq!(
                due,
                (U256::ZERO, U256::ZERO),
                "invariant 3: before its time"
            );
            return;
        };
        assert!(series.settled, "invariant 3: settled for good");
        assert_eq!(
            due,
            (u(settled.payout.0), u(settled.payout.1)),
            "invariant 3: fixed once"
        );
        let (worth, most) = self.worth_and_most(id, settled.price, series.sold, due);
        assert!(
            worth <= most,
            "invariant 3: {id} is paid {due:?} at {}, above its payoff or cap less strike",
            settled.price
        );
        let paid = exercised.paid;
        assert!(
            u(paid.0) <= due.0 && u(paid.1) <= due.1,
            "invariant 3: paid above reserved"
        );
    }

    /// What a payout for some options of an id is worth at the price they were settled at, and the most it may be: the payoff by hand, never above cap less strike,
    /// and a unit of each token for rounding. Both in 10⁻¹⁸ of a unit of quote per unit of asset.
    pub fn worth_and_most(
        &self,
        id: U256,
        price: u128,
        amount: U256,
        due: (U256, U256),
    ) -> (U256, U256) {
        let series = self.world.view(&Abi::seriesCall { id });
        let (asset, quote) = (u(self.whole.0), u(self.whole.1));
        let paying = |assets: U256, other: U256| assets * u(price) * quote + other * asset * u(WAD);
        let (strike, cap) = (series.strike, series.cap);
        assert!(cap > strike, "all of them are capped");
        let payoff = u(price).min(cap).saturating_sub(strike);
        assert!(payoff <= cap - strike);
        let said = self.world.view(&Abi::payoffAtCall {
            id,
            price: u(price),
        });
        assert_eq!(said, payoff, "invariant 3: what payoffAt says");
        let most = payoff * amount * quote + paying(u(1), u(1));
        (paying(due.0, due.1), most)
    }

    fn shares_add_up(&self) {
        let (world, ledger) = (&self.world, self.world.ledger());
        let supply = supply(world);
        let all = self
            .cast
            .iter()
            .chain([&world.vault, &self.asset, &self.quote]);
        let held: u128 = all.map(|who| shares(world, *who)).sum();
        assert_eq!(
            held + shares(world, actor("fees")),
            supply,
            "shares add up to the supply"
        );
        if supply == 0 {
            assert!(
                ledger.vaultAssets.is_zero() && ledger.vaultQuote.is_zero(),
                "invariant 6: no shares, no assets"
            );
        }
    }

    /// Every request is there under its number, waiting or carried out, whatever was asked for since; and nothing else is. What waits and what is owed adds up to its
    /// buckets, but for the rounding of each claim.
    fn requests_are_what_was_asked(&self) {
        let (world, ledger) = (&self.world, self.world.ledger());
        let last: u128 = self.state().requestId.to();
        let (mut pending, mut escrow, mut owed) =
            (U256::ZERO, U256::ZERO, (U256::ZERO, U256::ZERO));
        let others = [self.asset, self.quote, actor("observer")];
        for (place, account) in self.cast.iter().copied().chain(others).enumerate() {
            // In turn: it is one of the dearest views.
            if (place + self.steps).is_multiple_of(5) {
                self.position_names_them(account, last);
            }
            let credit = world.view(&Abi::creditOfCall { account });
            owed = (owed.0 + credit.assets, owed.1 + credit.quote);
        }
        for (&(kind, controller, id), &asked) in &self.requests {
            let (request_id, asked) = (u(id), u(asked));
            let carried = self.carried.get(&id).copied().unwrap_or_default();
            let (waits, done) = match kind {
                Kind::Deposit => (
                    world.view(&Abi::pendingDepositRequestCall {
                        requestId: request_id,
                        controller,
                    }),
                    world.view(&Abi::claimableDepositRequestCall {
                        requestId: request_id,
                        controller,
                    }),
                ),
                Kind::Redeem => (
                    world.view(&Abi::pendingRedeemRequestCall {
                        requestId: request_id,
                        controller,
                    }),
                    world.view(&Abi::claimableRedeemRequestCall {
                        requestId: request_id,
                        controller,
                    }),
                ),
            };
            let mut expected = (asked, U256::ZERO);
            match kind {
                Kind::Deposit if carried.minted == 0 => pending += asked,
                Kind::Deposit => {
                    escrow += u(carried.minted) * asked / u(carried.assets);
                    expected = (U256::ZERO, asked);
                }
                Kind::Redeem if id == last => escrow += asked,
                Kind::Redeem => {
                    let part = |whole: u128| u(whole) * asked / u(carried.redeemed);
                    let due = (part(carried.paid.0), part(carried.paid.1));
                    owed = (owed.0 + due.0, owed.1 + due.1);
                    // Of the smallest ones rounding may leave nothing to claim.
                    expected = if due == (U256::ZERO, U256::ZERO) {
                        due
                    } else {
                        (U256::ZERO, asked)
                    };
                }
            }
            assert_eq!(
                (waits, done),
                expected,
                "invariants 7 and 8: {kind:?} {id} of {controller}"
            );
        }
        assert_eq!(
            ledger.queuedAssets, pending,
            "invariant 8: what waits is there, whole"
        );
        let rounding = u(12 * (1 + last) + self.claims);
        let escrowed = u(shares(world, world.vault));
        assert!(
            (escrow..=escrow + rounding).contains(&escrowed),
            "invariant 7: shares in escrow {escrowed} for {escrow}"
        );
        for (there, due) in [
            (ledger.claimableAssets, owed.0),
            (ledger.claimableQuote, owed.1),
        ] {
            assert!(
                (due..=due + rounding).contains(&there),
                "invariant 7: {there} claimable for {due}"
            );
        }
    }

    /// `position` names exactly the requests that have something left.
    fn position_names_them(&self, controller: Address, last: u128) {
        let account = controller;
        let position = self.world.view(&Abi::positionCall { account });
        for (kind, number, amount, earlier) in [
            (
                Kind::Deposit,
                position.depositRequestId,
                position.depositRequestAssets,
                position.earlierDeposits,
            ),
            (
                Kind::Redeem,
                position.redeemRequestId,
                position.redeemRequestShares,
                position.earlierRedemptions,
            ),
        ] {
            let number: u128 = number.to();
            for id in 1..=last {
                let key = (kind, controller, id);
                let asked = self.requests.get(&key).copied().unwrap_or_default();
                let named = match number.checked_sub(id) {
                    Some(0) => amount == u(asked) && asked != 0,
                    Some(back) => earlier.bit(back as usize - 1),
                    None => false,
                };
                assert_eq!(
                    named,
                    asked != 0,
                    "position of {controller}: {kind:?} {id}, latest {number}, earlier {earlier:b}"
                );
            }
        }
    }

    fn conversions_round_for_the_vault(&self) {
        let world = &self.world;
        let some = u(12_345_678);
        let there = world.view(&Abi::convertToSharesCall { assets: some });
        let back = world.view(&Abi::convertToAssetsCall { shares: there });
        assert!(back <= some, "invariant 5: a conversion and back gains");
        assert!(
            world.view(&Abi::previewMintCall { shares: there }) <= some,
            "previewMint"
        );
        assert!(
            world.view(&Abi::previewWithdrawCall { assets: some }) >= there,
            "previewWithdraw"
        );
    }
}
