//! Owns texts by templates: `to_char`, `to_date`, `to_timestamp`, `to_number`.
//! Must not know: columns, zones.

mod nodes;
mod number;
mod read;
mod time;

pub use number::{Number, number, to_number};
pub use read::{to_date, to_timestamp};
pub use time::{Moment, interval, time};

/// Why there is no text, or no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bad {
    Syntax,
    Range,
    Unsupported,
}
