//! The standard normal distribution in WAD.

use crate::elementary::{exp62, mul62};
use crate::{MathError, WAD};

const ONE: i128 = 1 << 62;
const INV_SQRT_2PI: i128 = 1839796536686825613; // 2^62 / √(2π)
const WIDEST: i128 = 9 * WAD as i128;

fn to_q62(x: i128) -> i128 {
    (x << 58) / WAD as i128 * 16
}

fn to_wad(q: i128) -> u64 {
    ((q * WAD as i128) >> 62) as u64
}

fn pdf62(x: i128) -> i128 {
    let (m, n) = exp62(-mul62(x, x) / 2);
    mul62(m, INV_SQRT_2PI) >> -n
}

/// Density.
pub fn normal_pdf(x: i128) -> u64 {
    if x.unsigned_abs() > WIDEST as u128 {
        return 0;
    }
    to_wad(pdf62(to_q62(x)))
}

/// Distribution function.
pub fn normal_cdf(x: i128) -> u64 {
    if x > WIDEST {
        return WAD as u64;
    }
    if x < -WIDEST {
        return 0;
    }
    let q = to_q62(x);
    let z = mul62(q, q);
    let (mut sum, mut term, mut k) = (q, q, 1);
    while term != 0 && k < 400 {
        k += 2;
        term = mul62(term, z) / k;
        sum += term;
    }
    to_wad((ONE / 2 + mul62(pdf62(q), sum)).clamp(0, ONE))
}

/// Quantile.
pub fn normal_inverse_cdf(p: u64) -> Result<i128, MathError> {
    if p == 0 || p >= WAD as u64 {
        return Err(MathError::ProbabilityOutOfDomain);
    }
    let (mut lo, mut hi) = (-WIDEST, WIDEST);
    while hi - lo > 1 {
        let mid = (lo + hi) / 2;
        if normal_cdf(mid) < p {
            lo = mid;
        } else {
            hi = mid;
        }
    }
    Ok(hi)
}
