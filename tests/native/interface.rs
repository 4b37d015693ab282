//! The committed ABI as Rust types: what a caller of the contract compiles against.

alloy_sol_types::sol! {
    #[derive(Debug, PartialEq, Eq)]
    ICoveredCallVault,
    "abi/CoveredCallVault.json"
}
