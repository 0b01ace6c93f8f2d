//! Owns the run of one flow: its rows stream by in the order of their keys, are proven complete, divided and stored.
//! Must not know: other flows.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use arrow::array::{ArrayRef, Int64Array, ListBuilder, RecordBatch, StringArray, StringBuilder, UInt64Array};
use arrow::compute::{cast, take};
use arrow::datatypes::{DataType, Field, Schema as ArrowSchema, SchemaRef};
use datafusion::execution::SendableRecordBatchStream;
use datafusion::functions_aggregate::expr_fn::{count, first_value};
use datafusion::logical_expr::{Expr, SortExpr, lit};
use datafusion::prelude::{DataFrame, ident};
use futures::StreamExt;
use tracing::Instrument;

use super::MadeIds;
use super::conserve::Conservation;
use super::contract::Planned;
use super::split::{Foreign, Part, Tally};
use super::unreadable;
use crate::cancel::Cancel;
use crate::diagnosis::{Text, planning, running};
use crate::engine::{Engine, Schema, Stored};
use crate::error::{Error, Kind, Result};
use crate::flow::Flow;
use crate::key::KeyColumn;
use crate::outcome::{ENTITY_KEY, Id, KEY, Outcome, SOURCE_ROW, WARNINGS};
use crate::outcomes::{FlowOutcomes, OutcomeFile, OutcomeStore, Writer};
use crate::progress::Sink;
use crate::snapshot::{Snapshot, Table};
use crate::timed;
use crate::views::{reason_schema, whole_key, with_source_rows};

/// One flow, about to run.
pub struct Execution<'a> {
    pub engine: &'a Engine,
    pub flow: &'a Flow,
    pub planned: Planned,
    pub store: &'a OutcomeStore,
    pub snapshot: &'a Snapshot,
    /// The source's tables as the flow names them, and by the snapshot's manifest.
    pub tables: Vec<(String, &'a Table)>,
    /// The ids that the target has made for the migrated rows: those that are new get theirs in the order of their keys.
    /// Without a target, they count from 1.
    pub made: Option<MadeIds>,
    /// Where the source's files lie, so that the source probes.
    pub folder: Option<String>,
    pub progress: &'a dyn Sink,
    pub cancel: &'a Cancel,
}

impl Execution<'_> {
    /// Runs the flow and publishes its outcomes.
    ///
    /// # Errors
    /// [`crate::error::Kind::Verification`] when conservation is broken; nothing is published then.
    pub async fn run(self) -> Result<FlowOutcomes> {
        let started = Instant::now();
        let text = self.text();
        let kinds = part_types(&self.planned.key);
        let keys = self.source_keys(&kinds).await?;
        let mut conservation = Conservation::new(&self.flow.file, keys, &kinds, self.flow.key.len())?;
        let sorted = self.sorted().map_err(|error| planning(&error, text, &[], None))?;
        let mut rows = self.engine.stream(sorted, text, self.folder.as_deref()).await?;
        let mut sorter = Sorter::new(&self);
        let name = &self.flow.name;
        while let Some(batch) = rows.next().instrument(timed!(each "transform.query", name)).await {
            self.cancel.check()?;
            let batch = batch.map_err(|error| running(&error, &self.flow.file))?;
            let key = batch.column_by_name(KEY).cloned().ok_or_else(|| Error::unexpected("a batch without keys"))?;
            if conservation.take(&key).instrument(timed!(each "transform.prove", name)).await? {
                let span = timed!(each "transform.divide", name, rows = batch.num_rows());
                sorter.take(&batch).instrument(span).await?;
            }
            self.progress.advance(&self.flow.name, batch.num_rows() as u64);
        }
        let source_rows = conservation.finish().await?;
        let told: u64 = self.tables.iter().map(|(_, table)| table.rows).sum();
        if source_rows != told {
            return Err(Error::new(
                Kind::Corrupt,
                format!("the snapshot holds {source_rows} rows, its manifest says {told}"),
            ));
        }
        let key = &self.planned.key;
        for (name, table) in &self.tables {
            let rejects = unreadable::rejects(self.engine, self.flow, key, self.snapshot, table, name).await?;
            sorter.unreadable.extend(rejects);
        }
        let (tally, files) = sorter.finish().instrument(timed!("transform.finish", name)).await?;
        if self.planned.entity_key.is_some() {
            self.entities_once(&files).await?;
        }
        let outcomes = FlowOutcomes {
            flow: self.flow.name.clone(),
            entity: self.flow.entity.clone(),
            source: self.flow.source(),
            target: self.flow.target.clone(),
            key: self.flow.key.clone(),
            entity_key: self.flow.entity_key.clone(),
            row: self.flow.row.clone(),
            source_rows: self.tables.iter().map(|(_, table)| table.source_rows()).sum(),
            expanded: self.flow.expand.then(|| tally.counts.values().sum()),
            counts: tally.counts,
            reasons: tally.reasons,
            warnings: tally.warnings,
            files,
            seconds: started.elapsed().as_secs_f64(),
        };
        self.store.publish(&outcomes).await?;
        Ok(outcomes)
    }

    /// No two migrated rows stand for the same thing.
    async fn entities_once(&self, files: &[OutcomeFile]) -> Result<()> {
        let files = files.iter().filter(|file| matches!(file.outcome, Outcome::Migrated | Outcome::Adopted));
        let stored = Stored {
            location: self.store.location(),
            files: files.map(|file| file.path.clone()).collect(),
            schema: self.planned.shape.schema.clone(),
            sorted_by: Vec::new(),
        };
        let told = |error| planning(&error, self.text(), &[], None);
        let rows = self.engine.context().read_table(stored.provider(self.engine)?).map_err(told)?;
        let doubled = rows
            .aggregate(
                vec![ident(self.flow.row.row_column())],
                vec![count(lit(1)).alias("rows"), first_value(ident(ENTITY_KEY), vec![]).alias(KEY)],
            )
            .and_then(|groups| groups.filter(ident("rows").gt(lit(1))))
            .map_err(told)?;
        let (mut found, mut keys) = (0, Vec::new());
        let mut batches = self.engine.stream(doubled, self.text(), None).await?;
        while let Some(batch) = batches.next().await {
            let batch = batch.map_err(|error| running(&error, &self.flow.file))?;
            let named = KeyColumn::new(batch.column_by_name(KEY).cloned().ok_or_else(not_as_planned)?)?;
            found += named.len();
            for row in 0..named.len().min(10_usize.saturating_sub(keys.len())) {
                keys.push(named.text(row)?);
            }
        }
        if found == 0 {
            return Ok(());
        }
        keys.sort();
        Err(Error::new(
            Kind::Verification,
            format!(
                "{found} keys of the entity '{}' have more than one migrated row (keys {})",
                self.flow.entity,
                keys.join(", ")
            ),
        )
        .hint("reject all rows of a key but one: row_number() over (partition by the key order by …) > 1"))
    }

    fn text(&self) -> Text<'_> {
        self.flow.text()
    }

    /// The flow's rows in the order of their keys.
    fn sorted(&self) -> datafusion::error::Result<DataFrame> {
        self.planned.frame.clone().sort(ascending(whole_key("", &self.planned.key)))
    }

    /// The source's own keys, ascending, in the types of the flow's key.
    async fn source_keys(&self, kinds: &[DataType]) -> Result<SendableRecordBatchStream> {
        let table = self.engine.table(Schema::Own, &self.flow.name).await?;
        let columns: Vec<Expr> = self
            .flow
            .key
            .iter()
            .zip(kinds)
            .map(|(column, kind)| {
                let same =
                    table.schema().field_with_unqualified_name(column).is_ok_and(|field| field.data_type() == kind);
                if same {
                    ident(column)
                } else {
                    datafusion::logical_expr::cast(ident(column), kind.clone()).alias(column)
                }
            })
            .collect();
        let order = ascending(self.flow.key.iter().map(ident).collect());
        let told = |error| planning(&error, self.text(), &[], None);
        let keys = table.select(columns).and_then(|keys| keys.sort(order)).map_err(told)?;
        self.engine.stream(keys, self.text(), None).await
    }
}

fn ascending(columns: Vec<Expr>) -> Vec<SortExpr> {
    columns.into_iter().map(|column| column.sort(true, false)).collect()
}

fn part_types(key: &Field) -> Vec<DataType> {
    match key.data_type() {
        DataType::Struct(members) => members.iter().map(|member| member.data_type().clone()).collect(),
        other => vec![other.clone()],
    }
}

/// Takes the rows of a flow to the files of their outcomes.
struct Sorter<'a> {
    execution: &'a Execution<'a>,
    tally: Tally,
    writers: BTreeMap<Outcome, Writer>,
    /// Rejected rows wait here, as key, reason and warnings, until their whole source rows are fetched.
    rejected: Vec<RecordBatch>,
    /// Rejects that no flow has seen.
    unreadable: Vec<RecordBatch>,
    /// Rows stored so far that got a new id, where the target makes them.
    stored: usize,
}

impl<'a> Sorter<'a> {
    fn new(execution: &'a Execution<'a>) -> Self {
        let planned = &execution.planned;
        let writers = Outcome::ALL
            .iter()
            .map(|outcome| {
                let schema = match outcome {
                    Outcome::Migrated | Outcome::Adopted => planned.shape.schema.clone(),
                    _ => reason_schema(&planned.key, *outcome),
                };
                (*outcome, execution.store.writer(&execution.flow.name, *outcome, schema))
            })
            .collect();
        let tally = Tally::new(&planned.verdicts, &planned.warnings);
        Self { execution, tally, writers, rejected: Vec::new(), unreadable: Vec::new(), stored: 0 }
    }

    async fn take(&mut self, batch: &RecordBatch) -> Result<()> {
        let (engine, flow) = (self.execution.engine, self.execution.flow);
        let foreign = Foreign {
            adopted: engine.adopted(&flow.entity).filter(|_| flow.row.is_derived()),
            unmatched: engine.unmatched(&flow.name),
        };
        for Part { outcome, rows, reasons, causes } in
            self.tally.split(batch, self.execution.planned.entity_key(), &foreign)?
        {
            match outcome {
                Outcome::Migrated | Outcome::Adopted => {
                    let rows = self.with_made_ids(rows)?;
                    let stored = conform(&rows, &self.execution.planned.shape.schema)?;
                    self.write(outcome, &stored).await?;
                }
                Outcome::Rejected => self.rejected.push(self.pending(&rows, reasons, &causes)?),
                Outcome::Skipped | Outcome::Elsewhere => {
                    let schema = reason_schema(&self.execution.planned.key, outcome);
                    let key = cast_to(&rows, KEY, schema.field(0).data_type())?;
                    self.write(outcome, &batch_of(schema, vec![key, Arc::new(StringArray::from(reasons))])?).await?;
                }
            }
        }
        Ok(())
    }

    /// Adds the ids that the target has made, where it makes them.
    fn with_made_ids(&mut self, rows: RecordBatch) -> Result<RecordBatch> {
        let row = &self.execution.flow.row;
        if row.id != Id::Server {
            return Ok(rows);
        }
        let count = rows.num_rows();
        let ids: ArrayRef = if let Some(made) = &self.execution.made {
            let keys = KeyColumn::new(rows.column_by_name(KEY).cloned().ok_or_else(not_as_planned)?)?;
            let mut places = Vec::with_capacity(count);
            for row in 0..count {
                let known = if made.known.is_empty() { None } else { made.known.get(&keys.text(row)?).copied() };
                places.push(known.unwrap_or(made.fresh + self.stored) as u64);
                self.stored += usize::from(known.is_none());
            }
            if made.fresh + self.stored > made.ids.len() {
                return Err(Error::unexpected("the target has made too few ids"));
            }
            take(&made.ids, &UInt64Array::from(places), None).map_err(|_| not_as_planned())?
        } else {
            let from = self.stored as u64 + 1;
            self.stored += count;
            Arc::new(Int64Array::from_iter_values((from..).take(count).map(u64::cast_signed)))
        };
        let mut columns = rows.columns().to_vec();
        columns.push(ids);
        let mut fields = rows.schema().fields().to_vec();
        fields.push(Arc::new(Field::new(&row.id_column, columns[columns.len() - 1].data_type().clone(), true)));
        batch_of(Arc::new(ArrowSchema::new(fields)), columns)
    }

    async fn write(&mut self, outcome: Outcome, rows: &RecordBatch) -> Result<()> {
        match self.writers.get_mut(&outcome) {
            Some(writer) => writer.push(rows).await,
            None => Err(Error::unexpected("an outcome without a writer")),
        }
    }

    /// What is told of rejected rows, short of their source rows.
    fn pending(
        &self,
        rows: &RecordBatch,
        reasons: Vec<String>,
        causes: &[Option<(String, String)>],
    ) -> Result<RecordBatch> {
        let full = reason_schema(&self.execution.planned.key, Outcome::Rejected);
        let told: Vec<_> = full.fields().iter().filter(|field| field.name() != SOURCE_ROW).cloned().collect();
        let schema: SchemaRef = Arc::new(ArrowSchema::new(told));
        let key = cast_to(rows, KEY, schema.field(0).data_type())?;
        let warnings: ArrayRef = if let Some(warnings) = rows.column_by_name(WARNINGS) {
            cast(warnings, schema.field(2).data_type()).map_err(|_| not_as_planned())?
        } else {
            no_warnings(rows.num_rows())
        };
        let flows: StringArray = causes.iter().map(|cause| cause.as_ref().map(|(flow, _)| flow)).collect();
        let keys: StringArray = causes.iter().map(|cause| cause.as_ref().map(|(_, key)| key)).collect();
        batch_of(schema, vec![key, Arc::new(StringArray::from(reasons)), warnings, Arc::new(flows), Arc::new(keys)])
    }

    /// Fetches the whole source rows of what was rejected, and closes all files.
    async fn finish(mut self) -> Result<(Tally, Vec<OutcomeFile>)> {
        if !self.rejected.is_empty() {
            let pending = std::mem::take(&mut self.rejected);
            let mut rows = quarantined(self.execution, pending).await?;
            let schema = reason_schema(&self.execution.planned.key, Outcome::Rejected);
            while let Some(batch) = rows.next().await {
                let batch = batch.map_err(|error| running(&error, &self.execution.flow.file))?;
                self.write(Outcome::Rejected, &conform(&batch, &schema)?).await?;
            }
        }
        for batch in std::mem::take(&mut self.unreadable) {
            self.tally.unreadable(batch.num_rows() as u64);
            self.write(Outcome::Rejected, &batch).await?;
        }
        let mut files = Vec::new();
        for (_, writer) in std::mem::take(&mut self.writers) {
            files.extend(writer.finish().await?);
        }
        Ok((self.tally, files))
    }
}

/// Rejected rows with their whole source rows, in the order of keys.
async fn quarantined(execution: &Execution<'_>, pending: Vec<RecordBatch>) -> Result<SendableRecordBatchStream> {
    let told = |error| planning(&error, execution.text(), &[], None);
    let (flow, key) = (execution.flow, &execution.planned.key);
    let whole = with_source_rows(execution.engine, &flow.name, &flow.key, key, pending).await?;
    let whole = whole.sort(ascending(whole_key("", key))).map_err(told)?;
    execution.engine.stream(whole, execution.text(), None).await
}

/// An empty list for each row.
pub(super) fn no_warnings(rows: usize) -> ArrayRef {
    let mut none = ListBuilder::new(StringBuilder::new());
    (0..rows).for_each(|_| none.append(true));
    Arc::new(none.finish())
}

/// The columns of `schema` out of `rows`, in its types.
fn conform(rows: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let columns = schema
        .fields()
        .iter()
        .map(|field| cast_to(rows, field.name(), field.data_type()))
        .collect::<Result<Vec<_>>>()?;
    batch_of(schema.clone(), columns)
}

fn cast_to(rows: &RecordBatch, name: &str, kind: &DataType) -> Result<ArrayRef> {
    let column = rows.column_by_name(name).ok_or_else(not_as_planned)?;
    if column.data_type() == kind {
        return Ok(column.clone());
    }
    cast(column, kind).map_err(|_| not_as_planned())
}

fn batch_of(schema: SchemaRef, columns: Vec<ArrayRef>) -> Result<RecordBatch> {
    RecordBatch::try_new(schema, columns).map_err(|_| not_as_planned())
}

fn not_as_planned() -> Error {
    Error::unexpected("a batch of a flow is not of the planned form")
}
