//! Owns how snapshots are shown: one, a list, what a check found, what was removed. Must not know: how they are stored.

use schemars::JsonSchema;
use serde::Serialize;

use super::{count, json, numbers, table};
use crate::cli::args::Format;
use crate::command::snapshot::{Entry, Pruned, refused};
use crate::snapshot::{Manifest, MaskedColumn, Snapshot, Verified};

/// Digits of an id that a list shows: enough to name it by.
const SHORT: usize = 12;

/// A snapshot that was taken.
#[derive(Serialize, JsonSchema)]
pub struct Taken {
    /// Its id: a hash over its content.
    snapshot: String,
    place: String,
    manifest: Manifest,
}

/// The snapshots below --dir.
#[derive(Serialize, JsonSchema)]
pub struct Listed {
    snapshots: Vec<Entry>,
}

/// What a check of all files of a snapshot found.
#[derive(Serialize, JsonSchema)]
pub struct Looked {
    snapshot: String,
    place: String,
    #[serde(flatten)]
    found: Verified,
}

/// Shows a snapshot that was taken.
pub fn taken(snapshot: &Snapshot, format: Format) {
    if format == Format::Json {
        let (id, place) = (snapshot.id().to_owned(), snapshot.location().to_string());
        return json(&Taken { snapshot: id, place, manifest: snapshot.manifest().clone() });
    }
    let mut rows = table(&["table", "rows", "files", "bytes"]);
    for entry in &snapshot.manifest().tables {
        let bytes = entry.files.iter().map(|file| file.bytes).sum();
        rows.add_row([entry.qualified(), count(entry.rows), entry.files.len().to_string(), count(bytes)]);
    }
    numbers(&mut rows, 1..4);
    anstream::println!("{rows}\n\nsnapshot {} at {}", snapshot.id(), snapshot.location());
    tell_masked(snapshot);
    tell_refused(snapshot);
}

/// Which columns are masked, and by which rules.
fn tell_masked(snapshot: &Snapshot) {
    let Some(masked) = &snapshot.manifest().source.masked else { return };
    anstream::println!("masked    {} columns; it is no source of a run without --allow-masked", masked.columns.len());
    for MaskedColumn { table, column, rule, follows } in &masked.columns {
        let why = follows.as_ref().map(|other| format!(", as {other}")).unwrap_or_default();
        anstream::println!("          {table}.{column}: {rule}{why}");
    }
    for index in &masked.not_unique {
        anstream::println!("          rows may contradict a unique index of {index}");
    }
}

/// Shows all that a snapshot says of itself; for machines, its manifest.
pub fn whole(snapshot: &Snapshot, format: Format) {
    let manifest = snapshot.manifest();
    if format == Format::Json {
        return json(manifest);
    }
    anstream::println!("snapshot  {}\nplace     {}", snapshot.id(), snapshot.location());
    anstream::println!("taken     {}, by rehome {}", time(&manifest.created_at), manifest.tool_version);
    let source = &manifest.source;
    anstream::println!("source    {} {}", source.kind, source.database);
    for (name, value) in [
        ("host      ", &source.host),
        ("server    ", &source.server_version),
        ("cluster   ", &source.system_identifier),
        ("wal       ", &source.wal_lsn),
        ("encoding  ", &source.encoding),
        ("collation ", &source.collation),
    ] {
        if let Some(value) = value {
            anstream::println!("{name}{value}");
        }
    }
    tell_masked(snapshot);
    for entry in &manifest.tables {
        let bytes = entry.all_files().map(|file| file.bytes).sum();
        let files = entry.all_files().count();
        anstream::println!(
            "\n{}: {} rows, {} bytes in {files} file(s)",
            entry.qualified(),
            count(entry.rows),
            count(bytes)
        );
        if let Some(refused) = &entry.refused {
            anstream::println!("  {} rows refused, with the keys {}", count(refused.rows), refused.keys.join(", "));
        }
        let mut columns = table(&["column", "type", "null", "key", "in the files"]);
        for column in &entry.columns {
            let key = entry.key.iter().position(|name| *name == column.name);
            columns.add_row([
                column.name.clone(),
                column.pg_type.clone(),
                if column.nullable { "yes" } else { "no" }.to_owned(),
                key.map(|place| (place + 1).to_string()).unwrap_or_default(),
                column.arrow.clone(),
            ]);
        }
        anstream::println!("{columns}");
    }
    tell_refused(snapshot);
}

fn tell_refused(snapshot: &Snapshot) {
    let rows = refused(snapshot.manifest());
    if rows > 0 {
        anstream::println!("{} rows could not be read exactly and were refused", count(rows));
    }
}

/// Shows the snapshots of the workspace.
pub fn list(entries: &[Entry], format: Format) {
    if format == Format::Json {
        return json(&Listed { snapshots: entries.to_vec() });
    }
    if entries.is_empty() {
        anstream::println!("no snapshots yet: make one with rehome snapshot");
        return;
    }
    let mut rows = table(&["snapshot", "name", "taken", "from", "tables", "rows", "refused", "bytes", "runs"]);
    for entry in entries {
        let id = entry.id.as_ref().map_or(entry.state, |id| &id[..SHORT.min(id.len())]);
        let runs: Vec<&str> = entry.used_by.iter().map(|run| run.split('-').next().unwrap_or(run)).collect();
        let from = entry.source.as_ref().map(|source| match &source.host {
            Some(host) => format!("{} at {host}", source.database),
            None => format!("{} ({})", source.database, source.kind),
        });
        rows.add_row([
            id.to_owned(),
            entry.name.clone(),
            entry.taken.as_ref().map(time).unwrap_or_default(),
            from.or_else(|| entry.problem.clone()).unwrap_or_default(),
            count(entry.tables),
            count(entry.rows),
            count(entry.refused),
            count(entry.bytes),
            runs.join(", "),
        ]);
    }
    numbers(&mut rows, 4..8);
    anstream::println!("{rows}");
}

fn time(time: &chrono::DateTime<chrono::Utc>) -> String {
    time.format("%Y-%m-%d %H:%M:%SZ").to_string()
}

/// Shows what a check of all files found.
pub fn verified(snapshot: &Snapshot, found: &Verified, format: Format) {
    if format == Format::Json {
        let (id, place) = (snapshot.id().to_owned(), snapshot.location().to_string());
        return json(&Looked { snapshot: id, place, found: found.clone() });
    }
    for stray in &found.strays {
        anstream::println!("not of the snapshot: {stray}");
    }
    let (files, rows, bytes) = (count(found.files), count(found.rows), count(found.bytes));
    let verdict = match found.bad.len() {
        0 => "is whole".to_owned(),
        bad => format!("is corrupt: {bad} bad file(s)"),
    };
    anstream::println!("snapshot {} {verdict}; {files} files, {rows} rows, {bytes} bytes", snapshot.id());
}

/// Shows what was removed.
pub fn pruned(pruned: &Pruned, format: Format) {
    if format == Format::Json {
        return json(pruned);
    }
    let done = if pruned.dry_run { "would remove" } else { "removed" };
    for entry in &pruned.removed {
        anstream::println!("{done}  {}  {}", entry.name, entry.id.as_deref().unwrap_or(entry.state));
    }
    for kept in &pruned.kept {
        anstream::println!("kept  {}  {}", kept.name, kept.why);
    }
    anstream::println!("{} bytes", count(pruned.bytes));
}
