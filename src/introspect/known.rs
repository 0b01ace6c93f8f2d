//! Owns what is known of frameworks and platforms beforehand: tables that nobody migrates, and columns that want a constant.
//! Must not know: any application.

/// Why a table of the source is left out, if it is one of those that frameworks make for themselves.
#[must_use]
pub fn left_out(name: &str) -> Option<&'static str> {
    let lower = name.to_lowercase();
    let begins = |prefixes: &[&str]| prefixes.iter().any(|prefix| lower.starts_with(prefix));
    let is = |names: &[&str]| names.contains(&lower.as_str());
    if is(&["django_session", "sessions", "session", "user_sessions"]) {
        return Some("sessions: they end with the old application");
    }
    if is(&[
        "django_migrations",
        "south_migrationhistory",
        "schema_migrations",
        "ar_internal_metadata",
        "alembic_version",
        "flyway_schema_history",
        "schema_version",
        "databasechangelog",
        "databasechangeloglock",
        "knex_migrations",
        "knex_migrations_lock",
        "_prisma_migrations",
        "sequelizemeta",
        "__efmigrationshistory",
        "goose_db_version",
        "phinxlog",
        "typeorm_metadata",
        "pgmigrations",
        "migrations",
        "doctrine_migration_versions",
    ]) {
        return Some("the history of the old schema: the target has its own");
    }
    if begins(&["django_celery_", "celery_", "djcelery_", "djkombu_", "kombu_", "django_q_", "django_rq_", "rq_"])
        || is(&["delayed_jobs", "failed_jobs", "jobs", "job_batches", "good_jobs", "que_jobs", "background_task"])
    {
        return Some("work of a task queue: it ends with the old application");
    }
    if begins(&["easy_thumbnails_", "thumbnail_", "sorl_"]) {
        return Some("a cache of thumbnails: it is made anew");
    }
    if begins(&["silk_", "axes_", "django_cache", "cache_", "debug_toolbar_", "defender_"])
        || is(&["cache", "cache_locks"])
    {
        return Some("a cache or a log of requests");
    }
    if is(&["spatial_ref_sys", "geometry_columns", "geography_columns"]) {
        return Some("made by PostGIS: the target's extension brings its own");
    }
    None
}

/// Why no flow of its own was written for a table that frameworks have, and that the target may know under another form.
#[must_use]
pub fn hint(name: &str) -> Option<&'static str> {
    let lower = name.to_lowercase();
    if lower == "django_content_type" {
        return Some(
            "Django's list of models: join it where a flow reads content_type_id, by app_label and model, never by id",
        );
    }
    if lower.starts_with("auth_group") || lower.starts_with("auth_permission") || lower.starts_with("auth_user_") {
        return Some("Django's rights: the target has no table like it");
    }
    if lower.starts_with("django_site") || lower.starts_with("authtoken_") || lower.starts_with("oauth2_provider_") {
        return Some("settings and tokens of the old application");
    }
    if lower.starts_with("reversion_") || lower.contains("historical") {
        return Some("the history of other tables, by keys of the old application");
    }
    None
}

/// Schemas of Supabase that belong to the platform; of auth, only the users are filled by a migration.
const PLATFORM: [&str; 14] = [
    "storage",
    "realtime",
    "_realtime",
    "vault",
    "extensions",
    "graphql",
    "graphql_public",
    "pgsodium",
    "pgbouncer",
    "supabase_functions",
    "supabase_migrations",
    "cron",
    "net",
    "_analytics",
];

/// Is a table of the target no place for rows of the source: our own, or the platform's?
#[must_use]
pub fn is_of_target_itself(schema: &str, name: &str) -> bool {
    schema == "rehome"
        || name == "migration_mappings"
        || PLATFORM.contains(&schema)
        || schema == "auth" && name != "users"
        || left_out(name).is_some_and(|why| why.starts_with("the history") || why.starts_with("made by"))
}

/// What Supabase's own service wants in columns of auth.users that no source has: the SQL, and why.
#[must_use]
pub fn constant(schema: &str, table: &str, column: &str) -> Option<(&'static str, &'static str)> {
    if (schema, table) != ("auth", "users") {
        return None;
    }
    match column {
        "instance_id" => Some(("'00000000-0000-0000-0000-000000000000'", "one for all users of a project")),
        "aud" | "role" => Some(("'authenticated'", "what a user who signed up has")),
        "confirmation_token"
        | "recovery_token"
        | "email_change_token_new"
        | "email_change"
        | "encrypted_password"
        | "email_change_token_current"
        | "phone_change"
        | "phone_change_token"
        | "reauthentication_token" => Some(("''", "sign-in fails where it is NULL")),
        "raw_app_meta_data" => {
            Some(("'{\"provider\": \"email\", \"providers\": [\"email\"]}'", "how the user signs in"))
        }
        "is_super_admin" | "is_sso_user" | "is_anonymous" => Some(("false", "nobody is, by a migration")),
        _ => None,
    }
}
