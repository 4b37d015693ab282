//! The time of blocks: the machine's clock, moved by whoever tests.

use std::time::{SystemTime, UNIX_EPOCH};

/// Latest time there is, in seconds since 1970: above it, arithmetic on times ends.
pub const TIME_MAX: u64 = 1 << 40;

/// Where blocks have their time from.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock {
    /// Seconds that blocks are ahead of the machine's clock.
    offset: i64,
    /// Time of the next block, when it was set.
    next: Option<u64>,
}

impl Clock {
    /// A clock at this time now.
    #[must_use]
    pub fn starting_at(time: u64) -> Self {
        let mut clock = Self::default();
        clock.set(time);
        clock
    }

    /// Time of the next block, in seconds since 1970, if there was one now. `latest` is that of the latest one.
    #[must_use]
    pub fn peek(&self, latest: u64) -> u64 {
        let running = machine().saturating_add_signed(self.offset);
        self.next.unwrap_or(running).max(latest).min(TIME_MAX)
    }

    /// A block was made: a time that was set is used up.
    pub fn tick(&mut self, time: u64) {
        if self.next.take().is_some() {
            self.set(time);
        }
    }

    /// Lets the next block be at this time, and time pass from there.
    pub fn set_next(&mut self, time: u64) {
        self.next = Some(time);
    }

    /// Lets time pass from here.
    pub fn set(&mut self, time: u64) {
        // Both are far below 2^63.
        self.offset = time.min(TIME_MAX).cast_signed() - machine().cast_signed();
        self.next = None;
    }

    /// Jumps ahead. Returns the seconds that blocks are ahead of the machine's clock.
    pub fn advance(&mut self, seconds: u64) -> i64 {
        if let Some(next) = &mut self.next {
            *next = next.saturating_add(seconds).min(TIME_MAX);
        }
        let seconds = seconds.min(TIME_MAX).cast_signed();
        self.offset = self
            .offset
            .saturating_add(seconds)
            .min(TIME_MAX.cast_signed());
        self.offset
    }
}

fn machine() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |elapsed| elapsed.as_secs()).min(TIME_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_time_is_used_once_and_time_passes_from_there() {
        let mut clock = Clock::starting_at(1_000);
        assert!((1_000..1_002).contains(&clock.peek(0)));
        clock.set_next(5_000);
        assert_eq!(clock.peek(0), 5_000);
        assert_eq!(clock.peek(6_000), 6_000, "time never goes back");
        clock.tick(5_000);
        assert!((5_000..5_002).contains(&clock.peek(0)));
        clock.advance(100);
        assert!((5_100..5_102).contains(&clock.peek(0)));
    }

    #[test]
    fn no_jump_leaves_the_range() {
        let mut clock = Clock::default();
        for _ in 0..3 {
            clock.advance(u64::MAX);
        }
        assert_eq!(clock.peek(0), TIME_MAX);
        clock.set(u64::MAX);
        assert!(clock.peek(0) <= TIME_MAX);
    }
}
