//! Random runs: many seeds, a story when one fails, the fewest of its steps that still do, and how often each call was taken.
//!
//! `VAULT_FUZZ_RUNS` sequences from `VAULT_FUZZ_SEED` on; `VAULT_FUZZ_STEPS` (numbers with commas) takes those steps alone. What a step does follows from the run's seed,
//! its own number and the state it meets: one can be left out, and the others do what they did as far as the state lets them.

use super::number;
use std::any::Any;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind, set_hook, take_hook};

/// How often a failed run is tried again with fewer steps.
const ATTEMPTS: u32 = 60;

/// How often each call was taken, and the most gas of one.
pub type Taken = BTreeMap<&'static str, (u32, u64)>;

/// What a run did.
#[derive(Default)]
pub struct Log {
    told: Vec<String>,
    taken: Taken,
}

impl Log {
    /// Something happened.
    pub fn tell(&mut self, what: impl Into<String>) {
        self.told.push(what.into());
    }

    /// A call was taken.
    pub fn take(&mut self, name: &'static str, gas: u64) {
        let seen = self.taken.entry(name).or_default();
        *seen = (seen.0 + 1, seen.1.max(gas));
    }
}

/// A sequence of random steps.
pub trait Run {
    fn rng(&mut self) -> &mut fastrand::Rng;
    fn log(&mut self) -> &mut Log;
    fn step(&mut self);
    /// What must hold after every step.
    fn check(&mut self);
    /// What must be possible in the end.
    fn finish(&mut self) {}
}

/// How long a search is when nobody asks for another.
#[derive(Clone, Copy, Debug)]
pub struct Search {
    pub runs: u64,
    pub steps: usize,
    /// Which of how many tests it is split over.
    pub part: (u64, u64),
}

impl Search {
    pub const fn new(runs: u64, steps: usize) -> Self {
        let part = (0, 1);
        Self { runs, steps, part }
    }

    pub const fn part(self, part: u64, of: u64) -> Self {
        let part = (part, of);
        Self { part, ..self }
    }

    /// Plays all runs.
    ///
    /// # Panics
    /// As the first run does that fails, after its story.
    #[track_caller]
    pub fn play<R: Run>(&self, new: impl Fn(u64) -> R) -> Reached {
        let first = number("VAULT_FUZZ_SEED").unwrap_or(0);
        let asked = number("VAULT_FUZZ_RUNS");
        let steps = asked_steps().unwrap_or_else(|| (0..self.steps).collect());
        let mut all = Taken::new();
        for seed in first..first + asked.unwrap_or(self.runs) {
            if seed % self.part.1 != self.part.0 {
                continue;
            }
            match attempt(&new, seed, &steps) {
                Ok(taken) => {
                    for (name, (count, gas)) in taken {
                        let seen = all.entry(name).or_default();
                        *seen = (seen.0 + count, seen.1.max(gas));
                    }
                }
                Err(failed) => {
                    let fewest = shrink(&new, seed, &steps[..failed.steps], &failed.name());
                    let again = attempt(&new, seed, &fewest).err().unwrap_or(failed);
                    let numbers: Vec<String> = fewest.iter().map(usize::to_string).collect();
                    eprintln!(
                        "VAULT_FUZZ_SEED={seed} VAULT_FUZZ_RUNS=1 VAULT_FUZZ_STEPS={}\n{}",
                        numbers.join(","),
                        again.told.join("\n")
                    );
                    resume_unwind(again.reason);
                }
            }
        }
        eprintln!("calls taken, and the most gas of one: {all:?}");
        Reached {
            taken: all,
            asked: asked.is_some(),
        }
    }
}

/// What the runs of a search reached together.
pub struct Reached {
    taken: Taken,
    asked: bool,
}

impl Reached {
    /// Each of these calls was taken at least so often, so that a search does not come to look at less than it did. Not of a search whose length was asked for.
    ///
    /// # Panics
    /// Otherwise.
    #[track_caller]
    pub fn at_least(&self, least: u32, names: &[&str]) {
        for name in names {
            let count = self.taken.get(name).map_or(0, |seen| seen.0);
            assert!(
                self.asked || count >= least,
                "{count} of {name}, {least} expected: {:?}",
                self.taken
            );
        }
    }
}

impl Failed {
    /// What it says, up to the first number: the same failure with other values.
    fn name(&self) -> String {
        let text = self.reason.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| self.reason.downcast_ref::<&str>().copied());
        let words = text.unwrap_or_default().chars();
        words.take_while(|one| !one.is_ascii_digit()).collect()
    }
}

struct Failed {
    reason: Box<dyn Any + Send>,
    told: Vec<String>,
    /// How many steps had begun.
    steps: usize,
}

fn asked_steps() -> Option<Vec<usize>> {
    let text = std::env::var("VAULT_FUZZ_STEPS").ok()?;
    let numbers = text.split(',').map(|number| number.trim().parse());
    Some(numbers.collect::<Result<_, _>>().expect("numbers of steps"))
}

fn attempt<R: Run>(
    new: &impl Fn(u64) -> R,
    seed: u64,
    steps: &[usize],
) -> Result<Taken, Box<Failed>> {
    let mut run = new(seed);
    let mut begun = 0;
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        for step in steps {
            begun += 1;
            let mut rng = fastrand::Rng::with_seed(seed << 32 ^ *step as u64);
            // Neighbouring seeds begin alike.
            *run.rng() = fastrand::Rng::with_seed(rng.u64(..) ^ rng.u64(..).rotate_left(32));
            run.step();
            run.check();
        }
        run.finish();
    }));
    let log = std::mem::take(run.log());
    match outcome {
        Ok(()) => Ok(log.taken),
        Err(reason) => Err(Box::new(Failed {
            reason,
            told: log.told,
            steps: begun,
        })),
    }
}

/// Leaves out as many steps as a failure of this name can do without: halves first, then less, down to one at a time.
fn shrink<R: Run>(new: &impl Fn(u64) -> R, seed: u64, steps: &[usize], name: &str) -> Vec<usize> {
    let hook = take_hook();
    set_hook(Box::new(|_| {}));
    let mut fewest = steps.to_vec();
    let mut left = ATTEMPTS;
    let mut length = fewest.len().div_ceil(2);
    while length > 0 {
        let mut at = 0;
        while at < fewest.len() && left > 0 {
            left -= 1;
            let mut fewer = fewest.clone();
            fewer.drain(at..(at + length).min(fewest.len()));
            match attempt(new, seed, &fewer) {
                Err(failed) if failed.name() == name => {
                    fewer.truncate(failed.steps);
                    fewest = fewer;
                }
                _ => at += length,
            }
        }
        length /= 2;
    }
    set_hook(hook);
    fewest
}

/// A run that fails when it has met three multiples of seven.
struct Sevens {
    rng: fastrand::Rng,
    log: Log,
    met: u32,
}

impl Run for Sevens {
    fn rng(&mut self) -> &mut fastrand::Rng {
        &mut self.rng
    }

    fn log(&mut self) -> &mut Log {
        &mut self.log
    }

    fn step(&mut self) {
        let number = self.rng.u32(..);
        self.met += u32::from(number.is_multiple_of(7));
        self.log.take("step", 0);
    }

    fn check(&mut self) {
        assert!(self.met < 3, "three of them");
    }
}

#[test]
fn a_run_that_fails_is_cut_down_to_what_it_takes() {
    let new = |seed| Sevens {
        rng: fastrand::Rng::with_seed(seed),
        log: Log::default(),
        met: 0,
    };
    let steps: Vec<usize> = (0..100).collect();
    let failed = attempt(&new, 1, &steps).expect_err("three in a hundred");
    assert!(failed.steps < 100, "it stops where it fails");
    let fewest = shrink(&new, 1, &steps[..failed.steps], "three of them");
    assert_eq!(fewest.len(), 3);
    assert!(attempt(&new, 1, &fewest).is_err());
    assert!(attempt(&new, 1, &fewest[..2]).is_ok());
}
