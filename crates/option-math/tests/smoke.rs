use option_math::*;
#[test]
fn known_values() {
    let w = WAD;
    let g = greeks(
        100 * w,
        100 * w,
        200_000_000_000_000_000,
        YEAR_SECONDS,
        50_000_000_000_000_000,
    )
    .unwrap();
    println!("{g:?}");
    assert!(g.price.abs_diff(10_450_583_572_185_565_000) < 100_000);
    assert!(g.delta.abs_diff(636_830_651_175_619_000) < 100_000);
    println!(
        "{:?}",
        put_greeks(
            100 * w,
            100 * w,
            200_000_000_000_000_000,
            YEAR_SECONDS,
            50_000_000_000_000_000
        )
    );
    println!(
        "{:?} {:?} {:?}",
        exp_wad(w as i128),
        ln_wad(2 * w),
        sqrt_wad(2 * w)
    );
    println!(
        "{:?} {:?} {:?}",
        cbrt_wad(2 * w),
        normal_cdf(w as i128),
        normal_pdf(w as i128)
    );
    println!("{:?}", normal_inverse_cdf(975_000_000_000_000_000));
    println!(
        "{:?}",
        strike_from_delta(
            100 * w,
            g.delta,
            200_000_000_000_000_000,
            YEAR_SECONDS,
            50_000_000_000_000_000
        )
    );
    println!(
        "{:?}",
        implied_volatility(
            g.price,
            100 * w,
            100 * w,
            YEAR_SECONDS,
            50_000_000_000_000_000
        )
    );
    println!(
        "{:?}",
        ewma_variance(w, 10_000_000_000_000_000, 1800, 86400)
    );
    println!(
        "{:?}",
        whalley_wilmott_band(1_000_000_000_000_000, 2000 * w, w, 20000 * w, 2 * w as u64)
    );
    let c = DutchCurve {
        kappa: 2 * w as u64,
        floor: 800_000_000_000_000_000,
        cap: 1_500_000_000_000_000_000,
    };
    println!(
        "{:?} {:?}",
        dutch_multiplier(&c, 300_000_000_000_000_000, 200_000_000_000_000_000),
        dutch_integral(&c, 0, w as u64, 200_000_000_000_000_000)
    );
}
