//! The vault is two programs with one storage, because one would be larger than a chain takes: the vault itself, with everything that is called often,
//! and its extension, which it runs in its own place (`DELEGATECALL`) for every function that is not in its own table.
//!
//! Both are this crate, compiled with and without the feature `extension`; `abi/mod.rs` says which function is where. Which program is the extension is
//! written by the constructor, which is in the extension too, and never again: nothing in either program can replace it. Called directly, the
//! extension is a vault that was never constructed, and holds nothing.

#[cfg(any(not(target_arch = "wasm32"), feature = "extension"))]
pub use crate::sell::within_budgets as require_within_budgets;
#[cfg(all(target_arch = "wasm32", not(feature = "extension")))]
pub use vault::{forward, require_within_budgets};

#[cfg(all(target_arch = "wasm32", not(feature = "extension")))]
mod vault {
    use alloy_primitives::Address;
    use vault_core::{Pot, Price};

    use crate::abi::CONSTRUCTOR;
    use crate::abi::macros::selector;
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
            output.returned(run(&extension, input)?);
            return Ok(());
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
        run(&named, input)?;
        host::forget();
        // Whatever ran was the constructor if it wrote that it is the extension.
        if storage::extension() == named {
            Ok(())
        } else {
            Err(fail::NotAnExtension(named))
        }
    }

    /// Runs a program in the vault's place: how many bytes it returned.
    #[inline(never)]
    fn run(program: &Address, input: &[u8]) -> Result<usize> {
        let (succeeded, len) = host::delegate_call(program, input);
        if succeeded {
            Ok(len)
        } else {
            Err(pass_on(len))
        }
    }

    /// What [`crate::sell::require_within_budgets`] refuses. A budget is rarely set, and to value a whole book takes 2 KB of code.
    #[inline(never)]
    pub fn require_within_budgets(id: u128, sold: u128, vault: Pot, spot: Price) -> Result<()> {
        let mut data = Buffer::calling(
            const { selector("requireWithinBudgets(uint256,uint256,uint256,uint256,uint256)") },
        );
        for argument in [id, sold, vault.assets.0, vault.quote.0, spot.0] {
            data.number(argument);
        }
        run(&storage::extension(), data.as_slice())?;
        Ok(())
    }
}
