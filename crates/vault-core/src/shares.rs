//! Shares against assets, with ERC-4626's virtual shares.
//!
//! The vault behaves as if [`VIRTUAL_SHARES`] shares and 1 unit of the asset belonged to nobody: the first depositor cannot set a
//! price that rounds the next one to nothing (OpenZeppelin's defence, "decimals offset"). Prices come from the ledger, never from a
//! balance, so a donation does not move them at all.

use crate::quantity::{Assets, Shares};
use crate::wide::{mul_div_down, mul_div_up};

/// How many decimals a share has beyond the asset's.
pub const DECIMALS_OFFSET: u8 = 3;
/// Shares that belong to nobody, 10^[`DECIMALS_OFFSET`].
pub const VIRTUAL_SHARES: u128 = 1_000;
/// Assets that belong to nobody.
pub const VIRTUAL_ASSETS: u128 = 1;

/// The share register and what stands behind it.
#[derive(Clone, Copy, Debug)]
pub struct Register {
    /// Shares in existence.
    pub supply: Shares,
    /// Assets that belong to them.
    pub assets: Assets,
}

impl Register {
    fn virtual_supply(self) -> Option<u128> {
        self.supply.0.checked_add(VIRTUAL_SHARES)
    }

    fn virtual_assets(self) -> Option<u128> {
        self.assets.0.checked_add(VIRTUAL_ASSETS)
    }

    /// Shares for a deposit of `assets`, rounded down.
    #[must_use]
    pub fn shares_down(self, assets: Assets) -> Option<Shares> {
        mul_div_down(assets.0, self.virtual_supply()?, self.virtual_assets()?).map(Shares)
    }

    /// Shares to burn for a withdrawal of `assets`, rounded up.
    #[must_use]
    pub fn shares_up(self, assets: Assets) -> Option<Shares> {
        mul_div_up(assets.0, self.virtual_supply()?, self.virtual_assets()?).map(Shares)
    }

    /// Assets for redeeming `shares`, rounded down.
    #[must_use]
    pub fn assets_down(self, shares: Shares) -> Option<Assets> {
        mul_div_down(shares.0, self.virtual_assets()?, self.virtual_supply()?).map(Assets)
    }

    /// The part of `whole` that belongs to `shares`, rounded down: of a token that no virtual unit stands in, because nobody deposits it.
    #[must_use]
    pub fn part_down(self, whole: u128, shares: Shares) -> Option<u128> {
        mul_div_down(shares.0, whole, self.virtual_supply()?)
    }

    /// Assets to pay for minting `shares`, rounded up.
    #[must_use]
    pub fn assets_up(self, shares: Shares) -> Option<Assets> {
        mul_div_up(shares.0, self.virtual_assets()?, self.virtual_supply()?).map(Assets)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips_never_give_back_more() {
        let mut rng = fastrand::Rng::with_seed(3);
        for _ in 0..20_000 {
            let register = Register {
                supply: Shares(rng.u128(..) >> rng.u32(8..128)),
                assets: Assets(rng.u128(..) >> rng.u32(16..128)),
            };
            let paid = Assets(rng.u128(..) >> rng.u32(16..128));
            let Some(minted) = register.shares_down(paid) else {
                continue;
            };
            let (Some(supply), Some(assets)) =
                (register.supply.plus(minted), register.assets.plus(paid))
            else {
                continue;
            };
            let after = Register { supply, assets };
            let back = after.assets_down(minted).expect("in range");
            assert!(
                back <= paid,
                "deposit {paid:?} then redeem gives {back:?} at {register:?}"
            );
            if let Some(burnt) = after.shares_up(paid) {
                assert!(
                    burnt >= minted,
                    "withdrawing what was paid burns at least what was minted"
                );
            }
        }
    }

    #[test]
    fn the_first_share_price_is_one_to_a_thousand() {
        let empty = Register {
            supply: Shares(0),
            assets: Assets(0),
        };
        assert_eq!(empty.shares_down(Assets(7)), Some(Shares(7_000)));
        assert_eq!(empty.assets_up(Shares(7_000)), Some(Assets(7)));
    }
}
