//! Whether to hedge, which way, how much, at what worst price.
//!
//! [`assess`] says which triggers hold; [`plan`] sizes the trade for a venue. The contract, its views, keepers and simulators call these two and
//! nothing else, so that what is previewed is what is done.

use option_math::whalley_wilmott_band;

use crate::policy::{Hedge, Risk, Venue};
use crate::quantity::{Assets, Price, Units};
use crate::refusal::Refusal;
use crate::solvency;
use crate::valuation::{beyond_budget, signed};
use crate::wide::{mul_div_down, mul_div_up};
use crate::{BPS, WAD};

pub use crate::valuation::{Book, Market, Valuation, value};

/// The bit that says: the exposure is further from its target than the band.
pub const TRIGGER_DELTA: u8 = 1;
/// The bit that says: no option is open and quote is converted back into the asset, so that depositors can be paid. Always on.
pub const TRIGGER_CONVERT: u8 = 2;
/// The bit that says: so much time has passed since the last rebalance.
pub const TRIGGER_TIME: u8 = 4;
/// The bit that says: spot has moved so far since the last rebalance.
pub const TRIGGER_PRICE: u8 = 8;
/// The bit that says: options sold, or volatility, have changed so far since the last rebalance.
pub const TRIGGER_EVENT: u8 = 16;
/// The bit that says: dollar gamma, vega or theta is beyond its budget. The band is 0 then: spot cannot cure it, so what it can do is done at once.
pub const TRIGGER_RISK: u8 = 32;

/// Scale of cost and risk aversion in the band's formula.
const THOUSANDTHS: u64 = 1_000;
/// A basis point of risk aversion in thousandths, 18 decimals.
const AVERSION_STEP: u64 = (WAD / BPS / THOUSANDTHS as u128) as u64;
const YEAR: u128 = option_math::YEAR_SECONDS as u128;

/// What the vault remembers of its hedge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HedgeState {
    /// When it was hedged last, or the epoch opened, Unix seconds.
    pub time: u64,
    /// Spot then.
    pub price: Price,
    /// Volatility then, annualised, 18 decimals.
    pub volatility: u64,
    /// Options sold then.
    pub sold: Assets,
    /// Since when a trigger is known to hold, Unix seconds; 0 when none is.
    pub triggered: u64,
    /// When a reward was paid last, Unix seconds.
    pub rewarded: u64,
}

/// The rules a decision follows, and what it compares with.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// When and how far.
    pub hedge: Hedge,
    /// Budgets.
    pub risk: Risk,
    /// Proportional cost of trading that the Whalley–Wilmott band assumes, 18 decimals.
    pub cost: u64,
    /// Smallest trade, asset units.
    pub min_trade: u128,
    /// What was true at the last rebalance.
    pub state: HedgeState,
    /// Unix seconds.
    pub now: u64,
}

impl Rules {
    /// The rules of a policy.
    #[must_use]
    pub fn new(hedge: Hedge, risk: Risk, venue: &Venue, state: HedgeState, now: u64) -> Self {
        let [tier, ..] = venue.fee_tiers;
        Self {
            hedge,
            risk,
            cost: fee_wad(tier),
            min_trade: venue.min_trade,
            state,
            now,
        }
    }
}

/// A pool's fee, hundredths of a basis point, in 18 decimals.
#[must_use]
pub const fn fee_wad(pips: u32) -> u64 {
    (pips as u64).saturating_mul(1_000_000_000_000)
}

/// What a trade at a venue costs, and how much the venue takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Proportional cost, 18 decimals: a pool's fee, or how far a keeper's price is from the oracle's.
    pub proportional: u64,
    /// Asset units that move the venue's price by all of itself, to first order; a trade of q costs `q² / 2·depth` besides. `None`: no price moves.
    pub depth: Option<Assets>,
    /// Gas and reward, asset units.
    pub fixed: Assets,
    /// The most the venue takes at once, asset units.
    pub most: Assets,
}

impl Terms {
    /// A venue that costs nothing and takes anything.
    pub const FREE: Self = Self {
        proportional: 0,
        depth: None,
        fixed: Assets::ZERO,
        most: Assets(u128::MAX),
    };

    /// What trading `amount` costs, asset units, rounded up.
    #[must_use]
    pub fn cost(&self, amount: Assets) -> Option<Assets> {
        let mut cost = amount.times_up(self.proportional.into(), WAD)?;
        if let Some(depth) = self.depth {
            let impact = mul_div_up(amount.0, amount.0, depth.0.max(1))?;
            cost = cost.plus(Assets(impact.div_ceil(2)))?;
        }
        cost.plus(self.fixed)
    }
}

/// Which way a trade goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Asset for quote.
    Sell,
    /// Quote for asset.
    Buy,
}

/// A trade and its worst price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trade {
    /// Direction.
    pub side: Side,
    /// Change of exposure at the oracle price, asset units.
    pub assets: Assets,
    /// What the vault pays, units of the asset when it sells and of the quote when it buys.
    pub amount_in: u128,
    /// The least it accepts, units of the other token, rounded up: oracle price less the policy's slippage.
    pub min_out: u128,
}

/// Where a book stands against its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Assessment {
    /// Value and greeks.
    pub valuation: Valuation,
    /// Exposure the vault should have, asset units, clipped to what solvency lets be reached.
    pub target: i128,
    /// Half-width of the no-trade band, asset units.
    pub band: u128,
    /// Triggers that hold; 0 when there is nothing to do.
    pub triggers: u8,
    /// What is to be traded before the venue's bound, asset units.
    pub wanted: Assets,
}

impl Assessment {
    /// Distance of an exposure from the target, asset units.
    #[must_use]
    pub fn deviation(&self, exposure: i128) -> u128 {
        exposure.abs_diff(self.target)
    }

    fn inside(&self) -> Refusal {
        Refusal::InsideBand {
            exposure: self.valuation.exposure,
            target: self.target,
            band: self.band,
        }
    }
}

/// A decided trade, with everything the decision rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Value and greeks before the trade.
    pub valuation: Valuation,
    /// Exposure the vault should have, asset units.
    pub target: i128,
    /// Half-width of the no-trade band, asset units.
    pub band: u128,
    /// Why it trades.
    pub triggers: u8,
    /// The trade.
    pub trade: Trade,
    /// What the venue is taken to cost, asset units.
    pub cost: Assets,
}

impl Plan {
    /// Distance of an exposure from the target, asset units.
    #[must_use]
    pub fn deviation(&self, exposure: i128) -> u128 {
        exposure.abs_diff(self.target)
    }
}

/// Looks at the triggers of the policy, against the target that solvency lets be reached.
///
/// With options open the target is `w · NAV`; with none, all quote becomes asset ([`TRIGGER_CONVERT`]). The exposure is left alone where no
/// trigger holds, and where what is to be traded is below the smallest trade. A trade goes to the target, or with `to_edge` to the nearer edge of the
/// band; the largest trade of the policy bounds it.
///
/// # Errors
/// Those of [`value`]. That nothing is to be done is no error: then no trigger is set.
pub fn assess(book: &Book, market: &Market, rules: &Rules) -> Result<Assessment, Refusal> {
    judge(value(book, market)?, book, market, rules)
}

/// [`assess`] of a book whose valuation is known.
///
/// # Errors
/// [`Refusal::Overflow`].
pub fn judge(
    valuation: Valuation,
    book: &Book,
    market: &Market,
    rules: &Rules,
) -> Result<Assessment, Refusal> {
    let converts = book.series.is_empty();
    let aim = if converts {
        all_in_asset(book, market.spot)?
    } else if rules.hedge.enabled {
        signed(share(&valuation, rules.hedge.target_weight_bps)?)?
    } else {
        valuation.exposure
    };
    let target = reachable(book, market.spot, &rules.hedge, valuation.exposure, aim)?;
    let at_risk = beyond_budget(&valuation, &rules.risk);
    let mut assessment = Assessment {
        valuation,
        target,
        band: 0,
        triggers: 0,
        wanted: Assets::ZERO,
    };
    let deviation = assessment.deviation(valuation.exposure);
    if converts {
        assessment.triggers = TRIGGER_CONVERT;
    } else if rules.hedge.enabled {
        if !(at_risk && rules.hedge.triggers & TRIGGER_RISK != 0) {
            assessment.band = band(&valuation, rules)?;
        }
        let holds = held(&assessment, deviation, at_risk, market, rules)?;
        assessment.triggers = holds & rules.hedge.triggers;
    }
    let short_of = if rules.hedge.to_edge {
        assessment.band
    } else {
        0
    };
    let largest = share(&valuation, rules.hedge.max_trade_bps)?;
    let wanted = deviation.saturating_sub(short_of).min(largest);
    if wanted < rules.min_trade {
        assessment.triggers = 0;
    }
    assessment.wanted = Assets(wanted);
    Ok(assessment)
}

/// Decides one rebalance at a venue.
///
/// With a COST gate (`gate_bps`, in multiples of the cost) a trade must be worth it: what it takes off the variance of the hedged value over the
/// horizon h, at a relative risk aversion γ, is compared with fee, slippage, gas and reward:
/// `½ · γ/NAV · S²σ²h · [(δ − t)² − (δ′ − t)²] ≥ m · cost`, δ′ the exposure after the trade; Whalley and Wilmott (1997), Zakamouline (2006). Conversion
/// for depositors is not gated.
///
/// # Errors
/// [`Refusal::InsideBand`] when no trigger holds, [`Refusal::BelowMinimumTrade`], [`Refusal::NotWorthIt`], and those of [`assess`].
pub fn plan(book: &Book, market: &Market, rules: &Rules, terms: &Terms) -> Result<Plan, Refusal> {
    let assessment = assess(book, market, rules)?;
    let Assessment {
        valuation,
        target,
        band,
        triggers,
        wanted,
    } = assessment;
    let deviation = assessment.deviation(valuation.exposure);
    let amount = wanted.min(terms.most);
    if triggers == 0 || amount.0 < rules.min_trade {
        // A band that holds is the better reason.
        if deviation <= band || amount.0 >= rules.min_trade {
            return Err(assessment.inside());
        }
        return Err(Refusal::BelowMinimumTrade {
            trade: amount.0,
            minimum: rules.min_trade,
        });
    }
    let cost = terms.cost(amount).ok_or(Refusal::Overflow)?;
    if rules.hedge.gate_bps != 0 && triggers != TRIGGER_CONVERT {
        let benefit = worth(&valuation, deviation, amount, market, &rules.hedge);
        let asked = cost
            .times_up(rules.hedge.gate_bps.into(), BPS)
            .ok_or(Refusal::Overflow)?;
        if benefit < asked {
            return Err(Refusal::NotWorthIt {
                benefit: benefit.0,
                asked: asked.0,
            });
        }
    }
    let side = if valuation.exposure > target {
        Side::Sell
    } else {
        Side::Buy
    };
    let kept = kept_bps(&rules.hedge);
    let trade = priced(side, amount, market.spot, kept, book.units).ok_or(Refusal::Overflow)?;
    Ok(Plan {
        valuation,
        target,
        band,
        triggers,
        trade,
        cost,
    })
}

/// What the worst accepted execution keeps, basis points.
fn kept_bps(policy: &Hedge) -> u128 {
    BPS.saturating_sub(policy.max_slippage_bps.into())
}

/// A part of net asset value, asset units, rounded down.
fn share(valuation: &Valuation, bps: u16) -> Result<u128, Refusal> {
    mul_div_down(valuation.nav.0, bps.into(), BPS).ok_or(Refusal::Overflow)
}

/// The exposure when all quote has become asset.
fn all_in_asset(book: &Book, spot: Price) -> Result<i128, Refusal> {
    let bought = book.units.assets_down(book.vault.quote, spot);
    let all = bought.and_then(|bought| book.vault.assets.plus(bought));
    signed(all.ok_or(Refusal::Overflow)?.0)
}

/// The exposure nearest to `aim` that a trade at the worst accepted price can reach with the book still solvent.
fn reachable(
    book: &Book,
    spot: Price,
    policy: &Hedge,
    exposure: i128,
    aim: i128,
) -> Result<i128, Refusal> {
    let kept = kept_bps(policy);
    let low = spot.times_down(kept, BPS).ok_or(Refusal::Overflow)?;
    let sellable = solvency::most_sellable(book.vault, book.series, book.units, low)
        .ok_or(Refusal::Overflow)?;
    let buyable = solvency::most_buyable(book.vault, book.series, book.units, spot, kept)
        .ok_or(Refusal::Overflow)?;
    let lowest = exposure
        .checked_sub(signed(sellable.0)?)
        .ok_or(Refusal::Overflow)?;
    let highest = exposure
        .checked_add(signed(buyable.0)?)
        .ok_or(Refusal::Overflow)?;
    // Not `clamp`, which panics when the bounds cross: these cannot, and a panic's message costs 4 KB.
    Ok(aim.max(lowest).min(highest))
}

/// Half-width of the band, asset units, rounded down: fixed, or that of Whalley and Wilmott for the whole book and the fixed one at most, because gamma
/// grows without bound near expiry.
fn band(valuation: &Valuation, rules: &Rules) -> Result<u128, Refusal> {
    let most = share(valuation, rules.hedge.band_bps)?;
    if !rules.hedge.adaptive {
        return Ok(most);
    }
    // With net asset value in the asset and a price of one, the formula is in asset units whatever their decimals.
    // Aversion reaches 1 000, and 64 bits hold 18: both are in thousandths, because only cost / aversion enters.
    let aversion = u64::from(rules.hedge.risk_aversion_bps).saturating_mul(AVERSION_STEP);
    let cost = rules.cost / THOUSANDTHS;
    let gamma = valuation.spot_gamma.unsigned_abs();
    let width = whalley_wilmott_band(cost, WAD, gamma, valuation.nav.0, aversion)?;
    Ok(width.min(most))
}

/// Triggers that hold, enabled or not.
fn held(
    assessment: &Assessment,
    deviation: u128,
    at_risk: bool,
    market: &Market,
    rules: &Rules,
) -> Result<u8, Refusal> {
    let Rules {
        hedge, state, now, ..
    } = rules;
    let bit = |bit: u8, holds: bool| if holds { bit } else { 0 };
    let passed = now.saturating_sub(state.time);
    let moved = moved_bps(market.spot.0, state.price.0);
    let book = assessment.valuation.sold.0.abs_diff(state.sold.0);
    let volatility = moved_bps(market.volatility.into(), state.volatility.into());
    let event = book > share(&assessment.valuation, hedge.book_bps)?
        || volatility >= hedge.volatility_bps.into();
    Ok(bit(TRIGGER_DELTA, deviation > assessment.band)
        | bit(TRIGGER_RISK, at_risk)
        | bit(TRIGGER_TIME, passed >= hedge.interval_seconds.into())
        | bit(TRIGGER_PRICE, moved >= hedge.move_bps.into())
        | bit(TRIGGER_EVENT, event))
}

/// `|now / then − 1|` in basis points, rounded down; from nothing it is as far as can be.
fn moved_bps(now: u128, then: u128) -> u128 {
    mul_div_down(now.abs_diff(then), BPS, then).unwrap_or(u128::MAX)
}

/// What a trade of `amount` towards the target is worth, asset units, rounded down: `½ · γ · σ²h / NAV · [D² − (D − q)²]`.
fn worth(
    valuation: &Valuation,
    deviation: u128,
    amount: Assets,
    market: &Market,
    policy: &Hedge,
) -> Assets {
    let compute = || {
        let sigma = u128::from(market.volatility);
        let variance = mul_div_down(sigma, sigma, WAD)?;
        let variance = mul_div_down(variance, policy.horizon_seconds.into(), YEAR)?;
        let weight = mul_div_down(variance, policy.risk_aversion_bps.into(), BPS)?;
        // D² − (D − q)² = q · (2D − q).
        let sum = deviation.checked_mul(2)?.saturating_sub(amount.0);
        let squares = mul_div_down(amount.0, sum, valuation.nav.0)?;
        mul_div_down(squares, weight, WAD.checked_mul(2)?)
    };
    Assets(compute().unwrap_or(0))
}

/// The trade of `assets` with its worst price; `kept` is 10 000 less the slippage in basis points.
fn priced(side: Side, assets: Assets, spot: Price, kept: u128, units: Units) -> Option<Trade> {
    let (amount_in, min_out) = match side {
        Side::Sell => (
            assets.0,
            mul_div_up(units.quote_up(assets, spot)?.0, kept, BPS)?,
        ),
        Side::Buy => (
            units.quote_down(assets, spot)?.0,
            mul_div_up(assets.0, kept, BPS)?,
        ),
    };
    Some(Trade {
        side,
        assets,
        amount_in,
        min_out,
    })
}

#[cfg(test)]
mod tests;
