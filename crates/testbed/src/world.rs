//! The market, the vault, and the hands that move them.

use std::path::PathBuf;

use alloy_sol_types::{SolCall, SolValue, sol};
use devchain::market::{
    Erc20, Feed, FeedConfig, OPERATOR, Pool, Range, SequencerFeed, UniswapV3, Usdc, Weth,
};
use devchain::primitives::{
    Address, B256, Bytes, I256, U256,
    aliases::{U24, U160},
};
use devchain::rules::Params;
use devchain::{Chain, Config, ProgramCache, Receipt, StylusDeployment, Tx};

use crate::vault::{
    Abi, Done, ICoveredCallVault::Policy, Ledger, Refused, actor, encode_text, outcome, u,
};
use crate::{HOUR, USD, WAD, default_policy};

/// Fee of the pool the vault trades in, hundredths of a basis point: 5 bp.
pub const POOL_FEE: u32 = 500;
/// Decimals of the price feed.
const FEED_DECIMALS: u8 = 8;
/// A Monday, 3 November 2025 00:00 UTC.
const START: u64 = 1_762_128_000;

sol! {
    struct SwapParams {
        address tokenIn;
        address tokenOut;
        uint24 fee;
        address recipient;
        uint256 deadline;
        uint256 amountIn;
        uint256 amountOutMinimum;
        uint160 sqrtPriceLimitX96;
    }
    function exactInputSingle(SwapParams params) external payable returns (uint256 amountOut);
}

/// How a world is set up.
#[derive(Clone, Debug)]
pub struct Options {
    /// Price of a WETH in USDC, 18 decimals.
    pub spot: u128,
    /// The vault's policy.
    pub policy: Policy,
    /// Who has which role; without fees unless somebody gets them.
    pub roles: Roles,
    /// Volatility that options are priced with at first, 18 decimals.
    pub volatility: u64,
    /// WETH on each side of the pool at the start (its worth in USDC on the other).
    pub pool_depth: u128,
    /// Whether the chain has a sequencer feed that the vault reads.
    pub sequencer: bool,
    /// Which programs are entered at the cached price.
    pub cache: ProgramCache,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            spot: 2_000 * WAD,
            policy: default_policy(),
            roles: Roles {
                owner: actor("owner"),
                guardian: actor("guardian"),
                fee_recipient: Address::ZERO,
            },
            volatility: 800_000_000_000_000_000,
            pool_depth: 200_000 * WAD,
            sequencer: true,
            cache: ProgramCache::All,
        }
    }
}

/// Who has which role.
#[derive(Clone, Copy, Debug)]
pub struct Roles {
    /// Announces policies.
    pub owner: Address,
    /// Pauses new risk.
    pub guardian: Address,
    /// Gets the fees; zero for no fees.
    pub fee_recipient: Address,
}

/// Seconds after which the pool's mean is the price it was moved to.
pub const POOL_SETTLES: u64 = 301;

/// Constructor arguments of a vault.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The program that the vault runs in its own place for what its own has no function for.
    pub extension: Address,
    /// The underlying.
    pub asset: Address,
    /// The quote token.
    pub quote: Address,
    /// Feed of the asset's price.
    pub feed: Address,
    /// Feed of the quote's price; zero takes it at par.
    pub quote_feed: Address,
    /// Feed of the sequencer's status, or zero.
    pub sequencer_feed: Address,
    /// Uniswap's router.
    pub router: Address,
    /// Volatility that options are priced with at first, 18 decimals.
    pub volatility: u64,
    /// Name of the shares.
    pub name: B256,
    /// Their symbol.
    pub symbol: B256,
    /// Owner, guardian, and who gets the fees.
    pub roles: Roles,
    /// The policy.
    pub policy: Policy,
}

/// Everything there is.
#[derive(Clone, Debug)]
pub struct World {
    /// The chain.
    pub chain: Chain,
    /// The asset.
    pub weth: Weth,
    /// The quote token.
    pub usdc: Usdc,
    /// The exchange.
    pub uniswap: UniswapV3,
    /// Its pool of the two.
    pub pool: Pool,
    /// The price feed, behind its proxy.
    pub feed: Feed,
    /// The sequencer's status.
    pub sequencer: SequencerFeed,
    /// The vault.
    pub vault: Address,
    /// What deploying it cost.
    pub deployment: StylusDeployment,
    /// Its extension, and what deploying that cost.
    pub extension: StylusDeployment,
}

/// One of the contract's two programs.
#[derive(Clone, Copy, Debug)]
pub enum Program {
    /// The one that is called.
    Vault,
    /// The one it runs in its own place.
    Extension,
}

/// Where a program of the contract is: in the directory `VAULT_PROGRAMS`, or in `target` of the repository.
#[must_use]
pub fn wasm_path(program: Program) -> PathBuf {
    let directory = std::env::var_os("VAULT_PROGRAMS").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target")),
        PathBuf::from,
    );
    directory.join(match program {
        Program::Vault => "vault.wasm",
        Program::Extension => "extension.wasm",
    })
}

/// A program of the contract.
///
/// # Panics
/// When it has not been built.
#[must_use]
pub fn wasm(program: Program) -> Vec<u8> {
    let path = wasm_path(program);
    std::fs::read(&path)
        .unwrap_or_else(|error| panic!("{}: {error}; run scripts/build", path.display()))
}

impl World {
    /// Deploys everything and sets the vault up.
    ///
    /// # Panics
    /// When a counterparty is missing or the vault refuses its options: a world is built from sound parts. [`World::market`] and
    /// [`World::construct`] serve to try others.
    #[must_use]
    pub fn new(options: &Options) -> Self {
        let mut world = Self::market(options);
        let setup = world.setup(options);
        world
            .construct(&setup)
            .expect("the options are inside the policy's bounds");
        world
    }

    /// Deploys everything, the vault's program included, but does not run its constructor.
    ///
    /// # Panics
    /// When a counterparty is missing.
    #[must_use]
    pub fn market(options: &Options) -> Self {
        let config = Config {
            timestamp: START,
            program_cache: options.cache,
            // What Arbitrum One runs since ArbOS 60: programs in fragments.
            stylus: Params::arbos_60(),
            ..Config::default()
        };
        let mut chain = Chain::new(config);
        let weth = Weth::deploy(&mut chain).expect("WETH9");
        let usdc = Usdc::deploy(&mut chain).expect("USDC");
        let uniswap = UniswapV3::deploy(&mut chain, &weth).expect("Uniswap V3");
        let worth = options.pool_depth / WAD * (options.spot / (WAD / USD));
        let pool = uniswap
            .create_pool(
                &mut chain,
                (weth.address, u(WAD)),
                (usdc.address, u(options.spot / (WAD / USD))),
                POOL_FEE,
            )
            .expect("a pool");
        // As on a live pool: its mean over some minutes can be read whoever traded meanwhile.
        pool.grow_observations(&mut chain, 50).expect("a pool");
        let provider = actor("liquidity provider");
        chain.fund(provider, u(WAD));
        weth.mint(&mut chain, provider, u(options.pool_depth))
            .expect("WETH");
        usdc.mint(&mut chain, provider, u(worth)).expect("USDC");
        let amounts = if pool.token0 == weth.address {
            (u(options.pool_depth), u(worth))
        } else {
            (u(worth), u(options.pool_depth))
        };
        uniswap
            .add_liquidity(&mut chain, provider, &pool, amounts, Range::Full)
            .expect("liquidity");
        let feed =
            Feed::deploy(&mut chain, FeedConfig::new("ETH / USD", FEED_DECIMALS)).expect("a feed");
        let sequencer = SequencerFeed::deploy(&mut chain).expect("a sequencer feed");
        sequencer
            .set_up(&mut chain, true)
            .expect("the sequencer is up");
        chain.warp(2 * HOUR);
        let deployer = actor("deployer");
        chain.fund(deployer, u(100 * WAD));
        let [deployment, extension] = [Program::Vault, Program::Extension].map(|program| {
            chain
                .deploy_stylus(deployer, &wasm(program))
                .expect("the program is valid")
        });
        let vault = deployment.address;
        let mut world = Self {
            chain,
            weth,
            usdc,
            uniswap,
            pool,
            feed,
            sequencer,
            vault,
            deployment,
            extension,
        };
        world.submit(options.spot);
        world
    }

    /// What the constructor is given by these options.
    #[must_use]
    pub fn setup(&self, options: &Options) -> Setup {
        Setup {
            extension: self.extension.address,
            asset: self.weth.address,
            quote: self.usdc.address,
            feed: self.feed.address,
            quote_feed: Address::ZERO,
            sequencer_feed: if options.sequencer {
                self.sequencer.address()
            } else {
                Address::ZERO
            },
            router: self.uniswap.router,
            volatility: options.volatility,
            name: encode_text("Covered Call Vault WETH/USDC"),
            symbol: encode_text("ccWETH"),
            roles: options.roles,
            policy: options.policy.clone(),
        }
    }

    /// Runs the constructor.
    ///
    /// # Errors
    /// What the vault refuses.
    pub fn construct(&mut self, setup: &Setup) -> Result<Receipt, Refused> {
        let arguments = (
            setup.extension,
            setup.asset,
            setup.quote,
            setup.feed,
            setup.quote_feed,
            setup.sequencer_feed,
            setup.router,
            setup.volatility,
            setup.name,
            setup.symbol,
            setup.roles.owner,
            setup.roles.guardian,
            setup.roles.fee_recipient,
            setup.policy.clone(),
        );
        let mut data = devchain::primitives::keccak256("stylus_constructor()")[..4].to_vec();
        data.extend(arguments.abi_encode_params());
        let receipt = self
            .chain
            .send(Tx::call(actor("deployer"), self.vault, data));
        if receipt.is_success() {
            return Ok(receipt);
        }
        match outcome::<Abi::rollCall>(receipt) {
            Err(refused) => Err(refused),
            Ok(_) => unreachable!("a receipt that is no success has no outcome"),
        }
    }

    /// Sends a call to the vault. The sender gets the ether it needs.
    ///
    /// # Errors
    /// What the vault refuses.
    pub fn send<C: SolCall>(&mut self, from: Address, call: &C) -> Result<Done<C>, Refused> {
        if self.chain.balance(from) < u(WAD) {
            self.chain.fund(from, u(100 * WAD));
        }
        outcome(
            self.chain
                .send(Tx::call(from, self.vault, call.abi_encode())),
        )
    }

    /// Tries a call as `from` without keeping its effects.
    ///
    /// # Errors
    /// What the vault refuses.
    pub fn simulate<C: SolCall>(&self, from: Address, call: &C) -> Result<Done<C>, Refused> {
        outcome(
            self.chain
                .call(Tx::call(from, self.vault, call.abi_encode())),
        )
    }

    /// Reads the vault.
    ///
    /// # Panics
    /// When the view refuses.
    pub fn view<C: SolCall>(&self, call: &C) -> C::Return {
        self.simulate(OPERATOR, call)
            .unwrap_or_else(|refused| panic!("{}: {refused:?}", C::SIGNATURE))
            .value
    }

    /// The vault's ledger.
    #[must_use]
    pub fn ledger(&self) -> Ledger {
        self.view(&Abi::ledgerCall {})
    }

    /// WETH and USDC of an account.
    ///
    /// # Panics
    /// Never: both are tokens.
    #[must_use]
    pub fn balances(&self, who: Address) -> (u128, u128) {
        let weth = self.weth.balance_of(&self.chain, who).expect("a token");
        let usdc = self.usdc.balance_of(&self.chain, who).expect("a token");
        (weth.to(), usdc.to())
    }

    /// Gives an account WETH and lets the vault take any amount of it.
    ///
    /// # Panics
    /// Never: WETH9 lets anybody wrap.
    pub fn give_weth(&mut self, who: Address, amount: u128) {
        self.weth
            .mint(&mut self.chain, who, u(amount))
            .expect("WETH");
        self.allow(self.weth.erc20(), who);
    }

    /// Gives an account USDC and lets the vault take any amount of it.
    ///
    /// # Panics
    /// When the account is blacklisted.
    pub fn give_usdc(&mut self, who: Address, amount: u128) {
        self.usdc
            .mint(&mut self.chain, who, u(amount))
            .expect("USDC");
        self.allow(self.usdc.erc20(), who);
    }

    fn allow(&mut self, token: Erc20, who: Address) {
        self.chain.fund(who, u(WAD));
        token
            .approve(&mut self.chain, who, self.vault, U256::MAX)
            .expect("an approval");
    }

    /// Deposits freshly wrapped WETH.
    ///
    /// # Errors
    /// What the vault refuses.
    pub fn deposit(
        &mut self,
        who: Address,
        amount: u128,
    ) -> Result<Done<Abi::deposit_0Call>, Refused> {
        self.give_weth(who, amount);
        self.send(
            who,
            &Abi::deposit_0Call {
                assets: u(amount),
                receiver: who,
            },
        )
    }

    /// Catches the vault's estimate of volatility up with time, as keepers do every half hour; one of them pays for it. Not where its feeds do not answer,
    /// or its program is another.
    pub fn catch_up(&mut self) {
        let lag = |world: &Self| {
            let grid = world.simulate(OPERATOR, &Abi::volatilityGridCall {});
            grid.map_or(U256::ZERO, |grid| grid.value.lag)
        };
        while lag(self) > U256::ZERO {
            let Ok(found) = self.simulate(OPERATOR, &Abi::findGridRoundsCall {}) else {
                return;
            };
            let call = Abi::observeCall {
                assetRounds: found.value.assetRounds,
                quoteRounds: found.value.quoteRounds,
            };
            if self.send(actor("observer"), &call).is_err() {
                return;
            }
        }
    }

    /// Buys options with freshly minted USDC, at any premium, with the estimate of volatility caught up.
    ///
    /// # Errors
    /// What the vault refuses.
    pub fn buy(
        &mut self,
        who: Address,
        id: U256,
        amount: u128,
    ) -> Result<Done<Abi::buyCall>, Refused> {
        self.give_usdc(who, 10_000_000 * USD);
        self.catch_up();
        let call = Abi::buyCall {
            id,
            amount: u(amount),
            maxPremium: U256::MAX,
            receiver: who,
            deadline: U256::MAX,
        };
        self.send(who, &call)
    }

    /// Lets the feed answer `price` (18 decimals) now. The pool stays where it is.
    ///
    /// # Panics
    /// Never: the feed takes any answer.
    pub fn submit(&mut self, price: u128) {
        let answer = I256::unchecked_from(price / 10_u128.pow(18 - u32::from(FEED_DECIMALS)));
        self.feed
            .submit(&mut self.chain, answer)
            .expect("any answer");
    }

    /// Trades in the pool until it is at `price` (18 decimals), as an arbitrageur with any amount of freshly made tokens would.
    ///
    /// # Panics
    /// When no pool can have the price.
    pub fn move_pool(&mut self, price: u128) {
        let Some(token_in) = self.arbitrage_sells(price) else {
            return;
        };
        let trader = actor("arbitrageur");
        let amount = if token_in == self.weth.address {
            u(1_000_000_000 * WAD)
        } else {
            u(1_000_000_000_000 * USD)
        };
        if token_in == self.weth.address {
            self.weth
                .mint(&mut self.chain, trader, amount)
                .expect("WETH");
        } else {
            self.usdc
                .mint(&mut self.chain, trader, amount)
                .expect("USDC");
        }
        self.arbitrage(trader, price, amount);
    }

    /// The token an arbitrageur sells to bring the pool to `price` (18 decimals); `None` when it is there.
    fn arbitrage_sells(&self, price: u128) -> Option<Address> {
        let target = sqrt_price(price, self.pool.token0 == self.weth.address);
        let current = self.pool.sqrt_price_x96(&self.chain).expect("a pool");
        match target.cmp(&current) {
            std::cmp::Ordering::Equal => None,
            std::cmp::Ordering::Greater => Some(self.pool.token1),
            std::cmp::Ordering::Less => Some(self.pool.token0),
        }
    }

    /// Trades in the pool with the trader's own tokens, at most `limit` units of either, until it is at `price` (18 decimals). `None` when it
    /// is there already.
    ///
    /// # Panics
    /// When the trader has too little, or no pool can have the price.
    pub fn arbitrage(&mut self, trader: Address, price: u128, limit: U256) -> Option<Receipt> {
        let token_in = self.arbitrage_sells(price)?;
        let token_out = if token_in == self.pool.token0 {
            self.pool.token1
        } else {
            self.pool.token0
        };
        self.chain.fund(trader, u(WAD));
        Erc20 { address: token_in }
            .approve(&mut self.chain, trader, self.uniswap.router, limit)
            .expect("an approval");
        let call = exactInputSingleCall {
            params: SwapParams {
                tokenIn: token_in,
                tokenOut: token_out,
                fee: U24::from(self.pool.fee),
                recipient: trader,
                deadline: U256::MAX,
                amountIn: limit,
                amountOutMinimum: U256::ZERO,
                sqrtPriceLimitX96: U160::from(sqrt_price(
                    price,
                    self.pool.token0 == self.weth.address,
                )),
            },
        };
        let receipt = self.chain.send(Tx::call(
            trader,
            self.uniswap.router,
            Bytes::from(call.abi_encode()),
        ));
        assert!(receipt.is_success(), "the pool moves: {receipt:?}");
        Some(receipt)
    }

    /// The market moves: the feed answers `price` and the pool follows. The vault has observed it until now.
    pub fn set_price(&mut self, price: u128) {
        self.submit(price);
        self.move_pool(price);
        self.catch_up();
    }

    /// Price of the pool, 18 decimals, rounded down.
    ///
    /// # Panics
    /// Never: the pool exists.
    #[must_use]
    pub fn pool_price(&self) -> u128 {
        let sqrt = self.pool.sqrt_price_x96(&self.chain).expect("a pool");
        let q192 = U256::from(1) << 192;
        // token1 per token0 in smallest units is sqrt² / 2¹⁹². Shifted in two steps to stay below 2²⁵⁶.
        let raw = (sqrt * sqrt) >> 64;
        let scale = u(WAD / USD);
        let price: U256 = if self.pool.token0 == self.weth.address {
            (raw * scale * u(WAD)) >> 128
        } else {
            q192 / ((sqrt * sqrt) / (scale * u(WAD)))
        };
        price.to()
    }
}

/// √(token1 per token0) · 2⁹⁶ at a price of USDC per WETH with 18 decimals.
fn sqrt_price(price: u128, weth_first: bool) -> U256 {
    // USDC units per WETH unit: price / 10^(18 + 12). The ratio times 2¹⁹², its root.
    let scale = u(10_u128.pow(30));
    let ratio: U256 = if weth_first {
        (u(price) << 156) / scale
    } else {
        (scale << 156) / u(price)
    };
    U256::from(ratio.root(2)) << 18
}
