//! Owns what a flow's query must look like before a row is read: its key, its outcome, its warnings, its columns.
//! Must not know: how the query runs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, Schema as ArrowSchema, SchemaRef, TimeUnit};
use datafusion::logical_expr::{Expr, JoinType, LogicalPlan, cast, lit};
use datafusion::prelude::{DataFrame, ident};

use super::labels::labels;
use super::origins::watched;
use super::zones::{self, Zones};
use crate::diagnosis::{closest, planning};
use crate::engine::{
    Engine, NUMERIC, Schema, as_text, declared_causes, declared_verdicts, declared_warnings, orders_texts,
};
use crate::error::{At, Error, Result};
use crate::flow::{Flow, SOURCE};
use crate::key::PG_TYPE;
use crate::outcome::{ENTITY_KEY, GIVEN_ID, Id, KEY, Made, ORDINAL, OUTCOME, Verdict, WARNINGS};
use crate::outcomes::FlowShape;
use crate::pipeline::{Pipeline, Reroute};
use crate::snapshot::Table;
use crate::views::key_parts;

/// The key of the source's row, until the ordinal has become part of it.
const SOURCE_KEY: &str = "_source_key";

/// A flow's query, checked and wrapped: `id` is added.
#[derive(Clone)]
pub struct Planned {
    /// `_key`, `_outcome`, perhaps `_warnings`, `id`, then the target's columns.
    pub frame: DataFrame,
    pub shape: FlowShape,
    /// The field of `_key`.
    pub key: Field,
    /// The field of `_entity_key`, where the flow has another key for others to refer to.
    pub entity_key: Option<Field>,
    /// What the query can state, and what it means in this pipeline.
    pub verdicts: BTreeMap<Verdict, Verdict>,
    pub warnings: BTreeSet<String>,
    pub has_warnings: bool,
}

impl Planned {
    /// The same over the tables as they are known by now, when the flows that it reads have run.
    ///
    /// # Errors
    /// As [`Engine::rebound`].
    pub async fn rebound(&self, engine: &Engine) -> Result<Self> {
        Ok(Self { frame: engine.rebound(&self.frame).await?, ..self.clone() })
    }

    /// The field of the key by which others refer to a row.
    #[must_use]
    pub fn entity_key(&self) -> &Field {
        self.entity_key.as_ref().unwrap_or(&self.key)
    }
}

/// Are the columns of the header's `key` columns of the source?
///
/// # Errors
/// [`crate::error::Kind::Config`] with a did-you-mean.
pub fn key_columns(flow: &Flow, table: &Table) -> Result<()> {
    let names: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
    let named = flow.key.iter().filter(|column| *column != SOURCE).map(|column| ("key", column));
    for (what, key) in named.chain(flow.entity_key.iter().flatten().map(|column| ("entity_key", column))) {
        if !names.contains(key) {
            let error = Error::config(format!("`{what}` names the column '{key}', which the source does not have"))
                .at(At::Flow, &flow.name);
            let error = flow.text().at_header(error, key).at(At::Table, table.qualified()).at(At::Column, key);
            return Err(match closest(key, &names) {
                Some(name) => error.hint(format!("did you mean '{name}'?")),
                None => error.hint(format!("its columns are {}", names.join(", "))),
            });
        }
    }
    Ok(())
}

/// Checks a planned query against the contract and wraps it.
///
/// # Errors
/// [`crate::error::Kind::Config`] that says which part of the contract is broken.
pub async fn check(
    engine: &Engine,
    flow: &Flow,
    (frame, optimised): (DataFrame, LogicalPlan),
    pipeline: &Pipeline,
    zones: &Zones<'_>,
) -> Result<Planned> {
    let text = flow.text();
    let flows = &pipeline.declared;
    let told = |error: &_| planning(error, text, &[], None);
    let verdicts = declared_verdicts(frame.logical_plan()).map_err(|error| told(&error))?;
    let mut warnings = declared_warnings(frame.logical_plan()).map_err(|error| told(&error))?;
    owners(flow, &verdicts, flows)?;
    remedies(flow, &verdicts)?;
    let verdicts = rerouted(flow, verdicts, pipeline.reroute.get(&flow.name))?;
    known_causes(flow, &declared_causes(frame.logical_plan()).map_err(|error| told(&error))?, flows)?;
    let (frame, watched) = with_clocks(engine, flow, frame)?;
    let written = frame.logical_plan().clone();
    let frame = if flow.expand { expanded(engine, flow, frame)? } else { frame };
    // Types come from the optimised plan: the other can lie, for example on UNION ALL.
    let is_as_planned = watched.is_empty() && !flow.expand;
    let optimised = if is_as_planned { optimised } else { engine.optimise(&frame, text)? };
    let schema: SchemaRef = Arc::new(optimised.schema().as_arrow().clone());
    let key = key_field(flow, &schema)?;
    outcome_field(flow, frame.schema().as_arrow())?;
    let labels = labels(frame.logical_plan());
    let orders_texts = orders_texts(&written).map_err(|error| told(&error))?;
    let mut columns = Columns {
        exprs: vec![stored(schema.field_with_name(KEY).unwrap_or(&key)), ident(OUTCOME)],
        fields: vec![key.clone()],
        clocks: watched.iter().map(ident).collect(),
    };
    let (frame, entity_key) = entity_key(engine, flow, &key, frame).await?;
    if let Some(field) = &entity_key {
        columns.push(ident(ENTITY_KEY), field.clone());
    }
    let known = flow.row.row_column();
    let field = Field::new(known, DataType::FixedSizeBinary(16), entity_key.is_some());
    columns.push(row_uuid(engine, flow)?.alias(known), field);
    let given = schema.fields().iter().filter(|field| !watched.contains(field.name()));
    for field in given {
        let zone = if is_ours(field.name()) { None } else { zones.of(flow, &written, field)? };
        columns.give(engine, flow, field, zone)?;
    }
    let has_warnings = columns.warn(engine, flow, &schema, &mut warnings)?;
    columns.fields.extend(made_id(flow));
    if flow.row.id == Id::Given && schema.field_with_name(GIVEN_ID).is_err() {
        return Err(breach(flow, GIVEN_ID, "the query has no column _id, and the header says id = \"given\"")
            .hint("give the key of the target's row the name _id"));
    }
    let frame = frame.select(columns.exprs).map_err(|error| told(&error))?;
    let shape = FlowShape {
        flow: flow.name.clone(),
        file: flow.file.clone(),
        target: flow.target.clone(),
        entity: flow.entity.clone(),
        row: flow.row.clone(),
        migrates: verdicts.values().any(|verdict| *verdict == Verdict::Migrate),
        schema: Arc::new(ArrowSchema::new(columns.fields)),
        labels,
        orders_texts,
    };
    Ok(Planned { frame, shape, key, entity_key, verdicts, warnings, has_warnings })
}

/// The columns that are stored, as they are made.
struct Columns {
    exprs: Vec<Expr>,
    /// Their fields, without that of the outcome.
    fields: Vec<Field>,
    /// How often the clocks of zones show the times of a row.
    clocks: Vec<Expr>,
}

impl Columns {
    fn push(&mut self, expr: Expr, field: Field) {
        self.exprs.push(expr);
        self.fields.push(field);
    }

    /// A column that the query gives; of a clock time that goes into a column of instants, with the clock's zone.
    fn give(&mut self, engine: &Engine, flow: &Flow, field: &Field, zone: Option<&str>) -> Result<()> {
        match field.name().as_str() {
            KEY | OUTCOME | WARNINGS => {}
            GIVEN_ID if flow.row.id == Id::Given => {
                let name = &flow.row.id_column;
                self.push(stored(field).unalias().alias(name), plain(field).with_name(name));
            }
            name => {
                refused_column(flow, name)?;
                let Some(zone) = zone else {
                    self.push(stored(field), plain(field));
                    return Ok(());
                };
                let instant = DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()));
                self.clocks.push(engine.shown_in_zone(ident(name), zone)?);
                self.push(engine.at_time_zone(ident(name), zone)?.alias(name), Field::new(name, instant, true));
            }
        }
        Ok(())
    }

    /// The warnings, with those of clocks. Are there any?
    fn warn(&mut self, engine: &Engine, flow: &Flow, schema: &SchemaRef, known: &mut BTreeSet<String>) -> Result<bool> {
        let gives = warnings_field(flow, schema)?;
        if self.clocks.is_empty() && !gives {
            return Ok(false);
        }
        let expr = if self.clocks.is_empty() {
            ident(WARNINGS)
        } else {
            known.extend([zones::SKIPPED, zones::AMBIGUOUS].map(str::to_owned));
            zones::warned(engine, gives, &self.clocks)?
        };
        let codes = DataType::List(Arc::new(Field::new_list_field(DataType::Utf8, true)));
        let own = schema.field_with_name(WARNINGS).cloned();
        self.exprs.insert(2, expr);
        self.fields.insert(1, own.unwrap_or_else(|_| Field::new(WARNINGS, codes, false)));
        Ok(true)
    }
}

fn is_ours(column: &str) -> bool {
    column.starts_with('_')
}

/// The flow's rows with the columns that count how often the clocks of a zone show the times that the flow gives it.
fn with_clocks(engine: &Engine, flow: &Flow, frame: DataFrame) -> Result<(DataFrame, Vec<String>)> {
    let shows = engine.function("local_time_of")?;
    let found = watched(frame.logical_plan(), |zone, clock| shows.call(vec![zone, clock]))
        .map_err(|error| planning(&error, flow.text(), &[], None))?;
    Ok(match found {
        Some((plan, names)) => (engine.of_plan(plan), names),
        None => (frame, Vec::new()),
    })
}

/// Causes name flows.
fn known_causes(flow: &Flow, causes: &BTreeSet<String>, flows: &[String]) -> Result<()> {
    match causes.iter().find(|cause| !flows.contains(cause)) {
        Some(lost) => Err(unnamed(flow, &format!("reject(…, '{lost}', …) names no flow"), lost, flows)),
        None => Ok(()),
    }
}

/// Makes the ordinal the last part of the key.
fn expanded(engine: &Engine, flow: &Flow, frame: DataFrame) -> Result<DataFrame> {
    let told = |error| planning(&error, flow.text(), &[], None);
    let field = |name: &str| frame.schema().field_with_unqualified_name(name).cloned();
    let ordinal = field(ORDINAL).map_err(|_| {
        breach(flow, ORDINAL, "the query has no column _ordinal, and the header says expand = true")
            .hint("number the rows that one row of the source becomes, from 1")
    })?;
    if !ordinal.data_type().is_integer() {
        return Err(breach(flow, ORDINAL, "_ordinal is no integer").hint("number the rows: cast(… as bigint)"));
    }
    let key = field(KEY)
        .map_err(|_| breach(flow, KEY, "the query has no column _key").hint("give the source's key the name _key"))?;
    // Under another name: the engine would take one `_key` for the other when it sorts.
    let frame = frame.with_column_renamed(KEY, SOURCE_KEY).map_err(told)?;
    let get_field = engine.function("get_field")?;
    let part = |name: &String| get_field.call(vec![ident(SOURCE_KEY), lit(name.clone())]);
    let mut members: Vec<Expr> = match key.data_type() {
        DataType::Struct(members) => {
            members.iter().flat_map(|member| [lit(member.name().clone()), part(member.name())]).collect()
        }
        _ => vec![lit(flow.key.join(", ")), ident(SOURCE_KEY)],
    };
    members.extend([lit(ORDINAL), cast(ident(ORDINAL), DataType::Int64)]);
    let whole = engine.function("named_struct")?.call(members).alias(KEY);
    let others = frame.schema().fields().iter().filter(|field| ![SOURCE_KEY, ORDINAL].contains(&field.name().as_str()));
    let columns: Vec<Expr> = std::iter::once(whole).chain(others.map(|field| ident(field.name()))).collect();
    frame.select(columns).map_err(told)
}

/// The column of the ids that the target makes: none of the query's, it is filled when rows are stored.
fn made_id(flow: &Flow) -> Option<Field> {
    let kind = match flow.row.made {
        Made::Integer => DataType::Int64,
        Made::Uuid => DataType::FixedSizeBinary(16),
        Made::Text => DataType::Utf8,
    };
    (flow.row.id == Id::Server).then(|| Field::new(&flow.row.id_column, kind, true))
}

/// Is this a column that the query may not give?
fn refused_column(flow: &Flow, name: &str) -> Result<()> {
    if flow.row.is_mapped() && name == flow.row.id_column {
        let (message, hint) = match flow.row.id {
            Id::Derived => (
                format!("a flow does not give `{name}`: it follows from the entity and the key"),
                format!(
                    "leave it out: it is legacy_uuid('{}', _key); or say id = \"given\" in the header and call it _id, or \
                     id = \"none\" where nothing refers to it",
                    flow.entity
                ),
            ),
            Id::Server => (
                format!("a flow does not give `{name}`: the target makes it"),
                "leave it out, or say id = \"given\" in the header".to_owned(),
            ),
            _ => (format!("`{name}` is given twice: the query's _id is it"), "leave one of them out".to_owned()),
        };
        return Err(breach(flow, name, &message).hint(hint));
    }
    if name.starts_with('_') {
        let hint = if name == GIVEN_ID {
            "_id is for flows whose header says id = \"given\""
        } else {
            "names that begin with _ belong to the contract of flows"
        };
        let message = format!("the column '{name}' is not one of _key, _outcome, _warnings");
        return Err(breach(flow, name, &message).hint(hint));
    }
    Ok(())
}

/// Adds the key by which others refer to a row, out of the source, where that is another one than the row's own.
async fn entity_key(engine: &Engine, flow: &Flow, key: &Field, frame: DataFrame) -> Result<(DataFrame, Option<Field>)> {
    let Some(columns) = &flow.entity_key else { return Ok((frame, None)) };
    let told = |error| planning(&error, flow.text(), &[], None);
    let own = |at: usize| format!("_row_{at}");
    let whole = match columns.as_slice() {
        [one] => ident(one),
        many => {
            let parts = many.iter().flat_map(|part| [lit(part.clone()), ident(part)]).collect();
            engine.function("named_struct")?.call(parts)
        }
    };
    let mut wanted: Vec<Expr> = flow.key.iter().enumerate().map(|(at, column)| ident(column).alias(own(at))).collect();
    wanted.push(whole.alias(ENTITY_KEY));
    let source = engine.table(Schema::Own, &flow.name).await?.select(wanted).map_err(told)?;
    let on = key_parts("", key, &flow.key).into_iter().enumerate().map(|(at, part)| part.eq(ident(own(at))));
    let frame = frame.join_on(source, JoinType::Left, on).map_err(told)?;
    let field = frame.schema().field_with_unqualified_name(ENTITY_KEY).map_err(told)?;
    let field = plain(field).with_nullable(true);
    Ok((frame, Some(field)))
}

/// A column as it is stored: text as plain text, and any row may be NULL as far as the engine knows.
fn plain(field: &Field) -> Field {
    let mut metadata = field.metadata().clone();
    let kind = match field.data_type() {
        DataType::LargeUtf8 => {
            metadata.entry(PG_TYPE.to_owned()).or_insert_with(|| "numeric".to_owned());
            DataType::Utf8
        }
        DataType::Interval(_) => {
            metadata.entry(PG_TYPE.to_owned()).or_insert_with(|| "interval".to_owned());
            DataType::Utf8
        }
        DataType::Utf8View => DataType::Utf8,
        DataType::BinaryView | DataType::LargeBinary => DataType::Binary,
        DataType::Dictionary(_, values) => values.as_ref().clone(),
        kind @ DataType::Struct(members) if has_numbers(kind) => {
            let member = |member: &Arc<Field>| plain(member).with_nullable(member.is_nullable());
            DataType::Struct(members.iter().map(member).collect())
        }
        other => other.clone(),
    };
    Field::new(field.name(), kind, true).with_metadata(metadata)
}

/// A column of the query as it is stored.
fn stored(field: &Field) -> Expr {
    if matches!(field.data_type(), DataType::Interval(_)) {
        return as_text(ident(field.name())).alias(field.name());
    }
    if has_numbers(field.data_type()) {
        return cast(ident(field.name()), plain(field).data_type().clone()).alias(field.name());
    }
    ident(field.name())
}

/// Does it hold numbers of any size, which are stored as text?
fn has_numbers(kind: &DataType) -> bool {
    match kind {
        DataType::Struct(members) => members.iter().any(|member| has_numbers(member.data_type())),
        kind => *kind == NUMERIC,
    }
}

/// A pipeline that does not fit the flow: no piece of the flow's SQL is wrong.
fn fail(flow: &Flow, message: &str) -> Error {
    Error::config(message).at(At::File, &flow.file)
}

/// A breach of the contract by one column of the query.
fn breach(flow: &Flow, column: &str, message: &str) -> Error {
    flow.text().at_output(Error::config(message), column)
}

fn key_field(flow: &Flow, schema: &SchemaRef) -> Result<Field> {
    let field = schema
        .field_with_name(KEY)
        .map_err(|_| breach(flow, KEY, "the query has no column _key").hint("give the source's key the name _key"))?;
    let parts = match field.data_type() {
        DataType::Struct(members) => members.len(),
        _ => 1,
    };
    let parts = parts - usize::from(flow.expand);
    if parts != flow.key.len() {
        let (wanted, several) = (flow.key.len(), flow.sources.len() > 1);
        let error = breach(flow, KEY, &format!("_key has {parts} part(s), and {wanted} identify a row of the source"));
        return Err(error.hint(if several {
            "with a list of tables, a key is named_struct('source', 'the table', 'id', t.id) as _key"
        } else {
            "a composite key is named_struct('a', t.a, 'b', t.b) as _key, in the order of the header"
        }));
    }
    Ok(plain(field).with_nullable(false))
}

fn outcome_field(flow: &Flow, schema: &ArrowSchema) -> Result<()> {
    let field = schema.field_with_name(OUTCOME).map_err(|_| {
        breach(flow, OUTCOME, "the query has no column _outcome")
            .hint("case when … then reject('why') else migrate() end as _outcome")
    })?;
    if !field.data_type().is_string() {
        return Err(breach(flow, OUTCOME, "_outcome is no text")
            .hint("it takes migrate(), reject(…), skip(…) and elsewhere(…) only"));
    }
    if field.is_nullable() {
        return Err(breach(flow, OUTCOME, "_outcome can be NULL: some rows would have no outcome")
            .hint("give the CASE an ELSE"));
    }
    Ok(())
}

fn warnings_field(flow: &Flow, schema: &SchemaRef) -> Result<bool> {
    match schema.field_with_name(WARNINGS) {
        Err(_) => Ok(false),
        Ok(field) if matches!(field.data_type(), DataType::List(item) if item.data_type() == &DataType::Utf8) => {
            Ok(true)
        }
        Ok(_) => {
            Err(breach(flow, WARNINGS, "_warnings is no list of codes")
                .hint("warnings(condition, 'code', …) as _warnings"))
        }
    }
}

fn owners(flow: &Flow, verdicts: &BTreeSet<Verdict>, flows: &[String]) -> Result<()> {
    for verdict in verdicts {
        if let Verdict::Elsewhere(owner) = verdict
            && (!flows.contains(owner) || *owner == flow.name)
        {
            return Err(unnamed(flow, &format!("elsewhere('{owner}') names no other flow"), owner, flows));
        }
    }
    Ok(())
}

/// Is there a remedy for a reason that the flow does not have?
fn remedies(flow: &Flow, verdicts: &BTreeSet<Verdict>) -> Result<()> {
    let reason = |verdict: &Verdict| match verdict {
        Verdict::Reject(reason) => Some(reason.clone()),
        _ => None,
    };
    let reasons: Vec<String> = verdicts.iter().filter_map(reason).collect();
    let Some(unknown) = flow.remedies.keys().find(|reason| !reasons.contains(reason)) else { return Ok(()) };
    let error = Error::config(format!("`remedies` names '{unknown}', for which the flow rejects nothing"));
    let error = flow.text().at_header(error, unknown);
    Err(match closest(unknown, &reasons) {
        Some(name) => error.hint(format!("did you mean '{name}'?")),
        None => error.hint(format!("its reasons are {}", reasons.join(", "))),
    })
}

/// What each verdict means where the pipeline gives some rejects to another flow.
fn rerouted(flow: &Flow, verdicts: BTreeSet<Verdict>, reroute: Option<&Reroute>) -> Result<BTreeMap<Verdict, Verdict>> {
    let mut meanings: BTreeMap<_, _> = verdicts.into_iter().map(|verdict| (verdict.clone(), verdict)).collect();
    let Some(Reroute { to, reasons }) = reroute else { return Ok(meanings) };
    for reason in reasons {
        let Some(meaning) = meanings.get_mut(&Verdict::Reject(reason.clone())) else {
            let error =
                fail(flow, &format!("[reroute.{}] names the reason '{reason}', which it never gives", flow.name));
            let known: Vec<String> = meanings.keys().filter_map(Verdict::reason).map(str::to_owned).collect();
            return Err(match closest(reason, &known) {
                Some(close) => error.hint(format!("did you mean '{close}'?")),
                None => error,
            });
        };
        *meaning = Verdict::Elsewhere(to.clone());
    }
    Ok(meanings)
}

/// A flow that a literal of the SQL names, and that is not there.
fn unnamed(flow: &Flow, message: &str, name: &str, flows: &[String]) -> Error {
    let error = flow.text().at_literal(Error::config(message), name);
    match closest(name, flows) {
        Some(close) => error.hint(format!("did you mean '{close}'?")),
        None => error,
    }
}

fn row_uuid(engine: &Engine, flow: &Flow) -> Result<Expr> {
    let function = if flow.row.is_derived() { engine.function("legacy_uuid")? } else { engine.row_uuid() };
    let key = if flow.entity_key.is_some() { ENTITY_KEY } else { KEY };
    Ok(function.call(vec![lit(flow.entity.clone()), ident(key)]))
}
