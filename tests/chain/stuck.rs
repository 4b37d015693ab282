//! Stuck states: whatever has died in whatever phase, everybody gets what is theirs by calls of their own and by time. Every phase is crossed with everything that
//! can be dead; in each cell all shareholders, requesters and holders of options leave, and what they have afterwards is compared with the ledger.

use crate::dark::DARK;
use crate::hostile::contract;
use crate::maturities::laddered;
use crate::support::*;
use alloy_sol_types::{SolCall, sol};
use std::collections::BTreeMap;
use testbed::devchain::Tx;
use testbed::devchain::market::{Erc20, Feed, FeedConfig, OPERATOR, send as tell};
use testbed::{Abi, Address, DAY, HOUR, I256, POOL_SETTLES, Refused, U256, USD, WAD, World, actor};
use vault_core::settlement::FALLBACK_AFTER;

sol! {
    interface Token {
        function mint(address to, uint256 amount) external;
        function block_(address account) external;
    }

    function activateProgram(address program) external payable returns (uint16 version, uint256 dataFee);
}

/// What an epoch ends at: the first series is in the money, and quote is left after it is paid.
const END: u128 = 2_150 * WAD;
/// What an epoch ends at that takes the premium.
const HIGH: u128 = 4_000 * WAD;
/// What may stay of a bucket in which a few parts were rounded down, in units.
const DUST: u128 = 4;
/// Shares that may stay in escrow, of a thousandth of the asset's unit each.
const REST: u128 = 1;
/// What anybody's part may be less than by hand, in units: the virtual shares' and roundings.
const OFF: u128 = 2;

/// Which tokens the vault is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    /// WETH and USDC, with a pool.
    Real,
    /// The same, and nothing was ever in the keeper budget.
    NoBudget,
    /// Tokens that refuse an account, without a pool.
    Blocking,
}

/// Where the vault is when something dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    /// Open, before any epoch, with requests of both kinds.
    Fresh,
    /// Open after an epoch, without quote: what was asked for has been carried out and nobody has fetched it.
    Converted,
    /// Open after an epoch whose quote nobody converted: deposits wait, redemptions are paid in both tokens, nothing is fetched.
    InKind,
    /// Options are sold, the vault is hedged, requests wait.
    Live,
    /// The same, and the first expiry has passed.
    Due,
    /// The end of the epoch has passed, and nothing is settled.
    Expired,
    /// Everything is settled, quote is left, and nobody has been paid.
    Settled,
    /// The same without a hedge, after a price that took all premium: the next roll carries out what was asked for, at once.
    Spent,
}

const STAGES: [Stage; 8] = [
    Stage::Fresh,
    Stage::Converted,
    Stage::InKind,
    Stage::Live,
    Stage::Due,
    Stage::Expired,
    Stage::Settled,
    Stage::Spent,
];

/// Shares, requests of both kinds and options: who is refused by a token, where one is.
fn all_round() -> Address {
    actor("alice")
}

fn people() -> [Address; 4] {
    [all_round(), bob(), carol(), actor("dora")]
}

/// Another account of the same person.
fn other(who: Address) -> Address {
    let mut bytes = who.into_array();
    bytes[19] ^= 1;
    Address::from(bytes)
}

#[derive(Clone)]
struct Case {
    world: World,
    quote_feed: Feed,
    asset: Erc20,
    quote: Erc20,
}

impl Case {
    fn new(kind: Kind) -> Self {
        let mut options = laddered();
        if kind == Kind::NoBudget {
            options.policy.opening.keeperBudget = 0;
        }
        let mut world = World::market(&options);
        let feed = FeedConfig::new("USDC / USD", 8);
        let quote_feed = Feed::deploy(&mut world.chain, feed).expect("a feed");
        let mut setup = world.setup(&options);
        setup.quote_feed = quote_feed.address;
        if kind == Kind::Blocking {
            setup.asset = contract(&mut world, "BlockingToken", &[18]);
            setup.quote = contract(&mut world, "BlockingToken", &[6]);
        }
        let [asset, quote] = [setup.asset, setup.quote].map(|address| Erc20 { address });
        let mut case = Self {
            world,
            quote_feed,
            asset,
            quote,
        };
        case.price(SPOT);
        case.world.construct(&setup).expect("constructs");
        for who in people() {
            case.give(who, kind == Kind::Blocking);
        }
        for who in [all_round(), bob()] {
            let call = Abi::deposit_0Call {
                assets: u(10 * WAD),
                receiver: who,
            };
            case.world.send(who, &call).expect("open");
        }
        case
    }

    fn give(&mut self, who: Address, blocking: bool) {
        let (weth, usdc) = (100 * WAD, 1_000_000 * USD);
        if !blocking {
            self.world.give_weth(who, weth);
            self.world.give_usdc(who, usdc);
            return;
        }
        let (vault, chain) = (self.world.vault, &mut self.world.chain);
        chain.fund(who, u(WAD));
        for (token, amount) in [(self.asset, weth), (self.quote, usdc)] {
            let mint = Token::mintCall {
                to: who,
                amount: u(amount),
            };
            tell(chain, OPERATOR, token.address, &mint).expect("anybody may");
            let approved = token.approve(chain, who, vault, U256::MAX);
            approved.expect("a token");
        }
    }

    /// Both feeds answer, and the pool follows.
    fn price(&mut self, price: u128) {
        let par = I256::try_from(100_000_000).expect("small");
        let told = self.quote_feed.submit(&mut self.world.chain, par);
        told.expect("any answer");
        self.world.set_price(price);
    }

    fn take<C: SolCall>(&mut self, who: Address, call: &C) -> C::Return {
        match self.world.send(who, call) {
            Ok(done) => done.value,
            Err(refused) => panic!("{}: {refused:?}", C::SIGNATURE),
        }
    }

    fn balance(&self, token: Erc20, who: Address) -> u128 {
        let held = token.balance_of(&self.world.chain, who);
        held.expect("a token").to()
    }

    /// Two of them ask for deposits, two for redemptions.
    fn ask(&mut self) {
        for (who, assets) in [(all_round(), 2 * WAD), (actor("dora"), 3 * WAD)] {
            let call = Abi::requestDepositCall {
                assets: u(assets),
                controller: who,
                owner: who,
            };
            self.take(who, &call);
        }
        for (who, shares) in [(all_round(), 2_000 * WAD), (bob(), 7_000 * WAD)] {
            let call = Abi::requestRedeemCall {
                shares: u(shares),
                controller: who,
                owner: who,
            };
            self.take(who, &call);
        }
    }

    fn open(&mut self) {
        self.world.chain.warp(13 * HOUR);
        self.price(SPOT);
        self.take(keeper(), &Abi::openEpochCall {});
    }

    fn sell(&mut self) {
        for series in 0..4 {
            let call = Abi::buyCall {
                id: id(series),
                amount: u(3 * WAD),
                maxPremium: U256::MAX,
                receiver: carol(),
                deadline: U256::MAX,
            };
            self.take(carol(), &call);
            let give = Abi::transfer_1Call {
                receiver: all_round(),
                id: id(series),
                amount: u(WAD),
            };
            self.take(carol(), &give);
        }
    }

    /// Seconds of what comes next, as the vault says.
    fn next_step(&self) -> u64 {
        self.world.view(&Abi::vaultStateCall {}).nextStep.to()
    }

    /// To behind the end of the epoch, every expiry with an answer just before it; settled one after the other, or not.
    fn expire(&mut self, price: u128, settled: bool) {
        let end = expiry(&self.world);
        for early in [2, 1, 0] {
            self.world.chain.set_time(end - early * DAY - 100);
            self.price(price);
            self.world.chain.set_time(end - early * DAY + 61);
            if settled {
                self.settle().expect("the round settles");
            }
        }
    }

    /// Settles what is due, by what the vault itself finds.
    #[expect(clippy::result_large_err, reason = "the same as `World::send`")]
    fn settle(&mut self) -> Result<(), Refused> {
        let expiry = seconds(self.next_step() - 61);
        let mut call = Abi::settleCall {
            expiry,
            assetRounds: [0; 4],
            quoteRounds: [0; 4],
        };
        if let Ok(found) = self
            .world
            .simulate(helper(), &Abi::findRoundsCall { expiry })
        {
            call.assetRounds = found.value.assetRounds;
            call.quoteRounds = found.value.quoteRounds;
        }
        self.world.send(helper(), &call).map(|_| ())
    }

    fn at(kind: Kind, stage: Stage) -> Self {
        let mut case = Self::new(kind);
        if stage == Stage::Fresh {
            case.ask();
            return case;
        }
        case.open();
        if stage == Stage::Converted && kind == Kind::Blocking {
            // Without a pool nothing converts: an epoch without options.
            case.ask();
            case.world.chain.set_time(expiry(&case.world) + 61);
            while case.settle().is_ok() {}
            case.take(keeper(), &Abi::rollCall {});
            return case;
        }
        case.sell();
        case.ask();
        if kind != Kind::Blocking && stage != Stage::Spent {
            case.world.chain.warp(POOL_SETTLES);
            case.take(keeper(), &Abi::rebalanceCall {});
        }
        match stage {
            Stage::Fresh | Stage::Live => {}
            Stage::Due => {
                let first = expiry(&case.world) - 2 * DAY;
                case.world.chain.set_time(first - 100);
                case.price(END);
                case.world.chain.set_time(first + 61);
            }
            Stage::Expired => case.expire(END, false),
            Stage::Settled => case.expire(END, true),
            Stage::Spent => case.expire(HIGH, true),
            Stage::InKind => {
                case.expire(END, true);
                case.world.chain.warp(25 * HOUR);
                case.take(keeper(), &Abi::rollCall {});
            }
            Stage::Converted => {
                case.expire(END, true);
                case.price(END);
                case.world.chain.warp(POOL_SETTLES);
                case.take(keeper(), &Abi::rebalanceCall {});
                case.take(keeper(), &Abi::rollCall {});
            }
        }
        let ledger = case.world.ledger();
        let phase: u128 = case.world.view(&Abi::epochCall {}).phase.to();
        let expected = match stage {
            Stage::Fresh | Stage::Converted | Stage::InKind => 0,
            Stage::Live | Stage::Due => 1,
            Stage::Expired => 2,
            Stage::Settled | Stage::Spent => 3,
        };
        assert_eq!(phase, expected, "{stage:?}");
        let dust = u(policy_of(&case.world).roll.dust_quote);
        assert_eq!(
            ledger.vaultQuote > dust,
            ![Stage::Converted, Stage::Spent].contains(&stage),
            "{stage:?} {ledger:?}"
        );
        if [Stage::Live, Stage::Due, Stage::Expired].contains(&stage) {
            assert!(ledger.reserveAssets + ledger.reserveQuote > U256::ZERO);
        } else {
            assert!(ledger.payoutAssets + ledger.payoutQuote > U256::ZERO);
        }
        case
    }
}

/// Calls what anybody may call, for nobody in particular.
fn helper() -> Address {
    actor("helper")
}

/// What is dead.
struct Dead {
    name: &'static str,
    kind: Kind,
    strike: fn(&mut Case),
    /// A token that is frozen for the vault itself, and what thaws it: until then its part waits, and nothing else does.
    thaw: Option<Thaw>,
}

type Thaw = (fn(&mut Case), Frozen);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Frozen {
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

fn every_death() -> Vec<Dead> {
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

/// Somebody's asset and quote.
type Due = BTreeMap<Address, (u128, u128)>;

fn add(due: &mut Due, who: Address, assets: u128, quote: u128) {
    let entry = due.entry(who).or_default();
    *entry = (entry.0 + assets, entry.1 + quote);
}

fn part(whole: U256, mine: u128, all: u128) -> u128 {
    if all == 0 {
        return 0;
    }
    (whole * u(mine) / u(all)).to()
}

impl Case {
    /// What everybody is owed once nothing is at risk, from the ledger and from who holds and asked for what: each bucket is shared out whole.
    fn owed(&self) -> Due {
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
    fn until_settled(&mut self) {
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
    fn until_open(&mut self) {
        if self.world.view(&Abi::epochCall {}).phase == U256::ZERO {
            return;
        }
        if self.world.send(helper(), &Abi::rollCall {}).is_err() {
            self.world.chain.set_time(self.next_step());
            self.take(helper(), &Abi::rollCall {});
        }
    }

    /// To the account itself, or to another of the same person. With `lenient` neither may be possible for now.
    fn send_to_either<C: SolCall>(
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
    fn leaves(&mut self, who: Address, lenient: bool) {
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

    fn held(&self, who: Address) -> (u128, u128) {
        let of = |token| self.balance(token, who) + self.balance(token, other(who));
        (of(self.asset), of(self.quote))
    }
}

/// Plays one cell. Returns the most that anybody got less than by hand.
fn everybody_leaves(mut case: Case, death: &Dead) -> u128 {
    (death.strike)(&mut case);
    let vault = case.world.vault;
    let in_vault = |case: &Case| {
        (
            case.balance(case.asset, vault),
            case.balance(case.quote, vault),
        )
    };
    let before: Due = people()
        .into_iter()
        .chain([helper()])
        .map(|who| (who, case.held(who)))
        .collect();
    let (at_first, budget) = (in_vault(&case), case.world.ledger().keeperAssets);
    case.until_settled();
    let due = case.owed();
    case.until_open();
    for who in people() {
        case.leaves(who, death.thaw.is_some());
    }
    if let Some((thaw, frozen)) = death.thaw {
        // One frozen token holds back itself alone.
        let ledger = case.world.ledger();
        assert!(supply(&case.world) <= REST, "shares are gone");
        let rest = match frozen {
            Frozen::Asset => [ledger.vaultQuote, ledger.claimableQuote, ledger.payoutQuote],
            Frozen::Quote => [
                ledger.queuedAssets,
                ledger.claimableAssets,
                ledger.payoutAssets,
            ],
        };
        assert!(rest.iter().all(|left| *left <= u(DUST)), "{ledger:?}");
        thaw(&mut case);
        for who in people() {
            case.leaves(who, false);
        }
    }
    // To the unit: what left the vault is with them, and what stays is what the ledger says.
    let left = case.world.ledger();
    assert_eq!(in_vault(&case), buckets(&case.world), "{left:?}");
    let gains = before.iter().map(|(who, had)| {
        let has = case.held(*who);
        (*who, (has.0 - had.0, has.1 - had.1))
    });
    let gains: Due = gains.collect();
    let all = gains
        .values()
        .fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    let now = in_vault(&case);
    assert_eq!(all, (at_first.0 - now.0, at_first.1 - now.1));
    // Two claims of one roll's shares, each rounded down, may leave one behind.
    let rest = shares(&case.world, vault);
    assert_eq!(supply(&case.world), rest);
    assert!(rest <= REST, "{rest} shares are nobody's");
    let nothing = [
        left.queuedAssets,
        left.queuedQuote,
        left.reserveAssets,
        left.reserveQuote,
    ];
    assert!(nothing.iter().all(U256::is_zero), "{left:?}");
    let rounded = [
        left.vaultAssets,
        left.vaultQuote,
        left.claimableAssets,
        left.claimableQuote,
        left.payoutAssets,
        left.payoutQuote,
        left.keeperQuote,
    ];
    assert!(rounded.iter().all(|left| *left <= u(DUST)), "{left:?}");
    let reward = gains[&helper()];
    assert!(u(reward.0) <= budget && reward.1 == 0, "{reward:?}");
    assert!(
        left.keeperAssets <= budget - u(reward.0) + u(OFF),
        "no more than dust is swept: {left:?}"
    );
    // Each of them what was theirs.
    let mut off = 0;
    for (who, (assets, quote)) in due {
        let got = gains[&who];
        off = off.max(got.0.abs_diff(assets)).max(got.1.abs_diff(quote));
        assert!(
            off <= OFF,
            "{who} got {got:?} and is owed {assets} and {quote}"
        );
    }
    off
}

/// The cells of some stages: everything that can be dead, in each.
fn cells(stages: &[Stage]) {
    let mut ready: BTreeMap<(Kind, Stage), Case> = BTreeMap::new();
    let (mut count, mut off) = (0, 0);
    for stage in stages {
        for death in every_death() {
            let at = ready
                .entry((death.kind, *stage))
                .or_insert_with(|| Case::at(death.kind, *stage))
                .clone();
            let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                everybody_leaves(at, &death)
            }));
            match outcome {
                Ok(most) => off = off.max(most),
                Err(reason) => {
                    eprintln!("{stage:?}, dead: {}", death.name);
                    std::panic::resume_unwind(reason);
                }
            }
            count += 1;
        }
    }
    println!("{count} cells; nobody's part was more than {off} units off");
}

#[test]
fn everybody_leaves_an_open_vault_whatever_is_dead() {
    cells(&STAGES[..3]);
}

#[test]
fn everybody_leaves_a_live_epoch_whatever_is_dead() {
    cells(&STAGES[3..5]);
}

#[test]
fn everybody_leaves_an_epoch_that_is_over_whatever_is_dead() {
    cells(&STAGES[5..]);
}
