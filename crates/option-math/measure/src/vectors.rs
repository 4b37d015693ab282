//! Inputs with references of 50 digits: the files that `scripts/vectors.py` wrote.

use std::fs;
use std::path::Path;

use option_math::YEAR_SECONDS;

/// What is compared, and what its error is relative to.
pub const GREEKS: [&str; 5] = ["price/S", "delta", "S·Γ/peak", "vega/S", "theta a day/S"];
/// References have six digits below a wei.
const FINE: i128 = 1_000_000;

/// Arguments of `option_math::greeks`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Input {
    /// WAD of quote.
    pub spot: u128,
    /// WAD of quote.
    pub strike: u128,
    /// WAD a year.
    pub vol: u64,
    /// Seconds.
    pub tenor: u64,
    /// WAD a year.
    pub rate: i64,
}

/// An input, and price, delta, S·Γ, vega and theta there, in units of 1e-24.
#[derive(Clone, Copy, Debug)]
pub struct Vector {
    /// The input.
    pub input: Input,
    expected: [i128; 5],
}

impl Vector {
    /// How far a value, in wei, is from the reference: relative to spot, to one, to S·Γ's peak φ(0)/(σ√τ), and twice to spot again.
    #[must_use]
    pub fn error(&self, greek: usize, got: i128) -> f64 {
        let Input {
            spot, vol, tenor, ..
        } = self.input;
        let deviation = vol as f64 / 1e18 * (tenor as f64 / YEAR_SECONDS as f64).sqrt();
        let scale = match greek {
            1 => 1e18,
            2 => 1e18 * 0.398_942_280_401_432_7 / deviation,
            _ => spot as f64,
        };
        // Exact in integers, rounded only when divided.
        got.saturating_mul(FINE).abs_diff(self.expected[greek]) as f64 / FINE as f64 / scale
    }
}

/// The vectors of `vectors/<name>.csv`.
///
/// # Panics
/// When the file is not there, or not what the script writes.
#[must_use]
pub fn vectors(name: &str) -> Vec<Vector> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../vectors/{name}.csv"));
    let text =
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text.lines().skip(1).map(vector).collect()
}

fn vector(line: &str) -> Vector {
    let row: Vec<i128> = line
        .split(',')
        .map(|word| word.parse().expect("an integer"))
        .collect();
    let [spot, strike, vol, tenor, rate, expected @ ..] = &row[..] else {
        panic!("a short row: {line}")
    };
    Vector {
        input: Input {
            spot: *spot as u128,
            strike: *strike as u128,
            vol: *vol as u64,
            tenor: *tenor as u64,
            rate: *rate as i64,
        },
        expected: expected.try_into().expect("five references"),
    }
}
