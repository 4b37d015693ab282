//! What calls cost and how large the program is, compared with snapshots to the last unit. `BLESS=1` rewrites them.

use crate::support::*;
use alloy_sol_types::SolCall;
use std::fmt::Write;
use std::path::PathBuf;
use testbed::devchain::rules::{Params, report};
use testbed::primitives::{aliases::U24, keccak256};
use testbed::{
    Abi, DAY, Done, HOUR, Options, Program, U256, USD, WAD, World, default_policy, wasm,
};

/// Compares a text with `snapshots/<name>`, or writes it there.
pub fn compare(name: &str, text: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("snapshots")
        .join(name);
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, text).expect("a writable checkout");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        kept == text,
        "{}:\n{kept}\nnow:\n{text}\nBLESS=1 accepts it",
        path.display()
    );
}

/// Gas of calls, a line each: all of it, then what a transaction costs before anything runs, entry into the program, and execution.
struct Table(String);

impl Table {
    fn new(title: &str) -> Self {
        let [all, before, entry, rest] = ["gas", "sending", "entry", "execution"];
        Self(format!(
            "{title:<44}{all:>9}{before:>9}{entry:>9}{rest:>11}\n"
        ))
    }

    fn row<C: SolCall>(&mut self, what: &str, done: &Done<C>) {
        let (receipt, entry) = (&done.receipt, done.entry_gas());
        let all = receipt.gas_used;
        let before = all + receipt.refunded - receipt.frames[0].gas_used;
        let rest = all - before - entry;
        writeln!(self.0, "{what:<44}{all:>9}{before:>9}{entry:>9}{rest:>11}").expect("memory");
    }
}

fn redeem(who: testbed::Address, shares: u128) -> Abi::redeem_0Call {
    Abi::redeem_0Call {
        shares: u(shares),
        receiver: who,
        owner: who,
    }
}

#[test]
fn gas_of_every_call() {
    let mut table = Table::new("program cached");
    let mut world = World::new(&Options::default());
    table.row(
        "deposit, the first",
        &world.deposit(alice(), 10 * WAD).expect("open"),
    );
    table.row(
        "deposit, another depositor",
        &world.deposit(bob(), 10 * WAD).expect("open"),
    );
    table.row(
        "deposit, the same depositor",
        &world.deposit(bob(), WAD).expect("open"),
    );
    let give = Abi::transfer_0Call {
        to: stranger(),
        value: u(WAD),
    };
    table.row(
        "transfer of shares, to a new holder",
        &world.send(bob(), &give).expect("his"),
    );
    table.row(
        "transfer of shares, to a holder",
        &world.send(bob(), &give).expect("his"),
    );
    let allow = Abi::approve_0Call {
        spender: carol(),
        value: U256::MAX,
    };
    table.row("approve shares", &world.send(bob(), &allow).expect("his"));
    table.row(
        "redeem",
        &world.send(bob(), &redeem(bob(), 100 * WAD)).expect("open"),
    );
    let kind = Abi::redeemInKindCall {
        shares: u(WAD),
        receiver: bob(),
        owner: bob(),
    };
    table.row(
        "redeemInKind, asset only",
        &world.send(bob(), &kind).expect("open"),
    );
    world.chain.warp(13 * HOUR);
    moved(&mut world, SPOT);
    let open = Abi::openEpochCall {};
    table.row(
        "openEpoch, three series",
        &world.send(keeper(), &open).expect("opens"),
    );
    table.row(
        "buy, the first of a series",
        &world.buy(carol(), id(0), SOLD).expect("room"),
    );
    table.row(
        "buy, the same buyer again",
        &world.buy(carol(), id(0), WAD / 2).expect("room"),
    );
    table.row(
        "buy, another series",
        &world.buy(carol(), id(1), SOLD).expect("room"),
    );
    world.buy(carol(), id(2), SOLD).expect("room");
    let give = Abi::transfer_1Call {
        receiver: bob(),
        id: id(0),
        amount: u(WAD),
    };
    table.row(
        "transfer of options, to a new holder",
        &world.send(carol(), &give).expect("hers"),
    );
    let rebalance = Abi::rebalanceCall {};
    table.row(
        "rebalance, sells",
        &world.send(keeper(), &rebalance).expect("out of the band"),
    );
    world.chain.warp(DAY);
    moved(&mut world, 2_120 * WAD);
    table.row(
        "rebalance, buys",
        &world.send(keeper(), &rebalance).expect("out of the band"),
    );
    table.row("settle, three series", &settle(&mut world, 2_300 * WAD));
    let exercise = |index, amount| Abi::exerciseCall {
        id: id(index),
        amount,
        receiver: carol(),
    };
    let done = world.send(carol(), &exercise(0, u(WAD))).expect("settled");
    assert!(done.value.quote > U256::ZERO);
    table.row("exercise, some", &done);
    table.row(
        "exercise, all",
        &world.send(carol(), &exercise(1, u(SOLD))).expect("settled"),
    );
    table.row(
        "exercise, worthless",
        &world.send(carol(), &exercise(2, u(SOLD))).expect("settled"),
    );
    moved(&mut world, 2_300 * WAD);
    table.row(
        "rebalance, converts",
        &world.send(keeper(), &rebalance).expect("converts"),
    );
    table.row(
        "roll",
        &world.send(keeper(), &Abi::rollCall {}).expect("settled"),
    );

    let mut policy = default_policy();
    policy.opening.targetDeltas = [4_500, 3_900, 3_300, 2_700, 2_100, 1_500, 1_000, 500];
    policy.opening.capBps = U24::from(25_000);
    let options = Options {
        policy,
        ..Options::default()
    };
    let mut world = deposited(&options);
    world.chain.warp(13 * HOUR);
    moved(&mut world, SPOT);
    table.row(
        "openEpoch, eight series",
        &world.send(keeper(), &open).expect("opens"),
    );
    assert_eq!(world.view(&Abi::epochCall {}).seriesCount, u(8));
    for index in 0..8 {
        world.buy(carol(), id(index), 2 * WAD).expect("room");
    }
    table.row(
        "rebalance, eight series",
        &world.send(keeper(), &rebalance).expect("trades"),
    );
    let mut filled = world.clone();
    moved(&mut filled, 2_600 * WAD);
    filled.give_weth(keeper(), 100 * WAD);
    filled.give_usdc(keeper(), 1_000_000 * USD);
    let buys = filled.view(&Abi::previewFillCall {}).buys;
    let fill = Abi::fillCall {
        buys,
        limit: if buys { U256::ZERO } else { U256::MAX },
        deadline: U256::MAX,
    };
    let done = filled.send(keeper(), &fill);
    table.row("fill, eight series", &done.expect("out of the band"));
    moved(&mut filled, 2_900 * WAD);
    let mark = Abi::markTriggerCall {};
    let done = filled.send(stranger(), &mark);
    table.row("markTrigger, eight series", &done.expect("looks"));
    table.row("settle, eight series", &settle(&mut world, 3_000 * WAD));
    compare("gas.txt", &table.0);
}

/// What asking, taking back and claiming cost: the first of an epoch, the next controller's, again, and with an earlier one that was left or not claimed.
#[test]
fn gas_of_requests() {
    let mut table = Table::new("program cached");
    let mut world = opened();
    for who in [alice(), bob(), carol(), keeper()] {
        world.give_weth(who, 100 * WAD);
    }
    let deposit = |who| Abi::requestDepositCall {
        assets: u(WAD),
        controller: who,
        owner: who,
    };
    let redeem = |who| Abi::requestRedeemCall {
        shares: u(100 * WAD),
        controller: who,
        owner: who,
    };
    let cancel = |id, who| Abi::cancelDepositRequestCall {
        requestId: u(id),
        receiver: who,
        controller: who,
    };
    let ask = |table: &mut Table, world: &mut World, what: &str, who| {
        let done = world.send(who, &deposit(who)).expect("open");
        table.row(&format!("requestDeposit, {what}"), &done);
    };
    ask(&mut table, &mut world, "the first of an epoch", alice());
    ask(&mut table, &mut world, "another controller", bob());
    ask(&mut table, &mut world, "again", bob());
    let done = world.send(alice(), &redeem(alice()));
    table.row("requestRedeem, the first of an epoch", &done.expect("open"));
    let done = world.send(bob(), &redeem(bob()));
    table.row("requestRedeem, another controller", &done.expect("open"));
    world.send(keeper(), &deposit(keeper())).expect("open");
    let done = world.send(keeper(), &cancel(1, keeper()));
    table.row("cancelDepositRequest", &done.expect("pending"));
    settle(&mut world, SPOT);
    roll(&mut world, SPOT);
    let claim = |id, who| Abi::claimDepositCall {
        requestId: u(id),
        receiver: who,
        controller: who,
    };
    let done = world.send(alice(), &claim(1, alice()));
    table.row("claimDeposit", &done.expect("carried out"));
    let redeemed = Abi::claimRedeemCall {
        requestId: u(1),
        receiver: alice(),
        controller: alice(),
    };
    let done = world.send(alice(), &redeemed);
    table.row("claimRedeem", &done.expect("carried out"));
    open(&mut world);
    ask(&mut table, &mut world, "the earlier one claimed", alice());
    ask(&mut table, &mut world, "not claimed", bob());
    world.buy(keeper(), id_of(2, 0), WAD).expect("room");
    settle(&mut world, SPOT);
    world.chain.warp(25 * HOUR);
    world.send(keeper(), &Abi::rollCall {}).expect("late");
    open(&mut world);
    ask(&mut table, &mut world, "left by a roll", alice());
    let done = world.send(alice(), &cancel(2, alice()));
    table.row("cancelDepositRequest, left by a roll", &done.expect("hers"));
    compare("gas-requests.txt", &table.0);
}

#[test]
fn gas_of_a_full_book_of_several_expiries() {
    let mut table = Table::new("eight series, three expiries");
    let mut world = deposited(&crate::maturities::full());
    world.chain.warp(13 * HOUR);
    moved(&mut world, SPOT);
    let opened = world.send(keeper(), &Abi::openEpochCall {});
    table.row("openEpoch", &opened.expect("opens"));
    for series in 0..8 {
        world.buy(bob(), id(series), WAD / 2).expect("room");
    }
    let mut trade = |world: &mut World, what: &str, series: u128| {
        world.chain.warp(60);
        world.submit(SPOT + SPOT / 1_000);
        table.row(
            what,
            &world.buy(carol(), id(series), WAD / 4).expect("room"),
        );
    };
    trade(&mut world, "buy, a new holder", 0);
    trade(&mut world, "buy, a holder again", 0);
    trade(&mut world, "buy of an early expiry, a new holder", 7);
    world.chain.warp(60);
    world.submit(SPOT);
    let sell = Abi::sellCall {
        id: id(7),
        amount: u(WAD / 8),
        minProceeds: U256::ZERO,
        receiver: carol(),
        deadline: U256::MAX,
    };
    table.row("sell", &world.send(carol(), &sell).expect("hers"));
    let hedged = world.send(keeper(), &Abi::rebalanceCall {});
    table.row("rebalance", &hedged.expect("out of the band"));
    let end = expiry(&world);
    for (what, early) in [
        ("settle, two of eight", 2),
        ("settle, two more", 1),
        ("settle, the last four", 0),
    ] {
        let at = end - early * DAY;
        world.chain.set_time(at - 100);
        moved(&mut world, 3_000 * WAD);
        let hint = round(&world);
        world.chain.set_time(at + 61);
        let settled = world.send(keeper(), &settling_at(at, hint));
        table.row(what, &settled.expect("settles"));
    }
    let batch = Abi::exerciseBatchCall {
        receiver: bob(),
        ids: (0..8).map(id).collect(),
    };
    table.row(
        "exerciseBatch, eight",
        &world.send(bob(), &batch).expect("settled"),
    );
    // Where a budget is set the book is looked at: at a glance, or one series after another.
    for (what, gamma) in [
        ("buy, a holder again, a wide budget of gamma", 10_000),
        ("buy, a holder again, a narrow one", 400),
    ] {
        let mut options = crate::maturities::full();
        options.policy.risk.gammaBps = gamma;
        let mut world = opened_with(&options);
        for series in 0..8 {
            world.buy(bob(), id(series), WAD / 2).expect("room");
        }
        world.buy(carol(), id(0), WAD / 4).expect("room");
        table.row(what, &world.buy(carol(), id(0), WAD / 4).expect("room"));
    }
    compare("gas-full-book.txt", &table.0);
}

/// The same trades where the quote is taken at par, where it has a feed behind its proxy, and where that feed has a new price each time.
#[test]
fn gas_of_trading_with_a_feed_for_the_quote() {
    let mut table = Table::new("the quote at par, or with a feed");
    for (how, has_feed, moves) in [
        ("at par", false, false),
        ("with a feed", true, false),
        ("with a feed that moved", true, true),
    ] {
        let options = Options::default();
        let (mut world, feed) = if has_feed {
            let (world, feed) = crate::observe::with_quote_and(&options, 100_000_000);
            (world, Some(feed))
        } else {
            (deposited(&options), None)
        };
        open(&mut world);
        world.buy(carol(), id(0), SOLD).expect("room");
        // The asset's feed has a new price for each, too.
        let round = |world: &mut World, step: u128| {
            world.chain.warp(60);
            if let Some(feed) = feed.as_ref().filter(|_| moves) {
                crate::observe::quote(world, feed, 100_000_000 + step as i64);
            }
            world.submit(SPOT + step * WAD / 1_000);
        };
        round(&mut world, 1);
        let done = world.buy(carol(), id(0), WAD / 2).expect("room");
        table.row(&format!("buy again, {how}"), &done);
        round(&mut world, 2);
        let sell = Abi::sellCall {
            id: id(0),
            amount: u(WAD / 2),
            minProceeds: U256::ZERO,
            receiver: carol(),
            deadline: U256::MAX,
        };
        table.row(
            &format!("sell, {how}"),
            &world.send(carol(), &sell).expect("hers"),
        );
    }
    compare("gas-quote-feed.txt", &table.0);
}

/// A vault of eight series, all of them sold, under a policy on which a decision costs the most: every trigger, the adaptive band, the gate, a skew, the data
/// fee, both feeds. Of the three fee tiers only the last is there, or only the last has a pool within the bounds.
fn worst_rebalance(pools_away: bool) -> World {
    let mut options = crate::maturities::full();
    let policy = &mut options.policy;
    policy.hedge.triggers = 1 | 4 | 8 | 16 | 32;
    policy.hedge.adaptive = true;
    policy.hedge.toEdge = true;
    policy.hedge.skewBps = 1_000;
    policy.hedge.gateBps = 100;
    policy.hedge.riskAversionBps = U24::from(5_000_000);
    let away: &[u32] = if pools_away { &[10_000, 3_000] } else { &[] };
    policy.venue.feeTiers = [U24::from(500), U24::ZERO, U24::ZERO];
    if pools_away {
        policy.venue.feeTiers = [U24::from(10_000), U24::from(3_000), U24::from(500)];
    }
    policy.keeper.l1Bytes = 200;
    let (mut world, feed) = crate::observe::with_quote_and(&options, 100_000_000);
    let usual = world.pool;
    for fee in away {
        world.pool = crate::hedge::another_pool(&mut world, *fee);
        world.move_pool(1_900 * WAD);
    }
    world.pool = usual;
    world.chain.warp(13 * HOUR);
    crate::observe::quote(&mut world, &feed, 100_010_000);
    moved(&mut world, SPOT);
    world.send(keeper(), &Abi::openEpochCall {}).expect("opens");
    for series in 0..8 {
        world.buy(bob(), id(series), WAD / 2).expect("room");
    }
    world.chain.warp(25 * HOUR);
    crate::observe::quote(&mut world, &feed, 99_990_000);
    moved(&mut world, SPOT * 105 / 100);
    world
}

/// EIP-2929.
const COLD_ACCOUNT: u64 = 2_600;

/// Rebalances, and says what each part of it cost, and what all but the swap and token calls did.
fn taken_apart(world: &mut World, title: &str) -> (String, u64) {
    let done = world.send(keeper(), &Abi::rebalanceCall {}).expect("due");
    let receipt = &done.receipt;
    // The vault, its extension in its place, and what that calls.
    let children = || receipt.frames.iter().filter(|frame| frame.depth == 2);
    let of = |selectors: &[&str]| -> u64 {
        let known: Vec<[u8; 4]> = selectors
            .iter()
            .map(|name| keccak256(name)[..4].try_into().expect("four"))
            .collect();
        children()
            .filter(|frame| {
                known
                    .iter()
                    .any(|selector| frame.input.starts_with(selector))
            })
            .map(|frame| frame.gas_used)
            .sum()
    };
    let swap =
        of(&["exactInputSingle((address,address,uint24,address,uint256,uint256,uint256,uint160))"]);
    let tokens = of(&[
        "balanceOf(address)",
        "approve(address,uint256)",
        "transfer(address,uint256)",
    ]);
    let feeds = of(&["latestRoundData()"]);
    let pools = of(&[
        "getPool(address,address,uint24)",
        "slot0()",
        "observe(uint32[])",
        "liquidity()",
    ]);
    let fees = of(&["getL1BaseFeeEstimate()"]);
    let all: u64 = children().map(|frame| frame.gas_used).sum();
    // Whoever calls pays for the first visit of an account, not the account: those of both tokens and the router belong to their calls.
    let visits = COLD_ACCOUNT * 3;
    assert_eq!(
        all,
        swap + tokens + feeds + pools + fees,
        "every call is counted"
    );
    let before = receipt.gas_used + receipt.refunded - receipt.frames[0].gas_used;
    let execution = receipt.frames[0].gas_used - done.entry_gas();
    let mut text = format!("{title}\n");
    for (what, gas) in [
        ("gas", receipt.gas_used),
        ("refunded", receipt.refunded),
        ("sending", before),
        ("entry of both programs", done.entry_gas()),
        ("execution", execution),
        ("  the swap", swap),
        ("  token calls", tokens),
        ("  feeds, behind their proxies", feeds),
        ("  pools looked at", pools),
        ("  price of data", fees),
        ("  first visits, tokens and router", visits),
        ("  the vault itself", execution - all - visits),
        (
            "without swap and token calls",
            execution - swap - tokens - visits,
        ),
    ] {
        writeln!(text, "{what:<36}{gas:>9}").expect("memory");
    }
    (text, execution - swap - tokens - visits)
}

#[test]
fn gas_of_a_rebalance_taken_apart() {
    let mut text = String::new();
    for (pools_away, title) in [
        (false, "eight series, every trigger, two feeds"),
        (true, "the same, and only the third of three pools is fit"),
    ] {
        let mut worst = worst_rebalance(pools_away);
        let policy = worst.view(&Abi::policyCall {});
        assert_eq!(policy.hedge.triggers, 61);
        let (part, gas) = taken_apart(&mut worst, title);
        text += &part;
        text.push('\n');
        let last = worst.view(&Abi::hedgeStateCall {});
        assert_eq!(last.time, seconds(worst.chain.now()));
        // What was asked of the dearest there is; a further pool that is looked at for nothing adds some 17 000.
        assert!(gas < if pools_away { 185_000 } else { 150_000 }, "{gas}");
    }

    let mut usual = deposited(&crate::maturities::full());
    usual.chain.warp(13 * HOUR);
    moved(&mut usual, SPOT);
    usual.send(keeper(), &Abi::openEpochCall {}).expect("opens");
    for series in 0..8 {
        usual.buy(bob(), id(series), WAD / 2).expect("room");
    }
    usual.chain.warp(HOUR);
    moved(&mut usual, SPOT * 101 / 100);
    let (part, _) = taken_apart(&mut usual, "eight series, one trigger, the quote at par");
    text += &part;
    compare("gas-rebalance.txt", &text);
}

/// What stands at a place behind a row's name in a snapshot.
fn word(file: &str, row: &str, place: usize) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(path.join("snapshots").join(file)).expect("a snapshot");
    let line = text.lines().find_map(|line| {
        let rest = line.strip_prefix(row)?;
        rest.starts_with(' ').then_some(rest)
    });
    line.and_then(|line| line.split_whitespace().nth(place))
        .unwrap_or_else(|| panic!("no {row} in {file}"))
        .into()
}

/// The number that stands there, as README writes it.
fn figure(file: &str, row: &str, place: usize) -> String {
    grouped(&word(file, row, place))
}

/// A whole number with its thousands apart.
fn grouped(digits: &str) -> String {
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(' ');
        }
        grouped.push(digit);
    }
    grouped
}

#[test]
fn the_readme_has_the_figures_of_the_snapshots() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let readme = std::fs::read_to_string(path).expect("a README");
    let bytes = |file| figure(file, "compressed bytes", 0);
    let (vault, extension) = ("program.txt", "program-extension.txt");
    let entry = |file, how| figure(file, &format!("entry gas, {how}"), 0);
    let gas = |row| figure("gas.txt", row, 0);
    // The vault's, and OpenZeppelin's.
    let both = |rows: &[&str]| {
        let of = |place| {
            let all = rows.iter().map(|row| figure("gas-erc4626.txt", row, place));
            all.collect::<Vec<_>>().join("; ")
        };
        format!("| {} | {} |", of(0), of(4))
    };
    let math = "../../../crates/option-math/measure/snapshots/compare.txt";
    for expected in [
        format!("{} / {}", bytes(vault), bytes(extension)),
        format!(
            "{} / {}; {} / {}",
            entry(vault, "cached"),
            entry(vault, "uncached"),
            entry(extension, "cached"),
            entry(extension, "uncached")
        ),
        both(&[
            "deposit, the first",
            "deposit, another depositor",
            "deposit, again",
        ]),
        both(&["redeem", "transfer, to a new holder"]),
        format!(
            "| {}; {} |",
            gas("buy, the same buyer again"),
            figure("gas-full-book.txt", "buy, a holder again", 0),
        ),
        format!(
            "| {}; {} |",
            gas("rebalance, sells"),
            gas("rebalance, eight series"),
        ),
        format!(
            "| {}; {}; {} |",
            gas("openEpoch, three series"),
            gas("settle, three series"),
            gas("roll"),
        ),
        format!(
            "| {} | {} |",
            word(math, "option-math, Stylus", 1),
            grouped(word(math, "Solidity, fused by hand, Solady 0.1.26", 1).trim_end_matches(".0")),
        ),
    ] {
        assert!(readme.contains(&expected), "README.md lacks {expected}");
    }
}

#[test]
fn the_program_is_valid_for_the_chain_and_as_large_as_it_was() {
    for (program, file) in [
        (Program::Vault, "program.txt"),
        (Program::Extension, "program-extension.txt"),
    ] {
        let report = report(&wasm(program), &Params::arbos_60()).expect("compresses");
        assert!(report.is_deployable(), "{:?}", report.verdict);
        compare(file, &report.to_string());
    }
}

#[test]
fn a_program_out_of_the_cache_costs_its_entry_and_no_more() {
    let gas = |cache| {
        let mut world = World::new(&Options {
            cache,
            ..Options::default()
        });
        let done = world.deposit(alice(), 10 * WAD).expect("open");
        (done.receipt.gas_used, done.entry_gas())
    };
    let (cached, entry) = gas(testbed::devchain::ProgramCache::All);
    let (cold, cold_entry) = gas(testbed::devchain::ProgramCache::Uncached);
    assert!(cold_entry > entry);
    assert_eq!(cold - cached, cold_entry - entry);
}
