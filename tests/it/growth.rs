//! Owns the proof, over the whole sample, that three states of a growing source brought one after the other give the target of
//! the last one alone, and that all three can be taken back. Must not know: what differs between them.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::cluster::Database;
use crate::support::rehome;

const SCALE: &str = "0.01";

/// All rows of all tables, the standing rejects included: what is of the time and of the run aside.
pub const HELD: &str = "
    select string_agg(line, E'\n' order by line) from (
        select n.nspname || '.' || c.relname || ' ' ||
               (xpath('//h/text()', query_to_xml(format(
                   'select count(*) || %L || coalesce(sum(hashtextextended((to_jsonb(t) - %L::text[])::text, 0)), 0) as h from %I.%I t',
                   ' ', array['updated_at', 'run_id'] || case when c.relname = 'migration_mappings' then array['created_at', 'legacy_key'] end,
                   n.nspname, c.relname), false, true, '')))[1]::text as line
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind = 'r' and n.nspname in ('public', 'auth')
        union all
        select 'reject ' || flow || ' ' || reason || ' ' || count(*) || ' ' || sum(hashtextextended(legacy_key || coalesce(source_row::text, ''), 0))
        from rehome.quarantine group by flow, reason) lines";

struct Growing {
    dir: tempfile::TempDir,
    target: Database,
}

impl Growing {
    async fn new() -> Self {
        let (dir, target) = (tempfile::tempdir().unwrap(), Database::fresh().await);
        rehome(dir.path(), &["sample", "--scale", SCALE, "--into-target", &target.url]);
        Self { dir, target }
    }

    async fn run(&self, epoch: &str) -> Value {
        let legacy = Database::fresh().await;
        rehome(self.dir.path(), &["sample", "--scale", SCALE, "--epoch", epoch, "--into", &legacy.url]);
        let args = ["run", "--no-threshold", "--pipeline", "dispatch", "--verify", "full"];
        rehome(self.dir.path(), &[&args[..], &["--source", &legacy.url, "--target", &self.target.url]].concat())
    }

    async fn held(&self) -> Vec<String> {
        self.target.text(HELD).await.lines().map(str::to_owned).collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_grows_is_followed_and_all_can_be_taken_back() {
    let (growing, alone) = (Growing::new().await, Growing::new().await);
    // The ledger is there, and with it the columns that the mappings lack.
    let mut states = Vec::new();
    for epoch in ["A", "B", "C"] {
        let report = growing.run(epoch).await;
        assert_eq!((&report["conserved"], &report["verified"]), (&Value::Bool(true), &Value::Bool(true)), "{epoch}");
        states.push(growing.held().await);
    }
    alone.run("C").await;
    let (followed, alone) = (growing.held().await, alone.held().await);
    // Rows that are left standing are listed: they, and their mappings, are all that differs.
    let standing = "select coalesce(string_agg(distinct table_name, ' '), '') from rehome.kept join rehome.flows using (run_id, flow) where ended_by is null";
    let standing = growing.target.text(standing).await;
    let differing: Vec<&String> = followed.iter().filter(|line| !alone.contains(line)).collect();
    for line in differing {
        let table = line.split([' ', '.']).nth(1).unwrap();
        assert!(standing.contains(table) || table == "migration_mappings", "{line}");
    }
    // The way back: each state is the one before.
    states.pop();
    while let Some(before) = states.pop() {
        let done: Value = rehome(growing.dir.path(), &["rollback", "--target", &growing.target.url]);
        assert_eq!(done["runs"][0]["left"], Value::Array(Vec::new()));
        let now: BTreeMap<usize, String> = growing.held().await.into_iter().enumerate().collect();
        let before: BTreeMap<usize, String> = before.into_iter().enumerate().collect();
        assert_eq!(now, before);
    }
    rehome(growing.dir.path(), &["rollback", "--target", &growing.target.url]);
    let rows = "select (select count(*) from orders) || ' ' || (select count(*) from migration_mappings where entity_type <> 'office')
                || ' ' || (select count(*) from offices) || ' ' || (select count(*) from rehome.quarantine)";
    let fresh = Growing::new().await;
    let offices = fresh.target.text("select count(*)::text from offices").await;
    assert_eq!(growing.target.text(rows).await, format!("0 0 {offices} 0"));
}
