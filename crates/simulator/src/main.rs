//! Prints what hedging buys and costs. See `hedge-table --help`.

use std::process::ExitCode;

use simulator::options::{self, Request};

fn main() -> ExitCode {
    let outcome = match options::parse(std::env::args_os().skip(1)) {
        Ok(Request::Help) => Ok(options::HELP.to_owned()),
        Ok(Request::Run(options)) => simulator::table::make(&options),
        Err(fail) => Err(fail),
    };
    match outcome {
        Ok(text) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Err(fail) => {
            eprintln!("hedge-table: {fail}");
            ExitCode::from(fail.exit_code())
        }
    }
}
