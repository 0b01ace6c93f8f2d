//! Owns `rehome sample`: the synthetic source of a pipeline, as a snapshot or as rows of a database.
//! Must not know: what the sample means.

use std::path::Path;

use crate::error::{At, Context, Error, Result};
use crate::header::{shown, sql_files};
use crate::load;
use crate::pipeline::{Pipeline, Sample};
use crate::run::{Foreign, Setting, identity};
use crate::sample::{self, Options};
use crate::server::Address;
use crate::snapshot::Snapshot;
use crate::storage::Location;
use crate::target::Catalog;

/// The sample of a pipeline.
///
/// # Errors
/// [`crate::error::Kind::Config`] when the pipeline declares none.
pub fn of(pipeline: &Pipeline) -> Result<&Sample> {
    pipeline.sample.as_ref().ok_or_else(|| {
        Error::config("the pipeline declares no sample")
            .at(At::Pipeline, &pipeline.name)
            .hint("a [sample] section names the folders of the synthetic data")
    })
}

/// Makes the sample source as a snapshot.
///
/// # Errors
/// As [`sample::generate`].
pub async fn snapshot(pipeline: &Pipeline, options: &Options, place: Location, setting: &Setting) -> Result<Snapshot> {
    let engine = setting.engine(identity(pipeline, None, Foreign::default()).await?)?;
    let folder = &of(pipeline)?.tables;
    sample::generate(&engine, folder, None, options, place, &setting.progress, &setting.cancel).await
}

/// Makes the rows that the target holds before the migration; None when the pipeline declares none.
///
/// # Errors
/// As [`sample::generate`].
pub async fn target_snapshot(
    pipeline: &Pipeline,
    source: &Snapshot,
    options: &Options,
    place: Location,
    setting: &Setting,
) -> Result<Option<Snapshot>> {
    let declared = of(pipeline)?;
    let Some(folder) = &declared.target_rows else { return Ok(None) };
    let engine = setting.engine(identity(pipeline, None, Foreign::default()).await?)?;
    let options = Options { schema: pipeline.target_schema.clone(), ..options.clone() };
    let base = Some((declared.tables.as_path(), source));
    sample::generate(&engine, folder, base, &options, place, &setting.progress, &setting.cancel).await.map(Some)
}

/// Runs the DDL of a file, or of all `.sql` files of a folder in the order of their names.
///
/// # Errors
/// [`crate::error::Kind::Config`] for files that cannot be read; what the server says.
pub async fn create_schema(address: &Address, ddl: &Path) -> Result<()> {
    let files = if ddl.is_dir() { sql_files(ddl)? } else { vec![ddl.to_owned()] };
    let connection = address.connect("schema").await?;
    for file in files {
        let text = std::fs::read_to_string(&file)
            .map_err(|error| Error::config(format!("cannot read: {}", error.kind())).at(At::File, shown(&file)))?;
        connection.batch_execute(&text).await.at(At::File, shown(&file))?;
    }
    Ok(())
}

/// Fills the tables of a database, which must be there, with the rows of a snapshot. Gives the rows written.
///
/// # Errors
/// [`crate::error::Kind::Drift`] when a table is missing or does not fit; what the server says.
pub async fn fill(address: &Address, snapshot: &Snapshot, schema: &str, setting: &Setting) -> Result<u64> {
    let connection = address.connect("sample").await?;
    let catalog = Catalog::read(&connection, schema).await?;
    let mut rows = 0;
    for table in &snapshot.manifest().tables {
        let target = catalog.require(&table.name)?;
        setting.progress.start("fill", &table.name, Some(table.rows));
        for file in &table.files {
            setting.cancel.check()?;
            let batches = snapshot.read(file).await?;
            let written = load::copy_into(&connection, target, batches).await.at(At::Table, table.qualified())?;
            setting.progress.advance(&table.name, written);
            rows += written;
        }
        setting.progress.finish(&table.name);
    }
    Ok(rows)
}

/// Makes the source's tables in an empty database and fills them. Gives the rows written.
///
/// # Errors
/// As [`create_schema`] and [`fill`].
pub async fn fill_source(address: &Address, pipeline: &Pipeline, made: &Snapshot, setting: &Setting) -> Result<u64> {
    create_schema(address, &of(pipeline)?.source_schema).await?;
    let schema = pipeline.schemas.first().map_or("public", String::as_str);
    fill(address, made, schema, setting).await
}

/// Makes the target's tables in an empty database, with the rows that it holds before the migration.
///
/// # Errors
/// As [`create_schema`], [`target_snapshot`] and [`fill`].
pub async fn fill_target(
    address: &Address,
    pipeline: &Pipeline,
    source: &Snapshot,
    options: &Options,
    place: Location,
    setting: &Setting,
) -> Result<()> {
    create_schema(address, &of(pipeline)?.target_schema).await?;
    if let Some(before) = target_snapshot(pipeline, source, options, place, setting).await? {
        fill(address, &before, &pipeline.target_schema, setting).await?;
    }
    Ok(())
}
