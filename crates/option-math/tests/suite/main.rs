//! One binary: a module per question.

mod gas;
mod probe;
