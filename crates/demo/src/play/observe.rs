//! Looking at the vault: its views, and what follows from them by the functions that the contract itself runs.

use testbed::{Abi, Errors, I256, U256, WAD};
use vault_core::greeks::PerSpot;
use vault_core::rebalance::{self, Book, HedgeState, Market, Rules, Terms, Valuation};
use vault_core::{Assets, Pot, Price, Quote, Refusal, Series, Units};

use super::cast::KIM;
use super::stage::{Stage, hours};
use crate::amount::{Dollars, Usdc, Weth};
use crate::fail::Fail;
use crate::model::{Bucket, Buckets, Greeks, Hour, Keeper, SeriesHour, State};

/// The vault's holdings, debts and exposure at a moment.
pub struct Position {
    pub phase: &'static str,
    pub series: Vec<(U256, Series)>,
    pub valuation: Valuation,
    /// Per unit of spot, one for each series.
    pub greeks: Vec<PerSpot>,
    pub target: i128,
    pub band: u128,
    /// What `rebalance` would decide.
    pub plan: Result<rebalance::Plan, Refusal>,
}

impl Position {
    pub fn read(stage: &Stage) -> Result<Self, Fail> {
        let world = &stage.world;
        let epoch = world.view(&Abi::epochCall {});
        let ledger = world.ledger();
        let phase = phase(epoch.phase);
        // While an expired epoch waits to be settled its options are worth what they would be paid now.
        let open = matches!(phase, "live" | "expired");
        let series = if open { stage.series()? } else { Vec::new() };
        let terms: Vec<Series> = series.iter().map(|(_, series)| *series).collect();
        let book = Book {
            vault: Pot {
                assets: Assets(ledger.vaultAssets.saturating_to()),
                quote: Quote(ledger.vaultQuote.saturating_to()),
            },
            series: &terms,
            tenor_seconds: epoch
                .expiry
                .saturating_to::<u64>()
                .saturating_sub(world.chain.now()),
            units: Units::new(18, 6).ok_or_else(|| Fail::Disagrees("decimals".into()))?,
        };
        let volatility = world.view(&Abi::volatilityCall {}).saturating_to();
        let policy = &stage.policy;
        let market = Market::new(Price(stage.price), volatility, &policy.hedge);
        let native =
            |refusal: Refusal| Fail::Disagrees(format!("the book cannot be valued: {refusal:?}"));
        let valuation = rebalance::value(&book, &market).map_err(native)?;
        let greeks = terms
            .iter()
            .map(|one| {
                let tenor = book.tenor_seconds.saturating_sub(one.early.into());
                PerSpot::at(one, market.spot, volatility, tenor).map_err(native)
            })
            .collect::<Result<_, _>>()?;
        let now = world.chain.now();
        let state = HedgeState::default();
        let rules = Rules::new(policy.hedge, policy.risk, &policy.venue, state, now);
        // The policy of the demo has no gate: what a trade costs does not decide.
        let plan = rebalance::plan(&book, &market, &rules, &Terms::FREE);
        let (target, band) = match &plan {
            Ok(plan) => (plan.target, plan.band),
            Err(Refusal::InsideBand { target, band, .. }) => (*target, *band),
            Err(_) => (valuation.exposure, 0),
        };
        Ok(Self {
            phase,
            series,
            valuation,
            greeks,
            target,
            band,
            plan,
        })
    }

    pub fn state(&self) -> State {
        let (exposure, nav) = (
            Weth(self.valuation.exposure),
            Weth::from(self.valuation.nav.0),
        );
        let exposure_of_nav = if nav.0 == 0 {
            0.0
        } else {
            exposure.0 as f64 / nav.0 as f64
        };
        State {
            exposure,
            nav,
            exposure_of_nav,
        }
    }
}

fn phase(word: U256) -> &'static str {
    match word.saturating_to::<u8>() {
        0 => "open",
        1 => "live",
        2 => "expired",
        _ => "settled",
    }
}

impl Stage<'_> {
    /// Holds what `previewRebalance` says against what follows from the views.
    pub fn agrees(&self) -> Result<(), Fail> {
        let position = self.position()?;
        let told = self
            .world
            .simulate(KIM.address(), &Abi::previewRebalanceCall {});
        let signed = |word: I256| i128::try_from(word).unwrap_or(i128::MAX);
        let told: Result<(i128, i128, u128, u128, u128), &Errors> = match &told {
            Ok(done) => {
                let value = &done.value;
                let (band, trade, out) = (
                    value.band.saturating_to(),
                    value.trade.saturating_to(),
                    value.minOut.saturating_to(),
                );
                Ok((
                    signed(value.exposure),
                    signed(value.target),
                    band,
                    trade,
                    out,
                ))
            }
            Err(refused) => match &refused.error {
                Some(error) => Err(error),
                None => {
                    return Err(Fail::Disagrees(format!(
                        "previewRebalance: {}",
                        refused.status
                    )));
                }
            },
        };
        let same = match (&position.plan, told) {
            (Ok(plan), Ok(told)) => {
                told == (
                    plan.valuation.exposure,
                    plan.target,
                    plan.band,
                    plan.trade.assets.0,
                    plan.trade.min_out,
                )
            }
            (
                Err(Refusal::InsideBand {
                    exposure,
                    target,
                    band,
                }),
                Err(Errors::InsideBand(error)),
            ) => {
                (*exposure, *target, *band)
                    == (
                        signed(error.exposure),
                        signed(error.target),
                        error.band.saturating_to(),
                    )
            }
            (
                Err(Refusal::BelowMinimumTrade { trade, .. }),
                Err(Errors::BelowMinimumTrade(error)),
            ) => *trade == error.trade.saturating_to::<u128>(),
            _ => false,
        };
        if same {
            return Ok(());
        }
        let what = format!(
            "at {}: previewRebalance says {told:?}, the views give {:?}",
            crate::amount::clock(self.world.chain.now()),
            position.plan
        );
        Err(Fail::Disagrees(what))
    }

    /// Records the state.
    pub fn observe(&mut self, keeper: Keeper) -> Result<(), Fail> {
        let position = self.position()?;
        let time = self.world.chain.now();
        let total_assets: u128 = self.world.view(&Abi::totalAssetsCall {}).saturating_to();
        let supply: u128 = self.world.view(&Abi::totalSupplyCall {}).saturating_to();
        // Shares have three decimals more than the asset.
        let share_price = (supply > 0).then(|| total_assets as f64 * 1_000.0 / supply as f64);
        let hour = Hour {
            hour: hours(time),
            time,
            price: Dollars(self.price),
            pool_price: Dollars(self.world.pool_price()),
            phase: position.phase,
            state: position.state(),
            target: Weth(position.target),
            band: Weth::from(position.band),
            total_assets: total_assets.into(),
            supply: supply.to_string(),
            share_price,
            ledger: self.ledger(),
            keeper,
            series: self.greeks(&position),
        };
        self.hours.push(hour);
        Ok(())
    }

    /// The ledger by name.
    pub fn ledger(&self) -> Buckets {
        let l = self.world.ledger();
        let bucket = |assets: U256, quote: U256| Bucket {
            assets: Weth::from(assets.saturating_to::<u128>()),
            quote: Usdc::from(quote.saturating_to::<u128>()),
        };
        Buckets {
            vault: bucket(l.vaultAssets, l.vaultQuote),
            queued: bucket(l.queuedAssets, l.queuedQuote),
            claimable: bucket(l.claimableAssets, l.claimableQuote),
            payouts: bucket(l.payoutAssets, l.payoutQuote),
            reserves: bucket(l.reserveAssets, l.reserveQuote),
            keeper: bucket(l.keeperAssets, l.keeperQuote),
        }
    }

    fn greeks(&self, position: &Position) -> Vec<SeriesHour> {
        let spot = self.price as f64 / 1e18;
        let wad = WAD as f64;
        let in_quote = |one: &PerSpot| Greeks {
            price: one.price as f64 / wad * spot,
            delta: one.delta as f64 / wad,
            gamma: one.spot_gamma as f64 / wad / 100.0,
            vega: one.vega as f64 / wad * spot / 100.0,
            theta: one.theta as f64 / wad * spot,
        };
        let one = |((id, series), fresh): (&(U256, Series), &PerSpot)| {
            let view = self.world.view(&Abi::seriesCall { id: *id });
            let signed = |word: I256| i128::try_from(word).unwrap_or_default();
            let shown = PerSpot {
                price: view.price.saturating_to(),
                delta: view.delta.saturating_to(),
                spot_gamma: signed(view.spotGamma),
                vega: signed(view.vega),
                theta: signed(view.thetaPerDay),
            };
            SeriesHour {
                id: id.saturating_to(),
                sold: Weth::from(series.sold.0),
                fresh: in_quote(fresh),
                shown: in_quote(&shown),
            }
        };
        let all = position.series.iter().zip(&position.greeks);
        all.map(one).collect()
    }
}
