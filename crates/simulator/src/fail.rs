//! Everything that can go wrong, by name.

use std::fmt;

use vault_core::Refusal;

/// Why the table is not there.
#[derive(Clone, Debug, PartialEq)]
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
    /// A file cannot be read.
    Unreadable {
        /// The file.
        file: String,
        /// What the system says.
        why: String,
    },
    /// A file cannot be written.
    Unwritable {
        /// The file.
        file: String,
        /// What the system says.
        why: String,
    },
    /// A file of candles lacks a column.
    MissingColumn {
        /// What is missing.
        column: &'static str,
        /// The header as it is.
        header: String,
    },
    /// A line is no candle.
    BadCandle {
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
    /// Candles are not an hour apart.
    Gap {
        /// The line after the gap, from 1.
        line: usize,
        /// Seconds from the candle before.
        seconds: i64,
    },
    /// A file of candles is too short.
    TooFewCandles {
        /// Candles in it.
        candles: usize,
        /// Candles that are needed.
        needs: usize,
    },
    /// The contract's functions refuse what they should not refuse.
    Refused {
        /// What was asked.
        what: &'static str,
        /// The refusal.
        refusal: Refusal,
    },
    /// An execution at the stated costs is worse than the policy's slippage accepts.
    BeyondSlippage {
        /// The least accepted.
        asked: u128,
        /// What the costs leave.
        got: u128,
    },
    /// An amount of money does not fit in 127 bits of 10⁻²⁶.
    TooLarge,
}

impl Fail {
    /// 2 for bad arguments, 1 for all else.
    #[must_use]
    pub const fn exit_code(&self) -> u8 {
        match self {
            Self::BadArgument(_) | Self::OutOfRange { .. } => 2,
            _ => 1,
        }
    }
}

impl fmt::Display for Fail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadArgument(why) => write!(f, "BadArgument: {why}"),
            Self::OutOfRange { option, got, takes } => {
                write!(f, "OutOfRange: {option} is {got}, it takes {takes}")
            }
            Self::Unreadable { file, why } => write!(f, "Unreadable: {file}: {why}"),
            Self::Unwritable { file, why } => write!(f, "Unwritable: {file}: {why}"),
            Self::MissingColumn { column, header } => {
                write!(f, "MissingColumn: no {column} in \"{header}\"")
            }
            Self::BadCandle { line, why } => write!(f, "BadCandle: line {line}: {why}"),
            Self::Gap { line, seconds } => {
                write!(
                    f,
                    "Gap: line {line} is {seconds} s after the one before, not 3600"
                )
            }
            Self::TooFewCandles { candles, needs } => {
                write!(f, "TooFewCandles: {candles}, and {needs} are needed")
            }
            Self::Refused { what, refusal } => write!(f, "Refused: {what}: {refusal:?}"),
            Self::BeyondSlippage { asked, got } => {
                write!(f, "BeyondSlippage: {got} units, the policy asks {asked}")
            }
            Self::TooLarge => write!(f, "TooLarge: an amount of money leaves its range"),
        }
    }
}

impl std::error::Error for Fail {}
