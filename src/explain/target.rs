//! Owns where a row is in the target: its run and chunk, mapping, quarantine, the row itself, and what runs did to it.
//! Must not know: how it came about. Nothing is written there.

use tokio_postgres::Row as Told;
use uuid::Uuid;

use super::stored::Stored;
use super::story::{Column, InTarget, Link, Mapping, Moved, Quarantined, TargetRow};
use crate::error::{At, Context, Result};
use crate::flow::Flow;
use crate::id::Namespace;
use crate::load::Foresight;
use crate::outcome::{ENTITY_KEY, Id, Outcome};
use crate::outcomes::FlowOutcomes;
use crate::pipeline::Pipeline;
use crate::server::Address;

const RUN: &str = include_str!("../../sql/control/explain/run.sql");
const QUARANTINE: &str = include_str!("../../sql/control/explain/quarantine.sql");
const HISTORY: &str = include_str!("../../sql/control/explain/history.sql");

/// A target that is looked at.
pub struct Target {
    foresight: Foresight,
    namespace: Namespace,
    /// The run whose outcomes the story is of; none where rules are only tried.
    run: Option<Uuid>,
    values: bool,
}

impl Target {
    /// Begins to look at a target.
    ///
    /// # Errors
    /// As [`Foresight::open`].
    pub async fn open(address: &Address, pipeline: &Pipeline, run: Option<Uuid>, values: bool) -> Result<Self> {
        let mappings = format!("{}.{}", pipeline.mappings.0, pipeline.mappings.1);
        let foresight = Foresight::open(address, &pipeline.target_schema, &mappings).await?;
        Ok(Self { foresight, namespace: pipeline.namespace, run, values })
    }

    /// The rows that an id is mapped to: entity and legacy key.
    ///
    /// # Errors
    /// What the server says.
    pub async fn mapped(&self, id: Uuid) -> Result<Vec<(String, String)>> {
        let Some(mappings) = self.foresight.mappings() else { return Ok(Vec::new()) };
        let found = mappings.look_up(self.foresight.connection(), None, None, Some(&id.to_string())).await?;
        Ok(found.into_iter().map(|mapped| (mapped.entity, mapped.key)).collect())
    }

    /// Where a stored row is.
    ///
    /// # Errors
    /// What the server says.
    pub async fn place(&self, flow: &Flow, outcomes: &FlowOutcomes, one: &Stored) -> Result<InTarget> {
        let mut place = InTarget::default();
        let row_id = if one.is_made() { one.row_id(outcomes) } else { None };
        if self.foresight.has_ledger() {
            self.run(&mut place, flow, one).await?;
            place.quarantine = self.quarantine(flow, one).await?;
            place.history = self.history(flow, one, row_id).await?;
        }
        let key = one.text(ENTITY_KEY).unwrap_or_else(|| one.key.clone());
        if let Some(mappings) = self.foresight.mappings().filter(|_| outcomes.row.is_mapped()) {
            let found = mappings.look_up(self.foresight.connection(), Some(&flow.entity), Some(&key), None).await?;
            place.mapping = found.into_iter().next().map(|mapped| Mapping {
                entity: mapped.entity,
                id: mapped.id,
                run: mapped.run,
            });
        }
        // Ids that the target makes are not known to rules that are only tried.
        let known = self.run.is_some() || outcomes.row.id != Id::Server;
        if one.is_made() && known {
            self.row(&mut place, outcomes, one).await.at(At::Table, &outcomes.target)?;
        }
        Ok(place)
    }

    async fn run(&self, place: &mut InTarget, flow: &Flow, one: &Stored) -> Result<()> {
        let Some(run) = self.run else { return Ok(()) };
        let connection = self.foresight.connection();
        if let Some(told) = connection.query_opt(RUN, &[&run, &flow.name, &one.file.chunk()]).await? {
            place.run_state = Some(told.try_get("state")?);
            place.claimed_at = told.try_get("claimed_at")?;
            let mode: Option<String> = told.try_get("mode")?;
            place.by_difference = mode.is_some_and(|mode| mode != "full");
        }
        if let (Some(latest), _) = self.foresight.latest(self.namespace).await? {
            place.latest_run = Some(latest.run_id).filter(|latest| *latest != run).map(|latest| latest.to_string());
        }
        Ok(())
    }

    async fn quarantine(&self, flow: &Flow, one: &Stored) -> Result<Option<Quarantined>> {
        let connection = self.foresight.connection();
        let told = connection.query_opt(QUARANTINE, &[&flow.name, &one.key, &self.namespace.uuid()]).await?;
        told.map(|told| {
            let cause: (Option<String>, Option<String>) = (told.try_get("cause_flow")?, told.try_get("cause_key")?);
            Ok(Quarantined {
                since_run: told.try_get("run")?,
                since: told.try_get("since")?,
                reason: told.try_get("reason")?,
                sqlstate: told.try_get("sqlstate")?,
                constraint: told.try_get("constraint_name")?,
                column: told.try_get("column_name")?,
                cause: cause.0.zip(cause.1).map(|(flow, key)| Link { flow, key, reason: String::new() }),
            })
        })
        .transpose()
    }

    async fn history(&self, flow: &Flow, one: &Stored, row: Option<Uuid>) -> Result<Vec<Moved>> {
        let connection = self.foresight.connection();
        let told = connection.query(HISTORY, &[&flow.name, &row, &self.namespace.uuid(), &one.key]).await?;
        let moved = |told: &Told| {
            Ok(Moved {
                run: told.try_get("run")?,
                at: told.try_get("at")?,
                what: told.try_get("what")?,
                columns: told.try_get("columns")?,
            })
        };
        told.iter().map(moved).collect()
    }

    async fn row(&self, place: &mut InTarget, outcomes: &FlowOutcomes, one: &Stored) -> Result<()> {
        place.row = TargetRow::Absent;
        if !self.foresight.has_ledger() {
            place.row = TargetRow::NotExpected;
            return Ok(());
        }
        let Some(standing) = self.foresight.standing(&one.row, outcomes).await? else { return Ok(()) };
        // What was left as it stood was never to be as the outcome says.
        let changed = one.outcome == Outcome::Migrated && !standing.differs.is_empty();
        place.row = if changed { TargetRow::Changed } else { TargetRow::AsLeft };
        place.differs = standing.differs;
        let column = |(name, kind, text): (String, String, Option<String>)| Column {
            name,
            kind,
            null: text.is_none(),
            value: text.filter(|_| self.values),
        };
        place.columns = standing.columns.into_iter().map(column).collect();
        Ok(())
    }
}
