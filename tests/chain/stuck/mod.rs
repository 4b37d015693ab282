//! Stuck states: whatever has died in whatever phase, everybody gets what is theirs by calls of their own and by time. Every phase is crossed with everything that
//! can be dead; in each cell all shareholders, requesters and holders of options leave, and what they have afterwards is compared with the ledger.

mod deaths;
mod owed;

use deaths::{Dead, Frozen, every_death};
use owed::Due;

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
