//! Programs ready to run, kept by the hash of their metered module. (Not by codehash: the code of a program in fragments
//! only names addresses.)

use std::{collections::VecDeque, fmt, sync::Arc};

use alloy_primitives::{Address, B256, keccak256};
use revm::context::JournalTr;
use stylus_rules::{Params, ProgramInfo, code, pricing::activation};
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
    compiled: VecDeque<Arc<Compiled>>,
    /// Compilations so far.
    pub(crate) compilations: u64,
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
            compilations: 0,
        }
    }
}

impl Modules {
    /// Checks and compiles a program; `None` if it breaks a rule.
    pub(crate) fn compile(&mut self, wasm: &[u8], params: &Params) -> Option<Arc<Compiled>> {
        let program = stylus_rules::activate(wasm, params).ok()?;
        let hash = keccak256(&program.instrumented);
        if let Some(known) = self.get(hash) {
            return Some(known);
        }
        self.compilations += 1;
        let module = Module::new(&self.engine, &program.instrumented[..]).ok()?;
        let compiled = Arc::new(Compiled {
            module,
            linker: Arc::clone(&self.linker),
            info: program.info,
            hash,
        });
        if self.compiled.len() == MODULES_MAX {
            self.compiled.pop_front();
        }
        self.compiled.push_back(Arc::clone(&compiled));
        Some(compiled)
    }

    /// A program compiled earlier.
    pub(crate) fn get(&mut self, hash: B256) -> Option<Arc<Compiled>> {
        let at = self.compiled.iter().rposition(|known| known.hash == hash)?;
        let compiled = self.compiled.remove(at)?;
        self.compiled.push_back(Arc::clone(&compiled));
        Some(compiled)
    }
}

/// A program's module, and the gas of fetching what its code does not hold itself.
pub(crate) struct Source {
    pub(crate) wasm: Vec<u8>,
    pub(crate) fetch_gas: u64,
}

/// The module in a program's code, fragments fetched; `None` if there is none.
pub(crate) fn source(ctx: &mut Ctx, code: &[u8], params: &Params) -> Option<Source> {
    if !code.starts_with(&code::ROOT_PREFIX) {
        let wasm = code::decode(code, params).ok()?;
        return Some(Source { wasm, fetch_gas: 0 });
    }
    let code::Kind::Root(root) = code::parse(code).ok()? else {
        return None;
    };
    if root.fragments.len() > usize::from(params.max_fragments) {
        return None;
    }
    let mut fragments = Vec::with_capacity(root.fragments.len());
    let mut fetch_gas = 0;
    for fragment in root.fragments {
        let journal = &mut ctx.journaled_state;
        let account = journal.load_account_with_code(Address::from(*fragment));
        let account = account.ok()?;
        let code = account.data.info.code.as_ref()?.original_bytes();
        fetch_gas += activation::fragment_gas(code.len() as u64, account.is_cold);
        fragments.push(code);
    }
    let fragments: Vec<&[u8]> = fragments.iter().map(|code| code.as_ref()).collect();
    let wasm = code::assemble(&root, &fragments, params).ok()?;
    Some(Source { wasm, fetch_gas })
}
