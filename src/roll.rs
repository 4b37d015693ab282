//! Ending an epoch: fees, then redemptions, then deposits.

use alloy_primitives::Address;
use vault_core::fees::{self, Due};
use vault_core::queue::{self, Queue};
use vault_core::reward::Step;
use vault_core::shares::Register;
use vault_core::{BPS, Pot, Quote, Shares};

use crate::errors::{Checked, fail};
use crate::storage::{self, Bucket, Epoch, Opened, Phase, Terms};
use crate::token::{difference, sum};
use crate::{Result, erc20, events, host, keeper, oracle};

/// Ends a settled epoch: takes fees, carries out the requests, and opens deposits and exits in the asset again. Leftover quote is to be converted
/// first, for as long as the policy's grace period; after it the epoch rolls all the same, holders leave in kind and requests to deposit can
/// be taken back.
#[inline(never)]
pub fn roll() -> Result<()> {
    let now = host::now();
    let mut epoch = Epoch::load();
    match epoch.phase(now) {
        Phase::Settled => {}
        Phase::Expired => return Err(fail::SettleFirst(epoch.expiry)),
        other => return Err(fail::NotLive(other)),
    }
    let vault = storage::bucket(Bucket::Vault);
    let policy = storage::roll_policy();
    let until = epoch.since.saturating_add(policy.grace_seconds.into());
    if vault.quote.0 > policy.dust_quote && now < until {
        return Err(fail::RollTooEarly(vault.quote.0, until));
    }
    epoch.enter(Phase::Open, now);
    epoch.store();
    let dust = Quote(policy.dust_quote);
    // Without a price in the asset there is no performance.
    if vault.quote <= dust {
        take_fees(&epoch, vault, now)?;
    }
    let vault = carry_out(&epoch, vault, dust)?;
    let supply = storage::supply();
    events::rolled(u128::from(epoch.number), vault.assets, vault.quote, supply);
    let had_options = Terms::load(epoch.number).has_options();
    keeper::pay(Step::Roll, had_options)
}

/// Mints the fees' shares, and moves the high-water mark.
fn take_fees(epoch: &Epoch, vault: Pot, now: u64) -> Result<()> {
    let recipient = storage::fee_recipient();
    let mut policy = storage::shares_policy();
    if recipient == Address::ZERO {
        policy.management_fee_bps = 0;
        policy.performance_fee_bps = 0;
    }
    let hedge = storage::hedge_policy();
    let weight = if hedge.enabled {
        hedge.target_weight_bps
    } else {
        BPS as u16
    };
    let register = Register {
        supply: storage::supply(),
        assets: vault.assets,
    };
    let opened = Opened::load().time;
    let live = epoch.expiry.saturating_sub(opened);
    let spot = oracle::spot(&storage::market_policy(), now).ok();
    let before = storage::high_water();
    let due = fees::due(
        register,
        &policy,
        live,
        weight,
        before,
        spot.map(|spot| spot.price),
    );
    let Due {
        management,
        performance,
        shares,
        high_water,
    } = due;
    if high_water != before {
        storage::store_high_water(high_water);
    }
    let fits = register
        .supply
        .plus(shares)
        .is_some_and(|supply| supply.0 <= storage::MAX_SUPPLY);
    if !shares.is_zero() && fits {
        erc20::mint(&recipient, shares)?;
        events::fees_taken(
            u128::from(epoch.number),
            recipient,
            shares,
            management,
            performance,
            high_water.mark,
        );
    }
    Ok(())
}

/// Carries out the requests, all at one ratio. Returns the vault bucket.
fn carry_out(epoch: &Epoch, vault: Pot, dust: Quote) -> Result<Pot> {
    let supply = storage::supply();
    let wanted = storage::queue();
    if wanted == Queue::default() {
        return Ok(vault);
    }
    let closed =
        queue::close(vault, supply, wanted, dust, Shares(storage::MAX_SUPPLY)).checked()?;
    storage::store_queue(Queue::default());
    let escrow = host::this();
    if !wanted.shares.is_zero() {
        erc20::burn(&escrow, wanted.shares)?;
        let claimable = sum(storage::bucket(Bucket::Claimable), closed.paid)?;
        storage::store_bucket(Bucket::Claimable, claimable)?;
        storage::store_redeemed(epoch.number, wanted.shares, closed.paid);
    }
    let mut deposited = Queue::default();
    if !closed.minted.is_zero() {
        deposited = Queue {
            assets: wanted.assets,
            shares: closed.minted,
        };
        erc20::mint(&escrow, closed.minted)?;
        let mut queued = storage::bucket(Bucket::Queued);
        queued.assets = queued.assets.minus(wanted.assets).checked()?;
        storage::store_bucket(Bucket::Queued, queued)?;
        storage::store_deposited(epoch.number, deposited);
    }
    if wanted.shares == supply {
        sweep(closed.swept)?;
    }
    storage::store_bucket(Bucket::Vault, closed.vault)?;
    events::requests_carried_out(
        u128::from(epoch.number),
        deposited.assets,
        deposited.shares,
        wanted.shares,
        closed.paid.assets,
        closed.paid.quote,
    );
    Ok(closed.vault)
}

/// What rounding left behind the last share goes to the keeper budget, so that no shares means no assets and the next depositor begins at
/// par. Returns the empty vault bucket, for the caller to store.
pub fn sweep(dust: Pot) -> Result<Pot> {
    let keeper = sum(storage::bucket(Bucket::Keeper), dust)?;
    storage::store_bucket(Bucket::Keeper, keeper)?;
    storage::store_high_water(fees::HighWater::default());
    difference(dust, dust)
}
