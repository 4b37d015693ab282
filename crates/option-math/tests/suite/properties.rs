//! What must hold of any option price, up to the documented rounding.

use crate::random::{Random, random, rounds};
use option_math::*;

/// Two evaluations, each off by at most 4e-18 of spot, and their last wei.
fn slack(spot: u128) -> u128 {
    spot / 125_000_000_000_000_000 + 2
}

#[derive(Clone, Copy, Debug)]
struct Case {
    spot: u128,
    strike: u128,
    vol: u64,
    tenor: u64,
    rate: i64,
}

impl Case {
    fn random(random: &mut Random) -> Self {
        let spot = random.log_uniform(1e13, 1e26) as u128;
        let wide = random.word().is_multiple_of(4);
        let reach = if wide { 1e4 } else { 3.0 };
        let strike = (spot as f64 * random.log_uniform(1.0 / reach, reach)) as u128;
        Self {
            spot,
            strike: strike.clamp(PRICE_MIN, PRICE_MAX),
            vol: random.log_uniform(1e16, 5e18) as u64,
            tenor: random.log_uniform(1.0, TENOR_MAX as f64) as u64,
            rate: if random.word().is_multiple_of(2) {
                0
            } else {
                (random.word() % (RATE_MAX as u64)) as i64
            },
        }
    }

    fn greeks(self) -> Greeks {
        greeks(self.spot, self.strike, self.vol, self.tenor, self.rate).expect("in the domain")
    }
}

fn each(seed: u64, check: impl Fn(Case)) {
    let mut random = random(seed);
    for _ in 0..rounds(100_000) {
        check(Case::random(&mut random));
    }
}

#[test]
fn between_intrinsic_and_spot() {
    each(1, |case| {
        let got = case.greeks();
        let strip = Strip::new(case.spot, case.vol, case.tenor, case.rate).expect("in the domain");
        let discounted = strip.discounted(case.strike).expect("in the domain");
        assert!(got.price <= case.spot, "{case:?}");
        assert!(
            got.price + slack(case.spot) >= case.spot.saturating_sub(discounted),
            "{case:?}"
        );
        assert!(got.delta <= WAD as u64, "{case:?}");
        assert!(
            got.spot_gamma >> 127 == 0 && got.vega <= 2 * case.spot,
            "{case:?}"
        );
    });
}

#[test]
fn monotone_in_spot_volatility_and_tenor() {
    each(2, |case| {
        let price = case.greeks().price;
        let more = |other: Case| {
            let risen = other.greeks().price;
            assert!(
                risen + slack(other.spot) >= price,
                "{case:?} {other:?}: {risen} < {price}"
            );
        };
        more(Case {
            spot: case.spot + case.spot / 1_000_000_000,
            ..case
        });
        more(Case {
            spot: case.spot + 1,
            ..case
        });
        more(Case {
            vol: (case.vol + case.vol / 1_000_000).min(VOLATILITY_MAX),
            ..case
        });
        more(Case {
            vol: (case.vol + 1).min(VOLATILITY_MAX),
            ..case
        });
        more(Case {
            tenor: (case.tenor + 1).min(TENOR_MAX),
            ..case
        });
    });
}

#[test]
fn convex_in_strike() {
    each(3, |case| {
        let step = case.strike / 1000;
        if case.strike - step < PRICE_MIN || case.strike + step > PRICE_MAX {
            return;
        }
        let at = |strike| Case { strike, ..case }.greeks().price;
        let (below, middle, above) = (
            at(case.strike - step),
            case.greeks().price,
            at(case.strike + step),
        );
        assert!(
            below + above + 2 * slack(case.spot) >= 2 * middle,
            "{case:?}"
        );
    });
}

#[test]
fn parity() {
    each(4, |case| {
        let strip = Strip::new(case.spot, case.vol, case.tenor, case.rate).expect("in the domain");
        let (call, put) = (
            case.greeks(),
            strip.put_greeks(case.strike).expect("in the domain"),
        );
        let discounted = strip.discounted(case.strike).expect("in the domain");
        if case.rate == 0 {
            assert_eq!(discounted, case.strike);
        }
        if put.price > 0 {
            assert_eq!(call.price + discounted, put.price + case.spot, "{case:?}");
        } else {
            assert!(call.price + discounted <= case.spot, "{case:?}");
            assert!(
                call.price + discounted + slack(case.spot) >= case.spot,
                "{case:?}"
            );
        }
        assert_eq!(put.delta, call.delta as i64 - WAD as i64);
        assert_eq!((put.spot_gamma, put.vega), (call.spot_gamma, call.vega));
    });
}

#[test]
fn a_spread_stays_within_its_width() {
    each(5, |case| {
        let cap = case.strike + case.strike / 2;
        if cap > PRICE_MAX {
            return;
        }
        let spread = capped_call(
            case.spot,
            case.strike,
            Some(cap),
            case.vol,
            case.tenor,
            case.rate,
        )
        .expect("in the domain");
        assert!(spread.price <= cap - case.strike, "{case:?}");
        assert!(spread.delta <= WAD as u64);
        let plain = capped_call(
            case.spot,
            case.strike,
            None,
            case.vol,
            case.tenor,
            case.rate,
        )
        .expect("in the domain");
        let call = case.greeks();
        assert_eq!(
            (plain.price, plain.delta, plain.theta),
            (call.price, call.delta, call.theta)
        );
    });
}

#[test]
fn a_negative_rate_is_not_capped_by_the_width() {
    // e^(r·τ) = e of a width of ten, far in the money.
    let (spot, strike, cap) = (1000 * WAD, 10 * WAD, 20 * WAD);
    let rate = -RATE_MAX;
    let spread = capped_call(
        spot,
        strike,
        Some(cap),
        100_000_000_000_000_000,
        2 * YEAR_SECONDS,
        rate,
    )
    .expect("in the domain");
    let e = 27_182_818_284_590_452_353u128;
    assert!(spread.price.abs_diff(e) <= slack(spot), "{}", spread.price);
}

#[test]
fn the_smallest_rates_hardly_matter() {
    let (spot, strike, vol) = (2000 * WAD, 1500 * WAD, WAD as u64);
    let at = |rate| greeks(spot, strike, vol, 3600, rate).expect("in the domain");
    let none = at(0);
    for wei in 1..=300 {
        for rate in [wei, -wei] {
            let some = at(rate);
            assert!(some.theta.abs_diff(none.theta) <= spot / 1_000_000_000_000_000);
            assert!(some.price.abs_diff(none.price) <= slack(spot));
        }
    }
}

#[test]
fn the_edges_have_answers() {
    let spots = [PRICE_MIN, WAD, 2000 * WAD + 1, PRICE_MAX];
    for spot in spots {
        for strike in spots {
            for vol in [VOLATILITY_MIN, WAD as u64, VOLATILITY_MAX] {
                for tenor in [0, 1, 3600, YEAR_SECONDS, TENOR_MAX] {
                    for rate in [-RATE_MAX, -1, 0, 1, RATE_MAX] {
                        let got = greeks(spot, strike, vol, tenor, rate).expect("in the domain");
                        assert!(got.price <= spot && got.delta <= WAD as u64);
                        let put =
                            put_greeks(spot, strike, vol, tenor, rate).expect("in the domain");
                        if tenor == 0 {
                            let delta = if spot > strike { WAD as u64 } else { 0 };
                            assert_eq!(
                                (got.price, got.delta),
                                (spot.saturating_sub(strike), delta)
                            );
                            assert_eq!((got.spot_gamma, got.vega, got.theta), (0, 0, 0));
                            assert_eq!(put.price, strike.saturating_sub(spot));
                            assert_eq!((put.spot_gamma, put.vega, put.theta), (0, 0, 0));
                        }
                    }
                }
            }
        }
    }
    let fine = (WAD, WAD, WAD as u64, 3600, 0);
    let refused = |spot, strike, vol, tenor, rate| {
        greeks(spot, strike, vol, tenor, rate).expect_err("outside")
    };
    assert_eq!(
        refused(PRICE_MIN - 1, fine.1, fine.2, fine.3, fine.4),
        MathError::SpotOutOfDomain
    );
    assert_eq!(
        refused(PRICE_MAX + 1, fine.1, fine.2, fine.3, fine.4),
        MathError::SpotOutOfDomain
    );
    assert_eq!(
        refused(fine.0, 0, fine.2, fine.3, fine.4),
        MathError::StrikeOutOfDomain
    );
    assert_eq!(
        refused(fine.0, fine.1, 0, fine.3, fine.4),
        MathError::VolatilityOutOfDomain
    );
    assert_eq!(
        refused(fine.0, fine.1, u64::MAX, fine.3, fine.4),
        MathError::VolatilityOutOfDomain
    );
    assert_eq!(
        refused(fine.0, fine.1, fine.2, TENOR_MAX + 1, fine.4),
        MathError::TenorOutOfDomain
    );
    assert_eq!(
        refused(fine.0, fine.1, fine.2, fine.3, i64::MIN),
        MathError::RateOutOfDomain
    );
}

#[test]
fn implied_volatility_returns_the_price() {
    let mut random = random(6);
    for _ in 0..rounds(10_000) {
        let case = Case::random(&mut random);
        let want = case.greeks();
        match implied_volatility(want.price, case.spot, case.strike, case.tenor, case.rate) {
            Ok(vol) => {
                let got = Case { vol, ..case }.greeks();
                let wei_of_vol = got.vega / WAD + 1;
                let off = got.price.abs_diff(want.price);
                assert!(
                    off <= slack(case.spot) + 2 * wei_of_vol,
                    "{case:?} {vol}: off by {off}"
                );
            }
            // A price without time value is that of the smallest volatility, or a rounding below it.
            Err(MathError::NoImpliedVolatility(why)) => {
                let least = Case {
                    vol: VOLATILITY_MIN,
                    ..case
                }
                .greeks()
                .price;
                assert!(
                    want.price <= least + slack(case.spot)
                        || want.price + slack(case.spot) >= case.spot,
                    "{case:?}: {why:?}"
                );
            }
            Err(other) => panic!("{case:?}: {other:?}"),
        }
    }
}

#[test]
fn strike_from_delta_has_that_delta() {
    let mut random = random(7);
    for _ in 0..rounds(20_000) {
        let case = Case::random(&mut random);
        let delta = (random.log_uniform(1e-4, 0.999) * 1e18) as u64;
        let Ok(strike) = strike_from_delta(case.spot, delta, case.vol, case.tenor, case.rate)
        else {
            continue;
        };
        let got = Case { strike, ..case }.greeks();
        // A wei of strike, and 2e-16 of it, moves delta by gamma.
        let moved = got.spot_gamma as f64 * (3e-16 + 2.0 / strike as f64) + 500.0;
        assert!(
            (got.delta.abs_diff(delta) as f64) <= moved,
            "{case:?} {delta}: {}",
            got.delta
        );
    }
}

#[test]
fn an_order_costs_what_its_pieces_cost() {
    let mut random = random(8);
    for _ in 0..rounds(50_000) {
        let curve = DutchCurve {
            kappa: random.log_uniform(1e17, 1e19) as u64,
            floor: random.log_uniform(1e17, 1e18) as u64,
            cap: random.log_uniform(1e18, 1e19) as u64,
        };
        let mut shares = [0; 4].map(|_: u64| random.word() % (WAD as u64));
        let elapsed = random.word() % (WAD as u64);
        shares.sort_unstable();
        let cost = |from, to| dutch_integral(&curve, from, to, elapsed).expect("in the domain");
        let pieces: u128 = shares.windows(2).map(|pair| cost(pair[0], pair[1])).sum();
        assert_eq!(
            cost(shares[0], shares[3]),
            pieces,
            "{curve:?} {shares:?} {elapsed}"
        );
        let at = |share| dutch_multiplier(&curve, share, elapsed).expect("in the domain") as u128;
        // The multiplier rises with the share sold: the mean lies between those at the ends.
        let (low, high) = (at(shares[0]), at(shares[3]));
        let width = (shares[3] - shares[0]) as u128;
        let slack = WAD * 10_000;
        assert!(
            cost(shares[0], shares[3]) + slack >= low * width,
            "{curve:?}"
        );
        assert!(
            cost(shares[0], shares[3]) <= high * width + slack,
            "{curve:?}"
        );
    }
}

#[test]
fn elementary_laws() {
    let mut random = random(9);
    for _ in 0..rounds(100_000) {
        let x = (random.word() >> (random.word() % 64)) as u128;
        let root = sqrt_wad(x);
        assert!(
            root * root <= x * WAD && x * WAD < (root + 1) * (root + 1),
            "√{x}"
        );
        let x = (random.log_uniform(1e-9, 9.0) * 1e18) as i128;
        assert!(
            (normal_cdf(x) + normal_cdf(-x)).abs_diff(WAD as u64) <= 4,
            "Φ({x})"
        );
        assert_eq!(normal_pdf(x), normal_pdf(-x));
        let back = normal_inverse_cdf(normal_cdf(-x).max(1)).expect("in the domain");
        let density = normal_pdf(x).max(1) as f64 / 1e18;
        assert!(
            (back + x).unsigned_abs() as f64 <= 200.0 + 10.0 / density,
            "Φ⁻¹(Φ(−{x})) = {back}"
        );
        let y = (random.word() % (4 * WAD as u64)) as i128;
        let round_trip = ln_wad(exp_wad(y).expect("in the domain")).expect("not zero");
        assert!(round_trip.abs_diff(y) <= 50, "ln e^{y} = {round_trip}");
    }
    assert_eq!(exp_wad(0), Ok(WAD));
    assert_eq!(ln_wad(WAD), Ok(0));
    assert_eq!(sqrt_wad(4 * WAD), 2 * WAD);
    assert_eq!(normal_cdf(0), WAD as u64 / 2);
    assert_eq!(normal_inverse_cdf(WAD as u64 / 2), Ok(0));
    assert_eq!(ln_wad(0), Err(MathError::LogarithmOfZero));
    assert_eq!(exp_wad(i128::MAX), Err(MathError::Overflow));
    assert_eq!(exp_wad(i128::MIN), Ok(0));
}

#[test]
fn ewma_limits() {
    let variance = WAD / 4;
    // Nothing happened and no time passed.
    assert_eq!(ewma_variance(variance, 0, 0, 3600), Ok(variance));
    // One half-life without a move halves it.
    assert!(
        ewma_variance(variance, 0, 3600, 3600)
            .expect("in the domain")
            .abs_diff(variance / 2)
            <= 1
    );
    // A second is close to the limit of no time at all.
    let (now, soon) = (
        ewma_variance(0, 1_000_000_000_000_000, 0, 86_400).expect("in the domain"),
        ewma_variance(0, 1_000_000_000_000_000, 1, 86_400).expect("in the domain"),
    );
    assert!(now > soon && now - soon < now / 200_000);
    assert_eq!(
        ewma_variance(variance, 0, 0, 0),
        Err(MathError::ParameterOutOfDomain)
    );
}

#[test]
fn the_curve_on_schedule_is_one() {
    let curve = DutchCurve {
        kappa: 2 * WAD as u64,
        floor: WAD as u64 / 2,
        cap: 2 * WAD as u64,
    };
    for share in [0, 1, WAD as u64 / 3, WAD as u64, 2 * WAD as u64] {
        assert_eq!(dutch_multiplier(&curve, share, share), Ok(WAD as u64));
    }
    // Far ahead and far behind.
    assert_eq!(dutch_multiplier(&curve, WAD as u64, 0), Ok(curve.cap));
    assert_eq!(dutch_multiplier(&curve, 0, WAD as u64), Ok(curve.floor));
    // Starting on schedule: (e^(κ·q) − 1)/κ at κ = 2, q = ¼ is 0.324360635….
    let integral = dutch_integral(&curve, WAD as u64 / 4, WAD as u64 / 2, WAD as u64 / 4)
        .expect("in the domain");
    assert!((integral / WAD).abs_diff(324_360_635_350_064_073) <= 100);
}
