//! Contract code that holds a program: prefix, dictionary byte, compressed module; whole or in fragments.

use std::io::Write;

use brotli::enc::StandardAlloc;

use crate::limits::{ADDRESS_BYTES, Params};

/// Prefix of a whole program.
pub const CLASSIC_PREFIX: [u8; 3] = [0xEF, 0xF0, 0x00];
/// Prefix of a fragment (ArbOS 60).
pub const FRAGMENT_PREFIX: [u8; 3] = [0xEF, 0xF0, 0x01];
/// Prefix of the root of a program in fragments (ArbOS 60).
pub const ROOT_PREFIX: [u8; 3] = [0xEF, 0xF0, 0x02];
/// Dictionary byte: none.
pub const NO_DICTIONARY: u8 = 0;
/// Dictionary byte: the Stylus program dictionary, which this crate does not carry.
pub const STYLUS_DICTIONARY: u8 = 1;

const QUALITY: i32 = 11;
const WINDOW: i32 = 22;

/// Why code cannot be made or read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CodeError {
    /// The code has no Stylus prefix, or nothing after it.
    #[error("not the code of a Stylus program")]
    NotStylus,
    /// Fragments on a chain without them.
    #[error("the chain knows no fragments")]
    NoFragments,
    /// A fragment where a program was asked for.
    #[error("a fragment is not a program of its own")]
    LoneFragment,
    /// A root where a whole program was asked for.
    #[error("the program is in fragments")]
    Fragmented,
    /// A dictionary that is not at hand.
    #[error("dictionary {0} is not at hand")]
    Dictionary(u8),
    /// The compressed stream is damaged or ends early.
    #[error("the compressed stream is damaged")]
    Stream,
    /// Bytes after the end of the compressed stream.
    #[error("{0} bytes after the end of the compressed stream")]
    TrailingBytes(usize),
    /// The module would be larger than the chain accepts.
    #[error("the module has more than {max} bytes")]
    WasmTooLarge {
        /// Bytes accepted.
        max: u32,
    },
    /// The code would be larger than the chain accepts.
    #[error("{len} bytes of code, the chain accepts {max}")]
    CodeTooLarge {
        /// Bytes of code.
        len: usize,
        /// Bytes accepted.
        max: u32,
    },
    /// More fragments than the chain accepts.
    #[error("{count} fragments, the chain accepts {max}")]
    TooManyFragments {
        /// Fragments needed.
        count: usize,
        /// Fragments accepted.
        max: u8,
    },
    /// The root's list of fragments is empty or not a whole number of addresses.
    #[error("the list of fragments has {0} bytes")]
    FragmentList(usize),
    /// Not as many fragments as the root names.
    #[error("{found} fragments given, the root names {expected}")]
    FragmentCount {
        /// Addresses in the root.
        expected: usize,
        /// Fragments given.
        found: usize,
    },
    /// The module's length is not what the root says.
    #[error("the module has {found} bytes, the root says {expected}")]
    WrongLength {
        /// Length in the root.
        expected: u32,
        /// Length of the module.
        found: usize,
    },
    /// The encoder failed.
    #[error("compression failed")]
    Compression,
}

/// What a piece of code is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind<'a> {
    /// A whole program.
    Classic {
        /// Which dictionary the stream refers to.
        dictionary: u8,
        /// The compressed module.
        stream: &'a [u8],
    },
    /// A slice of a compressed module.
    Fragment(&'a [u8]),
    /// The root of a program in fragments.
    Root(Root<'a>),
}

/// The root of a program in fragments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Root<'a> {
    /// Which dictionary the stream refers to.
    pub dictionary: u8,
    /// Bytes of the uncompressed module.
    pub wasm_len: u32,
    /// Addresses of the fragments, in order.
    pub fragments: &'a [[u8; ADDRESS_BYTES]],
}

/// Whether code with this prefix is a program that can be called: a whole one or, where the chain knows them, the
/// root of one in fragments.
#[must_use]
pub fn is_program(code: &[u8], params: &Params) -> bool {
    let root = params.max_fragments > 0 && code.starts_with(&ROOT_PREFIX);
    code.len() > CLASSIC_PREFIX.len() && (code.starts_with(&CLASSIC_PREFIX) || root)
}

/// Whether the chain lets this code be deployed although it starts with 0xEF (EIP-3541 is relaxed for Stylus).
#[must_use]
pub fn is_stylus_prefix(code: &[u8], params: &Params) -> bool {
    let fragment = params.max_fragments > 0 && code.starts_with(&FRAGMENT_PREFIX);
    is_program(code, params) || (fragment && code.len() > FRAGMENT_PREFIX.len())
}

/// Reads the prefix and what follows it.
///
/// # Errors
///
/// [`CodeError::NotStylus`], or what is wrong with a root's list of fragments.
pub fn parse(code: &[u8]) -> Result<Kind<'_>, CodeError> {
    let (prefix, rest) = code.split_first_chunk::<3>().ok_or(CodeError::NotStylus)?;
    match *prefix {
        CLASSIC_PREFIX => {
            let (&dictionary, stream) = rest.split_first().ok_or(CodeError::NotStylus)?;
            Ok(Kind::Classic { dictionary, stream })
        }
        FRAGMENT_PREFIX if !rest.is_empty() => Ok(Kind::Fragment(rest)),
        ROOT_PREFIX => parse_root(rest).map(Kind::Root),
        _ => Err(CodeError::NotStylus),
    }
}

fn parse_root(rest: &[u8]) -> Result<Root<'_>, CodeError> {
    let (&dictionary, rest) = rest.split_first().ok_or(CodeError::NotStylus)?;
    let (length, list) = rest.split_first_chunk::<4>().ok_or(CodeError::NotStylus)?;
    let (fragments, excess) = list.as_chunks::<ADDRESS_BYTES>();
    if fragments.is_empty() || !excess.is_empty() {
        return Err(CodeError::FragmentList(list.len()));
    }
    Ok(Root {
        dictionary,
        wasm_len: u32::from_be_bytes(*length),
        fragments,
    })
}

/// Compresses a module as the deployment tools do: brotli, quality 11, window 22, no dictionary.
///
/// # Errors
///
/// [`CodeError::Compression`] if the encoder fails.
pub fn compress(wasm: &[u8]) -> Result<Vec<u8>, CodeError> {
    brotli_compress(wasm, QUALITY)
}

pub(crate) fn brotli_compress(bytes: &[u8], quality: i32) -> Result<Vec<u8>, CodeError> {
    let params = brotli::enc::BrotliEncoderParams {
        quality,
        lgwin: WINDOW,
        size_hint: bytes.len(),
        ..Default::default()
    };
    let mut writer = brotli::CompressorWriter::with_params(Vec::new(), 4_096, &params);
    writer
        .write_all(bytes)
        .map_err(|_| CodeError::Compression)?;
    Ok(writer.into_inner())
}

/// Uncompresses a stream, reading no further than one byte over the chain's bound on modules, so that a small code
/// cannot claim much memory.
///
/// # Errors
///
/// For an unknown dictionary, a damaged or overlong stream, or bytes after its end.
pub fn decompress(dictionary: u8, stream: &[u8], params: &Params) -> Result<Vec<u8>, CodeError> {
    if dictionary != NO_DICTIONARY {
        return Err(CodeError::Dictionary(dictionary));
    }
    let max = params.max_wasm_size;
    let bound = (max as usize).saturating_add(1);
    let mut wasm = vec![0; bound];
    let (mut input_left, mut input_at) = (stream.len(), 0);
    let (mut output_left, mut output_at, mut total) = (bound, 0, 0);
    // Strict: without it the decoder takes streams with windows of up to 1 GiB, which others refuse.
    let mut state = brotli::BrotliState::new_strict(
        StandardAlloc::default(),
        StandardAlloc::default(),
        StandardAlloc::default(),
    );
    let outcome = brotli::BrotliDecompressStream(
        &mut input_left,
        &mut input_at,
        stream,
        &mut output_left,
        &mut output_at,
        &mut wasm,
        &mut total,
        &mut state,
    );
    if output_at == bound {
        return Err(CodeError::WasmTooLarge { max });
    }
    if !matches!(outcome, brotli::BrotliResult::ResultSuccess) {
        return Err(CodeError::Stream);
    }
    if input_left > 0 {
        return Err(CodeError::TrailingBytes(input_left));
    }
    wasm.truncate(output_at);
    Ok(wasm)
}

/// The code of a whole program: prefix, dictionary byte, compressed module. Its size is the caller's to check
/// ([`check_size`]), so that a module that is too large can still be measured.
///
/// # Errors
///
/// [`CodeError::Compression`] if the encoder fails.
pub fn encode(wasm: &[u8]) -> Result<Vec<u8>, CodeError> {
    let stream = compress(wasm)?;
    Ok([&CLASSIC_PREFIX[..], &[NO_DICTIONARY], &stream].concat())
}

/// The module in the code of a whole program.
///
/// # Errors
///
/// If the code is none, or is in fragments, or as in [`decompress`].
pub fn decode(code: &[u8], params: &Params) -> Result<Vec<u8>, CodeError> {
    match parse(code)? {
        Kind::Classic { dictionary, stream } => decompress(dictionary, stream, params),
        Kind::Fragment(_) => Err(CodeError::LoneFragment),
        Kind::Root(_) => Err(CodeError::Fragmented),
    }
}

/// Refuses code that the chain would not store.
///
/// # Errors
///
/// [`CodeError::CodeTooLarge`].
pub fn check_size(code: &[u8], params: &Params) -> Result<(), CodeError> {
    let max = params.max_code_size;
    if code.len() as u64 > u64::from(max) {
        return Err(CodeError::CodeTooLarge {
            len: code.len(),
            max,
        });
    }
    Ok(())
}

/// The codes of a module's fragments, in order, each as large as the chain allows. Deploy them, then the [`root`]
/// with their addresses.
///
/// # Errors
///
/// If the chain knows no fragments, the module is too large or needs too many.
pub fn split(wasm: &[u8], params: &Params) -> Result<Vec<Vec<u8>>, CodeError> {
    if params.max_fragments == 0 {
        return Err(CodeError::NoFragments);
    }
    if wasm.len() as u64 > u64::from(params.max_wasm_size) {
        return Err(CodeError::WasmTooLarge {
            max: params.max_wasm_size,
        });
    }
    let stream = compress(wasm)?;
    let room = (params.max_code_size as usize)
        .saturating_sub(FRAGMENT_PREFIX.len())
        .max(1);
    let slices = stream.chunks(room);
    if slices.len() > usize::from(params.max_fragments) {
        return Err(CodeError::TooManyFragments {
            count: slices.len(),
            max: params.max_fragments,
        });
    }
    Ok(slices
        .map(|slice| [&FRAGMENT_PREFIX[..], slice].concat())
        .collect())
}

/// The code of the root of a program in fragments, for a module of `wasm_len` bytes.
#[must_use]
pub fn root(wasm_len: u32, fragments: &[[u8; ADDRESS_BYTES]]) -> Vec<u8> {
    let head = [&ROOT_PREFIX[..], &[NO_DICTIONARY], &wasm_len.to_be_bytes()].concat();
    [head, fragments.concat()].concat()
}

/// Puts a program in fragments together. `fragments` are the codes at the root's addresses, in order.
///
/// # Errors
///
/// If the pieces are not what they should be or the module's length differs from the root's.
pub fn assemble(
    root: &Root<'_>,
    fragments: &[&[u8]],
    params: &Params,
) -> Result<Vec<u8>, CodeError> {
    let (expected, found) = (root.fragments.len(), fragments.len());
    if params.max_fragments == 0 {
        return Err(CodeError::NoFragments);
    }
    if expected > usize::from(params.max_fragments) {
        return Err(CodeError::TooManyFragments {
            count: expected,
            max: params.max_fragments,
        });
    }
    if expected != found {
        return Err(CodeError::FragmentCount { expected, found });
    }
    if root.wasm_len > params.max_wasm_size {
        return Err(CodeError::WasmTooLarge {
            max: params.max_wasm_size,
        });
    }
    let mut stream = Vec::new();
    for code in fragments {
        match parse(code)? {
            Kind::Fragment(slice) => stream.extend_from_slice(slice),
            Kind::Classic { .. } | Kind::Root(_) => return Err(CodeError::NotStylus),
        }
    }
    let wasm = decompress(root.dictionary, &stream, params)?;
    if wasm.len() as u64 != u64::from(root.wasm_len) {
        return Err(CodeError::WrongLength {
            expected: root.wasm_len,
            found: wasm.len(),
        });
    }
    Ok(wasm)
}

/// Init code that returns `code`: ten bytes of EVM code before it.
///
/// # Errors
///
/// [`CodeError::CodeTooLarge`] beyond 65 535 bytes, which no chain stores.
pub fn init_code(code: &[u8]) -> Result<Vec<u8>, CodeError> {
    let Ok(length) = u16::try_from(code.len()) else {
        return Err(CodeError::CodeTooLarge {
            len: code.len(),
            max: u32::from(u16::MAX),
        });
    };
    let [high, low] = length.to_be_bytes();
    // PUSH2 length, DUP1, PUSH1 10, RETURNDATASIZE (0), CODECOPY, RETURNDATASIZE (0), RETURN
    let prelude = [0x61, high, low, 0x80, 0x60, 0x0a, 0x3d, 0x39, 0x3d, 0xf3];
    Ok([&prelude[..], code].concat())
}
