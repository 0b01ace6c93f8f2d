//! Owns what the target demands of values beyond their types: checks, unique keys, rows that are there; and what is left over.
//! Must not know: how a value comes about.

use std::collections::BTreeMap;

use super::super::columns::{Origin, legacy_model};
use super::super::plan::Identity;
use super::super::spelling::plain;
use super::super::{checks, destination, source};
use super::Drafter;
use crate::error::Result;

impl Drafter<'_> {
    /// A value that the target's column does not take. Where the whole row is kept beside it, nothing is lost by leaving the
    /// value out, with a warning; else its row is rejected.
    pub(super) fn misfit(&mut self, condition: String, code: String, column: &destination::Column, sql: &mut String) {
        let kept = self.planned().pair.origins.contains(&Some(Origin::Row));
        if kept && (!column.not_null || column.default.is_some()) {
            self.counted
                .push((condition.clone(), format!("migrated without {}, with the warning {code}", column.name)));
            // What cannot be read gives NULL by itself.
            if !["_unreadable", "_is_no_json", "_unknown"].iter().any(|end| code.ends_with(end)) {
                let holds = condition.strip_prefix("not (").and_then(|rest| rest.strip_suffix(')'));
                let holds = holds.map_or_else(|| format!("not ({condition})"), str::to_owned);
                *sql = format!("case when {holds} then {sql} end");
            }
            self.flow.warnings.push((condition, code));
        } else {
            self.reject(condition, code, &column.name);
        }
    }

    /// A text that the target takes once only: are there empty ones that would get in each other's way?
    pub(super) async fn unique(&mut self, own: &source::Column, column: &destination::Column) -> Result<bool> {
        let alone = self.to().is_unique(&column.name) && self.from().key.as_slice() != std::slice::from_ref(&own.name);
        if !alone || !own.kind.is_text() || !column.kind.is_text() {
            return Ok(false);
        }
        let (again, empty) = self.statistics.duplicates(&self.from().in_sql(), &own.name).await?;
        let blank = empty > 1 && !column.not_null;
        let again = again - if blank { empty - 1 } else { 0 };
        if again > 0 {
            let told = format!(
                "{again} rows have a {} that an earlier row has too, and the target takes each but once",
                own.name
            );
            self.flow.todos.push(format!("{}: {told}: they will be refused", column.name));
            self.flow.notes.push(format!("{told}. TODO: which of them keeps it? The others will be refused."));
        }
        Ok(blank)
    }

    /// The target's checks, as far as they are over values that are known before anything is loaded.
    pub(super) async fn checks(&mut self) {
        let to = self.to();
        let table = self.from().in_sql();
        let listed = |check: &str, column: Option<&str>| match checks::words(check) {
            Some((name, _)) => to.column(column.unwrap_or(&name)).is_some_and(|column| self.labels(column).is_some()),
            None => false,
        };
        let mut open: Vec<(String, String, BTreeMap<String, String>)> = Vec::new();
        for (name, check) in to.checks.iter().filter(|(_, check)| !listed(check, None)) {
            open.push((name.clone(), check.clone(), self.plain.clone()));
        }
        for column in &to.columns {
            let Some(value) = self.plain.get(&column.name) else { continue };
            for (name, check) in column.checks.iter().filter(|(_, check)| !listed(check, Some(&column.name))) {
                open.push((name.clone(), check.clone(), BTreeMap::from([("value".to_owned(), value.clone())])));
            }
        }
        for (name, check, values) in open {
            let condition = checks::over(&check, &values).map(|check| format!("not ({check})"));
            let taken = match &condition {
                Some(condition) => self.statistics.plans((&table, &self.flow.alias), condition).await,
                None => false,
            };
            match condition.filter(|_| taken) {
                Some(condition) => self.against(condition, &name, &check, &values),
                None => self.flow.notes.push(format!("The target checks {name} itself: {check}.")),
            }
        }
    }

    /// What a check refuses: of one column that may be NULL, the value is left out.
    pub(super) fn against(&mut self, condition: String, name: &str, check: &str, values: &BTreeMap<String, String>) {
        let of_one = |column: &&destination::Column| {
            let value = self.plain.get(&column.name);
            let own = value.is_some_and(|value| mentions(&condition, value));
            let others = values.iter().filter(|(name, _)| **name != column.name && *name != "value");
            own && others.clone().all(|(_, value)| !mentions(&condition, value))
        };
        let only = self.to().columns.iter().find(of_one).cloned();
        let kept = self.planned().pair.origins.contains(&Some(Origin::Row));
        match only.filter(|column| !column.not_null && kept) {
            Some(column) => {
                let Some(place) = self.flow.columns.iter().position(|put| put.name == column.name) else { return };
                let mut sql = self.flow.columns[place].sql.clone();
                self.misfit(condition, format!("{}_unusable", plain(&column.name)), &column, &mut sql);
                self.flow.columns[place].sql = sql;
            }
            None => self.reject(condition, format!("against_{}", plain(name)), check),
        }
    }

    /// The target holds rows: those with the same unique key are the same.
    pub(super) fn existing(&mut self) {
        let to = self.to();
        if to.holds_rows != Some(true) {
            return;
        }
        self.flow.notes.push(format!("{} holds rows already.", to.shown));
        let Identity::Derived { column } = &self.planned().identity else { return };
        let given = |name: &String| name != column && self.plain.contains_key(name) && to.reference(name).is_none();
        let legacy = |name: &String| to.column(name).is_some_and(|column| legacy_model(&column.words).is_some());
        let key = to.uniques.iter().find(|key| key.iter().all(|name| given(name) && !legacy(name)));
        if let Some(key) = key {
            self.flow.matching.clone_from(key);
            self.flow.todos.push(format!(
                "{} holds rows: one with the same {} is taken for the same and left as it is (existing, match)",
                to.shown,
                key.join(", ")
            ));
        }
    }

    pub(super) fn unused(&mut self) {
        let from = self.from();
        let used = |at: usize| {
            self.planned().pair.origins.iter().any(|origin| match origin {
                Some(
                    Origin::Column { at: own, .. }
                    | Origin::Opposite { at: own }
                    | Origin::Birth { at: own }
                    | Origin::Through { at: own, .. },
                ) => *own == at,
                Some(Origin::FullName { first, last }) => *first == at || *last == at,
                Some(Origin::Far { steps }) => steps.first().is_some_and(|step| step.column == from.columns[at].name),
                _ => false,
            })
        };
        let unused = from.columns.iter().enumerate().filter(|(at, own)| !used(*at) && !from.key.contains(&own.name));
        self.flow.unused = unused.map(|(_, own)| own.name.clone()).collect();
        if !self.flow.unused.is_empty() {
            let whole = self.planned().pair.origins.contains(&Some(Origin::Row));
            let but = if whole { ", except as part of the whole row" } else { "" };
            self.flow.notes.push(format!("These columns go nowhere{but}: {}.", self.flow.unused.join(", ")));
        }
    }

    /// How many rows the conditions take out, as of today.
    pub(super) async fn count(&mut self) -> Result<()> {
        let conditions: Vec<String> = self.counted.iter().map(|(condition, _)| condition.clone()).collect();
        let counts = self.statistics.counts((&self.from().in_sql(), &self.flow.alias), &conditions).await?;
        for ((_, what), rows) in self.counted.iter().zip(counts) {
            if let Some(rows) = rows.filter(|rows| *rows > 0) {
                let rows = if rows == 1 { "One row is".to_owned() } else { format!("{rows} rows are") };
                self.flow.notes.push(format!("{rows} {what}."));
            }
        }
        Ok(())
    }
}

/// Does a condition speak of a value, not just of one whose name begins alike?
fn mentions(condition: &str, value: &str) -> bool {
    condition.match_indices(value).any(|(at, _)| {
        let after = condition[at + value.len()..].chars().next();
        !after.is_some_and(|sign| sign.is_alphanumeric() || sign == '_')
    })
}
