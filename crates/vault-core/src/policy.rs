//! The parameters of a vault, and the hard bounds that no deployment can leave.

use crate::MAX_SERIES;

/// How a vault opens, sells, hedges, pays its keepers and rolls. Basis points are 1/10 000.
///
/// In groups that are used together: each group is one or two storage words of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// What an epoch lists.
    pub opening: Opening,
    /// What prices are trusted and what options cost.
    pub market: Market,
    /// When and how far to hedge.
    pub hedge: Hedge,
    /// What keepers earn.
    pub keeper: Keeper,
    /// When an epoch may end.
    pub roll: Roll,
    /// What may be deposited, and what the vault's keeper of the keys earns.
    pub shares: Shares,
}

/// What an epoch lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    /// Target delta of each series in basis points, 0 for "no such series"; the non-zero ones come first.
    pub target_deltas: [u16; MAX_SERIES],
    /// A strike is at least this far above spot, basis points.
    pub min_moneyness_bps: u16,
    /// Cap of every series as a multiple of spot, basis points; 0 sells plain calls.
    pub cap_bps: u32,
    /// Share of the vault's assets that options are written on, basis points.
    pub size_bps: u16,
    /// How long deposits and redemptions stay open before an epoch can open, seconds.
    pub open_seconds: u32,
    /// Shortest tenor of an epoch, seconds.
    pub min_tenor_seconds: u32,
    /// Strikes and caps are multiples of this, in steps of [`PRICE_STEP`].
    pub strike_tick: u64,
    /// Keeper budget an epoch opens with, asset units; also limited to [`MAX_BUDGET_BPS`] of the vault.
    pub keeper_budget: u128,
    /// An epoch does not open below this, asset units.
    pub min_assets: u128,
}

/// What prices are trusted and what options cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Market {
    /// Annualised volatility options are priced with, 18 decimals.
    pub volatility: u64,
    /// Spot is moved this far against the trader, basis points.
    pub spot_margin_bps: u16,
    /// Volatility is moved this far against the trader, basis points of itself.
    pub volatility_margin_bps: u16,
    /// No sale this close to expiry, seconds.
    pub sale_cutoff_seconds: u32,
    /// Oldest spot that may be traded on, seconds.
    pub max_age_seconds: u32,
    /// Oldest round that may settle an expiry, seconds before it.
    pub settle_max_age_seconds: u32,
    /// How long after the sequencer comes back nothing is traded, seconds.
    pub sequencer_grace_seconds: u32,
}

/// When and how far to hedge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hedge {
    /// Whether the vault hedges at all; without it, it is a classic covered call.
    pub enabled: bool,
    /// Exposure it should have, basis points of net asset value: 0 is neutral in quote, 10 000 neutral in the asset.
    pub target_weight_bps: u16,
    /// Half-width of the no-trade band, basis points of net asset value.
    pub band_bps: u16,
    /// Worst execution against the oracle, basis points.
    pub max_slippage_bps: u16,
    /// Largest trade, basis points of net asset value.
    pub max_trade_bps: u16,
    /// Smallest trade, asset units.
    pub min_trade: u128,
}

/// What keepers earn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keeper {
    /// Gas a rebalance is paid for: measured, so that padding pays nothing.
    pub reward_gas: u32,
    /// Premium on the cost of gas, basis points.
    pub reward_markup_bps: u16,
    /// Largest reward, asset units.
    pub reward_cap: u128,
    /// Base fee above which a reward does not grow, wei.
    pub max_base_fee: u64,
    /// Asset units that 10¹⁸ wei of the chain's native token are worth: 10¹⁸ for WETH.
    pub asset_per_native: u128,
}

/// When an epoch may end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Roll {
    /// After settlement, how long a roll waits for leftover quote to be converted, seconds.
    pub grace_seconds: u32,
    /// Quote that counts as none, quote units.
    pub dust_quote: u128,
}

/// What may be deposited, and what it costs to be a shareholder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shares {
    /// Smallest deposit or request for one, asset units.
    pub min_deposit: u128,
    /// Fee on assets for the time options are live, basis points a year.
    pub management_fee_bps: u16,
    /// Fee on what a share gains above its high-water mark, basis points of the gain.
    pub performance_fee_bps: u16,
    /// The most assets that a deposit may bring the vault to, and a request the vault and its queue, asset units.
    pub deposit_cap: u128,
}

/// The highest management fee a policy may ask, basis points a year.
pub const MAX_MANAGEMENT_FEE_BPS: u16 = 200;
/// The highest performance fee a policy may ask, basis points of the gain.
pub const MAX_PERFORMANCE_FEE_BPS: u16 = 2_000;
/// The most of a vault that one epoch's keeper budget can take, basis points.
pub const MAX_BUDGET_BPS: u128 = 50;
/// Strikes and caps are whole multiples of this, 10⁻⁹ of quote per asset: 72 bits hold one.
pub const PRICE_STEP: u128 = 1_000_000_000;
/// The worst execution a policy may allow, basis points.
pub const MAX_SLIPPAGE_BPS: u16 = 30;
/// The largest strike tick, in steps: 10⁶ of quote per asset.
const MAX_TICK: u64 = 1_000_000_000_000_000;
/// The shortest window for deposits and exits, seconds.
pub const MIN_OPEN_SECONDS: u32 = 43_200;
/// Least volatility, 18 decimals: 5 %.
pub const MIN_VOLATILITY: u64 = 50_000_000_000_000_000;
/// Most volatility, 18 decimals: 300 %.
pub const MAX_VOLATILITY: u64 = 3_000_000_000_000_000_000;

/// The first parameter, in the order of [`Policy`], that is outside its bounds (numbered from 0).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutOfBounds(pub u8);

impl Policy {
    /// Checks every parameter against its hard bounds. Amounts have none but the width they are stored in, which whoever builds a policy
    /// has checked: 112 bits, 96 for the smallest deposit, 88 for a reward, 80 for a rate, 78 for the budget.
    ///
    /// # Errors
    /// [`OutOfBounds`] with the number of the first parameter that fails.
    pub fn validate(&self) -> Result<(), OutOfBounds> {
        let Self {
            opening,
            market,
            hedge,
            keeper,
            roll,
            shares,
        } = self;
        let mut first = Bounds(u8::MAX);
        first.check(0, u64::from(opening.deltas_valid()), 1, 1);
        first.check(1, opening.min_moneyness_bps.into(), 0, 5_000);
        // 0 is no cap.
        let cap = if opening.cap_bps == 0 {
            12_000
        } else {
            opening.cap_bps
        };
        first.check(2, cap.into(), 12_000, 100_000);
        first.check(3, opening.size_bps.into(), 1, 10_000);
        first.check(
            4,
            opening.open_seconds.into(),
            MIN_OPEN_SECONDS.into(),
            2_592_000,
        );
        first.check(5, opening.min_tenor_seconds.into(), 86_400, 604_800);
        first.check(6, opening.strike_tick, 1, MAX_TICK);
        first.check(8, u64::from(opening.min_assets > 0), 1, 1);
        first.check(9, market.volatility, MIN_VOLATILITY, MAX_VOLATILITY);
        first.check(10, market.spot_margin_bps.into(), 5, 500);
        first.check(11, market.volatility_margin_bps.into(), 0, 5_000);
        // Below the shortest tenor, or nothing could be sold.
        first.check(12, market.sale_cutoff_seconds.into(), 3_600, 82_800);
        first.check(13, market.max_age_seconds.into(), 60, 86_400);
        first.check(14, market.settle_max_age_seconds.into(), 60, 86_400);
        first.check(15, market.sequencer_grace_seconds.into(), 0, 86_400);
        first.check(17, hedge.target_weight_bps.into(), 0, 10_000);
        first.check(18, hedge.band_bps.into(), 10, 5_000);
        first.check(
            19,
            hedge.max_slippage_bps.into(),
            1,
            MAX_SLIPPAGE_BPS.into(),
        );
        first.check(20, hedge.max_trade_bps.into(), 1, 10_000);
        first.check(21, u64::from(hedge.min_trade > 0), 1, 1);
        first.check(22, keeper.reward_gas.into(), 0, 2_000_000);
        first.check(23, keeper.reward_markup_bps.into(), 0, 10_000);
        first.check(25, keeper.max_base_fee, 0, 1_000_000_000_000);
        first.check(27, roll.grace_seconds.into(), 3_600, 604_800);
        first.check(29, u64::from(shares.min_deposit > 0), 1, 1);
        let most = MAX_MANAGEMENT_FEE_BPS.into();
        first.check(30, shares.management_fee_bps.into(), 0, most);
        let most = MAX_PERFORMANCE_FEE_BPS.into();
        first.check(31, shares.performance_fee_bps.into(), 0, most);
        if first.0 == u8::MAX {
            Ok(())
        } else {
            Err(OutOfBounds(first.0))
        }
    }
}

/// The first parameter outside its bounds so far; `u8::MAX` for none.
struct Bounds(u8);

impl Bounds {
    #[inline(never)]
    fn check(&mut self, number: u8, value: u64, least: u64, most: u64) {
        if value < least || value > most {
            self.0 = self.0.min(number);
        }
    }
}

impl Opening {
    /// At least one series, deltas of 1 % to 50 %, the zeros at the end.
    fn deltas_valid(&self) -> bool {
        let listed = self.series();
        listed > 0
            && self.target_deltas.iter().enumerate().all(|(i, delta)| {
                if i < listed {
                    (100..=5_000).contains(delta)
                } else {
                    *delta == 0
                }
            })
    }

    /// How many series an epoch lists before merging.
    #[must_use]
    pub fn series(&self) -> usize {
        self.target_deltas
            .iter()
            .take_while(|delta| **delta != 0)
            .count()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::WAD;

    /// The policy the other tests start from: WETH against USDC.
    pub(crate) fn weth_usdc() -> Policy {
        Policy {
            opening: Opening {
                target_deltas: [3_000, 2_000, 1_000, 0, 0, 0, 0, 0],
                min_moneyness_bps: 100,
                cap_bps: 20_000,
                size_bps: 10_000,
                open_seconds: 43_200,
                min_tenor_seconds: 259_200,
                strike_tick: 10_000_000_000,
                keeper_budget: WAD / 20,
                min_assets: WAD,
            },
            market: Market {
                volatility: 800_000_000_000_000_000,
                spot_margin_bps: 20,
                volatility_margin_bps: 300,
                sale_cutoff_seconds: 43_200,
                max_age_seconds: 3_600,
                settle_max_age_seconds: 3_600,
                sequencer_grace_seconds: 3_600,
            },
            hedge: Hedge {
                enabled: true,
                target_weight_bps: 5_000,
                band_bps: 300,
                max_slippage_bps: 30,
                max_trade_bps: 10_000,
                min_trade: WAD / 100,
            },
            keeper: Keeper {
                reward_gas: 400_000,
                reward_markup_bps: 1_000,
                max_base_fee: 10_000_000_000,
                asset_per_native: WAD,
                reward_cap: WAD / 100,
            },
            roll: Roll {
                grace_seconds: 86_400,
                dust_quote: 1_000_000,
            },
            shares: Shares {
                min_deposit: WAD / 1_000,
                management_fee_bps: 0,
                performance_fee_bps: 1_000,
                deposit_cap: 10_000 * WAD,
            },
        }
    }

    #[test]
    fn the_bounds_name_the_parameter() {
        assert_eq!(weth_usdc().validate(), Ok(()));
        let refused = |change: fn(&mut Policy), number: u8| {
            let mut policy = weth_usdc();
            change(&mut policy);
            assert_eq!(policy.validate(), Err(OutOfBounds(number)));
        };
        refused(|p| p.opening.target_deltas = [0; 8], 0);
        refused(
            |p| p.opening.target_deltas = [0, 2_000, 0, 0, 0, 0, 0, 0],
            0,
        );
        refused(|p| p.opening.target_deltas[0] = 5_001, 0);
        refused(|p| p.opening.min_moneyness_bps = 5_001, 1);
        refused(|p| p.opening.cap_bps = 11_999, 2);
        refused(|p| p.opening.size_bps = 10_001, 3);
        refused(|p| p.opening.open_seconds = 43_199, 4);
        refused(|p| p.opening.min_tenor_seconds = 86_399, 5);
        refused(|p| p.opening.strike_tick = 0, 6);
        refused(|p| p.opening.strike_tick = MAX_TICK + 1, 6);
        refused(|p| p.opening.min_assets = 0, 8);
        refused(|p| p.market.volatility = 0, 9);
        refused(|p| p.market.spot_margin_bps = 0, 10);
        refused(|p| p.market.volatility_margin_bps = 5_001, 11);
        refused(|p| p.market.sale_cutoff_seconds = 82_801, 12);
        refused(|p| p.market.max_age_seconds = 59, 13);
        refused(|p| p.market.settle_max_age_seconds = 86_401, 14);
        refused(|p| p.market.sequencer_grace_seconds = 86_401, 15);
        refused(|p| p.hedge.target_weight_bps = 10_001, 17);
        refused(|p| p.hedge.band_bps = 9, 18);
        refused(|p| p.hedge.max_slippage_bps = 31, 19);
        refused(|p| p.hedge.max_trade_bps = 0, 20);
        refused(|p| p.hedge.min_trade = 0, 21);
        refused(|p| p.keeper.reward_gas = 2_000_001, 22);
        refused(|p| p.keeper.reward_markup_bps = 10_001, 23);
        refused(|p| p.keeper.max_base_fee += 1_000_000_000_000, 25);
        refused(|p| p.roll.grace_seconds = 3_599, 27);
        refused(|p| p.shares.min_deposit = 0, 29);
        refused(|p| p.shares.management_fee_bps = 201, 30);
        refused(|p| p.shares.performance_fee_bps = 2_001, 31);
    }
}
