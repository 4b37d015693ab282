//! The report as one page: no script, no font, no picture from elsewhere.

mod charts;
pub mod plot;
mod tables;

use std::fmt::Write;

use crate::amount::{clock, grouped, signed_percent};
use crate::model::Report;

/// The page.
#[must_use]
pub fn page(report: &Report) -> String {
    let mut out = String::with_capacity(1 << 18);
    let title = format!(
        "Covered-call vault: epoch {}, {}",
        report.epoch.number, report.path.name
    );
    let _ = write!(
        out,
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{}</title><style>{}</style></head><body><main>\n",
        escape(&title),
        include_str!("style.css")
    );
    header(&mut out, report);
    tiles(&mut out, report);
    section(
        &mut out,
        "The market and the hedge",
        "",
        &[
            charts::price(report).figure(),
            charts::delta(report).figure(),
        ],
    );
    greeks(&mut out, report);
    let shares = charts::shares(report).map(|plot| plot.figure()).concat();
    section(
        &mut out,
        "Share price",
        "",
        &[format!("<div class=\"pair\">{shares}</div>")],
    );
    let ledger = charts::ledger(report).map(|plot| plot.figure()).concat();
    let words = "Every price rests on these buckets, never on a token balance. They are disjoint, and their sum is what the vault holds.";
    section(
        &mut out,
        "The ledger",
        words,
        &[format!("<div class=\"pair\">{ledger}</div>")],
    );
    let words = "What depositors put in, what was added and taken on the way, and what they took out; USDC counted at the settlement price. \
                 The bars are cut off at the left: the changes are small beside the whole.";
    let bridge = format!("<div class=\"card\">{}</div>", charts::bridge(report));
    section(
        &mut out,
        "From deposits to redemptions",
        words,
        &[bridge, tables::depositors(report), tables::series(report)],
    );
    let words = "Each call of the epoch in order. Those refused were simulated, not sent.";
    section(
        &mut out,
        "Who did what",
        words,
        &[tables::calls(report), tables::gas(report)],
    );
    let words = "Every token transfer of the epoch by purpose, from the transfer events. Each column sums to zero.";
    section(
        &mut out,
        "Where the money went",
        words,
        &tables::flows(report),
    );
    let words = "Balances read from the tokens before the first deposit and after the last redemption. The accounts hold every WETH and USDC there is, each \
                 change is what the transfers above say, and the changes sum to zero to the last unit; otherwise this page would not exist.";
    section(&mut out, "It adds up", words, &[tables::balances(report)]);
    footer(&mut out, report);
    out.push_str("</main></body></html>\n");
    out
}

fn section(out: &mut String, title: &str, words: &str, parts: &[String]) {
    let _ = write!(out, "<section><h2>{title}</h2>");
    if !words.is_empty() {
        let _ = write!(out, "<p>{words}</p>");
    }
    parts.iter().for_each(|part| out.push_str(part));
    out.push_str("</section>\n");
}

fn header(out: &mut String, report: &Report) {
    let epoch = &report.epoch;
    let change = epoch.settlement_price.quote() / epoch.spot.quote() - 1.0;
    let _ = write!(
        out,
        "<header><h1>One epoch of the covered-call vault</h1><p>WETH against USDC, {} to {} UTC. The contract's compiled WASM on an embedded chain, beside the published \
         bytecode of Uniswap V3, USDC, WETH9 and a Chainlink proxy. Prices: {} ({}), from {} to {} ({}), realised volatility {:.0} %, options priced at {:.0} % at first.</p></header>",
        clock(epoch.opening),
        clock(epoch.expiry),
        escape(&report.path.name),
        escape(&report.path.origin),
        epoch.spot,
        epoch.settlement_price,
        signed_percent(change, 1),
        report.path.realised_volatility * 100.0,
        report.vault.implied_volatility * 100.0
    );
}

fn tiles(out: &mut String, report: &Report) {
    let results = &report.results;
    let versus = results
        .depositors
        .first()
        .map_or(0.0, |depositor| depositor.versus_holding);
    let in_quote = results
        .depositors
        .first()
        .map_or(0.0, |depositor| depositor.in_quote);
    let holding = results
        .depositors
        .first()
        .map_or(0.0, |depositor| depositor.holding_in_quote);
    let change = report.epoch.settlement_price.quote() / report.epoch.spot.quote() - 1.0;
    let tiles = [
        (
            signed_percent(change, 2),
            format!(
                "price of WETH, {:.0} to {:.0} USDC",
                report.epoch.spot, report.epoch.settlement_price
            ),
        ),
        (
            signed_percent(versus, 2),
            "depositors against holding WETH".to_string(),
        ),
        (
            signed_percent(in_quote, 2),
            format!("depositors in USDC; holding {}", signed_percent(holding, 2)),
        ),
        (
            format!("{:.0}", results.premium),
            "USDC of premium earned".to_string(),
        ),
        (
            format!("{:.0}", results.payouts),
            "USDC paid to option holders".to_string(),
        ),
        (
            format!("{:.0}", results.hedge),
            format!(
                "USDC made by {} hedges, of it {:.0} cost",
                results.rebalances, results.hedge_cost
            ),
        ),
        (
            format!("{:.6}", results.rewards),
            format!(
                "WETH paid to the keeper, whose gas cost {:.6}",
                results.keeper_gas
            ),
        ),
        (
            grouped(report.vault.code_size as f64, 0),
            format!(
                "bytes of code; entry gas {}",
                grouped(report.vault.entry_gas_cached as f64, 0)
            ),
        ),
    ];
    out.push_str("<div class=\"tiles\">");
    for (number, words) in tiles {
        let _ = write!(
            out,
            "<div class=\"tile\"><b>{}</b><span>{words}</span></div>",
            number.replace('-', "−")
        );
    }
    out.push_str("</div>\n");
}

fn greeks(out: &mut String, report: &Report) {
    let plots: String = charts::greeks(report)
        .iter()
        .map(plot::Plot::figure)
        .collect();
    let words = "Per option of each strike, hour by hour. Solid: computed from the contract's views by the function the contract runs. Dotted: what its view shows \
                 at the price it acted on last, per unit of spot, at the price of the hour.";
    section(
        out,
        "The greeks of each series",
        words,
        &[format!("<div class=\"pair\">{plots}</div>")],
    );
}

fn footer(out: &mut String, report: &Report) {
    let vault = &report.vault;
    let _ = write!(
        out,
        "<footer><h2>Notes</h2><ul><li>Net delta is <i>u − Σ n·Δ</i>: the shareholders' WETH less the deltas of the options open. Net asset value is <i>u + (c − Σ n·price) / S</i>. \
         Target {:.0} % of it, band ± {:.0} %.</li><li>Every hour the feed answers and an arbitrageur trades the pool to that price, whatever it costs in fees; then the keeper \
         looks, and calls only when the reward exceeds the gas at {} gwei.</li><li>Hedge: each trade marked at the settlement price. Its cost: against the oracle's price at the time, \
         that is, the pool's fee and the trade's own impact.</li><li>Entering the program costs {} gas when it is cached and {} when it is not, within the gas of each call. \
         Calls here are at the cached price.</li></ul></footer>",
        vault.target_weight * 100.0,
        vault.band * 100.0,
        grouped(vault.base_fee_wei as f64 / 1e9, 2),
        grouped(vault.entry_gas_cached as f64, 0),
        grouped(vault.entry_gas_uncached as f64, 0)
    );
}

/// Text in HTML.
#[must_use]
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
