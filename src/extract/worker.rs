//! Owns the readers: threads that take parts off a common list and write each as files.
//! Must not know: how tables were chosen and cut, or what becomes of the files.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::datatypes::SchemaRef;
use postgres::types::Type;
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::sync::mpsc::UnboundedSender;
use tracing::Span;

use super::catalog::Table;
use super::column::{Texts, wire};
use super::pace::Pace;
use super::parts::{self, Plan};
use super::pieces::{Pieces, Written};
use super::source::{Access, Session, Stop, quietly};
use super::stall::Writing;
use super::types::Carry;
use crate::error::{At, Error, Result};
use crate::progress::Sink;
use crate::server::is_full;
use crate::snapshot::{Encoded, TableHeader, Writer};
use crate::timed;
use crate::timing::beside;

/// A table on its way into files.
pub(super) struct Task {
    pub table: Table,
    pub header: TableHeader,
    pub schema: SchemaRef,
    pub plan: Plan,
    /// Are its texts to be doubted? Set when a part held one that is none.
    pub doubted: AtomicBool,
    /// Columns that hold values which their exact type cannot: then nothing is written any more, the table is only
    /// searched for more such columns.
    pub widen: Mutex<BTreeSet<usize>>,
    /// Parts not yet done.
    pub open: AtomicUsize,
}

impl Task {
    /// Notes a column that cannot travel as its exact type.
    pub(super) fn widen(&self, column: usize) {
        self.widen.lock().unwrap_or_else(PoisonError::into_inner).insert(column);
    }

    /// The table as it must be read instead.
    pub(super) fn widened(&self) -> Table {
        let mut table = self.table.clone();
        for column in self.widen.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            table.columns[*column].carry = Carry::widened();
        }
        table
    }

    /// Must the table be read again, with other columns?
    pub(super) fn is_void(&self) -> bool {
        !self.widen.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }
}

/// What all readers share.
pub(super) struct Shared {
    pub tasks: Vec<Task>,
    /// `(task, part)`, the next one last.
    pub queue: Mutex<Vec<(usize, usize)>>,
    pub access: Arc<Access>,
    pub writer: Writer,
    pub pace: Arc<Pace>,
    pub sink: Arc<dyn Sink>,
    pub runtime: Handle,
    /// Set when nothing more is wanted.
    pub stop: AtomicBool,
    /// Readers that were let in.
    pub readers: AtomicUsize,
    /// Grows with the rows that come: see [`super::stall`].
    pub moved: AtomicU64,
    /// Readers that write, and do not wait for the server.
    pub writing: AtomicUsize,
    /// Room for small files that are on their way to the disk.
    pub small: Arc<Semaphore>,
    /// What the reading is a part of.
    pub here: Span,
}

/// A part that is done.
pub(super) struct Done {
    pub task: usize,
    pub part: usize,
    pub written: Written,
}

/// Files up to this size are written while the reader goes on: it would wait longer for the disk than for the rows.
const SMALL: u64 = 1 << 20;
/// So many of them at a time: a disk syncs many files about as fast as one.
pub(super) const SMALL_AT_A_TIME: usize = 32;

/// Works off the list; ends with the list, with the first failure, or when told to stop.
pub(super) fn work(shared: &Arc<Shared>, report: &UnboundedSender<Result<Done>>) {
    // At once, not with the first part: it takes its locks before anybody else waits for one.
    let mut session = match quietly(|| Session::open(&shared.access)) {
        Ok(session) => Some(session),
        // Fewer readers read as much: those that were let in.
        Err(error) if is_full(&error) && shared.readers.load(Ordering::Acquire) > 0 => {
            log::warn!(
                "a reader goes without: {error} (rehome doctor says how many connections there are; see --jobs)"
            );
            return;
        }
        Err(error) => {
            shared.stop.store(true, Ordering::Release);
            let _ = report.send(Err(error));
            return;
        }
    };
    shared.readers.fetch_add(1, Ordering::AcqRel);
    loop {
        if shared.stop.load(Ordering::Acquire) {
            return;
        }
        let next = shared.queue.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let Some((task, part)) = next else { return };
        let read = quietly(|| shared.part(&mut session, task, part)).and_then(|(written, last)| match last {
            Some(last) if last.size() <= SMALL => {
                shared.publish_beside(task, part, written, last, report.clone());
                Ok(None)
            }
            last => Ok(Some(Done { task, part, written: shared.publish(written, last)? })),
        });
        let done = match read {
            Ok(None) => continue,
            Ok(Some(done)) => Ok(done),
            Err(error) => Err(error),
        };
        if !shared.told(report, done) {
            return;
        }
    }
}

impl Shared {
    /// Tells what became of a part; false when nothing more is wanted.
    fn told(&self, report: &UnboundedSender<Result<Done>>, done: Result<Done>) -> bool {
        let failed = done.is_err();
        // Nobody listens any more only when nobody wants the snapshot any more.
        let goes_on = report.send(done).is_ok() && !failed;
        if !goes_on {
            self.stop.store(true, Ordering::Release);
        }
        goes_on
    }

    /// Writes the last file of a part.
    fn publish(&self, mut written: Written, last: Option<Encoded>) -> Result<Written> {
        let _writing = Writing::begin(self);
        if let Some(last) = last {
            written.files.push(self.runtime.block_on(last.publish())?);
        }
        Ok(written)
    }

    /// The same, while the reader goes on.
    fn publish_beside(
        self: &Arc<Self>,
        task: usize,
        part: usize,
        mut written: Written,
        last: Encoded,
        report: UnboundedSender<Result<Done>>,
    ) {
        let _writing = Writing::begin(self);
        let room = self.runtime.block_on(self.small.clone().acquire_owned());
        let shared = self.clone();
        self.runtime.spawn(async move {
            let _writing = Writing::begin(&shared);
            let done = last.publish().await.map(|file| {
                written.files.push(file);
                Done { task, part, written }
            });
            drop(room);
            shared
                .told(&report, done.map_err(|error| error.at(At::Table, shared.tasks[task].table.listed.qualified())));
        });
    }

    fn part(&self, session: &mut Option<Session>, task: usize, part: usize) -> Result<(Written, Option<Encoded>)> {
        let task = &self.tasks[task];
        let name = task.table.listed.qualified();
        let span = beside(timed!("extract.part", name), &self.here);
        let read = span.in_scope(|| self.read(session, task, part));
        let written = read.map_err(|error| error.at(At::Table, &name))?;
        let (files, last) = &written;
        span.record(
            "bytes",
            files.files.iter().map(|file| file.bytes).chain(last.as_ref().map(Encoded::size)).sum::<u64>(),
        );
        let whole = files.files.iter().chain(&files.refused).map(|file| file.rows);
        span.record("rows", whole.chain(last.as_ref().map(Encoded::rows)).sum::<u64>());
        if task.open.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.sink.finish(&name);
        }
        Ok(written)
    }

    fn read(&self, session: &mut Option<Session>, task: &Task, part: usize) -> Result<(Written, Option<Encoded>)> {
        let texts = if task.doubted.load(Ordering::Acquire) { Texts::Doubted } else { Texts::Valid };
        match self.attempt(session, task, part, texts) {
            Ok(written) => Ok(written),
            Err(Stop::Failed(error)) => Err(error),
            Err(Stop::Text) if texts == Texts::Valid => {
                task.doubted.store(true, Ordering::Release);
                self.read(session, task, part)
            }
            Err(Stop::Text) => Err(Error::unexpected("bytes were read as a text")),
        }
    }

    fn attempt(
        &self,
        session: &mut Option<Session>,
        task: &Task,
        part: usize,
        texts: Texts,
    ) -> Result<(Written, Option<Encoded>), Stop> {
        // A session whose read ended early still has the rest of it on the wire: it is only kept after a whole one.
        let mut open = match session.take() {
            Some(open) => open,
            None => Session::open(&self.access)?,
        };
        let query = parts::query(&task.table, &task.plan.ranges[part], task.plan.sorted)?;
        let types: Vec<Type> = task.table.columns.iter().map(|column| wire(&column.carry, texts)).collect();
        let mut pieces = Pieces::new(self, task, part, texts);
        open.read(&query, &types, task.table.listed.long_values, |cells| {
            if pieces.take(cells)? {
                pieces.flush()?;
            }
            Ok(())
        })?;
        let written = pieces.end()?;
        *session = Some(open);
        Ok(written)
    }
}
