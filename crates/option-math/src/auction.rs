//! The price curve of a variable-rate gradual Dutch auction.

use crate::real::Real;
use crate::{MathError, WAD, ln_wad};

/// Largest share of capacity or of time: two windows.
const SHARE_MAX: u64 = 2 * WAD as u64;

/// The curve m(q) = clamp(exp(κ·(q − elapsed)), floor, cap) over the sold share q.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DutchCurve {
    /// κ, WAD: how fast the multiplier answers to the share sold. 1e16 ..= 16e18.
    pub kappa: u64,
    /// Smallest multiplier, WAD. 1e15 ..= cap.
    pub floor: u64,
    /// Largest multiplier, WAD. floor ..= 16e18.
    pub cap: u64,
}

impl DutchCurve {
    /// e^(±κ·distance).
    fn exponential(&self, distance: u128, negative: bool) -> Real {
        Real::new(self.kappa, 0)
            .mul(Real::from_u128(distance))
            .mul(Real::WEI)
            .mul(Real::WEI)
            .exp(negative)
    }

    fn check(&self) -> Result<(), MathError> {
        let ok = (10_000_000_000_000_000..=16_000_000_000_000_000_000).contains(&self.kappa)
            && (1_000_000_000_000_000..=16_000_000_000_000_000_000).contains(&self.cap)
            && (1_000_000_000_000_000..=self.cap).contains(&self.floor);
        if ok {
            Ok(())
        } else {
            Err(MathError::ParameterOutOfDomain)
        }
    }
}

/// The multiplier exp(κ·(sold − elapsed)), WAD, held between floor and cap: relative error below 1e-16.
///
/// `sold` is the share sold, `elapsed` the share of the window that is over, both WAD and at most 2. The curve is that of
/// a variable-rate gradual Dutch auction (White, Lambert and others 2022) with a linear schedule.
pub fn dutch_multiplier(curve: &DutchCurve, sold: u64, elapsed: u64) -> Result<u64, MathError> {
    curve.check()?;
    share(sold)?;
    share(elapsed)?;
    let value = curve
        .exponential(sold.abs_diff(elapsed) as u128, sold < elapsed)
        .mul(Real::WAD);
    let value = value.to_u128().unwrap_or(u128::MAX);
    Ok(value.clamp(curve.floor as u128, curve.cap as u128) as u64)
}

/// ∫ m dq over the shares `from..=to`, in WAD² (1e36): what an order pays per unit of model price and capacity.
///
/// In closed form from one antiderivative F, so that the integral over an order is exactly the sum of those over its
/// pieces. F has an absolute error below 1e-16·cap/κ; the integral is never negative. [`MathError::ParameterOutOfDomain`]
/// for shares beyond 2, or in the wrong order; [`MathError::Overflow`] where i128 does not hold F: floor·|ln floor|/κ above
/// 170, which takes a curve flatter than any useful one.
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
    let upper = antiderivative(curve, to, elapsed)?;
    let lower = antiderivative(curve, from, elapsed)?;
    Ok(upper.saturating_sub(lower).max(0) as u128)
}

fn share(value: u64) -> Result<(), MathError> {
    if value <= SHARE_MAX {
        Ok(())
    } else {
        Err(MathError::ParameterOutOfDomain)
    }
}

/// `level · width`; refused from 2¹²⁶ on, and of what is below only where it might not be: `checked_mul` of 128 bits is 460 bytes of a contract.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "at most 128 leading zeros each"
)]
fn area(level: u64, width: i128) -> Result<i128, MathError> {
    let zeros = (level as u128).leading_zeros() + width.unsigned_abs().leading_zeros();
    if zeros <= u128::BITS {
        return Err(MathError::Overflow);
    }
    Ok((level as i128).wrapping_mul(width))
}

/// F(q) with F(low) = 0, where the exponential meets the floor at `low` and the cap at `high`: linear below, exponential
/// between, linear above.
fn antiderivative(curve: &DutchCurve, q: u64, elapsed: u64) -> Result<i128, MathError> {
    let meets = |level: u64| -> Result<i128, MathError> {
        let logarithm = ln_wad(level as u128)?;
        let shift = Real::from_u128(logarithm.unsigned_abs())
            .mul(Real::WAD)
            .div(Real::new(curve.kappa, 0));
        let shift = shift
            .to_u128()
            .and_then(|shift| i128::try_from(shift).ok())
            .ok_or(MathError::Overflow)?;
        let shift = if logarithm < 0 {
            shift.wrapping_neg()
        } else {
            shift
        };
        Ok((elapsed as i128).wrapping_add(shift))
    };
    let (low, high) = (meets(curve.floor)?, meets(curve.cap)?);
    let q = q as i128;
    if q <= low {
        return area(curve.floor, q.wrapping_sub(low));
    }
    let inside = q.min(high);
    let beyond = inside.wrapping_sub(elapsed as i128);
    // (exp(κ(inside − elapsed)) − floor)·1e36/κ, the two terms apart because Real has no sign.
    let scaled = |real: Real| -> Result<i128, MathError> {
        let value = real
            .mul(Real::WAD)
            .mul(Real::WAD)
            .mul(Real::WAD)
            .div(Real::new(curve.kappa, 0));
        value
            .to_u128()
            .and_then(|value| i128::try_from(value).ok())
            .ok_or(MathError::Overflow)
    };
    let grown = scaled(curve.exponential(beyond.unsigned_abs(), beyond < 0))?;
    let ground = scaled(Real::new(curve.floor, 0).mul(Real::WEI))?;
    let middle = grown.wrapping_sub(ground).max(0);
    let above = area(curve.cap, q.wrapping_sub(inside))?;
    middle.checked_add(above).ok_or(MathError::Overflow)
}
