//! Requests: one of each kind, controller and epoch, and what each epoch's roll made of them all.

use alloy_primitives::Address;
use vault_core::queue::Queue;
use vault_core::{Assets, Pot, Shares};

use super::{at, entry, mapping, pot, pot_word, region, series_slot, slot};
use crate::Result;
use crate::errors::Checked;
use crate::host::{load, store};
use crate::word::Word;

/// A controller's latest request of a kind, and which earlier ones have something left.
///
/// Of the latest and of them all there is one word, hi: number 32, `earlier` 96; lo: amount 128. An earlier one that has something left when the next begins is
/// set aside in a word of its own: no request stands in another's way, whoever made it and whatever became of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// The epoch whose roll carries it out; 0 for none.
    pub id: u32,
    /// Assets to deposit or shares to redeem.
    pub amount: u128,
    /// Bit k: request `id − 1 − k` may have something left. Those more than 96 epochs before the latest are known by their number alone.
    pub earlier: u128,
}

/// Which request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Assets into shares.
    Deposit,
    /// Shares into assets, and quote that could not be converted.
    Redeem,
}

/// Where the latest request is, or the one with a number when it was set aside.
#[inline(never)]
fn request_slot(kind: Kind, controller: &Address, aside: Option<u128>) -> Word {
    let tag = match kind {
        Kind::Deposit => mapping::DEPOSIT_REQUEST,
        Kind::Redeem => mapping::REDEEM_REQUEST,
    };
    let key = aside.map_or(Word::ZERO, |id| Word { hi: 1, lo: id });
    entry(tag, controller, key)
}

/// A controller's latest request, and which others there are.
#[inline(never)]
pub fn latest_request(kind: Kind, controller: &Address) -> Request {
    let word = load(request_slot(kind, controller, None));
    Request {
        id: word.hi as u32,
        amount: word.lo,
        earlier: word.hi >> 32,
    }
}

fn store_latest(kind: Kind, controller: &Address, mut latest: Request) {
    if latest.amount == 0 && latest.earlier == 0 {
        latest.id = 0;
    }
    let word = Word {
        hi: latest.earlier << 32 | u128::from(latest.id),
        lo: latest.amount,
    };
    store(request_slot(kind, controller, None), word);
}

/// Amount of the controller's request `id`; 0 for none.
#[inline(never)]
pub fn request(kind: Kind, controller: &Address, id: u128) -> u128 {
    let latest = latest_request(kind, controller);
    if u128::from(latest.id) == id {
        latest.amount
    } else {
        load(request_slot(kind, controller, Some(id))).lo
    }
}

/// Adds to the controller's request of the epoch `id`, which is not before its latest.
#[inline(never)]
pub fn add_request(kind: Kind, controller: &Address, id: u32, amount: u128) -> Result<()> {
    let mut latest = latest_request(kind, controller);
    if latest.id != id {
        let before = latest;
        latest = Request {
            id,
            amount: 0,
            earlier: before.earlier << 1,
        };
        if before.amount != 0 {
            let slot = request_slot(kind, controller, Some(before.id.into()));
            store(slot, Word::from(before.amount));
            latest.earlier |= 1;
        }
        let further = id.wrapping_sub(before.id).wrapping_sub(1);
        latest.earlier = latest.earlier.checked_shl(further).unwrap_or_default();
    }
    latest.amount = latest.amount.checked_add(amount).checked()?;
    store_latest(kind, controller, latest);
    Ok(())
}

/// Takes the controller's request `id` away. Returns its amount; 0 for none.
#[inline(never)]
pub fn take_request(kind: Kind, controller: &Address, id: u128) -> u128 {
    let amount = request(kind, controller, id);
    if amount != 0 {
        let mut latest = latest_request(kind, controller);
        let back = latest.id.wrapping_sub(id as u32);
        if back == 0 {
            latest.amount = 0;
        } else {
            store(request_slot(kind, controller, Some(id)), Word::ZERO);
            latest.earlier &= !1_u128.checked_shl(back.wrapping_sub(1)).unwrap_or_default();
        }
        store_latest(kind, controller, latest);
    }
    amount
}

fn queue_of(word: Word) -> Queue {
    Queue {
        assets: Assets(word.hi),
        shares: Shares(word.lo),
    }
}

fn queue_word(queue: Queue) -> Word {
    Word {
        hi: queue.assets.0,
        lo: queue.shares.0,
    }
}

/// What waits for the next roll.
#[inline(never)]
pub fn queue() -> Queue {
    queue_of(load(at(slot::QUEUE)))
}

/// Writes what waits for the next roll.
#[inline(never)]
pub fn store_queue(queue: Queue) {
    store(at(slot::QUEUE), queue_word(queue));
}

/// Assets that an epoch's roll took in, and the shares it made of them; nothing if it carried out no deposit.
#[inline(never)]
pub fn deposited(epoch: u32) -> Queue {
    queue_of(load(series_slot(region::DEPOSITED, epoch, 0)))
}

/// Writes them, once.
pub fn store_deposited(epoch: u32, deposited: Queue) {
    let slot = series_slot(region::DEPOSITED, epoch, 0);
    store(slot, queue_word(deposited));
}

/// Shares that an epoch's roll redeemed, and what for.
#[inline(never)]
pub fn redeemed(epoch: u32) -> (Shares, Pot) {
    let shares = load(series_slot(region::REDEEMED, epoch, 0)).lo;
    let paid = load(series_slot(region::REDEEMED_FOR, epoch, 0));
    (Shares(shares), pot(paid))
}

/// Writes them, once.
pub fn store_redeemed(epoch: u32, shares: Shares, paid: Pot) {
    let slot = series_slot(region::REDEEMED, epoch, 0);
    store(slot, Word::from(shares.0));
    let slot = series_slot(region::REDEEMED_FOR, epoch, 0);
    store(slot, pot_word(paid));
}
