//! Owns the proof that the module of the wheel reads what a run has stored as the target holds it, and nothing that has changed.

use std::process::Command;

use serde_json::{Value, json};

use super::python;
use crate::cluster::Database;
use crate::program::{Program, ends};
use crate::support::repository;

const SOURCE: &str = r#"
create schema legacy;
create type legacy.mood as enum ('glad', 'sad');
create table legacy.people (id int primary key, email text, pay numeric(8,2), budget numeric, doc jsonb, seen timestamptz,
    tags text[], mood legacy.mood);
insert into legacy.people
select g, 'p' || g || '@example.org', g * 1.25, g * 12345678901234567890.5, jsonb_build_object('n', g, 'list', array[g, null]),
    timestamptz '2020-01-01 00:00:00.000001+02' + g * interval '36 hours', array['a' || g, null, 'b "c"'], 'sad'
from generate_series(1, 120) g;
create schema fresh;
create table fresh.people (id uuid primary key default gen_random_uuid(), email text unique, pay numeric(8,2), budget numeric,
    doc jsonb, seen timestamptz, tags text[], mood text);
insert into fresh.people (email) values ('p7@example.org'), ('p8@example.org');
"#;
const FLOW: &str = "/*---
source   = \"people\"
existing = \"adopt\"
match    = [\"email\"]
---*/
select p.id as _key, case when p.id % 10 = 0 then reject('tenth') when p.id % 11 = 0 then skip('eleventh') else migrate() end as _outcome,
    p.email, p.pay, p.budget, p.doc, p.seen, p.tags, cast(p.mood as text) as mood
from source.people p";
/// What the target holds, as the module's script tells it: of adopted rows, the flow's own values are not there.
const HELD: &str = r#"
select json_agg(json_build_array(id, email, pay::text, budget::text, doc::text,
    to_char(seen at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), tags, 'migrated') order by id::text collate "C")::text
from fresh.people where pay is not null"#;

const KEPT: &str = r#"select json_agg(json_build_array(id, email) order by id::text collate "C")::text from fresh.people where pay is null"#;

#[tokio::test(flavor = "multi_thread")]
async fn the_module_opens_what_a_run_has_stored() {
    let database = Database::with(SOURCE).await;
    let program = Program::over(&[("people", FLOW)]);
    let done = ends(program.run(&database.url, &database.url, &[])).await;
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let held: Value = serde_json::from_str(&database.text(HELD).await).unwrap();
    let kept: Value = serde_json::from_str(&database.text(KEPT).await).unwrap();
    let workspace = program.workspace();
    let output = tokio::task::spawn_blocking(move || {
        let mut command = Command::new(python());
        command.env("PYTHONPATH", repository("python")).env("PYTHONDONTWRITEBYTECODE", "1");
        command.arg(repository("tests/it/python/module.py")).arg(workspace).output().unwrap()
    });
    let output = output.await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let found: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(found["flows"], json!(["people"]));
    let (rejected, skipped) = (12, 9);
    assert_eq!(found["rows"], 120 - rejected - skipped);
    for reader in ["pyarrow", "polars", "lazy", "duckdb"] {
        let rows = found["migrated"][reader].as_array().unwrap();
        // Of the two that were there before, the target keeps its own values, under its own UUIDs.
        let before = |row: &&Value| ["p7@example.org", "p8@example.org"].contains(&row[1].as_str().unwrap());
        let (there, brought): (Vec<&Value>, Vec<&Value>) = rows.iter().partition(before);
        assert!(json!(brought) == held, "{reader}: the rows that were brought differ");
        let there: Vec<Value> = there.iter().map(|row| json!([row[0], row[1]])).collect();
        assert_eq!(json!(there), kept, "{reader}");
        let tenth: Vec<Value> = (1..=12).map(|n| json!([n * 10, "tenth"])).collect();
        assert_eq!(found["rejected"][reader], json!(tenth), "{reader}");
        assert_eq!(found["skipped"][reader].as_array().unwrap().len(), skipped, "{reader}");
        assert_eq!(found["source"][reader].as_array().unwrap().len(), 120, "{reader}");
        assert_eq!(found["source"][reader][2], json!([3, "p3@example.org"]), "{reader}");
    }
    assert_eq!(found["source_rows"][0], "p10@example.org");
    for (column, kind) in
        [("id", "uuid"), ("pay", "numeric(8,2)"), ("doc", "jsonb"), ("seen", "timestamp with time zone")]
    {
        assert_eq!(found["types"][column], kind, "{}", found["types"]);
    }
    assert_eq!(found["source_types"]["mood"], "legacy.mood");
    assert_eq!(found["as_text"], json!({ "budget": "numeric", "doc": "jsonb" }));
    assert_eq!((&found["metadata"], &found["uuid_of_duckdb"]), (&json!("jsonb"), &json!("UUID")));
    assert_eq!(found["snapshot"], true);
    for (told, words) in
        found["absent"].as_array().unwrap().iter().zip(["did you mean 'people'", "did you mean", "no-such"])
    {
        assert!(told.as_str().unwrap().starts_with("NotFound") && told.as_str().unwrap().contains(words), "{told}");
    }
    for (name, words) in [("changed", "has changed"), ("gone", "is missing")] {
        for told in found[name].as_array().unwrap() {
            assert!(
                told.as_str().unwrap().starts_with("Corrupt") && told.as_str().unwrap().contains(words),
                "{name}: {told}"
            );
        }
    }
    assert!(found["manifest"].as_str().unwrap().starts_with("Corrupt"), "{}", found["manifest"]);
}
