//! Owns what columns of the source refer to, where the source does not say it: guessed by names, and counted in the values.
//! Must not know: how a flow is written.

use super::columns::{looks_like_key, stem};
use super::kind::Kind;
use super::source::{Reference, Source, Table};
use super::statistics::Statistics;
use super::words::{count, likeness};
use crate::error::Result;

/// The least share of values that must be there in the other table, for a guess to stand.
const LEAST: f64 = 0.5;
/// Tables of people, to which columns such as `author_id` and `created_by` refer.
pub const PEOPLE: [&str; 6] = ["user", "account", "person", "member", "profile", "customer"];

/// Guesses what columns refer to that no foreign key is about, and counts how many values of each resolve.
///
/// # Errors
/// What querying the snapshot meets.
pub async fn guess(source: &mut Source, statistics: &Statistics<'_>) -> Result<()> {
    for at in 0..source.tables.len() {
        let mut found = Vec::new();
        for column in 0..source.tables[at].columns.len() {
            found.extend(guessed(source, at, column, statistics).await?);
        }
        source.tables[at].references.extend(found);
    }
    count_declared(source, statistics).await
}

async fn count_declared(source: &mut Source, statistics: &Statistics<'_>) -> Result<()> {
    for at in 0..source.tables.len() {
        for number in 0..source.tables[at].references.len() {
            let table = &source.tables[at];
            let reference = &table.references[number];
            if let ([column], [to], None) = (reference.columns.as_slice(), reference.to.as_slice(), reference.resolved)
            {
                let other = &source.tables[reference.table];
                let counted = statistics.resolves((&table.in_sql(), column), (&other.in_sql(), to)).await?;
                source.tables[at].references[number].resolved = Some(counted);
            }
        }
    }
    Ok(())
}

async fn guessed(source: &Source, at: usize, column: usize, statistics: &Statistics<'_>) -> Result<Option<Reference>> {
    let table = &source.tables[at];
    let own = &table.columns[column];
    let is_key = table.key.as_slice() == std::slice::from_ref(&own.name);
    if table.reference(&own.name).is_some() || !own.kind.can_be_key() {
        return Ok(None);
    }
    let mut candidates: Vec<(f64, usize)> = Vec::new();
    for (number, other) in source.tables.iter().enumerate() {
        let Some(key) = other.single_key().filter(|key| alike(&own.kind, &key.kind)) else { continue };
        if is_key && (number == at || !own.words.iter().any(|word| word == "ptr"))
            || number == at && own.name == key.name
        {
            continue;
        }
        let score = fitting(table, &own.words, number == at, other);
        candidates.extend((score > 0.0).then_some((score, number)));
    }
    candidates.sort_by(|left, right| right.0.total_cmp(&left.0).then(left.1.cmp(&right.1)));
    for (_, number) in candidates.into_iter().take(3) {
        let other = &source.tables[number];
        let Some(key) = other.single_key() else { continue };
        let (given, resolved) = statistics.resolves((&table.in_sql(), &own.name), (&other.in_sql(), &key.name)).await?;
        let empty = given == 0 && (table.rows == 0 || other.rows == 0 || own.nullable);
        if empty || given > 0 && share(given, resolved) >= LEAST {
            return Ok(Some(Reference {
                columns: vec![own.name.clone()],
                table: number,
                to: vec![key.name.clone()],
                declared: false,
                resolved: Some((given, resolved)),
            }));
        }
    }
    Ok(None)
}

/// Can values of the two sorts be equal?
fn alike(own: &Kind, key: &Kind) -> bool {
    own == key || own.is_number() && key.is_number() || own.is_text() && key.is_text()
}

/// How well a column's name fits a table, from 0 to 1; 0 where it says nothing of it.
fn fitting(table: &Table, words: &[String], own: bool, other: &Table) -> f64 {
    let stem = stem(words);
    let named = likeness(&stem, &other.model).max(likeness(&stem, &other.words));
    let is_key = looks_like_key(words);
    if named > 0.9 && (is_key || stem.as_slice() == words) {
        return named;
    }
    if !is_key {
        return 0.0;
    }
    // parent_id: a row of the same table.
    if own
        && stem
            .iter()
            .any(|word| ["parent", "root", "previous", "original", "reply", "superior"].contains(&word.as_str()))
    {
        return 0.95;
    }
    // billing_address_id: what a name ends with says what it is.
    if stem.len() > 1 && stem.ends_with(&other.model) {
        return 0.8;
    }
    if other.model.len() > 1 && other.model.ends_with(&stem) && !is_link(other) {
        return 0.6;
    }
    let people = other.model.last().is_some_and(|last| PEOPLE.contains(&last.as_str())) && other.model.len() == 1;
    // Keys of anything, or of another system's rows, are no people's.
    let elsewhere =
        ["object", "external", "ext", "remote", "session", "transaction", "legacy", "old", "content", "api"];
    let role = !stem.iter().any(|word| elsewhere.contains(&word.as_str()));
    // A word that is a table's own name was tried above; what is left is a role that people have.
    if people && role && table.name != other.name { 0.4 } else { 0.0 }
}

/// Does a table do nothing but link others? `office_doctors` links offices and doctors: it holds no doctors.
fn is_link(table: &Table) -> bool {
    let own = |column: &&super::source::Column| !table.key.contains(&column.name);
    let keys = table.columns.iter().filter(own).filter(|column| looks_like_key(&column.words)).count();
    let others =
        table.columns.iter().filter(own).filter(|column| !looks_like_key(&column.words) && !column.kind.is_time());
    keys >= 2 && others.count() < 2
}

/// A share of some values.
#[must_use]
pub fn share(given: u64, found: u64) -> f64 {
    let number = |number: u64| count(usize::try_from(number).unwrap_or(usize::MAX));
    if given == 0 { 1.0 } else { number(found) / number(given) }
}
