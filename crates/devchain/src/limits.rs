//! Every bound of this crate, in one place. What a *chain* bounds (code size, pages, ink) is in
//! [`stylus_rules::Params`]; these are the bounds of the machine that runs it.

/// Most gas one transaction may compute with (Nitro, ArbOS 50). A higher gas limit is allowed and the rest returned.
pub const TX_GAS_MAX: u64 = 32_000_000;

/// Gas limit that blocks report. The real bound is [`TX_GAS_MAX`].
pub const BLOCK_GAS_LIMIT: u64 = 1 << 50;

/// Longest calldata or init code of a transaction, in bytes. Nitro's sequencer takes 95 000 by default.
pub const CALLDATA_MAX: usize = 95_000;

/// Longest init code of a transaction, in bytes (EIP-3860).
pub const INIT_CODE_MAX: usize = 49_152;

/// Most frames a receipt records. Later frames still run, they are only not in the call tree.
pub const FRAMES_MAX: usize = 4_096;

/// Bytes of a frame's input, and of its output, that the call tree keeps unless
/// [`Config::frame_data_max`](crate::Config::frame_data_max) says otherwise.
pub const FRAME_DATA_MAX: usize = 1_024;

/// Bytes of input and output that one call tree keeps in all. What comes later is cut off: a call may pass the same
/// megabyte on again and again for next to nothing.
pub const TRACE_DATA_MAX: usize = 32 * 1024 * 1024;

/// Receipts a chain remembers; older ones are forgotten.
pub const RECEIPTS_MAX: usize = 8_192;

/// Snapshots a chain remembers; the oldest is forgotten first.
pub const SNAPSHOTS_MAX: usize = 1_024;

/// Compiled programs that are kept, most recently used first.
pub const MODULES_MAX: usize = 64;

/// Bytes of native stack a WASM frame wants before it starts; with less, it starts on a new segment.
pub const STACK_RED_ZONE: usize = 512 * 1024;

/// Bytes of a new segment of native stack.
pub const STACK_SEGMENT: usize = 8 * 1024 * 1024;

/// Values that the interpreter's own stack may hold. Far above what the metered stack budget (22 000 words) permits, so
/// that the budget always runs out first.
pub const INTERPRETER_STACK_BYTES: usize = 64 * 1024 * 1024;

/// Frames of the interpreter's own call stack, likewise.
pub const INTERPRETER_CALLS: usize = 300_000;
