//! The contract's decoder and encoder, word by word, against those of alloy-sol-types.

use alloy_primitives::{Address, FixedBytes, I256, U256};
use alloy_sol_types::{SolError, SolType, SolValue};
use covered_call_vault::abi::codec::{Allowance, Args, Bytes4, Encode, Param, Text, Uint64};
use covered_call_vault::errors::with_encoded;
use covered_call_vault::host::Buffer;
use covered_call_vault::word::Word;
use fastrand::Rng;

use crate::interface::ICoveredCallVault::{CalldataTooShort, ValueOutOfRange};
use crate::support::{Runs, seeds};

/// Reads one argument; what it is refused with, encoded.
fn read<T: Param>(bytes: &[u8]) -> Result<T, Vec<u8>> {
    let mut args = Args::new(bytes);
    let value = T::read(&mut args);
    refusal(&args).map(|()| value)
}

fn refusal(args: &Args) -> Result<(), Vec<u8>> {
    args.done().map_err(|_| {
        let mut revert = Vec::new();
        with_encoded(|bytes| revert.extend_from_slice(bytes));
        revert
    })
}

fn out_of_range(word: U256) -> Vec<u8> {
    ValueOutOfRange { word: word.into() }.abi_encode()
}

fn encoded(value: &impl Encode) -> Vec<u8> {
    let mut buffer = Buffer::new();
    value.encode(&mut buffer);
    buffer.as_slice().to_vec()
}

fn ours(word: U256) -> Word {
    Word::from_be(&word.to_be_bytes())
}

/// A word that is often a value of a type of `bits` bits, or one bit off.
fn near(rng: &mut Rng, bits: usize) -> U256 {
    let value = if bits == 256 {
        seeds::word(rng)
    } else {
        seeds::word(rng) % (U256::from(1) << bits)
    };
    match rng.u8(0..3) {
        0 => value,
        1 => value ^ (U256::from(1) << rng.usize(0..256)),
        _ => seeds::word(rng),
    }
}

/// Reads a word as `T`: it must be what alloy reads, or be refused by its name just when alloy refuses it.
fn agrees<T: Param, A>(word: U256, same: impl Fn(T) -> A)
where
    A: SolValue
        + PartialEq
        + core::fmt::Debug
        + From<<<A as SolValue>::SolType as SolType>::RustType>,
{
    let bytes = word.to_be_bytes::<32>();
    // Decoded strictly: alloy takes any non-zero byte for true.
    let theirs = A::abi_decode(&bytes, true)
        .ok()
        .filter(|value| value.abi_encode() == bytes);
    match read::<T>(&bytes) {
        Ok(value) => assert_eq!(Some(same(value)), theirs, "{word:#x}"),
        Err(revert) => {
            assert_eq!(revert, out_of_range(word));
            assert_eq!(theirs, None, "{word:#x} is refused");
        }
    }
}

#[test]
fn narrow_types_are_read_as_alloy_reads_them() {
    Runs::or(20_000).each(|rng| {
        agrees::<Address, Address>(near(rng, 160), |address| address);
        agrees::<bool, bool>(near(rng, 1), |bit| bit);
        agrees::<Uint64, u64>(near(rng, 64), |x| x.0);
        agrees::<[u64; 1], u64>(near(rng, 64), |[x]| x);
        let left = near(rng, 32) << 224_usize;
        agrees::<Bytes4, FixedBytes<4>>(left, |x| FixedBytes(x.0.to_be_bytes()));
        agrees::<Bytes4, FixedBytes<4>>(left | near(rng, 1), |x| FixedBytes(x.0.to_be_bytes()));
    });
}

#[test]
fn a_uint256_is_read_below_two_to_the_128_and_its_largest_value_means_no_limit() {
    Runs::or(20_000).each(|rng| {
        let word = near(rng, 128);
        let expected = match word {
            U256::MAX => Ok(u128::MAX),
            _ => u128::try_from(word).map_err(|_| out_of_range(word)),
        };
        assert_eq!(read::<u128>(&word.to_be_bytes::<32>()), expected);
    });
}

#[test]
fn a_word_is_read_whatever_it_is() {
    Runs::or(2_000).each(|rng| {
        let word = seeds::word(rng);
        assert_eq!(read::<Word>(&word.to_be_bytes::<32>()), Ok(ours(word)));
    });
}

#[test]
fn a_number_of_any_width_is_read_when_nothing_lies_above_it() {
    Runs::or(20_000).each(|rng| {
        let bits = rng.usize(1..=127);
        let word = near(rng, bits);
        let bytes = word.to_be_bytes::<32>();
        let mut args = Args::new(&bytes);
        let value = args.narrow(bits as u32);
        if word >> bits == U256::ZERO {
            assert_eq!((refusal(&args), U256::from(value)), (Ok(()), word));
        } else {
            assert_eq!(refusal(&args), Err(out_of_range(word)), "{bits} bits");
        }
    });
}

#[test]
fn of_several_bad_arguments_the_first_is_named_and_a_missing_one_is_bad() {
    Runs::or(20_000).each(|rng| {
        let words: Vec<U256> = (0..rng.usize(0..6)).map(|_| near(rng, 160)).collect();
        let mut bytes: Vec<u8> = words.iter().flat_map(U256::to_be_bytes::<32>).collect();
        bytes.extend((0..rng.usize(0..32)).map(|_| 0xff));
        let wanted = rng.usize(0..6);
        let mut args = Args::new(&bytes);
        let read: Vec<Address> = (0..wanted).map(|_| Address::read(&mut args)).collect();
        let dirty = words
            .iter()
            .take(wanted)
            .find(|word| **word >> 160_usize != U256::ZERO);
        let expected = match dirty {
            Some(word) => Err(out_of_range(*word)),
            None if wanted > words.len() => Err(CalldataTooShort {}.abi_encode()),
            None => Ok(()),
        };
        assert_eq!(refusal(&args), expected);
        if expected.is_ok() {
            let exact: Vec<Address> = words
                .iter()
                .take(wanted)
                .map(|word| Address::from_word((*word).into()))
                .collect();
            assert_eq!(read, exact, "in order");
        }
    });
}

#[test]
fn fewer_bytes_than_a_word_are_no_word() {
    for length in 0..32 {
        let bytes = vec![0; length];
        let short = CalldataTooShort {}.abi_encode();
        assert_eq!(read::<u128>(&bytes), Err(short.clone()), "{length} bytes");
        assert_eq!(
            read::<Address>(&bytes),
            Err(short.clone()),
            "{length} bytes"
        );
        assert_eq!(read::<bool>(&bytes), Err(short), "{length} bytes");
    }
}

#[test]
fn results_are_written_as_alloy_writes_them() {
    Runs::or(5_000).each(|rng| {
        let wide = rng.u128(..) >> rng.u32(0..128);
        assert_eq!(encoded(&wide), wide.abi_encode());
        let signed = rng.i128(..) >> rng.u32(0..127);
        assert_eq!(
            encoded(&signed),
            I256::try_from(signed).expect("fits").abi_encode()
        );
        let (a, b, c, d) = (rng.u64(..), rng.u32(..), rng.u16(..), rng.bool());
        assert_eq!(encoded(&(a, b)), (a, b).abi_encode());
        let address = seeds::address(rng);
        assert_eq!(
            encoded(&(address, d, c, wide)),
            (address, d, c, wide).abi_encode()
        );
        let word = seeds::word(rng);
        assert_eq!(encoded(&ours(word)), word.abi_encode());
        assert_eq!(encoded(&rng.u8(..)).len(), 32);
    });
}

#[test]
fn an_allowance_without_limit_is_written_as_the_largest_number() {
    assert_eq!(encoded(&Allowance(u128::MAX)), U256::MAX.abi_encode());
    Runs::or(2_000).each(|rng| {
        let value = rng.u128(..u128::MAX) >> rng.u32(0..128);
        assert_eq!(encoded(&Allowance(value)), value.abi_encode());
    });
}

#[test]
fn a_text_of_any_length_is_written_as_alloy_writes_it() {
    Runs::or(2_000).each(|rng| {
        let text: String = (0..rng.usize(0..=32)).map(|_| rng.alphanumeric()).collect();
        let mut bytes = [0; 32];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        assert_eq!(
            encoded(&Text(Word::from_be(&bytes))),
            text.abi_encode(),
            "{text:?}"
        );
    });
}
