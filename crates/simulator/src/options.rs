//! Arguments.

use std::ffi::OsString;

use crate::Fail;
use crate::epoch::Setup;
use crate::rules::Skew;
use crate::study::LEVELS;

/// What `--help` prints.
pub const HELP: &str = "\
What hedging the vault buys and costs: rules compared at equal total friction, with the contract's own decisions.

usage: hedge-table [options]

  --paths N          fresh paths of every random market                       1000
  --train-paths N    paths that the gated band is trained on                  half of them
  --seed S           seed of both                                             1
  --markets LIST     of gbm, jumps, heston, gas (a small vault that feels it) all
  --data FILE        hourly candles instead: open_time_unix,open,high,low,close, or an exchange's export
  --every HOURS      with --data, an epoch opens so often                     24
  --levels A,B,C     total friction at which rules are compared, bps          6,8,10
  --json             data instead of the table
  --plot FILE        the frontiers as one .svg, or in a page if it ends in .html

  --sigma X          volatility of random markets, a year                     0.8
  --step SECONDS     from block to block                                      3600
  --delta BPS        delta at which the strike is solved                      2000
  --size BPS         share of the vault that options are written on           8000
  --weight BPS       target exposure of the vault: 0 neutral in quote         0
  --fee BPS          pool fee                                                 5
  --slippage BPS     slippage                                                 1
  --assets N         vault, in the asset                                      1000
  --gas N            gas of a rebalance                                       400000
  --base-fee GWEI    what it costs                                            0
  --keeper-delay S   how long a keeper waits once a trigger holds             0
  --no-unwind        leave the hedge as it is at expiry
  --skew BPS         slope of volatility for the minimum-variance delta; negative: falls as the price rises
";

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Fresh paths.
    pub paths: usize,
    /// Training paths.
    pub training: usize,
    /// Seed.
    pub seed: u64,
    /// Random markets, by name.
    pub markets: Vec<String>,
    /// A file of candles.
    pub data: Option<String>,
    /// Hours from one epoch to the next on candles.
    pub every: usize,
    /// JSON.
    pub json: bool,
    /// Where the plot goes.
    pub plot: Option<String>,
    /// Total friction at which rules are compared, basis points of notional.
    pub levels: [f64; 3],
    /// Volatility.
    pub sigma: f64,
    /// The vault and its costs.
    pub setup: Setup,
    /// For the minimum-variance delta.
    pub skew: Skew,
}

/// What the arguments ask.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// Print [`HELP`].
    Help,
    /// Run.
    Run(Box<Options>),
}

const MARKETS: [&str; 4] = ["gbm", "jumps", "heston", "gas"];

/// Reads arguments.
///
/// # Errors
/// [`Fail::BadArgument`], [`Fail::OutOfRange`].
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Request, Fail> {
    use lexopt::prelude::{Long, Short};
    let mut parser = lexopt::Parser::from_args(arguments);
    let mut training = None;
    let mut options = Options {
        paths: 1_000,
        training: 0,
        seed: 1,
        markets: MARKETS.map(str::to_owned).to_vec(),
        data: None,
        every: 24,
        json: false,
        plot: None,
        levels: LEVELS,
        sigma: 0.8,
        setup: Setup::default(),
        skew: Skew::default(),
    };
    let bad = |error: lexopt::Error| Fail::BadArgument(error.to_string());
    while let Some(argument) = parser.next().map_err(bad)? {
        let name = match argument {
            Short('h') => return Ok(Request::Help),
            Long(name) => name.to_owned(),
            other => return Err(bad(other.unexpected())),
        };
        match name.as_str() {
            "help" => return Ok(Request::Help),
            "json" => options.json = true,
            "no-unwind" => options.setup.unwind = false,
            _ => {
                let value = parser.value().map_err(bad)?;
                let value = value.to_string_lossy().into_owned();
                if name == "train-paths" {
                    training = Some(number("--train-paths", &value, 20, 1_000_000)? as usize);
                } else {
                    options.set(&name, value)?;
                }
            }
        }
    }
    options.training = training.unwrap_or((options.paths / 2).max(20));
    let setup = &options.setup;
    if !setup.tenor_seconds.is_multiple_of(setup.step_seconds) {
        return Err(Fail::OutOfRange {
            option: "--step",
            got: setup.step_seconds.to_string(),
            takes: "a divisor of a week in seconds",
        });
    }
    Ok(Request::Run(Box::new(options)))
}

fn number(option: &'static str, value: &str, least: u64, most: u64) -> Result<u64, Fail> {
    value
        .parse()
        .ok()
        .filter(|value| (least..=most).contains(value))
        .ok_or_else(|| Fail::OutOfRange {
            option,
            got: value.to_owned(),
            takes: "a whole number within its range (--help)",
        })
}

fn decimal(option: &'static str, value: &str, least: f64, most: f64) -> Result<f64, Fail> {
    value
        .parse()
        .ok()
        .filter(|value| (least..=most).contains(value))
        .ok_or_else(|| Fail::OutOfRange {
            option,
            got: value.to_owned(),
            takes: "a number within its range (--help)",
        })
}

/// Three ascending levels of friction.
fn levels(value: &str) -> Result<[f64; 3], Fail> {
    let levels = value
        .split(',')
        .map(|level| decimal("--levels", level, 0.1, 1_000.0))
        .collect::<Result<Vec<_>, _>>()?;
    <[f64; 3]>::try_from(levels)
        .ok()
        .filter(|levels| levels.is_sorted())
        .ok_or_else(|| Fail::OutOfRange {
            option: "--levels",
            got: value.to_owned(),
            takes: "three ascending numbers with commas between",
        })
}

impl Options {
    fn set(&mut self, name: &str, value: String) -> Result<(), Fail> {
        let setup = &mut self.setup;
        match name {
            "paths" => self.paths = number("--paths", &value, 20, 1_000_000)? as usize,
            "seed" => self.seed = number("--seed", &value, 0, u64::MAX)?,
            "markets" => {
                self.markets = value.split(',').map(str::to_owned).collect();
                if let Some(unknown) = self
                    .markets
                    .iter()
                    .find(|name| !MARKETS.contains(&name.as_str()))
                {
                    return Err(Fail::OutOfRange {
                        option: "--markets",
                        got: unknown.clone(),
                        takes: "names of gbm, jumps, heston, gas with commas between",
                    });
                }
            }
            "data" => self.data = Some(value),
            "every" => self.every = number("--every", &value, 1, 8_760)? as usize,
            "levels" => self.levels = levels(&value)?,
            "plot" => self.plot = Some(value),
            "sigma" => self.sigma = decimal("--sigma", &value, 0.1, 2.5)?,
            "step" => setup.step_seconds = number("--step", &value, 60, 86_400)?,
            "delta" => setup.delta_bps = number("--delta", &value, 100, 5_000)? as u16,
            "size" => setup.size_bps = number("--size", &value, 100, 10_000)? as u16,
            "weight" => setup.weight_bps = number("--weight", &value, 0, 10_000)? as u16,
            "fee" => setup.fee_pips = (decimal("--fee", &value, 0.0, 20.0)? * 100.0).round() as u32,
            "slippage" => {
                setup.slippage_pips =
                    (decimal("--slippage", &value, 0.0, 9.0)? * 100.0).round() as u32
            }
            "assets" => {
                setup.assets =
                    u128::from(number("--assets", &value, 1, 1_000_000)?) * vault_core::WAD
            }
            "gas" => setup.gas = number("--gas", &value, 0, 2_000_000)? as u32,
            "base-fee" => {
                setup.base_fee = (decimal("--base-fee", &value, 0.0, 1_000.0)? * 1e9).round() as u64
            }
            "keeper-delay" => setup.keeper_delay = number("--keeper-delay", &value, 0, 86_400)?,
            "skew" => {
                let skew = decimal("--skew", &value, -20_000.0, 20_000.0)?;
                self.skew = Skew {
                    bps: skew.abs().round() as u16,
                    down: skew < 0.0,
                };
            }
            other => return Err(Fail::BadArgument(format!("--{other} is not an option"))),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(arguments: &[&str]) -> Result<Request, Fail> {
        parse(arguments.iter().map(OsString::from))
    }

    #[test]
    fn options_are_read_and_others_are_named() {
        let Ok(Request::Run(options)) = of(&[
            "--paths",
            "40",
            "--sigma=0.5",
            "--skew",
            "-300",
            "--fee",
            "3",
            "--json",
        ]) else {
            panic!("refused");
        };
        assert_eq!(
            (options.paths, options.training, options.sigma),
            (40, 20, 0.5)
        );
        assert!(
            options.json
                && options.skew
                    == Skew {
                        bps: 300,
                        down: true
                    }
        );
        assert_eq!(options.setup.fee_pips, 300);
        assert_eq!(of(&["-h"]), Ok(Request::Help));
    }

    #[test]
    fn what_is_out_of_range_is_refused() {
        let range = |arguments: &[&str], name: &str| matches!(of(arguments), Err(Fail::OutOfRange { option, .. }) if option == name);
        assert!(range(&["--paths", "19"], "--paths"));
        assert!(range(&["--paths", "x"], "--paths"));
        assert!(range(&["--sigma", "9"], "--sigma"));
        assert!(range(&["--fee", "21"], "--fee"));
        assert!(range(&["--markets", "gbm,moon"], "--markets"));
        assert!(range(&["--step", "1000"], "--step"));
        assert!(range(&["--levels", "6,8"], "--levels"));
        assert!(range(&["--levels", "8,6,10"], "--levels"));
        assert!(range(&["--levels", "0,6,10"], "--levels"));
        assert!(matches!(
            of(&["--colour", "red"]),
            Err(Fail::BadArgument(_))
        ));
        assert!(matches!(of(&["--paths"]), Err(Fail::BadArgument(_))));
        assert!(matches!(of(&["table"]), Err(Fail::BadArgument(_))));
    }
}
