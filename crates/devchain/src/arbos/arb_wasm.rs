//! `ArbWasm` and `ArbWasmCache`: activation, prices and the cache of programs.

use std::sync::PoisonError;

use alloy_primitives::{Address, B256, Log, U256};
use alloy_sol_types::{SolCall, SolError, SolEvent, SolValue};
use revm::context::JournalTr;
use stylus_rules::pricing::{WARM_GAS, activation, entry};

use super::{
    ARB_WASM, ARB_WASM_CACHE, NETWORK_FEES,
    abi::{ArbWasm as Abi, ArbWasmCache as Cache},
    precompiles::{Answer, Call, Fault, STATE_READ_GAS, STATE_WRITE_GAS},
    programs::{self, Record},
};
use crate::{config::CacheManagers, stylus::module};

/// Reads that bring the price of compiled code up to date, and writes.
const PRICER_READS: u64 = 5;
const PRICER_WRITES: u64 = 2;

macro_rules! setting {
    ($call:ident, $method:ident, $value:expr) => {{
        $call.view::<Abi::$method>()?;
        $call.burn(WARM_GAS)?;
        Ok(U256::from($value).abi_encode())
    }};
}

pub(super) fn run(call: &mut Call<'_>) -> Answer {
    let params = call.env.config.stylus;
    match call.selector {
        Abi::activateProgramCall::SELECTOR => activate(call),
        Abi::codehashKeepaliveCall::SELECTOR => keep_alive(call),
        Abi::stylusVersionCall::SELECTOR => setting!(call, stylusVersionCall, params.version),
        Abi::inkPriceCall::SELECTOR => setting!(call, inkPriceCall, params.ink_price),
        Abi::maxStackDepthCall::SELECTOR => {
            setting!(call, maxStackDepthCall, params.max_stack_depth)
        }
        Abi::freePagesCall::SELECTOR => setting!(call, freePagesCall, params.free_pages),
        Abi::pageGasCall::SELECTOR => setting!(call, pageGasCall, params.page_gas),
        Abi::pageRampCall::SELECTOR => setting!(call, pageRampCall, params.page_ramp),
        Abi::pageLimitCall::SELECTOR => setting!(call, pageLimitCall, params.page_limit),
        Abi::minInitGasCall::SELECTOR => {
            call.view::<Abi::minInitGasCall>()?;
            call.burn(WARM_GAS)?;
            let minimum = (entry::init_gas(0, &params), entry::cached_gas(0, &params));
            Ok(minimum.abi_encode())
        }
        Abi::initCostScalarCall::SELECTOR => {
            let percent = u64::from(params.init_cost_scalar) * entry::COST_SCALAR_PERCENT;
            setting!(call, initCostScalarCall, percent)
        }
        Abi::expiryDaysCall::SELECTOR => setting!(call, expiryDaysCall, params.expiry_days),
        Abi::keepaliveDaysCall::SELECTOR => {
            setting!(call, keepaliveDaysCall, params.keepalive_days)
        }
        Abi::blockCacheSizeCall::SELECTOR => {
            setting!(call, blockCacheSizeCall, params.block_cache_size)
        }
        Abi::activationGasCall::SELECTOR => {
            setting!(call, activationGasCall, params.activation_gas)
        }
        _ => program_view(call),
    }
}

fn program_view(call: &mut Call<'_>) -> Answer {
    let params = call.env.config.stylus;
    match call.selector {
        Abi::codehashVersionCall::SELECTOR => {
            let codehash = call.view::<Abi::codehashVersionCall>()?.codehash;
            let record = active(call, codehash)?;
            Ok(U256::from(record.version).abi_encode())
        }
        Abi::codehashAsmSizeCall::SELECTOR => {
            let codehash = call.view::<Abi::codehashAsmSizeCall>()?.codehash;
            let record = active(call, codehash)?;
            Ok(U256::from(record.asm_size()).abi_encode())
        }
        Abi::programVersionCall::SELECTOR => {
            let program = call.view::<Abi::programVersionCall>()?.program;
            let record = active_at(call, program)?;
            Ok(U256::from(record.version).abi_encode())
        }
        Abi::programInitGasCall::SELECTOR => {
            let program = call.view::<Abi::programInitGasCall>()?.program;
            let record = active_at(call, program)?;
            let gas =
                |cached| entry::entry_gas(record.init_cost, record.cached_cost, cached, &params);
            Ok((gas(false), gas(true)).abi_encode())
        }
        Abi::programMemoryFootprintCall::SELECTOR => {
            let program = call.view::<Abi::programMemoryFootprintCall>()?.program;
            let record = active_at(call, program)?;
            Ok(U256::from(record.footprint).abi_encode())
        }
        Abi::programTimeLeftCall::SELECTOR => {
            let program = call.view::<Abi::programTimeLeftCall>()?.program;
            let record = active_at(call, program)?;
            let left = record.time_left(call.now(), &params);
            Ok(U256::from(left).abi_encode())
        }
        _ => Err(Fault::Unknown),
    }
}

fn codehash_of(call: &mut Call<'_>, program: Address) -> Result<B256, Fault> {
    call.burn(stylus_rules::pricing::COLD_ACCOUNT_GAS)?;
    let account = call.ctx.journaled_state.load_account(program);
    let account = account.map_err(|_| Fault::Burn)?;
    Ok(account.data.info.code_hash)
}

fn record(call: &mut Call<'_>, codehash: B256) -> Result<Record, Fault> {
    call.burn(WARM_GAS + STATE_READ_GAS)?;
    Ok(programs::load(call.ctx, codehash))
}

fn active(call: &mut Call<'_>, codehash: B256) -> Result<Record, Fault> {
    let params = call.env.config.stylus;
    let record = record(call, codehash)?;
    match record.check(call.now(), &params) {
        Ok(()) => Ok(record),
        Err(inactive) => Err(Fault::Revert(inactive.error(&params))),
    }
}

fn active_at(call: &mut Call<'_>, program: Address) -> Result<Record, Fault> {
    let codehash = codehash_of(call, program)?;
    active(call, codehash)
}

fn revert<T>(error: impl SolError) -> Result<T, Fault> {
    Err(Fault::Revert(error.abi_encode()))
}

fn activate(call: &mut Call<'_>) -> Answer {
    let params = call.env.config.stylus;
    let program = call.write::<Abi::activateProgramCall>(true)?.program;
    call.burn(activation::FIXED_GAS + params.activation_gas)?;
    let loaded = call.ctx.journaled_state.load_account_with_code(program);
    let info = loaded.map_err(|_| Fault::Burn)?.data.info.clone();
    let known = record(call, info.code_hash)?;
    if known.check(call.now(), &params).is_ok() {
        return revert(Abi::ProgramUpToDate {});
    }
    let code = info
        .code
        .map(|code| code.original_bytes())
        .unwrap_or_default();
    if !stylus_rules::code::is_program(&code, &params) {
        return revert(Abi::ProgramNotWasm {});
    }
    // What breaks a rule costs all gas.
    let source = module::source(call.ctx, &code, &params).ok_or(Fault::Burn)?;
    call.burn(source.fetch_gas)?;
    let compiled = {
        let mut modules = call
            .env
            .modules
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let compiled = modules.compile(&source.wasm, &params);
        compiled.ok_or(Fault::Burn)?
    };
    let (activated, module_hash) = (compiled.info, compiled.hash);
    let room = params.page_limit.saturating_sub(call.ctx.chain.pages.open);
    if activated.footprint > room {
        return Err(Fault::Burn);
    }
    let fixed = activation::FIXED_GAS + params.activation_gas;
    call.burn(activated.activation_gas.saturating_sub(fixed))?;
    // The hash of the module, and the record of the program.
    call.burn(2 * STATE_WRITE_GAS)?;
    let fee = charge(call, activated.asm_estimate)?;
    let now = call.now();
    let stored = Record::new(&activated, now, known.cached);
    programs::store(call.ctx, info.code_hash, stored);
    programs::store_module_hash(call.ctx, info.code_hash, module_hash);
    emit(
        call,
        ARB_WASM,
        &Abi::ProgramActivated {
            codehash: info.code_hash,
            moduleHash: module_hash,
            program,
            dataFee: fee,
            version: activated.version,
        },
    )?;
    Ok((activated.version, fee).abi_encode())
}

fn keep_alive(call: &mut Call<'_>) -> Answer {
    let params = call.env.config.stylus;
    let codehash = call.write::<Abi::codehashKeepaliveCall>(true)?.codehash;
    let mut record = active(call, codehash)?;
    let now = call.now();
    if !record.may_be_kept_alive(now, &params) {
        let age = record.age(now);
        return revert(Abi::ProgramKeepaliveTooSoon { ageInSeconds: age });
    }
    let fee = charge(call, record.asm_size())?;
    record.renew(now);
    call.burn(STATE_WRITE_GAS)?;
    programs::store(call.ctx, codehash, record);
    let event = Abi::ProgramLifetimeExtended {
        codehash,
        dataFee: fee,
    };
    emit(call, ARB_WASM, &event)?;
    Ok(Vec::new())
}

/// Takes the data fee out of the value sent, and gives the rest back.
fn charge(call: &mut Call<'_>, asm_size: u32) -> Result<U256, Fault> {
    call.burn(PRICER_READS * STATE_READ_GAS + PRICER_WRITES * STATE_WRITE_GAS)?;
    let params = call.env.config.stylus;
    let want = U256::from(programs::charge_data_fee(call.ctx, asm_size, &params));
    let have = call.value;
    let Some(rest) = have.checked_sub(want) else {
        return revert(Abi::ProgramInsufficientValue { have, want });
    };
    let caller = call.caller;
    for (to, wei) in [(NETWORK_FEES, want), (caller, rest)] {
        let moved = call.ctx.journaled_state.transfer(ARB_WASM, to, wei);
        if !matches!(moved, Ok(None)) {
            return Err(Fault::Burn);
        }
    }
    Ok(want)
}

fn emit(call: &mut Call<'_>, address: Address, event: &impl SolEvent) -> Result<(), Fault> {
    let data = event.encode_log_data();
    let topics = data.topics().len() as u64;
    call.burn(375 * (1 + topics) + 8 * data.data.len() as u64)?;
    call.ctx.journaled_state.log(Log { address, data });
    Ok(())
}

pub(super) fn run_cache(call: &mut Call<'_>) -> Answer {
    match call.selector {
        Cache::codehashIsCachedCall::SELECTOR => {
            let codehash = call.view::<Cache::codehashIsCachedCall>()?.codehash;
            Ok(record(call, codehash)?.cached.abi_encode())
        }
        Cache::cacheProgramCall::SELECTOR => {
            let program = call.write::<Cache::cacheProgramCall>(false)?.program;
            let codehash = codehash_of(call, program)?;
            set_cached(call, codehash, true)
        }
        Cache::evictCodehashCall::SELECTOR => {
            let codehash = call.write::<Cache::evictCodehashCall>(false)?.codehash;
            set_cached(call, codehash, false)
        }
        Cache::allCacheManagersCall::SELECTOR => {
            call.view::<Cache::allCacheManagersCall>()?;
            Ok(match &call.env.config.cache_managers {
                CacheManagers::Anyone => Vec::<Address>::new().abi_encode(),
                CacheManagers::Only(managers) => managers.abi_encode(),
            })
        }
        Cache::isCacheManagerCall::SELECTOR => {
            let manager = call.view::<Cache::isCacheManagerCall>()?.manager;
            Ok(is_manager(call, manager).abi_encode())
        }
        _ => Err(Fault::Unknown),
    }
}

fn is_manager(call: &Call<'_>, who: Address) -> bool {
    match &call.env.config.cache_managers {
        CacheManagers::Anyone => true,
        CacheManagers::Only(managers) => managers.contains(&who),
    }
}

fn set_cached(call: &mut Call<'_>, codehash: B256, cached: bool) -> Answer {
    if !is_manager(call, call.caller) {
        return Err(Fault::Burn);
    }
    let params = call.env.config.stylus;
    // Only what may run may be cached; anything may be evicted.
    let mut record = if cached {
        active(call, codehash)?
    } else {
        record(call, codehash)?
    };
    if record.cached == cached {
        return Ok(Vec::new());
    }
    call.burn(entry::init_gas(record.init_cost, &params))?;
    record.cached = cached;
    call.burn(STATE_WRITE_GAS)?;
    programs::store(call.ctx, codehash, record);
    let manager = call.caller;
    let event = Cache::UpdateProgramCache {
        manager,
        codehash,
        cached,
    };
    emit(call, ARB_WASM_CACHE, &event)?;
    Ok(Vec::new())
}
