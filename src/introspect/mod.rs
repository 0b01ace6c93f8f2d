//! Owns the first draft of a pipeline for two databases that nobody has described: which tables and columns belong together,
//! what the values say, and the flows that follow from it.
//! Must not know: how anything is run, or where the files go.

mod account;
mod checks;
mod columns;
mod convert;
mod destination;
mod draft;
mod hierarchy;
mod kind;
mod known;
mod labels;
mod pairs;
mod plan;
mod references;
mod source;
mod spelling;
mod statistics;
mod words;
mod write;

use schemars::JsonSchema;
use serde::Serialize;

pub use destination::Destination;
pub use source::{Declared, Source};

use crate::cancel::Cancel;
use crate::engine::Engine;
use crate::error::Result;
use crate::snapshot::Snapshot;
use draft::Drafter;
use pairs::Pairs;
use plan::{Identity, Plan};
use statistics::Statistics;

/// A pipeline as files, and what there is to say of it.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Path below the pipeline's folder, and content.
    pub files: Vec<(String, String)>,
    pub flows: Vec<Drafted>,
    pub unsure: Vec<Unsure>,
    pub left_out: Vec<LeftOut>,
}

/// A flow that was written.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Drafted {
    pub flow: String,
    pub source: String,
    pub target: String,
    /// Rows of the source table.
    pub rows: u64,
    /// How sure it is that the two tables belong together, from 0 to 1.
    pub score: f64,
    /// How its rows are known in the target: derived, given, server or none.
    pub id: String,
    /// Columns of the target that the flow gives.
    pub given: usize,
    /// Columns of the target that could be given.
    pub columns: usize,
    /// What somebody who knows the data must decide.
    pub todos: Vec<String>,
}

/// A table of the target without a flow.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Unsure {
    pub target: String,
    /// Tables of the source that come near, the nearest first.
    pub candidates: Vec<Candidate>,
    /// Why there is no flow, where it is not that no table comes near enough.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// A table of the source that may belong to one of the target.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Candidate {
    pub source: String,
    /// From 0 to 1; a flow is written from 0.5 on.
    pub score: f64,
}

/// A table of the source that no flow reads.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct LeftOut {
    pub source: String,
    pub rows: u64,
    pub why: String,
}

/// Drafts a pipeline of this name.
///
/// # Errors
/// What querying the snapshot meets; [`crate::error::Kind::Interrupted`].
pub async fn draft(
    name: &str,
    mut source: Source,
    target: &Destination,
    snapshot: &Snapshot,
    engine: &Engine,
    cancel: &Cancel,
) -> Result<Draft> {
    let statistics = Statistics::new(engine, snapshot, &source, cancel).await?;
    references::guess(&mut source, &statistics).await?;
    let pairs = pairs::found(&source, target);
    let plan = Plan::new(&source, target, &pairs);
    let mut files = Vec::new();
    let mut flows = Vec::new();
    let mut zone = false;
    for (at, planned) in plan.flows.iter().enumerate() {
        let flow = Drafter::draft((&source, target, &plan), &statistics, at).await?;
        let (from, to) = (&source.tables[planned.pair.source], &target.tables[planned.pair.target]);
        zone |= flow.zone;
        files.push((format!("flows/{}.sql", planned.name), write::flow(planned, &flow, from, to)));
        flows.push(drafted(planned, &flow, from, to));
    }
    let left_out = left_out(&source, &plan);
    let unsure = unsure(&source, target, &pairs, &plan);
    let told = left_out.iter().map(|table| (table.source.clone(), table.why.clone())).collect();
    let whole = write::Whole { name: name.to_owned(), source: &source, target, zone, left_out: told };
    files.push(("pipeline.toml".to_owned(), write::pipeline(&whole)));
    let mut draft = Draft { files, flows, unsure, left_out };
    let account = account::written(name, &draft);
    draft.files.push(("INIT.md".to_owned(), account));
    Ok(draft)
}

fn drafted(planned: &plan::Planned, flow: &draft::Flow, from: &source::Table, to: &destination::Table) -> Drafted {
    let id = match planned.identity {
        Identity::Derived { .. } => "derived",
        Identity::Given { .. } => "given",
        Identity::Server { .. } => "server",
        Identity::None { .. } => "none",
    };
    let writable = to.columns.iter().filter(|column| !column.generated).count();
    Drafted {
        flow: planned.name.clone(),
        source: from.shown(),
        target: to.shown.clone(),
        rows: from.rows,
        score: (planned.pair.score * 100.0).round() / 100.0,
        id: id.to_owned(),
        given: flow.columns.len() + usize::from(id != "none"),
        columns: writable,
        todos: flow.todos.clone(),
    }
}

fn left_out(source: &Source, plan: &Plan) -> Vec<LeftOut> {
    let read = |at: usize| plan.flows.iter().any(|flow| flow.pair.source == at);
    let tables = source.tables.iter().enumerate().filter(|(at, _)| !read(*at));
    let told = tables.map(|(_, table)| {
        let known = known::left_out(&table.name).or_else(|| known::hint(&table.name));
        let why = match known {
            Some(why) => why,
            None if table.rows == 0 => "TODO: it is empty, and no table of the target looks like it",
            None => "TODO: no table of the target looks like it",
        };
        LeftOut { source: table.shown(), rows: table.rows, why: why.to_owned() }
    });
    told.collect()
}

fn unsure(source: &Source, target: &Destination, pairs: &Pairs, plan: &Plan) -> Vec<Unsure> {
    let rounded = |score: f64| (score * 100.0).round() / 100.0;
    let open = pairs.unsure.iter().map(|(at, near)| Unsure {
        target: target.tables[*at].shown.clone(),
        candidates: near
            .iter()
            .map(|(from, score)| Candidate { source: source.tables[*from].shown(), score: rounded(*score) })
            .collect(),
        why: (!target.tables[*at].writable).then(|| "this role may not insert into it".to_owned()),
    });
    let impossible = plan.impossible.iter().map(|(pair, why)| Unsure {
        target: target.tables[pair.target].shown.clone(),
        candidates: vec![Candidate { source: source.tables[pair.source].shown(), score: rounded(pair.score) }],
        why: Some(why.clone()),
    });
    open.chain(impossible).collect()
}
