//! Seeded random numbers, and how many of them.

/// SplitMix64 (Steele, Lea and Flood 2014).
pub struct Random(pub u64);

impl Random {
    pub fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Any magnitude is as likely as any other; the extremes come up often.
    pub fn wild_u128(&mut self) -> u128 {
        let bits = (self.word() as u128) << 64 | self.word() as u128;
        match self.word() % 8 {
            0 => 0,
            1 => u128::MAX,
            2 => bits,
            _ => bits >> (self.word() % 128),
        }
    }

    pub fn wild_u64(&mut self) -> u64 {
        self.wild_u128() as u64
    }

    /// Log-uniform within `low..=high`.
    pub fn log_uniform(&mut self, low: f64, high: f64) -> f64 {
        low * (high / low).powf(self.word() as f64 / u64::MAX as f64)
    }
}

/// Rounds of a test: `usual`, or what OPTION_MATH_ROUNDS multiplies it by.
pub fn rounds(usual: u64) -> u64 {
    usual * std::env::var("OPTION_MATH_ROUNDS").map_or(1, |times| times.parse().expect("a number"))
}

/// A seed of one's own by OPTION_MATH_SEED.
pub fn random(seed: u64) -> Random {
    Random(
        std::env::var("OPTION_MATH_SEED")
            .map_or(seed, |own| seed ^ own.parse::<u64>().expect("a number")),
    )
}
