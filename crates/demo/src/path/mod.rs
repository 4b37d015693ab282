//! Where prices come from: a seeded process, a stored series, or a file.

mod csv;
pub mod process;

use std::path::Path as FilePath;

use crate::fail::Fail;
use crate::options::Source;
use process::Recipe;

/// Hours from opening to expiry, and therefore prices that a path must have.
pub const EPOCH_HOURS: usize = 168;
/// Decimals of the feed.
const FEED_UNIT: f64 = 1e8;
/// Price units (18 decimals) in one unit of the feed.
const FEED_STEP: u128 = 10_000_000_000;

/// A price path, one price an hour.
#[derive(Clone, Debug, PartialEq)]
pub struct PricePath {
    /// What it is called.
    pub name: String,
    /// Where it comes from, in a sentence.
    pub origin: String,
    /// Quote per asset with 18 decimals, multiples of the feed's unit. At least [`EPOCH_HOURS`] of them.
    pub prices: Vec<u128>,
}

impl PricePath {
    /// The price at an hour; the last one after the end.
    #[must_use]
    pub fn at(&self, hour: usize) -> u128 {
        self.prices
            .get(hour)
            .or(self.prices.last())
            .copied()
            .unwrap_or_default()
    }

    /// Realised volatility of the hourly closes of the epoch, a year.
    #[must_use]
    pub fn realised_volatility(&self) -> f64 {
        let logs: Vec<f64> = (0..EPOCH_HOURS)
            .map(|hour| (self.at(hour + 1) as f64 / self.at(hour) as f64).ln())
            .collect();
        let squares: f64 = logs.iter().map(|log| log * log).sum();
        (squares / logs.len() as f64 * 8_760.0).sqrt()
    }
}

struct Stored {
    recipe: &'static Recipe,
    csv: &'static str,
}

const STORED: [Stored; 3] = [
    Stored {
        recipe: &process::CALM,
        csv: include_str!("../../paths/calm.csv"),
    },
    Stored {
        recipe: &process::RALLY,
        csv: include_str!("../../paths/rally.csv"),
    },
    Stored {
        recipe: &process::CRASH,
        csv: include_str!("../../paths/crash.csv"),
    },
];

/// Names of the stored series.
#[must_use]
pub fn names() -> Vec<&'static str> {
    STORED.iter().map(|stored| stored.recipe.name).collect()
}

/// Loads what was asked for.
///
/// # Errors
/// [`Fail::UnknownPath`], [`Fail::Unreadable`], [`Fail::BadPrice`], [`Fail::PathTooShort`], and [`Fail::OutOfRange`] for a random path that runs
/// out of what the vault can trade at.
pub fn load(source: &Source) -> Result<PricePath, Fail> {
    match source {
        Source::Random {
            seed,
            volatility,
            spot,
        } => {
            let prices = process::random(*seed, *volatility, *spot);
            let origin = format!(
                "geometric Brownian motion with jumps at a volatility of {:.0} %",
                volatility * 100.0
            );
            let prices = bounded(&prices).map_err(|(_, why)| Fail::OutOfRange {
                option: "--vol",
                got: format!("{volatility} with seed {seed}"),
                takes: why,
            })?;
            Ok(PricePath {
                name: format!("seed {seed}"),
                origin,
                prices,
            })
        }
        Source::Named(name) => {
            if let Some(stored) = STORED.iter().find(|stored| stored.recipe.name == name) {
                return parse(name, stored.csv, stored.recipe.story.to_string());
            }
            file(name)
        }
    }
}

fn file(name: &str) -> Result<PricePath, Fail> {
    let path = FilePath::new(name);
    let unreadable = |why: &dyn ToString| Fail::Unreadable(path.into(), why.to_string());
    match std::fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(Fail::UnknownPath(name.into()));
        }
        Err(error) => return Err(unreadable(&error)),
        Ok(found) if !found.is_file() => return Err(unreadable(&"not a file")),
        Ok(found) if found.len() > csv::MAX_BYTES => return Err(unreadable(&"larger than 64 MB")),
        Ok(_) => {}
    }
    let text = std::fs::read_to_string(path).map_err(|error| unreadable(&error))?;
    let label = path.file_name().map_or_else(
        || name.to_string(),
        |base| base.to_string_lossy().into_owned(),
    );
    parse(&label, &text, format!("closes of {label}"))
}

fn parse(name: &str, text: &str, origin: String) -> Result<PricePath, Fail> {
    let rows = csv::read(name, text)?;
    let hourly = csv::hourly(&rows);
    if hourly.len() < EPOCH_HOURS {
        return Err(Fail::PathTooShort {
            file: name.into(),
            hours: hourly.len(),
            needs: EPOCH_HOURS,
        });
    }
    let closes: Vec<f64> = hourly.iter().map(|row| row.close).collect();
    let prices = bounded(&closes).map_err(|(index, why)| Fail::BadPrice {
        file: name.into(),
        line: hourly.get(index).map_or(0, |row| row.line),
        why: format!("a price outside {why}"),
    })?;
    Ok(PricePath {
        name: name.into(),
        origin,
        prices,
    })
}

/// Prices in the feed's units, or the first one that is outside what the vault trades at.
fn bounded(prices: &[f64]) -> Result<Vec<u128>, (usize, &'static str)> {
    let first = prices.first().copied().unwrap_or_default();
    prices
        .iter()
        .enumerate()
        .map(|(index, price)| {
            if !(0.1..=1e6).contains(price) {
                return Err((index, "0.1 to 1000000"));
            }
            if !(first / 20.0..=first * 20.0).contains(price) {
                return Err((index, "a twentieth to twenty times the first"));
            }
            Ok((price * FEED_UNIT).round() as u128 * FEED_STEP)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_series_are_what_their_recipes_give() {
        for stored in &STORED {
            let path = load(&Source::Named(stored.recipe.name.into())).expect("a stored series");
            let again = stored.recipe.prices();
            assert_eq!(path.prices.len(), again.len());
            for (got, want) in path.prices.iter().zip(again) {
                // A cent: logarithms differ in the last bit between machines.
                assert!(
                    (*got as f64 / 1e18 - want).abs() < 0.011,
                    "{}: {got} {want}",
                    stored.recipe.name
                );
            }
        }
    }

    #[test]
    fn a_random_path_depends_on_its_seed_alone_and_has_its_volatility() {
        let path = |seed, volatility| {
            load(&Source::Random {
                seed,
                volatility,
                spot: 2_000.0,
            })
            .expect("a path")
        };
        assert_eq!(path(5, 0.8), path(5, 0.8));
        assert_ne!(path(5, 0.8).prices, path(6, 0.8).prices);
        let mean = |volatility| {
            (0..50)
                .map(|seed| path(seed, volatility).realised_volatility())
                .sum::<f64>()
                / 50.0
        };
        assert!((0.35..0.55).contains(&mean(0.4)), "{}", mean(0.4));
        assert!((0.75..1.05).contains(&mean(0.8)), "{}", mean(0.8));
    }

    #[test]
    fn a_path_that_leaves_the_tradable_range_is_refused() {
        assert_eq!(bounded(&[2_000.0, 0.0]), Err((1, "0.1 to 1000000")));
        assert_eq!(bounded(&[2_000.0, f64::NAN]), Err((1, "0.1 to 1000000")));
        assert_eq!(
            bounded(&[2_000.0, 99.0]),
            Err((1, "a twentieth to twenty times the first"))
        );
        assert_eq!(
            bounded(&[2_000.123_456_789]),
            Ok(vec![2_000_123_456_790_000_000_000])
        );
    }
}
