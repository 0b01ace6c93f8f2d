//! Owns what matters of a target: may its tables be written, and what happens besides when they are.
//! Must not know: how rows are loaded.

use std::collections::BTreeSet;

use super::findings::{Findings, fix, some_of};
use super::look::{Look, Tables, lists};
use super::source::{doubtful, locks};
use super::{known, ours};
use crate::error::{Kind, Result};
use crate::ledger;
use crate::pipeline::Pipeline;
use crate::server::sql::quote_ident;
use crate::target::{Catalog, Table};

const A_SCHEMA: &str = include_str!("../../sql/control/doctor/a_schema.sql");
const PUBLICATIONS: &str = include_str!("../../sql/control/doctor/publications.sql");
const SUBSCRIPTIONS: &str = include_str!("../../sql/control/doctor/subscriptions.sql");
const EVENT_TRIGGERS: &str = include_str!("../../sql/control/doctor/event_triggers.sql");
const EXTENSIONS: &str = include_str!("../../sql/control/doctor/extensions.sql");
const SEQUENCES: &str = include_str!("../../sql/control/doctor/sequences.sql");
const TABLESPACES: &str = include_str!("../../sql/control/doctor/tablespaces.sql");
/// The modes that keep writers out.
const KEEPS_WRITERS_OUT: [&str; 4] = ["ShareLock", "ShareRowExclusiveLock", "ExclusiveLock", "AccessExclusiveLock"];
/// Schemas that others look after: without a pipeline, nobody means them.
const OF_OTHERS: [&str; 14] = [
    "auth",
    "storage",
    "realtime",
    "vault",
    "extensions",
    "graphql",
    "graphql_public",
    "pgbouncer",
    "supabase_functions",
    "supabase_migrations",
    "cron",
    "net",
    "pgsodium",
    "rehome",
];
/// Tables that an extension brings.
const OF_EXTENSIONS: [&str; 1] = ["spatial_ref_sys"];

pub(super) async fn examine(look: &Look, pipeline: Option<&Pipeline>, found: &mut Findings) {
    let Some(catalog) = catalog(look, pipeline, found).await else { return };
    let chosen = match pipeline {
        Some(pipeline) => named(&catalog, pipeline, found),
        None => catalog
            .tables()
            .filter(|table| !OF_OTHERS.contains(&&*table.schema) && !OF_EXTENSIONS.contains(&&*table.name))
            .collect(),
    };
    let tables: Tables = chosen.iter().map(|table| (table.schema.clone(), table.name.clone())).collect();
    privileges(look, &catalog, &tables, pipeline, found).await;
    indexes(&look.server.role, &chosen, found);
    ours::examine(look, &catalog, pipeline, found).await;
    locks(look, &tables, &KEEPS_WRITERS_OUT, found).await;
    triggers(&chosen, found);
    publications(look, &tables, found).await;
    others(look, found).await;
    let doubtful = doubtful(look, &tables).await;
    if let Some(doubtful) = found.seen("constraints", doubtful) {
        held_to(&doubtful, found);
    }
    sequences(look, &tables, found).await;
    room(look, found).await;
    known::supabase(look, &tables, pipeline, found).await;
}

/// The tables that are there. Where the schema that is meant holds none, what there is to look at besides is looked at all the same.
async fn catalog(look: &Look, pipeline: Option<&Pipeline>, found: &mut Findings) -> Option<Catalog> {
    let schema = pipeline.map_or("public", |pipeline| pipeline.target_schema.as_str());
    let read = async |schema: &str| look.within(async || Catalog::read(&look.connection, schema).await).await;
    let error = match read(schema).await {
        Ok(catalog) => return Some(catalog),
        Err(error) => error,
    };
    let asked = if error.kind() == Kind::Drift { look.ask(A_SCHEMA, &[]).await.ok() } else { None };
    let other: Option<String> = asked.and_then(|rows| rows.first()?.try_get("schema").ok());
    // Without a pipeline, nobody has said which schema it should be.
    if pipeline.is_some() || other.is_none() {
        found.error("tables", &error);
    }
    match other {
        Some(other) => found.seen("tables", read(&other).await),
        None => None,
    }
}

/// The tables that the pipeline writes, as far as they are there.
fn named<'a>(catalog: &'a Catalog, pipeline: &Pipeline, found: &mut Findings) -> Vec<&'a Table> {
    let mut chosen: Vec<&Table> = Vec::new();
    for flow in &pipeline.flows {
        match catalog.require(&flow.target) {
            Ok(table) if chosen.iter().any(|known| known.oid == table.oid) => {}
            Ok(table) => chosen.push(table),
            Err(error) => {
                let told = format!("{}: {} (the flow {} writes it)", error.message(), flow.target, flow.name);
                found.fail(error.kind(), "tables", told, error.hint_text().map(str::to_owned).into_iter().collect());
            }
        }
    }
    chosen
}

/// What the role lacks. The mappings and our own schema are needed in any case; of tables that no pipeline names, only some may be.
async fn privileges(
    look: &Look,
    catalog: &Catalog,
    tables: &Tables,
    pipeline: Option<&Pipeline>,
    found: &mut Findings,
) {
    let role = &look.server.role;
    let mappings = catalog.qualify(&ours::mappings_of(pipeline));
    let lacking =
        async |tables: &Tables| look.within(async || ledger::lacking(&look.connection, tables, &mappings).await).await;
    let (needed, of_tables) = match pipeline {
        Some(_) => (lacking(tables).await, Ok(Vec::new())),
        None => (lacking(&Tables::new()).await, lacking(tables).await),
    };
    let Some(needed) = found.seen("privileges", needed) else { return };
    let Some(mut of_tables) = found.seen("privileges", of_tables) else { return };
    of_tables.retain(|statement| !needed.contains(statement));
    if needed.is_empty() && of_tables.is_empty() {
        let which = if pipeline.is_some() { "these tables" } else { "all tables" };
        return found.ok("privileges", format!("{role} may do what runs and rollbacks do to {which}"));
    }
    let (security, grants): (Vec<String>, Vec<String>) =
        needed.into_iter().partition(|statement| statement.ends_with(" bypassrls"));
    if !grants.is_empty() {
        found.fail(Kind::Privilege, "privileges", format!("{role} lacks what a run needs"), grants);
    }
    let refused = format!("row-level security applies to {role}: PostgreSQL refuses COPY");
    if !security.is_empty() {
        found.fail(Kind::Privilege, "row security", refused.clone(), security);
    }
    let (security, grants): (Vec<String>, Vec<String>) =
        of_tables.into_iter().partition(|statement| statement.ends_with(" bypassrls"));
    if !grants.is_empty() {
        let told = format!("{role} lacks what runs need of some tables; a pipeline may not write to all of them");
        found.warn("privileges", told, grants);
    }
    if !security.is_empty() {
        found.fail(Kind::Privilege, "row security", refused, security);
    }
}

/// Tables whose indexes the role could drop, but not make again.
fn indexes(role: &str, tables: &[&Table], found: &mut Findings) {
    let held: Vec<&&Table> = tables.iter().filter(|table| table.owned && !table.indexable).collect();
    if held.is_empty() {
        return;
    }
    let schemas: BTreeSet<String> = held.iter().map(|table| quote_ident(&table.schema)).collect();
    let schemas = schemas.into_iter().collect::<Vec<_>>().join(", ");
    let names: Vec<String> = held.iter().map(|table| format!("{}.{}", table.schema, table.name)).collect();
    let told = format!(
        "{role} may not make indexes in the schema of {}: they stay while many rows are loaded, which takes longer",
        some_of(&names)
    );
    found.note("indexes", told, vec![fix("make_indexes", &[("schemas", &schemas), ("role", &quote_ident(role))])]);
}

/// Triggers that fire for each row that is loaded.
fn triggers(tables: &[&Table], found: &mut Findings) {
    let mut any = false;
    for table in tables {
        for trigger in &table.triggers {
            any = true;
            let (schema, of) = &trigger.of;
            let name = format!("{} of {schema}.{of} fires for rows that are loaded", trigger.name);
            let table_name = crate::server::sql::quote_table(schema, of);
            let quoted = crate::server::sql::quote_ident(&trigger.name);
            let off = fix("disable_trigger", &[("table", &table_name), ("name", &quoted)]);
            let off = if table.owned { vec![off] } else { vec![format!("{off} (as the table's owner)")] };
            if trigger.function.starts_with("supabase_functions.") || trigger.function.starts_with("net.http") {
                found.warn("triggers", format!("{name}: a webhook, a call over the network for each"), off);
            } else if trigger.writes.is_empty() {
                found.note("triggers", format!("{name}, with {}", trigger.function), Vec::new());
            } else {
                let told = format!("{name}, and {} writes to {}", trigger.function, some_of(&trigger.writes));
                found.warn("triggers", told, off);
            }
        }
    }
    if !any {
        found.ok("triggers", "none fires when rows are inserted");
    }
}

/// Its name, whether it is of all tables, those of ours, and those of which no row can be changed.
type Publication = (String, bool, Vec<String>, Vec<String>);

async fn publications(look: &Look, tables: &Tables, found: &mut Findings) {
    let (schemas, names) = lists(tables);
    let asked = look.ask(PUBLICATIONS, &[&schemas, &names]).await;
    let Some(rows) = found.seen("publications", asked) else { return };
    let publications = rows.iter().map(|row| {
        Ok((row.try_get("name")?, row.try_get("everything")?, row.try_get("tables")?, row.try_get("bare")?))
    });
    let publications: Result<Vec<Publication>> = publications.collect();
    let Some(publications) = found.seen("publications", publications) else { return };
    if publications.is_empty() {
        return found.ok("publications", "none has a table that is written");
    }
    for (name, everything, tables, bare) in publications {
        let quoted = crate::server::sql::quote_ident(&name);
        let mends = if everything {
            fix("drop_publication", &[("name", &quoted)])
        } else {
            fix("drop_published", &[("name", &quoted), ("tables", &tables.join(", "))])
        };
        let which = if everything { "all tables".to_owned() } else { some_of(&tables) };
        found.warn("publications", format!("{name} publishes every row that is loaded into {which}"), vec![mends]);
        if !bare.is_empty() {
            let told = format!(
                "{name} has tables without a replica identity, of which PostgreSQL lets no row be changed or deleted: {}",
                some_of(&bare)
            );
            let full = bare.iter().map(|table| fix("replica_identity", &[("table", table)])).collect();
            found.warn("publications", told, full);
        }
    }
}

/// Who else writes here, and what else happens when tables change.
async fn others(look: &Look, found: &mut Findings) {
    let pairs = async |statement: &str| -> Result<Vec<(String, String, String)>> {
        let rows = look.ask(statement, &[]).await?;
        rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(row.len() - 1)?))).collect()
    };
    let subscriptions = pairs(SUBSCRIPTIONS).await;
    for (name, _, statement) in found.seen("subscriptions", subscriptions).unwrap_or_default() {
        let told = format!("the subscription {name} is at work: others write to this database while rows are loaded");
        found.warn("subscriptions", told, vec![statement]);
    }
    let events = pairs(EVENT_TRIGGERS).await;
    for (name, function, statement) in found.seen("event triggers", events).unwrap_or_default() {
        let told = format!("{name} runs {function} when constraints and indexes go, and come back after a load");
        found.warn("event triggers", told, vec![statement]);
    }
    let extensions = pairs(EXTENSIONS).await;
    if let Some(extensions) = found.seen("extensions", extensions)
        && !extensions.is_empty()
    {
        let shown: Vec<String> = extensions.iter().map(|(name, schema, _)| format!("{name} in {schema}")).collect();
        found.ok("extensions", shown.join(", "));
    }
}

fn held_to(doubtful: &[(String, String, String)], found: &mut Findings) {
    for (sort, name, statement) in doubtful {
        if sort == "index" {
            let told = format!("{name} is not valid: it holds no row to anything, and costs as much as one that does");
            found.warn("indexes", told, vec![statement.clone()]);
        } else {
            let told =
                format!("{name} was never validated: rows of before may break it; those that are loaded are tested");
            found.note("constraints", told, vec![statement.clone()]);
        }
    }
}

async fn sequences(look: &Look, tables: &Tables, found: &mut Findings) {
    let schemas: Vec<&str> = tables.iter().map(|(schema, _)| schema.as_str()).collect();
    let asked = look.ask(SEQUENCES, &[&schemas]).await;
    for row in found.seen("sequences", asked).unwrap_or_default() {
        let read = || -> Result<(String, String, i64, String)> {
            Ok((row.try_get("name")?, row.try_get("type")?, row.try_get("percent")?, row.try_get("statement")?))
        };
        if let Some((name, ty, percent, statement)) = found.seen("sequences", read()) {
            let told = format!("{name} ({ty}) has given {percent} % of its numbers");
            found.warn("sequences", told, vec![format!("{statement} -- and its column, too")]);
        }
    }
}

/// PostgreSQL does not tell how much room there is; of other tablespaces it tells what they hold.
async fn room(look: &Look, found: &mut Findings) {
    let asked = look.ask(TABLESPACES, &[]).await;
    for row in found.seen("disk", asked).unwrap_or_default() {
        let name: Result<String, _> = row.try_get("name");
        if let Ok(name) = name {
            found.note(
                "disk",
                format!("tables lie in the tablespace {name}, too: its disk needs room of its own"),
                Vec::new(),
            );
        }
    }
}
