//! The rules of activation: what a module may consist of, import, export and hold.

use std::collections::BTreeSet;

use wasmparser::{
    ConstExpr, Data, DataKind, Element, ElementItems, ElementKind, ExternalKind, FuncType, Global,
    Import, KnownCustom, Name, Operator, Parser, Payload, RefType, SectionLimited, TypeRef,
    ValType, ValidPayload, Validator, WasmFeatures,
};

use crate::body::{self, Body};
use crate::hooks::{self, Hook, Int, PAY_FOR_MEMORY_GROW};
use crate::limits::{
    INSTRUMENTATION_GLOBALS, MAX_DATA_SEGMENTS, MAX_ELEMENT_BYTES, MAX_ELEMENT_SEGMENTS,
    MAX_EXPORTS, MAX_FUNCTIONS, MAX_GLOBALS, MAX_IMPORTS, MAX_INITIAL_PAGES, MAX_MEMORIES,
    MAX_NAME_BYTES, MAX_TABLE_ENTRIES, PAGE_BYTES, Params,
};
use crate::pricing::entry::Measures;
use crate::violation::Violation;
use crate::{ENTRYPOINT, MEMORY};

/// Names that begin so belong to instrumentation.
const RESERVED_PREFIX: &str = "stylus";

/// The validator's complaint as a violation.
pub(crate) fn malformed(error: wasmparser::Error) -> Violation {
    Violation::Malformed {
        offset: error.offset(),
        message: error.message().to_string(),
    }
}

/// For a type of a feature that is off, should the validator ever let one through.
pub(crate) fn malformed_type() -> Violation {
    Violation::Malformed {
        offset: 0,
        message: "a type of a feature that is off".to_owned(),
    }
}

/// The types of a module's functions.
#[derive(Debug, Default)]
pub(crate) struct Signatures {
    types: Vec<FuncType>,
    /// Type of each imported function, then of each body.
    functions: Vec<u32>,
    imports: u32,
    /// Whether blocks may have parameters and several results.
    pub multi_value: bool,
}

impl Signatures {
    /// Imported functions.
    pub fn imports(&self) -> u32 {
        self.imports
    }

    /// The type of that index.
    pub fn ty(&self, index: u32) -> Option<&FuncType> {
        self.types.get(index as usize)
    }

    /// Parameters of a type.
    pub fn params(&self, index: u32) -> u64 {
        self.ty(index).map_or(0, |ty| ty.params().len() as u64)
    }

    fn function(&self, index: u32) -> Option<&FuncType> {
        self.ty(*self.functions.get(index as usize)?)
    }
}

/// A section as it stands in the module: how many entries, and their bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Entries<'a> {
    pub count: u32,
    pub bytes: &'a [u8],
}

/// A valid module, taken apart as far as instrumentation needs it.
#[derive(Debug, Default)]
pub(crate) struct Module<'a> {
    pub signatures: Signatures,
    pub types: Entries<'a>,
    pub imports: Entries<'a>,
    pub functions: Entries<'a>,
    pub tables: Entries<'a>,
    pub memories: Entries<'a>,
    pub globals: Entries<'a>,
    pub elements: Entries<'a>,
    pub data: Entries<'a>,
    pub bodies: Vec<Body<'a>>,
    /// Index of `user_entrypoint`.
    pub entrypoint: u32,
    /// Index of the imported `pay_for_memory_grow`.
    pub pay_for_growth: Option<u32>,
    pub measures: Measures,
    import_names: BTreeSet<&'a str>,
    table_sizes: Vec<u64>,
    memory: Option<(u64, Option<u64>)>,
    has_entrypoint: bool,
    exports_memory: bool,
}

/// The WebAssembly features that are on.
fn features(params: &Params) -> WasmFeatures {
    let mut features = WasmFeatures::WASM1
        | WasmFeatures::SIGN_EXTENSION
        | WasmFeatures::SATURATING_FLOAT_TO_INT
        | WasmFeatures::BULK_MEMORY;
    features.set(WasmFeatures::MULTI_VALUE, params.multi_value);
    features
}

/// Checks a module against every rule but those on its size and price.
pub(crate) fn validate<'a>(wasm: &'a [u8], params: &Params) -> Result<Module<'a>, Violation> {
    let features = features(params);
    let mut parser = Parser::new(0);
    // The parser is more liberal than the rules, so that padded table indices are told from damage.
    parser.set_features(features | WasmFeatures::CALL_INDIRECT_OVERLONG);
    let mut validator = Validator::new_with_features(features);
    let mut module = Module::default();
    module.signatures.multi_value = params.multi_value;
    for payload in parser.parse_all(wasm) {
        let payload = payload.map_err(malformed)?;
        module.section(wasm, &payload, params)?;
        if let ValidPayload::Func(function, body) =
            validator.payload(&payload).map_err(malformed)?
        {
            let paid = module.pay_for_growth.is_some();
            let body = body::scan(wasm, function, &body, &module.signatures, paid)?;
            module.bodies.push(body);
        }
    }
    module.complete(wasm)?;
    Ok(module)
}

fn entries<'a, T>(wasm: &'a [u8], section: &SectionLimited<'a, T>) -> Entries<'a> {
    let range = section.range();
    let position = |offset: u64| usize::try_from(offset).unwrap_or(usize::MAX);
    let bytes = wasm
        .get(position(range.start)..position(range.end))
        .unwrap_or_default();
    // The count comes first, a number that ends at the first byte below 128.
    let count_len = bytes
        .iter()
        .take_while(|&&byte| byte >= 0x80)
        .count()
        .saturating_add(1);
    Entries {
        count: section.count(),
        bytes: bytes.get(count_len..).unwrap_or_default(),
    }
}

impl<'a> Module<'a> {
    /// Checks a section before the validator sees it, so that a rule with a name is named.
    fn section(
        &mut self,
        wasm: &'a [u8],
        payload: &Payload<'a>,
        params: &Params,
    ) -> Result<(), Violation> {
        match payload {
            Payload::TypeSection(section) => {
                self.types = entries(wasm, section);
                self.type_section(section.clone())
            }
            Payload::ImportSection(section) => {
                self.imports = entries(wasm, section);
                section
                    .clone()
                    .into_imports()
                    .try_for_each(|import| self.import(import.map_err(malformed)?))
            }
            Payload::FunctionSection(section) => {
                self.functions = entries(wasm, section);
                self.function_section(section.clone())
            }
            Payload::TableSection(section) => {
                self.tables = entries(wasm, section);
                self.table_section(section.clone())
            }
            Payload::MemorySection(section) => {
                self.memories = entries(wasm, section);
                self.memory_section(section.clone(), params)
            }
            Payload::GlobalSection(section) => {
                self.globals = entries(wasm, section);
                self.global_section(section.clone())
            }
            Payload::ExportSection(section) => self.export_section(section.clone()),
            Payload::ElementSection(section) => {
                self.elements = entries(wasm, section);
                self.element_section(section.clone())
            }
            Payload::DataSection(section) => {
                self.data = entries(wasm, section);
                self.data_section(section.clone())
            }
            Payload::CustomSection(section) => match section.as_known() {
                KnownCustom::Name(names) => names.into_iter().try_for_each(check_name),
                _ => Ok(()),
            },
            Payload::StartSection { .. } => Err(Violation::StartFunction),
            Payload::DataCountSection { .. } => Err(Violation::DataCountSection),
            Payload::TagSection(_) => Err(Violation::UnsupportedSection { id: 13 }),
            Payload::UnknownSection { id, .. } => Err(Violation::UnsupportedSection { id: *id }),
            // The frame of the module; function bodies are looked at with the validator's help.
            _ => Ok(()),
        }
    }

    fn type_section(
        &mut self,
        section: wasmparser::TypeSectionReader<'a>,
    ) -> Result<(), Violation> {
        let offset = section.range().start;
        for ty in section.into_iter_err_on_gc_types() {
            let ty = ty.map_err(malformed)?;
            if ty.results().len() > 1 && !self.signatures.multi_value {
                return Err(Violation::MultiValue { offset });
            }
            self.signatures.types.push(ty);
        }
        Ok(())
    }

    fn import(&mut self, import: Import<'a>) -> Result<(), Violation> {
        let name = import.name;
        if import.module != hooks::MODULE {
            return Err(Violation::ForeignImport {
                module: import.module.to_owned(),
                name: name.to_owned(),
            });
        }
        if name.starts_with(RESERVED_PREFIX) {
            return Err(Violation::ReservedName {
                name: name.to_owned(),
            });
        }
        let TypeRef::Func(type_index) = import.ty else {
            return Err(Violation::ImportNotFunction {
                name: name.to_owned(),
            });
        };
        let hook = hooks::find(name).ok_or_else(|| Violation::UnknownHook {
            name: name.to_owned(),
        })?;
        // An unknown type is the validator's to refuse.
        if let Some(ty) = self.signatures.ty(type_index) {
            check_hook(hook, ty)?;
        }
        let index = self.signatures.imports;
        if name == PAY_FOR_MEMORY_GROW {
            self.pay_for_growth = Some(index);
        }
        self.signatures.imports = index.saturating_add(1);
        self.signatures.functions.push(type_index);
        self.import_names.insert(name);
        at_most(
            self.signatures.functions.len(),
            MAX_IMPORTS,
            |count, max| Violation::TooManyImports { count, max },
        )
    }

    fn function_section(&mut self, section: SectionLimited<'a, u32>) -> Result<(), Violation> {
        let count = section.count() as usize;
        at_most(count, MAX_FUNCTIONS, |count, max| {
            Violation::TooManyFunctions { count, max }
        })?;
        for type_index in section {
            let type_index = type_index.map_err(malformed)?;
            if let Some(ty) = self.signatures.ty(type_index) {
                let values = ty.params().len().saturating_add(ty.results().len()) as u64;
                self.measures.types = self.measures.types.saturating_add(values);
            }
            self.signatures.functions.push(type_index);
        }
        self.measures.functions = count as u64;
        Ok(())
    }

    fn table_section(
        &mut self,
        section: wasmparser::TableSectionReader<'a>,
    ) -> Result<(), Violation> {
        let mut entries = 0_u64;
        for (index, table) in (0_u32..).zip(section) {
            let ty = table.map_err(malformed)?.ty;
            if ty.element_type != RefType::FUNCREF {
                return Err(Violation::NotAFunctionTable { index });
            }
            entries = entries.saturating_add(ty.initial);
            self.table_sizes.push(ty.initial);
        }
        if entries > MAX_TABLE_ENTRIES {
            return Err(Violation::TablesTooLarge {
                entries,
                max: MAX_TABLE_ENTRIES,
            });
        }
        Ok(())
    }

    fn memory_section(
        &mut self,
        section: SectionLimited<'a, wasmparser::MemoryType>,
        params: &Params,
    ) -> Result<(), Violation> {
        at_most(section.count() as usize, MAX_MEMORIES, |count, max| {
            Violation::TooManyMemories { count, max }
        })?;
        for memory in section {
            let memory = memory.map_err(malformed)?;
            let (pages, max) = (
                memory.initial,
                MAX_INITIAL_PAGES.min(u64::from(params.page_limit)),
            );
            if pages > max {
                return Err(Violation::MemoryTooLarge { pages, max });
            }
            if memory.maximum != Some(pages) && self.pay_for_growth.is_none() {
                return Err(Violation::UnpaidGrowth {
                    initial: pages,
                    maximum: memory.maximum,
                });
            }
            self.memory = Some((pages, memory.maximum));
            self.measures.footprint = pages;
        }
        Ok(())
    }

    fn global_section(&mut self, section: SectionLimited<'a, Global<'a>>) -> Result<(), Violation> {
        let count = section.count() as usize;
        at_most(count, MAX_GLOBALS, |count, max| Violation::TooManyGlobals {
            count,
            max,
        })?;
        for global in section {
            constant(&global.map_err(malformed)?.init_expr)?;
        }
        Ok(())
    }

    fn export_section(
        &mut self,
        section: SectionLimited<'a, wasmparser::Export<'a>>,
    ) -> Result<(), Violation> {
        at_most(section.count() as usize, MAX_EXPORTS, |count, max| {
            Violation::TooManyExports { count, max }
        })?;
        for export in section {
            let export = export.map_err(malformed)?;
            let name = export.name;
            at_most(name.len(), MAX_NAME_BYTES, |len, max| {
                Violation::ExportNameTooLong { len, max }
            })?;
            if name.starts_with(RESERVED_PREFIX) {
                return Err(Violation::ReservedName {
                    name: name.to_owned(),
                });
            }
            if self.import_names.contains(name) {
                return Err(Violation::ExportShadowsImport {
                    name: name.to_owned(),
                });
            }
            match (name, export.kind) {
                (ENTRYPOINT, ExternalKind::Func) => {
                    self.entrypoint = export.index;
                    self.has_entrypoint = true;
                }
                (MEMORY, ExternalKind::Memory) => self.exports_memory = true,
                _ => {}
            }
        }
        Ok(())
    }

    fn element_section(
        &mut self,
        section: SectionLimited<'a, Element<'a>>,
    ) -> Result<(), Violation> {
        let count = section.count() as usize;
        at_most(count, MAX_ELEMENT_SEGMENTS, |count, max| {
            Violation::TooManyElementSegments { count, max }
        })?;
        for (index, element) in section.into_iter().enumerate() {
            let element = element.map_err(malformed)?;
            let offset = element.range.start;
            let ElementKind::Active {
                table_index,
                offset_expr,
            } = element.kind
            else {
                return Err(Violation::SegmentNotActive { offset });
            };
            let ElementItems::Functions(items) = element.items else {
                return Err(Violation::ElementExpressions { offset });
            };
            let end = u64::from(constant(&offset_expr)?).saturating_add(u64::from(items.count()));
            // An unknown table is the validator's to refuse.
            if let Some(&table) = self.table_sizes.get(table_index.unwrap_or(0) as usize)
                && end > table
            {
                return Err(Violation::ElementOutOfBounds { index, end, table });
            }
            let bytes = element.range.end.saturating_sub(offset);
            self.measures.element_bytes = self.measures.element_bytes.saturating_add(bytes);
        }
        let bytes = self.measures.element_bytes;
        if bytes > MAX_ELEMENT_BYTES {
            return Err(Violation::ElementsTooLarge {
                bytes,
                max: MAX_ELEMENT_BYTES,
            });
        }
        Ok(())
    }

    fn data_section(&mut self, section: SectionLimited<'a, Data<'a>>) -> Result<(), Violation> {
        let count = section.count() as usize;
        at_most(count, MAX_DATA_SEGMENTS, |count, max| {
            Violation::TooManyDataSegments { count, max }
        })?;
        let memory = self.measures.footprint.saturating_mul(PAGE_BYTES);
        for (index, data) in section.into_iter().enumerate() {
            let data = data.map_err(malformed)?;
            let DataKind::Active { offset_expr, .. } = &data.kind else {
                return Err(Violation::SegmentNotActive {
                    offset: data.range.start,
                });
            };
            let end = u64::from(constant(offset_expr)?).saturating_add(data.data.len() as u64);
            if end > memory {
                return Err(Violation::DataOutOfBounds { index, end, memory });
            }
            let bytes = data.range.end.saturating_sub(data.range.start);
            self.measures.data_bytes = self.measures.data_bytes.saturating_add(bytes);
        }
        Ok(())
    }

    /// What can only be said of the module as a whole.
    fn complete(&mut self, wasm: &[u8]) -> Result<(), Violation> {
        if self.memory.is_none() {
            return Err(Violation::NoMemory);
        }
        if !self.exports_memory {
            return Err(Violation::MemoryNotExported);
        }
        if !self.has_entrypoint {
            return Err(Violation::NoEntrypoint);
        }
        let ty = self
            .signatures
            .function(self.entrypoint)
            .ok_or(Violation::NoEntrypoint)?;
        if (ty.params(), ty.results()) != (&[ValType::I32][..], &[ValType::I32][..]) {
            return Err(Violation::EntrypointType {
                found: describe(ty.params(), ty.results()),
            });
        }
        self.measures.wasm_len = wasm.len() as u64;
        self.measures.globals =
            u64::from(self.globals.count).saturating_add(INSTRUMENTATION_GLOBALS);
        self.measures.opcodes = self
            .bodies
            .iter()
            .fold(0, |sum, body| sum.saturating_add(body.opcodes));
        Ok(())
    }
}

fn at_most(
    count: usize,
    max: usize,
    violation: impl FnOnce(usize, usize) -> Violation,
) -> Result<(), Violation> {
    if count > max {
        Err(violation(count, max))
    } else {
        Ok(())
    }
}

fn check_name(name: wasmparser::Result<Name<'_>>) -> Result<(), Violation> {
    match name.map_err(malformed)? {
        Name::Module { name, .. } => at_most(name.len(), MAX_NAME_BYTES, |len, max| {
            Violation::ModuleNameTooLong { len, max }
        }),
        _ => Ok(()),
    }
}

fn check_hook(hook: &Hook, ty: &FuncType) -> Result<(), Violation> {
    let expected = (values(hook.params), values(hook.results));
    if (ty.params(), ty.results()) == (&expected.0, &expected.1) {
        return Ok(());
    }
    Err(Violation::HookType {
        name: hook.name.to_owned(),
        expected: describe(&expected.0, &expected.1),
        found: describe(ty.params(), ty.results()),
    })
}

fn values(ints: &[Int]) -> Vec<ValType> {
    let value = |int: &Int| match int {
        Int::I32 => ValType::I32,
        Int::I64 => ValType::I64,
    };
    ints.iter().map(value).collect()
}

/// A function type in words, e.g. `(i32, i64) -> (i32)`.
fn describe(params: &[ValType], results: &[ValType]) -> String {
    let list = |types: &[ValType]| {
        types
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(", ")
    };
    format!("({}) -> ({})", list(params), list(results))
}

/// The value of a constant as the unsigned 32 bits that place a segment; 0 for constants of other types, whose use
/// there the validator refuses.
fn constant(expr: &ConstExpr<'_>) -> Result<u32, Violation> {
    let mut reader = expr.get_operators_reader();
    let offset = reader.original_position();
    let value = match reader.read().map_err(malformed)? {
        Operator::I32Const { value } => value.cast_unsigned(),
        Operator::I64Const { .. } | Operator::F32Const { .. } | Operator::F64Const { .. } => 0,
        _ => return Err(Violation::NotConstant { offset }),
    };
    match reader.read().map_err(malformed)? {
        Operator::End => Ok(value),
        _ => Err(Violation::NotConstant { offset }),
    }
}
