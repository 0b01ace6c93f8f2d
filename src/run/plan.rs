//! Owns what a run would do to a target, found out without writing anything there: a plan. Must not know: how differences are
//! found, or conflicts.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use uuid::Uuid;

use super::halfway::Halfway;
use super::load::succession;
use super::record::{self, Foreign, remembered};
use super::remake::{self, Past};
use super::{Prepared, Request, Setting, base, chosen, order, privilege, settle, source_rows};
use crate::compare::{Comparison, Counts, Piece, Side};
use crate::error::{At, Context, Result};
use crate::graph::Graph;
use crate::ledger::OriginOf;
use crate::load::{self, Base, Foreseen, Foresight};
use crate::outcome::{Id, Made, Outcome};
use crate::outcomes::{FlowOutcomes, OutcomeStore};
use crate::pipeline::Pipeline;
use crate::report::{Because, KnownBy};
use crate::rules;
use crate::snapshot::Snapshot;
use crate::target::Catalog;
use crate::transform::MadeIds;

/// What a run would do.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct Plan {
    pub pipeline: String,
    pub snapshot: String,
    /// The run that the same request would be; not known before the first run, which makes the ledger.
    pub run: Option<Uuid>,
    /// The run whose target it would change.
    pub base: Option<Uuid>,
    /// In the order of running.
    pub flows: Vec<FlowPlan>,
    /// The triggers of tables whose rows would move.
    pub triggers: Vec<load::check::Fires>,
    /// Rows of the target that would be written.
    pub rows: u64,
    /// Their size as Arrow holds them, roughly.
    pub bytes: u64,
}

/// What would become of one flow.
#[derive(Debug, Serialize, schemars::JsonSchema)]
pub struct FlowPlan {
    pub flow: String,
    pub target: String,
    /// All its rows would come, for it has not been loaded.
    pub whole: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known_by: Option<KnownBy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub because: Option<Because>,
    /// What would differ because of the rules alone, where the source has changed too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by_rules: Option<Counts>,
    #[serde(flatten)]
    pub counts: Counts,
    /// Rows that would be changed, and others have changed or deleted.
    pub conflicts: Vec<Foreseen>,
    pub rejected: u64,
    pub bytes: u64,
    /// Constraints and indexes that would be away while it is loaded.
    pub taken_away: Vec<String>,
}

impl Plan {
    /// Would nothing be written?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows == 0 && self.flows.iter().all(|flow| flow.counts.total() == 0)
    }
}

/// Finds out what a run would do. The target is only read, in one transaction that cannot write.
///
/// # Errors
/// As [`super::run`], short of loading.
pub async fn plan(request: Request, setting: &Setting) -> Result<Plan> {
    let chosen = chosen(&request.pipeline, &request.only)?;
    request.target.refuse_pooler().await?;
    let snapshot = Box::pin(super::snapshot(&request, setting)).await?;
    match Box::pin(over(&request, chosen, snapshot, setting)).await {
        Ok(plan) => Ok(plan),
        Err(error) => Err(privilege::explained(error, &request.target, &request.pipeline).await),
    }
}

async fn over(
    request: &Request,
    (mut pipeline, mut graph): (Pipeline, Graph),
    snapshot: Snapshot,
    setting: &Setting,
) -> Result<Plan> {
    let mappings = format!("{}.{}", pipeline.mappings.0, pipeline.mappings.1);
    let target = Foresight::open(&request.target, &pipeline.target_schema, &mappings).await?;
    settle(&mut pipeline, target.catalog());
    graph.arrange(&pipeline, order::ties(&pipeline, target.catalog()), &order::work(&pipeline, &snapshot)?)?;
    let (latest, id) = target.latest(pipeline.namespace).await?;
    let (run, parent) = succession(latest.as_ref(), &pipeline, &snapshot, id, request.anew);
    let store = OutcomeStore::open(&setting.place()?, &format!("plan-{}", &run.simple().to_string()[..12]));
    // What the target maps and makes may be another by now.
    store.location().clear().await?;
    let foreign = foreign(&target, &pipeline).await?;
    let prepared = Prepared::new((pipeline, graph), snapshot, store, foreign.clone(), setting).await?;
    let Prepared { pipeline, graph, snapshot, store, shapes, .. } = &prepared;
    load::check::columns(target.catalog(), shapes).at(At::Pipeline, &pipeline.name)?;
    let stage = prepared.stage().await?.with_made_ids(made(&target, pipeline, snapshot).await?);
    let rules = rules::of_flows(pipeline, &graph.needs);
    let halfway = Halfway::new(pipeline, setting)?;
    let mut flows = Vec::new();
    for flow in graph.order.iter().filter_map(|index| pipeline.flows.get(*index)) {
        setting.cancel.check()?;
        let outcomes = stage.run(flow, store).await?;
        let rules = rules.get(&flow.name).cloned().unwrap_or_default();
        let look = Look {
            target: &target,
            pipeline,
            store,
            foreign: &foreign,
            snapshot: snapshot.id(),
            halfway: &halfway,
            setting,
        };
        flows.push(look.at(&outcomes, &rules).await.at(At::Flow, &flow.name)?);
    }
    let moving: Vec<_> = shapes
        .iter()
        .filter(|shape| flows.iter().any(|flow: &FlowPlan| flow.flow == shape.flow && flow.counts.total() > 0))
        .cloned()
        .collect();
    Ok(Plan {
        pipeline: pipeline.name.clone(),
        snapshot: snapshot.id().to_owned(),
        run: target.has_ledger().then_some(run),
        base: parent,
        rows: flows.iter().map(FlowPlan::written).sum(),
        bytes: flows.iter().map(|flow| flow.bytes).sum(),
        triggers: load::check::triggers(target.catalog(), &moving),
        flows,
    })
}

impl FlowPlan {
    fn written(&self) -> u64 {
        self.counts.new + self.counts.came_in + self.counts.changed
    }
}

/// What the target maps: by others, and for flows that look for their rows there, by earlier runs.
async fn foreign(target: &Foresight, pipeline: &Pipeline) -> Result<Foreign> {
    let entities: Vec<String> = pipeline.entities.keys().cloned().collect();
    let mut foreign = Foreign { adopted: remembered(target.adopted(&entities).await?), ..Foreign::default() };
    let matching = pipeline.flows.iter().filter(|flow| !flow.row.matching.is_empty());
    let entities: BTreeSet<&str> = matching.map(|flow| flow.entity.as_str()).collect();
    for entity in entities {
        foreign.found.extend(record::found(entity, target.own(entity, pipeline.namespace).await?));
    }
    Ok(foreign)
}

/// The ids that the target has made for rows; those that it would make count from 1.
async fn made(target: &Foresight, pipeline: &Pipeline, snapshot: &Snapshot) -> Result<BTreeMap<String, MadeIds>> {
    let mut made = BTreeMap::new();
    for flow in pipeline.flows.iter().filter(|flow| flow.row.id == Id::Server) {
        let fresh = (1..=source_rows(flow, pipeline, snapshot)?).map(|number| match flow.row.made {
            Made::Uuid => Uuid::from_u128(u128::from(number)).to_string(),
            _ => number.to_string(),
        });
        let known = target.own(&flow.entity, pipeline.namespace).await?;
        made.insert(flow.name.clone(), remake::made(known, fresh.collect(), flow.row.made)?);
    }
    Ok(made)
}

/// What is looked at to foresee a flow.
struct Look<'a> {
    target: &'a Foresight,
    pipeline: &'a Pipeline,
    store: &'a OutcomeStore,
    foreign: &'a Foreign,
    snapshot: &'a str,
    halfway: &'a Halfway,
    setting: &'a Setting,
}

impl Past for Look<'_> {
    fn catalog(&self) -> &Catalog {
        self.target.catalog()
    }

    fn foreign(&self) -> &Foreign {
        self.foreign
    }

    async fn origin(&self, run: Uuid) -> Result<OriginOf> {
        self.target.origin(run).await
    }

    async fn own(&self, entity: &str) -> Result<Vec<(String, String)>> {
        self.target.own(entity, self.pipeline.namespace).await
    }
}

impl Look<'_> {
    async fn at(&self, outcomes: &FlowOutcomes, rules: &str) -> Result<FlowPlan> {
        // A run that has been here is known by what it has brought itself.
        let bases = self.target.bases(Uuid::nil(), self.pipeline.namespace, outcomes).await?;
        let because = bases.first().map(|base| base::because(base, rules, self.snapshot));
        let base = base::of_flow(bases, &outcomes.flow, self, self.setting).await?;
        let mut plan = FlowPlan {
            flow: outcomes.flow.clone(),
            target: outcomes.target.clone(),
            whole: false,
            known_by: None,
            because,
            by_rules: self.halfway.by_rules(because, &base, &outcomes.flow, self).await?,
            counts: Counts::default(),
            conflicts: Vec::new(),
            rejected: outcomes.count(Outcome::Rejected),
            bytes: 0,
            taken_away: Vec::new(),
        };
        match base {
            Base::None => {
                plan.whole = true;
                plan.counts.new = outcomes.count(Outcome::Migrated);
                plan.taken_away = self.target.taken_away(outcomes).await?;
                plan.bytes = self.bytes(outcomes).await?;
            }
            Base::Outcomes { run, store, flow, .. } => {
                plan.known_by = Some(KnownBy::Outcomes);
                let absent = self.target.absent(run, &outcomes.flow).await?;
                let before = Side { store: &store, flow: &flow, absent };
                let after = Side { store: self.store, flow: outcomes, absent: std::collections::HashSet::new() };
                match Comparison::open(before, after).await? {
                    Some(comparison) => self.compared(&mut plan, comparison, outcomes).await?,
                    None => self.looked_at(&mut plan, outcomes).await?,
                }
            }
            Base::Target { .. } => self.looked_at(&mut plan, outcomes).await?,
        }
        Ok(plan)
    }

    async fn compared(&self, plan: &mut FlowPlan, mut comparison: Comparison, outcomes: &FlowOutcomes) -> Result<()> {
        while let Some(piece) = comparison.next().await? {
            self.setting.cancel.check()?;
            plan.bytes += piece.bytes();
            plan.conflicts.extend(self.target.conflicts(&piece, outcomes, self.pipeline.namespace).await?);
        }
        plan.counts = comparison.counts().clone();
        Ok(())
    }

    /// Where nothing tells what the target's rows were.
    async fn looked_at(&self, plan: &mut FlowPlan, outcomes: &FlowOutcomes) -> Result<()> {
        plan.known_by = Some(KnownBy::Target);
        for file in outcomes.files_of(Outcome::Migrated) {
            for batch in self.store.read(file).await? {
                let (missing, different) = self.target.in_line(&batch, outcomes).await?;
                plan.counts.new += missing;
                plan.counts.changed += different;
                plan.counts.unchanged += batch.num_rows() as u64 - missing - different;
            }
        }
        Ok(())
    }

    /// The size of a flow's migrated rows, by those of its first file.
    async fn bytes(&self, outcomes: &FlowOutcomes) -> Result<u64> {
        let Some(first) = outcomes.files_of(Outcome::Migrated).find(|file| file.rows > 0) else { return Ok(0) };
        let piece = Piece::new_rows(self.store.read(first).await?);
        Ok(piece.bytes() * outcomes.count(Outcome::Migrated) / first.rows.max(1))
    }
}
