//! The parameters of a vault, and the hard bounds that no deployment can leave.

use crate::MAX_SERIES;
use crate::quantity::MAX_AMOUNT;

/// How a vault opens, sells, hedges, pays its keepers and rolls. Basis points are 1/10 000.
///
/// In groups that are used together: each group is one or two storage words of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// What an epoch lists.
    pub opening: Opening,
    /// How far the book may move.
    pub risk: Risk,
    /// What prices are trusted, and how far they are moved against a trader.
    pub market: Market,
    /// How volatility is estimated.
    pub volatility: Volatility,
    /// What options cost.
    pub sale: Sale,
    /// When and how far to hedge.
    pub hedge: Hedge,
    /// Where to hedge.
    pub venue: Venue,
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
    /// How many days before the epoch's end each series expires; 0 at its end.
    pub early_days: [u8; MAX_SERIES],
    /// Bit i: series i has no cap.
    pub uncapped: u8,
    /// A strike is at least this far above spot, basis points.
    pub min_moneyness_bps: u16,
    /// Share of the vault's assets that options are written on, basis points.
    pub size_bps: u16,
    /// Cap of a capped series as a multiple of spot, basis points.
    pub cap_bps: u32,
    /// Strikes and caps are multiples of this, in steps of [`PRICE_STEP`].
    pub strike_tick: u64,
    /// Keeper budget an epoch opens with, asset units; also limited to [`MAX_BUDGET_BPS`] of the vault.
    pub keeper_budget: u128,
    /// How long deposits and redemptions stay open before an epoch can open, seconds.
    pub open_seconds: u32,
    /// Shortest tenor of an epoch, seconds.
    pub min_tenor_seconds: u32,
    /// An epoch does not open below this, asset units.
    pub min_assets: u128,
}

/// How far the book may move: sizes at opening are scaled down until it fits, and beyond it the hedge has no band and nothing is sold. 0 is
/// no budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Risk {
    /// Dollar gamma: change of the exposure for 1 % of spot, basis points of net asset value.
    pub gamma_bps: u16,
    /// Loss for one point (0.01) of volatility, basis points of net asset value.
    pub vega_bps: u16,
    /// Decay of the options a day, basis points of net asset value.
    pub theta_bps: u16,
}

/// What prices are trusted, and how far they are moved against a trader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Market {
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
    /// Oldest price of the quote that may be traded on, or settles, seconds: feeds of stable coins answer once a day unless the price moves.
    pub quote_max_age_seconds: u32,
}

/// How volatility is estimated: exponentially weighted squares of returns on a fixed grid of times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Volatility {
    /// After this long an observation counts half, seconds.
    pub half_life_seconds: u32,
    /// What options are priced with is the estimate and this much, basis points of it.
    pub premium_bps: u16,
    /// Least volatility options are priced with, annualised, 18 decimals.
    pub floor: u64,
    /// Most volatility options are priced with, annualised, 18 decimals.
    pub cap: u64,
}

/// What options cost: the model's value times a variable-rate gradual Dutch auction `m = exp(kappa · (sold + lead − elapsed))`, within bounds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sale {
    /// Steepness, 18 decimals: how fast the multiplier grows with the share of a series that is sold ahead of schedule.
    pub kappa: u64,
    /// How far ahead of schedule the auction starts, basis points of a series: it opens at exp(kappa · lead).
    pub lead_bps: u16,
    /// Lowest multiplier, basis points.
    pub floor_bps: u16,
    /// Highest multiplier, basis points.
    pub cap_bps: u32,
    /// Trading fee, basis points of the premium, on sales and on sales back.
    pub fee_bps: u16,
    /// How far below the curve the vault buys back, basis points of the premium.
    pub spread_bps: u16,
    /// How much may be traded at one price of the oracle, both ways, Σ |delta| · amount, basis points of all options that the epoch lists.
    pub quota_bps: u16,
}

/// When and how far to hedge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hedge {
    /// Whether the vault hedges at all; without it, it is a classic covered call.
    pub enabled: bool,
    /// Exposure it should have, basis points of net asset value: 0 is neutral in quote, 10 000 neutral in the asset.
    pub target_weight_bps: u16,
    /// Which triggers count: a mask of the bits of [`crate::rebalance`].
    pub triggers: u8,
    /// Whether the band is that of Whalley and Wilmott, with `band_bps` as its most.
    pub adaptive: bool,
    /// Whether a trade goes to the edge of the band, or to the target.
    pub to_edge: bool,
    /// Half-width of the no-trade band, basis points of net asset value.
    pub band_bps: u16,
    /// Relative risk aversion γ, basis points: 10 000 is 1.
    pub risk_aversion_bps: u32,
    /// How many times its cost a trade must be worth, basis points; 0 asks nothing.
    pub gate_bps: u16,
    /// Slope of volatility, |dσ/d ln S|, basis points; for the minimum-variance delta.
    pub skew_bps: u16,
    /// Whether volatility falls as the price rises.
    pub skew_down: bool,
    /// How long a hedge is taken to last when its worth is compared with its cost, seconds.
    pub horizon_seconds: u32,
    /// Trigger TIME: seconds since the last rebalance.
    pub interval_seconds: u32,
    /// Trigger PRICE: relative move since the last rebalance, basis points.
    pub move_bps: u16,
    /// Trigger EVENT: change of the book since the last rebalance, delta of options sold, basis points of net asset value.
    pub book_bps: u16,
    /// Trigger EVENT: relative change of volatility since the last rebalance, basis points.
    pub volatility_bps: u16,
    /// Worst execution against the oracle, basis points.
    pub max_slippage_bps: u16,
    /// Largest trade, basis points of net asset value.
    pub max_trade_bps: u16,
}

/// Where to hedge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Venue {
    /// Fee tiers of the Uniswap V3 pools that may be used, hundredths of a basis point, in order; 0 for none.
    pub fee_tiers: [u32; 3],
    /// The pool's price is compared with its mean over this long, seconds.
    pub twap_seconds: u32,
    /// How far from that mean it may be, basis points.
    pub twap_bound_bps: u16,
    /// How far from the oracle's price it may be, basis points.
    pub oracle_bound_bps: u16,
    /// A keeper who fills the trade is first offered a price this far on the vault's side of the oracle, basis points.
    pub fill_start_bps: u16,
    /// How fast the offer moves towards the keeper, basis points an hour.
    pub fill_growth_bps: u16,
    /// How far on the keeper's side of the oracle it ends, basis points.
    pub fill_max_bps: u16,
    /// Smallest trade, asset units.
    pub min_trade: u128,
}

/// What keepers earn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keeper {
    /// Gas that a rebalance through a pool is paid for: measured, so that padding pays nothing.
    pub swap_gas: u32,
    /// Gas that a rebalance filled by the keeper is paid for.
    pub fill_gas: u32,
    /// Gas that one observation of volatility is paid for.
    pub observe_gas: u32,
    /// Gas that a settlement is paid for; an opening and a roll in proportion, see [`Step`](crate::reward::Step).
    pub settle_gas: u32,
    /// Most that the reward grows while nobody claims it, basis points.
    pub bonus_bps: u16,
    /// How long it takes to grow there, seconds.
    pub bonus_seconds: u32,
    /// Length of the transaction whose data fee is paid, bytes.
    pub l1_bytes: u16,
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

impl Shares {
    /// The most a deposit may bring the vault to: half the range of assets is kept for what the vault may earn.
    #[must_use]
    pub const fn cap(&self) -> u128 {
        let most = MAX_AMOUNT / 2;
        if self.deposit_cap < most {
            self.deposit_cap
        } else {
            most
        }
    }

    /// Both bounds as powers of two, for [`in_bounds`]: the smallest deposit's in the low byte, the cap's above.
    #[must_use]
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "a number of 128 bits has at most 128 leading zeros, one above 0 at most 127, and the cap is at most half of 112 bits"
    )]
    pub const fn bounds(&self) -> u16 {
        let least = 128 - self.min_deposit.saturating_sub(1).leading_zeros();
        let most = 127 - (self.cap() + 1).leading_zeros();
        (least | most << 8) as u16
    }
}

/// Whether a deposit of `assets` that brings the vault to `total` is within the policy whose [`Shares::bounds`] these are, without a look at the policy.
/// `true` is exact; `false` says nothing.
#[must_use]
#[expect(
    clippy::arithmetic_side_effects,
    reason = "at most 128 leading zeros and a byte"
)]
pub const fn in_bounds(assets: u128, total: u128, bounds: u16) -> bool {
    let (least, most) = (bounds as u32 & 0xff, bounds as u32 >> 8);
    assets.leading_zeros() + least < 128 && total.leading_zeros() + most >= 128
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
/// The most days before an epoch's end that a series may expire.
pub const MAX_EARLY_DAYS: u8 = 13;
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
    /// has checked: 112 bits, 96 for the smallest deposit, 88 for a reward, 80 for a rate, the smallest trade and the smallest vault, 78 for the budget.
    ///
    /// # Errors
    /// [`OutOfBounds`] with the number of the first parameter that fails.
    pub fn validate(&self) -> Result<(), OutOfBounds> {
        let mut first = Bounds(u8::MAX);
        self.opening.validate(&mut first);
        self.validate_prices(&mut first);
        self.sale.validate(&mut first);
        self.hedge.validate(&mut first);
        self.validate_venue(&mut first);
        self.validate_rest(&mut first);
        if first.0 == u8::MAX {
            Ok(())
        } else {
            Err(OutOfBounds(first.0))
        }
    }

    fn validate_prices(&self, first: &mut Bounds) {
        // Budgets of risk: any.
        let market = &self.market;
        first.check(14, market.spot_margin_bps.into(), 5, 500);
        first.check(15, market.volatility_margin_bps.into(), 0, 5_000);
        // Below the shortest tenor, or nothing could be sold.
        first.check(16, market.sale_cutoff_seconds.into(), 3_600, 82_800);
        first.check(17, market.max_age_seconds.into(), 60, 86_400);
        first.check(18, market.settle_max_age_seconds.into(), 60, 86_400);
        first.check(19, market.sequencer_grace_seconds.into(), 0, 86_400);
        first.check(72, market.quote_max_age_seconds.into(), 60, 172_800);
        let volatility = &self.volatility;
        first.check(20, volatility.half_life_seconds.into(), 21_600, 7_776_000);
        first.check(21, volatility.premium_bps.into(), 0, 5_000);
        first.check(22, volatility.floor, MIN_VOLATILITY, MAX_VOLATILITY);
        first.check(23, volatility.cap, volatility.floor, MAX_VOLATILITY);
    }

    fn validate_venue(&self, first: &mut Bounds) {
        let venue = &self.venue;
        let tiers = venue.fee_tiers.iter().all(|fee| *fee <= 100_000);
        first.check(48, u64::from(tiers), 1, 1);
        first.check(49, venue.twap_seconds.into(), 60, 86_400);
        first.check(50, venue.twap_bound_bps.into(), 1, 500);
        first.check(51, venue.oracle_bound_bps.into(), 1, 500);
        first.check(52, venue.fill_start_bps.into(), 0, 500);
        first.check(53, venue.fill_growth_bps.into(), 1, 500);
        first.check(54, venue.fill_max_bps.into(), 0, MAX_SLIPPAGE_BPS.into());
        first.check(55, u64::from(venue.min_trade > 0), 1, 1);
    }

    fn validate_rest(&self, first: &mut Bounds) {
        let Self {
            keeper,
            roll,
            shares,
            ..
        } = self;
        first.check(56, keeper.swap_gas.into(), 0, 2_000_000);
        first.check(57, keeper.fill_gas.into(), 0, 2_000_000);
        first.check(58, keeper.observe_gas.into(), 0, 1_000_000);
        first.check(59, keeper.settle_gas.into(), 0, 2_000_000);
        first.check(60, keeper.bonus_bps.into(), 0, 20_000);
        first.check(61, keeper.bonus_seconds.into(), 60, 604_800);
        first.check(62, keeper.l1_bytes.into(), 0, 1_000);
        first.check(64, keeper.max_base_fee, 0, 1_000_000_000_000);
        first.check(66, roll.grace_seconds.into(), 3_600, 604_800);
        first.check(68, u64::from(shares.min_deposit > 0), 1, 1);
        let most = MAX_MANAGEMENT_FEE_BPS.into();
        first.check(69, shares.management_fee_bps.into(), 0, most);
        let most = MAX_PERFORMANCE_FEE_BPS.into();
        first.check(70, shares.performance_fee_bps.into(), 0, most);
    }
}

impl Sale {
    fn validate(&self, first: &mut Bounds) {
        first.check(
            24,
            self.kappa,
            10_000_000_000_000_000,
            10_000_000_000_000_000_000,
        );
        // The auction opens high: exp(kappa · lead) of at least 1.5, ln 1.5 = 0.405.
        let start = u128::from(self.kappa).saturating_mul(self.lead_bps.into());
        let high = self.lead_bps <= 10_000 && start >= 4_055_000_000_000_000_000_000;
        first.check(25, u64::from(high), 1, 1);
        // Never below the model's value by more than a tenth.
        first.check(26, self.floor_bps.into(), 9_000, 20_000);
        first.check(27, self.cap_bps.into(), 15_000, 100_000);
        first.check(28, self.fee_bps.into(), 0, 500);
        first.check(29, self.spread_bps.into(), 0, 5_000);
        first.check(30, self.quota_bps.into(), 1, 10_000);
    }
}

impl Hedge {
    fn validate(&self, first: &mut Bounds) {
        first.check(32, self.target_weight_bps.into(), 0, 10_000);
        first.check(33, self.triggers.into(), 0, 63);
        first.check(36, self.band_bps.into(), 10, 5_000);
        first.check(37, self.risk_aversion_bps.into(), 100, 10_000_000);
        first.check(38, self.gate_bps.into(), 0, 50_000);
        first.check(39, self.skew_bps.into(), 0, 20_000);
        first.check(41, self.horizon_seconds.into(), 600, 2_592_000);
        first.check(42, self.interval_seconds.into(), 600, 2_592_000);
        first.check(43, self.move_bps.into(), 10, 10_000);
        first.check(44, self.book_bps.into(), 10, 10_000);
        first.check(45, self.volatility_bps.into(), 10, 10_000);
        first.check(46, self.max_slippage_bps.into(), 1, MAX_SLIPPAGE_BPS.into());
        first.check(47, self.max_trade_bps.into(), 1, 10_000);
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
    fn validate(&self, first: &mut Bounds) {
        first.check(0, u64::from(self.deltas_valid()), 1, 1);
        let days = self.early_days.iter().all(|days| *days <= MAX_EARLY_DAYS);
        first.check(1, u64::from(days), 1, 1);
        first.check(3, self.min_moneyness_bps.into(), 0, 5_000);
        first.check(4, self.size_bps.into(), 1, 10_000);
        first.check(5, self.cap_bps.into(), 12_000, 100_000);
        first.check(6, self.strike_tick, 1, MAX_TICK);
        first.check(
            8,
            self.open_seconds.into(),
            MIN_OPEN_SECONDS.into(),
            2_592_000,
        );
        first.check(9, self.min_tenor_seconds.into(), 86_400, 604_800);
        first.check(10, u64::from(self.min_assets > 0), 1, 1);
    }

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
                early_days: [0; 8],
                uncapped: 0,
                min_moneyness_bps: 100,
                size_bps: 10_000,
                cap_bps: 20_000,
                strike_tick: 10_000_000_000,
                keeper_budget: WAD / 20,
                open_seconds: 43_200,
                min_tenor_seconds: 259_200,
                min_assets: WAD,
            },
            risk: Risk {
                gamma_bps: 0,
                vega_bps: 0,
                theta_bps: 0,
            },
            market: Market {
                spot_margin_bps: 20,
                volatility_margin_bps: 300,
                sale_cutoff_seconds: 43_200,
                max_age_seconds: 3_600,
                settle_max_age_seconds: 3_600,
                sequencer_grace_seconds: 3_600,
                quote_max_age_seconds: 90_000,
            },
            volatility: Volatility {
                half_life_seconds: 604_800,
                premium_bps: 0,
                floor: 300_000_000_000_000_000,
                cap: 2_000_000_000_000_000_000,
            },
            sale: Sale {
                kappa: WAD as u64,
                lead_bps: 4_100,
                floor_bps: 10_000,
                cap_bps: 30_000,
                fee_bps: 100,
                spread_bps: 200,
                quota_bps: 2_000,
            },
            hedge: Hedge {
                enabled: true,
                target_weight_bps: 5_000,
                triggers: 1,
                adaptive: false,
                to_edge: false,
                band_bps: 300,
                risk_aversion_bps: 50_000,
                gate_bps: 0,
                skew_bps: 0,
                skew_down: false,
                horizon_seconds: 86_400,
                interval_seconds: 86_400,
                move_bps: 300,
                book_bps: 500,
                volatility_bps: 1_000,
                max_slippage_bps: 30,
                max_trade_bps: 10_000,
            },
            venue: Venue {
                fee_tiers: [500, 0, 0],
                twap_seconds: 300,
                twap_bound_bps: 50,
                oracle_bound_bps: 50,
                fill_start_bps: 10,
                fill_growth_bps: 10,
                fill_max_bps: 30,
                min_trade: WAD / 100,
            },
            keeper: Keeper {
                swap_gas: 400_000,
                fill_gas: 250_000,
                observe_gas: 60_000,
                settle_gas: 200_000,
                bonus_bps: 1_000,
                bonus_seconds: 3_600,
                l1_bytes: 0,
                reward_cap: WAD / 100,
                max_base_fee: 10_000_000_000,
                asset_per_native: WAD,
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
        refused(|p| p.opening.early_days[7] = MAX_EARLY_DAYS + 1, 1);
        refused(|p| p.opening.min_moneyness_bps = 5_001, 3);
        refused(|p| p.opening.size_bps = 10_001, 4);
        refused(|p| p.opening.cap_bps = 11_999, 5);
        refused(|p| p.opening.strike_tick = 0, 6);
        refused(|p| p.opening.strike_tick = MAX_TICK + 1, 6);
        refused(|p| p.opening.open_seconds = 43_199, 8);
        refused(|p| p.opening.min_tenor_seconds = 86_399, 9);
        refused(|p| p.opening.min_assets = 0, 10);
        refused(|p| p.market.spot_margin_bps = 0, 14);
        refused(|p| p.market.volatility_margin_bps = 5_001, 15);
        refused(|p| p.market.sale_cutoff_seconds = 82_801, 16);
        refused(|p| p.market.max_age_seconds = 59, 17);
        refused(|p| p.market.settle_max_age_seconds = 86_401, 18);
        refused(|p| p.market.sequencer_grace_seconds = 86_401, 19);
        refused(|p| p.market.quote_max_age_seconds = 59, 72);
        refused(|p| p.market.quote_max_age_seconds = 172_801, 72);
        refused(|p| p.volatility.half_life_seconds = 21_599, 20);
        refused(|p| p.volatility.premium_bps = 5_001, 21);
        refused(|p| p.volatility.floor = 0, 22);
        refused(|p| p.volatility.cap = p.volatility.floor - 1, 23);
        refused(|p| p.volatility.cap = MAX_VOLATILITY + 1, 23);
        refused(|p| p.sale.kappa = 0, 24);
        refused(|p| p.sale.lead_bps = 4_054, 25);
        refused(|p| p.sale.lead_bps = 10_001, 25);
        refused(|p| p.sale.floor_bps = 8_999, 26);
        refused(|p| p.sale.cap_bps = 14_999, 27);
        refused(|p| p.sale.fee_bps = 501, 28);
        refused(|p| p.sale.spread_bps = 5_001, 29);
        refused(|p| p.sale.quota_bps = 0, 30);
        refused(|p| p.hedge.target_weight_bps = 10_001, 32);
        refused(|p| p.hedge.triggers = 64, 33);
        refused(|p| p.hedge.band_bps = 9, 36);
        refused(|p| p.hedge.risk_aversion_bps = 99, 37);
        refused(|p| p.hedge.gate_bps = 50_001, 38);
        refused(|p| p.hedge.skew_bps = 20_001, 39);
        refused(|p| p.hedge.horizon_seconds = 599, 41);
        refused(|p| p.hedge.interval_seconds = 599, 42);
        refused(|p| p.hedge.move_bps = 9, 43);
        refused(|p| p.hedge.book_bps = 9, 44);
        refused(|p| p.hedge.volatility_bps = 9, 45);
        refused(|p| p.hedge.max_slippage_bps = 31, 46);
        refused(|p| p.hedge.max_trade_bps = 0, 47);
        refused(|p| p.venue.fee_tiers[2] = 100_001, 48);
        refused(|p| p.venue.twap_seconds = 59, 49);
        refused(|p| p.venue.twap_bound_bps = 501, 50);
        refused(|p| p.venue.oracle_bound_bps = 501, 51);
        refused(|p| p.venue.fill_start_bps = 501, 52);
        refused(|p| p.venue.fill_growth_bps = 0, 53);
        refused(|p| p.venue.fill_max_bps = 31, 54);
        refused(|p| p.venue.min_trade = 0, 55);
        refused(|p| p.keeper.swap_gas = 2_000_001, 56);
        refused(|p| p.keeper.fill_gas = 2_000_001, 57);
        refused(|p| p.keeper.observe_gas = 1_000_001, 58);
        refused(|p| p.keeper.settle_gas = 2_000_001, 59);
        refused(|p| p.keeper.bonus_bps = 20_001, 60);
        refused(|p| p.keeper.bonus_seconds = 59, 61);
        refused(|p| p.keeper.l1_bytes = 1_001, 62);
        refused(|p| p.keeper.max_base_fee += 1_000_000_000_000, 64);
        refused(|p| p.roll.grace_seconds = 3_599, 66);
        refused(|p| p.shares.min_deposit = 0, 68);
        refused(|p| p.shares.management_fee_bps = 201, 69);
        refused(|p| p.shares.performance_fee_bps = 2_001, 70);
    }

    #[test]
    fn bounds_at_a_glance_allow_nothing_that_the_policy_does_not() {
        let mut rng = fastrand::Rng::with_seed(11);
        // Numbers of any length, at powers of two and beside them.
        let mut number = |most: u32| {
            let bits = rng.u32(0..=most);
            let random = rng.u128(..) >> (128 - bits.max(1));
            let power = 1_u128 << bits.min(127);
            [random, power - 1, power, power.saturating_add(1)][rng.usize(..4)]
        };
        let (mut told, mut most_told) = (0, 0);
        for _ in 0..200_000 {
            let shares = Shares {
                min_deposit: number(128),
                deposit_cap: number(128),
                ..weth_usdc().shares
            };
            let (assets, held) = (number(112), number(112));
            let total = held + assets;
            let allowed = assets >= shares.min_deposit && total <= shares.cap();
            let glance = in_bounds(assets, total, shares.bounds());
            assert!(!glance || allowed, "{shares:?} {assets} {total}");
            told += u32::from(glance);
            // Twice the smallest and half of the cap are always seen.
            let easily = assets / 2 >= shares.min_deposit.max(1) && total < shares.cap() / 2;
            assert!(!easily || glance, "{shares:?} {assets} {total}");
            most_told += u32::from(easily);
        }
        assert!(told > most_told && most_told > 1_000, "{told} {most_told}");
        assert!(!in_bounds(0, 0, 127 << 8), "nothing is no deposit");
        assert!(!in_bounds(u128::MAX, 0, 128 | 127 << 8));
    }
}
