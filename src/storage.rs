//! What the vault remembers, word by word. A cold word costs 2 100 gas to read and 2 900 to 20 000 to change, so fields that are used
//! together share a word. Widths are in bits, from the least significant; each word's sum is at most 256.

use alloy_primitives::Address;
use vault_core::greeks::Mark;
use vault_core::policy;
use vault_core::policy::PRICE_STEP;
use vault_core::queue::Queue;
use vault_core::rebalance::HedgeState;
use vault_core::settlement::RoundId;
use vault_core::solvency::{self, Backing};
use vault_core::volatility::Estimate;
use vault_core::{Assets, Policy, Pot, Price, Quote, Series, Shares};

use crate::errors::fail;
use crate::host::{keccak, load, store};
use crate::word::{Bits, Packed, Word};
use crate::{MAX_SERIES, Result};

/// Fixed slots.
mod slot {
    pub const ASSET: u128 = 0;
    pub const QUOTE: u128 = 1;
    pub const FEED: u128 = 2;
    pub const ROUTER: u128 = 4;
    pub const NAME: u128 = 5;
    pub const SYMBOL: u128 = 6;
    pub const EPOCH: u128 = 7;
    pub const OPENED: u128 = 8;
    pub const VAULT: u128 = 9;
    pub const QUEUE: u128 = 10;
    pub const OWNER: u128 = 11;
    pub const PENDING_OWNER: u128 = 12;
    pub const GUARDIAN: u128 = 13;
    pub const FEE_RECIPIENT: u128 = 14;
    pub const HIGH_WATER: u128 = 15;
    /// Six buckets from here.
    pub const BUCKETS: u128 = 16;
    pub const QUOTE_FEED: u128 = 22;
    pub const VOLATILITY: u128 = 23;
    pub const QUOTE_PRICE: u128 = 24;
    pub const GRID_PHASES: u128 = 25;
    pub const EXTENSION: u128 = 26;
    pub const FACTORY: u128 = 27;
    pub const HEDGE: u128 = 28;
    pub const FRICTION: u128 = 29;
    /// Eleven words of policy from here.
    pub const POLICY: u128 = 32;
    /// Eleven words of the announced policy from here, then the time it was announced.
    pub const ANNOUNCED: u128 = 48;
}

/// Upper half of the slots that an epoch and series number index: they meet neither the fixed slots nor a hash.
mod region {
    pub const SERIES: u128 = 1;
    pub const GREEKS: u128 = 2;
    pub const PAYOUT: u128 = 3;
    pub const DEPOSITED: u128 = 4;
    pub const REDEEMED: u128 = 5;
    pub const REDEEMED_FOR: u128 = 6;
    pub const TERMS: u128 = 7;
}

/// What tells the mappings apart: it lies above an address in one of the two words that are hashed. The first word is the holder's address
/// with a tag, the second the other half of the key.
mod mapping {
    pub const SHARES: u128 = 1;
    pub const CREDIT: u128 = 2;
    pub const OPTIONS: u128 = 3;
    pub const SHARE_ALLOWANCE: u128 = 4;
    pub const OPTION_ALLOWANCE: u128 = 5;
    pub const OPERATOR: u128 = 6;
    pub const DEPOSIT_REQUEST: u128 = 7;
    pub const REDEEM_REQUEST: u128 = 8;
    pub const NONCE: u128 = 9;
}

fn entry(tag: u128, holder: &Address, key: Word) -> Word {
    keccak(Word::with_address(tag, holder), key)
}

fn at(slot: u128) -> Word {
    Word::from(slot)
}

// --- Configuration, written once by the constructor ---

/// The asset: address 160, decimals 8, quote's decimals 8; above them, bounds of deposits: smallest 8, cap 8.
#[derive(Clone, Copy)]
pub struct Pair {
    /// The underlying.
    pub asset: Address,
    /// Its decimals.
    pub asset_decimals: u8,
    /// The quote token's decimals.
    pub quote_decimals: u8,
}

impl Pair {
    /// Reads the word.
    #[inline(never)]
    pub fn load() -> Self {
        let word = load(at(slot::ASSET));
        let mut bits = Bits(word.above_address());
        Self {
            asset: word.address(),
            asset_decimals: bits.take(8) as u8,
            quote_decimals: bits.take(8) as u8,
        }
    }

    /// Writes the word.
    pub fn store(&self) {
        let above = Packed::default()
            .put(self.asset_decimals.into(), 8)
            .put(self.quote_decimals.into(), 8);
        store(
            at(slot::ASSET),
            Word::with_address(above.bits(), &self.asset),
        );
    }

    /// How amounts of the two convert.
    #[inline(never)]
    pub fn units(&self) -> Result<vault_core::Units> {
        vault_core::Units::new(self.asset_decimals, self.quote_decimals)
            .ok_or_else(fail::AmountTooLarge)
    }
}

/// The policy's [`policy::Shares::bounds`], beside the asset's address, which every deposit reads: the policy's own word would be 2 100 gas more.
#[inline(never)]
pub fn deposit_bounds() -> u16 {
    (load(at(slot::ASSET)).above_address() >> 16) as u16
}

/// Writes the bounds of the policy in force beside the asset's address, which must be there.
fn store_deposit_bounds() {
    let word = load(at(slot::ASSET));
    let above = Packed::default()
        .put(word.above_address() & 0xffff, 16)
        .put(shares_policy().bounds().into(), 16);
    let word = Word::with_address(above.bits(), &word.address());
    store(at(slot::ASSET), word);
}

/// The quote token.
#[inline(never)]
pub fn quote_token() -> Address {
    load(at(slot::QUOTE)).address()
}

/// How amounts of the two tokens convert: beside the quote token, which every trade reads.
#[inline(never)]
pub fn units() -> Result<vault_core::Units> {
    let mut above = Bits(load(at(slot::QUOTE)).above_address());
    let [asset, quote] = [0, 1].map(|_| above.take(8) as u8);
    vault_core::Units::new(asset, quote).ok_or_else(fail::AmountTooLarge)
}

/// The feed of the asset's price: address and its decimals.
#[inline(never)]
pub fn feed() -> (Address, u8) {
    let word = load(at(slot::FEED));
    (word.address(), word.above_address() as u8)
}

/// The feed of the quote's price: address and its decimals; zero where the quote is taken at par with the dollar.
#[inline(never)]
pub fn quote_feed() -> (Address, u8) {
    if load(at(slot::QUOTE)).above_address() & HAS_FEED == 0 {
        return (Address::ZERO, 0);
    }
    let word = load(at(slot::QUOTE_FEED));
    (word.address(), word.above_address() as u8)
}

/// Beside the quote token: set where its price has a feed.
const HAS_FEED: u128 = 1 << 16;
/// How many bits of the sequencer's address are beside the feed's; the rest is beside the quote token.
const SEQUENCER_LOW: u32 = 88;

/// The volatility that options are priced with, annualised, 18 decimals.
pub fn volatility() -> u64 {
    estimate().volatility
}

/// Where the estimate of volatility stands. hi: price 96, point 32; lo: variance 64, volatility 64.
#[inline(never)]
pub fn estimate() -> Estimate {
    let word = load(at(slot::VOLATILITY));
    Estimate {
        variance: (word.lo >> 64) as u64,
        volatility: word.lo as u64,
        point: (word.hi as u32).into(),
        price: Price(word.hi >> 32),
    }
}

/// Writes where the estimate of volatility stands.
#[inline(never)]
pub fn store_estimate(estimate: &Estimate) {
    let word = Word {
        hi: estimate.price.0 << 32 | u128::from(estimate.point as u32),
        lo: u128::from(estimate.variance) << 64 | u128::from(estimate.volatility),
    };
    store(at(slot::VOLATILITY), word);
}

/// Phases of the asset's and the quote's feed that the last point of the grid was read in.
pub fn grid_phases() -> [u16; 2] {
    let bits = load(at(slot::GRID_PHASES)).lo;
    [bits as u16, (bits >> 16) as u16]
}

/// Writes the phases that the last point of the grid was read in.
pub fn store_grid_phases([asset, quote]: [u16; 2]) {
    let bits = u128::from(asset) | u128::from(quote) << 16;
    store(at(slot::GRID_PHASES), Word::from(bits));
}

/// The feed of the sequencer's status; zero where a chain has none.
///
/// Its address fills up two words that every trade reads: a word of its own would be 2 100 gas more.
pub fn sequencer_feed() -> Address {
    let low = load(at(slot::FEED)).above_address() >> 8;
    let high = load(at(slot::QUOTE)).above_address() >> 24;
    Word {
        hi: high >> (128 - SEQUENCER_LOW),
        lo: low | high << SEQUENCER_LOW,
    }
    .address()
}

/// The Uniswap V3 SwapRouter.
pub fn router() -> Address {
    load(at(slot::ROUTER)).address()
}

/// The program that runs in the vault's place for what the vault's own has no function for; zero before the constructor.
pub fn extension() -> Address {
    load(at(slot::EXTENSION)).address()
}

/// Writes which program that is.
pub fn store_extension(extension: &Address) {
    store(at(slot::EXTENSION), Word::with_address(0, extension));
}

/// The factory of the router's pools; zero for a router that did not name one.
pub fn factory() -> Address {
    load(at(slot::FACTORY)).address()
}

/// ERC-20 name of the shares, up to 31 bytes from the top.
pub fn name() -> Word {
    load(at(slot::NAME))
}

/// ERC-20 symbol of the shares, up to 31 bytes from the top.
pub fn symbol() -> Word {
    load(at(slot::SYMBOL))
}

/// Writes the addresses beside [`Pair`]. Beside the quote token: the asset's decimals 8, its own 8, whether its price has a feed 8, upper part of the
/// sequencer's feed 72; beside the asset's feed: its decimals 8, the lower part 88.
pub fn store_addresses(
    pair: &Pair,
    quote: &Address,
    (feed, feed_decimals): (&Address, u8),
    (quote_feed, quote_feed_decimals): (&Address, u8),
    sequencer: &Address,
    (router, factory): (&Address, &Address),
) {
    let sequencer = Word::with_address(0, sequencer);
    let low = sequencer.lo & ((1 << SEQUENCER_LOW) - 1);
    let high = sequencer.hi << (128 - SEQUENCER_LOW) | sequencer.lo >> SEQUENCER_LOW;
    let has_feed = *quote_feed != Address::ZERO;
    let above = Packed::default()
        .put(pair.asset_decimals.into(), 8)
        .put(pair.quote_decimals.into(), 8)
        .put(has_feed.into(), 8)
        .put(high, 160 - SEQUENCER_LOW);
    store(at(slot::QUOTE), Word::with_address(above.bits(), quote));
    let above = Packed::default()
        .put(feed_decimals.into(), 8)
        .put(low, SEQUENCER_LOW);
    store(at(slot::FEED), Word::with_address(above.bits(), feed));
    store(
        at(slot::QUOTE_FEED),
        Word::with_address(quote_feed_decimals.into(), quote_feed),
    );
    store(at(slot::ROUTER), Word::with_address(0, router));
    store(at(slot::FACTORY), Word::with_address(0, factory));
}

/// Writes name and symbol.
pub fn store_names(name: Word, symbol: Word) {
    store(at(slot::NAME), name);
    store(at(slot::SYMBOL), symbol);
}

// --- Policy: its fields packed in the order of the Solidity struct ---

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
pub fn apply_announced() {
    for word in 0..POLICY_WORDS {
        store(at(slot::POLICY + word), load(at(slot::ANNOUNCED + word)));
    }
    store(at(slot::ANNOUNCED + POLICY_WORDS), Word::ZERO);
    store_deposit_bounds();
}

#[inline(never)]
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

// --- Roles ---

/// Who may announce policies and set guardian and fee recipient; zero for nobody.
pub fn owner() -> Address {
    load(at(slot::OWNER)).address()
}

/// Who may become the owner by accepting.
pub fn pending_owner() -> Address {
    load(at(slot::PENDING_OWNER)).address()
}

/// Writes the owner, and who may become it.
#[inline(never)]
pub fn store_owner(owner: &Address, pending: &Address) {
    store(at(slot::OWNER), Word::with_address(0, owner));
    store(at(slot::PENDING_OWNER), Word::with_address(0, pending));
}

/// Who may pause new risk, and when it was last paused, Unix seconds.
#[inline(never)]
pub fn guardian() -> (Address, u64) {
    let word = load(at(slot::GUARDIAN));
    (word.address(), word.above_address() as u64)
}

/// Writes guardian and time of the last pause.
#[inline(never)]
pub fn store_guardian(guardian: &Address, paused_at: u64) {
    let word = Word::with_address(paused_at.into(), guardian);
    store(at(slot::GUARDIAN), word);
}

/// Who gets the shares that fees are paid in; zero for nobody, and no fees.
pub fn fee_recipient() -> Address {
    load(at(slot::FEE_RECIPIENT)).address()
}

/// Writes who gets the fees.
pub fn store_fee_recipient(recipient: &Address) {
    store(at(slot::FEE_RECIPIENT), Word::with_address(0, recipient));
}

/// What performance is measured against.
pub fn high_water() -> vault_core::fees::HighWater {
    let word = load(at(slot::HIGH_WATER));
    vault_core::fees::HighWater {
        mark: word.hi,
        spot: Price(word.lo),
    }
}

/// Writes what performance is measured against.
pub fn store_high_water(new: vault_core::fees::HighWater) {
    let word = Word {
        hi: new.mark,
        lo: new.spot.0,
    };
    store(at(slot::HIGH_WATER), word);
}

// --- The epoch ---

/// Where the vault is in its cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Phase {
    /// Deposits and exits in the asset.
    Open = 0,
    /// Options are sold and hedged.
    Live = 1,
    /// The expiry has passed and is to be settled. Time brings it about; it is never stored.
    Expired = 2,
    /// Payouts are reserved; leftover quote is converted, then the epoch is rolled.
    Settled = 3,
}

/// hi: limit of each series 112, feed phase 16; lo: number 26, phase 2, series 4, expiry 32, since 32, end of the pause 32.
#[derive(Clone, Copy, Debug)]
pub struct Epoch {
    /// Number, from 1; 0 before the first.
    pub number: u32,
    /// What is stored: never [`Phase::Expired`].
    stored: Phase,
    /// How many series it lists.
    pub series: usize,
    /// When its options expire, Unix seconds.
    pub expiry: u64,
    /// When the stored phase began, Unix seconds.
    pub since: u64,
    /// The feed's phase at opening, upper 16 bits of a round id: its rounds settle the epoch.
    pub feed_phase: u16,
    /// The most options of each series, asset units.
    pub limit: Assets,
    /// Until when nothing new is risked, Unix seconds.
    pub paused_until: u64,
}

impl Epoch {
    /// Reads the word.
    #[inline(never)]
    pub fn load() -> Self {
        let word = load(at(slot::EPOCH));
        let (mut hi, mut lo) = (Bits(word.hi), Bits(word.lo));
        Self {
            limit: Assets(hi.take(112)),
            feed_phase: hi.take(16) as u16,
            number: lo.take(26) as u32,
            stored: match lo.take(2) {
                0 => Phase::Open,
                1 => Phase::Live,
                _ => Phase::Settled,
            },
            series: lo.take(4) as usize,
            expiry: lo.take(32) as u64,
            since: lo.take(32) as u64,
            paused_until: lo.take(32) as u64,
        }
    }

    /// Writes the word, and whether the vault is open beside its assets.
    #[inline(never)]
    pub fn store(&self) {
        let mut core = Core::load();
        core.set(Core::OPEN, self.stored == Phase::Open);
        core.store();
        let hi = Packed::default()
            .put(self.limit.0, 112)
            .put(self.feed_phase.into(), 16);
        let lo = Packed::default()
            .put(self.number.into(), 26)
            .put(self.stored as u128, 2)
            .put(self.series as u128, 4)
            .put(self.expiry.into(), 32)
            .put(self.since.into(), 32)
            .put(self.paused_until.into(), 32);
        store(
            at(slot::EPOCH),
            Word {
                hi: hi.bits(),
                lo: lo.bits(),
            },
        );
    }

    /// Where the vault is at `now`.
    #[inline(never)]
    pub fn phase(&self, now: u64) -> Phase {
        if self.stored == Phase::Live && now >= self.expiry {
            Phase::Expired
        } else {
            self.stored
        }
    }

    /// Time to the expiry of one of its series, seconds.
    pub fn tenor(&self, series: &Series, now: u64) -> u64 {
        self.expiry
            .saturating_sub(now)
            .saturating_sub(series.early.into())
    }

    /// Begins a phase.
    pub fn enter(&mut self, phase: Phase, now: u64) {
        self.stored = phase;
        self.since = now;
    }

    /// Number of the epoch whose roll carries out requests made now.
    pub fn request_id(&self) -> u32 {
        self.number
            .saturating_add(u32::from(self.stored == Phase::Open))
    }

    /// Refuses unless the epoch is live at `now`: `SettleFirst` after its expiry, `NotLive` otherwise.
    pub fn require_live(&self, now: u64) -> Result<()> {
        match self.phase(now) {
            Phase::Live => Ok(()),
            Phase::Expired => Err(fail::SettleFirst(self.expiry)),
            other => Err(fail::NotLive(other)),
        }
    }

    /// Refuses what starts new risk during a pause.
    pub fn require_running(&self, now: u64) -> Result<()> {
        if now < self.paused_until {
            return Err(fail::SalesPaused(self.paused_until, now));
        }
        Ok(())
    }
}

/// The aggregator's round at opening, lower 64 bits of a round id, which certainly existed; and when the epoch opened, Unix seconds. lo: 64, 32.
pub fn opened() -> (u64, u64) {
    let mut lo = Bits(load(at(slot::OPENED)).lo);
    (lo.take(64) as u64, lo.take(32) as u64)
}

/// Writes round and time of an opening.
pub fn store_opened(round: u64, time: u64) {
    let lo = Packed::default()
        .put(round.into(), 64)
        .put(u128::from(time as u32), 32);
    store(at(slot::OPENED), Word::from(lo.bits()));
}

/// The price the vault acted on last: what settles an expiry when the feed is gone, and marks the book in views. It shares the word of the vault bucket's
/// quote, which a trade changes anyway. hi: price 96, time 32; lo: the bucket's quote 112, used 16.
#[derive(Clone, Copy, Debug, Default)]
pub struct LastPrice {
    /// Quote per asset.
    pub price: Price,
    /// When, Unix seconds.
    pub time: u64,
    /// How much of the quota of trades has been used at this price, in [`vault_core::sale::Quota::STEPS`].
    pub used: u16,
}

impl LastPrice {
    /// Reads them.
    #[inline(never)]
    pub fn load() -> Self {
        let word = load(CASH);
        let mut hi = Bits(word.hi);
        Self {
            price: Price(hi.take(96)),
            time: hi.take(32) as u64,
            used: (word.lo >> 112) as u16,
        }
    }

    /// As it is to be when the vault acts on a price. Another price than before is another round of a feed, with a quota of its own.
    pub fn at(price: Price, now: u64) -> Self {
        let mut last = Self::load();
        if last.price != price {
            last.used = 0;
        }
        Self {
            price,
            time: now,
            ..last
        }
    }

    /// Writes them.
    #[inline(never)]
    pub fn store(&self) {
        let hi = Packed::default()
            .put(self.price.0, 96)
            .put(u128::from(self.time as u32), 32);
        let lo = load(CASH).lo & MASK | u128::from(self.used) << 112;
        store(CASH, Word { hi: hi.bits(), lo });
    }
}

/// hi: price of the quote in dollars 96, phase 16; lo: number 64. Nothing where the quote is taken at par.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QuotePrice {
    /// The price the vault acted on last: what an expiry is settled with when the quote's feed is gone.
    pub price: Price,
    /// The round of the quote's feed at opening: it certainly existed.
    pub opening_round: RoundId,
}

impl QuotePrice {
    /// Reads the word.
    #[inline(never)]
    pub fn load() -> Self {
        let word = load(at(slot::QUOTE_PRICE));
        let mut hi = Bits(word.hi);
        Self {
            price: Price(hi.take(96)),
            opening_round: RoundId {
                phase: hi.take(16) as u16,
                number: word.lo as u64,
            },
        }
    }

    /// Writes the word.
    #[inline(never)]
    pub fn store(&self) {
        let hi = Packed::default()
            .put(self.price.0, 96)
            .put(self.opening_round.phase.into(), 16);
        store(
            at(slot::QUOTE_PRICE),
            Word {
                hi: hi.bits(),
                lo: self.opening_round.number.into(),
            },
        );
    }
}

// --- The hedge ---

/// Units of volatility as it is remembered, in 18 decimals: 32 bits reach 4 200 %.
const VOLATILITY_STEP: u64 = 10_000_000_000;

/// hi: price at the last rebalance 96, its time 32; lo: time of the trigger 32, of the last reward 32, volatility 32, options sold 32.
#[inline(never)]
pub fn hedge_state() -> HedgeState {
    let word = load(at(slot::HEDGE));
    let (mut hi, mut lo) = (Bits(word.hi), Bits(word.lo));
    HedgeState {
        price: Price(hi.take(96)),
        time: hi.take(32) as u64,
        triggered: lo.take(32) as u64,
        rewarded: lo.take(32) as u64,
        volatility: (lo.take(32) as u64).wrapping_mul(VOLATILITY_STEP),
        sold: Assets(expanded(lo.take(32) as u32)),
    }
}

/// Writes what is remembered of the hedge. Volatility keeps eight decimals, options sold keep 24 leading bits: both are only compared with thresholds of
/// a tenth of a percent and more.
#[inline(never)]
pub fn store_hedge_state(state: &HedgeState) {
    let time = |seconds: u64| u128::from(seconds as u32);
    let hi = Packed::default()
        .put(state.price.0, 96)
        .put(time(state.time), 32);
    let lo = Packed::default()
        .put(time(state.triggered), 32)
        .put(time(state.rewarded), 32)
        .put((state.volatility / VOLATILITY_STEP).into(), 32)
        .put(compact(state.sold.0).into(), 32);
    store(
        at(slot::HEDGE),
        Word {
            hi: hi.bits(),
            lo: lo.bits(),
        },
    );
}

/// The 24 leading bits of a number and how many were dropped.
const fn compact(x: u128) -> u32 {
    let dropped = 104_u32.saturating_sub(x.leading_zeros());
    dropped << 24 | (x >> dropped) as u32
}

/// A number that [`compact`] made smaller, its dropped bits 0.
const fn expanded(x: u32) -> u128 {
    ((x & 0x00ff_ffff) as u128) << (x >> 24)
}

/// What hedging has cost in an epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Friction {
    /// Lost to fees and slippage, asset units.
    pub cost: Assets,
    /// Paid to keepers for it, asset units.
    pub rewards: Assets,
    /// Trades.
    pub trades: u32,
}

/// hi: trades 16, cost 112; lo: a bit that is always set, so that no trade pays for a new word, rewards 112.
#[inline(never)]
pub fn friction() -> Friction {
    let word = load(at(slot::FRICTION));
    let mut hi = Bits(word.hi);
    Friction {
        cost: Assets(hi.take(112)),
        trades: hi.take(16) as u32,
        rewards: Assets(word.lo & MASK),
    }
}

/// Adds to what hedging has cost; sums stay at the largest that their bits hold.
#[inline(never)]
pub fn add_friction(more: Friction) {
    let sum = friction();
    let most = |a: Assets, b: Assets| a.0.saturating_add(b.0).min(MASK);
    store_friction(Friction {
        cost: Assets(most(sum.cost, more.cost)),
        rewards: Assets(most(sum.rewards, more.rewards)),
        trades: sum.trades.saturating_add(more.trades).min(0xffff),
    });
}

fn store_friction(sum: Friction) {
    let hi = Packed::default()
        .put(sum.cost.0, 112)
        .put(sum.trades.into(), 16);
    store(
        at(slot::FRICTION),
        Word {
            hi: hi.bits(),
            lo: sum.rewards.0 | 1 << 112,
        },
    );
}

/// Begins an epoch: hedged just now, at no cost. A trigger and the last reward stay as they are.
pub fn begin_hedge(price: Price, volatility: u64, now: u64) {
    store_hedge_state(&HedgeState {
        time: now,
        price,
        volatility,
        sold: Assets::ZERO,
        ..hedge_state()
    });
    store_friction(Friction::default());
}

// --- Series: words indexed by epoch and number, kept for ever ---

fn series_slot(region: u128, epoch: u32, index: usize) -> Word {
    Word {
        hi: region,
        lo: u128::from(epoch) << 8 | index as u128,
    }
}

/// hi: sold 112 above the top 16 bits of the strike; lo: the strike's low 56 bits above the cap 72. Prices in steps of 10⁻⁹; a cap of 0 is none.
#[inline(never)]
pub fn series(epoch: u32, index: usize) -> Series {
    let word = load(series_slot(region::SERIES, epoch, index));
    let (mut hi, mut lo) = (Bits(word.hi), Bits(word.lo));
    let cap = lo.take(72);
    let strike = lo.take(56) | hi.take(16) << 56;
    Series {
        strike: Price(strike * PRICE_STEP),
        cap: (cap != 0).then_some(Price(cap * PRICE_STEP)),
        sold: Assets(hi.take(112)),
        ..Series::default()
    }
}

/// A price in steps of 10⁻⁹, rounded down; strikes and caps are whole steps.
fn steps(price: u128) -> u128 {
    vault_core::wide::mul_div_down(price, 1, PRICE_STEP).unwrap_or(0)
}

/// Writes a series; refuses prices beyond 72 bits of steps.
#[inline(never)]
pub fn store_series(epoch: u32, index: usize, series: &Series) -> Result<()> {
    let strike = steps(series.strike.0);
    let cap = series.cap.map_or(0, |cap| steps(cap.0));
    if strike.max(cap) >> 72 != 0 {
        return Err(fail::AmountTooLarge());
    }
    let hi = Packed::default()
        .put(strike >> 56, 16)
        .put(series.sold.0, 112);
    let lo = Packed::default()
        .put(cap, 72)
        .put(strike & ((1 << 56) - 1), 56);
    store(
        series_slot(region::SERIES, epoch, index),
        Word {
            hi: hi.bits(),
            lo: lo.bits(),
        },
    );
    Ok(())
}

/// The word of two marks: the first of the pair in hi.
fn marks_slot(epoch: u32, index: usize) -> Word {
    series_slot(region::GREEKS, epoch, index >> 1)
}

/// Price and greeks of a series as they were stored last; zero for never.
#[inline(never)]
pub fn mark(epoch: u32, index: usize) -> Mark {
    let word = load(marks_slot(epoch, index));
    Mark::unpack(if index & 1 == 0 { word.hi } else { word.lo })
}

/// Stores price and greeks if they moved enough to be worth it.
#[inline(never)]
pub fn store_mark(epoch: u32, index: usize, new: &Mark) {
    if mark(epoch, index).moved(new) {
        let slot = marks_slot(epoch, index);
        let mut word = load(slot);
        let half = if index & 1 == 0 {
            &mut word.hi
        } else {
            &mut word.lo
        };
        *half = new.pack();
        store(slot, word);
    }
}

/// What all holders of a settled series are paid together.
pub fn payout(epoch: u32, index: usize) -> Pot {
    pot(load(series_slot(region::PAYOUT, epoch, index)))
}

/// Writes a payout, once.
pub fn store_payout(epoch: u32, index: usize, payout: Pot) {
    store(series_slot(region::PAYOUT, epoch, index), pot_word(payout));
}

/// When the series of an epoch expire and what backs them, kept for ever. lo: end 40, days before it 8 · 5, backed by quote 8, settled 8, open 8, largest
/// share 16.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// When the last of them expire, Unix seconds.
    pub end: u64,
    /// Five bits a series.
    days: u128,
    /// A bit a series: its reserve, if it expires early, is in quote.
    quote: u8,
    /// A bit a series: its payout is fixed.
    settled: u8,
    /// A bit a series: options of it are open.
    open: u8,
    /// [`solvency::largest_share`] of the series.
    pub share: u16,
}

const SECONDS_A_DAY: u32 = 86_400;

impl Terms {
    /// Those of an epoch that lists nothing yet.
    pub const fn ending(end: u64) -> Self {
        Self {
            end,
            days: 0,
            quote: 0,
            settled: 0,
            open: 0,
            share: 0,
        }
    }

    /// Reads the word.
    #[inline(never)]
    pub fn load(epoch: u32) -> Self {
        let mut lo = Bits(load(series_slot(region::TERMS, epoch, 0)).lo);
        Self {
            end: lo.take(40) as u64,
            days: lo.take(40),
            quote: lo.take(8) as u8,
            settled: lo.take(8) as u8,
            open: lo.take(8) as u8,
            share: lo.take(16) as u16,
        }
    }

    /// Writes the word.
    #[inline(never)]
    pub fn store(&self, epoch: u32) {
        let lo = Packed::default()
            .put(self.end.into(), 40)
            .put(self.days, 40)
            .put(self.quote.into(), 8)
            .put(self.settled.into(), 8)
            .put(self.open.into(), 8)
            .put(self.share.into(), 16);
        store(series_slot(region::TERMS, epoch, 0), Word::from(lo.bits()));
    }

    /// Sets what only all series together tell.
    pub fn listed(&mut self, series: &[Series]) {
        self.share = solvency::largest_share(series);
    }

    /// Adds those of a series of this number, one after another from 0.
    pub fn list(&mut self, index: usize, series: &Series) {
        self.days |= u128::from(series.early / SECONDS_A_DAY) << (5 * index);
        self.quote |= u8::from(series.backing == Backing::Quote) << index;
    }

    /// How long before the end a series expires, seconds.
    pub const fn early(&self, index: usize) -> u32 {
        (self.days >> (5 * index) & 31) as u32 * SECONDS_A_DAY
    }

    /// When a series expires, Unix seconds.
    pub fn expiry(&self, index: usize) -> u64 {
        self.end.saturating_sub(self.early(index).into())
    }

    /// Sets whether a series has options open; whether that is a change.
    pub const fn trade(&mut self, index: usize, open: bool) -> bool {
        let before = self.open;
        self.open = before & !(1 << index) | (open as u8) << index;
        self.open != before
    }

    /// Whether options are open, or were when the epoch ended.
    pub const fn has_options(&self) -> bool {
        self.open != 0
    }

    /// How many of the first `count` series are of the last expiry.
    pub fn pooled(&self, count: usize) -> u128 {
        (0..count)
            .map(|index| u128::from(self.early(index) == 0))
            .sum()
    }

    /// How many series have options open that are not settled, and how long before the end the first of them expires, seconds.
    pub fn live(&self) -> (u32, u32) {
        let live = self.open & !self.settled;
        (live.count_ones(), self.first_early().unwrap_or_default())
    }

    /// The first expiry before the end with options open that are not settled, as seconds before the end.
    #[inline(never)]
    pub fn first_early(&self) -> Option<u32> {
        let open = |index: &usize| self.open & !self.settled & 1 << index != 0;
        let early = (0..MAX_SERIES).filter(open).map(|index| self.early(index));
        early.filter(|early| *early != 0).max()
    }

    /// Refuses while an expiry before the end has passed and its options are not settled: until then nothing moves what the vault holds or
    /// owes.
    #[inline(never)]
    pub fn require_settled(&self, now: u64) -> Result<()> {
        if let Some(early) = self.first_early() {
            let expiry = self.end.saturating_sub(early.into());
            if now >= expiry {
                return Err(fail::SettleFirst(expiry));
            }
        }
        Ok(())
    }

    /// A series of this number as it is in the live book: what is settled is no longer open.
    #[inline(never)]
    pub fn series(&self, epoch: u32, index: usize) -> Series {
        let mut one = series(epoch, index);
        one.early = self.early(index);
        one.backing = self.backing(index);
        if self.settled(index) {
            one.sold = Assets::ZERO;
        }
        one
    }

    /// Whether the payout of a series is fixed.
    pub const fn settled(&self, index: usize) -> bool {
        self.settled >> index & 1 != 0
    }

    /// Fixes the payouts of the series that expire this long before the end; at the end, of all.
    pub fn settle(&mut self, early: u32) {
        for index in 0..MAX_SERIES {
            if early == 0 || self.early(index) == early {
                self.settled |= 1 << index;
            }
        }
    }

    /// What a series is paid from.
    pub const fn backing(&self, index: usize) -> Backing {
        if self.early(index) == 0 {
            Backing::Pooled
        } else if self.quote >> index & 1 != 0 {
            Backing::Quote
        } else {
            Backing::Assets
        }
    }
}

/// The series of an epoch, in memory.
pub struct Listed {
    all: [Series; MAX_SERIES],
    count: usize,
    /// When they expire.
    pub terms: Terms,
}

impl Listed {
    /// Reads them: one word each, and their terms. What is settled is no longer open.
    #[inline(never)]
    pub fn load(epoch: &Epoch) -> Self {
        let mut all = [Series::default(); MAX_SERIES];
        let count = epoch.series.min(MAX_SERIES);
        let terms = Terms::load(epoch.number);
        for (index, place) in all.iter_mut().enumerate().take(count) {
            *place = terms.series(epoch.number, index);
        }
        Self { all, count, terms }
    }

    /// All of them.
    pub fn as_slice(&self) -> &[Series] {
        self.all.get(..self.count).unwrap_or(&[])
    }

    /// One of them.
    pub fn get_mut(&mut self, index: usize) -> Option<&mut Series> {
        self.all.get_mut(..self.count)?.get_mut(index)
    }
}

// --- The ledger: disjoint buckets, asset in hi and quote in lo ---

/// The buckets. What a token's balance exceeds their sum by was given away; it changes nothing.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub enum Bucket {
    /// The shareholders'.
    Vault = 0,
    /// Requested deposits of the next epoch.
    Queued = 1,
    /// Due to redeemers, and payments a token refused to make.
    Claimable = 2,
    /// Due to the holders of settled options.
    Payouts = 3,
    /// Reserved for series that expire before the epoch ends.
    Reserves = 4,
    /// Keepers' rewards come from here and nowhere else.
    Keeper = 5,
}

const MASK: u128 = vault_core::quantity::MAX_AMOUNT;

/// Slot of the vault bucket's quote, and of [`LastPrice`].
const CASH: Word = Word {
    hi: 0,
    lo: slot::BUCKETS,
};

fn pot(word: Word) -> Pot {
    Pot {
        assets: Assets(word.hi),
        quote: Quote(word.lo),
    }
}

fn pot_word(pot: Pot) -> Word {
    Word {
        hi: pot.assets.0,
        lo: pot.quote.0,
    }
}

/// What every deposit and exit reads and writes, in one word, so that they touch no other of the vault's. hi: assets of the vault bucket 112, whether it holds
/// quote 1, whether the vault is open 1; lo: supply 128.
struct Core(Word);

impl Core {
    const QUOTE: u128 = 1 << 112;
    const OPEN: u128 = 1 << 113;

    #[inline(never)]
    fn load() -> Self {
        Self(load(at(slot::VAULT)))
    }

    fn store(&self) {
        store(at(slot::VAULT), self.0);
    }

    const fn assets(&self) -> Assets {
        Assets(self.0.hi & MASK)
    }

    const fn has(&self, flag: u128) -> bool {
        self.0.hi & flag != 0
    }

    fn set(&mut self, flag: u128, value: bool) {
        self.0.hi = self.0.hi & !flag | if value { flag } else { 0 };
    }
}

/// The vault bucket's assets when the vault is open and holds no quote: then they are what the shares are worth. `None` otherwise.
#[inline(never)]
pub fn plain_assets() -> Option<Assets> {
    let core = Core::load();
    (core.has(Core::OPEN) && !core.has(Core::QUOTE)).then(|| core.assets())
}

/// What is in a bucket.
#[inline(never)]
pub fn bucket(bucket: Bucket) -> Pot {
    let slot = at(slot::BUCKETS + bucket as u128);
    if !matches!(bucket, Bucket::Vault) {
        return pot(load(slot));
    }
    let core = Core::load();
    let mut quote = Quote::ZERO;
    if core.has(Core::QUOTE) {
        quote = Quote(load(slot).lo & MASK);
    }
    Pot {
        assets: core.assets(),
        quote,
    }
}

/// Sets what is in a bucket; refuses amounts beyond 112 bits.
#[inline(never)]
pub fn store_bucket(bucket: Bucket, content: Pot) -> Result<()> {
    if content.assets.0 > MASK || content.quote.0 > MASK {
        return Err(fail::AmountTooLarge());
    }
    let slot = at(slot::BUCKETS + bucket as u128);
    if !matches!(bucket, Bucket::Vault) {
        store(slot, pot_word(content));
        return Ok(());
    }
    let mut core = Core::load();
    if core.has(Core::QUOTE) || !content.quote.is_zero() {
        let word = load(slot);
        let lo = word.lo & !MASK | content.quote.0;
        store(slot, Word { lo, ..word });
    }
    core.0.hi = core.0.hi & !MASK | content.assets.0;
    core.set(Core::QUOTE, !content.quote.is_zero());
    core.store();
    Ok(())
}

// --- Holders ---

/// Adds to a holding.
#[inline(never)]
pub fn credit_slot(slot: Word, amount: u128) -> Result<()> {
    let held = load(slot)
        .lo
        .checked_add(amount)
        .ok_or_else(fail::AmountTooLarge)?;
    store(slot, Word::from(held));
    Ok(())
}

/// Takes from a holding or an allowance; what is there when that is less. An allowance of the largest number has no limit.
#[inline(never)]
pub fn debit_slot(slot: Word, amount: u128, unlimited: bool) -> core::result::Result<(), u128> {
    let held = load(slot).lo;
    if unlimited && held == u128::MAX {
        return Ok(());
    }
    store(slot, Word::from(held.checked_sub(amount).ok_or(held)?));
    Ok(())
}

/// Shares in existence.
#[inline(never)]
pub fn supply() -> Shares {
    Shares(Core::load().0.lo)
}

/// Writes the supply.
pub fn store_supply(supply: Shares) {
    let mut core = Core::load();
    core.0.lo = supply.0;
    core.store();
}

/// Slot of a holder's shares.
pub fn shares_slot(holder: &Address) -> Word {
    entry(mapping::SHARES, holder, Word::ZERO)
}

/// Slot of what a spender may move of an owner's shares.
pub fn share_allowance_slot(owner: &Address, spender: &Address) -> Word {
    entry(mapping::SHARE_ALLOWANCE, owner, Word::from(*spender))
}

/// Slot of a holder's options of one id.
pub fn options_slot(holder: &Address, id: u128) -> Word {
    entry(mapping::OPTIONS, holder, Word::from(id))
}

/// Slot of what a spender may move of an owner's options of one id.
pub fn option_allowance_slot(owner: &Address, spender: &Address, id: u128) -> Word {
    keccak(
        entry(mapping::OPTION_ALLOWANCE, owner, Word::from(*spender)),
        Word::from(id),
    )
}

/// Slot of whether a spender may move all of an owner's options.
pub fn operator_slot(owner: &Address, spender: &Address) -> Word {
    entry(mapping::OPERATOR, owner, Word::from(*spender))
}

fn deferred_slot(holder: &Address) -> Word {
    entry(mapping::CREDIT, holder, Word::ZERO)
}

/// What a token refused to pay to a holder.
pub fn credit(holder: &Address) -> Pot {
    pot(load(deferred_slot(holder)))
}

/// Writes a holder's credit.
pub fn store_credit(holder: &Address, credit: Pot) {
    store(deferred_slot(holder), pot_word(credit));
}

/// Slot of how many permits an owner has used.
pub fn nonce_slot(owner: &Address) -> Word {
    entry(mapping::NONCE, owner, Word::ZERO)
}

// --- Requests: one of each kind for a controller, and what each epoch's roll made of them all ---

/// A controller's request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// The epoch whose roll carries it out; 0 for none.
    pub id: u32,
    /// Assets to deposit or shares to redeem.
    pub amount: u128,
}

/// Which request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Assets into shares.
    Deposit,
    /// Shares into assets, and quote that could not be converted.
    Redeem,
}

fn request_slot(kind: Kind, controller: &Address) -> Word {
    let tag = match kind {
        Kind::Deposit => mapping::DEPOSIT_REQUEST,
        Kind::Redeem => mapping::REDEEM_REQUEST,
    };
    entry(tag, controller, Word::ZERO)
}

/// A controller's request.
#[inline(never)]
pub fn request(kind: Kind, controller: &Address) -> Request {
    let word = load(request_slot(kind, controller));
    Request {
        id: word.hi as u32,
        amount: word.lo,
    }
}

/// Writes a controller's request.
#[inline(never)]
pub fn store_request(kind: Kind, controller: &Address, request: Request) {
    let word = Word {
        hi: request.id.into(),
        lo: request.amount,
    };
    store(request_slot(kind, controller), word);
}

fn queue_of(word: Word) -> Queue {
    Queue {
        assets: Assets(word.hi),
        shares: Shares(word.lo),
    }
}

fn queue_word(queue: Queue) -> Word {
    Word {
        hi: queue.assets.0,
        lo: queue.shares.0,
    }
}

/// What waits for the next roll.
#[inline(never)]
pub fn queue() -> Queue {
    queue_of(load(at(slot::QUEUE)))
}

/// Writes what waits for the next roll.
#[inline(never)]
pub fn store_queue(queue: Queue) {
    store(at(slot::QUEUE), queue_word(queue));
}

/// Assets that an epoch's roll took in, and the shares it made of them; nothing if it carried out no deposit.
#[inline(never)]
pub fn deposited(epoch: u32) -> Queue {
    queue_of(load(series_slot(region::DEPOSITED, epoch, 0)))
}

/// Writes them, once.
pub fn store_deposited(epoch: u32, deposited: Queue) {
    let slot = series_slot(region::DEPOSITED, epoch, 0);
    store(slot, queue_word(deposited));
}

/// Shares that an epoch's roll redeemed, and what for.
#[inline(never)]
pub fn redeemed(epoch: u32) -> (Shares, Pot) {
    let shares = load(series_slot(region::REDEEMED, epoch, 0)).lo;
    let paid = load(series_slot(region::REDEEMED_FOR, epoch, 0));
    (Shares(shares), pot(paid))
}

/// Writes them, once.
pub fn store_redeemed(epoch: u32, shares: Shares, paid: Pot) {
    let slot = series_slot(region::REDEEMED, epoch, 0);
    store(slot, Word::from(shares.0));
    let slot = series_slot(region::REDEEMED_FOR, epoch, 0);
    store(slot, pot_word(paid));
}
