//! The no-trade band of Whalley and Wilmott.

use crate::real::Real;
use crate::{MathError, WAD};

/// Half-width, in assets (WAD), of the band around the target inside which trading costs more than it saves:
/// H = (3/2 · k · S · (Σ nΓ)² · NAV/γ)^⅓.
///
/// `cost` is the proportional cost k (WAD), `book_spot_gamma` is Σ n·S·Γ in assets (WAD), `nav` quote (WAD),
/// `risk_aversion` the relative γ (WAD, not zero). Whalley and Wilmott (1997), with the absolute
/// aversion γ/NAV; as Γ = (S·Γ)/S, this is (3/2 · k · (Σ n·S·Γ)² · (NAV/S)/γ)^⅓.
///
/// Relative error below 1e-17, either way, and up to one wei rounded down. [`MathError::Overflow`] where u128 does not hold it.
pub fn whalley_wilmott_band(
    cost: u64,
    spot: u128,
    book_spot_gamma: u128,
    nav: u128,
    risk_aversion: u64,
) -> Result<u128, MathError> {
    if !(crate::PRICE_MIN..=crate::PRICE_MAX).contains(&spot) {
        return Err(MathError::SpotOutOfDomain);
    }
    if risk_aversion == 0 {
        return Err(MathError::ParameterOutOfDomain);
    }
    let gamma = Real::from_u128(book_spot_gamma);
    Real::from_u128(cost as u128)
        .mul(Real::new(3, -1))
        .mul(gamma)
        .mul(gamma)
        .mul(Real::from_u128(nav))
        .div(Real::from_u128(spot))
        .div(Real::from_u128(risk_aversion as u128))
        // The two costs' and aversions' scales cancel; what is left is WAD² of a WAD³.
        .mul(Real::from_u128(WAD))
        .cbrt()
        .to_u128()
        .ok_or(MathError::Overflow)
}
