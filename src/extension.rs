//! The vault is two programs with one storage, because one would be larger than a chain takes: the vault itself, with everything that is called often,
//! and its extension, which it runs in its own place (`DELEGATECALL`) for every function that is not in its own table.
//!
//! Both are this crate, compiled with and without the feature `extension`; `abi/mod.rs` says which function is where. Which program is the extension is
//! written by the constructor, which is in the extension too, and never again: nothing in either program can replace it. Called directly, the
//! extension is a vault that was never constructed, and holds nothing.

use alloy_primitives::Address;

use crate::abi::CONSTRUCTOR;
use crate::errors::{fail, pass_on};
use crate::host::{self, Buffer};
use crate::word::Word;
use crate::{Result, storage};

/// Runs the extension on the whole calldata, in the vault's place, and answers or refuses what it does.
pub fn forward(input: &[u8], output: &mut Buffer) -> Result<()> {
    let (selector, rest) = input
        .split_first_chunk::<4>()
        .ok_or_else(fail::CalldataTooShort)?;
    let selector = u32::from_be_bytes(*selector);
    let extension = storage::extension();
    if extension != Address::ZERO {
        return run(&extension, input, output);
    }
    // Not constructed: only the constructor runs, of the program that its first argument names.
    let named = rest.first_chunk::<32>().map(Word::from_be);
    let Some(named) = named.filter(|_| selector == CONSTRUCTOR) else {
        return Err(fail::NotInitialised());
    };
    let named = named.address();
    if named == Address::ZERO {
        return Err(fail::NotAnExtension(named));
    }
    run(&named, input, output)?;
    host::forget();
    // Whatever ran was the constructor if it wrote that it is the extension.
    if storage::extension() == named {
        Ok(())
    } else {
        Err(fail::NotAnExtension(named))
    }
}

fn run(extension: &Address, input: &[u8], output: &mut Buffer) -> Result<()> {
    let (succeeded, len) = host::delegate_call(extension, input);
    if succeeded {
        output.returned(len);
        Ok(())
    } else {
        Err(pass_on(len))
    }
}
