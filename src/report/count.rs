//! Owns the counting of one flow's outcomes, by queries over its stored rows.
//! Must not know: what was counted while the flow ran. These figures stand beside those, they do not rest on them.

use std::collections::BTreeMap;

use datafusion::arrow::array::AsArray;
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Int64Type};
use datafusion::functions_aggregate::expr_fn::count;
use datafusion::functions_nested::expr_fn::array_element;
use datafusion::logical_expr::lit;
use datafusion::prelude::{DataFrame, ident};

use super::{FlowReport, Inputs};
use crate::diagnosis::running;
use crate::engine::Schema;
use crate::error::{Error, Result};
use crate::flow::Flow;
use crate::key::KeyColumn;
use crate::outcome::{KEY, OUTCOME, Outcome, REASON, UNREADABLE, WARNINGS};
use crate::outcomes::FlowOutcomes;
use crate::reads::reads;

/// Keys named for each reason.
const EXAMPLES: usize = 5;

/// Counts one flow.
pub async fn flow(inputs: &Inputs<'_>, outcomes: &FlowOutcomes) -> Result<FlowReport> {
    let name = &outcomes.flow;
    let source = inputs.engine.table(Schema::Own, name).await?;
    let counted = source.count().await.map_err(|error| running(&error, name))? as u64;
    let migrated = inputs.engine.table(Schema::Migrated, name).await?;
    let fates = tally(migrated.clone(), OUTCOME, name).await?;
    let fate = |outcome: Outcome| fates.get(outcome.name()).copied().unwrap_or_default();
    let refused = inputs.target.refused.get(name).cloned().unwrap_or_default();
    let lost: u64 = refused.values().map(|keys| keys.len() as u64).sum();
    let mut reasons = declared(outcomes, Outcome::Rejected);
    reasons.extend(stored(inputs, outcomes, Outcome::Rejected).await?);
    let mut examples = self::examples(inputs, outcomes).await?;
    for (reason, keys) in refused {
        *reasons.entry(reason.clone()).or_default() += keys.len() as u64;
        examples.entry(reason).or_default().extend(keys.into_iter().take(EXAMPLES));
    }
    // Rows that could not be read are no rows of the source table, and rejects all the same.
    let unreadable = reasons.get(UNREADABLE).copied().unwrap_or_default();
    let source_rows = counted + outcomes.source_rows.saturating_sub(counted).min(unreadable);
    let mut skip_reasons = declared(outcomes, Outcome::Skipped);
    skip_reasons.extend(stored(inputs, outcomes, Outcome::Skipped).await?);
    let owners = stored(inputs, outcomes, Outcome::Elsewhere).await?;
    let mut warnings = outcomes.warnings.keys().map(|code| (code.clone(), 0)).collect::<BTreeMap<_, _>>();
    if migrated.schema().has_column_with_unqualified_name(WARNINGS) && !warnings.is_empty() {
        warnings.extend(warned(migrated, name, warnings.len()).await?);
    }
    let (updated, left) = inputs.target.existing.get(name).copied().unwrap_or_default();
    let lost = (lost + left).min(fate(Outcome::Migrated));
    let (kept, adopted) = (fate(Outcome::Migrated) - lost, fate(Outcome::Adopted) + left);
    let rejected: u64 = reasons.values().sum();
    let in_scope = kept + adopted + rejected;
    #[expect(clippy::cast_precision_loss, reason = "a share of fewer than 2^52 rows")]
    let share = if in_scope == 0 { 1.0 } else { (kept + adopted) as f64 / in_scope as f64 };
    let flow = inputs.pipeline.flows.iter().find(|flow| flow.name == *name);
    let accept = flow.and_then(|flow| inputs.pipeline.accept(flow));
    let seconds = outcomes.seconds + inputs.target.load_seconds.get(name).copied().unwrap_or_default();
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let rows_per_second = if seconds > 0.0 { (source_rows as f64 / seconds).round() } else { 0.0 };
    Ok(FlowReport {
        flow: name.clone(),
        source: outcomes.source.clone(),
        target: outcomes.target.clone(),
        reads: flow.map(|flow| read_by(inputs, flow)).transpose()?.unwrap_or_default(),
        source_rows,
        expanded: outcomes.expanded,
        migrated: kept,
        adopted,
        updated,
        altered: inputs.target.altered.get(name).cloned().unwrap_or_default(),
        rejected,
        skipped: skip_reasons.values().sum(),
        elsewhere: owners.values().sum(),
        reasons,
        skip_reasons,
        owners,
        warnings,
        examples,
        remedies: flow.map(|flow| flow.remedies.clone()).unwrap_or_default(),
        share,
        accept,
        accepted: accept.is_none_or(|least| share >= least),
        changes: inputs.target.changes.get(name).cloned(),
        seconds,
        rows_per_second,
    })
}

/// The flows whose results a flow reads.
fn read_by(inputs: &Inputs<'_>, flow: &Flow) -> Result<Vec<String>> {
    let tables = reads(inputs.pipeline, flow.text())?.tables.into_iter();
    Ok(tables.filter(|(schema, _)| schema == Schema::Migrated.name()).map(|(_, table)| table).collect())
}

fn declared(outcomes: &FlowOutcomes, outcome: Outcome) -> BTreeMap<String, u64> {
    outcomes.reasons.get(&outcome).into_iter().flatten().map(|(reason, _)| (reason.clone(), 0)).collect()
}

/// Rows by reason, of the files of an outcome.
async fn stored(inputs: &Inputs<'_>, outcomes: &FlowOutcomes, outcome: Outcome) -> Result<BTreeMap<String, u64>> {
    match crate::views::raw(inputs.engine, inputs.store, outcomes, outcome, inputs.key(&outcomes.flow)?)? {
        Some(frame) => tally(frame, REASON, &outcomes.flow).await,
        None => Ok(BTreeMap::new()),
    }
}

async fn tally(frame: DataFrame, column: &str, name: &str) -> Result<BTreeMap<String, u64>> {
    let told = |error| running(&error, name);
    let counted = frame.aggregate(vec![ident(column)], vec![count(lit(1)).alias("rows")]).map_err(told)?;
    let mut tally = BTreeMap::new();
    for batch in counted.collect().await.map_err(told)? {
        let names = cast(batch.column(0), &DataType::Utf8).map_err(|_| defect())?;
        let rows = batch.column(1).as_primitive::<Int64Type>();
        for (name, rows) in names.as_string::<i32>().iter().zip(rows) {
            tally.insert(name.unwrap_or_default().to_owned(), rows.unwrap_or_default().cast_unsigned());
        }
    }
    Ok(tally)
}

async fn warned(migrated: DataFrame, name: &str, codes: usize) -> Result<BTreeMap<String, u64>> {
    let told = |error| running(&error, name);
    // A row has at most as many warnings as there are codes: each place of the list is counted for itself.
    let mut all: BTreeMap<String, u64> = BTreeMap::new();
    for place in 1..=codes {
        let code = array_element(ident(WARNINGS), lit(i64::try_from(place).unwrap_or(i64::MAX)));
        let nth = migrated.clone().select(vec![code.alias("code")]).map_err(told)?;
        let nth = nth.filter(ident("code").is_not_null()).map_err(told)?;
        for (code, rows) in tally(nth, "code", name).await? {
            *all.entry(code).or_default() += rows;
        }
    }
    Ok(all)
}

async fn examples(inputs: &Inputs<'_>, outcomes: &FlowOutcomes) -> Result<BTreeMap<String, Vec<String>>> {
    let mut examples: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for file in outcomes.files_of(Outcome::Rejected) {
        for batch in inputs.store.read(file).await? {
            let (Some(keys), Some(reasons)) = (batch.column_by_name(KEY), batch.column_by_name(REASON)) else {
                continue;
            };
            let keys = KeyColumn::new(keys.clone())?;
            for (row, reason) in reasons.as_string::<i32>().iter().enumerate() {
                let named = examples.entry(reason.unwrap_or_default().to_owned()).or_default();
                if named.len() < EXAMPLES {
                    named.push(keys.text(row)?);
                }
            }
        }
        if examples.len() == outcomes.reasons.get(&Outcome::Rejected).map_or(0, BTreeMap::len)
            && examples.values().all(|keys| keys.len() == EXAMPLES)
        {
            break;
        }
    }
    Ok(examples)
}

fn defect() -> Error {
    Error::unexpected("stored outcomes are not of the expected form")
}
