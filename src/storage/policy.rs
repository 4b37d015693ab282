//! The policy, in force and announced: its fields packed in the order of the Solidity struct.

use vault_core::{Policy, policy};

use super::{at, slot, store_deposit_bounds};
use crate::host::{load, store};
use crate::word::{Bits, Packed, Word};

/// Set on the width of a field that begins a new half of a word. A group begins a new word.
const NEW: u8 = 0x80;

/// Width of each field in bits, in the order of the Solidity struct.
pub const WIDTHS: [u8; 89] = [
    // Opening, two words: eight deltas; eight times days, uncapped, moneyness, size, cap; tick, keeper budget; window, tenor, smallest vault.
    NEW | 16,
    16,
    16,
    16,
    16,
    16,
    16,
    16,
    NEW | 8,
    8,
    8,
    8,
    8,
    8,
    8,
    8,
    8,
    16,
    16,
    24,
    NEW | 50,
    78,
    NEW | 24,
    24,
    80,
    // Risk and market, one word: gamma, vega, theta; margins, cutoff; ages of spot and settlement, sequencer grace, age of the quote.
    NEW | 16,
    16,
    16,
    16,
    16,
    32,
    NEW | 32,
    32,
    32,
    32,
    // Volatility: half-life, premium; floor, cap.
    NEW | 32,
    16,
    NEW | 62,
    62,
    // Sale: steepness, lead, floor; cap, fee, spread, quota.
    NEW | 64,
    16,
    16,
    NEW | 24,
    16,
    16,
    16,
    // Hedge: enabled, weight, triggers, adaptive, to the edge, band, aversion, gate, skew, its sign; horizon, interval, move, book, volatility, slippage,
    // largest trade.
    NEW | 1,
    16,
    8,
    1,
    1,
    16,
    24,
    16,
    16,
    1,
    NEW | 24,
    24,
    16,
    16,
    16,
    16,
    16,
    // Venue: fee tiers, mean, bounds; fill, smallest trade.
    NEW | 24,
    24,
    24,
    24,
    16,
    16,
    NEW | 16,
    16,
    16,
    80,
    // Keeper, two words: gas; bonus, data; cap; base fee, asset per native.
    NEW | 24,
    24,
    24,
    24,
    NEW | 16,
    24,
    16,
    NEW | 88,
    NEW | 48,
    80,
    // Roll: grace; dust.
    NEW | 32,
    NEW | 112,
    // Shares: smallest deposit, fees; cap.
    NEW | 96,
    16,
    16,
    NEW | 112,
];

/// Words that the fields take.
const POLICY_WORDS: u128 = 11;

/// Number of fields.
pub const FIELDS: usize = WIDTHS.len();

/// A group of fields: its first word and field.
mod group {
    use super::slot::POLICY;

    pub const OPENING: (u128, usize) = (POLICY, 0);
    /// The budgets of risk and what prices are trusted share a word.
    pub const MARKET: (u128, usize) = (POLICY + 2, 25);
    pub const VOLATILITY: (u128, usize) = (POLICY + 3, 35);
    pub const SALE: (u128, usize) = (POLICY + 4, 39);
    pub const HEDGE: (u128, usize) = (POLICY + 5, 46);
    pub const VENUE: (u128, usize) = (POLICY + 6, 63);
    pub const KEEPER: (u128, usize) = (POLICY + 7, 73);
    pub const ROLL: (u128, usize) = (POLICY + 9, 83);
    pub const SHARES: (u128, usize) = (POLICY + 10, 85);
}

/// Reads fields from the first of a group on.
#[inline(never)]
#[expect(
    clippy::arithmetic_side_effects,
    reason = "as many words as a policy has"
)]
fn unpack((mut slot, first): (u128, usize), fields: &mut [u128]) {
    let (mut bits, mut low) = (Bits(0), None);
    for (field, width) in fields.iter_mut().zip(WIDTHS.iter().skip(first)) {
        if width & NEW != 0 {
            bits = Bits(low.take().unwrap_or_else(|| {
                let word = load(at(slot));
                slot += 1;
                low = Some(word.lo);
                word.hi
            }));
        }
        *field = bits.take(u32::from(width & !NEW));
    }
}

/// Writes all fields of the policy in force, after the pair of tokens.
pub fn store_policy(fields: &[u128; FIELDS]) {
    store_fields(slot::POLICY, fields);
    store_deposit_bounds();
}

/// Writes all fields of an announced policy, and when it was announced.
pub fn announce_policy(fields: &[u128; FIELDS], now: u64) {
    store_fields(slot::ANNOUNCED, fields);
    store(at(slot::ANNOUNCED + POLICY_WORDS), Word::from(now));
}

/// When a policy was announced that is not in force yet, Unix seconds; 0 for none.
#[inline(never)]
pub fn announced_at() -> u64 {
    load(at(slot::ANNOUNCED + POLICY_WORDS)).lo as u64
}

/// All fields of the policy announced last.
pub fn announced_fields() -> [u128; FIELDS] {
    let mut fields = [0; FIELDS];
    unpack((slot::ANNOUNCED, 0), &mut fields);
    fields
}

/// Puts the announced policy into force.
#[expect(clippy::arithmetic_side_effects, reason = "numbers of slots, below 64")]
pub fn apply_announced() {
    for word in 0..POLICY_WORDS {
        store(at(slot::POLICY + word), load(at(slot::ANNOUNCED + word)));
    }
    store(at(slot::ANNOUNCED + POLICY_WORDS), Word::ZERO);
    store_deposit_bounds();
}

#[inline(never)]
#[expect(
    clippy::arithmetic_side_effects,
    reason = "as many halves as a policy has"
)]
fn store_fields(mut slot: u128, fields: &[u128; FIELDS]) {
    let (mut word, mut packed, mut halves) = (Word::ZERO, Packed::default(), 0);
    for (field, width) in fields.iter().zip(WIDTHS) {
        if width & NEW != 0 && halves > 0 {
            finish_half(&mut slot, &mut word, &packed, halves);
            packed = Packed::default();
        }
        halves += usize::from(width & NEW != 0);
        packed = packed.put(*field, u32::from(width & !NEW));
    }
    finish_half(&mut slot, &mut word, &packed, halves);
}

/// Puts the half of number `halves`, from 1, into its word, and stores a word that is full.
#[expect(
    clippy::arithmetic_side_effects,
    reason = "as many words as a policy has"
)]
fn finish_half(slot: &mut u128, word: &mut Word, half: &Packed, halves: usize) {
    if halves % 2 == 1 {
        word.hi = half.bits();
    } else {
        word.lo = half.bits();
        store(at(*slot), *word);
        *slot += 1;
    }
}

/// All fields, for the view.
pub fn policy_fields() -> [u128; FIELDS] {
    let mut fields = [0; FIELDS];
    unpack(group::OPENING, &mut fields);
    fields
}

/// What an epoch lists: two words.
#[inline(never)]
pub fn opening_policy() -> policy::Opening {
    let mut fields = [0; 25];
    unpack(group::OPENING, &mut fields);
    opening_of(&fields)
}

fn risk_and_market() -> [u128; 10] {
    let mut fields = [0; 10];
    unpack(group::MARKET, &mut fields);
    fields
}

/// Whether a budget of risk is set: they are the first 48 bits of the word of [`market_policy`].
pub fn has_budgets() -> bool {
    let (slot, _) = group::MARKET;
    load(at(slot)).hi & 0xffff_ffff_ffff != 0
}

/// How far the book may move: in the word of [`market_policy`].
#[inline(never)]
pub fn risk_policy() -> policy::Risk {
    risk_of(&risk_and_market())
}

/// What prices are trusted: a word.
#[inline(never)]
pub fn market_policy() -> policy::Market {
    market_of(&risk_and_market())
}

/// How volatility is estimated: a word.
#[inline(never)]
pub fn volatility_policy() -> policy::Volatility {
    let mut fields = [0; 4];
    unpack(group::VOLATILITY, &mut fields);
    volatility_of(&fields)
}

/// What options cost: a word.
#[inline(never)]
pub fn sale_policy() -> policy::Sale {
    let mut fields = [0; 7];
    unpack(group::SALE, &mut fields);
    sale_of(&fields)
}

/// When and how far to hedge: a word.
pub fn hedge_policy() -> policy::Hedge {
    let mut fields = [0; 17];
    unpack(group::HEDGE, &mut fields);
    hedge_of(&fields)
}

/// Where to hedge: a word.
#[inline(never)]
pub fn venue_policy() -> policy::Venue {
    let mut fields = [0; 10];
    unpack(group::VENUE, &mut fields);
    venue_of(&fields)
}

/// What keepers earn: two words.
pub fn keeper_policy() -> policy::Keeper {
    let mut fields = [0; 10];
    unpack(group::KEEPER, &mut fields);
    keeper_of(&fields)
}

/// When an epoch may end: a word.
#[inline(never)]
pub fn roll_policy() -> policy::Roll {
    let mut fields = [0; 2];
    unpack(group::ROLL, &mut fields);
    roll_of(&fields)
}

/// What may be deposited, and fees: a word.
#[inline(never)]
pub fn shares_policy() -> policy::Shares {
    let mut fields = [0; 4];
    unpack(group::SHARES, &mut fields);
    shares_of(&fields)
}

/// The policy that fields make.
pub fn policy_of(fields: &[u128; FIELDS]) -> Policy {
    let mut rest: &[u128] = fields;
    Policy {
        opening: opening_of(take(&mut rest)),
        // Both from the fields of the two.
        risk: risk_of(rest.first_chunk().unwrap_or(&[0; 10])),
        market: market_of(take(&mut rest)),
        volatility: volatility_of(take(&mut rest)),
        sale: sale_of(take(&mut rest)),
        hedge: hedge_of(take(&mut rest)),
        venue: venue_of(take(&mut rest)),
        keeper: keeper_of(take(&mut rest)),
        roll: roll_of(take(&mut rest)),
        shares: shares_of(take(&mut rest)),
    }
}

/// The next `N` fields; the groups are as long as all fields together.
fn take<'a, const N: usize>(rest: &mut &'a [u128]) -> &'a [u128; N] {
    match rest.split_first_chunk() {
        Some((first, others)) => {
            *rest = others;
            first
        }
        None => &[0; N],
    }
}

fn opening_of(fields: &[u128; 25]) -> policy::Opening {
    let mut rest: &[u128] = fields;
    let deltas: &[u128; 8] = take(&mut rest);
    let days: &[u128; 8] = take(&mut rest);
    let [
        uncapped,
        moneyness,
        size,
        cap,
        tick,
        budget,
        open,
        tenor,
        smallest,
    ] = *take(&mut rest);
    policy::Opening {
        target_deltas: deltas.map(|delta| delta as u16),
        early_days: days.map(|days| days as u8),
        uncapped: uncapped as u8,
        min_moneyness_bps: moneyness as u16,
        size_bps: size as u16,
        cap_bps: cap as u32,
        strike_tick: tick as u64,
        keeper_budget: budget,
        open_seconds: open as u32,
        min_tenor_seconds: tenor as u32,
        min_assets: smallest,
    }
}

fn risk_of([gamma, vega, theta, ..]: &[u128; 10]) -> policy::Risk {
    policy::Risk {
        gamma_bps: *gamma as u16,
        vega_bps: *vega as u16,
        theta_bps: *theta as u16,
    }
}

fn market_of(
    [_, _, _, spot, margin, cutoff, age, settle, grace, quote]: &[u128; 10],
) -> policy::Market {
    policy::Market {
        spot_margin_bps: *spot as u16,
        volatility_margin_bps: *margin as u16,
        sale_cutoff_seconds: *cutoff as u32,
        max_age_seconds: *age as u32,
        settle_max_age_seconds: *settle as u32,
        sequencer_grace_seconds: *grace as u32,
        quote_max_age_seconds: *quote as u32,
    }
}

fn volatility_of([half_life, premium, floor, cap]: &[u128; 4]) -> policy::Volatility {
    policy::Volatility {
        half_life_seconds: *half_life as u32,
        premium_bps: *premium as u16,
        floor: *floor as u64,
        cap: *cap as u64,
    }
}

fn sale_of([kappa, lead, floor, cap, fee, spread, quota]: &[u128; 7]) -> policy::Sale {
    policy::Sale {
        kappa: *kappa as u64,
        lead_bps: *lead as u16,
        floor_bps: *floor as u16,
        cap_bps: *cap as u32,
        fee_bps: *fee as u16,
        spread_bps: *spread as u16,
        quota_bps: *quota as u16,
    }
}

fn hedge_of(fields: &[u128; 17]) -> policy::Hedge {
    let [
        enabled,
        weight,
        triggers,
        adaptive,
        to_edge,
        band,
        aversion,
        gate,
        skew,
        skew_down,
        horizon,
        interval,
        moved,
        book,
        volatility,
        slippage,
        largest,
    ] = *fields;
    policy::Hedge {
        enabled: enabled != 0,
        target_weight_bps: weight as u16,
        triggers: triggers as u8,
        adaptive: adaptive != 0,
        to_edge: to_edge != 0,
        band_bps: band as u16,
        risk_aversion_bps: aversion as u32,
        gate_bps: gate as u16,
        skew_bps: skew as u16,
        skew_down: skew_down != 0,
        horizon_seconds: horizon as u32,
        interval_seconds: interval as u32,
        move_bps: moved as u16,
        book_bps: book as u16,
        volatility_bps: volatility as u16,
        max_slippage_bps: slippage as u16,
        max_trade_bps: largest as u16,
    }
}

fn venue_of(fields: &[u128; 10]) -> policy::Venue {
    let [
        a,
        b,
        c,
        twap,
        twap_bound,
        oracle_bound,
        start,
        growth,
        most,
        smallest,
    ] = *fields;
    policy::Venue {
        fee_tiers: [a as u32, b as u32, c as u32],
        twap_seconds: twap as u32,
        twap_bound_bps: twap_bound as u16,
        oracle_bound_bps: oracle_bound as u16,
        fill_start_bps: start as u16,
        fill_growth_bps: growth as u16,
        fill_max_bps: most as u16,
        min_trade: smallest,
    }
}

fn keeper_of(fields: &[u128; 10]) -> policy::Keeper {
    let [
        swap,
        fill,
        observe,
        settle,
        bonus,
        seconds,
        bytes,
        cap,
        fee,
        native,
    ] = *fields;
    policy::Keeper {
        swap_gas: swap as u32,
        fill_gas: fill as u32,
        observe_gas: observe as u32,
        settle_gas: settle as u32,
        bonus_bps: bonus as u16,
        bonus_seconds: seconds as u32,
        l1_bytes: bytes as u16,
        reward_cap: cap,
        max_base_fee: fee as u64,
        asset_per_native: native,
    }
}

fn roll_of(fields: &[u128; 2]) -> policy::Roll {
    let [grace, dust] = *fields;
    policy::Roll {
        grace_seconds: grace as u32,
        dust_quote: dust,
    }
}

fn shares_of(fields: &[u128; 4]) -> policy::Shares {
    let [smallest, management, performance, cap] = *fields;
    policy::Shares {
        min_deposit: smallest,
        management_fee_bps: management as u16,
        performance_fee_bps: performance as u16,
        deposit_cap: cap,
    }
}
