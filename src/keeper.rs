//! What keepers are paid for: gas at the block's prices.

use alloy_primitives::Address;
use vault_core::reward::{self, Fees, Step};
use vault_core::{Assets, Pot};

use crate::abi::macros::selector;
use crate::host::{self, Buffer};
use crate::storage::{self, Bucket};
use crate::token::{difference, pay_or_credit};
use crate::{Result, events};

/// ArbGasInfo, a precompile.
const GAS_INFO: Address = Address::new([
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x6c,
]);
/// Gas that the precompile may use.
const READ_GAS: u64 = 20_000;
/// Units of the parent chain's data fee for a byte that is not compressed.
const UNITS: u128 = 16;

/// What transactions cost in this block. The data fee is 0 on a chain that does not say.
fn fees(with_data: bool) -> Fees {
    let mut fees = Fees {
        base: host::base_fee(),
        byte: 0,
    };
    if with_data {
        let data = Buffer::calling(const { selector("getL1BaseFeeEstimate()") });
        if host::static_call(&GAS_INFO, &data, READ_GAS).is_some_and(|len| len >= 32) {
            let [price] = host::returned_words();
            fees.byte = price.lo.saturating_mul(UNITS);
        }
    }
    fees
}

/// What work that the policy pays for `gas` earns now, asset units; `bonus` in basis points.
#[inline(never)]
pub fn due(gas: u32, bonus: u128) -> Assets {
    let budget = storage::bucket(Bucket::Keeper).assets;
    let policy = storage::keeper_policy();
    reward::reward(&policy, gas, &fees(policy.l1_bytes != 0), bonus, budget)
}

/// Pays the caller for moving an epoch on, if options were open at an expiry that the step belongs to. The last thing a step does; a token that refuses leaves a
/// credit, so that no keeper and no frozen asset holds up a settlement.
#[inline(never)]
pub fn pay(step: Step, had_options: bool) -> Result<()> {
    if !had_options {
        return Ok(());
    }
    let due = Pot {
        assets: self::due(step.gas(&storage::keeper_policy()), 0),
        ..Pot::default()
    };
    if due.assets.is_zero() {
        return Ok(());
    }
    let budget = difference(storage::bucket(Bucket::Keeper), due)?;
    storage::store_bucket(Bucket::Keeper, budget)?;
    let keeper = host::caller();
    events::keeper_paid(keeper, due.assets, budget.assets);
    pay_or_credit(&keeper, &keeper, due)
}
