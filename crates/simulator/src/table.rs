//! From arguments to what is printed.

use serde::Serialize;

use crate::Fail;
use crate::candles::{self, Candles};
use crate::epoch::{Path, Setup};
use crate::estimate::Estimator;
use crate::market::{Process, YEAR};
use crate::options::Options;
use crate::rules::Skew;
use crate::study::{Comparison, LEVELS, Scenario, Study, compare, estimates};
use crate::{plot, report};

/// Where random paths start.
const SPOT: f64 = 2_000.0;
/// Number of the first training path: fresh ones never come as far.
const TRAINING: u64 = 1 << 32;
const HOUR: u64 = 3_600;
const DAY: u32 = 86_400;
/// Hours of candles before the first epoch, for estimates to forget where they started.
const BURN_IN: usize = 720;

#[derive(Serialize)]
struct Data<'a> {
    seed: u64,
    studies: &'a [Study],
    estimates: &'a [Comparison],
}

/// Runs what is asked; text or JSON.
///
/// # Errors
/// Any [`Fail`].
pub fn make(options: &Options) -> Result<String, Fail> {
    let (studies, estimates) = match &options.data {
        Some(file) => on_candles(options, &candles::read(file)?)?,
        None => (on_markets(options)?, Vec::new()),
    };
    if let Some(file) = &options.plot {
        plot::write(file, &studies)?;
    }
    if options.json {
        let data = Data {
            seed: options.seed,
            studies: &studies,
            estimates: &estimates,
        };
        return serde_json::to_string(&data)
            .map(|json| json + "\n")
            .map_err(|error| Fail::BadArgument(error.to_string()));
    }
    let plain = Setup {
        assets: options.setup.assets,
        ..Setup::default()
    };
    let alike = options.setup == plain
        && options.sigma == 0.8
        && options.skew == Skew::default()
        && options.levels == LEVELS;
    let mut text = String::new();
    if !estimates.is_empty() {
        text += &report::estimators(&estimates, options.levels);
    }
    for study in &studies {
        text += &report::study(study, alike && study.market == "gbm");
    }
    Ok(text)
}

fn on_markets(options: &Options) -> Result<Vec<Study>, Fail> {
    let mut studies = Vec::new();
    for name in &options.markets {
        let mut setup = options.setup;
        let process = match name.as_str() {
            "jumps" => Process::jumps(options.sigma),
            "heston" => Process::heston(options.sigma),
            _ => Process::Brownian {
                sigma: options.sigma,
            },
        };
        let mut title = name.clone();
        if name == "gas" {
            // A vault of 10 at 0.1 gwei: a trade costs 0.05 bps of notional whatever its size.
            setup.assets = 10 * vault_core::WAD;
            setup.base_fee = setup.base_fee.max(100_000_000);
            title = format!("gbm, a vault of 10 at {} gwei", setup.base_fee as f64 / 1e9);
        }
        let estimator = Estimator::Constant {
            sigma: process.volatility(),
        };
        let paths = |first: u64, n: usize| -> Result<Vec<Path>, Fail> {
            (first..first + n as u64)
                .map(|number| {
                    let seconds = setup.step_seconds;
                    let prices =
                        process.path(SPOT, setup.steps(), seconds as f64, options.seed, number);
                    Ok(Path {
                        sigmas: estimator.along(&prices, seconds)?,
                        prices,
                    })
                })
                .collect()
        };
        let scenario = Scenario {
            name: title,
            fresh: paths(0, options.paths)?,
            training: paths(TRAINING, options.training)?,
            block: 1,
            skew: options.skew,
        };
        studies.push(compare(&setup, &scenario, options.levels, options.seed)?);
    }
    Ok(studies)
}

/// Root of the mean squared hourly return, annualised.
#[must_use]
pub fn realised(closes: &[u64]) -> f64 {
    let squares: f64 = closes
        .windows(2)
        .map(|two| (two[1] as f64 / two[0] as f64).ln().powi(2))
        .sum();
    let n = closes.len().saturating_sub(1).max(1);
    (squares / n as f64 * YEAR / HOUR as f64).sqrt()
}

/// Epochs that open every so many hours, each with what was estimated by then.
fn windows(
    candles: &Candles,
    estimator: Estimator,
    setup: &Setup,
    every: usize,
) -> Result<Vec<Path>, Fail> {
    let sigmas = estimator.along(&candles.closes, HOUR)?;
    let steps = setup.steps();
    let last = candles.closes.len() - steps;
    Ok((BURN_IN..last)
        .step_by(every)
        .map(|start| Path {
            prices: candles.closes[start..=start + steps].to_vec(),
            sigmas: sigmas[start..=start + steps].to_vec(),
        })
        .collect())
}

/// Half-lives that are tried, days.
const HALF_LIVES: [u32; 6] = [1, 2, 4, 7, 14, 30];
/// Slopes of volatility that are tried for the minimum-variance delta, basis points, and whether it falls.
const SLOPES: [(u16, bool); 6] = [
    (2_500, true),
    (5_000, true),
    (10_000, true),
    (2_500, false),
    (5_000, false),
    (10_000, false),
];

/// A file of candles under one setup.
struct Market<'a> {
    candles: &'a Candles,
    setup: Setup,
    every: usize,
    seed: u64,
}

impl Market<'_> {
    fn ewma(&self, days: u32) -> Estimator {
        Estimator::Ewma {
            start: realised(&self.candles.closes[..BURN_IN]),
            half_life_seconds: days * DAY,
        }
    }

    fn windows(&self, estimator: Estimator) -> Result<Vec<Path>, Fail> {
        windows(self.candles, estimator, &self.setup, self.every)
    }

    /// How many neighbouring windows overlap.
    fn block(&self) -> usize {
        self.setup.steps().div_ceil(self.every).max(1)
    }

    /// Windows that end before the second half begins, and those of the second half.
    fn halves(&self, mut paths: Vec<Path>) -> (Vec<Path>, Vec<Path>) {
        let second = paths.split_off(paths.len() / 2);
        paths.truncate(paths.len() - self.block());
        (paths, second)
    }

    /// The half-life with the least deviation, on the first half alone, like everything that is chosen.
    fn half_life(&self) -> Result<u32, Fail> {
        let mut best = (HALF_LIVES[0], f64::INFINITY);
        for days in HALF_LIVES {
            let (first, _) = self.halves(self.windows(self.ewma(days))?);
            let row = (String::new(), first, Skew::default());
            let tried = estimates(&self.setup, &[row], self.block(), LEVELS, self.seed)?;
            if let Some(sd) = tried.first().map(|one| one.least.sd)
                && sd < best.1
            {
                best = (days, sd);
            }
        }
        Ok(best.0)
    }
}

fn on_candles(options: &Options, candles: &Candles) -> Result<(Vec<Study>, Vec<Comparison>), Fail> {
    let setup = Setup {
        step_seconds: HOUR,
        ..options.setup
    };
    let needs = BURN_IN + setup.steps() + 40 * options.every;
    if candles.closes.len() < needs {
        return Err(Fail::TooFewCandles {
            candles: candles.closes.len(),
            needs,
        });
    }
    let market = Market {
        candles,
        setup,
        every: options.every,
        seed: options.seed,
    };
    let sigma = realised(&candles.closes);
    let constant = Estimator::Constant { sigma };
    let days = market.half_life()?;
    let mut rows = vec![(
        format!("constant {sigma:.2}, the whole file's (hindsight)"),
        market.windows(constant)?,
        Skew::default(),
    )];
    for days in HALF_LIVES {
        let name = format!("EWMA, half-life {days} d");
        rows.push((name, market.windows(market.ewma(days))?, Skew::default()));
    }
    for (bps, down) in SLOPES {
        let name = format!(
            "EWMA {days} d, minimum-variance delta, slope {}{:.2}",
            if down { "-" } else { "+" },
            f64::from(bps) / 1e4
        );
        rows.push((name, market.windows(market.ewma(days))?, Skew { bps, down }));
    }
    let compared = estimates(&setup, &rows, market.block(), options.levels, options.seed)?;
    let mut studies = Vec::new();
    for (name, estimator) in [
        (format!("candles, constant {sigma:.2}"), constant),
        (
            format!("candles, EWMA of {days} d (chosen on the first half)"),
            market.ewma(days),
        ),
    ] {
        let (training, fresh) = market.halves(market.windows(estimator)?);
        let scenario = Scenario {
            name,
            fresh,
            training,
            block: market.block(),
            skew: options.skew,
        };
        studies.push(compare(&setup, &scenario, options.levels, options.seed)?);
    }
    Ok((studies, compared))
}
