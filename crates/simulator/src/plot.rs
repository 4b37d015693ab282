//! Frontiers as a drawing that needs nothing else: standard deviation of profit and loss against total friction.

use std::fmt::Write;

use crate::Fail;
use crate::study::Study;

const WIDTH: f64 = 560.0;
const HEIGHT: f64 = 400.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 150.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 46.0;
/// The friction where the plot ends, bps.
const MOST: f64 = 20.0;
/// Colours that remain apart for the colour-blind (Okabe and Ito 2008).
const COLOURS: [&str; 7] = [
    "#0072b2", "#e69f00", "#009e73", "#cc79a7", "#000000", "#56b4e9", "#999999",
];

/// Writes the frontiers of all studies to a file: a page if its name ends in `.html`, else an SVG.
///
/// # Errors
/// [`Fail::Unwritable`].
pub fn write(file: &str, studies: &[Study]) -> Result<(), Fail> {
    let svg = svg(studies);
    let text = if file.ends_with(".html") {
        format!(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Hedging: deviation against friction</title><body style=\"margin:0;background:#fff\">{svg}</body></html>\n"
        )
    } else {
        svg
    };
    std::fs::write(file, text).map_err(|why| Fail::Unwritable {
        file: file.to_owned(),
        why: why.to_string(),
    })
}

/// The drawing: two panels in a row, one for each study.
#[must_use]
pub fn svg(studies: &[Study]) -> String {
    let columns = studies.len().clamp(1, 2);
    let rows = studies.len().div_ceil(2).max(1);
    let (width, height) = (WIDTH * columns as f64, HEIGHT * rows as f64);
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" font-family=\"sans-serif\" font-size=\"12\"><rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>"
    );
    for (index, study) in studies.iter().enumerate() {
        let (x, y) = ((index % 2) as f64 * WIDTH, (index / 2) as f64 * HEIGHT);
        // Writing to a string does not fail.
        let _ = write!(text, "<g transform=\"translate({x} {y})\">");
        panel(&mut text, study);
        text.push_str("</g>");
    }
    text.push_str("</svg>\n");
    text
}

/// Where values lie in a panel: friction is linear, deviation logarithmic.
struct Scale {
    low: f64,
    high: f64,
}

impl Scale {
    fn of(study: &Study) -> Self {
        let all = || {
            study
                .rows
                .iter()
                .flat_map(|row| &row.points)
                .map(|point| point.moments.sd)
        };
        let least = all().fold(f64::INFINITY, f64::min).max(1.0);
        let most = all().fold(least * 1.1, f64::max);
        Self {
            low: least * 0.9,
            high: most * 1.1,
        }
    }

    fn x(friction: f64) -> f64 {
        LEFT + (WIDTH - LEFT - RIGHT) * friction / MOST
    }

    fn y(&self, sd: f64) -> f64 {
        let share = (sd.max(self.low) / self.low).ln() / (self.high / self.low).ln();
        HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share
    }
}

fn panel(text: &mut String, study: &Study) {
    let scale = Scale::of(study);
    axes(text, study, &scale);
    let mut legend = TOP + 8.0;
    let mut label = |text: &mut String, mark: &str, name: &str| {
        let x = WIDTH - RIGHT + 10.0;
        let _ = write!(
            text,
            "<g transform=\"translate({x} {legend})\">{mark}<text x=\"24\" y=\"4\">{name}</text></g>"
        );
        legend += 19.0;
    };
    for (row, colour) in study
        .rows
        .iter()
        .filter(|row| row.points.len() > 1)
        .zip(COLOURS)
    {
        let mut line = String::new();
        for point in row
            .points
            .iter()
            .filter(|point| point.moments.friction <= MOST)
        {
            let (x, y) = (Scale::x(point.moments.friction), scale.y(point.moments.sd));
            let _ = write!(line, "{x:.1},{y:.1} ");
            let _ = write!(
                text,
                "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"2.6\" fill=\"{colour}\"><title>{}, {} {:.0}: friction {:.2}, sd {:.1}, mean {:+.1}</title></circle>",
                row.rule,
                row.parameter,
                point.value,
                point.moments.friction,
                point.moments.sd,
                point.moments.mean
            );
        }
        let _ = write!(
            text,
            "<polyline points=\"{line}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.6\"/>"
        );
        label(
            text,
            &format!("<line x2=\"18\" stroke=\"{colour}\" stroke-width=\"2\"/>"),
            &row.rule,
        );
    }
    for one in &study.chosen {
        let (x, y) = (
            Scale::x(one.fresh.moments.friction),
            scale.y(one.fresh.moments.sd),
        );
        let _ = write!(
            text,
            "<path transform=\"translate({x:.1} {y:.1})\" d=\"M0-6 6 0 0 6-6 0z\" fill=\"#d55e00\"><title>{}, risk aversion {:.0}: friction {:.2}, sd {:.1}</title></path>",
            one.rule, one.risk_aversion, one.fresh.moments.friction, one.fresh.moments.sd
        );
    }
    if !study.chosen.is_empty() {
        label(
            text,
            "<path transform=\"translate(9 0)\" d=\"M0-6 6 0 0 6-6 0z\" fill=\"#d55e00\"/>",
            "gated, trained",
        );
    }
}

fn axes(text: &mut String, study: &Study, scale: &Scale) {
    let (right, bottom) = (WIDTH - RIGHT, HEIGHT - BOTTOM);
    let _ = write!(
        text,
        "<text x=\"{LEFT}\" y=\"22\" font-size=\"14\" font-weight=\"bold\">{} ({} paths)</text><text x=\"{}\" y=\"{}\" text-anchor=\"middle\">total friction, bps of notional</text><text transform=\"translate(14 {}) rotate(-90)\" text-anchor=\"middle\">sd of P&amp;L, bps of notional</text>",
        study.market,
        study.paths,
        0.5 * (LEFT + right),
        HEIGHT - 10.0,
        0.5 * (TOP + bottom)
    );
    for step in 0..=5 {
        let friction = MOST * f64::from(step) / 5.0;
        let x = Scale::x(friction);
        let _ = write!(
            text,
            "<line x1=\"{x}\" x2=\"{x}\" y1=\"{TOP}\" y2=\"{bottom}\" stroke=\"#ddd\"/><text x=\"{x}\" y=\"{}\" text-anchor=\"middle\">{friction:.0}</text>",
            bottom + 16.0
        );
    }
    for sd in [
        10.0, 20.0, 30.0, 50.0, 75.0, 100.0, 150.0, 200.0, 300.0, 500.0, 1_000.0,
    ] {
        if scale.low < sd && sd < scale.high {
            let y = scale.y(sd);
            let _ = write!(
                text,
                "<line x1=\"{LEFT}\" x2=\"{right}\" y1=\"{y:.1}\" y2=\"{y:.1}\" stroke=\"#ddd\"/><text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\">{sd:.0}</text>",
                LEFT - 6.0,
                y + 4.0
            );
        }
    }
}
