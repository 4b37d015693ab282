//! Tokens that lie, keep a fee, say nothing, call back or eat gas.

use crate::support::*;
use alloy_sol_types::{SolCall, SolError, SolValue, sol};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;
use testbed::devchain::Tx;
use testbed::devchain::market::{OPERATOR, UniswapV3, Weth, send, view};
use testbed::primitives::{Bytes, aliases::U24};
use testbed::{Abi, Address, HOUR, Options, Setup, U256, USD, WAD, World, solidity};

sol! {
    interface Token {
        function mint(address to, uint256 amount) external;
        function approve(address spender, uint256 amount) external;
        function balanceOf(address owner) external view returns (uint256);
        function arm(address target, bytes call, bool strict) external;
        function ok() external view returns (bool);
        function answer() external view returns (bytes);
        function setSilent(bool silent) external;
        function setGreedy(bool greedy) external;
    }

    interface Router {
        function setFactory(address factory) external;
    }
}

/// Deploys a contract of `contracts/`, with one-word arguments.
pub fn contract(world: &mut World, name: &str, arguments: &[u8]) -> Address {
    static COMPILED: LazyLock<BTreeMap<String, Bytes>> = LazyLock::new(|| {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("contracts");
        solidity::compile_once(&directory, Path::new(env!("CARGO_TARGET_TMPDIR")))
    });
    let mut code = COMPILED[name].to_vec();
    for argument in arguments {
        code.extend(U256::from(*argument).to_be_bytes::<32>());
    }
    world.chain.deploy(OPERATOR, code).expect("deploys")
}

/// A vault whose asset or quote is another token. Balances are given out by [`give`].
struct Odd {
    world: World,
    token: Address,
}

impl Odd {
    fn with(change: impl FnOnce(&mut Setup, Address), name: &str, decimals: u8) -> Self {
        let options = Options::default();
        let mut world = World::market(&options);
        let token = contract(&mut world, name, &[decimals]);
        let mut setup = world.setup(&options);
        change(&mut setup, token);
        world.construct(&setup).expect("a token like any other");
        Self { world, token }
    }

    fn asset(name: &str) -> Self {
        Self::with(|setup, token| setup.asset = token, name, 18)
    }

    fn quote(name: &str) -> Self {
        Self::with(|setup, token| setup.quote = token, name, 6)
    }

    fn tell(&mut self, call: &impl SolCall) {
        send(&mut self.world.chain, OPERATOR, self.token, call).expect("it obeys");
    }

    /// Gives an account the odd token and lets the vault take it.
    fn give(&mut self, who: Address, amount: u128) {
        self.tell(&Token::mintCall {
            to: who,
            amount: u(amount),
        });
        let (vault, token) = (self.world.vault, self.token);
        self.world.chain.fund(who, u(WAD));
        let call = Token::approveCall {
            spender: vault,
            amount: U256::MAX,
        };
        let receipt = self
            .world
            .chain
            .send(Tx::call(who, token, call.abi_encode()));
        assert!(receipt.is_success());
    }

    fn balance(&self, owner: Address) -> u128 {
        let call = Token::balanceOfCall { owner };
        view(&self.world.chain, self.token, &call)
            .expect("a token")
            .to()
    }

    fn deposit(&mut self, who: Address, amount: u128) {
        self.give(who, amount);
        let call = Abi::deposit_0Call {
            assets: u(amount),
            receiver: who,
        };
        self.world.send(who, &call).expect("the vault is open");
    }

    /// With an odd quote: Alice's 20 WETH are in, the epoch is open, Carol bought of every series.
    fn sold(mut self) -> Self {
        self.world
            .deposit(alice(), 20 * WAD)
            .expect("the vault is open");
        open(&mut self.world);
        self.give(carol(), RICH);
        for series in 0..3 {
            self.world
                .send(carol(), &order(series))
                .expect("there is room");
        }
        self
    }

    /// What came of the call that the token made.
    fn answer(&self) -> (bool, Vec<u8>) {
        let ok = view(&self.world.chain, self.token, &Token::okCall {}).expect("a token");
        let answer = view(&self.world.chain, self.token, &Token::answerCall {}).expect("a token");
        (ok, answer.to_vec())
    }

    fn arm(&mut self, call: Vec<u8>, strict: bool) {
        let target = self.world.vault;
        self.tell(&Token::armCall {
            target,
            call: call.into(),
            strict,
        });
    }
}

fn order(series: u128) -> Abi::buyCall {
    Abi::buyCall {
        id: id(series),
        amount: u(SOLD),
        maxPremium: U256::MAX,
        receiver: carol(),
        deadline: U256::MAX,
    }
}

fn sale_back(amount: u128) -> Abi::sellCall {
    Abi::sellCall {
        id: id(0),
        amount: u(amount),
        minProceeds: U256::ZERO,
        receiver: carol(),
        deadline: U256::MAX,
    }
}

/// Calls that a token might try while the vault moves it: ways in, ways out, transitions, views.
fn attempts() -> Vec<Vec<u8>> {
    let who = alice();
    vec![
        Abi::deposit_0Call {
            assets: u(WAD),
            receiver: who,
        }
        .abi_encode(),
        Abi::redeem_0Call {
            shares: u(WAD),
            receiver: who,
            owner: who,
        }
        .abi_encode(),
        Abi::redeemInKindCall {
            shares: u(WAD),
            receiver: who,
            owner: who,
        }
        .abi_encode(),
        Abi::transfer_0Call {
            to: who,
            value: u(0),
        }
        .abi_encode(),
        Abi::openEpochCall {}.abi_encode(),
        order(0).abi_encode(),
        sale_back(1).abi_encode(),
        Abi::exerciseBatchCall {
            receiver: who,
            ids: vec![id(0)],
        }
        .abi_encode(),
        Abi::chainCall {
            owner: who,
            amount: u(WAD),
        }
        .abi_encode(),
        Abi::rebalanceCall {}.abi_encode(),
        Abi::rollCall {}.abi_encode(),
        Abi::claimCall {
            token: who,
            receiver: who,
        }
        .abi_encode(),
        Abi::totalAssetsCall {}.abi_encode(),
        Abi::previewRedeemCall { shares: u(WAD) }.abi_encode(),
        Vec::new(),
    ]
}

/// Callbacks into an entry point that nobody had thought of (2021, and since): a token tries every function there is, views included, while it is moved.
#[test]
fn peer_5_no_function_at_all_runs_inside_a_call_of_the_vault() {
    let mut odd = Odd::asset("CallingToken");
    odd.deposit(alice(), 10 * WAD);
    let all = Abi::AbiCalls::SELECTORS;
    assert!(all.len() > 80, "{}", all.len());
    odd.give(bob(), all.len() as u128 * WAD);
    let reentrancy = Abi::Reentrancy {}.abi_encode();
    let call = Abi::deposit_0Call {
        assets: u(WAD),
        receiver: bob(),
    };
    for selector in all {
        // As many words as any of them takes.
        let mut data = selector.to_vec();
        data.resize(4 + 32 * 100, 0);
        odd.arm(data, false);
        odd.world
            .send(bob(), &call)
            .expect("it moved what it should");
        assert_eq!(odd.answer(), (false, reentrancy.clone()), "{selector:x?}");
    }
    let held = odd.balance(odd.world.vault);
    assert_eq!(odd.world.ledger().vaultAssets, u(held));
}

#[test]
fn an_asset_that_calls_back_while_it_comes_in_is_told_so() {
    let mut odd = Odd::asset("CallingToken");
    odd.deposit(alice(), 10 * WAD);
    odd.give(bob(), attempts().len() as u128 * WAD);
    let reentrancy = Abi::Reentrancy {}.abi_encode();
    let call = Abi::deposit_0Call {
        assets: u(WAD),
        receiver: bob(),
    };
    for attempt in attempts() {
        // A token that insists fails, and the deposit with it.
        odd.arm(attempt.clone(), true);
        let (token, amount) = (odd.token, u(WAD));
        refuse(
            &mut odd.world,
            bob(),
            &call,
            Abi::TokenTransferFailed { token, amount },
        );
        // One that swallows the refusal gains nothing: the deposit is like any other.
        odd.arm(attempt, false);
        let before = supply(&odd.world);
        odd.world
            .send(bob(), &call)
            .expect("the token moved what it should");
        assert_eq!(odd.answer(), (false, reentrancy.clone()));
        assert_eq!(supply(&odd.world), before + 1_000 * WAD);
    }
    let held = odd.balance(odd.world.vault);
    assert_eq!(odd.world.ledger().vaultAssets, u(held));
}

#[test]
fn an_asset_that_calls_back_while_it_goes_out_is_told_so() {
    let mut odd = Odd::asset("CallingToken");
    odd.deposit(alice(), 10 * WAD);
    let reentrancy = Abi::Reentrancy {}.abi_encode();
    let call = Abi::redeem_0Call {
        shares: u(100 * WAD),
        receiver: alice(),
        owner: alice(),
    };
    for attempt in attempts() {
        odd.arm(attempt.clone(), true);
        let (token, amount) = (odd.token, u(WAD / 10));
        refuse(
            &mut odd.world,
            alice(),
            &call,
            Abi::TokenTransferFailed { token, amount },
        );
        odd.arm(attempt, false);
        odd.world
            .send(alice(), &call)
            .expect("the token moved what it should");
        assert_eq!(odd.answer(), (false, reentrancy.clone()));
    }
    assert_eq!(odd.balance(alice()), attempts().len() as u128 * WAD / 10);
    let held = odd.balance(odd.world.vault);
    assert_eq!(odd.world.ledger().vaultAssets, u(held));
}

#[test]
fn a_quote_that_calls_back_is_told_so_and_holds_back_only_itself() {
    let mut odd = Odd::quote("CallingToken").sold();
    let reentrancy = Abi::Reentrancy {}.abi_encode();
    let buy = Abi::buyCall {
        amount: u(WAD / 10),
        ..order(0)
    };
    let again = Abi::buyCall {
        amount: u(1),
        ..order(1)
    }
    .abi_encode();
    odd.arm(again.clone(), true);
    let amount = odd.world.view(&Abi::quoteBuyCall {
        id: id(0),
        amount: u(WAD / 10),
    });
    let token = odd.token;
    refuse(
        &mut odd.world,
        carol(),
        &buy,
        Abi::TokenTransferFailed { token, amount },
    );
    odd.arm(again.clone(), false);
    odd.world.send(carol(), &buy).expect("paid for");
    assert_eq!(odd.answer(), (false, reentrancy.clone()));

    // The same while options go back.
    let (back, proceeds) = (
        sale_back(WAD / 20),
        odd.world.view(&Abi::quoteSellCall {
            id: id(0),
            amount: u(WAD / 20),
        }),
    );
    odd.arm(again.clone(), true);
    let error = Abi::TokenTransferFailed {
        token,
        amount: proceeds,
    };
    refuse(&mut odd.world, carol(), &back, error);
    odd.arm(again, false);
    let done = odd.world.send(carol(), &back).expect("hers");
    assert_eq!((done.value, odd.answer()), (proceeds, (false, reentrancy)));

    settle(&mut odd.world, 2_900 * WAD);
    let exercise = Abi::exerciseCall {
        id: id(0),
        amount: u(WAD),
        receiver: carol(),
    };
    odd.arm(exercise.abi_encode(), true);
    let done = odd
        .world
        .send(carol(), &exercise)
        .expect("the asset part is paid");
    let deferred: Abi::PaymentDeferred = event(&odd.world, &done.receipt);
    assert_eq!(deferred.amount, done.value.quote);
    assert_eq!(u(odd.world.balances(carol()).0), done.value.assets);
    let (claim, amount) = (
        Abi::claimCall {
            token,
            receiver: carol(),
        },
        done.value.quote,
    );
    odd.arm(claim.abi_encode(), true);
    refuse(
        &mut odd.world,
        carol(),
        &claim,
        Abi::TokenTransferFailed { token, amount },
    );
    odd.arm(claim.abi_encode(), false);
    let before = odd.balance(carol());
    odd.world.send(carol(), &claim).expect("once");
    assert_eq!(
        odd.balance(carol()) - before,
        amount.to::<u128>(),
        "and not twice"
    );
    refuse(
        &mut odd.world,
        carol(),
        &claim,
        Abi::NothingToClaim { account: carol() },
    );
}

#[test]
fn an_asset_that_keeps_a_fee_is_refused_where_it_comes_in() {
    let mut odd = Odd::asset("FeeToken");
    odd.give(alice(), 10 * WAD);
    let (token, expected) = (odd.token, u(WAD));
    let received = u(WAD - WAD / 100);
    let error = Abi::TransferMismatch {
        token,
        expected,
        received,
    };
    let call = Abi::deposit_0Call {
        assets: expected,
        receiver: alice(),
    };
    refuse(&mut odd.world, alice(), &call, error.clone());
    let call = Abi::mint_0Call {
        shares: u(1_000 * WAD),
        receiver: alice(),
    };
    refuse(&mut odd.world, alice(), &call, error);
}

#[test]
fn a_quote_that_keeps_a_fee_is_refused_where_it_comes_in() {
    let mut odd = Odd::quote("FeeToken");
    odd.world
        .deposit(alice(), 20 * WAD)
        .expect("the vault is open");
    open(&mut odd.world);
    odd.give(carol(), RICH);
    let premium = odd.world.view(&Abi::quoteBuyCall {
        id: id(0),
        amount: u(SOLD),
    });
    let received = premium - premium / u(100);
    let error = Abi::TransferMismatch {
        token: odd.token,
        expected: premium,
        received,
    };
    refuse(&mut odd.world, carol(), &order(0), error);
}

#[test]
fn a_token_that_only_says_it_moved_is_refused() {
    let mut odd = Odd::asset("LyingToken");
    odd.give(alice(), WAD);
    let (token, expected) = (odd.token, u(WAD));
    let error = Abi::TransferMismatch {
        token,
        expected,
        received: U256::ZERO,
    };
    let call = Abi::deposit_0Call {
        assets: expected,
        receiver: alice(),
    };
    refuse(&mut odd.world, alice(), &call, error);
}

#[test]
fn a_token_that_says_false_is_believed() {
    let mut odd = Odd::asset("FalseToken");
    odd.deposit(alice(), 10 * WAD);
    odd.tell(&Token::setSilentCall { silent: true });
    odd.give(bob(), WAD);
    let (token, amount) = (odd.token, u(WAD));
    let error = Abi::TokenTransferFailed { token, amount };
    let call = Abi::deposit_0Call {
        assets: amount,
        receiver: bob(),
    };
    refuse(&mut odd.world, bob(), &call, error.clone());
    let (receiver, owner) = (alice(), alice());
    let call = Abi::withdraw_0Call {
        assets: amount,
        receiver,
        owner,
    };
    refuse(&mut odd.world, alice(), &call, error.clone());
    let call = Abi::redeem_0Call {
        shares: u(1_000 * WAD),
        receiver,
        owner,
    };
    refuse(&mut odd.world, alice(), &call, error);
    // In kind it waits as a credit.
    let call = Abi::redeemInKindCall {
        shares: u(1_000 * WAD),
        receiver,
        owner,
    };
    odd.world.send(alice(), &call).expect("a credit");
    assert_eq!(
        odd.world
            .view(&Abi::creditOfCall { account: alice() })
            .assets,
        amount
    );
    odd.tell(&Token::setSilentCall { silent: false });
    let call = Abi::claimCall { token, receiver };
    assert_eq!(
        odd.world
            .send(alice(), &call)
            .expect("it moves again")
            .value,
        amount
    );
    assert_eq!(odd.balance(alice()), WAD);
}

#[test]
fn a_token_that_returns_nothing_works() {
    let mut odd = Odd::asset("MuteToken");
    odd.deposit(alice(), 10 * WAD);
    let held = u(shares(&odd.world, alice()));
    let call = Abi::redeem_0Call {
        shares: held,
        receiver: alice(),
        owner: alice(),
    };
    odd.world.send(alice(), &call).expect("it moves");
    assert_eq!(odd.balance(alice()), 10 * WAD);

    let mut odd = Odd::quote("MuteToken").sold();
    settle(&mut odd.world, 2_300 * WAD);
    let call = Abi::exerciseCall {
        id: id(0),
        amount: u(SOLD),
        receiver: bob(),
    };
    let paid = odd.world.send(carol(), &call).expect("settled").value;
    assert_eq!(u(odd.balance(bob())), paid.quote);
    assert!(paid.quote > u(USD));
}

#[test]
fn a_quote_that_eats_all_gas_holds_back_only_itself() {
    let mut odd = Odd::quote("GreedyToken").sold();
    settle(&mut odd.world, 2_900 * WAD);
    odd.tell(&Token::setGreedyCall { greedy: true });
    let call = Abi::exerciseCall {
        id: id(0),
        amount: u(SOLD),
        receiver: carol(),
    };
    let done = odd
        .world
        .send(carol(), &call)
        .expect("a sixty-fourth of the gas is enough");
    assert_eq!(u(odd.world.balances(carol()).0), done.value.assets);
    let credit = odd.world.view(&Abi::creditOfCall { account: carol() });
    assert_eq!(
        (credit.assets, credit.quote),
        (U256::ZERO, done.value.quote)
    );
    odd.world.chain.warp(24 * HOUR);
    let _ = odd.world.send(keeper(), &Abi::rollCall {});
    let held = u(shares(&odd.world, alice()));
    let call = Abi::redeemInKindCall {
        shares: held,
        receiver: alice(),
        owner: alice(),
    };
    odd.world.send(alice(), &call).expect("shareholders leave");
    assert!(odd.world.balances(alice()).0 > 10 * WAD);
}

/// A vault on another router, out of its band.
fn on_router(mut world: World, router: Address) -> World {
    let options = Options::default();
    let setup = Setup {
        router,
        ..world.setup(&options)
    };
    world.construct(&setup).expect("not looked at");
    for who in [alice(), bob()] {
        world.deposit(who, 10 * WAD).expect("the vault is open");
    }
    open(&mut world);
    for series in 0..3 {
        world.buy(carol(), id(series), SOLD).expect("there is room");
    }
    world
}

#[test]
fn a_router_that_takes_without_giving_is_refused() {
    let market = World::market(&Options::default());
    for percent in [0, 50, 100] {
        let mut world = market.clone();
        let router = contract(&mut world, "FalseRouter", &[percent]);
        let factory = market.uniswap.factory;
        send(
            &mut world.chain,
            OPERATOR,
            router,
            &Router::setFactoryCall { factory },
        )
        .expect("anybody");
        let mut world = on_router(world, router);
        let plan = planned(&world).expect("out of the band");
        let error = Abi::SwapOutOfBounds {
            received: U256::ZERO,
            minimum: u(plan.trade.min_out),
        };
        refuse(&mut world, keeper(), &Abi::rebalanceCall {}, error);
    }
}

#[test]
fn a_router_without_pools_only_stops_the_hedge() {
    // A router of this market that knows no pool of the pair, and an account that is no router at all.
    let market = World::market(&Options::default());
    let mut chain = market.chain.clone();
    let other = UniswapV3::deploy(
        &mut chain,
        &Weth {
            address: market.weth.address,
        },
    );
    let other = other.expect("Uniswap V3").router;
    for router in [other, stranger()] {
        let world = World {
            chain: chain.clone(),
            ..market.clone()
        };
        let mut world = on_router(world, router);
        refuse(&mut world, keeper(), &Abi::rebalanceCall {}, Abi::NoPool {});
    }
}

#[test]
fn a_wrong_pool_fee_only_stops_the_hedge() {
    let mut options = Options::default();
    options.policy.venue.feeTiers[0] = U24::from(10_000);
    let mut world = World::market(&options);
    let setup = world.setup(&options);
    world.construct(&setup).expect("not looked at");
    for who in [alice(), bob()] {
        world.deposit(who, 10 * WAD).expect("the vault is open");
    }
    open(&mut world);
    world.buy(carol(), id(0), SOLD).expect("there is room");
    settle(&mut world, 2_300 * WAD);
    let call = Abi::exerciseCall {
        id: id(0),
        amount: u(SOLD),
        receiver: carol(),
    };
    world.send(carol(), &call).expect("paid");
    world.chain.warp(25 * HOUR);
    world
        .send(keeper(), &Abi::rollCall {})
        .expect("the grace period is over");
    let held = u(shares(&world, alice()));
    let call = Abi::redeemInKindCall {
        shares: held,
        receiver: alice(),
        owner: alice(),
    };
    world.send(alice(), &call).expect("shareholders leave");
    assert_reconciled(&world);
}

/// The encoding that constructors of test tokens expect.
#[test]
fn test_tokens_have_the_decimals_they_were_given() {
    let mut world = World::market(&Options::default());
    let token = contract(&mut world, "PlainToken", &[7]);
    let receipt = world
        .chain
        .call(Tx::call(OPERATOR, token, [0x31, 0x3c, 0xe5, 0x67]));
    assert_eq!(U256::abi_decode(&receipt.output), Ok(u(7)));
}

#[test]
fn an_asset_that_does_not_pay_a_keeper_leaves_a_credit_and_holds_up_no_settlement() {
    let mut options = Options::default();
    options.policy.keeper.settleGas = U24::from(200_000);
    let mut world = World::market(&options);
    let token = contract(&mut world, "CallingToken", &[18]);
    let mut setup = world.setup(&options);
    setup.asset = token;
    world.construct(&setup).expect("a token like any other");
    let mut odd = Odd { world, token };
    odd.deposit(alice(), 20 * WAD);
    open(&mut odd.world);
    odd.world.give_usdc(carol(), RICH);
    odd.world.send(carol(), &order(0)).expect("room");
    // It calls back whenever it is moved, and insists.
    odd.arm(Abi::rollCall {}.abi_encode(), true);
    let hint = expire(&mut odd.world, SPOT);
    let before = odd.world.ledger();
    let call = settling(&odd.world, hint);
    let done = odd.world.send(keeper(), &call).expect("settles");
    let paid: Abi::KeeperPaid = event(&odd.world, &done.receipt);
    let due = 200_000 * odd.world.chain.base_fee();
    assert_eq!(
        (paid.keeper, paid.reward, paid.keeperBudget),
        (keeper(), u(due), before.keeperAssets - u(due))
    );
    let deferred: Abi::PaymentDeferred = event(&odd.world, &done.receipt);
    assert_eq!(
        (deferred.token, deferred.account, deferred.amount),
        (token, keeper(), u(due))
    );
    let ledger = odd.world.ledger();
    assert_eq!(ledger.claimableAssets, before.claimableAssets + u(due));
    assert_eq!(ledger.keeperAssets, paid.keeperBudget);
    assert_eq!(odd.balance(keeper()), 0);
    odd.arm(Vec::new(), false);
    let claim = Abi::claimCall {
        token,
        receiver: keeper(),
    };
    odd.world.send(keeper(), &claim).expect("it moves again");
    assert_eq!(odd.balance(keeper()), due);
}
