//! Seeded randomness: a failure prints what repeats it.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

use alloy_primitives::{Address, U256};
use fastrand::Rng;

/// How often a random test runs.
pub struct Runs(u64);

impl Runs {
    /// `usual` times, or `VAULT_FUZZ_RUNS` if that is more.
    pub fn or(usual: u64) -> Self {
        let asked = std::env::var("VAULT_FUZZ_RUNS")
            .map_or(0, |runs| runs.parse().expect("VAULT_FUZZ_RUNS is a number"));
        Self(usual.max(asked))
    }

    /// Runs `test` with a generator of a seed of its own each time. `VAULT_FUZZ_SEED` runs that seed alone.
    pub fn each(self, mut test: impl FnMut(&mut Rng)) {
        let seeds = match std::env::var("VAULT_FUZZ_SEED") {
            Ok(seed) => vec![seed.parse().expect("VAULT_FUZZ_SEED is a number")],
            Err(_) => (0..self.0).collect::<Vec<u64>>(),
        };
        for seed in seeds {
            if let Err(panic) = catch_unwind(AssertUnwindSafe(|| test(&mut Rng::with_seed(seed)))) {
                eprintln!("repeat with VAULT_FUZZ_SEED={seed}");
                resume_unwind(panic);
            }
        }
    }
}

/// A word whose magnitude is as likely small as large, with the values where things change among them.
pub fn word(rng: &mut Rng) -> U256 {
    let edges = [
        U256::ZERO,
        U256::from(1),
        U256::from(u128::MAX),
        U256::from(u128::MAX) + U256::from(1),
        U256::MAX,
        U256::MAX - U256::from(1),
        U256::from(1) << 255,
        U256::from(1) << 112,
    ];
    match rng.u8(0..8) {
        0 => *rng.choice(&edges).expect("an edge"),
        1..=4 => full_word(rng) >> rng.usize(128..256),
        _ => full_word(rng) >> rng.usize(0..256),
    }
}

/// 256 random bits.
pub fn full_word(rng: &mut Rng) -> U256 {
    U256::from_limbs(core::array::from_fn(|_| rng.u64(..)))
}

/// 160 random bits.
pub fn address(rng: &mut Rng) -> Address {
    Address::from_word(full_word(rng).into())
}
