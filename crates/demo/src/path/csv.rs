//! Reading prices from CSV.

use crate::fail::Fail;

/// The largest file read.
pub const MAX_BYTES: u64 = 64 << 20;
/// A feed that says nothing for longer than this is no hourly series, seconds.
const MAX_GAP: u64 = 6 * 3_600;
const HOUR: u64 = 3_600;

/// A price of a file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// Line it came from, from 1.
    pub line: usize,
    /// Unix seconds, when the file has times.
    pub time: Option<u64>,
    /// The price.
    pub close: f64,
}

/// Reads `price`, `time,price` or `time,open,high,low,close,…` rows. Empty lines, lines that start with `#` and one header line are skipped; times
/// are Unix seconds, milliseconds or microseconds, ascending.
pub fn read(file: &str, text: &str) -> Result<Vec<Row>, Fail> {
    let mut rows: Vec<Row> = Vec::new();
    let mut columns = None;
    for (index, raw) in text.lines().enumerate() {
        let line = index + 1;
        let bad = |why: &str| Fail::BadPrice {
            file: file.into(),
            line,
            why: why.into(),
        };
        let trimmed = raw.trim_start_matches('\u{feff}').trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        let fields: Vec<&str> = trimmed
            .split([',', ';', '\t'])
            .map(|field| field.trim().trim_matches('"'))
            .collect();
        let numeric = fields
            .first()
            .is_some_and(|field| field.parse::<f64>().is_ok());
        if columns.is_none() && rows.is_empty() && !numeric {
            columns = Some(fields.len());
            continue;
        }
        if *columns.get_or_insert(fields.len()) != fields.len() {
            return Err(bad("not as many columns as the lines before"));
        }
        let (time, close) = match fields.as_slice() {
            [close] => (None, *close),
            [time, close] | [time, _, _, _, close, ..] => (Some(*time), *close),
            _ => {
                return Err(bad(
                    "neither `price`, nor `time,price`, nor `time,open,high,low,close`",
                ));
            }
        };
        let close = close
            .parse()
            .map_err(|_| bad("the price is not a number"))?;
        let time = time
            .map(|time| seconds(time).ok_or_else(|| bad("the time is not a Unix time")))
            .transpose()?;
        if let (Some(now), Some(before)) = (time, rows.last().and_then(|row| row.time)) {
            if now <= before {
                return Err(bad("the time is not after that of the line before"));
            }
            if now - before > MAX_GAP {
                return Err(bad("more than six hours after the line before"));
            }
        }
        rows.push(Row { line, time, close });
    }
    Ok(rows)
}

/// Unix seconds from seconds, milliseconds or microseconds, told apart by their size.
fn seconds(text: &str) -> Option<u64> {
    let time = text
        .parse::<f64>()
        .ok()
        .filter(|time| time.is_finite() && *time >= 0.0)? as u64;
    Some(match time {
        0..100_000_000_000 => time,
        100_000_000_000..100_000_000_000_000 => time / 1_000,
        _ => time / 1_000_000,
    })
}

/// One row an hour: with times the last at or before each whole hour since the first, otherwise every row.
pub fn hourly(rows: &[Row]) -> Vec<Row> {
    let (Some(first), Some(last)) = (
        rows.first().and_then(|row| row.time),
        rows.last().and_then(|row| row.time),
    ) else {
        return rows.to_vec();
    };
    let mut next = rows.iter().peekable();
    let mut current = None;
    (0..=(last - first) / HOUR)
        .filter_map(|hour| {
            while let Some(row) =
                next.next_if(|row| row.time.is_some_and(|time| time <= first + hour * HOUR))
            {
                current = Some(*row);
            }
            current
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closes(text: &str) -> Vec<f64> {
        hourly(&read("test", text).expect("reads"))
            .iter()
            .map(|row| row.close)
            .collect()
    }

    #[test]
    fn the_three_forms() {
        assert_eq!(
            closes("2000\n2001.5\n\n# note\n1999"),
            [2000.0, 2001.5, 1999.0]
        );
        assert_eq!(
            closes("time,price\n1762502400,2000\n1762506000,2010\n"),
            [2000.0, 2010.0]
        );
        let candles = "open_time_unix,open,high,low,close\n1762502400000,1,9,0.5,2000\n1762506000000,1,9,0.5,2010";
        assert_eq!(closes(candles), [2000.0, 2010.0]);
    }

    #[test]
    fn other_intervals_become_hours() {
        let minutes: String = (0..121)
            .map(|m| format!("{},{}\n", 1_762_502_400 + 60 * m, 1000 + m))
            .collect();
        assert_eq!(closes(&minutes), [1000.0, 1060.0, 1120.0]);
        assert_eq!(closes("1762502400,1\n1762513200,2"), [1.0, 1.0, 1.0, 2.0]);
    }

    #[test]
    fn bad_lines_are_named() {
        let error = |text: &str| match read("test", text) {
            Err(Fail::BadPrice { line, why, .. }) => (line, why),
            other => panic!("{other:?}"),
        };
        assert_eq!(error("price\n2000\nx").0, 3);
        assert_eq!(error("2000\n2000,1").0, 2);
        assert_eq!(error("1,2,3").0, 1);
        assert_eq!(error("1762502400,1\n1762502400,2").0, 2);
        assert_eq!(
            error("1762502400,1\n1762602400,2").1,
            "more than six hours after the line before"
        );
    }
}
