//! Owner and guardian. Neither moves funds, names a price, picks a round or a strike, or blocks an exit, a settlement, a roll or a rebalance.
//!
//! The owner, meant to be a timelock, announces policies inside the hard bounds and says who is guardian and who gets the fees. An announced policy
//! comes into force when an epoch opens, and not before depositors have had a whole window to leave. The guardian, or the owner, pauses what starts new risk
//! (opening an epoch, selling options) for a week, once in thirty days.

use alloy_primitives::Address;

use crate::errors::fail;
use crate::storage::{self, Epoch, FIELDS, Phase};
use crate::{Result, events, host, observe};

/// How long a pause lasts, seconds.
const PAUSE_SECONDS: u64 = 604_800;
/// The least time between the beginnings of two pauses, seconds.
const PAUSE_EVERY: u64 = 2_592_000;

fn require_owner() -> Result<Address> {
    require(&storage::owner())
}

fn require(expected: &Address) -> Result<Address> {
    let caller = host::caller();
    if caller == *expected {
        Ok(caller)
    } else {
        Err(fail::OwnableUnauthorizedAccount(caller))
    }
}

fn require_guardian() -> Result<(Address, u64)> {
    let (guardian, paused_at) = storage::guardian();
    if host::caller() != guardian {
        require_owner()?;
    }
    Ok((guardian, paused_at))
}

/// Who may announce policies and set guardian and fee recipient.
#[inline(never)]
pub fn owner() -> Result<Address> {
    Ok(storage::owner())
}

/// Who becomes the owner by accepting.
#[inline(never)]
pub fn pending_owner() -> Result<Address> {
    Ok(storage::pending_owner())
}

/// Who may pause, and when it did last.
#[inline(never)]
pub fn guardian() -> Result<(Address, u64)> {
    Ok(storage::guardian())
}

/// Offers ownership to `new_owner`; zero takes the offer back.
#[inline(never)]
pub fn transfer_ownership(new_owner: Address) -> Result<()> {
    let owner = require_owner()?;
    storage::store_owner(&owner, &new_owner);
    events::ownership_transfer_started(owner, new_owner);
    Ok(())
}

/// Takes the ownership offered to the caller.
#[inline(never)]
pub fn accept_ownership() -> Result<()> {
    let new = require(&storage::pending_owner())?;
    events::ownership_transferred(storage::owner(), new);
    storage::store_owner(&new, &Address::ZERO);
    Ok(())
}

/// Gives ownership up for ever: policy, guardian and fee recipient stay as they are, an announced policy comes into force.
#[inline(never)]
pub fn renounce_ownership() -> Result<()> {
    let owner = require_owner()?;
    storage::store_owner(&Address::ZERO, &Address::ZERO);
    events::ownership_transferred(owner, Address::ZERO);
    Ok(())
}

/// Names the guardian; zero for none. When it may pause again does not change.
#[inline(never)]
pub fn set_guardian(guardian: Address) -> Result<()> {
    require_owner()?;
    let (_, paused_at) = storage::guardian();
    storage::store_guardian(&guardian, paused_at);
    events::guardian_set(guardian);
    Ok(())
}

/// Names who gets the fees of the epochs that open from now on; zero for nobody, and no fees for ever: a vault that takes none cannot begin to behind its depositors'
/// backs, while higher fees of one that does are a policy, and announced. Only while the vault is open: what an epoch earns is whose it was when it opened.
#[inline(never)]
pub fn set_fee_recipient(recipient: Address) -> Result<()> {
    require_owner()?;
    if storage::fee_recipient() == Address::ZERO {
        return Err(fail::FeesRenounced());
    }
    let phase = Epoch::load().phase(host::now());
    if phase != Phase::Open {
        return Err(fail::NotOpen(phase));
    }
    storage::store_fee_recipient(&recipient);
    events::fee_recipient_set(recipient);
    Ok(())
}

/// Stops what starts new risk for a week. Sales and openings go on after it by themselves.
#[inline(never)]
pub fn pause() -> Result<()> {
    let (guardian, paused_at) = require_guardian()?;
    let now = host::now();
    let allowed = paused_at.saturating_add(PAUSE_EVERY);
    if paused_at != 0 && now < allowed {
        return Err(fail::PauseTooSoon(allowed, now));
    }
    storage::store_guardian(&guardian, now);
    pause_until(now.saturating_add(PAUSE_SECONDS));
    Ok(())
}

/// Ends a pause early. It counts as a whole one.
#[inline(never)]
pub fn unpause() -> Result<()> {
    require_guardian()?;
    pause_until(0);
    Ok(())
}

fn pause_until(until: u64) {
    let mut epoch = Epoch::load();
    epoch.paused_until = until;
    epoch.store();
    events::pause_set(host::caller(), until);
}

/// Announces a policy. It replaces one that was announced before and is not in force yet.
#[inline(never)]
pub fn announce_policy(fields: [u128; FIELDS]) -> Result<()> {
    require_owner()?;
    storage::policy_of(&fields)
        .validate()
        .map_err(|bad| fail::PolicyOutOfBounds(u128::from(bad.0)))?;
    let now = host::now();
    storage::announce_policy(&fields, now);
    events::policy_announced(in_force_from(now));
    Ok(())
}

/// The policy announced last, and the time from which an opening puts it into force; 0 when nothing is announced.
#[inline(never)]
pub fn announced_policy() -> Result<([u128; FIELDS], u64)> {
    let from = match storage::announced_at() {
        0 => 0,
        at => in_force_from(at),
    };
    Ok((storage::announced_fields(), from))
}

/// A window's length after its announcement; an opening comes at the end of a window anyway.
fn in_force_from(announced_at: u64) -> u64 {
    announced_at.saturating_add(storage::opening_policy().open_seconds.into())
}

/// Puts an announced policy into force if depositors have had a whole window since it was announced: called when an epoch opens.
pub fn apply_announced(now: u64) -> Result<()> {
    let announced_at = storage::announced_at();
    if announced_at != 0 && now >= in_force_from(announced_at) {
        storage::apply_announced();
        observe::apply_policy()?;
        events::policy_applied(announced_at);
    }
    Ok(())
}
