// SPDX-License-Identifier: MIT OR Apache-2.0
// Printed by the contract; see scripts/bless.
pragma solidity ^0.8.4;

interface ICoveredCallVault {
    struct OpeningPolicy {
        uint16[8] targetDeltas;
        uint8[8] earlyDays;
        uint8 uncapped;
        uint16 minMoneynessBps;
        uint16 sizeBps;
        uint24 capBps;
        uint64 strikeTick;
        uint128 keeperBudget;
        uint24 openSeconds;
        uint24 minTenorSeconds;
        uint128 minAssets;
    }

    struct RiskPolicy {
        uint16 gammaBps;
        uint16 vegaBps;
        uint16 thetaBps;
    }

    struct MarketPolicy {
        uint16 spotMarginBps;
        uint16 volatilityMarginBps;
        uint32 saleCutoffSeconds;
        uint32 maxAgeSeconds;
        uint32 settleMaxAgeSeconds;
        uint32 sequencerGraceSeconds;
        uint32 quoteMaxAgeSeconds;
    }

    struct VolatilityPolicy {
        uint32 halfLifeSeconds;
        uint16 premiumBps;
        uint64 floor;
        uint64 cap;
    }

    struct SalePolicy {
        uint64 kappa;
        uint16 leadBps;
        uint16 floorBps;
        uint24 capBps;
        uint16 feeBps;
        uint16 spreadBps;
        uint16 quotaBps;
    }

    struct HedgePolicy {
        bool enabled;
        uint16 targetWeightBps;
        uint8 triggers;
        bool adaptive;
        bool toEdge;
        uint16 bandBps;
        uint24 riskAversionBps;
        uint16 gateBps;
        uint16 skewBps;
        bool skewDown;
        uint24 horizonSeconds;
        uint24 intervalSeconds;
        uint16 moveBps;
        uint16 bookBps;
        uint16 volatilityBps;
        uint16 maxSlippageBps;
        uint16 maxTradeBps;
    }

    struct VenuePolicy {
        uint24[3] feeTiers;
        uint24 twapSeconds;
        uint16 twapBoundBps;
        uint16 oracleBoundBps;
        uint16 fillStartBps;
        uint16 fillGrowthBps;
        uint16 fillMaxBps;
        uint80 minTrade;
    }

    struct KeeperPolicy {
        uint24 swapGas;
        uint24 fillGas;
        uint24 observeGas;
        uint24 settleGas;
        uint16 bonusBps;
        uint24 bonusSeconds;
        uint16 l1Bytes;
        uint128 rewardCap;
        uint48 maxBaseFee;
        uint80 assetPerNative;
    }

    struct RollPolicy {
        uint32 graceSeconds;
        uint128 dustQuote;
    }

    struct SharePolicy {
        uint96 minDeposit;
        uint16 managementFeeBps;
        uint16 performanceFeeBps;
        uint128 depositCap;
    }

    struct Policy {
        OpeningPolicy opening;
        RiskPolicy risk;
        MarketPolicy market;
        VolatilityPolicy volatility;
        SalePolicy sale;
        HedgePolicy hedge;
        VenuePolicy venue;
        KeeperPolicy keeper;
        RollPolicy roll;
        SharePolicy shares;
    }

    struct SeriesLine {
        uint256 id;
        uint256 strike;
        uint256 cap;
        uint256 expiry;
        bool settled;
        uint256 sold;
        uint256 left;
        uint256 held;
        uint256 cost;
        uint256 proceeds;
        uint256 impliedVolatility;
        uint256 price;
        uint256 delta;
        int256 spotGamma;
        int256 vega;
        int256 thetaPerDay;
    }

    /// ERC-20: shares moved.
    event Transfer(address indexed from, address indexed to, uint256 value);

    /// ERC-20: an allowance of shares was set.
    event Approval(address indexed owner, address indexed spender, uint256 value);

    /// ERC-4626: assets came in.
    event Deposit(address indexed sender, address indexed owner, uint256 assets, uint256 shares);

    /// ERC-4626: assets went out.
    event Withdraw(address indexed sender, address indexed receiver, address indexed owner, uint256 assets, uint256 shares);

    /// Shares were redeemed for their part of both tokens.
    event RedeemedInKind(address indexed sender, address indexed receiver, address indexed owner, uint256 shares, uint256 assets, uint256 quote);

    /// ERC-7540: assets are to be deposited at the roll of epoch requestId.
    event DepositRequest(address indexed controller, address indexed owner, uint256 indexed requestId, address sender, uint256 assets);

    /// ERC-7540: shares are to be redeemed at the roll of epoch requestId.
    event RedeemRequest(address indexed controller, address indexed owner, uint256 indexed requestId, address sender, uint256 shares);

    /// A request to deposit was taken back.
    event DepositRequestCancelled(uint256 indexed requestId, address indexed controller, address indexed receiver, uint256 assets);

    /// A request to redeem was taken back.
    event RedeemRequestCancelled(uint256 indexed requestId, address indexed controller, address indexed receiver, uint256 shares);

    /// The roll of an epoch carried out its requests: all of each kind at one ratio.
    event RequestsCarriedOut(uint256 indexed epoch, uint256 depositedAssets, uint256 mintedShares, uint256 redeemedShares, uint256 paidAssets, uint256 paidQuote);

    /// The shares of a deposit were claimed.
    event DepositClaimed(uint256 indexed requestId, address indexed controller, address indexed receiver, uint256 assets, uint256 shares);

    /// The tokens of a redemption were claimed. receiver 0: as a credit of the controller.
    event RedeemClaimed(uint256 indexed requestId, address indexed controller, address indexed receiver, uint256 shares, uint256 assets, uint256 quote);

    /// Fees were taken in new shares. highWaterMark is the price of a share that performance is measured against from now on (18 decimals, 1 at the beginning).
    event FeesTaken(uint256 indexed epoch, address indexed recipient, uint256 shares, uint256 managementAssets, uint256 performanceAssets, uint256 highWaterMark);

    /// Ownership was offered.
    event OwnershipTransferStarted(address indexed previousOwner, address indexed newOwner);

    /// Ownership was taken, or given up.
    event OwnershipTransferred(address indexed previousOwner, address indexed newOwner);

    /// A guardian was named.
    event GuardianSet(address indexed guardian);

    /// Who gets the fees was named.
    event FeeRecipientSet(address indexed recipient);

    /// New risk is paused until then; 0: no longer.
    event PauseSet(address indexed by, uint256 until);

    /// A policy was announced: announcedPolicy() has it. Openings from inForceFrom on put it into force.
    event PolicyAnnounced(uint256 inForceFrom);

    /// The policy that was announced at announcedAt is in force.
    event PolicyApplied(uint256 announcedAt);

    /// ERC-6909: options moved.
    event Transfer(address caller, address indexed sender, address indexed receiver, uint256 indexed id, uint256 amount);

    /// ERC-6909: an allowance of options was set.
    event Approval(address indexed owner, address indexed spender, uint256 indexed id, uint256 amount);

    /// ERC-6909: an operator was set.
    event OperatorSet(address indexed owner, address indexed spender, bool approved);

    /// An epoch opened. spot has 18 decimals; limit is the most options of each series.
    event EpochOpened(uint256 indexed epoch, uint256 expiry, uint256 spot, uint256 seriesCount, uint256 limit, uint256 vaultAssets, uint256 keeperBudget);

    /// A series was listed. strike and cap have 18 decimals; a cap of 0 is none.
    event SeriesListed(uint256 indexed epoch, uint256 indexed id, uint256 strike, uint256 cap, uint256 expiry);

    /// Options were sold for premium, the fee included. sold, vaultAssets and vaultQuote are the totals after the sale.
    event OptionsSold(uint256 indexed id, address indexed buyer, address indexed receiver, uint256 amount, uint256 premium, uint256 fee, uint256 spot, uint256 sold, uint256 vaultAssets, uint256 vaultQuote);

    /// Options were taken back for proceeds, the fee taken off. sold, vaultAssets and vaultQuote are the totals after it.
    event OptionsBoughtBack(uint256 indexed id, address indexed seller, address indexed receiver, uint256 amount, uint256 proceeds, uint256 fee, uint256 spot, uint256 sold, uint256 vaultAssets, uint256 vaultQuote);

    /// The vault hedged. Exposures in asset units; a positive assetsDelta is a purchase; cost is what it lost against spot, in the asset, and fee the part of it that the venue keeps, so that the rest is slippage (the pool's price was better where fee is more than cost); vaultAssets and vaultQuote after the trade.
    event Rebalanced(uint256 indexed epoch, address indexed keeper, uint256 triggers, int256 exposureBefore, int256 exposureAfter, int256 target, int256 assetsDelta, int256 quoteDelta, uint256 spot, uint256 cost, uint256 fee, uint256 reward, uint256 vaultAssets, uint256 vaultQuote);

    /// Since then a trigger is known to hold; 0: none does. Rewards and a filler's price grow from it.
    event TriggerMarked(uint256 triggers, uint256 since);

    /// The estimate of volatility was caught up: time and price of the last point of the grid, variance a year, and what options are priced with (18 decimals each).
    event VolatilityObserved(address indexed keeper, uint256 time, uint256 price, uint256 variance, uint256 volatility, uint256 reward);

    /// An expiry was settled at price (18 decimals; 0 when nothing was open). roundId 0: the vault's own last price.
    event Settled(uint256 indexed epoch, uint256 indexed expiry, uint256 price, uint256 roundId, uint256 paidAssets, uint256 paidQuote, uint256 vaultAssets, uint256 vaultQuote);

    /// Settled options were exchanged for their payout.
    event Exercised(uint256 indexed id, address indexed owner, address indexed receiver, uint256 amount, uint256 assets, uint256 quote);

    /// Who opened or rolled an epoch, or settled an expiry, was paid; keeperBudget is what is left.
    event KeeperPaid(address indexed keeper, uint256 reward, uint256 keeperBudget);

    /// A token refused to move, and what was due waits to be claimed.
    event PaymentDeferred(address indexed token, address indexed account, uint256 amount);

    /// A deferred payment was claimed.
    event Claimed(address indexed token, address indexed account, address indexed receiver, uint256 amount);

    /// The epoch is over and deposits are open again.
    event Rolled(uint256 indexed epoch, uint256 vaultAssets, uint256 vaultQuote, uint256 supply);

    /// A call came in while a call of this contract was under way.
    error Reentrancy();

    /// The call carried the chain's native token.
    error NotPayable();

    /// No function has this selector.
    error UnknownSelector(uint256 selector);

    /// Less calldata than the function's parameters need.
    error CalldataTooShort();

    /// More calldata than any function needs.
    error CalldataTooLong(uint256 length);

    /// The program that the constructor names as the vault's extension is not one.
    error NotAnExtension(address extension);

    /// An argument that is not a value of its type, or an amount of 2¹²⁸ or more.
    error ValueOutOfRange(bytes32 word);

    /// An amount above 2¹¹² − 1 units, or arithmetic that left its range.
    error AmountTooLarge();

    /// An amount of nothing.
    error ZeroAmount();

    /// An address of zero where tokens would be lost.
    error ZeroAddress();

    /// The deadline of the order has passed.
    error DeadlinePassed(uint256 deadline, uint256 nowSeconds);

    /// The constructor has run before.
    error AlreadyInitialised();

    /// The constructor has not run.
    error NotInitialised();

    /// A policy parameter outside its hard bounds, numbered from 0 in the order of the Policy struct.
    error PolicyOutOfBounds(uint256 parameter);

    /// A token or feed that does not answer decimals(), or has more than 18.
    error UnsupportedDecimals(address token, uint256 decimals);

    /// Asset and quote are the same token.
    error SameToken(address token);

    /// The starting volatility is outside the policy's bounds.
    error VolatilityOutOfBounds(uint256 volatility, uint256 floor, uint256 cap);

    /// A token refused to move.
    error TokenTransferFailed(address token, uint256 amount);

    /// Another amount arrived than was sent: a fee on transfer, or a token that lies.
    error TransferMismatch(address token, uint256 expected, uint256 received);

    /// Deposits and redemptions in the asset are open only between epochs. phase: 0 open, 1 live, 2 expired, 3 settled.
    error NotOpen(uint256 phase);

    /// The vault still holds quote from the last epoch; redeem in kind, or wait until it is converted.
    error QuoteNotConverted(uint256 quote);

    /// The amount is worth no share, or the shares are worth nothing.
    error NothingToMove();

    /// Less than the smallest deposit.
    error BelowMinimumDeposit(uint256 assets, uint256 minimum);

    /// A deposit would bring the vault, or a request the vault and its queue, above the cap.
    error DepositCapExceeded(uint256 total, uint256 cap);

    /// Fewer than the caller's minimum, or more than its maximum.
    error SlippageExceeded(uint256 actual, uint256 limit);

    /// The caller may not act for the holder.
    error NotOperator(address holder, address caller);

    /// The roll has carried the request out: claim it.
    error AlreadyCarriedOut(uint256 requestId);

    /// The permit's deadline has passed.
    error ERC2612ExpiredSignature(uint256 deadline);

    /// The permit is not signed by the owner. signer 0: by nobody.
    error ERC2612InvalidSigner(address signer, address owner);

    /// More than the holder has.
    error ERC20InsufficientBalance(address sender, uint256 balance, uint256 needed);

    /// More than the holder allowed.
    error ERC20InsufficientAllowance(address spender, uint256 allowance, uint256 needed);

    /// More options than the holder has.
    error ERC6909InsufficientBalance(address sender, uint256 balance, uint256 needed, uint256 id);

    /// More options than the holder allowed.
    error ERC6909InsufficientAllowance(address spender, uint256 allowance, uint256 needed, uint256 id);

    /// The window for deposits and exits is not over.
    error OpenWindow(uint256 until, uint256 nowSeconds);

    /// The vault holds less than an epoch needs.
    error BelowMinimumAssets(uint256 assets, uint256 minimum);

    /// No strike could be listed.
    error NothingToList();

    /// The vault takes no fees, and never will.
    error FeesRenounced();

    /// The caller does not have the role.
    error OwnableUnauthorizedAccount(address account);

    /// New risk is paused.
    error SalesPaused(uint256 until, uint256 nowSeconds);

    /// The last pause is not long enough ago.
    error PauseTooSoon(uint256 allowedFrom, uint256 nowSeconds);

    /// No epoch is live.
    error NotLive(uint256 phase);

    /// The id names no series of the epoch that is live.
    error UnknownSeries(uint256 id);

    /// Too close to expiry to sell.
    error SaleClosed(uint256 until, uint256 nowSeconds);

    /// More options than the series has left.
    error SeriesSoldOut(uint256 left, uint256 wanted);

    /// More options than may still be traded before the next oracle round.
    error QuotaExceeded(uint256 left, uint256 wanted);

    /// The vault does not hold the quote to take options back with.
    error InsufficientQuote(uint256 available, uint256 needed);

    /// The premium is above the buyer's maximum.
    error PremiumTooHigh(uint256 premium, uint256 maxPremium);

    /// The vault could not pay its options at this settlement price (18 decimals; 0: at any high price). Shortfall in quote (at price 0 in asset).
    error Insolvent(uint256 price, uint256 shortfall);

    /// After this purchase a sensitivity of the options open would be beyond its budget. budget: 0 exposure for 1 % of spot, 1 cost of a point of volatility, 2 decay of a day; used and most in the asset.
    error BeyondRiskBudget(uint256 budget, uint256 used, uint256 most);

    /// Outside the domain of option mathematics.
    error OptionMathDomain();

    /// The exposure is inside the band around its target.
    error InsideBand(int256 exposure, int256 target, uint256 band);

    /// What may be traded is below the minimum trade.
    error BelowMinimumTrade(uint256 trade, uint256 minimum);

    /// A trade takes off less risk than the policy asks for its cost: what it is worth and what is asked, in the asset.
    error NotWorthIt(uint256 benefit, uint256 asked);

    /// No fee tier of the policy has a pool.
    error NoPool();

    /// The pool's price is too far from its mean or from the oracle's: each as a tick, a power of 1.0001.
    error PoolOutOfBounds(int256 tick, int256 meanTick, int256 oracleTick);

    /// The vault would trade the other way than the filler expects.
    error FillSideChanged(bool buys);

    /// The venue gave less than the oracle bound, or took another amount than agreed.
    error SwapOutOfBounds(uint256 received, uint256 minimum);

    /// The venue refused the swap: usually the pool's price is outside the oracle bound.
    error SwapFailed(uint256 amountIn, uint256 minimum);

    /// The trade did not bring the exposure closer to its target.
    error NotCloser(uint256 deviationBefore, uint256 deviationAfter);

    /// The feed did not answer.
    error OracleUnavailable(address feed);

    /// The price is not positive, or outside what the vault can price.
    error OraclePriceInvalid(int256 answer);

    /// The price is too old, or from the future.
    error OraclePriceStale(uint256 updatedAt, uint256 nowSeconds);

    /// The feed's decimals are not those it was deployed with.
    error FeedDecimalsChanged(uint256 expected, uint256 actual);

    /// The sequencer is down, or came back too recently. since: when its status last changed.
    error SequencerDown(uint256 since, uint256 nowSeconds);

    /// This expiry has passed and is the next to settle: settle it first.
    error SettleFirst(uint256 expiry);

    /// The expiry has not passed, or not by the visibility lag.
    error NotExpired(uint256 expiry, uint256 nowSeconds);

    /// The round is not the feed's last at or before this time: updatedAt is its time, 0 if it does not exist.
    error WrongRound(uint256 updatedAt, uint256 time);

    /// No round of the feed prices the expiry, and until then it is too early to look at later phases, or at the vault's own last price.
    error NoPriceYet(uint256 until, uint256 nowSeconds);

    /// The estimate of volatility has not been caught up with time: observe first.
    error VolatilityStale(uint256 lastTime, uint256 nowSeconds);

    /// No point of the grid has passed that was not observed, or none was pointed at.
    error NothingToObserve(uint256 nextTime, uint256 nowSeconds);

    /// Too little gas is left to tell a missing round from a starved call.
    error NotEnoughGas(uint256 left, uint256 needed);

    /// Leftover quote is still to be converted, until the grace period ends.
    error RollTooEarly(uint256 quote, uint256 until);

    /// The options have not been settled.
    error NotSettled(uint256 id);

    /// There is nothing to claim.
    error NothingToClaim(address account);

    /// The underlying token.
    function asset() external view returns (address assetTokenAddress);

    /// Assets that belong to the shares. While options are open a stated mark: assets plus quote less what the options are worth by the model, at the price the vault acted on last.
    function totalAssets() external view returns (uint256 totalManagedAssets);

    /// Shares for assets, rounded down, whatever the phase.
    function convertToShares(uint256 assets) external view returns (uint256 shares);

    /// Assets for shares, rounded down, whatever the phase.
    function convertToAssets(uint256 shares) external view returns (uint256 assets);

    /// The most that can be deposited now; 0 unless the vault is open.
    function maxDeposit(address receiver) external view returns (uint256 maxAssets);

    /// The most shares that can be minted now; 0 unless the vault is open.
    function maxMint(address receiver) external view returns (uint256 maxShares);

    /// The most assets that owner can withdraw now; 0 unless the vault is open.
    function maxWithdraw(address owner) external view returns (uint256 maxAssets);

    /// The most shares that owner can redeem now; 0 unless the vault is open.
    function maxRedeem(address owner) external view returns (uint256 maxShares);

    /// Shares that a deposit gives, rounded down.
    function previewDeposit(uint256 assets) external view returns (uint256 shares);

    /// Assets that minting costs, rounded up.
    function previewMint(uint256 shares) external view returns (uint256 assets);

    /// Shares that a withdrawal costs, rounded up.
    function previewWithdraw(uint256 assets) external view returns (uint256 shares);

    /// Assets that redeeming gives, rounded down.
    function previewRedeem(uint256 shares) external view returns (uint256 assets);

    /// Takes assets from the caller and gives receiver the shares they are worth.
    function deposit(uint256 assets, address receiver) external returns (uint256 shares);

    /// Gives receiver exactly shares and takes from the caller what they cost.
    function mint(uint256 shares, address receiver) external returns (uint256 assets);

    /// Sends exactly assets to receiver and burns the shares of owner they cost.
    function withdraw(uint256 assets, address receiver, address owner) external returns (uint256 shares);

    /// Burns shares of owner and sends the assets they are worth to receiver.
    function redeem(uint256 shares, address receiver, address owner) external returns (uint256 assets);

    /// Burns shares of owner and sends their part of both tokens to receiver: the exit while quote is left over.
    function redeemInKind(uint256 shares, address receiver, address owner) external returns (uint256 assets, uint256 quote);

    /// ERC-5143: deposit, unless it gives fewer than minShares.
    function deposit(uint256 assets, address receiver, uint256 minShares) external returns (uint256 shares);

    /// ERC-5143: mint, unless it costs more than maxAssets.
    function mint(uint256 shares, address receiver, uint256 maxAssets) external returns (uint256 assets);

    /// ERC-5143: withdraw, unless it costs more than maxShares.
    function withdraw(uint256 assets, address receiver, address owner, uint256 maxShares) external returns (uint256 shares);

    /// ERC-5143: redeem, unless it gives fewer than minAssets.
    function redeem(uint256 shares, address receiver, address owner, uint256 minAssets) external returns (uint256 assets);

    /// ERC-7540: takes assets from the caller, who is owner, to be deposited at the next roll for controller.
    function requestDeposit(uint256 assets, address controller, address owner) external returns (uint256 requestId);

    /// ERC-7540: takes shares of owner, who is the caller, made it its operator or allowed it as much, to be redeemed at the next roll for controller.
    function requestRedeem(uint256 shares, address controller, address owner) external returns (uint256 requestId);

    /// Name of the shares.
    function name() external view returns (string memory shareName);

    /// Symbol of the shares.
    function symbol() external view returns (string memory shareSymbol);

    /// Decimals of the shares: the asset's and three more.
    function decimals() external view returns (uint8 shareDecimals);

    /// Shares in existence.
    function totalSupply() external view returns (uint256 supply);

    /// Shares of owner.
    function balanceOf(address owner) external view returns (uint256 shares);

    /// What spender may still move of the shares of owner.
    function allowance(address owner, address spender) external view returns (uint256 shares);

    /// Lets spender move up to value of the caller's shares; the largest uint256 is no limit.
    function approve(address spender, uint256 value) external returns (bool success);

    /// Moves shares of the caller.
    function transfer(address to, uint256 value) external returns (bool success);

    /// Moves shares of from within what it allowed the caller.
    function transferFrom(address from, address to, uint256 value) external returns (bool success);

    /// EIP-2612: lets spender move up to value shares of owner, who signed that it may.
    function permit(address owner, address spender, uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external;

    /// EIP-2612: number of the owner's next permit.
    function nonces(address owner) external view returns (uint256 nonce);

    /// EIP-712: what permits of these shares are signed for; version "1".
    function DOMAIN_SEPARATOR() external view returns (bytes32 separator);

    /// ERC-165: ERC-165 and ERC-6909.
    function supportsInterface(bytes4 interfaceId) external view returns (bool supported);

    /// Options of series id that owner holds.
    function balanceOf(address owner, uint256 id) external view returns (uint256 amount);

    /// What spender may still move of the owner's options of series id.
    function allowance(address owner, address spender, uint256 id) external view returns (uint256 amount);

    /// Whether spender may move all options of owner.
    function isOperator(address owner, address spender) external view returns (bool approved);

    /// Lets spender move up to amount of the caller's options of series id; the largest uint256 is no limit.
    function approve(address spender, uint256 id, uint256 amount) external returns (bool success);

    /// ERC-6909 and ERC-7540: lets spender move all options of the caller and act on its requests, to redeem its shares as well, or no longer.
    function setOperator(address spender, bool approved) external returns (bool success);

    /// Moves options of the caller.
    function transfer(address receiver, uint256 id, uint256 amount) external returns (bool success);

    /// Moves options of sender, as its operator or within what it allowed the caller.
    function transferFrom(address sender, address receiver, uint256 id, uint256 amount) external returns (bool success);

    /// What amount options of series id cost now, in quote: what buy takes in the same block.
    function quoteBuy(uint256 id, uint256 amount) external view returns (uint256 premium);

    /// Sells amount options of series id to the caller for at most maxPremium quote, and gives them to receiver.
    function buy(uint256 id, uint256 amount, uint256 maxPremium, address receiver, uint256 deadline) external returns (uint256 premium);

    /// Sells to the caller as many of amount options of series id as there are, at least minAmount, and gives them to receiver: for at most maxPremium quote for all of amount, for a part the same part of it.
    function buyUpTo(uint256 id, uint256 amount, uint256 minAmount, uint256 maxPremium, address receiver, uint256 deadline) external returns (uint256 bought, uint256 premium);

    /// What amount options of series id bring now, in quote: what sell pays in the same block.
    function quoteSell(uint256 id, uint256 amount) external view returns (uint256 proceeds);

    /// Takes amount options of series id back from the caller for at least minProceeds quote, sent to receiver.
    function sell(uint256 id, uint256 amount, uint256 minProceeds, address receiver, uint256 deadline) external returns (uint256 proceeds);

    /// What amount settled options of series id are paid.
    function payoutOf(uint256 id, uint256 amount) external view returns (uint256 assets, uint256 quote);

    /// Exchanges amount of the caller's settled options of series id for their payout, sent to receiver.
    function exercise(uint256 id, uint256 amount, address receiver) external returns (uint256 assets, uint256 quote);

    /// Exchanges all of the caller's settled options of up to 32 ids for their payouts, sent to receiver. An id it has none of pays nothing, so that one given twice pays once.
    function exerciseBatch(address receiver, uint256[] memory ids) external returns (uint256 assets, uint256 quote);

    /// Gives receiver the shares of a request that a roll carried out. By controller or its operator; by anyone for receiver = controller.
    function claimDeposit(uint256 requestId, address receiver, address controller) external returns (uint256 shares);

    /// Sends receiver the tokens of a request that a roll carried out. By controller or its operator; by anyone for receiver = controller.
    function claimRedeem(uint256 requestId, address receiver, address controller) external returns (uint256 assets, uint256 quote);

    /// What tokens refused to pay account, to be claimed.
    function creditOf(address account) external view returns (uint256 assets, uint256 quote);

    /// ERC-6909: name of series id, as "Covered Calls WETH 27NOV26 2200/4000 C".
    function name(uint256 id) external view returns (string memory optionName);

    /// ERC-6909: symbol of series id, as "ccWETH-27NOV26-2200/4000-C": expiry, strike and, if it has one, cap.
    function symbol(uint256 id) external view returns (string memory optionSymbol);

    /// ERC-6909: decimals of an amount of options: the asset's.
    function decimals(uint256 id) external view returns (uint8 optionDecimals);

    /// Refuses unless every budget of risk would hold with sold options of series id open and so much in the vault, at spot (18 decimals): what buy asks after a purchase where a budget is set.
    function requireWithinBudgets(uint256 id, uint256 sold, uint256 vaultAssets, uint256 vaultQuote, uint256 spot) external view;

    /// Lists the series of the next epoch. Anyone may call it once the window for deposits is over.
    function openEpoch() external returns (uint256 number);

    /// Settles the expiry that has passed at the price that the rules choose. The rounds only point at what proves it: of each feed, from its phase at opening on, the number in the phase of its last round at or before expiry; see findRounds.
    function settle(uint256 expiry, uint64[4] memory assetRounds, uint64[4] memory quoteRounds) external returns (uint256 price);

    /// Catches the estimate of volatility up with the grid of times, a price every half hour, at most eight prices a call, and pays the caller. The rounds only point at what proves the prices: of each feed, in the phase it is in, the number of its last round at or before each point that is not taken yet, 0 for no more; see findGridRounds.
    function observe(uint64[8] memory assetRounds, uint64[8] memory quoteRounds) external returns (uint256 points, uint256 reward);

    /// The rounds that observe takes in this block, found by bisection; none where nothing is to be observed.
    function findGridRounds() external view returns (uint64[8] memory assetRounds, uint64[8] memory quoteRounds);

    /// Where the estimate of volatility stands: what options are priced with, variance a year without the premium (18 decimals each), time and price of the last point taken, and how many points have passed since. Nothing is sold or opened while those are more than two.
    function volatilityGrid() external view returns (uint256 annual, uint256 variance, uint256 lastTime, uint256 lastPrice, uint256 lag);

    /// The rounds that settle takes for an expiry, found by bisection.
    function findRounds(uint256 expiry) external view returns (uint64[4] memory assetRounds, uint64[4] memory quoteRounds);

    /// Ends a settled epoch: takes fees, carries out all requests, and opens deposits and exits again.
    function roll() external;

    /// The quote token.
    function quoteToken() external view returns (address token);

    /// The program that the vault runs in its own place for the functions that its own does not have: fixed by the constructor.
    function extension() external view returns (address program);

    /// Where prices come from and where the vault trades.
    function venues() external view returns (address assetFeed, address quoteFeed, address sequencerFeed, address router);

    /// The volatility that options are priced with, annualised, 18 decimals.
    function volatility() external view returns (uint256 annualised);

    /// The epoch. phase: 0 open, 1 live, 2 expired, 3 settled. lastPrice has 18 decimals.
    function epoch() external view returns (uint256 number, uint256 phase, uint256 expiry, uint256 since, uint256 seriesCount, uint256 limit, uint256 lastPrice, uint256 lastPriceTime);

    /// Asset and quote in each bucket of the ledger.
    function ledger() external view returns (uint256 vaultAssets, uint256 vaultQuote, uint256 queuedAssets, uint256 queuedQuote, uint256 claimableAssets, uint256 claimableQuote, uint256 payoutAssets, uint256 payoutQuote, uint256 reserveAssets, uint256 reserveQuote, uint256 keeperAssets, uint256 keeperQuote);

    /// A series: terms, options sold, payouts of all holders together, price and greeks of one option per unit of spot (18 decimals) at the price the vault acted on last, when it expires, whether its payout is fixed, and, if it expires before the epoch ends, whether its reserve is in quote.
    function series(uint256 id) external view returns (uint256 strike, uint256 cap, uint256 sold, uint256 payoutAssets, uint256 payoutQuote, uint256 price, uint256 delta, int256 spotGamma, int256 vega, int256 thetaPerDay, uint256 expiry, bool settled, bool reservedInQuote);

    /// What one option of series id pays if it settles at price (18 decimals).
    function payoffAt(uint256 id, uint256 price) external view returns (uint256 payoff);

    /// Every series of the epoch: terms, what owner holds, what amount options cost and bring in this block (0 where they cannot be traded), and the volatility that the cost stands for; price and greeks of one option per unit of spot (18 decimals) of this block, or at the price the vault acted on last when the oracle has none.
    function chain(address owner, uint256 amount) external view returns (SeriesLine[] memory lines);

    /// Everything an account owns here (shares and their worth; its latest request to deposit and the shares to claim of it; its latest request to redeem and what to claim of it; what tokens refused to pay it), the most it can deposit and redeem in this block, and its earlier requests with something left: bit k stands for the one k + 1 before the latest.
    function position(address account) external view returns (uint256 shares, uint256 assets, uint256 depositRequestId, uint256 depositRequestAssets, uint256 claimableShares, uint256 redeemRequestId, uint256 redeemRequestShares, uint256 claimableAssets, uint256 claimableQuote, uint256 creditAssets, uint256 creditQuote, uint256 maxDepositAssets, uint256 maxRedeemShares, uint256 earlierDeposits, uint256 earlierRedemptions);

    /// The vault in one call. nextStep: earliest time of the next transition (openEpoch, settle, or roll whatever quote is left), 0 before the first; requests made now have requestId; buckets are what ledger says.
    function vaultState() external view returns (uint256 number, uint256 phase, uint256 expiry, uint256 nextStep, uint256 requestId, uint256 managedAssets, uint256 supply, uint256 queuedAssets, uint256 queuedShares, uint256 minDeposit, uint256 depositCap, uint256 managementFeeBps, uint256 performanceFeeBps, address feeRecipient, uint256 highWaterMark, uint256 highWaterSpot, uint256 pausedUntil, uint256[12] memory buckets);

    /// Who may announce policies and name guardian and fee recipient; nobody can move funds.
    function owner() external view returns (address account);

    /// Who becomes the owner by accepting.
    function pendingOwner() external view returns (address account);

    /// Who may pause openings and sales, and since when; 0: never paused.
    function guardian() external view returns (address account, uint256 pausedAt);

    /// Offers ownership; zero takes the offer back.
    function transferOwnership(address newOwner) external;

    /// Takes the ownership offered to the caller.
    function acceptOwnership() external;

    /// Gives ownership up for ever.
    function renounceOwnership() external;

    /// Names the guardian; zero for none.
    function setGuardian(address newGuardian) external;

    /// Names who gets the fees; zero for nobody, and no fees for ever.
    function setFeeRecipient(address recipient) external;

    /// Pauses openings and sales, and nothing else, for seven days; once in thirty days. By guardian or owner.
    function pause() external;

    /// Ends a pause early. By guardian or owner.
    function unpause() external;

    /// Announces a policy, inside the hard bounds. An epoch that opens a whole window later or more puts it into force.
    function announcePolicy(Policy memory policy) external;

    /// The policy announced last, and from when an opening puts it into force; 0: nothing is announced.
    function announcedPolicy() external view returns (Policy memory policy, uint256 inForceFrom);

    /// The policy in force.
    function policy() external view returns (Policy memory policy);

    /// Brings the exposure back to its target and pays the caller. Reverts when no trigger holds.
    function rebalance() external returns (uint256 triggers, uint256 reward);

    /// What rebalance would do in this block; reverts as it would.
    function previewRebalance() external view returns (uint256 triggers, int256 exposure, int256 target, uint256 band, bool buys, uint256 trade, uint256 amountIn, uint256 minOut, uint256 reward);

    /// Takes a request to deposit back: until the roll, and for ever if the roll did not carry it out. By controller or its operator.
    function cancelDepositRequest(uint256 requestId, address receiver, address controller) external returns (uint256 assets);

    /// Takes a request to redeem back, until the roll. By controller or its operator.
    function cancelRedeemRequest(uint256 requestId, address receiver, address controller) external returns (uint256 shares);

    /// ERC-7540: assets that wait for the roll, or that it left to be taken back.
    function pendingDepositRequest(uint256 requestId, address controller) external view returns (uint256 assets);

    /// ERC-7540: assets whose shares can be claimed.
    function claimableDepositRequest(uint256 requestId, address controller) external view returns (uint256 assets);

    /// ERC-7540: shares that wait for the roll.
    function pendingRedeemRequest(uint256 requestId, address controller) external view returns (uint256 shares);

    /// ERC-7540: shares whose tokens can be claimed.
    function claimableRedeemRequest(uint256 requestId, address controller) external view returns (uint256 shares);

    /// Rebalance with the caller as the counterparty, at a price that moves from the vault's side of the oracle's towards the caller: buys is which way the vault is expected to trade, limit the most quote the caller pays or the least it takes.
    function fill(bool buys, uint256 limit, uint256 deadline) external returns (uint256 triggers, uint256 reward);

    /// Marks whether a trigger holds: rewards and a filler's price grow from it.
    function markTrigger() external returns (uint256 triggers);

    /// What fill would move in this block, amountIn and amountOut exactly; reverts as it would.
    function previewFill() external view returns (uint256 triggers, int256 exposure, int256 target, uint256 band, bool buys, uint256 trade, uint256 amountIn, uint256 amountOut, uint256 reward);

    /// Chainlink Automation: whether performUpkeep would trade now.
    function checkUpkeep(bytes memory checkData) external view returns (bool upkeepNeeded, bytes memory performData);

    /// Chainlink Automation: rebalance without a reward, which a forwarder of Chainlink's could not pass on.
    function performUpkeep(bytes memory performData) external;

    /// The last rebalance (time, price, volatility, options sold), since when a trigger is known to hold, the last reward; and trades, their cost and rewards in this epoch, in the asset.
    function hedgeState() external view returns (uint256 time, uint256 price, uint256 volatility, uint256 sold, uint256 triggered, uint256 rewarded, uint256 trades, uint256 cost, uint256 rewards);

    /// Sends to receiver what token refused to pay the caller before.
    function claim(address token, address receiver) external returns (uint256 amount);
}
