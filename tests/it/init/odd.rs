//! Owns the proof that `rehome init` copes with databases as others have them. Must not know: how it does it.

use crate::cluster::Database;
use crate::spoken::said_with;
use crate::support::rehome;

/// Writes a pipeline and runs it; gives the report.
async fn run(source: &Database, target: &Database, more: &[&str]) -> (serde_json::Value, serde_json::Value) {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("drafted");
    let (place, file) = (out.display().to_string(), out.join("pipeline.toml").display().to_string());
    let told = rehome(
        folder.path(),
        &[&["init", "--source", &source.url, "--target", &target.url, "--out", &place], more].concat(),
    );
    assert_eq!(told["wrong"], serde_json::Value::Null, "{told}");
    let report = rehome(folder.path(), &["run", "--pipeline", &file, "--source", &source.url, "--target", &target.url]);
    (told, report)
}

/// Two schemas with a table of one name, names with dots and quotes, a word of SQL as a table, and a schema that is not asked for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_schemas_and_names_that_need_quotes() {
    let source = Database::with(
        r#"create schema "Sales Dept"; create schema hr; create schema junk;
        create table "Sales Dept".person (id integer primary key, "First ""Name""" text, "select" integer);
        create table hr.person (id integer primary key, salary numeric, boss integer);
        create table "Sales Dept"."order" (id integer primary key, person_id integer not null references "Sales Dept".person, "when" timestamptz);
        create table "Sales Dept"."Größe.lang" (id integer primary key, "Maß" text);
        create table junk.person (id integer primary key, nothing text);
        insert into "Sales Dept".person select i, 'n' || i, i from generate_series(1, 20) i;
        insert into hr.person select i, i * 1.5, case when i > 1 then 1 end from generate_series(1, 20) i;
        insert into "Sales Dept"."order" select i, i, now() from generate_series(1, 20) i;
        insert into "Sales Dept"."Größe.lang" values (1, 'xl')"#,
    )
    .await;
    let target = Database::with(
        r#"create schema "Neue Welt";
        create table "Neue Welt"."Person" (id uuid primary key, "First ""Name""" text, "select" integer);
        create table "Neue Welt"."order" (id uuid primary key, person_id uuid not null references "Neue Welt"."Person", "when" timestamptz);
        create table "Neue Welt"."Größe.lang" (id uuid primary key, "Maß" text);
        create table "Neue Welt".person_salary (id uuid primary key, salary numeric, boss uuid);"#,
    )
    .await;
    let (told, report) = run(&source, &target, &["--schemas", "Sales Dept,hr", "--target-schema", "Neue Welt"]).await;
    assert_eq!(report["verified"], true, "{told} {report}");
    let right = r#"select (count(*) filter (where p."First ""Name""" = 'n' || p."select" and o."when" is not null))::text
        from "Neue Welt"."order" o join "Neue Welt"."Person" p on p.id = o.person_id"#;
    assert_eq!(target.text(right).await, "20", "{told}");
    assert_eq!(target.text(r#"select "Maß" from "Neue Welt"."Größe.lang""#).await, "xl");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_matches_is_told() {
    let source = Database::with("create table sheep (id integer primary key, wool numeric)").await;
    let target = Database::with("create table invoices (id uuid primary key, total numeric, due date)").await;
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("drafted").display().to_string();
    let args = ["init", "--source", &source.url, "--target", &target.url, "--out", &out];
    expect_test::expect![[r#"
        --- stderr
        error: no table of the target looks like one of the source
           hint: name the schemas with --schemas and --target-schema; or begin by hand: docs/flows.md
        --- exit 2
    "#]]
    .assert_eq(&said_with(folder.path(), &args, &[]));
    assert!(!folder.path().join("drafted").exists(), "nothing is written");
}

/// Without rows there is nothing to count, and the draft still runs; so it does by the snapshot alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_empty_source() {
    let tables = "create table city (id integer primary key, name text, area text, mood text);
        create table street (id integer primary key, city_id integer, name text)";
    let source = Database::with(tables).await;
    let target = Database::with(
        "create table cities (id uuid primary key, name text not null, area numeric(5,1), mood text check (mood in ('good', 'bad')));
         create table streets (id uuid primary key, city_id uuid not null references cities, name varchar(10))",
    )
    .await;
    let (told, report) = run(&source, &target, &[]).await;
    assert_eq!((told["flows"].as_array().unwrap().len(), &report["verified"]), (2, &true.into()), "{report}");
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("drafted").display().to_string();
    rehome(folder.path(), &["snapshot", "--source", &source.url]);
    let told = rehome(folder.path(), &["init", "--snapshot", "latest", "--target", &target.url, "--out", &out]);
    assert_eq!((told["flows"].as_array().unwrap().len(), &told["wrong"]), (2, &serde_json::Value::Null));
}

/// What the target demands and no column gives is a reject with a name, not a run that cannot begin; rows that are there are
/// told apart by their unique key.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_target_that_wants_more_and_one_that_holds_rows() {
    let source = Database::with(
        "create table role (id integer primary key, code text not null unique, name text);
         create table member (id integer primary key, role_id integer not null references role, name text not null);
         insert into role select i, 'r' || i, 'Role ' || i from generate_series(1, 5) i;
         insert into member select i, 1 + i % 5, 'm' || i from generate_series(1, 50) i",
    )
    .await;
    let target = Database::with(
        "create table roles (id uuid primary key default gen_random_uuid(), code text not null unique, name text);
         create table members (id uuid primary key, role_id uuid not null references roles, name text not null, consent boolean not null);
         insert into roles (code, name) values ('r1', 'kept'), ('r2', 'kept')",
    )
    .await;
    let (told, report) = run(&source, &target, &[]).await;
    assert_eq!(report["verified"], true, "{report}");
    let text = target.text("select count(*) || ' ' || count(*) filter (where name = 'kept') from roles").await;
    assert_eq!(text, "5 2", "{told}");
    let refused = "select string_agg(distinct flow || ' ' || reason, ', ') || ' ' || count(*) from rehome.quarantine";
    assert_eq!(target.text(refused).await, "members no_consent 50");
}

/// Keys that the target makes, a key of text, a key that is kept, and no key in the target at all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn identities_by_the_target() {
    let source = Database::with(
        "create table currency (code char(3) primary key, name text);
         create table account (id uuid primary key, currency_code char(3) references currency, balance numeric(12,2));
         create table entry (id bigint primary key, account_id uuid not null references account, amount numeric(12,2), raw text);
         create table note (id text primary key, entry_id bigint references entry, body text not null);
         create table log (line text);
         insert into currency values ('EUR', 'Euro'), ('JPY', '円');
         insert into account select md5(i::text)::uuid, (array['EUR', 'JPY'])[1 + i % 2], i from generate_series(1, 30) i;
         insert into entry select i, md5((1 + i % 30)::text)::uuid, i, i::text from generate_series(1, 300) i;
         insert into note select 'n' || i, i, 'body' from generate_series(1, 40) i;
         insert into log select 'l' from generate_series(1, 3)",
    )
    .await;
    let target = Database::with(
        "create table currencies (code char(3) primary key, name text);
         create table accounts (id uuid primary key, currency_code char(3) references currencies, balance numeric(12,2));
         create table entries (id bigint generated by default as identity primary key, account_id uuid not null references accounts,
             amount numeric(12,2), raw integer);
         create table notes (id bigint generated always as identity primary key, entry_id bigint references entries, body text not null);
         create table logs (line text)",
    )
    .await;
    let (told, report) = run(&source, &target, &[]).await;
    assert_eq!(report["verified"], true, "{report}");
    let ids: Vec<String> = told["flows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|flow| format!("{} {}", flow["flow"].as_str().unwrap(), flow["id"].as_str().unwrap()))
        .collect();
    assert_eq!(ids.join(", "), "accounts given, currencies given, entries given, notes server", "{told}");
    let right =
        "select count(*)::text from notes n join entries e on e.id = n.entry_id join accounts a on a.id = e.account_id
        join currencies c on c.code = a.currency_code where e.raw = e.id and a.id = md5((1 + e.id % 30)::text)::uuid";
    assert_eq!(target.text(right).await, "40");
    assert!(told["unsure"].to_string().contains("no key"), "{told}");
}

/// Trees: the target wants the root and the depth of each row, under keys of two sorts; some rows refer to each other in a circle,
/// one to a row that is not there. PostgreSQL walks the source for itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_of_trees_know_their_root() {
    let source = Database::with(
        "create table app_folder (id integer primary key, name text not null, parent_id integer);
         create table app_topic (slug varchar(20) primary key, title text not null, parent_slug varchar(20) references app_topic);
         insert into app_folder select i, 'f' || i, case when i > 4 then i / 3 end from generate_series(1, 60) i;
         update app_folder set parent_id = 8 where id = 7; update app_folder set parent_id = 7 where id = 8;
         insert into app_folder values (70, 'dangling', 999), (71, 'below', 70);
         insert into app_topic select 't' || i, 'title ' || i, case when i > 2 then 't' || i / 2 end from generate_series(1, 30) i",
    )
    .await;
    let target = Database::with(
        "create table folders (id uuid primary key, legacy_id bigint not null unique, name text not null,
            parent_id uuid references folders, root_id uuid not null references folders, generation integer not null,
            is_top boolean not null, check ((generation = 0) = (parent_id is null)), check (is_top = (parent_id is null)));
         create table topics (id uuid primary key, legacy_slug text not null unique, title text not null,
            parent_id uuid references topics, top_topic_id uuid not null references topics, depth smallint not null);",
    )
    .await;
    let (told, report) = run(&source, &target, &[]).await;
    assert_eq!((&report["verified"], report["flows"].as_array().unwrap().len()), (&true.into(), 2), "{told} {report}");
    let walk = |table: &str, key: &str, parent: &str| {
        format!(
            "with recursive walk as (
                select s.{key}, s.{key} as root, 0 as depth from {table} s
                where not exists (select from {table} p where p.{key} = s.{parent})
                union all
                select s.{key}, w.root, w.depth + 1 from walk w join {table} s on s.{parent} = w.{key})
             select string_agg({key} || ' ' || root || ' ' || depth, ',' order by {key}::text) from walk"
        )
    };
    let found = |table: &str, key: &str, root: &str, depth: &str| {
        format!(
            "select string_agg(f.{key} || ' ' || r.{key} || ' ' || f.{depth}, ',' order by f.{key}::text)
             from {table} f join {table} r on r.id = f.{root}"
        )
    };
    let (folders, topics) = (
        source.text(&walk("app_folder", "id", "parent_id")).await,
        source.text(&walk("app_topic", "slug", "parent_slug")).await,
    );
    assert_eq!(target.text(&found("folders", "legacy_id", "root_id", "generation")).await, folders);
    assert_eq!(target.text(&found("topics", "legacy_slug", "top_topic_id", "depth")).await, topics);
    assert!(folders.contains("71 70 1") && !folders.split(',').any(|row| row.starts_with("7 ")), "{folders}");
    let reasons =
        &report["flows"].as_array().unwrap().iter().find(|flow| flow["flow"] == "folders").unwrap()["reasons"];
    assert!(reasons["parent_id_goes_round_in_a_circle"].as_u64().is_some_and(|rows| rows > 2), "{reasons}");
    assert_eq!(target.text("select count(*)::text from folders where is_top <> (parent_id is null)").await, "0");
}
