//! Amounts of the two tokens, exact, and how numbers are shown.

use std::fmt;

use serde::{Serialize, Serializer};

macro_rules! token {
    ($(#[$doc:meta])* $name:ident, $unit:expr, $decimals:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name(pub i128);

        impl $name {
            /// Whole tokens, for plots and percentages.
            #[must_use]
            pub fn tokens(self) -> f64 {
                self.0 as f64 / $unit
            }
        }

        impl From<u128> for $name {
            /// From the smallest unit. No balance on the chain comes near the limit.
            fn from(units: u128) -> Self {
                Self(i128::try_from(units).unwrap_or(i128::MAX))
            }
        }

        impl std::ops::Add for $name {
            type Output = Self;
            fn add(self, other: Self) -> Self {
                Self(self.0 + other.0)
            }
        }

        impl std::ops::Sub for $name {
            type Output = Self;
            fn sub(self, other: Self) -> Self {
                Self(self.0 - other.0)
            }
        }

        impl std::ops::Neg for $name {
            type Output = Self;
            fn neg(self) -> Self {
                Self(-self.0)
            }
        }

        impl std::ops::AddAssign for $name {
            fn add_assign(&mut self, other: Self) {
                self.0 += other.0;
            }
        }

        impl std::iter::Sum for $name {
            fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
                all.fold(Self::default(), std::ops::Add::add)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                aligned(f, &grouped(self.tokens(), f.precision().unwrap_or($decimals)))
            }
        }

        impl Serialize for $name {
            /// The smallest unit as a decimal string: JSON's numbers are too small.
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(&self.0)
            }
        }
    };
}

token!(
    /// WETH, or options, in units of 10⁻¹⁸.
    Weth,
    1e18,
    4
);
token!(
    /// USDC in units of 10⁻⁶.
    Usdc,
    1e6,
    2
);

/// A price in quote per asset with 18 decimals. In JSON a number of quote per asset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dollars(pub u128);

impl Dollars {
    /// Quote per asset.
    #[must_use]
    pub fn quote(self) -> f64 {
        self.0 as f64 / 1e18
    }
}

impl fmt::Display for Dollars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = if self.quote() < 10.0 { 4 } else { 2 };
        aligned(f, &grouped(self.quote(), f.precision().unwrap_or(decimals)))
    }
}

impl Serialize for Dollars {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_f64(self.quote())
    }
}

/// Writes a number at the width asked for, to the right unless asked otherwise. Precision is not the text's, as it would be in `pad`.
fn aligned(f: &mut fmt::Formatter<'_>, text: &str) -> fmt::Result {
    let width = f.width().unwrap_or(0);
    if f.align() == Some(fmt::Alignment::Left) {
        write!(f, "{text:<width$}")
    } else {
        write!(f, "{text:>width$}")
    }
}

/// A number with its thousands set apart: `-12,345.67`. No sign on a zero.
#[must_use]
pub fn grouped(number: f64, decimals: usize) -> String {
    let plain = format!("{:.decimals$}", number.abs());
    let (whole, fraction) = plain.split_once('.').unwrap_or((&plain, ""));
    let mut text = String::new();
    if number < 0.0 && plain.bytes().any(|digit| (b'1'..=b'9').contains(&digit)) {
        text.push('-');
    }
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if !fraction.is_empty() {
        text.push('.');
        text.push_str(fraction);
    }
    text
}

/// A fraction as per cent with a sign: `+1.23 %`.
#[must_use]
pub fn signed_percent(fraction: f64, decimals: usize) -> String {
    let text = grouped(fraction * 100.0, decimals);
    if text.starts_with('-') {
        format!("{text} %")
    } else {
        format!("+{text} %")
    }
}

/// A number of calendar time in UTC: `Fri 7 Nov 08:02`.
#[must_use]
pub fn clock(unix: u64) -> String {
    let (day, month) = date(unix);
    format!(
        "{} {day} {month} {:02}:{:02}",
        weekday(unix),
        unix / 3_600 % 24,
        unix / 60 % 60
    )
}

/// Day of the week in UTC.
#[must_use]
pub fn weekday(unix: u64) -> &'static str {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    DAYS.get((unix / 86_400 % 7) as usize)
        .copied()
        .unwrap_or_default()
}

/// Day and month in UTC: days to a civil date after Howard Hinnant.
#[must_use]
pub fn date(unix: u64) -> (u64, &'static str) {
    const MONTHS: [&str; 12] = [
        "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Jan", "Feb",
    ];
    let days = unix / 86_400 + 719_468;
    let of_era = days % 146_097;
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    (
        of_year - (153 * month + 2) / 5 + 1,
        MONTHS.get(month as usize).copied().unwrap_or_default(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_and_zero_has_no_sign() {
        assert_eq!(grouped(-1_234_567.891, 2), "-1,234,567.89");
        assert_eq!(grouped(999.0, 0), "999");
        assert_eq!(grouped(-0.001, 2), "0.00");
        assert_eq!(signed_percent(0.0123, 2), "+1.23 %");
        assert_eq!(
            format!(
                "{:8.1}|{}",
                Weth(-1_500_000_000_000_000_000),
                Usdc(1_234_560_000)
            ),
            "    -1.5|1,234.56"
        );
    }

    #[test]
    fn dates() {
        assert_eq!(clock(1_762_502_400), "Fri 7 Nov 08:00");
        assert_eq!(clock(951_782_400), "Tue 29 Feb 00:00");
        assert_eq!(clock(1_767_225_599), "Wed 31 Dec 23:59");
    }
}
