//! option-math as a contract.

mod gas;
mod native;
mod probe;
