//! Owns `rehome check`: is a pipeline sound, as far as that can be told without moving a row? All that there is to say is
//! said at once.
//! Must not know: how it was typed, or how the result is shown.

mod coverage;
mod drift;
mod finding;
mod lineage;
mod plans;
mod values;
#[cfg(feature = "cluster")]
mod workers;

use std::collections::BTreeSet;
use std::fmt;

use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::Serialize;

pub use coverage::{Coverage, CoveredColumn, CoveredTable, Goes};
pub use finding::{About, Finding, Severity};
pub use lineage::{ColumnLineage, From, Read};

use crate::error::{At, Error, Kind, Result};
use crate::extract::{self, Unread};
use crate::graph::{Graph, Ties, Work};
use crate::load;
use crate::name::Named;
use crate::outcomes::FlowShape;
use crate::pipeline::Pipeline;
use crate::run::{Machines, Setting, settle, ties};
use crate::server::Address;
use crate::snapshot::{Origin, Snapshot};
use crate::storage::Location;
use crate::target::Catalog;
use drift::Drift;
use lineage::Lineage;
use plans::{FlowPlan, Plans};

/// What is to be looked at.
#[derive(Clone, Default)]
pub struct Asked {
    /// A snapshot: flows are planned against it; with a source, the source is compared with it.
    pub snapshot: Option<Snapshot>,
    /// A source, of which only the catalog is read: flows are planned against it.
    pub source: Option<Address>,
    pub target: Option<Address>,
    /// Workers that shall run the flows: with a snapshot, each is asked whether it could.
    pub machines: Machines,
}

/// What a check found.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Checked {
    pub pipeline: String,
    /// 0: sound; 2: the pipeline is wrong; 6: the source or the target is no longer what the pipeline was written for.
    pub exit_code: u8,
    pub looked_at: LookedAt,
    /// In the order of running; those that cannot be planned come last.
    pub flows: Vec<CheckedFlow>,
    /// The gravest first.
    pub findings: Vec<Finding>,
    /// The triggers of the target that will fire while rows are loaded.
    pub triggers: Vec<load::check::Fires>,
    /// What there is to know of the order of texts, where rules depend on it and the source has another.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub texts: Option<Texts>,
    /// Where the columns of the source go; with a snapshot or a source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coverage: Option<Coverage>,
    /// Where each column of the target comes from; with a snapshot or a source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lineage: Option<Vec<ColumnLineage>>,
}

/// What there was to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LookedAt {
    /// What the flows were planned against.
    pub planned: Against,
    /// The moment of the snapshot that the source was compared with.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    pub compared_with: Option<DateTime<Utc>>,
    /// Were the flows' columns compared with the target's?
    pub target: bool,
    /// Were values looked for that have no place? That takes a snapshot.
    pub values: bool,
    /// The workers that are ready to run the flows, where some were named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workers: Option<usize>,
}

/// What flows are planned against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Against {
    Nothing,
    Snapshot,
    Source,
}

/// The source's collation is not that of the rules, which order texts by their bytes.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Texts {
    pub collation: String,
    /// The flows that sort or compare texts by order, or take the least or greatest.
    pub flows: Vec<String>,
}

impl fmt::Display for Texts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (collation, flows) = (&self.collation, self.flows.join(", "));
        write!(
            f,
            "texts are ordered by their bytes, as with collation \"C\", and in the source by {collation}: see {flows}"
        )
    }
}

/// Collations that order texts by their bytes.
const BY_BYTES: [&str; 6] = ["C", "POSIX", "C.UTF-8", "C.UTF8", "C.utf8", "ucs_basic"];

fn texts<'a>(snapshot: &Snapshot, shapes: impl Iterator<Item = &'a FlowShape>) -> Option<Texts> {
    let collation = snapshot.manifest().source.collation.clone()?;
    let flows: Vec<String> = shapes.filter(|shape| shape.orders_texts).map(|shape| shape.flow.clone()).collect();
    let differs = !BY_BYTES.contains(&collation.as_str()) && !flows.is_empty();
    differs.then_some(Texts { collation, flows })
}

/// One flow, and what it reads.
#[derive(Debug, Serialize, JsonSchema)]
pub struct CheckedFlow {
    pub flow: String,
    pub source: String,
    pub target: String,
    /// The flows whose results it reads: they run before.
    pub reads: Vec<String>,
    /// Flows that run before it where that is possible: they load the parents of its rows, or give their keys a UUID.
    pub after: Vec<String>,
    pub state: State,
}

/// How far a flow could be looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Its SQL parses; there was nothing to plan it against.
    Parsed,
    Planned,
    /// It is wrong: a finding says why.
    Wrong,
    /// One that it reads is wrong.
    NotLookedAt,
}

/// Where each column of the target comes from, by rules planned over a snapshot.
///
/// # Errors
/// What planning meets beside what is wrong with the rules.
pub async fn lineage(pipeline: &Pipeline, snapshot: &Snapshot, setting: &Setting) -> Result<Vec<ColumnLineage>> {
    let plans = plans::plans(pipeline, Some(snapshot), setting).await?;
    Ok(Lineage::of(&plans, snapshot).columns)
}

/// Looks at everything that can be known without moving a row.
///
/// # Errors
/// What keeps it from looking: a server that cannot be reached, a snapshot that is corrupt. What is wrong with the
/// pipeline, the source or the target is a result.
pub async fn check(pipeline: &Pipeline, asked: &Asked, setting: &Setting) -> Result<Checked> {
    let mut pipeline = pipeline.clone();
    let mut findings = Vec::new();
    let catalog = match &asked.target {
        Some(target) => catalog(target, &pipeline, &mut findings).await?,
        None => None,
    };
    if let Some(catalog) = &catalog {
        settle(&mut pipeline, catalog);
    }
    let folder = tempfile::tempdir()?;
    let shape = match &asked.source {
        Some(source) => Some(shape(source, &pipeline, &Location::folder(folder.path())?.child("shape")).await?),
        None => None,
    };
    let now = shape.as_ref().map(|shape| &shape.snapshot).or(asked.snapshot.as_ref());
    let mut plans = plans::plans(&pipeline, now, setting).await?;
    let lineage = now.map(|now| Lineage::of(&plans, now));
    let earlier = match (&asked.snapshot, &shape) {
        (None, Some(shape)) => earlier(&shape.snapshot, setting).await?,
        (given, _) => given.clone(),
    };
    let mut before = None;
    if let (Some(shape), Some(lineage)) = (&shape, &lineage) {
        findings.extend(unread(&shape.unread, &plans));
        if let Some(snapshot) = &earlier {
            let planned = plans::plans(&pipeline, Some(snapshot), setting).await?;
            findings.extend(drifted(&pipeline, (snapshot, &planned), (&shape.snapshot, &mut plans, lineage)));
            before = Some(planned);
        }
    }
    if let Some(snapshot) = &earlier {
        findings.extend(values::values(before.as_ref().unwrap_or(&plans), snapshot, catalog.as_ref()).await?);
    }
    findings.extend(of_plans(&plans));
    #[cfg(feature = "cluster")]
    let workers = workers::ready(asked, &plans, &mut findings, setting).await?;
    #[cfg(not(feature = "cluster"))]
    let workers = None;
    let triggers = match &catalog {
        Some(catalog) => against_target(catalog, &pipeline, &mut plans, &mut findings)?,
        None => Vec::new(),
    };
    let coverage = now.zip(lineage.as_ref()).map(|(now, lineage)| Coverage::of(&pipeline, &plans, now, lineage));
    if let (Some(coverage), Some(now)) = (&coverage, now) {
        findings.extend(coverage.findings(&pipeline, now));
    }
    finding::sort(&mut findings);
    Ok(Checked {
        exit_code: finding::exit_code(&findings),
        looked_at: LookedAt {
            planned: match (&shape, &asked.snapshot) {
                (Some(_), _) => Against::Source,
                (None, Some(_)) => Against::Snapshot,
                (None, None) => Against::Nothing,
            },
            compared_with: before.as_ref().and(earlier.as_ref()).map(|snapshot| snapshot.manifest().created_at),
            target: catalog.is_some() && now.is_some(),
            values: earlier.is_some(),
            workers,
        },
        flows: flows(&pipeline, &plans, catalog.as_ref(), now.is_some()),
        findings,
        triggers,
        texts: now.and_then(|now| texts(now, plans.flows.iter().map(|plan| &plan.shape))),
        coverage,
        lineage: lineage.map(|lineage| lineage.columns),
        pipeline: pipeline.name,
    })
}

/// The target's catalog; none where it has no table at all.
async fn catalog(target: &Address, pipeline: &Pipeline, findings: &mut Vec<Finding>) -> Result<Option<Catalog>> {
    match Catalog::read(&target.connect("rehome check").await?, &pipeline.target_schema).await {
        Ok(catalog) => Ok(Some(catalog)),
        Err(error) if error.kind() == Kind::Drift => {
            findings.push(Finding::of(&error, About::TargetDrift));
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// The latest snapshot of the workspace that is of the same database.
async fn earlier(now: &Snapshot, setting: &Setting) -> Result<Option<Snapshot>> {
    let now = &now.manifest().source;
    let is_same = |origin: &Origin| {
        let cluster = match (&origin.system_identifier, &now.system_identifier) {
            (Some(one), Some(other)) => one == other,
            // A role that may not ask for it knows the server by its name alone.
            _ => origin.host == now.host,
        };
        origin.kind == now.kind && origin.database == now.database && cluster
    };
    let entries = super::snapshot::list(setting).await?;
    let complete = entries.iter().rev().filter(|entry| entry.state == "complete");
    match complete.into_iter().find(|entry| entry.source.as_ref().is_some_and(is_same)) {
        Some(entry) => Ok(Some(super::snapshot::open(&entry.place, setting).await?)),
        None => Ok(None),
    }
}

async fn shape(source: &Address, pipeline: &Pipeline, place: &Location) -> Result<extract::Shape> {
    let mut named: Vec<Named> = pipeline.flows.iter().flat_map(crate::flow::Flow::named).collect();
    // Of a pipeline without an order, at least what the headers name.
    named.extend(Graph::new(pipeline).map(|graph| graph.source_tables()).unwrap_or_default());
    extract::shape(source, &pipeline.schemas, &named, place.clone()).await
}

/// Tables that this role cannot read, of those that the rules want.
fn unread(unread: &[Unread], plans: &Plans) -> Vec<Finding> {
    let wanted: BTreeSet<Named> = plans.graph.iter().flat_map(Graph::source_tables).collect();
    let is_wanted = |table: &Unread| wanted.iter().any(|named| named.name.fits(&table.schema, &table.name));
    let told = unread.iter().map(|table| {
        let finding = Finding::of(&table.why, About::Privilege).at_table(format!("{}.{}", table.schema, table.name));
        Finding { severity: if is_wanted(table) { Severity::Error } else { Severity::Note }, ..finding }
    });
    told.collect()
}

/// What the source of now differs in from an earlier snapshot; and which flows are wrong for no other reason.
fn drifted(
    pipeline: &Pipeline,
    (before, plans_before): (&Snapshot, &Plans),
    (now, plans_now, lineage): (&Snapshot, &mut Plans, &Lineage),
) -> Vec<Finding> {
    let lineage_before = Lineage::of(plans_before, before);
    let drift = Drift {
        pipeline,
        graph: plans_before.graph.as_ref(),
        before,
        now,
        lineage,
        lineage_before: Some(&lineage_before),
    };
    let mut findings = drift.findings();
    // What plans over the earlier snapshot, and not over the source of now, is wrong because the source has changed.
    let planned = |error: &Error| {
        let flow = place(error, At::Flow);
        flow.is_some_and(|flow| plans_before.flows.iter().any(|plan| plan.shape.flow == flow))
    };
    let (because, wrong): (Vec<Error>, Vec<Error>) =
        std::mem::take(&mut plans_now.errors).into_iter().partition(planned);
    findings.extend(
        because.iter().map(|error| Finding { about: About::SourceDrift, ..Finding::of(error, About::SourceDrift) }),
    );
    plans_now.errors = wrong;
    findings
}

fn place(error: &Error, wanted: At) -> Option<String> {
    error.places().iter().find(|(at, _)| *at == wanted).map(|(_, name)| name.clone())
}

/// What is wrong with flows, checks and reports.
fn of_plans(plans: &Plans) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for error in &plans.errors {
        let finding = Finding::of(error, About::Pipeline);
        // A table that is missing is missing at each place where a flow names it.
        if !findings.iter().any(|known| known.flow == finding.flow && known.message == finding.message) {
            findings.push(finding);
        }
    }
    for (flow, because) in &plans.skipped {
        let message = format!("{flow} was not looked at: it reads migrated.{because}, which is wrong");
        findings.push(Finding::note(About::NotLookedAt, message).in_flow(&plans.pipeline, flow, None));
    }
    findings
}

/// Compares what the flows give with what the target takes, and gives the triggers that will fire.
fn against_target(
    catalog: &Catalog,
    pipeline: &Pipeline,
    plans: &mut Plans,
    findings: &mut Vec<Finding>,
) -> Result<Vec<load::check::Fires>> {
    for FlowPlan { shape, .. } in plans.flows.iter().filter(|plan| plan.shape.migrates) {
        let mismatches = load::check::mismatches(catalog, shape);
        findings.extend(mismatches.iter().map(|mismatch| Finding::of_mismatch(mismatch, pipeline)));
        if catalog.table(&shape.target).is_some_and(|table| !table.writable) {
            let message = format!("this role may not insert into {}", shape.target);
            let finding = Finding::warning(About::Privilege, message).in_flow(pipeline, &shape.flow, None);
            findings
                .push(finding.at_table(&shape.target).hint("grant it INSERT on the table, and USAGE on its schema"));
        }
    }
    if let Some(graph) = &mut plans.graph {
        graph.arrange(&plans.pipeline, ties(&plans.pipeline, catalog), &Work::new())?;
    }
    let shapes: Vec<FlowShape> = plans.flows.iter().map(|plan| plan.shape.clone()).collect();
    Ok(load::check::triggers(catalog, &shapes))
}

/// All flows: those that have an order in it, then the others.
fn flows(pipeline: &Pipeline, plans: &Plans, catalog: Option<&Catalog>, planned: bool) -> Vec<CheckedFlow> {
    let order = plans.graph.as_ref().map(|graph| graph.order.as_slice()).unwrap_or_default();
    let ordered: Vec<&str> =
        order.iter().filter_map(|at| plans.pipeline.flows.get(*at)).map(|flow| flow.name.as_str()).collect();
    let tied: Vec<Ties> = catalog.map(|catalog| ties(&plans.pipeline, catalog)).unwrap_or_default();
    let mut flows: Vec<&crate::flow::Flow> = pipeline.flows.iter().collect();
    flows.sort_by_key(|flow| ordered.iter().position(|name| *name == flow.name).unwrap_or(usize::MAX));
    let one = |flow: &crate::flow::Flow| {
        let place = ordered.iter().position(|name| *name == flow.name);
        let needs = plans.graph.as_ref().and_then(|graph| graph.needs.get(&flow.name));
        let mentions = plans.graph.as_ref().and_then(|graph| graph.mentions.get(&flow.name));
        let wished = tied.iter().filter_map(|ties| ties.get(&flow.name)).chain(mentions).flatten();
        let earlier = |name: &&String| {
            let other = ordered.iter().position(|known| known == name);
            other.is_some() && other < place && needs.is_none_or(|needs| !needs.contains(*name))
        };
        let after: BTreeSet<String> = wished.filter(earlier).cloned().collect();
        let skipped = plans.skipped.iter().any(|(name, _)| *name == flow.name);
        let is_planned = plans.flows.iter().any(|plan| plan.shape.flow == flow.name);
        CheckedFlow {
            flow: flow.name.clone(),
            source: flow.source(),
            target: flow.target.clone(),
            reads: needs.into_iter().flatten().cloned().collect(),
            after: after.into_iter().collect(),
            state: match (skipped, is_planned, place) {
                (true, ..) => State::NotLookedAt,
                (_, true, _) => State::Planned,
                (_, _, Some(_)) if !planned => State::Parsed,
                _ => State::Wrong,
            },
        }
    };
    flows.into_iter().map(one).collect()
}
