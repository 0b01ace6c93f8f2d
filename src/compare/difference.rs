//! Owns what is told of two sets of outcomes that were compared: how many rows went where, and why. No value of a row.
//! Must not know: how rows are compared, or how it is shown.

use schemars::JsonSchema;
use serde::Serialize;

use crate::outcome::Outcome;

/// How the outcomes of two pipelines, runs or snapshots differ.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Difference {
    pub before: Compared,
    pub after: Compared,
    /// Does anything differ?
    pub differs: bool,
    /// The two sides derive UUIDs from different namespaces. They were compared as if both had that of `before`.
    pub other_namespace: bool,
    /// Rows that the target refused when the run of `before` loaded them. They are compared as its rules had left them: migrated.
    pub refused_by_target: u64,
    /// In the order of running after; then those that only `before` has.
    pub flows: Vec<FlowDifference>,
    /// Flows that were not run: neither their rules nor what they read differs, and nothing that differs reads them.
    pub untouched: Vec<String>,
    /// The folder with all rows that differ, as Parquet; none where no row does.
    pub rows: Option<String>,
}

/// One of the sides that were compared.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Compared {
    /// The pipeline's name.
    pub pipeline: String,
    /// Its file.
    pub file: String,
    /// SHA-256 over its rules.
    pub pipeline_hash: String,
    /// The id of the snapshot.
    pub snapshot: String,
    /// The finished run whose outcomes they are; none for rules that were only tried.
    pub run: Option<String>,
}

/// Which sides have a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Flows {
    Both,
    /// Only `before`.
    Before,
    /// Only `after`.
    After,
}

/// How the outcomes of one flow differ.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FlowDifference {
    /// Its name after, or before where only that side has it.
    pub flow: String,
    /// Its name before, where it was another: the only flow of either side with this source and target.
    pub was: Option<String>,
    /// Which sides have it.
    pub sides: Flows,
    /// The target's table.
    pub target: String,
    pub differs: bool,
    /// Rows that have an outcome before, and after.
    pub before_rows: u64,
    pub after_rows: u64,
    /// Rows by outcome before and after, where there are any. The sums over `before` are that side's counts, and so with `after`.
    pub matrix: Vec<Cell>,
    /// Rows whose outcome or reason differs, the most first.
    pub transitions: Vec<Transition>,
    /// The reasons that rows left or came to, in the order of outcomes and names.
    pub reasons: Vec<ReasonChange>,
    /// Rows migrated before and after with other values in columns of both sides.
    pub changed_rows: u64,
    /// In which columns, the most rows first.
    pub columns: Vec<ColumnChange>,
    /// Columns of the target that only one side writes.
    pub columns_only_before: Vec<String>,
    pub columns_only_after: Vec<String>,
    /// Warnings that rows gained or lost.
    pub warnings: Vec<WarningChange>,
    /// Rows migrated before and after with a derived UUID that differs: their entity or its key has changed. It is no changed column.
    pub other_ids: u64,
    /// The flow's files of rows that differ, relative to the folder.
    pub files: Vec<String>,
}

/// A number of rows by their outcomes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Cell {
    /// None: that side has no such row.
    pub before: Option<Outcome>,
    pub after: Option<Outcome>,
    pub rows: u64,
}

/// What became of rows, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
pub struct Fate {
    pub outcome: Outcome,
    /// Of rows rejected, skipped, or elsewhere (the flow that owns them).
    pub reason: Option<String>,
}

/// Rows that went from one fate to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Transition {
    /// None: that side has no such row.
    pub before: Option<Fate>,
    pub after: Option<Fate>,
    pub rows: u64,
    /// A few of their keys.
    pub keys: Vec<String>,
}

/// A reason that rows left or came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ReasonChange {
    pub outcome: Outcome,
    pub reason: String,
    /// Rows with it before, and after.
    pub before: u64,
    pub after: u64,
    /// Where rows went that had it before, the most first.
    pub went: Vec<Way>,
    /// Where rows came from that have it after, the most first.
    pub came: Vec<Way>,
}

/// Where rows went, or came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Way {
    /// None: the other side has no such row.
    pub fate: Option<Fate>,
    pub rows: u64,
}

/// A column of the target with other values.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ColumnChange {
    pub column: String,
    pub rows: u64,
    /// A few keys of the rows.
    pub keys: Vec<String>,
}

/// A warning that rows, migrated or adopted, gained or lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct WarningChange {
    pub warning: String,
    /// Rows with it before, and after.
    pub before: u64,
    pub after: u64,
    /// Rows that have it only after.
    pub gained: u64,
    /// Rows that have it only before.
    pub lost: u64,
}

impl FlowDifference {
    /// Rows whose outcome or reason differs, or that only one side has.
    #[must_use]
    pub fn moved(&self) -> u64 {
        self.transitions.iter().map(|transition| transition.rows).sum()
    }

    /// Rows that reach the target, migrated or adopted, only after, and only before.
    #[must_use]
    pub fn reached(&self) -> (u64, u64) {
        let reaches = |fate: &Option<Fate>| {
            fate.as_ref().is_some_and(|fate| matches!(fate.outcome, Outcome::Migrated | Outcome::Adopted))
        };
        let rows = |before: bool, after: bool| {
            let those = self.transitions.iter();
            let those = those.filter(|found| (reaches(&found.before), reaches(&found.after)) == (before, after));
            those.map(|found| found.rows).sum()
        };
        (rows(false, true), rows(true, false))
    }

    /// Does anything differ but its name?
    #[must_use]
    pub fn tells_anything(&self) -> bool {
        let columns = !self.columns_only_before.is_empty() || !self.columns_only_after.is_empty();
        self.moved() + self.changed_rows + self.other_ids > 0 || columns || !self.warnings.is_empty()
    }
}
