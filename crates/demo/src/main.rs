//! Plays one epoch of the vault and reports on it. See `demo --help`.

use std::io::IsTerminal;
use std::process::ExitCode;

use demo::options::{self, Request};

fn main() -> ExitCode {
    let colour = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    let outcome = match options::parse(std::env::args_os().skip(1)) {
        Ok(Request::Help) => {
            print!("{}", options::HELP);
            return ExitCode::SUCCESS;
        }
        Ok(Request::Run(options)) => demo::run(&options, colour),
        Err(fail) => Err(fail),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(fail) => {
            eprintln!("demo: {fail}");
            ExitCode::from(fail.exit_code())
        }
    }
}
