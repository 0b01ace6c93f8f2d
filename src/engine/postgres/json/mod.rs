//! Owns values of json and jsonb: what they are, and which parts deal with them.
//! Must not know: columns, queries, or where a text comes from.

mod edit;
pub mod number;
mod operators;
mod order;
mod print;
mod scan;
mod text;

pub use print::to_json_text;
pub use scan::is_valid_json;
pub use text::{json_at, json_elements, json_get, json_path, json_text, json_typeof};

/// Why there is no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bad {
    /// A text that PostgreSQL refuses.
    Syntax,
    /// A number, or a text, that is larger or smaller than can be.
    Range,
    /// An operation on a kind of value that it does not take, in a few words.
    Kind(&'static str),
    /// PostgreSQL gives a value, but this code does not.
    Unsupported,
}

/// A jsonb value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Json {
    Null,
    Bool(bool),
    /// In the digits that numeric prints.
    Number(String),
    Text(String),
    Array(Vec<Json>),
    /// In jsonb's order: shorter names first, equally long ones by their bytes; no name twice.
    Object(Vec<(String, Json)>),
}

impl Json {
    /// Reads a text as jsonb takes it.
    ///
    /// # Errors
    /// `Syntax` for what is no JSON or holds `\u0000` or half a surrogate pair; `Range` for a number that numeric
    /// cannot hold; `Unsupported` for a text nested very deep.
    pub fn read(text: &str) -> Result<Self, Bad> {
        scan::jsonb(text)
    }

    /// An object of these members, in any order: of equal names the last one counts.
    #[must_use]
    pub fn object(mut members: Vec<(String, Self)>) -> Self {
        // A sort that keeps the order of equals, turned round, leaves the last of them in front.
        members.reverse();
        members.sort_by(|left, right| order::names(&left.0, &right.0));
        members.dedup_by(|later, first| later.0 == first.0);
        Self::Object(members)
    }

    /// Is it neither an array nor an object?
    #[must_use]
    pub fn is_scalar(&self) -> bool {
        !matches!(self, Self::Array(_) | Self::Object(_))
    }

    /// `jsonb_typeof`.
    #[must_use]
    pub fn typeof_(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Number(_) => "number",
            Self::Text(_) => "string",
            Self::Array(_) => "array",
            Self::Object(_) => "object",
        }
    }
}
