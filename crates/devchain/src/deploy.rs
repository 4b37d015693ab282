//! Deploying contracts and programs.

use std::fmt;

use alloy_primitives::{Address, Bytes, U256};
use alloy_sol_types::SolCall;
use stylus_rules::{CodeError, ProgramInfo, Violation};

use crate::{
    arbos::{self, abi::ArbWasm},
    chain::Chain,
    receipt::{Receipt, Status},
    tx::Tx,
};

/// Why a deployment failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeployError {
    /// The module breaks a rule of activation.
    Invalid(Violation),
    /// The module does not fit into a contract's code.
    Code(CodeError),
    /// The creating transaction failed.
    Create(Status, Bytes),
    /// The activating transaction failed.
    Activate(Status, Bytes),
}

impl fmt::Display for DeployError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(violation) => write!(f, "invalid program: {violation}"),
            Self::Code(error) => write!(f, "code: {error}"),
            Self::Create(status, output) => write!(f, "creation {status}: {output}"),
            Self::Activate(status, output) => write!(f, "activation {status}: {output}"),
        }
    }
}

impl std::error::Error for DeployError {}

impl From<Violation> for DeployError {
    fn from(violation: Violation) -> Self {
        Self::Invalid(violation)
    }
}

impl From<CodeError> for DeployError {
    fn from(error: CodeError) -> Self {
        Self::Code(error)
    }
}

/// A deployed program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StylusDeployment {
    /// Its address.
    pub address: Address,
    /// Bytes of its code, prefix included; of a program in fragments those of the fragments and the root together.
    pub code_size: usize,
    /// The fragments' addresses, in order; none for a program in one piece.
    pub fragments: Vec<Address>,
    /// Gas of the creating transactions.
    pub create_gas: u64,
    /// Gas of the activating transaction; 0 if the same code was active already.
    pub activate_gas: u64,
    /// Wei paid for activation.
    pub data_fee: U256,
    /// What the chain recorded.
    pub info: ProgramInfo,
}

pub(crate) fn contract(
    chain: &mut Chain,
    from: Address,
    init_code: Bytes,
) -> Result<Address, DeployError> {
    let (address, _) = create(chain, from, init_code)?;
    Ok(address)
}

fn create(
    chain: &mut Chain,
    from: Address,
    init_code: Bytes,
) -> Result<(Address, Receipt), DeployError> {
    let receipt = chain.send(Tx::create(from, init_code));
    match receipt.contract {
        Some(address) if receipt.is_success() => Ok((address, receipt)),
        _ => Err(DeployError::Create(receipt.status, receipt.output)),
    }
}

/// What the accounts of one program have cost so far.
#[derive(Default)]
struct Pieces {
    fragments: Vec<Address>,
    size: usize,
    gas: u64,
}

impl Pieces {
    fn create(
        &mut self,
        chain: &mut Chain,
        from: Address,
        code: &[u8],
    ) -> Result<Address, DeployError> {
        let (address, receipt) = create(chain, from, stylus_rules::code::init_code(code)?.into())?;
        self.size += code.len();
        self.gas += receipt.gas_used;
        Ok(address)
    }
}

pub(crate) fn program(
    chain: &mut Chain,
    from: Address,
    wasm: &[u8],
) -> Result<StylusDeployment, DeployError> {
    let params = chain.config().stylus;
    let program = stylus_rules::activate(wasm, &params)?;
    let mut pieces = Pieces::default();
    let whole = stylus_rules::code::encode(wasm)?;
    let code = match stylus_rules::code::check_size(&whole, &params) {
        Ok(()) => whole,
        Err(too_large) if params.max_fragments == 0 => return Err(too_large.into()),
        Err(_) => {
            for fragment in stylus_rules::code::split(wasm, &params)? {
                let address = pieces.create(chain, from, &fragment)?;
                pieces.fragments.push(address);
            }
            let addresses: Vec<[u8; 20]> = pieces.fragments.iter().map(|at| at.0.0).collect();
            // `split` refused modules beyond `max_wasm_size`, a `u32`.
            let length = u32::try_from(wasm.len()).unwrap_or(u32::MAX);
            stylus_rules::code::root(length, &addresses)
        }
    };
    let address = pieces.create(chain, from, &code)?;
    let mut deployment = StylusDeployment {
        address,
        code_size: pieces.size,
        fragments: pieces.fragments,
        create_gas: pieces.gas,
        activate_gas: 0,
        data_fee: U256::ZERO,
        info: program.info,
    };
    if is_active(chain, address) {
        return Ok(deployment);
    }
    let before = chain.balance(from);
    let call = ArbWasm::activateProgramCall { program: address };
    // The excess comes back.
    let value = before / U256::from(2);
    let receipt = chain.send(Tx::call(from, arbos::ARB_WASM, call.abi_encode()).value(value));
    if !receipt.is_success() {
        return Err(DeployError::Activate(receipt.status, receipt.output));
    }
    let fee = ArbWasm::activateProgramCall::abi_decode_returns(&receipt.output);
    deployment.data_fee = fee.map(|returned| returned.dataFee).unwrap_or_default();
    deployment.activate_gas = receipt.gas_used;
    Ok(deployment)
}

fn is_active(chain: &Chain, program: Address) -> bool {
    let call = ArbWasm::programVersionCall { program };
    chain
        .call(Tx::call(Address::ZERO, arbos::ARB_WASM, call.abi_encode()))
        .is_success()
}
