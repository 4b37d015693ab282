//! Moments, frontiers, and the bootstrap on common paths.

use fastrand::Rng;
use serde::Serialize;

/// What a rule brought on every path, in the order of the paths. Basis points of notional.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sample {
    /// Profit and loss of the hedged options.
    pub pnl: Vec<f64>,
    /// Total friction, already taken out of it.
    pub friction: Vec<f64>,
}

/// What is kept of a sample, basis points of notional.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Moments {
    /// Mean of profit and loss.
    pub mean: f64,
    /// Its standard deviation.
    pub sd: f64,
    /// Mean total friction.
    pub friction: f64,
}

impl Sample {
    /// Moments of the paths, each as often as `counts` says. At least two paths.
    #[must_use]
    pub fn moments(&self, counts: &[u32]) -> Moments {
        let (mut n, mut sum, mut squares, mut friction) = (0.0, 0.0, 0.0, 0.0);
        // Squares about the first path: no digits are lost to a far mean.
        let about = self.pnl.first().copied().unwrap_or_default();
        for ((pnl, cost), count) in self.pnl.iter().zip(&self.friction).zip(counts) {
            let count = f64::from(*count);
            let off = pnl - about;
            n += count;
            sum += count * off;
            squares += count * off * off;
            friction += count * cost;
        }
        let variance = (squares - sum * sum / n) / (n - 1.0);
        Moments {
            mean: about + sum / n,
            sd: variance.max(0.0).sqrt(),
            friction: friction / n,
        }
    }

    /// Moments of all paths once.
    #[must_use]
    pub fn all(&self) -> Moments {
        self.moments(&vec![1; self.pnl.len()])
    }
}

/// Where a sweep of (friction, deviation) costs `friction`: after which point, which share of the way to the next (by logarithms), and the deviation there, by
/// logarithms too. Where it passes more than once, the least deviation; `None` where it does not pass.
#[must_use]
pub fn crossing(points: &[(f64, f64)], friction: f64) -> Option<(usize, f64, f64)> {
    let mut least: Option<(usize, f64, f64)> = None;
    for (index, pair) in points.windows(2).enumerate() {
        let &[(x0, y0), (x1, y1)] = pair else {
            continue;
        };
        let inside = x0.min(x1) <= friction && friction <= x0.max(x1);
        if !inside || x0 <= 0.0 || x1 <= 0.0 || y0 <= 0.0 || y1 <= 0.0 {
            continue;
        }
        let share = if x0 == x1 {
            0.0
        } else {
            (friction / x0).ln() / (x1 / x0).ln()
        };
        let y = between(y0, y1, share);
        if least.is_none_or(|(_, _, least)| y < least) {
            least = Some((index, share, y));
        }
    }
    least
}

/// A share of the way between two positive numbers, by logarithms.
#[must_use]
pub fn between(from: f64, to: f64, share: f64) -> f64 {
    from * (to / from).powf(share)
}

/// The deviation of [`crossing`].
#[must_use]
pub fn at_friction(points: &[(f64, f64)], friction: f64) -> Option<f64> {
    crossing(points, friction).map(|(_, _, deviation)| deviation)
}

/// Standard deviations against friction.
#[must_use]
pub fn frontier(moments: &[Moments]) -> Vec<(f64, f64)> {
    moments.iter().map(|m| (m.friction, m.sd)).collect()
}

/// How often each of `n` paths is drawn: blocks of `block` neighbours (in a circle) with replacement, so that paths which overlap stay together. A block of
/// one is the ordinary bootstrap (Efron 1979; blocks: Politis and Romano 1992).
#[must_use]
pub fn resample(rng: &mut Rng, n: usize, block: usize) -> Vec<u32> {
    let mut counts = vec![0; n];
    let mut drawn = 0;
    while drawn < n {
        let start = rng.usize(0..n);
        for offset in 0..block.min(n - drawn) {
            counts[(start + offset) % n] += 1;
            drawn += 1;
        }
    }
    counts
}

/// An estimate and where 95 % of its bootstrap lies.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Interval {
    /// The estimate.
    pub estimate: f64,
    /// 2.5th percentile.
    pub low: f64,
    /// 97.5th percentile.
    pub high: f64,
}

impl Interval {
    /// The percentile interval of `draws`; `None` without an estimate or when fewer than nine draws in ten have a value.
    #[must_use]
    pub fn of(estimate: Option<f64>, draws: &[Option<f64>]) -> Option<Self> {
        let mut values: Vec<_> = draws.iter().copied().flatten().collect();
        if values.is_empty() || values.len() * 10 < draws.len() * 9 {
            return None;
        }
        values.sort_by(f64::total_cmp);
        let at = |share: f64| values[((values.len() - 1) as f64 * share).round() as usize];
        Some(Self {
            estimate: estimate?,
            low: at(0.025),
            high: at(0.975),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{generator, normal};

    fn near(a: f64, b: f64) -> bool {
        (a - b).abs() <= 1e-9 * b.abs().max(1.0)
    }

    #[test]
    fn moments_count_each_path_as_often_as_asked() {
        let sample = Sample {
            pnl: vec![1.0, 2.0, 4.0],
            friction: vec![1.0, 3.0, 5.0],
        };
        let got = sample.moments(&[2, 0, 1]);
        // 1, 1, 4.
        assert!(near(got.mean, 2.0) && near(got.sd, 3_f64.sqrt()) && near(got.friction, 7.0 / 3.0));
    }

    #[test]
    fn a_power_law_is_interpolated_exactly_and_never_beyond_its_ends() {
        let points: Vec<_> = [2.0_f64, 5.0, 11.0]
            .iter()
            .map(|x| (*x, 7.0 * x.powf(-1.5)))
            .collect();
        for x in [2.0_f64, 3.0, 8.0, 11.0] {
            let got = at_friction(&points, x).expect("inside");
            assert!(near(got, 7.0 * x.powf(-1.5)), "{got} at {x}");
        }
        assert_eq!(at_friction(&points, 1.9), None);
        assert_eq!(at_friction(&points, 11.1), None);
    }

    #[test]
    fn resamples_draw_n_paths_in_blocks() {
        let mut rng = generator(1, 1);
        for block in [1, 7] {
            let counts = resample(&mut rng, 100, block);
            assert_eq!(counts.iter().sum::<u32>(), 100);
            assert!(counts.contains(&0) && counts.iter().any(|count| *count > 1));
        }
    }

    #[test]
    fn the_interval_of_a_mean_is_the_normal_one() {
        let mut rng = generator(3, 0);
        let n = 2_000;
        let sample = Sample {
            pnl: (0..n).map(|_| normal(&mut rng)).collect(),
            friction: vec![1.0; n],
        };
        let draws: Vec<_> = (0..1_000)
            .map(|_| Some(sample.moments(&resample(&mut rng, n, 1)).mean))
            .collect();
        let interval = Interval::of(Some(sample.all().mean), &draws).expect("drawn");
        let half = 0.5 * (interval.high - interval.low);
        let normal = 1.96 / (n as f64).sqrt();
        assert!(
            (half / normal - 1.0).abs() < 0.12,
            "{half} against {normal}"
        );
        assert!(interval.low < interval.estimate && interval.estimate < interval.high);
    }
}
