//! Function numbers, and their words. Number 0 moves the words of `greeks` and computes nothing: its ink is what the
//! rest is measured against.

use option_math as math;

use crate::Words;

pub fn call(input: &Words, output: &mut Words) -> Option<()> {
    let [function, a, b, c, d, e, ..] = *input;
    match function {
        0 => put(
            output,
            1,
            Ok(math::Greeks {
                price: a,
                delta: c as u64,
                spot_gamma: b,
                vega: d,
                theta: e as i128,
            }),
        ),
        1 => put(output, 1, math::greeks(a, b, c as u64, d as u64, e as i64)),
        // A strip: the strikes follow the five shared words.
        #[cfg(feature = "all")]
        2 => {
            let strip = math::Strip::new(a, c as u64, d as u64, e as i64).ok()?;
            for index in 0..8 {
                put(output, 1 + index * 5, strip.greeks(input[6 + index]))?;
            }
            Some(())
        }
        #[cfg(feature = "all")]
        _ => rest(input, output),
        #[cfg(not(feature = "all"))]
        _ => None,
    }
}

fn put(output: &mut Words, at: usize, greeks: Result<math::Greeks, math::MathError>) -> Option<()> {
    let greeks = greeks.ok()?;
    let [price, delta, gamma, vega, theta] = output.get_mut(at..)?.first_chunk_mut()?;
    *price = greeks.price;
    *delta = greeks.delta as u128;
    *gamma = greeks.spot_gamma;
    *vega = greeks.vega;
    *theta = greeks.theta as u128;
    Some(())
}

#[cfg(feature = "all")]
fn rest(input: &Words, output: &mut Words) -> Option<()> {
    let [function, a, b, c, d, e, f, ..] = *input;
    let curve = || math::DutchCurve {
        kappa: a as u64,
        floor: b as u64,
        cap: c as u64,
    };
    let value = match function {
        3 => math::exp_wad(a as i128).ok()?,
        4 => math::ln_wad(a).ok()? as u128,
        5 => math::sqrt_wad(a),
        6 => math::cbrt_wad(a),
        7 => math::normal_pdf(a as i128) as u128,
        8 => math::normal_cdf(a as i128) as u128,
        9 => math::normal_inverse_cdf(a as u64).ok()? as u128,
        10 => math::strike_from_delta(a, b as u64, c as u64, d as u64, e as i64).ok()?,
        11 => math::implied_volatility(a, b, c, d as u64, e as i64).ok()? as u128,
        12 => math::ewma_variance(a, b as i128, c as u64, d as u64).ok()?,
        13 => math::whalley_wilmott_band(a as u64, b, c, d, e as u64).ok()?,
        14 => math::dutch_multiplier(&curve(), d as u64, e as u64).ok()? as u128,
        15 => math::dutch_integral(&curve(), d as u64, e as u64, f as u64).ok()?,
        16 => {
            let put = math::put_greeks(a, b, c as u64, d as u64, e as i64).ok()?;
            output[2] = put.delta as u128;
            output[3] = put.spot_gamma;
            output[4] = put.vega;
            output[5] = put.theta as u128;
            put.price
        }
        17 => {
            let cap = (f != 0).then_some(f);
            let spread = math::capped_call(a, b, cap, c as u64, d as u64, e as i64).ok()?;
            output[2] = spread.delta as u128;
            output[3] = spread.spot_gamma as u128;
            output[4] = spread.vega as u128;
            output[5] = spread.theta as u128;
            spread.price
        }
        18 => {
            let greeks = math::Greeks {
                price: 0,
                delta: a as u64,
                spot_gamma: 0,
                vega: b,
                theta: 0,
            };
            math::minimum_variance_delta(&greeks, c, d as i64).ok()? as u128
        }
        19 => math::Strip::new(a, c as u64, d as u64, e as i64)
            .and_then(|strip| strip.discounted(b))
            .ok()?,
        _ => return None,
    };
    output[1] = value;
    Some(())
}
