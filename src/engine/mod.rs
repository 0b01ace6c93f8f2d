//! Owns the one place where a DataFusion session is made: its settings, functions, rules and catalog.
//! Must not know: flows, snapshots or databases. Nothing beyond this folder assumes that a session is local.

#[cfg(feature = "cluster")]
pub mod cluster;
mod dialect;
mod functions;
mod guarded;
mod named;
mod narrow;
mod plan;
mod pool;
mod postgres;
mod probe;
mod rebind;
mod stream;
mod tables;
mod unions;
mod windows;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use datafusion::catalog::{CatalogProvider, MemoryCatalogProvider, MemorySchemaProvider, TableProvider};
use datafusion::common::ScalarValue;
use datafusion::common::config::Dialect;
use datafusion::execution::FunctionRegistry;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::logical_expr::planner::ExprPlanner;
use datafusion::logical_expr::{Expr, LogicalPlan, ScalarUDF, lit};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::prelude::{DataFrame, SessionConfig, SessionContext};
use toml::Value;
use uuid::Uuid;

use crate::diagnosis::{Text, planning};
use crate::error::{At, Error, Result};
use crate::storage::Location;
pub use dialect::{Kind, Printed, Unfit, entered, families::listed as listed_functions, orders_texts};
pub use functions::{Identity, NUMERIC, declared_causes, declared_verdicts, declared_warnings, json_text};
pub use named::shown as shown_name;
pub use tables::{Stored, as_queried, as_stored, files_read, with_row};

/// The catalog under which everything is registered.
const CATALOG: &str = "rehome";
/// The catalog of the source's tables by schema and name: `source.schema.name`.
const SOURCE: &str = "source";

/// The schemas that SQL of a pipeline can name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schema {
    Source,
    Migrated,
    Rejected,
    Skipped,
    /// Rows that another flow owns. For looking: rules do not read them.
    Elsewhere,
    Sample,
    /// Views that the queries of a pipeline share.
    Shared,
    /// The flow that a check is run for: its source, and what became of it.
    Each,
    /// The source table of each flow, under the flow's name. For ourselves: SQL names tables as the source does.
    Own,
}

impl Schema {
    const ALL: [Self; 9] = [
        Self::Source,
        Self::Migrated,
        Self::Rejected,
        Self::Skipped,
        Self::Elsewhere,
        Self::Sample,
        Self::Shared,
        Self::Each,
        Self::Own,
    ];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Migrated => "migrated",
            Self::Rejected => "rejected",
            Self::Skipped => "skipped",
            Self::Elsewhere => "elsewhere",
            Self::Sample => "sample",
            Self::Shared => "shared",
            Self::Each => "each",
            Self::Own => "own",
        }
    }
}

/// What a session is made of.
#[derive(Debug)]
pub struct Settings {
    /// The memory that operators may hold, in bytes; what needs more spills to `spill`.
    pub memory: usize,
    /// How many threads work on one query.
    pub partitions: usize,
    /// A local folder for what does not fit into memory.
    pub spill: PathBuf,
    pub identity: Arc<Identity>,
}

/// A DataFusion session with our functions, rules and schemas.
pub struct Engine {
    ctx: SessionContext,
    probe: Arc<probe::SourceProbes>,
    identity: Arc<Identity>,
    /// Of a session for looking: the instant of the statement.
    moment: Option<functions::Moment>,
    /// Who computes its queries besides this process.
    #[cfg(feature = "cluster")]
    distribution: Option<cluster::Distribution>,
}

impl Engine {
    /// Makes a session.
    ///
    /// # Errors
    /// [`crate::error::Kind::Unexpected`]: a session that cannot be made is a defect.
    pub fn new(settings: &Settings) -> Result<Self> {
        let runtime = runtime(settings).build_arc();
        Self::over(settings, runtime.map_err(|_| Error::unexpected("the engine's session cannot be made"))?)
    }

    /// Makes a session that shares its memory and its stores with others.
    fn over(settings: &Settings, runtime: Arc<RuntimeEnv>) -> Result<Self> {
        let defect = |_| Error::unexpected("the engine's session cannot be made");
        let probe = Arc::new(probe::SourceProbes::default());
        let mut state = SessionStateBuilder::new()
            .with_config(config(settings.partitions, settings.memory))
            .with_runtime_env(runtime)
            .with_default_features()
            .build();
        let rules = bounded(guarded::guarded(probe::with_rule(state.physical_optimizers(), &probe)));
        let ours: [Arc<dyn ExprPlanner>; 3] =
            [Arc::new(dialect::Operators), Arc::new(functions::Numbers), Arc::new(functions::CheckedIntegers)];
        let mut planners: Vec<_> = ours.into();
        planners.extend(state.expr_planners().iter().cloned());
        state = SessionStateBuilder::new_from_existing(state)
            .with_physical_optimizer_rules(rules)
            .with_expr_planners(planners)
            .build();
        let ctx = SessionContext::new_with_state(state);
        functions::register(&ctx, &settings.identity).map_err(defect)?;
        let catalog = MemoryCatalogProvider::new();
        for schema in Schema::ALL {
            catalog.register_schema(schema.name(), Arc::new(MemorySchemaProvider::new())).map_err(defect)?;
        }
        ctx.register_catalog(CATALOG, Arc::new(catalog));
        ctx.register_catalog(SOURCE, Arc::new(MemoryCatalogProvider::new()));
        Ok(Self {
            ctx,
            probe,
            identity: settings.identity.clone(),
            moment: None,
            #[cfg(feature = "cluster")]
            distribution: None,
        })
    }

    /// The same session for looking at data: its queries may do what rules may not, since they need not be reproducible.
    #[must_use]
    pub fn for_looking(mut self) -> Self {
        let moment = functions::Moment::default();
        for function in functions::clocks(&moment) {
            self.ctx.register_udf(function);
        }
        self.moment = Some(moment);
        self
    }

    /// Makes a table known as `schema.name`, in place of one of that name.
    ///
    /// # Errors
    /// [`crate::error::Kind::Unexpected`] when the session refuses it.
    pub fn register(&self, schema: Schema, name: &str, table: Arc<dyn TableProvider>) -> Result<()> {
        self.put(CATALOG, schema.name(), name, table)
    }

    /// Makes a table of the source known as `source.schema.name`.
    ///
    /// # Errors
    /// As [`Self::register`].
    pub fn register_source(&self, schema: &str, name: &str, table: Arc<dyn TableProvider>) -> Result<()> {
        self.put(SOURCE, schema, name, table)
    }

    /// Makes a table of the source known as the source itself names it: `schema.name`, and `name` alone in `public`. Not where
    /// the schema has the name of one of ours.
    ///
    /// # Errors
    /// As [`Self::register`].
    pub fn register_as_named(&self, schema: &str, name: &str, table: Arc<dyn TableProvider>) -> Result<()> {
        if Schema::ALL.iter().any(|ours| ours.name() == schema) {
            return Ok(());
        }
        self.put(CATALOG, schema, name, table)
    }

    fn put(&self, catalog: &str, schema: &str, name: &str, table: Arc<dyn TableProvider>) -> Result<()> {
        let defect = || Error::unexpected("a table cannot be registered").at(At::Table, name);
        let catalog = self.ctx.catalog(catalog).ok_or_else(defect)?;
        if catalog.schema(schema).is_none() {
            catalog.register_schema(schema, Arc::new(MemorySchemaProvider::new())).map_err(|_| defect())?;
        }
        let tables = catalog.schema(schema).ok_or_else(defect)?;
        if tables.table_exist(name) {
            tables.deregister_table(name).map_err(|_| defect())?;
        }
        tables.register_table(name.to_owned(), table).map_err(|_| defect())?;
        Ok(())
    }

    /// Lets queries read files of this store.
    pub fn open_store(&self, location: &Location) {
        self.ctx.register_object_store(location.base(), location.store());
    }

    /// The names of the tables of all schemas, as SQL writes them.
    #[must_use]
    pub fn table_names(&self) -> Vec<String> {
        let mut names = Vec::new();
        for (catalog, before) in [(CATALOG, String::new()), (SOURCE, format!("{SOURCE}."))] {
            let Some(catalog) = self.ctx.catalog(catalog) else { continue };
            for schema in catalog.schema_names().into_iter().filter(|schema| schema != Schema::Own.name()) {
                let tables = catalog.schema(&schema).map(|tables| tables.table_names()).unwrap_or_default();
                names.extend(tables.into_iter().map(|table| format!("{before}{schema}.{table}")));
            }
        }
        names
    }

    /// Optimises a plan, which finds what planning alone does not: literals that do not fit their type.
    ///
    /// # Errors
    /// As [`Self::plan`].
    pub fn optimise(&self, frame: &DataFrame, text: Text<'_>) -> Result<LogicalPlan> {
        self.ctx
            .state()
            .optimize(frame.logical_plan())
            .map_err(|error| planning(&error, text, &self.table_names(), None))
    }

    /// Can an optimised query be run? Some SQL is understood, and has no way to be computed.
    ///
    /// # Errors
    /// As [`Self::plan`].
    pub async fn computable(&self, optimised: &LogicalPlan, text: Text<'_>) -> Result<()> {
        let state = self.ctx.state();
        let plan = state.query_planner().create_physical_plan(optimised, &state).await;
        plan.map(drop).map_err(|error| planning(&error, text, &self.table_names(), None))
    }

    /// A table of a schema as the start of a query.
    ///
    /// # Errors
    /// [`crate::error::Kind::Unexpected`] when there is none of that name.
    pub async fn table(&self, schema: Schema, name: &str) -> Result<DataFrame> {
        let reference = datafusion::common::TableReference::full(CATALOG, schema.name(), name);
        self.ctx.table(reference).await.map_err(|_| Error::unexpected("a table is gone").at(At::Table, name))
    }

    /// Stored rows as the start of a query.
    ///
    /// # Errors
    /// [`crate::error::Kind::Unexpected`] when the session refuses them.
    pub fn scan(&self, table: Arc<dyn TableProvider>) -> Result<DataFrame> {
        self.ctx.read_table(table).map_err(|_| Error::unexpected("stored rows cannot be read"))
    }

    /// Rows in memory as the start of a query.
    ///
    /// # Errors
    /// [`crate::error::Kind::Unexpected`] when the batches do not fit each other.
    pub fn rows(&self, batches: Vec<arrow::record_batch::RecordBatch>) -> Result<DataFrame> {
        self.ctx.read_batches(batches).map_err(|_| Error::unexpected("rows in memory do not fit each other"))
    }

    /// A function of the session by its name.
    ///
    /// # Errors
    /// [`crate::error::Kind::Unexpected`] when there is none.
    pub fn function(&self, name: &str) -> Result<Arc<ScalarUDF>> {
        self.ctx.udf(name).map_err(|_| Error::unexpected(format!("the function {name} is not registered")))
    }

    /// Is it the name of a function that makes one value of many rows?
    #[must_use]
    pub fn is_aggregate(&self, name: &str) -> bool {
        self.ctx.udaf(&name.to_lowercase()).is_ok()
    }

    /// The instant at which a clock of a zone shows a time, or begins a date.
    ///
    /// # Errors
    /// [`crate::error::Kind::Config`] for a zone that is none.
    pub fn at_time_zone(&self, local: Expr, zone: &str) -> Result<Expr> {
        self.of_zone("timezone", local, zone)
    }

    /// How often the clocks of a zone show a time: 0, 1 or 2 times.
    ///
    /// # Errors
    /// As [`Self::at_time_zone`].
    pub fn shown_in_zone(&self, local: Expr, zone: &str) -> Result<Expr> {
        self.of_zone("local_time_of", local, zone)
    }

    fn of_zone(&self, function: &str, local: Expr, zone: &str) -> Result<Expr> {
        dialect::families::check(function, &[Some(zone), None])
            .map_err(|fault| Error::config(format!("time_zone = \"{zone}\": {}", fault.0)))?;
        Ok(self.function(function)?.call(vec![lit(zone), dialect::cast_as(local, "timestamp")]))
    }

    /// A plan of this engine's as the start of a query.
    #[must_use]
    pub fn of_plan(&self, plan: LogicalPlan) -> DataFrame {
        DataFrame::new(self.ctx.state(), plan)
    }

    /// The function that makes a struct of named columns and keeps what their types were in PostgreSQL.
    #[must_use]
    pub fn source_row(&self) -> ScalarUDF {
        functions::source_row()
    }

    /// The function that gives what a key prints, whatever its type.
    #[must_use]
    pub fn printed_key(&self) -> ScalarUDF {
        functions::printed_key()
    }

    /// The function that gives each row of an entity a UUID of its own, where its id is not made of its key.
    #[must_use]
    pub fn row_uuid(&self) -> Arc<ScalarUDF> {
        Arc::new(functions::row_uuid(&self.identity))
    }

    /// The UUIDs of an entity that the target had before, by the keys' canonical form.
    #[must_use]
    pub fn adopted(&self, entity: &str) -> Option<&HashMap<String, Uuid>> {
        self.identity.adopted(entity)
    }

    /// Why rows of a flow cannot be matched with one of the target, by the canonical form of their entity keys.
    #[must_use]
    pub fn unmatched(&self, flow: &str) -> Option<&HashMap<String, String>> {
        self.identity.unmatched(flow)
    }

    pub(crate) fn context(&self) -> &SessionContext {
        &self.ctx
    }
}

/// The rule before which a plan has to be as it will run: it looks for mistakes.
const LAST: &str = "SanityCheckPlan";

/// Rules, with those behind all others that keep what a plan holds in bounds.
fn bounded(
    mut rules: Vec<Arc<dyn PhysicalOptimizerRule + Send + Sync>>,
) -> Vec<Arc<dyn PhysicalOptimizerRule + Send + Sync>> {
    let at = rules.iter().position(|rule| rule.name() == LAST).unwrap_or(rules.len());
    rules.insert(at, Arc::new(unions::PartsInTurn));
    rules.insert(at, Arc::new(windows::FewPartitions));
    rules
}

/// What queries share: their memory, and the folder for what does not fit into it.
fn runtime(settings: &Settings) -> RuntimeEnvBuilder {
    RuntimeEnvBuilder::new()
        .with_memory_pool(Arc::new(pool::Pool::new(settings.memory)))
        // A sort that has spilled merges as many files as there is memory for, and would leave none to the sort above it.
        .with_max_spill_merge_fan_in((settings.memory / MERGED).clamp(4, 64))
        .with_disk_manager_builder(
            DiskManagerBuilder::default()
                .with_mode(DiskManagerMode::Directories(vec![settings.spill.clone()]))
                // The disk is the limit.
                .with_max_temp_directory_size(u64::MAX),
        )
}

/// The memory for which a sort merges one more of its files at a time, in bytes.
const MERGED: usize = 16 << 20;
/// The memory, in bytes, for which a batch has one row more. A merge holds several batches, and cannot spill them: with little memory
/// they are smaller.
const OF_A_ROW: usize = 16 << 10;
const FEWEST_ROWS: usize = 1_024;
const MOST_ROWS: usize = 8_192;
/// The part of the memory that one sort sets aside, at most.
const SET_ASIDE: usize = 64;

fn config(partitions: usize, memory: usize) -> SessionConfig {
    let mut config = SessionConfig::new()
        .with_default_catalog_and_schema(CATALOG, "public")
        .with_create_default_catalog_and_schema(false)
        .with_target_partitions(partitions)
        .with_batch_size((memory / OF_A_ROW).clamp(FEWEST_ROWS, MOST_ROWS))
        .with_information_schema(false);
    let options = config.options_mut();
    options.execution.time_zone = Some("UTC".to_owned());
    options.execution.parquet.schema_force_view_types = false;
    options.execution.parquet.skip_metadata = false;
    // Each sort sets so much aside, which nothing else may have: with little memory, several would leave nothing to sort in.
    let set_aside = options.execution.sort_spill_reservation_bytes;
    options.execution.sort_spill_reservation_bytes = set_aside.min(memory / SET_ASIDE);
    options.execution.split_file_groups_by_statistics = true;
    options.sql_parser.parse_float_as_decimal = true;
    options.sql_parser.map_string_types_to_utf8view = false;
    options.sql_parser.collect_spans = true;
    options.sql_parser.dialect = Dialect::PostgreSQL;
    options.optimizer.prefer_existing_sort = true;
    // It loses its way where a struct made by the query, such as a key of several columns, is taken apart again: "Schema contains
    // duplicate qualified field name", "Field … not found in struct".
    options.optimizer.enable_leaf_expression_pushdown = false;
    config
}

/// The type of a column of a result, as PostgreSQL writes it.
#[must_use]
pub fn type_name(field: &arrow::datatypes::Field) -> String {
    use arrow::datatypes::DataType;
    match (field.metadata().get(crate::key::PG_TYPE), field.data_type()) {
        (Some(declared), _) => declared.clone(),
        (None, DataType::Decimal128(precision, scale)) => format!("numeric({precision},{scale})"),
        (None, DataType::Struct(_)) => "record".to_owned(),
        _ => Kind::of(field).to_string(),
    }
}

/// Is a column of a result one of numbers?
#[must_use]
pub fn is_number(field: &arrow::datatypes::Field) -> bool {
    let kind = Kind::of(field);
    kind.rank().is_some() || kind == Kind::Oid
}

/// A value as text, as PostgreSQL's cast gives it.
#[must_use]
pub fn as_text(expr: Expr) -> Expr {
    dialect::cast_as(expr, "text")
}

/// The declared parameters of a pipeline, typed.
///
/// # Errors
/// [`crate::error::Kind::Config`] for a value that is no scalar.
pub fn parameters<'a>(
    declared: impl IntoIterator<Item = (&'a String, &'a Value)>,
) -> Result<Vec<(String, ScalarValue)>> {
    let typed = |(name, value): (&'a String, &'a Value)| {
        let scalar = match value {
            Value::String(text) => ScalarValue::Utf8(Some(text.clone())),
            Value::Integer(number) => ScalarValue::Int64(Some(*number)),
            Value::Float(number) => ScalarValue::Float64(Some(*number)),
            Value::Boolean(truth) => ScalarValue::Boolean(Some(*truth)),
            Value::Datetime(time) => instant(name, &time.to_string())?,
            _ => return Err(Error::config(format!("the parameter {name} is no scalar"))),
        };
        Ok((name.clone(), scalar))
    };
    declared.into_iter().map(typed).collect()
}

fn instant(name: &str, text: &str) -> Result<ScalarValue> {
    if let Ok(time) = chrono::DateTime::parse_from_rfc3339(text) {
        return Ok(ScalarValue::TimestampMicrosecond(Some(time.timestamp_micros()), Some("UTC".into())));
    }
    match text.parse::<chrono::NaiveDate>() {
        Ok(date) => {
            let days = date.signed_duration_since(chrono::NaiveDate::default()).num_days();
            Ok(ScalarValue::Date32(i32::try_from(days).ok()))
        }
        Err(_) => Err(Error::config(format!("the parameter {name} is no instant with a zone and no date"))),
    }
}
