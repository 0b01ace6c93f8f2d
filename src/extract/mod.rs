//! Owns the way from a legacy PostgreSQL to a snapshot: one moment of it, all rows, exactly.
//! Must not know: flows, outcomes or the target.
//!
//! One session locks the tables, exports a database snapshot and waits; the readers (threads with a connection each)
//! join that snapshot, read part after part and write each as a file. The manifest is published when all parts are
//! there. A part that fails voids the whole.

mod catalog;
mod column;
pub mod declared;
mod masked;
mod moment;
mod pace;
mod parts;
mod pieces;
mod sampled;
mod select;
mod shape;
mod source;
mod sql;
mod stall;
mod types;
mod worker;

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures::{StreamExt, TryStreamExt};
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tracing::{Instrument, Span};
use uuid::Uuid;

use crate::cancel::{Cancel, interrupted};
use crate::error::{At, Context, Error, Kind, Result};
use crate::frame;
use crate::name::Named;
use crate::progress::Sink;
use crate::server::sql::{fill, quote_literal};
use crate::server::{Address, Connection};
use crate::snapshot::{Origin, REFUSED_KEYS, Refused, Snapshot, TableHeader, Writer};
use crate::storage::Location;

use catalog::{Sort, Table};
pub use masked::Masking;
use moment::{guard, held, hold, settings};
use pace::Pace;
use pieces::Written;
pub use sampled::{Counted, Sampled, count};
pub use shape::{Shape, Unread, shape};
use source::Access;
use stall::Stall;
use worker::{Done, Shared, Task};

/// The stage's name for [`Sink::start`].
pub const STAGE: &str = "extract";
/// A server has room for some thousands of locks. With more tables than that, readers lock what they read when they read
/// it, and give up after the lock timeout where somebody waits to change it.
const LOCKS_OF_READERS: usize = 2000;
/// Between two attempts to end readers that were told to stop.
const STOP_EVERY: Duration = Duration::from_millis(200);

/// What is read, and how.
#[derive(Debug, Clone)]
pub struct Options {
    /// Schemas to read; empty: all but the system's.
    pub schemas: Vec<String>,
    /// Tables to read, as `name` or `schema.name`, with `*` for any characters; empty: all. Views, materialized views
    /// and foreign tables are read when they are named here in full.
    pub tables: Vec<String>,
    /// Tables that a pipeline reads: each name must fit one. Where there are any, `tables` says nothing.
    pub named: Vec<Named>,
    /// Tables to leave out, written in the same way.
    pub exclude: Vec<String>,
    /// Connections that read at a time, beside the one that holds the database's snapshot.
    pub jobs: usize,
    /// Rows of a part (a file), at most; fewer where rows are wide.
    pub part_rows: usize,
    /// Rows that all connections together may read in a second; None: as fast as it goes.
    pub max_rows_per_second: Option<u64>,
    /// How long one statement may work on the server; None: as long as it takes.
    pub statement_timeout: Option<Duration>,
    /// How long a lock may be waited for: whoever comes later waits behind us.
    pub lock_timeout: Duration,
    /// Only a part of the rows, for who measures.
    pub sampled: Option<Sampled>,
    /// What is done to values before they are kept.
    pub mask: Option<Masking>,
}

impl Default for Options {
    fn default() -> Self {
        let jobs = std::thread::available_parallelism().map_or(2, std::num::NonZero::get).clamp(2, 8);
        Self {
            schemas: Vec::new(),
            tables: Vec::new(),
            named: Vec::new(),
            exclude: Vec::new(),
            jobs,
            part_rows: 131_072,
            max_rows_per_second: None,
            statement_timeout: None,
            lock_timeout: Duration::from_secs(5),
            sampled: None,
            mask: None,
        }
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
    let frame = frame!("extract");
    let result = Box::pin(read(address, options, &writer, sink, &cancel)).instrument(frame.clone()).await;
    match result {
        Ok((origin, tables)) => {
            frame.record("rows", tables.iter().map(crate::snapshot::Table::source_rows).sum::<u64>());
            writer.publish(origin, tables).instrument(frame).await
        }
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
    let mut moment = until(&server, cancel, hold(&server, options, address)).await.map_err(at_server)?;
    let [patience, locks] = guard(&moment.tables, options)?;
    let affordable = moment.tables.len().saturating_mul(options.jobs) <= LOCKS_OF_READERS;
    let partitioned = moment.tables.iter().filter(|table| table.sort == Sort::Partitioned);
    let partitioned: Vec<u32> = partitioned.map(|table| table.oid).collect();
    let described = async {
        let mut tables = catalog::describe(&server, moment.tables, moment.money_digits).await?;
        if let Some(masking) = &options.mask {
            moment.origin.masked = Some(masked::apply(&server, &mut tables, masking).await?);
        }
        if let Some(sampled) = &options.sampled {
            tables = sampled::cut(&server, tables, sampled, options.part_rows).await?;
        }
        prepare(&server, tables, options, sink.as_ref()).await
    };
    let mut tasks = until(&server, cancel, described).await.map_err(at_server)?;

    let readers = format!("rehome reader {}", Uuid::new_v4().simple());
    let (config, tls) = address.for_blocking(&readers);
    let import = fill(sql::IMPORT, &[("snapshot", &quote_literal(&moment.exported))]);
    let mut before = vec![sql::BEGIN.to_owned(), import];
    before.push(patience);
    before.extend(affordable.then_some(locks));
    before.push(settings(options));
    before.extend(moment.raw_text.then(|| sql::RAW_TEXT.to_owned()));
    let access = Arc::new(Access { config, tls, before });
    let pace = Arc::new(Pace::new(options.max_rows_per_second));
    let mut tables = Vec::new();
    while !tasks.is_empty() {
        for task in &mut tasks {
            *task.doubted.get_mut() = moment.raw_text;
        }
        let shared = Arc::new(Shared {
            queue: Mutex::new(queue(&tasks)),
            tasks,
            access: access.clone(),
            writer: writer.clone(),
            pace: pace.clone(),
            sink: sink.clone(),
            runtime: tokio::runtime::Handle::current(),
            stop: AtomicBool::new(false),
            readers: AtomicUsize::new(0),
            moved: AtomicU64::new(0),
            writing: AtomicUsize::new(0),
            small: Arc::new(tokio::sync::Semaphore::new(worker::SMALL_AT_A_TIME)),
            here: Span::current(),
        });
        let _stop = StopOnDrop(shared.clone());
        let done = start(&shared, options.jobs.max(1))?;
        let stall = Stall::new(address.stall_timeout());
        let written = collect(&server, &shared, done, (&readers, stall), cancel).await.map_err(at_server)?;
        let again = finish(writer, &shared, written, &mut tables).await?;
        tasks = until(&server, cancel, prepare(&server, again, options, sink.as_ref())).await.map_err(at_server)?;
    }
    until(&server, cancel, held(&server, &partitioned)).await.map_err(at_server)?;
    Ok((moment.origin, tables))
}

/// Cuts every table into parts.
async fn prepare(server: &Connection, tables: Vec<Table>, options: &Options, sink: &dyn Sink) -> Result<Vec<Task>> {
    // One session answers one question at a time, but does not wait for the next one to arrive.
    let plans = futures::future::try_join_all(tables.iter().map(|table| async {
        parts::plan(server, table, options.part_rows).await.at(At::Table, table.listed.qualified())
    }))
    .await?;
    Ok(tables.into_iter().zip(plans).map(|(table, plan)| task(table, plan, sink)).collect())
}

fn task(table: Table, plan: parts::Plan, sink: &dyn Sink) -> Task {
    let rows = u64::try_from(table.listed.estimate).ok().filter(|rows| *rows > 0);
    sink.start(STAGE, &table.listed.qualified(), rows);
    if plan.ranges.is_empty() {
        sink.finish(&table.listed.qualified());
    }
    let header = TableHeader {
        schema: table.listed.schema.clone(),
        name: table.listed.name.clone(),
        key: table.identity(),
        sorted_by: if plan.sorted { sorted_by(&table) } else { Vec::new() },
    };
    let open = AtomicUsize::new(plan.ranges.len());
    Task { schema: table.schema(), table, header, plan, doubted: AtomicBool::new(false), widen: Mutex::default(), open }
}

/// The columns by which a table's rows come in order. What is masked is in no order any more.
fn sorted_by(table: &Table) -> Vec<String> {
    let in_order = |name: &&String| table.column(name).is_some_and(|column| column.mask.is_none());
    table.key.iter().take_while(in_order).cloned().collect()
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
    let parts = shared.tasks.iter().map(|task| task.plan.ranges.len()).sum();
    for reader in 0..jobs.min(parts) {
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

/// Waits for all readers. After a failure or an interruption it ends their sessions, and still waits for them, unless their
/// connections are silent.
async fn collect(
    server: &Connection,
    shared: &Shared,
    mut done: UnboundedReceiver<Result<Done>>,
    (readers, mut stall): (&str, Stall),
    cancel: &Cancel,
) -> Result<Vec<Vec<Written>>> {
    let mut written: Vec<Vec<Option<Written>>> =
        shared.tasks.iter().map(|task| vec![None; task.plan.ranges.len()]).collect();
    let mut failure: Option<Error> = None;
    let mut told: Option<Instant> = None;
    loop {
        let failed = failure.is_some();
        tokio::select! {
            report = done.recv() => match report {
                None => break,
                Some(Ok(Done { task, part, written: files })) => written[task][part] = Some(files),
                // What comes after the first failure comes of it.
                Some(Err(error)) => { failure.get_or_insert(error); }
            },
            () = cancel.cancelled(), if !failed => failure = Some(interrupted()),
            () = tokio::time::sleep(STOP_EVERY) => {
                // What comes after its end may be of another moment.
                if server.is_closed() {
                    let lost = Error::new(Kind::Retryable, "the session that held the tables was lost");
                    failure.get_or_insert(lost.hint("try again; the server's log may say why"));
                } else if !failed && let Err(error) = stall.look(server, shared, readers).await {
                    failure = Some(error);
                }
            }
        }
        if failure.is_some() {
            shared.stop.store(true, Ordering::Release);
            if server.query(sql::STOP, &[&readers]).await.is_err() {
                log::debug!("the readers' sessions could not be ended early");
            }
            if stall::is_lost(*told.get_or_insert_with(Instant::now), shared) {
                break;
            }
        }
    }
    match failure {
        Some(error) => Err(error),
        // A part that nobody spoke of must not look like one without rows.
        None => written
            .into_iter()
            .map(|parts| parts.into_iter().collect::<Option<Vec<_>>>())
            .collect::<Option<_>>()
            .ok_or_else(|| Error::unexpected("a reader ended without a word")),
    }
}

/// Adds the manifest's entries; a table without rows gets a file without rows. Gives the tables that must be read again,
/// since columns of theirs can only travel as text.
async fn finish(
    writer: &Writer,
    shared: &Shared,
    written: Vec<Vec<Written>>,
    entries: &mut Vec<crate::snapshot::Table>,
) -> Result<Vec<Table>> {
    let mut again = Vec::new();
    let mut whole = Vec::new();
    for (task, parts) in shared.tasks.iter().zip(written) {
        let mut refused = Refused { rows: 0, keys: Vec::new(), files: Vec::new() };
        let mut files = Vec::new();
        for part in parts {
            files.extend(part.files);
            refused.files.extend(part.refused);
            refused.keys.extend(part.refused_keys);
        }
        if task.is_void() {
            writer.discard(&files).await;
            writer.discard(&refused.files).await;
            again.push(task.widened());
            continue;
        }
        refused.rows = refused.files.iter().map(|file| file.rows).sum();
        refused.keys.truncate(REFUSED_KEYS);
        let refused = (refused.rows > 0).then_some(refused);
        whole.push(async move {
            if files.is_empty() {
                files.push(writer.put_part(&task.header, 0, task.schema.clone(), &[]).await?);
            }
            let mut entry = task.header.table(&task.schema, files);
            entry.refused = refused;
            Ok::<_, Error>(entry)
        });
    }
    let whole = futures::stream::iter(whole).buffered(worker::SMALL_AT_A_TIME);
    entries.extend(whole.try_collect::<Vec<_>>().await?);
    Ok(again)
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
