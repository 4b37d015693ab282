//! What the chain records of activated programs. It lives in the storage of `ArbWasm`, so reverts undo it.

use alloy_primitives::{B256, U256, keccak256};
use revm::context::JournalTr;
use stylus_rules::{Params, ProgramInfo};

use super::{ARB_WASM, abi::ArbWasm};
use crate::{evm::Ctx, state::State};

/// 16 January 2015, from when activation times are counted in hours.
const EPOCH: u64 = 1_421_388_000;
const HOUR: u64 = 3_600;
const DAY: u64 = 24 * HOUR;
const KIB: u32 = 1_024;

/// Slot of the price model's demand (low 64 bits) and time of last use (next 64).
const PRICER_SLOT: U256 = U256::from_limbs([1, 0, 0, 0]);

/// The record of a program, by codehash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Record {
    /// Stylus version it was activated for; 0 if it never was.
    pub(crate) version: u16,
    pub(crate) init_cost: u16,
    pub(crate) cached_cost: u16,
    pub(crate) footprint: u16,
    /// Hours since [`EPOCH`].
    activated_at: u32,
    /// KiB, rounded up.
    asm_estimate: u32,
    pub(crate) cached: bool,
}

/// Why a program cannot run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Inactive {
    Never,
    Outdated(u16),
    /// Its age in seconds.
    Expired(u64),
}

impl Record {
    pub(crate) fn new(info: &ProgramInfo, now: u64, cached: bool) -> Self {
        Self {
            version: info.version,
            init_cost: info.init_cost,
            cached_cost: info.cached_cost,
            footprint: info.footprint,
            activated_at: hours(now),
            asm_estimate: info.asm_estimate.div_ceil(KIB),
            cached,
        }
    }

    fn to_word(self) -> U256 {
        let low = u64::from(self.version)
            | u64::from(self.init_cost) << 16
            | u64::from(self.cached_cost) << 32
            | u64::from(self.footprint) << 48;
        let high = u64::from(self.activated_at) | u64::from(self.asm_estimate) << 32;
        U256::from_limbs([low, high, u64::from(self.cached), 0])
    }

    fn from_word(word: U256) -> Self {
        let [low, high, cached, _] = *word.as_limbs();
        Self {
            version: low as u16,
            init_cost: (low >> 16) as u16,
            cached_cost: (low >> 32) as u16,
            footprint: (low >> 48) as u16,
            activated_at: high as u32,
            asm_estimate: (high >> 32) as u32,
            cached: cached != 0,
        }
    }

    /// Estimated bytes of the compiled program.
    pub(crate) fn asm_size(&self) -> u32 {
        self.asm_estimate.saturating_mul(KIB)
    }

    /// Seconds since activation, in whole hours.
    pub(crate) fn age(&self, now: u64) -> u64 {
        let activated = EPOCH + u64::from(self.activated_at) * HOUR;
        now.saturating_sub(activated)
    }

    /// Whether it may run.
    pub(crate) fn check(&self, now: u64, params: &Params) -> Result<(), Inactive> {
        if self.version == 0 {
            return Err(Inactive::Never);
        }
        if self.version != params.version {
            return Err(Inactive::Outdated(self.version));
        }
        let age = self.age(now);
        if age > lifetime(params) {
            return Err(Inactive::Expired(age));
        }
        Ok(())
    }

    /// Seconds until it expires.
    pub(crate) fn time_left(&self, now: u64, params: &Params) -> u64 {
        lifetime(params).saturating_sub(self.age(now))
    }

    /// Whether it is old enough for its lifetime to be extended.
    pub(crate) fn may_be_kept_alive(&self, now: u64, params: &Params) -> bool {
        self.age(now) >= u64::from(params.keepalive_days) * DAY
    }

    pub(crate) fn renew(&mut self, now: u64) {
        self.activated_at = hours(now);
    }
}

impl Inactive {
    /// How `ArbWasm` says it.
    pub(crate) fn error(self, params: &Params) -> Vec<u8> {
        use alloy_sol_types::SolError;
        match self {
            Self::Never => ArbWasm::ProgramNotActivated {}.abi_encode(),
            Self::Outdated(version) => ArbWasm::ProgramNeedsUpgrade {
                version,
                stylusVersion: params.version,
            }
            .abi_encode(),
            Self::Expired(age) => ArbWasm::ProgramExpired { ageInSeconds: age }.abi_encode(),
        }
    }
}

fn lifetime(params: &Params) -> u64 {
    u64::from(params.expiry_days) * DAY
}

fn hours(now: u64) -> u32 {
    u32::try_from(now.saturating_sub(EPOCH) / HOUR).unwrap_or(u32::MAX)
}

fn slot(codehash: B256) -> U256 {
    keccak256(codehash).into()
}

fn module_slot(codehash: B256) -> U256 {
    keccak256([codehash.as_slice(), b"module"].concat()).into()
}

fn read(ctx: &mut Ctx, slot: U256) -> U256 {
    // The database cannot fail and the account is in the genesis state, so there is always a value.
    let _ = ctx.journaled_state.load_account(ARB_WASM);
    let loaded = ctx.journaled_state.sload(ARB_WASM, slot);
    loaded.map(|value| value.data).unwrap_or_default()
}

fn write(ctx: &mut Ctx, slot: U256, value: U256) {
    let _ = ctx.journaled_state.load_account(ARB_WASM);
    let _ = ctx.journaled_state.sstore(ARB_WASM, slot, value);
    ctx.journaled_state.touch_account(ARB_WASM);
}

pub(crate) fn load(ctx: &mut Ctx, codehash: B256) -> Record {
    Record::from_word(read(ctx, slot(codehash)))
}

/// Hash of the metered module that a codehash was activated with.
pub(crate) fn module_hash(ctx: &mut Ctx, codehash: B256) -> B256 {
    read(ctx, module_slot(codehash)).into()
}

pub(crate) fn store_module_hash(ctx: &mut Ctx, codehash: B256, hash: B256) {
    write(ctx, module_slot(codehash), hash.into());
}

pub(crate) fn store(ctx: &mut Ctx, codehash: B256, record: Record) {
    write(ctx, slot(codehash), record.to_word());
}

/// Marks a program as cached outside of any transaction. Does nothing for one that was never activated.
pub(crate) fn set_cached(state: &mut State, codehash: B256, cached: bool) {
    let mut record = Record::from_word(state.slot(ARB_WASM, slot(codehash)));
    if record.version != 0 {
        record.cached = cached;
        state.set_slot(ARB_WASM, slot(codehash), record.to_word());
    }
}

/// The upfront fee in wei for storing `asm_size` bytes. Raises the price for those who come later.
pub(crate) fn charge_data_fee(ctx: &mut Ctx, asm_size: u32, params: &Params) -> u128 {
    let [demand, last_used, _, _] = *read(ctx, PRICER_SLOT).as_limbs();
    let now = ctx.block.timestamp.saturating_to::<u64>();
    let elapsed = now.saturating_sub(last_used);
    let fee = params.data_pricer.fee(demand, elapsed, u64::from(asm_size));
    let word = U256::from_limbs([fee.demand, now, 0, 0]);
    write(ctx, PRICER_SLOT, word);
    fee.wei
}
