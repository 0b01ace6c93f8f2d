//! Owns the export of rejected rows: each whole, as the snapshot has it, beside why it was rejected, to be looked at, mended
//! and given back.
//! Must not know: what is done with the rows afterwards.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, ListBuilder, RecordBatch, StringArray, StringBuilder, StructArray, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use serde::Serialize;
use serde_json::Value;

use super::manifest::{Manifest, Source, VERSION};
use super::{Asked, Rejects};
use crate::columnar;
use crate::delimited;
use crate::engine::Printed;
use crate::error::{At, Error, Result};
use crate::flow::SOURCE;
use crate::key::KeyColumn;
use crate::ledger::Quarantined;
use crate::outcomes::FlowOutcomes;
use crate::run::Setting;
use crate::snapshot::{Snapshot, Table};
use crate::storage::PARTIAL;

/// What rows are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// As PostgreSQL's COPY writes it.
    Csv,
    Parquet,
}

impl Form {
    fn extension(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Parquet => "parquet",
        }
    }

    /// What the name of a file says.
    #[must_use]
    pub fn of(file: &Path) -> Option<Self> {
        match file.extension()?.to_str()?.to_lowercase().as_str() {
            "csv" => Some(Self::Csv),
            "parquet" => Some(Self::Parquet),
            _ => None,
        }
    }
}

/// A file that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct ExportedFile {
    pub flow: String,
    /// The source table, `schema.table`.
    pub table: String,
    pub file: String,
    pub rows: u64,
}

/// What was exported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Exported {
    pub run: String,
    pub files: Vec<ExportedFile>,
    /// Rows of the quarantine that are not in the run's snapshot.
    pub missing: u64,
}

/// What is told of a source row that was rejected; several rejects where it became several rows.
#[derive(Default)]
struct Told {
    key: String,
    reasons: Vec<String>,
    warnings: Vec<String>,
    cause: Option<(String, String)>,
}

impl Told {
    fn add(&mut self, reject: Quarantined) {
        if self.reasons.is_empty() {
            self.key = reject.key;
        }
        if !self.reasons.contains(&reject.reason) {
            self.reasons.push(reject.reason);
        }
        for warning in reject.warnings {
            if !self.warnings.contains(&warning) {
                self.warnings.push(warning);
            }
        }
        self.cause = self.cause.take().or(reject.cause);
    }
}

/// The rejects of a flow by the table that they are of (where there are several) and the text of their key there.
type ByKey = HashMap<(Option<String>, String), Told>;

/// Writes the rejected rows: to a file, where they are of one flow, else a file a flow into a folder.
///
/// # Errors
/// [`crate::error::Kind::Config`] for a place that cannot be used, or rows of several flows for one file;
/// [`crate::error::Kind::Corrupt`] for a snapshot or outcomes that were changed; what the disk says.
pub async fn export(asked: Asked, out: &Path, form: Option<Form>, setting: &Setting) -> Result<Exported> {
    let rejects = Rejects::open(asked, setting).await?;
    let (Some(made), Some(record)) = (&rejects.made, &rejects.record) else {
        return Err(Error::config(format!("the run {} is not in this working folder", rejects.run))
            .hint("--dir names the folder where it worked: its snapshot has the rows"));
    };
    let Some(origin) = &made.origin else {
        return Err(Error::config(format!("the run's snapshot is not at {} any more", record.snapshot))
            .hint("--snapshot PLACE names a copy of it: whole rows are nowhere else"));
    };
    let mut flows: BTreeMap<usize, ByKey> = BTreeMap::new();
    rejects
        .each(|reject| {
            setting.cancel.check()?;
            // A flow that this run does not have stands in the quarantine for another one.
            let Some(at) = made.outcomes.iter().position(|outcomes| outcomes.flow == reject.flow) else {
                return Ok(());
            };
            let key = of_source(&reject.key, &made.outcomes[at])?;
            flows.entry(at).or_default().entry(key).or_default().add(reject);
            Ok(())
        })
        .await?;
    let rules = rejects.rules();
    let mut jobs = Vec::new();
    for (at, told) in &flows {
        let outcomes = &made.outcomes[*at];
        let tables = made.sources(outcomes, rules.as_ref())?.unwrap_or_default();
        let several = tables.len() > 1;
        for (name, table) in tables {
            let of = several.then_some(name);
            if told.keys().any(|(table, _)| *table == of) {
                jobs.push(Job { outcomes, table, of, told });
            }
        }
    }
    let names: Vec<String> = jobs.iter().map(Job::name).collect();
    let place = Place::new(out, form, &names, jobs.iter().map(|job| job.outcomes.flow.as_str()))?;
    let mut exported = Exported { run: rejects.run.clone(), files: Vec::new(), missing: 0 };
    for job in &jobs {
        let file = place.file(&job.name());
        let manifest = job.manifest(&rejects, origin, record).await?;
        let rows = job.write(origin, &manifest, &file, place.form, setting).await?;
        put_manifest(&Manifest { rows, ..manifest }, &file)?;
        exported.missing += job.wanted() - rows;
        exported.files.push(ExportedFile {
            flow: job.outcomes.flow.clone(),
            table: job.table.qualified(),
            file: file.display().to_string(),
            rows,
        });
    }
    Ok(exported)
}

/// The key of a row in its source table: without the table's name before it, and the ordinal behind it.
fn of_source(key: &str, outcomes: &FlowOutcomes) -> Result<(Option<String>, String)> {
    let several = outcomes.key.first().is_some_and(|first| first == SOURCE);
    if !several && outcomes.expanded.is_none() {
        return Ok((None, key.to_owned()));
    }
    let defect = || Error::unexpected("a key has not the parts of its flow").at(At::Flow, &outcomes.flow);
    let parts: Vec<Value> = serde_json::from_str(key).map_err(|_| defect())?;
    let mut parts: Vec<Value> = parts.into_iter().take(outcomes.key.len()).collect();
    let table =
        if several && !parts.is_empty() { Some(parts.remove(0).as_str().ok_or_else(defect)?.to_owned()) } else { None };
    let text = match parts.as_slice() {
        [Value::String(text)] => text.clone(),
        [one] => one.to_string(),
        _ => Value::Array(parts).to_string(),
    };
    Ok((table, text))
}

/// Where files go.
struct Place<'a> {
    out: &'a Path,
    form: Form,
    folder: bool,
}

impl<'a> Place<'a> {
    fn new(out: &'a Path, form: Option<Form>, names: &[String], flows: impl Iterator<Item = &'a str>) -> Result<Self> {
        let told = |error: Error| error.at(At::File, out.display().to_string());
        if let Some(form) = Form::of(out).filter(|_| !out.is_dir()) {
            if names.len() > 1 {
                let flows: BTreeSet<&str> = flows.collect();
                let flows = flows.into_iter().collect::<Vec<_>>().join(", ");
                return Err(told(Error::config(format!(
                    "the rows fill {} files, one for each flow and table",
                    names.len()
                )))
                .hint(format!("name a folder, or one flow with --flow: {flows}")));
            }
            let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            if !folder.is_dir() {
                return Err(
                    told(Error::config("the rows cannot be written there")).hint("name a file in a folder that exists")
                );
            }
            return Ok(Self { out, form, folder: false });
        }
        if out.is_file() || (out.extension().is_some() && !out.is_dir()) {
            return Err(told(Error::config("rows are written as .csv or .parquet")).hint("or name a folder"));
        }
        std::fs::create_dir_all(out).map_err(|error| told(Error::from(error)))?;
        Ok(Self { out, form: form.unwrap_or(Form::Csv), folder: true })
    }

    fn file(&self, name: &str) -> PathBuf {
        if self.folder { self.out.join(format!("{name}.{}", self.form.extension())) } else { self.out.to_owned() }
    }
}

/// The rejects of one flow in one table.
struct Job<'a> {
    outcomes: &'a FlowOutcomes,
    table: &'a Table,
    /// The name of the table, where the flow has several.
    of: Option<String>,
    told: &'a ByKey,
}

impl Job<'_> {
    fn name(&self) -> String {
        let name = match &self.of {
            Some(table) => format!("{}.{table}", self.outcomes.flow),
            None => self.outcomes.flow.clone(),
        };
        name.replace(['/', '\0'], "_")
    }

    fn wanted(&self) -> u64 {
        self.told.keys().filter(|(table, _)| *table == self.of).count() as u64
    }

    /// The columns of the table that are the flow's key.
    fn key(&self) -> Vec<String> {
        self.outcomes.key.iter().filter(|column| *column != SOURCE).cloned().collect()
    }

    async fn manifest(&self, rejects: &Rejects, origin: &Snapshot, record: &crate::run::Record) -> Result<Manifest> {
        let types = origin.types_of(self.table).await?;
        let mut before = "_".to_owned();
        while types.fields().iter().any(|field| ABOUT.iter().any(|name| *field.name() == format!("{before}{name}"))) {
            before.push('_');
        }
        Ok(Manifest {
            version: VERSION,
            tool_version: env!("CARGO_PKG_VERSION").to_owned(),
            run: rejects.run.clone(),
            pipeline: record.pipeline.clone(),
            pipeline_hash: record.pipeline_hash.clone(),
            snapshot: origin.location().to_string(),
            snapshot_id: origin.id().to_owned(),
            flow: self.outcomes.flow.clone(),
            source: Source { schema: self.table.schema.clone(), table: self.table.name.clone(), key: self.key() },
            rows: 0,
            about: ABOUT.iter().map(|name| format!("{before}{name}")).collect(),
            columns: Manifest::columns_of(&types),
        })
    }

    /// Writes the rows, whole or not at all; gives how many.
    async fn write(
        &self,
        origin: &Snapshot,
        manifest: &Manifest,
        file: &Path,
        form: Form,
        setting: &Setting,
    ) -> Result<u64> {
        let types = origin.types_of(self.table).await?;
        let schema = with_about(manifest, &types);
        let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let told = |error: Error| error.at(At::File, file.display().to_string());
        let partial =
            tempfile::Builder::new().prefix(PARTIAL).tempfile_in(folder).map_err(|error| told(error.into()))?;
        let mut sink = Sink::new(form, &schema, BufWriter::new(partial.reopen()?))?;
        let mut rows = 0;
        // What could be read of rows that no flow has seen is exported too.
        for stored in self.table.all_files() {
            setting.cancel.check()?;
            for batch in origin.read(stored).await? {
                let batch = named(&batch, &types)?;
                if let Some(chosen) = self.chosen(&batch, &schema)? {
                    rows += chosen.num_rows() as u64;
                    sink.write(&chosen).map_err(told)?;
                }
            }
        }
        sink.finish().map_err(told)?;
        partial.persist(file).map_err(|error| told(error.error.into()))?;
        Ok(rows)
    }

    /// The rows of a batch that were rejected, with what is told of them.
    fn chosen(&self, batch: &RecordBatch, schema: &SchemaRef) -> Result<Option<RecordBatch>> {
        let keys = keys(batch, &self.key())?;
        let (mut at, mut told) = (Vec::new(), Vec::new());
        for row in 0..batch.num_rows() {
            if let Some(one) = self.told.get(&(self.of.clone(), keys.text(row)?)) {
                at.push(u32::try_from(row).map_err(|_| Error::unexpected("a batch of too many rows"))?);
                told.push(one);
            }
        }
        if at.is_empty() {
            return Ok(None);
        }
        let at = UInt32Array::from(at);
        let taken = batch.columns().iter().map(|column| take(column, &at, None));
        let taken = taken.collect::<Result<Vec<_>, _>>().map_err(|_| Error::unexpected("rows cannot be taken out"))?;
        let columns = about(&self.outcomes.flow, &told).into_iter().chain(taken).collect();
        RecordBatch::try_new(schema.clone(), columns)
            .map(Some)
            .map_err(|_| Error::unexpected("rows are not of their table").at(At::Table, self.table.qualified()))
    }
}

/// What is told of a row before its columns.
const ABOUT: [&str; 6] = ["flow", "key", "reason", "warnings", "cause_flow", "cause_key"];

/// The columns of an export. A row that could not be read may lack any value.
fn with_about(manifest: &Manifest, types: &Schema) -> SchemaRef {
    let item = Arc::new(Field::new_list_field(DataType::Utf8, true));
    let about = manifest.about.iter().zip(ABOUT).map(|(name, what)| {
        let kind = if what == "warnings" { DataType::List(item.clone()) } else { DataType::Utf8 };
        Field::new(name, kind, true)
    });
    let own = types.fields().iter().map(|field| field.as_ref().clone().with_nullable(true));
    Arc::new(Schema::new(about.chain(own).collect::<Vec<_>>()))
}

fn about(flow: &str, told: &[&Told]) -> Vec<ArrayRef> {
    let texts = |of: &dyn Fn(&Told) -> Option<String>| -> ArrayRef {
        Arc::new(told.iter().map(|one| of(one)).collect::<StringArray>())
    };
    let mut warnings = ListBuilder::new(StringBuilder::new());
    for one in told {
        warnings.append_value(one.warnings.iter().map(Some));
    }
    vec![
        texts(&|_| Some(flow.to_owned())),
        texts(&|one| Some(one.key.clone())),
        texts(&|one| Some(one.reasons.join(", "))),
        Arc::new(warnings.finish()),
        texts(&|one| one.cause.as_ref().map(|(flow, _)| flow.clone())),
        texts(&|one| one.cause.as_ref().map(|(_, key)| key.clone())),
    ]
}

/// The columns of the table, whatever else a file has.
fn named(batch: &RecordBatch, types: &Schema) -> Result<RecordBatch> {
    let defect = |_| Error::unexpected("a file of the snapshot has other columns than its table");
    let places = types.fields().iter().map(|field| batch.schema().index_of(field.name()));
    let places = places.collect::<Result<Vec<_>, _>>().map_err(defect)?;
    batch.project(&places).map_err(defect)
}

fn keys(batch: &RecordBatch, key: &[String]) -> Result<KeyColumn> {
    let gone = |_| Error::unexpected("a key's column is not in the snapshot");
    let schema = batch.schema();
    let places = key.iter().map(|name| schema.index_of(name)).collect::<Result<Vec<_>, _>>().map_err(gone)?;
    if let [one] = places.as_slice() {
        return KeyColumn::of(batch.column(*one).clone(), schema.field(*one));
    }
    let parts = batch.project(&places).map_err(gone)?;
    let field = Field::new("key", DataType::Struct(parts.schema().fields().clone()), false);
    KeyColumn::of(Arc::new(StructArray::from(parts)), &field)
}

fn put_manifest(manifest: &Manifest, file: &Path) -> Result<()> {
    let beside = Manifest::beside(file);
    let told = |error: std::io::Error| Error::from(error).at(At::File, beside.display().to_string());
    let folder = beside.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let text = serde_json::to_vec_pretty(manifest).map_err(|_| Error::unexpected("a manifest cannot be written"))?;
    let mut partial = tempfile::Builder::new().prefix(PARTIAL).tempfile_in(folder).map_err(told)?;
    partial.write_all(&text).and_then(|()| partial.write_all(b"\n")).map_err(told)?;
    partial.persist(&beside).map(|_| ()).map_err(|error| told(error.error))
}

/// A file that rows are written to.
enum Sink<W: Write + Send> {
    Csv(W),
    Parquet(Box<columnar::Stream<W>>),
}

impl<W: Write + Send> Sink<W> {
    fn new(form: Form, schema: &SchemaRef, mut out: W) -> Result<Self> {
        if form == Form::Parquet {
            return columnar::Stream::new(out, schema).map(Box::new).map(Self::Parquet);
        }
        let mut line = Vec::new();
        delimited::write_row(schema.fields().iter().map(|field| Some(field.name().as_str())), false, &mut line);
        out.write_all(&line)?;
        Ok(Self::Csv(out))
    }

    fn write(&mut self, batch: &RecordBatch) -> Result<()> {
        let out = match self {
            Self::Parquet(stream) => return stream.write(batch),
            Self::Csv(out) => out,
        };
        let schema = batch.schema();
        let columns = schema.fields().iter().zip(batch.columns());
        let columns = columns.map(|(field, column)| Printed::new(field, column)).collect::<Result<Vec<_>>>()?;
        let mut line = Vec::new();
        for row in 0..batch.num_rows() {
            let texts = columns.iter().map(|column| column.text(row)).collect::<Result<Vec<_>>>()?;
            line.clear();
            delimited::write_row(texts.iter().map(Option::as_deref), false, &mut line);
            out.write_all(&line)?;
        }
        Ok(())
    }

    fn finish(self) -> Result<()> {
        match self {
            Self::Csv(mut out) => Ok(out.flush()?),
            Self::Parquet(stream) => stream.finish(),
        }
    }
}
