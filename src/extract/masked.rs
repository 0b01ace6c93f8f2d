//! Owns which columns of a source are masked, and how: by the patterns that the user wrote, and by what refers to what.
//! Must not know: what a mask does to a value. What a rule cannot do to a column is an error before any row is read.

mod tied;

use std::collections::{BTreeMap, BTreeSet};

use tokio_postgres::types::{FromSql, Type};

use super::catalog::{self, Listed, Table};
use super::column::{Texts, column};
use super::select::{fits_name, matches, nearest};
use super::sql;
use crate::error::{At, Context, Error, Result};
use crate::mask::{Fixed, Kind, Mask, Rule, Secret, Way};
use crate::server::Connection;
use crate::server::sql::{fill, quote_literal};
use crate::snapshot::{Masked, MaskedColumn};

/// What is masked, and the secret that it is masked with.
#[derive(Debug, Clone)]
pub struct Masking {
    /// By pattern: `table.column` or `schema.table.column`, with `*` for any characters.
    pub rules: BTreeMap<String, Rule>,
    pub secret: Secret,
}

/// A column, by the places of its table and of itself.
type Place = (usize, usize);

/// The rule of a column.
#[derive(Debug, Clone)]
struct Chosen {
    rule: Rule,
    /// The column whose rule it follows.
    follows: Option<Place>,
}

/// Gives the tables' columns their masks, and tells which they are.
///
/// # Errors
/// [`crate::error::Kind::Config`] naming the column for a rule that its type, its NOT NULL, its key or its foreign keys do not
/// allow, for patterns that contradict each other, and for those that fit nothing; what the server says.
pub(super) async fn apply(server: &Connection, tables: &mut [Table], masking: &Masking) -> Result<Masked> {
    let mut chosen = by_pattern(tables, &masking.rules)?;
    unknown_patterns(server, tables, &masking.rules).await?;
    tied::follow(server, tables, &mut chosen).await?;
    for (place, Chosen { rule, .. }) in &chosen {
        suits(tables, *place, rule)?;
    }
    let not_unique = not_unique(server, tables, &chosen).await?;
    let mut columns = Vec::new();
    for ((table, at), Chosen { rule, follows }) in chosen {
        let name =
            |(table, at): Place| format!("{}.{}", tables[table].listed.qualified(), tables[table].columns[at].name);
        let follows = follows.map(name);
        let Some(mask) = mask(server, &tables[table], at, &rule, &masking.secret).await? else { continue };
        columns.push(MaskedColumn {
            table: tables[table].listed.qualified(),
            column: tables[table].columns[at].name.clone(),
            rule: rule.name().to_owned(),
            follows,
        });
        tables[table].columns[at].mask = Some(mask);
    }
    Ok(Masked { columns, not_unique })
}

/// The patterns' rules. One without `*` goes before those with it.
fn by_pattern(tables: &[Table], rules: &BTreeMap<String, Rule>) -> Result<BTreeMap<Place, Chosen>> {
    let mut chosen = BTreeMap::new();
    for (at_table, table) in tables.iter().enumerate() {
        for (at, column) in table.columns.iter().enumerate().filter(|(_, column)| column.piece.is_none()) {
            let mut fitting: Vec<(&String, &Rule)> =
                rules.iter().filter(|(pattern, _)| fits(pattern, &table.listed, &column.name)).collect();
            if fitting.iter().any(|(pattern, _)| !pattern.contains('*')) {
                fitting.retain(|(pattern, _)| !pattern.contains('*'));
            }
            let Some((first, rule)) = fitting.first() else { continue };
            if let Some((other, _)) = fitting.iter().find(|(_, other)| other != rule) {
                return Err(Error::config(format!("[mask] has two rules for it, by \"{first}\" and by \"{other}\""))
                    .at(At::Column, &column.name)
                    .at(At::Table, table.listed.qualified())
                    .hint("name the column without *: such a rule goes before patterns"));
            }
            chosen.insert((at_table, at), Chosen { rule: (*rule).clone(), follows: None });
        }
    }
    Ok(chosen)
}

fn fits(pattern: &str, table: &Listed, column: &str) -> bool {
    pattern
        .rsplit_once('.')
        .is_some_and(|(of_table, of_column)| matches(of_column, column) && fits_name(of_table, table))
}

/// A pattern that fits nothing is a mistake, unless its table is only not read this time.
async fn unknown_patterns(server: &Connection, tables: &[Table], rules: &BTreeMap<String, Rule>) -> Result<()> {
    let fits_any = |pattern: &str| {
        tables.iter().any(|table| table.columns.iter().any(|column| fits(pattern, &table.listed, &column.name)))
    };
    for pattern in rules.keys().filter(|pattern| !fits_any(pattern)) {
        let Some((of_table, of_column)) = pattern.rsplit_once('.') else {
            return Err(Error::config(format!("\"{pattern}\" under [mask] names no table"))
                .hint("patterns are table.column or schema.table.column; *.column is the column of every table"));
        };
        let among: Vec<&Table> = tables.iter().filter(|table| fits_name(of_table, &table.listed)).collect();
        if among.is_empty() && catalog::list(server).await?.iter().any(|table| fits_name(of_table, table)) {
            continue;
        }
        let error = Error::config(format!("\"{pattern}\" under [mask] fits no column of the source"));
        let columns = among.iter().flat_map(|table| &table.columns).map(|column| column.name.clone());
        return Err(match nearest(of_column, columns) {
            Some(near) => error.hint(format!("did you mean \"{of_table}.{near}\"?")),
            None => error.hint("remove it, or correct it: what is not masked is stored as it is"),
        });
    }
    Ok(())
}

/// Can the rule be applied to the column?
fn suits(tables: &[Table], (table, at): Place, rule: &Rule) -> Result<()> {
    let (table, column) = (&tables[table], &tables[table].columns[at]);
    let refuse = |why: String, hint: &str| {
        Err(Error::config(format!("the rule \"{}\" cannot mask it ({}): {why}", rule.name(), column.shown))
            .at(At::Column, &column.name)
            .at(At::Table, table.listed.qualified())
            .hint(hint))
    };
    if let Some(why) = rule.manner().and_then(|manner| manner.refuses(&column.kind)) {
        return refuse(
            why,
            "\"format\" keeps texts and numbers as long as they are; \"null\" and { fixed = … } take every type",
        );
    }
    let is_key = table.key.contains(&column.name);
    match rule {
        Rule::Way(Way::Null) if !column.nullable => {
            refuse("it is NOT NULL".to_owned(), "use { fixed = … }, \"hash\" or \"format\"")
        }
        Rule::Way(Way::Null) | Rule::Fixed(_) if is_key => {
            refuse("rows are told apart by it".to_owned(), "use \"hash\" or \"format\": they keep rows apart")
        }
        Rule::Fixed(Fixed { fixed }) => match &column.kind {
            Kind::Text { length: Some(length), .. } if fixed.to_string().chars().count() > *length as usize => {
                refuse("the value is longer than its type allows".to_owned(), "give a shorter one")
            }
            _ => Ok(()),
        },
        Rule::Way(_) => Ok(()),
    }
}

/// The unique indexes that may not hold for masked rows.
async fn not_unique(server: &Connection, tables: &[Table], chosen: &BTreeMap<Place, Chosen>) -> Result<Vec<String>> {
    let oids: Vec<u32> = tables.iter().map(|table| table.listed.oid).collect();
    let mut told = BTreeSet::new();
    for row in server.query(sql::UNIQUE, &[&oids]).await? {
        let oid: u32 = row.try_get("table_oid")?;
        let (name, columns): (String, Vec<String>) = (row.try_get("name")?, row.try_get("columns")?);
        let plain: bool = row.try_get("plain")?;
        let Some(at_table) = tables.iter().position(|table| table.listed.oid == oid) else { continue };
        let table = &tables[at_table];
        let doubtful = columns.iter().any(|column| {
            let at = table.columns.iter().position(|known| known.name == *column);
            match at.and_then(|at| chosen.get(&(at_table, at))).map(|chosen| &chosen.rule) {
                None | Some(Rule::Way(Way::Keep)) => false,
                // NULLs are not equal; in a key of several columns the others still have to tell rows apart.
                Some(Rule::Way(Way::Null)) => !plain,
                Some(Rule::Fixed(_)) => true,
                Some(Rule::Way(Way::Hash | Way::Format)) => !plain,
            }
        });
        if doubtful {
            told.insert(format!("{}: {name}", table.listed.qualified()));
        }
    }
    for index in &told {
        log::warn!("masked rows may contradict a unique index of {index}");
    }
    Ok(told.into_iter().collect())
}

/// The mask of a column; None for one that is kept.
async fn mask(server: &Connection, table: &Table, at: usize, rule: &Rule, secret: &Secret) -> Result<Option<Mask>> {
    let column = &table.columns[at];
    Ok(match rule {
        Rule::Way(Way::Keep) => None,
        Rule::Way(Way::Null) => Some(Mask::Null),
        Rule::Way(Way::Hash | Way::Format) => {
            rule.manner().map(|manner| Mask::Apart { manner, kind: column.kind.clone(), secret: secret.clone() })
        }
        Rule::Fixed(Fixed { fixed }) => Some(
            value(server, column, &fixed.to_string())
                .await
                .at(At::Column, &column.name)
                .at(At::Table, table.listed.qualified())?,
        ),
    })
}

/// A value's binary form, whatever its type.
struct Raw(Vec<u8>);

impl<'a> FromSql<'a> for Raw {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(raw.to_owned()))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// A fixed value: the server reads it as one of the column's type.
async fn value(server: &Connection, of: &catalog::Column, value: &str) -> Result<Mask> {
    let refused = || {
        Error::config(format!("the fixed value is none of the type {}", of.shown))
            .hint("write it as PostgreSQL would read it from a quoted text")
    };
    let stands = catalog::Column { name: "rehome_value".to_owned(), ..of.clone() };
    let query = fill(
        sql::FIXED,
        &[
            ("column", &stands.selected()?),
            ("text", &sql::of_column("text", &stands.name)?),
            ("value", &quote_literal(value)),
            ("type", &of.shown),
        ],
    );
    let row = server
        .query_one(&query, &[])
        .await
        .map_err(|error| if server.is_closed() { error.into() } else { refused() })?;
    let (Raw(exact), text) = (row.try_get("exact")?, row.try_get("text")?);
    let mut made = column(&of.carry, Texts::Valid, false);
    made.element(Some(&exact)).map_err(|_| refused())?;
    Ok(Mask::Fixed { exact: made.finish()?, text })
}
