//! Owns the shape of a source: a snapshot of its catalog, with all tables and columns and without a row.
//! Must not know: flows, or what is asked of the shape.

use super::catalog::{self, Listed};
use super::moment::{origin, settings};
use super::select::readable;
use super::{Options, sql};
use crate::error::{At, Context, Error, Result};
use crate::name::Named;
use crate::server::{Address, Connection};
use crate::snapshot::{Snapshot, TableHeader, Writer};
use crate::storage::Location;

/// A table that is left out of a shape, since its rows could not be read, and why.
#[derive(Debug, Clone)]
pub struct Unread {
    pub schema: String,
    pub name: String,
    pub why: Error,
}

/// A snapshot without rows, and the tables that could not be part of it.
#[derive(Debug, Clone)]
pub struct Shape {
    pub snapshot: Snapshot,
    pub unread: Vec<Unread>,
}

/// Reads a source's catalog into a snapshot at `location`: the tables of `schemas` (all, where there are none), and the
/// tables, views and foreign tables that are `named`. No row is read, and no table is locked.
///
/// # Errors
/// [`crate::error::Kind::Retryable`] for a server that cannot be reached, [`crate::error::Kind::Auth`]; what the disk
/// says. Tables that this role may not read, or that have a column which cannot be carried, are a result.
pub async fn shape(address: &Address, schemas: &[String], named: &[Named], location: Location) -> Result<Shape> {
    let server = address.connect("rehome check").await?;
    let writer = Writer::create(location).await?;
    match read(&server, address, schemas, named, &writer).await.at(At::Server, address.to_string()) {
        Ok((origin, entries, unread)) => Ok(Shape { snapshot: writer.publish(origin, entries).await?, unread }),
        Err(error) => {
            writer.abandon().await;
            Err(error)
        }
    }
}

type Found = (crate::snapshot::Origin, Vec<crate::snapshot::Table>, Vec<Unread>);

async fn read(
    server: &Connection,
    address: &Address,
    schemas: &[String],
    named: &[Named],
    writer: &Writer,
) -> Result<Found> {
    let identity = server.query_one(sql::IDENTITY, &[]).await.ok();
    server.batch_execute(sql::BEGIN).await?;
    // As readers of rows: names of types must not depend on whose search path it is.
    server.query_one(&settings(&Options::default()), &[]).await?;
    let row = server.query_one(sql::EXPORT, &[]).await?;
    let digits: i32 = row.try_get("money_digits")?;
    let digits = u8::try_from(digits).unwrap_or_default();
    let listed = catalog::list(server).await?;
    let of_schemas = |table: &Listed| schemas.is_empty() || schemas.contains(&table.schema);
    let is_named = |table: &Listed| named.iter().any(|named| named.name.fits(&table.schema, &table.name));
    let chosen = listed.into_iter().filter(of_schemas).filter(|table| table.sort.is_table() || is_named(table));
    let mut unread = Vec::new();
    let mut open = Vec::new();
    for table in chosen {
        match readable(std::slice::from_ref(&table)) {
            Ok(()) => open.push(table),
            Err(why) => unread.push(Unread { schema: table.schema, name: table.name, why }),
        }
    }
    let described = match catalog::describe(server, open.clone(), digits).await {
        Ok(tables) => tables,
        Err(_) => one_by_one(server, open, digits, &mut unread).await?,
    };
    let mut entries = Vec::with_capacity(described.len());
    for table in described {
        let (schema, name) = (table.listed.schema.clone(), table.listed.name.clone());
        let header = TableHeader { schema, name, key: table.identity(), sorted_by: Vec::new() };
        let file = writer.put_part(&header, 0, table.schema(), &[]).await?;
        entries.push(header.table(&table.schema(), vec![file]));
    }
    server.batch_execute(sql::ROLLBACK).await?;
    Ok((origin(&row, identity.as_ref(), address)?, entries, unread))
}

/// Describes each table alone, where one of them cannot be described.
async fn one_by_one(
    server: &Connection,
    tables: Vec<Listed>,
    digits: u8,
    unread: &mut Vec<Unread>,
) -> Result<Vec<catalog::Table>> {
    let mut described = Vec::with_capacity(tables.len());
    for table in tables {
        let (schema, name) = (table.schema.clone(), table.name.clone());
        match catalog::describe(server, vec![table], digits).await {
            Ok(tables) => described.extend(tables),
            Err(why) if server.is_closed() => return Err(why),
            Err(why) => unread.push(Unread { schema, name, why }),
        }
    }
    Ok(described)
}
