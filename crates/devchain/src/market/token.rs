//! Tokens.

use alloy_primitives::{Address, U256};
use alloy_sol_types::SolValue;

use super::{
    MarketError, OPERATOR, PROXY_ADMIN,
    abi::{IErc20, IErc20Preset, IFiatToken, IWeth9},
    deploy, deploy_code, send, send_value, supply, view,
};
use crate::{
    artifacts::{self, Artifact},
    chain::Chain,
};

/// Any ERC-20.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Erc20 {
    /// Its address.
    pub address: Address,
}

impl Erc20 {
    /// Deploys `OpenZeppelin`'s preset with 18 decimals; [`Erc20::mint`] works on it.
    ///
    /// # Errors
    ///
    /// When its package is not installed.
    pub fn deploy(chain: &mut Chain, name: &str, symbol: &str) -> Result<Self, MarketError> {
        let arguments = (name, symbol).abi_encode_params();
        let address = deploy(chain, OPERATOR, Artifact::Erc20Preset, &arguments)?;
        Ok(Self { address })
    }

    /// Creates units out of nothing. Only on a token of [`Erc20::deploy`].
    ///
    /// # Errors
    ///
    /// When the token does not let the operator mint.
    pub fn mint(&self, chain: &mut Chain, to: Address, amount: U256) -> Result<(), MarketError> {
        let call = IErc20Preset::mintCall { to, amount };
        send(chain, OPERATOR, self.address, &call).map(|_| ())
    }

    /// Units an account holds.
    ///
    /// # Errors
    ///
    /// When this is no token.
    pub fn balance_of(&self, chain: &Chain, account: Address) -> Result<U256, MarketError> {
        view(chain, self.address, &IErc20::balanceOfCall { account })
    }

    /// Units in all.
    ///
    /// # Errors
    ///
    /// When this is no token.
    pub fn total_supply(&self, chain: &Chain) -> Result<U256, MarketError> {
        view(chain, self.address, &IErc20::totalSupplyCall {})
    }

    /// Units a spender may take from an owner.
    ///
    /// # Errors
    ///
    /// When this is no token.
    pub fn allowance(
        &self,
        chain: &Chain,
        owner: Address,
        spender: Address,
    ) -> Result<U256, MarketError> {
        let call = IErc20::allowanceCall { owner, spender };
        view(chain, self.address, &call)
    }

    /// Lets a spender take units.
    ///
    /// # Errors
    ///
    /// When the token refuses.
    pub fn approve(
        &self,
        chain: &mut Chain,
        owner: Address,
        spender: Address,
        value: U256,
    ) -> Result<(), MarketError> {
        let call = IErc20::approveCall { spender, value };
        send(chain, owner, self.address, &call).map(|_| ())
    }

    /// Moves units.
    ///
    /// # Errors
    ///
    /// When the token refuses.
    pub fn transfer(
        &self,
        chain: &mut Chain,
        from: Address,
        to: Address,
        value: U256,
    ) -> Result<(), MarketError> {
        let call = IErc20::transferCall { to, value };
        send(chain, from, self.address, &call).map(|_| ())
    }
}

/// Wrapped ether.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Weth {
    /// Its address.
    pub address: Address,
}

impl Weth {
    /// Deploys WETH9.
    ///
    /// # Errors
    ///
    /// When its package is not installed.
    pub fn deploy(chain: &mut Chain) -> Result<Self, MarketError> {
        let address = deploy(chain, OPERATOR, Artifact::Weth9, &[])?;
        Ok(Self { address })
    }

    /// The token as any other.
    #[must_use]
    pub fn erc20(&self) -> Erc20 {
        let address = self.address;
        Erc20 { address }
    }

    /// Gives an account this many wei of WETH, and the ether to wrap for it.
    ///
    /// # Errors
    ///
    /// When the account cannot pay for gas.
    pub fn mint(&self, chain: &mut Chain, to: Address, wei: U256) -> Result<(), MarketError> {
        supply(chain, OPERATOR);
        chain.fund(OPERATOR, wei);
        let call = IWeth9::depositCall {};
        send_value(chain, OPERATOR, self.address, wei, &call)?;
        self.erc20().transfer(chain, OPERATOR, to, wei)
    }

    /// Wraps an account's own ether.
    ///
    /// # Errors
    ///
    /// When it has too little.
    pub fn deposit(&self, chain: &mut Chain, who: Address, wei: U256) -> Result<(), MarketError> {
        let call = IWeth9::depositCall {};
        send_value(chain, who, self.address, wei, &call).map(|_| ())
    }

    /// Unwraps.
    ///
    /// # Errors
    ///
    /// When the account has too little.
    pub fn withdraw(&self, chain: &mut Chain, who: Address, wad: U256) -> Result<(), MarketError> {
        let call = IWeth9::withdrawCall { wad };
        send(chain, who, self.address, &call).map(|_| ())
    }

    /// Wei of WETH an account holds.
    ///
    /// # Errors
    ///
    /// When this is no token.
    pub fn balance_of(&self, chain: &Chain, account: Address) -> Result<U256, MarketError> {
        self.erc20().balance_of(chain, account)
    }
}

/// USDC: Circle's logic behind Circle's proxy, six decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Usdc {
    /// Address of the proxy, which is the token.
    pub address: Address,
    /// Address of the logic.
    pub implementation: Address,
}

impl Usdc {
    /// Deploys and initialises it, with [`OPERATOR`] in all roles and as a minter without bound.
    ///
    /// # Errors
    ///
    /// When its package is not installed.
    pub fn deploy(chain: &mut Chain) -> Result<Self, MarketError> {
        let checker = deploy(chain, PROXY_ADMIN, Artifact::SignatureChecker, &[])?;
        let libraries = [("SignatureChecker", checker)];
        let logic = artifacts::linked(Artifact::FiatToken, &libraries)?;
        let implementation = deploy_code(chain, PROXY_ADMIN, logic, &[])?;
        let arguments = implementation.abi_encode();
        let address = deploy(chain, PROXY_ADMIN, Artifact::FiatTokenProxy, &arguments)?;
        let usdc = Self {
            address,
            implementation,
        };
        usdc.initialize(chain)?;
        Ok(usdc)
    }

    fn initialize(&self, chain: &mut Chain) -> Result<(), MarketError> {
        supply(chain, OPERATOR);
        let first = IFiatToken::initializeCall {
            tokenName: "USD Coin".into(),
            tokenSymbol: "USDC".into(),
            tokenCurrency: "USD".into(),
            tokenDecimals: 6,
            newMasterMinter: OPERATOR,
            newPauser: OPERATOR,
            newBlacklister: OPERATOR,
            newOwner: OPERATOR,
        };
        send(chain, OPERATOR, self.address, &first)?;
        let second = IFiatToken::initializeV2Call {
            newName: "USD Coin".into(),
        };
        send(chain, OPERATOR, self.address, &second)?;
        let third = IFiatToken::initializeV2_1Call {
            lostAndFound: PROXY_ADMIN,
        };
        send(chain, OPERATOR, self.address, &third)?;
        let fourth = IFiatToken::initializeV2_2Call {
            accountsToBlacklist: Vec::new(),
            newSymbol: "USDC".into(),
        };
        send(chain, OPERATOR, self.address, &fourth)?;
        let minter = IFiatToken::configureMinterCall {
            minter: OPERATOR,
            minterAllowedAmount: U256::MAX,
        };
        send(chain, OPERATOR, self.address, &minter).map(|_| ())
    }

    /// The token as any other.
    #[must_use]
    pub fn erc20(&self) -> Erc20 {
        let address = self.address;
        Erc20 { address }
    }

    /// Gives an account this many millionths of a dollar.
    ///
    /// # Errors
    ///
    /// When the account is blacklisted, the token paused, or its bounds are exceeded.
    pub fn mint(&self, chain: &mut Chain, to: Address, amount: U256) -> Result<(), MarketError> {
        let call = IFiatToken::mintCall { to, amount };
        send(chain, OPERATOR, self.address, &call).map(|_| ())
    }

    /// Blacklists an account, or takes it off the list.
    ///
    /// # Errors
    ///
    /// Not in a sound state.
    pub fn set_blacklisted(
        &self,
        chain: &mut Chain,
        account: Address,
        listed: bool,
    ) -> Result<(), MarketError> {
        if listed {
            let call = IFiatToken::blacklistCall { account };
            send(chain, OPERATOR, self.address, &call).map(|_| ())
        } else {
            let call = IFiatToken::unBlacklistCall { account };
            send(chain, OPERATOR, self.address, &call).map(|_| ())
        }
    }

    /// Pauses the token, or resumes it.
    ///
    /// # Errors
    ///
    /// Not in a sound state.
    pub fn set_paused(&self, chain: &mut Chain, paused: bool) -> Result<(), MarketError> {
        if paused {
            let call = IFiatToken::pauseCall {};
            send(chain, OPERATOR, self.address, &call).map(|_| ())
        } else {
            let call = IFiatToken::unpauseCall {};
            send(chain, OPERATOR, self.address, &call).map(|_| ())
        }
    }

    /// Millionths of a dollar an account holds.
    ///
    /// # Errors
    ///
    /// When this is no token.
    pub fn balance_of(&self, chain: &Chain, account: Address) -> Result<U256, MarketError> {
        self.erc20().balance_of(chain, account)
    }
}
