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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_hour_of_ten_years_gives_a_friday_at_eight() {
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
