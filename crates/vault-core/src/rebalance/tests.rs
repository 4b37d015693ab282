use super::*;
use crate::policy::tests::weth_usdc;
use crate::quantity::{Pot, Quote};
use crate::solvency::Series;

const NOW: u64 = 1_700_000_000;

/// The rules of the usual policy, the vault hedged just now at `at(2_000)` with everything sold.
fn rules() -> Rules {
    let policy = weth_usdc();
    let state = HedgeState {
        time: NOW,
        price: Price(2_000 * WAD),
        volatility: 800_000_000_000_000_000,
        sold: Assets(10 * WAD),
        ..HedgeState::default()
    };
    Rules::new(policy.hedge, policy.risk, &policy.venue, state, NOW)
}

fn planned(book: &Book, market: &Market, rules: &Rules) -> Result<Plan, Refusal> {
    plan(book, market, rules, &Terms::FREE)
}

/// Ten options of 22 delta, the vault unhedged: exposure 7.8.
const LISTED: fn() -> [Series; 1] = || [series(2_200, 4_000, 10 * WAD)];

fn unhedged(series: &[Series]) -> Book<'_> {
    Book {
        vault: Pot {
            assets: Assets(10 * WAD),
            quote: Quote(300_000_000),
        },
        series,
        tenor_seconds: 604_800,
        units: units(),
    }
}

fn units() -> Units {
    Units::new(18, 6).expect("decimals")
}

fn series(strike: u128, cap: u128, sold: u128) -> Series {
    Series {
        strike: Price(strike * WAD),
        cap: Some(Price(cap * WAD)),
        sold: Assets(sold),
        ..Series::default()
    }
}

fn at(spot: u128) -> Market {
    Market {
        spot: Price(spot * WAD),
        volatility: 800_000_000_000_000_000,
        skew_bps: 0,
    }
}

fn apply(pot: Pot, trade: &Trade, out: u128) -> Pot {
    match trade.side {
        Side::Sell => Pot {
            assets: Assets(pot.assets.0 - trade.amount_in),
            quote: Quote(pot.quote.0 + out),
        },
        Side::Buy => Pot {
            assets: Assets(pot.assets.0 + out),
            quote: Quote(pot.quote.0 - trade.amount_in),
        },
    }
}

#[test]
fn sells_half_of_an_unhedged_vault_to_reach_one_half() {
    let book = Book {
        vault: Pot {
            assets: Assets(10 * WAD),
            quote: Quote(300_000_000),
        },
        series: &[series(2_200, 4_000, 10 * WAD)],
        tenor_seconds: 604_800,
        units: units(),
    };
    let plan = planned(&book, &at(2_000), &rules()).expect("trades");
    assert_eq!(plan.triggers, TRIGGER_DELTA);
    assert_eq!(plan.trade.side, Side::Sell);
    // Delta .22 of 10 options: exposure 7.8; NAV about 10; target 5.
    assert!(
        (27 * WAD / 10..29 * WAD / 10).contains(&plan.trade.assets.0),
        "{plan:?}"
    );
    assert_eq!(
        plan.deviation(plan.valuation.exposure),
        plan.trade.assets.0,
        "to the target"
    );
}

#[test]
fn stays_in_the_band_and_names_it() {
    let mut rules = rules();
    rules.hedge.target_weight_bps = 7_800;
    let book = Book {
        vault: Pot {
            assets: Assets(10 * WAD),
            quote: Quote(300_000_000),
        },
        series: &[series(2_200, 4_000, 10 * WAD)],
        tenor_seconds: 604_800,
        units: units(),
    };
    assert!(matches!(
        planned(&book, &at(2_000), &rules),
        Err(Refusal::InsideBand { .. })
    ));
    rules.hedge.enabled = false;
    rules.hedge.target_weight_bps = 0;
    assert!(matches!(
        planned(&book, &at(2_000), &rules),
        Err(Refusal::InsideBand { band: 0, .. })
    ));
}

#[test]
fn converts_leftover_quote_when_nothing_is_open() {
    let book = Book {
        vault: Pot {
            assets: Assets(WAD),
            quote: Quote(2_000_000_000),
        },
        series: &[],
        tenor_seconds: 0,
        units: units(),
    };
    let plan = planned(&book, &at(2_000), &rules()).expect("trades");
    assert_eq!(
        (plan.triggers, plan.trade.side),
        (TRIGGER_CONVERT, Side::Buy)
    );
    assert_eq!(
        (plan.trade.assets, plan.trade.amount_in),
        (Assets(WAD), 2_000_000_000),
        "all of it"
    );
    assert_eq!(plan.trade.min_out, WAD * 9_970 / 10_000);
    let dust = Book {
        vault: Pot {
            assets: Assets(WAD),
            quote: Quote(6_000_000),
        },
        ..book
    };
    assert!(matches!(
        planned(&dust, &at(2_000), &rules()),
        Err(Refusal::BelowMinimumTrade { .. })
    ));
}

#[test]
fn random_plans_stay_solvent_at_the_worst_price_and_move_closer() {
    let mut rng = fastrand::Rng::with_seed(11);
    let (mut sold, mut bought, mut clipped) = (0, 0, 0);
    for _ in 0..6_000 {
        let listed: Vec<Series> = (0..rng.usize(0..=8))
            .map(|_| {
                let strike = rng.u128(1_000..4_000);
                series(
                    strike,
                    strike * rng.u128(120..300) / 100,
                    rng.u128(0..3 * WAD),
                )
            })
            .collect();
        let vault = Pot {
            assets: Assets(rng.u128(0..12 * WAD)),
            quote: Quote(rng.u128(0..20_000_000_000)),
        };
        if solvency::check(vault, &listed, units()).is_err() {
            continue;
        }
        let mut rules = rules();
        rules.hedge.target_weight_bps = rng.u16(0..=10_000);
        rules.hedge.adaptive = rng.bool();
        rules.hedge.to_edge = rng.bool();
        rules.hedge.triggers = TRIGGER_DELTA | rng.u8(0..64);
        let book = Book {
            vault,
            series: &listed,
            tenor_seconds: rng.u64(1..700_000),
            units: units(),
        };
        let market = at(rng.u128(500..8_000));
        let Ok(plan) = planned(&book, &market, &rules) else {
            continue;
        };
        let after = apply(vault, &plan.trade, plan.trade.min_out);
        assert_eq!(solvency::check(after, &listed, units()), Ok(()), "{plan:?}");
        let worst = value(
            &Book {
                vault: after,
                ..book
            },
            &market,
        )
        .expect("values");
        assert!(
            plan.deviation(worst.exposure) < plan.deviation(plan.valuation.exposure),
            "closer: {plan:?}"
        );
        let lost = plan.valuation.nav.0.saturating_sub(worst.nav.0);
        let bound = plan.trade.assets.0 * 31 / 10_000 + 2_000_000_000;
        assert!(lost <= bound, "cost {lost} within the oracle bound {bound}");
        sold += u32::from(plan.trade.side == Side::Sell);
        bought += u32::from(plan.trade.side == Side::Buy);
        clipped += u32::from(
            plan.target
                != i128::try_from(
                    plan.valuation.nav.0 * u128::from(rules.hedge.target_weight_bps) / BPS,
                )
                .expect("fits"),
        );
    }
    assert!(
        sold > 300 && bought > 300 && clipped > 100,
        "all kinds: {sold} {bought} {clipped}"
    );
}

#[test]
fn each_trigger_holds_alone_and_only_when_the_policy_counts_it() {
    let listed = LISTED();
    let book = unhedged(&listed);
    // At its target within the widest band, so that DELTA does not hold.
    let mut quiet = rules();
    quiet.hedge.target_weight_bps = 7_500;
    quiet.hedge.band_bps = 5_000;
    quiet.hedge.triggers = 63;
    let holds =
        |market: Market, rules: &Rules| assess(&book, &market, rules).expect("values").triggers;
    assert_eq!(holds(at(2_000), &quiet), 0);

    let day = u64::from(quiet.hedge.interval_seconds);
    let after = |seconds| Rules {
        now: NOW + seconds,
        ..quiet
    };
    assert_eq!(holds(at(2_000), &after(day - 1)), 0);
    assert_eq!(holds(at(2_000), &after(day)), TRIGGER_TIME);

    assert_eq!(holds(at(2_059), &quiet), 0);
    assert_eq!(holds(at(2_060), &quiet), TRIGGER_PRICE);
    assert_eq!(holds(at(1_940), &quiet), TRIGGER_PRICE);

    let volatile = |volatility| Market {
        volatility,
        ..at(2_000)
    };
    assert_eq!(holds(volatile(879_999_999_999_999_999), &quiet), 0);
    assert_eq!(
        holds(volatile(880_000_000_000_000_000), &quiet),
        TRIGGER_EVENT
    );
    let mut sold = quiet;
    // 5 % of a net asset value of about ten, less what is owed: half an asset's options.
    sold.state.sold = Assets(10 * WAD - WAD * 48 / 100);
    assert_eq!(holds(at(2_000), &sold), 0);
    sold.state.sold = Assets(10 * WAD - WAD * 52 / 100);
    assert_eq!(holds(at(2_000), &sold), TRIGGER_EVENT);

    let mut risky = quiet;
    risky.risk.gamma_bps = 1;
    assert_eq!(
        holds(at(2_000), &risky),
        TRIGGER_DELTA | TRIGGER_RISK,
        "beyond the budget the band is 0"
    );
    let mut edge = quiet;
    edge.hedge.band_bps = 10;
    assert_eq!(holds(at(2_000), &edge), TRIGGER_DELTA);

    for bit in [TRIGGER_TIME, TRIGGER_PRICE, TRIGGER_EVENT, TRIGGER_RISK] {
        let mut without = after(day);
        without.risk.gamma_bps = 1;
        without.state.sold = Assets::ZERO;
        without.hedge.triggers = 63 & !bit & !TRIGGER_DELTA;
        let all = 63 & !TRIGGER_CONVERT & !TRIGGER_DELTA;
        assert_eq!(holds(at(2_200), &without), all & !bit);
    }
}

#[test]
fn to_the_edge_of_the_band_or_to_the_target() {
    let listed = LISTED();
    let book = unhedged(&listed);
    let mut rules = rules();
    let whole = planned(&book, &at(2_000), &rules).expect("trades");
    rules.hedge.to_edge = true;
    let part = planned(&book, &at(2_000), &rules).expect("trades");
    assert_eq!(part.band, whole.band);
    assert_eq!(part.trade.assets.0 + part.band, whole.trade.assets.0);
    // Time alone does not take it to the edge it is inside of.
    rules.hedge.band_bps = 5_000;
    rules.hedge.triggers = 63;
    rules.now += 10_000_000;
    assert!(matches!(
        planned(&book, &at(2_000), &rules),
        Err(Refusal::InsideBand { .. })
    ));
}

#[test]
fn the_adaptive_band_is_that_of_the_book_and_bounded() {
    let listed = LISTED();
    let book = unhedged(&listed);
    let mut rules = rules();
    rules.hedge.adaptive = true;
    rules.hedge.band_bps = 5_000;
    let assessment = assess(&book, &at(2_000), &rules).expect("values");
    // (3/2 · k · Γ$² · NAV / γ)^⅓ with k = 5 bp, γ = 5, in floating point.
    let (gamma, nav) = (
        assessment.valuation.spot_gamma as f64 / 1e18,
        assessment.valuation.nav.0 as f64 / 1e18,
    );
    let expected = (1.5 * 5e-4 * gamma * gamma * nav / 5.0).cbrt();
    let band = assessment.band as f64 / 1e18;
    assert!((band / expected - 1.0).abs() < 1e-9, "{band} {expected}");
    assert!(band > 0.5 && band < 2.0, "{band}");
    rules.hedge.band_bps = 100;
    let bounded = assess(&book, &at(2_000), &rules).expect("values");
    assert_eq!(bounded.band, bounded.valuation.nav.0 / 100);
}

#[test]
fn the_adaptive_band_narrows_up_to_the_largest_risk_aversion() {
    let listed = LISTED();
    let mut rules = rules();
    rules.hedge.adaptive = true;
    rules.hedge.band_bps = 5_000;
    let mut band = |risk_aversion_bps| {
        rules.hedge.risk_aversion_bps = risk_aversion_bps;
        let assessed = assess(&unhedged(&listed), &at(2_000), &rules).expect("assessed");
        assessed.band
    };
    // γ = 10 and 1 000, the most a policy may have: widths are as 100^⅓.
    let ratio = band(100_000) * 1_000 / band(10_000_000);
    assert!((4_641..=4_642).contains(&ratio), "{ratio}");
}

#[test]
fn a_trade_that_is_not_worth_its_cost_is_refused_with_both() {
    let listed = LISTED();
    let book = unhedged(&listed);
    let mut rules = rules();
    rules.hedge.gate_bps = 10_000;
    let terms = |fixed: u128| Terms {
        proportional: fee_wad(500),
        depth: Some(Assets(10_000 * WAD)),
        fixed: Assets(fixed),
        most: Assets(u128::MAX),
    };
    let plan = super::plan(&book, &at(2_000), &rules, &terms(0)).expect("worth it");
    let q = plan.trade.assets.0 as f64 / 1e18;
    let cost = plan.cost.0 as f64 / 1e18;
    assert!((cost / (q * 5e-4 + q * q / 20_000.0) - 1.0).abs() < 1e-9);
    // ½ γ σ² h / NAV · D² over a day, D = q.
    let nav = plan.valuation.nav.0 as f64 / 1e18;
    let worth = 0.5 * 5.0 * 0.64 / 365.0 / nav * q * q;
    let free = worth - cost;
    let fixed = |x: f64| terms((x * 1e18) as u128);
    assert!(super::plan(&book, &at(2_000), &rules, &fixed(free * 0.9999)).is_ok());
    let refused = super::plan(&book, &at(2_000), &rules, &fixed(free * 1.0001));
    let Err(Refusal::NotWorthIt { benefit, asked }) = refused else {
        panic!("{refused:?}");
    };
    assert!((benefit as f64 / 1e18 / worth - 1.0).abs() < 1e-9 && asked > benefit);
    // Conversion for depositors is not gated.
    let settled = Book {
        series: &[],
        vault: Pot {
            assets: Assets(WAD),
            quote: Quote(2_000_000_000),
        },
        ..book
    };
    assert!(super::plan(&settled, &at(2_000), &rules, &terms(WAD)).is_ok());
}

#[test]
fn a_venue_bounds_the_trade_and_too_small_a_rest_is_none() {
    let listed = LISTED();
    let book = unhedged(&listed);
    let rules = rules();
    let most = |most: u128| Terms {
        most: Assets(most),
        ..Terms::FREE
    };
    let plan = super::plan(&book, &at(2_000), &rules, &most(WAD)).expect("trades");
    assert_eq!(plan.trade.assets, Assets(WAD));
    assert!(matches!(
        super::plan(&book, &at(2_000), &rules, &most(WAD / 100 - 1)),
        Err(Refusal::BelowMinimumTrade { trade, minimum }) if trade + 1 == minimum
    ));
}

#[test]
fn skew_moves_the_exposure_that_is_hedged() {
    let listed = LISTED();
    let book = unhedged(&listed);
    let mut rules = rules();
    rules.hedge.skew_bps = 5_000;
    rules.hedge.skew_down = true;
    let market = Market::new(Price(2_000 * WAD), 800_000_000_000_000_000, &rules.hedge);
    let skewed = planned(&book, &market, &rules).expect("trades");
    let plain = planned(&book, &at(2_000), &rules).expect("trades");
    // Volatility that falls as the price rises makes a short call lose less: more is sold.
    assert!(skewed.trade.assets > plain.trade.assets);
}

#[test]
fn random_states_never_set_a_trigger_without_something_to_trade() {
    let mut rng = fastrand::Rng::with_seed(12);
    let mut seen = 0;
    for _ in 0..4_000 {
        let listed = [series(rng.u128(1_500..3_000), 6_000, rng.u128(0..10 * WAD))];
        let book = Book {
            vault: Pot {
                assets: Assets(rng.u128(WAD..12 * WAD)),
                quote: Quote(rng.u128(0..20_000_000_000)),
            },
            tenor_seconds: rng.u64(0..700_000),
            ..unhedged(&listed)
        };
        let mut rules = rules();
        rules.hedge.triggers = rng.u8(0..64);
        rules.hedge.adaptive = rng.bool();
        rules.hedge.to_edge = rng.bool();
        rules.hedge.target_weight_bps = rng.u16(0..=10_000);
        rules.risk.gamma_bps = rng.u16(0..300);
        rules.now += rng.u64(0..200_000);
        let assessment = assess(&book, &at(rng.u128(1_000..5_000)), &rules).expect("values");
        let deviation = assessment.deviation(assessment.valuation.exposure);
        if assessment.triggers != 0 {
            assert!(assessment.wanted.0 >= rules.min_trade && assessment.wanted.0 <= deviation);
            assert_eq!(assessment.triggers & !rules.hedge.triggers, 0);
            seen |= assessment.triggers;
        }
    }
    assert_eq!(seen, 63 & !TRIGGER_CONVERT, "every trigger was met");
}
