//! Owns how the script in Python is started, and the work that it is told. Must not know: what it does.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::Scene;
use super::ground::Ground;
use super::plan::{Load, Place};

/// The interpreter that has the libraries.
pub fn program() -> PathBuf {
    let tools = std::env::var_os("REHOME_TOOLS").map_or_else(
        || PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache/rehome-tools"),
        PathBuf::from,
    );
    tools.join("peers-venv/bin/python")
}

/// The script in one of its forms, with its work as standard input.
pub fn script(form: &str, work: &tempfile::NamedTempFile) -> Command {
    let mut command = Command::new(program());
    command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/peers/python/move.py")).arg(form);
    command.stdin(work.reopen().expect("a file")).stdout(Stdio::null());
    command
}

/// The work as `python/move.py` reads it.
pub fn work(ground: &Ground, scene: Scene, name: &str) -> Value {
    let plan = ground.plan(scene);
    let load = |load: &Load| {
        let columns: Vec<Value> =
            load.columns.iter().map(|column| json!({ "name": column.name, "type": column.kind })).collect();
        json!({
            "columns": columns,
            "query": load.query(Place::Source),
            "own": { "column": load.own, "key": load.key, "entity": load.entity },
        })
    };
    let tables: Vec<Value> = plan
        .tables
        .iter()
        .map(|table| {
            let loads: Vec<Value> = table.loads.iter().map(load).collect();
            json!({ "name": table.name, "loads": loads, "index": table.index, "finish": table.finish })
        })
        .collect();
    json!({
        "source": ground.by_hand(scene, "legacy"),
        "target": ground.by_hand(scene, name),
        "namespace": ground.namespace,
        "at_once": 2,
        "drop": plan.drop,
        "tables": tables,
    })
}
