//! Runs one transaction on a state.

use std::sync::Arc;

use alloy_primitives::{B256, Bytes, TxKind, U256};
use revm::{
    Context, Journal,
    context::{
        BlockEnv, CfgEnv, JournalTr, TxEnv,
        result::{
            EVMError, ExecutionResult, HaltReason, InvalidTransaction, OutOfGasError, Output,
        },
    },
    context_interface::{
        block::BlobExcessGasAndPrice,
        transaction::{AccessList, AccessListItem, TransactionType},
    },
    handler::Handler,
    state::EvmState,
};

use crate::{
    config::{L1Fee, SEQUENCER},
    env::{Env, TxScope},
    evm::{ArbHandler, Ctx, Machine, SPEC, trace::Tracer},
    l1,
    limits::{BLOCK_GAS_LIMIT, TX_GAS_MAX},
    receipt::{FrameStatus, Halt, Receipt, Status},
    state::State,
    tx::{Tx, TxError},
};

/// The block a transaction runs in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block {
    pub(crate) number: u64,
    pub(crate) l1_number: u64,
    pub(crate) time: u64,
    pub(crate) base_fee: u128,
}

/// Whether a transaction is for real.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// It is; the sender pays.
    Send,
    /// It is not; gas costs nothing and nonces do not matter.
    Call,
}

/// Runs `tx`. Returns what it changed, or nothing if it is invalid.
pub(crate) fn run(
    env: &Arc<Env>,
    state: State,
    block: &Block,
    tx: &Tx,
    mode: Mode,
) -> (Receipt, Option<EvmState>) {
    let mut receipt = Receipt {
        status: Status::Success,
        gas_used: 0,
        refunded: 0,
        l1_gas: 0,
        output: Bytes::new(),
        contract: None,
        logs: Vec::new(),
        frames: Vec::new(),
        block_number: block.number,
        timestamp: block.time,
    };
    let prepared = match prepare(env, &state, block, tx, mode) {
        Ok(prepared) => prepared,
        Err(error) => {
            receipt.status = Status::Invalid(error);
            return (receipt, None);
        }
    };
    receipt.l1_gas = prepared.l1_gas;
    let ctx = context(env, state, block, prepared, mode);
    let mut machine = Machine::new(ctx, Arc::clone(env));
    let result = ArbHandler.run(&mut machine);
    let core = machine.core();
    receipt.frames = core.scope().tracer.finish();
    match result {
        Ok(result) => {
            fill(&mut receipt, result);
            (receipt, Some(core.journal().finalize()))
        }
        Err(error) => {
            receipt.status = Status::Invalid(invalid(error));
            receipt.frames.clear();
            (receipt, None)
        }
    }
}

/// A transaction that may run.
struct Prepared {
    tx: TxEnv,
    from_contract: bool,
    l1_gas: u64,
    l1_fee: U256,
}

fn prepare(
    env: &Env,
    state: &State,
    block: &Block,
    tx: &Tx,
    mode: Mode,
) -> Result<Prepared, TxError> {
    tx.check_size()?;
    let expected = state.nonce(tx.from);
    let nonce = tx.nonce.unwrap_or(expected);
    if nonce != expected && mode == Mode::Send {
        let got = nonce;
        return Err(TxError::Nonce { expected, got });
    }
    let price = match mode {
        Mode::Send => block.base_fee,
        Mode::Call => 0,
    };
    let fee = U256::from(tx.gas_limit).saturating_mul(U256::from(price));
    let need = fee.saturating_add(tx.value);
    let have = state.balance(tx.from);
    if have < need {
        return Err(TxError::InsufficientFunds { need, have });
    }
    let l1_gas = match env.config.l1_fee {
        L1Fee::Off => 0,
        L1Fee::PerUnit(wei) => l1::poster_gas(tx, nonce, &env.config, wei, block.base_fee),
    };
    let Some(gas) = tx.gas_limit.checked_sub(l1_gas) else {
        let limit = tx.gas_limit;
        return Err(TxError::IntrinsicGas {
            need: l1_gas,
            limit,
        });
    };
    Ok(Prepared {
        tx: TxEnv {
            caller: tx.from,
            gas_limit: gas.min(TX_GAS_MAX),
            gas_price: price,
            kind: tx.to.map_or(TxKind::Create, TxKind::Call),
            value: tx.value,
            data: tx.data.clone(),
            nonce,
            tx_type: if tx.access_list.is_empty() {
                TransactionType::Legacy.into()
            } else {
                TransactionType::Eip2930.into()
            },
            access_list: access_list(tx),
            chain_id: Some(env.config.chain_id),
            ..TxEnv::default()
        },
        from_contract: tx.from_contract,
        l1_gas,
        l1_fee: U256::from(l1_gas).saturating_mul(U256::from(price)),
    })
}

fn access_list(tx: &Tx) -> AccessList {
    let items = tx
        .access_list
        .iter()
        .map(|(address, slots)| AccessListItem {
            address: *address,
            storage_keys: slots.clone(),
        });
    AccessList(items.collect())
}

fn context(env: &Env, state: State, block: &Block, prepared: Prepared, mode: Mode) -> Ctx {
    let base_fee = u64::try_from(block.base_fee).unwrap_or(u64::MAX);
    let mut cfg = CfgEnv::new_with_spec(SPEC);
    cfg.chain_id = env.config.chain_id;
    cfg.tx_gas_limit_cap = Some(TX_GAS_MAX);
    cfg.limit_contract_code_size = usize::try_from(env.config.stylus.max_code_size).ok();
    // The prefix is checked where creations end; calldata has no floor price on Arbitrum.
    cfg.disable_eip3541 = true;
    cfg.disable_eip7623 = true;
    if mode == Mode::Call {
        cfg.disable_base_fee = true;
        cfg.disable_nonce_check = true;
    }
    cfg.disable_eip3607 = mode == Mode::Call || prepared.from_contract;
    let scope = TxScope {
        block_number: block.number,
        l1_fee: prepared.l1_fee,
        base_fee: block.base_fee,
        tracer: Tracer::new(env.config.frame_data_max),
        ..TxScope::default()
    };
    let block = BlockEnv {
        number: U256::from(block.l1_number),
        beneficiary: SEQUENCER,
        timestamp: U256::from(block.time),
        gas_limit: BLOCK_GAS_LIMIT,
        basefee: base_fee,
        difficulty: U256::from(1),
        prevrandao: Some(B256::with_last_byte(1)),
        blob_excess_gas_and_price: Some(BlobExcessGasAndPrice::new(0, 1)),
        slot_num: 0,
    };
    let mut ctx: Ctx =
        Context::<BlockEnv, TxEnv, CfgEnv, State, Journal<State>, TxScope>::new(state, SPEC);
    ctx.block = block;
    ctx.tx = prepared.tx;
    ctx.cfg = cfg;
    ctx.chain = scope;
    ctx
}

fn fill(receipt: &mut Receipt, result: ExecutionResult) {
    receipt.gas_used = result.tx_gas_used().saturating_add(receipt.l1_gas);
    receipt.refunded = result.gas().final_refunded();
    match result {
        ExecutionResult::Success { logs, output, .. } => {
            receipt.logs = logs;
            receipt.output = output.data().clone();
            if let Output::Create(_, created) = output {
                receipt.contract = created;
            }
        }
        ExecutionResult::Revert { output, .. } => {
            receipt.status = Status::Revert;
            receipt.output = output;
        }
        ExecutionResult::Halt { reason, .. } => {
            // The root frame knows more than the EVM does.
            let root = receipt.frames.first().map(|frame| &frame.status);
            receipt.status = match (root, reason) {
                (Some(FrameStatus::Halt(halt)), _) => Status::Halt(halt.clone()),
                (_, HaltReason::OutOfGas(OutOfGasError::Basic)) => Status::Halt(Halt::OutOfGas),
                (_, reason) => Status::Halt(Halt::Other(format!("{reason:?}"))),
            };
        }
    }
}

fn invalid(error: EVMError<std::convert::Infallible>) -> TxError {
    let EVMError::Transaction(error) = error else {
        return TxError::Other(error.to_string());
    };
    match error {
        InvalidTransaction::CallGasCostMoreThanGasLimit {
            initial_gas,
            gas_limit,
        } => TxError::IntrinsicGas {
            need: initial_gas,
            limit: gas_limit,
        },
        InvalidTransaction::RejectCallerWithCode => TxError::SenderIsContract,
        other => TxError::Other(other.to_string()),
    }
}
