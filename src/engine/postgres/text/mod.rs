//! Owns functions of texts and bytes as PostgreSQL has them, in a database whose locale is C.UTF-8.
//! Must not know: columns, patterns.

mod bytes;
mod case;
mod convert;
pub mod ctype;
mod format;
mod parts;
mod quote;
mod sized;
mod tables;

pub use bytes::{decode, encode, read_bytea};
pub use case::{initcap, lower, upper};
pub use convert::{ascii, chr};
pub use format::format;
pub use parts::{left, overlay, position, replace, right, split_part, string_to_array, substr, translate, trim};
pub use quote::{quote_ident, quote_literal};
pub use sized::{bpchar, pad, repeat, varchar};

/// Why there is no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bad {
    Syntax,
    /// A number that is out of its range, or a text that would be too long.
    Range,
    /// A value that must not be NULL.
    Null,
}

/// A count of characters from a number that may be negative.
fn count(number: i64) -> usize {
    usize::try_from(number).unwrap_or(0)
}

/// How many characters there are.
fn chars(text: &str) -> i64 {
    i64::try_from(text.chars().count()).unwrap_or(i64::MAX)
}
