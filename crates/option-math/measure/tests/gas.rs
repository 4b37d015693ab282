//! What the functions cost on a Stylus chain, in ink (10 000 ink are one gas), against a committed snapshot.
//!
//! `BLESS=1 cargo test --release` rewrites the snapshot: a change of cost is deliberate.

use std::fmt::Write;

use devchain::rules::{Params, activate, code::compress};
use option_math::{WAD, YEAR_SECONDS};
use option_math_measure::{Build, INK_PER_GAS, Input, Probe, STRIP, chain, strip, vectors, wasm};

use crate::snapshot;

const PERCENT: u128 = WAD / 100;
const DAY: u128 = 86_400;

fn gas(ink: u64) -> String {
    format!(
        "{}.{:02}",
        ink / INK_PER_GAS,
        ink % INK_PER_GAS * 100 / INK_PER_GAS
    )
}

#[test]
fn gas_matches_the_snapshot() {
    let mut report =
        String::from("Gas beyond an echo with the same ABI; opt-level 3, without wasm-opt.\n\n");
    let mut chain = chain();
    let probe = Probe::deploy(&mut chain, Build::Greeks);
    let mut worst = 0;
    let standard = vectors("standard");
    assert_eq!(standard.len(), 12);
    for vector in standard {
        let (ink, _) = probe.net(&chain, &vector.input.words(1));
        worst = worst.max(ink);
        let Input {
            spot,
            strike,
            vol,
            tenor,
            rate,
        } = vector.input;
        writeln!(
            report,
            "greeks, S {}, K {} %, σ {} %, {tenor} s, r {} %: {}",
            spot / WAD,
            strike / (spot / 100),
            vol as u128 / PERCENT,
            rate as u128 / PERCENT,
            gas(ink)
        )
        .unwrap();
    }
    writeln!(report, "greeks, worst of the twelve: {}", gas(worst)).unwrap();
    assert!(worst <= 25 * INK_PER_GAS, "greeks cost {}", gas(worst));

    let probe = Probe::deploy(&mut chain, Build::All);
    let net = |call: &[u128]| probe.net(&chain, call).0;
    for (rate, label) in [(0, "r 0"), (5, "r 5 %")] {
        let ink = net(&strip(rate)) / STRIP.len() as u64;
        writeln!(
            report,
            "strip of 8 strikes, {label}, a strike: {}",
            gas(ink)
        )
        .unwrap();
        assert!(ink <= 22 * INK_PER_GAS);
    }
    let tenor = 7 * DAY;
    let (spot, strike) = (2000 * WAD, 2200 * WAD);
    let calls: [(&str, Vec<u128>); 18] = [
        (
            "greeks beside all the others",
            vec![1, spot, strike, 80 * PERCENT, tenor, 0],
        ),
        ("put_greeks", vec![16, spot, strike, 80 * PERCENT, tenor, 0]),
        (
            "capped_call",
            vec![17, spot, strike, 80 * PERCENT, tenor, 0, 2 * spot],
        ),
        ("exp_wad", vec![3, WAD / 3]),
        ("ln_wad", vec![4, WAD / 3]),
        ("sqrt_wad", vec![5, 2 * WAD]),
        ("cbrt_wad", vec![6, 2 * WAD]),
        ("normal_pdf", vec![7, WAD / 3]),
        ("normal_cdf", vec![8, WAD / 3]),
        ("normal_inverse_cdf", vec![9, WAD / 5]),
        (
            "strike_from_delta",
            vec![10, spot, WAD / 5, 80 * PERCENT, tenor, 0],
        ),
        (
            "minimum_variance_delta",
            vec![18, WAD / 3, 100 * WAD, spot, WAD / 2],
        ),
        (
            "discounted, r 5 %",
            vec![19, spot, strike, 80 * PERCENT, tenor, 5 * PERCENT],
        ),
        (
            "implied_volatility",
            vec![11, 25 * WAD, spot, strike, tenor, 0],
        ),
        ("ewma_variance", vec![12, WAD, WAD / 100, 1800, DAY]),
        (
            "whalley_wilmott_band",
            vec![13, WAD / 1000, spot, WAD, 10 * spot, 2 * WAD],
        ),
        (
            "dutch_multiplier",
            vec![14, 2 * WAD, WAD / 2, 2 * WAD, WAD / 3, WAD / 4],
        ),
        (
            "dutch_integral",
            vec![15, 2 * WAD, WAD / 2, 2 * WAD, WAD / 4, WAD / 3, WAD / 4],
        ),
    ];
    for (name, call) in calls {
        writeln!(report, "{name}: {}", gas(net(&call))).unwrap();
    }

    let size = |build| compress(wasm(build)).expect("compresses").len();
    let added = size(Build::Greeks) - size(Build::Empty);
    writeln!(report, "\ncode that greeks adds, compressed: {added} bytes").unwrap();
    writeln!(
        report,
        "code that all functions add, compressed: {} bytes",
        size(Build::All) - size(Build::Empty)
    )
    .unwrap();
    assert!(added <= 3_200, "greeks add {added} bytes");

    snapshot("gas.txt", &report);
}

#[test]
fn no_data_segment_is_paid_for() {
    // The constants are code: a data segment would cost gas on every call, used or not.
    let empty = activate(wasm(Build::Empty), &Params::default()).expect("valid");
    let greeks = activate(wasm(Build::Greeks), &Params::default()).expect("valid");
    assert_eq!(
        (
            empty.info.measures.data_bytes,
            greeks.info.measures.data_bytes
        ),
        (0, 0)
    );
    assert_eq!(YEAR_SECONDS, 365 * DAY as u64);
}
