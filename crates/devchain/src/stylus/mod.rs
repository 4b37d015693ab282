//! (stub)
pub(crate) mod hooks;
pub(crate) mod module;
use stylus_rules::Params;
use crate::evm::*;
pub(crate) fn run(_m: &mut Machine) -> Result<revm::interpreter::InterpreterAction, revm::context_interface::context::ContextError<std::convert::Infallible>> { unimplemented!() }
pub(crate) fn is_program(code: &[u8], params: &Params) -> bool { stylus_rules::code::is_program(code, params) }
pub(crate) fn may_be_deployed(code: &[u8], params: &Params) -> bool { stylus_rules::code::is_stylus_prefix(code, params) }
