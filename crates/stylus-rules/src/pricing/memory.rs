//! The price of memory pages.
//!
//! A transaction shares its pages among all live frames. Pages beyond the free ones cost a linear price, and a
//! further one that grows exponentially with the most pages ever open in the transaction.

use crate::limits::Params;

/// Pages the exponential price is known for.
pub const MAX_PRICED_PAGES: u16 = 128;

/// `EXPONENTIAL[n]` is the gas of having had `n` pages open: ⌊31 874 000^(n/128)⌋, except that the last entry is one
/// less, as in the node's own table.
#[rustfmt::skip]
pub const EXPONENTIAL: [u64; 129] = [
    1, 1, 1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 5, 6, 7, 8, 9, 11, 12, 14, 17, 19, 22, 25, 29, 33, 38, 43, 50, 57,
    65, 75, 85, 98, 112, 128, 147, 168, 193, 221, 253, 289, 331, 379, 434, 497, 569, 651, 745, 853, 976, 1_117,
    1_279, 1_463, 1_675, 1_917, 2_194, 2_511, 2_874, 3_290, 3_765, 4_309, 4_932, 5_645, 6_461, 7_395, 8_464,
    9_687, 11_087, 12_689, 14_523, 16_621, 19_024, 21_773, 24_919, 28_521, 32_642, 37_359, 42_758, 48_938,
    56_010, 64_104, 73_368, 83_971, 96_106, 109_994, 125_890, 144_082, 164_904, 188_735, 216_010, 247_226,
    282_953, 323_844, 370_643, 424_206, 485_509, 555_672, 635_973, 727_880, 833_067, 953_456, 1_091_243,
    1_248_941, 1_429_429, 1_636_000, 1_872_423, 2_143_012, 2_452_704, 2_807_151, 3_212_820, 3_677_113,
    4_208_502, 4_816_684, 5_512_756, 6_309_419, 7_221_210, 8_264_766, 9_459_129, 10_826_093, 12_390_601,
    14_181_199, 16_230_562, 18_576_084, 21_260_563, 24_332_984, 27_849_408, 31_873_999,
];

/// Gas of having had `pages` pages open; nobody can pay for more than [`MAX_PRICED_PAGES`].
#[must_use]
pub fn exponential(pages: u16) -> u64 {
    EXPONENTIAL
        .get(usize::from(pages))
        .copied()
        .unwrap_or(u64::MAX)
}

/// The pages of a transaction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pages {
    /// Open now, over all live frames.
    pub open: u16,
    /// Most ever open. Never falls within a transaction, not even by a revert.
    pub ever: u16,
}

impl Pages {
    /// Gas of opening `new` further pages.
    #[must_use]
    pub fn cost(self, new: u16, params: &Params) -> u64 {
        let next = self.open.saturating_add(new);
        let ever = self.ever.max(next);
        if ever <= params.free_pages {
            return 0;
        }
        let paid = |pages: u16| pages.saturating_sub(params.free_pages);
        let added = u64::from(paid(next).saturating_sub(paid(self.open)));
        let ramp = exponential(ever).saturating_sub(exponential(self.ever));
        added
            .saturating_mul(u64::from(params.page_gas))
            .saturating_add(ramp)
    }

    /// The counters after opening `new` pages. When a frame ends, the embedder puts `open` back and keeps `ever`.
    #[must_use]
    pub fn opened(self, new: u16) -> Self {
        let open = self.open.saturating_add(new);
        Self {
            open,
            ever: self.ever.max(open),
        }
    }
}
