//! Owns one COPY: rows are encoded on a thread of their own while earlier ones travel.
//! Must not know: transactions, ledgers, or what to do about a row that is refused.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use arrow::array::RecordBatch;
use bytes::Bytes;
use futures::SinkExt;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tracing::Instrument;

use super::encode::{self, Encoder, Form, Mismatch, Unwritable};
use super::reason::Why;
use crate::cancel::Cancel;
use crate::error::{At, Error, Kind, Result};
use crate::server::Connection;
use crate::server::sql::{fill, quote_ident, quote_table};
use crate::target::Table;
use crate::timed;

/// Large enough for few messages, small enough that four of them a connection are nothing.
const BUFFER: usize = 1 << 20;
const BUFFERS_WAITING: usize = 3;
/// What stands for the SQLSTATE of a row that a trigger or rule of the table dropped without a word (PostgreSQL's no_data).
pub(super) const DROPPED: &str = "02000";

/// How the server begins the line that says where in a stream it was.
const CONTEXT: &str = "COPY";

/// Rows of one schema on their way to one table.
#[derive(Clone)]
pub(super) struct Rows {
    encoder: Arc<Encoder>,
    batches: Arc<Vec<RecordBatch>>,
    statement: String,
    total: usize,
    /// Where they go, unless that is a table of the session's own.
    table: Option<Arc<Table>>,
}

/// What became of a COPY.
#[derive(Debug)]
pub(super) enum Copied {
    /// All rows but those that cannot be written are in.
    Done { rows: u64, unwritable: Vec<(usize, Unwritable)> },
    /// The server refused a row, and with it the COPY.
    Refused { line: Option<u64>, why: Why, unwritable: Vec<(usize, Unwritable)> },
}

impl Rows {
    /// # Errors
    /// [`Kind::Drift`] when the schema does not fit the table (it did when the run began).
    pub fn new(batches: Vec<RecordBatch>, table: &Table) -> Result<Self> {
        let schema = batches.first().map_or_else(|| Arc::new(arrow::datatypes::Schema::empty()), RecordBatch::schema);
        let encoder = Encoder::new(&schema, table).map_err(|wrong| drift(&wrong, table))?;
        let template = match encoder.form() {
            Form::Binary => include_str!("../../sql/control/load/copy_binary.sql"),
            Form::Text => include_str!("../../sql/control/load/copy_text.sql"),
        };
        let columns = encoder.columns().map(quote_ident).collect::<Vec<_>>().join(", ");
        let statement = fill(template, &[("table", &quote_table(&table.schema, &table.name)), ("columns", &columns)]);
        let rows = batches.iter().map(RecordBatch::num_rows).sum();
        let table = Some(Arc::new(table.clone()));
        Ok(Self { encoder: Arc::new(encoder), batches: Arc::new(batches), statement, total: rows, table })
    }

    /// The same rows for another table of the same columns.
    pub fn for_table(mut self, quoted: &str) -> Self {
        let columns = self.encoder.columns().map(quote_ident).collect::<Vec<_>>().join(", ");
        let template = match self.encoder.form() {
            Form::Binary => include_str!("../../sql/control/load/copy_binary.sql"),
            Form::Text => include_str!("../../sql/control/load/copy_text.sql"),
        };
        self.statement = fill(template, &[("table", quoted), ("columns", &columns)]);
        self.table = None;
        self
    }

    /// The table they go to, unless it is one of the session's own.
    pub fn table(&self) -> Option<&Table> {
        self.table.as_deref()
    }

    pub fn batches(&self) -> &[RecordBatch] {
        &self.batches
    }

    pub fn form(&self) -> Form {
        self.encoder.form()
    }

    pub fn len(&self) -> usize {
        self.total
    }

    /// The columns that are sent.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.encoder.columns()
    }

    /// Sends the rows of `range` that are not in `skip`.
    ///
    /// # Errors
    /// Whatever is no fault of a row: a lost connection, a missing privilege, a stop on request.
    pub async fn copy(
        &self,
        connection: &Connection,
        range: Range<usize>,
        skip: &BTreeSet<usize>,
        cancel: &Cancel,
    ) -> Result<Copied> {
        let (sender, mut receiver) = mpsc::channel::<Bytes>(BUFFERS_WAITING);
        let rows = self.clone();
        let skipped: BTreeSet<usize> = skip.range(range.clone()).copied().collect();
        let into = self.table.as_ref().map(|table| table.full_name()).unwrap_or_default();
        let span = timed!("load.encode", into, rows = range.len());
        let encoding = tokio::task::spawn_blocking(move || span.in_scope(|| rows.encode(range, &skipped, &sender)));
        let (waiting, sending) = (timed!("load.wait_for_encoder", into), timed!("load.send", into));

        // The server may wait for locks or work on triggers; beyond this it is taken for stuck.
        let patience = connection.stall_timeout();
        let sink = connection.copy_in::<_, Bytes>(self.statement.as_str()).await?;
        tokio::pin!(sink);
        while let Some(buffer) = receiver.recv().instrument(waiting.clone()).await {
            cancel.check()?;
            sending.record("bytes", buffer.len() as u64);
            timeout(patience, sink.send(buffer))
                .instrument(sending.clone())
                .await
                .map_err(|_| stalled(connection))??;
        }
        let (sent, unwritable) = encoding.await.map_err(|_| Error::unexpected("encoding was abandoned"))??;
        drop((waiting, sending));
        let finishing = timed!("load.wait_for_server", into);
        match timeout(patience, sink.as_mut().finish()).instrument(finishing).await.map_err(|_| stalled(connection))? {
            Ok(rows) if rows == sent => Ok(Copied::Done { rows, unwritable }),
            // A trigger or a rule of the table has dropped some: which, the server does not say.
            Ok(_) => Ok(Copied::Refused { line: None, why: Why::state(DROPPED), unwritable }),
            Err(error) => {
                let (line, why) = refusal(error, self.table())?;
                Ok(Copied::Refused { line, why, unwritable })
            }
        }
    }

    /// Runs on a blocking thread. Gives the number of rows sent and those that cannot be written.
    fn encode(
        &self,
        range: Range<usize>,
        skip: &BTreeSet<usize>,
        sender: &mpsc::Sender<Bytes>,
    ) -> Result<(u64, Vec<(usize, Unwritable)>)> {
        let form = self.encoder.form();
        let mut unwritable = Vec::new();
        let mut sent = 0;
        let mut buffer = Vec::with_capacity(BUFFER + BUFFER / 8);
        buffer.extend_from_slice(encode::header(form));
        let mut start = 0;
        for batch in self.batches.iter() {
            let end = start + batch.num_rows();
            let wanted = range.start.max(start)..range.end.min(end);
            if !wanted.is_empty() {
                let mut bound = self.encoder.bind(batch)?;
                for row in wanted {
                    if !skip.is_empty() && skip.contains(&row) {
                        continue;
                    }
                    match bound.write(row - start, &mut buffer) {
                        Ok(()) => sent += 1,
                        Err(error) => unwritable.push((row, error)),
                    }
                    if buffer.len() >= BUFFER {
                        let full = std::mem::replace(&mut buffer, Vec::with_capacity(BUFFER + BUFFER / 8));
                        if sender.blocking_send(full.into()).is_err() {
                            // The receiver has given up, and says why.
                            return Ok((sent, unwritable));
                        }
                    }
                }
            }
            start = end;
        }
        buffer.extend_from_slice(encode::trailer(form));
        if !buffer.is_empty() {
            // As above.
            let _ = sender.blocking_send(buffer.into());
        }
        Ok((sent, unwritable))
    }
}

/// The connection is cut, and its session ended, so that what comes next does not wait for it.
fn stalled(connection: &Connection) -> Error {
    connection.give_up();
    let seconds = connection.stall_timeout().as_secs();
    Error::new(Kind::Retryable, format!("the server has not taken a row for {seconds} s")).hint(
        "look for locks on the target's tables, slow triggers, and the server's disk; --stall-timeout allows more",
    )
}

pub(super) fn drift(wrong: &[Mismatch], table: &Table) -> Error {
    let all: Vec<_> = wrong.iter().map(|mismatch| format!("{} {}", mismatch.column, mismatch.what)).collect();
    Error::new(Kind::Drift, all.join("; ")).at(At::Table, table.full_name())
}

/// Is it a row that was refused? Then on which line and why; else it stays an error.
fn refusal(error: tokio_postgres::Error, table: Option<&Table>) -> Result<(Option<u64>, Why)> {
    let Some(said) = error.as_db_error() else { return Err(error.into()) };
    let context = said.where_().unwrap_or_default();
    let column = column_of(context);
    // A numeric that the server does not have (infinity, before version 14) is no fault of the encoder.
    let unknown = said.code().code() == "22P03" && column.is_some() && said.routine() == Some("numeric_recv");
    if !unknown && !of_a_row(said.code().code(), column.is_some(), after_line(context).is_some()) {
        return Err(error.into());
    }
    let mut why = Why::of(said, table);
    why.column = why.column.or(column);
    Ok((line_of(context), why))
}

/// Is this SQLSTATE the fault of a row? Was it met at a column of one, at one at all?
pub(super) fn of_a_row(code: &str, at_column: bool, at_row: bool) -> bool {
    match code.get(..2).unwrap_or_default() {
        // These say that the stream is wrong: a fault of the encoder.
        "22" => !["22P03", "22P04"].contains(&code),
        "23" => true,
        _ if code == "P0001" || code == "54000" => true,
        // The value names what the target does not have: a table, a function, a role (regclass, aclitem …).
        "42" | "3F" | "0A" => at_column,
        // What a trigger raises with a SQLSTATE of its own: those of the standard and of PostgreSQL begin otherwise.
        class => {
            class.starts_with(|sign: char| matches!(sign, '5'..='9' | 'I'..='Z'))
                && !["53", "54", "55", "57", "58", "P0", "XX"].contains(&class)
                && at_row
        }
    }
}

/// The number in `COPY table, line 3, column x`. What follows in the text form may hold values: it is not kept.
fn line_of(context: &str) -> Option<u64> {
    after_line(context)?.split(|sign: char| !sign.is_ascii_digit()).next()?.parse().ok()
}

/// Functions of triggers have lines of their own in the context: only the one of the COPY itself counts.
fn after_line(context: &str) -> Option<&str> {
    context
        .lines()
        .find(|line| line.starts_with(CONTEXT))
        .and_then(|line| line.split_once(", line "))
        .map(|(_, rest)| rest)
}

fn column_of(context: &str) -> Option<String> {
    let (_, rest) = after_line(context)?.split_once(", column ")?;
    Some(rest.split(':').next()?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::{after_line, column_of, line_of};

    fn of_a_row(code: &str, context: &str) -> bool {
        super::of_a_row(code, column_of(context).is_some(), after_line(context).is_some())
    }

    #[test]
    fn faults_of_rows_are_told_from_others() {
        let (line, column) =
            ("PL/pgSQL function f() line 3 at RAISE\nCOPY t, line 3", "COPY t, line 3, column v: \"x\"");
        for (code, context) in
            [("22P02", ""), ("23505", ""), ("P0001", line), ("Z0001", line), ("42P01", column), ("3F000", column)]
        {
            assert!(of_a_row(code, context), "{code}");
        }
        for (code, context) in [
            ("22P03", column),
            ("42P01", line),
            ("57014", line),
            ("53100", column),
            ("XX000", column),
            ("55P03", line),
            ("40P01", line),
            ("Z0001", ""),
        ] {
            assert!(!of_a_row(code, context), "{code}");
        }
    }

    #[test]
    fn lines_are_read_from_any_context() {
        assert_eq!(line_of("COPY t, line 12"), Some(12));
        assert_eq!(
            line_of("PL/pgSQL function f() line 3 at RAISE\nCOPY orders, line 7, column n: \"line 9\""),
            Some(7)
        );
        assert_eq!(line_of("SQL statement"), None);
        assert_eq!(column_of("COPY t, line 1, column state: \"secret\"").as_deref(), Some("state"));
    }
}
