//! The probe contract: built as a contract is, deployed and activated on the chain, called there.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use devchain::primitives::Address;
use devchain::{Chain, Status, Tx};

use crate::{Input, SENDER, target};

/// Ink of one gas.
pub const INK_PER_GAS: u64 = 10_000;

/// What is in the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Build {
    /// The frame alone.
    Empty,
    /// `greeks` alone.
    Greeks,
    /// Every function.
    All,
}

/// The contract's bytes: built once a run, with the flags and the profile of the vault, without wasm-opt.
///
/// # Panics
/// When it does not build.
#[must_use]
pub fn wasm(build: Build) -> &'static [u8] {
    static WASM: [OnceLock<Vec<u8>>; 3] = [const { OnceLock::new() }; 3];
    WASM[build as usize].get_or_init(|| {
        let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../probe");
        let (name, features) = [("empty", "empty"), ("greeks", ""), ("all", "all")][build as usize];
        let target = target().join("option-math-probe").join(name);
        let status = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()))
            .args(["build", "--release", "--locked", "--quiet"])
            .args(["--target", "wasm32-unknown-unknown", "--features", features])
            .current_dir(&root)
            .env("CARGO_TARGET_DIR", &target)
            .env_remove("CARGO_ENCODED_RUSTFLAGS")
            .env(
                "RUSTFLAGS",
                "-Clink-arg=--compress-relocations -Clink-arg=--strip-all -Clink-arg=-zstack-size=16384",
            )
            .status()
            .expect("cargo runs");
        assert!(status.success(), "the probe builds");
        std::fs::read(target.join("wasm32-unknown-unknown/release/option_math_probe.wasm"))
            .expect("the probe's bytes")
    })
}

/// A deployed probe. Words go in and come out: 16 bytes each, little endian.
#[derive(Clone, Copy, Debug)]
pub struct Probe(Address);

/// One call of a probe.
#[derive(Clone, Debug)]
pub struct Run {
    /// The words that came out.
    pub words: Vec<u128>,
    /// Ink of the frame after entering.
    pub ink: u64,
    /// Gas for entering the program.
    pub entry_gas: u64,
}

impl Probe {
    /// Deploys and activates it.
    ///
    /// # Panics
    /// When the chain refuses it.
    #[must_use]
    pub fn deploy(chain: &mut Chain, build: Build) -> Self {
        let deployed = chain.deploy_stylus(SENDER, wasm(build));
        Self(deployed.expect("a valid Stylus program").address)
    }

    /// Has its entry charged at the cached price from now on.
    pub fn cache(self, chain: &mut Chain) {
        chain.cache_program(self.0);
    }

    /// One call.
    ///
    /// # Panics
    /// When the contract traps or reverts, which it never does.
    #[must_use]
    pub fn call(self, chain: &Chain, words: &[u128]) -> Run {
        let data: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let receipt = chain.call(Tx::call(SENDER, self.0, data));
        assert_eq!(receipt.status, Status::Success, "{words:?}");
        let frame = receipt.frames[0].stylus.expect("a Stylus frame");
        let output = receipt.output.as_chunks::<16>().0;
        Run {
            words: output.iter().map(|w| u128::from_le_bytes(*w)).collect(),
            ink: frame.ink_used,
            entry_gas: frame.entry_gas,
        }
    }

    /// Ink of a call beyond that of an echo with the same ABI, which moves the same words, and what the call answers.
    ///
    /// # Panics
    /// When the function refuses.
    #[must_use]
    pub fn net(self, chain: &Chain, call: &[u128]) -> (u64, Vec<u128>) {
        let mut echo = call.to_vec();
        echo[0] = 0;
        let idle = self.call(chain, &echo);
        let run = self.call(chain, call);
        assert_eq!(run.words[0], 0, "{call:?} is answered");
        (run.ink - idle.ink, run.words)
    }
}

impl Input {
    /// The probe's words for a function of these arguments.
    #[must_use]
    pub fn words(self, function: u128) -> [u128; 6] {
        [
            function,
            self.spot,
            self.strike,
            self.vol.into(),
            self.tenor.into(),
            self.rate as u128,
        ]
    }
}
