//! Owns one database that is looked at: its session, and who it is there. Must not know: what is looked for.

use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::error::Result;
use crate::server::{Address, Connection};

const BEGIN: &str = include_str!("../../sql/control/doctor/begin.sql");
const END: &str = include_str!("../../sql/control/doctor/end.sql");
const SERVER: &str = include_str!("../../sql/control/doctor/server.sql");

/// Schema and name of tables.
pub(super) type Tables = Vec<(String, String)>;

/// A database that answers.
pub(super) struct Look {
    pub address: Address,
    pub connection: Connection,
    pub server: Server,
}

/// The server, the database and the role, as they were when the session began. Sizes are in bytes.
pub(super) struct Server {
    pub role: String,
    /// `150014` is 15.14.
    pub number: i32,
    pub version: String,
    pub superuser: bool,
    pub bypasses: bool,
    pub encoding: String,
    pub collation: String,
    pub standby: bool,
    pub read_only: bool,
    pub encrypted: bool,
    pub protocol: Option<String>,
    pub connections: Connections,
    pub size: i64,
}

/// How many connections there may be, and are.
pub(super) struct Connections {
    pub all: i64,
    pub reserved: i64,
    pub used: i64,
    pub by_database: i64,
    pub by_role: i64,
    /// Negative: no limit.
    pub database_limit: i64,
    pub role_limit: i64,
}

impl Look {
    /// # Errors
    /// What the server says.
    pub async fn at(address: Address, connection: Connection) -> Result<Self> {
        let rows = within(&connection, async || Ok(connection.query_one(SERVER, &[]).await?)).await?;
        let server = server(&rows)?;
        Ok(Self { address, connection, server })
    }

    /// Asks in a transaction that cannot write.
    ///
    /// # Errors
    /// What the server says.
    pub async fn ask(&self, statement: &str, values: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>> {
        self.within(async || Ok(self.connection.query(statement, values).await?)).await
    }

    /// Does something in a transaction that cannot write.
    ///
    /// # Errors
    /// As what is done.
    pub async fn within<T>(&self, work: impl AsyncFnOnce() -> Result<T>) -> Result<T> {
        within(&self.connection, work).await
    }
}

async fn within<T>(connection: &Connection, work: impl AsyncFnOnce() -> Result<T>) -> Result<T> {
    connection.batch_execute(BEGIN).await?;
    let done = work().await;
    connection.batch_execute(END).await?;
    done
}

/// Two lists, as statements take them.
pub(super) fn lists(tables: &Tables) -> (Vec<&str>, Vec<&str>) {
    tables.iter().map(|(schema, name)| (schema.as_str(), name.as_str())).unzip()
}

fn server(row: &Row) -> Result<Server> {
    Ok(Server {
        role: row.try_get("role")?,
        number: row.try_get("number")?,
        version: row.try_get("version")?,
        superuser: row.try_get("superuser")?,
        bypasses: row.try_get("bypasses")?,
        encoding: row.try_get("encoding")?,
        collation: row.try_get("collation")?,
        standby: row.try_get("standby")?,
        read_only: row.try_get("read_only")?,
        encrypted: row.try_get("encrypted")?,
        protocol: row.try_get("protocol")?,
        connections: Connections {
            all: row.try_get("max_connections")?,
            reserved: row.try_get("reserved")?,
            used: row.try_get("all_used")?,
            by_database: row.try_get("by_database")?,
            by_role: row.try_get("by_role")?,
            database_limit: row.try_get("database_limit")?,
            role_limit: row.try_get("role_limit")?,
        },
        size: row.try_get("size")?,
    })
}
