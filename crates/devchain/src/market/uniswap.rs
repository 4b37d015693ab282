//! Uniswap V3.

use alloy_primitives::{
    Address, U256,
    aliases::{I24, U24, U160},
};
use alloy_sol_types::SolValue;

use super::{
    Erc20, MarketError, OPERATOR, Weth,
    abi::{
        ExactInputSingleParams, IPositionManager, IQuoterV2, ISwapRouter, IUniswapV3Factory,
        IUniswapV3Pool, MintParams, QuoteExactInputSingleParams,
    },
    deploy, send, supply, view,
};
use crate::{artifacts::Artifact, chain::Chain};

/// The highest tick a pool can be at; the lowest is its negative.
const MAX_TICK: i32 = 887_272;

/// The protocol's contracts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UniswapV3 {
    /// `UniswapV3Factory`.
    pub factory: Address,
    /// `SwapRouter`.
    pub router: Address,
    /// `NonfungiblePositionManager`.
    pub positions: Address,
    /// `QuoterV2`.
    pub quoter: Address,
}

/// A pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Pool {
    /// Its address.
    pub address: Address,
    /// The token with the lower address.
    pub token0: Address,
    /// The other.
    pub token1: Address,
    /// The fee in millionths of the input.
    pub fee: u32,
    /// Ticks between two usable ones.
    pub tick_spacing: i32,
}

/// Where liquidity is put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// Everywhere.
    Full,
    /// Between two ticks, rounded to usable ones.
    Ticks(i32, i32),
}

/// A swap of an exact input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Swap {
    /// Token sold.
    pub token_in: Address,
    /// Token bought.
    pub token_out: Address,
    /// The pool's fee in millionths.
    pub fee: u32,
    /// Units sold.
    pub amount_in: U256,
    /// Least units bought.
    pub min_out: U256,
}

impl UniswapV3 {
    /// Deploys the protocol.
    ///
    /// # Errors
    ///
    /// When its packages are not installed.
    pub fn deploy(chain: &mut Chain, weth: &Weth) -> Result<Self, MarketError> {
        let factory = deploy(chain, OPERATOR, Artifact::UniswapV3Factory, &[])?;
        let pair = (factory, weth.address).abi_encode_params();
        let router = deploy(chain, OPERATOR, Artifact::SwapRouter, &pair)?;
        // Without a descriptor, positions have no picture.
        let triple = (factory, weth.address, Address::ZERO).abi_encode_params();
        let positions = deploy(chain, OPERATOR, Artifact::PositionManager, &triple)?;
        let quoter = deploy(chain, OPERATOR, Artifact::QuoterV2, &pair)?;
        Ok(Self {
            factory,
            router,
            positions,
            quoter,
        })
    }

    /// Creates a pool. The price is a pair of amounts that are worth the same: so many units of `a` for so many of `b`.
    ///
    /// # Errors
    ///
    /// When the pool exists, the fee is not enabled, or no pool can have the price.
    pub fn create_pool(
        &self,
        chain: &mut Chain,
        (a, amount_a): (Address, U256),
        (b, amount_b): (Address, U256),
        fee: u32,
    ) -> Result<Pool, MarketError> {
        supply(chain, OPERATOR);
        let create = IUniswapV3Factory::createPoolCall {
            tokenA: a,
            tokenB: b,
            fee: U24::from(fee),
        };
        let ((token0, amount0), (token1, amount1)) = if a < b {
            ((a, amount_a), (b, amount_b))
        } else {
            ((b, amount_b), (a, amount_a))
        };
        let price = sqrt_price_x96(amount0, amount1).ok_or(MarketError::Price)?;
        let address = send(chain, OPERATOR, self.factory, &create)?;
        let start = IUniswapV3Pool::initializeCall {
            sqrtPriceX96: price,
        };
        send(chain, OPERATOR, address, &start)?;
        let spacing = view(chain, address, &IUniswapV3Pool::tickSpacingCall {})?;
        Ok(Pool {
            address,
            token0,
            token1,
            fee,
            tick_spacing: spacing.as_i32(),
        })
    }

    /// Adds an account's own tokens to a pool, at most these amounts of `token0` and `token1`. Returns the amounts used.
    ///
    /// # Errors
    ///
    /// When the account has too little.
    pub fn add_liquidity(
        &self,
        chain: &mut Chain,
        provider: Address,
        pool: &Pool,
        (amount0, amount1): (U256, U256),
        range: Range,
    ) -> Result<(U256, U256), MarketError> {
        for (address, amount) in [(pool.token0, amount0), (pool.token1, amount1)] {
            Erc20 { address }.approve(chain, provider, self.positions, amount)?;
        }
        let (lower, upper) = range.ticks(pool.tick_spacing);
        let params = MintParams {
            token0: pool.token0,
            token1: pool.token1,
            fee: U24::from(pool.fee),
            tickLower: lower,
            tickUpper: upper,
            amount0Desired: amount0,
            amount1Desired: amount1,
            amount0Min: U256::ZERO,
            amount1Min: U256::ZERO,
            recipient: provider,
            deadline: U256::MAX,
        };
        let call = IPositionManager::mintCall { params };
        let minted = send(chain, provider, self.positions, &call)?;
        Ok((minted.amount0, minted.amount1))
    }

    /// Swaps an account's tokens; returns the units bought.
    ///
    /// # Errors
    ///
    /// When the account has too little, or would get too little.
    pub fn swap(
        &self,
        chain: &mut Chain,
        trader: Address,
        swap: &Swap,
    ) -> Result<U256, MarketError> {
        let address = swap.token_in;
        Erc20 { address }.approve(chain, trader, self.router, swap.amount_in)?;
        let params = ExactInputSingleParams {
            tokenIn: swap.token_in,
            tokenOut: swap.token_out,
            fee: U24::from(swap.fee),
            recipient: trader,
            deadline: U256::MAX,
            amountIn: swap.amount_in,
            amountOutMinimum: swap.min_out,
            sqrtPriceLimitX96: U160::ZERO,
        };
        let call = ISwapRouter::exactInputSingleCall { params };
        send(chain, trader, self.router, &call)
    }

    /// Units a swap would buy; [`Swap::min_out`] does not matter.
    ///
    /// # Errors
    ///
    /// When there is no such pool or it has too little liquidity.
    pub fn quote(&self, chain: &Chain, swap: &Swap) -> Result<U256, MarketError> {
        let params = QuoteExactInputSingleParams {
            tokenIn: swap.token_in,
            tokenOut: swap.token_out,
            amountIn: swap.amount_in,
            fee: U24::from(swap.fee),
            sqrtPriceLimitX96: U160::ZERO,
        };
        let call = IQuoterV2::quoteExactInputSingleCall { params };
        Ok(view(chain, self.quoter, &call)?.amountOut)
    }
}

impl Pool {
    /// The price: √(units of token1 per unit of token0) × 2⁹⁶.
    ///
    /// # Errors
    ///
    /// When this is no pool.
    pub fn sqrt_price_x96(&self, chain: &Chain) -> Result<U256, MarketError> {
        let slot0 = view(chain, self.address, &IUniswapV3Pool::slot0Call {})?;
        Ok(U256::from(slot0.sqrtPriceX96))
    }

    /// The price's tick: log of token1 per token0 to the base 1.0001.
    ///
    /// # Errors
    ///
    /// When this is no pool.
    pub fn tick(&self, chain: &Chain) -> Result<i32, MarketError> {
        let slot0 = view(chain, self.address, &IUniswapV3Pool::slot0Call {})?;
        Ok(slot0.tick.as_i32())
    }

    /// Liquidity at the current price.
    ///
    /// # Errors
    ///
    /// When this is no pool.
    pub fn liquidity(&self, chain: &Chain) -> Result<u128, MarketError> {
        view(chain, self.address, &IUniswapV3Pool::liquidityCall {})
    }

    /// Makes room for this many price observations.
    ///
    /// # Errors
    ///
    /// When this is no pool.
    pub fn grow_observations(&self, chain: &mut Chain, count: u16) -> Result<(), MarketError> {
        let call = IUniswapV3Pool::increaseObservationCardinalityNextCall {
            observationCardinalityNext: count,
        };
        send(chain, OPERATOR, self.address, &call).map(|_| ())
    }
}

impl Range {
    fn ticks(self, spacing: i32) -> (I24, I24) {
        let (lower, upper) = match self {
            Self::Full => (-MAX_TICK, MAX_TICK),
            Self::Ticks(lower, upper) => (lower.max(-MAX_TICK), upper.min(MAX_TICK)),
        };
        let usable = |tick: i32| tick / spacing * spacing;
        let tick = |tick| I24::try_from(usable(tick)).unwrap_or_default();
        (tick(lower), tick(upper))
    }
}

/// √(amount1 / amount0) × 2⁹⁶, rounded down.
fn sqrt_price_x96(amount0: U256, amount1: U256) -> Option<U160> {
    // As many of the 192 bits before the root as fit, the rest after it.
    let room = amount1.leading_zeros().min(192) & !1;
    let ratio = (amount1 << room).checked_div(amount0)?;
    let root = ratio.root(2) << ((192 - room) / 2);
    (!root.is_zero() && root.bit_len() <= 160).then(|| U160::from(root))
}
