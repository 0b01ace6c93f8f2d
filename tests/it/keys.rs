//! Owns the proof that a reference has its parent's UUID exactly where PostgreSQL takes the two keys for equal, whatever
//! types they are written in, and that a pair it cannot compare is an error. Must not know: how keys become UUIDs.

use std::fmt::Write;

use rehome::cancel::Cancel;
use rehome::error::Kind;
use rehome::run::{self, Setting};
use rehome::snapshot::Snapshot;

use crate::cluster::Database;
use crate::support::{legacy_to_fresh, migrate, silent};

/// Types of keys by family, and values of each.
const NUMBERS: [(&str, &str); 7] = [
    ("smallint", "'1', '5', '7', '-3'"),
    ("integer", "'1', '5', '70000', '-3'"),
    ("bigint", "'1', '5', '70000', '5000000000'"),
    ("oid", "'1', '5', '70000'"),
    ("numeric", "'1', '5.000', '5.5', '123456789012345678901', '-3', '0.0', 'NaN'"),
    ("numeric(24,0)", "'1', '5', '123456789012345678901', '5000000000'"),
    ("numeric(12,3)", "'1', '5.5', '70000', '-3'"),
];
const TEXTS: [(&str, &str); 5] = [
    ("text", "'ab', 'ab ', 'AB', '7', ''"),
    ("varchar", "'ab', 'ab  ', '7', 'é'"),
    ("varchar(8)", "'ab', 'AB', '', 'é'"),
    ("char(6)", "'ab', '7', '', 'é', ' ab'"),
    ("name", "'ab', 'ab ', '7', 'é'"),
];
const OTHERS: [(&str, &str); 3] = [
    ("uuid", "'6f9619ff-8b86-d011-b42d-00cf4fc964ff', '00000000-0000-0000-0000-000000000001'"),
    ("date", "'2024-02-29', '1999-12-31'"),
    ("boolean", "'t', 'f'"),
];

fn types() -> Vec<(&'static str, &'static str)> {
    [&NUMBERS[..], &TEXTS, &OTHERS].concat()
}

fn family(kind: &str) -> &'static str {
    match () {
        () if NUMBERS.iter().any(|(name, _)| *name == kind) => "numeric",
        () if TEXTS.iter().any(|(name, _)| *name == kind) => "text",
        () => "",
    }
}

async fn database() -> Database {
    let mut sql =
        "create schema legacy; create schema fresh; create table fresh.parents (id uuid primary key);".to_owned();
    for (at, (kind, values)) in types().iter().enumerate() {
        write!(
            sql,
            "create table legacy.parent{at} (id {kind} primary key); create table legacy.child{at} (id serial primary key, k {kind});
             insert into legacy.child{at} (k) select unnest(array[{values}]::{kind}[]); insert into legacy.child{at} values (default, null);
             insert into legacy.parent{at} select k from legacy.child{at} where k is not null;"
        )
        .unwrap();
    }
    Database::with(&sql).await
}

/// PostgreSQL's own comparison: children without a parent. None where it has no `=` for the two types.
async fn judged(database: &Database, parent: usize, child: usize) -> Option<u64> {
    let types = types();
    let cast = match (family(types[parent].0), family(types[child].0)) {
        (one, other) if one == other && !one.is_empty() => format!("::text::{one}"),
        _ => String::new(),
    };
    let orphans = |cast: &str| {
        format!(
            "select count(*) from legacy.child{child} c
             where not exists (select from legacy.parent{parent} p where p.id{cast} = c.k{cast})"
        )
    };
    // Where types of one family have no operator of their own (oid and numeric), their common type has.
    let row = match database.session.query_one(orphans("").as_str(), &[]).await {
        Ok(row) => row,
        Err(_) if !cast.is_empty() => database.session.query_one(orphans(&cast).as_str(), &[]).await.unwrap(),
        Err(_) => return None,
    };
    u64::try_from(row.get::<_, i64>(0)).ok()
}

async fn orphans(
    folder: &std::path::Path,
    snapshot: &Snapshot,
    parent: usize,
    child: usize,
) -> rehome::error::Result<u64> {
    let flows = [
        (
            "parents",
            format!(
                "/*---\nsource = \"parent{parent}\"\n---*/\nselect p.id as _key, migrate() as _outcome from source.parent{parent} p"
            ),
        ),
        (
            "children",
            format!(
                "/*---\nsource = \"child{child}\"\n---*/\n
                 select c.id as _key, case when p.id is null then reject('no_parent') else migrate() end as _outcome
                 from source.child{child} c left join migrated.parents p on p.id = legacy_uuid('parents', c.k)"
            ),
        ),
    ];
    let flows: Vec<(&str, &str)> = flows.iter().map(|(name, sql)| (*name, sql.as_str())).collect();
    let place = folder.join(format!("{parent}-{child}"));
    let pipeline = legacy_to_fresh(&place, "", &flows)?;
    let setting = Setting::new(place, (1, 1 << 28), silent(), Cancel::new());
    let (report, _) = run::what_if(&pipeline, snapshot, &[], &setting).await?;
    Ok(report.flows.iter().find(|flow| flow.flow == "children").unwrap().rejected)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reference_meets_its_parent_where_postgresql_says_they_are_equal() {
    let database = database().await;
    let folder = tempfile::tempdir().unwrap();
    let place = rehome::storage::Location::folder(&folder.path().join("snapshot")).unwrap();
    let options = rehome::extract::Options { schemas: vec!["legacy".into()], ..Default::default() };
    let snapshot = rehome::extract::run(&database.address(), &options, place, silent(), Cancel::new()).await.unwrap();
    let mut wrong = Vec::new();
    let types = types();
    for parent in 0..types.len() {
        for child in 0..types.len() {
            let what = format!("{} for a key of {}", types[child].0, types[parent].0);
            match (judged(&database, parent, child).await, orphans(folder.path(), &snapshot, parent, child).await) {
                (Some(right), Ok(found)) if right == found => {}
                (None, Err(error)) if error.kind() == Kind::Config && error.message().contains("write") => {}
                (right, found) => wrong.push(format!("{what}: {found:?}, PostgreSQL says {right:?}")),
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), types.len().pow(2), wrong.join("\n"));
}

const GENERIC: &str = "
    create schema legacy; create schema fresh;
    create table legacy.kind (id numeric(20,0) primary key);
    insert into legacy.kind select i from generate_series(1, 40) i;
    create table legacy.pair (a numeric, b char(4), primary key (a, b));
    insert into legacy.pair values (1, 'x'), (2.50, 'yy'), (3, '');
    create table legacy.note (id integer primary key, object_id text, kind_id integer, a bigint, b text);
    insert into legacy.note select i, i::text, i, 1, 'x' from generate_series(1, 30) i;
    insert into legacy.note values (31, 'thirty', 3, 1, 'x'), (32, ' 5 ', 5, 1, 'x'), (33, null, 6, 3, ''), (34, '99', 7, 1, 'x');
    create table fresh.kinds (id uuid primary key, old numeric);
    create table fresh.pairs (id uuid primary key, a numeric, b text);
    create table fresh.notes (id uuid primary key, old integer, object uuid references fresh.kinds,
        kind uuid references fresh.kinds, pair uuid references fresh.pairs);";

/// Keys of numeric, references of integers, texts and composites: with the target's foreign keys as judges.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn generic_keys_as_text_are_cast_row_by_row() {
    let adopted = "11111111-1111-4111-8111-111111111111";
    let database = Database::with(&format!(
        "{GENERIC} create table public.migration_mappings (entity_type text not null, legacy_id bigint not null,
           entity_uuid uuid not null, primary key (entity_type, legacy_id));
         insert into public.migration_mappings values ('kinds', 7, '{adopted}'); insert into fresh.kinds values ('{adopted}', 7);"
    ))
    .await;
    let flows = [
        (
            "kinds",
            "/*---\nsource = \"kind\"\n---*/\nselect k.id as _key, migrate() as _outcome, k.id as old from source.kind k",
        ),
        (
            "pairs",
            "/*---\nsource = \"pair\"\nkey = [\"a\", \"b\"]\n---*/\n
             select named_struct('a', p.a, 'b', p.b) as _key, migrate() as _outcome, p.a, p.b from source.pair p",
        ),
        (
            "notes",
            "/*---\nsource = \"note\"\n---*/\n
             select n.id as _key, migrate() as _outcome, n.id as old,
                    legacy_uuid('kinds', cast(n.object_id as bigint)) as object,
                    legacy_uuid('kinds', n.kind_id) as kind,
                    legacy_uuid('pairs', named_struct('a', n.a, 'b', n.b)) as pair
             from source.note n",
        ),
    ];
    let done = migrate(&database, &flows).await.unwrap();
    assert!(done.failures.is_empty() && done.report.verified, "{:?}", done.failures);
    let refused =
        "select coalesce(string_agg(legacy_key || ' ' || reason, ', ' order by legacy_key), '') from rehome.quarantine";
    assert_eq!(database.text(refused).await, "31 bad_key, 34 foreign_key:notes_object_fkey");
    let whole = "select count(*) || ' ' || count(object) || ' ' || count(*) filter (where k.old = n.old or n.old > 30)
                 || ' ' || count(*) filter (where n.kind = '11111111-1111-4111-8111-111111111111') || ' ' || count(p.id)
                 from fresh.notes n left join fresh.kinds k on k.id = n.kind left join fresh.pairs p on p.id = n.pair";
    assert_eq!(database.text(whole).await, "32 31 32 1 32");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_entity_has_keys_of_one_type() {
    let database = Database::with(GENERIC).await;
    let flow = |source, key| {
        format!(
            "/*---\nsource = \"{source}\"\nkey = \"{key}\"\nentity = \"thing\"\n---*/\nselect t.{key} as _key, migrate() as _outcome from source.{source} t"
        )
    };
    let (kinds, notes) = (flow("kind", "id"), flow("note", "object_id"));
    let Err(error) = migrate(&database, &[("kinds", &kinds), ("notes", &notes)]).await else { panic!("two types") };
    assert_eq!(error.kind(), Kind::Config);
    assert!(error.message().contains("number by the flow kinds, text by the flow notes"), "{error}");
}
