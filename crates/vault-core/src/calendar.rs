//! When an epoch ends: Friday 08:00 UTC, the expiry of listed crypto options.

/// A week, in seconds.
pub const WEEK: u64 = 604_800;
/// The first Friday 08:00 UTC of Unix time: 2 January 1970.
pub const FIRST_EXPIRY: u64 = 86_400 + 8 * 3_600;

/// The first Friday 08:00 UTC at or after `now + min_tenor`, in Unix seconds. Tenors are therefore in
/// `[min_tenor, min_tenor + 7 days)`. `None` beyond the end of 64-bit time.
#[must_use]
pub fn expiry_after(now: u64, min_tenor: u64) -> Option<u64> {
    let earliest = now.checked_add(min_tenor)?;
    let Some(since_first) = earliest.checked_sub(FIRST_EXPIRY) else {
        return Some(FIRST_EXPIRY);
    };
    since_first
        .div_ceil(WEEK)
        .checked_mul(WEEK)?
        .checked_add(FIRST_EXPIRY)
}

/// A day of the Gregorian calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Date {
    /// From 1970 on.
    pub year: u32,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
}

/// The day, UTC, of a Unix time.
///
/// Counted from 1 March of a year that 400 divides, so that a leap day is the last of its year (Hinnant, "chrono-compatible low-level date
/// algorithms", 2014).
#[must_use]
pub const fn date(seconds: u64) -> Date {
    // A Unix time of 40 bits has fewer than 2²⁴ days: nothing here leaves 32 bits.
    let days = (seconds / 86_400) as u32;
    let days = days.wrapping_add(719_468);
    let era = days / 146_097;
    let of_era = days % 146_097;
    let leap = (of_era / 1_460)
        .wrapping_sub(of_era / 36_524)
        .wrapping_add(of_era / 146_096);
    let year_of_era = of_era.wrapping_sub(leap) / 365;
    let before = year_of_era
        .wrapping_mul(365)
        .wrapping_add(year_of_era / 4)
        .wrapping_sub(year_of_era / 100);
    let of_year = of_era.wrapping_sub(before);
    let from_march = of_year.wrapping_mul(5).wrapping_add(2) / 153;
    let first = from_march.wrapping_mul(153).wrapping_add(2) / 5;
    let (month, turn) = if from_march < 10 {
        (from_march.wrapping_add(3), 0)
    } else {
        (from_march.wrapping_sub(9), 1)
    };
    Date {
        year: era
            .wrapping_mul(400)
            .wrapping_add(year_of_era)
            .wrapping_add(turn),
        month: month as u8,
        day: of_year.wrapping_sub(first).wrapping_add(1) as u8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A Friday that a calendar got wrong (Knox).
    #[test]
    fn peer_12_every_hour_of_ten_years_gives_a_friday_at_eight() {
        let start = 1_700_000_000;
        for hour in 0..10 * 365 * 24 {
            let now = start + hour * 3_600;
            let expiry = expiry_after(now, 3 * 86_400).expect("in range");
            assert!(
                (3 * 86_400..3 * 86_400 + WEEK).contains(&(expiry - now)),
                "tenor at {now}"
            );
            // 1 January 1970 was a Thursday.
            assert_eq!((expiry / 86_400) % 7, 1, "weekday at {now}");
            assert_eq!(expiry % 86_400, 8 * 3_600, "hour at {now}");
        }
    }

    #[test]
    fn days_follow_one_another_for_two_hundred_years() {
        let (mut year, mut month, mut day) = (1970, 1, 1);
        for number in 0..73_000_u64 {
            assert_eq!(date(number * 86_400 + 86_399), Date { year, month, day });
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let last = match month {
                2 if leap => 29,
                2 => 28,
                4 | 6 | 9 | 11 => 30,
                _ => 31,
            };
            (year, month, day) = match (month, day == last) {
                (12, true) => (year + 1, 1, 1),
                (_, true) => (year, month + 1, 1),
                _ => (year, month, day + 1),
            };
        }
    }

    #[test]
    fn a_known_friday() {
        // Tuesday 10 March 2026 00:00 UTC; the Friday of that week at 08:00 is 1 773 388 800.
        assert_eq!(expiry_after(1_773_100_800, 86_400), Some(1_773_388_800));
        assert_eq!(expiry_after(0, 0), Some(FIRST_EXPIRY));
        assert_eq!(
            expiry_after(FIRST_EXPIRY, 0),
            Some(FIRST_EXPIRY),
            "the very second counts"
        );
        assert_eq!(expiry_after(u64::MAX, 1), None);
    }
}
