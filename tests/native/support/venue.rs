//! A router that swaps at a set price, from its own tokens, with the reads of a factory and of a pool that has always had that price.

use alloy_primitives::{Address, I256, U160, U256, Uint};
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
    /// The other token.
    quote: StorageAddress,
}

// SAFETY: there is one router in a program, at slot 0.
unsafe impl stylus_sdk::stylus_core::storage::TopLevelStorage for Venue {}

impl Venue {
    /// Trades `asset` at `price` units of `quote` for `scale` asset units.
    pub fn trade(&mut self, asset: Address, quote: Address, price: U256, scale: U256) {
        self.asset.set(asset);
        self.quote.set(quote);
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

    /// The price as a power of 1.0001, of the token with the lower address in the other.
    fn tick(&self) -> i64 {
        let tick =
            (f64::from(self.price.get()) / f64::from(self.scale.get())).ln() / 1.0001_f64.ln();
        let asset_first = self.asset.get() < self.quote.get();
        (if asset_first { tick } else { -tick }).floor() as i64
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

    fn factory(&self) -> Address {
        self.vm().contract_address()
    }

    fn get_pool(&self, _: Address, _: Address, _: Uint<24, 1>) -> Address {
        self.vm().contract_address()
    }

    #[selector(name = "slot0")]
    fn slot0(&self) -> (U256, I256) {
        (U256::ZERO, I256::unchecked_from(self.tick()))
    }

    /// Two sums, word by word as a pool answers: what the SDK makes of two lists has one offset more.
    fn observe(&self, ages: Vec<u32>) -> ([U256; 3], [I256; 2], [U256; 3]) {
        // Since time 0 the tick has been what it is.
        let now = 4_000_000_000_i64;
        let sum = |i: usize| I256::unchecked_from(self.tick() * (now - i64::from(ages[i])));
        let two = U256::from(2);
        (
            [U256::from(64), U256::from(160), two],
            [sum(0), sum(1)],
            [two, U256::ZERO, U256::ZERO],
        )
    }

    /// Enough for any trade.
    fn liquidity(&self) -> u128 {
        1 << 80
    }
}
