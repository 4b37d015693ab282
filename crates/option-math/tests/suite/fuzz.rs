//! One target per function: any bits go in, no panic comes out, and nothing outside the domain is answered.
//!
//! `OPTION_MATH_ROUNDS=10000 OPTION_MATH_SEED=… cargo test --release -p option-math fuzz` for a long run. Built with
//! overflow checks (`cargo test` without --release) it also proves that no arithmetic wraps by accident.

use crate::random::{Random, random, rounds};
use option_math::*;

fn target(seed: u64, run: impl Fn(&mut Random)) {
    let mut random = random(seed);
    for _ in 0..rounds(20_000) {
        run(&mut random);
    }
}

/// Inputs of a pricing function: mostly inside the domain, sometimes anything.
fn inputs(random: &mut Random) -> (u128, u128, u64, u64, i64) {
    let mut pick = |low: u128, high: u128| {
        if random.word().is_multiple_of(16) {
            return random.wild_u128();
        }
        match random.word() % 16 {
            0 => low,
            1 => high,
            _ => (random.log_uniform(low.max(1) as f64, high as f64) as u128).clamp(low, high),
        }
    };
    let spot = pick(PRICE_MIN, PRICE_MAX);
    let strike = pick(PRICE_MIN, PRICE_MAX);
    let vol = pick(VOLATILITY_MIN as u128, VOLATILITY_MAX as u128) as u64;
    let tenor = pick(0, TENOR_MAX as u128) as u64;
    let rate = pick(0, RATE_MAX as u128) as i64;
    (
        spot,
        strike,
        vol,
        tenor,
        if random.word().is_multiple_of(2) {
            rate
        } else {
            rate.wrapping_neg()
        },
    )
}

fn in_domain(spot: u128, strike: u128, vol: u64, tenor: u64, rate: i64) -> bool {
    let price = PRICE_MIN..=PRICE_MAX;
    price.contains(&spot)
        && price.contains(&strike)
        && (VOLATILITY_MIN..=VOLATILITY_MAX).contains(&vol)
        && tenor <= TENOR_MAX
        && rate.unsigned_abs() <= RATE_MAX as u64
}

#[test]
fn fuzz_greeks() {
    target(1, |random| {
        let (spot, strike, vol, tenor, rate) = inputs(random);
        let got = greeks(spot, strike, vol, tenor, rate);
        assert_eq!(got.is_ok(), in_domain(spot, strike, vol, tenor, rate));
        if let Ok(got) = got {
            assert!(
                got.price <= spot && got.delta <= WAD as u64,
                "{spot} {strike} {vol} {tenor} {rate} {got:?}"
            );
        }
    });
}

#[test]
fn fuzz_put_greeks() {
    target(2, |random| {
        let (spot, strike, vol, tenor, rate) = inputs(random);
        let got = put_greeks(spot, strike, vol, tenor, rate);
        assert_eq!(got.is_ok(), in_domain(spot, strike, vol, tenor, rate));
    });
}

#[test]
fn fuzz_capped_call() {
    target(3, |random| {
        let (spot, strike, vol, tenor, rate) = inputs(random);
        let cap = if random.word().is_multiple_of(2) {
            None
        } else {
            Some(inputs(random).0)
        };
        let got = capped_call(spot, strike, cap, vol, tenor, rate);
        let fine = in_domain(spot, strike, vol, tenor, rate)
            && cap.is_none_or(|cap| cap > strike && (PRICE_MIN..=PRICE_MAX).contains(&cap));
        assert_eq!(got.is_ok(), fine);
    });
}

#[test]
fn fuzz_implied_volatility() {
    let mut random = random(4);
    for _ in 0..rounds(2_000) {
        let (spot, strike, _, tenor, rate) = inputs(&mut random);
        let price = if random.word().is_multiple_of(2) {
            random.wild_u128()
        } else {
            spot / 100 * (random.word() % 100) as u128
        };
        if let Ok(vol) = implied_volatility(price, spot, strike, tenor, rate) {
            assert!((VOLATILITY_MIN..=VOLATILITY_MAX).contains(&vol));
        }
    }
}

#[test]
fn fuzz_strike_from_delta() {
    target(5, |random| {
        let (spot, _, vol, tenor, rate) = inputs(random);
        let delta = if random.word().is_multiple_of(2) {
            random.wild_u64()
        } else {
            random.word() % WAD as u64
        };
        if let Ok(strike) = strike_from_delta(spot, delta, vol, tenor, rate) {
            assert!((PRICE_MIN..=PRICE_MAX).contains(&strike));
        }
    });
}

#[test]
fn fuzz_minimum_variance_delta() {
    target(6, |random| {
        let greeks = Greeks {
            price: random.wild_u128(),
            delta: random.wild_u64(),
            spot_gamma: random.wild_u128(),
            vega: random.wild_u128(),
            theta: random.wild_u128() as i128,
        };
        let _ = minimum_variance_delta(&greeks, random.wild_u128(), random.wild_u64() as i64);
    });
}

#[test]
fn fuzz_strip() {
    target(12, |random| {
        let (spot, strike, vol, tenor, rate) = inputs(random);
        let fused = greeks(spot, strike, vol, tenor, rate);
        let strip = Strip::new(spot, vol, tenor, rate);
        assert_eq!(strip.and_then(|strip| strip.greeks(strike)), fused);
        assert_eq!(
            price(spot, strike, vol, tenor, rate),
            fused.map(|g| g.price)
        );
        if let Ok(strip) = strip {
            let discounted = strip.discounted(strike);
            assert_eq!(discounted.is_ok(), fused.is_ok());
        }
    });
}

#[test]
fn fuzz_exp() {
    target(7, |random| {
        let x = random.wild_u128() as i128;
        if x <= 0 {
            assert!(exp_wad(x).is_ok_and(|y| y <= WAD), "e^{x}");
        } else {
            assert_ne!(exp_wad(x).map(|y| y < WAD), Ok(true), "e^{x}");
        }
    });
}

#[test]
fn fuzz_ln() {
    target(13, |random| {
        let x = random.wild_u128();
        assert_eq!(ln_wad(x).is_err(), x == 0);
        if x > 0 {
            assert_eq!(ln_wad(x).expect("not zero") < 0, x < WAD);
        }
    });
}

#[test]
fn fuzz_sqrt() {
    target(14, |random| {
        let x = random.wild_u128();
        let root = sqrt_wad(x);
        assert!(root <= sqrt_wad(x.saturating_add(1)), "√{x}");
        // Below one a root is larger than its square, above it smaller.
        assert!(if x <= WAD { root >= x } else { root < x }, "√{x}");
    });
}

#[test]
fn fuzz_cbrt() {
    target(15, |random| {
        let x = random.wild_u128();
        let root = cbrt_wad(x);
        if x > 8 * WAD {
            assert!(root > WAD && root < x / 2 + WAD, "∛{x}");
        } else {
            assert!(root <= 2 * WAD, "∛{x}");
        }
    });
}

#[test]
fn fuzz_normal_pdf() {
    target(16, |random| {
        let x = random.wild_u128() as i128;
        assert!(normal_pdf(x) < WAD as u64 * 2 / 5, "φ({x})");
        assert_eq!(normal_pdf(x), normal_pdf(x.saturating_neg()));
    });
}

#[test]
fn fuzz_normal_cdf() {
    target(8, |random| {
        let x = random.wild_u128() as i128;
        let half = WAD as u64 / 2;
        let probability = normal_cdf(x);
        assert!(probability <= WAD as u64, "Φ({x})");
        assert!(
            (probability >= half) == (x >= 0) || probability.abs_diff(half) <= 10,
            "Φ({x})"
        );
    });
}

#[test]
fn fuzz_normal_inverse_cdf() {
    target(17, |random| {
        let p = random.wild_u64();
        let p = if random.word().is_multiple_of(2) {
            p
        } else {
            p % (WAD as u64 + 2)
        };
        let quantile = normal_inverse_cdf(p);
        assert_eq!(quantile.is_ok(), p > 0 && p < WAD as u64);
        if let Ok(x) = quantile {
            assert!(x.unsigned_abs() < 9 * WAD, "Φ⁻¹({p})");
            assert!((x < 0) == (p < WAD as u64 / 2) || x == 0, "Φ⁻¹({p})");
        }
    });
}

#[test]
fn fuzz_ewma_variance() {
    target(9, |random| {
        let _ = ewma_variance(
            random.wild_u128(),
            random.wild_u128() as i128,
            random.wild_u64(),
            random.wild_u64(),
        );
    });
}

#[test]
fn fuzz_whalley_wilmott_band() {
    target(10, |random| {
        let spot = inputs(random).0;
        let _ = whalley_wilmott_band(
            random.wild_u64(),
            spot,
            random.wild_u128(),
            random.wild_u128(),
            random.wild_u64(),
        );
    });
}

/// A curve and three shares, mostly sensible.
fn dutch(random: &mut Random) -> (DutchCurve, [u64; 3]) {
    let mut pick = || {
        if random.word().is_multiple_of(4) {
            random.wild_u64()
        } else {
            random.word() % (17 * WAD as u64)
        }
    };
    let curve = DutchCurve {
        kappa: pick(),
        floor: pick(),
        cap: pick(),
    };
    (curve, [pick() / 8, pick() / 8, pick() / 8])
}

#[test]
fn fuzz_dutch_multiplier() {
    target(11, |random| {
        let (curve, [sold, elapsed, _]) = dutch(random);
        if let Ok(multiplier) = dutch_multiplier(&curve, sold, elapsed) {
            assert!((curve.floor..=curve.cap).contains(&multiplier));
        }
    });
}

#[test]
fn fuzz_dutch_integral() {
    target(18, |random| {
        let (curve, [from, to, elapsed]) = dutch(random);
        let integral = dutch_integral(&curve, from, to, elapsed);
        if from > to {
            assert!(integral.is_err());
        } else if let Ok(integral) = integral {
            let width = (to - from) as u128;
            let slack = WAD * 200_000;
            assert!(integral <= width * curve.cap as u128 + slack, "{curve:?}");
            assert!(integral + slack >= width * curve.floor as u128, "{curve:?}");
        }
    });
}
