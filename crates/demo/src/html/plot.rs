//! A plot over time as inline SVG.

use std::fmt::Write;

use super::escape;
use crate::amount::{date, grouped, weekday};

const LEFT: f64 = 62.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 26.0;

/// How a line is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stroke {
    /// Through.
    Solid,
    /// Dashed.
    Dashed,
    /// Thin and dotted.
    Dotted,
}

impl Stroke {
    fn class(self) -> &'static str {
        match self {
            Self::Solid => "line",
            Self::Dashed => "line dashed",
            Self::Dotted => "line dotted",
        }
    }
}

/// The shape of a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// A triangle that points up.
    Up,
    /// A triangle that points down.
    Down,
    /// A disc.
    Disc,
    /// A square on its corner.
    Diamond,
}

/// Something in a plot. Colours are numbers of the palette; times are hours from opening.
#[derive(Clone, Debug)]
pub enum Layer {
    /// A line through points; a step line holds each value until the next.
    Line {
        /// Time and value.
        points: Vec<(f64, f64)>,
        /// Colour.
        colour: usize,
        /// How it is drawn.
        stroke: Stroke,
        /// Whether it holds each value until the next.
        step: bool,
    },
    /// The area between two values.
    Band {
        /// Time, lower and upper value.
        points: Vec<(f64, f64, f64)>,
        /// Colour.
        colour: usize,
        /// Whether it holds each value until the next.
        step: bool,
    },
    /// A level over the whole plot, named at the right.
    Level {
        /// Value.
        value: f64,
        /// Colour.
        colour: usize,
        /// Name.
        label: String,
    },
    /// Marks with what they say when pointed at.
    Marks {
        /// Time, value, words.
        points: Vec<(f64, f64, String)>,
        /// Colour.
        colour: usize,
        /// Shape.
        shape: Shape,
    },
}

/// An entry of the legend.
#[derive(Clone, Debug)]
pub struct Key {
    /// Colour.
    pub colour: usize,
    /// What it looks like.
    pub sign: Sign,
    /// What it stands for.
    pub label: String,
}

/// What an entry of a legend looks like.
#[derive(Clone, Copy, Debug)]
pub enum Sign {
    /// A line.
    Line(Stroke),
    /// An area.
    Area,
    /// A mark.
    Mark(Shape),
}

/// A plot.
#[derive(Clone, Debug)]
pub struct Plot {
    /// Unique name in the page.
    pub id: &'static str,
    /// Title.
    pub title: String,
    /// What it shows, in a sentence, for those who cannot see it too.
    pub about: String,
    /// Width and height of the drawing.
    pub size: (f64, f64),
    /// Space at the right, for names of levels.
    pub right: f64,
    /// First and last hour.
    pub span: (f64, f64),
    /// Unix seconds of hour 0.
    pub opening: u64,
    /// Hour of expiry.
    pub expiry: f64,
    /// Values that must be visible.
    pub include: Vec<f64>,
    /// What is drawn, in order.
    pub layers: Vec<Layer>,
    /// The legend.
    pub keys: Vec<Key>,
    /// A word in the corner at the top right.
    pub corner: Option<String>,
}

struct Frame {
    x: (f64, f64),
    y: (f64, f64),
    px: (f64, f64),
    py: (f64, f64),
}

impl Frame {
    fn x(&self, hour: f64) -> f64 {
        self.px.0 + (hour - self.x.0) / (self.x.1 - self.x.0) * (self.px.1 - self.px.0)
    }

    fn y(&self, value: f64) -> f64 {
        self.py.1 - (value - self.y.0) / (self.y.1 - self.y.0) * (self.py.1 - self.py.0)
    }
}

impl Plot {
    /// The figure: title, words, legend, drawing.
    #[must_use]
    pub fn figure(&self) -> String {
        let mut out = format!(
            "<figure class=\"plot\"><figcaption><h3>{}</h3><p>{}</p></figcaption>",
            escape(&self.title),
            escape(&self.about)
        );
        out.push_str(&self.legend());
        out.push_str(&self.svg());
        out.push_str("</figure>\n");
        out
    }

    fn legend(&self) -> String {
        if self.keys.is_empty() {
            return String::new();
        }
        let mut out = String::from("<ul class=\"legend\">");
        for key in &self.keys {
            let sign = match key.sign {
                Sign::Line(stroke) => format!(
                    "<path class=\"{} s{}\" d=\"M1 6H23\"/>",
                    stroke.class(),
                    key.colour
                ),
                Sign::Area => format!(
                    "<rect class=\"area f{}\" x=\"1\" y=\"1\" width=\"22\" height=\"10\"/>",
                    key.colour
                ),
                Sign::Mark(shape) => mark(shape, 12.0, 6.0, key.colour, ""),
            };
            let _ = write!(
                out,
                "<li><svg width=\"24\" height=\"12\" aria-hidden=\"true\">{sign}</svg>{}</li>",
                escape(&key.label)
            );
        }
        out.push_str("</ul>");
        out
    }

    fn svg(&self) -> String {
        let (width, height) = self.size;
        let ticks = ticks(self.values());
        let frame = Frame {
            x: self.span,
            y: (
                ticks.first().copied().unwrap_or(0.0),
                ticks.last().copied().unwrap_or(1.0),
            ),
            px: (LEFT, width - self.right),
            py: (TOP, height - BOTTOM),
        };
        let mut out = format!(
            "<svg viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"{0}-t {0}-d\"><title id=\"{0}-t\">{1}</title><desc id=\"{0}-d\">{2}</desc>",
            self.id,
            escape(&self.title),
            escape(&self.about)
        );
        self.axes(&mut out, &frame, &ticks);
        for layer in &self.layers {
            draw(&mut out, &frame, layer);
        }
        self.levels(&mut out, &frame);
        if let Some(corner) = &self.corner {
            let _ = write!(
                out,
                "<text class=\"note\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                frame.px.1 - 14.0,
                TOP + 12.0,
                escape(corner)
            );
        }
        out.push_str("</svg>");
        out
    }

    /// Least and greatest value drawn.
    fn values(&self) -> (f64, f64) {
        let mut range = (f64::INFINITY, f64::NEG_INFINITY);
        let mut take = |value: f64| range = (range.0.min(value), range.1.max(value));
        self.include.iter().copied().for_each(&mut take);
        for layer in &self.layers {
            match layer {
                Layer::Line { points, .. } => points.iter().for_each(|point| take(point.1)),
                Layer::Band { points, .. } => points.iter().for_each(|point| {
                    take(point.1);
                    take(point.2);
                }),
                Layer::Level { value, .. } => take(*value),
                Layer::Marks { points, .. } => points.iter().for_each(|point| take(point.1)),
            }
        }
        if range.0 > range.1 { (0.0, 1.0) } else { range }
    }

    fn axes(&self, out: &mut String, frame: &Frame, ticks: &[f64]) {
        let step = ticks.get(1).zip(ticks.first()).map_or(1.0, |(b, a)| b - a);
        let decimals = (-(step + step * 1e-9).log10().floor()).clamp(0.0, 6.0) as usize;
        for tick in ticks {
            let y = frame.y(*tick);
            let _ = write!(
                out,
                "<path class=\"grid\" d=\"M{:.1} {y:.1}H{:.1}\"/><text class=\"tick\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                frame.px.0,
                frame.px.1,
                frame.px.0 - 6.0,
                y + 3.5,
                grouped(*tick, decimals).replace('-', "−")
            );
        }
        let narrow = self.size.0 < 600.0;
        let mut day = (self.span.0 / 24.0).ceil() * 24.0;
        while day <= self.span.1 {
            let x = frame.x(day);
            let time = (self.opening as f64 + day * 3_600.0) as u64;
            let class = if day == 0.0 || day == self.expiry {
                "grid event"
            } else {
                "grid"
            };
            let label = if narrow {
                weekday(time).into()
            } else {
                format!("{} {}", weekday(time), date(time).0)
            };
            let _ = write!(
                out,
                "<path class=\"{class}\" d=\"M{x:.1} {:.1}V{:.1}\"/><text class=\"tick\" x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{label}</text>",
                frame.py.0,
                frame.py.1,
                frame.py.1 + 16.0
            );
            day += 24.0;
        }
    }

    /// Names of levels, pushed apart where they would cover each other.
    fn levels(&self, out: &mut String, frame: &Frame) {
        let mut names: Vec<(f64, usize, &str)> = Vec::new();
        for layer in &self.layers {
            if let Layer::Level {
                value,
                colour,
                label,
            } = layer
            {
                names.push((frame.y(*value), *colour, label));
            }
        }
        names.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut lowest = f64::NEG_INFINITY;
        for (wanted, colour, label) in names {
            let y = wanted.max(lowest + 13.0);
            lowest = y;
            let _ = write!(
                out,
                "<text class=\"name t{colour}\" x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                frame.px.1 + 6.0,
                y + 3.5,
                escape(label)
            );
        }
    }
}

fn draw(out: &mut String, frame: &Frame, layer: &Layer) {
    match layer {
        Layer::Line {
            points,
            colour,
            stroke,
            step,
        } => {
            let path = path(frame, points.iter().copied(), *step, 'M');
            let _ = write!(
                out,
                "<path class=\"{} s{colour}\" d=\"{path}\"/>",
                stroke.class()
            );
        }
        Layer::Band {
            points,
            colour,
            step,
        } => {
            let lower = path(
                frame,
                points.iter().map(|point| (point.0, point.1)),
                *step,
                'M',
            );
            let mut back: Vec<(f64, f64)> = points.iter().map(|point| (point.0, point.2)).collect();
            back.reverse();
            let upper = backwards(frame, &back, *step);
            let _ = write!(
                out,
                "<path class=\"area f{colour}\" d=\"{lower}{upper}Z\"/>"
            );
        }
        Layer::Level { value, colour, .. } => {
            let y = frame.y(*value);
            let _ = write!(
                out,
                "<path class=\"line dashed thin s{colour}\" d=\"M{:.1} {y:.1}H{:.1}\"/>",
                frame.px.0, frame.px.1
            );
        }
        Layer::Marks {
            points,
            colour,
            shape,
        } => {
            for (hour, value, words) in points {
                out.push_str(&mark(
                    *shape,
                    frame.x(*hour),
                    frame.y(*value),
                    *colour,
                    words,
                ));
            }
        }
    }
}

fn path(
    frame: &Frame,
    points: impl Iterator<Item = (f64, f64)>,
    step: bool,
    first: char,
) -> String {
    let mut out = String::new();
    let mut letter = first;
    for (hour, value) in points {
        let (x, y) = (frame.x(hour), frame.y(value));
        if step && letter == 'L' {
            let _ = write!(out, "H{x:.1}V{y:.1}");
        } else {
            let _ = write!(out, "{letter}{x:.1} {y:.1}");
        }
        letter = 'L';
    }
    out
}

/// The way back along an upper edge, from the last point to the first.
fn backwards(frame: &Frame, points: &[(f64, f64)], step: bool) -> String {
    let mut out = String::new();
    for (index, (hour, value)) in points.iter().enumerate() {
        let (x, y) = (frame.x(*hour), frame.y(*value));
        if step && index > 0 {
            // The value of the earlier point holds until the later one.
            let _ = write!(out, "V{y:.1}H{x:.1}");
        } else {
            let _ = write!(out, "L{x:.1} {y:.1}");
        }
    }
    out
}

fn mark(shape: Shape, x: f64, y: f64, colour: usize, words: &str) -> String {
    let d = match shape {
        Shape::Up => format!("M{:.1} {:.1}l5 9h-10Z", x, y - 5.0),
        Shape::Down => format!("M{:.1} {:.1}l5 -9h-10Z", x, y + 5.0),
        Shape::Diamond => format!("M{:.1} {:.1}l5.5 5.5l-5.5 5.5l-5.5 -5.5Z", x, y - 5.5),
        Shape::Disc => format!("M{:.1} {:.1}a4 4 0 1 0 8 0a4 4 0 1 0 -8 0Z", x - 4.0, y),
    };
    let title = if words.is_empty() {
        String::new()
    } else {
        format!("<title>{}</title>", escape(words))
    };
    format!("<path class=\"mark f{colour}\" d=\"{d}\">{title}</path>")
}

/// Four to eight round numbers around a range.
#[must_use]
pub fn ticks((low, high): (f64, f64)) -> Vec<f64> {
    let spread = if high - low > 1e-9 * high.abs().max(1e-9) {
        high - low
    } else {
        high.abs().max(1e-6) * 0.1
    };
    let raw = spread / 5.0;
    let power = 10_f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .map(|m| m * power)
        .find(|step| *step >= raw * 0.999)
        .unwrap_or(raw);
    let first = (low / step + 1e-9).floor();
    let last = (high / step - 1e-9).ceil().max(first + 1.0);
    (0..=(last - first) as usize)
        .map(|index| (first + index as f64) * step)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_cover_the_range() {
        assert_eq!(
            ticks((0.0, 1.0)),
            [0.0, 0.2, 0.4, 0.6000000000000001, 0.8, 1.0]
        );
        assert_eq!(
            ticks((1_340.0, 2_010.0)),
            [1_200.0, 1_400.0, 1_600.0, 1_800.0, 2_000.0, 2_200.0]
        );
        for range in [
            (0.0, 0.0),
            (5.0, 5.0),
            (-3.0, 1e-7),
            (1e-9, 2e-9),
            (-1e6, 1e6),
        ] {
            let ticks = ticks(range);
            assert!((2..=9).contains(&ticks.len()), "{range:?} {ticks:?}");
            assert!(
                ticks[0] <= range.0 + 1e-12 && *ticks.last().expect("some") >= range.1 - 1e-9,
                "{range:?} {ticks:?}"
            );
        }
    }
}
