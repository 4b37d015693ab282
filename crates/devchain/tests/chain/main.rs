//! One binary, a module per subject.

mod market;
mod support;
