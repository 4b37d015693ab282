//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use lexopt::{Arg, Parser, ValueExt};

use crate::fail::Fail;

/// What `--help` prints.
pub const HELP: &str = "\
Plays one epoch of the covered-call vault, compiled WASM on an embedded chain, and reports on it.

Usage: scripts/demo [options]

  --seed N       seed of the random price path, 0 to 2^64 - 1            [1]
  --vol V        realised volatility of the random path, 0.01 to 3       [0.8]
  --iv V         volatility the vault prices options with, 0.05 to 3     [0.8]
  --spot P       first price of the random path, 0.1 to 1000000          [2000]
  --path NAME    a stored price series instead: calm, rally or crash
  --path FILE    prices from a CSV: `price`, `time,price`, or an exchange's
                 `open_time,open,high,low,close,...` (closes are used);
                 with times the series is read hour by hour, else a line is an hour
  --out DIR      where report.html goes                                  [target/demo]
  --json FILE    also write everything as data
  -h, --help     this

Exit codes: 0 played and reconciled; 1 the story or its accounts failed; 2 bad options.
";

/// How a run is asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Where prices come from.
    pub source: Source,
    /// Volatility the vault prices options with, a year, 1.0 is 100 %.
    pub implied: f64,
    /// Directory of the report.
    pub out: PathBuf,
    /// File for the data.
    pub json: Option<PathBuf>,
}

/// Where prices come from.
#[derive(Clone, Debug, PartialEq)]
pub enum Source {
    /// A random path.
    Random {
        /// Seed of the generator.
        seed: u64,
        /// Realised volatility, a year, 1.0 is 100 %.
        volatility: f64,
        /// First price, quote per asset.
        spot: f64,
    },
    /// A stored series or a file.
    Named(String),
}

impl Default for Options {
    fn default() -> Self {
        Self {
            source: Source::Random {
                seed: 1,
                volatility: 0.8,
                spot: 2_000.0,
            },
            implied: 0.8,
            out: PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/demo")),
            json: None,
        }
    }
}

/// What the user wants.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// The text of [`HELP`].
    Help,
    /// A run.
    Run(Options),
}

/// Reads the arguments after the program's name.
///
/// # Errors
/// [`Fail::BadArgument`] and [`Fail::OutOfRange`].
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Request, Fail> {
    let mut parser = Parser::from_args(arguments);
    let mut options = Options::default();
    let (mut seed, mut volatility, mut spot, mut path) = (None, None, None, None);
    while let Some(argument) = parser.next().map_err(bad)? {
        match argument {
            Arg::Short('h') | Arg::Long("help") => return Ok(Request::Help),
            Arg::Long("seed") => {
                let got = text(&mut parser)?;
                let takes = "a whole number from 0 to 2^64 - 1";
                seed = Some(got.parse().map_err(|_| Fail::OutOfRange {
                    option: "--seed",
                    got,
                    takes,
                })?);
            }
            Arg::Long("vol") => {
                volatility = Some(number(
                    &mut parser,
                    "--vol",
                    0.01..=3.0,
                    "a number from 0.01 to 3",
                )?)
            }
            Arg::Long("iv") => {
                options.implied =
                    number(&mut parser, "--iv", 0.05..=3.0, "a number from 0.05 to 3")?
            }
            Arg::Long("spot") => {
                spot = Some(number(
                    &mut parser,
                    "--spot",
                    0.1..=1e6,
                    "a number from 0.1 to 1000000",
                )?);
            }
            Arg::Long("path") => path = Some(text(&mut parser)?),
            Arg::Long("out") => options.out = parser.value().map_err(bad)?.into(),
            Arg::Long("json") => options.json = Some(parser.value().map_err(bad)?.into()),
            other => return Err(bad(other.unexpected())),
        }
    }
    let random = seed.is_some() || volatility.is_some() || spot.is_some();
    options.source = match path {
        Some(_) if random => {
            return Err(Fail::BadArgument(
                "--path does not go with --seed, --vol or --spot".into(),
            ));
        }
        Some(name) => Source::Named(name),
        None => Source::Random {
            seed: seed.unwrap_or(1),
            volatility: volatility.unwrap_or(0.8),
            spot: spot.unwrap_or(2_000.0),
        },
    };
    Ok(Request::Run(options))
}

fn bad(error: lexopt::Error) -> Fail {
    Fail::BadArgument(error.to_string())
}

fn text(parser: &mut Parser) -> Result<String, Fail> {
    parser.value().and_then(|value| value.string()).map_err(bad)
}

fn number(
    parser: &mut Parser,
    option: &'static str,
    range: std::ops::RangeInclusive<f64>,
    takes: &'static str,
) -> Result<f64, Fail> {
    let got = text(parser)?;
    match got.parse::<f64>() {
        Ok(number) if range.contains(&number) => Ok(number),
        _ => Err(Fail::OutOfRange { option, got, takes }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Request, Fail> {
        parse(line.split_whitespace().map(OsString::from))
    }

    #[test]
    fn defaults_and_every_option() {
        assert_eq!(parsed(""), Ok(Request::Run(Options::default())));
        assert_eq!(parsed("--seed 1 -h --nonsense"), Ok(Request::Help));
        let Ok(Request::Run(all)) = parsed("--seed 7 --vol 1.2 --iv=.6 --spot 30 --out a --json b")
        else {
            panic!("a run")
        };
        assert_eq!(
            all.source,
            Source::Random {
                seed: 7,
                volatility: 1.2,
                spot: 30.0
            }
        );
        assert_eq!(
            (all.implied, all.out, all.json),
            (0.6, "a".into(), Some("b".into()))
        );
    }

    #[test]
    fn refuses_what_it_does_not_know_and_numbers_outside_their_range() {
        for line in [
            "--sed 1",
            "--seed",
            "extra",
            "--path calm --seed 2",
            "--path calm --vol .5",
        ] {
            assert!(matches!(parsed(line), Err(Fail::BadArgument(_))), "{line}");
        }
        for line in [
            "--seed -1",
            "--seed 1.5",
            "--vol 0",
            "--vol NaN",
            "--vol x",
            "--iv 9",
            "--spot 0",
            "--spot inf",
        ] {
            assert!(
                matches!(parsed(line), Err(Fail::OutOfRange { .. })),
                "{line}"
            );
        }
    }
}
