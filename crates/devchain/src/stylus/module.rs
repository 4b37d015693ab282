//! Programs ready to run, kept by codehash.

use std::{collections::VecDeque, fmt, sync::Arc};

use alloy_primitives::{Address, B256, keccak256};
use revm::context::JournalTr;
use stylus_rules::{Params, ProgramInfo, code};
use wasmi::{CompilationMode, Engine, Linker, Module};

use super::hooks::{self, Host};
use crate::{
    evm::Ctx,
    limits::{INTERPRETER_CALLS, INTERPRETER_STACK_BYTES, MODULES_MAX},
};

/// A program that passed the rules, compiled.
pub(crate) struct Compiled {
    pub(crate) module: Module,
    pub(crate) linker: Arc<Linker<Host>>,
    pub(crate) info: ProgramInfo,
    pub(crate) hash: B256,
}

/// The compiled programs used last.
pub(crate) struct Modules {
    engine: Engine,
    linker: Arc<Linker<Host>>,
    /// Most recently used last.
    compiled: VecDeque<(B256, Arc<Compiled>)>,
}

impl fmt::Debug for Modules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Modules({})", self.compiled.len())
    }
}

impl Default for Modules {
    fn default() -> Self {
        let mut config = wasmi::Config::default();
        config
            .set_max_recursion_depth(INTERPRETER_CALLS)
            .set_max_stack_height(INTERPRETER_STACK_BYTES)
            .compilation_mode(CompilationMode::LazyTranslation)
            .ignore_custom_sections(true);
        let engine = Engine::new(&config);
        let linker = Arc::new(hooks::linker(&engine));
        Self {
            engine,
            linker,
            compiled: VecDeque::new(),
        }
    }
}

impl Modules {
    /// Checks and compiles a program; `None` if it breaks a rule.
    pub(crate) fn compile(
        &mut self,
        codehash: B256,
        wasm: &[u8],
        params: &Params,
    ) -> Option<Arc<Compiled>> {
        if let Some(known) = self.get(codehash) {
            return Some(known);
        }
        let program = stylus_rules::activate(wasm, params).ok()?;
        let module = Module::new(&self.engine, &program.instrumented[..]).ok()?;
        let compiled = Arc::new(Compiled {
            module,
            linker: Arc::clone(&self.linker),
            info: program.info,
            hash: keccak256(&program.instrumented),
        });
        if self.compiled.len() == MODULES_MAX {
            self.compiled.pop_front();
        }
        self.compiled.push_back((codehash, Arc::clone(&compiled)));
        Some(compiled)
    }

    /// A program compiled earlier.
    pub(crate) fn get(&mut self, codehash: B256) -> Option<Arc<Compiled>> {
        let at = self
            .compiled
            .iter()
            .rposition(|(known, _)| *known == codehash)?;
        let entry = self.compiled.remove(at)?;
        let compiled = Arc::clone(&entry.1);
        self.compiled.push_back(entry);
        Some(compiled)
    }
}

/// The module in a program's code, fragments fetched; `None` if there is none.
pub(crate) fn wasm(ctx: &mut Ctx, code: &[u8], params: &Params) -> Option<Vec<u8>> {
    if !code.starts_with(&code::ROOT_PREFIX) {
        return code::decode(code, params).ok();
    }
    let code::Kind::Root(root) = code::parse(code).ok()? else {
        return None;
    };
    let mut fragments = Vec::with_capacity(root.fragments.len());
    for fragment in root.fragments {
        let account = ctx
            .journaled_state
            .load_account_with_code(Address::from(*fragment));
        let code = account.ok()?.data.info.code.as_ref()?.original_bytes();
        fragments.push(code);
    }
    let fragments: Vec<&[u8]> = fragments.iter().map(|code| code.as_ref()).collect();
    code::assemble(&root, &fragments, params).ok()
}
