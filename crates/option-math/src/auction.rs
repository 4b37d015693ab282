//! The price curve of a variable-rate gradual Dutch auction.

use crate::{MathError, WAD, exp_wad, ln_wad};

/// The curve m(q) = clamp(exp(κ·(q − elapsed)), floor, cap) over the sold share q.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DutchCurve {
    /// κ, WAD: how fast the multiplier answers to the share sold. 1e12 ..= 16e18.
    pub kappa: u64,
    /// Smallest multiplier, WAD. 1e15 ..= cap.
    pub floor: u64,
    /// Largest multiplier, WAD. floor ..= 16e18.
    pub cap: u64,
}

impl DutchCurve {
    fn check(&self) -> Result<(), MathError> {
        let ok = (1_000_000_000_000..=16_000_000_000_000_000_000).contains(&self.kappa)
            && (1_000_000_000_000_000..=16_000_000_000_000_000_000).contains(&self.cap)
            && (1_000_000_000_000_000..=self.cap).contains(&self.floor);
        if ok {
            Ok(())
        } else {
            Err(MathError::ParameterOutOfDomain)
        }
    }
}

/// The multiplier (WAD) when a share `sold` is gone and a share `elapsed` of the window is over (both WAD, at most 2e18).
pub fn dutch_multiplier(curve: &DutchCurve, sold: u64, elapsed: u64) -> Result<u64, MathError> {
    curve.check()?;
    share(sold)?;
    share(elapsed)?;
    let exponent = curve.kappa as i128 * (sold as i128 - elapsed as i128) / WAD as i128;
    let raw = exp_wad(exponent)?;
    Ok(raw.clamp(curve.floor as u128, curve.cap as u128) as u64)
}

/// ∫ m dq over the shares `from ..= to`, WAD². Exactly additive: the integral over an order is the sum over its pieces.
pub fn dutch_integral(
    curve: &DutchCurve,
    from: u64,
    to: u64,
    elapsed: u64,
) -> Result<u128, MathError> {
    curve.check()?;
    share(from)?;
    share(to)?;
    share(elapsed)?;
    if from > to {
        return Err(MathError::ParameterOutOfDomain);
    }
    let (a, b) = (
        antiderivative(curve, from, elapsed)?,
        antiderivative(curve, to, elapsed)?,
    );
    Ok(b.saturating_sub(a) as u128)
}

fn share(value: u64) -> Result<(), MathError> {
    if value as u128 <= 2 * WAD {
        Ok(())
    } else {
        Err(MathError::ParameterOutOfDomain)
    }
}

fn antiderivative(curve: &DutchCurve, q: u64, elapsed: u64) -> Result<i128, MathError> {
    let (w, k) = (WAD as i128, curve.kappa as i128);
    // Where the exponential leaves the floor and reaches the cap.
    let low = elapsed as i128 + ln_wad(curve.floor as u128)? * w / k;
    let high = elapsed as i128 + ln_wad(curve.cap as u128)? * w / k;
    let q = q as i128;
    let (floor, cap) = (curve.floor as i128, curve.cap as i128);
    if q <= low {
        return Ok(floor * (q - low));
    }
    let inside = q.min(high);
    let middle = (exp_wad(k * (inside - elapsed as i128) / w)? as i128 - floor).max(0) * w / k * w;
    Ok(middle + cap * (q - inside))
}
