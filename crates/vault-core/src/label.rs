//! What a series is called: `27NOV26-2200/4000-C`, a call of 27 November 2026 at 2 200, capped at 4 000.

use crate::calendar;
use crate::policy::PRICE_STEP;
use crate::quantity::Price;
use crate::solvency::Series;
use crate::wide::mul_div_down;

/// A short text of ASCII characters.
#[derive(Clone, Copy, Debug)]
pub struct Label {
    bytes: [u8; Self::MOST],
    len: usize,
}

const MONTHS: [u8; 36] = *b"JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC";

impl Label {
    /// Room for a name of 31 bytes, a date, two prices and what is between them.
    pub const MOST: usize = 96;

    /// A text that begins with the bytes of `prefix` before its first zero.
    #[must_use]
    pub fn beginning(prefix: &[u8; 32]) -> Self {
        let mut label = Self {
            bytes: [0; Self::MOST],
            len: 0,
        };
        for byte in prefix.iter().take_while(|byte| **byte != 0) {
            label.push(*byte);
        }
        label
    }

    /// Appends a character; what there is no room for is dropped.
    #[inline(never)]
    pub fn push(&mut self, byte: u8) {
        if let Some(place) = self.bytes.get_mut(self.len) {
            *place = byte;
            self.len = self.len.saturating_add(1);
        }
    }

    /// Appends the terms of a series that expires at `expiry`, with `between` in front of each of the three parts.
    pub fn terms(&mut self, series: &Series, expiry: u64, between: u8) {
        self.push(between);
        let date = calendar::date(expiry);
        self.digits(date.day.into(), 2);
        let (months, _) = MONTHS.as_chunks::<3>();
        let month = usize::from(date.month).saturating_sub(1);
        for byte in months.get(month).into_iter().flatten() {
            self.push(*byte);
        }
        self.digits((date.year % 100).into(), 2);
        self.push(between);
        self.price(series.strike);
        if let Some(cap) = series.cap {
            self.push(b'/');
            self.price(cap);
        }
        self.push(between);
        self.push(b'C');
    }

    /// Appends a price, in full but without zeros behind its last digit. Prices of series are whole steps and below 2⁶⁴ of them.
    fn price(&mut self, price: Price) {
        let steps = mul_div_down(price.0, 1, PRICE_STEP)
            .and_then(|steps| u64::try_from(steps).ok())
            .unwrap_or(u64::MAX);
        let whole = steps / 1_000_000_000;
        let mut fraction = steps % 1_000_000_000;
        let mut digits = 1_u32;
        while ten_to(digits) <= whole {
            digits = digits.wrapping_add(1);
        }
        self.digits(whole, digits);
        if fraction != 0 {
            let mut places = 9_u32;
            while fraction.is_multiple_of(10) {
                fraction /= 10;
                places = places.wrapping_sub(1);
            }
            self.push(b'.');
            self.digits(fraction, places);
        }
    }

    /// Appends the last `count` decimal digits of a number.
    #[inline(never)]
    fn digits(&mut self, number: u64, count: u32) {
        let mut left = count;
        while left > 0 {
            left = left.wrapping_sub(1);
            let unit = ten_to(left).max(1);
            let digit = number.checked_div(unit).unwrap_or_default() % 10;
            self.push((digit as u8).wrapping_add(b'0'));
        }
    }

    /// Number of characters.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The characters, and zeros behind them.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; Self::MOST] {
        &self.bytes
    }
}

/// 10 to a power below 20; beyond, more than any number of digits that is written.
fn ten_to(exponent: u32) -> u64 {
    let mut power = 1_u64;
    let mut left = exponent;
    while left > 0 {
        power = power.saturating_mul(10);
        left = left.wrapping_sub(1);
    }
    power
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::WAD;

    fn of(strike: u128, cap: Option<u128>, expiry: u64) -> String {
        let mut prefix = [0; 32];
        prefix[..6].copy_from_slice(b"ccWETH");
        let mut label = Label::beginning(&prefix);
        let series = Series {
            strike: Price(strike),
            cap: cap.map(Price),
            ..Series::default()
        };
        label.terms(&series, expiry, b'-');
        String::from_utf8(label.bytes()[..label.len()].to_vec()).expect("ASCII")
    }

    #[test]
    fn labels_read_as_listed_options_do() {
        // Friday 27 November 2026, 08:00 UTC.
        let expiry = 1_795_766_400;
        let plain = of(2_200 * WAD, None, expiry);
        assert_eq!(plain, "ccWETH-27NOV26-2200-C");
        let capped = of(2_200 * WAD, Some(4_000 * WAD), expiry);
        assert_eq!(capped, "ccWETH-27NOV26-2200/4000-C");
        let small = of(
            WAD / 1_000_000 + 1_000_000_000,
            Some(10 * WAD + WAD / 2),
            expiry,
        );
        assert_eq!(small, "ccWETH-27NOV26-0.000001001/10.5-C");
        let large = of(9_999_999_999 * WAD, Some(10_000_000_000 * WAD), expiry);
        assert_eq!(large, "ccWETH-27NOV26-9999999999/10000000000-C");
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (expiry, text) in [
            (0, "01JAN70"),
            (951_782_400, "29FEB00"),
            (1_709_164_800, "29FEB24"),
            (1_735_603_200, "31DEC24"),
            (4_107_542_400, "01MAR00"),
        ] {
            assert_eq!(&of(WAD, None, expiry)[7..14], text);
        }
    }

    #[test]
    fn the_longest_label_has_room() {
        let mut label = Label::beginning(&[b'x'; 32]);
        let price = Price(option_math::PRICE_MAX - PRICE_STEP);
        let series = Series {
            strike: price,
            cap: Some(price),
            ..Series::default()
        };
        label.terms(&series, 1_795_766_400, b' ');
        assert!(label.len() < Label::MOST, "{}", label.len());
        assert_eq!(label.bytes()[label.len() - 1], b'C');
    }
}
