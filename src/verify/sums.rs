//! Owns the comparison of many rows by one sum: the server adds up hashes of its rows and we of those that are expected, and no row
//! is sent. Must not know: which rows there should be, or what is done where the sums differ.

use arrow::array::{Array, RecordBatch};
use uuid::Uuid;

use super::actual::{DAYS_TO_2000, MICROS_TO_2000};
use super::canon::Canon;
use super::expected;
use super::hashed::Record;
use crate::cancel::{Cancel, interrupted};
use crate::error::{Error, Result};
use crate::server::Connection;
use crate::server::sql::{fill, quote_ident};

const ABLE: &str = include_str!("../../sql/control/verify/hashes.sql");
const KNOWN: &str = include_str!("../../sql/control/verify/hash.sql");
const SUM: &str = include_str!("../../sql/control/verify/sum.sql");

/// The sum of the hashes of some rows, in any order. Two are equal if they are of the same rows, each as often; of those that are
/// not, one in 2^64 is by chance.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Total {
    pub rows: u64,
    hashes: i128,
}

impl Total {
    pub fn add(&mut self, row: Record) {
        self.rows += 1;
        self.hashes += i128::from(row.hash());
    }

    pub fn with(self, other: Self) -> Self {
        Self { rows: self.rows + other.rows, hashes: self.hashes + other.hashes }
    }
}

/// Hashes that the server and we compute alike, under a seed that nobody knew when the rows were written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hashes {
    pub seed: u64,
}

impl Hashes {
    /// None where this server hashes otherwise: then rows are read.
    pub async fn of(connection: &Connection) -> Result<Option<Self>> {
        if !connection.query_one(ABLE, &[]).await?.try_get::<_, bool>("able")? {
            return Ok(None);
        }
        let (_, seed) = Uuid::new_v4().as_u64_pair();
        let theirs: i64 = connection.query_one(KNOWN, &[&seed.cast_signed()]).await?.try_get("hash")?;
        let known: [Option<&[u8]>; 4] =
            [Some(b"known"), Some(&[0, 255]), Some(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]), None];
        let ours = known.into_iter().fold(Record::default(), |record, value| record.and(value, seed));
        Ok((ours.hash() == theirs).then_some(Self { seed }))
    }

    /// The sum over the rows of the server that `rows` names; None where it refuses to compute one.
    ///
    /// # Errors
    /// A lost connection; [`crate::error::Kind::Interrupted`].
    pub async fn ask(
        self,
        connection: &Connection,
        columns: &[String],
        rows: &str,
        cancel: &Cancel,
    ) -> Result<Option<Total>> {
        let seed = self.seed.cast_signed().to_string();
        let statement =
            fill(SUM, &[("columns", &columns.join(", ")), ("seed", &format!("({seed})::bigint")), ("rows", rows)]);
        let asked = tokio::select! {
            () = cancel.cancelled() => {
                connection.cancel().await?;
                return Err(interrupted());
            }
            asked = connection.query_one(&statement, &[]) => asked,
        };
        let row = match asked {
            Ok(row) => row,
            Err(refused) if refused.as_db_error().is_some() => return Ok(None),
            Err(lost) => return Err(lost.into()),
        };
        let rows = u64::try_from(row.try_get::<_, i64>("rows")?).unwrap_or(0);
        let total: &str = row.try_get("total")?;
        let hashes = total.parse().map_err(|_| Error::unexpected("a sum that is no whole number"))?;
        Ok(Some(Total { rows, hashes }))
    }

    /// The sum over the rows of a batch, by the UUID in the column `id`, where there is one, and the other columns; None where some
    /// value has no such bytes.
    pub fn total(self, batch: &RecordBatch, id: Option<&str>, columns: &[(String, Canon)]) -> Result<Option<Total>> {
        let mut rows = vec![Record::default(); batch.num_rows()];
        let id = id.map(|name| (name, &Canon::Uuid));
        for (name, canon) in id.into_iter().chain(columns.iter().map(|(name, canon)| (name.as_str(), canon))) {
            let lacks = || Error::unexpected(format!("an outcome file lacks the column {name}"));
            let array = batch.column_by_name(name).ok_or_else(lacks)?;
            let nulls = array.logical_nulls();
            let (write, mut bytes) = (expected::plain_writer(array, canon)?, Vec::new());
            for (at, row) in rows.iter_mut().enumerate() {
                bytes.clear();
                if nulls.as_ref().is_some_and(|nulls| nulls.is_null(at)) {
                    *row = row.and(None, self.seed);
                } else if write(at, &mut bytes).and_then(|()| sent(canon, &mut bytes)).is_some() {
                    *row = row.and(Some(&bytes), self.seed);
                } else {
                    return Ok(None);
                }
            }
        }
        let mut total = Total::default();
        for row in rows {
            total.add(row);
        }
        Ok(Some(total))
    }
}

/// What is selected of a column to be hashed: something of which we can make the bytes too. None where there is no such thing.
pub(super) fn selected(canon: &Canon, column: &str) -> Option<String> {
    let name = quote_ident(column);
    let text = |value: String| format!("{value}::text collate \"C\"");
    Some(match canon {
        Canon::Bool => format!("pg_catalog.boolsend({name})"),
        Canon::Int | Canon::Oid => format!("pg_catalog.int8send({name}::int8)"),
        Canon::Float => format!("pg_catalog.float8send({name}::float8)"),
        Canon::Date => format!("pg_catalog.date_send({name}::date)"),
        // The session's zone is UTC: without a zone, the instant is the same number.
        Canon::Timestamp => format!("pg_catalog.timestamptz_send({name}::timestamptz)"),
        Canon::Time => format!("pg_catalog.time_send({name}::time)"),
        Canon::Money { .. } => format!("pg_catalog.cash_send({name}::money)"),
        Canon::Uuid => format!("{name}::uuid"),
        Canon::Bytes => format!("{name}::bytea"),
        Canon::Numeric { trim: true } => text(format!("pg_catalog.trim_scale({name}::numeric)")),
        Canon::Numeric { trim: false } | Canon::Text { .. } | Canon::Jsonb | Canon::Server { .. } => text(name),
        Canon::Byte | Canon::Array(_) => return None,
    })
}

/// Makes of a value's canonical bytes those that [`selected`] gives. None for a value that the column cannot hold.
fn sent(canon: &Canon, bytes: &mut Vec<u8>) -> Option<()> {
    fn put<const N: usize>(bytes: &mut Vec<u8>, sent: [u8; N]) {
        bytes.clear();
        bytes.extend_from_slice(&sent);
    }
    match canon {
        Canon::Int | Canon::Oid | Canon::Money { .. } => {
            let number = i64::try_from(i128::from_le_bytes(bytes[..].try_into().ok()?)).ok()?;
            put(bytes, number.to_be_bytes());
        }
        Canon::Float | Canon::Time => bytes.reverse(),
        Canon::Date => {
            let days = match i32::from_le_bytes(bytes[..].try_into().ok()?) {
                infinite @ (i32::MIN | i32::MAX) => infinite,
                days => days.checked_sub(DAYS_TO_2000)?,
            };
            put(bytes, days.to_be_bytes());
        }
        Canon::Timestamp => {
            let micros = match i64::from_le_bytes(bytes[..].try_into().ok()?) {
                infinite @ (i64::MIN | i64::MAX) => infinite,
                micros => micros.checked_sub(MICROS_TO_2000)?,
            };
            put(bytes, micros.to_be_bytes());
        }
        Canon::Byte | Canon::Array(_) => return None,
        Canon::Bool
        | Canon::Text { .. }
        | Canon::Uuid
        | Canon::Numeric { .. }
        | Canon::Bytes
        | Canon::Jsonb
        | Canon::Server { .. } => {}
    }
    Some(())
}
