//! Owns what matters of the tables that rehome keeps in a target: the mappings, the ledger, and who is at work.
//! Must not know: what is in them.

use super::findings::{Findings, counted, fix};
use super::look::Look;
use crate::error::{Kind, Result};
use crate::ledger::Mappings;
use crate::pipeline::Pipeline;
use crate::target::Catalog;

const HAS_LEDGER: &str = include_str!("../../sql/control/plan/has_ledger.sql");
const LEDGER_IS_WHOLE: &str = include_str!("../../sql/control/ledger/exists.sql");
const LOADER: &str = include_str!("../../sql/control/doctor/loader.sql");
const RUNS: &str = include_str!("../../sql/control/doctor/runs.sql");
const DONE: &str = include_str!("../../sql/control/doctor/done.sql");
const AWAY: &str = include_str!("../../sql/control/doctor/away.sql");

/// `schema.table` of the mappings.
pub(super) fn mappings_of(pipeline: Option<&Pipeline>) -> String {
    pipeline.map_or("public.migration_mappings".to_owned(), |pipeline| {
        format!("{}.{}", pipeline.mappings.0, pipeline.mappings.1)
    })
}

pub(super) async fn examine(look: &Look, catalog: &Catalog, pipeline: Option<&Pipeline>, found: &mut Findings) {
    mappings(catalog, &mappings_of(pipeline), found);
    let holder = one::<String>(look, LOADER).await;
    let holder = found.seen("ledger", holder).flatten();
    if let Some(holder) = &holder {
        let told = format!("another run is loading into this database: {holder}");
        found.fail(Kind::Locked, "ledger", told, vec!["wait until it has ended".to_owned()]);
    }
    let has = one::<bool>(look, HAS_LEDGER).await;
    match found.seen("ledger", has).flatten() {
        Some(true) => runs(look, holder.is_some(), found).await,
        Some(false) => found.ok("ledger", "no run has been here; the first makes the schema rehome"),
        None => {}
    }
}

async fn one<T: for<'a> tokio_postgres::types::FromSql<'a>>(look: &Look, statement: &str) -> Result<Option<T>> {
    let rows = look.ask(statement, &[]).await?;
    rows.first().map(|row| Ok(row.try_get(0)?)).transpose()
}

/// The mappings table in whatever form it is there.
fn mappings(catalog: &Catalog, name: &str, found: &mut Findings) {
    let Some(table) = catalog.table(name) else {
        return found.ok("mappings", format!("{name} is not there yet; the first run makes it"));
    };
    let rows = match table.estimated_rows {
        rows if rows >= 1.0 => format!(", some {rows:.0} rows"),
        _ => String::new(),
    };
    let has = |column: &str| table.column(column).is_some();
    match Mappings::of(table.clone()) {
        Err(error) => found.error("mappings", &error),
        Ok(_) if has("run_id") && has("legacy_key") => found.ok("mappings", format!("{name} is one that rehome can use{rows}")),
        Ok(_) if table.owned => found.ok(
            "mappings",
            format!("{name} was made by others{rows}: what it maps is kept, and the first run adds the columns that it lacks"),
        ),
        Ok(_) => found.fail(
            Kind::Privilege,
            "mappings",
            format!("{name} was made by others, and only its owner can add the columns that it lacks"),
            vec![fix("extend_mappings", &[("table", &crate::server::sql::quote_table(&table.schema, &table.name))])],
        ),
    }
}

/// The runs that have been here, and those that have not ended.
async fn runs(look: &Look, at_work: bool, found: &mut Findings) {
    let whole = one::<bool>(look, LEDGER_IS_WHOLE).await;
    if found.seen("ledger", whole).flatten() == Some(false) {
        let told = "the ledger is of an older version, or lacks a table: a plan refuses it";
        found.warn("ledger", told, vec!["rehome run brings it up to date".to_owned()]);
    }
    let asked = look.ask(RUNS, &[]).await;
    let Some(rows) = found.seen("ledger", asked) else { return };
    let done = one::<i64>(look, DONE).await;
    let done = found.seen("ledger", done).flatten().unwrap_or_default();
    if rows.is_empty() {
        let done = counted(usize::try_from(done).unwrap_or_default(), "run");
        return found.ok("ledger", format!("{done} stand here, and none is unfinished; the next brings what differs"));
    }
    let away = one::<i64>(look, AWAY).await;
    let away = away.ok().flatten().filter(|away| *away > 0);
    let away = away.map(|away| format!("; {away} constraints and indexes are away until it ends")).unwrap_or_default();
    for row in rows.iter().filter(|_| !at_work) {
        let read = || -> Result<(String, String, String, String)> {
            Ok((row.try_get("run")?, row.try_get("pipeline")?, row.try_get("state")?, row.try_get("since")?))
        };
        let Some((run, pipeline, state, since)) = found.seen("ledger", read()) else { continue };
        let (what, mends) = match state.as_str() {
            "rolling_back" => ("is half taken back", vec![format!("rehome rollback {run}")]),
            _ => ("has not ended", vec!["give the same rehome run again".to_owned(), format!("rehome rollback {run}")]),
        };
        found.warn("ledger", format!("the run {run} of {pipeline}, begun {since} UTC, {what}{away}"), mends);
    }
}
