//! Owns how what is stored becomes the tables that a pipeline's SQL reads: source.*, migrated.*, rejected.*, skipped.*.
//! Must not know: which stage asks.

use std::sync::Arc;

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::datatypes::{DataType, Field, Schema as ArrowSchema, SchemaRef};
use datafusion::catalog::TableProvider;
use datafusion::common::{Column, DataFusionError, ScalarValue};
use datafusion::datasource::empty::EmptyTable;
use datafusion::logical_expr::{Expr, JoinType, cast, lit};
use datafusion::prelude::{DataFrame, ident};

use crate::diagnosis::Text;
use crate::engine::{Engine, NUMERIC, Schema, Stored, as_queried, with_row};
use crate::error::{At, Error, Result};
use crate::flow::{Flow, SOURCE};
use crate::header::shown;
use crate::key::is_numeric;
use crate::outcome::{CAUSE_FLOW, CAUSE_KEY, ENTITY_KEY, KEY, OUTCOME, Outcome, REASON, SOURCE_ROW, WARNINGS};
use crate::outcomes::{FlowOutcomes, FlowShape, OutcomeStore};
use crate::pipeline::Pipeline;
use crate::reads::reads;
use crate::snapshot::{Snapshot, Table};

/// The whole row of a source table as a struct.
pub const ROW: &str = "_row";

/// A table of the snapshot where there is no pipeline yet: `_row` has the columns under their own names.
///
/// # Errors
/// What reading the table's schema meets.
pub async fn bare(engine: &Engine, snapshot: &Snapshot, table: &Table) -> Result<Arc<dyn TableProvider>> {
    let schema = snapshot.arrow_schema(table).await?;
    let members: Vec<(String, Expr)> =
        schema.fields().iter().map(|field| (field.name().clone(), ident(field.name()))).collect();
    with_row(stored_table(snapshot, table, schema).provider(engine)?, &members)
}

/// A table of the snapshot as queries read it: with `_row`. Its files are checked.
///
/// # Errors
/// What reading the table's schema meets.
pub async fn source(
    engine: &Engine,
    snapshot: &Snapshot,
    table: &Table,
    pipeline: &Pipeline,
) -> Result<Arc<dyn TableProvider>> {
    looked_at(engine, snapshot, table, snapshot.arrow_schema(table).await?, Some(pipeline.model(&table.name)))
}

/// The same of known types, for who checks the table's files before they are read. `model`: what its rows are called in
/// `_row`; without it, there is no `_row`.
///
/// # Errors
/// [`crate::error::Kind::Unexpected`] when the files cannot be addressed.
pub fn looked_at(
    engine: &Engine,
    snapshot: &Snapshot,
    table: &Table,
    schema: SchemaRef,
    model: Option<&str>,
) -> Result<Arc<dyn TableProvider>> {
    let key = match table.key.as_slice() {
        [one] => Some(one.clone()),
        _ => None,
    };
    let members = model.map_or_else(Vec::new, |model| members(&schema, key.as_deref(), table, model));
    with_row(stored_table(snapshot, table, schema).provider(engine)?, &members)
}

/// Where a table of the snapshot lies.
fn stored_table<'a>(snapshot: &'a Snapshot, table: &Table, schema: SchemaRef) -> Stored<'a> {
    Stored {
        location: snapshot.location(),
        files: table.files.iter().map(|file| file.path.clone()).collect(),
        schema,
        sorted_by: table.sorted_by.clone(),
    }
}

/// The members of a whole row, and the columns that give them.
fn members(schema: &ArrowSchema, key: Option<&str>, table: &Table, model: &str) -> Vec<(String, Expr)> {
    let mut members: Vec<(String, Expr)> = schema
        .fields()
        .iter()
        .map(|field| {
            let name = match key {
                Some(key) if key == field.name() => format!("source_{model}_id"),
                _ => format!("source_{}", field.name()),
            };
            (name, ident(field.name()))
        })
        .collect();
    members.push(("migration_source".to_owned(), lit(table.name.clone())));
    // The order in which jsonb keeps its keys: PostgreSQL need not sort them in every row.
    members.sort_by(|(left, _), (right, _)| (left.len(), left).cmp(&(right.len(), right)));
    members
}

/// Makes the shared views known that a query reads. They are planned anew, since what they read becomes more.
///
/// # Errors
/// [`crate::error::Kind::Config`] with file:line:column of the view that does not plan.
pub async fn shared(
    engine: &Engine,
    pipeline: &Pipeline,
    params: &[(String, ScalarValue)],
    text: Text<'_>,
) -> Result<()> {
    for view in reads(pipeline, text)?.shared {
        let file = shown(&view.path);
        let frame = engine.plan(view.text(&file), params).await?;
        engine.register(Schema::Shared, &view.stem, frame.into_view())?;
    }
    Ok(())
}

/// The path, as the store names it, under which the files of a source table lie.
#[must_use]
pub fn folder_of(snapshot: &Snapshot, table: &Table) -> Option<String> {
    let first = table.files.first()?;
    let path = snapshot.location().path(&first.path);
    path.as_ref().rsplit_once('/').map(|(folder, _)| format!("{folder}/"))
}

/// The columns of `migrated.<flow>`: the output's, with `_outcome`; `_key` is what others refer to.
fn migrated_schema(shape: &FlowShape) -> SchemaRef {
    let fields = shape.schema.fields();
    let has_entity_key = fields.iter().any(|field| field.name() == ENTITY_KEY);
    let own = fields.iter().filter(|field| !has_entity_key || field.name() != KEY);
    let mut fields: Vec<Arc<Field>> = own
        .map(|field| match field.name().as_str() {
            ENTITY_KEY => Arc::new(field.as_ref().clone().with_name(KEY).with_nullable(false)),
            _ => field.clone(),
        })
        .collect();
    fields.push(Arc::new(Field::new(OUTCOME, DataType::Utf8, false)));
    let queried = fields
        .into_iter()
        .map(|field| if is_numeric(&field) { Arc::new(Field::new(field.name(), NUMERIC, true)) } else { field });
    Arc::new(ArrowSchema::new(queried.collect::<Vec<_>>()))
}

/// Is this a column of a source that `rejected.…` and `skipped.…` show?
fn is_told(field: &Arc<Field>) -> bool {
    ![ROW, SOURCE_ROW].contains(&field.name().as_str())
}

/// Makes a flow's tables known before there are rows, so that later flows, checks and reports can be planned.
///
/// # Errors
/// [`crate::error::Kind::Unexpected`] when the session refuses it.
pub async fn empty(engine: &Engine, shape: &FlowShape, flow: &Flow) -> Result<()> {
    engine.register(Schema::Migrated, &shape.flow, Arc::new(EmptyTable::new(migrated_schema(shape))))?;
    let source = engine.table(Schema::Own, &flow.name).await?;
    for (schema, outcome) in [(Schema::Rejected, Outcome::Rejected), (Schema::Skipped, Outcome::Skipped)] {
        let reasons = reason_schema(shape.schema.field(0), outcome);
        let own = reasons.fields().iter().filter(|field| field.name() != SOURCE_ROW).cloned();
        let columns = source.schema().fields().iter().filter(|field| is_told(field)).cloned();
        let fields: Vec<_> = own.chain(columns).collect();
        engine.register(schema, &shape.flow, Arc::new(EmptyTable::new(Arc::new(ArrowSchema::new(fields)))))?;
    }
    Ok(())
}

/// Makes `migrated.<flow>` known: what the flow migrated or adopted.
///
/// # Errors
/// [`crate::error::Kind::Unexpected`] when the session refuses it.
pub fn migrated(engine: &Engine, store: &OutcomeStore, outcomes: &FlowOutcomes, schema: &SchemaRef) -> Result<()> {
    let defect = |_| Error::unexpected("the view of migrated rows cannot be planned").at(At::Flow, &outcomes.flow);
    let mut whole: Option<DataFrame> = None;
    for outcome in [Outcome::Migrated, Outcome::Adopted] {
        if outcome == Outcome::Adopted && outcomes.count(outcome) == 0 {
            continue;
        }
        let part = stored(engine, store, outcomes, outcome, schema.clone())?;
        let frame = engine
            .context()
            .read_table(part)
            .and_then(queried)
            .and_then(|frame| frame.with_column(OUTCOME, lit(outcome.name())))
            .and_then(|frame| {
                if frame.schema().has_column_with_unqualified_name(ENTITY_KEY) {
                    frame.drop_columns(&[KEY])?.with_column_renamed(ENTITY_KEY, KEY)
                } else {
                    Ok(frame)
                }
            })
            .map_err(defect)?;
        whole = Some(match whole {
            None => frame,
            Some(before) => before.union(frame).map_err(defect)?,
        });
    }
    match whole {
        Some(frame) => engine.register(Schema::Migrated, &outcomes.flow, frame.into_view()),
        None => Ok(()),
    }
}

/// Stored rows with the types that queries have.
fn queried(frame: DataFrame) -> Result<DataFrame, DataFusionError> {
    if !frame.schema().fields().iter().any(|field| is_numeric(field)) {
        return Ok(frame);
    }
    let columns = frame.schema().fields().iter().map(|field| as_queried(field)).collect::<Vec<_>>();
    frame.select(columns)
}

fn stored(
    engine: &Engine,
    store: &OutcomeStore,
    outcomes: &FlowOutcomes,
    outcome: Outcome,
    schema: SchemaRef,
) -> Result<Arc<dyn TableProvider>> {
    let files = outcomes.files_of(outcome).map(|file| file.path.clone()).collect();
    Stored { location: store.location(), files, schema, sorted_by: Vec::new() }.provider(engine)
}

/// The stored rows of an outcome that has reasons, as they are; None when there are none.
///
/// # Errors
/// [`crate::error::Kind::Unexpected`] when the files cannot be addressed.
pub fn raw(
    engine: &Engine,
    store: &OutcomeStore,
    outcomes: &FlowOutcomes,
    outcome: Outcome,
    key: &Field,
) -> Result<Option<DataFrame>> {
    if outcomes.files_of(outcome).next().is_none() {
        return Ok(None);
    }
    let rows = stored(engine, store, outcomes, outcome, reason_schema(key, outcome))?;
    engine.context().read_table(rows).map(Some).map_err(|_| Error::unexpected("stored rows cannot be read"))
}

/// The columns of a file of rejected, skipped or elsewhere rows.
#[must_use]
pub fn reason_schema(key: &Field, outcome: Outcome) -> SchemaRef {
    let mut fields = vec![key.clone(), Field::new(REASON, DataType::Utf8, false)];
    if outcome == Outcome::Rejected {
        let item = Arc::new(Field::new_list_field(DataType::Utf8, true));
        fields.push(Field::new(WARNINGS, DataType::List(item), true));
        fields.push(Field::new(CAUSE_FLOW, DataType::Utf8, true));
        fields.push(Field::new(CAUSE_KEY, DataType::Utf8, true));
        fields.push(Field::new(SOURCE_ROW, DataType::Utf8, false));
    }
    Arc::new(ArrowSchema::new(fields))
}

/// Makes `rejected.<flow>` and `skipped.<flow>` known: reasons, beside the columns of the source.
///
/// # Errors
/// [`crate::error::Kind::Unexpected`] when the session refuses it.
pub async fn reasons(engine: &Engine, store: &OutcomeStore, outcomes: &FlowOutcomes, key: &Field) -> Result<()> {
    for (schema, outcome) in [(Schema::Rejected, Outcome::Rejected), (Schema::Skipped, Outcome::Skipped)] {
        reasons_of(engine, store, outcomes, key, (schema, outcome)).await?;
    }
    Ok(())
}

/// Makes the rows of one outcome that has reasons known in a schema, as [`reasons`] does.
///
/// # Errors
/// As [`reasons`].
pub async fn reasons_of(
    engine: &Engine,
    store: &OutcomeStore,
    outcomes: &FlowOutcomes,
    key: &Field,
    (schema, outcome): (Schema, Outcome),
) -> Result<()> {
    let defect = |_| Error::unexpected("the view of rejected rows cannot be planned").at(At::Flow, &outcomes.flow);
    let rows = stored(engine, store, outcomes, outcome, reason_schema(key, outcome))?;
    let rows = engine.context().read_table(rows).and_then(|frame| frame.alias("reasons")).map_err(defect)?;
    let source = engine.table(Schema::Own, &outcomes.flow).await?.alias("rows").map_err(defect)?;
    let told = reason_schema(key, outcome);
    let columns: Vec<Expr> = told
        .fields()
        .iter()
        .filter(|field| field.name() != SOURCE_ROW)
        .map(|field| of("reasons", field.name()))
        .chain(source.schema().fields().iter().filter(|field| is_told(field)).map(|field| of("rows", field.name())))
        .collect();
    let on = key_parts("reasons", key, &outcomes.key)
        .into_iter()
        .zip(outcomes.key.iter().map(|column| of("rows", column)))
        .map(|(left, right)| left.eq(right));
    // A row that could not be read is rejected, and not among the source's rows.
    let view = rows.join_on(source, JoinType::Left, on).and_then(|frame| frame.select(columns)).map_err(defect)?;
    engine.register(schema, &outcomes.flow, view.into_view())
}

/// Makes a flow known as the one a check is run for: `each.source` with `_key`, `each.migrated`, `each.rejected` and
/// `each.skipped`. Its tables must be known.
///
/// # Errors
/// [`crate::error::Kind::Unexpected`] when one is not.
pub async fn each(engine: &Engine, flow: &Flow) -> Result<()> {
    for schema in [Schema::Migrated, Schema::Rejected, Schema::Skipped] {
        let table = engine.table(schema, &flow.name).await?;
        engine.register(Schema::Each, schema.name(), table.into_view())?;
    }
    let source = keyed(engine, &flow.name, &flow.key).await?;
    engine.register(Schema::Each, Schema::Source.name(), source.into_view())
}

/// A flow's source table with its key as `_key`: the column itself, or a struct of several.
///
/// # Errors
/// [`crate::error::Kind::Unexpected`] when the flow is not known.
pub async fn keyed(engine: &Engine, flow: &str, key: &[String]) -> Result<DataFrame> {
    let key = match key {
        [one] => ident(one),
        many => {
            let parts = many.iter().flat_map(|part| [lit(part.clone()), ident(part)]).collect();
            datafusion::functions::core::named_struct().call(parts)
        }
    };
    let table = engine.table(Schema::Own, flow).await?;
    table.with_column(KEY, key).map_err(|_| Error::unexpected("a source's key cannot be named").at(At::Flow, flow))
}

fn of(relation: &str, name: &str) -> Expr {
    Expr::Column(Column::new(Some(relation.to_owned()), name))
}

/// The source of a flow: its table, or the rows of several, each with the name by which the flow knows its table, the
/// columns of all of them (NULL where a table has no such column), and the whole row as JSON.
///
/// # Errors
/// [`crate::error::Kind::Unexpected`] when the view cannot be planned.
pub fn own(engine: &Engine, mut tables: Vec<(String, Arc<dyn TableProvider>)>) -> Result<Arc<dyn TableProvider>> {
    if tables.len() == 1
        && let Some((_, only)) = tables.pop()
    {
        return Ok(only);
    }
    let defect = |_| Error::unexpected("the view of several source tables cannot be planned");
    let mut columns: Vec<(String, DataType)> = Vec::new();
    for field in
        tables.iter().flat_map(|(_, table)| table.schema().fields().to_vec()).filter(|field| field.name() != ROW)
    {
        match columns.iter_mut().find(|(name, _)| name == field.name()) {
            Some((_, kind)) if kind == field.data_type() => {}
            Some((_, kind)) if kind.is_signed_integer() && field.data_type().is_signed_integer() => {
                *kind = DataType::Int64;
            }
            Some((_, kind)) => *kind = DataType::Utf8,
            None => columns.push((field.name().clone(), field.data_type().clone())),
        }
    }
    let mut whole: Option<DataFrame> = None;
    for (name, table) in tables {
        let frame = engine.context().read_table(table).map_err(defect)?;
        let mut selected = vec![lit(name).alias(SOURCE)];
        for (column, kind) in &columns {
            selected.push(match frame.schema().field_with_unqualified_name(column) {
                Ok(field) if field.data_type() == kind => ident(column),
                Ok(_) => cast(ident(column), kind.clone()).alias(column),
                Err(_) => cast(lit(ScalarValue::Null), kind.clone()).alias(column),
            });
        }
        selected.push(source_row(engine, &frame, ROW)?);
        let part = frame.select(selected).map_err(defect)?;
        whole = Some(match whole {
            None => part,
            Some(before) => before.union(part).map_err(defect)?,
        });
    }
    whole.map(DataFrame::into_view).ok_or_else(|| Error::unexpected("a flow without a source"))
}

/// The rows of a frame as JSON, of all columns but one.
///
/// # Errors
/// [`crate::error::Kind::Unexpected`] when our functions are not there.
pub fn source_row(engine: &Engine, rows: &DataFrame, but: &str) -> Result<Expr> {
    let fields = rows.schema().fields().iter().filter(|field| field.name() != but);
    let members = fields.flat_map(|field| [lit(field.name().clone()), ident(field.name())]).collect();
    let row = engine.source_row().call(members);
    Ok(engine.function("row_json")?.call(vec![row]).alias(SOURCE_ROW))
}

/// Rows with a flow's `_key`, each with its whole source row beside it.
///
/// # Errors
/// [`crate::error::Kind::Unexpected`] when the flow is not known, or the rows do not fit it.
pub async fn with_source_rows(
    engine: &Engine,
    flow: &str,
    columns: &[String],
    key: &Field,
    rows: Vec<RecordBatch>,
) -> Result<DataFrame> {
    let defect = |_| Error::unexpected("source rows cannot be planned").at(At::Flow, flow);
    let wanted = engine.rows(rows)?.alias("wanted").map_err(defect)?;
    let source = engine.table(Schema::Own, flow).await?;
    let mut selected: Vec<Expr> = columns.iter().map(ident).collect();
    selected.push(if source.schema().has_column_with_unqualified_name(SOURCE_ROW) {
        ident(SOURCE_ROW)
    } else {
        source_row(engine, &source, ROW)?
    });
    let source = source.select(selected).and_then(|rows| rows.alias("rows")).map_err(defect)?;
    let on = key_parts("wanted", key, columns)
        .into_iter()
        .zip(columns.iter().map(|column| of("rows", column)))
        .map(|(left, right)| left.eq(right));
    let told: Vec<String> = wanted.schema().fields().iter().map(|field| field.name().clone()).collect();
    let told = told.iter().map(|name| of("wanted", name)).chain([of("rows", SOURCE_ROW)]).collect::<Vec<_>>();
    wanted.join_on(source, JoinType::Inner, on).and_then(|rows| rows.select(told)).map_err(defect)
}

/// All parts of `_key`, also those that the source does not have.
pub fn whole_key(relation: &str, key: &Field) -> Vec<Expr> {
    match key.data_type() {
        DataType::Struct(members) => {
            let names: Vec<String> = members.iter().map(|member| member.name().clone()).collect();
            key_parts(relation, key, &names)
        }
        _ => key_parts(relation, key, &[]),
    }
}

/// The parts of `_key` that the source has: itself, or the members of a composite one.
pub fn key_parts(relation: &str, key: &Field, columns: &[String]) -> Vec<Expr> {
    let whole = if relation.is_empty() { ident(KEY) } else { of(relation, KEY) };
    match key.data_type() {
        DataType::Struct(members) => members
            .iter()
            .take(columns.len())
            .map(|member| {
                datafusion::functions::core::get_field().call(vec![whole.clone(), lit(member.name().clone())])
            })
            .collect(),
        _ => vec![whole],
    }
}
