//! What the functions cost on a Stylus chain, in ink (10 000 ink are one gas), against a committed snapshot.
//!
//! `BLESS=1 cargo test --release` rewrites the snapshot: a change of cost is deliberate.

use std::fmt::Write;
use std::path::PathBuf;

use option_math::{WAD, YEAR_SECONDS};

use crate::probe::{Build, INK_PER_GAS, Probe, wasm};

const PERCENT: u128 = WAD / 100;
const DAY: u128 = 86_400;

/// The twelve standard inputs: spot 2000 to 4000, strike/spot .7 to 1.5, volatility .3 to 1.5, an hour to 30 days, rate
/// 0 or 5 %. As (spot, strike in % of it, volatility in %, seconds, rate in %).
const STANDARD: [(u128, u128, u128, u128, u128); 12] = [
    (2000, 100, 80, DAY * 7, 0),
    (2000, 110, 80, DAY * 7, 5),
    (3000, 90, 30, DAY, 5),
    (3000, 110, 150, DAY, 0),
    (4000, 70, 80, DAY * 30, 5),
    (4000, 150, 150, DAY * 30, 5),
    (2500, 100, 30, 3600, 5),
    (2500, 100, 150, 3600, 0),
    (3500, 150, 30, DAY * 30, 0),
    (3500, 70, 150, 3600, 5),
    (2000, 90, 80, DAY * 30, 0),
    (4000, 110, 30, DAY * 7, 5),
];

fn words((spot, strike, vol, tenor, rate): (u128, u128, u128, u128, u128)) -> [u128; 5] {
    [
        spot * WAD,
        spot * WAD / 100 * strike,
        vol * PERCENT,
        tenor,
        rate * PERCENT,
    ]
}

fn gas(ink: u64) -> String {
    format!(
        "{}.{:02}",
        ink / INK_PER_GAS,
        ink % INK_PER_GAS * 100 / INK_PER_GAS
    )
}

/// Ink of a call beyond that of an echo with the same ABI, which moves the same words.
fn net(probe: &mut Probe, call: &[u128]) -> u64 {
    let mut echo = call.to_vec();
    echo[0] = 0;
    let (_, idle) = probe.call(&echo);
    let (output, ink) = probe.call(call);
    assert_eq!(output[0], 0, "{call:?} is answered");
    ink - idle
}

#[test]
fn gas_matches_the_snapshot() {
    let mut report =
        String::from("Gas beyond an echo with the same ABI; opt-level 3, without wasm-opt.\n\n");
    let mut probe = Probe::new(Build::Greeks);
    let mut worst = 0;
    for input in STANDARD {
        let [a, b, c, d, e] = words(input);
        let ink = net(&mut probe, &[1, a, b, c, d, e]);
        worst = worst.max(ink);
        let (spot, strike, vol, tenor, rate) = input;
        writeln!(
            report,
            "greeks, S {spot}, K {strike} %, σ {vol} %, {tenor} s, r {rate} %: {}",
            gas(ink)
        )
        .unwrap();
    }
    writeln!(report, "greeks, worst of the twelve: {}", gas(worst)).unwrap();
    assert!(worst <= 25 * INK_PER_GAS, "greeks cost {}", gas(worst));

    let mut probe = Probe::new(Build::All);
    for (rate, label) in [(0, "r 0"), (5, "r 5 %")] {
        let mut call = vec![2, 2000 * WAD, 0, 80 * PERCENT, 7 * DAY, rate * PERCENT];
        call.extend([70, 90, 100, 105, 110, 120, 130, 150].map(|strike: u128| 20 * strike * WAD));
        let ink = net(&mut probe, &call) / 8;
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
    let calls: [(&str, Vec<u128>); 16] = [
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
        writeln!(report, "{name}: {}", gas(net(&mut probe, &call))).unwrap();
    }

    let size = |build| {
        stylus_rules::code::compress(wasm(build))
            .expect("compresses")
            .len()
    };
    let added = size(Build::Greeks) - size(Build::Empty);
    writeln!(report, "\ncode that greeks adds, compressed: {added} bytes").unwrap();
    writeln!(
        report,
        "code that all functions add, compressed: {} bytes",
        size(Build::All) - size(Build::Empty)
    )
    .unwrap();
    assert!(added <= 3_200, "greeks add {added} bytes");

    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("snapshots/gas.txt");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &report).expect("the snapshot is written");
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    println!("{report}");
    assert_eq!(report, committed, "BLESS=1 if this is meant");
}

#[test]
fn no_data_segment_is_paid_for() {
    // The constants are code: a data segment would cost gas on every call, used or not.
    let empty = stylus_rules::activate(wasm(Build::Empty), &stylus_rules::Params::default())
        .expect("valid");
    let greeks = stylus_rules::activate(wasm(Build::Greeks), &stylus_rules::Params::default())
        .expect("valid");
    assert_eq!(
        (
            empty.info.measures.data_bytes,
            greeks.info.measures.data_bytes
        ),
        (0, 0)
    );
    assert_eq!(YEAR_SECONDS, 365 * DAY as u64);
}
