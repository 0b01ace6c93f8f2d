//! Owns which column of a source table is which of a target table: by names, types, and what they refer to.
//! Must not know: how a value is converted, or how a flow is written.

use super::convert::{Fitness, fitness};
use super::destination;
use super::hierarchy;
use super::source::{self, Source};
use super::words::{count, likeness, opposite, same};

/// Where the value of a target's column comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum Origin {
    /// A column of the source table, and how sure that is, from 0 to 1.
    Column { at: usize, score: f64 },
    /// A boolean column that says the opposite.
    Opposite { at: usize },
    /// The table's key, kept beside the new one: `legacy_id`.
    Key,
    /// The whole row as JSON: `metadata`.
    Row,
    /// First and last name together.
    FullName { first: usize, last: usize },
    /// A column of the row that a reference leads to: `role_name` by `role_id`.
    Through { at: usize, table: usize, column: usize },
    /// The row that a chain of references leads to, where there is but one: an invoice's customer, by its order.
    Far { steps: Vec<Step> },
    /// When the row came about, where the target wants a time and the source has no better one.
    Birth { at: usize },
    /// The row on top of its tree, by the column of the source that names the parent.
    Root { parent: usize },
    /// How far below the root the row is.
    Depth { parent: usize },
    /// A flag that the target's checks want true where this column of the target is NULL.
    Absent { column: usize },
}

/// One reference of a chain: the column, and the table and column that it leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub column: String,
    pub table: usize,
    pub to: String,
}

/// By the number of the target's column.
pub type Origins = Vec<Option<Origin>>;

/// What pairs of tables are known already: does the source table go into the target table?
pub type Paired<'a> = dyn Fn(usize, usize) -> bool + 'a;

/// Below this, two columns have nothing to do with each other.
const LEAST: f64 = 0.5;
const KEPT_ROWS: [&str; 9] =
    ["metadata", "meta", "legacy_data", "legacy_row", "source_row", "raw", "raw_data", "extra", "legacy"];
const LEGACY: [&str; 5] = ["legacy", "old", "source", "original", "former"];

/// Finds for each column of the target where its value comes from.
#[must_use]
pub fn matched(all: &Source, from: &source::Table, to: &destination::Table, paired: &Paired) -> Origins {
    let mut origins: Origins = to.columns.iter().map(|column| special(from, to, column)).collect();
    hierarchy::of_tree(all, from, to, paired, &mut origins);
    let mut candidates: Vec<(f64, usize, usize)> = Vec::new();
    for (target, column) in to.columns.iter().enumerate() {
        if origins[target].is_some() || column.generated || is_own_id(to, column) {
            continue;
        }
        for (at, own) in from.columns.iter().enumerate() {
            let score = score(from, own, to, column, paired);
            candidates.extend((score >= LEAST).then_some((score, target, at)));
        }
    }
    candidates.sort_by(|left, right| right.0.total_cmp(&left.0).then((left.1, left.2).cmp(&(right.1, right.2))));
    let mut taken = vec![false; from.columns.len()];
    for (score, target, at) in candidates {
        if origins[target].is_none() && !taken[at] {
            taken[at] = true;
            origins[target] = Some(Origin::Column { at, score });
        }
    }
    for (target, column) in to.columns.iter().enumerate() {
        if origins[target].is_none() && !column.generated && !is_own_id(to, column) {
            origins[target] = second_thoughts(from, to, column, &taken).or_else(|| through(all, from, to, column));
        }
    }
    only_text_left(from, to, &mut origins, &mut taken);
    for (target, column) in to.columns.iter().enumerate() {
        if origins[target].is_none() && !is_own_id(to, column) {
            origins[target] = far(all, from, to, column, paired);
        }
    }
    hierarchy::left_over(all, from, to, &mut origins);
    origins
}

/// The longest chain of references that is followed.
const FARTHEST: usize = 3;

/// The one shortest chain of references that leads to what a column refers to.
fn far(
    all: &Source,
    from: &source::Table,
    to: &destination::Table,
    column: &destination::Column,
    paired: &Paired,
) -> Option<Origin> {
    let there = to.reference(&column.name)?;
    let wanted = |table: usize| paired(table, there.table);
    if (0..all.tables.len()).any(|at| wanted(at) && std::ptr::eq(&raw const all.tables[at], from)) {
        return None;
    }
    let mut reached: Vec<Vec<Step>> = vec![Vec::new()];
    for length in 1..=FARTHEST {
        let mut further = Vec::new();
        for steps in &reached {
            let at = steps.last().map_or(from, |step| &all.tables[step.table]);
            for reference in &at.references {
                let ([column], [to]) = (reference.columns.as_slice(), reference.to.as_slice()) else { continue };
                if reference.to != all.tables[reference.table].key
                    || steps.iter().any(|step| step.table == reference.table)
                {
                    continue;
                }
                let mut steps = steps.clone();
                steps.push(Step { column: column.clone(), table: reference.table, to: to.clone() });
                further.push(steps);
            }
        }
        let mut found = further.iter().filter(|steps| steps.last().is_some_and(|step| wanted(step.table)));
        match (found.next(), found.next()) {
            // Everything leads to people, if only one goes far enough.
            (Some(steps), None)
                if length == 1 || !steps.last().is_some_and(|step| is_people(&all.tables[step.table])) =>
            {
                return Some(Origin::Far { steps: steps.clone() });
            }
            (Some(_), _) => return None,
            _ => reached = further,
        }
    }
    None
}

fn is_people(table: &source::Table) -> bool {
    let last = table.model.last();
    last.is_some_and(|last| super::references::PEOPLE.contains(&last.as_str()))
}

/// The column that our UUID, or the id of the row, goes to: no value of the source belongs there by its name.
fn is_own_id(to: &destination::Table, column: &destination::Column) -> bool {
    to.primary.len() == 1 && to.primary[0] == column.name
}

/// Columns that are there for a migration: the old key, the whole old row.
fn special(from: &source::Table, to: &destination::Table, column: &destination::Column) -> Option<Origin> {
    if is_own_id(to, column) || column.generated {
        return None;
    }
    let has = from.columns.iter().any(|own| own.name == column.name);
    let is_json = matches!(column.kind, super::kind::Kind::Json | super::kind::Kind::Jsonb);
    if is_json && !has && KEPT_ROWS.contains(&column.name.to_lowercase().as_str()) {
        return Some(Origin::Row);
    }
    let key = from.single_key()?;
    if fitness(&key.kind, &column.kind) == Fitness::None {
        return None;
    }
    let legacy = legacy_model(&column.words)?;
    (legacy.is_empty() || legacy == from.model.as_slice() || legacy == from.words.as_slice()).then_some(Origin::Key)
}

/// The model whose old key a column keeps: `legacy_order_id` is that of `order`, `legacy_id` of whatever the table holds.
#[must_use]
pub fn legacy_model(words: &[String]) -> Option<&[String]> {
    let first = words.first()?;
    let ends = ["id", "pk", "key"].contains(&words.last()?.as_str());
    (words.len() > 1 && ends && LEGACY.contains(&first.as_str())).then(|| &words[1..words.len() - 1])
}

fn score(
    from: &source::Table,
    own: &source::Column,
    to: &destination::Table,
    column: &destination::Column,
    paired: &Paired,
) -> f64 {
    let fits = match fitness(&own.kind, &column.kind) {
        Fitness::None => return reference_score(from, own, to, column, paired),
        Fitness::Same => 1.0,
        Fitness::Cast => 0.93,
        Fitness::Reading => 0.8,
    };
    if legacy_model(&column.words).is_some() {
        return 0.0;
    }
    match (from.reference(&own.name), to.reference(&column.name)) {
        (_, Some(_)) => reference_score(from, own, to, column, paired),
        _ => names(from, &own.words, to, &column.words) * fits,
    }
}

/// A column of keys and a column that refers to rows: what they refer to says more than what they are called.
fn reference_score(
    from: &source::Table,
    own: &source::Column,
    to: &destination::Table,
    column: &destination::Column,
    paired: &Paired,
) -> f64 {
    let Some(there) = to.reference(&column.name) else { return 0.0 };
    if !own.kind.can_be_key() || from.key.as_slice() == std::slice::from_ref(&own.name) {
        return 0.0;
    }
    let name = names(from, &stem(&own.words), to, &stem(&column.words));
    match from.reference(&own.name) {
        Some(here) if paired(here.table, there.table) => 0.75 + 0.25 * name,
        // What it refers to goes elsewhere, or nowhere: only a name that is the same speaks for it.
        Some(_) if name > 0.9 => 0.7,
        None if looks_like_key(&own.words) => name * 0.9,
        None | Some(_) => 0.0,
    }
}

/// Does a name say that there are keys of another table?
#[must_use]
pub fn looks_like_key(words: &[String]) -> bool {
    let last = words.last().map(String::as_str);
    matches!(last, Some("id" | "uuid" | "fk" | "ref" | "pk" | "ptr" | "by" | "key" | "code" | "no"))
        || words.first().is_some_and(|first| first == "fk")
}

/// The words of a column without those that only say that it refers to a row.
#[must_use]
pub fn stem(words: &[String]) -> Vec<String> {
    let mut stem = words.to_vec();
    while stem.len() > 1
        && stem.last().is_some_and(|last| ["id", "uuid", "fk", "ref", "pk", "ptr"].contains(&last.as_str()))
    {
        stem.pop();
    }
    if stem.len() > 1 && stem[0] == "fk" {
        stem.remove(0);
    }
    stem
}

/// How alike the names of two columns are, from 0 to 1.
fn names(from: &source::Table, own: &[String], to: &destination::Table, column: &[String]) -> f64 {
    if own == column {
        return 1.0;
    }
    let (left, right) = (bare(own), bare(column));
    if left == right && !left.is_empty() {
        return 0.96;
    }
    if left.len() == right.len() && left.iter().zip(&right).all(|(left, right)| same(left, right)) && !left.is_empty() {
        return 0.85;
    }
    // The table's own name in a column's: invoice.number, invoices.invoice_number.
    let without = |words: &[String], table: &[String]| -> Vec<String> {
        let found = words.len() > table.len() && !table.is_empty() && words.starts_with(table);
        if found { words[table.len()..].to_vec() } else { words.to_vec() }
    };
    let last = |words: &[String]| words.last().cloned().into_iter().collect::<Vec<_>>();
    for (left_table, right_table) in [(&from.model, &to.words), (&last(&from.model), &last(&to.words))] {
        let (short_left, short_right) = (bare(&without(&left, left_table)), bare(&without(&right, right_table)));
        if short_left == short_right && !short_left.is_empty() {
            return 0.9;
        }
    }
    // A unit or a kind at the end: size, size_bytes.
    let (short, long) = if left.len() < right.len() { (&left, &right) } else { (&right, &left) };
    if !short.is_empty() && long.len() == short.len() + 1 && long.starts_with(short) {
        return 0.78;
    }
    if !short.is_empty() && long.len() == short.len() + 1 && long.ends_with(short) {
        return 0.62;
    }
    0.8 * likeness(&left, &right)
}

/// A column's words without those that say what sort of value it is: `is_active`, `created_at`, `date_created`.
fn bare(words: &[String]) -> Vec<String> {
    let noise = ["is", "has", "was", "at", "on", "date", "time", "datetime", "timestamp", "the", "dt", "ts"];
    let bare: Vec<String> = words.iter().filter(|word| !noise.contains(&word.as_str())).cloned().collect();
    if bare.is_empty() { words.to_vec() } else { bare }
}

/// What is not the same column, but says the same.
fn second_thoughts(
    from: &source::Table,
    to: &destination::Table,
    column: &destination::Column,
    taken: &[bool],
) -> Option<Origin> {
    use super::kind::Kind;
    if column.kind == Kind::Bool {
        let is = |own: &source::Column| own.kind == Kind::Bool && opposite(&own.words, &column.words);
        return from.columns.iter().position(is).map(|at| Origin::Opposite { at });
    }
    let named = |words: &[&str]| {
        from.columns
            .iter()
            .position(|own| own.kind.is_text() && own.words.iter().map(String::as_str).eq(words.iter().copied()))
    };
    if column.kind.is_text() && (column.words == ["full", "name"] || column.words == ["display", "name"]) {
        let first = named(&["first", "name"]).or_else(|| named(&["given", "name"]))?;
        let last = named(&["last", "name"]).or_else(|| named(&["family", "name"])).or_else(|| named(&["surname"]))?;
        return Some(Origin::FullName { first, last });
    }
    let wants = !column.filled && (column.not_null || column.words == ["updated", "at"]);
    if column.kind.is_time() && wants && to.reference(&column.name).is_none() {
        let born =
            |own: &source::Column| own.kind.is_time() && bare(&own.words).iter().any(|word| same(word, "created"));
        return from.columns.iter().position(born).map(|at| Origin::Birth { at });
    }
    // One column may serve twice where both names say so: a source's `name` for `name` and `full_name`.
    let again = from.columns.iter().enumerate().filter(|(at, _)| taken[*at]).find(|(_, own)| {
        own.kind.is_text() && column.kind.is_text() && column.not_null && !column.filled && own.words == column.words
    });
    again.map(|(at, _)| Origin::Column { at, score: LEAST })
}

/// A column that repeats what the row of a reference says: the reference's name and that row's column make up its own.
fn through(
    all: &Source,
    from: &source::Table,
    to: &destination::Table,
    column: &destination::Column,
) -> Option<Origin> {
    if to.reference(&column.name).is_some() || column.words.len() < 2 {
        return None;
    }
    from.columns.iter().enumerate().find_map(|(at, own)| {
        let reference = from.reference(&own.name)?;
        let other = &all.tables[reference.table];
        let (stem, single) = (stem(&own.words), other.key == reference.to && other.single_key().is_some());
        let rest = column.words.strip_prefix(stem.as_slice()).filter(|rest| single && !rest.is_empty())?;
        let is = |there: &source::Column| there.words == rest && fitness(&there.kind, &column.kind) != Fitness::None;
        let found = other.columns.iter().position(is)?;
        Some(Origin::Through { at, table: reference.table, column: found })
    })
}

/// Where one long text is left on either side, the one is the other.
fn only_text_left(from: &source::Table, to: &destination::Table, origins: &mut Origins, taken: &mut [bool]) {
    use super::kind::Kind;
    let long = |own: &source::Column| matches!(own.kind, Kind::Text(None));
    let left: Vec<usize> = (0..from.columns.len())
        .filter(|at| !taken[*at] && long(&from.columns[*at]) && !from.key.contains(&from.columns[*at].name))
        .collect();
    let open: Vec<usize> = (0..to.columns.len())
        .filter(|at| origins[*at].is_none() && !is_own_id(to, &to.columns[*at]))
        .filter(|at| {
            matches!(to.columns[*at].kind, Kind::Text(None)) && to.columns[*at].not_null && !to.columns[*at].filled
        })
        .collect();
    if let ([own], [column]) = (left.as_slice(), open.as_slice()) {
        taken[*own] = true;
        origins[*column] = Some(Origin::Column { at: *own, score: LEAST });
    }
}

/// How much of two tables is the same, from 0 to 1: the share of columns with a counterpart, on both sides. Columns that
/// any table has count less.
#[must_use]
pub fn overlap(from: &source::Table, to: &destination::Table, origins: &Origins) -> f64 {
    let common = |words: &[String]| {
        bare(words).iter().all(|word| ["id", "created", "updated", "metadata"].contains(&word.as_str()))
    };
    let weight = |words: &[String]| if common(words) { 0.2 } else { 1.0 };
    let found = |origin: &Option<Origin>| match origin {
        Some(Origin::Column { score, .. }) => *score,
        Some(
            Origin::Opposite { .. }
            | Origin::FullName { .. }
            | Origin::Through { .. }
            | Origin::Root { .. }
            | Origin::Depth { .. }
            | Origin::Absent { .. },
        ) => 0.7,
        _ => 0.0,
    };
    let of_target: Vec<(f64, f64)> = to
        .columns
        .iter()
        .zip(origins)
        .filter(|(column, origin)| {
            !column.generated && !matches!(origin, Some(Origin::Key | Origin::Row)) && !is_own_id(to, column)
        })
        // What the target fills by itself is not missed.
        .filter(|(column, origin)| origin.is_some() || !column.filled && legacy_model(&column.words).is_none())
        .map(|(column, origin)| (weight(&column.words), weight(&column.words) * found(origin)))
        .collect();
    let used = |at: usize| {
        origins.iter().any(|origin| match origin {
            Some(Origin::Column { at: own, .. } | Origin::Opposite { at: own } | Origin::Through { at: own, .. }) => {
                *own == at
            }
            Some(Origin::Far { steps }) => steps.first().is_some_and(|step| step.column == from.columns[at].name),
            Some(Origin::FullName { first, last }) => *first == at || *last == at,
            _ => false,
        })
    };
    let of_source = from.columns.iter().enumerate().filter(|(_, own)| !from.key.contains(&own.name));
    let of_source: Vec<(f64, f64)> =
        of_source.map(|(at, own)| (weight(&own.words), if used(at) { weight(&own.words) } else { 0.0 })).collect();
    let share = |parts: &[(f64, f64)]| {
        let whole: f64 = parts.iter().map(|(weight, _)| weight).sum();
        if whole > 0.0 { parts.iter().map(|(_, found)| found).sum::<f64>() / whole } else { 0.0 }
    };
    let (target, source) = (share(&of_target), share(&of_source));
    // Two columns that agree say less than ten.
    let enough = (count(of_target.len().min(of_source.len())) / 3.0).min(1.0);
    enough * 2.0 * target * source / (target + source).max(f64::MIN_POSITIVE)
}
