//! What the EVM has: Lyra's library from its package, and two contracts of our own in Solidity, where nothing is packaged.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use devchain::primitives::{Address, Bytes, I256, U256, keccak256};
use devchain::{Chain, Status, Tx};
use serde_json::{Map, Value, json};
use testbed::solidity::compile_input_once;

use crate::{Input, SENDER, target};

/// A deployed contract that prices options.
#[derive(Clone, Debug)]
pub struct Peer {
    /// Who wrote what.
    pub name: &'static str,
    abi: &'static Abi,
    address: Address,
    echo: Address,
}

/// What one call answered.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    /// Gas of the frame beyond that of an echo with the same ABI.
    pub gas: u64,
    /// Price, delta, S·Γ, vega and theta in wei, as far as it has them.
    pub values: [Option<i128>; 5],
}

#[derive(Debug)]
struct Abi {
    /// Arguments in order, as numbers into (spot, strike, vol, tenor, rate).
    arguments: [usize; 5],
    price: &'static str,
    greeks: &'static str,
    echo_price: &'static str,
    echo_greeks: &'static str,
    /// Which word of the answer is price, delta, S·Γ, vega, theta.
    results: [Option<usize>; 5],
}

const OURS: Abi = Abi {
    arguments: [0, 1, 2, 3, 4],
    price: "price(uint256,uint256,uint256,uint256,int256)",
    greeks: "greeks(uint256,uint256,uint256,uint256,int256)",
    echo_price: "echoPrice(uint256,uint256,uint256,uint256,int256)",
    echo_greeks: "echoGreeks(uint256,uint256,uint256,uint256,int256)",
    results: [Some(0), Some(1), Some(2), Some(3), Some(4)],
};

/// A library's selectors are made of its structures' names.
const LYRA: Abi = Abi {
    arguments: [3, 2, 0, 1, 4],
    price: "optionPrices(BlackScholes.BlackScholesInputs)",
    greeks: "pricesDeltaStdVega(BlackScholes.BlackScholesInputs)",
    echo_price: "echoPrice(LyraEcho.Inputs)",
    echo_greeks: "echoGreeks(LyraEcho.Inputs)",
    results: [Some(0), Some(2), None, Some(4), None],
};

impl Peer {
    /// Compiles, deploys and lists them.
    ///
    /// # Panics
    /// When a package is missing (`scripts/compare-math` installs them), or a source does not compile.
    #[must_use]
    pub fn deploy_all(chain: &mut Chain) -> Vec<Self> {
        let compiled = compile();
        let mut deploy = |code: &Bytes| chain.deploy(SENDER, code.clone()).expect("deploys");
        let fused = deploy(&compiled["Fused"]);
        let textbook = deploy(&compiled["Textbook"]);
        let (lyra, echo) = (
            deploy(&compiled["BlackScholes"]),
            deploy(&compiled["LyraEcho"]),
        );
        let peer = |name, abi, address, echo| Self {
            name,
            abi,
            address,
            echo,
        };
        vec![
            peer(
                "Solidity, fused by hand, Solady 0.1.26",
                &OURS,
                fused,
                fused,
            ),
            peer("Lyra, @lyrafinance/protocol 0.1.3", &LYRA, lyra, echo),
            peer("Solidity, textbook, PRBMath 4.2", &OURS, textbook, textbook),
        ]
    }

    /// The price alone; `None` where the contract reverts.
    #[must_use]
    pub fn price(&self, chain: &Chain, input: Input) -> Option<Answer> {
        let (gas, words) = self.net(chain, self.abi.price, self.abi.echo_price, input)?;
        let price = words.first().copied().map(signed);
        Some(Answer {
            gas,
            values: [price, None, None, None, None],
        })
    }

    /// The price and the greeks it has in one call; `None` where the contract reverts.
    #[must_use]
    pub fn greeks(&self, chain: &Chain, input: Input) -> Option<Answer> {
        let (gas, words) = self.net(chain, self.abi.greeks, self.abi.echo_greeks, input)?;
        let values = self.abi.results.map(|at| at.map(|at| signed(words[at])));
        Some(Answer { gas, values })
    }

    fn net(
        &self,
        chain: &Chain,
        function: &str,
        echo: &str,
        input: Input,
    ) -> Option<(u64, Vec<U256>)> {
        let (gas, words) = call(chain, self.address, self.abi.data(function, input))?;
        let (idle, same) =
            call(chain, self.echo, self.abi.data(echo, input)).expect("an echo never reverts");
        assert_eq!(
            words.len(),
            same.len(),
            "{function} and {echo} answer alike"
        );
        Some((gas - idle, words))
    }
}

impl Abi {
    fn data(&self, function: &str, input: Input) -> Vec<u8> {
        let words = [
            U256::from(input.spot),
            U256::from(input.strike),
            U256::from(input.vol),
            U256::from(input.tenor),
            I256::try_from(input.rate).expect("64 bits").into_raw(),
        ];
        let mut data = keccak256(function)[..4].to_vec();
        for argument in self.arguments {
            data.extend(words[argument].to_be_bytes::<32>());
        }
        data
    }
}

/// Gas of the outermost frame, and the words it returned; `None` for a revert.
fn call(chain: &Chain, to: Address, data: Vec<u8>) -> Option<(u64, Vec<U256>)> {
    let receipt = chain.call(Tx::call(SENDER, to, data));
    let words = receipt.output.as_chunks::<32>().0;
    (receipt.status == Status::Success).then(|| {
        let words = words.iter().map(|word| U256::from_be_bytes(*word));
        (receipt.frames[0].gas_used, words.collect())
    })
}

/// What does not fit is as wrong as the largest number.
fn signed(word: U256) -> i128 {
    i128::try_from(I256::from_raw(word)).unwrap_or(i128::MAX)
}

/// The packages that only this comparison needs.
fn packages() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/node_modules")
}

/// What is compiled with our contracts.
const IMPORTS: [&str; 6] = [
    "solady/src/utils/FixedPointMathLib.sol",
    "@prb/math/src",
    "@lyrafinance/protocol/contracts/libraries/BlackScholes.sol",
    "@lyrafinance/protocol/contracts/libraries/FixedPointMathLib.sol",
    "@lyrafinance/protocol/contracts/synthetix/DecimalMath.sol",
    "@lyrafinance/protocol/contracts/synthetix/SignedDecimalMath.sol",
];

/// All of them, with every optimisation the compiler has.
fn compile() -> BTreeMap<String, Bytes> {
    let mut sources = Map::new();
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("contracts");
    collect(&own, &own, &mut sources);
    for import in IMPORTS {
        collect(&packages(), &packages().join(import), &mut sources);
    }
    let input = json!({
        "language": "Solidity",
        "sources": sources,
        "settings": {
            "evmVersion": "cancun",
            "viaIR": true,
            "optimizer": { "enabled": true, "runs": 1_000_000 },
            "outputSelection": { "*": { "*": ["evm.bytecode.object"] } },
        },
    });
    compile_input_once(&input, &target())
}

/// Every `.sol` file at or under a path, by the name it is imported with.
fn collect(root: &Path, path: &Path, sources: &mut Map<String, Value>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).expect("a directory") {
            collect(root, &entry.expect("an entry").path(), sources);
        }
    } else if path.extension().is_some_and(|extension| extension == "sol") {
        let name = path.strip_prefix(root).expect("under the root");
        let name = name.to_str().expect("text").to_owned();
        // Lyra insists on a compiler of 2021; it is cheaper by ours.
        let content = read(path).replace("pragma solidity 0.8.9;", "pragma solidity ^0.8.9;");
        sources.insert(name, json!({ "content": content }));
    }
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| {
        panic!(
            "{}: {error}; npm ci in {}",
            path.display(),
            packages().parent().expect("a parent").display()
        )
    })
}
