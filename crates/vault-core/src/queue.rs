//! What a roll makes of the requests that wait for it: everybody in one queue gets one ratio, and the work is the same for one as for ten thousand.

use crate::quantity::{Assets, MAX_AMOUNT, Pot, Quote, Shares};
use crate::shares::Register;
use crate::wide::mul_div_down;

/// What waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    /// To deposit, asset units.
    pub assets: Assets,
    /// To redeem.
    pub shares: Shares,
}

/// What the roll did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Closed {
    /// What the shares to redeem are paid together, rounded down.
    pub paid: Pot,
    /// Shares for the assets to deposit together, rounded down; 0 when they are left to be taken back.
    pub minted: Shares,
    /// What rounding left behind the last share: it is nobody's, and whoever comes next begins at par.
    pub swept: Pot,
    /// The vault bucket afterwards.
    pub vault: Pot,
    /// The supply afterwards.
    pub supply: Shares,
}

/// Redeems first, then deposits at the ratio that is left; at par where no share is left.
///
/// While quote above `dust` is in the vault, redeemers get their part of both tokens and deposits are not carried out: a share has no exact price in the
/// asset then. Nor are they when the shares would pass `max_supply` or the amounts their range, nor when a unit of the asset would not be a share, so that nobody's
/// request comes to none. `None` when the shares to redeem are more than there are.
#[must_use]
pub fn close(
    vault: Pot,
    supply: Shares,
    queue: Queue,
    dust: Quote,
    max_supply: Shares,
) -> Option<Closed> {
    let converted = vault.quote <= dust;
    let register = Register {
        supply,
        assets: vault.assets,
    };
    let quote = if converted {
        0
    } else {
        register.part_down(vault.quote.0, queue.shares)?
    };
    let paid = Pot {
        assets: register.assets_down(queue.shares)?,
        quote: Quote(quote),
    };
    let mut closed = Closed {
        paid,
        minted: Shares::ZERO,
        swept: Pot::default(),
        vault: Pot {
            assets: vault.assets.minus(paid.assets)?,
            quote: vault.quote.minus(paid.quote)?,
        },
        supply: supply.minus(queue.shares)?,
    };
    if closed.supply.is_zero() {
        closed.swept = core::mem::take(&mut closed.vault);
    }
    if converted && !queue.assets.is_zero() {
        let register = Register {
            supply: closed.supply,
            assets: closed.vault.assets,
        };
        let minted = register.shares_down(queue.assets).unwrap_or_default();
        let grown = closed.vault.assets.plus(queue.assets);
        let total = closed.supply.plus(minted);
        if let (Some(assets), Some(total)) = (grown, total)
            && minted.0 >= queue.assets.0
            && total <= max_supply
            && assets.0 <= MAX_AMOUNT / 2
        {
            closed.vault.assets = assets;
            closed.supply = total;
            closed.minted = minted;
        }
    }
    Some(closed)
}

/// One member's part of what a queue got: `whole · mine / all`, rounded down.
#[must_use]
pub fn part_down(whole: u128, mine: u128, all: u128) -> Option<u128> {
    mul_div_down(whole, mine, all)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO_LIMIT: Shares = Shares(u128::MAX >> 1);

    fn pot(assets: u128, quote: u128) -> Pot {
        Pot {
            assets: Assets(assets),
            quote: Quote(quote),
        }
    }

    fn queue(assets: u128, shares: u128) -> Queue {
        Queue {
            assets: Assets(assets),
            shares: Shares(shares),
        }
    }

    #[test]
    fn who_stays_loses_nothing_to_who_comes_or_goes() {
        let mut rng = fastrand::Rng::with_seed(11);
        let (mut carried_out, mut everybody_left) = (0, 0);
        for _ in 0..50_000 {
            let vault = pot(
                rng.u128(..) >> rng.u32(20..128),
                rng.u128(..) >> rng.u32(20..128),
            );
            let supply = Shares(1 + (rng.u128(..) >> rng.u32(12..128)));
            let leaving = if rng.u8(0..8) == 0 {
                supply.0
            } else {
                rng.u128(..=supply.0)
            };
            let wanted = queue(rng.u128(..) >> rng.u32(20..128), leaving);
            let dust = Quote(rng.u128(..) >> rng.u32(20..128));
            let closed = close(vault, supply, wanted, dust, NO_LIMIT).expect("in range");
            // A share's price in the asset, virtual ones included, never falls: compared crosswise in wide integers.
            let price = |vault: Pot, supply: Shares| (vault.assets.0 + 1, supply.0 + 1_000);
            let ((a, s), (b, t)) = (price(vault, supply), price(closed.vault, closed.supply));
            if wanted.shares == supply {
                // Nobody stays, and who comes begins at par.
                assert_eq!(closed.minted.0 % 1_000, 0);
                assert_eq!(closed.minted.0 / 1_000, closed.vault.assets.0);
                everybody_left += 1;
            } else {
                assert_eq!(closed.swept, Pot::default());
                assert!(
                    ruint_product(b, s) >= ruint_product(a, t),
                    "{vault:?} {supply:?} {wanted:?} {closed:?}"
                );
            }
            let out = closed.paid.assets.0;
            let put_in = if closed.minted.is_zero() {
                0
            } else {
                wanted.assets.0
            };
            let left = closed.vault.plus(closed.swept).expect("in range");
            assert_eq!(left.assets.0 + out, vault.assets.0 + put_in);
            assert_eq!(left.quote.0 + closed.paid.quote.0, vault.quote.0);
            if !closed.minted.is_zero() {
                // The smallest request there can be.
                let least = part_down(closed.minted.0, 1, wanted.assets.0);
                assert!(least >= Some(1), "a unit became no share: {closed:?}");
                carried_out += 1;
            }
        }
        assert!(
            carried_out > 5_000 && everybody_left > 5_000,
            "{carried_out} {everybody_left}"
        );
    }

    fn ruint_product(a: u128, b: u128) -> (u128, u128) {
        let product = crate::wide::product(a, b);
        (product.hi, product.lo)
    }

    #[test]
    fn the_parts_of_a_queue_never_exceed_the_whole() {
        let mut rng = fastrand::Rng::with_seed(13);
        for _ in 0..2_000 {
            let members: Vec<u128> = (0..8).map(|_| rng.u128(..) >> rng.u32(20..128)).collect();
            let all: u128 = members.iter().sum();
            if all == 0 {
                continue;
            }
            let whole = rng.u128(..) >> rng.u32(10..128);
            let parts = members
                .iter()
                .map(|mine| part_down(whole, *mine, all).expect("in range"));
            let sum: u128 = parts.sum();
            assert!(sum <= whole && whole - sum <= 8);
        }
    }

    #[test]
    fn with_quote_left_redeemers_get_both_and_depositors_wait() {
        let closed = close(
            pot(1_000_000, 5_000_000),
            Shares(1_000_000_000),
            queue(7, 500_000_000),
            Quote(100),
            NO_LIMIT,
        );
        let closed = closed.expect("in range");
        assert_eq!(closed.paid, pot(500_000, 2_499_997));
        assert_eq!(closed.minted, Shares(0));
        let dust = close(
            pot(1_000_000, 99),
            Shares(1_000_000_000),
            queue(7, 500_000_000),
            Quote(100),
            NO_LIMIT,
        );
        let dust = dust.expect("in range");
        assert_eq!(dust.paid, pot(500_000, 0));
        assert_eq!(dust.minted, Shares(7_000));
    }

    #[test]
    fn deposits_that_do_not_fit_wait_and_hold_up_nobody() {
        let all_of_it = close(
            pot(10, 0),
            Shares(10_000),
            queue(5, 10_000),
            Quote(0),
            Shares(4_999),
        );
        let closed = all_of_it.expect("in range");
        assert_eq!((closed.supply, closed.minted), (Shares(0), Shares(0)));
        let large = close(
            pot(10, 0),
            Shares(10_000),
            queue(MAX_AMOUNT / 2, 1),
            Quote(0),
            NO_LIMIT,
        );
        assert_eq!(large.expect("in range").minted, Shares(0));
    }
}
