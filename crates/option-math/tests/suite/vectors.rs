//! Against references of 50 digits (scripts/vectors.py): the documented bounds hold.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use option_math::*;

/// Expected values have six digits below a wei.
const FINE: i128 = 1_000_000;

/// The committed vectors, or those of a longer run.
fn read(name: &str) -> String {
    let directory = std::env::var_os("OPTION_MATH_VECTORS").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors"),
        PathBuf::from,
    );
    fs::read_to_string(directory.join(name)).expect("the vectors")
}

fn error(got: i128, expected: i128) -> f64 {
    // Exact in i128, rounded only for the comparison with a bound; in wei.
    (got * FINE).abs_diff(expected) as f64 / FINE as f64
}

/// The table, in wei per unit of what each is relative to, and half a wei more where rounding counts.
const BOUNDS: [(&str, f64); 5] = [
    ("price / spot", 4e-18),
    ("delta", 2e-16),
    ("spot_gamma / peak", 1e-13),
    ("vega / spot", 2e-17),
    ("theta a day / spot", 1e-16),
];

fn grid(name: &str) {
    let mut worst = [0f64; 5];
    for line in read(name).lines().skip(1) {
        let row: Vec<i128> = line
            .split(',')
            .map(|word| word.parse().expect("an integer"))
            .collect();
        let [spot, strike, vol, tenor, rate, expected @ ..] = &row[..] else {
            panic!("a short row")
        };
        let got = greeks(
            *spot as u128,
            *strike as u128,
            *vol as u64,
            *tenor as u64,
            *rate as i64,
        )
        .expect("in the domain");
        let values = [
            got.price as i128,
            got.delta as i128,
            got.spot_gamma as i128,
            got.vega as i128,
            got.theta,
        ];
        let deviation = *vol as f64 / 1e18 * (*tenor as f64 / YEAR_SECONDS as f64).sqrt();
        let peak = 1e18 * 0.398_942_280_401_432_7 / deviation;
        let scales = [*spot as f64, 1e18, peak, *spot as f64, *spot as f64];
        for i in 0..5 {
            worst[i] = worst[i].max(error(values[i], expected[i]) / scales[i]);
        }
    }
    for ((what, bound), worst) in BOUNDS.into_iter().zip(worst) {
        println!("{name}: {what} {worst:.2e}, bound {bound:.0e}");
        assert!(worst <= bound, "{name}: {what} is off by {worst:e}");
    }
}

#[test]
fn greeks_on_the_wide_grid() {
    grid("greeks_wide.csv");
}

#[test]
fn greeks_on_the_central_grid() {
    grid("greeks_central.csv");
}

/// Documented error of each function: absolute in wei, and relative.
fn bound(name: &str, inputs: &[i128]) -> (f64, f64) {
    match name {
        "sqrt" if inputs[0] >> 120 != 0 => (33.0, 0.0),
        "exp" => (1.0, 1e-18 * (2.0 + inputs[0].unsigned_abs() as f64 / 1e18)),
        "cbrt" => (1.0, 1e-17),
        "ln" => (20.0, 0.0),
        "sqrt" => (1.0, 0.0),
        "pdf" | "cdf" => (10.0, 0.0),
        "inverse_cdf" => (100.0, 0.0),
        "strike_from_delta" => (1.0, 2e-16),
        "ewma" => (2.0, 1e-14),
        "band" => (1.0, 1e-17),
        "dutch" => (1.0, 1e-16),
        // 1e-16 of cap/κ ≤ 30, in wei of a WAD.
        "dutch_integral" => (3e3, 0.0),
        _ => panic!("no bound for {name}"),
    }
}

fn evaluate(name: &str, x: &[i128]) -> i128 {
    let at = |i: usize| x[i] as u64;
    let curve = || DutchCurve {
        kappa: at(0),
        floor: at(1),
        cap: at(2),
    };
    match name {
        "exp" => exp_wad(x[0]).expect("in the domain") as i128,
        "ln" => ln_wad(x[0] as u128).expect("in the domain"),
        "sqrt" => sqrt_wad(x[0] as u128) as i128,
        "cbrt" => cbrt_wad(x[0] as u128) as i128,
        "pdf" => normal_pdf(x[0]) as i128,
        "cdf" => normal_cdf(x[0]) as i128,
        "inverse_cdf" => normal_inverse_cdf(at(0)).expect("in the domain"),
        "strike_from_delta" => strike_from_delta(x[0] as u128, at(1), at(2), at(3), x[4] as i64)
            .expect("in the domain") as i128,
        "ewma" => ewma_variance(x[0] as u128, x[1], at(2), at(3)).expect("in the domain") as i128,
        "band" => whalley_wilmott_band(at(0), x[1] as u128, x[2] as u128, x[3] as u128, at(4))
            .expect("in the domain") as i128,
        "dutch" => dutch_multiplier(&curve(), at(3), at(4)).expect("in the domain") as i128,
        "dutch_integral" => {
            (dutch_integral(&curve(), at(3), at(4), at(5)).expect("in the domain") / WAD) as i128
        }
        _ => panic!("no function {name}"),
    }
}

#[test]
fn functions() {
    let mut worst = BTreeMap::<String, (f64, String)>::new();
    for line in read("functions.csv").lines() {
        let (name, rest) = line.split_once(',').expect("a name");
        let row: Vec<i128> = rest
            .split(',')
            .map(|word| word.parse().expect("an integer"))
            .collect();
        let (expected, inputs) = row.split_last().expect("an expected value");
        let (absolute, relative) = bound(name, inputs);
        let allowed = absolute + relative * (expected.unsigned_abs() as f64 / FINE as f64);
        let share = error(evaluate(name, inputs), *expected) / allowed;
        let entry = worst.entry(name.into()).or_default();
        if share > entry.0 {
            *entry = (share, line.into());
        }
    }
    for (name, (share, line)) in &worst {
        println!("{name}: {:.0} % of its bound, at {line}", share * 100.0);
    }
    for (name, (share, line)) in worst {
        assert!(share <= 1.0, "{name}: {share} of its bound at {line}");
    }
}
