//! option-math as a contract.

mod gas;
mod probe;
