//! Owns the mappings table: legacy key → UUID, in whatever shape the business made it, or in ours.
//! Must not know: how its rows are sent, or how UUIDs are chosen.

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, FixedSizeBinaryArray, Int64Array, RecordBatch, StringArray, new_null_array,
};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{filled, quoted_list};
use crate::error::{At, Error, Kind, Result};
use crate::failpoint::durable;
use crate::id::Namespace;
use crate::key::KeyColumn;
use crate::outcome::{ENTITY_KEY, KEY};
use crate::server::Connection;
use crate::server::sql::{quote_ident, quote_table};
use crate::target::{Catalog, Constraint, EVERY_ROW, Sort, Table};

/// The column of ids that are no UUIDs, as text.
const OTHER_ID: &str = "entity_id";

/// The mappings table as it is.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Mappings {
    table: Table,
    /// Its `legacy_id` holds text, so that keys of any kind go there.
    text_ids: bool,
    /// Its `entity_uuid` holds text.
    text_uuids: bool,
}

/// A mapping that no run of ours wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adopted {
    pub entity: String,
    pub key: AdoptedKey,
    pub uuid: Uuid,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum AdoptedKey {
    Int(i64),
    Text(String),
}

/// A mapping, as texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mapped {
    pub entity: String,
    pub key: String,
    pub id: String,
    /// The run that wrote it; none for one of others.
    pub run: Option<String>,
}

impl Mappings {
    /// Finds the table (`name` may say its schema), makes it where it is missing, and adds what it lacks.
    ///
    /// # Errors
    /// [`Kind::Drift`] when a column is missing or another must be filled; [`Kind::Privilege`].
    pub async fn ensure(connection: &Connection, name: &str, schema: &str) -> Result<Self> {
        let mut catalog = Catalog::read(connection, schema).await?;
        let (table_schema, table_name) = catalog.qualify(name);
        let quoted = quote_table(&table_schema, &table_name);
        let template = match catalog.table(name) {
            None => Some(include_str!("../../sql/control/ledger/create_mappings.sql")),
            Some(table) if table.column("run_id").is_none() || table.column("legacy_key").is_none() => {
                Some(include_str!("../../sql/control/ledger/extend_mappings.sql"))
            }
            Some(_) => None,
        };
        if let Some(template) = template {
            let statements = filled(template, &quoted, &[]);
            durable("make_mappings", connection.batch_execute(&statements)).await.map_err(|error| {
                Error::from(error).at(At::Table, name).also(
                    "the mappings table needs the columns run_id uuid and legacy_key text; let its owner add them",
                )
            })?;
            catalog = Catalog::read(connection, schema).await?;
        }
        Self::of(catalog.require(name)?.clone())
    }

    /// The table as it is.
    ///
    /// # Errors
    /// [`Kind::Drift`] when it cannot be used.
    pub fn of(table: Table) -> Result<Self> {
        let base = |name: &str| -> Result<String> {
            table.column(name).map(|column| column.ty.base().name.clone()).ok_or_else(|| {
                Error::new(Kind::Drift, format!("the mappings table has no column {name}"))
                    .at(At::Table, table.full_name())
            })
        };
        base("entity_type")?;
        let text = |name: &str| ["text", "varchar", "bpchar"].contains(&name);
        let (text_ids, text_uuids) = (text(&base("legacy_id")?), text(&base("entity_uuid")?));
        let known = ["entity_type", "legacy_id", "legacy_key", "entity_uuid", "run_id", OTHER_ID];
        let unfilled: Vec<_> = table
            .columns
            .iter()
            .filter(|column| column.not_null && !column.has_default && column.identity.is_empty() && !column.generated)
            .map(|column| column.name.as_str())
            .filter(|name| !known.contains(name))
            .collect();
        if !unfilled.is_empty() {
            let names = unfilled.join(", ");
            return Err(Error::new(Kind::Drift, format!("the mappings table needs values we do not have: {names}"))
                .at(At::Table, table.full_name())
                .hint("give these columns defaults"));
        }
        Ok(Self { table, text_ids, text_uuids })
    }

    /// The table, as the catalog has it.
    #[must_use]
    pub fn table(&self) -> &Table {
        &self.table
    }

    /// The table's quoted name.
    #[must_use]
    pub fn quoted(&self) -> String {
        quote_table(&self.table.schema, &self.table.name)
    }

    /// Do keys of any kind stand in `legacy_id`, as text?
    #[must_use]
    pub fn ids_are_text(&self) -> bool {
        self.text_ids
    }

    /// The name of the type of `entity_uuid`.
    #[must_use]
    pub fn uuid_type(&self) -> &'static str {
        if self.text_uuids { "text" } else { "uuid" }
    }

    /// The column by which a row is found, besides its entity: of keys that are integers, or of others.
    #[must_use]
    pub fn key_column(&self, integers: bool) -> &'static str {
        if integers || self.text_ids { "legacy_id" } else { "legacy_key" }
    }

    /// Does an index of the table see to it that no key of an entity has two mappings?
    #[must_use]
    pub fn is_keyed(&self, integers: bool) -> bool {
        let key = ["entity_type", self.key_column(integers)].map(str::to_owned);
        // One that waits for the end of a transaction refuses too late.
        let waits = |constraint: &Constraint| constraint.deferrable && constraint.sort != Sort::ForeignKey;
        self.table.unique_over(&key) == Some(EVERY_ROW) && !self.table.constraints.iter().any(waits)
    }

    /// Can keys that are no integers be written as the table is?
    #[must_use]
    pub fn takes_text_keys(&self) -> bool {
        self.text_ids || self.table.column("legacy_id").is_some_and(|column| !column.not_null)
    }

    /// Lets keys in that are no integers: `legacy_id` may then be NULL. A primary key over it becomes a unique
    /// constraint of the same name and columns, for a primary key allows no NULL.
    ///
    /// # Errors
    /// [`Kind::Privilege`], or what else keeps the table from being altered.
    pub async fn allow_text_keys(&mut self, connection: &Connection) -> Result<()> {
        if self.takes_text_keys() {
            return Ok(());
        }
        let key = self.table.constraints.iter().find(|constraint| {
            constraint.sort == Sort::PrimaryKey && constraint.columns.iter().any(|name| name == "legacy_id")
        });
        let statement = match key {
            Some(key) => filled(
                include_str!("../../sql/control/ledger/allow_text_keys.sql"),
                &self.quoted(),
                &[("primary_key", &quote_ident(&key.name)), ("columns", &quoted_list(&key.columns))],
            ),
            None => filled(include_str!("../../sql/control/ledger/allow_null_keys.sql"), &self.quoted(), &[]),
        };
        durable("alter_mappings", connection.batch_execute(&statement)).await.map_err(|error| {
            Error::from(error).at(At::Table, self.table.full_name()).also(
                "a flow has keys that are no integers: legacy_id must be nullable for them, outside the primary key",
            )
        })?;
        self.read_again(connection).await
    }

    /// The mapping rows of some outcome rows, in the table's own types.
    ///
    /// # Errors
    /// [`Kind::Unexpected`] when a key or id is NULL.
    pub fn batch(&self, entity: &str, keys: &KeyColumn, ids: &ArrayRef, run: Uuid) -> Result<RecordBatch> {
        let rows = keys.len();
        let texts = || (0..rows).map(|row| keys.text(row)).collect::<Result<Vec<_>>>();
        let (id, key): (ArrayRef, ArrayRef) = match (keys.is_int(), self.text_ids) {
            (true, false) => (
                Arc::new((0..rows).map(|row| keys.int(row)).collect::<Int64Array>()),
                new_null_array(&DataType::Utf8, rows),
            ),
            (true, true) => (Arc::new(StringArray::from(texts()?)), new_null_array(&DataType::Utf8, rows)),
            (false, false) => (new_null_array(&DataType::Int64, rows), Arc::new(StringArray::from(texts()?))),
            (false, true) => {
                let keys: ArrayRef = Arc::new(StringArray::from(texts()?));
                (keys.clone(), keys)
            }
        };
        let (uuids, others) = self.ids(ids)?;
        let runs = FixedSizeBinaryArray::try_from_iter(std::iter::repeat_n(run.as_bytes(), rows))
            .map_err(|_| Error::unexpected("an empty batch of mappings"))?;
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("entity_type", Arc::new(StringArray::from_iter_values(std::iter::repeat_n(entity, rows)))),
            ("legacy_id", id),
            ("legacy_key", key),
            ("entity_uuid", uuids),
            ("run_id", Arc::new(runs)),
        ];
        let columns = columns.into_iter().chain(others.map(|ids| (OTHER_ID, ids))).collect::<Vec<_>>();
        let fields: Vec<_> =
            columns.iter().map(|(name, array)| Field::new(*name, array.data_type().clone(), true)).collect();
        let arrays = columns.into_iter().map(|(_, array)| array).collect();
        RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays)
            .map_err(|_| Error::unexpected("mapping rows of different lengths"))
    }

    /// The values of `entity_uuid`, and of `entity_id` where the ids are no UUIDs.
    fn ids(&self, ids: &ArrayRef) -> Result<(ArrayRef, Option<ArrayRef>)> {
        let Some(uuids) = ids.as_fixed_size_binary_opt().filter(|ids| ids.value_length() == 16) else {
            let texts = cast(ids, &DataType::Utf8)
                .map_err(|_| Error::config(format!("an id of the type {} has no text form", ids.data_type())))?;
            let kind = if self.text_uuids { DataType::Utf8 } else { DataType::FixedSizeBinary(16) };
            return Ok((new_null_array(&kind, ids.len()), Some(texts)));
        };
        let text = |id: Option<&[u8]>| id.and_then(|id| Uuid::from_slice(id).ok()).map(|id| id.to_string());
        let uuids: ArrayRef =
            if self.text_uuids { Arc::new(uuids.iter().map(text).collect::<StringArray>()) } else { ids.clone() };
        Ok((uuids, None))
    }

    /// Lets in what these outcome rows, the first of their flow, need: keys that are no integers, ids that are no UUIDs.
    ///
    /// # Errors
    /// As [`Self::allow_text_keys`].
    pub async fn fit(&mut self, connection: &Connection, rows: &[RecordBatch], id_column: &str) -> Result<()> {
        let named = |name: &str| rows.first().and_then(|batch| batch.column_by_name(name)).cloned();
        let keys = named(ENTITY_KEY).or_else(|| named(KEY));
        let keys = keys.ok_or_else(|| Error::unexpected("outcome rows without a key"))?;
        if !KeyColumn::new(keys)?.is_int() {
            self.allow_text_keys(connection).await?;
        }
        if named(id_column).is_some_and(|ids| *ids.data_type() != DataType::FixedSizeBinary(16)) {
            self.allow_other_ids(connection).await?;
        }
        Ok(())
    }

    /// Lets ids in that are no UUIDs: they stand as text in a column of their own.
    ///
    /// # Errors
    /// As [`Self::allow_text_keys`].
    pub async fn allow_other_ids(&mut self, connection: &Connection) -> Result<()> {
        let nullable = self.table.column("entity_uuid").is_some_and(|column| !column.not_null);
        if nullable && self.has_other_ids() {
            return Ok(());
        }
        let statement = filled(include_str!("../../sql/control/ledger/allow_other_ids.sql"), &self.quoted(), &[]);
        durable("alter_mappings", connection.batch_execute(&statement)).await.map_err(|error| {
            Error::from(error).at(At::Table, self.table.full_name()).also(
                "a flow has ids that are no UUIDs: the mappings need a column entity_id text, and entity_uuid must be nullable, \
                 outside the primary key",
            )
        })?;
        self.read_again(connection).await
    }

    /// The columns that are ours, and those of them that hold a row's id.
    #[must_use]
    pub fn columns(&self) -> (Vec<&'static str>, Vec<&'static str>) {
        let mut ids = vec!["entity_uuid"];
        ids.extend(self.has_other_ids().then_some(OTHER_ID));
        let columns = ["entity_type", "legacy_id", "legacy_key", "run_id"].into_iter().chain(ids.clone());
        (columns.collect(), ids)
    }

    /// Does the table have a place for ids that are no UUIDs?
    #[must_use]
    pub fn has_other_ids(&self) -> bool {
        self.table.column(OTHER_ID).is_some()
    }

    /// SQL of the id of a mapping `m` as text, whichever column holds it.
    #[must_use]
    pub fn id_text(&self) -> &'static str {
        if self.has_other_ids() { "coalesce(m.entity_id, m.entity_uuid::text)" } else { "m.entity_uuid::text" }
    }

    /// SQL of the legacy key of a mapping `m` as text, whichever column holds it.
    #[must_use]
    pub fn key_text(&self) -> &'static str {
        let has_texts = self.table.column("legacy_key").is_some();
        if has_texts { "coalesce(m.legacy_key, m.legacy_id::text)" } else { "m.legacy_id::text" }
    }

    async fn read_again(&mut self, connection: &Connection) -> Result<()> {
        let catalog = Catalog::read(connection, &self.table.schema).await?;
        let gone = || Error::new(Kind::Drift, "the target has no such table").at(At::Table, self.table.full_name());
        let table = catalog.exactly(&self.table.schema, &self.table.name).ok_or_else(gone)?.clone();
        *self = Self::of(table)?;
        Ok(())
    }

    /// The ids that runs of a namespace, but not `run`, gave to the rows of an entity: legacy key and id, as text.
    ///
    /// # Errors
    /// What the server says.
    pub async fn own(
        &self,
        connection: &Connection,
        entity: &str,
        namespace: Namespace,
        run: Uuid,
    ) -> Result<Vec<(String, String)>> {
        let values = [("id", self.id_text())];
        let statement = filled(include_str!("../../sql/control/ledger/own_mappings.sql"), &self.quoted(), &values);
        let rows = connection.query(&statement, &[&entity, &namespace.uuid(), &run]).await?;
        rows.iter().map(|row| Ok((row.try_get("key")?, row.try_get("id")?))).collect()
    }

    /// The mappings that fit what is given, of an entity, a legacy key as text, an id as text.
    ///
    /// # Errors
    /// What the server says.
    pub async fn look_up(
        &self,
        connection: &Connection,
        entity: Option<&str>,
        key: Option<&str>,
        id: Option<&str>,
    ) -> Result<Vec<Mapped>> {
        let has = |column: &str| self.table.column(column).is_some();
        let (own_id, own_key) = (self.id_text(), self.key_text());
        let run = if has("run_id") { "m.run_id::text" } else { "null::text" };
        let template = include_str!("../../sql/control/explain/mapping.sql");
        let statement = filled(template, &self.quoted(), &[("id", own_id), ("key", own_key), ("run", run)]);
        let rows = connection.query(&statement, &[&entity, &key, &id]).await?;
        let mapped = |row: &tokio_postgres::Row| {
            Ok(Mapped {
                entity: row.try_get("entity")?,
                key: row.try_get::<_, Option<String>>("key")?.unwrap_or_default(),
                id: row.try_get::<_, Option<String>>("id")?.unwrap_or_default(),
                run: row.try_get("run")?,
            })
        };
        rows.iter().map(mapped).collect()
    }

    /// The mappings of these entities that no run of ours wrote.
    ///
    /// # Errors
    /// [`Kind::Drift`] for a UUID or key that cannot be read; what the server says.
    pub async fn adopted(&self, connection: &Connection, entities: &[String]) -> Result<Vec<Adopted>> {
        self.read(connection, include_str!("../../sql/control/ledger/adopted.sql"), entities).await
    }

    /// All mappings of these entities, where no run of ours has been.
    ///
    /// # Errors
    /// As [`Self::adopted`].
    pub async fn all(&self, connection: &Connection, entities: &[String]) -> Result<Vec<Adopted>> {
        self.read(connection, include_str!("../../sql/control/ledger/all_mappings.sql"), entities).await
    }

    async fn read(&self, connection: &Connection, template: &str, entities: &[String]) -> Result<Vec<Adopted>> {
        let statement = filled(template, &self.quoted(), &[]);
        let rows = connection.query(&statement, &[&entities]).await?;
        rows.iter()
            .map(|row| {
                let wrong = |what: &str| {
                    Error::new(Kind::Drift, format!("the mappings table holds {what}"))
                        .at(At::Table, self.table.full_name())
                };
                let id: Option<String> = row.try_get("legacy_id")?;
                let key: Option<String> = row.try_get("legacy_key")?;
                let number = id.as_ref().and_then(|id| id.parse().ok());
                let uuid: Option<String> = row.try_get("uuid")?;
                Ok(Adopted {
                    entity: row.try_get("entity")?,
                    key: match (key, number, id) {
                        (Some(key), _, _) => AdoptedKey::Text(key),
                        (None, Some(number), _) => AdoptedKey::Int(number),
                        (None, None, Some(id)) => AdoptedKey::Text(id),
                        (None, None, None) => return Err(wrong("a row without a legacy key")),
                    },
                    uuid: uuid
                        .and_then(|uuid| Uuid::parse_str(&uuid).ok())
                        .ok_or_else(|| wrong("an entity_uuid that is no UUID"))?,
                })
            })
            .collect()
    }
}
