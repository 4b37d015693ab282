//! Counts. It exists to be checked, deployed and called by the tools that make Stylus programs.
#![cfg_attr(not(feature = "export-abi"), no_main)]

extern crate alloc;

use stylus_sdk::{alloy_primitives::U256, prelude::*};

sol_storage! {
    /// The state.
    #[entrypoint]
    pub struct Counter {
        /// The count.
        uint256 number;
    }
}

#[public]
impl Counter {
    /// Starts from a number.
    #[constructor]
    pub fn constructor(&mut self, initial: U256) {
        self.number.set(initial);
    }

    /// The count.
    pub fn number(&self) -> U256 {
        self.number.get()
    }

    /// Counts one.
    pub fn increment(&mut self) {
        let next = self.number.get().wrapping_add(U256::from(1));
        self.number.set(next);
    }
}
