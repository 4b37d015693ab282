//! Requests of whoever comes while sync deposits and exits are closed: carried out together by the next roll, at one ratio. They can be taken
//! back until then. Named after ERC-7540; its claims would have the selectors of ERC-4626's sync functions, so they have names of their
//! own and its interface ids are not advertised.
//!
//! A controller has one request of each kind in an epoch, and its number is the epoch's. What a roll carried out or left waits under that number until it is claimed or
//! taken back, whoever asks for what in the meantime: anyone may ask for anyone, and holds up nobody by it.

use alloy_primitives::Address;
use vault_core::queue::{Queue, part_down};
use vault_core::{Assets, Pot, Quote, Shares};

use crate::errors::{Checked, fail};
use crate::storage::{self, Bucket, Epoch, Kind, Pair};
use crate::token::{difference, pay_or_credit, sum};
use crate::{Result, erc20, erc4626, erc6909, events, host, token};

/// Refuses unless the caller is `holder` or its operator.
fn require_operator(holder: &Address) -> Result<()> {
    let caller = host::caller();
    if caller != *holder && !erc6909::is_operator(*holder, caller)? {
        return Err(fail::NotOperator(*holder, caller));
    }
    Ok(())
}

/// The caller asks for `assets` of its own to be deposited at the next roll; `controller` may take the request back or claim the shares.
#[inline(never)]
pub fn request_deposit(assets: u128, controller: Address, owner: Address) -> Result<u32> {
    let caller = host::caller();
    // Not for an operator either: the allowance is the vault's, and an operator of options would be one of the wallet.
    if owner != caller {
        return Err(fail::NotOperator(owner, caller));
    }
    if controller == Address::ZERO {
        return Err(fail::ZeroAddress());
    }
    let mut queue = storage::queue();
    let queued = storage::bucket(Bucket::Queued);
    let vault = storage::bucket(Bucket::Vault);
    let held = vault.assets.plus(queued.assets).checked()?;
    erc4626::require_depositable(Assets(assets), held)?;
    let id = current()?;
    storage::add_request(Kind::Deposit, &controller, id, assets)?;
    queue.assets = queue.assets.plus(Assets(assets)).checked()?;
    storage::store_queue(queue);
    let new = sum(queued, assets_only(assets))?;
    storage::store_bucket(Bucket::Queued, new)?;
    events::deposit_request(controller, owner, u128::from(id), caller, assets);
    token::pull(&Pair::load().asset, assets)?;
    Ok(id)
}

/// `shares` of `owner` are to be redeemed at the next roll; `controller` may take the request back or claim the tokens. The caller is the owner, its
/// operator, or has its allowance.
#[inline(never)]
pub fn request_redeem(shares: u128, controller: Address, owner: Address) -> Result<u32> {
    let caller = host::caller();
    if controller == Address::ZERO {
        return Err(fail::ZeroAddress());
    }
    if shares == 0 {
        return Err(fail::ZeroAmount());
    }
    if !erc6909::is_operator(owner, caller)? {
        erc20::spend_allowance(&owner, Shares(shares))?;
    }
    let id = current()?;
    storage::add_request(Kind::Redeem, &controller, id, shares)?;
    let mut queue = storage::queue();
    queue.shares = queue.shares.plus(Shares(shares)).checked()?;
    storage::store_queue(queue);
    erc20::move_shares(&owner, &host::this(), Shares(shares))?;
    events::redeem_request(controller, owner, u128::from(id), caller, shares);
    Ok(id)
}

/// Takes the request back and sends its assets to `receiver`: until the roll, and for ever when the roll did not carry it out.
#[inline(never)]
pub fn cancel_deposit_request(id: u128, receiver: Address, controller: Address) -> Result<Assets> {
    require_operator(&controller)?;
    let mine = taken(Kind::Deposit, id, &receiver, &controller)?;
    let assets = Assets(mine.amount);
    if let Outcome::Minted(_) = deposit_outcome(mine)? {
        return Err(fail::AlreadyCarriedOut(id));
    }
    if mine.id == current()? {
        let mut queue = storage::queue();
        queue.assets = queue.assets.minus(assets).checked()?;
        storage::store_queue(queue);
    }
    let left = difference(storage::bucket(Bucket::Queued), assets_only(assets.0))?;
    storage::store_bucket(Bucket::Queued, left)?;
    events::deposit_request_cancelled(id, controller, receiver, assets.0);
    token::send(&Pair::load().asset, &receiver, assets.0)?;
    Ok(assets)
}

/// Takes the request back and gives its shares to `receiver`, until the roll.
#[inline(never)]
pub fn cancel_redeem_request(id: u128, receiver: Address, controller: Address) -> Result<Shares> {
    require_operator(&controller)?;
    let mine = taken(Kind::Redeem, id, &receiver, &controller)?;
    if mine.id != current()? {
        return Err(fail::AlreadyCarriedOut(id));
    }
    let shares = Shares(mine.amount);
    let mut queue = storage::queue();
    queue.shares = queue.shares.minus(shares).checked()?;
    storage::store_queue(queue);
    erc20::move_shares(&host::this(), &receiver, shares)?;
    events::redeem_request_cancelled(id, controller, receiver, shares.0);
    Ok(shares)
}

/// Gives `receiver` the shares that the roll of epoch `id` made of the controller's assets. Anyone may call it for the controller itself.
#[inline(never)]
pub fn claim_deposit(id: u128, receiver: Address, controller: Address) -> Result<Shares> {
    if receiver != controller {
        require_operator(&controller)?;
    }
    let mine = taken(Kind::Deposit, id, &receiver, &controller)?;
    let Outcome::Minted(shares) = deposit_outcome(mine)? else {
        return Err(fail::NothingToClaim(controller));
    };
    erc20::move_shares(&host::this(), &receiver, shares)?;
    events::deposit_claimed(id, controller, receiver, mine.amount, shares.0);
    Ok(shares)
}

/// Sends `receiver` what the roll of epoch `id` paid for the controller's shares. A token that refuses to move holds back only itself, as a credit
/// of the controller. Anyone may call it for the controller itself.
#[inline(never)]
pub fn claim_redeem(id: u128, receiver: Address, controller: Address) -> Result<(Assets, Quote)> {
    if receiver != controller {
        require_operator(&controller)?;
    }
    let mine = taken(Kind::Redeem, id, &receiver, &controller)?;
    let due = redeem_outcome(mine)?;
    if due == Pot::default() {
        return Err(fail::NothingToClaim(controller));
    }
    let left = difference(storage::bucket(Bucket::Claimable), due)?;
    storage::store_bucket(Bucket::Claimable, left)?;
    events::redeem_claimed(
        id,
        controller,
        receiver,
        mine.amount,
        due.assets.0,
        due.quote.0,
    );
    pay_or_credit(&controller, &receiver, due)?;
    Ok((due.assets, due.quote))
}

/// Assets of the request `id` that wait for their roll, or were left by it to be taken back; 0 for another id.
#[inline(never)]
pub fn pending_deposit(id: u128, controller: Address) -> Result<Assets> {
    let mine = named(Kind::Deposit, id, &controller);
    let waits = matches!(deposit_outcome(mine)?, Outcome::Waiting);
    Ok(Assets(if waits { mine.amount } else { 0 }))
}

/// Assets of the request `id` whose shares can be claimed; 0 for another id.
#[inline(never)]
pub fn claimable_deposit(id: u128, controller: Address) -> Result<Assets> {
    let mine = named(Kind::Deposit, id, &controller);
    let waits = matches!(deposit_outcome(mine)?, Outcome::Waiting);
    Ok(Assets(if waits { 0 } else { mine.amount }))
}

/// Shares of the request `id` that wait for their roll; 0 for another id.
#[inline(never)]
pub fn pending_redeem(id: u128, controller: Address) -> Result<Shares> {
    let mine = named(Kind::Redeem, id, &controller);
    Ok(Shares(if mine.id == current()? {
        mine.amount
    } else {
        0
    }))
}

/// Shares of the request `id` whose tokens can be claimed; 0 for another id.
#[inline(never)]
pub fn claimable_redeem(id: u128, controller: Address) -> Result<Shares> {
    let mine = named(Kind::Redeem, id, &controller);
    let due = redeem_outcome(mine)?;
    Ok(Shares(if due == Pot::default() {
        0
    } else {
        mine.amount
    }))
}

/// Everything an account owns here, and the most it can do now: shares and their worth in assets, its latest request to deposit (id, assets, shares to claim), its
/// latest request to redeem (id, shares, what to claim), its credit, what it can deposit and redeem in this block, and which earlier requests have something left
/// (bit k: the one k + 1 before the latest).
#[inline(never)]
pub fn position(account: Address) -> Result<Position> {
    let shares = erc20::balance_of(account)?;
    let latest = |kind| {
        let latest = storage::latest_request(kind, &account);
        (Mine::new(latest.id.into(), latest.amount), latest.earlier)
    };
    let (deposit, earlier_deposits) = latest(Kind::Deposit);
    let minted = match deposit_outcome(deposit)? {
        Outcome::Minted(shares) => shares,
        Outcome::Waiting => Shares::ZERO,
    };
    let (redeem, earlier_redemptions) = latest(Kind::Redeem);
    Ok((
        (shares, erc4626::convert_to_assets(shares.0)?),
        (deposit.id, deposit.amount, minted),
        (redeem.id, redeem.amount, redeem_outcome(redeem)?),
        storage::credit(&account),
        (
            erc4626::max_deposit(account)?,
            erc4626::max_redeem(account)?,
        ),
        (earlier_deposits, earlier_redemptions),
    ))
}

type Position = (
    (Shares, Assets),
    (u32, u128, Shares),
    (u32, u128, Pot),
    Pot,
    (Assets, Shares),
    (u128, u128),
);

/// Number of the epoch whose roll carries out requests made now.
fn current() -> Result<u32> {
    let epoch = Epoch::load();
    if epoch.since == 0 {
        return Err(fail::NotInitialised());
    }
    Ok(epoch.request_id())
}

fn assets_only(assets: u128) -> Pot {
    Pot {
        assets: Assets(assets),
        quote: Quote::ZERO,
    }
}

/// Takes the controller's request `id` away. Refuses a receiver with which it would be lost.
fn taken(kind: Kind, id: u128, receiver: &Address, controller: &Address) -> Result<Mine> {
    if *receiver == Address::ZERO {
        return Err(fail::ZeroAddress());
    }
    let amount = storage::take_request(kind, controller, id);
    if amount == 0 {
        return Err(fail::NothingToClaim(*controller));
    }
    Ok(Mine::new(id, amount))
}

fn named(kind: Kind, id: u128, controller: &Address) -> Mine {
    Mine::new(id, storage::request(kind, controller, id))
}

/// A request of some controller.
#[derive(Clone, Copy)]
struct Mine {
    id: u32,
    amount: u128,
}

impl Mine {
    /// Numbers beyond 32 bits have no amount.
    const fn new(id: u128, amount: u128) -> Self {
        Self {
            id: id as u32,
            amount,
        }
    }
}

/// What became of a request to deposit.
enum Outcome {
    /// Nothing: its roll is to come, or did not carry it out. The assets can be taken back.
    Waiting,
    /// These shares, which can be none for the smallest amounts.
    Minted(Shares),
}

fn deposit_outcome(mine: Mine) -> Result<Outcome> {
    if mine.amount == 0 || mine.id == current()? {
        return Ok(Outcome::Waiting);
    }
    let Queue { assets, shares } = storage::deposited(mine.id);
    if shares.is_zero() {
        return Ok(Outcome::Waiting);
    }
    let part = part_down(shares.0, mine.amount, assets.0).checked()?;
    Ok(Outcome::Minted(Shares(part)))
}

/// What the roll paid for a request's shares. Nothing before the roll.
fn redeem_outcome(mine: Mine) -> Result<Pot> {
    if mine.amount == 0 || mine.id == current()? {
        return Ok(Pot::default());
    }
    let (shares, paid) = storage::redeemed(mine.id);
    let part = |whole| part_down(whole, mine.amount, shares.0).checked();
    Ok(Pot {
        assets: Assets(part(paid.assets.0)?),
        quote: Quote(part(paid.quote.0)?),
    })
}
