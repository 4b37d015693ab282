//! The demo as a program: it plays every stored path and several seeds, accounts for them, and refuses bad options.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::create_dir_all(&dir).expect("a directory");
        Self(dir)
    }

    fn demo(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_demo"))
            .current_dir(&self.0)
            .args(arguments)
            .output()
            .expect("the demo starts")
    }

    /// Plays with these arguments; terminal, page and data.
    fn play(&self, arguments: &[&str]) -> (String, String, Value) {
        let mut all = arguments.to_vec();
        all.extend(["--out", ".", "--json", "data.json"]);
        let output = self.demo(&all);
        assert!(
            output.status.success(),
            "{arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        let read = |file: &str| std::fs::read_to_string(self.0.join(file)).expect("written");
        let data = serde_json::from_str(&read("data.json")).expect("JSON");
        (
            String::from_utf8(output.stdout).expect("text"),
            read("report.html"),
            data,
        )
    }
}

fn amount(value: &Value) -> i128 {
    value
        .as_str()
        .expect("an amount is a string")
        .parse()
        .expect("of a whole number")
}

fn items<'a>(data: &'a Value, pointer: &str) -> &'a Vec<Value> {
    data.pointer(pointer)
        .and_then(Value::as_array)
        .unwrap_or_else(|| panic!("{pointer} is a list"))
}

/// Adds the rows up again, from the data alone.
fn adds_up(data: &Value) {
    for token in ["weth", "usdc"] {
        let rows = items(data, "/reconciliation/rows");
        let sum = |column: &str| {
            rows.iter()
                .map(|row| amount(&row[column][token]))
                .sum::<i128>()
        };
        assert_eq!(sum("change"), 0, "{token}");
        assert_eq!(
            sum("after"),
            amount(&data["reconciliation"]["supply"][token]),
            "{token}"
        );
        assert_eq!(
            amount(&data["reconciliation"]["vault_less_ledger"][token]),
            0,
            "{token}"
        );
        for row in rows {
            assert_eq!(
                amount(&row["after"][token]) - amount(&row["before"][token]),
                amount(&row["change"][token])
            );
        }
        let flows = items(data, "/flows/rows");
        let purposes: Vec<&String> = flows[0]["moved"]
            .as_object()
            .expect("by purpose")
            .keys()
            .collect();
        for purpose in purposes {
            let sum: i128 = flows
                .iter()
                .map(|row| amount(&row["moved"][purpose][token]))
                .sum();
            assert_eq!(sum, 0, "{purpose} in {token}");
        }
    }
}

fn calls<'a>(data: &'a Value, function: &str) -> Vec<&'a Value> {
    items(data, "/calls")
        .iter()
        .filter(|call| call["function"] == function && call["refused"].is_null())
        .collect()
}

#[test]
fn every_stored_path_plays_and_adds_up() {
    for name in ["calm", "rally", "crash"] {
        let (text, page, data) = Scratch::new(name).play(&["--path", name]);
        adds_up(&data);
        assert_eq!(data["path"]["name"], name);
        assert!(text.contains("changes sum to 0 WETH and 0 USDC"), "{text}");
        let paid = items(&data, "/epoch/series")
            .iter()
            .map(|series| amount(&series["payout_quote"]))
            .sum::<i128>();
        assert_eq!(paid > 0, name == "rally", "{name} pays {paid}");
        assert_eq!(calls(&data, "exercise").is_empty(), name != "rally");
        assert!(page.contains("strike 2,"), "strikes near 2 000 are drawn");
        assert!(
            !text.contains('\x1b'),
            "no colour where there is no terminal"
        );
        stands_alone(&page);
    }
}

#[test]
fn seeds_play_and_add_up() {
    let runs: [&[&str]; 6] = [
        &["--seed", "0"],
        &["--seed", "18446744073709551615"],
        &["--seed", "3", "--vol", "2.5"],
        &["--seed", "4", "--vol", "0.02", "--iv", "0.2"],
        &["--seed", "5", "--spot", "0.35"],
        &["--seed", "6", "--spot", "64000", "--iv", "0.5"],
    ];
    for (index, run) in runs.iter().enumerate() {
        let (_, _, data) = Scratch::new(&format!("seed-{index}")).play(run);
        adds_up(&data);
        assert_eq!(items(&data, "/results/depositors").len(), 3);
    }
}

#[test]
fn the_same_seed_gives_the_same_complete_data() {
    let first = Scratch::new("once").play(&["--seed", "9"]);
    assert_eq!(first, Scratch::new("again").play(&["--seed", "9"]));
    let data = first.2;
    for function in ["deposit", "openEpoch", "buy", "rebalance", "settle", "roll"] {
        let of_kind = calls(&data, function);
        assert!(!of_kind.is_empty(), "{function}");
        for call in of_kind {
            assert!(
                call["gas"].as_u64().expect("gas") > call["entry_gas"].as_u64().expect("entry gas")
            );
            assert!(
                call["entry_gas"].as_u64() > Some(0)
                    && call["price"].as_f64() > Some(0.0)
                    && call["time"].is_u64()
            );
            for moment in ["before", "after"] {
                amount(&call[moment]["exposure"]);
                amount(&call[moment]["nav"]);
            }
            assert_eq!(amount(&call["reward"]) > 0, function == "rebalance");
        }
    }
    // 168 hours live, expiry, and what comes before and after.
    assert!(items(&data, "/hours").len() > 170);
    let live: Vec<&Value> = items(&data, "/hours")
        .iter()
        .filter(|hour| hour["phase"] == "live")
        .collect();
    assert_eq!(live.len(), 168);
    for hour in live {
        let series = hour["series"].as_array().expect("series");
        assert_eq!(series.len(), items(&data, "/epoch/series").len());
        for greek in ["price", "delta", "gamma", "vega", "theta"] {
            assert!(
                series
                    .iter()
                    .all(|one| one["fresh"][greek].is_number() && one["shown"][greek].is_number()),
                "{greek}"
            );
        }
    }
    for bucket in [
        "vault",
        "queued",
        "claimable",
        "payouts",
        "reserves",
        "keeper",
    ] {
        amount(&data["ledger"][bucket]["assets"]);
        amount(&data["ledger"][bucket]["quote"]);
    }
    assert!(data["vault"]["code_size"].as_u64() > Some(10_000));
    assert!(
        data["vault"]["entry_gas_uncached"].as_u64() > data["vault"]["entry_gas_cached"].as_u64()
    );
}

/// The page needs nothing from elsewhere, and says in words what its plots show.
fn stands_alone(page: &str) {
    for outside in [
        "http:", "https:", "//cdn", "<script", "<link", "<img", "<iframe", "@import", "url(",
        "src=", "href=",
    ] {
        assert!(!page.contains(outside), "{outside}");
    }
    let plots = page.matches("<svg viewBox").count();
    assert!(plots > 10, "{plots}");
    assert_eq!(plots, page.matches("role=\"img\" aria-labelledby=").count());
    assert!(
        !page.contains("NaN") && !page.contains("inf"),
        "every number is one"
    );
}

#[test]
fn a_file_of_candles_is_played() {
    let scratch = Scratch::new("candles");
    let rows: String = (0..170)
        .map(|hour| {
            let close = 3_000.0 + 40.0 * (f64::from(hour) / 9.0).sin();
            format!(
                "{},{},{},{},{close},1.5\n",
                1_762_502_400 + 3_600 * hour,
                close - 1.0,
                close + 5.0,
                close - 5.0
            )
        })
        .collect();
    std::fs::write(
        scratch.0.join("candles.csv"),
        format!("open_time_unix,open,high,low,close,volume\n{rows}"),
    )
    .expect("written");
    let (_, _, data) = scratch.play(&["--path", "candles.csv"]);
    adds_up(&data);
    assert_eq!(data["epoch"]["spot"], 3_000.0);
}

#[test]
fn bad_options_are_named_and_exit_with_2() {
    let scratch = Scratch::new("bad");
    std::fs::write(scratch.0.join("short.csv"), "2000\n".repeat(167)).expect("written");
    std::fs::write(scratch.0.join("words.csv"), "price\n2000\ntwo thousand\n").expect("written");
    std::fs::write(
        scratch.0.join("zero.csv"),
        format!("{}0\n", "2000\n".repeat(168)),
    )
    .expect("written");
    std::fs::write(scratch.0.join("binary.csv"), [0xff, 0xfe, 0x00]).expect("written");
    let cases: [(&[&str], &str); 12] = [
        (&["--nonsense"], "BadArgument"),
        (&["--seed"], "BadArgument"),
        (&["--seed", "x"], "OutOfRange: --seed"),
        (&["--vol", "-1"], "OutOfRange: --vol"),
        (&["--iv", "nan"], "OutOfRange: --iv"),
        (&["--path", "nowhere"], "UnknownPath: nowhere"),
        (&["--path", "."], "Unreadable"),
        (&["--path", "short.csv"], "PathTooShort: short.csv has 167"),
        (&["--path", "words.csv"], "BadPrice: words.csv, line 3"),
        (&["--path", "zero.csv"], "BadPrice: zero.csv, line 169"),
        (&["--path", "binary.csv"], "Unreadable"),
        (&["--out", "short.csv/x"], "Unwritable"),
    ];
    for (arguments, error) in cases {
        let output = scratch.demo(arguments);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(error), "{arguments:?}: {said}");
        assert!(output.stdout.is_empty(), "nothing is played");
    }
}
