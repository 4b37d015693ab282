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
fn fuzz_elementary() {
    target(7, |random| {
        let x = random.wild_u128();
        let _ = exp_wad(x as i128);
        assert_eq!(ln_wad(x).is_err(), x == 0);
        let _ = sqrt_wad(x);
        let _ = cbrt_wad(x);
    });
}

#[test]
fn fuzz_normal() {
    target(8, |random| {
        let x = random.wild_u128();
        assert!(normal_cdf(x as i128) <= WAD as u64);
        assert!(normal_pdf(x as i128) < WAD as u64);
        let p = x as u64;
        assert_eq!(normal_inverse_cdf(p).is_ok(), p > 0 && p < WAD as u64);
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

#[test]
fn fuzz_dutch() {
    target(11, |random| {
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
        let (a, b, elapsed) = (pick() / 8, pick() / 8, pick() / 8);
        if let Ok(multiplier) = dutch_multiplier(&curve, a, elapsed) {
            assert!((curve.floor..=curve.cap).contains(&multiplier));
        }
        let _ = dutch_integral(&curve, a, b, elapsed);
    });
}
