//! Amounts and prices.
//!
//! Token amounts are in the token's smallest unit. A [`Price`] is quote per asset in fixed point with 18 decimals, whatever the
//! decimals of the two tokens. [`Units`] converts, and every conversion says which way it rounds.

use crate::wide::{mul_div_down, mul_div_up};

/// The largest token amount the vault handles, 2¹¹² − 1 units (5 · 10¹⁵ tokens of 18 decimals): sums of a few stay far from
/// 2¹²⁷, so that signed exposures fit in an `i128`.
pub const MAX_AMOUNT: u128 = (1 << 112) - 1;

/// The most options of one series that an epoch sells, 2⁹⁶ − 1 units: 79 billion of 18 decimals.
pub const MAX_LIMIT: Assets = Assets((1 << 96) - 1);

macro_rules! amount {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name(pub u128);

        impl $name {
            /// Nothing.
            pub const ZERO: Self = Self(0);

            /// Sum, or `None` beyond 2¹²⁸ − 1.
            #[must_use]
            pub const fn plus(self, other: Self) -> Option<Self> {
                match self.0.checked_add(other.0) {
                    Some(sum) => Some(Self(sum)),
                    None => None,
                }
            }

            /// Difference, or `None` below zero.
            #[must_use]
            pub const fn minus(self, other: Self) -> Option<Self> {
                match self.0.checked_sub(other.0) {
                    Some(difference) => Some(Self(difference)),
                    None => None,
                }
            }

            /// `⌊self · numerator / denominator⌋`, or `None` when that has no 128-bit value.
            #[must_use]
            #[inline(never)]
            pub fn times_down(self, numerator: u128, denominator: u128) -> Option<Self> {
                mul_div_down(self.0, numerator, denominator).map(Self)
            }

            /// `⌈self · numerator / denominator⌉`, or `None` when that has no 128-bit value.
            #[must_use]
            pub fn times_up(self, numerator: u128, denominator: u128) -> Option<Self> {
                mul_div_up(self.0, numerator, denominator).map(Self)
            }

            /// Whether this is nothing.
            #[must_use]
            pub const fn is_zero(self) -> bool {
                self.0 == 0
            }
        }
    };
}

amount!(
    /// An amount of the underlying, in its smallest unit. Also an amount of options: one option is written on one whole
    /// asset and divides like it.
    Assets
);
amount!(
    /// An amount of the quote token, in its smallest unit.
    Quote
);
amount!(
    /// An amount of vault shares, in their smallest unit.
    Shares
);
amount!(
    /// Quote per asset, fixed point with 18 decimals: 2 000 USDC per WETH is 2 000 · 10¹⁸.
    Price
);

/// A bucket of both tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pot {
    /// Underlying.
    pub assets: Assets,
    /// Quote token.
    pub quote: Quote,
}

impl Pot {
    /// Sum, token by token, or `None` beyond 2¹²⁸ − 1.
    #[must_use]
    pub const fn plus(self, other: Self) -> Option<Self> {
        match (self.assets.plus(other.assets), self.quote.plus(other.quote)) {
            (Some(assets), Some(quote)) => Some(Self { assets, quote }),
            _ => None,
        }
    }

    /// Difference, token by token, or `None` below zero.
    #[must_use]
    pub const fn minus(self, other: Self) -> Option<Self> {
        match (
            self.assets.minus(other.assets),
            self.quote.minus(other.quote),
        ) {
            (Some(assets), Some(quote)) => Some(Self { assets, quote }),
            _ => None,
        }
    }
}

/// `10^exponent` for exponents up to 38; larger ones wrap.
#[must_use]
#[inline(never)]
pub const fn power_of_ten(exponent: u32) -> u128 {
    // A loop, not `pow`: a twentieth of the code.
    let (mut power, mut left) = (1_u128, exponent);
    while left > 0 {
        power = power.wrapping_mul(10);
        left = left.wrapping_sub(1);
    }
    power
}

/// How amounts of one token become amounts of the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Units {
    scale: u128,
}

impl Units {
    /// Units of a pair of tokens, or `None` when either has more than 18 decimals.
    #[must_use]
    pub const fn new(asset_decimals: u8, quote_decimals: u8) -> Option<Self> {
        if asset_decimals > 18 || quote_decimals > 18 {
            return None;
        }
        // quote units = asset units · price / 10^(18 + asset decimals − quote decimals): an exponent of 0 to 36.
        let exponent = 18_u32
            .wrapping_add(asset_decimals as u32)
            .wrapping_sub(quote_decimals as u32);
        Some(Self {
            scale: power_of_ten(exponent),
        })
    }

    /// `10^(18 + asset decimals − quote decimals)`: asset units times price over this is quote units.
    #[must_use]
    pub const fn scale(self) -> u128 {
        self.scale
    }

    /// Value of an amount of the asset, rounded down.
    #[must_use]
    pub fn quote_down(self, assets: Assets, price: Price) -> Option<Quote> {
        mul_div_down(assets.0, price.0, self.scale).map(Quote)
    }

    /// Value of an amount of the asset, rounded up.
    #[must_use]
    pub fn quote_up(self, assets: Assets, price: Price) -> Option<Quote> {
        mul_div_up(assets.0, price.0, self.scale).map(Quote)
    }

    /// The asset that an amount of quote is worth, rounded down; `None` at a price of 0.
    #[must_use]
    pub fn assets_down(self, quote: Quote, price: Price) -> Option<Assets> {
        mul_div_down(quote.0, self.scale, price.0).map(Assets)
    }

    /// The asset that an amount of quote is worth, rounded up; `None` at a price of 0.
    #[must_use]
    pub fn assets_up(self, quote: Quote, price: Price) -> Option<Assets> {
        mul_div_up(quote.0, self.scale, price.0).map(Assets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::WAD;

    #[test]
    fn one_weth_at_two_thousand_is_two_thousand_usdc() {
        let units = Units::new(18, 6).expect("decimals");
        assert_eq!(
            units.quote_down(Assets(WAD), Price(2000 * WAD)),
            Some(Quote(2_000_000_000))
        );
        assert_eq!(
            units.assets_down(Quote(2_000_000_000), Price(2000 * WAD)),
            Some(Assets(WAD))
        );
    }

    #[test]
    fn rounding_is_what_the_name_says() {
        let units = Units::new(18, 6).expect("decimals");
        assert_eq!(
            units.quote_down(Assets(1), Price(2000 * WAD)),
            Some(Quote(0))
        );
        assert_eq!(units.quote_up(Assets(1), Price(2000 * WAD)), Some(Quote(1)));
        assert_eq!(
            units.assets_down(Quote(1), Price(3000 * WAD)),
            Some(Assets(333_333_333))
        );
        assert_eq!(
            units.assets_up(Quote(1), Price(3000 * WAD)),
            Some(Assets(333_333_334))
        );
    }

    #[test]
    fn every_pair_of_decimals_up_to_18_has_units() {
        for asset in 0..=19 {
            for quote in 0..=19 {
                assert_eq!(
                    Units::new(asset, quote).is_some(),
                    asset <= 18 && quote <= 18
                );
            }
        }
    }
}
