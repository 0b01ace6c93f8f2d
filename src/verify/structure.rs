//! Owns whether the tables still have what they had when the run ended: columns, constraints, indexes, triggers, policies and
//! sequences. What is new is no news. Must not know: rows.

use std::collections::{BTreeMap, BTreeSet};

use super::Context;
use super::found::{Altered, Verification};
use crate::error::Result;
use crate::ledger;
use crate::server::Connection;
use crate::server::sql::{fill, quote_ident, quote_table};
use crate::target::{Object, Table, TableName, structure};

const SEQUENCE: &str = include_str!("../../sql/control/verify/sequence.sql");

/// Compares the structure of all tables of the run, and of the mappings.
pub(super) async fn all(context: &Context<'_>, connection: &Connection, found: &mut Verification) -> Result<()> {
    let tables = context.subject.flows.iter().filter_map(|flow| context.catalog.table(&flow.target));
    let tables: BTreeMap<TableName, &Table> =
        tables.map(|table| ((table.schema.clone(), table.name.clone()), table)).collect();
    let mappings = context.catalog.qualify(context.subject.mappings);
    let names: BTreeSet<TableName> = tables.keys().cloned().chain([mappings]).collect();
    let now = structure(connection, &names.iter().cloned().collect::<Vec<_>>()).await?;
    for name in &names {
        let full = format!("{}.{}", name.0, name.1);
        let Some(noted) = context.noted.get(name) else {
            found.unknown.push(format!(
                "which constraints, indexes and triggers {full} had when the run ended: nobody noted it"
            ));
            continue;
        };
        let now = now.get(name).map(Vec::as_slice).unwrap_or_default();
        found.structure.extend(altered(&full, &noted.structure, now));
    }
    let left = ledger::sequences_left(connection, context.subject.run).await?;
    for table in tables.values() {
        for column in &table.columns {
            let Some(sequence) = &column.sequence else { continue };
            if !["int2", "int4", "int8", "numeric"].contains(&column.ty.base().name.as_str()) {
                continue;
            }
            context.cancel.check()?;
            let values =
                [("table", &*quote_table(&table.schema, &table.name)), ("column", &*quote_ident(&column.name))];
            let Some(row) = connection.query_opt(&fill(SEQUENCE, &values), &[sequence]).await? else { continue };
            if !row.try_get::<_, bool>("known")? {
                found.unknown.push(format!("where the sequence {sequence} stands: this role may not look at it"));
                continue;
            }
            let (last, ascending): (Option<i64>, bool) = (row.try_get("last")?, row.try_get("ascending")?);
            let is_back = left.get(sequence).is_some_and(|left| match last {
                None => true,
                Some(last) => {
                    if ascending {
                        last < *left
                    } else {
                        last > *left
                    }
                }
            });
            let what = if row.try_get::<_, bool>("behind")? {
                "behind"
            } else if is_back {
                "moved back"
            } else {
                continue;
            };
            found.structure.push(Altered {
                table: table.full_name(),
                sort: "sequence".to_owned(),
                name: sequence.clone(),
                what: what.to_owned(),
            });
        }
    }
    found.structure.sort();
    found.structure.dedup();
    Ok(())
}

fn altered(table: &str, before: &[Object], now: &[Object]) -> Vec<Altered> {
    let one = |was: &Object| {
        let is = now.iter().find(|is| is.sort == was.sort && is.name == was.name);
        let what = match is {
            None => "gone",
            Some(is) if is.definition != was.definition => "changed",
            Some(is) if is.state == was.state => return None,
            Some(is) => match is.state.as_str() {
                state @ ("disabled" | "not valid") => state,
                _ => "changed",
            },
        };
        Some(Altered { table: table.to_owned(), sort: was.sort.clone(), name: was.name.clone(), what: what.to_owned() })
    };
    before.iter().filter_map(one).collect()
}
