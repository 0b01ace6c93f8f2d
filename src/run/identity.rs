//! Owns what a run's UUIDs rest on: the namespace, the type of each entity's keys by the snapshot, and foreign UUIDs.
//! Must not know: how a key becomes a UUID.

use std::collections::BTreeMap;

use super::record::Foreign;
use crate::engine::Identity;
use crate::error::{At, Error, Result};
use crate::flow::SOURCE;
use crate::key::KeyType;
use crate::outcome::Id;
use crate::pipeline::{EntityKey, Pipeline};
use crate::snapshot::Snapshot;

/// The identifiers of all entities of a pipeline, also of flows that were not asked for. Without a snapshot, or where it
/// lacks a table, the type of an entity's keys stays unknown, and keys of any type are taken.
///
/// # Errors
/// [`crate::error::Kind::Config`] for two flows that give one entity keys of two types.
pub async fn identity(pipeline: &Pipeline, snapshot: Option<&Snapshot>, foreign: Foreign) -> Result<Identity> {
    let mut entities = BTreeMap::new();
    for (entity, from) in &pipeline.entities {
        let kind = match snapshot {
            Some(snapshot) => key_type(entity, from, snapshot, &pipeline.schemas).await?,
            None => None,
        };
        entities.insert(entity.clone(), kind);
    }
    let instead = |from: &EntityKey| {
        (!from.row.is_derived()).then(|| match from.row.id {
            Id::None => {
                format!("join what tells its rows apart in the target; the flow {} says id = \"none\"", from.flow)
            }
            _ => format!("join migrated.{} and take its {}", from.flow, from.row.id_column),
        })
    };
    let own_ids = pipeline.entities.iter().filter_map(|(entity, from)| {
        // An entity may be spread over tables of which only some have UUIDs of ours.
        let all = from.iter().map(instead).collect::<Option<Vec<_>>>()?;
        Some((entity.clone(), all.first()?.clone()))
    });
    let own_ids = own_ids.collect();
    let (found, unmatched) = (&foreign.found, &foreign.unmatched);
    Ok(Identity::new(pipeline.namespace, entities, foreign.adopted)
        .with_matches(found, unmatched)
        .with_own_ids(own_ids))
}

async fn key_type(
    entity: &str,
    from: &[EntityKey],
    snapshot: &Snapshot,
    schemas: &[String],
) -> Result<Option<KeyType>> {
    let mut known: Option<(KeyType, &str)> = None;
    for EntityKey { flow, source, columns, expand, .. } in from {
        if !snapshot.has(source) {
            continue;
        }
        let table = snapshot.named(source, schemas)?;
        let schema = snapshot.types_of(table).await?;
        let is_column = |column: &&String| *column != SOURCE;
        let fields = columns.iter().filter(is_column).map(|column| schema.field_with_name(column).ok());
        let Some(fields) = fields.collect::<Option<Vec<_>>>() else { continue };
        let of_several = columns.first().filter(|column| *column == SOURCE).map(|_| Ok(KeyType::Text));
        let ordinal = expand.then_some(Ok(KeyType::Number));
        let parts = of_several.into_iter().chain(fields.into_iter().map(KeyType::of)).chain(ordinal);
        let parts = parts.collect::<Result<Vec<_>>>();
        let parts = parts.map_err(|error| error.at(At::Flow, flow.clone()).at(At::Table, table.qualified()))?;
        let kind = match parts.as_slice() {
            [one] => one.clone(),
            _ => KeyType::Composite(parts),
        };
        match &known {
            Some((other, before)) if !other.compares_with(&kind) => {
                return Err(Error::config(format!(
                    "the entity '{entity}' has keys of two types: {other} by the flow {before}, {kind} by the flow {flow}"
                ))
                .at(At::Flow, flow.clone())
                .hint("rows of one entity have keys that PostgreSQL can compare: give one of the flows another entity"));
            }
            Some(_) => {}
            None => known = Some((kind, flow)),
        }
    }
    Ok(known.map(|(kind, _)| kind))
}
