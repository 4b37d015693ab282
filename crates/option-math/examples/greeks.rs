//! JSON lines in, JSON lines out: option-math for people who check it, and for scripts.
//!
//! ```sh
//! echo '{"spot":"2000","strike":"2200","vol":"0.8","tenor_seconds":"604800","rate":"0"}' |
//!     cargo run --release -p option-math --example greeks
//! ```
//!
//! Numbers are decimal strings with any number of digits. The library's resolution is 1e-18: what an input has beyond
//! is dropped towards zero and then named in `truncated`. Every output is printed with all its digits; a refused line
//! gives `{"error": …}` and does not stop the run.

use std::io::{self, BufRead, Write};

use option_math::{PutGreeks, Strip, WAD};
use serde_json::{Map, Value, json};

fn main() -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    for line in io::stdin().lock().lines() {
        let line = line?;
        if !line.trim().is_empty() {
            let answer = answer(&line).unwrap_or_else(|error| json!({ "error": error }));
            writeln!(out, "{answer}")?;
        }
    }
    out.flush()
}

fn answer(line: &str) -> Result<Value, String> {
    let input: Map<String, Value> =
        serde_json::from_str(line).map_err(|error| format!("InvalidJson: {error}"))?;
    let mut truncated = Vec::new();
    let mut number = |name: &str, decimals: usize| -> Result<i128, String> {
        let text = match input.get(name) {
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            Some(_) => {
                return Err(format!(
                    "InvalidNumber: {name} is neither a string nor a number"
                ));
            }
            None if name == "rate" => "0".into(),
            None => return Err(format!("MissingField: {name}")),
        };
        let (value, exact) =
            parse(&text, decimals).ok_or_else(|| format!("InvalidNumber: {name} = {text:?}"))?;
        if !exact {
            truncated.push(name.to_owned());
        }
        Ok(value)
    };
    let (spot, strike) = (number("spot", 18)?, number("strike", 18)?);
    let (vol, tenor, rate) = (
        number("vol", 18)?,
        number("tenor_seconds", 0)?,
        number("rate", 18)?,
    );

    // What does not fit the types is outside every domain: let the library name it.
    let strip = Strip::new(
        u128::try_from(spot).unwrap_or(0),
        u64::try_from(vol).unwrap_or(0),
        u64::try_from(tenor).unwrap_or(u64::MAX),
        i64::try_from(rate).unwrap_or(i64::MAX),
    );
    let strip = strip.map_err(|error| error.to_string())?;
    let strike = u128::try_from(strike).unwrap_or(0);
    let call = strip.greeks(strike).map_err(|error| error.to_string())?;
    let put: PutGreeks = strip
        .put_greeks(strike)
        .map_err(|error| error.to_string())?;
    let mut answer = json!({
        "call": {
            "price": unsigned(call.price),
            "delta": unsigned(call.delta.into()),
            "spot_gamma": unsigned(call.spot_gamma),
            "vega": unsigned(call.vega),
            "theta_per_day": signed(call.theta),
        },
        "put": {
            "price": unsigned(put.price),
            "delta": signed(put.delta.into()),
            "spot_gamma": unsigned(put.spot_gamma),
            "vega": unsigned(put.vega),
            "theta_per_day": signed(put.theta),
        },
    });
    if !truncated.is_empty() {
        answer["truncated"] = json!(truncated);
    }
    Ok(answer)
}

/// A decimal number times 10^decimals, and whether nothing was dropped; `None` if it is none. Beyond i128 it stays at
/// the largest, which is outside every domain.
fn parse(text: &str, decimals: usize) -> Option<(i128, bool)> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() + fraction.len() == 0 || !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    let (kept, dropped) = fraction.split_at(fraction.len().min(decimals));
    let mut value = 0i128;
    for digit in whole
        .bytes()
        .chain(kept.bytes())
        .chain((kept.len()..decimals).map(|_| b'0'))
    {
        value = value
            .saturating_mul(10)
            .saturating_add((digit - b'0').into());
    }
    Some((
        if negative { -value } else { value },
        dropped.bytes().all(|byte| byte == b'0'),
    ))
}

fn unsigned(value: u128) -> String {
    format!("{}.{:018}", value / WAD, value % WAD)
}

fn signed(value: i128) -> String {
    let sign = if value < 0 { "-" } else { "" };
    format!("{sign}{}", unsigned(value.unsigned_abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(line: &str) -> String {
        answer(line).expect_err("refused")
    }

    fn line(name: &str, value: &str) -> String {
        let mut input = json!({
            "spot": "2000", "strike": "2200", "vol": "0.8", "tenor_seconds": "604800", "rate": "0",
        });
        input[name] = json!(value);
        input.to_string()
    }

    #[test]
    fn all_digits_are_printed() {
        let answer = answer(&line("rate", "0")).expect("in the domain");
        let text = |path: &str| answer.pointer(path).and_then(Value::as_str).map(str::len);
        for option in ["call", "put"] {
            for greek in ["price", "delta", "spot_gamma", "vega", "theta_per_day"] {
                assert!(text(&format!("/{option}/{greek}")) >= Some(20));
            }
        }
        assert_eq!(answer.get("truncated"), None);
    }

    #[test]
    fn digits_beyond_are_named() {
        let answer = answer(&line("spot", "2000.0000000000000000001")).expect("in the domain");
        assert_eq!(answer["truncated"], json!(["spot"]));
        assert_eq!(parse("-1.50", 1), Some((-15, true)));
        assert_eq!(parse("1.51", 1), Some((15, false)));
        assert_eq!(parse(&"9".repeat(99), 18), Some((i128::MAX, true)));
    }

    #[test]
    fn every_refusal_has_a_name() {
        for (name, value, refusal) in [
            ("spot", "0", "SpotOutOfDomain"),
            ("spot", "-1", "SpotOutOfDomain"),
            (
                "strike",
                "10000000000.000000000000000001",
                "StrikeOutOfDomain",
            ),
            ("vol", "36.893488147419103232", "VolatilityOutOfDomain"),
            ("tenor_seconds", "-1", "TenorOutOfDomain"),
            ("tenor_seconds", "18446744073709551617", "TenorOutOfDomain"),
            ("rate", "-0.6", "RateOutOfDomain"),
            ("rate", "18446744073709551617", "RateOutOfDomain"),
        ] {
            assert_eq!(error(&line(name, value)), refusal, "{name} {value}");
        }
        for text in ["", ".", "1e5", "0x1", "1.2.3", "--1"] {
            assert!(
                error(&line("vol", text)).starts_with("InvalidNumber"),
                "{text}"
            );
        }
        assert_eq!(error("{}"), "MissingField: spot");
        assert!(error("nonsense").starts_with("InvalidJson"));
    }
}
