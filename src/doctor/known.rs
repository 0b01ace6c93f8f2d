//! Owns what is known of the systems that databases come from and go to: Django and Supabase. Must not know: anything that a
//! catalog does not tell.

use super::findings::{Findings, some_of};
use super::look::{Look, Tables, lists};
use super::ours;
use crate::error::Result;
use crate::pipeline::Pipeline;
use crate::server::sql::{fill, quote_table};

const DJANGO: &str = include_str!("../../sql/control/doctor/django.sql");
const CONTENT_TYPES: &str = include_str!("../../sql/control/doctor/content_types.sql");
const DEFERRED: &str = include_str!("../../sql/control/doctor/deferred.sql");
const SUPABASE: &str = include_str!("../../sql/control/doctor/supabase.sql");
const API: &str = include_str!("../../sql/control/doctor/api.sql");
const DEFAULTS: &str = include_str!("../../sql/control/doctor/defaults.sql");

/// Of a source that Django has made.
pub(super) async fn django(look: &Look, tables: &Tables, found: &mut Findings) {
    let asked = look.ask(DJANGO, &[]).await;
    for row in found.seen("django", asked).unwrap_or_default() {
        let list = |name: &str| row.try_get::<_, Option<Vec<String>>>(name).ok().flatten().unwrap_or_default();
        let Ok(schema) = row.try_get::<_, String>("schema") else { continue };
        let technical = list("technical");
        found.note(
            "django",
            format!(
                "the schema {schema} is Django's; of no business, and not migrated as a rule: {}",
                some_of(&technical)
            ),
            Vec::new(),
        );
        let generic = list("generic");
        if !generic.is_empty() {
            let told = format!(
                "rows refer to others by content type and id: {}; a content type is known by (app_label, model), never by its id, \
                 and object_id may be no number",
                some_of(&generic)
            );
            found.note("django", told, Vec::new());
        }
        let history = list("history");
        if !history.is_empty() {
            let told = format!("history without foreign keys, so that parents may be gone: {}", some_of(&history));
            found.note("django", told, Vec::new());
        }
        if row.try_get::<_, Option<bool>>("content_types").ok().flatten() == Some(true) {
            let table = quote_table(&schema, "django_content_type");
            // A role that may not read it is told so elsewhere.
            if let Ok(rows) = look.ask(&fill(CONTENT_TYPES, &[("table", &table)]), &[]).await
                && let Some(several @ 1..) = rows.first().and_then(|row| row.try_get::<_, i64>("several").ok())
            {
                let told = format!("{several} content types stand in several rows of django_content_type");
                found.warn("django", told, vec!["join it by (app_label, model), and take one row of each".to_owned()]);
            }
        }
        let schemas: Vec<&str> = tables.iter().map(|(schema, _)| schema.as_str()).collect();
        let deferred = look.ask(DEFERRED, &[&schemas]).await;
        let deferred = found.seen("django", deferred).and_then(|rows| rows.first()?.try_get::<_, i64>("deferred").ok());
        if let Some(deferred @ 1..) = deferred {
            let told = format!(
                "{deferred} foreign keys are tested at the end of a transaction, and on_delete is Python's: rows without a parent \
                 are to be expected where somebody wrote SQL"
            );
            found.note("django", told, Vec::new());
        }
    }
}

/// Of a target that Supabase runs.
pub(super) async fn supabase(look: &Look, tables: &Tables, pipeline: Option<&Pipeline>, found: &mut Findings) {
    let asked = look.ask(SUPABASE, &[]).await;
    let Some(rows) = found.seen("supabase", asked) else { return };
    let Some(row) = rows.first().filter(|row| row.try_get("is_one").unwrap_or(false)) else { return };
    let exposed: Option<String> = row.try_get("exposed").ok().flatten();
    let exposed = exposed.unwrap_or_else(|| "public, graphql_public".to_owned());
    let is_exposed = |schema: &str| exposed.split(',').any(|name| name.trim() == schema);
    found.note("supabase", format!("a Supabase project; its API shows the schemas {exposed}"), Vec::new());
    if is_exposed("rehome") {
        let told = "the API shows the schema rehome, whose quarantine holds whole legacy rows";
        found.warn(
            "supabase",
            told,
            vec!["take rehome out of the exposed schemas in the project's API settings".to_owned()],
        );
    }
    users(tables, row.try_get("has_users").unwrap_or(false), found);
    api(look, tables, found).await;
    let mappings = ours::mappings_of(pipeline);
    let (schema, name) = mappings.split_once('.').unwrap_or(("public", &mappings));
    if is_exposed(schema) && !tables.iter().any(|(of, table)| of == schema && table == name) {
        let given = look.ask(DEFAULTS, &[&schema]).await;
        let given = found.seen("supabase", given).and_then(|rows| rows.first()?.try_get::<_, bool>("given").ok());
        if given == Some(true) {
            let told = format!("{mappings} would be shown by the API: new tables of {schema} are granted to its roles");
            let elsewhere =
                "[mappings] table = \"migration.mappings\" in the pipeline, in a schema that the API does not show";
            found.warn("supabase", told, vec![elsewhere.to_owned()]);
        }
    }
}

/// Logins that are loaded as rows.
fn users(tables: &Tables, there: bool, found: &mut Findings) {
    if there && tables.iter().any(|(schema, name)| schema == "auth" && name == "users") {
        let told = "rows of auth.users: token columns must be '' and not NULL, an empty e-mail NULL; each user needs a row of \
                    auth.identities; of passwords, bcrypt, argon2 and fbscrypt are taken, and Django's pbkdf2 is not";
        found.note("supabase", told, Vec::new());
    }
}

/// A table, whether all of it is shown, whether none of it is, and what closes it.
type Shown = (String, bool, bool, String);

/// What the API shows of the tables that are written.
async fn api(look: &Look, tables: &Tables, found: &mut Findings) {
    let (schemas, names) = lists(tables);
    let asked = look.ask(API, &[&schemas, &names]).await;
    let Some(rows) = found.seen("supabase", asked) else { return };
    let shown: Result<Vec<Shown>> = rows
        .iter()
        .map(|row| {
            let (open, closed) = (row.try_get("open")?, row.try_get("closed")?);
            Ok((row.try_get("name")?, open, closed, row.try_get("statement")?))
        })
        .collect();
    let shown = found.seen("supabase", shown).unwrap_or_default();
    let (open, statements): (Vec<String>, Vec<String>) = shown
        .iter()
        .filter(|(_, open, ..)| *open)
        .map(|(name, .., statement)| (name.clone(), statement.clone()))
        .unzip();
    if !open.is_empty() {
        let told = format!("the API gives anybody all rows of {}: they have no row-level security", some_of(&open));
        found.warn("supabase", told, statements);
    }
    let closed: Vec<String> =
        shown.iter().filter(|(_, _, closed, ..)| *closed).map(|(name, ..)| name.clone()).collect();
    if !closed.is_empty() {
        let told = format!("with row-level security and no policy, the API shows no row of {}", some_of(&closed));
        found.note("supabase", told, Vec::new());
    }
}
