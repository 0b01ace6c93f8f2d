//! Owns the account of what a run changed in a target that earlier runs had filled. Must not know: how it was changed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::compare::Counts;
use crate::ledger::Conflicting;

/// What differed in a flow, and what was done about it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(default)]
pub struct Changes {
    /// The run that the target was compared with.
    pub base: Option<String>,
    /// How it was known what the target held.
    pub known_by: KnownBy,
    /// Why rows differ, as far as whole flows tell it.
    pub because: Because,
    /// Where the source and the rules have changed: what differs because of the rules alone, over the snapshot before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_rules: Option<Counts>,
    /// Are new rows noted one by one? Not where an unfinished first load was taken further.
    #[serde(skip)]
    pub noted: bool,
    #[serde(flatten)]
    pub counts: Counts,
    /// What was done to rows of the target: inserted, updated, marked, deleted; `standing` are those that no outcome accounts
    /// for, `altered` those that a trigger changed once more.
    pub moved: BTreeMap<String, u64>,
    /// Rows that others had changed, deleted or referred to.
    pub conflicts: Vec<Conflicting>,
}

/// How it was known what the target held of a flow.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KnownBy {
    /// By the stored outcomes of the run before.
    #[default]
    Outcomes,
    /// By the rows themselves: what they were meant to be is lost.
    Target,
}

/// Why the rows of a flow differ from those of the run before.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Because {
    /// Neither its rules nor the source have changed.
    #[default]
    Nothing,
    /// The source has other rows; the rules are the same.
    Data,
    /// The rules are others; the source is the same.
    Rules,
    /// Both have changed.
    Both,
}
