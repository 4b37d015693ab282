//! Why a module is refused.

/// The rule a module breaks. Offsets are bytes from the start of the module; functions are counted from the first
/// body, imports not included.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// Longer than the chain accepts, uncompressed.
    #[error("the module has {len} bytes, the chain accepts {max}")]
    WasmTooLarge {
        /// Bytes of the module.
        len: usize,
        /// Bytes accepted.
        max: u32,
    },
    /// Not valid WebAssembly with the features that are on.
    #[error("invalid module at byte {offset}: {message}")]
    Malformed {
        /// Where.
        offset: u64,
        /// The validator's words.
        message: String,
    },
    /// A data count section, which the node's parser does not know. wasm-opt writes one with bulk memory on.
    #[error("a data count section is not accepted")]
    DataCountSection,
    /// A section of a kind that is not accepted.
    #[error("section {id} is not accepted")]
    UnsupportedSection {
        /// The section's id.
        id: u8,
    },
    /// A start function.
    #[error("a start function is not accepted")]
    StartFunction,
    /// Several results where the chain accepts one (ArbOS 60).
    #[error("several results at byte {offset}: multi-value is not accepted")]
    MultiValue {
        /// Where.
        offset: u64,
    },
    /// An import from another module than `vm_hooks`.
    #[error("import {module}.{name}: only vm_hooks may be imported from")]
    ForeignImport {
        /// Module of the import.
        module: String,
        /// Name of the import.
        name: String,
    },
    /// `vm_hooks` has no such function.
    #[error("vm_hooks has no function {name}")]
    UnknownHook {
        /// Name of the import.
        name: String,
    },
    /// An import that is no function.
    #[error("import {name} is no function")]
    ImportNotFunction {
        /// Name of the import.
        name: String,
    },
    /// A host function imported with the wrong type.
    #[error("host function {name} has type {expected}, the import says {found}")]
    HookType {
        /// The host function.
        name: String,
        /// Its type.
        expected: String,
        /// The import's type.
        found: String,
    },
    /// More imports than accepted.
    #[error("{count} imports, at most {max}")]
    TooManyImports {
        /// Imports found.
        count: usize,
        /// Imports accepted.
        max: usize,
    },
    /// More exports than accepted.
    #[error("{count} exports, at most {max}")]
    TooManyExports {
        /// Exports found.
        count: usize,
        /// Exports accepted.
        max: usize,
    },
    /// A name that instrumentation needs for itself.
    #[error("the name {name} is reserved")]
    ReservedName {
        /// The import's or export's name.
        name: String,
    },
    /// An export with the name of an import.
    #[error("{name} is both imported and exported")]
    ExportShadowsImport {
        /// The name.
        name: String,
    },
    /// An export name longer than accepted.
    #[error("an export name of {len} bytes, at most {max}")]
    ExportNameTooLong {
        /// Bytes of the name.
        len: usize,
        /// Bytes accepted.
        max: usize,
    },
    /// A module name (in the name section) longer than accepted.
    #[error("a module name of {len} bytes, at most {max}")]
    ModuleNameTooLong {
        /// Bytes of the name.
        len: usize,
        /// Bytes accepted.
        max: usize,
    },
    /// No function is exported as `user_entrypoint`.
    #[error("no function is exported as user_entrypoint")]
    NoEntrypoint,
    /// The entry point has the wrong type.
    #[error("user_entrypoint must be (i32) -> i32, found {found}")]
    EntrypointType {
        /// Its type.
        found: String,
    },
    /// The module defines no memory.
    #[error("the module defines no memory")]
    NoMemory,
    /// More memories than accepted.
    #[error("{count} memories, at most {max}")]
    TooManyMemories {
        /// Memories found.
        count: usize,
        /// Memories accepted.
        max: usize,
    },
    /// The memory is not exported as `memory`.
    #[error("the memory is not exported as \"memory\"")]
    MemoryNotExported,
    /// The memory starts with more pages than accepted.
    #[error("the memory starts with {pages} pages, at most {max}")]
    MemoryTooLarge {
        /// Initial pages.
        pages: u64,
        /// Pages accepted.
        max: u64,
    },
    /// The memory can grow, but the module does not import the function that pays for it.
    #[error("the memory can grow from {initial} pages, but pay_for_memory_grow is not imported")]
    UnpaidGrowth {
        /// Initial pages.
        initial: u64,
        /// Most pages, if the module bounds them.
        maximum: Option<u64>,
    },
    /// More function bodies than accepted.
    #[error("{count} functions, at most {max}")]
    TooManyFunctions {
        /// Bodies found.
        count: usize,
        /// Bodies accepted.
        max: usize,
    },
    /// More globals than accepted.
    #[error("{count} globals, at most {max}")]
    TooManyGlobals {
        /// Globals found.
        count: usize,
        /// Globals accepted.
        max: usize,
    },
    /// More data segments than accepted.
    #[error("{count} data segments, at most {max}")]
    TooManyDataSegments {
        /// Segments found.
        count: usize,
        /// Segments accepted.
        max: usize,
    },
    /// More element segments than accepted.
    #[error("{count} element segments, at most {max}")]
    TooManyElementSegments {
        /// Segments found.
        count: usize,
        /// Segments accepted.
        max: usize,
    },
    /// Element segments encoded in more bytes than accepted.
    #[error("element segments of {bytes} bytes, at most {max}")]
    ElementsTooLarge {
        /// Bytes of all segments.
        bytes: u64,
        /// Bytes accepted.
        max: u64,
    },
    /// More table entries than accepted.
    #[error("{entries} table entries, at most {max}")]
    TablesTooLarge {
        /// Initial entries of all tables.
        entries: u64,
        /// Entries accepted.
        max: u64,
    },
    /// A table of something else than functions.
    #[error("table {index} does not hold functions")]
    NotAFunctionTable {
        /// Index of the table.
        index: u32,
    },
    /// A global, table or segment is initialised by something else than a constant.
    #[error("the initialiser at byte {offset} is no constant")]
    NotConstant {
        /// Where.
        offset: u64,
    },
    /// A segment that is not placed at the start: passive or declared.
    #[error("the segment at byte {offset} is not active")]
    SegmentNotActive {
        /// Where.
        offset: u64,
    },
    /// An element segment of expressions in place of function indices.
    #[error("the element segment at byte {offset} holds expressions")]
    ElementExpressions {
        /// Where.
        offset: u64,
    },
    /// A data segment that ends beyond the memory.
    #[error("data segment {index} ends at {end}, the memory at {memory}")]
    DataOutOfBounds {
        /// Index of the segment.
        index: usize,
        /// Its end, in bytes.
        end: u64,
        /// The memory's initial size, in bytes.
        memory: u64,
    },
    /// An element segment that ends beyond its table.
    #[error("element segment {index} ends at {end}, the table at {table}")]
    ElementOutOfBounds {
        /// Index of the segment.
        index: usize,
        /// Its end, in entries.
        end: u64,
        /// The table's initial size.
        table: u64,
    },
    /// A floating-point opcode that computes, compares or converts.
    #[error("function {function}: floating-point opcode {opcode} at byte {offset}")]
    FloatOpcode {
        /// The function.
        function: u32,
        /// Where.
        offset: u64,
        /// The opcode.
        opcode: String,
    },
    /// An opcode of a feature that is off.
    #[error("function {function}: opcode {opcode} at byte {offset} is not accepted")]
    UnsupportedOpcode {
        /// The function.
        function: u32,
        /// Where.
        offset: u64,
        /// The opcode.
        opcode: String,
    },
    /// A `call_indirect` whose table index is not the single byte 0. Stock Rust and LLVM write five bytes; link with
    /// `-C link-arg=--compress-relocations -C link-arg=--strip-all`, or encode again with wasm-opt.
    #[error(
        "function {function}: the table index of the call_indirect at byte {offset} is not a single zero byte; link \
         with --compress-relocations and --strip-all"
    )]
    PaddedTableIndex {
        /// The function.
        function: u32,
        /// Where.
        offset: u64,
    },
    /// More declared locals than accepted.
    #[error("function {function}: {count} locals, at most {max}")]
    TooManyLocals {
        /// The function.
        function: u32,
        /// Locals found, parameters not counted.
        count: u64,
        /// Locals accepted.
        max: u64,
    },
    /// More opcodes than accepted, after instrumentation.
    #[error("function {function}: {count} opcodes after instrumentation, at most {max}")]
    TooManyOpcodes {
        /// The function.
        function: u32,
        /// Opcodes after instrumentation.
        count: u64,
        /// Opcodes accepted.
        max: u64,
    },
    /// A higher operand stack than accepted.
    #[error("function {function}: {height} operands at once, at most {max}")]
    StackTooHigh {
        /// The function.
        function: u32,
        /// Most operands at once.
        height: u64,
        /// Operands accepted.
        max: u64,
    },
    /// A larger stack frame than accepted. With the present bounds on operands and locals no frame gets there.
    #[error("function {function}: a frame of {words} words, at most {max}")]
    FrameTooLarge {
        /// The function.
        function: u32,
        /// Words of the frame.
        words: u64,
        /// Words accepted.
        max: u64,
    },
    /// The gas of entering the program does not fit its record.
    #[error("an entry cost of {gas} gas, at most 65535")]
    InitCostTooHigh {
        /// The cost, uncached.
        gas: u64,
    },
    /// The gas of entering the program from the cache does not fit its record.
    #[error("a cached entry cost of {gas} gas, at most 65535")]
    CachedCostTooHigh {
        /// The cost, cached.
        gas: u64,
    },
}

impl Violation {
    /// The variant's name: the rule, for tests and for output that programs read.
    #[must_use]
    pub fn rule(&self) -> String {
        let text = format!("{self:?}");
        text.chars()
            .take_while(|c| c.is_ascii_alphanumeric())
            .collect()
    }
}
