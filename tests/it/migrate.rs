//! Owns the tests of the whole: a legacy database into a target, by the program itself, with PostgreSQL as the judge.

use std::process::Command;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::OnceCell;

use crate::cluster::Database;
use crate::support::{rehome, repository};

/// The scale of these tests: every reason occurs, and a run takes seconds.
const SCALE: &str = "0.02";

fn pipeline(name: &str) -> String {
    repository(&format!("pipelines/{name}.toml")).display().to_string()
}

/// A migrated pair of databases, and the report of the run.
struct Migrated {
    name: &'static str,
    dir: Arc<tempfile::TempDir>,
    legacy: Database,
    target: Database,
    report: Value,
}

impl Migrated {
    async fn new(name: &'static str, epoch: &str) -> Self {
        Self::with(name, epoch, None).await
    }

    /// With rows planted into the legacy database before it is migrated.
    async fn with(name: &'static str, epoch: &str, planted: Option<&str>) -> Self {
        let dir = Arc::new(tempfile::tempdir().unwrap());
        let (legacy, target) = (Database::fresh().await, Database::fresh().await);
        rehome(dir.path(), &["sample", "--pipeline", name, "--scale", SCALE, "--epoch", epoch, "--into", &legacy.url]);
        rehome(
            dir.path(),
            &["sample", "--pipeline", name, "--scale", SCALE, "--epoch", epoch, "--into-target", &target.url],
        );
        let mut migrated = Self { name, dir, legacy, target, report: Value::Null };
        migrated.note_what_the_target_holds().await;
        if let Some(planted) = planted {
            let golden = "create table golden (flow text, key bigint, outcome text, reason text, warning text)";
            migrated.legacy.run(golden).await;
            for file in rehome::header::sql_files(&repository(planted)).unwrap() {
                migrated.legacy.run(&std::fs::read_to_string(file).unwrap()).await;
            }
        }
        migrated.report = migrated.run();
        migrated
    }

    async fn again(&self) -> Self {
        let (legacy, target) = (self.legacy.again().await, self.target.again().await);
        Self { name: self.name, dir: self.dir.clone(), legacy, target, report: self.report.clone() }
    }

    fn run(&self) -> Value {
        let file = pipeline(self.name);
        let args =
            ["run", "--no-threshold", "--pipeline", &file, "--source", &self.legacy.url, "--target", &self.target.url];
        rehome(self.dir.path(), &args)
    }

    /// The oracle adopts what the target maps before the run.
    async fn note_what_the_target_holds(&self) {
        self.legacy.run("create extension if not exists \"uuid-ossp\"; create table oracle_mappings (entity_type text, legacy_id bigint, entity_uuid uuid)").await;
        let rows = self
            .target
            .session
            .query("select entity_type, legacy_id, entity_uuid::text from migration_mappings", &[])
            .await
            .unwrap();
        for row in rows {
            let (entity, key, uuid): (String, i64, String) = (row.get(0), row.get(1), row.get(2));
            self.legacy.run(&format!("insert into oracle_mappings values ('{entity}', {key}, '{uuid}')")).await;
        }
    }

    /// Everything the target holds, as one number.
    async fn fingerprint(&self) -> String {
        let mut all = String::new();
        for flow in self.report["flows"].as_array().unwrap() {
            let table = flow["target"].as_str().unwrap();
            let sql = format!(
                "select '{table} ' || count(*) || ' ' || coalesce(sum(hashtextextended(t::text, 0)), 0) from {table} t"
            );
            all.push_str(&self.target.text(&sql).await);
            all.push('\n');
        }
        all
    }
}

async fn current() -> Migrated {
    static CURRENT: OnceCell<Migrated> = OnceCell::const_new();
    CURRENT.get_or_init(|| Migrated::new("dispatch", "C")).await.again().await
}

/// The sample, and rows with every defect that it has not.
async fn golden() -> Migrated {
    static GOLDEN: OnceCell<Migrated> = OnceCell::const_new();
    let planted = Some("tests/golden/dispatch");
    GOLDEN.get_or_init(|| Migrated::with("dispatch", "C", planted)).await.again().await
}

async fn august() -> Migrated {
    static AUGUST: OnceCell<Migrated> = OnceCell::const_new();
    AUGUST.get_or_init(|| Migrated::new("dispatch-2025-08", "A")).await.again().await
}

fn number(value: &Value, name: &str) -> u64 {
    value[name].as_u64().unwrap_or_else(|| panic!("{name} in {value}"))
}

fn sound(report: &Value) {
    assert_eq!((&report["conserved"], &report["verified"]), (&Value::Bool(true), &Value::Bool(true)));
    for flow in report["flows"].as_array().unwrap() {
        let sum: u64 =
            ["migrated", "adopted", "rejected", "skipped", "elsewhere"].iter().map(|name| number(flow, name)).sum();
        assert_eq!(sum, number(flow, "source_rows"), "{flow}");
        let reasons: u64 = flow["reasons"].as_object().unwrap().values().map(|rows| rows.as_u64().unwrap()).sum();
        assert_eq!(reasons, number(flow, "rejected"), "{flow}");
    }
}

#[tokio::test]
async fn the_report_keeps_its_contract() {
    let migrated = current().await;
    let report = &migrated.report;
    sound(report);
    for name in ["run", "snapshot", "pipeline"] {
        assert!(report[name].is_string(), "{name}");
    }
    assert!(report["seconds"].is_number());
    let flows: Vec<&str> =
        report["flows"].as_array().unwrap().iter().map(|flow| flow["flow"].as_str().unwrap()).collect();
    assert_eq!(flows.len(), 52);
    for check in report["checks"].as_array().unwrap() {
        assert!(check["check"].is_string() && check["rows"].is_u64() && check["passed"].is_boolean());
    }
    assert!(report["reports"]["message_classes"].as_array().is_some_and(|rows| !rows.is_empty()));
    let again = rehome(migrated.dir.path(), &["report", report["run"].as_str().unwrap()]);
    assert_eq!(
        (&again["flows"], &again["reports"], &again["checks"]),
        (&report["flows"], &report["reports"], &report["checks"])
    );
}

#[tokio::test]
async fn the_target_holds_what_the_report_says() {
    let migrated = current().await;
    let flows = migrated.report["flows"].as_array().unwrap();
    for flow in flows {
        let (name, target) = (flow["flow"].as_str().unwrap(), flow["target"].as_str().unwrap());
        let rows = migrated.target.text(&format!("select count(*)::text from {target}")).await;
        let into_it = flows.iter().filter(|other| other["target"] == target);
        let expected: u64 = into_it.map(|other| number(other, "migrated") + number(other, "adopted")).sum();
        assert_eq!(rows, expected.to_string(), "{name}");
        let quarantined = migrated
            .target
            .text(&format!(
                "select count(*)::text from rehome.quarantine where flow = '{name}' and source_row is not null"
            ))
            .await;
        assert_eq!(quarantined, number(flow, "rejected").to_string(), "{name}");
    }
    let invalid = "select count(*)::text from pg_constraint where not convalidated";
    assert_eq!(migrated.target.text(invalid).await, "0");
    let keys = "select count(*)::text from pg_constraint where contype in ('p', 'u', 'f') and connamespace = 'public'::regnamespace";
    let fresh = Database::fresh().await;
    for file in rehome::header::sql_files(&repository("sql/dispatch/target")).unwrap() {
        fresh.run(&std::fs::read_to_string(file).unwrap()).await;
    }
    assert_eq!(migrated.target.text(keys).await, fresh.text(keys).await, "all keys are back");
}

#[tokio::test]
async fn given_again_it_is_the_same_run_and_changes_nothing() {
    let migrated = Migrated::new("dispatch", "A").await;
    let before = migrated.fingerprint().await;
    let again = migrated.run();
    assert_eq!(again["run"], migrated.report["run"], "an unchanged source gives the same snapshot and the same run");
    assert_eq!(before, migrated.fingerprint().await);
    sound(&again);
}

/// What one target held before is no matter of another: the same snapshot there is another run.
#[tokio::test]
async fn another_target_is_another_run() {
    let first = current().await;
    let other = Database::fresh().await;
    for file in rehome::header::sql_files(&repository("sql/dispatch/target")).unwrap() {
        other.run(&std::fs::read_to_string(file).unwrap()).await;
    }
    let file = pipeline(first.name);
    let args = ["run", "--pipeline", &file, "--source", &first.legacy.url, "--target", &other.url, "--only", "offices"];
    let report = rehome(first.dir.path(), &args);
    sound(&report);
    assert_ne!(report["run"], first.report["run"]);
    let offices = &report["flows"][0];
    assert_eq!((number(offices, "adopted"), number(offices, "migrated")), (0, number(offices, "source_rows")));
}

/// Rows that came with another snapshot are neither doubled nor refused one by one: the run is refused.
#[tokio::test]
async fn what_another_run_loaded_is_not_loaded_again() {
    let migrated = Migrated::new("dispatch", "A").await;
    let before = migrated.fingerprint().await;
    migrated.legacy.run("update dispatch_comment set text = 'changed' where id = 1").await;
    let file = pipeline(migrated.name);
    let output = Command::new(env!("CARGO_BIN_EXE_rehome"))
        .arg("--dir")
        .arg(migrated.dir.path())
        .args([
            "run",
            "--full",
            "--pipeline",
            &file,
            "--source",
            &migrated.legacy.url,
            "--target",
            &migrated.target.url,
        ])
        .output()
        .unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{told}");
    assert!(told.contains(migrated.report["run"].as_str().unwrap()) && told.contains("hint"), "{told}");
    assert_eq!(before, migrated.fingerprint().await);
}

#[tokio::test]
async fn a_changed_row_in_the_target_is_found() {
    let migrated = Migrated::new("dispatch-2025-08", "A").await;
    migrated
        .target
        .run("update orders set notes = 'changed' where id = (select min(id::text)::uuid from orders)")
        .await;
    migrated
        .target
        .run("delete from system_messages where legacy_id = (select min(legacy_id) from system_messages)")
        .await;
    let file = pipeline(migrated.name);
    let output = Command::new(env!("CARGO_BIN_EXE_rehome"))
        .args(["--format", "json", "--dir"])
        .arg(migrated.dir.path())
        .args([
            "run",
            "--no-threshold",
            "--pipeline",
            &file,
            "--source",
            &migrated.legacy.url,
            "--target",
            &migrated.target.url,
        ])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(7), "{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["verified"], Value::Bool(false));
}

/// The same rules, written as plain PostgreSQL and run by the server on the legacy database, agree row by row:
/// outcome and reason of each key, and each value of each row.
async fn agrees_with_the_oracle(migrated: &Migrated) {
    let base = repository("tests/oracle/dispatch");
    let own = repository(&format!("tests/oracle/{}", migrated.name));
    for file in rehome::header::sql_files(&base).unwrap() {
        let replaced = own.join(file.file_name().unwrap());
        let file = if replaced.exists() { replaced } else { file };
        migrated.legacy.run(&std::fs::read_to_string(file).unwrap()).await;
    }
    for flow in migrated.report["flows"].as_array().unwrap() {
        let (name, target) = (flow["flow"].as_str().unwrap(), flow["target"].as_str().unwrap());
        for outcome in ["migrated", "adopted", "rejected", "skipped", "elsewhere"] {
            let rows = migrated
                .legacy
                .text(&format!("select count(*)::text from oracle_{name} where outcome = '{outcome}'"))
                .await;
            assert_eq!(rows, number(flow, outcome).to_string(), "{name} {outcome}");
        }
        rejects_agree(migrated, name).await;
        warnings_agree(migrated, flow).await;
        values_agree(migrated, name, target).await;
    }
}

async fn rejects_agree(migrated: &Migrated, flow: &str) {
    let expected = format!(
        "select coalesce(string_agg(key || ' ' || reason, ', ' order by key), '') from oracle_{flow} where outcome = 'rejected'"
    );
    let found = format!(
        "select coalesce(string_agg(legacy_key || ' ' || reason, ', ' order by legacy_key::bigint), '') from rehome.quarantine where flow = '{flow}'"
    );
    assert_eq!(migrated.target.text(&found).await, migrated.legacy.text(&expected).await, "{flow}");
}

async fn warnings_agree(migrated: &Migrated, flow: &Value) {
    let name = flow["flow"].as_str().unwrap();
    let sql = format!(
        "select coalesce(jsonb_object_agg(code, rows), '{{}}')::text from (
             select code, count(*) as rows from oracle_{name}, unnest(warnings) code
             where outcome in ('migrated', 'adopted') group by code
         ) counted"
    );
    let expected: Value = serde_json::from_str(&migrated.legacy.text(&sql).await).unwrap();
    let mut found = flow["warnings"].clone();
    found.as_object_mut().unwrap().retain(|_, rows| *rows != 0);
    assert_eq!(found, expected, "warnings of {name}");
}

/// Each value of each row, as PostgreSQL prints it within JSON: digits and all.
async fn values_agree(migrated: &Migrated, flow: &str, target: &str) {
    let ids = format!("select row->>'id' from oracle_{flow} where outcome = 'migrated' order by 1");
    let ids = migrated.legacy.session.query(&ids, &[]).await.unwrap();
    let ids: Vec<String> = ids.iter().map(|row| row.get(0)).collect();
    let fetch = format!("select to_jsonb(t)::text from {target} t where id::text = any($1)");
    let judge = format!(
        "select count(*), coalesce(min(case when differs.key is not null then format('%s of %s', differs.key, row->>'id') end), '')
         from unnest($1::text[]) as found (text)
         join oracle_{flow} on outcome = 'migrated' and row->>'id' = found.text::jsonb->>'id'
         left join lateral (
             select min(value.key) as key from jsonb_each(row) value
             where value.value::text is distinct from (found.text::jsonb -> value.key)::text
         ) differs on differs.key is not null"
    );
    migrated.legacy.run(&format!("create index if not exists oracle_{flow}_id on oracle_{flow} ((row->>'id'))")).await;
    for chunk in ids.chunks(2_000) {
        let found = migrated.target.session.query(&fetch, &[&chunk]).await.unwrap();
        let found: Vec<String> = found.iter().map(|row| row.get(0)).collect();
        let judged = migrated.legacy.session.query_one(&judge, &[&found]).await.unwrap();
        let (rows, differs): (i64, String) = (judged.get(0), judged.get(1));
        assert_eq!(usize::try_from(rows).unwrap(), chunk.len(), "{flow}: rows of the oracle are missing");
        assert_eq!(differs, "", "{flow}");
    }
}

#[tokio::test]
async fn plain_postgresql_agrees_on_the_current_rules() {
    let migrated = golden().await;
    agrees_with_the_oracle(&migrated).await;
    golden_rows_have_their_fate(&migrated).await;
}

/// Each line of `golden`, as the oracle, the quarantine and the report have it.
async fn golden_rows_have_their_fate(migrated: &Migrated) {
    let sql = "select flow, key, outcome, coalesce(reason, ''), coalesce(warning, '') from golden";
    let lines = migrated.legacy.session.query(sql, &[]).await.unwrap();
    assert!(lines.len() > 100);
    for line in lines {
        let [flow, outcome, reason, warning]: [String; 4] = [0, 2, 3, 4].map(|column| line.get(column));
        let key: i64 = line.get(1);
        let fate = migrated
            .legacy
            .text(&format!("select format('%s %s %s', outcome, coalesce(reason, ''), '{warning}' = '' or '{warning}' = any(warnings)) from oracle_{flow} where key = {key}"))
            .await;
        assert_eq!(fate, format!("{outcome} {reason} t"), "{flow} {key}");
        let quarantined = format!(
            "select coalesce(min(reason), '') from rehome.quarantine where flow = '{flow}' and legacy_key = '{key}'"
        );
        let expected = if outcome == "rejected" { reason.as_str() } else { "" };
        assert_eq!(migrated.target.text(&quarantined).await, expected, "{flow} {key}");
    }
}

/// What no source can make occur by these rules: users and patients never reject, so nothing waits for one in vain.
const NEVER: [&str; 6] = [
    "profiles auth_user_not_migrated",
    "doctors profile_not_migrated",
    "cases patient_not_migrated",
    // Only the remedies give these (remedies.rs).
    "cases default_case",
    "case_messages_comments general_case",
    "case_messages_records general_case",
];

/// No reason, skip or warning that a rule can give goes untried.
#[tokio::test]
async fn every_reason_and_warning_occurs() {
    let report = golden().await.report;
    for flow in report["flows"].as_array().unwrap() {
        for kind in ["reasons", "skip_reasons", "warnings"] {
            for (code, rows) in flow[kind].as_object().unwrap() {
                let name = format!("{} {code}", flow["flow"].as_str().unwrap());
                assert_eq!(*rows == 0, NEVER.contains(&name.as_str()), "{kind}: {name}");
            }
        }
    }
}

#[tokio::test]
async fn plain_postgresql_agrees_on_the_august_rules() {
    agrees_with_the_oracle(&august().await).await;
}

/// The business's own mappings table in other forms: the whole migration gives the same target and the same mappings.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mappings_tables_of_other_forms_give_the_same() {
    let base = current().await;
    let mapped =
        "select md5(string_agg(concat_ws(' ', entity_type, coalesce(legacy_key, legacy_id::text), entity_uuid), ','
                    order by entity_type::text, coalesce(legacy_key, legacy_id::text))) from migration_mappings";
    // Defaults of the target (now(), gen_random_uuid()) differ from one target to the next: rows are counted here, and
    // verified by the run.
    let counts = |fingerprint: String| -> Vec<String> {
        fingerprint.lines().map(|line| line.rsplit_once(' ').unwrap().0.to_owned()).collect()
    };
    let right = (counts(base.fingerprint().await), base.target.text(mapped).await);
    let clerk = format!("clerk_{}", base.target.text("select current_database()").await);
    base.target.run(&format!("create role {clerk}")).await;
    for form in [
        "entity_type text not null, legacy_id bigint not null, entity_uuid uuid not null, run_id uuid, legacy_key text,
         created_at timestamptz not null default now(), primary key (entity_type, legacy_id)",
        "n bigint generated always as identity primary key, entity_type varchar(80) not null, legacy_id numeric(20,0),
         entity_uuid uuid not null, at date not null default current_date,
         double numeric generated always as (legacy_id * 2) stored, unique (entity_type, legacy_id)",
        "entity_type word not null, legacy_id text not null, entity_uuid text not null, unique (entity_type, legacy_id)",
    ] {
        let target = Database::fresh().await;
        let args = ["sample", "--pipeline", base.name, "--scale", SCALE, "--epoch", "C", "--into-target", &target.url];
        rehome(base.dir.path(), &args);
        target
            .run(&format!(
                "create domain word as text check (value <> ''); alter table migration_mappings rename to before;
                 alter index migration_mappings_pkey rename to before_pkey; create table migration_mappings ({form});
                 insert into migration_mappings (entity_type, legacy_id, entity_uuid)
                   select entity_type, legacy_id, entity_uuid from before;
                 drop table before; alter table migration_mappings enable row level security;
                 alter table migration_mappings owner to {clerk}"
            ))
            .await;
        let other = Migrated { target, ..base.again().await };
        let report = other.run();
        let other = Migrated { report, ..other };
        assert_eq!((counts(other.fingerprint().await), other.target.text(mapped).await), right, "{form}");
    }
}
