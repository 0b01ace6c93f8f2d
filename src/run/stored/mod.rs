//! Owns what is stored, opened for looking: the tables of a snapshot, and what a run made of its rows, as their files have
//! them. No flow is planned, and the rules need not be there any more.
//! Must not know: what is asked of it, or how answers are shown.

mod answer;
mod made;

use std::collections::{BTreeSet, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use arrow::datatypes::{DataType, Field, FieldRef, Schema as ArrowSchema, SchemaRef};
use datafusion::catalog::TableProvider;
use datafusion::datasource::empty::EmptyTable;
use datafusion::prelude::DataFrame;
use futures::{StreamExt, TryStreamExt};

use super::{Setting, identity};
use crate::cancel::Cancel;
use crate::diagnosis::Text;
use crate::engine::{Engine, Identity, Schema, files_read, parameters, shown_name};
use crate::error::{At, Context, Error, Kind, Result};
use crate::name::{Name, Named, quoted};
use crate::outcome::Outcome;
use crate::outcomes::{FlowOutcomes, OutcomeFile, OutcomeStore};
use crate::pipeline::Pipeline;
use crate::processor::compute;
use crate::reads::tables_of;
use crate::snapshot::{Snapshot, Table};
use crate::storage::sha256;
use crate::views;
pub use answer::Answer;
pub use made::{Made, reasons};

/// Footers that are read at a time.
const AT_ONCE: usize = 8;
/// Whole rows of a source table as a struct, for rules: not among the columns that `*` shows.
const ROW: &str = "_row";

/// A table that can be named.
#[derive(Debug, Clone)]
pub struct Known {
    /// `source`, `migrated`, `rejected`, `skipped`, `elsewhere` or `shared`.
    pub schema: Schema,
    /// As SQL writes it.
    pub name: String,
    /// Other names of it.
    pub also: Vec<String>,
    /// None where that is only known when it is computed.
    pub rows: Option<u64>,
    /// None of a view.
    columns: Option<SchemaRef>,
}

/// A table of the source, with whole rows and without.
struct SourceTable {
    schema: String,
    name: String,
    /// Its name alone means it.
    plain: bool,
    rows: Arc<dyn TableProvider>,
    whole: Arc<dyn TableProvider>,
}

impl SourceTable {
    fn register(&self, engine: &Engine, whole: bool) -> Result<()> {
        let rows = if whole { &self.whole } else { &self.rows };
        if self.plain {
            engine.register(Schema::Source, &self.name, rows.clone())?;
        }
        engine.register_source(&self.schema, &self.name, rows.clone())?;
        engine.register_as_named(&self.schema, &self.name, rows.clone())
    }
}

/// What is stored, opened.
pub struct Stored {
    pub engine: Engine,
    /// Whose tables are `source.*`.
    pub snapshot: Option<Snapshot>,
    pub made: Option<Made>,
    /// The rules that go with it, for `shared.*`, parameters and UUIDs.
    pub rules: Option<Pipeline>,
    /// Why there are no rules, where somebody could expect them.
    pub without_rules: Option<String>,
    /// What can be named, in the order in which it is listed.
    pub tables: Vec<Known>,
    /// What somebody who looks should know.
    pub notes: Vec<String>,
    /// The source's tables, which queries read with whole rows where they ask for them.
    sources: Vec<SourceTable>,
    with_rows: Mutex<bool>,
    /// Files of outcomes whose hashes have been checked.
    checked: Mutex<HashSet<String>>,
    cancel: Cancel,
}

impl Stored {
    /// Makes all there is known to queries. Only footers are read.
    ///
    /// # Errors
    /// [`Kind::Corrupt`] for files that do not read.
    pub async fn open(
        snapshot: Option<Snapshot>,
        made: Option<Made>,
        rules: Option<Pipeline>,
        setting: &Setting,
    ) -> Result<Self> {
        let foreign = made.as_ref().map(|made| made.foreign.clone()).unwrap_or_default();
        let identity = match &rules {
            Some(rules) => identity(rules, snapshot.as_ref(), foreign).await?,
            None => Identity::default(),
        };
        let engine = setting.engine(identity)?.for_looking();
        let mut stored = Self {
            engine,
            snapshot,
            made,
            rules,
            without_rules: None,
            tables: Vec::new(),
            notes: Vec::new(),
            sources: Vec::new(),
            with_rows: Mutex::default(),
            checked: Mutex::default(),
            cancel: setting.cancel.clone(),
        };
        stored.know_source().await?;
        stored.know_outcomes().await?;
        for view in stored.rules.iter().flat_map(|rules| &rules.shared) {
            stored.tables.push(Known {
                schema: Schema::Shared,
                name: named(Schema::Shared, &view.stem),
                also: vec![quoted(&view.stem)],
                rows: None,
                columns: None,
            });
        }
        Ok(stored)
    }

    /// The tables of the snapshot: `source.name` where that is one table, `source.schema.name`, and as the source names them.
    async fn know_source(&mut self) -> Result<()> {
        let Some(snapshot) = self.snapshot.clone() else { return Ok(()) };
        let tables = &snapshot.manifest().tables;
        let types: Vec<SchemaRef> =
            futures::stream::iter(tables).map(|table| snapshot.types_of(table)).buffered(AT_ONCE).try_collect().await?;
        for (table, types) in tables.iter().zip(types) {
            let rows = views::looked_at(&self.engine, &snapshot, table, types.clone(), None)?;
            let columns = Some(rows.schema());
            let plain = self.plain(&snapshot, &table.name).is_some_and(|one| one.schema == table.schema);
            let whole = self.provider(&snapshot, table, types)?;
            let known = SourceTable { schema: table.schema.clone(), name: table.name.clone(), plain, rows, whole };
            known.register(&self.engine, false)?;
            self.sources.push(known);
            let (full, short) = (format!("{}.{}", quoted(&table.schema), quoted(&table.name)), quoted(&table.name));
            let source = Schema::Source.name();
            let (name, also) = if plain {
                (format!("{source}.{short}"), vec![format!("{source}.{full}"), full, short])
            } else {
                (format!("{source}.{full}"), vec![full])
            };
            self.tables.push(Known { schema: Schema::Source, name, also, rows: Some(table.rows), columns });
        }
        Ok(())
    }

    fn provider(&self, snapshot: &Snapshot, table: &Table, types: SchemaRef) -> Result<Arc<dyn TableProvider>> {
        let model = self.rules.as_ref().map_or(table.name.as_str(), |rules| rules.model(&table.name));
        views::looked_at(&self.engine, snapshot, table, types, Some(model))
    }

    fn schemas(&self) -> &[String] {
        self.rules.as_ref().map_or(&[], |rules| &rules.schemas)
    }

    /// The table that a name without a schema means.
    fn plain<'a>(&self, snapshot: &'a Snapshot, name: &str) -> Option<&'a Table> {
        snapshot.named(&of_sql(Name::Plain(name.to_owned()), Text { file: "", sql: "" }), self.schemas()).ok()
    }

    /// What was made of the rows: `migrated.*`, `rejected.*`, `skipped.*` and `elsewhere.*`.
    async fn know_outcomes(&mut self) -> Result<()> {
        let Some(made) = &self.made else { return Ok(()) };
        let mut without = BTreeSet::new();
        for outcomes in &made.outcomes {
            let key = made.key(outcomes).await.at(At::Flow, &outcomes.flow)?;
            let columns = made.migrated(outcomes, &key).await.at(At::Flow, &outcomes.flow)?;
            views::migrated(&self.engine, &made.store, outcomes, &columns)?;
            let own = self.know_own(made, outcomes).await?;
            if !own {
                without.insert(outcomes.flow.clone());
            }
            for of in WITH_REASONS {
                if own {
                    views::reasons_of(&self.engine, &made.store, outcomes, &key, of).await?;
                } else {
                    let empty = || EmptyTable::new(views::reason_schema(&key, of.1));
                    let raw = views::raw(&self.engine, &made.store, outcomes, of.1, &key)?;
                    let raw = raw.map_or_else(|| Arc::new(empty()) as Arc<dyn TableProvider>, DataFrame::into_view);
                    self.engine.register(of.0, &outcomes.flow, raw)?;
                }
            }
        }
        let mut known = Vec::new();
        for schema in [Schema::Migrated, Schema::Rejected, Schema::Skipped, Schema::Elsewhere] {
            for flow in &made.outcomes {
                let columns = self.engine.table(schema, &flow.flow).await?.schema().inner().clone();
                let (name, rows) = (named(schema, &flow.flow), Some(rows_of(flow, schema)));
                known.push(Known { schema, name, also: Vec::new(), rows, columns: Some(columns) });
            }
        }
        if !without.is_empty() {
            self.notes.push(
                "the run's snapshot is not there: rejected.* and skipped.* are without the columns of the source"
                    .into(),
            );
        }
        self.tables.extend(known);
        Ok(())
    }

    /// Makes the source of a flow known under the flow's name. Tells whether it is there.
    async fn know_own(&self, made: &Made, outcomes: &FlowOutcomes) -> Result<bool> {
        let (Some(origin), Ok(Some(sources))) = (&made.origin, made.sources(outcomes, self.rules.as_ref())) else {
            return Ok(false);
        };
        let mut own = Vec::with_capacity(sources.len());
        for (name, table) in sources {
            own.push((name, self.provider(origin, table, origin.types_of(table).await?)?));
        }
        self.engine.register(Schema::Own, &outcomes.flow, views::own(&self.engine, own)?)?;
        Ok(true)
    }

    /// Plans and starts a query. The files that it reads are checked before.
    ///
    /// # Errors
    /// [`Kind::Config`] with file:line:column; [`Kind::Corrupt`] for a file that was changed.
    pub async fn query(&self, text: Text<'_>) -> Result<Answer> {
        let frame = self.planned(text).await?;
        let plan = self.engine.optimise(&frame, text)?;
        self.check(&files_read(&plan)?).await?;
        let schema = renamed(frame.schema().as_arrow());
        let start = self.engine.stream(frame, text, None);
        Answer::of(schema, start, text.file, &self.cancel).await
    }

    /// Plans a query: its columns are known, and no row is read.
    ///
    /// # Errors
    /// As [`Self::query`].
    pub async fn planned(&self, text: Text<'_>) -> Result<DataFrame> {
        let tables = tables_of(text)?;
        for (schema, table) in &tables {
            if schema == Schema::Source.name()
                && let Some(snapshot) = &self.snapshot
            {
                // What is not there is told by the name's own rule: near names, or the tables it could mean.
                snapshot.named(&of_sql(Name::Plain(table.clone()), text), self.schemas())?;
            }
        }
        let of_outcomes =
            |schema: &str| WITH_REASONS.iter().any(|(of, _)| of.name() == schema) || schema == Schema::Migrated.name();
        if let (None, Some((schema, table))) = (&self.made, tables.iter().find(|(schema, _)| of_outcomes(schema))) {
            let error = Error::config("there are no outcomes here, only a snapshot");
            return Err(text.at_name(error, &format!("{schema}.{table}")).hint(WITH_OUTCOMES));
        }
        if let (None, Some((_, table))) = (&self.snapshot, tables.iter().find(|(schema, _)| is_source(schema))) {
            let error = Error::config("there is no snapshot here");
            return Err(text.at_name(error, table).hint("--snapshot PLACE names one"));
        }
        let params = match &self.rules {
            Some(rules) => parameters(&rules.params)?,
            None => Vec::new(),
        };
        let shared = |(schema, _): &(String, String)| schema == Schema::Shared.name();
        self.offer_rows(text.sql.contains(ROW) || tables.iter().any(shared))?;
        if let Some((_, table)) = tables.iter().find(|(schema, _)| schema == Schema::Shared.name()) {
            match &self.rules {
                Some(rules) => views::shared(&self.engine, rules, &params, text).await?,
                None => return Err(self.without_shared(text, table)),
            }
        }
        let frame = self.engine.plan(text, &params).await?;
        without_row(frame, text)
    }

    /// Source tables offer whole rows, or do not: `*` has them then, and what is distinct is told by them too.
    fn offer_rows(&self, wanted: bool) -> Result<()> {
        let mut offered = self.with_rows.lock().unwrap_or_else(PoisonError::into_inner);
        if *offered != wanted {
            for table in &self.sources {
                table.register(&self.engine, wanted)?;
            }
            *offered = wanted;
        }
        Ok(())
    }

    /// The columns of a table, as `*` gives them.
    ///
    /// # Errors
    /// [`Kind::Config`] for a view that does not plan.
    pub async fn columns(&self, known: &Known) -> Result<Vec<FieldRef>> {
        let columns = match (&known.columns, &self.rules) {
            (Some(columns), _) => columns.clone(),
            (None, Some(rules)) => {
                let view = rules.shared.iter().find(|view| named(Schema::Shared, &view.stem) == known.name);
                let view = view.ok_or_else(|| Error::unexpected("a view is gone"))?;
                let (file, params) = (crate::header::shown(&view.path), parameters(&rules.params)?);
                views::shared(&self.engine, rules, &params, view.text(&file)).await?;
                self.engine.plan(view.text(&file), &params).await?.schema().inner().clone()
            }
            (None, None) => return Err(Error::unexpected("a view without rules")),
        };
        Ok(columns.fields().iter().filter(|field| !is_row(field)).cloned().collect())
    }

    fn without_shared(&self, text: Text<'_>, table: &str) -> Error {
        let why = self.without_rules.clone().unwrap_or_else(|| "no pipeline is named".to_owned());
        let error = Error::config(format!("shared views are not known here: {why}"));
        text.at_name(error, &format!("{}.{table}", Schema::Shared.name()))
            .hint("--pipeline FILE names the rules that they belong to")
    }

    /// Checks the hashes of files, once each.
    async fn check(&self, files: &BTreeSet<String>) -> Result<()> {
        let origin = self.made.iter().filter_map(|made| made.origin.as_ref());
        for snapshot in self.snapshot.iter().chain(origin) {
            for table in &snapshot.manifest().tables {
                self.cancel.check()?;
                if table.files.iter().any(|file| files.contains(snapshot.location().url(&file.path).as_str())) {
                    snapshot.arrow_schema(table).await?;
                }
            }
        }
        let Some(made) = &self.made else { return Ok(()) };
        for file in made.outcomes.iter().flat_map(|outcomes| &outcomes.files) {
            self.cancel.check()?;
            let known = || self.checked.lock().unwrap_or_else(PoisonError::into_inner);
            if files.contains(made.store.location().url(&file.path).as_str()) && !known().contains(&file.path) {
                check_file(&made.store, file).await?;
                known().insert(file.path.clone());
            }
        }
        Ok(())
    }
}

async fn check_file(store: &OutcomeStore, file: &OutcomeFile) -> Result<()> {
    let corrupt = |what: &str| Error::new(Kind::Corrupt, format!("a file of outcomes {what}")).at(At::File, &file.path);
    let bytes = store.location().get(&file.path).await?.ok_or_else(|| corrupt("is missing"))?;
    if compute(move || sha256(&bytes)).await? == file.sha256 { Ok(()) } else { Err(corrupt("has changed")) }
}

/// What to do where there are no outcomes.
pub const WITH_OUTCOMES: &str = "--run names a run, --pipeline rules to try over the snapshot";

/// Is it the schema of source tables, alone or with theirs?
fn is_source(schema: &str) -> bool {
    schema.strip_prefix(Schema::Source.name()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

const WITH_REASONS: [(Schema, Outcome); 3] = [
    (Schema::Rejected, Outcome::Rejected),
    (Schema::Skipped, Outcome::Skipped),
    (Schema::Elsewhere, Outcome::Elsewhere),
];

fn rows_of(flow: &FlowOutcomes, schema: Schema) -> u64 {
    match WITH_REASONS.iter().find(|(of, _)| *of == schema) {
        Some((_, outcome)) => flow.count(*outcome),
        None => flow.count(Outcome::Migrated) + flow.count(Outcome::Adopted),
    }
}

fn named(schema: Schema, name: &str) -> String {
    format!("{}.{}", schema.name(), quoted(name))
}

fn of_sql(name: Name, text: Text<'_>) -> Named {
    let ways = match &name {
        Name::Plain(table) => vec![format!("source.{}", quoted(table)), format!("source.\"{table}\""), quoted(table)],
        _ => Vec::new(),
    };
    Named { name, flow: None, spot: text.spot(&ways) }
}

fn is_row(field: &Field) -> bool {
    field.name() == ROW && matches!(field.data_type(), DataType::Struct(_))
}

/// The columns without whole rows, which are there for rules; a query that names them has them.
fn without_row(frame: DataFrame, text: Text<'_>) -> Result<DataFrame> {
    let rows: Vec<String> =
        frame.schema().fields().iter().filter(|field| is_row(field)).map(|field| field.name().clone()).collect();
    if rows.is_empty() || text.sql.contains(ROW) {
        return Ok(frame);
    }
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    frame.drop_columns(&rows).map_err(|_| text.at_start(Error::unexpected("a column cannot be left out")))
}

/// The columns of a result, with PostgreSQL's names where the query gives none, and without promises that no value is NULL,
/// which nobody asks for.
fn renamed(planned: &ArrowSchema) -> SchemaRef {
    let fields = planned.fields().iter();
    let fields = fields.map(|field| field.as_ref().clone().with_name(shown_name(field.name())).with_nullable(true));
    Arc::new(ArrowSchema::new(fields.collect::<Vec<_>>()))
}
