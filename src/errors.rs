//! Every reason to refuse a call. A refused call leaves the state, and every balance, as it was.

use core::num::NonZeroU32;

use vault_core::Refusal;

use crate::abi::codec::Encode;
use crate::abi::macros::{Declaration, canonical, errors, shown, signature};

/// A refusal on its way out: the selector of an error. Its values wait in [`raise`]'s place, so that a result stays in one register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fail(NonZeroU32);

#[cfg(target_arch = "wasm32")]
mod place {
    use crate::host::Buffer;
    use core::cell::UnsafeCell;

    struct Place(UnsafeCell<Buffer>);
    // SAFETY: a Stylus program runs on one thread.
    unsafe impl Sync for Place {}
    static PLACE: Place = Place(UnsafeCell::new(Buffer::new()));

    #[inline(always)]
    pub fn with(act: impl FnOnce(&mut Buffer)) {
        // SAFETY: one thread, and nothing that `act` does comes back here: it encodes a value or writes the result.
        act(unsafe { &mut *PLACE.0.get() });
    }
}

#[cfg(not(target_arch = "wasm32"))]
mod place {
    use crate::host::Buffer;
    use core::cell::RefCell;

    std::thread_local!(static PLACE: RefCell<Buffer> = const { RefCell::new(Buffer::new()) });

    pub fn with(act: impl FnOnce(&mut Buffer)) {
        PLACE.with_borrow_mut(act);
    }
}

/// Begins an error; its values follow.
#[cold]
#[inline(never)]
fn raise(selector: u32) -> Fail {
    place::with(|buffer| {
        buffer.clear();
        buffer.selector(selector);
    });
    // No error of the table hashes to zero; a test looks.
    Fail(NonZeroU32::new(selector).unwrap_or(NonZeroU32::MIN))
}

/// What the last call refused with, `len` bytes, as a refusal of this one.
#[cfg(target_arch = "wasm32")]
pub fn pass_on(len: usize) -> Fail {
    let fail = raise(0);
    place::with(|buffer| buffer.returned(len));
    fail
}

/// Runs `read` on selector and values of the error raised last.
pub fn with_encoded(read: impl FnOnce(&[u8])) {
    place::with(|buffer| read(buffer.as_slice()));
}

impl Fail {
    /// Its selector.
    pub const fn selector(self) -> u32 {
        self.0.get()
    }
}

errors! {
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
}

impl From<Refusal> for Fail {
    #[cold]
    #[inline(never)]
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Overflow => fail::AmountTooLarge(),
            Refusal::Math(_) => fail::OptionMathDomain(),
            Refusal::Insolvent { price, shortfall } => fail::Insolvent(price, shortfall),
            Refusal::BeyondRiskBudget { budget, used, most } => {
                fail::BeyondRiskBudget(budget as u128, used, most)
            }
            Refusal::InsideBand {
                exposure,
                target,
                band,
            } => fail::InsideBand(exposure, target, band),
            Refusal::NotWorthIt { benefit, asked } => fail::NotWorthIt(benefit, asked),
            Refusal::BelowMinimumTrade { trade, minimum } => {
                fail::BelowMinimumTrade(trade, minimum)
            }
            Refusal::NothingToList => fail::NothingToList(),
            Refusal::WrongRound { updated_at, time } => fail::WrongRound(updated_at, time),
            Refusal::NoPriceYet { until } => fail::NoPriceYet(until, crate::host::now()),
        }
    }
}

/// Arithmetic in amounts that answered `None` left its range.
pub trait Checked<T> {
    /// The value, or `AmountTooLarge`.
    fn checked(self) -> crate::Result<T>;
}

impl<T> Checked<T> for Option<T> {
    fn checked(self) -> crate::Result<T> {
        match self {
            Some(value) => Ok(value),
            None => Err(fail::AmountTooLarge()),
        }
    }
}
