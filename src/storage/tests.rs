//! Everything that is stored, written field by field at extreme values: after each write all of it reads as a plain record of what was written says. So no
//! field is narrower than what it takes, and no write touches a neighbour in its word.

use std::collections::BTreeMap;

use fastrand::Rng;
use motsu::prelude::{Contract, FromTag};
use vault_core::rebalance::HedgeState;
use vault_core::solvency::Backing;
use vault_core::volatility::Estimate;
use vault_core::{Assets, Pot, Price, Quote, Series, Shares};

use super::*;
use crate::host::{load, store};
use crate::word::Word;
use crate::{MAX_SERIES, Vault};

/// Epochs beside each other, and the last there can be.
const EPOCHS: [u32; 3] = [1, 2, (1 << 26) - 1];
/// The highest price there is, for the widths of prices.
const HIGHEST: u128 = option_math::PRICE_MAX;

/// All that can be read, as text: one number a field.
type Record = BTreeMap<String, String>;

struct Stored {
    rng: Rng,
    record: Record,
}

/// `x` without all but its `bits` leading bits.
fn leading(x: u128, bits: u32) -> u128 {
    let mut kept = x;
    for bit in 0..(128 - x.leading_zeros()).saturating_sub(bits) {
        kept &= !(1 << bit);
    }
    kept
}

impl Stored {
    /// A number of at most so many bits: often none, one, or all of them.
    fn number(&mut self, bits: u32) -> u128 {
        let all = u128::MAX >> (128 - bits);
        match self.rng.u32(0..6) {
            0 => 0,
            1 => 1,
            2 => all,
            3 => 1 << self.rng.u32(0..bits),
            _ => self.rng.u128(..) >> self.rng.u32(0..128) & all,
        }
    }

    fn price(&mut self) -> Price {
        Price(self.number(94).min(HIGHEST))
    }

    fn time(&mut self) -> u64 {
        self.number(32) as u64
    }

    fn address(&mut self) -> Address {
        let (low, top) = (self.number(128), self.number(32));
        Word { hi: top, lo: low }.address()
    }

    fn pot(&mut self) -> Pot {
        Pot {
            assets: Assets(self.number(112)),
            quote: Quote(self.number(112)),
        }
    }

    fn wrote(&mut self, field: &str, value: impl core::fmt::Debug) {
        self.record.insert(field.to_owned(), format!("{value:?}"));
    }

    fn constructed(&mut self) {
        let pair = Pair {
            asset: self.address(),
            asset_decimals: self.number(8) as u8,
            quote_decimals: self.number(8) as u8,
        };
        let [quote, feed, quote_feed, sequencer, router, factory] =
            core::array::from_fn(|_| self.address());
        let (decimals, quote_feed_decimals) = (self.number(8) as u8, self.number(8) as u8);
        pair.store();
        store_addresses(
            &pair,
            &quote,
            (&feed, decimals),
            (&quote_feed, quote_feed_decimals),
            &sequencer,
            (&router, &factory),
        );
        let has_feed = quote_feed != Address::ZERO;
        let seen = if has_feed { quote_feed_decimals } else { 0 };
        self.wrote("asset", pair.asset);
        self.wrote("decimals", (pair.asset_decimals, pair.quote_decimals));
        self.wrote("quote", quote);
        self.wrote("feed", (feed, decimals));
        self.wrote("quote feed", (quote_feed, seen));
        self.wrote("sequencer", sequencer);
        self.wrote("router", router);
        self.wrote("factory", factory);
        // What the constructor writes afterwards.
        self.wrote("pool 0", Address::ZERO);
    }

    fn policy(&mut self, announced: bool) {
        let fields: [u128; FIELDS] = WIDTHS.map(|width| self.number(u32::from(width & 0x7f)));
        if announced {
            let now = self.time();
            announce_policy(&fields, now);
            self.wrote("announced", (now, fields));
            return;
        }
        store_policy(&fields);
        let bounds = policy_of(&fields).shares.bounds();
        self.wrote("policy", fields);
        self.wrote("bounds", bounds);
    }

    fn apply(&mut self) {
        let fields = announced_fields();
        apply_announced();
        let bounds = policy_of(&fields).shares.bounds();
        self.wrote("policy", fields);
        self.wrote("announced", (0_u64, fields));
        self.wrote("bounds", bounds);
    }

    fn epoch(&mut self) {
        let mut epoch = Epoch::load();
        epoch.number = self.number(26) as u32;
        epoch.series = self.rng.usize(0..=MAX_SERIES);
        epoch.expiry = self.time();
        epoch.feed_phase = self.number(16) as u16;
        epoch.quote_phase = self.number(16) as u16;
        epoch.limit = Assets(self.number(96));
        epoch.paused_until = self.time();
        let phase = [Phase::Open, Phase::Live, Phase::Settled][self.rng.usize(..3)];
        let since = self.time();
        epoch.enter(phase, since);
        epoch.store();
        self.wrote("epoch", epoch);
        self.wrote("open", phase == Phase::Open);
    }

    fn last_price(&mut self) {
        let last = LastPrice {
            price: self.price(),
            quote: self.price(),
            time: self.time(),
            used: self.number(16) as u16,
        };
        last.store();
        let kept = LastPrice {
            price: Price(leading(last.price.0, 56)),
            quote: Price(leading(last.quote.0, 24)),
            ..last
        };
        self.wrote("last price", kept);
        assert_eq!(LastPrice::at(last.price, last.quote, 7).used, last.used);
        let other = Price(last.price.0 / 3 + 1);
        if leading(other.0, 56) != kept.price.0 {
            assert_eq!(LastPrice::at(other, last.quote, 7).used, 0);
        }
    }

    fn friction(&mut self) {
        let more = Friction {
            cost: Assets(self.number(112)),
            rewards: Assets(self.number(112)),
            trades: self.number(16) as u32,
        };
        let sum = friction();
        add_friction(more);
        let both =
            |a: Assets, b: Assets, bits| Assets(leading((a.0 + b.0).min((1 << 112) - 1), bits));
        self.wrote(
            "friction",
            Friction {
                cost: both(sum.cost, more.cost, 56),
                rewards: both(sum.rewards, more.rewards, 56),
                trades: (sum.trades + more.trades).min(0x7fff),
            },
        );
    }

    fn hedge(&mut self) {
        let state = HedgeState {
            time: self.time(),
            price: self.price(),
            volatility: self.number(62) as u64,
            sold: Assets(self.number(112)),
            triggered: self.time(),
            rewarded: self.time(),
        };
        store_hedge_state(&state);
        self.wrote(
            "hedge",
            HedgeState {
                volatility: state.volatility / 10_000_000_000 * 10_000_000_000,
                sold: Assets(leading(state.sold.0, 24)),
                ..state
            },
        );
    }

    /// Lists eight series, all of one tick, each in a power of ten of its own.
    fn list(&mut self) {
        let number = EPOCHS[self.rng.usize(..3)];
        let end = self.number(40) as u64 | 1 << 30;
        let bits = self.rng.u32(0..50);
        let tick = self.rng.u64(1..=1 << bits);
        let mut terms = Terms::ending(end, tick);
        let mut all = Vec::new();
        for index in 0..MAX_SERIES {
            let most = HIGHEST / 1_000_000_000 / u128::from(tick);
            let power = self.rng.u32(0..16).min(most.ilog10());
            let unit = u128::from(tick) * 10_u128.pow(9 + power);
            let ticks = (HIGHEST / unit).min(65_535);
            let [strike, cap] = [0, 1].map(|_| match self.rng.u32(0..4) {
                0 => ticks,
                1 => 1,
                _ => self.rng.u128(1..=ticks),
            });
            let early = self.rng.u32(0..14) * 86_400;
            let backing = match (early, self.rng.bool()) {
                (0, _) => Backing::Pooled,
                (_, true) => Backing::Quote,
                (_, false) => Backing::Assets,
            };
            let series = Series {
                strike: Price(strike * unit),
                cap: self.rng.bool().then_some(Price(cap * unit)),
                sold: Assets(self.number(96)),
                early,
                backing,
            };
            terms.list(number, index, &series).expect("is listed");
            all.push(series);
        }
        terms.share = self.number(16) as u16;
        terms.store(number);
        self.wrote(&format!("terms {number}"), (end, terms.share, 0_u8, 0_u8));
        for (index, series) in all.iter().enumerate() {
            self.wrote(&format!("series {number} {index}"), series);
        }
    }

    /// Trades or settles a series that is there.
    fn trade(&mut self) {
        let number = EPOCHS[self.rng.usize(..3)];
        let index = self.rng.usize(..MAX_SERIES);
        if !is_listed(number, index) {
            return;
        }
        let mut terms = Terms::load(number);
        let mut series = terms.listed(number, index);
        series.sold = Assets(self.number(96));
        store_sold(number, index, series.sold)
            .map_err(|_| "is refused")
            .expect("fits");
        self.wrote(&format!("series {number} {index}"), series);
        let beyond = Assets(1 << 96);
        assert!(store_sold(number, index, beyond).is_err());
        let before = bits(&terms);
        let open = self.rng.bool();
        let changed = terms.trade(index, open);
        let [mut traded, mut settled] = before;
        traded = traded & !(1 << index) | u8::from(open) << index;
        assert_eq!(changed, traded != before[0]);
        if self.rng.u32(0..4) == 0 {
            terms.settle(series.early);
            for other in 0..MAX_SERIES {
                if series.early == 0 || terms.early(other) == series.early {
                    settled |= 1 << other;
                }
            }
        }
        terms.store(number);
        self.wrote(
            &format!("terms {number}"),
            (terms.end, terms.share, traded, settled),
        );
        let paid = self.pot();
        store_payout(number, index, paid);
        self.wrote(&format!("payout {number} {index}"), paid);
    }

    fn write(&mut self) {
        match self.rng.u32(0..16) {
            0 => {
                if self.rng.u32(0..50) == 0 {
                    self.constructed();
                }
            }
            1 => self.policy(false),
            2 => self.policy(true),
            3 => self.apply(),
            4 => self.epoch(),
            5 => self.last_price(),
            6 => self.friction(),
            7 => self.hedge(),
            8 => self.list(),
            9 => self.trade(),
            10 => {
                let bucket = Bucket::ALL[self.rng.usize(..6)];
                let pot = self.pot();
                store_bucket(bucket, pot)
                    .map_err(|_| "is refused")
                    .expect("fits");
                self.wrote(&format!("{bucket:?}"), pot);
                for beyond in [
                    Pot {
                        assets: Assets(1 << 112),
                        ..pot
                    },
                    Pot {
                        quote: Quote(1 << 112),
                        ..pot
                    },
                ] {
                    assert!(store_bucket(bucket, beyond).is_err());
                }
            }
            11 => {
                let supply = Shares(self.number(96));
                store_supply(supply);
                self.wrote("supply", supply);
            }
            12 => {
                let tier = self.rng.usize(..3);
                let pool = self.address();
                store_pool(tier, &pool);
                self.wrote(&format!("pool {tier}"), pool);
            }
            13 => {
                let opened = Opened {
                    asset_round: self.number(64) as u64,
                    quote_round: self.number(64) as u64,
                    time: self.time(),
                };
                opened.store();
                self.wrote("opened", opened);
            }
            14 => {
                let estimate = Estimate {
                    variance: self.number(64) as u64,
                    volatility: self.number(64) as u64,
                    point: self.time(),
                    price: self.price(),
                };
                store_estimate(&estimate);
                self.wrote("estimate", estimate);
            }
            _ => {
                let (price, now, volatility) = (self.price(), self.time(), self.number(62) as u64);
                let before = hedge_state();
                begin_hedge(price, volatility, now);
                let state = HedgeState {
                    time: now,
                    price,
                    volatility: volatility / 10_000_000_000 * 10_000_000_000,
                    sold: Assets::ZERO,
                    ..before
                };
                self.wrote("hedge", state);
                self.wrote("friction", Friction::default());
            }
        }
    }
}

/// Which series have options open, and which are settled.
fn bits(terms: &Terms) -> [u8; 2] {
    let settled = (0..MAX_SERIES).map(|index| u8::from(terms.settled(index)) << index);
    let open = (0..MAX_SERIES).map(|index| {
        let mut other = *terms;
        u8::from(!other.trade(index, true)) << index
    });
    [open.sum(), settled.sum()]
}

/// Reads all of it.
fn read() -> Record {
    let mut record = Record::new();
    let mut put = |field: String, value: String| {
        record.insert(field, value);
    };
    let mut saw =
        |field: &str, value: &dyn core::fmt::Debug| put(field.to_owned(), format!("{value:?}"));
    let pair = Pair::load();
    saw("asset", &pair.asset);
    saw("decimals", &(pair.asset_decimals, pair.quote_decimals));
    saw("bounds", &deposit_bounds());
    saw("quote", &quote_token());
    saw("feed", &feed());
    saw("quote feed", &quote_feed());
    saw("sequencer", &sequencer_feed());
    saw("router", &router());
    saw("factory", &factory());
    saw("policy", &policy_fields());
    saw("announced", &(announced_at(), announced_fields()));
    saw("epoch", &Epoch::load());
    saw("open", &Core::load().has(Core::OPEN));
    saw("last price", &LastPrice::load());
    saw("friction", &friction());
    saw("hedge", &hedge_state());
    saw("supply", &supply());
    saw("opened", &Opened::load());
    saw("estimate", &estimate());
    for tier in 0..3 {
        saw(&format!("pool {tier}"), &pool(tier));
    }
    for kind in Bucket::ALL {
        saw(&format!("{kind:?}"), &bucket(kind));
    }
    for number in EPOCHS {
        if !is_listed(number, 0) {
            continue;
        }
        let terms = Terms::load(number);
        let [open, settled] = bits(&terms);
        saw(
            &format!("terms {number}"),
            &(terms.end, terms.share, open, settled),
        );
        for index in 0..MAX_SERIES {
            let listed = terms.listed(number, index);
            saw(&format!("series {number} {index}"), &listed);
            assert_eq!(sold(number, index), listed.sold);
            saw(&format!("payout {number} {index}"), &payout(number, index));
        }
    }
    record
}

#[test]
fn a_write_changes_what_it_writes_and_nothing_else() {
    let vault = Contract::<Vault>::from_tag("stored");
    for seed in 0..4 {
        let mut entered = vault.sender(Address::repeat_byte(0xca));
        let _: &mut Vault = &mut entered;
        let mut stored = Stored {
            rng: Rng::with_seed(seed),
            record: read(),
        };
        stored.constructed();
        for step in 0..600 {
            let before = stored.record.clone();
            stored.write();
            let after = read();
            for (field, value) in &after {
                let expected = stored
                    .record
                    .entry(field.clone())
                    .or_insert_with(|| value.clone());
                assert_eq!(
                    value,
                    expected,
                    "{field}, seed {seed}, step {step}, before: {:?}",
                    before.get(field)
                );
            }
        }
    }
}

/// Requests of two controllers, as a plain table of numbers and amounts has them: whatever is left when the next begins, and however far apart they are.
#[test]
fn no_request_is_lost_to_another() {
    let vault = Contract::<Vault>::from_tag("asked");
    let mut entered = vault.sender(Address::repeat_byte(0xca));
    let _: &mut Vault = &mut entered;
    let mut rng = Rng::with_seed(15);
    let mut named_only = 0;
    for run in 0..30_u8 {
        let controllers = [1, 2].map(|first| {
            let mut bytes = [run; 20];
            bytes[0] = first;
            Address::new(bytes)
        });
        let mut table = BTreeMap::<(usize, bool, u32), u128>::new();
        let mut id = rng.u32(1..4);
        for _ in 0..40 {
            id += [0, 0, 1, 1, 2, 94, 95, 96, 97, 200][rng.usize(..10)];
            let (who, redeems) = (rng.usize(..2), rng.bool());
            let kind = if redeems { Kind::Redeem } else { Kind::Deposit };
            if rng.u32(0..5) < 3 {
                let amount = rng.u128(1..=u128::MAX >> 8);
                add_request(kind, &controllers[who], id, amount)
                    .map_err(|_| "is refused")
                    .expect("fits");
                *table.entry((who, redeems, id)).or_default() += amount;
            } else {
                // One that is there, or any.
                let there: Vec<u32> = table
                    .keys()
                    .filter(|(a, b, _)| (*a, *b) == (who, redeems))
                    .map(|(_, _, id)| *id)
                    .collect();
                let wanted = match there.len() {
                    0 => rng.u32(0..=id),
                    len => there[rng.usize(..len)],
                };
                let taken = take_request(kind, &controllers[who], wanted.into());
                let known = table.remove(&(who, redeems, wanted));
                assert_eq!(taken, known.unwrap_or_default(), "{who} {redeems} {wanted}");
            }
            for (who, controller) in controllers.iter().enumerate() {
                for (redeems, kind) in [(false, Kind::Deposit), (true, Kind::Redeem)] {
                    let latest = latest_request(kind, controller);
                    for (key, amount) in &table {
                        let (a, b, number) = *key;
                        if (a, b) != (who, redeems) {
                            continue;
                        }
                        assert_eq!(request(kind, controller, number.into()), *amount);
                        let back = latest.id.wrapping_sub(number);
                        if (1..=96).contains(&back) {
                            assert_eq!(latest.earlier >> (back - 1) & 1, 1, "{latest:?} {key:?}");
                        } else if back != 0 {
                            named_only += 1;
                        }
                    }
                    // A bit says what is there: all that were told have something left.
                    for back in (1..=96_u32).filter(|back| latest.earlier >> (back - 1) & 1 != 0) {
                        let number = latest.id - back;
                        assert!(table.contains_key(&(who, redeems, number)), "{latest:?}");
                    }
                    for absent in [0, id + 1, id | 1 << 31] {
                        assert_eq!(request(kind, controller, absent.into()), 0);
                    }
                    let beyond = u128::from(latest.id) | 1 << 32;
                    assert_eq!(request(kind, controller, beyond), 0);
                    assert_eq!(take_request(kind, controller, beyond), 0);
                }
            }
        }
    }
    assert!(named_only > 500, "{named_only}");
}

/// Whoever mints, moves or burns how many shares, none and to oneself included: the asset's address is beside every holding, whatever bits it has, and
/// nothing is where no share is.
#[test]
fn the_assets_address_is_beside_every_holding_and_shares_are_untouched_by_it() {
    let vault = Contract::<Vault>::from_tag("held");
    let mut entered = vault.sender(Address::repeat_byte(0xca));
    let _: &mut Vault = &mut entered;
    let mut rng = Rng::with_seed(16);
    for run in 1..=8_u8 {
        // Addresses of ones, of few bits at either end, and of any.
        let mut bytes = [
            [0xff; 20],
            [0; 20],
            [0; 20],
            core::array::from_fn(|_| rng.u8(..)),
        ];
        bytes[1][19] = 1;
        bytes[2][0] = 0x80;
        let asset = Address::new(bytes[usize::from(run) % 4]);
        let above = Word::with_address(u128::MAX >> 32, &asset);
        store(at(slot::ASSET), above);
        store_supply(Shares::ZERO);
        let holders = [1, 2, 3].map(|last| {
            let mut bytes = [run; 20];
            bytes[19] = last;
            Address::new(bytes)
        });
        let mut held = [0_u128; 3];
        for _ in 0..400 {
            let (from, to) = (rng.usize(..3), rng.usize(..3));
            let room = MAX_SUPPLY - held.iter().sum::<u128>();
            let some = |rng: &mut Rng, most: u128| match rng.u32(0..4) {
                0 => most,
                1 => 0,
                _ => rng.u128(0..=most),
            };
            match rng.u32(0..3) {
                0 => {
                    let value = some(&mut rng, room);
                    let word = crate::erc20::mint(&holders[to], Shares(value));
                    let word = word.map_err(|_| "is refused").expect("fits");
                    held[to] += value;
                    assert!(held[to] == 0 || asset_beside(word) == asset);
                    let beyond = Shares(room - value + 1);
                    assert!(crate::erc20::mint(&holders[to], beyond).is_err());
                }
                1 => {
                    let value = some(&mut rng, held[from]);
                    let word = crate::erc20::burn(&holders[from], Shares(value));
                    let word = word.map_err(|_| "is refused").expect("is there");
                    assert!(held[from] == 0 || asset_beside(word) == asset);
                    held[from] -= value;
                    let beyond = Shares(held[from] + 1);
                    assert!(crate::erc20::burn(&holders[from], beyond).is_err());
                }
                _ => {
                    let value = some(&mut rng, held[from]);
                    let moved =
                        crate::erc20::move_shares(&holders[from], &holders[to], Shares(value));
                    assert!(moved.is_ok());
                    held[from] -= value;
                    held[to] += value;
                }
            }
            for (holder, shares) in holders.iter().zip(held) {
                let word = load(shares_slot(holder));
                let expected = if shares == 0 { Address::ZERO } else { asset };
                assert_eq!(
                    (word.lo & MAX_SUPPLY, asset_beside(word)),
                    (shares, expected)
                );
            }
            assert_eq!(supply().0, held.iter().sum::<u128>());
            assert_eq!(load(at(slot::ASSET)), above);
        }
    }
}
