//! What the functions cost on a Stylus chain.
use crate::probe::*;
use option_math::WAD;

/// The standard inputs: spot, strike/spot, volatility, tenor, rate.
const E16: u128 = WAD / 100;
fn standard() -> Vec<[u128; 5]> {
    let mut v = vec![];
    for (i, k) in [70u128, 90, 100, 110, 150].into_iter().enumerate() {
        for (j, s) in [30u128, 80, 150].into_iter().enumerate() {
            for t in [3600u128, 86400, 604800, 2592000] {
                for r in [0u128, 5] {
                    let spot = (2000 + 1000 * ((i + j) as u128 % 3)) * WAD;
                    v.push([spot, spot / 100 * k, s * E16, t, r * E16]);
                }
            }
        }
    }
    v
}

#[test]
fn print() {
    let mut p = Probe::new();
    let echo = p.call(&[0, 1, 2, 3, 4, 5]).1;
    let mut inks: Vec<u64> = vec![];
    for x in standard() {
        let (_, ink) = p.call(&[1, x[0], x[1], x[2], x[3], x[4]]);
        inks.push(ink - echo);
    }
    println!("echo {echo} min {:?} max {:?} size {}", inks.iter().min(), inks.iter().max(), wasm().len());
    println!("compressed {}", stylus_rules::code::compress(wasm()).unwrap().len());
}
