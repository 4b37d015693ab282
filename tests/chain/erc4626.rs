//! The vault's ERC-4626 and ERC-20 beside OpenZeppelin's in Solidity: the same calls by the same accounts over the same WETH9, on one chain. Both answer
//! the same to the last unit; what they cost is compared with a snapshot.

use crate::gas::compare;
use crate::support::*;
use alloy_sol_types::SolCall;
use std::fmt::{Debug, Write};
use std::path::Path;
use testbed::devchain::artifacts::node_modules;
use testbed::devchain::market::OPERATOR;
use testbed::devchain::rules::{Params, report};
use testbed::devchain::{Receipt, Tx};
use testbed::{Abi, Address, Options, Program, U256, WAD, World, outcome, solidity, wasm};

/// Both vaults, and what each call cost.
struct Pair {
    world: World,
    peer: Address,
    table: String,
}

/// What one transaction cost: all of it, then of that what sending it, entering programs, and calls of WETH took, and the rest.
struct Cost {
    gas: u64,
    sending: u64,
    entry: u64,
    tokens: u64,
    own: u64,
}

impl Cost {
    fn of(world: &World, receipt: &Receipt, entry: u64) -> Self {
        let top = &receipt.frames[0];
        let tokens = receipt.frames.iter().filter(|frame| frame.depth == 1);
        let tokens = tokens
            .inspect(|frame| assert_eq!(frame.to, world.weth.address, "nothing else is called"))
            .map(|frame| frame.gas_used)
            .sum();
        Self {
            gas: receipt.gas_used,
            sending: receipt.gas_used + receipt.refunded - top.gas_used,
            entry,
            tokens,
            own: top.gas_used - entry - tokens,
        }
    }
}

impl Pair {
    fn new() -> Self {
        let mut world = World::new(&Options::default());
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("contracts/openzeppelin");
        let package = node_modules().join("openzeppelin-contracts-5");
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR"));
        let compiled = solidity::compile_importing_once(
            &directory,
            "@openzeppelin/contracts/",
            &package,
            kept,
        );
        let mut code = compiled["Peer"].to_vec();
        code.extend(world.weth.address.into_word());
        let peer = world.chain.deploy(OPERATOR, code).expect("deploys");
        let mut table = format!(
            "{:<34}{:^42}{:^36}\n",
            "", "the vault", "OpenZeppelin 5.7.0"
        );
        let heads = [
            "gas", "entry", "tokens", "own", "gas", "tokens", "own", "more",
        ];
        writeln!(
            table,
            "{:<34}{:>9}{:>9}{:>9}{:>9} {:>9}{:>9}{:>9}{:>9}",
            "program cached",
            heads[0],
            heads[1],
            heads[2],
            heads[3],
            heads[4],
            heads[5],
            heads[6],
            heads[7]
        )
        .expect("memory");
        let mut pair = Self { world, peer, table };
        // Everybody has more than is deposited, so that no refund for an emptied balance gets into the figures, and allows any amount.
        for who in [alice(), bob(), carol()] {
            pair.world.give_weth(who, 1_000 * WAD);
            let erc20 = pair.world.weth.erc20();
            erc20
                .approve(&mut pair.world.chain, who, peer, U256::MAX)
                .expect("an approval");
        }
        pair
    }

    /// Sends a call to both, and compares what they answer.
    fn both<C: SolCall>(&mut self, what: &str, from: Address, call: &C)
    where
        C::Return: PartialEq + Debug,
    {
        self.world.chain.fund(from, u(100 * WAD));
        let ours = self.world.send(from, call).expect("the vault is open");
        let data = call.abi_encode();
        let receipt = self.world.chain.send(Tx::call(from, self.peer, data));
        let theirs = outcome::<C>(receipt).expect("it never closes");
        assert_eq!(ours.value, theirs.value, "{what}");
        let entry = ours.entry_gas();
        let ours = Cost::of(&self.world, &ours.receipt, entry);
        let theirs = Cost::of(&self.world, &theirs.receipt, 0);
        assert_eq!(ours.sending, theirs.sending, "{what}: the same calldata");
        writeln!(
            self.table,
            "{what:<34}{:>9}{:>9}{:>9}{:>9} {:>9}{:>9}{:>9}{:>+8.1}%",
            ours.gas,
            ours.entry,
            ours.tokens,
            ours.own,
            theirs.gas,
            theirs.tokens,
            theirs.own,
            (ours.gas as f64 / theirs.gas as f64 - 1.0) * 100.0
        )
        .expect("memory");
    }

    /// What everybody holds of both, and what there is of both.
    fn agree(&self) {
        let ask = |data: Vec<u8>| {
            let [ours, theirs] = [self.world.vault, self.peer].map(|vault| {
                let receipt = self
                    .world
                    .chain
                    .call(Tx::call(alice(), vault, data.clone()));
                assert!(receipt.is_success(), "{receipt:?}");
                receipt.output
            });
            assert_eq!(ours, theirs);
        };
        for owner in [alice(), bob(), carol(), stranger()] {
            ask(Abi::balanceOf_0Call { owner }.abi_encode());
        }
        ask(Abi::totalSupplyCall {}.abi_encode());
        ask(Abi::totalAssetsCall {}.abi_encode());
        ask(Abi::decimals_0Call {}.abi_encode());
    }
}

#[test]
fn it_answers_as_openzeppelins_vault_does_and_costs_what_the_snapshot_says() {
    let mut pair = Pair::new();
    let deposit = |who, assets| Abi::deposit_0Call {
        assets: u(assets),
        receiver: who,
    };
    let exit = |who, assets| Abi::withdraw_0Call {
        assets: u(assets),
        receiver: who,
        owner: who,
    };
    let redeem = |who, shares| Abi::redeem_0Call {
        shares: u(shares),
        receiver: who,
        owner: who,
    };
    let give = |to, value| Abi::transfer_0Call {
        to,
        value: u(value),
    };
    let allow = |value| Abi::approve_0Call {
        spender: carol(),
        value,
    };
    let take = |from, to, value| Abi::transferFrom_0Call {
        from,
        to,
        value: u(value),
    };
    let share = 1_000 * WAD;
    pair.both("deposit, the first", alice(), &deposit(alice(), 10 * WAD));
    pair.both(
        "deposit, another depositor",
        bob(),
        &deposit(bob(), 10 * WAD),
    );
    pair.both("deposit, again", bob(), &deposit(bob(), WAD + 7));
    let mint = Abi::mint_0Call {
        shares: u(3 * share + 11),
        receiver: bob(),
    };
    pair.both("mint", bob(), &mint);
    pair.both("withdraw", bob(), &exit(bob(), WAD / 3));
    pair.both("redeem", bob(), &redeem(bob(), share / 7));
    pair.both("transfer, to a new holder", bob(), &give(stranger(), share));
    pair.both("transfer, to a holder", bob(), &give(stranger(), share));
    pair.both("approve", bob(), &allow(u(5 * share)));
    let part = take(bob(), stranger(), share);
    pair.both("transferFrom, within a limit", carol(), &part);
    pair.both("approve, without limit", bob(), &allow(U256::MAX));
    pair.both("transferFrom, without limit", carol(), &part);
    pair.agree();
    let all = |who| {
        let held = pair.world.view(&Abi::balanceOf_0Call { owner: who });
        redeem(who, held.to())
    };
    let (some, rest) = (all(stranger()), all(bob()));
    pair.world.give_weth(stranger(), WAD);
    pair.both("redeem all of an account", stranger(), &some);
    pair.both("redeem all of another", bob(), &rest);
    pair.agree();
    let report = report(&wasm(Program::Vault), &Params::arbos_60()).expect("compresses");
    let report = report.to_string();
    let entry = report.lines().filter(|line| line.starts_with("entry gas"));
    let entry: Vec<&str> = entry.collect();
    assert_eq!(entry.len(), 2, "{report}");
    let text = format!("{}of the vault: {}\n", pair.table, entry.join("; "));
    compare("gas-erc4626.txt", &text);
}
