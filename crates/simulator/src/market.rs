//! Random markets. The price is a martingale in each: the interest rate is 0 and options are priced as the vault prices them.

use crate::random::{generator, normal, poisson};

/// Seconds in the year of option mathematics.
pub const YEAR: f64 = option_math::YEAR_SECONDS as f64;
/// Units of a price of one: 8 decimals, as Chainlink's feeds answer.
pub const PRICE_ONE: f64 = 1e8;

/// A process that makes prices. Volatilities are annualised.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Process {
    /// Geometric Brownian motion, exact at every step.
    Brownian {
        /// Volatility.
        sigma: f64,
    },
    /// Merton's jump diffusion (1976), exact at every step: a Poisson number of jumps with normal logarithms, drift compensated.
    Jumps {
        /// Volatility between jumps.
        sigma: f64,
        /// Jumps a year.
        rate: f64,
        /// Mean of a jump's logarithm.
        mean: f64,
        /// Standard deviation of a jump's logarithm.
        deviation: f64,
    },
    /// Heston's stochastic variance (1993). Variance by the full-truncation Euler scheme (Lord, Koekkoek, van Dijk 2010), `substeps` to a step; the logarithm
    /// of the price with the variance held over the substep, so that the price is a martingale exactly.
    Heston {
        /// Square root of the variance at the start and in the long run.
        sigma: f64,
        /// Speed of mean reversion, a year.
        reversion: f64,
        /// Volatility of variance.
        of_variance: f64,
        /// Correlation of price and variance.
        correlation: f64,
        /// Substeps in a step.
        substeps: u32,
    },
}

impl Process {
    /// Merton's jumps at a total volatility of `sigma`: half of the variance is from jumps, about one a week, that fall more often than they rise.
    #[must_use]
    pub fn jumps(sigma: f64) -> Self {
        let (rate, mean) = (52.0, -0.02);
        let of_jumps = 0.5 * sigma * sigma;
        let deviation = (of_jumps / rate - mean * mean).max(0.0).sqrt();
        Self::Jumps {
            sigma: (sigma * sigma - rate * (mean * mean + deviation * deviation))
                .max(0.0)
                .sqrt(),
            rate,
            mean,
            deviation,
        }
    }

    /// Heston's variance around `sigma`, with a half-life of about three weeks, a volatility of variance of 2.5 and a correlation of −0.5.
    #[must_use]
    pub const fn heston(sigma: f64) -> Self {
        Self::Heston {
            sigma,
            reversion: 12.0,
            of_variance: 2.5,
            correlation: -0.5,
            substeps: 4,
        }
    }

    /// What is printed.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Brownian { .. } => "gbm",
            Self::Jumps { .. } => "jumps",
            Self::Heston { .. } => "heston",
        }
    }

    /// Root of the variance a year that is expected in the long run.
    #[must_use]
    pub fn volatility(&self) -> f64 {
        match *self {
            Self::Brownian { sigma } | Self::Heston { sigma, .. } => sigma,
            Self::Jumps {
                sigma,
                rate,
                mean,
                deviation,
            } => (sigma * sigma + rate * (mean * mean + deviation * deviation)).sqrt(),
        }
    }

    /// Prices of path number `path`: the first is `spot`, then one after each of `steps`. In units of 10⁻⁸, at least one.
    #[must_use]
    pub fn path(
        &self,
        spot: f64,
        steps: usize,
        step_seconds: f64,
        seed: u64,
        path: u64,
    ) -> Vec<u64> {
        let mut rng = generator(seed, path);
        let years = step_seconds / YEAR;
        let mut logarithm = 0.0;
        let mut prices = Vec::with_capacity(steps + 1);
        prices.push(quantise(spot));
        let mut variance = self.volatility() * self.volatility();
        for _ in 0..steps {
            logarithm += match *self {
                Self::Brownian { sigma } => diffusion(sigma * sigma, years, normal(&mut rng)),
                Self::Jumps {
                    sigma,
                    rate,
                    mean,
                    deviation,
                } => {
                    let drift = rate * ((mean + 0.5 * deviation * deviation).exp() - 1.0) * years;
                    let smooth = diffusion(sigma * sigma, years, normal(&mut rng));
                    let jumps = f64::from(poisson(&mut rng, rate * years));
                    // The sum of so many normal jumps.
                    smooth - drift + jumps * mean + jumps.sqrt() * deviation * normal(&mut rng)
                }
                Self::Heston {
                    sigma,
                    reversion,
                    of_variance,
                    correlation,
                    substeps,
                } => {
                    let short = years / f64::from(substeps);
                    let mut moved = 0.0;
                    for _ in 0..substeps {
                        let (a, b) = (normal(&mut rng), normal(&mut rng));
                        let known = variance.max(0.0);
                        let price = correlation * a + (1.0 - correlation * correlation).sqrt() * b;
                        moved += diffusion(known, short, price);
                        variance += reversion * (sigma * sigma - known) * short
                            + of_variance * (known * short).sqrt() * a;
                    }
                    moved
                }
            };
            prices.push(quantise(spot * logarithm.exp()));
        }
        prices
    }
}

/// The change of the logarithm of a martingale with this variance a year.
fn diffusion(variance: f64, years: f64, normal: f64) -> f64 {
    (variance * years).sqrt() * normal - 0.5 * variance * years
}

/// A price in units of 10⁻⁸, at least one and within the domain of option mathematics.
pub(crate) fn quantise(price: f64) -> u64 {
    (price.clamp(1e-6, 1e9) * PRICE_ONE).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const WEEK: f64 = 604_800.0;

    fn weekly(process: &Process, n: u64, steps: usize) -> Vec<f64> {
        (0..n)
            .map(|path| {
                let prices = process.path(2_000.0, steps, WEEK / steps as f64, 5, path);
                *prices.last().expect("a price") as f64 / PRICE_ONE / 2_000.0
            })
            .collect()
    }

    fn moments(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
        let n = values.clone().count() as f64;
        let mean = values.clone().sum::<f64>() / n;
        let variance = values.map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
        (mean, variance)
    }

    fn processes() -> [Process; 3] {
        [
            Process::Brownian { sigma: 0.8 },
            Process::jumps(0.8),
            Process::heston(0.8),
        ]
    }

    #[test]
    fn every_price_is_a_martingale() {
        for process in processes() {
            let ends = weekly(&process, 20_000, 42);
            let (mean, variance) = moments(ends.iter().copied());
            let error = (variance / ends.len() as f64).sqrt();
            assert!(
                (mean - 1.0).abs() < 4.0 * error,
                "{}: {mean} ± {error}",
                process.name()
            );
        }
    }

    #[test]
    fn the_variance_of_a_week_is_the_one_stated() {
        for process in processes() {
            let ends = weekly(&process, 20_000, 42);
            let (_, variance) = moments(ends.iter().map(|end| end.ln()));
            let stated = process.volatility().powi(2) * WEEK / YEAR;
            // The error of a variance follows from the fourth moment; jumps have a kurtosis of about 4, a normal 3.
            assert!(
                (variance / stated - 1.0).abs() < 0.06,
                "{}: {variance} against {stated}",
                process.name()
            );
        }
    }

    #[test]
    fn brownian_logarithms_are_normal_and_jumps_are_not() {
        let kurtosis = |process: &Process| {
            let ends = weekly(process, 20_000, 42);
            let (mean, variance) = moments(ends.iter().map(|end| end.ln()));
            let (fourth, _) = moments(ends.iter().map(|end| (end.ln() - mean).powi(4)));
            fourth / variance.powi(2)
        };
        // The standard error of a normal sample's kurtosis is √(24/n) = 0.035.
        assert!((kurtosis(&Process::Brownian { sigma: 0.8 }) - 3.0).abs() < 0.14);
        // Merton's: 3 + λt·(μ⁴ + 6μ²δ² + 3δ⁴)/variance².
        let Process::Jumps {
            rate,
            mean,
            deviation,
            ..
        } = Process::jumps(0.8)
        else {
            panic!("jumps");
        };
        let (m, d) = (mean * mean, deviation * deviation);
        let years = WEEK / YEAR;
        let excess = rate * years * (m * m + 6.0 * m * d + 3.0 * d * d) / (0.64 * years).powi(2);
        let got = kurtosis(&Process::jumps(0.8));
        assert!((got - 3.0 - excess).abs() < 0.3, "{got}, excess {excess}");
    }

    #[test]
    fn a_path_depends_on_its_seed_and_number_alone() {
        for process in processes() {
            let path = |seed, number| process.path(2_000.0, 24, 3_600.0, seed, number);
            assert_eq!(path(1, 7), path(1, 7));
            assert_ne!(path(1, 7), path(1, 8));
            assert_ne!(path(1, 7), path(2, 7));
        }
    }
}
