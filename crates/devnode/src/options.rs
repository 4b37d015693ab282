//! Arguments of the program.

use std::{ffi::OsString, fmt, path::PathBuf};

use devchain::ProgramCache;
use lexopt::{
    Arg::{Long, Short},
    Parser, ValueExt,
};

/// What `--help` prints.
pub const HELP: &str = "\
devchain: an Arbitrum-like chain with EVM and Stylus contracts, as a JSON-RPC node on loopback

  --port N           TCP port; 0 takes any free one, which is printed           [8547]
  --chain-id N       chain id                                                   [412346]
  --arbos 51|61      rules of Stylus: 61 knows programs in fragments            [61]
  --base-fee WEI     price of gas                                               [100000000]
  --l1-fee WEI       price of an L1 unit, 16 for each byte that a transaction compresses to; 0 for no such fee  [0]
  --intrinsic on|off whether a transaction pays for itself and its calldata     [on]
  --cache KIND       programs entered at the cached price: bids (those cached by bids), block (those called in the
                     block too), all                                            [bids]
  --timestamp N      time of block 0, seconds since 1970; it passes from there  [now]
  --history N        blocks whose transactions, logs and states are kept        [1024]
  --market-file FILE deploys WETH, USDC, Uniswap V3 with a pool, an ETH / USD feed and a sequencer feed, and writes
                     their addresses to FILE as JSON
  --price USD        price of ether of that market, whole dollars               [2000]
  --help             this text

Ten accounts with 10 000 ether each come from the mnemonic \"test test test test test test test test test test test junk\".
";

/// Which version's rules.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Arbos {
    /// One contract per program.
    V51,
    /// Programs in fragments.
    #[default]
    V61,
}

impl Arbos {
    /// As it is written.
    #[must_use]
    pub fn number(self) -> u64 {
        match self {
            Self::V51 => 51,
            Self::V61 => 61,
        }
    }
}

/// What a node is created with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeOptions {
    /// Chain id.
    pub chain_id: u64,
    /// The rules of Stylus.
    pub arbos: Arbos,
    /// Price of gas in wei.
    pub base_fee: u64,
    /// Wei per unit of publication on L1; 0 for no such fee.
    pub l1_fee: u64,
    /// Whether transactions pay what they cost before anything runs.
    pub intrinsic: bool,
    /// Which programs are entered at the cached price.
    pub cache: ProgramCache,
    /// Time of block 0; `None` for now.
    pub timestamp: Option<u64>,
    /// Blocks that are kept.
    pub history: usize,
    /// Where the market's addresses go; `None` for no market.
    pub market_file: Option<PathBuf>,
    /// Its price of ether in whole dollars.
    pub price: u64,
}

impl Default for NodeOptions {
    fn default() -> Self {
        Self {
            chain_id: 412_346,
            arbos: Arbos::V61,
            base_fee: 100_000_000,
            l1_fee: 0,
            intrinsic: true,
            cache: ProgramCache::Uncached,
            timestamp: None,
            history: 1_024,
            market_file: None,
            price: 2_000,
        }
    }
}

/// All arguments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// TCP port.
    pub port: u16,
    /// The node's.
    pub node: NodeOptions,
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// The help text.
    Help,
    /// A node.
    Run(Options),
}

/// What is wrong with the arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// There is no such option.
    Unknown(String),
    /// An option's value is missing or not what it takes.
    Value {
        /// The option.
        option: &'static str,
        /// What it takes.
        wants: &'static str,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(what) => write!(f, "{what}; --help lists what there is"),
            Self::Value { option, wants } => write!(f, "{option} wants {wants}"),
        }
    }
}

impl std::error::Error for Fault {}

/// Longest history; a block with its state takes tens of kilobytes.
const HISTORY_MAX: u64 = 1_000_000;

/// Reads the arguments.
///
/// # Errors
/// When one is not known or has no sensible value.
pub fn parse(args: impl IntoIterator<Item = OsString>) -> Result<Request, Fault> {
    let mut parser = Parser::from_args(args);
    let mut options = Options {
        port: 8_547,
        ..Options::default()
    };
    let node = &mut options.node;
    while let Some(arg) = parser.next().map_err(|e| Fault::Unknown(e.to_string()))? {
        match arg {
            Short('h') | Long("help") => return Ok(Request::Help),
            Long("port") => {
                options.port = value(&mut parser, "--port", "a port, 0 to 65535", |n: u16| {
                    Some(n)
                })?;
            }
            Long("chain-id") => {
                let wants = "a number from 1 to 9007199254740991";
                // What JavaScript holds exactly.
                let fits = |n: u64| (1..1 << 53).contains(&n).then_some(n);
                node.chain_id = value(&mut parser, "--chain-id", wants, fits)?;
            }
            Long("arbos") => {
                node.arbos = value(&mut parser, "--arbos", "51 or 61", |n: u64| match n {
                    51 => Some(Arbos::V51),
                    61 => Some(Arbos::V61),
                    _ => None,
                })?;
            }
            Long("base-fee") => {
                let fits = |n: u64| (n <= 1_000_000_000_000_000).then_some(n);
                let wants = "wei, at most 1000000000000000";
                node.base_fee = value(&mut parser, "--base-fee", wants, fits)?;
            }
            Long("l1-fee") => {
                let fits = |n: u64| (n <= 1_000_000_000_000).then_some(n);
                node.l1_fee = value(&mut parser, "--l1-fee", "wei, at most 1000000000000", fits)?;
            }
            Long("intrinsic") => {
                node.intrinsic =
                    value(
                        &mut parser,
                        "--intrinsic",
                        "on or off",
                        |word: String| match word.as_str() {
                            "on" => Some(true),
                            "off" => Some(false),
                            _ => None,
                        },
                    )?;
            }
            Long("cache") => {
                let wants = "bids, block or all";
                node.cache = value(&mut parser, "--cache", wants, |word: String| {
                    match word.as_str() {
                        "bids" => Some(ProgramCache::Uncached),
                        "block" => Some(ProgramCache::Block),
                        "all" => Some(ProgramCache::All),
                        _ => None,
                    }
                })?;
            }
            Long("timestamp") => {
                let fits = |n: u64| (n < 1 << 40).then_some(Some(n));
                let wants = "seconds since 1970, below 2^40";
                node.timestamp = value(&mut parser, "--timestamp", wants, fits)?;
            }
            Long("history") => {
                let fits = |n: u64| (1..=HISTORY_MAX).contains(&n).then_some(n as usize);
                let wants = "a number of blocks from 1 to 1000000";
                node.history = value(&mut parser, "--history", wants, fits)?;
            }
            Long("price") => {
                let fits = |n: u64| (1..=1_000_000).contains(&n).then_some(n);
                let wants = "whole dollars from 1 to 1000000";
                node.price = value(&mut parser, "--price", wants, fits)?;
            }
            Long("market-file") => {
                let (option, wants) = ("--market-file", "a file");
                let file = parser.value().map_err(|_| Fault::Value { option, wants })?;
                node.market_file = Some(file.into());
            }
            other => return Err(Fault::Unknown(other.unexpected().to_string())),
        }
    }
    Ok(Request::Run(options))
}

fn value<N: std::str::FromStr, T>(
    parser: &mut Parser,
    option: &'static str,
    wants: &'static str,
    fits: impl Fn(N) -> Option<T>,
) -> Result<T, Fault>
where
    N::Err: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let fault = || Fault::Value { option, wants };
    let value = parser.value().map_err(|_| fault())?;
    value.parse().ok().and_then(fits).ok_or_else(fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(args: &[&str]) -> Result<Request, Fault> {
        parse(args.iter().map(OsString::from))
    }

    #[test]
    fn every_option_is_read() {
        let args = "--port 0 --chain-id 7 --arbos 51 --base-fee 9 --l1-fee 2 --intrinsic off --cache all --timestamp 11 --history 3 --price 5 --market-file m";
        let args: Vec<_> = args.split(' ').collect();
        let node = NodeOptions {
            chain_id: 7,
            arbos: Arbos::V51,
            base_fee: 9,
            l1_fee: 2,
            intrinsic: false,
            cache: ProgramCache::All,
            timestamp: Some(11),
            history: 3,
            market_file: Some("m".into()),
            price: 5,
        };
        assert_eq!(parsed(&args), Ok(Request::Run(Options { port: 0, node })));
        assert_eq!(parsed(&["--help"]), Ok(Request::Help));
    }

    #[test]
    fn errors_name_the_option() {
        for (args, text) in [
            (["--port", "65536"], "--port wants a port, 0 to 65535"),
            (["--arbos", "60"], "--arbos wants 51 or 61"),
            (
                ["--history", "0"],
                "--history wants a number of blocks from 1 to 1000000",
            ),
            (
                ["--chain-id", "x"],
                "--chain-id wants a number from 1 to 9007199254740991",
            ),
        ] {
            assert_eq!(parsed(&args).expect_err("refused").to_string(), text);
        }
        let fault = parsed(&["--prot", "1"]).expect_err("refused").to_string();
        assert!(
            fault.contains("--prot") && fault.contains("--help"),
            "{fault}"
        );
        assert_eq!(
            parsed(&["--port"]).expect_err("refused").to_string(),
            "--port wants a port, 0 to 65535"
        );
    }
}
