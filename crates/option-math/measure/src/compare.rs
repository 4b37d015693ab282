//! Both sides on one chain, on the same inputs, in one run.

use std::fmt;

use serde_json::{Value, json};

use crate::{Build, GREEKS, INK_PER_GAS, Input, Peer, Probe, Vector, chain, vectors};

/// Strike as a share of spot, in percent, of the strip that is measured.
pub const STRIP: [u128; 8] = [70, 90, 100, 105, 110, 120, 130, 150];

/// What one side costs and how far it is off.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Who wrote what.
    pub name: String,
    /// Gas of the price alone: the worst of the standard inputs. Of option-math it is that of the greeks, which are no more work.
    pub price_gas: f64,
    /// Gas of the price and of those greeks that have an error below, in one call: the worst of the standard inputs.
    pub greeks_gas: f64,
    /// Largest error of each of [`GREEKS`] over all inputs that are answered, as [`Vector::error`] says.
    pub errors: [Option<f64>; 5],
    /// Inputs that are refused.
    pub refused: usize,
}

/// The table.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// option-math first, then the peers.
    pub rows: Vec<Row>,
    /// Gas of `greeks` for each of eight strikes that share the rest, the dearer of two rates.
    pub strip_gas: f64,
    /// What entering the program costs whoever calls it from outside: cached, and not.
    pub entry_gas: [u64; 2],
    /// Number of inputs.
    pub inputs: usize,
}

/// Runs it all.
///
/// # Panics
/// When something is not installed, or a side does not answer a standard input.
#[must_use]
pub fn compare() -> Comparison {
    let mut chain = chain();
    let probe = Probe::deploy(&mut chain, Build::Greeks);
    let standard = vectors("standard");
    let inputs: Vec<Vector> = ["standard", "greeks_wide", "greeks_central"]
        .into_iter()
        .flat_map(vectors)
        .filter(|vector| near_the_money(vector.input))
        .collect();

    let mut ours = Row::new("option-math, Stylus");
    for vector in &standard {
        let (ink, _) = probe.net(&chain, &vector.input.words(1));
        ours.greeks_gas = ours.greeks_gas.max(gas(ink));
    }
    ours.price_gas = ours.greeks_gas;
    for vector in &inputs {
        let (_, words) = probe.net(&chain, &vector.input.words(1));
        ours.compare(vector, std::array::from_fn(|i| Some(words[i + 1] as i128)));
    }
    let mut rows = vec![ours];

    for peer in Peer::deploy_all(&mut chain) {
        let mut row = Row::new(peer.name);
        for vector in &standard {
            let price = peer.price(&chain, vector.input).expect("a standard input");
            let greeks = peer.greeks(&chain, vector.input).expect("a standard input");
            row.price_gas = row.price_gas.max(price.gas as f64);
            row.greeks_gas = row.greeks_gas.max(greeks.gas as f64);
        }
        for vector in &inputs {
            match peer.greeks(&chain, vector.input) {
                Some(answer) => row.compare(vector, answer.values),
                None => row.refused += 1,
            }
        }
        rows.push(row);
    }

    let all = Probe::deploy(&mut chain, Build::All);
    let strip_gas = [0, 5]
        .map(|rate| gas(all.net(&chain, &strip(rate)).0) / STRIP.len() as f64)
        .into_iter()
        .fold(0.0, f64::max);
    let words = standard[0].input.words(1);
    let uncached = probe.call(&chain, &words).entry_gas;
    probe.cache(&mut chain);
    let cached = probe.call(&chain, &words).entry_gas;
    Comparison {
        rows,
        strip_gas,
        entry_gas: [cached, uncached],
        inputs: inputs.len(),
    }
}

/// Moneyness .3 to 3. The central grid also has strikes of a thousand spots, where a small error of a probability is a large one of the price.
fn near_the_money(input: Input) -> bool {
    input.strike <= input.spot * 10 / 3 && input.spot <= input.strike * 3
}

/// The probe's words for a strip at a rate in percent: spot 2000, volatility 80 %, a week.
#[must_use]
pub fn strip(rate: u64) -> Vec<u128> {
    let shared = Input {
        spot: 2000 * option_math::WAD,
        strike: 0,
        vol: 800_000_000_000_000_000,
        tenor: 7 * 86_400,
        rate: rate as i64 * 10_000_000_000_000_000,
    };
    let mut words = shared.words(2).to_vec();
    words.extend(STRIP.map(|percent| shared.spot / 100 * percent));
    words
}

fn gas(ink: u64) -> f64 {
    ink as f64 / INK_PER_GAS as f64
}

impl Row {
    fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            price_gas: 0.0,
            greeks_gas: 0.0,
            errors: [None; 5],
            refused: 0,
        }
    }

    fn compare(&mut self, vector: &Vector, values: [Option<i128>; 5]) {
        for (greek, value) in values.into_iter().enumerate() {
            if let Some(value) = value {
                let error = vector.error(greek, value);
                let worst = &mut self.errors[greek];
                *worst = Some(worst.map_or(error, |worst| worst.max(error)));
            }
        }
    }
}

impl Comparison {
    /// The same as data. Gas is a number, errors are numbers or null.
    #[must_use]
    pub fn json(&self) -> Value {
        let rows = self.rows.iter().map(|row| {
            let errors = GREEKS.into_iter().zip(row.errors);
            json!({
                "name": row.name,
                "price_gas": row.price_gas,
                "greeks_gas": row.greeks_gas,
                "errors": errors.map(|(greek, error)| (greek.to_owned(), json!(error))).collect::<serde_json::Map<_, _>>(),
                "refused": row.refused,
            })
        });
        json!({
            "rows": rows.collect::<Vec<_>>(),
            "strip_gas": self.strip_gas,
            "entry_gas": { "cached": self.entry_gas[0], "uncached": self.entry_gas[1] },
            "inputs": self.inputs,
        })
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "Gas: the worst of the 12 standard inputs, beyond an echo with the same ABI. Errors: the largest of {} inputs.\n",
            self.inputs
        )?;
        write!(f, "{:<42}{:>10}{:>10}", "", "price", "+ greeks")?;
        for greek in GREEKS {
            write!(f, "{greek:>15}")?;
        }
        writeln!(f, "{:>9}", "refused")?;
        for row in &self.rows {
            write!(f, "{:<42}", row.name)?;
            write!(f, "{:>10.1}{:>10.1}", row.price_gas, row.greeks_gas)?;
            for error in row.errors {
                match error {
                    Some(error) => write!(f, "{error:>15.1e}")?,
                    None => write!(f, "{:>15}", "–")?,
                }
            }
            writeln!(f, "{:>9}", row.refused)?;
        }
        writeln!(
            f,
            "\noption-math, of a strip of 8 strikes, each: {:.2} gas. It is a library: a contract that holds it pays no more. As a contract that \
             others call,\nentering it costs {} gas cached, {} not.",
            self.strip_gas, self.entry_gas[0], self.entry_gas[1]
        )
    }
}
