//! One binary: a module per question.
