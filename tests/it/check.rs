//! Owns the proof of what `rehome check` promises: all findings at once, over catalogs that a real PostgreSQL holds.

// As expect_test writes them.
#![allow(clippy::needless_raw_string_hashes)]

use std::path::Path;

use expect_test::{Expect, expect};
use regex::Regex;
use rehome::pipeline::Pipeline;

use crate::cluster::Database;
use crate::spoken::said;
use crate::support::{rehome, repository};

const SOURCE: &str = r#"
    create schema legacy;
    create schema "Old Shop";
    create table legacy.people (id int primary key, name text not null, mood text, kind text, note text, born timestamp);
    insert into legacy.people values (1, 'Ada', 'happy', 'a', 'n', null), (2, 'Bo', 'sad', 'b', null, null),
        (3, 'Cy', 'furious', 'c', null, null), (4, 'Di', 'bored', 'c', null, null), (5, 'Ed', 'bored', 'd', null, null),
        (6, '', 'bored', 'e', null, null);
    create table "Old Shop"."Order" ("Id" int primary key, "Customer Id" int, "Total" numeric(10,2), "select" text);
    insert into "Old Shop"."Order" values (1, 1, 9.90, 'x');
    create table legacy.sessions (token text primary key, data text);
    create table legacy.pairs (a int, b int);
    create view legacy.happy as select id, name from legacy.people where mood = 'happy';
"#;

const TARGET: &str = r#"
    create schema fresh;
    create type fresh.mood as enum ('happy', 'sad');
    create table fresh.people (
        id uuid primary key, legacy_id int not null unique, name varchar(40) not null, mood fresh.mood,
        state text check (state in ('new', 'old')), born timestamptz);
    create table fresh."Order" (
        id uuid primary key, person_id uuid references fresh.people (id), total numeric(10,2), "select" text);
    create table fresh.fans (id uuid primary key, name text);
    create function fresh.stamp() returns trigger language plpgsql as $$ begin return new; end $$;
    create trigger stamp after insert on fresh.people for each row execute function fresh.stamp();
"#;

const PEOPLE: &str = "/*---\nsource = \"people\"\n---*/
select p.id as _key,
    case when p.name = '' then reject('no_name') else migrate() end as _outcome,
    p.id as legacy_id,
    p.name,
    p.mood,
    case p.kind when 'a' then 'new' when 'b' then 'old' end as state,
    p.born at time zone 'UTC' as born
from source.people p";

const ORDERS: &str =
    "/*---\nsource = '\"Old Shop\".\"Order\"'\nkey = \"Id\"\nentity = \"order\"\ntarget = 'Order'\n---*/
select o.\"Id\" as _key, migrate() as _outcome,
    case when p._key is not null then legacy_uuid('people', o.\"Customer Id\") end as person_id,
    o.\"Total\" as total, o.\"select\"
from source.\"Old Shop\".\"Order\" o
left join migrated.people p on p._key = o.\"Customer Id\"";

const FANS: &str = "/*---\nsource = \"happy\"\n---*/
select h.id as _key, migrate() as _outcome, h.name from source.happy h";

const SETTINGS: &str = "name = \"shop\"\nflows = \"flows\"\n[target]\nschema = \"fresh\"\n[source]\nschemas = [\"legacy\", \"Old Shop\"]\n";

/// Writes a pipeline, and gives its file.
fn written(folder: &Path, settings: &str, flows: &[(&str, &str)]) -> String {
    let home = folder.join("pipeline");
    let _ = std::fs::remove_dir_all(&home);
    std::fs::create_dir_all(home.join("flows")).unwrap();
    std::fs::write(home.join("pipeline.toml"), settings).unwrap();
    for (name, sql) in flows {
        std::fs::write(home.join("flows").join(format!("{name}.sql")), sql).unwrap();
    }
    home.join("pipeline.toml").display().to_string()
}

fn flows() -> [(&'static str, &'static str); 3] {
    [("people", PEOPLE), ("orders", ORDERS), ("fans", FANS)]
}

/// What `rehome check` says, without the time.
fn says(folder: &Path, args: &[&str], expected: &Expect) {
    let told = said(folder, &[&["check"], args].concat());
    let moment = Regex::new("[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}").unwrap();
    expected.assert_eq(&moment.replace_all(&told, "MOMENT"));
}

fn snapshot(folder: &Path, source: &Database, pipeline: Option<&str>) {
    let all = ["--schemas", "legacy,Old Shop", "--tables", "*,happy"];
    match pipeline {
        Some(pipeline) => rehome(folder, &["snapshot", "--source", &source.url, "--pipeline", pipeline]),
        None => rehome(folder, &[&["snapshot", "--source", &source.url], &all[..]].concat()),
    };
}

#[tokio::test]
async fn a_sound_pipeline_is_told_what_was_looked_at() {
    let (source, target) = (Database::with(SOURCE).await, Database::with(TARGET).await);
    let folder = tempfile::tempdir().unwrap();
    let settings = SETTINGS
        .replace("[target]", "unmapped = [\"sessions\", \"pairs\", \"people.note\"]\ncoverage = \"full\"\n[target]");
    let file = written(folder.path(), &settings, &flows());
    says(
        folder.path(),
        &["--pipeline", &file],
        &expect![[r#"
            flow    source              target  reads   better after
         1  fans    happy               fans
         2  people  people              people
         3  orders  "Old Shop"."Order"  Order   people

        shop is sound: its SQL was parsed and its order found; --snapshot or --source also plans it
        --- exit 0
    "#]],
    );
    says(
        folder.path(),
        &["--pipeline", &file, "--source", &source.url, "--target", &target.url],
        &expect![[r#"
                flow    source              target  reads   better after
             1  fans    happy               fans
             2  people  people              people
             3  orders  "Old Shop"."Order"  Order   people

            the trigger stamp of fresh.people fires for rows that are loaded
            of 16 columns of the source, 10 go into values of the target, 1 decide over some, 5 may go nowhere

            shop is sound: flows were planned against the source's catalog; columns were compared with the target; there is no earlier snapshot of the source here to compare it with; values were not looked at, which takes a snapshot
            --- exit 0
        "#]],
    );
    snapshot(folder.path(), &source, None);
    says(
        folder.path(),
        &["--pipeline", &file, "--snapshot", "latest", "--target", &target.url],
        &expect![[r#"
                flow    source              target  reads   better after
             1  fans    happy               fans
             2  people  people              people
             3  orders  "Old Shop"."Order"  Order   people

            the trigger stamp of fresh.people fires for rows that are loaded
            of 16 columns of the source, 10 go into values of the target, 1 decide over some, 5 may go nowhere

            warning: people.mood: 3 rows of legacy.people hold 2 values that the type fresh.mood does not take
              --> DIR/pipeline/flows/people.sql:8:5
               sql: p.mood
               hint: look at the values of mood in legacy.people, and say what becomes of them

            warning: state: 3 rows of legacy.people hold 2 values that no WHEN names: they become NULL
              --> DIR/pipeline/flows/people.sql:9:5
               sql: case p.kind when 'a' then 'new' when 'b' then 'old' end as state
               hint: look at the values of kind in legacy.people, and say what becomes of them

            shop is sound (2 warnings): flows were planned against the snapshot; columns were compared with the target; values were looked for that have no place
            --- exit 0
        "#]],
    );
    // Nothing of it is left, and no row was read.
    assert!(!folder.path().join("runs").exists());
}

#[tokio::test]
async fn what_has_changed_in_the_source_is_drift() {
    let (source, target) = (Database::with(SOURCE).await, Database::with(TARGET).await);
    let folder = tempfile::tempdir().unwrap();
    let file = written(folder.path(), SETTINGS, &flows());
    snapshot(folder.path(), &source, None);
    let args = ["--pipeline", &file, "--source", &source.url, "--target", &target.url];
    source
        .run(
            "alter table legacy.people add phone text, alter note type varchar(9), alter kind type varchar(3);
             alter table \"Old Shop\".\"Order\" rename \"Total\" to \"Sum\";
             drop table legacy.pairs; create table legacy.news (id int primary key, title text);
             alter table legacy.sessions drop data;",
        )
        .await;
    says(
        folder.path(),
        &args,
        &expect![[r#"
                    flow    source              target  reads  better after
             1      fans    happy               fans
             2      people  people              people
             wrong  orders  "Old Shop"."Order"  Order

            the trigger stamp of fresh.people fires for rows that are loaded
            of 16 columns of the source, 6 go into values of the target, 1 decide over some, 5 go nowhere, 4 are in tables of flows that cannot be planned

            error: Old Shop.Order.Total is gone
               hint: is it Sum now?

            error: column 'o.Total' not found
              --> DIR/pipeline/flows/orders.sql:9:5
               sql: o."Total"

            warning: Old Shop.Order.Sum is new (numeric(10,2))
               hint: map it, or say that it may: unmapped = ["Order.Sum"]

            warning: legacy.news is new: 2 columns
               hint: write a flow for it, or say unmapped = ["news"]

            warning: legacy.people.kind is character varying(3) now, and was text
               hint: see whether the rules mean the same with it; a new snapshot makes it the known type

            warning: legacy.people.phone is new (text)
               hint: map it, or say that it may: unmapped = ["people.phone"]

            warning: people.mood: 3 rows of legacy.people hold 2 values that the type fresh.mood does not take
              --> DIR/pipeline/flows/people.sql:8:5
               sql: p.mood
               hint: look at the values of mood in legacy.people, and say what becomes of them

            warning: state: 3 rows of legacy.people hold 2 values that no WHEN names: they become NULL
              --> DIR/pipeline/flows/people.sql:9:5
               sql: case p.kind when 'a' then 'new' when 'b' then 'old' end as state
               hint: look at the values of kind in legacy.people, and say what becomes of them

            warning: legacy.news: no flow covers the table (2 columns)
               hint: write a flow for it, or say that it may: unmapped = ["news"]

            warning: legacy.people: 2 columns go nowhere: note, phone
               hint: map them, or say that they may: unmapped = ["people.note", …]

            warning: legacy.sessions: no flow covers the table (one column)
               hint: write a flow for it, or say that it may: unmapped = ["sessions"]

            note: legacy.pairs is gone

            note: legacy.people.note is character varying(9) now, and was text

            note: legacy.sessions.data is gone

            shop was written for another source or target (2 errors, 9 warnings, 3 notes): flows were planned against the source's catalog; the source was compared with its snapshot of MOMENT; columns were compared with the target; values were looked for that have no place
            --- exit 6
        "#]],
    );
    // What the rules do not touch is no drift that ends with 6.
    source
        .run(
            "alter table \"Old Shop\".\"Order\" rename \"Sum\" to \"Total\"; alter table legacy.people drop phone;
             alter table legacy.people alter kind type text; drop table legacy.news;",
        )
        .await;
    let json = rehome(folder.path(), &[&["check"], &args[..]].concat());
    assert_eq!(json["exit_code"], 0, "{json:#}");
    // A snapshot that a pipeline took says nothing of other tables.
    source.run("create table legacy.news (id int primary key, title text)").await;
    snapshot(folder.path(), &source, Some(&file));
    let json = rehome(folder.path(), &[&["check"], &args[..]].concat());
    let drift =
        json["findings"].as_array().unwrap().iter().filter(|finding| finding["about"] == "source_drift").count();
    assert_eq!((json["exit_code"].as_i64(), drift), (Some(0), 0), "{json:#}");
}

#[tokio::test]
async fn what_does_not_fit_the_target_is_drift() {
    let (source, target) = (Database::with(SOURCE).await, Database::with(TARGET).await);
    let folder = tempfile::tempdir().unwrap();
    let file = written(folder.path(), SETTINGS, &flows());
    target
        .run(
            "alter table fresh.people add rank int not null, drop name, alter legacy_id type date using null;
             alter table fresh.fans rename to fan;",
        )
        .await;
    says(
        folder.path(),
        &["--pipeline", &file, "--source", &source.url, "--target", &target.url],
        &expect![[r#"
                flow    source              target  reads   better after
             1  fans    happy               fans
             2  people  people              people
             3  orders  "Old Shop"."Order"  Order   people

            the trigger stamp of fresh.people fires for rows that are loaded
            of 16 columns of the source, 10 go into values of the target, 1 decide over some, 5 go nowhere

            error: the target has no table fans
              --> DIR/pipeline/flows/fans.sql
               hint: did you mean fan?

            error: people.legacy_id is an integer and cannot become date; cast it in the flow's SQL
              --> DIR/pipeline/flows/people.sql:6:5
               sql: p.id as legacy_id
               hint: change the flow's SQL, or the target's table

            error: people.name is not a column of the target
              --> DIR/pipeline/flows/people.sql:7:5
               sql: p.name
               hint: change the flow's SQL, or the target's table

            error: people.rank (integer) must not be NULL, has no default, and the flow gives no such column
              --> DIR/pipeline/flows/people.sql:4:1
               sql: select p.id as _key,
               hint: change the flow's SQL, or the target's table

            warning: legacy.pairs: no flow covers the table (2 columns)
               hint: write a flow for it, or say that it may: unmapped = ["pairs"]

            warning: legacy.people: one column goes nowhere: note
               hint: map it, or say that it may: unmapped = ["people.note"]

            warning: legacy.sessions: no flow covers the table (2 columns)
               hint: write a flow for it, or say that it may: unmapped = ["sessions"]

            shop was written for another source or target (4 errors, 3 warnings): flows were planned against the source's catalog; columns were compared with the target; there is no earlier snapshot of the source here to compare it with; values were not looked at, which takes a snapshot
            --- exit 6
        "#]],
    );
}

#[test]
fn all_that_is_wrong_is_told_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let flows = [
        (
            "syntax",
            "/*---\nsource = \"people\"\n---*/\nselect p.id as _key, migrate() as _outcome from source.people p wehre p.id > 1",
        ),
        (
            "unknown",
            "/*---\nsource = \"people\"\n---*/\nselect p.id as _key, migrate() as _outcome, m.x from source.people p left join migrated.persn m on m._key = p.id",
        ),
        (
            "reader",
            "/*---\nsource = \"people\"\n---*/\nselect p.id as _key, migrate() as _outcome, m.x from source.people p left join migrated.syntax m on m._key = p.id",
        ),
        ("sound", "/*---\nsource = \"people\"\n---*/\nselect p.id as _key, migrate() as _outcome from source.people p"),
    ];
    let file = written(folder.path(), SETTINGS, &flows);
    says(
        folder.path(),
        &["--pipeline", &file],
        &expect![[r#"
                flow     source  target   reads  better after
         1      sound    people  sound
         -      reader   people  reader
         wrong  syntax   people  syntax
         wrong  unknown  people  unknown

        error: Expected: end of statement, found: wehre at Line: 4, Column: 65
          --> DIR/pipeline/flows/syntax.sql:4:65
           sql: wehre

        error: there is no flow 'persn'
          --> DIR/pipeline/flows/unknown.sql:4:80

        note: reader was not looked at: it reads migrated.syntax, which is wrong

        shop is wrong (2 errors, 1 note): its SQL was parsed and its order found; --snapshot or --source also plans it
        --- exit 2
    "#]],
    );
}

#[tokio::test]
async fn planning_goes_on_past_what_is_wrong() {
    let source = Database::with(SOURCE).await;
    let folder = tempfile::tempdir().unwrap();
    let flows = [
        (
            "column",
            "/*---\nsource = \"people\"\n---*/\nselect p.id as _key, migrate() as _outcome,\n    p.nmae as name\nfrom source.people p",
        ),
        ("table", "/*---\nsource = \"peple\"\n---*/\nselect p.id as _key, migrate() as _outcome from source.peple p"),
        ("key", "/*---\nsource = \"pairs\"\n---*/\nselect p.a as _key, migrate() as _outcome from source.pairs p"),
        (
            "reader",
            "/*---\nsource = \"people\"\n---*/\nselect p.id as _key, migrate() as _outcome, c.name from source.people p left join migrated.column c on c._key = p.id",
        ),
        (
            "sound",
            "/*---\nsource = \"people\"\n---*/\nselect p.id as _key, migrate() as _outcome, p.name from source.people p",
        ),
        (
            "within",
            "/*---\nsource = \"people\"\n---*/\nselect p.id as _key, migrate() as _outcome, p.name,\n    p.id in (select a from source.pairs) as paired from source.people p",
        ),
    ];
    let settings = format!("unmapped = [\"people.nothing\", \"people.name\", \"sess*\"]\ncoverage = 0.9\n{SETTINGS}");
    let file = written(folder.path(), &settings, &flows);
    says(
        folder.path(),
        &["--pipeline", &file, "--source", &source.url],
        &expect![[r#"
                    flow    source  target  reads  better after
             1      sound   people  sound
             wrong  column  people  column
             wrong  key     pairs   key
             -      reader  people  reader
             wrong  table   peple   table
             wrong  within  people  within

            of 14 columns of the source, 2 go into values of the target, 2 may go nowhere, 4 go nowhere, 6 are in tables of flows that cannot be planned

            error: column 'p.nmae' not found
              --> DIR/pipeline/flows/column.sql:5:5
               sql: p.nmae
               hint: did you mean 'name'?

            error: `key` names the column 'id', which the source does not have
              --> DIR/pipeline/flows/key.sql
               hint: did you mean 'a'?

            error: the source has no table 'peple'
              --> DIR/pipeline/flows/table.sql:2:11
               sql: peple"
               hint: did you mean 'source.people'?

            error: IN (SELECT …) cannot be computed here
              --> DIR/pipeline/flows/within.sql:5:5
               sql: p.id in (select a from source.pairs)
               hint: as a condition of WHERE it can; for a value, LEFT JOIN what it looks for and ask whether it was found: x.id is not null

            warning: `unmapped` names 'people.nothing', which the source does not have
              --> DIR/pipeline/pipeline.toml
               hint: did you mean 'people.note'?

            warning: Old Shop.Order: no flow covers the table (4 columns)
               hint: write a flow for it, or say that it may: unmapped = ["Order"]

            note: reader was not looked at: it reads migrated.column, which is wrong

            note: `unmapped` names 'people.name', of which everything goes somewhere
              --> DIR/pipeline/pipeline.toml
               hint: leave it out

            shop is wrong (4 errors, 2 warnings, 2 notes): flows were planned against the source's catalog; --target also compares columns; there is no earlier snapshot of the source here to compare it with; values were not looked at, which takes a snapshot
            --- exit 2
        "#]],
    );
}

#[tokio::test]
async fn flows_and_columns_are_drawn() {
    let (source, target) = (Database::with(SOURCE).await, Database::with(TARGET).await);
    let folder = tempfile::tempdir().unwrap();
    let file = written(folder.path(), SETTINGS, &flows());
    let args = ["--pipeline", &file, "--source", &source.url, "--target", &target.url];
    says(
        folder.path(),
        &[&args[..], &["--format", "dot"]].concat(),
        &expect![[r#"
        digraph "shop" {
          rankdir=LR;
          node [shape=box];
          "fans" [label="fans\nhappy → fans"];
          "people" [label="people\npeople → people"];
          "orders" [label="orders\n\"Old Shop\".\"Order\" → Order"];
          "people" -> "orders";
        }
        --- exit 0
    "#]],
    );
    says(
        folder.path(),
        &[&args[..], &["--format", "mermaid"]].concat(),
        &expect![[r#"
        flowchart LR
          n0["fans<br/>happy → fans"]
          n1["people<br/>people → people"]
          n2["orders<br/>&quot;Old Shop&quot;.&quot;Order&quot; → Order"]
          n1 --> n2
        --- exit 0
    "#]],
    );
    says(
        folder.path(),
        &[&args[..], &["--format", "mermaid", "--lineage"]].concat(),
        &expect![[r#"
        flowchart LR
          subgraph g0["source Old Shop.Order"]
            n0["Id"]
            n1["Customer Id"]
            n2["Total"]
            n3["select"]
          end
          subgraph g1["source legacy.happy"]
            n4["id"]
            n5["name"]
          end
          subgraph g2["source legacy.people"]
            n6["id"]
            n7["name"]
            n8["mood"]
            n9["kind"]
            n10["born"]
          end
          subgraph g3["target Order"]
            n11["id"]
            n12["person_id"]
            n13["total"]
            n14["select"]
          end
          subgraph g4["target fans"]
            n15["id"]
            n16["name"]
          end
          subgraph g5["target people"]
            n17["id"]
            n18["legacy_id"]
            n19["name"]
            n20["mood"]
            n21["state"]
            n22["born"]
          end
          n4 --> n15
          n5 --> n16
          n6 --> n17
          n6 --> n18
          n7 --> n19
          n8 --> n20
          n9 -.-> n21
          n10 --> n22
          n0 --> n11
          n1 --> n12
          n6 -.-> n12
          n7 -.-> n12
          n2 --> n13
          n3 --> n14
        --- exit 0
    "#]],
    );
    says(
        folder.path(),
        &[&args[..], &["--lineage"]].concat(),
        &expect![[r#"
                flow    source              target  reads   better after
             1  fans    happy               fans
             2  people  people              people
             3  orders  "Old Shop"."Order"  Order   people

             flow    column            made of                     decided by
             fans    fans._outcome
             fans    fans.id           legacy.happy.id
             fans    fans.name         legacy.happy.name
             people  people._outcome                               source.people.name
             people  people.id         legacy.people.id
             people  people.legacy_id  legacy.people.id
             people  people.name       legacy.people.name
             people  people.mood       legacy.people.mood
             people  people.state                                  source.people.kind
             people  people.born       legacy.people.born
             orders  Order._outcome                                source."Old Shop"."Order"."Customer Id"
                                                                   migrated.people._key
                                                                   migrated.people._outcome
             orders  Order.id          Old Shop.Order.Id
             orders  Order.person_id   Old Shop.Order.Customer Id  migrated.people._key
                                                                   migrated.people._outcome
             orders  Order.total       Old Shop.Order.Total
             orders  Order.select      Old Shop.Order.select

            the trigger stamp of fresh.people fires for rows that are loaded
            of 16 columns of the source, 10 go into values of the target, 1 decide over some, 5 go nowhere

            warning: legacy.pairs: no flow covers the table (2 columns)
               hint: write a flow for it, or say that it may: unmapped = ["pairs"]

            warning: legacy.people: one column goes nowhere: note
               hint: map it, or say that it may: unmapped = ["people.note"]

            warning: legacy.sessions: no flow covers the table (2 columns)
               hint: write a flow for it, or say that it may: unmapped = ["sessions"]

            shop is sound (3 warnings): flows were planned against the source's catalog; columns were compared with the target; there is no earlier snapshot of the source here to compare it with; values were not looked at, which takes a snapshot
            --- exit 0
        "#]],
    );
}

#[test]
fn what_cannot_be_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    expect![[r#"
        --- stderr
        error: only `rehome check` draws
           hint: give --format text or --format json
        --- exit 2
    "#]]
    .assert_eq(&said(folder.path(), &["--format", "dot", "sql"]));
    let file = written(folder.path(), SETTINGS, &flows());
    says(
        folder.path(),
        &["--pipeline", &file, "--lineage"],
        &expect![[r#"
        --- stderr
        error: --lineage needs the columns of the source
           hint: give --snapshot or --source
        --- exit 2
    "#]],
    );
    let file = written(folder.path(), &format!("coverage = \"most\"\n{SETTINGS}"), &flows());
    says(
        folder.path(),
        &["--pipeline", &file],
        &expect![[r#"
        --- stderr
        error: `coverage` is "full", or a share between 0 and 1
          --> DIR/pipeline/pipeline.toml:1:12
        --- exit 2
    "#]],
    );
}

/// A domain may list the texts that its columns take, and a domain over it may list fewer.
#[tokio::test]
async fn checks_of_domains_are_closed_vocabularies() {
    let source = "create schema legacy; create table legacy.people (id int primary key, mood text, kind text);
        insert into legacy.people select i, case when i % 4 = 0 then 'odd' when i % 4 = 1 then 'calm' else 'happy' end, 'x' from generate_series(1, 20) i";
    let target = "create schema fresh; create domain fresh.word as varchar(20) check (value in ('happy', 'sad', 'calm', 'new'));
        create domain fresh.bright as fresh.word check (value <> 'sad') constraint bright_only check (value = 'happy' or value = 'new');
        create table fresh.people (id uuid primary key, mood fresh.word, bright fresh.bright, kind fresh.word)";
    let flow = "/*---\nsource = \"people\"\n---*/
select p.id as _key, migrate() as _outcome, p.mood, case when p.mood <> 'odd' then p.mood end as bright,
    case when p.kind = 'x' then 'old' else 'new' end as kind
from source.people p";
    let (source, target) = (Database::with(source).await, Database::with(target).await);
    let folder = tempfile::tempdir().unwrap();
    let file = written(folder.path(), &SETTINGS.replace(", \"Old Shop\"", ""), &[("people", flow)]);
    rehome(folder.path(), &["snapshot", "--source", &source.url, "--schemas", "legacy"]);
    says(
        folder.path(),
        &["--pipeline", &file, "--snapshot", "latest", "--target", &target.url],
        &expect![[r#"
            flow    source  target  reads  better after
         1  people  people  people

        of 3 columns of the source, 2 go into values of the target, 1 decide over some

        warning: people.bright: 5 rows of legacy.people hold a value that the constraint bright_only of fresh.bright does not take
          --> DIR/pipeline/flows/people.sql:4:53
           sql: case when p.mood <> 'odd' then p.mood end as bright
           hint: look at the values of mood in legacy.people, and say what becomes of them

        warning: people.kind: the flow writes 'old', which the constraint word_check of fresh.word refuses
          --> DIR/pipeline/flows/people.sql:5:5
           sql: case when p.kind = 'x' then 'old' else 'new' end as kind
           hint: it takes 'calm', 'happy', 'new', 'sad'

        warning: people.kind: 20 rows of legacy.people hold a value that the constraint word_check of fresh.word does not take
          --> DIR/pipeline/flows/people.sql:5:5
           sql: case when p.kind = 'x' then 'old' else 'new' end as kind
           hint: look at the values of kind in legacy.people, and say what becomes of them

        warning: people.mood: 5 rows of legacy.people hold a value that the constraint word_check of fresh.word does not take
          --> DIR/pipeline/flows/people.sql:4:45
           sql: p.mood
           hint: look at the values of mood in legacy.people, and say what becomes of them

        shop is sound (4 warnings): flows were planned against the snapshot; columns were compared with the target; values were looked for that have no place
        --- exit 0
    "#]],
    );
}

/// What goes nowhere is no rule: the run of a pipeline stays the same, whatever is said of it. What a pipeline extends says it
/// too.
#[test]
fn coverage_is_no_rule_and_is_inherited() {
    let folder = tempfile::tempdir().unwrap();
    let plain = Pipeline::read(Path::new(&written(folder.path(), SETTINGS, &flows()))).unwrap();
    let file = written(folder.path(), &format!("unmapped = [\"a\"]\ncoverage = 0.5\n{SETTINGS}"), &flows());
    let other = Pipeline::read(Path::new(&file)).unwrap();
    assert_eq!(plain.hash, other.hash);
    let child = Path::new(&file).with_file_name("child.toml");
    std::fs::write(&child, "name = \"child\"\nextends = \"pipeline.toml\"\nunmapped = [\"b.*\"]\n").unwrap();
    let child = Pipeline::read(&child).unwrap();
    assert_eq!(child.unmapped, ["a", "b.*"]);
    assert_eq!(child.coverage.map(rehome::pipeline::Coverage::share), Some(0.5));
}

/// The reference pipelines say what goes nowhere.
#[test]
fn the_reference_pipelines_account_for_every_column() {
    let folder = tempfile::tempdir().unwrap();
    let place = folder.path().join("sample").display().to_string();
    rehome(folder.path(), &["sample", "--pipeline", "dispatch", "--scale", "0.001", "--out", &place]);
    for name in ["dispatch", "dispatch-2025-08"] {
        let file = repository(&format!("pipelines/{name}.toml")).display().to_string();
        let json = rehome(folder.path(), &["check", "--pipeline", &file, "--snapshot", &place]);
        assert_eq!(
            (json["exit_code"].as_i64(), json["coverage"]["nowhere"].as_i64()),
            (Some(0), Some(0)),
            "{:#}",
            json["findings"]
        );
    }
}
