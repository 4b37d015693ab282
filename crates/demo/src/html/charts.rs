//! The plots of a report.

use super::plot::{Key, Layer, Plot, Shape, Sign, Stroke};
use crate::amount::{Dollars, clock, grouped};
use crate::model::{Bucket, Buckets, Call, Greeks, Hour, Report};

/// Colours of the palette: 0 is ink, 1 to 5 are series, 6 good, 7 bad.
const INK: usize = 0;
const GOOD: usize = 6;
const BAD: usize = 7;

fn blank(report: &Report, id: &'static str, title: &str, about: &str, size: (f64, f64)) -> Plot {
    let first = report.hours.first().map_or(0.0, |hour| hour.hour);
    let last = report.hours.last().map_or(1.0, |hour| hour.hour);
    Plot {
        id,
        title: title.into(),
        about: about.into(),
        size,
        right: 14.0,
        span: (first.min(-12.0), last),
        opening: report.epoch.opening,
        expiry: (report.epoch.expiry - report.epoch.opening) as f64 / 3_600.0,
        include: Vec::new(),
        layers: Vec::new(),
        keys: Vec::new(),
        corner: None,
    }
}

const WIDE: (f64, f64) = (1_040.0, 330.0);
const HALF: (f64, f64) = (520.0, 240.0);

fn over(hours: &[Hour], value: impl Fn(&Hour) -> f64) -> Vec<(f64, f64)> {
    hours.iter().map(|hour| (hour.hour, value(hour))).collect()
}

fn line(points: Vec<(f64, f64)>, colour: usize, stroke: Stroke) -> Layer {
    Layer::Line {
        points,
        colour,
        stroke,
        step: false,
    }
}

fn key(colour: usize, sign: Sign, label: impl Into<String>) -> Key {
    Key {
        colour,
        sign,
        label: label.into(),
    }
}

/// Price with strikes, cap, sales and trades.
pub fn price(report: &Report) -> Plot {
    let about = "The oracle's price hour by hour, the strikes of the epoch, and what was done at which price.";
    let mut plot = blank(
        report,
        "price",
        "Price, strikes and trades (USDC per WETH)",
        about,
        WIDE,
    );
    plot.right = 92.0;
    let hours = &report.hours;
    plot.layers.push(line(
        over(hours, |hour| hour.price.quote()),
        INK,
        Stroke::Solid,
    ));
    plot.keys.push(key(INK, Sign::Line(Stroke::Solid), "price"));
    for (index, series) in report.epoch.series.iter().enumerate() {
        let label = format!("strike {:.0}", series.strike);
        plot.layers.push(Layer::Level {
            value: series.strike.quote(),
            colour: 1 + index % 5,
            label,
        });
    }
    let top = hours
        .iter()
        .map(|hour| hour.price.quote())
        .fold(0.0, f64::max);
    let mut caps: Vec<Dollars> = report
        .epoch
        .series
        .iter()
        .filter_map(|series| series.cap)
        .collect();
    caps.dedup();
    for cap in caps {
        if cap.quote() < top * 1.15 {
            plot.layers.push(Layer::Level {
                value: cap.quote(),
                colour: BAD,
                label: format!("cap {cap:.0}"),
            });
        } else {
            plot.corner = Some(format!("↑ payoffs are capped at {cap:.0}"));
        }
    }
    let marks = |keep: &dyn Fn(&Call) -> bool| -> Vec<(f64, f64, String)> {
        let calls = report
            .calls
            .iter()
            .filter(|call| call.refused.is_none() && keep(call));
        calls
            .map(|call| {
                (
                    call.hour,
                    call.price.quote(),
                    format!(
                        "{}, {} {}: {}",
                        clock(call.time),
                        call.caller,
                        call.function,
                        call.detail
                    ),
                )
            })
            .collect()
    };
    let bought = |call: &Call| call.trade.is_some_and(|trade| trade.assets.0 > 0);
    let sold = |call: &Call| call.trade.is_some_and(|trade| trade.assets.0 < 0);
    let groups: [(Vec<_>, usize, Shape, &str); 4] = [
        (
            marks(&|call| call.function == "buy"),
            1,
            Shape::Disc,
            "options sold",
        ),
        (marks(&bought), GOOD, Shape::Up, "vault buys WETH"),
        (marks(&sold), BAD, Shape::Down, "vault sells WETH"),
        (
            marks(&|call| call.function == "settle"),
            5,
            Shape::Diamond,
            "settlement",
        ),
    ];
    for (points, colour, shape, label) in groups {
        if !points.is_empty() {
            plot.layers.push(Layer::Marks {
                points,
                colour,
                shape,
            });
            plot.keys.push(key(colour, Sign::Mark(shape), label));
        }
    }
    plot
}

/// Net delta against target and band, as shares of net asset value.
pub fn delta(report: &Report) -> Plot {
    let about = "Exposure as a share of net asset value. Outside the band anyone may call rebalance, which trades to the target. \
                 Before the first hedge the vault holds WETH alone: 100 %.";
    let mut plot = blank(
        report,
        "delta",
        "Net delta, target and band (% of net asset value)",
        about,
        WIDE,
    );
    plot.right = 92.0;
    let live: Vec<&Hour> = report
        .hours
        .iter()
        .filter(|hour| hour.phase == "live")
        .collect();
    let share = |amount: crate::amount::Weth, hour: &Hour| {
        100.0 * amount.0 as f64 / (hour.state.nav.0 as f64).max(1.0)
    };
    let band = |hour: &&Hour| {
        let (target, half) = (share(hour.target, hour), share(hour.band, hour));
        (hour.hour, target - half, target + half)
    };
    plot.layers.push(Layer::Band {
        points: live.iter().map(band).collect(),
        colour: 2,
        step: false,
    });
    let targets = live
        .iter()
        .map(|hour| (hour.hour, share(hour.target, hour)))
        .collect();
    plot.layers.push(line(targets, 2, Stroke::Dashed));
    let wanted = 100.0 * report.vault.target_weight;
    plot.layers.push(Layer::Level {
        value: wanted,
        colour: 2,
        label: format!("wanted {}", grouped(wanted, 0)),
    });
    // Every state we know of, also those just before a call.
    let mut states: Vec<(u64, u8, f64)> = Vec::new();
    for call in report.calls.iter().filter(|call| call.refused.is_none()) {
        states.push((call.time, 0, call.before.exposure_of_nav));
        states.push((call.time, 1, call.after.exposure_of_nav));
    }
    states.extend(
        report
            .hours
            .iter()
            .map(|hour| (hour.time, 2, hour.state.exposure_of_nav)),
    );
    states.sort_by_key(|(time, order, _)| (*time, *order));
    // Before the first hedge the vault holds the asset alone, and after expiry again: neither is what the band is about.
    let hedges = || {
        report
            .calls
            .iter()
            .filter(|call| call.trade.is_some() && call.time < report.epoch.expiry)
    };
    let first = hedges()
        .next()
        .map_or((report.epoch.opening, 0), |call| (call.time, 1));
    states.retain(|(time, order, _)| (*time, *order) >= first && *time < report.epoch.expiry);
    let opening = report.epoch.opening as f64;
    let path = states
        .iter()
        .map(|(time, _, share)| ((*time as f64 - opening) / 3_600.0, share * 100.0))
        .collect();
    plot.layers.push(line(path, INK, Stroke::Solid));
    let marks = |sell: bool| -> Vec<(f64, f64, String)> {
        let calls =
            hedges().filter(|call| call.trade.is_some_and(|trade| (trade.assets.0 < 0) == sell));
        calls
            .map(|call| {
                (
                    call.hour,
                    call.after.exposure_of_nav * 100.0,
                    format!("{}: {}", clock(call.time), call.detail),
                )
            })
            .collect()
    };
    plot.layers.push(Layer::Marks {
        points: marks(false),
        colour: GOOD,
        shape: Shape::Up,
    });
    plot.layers.push(Layer::Marks {
        points: marks(true),
        colour: BAD,
        shape: Shape::Down,
    });
    plot.keys = vec![
        key(INK, Sign::Line(Stroke::Solid), "net delta"),
        key(
            2,
            Sign::Line(Stroke::Dashed),
            "target, as near to what is wanted as solvency lets be reached",
        ),
        key(2, Sign::Area, "band"),
        key(GOOD, Sign::Mark(Shape::Up), "vault buys WETH"),
        key(BAD, Sign::Mark(Shape::Down), "vault sells WETH"),
    ];
    plot
}

type Sensitivity = (&'static str, &'static str, &'static str, fn(&Greeks) -> f64);

/// Each series' price and greeks: computed afresh, and as the contract's view shows them.
pub fn greeks(report: &Report) -> Vec<Plot> {
    let all: [Sensitivity; 5] = [
        (
            "greek-price",
            "Price of an option (USDC)",
            "Black–Scholes at the vault's volatility.",
            |greeks| greeks.price,
        ),
        (
            "greek-delta",
            "Delta (WETH per option)",
            "What hedging one option takes.",
            |greeks| greeks.delta,
        ),
        (
            "greek-gamma",
            "Gamma (delta per 1 % of price)",
            "How fast delta moves.",
            |greeks| greeks.gamma,
        ),
        (
            "greek-vega",
            "Vega (USDC per point of volatility)",
            "What a point of volatility is worth.",
            |greeks| greeks.vega,
        ),
        (
            "greek-theta",
            "Theta (USDC a day)",
            "What an option loses to time.",
            |greeks| greeks.theta,
        ),
    ];
    all.into_iter()
        .map(|(id, title, about, of)| sensitivity(report, id, title, about, of))
        .collect()
}

fn sensitivity(
    report: &Report,
    id: &'static str,
    title: &str,
    about: &str,
    of: fn(&Greeks) -> f64,
) -> Plot {
    let mut plot = blank(report, id, title, about, HALF);
    plot.span = (0.0, plot.expiry);
    plot.include.push(0.0);
    for (index, series) in report.epoch.series.iter().enumerate() {
        let colour = 1 + index % 5;
        let (mut fresh, mut shown) = (Vec::new(), Vec::new());
        for hour in report.hours.iter().filter(|hour| hour.phase == "live") {
            if let Some(at) = hour.series.iter().find(|at| at.id == series.id) {
                fresh.push((hour.hour, of(&at.fresh)));
                shown.push((hour.hour, of(&at.shown)));
            }
        }
        plot.layers.push(line(shown, colour, Stroke::Dotted));
        plot.layers.push(line(fresh, colour, Stroke::Solid));
        plot.keys.push(key(
            colour,
            Sign::Line(Stroke::Solid),
            format!("{:.0}", series.strike),
        ));
    }
    plot.keys
        .push(key(INK, Sign::Line(Stroke::Dotted), "at the last price"));
    plot
}

/// Price of a share in both tokens.
pub fn shares(report: &Report) -> [Plot; 2] {
    let held: Vec<Hour> = report
        .hours
        .iter()
        .filter(|hour| hour.share_price.is_some_and(|price| price > 0.0))
        .cloned()
        .collect();
    let stated = |hour: &Hour| hour.share_price.unwrap_or_default();
    let fair = |hour: &Hour| {
        hour.state.nav.0 as f64 * 1e3 / hour.supply.parse::<f64>().unwrap_or(1.0).max(1.0)
    };
    let about = "totalAssets over shares, as the contract states it at the price it acted on last, and at the price of the hour.";
    let mut asset = blank(report, "share-asset", "A share in WETH", about, HALF);
    asset.layers = vec![
        line(over(&held, fair), 3, Stroke::Solid),
        line(over(&held, stated), INK, Stroke::Solid),
    ];
    asset.keys = vec![
        key(INK, Sign::Line(Stroke::Solid), "as stated"),
        key(3, Sign::Line(Stroke::Solid), "at the hour's price"),
    ];
    let about = "The same in quote, beside a WETH that was simply held.";
    let mut quote = blank(report, "share-quote", "A share in USDC", about, HALF);
    let price = |hour: &Hour| hour.price.quote();
    quote.layers = vec![
        line(over(&held, price), 2, Stroke::Dashed),
        line(
            over(&held, |hour| fair(hour) * price(hour)),
            3,
            Stroke::Solid,
        ),
    ];
    quote.keys = vec![
        key(3, Sign::Line(Stroke::Solid), "a share"),
        key(2, Sign::Line(Stroke::Dashed), "a WETH held"),
    ];
    [asset, quote]
}

/// The ledger's buckets, on top of each other.
pub fn ledger(report: &Report) -> [Plot; 2] {
    let about = "What the ledger holds, by whom it belongs to.";
    let assets = stacked(
        report,
        "ledger-assets",
        "The ledger in WETH",
        about,
        &|bucket| bucket.assets.tokens(),
    );
    let about =
        "Premium and proceeds of the hedge; payouts move to their own bucket at settlement.";
    let quote = stacked(
        report,
        "ledger-quote",
        "The ledger in USDC",
        about,
        &|bucket| bucket.quote.tokens(),
    );
    [assets, quote]
}

fn stacked(
    report: &Report,
    id: &'static str,
    title: &str,
    about: &str,
    of: &dyn Fn(&Bucket) -> f64,
) -> Plot {
    let mut plot = blank(report, id, title, about, HALF);
    plot.include.push(0.0);
    let mut below = vec![0.0; report.hours.len()];
    let names = Buckets::default().named().map(|(name, _)| name);
    for (index, name) in names.into_iter().enumerate() {
        let value = |hour: &Hour| {
            hour.ledger
                .named()
                .get(index)
                .map_or(0.0, |(_, bucket)| of(bucket))
        };
        if report.hours.iter().all(|hour| value(hour) == 0.0) {
            continue;
        }
        let colour = [1, 4, 7, 2, 5, 3].get(index).copied().unwrap_or(INK);
        let mut points = Vec::new();
        for (base, hour) in below.iter_mut().zip(&report.hours) {
            points.push((hour.hour, *base, *base + value(hour)));
            *base += value(hour);
        }
        let edge = points.iter().map(|point| (point.0, point.2)).collect();
        plot.layers.push(Layer::Band {
            points,
            colour,
            step: true,
        });
        plot.layers.push(Layer::Line {
            points: edge,
            colour,
            stroke: Stroke::Solid,
            step: true,
        });
        plot.keys.push(key(colour, Sign::Area, name));
    }
    plot
}

/// From deposits to redemptions as a waterfall.
pub fn bridge(report: &Report) -> String {
    let steps = &report.results.bridge;
    let (width, height, row) = (1_040.0, 30.0 * steps.len() as f64 + 8.0, 30.0);
    let mut running = 0.0;
    let mut bars = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        let amount = step.assets.tokens();
        let whole = index == 0 || index + 1 == steps.len();
        let from = if whole { 0.0 } else { running };
        running = if whole { amount } else { running + amount };
        bars.push((step.label, from, running, amount, whole));
    }
    // The changes are small beside the whole: the axis starts a little below the lowest point.
    let edges = bars.iter().flat_map(|bar| {
        if bar.4 {
            vec![bar.2]
        } else {
            vec![bar.1, bar.2]
        }
    });
    let (low, high) = edges.fold((f64::INFINITY, 0.0_f64), |(low, high), edge| {
        (low.min(edge), high.max(edge))
    });
    let floor = low - (high - low).max(high * 1e-6) * 0.25;
    let x = |value: f64| 170.0 + (value.max(floor) - floor) / (high - floor) * 640.0;
    let mut out = format!(
        "<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"bridge-t\"><title id=\"bridge-t\">From what was deposited to what was redeemed, in WETH</title>"
    );
    for (index, (label, from, to, amount, whole)) in bars.into_iter().enumerate() {
        let y = row * index as f64 + 6.0;
        let colour = if whole {
            1
        } else if amount >= 0.0 {
            GOOD
        } else {
            BAD
        };
        let (left, right) = (x(from.min(to)), x(from.max(to)).max(x(from.min(to)) + 1.0));
        let sign = if whole || amount < 5e-7 { "" } else { "+" };
        out.push_str(&format!(
            "<text class=\"tick big\" x=\"160\" y=\"{:.1}\" text-anchor=\"end\">{label}</text><rect class=\"bar f{colour}\" x=\"{left:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"20\"/><text class=\"tick big num\" x=\"1030\" y=\"{:.1}\" text-anchor=\"end\">{sign}{} WETH</text>",
            y + 14.5,
            right - left,
            y + 14.5,
            grouped(amount, 6).replace('-', "−")
        ));
    }
    out.push_str("</svg>");
    out
}
