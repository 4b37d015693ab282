//! ERC-4626: deposits and redemptions. Always synchronous; open between epochs.

use alloy_primitives::Address;
use vault_core::greeks::PerSpot;
use vault_core::policy;
use vault_core::shares::Register;
use vault_core::{Assets, Pot, Quote, Shares, WAD};

use crate::errors::{Checked, fail};
use crate::storage::{self, Bucket, Epoch, LastPrice, Listed, Pair, Phase};
use crate::token::{difference, pay_or_credit};
use crate::{Result, erc20, events, host, roll, token};

/// The underlying token.
#[inline(never)]
pub fn asset() -> Result<Address> {
    Ok(Pair::load().asset)
}

/// Assets that belong to the shares; never refuses. Between epochs what the ledger holds, dust of quote not counted. While options are open, or
/// quote is left, a mark: `u + (c − Σ n·price) / S`, the options by the model at the price that the vault acted on last, rounded down, at least 0.
#[inline(never)]
pub fn total_assets() -> Result<Assets> {
    if let Some(assets) = storage::plain_assets() {
        return Ok(assets);
    }
    Ok(mark(storage::bucket(Bucket::Vault)).unwrap_or_default())
}

fn mark(vault: Pot) -> Option<Assets> {
    let epoch = Epoch::load();
    let now = host::now();
    let phase = epoch.phase(now);
    if vault.quote.is_zero() && !matches!(phase, Phase::Live | Phase::Expired) {
        return Some(vault.assets);
    }
    if phase == Phase::Open && vault.quote.0 <= storage::roll_policy().dust_quote {
        return Some(vault.assets);
    }
    let spot = LastPrice::load().price;
    let units = Pair::load().units().ok()?;
    let (mut held, mut owed) = (vault, Assets::ZERO);
    if matches!(phase, Phase::Live | Phase::Expired) {
        let volatility = storage::volatility();
        for series in Listed::load(&epoch).as_slice() {
            let tenor = epoch.tenor(series, now);
            let greeks = PerSpot::at(series, spot, volatility, tenor).ok()?;
            // Per unit of spot a price is an amount of the asset; it was rounded down.
            let price = greeks.price.saturating_add(1);
            owed = owed.plus(series.sold.times_up(price, WAD)?)?;
            held = held.plus(series.reserve(units)?)?;
        }
    }
    let worth = held.assets.plus(units.assets_down(held.quote, spot)?)?;
    Some(worth.minus(owed).unwrap_or_default())
}

fn register() -> Result<Register> {
    Ok(Register {
        supply: storage::supply(),
        assets: total_assets()?,
    })
}

/// Shares for `assets`, rounded down, whatever the phase.
#[inline(never)]
pub fn convert_to_shares(assets: u128) -> Result<Shares> {
    register()?.shares_down(Assets(assets)).checked()
}

/// Assets for `shares`, rounded down, whatever the phase.
#[inline(never)]
pub fn convert_to_assets(shares: u128) -> Result<Assets> {
    register()?.assets_down(Shares(shares)).checked()
}

/// Assets for minting `shares`, rounded up, whatever the phase.
#[inline(never)]
pub fn preview_mint(shares: u128) -> Result<Assets> {
    register()?.assets_up(Shares(shares)).checked()
}

/// Shares for withdrawing `assets`, rounded up, whatever the phase.
#[inline(never)]
pub fn preview_withdraw(assets: u128) -> Result<Shares> {
    register()?.shares_up(Assets(assets)).checked()
}

/// Refuses unless the vault is open.
fn require_phase() -> Result<()> {
    let epoch = Epoch::load();
    match epoch.phase(host::now()) {
        Phase::Open if epoch.since == 0 => Err(fail::NotInitialised()),
        Phase::Open => Ok(()),
        other => Err(fail::NotOpen(other)),
    }
}

/// Refuses unless assets can come and go now: the vault is open and holds no quote but dust.
fn require_open(vault: Pot) -> Result<()> {
    if storage::plain_assets().is_some() {
        return Ok(());
    }
    require_phase()?;
    if !vault.quote.is_zero() && vault.quote.0 > storage::roll_policy().dust_quote {
        return Err(fail::QuoteNotConverted(vault.quote.0));
    }
    Ok(())
}

/// The most that can be deposited now: what the ledger has room for while open, otherwise 0.
#[inline(never)]
pub fn max_deposit(_receiver: Address) -> Result<Assets> {
    let vault = storage::bucket(Bucket::Vault);
    if require_open(vault).is_err() {
        return Ok(Assets::ZERO);
    }
    let register = register()?;
    let policy = storage::shares_policy();
    // After a great loss an asset costs very many shares.
    let shares = Shares(storage::MAX_SUPPLY.saturating_sub(register.supply.0));
    let room = Assets(policy.cap().saturating_sub(vault.assets.0));
    let most = register
        .assets_down(shares)
        .map_or(room, |most| most.min(room));
    if most.0 < policy.min_deposit {
        return Ok(Assets::ZERO);
    }
    Ok(most)
}

/// Refuses less than the smallest deposit, and what would bring `held` above the cap. Most deposits are seen to be within both without reading them.
pub fn require_depositable(assets: Assets, held: Assets) -> Result<()> {
    let total = held.plus(assets).checked()?;
    if policy::in_bounds(assets.0, total.0, storage::deposit_bounds()) {
        return Ok(());
    }
    let policy = storage::shares_policy();
    if assets.0 < policy.min_deposit {
        return Err(fail::BelowMinimumDeposit(assets.0, policy.min_deposit));
    }
    let cap = policy.cap();
    if total.0 > cap {
        return Err(fail::DepositCapExceeded(total.0, cap));
    }
    Ok(())
}

/// The most shares that can be minted now.
#[inline(never)]
pub fn max_mint(receiver: Address) -> Result<Shares> {
    convert_to_shares(max_deposit(receiver)?.0)
}

/// The most assets that `owner` can withdraw now.
#[inline(never)]
pub fn max_withdraw(owner: Address) -> Result<Assets> {
    convert_to_assets(max_redeem(owner)?.0)
}

/// The most shares that `owner` can redeem now.
#[inline(never)]
pub fn max_redeem(owner: Address) -> Result<Shares> {
    if require_open(storage::bucket(Bucket::Vault)).is_err() {
        return Ok(Shares::ZERO);
    }
    let shares = erc20::balance_of(owner)?;
    // What is worth nothing cannot be redeemed.
    Ok(if convert_to_assets(shares.0)?.is_zero() {
        Shares::ZERO
    } else {
        shares
    })
}

/// Takes `assets` from the caller and gives `receiver` the shares they are worth.
#[inline(never)]
pub fn deposit(assets: u128, receiver: Address) -> Result<Shares> {
    let shares = convert_to_shares(assets)?;
    enter(Assets(assets), shares, &receiver)?;
    Ok(shares)
}

/// Gives `receiver` exactly `shares` and takes from the caller what they cost.
#[inline(never)]
pub fn mint(shares: u128, receiver: Address) -> Result<Assets> {
    let assets = preview_mint(shares)?;
    enter(assets, Shares(shares), &receiver)?;
    Ok(assets)
}

fn enter(assets: Assets, shares: Shares, receiver: &Address) -> Result<()> {
    let mut vault = storage::bucket(Bucket::Vault);
    require_open(vault)?;
    if assets.is_zero() || shares.is_zero() {
        return Err(fail::NothingToMove());
    }
    require_depositable(assets, vault.assets)?;
    vault.assets = vault.assets.plus(assets).checked()?;
    storage::store_bucket(Bucket::Vault, vault)?;
    let word = erc20::mint(receiver, shares)?;
    events::deposit(host::caller(), *receiver, assets.0, shares.0);
    token::pull(&storage::asset_beside(word), assets.0)
}

/// [`deposit`], unless it gives fewer than `least`.
#[inline(never)]
pub fn deposit_min(assets: u128, receiver: Address, least: u128) -> Result<Shares> {
    let shares = deposit(assets, receiver)?;
    within(least, shares.0, shares.0, least)?;
    Ok(shares)
}

/// [`mint`], unless it costs more than `most`.
#[inline(never)]
pub fn mint_max(shares: u128, receiver: Address, most: u128) -> Result<Assets> {
    let assets = mint(shares, receiver)?;
    within(assets.0, most, assets.0, most)?;
    Ok(assets)
}

/// [`withdraw`], unless it costs more than `most`.
#[inline(never)]
pub fn withdraw_max(assets: u128, receiver: Address, owner: Address, most: u128) -> Result<Shares> {
    let shares = withdraw(assets, receiver, owner)?;
    within(shares.0, most, shares.0, most)?;
    Ok(shares)
}

/// [`redeem`], unless it gives fewer than `least`.
#[inline(never)]
pub fn redeem_min(shares: u128, receiver: Address, owner: Address, least: u128) -> Result<Assets> {
    let assets = redeem(shares, receiver, owner)?;
    within(least, assets.0, assets.0, least)?;
    Ok(assets)
}

/// Refuses when `small` is above `large`.
fn within(small: u128, large: u128, actual: u128, limit: u128) -> Result<()> {
    if small > large {
        return Err(fail::SlippageExceeded(actual, limit));
    }
    Ok(())
}

/// Sends exactly `assets` to `receiver` and burns the shares of `owner` they cost.
#[inline(never)]
pub fn withdraw(assets: u128, receiver: Address, owner: Address) -> Result<Shares> {
    let shares = preview_withdraw(assets)?;
    leave(Assets(assets), shares, &receiver, &owner)?;
    Ok(shares)
}

/// Burns `shares` of `owner` and sends the assets they are worth to `receiver`.
#[inline(never)]
pub fn redeem(shares: u128, receiver: Address, owner: Address) -> Result<Assets> {
    let assets = convert_to_assets(shares)?;
    leave(assets, Shares(shares), &receiver, &owner)?;
    Ok(assets)
}

/// Stores what an exit left in the vault; what is left behind the last share belongs to nobody.
fn store_left(vault: Pot) -> Result<()> {
    let mut left = vault;
    if storage::supply().is_zero() {
        left = roll::sweep(left)?;
    }
    storage::store_bucket(Bucket::Vault, left)
}

fn leave(assets: Assets, shares: Shares, receiver: &Address, owner: &Address) -> Result<()> {
    let mut vault = storage::bucket(Bucket::Vault);
    require_open(vault)?;
    if assets.is_zero() || shares.is_zero() {
        return Err(fail::NothingToMove());
    }
    if *receiver == Address::ZERO {
        return Err(fail::ZeroAddress());
    }
    erc20::spend_allowance(owner, shares)?;
    // There are shares to burn, so that the address is beside them.
    let word = erc20::burn(owner, shares)?;
    vault.assets = vault.assets.minus(assets).checked()?;
    store_left(vault)?;
    events::withdraw(host::caller(), *receiver, *owner, assets.0, shares.0);
    token::send(&storage::asset_beside(word), receiver, assets.0)
}

/// Burns `shares` of `owner` and sends their part of both tokens to `receiver`: the exit while quote is left over. A token that refuses to
/// move holds back only itself, as a credit of `owner`.
#[inline(never)]
pub fn redeem_in_kind(shares: u128, receiver: Address, owner: Address) -> Result<(Assets, Quote)> {
    let vault = storage::bucket(Bucket::Vault);
    require_phase()?;
    if receiver == Address::ZERO {
        return Err(fail::ZeroAddress());
    }
    let register = Register {
        supply: storage::supply(),
        assets: vault.assets,
    };
    // Never more than there is: ⌊n·(u + 1) / (n + 1 000)⌋ < u + 1 for all n shares.
    let quote = register.part_down(vault.quote.0, Shares(shares));
    let due = Pot {
        assets: register.assets_down(Shares(shares)).checked()?,
        quote: Quote(quote.checked()?),
    };
    if due == Pot::default() {
        return Err(fail::NothingToMove());
    }
    erc20::spend_allowance(&owner, Shares(shares))?;
    erc20::burn(&owner, Shares(shares))?;
    store_left(difference(vault, due)?)?;
    events::redeemed_in_kind(
        host::caller(),
        receiver,
        owner,
        shares,
        due.assets.0,
        due.quote.0,
    );
    pay_or_credit(&owner, &receiver, due)?;
    Ok((due.assets, due.quote))
}
