//! Owns the reader of rows: connectorx's binary parser, over a connection of our own. The only place that names it.
//! Must not know: tables, snapshots, or what the columns mean.
//!
//! connectorx's own front reads through a pool of threads into an unbounded channel, panics on errors and bends values
//! on their way into Arrow. Here a thread asks its parser for row after row, as the plain forms that values have on the
//! wire: memory stays bounded, errors are errors, and nothing is bent.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Once;
use std::time::Duration;

use connectorx::prelude::{PartitionParser, Produce};
use connectorx::sources::postgres::{
    PostgresBinarySourcePartitionParser as Parser, PostgresSourceError, PostgresTypeSystem,
};
use postgres::Client;
use postgres::binary_copy::{BinaryCopyOutIter, BinaryCopyOutRow};
use postgres::fallible_iterator::FallibleIterator;
use postgres::types::{FromSql, Type};
use postgres_openssl::MakeTlsConnector;
use uuid::Uuid;

use super::sql;
use crate::error::{Error, Kind, Result};
use crate::server::from_postgres;
use crate::server::sql::fill;

/// Between attempts to log in where the server has no place just now.
const PAUSES: [Duration; 3] = [Duration::from_millis(250), Duration::from_secs(1), Duration::from_secs(3)];

/// How a reader logs in, and what it says first (one statement each).
pub(super) struct Access {
    pub config: postgres::Config,
    pub tls: MakeTlsConnector,
    pub before: Vec<String>,
}

/// Why a read ended early.
pub(super) enum Stop {
    /// A text that is none: reading texts as bytes shows which.
    Text,
    Failed(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// A reader's session. Blocks, and must not be used on a thread that runs asynchronous tasks.
pub(super) struct Session(Client);

impl Session {
    /// Logs in and joins the moment that is read.
    ///
    /// # Errors
    /// What the server says; [`Kind::Retryable`] when it lets nobody more in.
    pub(super) fn open(access: &Access) -> Result<Self> {
        let mut pauses = PAUSES.iter();
        let mut client = loop {
            match access.config.connect(access.tls.clone()).map_err(|error| from_postgres(&error)) {
                Ok(client) => break client,
                Err(error) => match pauses.next() {
                    Some(pause) if error.kind() == Kind::Retryable => std::thread::sleep(*pause),
                    _ => return Err(error),
                },
            }
        };
        for statement in &access.before {
            client.batch_execute(statement).map_err(|error| from_postgres(&error))?;
        }
        Ok(Self(client))
    }

    /// Reads a query whose columns have these types on the wire, and gives each row's cells to `take`, which takes all
    /// of them. With `one_by_one` no row is read ahead of the one at hand, for rows with long values.
    ///
    /// # Errors
    /// What the server, or `take`, says.
    pub(super) fn read(
        &mut self,
        query: &str,
        types: &[Type],
        one_by_one: bool,
        mut take: impl FnMut(&mut Cells<'_>) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        let stream = self.0.copy_out(&fill(sql::COPY, &[("query", query)])).map_err(|error| driver(&error))?;
        let mut rows = BinaryCopyOutIter::new(stream, types);
        if one_by_one {
            while let Some(row) = rows.next().map_err(|error| driver(&error))? {
                take(&mut Cells::One { row, at: 0 })?;
            }
            return Ok(());
        }
        // Of its types the parser only wants to know how many there are.
        let mut cells = Cells::Ahead(Parser::new(rows, &vec![PostgresTypeSystem::ByteA(true); types.len()]));
        loop {
            let (fetched, last) = match &mut cells {
                Cells::Ahead(parser) => parser.fetch_next().map_err(|error| source(&error))?,
                Cells::One { .. } => (0, true),
            };
            for _ in 0..fetched {
                take(&mut cells)?;
            }
            if last {
                return Ok(());
            }
        }
    }
}

/// The cells of a row, from left to right.
pub(super) enum Cells<'a> {
    /// connectorx's parser, which holds the next 32 rows.
    Ahead(Parser<'a>),
    One {
        row: BinaryCopyOutRow,
        at: usize,
    },
}

impl Cells<'_> {
    /// The next cell, as the bytes it has on the wire.
    pub(super) fn bytes(&mut self) -> Result<Option<Vec<u8>>, Stop> {
        match self {
            Self::Ahead(parser) => parser.produce().map_err(|error| source(&error)),
            Self::One { row, at } => next(row, at),
        }
    }

    /// Shows the next cell, a text.
    pub(super) fn text<T>(&mut self, see: impl FnOnce(Option<&str>) -> T) -> Result<T, Stop> {
        match self {
            Self::Ahead(parser) => {
                let text: Result<Option<&str>, _> = parser.produce();
                text.map(see).map_err(|error| source(&error))
            }
            Self::One { row, at } => next(row, at).map(see),
        }
    }
}

fn next<'r, T: FromSql<'r>>(row: &'r BinaryCopyOutRow, at: &mut usize) -> Result<Option<T>, Stop> {
    let place = *at;
    *at += 1;
    row.try_get(place).map_err(|error| driver(&error))
}

/// A value of one size, as it is on the wire.
pub(super) trait Wire: Sized {
    /// The next cell of a row.
    fn next(cells: &mut Cells<'_>) -> Result<Option<Self>, Stop>;
    /// A value's binary form; None when it has another one.
    fn read(bytes: &[u8]) -> Option<Self>;
}

macro_rules! wire {
    ($($rust:ty => $postgres:ident),+) => {$(
        impl Wire for $rust {
            fn next(cells: &mut Cells<'_>) -> Result<Option<Self>, Stop> {
                match cells {
                    Cells::Ahead(parser) => parser.produce().map_err(|error| source(&error)),
                    Cells::One { row, at } => next(row, at),
                }
            }

            fn read(bytes: &[u8]) -> Option<Self> {
                Self::from_sql(&Type::$postgres, bytes).ok()
            }
        }
    )+};
}

wire!(bool => BOOL, i8 => CHAR, i16 => INT2, i32 => INT4, i64 => INT8, u32 => OID, f32 => FLOAT4, f64 => FLOAT8, Uuid => UUID);

fn driver(error: &postgres::Error) -> Stop {
    // The driver's kinds are private: their names are all there is.
    if error.as_db_error().is_none() && error.to_string().starts_with("error deserializing") {
        return Stop::Text;
    }
    Stop::Failed(from_postgres(error))
}

fn source(error: &PostgresSourceError) -> Stop {
    match error {
        PostgresSourceError::PostgresError(error) => driver(error),
        _ => Stop::Failed(Error::unexpected("the reader met what it does not know")),
    }
}

thread_local! {
    static QUIET: Cell<bool> = const { Cell::new(false) };
}

/// Runs what may panic at a value, without the panic's message: it can hold the value.
pub(super) fn quietly<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
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
    result.unwrap_or_else(|_| Err(Error::unexpected("a reader broke down")))
}
