//! WASM and native: the same bits, refusals included.

use option_math::*;

use devchain::Chain;
use option_math_measure::{Build, Probe, chain};

/// SplitMix64 (Steele, Lea and Flood 2014).
struct Random(u64);

impl Random {
    fn word(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Within `low..=high`, any magnitude as likely as any other; now and then anything at all.
    fn pick(&mut self, low: u128, high: u128) -> u128 {
        let wild = ((self.word() as u128) << 64 | self.word() as u128) >> (self.word() % 128);
        match self.word() % 24 {
            0 => wild,
            1 => low,
            2 => high,
            _ => {
                let bits = 128 - high.leading_zeros() as u64;
                (wild >> (128 - bits))
                    .wrapping_shr((self.word() % bits.max(1)) as u32)
                    .clamp(low, high)
            }
        }
    }
}

fn rounds(usual: u64) -> u64 {
    usual * std::env::var("OPTION_MATH_ROUNDS").map_or(1, |times| times.parse().expect("a number"))
}

fn market(random: &mut Random) -> [u128; 5] {
    let spot = random.pick(PRICE_MIN, PRICE_MAX);
    let strike = match random.word() % 2 {
        0 => random.pick(PRICE_MIN, PRICE_MAX),
        // Near the money, where the digits are.
        _ => (spot >> 8)
            .saturating_mul((random.word() % 512) as u128)
            .saturating_add((random.word() % 1000) as u128),
    };
    let vol = random.pick(VOLATILITY_MIN as u128, VOLATILITY_MAX as u128);
    let tenor = random.pick(0, TENOR_MAX as u128);
    let rate = random.pick(0, RATE_MAX as u128);
    [
        spot,
        strike,
        vol,
        tenor,
        if random.word().is_multiple_of(2) {
            rate
        } else {
            rate.wrapping_neg()
        },
    ]
}

fn expect((chain, probe): &(Chain, Probe), call: &[u128], native: Option<&[u128]>) {
    let output = probe.call(chain, call).words;
    match native {
        None => assert_eq!(output[0], 1, "{call:?} is refused"),
        Some(values) => {
            assert_eq!(output[0], 0, "{call:?} is answered");
            assert_eq!(&output[1..=values.len()], values, "{call:?}");
        }
    }
}

fn deployed() -> (Chain, Probe) {
    let mut chain = chain();
    let probe = Probe::deploy(&mut chain, Build::All);
    (chain, probe)
}

fn words(greeks: Greeks) -> [u128; 5] {
    let Greeks {
        price,
        delta,
        spot_gamma,
        vega,
        theta,
    } = greeks;
    [price, delta.into(), spot_gamma, vega, theta as u128]
}

#[test]
fn greeks_have_the_same_bits() {
    let probe = deployed();
    let mut random = Random(1);
    for _ in 0..rounds(3_000) {
        let [a, b, c, d, e] = market(&mut random);
        let native = greeks(a, b, c as u64, d as u64, e as i64).map(words);
        expect(
            &probe,
            &[1, a, b, c, d, e],
            native.ok().as_ref().map(|values| &values[..]),
        );

        let native = put_greeks(a, b, c as u64, d as u64, e as i64);
        let native = native.map(|g| {
            [
                g.price,
                g.delta as u128,
                g.spot_gamma,
                g.vega,
                g.theta as u128,
            ]
        });
        expect(
            &probe,
            &[16, a, b, c, d, e],
            native.ok().as_ref().map(|values| &values[..]),
        );

        // Eight strikes about this one, some of them outside the domain.
        let strikes: [u128; 8] = std::array::from_fn(|i| b / 4 * i as u128);
        let mut call = vec![2, a, 0, c, d, e];
        call.extend(strikes);
        let native = Strip::new(a, c as u64, d as u64, e as i64)
            .and_then(|strip| strikes.into_iter().map(|k| strip.greeks(k)).collect())
            .map(|all: Vec<Greeks>| all.into_iter().flat_map(words).collect::<Vec<_>>());
        expect(&probe, &call, native.ok().as_deref());

        let f = b.saturating_mul(2);
        let native = capped_call(a, b, (f != 0).then_some(f), c as u64, d as u64, e as i64);
        let native = native.map(|g| {
            [
                g.price,
                g.delta as u128,
                g.spot_gamma as u128,
                g.vega as u128,
                g.theta as u128,
            ]
        });
        expect(
            &probe,
            &[17, a, b, c, d, e, f],
            native.ok().as_ref().map(|values| &values[..]),
        );
    }
}

#[test]
fn functions_have_the_same_bits() {
    let probe = deployed();
    let mut random = Random(2);
    for _ in 0..rounds(1_000) {
        let x = random.pick(0, u128::MAX);
        let p = random.pick(1, WAD - 1);
        let [a, b, c, d, e] = market(&mut random);
        let curve = [
            random.pick(WAD / 100, 16 * WAD),
            random.pick(WAD / 1000, WAD),
            random.pick(WAD, 16 * WAD),
        ];
        let [from, to, elapsed] = [0; 3].map(|_: u8| random.pick(0, 2 * WAD));
        let dutch = DutchCurve {
            kappa: curve[0] as u64,
            floor: curve[1] as u64,
            cap: curve[2] as u64,
        };
        let moved = Greeks {
            price: 0,
            delta: p as u64,
            spot_gamma: 0,
            vega: x,
            theta: 0,
        };
        let calls: [(Vec<u128>, Option<u128>); 15] = [
            (
                vec![18, p, x, a, e],
                minimum_variance_delta(&moved, a, e as i64)
                    .ok()
                    .map(|delta| delta as u128),
            ),
            (
                vec![19, a, b, c, d, e],
                Strip::new(a, c as u64, d as u64, e as i64)
                    .and_then(|strip| strip.discounted(b))
                    .ok(),
            ),
            (vec![3, x], exp_wad(x as i128).ok()),
            (vec![4, x], ln_wad(x).ok().map(|y| y as u128)),
            (vec![5, x], Some(sqrt_wad(x))),
            (vec![6, x], Some(cbrt_wad(x))),
            (vec![7, x], Some(normal_pdf(x as i128) as u128)),
            (vec![8, x], Some(normal_cdf(x as i128) as u128)),
            (
                vec![9, p],
                normal_inverse_cdf(p as u64).ok().map(|y| y as u128),
            ),
            (
                vec![10, a, p, c, d, e],
                strike_from_delta(a, p as u64, c as u64, d as u64, e as i64).ok(),
            ),
            (
                vec![11, a / 20, a, b, d, e],
                implied_volatility(a / 20, a, b, d as u64, e as i64)
                    .ok()
                    .map(|vol| vol as u128),
            ),
            (
                vec![12, x, e, c, d],
                ewma_variance(x, e as i128, c as u64, d as u64).ok(),
            ),
            (
                vec![13, c, a, x, b, p],
                whalley_wilmott_band(c as u64, a, x, b, p as u64).ok(),
            ),
            (
                vec![14, curve[0], curve[1], curve[2], from, elapsed],
                dutch_multiplier(&dutch, from as u64, elapsed as u64)
                    .ok()
                    .map(|m| m as u128),
            ),
            (
                vec![15, curve[0], curve[1], curve[2], from, to, elapsed],
                dutch_integral(&dutch, from as u64, to as u64, elapsed as u64).ok(),
            ),
        ];
        for (call, native) in calls {
            expect(&probe, &call, native.as_ref().map(core::slice::from_ref));
        }
    }
}
