//! What the actors do, and what each call by itself must answer.

use super::model::Play;
use crate::support::*;

impl Play {
    /// One thing that somebody does, or that happens.
    pub fn act(&mut self) {
        self.steps += 1;
        let (before, wide) = (self.ratio(), supply(&self.world));
        let quoteless = self.world.ledger().vaultQuote.is_zero();
        let kind = self.rng.u8(0..50);
        match kind {
            0..4 => self.enter(),
            4..8 => self.leave(),
            8..12 => self.ask(),
            12..14 => self.take_back(),
            14..17 => self.claim_request(),
            17..19 => self.transfer(),
            19 => self.donate(),
            20 => self.appoint(),
            21..24 => self.trade(),
            24 | 25 => self.transfer_options(),
            26..29 => self.exercise(),
            29 => self.roles(),
            30 | 31 => self.trouble(),
            32 | 33 => self.claim_credit(),
            34 => self.move_price(),
            35 | 36 => self.hedge(),
            37 | 38 => self.take_back(),
            _ => self.proceed(),
        }
        if kind < 21 && quoteless && wide != 0 && supply(&self.world) != 0 {
            let ((a, s), (b, t)) = (before, self.ratio());
            assert!(
                b * s >= a * t,
                "invariant 5: a share lost value to who came, left or asked"
            );
        }
    }

    // --- Shares ---
}
