//! Owns masking: what a rule makes of a value, so that equal values stay equal, different ones different, and none is told.
//! Must not know: databases, snapshots, or which column a rule is meant for.
//!
//! Numbers, texts and days are permuted under a secret: what has one form is exchanged for something of the same form. So a key and
//! what refers to it are masked alike, whatever their types and tables are, and nothing that was unique meets another value.

mod columns;
mod json;
mod list;
mod number;
mod permute;
mod rule;
mod secret;
mod text;
mod time;

pub use columns::Mask;
pub use rule::{Fixed, Plain, Rule, Way};
pub use secret::{SHORTEST, Secret};

/// Characters of a hashed text.
pub const HASHED: u32 = 26;

/// What sort of values a column has, as far as masking goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    Integer,
    /// numeric and money.
    Numeric,
    Text {
        /// The most characters that the type allows.
        length: Option<u32>,
        /// Texts that differ in case alone are equal (citext).
        folded: bool,
    },
    Json,
    Uuid,
    Bytes,
    Date,
    Time,
    Timestamp,
    /// Of one element's kind.
    List(Box<Kind>),
    /// Everything that can only be left out: floats, booleans, enums, ranges, and what nobody knows.
    Other,
}

/// How a value is masked so that it can still be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// Texts become tokens.
    Hash,
    /// Texts keep their form.
    Format,
}

impl Manner {
    /// Why values of this kind cannot be masked so; None where they can.
    #[must_use]
    pub fn refuses(self, kind: &Kind) -> Option<String> {
        match (self, kind) {
            (_, Kind::List(element)) => self.refuses(element),
            (Self::Hash, Kind::Text { length: Some(length), .. }) if *length < HASHED => {
                Some(format!("a hash has {HASHED} characters, and the type allows {length}"))
            }
            (Self::Format, Kind::Bytes) | (_, Kind::Other) => Some("values of this type have no other form".to_owned()),
            _ => None,
        }
    }
}

/// Masks a value by the text that PostgreSQL prints of it.
fn printed(secret: &Secret, manner: Manner, kind: &Kind, value: &str) -> String {
    match kind {
        Kind::Integer | Kind::Numeric => number::printed(secret, value),
        Kind::Text { folded, .. } => text::masked(secret, manner, value, *folded),
        Kind::Json => json::masked(secret, manner, value),
        Kind::Uuid => text::uuid_like(secret, value).unwrap_or_else(|| text::token(secret, value)),
        Kind::Date | Kind::Time | Kind::Timestamp => time::printed(secret, value),
        Kind::List(element) => list::masked(value, |element_text| printed(secret, manner, element, element_text)),
        Kind::Bytes | Kind::Other => text::token(secret, value),
    }
}
