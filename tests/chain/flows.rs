//! A whole epoch of what users and keepers do, call after call, looked at from outside: which contracts a call reaches, and whether tokens given away change
//! anything that is answered or done.

use crate::support::*;
use alloy_sol_types::SolCall;
use testbed::devchain::{Frame, Receipt, Tx};
use testbed::primitives::Bytes;
use testbed::{Abi, Address, HOUR, Options, U256, USD, WAD, World, actor};

/// A call that was taken, and what the vault answered to everything right after it.
struct Taken {
    call: &'static str,
    receipt: Receipt,
    answers: Vec<Bytes>,
}

/// An epoch under way.
struct Walk {
    world: World,
    /// What happens before each call.
    before: fn(&mut World),
    taken: Vec<Taken>,
}

impl Walk {
    fn take<C: SolCall>(&mut self, who: Address, call: &C) {
        (self.before)(&mut self.world);
        let done = match self.world.send(who, call) {
            Ok(done) => done,
            Err(refused) => panic!("{}: {refused:?}", C::SIGNATURE),
        };
        self.taken.push(Taken {
            call: C::SIGNATURE,
            receipt: done.receipt,
            answers: answers(&self.world),
        });
    }
}

/// What the vault answers to a view, refusals included.
fn answer<C: SolCall>(world: &World, call: &C) -> Bytes {
    let tx = Tx::call(stranger(), world.vault, call.abi_encode());
    world.chain.call(tx).output
}

/// Prices, limits and state, and what each trade and hedge would do.
fn answers(world: &World) -> Vec<Bytes> {
    let (who, id, some) = (alice(), id(0), u(WAD / 10));
    vec![
        answer(world, &Abi::vaultStateCall {}),
        answer(world, &Abi::ledgerCall {}),
        answer(world, &Abi::epochCall {}),
        answer(world, &Abi::volatilityGridCall {}),
        answer(world, &Abi::hedgeStateCall {}),
        answer(world, &Abi::totalAssetsCall {}),
        answer(world, &Abi::previewDepositCall { assets: some }),
        answer(world, &Abi::previewMintCall { shares: some }),
        answer(world, &Abi::previewWithdrawCall { assets: some }),
        answer(world, &Abi::previewRedeemCall { shares: some }),
        answer(world, &Abi::maxDepositCall { receiver: who }),
        answer(world, &Abi::maxMintCall { receiver: who }),
        answer(world, &Abi::maxWithdrawCall { owner: who }),
        answer(world, &Abi::maxRedeemCall { owner: who }),
        answer(world, &Abi::positionCall { account: who }),
        answer(world, &Abi::quoteBuyCall { id, amount: some }),
        answer(world, &Abi::quoteSellCall { id, amount: some }),
        answer(world, &Abi::payoutOfCall { id, amount: some }),
        answer(
            world,
            &Abi::chainCall {
                owner: carol(),
                amount: some,
            },
        ),
        answer(world, &Abi::previewRebalanceCall {}),
        answer(world, &Abi::previewFillCall {}),
    ]
}

/// An epoch in which everybody does everything, from an empty vault to the claims of what its roll carried out.
fn walk(before: fn(&mut World), after_trades: fn(&mut World)) -> Walk {
    let mut world = World::new(&Options::default());
    for who in [alice(), bob(), carol(), actor("donor")] {
        world.give_weth(who, 100 * WAD);
        world.give_usdc(who, RICH);
    }
    let mut walk = Walk {
        world,
        before,
        taken: Vec::new(),
    };
    come_and_go(&mut walk);
    ask_and_take_back(&mut walk);
    walk.world.chain.warp(13 * HOUR);
    walk.world.submit(SPOT);
    catch_up(&mut walk);
    walk.take(keeper(), &Abi::openEpochCall {});
    trade(&mut walk);
    after_trades(&mut walk.world);
    ask_and_take_back(&mut walk);
    ask(&mut walk);
    moved(&mut walk.world, SPOT);
    walk.take(stranger(), &Abi::markTriggerCall {});
    walk.take(keeper(), &Abi::rebalanceCall {});
    let hint = expire(&mut walk.world, 2_300 * WAD);
    let settle = settling(&walk.world, hint);
    walk.take(keeper(), &settle);
    exercise(&mut walk);
    moved(&mut walk.world, 2_300 * WAD);
    walk.take(keeper(), &Abi::rebalanceCall {});
    walk.take(keeper(), &Abi::rollCall {});
    claim(&mut walk);
    walk
}

/// The sync ways in and out, and shares that move.
fn come_and_go(walk: &mut Walk) {
    let (receiver, owner) = (alice(), alice());
    let deposit = |receiver| Abi::deposit_0Call {
        assets: u(10 * WAD),
        receiver,
    };
    walk.take(alice(), &deposit(alice()));
    walk.take(bob(), &deposit(bob()));
    let shares = u(5_000 * WAD);
    walk.take(alice(), &Abi::mint_0Call { shares, receiver });
    let (assets, shares) = (u(WAD), u(1_000 * WAD));
    walk.take(
        alice(),
        &Abi::withdraw_0Call {
            assets,
            receiver,
            owner,
        },
    );
    walk.take(
        alice(),
        &Abi::redeem_0Call {
            shares,
            receiver,
            owner,
        },
    );
    walk.take(
        alice(),
        &Abi::redeemInKindCall {
            shares,
            receiver,
            owner,
        },
    );
    let (to, value) = (bob(), u(WAD));
    walk.take(alice(), &Abi::transfer_0Call { to, value });
    let spender = bob();
    walk.take(alice(), &Abi::approve_0Call { spender, value });
    let from = alice();
    walk.take(bob(), &Abi::transferFrom_0Call { from, to, value });
}

/// A request of each kind that the next roll carries out: Bob's assets, Alice's shares.
fn ask(walk: &mut Walk) {
    let deposit = Abi::requestDepositCall {
        assets: u(WAD),
        controller: bob(),
        owner: bob(),
    };
    walk.take(bob(), &deposit);
    let redeem = Abi::requestRedeemCall {
        shares: u(2_000 * WAD),
        controller: alice(),
        owner: alice(),
    };
    walk.take(alice(), &redeem);
}

fn ask_and_take_back(walk: &mut Walk) {
    ask(walk);
    let id = walk.world.view(&Abi::vaultStateCall {}).requestId;
    let deposit = Abi::cancelDepositRequestCall {
        requestId: id,
        receiver: bob(),
        controller: bob(),
    };
    walk.take(bob(), &deposit);
    let redeem = Abi::cancelRedeemRequestCall {
        requestId: id,
        receiver: alice(),
        controller: alice(),
    };
    walk.take(alice(), &redeem);
}

/// Points of the grid of volatility, all that have passed.
fn catch_up(walk: &mut Walk) {
    while walk.world.view(&Abi::volatilityGridCall {}).lag > U256::ZERO {
        let found = walk.world.view(&Abi::findGridRoundsCall {});
        let call = Abi::observeCall {
            assetRounds: found.assetRounds,
            quoteRounds: found.quoteRounds,
        };
        walk.take(keeper(), &call);
    }
}

/// Options bought, given back and handed on.
fn trade(walk: &mut Walk) {
    let (receiver, deadline) = (carol(), U256::MAX);
    for series in 0..2 {
        let buy = Abi::buyCall {
            id: id(series),
            amount: u(SOLD),
            maxPremium: U256::MAX,
            receiver,
            deadline,
        };
        walk.take(carol(), &buy);
    }
    let part = Abi::buyUpToCall {
        id: id(2),
        amount: u(SOLD),
        minAmount: u(1),
        maxPremium: U256::MAX,
        receiver,
        deadline,
    };
    walk.take(carol(), &part);
    let sell = Abi::sellCall {
        id: id(0),
        amount: u(WAD / 10),
        minProceeds: U256::ZERO,
        receiver,
        deadline,
    };
    walk.take(carol(), &sell);
    let give = Abi::transfer_1Call {
        receiver: bob(),
        id: id(0),
        amount: u(WAD),
    };
    walk.take(carol(), &give);
}

fn exercise(walk: &mut Walk) {
    let one = Abi::exerciseCall {
        id: id(0),
        amount: u(WAD),
        receiver: bob(),
    };
    walk.take(bob(), &one);
    let all = Abi::exerciseBatchCall {
        receiver: carol(),
        ids: (0..3).map(id).collect(),
    };
    walk.take(carol(), &all);
}

fn claim(walk: &mut Walk) {
    let id = u(1);
    let deposit = Abi::claimDepositCall {
        requestId: id,
        receiver: bob(),
        controller: bob(),
    };
    walk.take(bob(), &deposit);
    let redeem = Abi::claimRedeemCall {
        requestId: id,
        receiver: alice(),
        controller: alice(),
    };
    walk.take(alice(), &redeem);
    let leave = Abi::redeem_0Call {
        shares: u(1_000 * WAD),
        receiver: alice(),
        owner: alice(),
    };
    walk.take(alice(), &leave);
}

/// Invariant 16: whoever comes, goes, asks, trades or is paid, and whoever moves the epoch on, reaches no contract of the exchange. A hedge does; an opening
/// asks the factory where the pools are, and nothing else.
#[test]
fn no_call_but_a_hedge_reaches_the_exchange() {
    // getPool(address,address,uint24)
    const GET_POOL: [u8; 4] = [0x16, 0x98, 0xee, 0x82];
    let world = World::new(&Options::default());
    let uniswap = world.uniswap;
    let factory = uniswap.factory;
    let exchange = [
        world.pool.address,
        factory,
        uniswap.router,
        uniswap.positions,
        uniswap.quoter,
    ];
    let mut hedges = 0;
    for Taken { call, receipt, .. } in walk(|_| {}, |_| {}).taken {
        let opens = call == Abi::openEpochCall::SIGNATURE;
        let asked = |frame: &Frame| opens && frame.to == factory && frame.input[..4] == GET_POOL;
        let reached = receipt
            .frames
            .iter()
            .any(|frame| exchange.contains(&frame.to) && !asked(frame));
        assert_eq!(reached, call == Abi::rebalanceCall::SIGNATURE, "{call}");
        hedges += usize::from(reached);
    }
    assert_eq!(hedges, 2, "one for the options, one for leftover quote");
}

/// Invariant 4: an epoch in which somebody gives both tokens to the vault before every call is the same epoch, in every answer, event and payment.
#[test]
fn donations_change_no_answer_of_any_phase() {
    let give = |world: &mut World| {
        let (donor, vault) = (actor("donor"), world.vault);
        let (weth, usdc) = (world.weth.erc20(), world.usdc.erc20());
        weth.transfer(&mut world.chain, donor, vault, u(WAD + 1))
            .expect("has it");
        usdc.transfer(&mut world.chain, donor, vault, u(1_000 * USD + 1))
            .expect("has it");
        let held = world.balances(vault);
        let booked = buckets(world);
        assert!(held.0 > booked.0 && held.1 > booked.1, "given away");
    };
    let given = walk(give, |_| {}).taken;
    let plain = walk(|_| {}, |_| {}).taken;
    assert_eq!(given.len(), plain.len());
    for (index, (given, plain)) in given.into_iter().zip(plain).enumerate() {
        let call = plain.call;
        assert_eq!(given.call, call);
        assert_eq!(given.receipt.output, plain.receipt.output, "{index} {call}");
        assert_eq!(given.receipt.logs, plain.receipt.logs, "{index} {call}");
        for (view, (given, plain)) in given.answers.iter().zip(&plain.answers).enumerate() {
            assert_eq!(given, plain, "view {view} after {index} {call}");
        }
    }
}

/// Invariant 15: a pause that begins when options are sold stops more of them, and nothing of what follows: requests and their cancellation, the hedge,
/// settlement, payouts, conversion, the roll, claims and redemption are taken as on any day.
#[test]
fn a_pause_stops_sales_and_nothing_that_follows() {
    let walk = walk(
        |_| {},
        |world| {
            world
                .send(actor("guardian"), &Abi::pauseCall {})
                .expect("its role");
            let (id, amount) = (id(0), u(WAD / 10));
            let error = Abi::SalesPaused {
                until: world.view(&Abi::vaultStateCall {}).pausedUntil,
                nowSeconds: seconds(world.chain.now()),
            };
            let buy = Abi::buyCall {
                id,
                amount,
                maxPremium: U256::MAX,
                receiver: carol(),
                deadline: U256::MAX,
            };
            refuse(world, carol(), &buy, error);
        },
    );
    let until = walk.world.view(&Abi::vaultStateCall {}).pausedUntil;
    assert!(until > seconds(walk.world.chain.now()), "to the end");
}
