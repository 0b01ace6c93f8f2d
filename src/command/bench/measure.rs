//! Owns what is measured, in the order of a run: each stage by the program's own means, alone, and then transforming and loading
//! beside each other. Must not know: what follows from it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Mutex;
use std::time::Instant;

use uuid::Uuid;

use super::found::Sample;
use super::model::{self, Seconds, Step, Steps};
use super::scale::{Rows, Scale};
use super::{Asked, FEW_ROWS};
use crate::error::{At, Context, Result};
use crate::extract;
use crate::graph::{Graph, Work};
use crate::load::{self, Foresight, Load, Scratch, Together, Trial};
use crate::outcome::{Id, Made, Outcome};
use crate::outcomes::{FlowOutcomes, OutcomeStore};
use crate::pipeline::Pipeline;
use crate::report::OfTarget;
use crate::run::{self, Foreign, Prepared, Setting};
use crate::server::Address;
use crate::target::{Catalog, Table, TableName};
use crate::timing::{Spent, Timings};
use crate::transform::MadeIds;
use crate::verify::{self, Depth, Subject, Tried};

/// What was measured.
pub struct Measured {
    pub sample: Sample,
    pub extract: Steps,
    /// Of the seconds of a part, what went into its Parquet; and the bytes of it.
    pub parquet: (f64, u64),
    pub plan: f64,
    /// By flow, in their order.
    pub transform: Steps,
    pub report: Seconds,
    pub target: Option<OfLoad>,
    /// Rows of all flows' sources.
    pub flows: Rows,
}

/// What a target adds.
pub struct OfLoad {
    /// By flow, in their order.
    pub load: Steps,
    /// Rows that were migrated or rejected, and bytes sent.
    pub rows: u64,
    pub bytes: u64,
    pub mapped: u64,
    /// Of the seconds of a load, what went into mappings.
    pub mappings: f64,
    /// How fast transforming and loading go beside each other.
    pub speed: f64,
    pub indexes: Steps,
    pub foreign_keys: Steps,
    /// The server looks at what was loaded.
    pub analyze: Steps,
    pub verify: Seconds,
    /// What the target has that a bench leaves out.
    pub triggers: usize,
}

/// The target, looked at.
struct Seen {
    address: Address,
    catalog: Catalog,
    mappings: String,
    foreign: Foreign,
}

pub async fn measure(
    asked: &Asked,
    timings: &Timings,
    made: &Mutex<Option<String>>,
    setting: &Setting,
) -> Result<Measured> {
    let (mut pipeline, mut graph) = (asked.pipeline.clone(), Graph::new(&asked.pipeline)?);
    let seen = match &asked.target {
        None => None,
        Some(address) => Some(look(address, &mut pipeline, &mut graph).await?),
    };
    let options = extract::Options {
        schemas: pipeline.schemas.clone(),
        named: graph.source_tables().into_iter().collect(),
        jobs: setting.jobs,
        ..asked.reading.clone()
    };
    let counted = extract::count(&asked.source, &options, &setting.cancel).await?;
    let sampled = extract::Sampled { share: asked.share, few: FEW_ROWS, rows: counted.clone() };
    let (reading, before, begun) =
        (extract::Options { sampled: Some(sampled), ..options }, Past::of(timings), Instant::now());
    let snapshot = run::take_snapshot(&asked.source, &reading, &pipeline, &graph, setting).await?;
    let extracted = begun.elapsed().as_secs_f64();
    let parts = before.since(timings, "extract");

    let begun = Instant::now();
    let store = OutcomeStore::open(&setting.place()?, "bench");
    let foreign = seen.as_ref().map_or_else(Foreign::default, |seen| seen.foreign.clone());
    let prepared = Prepared::new((pipeline, graph), snapshot.clone(), store, foreign, setting).await?;
    let plan = begun.elapsed().as_secs_f64();
    let Prepared { pipeline, graph, shapes, store, .. } = &prepared;
    if let Some(seen) = &seen {
        load::check::columns(&seen.catalog, shapes).at(At::Pipeline, &pipeline.name)?;
    }
    let scale = Scale::new(pipeline, graph, &snapshot, &counted);
    let stage = prepared.stage().await?.with_made_ids(made_ids(&scale, pipeline)?);
    let (mut outcomes, mut transform) = (Vec::new(), Steps::default());
    for flow in graph.order.iter().filter_map(|index| pipeline.flows.get(*index)) {
        setting.cancel.check()?;
        let begun = Instant::now();
        outcomes.push(stage.run(flow, store).await?);
        transform.each.push(step(begun.elapsed().as_secs_f64(), scale.read(&flow.name)));
    }
    let target = match &seen {
        None => None,
        Some(seen) => {
            let scratch = Scratch::make(&seen.address, made).await?;
            let bench =
                OfTargetBench { seen, prepared: &prepared, scale: &scale, outcomes: &outcomes, timings, setting };
            Some(Box::pin(bench.measure(scratch, &transform)).await?)
        }
    };
    let report = report(&prepared, &outcomes, &scale, timings, snapshot.id()).await?;
    Ok(Measured {
        sample: scale.sample(asked.share, FEW_ROWS),
        extract: extract_steps(&parts, extracted, &scale.tables(), setting.jobs),
        parquet: parquet(&parts),
        plan,
        transform,
        report,
        target,
        flows: scale.all(),
    })
}

async fn look(address: &Address, pipeline: &mut Pipeline, graph: &mut Graph) -> Result<Seen> {
    address.refuse_pooler().await?;
    let mappings = format!("{}.{}", pipeline.mappings.0, pipeline.mappings.1);
    let target = Foresight::open(address, &pipeline.target_schema, &mappings).await?;
    let entities: Vec<String> = pipeline.entities.keys().cloned().collect();
    let adopted = run::remembered(target.adopted(&entities).await?);
    run::settle(pipeline, target.catalog());
    graph.arrange(pipeline, run::ties(pipeline, target.catalog()), &Work::new())?;
    let foreign = Foreign { adopted, ..Foreign::default() };
    Ok(Seen { address: address.clone(), catalog: target.catalog().clone(), mappings, foreign })
}

fn step(seconds: f64, rows: Rows) -> Step {
    Step { seconds, sampled: rows.sampled, whole: rows.whole, times: 1 }
}

/// Ids like those that the target would make: its own sequences must not move.
fn made_ids(scale: &Scale<'_>, pipeline: &Pipeline) -> Result<BTreeMap<String, MadeIds>> {
    let flows = pipeline.flows.iter().filter(|flow| flow.row.id == Id::Server);
    let ids = flows.map(|flow| {
        let id =
            |number: u64| if flow.row.made == Made::Integer { number.to_string() } else { Uuid::new_v4().to_string() };
        let ids = load::typed((1..=scale.flow(&flow.name).sampled).map(id).collect(), flow.row.made)?;
        Ok((flow.name.clone(), MadeIds { known: HashMap::new(), ids, fresh: 0 }))
    });
    ids.collect()
}

/// What was spent before, so that it is not counted again.
struct Past(Vec<Spent>);

impl Past {
    fn of(timings: &Timings) -> Self {
        Self(timings.spent())
    }

    /// What has been spent in a stage since.
    fn since(&self, timings: &Timings, stage: &str) -> Vec<Spent> {
        let mut spent = timings.spent();
        spent.retain(|spent| spent.stage == stage);
        for one in &mut spent {
            let same = |past: &&Spent| past.stage == one.stage && past.step == one.step && past.of == one.of;
            if let Some(past) = self.0.iter().find(same) {
                one.seconds -= past.seconds;
                one.bytes -= past.bytes;
            }
        }
        spent
    }
}

/// The readers share the parts of tables; what else there is to do is fixed.
fn extract_steps(parts: &[Spent], wall: f64, tables: &BTreeMap<String, Rows>, jobs: usize) -> Steps {
    let parts: Vec<&Spent> = parts.iter().filter(|part| part.step == "part").collect();
    let readers = model::number(jobs.min(parts.len()).max(1) as u64);
    let of_table = |part: &&Spent| step(part.seconds / readers, tables.get(&part.of).copied().unwrap_or_default());
    let mut each: Vec<Step> = parts.iter().map(of_table).collect();
    let rest = wall - each.iter().map(|step| step.seconds).sum::<f64>();
    each.push(step(rest.max(0.0), Rows::default()));
    Steps { each, ..Steps::default() }
}

fn parquet(parts: &[Spent]) -> (f64, u64) {
    let sum = |name: &str| parts.iter().filter(|part| part.step == name).map(|part| part.seconds).sum::<f64>();
    let bytes = parts.iter().filter(|part| part.step == "part").map(|part| part.bytes).sum();
    let all = sum("part");
    (if all > 0.0 { sum("parquet") / all } else { 0.0 }, bytes)
}

/// Computes the report, as at the end of a run: steps of each sort by themselves, since what is fixed differs. What is none is
/// fixed.
async fn report(
    prepared: &Prepared,
    outcomes: &[FlowOutcomes],
    scale: &Scale<'_>,
    timings: &Timings,
    snapshot: &str,
) -> Result<Seconds> {
    let (before, begun) = (Past::of(timings), Instant::now());
    let nothing = OfTarget::default();
    prepared.inputs(outcomes, &nothing).report("bench", snapshot, 0.0, false).await?;
    let wall = begun.elapsed().as_secs_f64();
    let spent = before.since(timings, "report");
    let mut known: BTreeMap<(&str, &str), (Rows, u64)> = BTreeMap::new();
    for check in prepared.pipeline.checks.iter().filter(|check| check.header.each.is_none()) {
        known.insert(("check", &check.stem), scale.query(check)?);
    }
    for report in &prepared.pipeline.reports {
        known.insert(("query", &report.stem), scale.query(report)?);
    }
    for flow in outcomes {
        for sort in ["check flow", "count flow"] {
            known.insert((sort, &flow.flow), (scale.flow(&flow.flow), 1));
        }
    }
    let mut all = Seconds::default();
    for sort in ["check", "query", "check flow", "count flow"] {
        let of_sort = spent.iter().filter(|spent| spent.step == sort);
        let step = |spent: &Spent| {
            let (rows, times) = *known.get(&(sort, &*spent.of))?;
            Some(Step { times, ..step(spent.seconds, rows) })
        };
        all = all.and(Steps { each: of_sort.filter_map(step).collect(), ..Steps::default() }.seconds());
    }
    let rest = (wall - all.measured).max(0.0);
    Ok(all.and(Seconds { measured: rest, predicted: rest, extrapolated: 0.0 }))
}

/// What is measured in a target.
struct OfTargetBench<'a> {
    seen: &'a Seen,
    prepared: &'a Prepared,
    scale: &'a Scale<'a>,
    outcomes: &'a [FlowOutcomes],
    timings: &'a Timings,
    setting: &'a Setting,
}

impl OfTargetBench<'_> {
    async fn measure(&self, scratch: Scratch, transform: &Steps) -> Result<OfLoad> {
        let Prepared { pipeline, store, .. } = self.prepared;
        let Setting { jobs, cancel, .. } = self.setting;
        let catalog = &self.seen.catalog;
        let loads: Vec<Load<'_>> = self.outcomes.iter().map(|flow| self.load_of(flow, store)).collect();
        let (mappings, namespace) = (self.seen.mappings.as_str(), pipeline.namespace);
        let target = (catalog, mappings);
        let trial = Trial::open(&self.seen.address, scratch, target, &loads, namespace, (*jobs, cancel)).await?;
        let speed = self.speed(&trial, &loads, transform).await?;
        trial.empty().await?;
        let before = Past::of(self.timings);
        let mut load = Steps::default();
        for one in &loads {
            cancel.check()?;
            let flow = one.outcomes;
            let seconds = trial.load(one, &catalog.qualify(&flow.target)).await?;
            load.each.push(step(seconds, self.scale.flow(&flow.flow).scaled(sent(flow))));
        }
        let (bytes, of_mappings) = copied(&before.since(self.timings, "load"), &trial.mappings().table().full_name());
        let indexes = self.together(trial.indexes().await?, true);
        let foreign_keys = self.together(trial.foreign_keys().await?, false);
        let analyze = looked_at(self.together(trial.analyze().await?, false));
        let verify = self.verify(&trial, store).await?;
        let mapped = self.outcomes.iter().filter(|flow| flow.row.is_mapped());
        Ok(OfLoad {
            load,
            rows: self.outcomes.iter().map(sent).sum(),
            bytes,
            mapped: mapped.map(|flow| flow.count(Outcome::Migrated)).sum(),
            mappings: of_mappings,
            speed,
            indexes,
            foreign_keys,
            analyze,
            verify,
            triggers: load::check::triggers(catalog, &self.prepared.shapes).len(),
        })
    }

    fn load_of<'o>(&self, flow: &'o FlowOutcomes, store: &'o OutcomeStore) -> Load<'o> {
        let migrated = flow.count(Outcome::Migrated);
        Load { outcomes: flow, store, whole: self.scale.flow(&flow.flow).scaled(migrated).whole }
    }

    /// Transforms once more what is transformed longest, while it is loaded.
    async fn speed(&self, trial: &Trial, loads: &[Load<'_>], transform: &Steps) -> Result<f64> {
        let longest =
            loads.iter().zip(&transform.each).max_by(|(_, one), (_, other)| one.seconds.total_cmp(&other.seconds));
        let Some((load, alone)) = longest else { return Ok(1.0) };
        let Some(flow) = self.prepared.pipeline.flows.iter().find(|flow| flow.name == load.outcomes.flow) else {
            return Ok(1.0);
        };
        let name = self.seen.catalog.qualify(&flow.target);
        // The first load takes indexes away; alone and beside each other, there are none.
        trial.load(load, &name).await?;
        trial.empty().await?;
        let loaded = trial.load(load, &name).await?;
        trial.empty().await?;
        let stage = self.prepared.stage().await?.with_made_ids(made_ids(self.scale, &self.prepared.pipeline)?);
        let again = OutcomeStore::open(&self.setting.place()?, "again");
        let begun = Instant::now();
        futures::future::try_join(trial.load(load, &name), async { stage.run(flow, &again).await.map(drop) }).await?;
        Ok(model::speed(alone.seconds, loaded, begun.elapsed().as_secs_f64()))
    }

    /// The migrated rows of some flows.
    fn migrated(&self, which: impl Fn(&FlowOutcomes) -> bool) -> Rows {
        let flows = self.outcomes.iter().filter(|flow| which(flow));
        let rows = flows.map(|flow| self.scale.flow(&flow.flow).scaled(flow.count(Outcome::Migrated)));
        rows.fold(Rows::default(), Rows::and)
    }

    fn mapped(&self) -> Rows {
        self.migrated(|flow| flow.row.is_mapped())
    }

    /// What is of no flow's table is of the mappings.
    fn together(&self, done: Together, sorts: bool) -> Steps {
        let is_of = |flow: &FlowOutcomes, table: &TableName| self.seen.catalog.qualify(&flow.target) == *table;
        let rows = |table: &TableName| match self.outcomes.iter().any(|flow| is_of(flow, table)) {
            true => self.migrated(|flow| is_of(flow, table)),
            false => self.mapped(),
        };
        let each = done.each.iter().map(|(table, seconds)| step(*seconds, rows(table))).collect();
        Steps { each, sorts, wall: Some(done.seconds) }
    }

    async fn verify(&self, trial: &Trial, store: &OutcomeStore) -> Result<Seconds> {
        let adopted = self.seen.foreign.adopted.iter().map(|(entity, key, _)| (entity.clone(), key.clone()));
        let adopted: HashSet<(String, String)> = adopted.collect();
        let pipeline = &self.prepared.pipeline;
        let subject = Subject {
            address: &self.seen.address,
            schema: &pipeline.target_schema,
            store,
            flows: self.outcomes,
            run: trial.run(),
            namespace: pipeline.namespace,
            mappings: &self.seen.mappings,
            moved_only: &BTreeSet::new(),
            depth: Depth::Run,
            said: None,
            adopted: &adopted,
            sample: None,
        };
        let migrated = self.outcomes.iter().filter(|flow| flow.count(Outcome::Migrated) > 0);
        let tables: Vec<(&FlowOutcomes, &Table)> =
            migrated.filter_map(|flow| Some((flow, trial.table(&self.seen.catalog.qualify(&flow.target))?))).collect();
        let found = (&self.seen.catalog, trial.mappings());
        let tried = verify::tried(&subject, &tables, found, load::TRIAL_SESSION, &self.setting.cancel).await?;
        Ok(self.verified(&tried))
    }

    /// Rows and mappings are compared beside each other: the longer of both tells when it ends.
    fn verified(&self, tried: &Tried) -> Seconds {
        let scaled = |flow: &FlowOutcomes| self.scale.flow(&flow.flow).scaled(flow.count(Outcome::Migrated));
        let of_flow = |flow: &FlowOutcomes| Some(step(*tried.rows.get(&flow.flow)?, scaled(flow)));
        let rows = Steps { each: self.outcomes.iter().filter_map(of_flow).collect(), ..Steps::default() }.seconds();
        let mappings = Steps { each: vec![step(tried.mappings, self.mapped())], ..Steps::default() }.seconds();
        let longer = if rows.predicted > mappings.predicted { rows } else { mappings };
        Seconds {
            measured: tried.whole,
            predicted: tried.opening + longer.predicted,
            extrapolated: longer.extrapolated,
        }
    }
}

/// The rows that are sent to the target.
fn sent(flow: &FlowOutcomes) -> u64 {
    flow.count(Outcome::Migrated) + flow.count(Outcome::Rejected)
}

/// The planner looks at no more rows of a table, however large it is.
fn looked_at(steps: Steps) -> Steps {
    const MOST: u64 = 30_000;
    let most = |step: Step| Step { whole: step.whole.min(MOST.max(step.sampled)), ..step };
    Steps { each: steps.each.into_iter().map(most).collect(), ..steps }
}

/// The bytes that were sent to tables, and which part of the time of sending went to this one.
fn copied(spent: &[Spent], mappings: &str) -> (u64, f64) {
    const SENDING: [&str; 3] = ["wait for encoder", "send", "wait for server"];
    let sent = |which: &dyn Fn(&Spent) -> bool| {
        let steps = spent.iter().filter(|spent| SENDING.contains(&&*spent.step) && which(spent));
        steps.fold((0.0, 0), |(seconds, bytes), one| (seconds + one.seconds, bytes + one.bytes))
    };
    let (all, bytes) = sent(&|_| true);
    let (of_mappings, _) = sent(&|spent| spent.of == mappings);
    (bytes, if all > 0.0 { of_mappings / all } else { 0.0 })
}
