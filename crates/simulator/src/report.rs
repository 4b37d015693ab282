//! What is printed.

use std::fmt::Write;

use crate::epoch::Setup;
use crate::stats::Interval;
use crate::study::{Comparison, Row, Study};

/// An independent calculation of the standard deviations at a friction of 6, 8 and 10: 6 000 paths of geometric Brownian motion at a volatility of 0.8, one weekly call of 20
/// delta, hourly steps, a proportional cost of 6 bps.
pub const ORIENTATION: [(&str, [f64; 3]); 5] = [
    ("TIME", [106.0, 74.0, 57.0]),
    ("PRICE", [95.0, 63.0, 47.0]),
    ("DELTA to target", [140.0, 69.0, 54.0]),
    ("DELTA to edge", [89.0, 53.0, 39.0]),
    ("Whalley-Wilmott", [65.0, 44.0, 36.0]),
];

/// The setting, in a line.
#[must_use]
pub fn heading(setup: &Setup) -> String {
    format!(
        "a call of {} delta for {} days on {} % of the vault, target weight {} %, steps of {} s, {} bps a trade, {} gas at {} gwei{}",
        f64::from(setup.delta_bps) / 1e4,
        setup.tenor_seconds / 86_400,
        f64::from(setup.size_bps) / 100.0,
        f64::from(setup.weight_bps) / 100.0,
        setup.step_seconds,
        f64::from(setup.fee_pips + setup.slippage_pips) / 100.0,
        setup.gas,
        setup.base_fee as f64 / 1e9,
        if setup.unwind {
            ", unwound at expiry"
        } else {
            ", not unwound"
        },
    )
}

/// One scenario.
#[must_use]
pub fn study(study: &Study, orientation: bool) -> String {
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = writeln!(
        text,
        "\n== {}: {} fresh paths, {} to train on\n   {}\n",
        study.market,
        study.paths,
        study.training_paths,
        heading(&study.setup)
    );
    let _ = writeln!(
        text,
        "   standard deviation of P&L, bps of notional, at total friction of{}",
        if orientation { "     orientation" } else { "" }
    );
    let _ = writeln!(
        text,
        "   {:<18}{:>9}{:>9}{:>9}   mean P&L at {}",
        "rule", study.levels[0], study.levels[1], study.levels[2], study.levels[1]
    );
    for row in &study.rows {
        rule(&mut text, row, orientation);
    }
    let _ = writeln!(
        text,
        "\n   gated adaptive policy, chosen on the training paths alone:"
    );
    for one in &study.chosen {
        let moments = &one.fresh.moments;
        let _ = writeln!(
            text,
            "   for {:>2} bps: {}, gamma {:.0}: friction {:.2}, mean {:+.1}, sd {:.1} {} (training {:.1}), {:.0} trades",
            one.level,
            one.rule,
            one.risk_aversion,
            moments.friction,
            moments.mean,
            moments.sd,
            range(one.sd),
            one.training_sd,
            one.fresh.trades
        );
    }
    if study.chosen.is_empty() {
        let _ = writeln!(text, "   none reaches these frictions.");
    }
    verdicts(&mut text, study);
    text
}

fn rule(text: &mut String, row: &Row, orientation: bool) {
    let _ = write!(text, "   {:<18}", row.rule);
    if let [only] = row.points.as_slice() {
        let _ = writeln!(
            text,
            "{:>9.1}  friction {:.2}, mean {:+.1}",
            only.moments.sd, only.moments.friction, only.moments.mean
        );
        return;
    }
    for level in &row.levels {
        match level.sd {
            Some(sd) => {
                let _ = write!(text, "{:>9.1}", sd.estimate);
            }
            None => text.push_str("        -"),
        }
    }
    match row.levels[1].mean {
        Some(mean) => {
            let _ = write!(text, "   {mean:>+13.1}");
        }
        None => text.push_str("               -"),
    }
    if let Some((_, known)) = ORIENTATION
        .iter()
        .find(|(name, _)| orientation && *name == row.rule)
    {
        let _ = write!(
            text,
            "     {:.0} / {:.0} / {:.0}",
            known[0], known[1], known[2]
        );
    }
    if row.levels.iter().all(|level| level.sd.is_none()) {
        let ends = [row.points.first(), row.points.last()];
        for point in ends.into_iter().flatten() {
            let _ = write!(
                text,
                "  [friction {:.1}: sd {:.0}]",
                point.moments.friction, point.moments.sd
            );
        }
    }
    text.push('\n');
}

fn range(interval: Option<Interval>) -> String {
    interval.map_or(String::new(), |it| {
        format!("[{:.1}, {:.1}]", it.low, it.high)
    })
}

/// Who wins at equal friction, in words.
fn verdicts(text: &mut String, study: &Study) {
    if study.chosen.is_empty() {
        return;
    }
    let _ = writeln!(
        text,
        "\n   how much more each rule deviates than the gated policy at the friction that one has (95 % bootstrap on common paths):"
    );
    for row in study.rows.iter().filter(|row| row.points.len() > 1) {
        let _ = write!(text, "   {:<18}", row.rule);
        for level in &row.levels {
            let cell = level.excess.map_or("-".to_owned(), |it| {
                format!(
                    "{:+.1} [{:+.1}, {:+.1}] {}",
                    it.estimate,
                    it.low,
                    it.high,
                    verdict(it)
                )
            });
            let _ = write!(text, "{cell:>30}");
        }
        text.push('\n');
    }
}

/// What an excess over the gated policy says about that policy.
#[must_use]
pub fn verdict(excess: Interval) -> &'static str {
    if excess.low > 0.0 {
        "wins"
    } else if excess.high < 0.0 {
        "LOSES"
    } else {
        "open"
    }
}

/// What the estimate of volatility buys on candles.
#[must_use]
pub fn estimators(rows: &[Comparison], levels: [f64; 3]) -> String {
    let [first, second, third] = levels.map(|level| format!("at {level}"));
    let mut text = format!(
        "\n== what the estimate of volatility and the minimum-variance delta buy: Whalley-Wilmott band, all windows\n   standard deviation of P&L, bps of notional; the gain is over the first row, between the least of both\n\n   {:<52}{:>7}{:>7}{:>7}{:>8} at friction{:>8}{:>10}   gain\n",
        "estimate", first, second, third, "least", "mean", "no hedge"
    );
    for row in rows {
        let _ = write!(text, "   {:<52}", row.name);
        for sd in row.levels {
            let _ = write!(
                text,
                "{:>7}",
                sd.map_or("-".to_owned(), |sd| format!("{sd:.0}"))
            );
        }
        let gain = row.gain.map_or(String::new(), |it| {
            format!("{:+.1} [{:+.1}, {:+.1}]", it.estimate, it.low, it.high)
        });
        let _ = writeln!(
            text,
            "{:>8.1}{:>12.1}{:>+8.1}{:>10.1}   {gain}",
            row.least.sd, row.least.friction, row.least.mean, row.unhedged
        );
    }
    text
}
