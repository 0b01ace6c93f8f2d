//! Owns what a check has to say: one finding each, with how grave it is, where it is, and what to do about it.
//! Must not know: how anything is found.

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::{At, Error, Kind};
use crate::load::check::Mismatch;
use crate::pipeline::Pipeline;

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// A run would end with an error, or a demand of the pipeline is not met.
    Error,
    /// A run would go through, and leave behind or refuse what somebody may miss.
    Warning,
    /// Worth knowing.
    Note,
}

/// What a finding is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// A file of the pipeline: its SQL, its settings, a flow's header.
    Pipeline,
    /// A flow that could not be looked at, since one that it reads is wrong.
    NotLookedAt,
    /// The source is no longer what it was.
    SourceDrift,
    /// The target does not take what the flows give.
    TargetDrift,
    /// Values for which a flow, or the target, has no place.
    Values,
    /// Columns of the source that go nowhere.
    Coverage,
    /// What this role may not do.
    Privilege,
    /// A worker that shall run flows, and could not.
    Workers,
}

/// One thing that a check has to say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finding {
    pub severity: Severity,
    pub about: About,
    pub message: String,
    /// The flow it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flow: Option<String>,
    /// The table, of the source or the target, as `schema.name` where the schema is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// `file:line:column`, or as much of it as is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// The piece of SQL that stands there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sql: Option<String>,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Finding {
    pub fn new(severity: Severity, about: About, message: impl Into<String>) -> Self {
        Self {
            severity,
            about,
            message: message.into(),
            flow: None,
            table: None,
            column: None,
            place: None,
            sql: None,
            hint: None,
        }
    }

    pub fn error(about: About, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, about, message)
    }

    pub fn warning(about: About, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, about, message)
    }

    pub fn note(about: About, message: impl Into<String>) -> Self {
        Self::new(Severity::Note, about, message)
    }

    /// What an error says.
    pub fn of(error: &Error, about: About) -> Self {
        let at = |wanted: At| error.places().iter().find(|(at, _)| *at == wanted).map(|(_, name)| name.clone());
        Self {
            flow: at(At::Flow),
            table: at(At::Table),
            column: at(At::Column),
            place: at(At::File),
            sql: at(At::Sql),
            hint: error.hint_text().map(str::to_owned),
            ..Self::error(if error.kind() == Kind::Drift { About::TargetDrift } else { about }, error.message())
        }
    }

    /// A column that the target does not take, or misses.
    pub fn of_mismatch(mismatch: &Mismatch, pipeline: &Pipeline) -> Self {
        let hint = mismatch.hint.clone().unwrap_or_else(|| "change the flow's SQL, or the target's table".to_owned());
        let finding = Self::error(About::TargetDrift, mismatch.what.clone());
        let finding = finding.in_flow(pipeline, &mismatch.flow, mismatch.column.as_deref());
        Self { table: Some(mismatch.target.clone()), column: mismatch.column.clone(), hint: Some(hint), ..finding }
    }

    /// Points at a flow, and at what gives one of its columns.
    #[must_use]
    pub fn in_flow(mut self, pipeline: &Pipeline, flow: &str, column: Option<&str>) -> Self {
        self.flow = Some(flow.to_owned());
        let Some(found) = pipeline.flows.iter().find(|known| known.name == flow) else { return self };
        let place = match column {
            Some(column) => found.text().at_output(Error::config(""), column),
            None => Error::config("").at(At::File, &found.file),
        };
        let at = |wanted: At| place.places().iter().find(|(at, _)| *at == wanted).map(|(_, name)| name.clone());
        self.place = at(At::File);
        self.sql = at(At::Sql);
        self
    }

    #[must_use]
    pub fn at_table(mut self, table: impl Into<String>) -> Self {
        self.table = Some(table.into());
        self
    }

    #[must_use]
    pub fn at_column(mut self, column: impl Into<String>) -> Self {
        self.column = Some(column.into());
        self
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub fn is_drift(&self) -> bool {
        matches!(self.about, About::SourceDrift | About::TargetDrift)
    }
}

/// The gravest first; what is about one thing together.
pub fn sort(findings: &mut Vec<Finding>) {
    findings.sort_by(|left, right| {
        let key = |finding: &Finding| {
            (finding.severity, finding.about, finding.flow.clone(), finding.table.clone(), finding.column.clone())
        };
        key(left).cmp(&key(right))
    });
    findings.dedup();
}

/// 0 for a sound pipeline, 2 for one that is wrong, 6 where only the source or the target is no longer what it was.
pub fn exit_code(findings: &[Finding]) -> u8 {
    let wrong = findings.iter().any(|finding| finding.severity == Severity::Error && !finding.is_drift());
    let drifted = findings.iter().any(|finding| finding.severity != Severity::Note && finding.is_drift());
    match (wrong, drifted) {
        (true, _) => Kind::Config.exit_code(),
        (false, true) => Kind::Drift.exit_code(),
        (false, false) => 0,
    }
}
