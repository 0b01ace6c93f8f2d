//! Owns the run of one case: its rows become a snapshot, which the stage of every run transforms, and what came of each row.
//! Must not know: what was expected.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{DataType, Field, SchemaRef};
use datafusion::catalog::MemTable;
use datafusion::sql::sqlparser::ast::Expr;
use futures::StreamExt;

use super::bench::{Bench, snapshot_of};
use super::file::{Case, Given};
use super::rows::{self, Table};
use super::schema::{SourceTable, folded};
use crate::diagnosis::{Text, closest};
use crate::engine::{Engine, Schema, as_queried, as_text};
use crate::error::{At, Error, Result};
use crate::graph::Graph;
use crate::key::KeyColumn;
use crate::name::{Name, Named};
use crate::outcome::{CAUSE_FLOW, CAUSE_KEY, KEY, OUTCOME, Outcome, REASON, WARNINGS};
use crate::outcomes::{FlowOutcomes, FlowShape, OutcomeStore};
use crate::pipeline::Pipeline;
use crate::progress::Silent;
use crate::snapshot::Snapshot;
use crate::storage::Location;
use crate::transform::Transform;

/// What became of a row.
#[derive(Debug, Clone, Default)]
pub struct Fate {
    /// As a flow writes it: `reject('why')`.
    pub outcome: Option<Outcome>,
    pub reason: Option<String>,
    /// The flow and the key of the row that is the cause.
    pub cause: Option<(String, String)>,
    pub warnings: Vec<String>,
    /// The columns that were asked for, as PostgreSQL prints them.
    pub columns: BTreeMap<String, Option<String>>,
}

/// A case about to run: its rows are made, its flows are known.
pub struct Trial<'a> {
    pub bench: &'a Bench,
    pub engine: &'a Engine,
    pub case: &'a Case,
    pub pipeline: Pipeline,
    pub graph: Graph,
}

impl<'a> Trial<'a> {
    /// Looks at what a case says.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`] with its place: flows and tables that are not there or that nobody reads.
    pub fn new(bench: &'a Bench, engine: &'a Engine, case: &'a Case) -> Result<Self> {
        let known = &bench.pipeline.declared;
        let flows = case.flows();
        for (flow, given) in case.expected.iter().chain(&case.migrated) {
            if !known.contains(flow) {
                let error = Error::config(format!("there is no flow '{flow}'"));
                let error = case.file.at(error, given.place);
                return Err(match closest(flow, known) {
                    Some(close) => error.hint(format!("did you mean '{close}'?")),
                    None => error,
                });
            }
        }
        if !flows.iter().all(|flow| known.contains(flow)) {
            let error = Error::config(format!("the case '{}' expects nothing", case.name));
            let error = error.at(At::File, format!("{}:{}", case.file.file, case.line));
            return Err(error.hint("say what becomes of its rows: insert into expected.<flow> …"));
        }
        let (mut pipeline, graph) = bench.with_flows(&flows)?;
        pipeline.params.extend(case.params.clone());
        let trial = Self { bench, engine, case, pipeline, graph };
        trial.read_by_someone()?;
        Ok(trial)
    }

    /// Rows that no flow of the case reads are a mistake of the case; those before the first case are for many.
    fn read_by_someone(&self) -> Result<()> {
        let flows: Vec<&String> = self.pipeline.flows.iter().map(|flow| &flow.name).collect();
        let names = flows.iter().map(|flow| flow.as_str()).collect::<Vec<_>>().join(", ");
        let own = |given: &Given| given.place.line > self.case.line;
        for (flow, given) in self.case.migrated.iter().filter(|(_, given)| own(given)) {
            let message = if flows.contains(&flow) {
                format!("the flow {flow} is run, and its rows are given")
            } else if flows
                .iter()
                .any(|reader| self.bench.graph.needs.get(*reader).is_some_and(|needs| needs.contains(flow)))
            {
                continue;
            } else {
                format!("{names} does not read migrated.{flow}")
            };
            return Err(self.case.file.at(Error::config(message), given.place));
        }
        for (name, given) in self.case.source.iter().filter(|(_, given)| own(given)) {
            let table = self.table(name, given)?;
            if !self.tables()?.iter().any(|read| read.header == table.header) {
                let error = Error::config(format!("{names} does not read source.{}", name.shown()));
                return Err(self.case.file.at(error, given.place));
            }
        }
        Ok(())
    }

    /// The table that a name of the case means.
    fn table(&self, name: &Name, given: &Given) -> Result<&'a SourceTable> {
        let named = Named { name: name.clone(), flow: None, spot: crate::diagnosis::Spot::default() };
        let place = given.place;
        let found =
            named.among(&self.bench.tables, &self.pipeline.schemas, |table| (&table.header.schema, &table.header.name));
        found.map_err(|error| {
            let file = format!("{}:{}:{}", self.case.file.file, place.line, place.column);
            let placed = Error::config(error.message()).at(At::File, file);
            error.hint_text().map_or(placed.clone(), |hint| placed.hint(hint))
        })
    }

    /// The tables that its flows read.
    fn tables(&self) -> Result<Vec<&'a SourceTable>> {
        let mut found: Vec<&SourceTable> = Vec::new();
        for flow in &self.pipeline.flows {
            for named in self.graph.sources.get(&flow.name).into_iter().flatten().cloned().chain(flow.named()) {
                let table = named.among(&self.bench.tables, &self.pipeline.schemas, |table| {
                    (&table.header.schema, &table.header.name)
                })?;
                if !found.iter().any(|known| known.header == table.header) {
                    found.push(table);
                }
            }
        }
        Ok(found)
    }

    /// Makes the rows that its flows read: those of the source as a snapshot, those of other flows known to the session.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`] with the place of values that do not fit.
    pub async fn rows(&self) -> Result<Snapshot> {
        let mut rows = Vec::new();
        for table in self.tables()? {
            rows.push((table, self.source_rows(table).await?));
        }
        let snapshot = snapshot_of(rows.into_iter()).await?;
        let mut given = Vec::new();
        for flow in self.graph.order.iter().filter_map(|index| self.pipeline.flows.get(*index)) {
            let needs = self.bench.graph.needs.get(&flow.name).into_iter().flatten();
            given.extend(needs.filter(|need| !self.pipeline.flows.iter().any(|flow| flow.name == **need)));
        }
        for flow in given {
            self.register_migrated(flow).await?;
        }
        Ok(snapshot)
    }

    /// Runs its flows, and gives what each made.
    ///
    /// # Errors
    /// What a run of these flows meets.
    pub async fn run(&self, snapshot: &Snapshot) -> Result<(OutcomeStore, Vec<FlowOutcomes>)> {
        let (progress, cancel) = (Arc::new(Silent), self.bench.setting.cancel.clone());
        let stage = Transform::new(&self.pipeline, &self.graph, snapshot, self.engine, progress, cancel).await?;
        let store = OutcomeStore::open(&Location::parse("memory:///cases")?, "case");
        let mut outcomes = Vec::with_capacity(self.pipeline.flows.len());
        for flow in self.graph.order.iter().filter_map(|index| self.pipeline.flows.get(*index)) {
            outcomes.push(stage.run(flow, &store).await?);
        }
        Ok((store, outcomes))
    }

    async fn source_rows(&self, table: &SourceTable) -> Result<RecordBatch> {
        let given: Vec<&Given> =
            self.case.source.iter().filter(|(name, _)| table.is(name)).map(|(_, given)| given).collect();
        let name = format!("source.{}", table.header.name);
        let making =
            Table { engine: self.engine, file: &self.case.file, name: &name, fields: &table.fields, made: None };
        let rows = making.batch(&given).await?;
        if let Some(doubled) = doubled(&rows, &table.header.key)? {
            let error = Error::config(format!("two rows of {name} have the key {doubled}")).at(At::Table, &name);
            return Err(match given.last() {
                Some(last) => self.case.file.at(error, last.place),
                None => error,
            });
        }
        Ok(rows)
    }

    /// Makes `migrated.<flow>` of what the case gives: its id follows from its key, as ever.
    async fn register_migrated(&self, flow: &str) -> Result<()> {
        let (Some(fields), Some(shape)) = (self.bench.migrated.get(flow), self.bench.shapes.get(flow)) else {
            return Err(Error::unexpected("a flow without a shape").at(At::Flow, flow));
        };
        let given = self.case.migrated.iter().filter(|(name, _)| name == flow).map(|(_, given)| given);
        let given: Vec<&Given> = given.collect();
        if let Some(keyless) = given.iter().find(|given| !given.columns.iter().any(|column| folded(column) == KEY)) {
            let error = Error::config(format!("a row of migrated.{flow} needs its {KEY}"));
            return Err(self.case.file.at(error, keyless.place));
        }
        let key = fields.field_with_name(KEY).map_err(|_| Error::unexpected("a flow without keys"))?;
        let id = |given: &Given, row: &[Expr]| {
            let at = given.columns.iter().position(|column| folded(column) == KEY)?;
            let key = rows::typed(row.get(at)?.clone(), key).ok()?;
            rows::call("legacy_uuid", vec![rows::text(&shape.entity), key]).ok()
        };
        let made: Option<rows::Made<'_>> =
            if shape.row.is_derived() { Some((&shape.row.id_column, &id)) } else { None };
        let name = format!("migrated.{flow}");
        let making = Table { engine: self.engine, file: &self.case.file, name: &name, fields, made };
        let mut rows = making.batch(&given).await?;
        rows = with_outcome(&rows)?;
        let table = MemTable::try_new(fields.clone(), vec![vec![rows]])
            .map_err(|_| Error::unexpected("rows of a case are no table"))?;
        self.engine.register(Schema::Migrated, flow, Arc::new(table))
    }

    /// What became of each row of a flow, by its key as text; with these columns of what was migrated.
    ///
    /// # Errors
    /// What reading meets.
    pub async fn fates(
        &self,
        outcomes: &FlowOutcomes,
        store: &OutcomeStore,
        shape: &FlowShape,
        columns: &[String],
    ) -> Result<BTreeMap<String, Fate>> {
        let mut fates = BTreeMap::new();
        for file in &outcomes.files {
            let is_row = matches!(file.outcome, Outcome::Migrated | Outcome::Adopted);
            for batch in store.read(file).await? {
                let keys = KeyColumn::new(column(&batch, KEY)?.clone())?;
                let texts = if is_row { texts(self.engine, &batch, &shape.schema, columns).await? } else { Vec::new() };
                for row in 0..batch.num_rows() {
                    let at = |name: &str| text_at(&batch, name, row);
                    let fate = Fate {
                        outcome: Some(file.outcome),
                        reason: at(REASON),
                        cause: at(CAUSE_FLOW).zip(at(CAUSE_KEY)),
                        warnings: list_at(&batch, WARNINGS, row),
                        columns: columns.iter().cloned().zip(texts.iter().map(|texts| texts[row].clone())).collect(),
                    };
                    fates.insert(keys.text(row)?, fate);
                }
            }
        }
        Ok(fates)
    }
}

fn column<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a arrow::array::ArrayRef> {
    batch.column_by_name(name).ok_or_else(|| Error::unexpected("outcomes without a column of theirs"))
}

fn text_at(batch: &RecordBatch, name: &str, row: usize) -> Option<String> {
    let texts = batch.column_by_name(name)?.as_string_opt::<i32>()?;
    texts.is_valid(row).then(|| texts.value(row).to_owned())
}

/// The texts of a list.
pub fn list_at(batch: &RecordBatch, name: &str, row: usize) -> Vec<String> {
    let Some(lists) = batch.column_by_name(name).and_then(|lists| lists.as_list_opt::<i32>()) else {
        return Vec::new();
    };
    if lists.is_null(row) {
        return Vec::new();
    }
    let texts = lists.value(row);
    texts.as_string_opt::<i32>().into_iter().flat_map(|texts| texts.iter().flatten().map(str::to_owned)).collect()
}

/// Columns as PostgreSQL prints them: for each of the names, a text a row.
///
/// # Errors
/// [`crate::error::Kind::Unexpected`] for columns that the rows do not have.
pub async fn texts(
    engine: &Engine,
    batch: &RecordBatch,
    fields: &SchemaRef,
    columns: &[String],
) -> Result<Vec<Vec<Option<String>>>> {
    let defect = || Error::unexpected("rows of a case cannot be printed");
    if columns.is_empty() || batch.num_rows() == 0 {
        return Ok(vec![Vec::new(); columns.len()]);
    }
    let wanted: Vec<&Field> =
        columns.iter().map(|name| fields.field_with_name(name)).collect::<Result<_, _>>().map_err(|_| defect())?;
    let arrays = columns.iter().map(|name| column(batch, name).cloned()).collect::<Result<Vec<_>>>()?;
    let schema =
        Arc::new(arrow::datatypes::Schema::new(wanted.iter().map(|field| (*field).clone()).collect::<Vec<_>>()));
    let rows = RecordBatch::try_new(schema.clone(), arrays).map_err(|_| defect())?;
    let table = MemTable::try_new(schema, vec![vec![rows]]).map_err(|_| defect())?;
    let frame = engine.context().read_table(Arc::new(table)).map_err(|_| defect())?;
    let queried =
        frame.select(wanted.iter().map(|field| as_queried(field)).collect::<Vec<_>>()).map_err(|_| defect())?;
    let print = |field: &&Field| as_text(datafusion::prelude::ident(field.name())).alias(field.name());
    let frame = queried.select(wanted.iter().map(print).collect::<Vec<_>>()).map_err(|_| defect())?;
    let mut stream = engine.stream(frame, Text { file: "", sql: "" }, None).await?;
    let mut found = vec![Vec::new(); columns.len()];
    while let Some(printed) = stream.next().await {
        let printed = printed.map_err(|_| defect())?;
        for (at, texts) in found.iter_mut().enumerate() {
            let column = printed.column(at).as_string_opt::<i32>().ok_or_else(defect)?;
            texts.extend(column.iter().map(|text| text.map(str::to_owned)));
        }
    }
    Ok(found)
}

/// The first key that two rows have, as text.
fn doubled(rows: &RecordBatch, key: &[String]) -> Result<Option<String>> {
    let mut seen = std::collections::HashSet::new();
    let columns = key.iter().filter_map(|name| rows.column_by_name(name)).cloned();
    let Ok(columns) = columns.map(KeyColumn::new).collect::<Result<Vec<_>>>() else { return Ok(None) };
    for row in 0..rows.num_rows() {
        let parts = columns.iter().map(|column| column.text(row)).collect::<Result<Vec<_>>>()?;
        if !parts.is_empty() && !seen.insert(parts.clone()) {
            return Ok(Some(parts.join(", ")));
        }
    }
    Ok(None)
}

/// Rows of a flow are migrated, where a case does not say that they were there before.
fn with_outcome(rows: &RecordBatch) -> Result<RecordBatch> {
    let schema = rows.schema();
    let columns = schema.fields().iter().zip(rows.columns()).map(|(field, column)| {
        let texts =
            column.as_string_opt::<i32>().filter(|_| field.name() == OUTCOME && field.data_type() == &DataType::Utf8);
        match texts {
            Some(texts) => {
                let told = texts.iter().map(|text| text.filter(|text| !text.is_empty()).or(Some("migrated")));
                Arc::new(told.collect::<arrow::array::StringArray>()) as arrow::array::ArrayRef
            }
            None => column.clone(),
        }
    });
    RecordBatch::try_new(rows.schema(), columns.collect()).map_err(|_| Error::unexpected("rows of a case are no rows"))
}
