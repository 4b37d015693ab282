//! The volatility that the vault believes in along a path.

use vault_core::Refusal;
use vault_core::policy::{MAX_VOLATILITY, MIN_VOLATILITY, Volatility};
use vault_core::quantity::Price;
use vault_core::volatility::Estimate;
use vault_core::{WAD, volatility::GRID_SECONDS};

use crate::Fail;

/// How volatility is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Estimator {
    /// One number for all time.
    Constant {
        /// Annualised.
        sigma: f64,
    },
    /// The vault's own, [`Estimate`]: exponentially weighted squares of returns between the points of its grid.
    Ewma {
        /// What it starts from, annualised.
        start: f64,
        /// After this long an observation counts half, seconds.
        half_life_seconds: u32,
    },
}

/// A volatility in 18 decimals.
#[must_use]
pub fn wad(sigma: f64) -> u64 {
    (sigma * WAD as f64).round() as u64
}

/// The policy of an estimate: no premium, the hard bounds.
fn policy(half_life_seconds: u32) -> Volatility {
    Volatility {
        half_life_seconds,
        premium_bps: 0,
        floor: MIN_VOLATILITY,
        cap: MAX_VOLATILITY,
    }
}

impl Estimator {
    /// The estimate when each of `prices` (units of 10⁻⁸, `step_seconds` apart) is known, 18 decimals. Each price is in force until the next.
    ///
    /// # Errors
    /// [`Fail::Refused`] where the contract's function refuses.
    pub fn along(&self, prices: &[u64], step_seconds: u64) -> Result<Vec<u64>, Fail> {
        match *self {
            Self::Constant { sigma } => Ok(vec![wad(sigma); prices.len()]),
            Self::Ewma {
                start,
                half_life_seconds,
            } => {
                let policy = policy(half_life_seconds);
                let mut estimate = Estimate::start(wad(start), &policy, GRID_SECONDS);
                let mut now = GRID_SECONDS;
                let mut last = 0;
                let mut sigmas = Vec::with_capacity(prices.len());
                for price in prices {
                    // The price before was in force until now, and this one is at now.
                    for (price, until) in [(last, now), (*price, now.saturating_add(1))] {
                        estimate
                            .take(Price(u128::from(price) * PRICE_STEP), until, &policy)
                            .map_err(refused)?;
                    }
                    sigmas.push(estimate.volatility);
                    last = *price;
                    now = now.saturating_add(step_seconds);
                }
                Ok(sigmas)
            }
        }
    }
}

fn refused(refusal: Refusal) -> Fail {
    Fail::Refused {
        what: "an observation of volatility",
        refusal,
    }
}

/// 18 decimals less the 8 of a price.
const PRICE_STEP: u128 = 10_000_000_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::Process;
    use option_math::{ewma_variance, ln_wad, sqrt_wad};

    fn ewma(start: f64) -> Estimator {
        Estimator::Ewma {
            start,
            half_life_seconds: 864_000,
        }
    }

    fn brownian(step: u64, n: usize) -> Vec<u64> {
        Process::Brownian { sigma: 0.8 }.path(2_000.0, n, step as f64, 3, 0)
    }

    #[test]
    fn the_estimate_finds_the_volatility_at_any_step() {
        for (step, n) in [(600, 12_000), (1_800, 4_000), (3_600, 2_000)] {
            let prices = brownian(step, n);
            let along = ewma(2.0).along(&prices, step).expect("estimated");
            assert_eq!(along.len(), prices.len());
            assert_eq!(along.first(), Some(&wad(2.0)));
            // After eight half-lives the start is forgotten; an effective sample of 700 to 1 400 leaves an error of 2 to 3 %.
            let last = *along.last().expect("one") as f64 / WAD as f64;
            assert!((last - 0.8).abs() < 0.1, "{last} at steps of {step} s");
        }
    }

    #[test]
    fn on_the_grid_it_is_the_recursion_of_option_mathematics() {
        let prices = brownian(1_800, 50);
        let along = ewma(0.8).along(&prices, 1_800).expect("estimated");
        let mut variance = 640_000_000_000_000_000;
        for (pair, got) in prices.windows(2).zip(&along[1..]) {
            let logarithm = |price: u64| ln_wad(u128::from(price) * PRICE_STEP).expect("logarithm");
            let moved = logarithm(pair[1]) - logarithm(pair[0]);
            variance = ewma_variance(variance, moved, 1_800, 864_000).expect("variance");
            let sigma = sqrt_wad(variance) as u64;
            assert!(got.abs_diff(sigma) <= 1, "{got} {sigma}");
        }
    }

    #[test]
    fn between_points_of_the_grid_nothing_changes() {
        let along = ewma(0.8).along(&brownian(900, 40), 900).expect("estimated");
        for pair in along.chunks(2) {
            assert!(pair.windows(2).all(|two| two[0] == two[1]));
        }
        assert!(along.windows(3).all(|three| three[0] != three[2]));
    }
}
