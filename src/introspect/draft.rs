//! Owns how a flow is put together: each column's value, what is rejected and why, and what a reader must decide.
//! Must not know: how the file looks.

mod demand;
mod refer;
mod tree;

use std::collections::BTreeMap;

use super::checks;
use super::columns::Origin;
use super::convert::converted;
use super::destination::{self, Destination};
use super::kind::Kind;
use super::known;
use super::labels::{self, Labelled};
use super::plan::{Identity, Plan, Planned, key_sql};
use super::source::{self, CTID, Source};
use super::spelling::{alias, ident, literal, of, plain};
use super::statistics::Statistics;
use super::words::counted;
use crate::error::Result;
use crate::server::sql::fill;

/// A flow, ready to be written.
#[derive(Debug, Clone, Default)]
pub struct Flow {
    /// The alias of the source's rows.
    pub alias: String,
    pub key: String,
    /// What stands before the SELECT.
    pub with: String,
    pub given: Option<String>,
    /// What leads to a reject: the condition, and the outcome's SQL.
    pub branches: Vec<(String, String)>,
    pub warnings: Vec<(String, String)>,
    pub columns: Vec<Column>,
    pub joins: Vec<Join>,
    /// What was decided, a sentence each.
    pub notes: Vec<String>,
    /// What must be decided by somebody who knows.
    pub todos: Vec<String>,
    /// A value needs the zone of the source's clocks.
    pub zone: bool,
    /// A unique key of the target by which rows that are there are found.
    pub matching: Vec<String>,
    /// Columns of the source that go nowhere.
    pub unused: Vec<String>,
}

#[derive(Debug, Clone)]
pub struct Column {
    pub name: String,
    pub sql: String,
    /// What stands above it.
    pub note: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Join {
    pub relation: String,
    pub alias: String,
    /// The two sides of its condition.
    pub on: (String, String),
}

/// What a flow is put together from.
pub struct Drafter<'a> {
    pub source: &'a Source,
    pub target: &'a Destination,
    pub plan: &'a Plan,
    pub statistics: &'a Statistics<'a>,
    at: usize,
    flow: Flow,
    /// What each column of the target gets, as SQL over the source's row alone, for the checks.
    plain: BTreeMap<String, String>,
    /// Conditions over the source's row alone, to be counted: the condition, and what it is about.
    counted: Vec<(String, String)>,
}

impl<'a> Drafter<'a> {
    /// Puts a flow together.
    ///
    /// # Errors
    /// What querying the snapshot meets.
    pub async fn draft(
        (source, target, plan): (&'a Source, &'a Destination, &'a Plan),
        statistics: &'a Statistics<'a>,
        at: usize,
    ) -> Result<Flow> {
        let (plain, counted) = (BTreeMap::new(), Vec::new());
        let mut drafter = Self { source, target, plan, statistics, at, flow: Flow::default(), plain, counted };
        drafter.flow.alias = initial(drafter.from());
        drafter.flow.key = key_sql(drafter.from(), &drafter.flow.alias.clone());
        drafter.identity();
        drafter.role();
        // What follows from other columns comes last.
        let follows = |at: &usize| matches!(drafter.planned().pair.origins[*at], Some(Origin::Absent { .. }));
        let (last, first): (Vec<usize>, Vec<usize>) = (0..drafter.to().columns.len()).partition(follows);
        for column in first.into_iter().chain(last) {
            drafter.column(column).await?;
        }
        drafter.checks().await;
        drafter.existing();
        drafter.unused();
        drafter.count().await?;
        Ok(drafter.flow)
    }

    fn planned(&self) -> &'a Planned {
        &self.plan.flows[self.at]
    }

    fn from(&self) -> &'a source::Table {
        &self.source.tables[self.planned().pair.source]
    }

    fn to(&self) -> &'a destination::Table {
        &self.target.tables[self.planned().pair.target]
    }

    fn own(&self, column: &str) -> String {
        of(&self.flow.alias, column)
    }

    fn identity(&mut self) {
        let key = self.from().single_key();
        match (&self.planned().identity, key) {
            (Identity::Given { column }, Some(key)) => {
                let Some(there) = self.to().column(column) else { return };
                let value = converted(&self.own(&key.name), &key.kind, &there.kind);
                for (misfit, why) in value.misfits {
                    self.reject(misfit, format!("{}_{why}", plain(column)), column);
                }
                self.plain.insert(column.clone(), value.sql.clone());
                self.flow.given = Some(value.sql);
            }
            (Identity::Derived { .. }, _) if self.from().key == [CTID] => {
                self.flow.notes.push(
                    "The source table has no key: a row is known by where it lies (ctid), which holds for one snapshot \
                     only. TODO: name better columns, if some tell the rows apart."
                        .to_owned(),
                );
            }
            _ => {}
        }
        if let Some(parent) = self.planned().shares {
            self.share(parent);
        }
    }

    /// Only the rows that are named somewhere belong here.
    fn role(&mut self) {
        let named = &self.planned().pair.role;
        if self.planned().pair.added {
            let note = format!(
                "No table of the source looks like {}: each row of {} gets one, since that is all it demands. TODO: is that so?",
                self.to().shown,
                self.from().shown()
            );
            self.flow.todos.push(note.replace(" TODO: is that so?", " Is that so?"));
            self.flow.notes.push(note);
        }
        if named.is_empty() {
            return;
        }
        let word = plain(&self.to().words.join("_"));
        let role = format!("named_as_{word}");
        let selects: Vec<String> = named
            .iter()
            .map(|(table, column)| {
                let (table, column) = (self.source.tables[*table].in_sql(), ident(column));
                fill(include_str!("../../sql/control/introspect/named.sql"), &[("table", &table), ("column", &column)])
            })
            .map(|select| select.trim_end().to_owned())
            .collect();
        let selects = selects.join("\n    union\n");
        self.flow.with =
            fill(include_str!("../../sql/control/introspect/role.sql"), &[("role", &role), ("named", &selects)]) + "\n";
        let places: Vec<String> =
            named.iter().map(|(table, column)| format!("{}.{column}", self.source.tables[*table].shown())).collect();
        let note = format!(
            "The source has no table of {}: they are those rows of {} that {} names. TODO: is that so?",
            self.to().shown,
            self.from().shown(),
            places.join(", ")
        );
        self.flow.todos.push(note.replace(" TODO: is that so?", " Is that so?"));
        self.flow.notes.push(note);
        let name = self.join(role.clone(), &format!("as_{word}"), |alias| (format!("{alias}.id"), String::new()));
        self.flow.branches.push((format!("{name}.id is null"), format!("skip({})", literal(&format!("not_a_{word}")))));
    }

    /// The row has the same UUID as another flow's: without that one there is none.
    fn share(&mut self, parent: usize) {
        let other = &self.plan.flows[parent];
        self.flow.notes.push(format!(
            "A row has the same UUID as its row of {}: both are the entity {}.",
            self.target.tables[other.pair.target].shown, other.entity
        ));
        if self.plan.cut.contains(&(self.at, String::new())) {
            return;
        }
        let name = self.join(format!("migrated.{}", ident(&other.name)), &other.entity, |alias| {
            (format!("{alias}._key"), String::new())
        });
        let cause = format!(
            "reject({}, {}, {})",
            literal(&format!("{}_not_migrated", plain(&other.entity))),
            literal(&other.name),
            self.flow.key
        );
        self.flow.branches.push((format!("{name}._key is null"), cause));
    }

    /// Joins a relation on the flow's key, or on what `on` says; gives the alias. The same join twice is one.
    fn join(&mut self, relation: String, named: &str, on: impl Fn(&str) -> (String, String)) -> String {
        let wanted = alias(named);
        let free = |name: &str| name != self.flow.alias && !self.flow.joins.iter().any(|join| join.alias == name);
        let key = self.flow.key.clone();
        let filled = |name: &str| {
            let (left, right) = on(name);
            (left, if right.is_empty() { key.clone() } else { right })
        };
        let twin = self.flow.joins.iter().find(|join| join.relation == relation && filled(&join.alias) == join.on);
        if let Some(twin) = twin {
            return twin.alias.clone();
        }
        let others = (2..100).map(|n| format!("{wanted}_{n}"));
        let name = std::iter::once(wanted.clone()).chain(others).find(|name| free(name));
        let name = name.unwrap_or(wanted);
        let on = filled(&name);
        self.flow.joins.push(Join { relation, alias: name.clone(), on });
        name
    }

    fn reject(&mut self, condition: String, reason: String, about: &str) {
        if self.flow.branches.iter().any(|(known, _)| *known == condition) {
            return;
        }
        self.counted.push((condition.clone(), format!("rejected as {reason} ({about})")));
        self.flow.branches.push((condition, format!("reject({})", literal(&reason))));
    }

    fn put(&mut self, name: &str, sql: String, note: Option<String>) {
        if let Some(note) = note.as_ref().filter(|note| note.contains("TODO")) {
            self.flow.todos.push(format!("{name}: {}", note.replace("TODO: ", "")));
        }
        self.flow.columns.push(Column { name: name.to_owned(), sql, note });
    }

    async fn column(&mut self, number: usize) -> Result<()> {
        let (from, to) = (self.from(), self.to());
        let column = &to.columns[number];
        let made = match &self.planned().identity {
            Identity::Derived { column } | Identity::Given { column } | Identity::Server { column } => Some(column),
            Identity::None { .. } => None,
        };
        if column.generated || made == Some(&column.name) {
            return Ok(());
        }
        let origin = self.planned().pair.origins[number].clone();
        match origin {
            Some(Origin::Column { at, score }) => {
                let own = &from.columns[at];
                if let Some(parent) = self.plan.parent(self.source, self.target, self.at, &column.name, &own.name) {
                    self.refer(own, column, parent).await?;
                } else {
                    self.value(own, column, score).await?;
                }
            }
            Some(Origin::Opposite { at }) => {
                let x = self.own(&from.columns[at].name);
                self.required(&x, &from.columns[at], column);
                self.put(&column.name, format!("not {x}"), None);
            }
            Some(Origin::Key) => {
                let key = from.single_key().map(|key| self.own(&key.name)).unwrap_or_default();
                self.plain.insert(column.name.clone(), key.clone());
                self.put(&column.name, key, None);
            }
            Some(Origin::Row) => self.put(&column.name, format!("row_json({}._row)", self.flow.alias), None),
            Some(Origin::FullName { first, last }) => {
                let part = |at: usize| format!("coalesce({}, '')", self.own(&from.columns[at].name));
                let sql = format!("nullif(trim({} || ' ' || {}), '')", part(first), part(last));
                if column.not_null {
                    self.reject(format!("{sql} is null"), format!("no_{}", plain(&column.name)), &column.name);
                }
                self.put(&column.name, sql, None);
            }
            Some(Origin::Far { steps }) => self.far(&steps, column),
            Some(Origin::Through { at, table, column: there }) => self.through(&from.columns[at], table, there, column),
            Some(Origin::Birth { at }) => {
                let own = &from.columns[at];
                let x = self.own(&own.name);
                let value = converted(&x, &own.kind, &column.kind);
                self.flow.zone |= value.zone;
                self.required(&x, own, column);
                let note = format!("TODO: the source has no such time; {} is when its row came about.", own.name);
                self.put(&column.name, value.sql, Some(note));
            }
            Some(Origin::Root { parent }) => self.of_tree(parent, true, column),
            Some(Origin::Depth { parent }) => self.of_tree(parent, false, column),
            Some(Origin::Absent { column: other }) => self.absent(&to.columns[other].name, column),
            None => self.missing(column),
        }
        Ok(())
    }

    /// A column of the target that the source says nothing of.
    fn missing(&mut self, column: &destination::Column) {
        let to = self.to();
        if let Some((sql, why)) = known::constant(&to.schema, &to.name, &column.name) {
            // The same reason once is enough.
            let note = format!("Supabase: {why}.");
            let told = self.flow.columns.last().is_some_and(|before| {
                before.note.as_ref() == Some(&note) || before.note.is_none() && before.sql == sql
            });
            self.put(&column.name, sql.to_owned(), (!told).then_some(note));
            return;
        }
        let reason = format!("no_{}", plain(&column.name));
        if column.not_null && !column.filled {
            let note = format!(
                "TODO: must not be NULL, and nothing in the source looks like it. Say what it is, and drop '{reason}'."
            );
            self.flow.branches.push(("true".to_owned(), format!("reject({})", literal(&reason))));
            self.put(&column.name, format!("cast(null as {})", column.kind.sql()), Some(note));
        } else if !column.filled {
            self.flow.todos.push(format!("{}: nothing in the source looks like it; it stays NULL", column.name));
        }
    }

    /// NULL where the target takes none.
    fn required(&mut self, sql: &str, own: &source::Column, column: &destination::Column) {
        if column.not_null && own.nullable {
            self.reject(format!("{sql} is null"), format!("no_{}", plain(&column.name)), &column.name);
        }
    }

    async fn value(&mut self, own: &source::Column, column: &destination::Column, score: f64) -> Result<()> {
        let x = self.own(&own.name);
        let doubt = (score < 0.7).then(|| format!("TODO: taken from {}, which its name does not quite say.", own.name));
        if let Some(labels) = self.labels(column) {
            return self.label(own, column, &labels, doubt).await;
        }
        let mut value = converted(&x, &own.kind, &column.kind);
        self.flow.zone |= value.zone;
        if self.unique(own, column).await? {
            value.sql = format!("nullif({}, '')", value.sql);
        }
        let mut note = value.note.map(str::to_owned).or(doubt);
        let may_be_null = own.nullable || value.sql.contains("nullif(") || value.sql.contains("try_");
        for (misfit, why) in &value.misfits {
            self.misfit(misfit.clone(), format!("{}_{why}", plain(&column.name)), column, &mut value.sql);
        }
        if column.not_null && may_be_null {
            match &column.default {
                Some(default) => {
                    value.sql = format!("coalesce({}, {default})", value.sql);
                    note = note.or_else(|| Some("Where there is none: the target's own default.".to_owned()));
                }
                None => {
                    self.reject(format!("{} is null", value.sql), format!("no_{}", plain(&column.name)), &column.name);
                }
            }
        }
        self.plain.insert(column.name.clone(), value.sql.clone());
        self.put(&column.name, value.sql, note);
        Ok(())
    }

    /// The words that a column takes, where they are listed: by its enum, or by a check.
    fn labels(&self, column: &destination::Column) -> Option<Vec<String>> {
        match &column.kind {
            Kind::Enum(labels) => Some(labels.clone()),
            Kind::Text(_) => {
                let of_domain = column
                    .checks
                    .iter()
                    .filter_map(|(_, check)| checks::words(check))
                    .find(|(name, _)| name == "value");
                let mut of_table = self.to().checks.iter().filter_map(|(_, check)| checks::words(check));
                of_domain.or_else(|| of_table.find(|(name, _)| *name == column.name)).map(|(_, words)| words)
            }
            _ => None,
        }
    }

    async fn label(
        &mut self,
        own: &source::Column,
        column: &destination::Column,
        labels: &[String],
        doubt: Option<String>,
    ) -> Result<()> {
        let x = self.own(&own.name);
        let words = self.statistics.vocabulary(&self.from().in_sql(), &own.name).await?;
        if let Kind::Enum(known) = &own.kind
            && known.iter().all(|label| labels.contains(label))
        {
            self.required(&x, own, column);
            self.put(&column.name, format!("cast({x} as text)"), doubt);
            return Ok(());
        }
        let found: Labelled = labels::labelled(&x, &own.kind, labels, words.as_ref());
        if found.catch_all.is_none() || own.nullable && column.not_null {
            self.required(&x, own, column);
        }
        let code = format!("{}_unknown", plain(&column.name));
        match &found.catch_all {
            Some(_) => self.flow.warnings.push((found.unknown.clone(), code.clone())),
            None => self.misfit(found.unknown.clone(), code.clone(), column, &mut String::new()),
        }
        let mut notes = Vec::new();
        notes.extend(doubt);
        if found.guessed {
            notes.push(format!(
                "TODO: {} has numbers; the labels are taken in their order, which is a guess.",
                own.name
            ));
        }
        if !found.left.is_empty() {
            let rows: u64 = found.left.iter().map(|(_, times)| times).sum();
            let shown: Vec<String> = found
                .left
                .iter()
                .filter(|(word, times)| *times > 1 && word.len() <= 40)
                .take(12)
                .map(|(word, _)| literal(word))
                .collect();
            let listed = if shown.is_empty() { String::new() } else { format!(": {}", shown.join(", ")) };
            notes.push(format!(
                "TODO: {} in {} no label{listed}.",
                counted(found.left.len() as u64, "value"),
                if found.left.len() == 1 {
                    format!("{} is", counted(rows, "row"))
                } else {
                    format!("{} are", counted(rows, "row"))
                }
            ));
        } else if words.is_none() {
            notes.push(
                "TODO: there are too many different values to list; those that are no label are told apart above."
                    .to_owned(),
            );
        }
        let note = (!notes.is_empty()).then(|| notes.join(" "));
        self.put(&column.name, found.sql, note);
        Ok(())
    }
}

/// A short name for the source's rows: the first letter of what they are.
fn initial(table: &source::Table) -> String {
    let letter = table.model.last().and_then(|word| word.chars().next()).filter(char::is_ascii_lowercase);
    letter.unwrap_or('t').to_string()
}
