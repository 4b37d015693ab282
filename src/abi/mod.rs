//! The whole interface, in Solidity's words. This table is the router, the selectors, `abi/*.sol` and `abi/*.json`.

pub mod codec;
#[cfg(any(test, feature = "export-abi", not(target_arch = "wasm32")))]
pub mod export;
pub mod macros;

use codec::{Args, Encode, Param};
use macros::{Declaration, canonical, functions, shown, signature};

use crate::errors::fail;
use crate::host::Buffer;
use crate::{
    Result, admin, erc20, erc4626, erc6909, exercise, observe, open, permit, proof, rebalance,
    requests, roles, roll, sell, settle, views,
};

/// How arguments of each Solidity type are read.
#[allow(non_camel_case_types)]
mod sol {
    pub type uint256 = u128;
    pub type uint64x4 = crate::proof::Rounds;
    pub type uint64x8 = crate::observe::Rounds;
    pub type address = alloy_primitives::Address;
    pub type bytes4 = super::codec::Bytes4;
    pub type bool = core::primitive::bool;
    pub type bytes32 = crate::word::Word;
    pub type uint8 = super::codec::Uint8;
    pub type Ids = super::codec::Ids;
    pub type bytes = super::codec::Skipped;
    pub type Policy = [u128; crate::storage::FIELDS];
}

/// Selector of the constructor, as cargo-stylus and the Stylus deployer know it.
pub const CONSTRUCTOR: u32 = macros::selector("stylus_constructor()");

/// Runs the function that calldata asks for. Which program answers is decided when it is compiled: the vault itself, or its extension. Natively one
/// does for both.
///
/// # Errors
/// Every refusal of the contract; nothing has been flushed to storage then.
pub fn dispatch(input: &[u8], output: &mut Buffer) -> Result<()> {
    #[cfg(feature = "extension")]
    return extension(input, output);
    #[cfg(not(feature = "extension"))]
    return vault(input, output);
}

/// Who answers for what the vault's own table does not have: its extension.
#[cfg(all(target_arch = "wasm32", not(feature = "extension")))]
use crate::extension::forward as beyond_vault;
#[cfg(any(not(target_arch = "wasm32"), feature = "extension"))]
use extension as beyond_vault;

/// What is in neither table.
fn beyond_extension(input: &[u8], _: &mut Buffer) -> Result<()> {
    let (selector, mut args) = split(input)?;
    if selector == CONSTRUCTOR {
        let setup = admin::Setup::read(&mut args);
        args.done()?;
        return admin::construct(&setup);
    }
    Err(fail::UnknownSelector(u128::from(selector)))
}

/// Selector and arguments of calldata.
fn split(input: &[u8]) -> Result<(u32, Args<'_>)> {
    let (selector, rest) = input
        .split_first_chunk::<4>()
        .ok_or_else(fail::CalldataTooShort)?;
    Ok((u32::from_be_bytes(*selector), Args::new(rest)))
}

/// Writes what a function answered. Not inlined: one for each type of result instead of one for each function.
#[inline(never)]
fn answer<T: Encode>(result: Result<T>, output: &mut Buffer) -> Result<()> {
    result?.encode(output);
    Ok(())
}

const fn is_external(access: &str) -> bool {
    matches!(access.as_bytes(), [b'e', ..])
}

const fn is_access(access: &str) -> bool {
    matches!(access.as_bytes(), b"external" | b"view")
}

// What is called often, and whatever a wallet or an aggregator knows the vault by.
functions! {
    VAULT, vault, else beyond_vault;

    /// The underlying token.
    function asset() view returns (address assetTokenAddress) => erc4626::asset;
    /// Assets that belong to the shares. While options are open a stated mark: assets plus quote less what the options are worth by the model, at the price the vault acted on last.
    function totalAssets() view returns (uint256 totalManagedAssets) => erc4626::total_assets;
    /// Shares for assets, rounded down, whatever the phase.
    function convertToShares(uint256 assets) view returns (uint256 shares) => erc4626::convert_to_shares;
    /// Assets for shares, rounded down, whatever the phase.
    function convertToAssets(uint256 shares) view returns (uint256 assets) => erc4626::convert_to_assets;
    /// The most that can be deposited now; 0 unless the vault is open.
    function maxDeposit(address receiver) view returns (uint256 maxAssets) => erc4626::max_deposit;
    /// The most shares that can be minted now; 0 unless the vault is open.
    function maxMint(address receiver) view returns (uint256 maxShares) => erc4626::max_mint;
    /// The most assets that owner can withdraw now; 0 unless the vault is open.
    function maxWithdraw(address owner) view returns (uint256 maxAssets) => erc4626::max_withdraw;
    /// The most shares that owner can redeem now; 0 unless the vault is open.
    function maxRedeem(address owner) view returns (uint256 maxShares) => erc4626::max_redeem;
    /// Shares that a deposit gives, rounded down.
    function previewDeposit(uint256 assets) view returns (uint256 shares) => erc4626::convert_to_shares;
    /// Assets that minting costs, rounded up.
    function previewMint(uint256 shares) view returns (uint256 assets) => erc4626::preview_mint;
    /// Shares that a withdrawal costs, rounded up.
    function previewWithdraw(uint256 assets) view returns (uint256 shares) => erc4626::preview_withdraw;
    /// Assets that redeeming gives, rounded down.
    function previewRedeem(uint256 shares) view returns (uint256 assets) => erc4626::convert_to_assets;
    /// Takes assets from the caller and gives receiver the shares they are worth.
    function deposit(uint256 assets, address receiver) external returns (uint256 shares) => erc4626::deposit;
    /// Gives receiver exactly shares and takes from the caller what they cost.
    function mint(uint256 shares, address receiver) external returns (uint256 assets) => erc4626::mint;
    /// Sends exactly assets to receiver and burns the shares of owner they cost.
    function withdraw(uint256 assets, address receiver, address owner) external returns (uint256 shares) => erc4626::withdraw;
    /// Burns shares of owner and sends the assets they are worth to receiver.
    function redeem(uint256 shares, address receiver, address owner) external returns (uint256 assets) => erc4626::redeem;
    /// Burns shares of owner and sends their part of both tokens to receiver: the exit while quote is left over.
    function redeemInKind(uint256 shares, address receiver, address owner) external returns (uint256 assets, uint256 quote) => erc4626::redeem_in_kind;
    /// ERC-5143: deposit, unless it gives fewer than minShares.
    function deposit(uint256 assets, address receiver, uint256 minShares) external returns (uint256 shares) => erc4626::deposit_min;
    /// ERC-5143: mint, unless it costs more than maxAssets.
    function mint(uint256 shares, address receiver, uint256 maxAssets) external returns (uint256 assets) => erc4626::mint_max;
    /// ERC-5143: withdraw, unless it costs more than maxShares.
    function withdraw(uint256 assets, address receiver, address owner, uint256 maxShares) external returns (uint256 shares) => erc4626::withdraw_max;
    /// ERC-5143: redeem, unless it gives fewer than minAssets.
    function redeem(uint256 shares, address receiver, address owner, uint256 minAssets) external returns (uint256 assets) => erc4626::redeem_min;
    /// ERC-7540: takes assets from the caller, who is owner, to be deposited at the next roll for controller.
    function requestDeposit(uint256 assets, address controller, address owner) external returns (uint256 requestId) => requests::request_deposit;
    /// ERC-7540: takes shares of owner, who is the caller, made it its operator or allowed it as much, to be redeemed at the next roll for controller.
    function requestRedeem(uint256 shares, address controller, address owner) external returns (uint256 requestId) => requests::request_redeem;
    /// Name of the shares.
    function name() view returns (string shareName) => erc20::name;
    /// Symbol of the shares.
    function symbol() view returns (string shareSymbol) => erc20::symbol;
    /// Decimals of the shares: the asset's and three more.
    function decimals() view returns (uint8 shareDecimals) => erc20::decimals;
    /// Shares in existence.
    function totalSupply() view returns (uint256 supply) => erc20::total_supply;
    /// Shares of owner.
    function balanceOf(address owner) view returns (uint256 shares) => erc20::balance_of;
    /// What spender may still move of the shares of owner.
    function allowance(address owner, address spender) view returns (uint256 shares) => erc20::allowance;
    /// Lets spender move up to value of the caller's shares; the largest uint256 is no limit.
    function approve(address spender, uint256 value) external returns (bool success) => erc20::approve;
    /// Moves shares of the caller.
    function transfer(address to, uint256 value) external returns (bool success) => erc20::transfer;
    /// Moves shares of from within what it allowed the caller.
    function transferFrom(address from, address to, uint256 value) external returns (bool success) => erc20::transfer_from;
    /// EIP-2612: lets spender move up to value shares of owner, who signed that it may.
    function permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external => permit::permit;
    /// EIP-2612: number of the owner's next permit.
    function nonces(address owner) view returns (uint256 nonce) => permit::nonces;
    /// EIP-712: what permits of these shares are signed for; version "1".
    function DOMAIN_SEPARATOR() view returns (bytes32 separator) => permit::domain_separator;
    /// ERC-165: ERC-165 and ERC-6909.
    function supportsInterface(bytes4 interfaceId) view returns (bool supported) => erc6909::supports_interface;
    /// Options of series id that owner holds.
    function balanceOf(address owner, uint256 id) view returns (uint256 amount) => erc6909::balance_of;
    /// What spender may still move of the owner's options of series id.
    function allowance(address owner, address spender, uint256 id) view returns (uint256 amount) => erc6909::allowance;
    /// Whether spender may move all options of owner.
    function isOperator(address owner, address spender) view returns (bool approved) => erc6909::is_operator;
    /// Lets spender move up to amount of the caller's options of series id; the largest uint256 is no limit.
    function approve(address spender, uint256 id, uint256 amount) external returns (bool success) => erc6909::approve;
    /// ERC-6909 and ERC-7540: lets spender move all options of the caller and act on its requests, to redeem its shares as well, or no longer.
    function setOperator(address spender, bool approved) external returns (bool success) => erc6909::set_operator;
    /// Moves options of the caller.
    function transfer(address receiver, uint256 id, uint256 amount) external returns (bool success) => erc6909::transfer;
    /// Moves options of sender, as its operator or within what it allowed the caller.
    function transferFrom(address sender, address receiver, uint256 id, uint256 amount) external returns (bool success) => erc6909::transfer_from;
    /// What amount options of series id cost now, in quote: what buy takes in the same block.
    function quoteBuy(uint256 id, uint256 amount) view returns (uint256 premium) => sell::quote_buy;
    /// Sells amount options of series id to the caller for at most maxPremium quote, and gives them to receiver.
    function buy(uint256 id, uint256 amount, uint256 maxPremium, address receiver, uint256 deadline) external returns (uint256 premium) => sell::buy;
    /// Sells to the caller as many of amount options of series id as there are, at least minAmount, and gives them to receiver: for at most maxPremium quote for all of amount, for a part the same part of it.
    function buyUpTo(uint256 id, uint256 amount, uint256 minAmount, uint256 maxPremium, address receiver, uint256 deadline) external returns (uint256 bought, uint256 premium) => sell::buy_up_to;
    /// What amount options of series id bring now, in quote: what sell pays in the same block.
    function quoteSell(uint256 id, uint256 amount) view returns (uint256 proceeds) => sell::quote_sell;
    /// Takes amount options of series id back from the caller for at least minProceeds quote, sent to receiver.
    function sell(uint256 id, uint256 amount, uint256 minProceeds, address receiver, uint256 deadline) external returns (uint256 proceeds) => sell::sell;
    /// What amount settled options of series id are paid.
    function payoutOf(uint256 id, uint256 amount) view returns (uint256 assets, uint256 quote) => exercise::payout_of;
    /// Exchanges amount of the caller's settled options of series id for their payout, sent to receiver.
    function exercise(uint256 id, uint256 amount, address receiver) external returns (uint256 assets, uint256 quote) => exercise::exercise;
    /// Exchanges all of the caller's settled options of up to 32 ids for their payouts, sent to receiver. An id it has none of pays nothing, so that one given twice pays once.
    function exerciseBatch(address receiver, Ids ids) external returns (uint256 assets, uint256 quote) => exercise::exercise_batch;
    /// Gives receiver the shares of a request that a roll carried out. By controller or its operator; by anyone for receiver = controller.
    function claimDeposit(uint256 requestId, address receiver, address controller) external returns (uint256 shares) => requests::claim_deposit;
    /// Sends receiver the tokens of a request that a roll carried out. By controller or its operator; by anyone for receiver = controller.
    function claimRedeem(uint256 requestId, address receiver, address controller) external returns (uint256 assets, uint256 quote) => requests::claim_redeem;
    /// What tokens refused to pay account, to be claimed.
    function creditOf(address account) view returns (uint256 assets, uint256 quote) => views::credit_of;
}

// What keepers, the owner and frontends call, and depositors once in an epoch: a second program, which the vault runs in its own place.
functions! {
    EXTENSION, extension, else beyond_extension;

    /// ERC-6909: name of series id, as "Covered Calls WETH 27NOV26 2200/4000 C".
    function name(uint256 id) view returns (string optionName) => erc6909::name;
    /// ERC-6909: symbol of series id, as "ccWETH-27NOV26-2200/4000-C": expiry, strike and, if it has one, cap.
    function symbol(uint256 id) view returns (string optionSymbol) => erc6909::symbol;
    /// ERC-6909: decimals of an amount of options: the asset's.
    function decimals(uint256 id) view returns (uint8 optionDecimals) => erc6909::decimals;
    /// Refuses unless every budget of risk would hold with sold options of series id open and so much in the vault, at spot (18 decimals): what buy asks after a purchase where a budget is set.
    function requireWithinBudgets(uint256 id, uint256 sold, uint256 vaultAssets, uint256 vaultQuote, uint256 spot) view => sell::require_within_budgets;
    /// Lists the series of the next epoch. Anyone may call it once the window for deposits is over.
    function openEpoch() external returns (uint256 number) => open::open_epoch;
    /// Settles the expiry that has passed at the price that the rules choose. The rounds only point at what proves it: of each feed, from its phase at opening on, the number in the phase of its last round at or before expiry; see findRounds.
    function settle(uint256 expiry, uint64x4 assetRounds, uint64x4 quoteRounds) external returns (uint256 price) => settle::settle;
    /// Catches the estimate of volatility up with the grid of times, a price every half hour, at most eight prices a call, and pays the caller. The rounds only point at what proves the prices: of each feed, in the phase it is in, the number of its last round at or before each point that is not taken yet, 0 for no more; see findGridRounds.
    function observe(uint64x8 assetRounds, uint64x8 quoteRounds) external returns (uint256 points, uint256 reward) => observe::observe;
    /// The rounds that observe takes in this block, found by bisection; none where nothing is to be observed.
    function findGridRounds() view returns (uint64x8 assetRounds, uint64x8 quoteRounds) => observe::find_grid_rounds;
    /// Where the estimate of volatility stands: what options are priced with, variance a year without the premium (18 decimals each), time and price of the last point taken, and how many points have passed since. Nothing is sold or opened while those are more than two.
    function volatilityGrid() view returns (uint256 annual, uint256 variance, uint256 lastTime, uint256 lastPrice, uint256 lag) => observe::volatility_grid;
    /// The rounds that settle takes for an expiry, found by bisection.
    function findRounds(uint256 expiry) view returns (uint64x4 assetRounds, uint64x4 quoteRounds) => proof::find_rounds;
    /// Ends a settled epoch: takes fees, carries out all requests, and opens deposits and exits again.
    function roll() external => roll::roll;
    /// The quote token.
    function quoteToken() view returns (address token) => views::quote_token;
    /// The program that the vault runs in its own place for the functions that its own does not have: fixed by the constructor.
    function extension() view returns (address program) => views::extension;
    /// Where prices come from and where the vault trades.
    function venues() view returns (address assetFeed, address quoteFeed, address sequencerFeed, address router) => views::venues;
    /// The volatility that options are priced with, annualised, 18 decimals.
    function volatility() view returns (uint256 annualised) => views::volatility;
    /// The epoch. phase: 0 open, 1 live, 2 expired, 3 settled. lastPrice has 18 decimals.
    function epoch() view returns (uint256 number, uint256 phase, uint256 expiry, uint256 since, uint256 seriesCount, uint256 limit, uint256 lastPrice, uint256 lastPriceTime) => views::epoch;
    /// Asset and quote in each bucket of the ledger.
    function ledger() view returns (uint256 vaultAssets, uint256 vaultQuote, uint256 queuedAssets, uint256 queuedQuote, uint256 claimableAssets, uint256 claimableQuote, uint256 payoutAssets, uint256 payoutQuote, uint256 reserveAssets, uint256 reserveQuote, uint256 keeperAssets, uint256 keeperQuote) => views::ledger;
    /// A series: terms, options sold, payouts of all holders together, price and greeks of one option per unit of spot (18 decimals) at the price the vault acted on last, when it expires, whether its payout is fixed, and, if it expires before the epoch ends, whether its reserve is in quote.
    function series(uint256 id) view returns (uint256 strike, uint256 cap, uint256 sold, uint256 payoutAssets, uint256 payoutQuote, uint256 price, uint256 delta, int256 spotGamma, int256 vega, int256 thetaPerDay, uint256 expiry, bool settled, bool reservedInQuote) => views::series;
    /// What one option of series id pays if it settles at price (18 decimals).
    function payoffAt(uint256 id, uint256 price) view returns (uint256 payoff) => views::payoff_at;
    /// Every series of the epoch: terms, what owner holds, what amount options cost and bring in this block (0 where they cannot be traded), and the volatility that the cost stands for; price and greeks of one option per unit of spot (18 decimals) of this block, or at the price the vault acted on last when the oracle has none.
    function chain(address owner, uint256 amount) view returns (SeriesLines lines) => views::chain;
    /// Everything an account owns here (shares and their worth; its latest request to deposit and the shares to claim of it; its latest request to redeem and what to claim of it; what tokens refused to pay it), the most it can deposit and redeem in this block, and its earlier requests with something left: bit k stands for the one k + 1 before the latest.
    function position(address account) view returns (uint256 shares, uint256 assets, uint256 depositRequestId, uint256 depositRequestAssets, uint256 claimableShares, uint256 redeemRequestId, uint256 redeemRequestShares, uint256 claimableAssets, uint256 claimableQuote, uint256 creditAssets, uint256 creditQuote, uint256 maxDepositAssets, uint256 maxRedeemShares, uint256 earlierDeposits, uint256 earlierRedemptions) => requests::position;
    /// The vault in one call. nextStep: earliest time of the next transition (openEpoch, settle, or roll whatever quote is left), 0 before the first; requests made now have requestId; buckets are what ledger says.
    function vaultState() view returns (uint256 number, uint256 phase, uint256 expiry, uint256 nextStep, uint256 requestId, uint256 managedAssets, uint256 supply, uint256 queuedAssets, uint256 queuedShares, uint256 minDeposit, uint256 depositCap, uint256 managementFeeBps, uint256 performanceFeeBps, address feeRecipient, uint256 highWaterMark, uint256 highWaterSpot, uint256 pausedUntil, uint256x12 buckets) => views::vault_state;
    /// Who may announce policies and name guardian and fee recipient; nobody can move funds.
    function owner() view returns (address account) => roles::owner;
    /// Who becomes the owner by accepting.
    function pendingOwner() view returns (address account) => roles::pending_owner;
    /// Who may pause openings and sales, and since when; 0: never paused.
    function guardian() view returns (address account, uint256 pausedAt) => roles::guardian;
    /// Offers ownership; zero takes the offer back.
    function transferOwnership(address newOwner) external => roles::transfer_ownership;
    /// Takes the ownership offered to the caller.
    function acceptOwnership() external => roles::accept_ownership;
    /// Gives ownership up for ever.
    function renounceOwnership() external => roles::renounce_ownership;
    /// Names the guardian; zero for none.
    function setGuardian(address newGuardian) external => roles::set_guardian;
    /// Names who gets the fees; zero for nobody, and no fees for ever.
    function setFeeRecipient(address recipient) external => roles::set_fee_recipient;
    /// Pauses openings and sales, and nothing else, for seven days; once in thirty days. By guardian or owner.
    function pause() external => roles::pause;
    /// Ends a pause early. By guardian or owner.
    function unpause() external => roles::unpause;
    /// Announces a policy, inside the hard bounds. An epoch that opens a whole window later or more puts it into force.
    function announcePolicy(Policy policy) external => roles::announce_policy;
    /// The policy announced last, and from when an opening puts it into force; 0: nothing is announced.
    function announcedPolicy() view returns (Policy policy, uint256 inForceFrom) => roles::announced_policy;
    /// The policy in force.
    function policy() view returns (Policy policy) => admin::policy;
    /// Brings the exposure back to its target and pays the caller. Reverts when no trigger holds.
    function rebalance() external returns (uint256 triggers, uint256 reward) => rebalance::rebalance;
    /// What rebalance would do in this block; reverts as it would.
    function previewRebalance() view returns (uint256 triggers, int256 exposure, int256 target, uint256 band, bool buys, uint256 trade, uint256 amountIn, uint256 minOut, uint256 reward) => rebalance::preview;
    /// Takes a request to deposit back: until the roll, and for ever if the roll did not carry it out. By controller or its operator.
    function cancelDepositRequest(uint256 requestId, address receiver, address controller) external returns (uint256 assets) => requests::cancel_deposit_request;
    /// Takes a request to redeem back, until the roll. By controller or its operator.
    function cancelRedeemRequest(uint256 requestId, address receiver, address controller) external returns (uint256 shares) => requests::cancel_redeem_request;
    /// ERC-7540: assets that wait for the roll, or that it left to be taken back.
    function pendingDepositRequest(uint256 requestId, address controller) view returns (uint256 assets) => requests::pending_deposit;
    /// ERC-7540: assets whose shares can be claimed.
    function claimableDepositRequest(uint256 requestId, address controller) view returns (uint256 assets) => requests::claimable_deposit;
    /// ERC-7540: shares that wait for the roll.
    function pendingRedeemRequest(uint256 requestId, address controller) view returns (uint256 shares) => requests::pending_redeem;
    /// ERC-7540: shares whose tokens can be claimed.
    function claimableRedeemRequest(uint256 requestId, address controller) view returns (uint256 shares) => requests::claimable_redeem;
    /// Rebalance with the caller as the counterparty, at a price that moves from the vault's side of the oracle's towards the caller: buys is which way the vault is expected to trade, limit the most quote the caller pays or the least it takes.
    function fill(bool buys, uint256 limit, uint256 deadline) external returns (uint256 triggers, uint256 reward) => rebalance::fill;
    /// Marks whether a trigger holds: rewards and a filler's price grow from it.
    function markTrigger() external returns (uint256 triggers) => rebalance::mark;
    /// What fill would move in this block, amountIn and amountOut exactly; reverts as it would.
    function previewFill() view returns (uint256 triggers, int256 exposure, int256 target, uint256 band, bool buys, uint256 trade, uint256 amountIn, uint256 amountOut, uint256 reward) => rebalance::preview_fill;
    /// Chainlink Automation: whether performUpkeep would trade now.
    function checkUpkeep(bytes checkData) view returns (bool upkeepNeeded, bytes performData) => rebalance::check_upkeep;
    /// Chainlink Automation: rebalance without a reward, which a forwarder of Chainlink's could not pass on.
    function performUpkeep(bytes performData) external => rebalance::perform_upkeep;
    /// The last rebalance (time, price, volatility, options sold), since when a trigger is known to hold, the last reward; and trades, their cost and rewards in this epoch, in the asset.
    function hedgeState() view returns (uint256 time, uint256 price, uint256 volatility, uint256 sold, uint256 triggered, uint256 rewarded, uint256 trades, uint256 cost, uint256 rewards) => rebalance::hedge;
    /// Sends to receiver what token refused to pay the caller before.
    function claim(address token, address receiver) external returns (uint256 amount) => exercise::claim;
}
