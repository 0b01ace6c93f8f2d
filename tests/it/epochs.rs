//! Owns the test that the sample grows as the legacy database did: what is made stays, but for the changes it declares.

use std::collections::BTreeMap;

use datafusion::prelude::{ParquetReadOptions, SessionContext};

use crate::support::rehome;

/// A fifth of the reference case: 240 notifications become read, 60 tasks completed, 8 comments edited, 5 tasks deleted.
const SCALE: &str = "0.2";

/// Makes the sample of an epoch known, a table as `<epoch>_<table>`. Gives the tables' names.
async fn made(context: &SessionContext, folder: &std::path::Path, epoch: &str) -> Vec<String> {
    let place = folder.join(epoch);
    let out = place.display().to_string();
    rehome(folder, &["sample", "--pipeline", "dispatch", "--scale", SCALE, "--epoch", epoch, "--out", &out]);
    let manifest: serde_json::Value =
        serde_json::from_slice(&std::fs::read(place.join("manifest.json")).unwrap()).unwrap();
    let mut names = Vec::new();
    for table in manifest["tables"].as_array().unwrap() {
        let name = table["name"].as_str().unwrap();
        let files = table["files"].as_array().unwrap().iter();
        let files: Vec<String> =
            files.map(|file| place.join(file["path"].as_str().unwrap()).display().to_string()).collect();
        let rows = context.read_parquet(files, ParquetReadOptions::default()).await.unwrap();
        context.register_table(format!("{epoch}_{name}").to_lowercase(), rows.into_view()).unwrap();
        names.push(name.to_owned());
    }
    names
}

async fn count(context: &SessionContext, sql: &str) -> usize {
    context.sql(sql).await.unwrap().count().await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_stay_as_they_were_made_but_for_the_declared_changes() {
    let folder = tempfile::tempdir().unwrap();
    let context = SessionContext::new();
    let mut tables = Vec::new();
    for epoch in ["A", "B", "C"] {
        tables = made(&context, folder.path(), epoch).await;
    }
    assert_eq!(tables.len(), 48);
    let mut changed: BTreeMap<&str, usize> = BTreeMap::new();
    for table in &tables {
        let gone = format!("select * from a_{table} except select * from b_{table}");
        assert_eq!(count(&context, &gone).await, 0, "{table}: nothing changes from A to B");
        let gone = format!("select * from b_{table} except select * from c_{table}");
        match count(&context, &gone).await {
            0 => {}
            rows => {
                changed.insert(table, rows);
            }
        }
    }
    assert_eq!(
        changed,
        [("dispatch_comment", 8), ("dispatch_notification", 240), ("dispatch_task", 60 + 5)].into(),
        "from B to C"
    );
    let deleted = "select id from b_dispatch_task except select id from c_dispatch_task";
    assert_eq!(count(&context, deleted).await, 5);
    let completed = "select b.id from b_dispatch_task b join c_dispatch_task c on c.id = b.id
        where b.completed_at is null and c.completed_at is not null and b.status is distinct from c.status";
    assert_eq!(count(&context, completed).await, 60);
    let read = "select b.id from b_dispatch_notification b join c_dispatch_notification c on c.id = b.id
        where not b.is_read and c.is_read";
    assert_eq!(count(&context, read).await, 240);
}
