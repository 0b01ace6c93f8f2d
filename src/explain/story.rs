//! Owns the form of a story: what is told of a row, for people and for machines.
//! Must not know: how any of it is found out.

use schemars::JsonSchema;
use serde::Serialize;

use crate::diagnosis::Clause;

/// What `rehome explain --format json` prints.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Explained {
    /// One of each source row that is meant: more than one where a UUID is that of rows of several flows.
    pub stories: Vec<Story>,
}

/// The story of one source row in one flow.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Story {
    pub flow: String,
    /// The flow's file.
    pub file: String,
    /// The legacy key as text; of several columns, a JSON array.
    pub key: String,
    pub entity: String,
    /// The target table, as the flow names it.
    pub target: String,
    /// What the story rests on: a finished run, or rules tried over a snapshot.
    pub run: String,
    /// Were the rules only tried?
    pub tried: bool,
    pub snapshot: String,
    pub source: Source,
    /// What became of it: one row, unless the flow makes several of one.
    pub rows: Vec<Row>,
    /// Why part of the story cannot be told.
    pub not_looked_into: Vec<String>,
}

/// The row of the source.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Source {
    /// `schema.name`.
    pub table: String,
    pub columns: Vec<Column>,
    /// The columns that could not be read exactly when the snapshot was taken: then no flow has seen the row.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<String>,
}

/// A column of a row.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Column {
    pub name: String,
    /// Its type in PostgreSQL.
    #[serde(rename = "type")]
    pub kind: String,
    pub null: bool,
    /// As PostgreSQL prints it; only where values are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// What became of the source row, or of one of the rows that it became.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Row {
    /// With the ordinal at its end, where the flow makes several rows of one.
    pub key: String,
    /// `migrated`, `adopted`, `rejected`, `skipped` or `elsewhere`, as stored.
    pub outcome: String,
    /// Why it was rejected or skipped; of `elsewhere`, the flow that owns it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What it would take to recover it, as the flow says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// Why it has that outcome though the flow's query says otherwise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<String>,
    /// How `_outcome` was decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<Decision>,
    /// The joins of the flow's query, and those of the queries that it joins.
    pub joins: Vec<Join>,
    pub warnings: Vec<Warning>,
    /// From the row to the one that broke first; empty where it is no reject for another's fate.
    pub causes: Vec<Link>,
    /// The UUID or key of the row that was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// The columns of the row that was made.
    pub result: Vec<Column>,
    /// The file of stored outcomes that holds it: a chunk of the load.
    pub stored_in: String,
    /// Where it is in the target, where one was given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_target: Option<InTarget>,
}

/// How `_outcome` was decided.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Decision {
    /// What the query says: `migrate`, `reject:reason`, `skip:reason` or `elsewhere:flow`.
    pub says: String,
    /// The branch of the CASE that fired, or the whole expression where it is no CASE.
    pub by: Clause,
    /// The branches that were looked at, in their order, the one that fired last; those of a CASE within it follow.
    pub branches: Vec<Branch>,
    /// Branches after the one that fired: they were not looked at.
    pub not_reached: usize,
}

/// A branch of a CASE.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Branch {
    /// From WHEN or ELSE on.
    pub when: Clause,
    /// What it gives.
    pub then: Clause,
    /// What the condition was: true, false, or null, which is not true either.
    pub was: Truth,
    /// How deep its CASE lies within others.
    pub depth: usize,
}

/// What a condition was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Truth {
    True,
    False,
    Null,
}

/// A relation that a query reads, and what it found in it for this row.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Join {
    pub clause: Clause,
    /// What it found, as far as that can be told.
    pub found: Found,
    /// What it looked for.
    pub keys: Vec<LookedFor>,
    /// Parts of its condition that are not about the row it looked for, and were not true.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub kept_away_by: Vec<Condition>,
    /// Where, within the query that it joins, the row it looked for was lost.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost: Vec<Lost>,
    /// The joins of the query that it joins: a CTE, a shared view, a query in brackets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub within: Vec<Join>,
}

/// What a join found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Found {
    /// No row.
    None,
    /// A row.
    One,
    /// It is the relation that the query begins with.
    Start,
    /// It was not looked into: it is no left or inner join, or compares nothing for equality.
    Unknown,
}

/// A value that a join looked for.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct LookedFor {
    /// The column that is compared.
    pub column: String,
    /// The expression whose value was looked for.
    pub expression: String,
    pub null: bool,
    /// Only where values are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
}

/// A part of a condition.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Condition {
    pub text: String,
    pub was: Truth,
}

/// A step of a query, and how many of the rows that were looked for it left.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Lost {
    pub clause: Clause,
    pub rows: u64,
}

/// A warning that was raised.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Warning {
    pub code: String,
    /// Its condition; none where the engine raised it, as for a time that a zone has twice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clause: Option<Clause>,
}

/// A row in a chain of causes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Link {
    pub flow: String,
    pub key: String,
    /// Its reason, or what became of it else: `not in the source`, `migrated`, `skipped: …`, `in a circle`.
    pub reason: String,
}

/// Where the row is in the target.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
pub struct InTarget {
    /// Has the chunk that holds it been loaded? With the time, where it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claimed_at: Option<String>,
    /// The state of the run in the ledger; none where the ledger does not know it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_state: Option<String>,
    /// Did the run bring only what differs from the one before? Then chunks are claimed by differences, not by files.
    pub by_difference: bool,
    /// The latest run of the target, where that is another one: it may have changed what is told here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latest_run: Option<String>,
    /// The row of the target table.
    pub row: TargetRow,
    /// Its columns, as they are there.
    pub columns: Vec<Column>,
    /// The columns that are not as the outcome says.
    pub differs: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mapping: Option<Mapping>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quarantine: Option<Quarantined>,
    /// What runs did to it, the first first.
    pub history: Vec<Moved>,
}

/// Is the row in the target?
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TargetRow {
    /// The outcome makes no row, or no run has been here.
    #[default]
    NotExpected,
    /// It is not there.
    Absent,
    /// It is there, as the outcome says.
    AsLeft,
    /// It is there, and others or triggers have changed it.
    Changed,
}

/// The mapping of the legacy key.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Mapping {
    pub entity: String,
    pub id: String,
    /// The run that wrote it; none for one that was there before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
}

/// A row of the quarantine.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Quarantined {
    pub since_run: String,
    pub since: String,
    pub reason: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sqlstate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub constraint: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<Link>,
}

/// What a run did to a row.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Moved {
    pub run: String,
    /// When, where the ledger knows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Such as `inserted`, `updated`, `deleted`, `changed by others, kept`, `resolved: reason`.
    pub what: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
}
