//! Owns the two sides of a comparison: what each makes of its rows, under the same identifiers, and nothing made twice.
//! Must not know: how they are compared.

use std::collections::{BTreeMap, BTreeSet};

use arrow::datatypes::DataType;
use uuid::Uuid;

use super::Against;
use crate::compare::Compared;
use crate::engine::Engine;
use crate::error::{At, Error, Kind, Result};
use crate::graph::Graph;
use crate::id::Namespace;
use crate::key::KeyColumn;
use crate::outcome::{Id, KEY, Made as OfType, Outcome};
use crate::outcomes::{FlowOutcomes, OutcomeStore};
use crate::pipeline::{Clock, Pipeline};
use crate::rules;
use crate::run::prepared::{Prepared, Taken};
use crate::run::record::{self, Foreign, Record};
use crate::run::unchanged::unchanged;
use crate::run::{Setting, base, chosen, remake, run_id};
use crate::snapshot::Snapshot;
use crate::transform::MadeIds;

/// What a flow has made of its rows, and where it is stored.
#[derive(Clone)]
pub struct Made {
    pub store: OutcomeStore,
    pub outcomes: FlowOutcomes,
}

/// Both sides, evaluated.
pub struct Sides {
    pub before: Vec<Made>,
    pub after: Vec<Made>,
    pub before_told: Compared,
    pub after_told: Compared,
    pub other_namespace: bool,
    pub refused_by_target: u64,
    /// Flows that are the same on both sides, and that nothing that differs reads: they were not run.
    pub untouched: Vec<String>,
    prepared: Prepared,
}

/// The side that the other is compared with, before and after it is evaluated.
struct Earlier {
    told: Compared,
    /// What says which outcomes they are.
    basis: Uuid,
    foreign: Foreign,
    made: Vec<Made>,
    refused: u64,
}

impl Sides {
    /// Evaluates both, as far as they can differ. Flows whose rules and rows are the same on both sides run once, if others read them;
    /// what is stored already is taken over.
    pub async fn evaluate(
        before: Against,
        pipeline: &Pipeline,
        snapshot: &Snapshot,
        only: &[String],
        setting: &Setting,
    ) -> Result<Self> {
        let after_told = told(pipeline, snapshot);
        let mut pipeline = pipeline.clone();
        let namespace = before.namespace().filter(|namespace| *namespace != pipeline.namespace.uuid());
        if let Some(namespace) = namespace {
            pipeline.namespace = Namespace::new(namespace);
            pipeline.hash = rules::of_pipeline(&pipeline);
        }
        let wanted = before.wanted(&pipeline, only)?;
        let (mut asked, mut graph) = narrowed_to(&pipeline, wanted.as_ref())?;
        let (earlier, same, untouched) = match before {
            Against::Run(record) => {
                let earlier = Earlier::of_run(&record, wanted.as_ref(), setting).await?;
                let unchanged = record.pipeline_hash == pipeline.hash && record.snapshot_id == snapshot.id();
                let same = earlier.made.iter().filter(|_| unchanged).map(|made| made.outcomes.flow.clone()).collect();
                (earlier, same, Vec::new())
            }
            Against::Rules { pipeline: other, snapshot: over } => {
                let (other, its_graph) = narrowed_to(&other, wanted.as_ref())?;
                let mut same = unchanged((&other, &its_graph, &over), (&asked, &graph, snapshot))?;
                let touched = touched(&same, &[(&other, &its_graph), (&asked, &graph)]);
                let (other, its_graph) = narrowed_to(&other, Some(&touched))?;
                (asked, graph) = narrowed_to(&asked, Some(&touched))?;
                let untouched = same.difference(&touched).cloned().collect();
                same.retain(|flow| touched.contains(flow));
                let plain = trial(&asked, snapshot, None, setting)?;
                (Earlier::of_rules((other, its_graph), *over, &plain, &same, setting).await?, same, untouched)
            }
        };
        let made_before = |flow: &str| earlier.made.iter().find(|made| made.outcomes.flow == flow);
        let ids = made_ids(&asked, &same, &earlier.made, snapshot).await?;
        let is_run = earlier.told.run.is_some();
        if is_run {
            asked.settle(|flow| made_before(flow).map(|made| made.outcomes.row.clone()));
            asked.clocks = clocks(&earlier.made).await?;
        }
        let store = trial(&asked, snapshot, (is_run || !ids.is_empty()).then_some(earlier.basis), setting)?;
        let prepared =
            Prepared::without_checks((asked, graph), snapshot.clone(), store, earlier.foreign.clone(), setting).await?;
        let taken = same.iter().filter_map(|flow| made_before(flow));
        let after = prepared.outcomes_but(&taken.map(Made::taken).collect(), ids).await?;
        Ok(Self {
            after: after.into_iter().map(|(store, outcomes)| Made { store, outcomes }).collect(),
            before: earlier.made,
            before_told: earlier.told,
            after_told,
            other_namespace: namespace.is_some(),
            refused_by_target: earlier.refused,
            untouched,
            prepared,
        })
    }

    /// What tells which comparison it is.
    pub fn names(&self) -> String {
        let of = |made: &Made| format!("{}/{}", made.store.name(), made.outcomes.flow);
        self.before.iter().chain(&self.after).map(of).collect::<Vec<_>>().join("\n")
    }

    pub fn engine(&self) -> &Engine {
        &self.prepared.engine
    }

    /// The flows of both sides that belong together.
    pub fn pairs(&self) -> Vec<(Option<&Made>, Option<&Made>)> {
        pairs(&self.before, &self.after)
    }
}

/// The flows of both sides that belong together, in the order of running after; then those that only one has before.
pub fn pairs<'a>(before: &'a [Made], after: &'a [Made]) -> Vec<(Option<&'a Made>, Option<&'a Made>)> {
    let renamed = renamed(before, after);
    let old = |made: &Made| {
        let name = renamed.get(&made.outcomes.flow).unwrap_or(&made.outcomes.flow);
        before.iter().find(|before| before.outcomes.flow == *name)
    };
    let mut pairs: Vec<_> = after.iter().map(|made| (old(made), Some(made))).collect();
    let paired: BTreeSet<&String> = pairs.iter().filter_map(|(old, _)| Some(&(*old)?.outcomes.flow)).collect();
    let gone = before.iter().filter(|made| !paired.contains(&made.outcomes.flow));
    let gone: Vec<_> = gone.map(|made| (Some(made), None)).collect();
    pairs.extend(gone);
    pairs
}

/// What a finished run has made, as it is stored; and how many of the rows its target refused.
///
/// # Errors
/// [`Kind::Corrupt`] for outcomes that are missing or do not read.
pub async fn of_run(record: &Record, setting: &Setting) -> Result<(Vec<Made>, u64)> {
    let earlier = Earlier::of_run(record, None, setting).await?;
    Ok((earlier.made, earlier.refused))
}

impl Made {
    /// As it is taken over by the other side.
    fn taken(&self) -> (String, (OutcomeStore, FlowOutcomes)) {
        (self.outcomes.flow.clone(), (self.store.clone(), self.outcomes.clone()))
    }
}

impl Against {
    /// The namespace of its UUIDs; None where it is not known.
    fn namespace(&self) -> Option<Uuid> {
        match self {
            Self::Rules { pipeline, .. } => Some(pipeline.namespace.uuid()),
            Self::Run(record) => record.namespace,
        }
    }

    /// The flows that are asked for and those that they read, on either side; None for all.
    fn wanted(&self, pipeline: &Pipeline, only: &[String]) -> Result<Option<BTreeSet<String>>> {
        if only.is_empty() {
            return Ok(None);
        }
        let has = |pipeline: &Pipeline, name: &String| pipeline.flows.iter().any(|flow| flow.name == *name);
        let read = |pipeline: &Pipeline, names: &[String]| -> Result<Vec<String>> {
            let (pipeline, _) = if names.is_empty() { return Ok(Vec::new()) } else { chosen(pipeline, names)? };
            Ok(pipeline.flows.into_iter().map(|flow| flow.name).collect())
        };
        let theirs: Vec<String> = match self {
            Self::Rules { pipeline: other, .. } => {
                let asked: Vec<String> = only.iter().filter(|name| has(other, name)).cloned().collect();
                asked.iter().cloned().chain(read(other, &asked)?).collect()
            }
            Self::Run(record) => only.iter().filter(|name| record.flows.contains(name)).cloned().collect(),
        };
        // What neither side has is told as any command tells it.
        let asked =
            only.iter().filter(|name| has(pipeline, name) || !theirs.contains(name)).cloned().collect::<Vec<_>>();
        Ok(Some(read(pipeline, &asked)?.into_iter().chain(theirs).collect()))
    }
}

impl Earlier {
    /// What a finished run has made, as it is stored.
    async fn of_run(record: &Record, wanted: Option<&BTreeSet<String>>, setting: &Setting) -> Result<Self> {
        let store = base::of_run(record.run, setting)?;
        let mut made = Vec::with_capacity(record.flows.len());
        for name in record.flows.iter().filter(|name| wanted.is_none_or(|wanted| wanted.contains(*name))) {
            let gone = || Error::new(Kind::Corrupt, "the outcomes of a flow are missing").at(At::Flow, name);
            made.push(Made { store: store.clone(), outcomes: store.flow(name).await?.ok_or_else(gone)? });
        }
        let refused = made.iter().filter_map(|made| record.target.refused.get(&made.outcomes.flow));
        Ok(Self {
            told: Compared {
                pipeline: record.name.clone().unwrap_or_else(|| record.pipeline.clone()),
                file: record.pipeline.clone(),
                pipeline_hash: record.pipeline_hash.clone(),
                snapshot: record.snapshot_id.clone(),
                run: Some(record.run.to_string()),
            },
            basis: record.run,
            foreign: record::foreign(&store).await?,
            refused: refused.flat_map(BTreeMap::values).map(|keys| keys.len() as u64).sum(),
            made,
        })
    }

    /// What rules make of a snapshot. Where the other side has stored flows that are the same, these are taken over.
    async fn of_rules(
        (pipeline, graph): (Pipeline, Graph),
        snapshot: Snapshot,
        plain: &OutcomeStore,
        same: &BTreeSet<String>,
        setting: &Setting,
    ) -> Result<Self> {
        let store = trial(&pipeline, &snapshot, None, setting)?;
        let told = told(&pipeline, &snapshot);
        let basis = run_id(&pipeline, &snapshot, Uuid::nil(), None);
        let mut taken = Taken::new();
        for flow in same {
            if base::stored(&store, flow).await?.is_none()
                && let Some(outcomes) = base::stored(plain, flow).await?
            {
                taken.insert(flow.clone(), (plain.clone(), outcomes));
            }
        }
        let foreign = Foreign::default();
        let prepared = Prepared::without_checks((pipeline, graph), snapshot, store, foreign.clone(), setting).await?;
        let made = prepared.outcomes_but(&taken, BTreeMap::new()).await?;
        let made = made.into_iter().map(|(store, outcomes)| Made { store, outcomes }).collect();
        Ok(Self { told, basis, foreign, made, refused: 0 })
    }
}

fn told(pipeline: &Pipeline, snapshot: &Snapshot) -> Compared {
    Compared {
        pipeline: pipeline.name.clone(),
        file: pipeline.file.clone(),
        pipeline_hash: pipeline.hash.clone(),
        snapshot: snapshot.id().to_owned(),
        run: None,
    }
}

/// Where the outcomes of rules that are tried are kept: those of plain `what-if`, unless ids depend on what others have made.
fn trial(pipeline: &Pipeline, snapshot: &Snapshot, basis: Option<Uuid>, setting: &Setting) -> Result<OutcomeStore> {
    let run = run_id(pipeline, snapshot, Uuid::nil(), basis).simple().to_string();
    Ok(OutcomeStore::open(&setting.place()?, &format!("what-if-{}", &run[..12])))
}

fn narrowed_to(pipeline: &Pipeline, wanted: Option<&BTreeSet<String>>) -> Result<(Pipeline, Graph)> {
    let mut pipeline = pipeline.clone();
    pipeline.flows.retain(|flow| wanted.is_none_or(|wanted| wanted.contains(&flow.name)));
    let graph = Graph::new(&pipeline)?;
    Ok((pipeline, graph))
}

/// The flows that may differ, and those that they read, on either side.
fn touched(same: &BTreeSet<String>, sides: &[(&Pipeline, &Graph)]) -> BTreeSet<String> {
    let names = sides.iter().flat_map(|(pipeline, _)| pipeline.flows.iter().map(|flow| &flow.name));
    let mut open: Vec<&String> = names.filter(|name| !same.contains(*name)).collect();
    let mut touched = BTreeSet::new();
    while let Some(flow) = open.pop() {
        if touched.insert(flow.clone()) {
            open.extend(sides.iter().filter_map(|(_, graph)| graph.needs.get(flow)).flatten());
        }
    }
    touched
}

/// Flows that have another name after: each the only one of its side, among those without a namesake, with its source and target.
fn renamed(before: &[Made], after: &[Made]) -> BTreeMap<String, String> {
    let alone = |own: &[Made], others: &[Made]| -> Vec<FlowOutcomes> {
        let has = |flow: &str| others.iter().any(|other| other.outcomes.flow == flow);
        own.iter().filter(|made| !has(&made.outcomes.flow)).map(|made| made.outcomes.clone()).collect()
    };
    let (old, new) = (alone(before, after), alone(after, before));
    let alike = |left: &FlowOutcomes, right: &FlowOutcomes| {
        (&left.source, &left.target, &left.key) == (&right.source, &right.target, &right.key)
    };
    let only = |of: &FlowOutcomes, among: &[FlowOutcomes]| among.iter().filter(|other| alike(of, other)).count() == 1;
    let mut names = BTreeMap::new();
    for flow in new.iter().filter(|flow| only(flow, &new) && only(flow, &old)) {
        names.extend(old.iter().find(|other| alike(flow, other)).map(|old| (flow.flow.clone(), old.flow.clone())));
    }
    names
}

/// What sort of times the columns hold that a run has written: its target's catalog said it then.
async fn clocks(made: &[Made]) -> Result<BTreeMap<String, BTreeMap<String, Clock>>> {
    let mut clocks = BTreeMap::new();
    for Made { store, outcomes } in made {
        let Some(file) = outcomes.files_of(Outcome::Migrated).next() else { continue };
        let schema = store.schema(file).await?;
        let of = |kind: &DataType| match kind {
            DataType::Timestamp(_, Some(_)) => Some(Clock::Instant),
            DataType::Timestamp(_, None) | DataType::Date32 | DataType::Date64 | DataType::Time64(_) => {
                Some(Clock::Local)
            }
            _ => None,
        };
        let columns = schema.fields().iter().filter_map(|field| Some((field.name().clone(), of(field.data_type())?)));
        clocks.insert(outcomes.flow.clone(), columns.collect());
    }
    Ok(clocks)
}

/// The ids that rows keep which a target makes: those of the other side, as a run after it would find them; new rows count on.
async fn made_ids(
    pipeline: &Pipeline,
    same: &BTreeSet<String>,
    before: &[Made],
    snapshot: &Snapshot,
) -> Result<BTreeMap<String, MadeIds>> {
    let mut all = BTreeMap::new();
    for flow in pipeline.flows.iter().filter(|flow| flow.row.id == Id::Server && !same.contains(&flow.name)) {
        let is_same = |made: &&Made| made.outcomes.flow == flow.name && made.outcomes.row.id == Id::Server;
        let Some(Made { store, outcomes }) = before.iter().find(is_same) else { continue };
        let mut known = Vec::new();
        for file in outcomes.files_of(Outcome::Migrated) {
            for batch in store.read(file).await? {
                let column = |name: &str| {
                    batch.column_by_name(name).cloned().ok_or_else(|| Error::unexpected("rows without an id"))
                };
                let (keys, ids) = (KeyColumn::new(column(KEY)?)?, KeyColumn::new(column(&outcomes.row.id_column)?)?);
                for row in 0..keys.len() {
                    known.push((keys.text(row)?, ids.text(row)?));
                }
            }
        }
        let last = known.iter().filter_map(|(_, id)| id.parse::<u64>().ok()).max().unwrap_or_default();
        let source: u64 =
            flow.named().map(|named| Ok(snapshot.named(&named, &pipeline.schemas)?.rows)).sum::<Result<u64>>()?;
        // A flow that makes several rows of one may make more of them than before.
        let room = if flow.expand { source.saturating_mul(2).max(2 * known.len() as u64) } else { source };
        let fresh = (1..=room).map(|number| match outcomes.row.made {
            OfType::Uuid => Uuid::from_u128(u128::from(number)).to_string(),
            _ => (last + number).to_string(),
        });
        all.insert(flow.name.clone(), remake::made(known, fresh.collect(), outcomes.row.made)?);
    }
    Ok(all)
}
