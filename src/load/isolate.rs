//! Owns how bad rows are taken out of a COPY, one by one, while the rest goes on.
//! Must not know: ledgers, mappings, or where refused rows go.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::copy::{Copied, Rows, Why};
use crate::cancel::Cancel;
use crate::error::{Error, Result};
use crate::server::Connection;

const SAVEPOINT: &str = include_str!("../../sql/control/load/savepoint.sql");
const RELEASE: &str = include_str!("../../sql/control/load/release.sql");
const UNDO: &str = include_str!("../../sql/control/load/undo.sql");

/// Rows sent again for each bad one: measured best at few bad rows, and at more than one in a thousand.
const PIECE: usize = 2_000;
const SMALL_PIECE: usize = 250;

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
    let mut work = Work { connection, rows, cancel, skip: skip.clone(), done: Isolated::default(), good_until: 0 };
    let mut waiting: Vec<Range<usize>> = std::iter::once(0..rows.len()).collect();
    while let Some(range) = waiting.pop() {
        if work.left(&range) == 0 {
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
                let only = (self.left(&range) == 1).then_some(1);
                let Some(line) = line.or(only) else { return Ok(Attempt::Somewhere) };
                let line = usize::try_from(line).ok().filter(|line| *line > 0);
                let row = line.and_then(|line| range.clone().filter(|row| !self.skip.contains(row)).nth(line - 1));
                let row = row.ok_or_else(|| Error::unexpected("the server refused a line that was not sent"))?;
                self.skip.insert(row);
                self.done.refused.insert(row, why);
                Ok(Attempt::Row(row))
            }
        }
    }

    fn note(&mut self, unwritable: Vec<(usize, super::encode::Unwritable)>) {
        for (row, error) in unwritable {
            self.skip.insert(row);
            let why = Why { sqlstate: error.sqlstate.to_owned(), constraint: None, column: Some(error.column) };
            self.done.refused.insert(row, why);
        }
    }
}
