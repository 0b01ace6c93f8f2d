//! Owns what a comparison of the target with the stored outcomes finds, as it is told to people and machines: counts, keys and
//! names of columns, never values. Must not know: how anything is compared.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Duplicates, Orphans};

/// How many records of a sort are named; all are counted.
pub(super) const EXAMPLES: usize = 20;

/// What was found, of all flows.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct Verification {
    pub flows: Vec<FlowVerified>,
    /// Rows whose foreign key points to nothing.
    pub orphans: Vec<Orphans>,
    /// Keys that stand more than once under a unique index.
    pub duplicates: Vec<Duplicates>,
    /// Columns, constraints, indexes, triggers, policies and sequences that are not as they were when the run ended.
    pub structure: Vec<Altered>,
    /// Mappings that runs of this pipeline wrote, under an entity that none of its flows has.
    pub stray_mappings: u64,
    /// Only this share of the rows was compared.
    pub sample: Option<Sampled>,
    /// What could not be known, and so was not compared.
    pub unknown: Vec<String>,
}

/// A share of all rows: of each flow, those whose ids begin within a window.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct Sampled {
    /// 0 to 1.
    pub share: f64,
    /// The same seed gives the same rows.
    pub seed: u64,
}

/// What was found of a flow.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct FlowVerified {
    pub flow: String,
    /// The table that it loads.
    pub table: String,
    /// The rows of its table.
    pub rows: Compared,
    /// The rows of the mappings table that are its rows'.
    pub mappings: Option<Compared>,
    /// Its rows in the quarantine: those it rejects, and those the target refused.
    pub quarantine: Option<Compared>,
    /// What the ledger counts otherwise than the outcomes.
    pub ledger: Vec<Miscounted>,
    /// Rows that later runs have moved: of these, this run tells nothing.
    pub superseded: u64,
    /// Rows that others had changed before a run wanted to, and that it left to them: not as the outcomes say, which is known.
    pub conflicts: Compared,
}

/// Records of one sort, compared.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Compared {
    /// They are as they shall be.
    pub same: u64,
    /// They are not there.
    pub missing: u64,
    /// They have a value that is not as it shall be.
    pub different: u64,
    /// They stand more than once.
    pub doubled: u64,
    /// They are there, and no outcome accounts for them.
    pub extra: u64,
    /// In how many of the records that are named each column differs.
    pub columns: BTreeMap<String, u64>,
    /// The first of those that are not as they shall be.
    pub examples: Vec<Example>,
}

/// A record that is not as it shall be; never its values.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Example {
    pub what: What,
    /// The legacy key; of what no outcome accounts for, where it is known.
    pub key: Option<String>,
    /// What tells the row apart in the target.
    pub id: Option<String>,
    /// The columns that differ.
    pub columns: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum What {
    Missing,
    Different,
    Doubled,
    Extra,
}

impl What {
    /// The word for it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Different => "different",
            Self::Doubled => "doubled",
            Self::Extra => "too many",
        }
    }
}

/// What of a flow the ledger counts otherwise than the outcomes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Miscounted {
    /// A chunk of the load; none where it is the whole flow.
    pub chunk: Option<String>,
    pub what: String,
}

/// Something of a table that is not as it was when the run ended.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Altered {
    pub table: String,
    /// `column`, `constraint`, `index`, `trigger`, `policy`, `row security`, `sequence` or `table`.
    pub sort: String,
    pub name: String,
    /// `gone`, `changed`, `disabled`, `not valid`, `behind` (a sequence that would give values that are there) or `moved back`.
    pub what: String,
}

impl Compared {
    /// Records that are not as they shall be.
    #[must_use]
    pub fn wrong(&self) -> u64 {
        self.missing + self.different + self.doubled + self.extra
    }

    /// Their number, by what is wrong.
    pub fn by_what(&self) -> impl Iterator<Item = (What, u64)> {
        [
            (What::Missing, self.missing),
            (What::Different, self.different),
            (What::Doubled, self.doubled),
            (What::Extra, self.extra),
        ]
        .into_iter()
        .filter(|(_, count)| *count > 0)
    }

    /// Counts a record that is wrong, and names it while there is room.
    pub(super) fn note(&mut self, example: Example) {
        *match example.what {
            What::Missing => &mut self.missing,
            What::Different => &mut self.different,
            What::Doubled => &mut self.doubled,
            What::Extra => &mut self.extra,
        } += 1;
        if self.examples.iter().filter(|known| known.what == example.what).count() < EXAMPLES {
            for column in &example.columns {
                *self.columns.entry(column.clone()).or_default() += 1;
            }
            self.examples.push(example);
        }
    }
}

impl FlowVerified {
    /// Is all of it as it shall be?
    #[must_use]
    pub fn clean(&self) -> bool {
        self.ledger.is_empty() && self.parts().all(|(_, part)| part.wrong() == 0)
    }

    /// What was compared, by name.
    pub fn parts(&self) -> impl Iterator<Item = (&'static str, &Compared)> {
        [("rows", Some(&self.rows)), ("mappings", self.mappings.as_ref()), ("quarantine", self.quarantine.as_ref())]
            .into_iter()
            .filter_map(|(name, part)| Some((name, part?)))
    }
}

impl Verification {
    /// Is everything as it shall be?
    #[must_use]
    pub fn clean(&self) -> bool {
        self.orphans.is_empty()
            && self.duplicates.is_empty()
            && self.structure.is_empty()
            && self.stray_mappings == 0
            && self.flows.iter().all(FlowVerified::clean)
    }

    /// What was found, in one line.
    #[must_use]
    pub fn summary(&self) -> String {
        let same: u64 = self.flows.iter().map(|flow| flow.rows.same).sum();
        let mut line = format!("{same} rows are as they shall be");
        let mut add = |count: u64, what: &str| {
            if count > 0 {
                line.extend([", ", &count.to_string(), " ", what]);
            }
        };
        let sum = |of: &dyn Fn(&FlowVerified) -> u64| self.flows.iter().map(of).sum::<u64>();
        add(sum(&|flow| flow.rows.missing), "missing");
        add(sum(&|flow| flow.rows.different), "different");
        add(sum(&|flow| flow.rows.doubled), "doubled");
        add(sum(&|flow| flow.rows.extra), "too many");
        add(self.orphans.iter().map(|found| found.rows).sum(), "orphans");
        add(self.duplicates.iter().map(|found| found.keys).sum(), "keys twice");
        let wrong = |part: &Option<Compared>| part.as_ref().map_or(0, Compared::wrong);
        add(sum(&|flow| wrong(&flow.mappings)) + self.stray_mappings, "mappings wrong");
        add(sum(&|flow| wrong(&flow.quarantine)), "rows of the quarantine wrong");
        add(sum(&|flow| flow.ledger.len() as u64), "counts of the ledger wrong");
        add(self.structure.len() as u64, "constraints, indexes, triggers or sequences not as they were");
        line
    }
}
