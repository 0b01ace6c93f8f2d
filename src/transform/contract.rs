//! Owns what a flow's query must look like before a row is read: its key, its outcome, its warnings, its columns.
//! Must not know: how the query runs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use datafusion::arrow::datatypes::{DataType, Field, Schema as ArrowSchema, SchemaRef};
use datafusion::logical_expr::{Expr, JoinType, lit};
use datafusion::prelude::{DataFrame, ident};

use super::labels::labels;
use crate::diagnosis::{closest, planning};
use crate::engine::{Engine, Schema, declared_causes, declared_verdicts, declared_warnings};
use crate::error::{At, Error, Result};
use crate::flow::Flow;
use crate::outcome::{ENTITY_KEY, ID, Id, KEY, OUTCOME, Verdict, WARNINGS};
use crate::outcomes::FlowShape;
use crate::pipeline::{Pipeline, Reroute};
use crate::snapshot::Table;
use crate::views::key_parts;

/// A flow's query, checked and wrapped: `id` is added.
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
    let named = flow.key.iter().map(|column| ("key", column));
    for (what, key) in named.chain(flow.entity_key.iter().flatten().map(|column| ("entity_key", column))) {
        if !names.contains(key) {
            let error = Error::config(format!("`{what}` names the column '{key}', which the source does not have"))
                .at(At::Flow, &flow.name);
            let error = flow.text().at_header(error, key).at(At::Table, &flow.source).at(At::Column, key);
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
pub async fn check(engine: &Engine, flow: &Flow, frame: DataFrame, pipeline: &Pipeline) -> Result<Planned> {
    let text = flow.text();
    let flows = &pipeline.declared;
    let told = |error: &_| planning(error, text, &[], None);
    let verdicts = declared_verdicts(frame.logical_plan()).map_err(|error| told(&error))?;
    let warnings = declared_warnings(frame.logical_plan()).map_err(|error| told(&error))?;
    owners(flow, &verdicts, flows)?;
    remedies(flow, &verdicts)?;
    let verdicts = rerouted(flow, verdicts, pipeline.reroute.get(&flow.name))?;
    let causes = declared_causes(frame.logical_plan()).map_err(|error| told(&error))?;
    if let Some(lost) = causes.iter().find(|cause| !flows.contains(cause)) {
        return Err(unnamed(flow, &format!("reject(…, '{lost}', …) names no flow"), lost, flows));
    }
    // Types come from the optimised plan: the other can lie, for example on UNION ALL.
    let optimised = engine.optimise(&frame, text)?;
    let schema: SchemaRef = Arc::new(optimised.schema().as_arrow().clone());
    let key = key_field(flow, &schema)?;
    outcome_field(flow, frame.schema().as_arrow())?;
    let has_warnings = warnings_field(flow, &schema)?;
    let mut columns: Vec<Expr> = vec![ident(KEY), ident(OUTCOME)];
    columns.extend(has_warnings.then(|| ident(WARNINGS)));
    let labels = labels(frame.logical_plan());
    let mut fields = vec![key.clone()];
    fields.extend(has_warnings.then(|| schema.field_with_name(WARNINGS).cloned()).and_then(Result::ok));
    let (frame, entity_key) = entity_key(engine, flow, &key, frame).await?;
    if let Some(field) = &entity_key {
        columns.push(ident(ENTITY_KEY));
        fields.push(field.clone());
    }
    let id = flow.id.column();
    fields.push(Field::new(id, DataType::FixedSizeBinary(16), entity_key.is_some()));
    columns.push(legacy_uuid(engine, flow)?.alias(id));
    for field in schema.fields() {
        match field.name().as_str() {
            KEY | OUTCOME | WARNINGS => continue,
            ID if flow.id == Id::Derived => {
                let hint = format!(
                    "leave `id` out: it is legacy_uuid('{}', _key); or say id = \"none\" in the header and give it",
                    flow.entity
                );
                return Err(
                    breach(flow, ID, "a flow does not give `id`: it follows from the entity and the key").hint(hint)
                );
            }
            name if name.starts_with('_') => {
                return Err(breach(
                    flow,
                    name,
                    &format!("the column '{name}' is not one of _key, _outcome, _warnings"),
                )
                .hint("names that begin with _ belong to the contract of flows"));
            }
            name => columns.push(ident(name)),
        }
        fields.push(plain(field));
    }
    let frame = frame.select(columns).map_err(|error| told(&error))?;
    let shape = FlowShape {
        flow: flow.name.clone(),
        file: flow.file.clone(),
        target: flow.target.clone(),
        entity: flow.entity.clone(),
        id: flow.id,
        identity: flow.identity.clone(),
        schema: Arc::new(ArrowSchema::new(fields)),
        labels,
    };
    Ok(Planned { frame, shape, key, entity_key, verdicts, warnings, has_warnings })
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
    let kind = match field.data_type() {
        DataType::Utf8View | DataType::LargeUtf8 => DataType::Utf8,
        DataType::BinaryView | DataType::LargeBinary => DataType::Binary,
        DataType::Dictionary(_, values) => values.as_ref().clone(),
        other => other.clone(),
    };
    Field::new(field.name(), kind, true).with_metadata(field.metadata().clone())
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
    if parts != flow.key.len() {
        return Err(breach(flow, KEY, &format!("_key has {parts} part(s), the header's `key` has {}", flow.key.len()))
            .hint("a composite key is named_struct('a', t.a, 'b', t.b) as _key, in the order of the header"));
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

fn legacy_uuid(engine: &Engine, flow: &Flow) -> Result<Expr> {
    let function = engine.function("legacy_uuid")?;
    let key = if flow.entity_key.is_some() { ENTITY_KEY } else { KEY };
    Ok(function.call(vec![lit(flow.entity.clone()), ident(key)]))
}
