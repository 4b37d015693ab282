/// Why a function refused. Every refusal names the argument; nothing is clamped silently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MathError {
    /// Spot outside `PRICE_MIN..=PRICE_MAX`.
    SpotOutOfDomain,
    /// Strike outside `PRICE_MIN..=PRICE_MAX`.
    StrikeOutOfDomain,
    /// Cap outside `PRICE_MIN..=PRICE_MAX`, or not above the strike.
    CapOutOfDomain,
    /// Volatility outside `VOLATILITY_MIN..=VOLATILITY_MAX`.
    VolatilityOutOfDomain,
    /// Tenor above `TENOR_MAX`, or zero where no answer exists without time.
    TenorOutOfDomain,
    /// Rate outside `-RATE_MAX..=RATE_MAX`.
    RateOutOfDomain,
    /// A delta or probability outside the open interval (0, 1).
    ProbabilityOutOfDomain,
    /// Logarithm of zero.
    LogarithmOfZero,
    /// A policy parameter (risk aversion, half-life, slope, floor, cap) outside its documented range.
    ParameterOutOfDomain,
    /// The result does not fit its type.
    Overflow,
    /// No volatility in the domain gives this price.
    NoImpliedVolatility(NoVolatility),
}

/// Why a price has no implied volatility.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoVolatility {
    /// The price is below the discounted intrinsic value: an arbitrage.
    BelowIntrinsic,
    /// The price is at or above spot: an arbitrage.
    AboveSpot,
    /// The price is below the model's price at `VOLATILITY_MIN`.
    BelowSmallest,
    /// The price is above the model's price at `VOLATILITY_MAX`.
    AboveLargest,
}

impl core::fmt::Display for MathError {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        // The variant's name is the message: it names the violated fact.
        core::fmt::Debug::fmt(self, f)
    }
}

impl core::error::Error for MathError {}
