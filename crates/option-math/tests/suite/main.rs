//! One binary: a module per question.

mod fuzz;
mod properties;
mod random;
mod vectors;
