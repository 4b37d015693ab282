//! Everything that can go wrong, by name.

use std::fmt;
use std::path::PathBuf;

/// Why the demo stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fail {
    /// An argument is not known, or lacks its value.
    BadArgument(String),
    /// A value is outside its range.
    OutOfRange {
        /// The option.
        option: &'static str,
        /// What was given.
        got: String,
        /// What it takes.
        takes: &'static str,
    },
    /// Neither the name of a stored series nor a file.
    UnknownPath(String),
    /// A file cannot be read.
    Unreadable(PathBuf, String),
    /// A line of a price file is not a price.
    BadPrice {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
    /// A price file is shorter than an epoch.
    PathTooShort {
        /// The file.
        file: String,
        /// Hours it has.
        hours: usize,
        /// Hours an epoch takes.
        needs: usize,
    },
    /// A file cannot be written.
    Unwritable(PathBuf, String),
    /// The contract has not been built, or a counterparty's package is missing.
    NotBuilt(String),
    /// The vault or a counterparty refused what the story needs.
    Refused {
        /// What was tried.
        what: String,
        /// The error.
        error: String,
    },
    /// What the contract says and what is computed here from its views differ.
    Disagrees(String),
    /// Amounts do not add up.
    Unbalanced(String),
}

impl Fail {
    /// 2 for what the user asked, 1 for anything else.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::BadArgument(_)
            | Self::OutOfRange { .. }
            | Self::UnknownPath(_)
            | Self::Unreadable(..)
            | Self::BadPrice { .. }
            | Self::PathTooShort { .. }
            | Self::Unwritable(..) => 2,
            Self::NotBuilt(_) | Self::Refused { .. } | Self::Disagrees(_) | Self::Unbalanced(_) => {
                1
            }
        }
    }
}

impl fmt::Display for Fail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadArgument(what) => write!(f, "BadArgument: {what} (see --help)"),
            Self::OutOfRange { option, got, takes } => {
                write!(f, "OutOfRange: {option} takes {takes}, not {got}")
            }
            Self::UnknownPath(name) => {
                write!(
                    f,
                    "UnknownPath: {name} is neither a file nor one of {}",
                    crate::path::names().join(", ")
                )
            }
            Self::Unreadable(path, why) => write!(f, "Unreadable: {}: {why}", path.display()),
            Self::BadPrice { file, line, why } => write!(f, "BadPrice: {file}, line {line}: {why}"),
            Self::PathTooShort { file, hours, needs } => {
                write!(
                    f,
                    "PathTooShort: {file} has {hours} hourly prices and an epoch needs {needs}"
                )
            }
            Self::Unwritable(path, why) => write!(f, "Unwritable: {}: {why}", path.display()),
            Self::NotBuilt(what) => write!(f, "NotBuilt: {what}"),
            Self::Refused { what, error } => write!(f, "Refused: {what}: {error}"),
            Self::Disagrees(what) => write!(f, "Disagrees: {what}"),
            Self::Unbalanced(what) => write!(f, "Unbalanced: {what}"),
        }
    }
}

impl std::error::Error for Fail {}
