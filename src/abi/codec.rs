//! Reading arguments and writing results, in the contract's own code: a typed decoder with formatted messages costs 8 KB and 1 500 gas
//! on every call. Checked against `alloy-sol-types` by a fuzz test.

use alloy_primitives::Address;
use vault_core::label::Label;
use vault_core::{Assets, Pot, Price, Quote, Shares};

use crate::Result;
use crate::errors::{Fail, fail};
use crate::host::Buffer;
use crate::storage::Phase;
use crate::word::Word;

/// Arguments not read yet. The first that is missing or malformed is remembered and refused by [`done`](Self::done): one test for all
/// arguments of a function instead of one each, which halves the router.
pub struct Args<'a> {
    rest: &'a [u8],
    bad: Option<Fail>,
}

impl<'a> Args<'a> {
    /// The arguments behind a selector.
    pub const fn new(bytes: &'a [u8]) -> Self {
        Self {
            rest: bytes,
            bad: None,
        }
    }

    /// The next word; zero when there is none.
    #[inline(never)]
    pub fn word(&mut self) -> Word {
        match self.rest.split_first_chunk::<32>() {
            Some((word, rest)) => {
                self.rest = rest;
                Word::from_be(word)
            }
            None => {
                self.refuse(fail::CalldataTooShort);
                Word::ZERO
            }
        }
    }

    /// The next word as an unsigned number of `bits` bits, at most 127; higher bits must be clear.
    #[inline(never)]
    pub fn narrow(&mut self, bits: u32) -> u128 {
        let word = self.word();
        if word.hi != 0 || word.lo >> bits != 0 {
            self.refuse(|| fail::ValueOutOfRange(word));
        }
        word.lo
    }

    fn refuse(&mut self, why: impl FnOnce() -> Fail) {
        if self.bad.is_none() {
            self.bad = Some(why());
        }
    }

    /// Refuses if any argument was missing or malformed.
    ///
    /// # Errors
    /// `CalldataTooShort` or `ValueOutOfRange`, whichever came first.
    pub const fn done(&self) -> Result<()> {
        match self.bad {
            None => Ok(()),
            Some(bad) => Err(bad),
        }
    }
}

/// A type of the ABI that arguments are read as.
pub trait Param: Sized {
    /// Reads the next argument; what it returns counts only if [`Args::done`] agrees.
    fn read(args: &mut Args) -> Self;
}

impl Param for u128 {
    /// A `uint256` below 2¹²⁸. The largest `uint256` is read as the largest `u128`: it means "no limit" wherever a wallet sends it.
    #[inline(never)]
    fn read(args: &mut Args) -> Self {
        let word = args.word();
        if word.hi != 0 && word != Word::MAX {
            args.refuse(|| fail::ValueOutOfRange(word));
        }
        word.lo
    }
}

impl Param for Address {
    #[inline(never)]
    fn read(args: &mut Args) -> Self {
        let word = args.word();
        if word.above_address() != 0 {
            args.refuse(|| fail::ValueOutOfRange(word));
        }
        word.address()
    }
}

impl Param for Word {
    fn read(args: &mut Args) -> Self {
        args.word()
    }
}

impl Param for bool {
    fn read(args: &mut Args) -> Self {
        args.narrow(1) != 0
    }
}

/// A `uint8`: the recovery id of a signature.
#[derive(Clone, Copy, Debug)]
pub struct Uint8(pub u128);

impl Param for Uint8 {
    fn read(args: &mut Args) -> Self {
        Self(args.narrow(8))
    }
}

/// A `uint64`.
#[derive(Clone, Copy, Debug)]
pub struct Uint64(pub u64);

impl Param for Uint64 {
    fn read(args: &mut Args) -> Self {
        Self(args.narrow(64) as u64)
    }
}

impl<const N: usize> Param for [u64; N] {
    /// A `uint64[N]`.
    #[inline(never)]
    fn read(args: &mut Args) -> Self {
        core::array::from_fn(|_| args.narrow(64) as u64)
    }
}

/// A `bytes` that nobody looks at: its offset, and whatever follows the arguments.
#[derive(Clone, Copy, Debug)]
pub struct Skipped;

impl Param for Skipped {
    fn read(args: &mut Args) -> Self {
        args.word();
        Self
    }
}

/// An empty `bytes`, last of a result of two words.
#[derive(Clone, Copy, Debug)]
pub struct NoBytes;

impl Encode for NoBytes {
    fn encode(&self, buffer: &mut Buffer) {
        buffer.number(64);
        buffer.number(0);
    }
}

/// A `bytes4`: an interface id.
#[derive(Clone, Copy, Debug)]
pub struct Bytes4(pub u32);

impl Param for Bytes4 {
    fn read(args: &mut Args) -> Self {
        let word = args.word();
        if word.lo != 0 || word.hi << 32 != 0 {
            args.refuse(|| fail::ValueOutOfRange(word));
        }
        Self((word.hi >> 96) as u32)
    }
}

/// The most ids that a batch may have.
pub const MAX_IDS: usize = 32;

/// An array of ids, the last parameter of two: where it begins, its length, and its items.
#[derive(Clone, Copy, Debug)]
pub struct Ids {
    all: [u128; MAX_IDS],
    count: usize,
}

impl Ids {
    /// The ids.
    pub fn as_slice(&self) -> &[u128] {
        self.all.get(..self.count).unwrap_or(&[])
    }
}

impl Param for Ids {
    /// Encoded as every compiler and wallet encodes it: behind the two parameters.
    fn read(args: &mut Args) -> Self {
        let begins = args.word();
        if begins != Word::from(64_u128) {
            args.refuse(|| fail::ValueOutOfRange(begins));
        }
        let length = args.word();
        let mut all = [0; MAX_IDS];
        if length.hi != 0 || length.lo > MAX_IDS as u128 {
            args.refuse(|| fail::ValueOutOfRange(length));
        }
        let count = (length.lo as usize).min(MAX_IDS);
        for id in all.iter_mut().take(count) {
            *id = u128::read(args);
        }
        Self { all, count }
    }
}

/// A value that is written as words: a result, an argument of a call, a value of an error or event.
pub trait Encode {
    /// Appends it.
    fn encode(&self, buffer: &mut Buffer);
}

impl Encode for () {
    fn encode(&self, _: &mut Buffer) {}
}

macro_rules! numbers {
    ($($type:ty: |$value:ident| $number:expr;)*) => {
        $(impl Encode for $type {
            fn encode(&self, buffer: &mut Buffer) {
                let $value = *self;
                buffer.number($number);
            }
        })*
    };
}

numbers! {
    u128: |x| x;
    u64: |x| x.into();
    u32: |x| x.into();
    u16: |x| x.into();
    u8: |x| x.into();
    usize: |x| x as u128;
    bool: |x| x.into();
    Phase: |x| x as u128;
    Assets: |x| x.0;
    Quote: |x| x.0;
    Shares: |x| x.0;
    Price: |x| x.0;
}

impl<const N: usize> Encode for [u64; N] {
    fn encode(&self, buffer: &mut Buffer) {
        for number in self {
            buffer.number((*number).into());
        }
    }
}

impl Encode for i128 {
    /// Two's complement, the sign extended.
    #[inline(never)]
    fn encode(&self, buffer: &mut Buffer) {
        buffer.word(Word::from(*self));
    }
}

impl Encode for Word {
    fn encode(&self, buffer: &mut Buffer) {
        buffer.word(*self);
    }
}

impl Encode for Address {
    fn encode(&self, buffer: &mut Buffer) {
        buffer.address(self);
    }
}

impl Encode for Pot {
    fn encode(&self, buffer: &mut Buffer) {
        buffer.number(self.assets.0);
        buffer.number(self.quote.0);
    }
}

/// An allowance: the largest `u128` is shown as the largest `uint256`, as it was given.
#[derive(Clone, Copy, Debug)]
pub struct Allowance(pub u128);

impl Encode for Allowance {
    #[inline(never)]
    fn encode(&self, buffer: &mut Buffer) {
        let hi = if self.0 == u128::MAX { u128::MAX } else { 0 };
        buffer.word(Word { hi, lo: self.0 });
    }
}

/// A string of at most 31 bytes, as it is stored: the bytes from the top, then zeros.
#[derive(Clone, Copy, Debug)]
pub struct Text(pub Word);

impl Text {
    /// Bytes before the zeros.
    #[expect(clippy::arithmetic_side_effects, reason = "zeros of 256 bits")]
    fn len(self) -> u32 {
        let Word { hi, lo } = self.0;
        let zeros = if lo == 0 {
            128 + hi.trailing_zeros()
        } else {
            lo.trailing_zeros()
        };
        32 - (zeros / 8).min(32)
    }

    /// Keccak-256 of its bytes.
    pub fn hash(self) -> Word {
        let mut bytes = Buffer::new();
        self.0.encode(&mut bytes);
        bytes.truncate(self.len() as usize);
        bytes.hash()
    }
}

impl Encode for Text {
    fn encode(&self, buffer: &mut Buffer) {
        buffer.number(32);
        buffer.number(self.len().into());
        if self.0.hi != 0 {
            self.0.encode(buffer);
        }
    }
}

impl Encode for Label {
    fn encode(&self, buffer: &mut Buffer) {
        buffer.number(32);
        buffer.number(self.len() as u128);
        let (words, _) = self.bytes().as_chunks::<32>();
        for word in words.iter().take(self.len().div_ceil(32)) {
            Word::from_be(word).encode(buffer);
        }
    }
}

macro_rules! tuples {
    ($($($name:ident)+;)*) => {
        $(impl<$($name: Encode),+> Encode for ($($name,)+) {
            #[allow(non_snake_case)]
            fn encode(&self, buffer: &mut Buffer) {
                let ($($name,)+) = self;
                $($name.encode(buffer);)+
            }
        })*
    };
}

tuples! {
    A B;
    A B C;
    A B C D;
    A B C D E;
    A B C D E F;
    A B C D E F G H;
    A B C D E F G H I;
    A B C D E F G H I J;
}
