//! Owns the readers: threads that take parts off a common list and write each as a file.
//! Must not know: how tables were chosen and cut, or what becomes of the files.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::SchemaRef;
use tokio::runtime::Handle;
use tokio::sync::mpsc::UnboundedSender;

use super::catalog::Table;
use super::parts::{self, Plan, Range};
use super::restore::{Restored, restore};
use super::source::{self, Access, Stop};
use crate::cancel::interrupted;
use crate::error::{At, Error, Kind, Result};
use crate::progress::Sink;
use crate::snapshot::{File, Part, TableHeader, Writer};

/// A table on its way into files.
pub(super) struct Task {
    pub table: Table,
    pub header: TableHeader,
    pub schema: SchemaRef,
    pub plan: Plan,
    /// Set when a part held a value that only the exact form carries: the parts after it do not try the fast one.
    pub exact: AtomicBool,
    /// Parts not yet done.
    pub open: AtomicUsize,
}

/// What all readers share.
pub(super) struct Shared {
    pub tasks: Vec<Task>,
    /// `(task, part)`, the next one last.
    pub queue: Mutex<Vec<(usize, usize)>>,
    pub access: Access,
    pub writer: Writer,
    pub sink: Arc<dyn Sink>,
    pub runtime: Handle,
    /// Set when nothing more is wanted.
    pub stop: AtomicBool,
}

/// A part that is done: the file, unless the part has no rows.
pub(super) struct Done {
    pub task: usize,
    pub part: usize,
    pub file: Option<File>,
}

/// Works off the list; ends with the list, with the first failure, or when told to stop.
pub(super) fn work(shared: &Shared, report: &UnboundedSender<Result<Done>>) {
    loop {
        if shared.stop.load(Ordering::Acquire) {
            return;
        }
        let next = shared.queue.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let Some((task, part)) = next else { return };
        let done = shared.part(task, part).map(|file| Done { task, part, file });
        let failed = done.is_err();
        // Nobody listens any more only when nobody wants the snapshot any more.
        if report.send(done).is_err() || failed {
            shared.stop.store(true, Ordering::Release);
            return;
        }
    }
}

impl Shared {
    fn part(&self, task: usize, part: usize) -> Result<Option<File>> {
        let task = &self.tasks[task];
        let name = task.table.listed.qualified();
        let file = self.read(task, part).map_err(|error| error.at(At::Table, &name))?;
        if task.open.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.sink.finish(&name);
        }
        Ok(file)
    }

    fn read(&self, task: &Task, index: usize) -> Result<Option<File>> {
        let range = &task.plan.ranges[index];
        let mut stopped = Stop::Value;
        if !task.exact.load(Ordering::Acquire) {
            match self.attempt(task, index, range, false) {
                Ok(part) => return self.publish(part),
                Err(stop) => stopped = stop,
            }
        }
        if matches!(stopped, Stop::Value) {
            match self.attempt(task, index, range, true) {
                Ok(part) => {
                    task.exact.store(true, Ordering::Release);
                    return self.publish(part);
                }
                Err(stop) => stopped = stop,
            }
        }
        Err(match stopped {
            Stop::Failed(error) => error,
            Stop::Value => Error::new(Kind::Config, "a value cannot be taken over exactly")
                .hint("it may not be valid UTF-8; leave the table out with --exclude, if no flow reads it"),
        })
    }

    fn attempt(&self, task: &Task, index: usize, range: &Range, exact: bool) -> Result<Part, Stop> {
        let query = parts::statement(&task.table, range, task.plan.sorted, exact)?;
        let mut part = self.writer.part(&task.header, index, &task.schema)?;
        let name = task.table.listed.qualified();
        let read = source::read(&self.access, &query, task.plan.batch, |columns| {
            if self.stop.load(Ordering::Acquire) {
                return Err(interrupted().into());
            }
            let batch = restored(task, columns, exact)?;
            part.write(&batch)?;
            self.sink.advance(&name, batch.num_rows() as u64);
            Ok(())
        });
        read.map(|()| part)
    }

    fn publish(&self, part: Part) -> Result<Option<File>> {
        if part.rows() == 0 {
            return Ok(None);
        }
        self.runtime.block_on(part.publish()).map(Some)
    }
}

fn restored(task: &Task, columns: &[ArrayRef], exact: bool) -> Result<RecordBatch, Stop> {
    let mut arrays = Vec::with_capacity(columns.len());
    for (column, array) in task.table.columns.iter().zip(columns) {
        match restore(&column.carry, array, exact).map_err(|error| error.at(At::Column, &column.name))? {
            Restored::Exact(array) => arrays.push(array),
            Restored::Doubtful => return Err(Stop::Value),
        }
    }
    RecordBatch::try_new(task.schema.clone(), arrays)
        .map_err(|_| Error::unexpected("the rows read do not fit the table's columns").into())
}
