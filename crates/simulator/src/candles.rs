//! Hourly candles from a file: the layout `open_time_unix,open,high,low,close`, or what exchanges export.

use crate::Fail;
use crate::market::quantise;

/// Hourly closes, one after another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candles {
    /// When the first candle opened, Unix seconds.
    pub start: i64,
    /// Closes, units of 10⁻⁸.
    pub closes: Vec<u64>,
}

const HOUR: i64 = 3_600;
/// Names that columns have in exports. An export without a header has time, open, high, low, close first.
const TIMES: [&str; 8] = [
    "open_time_unix",
    "open_time",
    "open time",
    "opentime",
    "timestamp",
    "unix",
    "time",
    "date",
];
const CLOSES: [&str; 2] = ["close", "close_price"];

/// Reads a file.
///
/// # Errors
/// [`Fail::Unreadable`] and those of [`parse`].
pub fn read(file: &str) -> Result<Candles, Fail> {
    let text = std::fs::read_to_string(file).map_err(|why| Fail::Unreadable {
        file: file.to_owned(),
        why: why.to_string(),
    })?;
    parse(&text)
}

/// Reads candles. Times are Unix seconds, milliseconds or microseconds, an hour apart, ascending or, as some exchanges have it, descending. Empty lines and
/// those that begin with `#` are skipped. Prices are positive, high at least and low at most open and close.
///
/// # Errors
/// [`Fail::MissingColumn`], [`Fail::BadCandle`], [`Fail::Gap`], [`Fail::TooFewCandles`] for none at all.
pub fn parse(text: &str) -> Result<Candles, Fail> {
    let mut lines = text
        .lines()
        .enumerate()
        .map(|(index, line)| (index + 1, line.trim().trim_start_matches('\u{feff}')))
        .filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
        .peekable();
    let Some((_, first)) = lines.peek() else {
        return Err(Fail::TooFewCandles {
            candles: 0,
            needs: 1,
        });
    };
    let columns = if first.starts_with(|c: char| c.is_ascii_digit()) {
        Columns {
            time: 0,
            prices: [Some(1), Some(2), Some(3)],
            close: 4,
        }
    } else {
        let columns = Columns::named(first)?;
        lines.next();
        columns
    };
    let mut candles = Vec::new();
    for (line, text) in lines {
        candles.push((line, columns.candle(line, text)?));
    }
    let descending = candles
        .first()
        .zip(candles.last())
        .is_some_and(|(first, last)| first.1.0 > last.1.0);
    if descending {
        candles.reverse();
    }
    for pair in candles.windows(2) {
        if let [(_, (before, _)), (line, (time, _))] = pair
            && time - before != HOUR
        {
            return Err(Fail::Gap {
                line: *line,
                seconds: time - before,
            });
        }
    }
    let Some((_, (start, _))) = candles.first() else {
        return Err(Fail::TooFewCandles {
            candles: 0,
            needs: 1,
        });
    };
    Ok(Candles {
        start: *start,
        closes: candles.iter().map(|(_, (_, close))| *close).collect(),
    })
}

struct Columns {
    time: usize,
    /// Open, high, low.
    prices: [Option<usize>; 3],
    close: usize,
}

impl Columns {
    fn named(header: &str) -> Result<Self, Fail> {
        let names: Vec<_> = header
            .split(',')
            .map(|name| name.trim().trim_matches('"').to_ascii_lowercase())
            .collect();
        let find = |known: &[&str]| {
            known
                .iter()
                .find_map(|known| names.iter().position(|name| name == known))
        };
        let missing = |column| Fail::MissingColumn {
            column,
            header: header.to_owned(),
        };
        Ok(Self {
            time: find(&TIMES).ok_or_else(|| missing("open_time_unix"))?,
            prices: [find(&["open"]), find(&["high"]), find(&["low"])],
            close: find(&CLOSES).ok_or_else(|| missing("close"))?,
        })
    }

    fn candle(&self, line: usize, text: &str) -> Result<(i64, u64), Fail> {
        let fields: Vec<_> = text
            .split(',')
            .map(|field| field.trim().trim_matches('"'))
            .collect();
        let bad = |why: String| Fail::BadCandle { line, why };
        let price = |column: usize| -> Result<f64, Fail> {
            let field = fields
                .get(column)
                .ok_or_else(|| bad(format!("no column {}", column + 1)))?;
            field
                .parse()
                .ok()
                .filter(|price: &f64| (1e-6..=1e9).contains(price))
                .ok_or_else(|| {
                    bad(format!(
                        "\"{field}\" is no price from 0.000001 to 1000000000"
                    ))
                })
        };
        let close = price(self.close)?;
        if let [Some(open), Some(high), Some(low)] = self.prices {
            let (open, high, low) = (price(open)?, price(high)?, price(low)?);
            if high < open.max(close) || low > open.min(close) {
                return Err(bad(format!(
                    "open {open} and close {close} are not between low {low} and high {high}"
                )));
            }
        }
        let field = fields
            .get(self.time)
            .ok_or_else(|| bad(format!("no column {}", self.time + 1)))?;
        let time: f64 = field
            .parse()
            .map_err(|_| bad(format!("\"{field}\" is no Unix time")))?;
        Ok((seconds(time), quantise(close)))
    }
}

/// Seconds of a time in seconds, milliseconds or microseconds: those of this century differ by their length.
fn seconds(time: f64) -> i64 {
    let scale = match time {
        t if t > 1e14 => 1e6,
        t if t > 1e11 => 1e3,
        _ => 1.0,
    };
    (time / scale).round() as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "open_time_unix,open,high,low,close\n1603440000,413.16,415.95,412.0,413.78\n1603443600,413.78,415.55,413.5,415.15\n";

    #[test]
    fn layouts_of_the_same_candles_read_the_same() {
        let expected = Candles {
            start: 1_603_440_000,
            closes: vec![41_378_000_000, 41_515_000_000],
        };
        let exchange = "1603440000000,413.16,415.95,412.0,413.78,1.5,1603443599999\n1603443600000,413.78,415.55,413.5,415.15,2,1603447199999\n";
        let microseconds = exchange.replace("00000,", "00000000,");
        let descending = "# an export\nunix,symbol,open,high,low,close\n1603443600,X,413.78,415.55,413.5,415.15\n\n1603440000,X,413.16,415.95,412.0,413.78\n";
        for text in [GOOD, exchange, &microseconds, descending] {
            assert_eq!(parse(text).as_ref(), Ok(&expected), "{text}");
        }
    }

    #[test]
    fn errors_are_named() {
        let of = |text: &str| parse(text).expect_err("refused");
        let none = Fail::TooFewCandles {
            candles: 0,
            needs: 1,
        };
        assert_eq!(of(""), none);
        assert_eq!(of("time,close\n"), none);
        assert!(matches!(
            of("time,price\n"),
            Fail::MissingColumn {
                column: "close",
                ..
            }
        ));
        assert!(matches!(
            of("when,close\n"),
            Fail::MissingColumn {
                column: "open_time_unix",
                ..
            }
        ));
        let changed = |from: &str, to: &str| of(&GOOD.replace(from, to));
        assert!(matches!(
            changed("415.15", "x"),
            Fail::BadCandle { line: 3, .. }
        ));
        assert!(matches!(
            changed("415.15", "-1"),
            Fail::BadCandle { line: 3, .. }
        ));
        assert!(matches!(
            changed(",415.15", ""),
            Fail::BadCandle { line: 3, .. }
        ));
        assert!(matches!(
            changed("415.95", "413"),
            Fail::BadCandle { line: 2, .. }
        ));
        assert!(matches!(
            changed("1603443600", "now"),
            Fail::BadCandle { line: 3, .. }
        ));
        assert_eq!(
            changed("1603443600", "1603447200"),
            Fail::Gap {
                line: 3,
                seconds: 7_200
            }
        );
        assert_eq!(
            changed("1603443600", "1603440000"),
            Fail::Gap {
                line: 3,
                seconds: 0
            }
        );
        assert!(matches!(
            read("/no/such/file"),
            Err(Fail::Unreadable { .. })
        ));
    }
}
