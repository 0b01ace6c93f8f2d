//! Owns a part of a source that stands for the whole: which tables are read in part, which of their rows, and how many there are
//! in all. Must not know: what is done with the rows.
//!
//! Blocks are taken, as the server finds them, of tables that refer to no other table that is cut; of the others, the rows whose
//! parents are taken. So rows of a sample have their parents in it, as far as the source declares who they are.

use std::collections::{BTreeMap, BTreeSet};

use super::catalog::{self, Sort, Table};
use super::select::{self, Asked};
use super::{Options, sql};
use crate::cancel::Cancel;
use crate::error::Result;
use crate::server::Address;
use crate::server::sql::{fill, quote_ident};

/// Up to so many rows, the planner's estimate is not worth its doubt: rows are counted.
const COUNTED: i64 = 1_000_000;
/// The files of a table that is cut: as many as whole tables have, so that as many threads find work.
const FILES: u64 = 4;
const FEWEST_ROWS: u64 = 1_024;

/// What is read of a source.
#[derive(Debug, Clone)]
pub struct Sampled {
    /// Of tables with more than `few` rows, so much.
    pub share: f64,
    pub few: u64,
    /// The rows of all tables, as [`count`] gives them.
    pub rows: Vec<Counted>,
}

/// How many rows a table has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    pub schema: String,
    pub name: String,
    pub rows: u64,
    /// They were counted, and not estimated by the planner.
    pub exact: bool,
}

/// Which rows of a table are read.
#[derive(Debug, Clone)]
pub(super) struct Cut {
    /// What stands behind the table's name.
    pub clause: String,
    pub condition: String,
    /// Rows of a file.
    pub file_rows: usize,
}

/// A foreign key of one column that every row has, between tables that are cut.
struct Parent {
    table: u32,
    column: String,
    key: String,
}

/// Counts the rows of what would be read. Views and foreign tables are left out: to count them may cost as much as to read them.
///
/// # Errors
/// What choosing the tables meets, and what the server says.
pub async fn count(address: &Address, options: &Options, cancel: &Cancel) -> Result<Vec<Counted>> {
    let server = address.connect("rehome sample").await?;
    let Options { schemas, tables, named, exclude, .. } = options;
    let chosen = select::select(&catalog::list(&server).await?, &Asked { schemas, tables, named, exclude })?;
    let mut counted = Vec::new();
    for table in chosen.iter().filter(|table| !matches!(table.sort, Sort::View | Sort::ForeignTable)) {
        cancel.check()?;
        let exact = table.estimate <= COUNTED;
        let rows = if exact {
            server.query_one(&fill(sql::COUNT_ALL, &[("table", &table.relation()?)]), &[]).await?.try_get("rows")?
        } else {
            table.estimate
        };
        let (schema, name) = (table.schema.clone(), table.name.clone());
        counted.push(Counted { schema, name, rows: u64::try_from(rows).unwrap_or(0), exact });
    }
    Ok(counted)
}

/// Says of each table that is cut which of its rows are read.
///
/// # Errors
/// What the server says.
pub(super) async fn cut(
    server: &crate::server::Connection,
    mut tables: Vec<Table>,
    sampled: &Sampled,
    most: usize,
) -> Result<Vec<Table>> {
    let rows = |table: &Table| {
        let of = |counted: &&Counted| counted.schema == table.listed.schema && counted.name == table.listed.name;
        sampled.rows.iter().find(of).map_or(0, |counted| counted.rows)
    };
    let large: BTreeMap<u32, (usize, u64)> = tables
        .iter()
        .enumerate()
        .map(|(at, table)| (table.listed.oid, (at, rows(table))))
        .filter(|(_, (_, rows))| *rows > sampled.few)
        .collect();
    let oids: Vec<u32> = large.keys().copied().collect();
    let mut parents: BTreeMap<u32, Parent> = BTreeMap::new();
    for row in server.query(sql::PARENTS, &[&oids]).await? {
        let (child, table): (u32, u32) = (row.try_get("child")?, row.try_get("parent")?);
        let found = Parent { table, column: row.try_get("referring")?, key: row.try_get("referred")? };
        let larger =
            |known: &Parent| large.get(&known.table).map(|(_, rows)| rows) < large.get(&table).map(|(_, rows)| rows);
        if parents.get(&child).is_none_or(larger) {
            parents.insert(child, found);
        }
    }
    let mut cuts = Vec::new();
    for (oid, (at, rows)) in &large {
        let (clause, condition) = rows_of(*oid, &tables, &large, &parents, sampled.share, &mut BTreeSet::new())?;
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "about"
        )]
        let expected = (*rows as f64 * sampled.share) as u64;
        let file_rows = usize::try_from((expected / FILES).max(FEWEST_ROWS)).unwrap_or(most).min(most);
        cuts.push((*at, Cut { clause, condition, file_rows }));
    }
    for (at, cut) in cuts {
        tables[at].cut = Some(cut);
    }
    Ok(tables)
}

/// What follows a table's name in a statement, and the condition, for the rows that are read of it.
fn rows_of(
    oid: u32,
    tables: &[Table],
    large: &BTreeMap<u32, (usize, u64)>,
    parents: &BTreeMap<u32, Parent>,
    share: f64,
    seen: &mut BTreeSet<u32>,
) -> Result<(String, String)> {
    // Tables that refer to each other in a circle are cut where the circle began.
    let parent = parents.get(&oid).filter(|parent| seen.insert(oid) && !seen.contains(&parent.table));
    let place = parent.and_then(|parent| Some((parent, large.get(&parent.table)?.0)));
    let Some((parent, at)) = place else {
        let percent = format!("{:.4}", share * 100.0);
        return Ok((sql::fragment("blocks", &[("percent", &percent)])?, sql::fragment("everything", &[])?));
    };
    let (clause, condition) = rows_of(parent.table, tables, large, parents, share, seen)?;
    let values = [
        ("column", &*quote_ident(&parent.column)),
        ("key", &quote_ident(&parent.key)),
        ("table", &tables[at].listed.relation()?),
        ("sample", &clause),
        ("range", &condition),
    ];
    Ok((String::new(), sql::fragment("of_parents", &values)?))
}
