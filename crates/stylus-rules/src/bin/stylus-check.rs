//! `stylus-check [--json] [--arbos-60] FILE.wasm`: whether a Stylus chain would take a module, its sizes and prices.
//!
//! Leaves with 0 if it can be deployed whole and activated, 1 if not, 2 if the question could not be asked.

use std::io::Write;
use std::process::ExitCode;

use stylus_rules::{Params, report};

const USAGE: &str = "usage: stylus-check [--json] [--arbos-60] FILE.wasm";

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(message) => {
            // Nothing is left to do if the complaint cannot be written.
            let _ = writeln!(std::io::stderr(), "stylus-check: {message}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<bool, String> {
    let (mut json, mut params, mut file) = (false, Params::arbos_51(), None);
    for argument in std::env::args().skip(1) {
        match argument.as_str() {
            "--json" => json = true,
            "--arbos-60" => params = Params::arbos_60(),
            option if option.starts_with('-') => return Err(USAGE.to_owned()),
            _ if file.is_none() => file = Some(argument),
            _ => return Err(USAGE.to_owned()),
        }
    }
    let file = file.ok_or(USAGE)?;
    let wasm = std::fs::read(&file).map_err(|error| format!("{file}: {error}"))?;
    let report = report(&wasm, &params).map_err(|error| format!("{file}: {error}"))?;
    let text = if json {
        format!("{}\n", report.to_json())
    } else {
        report.to_string()
    };
    std::io::stdout()
        .write_all(text.as_bytes())
        .map_err(|error| error.to_string())?;
    Ok(report.is_deployable())
}
