//! Owns the moment that a snapshot is of: which tables there are, that nobody changes their shape, and the exported
//! database snapshot that every reader joins. Must not know: how rows are read.

use std::time::Duration;

use tokio_postgres::Row;
use tokio_postgres::error::SqlState;

use super::catalog::{self, Listed};
use super::select::{self, Asked};
use super::{Options, sql};
use crate::error::{At, Error, Kind, Result};
use crate::server::sql::fill;
use crate::server::{Address, Connection};
use crate::snapshot::Origin;

/// How often the list of tables may change between looking and locking.
const ATTEMPTS: usize = 3;

/// What the coordinating session holds while it lives: locks, an exported snapshot, and what they are of.
pub(super) struct Moment {
    pub exported: String,
    pub origin: Origin,
    pub tables: Vec<Listed>,
    /// How many of money's digits stand after the point.
    pub money_digits: u8,
    /// The server does not know what its bytes mean: texts are read as bytes.
    pub raw_text: bool,
}

/// Chooses the tables, locks them, and only then takes the snapshot that everybody reads.
///
/// # Errors
/// [`Kind::Retryable`] when a lock is not had in time, naming the tables; else what choosing meets and the server says.
pub(super) async fn hold(server: &Connection, options: &Options, address: &Address) -> Result<Moment> {
    let Options { schemas, tables, named, exclude, .. } = options;
    let asked = &Asked { schemas, tables, named, exclude };
    // For a role that may not ask, the cluster has no identity.
    let identity = server.query_one(sql::IDENTITY, &[]).await.ok();
    for _ in 0..ATTEMPTS {
        let chosen = select::select(&catalog::list(server).await?, asked)?;
        server.batch_execute(sql::BEGIN).await?;
        if !lock(server, &chosen, options).await? {
            server.batch_execute(sql::ROLLBACK).await?;
            continue;
        }
        let row = server.query_one(sql::EXPORT, &[]).await?;
        for table in chosen.iter().filter(|table| !table.sort.is_lockable()) {
            server.query(&fill(sql::TOUCH, &[("table", &table.relation()?)]), &[]).await?;
        }
        // As the readers: names of types must not depend on whose search path it is.
        server.query_one(&settings(options), &[]).await?;
        let again = select::select(&catalog::list(server).await?, asked)?;
        let same = again.iter().map(|table| table.oid).eq(chosen.iter().map(|table| table.oid));
        if same && !again.iter().any(|table| table.rewritten) {
            let encoding: String = row.try_get("encoding")?;
            let digits: i32 = row.try_get("money_digits")?;
            return Ok(Moment {
                exported: row.try_get("snapshot")?,
                tables: again,
                money_digits: u8::try_from(digits).unwrap_or_default(),
                raw_text: encoding == "SQL_ASCII",
                origin: origin(&row, identity.as_ref(), address)?,
            });
        }
        server.batch_execute(sql::ROLLBACK).await?;
    }
    Err(Error::new(Kind::Retryable, "tables are being created and dropped while the snapshot is taken"))
}

/// What is read, by the row that describes its moment and, where the role may know it, the identity of the cluster.
pub(super) fn origin(row: &Row, identity: Option<&Row>, address: &Address) -> Result<Origin> {
    Ok(Origin {
        kind: "postgresql".to_owned(),
        database: row.try_get("database")?,
        server_version: row.try_get("server_version")?,
        host: Some(address.host().to_owned()),
        port: Some(address.port()),
        system_identifier: identity.and_then(|row| row.try_get(0).ok()),
        wal_lsn: row.try_get("wal_lsn")?,
        encoding: row.try_get("encoding")?,
        collation: row.try_get("collation")?,
        mended: None,
        masked: None,
    })
}

/// Locks the tables against changes of their shape; false when one of them is gone.
async fn lock(server: &Connection, tables: &[Listed], options: &Options) -> Result<bool> {
    let [patience, lock] = guard(tables, options)?;
    server.batch_execute(&patience).await?;
    match server.batch_execute(&lock).await {
        Ok(()) => Ok(true),
        Err(error) if error.code() == Some(&SqlState::UNDEFINED_TABLE) => Ok(false),
        Err(error) if error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE) => Err(locked(server, tables).await?),
        Err(error) => Err(error.into()),
    }
}

/// What keeps tables as they are: how long to wait for it, and the locks. Readers take them too, before they read: who
/// comes later for a table that somebody else waits to change would wait behind them, and they behind us.
pub(super) fn guard(tables: &[Listed], options: &Options) -> Result<[String; 2]> {
    let (locks, statements) = (millis(Some(options.lock_timeout)), millis(options.statement_timeout));
    let patience = fill(sql::PATIENCE, &[("lock_timeout", &locks), ("statement_timeout", &statements)]);
    let relations: Vec<String> =
        tables.iter().filter(|table| table.sort.is_lockable()).map(Listed::relation).collect::<Result<_>>()?;
    let lock = if relations.is_empty() { String::new() } else { fill(sql::LOCK, &[("tables", &relations.join(", "))]) };
    Ok([patience, lock])
}

/// Asks, when all is read, whether the moment was held all the time.
///
/// # Errors
/// [`Kind::Retryable`] when the session that held it is gone, and its locks with it, or partitions were attached.
pub(super) async fn held(server: &Connection, partitioned: &[u32]) -> Result<()> {
    let rows = server.query(sql::ATTACHED, &[&partitioned]).await?;
    let names: Vec<String> = rows.iter().map(|row| row.try_get("name")).collect::<Result<_, _>>()?;
    if names.is_empty() {
        return Ok(());
    }
    Err(Error::new(Kind::Retryable, "partitions were attached while the snapshot was taken")
        .at(At::Table, names.join(", "))
        .hint("try again when nobody attaches partitions"))
}

async fn locked(server: &Connection, tables: &[Listed]) -> Result<Error> {
    server.batch_execute(sql::ROLLBACK).await?;
    let oids: Vec<u32> = tables.iter().map(|table| table.oid).collect();
    let rows = server.query(sql::BLOCKERS, &[&oids]).await?;
    let names: Vec<String> = rows.iter().map(|row| row.try_get("name")).collect::<Result<_, _>>()?;
    let error = Error::new(Kind::Retryable, "another session holds a table for itself; nothing waits for it any more")
        .hint("try again when that session (DDL, VACUUM FULL, CLUSTER …) is done, or raise --lock-timeout");
    Ok(if names.is_empty() { error } else { error.at(At::Table, names.join(", ")) })
}

/// The statement that makes a session print exactly.
pub(super) fn settings(options: &Options) -> String {
    fill(sql::SETTINGS, &[("statement_timeout", &millis(options.statement_timeout))])
}

fn millis(time: Option<Duration>) -> String {
    time.map_or(0, |time| time.as_millis().max(1)).to_string()
}
