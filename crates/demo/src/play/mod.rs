//! The story: who does what, when.

mod cast;
mod observe;
mod outcome;
mod stage;

use testbed::{Abi, DAY, HOUR, U256, WAD};

use crate::amount::{Usdc, Weth, grouped};
use crate::fail::Fail;
use crate::flows::Purpose;
use crate::model::{Call, Keeper, Report};
use crate::path::{EPOCH_HOURS, PricePath};
use cast::{ALICE, Actor, BOB, CAROL, DAVE, ERIN, FRANK, KIM, SAM};
use stage::{OPENING, Stage};

/// Who deposits how much (hundredths of a WETH), and how many minutes before opening.
const DEPOSITS: [(Actor, u128, u64); 3] =
    [(ALICE, 4_000, 720), (BOB, 1_250, 570), (CAROL, 275, 180)];

/// Who buys which share (per cent) of what a series may sell, and when.
struct Order {
    hour: usize,
    minute: u64,
    buyer: Actor,
    series: usize,
    percent: u128,
}

const fn order(hour: usize, minute: u64, buyer: Actor, series: usize, percent: u128) -> Order {
    Order {
        hour,
        minute,
        buyer,
        series,
        percent,
    }
}

const ORDERS: [Order; 7] = [
    order(1, 12, DAVE, 0, 50),
    order(5, 40, ERIN, 1, 60),
    order(11, 5, FRANK, 2, 30),
    order(21, 33, DAVE, 2, 50),
    order(26, 20, FRANK, 0, 50),
    order(37, 51, ERIN, 2, 20),
    order(50, 8, FRANK, 1, 40),
];

/// What a caller tells whoever watches: a call and the hour it counts from.
pub type Watch<'a> = &'a mut dyn FnMut(&Call, u64);

/// Plays a whole epoch at these prices and accounts for it. `implied` is the volatility the vault prices options with, a year.
///
/// # Errors
/// [`Fail`]: what the vault refused, or what does not add up.
pub fn play(path: &PricePath, implied: f64, watch: Watch) -> Result<Report, Fail> {
    let mut stage = Stage::new(path, implied, watch)?;
    deposits(&mut stage)?;
    open(&mut stage)?;
    for hour in 0..EPOCH_HOURS {
        live_hour(&mut stage, path, hour)?;
    }
    let round = expire(&mut stage, path)?;
    settle(&mut stage, path, round)?;
    exercise(&mut stage)?;
    convert_and_roll(&mut stage)?;
    redeem(&mut stage)?;
    outcome::report(stage, path, round)
}

fn deposits(stage: &mut Stage) -> Result<(), Fail> {
    for (who, hundredths, minutes) in DEPOSITS {
        stage.at(OPENING - 60 * minutes);
        let assets = hundredths * (WAD / 100);
        let call = Abi::deposit_0Call {
            assets: U256::from(assets),
            receiver: who.address(),
        };
        stage.call(who, Purpose::Deposit, &call, |_| {
            format!("{} WETH for shares", Weth::from(assets))
        })?;
        stage.observe(Keeper::Away)?;
    }
    stage.at(OPENING - 2 * HOUR);
    stage.refused(
        SAM,
        &Abi::openEpochCall {},
        "deposits stay open for 12 hours",
    )
}

fn open(stage: &mut Stage) -> Result<(), Fail> {
    stage.at(OPENING);
    stage.market(stage.price)?;
    stage.at(OPENING + 120);
    stage.call(SAM, Purpose::Hedge, &Abi::openEpochCall {}, |_| {
        String::new()
    })?;
    let strikes: Vec<String> = stage
        .series()?
        .iter()
        .map(|(_, series)| grouped(series.strike.0 as f64 / 1e18, 0))
        .collect();
    let epoch = stage.world.view(&Abi::epochCall {});
    let limit = Weth::from(epoch.limit.saturating_to::<u128>());
    stage.amend(format!(
        "strikes {}; {limit} options of each",
        strikes.join(", ")
    ));
    if stage.expiry()? != OPENING + EPOCH_HOURS as u64 * HOUR {
        return Err(Fail::Disagrees(format!(
            "the epoch expires at {}, not a week after opening",
            epoch.expiry
        )));
    }
    Ok(())
}

fn live_hour(stage: &mut Stage, path: &PricePath, hour: usize) -> Result<(), Fail> {
    let start = OPENING + HOUR * hour as u64;
    if hour > 0 {
        stage.at(start);
        stage.market(path.at(hour))?;
    }
    for order in ORDERS.iter().filter(|order| order.hour == hour) {
        stage.at(start + 60 * order.minute);
        buy(stage, order)?;
    }
    stage.at(start + 55 * 60);
    let keeper = hedge(stage, Purpose::Hedge)?;
    stage.observe(keeper)
}

fn buy(stage: &mut Stage, order: &Order) -> Result<(), Fail> {
    let series = stage.series()?;
    let Some((id, terms)) = series.get(order.series % series.len().max(1)).copied() else {
        return Ok(());
    };
    let limit: u128 = stage.world.view(&Abi::epochCall {}).limit.saturating_to();
    let amount = (limit * order.percent / 100).min(limit - terms.sold.0);
    if amount == 0 {
        return Ok(());
    }
    let quote = Abi::quoteBuyCall {
        id,
        amount: U256::from(amount),
    };
    let premium = stage.ask(order.buyer, &quote)?;
    let call = Abi::buyCall {
        id,
        amount: U256::from(amount),
        maxPremium: premium,
        receiver: order.buyer.address(),
        deadline: U256::from(stage.world.chain.now() + 300),
    };
    let strike = grouped(terms.strike.0 as f64 / 1e18, 0);
    stage.call(order.buyer, Purpose::Premium, &call, |paid| {
        let paid = Usdc::from(paid.saturating_to::<u128>());
        format!("{} calls at {strike} for {paid} USDC", Weth::from(amount))
    })?;
    Ok(())
}

/// The keeper looks, and acts when it pays.
fn hedge(stage: &mut Stage, purpose: Purpose) -> Result<Keeper, Fail> {
    stage.keeper_checks += 1;
    stage.agrees()?;
    let promised = match stage
        .world
        .simulate(KIM.address(), &Abi::previewRebalanceCall {})
    {
        Ok(done) => done.value.reward,
        Err(refused) => {
            let inside = matches!(refused.error, Some(testbed::Errors::InsideBand(_)));
            return Ok(if inside {
                Keeper::InsideBand
            } else {
                Keeper::Refused(stage::error_name(&refused))
            });
        }
    };
    let trial = match stage.world.simulate(KIM.address(), &Abi::rebalanceCall {}) {
        Ok(done) => done.receipt,
        Err(refused) => return Ok(Keeper::Refused(stage::error_name(&refused))),
    };
    let cost = u128::from(trial.gas_used) * stage.world.chain.base_fee();
    if promised.saturating_to::<u128>() <= cost {
        return Ok(Keeper::NotWorthIt);
    }
    stage.call(KIM, purpose, &Abi::rebalanceCall {}, |_| String::new())?;
    let detail = stage.last_trade().map(|trade| {
        let verb = if trade.assets.0 < 0 { "sold" } else { "bought" };
        let (assets, quote) = (Weth(trade.assets.0.abs()), Usdc(trade.quote.0.abs()));
        format!("{verb} {assets} WETH for {quote} USDC")
    });
    stage.amend(detail.unwrap_or_default());
    Ok(Keeper::Rebalanced)
}

/// The feed answers at the second of expiry and again a while later. Returns the round that settles.
fn expire(stage: &mut Stage, path: &PricePath) -> Result<u128, Fail> {
    let expiry = stage.expiry()?;
    stage.at(expiry);
    stage.market(path.at(EPOCH_HOURS))?;
    let round = stage.latest_round()?;
    stage.observe(Keeper::Away)?;
    Ok(round)
}

fn settle(stage: &mut Stage, path: &PricePath, round: u128) -> Result<(), Fail> {
    let expiry = stage.expiry()?;
    stage.at(expiry + 30 * 60);
    stage.market(
        (path.at(EPOCH_HOURS) + path.at(EPOCH_HOURS + 1)) / 2 / 10_000_000_000 * 10_000_000_000,
    )?;
    let later = stage.latest_round()?;
    stage.at(expiry + 32 * 60);
    // With nothing sold no price is needed, and no round is wrong.
    if stage.series()?.iter().any(|(_, series)| series.sold.0 > 0) {
        let why = "a round from after expiry";
        let settle = stage.settling(later)?;
        stage.refused(SAM, &settle, why)?;
    }
    let settle = stage.settling(round)?;
    let price = stage.call(SAM, Purpose::Payout, &settle, |price| {
        let price = price.saturating_to::<u128>() as f64 / 1e18;
        format!(
            "at {} by round {} of phase {}",
            grouped(price, 2),
            round & u128::from(u64::MAX),
            round >> 64
        )
    })?;
    stage.settled = price.saturating_to();
    stage.observe(Keeper::Away)
}

fn exercise(stage: &mut Stage) -> Result<(), Fail> {
    let expiry = stage.expiry()?;
    for (minute, holder) in [(40, DAVE), (44, ERIN), (48, FRANK)] {
        stage.at(expiry + 60 * minute);
        for (id, terms) in stage.series()? {
            let held = stage.world.view(&Abi::balanceOf_1Call {
                owner: holder.address(),
                id,
            });
            if held.is_zero() || terms.payoff(vault_core::Price(stage.settled)).0 == 0 {
                continue;
            }
            let strike = grouped(terms.strike.0 as f64 / 1e18, 0);
            let call = Abi::exerciseCall {
                id,
                amount: held,
                receiver: holder.address(),
            };
            stage.call(holder, Purpose::Payout, &call, |paid| {
                let (assets, quote) = (
                    paid.assets.saturating_to::<u128>(),
                    paid.quote.saturating_to::<u128>(),
                );
                format!(
                    "{} calls at {strike} for {} WETH and {} USDC",
                    Weth::from(held.saturating_to::<u128>()),
                    Weth::from(assets),
                    Usdc::from(quote)
                )
            })?;
        }
    }
    stage.observe(Keeper::Away)
}

/// The keeper turns leftover quote into the asset; the epoch rolls, if need be after the grace period.
fn convert_and_roll(stage: &mut Stage) -> Result<(), Fail> {
    stage.at(stage.world.chain.now() + 5 * 60);
    let keeper = hedge(stage, Purpose::Conversion)?;
    stage.observe(keeper)?;
    stage.at(stage.world.chain.now() + 5 * 60);
    if stage
        .world
        .simulate(SAM.address(), &Abi::rollCall {})
        .is_err()
    {
        let why = "quote is left over: it may be converted for a day";
        stage.refused(SAM, &Abi::rollCall {}, why)?;
        stage.at(stage.world.chain.now() + DAY);
    }
    stage.call(SAM, Purpose::Redemption, &Abi::rollCall {}, |_| {
        "deposits and exits are open again".into()
    })?;
    stage.observe(Keeper::Away)
}

fn redeem(stage: &mut Stage) -> Result<(), Fail> {
    for (who, ..) in DEPOSITS {
        stage.at(stage.world.chain.now() + 10 * 60);
        let shares = stage.world.view(&Abi::balanceOf_0Call {
            owner: who.address(),
        });
        let open = !stage
            .world
            .view(&Abi::maxRedeemCall {
                owner: who.address(),
            })
            .is_zero();
        if open {
            let call = Abi::redeem_0Call {
                shares,
                receiver: who.address(),
                owner: who.address(),
            };
            stage.call(who, Purpose::Redemption, &call, |assets| {
                format!(
                    "all shares for {} WETH",
                    Weth::from(assets.saturating_to::<u128>())
                )
            })?;
        } else {
            let call = Abi::redeemInKindCall {
                shares,
                receiver: who.address(),
                owner: who.address(),
            };
            stage.call(who, Purpose::Redemption, &call, |paid| {
                let (assets, quote) = (
                    paid.assets.saturating_to::<u128>(),
                    paid.quote.saturating_to::<u128>(),
                );
                format!(
                    "all shares for {} WETH and {} USDC",
                    Weth::from(assets),
                    Usdc::from(quote)
                )
            })?;
        }
        stage.observe(Keeper::Away)?;
    }
    Ok(())
}
