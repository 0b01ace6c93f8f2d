//! Owns which tables of the source belong to which tables of the target, with a score for each pair.
//! Must not know: values, or how a flow is written.

use super::columns::{Origin, Origins, legacy_model, matched, overlap, stem};
use super::destination::{self, Destination};
use super::known;
use super::source::{self, Source};
use super::words::{likeness, words};

/// From here on, two tables belong together.
const SURE: f64 = 0.5;
/// From here on, a pair is worth a look.
const POSSIBLE: f64 = 0.3;
/// A name alone, or columns alone, must say this much.
const ALONE: f64 = 0.55;
/// Pairs tell more about other pairs: what refers to what is known. So it is gone over this often.
const ROUNDS: usize = 3;
/// Candidates that are shown of a table.
const SHOWN: usize = 3;

/// A source table and a target table that belong together.
#[derive(Debug, Clone)]
pub struct Pair {
    pub source: usize,
    pub target: usize,
    /// From 0 to 1.
    pub score: f64,
    pub origins: Origins,
    /// Only those rows of the source that these columns name: the number of a table, and its column.
    pub role: Vec<(usize, String)>,
    /// Nothing in the source is like the target's table: it adds a row to each row of this source.
    pub added: bool,
}

/// What was found, and what was not.
#[derive(Debug, Clone, Default)]
pub struct Pairs {
    pub pairs: Vec<Pair>,
    /// For each target table without a source: what comes nearest, with scores.
    pub unsure: Vec<(usize, Vec<(usize, f64)>)>,
}

/// Finds the pairs.
#[must_use]
pub fn found(source: &Source, target: &Destination) -> Pairs {
    let mut chosen: Vec<Pair> = Vec::new();
    let mut scored = Vec::new();
    for _ in 0..ROUNDS {
        let known = |from: usize, to: usize| chosen.iter().any(|pair| pair.source == from && pair.target == to);
        scored = scores(source, target, &known);
        chosen = best(source, target, &scored);
        loop {
            let more = roles(source, target, &chosen);
            if more.is_empty() {
                break;
            }
            chosen.extend(more);
        }
    }
    let mut unsure = Vec::new();
    for at in 0..target.tables.len() {
        if chosen.iter().any(|pair| pair.target == at) {
            continue;
        }
        let mut near: Vec<(usize, f64)> = scored
            .iter()
            .filter(|pair| pair.target == at && pair.score >= POSSIBLE)
            .map(|pair| (pair.source, pair.score))
            .collect();
        let extended = extended(target, at, &chosen).filter(|from| !near.iter().any(|(known, _)| known == from));
        near.extend(extended.map(|from| (from, POSSIBLE)));
        near.sort_by(|left, right| right.1.total_cmp(&left.1));
        near.truncate(SHOWN);
        unsure.push((at, near));
    }
    chosen.sort_by_key(|pair| (pair.target, pair.source));
    Pairs { pairs: chosen, unsure }
}

fn scores(source: &Source, target: &Destination, known: &dyn Fn(usize, usize) -> bool) -> Vec<Pair> {
    let mut scored = Vec::new();
    for (from, own) in source.tables.iter().enumerate() {
        if known::left_out(&own.name).is_some() {
            continue;
        }
        for (to, other) in target.tables.iter().enumerate() {
            if !other.writable {
                continue;
            }
            let origins = matched(source, own, other, known);
            let name = name_score(source, own, other);
            let columns = overlap(own, other, &origins);
            let score = match kept_key(source, own, other) {
                Some(true) => 0.7 + 0.3 * columns,
                Some(false) => 0.4 * columns,
                None if name < ALONE && columns < ALONE => 0.9 * (0.5 * name + 0.5 * columns),
                None => (0.55 * name + 0.45 * columns).max(0.85 * columns).max(if name > 0.9 {
                    0.5 + 0.4 * name * columns
                } else {
                    0.0
                }),
            };
            if score >= POSSIBLE {
                scored.push(Pair { source: from, target: to, score, origins, role: Vec::new(), added: false });
            }
        }
    }
    scored.sort_by(|left, right| {
        right.score.total_cmp(&left.score).then((left.source, left.target).cmp(&(right.source, right.target)))
    });
    scored
}

/// One target for a source and one source for a target, the best first; then what has its own column for the key of a table
/// that is taken already.
fn best(source: &Source, target: &Destination, scored: &[Pair]) -> Vec<Pair> {
    let mut chosen: Vec<Pair> = Vec::new();
    for pair in scored.iter().filter(|pair| pair.score >= SURE) {
        let free = !chosen.iter().any(|other| other.source == pair.source || other.target == pair.target);
        if free {
            chosen.push(pair.clone());
        }
    }
    for pair in scored.iter().filter(|pair| pair.score >= SURE) {
        if chosen.iter().any(|other| other.source == pair.source && other.target == pair.target) {
            continue;
        }
        let (own, other) = (&source.tables[pair.source], &target.tables[pair.target]);
        let keeps = kept_key(source, own, other) == Some(true);
        let taken = chosen.iter().any(|chosen| chosen.target == pair.target);
        let of_target = chosen.iter().filter(|chosen| chosen.target == pair.target);
        let alike =
            of_target.clone().all(|chosen| kept_key(source, &source.tables[chosen.source], other) == Some(true));
        if keeps && (!taken || alike) || !taken && name_score(source, own, other) > 0.9 {
            chosen.push(pair.clone());
        }
    }
    chosen
}

/// The source of the table that a target table adds to: each of its rows is of one row of that.
fn extended(target: &Destination, at: usize, chosen: &[Pair]) -> Option<usize> {
    let table = &target.tables[at];
    let adds = |reference: &&destination::Reference| {
        let must = table.column(&reference.column).is_some_and(|column| column.not_null);
        must && reference.table != at && table.is_unique(&reference.column)
    };
    let reference = table.references.iter().find(adds)?;
    chosen.iter().find(|pair| pair.target == reference.table).map(|pair| pair.source)
}

/// Tables that add to another one's rows (a doctor has a profile), and that the source knows only as a name for references
/// (`doctor_id`, which holds keys of users): the rows that are named so belong there.
fn roles(source: &Source, target: &Destination, chosen: &[Pair]) -> Vec<Pair> {
    let mut found = Vec::new();
    for (at, table) in target.tables.iter().enumerate() {
        if !table.writable || chosen.iter().any(|pair| pair.target == at) {
            continue;
        }
        let Some(from) = extended(target, at, chosen) else { continue };
        let mut named = Vec::new();
        for (number, other) in source.tables.iter().enumerate() {
            for reference in &other.references {
                let [column] = reference.columns.as_slice() else { continue };
                let words = other.column(column).map(|column| stem(&column.words)).unwrap_or_default();
                if reference.table == from && words == table.words && reference.to == source.tables[from].key {
                    named.push((number, column.clone()));
                }
            }
        }
        let known = |own: usize, to: usize| chosen.iter().any(|pair| pair.source == own && pair.target == to);
        let mut origins = matched(source, &source.tables[from], table, &known);
        own_row(source, target, (from, at), chosen, &mut origins);
        let added = named.is_empty();
        if !added || keeps_any_key(table) && is_whole(table, &origins) {
            found.push(Pair { source: from, target: at, score: SURE, origins, role: named, added });
        }
    }
    found
}

/// Does the target keep the old key of whatever table its rows are from? Then they are from some table.
fn keeps_any_key(table: &destination::Table) -> bool {
    table.columns.iter().any(|column| column.not_null && legacy_model(&column.words).is_some_and(<[String]>::is_empty))
}

/// Is all that the target demands there?
fn is_whole(table: &destination::Table, origins: &Origins) -> bool {
    let open = table
        .columns
        .iter()
        .zip(origins)
        .filter(|(column, _)| !table.primary.contains(&column.name) && !column.generated);
    open.into_iter().all(|(column, origin)| origin.is_some() || !column.not_null || column.filled)
}

/// The reference of an added row to the row that it adds to: both come from one source row.
fn own_row(source: &Source, target: &Destination, (from, at): (usize, usize), chosen: &[Pair], origins: &mut Origins) {
    let table = &target.tables[at];
    let Some(key) = source.tables[from].single_key() else { return };
    let key = source.tables[from].columns.iter().position(|column| column.name == key.name);
    for reference in &table.references {
        let same = chosen.iter().any(|pair| pair.target == reference.table && pair.source == from);
        let column = table.columns.iter().position(|column| column.name == reference.column);
        if let (true, Some(column), Some(key)) = (same && table.is_unique(&reference.column), column, key)
            && origins[column].is_none()
        {
            origins[column] = Some(Origin::Column { at: key, score: 1.0 });
        }
    }
}

/// Does the target keep old keys of this table's model (`legacy_order_id`), or only those of others? None: it does not say.
fn kept_key(source: &Source, own: &source::Table, other: &destination::Table) -> Option<bool> {
    let mut says = None;
    for column in &other.columns {
        let Some(model) = legacy_model(&column.words).filter(|model| !model.is_empty()) else { continue };
        if model == own.model.as_slice() || model == own.words.as_slice() {
            return Some(true);
        }
        // Only the name of a table that is there says something.
        if source.tables.iter().any(|table| table.model == model || table.words == model) {
            says = Some(false);
        }
    }
    says
}

fn name_score(source: &Source, own: &source::Table, other: &destination::Table) -> f64 {
    let with_schema = words(&format!("{}_{}", other.schema, other.name));
    let other_model = match other.words.first() {
        Some(first) if other.words.len() > 1 && source.prefixes.contains(first) => &other.words[1..],
        _ => other.words.as_slice(),
    };
    let mut score = likeness(&own.words, &other.words);
    if own.words == with_schema {
        score = 1.0;
    }
    score = score.max(0.97 * likeness(&own.model, &other.words));
    score.max(0.97 * likeness(&own.model, other_model))
}
