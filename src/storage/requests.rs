//! Requests: one of each kind for a controller, and what each epoch's roll made of them all.

use alloy_primitives::Address;
use vault_core::queue::Queue;
use vault_core::{Assets, Pot, Shares};

use super::{at, entry, mapping, pot, pot_word, region, series_slot, slot};
use crate::host::{load, store};
use crate::word::Word;

/// A controller's request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// The epoch whose roll carries it out; 0 for none.
    pub id: u32,
    /// Assets to deposit or shares to redeem.
    pub amount: u128,
}

/// Which request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Assets into shares.
    Deposit,
    /// Shares into assets, and quote that could not be converted.
    Redeem,
}

fn request_slot(kind: Kind, controller: &Address) -> Word {
    let tag = match kind {
        Kind::Deposit => mapping::DEPOSIT_REQUEST,
        Kind::Redeem => mapping::REDEEM_REQUEST,
    };
    entry(tag, controller, Word::ZERO)
}

/// A controller's request.
#[inline(never)]
pub fn request(kind: Kind, controller: &Address) -> Request {
    let word = load(request_slot(kind, controller));
    Request {
        id: word.hi as u32,
        amount: word.lo,
    }
}

/// Writes a controller's request.
#[inline(never)]
pub fn store_request(kind: Kind, controller: &Address, request: Request) {
    let word = Word {
        hi: request.id.into(),
        lo: request.amount,
    };
    store(request_slot(kind, controller), word);
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
