//! What shareholders do: come, go, transfer, ask, take back and claim.

use super::model::{Kind, Play};
use crate::permit::permit_by;
use crate::support::*;
use alloy_sol_types::SolCall;
use testbed::{Abi, Address, U256};

impl Play {
    pub(super) fn enter(&mut self) {
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

    pub(super) fn deposit(&mut self, who: Address, receiver: Address, assets: U256) -> bool {
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

    pub(super) fn mint(&mut self, who: Address, receiver: Address, shares: U256) -> bool {
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

    pub(super) fn leave(&mut self) {
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
    pub(super) fn allowed(&self, owner: Address, who: Address) -> U256 {
        if who == owner {
            return U256::MAX;
        }
        let spender = who;
        self.world.view(&Abi::allowance_0Call { owner, spender })
    }

    pub(super) fn transfer(&mut self) {
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

    pub(super) fn ask(&mut self) {
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
    pub(super) fn some_request(&mut self) -> (Kind, Address, u128) {
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

    pub(super) fn take_back(&mut self) {
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

    pub(super) fn not_again<C: SolCall>(&mut self, who: Address, account: Address, call: &C) {
        let refused = self
            .world
            .simulate(who, call)
            .err()
            .expect("invariant 9: once");
        assert_named(&refused, &Abi::NothingToClaim { account });
    }

    pub(super) fn claim_request(&mut self) {
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

    pub(super) fn appoint(&mut self) {
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
}
