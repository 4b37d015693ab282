//! Random price paths from a small generator of our own, so that a seed gives the same path for ever.

/// Hours that a path has: an epoch and a day.
pub const HOURS: usize = 193;
const HOURS_A_YEAR: f64 = 8_760.0;
/// Jumps of the random process: one in this many hours, on average.
const JUMP_HOURS: f64 = 168.0;
/// Standard deviation of a jump's logarithm, per unit of volatility: 4 % at a volatility of 80 %.
const JUMP_SIZE: f64 = 0.05;

/// How a stored series is made: a Brownian bridge between two prices, with an optional shock.
#[derive(Clone, Copy, Debug)]
pub struct Recipe {
    /// Name.
    pub name: &'static str,
    /// What it shows, in a sentence.
    pub story: &'static str,
    /// Seed of the generator.
    pub seed: u64,
    /// First price.
    pub start: f64,
    /// Last price over first price.
    pub end: f64,
    /// Volatility, a year.
    pub volatility: f64,
    /// Hour of the shock and price after it over price before it.
    pub shock: (usize, f64),
}

/// A quiet week: the options expire worthless and the premium is kept.
pub const CALM: Recipe = Recipe {
    name: "calm",
    story: "a Brownian bridge from 2000 to 2030 at 35 % volatility; made up, seed 1",
    seed: 1,
    start: 2_000.0,
    end: 1.015,
    volatility: 0.35,
    shock: (0, 1.0),
};

/// A rally through all strikes: holders are paid.
pub const RALLY: Recipe = Recipe {
    name: "rally",
    story: "a Brownian bridge from 2000 to 2560 at 70 % volatility; made up, seed 2",
    seed: 2,
    start: 2_000.0,
    end: 1.28,
    volatility: 0.70,
    shock: (0, 1.0),
};

/// A crash in one hour: the hedge has sold part of the asset before it.
pub const CRASH: Recipe = Recipe {
    name: "crash",
    story: "a Brownian bridge from 2000 to 1340 at 90 % volatility that falls 18 % in hour 61; made up, seed 3",
    seed: 3,
    start: 2_000.0,
    end: 0.67,
    volatility: 0.90,
    shock: (61, 0.82),
};

impl Recipe {
    /// The series: `ln P(i) = ln P(0) + i/N · (ln end − ln shock) + [i ≥ hour] · ln shock + σ·√(1/8760)·(W(i) − i/N · W(N))` with W a sum of
    /// standard normals, N = 192; rounded to a hundredth.
    #[must_use]
    pub fn prices(&self) -> Vec<f64> {
        let mut random = Random::new(self.seed);
        let walk: Vec<f64> = std::iter::once(0.0)
            .chain((1..HOURS).scan(0.0, |sum, _| {
                *sum += random.normal();
                Some(*sum)
            }))
            .collect();
        let last = walk.last().copied().unwrap_or_default();
        let (hour, jump) = (self.shock.0, self.shock.1.ln());
        let scale = self.volatility / HOURS_A_YEAR.sqrt();
        walk.iter()
            .enumerate()
            .map(|(i, w)| {
                let done = i as f64 / (HOURS - 1) as f64;
                let shock = if i >= hour { jump } else { 0.0 };
                let log = done * (self.end.ln() - jump) + shock + scale * (w - done * last);
                (self.start * log.exp() * 100.0).round() / 100.0
            })
            .collect()
    }

    /// The series as the CSV that is stored: time and price, from Friday 7 November 2025 08:00 UTC on.
    #[must_use]
    pub fn csv(&self) -> String {
        let mut text = format!(
            "# Not market data: {}. See crates/demo/src/path/process.rs.\ntime,price\n",
            self.story
        );
        for (hour, price) in self.prices().iter().enumerate() {
            text.push_str(&format!("{},{price:.2}\n", 1_762_502_400 + 3_600 * hour));
        }
        text
    }
}

/// `ln P(i+1) − ln P(i) = −σ²/2·dt + σ·√dt·Z + J`, where in one hour of [`JUMP_HOURS`] J is normal with [`JUMP_SIZE`]·σ. Rounded to six digits of
/// the first price.
#[must_use]
pub fn random(seed: u64, volatility: f64, spot: f64) -> Vec<f64> {
    let mut random = Random::new(seed);
    let step = 10_f64.powi(spot.log10().floor() as i32 - 5);
    let dt = 1.0 / HOURS_A_YEAR;
    let mut price = spot;
    let mut prices = Vec::with_capacity(HOURS);
    for _ in 0..HOURS {
        prices.push((price / step).round() * step);
        let diffusion =
            -0.5 * volatility * volatility * dt + volatility * dt.sqrt() * random.normal();
        let (coin, size) = (random.uniform(), random.normal());
        let jump = if coin < 1.0 / JUMP_HOURS {
            JUMP_SIZE * volatility * size
        } else {
            0.0
        };
        price *= (diffusion + jump).exp();
    }
    prices
}

/// splitmix64: Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// In the open interval (0, 1).
    fn uniform(&mut self) -> f64 {
        ((self.next() >> 12) as f64 + 0.5) / (1_u64 << 52) as f64
    }

    /// Standard normal, by Box and Muller.
    fn normal(&mut self) -> f64 {
        let (a, b) = (self.uniform(), self.uniform());
        (-2.0 * a.ln()).sqrt() * (std::f64::consts::TAU * b).cos()
    }
}
