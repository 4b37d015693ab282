//! What the contract tells the world. Events carry totals after the fact, so that a reader can rebuild balances without calls.

use crate::abi::codec::Encode;
use crate::abi::macros::{Declaration, canonical, events, indexed, plain, shown, signature};
use crate::host::{Buffer, emit};
use crate::word::Word;

events! {
    /// ERC-20: shares moved.
    event Transfer(address indexed: from, address indexed: to, uint256: value) as share_transfer;
    /// ERC-20: an allowance of shares was set.
    event Approval(address indexed: owner, address indexed: spender, uint256: value) as share_approval;
    /// ERC-4626: assets came in.
    event Deposit(address indexed: sender, address indexed: owner, uint256: assets, uint256: shares) as deposit;
    /// ERC-4626: assets went out.
    event Withdraw(address indexed: sender, address indexed: receiver, address indexed: owner, uint256: assets, uint256: shares) as withdraw;
    /// Shares were redeemed for their part of both tokens.
    event RedeemedInKind(address indexed: sender, address indexed: receiver, address indexed: owner, uint256: shares, uint256: assets, uint256: quote) as redeemed_in_kind;

    /// ERC-7540: assets are to be deposited at the roll of epoch requestId.
    event DepositRequest(address indexed: controller, address indexed: owner, uint256 indexed: requestId, address: sender, uint256: assets) as deposit_request;
    /// ERC-7540: shares are to be redeemed at the roll of epoch requestId.
    event RedeemRequest(address indexed: controller, address indexed: owner, uint256 indexed: requestId, address: sender, uint256: shares) as redeem_request;
    /// A request to deposit was taken back.
    event DepositRequestCancelled(uint256 indexed: requestId, address indexed: controller, address indexed: receiver, uint256: assets) as deposit_request_cancelled;
    /// A request to redeem was taken back.
    event RedeemRequestCancelled(uint256 indexed: requestId, address indexed: controller, address indexed: receiver, uint256: shares) as redeem_request_cancelled;
    /// The roll of an epoch carried out its requests: all of each kind at one ratio.
    event RequestsCarriedOut(uint256 indexed: epoch, uint256: depositedAssets, uint256: mintedShares, uint256: redeemedShares, uint256: paidAssets, uint256: paidQuote) as requests_carried_out;
    /// The shares of a deposit were claimed.
    event DepositClaimed(uint256 indexed: requestId, address indexed: controller, address indexed: receiver, uint256: assets, uint256: shares) as deposit_claimed;
    /// The tokens of a redemption were claimed. receiver 0: as a credit of the controller.
    event RedeemClaimed(uint256 indexed: requestId, address indexed: controller, address indexed: receiver, uint256: shares, uint256: assets, uint256: quote) as redeem_claimed;
    /// Fees were taken in new shares. highWaterMark is the price of a share that performance is measured against from now on (18 decimals, 1 at the beginning).
    event FeesTaken(uint256 indexed: epoch, address indexed: recipient, uint256: shares, uint256: managementAssets, uint256: performanceAssets, uint256: highWaterMark) as fees_taken;

    /// Ownership was offered.
    event OwnershipTransferStarted(address indexed: previousOwner, address indexed: newOwner) as ownership_transfer_started;
    /// Ownership was taken, or given up.
    event OwnershipTransferred(address indexed: previousOwner, address indexed: newOwner) as ownership_transferred;
    /// A guardian was named.
    event GuardianSet(address indexed: guardian) as guardian_set;
    /// Who gets the fees was named.
    event FeeRecipientSet(address indexed: recipient) as fee_recipient_set;
    /// New risk is paused until then; 0: no longer.
    event PauseSet(address indexed: by, uint256: until) as pause_set;
    /// A policy was announced: announcedPolicy() has it. Openings from inForceFrom on put it into force.
    event PolicyAnnounced(uint256: inForceFrom) as policy_announced;
    /// The policy that was announced at announcedAt is in force.
    event PolicyApplied(uint256: announcedAt) as policy_applied;

    /// ERC-6909: options moved.
    event Transfer(address: caller, address indexed: sender, address indexed: receiver, uint256 indexed: id, uint256: amount) as option_transfer;
    /// ERC-6909: an allowance of options was set.
    event Approval(address indexed: owner, address indexed: spender, uint256 indexed: id, uint256: amount) as option_approval;
    /// ERC-6909: an operator was set.
    event OperatorSet(address indexed: owner, address indexed: spender, bool: approved) as operator_set;

    /// An epoch opened. spot has 18 decimals; limit is the most options of each series.
    event EpochOpened(uint256 indexed: epoch, uint256: expiry, uint256: spot, uint256: seriesCount, uint256: limit, uint256: vaultAssets, uint256: keeperBudget) as epoch_opened;
    /// A series was listed. strike and cap have 18 decimals; a cap of 0 is none.
    event SeriesListed(uint256 indexed: epoch, uint256 indexed: id, uint256: strike, uint256: cap, uint256: expiry) as series_listed;
    /// Options were sold for premium, the fee included. sold, vaultAssets and vaultQuote are the totals after the sale.
    event OptionsSold(uint256 indexed: id, address indexed: buyer, address indexed: receiver, uint256: amount, uint256: premium, uint256: fee, uint256: spot, uint256: sold, uint256: vaultAssets, uint256: vaultQuote) as options_sold;
    /// Options were taken back for proceeds, the fee taken off. sold, vaultAssets and vaultQuote are the totals after it.
    event OptionsBoughtBack(uint256 indexed: id, address indexed: seller, address indexed: receiver, uint256: amount, uint256: proceeds, uint256: fee, uint256: spot, uint256: sold, uint256: vaultAssets, uint256: vaultQuote) as options_bought_back;
    /// The vault hedged. Exposures in asset units; a positive assetsDelta is a purchase; cost is what it lost against spot, in the asset, and fee the part of it that the venue keeps, so that the rest is slippage (the pool's price was better where fee is more than cost); vaultAssets and vaultQuote after the trade.
    event Rebalanced(uint256 indexed: epoch, address indexed: keeper, uint256: triggers, int256: exposureBefore, int256: exposureAfter, int256: target, int256: assetsDelta, int256: quoteDelta, uint256: spot, uint256: cost, uint256: fee, uint256: reward, uint256: vaultAssets, uint256: vaultQuote) as rebalanced;
    /// Since then a trigger is known to hold; 0: none does. Rewards and a filler's price grow from it.
    event TriggerMarked(uint256: triggers, uint256: since) as trigger_marked;
    /// The estimate of volatility was caught up: time and price of the last point of the grid, variance a year, and what options are priced with (18 decimals each).
    event VolatilityObserved(address indexed: keeper, uint256: time, uint256: price, uint256: variance, uint256: volatility, uint256: reward) as volatility_observed;
    /// An expiry was settled at price (18 decimals; 0 when nothing was open). roundId 0: the vault's own last price.
    event Settled(uint256 indexed: epoch, uint256 indexed: expiry, uint256: price, uint256: roundId, uint256: paidAssets, uint256: paidQuote, uint256: vaultAssets, uint256: vaultQuote) as settled;
    /// Settled options were exchanged for their payout.
    event Exercised(uint256 indexed: id, address indexed: owner, address indexed: receiver, uint256: amount, uint256: assets, uint256: quote) as exercised;
    /// Who opened or rolled an epoch, or settled an expiry, was paid; keeperBudget is what is left.
    event KeeperPaid(address indexed: keeper, uint256: reward, uint256: keeperBudget) as keeper_paid;
    /// A token refused to move, and what was due waits to be claimed.
    event PaymentDeferred(address indexed: token, address indexed: account, uint256: amount) as payment_deferred;
    /// A deferred payment was claimed.
    event Claimed(address indexed: token, address indexed: account, address indexed: receiver, uint256: amount) as claimed;
    /// The epoch is over and deposits are open again.
    event Rolled(uint256 indexed: epoch, uint256: vaultAssets, uint256: vaultQuote, uint256: supply) as rolled;
}
