//! Owns the way from a legacy PostgreSQL to a snapshot: one moment of it, all rows, exactly.
//! Must not know: flows, outcomes or the target.
//!
//! One session locks the tables, exports a database snapshot and waits; the readers (threads with a connection each)
//! join that snapshot, read part after part and write each as a file. The manifest is published when all parts are
//! there. A part that fails voids the whole.

mod bridge;
mod catalog;
mod parts;
mod restore;
mod select;
mod source;
mod sql;
mod survey;
mod types;
mod worker;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::mpsc::{self, UnboundedReceiver};
use uuid::Uuid;

use crate::cancel::{Cancel, interrupted};
use crate::error::{At, Context, Error, Kind, Result};
use crate::progress::Sink;
use crate::server::sql::{fill, quote_literal};
use crate::server::{Address, Connection};
use crate::snapshot::{File, Origin, Snapshot, TableHeader, Writer};
use crate::storage::Location;

use catalog::{Listed, Table};
use select::Asked;
use source::Access;
use worker::{Done, Shared, Task};

/// The stage's name for [`Sink::start`].
pub const STAGE: &str = "extract";
/// How often the list of tables may change between looking and locking.
const ATTEMPTS: usize = 3;
/// Between two attempts to end readers that were told to stop.
const STOP_EVERY: Duration = Duration::from_millis(200);

/// What is read, and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// Schemas to read; empty: all but the system's.
    pub schemas: Vec<String>,
    /// Tables to read, as `name` or `schema.name`, with `*` for any characters; empty: all.
    pub tables: Vec<String>,
    /// Tables to leave out, written in the same way.
    pub exclude: Vec<String>,
    /// Connections that read at a time, beside the one that holds the database's snapshot.
    pub jobs: usize,
    /// Rows of a part (a file), at most; fewer where rows are wide.
    pub part_rows: usize,
}

impl Default for Options {
    fn default() -> Self {
        let jobs = std::thread::available_parallelism().map_or(2, std::num::NonZero::get).clamp(2, 8);
        Self { schemas: Vec::new(), tables: Vec::new(), exclude: Vec::new(), jobs, part_rows: 131_072 }
    }
}

/// Reads one moment of a database into a snapshot at `location`.
///
/// # Errors
/// [`Kind::Retryable`] for a server that cannot be reached, [`Kind::Auth`], [`Kind::Privilege`], [`Kind::Config`] for
/// tables that do not exist and types that cannot be carried, [`Kind::Resources`] for a full disk,
/// [`Kind::Interrupted`]. In every case nothing is published and the readers' sessions are ended.
pub async fn run(
    address: &Address,
    options: &Options,
    location: Location,
    sink: Arc<dyn Sink>,
    cancel: Cancel,
) -> Result<Snapshot> {
    let writer = Writer::create(location).await?;
    let result = read(address, options, &writer, sink, &cancel).await;
    match result {
        Ok((origin, tables)) => writer.publish(origin, tables).await,
        Err(error) => {
            writer.abandon().await;
            Err(error)
        }
    }
}

async fn read(
    address: &Address,
    options: &Options,
    writer: &Writer,
    sink: Arc<dyn Sink>,
    cancel: &Cancel,
) -> Result<(Origin, Vec<crate::snapshot::Table>)> {
    let server = tokio::select! {
        server = address.connect("rehome snapshot") => server?,
        () = cancel.cancelled() => return Err(interrupted()),
    };
    let at_server = |error: Error| error.at(At::Server, address.to_string());
    let moment = until(&server, cancel, hold(&server, options, address)).await.map_err(at_server)?;
    let tasks =
        until(&server, cancel, prepare(&server, moment.tables, options, sink.as_ref())).await.map_err(at_server)?;

    let readers = format!("rehome reader {}", Uuid::new_v4().simple());
    let (config, tls) = address.for_blocking(&readers);
    let import = fill(sql::IMPORT, &[("snapshot", &quote_literal(&moment.exported))]);
    let before = vec![sql::BEGIN.to_owned(), import, sql::SETTINGS.to_owned()];
    let shared = Arc::new(Shared {
        queue: Mutex::new(queue(&tasks)),
        tasks,
        access: Access { config, tls, before },
        writer: writer.clone(),
        sink,
        runtime: tokio::runtime::Handle::current(),
        stop: AtomicBool::new(false),
    });
    let _stop = StopOnDrop(shared.clone());
    let done = start(&shared, options.jobs.max(1))?;
    let files = collect(&server, &shared, done, &readers, cancel).await.map_err(at_server)?;
    let tables = finish(writer, &shared, files).await?;
    Ok((moment.origin, tables))
}

/// What the coordinating session holds while it lives: locks, an exported snapshot, and what they are of.
struct Moment {
    exported: String,
    origin: Origin,
    tables: Vec<Listed>,
}

/// Chooses the tables, locks them, and only then takes the snapshot that everybody reads.
async fn hold(server: &Connection, options: &Options, address: &Address) -> Result<Moment> {
    let asked = &Asked { schemas: &options.schemas, tables: &options.tables, exclude: &options.exclude };
    // For a role that may not ask, the cluster has no identity.
    let identity = server.query_one(sql::IDENTITY, &[]).await.ok();
    for _ in 0..ATTEMPTS {
        let chosen = select::select(&catalog::list(server).await?, asked)?;
        server.batch_execute(sql::BEGIN).await?;
        let relations = chosen.iter().map(Listed::relation).collect::<Result<Vec<_>>>()?.join(", ");
        match server.batch_execute(&fill(sql::LOCK, &[("tables", &relations)])).await {
            Ok(()) => {}
            // Dropped since it was listed: look again.
            Err(error) if error.code() == Some(&tokio_postgres::error::SqlState::UNDEFINED_TABLE) => {
                server.batch_execute(sql::ROLLBACK).await?;
                continue;
            }
            Err(error) => return Err(error.into()),
        }
        let row = server.query_one(sql::EXPORT, &[]).await?;
        // As the readers: names of types must not depend on whose search path it is.
        server.query_one(sql::SETTINGS, &[]).await?;
        let again = select::select(&catalog::list(server).await?, asked)?;
        if again.iter().map(|table| table.oid).eq(chosen.iter().map(|table| table.oid)) {
            let origin = Origin {
                kind: "postgresql".to_owned(),
                database: row.try_get("database")?,
                server_version: row.try_get("server_version")?,
                host: Some(address.host().to_owned()),
                system_identifier: identity.and_then(|row| row.try_get(0).ok()),
                wal_lsn: row.try_get("wal_lsn")?,
                encoding: row.try_get("encoding")?,
            };
            return Ok(Moment { exported: row.try_get("snapshot")?, origin, tables: again });
        }
        server.batch_execute(sql::ROLLBACK).await?;
    }
    Err(Error::new(Kind::Retryable, "tables are being created and dropped while the snapshot is taken"))
}

/// Looks at every table and cuts it into parts.
async fn prepare(server: &Connection, listed: Vec<Listed>, options: &Options, sink: &dyn Sink) -> Result<Vec<Task>> {
    let mut tables = catalog::describe(server, listed).await?;
    // One session answers one question at a time, but does not wait for the next one to arrive.
    futures::future::try_join_all(tables.iter_mut().map(|table| async {
        let name = table.listed.qualified();
        survey::survey(server, table).await.at(At::Table, name)
    }))
    .await?;
    let plans = futures::future::try_join_all(tables.iter().map(|table| async {
        parts::plan(server, table, options.part_rows).await.at(At::Table, table.listed.qualified())
    }))
    .await?;
    Ok(tables.into_iter().zip(plans).map(|(table, plan)| task(table, plan, sink)).collect())
}

fn task(table: Table, plan: parts::Plan, sink: &dyn Sink) -> Task {
    let rows = u64::try_from(table.listed.estimate).ok().filter(|rows| *rows > 0);
    sink.start(STAGE, &table.listed.qualified(), rows);
    let header = TableHeader {
        schema: table.listed.schema.clone(),
        name: table.listed.name.clone(),
        key: table.key.clone(),
        sorted_by: if plan.sorted { table.key.clone() } else { Vec::new() },
    };
    let open = AtomicUsize::new(plan.ranges.len());
    Task { schema: table.schema(), table, header, plan, exact: AtomicBool::new(false), open }
}

/// All parts, tables with the most parts first: what is last should be short. (The next one is taken off the end.)
fn queue(tasks: &[Task]) -> Vec<(usize, usize)> {
    let mut order: Vec<usize> = (0..tasks.len()).collect();
    order.sort_by_key(|task| tasks[*task].plan.ranges.len());
    let parts = |task: usize| (0..tasks[task].plan.ranges.len()).rev().map(move |part| (task, part));
    order.into_iter().flat_map(parts).collect()
}

fn start(shared: &Arc<Shared>, jobs: usize) -> Result<UnboundedReceiver<Result<Done>>> {
    let (report, done) = mpsc::unbounded_channel();
    for reader in 0..jobs {
        let (shared, report) = (shared.clone(), report.clone());
        std::thread::Builder::new().name(format!("reader-{reader}")).spawn(move || worker::work(&shared, &report))?;
    }
    Ok(done)
}

/// Tells the readers to stop when nobody waits for them any more.
struct StopOnDrop(Arc<Shared>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.stop.store(true, Ordering::Release);
    }
}

/// Waits for all readers. After a failure or an interruption it ends their sessions, and still waits for them.
async fn collect(
    server: &Connection,
    shared: &Shared,
    mut done: UnboundedReceiver<Result<Done>>,
    readers: &str,
    cancel: &Cancel,
) -> Result<Vec<Vec<Option<File>>>> {
    let mut files: Vec<Vec<Option<File>>> =
        shared.tasks.iter().map(|task| vec![None; task.plan.ranges.len()]).collect();
    let mut failure: Option<Error> = None;
    loop {
        let failed = failure.is_some();
        tokio::select! {
            report = done.recv() => match report {
                None => break,
                Some(Ok(Done { task, part, file })) => files[task][part] = file,
                // What comes after the first failure comes of it.
                Some(Err(error)) => { failure.get_or_insert(error); }
            },
            () = cancel.cancelled(), if !failed => failure = Some(interrupted()),
            () = tokio::time::sleep(STOP_EVERY), if failed => {}
        }
        if failure.is_some() {
            shared.stop.store(true, Ordering::Release);
            if server.query(sql::STOP, &[&readers]).await.is_err() {
                log::debug!("the readers' sessions could not be ended early");
            }
        }
    }
    match failure {
        Some(error) => Err(error),
        None => Ok(files),
    }
}

/// The manifest's entries; a table without rows gets a file without rows.
async fn finish(
    writer: &Writer,
    shared: &Shared,
    files: Vec<Vec<Option<File>>>,
) -> Result<Vec<crate::snapshot::Table>> {
    let mut tables = Vec::with_capacity(files.len());
    for (task, files) in shared.tasks.iter().zip(files) {
        let mut files: Vec<File> = files.into_iter().flatten().collect();
        if files.is_empty() {
            files.push(writer.put_part(&task.header, 0, task.schema.clone(), &[]).await?);
        }
        tables.push(task.header.table(&task.schema, files));
    }
    Ok(tables)
}

/// A conversation with the server, unless it is cancelled first; then the server is asked to give up too.
async fn until<T>(server: &Connection, cancel: &Cancel, work: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::select! {
        result = work => return result,
        () = cancel.cancelled() => {}
    }
    if server.cancel().await.is_err() {
        log::debug!("the server could not be asked to give up");
    }
    Err(interrupted())
}
