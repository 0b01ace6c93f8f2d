//! Owns what a run, or rules on trial, made of each row: the stored outcomes, and the snapshot whose rows they are.
//! Must not know: queries.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema as ArrowSchema, SchemaRef};

use crate::diagnosis::Spot;
use crate::error::{At, Error, Kind, Result};
use crate::flow::Flow;
use crate::name::{Name, Named};
use crate::outcome::{KEY, Outcome};
use crate::outcomes::{FlowOutcomes, FlowShape, OutcomeStore};
use crate::pipeline::Pipeline;
use crate::run::record::foreign;
use crate::run::{Foreign, Prepared, Record, Setting};
use crate::snapshot::{Snapshot, Table};
use crate::storage::Location;

/// What a run, or rules on trial, made of each row.
pub struct Made {
    /// The run, or the name of the trial.
    pub run: String,
    pub store: OutcomeStore,
    pub outcomes: Vec<FlowOutcomes>,
    /// The snapshot whose rows they are; None where it is gone.
    pub origin: Option<Snapshot>,
    /// Of flows whose files do not tell the columns, where rules do.
    shapes: Vec<FlowShape>,
    pub(super) foreign: Foreign,
}

impl Made {
    /// The outcomes of a finished run, as they are stored. `rules`: the run's own, where they are there still.
    ///
    /// # Errors
    /// [`Kind::Corrupt`] for outcomes that are missing.
    pub async fn of_run(record: &Record, rules: Option<&Pipeline>, setting: &Setting) -> Result<Self> {
        let store = OutcomeStore::open(&setting.place()?, &record.run.to_string());
        let mut outcomes = Vec::with_capacity(record.flows.len());
        for flow in &record.flows {
            let gone = || Error::new(Kind::Corrupt, "the outcomes of a flow are missing").at(At::Flow, flow);
            outcomes.push(store.flow(flow).await?.ok_or_else(gone)?);
        }
        let origin = Snapshot::open(Location::parse(&record.snapshot)?).await.ok();
        let origin = origin.filter(|snapshot| snapshot.id() == record.snapshot_id);
        let untold = outcomes.iter().any(|flow| flow.count(Outcome::Migrated) + flow.count(Outcome::Adopted) == 0);
        let shapes = match rules.filter(|_| untold && origin.is_some()) {
            Some(rules) => Prepared::of_run(record, rules, setting).await?.0.shapes,
            None => Vec::new(),
        };
        let found = foreign(&store).await?;
        Ok(Self { run: record.run.to_string(), store, outcomes, origin, shapes, foreign: found })
    }

    /// The outcomes of rules that are only tried: computed, or those there are.
    ///
    /// # Errors
    /// As [`Prepared::to_try`] and [`Prepared::outcomes`].
    pub async fn of_trial(rules: &Pipeline, snapshot: Snapshot, setting: &Setting) -> Result<Self> {
        let prepared = Prepared::to_try(rules, snapshot, &[], setting).await?;
        let outcomes = prepared.outcomes().await?;
        let Prepared { snapshot, store, shapes, .. } = prepared;
        let found = foreign(&store).await?;
        Ok(Self { run: store.name(), store, outcomes, origin: Some(snapshot), shapes, foreign: found })
    }

    /// The outcomes of a flow.
    #[must_use]
    pub fn flow(&self, name: &str) -> Option<&FlowOutcomes> {
        self.outcomes.iter().find(|outcomes| outcomes.flow == name)
    }

    /// The source tables of a flow, each by the name that the flow has for it. None where the snapshot is gone.
    ///
    /// # Errors
    /// [`Kind::Config`] for a table that the snapshot does not have.
    pub fn sources(&self, outcomes: &FlowOutcomes, rules: Option<&Pipeline>) -> Result<Option<Vec<(String, &Table)>>> {
        let Some(origin) = &self.origin else { return Ok(None) };
        let flow = rules.and_then(|rules| rules.flows.iter().find(|flow| flow.name == outcomes.flow));
        let schemas = rules.map(|rules| rules.schemas.clone()).unwrap_or_default();
        let names = flow.map_or_else(|| vec![outcomes.source.clone()], |flow: &Flow| flow.sources.clone());
        // Without the rules, the names of several tables stand in one text.
        let whole = Named { name: Name::Loose(outcomes.source.clone()), flow: None, spot: Spot::default() };
        let names = match flow {
            None if !origin.has(&whole) => outcomes.source.split(", ").map(str::to_owned).collect(),
            _ => names,
        };
        let found = names.into_iter().map(|name| {
            let named =
                Named { name: Name::Loose(name.clone()), flow: Some(outcomes.flow.clone()), spot: Spot::default() };
            origin.named(&named, &schemas).map(|table| (name, table))
        });
        found.collect::<Result<Vec<_>>>().map(Some)
    }

    /// The key of a flow's rows, as its files have it.
    ///
    /// # Errors
    /// [`Kind::Corrupt`] for a file that does not read.
    pub async fn key(&self, outcomes: &FlowOutcomes) -> Result<Field> {
        if let Some(shape) = self.shapes.iter().find(|shape| shape.flow == outcomes.flow) {
            return Ok(shape.schema.field(0).clone());
        }
        for file in &outcomes.files {
            if let Ok(key) = self.store.schema(file).await?.field_with_name(KEY) {
                return Ok(key.clone());
            }
        }
        Ok(Field::new(KEY, DataType::Utf8, false))
    }

    /// The columns of what a flow migrated.
    pub(super) async fn migrated(&self, outcomes: &FlowOutcomes, key: &Field) -> Result<SchemaRef> {
        let mut files = outcomes.files_of(Outcome::Migrated).chain(outcomes.files_of(Outcome::Adopted));
        if let Some(file) = files.next() {
            return self.store.schema(file).await;
        }
        let shape = self.shapes.iter().find(|shape| shape.flow == outcomes.flow);
        Ok(shape.map_or_else(|| Arc::new(ArrowSchema::new(vec![key.clone()])), |shape| shape.schema.clone()))
    }
}

/// The reasons and warnings of flows, with their rows: flow, outcome (`warning` for warnings), reason, rows.
#[must_use]
pub fn reasons(made: &Made, flow: Option<&str>) -> Vec<(String, String, String, u64)> {
    let mut all = Vec::new();
    for outcomes in made.outcomes.iter().filter(|outcomes| flow.is_none_or(|flow| flow == outcomes.flow)) {
        let mut add = |what: &str, reasons: &BTreeMap<String, u64>| {
            for (reason, rows) in reasons {
                all.push((outcomes.flow.clone(), what.to_owned(), reason.clone(), *rows));
            }
        };
        for (outcome, reasons) in &outcomes.reasons {
            add(outcome.name(), reasons);
        }
        add("warning", &outcomes.warnings);
    }
    all
}
