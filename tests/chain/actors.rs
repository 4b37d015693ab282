//! Ten actors with keys, every call of the depositor's side and of the epoch around it, over ordinary and hostile tokens: what must hold after every step.
//!
//! `VAULT_ACTORS_RUNS` sequences of each pair of tokens (2 by default) from `VAULT_ACTORS_SEED` on. A failure prints seed, tokens and steps.
//! Numbers of invariants are the design's.

use crate::hostile::contract;
use crate::permit::{account, permit_by};
use crate::support::*;
use alloy_sol_types::{SolCall, sol};
use std::collections::BTreeMap;
use testbed::devchain::Tx;
use testbed::devchain::market::{OPERATOR, send as tell, view};
use testbed::primitives::aliases::U80;
use testbed::{Abi, Address, DAY, Done, HOUR, Options, U256, WAD, World, actor, events};

sol! {
    interface Token {
        function mint(address to, uint256 amount) external;
        function approve(address spender, uint256 amount) external;
        function transfer(address to, uint256 amount) external;
        function balanceOf(address owner) external view returns (uint256);
        function setSilent(bool silent) external;
        function arm(address target, bytes call, bool strict) external;
        function block_(address account) external;
    }
}

const STEPS: usize = 70;
const RUNS: u64 = 2;
/// Far above what any call of the vault takes, however many users, requests and epochs there are.
const MOST_GAS: u64 = 2_500_000;

/// The tokens of a vault: a contract of `contracts/` and its decimals, or the real one.
#[derive(Clone, Copy, Debug)]
struct Tokens {
    asset: Option<(&'static str, u8)>,
    quote: Option<(&'static str, u8)>,
}

type Carried = (u128, u128, u128, u128, u128);

struct Play {
    world: World,
    rng: fastrand::Rng,
    cast: Vec<Address>,
    asset: Address,
    quote: Address,
    tokens: Tokens,
    /// One whole asset, and one whole unit of the quote.
    whole: (u128, u128),
    price: u128,
    donated: (u128, u128),
    ids: Vec<U256>,
    exercised: BTreeMap<U256, (u128, u128, u128)>,
    /// What each epoch's roll carried out: assets, shares minted, shares redeemed, assets and quote paid.
    carried: BTreeMap<u128, Carried>,
    epochs: u128,
    claims: u128,
    told: Vec<String>,
    taken: BTreeMap<&'static str, (u32, u64)>,
}

impl Play {
    fn new(seed: u64, tokens: Tokens) -> Self {
        let mut options = Options::default();
        options.policy.shares.managementFeeBps = 200;
        options.policy.shares.performanceFeeBps = 1_000;
        options.roles.fee_recipient = actor("fees");
        let mut whole = (WAD, 10_u128.pow(6));
        let decimals = tokens.asset.map_or(18, |(_, decimals)| decimals);
        if decimals != 18 {
            whole.0 = 10_u128.pow(decimals.into());
            let scale = WAD / whole.0;
            options.policy.shares.minDeposit = testbed::primitives::Uint::from(1);
            options.policy.opening.minAssets /= scale;
            options.policy.opening.keeperBudget /= scale;
        }
        let mut world = World::market(&options);
        let mut setup = world.setup(&options);
        if let Some((name, decimals)) = tokens.asset {
            setup.asset = contract(&mut world, name, &[decimals]);
        }
        if let Some((name, decimals)) = tokens.quote {
            setup.quote = contract(&mut world, name, &[decimals]);
            whole.1 = 10_u128.pow(decimals.into());
        }
        let (asset, quote) = (setup.asset, setup.quote);
        world.construct(&setup).expect("tokens like any other");
        let cast = (1..=10).map(account).collect();
        let mut play = Self {
            world,
            rng: fastrand::Rng::with_seed(seed),
            cast,
            asset,
            quote,
            tokens,
            whole,
            price: SPOT,
            donated: (0, 0),
            ids: Vec::new(),
            exercised: BTreeMap::new(),
            carried: BTreeMap::new(),
            epochs: 0,
            claims: 0,
            told: Vec::new(),
            taken: BTreeMap::new(),
        };
        for who in play.cast.clone() {
            play.world.give_weth(who, 100 * WAD);
            play.world.give_usdc(who, RICH);
            for (token, odd, amount) in [
                (asset, tokens.asset.is_some(), 100 * play.whole.0),
                (quote, tokens.quote.is_some(), 1_000_000 * play.whole.1),
            ] {
                if odd {
                    play.token(
                        OPERATOR,
                        token,
                        &Token::mintCall {
                            to: who,
                            amount: u(amount),
                        },
                    );
                    let spender = play.world.vault;
                    play.token(
                        who,
                        token,
                        &Token::approveCall {
                            spender,
                            amount: U256::MAX,
                        },
                    );
                }
            }
        }
        play
    }

    fn token(&mut self, from: Address, token: Address, call: &impl SolCall) {
        self.world.chain.fund(from, u(WAD));
        tell(&mut self.world.chain, from, token, call).expect("it obeys");
    }

    fn balance(&self, token: Address, owner: Address) -> u128 {
        view(&self.world.chain, token, &Token::balanceOfCall { owner })
            .expect("a token")
            .to()
    }

    fn someone(&mut self) -> Address {
        self.cast[self.rng.usize(..self.cast.len())]
    }

    fn state(&self) -> Abi::vaultStateReturn {
        self.world.view(&Abi::vaultStateCall {})
    }

    /// Any magnitude up to `most`, now and then beyond it.
    fn amount(&mut self, most: u128) -> U256 {
        let bits = 128 - most.leading_zeros();
        let cut = self.rng.u128(0..=most) >> (self.rng.u32(0..bits.max(1)) / 2);
        u(if self.rng.u8(0..10) == 0 {
            most.saturating_add(cut)
        } else {
            cut
        })
    }

    fn send<C: SolCall>(&mut self, from: Address, call: &C) -> Option<Done<C>> {
        let name = C::SIGNATURE.split('(').next().unwrap_or_default();
        let paused = self.state().pausedUntil > u(self.world.chain.now().into());
        match self.world.send(from, call) {
            Ok(done) => {
                let gas = done.receipt.gas_used;
                self.told.push(format!("{name} by {from}, gas {gas}"));
                let seen = self.taken.entry(name).or_default();
                *seen = (seen.0 + 1, seen.1.max(gas));
                assert!(gas <= MOST_GAS, "invariant 13: {name} took {gas} gas");
                for one in events::<Abi::RequestsCarriedOut>(&done.receipt, self.world.vault) {
                    let carried = (
                        one.depositedAssets.to(),
                        one.mintedShares.to(),
                        one.redeemedShares.to(),
                        one.paidAssets.to(),
                        one.paidQuote.to(),
                    );
                    let first = self.carried.insert(one.epoch.to(), carried).is_none();
                    assert!(first, "invariant 9: one roll an epoch");
                }
                Some(done)
            }
            Err(refused) => {
                assert!(
                    refused.error.is_some(),
                    "{name} without a reason: {refused:?}"
                );
                if paused && !["openEpoch", "buy"].contains(&name) {
                    let stopped = refused.output.get(..4)
                        == Some(
                            <Abi::SalesPaused as alloy_sol_types::SolError>::SELECTOR.as_slice(),
                        );
                    assert!(!stopped, "invariant 15: a pause stopped {name}");
                }
                None
            }
        }
    }

    /// A share's price with the virtual ones, as a fraction.
    fn ratio(&self) -> (U256, U256) {
        let ledger = self.world.ledger();
        (ledger.vaultAssets + u(1), u(supply(&self.world)) + u(1_000))
    }

    // --- Moves ---

    fn enter(&mut self) {
        let (who, receiver) = (self.someone(), self.someone());
        let assets = self.amount(20 * self.whole.0);
        let most = self.world.view(&Abi::maxDepositCall { receiver });
        if self.rng.bool() {
            let preview = self.world.view(&Abi::previewDepositCall { assets });
            if let Some(done) = self.send(who, &Abi::deposit_0Call { assets, receiver }) {
                assert_eq!(
                    done.value, preview,
                    "ERC-4626: previewDeposit is what deposit gives"
                );
                assert!(!done.value.is_zero(), "invariant 6: no zero-share mint");
                assert!(assets <= most, "ERC-4626: no deposit above maxDeposit");
            }
        } else {
            let shares = assets * u(1_000);
            let preview = self.world.view(&Abi::previewMintCall { shares });
            if let Some(done) = self.send(who, &Abi::mint_0Call { shares, receiver }) {
                assert_eq!(
                    done.value, preview,
                    "ERC-4626: previewMint is what mint takes"
                );
                assert!(!done.value.is_zero(), "invariant 5: shares are not free");
            }
        }
    }

    fn leave(&mut self) {
        let (owner, receiver) = (self.someone(), self.someone());
        let who = if self.rng.u8(0..5) == 0 {
            self.someone()
        } else {
            owner
        };
        let held = shares(&self.world, owner);
        let part = self.amount(held);
        match self.rng.u8(0..3) {
            0 => {
                let most = self.world.view(&Abi::maxWithdrawCall { owner });
                let assets = self.world.view(&Abi::convertToAssetsCall { shares: part });
                let preview = self.world.view(&Abi::previewWithdrawCall { assets });
                let call = Abi::withdraw_0Call {
                    assets,
                    receiver,
                    owner,
                };
                if let Some(done) = self.send(who, &call) {
                    assert_eq!(
                        done.value, preview,
                        "ERC-4626: previewWithdraw is what it costs"
                    );
                    assert!(assets <= most, "ERC-4626: no withdrawal above maxWithdraw");
                }
            }
            1 => {
                let most = self.world.view(&Abi::maxRedeemCall { owner });
                let preview = self.world.view(&Abi::previewRedeemCall { shares: part });
                let call = Abi::redeem_0Call {
                    shares: part,
                    receiver,
                    owner,
                };
                if let Some(done) = self.send(who, &call) {
                    assert_eq!(
                        done.value, preview,
                        "ERC-4626: previewRedeem is what it pays"
                    );
                    assert!(part <= most, "ERC-4626: no redemption above maxRedeem");
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
                if let Some(done) = self.send(who, &call) {
                    let quote = before.vaultQuote * part / (all + u(1_000));
                    assert_eq!(
                        done.value.quote, quote,
                        "invariant 5: no unit that nobody paid"
                    );
                }
            }
        }
    }

    fn ask(&mut self) {
        let (who, controller) = (self.someone(), self.someone());
        if self.rng.bool() {
            let assets = self.amount(5 * self.whole.0);
            self.send(
                who,
                &Abi::requestDepositCall {
                    assets,
                    controller,
                    owner: who,
                },
            );
        } else {
            let owner = if self.rng.u8(0..6) == 0 {
                self.someone()
            } else {
                who
            };
            let shares = self.amount(shares(&self.world, owner));
            self.send(
                who,
                &Abi::requestRedeemCall {
                    shares,
                    controller,
                    owner,
                },
            );
        }
    }

    fn request_id(&mut self) -> U256 {
        let last: u128 = self.state().requestId.to();
        u(self.rng.u128(last.saturating_sub(3)..=last))
    }

    fn take_back(&mut self) {
        let (controller, receiver, request_id) =
            (self.someone(), self.someone(), self.request_id());
        let who = if self.rng.u8(0..5) == 0 {
            self.someone()
        } else {
            controller
        };
        if self.rng.bool() {
            let pending = self.world.view(&Abi::pendingDepositRequestCall {
                requestId: request_id,
                controller,
            });
            let call = Abi::cancelDepositRequestCall {
                requestId: request_id,
                receiver,
                controller,
            };
            if let Some(done) = self.send(who, &call) {
                assert_eq!(done.value, pending, "invariant 8: it comes back whole");
                self.not_again(who, controller, &call);
            }
        } else {
            let pending = self.world.view(&Abi::pendingRedeemRequestCall {
                requestId: request_id,
                controller,
            });
            let call = Abi::cancelRedeemRequestCall {
                requestId: request_id,
                receiver,
                controller,
            };
            if let Some(done) = self.send(who, &call) {
                assert_eq!(done.value, pending, "invariant 8: it comes back whole");
                self.not_again(who, controller, &call);
            }
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
        let (controller, receiver, request_id) =
            (self.someone(), self.someone(), self.request_id());
        let who = if self.rng.u8(0..5) == 0 {
            self.someone()
        } else {
            controller
        };
        let epoch = request_id.to::<u128>();
        let carried = self.carried.get(&epoch).copied();
        if self.rng.bool() {
            let mine = self.world.view(&Abi::claimableDepositRequestCall {
                requestId: request_id,
                controller,
            });
            let call = Abi::claimDepositCall {
                requestId: request_id,
                receiver,
                controller,
            };
            if let Some(done) = self.send(who, &call) {
                let (assets, minted, ..) = carried.expect("carried out");
                assert_eq!(
                    done.value,
                    u(minted) * mine / u(assets),
                    "invariant 7: one ratio"
                );
                assert!(!done.value.is_zero(), "invariant 6: no zero-share mint");
                self.not_again(who, controller, &call);
            }
        } else {
            let mine = self.world.view(&Abi::claimableRedeemRequestCall {
                requestId: request_id,
                controller,
            });
            let call = Abi::claimRedeemCall {
                requestId: request_id,
                receiver,
                controller,
            };
            if let Some(done) = self.send(who, &call) {
                let (.., redeemed, assets, quote) = carried.expect("carried out");
                assert_eq!(
                    done.value.assets,
                    u(assets) * mine / u(redeemed),
                    "invariant 7: one ratio"
                );
                assert_eq!(
                    done.value.quote,
                    u(quote) * mine / u(redeemed),
                    "invariant 7: one ratio"
                );
                self.claims += 1;
                self.not_again(who, controller, &call);
            }
        }
    }

    fn transfer(&mut self) {
        let (who, to) = (self.someone(), self.someone());
        let value = self.amount(shares(&self.world, who));
        match self.rng.u8(0..4) {
            0 => drop(self.send(who, &Abi::transfer_0Call { to, value })),
            1 => drop(self.send(who, &Abi::approve_0Call { spender: to, value })),
            2 => drop(self.send(
                to,
                &Abi::transferFrom_0Call {
                    from: who,
                    to,
                    value,
                },
            )),
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

    fn donate(&mut self) {
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
                self.donated.0 += got
            } else {
                self.donated.1 += got
            }
        }
        assert_eq!(
            (self.state_words(), self.ratio()),
            before,
            "invariant 4: a donation changes nothing"
        );
        self.told.push("donated".into());
    }

    fn state_words(&self) -> Vec<u8> {
        let call = Abi::vaultStateCall {}.abi_encode();
        let tx = Tx::call(stranger(), self.world.vault, call);
        self.world.chain.call(tx).output.to_vec()
    }

    fn trade(&mut self) {
        let (who, receiver) = (self.someone(), self.someone());
        let number: u128 = self.state().number.to();
        let id = id_of(number, self.rng.u128(0..3));
        self.world.catch_up();
        if self.rng.u8(0..3) != 0 {
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
        } else {
            let amount = self.amount(options_of(&self.world, who, id));
            let call = Abi::sellCall {
                id,
                amount,
                minProceeds: U256::ZERO,
                receiver,
                deadline: U256::MAX,
            };
            self.send(who, &call);
        }
    }

    fn exercise(&mut self) {
        let Some(id) = self.rng.choice(&self.ids).copied() else {
            return;
        };
        let owner = self.someone();
        let holder = self
            .cast
            .iter()
            .copied()
            .find(|who| options_of(&self.world, *who, id) > 0);
        let who = holder.unwrap_or(owner);
        let amount = self.amount(options_of(&self.world, who, id));
        let receiver = self.someone();
        if let Some(done) = self.send(
            who,
            &Abi::exerciseCall {
                id,
                amount,
                receiver,
            },
        ) {
            let paid = self.exercised.entry(id).or_default();
            paid.0 += amount.to::<u128>();
            paid.1 += done.value.assets.to::<u128>();
            paid.2 += done.value.quote.to::<u128>();
        }
    }

    fn proceed(&mut self) {
        let epoch = self.world.view(&Abi::epochCall {});
        let (since, expiry) = (epoch.since.to::<u64>(), epoch.expiry.to::<u64>());
        let who = self.someone();
        match epoch.phase.to::<u64>() {
            0 => {
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
            1 if self.rng.u8(0..3) == 0 => {
                self.world.chain.set_time(expiry - 60);
                self.world.set_price(self.price);
                self.world.chain.set_time(expiry + 61);
            }
            1 => self.trade(),
            2 => {
                if let Ok(found) = self.world.simulate(
                    who,
                    &Abi::findRoundsCall {
                        expiry: u(expiry.into()),
                    },
                ) {
                    let call = Abi::settleCall {
                        expiry: u(expiry.into()),
                        assetRounds: found.value.assetRounds,
                        quoteRounds: found.value.quoteRounds,
                    };
                    if self.send(who, &call).is_some() {
                        self.not_settled_again(&call);
                    }
                } else {
                    let call = settling(&self.world, U80::from(0));
                    self.send(who, &call);
                }
            }
            _ => {
                if self.rng.bool() {
                    self.world.set_price(self.price);
                    self.send(who, &Abi::rebalanceCall {});
                } else {
                    self.world.chain.warp(DAY);
                }
                self.send(who, &Abi::rollCall {});
            }
        }
    }

    fn not_settled_again(&mut self, call: &Abi::settleCall) {
        assert!(
            self.world.simulate(keeper(), call).is_err(),
            "invariant 9: settled twice"
        );
    }

    fn roles(&mut self) {
        match self.rng.u8(0..3) {
            0 => drop(self.send(actor("guardian"), &Abi::pauseCall {})),
            1 => drop(self.send(actor("guardian"), &Abi::unpauseCall {})),
            _ => {
                let mut policy = self.world.view(&Abi::policyCall {});
                policy.shares.performanceFeeBps = self.rng.u16(0..=2_000);
                policy.shares.managementFeeBps = self.rng.u16(0..=200);
                self.send(actor("owner"), &Abi::announcePolicyCall { policy });
                let recipient = self.someone();
                self.send(actor("owner"), &Abi::setFeeRecipientCall { recipient });
            }
        }
    }

    /// What the tokens are hostile with.
    fn trouble(&mut self) {
        for (odd, token) in [
            (self.tokens.asset, self.asset),
            (self.tokens.quote, self.quote),
        ] {
            match odd.map(|(name, _)| name) {
                Some("FalseToken") => {
                    let silent = self.rng.bool();
                    self.token(OPERATOR, token, &Token::setSilentCall { silent });
                    self.told.push(format!("silent {silent}"));
                }
                Some("CallingToken") => {
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
                    let target = self.world.vault;
                    self.token(
                        OPERATOR,
                        token,
                        &Token::armCall {
                            target,
                            call: call.into(),
                            strict: false,
                        },
                    );
                }
                Some("BlockingToken") => {
                    let account = self.someone();
                    self.token(OPERATOR, token, &Token::block_Call { account });
                    self.told.push(format!("blocked {account}"));
                }
                _ => {}
            }
        }
    }

    fn claim_credit(&mut self) {
        let (who, receiver) = (self.someone(), self.someone());
        let token = if self.rng.bool() {
            self.asset
        } else {
            self.quote
        };
        self.send(who, &Abi::claimCall { token, receiver });
    }

    fn step(&mut self) {
        let (before, wide) = (self.ratio(), supply(&self.world));
        let quoteless = self.world.ledger().vaultQuote.is_zero();
        let kind = self.rng.u8(0..32);
        match kind {
            0..4 => self.enter(),
            4..7 => self.leave(),
            7..11 => self.ask(),
            11..13 => self.take_back(),
            13..16 => self.claim_request(),
            16..18 => self.transfer(),
            18 => self.donate(),
            19 => self.trade(),
            20 | 21 => self.exercise(),
            22 => self.roles(),
            23 => self.trouble(),
            24 => self.claim_credit(),
            25 => {
                self.price =
                    (self.price * self.rng.u128(700..1_400) / 1_000).clamp(100 * WAD, 50_000 * WAD);
                self.world.submit(self.price);
                self.told.push(format!("price {}", self.price));
            }
            _ => self.proceed(),
        }
        if kind < 19 && quoteless && wide != 0 && supply(&self.world) != 0 {
            let ((a, s), (b, t)) = (before, self.ratio());
            assert!(
                b * s >= a * t,
                "invariant 5: a share lost value to who came, left or asked"
            );
        }
    }

    // --- What must hold ---

    fn check(&self) {
        let world = &self.world;
        let (assets, quote) = buckets(world);
        for (token, sum, donated) in [
            (self.asset, assets, self.donated.0),
            (self.quote, quote, self.donated.1),
        ] {
            assert_eq!(
                self.balance(token, world.vault),
                sum + donated,
                "invariant 1: balance is buckets and donations, {token}"
            );
        }
        let ledger = world.ledger();
        let mut payouts = (0, 0);
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
                "invariant 3: supply of a series"
            );
            assert!(
                u(assets) <= series.payoutAssets && u(quote) <= series.payoutQuote,
                "invariant 3: paid above reserved"
            );
            payouts.0 += series.payoutAssets.to::<u128>() - assets;
            payouts.1 += series.payoutQuote.to::<u128>() - quote;
        }
        assert_eq!(
            (ledger.payoutAssets, ledger.payoutQuote),
            (u(payouts.0), u(payouts.1)),
            "invariant 3: reserved"
        );
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
        let state = self.state();
        let last: u128 = state.requestId.to();
        let (mut pending, mut escrow, mut owed) =
            (U256::ZERO, U256::ZERO, (U256::ZERO, U256::ZERO));
        for controller in
            self.cast
                .iter()
                .copied()
                .chain([self.asset, self.quote, actor("observer")])
        {
            for id in 1..=last {
                let request_id = u(id);
                pending += world.view(&Abi::pendingDepositRequestCall {
                    requestId: request_id,
                    controller,
                });
                escrow += world.view(&Abi::pendingRedeemRequestCall {
                    requestId: request_id,
                    controller,
                });
                let carried = self.carried.get(&id).copied().unwrap_or_default();
                let deposit = world.view(&Abi::claimableDepositRequestCall {
                    requestId: request_id,
                    controller,
                });
                let redeem = world.view(&Abi::claimableRedeemRequestCall {
                    requestId: request_id,
                    controller,
                });
                if carried.0 != 0 {
                    escrow += u(carried.1) * deposit / u(carried.0);
                }
                if carried.2 != 0 {
                    owed.0 += u(carried.3) * redeem / u(carried.2);
                    owed.1 += u(carried.4) * redeem / u(carried.2);
                }
            }
            let credit = world.view(&Abi::creditOfCall {
                account: controller,
            });
            owed = (owed.0 + credit.assets, owed.1 + credit.quote);
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
        // ERC-4626: what max says can be done, and rounding is the vault's.
        let who = self.cast[0];
        let most = world.view(&Abi::maxRedeemCall { owner: who });
        let frozen = self
            .tokens
            .asset
            .is_some_and(|(name, _)| ["FalseToken", "BlockingToken"].contains(&name));
        if !most.is_zero() && !frozen {
            let call = Abi::redeem_0Call {
                shares: most,
                receiver: who,
                owner: who,
            };
            assert!(
                world.simulate(who, &call).is_ok(),
                "ERC-4626: maxRedeem can be redeemed"
            );
        }
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

fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[track_caller]
fn run(tokens: Tokens, often: &[&str]) {
    let first = number("VAULT_ACTORS_SEED").unwrap_or(0);
    let asked = number("VAULT_ACTORS_RUNS");
    let mut taken: BTreeMap<&'static str, (u32, u64)> = BTreeMap::new();
    for seed in first..first + asked.unwrap_or(RUNS) {
        let mut play = Play::new(seed, tokens);
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            for _ in 0..STEPS {
                play.step();
                play.check();
            }
        }));
        if let Err(reason) = outcome {
            let steps = play.told.join("\n");
            eprintln!("VAULT_ACTORS_SEED={seed} VAULT_ACTORS_RUNS=1 {tokens:?}\n{steps}");
            std::panic::resume_unwind(reason);
        }
        for (name, (count, gas)) in play.taken {
            let seen = taken.entry(name).or_default();
            *seen = (seen.0 + count, seen.1.max(gas));
        }
    }
    eprintln!("calls taken and the most gas of one, {tokens:?}: {taken:?}");
    if asked.is_none() {
        for name in often {
            assert!(taken.contains_key(name), "no {name}: {taken:?}");
        }
    }
}

const ALL: [&str; 6] = [
    "deposit",
    "requestDeposit",
    "requestRedeem",
    "permit",
    "openEpoch",
    "roll",
];

#[test]
fn the_invariants_hold_for_ten_actors_with_weth_and_usdc() {
    run(
        Tokens {
            asset: None,
            quote: None,
        },
        &ALL,
    );
}

#[test]
fn the_invariants_hold_for_ten_actors_with_an_asset_that_returns_nothing() {
    run(
        Tokens {
            asset: Some(("MuteToken", 18)),
            quote: None,
        },
        &ALL,
    );
}

#[test]
fn the_invariants_hold_for_ten_actors_with_an_asset_of_six_decimals() {
    run(
        Tokens {
            asset: Some(("PlainToken", 6)),
            quote: Some(("MuteToken", 18)),
        },
        &["deposit", "requestDeposit"],
    );
}

#[test]
fn the_invariants_hold_for_ten_actors_with_an_asset_that_says_false() {
    run(
        Tokens {
            asset: Some(("FalseToken", 18)),
            quote: Some(("FalseToken", 6)),
        },
        &["requestRedeem", "permit"],
    );
}

#[test]
fn the_invariants_hold_for_ten_actors_with_tokens_that_call_back() {
    run(
        Tokens {
            asset: Some(("CallingToken", 18)),
            quote: Some(("CallingToken", 6)),
        },
        &ALL,
    );
}

#[test]
fn the_invariants_hold_for_ten_actors_with_tokens_that_refuse_an_account() {
    run(
        Tokens {
            asset: Some(("BlockingToken", 18)),
            quote: Some(("BlockingToken", 6)),
        },
        &ALL,
    );
}

#[test]
fn the_invariants_hold_for_ten_actors_with_a_quote_that_keeps_a_fee() {
    run(
        Tokens {
            asset: None,
            quote: Some(("FeeToken", 6)),
        },
        &["deposit", "permit"],
    );
}
