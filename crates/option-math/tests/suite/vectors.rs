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

/// What the crate documents where options are traded, relative to spot, one, the peak of S·Γ, spot, and spot.
const BOUNDS: [(&str, f64); 5] = [
    ("price / spot", 4e-18),
    ("delta", 2e-16),
    ("spot_gamma / peak", 1e-13),
    ("vega / spot", 2e-17),
    ("theta a day / spot", 1e-16),
];

/// Arguments of `greeks`, and the values there.
struct Row {
    spot: u128,
    strike: u128,
    vol: u64,
    tenor: u64,
    rate: i64,
    expected: [i128; 5],
}

impl Row {
    fn parse(line: &str) -> Self {
        let row: Vec<i128> = line
            .split(',')
            .map(|word| word.parse().expect("an integer"))
            .collect();
        let [spot, strike, vol, tenor, rate, expected @ ..] = &row[..] else {
            panic!("a short row")
        };
        Self {
            spot: *spot as u128,
            strike: *strike as u128,
            vol: *vol as u64,
            tenor: *tenor as u64,
            rate: *rate as i64,
            expected: expected.try_into().expect("five references"),
        }
    }

    fn years(&self) -> f64 {
        self.tenor as f64 / YEAR_SECONDS as f64
    }

    /// σ√τ.
    fn deviation(&self) -> f64 {
        self.vol as f64 / 1e18 * self.years().sqrt()
    }

    /// rτ.
    fn carry(&self) -> f64 {
        self.rate as f64 / 1e18 * self.years()
    }

    /// In wei.
    fn errors(&self) -> [f64; 5] {
        let got =
            greeks(self.spot, self.strike, self.vol, self.tenor, self.rate).expect("in the domain");
        let strip = Strip::new(self.spot, self.vol, self.tenor, self.rate).expect("in the domain");
        assert_eq!(strip.greeks(self.strike), Ok(got), "fused or not");
        let values = [
            got.price as i128,
            got.delta as i128,
            got.spot_gamma as i128,
            got.vega as i128,
            got.theta,
        ];
        std::array::from_fn(|i| error(values[i], self.expected[i]))
    }

    /// What the errors are relative to, in wei.
    fn scales(&self) -> [f64; 5] {
        let spot = self.spot as f64;
        let peak = 1e18 * 0.398_942_280_401_432_7 / self.deviation();
        [spot, 1e18, peak, spot, spot]
    }
}

/// The largest share of each bound over a file: at most all of it.
fn worst(name: &str, share: impl Fn(&Row) -> [f64; 5]) -> [f64; 5] {
    let mut worst: [(f64, String); 5] = Default::default();
    for line in read(name).lines().skip(1) {
        for (share, worst) in share(&Row::parse(line)).into_iter().zip(&mut worst) {
            if share > worst.0 {
                *worst = (share, line.into());
            }
        }
    }
    for ((what, _), (share, line)) in BOUNDS.iter().zip(&worst) {
        println!("{name}: {what}, {:.0} % of its bound", share * 100.0);
        assert!(
            *share <= 1.0,
            "{name}: {what} is {share} of its bound at {line}"
        );
    }
    worst.map(|(share, _)| share)
}

fn grid(name: &str) {
    let shares = worst(name, |row| {
        let (errors, scales) = (row.errors(), row.scales());
        std::array::from_fn(|i| errors[i] / scales[i] / BOUNDS[i].1)
    });
    for ((what, bound), share) in BOUNDS.into_iter().zip(shares) {
        println!("{name}: {what} {:.1e}", share * bound);
    }
}

#[test]
fn greeks_of_the_standard_inputs() {
    grid("standard.csv");
}

#[test]
fn greeks_on_the_wide_grid() {
    grid("greeks_wide.csv");
}

#[test]
fn greeks_on_the_central_grid() {
    grid("greeks_central.csv");
}

/// What the crate documents of the whole domain: where ln(S/K) and rτ are many σ√τ, their last digits count.
#[test]
fn greeks_in_the_whole_domain() {
    worst("greeks_domain.csv", |row| {
        let (errors, mut scales) = (row.errors(), row.scales());
        let carry = row.carry();
        let moneyness = (row.spot as f64 / row.strike as f64).ln();
        let magnified = 1.0 + (moneyness.abs() + carry.abs()) / row.deviation();
        let discounted = row.strike as f64 * (-carry).exp();
        scales[0] = scales[0].max(discounted);
        let bounds = [
            4e-18 * (1.0 + carry.abs()),
            1e-17 * magnified,
            1e-17 * magnified,
            1e-17 * magnified,
            1e-16 * magnified,
        ];
        // And the last wei.
        std::array::from_fn(|i| errors[i] / (scales[i] * bounds[i] + 1.0))
    });
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
        "ewma" => (2.0, 4e-15),
        "band" => (1.0, 1e-17),
        "dutch" => (1.0, 1e-16),
        // 1e-16 of cap/κ ≤ 30, in wei of a WAD.
        "dutch_integral" => (3e3, 0.0),
        "discounted" => {
            let carry = inputs[2] as f64 / 1e18 * inputs[1] as f64 / YEAR_SECONDS as f64;
            (1.0, 2e-18 * (1.0 + carry.abs()))
        }
        // That of two prices.
        "capped" => (2.0 + 8e-18 * inputs[0] as f64, 0.0),
        "minimum_variance" => (1.0, 1e-18),
        // What the price's wei and error, and a wei of volatility, move it by.
        "implied_volatility" => {
            let [price, spot, strike, tenor, rate] = *inputs else {
                panic!("five arguments")
            };
            let vol = evaluate(name, inputs) as u64;
            let at = greeks(spot as u128, strike as u128, vol, tenor as u64, rate as i64)
                .expect("in the domain");
            assert!(
                at.price.abs_diff(price as u128) as f64
                    <= 4e-18 * spot as f64 + 1.0 + at.vega as f64 / 1e18,
                "the price is met"
            );
            (
                2.0 + (8e-18 * spot as f64 + 2.0) * 1e18 / at.vega as f64,
                0.0,
            )
        }
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
        "discounted" => Strip::new(WAD, WAD as u64, at(1), x[2] as i64)
            .and_then(|strip| strip.discounted(x[0] as u128))
            .expect("in the domain") as i128,
        "capped" => {
            capped_call(
                x[0] as u128,
                x[1] as u128,
                Some(x[2] as u128),
                at(3),
                at(4),
                x[5] as i64,
            )
            .expect("in the domain")
            .price as i128
        }
        "minimum_variance" => {
            let greeks = Greeks {
                price: 0,
                delta: at(0),
                spot_gamma: 0,
                vega: x[1] as u128,
                theta: 0,
            };
            minimum_variance_delta(&greeks, x[2] as u128, x[3] as i64).expect("in the domain")
        }
        "implied_volatility" => {
            implied_volatility(x[0] as u128, x[1] as u128, x[2] as u128, at(3), x[4] as i64)
                .expect("in the domain") as i128
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
