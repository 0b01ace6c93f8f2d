//! Owns the reader of rows: connectorx, driven one level below its own front. The only place that names it.
//! Must not know: tables, snapshots, or what the columns mean.
//!
//! Its front reads through a pool of threads into an unbounded channel and panics on errors. Here one thread asks for
//! a few thousand rows, hands them on, and asks again: memory stays bounded, and errors are errors.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;

use arrow::array::ArrayRef;
use connectorx::prelude::{
    ArrowStreamDestination, CXQuery, DestinationPartition, Dispatcher, PartitionParser, PostgresArrowStreamTransport,
    PostgresArrowStreamTransportError, PostgresSource, Source, SourcePartition, Transport,
};
use connectorx::sources::postgres::{BinaryProtocol, PostgresSourceError};
use postgres_openssl::MakeTlsConnector;

use super::bridge;
use crate::error::{Error, Kind, Result};
use crate::server::from_postgres;

type Reader = PostgresSource<BinaryProtocol, MakeTlsConnector>;
type Path = PostgresArrowStreamTransport<BinaryProtocol, MakeTlsConnector>;

/// How a reader logs in, and what it says first (one statement each).
pub(super) struct Access {
    pub config: postgres::Config,
    pub tls: MakeTlsConnector,
    pub before: Vec<String>,
}

/// Why a read ended early.
pub(super) enum Stop {
    /// The reader met a value that it cannot take; another projection may carry it.
    Value,
    Failed(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// Reads a query over a connection of its own, handing on its columns, at most `rows` rows at a time.
/// Blocks, and must not be called on a thread that runs asynchronous tasks.
///
/// # Errors
/// [`Stop::Value`] for a value that connectorx refuses or panics at; else what the server, or `take`, says.
pub(super) fn read(
    access: &Access,
    query: &str,
    rows: usize,
    mut take: impl FnMut(&[ArrayRef]) -> Result<(), Stop>,
) -> Result<(), Stop> {
    quietly(|| stream(access, query, rows, &mut take)).unwrap_or(Err(Stop::Value))
}

fn stream(
    access: &Access,
    query: &str,
    rows: usize,
    take: &mut impl FnMut(&[ArrayRef]) -> Result<(), Stop>,
) -> Result<(), Stop> {
    let reader = Reader::new(access.config.clone(), access.tls.clone(), 1).map_err(|error| source(&error))?;
    let mut reader = reader;
    reader.set_pre_execution_queries(Some(&access.before));
    let mut batches = ArrowStreamDestination::new_with_batch_size(rows);
    let dispatcher = Dispatcher::<_, _, Path>::new(reader, &mut batches, &[CXQuery::naked(query)], None);
    let (_, mut readers, mut writers, from, to) = dispatcher.prepare().map_err(|error| transport(&error))?;
    let (Some(mut reader), Some(mut writer)) = (readers.pop(), writers.pop()) else {
        return Err(Error::unexpected("the reader made no partition").into());
    };
    let movers = from.into_iter().zip(to).map(|(from, to)| Path::processor(from, to)).collect::<Result<Vec<_>, _>>();
    let movers = movers.map_err(|_| Error::unexpected("the reader does not know a type it was asked for"))?;
    let mut parser = reader.parser().map_err(|error| source(&error))?;
    let mut pending = 0;
    loop {
        let (fetched, last) = parser.fetch_next().map_err(|error| source(&error))?;
        for _ in 0..fetched {
            for mover in &movers {
                mover(&mut parser, &mut writer).map_err(|error| transport(&error))?;
            }
            pending += 1;
            if pending == rows {
                // The writer sends a batch on with exactly this row: receiving it does not wait.
                pending = 0;
                hand_on(&mut batches, take)?;
            }
        }
        if last {
            break;
        }
    }
    writer.finalize().map_err(|_| Error::unexpected("the reader's last rows were lost"))?;
    if pending > 0 { hand_on(&mut batches, take) } else { Ok(()) }
}

fn hand_on(
    batches: &mut ArrowStreamDestination,
    take: &mut impl FnMut(&[ArrayRef]) -> Result<(), Stop>,
) -> Result<(), Stop> {
    match batches.record_batch() {
        Ok(Some(batch)) => take(&bridge::cross(&batch)?),
        _ => Err(Error::unexpected("the reader's rows were lost").into()),
    }
}

fn transport(error: &PostgresArrowStreamTransportError) -> Stop {
    match error {
        PostgresArrowStreamTransportError::Source(error) => source(error),
        // The destination and the conversions complain about single values.
        _ => Stop::Value,
    }
}

fn source(error: &PostgresSourceError) -> Stop {
    match error {
        PostgresSourceError::PostgresError(error) => {
            // The driver's kinds are private: their names are all there is.
            if error.as_db_error().is_none() && error.to_string().starts_with("error deserializing") {
                return Stop::Value;
            }
            Stop::Failed(from_postgres(error))
        }
        PostgresSourceError::PostgresPoolError(_) => Stop::Failed(
            Error::new(Kind::Retryable, "the server let no further connection in within half a minute")
                .hint("lower --jobs, or try again later"),
        ),
        PostgresSourceError::IOError(_) => {
            Stop::Failed(Error::new(Kind::Retryable, "the connection to the server was lost"))
        }
        _ => Stop::Value,
    }
}

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Runs what may panic at a value, without the panic's message: it can hold the value.
fn quietly<T>(work: impl FnOnce() -> T) -> std::thread::Result<T> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let previous = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !QUIET.get() {
                previous(info);
            }
        }));
    });
    QUIET.set(true);
    let result = catch_unwind(AssertUnwindSafe(work));
    QUIET.set(false);
    result
}
