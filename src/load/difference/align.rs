//! Owns how rows of the target are brought in line with outcomes where nothing tells what they were: each is looked at.
//! Must not know: why nothing tells it.

use std::collections::BTreeSet;

use arrow::array::RecordBatch;
use uuid::Uuid;

use super::super::chunk::Done;
use super::super::planner;
use super::super::stage::equal;
use super::{AFTER, Difference, NEW, ROLLBACK, present, texts};
use crate::compare::Counts;
use crate::error::Result;
use crate::key::KeyType;
use crate::ledger::{self, Mappings, still_mine};
use crate::outcome::{ENTITY_KEY, Gone, KEY, Outcome};
use crate::outcomes::{FlowOutcomes, OutcomeStore, chosen_of};
use crate::server::Connection;
use crate::server::sql::{fill, quote_ident};

const BEGIN: &str = include_str!("../../../sql/control/load/begin.sql");
const THERE: &str = include_str!("../../../sql/control/difference/there.sql");
const RESOLVE_ALL: &str = include_str!("../../../sql/control/difference/resolve_all.sql");
const KEEP_ORPHANED: &str = include_str!("../../../sql/control/difference/keep_orphaned.sql");
const ORPHANED_KEYS: &str = include_str!("../../../sql/control/difference/orphaned_keys.sql");
/// Where rows have no UUID of ours, the ledger knows them by one that follows from their keys.
const NAMED: &str = include_str!("../../../sql/control/difference/orphaned_named.sql");
const ALIGNED: &str = include_str!("../../../sql/control/difference/aligned.sql");

impl Difference<'_> {
    /// Takes all rejects of earlier runs out of the quarantine: those that stand are put there again.
    pub(in crate::load) async fn resolve_all(&self, connection: &Connection) -> Result<()> {
        connection.batch_execute(BEGIN).await?;
        still_mine(connection, self.flow.epoch).await?;
        connection.execute(RESOLVE_ALL, &[&self.flow.run, &self.flow.namespace.uuid(), &self.flow.flow]).await?;
        connection.commit("resolve_all").await
    }

    /// Inserts the rows of a file that the target lacks, and changes those that are not as they are to be.
    pub(in crate::load) async fn align(
        &self,
        connection: &Connection,
        name: &str,
        batches: &[RecordBatch],
    ) -> Result<Done> {
        if !self.flow.begin(connection, name).await? {
            connection.batch_execute(ROLLBACK).await?;
            return Ok(Done::Before);
        }
        let (run, namespace) = (self.flow.run, self.flow.namespace);
        ledger::resolve(connection, run, namespace, self.flow.flow, &texts(batches)?).await?;
        let identity = self.image.identity_columns();
        let staging = self.staging(connection, NEW, &identity).await?;
        staging.add(batches).await?;
        present(connection, &self.image, NEW, "true").await?;
        let there = connection.query(THERE, &[]).await?;
        let there = there.iter().map(|row| row.try_get("row")).collect::<Result<BTreeSet<Uuid>, _>>()?;
        let known = chosen_of(batches, self.flow.row, |id| there.contains(&id))?;
        let new = chosen_of(batches, self.flow.row, |id| !there.contains(&id))?;
        let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
        let mut refused = self.brought_in_line(connection, name, &known).await?;
        refused += self.add(connection, name, new).await?;
        self.flow.commit(connection, name, (rows as u64).saturating_sub(refused), refused).await?;
        Ok(Done::Now { rows: rows as u64 })
    }

    /// Notes the rows of earlier runs that no outcome asks for.
    pub(in crate::load) async fn orphaned(
        &self,
        connection: &Connection,
        mappings: &Mappings,
        flow: &FlowOutcomes,
        store: &OutcomeStore,
    ) -> Result<()> {
        connection.batch_execute(BEGIN).await?;
        still_mine(connection, self.flow.epoch).await?;
        let identity = self.image.identity_columns();
        let staging = self.staging(connection, AFTER, &identity).await?;
        let mut ty = None;
        for file in flow.files_of(Outcome::Migrated) {
            self.flow.cancel.check()?;
            let batches = store.read(file).await?;
            ty = ty.or_else(|| key_type(batches.first()?));
            staging.add(&batches).await?;
        }
        let (own, id) = (self.flow.row.is_derived(), quote_ident(&self.flow.row.id_column));
        let mapped = match own {
            true => format!("m.entity_uuid = t.{id}::{}", mappings.uuid_type()),
            false => format!("{} = t.{id}::text", mappings.id_text()),
        };
        let row = if own { format!("t.{id}") } else { "n.row_id".to_owned() };
        let (table, key) = (mappings.quoted(), mappings.key_text());
        let known = if own { String::new() } else { fill(NAMED, &[("key", key)]) };
        let values = [
            ("mappings", &*table),
            ("mapped", &*mapped),
            ("row", &*row),
            ("key", key),
            ("known", &*known),
            ("equal", &*equal(&identity)),
        ];
        let more = self.flow.row.gone != Gone::Keep;
        let statement = self.image.fill(KEEP_ORPHANED, &values);
        let (run, name, entity) = (&self.flow.run, &self.flow.flow, &flow.entity);
        connection.batch_execute(planner::FOR_MANY).await?;
        if own {
            connection.execute(&statement, &[run, name, entity, &more]).await?;
        } else {
            let found = connection.query(&self.image.fill(ORPHANED_KEYS, &values), &[run, entity]).await?;
            let keys = found.iter().map(|row| row.try_get("key")).collect::<Result<Vec<String>, _>>()?;
            let ids: Vec<Uuid> =
                keys.iter().map(|key| self.flow.namespace.uuid_of_text(entity, key, ty.as_ref())).collect();
            connection.execute(&statement, &[run, name, entity, &more, &keys, &ids]).await?;
        }
        connection.batch_execute(planner::AS_EVER).await?;
        connection.commit("keep_orphaned").await
    }

    /// What was found, in rows.
    pub(in crate::load) async fn aligned(&self, connection: &Connection) -> Result<Counts> {
        let row = connection.query_one(ALIGNED, &[&self.flow.run, &self.flow.flow]).await?;
        let rows = |name: &str| Ok::<_, crate::error::Error>(u64::try_from(row.try_get::<_, i64>(name)?).unwrap_or(0));
        let (new, changed, gone, all) = (rows("inserted")?, rows("updated")?, rows("gone")?, rows("brought")?);
        let unchanged = all.saturating_sub(new + changed);
        Ok(Counts { unchanged, new, changed, gone, ..Counts::default() })
    }
}

/// The type of the keys by which others refer to these rows.
fn key_type(rows: &RecordBatch) -> Option<KeyType> {
    let schema = rows.schema();
    let field = schema.field_with_name(ENTITY_KEY).or_else(|_| schema.field_with_name(KEY)).ok()?;
    KeyType::of(field).ok()
}
