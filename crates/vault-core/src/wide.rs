//! 256-bit products and quotients of 128-bit numbers, exact.

use core::cmp::Ordering;

/// An unsigned 256-bit number, `hi · 2¹²⁸ + lo`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct U256 {
    /// Upper 128 bits.
    pub hi: u128,
    /// Lower 128 bits.
    pub lo: u128,
}

impl PartialOrd for U256 {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for U256 {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.hi, self.lo).cmp(&(other.hi, other.lo))
    }
}

impl U256 {
    /// Zero.
    pub const ZERO: Self = Self { hi: 0, lo: 0 };

    /// `self + other`, or `None` beyond 2²⁵⁶ − 1.
    #[must_use]
    #[inline(never)]
    pub const fn plus(self, other: Self) -> Option<Self> {
        let (lo, carry) = self.lo.overflowing_add(other.lo);
        let (hi, over) = self.hi.overflowing_add(other.hi);
        let (hi, over_carry) = hi.overflowing_add(carry as u128);
        if over || over_carry {
            None
        } else {
            Some(Self { hi, lo })
        }
    }

    /// `self − other`, or `None` below zero.
    #[must_use]
    #[inline(never)]
    pub const fn minus(self, other: Self) -> Option<Self> {
        let (lo, borrow) = self.lo.overflowing_sub(other.lo);
        let (hi, under) = self.hi.overflowing_sub(other.hi);
        let (hi, under_borrow) = hi.overflowing_sub(borrow as u128);
        if under || under_borrow {
            None
        } else {
            Some(Self { hi, lo })
        }
    }

    /// `⌊self / divisor⌋`, or `None` when the divisor is 0 or the quotient needs more than 128 bits.
    #[must_use]
    pub fn div_down(self, divisor: u128) -> Option<u128> {
        // A quotient of 2¹²⁸ or more, and the division by zero.
        if self.hi >= divisor {
            return None;
        }
        Some(quotient(self, divisor))
    }
}

/// `a · b`, exact: a product of two 128-bit numbers always fits in 256 bits.
#[must_use]
#[inline(never)]
pub const fn product(a: u128, b: u128) -> U256 {
    const LOW: u128 = u64::MAX as u128;
    let (a_hi, a_lo, b_hi, b_lo) = (a >> 64, a & LOW, b >> 64, b & LOW);
    // Each partial product is below 2¹²⁸ − 2⁶⁵ + 2, so a carry of up to 2⁶⁴ − 1 never overflows: wrapping is exact.
    let low = a_lo.wrapping_mul(b_lo);
    let mid = a_hi.wrapping_mul(b_lo).wrapping_add(low >> 64);
    let cross = a_lo.wrapping_mul(b_hi).wrapping_add(mid & LOW);
    U256 {
        hi: a_hi
            .wrapping_mul(b_hi)
            .wrapping_add(mid >> 64)
            .wrapping_add(cross >> 64),
        lo: (cross << 64) | (low & LOW),
    }
}

/// `⌊a · b / d⌋`, or `None` when `d` is 0 or the result needs more than 128 bits.
#[must_use]
#[inline(never)]
pub fn mul_div_down(a: u128, b: u128, d: u128) -> Option<u128> {
    product(a, b).div_down(d)
}

/// `⌈a · b / d⌉`, or `None` when `d` is 0 or the result needs more than 128 bits.
#[must_use]
#[inline(never)]
pub fn mul_div_up(a: u128, b: u128, d: u128) -> Option<u128> {
    // ⌈p / d⌉ = ⌊(p + d − 1) / d⌋; p ≤ (2¹²⁸ − 1)², so the sum stays below 2²⁵⁶.
    product(a, b)
        .plus(U256 {
            hi: 0,
            lo: d.checked_sub(1)?,
        })?
        .div_down(d)
}

/// The number whose bytes in memory are those of `x`, most significant first; its own inverse. WASM has no instruction for it: called, not
/// inlined, it saves 2 KB of a contract.
#[must_use]
pub fn big_endian(x: u128) -> u128 {
    #[inline(never)]
    fn half(x: u64) -> u64 {
        x.to_be()
    }
    let (high, low) = (half((x >> 64) as u64), half(x as u64));
    if cfg!(target_endian = "little") {
        u128::from(low) << 64 | u128::from(high)
    } else {
        x
    }
}

#[cfg(all(target_arch = "wasm32", feature = "stylus-host"))]
fn quotient(value: U256, divisor: u128) -> u128 {
    #[link(wasm_import_module = "vm_hooks")]
    unsafe extern "C" {
        fn math_div(value: *mut u8, divisor: *const u8);
    }
    let mut words = [value.hi, value.lo].map(big_endian);
    let by = [0, big_endian(divisor)];
    // SAFETY: both point to 32 readable bytes, the first writable, and the host touches nothing else.
    unsafe { math_div(words.as_mut_ptr().cast(), by.as_ptr().cast()) };
    let [_, low] = words;
    big_endian(low)
}

#[cfg(not(all(target_arch = "wasm32", feature = "stylus-host")))]
fn quotient(value: U256, divisor: u128) -> u128 {
    use ruint::aliases::U256 as Big;
    let limb = |x: u128, shift: u32| x.wrapping_shr(shift) as u64;
    let value = Big::from_limbs([
        limb(value.lo, 0),
        limb(value.lo, 64),
        limb(value.hi, 0),
        limb(value.hi, 64),
    ]);
    let divisor = Big::from_limbs([limb(divisor, 0), limb(divisor, 64), 0, 0]);
    // The caller has checked that the quotient fits in 128 bits.
    let [low, high, ..] = value.wrapping_div(divisor).into_limbs();
    u128::from(low) | (u128::from(high) << 64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ruint::aliases::U256 as Big;

    fn big(x: u128) -> Big {
        Big::from(x)
    }

    fn sample(rng: &mut fastrand::Rng) -> u128 {
        rng.u128(..) >> rng.u32(0..128)
    }

    #[test]
    fn product_equals_ruint() {
        let mut rng = fastrand::Rng::with_seed(1);
        for _ in 0..20_000 {
            let (a, b) = (sample(&mut rng), sample(&mut rng));
            let p = product(a, b);
            assert_eq!((big(p.hi) << 128) | big(p.lo), big(a) * big(b), "{a} x {b}");
        }
        assert_eq!(
            product(u128::MAX, u128::MAX),
            U256 {
                hi: u128::MAX - 1,
                lo: 1
            }
        );
    }

    #[test]
    fn quotients_equal_ruint_or_refuse() {
        let mut rng = fastrand::Rng::with_seed(2);
        for _ in 0..20_000 {
            let (a, b, d) = (sample(&mut rng), sample(&mut rng), sample(&mut rng));
            let exact = if d == 0 {
                None
            } else {
                Some((big(a) * big(b)).div_rem(big(d)))
            };
            let down = exact.map(|(q, _)| q).filter(|q| *q <= big(u128::MAX));
            let up = exact
                .map(|(q, r)| if r.is_zero() { q } else { q + big(1) })
                .filter(|q| *q <= big(u128::MAX));
            assert_eq!(mul_div_down(a, b, d).map(big), down, "{a} {b} {d}");
            assert_eq!(mul_div_up(a, b, d).map(big), up, "{a} {b} {d}");
        }
        assert_eq!(mul_div_down(1, 1, 0), None);
        assert_eq!(mul_div_up(1, 1, 0), None);
    }

    #[test]
    fn sums_and_differences_refuse_instead_of_wrapping() {
        let max = U256 {
            hi: u128::MAX,
            lo: u128::MAX,
        };
        let one = U256 { hi: 0, lo: 1 };
        assert_eq!(max.plus(one), None);
        assert_eq!(U256::ZERO.minus(one), None);
        assert_eq!(
            U256 { hi: 1, lo: 0 }.minus(one),
            Some(U256 {
                hi: 0,
                lo: u128::MAX
            })
        );
        assert_eq!(
            U256 {
                hi: 0,
                lo: u128::MAX
            }
            .plus(one),
            Some(U256 { hi: 1, lo: 0 })
        );
    }
}
