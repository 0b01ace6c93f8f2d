//! Owns the story of one row: what it was, what each join found, which branch decided, what came of it and where it is.
//! Must not know: how it is shown. It works from stored things alone; a target, where one is given, is only read.

mod evidence;
mod key;
mod look;
mod looking;
mod scope;
mod statement;
mod stored;
mod story;
mod target;
mod tell;

use uuid::Uuid;

use crate::diagnosis::closest;
use crate::engine::parameters;
use crate::error::{At, Context, Error, Result};
use crate::flow::{Flow, SOURCE};
use crate::outcome::UNREADABLE;
use crate::outcomes::FlowOutcomes;
use crate::pipeline::Pipeline;
use crate::report::{Inputs, OfTarget};
use crate::run::{Prepared, Record, Setting};
use crate::server::Address;
use crate::snapshot::{REFUSED, Snapshot, Table};
use crate::views;
use key::SourceRow;
pub use story::{
    Branch, Column, Condition, Decision, Explained, Found, InTarget, Join, Link, LookedFor, Lost, Mapping, Moved,
    Quarantined, Row, Source, Story, TargetRow, Truth, Warning,
};
use target::Target;

/// Which row is meant.
#[derive(Debug, Clone)]
pub enum Meant {
    /// By its flow, and its key as it was typed.
    Key { flow: String, key: String },
    /// By the UUID that it has in the target.
    Id(Uuid),
}

/// What the story rests on.
pub enum Basis {
    /// A finished run, with its rules.
    Run(Box<Record>, Pipeline),
    /// Rules that are tried over a snapshot.
    Tried(Pipeline, Box<Snapshot>),
}

/// What stories are told from.
pub struct Teller {
    prepared: Prepared,
    outcomes: Vec<FlowOutcomes>,
    of_target: OfTarget,
    target: Option<Target>,
    tried: bool,
    values: bool,
}

impl Teller {
    /// Opens a run, or tries rules, and perhaps a target. `values`: those of columns are told too.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`] for rules that have changed since the run; what opening the target meets.
    pub async fn open(basis: Basis, target: Option<&Address>, values: bool, setting: &Setting) -> Result<Self> {
        let (prepared, outcomes, of_target, run) = match basis {
            Basis::Run(record, pipeline) => {
                let (prepared, outcomes) = Prepared::of_run(&record, &pipeline, setting).await?;
                (prepared, outcomes, record.target.clone(), Some(record.run))
            }
            Basis::Tried(pipeline, snapshot) => {
                let prepared = Prepared::to_try(&pipeline, *snapshot, &[], setting).await?;
                let outcomes = prepared.outcomes().await?;
                (prepared, outcomes, OfTarget::default(), None)
            }
        };
        let target = match target {
            Some(address) => Some(Target::open(address, &prepared.pipeline, run, values).await?),
            None => None,
        };
        let teller = Self { prepared, outcomes, of_target, target, tried: run.is_none(), values };
        teller.inputs().register().await.at(At::Pipeline, &teller.prepared.pipeline.name)?;
        Ok(teller)
    }

    /// Tells the story of a row.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`] for a flow, key or UUID that is unknown, with what was looked at;
    /// [`crate::error::Kind::Corrupt`] for stored files that are not as they were.
    pub async fn explain(&self, meant: &Meant) -> Result<Explained> {
        let mut stories = Vec::new();
        for (flow, key) in self.meant(meant).await? {
            stories.push(self.story(flow, &key).await.at(At::Flow, &flow.name)?);
        }
        Ok(Explained { stories })
    }

    fn inputs(&self) -> Inputs<'_> {
        self.prepared.inputs(&self.outcomes, &self.of_target)
    }

    /// The reason for which the target refused what a row had become, if it did.
    fn refused(&self, flow: &Flow, key: &str) -> Option<String> {
        let refused = self.of_target.refused.get(&flow.name)?;
        refused.iter().find(|(_, keys)| keys.iter().any(|own| own == key)).map(|(reason, _)| reason.clone())
    }

    /// The rows that are meant, by flow and key.
    async fn meant(&self, meant: &Meant) -> Result<Vec<(&Flow, String)>> {
        match meant {
            Meant::Key { flow, key } => Ok(vec![(self.flow(flow)?, key.clone())]),
            Meant::Id(id) => self.of_id(*id).await,
        }
    }

    /// The rows that a UUID stands for: in the outcomes of all flows, and in the target's mappings.
    async fn of_id(&self, id: Uuid) -> Result<Vec<(&Flow, String)>> {
        let mut rows = Vec::new();
        for outcomes in &self.outcomes {
            for key in stored::keys_of_id(&self.inputs(), outcomes, id).await? {
                rows.push((self.flow(&outcomes.flow)?, key));
            }
        }
        let flows = &self.prepared.pipeline.flows;
        if let Some(target) = self.target.as_ref().filter(|_| rows.is_empty()) {
            for (entity, key) in target.mapped(id).await? {
                let of_entity = flows.iter().filter(|flow| flow.entity == entity && flow.entity_key.is_none());
                for flow in of_entity {
                    let texts = key::spelled(&key, flow.key.len(), flow.expand);
                    let texts: Vec<String> = texts.into_iter().map(|(text, _)| text).collect();
                    if key::find(&self.prepared.engine, flow, &texts).await?.is_some() {
                        rows.push((flow, key.clone()));
                    }
                }
            }
        }
        if !rows.is_empty() {
            return Ok(rows);
        }
        let (flows, run) = (self.outcomes.len(), self.prepared.store.name());
        let mappings =
            if self.target.is_some() { ", and the target's mappings" } else { "; --target looks at mappings too" };
        Err(Error::config(format!("no row that was migrated has the UUID {id}"))
            .hint(format!("looked at the outcomes of {flows} flows, of {run}{mappings}")))
    }

    fn flow(&self, name: &str) -> Result<&Flow> {
        let pipeline = &self.prepared.pipeline;
        if let Some(flow) = pipeline.flows.iter().find(|flow| flow.name == name) {
            return Ok(flow);
        }
        let names: Vec<String> = pipeline.flows.iter().map(|flow| flow.name.clone()).collect();
        let error = Error::config(format!("there is no flow '{name}'")).at(At::Pipeline, &pipeline.name);
        Err(match closest(name, &names) {
            _ if pipeline.declared.iter().any(|declared| declared == name) => {
                error.hint("the run did not include it; its flows are: ".to_owned() + &names.join(", "))
            }
            Some(close) => error.hint(format!("did you mean '{close}'?")),
            None => error.hint(format!("the flows are {}", names.join(", "))),
        })
    }

    fn outcomes_of(&self, flow: &Flow) -> Result<&FlowOutcomes> {
        let found = self.outcomes.iter().find(|outcomes| outcomes.flow == flow.name);
        found.ok_or_else(|| Error::unexpected("a flow without outcomes"))
    }

    async fn story(&self, flow: &Flow, typed: &str) -> Result<Story> {
        let meant = key::spelled(typed, flow.key.len(), flow.expand);
        let texts: Vec<String> = meant.iter().map(|(text, _)| text.clone()).collect();
        let outcomes = self.outcomes_of(flow)?;
        let Some(row) = key::find(&self.prepared.engine, flow, &texts).await? else {
            return self.unreadable(flow, outcomes, typed, &texts).await;
        };
        let mut rows = stored::of_key(&self.inputs(), outcomes, &row.parts).await?;
        let ordinal = meant.iter().find_map(|(_, ordinal)| *ordinal);
        if let Some(ordinal) = ordinal {
            rows.retain(|stored| stored::ordinal(&stored.key) == Some(ordinal));
        }
        if rows.is_empty() {
            return Err(Error::config(match ordinal {
                Some(ordinal) => format!("the row '{}' has become no row with the number {ordinal}", row.key),
                None => format!("nothing is stored of the row '{}'", row.key),
            }));
        }
        let mut story = self.opened(flow, &row.key, self.source(flow, &row).await?);
        tell::rows(self, flow, outcomes, &row, &rows, &mut story).await?;
        Ok(story)
    }

    fn opened(&self, flow: &Flow, key: &str, source: Source) -> Story {
        Story {
            flow: flow.name.clone(),
            file: flow.file.clone(),
            key: key.to_owned(),
            entity: flow.entity.clone(),
            target: flow.target.clone(),
            run: self.prepared.store.name(),
            tried: self.tried,
            snapshot: self.prepared.snapshot.id().to_owned(),
            source,
            rows: Vec::new(),
            not_looked_into: Vec::new(),
        }
    }

    /// The tables of a flow's source, by the names that the flow has for them.
    fn tables(&self, flow: &Flow) -> Result<Vec<(String, &Table)>> {
        let (snapshot, schemas) = (&self.prepared.snapshot, &self.prepared.pipeline.schemas);
        flow.named()
            .zip(&flow.sources)
            .map(|(named, name)| Ok((name.clone(), snapshot.named(&named, schemas)?)))
            .collect()
    }

    async fn source(&self, flow: &Flow, row: &SourceRow) -> Result<Source> {
        let tables = self.tables(flow)?;
        // Of several sources, the first part of the key tells which.
        let own = tables.iter().find(|(name, _)| {
            flow.key.first().is_some_and(|first| first == SOURCE)
                && row.parts.first().is_some_and(|part| part.try_as_str().flatten() == Some(name))
        });
        let (_, table) = own.or_else(|| tables.first()).ok_or_else(|| Error::unexpected("a flow without a source"))?;
        let columns = match &row.columns {
            Some(batch) => stored::columns(&self.prepared.engine, batch, self.values, |_| true).await?,
            None => Vec::new(),
        };
        let columns = columns.into_iter().filter_map(|mut column| {
            // A column of another of its sources is none of this row's.
            let declared = table.columns.iter().find(|declared| declared.name == column.name)?;
            // A sample's columns have no PostgreSQL type but that of their values.
            if !declared.pg_type.is_empty() {
                column.kind.clone_from(&declared.pg_type);
            }
            Some(column)
        });
        Ok(Source { table: table.qualified(), columns: columns.collect(), unreadable: Vec::new() })
    }

    /// The story of a row that no flow has seen, since it could not be read.
    async fn unreadable(&self, flow: &Flow, outcomes: &FlowOutcomes, typed: &str, texts: &[String]) -> Result<Story> {
        let mut found = Vec::new();
        let rejects = outcomes.reasons.get(&crate::outcome::Outcome::Rejected);
        if rejects.is_some_and(|reasons| reasons.get(UNREADABLE).is_some_and(|rows| *rows > 0)) {
            found = stored::of_texts(&self.inputs(), outcomes, texts).await?;
            found.retain(|stored| stored.reason().as_deref() == Some(UNREADABLE));
        }
        let Some(first) = found.first() else { return Err(self.unknown(flow, typed)?) };
        let mut source = Source { table: String::new(), columns: Vec::new(), unreadable: Vec::new() };
        for (_, table) in self.tables(flow)? {
            if let Some(told) = self.unread(flow, table, &first.key).await? {
                source = told;
            }
        }
        let mut story = self.opened(flow, &first.key, source);
        story
            .not_looked_into
            .push("the row could not be read exactly, so that no flow has seen it: its query was not asked".to_owned());
        for one in &found {
            story.rows.push(tell::stored_row(self, flow, outcomes, one).await?);
        }
        Ok(story)
    }

    /// What could be read of such a row.
    async fn unread(&self, flow: &Flow, table: &Table, key: &str) -> Result<Option<Source>> {
        for file in table.refused.iter().flat_map(|refused| &refused.files) {
            for batch in self.prepared.snapshot.read(file).await? {
                for at in 0..batch.num_rows() {
                    let row = batch.slice(at, 1);
                    let parts = flow
                        .key
                        .iter()
                        .filter(|column| *column != SOURCE)
                        .map(|name| row.column_by_name(name).cloned());
                    let Some(parts) = parts.collect::<Option<Vec<_>>>() else { continue };
                    let texts = parts
                        .into_iter()
                        .map(|part| crate::key::KeyColumn::new(part)?.text(0))
                        .collect::<Result<Vec<_>>>()?;
                    let fits = match texts.as_slice() {
                        [one] => one == key || key::parts_of(key).iter().any(|part| part == one),
                        many => many.iter().all(|part| key::parts_of(key).contains(part)),
                    };
                    if fits {
                        let columns =
                            stored::columns(&self.prepared.engine, &row, self.values, |name| name != REFUSED).await?;
                        let unreadable = row
                            .column_by_name(REFUSED)
                            .map(|names| evidence::codes(names.as_ref()))
                            .unwrap_or_default();
                        return Ok(Some(Source { table: table.qualified(), columns, unreadable }));
                    }
                }
            }
        }
        Ok(None)
    }

    fn unknown(&self, flow: &Flow, typed: &str) -> Result<Error> {
        let tables = self.tables(flow)?;
        let looked: Vec<String> =
            tables.iter().map(|(_, table)| format!("{} ({} rows)", table.qualified(), table.source_rows())).collect();
        let columns: Vec<String> = flow
            .key
            .iter()
            .map(|name| {
                let column =
                    tables.iter().find_map(|(_, table)| table.columns.iter().find(|column| column.name == *name));
                column.map_or_else(
                    || format!("{name}, the table's name as the flow has it"),
                    |column| format!("{name} {}", column.pg_type),
                )
            })
            .collect();
        let spelling = if flow.key.len() > 1 { "; several parts are written a,b or [\"a\",\"b\"]" } else { "" };
        Ok(Error::config(format!("the source of the flow {} has no row with the key '{typed}'", flow.name)).hint(
            format!(
                "looked at {} of the snapshot {}, by {}{spelling}",
                looked.join(", "),
                self.prepared.snapshot.id(),
                columns.join(", ")
            ),
        ))
    }

    /// Makes the views known that a flow shares with others, as they were when it ran.
    async fn share(&self, flow: &Flow) -> Result<Vec<(String, datafusion::common::ScalarValue)>> {
        let params = parameters(&self.prepared.pipeline.params)?;
        views::shared(&self.prepared.engine, &self.prepared.pipeline, &params, flow.text()).await?;
        Ok(params)
    }
}
