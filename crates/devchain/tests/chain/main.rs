//! One binary, a module per subject.
