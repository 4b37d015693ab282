//! What happens to the vault: donations, prices, hedges, transitions, roles, and tokens that turn hostile.

use super::model::{Play, Settled, Token, Tokens};
use crate::support::*;
use alloy_sol_types::SolCall;
use testbed::devchain::Tx;
use testbed::devchain::market::{OPERATOR, view};
use testbed::primitives::aliases::U80;
use testbed::{Abi, Address, DAY, HOUR, POOL_SETTLES, U256, WAD, actor};

impl Play {
    pub(super) fn donate(&mut self) {
        if Tokens::is("CallingToken", self.tokens.asset) {
            // It would call the vault on its own account.
            for token in [self.asset, self.quote] {
                self.arm(token, Address::ZERO, Vec::new());
            }
        }
        let before = (self.state_words(), self.ratio());
        let vault = self.world.vault;
        let who = self.someone();
        for token in [self.asset, self.quote] {
            let held = self.balance(token, who) / 20;
            let amount: u128 = self.rng.u128(0..=held);
            let had = self.balance(token, vault);
            self.world.chain.fund(who, u(WAD));
            let call = Token::transferCall {
                to: vault,
                amount: u(amount),
            };
            let _ = self
                .world
                .chain
                .send(Tx::call(who, token, call.abi_encode()));
            let got = self.balance(token, vault) - had;
            if token == self.asset {
                self.donated.0 += got;
            } else {
                self.donated.1 += got;
            }
        }
        assert_eq!(
            (self.state_words(), self.ratio()),
            before,
            "invariant 4: a donation changes nothing"
        );
        self.log.tell("donated");
        self.log.take("donation", 0);
    }

    pub(super) fn state_words(&self) -> Vec<u8> {
        let call = Abi::vaultStateCall {}.abi_encode();
        let tx = Tx::call(stranger(), self.world.vault, call);
        self.world.chain.call(tx).output.to_vec()
    }

    pub(super) fn move_price(&mut self) {
        // Above every cap, sometimes.
        let factor = match self.rng.u8(0..5) {
            0 => self.rng.u128(1_500..2_000),
            _ => self.rng.u128(600..1_300),
        };
        self.price = (self.price * factor / 1_000).clamp(100 * WAD, 50_000 * WAD);
        self.world.submit(self.price);
        self.log.tell(format!("price {}", self.price));
    }

    /// Through the pool where there is one for the tokens; with somebody as the counterparty everywhere.
    pub(super) fn hedge(&mut self) {
        let who = self.someone();
        self.world.set_price(self.price);
        if self.rng.u8(0..3) == 0 {
            self.world.chain.warp(POOL_SETTLES);
            self.send(who, &Abi::rebalanceCall {});
            return;
        }
        let Ok(preview) = self.world.simulate(who, &Abi::previewFillCall {}) else {
            return;
        };
        let preview = preview.value;
        let limit = if preview.buys {
            preview.amountIn
        } else {
            preview.amountOut
        };
        let call = Abi::fillCall {
            buys: preview.buys,
            limit,
            deadline: U256::MAX,
        };
        self.send(who, &call);
    }

    pub(super) fn proceed(&mut self) {
        let epoch = self.world.view(&Abi::epochCall {});
        let since = epoch.since.to::<u64>();
        let who = self.someone();
        match epoch.phase.to::<u64>() {
            0 => {
                match self.rng.u8(0..4) {
                    0 => return self.roles(),
                    1 => return,
                    _ => {}
                }
                let now = self.world.chain.now();
                self.world.chain.set_time(now.max(since + 13 * HOUR));
                self.world.set_price(self.price);
                if let Some(done) = self.send(who, &Abi::openEpochCall {}) {
                    let number: u128 = done.value.to();
                    assert_eq!(
                        number,
                        self.epochs + 1,
                        "invariant 9: ids strictly increase"
                    );
                    self.epochs = number;
                    let count: u128 = self.world.view(&Abi::epochCall {}).seriesCount.to();
                    self.ids
                        .extend((0..count).map(|index| id_of(number, index)));
                }
            }
            1 if self.rng.u8(0..3) != 0 => self.trade(),
            1 | 2 => self.settle(),
            _ => {
                if self.rng.u8(0..4) != 0 {
                    self.hedge();
                }
                if self.rng.u8(0..4) == 0 {
                    self.world.chain.warp(DAY);
                }
                self.send(who, &Abi::rollCall {});
            }
        }
    }

    /// Goes to the next expiry, lets the feed answer just before it and settles.
    pub(super) fn settle(&mut self) {
        let who = self.someone();
        let expiry = self.state().nextStep.to::<u64>() - 61;
        if self.world.chain.now() < expiry - 60 {
            self.world.chain.set_time(expiry - 60);
            self.move_price();
            self.world.set_price(self.price);
        }
        self.world.chain.set_time(expiry + 61);
        let call = match self.world.simulate(
            who,
            &Abi::findRoundsCall {
                expiry: seconds(expiry),
            },
        ) {
            Ok(found) => Abi::settleCall {
                expiry: seconds(expiry),
                assetRounds: found.value.assetRounds,
                quoteRounds: found.value.quoteRounds,
            },
            Err(_) => settling_at(expiry, U80::from(0)),
        };
        let Some(done) = self.send(who, &call) else {
            // Neither a round within the hour nor one after it: a week later the vault's own last price settles.
            self.world.chain.warp(DAY);
            return;
        };
        let again = self.world.simulate(keeper(), &call).is_err();
        assert!(again, "invariant 9: settled twice");
        let price: u128 = done.value.to();
        for id in self.ids.clone() {
            let series = self.world.view(&Abi::seriesCall { id });
            if !series.settled || self.settled.contains_key(&id) {
                continue;
            }
            let payout = (series.payoutAssets.to(), series.payoutQuote.to());
            self.settled.insert(id, Settled { price, payout });
            if price != 0 {
                if price > series.cap.to() {
                    self.log.take("settled above the cap", 0);
                } else if price <= series.strike.to() {
                    self.log.take("settled below the strike", 0);
                }
            }
        }
        for id in self.settled.keys() {
            assert!(self.world.view(&Abi::seriesCall { id: *id }).settled);
        }
    }

    pub(super) fn roles(&mut self) {
        match self.rng.u8(0..5) {
            0 => drop(self.send(actor("guardian"), &Abi::pauseCall {})),
            1 | 2 => drop(self.send(actor("guardian"), &Abi::unpauseCall {})),
            _ => {
                let mut policy = self.world.view(&Abi::policyCall {});
                policy.shares.performanceFeeBps = self.rng.u16(0..=2_000);
                policy.shares.managementFeeBps = self.rng.u16(0..=200);
                self.send(actor("owner"), &Abi::announcePolicyCall { policy });
                let recipient = self.someone();
                let open = self.world.view(&Abi::epochCall {}).phase == U256::ZERO;
                let named = self.send(actor("owner"), &Abi::setFeeRecipientCall { recipient });
                assert_eq!(named.is_some(), open, "what an epoch earns is whose it was");
            }
        }
    }

    /// What the tokens are hostile with.
    pub(super) fn trouble(&mut self) {
        for (odd, token) in [
            (self.tokens.asset, self.asset),
            (self.tokens.quote, self.quote),
        ] {
            if Tokens::is("FalseToken", odd) {
                let silent = self.rng.u8(0..3) == 0;
                self.token(OPERATOR, token, &Token::setSilentCall { silent });
                self.log.tell(format!("silent {silent}"));
            } else if Tokens::is("FeeToken", odd) {
                let free = self.rng.u8(0..4) != 0;
                self.token(OPERATOR, token, &Token::setFreeCall { free });
                self.log.tell(format!("free {free}"));
            } else if Tokens::is("BlockingToken", odd) {
                let account = match self.rng.u8(0..6) {
                    0 => self.world.vault,
                    1..4 => self.holder(),
                    _ => Address::ZERO,
                };
                self.token(OPERATOR, token, &Token::block_Call { account });
                self.log.tell(format!("blocked {account}"));
            } else if Tokens::is("CallingToken", odd) {
                self.called_back(token);
                let who = token;
                let call = match self.rng.u8(0..3) {
                    0 => Abi::redeem_0Call {
                        shares: u(1_000),
                        receiver: who,
                        owner: who,
                    }
                    .abi_encode(),
                    1 => Abi::requestDepositCall {
                        assets: u(1),
                        controller: who,
                        owner: who,
                    }
                    .abi_encode(),
                    _ => Abi::rollCall {}.abi_encode(),
                };
                self.arm(token, self.world.vault, call);
            }
        }
    }

    pub(super) fn arm(&mut self, token: Address, target: Address, call: Vec<u8>) {
        let arm = Token::armCall {
            target,
            call: call.into(),
            strict: false,
        };
        self.token(OPERATOR, token, &arm);
    }

    /// Whatever a token called from inside one of the vault's calls was refused.
    pub(super) fn called_back(&mut self, token: Address) {
        let answer = view(&self.world.chain, token, &Token::answerCall {}).expect("a token");
        if !answer.is_empty() {
            self.log.take("called back", 0);
        }
    }

    pub(super) fn claim_credit(&mut self) {
        let owed = |who: &Address| {
            let credit = self.world.view(&Abi::creditOfCall { account: *who });
            credit.assets + credit.quote > U256::ZERO
        };
        let creditors: Vec<Address> = self.cast.iter().copied().filter(owed).collect();
        let who = match self.rng.choice(&creditors) {
            Some(who) => *who,
            None => self.someone(),
        };
        let receiver = self.someone();
        let credit = self.world.view(&Abi::creditOfCall { account: who });
        let (token, due) = if credit.quote.is_zero() || self.rng.bool() {
            (self.asset, credit.assets)
        } else {
            (self.quote, credit.quote)
        };
        let call = Abi::claimCall { token, receiver };
        if let Some(done) = self.send(who, &call) {
            assert_eq!(done.value, due, "invariant 9: a credit is paid once");
            let again = self.world.simulate(who, &call).is_err();
            assert!(again, "invariant 9: once");
        }
    }
}
