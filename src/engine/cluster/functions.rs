//! Owns how functions travel: by what they are. A name alone is not enough: ours have names of the engine's, and some exist in plans
//! only. Must not know: plans. What cannot be made again at the other end is refused before it leaves.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock, PoisonError, RwLock};

use datafusion::arrow::datatypes::DataType;
use datafusion::common::{Result, internal_err, not_impl_err, plan_err};
use datafusion::execution::{SessionState, SessionStateBuilder};
use datafusion::logical_expr::{AggregateUDF, ScalarUDF, WindowUDF};
use datafusion::prelude::SessionContext;

use super::super::functions::{self, Identity, float_extreme, numeric_aggregate};

/// What stands before a function's own bytes.
const OURS: u8 = b'o';
const ENGINES: u8 = b'e';
/// Ours, of those that rest on identifiers: what these say follows as a hash.
const OF_IDENTITY: u8 = b'i';

const BY_IDENTITY: [&str; 2] = ["legacy_uuid", "row_uuid"];
const NUMERIC: [&str; 5] = ["numeric_sum", "numeric_avg", "numeric_min", "numeric_max", "numeric_any"];
const FLOAT: [&str; 2] = ["float_min", "float_max"];

/// Pipelines whose identifiers a worker knows at a time: those that were prepared last.
const KNOWN_AT_MOST: usize = 16;

type ByName = HashMap<String, Arc<ScalarUDF>>;

/// The functions that plans are made of.
pub struct Functions {
    ours: ByName,
    identity: [u8; 32],
    others: Option<Arc<Identities>>,
}

/// The identifiers that a worker knows, of the pipelines that it has prepared.
#[derive(Default)]
pub struct Identities(RwLock<Vec<([u8; 32], ByName)>>);

impl Identities {
    /// Makes identifiers known; those that were made known first are forgotten in their stead.
    pub fn know(&self, identity: &Arc<Identity>) {
        let fingerprint = identity.fingerprint();
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let before = known.iter().position(|(other, _)| *other == fingerprint).map(|at| known.remove(at));
        known.push(before.unwrap_or_else(|| (fingerprint, by_name(identity, |name| BY_IDENTITY.contains(&name)))));
        let too_many = known.len().saturating_sub(KNOWN_AT_MOST);
        known.drain(..too_many);
    }

    fn find(&self, fingerprint: &[u8], name: &str) -> Option<Arc<ScalarUDF>> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        known.iter().find(|(other, _)| other == fingerprint)?.1.get(name).cloned()
    }
}

fn by_name(identity: &Arc<Identity>, wanted: impl Fn(&str) -> bool) -> ByName {
    let all = functions::of_plans(identity).into_iter().filter(|function| wanted(function.name()));
    all.map(|function| (function.name().to_owned(), Arc::new(function))).collect()
}

/// The engine's own functions, with the settings of a session of ours.
fn engines() -> Result<&'static SessionState> {
    static ENGINES: OnceLock<SessionState> = OnceLock::new();
    if let Some(state) = ENGINES.get() {
        return Ok(state);
    }
    let config = super::super::config(1, 0);
    let state = SessionStateBuilder::new().with_config(config).with_default_features().build();
    let mut session = SessionContext::new_with_state(state);
    datafusion_functions_json::register_all(&mut session)?;
    Ok(ENGINES.get_or_init(|| session.state()))
}

impl Functions {
    pub fn new(identity: &Arc<Identity>) -> Self {
        Self { ours: by_name(identity, |_| true), identity: identity.fingerprint(), others: None }
    }

    /// Those of a worker, which reads what rests on any of these identifiers.
    pub fn of_worker(identities: Arc<Identities>) -> Self {
        Self { others: Some(identities), ..Self::new(&Arc::default()) }
    }

    /// # Errors
    /// For a function that the other end would not know.
    pub fn write_scalar(&self, function: &ScalarUDF, out: &mut Vec<u8>) -> Result<()> {
        let name = function.name();
        if functions::is_ours(function) {
            if !self.ours.contains_key(name) {
                return not_impl_err!("{name} cannot be computed by a worker");
            }
            if BY_IDENTITY.contains(&name) {
                out.push(OF_IDENTITY);
                out.extend_from_slice(&self.identity);
            } else {
                out.push(OURS);
            }
            return Ok(());
        }
        if engines()?.scalar_functions().get(name).is_none_or(|known| known.as_ref() != function) {
            return not_impl_err!("{name} cannot be computed by a worker");
        }
        out.push(ENGINES);
        Ok(())
    }

    /// # Errors
    /// For a function that is not known here, and one that would give other identifiers.
    pub fn read_scalar(&self, name: &str, bytes: &[u8]) -> Result<Arc<ScalarUDF>> {
        let found = match bytes {
            [OURS] if !BY_IDENTITY.contains(&name) => self.ours.get(name).cloned(),
            [ENGINES] => engines()?.scalar_functions().get(name).cloned(),
            [OF_IDENTITY, identity @ ..] if *identity == self.identity => self.ours.get(name).cloned(),
            [OF_IDENTITY, identity @ ..] => {
                let known = self.others.as_ref().and_then(|others| others.find(identity, name));
                let Some(known) = known else { return plan_err!("a worker does not know these identifiers") };
                Some(known)
            }
            _ => None,
        };
        let Some(function) = found else { return internal_err!("a worker does not know the function {name}") };
        Ok(function)
    }
}

/// # Errors
/// For an aggregate that the other end would not know.
pub fn write_aggregate(function: &AggregateUDF, out: &mut Vec<u8>) -> Result<()> {
    let name = function.name();
    if NUMERIC.contains(&name) {
        out.push(OURS);
    } else if FLOAT.contains(&name) {
        let is_double = function.return_type(&[])? == DataType::Float64;
        out.extend_from_slice(&[OURS, if is_double { 8 } else { 4 }]);
    } else if engines()?.aggregate_functions().contains_key(name) {
        out.push(ENGINES);
    } else {
        return not_impl_err!("{name} cannot be computed by a worker");
    }
    Ok(())
}

/// # Errors
/// For an aggregate that is not known here.
pub fn read_aggregate(name: &str, bytes: &[u8]) -> Result<Arc<AggregateUDF>> {
    let ours = |names: &[&'static str]| names.iter().find(|known| **known == name).copied();
    let found = match bytes {
        [OURS] => ours(&NUMERIC).map(|name| Arc::new(numeric_aggregate(name))),
        [OURS, 4] => ours(&FLOAT).map(|name| Arc::new(float_extreme(name, &DataType::Float32))),
        [OURS, 8] => ours(&FLOAT).map(|name| Arc::new(float_extreme(name, &DataType::Float64))),
        [ENGINES] => engines()?.aggregate_functions().get(name).cloned(),
        _ => None,
    };
    let Some(function) = found else { return internal_err!("a worker does not know the aggregate {name}") };
    Ok(function)
}

/// # Errors
/// For a window function that the other end would not know: there are none of ours.
pub fn write_window(function: &WindowUDF, out: &mut Vec<u8>) -> Result<()> {
    if !engines()?.window_functions().contains_key(function.name()) {
        return not_impl_err!("{} cannot be computed by a worker", function.name());
    }
    out.push(ENGINES);
    Ok(())
}

/// # Errors
/// For a window function that is not known here.
pub fn read_window(name: &str) -> Result<Arc<WindowUDF>> {
    let Some(function) = engines()?.window_functions().get(name) else {
        return internal_err!("a worker does not know the window function {name}");
    };
    Ok(function.clone())
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::{Path, PathBuf};

    use super::*;
    use crate::id::Namespace;

    fn all() -> Vec<ScalarUDF> {
        functions::of_plans(&Arc::new(Identity::default()))
    }

    #[test]
    fn every_function_comes_back_as_it_was() {
        let functions = Functions::new(&Arc::new(Identity::default()));
        let engines = engines().unwrap().scalar_functions().values().map(|one| one.as_ref().clone());
        for function in all().into_iter().chain(engines) {
            let mut bytes = Vec::new();
            functions.write_scalar(&function, &mut bytes).unwrap();
            let back = functions.read_scalar(function.name(), &bytes).unwrap();
            assert_eq!(*back, function, "{}", function.name());
        }
        for (name, kind) in NUMERIC.map(|name| (name, None)).into_iter().chain(
            FLOAT.into_iter().flat_map(|name| [DataType::Float32, DataType::Float64].map(|kind| (name, Some(kind)))),
        ) {
            let function = kind.map_or_else(|| numeric_aggregate(name), |kind| float_extreme(name, &kind));
            let mut bytes = Vec::new();
            write_aggregate(&function, &mut bytes).unwrap();
            let back = read_aggregate(name, &bytes).unwrap();
            assert_eq!(back.name(), name);
            assert_eq!(back.return_type(&[]).unwrap(), function.return_type(&[]).unwrap());
        }
    }

    #[test]
    fn of_one_name_are_only_functions_that_a_settled_plan_tells_apart() {
        let mut seen = BTreeSet::new();
        let twice: BTreeSet<String> =
            all().iter().map(|one| one.name().to_owned()).filter(|name| !seen.insert(name.clone())).collect();
        // Those of all types are planned under these names and never run: settled, they are the engine's, `greatest_of`, or these.
        assert_eq!(twice, ["greatest", "least"].map(str::to_owned).into());
    }

    #[test]
    fn a_worker_for_other_identifiers_refuses() {
        let of = |pipeline: &str| {
            let namespace = Namespace::of_pipeline(pipeline);
            Functions::new(&Arc::new(Identity::new(namespace, BTreeMap::new(), [])))
        };
        let mut bytes = Vec::new();
        let function = of("one").ours["legacy_uuid"].clone();
        of("one").write_scalar(&function, &mut bytes).unwrap();
        assert!(of("one").read_scalar("legacy_uuid", &bytes).is_ok());
        assert!(of("other").read_scalar("legacy_uuid", &bytes).is_err());
        assert!(of("one").read_scalar("legacy_uuid", &[OURS]).is_err());
    }

    fn rust_files(folder: &Path) -> Vec<PathBuf> {
        let paths = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        paths.flat_map(|path| if path.is_dir() { rust_files(&path) } else { vec![path] }).collect()
    }

    /// A function is made in few places. One more of them has to be among `of_plans` (or the aggregates above), and is counted then.
    #[test]
    fn no_function_is_forgotten() {
        let engine = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/engine");
        let mut found = BTreeMap::new();
        for path in rust_files(&engine) {
            let name = path.strip_prefix(&engine).unwrap().display().to_string();
            let text = std::fs::read_to_string(&path).unwrap();
            let makers = ["Function::udf(", "create_udaf(", "ScalarUDF::new_from_impl("];
            let calls: usize = makers.iter().map(|maker| text.matches(maker).count()).sum();
            if calls > 0 && !name.starts_with("cluster") {
                found.insert(name, calls);
            }
        }
        let known: BTreeMap<String, usize> = [
            ("dialect/cast/mod.rs", 1),
            ("dialect/families/key.rs", 2),
            ("dialect/families/list.rs", 2),
            ("dialect/form.rs", 1),
            ("functions/checked.rs", 2),
            // The clocks are for looking: no flow has them.
            ("functions/clock.rs", 1),
            ("functions/extreme.rs", 1),
            ("functions/identity.rs", 3),
            ("functions/json/members.rs", 1),
            ("functions/json/mod.rs", 4),
            ("functions/mod.rs", 1),
            ("functions/numeric/aggregate.rs", 2),
            ("functions/numeric/udf.rs", 4),
            ("functions/place.rs", 1),
            ("functions/random.rs", 1),
            ("functions/read_uuid.rs", 1),
            ("functions/row.rs", 1),
            ("functions/verdict.rs", 4),
        ]
        .into_iter()
        .map(|(file, calls)| (file.to_owned(), calls))
        .collect();
        assert_eq!(found, known);
    }
}
