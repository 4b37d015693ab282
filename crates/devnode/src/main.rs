//! The program `devchain`: the embedded chain as a JSON-RPC node on loopback.

use std::{process::ExitCode, time::Instant};

use devnode::{
    node::Node,
    options::{self, HELP, Options, Request},
    server,
};

fn main() -> ExitCode {
    let outcome = match options::parse(std::env::args_os().skip(1)) {
        Ok(Request::Help) => {
            print!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Ok(Request::Run(options)) => run(&options),
        Err(fault) => {
            eprintln!("devchain: {fault}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("devchain: {fault}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), Box<dyn std::error::Error>> {
    let started = Instant::now();
    let (listener, address) = server::bind(options.port)?;
    let settings = options.node.clone();
    // The node is built where it runs; what is printed about it comes back from there.
    let worker = server::Worker::start(move || Node::new(&settings))??;
    println!(
        "devchain at http://{address}, chain id {}, ArbOS {}, ready after {} ms",
        options.node.chain_id,
        options.node.arbos.number(),
        started.elapsed().as_millis()
    );
    for account in devnode::accounts::all() {
        println!("{} {}", account.address, account.secret_hex());
    }
    if let Some(file) = &options.node.market_file {
        println!("market: {}", file.display());
    }
    server::serve(listener, worker)?;
    Ok(())
}
