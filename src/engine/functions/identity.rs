//! Owns `legacy_uuid('entity', key)`: the UUID of a legacy key, ours or the one the target had before.
//! Must not know: how the target's mappings are read.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, AsArray, BooleanArray, FixedSizeBinaryBuilder, StringArray};
use datafusion::arrow::datatypes::{DataType, Field};
use datafusion::common::DataFusionError;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::expr_rewriter::NamePreserver;
use datafusion::logical_expr::{ColumnarValue, Expr, LogicalPlan, ScalarUDF};
#[cfg(feature = "cluster")]
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::super::dialect::{CAST, tried};
use super::{Function, arity, literal, read_uuid};
use crate::diagnosis::closest;
use crate::id::Namespace;
use crate::key::{KeyColumn, KeyType};
use crate::outcome::BAD_KEY;

const NAME: &str = "legacy_uuid";

/// What identifiers rest on: the namespace, the entities that flows declare, and the UUIDs that the target had before.
#[derive(Debug, Default)]
pub struct Identity {
    namespace: Option<Namespace>,
    entities: BTreeMap<String, Option<KeyType>>,
    /// entity → the key's canonical form → the UUID that the target's mappings had for it.
    adopted: BTreeMap<String, HashMap<String, Uuid>>,
    /// The same for all foreign UUIDs: those, and the ones of rows of the target that a flow's `match` found.
    foreign: BTreeMap<String, HashMap<String, Uuid>>,
    /// Entities whose rows have ids that are not made of their keys, and what refers to them instead.
    own_ids: BTreeMap<String, String>,
    /// flow → the key's canonical form → why its row cannot be matched.
    unmatched: BTreeMap<String, HashMap<String, String>>,
}

impl Identity {
    /// `entities`: with the type of their keys, where it is known. `adopted`: entity, key as text, UUID.
    #[must_use]
    pub fn new(
        namespace: Namespace,
        entities: BTreeMap<String, Option<KeyType>>,
        adopted: impl IntoIterator<Item = (String, String, Uuid)>,
    ) -> Self {
        let mut identity = Self { namespace: Some(namespace), entities, ..Self::default() };
        for (entity, key, uuid) in adopted {
            for form in identity.forms(&entity, &key) {
                identity.adopted.entry(entity.clone()).or_default().insert(form, uuid);
            }
        }
        identity.foreign.clone_from(&identity.adopted);
        identity
    }

    /// Adds the UUIDs of rows that were found in the target (entity, key as text, UUID), and the rows that cannot be
    /// matched (flow, entity, key as text, reason).
    #[must_use]
    pub fn with_matches(
        mut self,
        found: &[(String, String, Uuid)],
        unmatched: &[(String, String, String, String)],
    ) -> Self {
        for (entity, key, uuid) in found {
            for form in self.forms(entity, key) {
                self.foreign.entry(entity.clone()).or_default().insert(form, *uuid);
            }
        }
        for (flow, entity, key, reason) in unmatched {
            for form in self.forms(entity, key) {
                self.unmatched.entry(flow.clone()).or_default().insert(form, reason.clone());
            }
        }
        self
    }

    /// Names the entities whose rows have ids that are not made of their keys, each with what to write instead of
    /// `legacy_uuid`.
    #[must_use]
    pub fn with_own_ids(mut self, own_ids: BTreeMap<String, String>) -> Self {
        self.own_ids = own_ids;
        self
    }

    /// The canonical forms that a key written as text can have: one, where the type of the entity's keys is known.
    fn forms(&self, entity: &str, key: &str) -> Vec<String> {
        match self.entities.get(entity) {
            None => Vec::new(),
            Some(Some(kind)) => kind.canonical(key).into_iter().collect(),
            Some(None) => [KeyType::Number, KeyType::Text].iter().filter_map(|kind| kind.canonical(key)).collect(),
        }
    }

    /// What it says, as a hash: two that differ would give other UUIDs.
    #[cfg(feature = "cluster")]
    #[must_use]
    pub fn fingerprint(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        let mut take = |text: &str| {
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(text);
        };
        take(&format!("{:?} {:?}", self.namespace, self.entities));
        for (entity, instead) in &self.own_ids {
            take(entity);
            take(instead);
        }
        for (part, uuids) in [("adopted", &self.adopted), ("foreign", &self.foreign)] {
            take(part);
            for (entity, uuids) in uuids {
                take(entity);
                for (key, uuid) in uuids.iter().collect::<BTreeMap<_, _>>() {
                    take(key);
                    take(&uuid.to_string());
                }
            }
        }
        hash.finalize().into()
    }

    /// The UUIDs that the target's mappings had for an entity, by their keys' canonical form.
    #[must_use]
    pub fn adopted(&self, entity: &str) -> Option<&HashMap<String, Uuid>> {
        self.adopted.get(entity)
    }

    /// Why rows of a flow cannot be matched, by their entity keys' canonical form.
    #[must_use]
    pub fn unmatched(&self, flow: &str) -> Option<&HashMap<String, String>> {
        self.unmatched.get(flow)
    }

    /// May keys of this type stand for those of the entity?
    fn fits(&self, entity: &str, field: &Field) -> Result<(), DataFusionError> {
        let told = |error: crate::error::Error| DataFusionError::Plan(error.message().to_owned());
        if let Some(instead) = self.own_ids.get(entity) {
            return Err(DataFusionError::Plan(format!(
                "the ids of '{entity}' are not made of its keys, so legacy_uuid cannot tell them: {instead}"
            )));
        }
        if field.data_type().is_null() && self.entities.contains_key(entity) {
            return Ok(());
        }
        let given = if field.data_type().is_null() { KeyType::Number } else { KeyType::of(field).map_err(told)? };
        match self.entities.get(entity) {
            Some(Some(wanted)) if !wanted.compares_with(&given) => Err(DataFusionError::Plan(format!(
                "legacy_uuid('{entity}', …) is given a {given}, and the keys of '{entity}' are of the type {wanted}: \
                 write {}",
                wanted.cast()
            ))),
            Some(_) => Ok(()),
            None => {
                let names: Vec<String> = self.entities.keys().cloned().collect();
                let hint = closest(entity, &names).map_or(String::new(), |name| format!(". Did you mean '{name}'?"));
                Err(DataFusionError::Plan(format!("no flow has the entity '{entity}'{hint}")))
            }
        }
    }

    /// `failed`: rows whose key did not cast to the type of the entity's keys.
    fn uuids(
        &self,
        entity: &str,
        array: &ArrayRef,
        field: &Field,
        failed: Option<&BooleanArray>,
    ) -> crate::error::Result<ArrayRef> {
        let namespace = self.namespace.unwrap_or_else(|| Namespace::of_pipeline(""));
        let parent = self.entities.get(entity).and_then(Option::as_ref);
        let keys = KeyColumn::referring_to(array.clone(), field, parent)?;
        let foreign = self.foreign.get(entity).filter(|_| !self.own_ids.contains_key(entity));
        let mut out = FixedSizeBinaryBuilder::with_capacity(array.len(), 16);
        let mut buffer = String::with_capacity(64);
        for row in 0..array.len() {
            if keys.is_null(row) {
                if failed.is_some_and(|failed| failed.is_valid(row) && failed.value(row)) {
                    out.append_value(BAD_KEY).map_err(|_| not_sixteen())?;
                } else {
                    out.append_null();
                }
                continue;
            }
            let known = match foreign {
                Some(foreign) => {
                    buffer.clear();
                    keys.write_canonical(row, &mut buffer)?;
                    foreign.get(&buffer).copied()
                }
                None => None,
            };
            let uuid = match known {
                Some(uuid) => uuid,
                None => namespace.legacy_uuid(entity, &keys, row, &mut buffer)?,
            };
            out.append_value(uuid.as_bytes()).map_err(|_| not_sixteen())?;
        }
        Ok(Arc::new(out.finish()))
    }
}

fn not_sixteen() -> crate::error::Error {
    crate::error::Error::unexpected("a UUID has 16 bytes")
}

/// The function itself: the entity, the key and, where the key is a cast, which [`checked_casts`] adds, whether it failed.
pub fn legacy_uuid(identity: &Arc<Identity>) -> ScalarUDF {
    let (planning, running) = (identity.clone(), identity.clone());
    Function::udf(
        NAME,
        move |args| {
            if args.arg_fields.len() != 3 {
                arity(args, 2, NAME)?;
            }
            planning.fits(literal(args, 0, NAME)?, &args.arg_fields[1])?;
            Ok(Field::new(NAME, DataType::FixedSizeBinary(16), args.arg_fields[1].is_nullable()).into())
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
            let failed = args.args.get(2).map(|failed| failed.to_array(args.number_rows)).transpose()?;
            let failed = failed.as_ref().and_then(|failed| failed.as_boolean_opt());
            let uuids = running
                .uuids(entity, &keys, &args.arg_fields[1], failed)
                .map_err(|error| DataFusionError::External(Box::new(error)))?;
            Ok(ColumnarValue::Array(uuids))
        },
    )
}

/// What a key prints, whatever its type: rows of two sets of outcomes whose keys print the same are one. For ourselves.
pub fn printed_key() -> ScalarUDF {
    Function::udf(
        "printed_key",
        |args| {
            arity(args, 1, "printed_key")?;
            Ok(Field::new("printed_key", DataType::Utf8, args.arg_fields[0].is_nullable()).into())
        },
        |args| {
            let keys = args.args[0].to_array(args.number_rows)?;
            let told = |error| DataFusionError::External(Box::new(error));
            let keys = KeyColumn::of(keys, &args.arg_fields[0]).map_err(told)?;
            let one = |row| if keys.is_null(row) { Ok(None) } else { keys.printed(row).map(Some) };
            let printed = (0..keys.len()).map(one).collect::<crate::error::Result<StringArray>>().map_err(told)?;
            Ok(ColumnarValue::Array(Arc::new(printed)))
        },
    )
}

/// The UUID of a row of an entity whose ids are not made of its keys: it tells rows apart within a run, and goes nowhere.
pub fn row_uuid(identity: &Arc<Identity>) -> ScalarUDF {
    let identity = identity.clone();
    Function::udf(
        "row_uuid",
        |args| {
            arity(args, 2, "row_uuid")?;
            Ok(Field::new("row_uuid", DataType::FixedSizeBinary(16), args.arg_fields[1].is_nullable()).into())
        },
        move |args| {
            let ColumnarValue::Scalar(entity) = &args.args[0] else {
                return Err(DataFusionError::Plan("row_uuid takes a literal entity".into()));
            };
            let keys = args.args[1].to_array(args.number_rows)?;
            let entity = entity.try_as_str().flatten().unwrap_or_default();
            let uuids = identity.uuids(entity, &keys, &args.arg_fields[1], None);
            Ok(ColumnarValue::Array(uuids.map_err(|error| DataFusionError::External(Box::new(error)))?))
        },
    )
}

/// Lets a cast inside of `legacy_uuid` fail on a row without the end of the run: the row has [`BAD_KEY`] for a UUID then.
///
/// # Errors
/// What rewriting the plan meets.
pub fn checked_casts(plan: LogicalPlan) -> Result<LogicalPlan, DataFusionError> {
    let rewritten = plan.transform_up_with_subqueries(|node| {
        let names = NamePreserver::new(&node);
        let node = node.map_expressions(|expr| {
            let name = names.save(&expr);
            Ok(expr.transform_up(checked)?.update_data(|expr| name.restore(expr)))
        })?;
        if node.transformed { node.map_data(LogicalPlan::recompute_schema) } else { Ok(node) }
    })?;
    Ok(rewritten.data)
}

/// The call with a key that may fail to read, and whether it did.
fn tried_key(mut call: ScalarFunction, whole: Expr, tried: Expr) -> Expr {
    let failed = whole.is_not_null().and(tried.clone().is_null());
    call.args.truncate(1);
    call.args.extend([tried, failed]);
    Expr::ScalarFunction(call)
}

fn checked(expr: Expr) -> Result<Transformed<Expr>, DataFusionError> {
    let Expr::ScalarFunction(call) = expr else { return Ok(Transformed::no(expr)) };
    if call.name() == NAME
        && let [_, Expr::ScalarFunction(cast)] = call.args.as_slice()
        && let (CAST, [whole, _]) = (cast.name(), cast.args.as_slice())
    {
        let (whole, tried) = (whole.clone(), tried(cast.args.clone()));
        return Ok(Transformed::yes(tried_key(call, whole, tried)));
    }
    if call.name() == NAME
        && let [_, Expr::ScalarFunction(read)] = call.args.as_slice()
        && let (read_uuid::STRICT, [text]) = (read.name(), read.args.as_slice())
    {
        let (whole, tried) = (text.clone(), read_uuid::lenient().call(vec![text.clone()]));
        return Ok(Transformed::yes(tried_key(call, whole, tried)));
    }
    Ok(Transformed::no(Expr::ScalarFunction(call)))
}
