//! Owns how bad rows are taken out of a COPY, one by one, while the rest goes on.
//! Must not know: ledgers, mappings, or where refused rows go.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::copy::{Copied, Rows};
use super::each;
use super::reason::Why;
use crate::cancel::Cancel;
use crate::error::{Error, Result};
use crate::server::Connection;

const SAVEPOINT: &str = include_str!("../../sql/control/load/savepoint.sql");
const RELEASE: &str = include_str!("../../sql/control/load/release.sql");
const UNDO: &str = include_str!("../../sql/control/load/undo.sql");

/// Rows sent again for each bad one: measured best at few bad rows, and at more than one in a thousand.
const PIECE: usize = 2_000;
const SMALL_PIECE: usize = 250;

/// Rows that the server inserts one by one before it is looked whether that still pays.
const EACH: usize = 10_000;
/// A COPY begun over costs as much as about this many rows inserted one by one.
const WORTH: usize = 150;
/// COPYs that failed before anything is concluded from their number.
const ENOUGH: usize = 20;

/// The rows of a chunk that are in, and those that are not.
#[derive(Debug, Default)]
pub(super) struct Isolated {
    pub rows: u64,
    pub refused: BTreeMap<usize, Why>,
}

/// Copies all rows but `skip`, inside the open transaction of `connection`; rows that are refused are left out.
pub(super) async fn copy(
    connection: &Connection,
    rows: &Rows,
    skip: &BTreeSet<usize>,
    cancel: &Cancel,
) -> Result<Isolated> {
    let (done, skip) = (Isolated::default(), skip.clone());
    let mut work = Work {
        connection,
        rows,
        cancel,
        skip,
        done,
        good_until: 0,
        failed: 0,
        found: 0,
        since: 0,
        each: false,
        allowed: None,
    };
    let mut waiting: Vec<Range<usize>> = std::iter::once(0..rows.len()).collect();
    while let Some(range) = waiting.pop() {
        if work.left(&range) == 0 {
            continue;
        }
        if work.is_worth_each(range.start).await? {
            let end = joined(&mut waiting, &range);
            work.insert_each(range.start..end).await?;
            continue;
        }
        let crowded = work.done.refused.len() > rows.len() / 1_000;
        let most = if crowded { SMALL_PIECE } else { PIECE };
        if !work.done.refused.is_empty() && range.len() > most && !work.clean_start(&range) {
            waiting.extend(pieces(range, most));
            continue;
        }
        match work.attempt(range.clone()).await? {
            Attempt::In => {}
            Attempt::Row(row) => {
                // Everything before the row named was good: it goes in one piece.
                waiting.push(row + 1..range.end);
                waiting.push(range.start..row);
                work.good_until = row;
            }
            Attempt::Somewhere => {
                let middle = range.start + range.len() / 2;
                waiting.push(middle..range.end);
                waiting.push(range.start..middle);
            }
        }
    }
    Ok(work.done)
}

fn pieces(range: Range<usize>, most: usize) -> impl Iterator<Item = Range<usize>> {
    let end = range.end;
    range.step_by(most).map(move |start| start..end.min(start + most)).collect::<Vec<_>>().into_iter().rev()
}

/// Takes from `waiting` what follows a range, up to the rows that are inserted one by one; gives its end. What lies between
/// two ranges that wait is refused already.
fn joined(waiting: &mut Vec<Range<usize>>, range: &Range<usize>) -> usize {
    let mut end = range.end;
    while end - range.start < EACH
        && let Some(next) = waiting.pop()
    {
        end = next.end;
    }
    let cut = end.min(range.start + EACH);
    if cut < end {
        waiting.push(cut..end);
    }
    cut
}

enum Attempt {
    In,
    /// This row was refused and is noted.
    Row(usize),
    /// One of the rows was refused; the server does not say which.
    Somewhere,
}

struct Work<'a> {
    connection: &'a Connection,
    rows: &'a Rows,
    cancel: &'a Cancel,
    skip: BTreeSet<usize>,
    done: Isolated,
    good_until: usize,
    /// COPYs that failed on the rows from `since` on.
    failed: usize,
    /// Bad rows that these have found.
    found: usize,
    since: usize,
    /// Rows are inserted one by one.
    each: bool,
    /// May they be?
    allowed: Option<bool>,
}

impl Work<'_> {
    /// Rows of the range that are still to be sent.
    fn left(&self, range: &Range<usize>) -> usize {
        range.len() - self.skip.range(range.clone()).count()
    }

    /// Has the server seen this range whole, without a word against it?
    fn clean_start(&self, range: &Range<usize>) -> bool {
        range.end == self.good_until
    }

    /// Are there so many bad rows that the next ones, from `start` on, are better inserted one by one?
    async fn is_worth_each(&mut self, start: usize) -> Result<bool> {
        let crowded = self.failed >= ENOUGH && self.failed * WORTH > start.saturating_sub(self.since);
        if !self.each && !crowded {
            return Ok(false);
        }
        let allowed = match (self.allowed, self.rows.table()) {
            (Some(allowed), _) => allowed,
            (None, None) => false,
            (None, Some(table)) => each::allowed(self.connection, table).await?,
        };
        (self.allowed, self.each) = (Some(allowed), allowed);
        Ok(allowed)
    }

    /// Has the server insert the rows of a range one by one.
    async fn insert_each(&mut self, range: Range<usize>) -> Result<()> {
        self.cancel.check()?;
        let Some(table) = self.rows.table() else { return Ok(()) };
        let sent = self.left(&range);
        let done = each::insert(self.connection, self.rows, table, range.clone(), &self.skip, self.cancel).await?;
        let bad = done.refused.len();
        self.done.rows += sent.saturating_sub(bad + done.unsettled.len()) as u64;
        self.skip.extend(done.refused.keys());
        self.done.refused.extend(done.refused);
        for row in done.unsettled {
            self.attempt(row..row + 1).await?;
        }
        // Would COPY take half the time at most? Where the server names no line, it is begun over often for each bad row.
        let each_takes = self.failed / self.found.max(1) + 1;
        if bad * each_takes * WORTH * 2 < range.len() {
            (self.each, self.failed, self.found, self.since) = (false, 0, 0, range.end);
        }
        Ok(())
    }

    async fn attempt(&mut self, range: Range<usize>) -> Result<Attempt> {
        self.connection.batch_execute(SAVEPOINT).await?;
        match self.rows.copy(self.connection, range.clone(), &self.skip, self.cancel).await? {
            Copied::Done { rows, unwritable } => {
                self.connection.batch_execute(RELEASE).await?;
                self.note(unwritable);
                self.done.rows += rows;
                Ok(Attempt::In)
            }
            Copied::Refused { line, why, unwritable } => {
                self.connection.batch_execute(UNDO).await?;
                self.note(unwritable);
                self.failed += 1;
                let only = (self.left(&range) == 1).then_some(1);
                let Some(line) = line.or(only) else { return Ok(Attempt::Somewhere) };
                let line = usize::try_from(line).ok().filter(|line| *line > 0);
                let row = line.and_then(|line| range.clone().filter(|row| !self.skip.contains(row)).nth(line - 1));
                let row = row.ok_or_else(|| Error::unexpected("the server refused a line that was not sent"))?;
                self.skip.insert(row);
                self.done.refused.insert(row, why);
                self.found += 1;
                Ok(Attempt::Row(row))
            }
        }
    }

    fn note(&mut self, unwritable: Vec<(usize, super::encode::Unwritable)>) {
        for (row, error) in unwritable {
            self.skip.insert(row);
            self.done.refused.insert(row, error.into());
        }
    }
}
