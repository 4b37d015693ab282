//! The story in the terminal: one line a call, then what came of it. Readable without colour.

use std::path::Path;

use crate::amount::{Usdc, Weth, clock, grouped, signed_percent};
use crate::model::{Call, Report};
use crate::path::{EPOCH_HOURS, PricePath};

/// Writes to the terminal.
#[derive(Clone, Copy, Debug)]
pub struct Timeline {
    colour: bool,
}

const BOLD: &str = "1";
const DIM: &str = "2";
const GREEN: &str = "32";
const RED: &str = "31";
const BLUE: &str = "34";

impl Timeline {
    /// With colour or without.
    #[must_use]
    pub fn new(colour: bool) -> Self {
        Self { colour }
    }

    fn paint(self, style: &str, text: &str) -> String {
        if self.colour {
            format!("\x1b[{style}m{text}\x1b[0m")
        } else {
            text.into()
        }
    }

    fn title(self, text: &str) {
        println!("\n{}", self.paint(BOLD, text));
    }

    /// What is going to be played, and the head of the table.
    pub fn heading(self, path: &PricePath) {
        println!("{}", self.paint(BOLD, "Covered-call vault, WETH against USDC: one epoch of compiled WASM on the embedded chain"));
        println!("prices: {} ({})", path.name, path.origin);
        let (first, last) = (path.at(0) as f64 / 1e18, path.at(EPOCH_HOURS) as f64 / 1e18);
        println!(
            "        {} at opening, {} at expiry ({}), realised volatility {:.0} %",
            grouped(first, 2),
            grouped(last, 2),
            signed_percent(last / first - 1.0, 1),
            path.realised_volatility() * 100.0,
        );
        println!(
            "columns: time from opening; gas with entry; of it entry; net delta as a share of net asset value, before and after\n"
        );
        let head = format!(
            "{:<22}{:>8}  {:<6} {:<11} {:>9} {:>6}  {:>10}  {:>9}  {:<16}  what",
            "when (UTC)", "day hour", "who", "call", "gas", "entry", "reward", "price", "net delta"
        );
        println!("{}", self.paint(DIM, &head));
    }

    /// One call.
    pub fn call(self, call: &Call, opening: u64) {
        let when = clock(call.time);
        let since = since(call.time, opening);
        let (before, after) = (
            call.before.exposure_of_nav * 100.0,
            call.after.exposure_of_nav * 100.0,
        );
        let delta = if call.before.nav.0 == 0 && call.after.nav.0 == 0 {
            String::new()
        } else if (before - after).abs() < 0.05 {
            format!("{after:>6.1} %")
        } else {
            format!("{before:>6.1} → {after:.1} %")
        };
        let what = match &call.refused {
            Some(error) => {
                let name = error.split([' ', '(']).next().unwrap_or(error);
                format!("{} {} ({})", self.paint(RED, "refused:"), name, call.detail)
            }
            None => call.detail.clone(),
        };
        let (gas, entry) = match call.refused {
            Some(_) => ("-".into(), "-".into()),
            None => (
                grouped(call.gas as f64, 0),
                grouped(call.entry_gas as f64, 0),
            ),
        };
        let reward = if call.reward.0 == 0 {
            String::new()
        } else {
            format!("{:.8}", call.reward)
        };
        let style = match call.role.as_str() {
            "keeper" => GREEN,
            "buyer" => BLUE,
            _ => "0",
        };
        let who = self.paint(style, &format!("{:<6}", call.caller));
        println!(
            "{when:<22}{since:>8}  {who} {:<11} {gas:>9} {entry:>6}  {reward:>10}  {:>9}  {delta:<16}  {what}",
            short(&call.function),
            call.price,
        );
    }

    /// What came of it.
    pub fn summary(self, report: &Report, page: &Path, json: Option<&Path>) {
        self.code(report);
        self.series(report);
        self.money(report);
        self.depositors(report);
        self.title("Accounts");
        let rows = report.reconciliation.rows.len();
        println!(
            "  balances of {rows} accounts: changes sum to 0 WETH and 0 USDC, to the last unit, and are what the transfers say"
        );
        println!("\nreport: {}", page.display());
        if let Some(json) = json {
            println!("data:   {}", json.display());
        }
    }

    fn code(self, report: &Report) {
        let vault = &report.vault;
        self.title("Code");
        println!(
            "  deployed {} bytes and {} of the extension (WASM {}); activation {} gas",
            grouped(vault.code_size as f64, 0),
            grouped(vault.extension_code_size as f64, 0),
            grouped(vault.wasm_size as f64, 0),
            grouped(vault.activate_gas as f64, 0)
        );
        println!(
            "  entry gas {} cached, {} uncached",
            grouped(vault.entry_gas_cached as f64, 0),
            grouped(vault.entry_gas_uncached as f64, 0)
        );
        self.title("Gas");
        println!(
            "{}",
            self.paint(
                DIM,
                &format!(
                    "  {:<12}{:>5}{:>12}{:>12}{:>12}",
                    "call", "calls", "least", "mean", "most"
                )
            )
        );
        for kind in &report.gas {
            let gas = |gas: u64| grouped(gas as f64, 0);
            println!(
                "  {:<12}{:>5}{:>12}{:>12}{:>12}",
                short(&kind.function),
                kind.calls,
                gas(kind.min),
                gas(kind.mean),
                gas(kind.max)
            );
        }
    }

    fn series(self, report: &Report) {
        self.title("Options");
        let head = format!(
            "  {:>9}{:>10}{:>10}{:>10}{:>14}{:>14}{:>14}",
            "strike", "cap", "sold", "of", "premium", "paid USDC", "paid WETH"
        );
        println!("{}", self.paint(DIM, &head));
        for series in &report.epoch.series {
            let cap = series.cap.map_or("none".into(), |cap| format!("{cap:.0}"));
            println!(
                "  {:>9.0}{cap:>10}{:>10.3}{:>10.3}{:>14}{:>14}{:>14.6}",
                series.strike,
                series.sold,
                series.limit,
                series.premium,
                series.payout_quote,
                series.payout_assets
            );
        }
        println!(
            "  settled at {}, the last round at or before expiry",
            report.epoch.settlement_price
        );
    }

    fn money(self, report: &Report) {
        let results = &report.results;
        self.title("Money");
        let usdc = |label: &str, amount: Usdc, note: &str| {
            println!("  {label:<24}{amount:>16} USDC  {}", self.paint(DIM, note))
        };
        let weth = |label: &str, amount: Weth, note: &str| {
            println!(
                "  {label:<24}{amount:>16.8} WETH  {}",
                self.paint(DIM, note)
            )
        };
        usdc("premium earned", results.premium, "");
        usdc(
            "paid to holders",
            -results.payouts,
            "at the settlement price",
        );
        let count = format!(
            "{} trades, marked at the settlement price, costs included",
            results.rebalances
        );
        usdc("hedge", results.hedge, &count);
        usdc(
            "  of it fee and impact",
            -results.hedge_cost,
            "against the oracle's price",
        );
        usdc(
            "conversion cost",
            -results.conversion_cost,
            "leftover quote into the asset",
        );
        weth("rewards to the keeper", -results.rewards, "");
        let net = format!(
            "the keeper's own cost; it looked {} times and gained {:.8}",
            results.keeper_checks,
            results.rewards - results.keeper_gas
        );
        weth("keeper's gas", results.keeper_gas, &net);
        println!("  from deposits to redemptions, in WETH at the settlement price:");
        for step in &report.results.bridge {
            println!("    {:<22}{:>16.6}", step.label, step.assets);
        }
    }

    fn depositors(self, report: &Report) {
        self.title("Depositors");
        let head = format!(
            "  {:<8}{:>14}{:>14}{:>18}{:>14}{:>18}",
            "who", "deposited", "redeemed", "against holding", "in USDC", "holding in USDC"
        );
        println!("{}", self.paint(DIM, &head));
        for depositor in &report.results.depositors {
            let style = if depositor.versus_holding < 0.0 {
                RED
            } else {
                GREEN
            };
            let versus = self.paint(
                style,
                &format!("{:>18}", signed_percent(depositor.versus_holding, 3)),
            );
            println!(
                "  {:<8}{:>14.6}{:>14.6}{versus}{:>14}{:>18}",
                depositor.name,
                depositor.deposited,
                depositor.redeemed,
                signed_percent(depositor.in_quote, 2),
                signed_percent(depositor.holding_in_quote, 2)
            );
        }
    }
}

/// Time from opening in days and hours: `-1d 20h`, `2d 05h`.
fn since(time: u64, opening: u64) -> String {
    let hours = (time as i64 - opening as i64).div_euclid(3_600);
    let sign = if hours < 0 { "-" } else { "+" };
    format!("{sign}{}d{:02}h", hours.abs() / 24, hours.abs() % 24)
}

fn short(function: &str) -> &str {
    match function {
        "redeemInKind" => "inKind",
        other => other,
    }
}
