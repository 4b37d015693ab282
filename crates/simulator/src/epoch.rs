//! One epoch on one path, played with the contract's decisions and accounted in integers.
//!
//! The vault holds what a hedge at its target leaves it: `w` of its value in the asset, the rest in quote, as the week before carried over. It lists one
//! series, sells all of it at once for its model value, hedges that, and then acts whenever [`plan`](rebalance::plan) says so. At expiry the options are paid,
//! and the hedge is unwound where [`Setup::unwind`] says so.

use vault_core::opening;
use vault_core::policy::{self, Hedge, Keeper, Risk, Venue};
use vault_core::quantity::{Assets, Pot, Price, Quote, Units};
use vault_core::rebalance::{
    self, Book, HedgeState, Market, Plan, Rules, Side, TRIGGER_EVENT, Terms,
};
use vault_core::reward::{self, Fees};
use vault_core::sale;
use vault_core::solvency::{self, Series};
use vault_core::{Refusal, WAD};

use serde::Serialize;

use crate::Fail;

/// Money: quote in units of 10⁻²⁶, so that an amount of 18 decimals times a price of 8 is exact. 127 bits hold 1.7 · 10¹² of quote.
pub type Money = i128;
/// Units of [`Money`] in one unit of a quote token of 6 decimals.
const QUOTE_UNIT: Money = 100_000_000_000_000_000_000;
/// From a price of 8 decimals to one of 18.
const PRICE_STEP: u128 = 10_000_000_000;
/// What proportions are counted in: hundredths of a basis point.
const PIPS: u128 = 1_000_000;
/// When every epoch opens, Unix seconds.
const OPENED: u64 = 1_700_000_000;

/// The vault and what trading costs it. The same for every rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Setup {
    /// Value of the vault in the asset, 18 decimals; beyond what a number of JSON holds, and not in the data.
    #[serde(skip)]
    pub assets: u128,
    /// Options written, share of the vault, basis points.
    pub size_bps: u16,
    /// Delta at which the strike is solved, basis points.
    pub delta_bps: u16,
    /// Cap as a multiple of spot, basis points.
    pub cap_bps: u32,
    /// Target exposure, basis points of net asset value: 0 is neutral in quote.
    pub weight_bps: u16,
    /// From opening to expiry, seconds.
    pub tenor_seconds: u64,
    /// From one block, or oracle round, to the next, seconds.
    pub step_seconds: u64,
    /// Fee of the pool, hundredths of a basis point.
    pub fee_pips: u32,
    /// What a trade loses besides, hundredths of a basis point.
    pub slippage_pips: u32,
    /// Gas of a rebalance, and what a keeper is paid for.
    pub gas: u32,
    /// Wei per gas.
    pub base_fee: u64,
    /// How long a keeper waits once a trigger holds, seconds; the reward grows meanwhile. 0: it acts at once.
    pub keeper_delay: u64,
    /// Whether the hedge is brought back to the target exposure after expiry, at the costs of a trade. The vault does not do so each week for its own sake: it
    /// moves on to the next hedge, which costs less.
    pub unwind: bool,
}

impl Default for Setup {
    /// Four fifths of a vault of 1 000 are written on at 20 delta for a week, neutral in quote; hourly steps; 5 bps of fee and 1 of slippage, no gas.
    /// The hedge is unwound.
    fn default() -> Self {
        Self {
            assets: 1_000 * WAD,
            size_bps: 8_000,
            delta_bps: 2_000,
            cap_bps: 20_000,
            weight_bps: 0,
            tenor_seconds: 604_800,
            step_seconds: 3_600,
            fee_pips: 500,
            slippage_pips: 100,
            gas: 400_000,
            base_fee: 0,
            keeper_delay: 0,
            unwind: true,
        }
    }
}

impl Setup {
    /// Steps in an epoch.
    #[must_use]
    pub fn steps(&self) -> usize {
        (self.tenor_seconds / self.step_seconds) as usize
    }

    /// Proportional cost of a trade, 18 decimals.
    #[must_use]
    pub fn cost(&self) -> u64 {
        rebalance::fee_wad(self.fee_pips + self.slippage_pips)
    }

    fn opening(&self) -> policy::Opening {
        policy::Opening {
            target_deltas: [self.delta_bps, 0, 0, 0, 0, 0, 0, 0],
            early_days: [0; 8],
            uncapped: 0,
            min_moneyness_bps: 0,
            size_bps: self.size_bps,
            cap_bps: self.cap_bps,
            // Fine enough that the delta is the one asked for.
            strike_tick: 10,
            keeper_budget: self.assets / 200,
            open_seconds: policy::MIN_OPEN_SECONDS,
            min_tenor_seconds: 86_400,
            min_assets: 1,
        }
    }

    fn keeper(&self) -> Keeper {
        Keeper {
            swap_gas: self.gas,
            fill_gas: self.gas,
            observe_gas: 0,
            settle_gas: 0,
            bonus_bps: 10_000,
            bonus_seconds: 3_600,
            l1_bytes: 0,
            reward_cap: WAD / 100,
            max_base_fee: 1_000_000_000_000,
            asset_per_native: WAD,
        }
    }

    /// The venue whose pool has this fee.
    #[must_use]
    pub fn venue(&self) -> Venue {
        Venue {
            fee_tiers: [self.fee_pips, 0, 0],
            twap_seconds: 300,
            twap_bound_bps: 50,
            oracle_bound_bps: 30,
            fill_start_bps: 10,
            fill_growth_bps: 20,
            fill_max_bps: 20,
            min_trade: self.assets / 1_000_000,
        }
    }
}

/// Prices and what the vault believes of volatility.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// Units of 10⁻⁸: at the opening and after every step.
    pub prices: Vec<u64>,
    /// Annualised, 18 decimals, likewise.
    pub sigmas: Vec<u64>,
}

/// What an epoch brought, each part counted on its own: `pnl = premium + gains − payoff − friction`, to the last digit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Value after less value before.
    pub pnl: Money,
    /// What buyers paid.
    pub premium: Money,
    /// What the asset held between trades gained.
    pub gains: Money,
    /// What options paid.
    pub payoff: Money,
    /// Fees of the pool.
    pub fee: Money,
    /// Slippage, and rounding of executions.
    pub slippage: Money,
    /// Gas, as rewards refund it.
    pub gas: Money,
    /// What rewards pay beyond gas.
    pub bonus: Money,
    /// Value of what was traded.
    pub turnover: Money,
    /// Trades.
    pub trades: u32,
    /// Options written, at the opening's price.
    pub notional: Money,
    /// What a portfolio without options and costs, at the target weight throughout, gains meanwhile.
    pub benchmark: Money,
}

impl Outcome {
    /// All that hedging cost.
    #[must_use]
    pub const fn friction(&self) -> Money {
        self.fee + self.slippage + self.gas + self.bonus
    }

    /// An amount in basis points of the notional.
    #[must_use]
    pub fn bps(&self, money: Money) -> f64 {
        money as f64 / self.notional as f64 * 1e4
    }

    /// What options and their hedge brought beside the target exposure, basis points of the notional.
    #[must_use]
    pub fn hedged_bps(&self) -> f64 {
        self.bps(self.pnl - self.benchmark)
    }
}

/// A rule: what of the policy it sets. `None` never trades.
pub type Rule = Option<(Hedge, Risk)>;

/// One epoch under way.
struct Epoch<'a> {
    setup: &'a Setup,
    units: Units,
    vault: Pot,
    series: [Series; 1],
    state: HedgeState,
    budget: Assets,
    outcome: Outcome,
}

fn refused(what: &'static str) -> impl Fn(Refusal) -> Fail {
    move |refusal| Fail::Refused { what, refusal }
}

fn price(units: u64) -> Price {
    Price(u128::from(units) * PRICE_STEP)
}

fn money(amount: u128, price: u64) -> Result<Money, Fail> {
    amount
        .checked_mul(price.into())
        .and_then(|money| Money::try_from(money).ok())
        .ok_or(Fail::TooLarge)
}

fn quote_money(quote: Quote) -> Result<Money, Fail> {
    Money::try_from(quote.0)
        .ok()
        .and_then(|quote| quote.checked_mul(QUOTE_UNIT))
        .ok_or(Fail::TooLarge)
}

/// Plays an epoch under a rule. The path has one price for the opening and one for every step.
///
/// # Errors
/// [`Fail::Refused`] where the contract's functions refuse what they should not, [`Fail::BeyondSlippage`], [`Fail::TooLarge`].
pub fn play(setup: &Setup, rule: &Rule, path: &Path) -> Result<Outcome, Fail> {
    let mut epoch = Epoch::open(setup, path)?;
    let start = epoch.value(path.prices[0])?;
    epoch.sell(path)?;
    let last = path.prices.len() - 1;
    for (step, (&now, &sigma)) in path.prices.iter().zip(&path.sigmas).enumerate().take(last) {
        if let Some((hedge, risk)) = rule {
            epoch.step(step, now, sigma, hedge, risk)?;
        }
        let next = path.prices[step + 1];
        epoch.outcome.gains +=
            money(epoch.vault.assets.0, next)? - money(epoch.vault.assets.0, now)?;
    }
    epoch.settle(path, start)
}

impl<'a> Epoch<'a> {
    fn open(setup: &'a Setup, path: &Path) -> Result<Self, Fail> {
        let units = Units::new(18, 6).ok_or(Fail::TooLarge)?;
        let spot = path.prices[0];
        let opening = opening::plan(
            &setup.opening(),
            &NO_BUDGETS,
            &opening::State {
                spot: price(spot),
                volatility: path.sigmas[0],
                vault: Pot {
                    assets: Assets(setup.assets),
                    quote: Quote::ZERO,
                },
                units,
                now: OPENED,
            },
            OPENED + setup.tenor_seconds,
        )
        .map_err(refused("an opening"))?;
        let held = Assets(setup.assets / 10_000 * u128::from(setup.weight_bps));
        let rest = Assets(setup.assets - held.0);
        let quote = units.quote_down(rest, price(spot)).ok_or(Fail::TooLarge)?;
        let limit = opening.limit_each;
        Ok(Self {
            setup,
            units,
            vault: Pot {
                assets: held,
                quote,
            },
            series: [Series {
                sold: limit,
                ..opening.series()[0]
            }],
            state: HedgeState {
                time: OPENED,
                price: price(spot),
                volatility: path.sigmas[0],
                ..HedgeState::default()
            },
            budget: reward::budget_top_up(
                Assets(setup.opening().keeper_budget),
                Assets(setup.assets),
                Assets::ZERO,
            ),
            outcome: Outcome {
                notional: money(limit.0, spot)?,
                ..Outcome::default()
            },
        })
    }

    /// Sells the series for its model value: margins, auction and fees are left out, so that what is measured is the hedge.
    fn sell(&mut self, path: &Path) -> Result<(), Fail> {
        let [series] = self.series;
        let unsold = Series {
            sold: Assets::ZERO,
            ..series
        };
        let state = sale::State {
            spot: price(path.prices[0]),
            volatility: path.sigmas[0],
            tenor_seconds: self.setup.tenor_seconds,
            elapsed: 0,
            limit: series.sold,
            units: self.units,
        };
        let asked = sale::price(&NO_MARGINS, &unsold, &state, sale::Side::Buy)
            .map_err(refused("a price"))?;
        let charge = sale::charge(&FLAT, &unsold, &state, asked, series.sold, sale::Side::Buy)
            .map_err(refused("a sale"))?;
        self.outcome.premium = quote_money(charge.total)?;
        self.vault.quote = self.vault.quote.plus(charge.total).ok_or(Fail::TooLarge)?;
        solvency::check(self.vault, &self.series, self.units).map_err(refused("the book sold"))
    }

    fn value(&self, spot: u64) -> Result<Money, Fail> {
        Ok(money(self.vault.assets.0, spot)? + quote_money(self.vault.quote)?)
    }

    /// What the contract would decide at this state.
    fn plan(
        &self,
        now: u64,
        spot: u64,
        sigma: u64,
        hedge: &Hedge,
        risk: &Risk,
    ) -> Result<(Plan, Assets), Refusal> {
        let keeper = self.setup.keeper();
        let fees = Fees {
            base: self.setup.base_fee.into(),
            byte: 0,
        };
        let bonus = reward::bonus(&keeper, &self.state, now);
        let reward = bonus.map_or(Assets::ZERO, |bonus| {
            reward::reward(&keeper, keeper.swap_gas, &fees, bonus, self.budget)
        });
        let rules = Rules::new(*hedge, *risk, &self.setup.venue(), self.state, now);
        let terms = Terms {
            proportional: self.setup.cost(),
            fixed: reward,
            ..Terms::FREE
        };
        let plan = rebalance::plan(
            &self.book(now),
            &Market::new(price(spot), sigma, hedge),
            &rules,
            &terms,
        )?;
        Ok((plan, reward))
    }

    fn book(&self, now: u64) -> Book<'_> {
        Book {
            vault: self.vault,
            series: &self.series,
            tenor_seconds: OPENED + self.setup.tenor_seconds - now,
            units: self.units,
        }
    }

    fn step(
        &mut self,
        step: usize,
        spot: u64,
        sigma: u64,
        hedge: &Hedge,
        risk: &Risk,
    ) -> Result<(), Fail> {
        let now = OPENED + step as u64 * self.setup.step_seconds;
        // The sale is an event for every rule: they differ in what they do afterwards.
        let opening = Hedge {
            triggers: hedge.triggers | TRIGGER_EVENT,
            ..*hedge
        };
        let hedge = if step == 0 { &opening } else { hedge };
        match self.plan(now, spot, sigma, hedge, risk) {
            Ok((plan, reward)) => {
                if self.setup.keeper_delay > 0 && step > 0 {
                    if self.state.triggered == 0 {
                        self.state.triggered = now;
                    }
                    if now - self.state.triggered < self.setup.keeper_delay {
                        return Ok(());
                    }
                }
                self.trade(&plan, spot)?;
                self.pay(reward, spot)?;
                self.state = HedgeState {
                    time: now,
                    price: price(spot),
                    volatility: sigma,
                    sold: self.series[0].sold,
                    triggered: 0,
                    rewarded: if reward.is_zero() {
                        self.state.rewarded
                    } else {
                        now
                    },
                };
                Ok(())
            }
            Err(
                Refusal::InsideBand { .. }
                | Refusal::BelowMinimumTrade { .. }
                | Refusal::NotWorthIt { .. },
            ) => {
                self.state.triggered = 0;
                Ok(())
            }
            Err(refusal) => Err(refused("a rebalance")(refusal)),
        }
    }

    /// Executes as a pool does: exact amount in, fee and slippage out of what comes back.
    fn trade(&mut self, plan: &Plan, spot: u64) -> Result<(), Fail> {
        let trade = &plan.trade;
        let lost = u128::from(self.setup.fee_pips + self.setup.slippage_pips);
        let whole = match trade.side {
            Side::Sell => self
                .units
                .quote_down(Assets(trade.amount_in), price(spot))
                .map(|quote| quote.0),
            Side::Buy => self
                .units
                .assets_down(Quote(trade.amount_in), price(spot))
                .map(|assets| assets.0),
        };
        let got = whole.ok_or(Fail::TooLarge)? / PIPS * (PIPS - lost)
            + whole.ok_or(Fail::TooLarge)? % PIPS * (PIPS - lost) / PIPS;
        if got < trade.min_out {
            return Err(Fail::BeyondSlippage {
                asked: trade.min_out,
                got,
            });
        }
        let before = self.value(spot)?;
        let Pot { assets, quote } = self.vault;
        let (assets, quote, worth) = match trade.side {
            Side::Sell => (
                assets.minus(Assets(trade.amount_in)),
                quote.plus(Quote(got)),
                money(trade.amount_in, spot)?,
            ),
            Side::Buy => (
                assets.plus(Assets(got)),
                quote.minus(Quote(trade.amount_in)),
                quote_money(Quote(trade.amount_in))?,
            ),
        };
        self.vault = Pot {
            assets: assets.ok_or(Fail::TooLarge)?,
            quote: quote.ok_or(Fail::TooLarge)?,
        };
        solvency::check(self.vault, &self.series, self.units)
            .map_err(refused("the book hedged"))?;
        let loss = before - self.value(spot)?;
        let fee = worth / PIPS as Money * Money::from(self.setup.fee_pips);
        self.outcome.fee += fee;
        self.outcome.slippage += loss - fee;
        self.outcome.turnover += worth;
        self.outcome.trades += 1;
        Ok(())
    }

    /// Pays the keeper from the budget, which is charged when it is used.
    fn pay(&mut self, reward: Assets, spot: u64) -> Result<(), Fail> {
        self.budget = self.budget.minus(reward).ok_or(Fail::TooLarge)?;
        let spent = u128::from(self.setup.gas) * u128::from(self.setup.base_fee);
        let gas = Assets(spent.min(reward.0));
        self.outcome.gas += money(gas.0, spot)?;
        self.outcome.bonus += money(reward.0 - gas.0, spot)?;
        Ok(())
    }

    fn settle(mut self, path: &Path, start: Money) -> Result<Outcome, Fail> {
        let end = path.prices[path.prices.len() - 1];
        let [series] = self.series;
        let paid = series.payoff(price(end)).0 / PRICE_STEP;
        self.outcome.payoff = money(
            series.sold.0,
            u64::try_from(paid).map_err(|_| Fail::TooLarge)?,
        )?;
        let end_value = self.value(end)? - self.outcome.payoff;
        self.outcome.pnl = end_value - start - self.outcome.gas - self.outcome.bonus;
        if self.setup.unwind {
            self.unwind(end, end_value)?;
        }
        let weight = f64::from(self.setup.weight_bps) / 1e4;
        let grown: f64 = path
            .prices
            .windows(2)
            .map(|two| 1.0 + weight * (two[1] as f64 / two[0] as f64 - 1.0))
            .product();
        self.outcome.benchmark = (start as f64 * (grown - 1.0)) as Money;
        Ok(self.outcome)
    }
}

impl Epoch<'_> {
    /// Charges what a trade back to the target exposure costs.
    fn unwind(&mut self, spot: u64, value: Money) -> Result<(), Fail> {
        let target = value / 10_000 * Money::from(self.setup.weight_bps);
        let worth = (money(self.vault.assets.0, spot)? - target).abs();
        let share = |pips: u32| worth / PIPS as Money * Money::from(pips);
        let (fee, slippage) = (share(self.setup.fee_pips), share(self.setup.slippage_pips));
        self.outcome.fee += fee;
        self.outcome.slippage += slippage;
        self.outcome.turnover += worth;
        self.outcome.pnl -= fee + slippage;
        Ok(())
    }
}

const NO_BUDGETS: Risk = Risk {
    gamma_bps: 0,
    vega_bps: 0,
    theta_bps: 0,
};

const NO_MARGINS: policy::Market = policy::Market {
    spot_margin_bps: 0,
    volatility_margin_bps: 0,
    sale_cutoff_seconds: 43_200,
    max_age_seconds: 3_600,
    settle_max_age_seconds: 3_600,
    sequencer_grace_seconds: 3_600,
    quote_max_age_seconds: 90_000,
};

/// A multiplier of one, because floor and cap are, and no fee.
const FLAT: policy::Sale = policy::Sale {
    kappa: WAD as u64,
    lead_bps: 0,
    floor_bps: 10_000,
    cap_bps: 10_000,
    fee_bps: 0,
    spread_bps: 0,
    quota_bps: 10_000,
};
