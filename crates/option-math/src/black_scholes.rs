//! Black–Scholes in one evaluation: price, delta, gamma, vega and theta of a European call.
//!
//! With τ in years, s = σ√τ, K′ = K·e^(−rτ), d₁ = (ln(S/K) + rτ)/s + s/2 and d₂ = d₁ − s (Black and Scholes 1973,
//! Merton 1973), E = e^(−d₁²/2) and M(x) = Φ(−x)·e^(x²/2) (Mills' ratio over √(2π)):
//!
//! - S·φ(d₁) = K′·φ(d₂), so one exponential serves both distribution functions:
//!   C = S·[d₁ ≥ 0] − K′·[d₂ ≥ 0] − S·E·(±M(|d₁|) ∓ M(|d₂|)), the signs those of d₁ and d₂;
//! - Δ = [d₁ ≥ 0] − (±E·M(|d₁|)); S·Γ = φ(d₁)/s; vega = S·φ(d₁)·√τ;
//! - theta a year = −½·S·φ(d₁)·σ/√τ − r·(S·Δ − C).
//!
//! No division by a volatility, no u128 product, one exponential (a second one discounts where there is a rate), and no
//! branch but that one after the domain checks.

use crate::kernel::coefficients as c;
use crate::kernel::{
    LN2_Q60, ONE_62, atanh_ratio, divide, exp_half_square, exp2_inline, least, mills, mul_q62,
    mulhi, mulhi_fine, rsqrt, shift_price, split_price, square, widen, widen_unsigned,
};
use crate::{
    MathError, PRICE_MAX, PRICE_MIN, RATE_MAX, TENOR_MAX, VOLATILITY_MAX, VOLATILITY_MIN, WAD,
};

/// Price and sensitivities of a call, per option on one asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Greeks {
    /// WAD of quote. Error below 4e-18 of spot, either way, and one wei, where the crate's table holds; so for the rest.
    pub price: u128,
    /// WAD, 0..=1e18. Error below 2e-16.
    pub delta: u64,
    /// S·Γ, WAD: change of delta per relative move of spot. Error below 1e-13 of its peak φ(0)/(σ√τ).
    pub spot_gamma: u128,
    /// WAD of quote per 1.00 of volatility. Error below 2e-17 of spot.
    pub vega: u128,
    /// WAD of quote per day, negative: decay. Error below 1e-16 of spot.
    pub theta: i128,
}

/// Price and sensitivities of a put, per option on one asset: those of the call, by parity. Errors are those of the call and
/// of [`Strip::discounted`] together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PutGreeks {
    /// WAD of quote: max(C − S + K·e^(−rτ), 0).
    pub price: u128,
    /// WAD, -1e18..=0: Δ − 1.
    pub delta: i64,
    /// S·Γ, WAD.
    pub spot_gamma: u128,
    /// WAD of quote per 1.00 of volatility.
    pub vega: u128,
    /// WAD of quote per day: θ + r·K·e^(−rτ)/365.
    pub theta: i128,
}

/// What options on one spot, volatility and expiry share. A strike costs about half of what `greeks` costs.
#[derive(Clone, Copy, Debug)]
pub struct Strip {
    pub(crate) spot: u128,
    /// Leading bits of spot: 62, and the 64 after them.
    spot_high: u64,
    spot_low: u64,
    spot_shift: u32,
    /// s = σ√τ ∈ [2^scale, 2^(scale+1)).
    scale: i32,
    /// 2^scale / s, Q64.
    inverse: u64,
    /// s, Q58.
    pub(crate) deviation: i64,
    /// |rτ| = carry · 2^(−57 − carry_shift).
    pub(crate) carry: i64,
    pub(crate) carry_shift: i32,
    /// e^(−rτ) = discount · 2^(−63 − discount_shift).
    pub(crate) discount: u64,
    pub(crate) discount_shift: i32,
    /// 1e18·2^scale/(s√(2π)), · 2^5.
    gamma: u64,
    /// √τ/√(2π), Q60.
    vega: u64,
    /// σ/(730·√τ·√(2π)), Q56.
    decay: u64,
    /// |r|/365, Q60.
    pub(crate) daily_rate: u64,
    pub(crate) rate: i64,
    pub(crate) tenor: u64,
}

/// What only the strike decides, on the way to the two probabilities.
struct Moneyness {
    d1: i64,
    d2: i64,
    /// Strike in units of spot's 63-bit mantissa, before a right shift by `octaves`.
    strike: u64,
    /// Power of two between spot and strike.
    octaves: i64,
}

impl Strip {
    /// Checks the domains and does the work that does not depend on the strike.
    ///
    /// Never inlined, as its siblings: within a caller built for size this code would be built for size too.
    #[inline(never)]
    pub fn new(spot: u128, vol: u64, tenor_seconds: u64, rate: i64) -> Result<Self, MathError> {
        if (market_flag(spot, vol, rate) | tenor_flag(tenor_seconds)) >> 63 != 0 {
            check(spot, vol, tenor_seconds, rate)?;
        }
        Ok(Self::prepare(spot, vol, tenor_seconds, rate))
    }

    #[inline(always)]
    fn prepare(spot: u128, vol: u64, tenor: u64, rate: i64) -> Self {
        let bits = split_price(spot);
        let price = shift_price(bits, bits.0.leading_zeros().wrapping_sub(2));

        // σ² and τ as mantissas; w = σ²τ with an even exponent, in [1, 4) · 2^(2·scale).
        let vol_zeros = vol.leading_zeros() as i32;
        let vol_bits = vol << vol_zeros as u32;
        // A tenor of zero yields numbers that mean nothing; `greeks` does not look at them.
        let tenor_zeros = tenor.leading_zeros() as i32;
        let years = mulhi_fine(tenor.wrapping_shl(tenor_zeros as u32), c::YEAR_INVERSE);
        let variance = mulhi_fine(square(vol_bits), years);
        let zeros = variance.leading_zeros() as i32;
        let odd = tenor_zeros.wrapping_add(zeros) & 1;
        let variance = variance.wrapping_shl(zeros as u32) >> odd as u32;
        let exponent = 46i32
            .wrapping_sub(vol_zeros << 1)
            .wrapping_sub(tenor_zeros)
            .wrapping_sub(zeros)
            .wrapping_add(odd);
        let scale = exponent >> 1;
        let inverse = rsqrt(variance);
        let root = mulhi_fine(variance, inverse); // s, Q62
        let deviation = (root
            .wrapping_shr(3i32.wrapping_sub(scale) as u32)
            .wrapping_add(1)
            >> 1) as i64;

        // φ(0)/s and, times στ and σ²/2, the other two. Each shift is non-negative because the result fits its format.
        let gamma = mulhi(inverse, c::GAMMA_SCALE);
        let slope = mulhi(gamma, vol_bits);
        let vega_shift = scale
            .wrapping_add(vol_zeros)
            .wrapping_add(tenor_zeros)
            .wrapping_sub(39);
        let vega = mulhi(slope, years).wrapping_shr(vega_shift as u32);
        let decay_shift = scale.wrapping_add(vol_zeros << 1).wrapping_add(9);
        let decay = mulhi(mulhi(slope, vol_bits), c::THETA_SCALE).wrapping_shr(decay_shift as u32);

        let mut strip = Self {
            spot,
            spot_high: price.high,
            spot_low: price.low,
            spot_shift: price.shift,
            scale,
            inverse,
            deviation,
            carry: 0,
            carry_shift: 63,
            discount: 1 << 63,
            discount_shift: 0,
            gamma,
            vega,
            decay,
            daily_rate: 0,
            rate,
            tenor,
        };
        if rate != 0 {
            strip.set_rate(years, tenor_zeros);
        }
        strip
    }

    /// rτ, e^(−rτ) and r/365.
    #[inline(always)]
    fn set_rate(&mut self, years: u64, tenor_zeros: i32) {
        let rate = self.rate.unsigned_abs();
        let zeros = rate.leading_zeros() as i32;
        let bits = rate.wrapping_shl(zeros as u32);
        let carry = mulhi(mulhi(bits, years), c::WAD_INVERSE);
        // |rτ| = carry · 2^(−59 − shift); shift ≥ 0 because |rτ| ≤ 5, and what 63 drops is below 2⁻⁶³.
        let shift = zeros.wrapping_add(tenor_zeros).wrapping_sub(39) as i64;
        let held = least(shift, 63);
        self.carry = (carry >> 2).wrapping_shr(shift.wrapping_sub(held) as u32) as i64;
        self.carry_shift = held as i32;
        // |rτ|·log₂e: the nearest integer, and what is left in Q63.
        let exponent = mulhi(carry, c::LOG2_E);
        let coarse = exponent.wrapping_shr(held as u32); // Q58
        let below = (exponent << 1).wrapping_shl(63i64.wrapping_sub(held) as u32) >> 59;
        let whole = coarse.wrapping_add(1 << 57) >> 58;
        let left = (coarse << 5 | below).wrapping_sub(whole << 63) as i64;
        // e^(−rτ) = 2^(−left − whole), or with both signs turned.
        let sign = self.rate >> 63;
        self.discount = exp2_inline((!left ^ sign).wrapping_sub(!sign));
        self.discount_shift = ((whole as i64) ^ sign).wrapping_sub(sign) as i32;
        // Two shifts: together they may be 64 or more, which would wrap to fewer.
        self.daily_rate = mulhi(bits, c::WAD_RATE_DAY).wrapping_shr(zeros as u32) >> 8;
    }

    /// A call at `strike`.
    ///
    /// [`MathError::StrikeOutOfDomain`]; at a tenor of zero the payoff, with the delta from the left.
    #[inline(never)]
    pub fn greeks(&self, strike: u128) -> Result<Greeks, MathError> {
        if (price_flag(strike) | tenor_flag(self.tenor)) >> 63 != 0 {
            return intrinsic(self.spot, strike);
        }
        Ok(self.evaluate(strike))
    }

    #[inline(always)]
    fn moneyness(&self, strike: u128) -> Moneyness {
        // Shift the strike until spot/strike lies within [1/√2, √2].
        let bits = split_price(strike);
        let zeros = bits.0.leading_zeros().wrapping_sub(2);
        let (spot_top, strike_top) = (self.spot_high >> 31, bits.0.wrapping_shl(zeros) >> 31);
        const SQRT_2_Q15: u64 = 46_341;
        let low = (strike_top.wrapping_mul(SQRT_2_Q15) < spot_top << 15) as u32;
        let high = (spot_top.wrapping_mul(SQRT_2_Q15) < strike_top << 15) as u32;
        let shifted = shift_price(bits, zeros.wrapping_add(low).wrapping_sub(high));
        let octaves = shifted.shift.wrapping_sub(self.spot_shift) as i32 as i64;

        // u = (S − K)/(S + K): the difference to 126 bits, so that it keeps its precision at the money.
        let (low_bits, borrow) = self.spot_low.overflowing_sub(shifted.low);
        let difference = self
            .spot_high
            .wrapping_sub(shifted.high)
            .wrapping_sub(borrow as u64) as i64;
        let below = difference >> 63;
        let (upper, lower) = ((difference ^ below) as u64, low_bits ^ below as u64);
        let small = (upper | 1).leading_zeros();
        let top = upper.wrapping_shl(small) | (lower >> 1).wrapping_shr(63u32.wrapping_sub(small));
        let sum = self.spot_high.wrapping_add(shifted.high);
        let quotient = divide(top, sum); // Q60, · 2^−small
        let ratio = atanh_ratio(quotient.wrapping_shr(small.wrapping_sub(3)));
        let logarithm = (mulhi(quotient << 1, ratio) >> 2) as i64; // Q57, · 2^−small

        // x = ln(S/K) + rτ in Q57, · 2^−common: the exponent floats at the money, is 3 where a few octaves lie between
        // spot and strike, and 0 beyond.
        let square = octaves.wrapping_mul(octaves);
        let cap = ((square.wrapping_sub(1) >> 62) & 60) | ((square.wrapping_sub(10) >> 62) & 3);
        let small = small as i64;
        let carry_shift = self.carry_shift as i64;
        let common = least(least(small, carry_shift), cap);
        let logarithm = logarithm >> small.wrapping_sub(common);
        let carry = self.carry >> carry_shift.wrapping_sub(common);
        let against = self.rate >> 63;
        let x = octaves
            .wrapping_mul(LN2_Q60.wrapping_shr((3u32.wrapping_sub(common as u32)) & 3))
            .wrapping_add((logarithm ^ below).wrapping_sub(below))
            .wrapping_add((carry ^ against).wrapping_sub(against));

        // x/s, Q58, held within ±16: beyond, every term is constant.
        let below = x >> 63;
        let magnitude = (x ^ below).wrapping_sub(below) as u64;
        let product = mulhi(magnitude << 1, self.inverse);
        let zeros = (product | 1).leading_zeros() as i64;
        let shift = zeros.wrapping_add(common).wrapping_add(self.scale as i64);
        let over = shift.wrapping_sub(2) >> 62;
        let shift = least(shift.wrapping_sub(1), 63) & !over;
        let top = ((product << zeros) & !over as u64) | ((over as u64) << 63);
        let distance = ((top >> shift).wrapping_add(1) >> 1) as i64;
        let d1 = (distance ^ below)
            .wrapping_sub(below)
            .wrapping_add(self.deviation >> 1);
        Moneyness {
            d1,
            d2: d1.wrapping_sub(self.deviation),
            strike: shifted.high << 1 | shifted.low >> 63,
            octaves,
        }
    }

    #[inline(always)]
    fn evaluate(&self, strike: u128) -> Greeks {
        let Moneyness {
            d1,
            d2,
            strike,
            octaves,
        } = self.moneyness(strike);
        // All ones where d is negative.
        let (out1, out2) = (d1 >> 63, d2 >> 63);
        let (a1, a2) = (
            (d1 ^ out1).wrapping_sub(out1),
            (d2 ^ out2).wrapping_sub(out2),
        );
        let density = exp_half_square(a1); // Q62
        let (m1, m2) = (mills(a1), mills(a2));
        let density_63 = (density as u64) << 1;

        let tail = mulhi(density_63, (m1 as u64) << 1) as i64;
        let delta = (ONE_62 & !out1).wrapping_sub((tail ^ out1).wrapping_sub(out1)); // Q62
        let delta_wad = mulhi((delta as u64) << 1, (WAD as u64) << 1);

        // Everything below in the last place of spot's 63-bit mantissa, "units".
        let spot = (self.spot_high << 1 | self.spot_low >> 63) as i64;
        let scaled = mul_q62(spot, density); // S·E
        let signed = (m1 ^ out1)
            .wrapping_sub(out1)
            .wrapping_sub((m2 ^ out2).wrapping_sub(out2));
        let blend = mul_q62(scaled, signed);
        // Where the strike is the larger, d₂ < 0 masks whatever this shift makes of it.
        let discounted = (mulhi(strike, self.discount) << 1)
            .wrapping_shr((octaves as i32).wrapping_add(self.discount_shift) as u32)
            as i64;
        let price = (spot & !out1)
            .wrapping_sub(discounted & !(d2 >> 62))
            .wrapping_sub(blend);
        let price = price & !(price >> 62);
        let shift = self.spot_shift.wrapping_add(1);

        let vega = mulhi((scaled as u64) << 1, self.vega << 3);

        // Decay by diffusion and by carry, r·K′·Φ(d₂) = r·(S·Δ − C), in sixteens of units: within a second of expiry it can be fifteen times spot a day.
        let diffusion = mulhi(scaled as u64, self.decay << 4) as i64;
        let owed = (mulhi((spot as u64) << 1, (delta as u64) << 1) as i64).wrapping_sub(price);
        let owed = owed & !(owed >> 62);
        let interest = mulhi(owed as u64, self.daily_rate) as i64;
        let against = self.rate >> 63;
        let decay = diffusion.wrapping_add((interest ^ against).wrapping_sub(against));

        Greeks {
            price: widen_unsigned(price as u64, shift),
            delta: delta_wad,
            spot_gamma: widen_unsigned(
                mulhi(density_63, self.gamma),
                self.scale.wrapping_add(36) as u32,
            ),
            vega: widen_unsigned(vega, shift),
            theta: widen(0i64.wrapping_sub(decay), self.spot_shift),
        }
    }
}

/// Sign bit set where `value − low > range`, for a range below 2⁶³: a check without a comparison, so that the compiler
/// cannot split a union of checks into branches.
#[inline(always)]
const fn flag(value: u64, low: u64, range: u64) -> u64 {
    let above = value.wrapping_sub(low);
    above | range.wrapping_sub(above)
}

#[inline(always)]
const fn price_flag(price: u128) -> u64 {
    let above = price.wrapping_sub(PRICE_MIN);
    ((above | (PRICE_MAX - PRICE_MIN).wrapping_sub(above)) >> 64) as u64
}

/// Set for a tenor of zero too.
#[inline(always)]
const fn tenor_flag(tenor: u64) -> u64 {
    flag(tenor, 1, TENOR_MAX - 1)
}

#[inline(always)]
const fn market_flag(spot: u128, vol: u64, rate: i64) -> u64 {
    price_flag(spot)
        | flag(vol, VOLATILITY_MIN, VOLATILITY_MAX - VOLATILITY_MIN)
        | flag(
            rate as u64,
            RATE_MAX.wrapping_neg() as u64,
            (RATE_MAX as u64) << 1,
        )
}

/// Names what is outside its domain.
#[cold]
#[inline(never)]
fn check(spot: u128, vol: u64, tenor: u64, rate: i64) -> Result<(), MathError> {
    if price_flag(spot) >> 63 != 0 {
        return Err(MathError::SpotOutOfDomain);
    }
    if !(VOLATILITY_MIN..=VOLATILITY_MAX).contains(&vol) {
        return Err(MathError::VolatilityOutOfDomain);
    }
    if tenor > TENOR_MAX {
        return Err(MathError::TenorOutOfDomain);
    }
    if rate.unsigned_abs() > RATE_MAX as u64 {
        return Err(MathError::RateOutOfDomain);
    }
    Ok(())
}

/// τ = 0: the payoff, and its derivative from the left.
#[cold]
#[inline(never)]
fn intrinsic(spot: u128, strike: u128) -> Result<Greeks, MathError> {
    if price_flag(strike) >> 63 != 0 {
        return Err(MathError::StrikeOutOfDomain);
    }
    Ok(Greeks {
        price: spot.saturating_sub(strike),
        delta: if spot > strike { WAD as u64 } else { 0 },
        spot_gamma: 0,
        vega: 0,
        theta: 0,
    })
}

/// A call: price and greeks in one evaluation, about 20 gas.
///
/// Fused: it neither calls nor shares code with [`Strip`], so a contract that prices several strikes should only use that.
///
/// # Errors
///
/// The argument that is outside its domain: see [`MathError`].
#[inline(never)]
pub fn greeks(
    spot: u128,
    strike: u128,
    vol: u64,
    tenor_seconds: u64,
    rate: i64,
) -> Result<Greeks, MathError> {
    let flags = market_flag(spot, vol, rate) | price_flag(strike) | tenor_flag(tenor_seconds);
    if flags >> 63 != 0 {
        // Refused, or a tenor of zero.
        check(spot, vol, tenor_seconds, rate)?;
        return intrinsic(spot, strike);
    }
    Ok(Strip::prepare(spot, vol, tenor_seconds, rate).evaluate(strike))
}

/// A call's price alone: that of [`greeks`], whose remainder costs 3 gas.
pub fn price(
    spot: u128,
    strike: u128,
    vol: u64,
    tenor_seconds: u64,
    rate: i64,
) -> Result<u128, MathError> {
    Ok(greeks(spot, strike, vol, tenor_seconds, rate)?.price)
}

/// A put, by parity: see [`PutGreeks`].
pub fn put_greeks(
    spot: u128,
    strike: u128,
    vol: u64,
    tenor_seconds: u64,
    rate: i64,
) -> Result<PutGreeks, MathError> {
    Strip::new(spot, vol, tenor_seconds, rate)?.put_greeks(strike)
}
