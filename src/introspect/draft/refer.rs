//! Owns what a flow takes from rows of other tables: references, chains of them, and what the row at their end says.
//! Must not know: how values of the own row are converted.

use super::super::columns::{Step, stem};
use super::super::convert::converted;
use super::super::plan::{Identity, Parent, key_sql};
use super::super::source::CTID;
use super::super::spelling::{ident, literal, of, plain};
use super::super::{destination, references, source};
use super::Drafter;
use crate::error::Result;

impl Drafter<'_> {
    /// What the row says that a reference leads to.
    pub(super) fn through(&mut self, own: &source::Column, table: usize, there: usize, column: &destination::Column) {
        let other = &self.source.tables[table];
        let x = self.own(&own.name);
        let word = plain(&stem(&own.words).join("_"));
        let key = other.key.first().cloned().unwrap_or_default();
        let name = self.join(other.in_sql(), &format!("{word}_row"), |alias| (of(alias, &key), x.clone()));
        let there = &other.columns[there];
        let value = converted(&of(&name, &there.name), &there.kind, &column.kind);
        if column.not_null {
            self.flow.branches.push((
                format!("{} is null", of(&name, &key)),
                format!("reject({})", literal(&format!("unknown_{word}"))),
            ));
            if there.nullable {
                self.flow.branches.push((
                    format!("{} is null", value.sql),
                    format!("reject({})", literal(&format!("no_{}", plain(&column.name)))),
                ));
            }
        }
        for (misfit, why) in &value.misfits {
            self.flow
                .branches
                .push((misfit.clone(), format!("reject({})", literal(&format!("{}_{why}", plain(&column.name))))));
        }
        self.put(&column.name, value.sql, None);
    }

    /// The row that a chain of references leads to.
    pub(super) fn far(&mut self, steps: &[Step], column: &destination::Column) {
        let Some((flow, last)) = self.plan.far(self.target, self.at, &column.name, steps).zip(steps.last()) else {
            return self.missing(column);
        };
        let mut x = self.own(steps.first().map_or("", |step| step.column.as_str()));
        for pair in steps.windows(2) {
            let other = &self.source.tables[pair[0].table];
            let word = plain(&other.column(&pair[0].to).map_or_else(String::new, |_| other.model.join("_")));
            let here = x.clone();
            let name = self.join(other.in_sql(), &word, |alias| (of(alias, &pair[0].to), here.clone()));
            x = of(&name, &pair[1].column);
        }
        let word = plain(&stem(&column.words).join("_"));
        let to = vec![last.to.clone()];
        let cut = flow == self.at || self.plan.cut.contains(&(self.at, column.name.clone()));
        let (known, value) =
            if cut { self.by_source(flow, &x, &to, &word) } else { self.by_flow(flow, &x, &to, &word, column) };
        let Some(value) = value else { return self.missing(column) };
        if column.not_null {
            let name = literal(&self.plan.flows[flow].name);
            let outcome = format!("reject({}, {name}, {x})", literal(&format!("{word}_not_migrated")));
            self.flow.branches.push((format!("{known} is null"), outcome));
        }
        let way: Vec<&str> = steps.iter().map(|step| step.column.as_str()).collect();
        let note = format!("TODO: reached by {}; is it the one that is meant?", way.join(", then "));
        self.put(&column.name, value, Some(note));
    }

    /// A reference that leads nowhere: NULL, or a reject where the target wants one.
    fn nobody(&mut self, column: &destination::Column, reason: &str, note: String) {
        if column.not_null {
            self.flow.branches.push(("true".to_owned(), format!("reject({})", literal(reason))));
        }
        self.put(&column.name, format!("cast(null as {})", column.kind.sql()), Some(note));
    }

    /// A column that refers to rows of another flow, or of this one.
    pub(super) async fn refer(
        &mut self,
        own: &source::Column,
        column: &destination::Column,
        parent: Parent,
    ) -> Result<()> {
        let x = self.own(&own.name);
        let is_key = self.from().key.as_slice() == std::slice::from_ref(&own.name);
        let word = plain(&stem(if is_key { &column.words } else { &own.words }).join("_"));
        let Parent::Flow { flow, to, resolved, declared, .. } = parent else {
            let other = self.to().reference(&column.name).map(|there| self.target.tables[there.table].shown.clone());
            let other = other.unwrap_or_default();
            let note = format!("TODO: it refers to {other}, which no flow fills from what {} refers to.", own.name);
            self.nobody(column, &format!("{word}_not_migrated"), note);
            return Ok(());
        };
        let other = &self.plan.flows[flow];
        let parent = &self.source.tables[other.pair.source];
        let counted = match (resolved, to.as_slice()) {
            (Some(counted), _) => Some(counted),
            (None, [key]) if key != CTID => {
                Some(self.statistics.resolves((&self.from().in_sql(), &own.name), (&parent.in_sql(), key)).await?)
            }
            _ => None,
        };
        if !is_key {
            self.tell(own, parent, declared, counted);
        }
        let cut = flow == self.at || self.plan.cut.contains(&(self.at, column.name.clone()));
        let (known, value) =
            if cut { self.by_source(flow, &x, &to, &word) } else { self.by_flow(flow, &x, &to, &word, column) };
        let Some(value) = value else {
            let note = format!("TODO: {} makes its ids in the target, and is loaded after this row.", other.name);
            self.nobody(column, &format!("no_{word}"), note);
            return Ok(());
        };
        if column.not_null {
            if own.nullable {
                self.reject(format!("{x} is null"), format!("no_{word}"), &column.name);
            }
            let outcome = if cut {
                format!("reject({}, {}, {x})", literal(&format!("{word}_missing")), literal(&other.name))
            } else {
                format!("reject({}, {}, {x})", literal(&format!("{word}_not_migrated")), literal(&other.name))
            };
            let outcome = if to == parent.key {
                outcome
            } else {
                format!("reject({})", literal(&format!("{word}_not_migrated")))
            };
            if !self.flow.branches.iter().any(|(condition, _)| *condition == format!("{known} is null")) {
                self.flow.branches.push((format!("{known} is null"), outcome));
            }
        } else {
            let condition =
                if own.nullable { format!("{x} is not null and {known} is null") } else { format!("{known} is null") };
            let warning = (condition, format!("{word}_unknown"));
            if !self.flow.warnings.contains(&warning) {
                self.flow.warnings.push(warning);
            }
        }
        self.put(&column.name, value, None);
        Ok(())
    }

    pub(super) fn tell(
        &mut self,
        own: &source::Column,
        parent: &source::Table,
        declared: bool,
        counted: Option<(u64, u64)>,
    ) {
        let how = if declared { "refers to" } else { "looks like a reference to" };
        let found = match counted {
            Some((0, _)) | None => ", and has no value".to_owned(),
            Some((given, found)) if given == found => format!("; all of its {given} values are there"),
            Some((given, found)) => {
                let share = 100.0 * references::share(given, found);
                let missing = given - found;
                let missing = if missing == 1 { "one is not".to_owned() } else { format!("{missing} are not") };
                format!("; {share:.1} % of its {given} values are there, {missing}")
            }
        };
        self.flow.notes.push(format!("{} {how} {}{found}.", own.name, parent.shown()));
    }

    /// The parent by the other flow's result: what tells that it is there, and the value.
    pub(super) fn by_flow(
        &mut self,
        flow: usize,
        x: &str,
        to: &[String],
        word: &str,
        column: &destination::Column,
    ) -> (String, Option<String>) {
        let other = &self.plan.flows[flow];
        let parent = &self.source.tables[other.pair.source];
        let mut key = x.to_owned();
        if to != parent.key {
            let named = format!("{word}_row");
            let name = self.join(parent.in_sql(), &named, |alias| {
                (of(alias, to.first().map_or("", String::as_str)), x.to_owned())
            });
            key = key_sql(parent, &name);
        }
        let name =
            self.join(format!("migrated.{}", ident(&other.name)), word, |alias| (format!("{alias}._key"), key.clone()));
        let known = format!("{name}._key");
        let there = self.to().reference(&column.name).map(|there| there.to.clone()).unwrap_or_default();
        let value = match &other.identity {
            Identity::Derived { column } if *column == there => {
                format!("legacy_uuid({}, {known})", literal(&other.entity))
            }
            _ => of(&name, &there),
        };
        (known, Some(value))
    }

    /// The parent by its source row: a flow cannot read its own result, nor one that reads this one's.
    pub(super) fn by_source(&mut self, flow: usize, x: &str, to: &[String], word: &str) -> (String, Option<String>) {
        let other = &self.plan.flows[flow];
        let parent = &self.source.tables[other.pair.source];
        let name =
            self.join(parent.in_sql(), word, |alias| (of(alias, to.first().map_or("", String::as_str)), x.to_owned()));
        let key = key_sql(parent, &name);
        let known = of(&name, to.first().map_or("", String::as_str));
        let value = match (&other.identity, parent.single_key()) {
            (Identity::Derived { .. }, _) => Some(format!("legacy_uuid({}, {key})", literal(&other.entity))),
            (Identity::Given { column }, Some(own)) => {
                let kind = self.target.tables[other.pair.target].column(column).map(|column| column.kind.clone());
                kind.map(|kind| converted(&key, &own.kind, &kind).sql)
            }
            _ => None,
        };
        (known, value)
    }
}
