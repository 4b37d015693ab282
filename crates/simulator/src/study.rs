//! The experiment: rules are swept, the gated band is trained on paths of its own, and all are compared at equal friction on fresh ones.

use serde::Serialize;

use crate::Fail;
use crate::epoch::{Outcome, Path, Setup, play};
use crate::random::generator;
use crate::rules::{FAMILIES, Family, GATES, Skew};
use crate::stats::{Interval, Moments, Sample, at_friction, between, crossing, frontier, resample};

/// Total friction at which rules are compared, basis points of notional, unless others are asked for.
pub const LEVELS: [f64; 3] = [6.0, 8.0, 10.0];
/// Resamples of the bootstrap.
const RESAMPLES: u64 = 400;

/// Paths to play.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// What is printed.
    pub name: String,
    /// Fresh paths: what is reported.
    pub fresh: Vec<Path>,
    /// Paths that parameters are chosen on.
    pub training: Vec<Path>,
    /// How many neighbouring paths overlap.
    pub block: usize,
    /// What the minimum-variance delta assumes.
    pub skew: Skew,
}

/// One rule at one value of its parameter.
#[derive(Clone, Debug, Serialize)]
pub struct Point {
    /// The parameter.
    pub value: f64,
    /// Profit and loss, and friction.
    #[serde(flatten)]
    pub moments: Moments,
    /// Trades, mean.
    pub trades: f64,
    /// Parts of the friction, means, basis points of notional.
    pub parts: Parts,
    /// Every path.
    #[serde(skip)]
    pub sample: Sample,
}

/// Means over paths, basis points of notional.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Parts {
    /// Fees of the pool.
    pub fee: f64,
    /// Slippage.
    pub slippage: f64,
    /// Gas.
    pub gas: f64,
    /// Rewards beyond gas.
    pub bonus: f64,
    /// Premium of the options.
    pub premium: f64,
    /// What they paid.
    pub payoff: f64,
}

/// A rule over its grid.
#[derive(Clone, Debug)]
pub struct Swept {
    /// The rule.
    pub family: Family,
    /// Along the grid.
    pub points: Vec<Point>,
}

/// A rule in the report.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Its name.
    pub rule: String,
    /// What is swept.
    pub parameter: &'static str,
    /// The whole sweep.
    pub points: Vec<Point>,
    /// At each level.
    pub levels: Vec<Level>,
}

/// A rule at one level of friction.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Level {
    /// Standard deviation of profit and loss, and the bootstrap's interval.
    pub sd: Option<Interval>,
    /// Mean of profit and loss there: linear between neighbours.
    pub mean: Option<f64>,
    /// How much more it deviates than the gated band at the friction which that one has, on common paths.
    pub excess: Option<Interval>,
}

/// The gated band as trained for one level.
#[derive(Clone, Debug, Serialize)]
pub struct Chosen {
    /// The level.
    pub level: f64,
    /// Gate and horizon.
    pub rule: String,
    /// Risk aversion.
    pub risk_aversion: f64,
    /// Standard deviation on the training paths, interpolated.
    pub training_sd: f64,
    /// On the fresh paths.
    pub fresh: Point,
    /// Interval of its standard deviation.
    pub sd: Option<Interval>,
}

/// All rules in one scenario.
#[derive(Clone, Debug, Serialize)]
pub struct Study {
    /// The scenario.
    pub market: String,
    /// The vault and its costs.
    pub setup: Setup,
    /// Total friction at which rules are compared, basis points of notional.
    pub levels: [f64; 3],
    /// Fresh paths.
    pub paths: usize,
    /// Training paths.
    pub training_paths: usize,
    /// Fixed rules and the ungated band.
    pub rows: Vec<Row>,
    /// The gated band, for every level that training reached.
    pub chosen: Vec<Chosen>,
}

/// Plays a rule on paths, on all cores; the result does not depend on how many.
///
/// # Errors
/// The first of [`play`]'s.
pub fn run(
    setup: &Setup,
    family: Family,
    value: f64,
    skew: Skew,
    paths: &[Path],
) -> Result<Point, Fail> {
    let rule = family.rule(value, setup, skew);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let share = paths.len().div_ceil(cores).max(1);
    let outcomes: Vec<Result<Vec<Outcome>, Fail>> = std::thread::scope(|scope| {
        let workers: Vec<_> = paths
            .chunks(share)
            .map(|paths| {
                let rule = &rule;
                scope.spawn(move || paths.iter().map(|path| play(setup, rule, path)).collect())
            })
            .collect();
        workers
            .into_iter()
            .map(|worker| match worker.join() {
                Ok(outcomes) => outcomes,
                Err(panic) => std::panic::resume_unwind(panic),
            })
            .collect()
    });
    let mut all = Vec::with_capacity(paths.len());
    for some in outcomes {
        all.extend(some?);
    }
    Ok(point(value, &all))
}

fn point(value: f64, outcomes: &[Outcome]) -> Point {
    let n = outcomes.len() as f64;
    let mean =
        |of: fn(&Outcome) -> i128| outcomes.iter().map(|one| one.bps(of(one))).sum::<f64>() / n;
    let sample = Sample {
        pnl: outcomes.iter().map(Outcome::hedged_bps).collect(),
        friction: outcomes.iter().map(|one| one.bps(one.friction())).collect(),
    };
    Point {
        value,
        moments: sample.all(),
        trades: outcomes
            .iter()
            .map(|one| f64::from(one.trades))
            .sum::<f64>()
            / n,
        parts: Parts {
            fee: mean(|one| one.fee),
            slippage: mean(|one| one.slippage),
            gas: mean(|one| one.gas),
            bonus: mean(|one| one.bonus),
            premium: mean(|one| one.premium),
            payoff: mean(|one| one.payoff),
        },
        sample,
    }
}

/// Plays a rule over its grid.
///
/// # Errors
/// As [`run`].
pub fn sweep(setup: &Setup, family: Family, skew: Skew, paths: &[Path]) -> Result<Swept, Fail> {
    let points = family
        .grid()
        .into_iter()
        .map(|value| run(setup, family, value, skew, paths))
        .collect::<Result<_, _>>()?;
    Ok(Swept { family, points })
}

impl Swept {
    fn frontier(&self) -> Vec<(f64, f64)> {
        let moments: Vec<_> = self.points.iter().map(|point| point.moments).collect();
        frontier(&moments)
    }

    /// Standard deviation at a friction.
    #[must_use]
    pub fn sd(&self, friction: f64) -> Option<f64> {
        at_friction(&self.frontier(), friction)
    }

    /// The two points that a friction lies between, where the deviation is least, and the share of the way.
    fn around(&self, friction: f64) -> Option<(&Point, &Point, f64)> {
        let (index, share, _) = crossing(&self.frontier(), friction)?;
        Some((self.points.get(index)?, self.points.get(index + 1)?, share))
    }

    /// The parameter at a friction.
    #[must_use]
    pub fn value(&self, friction: f64) -> Option<f64> {
        self.around(friction)
            .map(|(from, to, share)| between(from.value, to.value, share))
    }

    fn mean(&self, friction: f64) -> Option<f64> {
        self.around(friction).map(|(from, to, share)| {
            from.moments.mean + (to.moments.mean - from.moments.mean) * share
        })
    }

    fn resampled(&self, counts: &[u32]) -> Vec<(f64, f64)> {
        let moments: Vec<_> = self
            .points
            .iter()
            .map(|point| point.sample.moments(counts))
            .collect();
        frontier(&moments)
    }
}

/// Chooses gate, horizon and risk aversion for a friction: the least standard deviation among the sweeps, on the paths they were swept on.
#[must_use]
pub fn train(swept: &[Swept], friction: f64) -> Option<(Family, f64, f64)> {
    swept
        .iter()
        .filter_map(|one| Some((one.family, one.value(friction)?, one.sd(friction)?)))
        .min_by(|a, b| a.2.total_cmp(&b.2))
}

/// Trains, sweeps and compares.
///
/// # Errors
/// As [`run`].
pub fn compare(
    setup: &Setup,
    scenario: &Scenario,
    levels: [f64; 3],
    seed: u64,
) -> Result<Study, Fail> {
    let mut trained = Vec::new();
    for family in GATES {
        trained.push(sweep(setup, family, scenario.skew, &scenario.training)?);
    }
    let mut chosen = Vec::new();
    for level in levels {
        if let Some((family, value, training_sd)) = train(&trained, level) {
            chosen.push(Chosen {
                level,
                rule: family.name(),
                risk_aversion: value,
                training_sd,
                fresh: run(setup, family, value, scenario.skew, &scenario.fresh)?,
                sd: None,
            });
        }
    }
    let mut swept = Vec::new();
    for family in FAMILIES {
        swept.push(sweep(setup, family, scenario.skew, &scenario.fresh)?);
    }
    let draws: Vec<_> = (0..RESAMPLES)
        .map(|draw| {
            resample(
                &mut generator(seed, u64::MAX - draw),
                scenario.fresh.len(),
                scenario.block,
            )
        })
        .collect();
    for one in &mut chosen {
        let drawn: Vec<_> = draws
            .iter()
            .map(|counts| Some(one.fresh.sample.moments(counts).sd))
            .collect();
        one.sd = Interval::of(Some(one.fresh.moments.sd), &drawn);
    }
    Ok(Study {
        market: scenario.name.clone(),
        setup: *setup,
        levels,
        paths: scenario.fresh.len(),
        training_paths: scenario.training.len(),
        rows: swept
            .into_iter()
            .map(|one| row(one, levels, &chosen, &draws))
            .collect(),
        chosen,
    })
}

fn row(swept: Swept, levels: [f64; 3], chosen: &[Chosen], draws: &[Vec<u32>]) -> Row {
    let frontiers: Vec<_> = draws.iter().map(|counts| swept.resampled(counts)).collect();
    let levels = levels
        .iter()
        .map(|level| {
            let sds: Vec<_> = frontiers
                .iter()
                .map(|one| at_friction(one, *level))
                .collect();
            let gated = chosen.iter().find(|one| one.level == *level);
            let excess = gated.and_then(|gated| {
                let there = gated.fresh.moments;
                let drawn: Vec<_> = draws
                    .iter()
                    .zip(&frontiers)
                    .map(|(counts, frontier)| {
                        let there = gated.fresh.sample.moments(counts);
                        Some(at_friction(frontier, there.friction)? - there.sd)
                    })
                    .collect();
                Interval::of(Some(swept.sd(there.friction)? - there.sd), &drawn)
            });
            Level {
                sd: Interval::of(swept.sd(*level), &sds),
                mean: swept.mean(*level),
                excess,
            }
        })
        .collect();
    Row {
        rule: swept.family.name(),
        parameter: swept.family.parameter(),
        points: swept.points,
        levels,
    }
}

/// What one estimate of volatility brings on candles, with the Whalley–Wilmott band.
#[derive(Clone, Debug, Serialize)]
pub struct Comparison {
    /// The estimate.
    pub name: String,
    /// Standard deviations at each level.
    pub levels: [Option<f64>; 3],
    /// The least of the sweep.
    pub least: Moments,
    /// Standard deviation without a hedge.
    pub unhedged: f64,
    /// How much more the first row's least deviates than this one's, on common windows.
    pub gain: Option<Interval>,
    /// The sweep.
    pub points: Vec<Point>,
}

/// Compares estimates on common windows; `block` neighbours overlap.
///
/// # Errors
/// As [`run`].
pub fn estimates(
    setup: &Setup,
    rows: &[(String, Vec<Path>, Skew)],
    block: usize,
    levels: [f64; 3],
    seed: u64,
) -> Result<Vec<Comparison>, Fail> {
    let mut all: Vec<Comparison> = Vec::new();
    for (name, paths, skew) in rows {
        let swept = sweep(setup, Family::Adaptive, *skew, paths)?;
        let unhedged = run(setup, Family::None, 0.0, *skew, paths)?.moments.sd;
        let Some(best) = least(&swept.points) else {
            continue;
        };
        let gain = all
            .first()
            .and_then(|first| least(&first.points))
            .map(|first| {
                let draws: Vec<_> = (0..RESAMPLES)
                    .map(|draw| {
                        let counts =
                            resample(&mut generator(seed, u64::MAX - draw), paths.len(), block);
                        Some(first.sample.moments(&counts).sd - best.sample.moments(&counts).sd)
                    })
                    .collect();
                Interval::of(Some(first.moments.sd - best.moments.sd), &draws)
            });
        all.push(Comparison {
            name: name.clone(),
            levels: levels.map(|level| swept.sd(level)),
            least: best.moments,
            unhedged,
            gain: gain.flatten(),
            points: swept.points.clone(),
        });
    }
    Ok(all)
}

fn least(points: &[Point]) -> Option<&Point> {
    points
        .iter()
        .min_by(|a, b| a.moments.sd.total_cmp(&b.moments.sd))
}
