//! Owns `legacy_uuid('entity', key)`: the UUID of a legacy key, ours or the one the target had before.
//! Must not know: how the target's mappings are read.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, FixedSizeBinaryBuilder};
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::DataFusionError;
use datafusion::logical_expr::{ColumnarValue, ScalarUDF};
use uuid::Uuid;

use super::{Function, arity, literal};
use crate::diagnosis::closest;
use crate::id::Namespace;
use crate::key::KeyColumn;

/// What identifiers rest on: the namespace, the entities that flows declare, and the UUIDs that the target had before.
#[derive(Debug, Default)]
pub struct Identity {
    namespace: Option<Namespace>,
    entities: BTreeSet<String>,
    /// entity → the key's text → the foreign UUID.
    adopted: BTreeMap<String, HashMap<String, Uuid>>,
}

impl Identity {
    #[must_use]
    pub fn new(
        namespace: Namespace,
        entities: BTreeSet<String>,
        adopted: impl IntoIterator<Item = (String, String, Uuid)>,
    ) -> Self {
        let mut by_entity: BTreeMap<String, HashMap<String, Uuid>> = BTreeMap::new();
        for (entity, key, uuid) in adopted {
            by_entity.entry(entity).or_default().insert(key, uuid);
        }
        Self { namespace: Some(namespace), entities, adopted: by_entity }
    }

    /// The foreign UUIDs of an entity by their keys' text, if the target had any.
    #[must_use]
    pub fn adopted(&self, entity: &str) -> Option<&HashMap<String, Uuid>> {
        self.adopted.get(entity)
    }

    fn uuids(&self, entity: &str, array: &ArrayRef) -> crate::error::Result<ArrayRef> {
        let namespace = self.namespace.unwrap_or_else(|| Namespace::of_pipeline(""));
        let keys = KeyColumn::new(array.clone())?;
        let foreign = self.adopted.get(entity);
        let mut out = FixedSizeBinaryBuilder::with_capacity(array.len(), 16);
        let mut buffer = String::with_capacity(64);
        for row in 0..array.len() {
            if keys.is_null(row) {
                out.append_null();
                continue;
            }
            let known = match foreign {
                Some(foreign) => foreign.get(&keys.text(row)?).copied(),
                None => None,
            };
            let uuid = match known {
                Some(uuid) => uuid,
                None => namespace.legacy_uuid(entity, &keys, row, &mut buffer)?,
            };
            out.append_value(uuid.as_bytes()).map_err(|_| crate::error::Error::unexpected("a UUID has 16 bytes"))?;
        }
        Ok(Arc::new(out.finish()))
    }
}

/// The function itself.
pub fn legacy_uuid(identity: &Arc<Identity>) -> ScalarUDF {
    let (planning, running) = (identity.clone(), identity.clone());
    Function::udf(
        "legacy_uuid",
        move |args| {
            arity(args, 2, "legacy_uuid")?;
            let entity = literal(args, 0, "legacy_uuid")?;
            if !planning.entities.contains(entity) {
                let names: Vec<String> = planning.entities.iter().cloned().collect();
                let hint = closest(entity, &names).map_or(String::new(), |name| format!(". Did you mean '{name}'?"));
                return Err(DataFusionError::Plan(format!("no flow has the entity '{entity}'{hint}")));
            }
            Ok(Field::new("legacy_uuid", DataType::FixedSizeBinary(16), args.arg_fields[1].is_nullable()).into())
        },
        move |args| {
            let ColumnarValue::Scalar(entity) = &args.args[0] else {
                return Err(DataFusionError::Plan("legacy_uuid takes a literal entity".into()));
            };
            let entity = entity.try_as_str().flatten().unwrap_or_default();
            let keys = args.args[1].to_array(args.number_rows)?;
            if keys.data_type() == &DataType::Null {
                return Ok(ColumnarValue::Scalar(datafusion::common::ScalarValue::FixedSizeBinary(16, None)));
            }
            let uuids = running.uuids(entity, &keys).map_err(|error| DataFusionError::External(Box::new(error)))?;
            Ok(ColumnarValue::Array(uuids))
        },
    )
}
