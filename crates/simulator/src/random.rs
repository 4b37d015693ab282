//! Random numbers. Path number i of a seed is the same whatever the number of paths, threads or other markets.

use fastrand::Rng;

/// The generator of one path.
///
/// Seeds are spread by the finaliser of splitmix64 (Steele, Lea, Flood 2014), so that neighbouring seeds and paths share nothing.
#[must_use]
pub fn generator(seed: u64, path: u64) -> Rng {
    Rng::with_seed(spread(spread(seed) ^ path))
}

fn spread(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

/// A standard normal number (Box and Muller 1958; the cosine branch alone, so that a path's n-th number depends on n only).
pub fn normal(rng: &mut Rng) -> f64 {
    // (0, 1]: the logarithm is finite.
    let radius = (-2.0 * (1.0 - rng.f64()).ln()).sqrt();
    radius * (std::f64::consts::TAU * rng.f64()).cos()
}

/// A Poisson number of small mean, by inversion (Knuth, volume 2, 3.4.1).
pub fn poisson(rng: &mut Rng, mean: f64) -> u32 {
    let floor = (-mean).exp();
    let (mut count, mut product) = (0, rng.f64());
    while product > floor {
        count += 1;
        product *= rng.f64();
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normals_have_the_moments_of_normals() {
        let mut rng = generator(1, 0);
        let n = 400_000;
        let sums = (0..n).fold([0.0; 4], |mut sums, _| {
            let x = normal(&mut rng);
            for (sum, power) in sums.iter_mut().zip(1..) {
                *sum += x.powi(power);
            }
            sums
        });
        let [mean, square, cube, fourth] = sums.map(|sum| sum / f64::from(n));
        // Four standard errors: 1, √2, √15, √96 over √n.
        let error = 4.0 / f64::from(n).sqrt();
        assert!(mean.abs() < error, "{mean}");
        assert!((square - 1.0).abs() < error * 2_f64.sqrt(), "{square}");
        assert!(cube.abs() < error * 15_f64.sqrt(), "{cube}");
        assert!((fourth - 3.0).abs() < error * 96_f64.sqrt(), "{fourth}");
    }

    #[test]
    fn poisson_numbers_have_mean_and_variance_alike() {
        let mut rng = generator(2, 0);
        let (n, mean) = (400_000, 0.7);
        let (sum, squares) = (0..n).fold((0.0, 0.0), |(sum, squares), _| {
            let x = f64::from(poisson(&mut rng, mean));
            (sum + x, squares + x * x)
        });
        let got = sum / f64::from(n);
        let variance = squares / f64::from(n) - got * got;
        let error = 4.0 * (mean / f64::from(n)).sqrt();
        assert!((got - mean).abs() < error, "{got}");
        assert!((variance - mean).abs() < 3.0 * error, "{variance}");
    }

    #[test]
    fn seeds_and_paths_give_other_numbers_and_the_same_ones_again() {
        let first = |seed, path| normal(&mut generator(seed, path));
        assert_eq!(first(1, 0).to_bits(), first(1, 0).to_bits());
        assert_ne!(first(1, 0).to_bits(), first(1, 1).to_bits());
        assert_ne!(first(1, 1).to_bits(), first(2, 1).to_bits());
    }
}
