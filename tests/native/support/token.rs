//! An ERC-20 token that does as it is told. Its router is written by hand, as the vault's is, so that it can answer any bytes.

use alloy_primitives::{Address, U256};
use alloy_sol_types::{SolInterface, SolValue, sol};
use stylus_sdk::ArbResult;
use stylus_sdk::abi::Router;
use stylus_sdk::prelude::*;
use stylus_sdk::storage::{StorageBool, StorageMap, StorageU8, StorageU256};

sol! {
    #[derive(Debug)]
    interface IToken {
        function decimals() external view returns (uint256);
        function balanceOf(address owner) external view returns (uint256);
        function allowance(address owner, address spender) external view returns (uint256);
        function approve(address spender, uint256 amount) external returns (bool);
        function transfer(address to, uint256 amount) external returns (bool);
        function transferFrom(address from, address to, uint256 amount) external returns (bool);
    }
}

/// What a token does when it is told to move.
#[derive(Clone, Copy, Debug)]
#[repr(u8)]
pub enum Manner {
    /// Moves and answers true.
    Honest,
    /// Moves and answers nothing, as some old tokens do.
    Silent,
    /// Moves nothing and answers false.
    SaysNo,
    /// Moves, and answers 2.
    SaysTwo,
    /// Moves, and answers 31 bytes.
    SaysTooLittle,
    /// Moves, and keeps a hundredth.
    KeepsFee,
    /// Answers true and moves nothing.
    Lies,
    /// Reverts whatever is asked, balances too.
    Dead,
}

/// The token.
#[storage]
pub struct Token {
    decimals: StorageU256,
    manner: StorageU8,
    balances: StorageMap<Address, StorageU256>,
    allowances: StorageMap<Address, StorageMap<Address, StorageU256>>,
    frozen: StorageMap<Address, StorageBool>,
}

// SAFETY: there is one token in a program, at slot 0.
unsafe impl stylus_sdk::stylus_core::storage::TopLevelStorage for Token {}

impl Token {
    /// Sets what `decimals()` answers.
    pub fn set_decimals(&mut self, decimals: U256) {
        self.decimals.set(decimals);
    }

    /// Sets how it moves from now on.
    pub fn behave(&mut self, manner: Manner) {
        self.manner.set(alloy_primitives::U8::from(manner as u8));
    }

    /// Refuses to pay `receiver` from now on, or no longer.
    pub fn freeze(&mut self, receiver: Address, frozen: bool) {
        self.frozen.setter(receiver).set(frozen);
    }

    /// Creates tokens.
    pub fn issue(&mut self, to: Address, amount: U256) {
        let held = self.balances.get(to);
        self.balances.setter(to).set(held + amount);
    }

    /// Tokens of `owner`.
    pub fn balance(&self, owner: Address) -> U256 {
        self.balances.get(owner)
    }

    /// What `spender` may take from `owner`.
    pub fn allowed(&self, owner: Address, spender: Address) -> U256 {
        self.allowances.getter(owner).get(spender)
    }

    /// Sets what `spender` may take from `owner`.
    pub fn allow(&mut self, owner: Address, spender: Address, amount: U256) {
        self.allowances.setter(owner).setter(spender).set(amount);
    }

    fn is(&self, manner: Manner) -> bool {
        self.manner.get() == alloy_primitives::U8::from(manner as u8)
    }

    fn shift(&mut self, from: Address, to: Address, amount: U256) -> Result<(), Vec<u8>> {
        if self.frozen.get(to) {
            return Err(b"frozen".to_vec());
        }
        let held = self
            .balances
            .get(from)
            .checked_sub(amount)
            .ok_or_else(|| b"balance".to_vec())?;
        self.balances.setter(from).set(held);
        let fee = if self.is(Manner::KeepsFee) {
            amount / U256::from(100)
        } else {
            U256::ZERO
        };
        self.issue(to, amount - fee);
        Ok(())
    }

    fn moves(&self) -> bool {
        !self.is(Manner::SaysNo) && !self.is(Manner::Lies)
    }

    fn answer(&self) -> Vec<u8> {
        if self.is(Manner::Silent) {
            Vec::new()
        } else if self.is(Manner::SaysNo) {
            false.abi_encode()
        } else if self.is(Manner::SaysTwo) {
            U256::from(2).abi_encode()
        } else if self.is(Manner::SaysTooLittle) {
            vec![1; 31]
        } else {
            true.abi_encode()
        }
    }

    fn run(&mut self, calldata: &[u8]) -> ArbResult {
        use IToken::ITokenCalls::*;
        if self.is(Manner::Dead) {
            return Err(b"dead".to_vec());
        }
        let sender = self.vm().msg_sender();
        let answer = match IToken::ITokenCalls::abi_decode(calldata, true)
            .map_err(|error| error.to_string().into_bytes())?
        {
            decimals(_) => self.decimals.get().abi_encode(),
            balanceOf(call) => self.balance(call.owner).abi_encode(),
            allowance(call) => self.allowed(call.owner, call.spender).abi_encode(),
            approve(call) => {
                self.allow(sender, call.spender, call.amount);
                self.answer()
            }
            transfer(call) => {
                if self.moves() {
                    self.shift(sender, call.to, call.amount)?;
                }
                self.answer()
            }
            transferFrom(call) => {
                if self.moves() {
                    let left = self
                        .allowed(call.from, sender)
                        .checked_sub(call.amount)
                        .ok_or_else(|| b"allowance".to_vec())?;
                    self.allow(call.from, sender, left);
                    self.shift(call.from, call.to, call.amount)?;
                }
                self.answer()
            }
        };
        Ok(answer)
    }
}

impl Router<Self> for Token {
    type Storage = Self;

    fn route(token: &mut Self, selector: u32, input: &[u8]) -> Option<ArbResult> {
        Some(token.run(&[&selector.to_be_bytes(), input].concat()))
    }

    fn receive(_: &mut Self) -> Option<Result<(), Vec<u8>>> {
        None
    }

    fn fallback(_: &mut Self, _: &[u8]) -> Option<ArbResult> {
        None
    }

    fn constructor(_: &mut Self, _: &[u8]) -> Option<ArbResult> {
        None
    }
}
