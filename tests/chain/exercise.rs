//! exercise, payoutOf and claim.

use crate::support::*;
use testbed::{Abi, Address, HOUR, Options, U256, WAD, World};
use vault_core::{Pot, Price, Quote, Series};

fn call(id: U256, amount: u128, receiver: Address) -> Abi::exerciseCall {
    Abi::exerciseCall {
        id,
        amount: u(amount),
        receiver,
    }
}

/// Settled at 2 800 without a hedge: every series pays, in both tokens.
fn settled() -> World {
    let mut world = sold();
    settle(&mut world, 2_800 * WAD);
    let ledger = world.ledger();
    assert!(
        ledger.payoutAssets > U256::ZERO && ledger.payoutQuote > U256::ZERO,
        "a mix"
    );
    world
}

/// Payout of a series to all its holders: asset and quote.
fn payout(world: &World, index: u128) -> (u128, u128) {
    let series = world.view(&Abi::seriesCall { id: id(index) });
    (series.payoutAssets.to(), series.payoutQuote.to())
}

#[test]
fn holders_are_paid_pro_rata_and_their_options_are_gone() {
    let mut world = settled();
    let (assets, quote) = payout(&world, 1);
    let worth = |amount: u128| {
        let part = |whole: u128| u(whole) * u(amount) / u(SOLD);
        (part(assets), part(quote))
    };
    let ledger = world.ledger();
    let announced = world.view(&Abi::payoutOfCall {
        id: id(1),
        amount: u(WAD),
    });
    let done = world
        .send(carol(), &call(id(1), WAD, stranger()))
        .expect("settled");
    assert_eq!((done.value.assets, done.value.quote), worth(WAD));
    assert_eq!((announced.assets, announced.quote), worth(WAD));
    let exercised: Abi::Exercised = event(&world, &done.receipt);
    let (paid_assets, paid_quote) = worth(WAD);
    let expected = Abi::Exercised {
        id: id(1),
        owner: carol(),
        receiver: stranger(),
        amount: u(WAD),
        assets: paid_assets,
        quote: paid_quote,
    };
    assert_eq!(exercised, expected);
    let burnt: Abi::Transfer_1 = event(&world, &done.receipt);
    assert_eq!(
        (burnt.sender, burnt.receiver, burnt.amount),
        (carol(), Address::ZERO, u(WAD))
    );
    let got = world.balances(stranger());
    assert_eq!((u(got.0), u(got.1)), (paid_assets, paid_quote));
    assert_eq!(options_of(&world, carol(), id(1)), SOLD - WAD);
    let after = world.ledger();
    assert_eq!(after.payoutAssets, ledger.payoutAssets - paid_assets);
    assert_eq!(after.payoutQuote, ledger.payoutQuote - paid_quote);
    assert_eq!(
        after.vaultAssets, ledger.vaultAssets,
        "the shareholders' part is untouched"
    );
    assert_reconciled(&world);
}

#[test]
fn a_payout_is_worth_the_payoff_and_never_more() {
    let mut world = settled();
    let price = vault_core::Price(2_800 * WAD);
    for (index, series) in (0..3).zip(listed(&world)) {
        let done = world
            .send(carol(), &call(id(index), SOLD, carol()))
            .expect("settled");
        let Series { strike, .. } = series;
        let owed = 6 * (2_800 * WAD - strike.0) / 1_000_000_000_000;
        let in_assets = vault_core::Assets(done.value.assets.to());
        let Quote(worth) = UNITS.quote_down(in_assets, price).expect("fits");
        let paid = worth + done.value.quote.to::<u128>();
        assert!(paid <= owed && owed - paid <= 4, "{paid} of {owed}");
    }
    let ledger = world.ledger();
    assert_eq!(
        (ledger.payoutAssets, ledger.payoutQuote),
        (U256::ZERO, U256::ZERO)
    );
    assert_reconciled(&world);
}

#[test]
fn pieces_are_paid_no_more_than_the_whole() {
    let mut rng = fastrand::Rng::with_seed(6);
    let mut world = settled();
    let (assets, quote) = payout(&world, 0);
    let (mut left, mut paid) = (SOLD, (0, 0));
    let mut pieces = 0;
    while left > 0 {
        let amount = if pieces == 12 {
            left
        } else {
            rng.u128(1..=left)
        };
        let done = world
            .send(carol(), &call(id(0), amount, carol()))
            .expect("settled");
        paid.0 += done.value.assets.to::<u128>();
        paid.1 += done.value.quote.to::<u128>();
        left -= amount;
        pieces += 1;
    }
    assert!(paid.0 <= assets && assets - paid.0 <= pieces);
    assert!(paid.1 <= quote && quote - paid.1 <= pieces);
    assert_reconciled(&world);
}

#[test]
fn options_are_exercised_once() {
    let mut world = settled();
    world
        .send(carol(), &call(id(0), SOLD, carol()))
        .expect("settled");
    let error = Abi::ERC6909InsufficientBalance {
        sender: carol(),
        balance: U256::ZERO,
        needed: u(1),
        id: id(0),
    };
    refuse(&mut world, carol(), &call(id(0), 1, carol()), error);
    let error = Abi::ERC6909InsufficientBalance {
        sender: carol(),
        balance: u(SOLD),
        needed: u(SOLD + 1),
        id: id(1),
    };
    refuse(&mut world, carol(), &call(id(1), SOLD + 1, carol()), error);
    let error = Abi::ERC6909InsufficientBalance {
        sender: stranger(),
        balance: U256::ZERO,
        needed: u(1),
        id: id(1),
    };
    refuse(&mut world, stranger(), &call(id(1), 1, stranger()), error);
}

#[test]
fn nothing_is_exercised_before_settlement_or_for_nobody() {
    let mut world = sold();
    refuse(
        &mut world,
        carol(),
        &call(id(0), WAD, carol()),
        Abi::NotSettled { id: id(0) },
    );
    let hint = expire(&mut world, 2_800 * WAD);
    refuse(
        &mut world,
        carol(),
        &call(id(0), WAD, carol()),
        Abi::NotSettled { id: id(0) },
    );
    world
        .send(keeper(), &settling(&world, hint))
        .expect("settles");
    refuse(
        &mut world,
        carol(),
        &call(id(0), 0, carol()),
        Abi::ZeroAmount {},
    );
    refuse(
        &mut world,
        carol(),
        &call(id(0), WAD, Address::ZERO),
        Abi::ZeroAddress {},
    );
    for unknown in [u(0), u(255), u(256 + 8), u(256 << 32)] {
        let error = Abi::UnknownSeries { id: unknown };
        refuse(&mut world, carol(), &call(unknown, WAD, carol()), error);
    }
    let next = id_of(2, 0);
    refuse(
        &mut world,
        carol(),
        &call(next, WAD, carol()),
        Abi::NotSettled { id: next },
    );
}

#[test]
fn out_of_the_money_options_pay_nothing_and_are_gone() {
    let mut world = hedged();
    settle(&mut world, 2_000 * WAD);
    let before = world.balances(world.vault);
    for index in 0..3 {
        let done = world
            .send(carol(), &call(id(index), SOLD, carol()))
            .expect("settled");
        assert_eq!(
            (done.value.assets, done.value.quote),
            (U256::ZERO, U256::ZERO)
        );
        assert_eq!(options_of(&world, carol(), id(index)), 0);
    }
    assert_eq!(world.balances(world.vault), before);
    assert_eq!(world.ledger().payoutAssets, U256::ZERO);
}

#[test]
fn between_the_strikes_only_some_series_pay() {
    let mut world = hedged();
    let series = listed(&world);
    settle(&mut world, (series[1].strike.0 + series[2].strike.0) / 2);
    let paid: Vec<bool> = (0..3)
        .map(|index| payout(&world, index) != (0, 0))
        .collect();
    assert_eq!(paid, [true, true, false]);
}

#[test]
fn payouts_can_be_had_for_ever() {
    let mut world = settled();
    let (assets, quote) = payout(&world, 2);
    roll(&mut world, 2_800 * WAD);
    open(&mut world);
    settle(&mut world, 100 * WAD);
    world.chain.warp(300 * 24 * HOUR);
    let done = world
        .send(carol(), &call(id(2), SOLD, carol()))
        .expect("settled long ago");
    assert_eq!((done.value.assets, done.value.quote), (u(assets), u(quote)));
    assert_reconciled(&world);
}

#[test]
fn a_blacklisted_holder_gets_the_asset_now_and_the_quote_when_off_the_list() {
    let mut world = settled();
    let dave = stranger();
    let give = Abi::transfer_1Call {
        receiver: dave,
        id: id(0),
        amount: u(2 * WAD),
    };
    world.send(carol(), &give).expect("hers");
    world
        .usdc
        .set_blacklisted(&mut world.chain, dave, true)
        .expect("the blacklister");
    let ledger = world.ledger();
    let done = world
        .send(dave, &call(id(0), 2 * WAD, dave))
        .expect("the quote is held back");
    let (assets, quote) = (done.value.assets, done.value.quote);
    assert!(assets > U256::ZERO && quote > U256::ZERO);
    let deferred: Abi::PaymentDeferred = event(&world, &done.receipt);
    let token = world.usdc.address;
    assert_eq!(
        deferred,
        Abi::PaymentDeferred {
            token,
            account: dave,
            amount: quote
        }
    );
    let got = world.balances(dave);
    assert_eq!((u(got.0), got.1), (assets, 0));
    let credit = world.view(&Abi::creditOfCall { account: dave });
    assert_eq!((credit.assets, credit.quote), (U256::ZERO, quote));
    let after = world.ledger();
    assert_eq!(
        (after.claimableAssets, after.claimableQuote),
        (U256::ZERO, quote)
    );
    assert_eq!(after.payoutQuote, ledger.payoutQuote - quote);
    assert_reconciled(&world);

    // Nobody else notices.
    let before = world.balances(carol());
    let others = world
        .send(carol(), &call(id(0), 4 * WAD, carol()))
        .expect("paid");
    let after = world.balances(carol());
    assert_eq!(others.value.assets, u(after.0 - before.0));
    assert_eq!(others.value.quote, u(after.1 - before.1));

    let claim = Abi::claimCall {
        token,
        receiver: dave,
    };
    let error = Abi::TokenTransferFailed {
        token,
        amount: quote,
    };
    refuse(&mut world, dave, &claim, error);
    let error = Abi::NothingToClaim { account: dave };
    let asset = world.weth.address;
    refuse(
        &mut world,
        dave,
        &Abi::claimCall {
            token: asset,
            receiver: dave,
        },
        error.clone(),
    );
    let other = Abi::claimCall {
        token: world.vault,
        receiver: dave,
    };
    refuse(&mut world, dave, &other, error);
    let error = Abi::NothingToClaim { account: carol() };
    refuse(
        &mut world,
        carol(),
        &Abi::claimCall {
            token,
            receiver: carol(),
        },
        error,
    );
    let nobody = Abi::claimCall {
        token,
        receiver: Address::ZERO,
    };
    refuse(&mut world, dave, &nobody, Abi::ZeroAddress {});

    world
        .usdc
        .set_blacklisted(&mut world.chain, dave, false)
        .expect("the blacklister");
    let done = world.send(dave, &claim).expect("off the list");
    assert_eq!(done.value, quote);
    let claimed: Abi::Claimed = event(&world, &done.receipt);
    let expected = Abi::Claimed {
        token,
        account: dave,
        receiver: dave,
        amount: quote,
    };
    assert_eq!(claimed, expected);
    assert_eq!(u(world.balances(dave).1), quote);
    refuse(
        &mut world,
        dave,
        &claim,
        Abi::NothingToClaim { account: dave },
    );
    assert_reconciled(&world);
}

#[test]
fn a_credit_may_be_claimed_to_another_address() {
    let mut world = settled();
    world
        .usdc
        .set_blacklisted(&mut world.chain, carol(), true)
        .expect("the blacklister");
    let done = world
        .send(carol(), &call(id(0), WAD, carol()))
        .expect("the quote is held back");
    let claim = Abi::claimCall {
        token: world.usdc.address,
        receiver: bob(),
    };
    world.send(carol(), &claim).expect("another receiver");
    assert_eq!(u(world.balances(bob()).1), done.value.quote);
    assert_reconciled(&world);
}

#[test]
fn a_paused_quote_holds_back_only_itself() {
    let mut world = settled();
    world
        .usdc
        .set_paused(&mut world.chain, true)
        .expect("the pauser");
    let mut owed = U256::ZERO;
    for index in 0..3 {
        let before = world.balances(carol());
        let done = world
            .send(carol(), &call(id(index), SOLD, carol()))
            .expect("half of it");
        let after = world.balances(carol());
        assert_eq!(
            (u(after.0 - before.0), after.1),
            (done.value.assets, before.1)
        );
        owed += done.value.quote;
        assert_eq!(
            world.view(&Abi::creditOfCall { account: carol() }).quote,
            owed,
            "adds up"
        );
        assert_reconciled(&world);
    }
    world
        .usdc
        .set_paused(&mut world.chain, false)
        .expect("the pauser");
    let claim = Abi::claimCall {
        token: world.usdc.address,
        receiver: carol(),
    };
    assert_eq!(world.send(carol(), &claim).expect("resumed").value, owed);
    assert_eq!(world.ledger().claimableQuote, U256::ZERO);
    assert_reconciled(&world);
}

#[test]
fn a_vault_on_the_blacklist_still_pays_assets_and_lets_shareholders_go() {
    let mut world = hedged();
    let vault = world.vault;
    world
        .usdc
        .set_blacklisted(&mut world.chain, vault, true)
        .expect("the blacklister");
    settle(&mut world, 2_200 * WAD);
    let done = world
        .send(carol(), &call(id(0), SOLD, carol()))
        .expect("deferred");
    assert!(world.view(&Abi::creditOfCall { account: carol() }).quote == done.value.quote);
    world.chain.warp(24 * HOUR);
    world
        .send(keeper(), &Abi::rollCall {})
        .expect("the grace period is over");
    for who in [alice(), bob()] {
        let held = u(shares(&world, who));
        let call = Abi::redeemInKindCall {
            shares: held,
            receiver: who,
            owner: who,
        };
        let done = world.send(who, &call).expect("in kind");
        assert_eq!(u(world.balances(who).0), done.value.assets);
        assert_eq!(
            world.view(&Abi::creditOfCall { account: who }).quote,
            done.value.quote
        );
    }
    assert_reconciled(&world);
}

#[test]
fn no_gas_limit_turns_a_payment_into_a_credit() {
    // Whoever estimates gas by bisection must not find a limit at which a starved token seems to refuse.
    let world = settled();
    let (mut failed, mut paid) = (0, 0);
    for gas in (40_000..340_000).step_by(2_500) {
        let mut world = world.clone();
        match send_with_gas(&mut world, carol(), &call(id(0), WAD, carol()), gas) {
            Ok(_) => {
                paid += 1;
                let credit = world.view(&Abi::creditOfCall { account: carol() });
                assert_eq!(
                    (credit.assets, credit.quote),
                    (U256::ZERO, U256::ZERO),
                    "{gas} gas"
                );
            }
            Err(_) => failed += 1,
        }
    }
    assert!(failed > 10 && paid > 10, "{failed}, {paid}");
}

/// Strikes and caps of more ticks than a word has room for are of a coarser tick: through sale, hedge, settlement and exercise they are what was listed.
#[test]
fn strikes_of_a_tick_that_is_too_fine_trade_settle_and_pay_as_listed() {
    let mut options = Options::default();
    // 10⁻⁹: a cap of 4 000 is 4 · 10¹² of them, and is written in tenths.
    options.policy.opening.strikeTick = 1;
    let mut world = opened_with(&options);
    let series = listed(&world);
    assert_eq!(series.len(), 3);
    for one in &series {
        let (strike, cap) = (one.strike.0, one.cap.expect("capped").0);
        assert_eq!((strike % (WAD / 10), cap % (WAD / 10)), (0, 0));
        assert!(strike > SPOT && cap >= 2 * SPOT);
    }
    for index in 0..3 {
        world.buy(carol(), id(index), SOLD).expect("room");
    }
    moved(&mut world, 2_150 * WAD);
    world
        .send(keeper(), &Abi::rebalanceCall {})
        .expect("out of the band");
    let sold: Vec<Series> = listed(&world);
    for (before, after) in series.iter().zip(&sold) {
        assert_eq!((before.strike, before.cap), (after.strike, after.cap));
        assert_eq!(after.sold.0, SOLD);
    }
    let (before, price) = (vault_pot(&world), Price(2_600 * WAD));
    settle(&mut world, price.0);
    let due = vault_core::payout::payouts(before, Pot::default(), &sold, 0, price, UNITS);
    for (index, due) in (0..3).zip(due.expect("solvent").series) {
        assert_eq!(payout(&world, index), (due.assets.0, due.quote.0));
        let paid = world.send(carol(), &call(id(index), SOLD, carol()));
        let paid = paid.expect("settled").value;
        assert_eq!((paid.assets, paid.quote), (u(due.assets.0), u(due.quote.0)));
    }
    let ledger = world.ledger();
    assert_eq!(
        (ledger.payoutAssets, ledger.payoutQuote),
        (U256::ZERO, U256::ZERO)
    );
    assert_reconciled(&world);
}
