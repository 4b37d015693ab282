//! Where the vault trades: Uniswap V3, through its SwapRouter.

use alloy_primitives::Address;
use vault_core::rebalance::{Side, Trade};

use crate::Result;
use crate::abi::macros::selector;
use crate::errors::fail;
use crate::host::{self, Buffer};
use crate::storage::{self, Pair};
use crate::token;

/// `exactInputSingle((tokenIn, tokenOut, fee, recipient, deadline, amountIn, amountOutMinimum, sqrtPriceLimitX96))`.
const EXACT_INPUT_SINGLE: u32 =
    selector("exactInputSingle((address,address,uint24,address,uint256,uint256,uint256,uint160))");

/// Swaps exactly `trade.amount_in` for at least `trade.min_out`, and returns what arrived. The minimum comes from the oracle: a pool that
/// somebody moved makes this refuse, it cannot make the vault pay.
///
/// # Errors
/// `SwapFailed` when the router refuses (the pool's price is outside the bound), `SwapOutOfBounds` when balances disagree with it.
pub fn swap(trade: &Trade, pair: &Pair, now: u64) -> Result<u128> {
    let quote = storage::quote_token();
    let (paid, bought): (Address, Address) = match trade.side {
        Side::Sell => (pair.asset, quote),
        Side::Buy => (quote, pair.asset),
    };
    let router = storage::router();
    let paid_before = token::balance(&paid)?;
    let bought_before = token::balance(&bought)?;
    token::approve(&paid, &router, trade.amount_in)?;
    let mut data = Buffer::calling(EXACT_INPUT_SINGLE);
    data.address(&paid);
    data.address(&bought);
    let [fee, ..] = storage::venue_policy().fee_tiers;
    data.number(fee.into());
    data.address(&host::this());
    data.number(now.into());
    data.number(trade.amount_in);
    data.number(trade.min_out);
    data.number(0);
    if host::call(&router, &data).is_none() {
        return Err(fail::SwapFailed(trade.amount_in, trade.min_out));
    }
    // The router's word is not taken: only what moved counts, and only in the agreed bounds.
    let spent = paid_before.checked_sub(token::balance(&paid)?);
    let received = token::balance(&bought)?.saturating_sub(bought_before);
    if spent != Some(trade.amount_in) || received < trade.min_out {
        return Err(fail::SwapOutOfBounds(received, trade.min_out));
    }
    Ok(received)
}
