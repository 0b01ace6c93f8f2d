//! Owns what a user writes under `[mask]`. Must not know: which columns there are.

use serde::Deserialize;

use super::Manner;

/// What becomes of the values of some columns.
#[derive(Debug, Clone, PartialEq, Deserialize, schemars::JsonSchema)]
#[serde(untagged, expecting = "a rule is \"hash\", \"format\", \"null\", \"keep\", or { fixed = value }")]
pub enum Rule {
    Way(Way),
    Fixed(Fixed),
}

/// The rules that take no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Way {
    /// Texts become tokens of 26 letters and digits; numbers, UUIDs, days and times others of the same form.
    Hash,
    /// Letters become letters and digits digits; everything else stays.
    Format,
    /// NULL.
    Null,
    /// As it is, whatever other patterns say.
    Keep,
}

/// One value in place of all others; NULL stays NULL.
#[derive(Debug, Clone, PartialEq, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fixed {
    /// As PostgreSQL reads a value of the column's type.
    pub fixed: Plain,
}

/// A value as TOML has it.
#[derive(Debug, Clone, PartialEq, Deserialize, schemars::JsonSchema)]
#[serde(untagged)]
pub enum Plain {
    Text(String),
    Whole(i64),
    Number(f64),
    Truth(bool),
}

impl std::fmt::Display for Plain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Whole(number) => write!(f, "{number}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Truth(truth) => write!(f, "{truth}"),
        }
    }
}

impl Rule {
    /// Its name, as manifests and errors have it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Way(Way::Hash) => "hash",
            Self::Way(Way::Format) => "format",
            Self::Way(Way::Null) => "null",
            Self::Way(Way::Keep) => "keep",
            Self::Fixed(_) => "fixed",
        }
    }

    /// How values stay apart under it; None where they do not, or where it leaves them alone.
    #[must_use]
    pub fn manner(&self) -> Option<Manner> {
        match self {
            Self::Way(Way::Hash) => Some(Manner::Hash),
            Self::Way(Way::Format) => Some(Manner::Format),
            Self::Way(Way::Null | Way::Keep) | Self::Fixed(_) => None,
        }
    }
}
