//! Owns why a value is not written though its type fits: the target would refuse it, or bend it in silence.
//! Must not know: rows, columns, or what becomes of them.

/// What is wrong with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// NULL for a column that has none.
    Null,
    /// A number beyond its type.
    OutOfRange,
    /// A time beyond its type.
    TimeOutOfRange,
    /// A number with more digits than its column keeps.
    WouldRound,
    /// A time with more digits of a second than its column keeps.
    TimeWouldRound,
    /// A text longer than its column.
    TooLong,
    /// A text of which the column would keep a part without a word.
    WouldCut,
    /// No label of the enum.
    NoLabel,
    /// A text that is no value of the type.
    NoValue,
    /// A value larger than any row can hold.
    TooLarge,
    /// A fault of the encoder.
    Unwritten,
}

impl Fault {
    /// The SQLSTATE by which PostgreSQL would refuse such a value, where it would.
    #[must_use]
    pub fn sqlstate(self) -> &'static str {
        match self {
            Self::Null => "23502",
            Self::OutOfRange | Self::WouldRound => "22003",
            Self::TimeOutOfRange | Self::TimeWouldRound => "22008",
            Self::TooLong | Self::WouldCut => "22001",
            Self::NoLabel | Self::NoValue => "22P02",
            Self::TooLarge => "54000",
            Self::Unwritten => "XX000",
        }
    }
}
