//! The rules that are compared, and what is swept in each.

use vault_core::policy::{Hedge, Risk};
use vault_core::rebalance::{
    TRIGGER_DELTA, TRIGGER_EVENT, TRIGGER_PRICE, TRIGGER_RISK, TRIGGER_TIME,
};

use crate::epoch::{Rule, Setup};

/// One way to decide when to trade.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// Never.
    None,
    /// When so much time has passed, to the target.
    Time,
    /// When spot has moved so far, to the target.
    Price,
    /// When the exposure is so far off, to the target.
    Target,
    /// When the exposure is so far off, to the band's edge.
    Edge,
    /// The band of Whalley and Wilmott, to its edge.
    Adaptive,
    /// When volatility has changed so far, to the target.
    Event,
    /// While dollar gamma is beyond a budget, to the target.
    Risk,
    /// The band of Whalley and Wilmott behind the COST gate.
    Gated {
        /// How many times its cost a trade must be worth, basis points.
        gate_bps: u16,
        /// How long it is taken to last, hours.
        hours: u32,
    },
}

/// The fixed rules and the ungated band: what the gated one is compared with.
pub const FAMILIES: [Family; 8] = [
    Family::None,
    Family::Time,
    Family::Price,
    Family::Target,
    Family::Edge,
    Family::Adaptive,
    Family::Event,
    Family::Risk,
];

/// Gates among which training chooses.
pub const GATES: [Family; 4] = [
    Family::Gated {
        gate_bps: 5_000,
        hours: 24,
    },
    Family::Gated {
        gate_bps: 10_000,
        hours: 24,
    },
    Family::Gated {
        gate_bps: 20_000,
        hours: 24,
    },
    Family::Gated {
        gate_bps: 10_000,
        hours: 6,
    },
];

impl Family {
    /// What is printed.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::None => "no hedge".to_owned(),
            Self::Time => "TIME".to_owned(),
            Self::Price => "PRICE".to_owned(),
            Self::Target => "DELTA to target".to_owned(),
            Self::Edge => "DELTA to edge".to_owned(),
            Self::Adaptive => "Whalley-Wilmott".to_owned(),
            Self::Event => "EVENT".to_owned(),
            Self::Risk => "RISK".to_owned(),
            Self::Gated { gate_bps, hours } => {
                format!("WW, gate {} over {hours} h", f64::from(*gate_bps) / 1e4)
            }
        }
    }

    /// What is swept, and in which unit.
    #[must_use]
    pub const fn parameter(&self) -> &'static str {
        match self {
            Self::None => "",
            Self::Time => "interval, hours",
            Self::Price => "move, bps",
            Self::Target | Self::Edge => "band, bps of NAV",
            Self::Adaptive | Self::Gated { .. } => "risk aversion",
            Self::Event => "change of volatility, bps",
            Self::Risk => "gamma budget, bps of NAV",
        }
    }

    /// Values of the parameter, from the busiest rule to the laziest.
    #[must_use]
    pub fn grid(&self) -> Vec<f64> {
        match self {
            Self::None => vec![0.0],
            Self::Time => vec![1.0, 2.0, 3.0, 4.0, 6.0, 8.0, 12.0, 18.0, 24.0],
            Self::Price => geometric(90.0, 800.0, 9),
            Self::Target => geometric(240.0, 2_000.0, 9),
            Self::Edge => geometric(130.0, 1_500.0, 9),
            Self::Adaptive => geometric(1_000.0, 3.0, 9),
            Self::Gated { .. } => geometric(1_000.0, 15.0, 6),
            Self::Event => vec![200.0, 1_000.0],
            Self::Risk => geometric(80.0, 800.0, 5),
        }
    }

    /// The part of the policy that makes this rule, at a value of its parameter.
    #[must_use]
    pub fn rule(&self, value: f64, setup: &Setup, skew: Skew) -> Rule {
        let mut hedge = Hedge {
            enabled: true,
            target_weight_bps: setup.weight_bps,
            triggers: TRIGGER_DELTA,
            adaptive: false,
            to_edge: false,
            band_bps: 5_000,
            risk_aversion_bps: 10_000,
            gate_bps: 0,
            skew_bps: skew.bps,
            skew_down: skew.down,
            horizon_seconds: 86_400,
            interval_seconds: 2_592_000,
            move_bps: 10_000,
            book_bps: 10,
            volatility_bps: 10_000,
            max_slippage_bps: 30,
            max_trade_bps: 10_000,
        };
        let mut risk = Risk {
            gamma_bps: 0,
            vega_bps: 0,
            theta_bps: 0,
        };
        let bps = |least: u16, most: u16| (value.round() as u16).clamp(least, most);
        match self {
            Self::None => return None,
            Self::Time => {
                hedge.triggers = TRIGGER_TIME;
                hedge.interval_seconds = (value * 3_600.0) as u32;
            }
            Self::Price => {
                hedge.triggers = TRIGGER_PRICE;
                hedge.move_bps = bps(10, 10_000);
            }
            Self::Target => hedge.band_bps = bps(10, 5_000),
            Self::Edge => {
                hedge.band_bps = bps(10, 5_000);
                hedge.to_edge = true;
            }
            Self::Adaptive | Self::Gated { .. } => {
                hedge.adaptive = true;
                hedge.to_edge = true;
                hedge.risk_aversion_bps = ((value * 1e4).round() as u32).clamp(100, 10_000_000);
                if let Self::Gated { gate_bps, hours } = self {
                    hedge.gate_bps = *gate_bps;
                    hedge.horizon_seconds = hours * 3_600;
                }
            }
            Self::Event => {
                hedge.triggers = TRIGGER_EVENT;
                hedge.volatility_bps = bps(10, 10_000);
            }
            Self::Risk => {
                hedge.triggers = TRIGGER_RISK;
                risk.gamma_bps = bps(1, 10_000);
            }
        }
        Some((hedge, risk))
    }
}

/// The slope that the minimum-variance delta assumes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Skew {
    /// |dσ/d ln S|, basis points.
    pub bps: u16,
    /// Volatility falls as the price rises.
    pub down: bool,
}

fn geometric(first: f64, last: f64, count: u32) -> Vec<f64> {
    let ratio = (last / first).powf(1.0 / f64::from(count - 1));
    (0..count)
        .map(|i| first * ratio.powf(f64::from(i)))
        .collect()
}
