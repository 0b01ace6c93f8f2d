//! Owns the list of JSON schemas: of what users write, and of what each command prints with `--format json`. They follow from the
//! types themselves. Must not know: how any of it is read or made.

use schemars::{Schema, schema_for};

use super::render::{error, retry, snapshot};
use crate::flow::Flow;
use crate::pipeline::{CheckHeader, Pipeline, ReportHeader, SharedHeader};
use crate::report::Report;
use crate::run::{Plan, RolledBack};
use crate::{cases, command, compare, doctor, explain, run};

/// A schema: the name it is asked for by, what it is of, and the schema.
type Known = (&'static str, &'static str, fn() -> Schema);

/// All there are.
pub const ALL: &[Known] = &[
    ("pipeline", "a pipeline file", Pipeline::file_schema),
    ("flow", "the header of a flow's file", Flow::header_schema),
    ("shared", "the header of a shared view's file", || schema_for!(SharedHeader)),
    ("check-header", "the header of a check's file", || schema_for!(CheckHeader)),
    ("report-header", "the header of a report's file", || schema_for!(ReportHeader)),
    ("init", "what init prints", || schema_for!(command::init::Initialised)),
    ("run", "what run, what-if, report and demo print", || schema_for!(Report)),
    ("difference", "what what-if --against prints", || schema_for!(compare::Difference)),
    ("explain", "what explain prints", || schema_for!(explain::Explained)),
    ("query", "what query prints", || schema_for!(command::query::Document)),
    ("query-tables", "what query .tables prints", || schema_for!(Vec<command::query::TableShown>)),
    ("query-schema", "what query .schema prints", || schema_for!(Vec<command::query::ColumnShown>)),
    ("query-reasons", "what query .reasons prints", || schema_for!(Vec<command::query::ReasonShown>)),
    ("verify", "what verify prints", || schema_for!(run::VerifiedRun)),
    ("doctor", "what doctor prints", || schema_for!(doctor::Examination)),
    ("load-worker", "what load-worker prints", || schema_for!(crate::load::help::Helped)),
    ("bench", "what bench prints", || schema_for!(command::bench::Benchmark)),
    ("test", "what test prints", || schema_for!(cases::Tested)),
    ("quarantine-list", "what quarantine list prints", || schema_for!(command::quarantine::Listed)),
    ("quarantine-export", "what quarantine export prints", || schema_for!(command::quarantine::export::Exported)),
    ("quarantine-manifest", "what stands beside an export", || schema_for!(command::quarantine::manifest::Manifest)),
    ("quarantine-retry", "what quarantine retry prints", || schema_for!(retry::Tried)),
    ("evidence", "what evidence prints", || schema_for!(command::evidence::Bundled)),
    ("evidence-verify", "what evidence verify prints", || schema_for!(command::evidence::Checked)),
    ("plan", "what plan prints", || schema_for!(Plan)),
    ("rollback", "what rollback prints", || schema_for!(RolledBack)),
    ("check", "what check prints", || schema_for!(command::check::Checked)),
    ("snapshot", "what snapshot and sample print", || schema_for!(snapshot::Taken)),
    ("snapshot-list", "what snapshot list prints", || schema_for!(snapshot::Listed)),
    ("snapshot-show", "what snapshot show prints: the manifest", || schema_for!(crate::snapshot::Manifest)),
    ("snapshot-verify", "what snapshot verify prints", || schema_for!(snapshot::Looked)),
    ("snapshot-prune", "what snapshot prune prints", || schema_for!(command::snapshot::Pruned)),
    ("error", "what every command prints on stderr when it fails", || schema_for!(error::Failed)),
];

/// The schema of this name.
#[must_use]
pub fn of(name: &str) -> Option<Schema> {
    ALL.iter().find(|(known, ..)| *known == name).map(|(.., schema)| schema())
}
