//! The tables of a report.

use std::fmt::Write;

use super::escape;
use crate::amount::{Usdc, Weth, clock, grouped, signed_percent};
use crate::flows::{Moved, Purpose};
use crate::model::Report;

/// A cell: how it is classed, and its text, escaped.
struct Cell(&'static str, String);

fn left(text: &str) -> Cell {
    Cell("l", escape(text))
}

fn right(text: String) -> Cell {
    Cell("", escape(&text.replace('-', "−")))
}

fn table(
    caption: &str,
    heads: &[(&str, &str)],
    rows: &[Vec<Cell>],
    foot: Option<Vec<Cell>>,
) -> String {
    let mut out = format!(
        "<div class=\"scroll\"><table><caption>{}</caption><thead><tr>",
        escape(caption)
    );
    for (class, head) in heads {
        let _ = write!(
            out,
            "<th scope=\"col\" class=\"{class}\">{}</th>",
            escape(head)
        );
    }
    out.push_str("</tr></thead><tbody>");
    let line = |out: &mut String, row: &[Cell]| {
        out.push_str("<tr>");
        for Cell(class, text) in row {
            let _ = write!(out, "<td class=\"{class}\">{text}</td>");
        }
        out.push_str("</tr>");
    };
    rows.iter().for_each(|row| line(&mut out, row));
    out.push_str("</tbody>");
    if let Some(foot) = foot {
        out.push_str("<tfoot>");
        line(&mut out, &foot);
        out.push_str("</tfoot>");
    }
    out.push_str("</table></div>\n");
    out
}

/// Depositors and their returns.
pub fn depositors(report: &Report) -> String {
    let rows: Vec<Vec<Cell>> = report
        .results
        .depositors
        .iter()
        .map(|depositor| {
            let class = if depositor.versus_holding < 0.0 {
                "bad"
            } else {
                "good"
            };
            let mut redeemed = format!("{:.6}", depositor.redeemed);
            if depositor.redeemed_quote.0 != 0 {
                let _ = write!(redeemed, " and {} USDC", depositor.redeemed_quote);
            }
            vec![
                left(&depositor.name),
                right(format!("{:.6}", depositor.deposited)),
                right(redeemed),
                Cell(
                    class,
                    signed_percent(depositor.versus_holding, 3).replace('-', "−"),
                ),
                right(signed_percent(depositor.in_quote, 2)),
                right(signed_percent(depositor.holding_in_quote, 2)),
            ]
        })
        .collect();
    let heads = [
        ("l", "depositor"),
        ("", "deposited WETH"),
        ("", "redeemed WETH"),
        ("", "against holding"),
        ("", "in USDC"),
        ("", "holding in USDC"),
    ];
    table("Depositors", &heads, &rows, None)
}

/// The series, what they earned and paid.
pub fn series(report: &Report) -> String {
    let rows: Vec<Vec<Cell>> = report
        .epoch
        .series
        .iter()
        .map(|series| {
            vec![
                left(&format!("{:.0}", series.strike)),
                right(series.cap.map_or("none".into(), |cap| format!("{cap:.0}"))),
                right(format!("{:.4}", series.limit)),
                right(format!("{:.4}", series.sold)),
                right(series.premium.to_string()),
                right(series.payout_quote.to_string()),
                right(format!("{:.6}", series.payout_assets)),
            ]
        })
        .collect();
    let heads = [
        ("l", "strike"),
        ("", "cap"),
        ("", "on offer"),
        ("", "sold"),
        ("", "premium USDC"),
        ("", "paid USDC"),
        ("", "paid WETH"),
    ];
    table("Options", &heads, &rows, None)
}

/// Every call.
pub fn calls(report: &Report) -> String {
    let rows: Vec<Vec<Cell>> = report
        .calls
        .iter()
        .map(|call| {
            let percent = |state: &crate::model::State| grouped(state.exposure_of_nav * 100.0, 1);
            let what = match &call.refused {
                Some(error) => Cell(
                    "l wrap",
                    format!(
                        "<span class=\"bad\">refused:</span> {} <span class=\"soft\">({})</span>",
                        escape(error.split(' ').next().unwrap_or(error)),
                        escape(&call.detail)
                    ),
                ),
                None => Cell("l wrap", escape(&call.detail)),
            };
            let sent = call.refused.is_none();
            let gas = |gas: u64| {
                if sent {
                    grouped(gas as f64, 0)
                } else {
                    "–".into()
                }
            };
            vec![
                left(&clock(call.time)),
                Cell(
                    "l",
                    format!(
                        "{} <span class=\"soft\">{}</span>",
                        escape(&call.caller),
                        escape(&call.role)
                    ),
                ),
                left(&call.function),
                right(gas(call.gas)),
                right(gas(call.entry_gas)),
                right(if call.reward.0 == 0 {
                    String::new()
                } else {
                    format!("{:.8}", call.reward)
                }),
                right(call.price.to_string()),
                right(percent(&call.before)),
                right(percent(&call.after)),
                what,
            ]
        })
        .collect();
    let heads = [
        ("l", "when (UTC)"),
        ("l", "who"),
        ("l", "call"),
        ("", "gas"),
        ("", "of it entry"),
        ("", "reward WETH"),
        ("", "price"),
        ("", "net delta %"),
        ("", "after %"),
        ("l", "what"),
    ];
    table("Calls of the vault", &heads, &rows, None)
}

/// Gas of each kind of call.
pub fn gas(report: &Report) -> String {
    let number = |gas: u64| right(grouped(gas as f64, 0));
    let rows: Vec<Vec<Cell>> = report
        .gas
        .iter()
        .map(|kind| {
            let calls = number(kind.calls as u64);
            vec![
                left(&kind.function),
                calls,
                number(kind.min),
                number(kind.mean),
                number(kind.max),
                number(kind.entry),
            ]
        })
        .collect();
    let heads = [
        ("l", "call"),
        ("", "calls"),
        ("", "least"),
        ("", "mean"),
        ("", "most"),
        ("", "of it entry"),
    ];
    table("Gas of each kind of call", &heads, &rows, None)
}

/// One table a token: accounts by purposes.
pub fn flows(report: &Report) -> [String; 2] {
    let weth = matrix(
        report,
        "WETH",
        |moved| (moved.weth.0, format!("{:.6}", moved.weth)),
        |sum| format!("{:.6}", Weth(sum)),
    );
    let usdc = matrix(
        report,
        "USDC",
        |moved| (moved.usdc.0, moved.usdc.to_string()),
        |sum| Usdc(sum).to_string(),
    );
    [weth, usdc]
}

fn matrix(
    report: &Report,
    token: &str,
    of: fn(&Moved) -> (i128, String),
    show: fn(i128) -> String,
) -> String {
    let rows = &report.flows.rows;
    let amount = |row: &crate::flows::FlowRow, purpose: Purpose| {
        row.moved.get(&purpose).map_or(0, |moved| of(moved).0)
    };
    let used: Vec<Purpose> = Purpose::ALL
        .into_iter()
        .filter(|purpose| rows.iter().any(|row| amount(row, *purpose) != 0))
        .collect();
    let mut heads = vec![("l", "account")];
    heads.extend(used.iter().map(|purpose| ("", purpose.label())));
    heads.push(("", "in all"));
    let body: Vec<Vec<Cell>> = rows
        .iter()
        .filter(|row| used.iter().any(|purpose| amount(row, *purpose) != 0))
        .map(|row| {
            let mut cells = vec![name(row.account.name, row.account.role)];
            for purpose in &used {
                let moved = row.moved.get(purpose).copied().unwrap_or_default();
                cells.push(if of(&moved).0 == 0 {
                    Cell("soft", "·".into())
                } else {
                    right(of(&moved).1)
                });
            }
            cells.push(right(of(&row.total).1));
            cells
        })
        .collect();
    let mut foot = vec![left("sum")];
    foot.extend(
        used.iter()
            .map(|purpose| right(show(rows.iter().map(|row| amount(row, *purpose)).sum()))),
    );
    foot.push(right(show(rows.iter().map(|row| of(&row.total).0).sum())));
    table(&format!("{token} by purpose"), &heads, &body, Some(foot))
}

fn name(name: &str, role: &str) -> Cell {
    Cell(
        "l",
        format!(
            "{} <span class=\"soft\">{}</span>",
            escape(name),
            escape(role)
        ),
    )
}

/// An amount to its last unit; nothing is a dot.
fn exact(units: i128, decimals: usize) -> Cell {
    if units == 0 {
        return Cell("soft", "·".into());
    }
    let unit = 10_u128.pow(decimals as u32);
    let (sign, size) = (if units < 0 { "-" } else { "" }, units.unsigned_abs());
    let whole = grouped((size / unit) as f64, 0);
    right(format!("{sign}{whole}.{:0decimals$}", size % unit))
}

/// Balances before and after: the last table, which sums to zero.
pub fn balances(report: &Report) -> String {
    let cells = |before: &Moved, after: &Moved, change: &Moved| {
        [
            right(before.weth.to_string()),
            right(after.weth.to_string()),
            exact(change.weth.0, 18),
            right(before.usdc.to_string()),
            right(after.usdc.to_string()),
            exact(change.usdc.0, 6),
        ]
    };
    let rows: Vec<Vec<Cell>> = report
        .reconciliation
        .rows
        .iter()
        .map(|row| {
            let mut line = vec![name(row.account.name, row.account.role)];
            line.extend(cells(&row.before, &row.after, &row.change));
            line
        })
        .collect();
    let sums = &report.reconciliation;
    let mut foot = vec![left("sum")];
    foot.extend(cells(&sums.supply, &sums.supply, &sums.sum_of_changes));
    // An exact nothing is what this table is for: said in full.
    for cell in foot.iter_mut().filter(|cell| cell.1 == "·") {
        *cell = right("0".into());
    }
    let heads = [
        ("l", "account"),
        ("", "WETH before"),
        ("", "after"),
        ("", "change, to the last unit"),
        ("", "USDC before"),
        ("", "after"),
        ("", "change, to the last unit"),
    ];
    table("Balances on the chain", &heads, &rows, Some(foot))
}
