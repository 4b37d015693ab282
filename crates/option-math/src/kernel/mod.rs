//! The arithmetic under every function: 64-bit fixed point, straight-line, without tables.
//!
//! Three facts of a Stylus chain shape it. A block boundary costs as much ink as fifteen multiplications, so nothing
//! here branches. Each byte of a data segment is paid for on every call, so there are polynomials and no tables. And
//! `u128` arithmetic compiles to calls, so wide products are put together from 32-bit halves by hand.
//!
//! Q*n* is a fixed point with *n* fractional bits. All arithmetic wraps on purpose: each function states the range in
//! which nothing is lost, and some use the wrap-around to keep only the bits that differ.

pub(crate) mod coefficients;

use coefficients::{ATANH, ATANH_SLOPE, EXP2, MILLS, MILLS_CENTRE, RSQRT_SEED, SQRT_HALF_LOG2_E};

const LOW_32: u64 = 0xffff_ffff;
const LOW_31: i64 = 0x7fff_ffff;

/// One in Q62.
pub(crate) const ONE_62: i64 = 1 << 62;

/// a·b / 2⁶⁴, at most 3 below: lo×lo and the halves' fractions are dropped.
#[inline(always)]
pub(crate) const fn mulhi(a: u64, b: u64) -> u64 {
    let (ah, al, bh, bl) = (a >> 32, a & LOW_32, b >> 32, b & LOW_32);
    ah.wrapping_mul(bh)
        .wrapping_add(ah.wrapping_mul(bl) >> 32)
        .wrapping_add(al.wrapping_mul(bh) >> 32)
}

/// a·b / 2⁶⁴, at most 2 below: one more multiplication where an ulp matters.
#[inline(always)]
pub(crate) const fn mulhi_fine(a: u64, b: u64) -> u64 {
    let (ah, al, bh, bl) = (a >> 32, a & LOW_32, b >> 32, b & LOW_32);
    // The middle sum cannot overflow: al·bh + (al·bl >> 32) < 2⁶⁴.
    let middle = al.wrapping_mul(bh).wrapping_add(al.wrapping_mul(bl) >> 32);
    ah.wrapping_mul(bh)
        .wrapping_add(ah.wrapping_mul(bl) >> 32)
        .wrapping_add(middle >> 32)
}

/// a² / 2⁶⁴, at most 2 below.
#[inline(always)]
pub(crate) const fn square(a: u64) -> u64 {
    let (ah, al) = (a >> 32, a & LOW_32);
    let middle = ah.wrapping_mul(al);
    ah.wrapping_mul(ah).wrapping_add(middle >> 31)
}

/// a·b / 2⁶³ for a product below 2¹²⁷, at most 2 below.
#[inline(always)]
pub(crate) const fn mul_q63(a: u64, b: u64) -> u64 {
    let (ah, al, bh, bl) = (a >> 32, a & LOW_32, b >> 32, b & LOW_32);
    let middle = al.wrapping_mul(bh).wrapping_add(al.wrapping_mul(bl) >> 32);
    (ah.wrapping_mul(bh) << 1)
        .wrapping_add(ah.wrapping_mul(bl) >> 31)
        .wrapping_add(middle >> 31)
}

/// a·b in Q62 for a in Q62 (or any unit), 0 ≤ a < 2⁶³, and b in Q62, |b| ≤ 1: at most 2 units of the last place below.
#[inline(always)]
pub(crate) const fn mul_q62(a: i64, b: i64) -> i64 {
    let (ah, al, bh, bl) = (a >> 32, a & LOW_32 as i64, b >> 32, b & LOW_32 as i64);
    let lowest = (al as u64).wrapping_mul(bl as u64) >> 33;
    let middle = (ah.wrapping_mul(bl) >> 1)
        .wrapping_add(al.wrapping_mul(bh) >> 1)
        .wrapping_add(lowest as i64);
    (ah.wrapping_mul(bh) << 2).wrapping_add(middle >> 29)
}

/// One Horner step, acc·t + c, with t in Q31, |t| < 2³²: at most one unit of acc's last place below.
#[inline(always)]
const fn step(acc: i64, t: i64, c: i64) -> i64 {
    (acc >> 31)
        .wrapping_mul(t)
        .wrapping_add((acc & LOW_31).wrapping_mul(t) >> 31)
        .wrapping_add(c)
}

/// The same with one multiplication, for |acc| < 2³².
#[inline(always)]
const fn short_step(acc: i64, t: i64, c: i64) -> i64 {
    (acc.wrapping_mul(t) >> 31).wrapping_add(c)
}

/// Horner from the highest term: `short` lists the indices whose running value fits 32 bits. Written out, so that every
/// coefficient is an immediate operand and no array reaches the data segment.
macro_rules! horner {
    ($table:ident, $t:expr, $top:literal, short [$($s:literal)*], long [$($l:literal)*]) => {{
        let t = $t;
        let acc = $table[$top];
        $(let acc = short_step(acc, t, $table[$s]);)*
        $(let acc = step(acc, t, $table[$l]);)*
        acc
    }};
}

/// 2^t in Q63 (unsigned) for t in Q63, |t| ≤ ½ + 10⁻⁵: relative error below 1e-18.
///
/// Degree 12 in the upper half of t; the lower half enters by 2^(a+b) = 2^a·(1 + b·ln 2 + O(2⁻⁶⁶)).
#[inline(always)]
pub(crate) const fn exp2_inline(t: i64) -> u64 {
    let coarse = t >> 31;
    let fine = (t & LOW_31) as u64;
    // Only the last sum needs the sign's bit.
    let power = horner!(EXP2, coarse, 12, short [11 10 9 8], long [7 6 5 4 3 2 1 0]) as u64;
    let slope = fine.wrapping_mul(LN2_Q32) >> 32; // Q63
    power.wrapping_add((power >> 32).wrapping_mul(slope) >> 31)
}

const LN2_Q32: u64 = 2_977_044_472;

/// The smaller of two numbers less than 2⁶² apart, without a branch or a comparison.
#[inline(always)]
pub(crate) const fn least(a: i64, b: i64) -> i64 {
    let excess = a.wrapping_sub(b);
    b.wrapping_add(excess & (excess >> 62))
}

/// `exp2_inline` behind a call, for everything that is not hot.
#[inline(never)]
pub(crate) const fn exp2(t: i64) -> u64 {
    exp2_inline(t)
}

/// Beyond this |d| (Q58, 9.3453) e^(−d²/2) rounds to zero in Q62.
const EXP_HALF_SQUARE_LAST: i64 = 2_693_618_140_472_491_472;

/// e^(−d²/2) = power · 2^(−63 − whole) for 0 ≤ d < 2⁶² in Q58, power in Q63: relative error below 1e-18·(1 + d).
///
/// d is scaled so that its square is the binary exponent itself. Only the fraction of the square is needed to 63 bits,
/// and wrapping arithmetic yields just that; the integer part comes from the upper half alone, because `exp2` tolerates
/// a fraction slightly beyond ½.
#[inline(always)]
pub(crate) const fn half_square_power(d: i64) -> (u64, u64) {
    let excess = d.wrapping_sub(EXP_HALF_SQUARE_LAST);
    let d = EXP_HALF_SQUARE_LAST.wrapping_add(excess & (excess >> 62));
    let root = mul_q63((d << 2) as u64, SQRT_HALF_LOG2_E); // Q61, < 7.94
    let (high, low) = (root >> 32, root & LOW_32);
    let square = high.wrapping_mul(high); // Q58
    let fraction = (square << 5)
        .wrapping_add(high.wrapping_mul(low) >> 26)
        .wrapping_add(low.wrapping_mul(low) >> 59);
    let whole = square.wrapping_add(1 << 57) >> 58; // ≤ 63
    (
        exp2_inline((whole << 63).wrapping_sub(fraction) as i64),
        whole,
    )
}

/// e^(−d²/2) in Q62 for 0 ≤ d < 2⁶² in Q58: error below 1e-18; zero from 9.3453 on.
#[inline(always)]
pub(crate) const fn exp_half_square(d: i64) -> i64 {
    let (power, whole) = half_square_power(d);
    (power >> 1 >> whole) as i64
}

const MILLS_POLE: i64 = 5 << 58;
/// 1/√(2π) in Q64.
const PHI_ZERO: u64 = 7_359_186_146_747_302_452;

/// Φ(−x)·e^(x²/2) (Mills' ratio over √(2π)) in Q62 for x in Q58, 0 ≤ x ≤ 10.6: error below 2.5e-18 up to
/// x = 3, 7e-18 beyond.
///
/// A polynomial in 8/(x + 5), whose quotient is taken to 32 bits only. What the rounding moved x by is exactly
/// computable, ρ = w(x + 5) − 8 (its integer part vanishes modulo 2⁶⁴), and M′ = xM − φ(0) leads back to x.
// The divisor is at least 5·2²⁹.
#[allow(clippy::arithmetic_side_effects)]
#[inline(always)]
pub(crate) const fn mills(x: i64) -> i64 {
    let shifted = x.wrapping_add(MILLS_POLE);
    // (x + 5)/2²⁹ to the nearest, as a sum of which the compiler sees that it is not zero.
    let divisor = ((x as u64).wrapping_add(1 << 28) >> 29).wrapping_add((MILLS_POLE >> 29) as u64);
    let w = (u64::MAX / divisor) as i64; // Q32, ≤ 1.6
    let moved = w.wrapping_mul(shifted); // ρ, Q90
    let v = MILLS_CENTRE.wrapping_sub(w);
    let ratio =
        horner!(MILLS, v, 19, short [18 17 16 15 14], long [13 12 11 10 9 8 7 6 5 4 3 2 1 0]);
    // x·M < φ(0), so Q64 holds it and its distance from φ(0).
    let slope = ((x >> 28) as u64)
        .wrapping_mul((ratio >> 29) as u64)
        .wrapping_sub(PHI_ZERO) as i64;
    let gain = (shifted >> 29).wrapping_mul(slope >> 32) >> 31; // (x + 5)·M′/8, Q33
    ratio.wrapping_add((moved >> 30).wrapping_mul(gain) >> 30) >> 1
}

/// atanh(u)/u in Q63 (unsigned) for u in Q63, 0 ≤ u ≤ 0.1716: error below 7e-19.
#[inline(always)]
pub(crate) const fn atanh_ratio(u: u64) -> u64 {
    let square = square(u << 3); // Q68
    let coarse = (square >> 32) as i64; // 32·u², Q31
    let fine = (square & LOW_32) as i64;
    let ratio = horner!(ATANH, coarse, 8, short [7 6 5], long [4 3 2 1 0]);
    let slope = horner!(ATANH_SLOPE, coarse, 3, short [2 1 0], long []);
    ratio.wrapping_add(slope.wrapping_mul(fine) >> 37) as u64
}

/// ln(a/b) of two mantissas, both within [2⁶³, 2⁶⁴), as a remainder in Q60, |·| ≤ 0.35, and octaves: error below 5e-18.
#[inline(never)]
pub(crate) const fn ln_mantissas(a: u64, b: u64) -> (i64, i64) {
    const SQRT_HALF_Q32: u64 = 3_037_000_500;
    let (high, low) = (a >> 32, b >> 32);
    let over = (low << 32 < high.wrapping_mul(SQRT_HALF_Q32)) as u32;
    let under = (high << 32 < low.wrapping_mul(SQRT_HALF_Q32)) as u32;
    let (a, b) = (a >> 2 >> over, b >> 2 >> under);
    let below = a < b;
    let difference = a.abs_diff(b);
    let sum = a.wrapping_add(b); // < 2⁶³
    let zeros = (difference | 1).leading_zeros();
    let quotient = divide(difference << zeros, sum); // Q60, · 2^−zeros
    let ratio = atanh_ratio(quotient.wrapping_shr(zeros.wrapping_sub(3)));
    let logarithm = (mulhi_fine(quotient << 1, ratio) << 1).wrapping_shr(zeros) as i64; // Q60
    (
        if below {
            logarithm.wrapping_neg()
        } else {
            logarithm
        },
        (over as i64).wrapping_sub(under as i64),
    )
}

/// top/sum in Q60 for 2⁶³ ≤ top and 2⁶¹ ≤ sum < 2⁶³·⁵: relative error below 2⁻⁵⁸.
///
/// Two native divisions by the upper half; the remainder in between is exact modulo 2⁶⁴.
// The divisor is odd and positive.
#[allow(clippy::arithmetic_side_effects)]
#[inline(always)]
pub(crate) const fn divide(top: u64, sum: u64) -> u64 {
    // The bit tells the compiler that it is not zero.
    let divisor = sum >> 32 | 1;
    let first = top / divisor;
    let rest = (top << 28).wrapping_sub(first.wrapping_mul(sum.wrapping_add(8) >> 4)) as i64;
    (first << 28).wrapping_add((rest / divisor as i64) as u64)
}

/// ln 2 in Q60.
pub(crate) const LN2_Q60: i64 = 799_144_290_325_165_979;

/// 1/√w in Q64 for w in Q62, 1 ≤ w < 4: relative error below 5e-19. One itself is
/// given as 1 − 2⁻⁵⁹ or closer.
///
/// A quintic seed, two Newton steps in 32 bits, and a third in 64 from the exact residual 1 − w·y².
#[inline(always)]
pub(crate) const fn rsqrt(w: u64) -> u64 {
    let narrow = (w >> 32) as i64; // Q30
    let mut y = RSQRT_SEED[5];
    y = (y.wrapping_mul(narrow) >> 30).wrapping_add(RSQRT_SEED[4]);
    y = (y.wrapping_mul(narrow) >> 30).wrapping_add(RSQRT_SEED[3]);
    y = (y.wrapping_mul(narrow) >> 30).wrapping_add(RSQRT_SEED[2]);
    y = (y.wrapping_mul(narrow) >> 30).wrapping_add(RSQRT_SEED[1]);
    y = (y.wrapping_mul(narrow) >> 30).wrapping_add(RSQRT_SEED[0]);
    y = newton(y, narrow);
    y = newton(y, narrow);
    // w·y² is one but for the last 30 bits: the product's upper part may wrap.
    let square = y.wrapping_mul(y) as u64; // Q62
    let (wh, wl, sh, sl) = (w >> 32, w & LOW_32, square >> 32, square & LOW_32);
    let product = (wh.wrapping_mul(sh) << 2)
        .wrapping_add(wh.wrapping_mul(sl) >> 30)
        .wrapping_add(wl.wrapping_mul(sh) >> 30)
        .wrapping_add(wl.wrapping_mul(sl) >> 62);
    let residual = ONE_62.wrapping_sub(product as i64);
    let narrow_residual = residual >> 16;
    let second = narrow_residual
        .wrapping_mul(narrow_residual)
        .wrapping_mul(3)
        >> 33; // 3/8·e², Q62
    let correction = (residual >> 1).wrapping_add(second);
    let root = ((y as u64) << 32).wrapping_add((y.wrapping_mul(correction) >> 30) as u64);
    // One, and the few units that rounding may add to it.
    root.wrapping_sub(root >> 63 << 4) << 1
}

/// y ← y + y(1 − w·y²)/2 for y in Q31 and w in Q30.
#[inline(always)]
const fn newton(y: i64, w: i64) -> i64 {
    let error = (1i64 << 61).wrapping_sub((y.wrapping_mul(y) >> 31).wrapping_mul(w));
    y.wrapping_add(y.wrapping_mul(error >> 30) >> 32)
}

/// Mantissa and exponent of a price: its 62 leading bits, the 64 after them, and the shift that led there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Price {
    /// 2⁶¹ ≤ high < 2⁶² after `normalise(0)`; the price is high:low / 2⁶⁴ · 2^(32 − shift).
    pub high: u64,
    pub low: u64,
    pub shift: u32,
}

/// The 96 leading bits that a price below 2⁹⁶ has, as 64 and 32 (at the top of a word).
#[inline(always)]
pub(crate) const fn split_price(price: u128) -> (u64, u64) {
    let (high, low) = ((price >> 64) as u64, price as u64);
    (high << 32 | low >> 32, low << 32)
}

#[inline(always)]
pub(crate) const fn shift_price((upper, lower): (u64, u64), shift: u32) -> Price {
    let high = upper.wrapping_shl(shift) | (lower >> 1).wrapping_shr(63u32.wrapping_sub(shift));
    Price {
        high,
        low: lower.wrapping_shl(shift),
        shift,
    }
}

/// value · 2³⁵ >> shift, as two words; shift < 64, and 0 for the largest prices. Arithmetic: rounds towards minus infinity.
#[inline(always)]
pub(crate) const fn widen(value: i64, shift: u32) -> i128 {
    let (high, low) = (value >> 29, (value << 35) as u64);
    let new_low =
        low.wrapping_shr(shift) | ((high as u64) << 1).wrapping_shl(63u32.wrapping_sub(shift));
    ((high.wrapping_shr(shift) as i128) << 64) | new_low as i128
}

/// value · 2³² >> shift for an unsigned value; shift < 64.
#[inline(always)]
pub(crate) const fn widen_unsigned(value: u64, shift: u32) -> u128 {
    let (high, low) = (value >> 32, value << 32);
    let new_low = low.wrapping_shr(shift) | (high << 1).wrapping_shl(63u32.wrapping_sub(shift));
    ((high.wrapping_shr(shift) as u128) << 64) | new_low as u128
}

/// `half_square_power` and `mills` behind one call, for everything that is not hot.
#[inline(never)]
pub(crate) const fn normal_parts(d: i64) -> (u64, u64, i64) {
    let (power, whole) = half_square_power(d);
    (power, whole, mills(d))
}
