//! The 32-byte word of the EVM, as two numbers.

use alloy_primitives::Address;

/// A 256-bit word: `hi · 2¹²⁸ + lo`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Word {
    /// Upper half.
    pub hi: u128,
    /// Lower half.
    pub lo: u128,
}

impl Word {
    /// All zeros.
    pub const ZERO: Self = Self { hi: 0, lo: 0 };
    /// All ones.
    pub const MAX: Self = Self {
        hi: u128::MAX,
        lo: u128::MAX,
    };

    /// From 32 big-endian bytes.
    #[inline(never)]
    pub fn from_be(bytes: &[u8; 32]) -> Self {
        // Quarter by quarter, without a loop and without a call: most words of a short function's gas are read or written here.
        let (&[a, b, c, d], _) = bytes.as_chunks::<8>() else {
            return Self::ZERO;
        };
        let quarter = |bytes| u128::from(u64::from_be_bytes(bytes));
        Self {
            hi: quarter(a) << 64 | quarter(b),
            lo: quarter(c) << 64 | quarter(d),
        }
    }

    /// As 32 big-endian bytes.
    #[inline(never)]
    pub fn write_be(self, bytes: &mut [u8; 32]) {
        let (quarters, _) = bytes.as_chunks_mut::<8>();
        if let [a, b, c, d] = quarters {
            let quarter = |x: u128| (x as u64).to_be_bytes();
            *a = quarter(self.hi >> 64);
            *b = quarter(self.hi);
            *c = quarter(self.lo >> 64);
            *d = quarter(self.lo);
        }
    }

    /// The address in the low 160 bits, whatever lies above.
    #[inline(never)]
    pub fn address(self) -> Address {
        let mut bytes = [0; 32];
        self.write_be(&mut bytes);
        let [_, _, _, _, _, _, _, _, _, _, _, _, address @ ..] = bytes;
        Address::new(address)
    }

    /// The 96 bits above an address.
    pub const fn above_address(self) -> u128 {
        self.hi >> 32
    }

    /// An address, and 96 bits above it.
    #[inline(never)]
    pub fn with_address(above: u128, address: &Address) -> Self {
        let mut bytes = [0; 32];
        if let Some(low) = bytes.last_chunk_mut::<20>() {
            *low = address.0.0;
        }
        let mut word = Self::from_be(&bytes);
        word.hi |= above << 32;
        word
    }
}

impl From<u128> for Word {
    fn from(lo: u128) -> Self {
        Self { hi: 0, lo }
    }
}

impl From<u64> for Word {
    fn from(lo: u64) -> Self {
        Self {
            hi: 0,
            lo: u128::from(lo),
        }
    }
}

impl From<bool> for Word {
    fn from(bit: bool) -> Self {
        Self {
            hi: 0,
            lo: u128::from(bit),
        }
    }
}

impl From<i128> for Word {
    /// Two's complement, the sign extended.
    fn from(x: i128) -> Self {
        Self {
            hi: (x >> 127).cast_unsigned(),
            lo: x.cast_unsigned(),
        }
    }
}

impl From<Address> for Word {
    fn from(address: Address) -> Self {
        Self::with_address(0, &address)
    }
}

/// Reads fields from the least significant bit up.
pub struct Bits(pub u128);

impl Bits {
    /// The next `width` bits, 1 to 127.
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "widths are constants below 128"
    )]
    pub const fn take(&mut self, width: u32) -> u128 {
        let field = self.0 & ((1 << width) - 1);
        self.0 >>= width;
        field
    }
}

/// Writes fields from the least significant bit up. Values must fit; policy bounds and [`vault_core::quantity::MAX_AMOUNT`] see to it.
#[derive(Default)]
pub struct Packed {
    bits: u128,
    at: u32,
}

impl Packed {
    /// Appends `width` bits.
    #[must_use]
    #[expect(
        clippy::arithmetic_side_effects,
        reason = "the widths of a half add up to 128 at most"
    )]
    pub const fn put(mut self, value: u128, width: u32) -> Self {
        debug_assert!(width < 128 && value >> width == 0 && self.at + width <= 128);
        self.bits |= value << self.at;
        self.at += width;
        self
    }

    /// What was written.
    pub const fn bits(&self) -> u128 {
        self.bits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_big_endian_and_addresses_sit_low() {
        let mut bytes = [0_u8; 32];
        Word { hi: 1, lo: 2 }.write_be(&mut bytes);
        assert_eq!((bytes[15], bytes[31]), (1, 2));
        assert_eq!(Word::from_be(&bytes), Word { hi: 1, lo: 2 });
        let address = Address::new(core::array::from_fn(|i| i as u8 + 1));
        let word = Word::with_address(0xabcdef, &address);
        assert_eq!((word.address(), word.above_address()), (address, 0xabcdef));
        Word::from(address).write_be(&mut bytes);
        assert_eq!(&bytes[12..], address.as_slice());
        assert_eq!(Word::from(-1_i128), Word::MAX);
    }

    #[test]
    fn fields_come_back_in_order() {
        let packed = Packed::default().put(5, 3).put(0, 1).put(1023, 10).bits();
        let mut bits = Bits(packed);
        assert_eq!(
            (bits.take(3), bits.take(1), bits.take(10), bits.take(64)),
            (5, 0, 1023, 0)
        );
    }
}
