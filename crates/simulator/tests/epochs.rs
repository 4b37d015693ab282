//! What an epoch must satisfy whatever happens in it, and what is known about it from elsewhere.

use option_math::{YEAR_SECONDS, normal_cdf};
use simulator::epoch::{Outcome, Path, Setup, play};
use simulator::estimate::{Estimator, wad};
use simulator::market::Process;
use simulator::options::{Request, parse};
use simulator::report::ORIENTATION;
use simulator::rules::{FAMILIES, Family, GATES, Skew};
use simulator::study::{LEVELS, run, sweep, train};
use simulator::table;
use vault_core::opening;
use vault_core::policy;
use vault_core::quantity::{Assets, Pot, Price, Quote, Units};
use vault_core::rebalance::{self, Book, HedgeState, Market, Rules, Side, TRIGGER_EVENT, Terms};
use vault_core::{WAD, solvency::Series};

const SIGMA: f64 = 0.8;

fn paths(process: &Process, setup: &Setup, seed: u64, n: u64) -> Vec<Path> {
    let estimator = Estimator::Constant {
        sigma: process.volatility(),
    };
    (0..n)
        .map(|number| {
            let seconds = setup.step_seconds;
            let prices = process.path(2_000.0, setup.steps(), seconds as f64, seed, number);
            Path {
                sigmas: estimator.along(&prices, seconds).expect("estimated"),
                prices,
            }
        })
        .collect()
}

fn brownian(setup: &Setup, seed: u64, n: u64) -> Vec<Path> {
    paths(&Process::Brownian { sigma: SIGMA }, setup, seed, n)
}

fn middle(family: Family) -> f64 {
    let grid = family.grid();
    grid[grid.len() / 2]
}

#[test]
fn profit_is_premium_and_gains_less_payoff_and_friction_to_the_last_digit() {
    let plain = Setup::default();
    let dear = Setup {
        assets: 10 * WAD,
        base_fee: 100_000_000,
        keeper_delay: 7_200,
        weight_bps: 5_000,
        size_bps: 10_000,
        unwind: false,
        ..plain
    };
    let mut traded = 0;
    for setup in [plain, dear] {
        for process in [
            Process::Brownian { sigma: SIGMA },
            Process::jumps(SIGMA),
            Process::heston(SIGMA),
        ] {
            for path in paths(&process, &setup, 9, 6) {
                for family in FAMILIES.into_iter().chain(GATES) {
                    let rule = family.rule(middle(family), &setup, Skew::default());
                    let outcome = play(&setup, &rule, &path).expect("played");
                    let Outcome {
                        pnl,
                        premium,
                        gains,
                        payoff,
                        ..
                    } = outcome;
                    assert_eq!(
                        pnl,
                        premium + gains - payoff - outcome.friction(),
                        "{family:?} {process:?}"
                    );
                    assert!(outcome.fee >= 0 && outcome.slippage >= 0 && outcome.gas >= 0);
                    assert_eq!(
                        outcome.trades == 0,
                        family == Family::None || outcome.turnover == 0
                    );
                    traded += outcome.trades;
                }
            }
        }
    }
    assert!(traded > 1_000, "{traded}");
}

const OPENED: u64 = 1_700_000_000;
/// Units of money in one of quote.
const QUOTE: i128 = 100_000_000_000_000_000_000;

fn units() -> Units {
    Units::new(18, 6).expect("decimals")
}

/// The series that a vault of 1 000 lists at 2 000 for a day, four fifths of it sold.
fn listed(sigma: u64) -> Series {
    let policy = policy::Opening {
        target_deltas: [2_000, 0, 0, 0, 0, 0, 0, 0],
        early_days: [0; 8],
        uncapped: 0,
        min_moneyness_bps: 0,
        size_bps: 8_000,
        cap_bps: 20_000,
        strike_tick: 10,
        keeper_budget: 0,
        open_seconds: 43_200,
        min_tenor_seconds: 86_400,
        min_assets: 1,
    };
    let risk = policy::Risk {
        gamma_bps: 0,
        vega_bps: 0,
        theta_bps: 0,
    };
    let state = opening::State {
        spot: Price(2_000 * WAD),
        volatility: sigma,
        vault: Pot {
            assets: Assets(1_000 * WAD),
            quote: Quote::ZERO,
        },
        units: units(),
        now: 0,
    };
    let opening = opening::plan(&policy, &risk, &state, 86_400).expect("listed");
    Series {
        sold: opening.limit_each,
        ..opening.series()[0]
    }
}

/// Both decisions of this epoch are made here a second time, by the contract's function on states built by hand.
#[test]
fn the_decisions_are_the_contracts() {
    let setup = Setup {
        tenor_seconds: 86_400,
        step_seconds: 43_200,
        unwind: false,
        ..Setup::default()
    };
    let (spot, sigma) = (Price(2_000 * WAD), wad(SIGMA));
    let still = Path {
        prices: vec![200_000_000_000; 3],
        sigmas: vec![sigma; 3],
    };
    let rule = Family::Edge.rule(200.0, &setup, Skew::default());
    let played = play(&setup, &rule, &still).expect("played");

    let series = [listed(sigma)];
    let cap = series[0].cap.map(|cap| cap.0);
    let worth = option_math::capped_call(spot.0, series[0].strike.0, cap, sigma, 86_400, 0);
    let worth = Price(worth.expect("priced").price);
    let premium = units().quote_up(series[0].sold, worth).expect("premium").0;
    // The auction's integral rounds up once more.
    let paid = (played.premium / QUOTE) as u128;
    assert!((premium..=premium + 1).contains(&paid), "{paid} {premium}");

    let (hedge, risk) = rule.expect("a rule");
    let decide = |vault: Pot, passed: u64, sold: Assets, triggers: u8| {
        let state = HedgeState {
            time: OPENED,
            price: spot,
            volatility: sigma,
            sold,
            ..HedgeState::default()
        };
        let rules = Rules::new(
            policy::Hedge { triggers, ..hedge },
            risk,
            &setup.venue(),
            state,
            OPENED + passed,
        );
        let book = Book {
            vault,
            series: &series,
            tenor_seconds: 86_400 - passed,
            units: units(),
        };
        let terms = Terms {
            proportional: setup.cost(),
            ..Terms::FREE
        };
        let market = Market::new(spot, sigma, &hedge);
        rebalance::plan(&book, &market, &rules, &terms)
            .expect("a trade")
            .trade
    };
    let quote = 2_000_000_000_000 + paid;
    let vault = Pot {
        assets: Assets::ZERO,
        quote: Quote(quote),
    };
    let first = decide(vault, 0, Assets::ZERO, hedge.triggers | TRIGGER_EVENT);
    let got = units()
        .assets_down(Quote(first.amount_in), spot)
        .expect("assets")
        .0;
    let vault = Pot {
        assets: Assets(got / 1_000_000 * 999_400 + got % 1_000_000 * 999_400 / 1_000_000),
        quote: Quote(quote - first.amount_in),
    };
    // Half a day later the delta is lower.
    let second = decide(vault, 43_200, series[0].sold, hedge.triggers);
    assert_eq!((first.side, second.side), (Side::Buy, Side::Sell));
    assert_eq!(played.trades, 2);
    let sold = units()
        .quote_down(Assets(second.amount_in), spot)
        .expect("quote")
        .0;
    let turnover = played.turnover / QUOTE;
    assert_eq!(turnover, (first.amount_in + sold) as i128);
}

#[test]
fn without_a_hedge_the_deviation_is_that_of_the_payoff() {
    let setup = Setup {
        step_seconds: 86_400,
        ..Setup::default()
    };
    let point = run(
        &setup,
        Family::None,
        0.0,
        Skew::default(),
        &brownian(&setup, 2, 30_000),
    )
    .expect("played");
    let years = 604_800.0 / YEAR_SECONDS as f64;
    let root = SIGMA * years.sqrt();
    // The strike of a delta of 0.2: Φ(d₁) = 0.2.
    let d1 = -0.841_621_233_572_914;
    let strike = (root * (0.5 * root - d1)).exp();
    let cdf = |x: f64| normal_cdf((x * 1e18) as i128) as f64 / 1e18;
    let square = (root * root).exp() * cdf(d1 + root) - 2.0 * strike * cdf(d1)
        + strike * strike * cdf(d1 - root);
    let mean = cdf(d1) - strike * cdf(d1 - root);
    let exact = 1e4 * (square - mean * mean).sqrt();
    // The payoff's kurtosis is about 30: the deviation of 30 000 is within 1.6 % of the truth, one standard error.
    let got = point.moments.sd;
    assert!((got / exact - 1.0).abs() < 0.05, "{got} against {exact}");
    let error = got / 30_000_f64.sqrt();
    assert!(
        point.moments.mean.abs() < 4.0 * error,
        "a fair premium: {} ± {error}",
        point.moments.mean
    );
    assert_eq!((point.moments.friction, point.trades), (0.0, 0.0));
}

#[test]
fn a_seed_gives_the_same_numbers_whatever_the_number_of_paths() {
    let setup = Setup::default();
    let of = |seed, n| {
        run(
            &setup,
            Family::Adaptive,
            50.0,
            Skew::default(),
            &brownian(&setup, seed, n),
        )
        .expect("played")
        .sample
    };
    let (few, more) = (of(3, 8), of(3, 20));
    assert_eq!(few.pnl, more.pnl[..8]);
    assert_eq!(few.friction, more.friction[..8]);
    assert_eq!(few, of(3, 8));
    assert_ne!(few, of(4, 8));
}

/// An independent calculation of 6 000 paths; 1 000 paths are within 5 % of their own limit, and the calculations differ in details.
#[test]
fn time_and_whalley_wilmott_deviate_as_an_independent_calculation_says() {
    let setup = Setup::default();
    let paths = brownian(&setup, 1, 1_000);
    for (family, name) in [
        (Family::Time, "TIME"),
        (Family::Adaptive, "Whalley-Wilmott"),
    ] {
        let swept = sweep(&setup, family, Skew::default(), &paths).expect("swept");
        let (_, known) = ORIENTATION
            .iter()
            .find(|(known, _)| *known == name)
            .expect("known");
        for (level, known) in LEVELS.into_iter().zip(known) {
            let sd = swept.sd(level).expect("reached");
            assert!(
                (sd / known - 1.0).abs() < 0.15,
                "{name} at {level}: {sd} against {known}"
            );
        }
    }
}

#[test]
fn the_band_beats_the_clock_at_equal_friction_and_training_finds_a_gate() {
    let setup = Setup::default();
    let paths = brownian(&setup, 8, 150);
    let of = |family| sweep(&setup, family, Skew::default(), &paths).expect("swept");
    let (time, band, gated) = (of(Family::Time), of(Family::Adaptive), of(GATES[0]));
    let sd = band.sd(8.0).expect("reached");
    assert!(sd < 0.8 * time.sd(8.0).expect("reached"));
    let (family, value, trained) = train(&[gated], 8.0).expect("reached");
    assert_eq!(family, GATES[0]);
    assert!((15.0..1_000.0).contains(&value) && (trained / sd - 1.0).abs() < 0.2);
}

#[test]
fn keepers_are_paid_their_gas_and_a_bonus_when_they_wait() {
    let at_once = Setup {
        base_fee: 100_000_000,
        ..Setup::default()
    };
    let later = Setup {
        keeper_delay: 1_800,
        step_seconds: 1_800,
        ..at_once
    };
    for (setup, bonus) in [(at_once, false), (later, true)] {
        let [path] = brownian(&setup, 4, 1).try_into().expect("one path");
        let rule = Family::Time.rule(4.0, &setup, Skew::default());
        let outcome = play(&setup, &rule, &path).expect("played");
        assert!(outcome.gas > 0, "{outcome:?}");
        assert_eq!(outcome.bonus > 0, bonus, "{outcome:?}");
    }
}

#[test]
fn a_small_table_is_complete_as_text_and_as_data() {
    let plot = std::env::temp_dir().join(format!("hedge-table-{}.svg", std::process::id()));
    let plot = plot.to_str().expect("a name");
    let of = |more: &[&str]| {
        let arguments = ["--paths", "40", "--markets", "gbm,jumps"]
            .iter()
            .chain(more);
        let Ok(Request::Run(options)) = parse(arguments.map(Into::into)) else {
            panic!("refused");
        };
        table::make(&options).expect("made")
    };
    let text = of(&["--plot", plot]);
    for family in FAMILIES {
        assert!(text.contains(&family.name()), "{}", family.name());
    }
    assert!(text.contains("106 / 74 / 57") && text.contains("== jumps"));
    let svg = std::fs::read_to_string(plot).expect("a plot");
    std::fs::remove_file(plot).expect("removed");
    assert!(
        svg.starts_with("<svg") && svg.matches("<polyline").count() == 14 && !svg.contains("NaN")
    );
    let json = of(&["--json"]);
    assert_eq!(json, of(&["--json"]));
    let data: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let row = &data["studies"][0]["rows"][1];
    assert_eq!(row["rule"], "TIME");
    assert_eq!(
        row["points"].as_array().map(Vec::len),
        Some(Family::Time.grid().len())
    );
    let at = &row["points"][0];
    let parts = ["fee", "slippage", "gas", "bonus"]
        .map(|part| at["parts"][part].as_f64().expect("a number"));
    let friction = at["friction"].as_f64().expect("a number");
    assert!((parts.iter().sum::<f64>() - friction).abs() < 1e-9);
}

#[test]
fn candles_give_a_table_too() {
    let closes = Process::heston(SIGMA).path(2_000.0, 2_600, 3_600.0, 6, 0);
    let mut text = "open_time_unix,open,high,low,close\n".to_owned();
    for (hour, close) in closes.iter().enumerate() {
        let price = *close as f64 / 1e8;
        text += &format!(
            "{},{price},{price},{price},{price}\n",
            1_600_000_000 + hour * 3_600
        );
    }
    let file = std::env::temp_dir().join(format!("hedge-table-{}.csv", std::process::id()));
    std::fs::write(&file, text).expect("written");
    let name = file.to_str().expect("a name");
    let of = |arguments: &[&str]| match parse(arguments.iter().map(Into::into)) {
        Ok(Request::Run(options)) => table::make(&options),
        other => panic!("{other:?}"),
    };
    let table = of(&["--data", name]).expect("made");
    let few = of(&["--data", name, "--every", "200"]);
    std::fs::remove_file(&file).expect("removed");
    assert!(table.contains("EWMA, half-life 7 d") && table.contains("minimum-variance delta"));
    assert!(table.contains("== candles, constant"));
    assert!(matches!(few, Err(simulator::Fail::TooFewCandles { .. })));
}
