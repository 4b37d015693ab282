//! What came out of it: the report, once everything adds up.

use testbed::{Abi, HOUR, Program, WAD};

use super::DEPOSITS;
use super::cast::KIM;
use super::stage::{OPENING, Stage};
use crate::amount::{Dollars, Usdc, Weth};
use crate::fail::Fail;
use crate::flows::{Balances, Purpose, reconcile};
use crate::model::{
    Call, Depositor, EpochInfo, GasOfKind, PathInfo, Report, Results, SeriesInfo, Step, Trade,
    VaultInfo,
};
use crate::path::{EPOCH_HOURS, PricePath};

/// Accounts for a played epoch.
pub fn report(stage: Stage, path: &PricePath, round: u128) -> Result<Report, Fail> {
    let ledger = stage.ledger();
    let after = Balances::read(&stage.world, &stage.accounts)?;
    let reconciliation = reconcile(
        &stage.accounts,
        &stage.before,
        &after,
        &stage.book,
        (stage.world.vault, ledger.total()),
    )?;
    let epoch = epoch(&stage, path, round)?;
    Ok(Report {
        layout: 1,
        path: PathInfo {
            name: path.name.clone(),
            origin: path.origin.clone(),
            realised_volatility: path.realised_volatility(),
        },
        vault: vault(&stage),
        results: results(&stage, &epoch),
        epoch,
        gas: gas(&stage.calls),
        ledger,
        flows: stage.book.table(&stage.accounts),
        reconciliation,
        calls: stage.calls,
        hours: stage.hours,
    })
}

fn vault(stage: &Stage) -> VaultInfo {
    let world = &stage.world;
    let params = &world.chain.config().stylus;
    let info = &world.deployment.info;
    // As paid, memory included; the other price differs by the entry alone.
    let cached = stage
        .calls
        .iter()
        .find(|call| call.refused.is_none())
        .map_or(0, |call| call.entry_gas);
    VaultInfo {
        address: world.vault.to_string(),
        code_size: world.deployment.code_size,
        extension_code_size: world.extension.code_size,
        wasm_size: [Program::Vault, Program::Extension]
            .into_iter()
            .filter_map(|program| std::fs::metadata(testbed::wasm_path(program)).ok())
            .map(|file| file.len())
            .sum(),
        entry_gas_cached: cached,
        entry_gas_uncached: cached + info.entry_gas(false, params) - info.entry_gas(true, params),
        create_gas: world.deployment.create_gas + world.extension.create_gas,
        activate_gas: world.deployment.activate_gas + world.extension.activate_gas,
        activation_fee_wei: (world.deployment.data_fee + world.extension.data_fee).to_string(),
        implied_volatility: stage.volatility as f64 / WAD as f64,
        target_weight: f64::from(stage.policy.hedge.target_weight_bps) / 1e4,
        band: f64::from(stage.policy.hedge.band_bps) / 1e4,
        base_fee_wei: world.chain.base_fee() as u64,
    }
}

fn epoch(stage: &Stage, path: &PricePath, round: u128) -> Result<EpochInfo, Fail> {
    let view = stage.world.view(&Abi::epochCall {});
    let mut series = Vec::new();
    for (id, terms) in stage.series()? {
        let totals = stage.world.view(&Abi::seriesCall { id });
        let sales = stage.sales.iter().filter(|sale| sale.id == id);
        series.push(SeriesInfo {
            id: id.saturating_to(),
            strike: Dollars(terms.strike.0),
            cap: terms.cap.map(|cap| Dollars(cap.0)),
            limit: Weth::from(view.limit.saturating_to::<u128>()),
            sold: Weth::from(terms.sold.0),
            premium: sales
                .map(|sale| Usdc::from(sale.premium.saturating_to::<u128>()))
                .sum(),
            payout_assets: Weth::from(totals.payoutAssets.saturating_to::<u128>()),
            payout_quote: Usdc::from(totals.payoutQuote.saturating_to::<u128>()),
        });
    }
    let settled = if stage.settled == 0 {
        path.at(EPOCH_HOURS)
    } else {
        stage.settled
    };
    Ok(EpochInfo {
        number: view.number.saturating_to(),
        opening: OPENING,
        expiry: OPENING + EPOCH_HOURS as u64 * HOUR,
        spot: Dollars(path.at(0)),
        settlement_price: Dollars(settled),
        settlement_round: round.to_string(),
        series,
    })
}

/// Least, mean and most gas of each kind of call, in the order of the story.
fn gas(calls: &[Call]) -> Vec<GasOfKind> {
    let mut kinds: Vec<(&str, Vec<&Call>)> = Vec::new();
    for call in calls.iter().filter(|call| call.refused.is_none()) {
        match kinds.iter_mut().find(|(name, _)| *name == call.function) {
            Some((_, of_kind)) => of_kind.push(call),
            None => kinds.push((&call.function, vec![call])),
        }
    }
    let row = |(name, calls): (&str, Vec<&Call>)| {
        let count = calls.len() as u64;
        GasOfKind {
            function: name.into(),
            calls: calls.len(),
            min: calls.iter().map(|call| call.gas).min().unwrap_or_default(),
            mean: calls.iter().map(|call| call.gas).sum::<u64>() / count,
            max: calls.iter().map(|call| call.gas).max().unwrap_or_default(),
            entry: calls.iter().map(|call| call.entry_gas).sum::<u64>() / count,
        }
    };
    kinds.into_iter().map(row).collect()
}

/// Values amounts at the settlement price.
struct At(f64);

impl At {
    fn quote(&self, assets: Weth) -> Usdc {
        Usdc((assets.tokens() * self.0 * 1e6).round() as i128)
    }

    fn assets(&self, quote: Usdc) -> Weth {
        Weth((quote.tokens() / self.0 * 1e18).round() as i128)
    }
}

fn results(stage: &Stage, epoch: &EpochInfo) -> Results {
    let at = At(epoch.settlement_price.quote());
    let expiry = epoch.expiry;
    let (hedges, conversions): (Vec<&Call>, Vec<&Call>) = stage
        .calls
        .iter()
        .filter(|call| call.trade.is_some())
        .partition(|call| call.time < expiry);
    let trades = |calls: &[&Call]| {
        calls
            .iter()
            .filter_map(|call| call.trade)
            .collect::<Vec<Trade>>()
    };
    let (hedge_trades, conversion_trades) = (trades(&hedges), trades(&conversions));
    let made = |trades: &[Trade]| {
        trades
            .iter()
            .map(|trade| trade.quote + at.quote(trade.assets))
            .sum::<Usdc>()
    };
    let keeper_calls = stage
        .calls
        .iter()
        .filter(|call| call.caller == KIM.name && call.refused.is_none());
    let base_fee = stage.world.chain.base_fee();
    let mut results = Results {
        premium: epoch.series.iter().map(|series| series.premium).sum(),
        payouts: epoch
            .series
            .iter()
            .map(|series| series.payout_quote + at.quote(series.payout_assets))
            .sum(),
        hedge: made(&hedge_trades),
        hedge_cost: hedge_trades.iter().map(|trade| trade.cost).sum(),
        conversion_cost: conversion_trades.iter().map(|trade| trade.cost).sum(),
        rebalances: hedge_trades.len(),
        rewards: stage.calls.iter().map(|call| call.reward).sum(),
        keeper_gas: keeper_calls
            .map(|call| Weth::from(u128::from(call.gas) * base_fee))
            .sum(),
        keeper_checks: stage.keeper_checks,
        depositors: depositors(stage, epoch),
        bridge: Vec::new(),
    };
    let conversion = at.assets(made(&conversion_trades));
    results.bridge = bridge(stage, &results, &at, conversion);
    results
}

/// From deposits to redemptions, everything valued at the settlement price.
fn bridge(stage: &Stage, results: &Results, at: &At, conversion: Weth) -> Vec<Step> {
    let sum = |of: fn(&Depositor) -> Weth| results.depositors.iter().map(of).sum::<Weth>();
    let (deposited, redeemed) = (sum(|d| d.deposited), sum(|d| d.redeemed));
    let in_kind = results.depositors.iter().map(|d| d.redeemed_quote).sum();
    let left = stage.ledger().total();
    let step = |label, assets| Step { label, assets };
    vec![
        step("deposited", deposited),
        step("premium", at.assets(results.premium)),
        step("hedge", at.assets(results.hedge)),
        step("payouts", -at.assets(results.payouts)),
        step("conversion", conversion),
        step("keeper rewards", -results.rewards),
        step("left for keepers", -(left.assets + at.assets(left.quote))),
        step("redeemed", redeemed + at.assets(in_kind)),
    ]
}

fn depositors(stage: &Stage, epoch: &EpochInfo) -> Vec<Depositor> {
    let (first, last) = (epoch.spot.quote(), stage.price as f64 / 1e18);
    let holding = last / first - 1.0;
    let one = |name: &str, deposited: Weth, redeemed: Weth, redeemed_quote: Usdc| {
        let end = redeemed.tokens() + redeemed_quote.tokens() / last;
        Depositor {
            name: name.into(),
            deposited,
            redeemed,
            redeemed_quote,
            versus_holding: end / deposited.tokens() - 1.0,
            in_quote: end * last / (deposited.tokens() * first) - 1.0,
            holding_in_quote: holding,
        }
    };
    let rows = DEPOSITS.iter().map(|(who, ..)| {
        let deposited = -stage.book.of(who.address(), Purpose::Deposit).weth;
        let back = stage.book.of(who.address(), Purpose::Redemption);
        one(who.name, deposited, back.weth, back.usdc)
    });
    rows.collect()
}
