//! Owns a schema of the target for tables that are tried out: it is made, and dropped again whatever happens.
//! Must not know: what is tried.

use std::sync::Mutex;

use crate::cancel::Cancel;
use crate::error::{At, Context, Error, Kind, Result};
use crate::ledger::{self, Mappings};
use crate::server::sql::{fill, quote_ident, quote_literal, quote_table};
use crate::server::{Address, Connection};
use crate::target::{Catalog, Table};

const LEFTOVERS: &str = include_str!("../../sql/control/bench/leftovers.sql");
const MAKE_SCHEMA: &str = include_str!("../../sql/control/bench/make_schema.sql");
const TABLES: &str = include_str!("../../sql/control/bench/tables.sql");
const DROP_TABLE: &str = include_str!("../../sql/control/bench/drop_table.sql");
const DROP_SCHEMA: &str = include_str!("../../sql/control/bench/drop_schema.sql");
const END_SESSIONS: &str = include_str!("../../sql/control/bench/end_sessions.sql");
const LIKE: &str = include_str!("../../sql/control/bench/like.sql");
const OWN_SEQUENCE: &str = include_str!("../../sql/control/bench/own_sequence.sql");
const QUARANTINE: &str = include_str!("../../sql/control/bench/quarantine.sql");
const NOTES: &str = include_str!("../../sql/control/bench/notes.sql");

/// How the sessions of a bench are known.
pub const SESSION: &str = "rehome bench";
/// The cleaner is not among those that it ends.
const CLEANER: &str = "rehome bench cleaner";
/// A session that was ended may take a moment to let its locks go.
const ATTEMPTS: usize = 5;

/// The schema, while a bench is at work.
pub struct Scratch {
    schema: String,
    /// Holds the lock that a run takes, so that neither disturbs the other.
    connection: Connection,
    spare: Mutex<Vec<Connection>>,
}

impl Scratch {
    /// Takes the target, drops what killed benches left, and makes the schema. Its name is given to `made` before it is there, so
    /// that it can be dropped whatever comes after.
    ///
    /// # Errors
    /// [`Kind::Locked`] while a run or another bench is at work; [`Kind::Privilege`] where the role may make no schema.
    pub async fn make(address: &Address, made: &Mutex<Option<String>>) -> Result<Self> {
        let connection = address.connect(SESSION).await?;
        ledger::lock(&connection).await?;
        for row in connection.query(LEFTOVERS, &[]).await? {
            let schema: String = row.try_get("schema")?;
            log::warn!("a bench that did not end left the schema {schema}: it is dropped");
            drop_schema(address, &schema).await?;
        }
        let schema = format!("rehome_bench_{}", connection.backend_pid());
        if let Ok(mut made) = made.lock() {
            *made = Some(schema.clone());
        }
        let statement = fill(MAKE_SCHEMA, &[("schema", &quote_ident(&schema))]);
        connection.batch_execute(&statement).await.map_err(|error| {
            let error = Error::from(error);
            if error.kind() != Kind::Privilege {
                return error;
            }
            let (database, user) = (quote_ident(address.database()), quote_ident(address.user()));
            error.better_hint(format!(
                "the bench loads a schema of its own: grant create on database {database} to {user}"
            ))
        })?;
        Ok(Self { schema, connection, spare: Mutex::default() })
    }

    /// The session that holds the lock.
    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    /// A session that nobody needs now, or a new one.
    pub(super) async fn session(&self, address: &Address) -> Result<Connection> {
        match self.spare.lock().ok().and_then(|mut spare| spare.pop()) {
            Some(connection) => Ok(connection),
            None => address.connect(SESSION).await,
        }
    }

    /// Keeps a session for whoever needs the next one.
    pub(super) fn spare(&self, connection: Connection) {
        if let Ok(mut spare) = self.spare.lock() {
            spare.push(connection);
        }
    }

    /// Makes tables like these; gives their names.
    pub(super) async fn tables(&self, real: &[&Table], cancel: &Cancel) -> Result<Vec<String>> {
        let mut names = Vec::with_capacity(real.len());
        for (place, table) in real.iter().enumerate() {
            cancel.check()?;
            let name = format!("t{place}");
            self.like(&name, table).await.at(At::Table, table.full_name())?;
            names.push(name);
        }
        Ok(names)
    }

    async fn like(&self, name: &str, real: &Table) -> Result<()> {
        let table = quote_table(&self.schema, name);
        let values = [("table", &*table), ("real", &quote_table(&real.schema, &real.name))];
        let mut statements = fill(LIKE, &values);
        for (place, column) in real.columns.iter().enumerate() {
            let draws = column.default.as_ref().is_some_and(|default| default.contains("nextval("));
            if draws && !column.generated && column.identity.is_empty() {
                let sequence = quote_table(&self.schema, &format!("{name}_{place}"));
                let (column, literal) = (quote_ident(&column.name), quote_literal(&sequence));
                let values = [("sequence", &*sequence), ("table", &table), ("column", &column), ("literal", &literal)];
                statements.push_str(";\n");
                statements.push_str(&fill(OWN_SEQUENCE, &values));
            }
        }
        Ok(self.connection.batch_execute(&statements).await?)
    }

    /// Makes tables like the mappings, the quarantine, and what else the ledger notes.
    pub(super) async fn own_tables(&self, real: &Catalog, mappings: &str) -> Result<(Mappings, String, String)> {
        if let Some(table) = real.table(mappings) {
            self.like("mappings", table).await.at(At::Table, mappings)?;
        }
        let [quarantine, notes] = ["quarantine", "notes"].map(|name| quote_table(&self.schema, name));
        self.connection.batch_execute(&fill(QUARANTINE, &[("table", &quarantine)])).await?;
        self.connection.batch_execute(&fill(NOTES, &[("table", &notes)])).await?;
        let made = Mappings::ensure(&self.connection, &format!("{}.mappings", self.schema), &self.schema).await?;
        Ok((made, "quarantine".to_owned(), notes))
    }

    /// What is in the schema.
    pub(super) async fn catalog(&self) -> Result<Catalog> {
        Catalog::read(&self.connection, &self.schema).await
    }
}

/// Ends what is still at work in a schema of a bench, and drops it.
///
/// # Errors
/// What the server says, with the statement that would do it.
pub async fn drop_schema(address: &Address, schema: &str) -> Result<()> {
    let dropped = async {
        let cleaner = address.connect(CLEANER).await?;
        let mut attempts = 0;
        loop {
            match emptied(&cleaner, schema).await {
                Ok(()) => return Ok(()),
                Err(error) if attempts == ATTEMPTS => return Err(error),
                Err(_) => attempts += 1,
            }
        }
    };
    dropped.await.map_err(|error: Error| {
        error.better_hint(format!(
            "scratch of the bench is left in the target: drop schema {} cascade",
            quote_ident(schema)
        ))
    })
}

async fn emptied(cleaner: &Connection, schema: &str) -> Result<()> {
    for row in cleaner.query(TABLES, &[&schema]).await? {
        let name: String = row.try_get("name")?;
        cleaner.batch_execute(&fill(DROP_TABLE, &[("table", &quote_table(schema, &name))])).await?;
    }
    Ok(cleaner.batch_execute(&fill(DROP_SCHEMA, &[("schema", &quote_ident(schema))])).await?)
}

/// Ends the sessions of a bench that was broken off: what they are at, nobody waits for any more.
///
/// # Errors
/// What the server says.
pub async fn end_sessions(address: &Address) -> Result<()> {
    let cleaner = address.connect(CLEANER).await?;
    cleaner.query(END_SESSIONS, &[&SESSION]).await?;
    Ok(())
}
