//! What the actors do, and what each call by itself must answer.

use super::model::{Exercised, Kind, Play, Settled, Token, Tokens};
use crate::permit::permit_by;
use crate::support::*;
use alloy_sol_types::SolCall;
use testbed::devchain::Tx;
use testbed::devchain::market::{OPERATOR, view};
use testbed::primitives::aliases::U80;
use testbed::{Abi, Address, DAY, HOUR, POOL_SETTLES, U256, WAD, actor};

impl Play {
    /// One thing that somebody does, or that happens.
    pub fn act(&mut self) {
        self.steps += 1;
        let (before, wide) = (self.ratio(), supply(&self.world));
        let quoteless = self.world.ledger().vaultQuote.is_zero();
        let kind = self.rng.u8(0..50);
        match kind {
            0..4 => self.enter(),
            4..8 => self.leave(),
            8..12 => self.ask(),
            12..14 => self.take_back(),
            14..17 => self.claim_request(),
            17..19 => self.transfer(),
            19 => self.donate(),
            20 => self.appoint(),
            21..24 => self.trade(),
            24 | 25 => self.transfer_options(),
            26..29 => self.exercise(),
            29 => self.roles(),
            30 | 31 => self.trouble(),
            32 | 33 => self.claim_credit(),
            34 => self.move_price(),
            35 | 36 => self.hedge(),
            37 | 38 => self.take_back(),
            _ => self.proceed(),
        }
        if kind < 21 && quoteless && wide != 0 && supply(&self.world) != 0 {
            let ((a, s), (b, t)) = (before, self.ratio());
            assert!(
                b * s >= a * t,
                "invariant 5: a share lost value to who came, left or asked"
            );
        }
    }

    // --- Shares ---

    fn enter(&mut self) {
        let (who, receiver) = (self.someone(), self.someone());
        match self.rng.u8(0..5) {
            0..2 => {
                let assets = self.amount(20 * self.whole.0);
                self.deposit(who, receiver, assets);
            }
            2 => {
                // The limit to the unit, where they have as much.
                let most = self.world.view(&Abi::maxDepositCall { receiver });
                if !most.is_zero() && most <= u(self.balance(self.asset, who)) {
                    let above = Abi::deposit_0Call {
                        assets: most + u(1),
                        receiver,
                    };
                    let refused = self.world.simulate(who, &above).is_err();
                    assert!(refused, "ERC-4626: a deposit above maxDeposit");
                    let done = self.deposit(who, receiver, most);
                    assert!(
                        done || self.tokens.unsure(),
                        "ERC-4626: maxDeposit can be deposited"
                    );
                    self.log.take("the most that can be deposited", 0);
                }
            }
            3 => {
                let shares = self.amount(20 * self.whole.0) * u(1_000);
                self.mint(who, receiver, shares);
            }
            _ => {
                let most = self.world.view(&Abi::maxMintCall { receiver });
                let cost = self.world.view(&Abi::previewMintCall { shares: most });
                if !most.is_zero() && cost < u(self.balance(self.asset, who)) {
                    let above = Abi::mint_0Call {
                        shares: most + u(1),
                        receiver,
                    };
                    let refused = self.world.simulate(who, &above).is_err();
                    assert!(refused, "ERC-4626: a mint above maxMint");
                    let done = self.mint(who, receiver, most);
                    assert!(
                        done || self.tokens.unsure(),
                        "ERC-4626: maxMint can be minted"
                    );
                    self.log.take("the most that can be minted", 0);
                }
            }
        }
    }

    fn deposit(&mut self, who: Address, receiver: Address, assets: U256) -> bool {
        let most = self.world.view(&Abi::maxDepositCall { receiver });
        let preview = self.world.view(&Abi::previewDepositCall { assets });
        let Some(done) = self.send(who, &Abi::deposit_0Call { assets, receiver }) else {
            return false;
        };
        assert_eq!(
            done.value, preview,
            "ERC-4626: previewDeposit is what deposit gives"
        );
        assert!(!done.value.is_zero(), "invariant 6: no zero-share mint");
        assert!(assets <= most, "ERC-4626: no deposit above maxDeposit");
        true
    }

    fn mint(&mut self, who: Address, receiver: Address, shares: U256) -> bool {
        let most = self.world.view(&Abi::maxMintCall { receiver });
        let preview = self.world.view(&Abi::previewMintCall { shares });
        let Some(done) = self.send(who, &Abi::mint_0Call { shares, receiver }) else {
            return false;
        };
        assert_eq!(
            done.value, preview,
            "ERC-4626: previewMint is what mint takes"
        );
        assert!(!done.value.is_zero(), "invariant 5: shares are not free");
        assert!(shares <= most, "ERC-4626: no mint above maxMint, {most}");
        true
    }

    fn leave(&mut self) {
        let (owner, receiver) = (self.holder(), self.someone());
        let who = self.mostly(owner);
        let held = shares(&self.world, owner);
        let part = self.amount(held);
        match self.rng.u8(0..4) {
            0 => {
                let most = self.world.view(&Abi::maxWithdrawCall { owner });
                let assets = self.world.view(&Abi::convertToAssetsCall { shares: part });
                let preview = self.world.view(&Abi::previewWithdrawCall { assets });
                let call = Abi::withdraw_0Call {
                    assets,
                    receiver,
                    owner,
                };
                let allowed = self.allowed(owner, who);
                if let Some(done) = self.send(who, &call) {
                    assert_eq!(
                        done.value, preview,
                        "ERC-4626: previewWithdraw is what it costs"
                    );
                    assert!(assets <= most, "ERC-4626: no withdrawal above maxWithdraw");
                    assert!(done.value <= allowed, "ERC-20: within the allowance");
                }
            }
            1 | 2 => {
                let most = self.world.view(&Abi::maxRedeemCall { owner });
                let part = if self.rng.bool() { most } else { part };
                let preview = self.world.view(&Abi::previewRedeemCall { shares: part });
                let call = Abi::redeem_0Call {
                    shares: part,
                    receiver,
                    owner,
                };
                let allowed = self.allowed(owner, who);
                let done = self.send(who, &call);
                if let Some(done) = &done {
                    assert_eq!(
                        done.value, preview,
                        "ERC-4626: previewRedeem is what it pays"
                    );
                    assert!(part <= most, "ERC-4626: no redemption above maxRedeem");
                    assert!(part <= allowed, "ERC-20: within the allowance");
                }
                if part == most && !most.is_zero() && who == owner {
                    assert!(
                        done.is_some() || self.tokens.unsure(),
                        "ERC-4626: maxRedeem can be redeemed"
                    );
                    self.log.take("the most that can be redeemed", 0);
                }
            }
            _ => {
                let before = self.world.ledger();
                let all = u(supply(&self.world));
                let call = Abi::redeemInKindCall {
                    shares: part,
                    receiver,
                    owner,
                };
                let allowed = self.allowed(owner, who);
                if let Some(done) = self.send(who, &call) {
                    let quote = before.vaultQuote * part / (all + u(1_000));
                    assert_eq!(
                        done.value.quote, quote,
                        "invariant 5: no unit that nobody paid"
                    );
                    assert!(part <= allowed, "ERC-20: within the allowance");
                }
            }
        }
    }

    /// What `who` may move of the owner's shares.
    fn allowed(&self, owner: Address, who: Address) -> U256 {
        if who == owner {
            return U256::MAX;
        }
        let spender = who;
        self.world.view(&Abi::allowance_0Call { owner, spender })
    }

    fn transfer(&mut self) {
        let (who, to) = (self.holder(), self.someone());
        let value = self.amount(shares(&self.world, who));
        match self.rng.u8(0..4) {
            0 => drop(self.send(who, &Abi::transfer_0Call { to, value })),
            1 => drop(self.send(who, &Abi::approve_0Call { spender: to, value })),
            2 => {
                let spender = self.someone();
                if spender != who && self.allowed(who, spender).is_zero() {
                    self.send(who, &Abi::approve_0Call { spender, value });
                }
                let allowed = self.allowed(who, spender);
                let call = Abi::transferFrom_0Call {
                    from: who,
                    to,
                    value: value.min(allowed + u(1)),
                };
                if self.send(spender, &call).is_some() {
                    assert!(call.value <= allowed, "ERC-20: within the allowance");
                }
            }
            _ => {
                let index = self.rng.usize(..self.cast.len());
                let owner = self.cast[index];
                let nonce = self.world.view(&Abi::noncesCall { owner });
                let wrong = self.rng.u8(0..4) == 0;
                let number = if wrong { nonce + u(1) } else { nonce };
                let seed = index as u8 + 1;
                let call = permit_by(seed, &self.world, to, value, number);
                let done = self.send(who, &call).is_some();
                assert_eq!(done, !wrong, "a permit counts once, in order");
                let after = self.world.view(&Abi::noncesCall { owner });
                assert_eq!(after, nonce + u(u128::from(done)), "invariant 9: once");
            }
        }
    }

    // --- Requests ---

    fn ask(&mut self) {
        let (who, controller) = (self.someone(), self.someone());
        let number: u128 = self.state().requestId.to();
        if self.rng.bool() {
            let assets = self.amount(5 * self.whole.0);
            let call = Abi::requestDepositCall {
                assets,
                controller,
                owner: who,
            };
            if let Some(done) = self.send(who, &call) {
                assert_eq!(done.value, u(number), "the epoch's number");
                let key = (Kind::Deposit, controller, number);
                *self.requests.entry(key).or_default() += assets.to::<u128>();
            }
        } else {
            let owner = self.holder();
            let who = self.mostly(owner);
            let shares = self.amount(shares(&self.world, owner));
            let call = Abi::requestRedeemCall {
                shares,
                controller,
                owner,
            };
            let allowed = self.allowed(owner, who);
            if let Some(done) = self.send(who, &call) {
                assert_eq!(done.value, u(number), "the epoch's number");
                assert!(
                    self.acts_for(who, owner) || shares <= allowed,
                    "shares of somebody else"
                );
                let key = (Kind::Redeem, controller, number);
                *self.requests.entry(key).or_default() += shares.to::<u128>();
            }
        }
    }

    /// A request that is there, most of the time: its kind, controller and number.
    fn some_request(&mut self) -> (Kind, Address, u128) {
        let there: Vec<_> = self.requests.keys().copied().collect();
        match self.rng.choice(&there) {
            Some(key) if self.rng.u8(0..6) != 0 => *key,
            _ => {
                let last: u128 = self.state().requestId.to();
                let number = self.rng.u128(last.saturating_sub(3)..=last);
                let kinds = [Kind::Deposit, Kind::Redeem];
                (kinds[self.rng.usize(..2)], self.someone(), number)
            }
        }
    }

    fn take_back(&mut self) {
        let key = self.some_request();
        let (kind, controller, number) = key;
        let (who, receiver) = (self.mostly(controller), self.someone());
        let (request_id, amount) = (u(number), self.requests.get(&key).copied());
        let done = match kind {
            Kind::Deposit => {
                let call = Abi::cancelDepositRequestCall {
                    requestId: request_id,
                    receiver,
                    controller,
                };
                let done = self.send(who, &call).map(|done| done.value);
                if done.is_some() {
                    self.not_again(who, controller, &call);
                }
                done
            }
            Kind::Redeem => {
                let call = Abi::cancelRedeemRequestCall {
                    requestId: request_id,
                    receiver,
                    controller,
                };
                let done = self.send(who, &call).map(|done| done.value);
                if done.is_some() {
                    self.not_again(who, controller, &call);
                }
                done
            }
        };
        if let Some(value) = done {
            assert_eq!(
                Some(value.to()),
                amount,
                "invariant 8: it comes back whole, once"
            );
            assert!(self.acts_for(who, controller), "somebody else's request");
            self.requests.remove(&key);
        }
    }

    fn not_again<C: SolCall>(&mut self, who: Address, account: Address, call: &C) {
        let refused = self
            .world
            .simulate(who, call)
            .err()
            .expect("invariant 9: once");
        assert_named(&refused, &Abi::NothingToClaim { account });
    }

    fn claim_request(&mut self) {
        let key = self.some_request();
        let (kind, controller, number) = key;
        let who = self.mostly(controller);
        let receiver = self.mostly(controller);
        let (request_id, mine) = (u(number), self.requests.get(&key).copied());
        let carried = self.carried.get(&number).copied();
        let part = |whole: u128, all: u128| u(whole) * u(mine.expect("asked")) / u(all);
        match kind {
            Kind::Deposit => {
                let call = Abi::claimDepositCall {
                    requestId: request_id,
                    receiver,
                    controller,
                };
                let Some(done) = self.send(who, &call) else {
                    return;
                };
                let carried = carried.expect("carried out");
                assert_eq!(
                    done.value,
                    part(carried.minted, carried.assets),
                    "invariant 7: one ratio"
                );
                assert!(!done.value.is_zero(), "invariant 6: no zero-share mint");
                self.not_again(who, controller, &call);
            }
            Kind::Redeem => {
                let call = Abi::claimRedeemCall {
                    requestId: request_id,
                    receiver,
                    controller,
                };
                let Some(done) = self.send(who, &call) else {
                    return;
                };
                let carried = carried.expect("carried out");
                assert_eq!(
                    (done.value.assets, done.value.quote),
                    (
                        part(carried.paid.0, carried.redeemed),
                        part(carried.paid.1, carried.redeemed)
                    ),
                    "invariant 7: one ratio"
                );
                self.claims += 1;
                self.not_again(who, controller, &call);
            }
        }
        assert!(
            receiver == controller || self.acts_for(who, controller),
            "somebody else's request"
        );
        self.requests.remove(&key);
    }

    fn appoint(&mut self) {
        let (holder, spender) = (self.someone(), self.someone());
        let approved = self.rng.u8(0..3) != 0;
        let call = Abi::setOperatorCall { spender, approved };
        self.send(holder, &call).expect("its own to say");
        if approved {
            self.operators.insert((holder, spender));
        } else {
            self.operators.remove(&(holder, spender));
        }
    }

    // --- Options ---

    fn trade(&mut self) {
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

    fn transfer_options(&mut self) {
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

    fn exercise(&mut self) {
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
    fn paid(&mut self, id: U256, amount: u128, due: (U256, U256)) {
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

    fn donate(&mut self) {
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

    fn state_words(&self) -> Vec<u8> {
        let call = Abi::vaultStateCall {}.abi_encode();
        let tx = Tx::call(stranger(), self.world.vault, call);
        self.world.chain.call(tx).output.to_vec()
    }

    fn move_price(&mut self) {
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
    fn hedge(&mut self) {
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

    fn proceed(&mut self) {
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
    fn settle(&mut self) {
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

    fn roles(&mut self) {
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
    fn trouble(&mut self) {
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

    fn arm(&mut self, token: Address, target: Address, call: Vec<u8>) {
        let arm = Token::armCall {
            target,
            call: call.into(),
            strict: false,
        };
        self.token(OPERATOR, token, &arm);
    }

    /// Whatever a token called from inside one of the vault's calls was refused.
    fn called_back(&mut self, token: Address) {
        let answer = view(&self.world.chain, token, &Token::answerCall {}).expect("a token");
        if !answer.is_empty() {
            self.log.take("called back", 0);
        }
    }

    fn claim_credit(&mut self) {
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
