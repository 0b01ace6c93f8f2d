//! Owns the making of synthetic data: a folder of queries becomes a snapshot, the same each time.
//! Must not know: what the data means, or which database will hold it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::{cast, concat_batches};
use arrow::datatypes::{DataType, Field, Schema as ArrowSchema, SchemaRef};
use datafusion::common::ScalarValue;
use datafusion::prelude::{DataFrame, ident};
use futures::StreamExt;

use crate::cancel::Cancel;
use crate::diagnosis::{Text, planning, running};
use crate::engine::{Engine, Schema, Stored};
use crate::error::{At, Error, Result};
use crate::graph::{Work, sort};
use crate::header::{shown, sql_files};
use crate::progress::Sink;
use crate::reads::tables_of;
use crate::snapshot::{Origin, Snapshot, Table, TableHeader, Writer};
use crate::storage::Location;

/// Rows of one file.
const PART_ROWS: usize = 200_000;
/// The column by which rows are ordered, where a table has it.
const KEY: &str = "id";

/// What is made: how much of it, and as of when.
#[derive(Debug, Clone)]
pub struct Options {
    /// 1 is the size of the reference case.
    pub scale: f64,
    /// The state of the growing source: A, B or C.
    pub epoch: String,
    pub seed: i64,
    /// The schema that the tables are said to be in.
    pub schema: String,
}

/// One query of the folder.
struct Query {
    stem: String,
    file: String,
    sql: String,
    path: PathBuf,
}

/// Runs the queries of `folder` in the order of what they read, and writes one snapshot with a table a query.
/// Queries whose name begins with `_` are tables that the others share. With a `base`, the queries of that folder are
/// known too: its tables from the snapshot that was made of them, what they share made anew; they are not written.
///
/// # Errors
/// [`crate::error::Kind::Config`] with file:line:column; what writing meets.
pub async fn generate(
    engine: &Engine,
    folder: &Path,
    base: Option<(&Path, &Snapshot)>,
    options: &Options,
    location: Location,
    progress: &Arc<dyn Sink>,
    cancel: &Cancel,
) -> Result<Snapshot> {
    let mut queries = read(folder)?;
    if let Some((base, made)) = base {
        for query in read(base)? {
            match made.table(&query.stem) {
                Some(table) => known(engine, made, table).await?,
                None => queries.push(query),
            }
        }
    }
    let writer = Writer::create(location.clone()).await?;
    let mut tables = Vec::new();
    for query in in_order(&queries)? {
        cancel.check()?;
        let text = Text { file: &query.file, sql: &query.sql };
        let frame = engine.plan(text, &parameters(options)).await?;
        if query.stem.starts_with('_') || query.path.parent() != Some(folder) {
            // Kept in memory: many queries read them, and planning them into each takes longer than their rows.
            let rows = frame.cache().await.map_err(|error| running(&error, &query.file))?;
            engine.register(Schema::Sample, &query.stem, rows.into_view())?;
            continue;
        }
        progress.start("sample", &query.stem, None);
        let schema = plain(engine.optimise(&frame, text)?.schema().as_arrow());
        let table = write(engine, query, (frame, &schema), &writer, options, progress).await?;
        progress.finish(&query.stem);
        let stored = stored(&location, &table, schema);
        engine.register(Schema::Sample, &query.stem, stored.provider(engine)?)?;
        tables.push(table);
    }
    let origin = Origin {
        kind: "sample".to_owned(),
        database: format!("scale {}, epoch {}, seed {}", options.scale, options.epoch, options.seed),
        ..Origin::default()
    };
    writer.publish(origin, tables).await
}

fn read(folder: &Path) -> Result<Vec<Query>> {
    sql_files(folder)?
        .into_iter()
        .map(|path| {
            let sql = std::fs::read_to_string(&path)
                .map_err(|error| Error::config(format!("cannot read: {}", error.kind())).at(At::File, shown(&path)))?;
            let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
            Ok(Query { stem, file: shown(&path), sql, path })
        })
        .collect()
}

fn in_order(queries: &[Query]) -> Result<Vec<&Query>> {
    let mut needs: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for query in queries {
        let read = tables_of(Text { file: &query.file, sql: &query.sql })?;
        let of_sample = read.into_iter().filter(|(schema, _)| schema == "sample").map(|(_, table)| table);
        needs.insert(
            query.stem.clone(),
            of_sample.filter(|table| queries.iter().any(|other| other.stem == *table)).collect(),
        );
    }
    let sorted = sort(&needs, &[], &Work::new())
        .map_err(|cycle| Error::config(format!("sample queries read each other in a circle: {}", cycle.join(" → "))))?;
    Ok(sorted.iter().filter_map(|stem| queries.iter().find(|query| query.stem == *stem)).collect())
}

fn parameters(options: &Options) -> Vec<(String, ScalarValue)> {
    vec![
        ("scale".to_owned(), ScalarValue::Float64(Some(options.scale))),
        ("epoch".to_owned(), ScalarValue::Utf8(Some(options.epoch.clone()))),
        ("seed".to_owned(), ScalarValue::Int64(Some(options.seed))),
    ]
}

async fn known(engine: &Engine, made: &Snapshot, table: &Table) -> Result<()> {
    let stored = stored(made.location(), table, made.arrow_schema(table).await?);
    engine.register(Schema::Sample, &table.name, stored.provider(engine)?)
}

fn stored<'a>(location: &'a Location, table: &Table, schema: SchemaRef) -> Stored<'a> {
    let files = table.files.iter().map(|file| file.path.clone()).collect();
    Stored { location, files, schema, sorted_by: table.sorted_by.clone() }
}

/// The types as a snapshot has them.
fn plain(schema: &ArrowSchema) -> SchemaRef {
    let fields = schema.fields().iter().map(|field| {
        let kind = match field.data_type() {
            DataType::Utf8View | DataType::LargeUtf8 => DataType::Utf8,
            other => other.clone(),
        };
        Field::new(field.name(), kind, true)
    });
    Arc::new(ArrowSchema::new(fields.collect::<Vec<_>>()))
}

async fn write(
    engine: &Engine,
    query: &Query,
    (frame, schema): (DataFrame, &SchemaRef),
    writer: &Writer,
    options: &Options,
    progress: &Arc<dyn Sink>,
) -> Result<Table> {
    let text = Text { file: &query.file, sql: &query.sql };
    let keyed = schema.column_with_name(KEY).is_some();
    let key: Vec<String> = keyed.then(|| KEY.to_owned()).into_iter().collect();
    let header =
        TableHeader { schema: options.schema.clone(), name: query.stem.clone(), key: key.clone(), sorted_by: key };
    let frame = if keyed {
        frame.sort(vec![ident(KEY).sort(true, false)]).map_err(|error| planning(&error, text, &[], None))?
    } else {
        frame
    };
    let mut rows = engine.stream(frame, text, None).await?;
    let (mut files, mut waiting, mut count) = (Vec::new(), Vec::new(), 0);
    while let Some(batch) = rows.next().await {
        let batch = conform(&batch.map_err(|error| running(&error, &query.file))?, schema)?;
        progress.advance(&query.stem, batch.num_rows() as u64);
        count += batch.num_rows();
        waiting.push(batch);
        while count >= PART_ROWS {
            let whole = concat_batches(schema, &waiting).map_err(|_| misfit())?;
            let part = whole.slice(0, PART_ROWS);
            waiting = vec![whole.slice(PART_ROWS, count - PART_ROWS)];
            count -= PART_ROWS;
            files.push(writer.put_part(&header, files.len(), schema.clone(), &[part]).await?);
        }
    }
    if count > 0 || files.is_empty() {
        let last = concat_batches(schema, &waiting).map_err(|_| misfit())?;
        files.push(writer.put_part(&header, files.len(), schema.clone(), &[last]).await?);
    }
    Ok(header.table(schema, files))
}

fn conform(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch> {
    let columns = schema
        .fields()
        .iter()
        .zip(batch.columns())
        .map(|(field, column)| cast(column, field.data_type()).map_err(|_| misfit()))
        .collect::<Result<Vec<_>>>()?;
    RecordBatch::try_new(schema.clone(), columns).map_err(|_| misfit())
}

fn misfit() -> Error {
    Error::unexpected("a batch of the sample is not of the planned form")
}
