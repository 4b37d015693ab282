//! What turns the tables of functions, errors and events into code and into their description.

/// A declaration of the interface, as `abi/` prints it.
pub struct Declaration {
    /// `function`, `error` or `event`.
    pub kind: &'static str,
    /// Name without its parameters.
    pub name: &'static str,
    /// Type, `indexed` or nothing, and name of each parameter.
    pub inputs: &'static [(&'static str, &'static str, &'static str)],
    /// Whether the function only reads.
    pub view: bool,
    /// Type and name of each result.
    pub outputs: &'static [(&'static str, &'static str)],
    /// The doc comment, a line each.
    pub docs: &'static [&'static str],
}

/// First four bytes of the hash of a signature, at compile time.
pub const fn selector(signature: &str) -> u32 {
    let [a, b, c, d, ..] = hash(signature);
    u32::from_be_bytes([a, b, c, d])
}

/// Keccak-256 of a signature, at compile time.
pub const fn hash(signature: &str) -> [u8; 32] {
    stylus_sdk::keccak_const::Keccak256::new()
        .update(signature.as_bytes())
        .finalize()
}

/// Hash of a signature as a word, at compile time.
#[expect(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "of 32 bytes, at compile time"
)]
pub const fn topic(signature: &str) -> crate::word::Word {
    let bytes = hash(signature);
    let (mut hi, mut lo, mut i) = (0_u128, 0_u128, 0);
    while i < 16 {
        hi = hi << 8 | bytes[i] as u128;
        lo = lo << 8 | bytes[i + 16] as u128;
        i += 1;
    }
    crate::word::Word { hi, lo }
}

/// A type as it stands in a signature: structs as tuples. A test compares the policy with its declaration.
macro_rules! canonical {
    (Policy) => {
        "((uint16[8],uint8[8],uint8,uint16,uint16,uint24,uint64,uint128,uint24,uint24,uint128),(uint16,uint16,uint16),(uint16,uint16,uint32,uint32,uint32,uint32,uint32),(uint32,uint16,uint64,uint64),(uint64,uint16,uint16,uint24,uint16,uint16,uint16),(bool,uint16,uint8,bool,bool,uint16,uint24,uint16,uint16,bool,uint24,uint24,uint16,uint16,uint16,uint16,uint16),(uint24[3],uint24,uint16,uint16,uint16,uint16,uint16,uint80),(uint24,uint24,uint24,uint24,uint16,uint24,uint16,uint128,uint48,uint80),(uint32,uint128),(uint96,uint16,uint16,uint128))"
    };
    (Ids) => {
        "uint256[]"
    };
    ($type:ident) => {
        shown!($type)
    };
}

/// A type as Solidity has it: the table has no brackets.
macro_rules! shown {
    (uint64x4) => {
        "uint64[4]"
    };
    (uint64x8) => {
        "uint64[8]"
    };
    (uint256x12) => {
        "uint256[12]"
    };
    ($type:ident) => {
        stringify!($type)
    };
}

/// `name(type,type)`.
macro_rules! signature {
    ($name:ident) => { concat!(stringify!($name), "()") };
    ($name:ident $first:ident $($rest:ident)*) => {
        concat!(stringify!($name), "(", canonical!($first), $(",", canonical!($rest),)* ")")
    };
}

/// A table of functions: its name, the name of its router and who answers for what is not in it, then the functions. Each line is Solidity, then the
/// Rust function that answers; `external` ones may write.
macro_rules! functions {
    ($table:ident, $route:ident, else $otherwise:path;
        $($(#[doc = $doc:literal])* function $name:ident($($type:ident $arg:ident),*) $access:ident
        $(returns ($($ret:ident $out:ident),+))? => $answer:path;)*) => {
        /// Finds the function of a selector, reads its arguments, calls it, and writes its result.
        #[inline(never)]
        #[allow(non_snake_case)]
        fn $route(input: &[u8], output: &mut Buffer) -> Result<()> {
            let (selector, mut args) = split(input)?;
            let args = &mut args;
            $(
                const { assert!(is_access(stringify!($access))) };
                if selector == const { $crate::abi::macros::selector(signature!($name $($type)*)) } {
                    $(let $arg = <sol::$type as Param>::read(args);)*
                    args.done()?;
                    return answer($answer($($arg),*), output);
                }
            )*
            $otherwise(input, output)
        }

        /// The functions, for `abi/`.
        pub const $table: &[Declaration] = &[$(Declaration {
            kind: "function",
            name: stringify!($name),
            inputs: &[$((shown!($type), "", stringify!($arg))),*],
            view: !is_external(stringify!($access)),
            outputs: &[$($((shown!($ret), stringify!($out))),+)?],
            docs: &[$($doc),*],
        }),*];
    };
}

/// The table of errors: a constructor of each, and their description.
macro_rules! errors {
    ($($(#[doc = $doc:literal])* error $name:ident($($type:ident $arg:ident),*);)*) => {
        /// A constructor for each error, under its own name.
        #[allow(non_snake_case)]
        pub mod fail {
            use super::*;
            $(
                $(#[doc = $doc])*
                #[cold]
                #[inline(never)]
                pub fn $name($($arg: impl Encode),*) -> Fail {
                    const SELECTOR: u32 = $crate::abi::macros::selector(signature!($name $($type)*));
                    let fail = raise(SELECTOR);
                    $(place::with(|buffer| $arg.encode(buffer));)*
                    fail
                }
            )*
        }

        /// The errors, for `abi/`.
        pub const ERRORS: &[Declaration] = &[$(Declaration {
            kind: "error",
            name: stringify!($name),
            inputs: &[$((stringify!($type), "", stringify!($arg))),*],
            view: false,
            outputs: &[],
            docs: &[$($doc),*],
        }),*];
    };
}

/// The table of events: a function that emits each, and their description.
macro_rules! events {
    ($($(#[doc = $doc:literal])* event $name:ident($($type:ident $($indexed:ident)? : $arg:ident),*) as $emit:ident;)*) => {
        $(
            $(#[doc = $doc])*
            #[allow(non_snake_case, clippy::too_many_arguments)]
            pub fn $emit($($arg: impl Encode),*) {
                const TOPICS: usize = 1 $(+ indexed!($($indexed)?))*;
                const TOPIC: Word = $crate::abi::macros::topic(signature!($name $($type)*));
                let mut log = Buffer::new();
                log.word(TOPIC);
                // Topics come first, wherever the declaration has them.
                $(indexed!(log $arg $($indexed)?);)*
                $(plain!(log $arg $($indexed)?);)*
                emit(&log, TOPICS);
            }
        )*

        /// The events, for `abi/`.
        pub const EVENTS: &[Declaration] = &[$(Declaration {
            kind: "event",
            name: stringify!($name),
            inputs: &[$((stringify!($type), concat!($(stringify!($indexed))?), stringify!($arg))),*],
            view: false,
            outputs: &[],
            docs: &[$($doc),*],
        }),*];
    };
}

/// 1 for an indexed parameter, 0 for another; or encodes an indexed one.
macro_rules! indexed {
    ($log:ident $arg:ident) => {};
    ($log:ident $arg:ident indexed) => {
        $arg.encode(&mut $log)
    };
    () => {
        0
    };
    (indexed) => {
        1
    };
}

/// Encodes a parameter that is not indexed.
macro_rules! plain {
    ($log:ident $arg:ident) => {
        $arg.encode(&mut $log)
    };
    ($log:ident $arg:ident indexed) => {};
}

pub(crate) use {canonical, errors, events, functions, indexed, plain, shown, signature};
