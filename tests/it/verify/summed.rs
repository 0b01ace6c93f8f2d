//! Owns the proof that sums of hashes, which the server computes, stand for the rows: over every type on its own they are taken where
//! they can be, and a single changed value changes them. Must not know: how anything is hashed.

use bytes::Bytes;
use futures::SinkExt;
use proptest::strategy::{Strategy, ValueTree};
use serde_json::Value;

use crate::cluster::Database;
use crate::program::{Program, ends, told};
use crate::types::campaign::{field, runner};
use crate::types::catalogue::{Entry, PRELUDE, catalogue};

/// Rows of the table of a type.
const ROWS: usize = 30;
/// Changes of each type, one at a time.
const ROUNDS: usize = 4;

/// Each type has a table and a flow of its own: one change in each, all found, several times.
#[tokio::test(flavor = "multi_thread")]
async fn a_single_value_changes_the_sum() {
    let plain = |entry: &Entry| entry.expression.is_none() && entry.per_row == 1;
    let entries: Vec<Entry> = catalogue().into_iter().filter(plain).collect();
    let database = Database::with(PRELUDE).await;
    let mut flows = Vec::new();
    for entry in &entries {
        fill(&database, entry).await;
        flows.push((
            format!("of_{}", entry.name),
            format!(
                "/*---\nsource = \"of_{0}\"\n---*/ select id as _key, migrate() as _outcome, id as legacy_id, value from source.of_{0}",
                entry.name
            ),
        ));
    }
    let flows: Vec<(&str, &str)> = flows.iter().map(|(name, sql)| (name.as_str(), sql.as_str())).collect();
    let program = Program::over(&flows);
    let run = ends(program.run(&database.url, &database.url, &[])).await;
    assert!(run.status.success(), "{}", told(&run));
    let (wrong, spent) = verified(&program, &database).await;
    assert_eq!(wrong, Vec::<String>::new());
    let took = |step: &str, of: &str| {
        spent.iter().any(|one| one["stage"] == "verify" && one["step"] == step && one["of"] == of)
    };
    let read: Vec<&str> = entries
        .iter()
        .filter(|entry| took("read rows", &format!("of_{}", entry.name)))
        .map(|entry| &*entry.name)
        .collect();
    assert_eq!(read, ["char", "moods"], "of all others but arrays, sums are compared");
    assert!(
        entries
            .iter()
            .all(|entry| ["char", "moods"].contains(&&*entry.name) || took("sum rows", &format!("of_{}", entry.name)))
    );
    assert!(!took("read mappings", ""), "{spent:#?}");

    for round in 0..ROUNDS {
        let mut changed = Vec::new();
        for entry in &entries {
            if change(&database, entry, round).await {
                changed.push(format!("of_{}", entry.name));
            }
        }
        assert!(round > 0 || changed.len() > entries.len() * 9 / 10, "{changed:?}");
        let (wrong, _) = verified(&program, &database).await;
        changed.sort();
        assert_eq!(wrong, changed, "round {round}");
        for entry in &entries {
            let put_back = "update fresh.of_{} f set value = s.value from saved.of_{} s where s.id = f.id";
            database.run(&put_back.replace("{}", &entry.name)).await;
        }
    }
    let (wrong, _) = verified(&program, &database).await;
    assert_eq!(wrong, Vec::<String>::new(), "after all were put back");
    for changed in [
        "update public.migration_mappings set legacy_id = legacy_id + 4294967297 where entity_type = 'of_int4' and legacy_id = 3",
        "update public.migration_mappings set run_id = md5('x')::uuid where entity_type = 'of_int4' and legacy_id = 4",
        "update public.migration_mappings set entity_uuid = md5('x')::uuid where entity_type = 'of_int4' and legacy_id = 5",
    ] {
        database.run(&changed.replace("public.", "fresh.")).await;
    }
    assert_eq!(verified(&program, &database).await.0, ["of_int4"]);
}

/// Two flows of one entity give the same mappings, and some that only one of them has: each is expected once.
#[tokio::test(flavor = "multi_thread")]
async fn mappings_that_flows_share_are_summed() {
    let database = Database::with(
        "create schema legacy; create schema fresh;
         create table legacy.people (id bigint primary key, name text not null);
         insert into legacy.people select i, 'p' || i from generate_series(1, 60) i;
         create table fresh.accounts (id uuid primary key, name text);
         create table fresh.cards (id uuid primary key, name text)",
    )
    .await;
    let flow = |target: &str, rejected: i64| {
        format!(
            "/*---\nsource = \"people\"\ntarget = \"{target}\"\nentity = \"person\"\n---*/
             select p.id as _key, case when p.id % 3 = {rejected} then reject('other') else migrate() end as _outcome, p.name
             from source.people p"
        )
    };
    let (accounts, cards) = (flow("accounts", 0), flow("cards", 1));
    let program = Program::over(&[("accounts", &accounts), ("cards", &cards)]);
    let run = ends(program.run(&database.url, &database.url, &[])).await;
    assert!(run.status.success(), "{}", told(&run));
    assert_eq!(database.text("select count(*)::text from fresh.migration_mappings").await, "60");
    let (wrong, spent) = verified(&program, &database).await;
    assert_eq!(wrong, Vec::<String>::new());
    let took = |step: &str| spent.iter().any(|one| one["stage"] == "verify" && one["step"] == step);
    assert!(took("sum mappings") && !took("read mappings"), "{spent:#?}");

    for (changed, flows) in [
        (
            "update fresh.migration_mappings set entity_uuid = md5('x')::uuid where legacy_id = 2",
            vec!["accounts", "cards"],
        ),
        ("delete from fresh.migration_mappings where legacy_id = 3", vec!["cards"]),
        ("delete from fresh.migration_mappings where legacy_id = 4", vec!["accounts"]),
    ] {
        database.run(&format!("create table saved as table fresh.migration_mappings; {changed}")).await;
        let (wrong, _) = verified(&program, &database).await;
        assert!(!wrong.is_empty() && wrong.iter().all(|flow| flows.contains(&flow.as_str())), "{changed}: {wrong:?}");
        let put_back = "delete from fresh.migration_mappings; insert into fresh.migration_mappings select * from saved; drop table saved";
        database.run(put_back).await;
    }
    assert_eq!(verified(&program, &database).await.0, Vec::<String>::new());
}

async fn fill(database: &Database, entry: &Entry) {
    let (name, ty) = (&entry.name, &entry.ty);
    database
        .run(&format!(
            "create schema if not exists saved; create table legacy.of_{name} (id bigint primary key, value {ty});
             create table fresh.of_{name} (id uuid primary key, legacy_id bigint, value {ty})"
        ))
        .await;
    let (mut runner, mut text) = (runner(7, name), String::new());
    for row in 0..ROWS {
        text.push_str(&format!("{row}\t"));
        let value = entry.values.new_tree(&mut runner).unwrap().current();
        field((row % 9 != 8).then_some(&value), &mut text);
        text.push('\n');
    }
    let statement = format!("copy legacy.of_{name} from stdin");
    let sink = database.session.copy_in::<_, Bytes>(statement.as_str()).await.unwrap();
    futures::pin_mut!(sink);
    sink.send(text.into()).await.unwrap();
    sink.as_mut().finish().await.unwrap_or_else(|error| panic!("{name}: {error:?}"));
}

/// One row gets the value of another, which prints otherwise; false where all are alike.
async fn change(database: &Database, entry: &Entry, round: usize) -> bool {
    let change = "create table if not exists saved.of_{name} as table fresh.of_{name};
        update fresh.of_{name} own set value = (select o.value from saved.of_{name} o
            where o.value::text is distinct from own.value::text order by md5(o.id::text || '{round}') limit 1)
        where own.id = (select p.id from saved.of_{name} p order by md5(p.id::text || '{round} ') limit 1)
          and exists (select from saved.of_{name} o where o.value::text is distinct from own.value::text)";
    database.run(&change.replace("{name}", &entry.name).replace("{round}", &round.to_string())).await;
    let differ = "select count(*)::text from fresh.of_{} f join saved.of_{} s using (id) where f.value::text is distinct from s.value::text";
    database.text(&differ.replace("{}", &entry.name)).await == "1"
}

/// The flows of which `rehome verify` says that something is wrong, in order, and where its time went.
async fn verified(program: &Program, database: &Database) -> (Vec<String>, Vec<Value>) {
    let mut command = program.command("verify");
    command.args(["latest", "--timings", "--target", &database.url]);
    let ended = ends(command).await;
    let found: Value =
        serde_json::from_slice(&ended.stdout).unwrap_or_else(|error| panic!("{error}: {}", told(&ended)));
    let is_wrong = |flow: &&Value| {
        ["rows", "mappings"].iter().any(|part| {
            ["missing", "different", "extra", "doubled"]
                .iter()
                .any(|what| flow[*part][*what].as_u64().is_some_and(|n| n > 0))
        })
    };
    let flows = found["flows"].as_array().unwrap_or_else(|| panic!("{found:#}"));
    let mut wrong: Vec<String> =
        flows.iter().filter(is_wrong).map(|flow| flow["flow"].as_str().unwrap().to_owned()).collect();
    wrong.sort();
    let stderr = String::from_utf8_lossy(&ended.stderr).into_owned();
    let line = stderr.lines().find(|line| line.starts_with("{\"timings\"")).unwrap_or_else(|| panic!("{stderr}"));
    let spent: Value = serde_json::from_str(line).unwrap();
    (wrong, spent["timings"].as_array().unwrap().clone())
}
