//! Owns what the user wrote: a pipeline file, what it extends, and the SQL files it names.
//! Must not know: how any of it is run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::diagnosis::closest;
use crate::error::{At, Error, Result};
use crate::flow::{Flow, Open};
use crate::header::{SqlFile, shown, toml_error};
use crate::id::Namespace;
use crate::mask::Rule;
use crate::name::Named;
use crate::outcome::RowIdentity;
use crate::secrets::{self, Secrets};

/// The file as it is written. Unknown keys are errors.
#[derive(Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct File {
    /// What the pipeline is called. The UUIDs of all its rows follow from it, unless `namespace` says otherwise.
    name: String,
    /// Another pipeline file, of which everything is taken over that this one does not say.
    extends: Option<PathBuf>,
    /// The folder of flows: one `.sql` file each. Like all paths here, relative to this file.
    flows: Option<PathBuf>,
    /// The folder of views that flows, checks and reports share as `shared.<file>`.
    shared: Option<PathBuf>,
    /// The folder of checks: queries for rows that should not be.
    checks: Option<PathBuf>,
    /// The folder of reports: queries whose rows the report shows.
    reports: Option<PathBuf>,
    /// The folder of cases that `rehome test` runs.
    tests: Option<PathBuf>,
    /// The namespace of the UUIDs that the pipeline gives.
    namespace: Option<Uuid>,
    /// The least share, 0 to 1, of a flow's rows in scope that must reach the target, where the flow says none.
    accept: Option<f64>,
    #[serde(default)]
    secrets: Secrets,
    #[serde(default)]
    source: Source,
    #[serde(default)]
    target: Target,
    #[serde(default)]
    mappings: Mappings,
    /// Values that SQL reads as `$name`: texts, numbers, true or false, dates and times.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, serde_json::Value>")]
    params: BTreeMap<String, toml::Value>,
    #[serde(default)]
    reroute: BTreeMap<String, Reroute>,
    sample: Option<Sample>,
    /// Source tables and columns that may go nowhere: `table`, `table.column`; `*` stands for any characters.
    #[serde(default)]
    unmapped: Vec<String>,
    coverage: Option<Coverage>,
    #[serde(default)]
    engine: Engine,
    /// What `rehome snapshot --mask` does to columns: `table.column` or `schema.table.column`, `*` for any characters.
    #[serde(default)]
    mask: BTreeMap<String, Rule>,
}

/// Who runs the flows. They are no rules: the same rows come of it anywhere.
#[derive(Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Engine {
    /// Workers, as `host:port`, in place of this machine alone.
    workers: Option<Vec<String>>,
}

/// How much of the source must go somewhere, or be named by `unmapped`: `rehome check` fails otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(untagged, expecting = "`coverage` is \"full\", or a share between 0 and 1")]
pub enum Coverage {
    All(Whole),
    /// The share of the source's columns, 0 to 1.
    Share(f64),
}

/// All of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Whole {
    Full,
}

impl Coverage {
    /// The least share of the source's columns, 0 to 1.
    #[must_use]
    pub fn share(self) -> f64 {
        match self {
            Self::All(Whole::Full) => 1.0,
            Self::Share(share) => share,
        }
    }
}

/// What a pipeline does with rejects of a flow instead: another flow owns them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Reroute {
    /// The flow that owns the rows.
    pub to: String,
    /// Which rejects: those with one of these reasons.
    pub reasons: Vec<String>,
}

#[derive(Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Source {
    /// The schemas that are extracted; `public` unless said.
    schemas: Option<Vec<String>>,
    /// Prefixes of tables that are no part of a model's name, such as `dispatch_`.
    strip_prefix: Option<Vec<String>>,
    /// The zone of the source's clocks: of timestamps without a zone that become instants.
    time_zone: Option<String>,
    /// The zones of the clocks of some tables and columns, by `table` or `table.column`.
    time_zones: Option<BTreeMap<String, String>>,
}

#[derive(Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Target {
    /// The schema of target tables that are named without one; `public` unless said.
    schema: Option<String>,
}

#[derive(Debug, Default, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Mappings {
    /// The table of legacy keys and UUIDs, `schema.table`; `migration_mappings` unless said.
    table: Option<String>,
}

/// What sort of time a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Clock {
    /// timestamptz.
    Instant,
    /// timestamp, date or time: what a clock shows somewhere.
    Local,
}

/// Where a pipeline keeps synthetic data of the shape of its source, for demonstrations, tests and benchmarks.
#[derive(Debug, Clone, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// A file with the PostgreSQL DDL of the source.
    pub source_schema: PathBuf,
    /// A folder with one DataFusion query per source table.
    pub tables: PathBuf,
    /// A folder with the PostgreSQL DDL of the target, run in the order of names.
    pub target_schema: PathBuf,
    /// A folder with one DataFusion query per target table that holds rows before the migration.
    pub target_rows: Option<PathBuf>,
}

/// The header of a view that flows, checks and reports share.
#[derive(Debug, Clone, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SharedHeader {
    pub description: Option<String>,
}

/// The header of a check.
#[derive(Debug, Clone, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckHeader {
    pub title: Option<String>,
    #[serde(default)]
    pub severity: Severity,
    pub flow: Option<String>,
    /// `flow`: the check runs once for each flow, over `each.…`.
    pub each: Option<Each>,
    /// With `each`: only for flows that give all these columns.
    #[serde(default)]
    pub having: Vec<String>,
}

/// What a check is repeated for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Each {
    Flow,
}

/// What a failing check does to the run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    #[default]
    Fail,
    Warn,
}

/// The header of a report.
#[derive(Debug, Clone, Default, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportHeader {
    pub title: Option<String>,
    pub chart: Option<String>,
    pub about: Option<String>,
}

/// Where the keys of an entity come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntityKey {
    pub flow: String,
    pub source: Named,
    pub columns: Vec<String>,
    /// An ordinal stands after them.
    pub expand: bool,
    /// The flow's target, and how its rows are known there.
    pub target: String,
    pub row: RowIdentity,
    pub open: Open,
}

/// A whole migration, as declared.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Pipeline {
    pub name: String,
    /// The file, as messages show it.
    pub file: String,
    pub namespace: Namespace,
    /// In the order of their names; the order of running is the graph's.
    pub flows: Vec<Flow>,
    /// The names of all flows that were declared, also when only some are asked for.
    pub declared: Vec<String>,
    /// The entities of all flows that were declared, with the source tables and key columns that give them their keys.
    pub entities: BTreeMap<String, Vec<EntityKey>>,
    /// Views that flows, checks and reports read as `shared.…`.
    pub shared: Vec<SqlFile<SharedHeader>>,
    pub checks: Vec<SqlFile<CheckHeader>>,
    pub reports: Vec<SqlFile<ReportHeader>>,
    /// The folders of cases for its flows; the later, nearer ones go before. They are no rules.
    pub tests: Vec<PathBuf>,
    /// The threshold of flows that declare none.
    pub accept: Option<f64>,
    /// The schemas of the source that are extracted.
    pub schemas: Vec<String>,
    /// Prefixes of source tables that are no part of a model's name (`dispatch_`).
    pub strip_prefix: Vec<String>,
    /// The zone of the source's clocks: of timestamps without a zone that go into columns of instants.
    pub time_zone: Option<String>,
    /// The zones of the clocks of some tables and columns, by `table` or `table.column`.
    pub time_zones: BTreeMap<String, String>,
    /// What sort of times the target's columns hold, by flow and column; empty where no target is known.
    pub clocks: BTreeMap<String, BTreeMap<String, Clock>>,
    pub target_schema: String,
    /// The mapping table, `schema.table`.
    pub mappings: (String, String),
    pub params: BTreeMap<String, toml::Value>,
    /// By the flow whose rejects they are.
    pub reroute: BTreeMap<String, Reroute>,
    pub sample: Option<Sample>,
    /// Where its connections are kept. They are no rules, and no other machine hears of them.
    #[serde(skip)]
    pub secrets: Secrets,
    /// Tables and columns of the source that may go nowhere: `table`, `table.column`, either with `*` for any characters.
    pub unmapped: Vec<String>,
    /// How much of the source must go somewhere.
    pub coverage: Option<Coverage>,
    /// The workers that run its flows, as `host:port`; none for this machine alone.
    pub workers: Vec<String>,
    /// What masking does to columns, by pattern. No part of the rules of a run.
    #[serde(skip)]
    pub mask: BTreeMap<String, Rule>,
    /// SHA-256 over the rules, see [`crate::rules`]: two runs with the same hash apply the same rules.
    pub hash: String,
}

impl Pipeline {
    /// The JSON schema of a pipeline file.
    #[must_use]
    pub fn file_schema() -> schemars::Schema {
        schemars::schema_for!(File)
    }

    /// Reads a pipeline file and everything it names.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`], with the file's place.
    pub fn read(path: &Path) -> Result<Self> {
        let chain = chain(path)?;
        let base = chain.last().map(|(file, _)| file.name.clone()).unwrap_or_default();
        let (name, file) = chain.first().map(|(file, path)| (file.name.clone(), shown(path))).unwrap_or_default();
        let mut pipeline = Self {
            namespace: Namespace::of_pipeline(&base),
            name,
            file,
            flows: Vec::new(),
            declared: Vec::new(),
            entities: BTreeMap::new(),
            shared: Vec::new(),
            checks: Vec::new(),
            reports: Vec::new(),
            tests: Vec::new(),
            accept: None,
            schemas: vec!["public".to_owned()],
            strip_prefix: Vec::new(),
            time_zone: None,
            time_zones: BTreeMap::new(),
            clocks: BTreeMap::new(),
            target_schema: "public".to_owned(),
            mappings: ("public".to_owned(), "migration_mappings".to_owned()),
            params: BTreeMap::new(),
            reroute: BTreeMap::new(),
            sample: None,
            secrets: Secrets::default(),
            unmapped: Vec::new(),
            coverage: None,
            workers: Vec::new(),
            mask: BTreeMap::new(),
            hash: String::new(),
        };
        for (file, path) in chain.into_iter().rev() {
            pipeline.apply(file, &path).map_err(|error| error.at(At::File, shown(&path)))?;
        }
        if pipeline.flows.is_empty() {
            return Err(Error::config("the pipeline has no flow")
                .at(At::File, pipeline.file.clone())
                .hint("`flows` names a folder of .sql files, relative to the pipeline file"));
        }
        pipeline.declared = pipeline.flows.iter().map(|flow| flow.name.clone()).collect();
        for flow in &pipeline.flows {
            let columns = flow.entity_key.as_ref().unwrap_or(&flow.key).clone();
            let from = flow.named().map(|source| EntityKey {
                flow: flow.name.clone(),
                source,
                columns: columns.clone(),
                expand: flow.expand,
                target: flow.target.clone(),
                row: flow.row.clone(),
                open: flow.open,
            });
            pipeline.entities.entry(flow.entity.clone()).or_default().extend(from);
        }
        pipeline.rerouted_flows()?;
        pipeline.hash = crate::rules::of_pipeline(&pipeline);
        Ok(pipeline)
    }

    /// Takes over, flow by flow, how rows are known: None leaves a flow as it is.
    pub fn settle(&mut self, known: impl Fn(&str) -> Option<RowIdentity>) {
        for flow in &mut self.flows {
            flow.row = known(&flow.name).unwrap_or_else(|| flow.row.clone());
        }
        for from in self.entities.values_mut().flatten() {
            from.row = known(&from.flow).unwrap_or_else(|| from.row.clone());
        }
    }

    fn apply(&mut self, file: File, path: &Path) -> Result<()> {
        let folder = path.parent().unwrap_or(Path::new("."));
        if let Some(flows) = file.flows {
            replace(&mut self.flows, Flow::read_folder(&beside(folder, &flows))?, |flow| &flow.name);
        }
        if let Some(shared) = file.shared {
            replace(&mut self.shared, SqlFile::read_folder(&beside(folder, &shared))?, |view| &view.stem);
        }
        if let Some(checks) = file.checks {
            replace(&mut self.checks, SqlFile::read_folder(&beside(folder, &checks))?, |check| &check.stem);
        }
        if let Some(reports) = file.reports {
            replace(&mut self.reports, SqlFile::read_folder(&beside(folder, &reports))?, |report| &report.stem);
        }
        file.secrets.check()?;
        self.secrets.overlay(file.secrets, folder);
        self.tests.extend(file.tests.map(|tests| beside(folder, &tests)));
        if file.accept.is_some_and(|share| !(0.0..=1.0).contains(&share)) {
            return Err(Error::config("`accept` must lie between 0 and 1"));
        }
        if file.coverage.is_some_and(|coverage| !(0.0..=1.0).contains(&coverage.share())) {
            return Err(Error::config("`coverage` is \"full\", or a share between 0 and 1"));
        }
        self.unmapped.extend(file.unmapped);
        self.coverage = file.coverage.or(self.coverage);
        self.mask.extend(file.mask);
        if let Some(namespace) = file.namespace {
            self.namespace = Namespace::new(namespace);
        }
        self.accept = file.accept.or(self.accept);
        set(&mut self.schemas, file.source.schemas);
        set(&mut self.strip_prefix, file.source.strip_prefix);
        self.time_zone = file.source.time_zone.or(self.time_zone.take());
        self.time_zones.extend(file.source.time_zones.unwrap_or_default());
        set(&mut self.target_schema, file.target.schema);
        set(&mut self.workers, file.engine.workers);
        if let Some(table) = file.mappings.table {
            self.mappings = match table.split_once('.') {
                Some((schema, table)) => (schema.to_owned(), table.to_owned()),
                None => (self.target_schema.clone(), table),
            };
        }
        self.params.extend(file.params);
        self.reroute.extend(file.reroute);
        if let Some(sample) = file.sample {
            self.sample = Some(Sample {
                source_schema: beside(folder, &sample.source_schema),
                tables: beside(folder, &sample.tables),
                target_schema: beside(folder, &sample.target_schema),
                target_rows: sample.target_rows.map(|rows| beside(folder, &rows)),
            });
        }
        Ok(())
    }

    fn rerouted_flows(&self) -> Result<()> {
        for (from, reroute) in &self.reroute {
            for name in [from, &reroute.to] {
                if !self.declared.contains(name) {
                    let error = Error::config(format!("[reroute.{from}] names '{name}', which is no flow"))
                        .at(At::File, self.file.clone());
                    return Err(match closest(name, &self.declared) {
                        Some(close) => error.hint(format!("did you mean '{close}'?")),
                        None => error.hint("it takes the names of flows of this pipeline"),
                    });
                }
            }
        }
        Ok(())
    }

    /// The name of the model behind a source table: the table's name without the pipeline's prefixes.
    #[must_use]
    pub fn model<'a>(&self, table: &'a str) -> &'a str {
        self.strip_prefix.iter().find_map(|prefix| table.strip_prefix(prefix.as_str())).unwrap_or(table)
    }

    /// The threshold of a flow: its own, else the pipeline's.
    #[must_use]
    pub fn accept(&self, flow: &Flow) -> Option<f64> {
        flow.accept.or(self.accept)
    }
}

/// A path of a pipeline file: relative to that file, and without detours where it exists.
fn beside(folder: &Path, path: &Path) -> PathBuf {
    let joined = folder.join(path);
    joined.canonicalize().unwrap_or(joined)
}

fn set<T>(setting: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *setting = value;
    }
}

/// Puts newer items in the place of older ones with the same name.
fn replace<T>(items: &mut Vec<T>, newer: Vec<T>, name: impl Fn(&T) -> &String) {
    items.retain(|old| !newer.iter().any(|new| name(new) == name(old)));
    items.extend(newer);
    items.sort_by(|a, b| name(a).cmp(name(b)));
}

/// The file and what it extends, nearest first.
fn chain(path: &Path) -> Result<Vec<(File, PathBuf)>> {
    let mut chain: Vec<(File, PathBuf)> = Vec::new();
    let mut next = Some(path.to_owned());
    while let Some(path) = next {
        let canonical = path.canonicalize().map_err(|error| {
            let error = Error::config(format!("cannot read the pipeline: {}", error.kind())).at(At::File, shown(&path));
            match chain.last() {
                Some((_, by)) => error.hint(format!("`extends` of {} names it", shown(by))),
                None => error.hint("--pipeline takes the path of a TOML file"),
            }
        })?;
        if chain.iter().any(|(_, seen)| *seen == canonical) {
            return Err(Error::config("`extends` leads back to the same file").at(At::File, shown(&canonical)));
        }
        let text = std::fs::read_to_string(&canonical).map_err(|error| {
            Error::config(format!("cannot read the pipeline: {}", error.kind())).at(At::File, shown(&path))
        })?;
        secrets::refuse_passwords(&text)
            .map_err(|(line, error)| error.at(At::File, format!("{}:{line}", shown(&path))))?;
        let file: File = toml::from_str(&text).map_err(|error| toml_error(&error, &text, 0, &canonical))?;
        next = file.extends.as_ref().map(|base| canonical.parent().unwrap_or(Path::new(".")).join(base));
        chain.push((file, canonical));
    }
    Ok(chain)
}
