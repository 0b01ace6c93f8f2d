//! Owns how constraints and indexes come back after a load: indexes side by side, then keys, then foreign keys.
//! Must not know: which rows were loaded. Rows that a constraint refuses are taken out by [`super::remove`].

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use tracing::Instrument;

use super::reason::Why;
use super::remove::{Removal, TOO_WIDE};
use crate::cancel::Cancel;
use crate::error::{At, Error, Kind, Result};
use crate::ledger::{self, SavedDdl, SavedSort};
use crate::server::sql::{fill, quote_ident, quote_literal, quote_table};
use crate::server::{Address, Connection};
use crate::target::pointing;
use crate::timed;

const BEGIN_REBUILD: &str = include_str!("../../sql/control/load/begin_rebuild.sql");
const ROLLBACK: &str = include_str!("../../sql/control/load/rollback.sql");
const INDEX_EXISTS: &str = include_str!("../../sql/control/load/index_exists.sql");
const ATTACH_KEY: &str = include_str!("../../sql/control/load/attach_key.sql");
const ATTACH_PART: &str = include_str!("../../sql/control/load/attach_part.sql");
const ADD_HOLDING_KEY: &str = include_str!("../../sql/control/load/add_holding_key.sql");
const CLUSTER_ON: &str = include_str!("../../sql/control/load/cluster_on.sql");
const COMMENT_CONSTRAINT: &str = include_str!("../../sql/control/load/comment_constraint.sql");
const COMMENT_INDEX: &str = include_str!("../../sql/control/load/comment_index.sql");
const CONSTRAINT_STATE: &str = include_str!("../../sql/control/load/constraint_state.sql");
const ADD_FOREIGN_KEY: &str = include_str!("../../sql/control/load/add_foreign_key.sql");
const IS_PARTITIONED: &str = include_str!("../../sql/control/load/is_partitioned.sql");
const ORPHANS: &str = include_str!("../../sql/control/verify/orphans.sql");
const VALIDATE: &str = include_str!("../../sql/control/load/validate.sql");
const DROP_IF_EXISTS: &str = include_str!("../../sql/control/load/drop_constraint_if_exists.sql");

/// The SQLSTATE of a row whose key is there already.
const DUPLICATE: &str = "23505";

/// How often, and after which pause, an index is built again whose dead rows are too wide for it.
const MOST_TRIES: usize = 1_200;
const PAUSE: Duration = Duration::from_millis(500);

/// Brings things back; `removal` is asked to take out what they refuse.
pub(super) struct Restore<'a> {
    pub address: &'a Address,
    pub coordinator: &'a Connection,
    pub jobs: usize,
    pub removal: &'a Removal<'a>,
    pub cancel: &'a Cancel,
}

impl Restore<'_> {
    /// Brings everything back that the ledger says is away; gives the number of objects.
    pub async fn all(&self) -> Result<usize> {
        let saved = ledger::saved_ddl(self.coordinator).await?;
        let (foreign, keys): (Vec<_>, Vec<_>) =
            saved.into_iter().partition(|object| object.sort == SavedSort::ForeignKey);
        self.build_indexes(keys.iter().filter(|object| !object.index_made && object.holds.is_none()).collect()).await?;
        for object in &keys {
            self.cancel.check()?;
            self.attach(object).await?;
        }
        self.foreign_keys(&foreign).await?;
        Ok(keys.len() + foreign.len())
    }

    /// Builds indexes over several connections.
    async fn build_indexes(&self, objects: Vec<&SavedDdl>) -> Result<()> {
        let sessions = self.address.several("rehome rebuild", self.jobs.min(objects.len())).await?;
        let workers = if objects.len() < self.jobs.max(2) { "2" } else { "0" };
        let queue = Mutex::new(objects.into_iter().collect::<VecDeque<_>>());
        let next = || queue.lock().ok().and_then(|mut queue| queue.pop_front());
        let one = async |connection: Connection| {
            while let Some(object) = next() {
                self.cancel.check()?;
                self.build(&connection, object, workers).await?;
            }
            Ok::<_, Error>(())
        };
        futures::future::try_join_all(sessions.into_iter().map(one)).await?;
        Ok(())
    }

    /// Builds one index; rows that it refuses are taken out first, and it is built again.
    async fn build(&self, connection: &Connection, object: &SavedDdl, workers: &str) -> Result<()> {
        let mut tried = Vec::new();
        loop {
            let error = match self.build_once(connection, object, workers).await {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            let state = state(&error).unwrap_or_default().to_owned();
            let first = !tried.contains(&state);
            match state.as_str() {
                DUPLICATE if first => {
                    connection.batch_execute(ROLLBACK).await?;
                    let why = Why::constraint(DUPLICATE, &object.name);
                    self.removal.duplicates(connection, object, &why).await?;
                }
                TOO_WIDE if tried.len() < MOST_TRIES => {
                    connection.batch_execute(ROLLBACK).await?;
                    self.cancel.check()?;
                    if tried.iter().filter(|tried| *tried == TOO_WIDE).count() < 2
                        && self.removal.too_wide(connection, object).await? > 0
                        && !first
                    {
                        return Err(Error::new(
                            Kind::Verification,
                            "rows that are not of this run are too wide for an index",
                        )
                        .at(At::Table, format!("{}.{}", object.schema, object.table))
                        .hint(format!("shorten or remove them, and run again: {} is then built", object.name)));
                    }
                    // What was taken out stands in the way for as long as another session may still see it.
                    tokio::time::sleep(PAUSE).await;
                }
                DUPLICATE => {
                    return Err(Error::new(Kind::Verification, "rows that are not of this run break a unique index")
                        .at(At::Table, format!("{}.{}", object.schema, object.table))
                        .hint(format!("remove the duplicates, and run again: {} is then built", object.name)));
                }
                _ => return Err(error.at(At::Table, format!("{}.{}", object.schema, object.table))),
            }
            tried.push(state);
        }
    }

    async fn build_once(&self, connection: &Connection, object: &SavedDdl, workers: &str) -> Result<()> {
        begin(connection, workers).await?;
        let name = quote_table(&object.schema, &object.name);
        if !connection.query_one(INDEX_EXISTS, &[&name]).await?.try_get::<_, bool>("found")? {
            let span = timed!("load.build_index", object.name);
            connection.batch_execute(&object.definition).instrument(span).await?;
        }
        ledger::index_made(connection, object.id).await?;
        connection.commit("build_index").await
    }

    /// Makes a constraint of its index again, with all that belonged to it, and forgets that it was away.
    async fn attach(&self, object: &SavedDdl) -> Result<()> {
        let connection = self.coordinator;
        begin(connection, "0").await?;
        let made = match &object.holds {
            Some(parts) => holding(object, parts),
            None => attaching(object).into_iter().collect(),
        };
        for statement in made.into_iter().chain(belongings(object)) {
            connection.batch_execute(&statement).await?;
        }
        ledger::forget_ddl(connection, object.id).await?;
        connection.commit("attach").await
    }

    /// Adds and validates foreign keys; where rows break one, they are taken out, and with them their children.
    async fn foreign_keys(&self, keys: &[SavedDdl]) -> Result<()> {
        if self.add_and_validate(keys).await?.is_empty() {
            return Ok(());
        }
        // Deleting a parent while its children's key is back would be refused, or take them along unseen.
        let left = ledger::saved_ddl(self.coordinator).await?;
        for key in keys {
            self.drop_again(key, &left).await?;
        }
        // Keys that were back already are noted anew.
        let away = ledger::saved_ddl(self.coordinator).await?;
        let keys: Vec<_> = away.into_iter().filter(|object| object.sort == SavedSort::ForeignKey).collect();
        self.removal.orphans(self.coordinator, &keys).await?;
        let broken = self.add_and_validate(&keys).await?;
        match broken.first() {
            None => Ok(()),
            Some(key) => Err(Error::new(
                Kind::Verification,
                format!("rows that are not of this run break the foreign key {}", key.name),
            )
            .at(At::Table, format!("{}.{}", key.schema, key.table))
            .hint("it is back, but not validated; repair these rows and run again")),
        }
    }

    async fn drop_again(&self, key: &SavedDdl, left: &[SavedDdl]) -> Result<()> {
        let connection = self.coordinator;
        begin(connection, "0").await?;
        if !left.iter().any(|object| object.id == key.id) {
            ledger::save_ddl(connection, self.removal.run, key).await?;
        }
        let table = quote_table(&key.schema, &key.table);
        connection
            .batch_execute(&fill(DROP_IF_EXISTS, &[("table", &table), ("name", &quote_ident(&key.name))]))
            .await?;
        connection.commit("drop_again").await
    }

    /// Gives the keys that some row breaks.
    async fn add_and_validate<'k>(&self, keys: &'k [SavedDdl]) -> Result<Vec<&'k SavedDdl>> {
        for key in keys {
            self.cancel.check()?;
            self.add(key).await?;
        }
        // One connection a table: two validations of one table would wait for each other.
        let mut by_table: Vec<Vec<&SavedDdl>> = Vec::new();
        for key in keys {
            match by_table.iter_mut().find(|group| (&group[0].schema, &group[0].table) == (&key.schema, &key.table)) {
                Some(group) => group.push(key),
                None => by_table.push(vec![key]),
            }
        }
        // To add one takes locks on two tables: two at a time could wait for each other.
        let adding = tokio::sync::Mutex::new(());
        let queue = Mutex::new(by_table.into_iter().collect::<VecDeque<_>>());
        let next = || queue.lock().ok().and_then(|mut queue| queue.pop_front());
        let sessions = self.address.several("rehome validate", self.jobs.min(keys.len())).await?;
        let one = async |connection: Connection| {
            let mut broken = Vec::new();
            while let Some(group) = next() {
                for key in group {
                    self.cancel.check()?;
                    if !self.validate(&connection, key, &adding).await? {
                        broken.push(key);
                    }
                }
            }
            Ok::<_, Error>(broken)
        };
        let found = futures::future::try_join_all(sessions.into_iter().map(one)).await?;
        Ok(found.into_iter().flatten().collect())
    }

    /// Adds a key without a look at the rows. The key of a partitioned table cannot be added so, and of one to a partitioned table
    /// the part for each partition would never count as validated: these wait for [`Self::validate`].
    async fn add(&self, key: &SavedDdl) -> Result<()> {
        let connection = self.coordinator;
        let table = quote_table(&key.schema, &key.table);
        let referenced = key.referenced.as_deref().and_then(<[String]>::first);
        let to_partitioned = match referenced {
            Some(referenced) => is_partitioned(connection, referenced).await?,
            None => false,
        };
        if to_partitioned || is_there(connection, key).await? || is_partitioned(connection, &table).await? {
            return Ok(());
        }
        begin(connection, "0").await?;
        let told = key.definition.ends_with("NOT VALID") || !pointing::is_enforced(&key.definition);
        let validity = if told { "" } else { "not valid" };
        connection.batch_execute(&addition(key, validity)).await?;
        connection.commit("add_key").await
    }

    /// False when a row breaks the key. A key that never was validated is not validated now.
    async fn validate(&self, connection: &Connection, key: &SavedDdl, adding: &tokio::sync::Mutex<()>) -> Result<bool> {
        let table = quote_table(&key.schema, &key.table);
        let mut alone = None;
        let statement = if !is_there(connection, key).await? {
            alone = Some(adding.lock().await);
            Some(addition(key, ""))
        } else if key.validated {
            Some(fill(VALIDATE, &[("table", &table), ("name", &quote_ident(&key.name))]))
        } else {
            None
        };
        begin(connection, "2").await?;
        if let Some(statement) = statement {
            let span = timed!("load.validate_key", key.name);
            match connection.batch_execute(&statement).instrument(span).await.map_err(Error::from) {
                Ok(()) if !points_beside(connection, key).await? => {}
                Ok(()) => {
                    connection.batch_execute(ROLLBACK).await?;
                    return Ok(false);
                }
                Err(error) if state(&error) == Some("23503") => {
                    connection.batch_execute(ROLLBACK).await?;
                    return Ok(false);
                }
                Err(error) => return Err(error),
            }
        }
        ledger::forget_ddl(connection, key.id).await?;
        connection.commit("validate_key").await?;
        drop(alone);
        Ok(true)
    }
}

/// The statement that makes a constraint of its index; none for an index without one.
fn attaching(object: &SavedDdl) -> Option<String> {
    let sort = match object.sort {
        SavedSort::PrimaryKey => "primary key",
        SavedSort::Unique => "unique",
        _ => return None,
    };
    let timing = match (object.deferrable, object.deferred) {
        (true, true) => "deferrable initially deferred",
        (true, false) => "deferrable",
        _ => "",
    };
    let (table, name) = (quote_table(&object.schema, &object.table), quote_ident(&object.name));
    Some(fill(ATTACH_KEY, &[("table", &table), ("name", &name), ("sort", sort), ("timing", timing)]))
}

/// The statements that make an index or key of a partitioned table of those that its partitions have: the server sees that they are
/// what the definition says, and makes it valid with the last of them.
fn holding(object: &SavedDdl, parts: &[String]) -> Vec<String> {
    let (table, name) = (quote_table(&object.schema, &object.table), quote_ident(&object.name));
    let values = [("table", &*table), ("name", &name), ("definition", &object.definition)];
    let made = if object.sort == SavedSort::Index { object.definition.clone() } else { fill(ADD_HOLDING_KEY, &values) };
    let index = quote_table(&object.schema, &object.name);
    let attached = parts.iter().map(|part| fill(ATTACH_PART, &[("index", &*index), ("part", part)]));
    std::iter::once(made).chain(attached).collect()
}

/// The statements for what belonged to an index or its constraint: that the table is in its order, and comments.
fn belongings(object: &SavedDdl) -> Vec<String> {
    let (table, name) = (quote_table(&object.schema, &object.table), quote_ident(&object.name));
    let index = quote_table(&object.schema, &object.name);
    let mut statements = Vec::new();
    if object.clustered {
        statements.push(fill(CLUSTER_ON, &[("table", &table), ("name", &name)]));
    }
    let (on_constraint, on_index) = match object.sort {
        SavedSort::PrimaryKey | SavedSort::Unique => (object.comment.as_deref(), object.index_comment.as_deref()),
        _ => (None, object.comment.as_deref()),
    };
    if let Some(comment) = on_constraint {
        let values = [("table", table.as_str()), ("name", &name), ("comment", &quote_literal(comment))];
        statements.push(fill(COMMENT_CONSTRAINT, &values));
    }
    if let Some(comment) = on_index {
        statements.push(fill(COMMENT_INDEX, &[("index", &index), ("comment", &quote_literal(comment))]));
    }
    statements
}

/// Does a row break a key with a period that the server has validated? It is content with any overlap then, where it asks of a
/// new row that its whole period is covered.
async fn points_beside(connection: &Connection, key: &SavedDdl) -> Result<bool> {
    let Some((referenced, others)) = key.referenced.as_deref().and_then(<[String]>::split_first) else {
        return Ok(false);
    };
    if !pointing::has_period(&key.definition, &key.columns) || !pointing::is_enforced(&key.definition) {
        return Ok(false);
    }
    let present: Vec<String> = key.columns.iter().map(|column| format!("t.{column} is not null")).collect();
    let values = [
        ("table", &*quote_table(&key.schema, &key.table)),
        ("present", &present.join(" and ")),
        ("absent", &pointing::absent(&key.definition, &key.columns, referenced, others)),
    ];
    Ok(connection.query_one(&fill(ORPHANS, &values), &[]).await?.try_get::<_, i64>("rows")? > 0)
}

/// A transaction in which things are built. Others may hold a table for long, but not for ever: what waits can be given again.
pub(super) async fn begin(connection: &Connection, workers: &str) -> Result<()> {
    let patience = connection.stall_timeout().as_millis().to_string();
    let values = [("workers", workers), ("patience", &patience)];
    Ok(connection.batch_execute(&fill(BEGIN_REBUILD, &values)).await?)
}

/// The statements that add a foreign key, with its comment.
fn addition(key: &SavedDdl, validity: &str) -> String {
    let (table, name) = (quote_table(&key.schema, &key.table), quote_ident(&key.name));
    let values = [("table", table.as_str()), ("name", &name), ("definition", &key.definition), ("validity", validity)];
    let mut statements = fill(ADD_FOREIGN_KEY, &values);
    if let Some(comment) = &key.comment {
        let values = [("table", table.as_str()), ("name", &name), ("comment", &quote_literal(comment))];
        statements.push_str(";\n");
        statements.push_str(&fill(COMMENT_CONSTRAINT, &values));
    }
    statements
}

async fn is_there(connection: &Connection, key: &SavedDdl) -> Result<bool> {
    let table = quote_table(&key.schema, &key.table);
    Ok(connection.query_opt(CONSTRAINT_STATE, &[&table, &key.name]).await?.is_some())
}

async fn is_partitioned(connection: &Connection, table: &str) -> Result<bool> {
    let row = connection.query_opt(IS_PARTITIONED, &[&table]).await?;
    Ok(row.map(|row| row.try_get("partitioned")).transpose()?.unwrap_or(false))
}

/// The SQLSTATE of an error of the server.
fn state(error: &Error) -> Option<&str> {
    error.places().iter().find(|(at, _)| *at == At::SqlState).map(|(_, state)| state.as_str())
}
