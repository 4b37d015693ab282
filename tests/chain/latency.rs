//! A trader who sees the next oracle round before anybody else and trades the whole book by the rules: the default policy must leave it nothing.
//!
//! The decisions are vault-core's, at the default policy; no chain is needed. Paths are random ones of a fixed volatility, and, where
//! `VAULT_HOURLY_PRICES` names a file of hourly candles (time, open, high, low, close), those of a real market. Between two samples of 20 seconds
//! a price feed that answers every deviation of 5 bp writes at most one round; its next answer is what the trader knows.

use crate::support::UNITS;
use testbed::{DAY, HOUR, WAD, core_policy, default_policy};
use vault_core::opening::{self, Opening};
use vault_core::sale::{self, Side};
use vault_core::volatility::GRID_SECONDS;
use vault_core::{Assets, Policy, Pot, Price, Quote, Series};

const SAMPLE: u64 = 20;
const DEVIATION: f64 = 0.0005;
const HEARTBEAT: u64 = 3_600;
const TENOR: u64 = 7 * DAY;
/// Samples between two points of the grid of volatility.
const GRID: usize = (GRID_SECONDS / SAMPLE) as usize;
const ASSETS: u128 = 1_000 * WAD;
const YEAR: f64 = 31_536_000.0;

/// Prices at every sample of an epoch, from 2 000 on.
type Path = Vec<f64>;

fn gaussian(rng: &mut fastrand::Rng) -> f64 {
    let (a, b): (f64, f64) = (rng.f64().max(1e-300), rng.f64());
    (-2.0 * a.ln()).sqrt() * (core::f64::consts::TAU * b).cos()
}

fn random_path(rng: &mut fastrand::Rng, volatility: f64) -> Path {
    let step = volatility * (SAMPLE as f64 / YEAR).sqrt();
    let mut log = 2_000_f64.ln();
    let mut path = vec![2_000.0];
    for _ in 0..TENOR / SAMPLE {
        log += step * gaussian(rng) - step * step / 2.0;
        path.push(log.exp());
    }
    path
}

/// A round of the feed: when it is written, and its price.
#[derive(Clone, Copy)]
struct Round {
    time: u64,
    price: f64,
}

fn rounds(path: &Path) -> Vec<Round> {
    let mut all = vec![Round {
        time: 0,
        price: path[0],
    }];
    for (sample, price) in path.iter().enumerate().skip(1) {
        let time = sample as u64 * SAMPLE;
        let last = all[all.len() - 1];
        if (price / last.price - 1.0).abs() >= DEVIATION || time - last.time >= HEARTBEAT {
            all.push(Round {
                time,
                price: *price,
            });
        }
    }
    all
}

fn price_of(price: f64) -> Price {
    Price((price * 1e9) as u128 * 1_000_000_000)
}

/// A vault's book and what the trader made of it.
struct Market<'a> {
    policy: &'a Policy,
    opening: Opening,
    volatility: u64,
    held: Vec<Series>,
    traded: u32,
    /// Quote: what was gained, by the model's value at the round known before.
    edge: f64,
    cash: f64,
    /// Prices at the points of the grid of volatility.
    grid: Vec<f64>,
}

fn open(policy: &Policy, volatility: u64) -> Opening {
    let state = opening::State {
        spot: price_of(2_000.0),
        volatility,
        vault: Pot {
            assets: Assets(ASSETS),
            quote: Quote::ZERO,
        },
        units: UNITS,
        now: 0,
    };
    opening::plan(&policy.opening, &policy.risk, &state, TENOR).expect("opens")
}

impl<'a> Market<'a> {
    fn new(policy: &'a Policy, path: &Path, volatility: u64) -> Self {
        let opening = open(policy, volatility);
        let held = opening.series().to_vec();
        Self {
            policy,
            opening,
            volatility,
            held,
            traded: 0,
            edge: 0.0,
            cash: 0.0,
            grid: path.iter().step_by(GRID).copied().collect(),
        }
    }

    fn state(&self, spot: f64, time: u64) -> sale::State {
        let closes = TENOR - u64::from(self.policy.market.sale_cutoff_seconds);
        sale::State {
            spot: price_of(spot),
            volatility: self.volatility,
            tenor_seconds: TENOR - time,
            elapsed: sale::elapsed(0, closes, time),
            limit: self.opening.limit_each,
            units: UNITS,
        }
    }

    /// Trades at `now` on the round `old`, knowing `next`: by `wants`, whose arguments are the gain by the model and the side.
    fn trade(&mut self, now: u64, old: f64, next: f64, wants: impl Fn(f64, Side) -> bool) {
        let all = self.opening.limit_each.0 * self.held.len() as u128;
        let mut quota = Assets(all / 10_000 * u128::from(self.policy.sale.quota_bps));
        let state = self.state(old, now);
        let mut prices = self.policy.market;
        let recent = price_of(self.grid[(now / GRID_SECONDS) as usize]);
        prices.spot_margin_bps = sale::spot_margin(&prices, state.spot, recent);
        let side = if next > old { Side::Buy } else { Side::Sell };
        for index in 0..self.held.len() {
            let series = self.held[index];
            let greeks = |spot: f64| {
                let (cap, tenor) = (series.cap.map(|cap| cap.0), TENOR - now);
                let spot = price_of(spot).0;
                option_math::capped_call(spot, series.strike.0, cap, self.volatility, tenor, 0)
                    .expect("in range")
            };
            let delta = greeks(old).delta;
            let left = match side {
                Side::Buy => Assets(state.limit.0 - series.sold.0),
                Side::Sell => series.sold,
            };
            let price = sale::price(&prices, &series, &state, side).expect("a price");
            let value = greeks(next).price as f64 / 1e18;
            // All there is, or a part: a smaller order is nearer to the best price.
            for part in [1, 4, 32] {
                let most = sale::fill(left, left, quota, delta);
                let amount = Assets(most.0 / part);
                if amount.is_zero() {
                    continue;
                }
                let charge = sale::charge(&self.policy.sale, &series, &state, price, amount, side);
                let total = charge.expect("a charge").total.0 as f64 / 1e6;
                let worth = value * amount.0 as f64 / 1e18;
                let gain = if side == Side::Buy {
                    worth - total
                } else {
                    total - worth
                };
                if !wants(gain, side) {
                    continue;
                }
                self.traded += 1;
                self.edge += gain;
                let used = amount.0 / 1_000_000_000 * u128::from(delta);
                quota = Assets(quota.0.saturating_sub(used));
                let held = &mut self.held[index].sold.0;
                if side == Side::Buy {
                    *held += amount.0;
                    self.cash -= total;
                } else {
                    *held -= amount.0;
                    self.cash += total;
                }
                break;
            }
        }
    }

    /// What was gained in the end, in quote: cash, and what the options pay at the last price.
    fn settled(&self, last: f64) -> f64 {
        let payoff = |series: &Series| {
            series.payoff(price_of(last)).0 as f64 / 1e18 * series.sold.0 as f64 / 1e18
        };
        self.cash + self.held.iter().map(payoff).sum::<f64>()
    }
}

/// Runs a trader over a path: the market afterwards.
fn run<'a>(
    policy: &'a Policy,
    path: &Path,
    volatility: f64,
    least: f64,
    wants: impl Fn(f64, Side) -> bool + Copy,
) -> Market<'a> {
    let mut market = Market::new(policy, path, (volatility * 1e18) as u64);
    let closes = TENOR - u64::from(policy.market.sale_cutoff_seconds);
    for pair in rounds(path).windows(2) {
        let (old, next) = (pair[0], pair[1]);
        if next.time < closes && (next.price / old.price - 1.0).abs() >= least {
            market.trade(next.time, old.price, next.price, wants);
        }
    }
    market
}

/// Hours of a real market: open, high, low, close.
fn candles(text: &str) -> Vec<[f64; 4]> {
    let parse = |line: &str| {
        let cells: Vec<f64> = line
            .split(',')
            .skip(1)
            .take(4)
            .filter_map(|cell| cell.trim().parse().ok())
            .collect();
        <[f64; 4]>::try_from(cells).ok()
    };
    text.lines().filter_map(parse).collect()
}

/// Weeks of a real market, with the volatility that was realised before each: what a vault knew. Within an hour the price goes from open to close as a
/// bridge whose volatility is that of the hour's range (Parkinson 1980).
fn real_weeks(hours: &[[f64; 4]]) -> Vec<(Path, f64)> {
    let mut rng = fastrand::Rng::with_seed(9);
    let per_hour = (HOUR / SAMPLE) as usize;
    let (mut variance, mut weeks) = (0.64_f64, Vec::new());
    for week in hours.chunks_exact(168) {
        let (volatility, first) = (variance.sqrt(), week[0][0]);
        let mut path = vec![2_000.0];
        for [open, high, low, close] in week {
            let spread = (high / low).ln() / 1.665 / (per_hour as f64).sqrt();
            let steps: Vec<f64> = (0..per_hour).map(|_| spread * gaussian(&mut rng)).collect();
            let sum: f64 = steps.iter().sum();
            let drift = ((close / open).ln() - sum) / per_hour as f64;
            let mut log = (open / first * 2_000.0).ln();
            for step in steps {
                log += step + drift;
                path.push(log.exp());
            }
            let squared = (close / open).ln().powi(2) * 8_760.0;
            // Half a week's weight for a week, as the policy's half-life has it.
            let kept = 0.5_f64.powf(1.0 / 168.0);
            variance = variance * kept + squared * (1.0 - kept);
        }
        path.truncate((TENOR / SAMPLE) as usize + 1);
        weeks.push((path, volatility.clamp(0.05, 3.0)));
    }
    weeks
}

/// Gain by the model, number of trades and gain in the end of a trader who takes every trade that gains by the model at the round it knows.
fn informed<'a>(policy: &Policy, paths: impl Iterator<Item = &'a (Path, f64)>) -> (f64, u32, f64) {
    paths.fold((0.0, 0, 0.0), |(edge, trades, gain), (path, volatility)| {
        let market = run(policy, path, *volatility, 0.001, |gain, _| gain > 0.0);
        let last = path.last().copied().unwrap_or_default();
        (
            edge + market.edge,
            trades + market.traded,
            gain + market.settled(last),
        )
    })
}

fn seeded(volatility: f64, paths: u64) -> Vec<(Path, f64)> {
    let path = |seed| {
        let mut rng = fastrand::Rng::with_seed(seed);
        (random_path(&mut rng, volatility), volatility)
    };
    (0..paths).map(path).collect()
}

#[test]
fn who_sees_the_next_round_finds_nothing_to_gain() {
    let policy = core_policy(&default_policy());
    for volatility in [0.4, 0.8, 1.5] {
        let (edge, trades, _) = informed(&policy, seeded(volatility, 6).iter());
        assert_eq!((edge, trades), (0.0, 0), "at a volatility of {volatility}");
    }
    // The same trader lives well where the margins are small: it can find what there is.
    let mut open = policy;
    open.market.spot_margin_bps = 5;
    open.market.volatility_margin_bps = 0;
    open.sale.floor_bps = 10_000;
    open.sale.fee_bps = 0;
    let (edge, trades, _) = informed(&open, seeded(0.8, 2).iter());
    assert!(edge > 0.0 && trades > 20, "{edge} {trades}");
}

#[test]
fn who_trades_the_whole_book_at_every_round_it_sees_first_loses() {
    let policy = core_policy(&default_policy());
    for (path, volatility) in seeded(0.8, 4) {
        let all = run(&policy, &path, volatility, 0.001, |_, _| true);
        let gain = all.settled(path.last().copied().unwrap_or_default());
        assert!(
            all.traded > 1_000 && gain < 0.0,
            "{} trades, {gain}",
            all.traded
        );
    }
}

/// Without a file: weeks whose volatility jumps, which the vault learns of afterwards, and in which an hour now and then moves as far as a week.
fn jumping_weeks() -> Vec<(Path, f64)> {
    let mut rng = fastrand::Rng::with_seed(3);
    let mut price = 2_000.0;
    let hour = |index: usize| {
        let wild = (index / 168) % 3 == 2;
        let mut spread = if wild { 0.012 } else { 0.007 };
        if rng.u8(..) == 0 {
            spread *= 3.0;
        }
        let close = price * (spread * gaussian(&mut rng)).exp();
        let range = 1.0 + spread;
        let candle = [
            price,
            price.max(close) * range,
            price.min(close) / range,
            close,
        ];
        price = close;
        candle
    };
    let hours: Vec<[f64; 4]> = (0..6 * 168).map(hour).collect();
    real_weeks(&hours)
}

/// The margins and the rule that widens them were chosen on the even weeks of what `VAULT_HOURLY_PRICES` names; the odd ones are what counts. What the trader
/// gains by the model is what it knew; what it has in the end is that and the luck of the options it holds.
#[test]
fn on_a_real_market_what_it_knew_is_worth_next_to_nothing() {
    let (weeks, source) = match std::env::var("VAULT_HOURLY_PRICES") {
        Ok(file) => {
            let text = std::fs::read_to_string(&file).expect("VAULT_HOURLY_PRICES names a file");
            (real_weeks(&candles(&text)), file)
        }
        Err(_) => (jumping_weeks(), "seeded weeks".into()),
    };
    let policy = core_policy(&default_policy());
    for odd in [0, 1] {
        let half = weeks.iter().skip(odd).step_by(2);
        let count = half.len() as f64;
        let (edge, trades, gain) = informed(&policy, half);
        let share = edge / count / (ASSETS as f64 / 1e18 * 2_000.0);
        eprintln!(
            "{source}, {} weeks {count}: {trades} trades, {edge:.0} by the model ({:.5} % of the vault a week), {gain:.0} in the end",
            if odd == 0 { "even" } else { "odd" },
            share * 100.0
        );
        assert!(share < 0.000_02, "{edge} in {count} weeks");
    }
}
