//! Owns the vocabulary of fates: what can become of a source row, and how a flow's SQL spells it.
//! Must not know: how outcomes are computed, stored or loaded.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The name of the column of a flow that holds the legacy key.
pub const KEY: &str = "_key";
/// The name of the column that holds the key by which others refer to a row, where that is not [`KEY`]. The engine's own.
pub const ENTITY_KEY: &str = "_entity_key";
/// The name of the column of a flow that holds the encoded outcome.
pub const OUTCOME: &str = "_outcome";
/// The name of the optional column of a flow that holds the warnings' codes.
pub const WARNINGS: &str = "_warnings";
/// The name of the column that holds the reason of a rejected, skipped or elsewhere row.
pub const REASON: &str = "_reason";
/// The reason of rows that the extraction could not read exactly: no flow has seen them.
pub const UNREADABLE: &str = "unreadable";
/// The reason of rows with a key, given to `legacy_uuid`, that did not cast to the type of the entity's keys.
pub const BAD_KEY_REASON: &str = "bad_key";
/// Stands for the UUID of such a key until the row is rejected.
pub const BAD_KEY: [u8; 16] = *b"rehome\x8dbad\x8dkey\0\0";
/// The name of the column that holds the flow whose row is the cause of a reject, where there is one.
pub const CAUSE_FLOW: &str = "_cause_flow";
/// The name of the column that holds the key, as text, of the row that is the cause.
pub const CAUSE_KEY: &str = "_cause_key";
/// The name of the column that holds the whole source row as JSON text.
pub const SOURCE_ROW: &str = "_source_row";
/// The name of the target's key, where a flow's header names no other.
pub const ID: &str = "id";
/// The name of the column of a flow that holds the key of the target's row, where the flow gives it.
pub const GIVEN_ID: &str = "_id";
/// The name of the column of a flow that tells apart the rows that one row of the source becomes.
pub const ORDINAL: &str = "_ordinal";
/// The name of the column that tells the rows of a flow apart whose target has no UUID of ours. The engine's own.
pub const ROW_ID: &str = "_row_id";

/// How a row of the target is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Id {
    /// By a UUID that follows from the entity and its key; mappings remember it.
    #[default]
    Derived,
    /// By the value of any type that the flow gives as `_id`; mappings remember it.
    Given,
    /// By the value that the target's own default or identity column makes; mappings and the ledger remember it.
    Server,
    /// By a unique key of the target whose columns the flow gives. Nothing refers to it by a UUID.
    None,
}

/// What becomes of a row whose UUID is in the target already, though no run loaded it: a trigger made it, or people did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Existing {
    /// It is refused, with the reason `existing`.
    #[default]
    Reject,
    /// The flow's columns are written over it.
    Update,
    /// It is left as it is.
    Adopt,
}

/// What becomes of a row of the target whose source row is gone, or is migrated no longer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Gone {
    /// It stays as it is, and is listed.
    #[default]
    Keep,
    /// A column of it says so.
    Mark,
    /// It is deleted, if nobody has changed it or refers to it.
    Delete,
}

/// What becomes of a change to a row that others have changed or deleted since it was loaded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Conflict {
    /// The row stays as the others left it.
    #[default]
    Keep,
    /// The source's row is written over it.
    Overwrite,
}

/// How the rows of a flow are known in the target, and what becomes of those that are there already.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct RowIdentity {
    pub id: Id,
    /// The target's column that holds the id.
    pub id_column: String,
    /// With [`Id::None`]: the columns of the target that tell its rows apart; empty: its primary key.
    pub identity: Vec<String>,
    pub existing: Existing,
    /// The columns of a unique key of the target by which a row that is there is found besides; empty: by its id alone.
    pub matching: Vec<String>,
    /// With [`Id::Server`]: what its values are.
    pub made: Made,
    /// What becomes of rows whose source rows are gone.
    pub gone: Gone,
    /// With [`Gone::Mark`]: the target's column that says so.
    pub mark: Option<String>,
    /// What becomes of changes to rows that others have changed.
    pub conflict: Conflict,
    /// The columns of which a trigger of the target may make something else as a row comes in.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub altered: Vec<String>,
}

/// The type of the ids that a target makes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Made {
    /// Of a sequence; also where no target is known.
    #[default]
    Integer,
    Uuid,
    Text,
}

impl Default for RowIdentity {
    fn default() -> Self {
        Self {
            id: Id::default(),
            id_column: ID.to_owned(),
            identity: Vec::new(),
            existing: Existing::default(),
            matching: Vec::new(),
            made: Made::default(),
            gone: Gone::default(),
            mark: None,
            conflict: Conflict::default(),
            altered: Vec::new(),
        }
    }
}

impl RowIdentity {
    /// Do the rows have UUIDs of ours?
    #[must_use]
    pub fn is_derived(&self) -> bool {
        self.id == Id::Derived
    }

    /// Do mappings remember the rows?
    #[must_use]
    pub fn is_mapped(&self) -> bool {
        self.id != Id::None
    }

    /// The column of the stored outcomes that tells their rows apart: always a UUID.
    #[must_use]
    pub fn row_column(&self) -> &str {
        if self.is_derived() { &self.id_column } else { ROW_ID }
    }

    /// The columns of the target that tell its rows apart, as far as the flow names them; none: its primary key.
    #[must_use]
    pub fn named(&self) -> &[String] {
        if self.is_mapped() { std::slice::from_ref(&self.id_column) } else { &self.identity }
    }
}

/// What became of a source row. Each row of a flow's source has exactly one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// A row of the target was made of it.
    Migrated,
    /// The target held its row before, under a UUID that is not ours; it is left as it is.
    Adopted,
    /// Wrong, with a reason; the whole row is in quarantine.
    Rejected,
    /// Declared out of the flow's scope, with a reason.
    Skipped,
    /// Another flow owns it.
    Elsewhere,
}

impl Outcome {
    /// All outcomes, in the order of reports.
    pub const ALL: [Self; 5] = [Self::Migrated, Self::Adopted, Self::Rejected, Self::Skipped, Self::Elsewhere];

    /// The outcome's name in reports, files and tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Migrated => "migrated",
            Self::Adopted => "adopted",
            Self::Rejected => "rejected",
            Self::Skipped => "skipped",
            Self::Elsewhere => "elsewhere",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What a flow's `_outcome` may say: the functions `migrate()`, `reject('…')`, `skip('…')` and `elsewhere('…')`
/// give these as text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    Migrate,
    Reject(String),
    Skip(String),
    Elsewhere(String),
}

impl Verdict {
    /// The text that stands for the verdict in `_outcome`.
    #[must_use]
    pub fn encode(&self) -> String {
        match self {
            Self::Migrate => "migrate".to_owned(),
            Self::Reject(reason) => format!("reject:{reason}"),
            Self::Skip(reason) => format!("skip:{reason}"),
            Self::Elsewhere(flow) => format!("elsewhere:{flow}"),
        }
    }

    /// The reason of a reject.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Reject(reason) => Some(reason),
            _ => None,
        }
    }

    /// Reads what [`Self::encode`] wrote; None for any other text.
    #[must_use]
    pub fn decode(text: &str) -> Option<Self> {
        match text.split_once(':') {
            None => (text == "migrate").then_some(Self::Migrate),
            Some(("reject", reason)) => Some(Self::Reject(reason.to_owned())),
            Some(("skip", reason)) => Some(Self::Skip(reason.to_owned())),
            Some(("elsewhere", flow)) => Some(Self::Elsewhere(flow.to_owned())),
            Some(_) => None,
        }
    }
}

/// What stands before the flow and before the key of a cause: no reason holds it.
const UNIT: char = '\u{1f}';

/// The row whose fate is the cause of a reject: of this flow, with this legacy key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cause<'a> {
    pub flow: &'a str,
    /// As text: see [`crate::key::KeyColumn::text`].
    pub key: &'a str,
}

impl<'a> Cause<'a> {
    /// Appends the cause to an encoded verdict.
    #[must_use]
    pub fn append(&self, verdict: &str) -> String {
        format!("{verdict}{UNIT}{}{UNIT}{}", self.flow, self.key)
    }

    /// Divides a text of `_outcome` into the verdict and the cause that [`Self::append`] added to it.
    #[must_use]
    pub fn split(text: &'a str) -> (&'a str, Option<Self>) {
        match text.split_once(UNIT) {
            None => (text, None),
            Some((verdict, cause)) => (verdict, cause.split_once(UNIT).map(|(flow, key)| Self { flow, key })),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Cause, Verdict};

    #[test]
    fn causes_survive_their_text() {
        let cause = Cause { flow: "orders", key: "a:b 7" };
        let text = cause.append(&Verdict::Reject("gone".into()).encode());
        assert_eq!(Cause::split(&text), ("reject:gone", Some(cause)));
        assert_eq!(Cause::split("reject:gone"), ("reject:gone", None));
    }

    #[test]
    fn verdicts_survive_their_text() {
        for verdict in
            [Verdict::Migrate, Verdict::Reject("a:b".into()), Verdict::Skip("x".into()), Verdict::Elsewhere("f".into())]
        {
            assert_eq!(Verdict::decode(&verdict.encode()), Some(verdict));
        }
        assert_eq!(Verdict::decode("migrated"), None);
    }
}
