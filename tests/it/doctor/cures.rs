//! Owns the findings, provoked one by one: what is found, how grave it is, and that what it says cures it.

use rehome::doctor::{Examination, Finding, Level};
use rehome::pipeline::Pipeline;

use super::{database, look, own};
use crate::cluster::Database;
use crate::support::legacy_to_fresh;

const DDL: &str = "
    create schema legacy; create schema fresh;
    create table legacy.person (id integer primary key, name text);
    create table legacy.note (id integer primary key, person_id integer references legacy.person, body text);
    insert into legacy.person values (1, 'a');
    create table fresh.people (id uuid primary key, name text not null);
    create table fresh.notes (id bigserial primary key, person_id uuid references fresh.people, body text);
    create role reader login bypassrls; create role mover login bypassrls;
    revoke all on database shop from public;
    grant connect, temporary on database shop to reader, mover; grant create on database shop to mover;
    grant usage on schema legacy to reader; grant select on all tables in schema legacy to reader;
    grant usage, create on schema fresh to mover; grant all on all tables in schema fresh to mover;
    grant all on all sequences in schema fresh to mover;
    create function fresh.elsewhere() returns trigger language plpgsql as $$
        begin insert into fresh.audit values (new.id); return null; end $$;
    create function fresh.tidy() returns trigger language plpgsql as $$ begin return new; end $$;
    create function fresh.on_ddl() returns event_trigger language plpgsql as $$ begin end $$;";

const PEOPLE: &str = "/*--- source = \"person\" ---*/
select id as _key, migrate() as _outcome, name from source.person";
const NOTES: &str = "/*--- source = \"note\"
id = \"server\" ---*/
select id as _key, migrate() as _outcome, legacy_uuid('people', person_id) as person_id, body from source.note";

/// What is done to the database, what is found then, and how it is undone: None where what the finding says shall cure it.
struct Case {
    provoked: &'static str,
    side: &'static str,
    subject: &'static str,
    level: Level,
    exit: u8,
    says: &'static str,
    undone: Option<&'static str>,
}

const fn case(
    provoked: &'static str,
    (side, subject): (&'static str, &'static str),
    (level, exit): (Level, u8),
    says: &'static str,
    undone: Option<&'static str>,
) -> Case {
    Case { provoked, side, subject, level, exit, says, undone }
}

const SOURCE: &[Case] = &[
    case(
        "revoke usage on schema legacy from reader",
        ("source", "privileges"),
        (Level::Fail, 5),
        "grant usage on schema legacy to reader",
        None,
    ),
    case(
        "revoke select on legacy.note from reader",
        ("source", "privileges"),
        (Level::Fail, 5),
        "grant select on legacy.note to reader",
        None,
    ),
    case(
        "alter table legacy.person enable row level security; alter role reader nobypassrls",
        ("source", "row security"),
        (Level::Fail, 5),
        "alter role reader bypassrls",
        None,
    ),
    case(
        "alter table legacy.note rename to notes",
        ("source", "tables"),
        (Level::Fail, 2),
        "the source has no table 'note' (the flow notes reads it)",
        Some("alter table legacy.notes rename to note"),
    ),
    case(
        "begin; lock table legacy.person in share mode; prepare transaction 'forgotten'",
        ("source", "transactions"),
        (Level::Warn, 0),
        "rollback prepared 'forgotten'",
        None,
    ),
    case(
        "begin; lock table legacy.person; prepare transaction 'held'",
        ("source", "locks"),
        (Level::Fail, 75),
        "a prepared transaction holds legacy.person",
        Some("rollback prepared 'held'"),
    ),
    case(
        "alter role reader connection limit 1",
        ("source", "connections"),
        (Level::Fail, 75),
        "alter role \"reader\" connection limit",
        None,
    ),
    case(
        "alter role reader connection limit 3",
        ("source", "connections"),
        (Level::Warn, 0),
        "--jobs 1",
        Some("alter role reader connection limit -1"),
    ),
    case(
        "alter table legacy.note drop constraint note_pkey",
        ("source", "keys"),
        (Level::Note, 0),
        "without a primary key: legacy.note",
        Some("alter table legacy.note add primary key (id)"),
    ),
    case(
        "alter table legacy.note add column place point, add column net inet[]",
        ("source", "types"),
        (Level::Note, 0),
        "legacy.note.net (inet[]), legacy.note.place (point)",
        Some("alter table legacy.note drop column place, drop column net"),
    ),
    case(
        "update pg_index set indisvalid = false where indexrelid = 'legacy.note_pkey'::regclass",
        ("source", "indexes"),
        (Level::Note, 0),
        "legacy.note_pkey",
        Some("update pg_index set indisvalid = true where indexrelid = 'legacy.note_pkey'::regclass"),
    ),
    case(
        "alter table legacy.note add constraint brief check (length(body) < 9) not valid",
        ("source", "constraints"),
        (Level::Note, 0),
        "legacy.note.brief",
        Some("alter table legacy.note drop constraint brief"),
    ),
    case(
        "create table legacy.django_migrations (id integer); create table legacy.django_content_type (app_label text, model text);
         create table legacy.django_session (id text); grant select on all tables in schema legacy to reader;
         insert into legacy.django_content_type values ('shop', 'person'), ('shop', 'person'), ('shop', 'note')",
        ("source", "django"),
        (Level::Warn, 0),
        "1 content types stand in several rows",
        Some("drop table legacy.django_migrations, legacy.django_content_type, legacy.django_session"),
    ),
];

const TARGET: &[Case] = &[
    case(
        "revoke create on database shop from mover",
        ("target", "privileges"),
        (Level::Fail, 5),
        "grant create on database shop to mover",
        None,
    ),
    case(
        "revoke insert, delete on fresh.people from mover",
        ("target", "privileges"),
        (Level::Fail, 5),
        "grant insert, delete on fresh.people to mover",
        None,
    ),
    case(
        "revoke create on schema fresh from mover",
        ("target", "privileges"),
        (Level::Fail, 5),
        "grant create on schema fresh to mover",
        None,
    ),
    case(
        "revoke all on sequence fresh.notes_id_seq from mover",
        ("target", "privileges"),
        (Level::Fail, 5),
        "grant usage, select, update on sequence fresh.notes_id_seq to mover",
        None,
    ),
    case(
        "alter table fresh.people enable row level security; alter role mover nobypassrls",
        ("target", "row security"),
        (Level::Fail, 5),
        "alter role mover bypassrls",
        None,
    ),
    case(
        "alter database shop set default_transaction_read_only = on",
        ("target", "state"),
        (Level::Fail, 2),
        "alter role \"mover\" set default_transaction_read_only = off",
        None,
    ),
    case(
        "alter table fresh.notes rename to texts",
        ("target", "tables"),
        (Level::Fail, 6),
        "(the flow notes writes it)",
        Some("alter table fresh.texts rename to notes"),
    ),
    case(
        "create trigger also after insert on fresh.people for each row execute function fresh.elsewhere()",
        ("target", "triggers"),
        (Level::Warn, 0),
        "writes to fresh.audit",
        None,
    ),
    case(
        "create trigger tidied before insert on fresh.people for each row execute function fresh.tidy()",
        ("target", "triggers"),
        (Level::Note, 0),
        "tidied of fresh.people",
        Some("drop trigger tidied on fresh.people"),
    ),
    case(
        "create schema supabase_functions; create function supabase_functions.http_request() returns trigger language plpgsql
         as $$ begin return null; end $$; create trigger hook after insert on fresh.people for each row
         execute function supabase_functions.http_request()",
        ("target", "triggers"),
        (Level::Warn, 0),
        "a webhook",
        None,
    ),
    case(
        "create publication out_there for table fresh.people",
        ("target", "publications"),
        (Level::Warn, 0),
        "alter publication \"out_there\" drop table fresh.people",
        None,
    ),
    case(
        "alter table fresh.people replica identity nothing; create publication whole for all tables",
        ("target", "publications"),
        (Level::Warn, 0),
        "alter table fresh.people replica identity full",
        Some("drop publication whole; alter table fresh.people replica identity default"),
    ),
    case(
        "select pg_create_physical_replication_slot('old', true)",
        ("target", "replication"),
        (Level::Warn, 0),
        "select pg_drop_replication_slot('old')",
        None,
    ),
    case(
        "begin; lock table fresh.people in share mode; prepare transaction 'held'",
        ("target", "locks"),
        (Level::Fail, 75),
        "a prepared transaction holds fresh.people",
        Some("rollback prepared 'held'"),
    ),
    case(
        "update pg_index set indisvalid = false where indexrelid = 'fresh.people_pkey'::regclass",
        ("target", "indexes"),
        (Level::Warn, 0),
        "reindex index concurrently fresh.people_pkey",
        None,
    ),
    case(
        "alter table fresh.people add constraint brief check (length(name) < 9) not valid",
        ("target", "constraints"),
        (Level::Note, 0),
        "alter table fresh.people validate constraint brief",
        None,
    ),
    case(
        "alter database shop set session_replication_role = replica",
        ("target", "settings"),
        (Level::Warn, 0),
        "alter database shop reset session_replication_role",
        None,
    ),
    case(
        "alter role mover in database shop set temp_file_limit = '1GB'",
        ("target", "settings"),
        (Level::Warn, 0),
        "alter role mover in database shop reset temp_file_limit",
        None,
    ),
    case(
        "create event trigger watch on ddl_command_end execute function fresh.on_ddl()",
        ("target", "event triggers"),
        (Level::Warn, 0),
        "alter event trigger watch disable",
        None,
    ),
    case(
        "create sequence fresh.tickets as smallint; select setval('fresh.tickets', 30000); grant usage on fresh.tickets to mover",
        ("target", "sequences"),
        (Level::Warn, 0),
        "alter sequence fresh.tickets as bigint",
        Some("drop sequence fresh.tickets"),
    ),
    case(
        "create table fresh.migration_mappings (entity_type text)",
        ("target", "mappings"),
        (Level::Fail, 5),
        "the mappings table has no column legacy_id",
        Some("drop table fresh.migration_mappings"),
    ),
    case(
        "create table fresh.migration_mappings (entity_type text, legacy_id bigint, entity_uuid uuid);
         grant all on fresh.migration_mappings to mover",
        ("target", "mappings"),
        (Level::Fail, 5),
        "add column if not exists legacy_key text",
        None,
    ),
    case(
        "alter role mover connection limit 1",
        ("target", "connections"),
        (Level::Fail, 75),
        "the role's limit of 1",
        None,
    ),
];

fn shown(finding: &Finding) -> String {
    format!("{} {} {}", finding.subject, finding.found, finding.fix.join("; "))
}

impl Case {
    fn found<'a>(&self, examined: &'a Examination) -> Option<&'a Finding> {
        examined.findings.iter().find(|finding| {
            finding.side.name() == self.side
                && finding.subject == self.subject
                && finding.level == self.level
                && shown(finding).contains(self.says)
        })
    }

    /// Provoked, found, cured and gone.
    async fn holds(&self, database: &Database, pipeline: &Pipeline) {
        // Sessions of the case before end in their own time, and count until then.
        while database.text("select count(*)::text from pg_stat_activity where usename in ('reader', 'mover')").await
            != "0"
        {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        for statement in [self.provoked] {
            if statement.starts_with("begin") {
                // Else it were prepared within the transaction of all statements.
                for statement in statement.split(';') {
                    database.run(statement).await;
                }
            } else {
                database.run(statement).await;
            }
        }
        let url = |role: &str| database.url.replace("postgres@", &format!("{role}@"));
        let (source, target) = (url("reader"), url("mover"));
        let side = |name: &str, url: &str| (self.side == name).then(|| url.to_owned());
        let (source, target) = (side("source", &source), side("target", &target));
        let examined = look(source.as_deref(), target.as_deref(), Some(pipeline)).await;
        let all: Vec<String> = examined.findings.iter().map(shown).collect();
        let found = self.found(&examined).unwrap_or_else(|| panic!("after {}: {all:#?}", self.provoked));
        assert_eq!(examined.exit_code, self.exit, "after {}: {all:#?}", self.provoked);
        match self.undone {
            Some(statement) => database.run(statement).await,
            None => {
                for statement in &found.fix {
                    // One by one: some may not be in a transaction.
                    database.run(statement.split(" -- ").next().unwrap()).await;
                }
            }
        }
        let examined = look(source.as_deref(), target.as_deref(), Some(pipeline)).await;
        assert!(self.found(&examined).is_none(), "after {} and its cure: {:#?}", self.provoked, examined.findings);
    }
}

async fn all_hold(cases: &[Case]) {
    let server = own("").await;
    let database = database(&server, "shop", DDL).await;
    let folder = tempfile::tempdir().unwrap();
    let mappings = "[mappings]\ntable = \"fresh.migration_mappings\"";
    let pipeline = legacy_to_fresh(folder.path(), mappings, &[("people", PEOPLE), ("notes", NOTES)]).unwrap();
    for case in cases {
        case.holds(&database, &pipeline).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_in_the_way_of_reading_is_found_and_cured() {
    all_hold(SOURCE).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_in_the_way_of_writing_is_found_and_cured() {
    all_hold(TARGET).await;
}
