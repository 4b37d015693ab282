//! A router that swaps at a set price, from its own tokens.

use alloy_primitives::{Address, U160, U256, Uint};
use stylus_sdk::prelude::*;
use stylus_sdk::storage::{StorageAddress, StorageU16, StorageU256};

sol_interface! {
    interface IErc20 {
        function transfer(address to, uint256 amount) external returns (bool);
        function transferFrom(address from, address to, uint256 amount) external returns (bool);
    }
}

/// `tokenIn, tokenOut, fee, recipient, deadline, amountIn, amountOutMinimum, sqrtPriceLimitX96`.
type Order = (
    Address,
    Address,
    Uint<24, 1>,
    Address,
    U256,
    U256,
    U256,
    U160,
);

/// The router.
#[storage]
pub struct Venue {
    asset: StorageAddress,
    /// Quote units that `scale` asset units cost.
    price: StorageU256,
    scale: StorageU256,
    /// Keeps this much of what it owes, basis points.
    keeps_bps: StorageU16,
    /// Takes only this much of what it is offered, basis points.
    takes_bps: StorageU16,
    /// 1: does not mind the minimum.
    careless: StorageU16,
    /// Fee tier of the last order.
    fee: StorageU256,
    deadline: StorageU256,
}

// SAFETY: there is one router in a program, at slot 0.
unsafe impl stylus_sdk::stylus_core::storage::TopLevelStorage for Venue {}

impl Venue {
    /// Trades `asset` at `price` quote units for `scale` asset units.
    pub fn trade(&mut self, asset: Address, price: U256, scale: U256) {
        self.asset.set(asset);
        self.price.set(price);
        self.scale.set(scale);
        self.takes_bps.set(Uint::from(10_000));
    }

    /// Keeps some of what it owes, basis points.
    pub fn keep(&mut self, bps: u16) {
        self.keeps_bps.set(Uint::from(bps));
    }

    /// Takes only some of what it is offered, basis points.
    pub fn take(&mut self, bps: u16) {
        self.takes_bps.set(Uint::from(bps));
    }

    /// Does not mind the minimum from now on.
    pub fn forget_minimum(&mut self) {
        self.careless.set(Uint::from(1));
    }

    /// Fee tier and deadline of the last order.
    pub fn last_order(&self) -> (U256, U256) {
        (self.fee.get(), self.deadline.get())
    }
}

fn part(whole: U256, bps: Uint<16, 1>) -> U256 {
    whole * U256::from(bps) / U256::from(10_000)
}

#[public]
impl Venue {
    fn exact_input_single(&mut self, order: Order) -> Result<U256, Vec<u8>> {
        let (paid, bought, fee, recipient, deadline, amount_in, minimum, _) = order;
        self.fee.set(fee.to());
        self.deadline.set(deadline);
        let sender = self.vm().msg_sender();
        let this = self.vm().contract_address();
        let (price, scale) = (self.price.get(), self.scale.get());
        let fair = if paid == self.asset.get() {
            amount_in * price / scale
        } else {
            amount_in * scale / price
        };
        let out = fair - part(fair, self.keeps_bps.get());
        if out < minimum && self.careless.get().is_zero() {
            return Err(b"Too little received".to_vec());
        }
        let taken = part(amount_in, self.takes_bps.get());
        IErc20::new(paid).transfer_from(&mut *self, sender, this, taken)?;
        IErc20::new(bought).transfer(&mut *self, recipient, out)?;
        Ok(out)
    }
}
