//! Owns `rehome snapshot verify`, `list`, `show` and `prune`: what becomes of snapshots once they are taken.
//! Must not know: how it was typed, or how the result is shown.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::error::{At, Error, Kind, Result};
use crate::run::{Record, Setting};
use crate::snapshot::{self, Manifest, Origin, Snapshot, State, Table, Verified};
use crate::storage::{Location, is_url};

/// The name of the newest snapshot.
const LATEST: &str = "latest";
/// The fewest digits of an id that stand for it.
const SHORTEST_ID: usize = 4;
/// Where a workspace keeps its runs, and what a finished one has.
const RUNS: &str = "runs";
/// Where it keeps its snapshots.
const SHELF: &str = "snapshots";
const RECORD: &str = "run.json";
/// How the folder of a what-if begins: it can be made again.
const WHAT_IF: &str = "what-if-";

/// A snapshot of the workspace, or what there is in place of one.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct Entry {
    /// Its folder's name.
    pub name: String,
    pub place: String,
    /// `complete`, `broken`, `writing`, `void`.
    pub state: &'static str,
    /// Why it is broken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// Of a complete one, as everything that follows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taken: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<Origin>,
    pub tables: u64,
    pub rows: u64,
    /// Rows of the source that could not be read exactly.
    pub refused: u64,
    pub bytes: u64,
    /// The finished runs that rest on it.
    pub used_by: Vec<String>,
    #[serde(skip)]
    folder: PathBuf,
}

/// Rows that were refused, over all tables.
#[must_use]
pub fn refused(manifest: &Manifest) -> u64 {
    manifest.tables.iter().map(|table| table.source_rows() - table.rows).sum()
}

/// Checks every byte of a snapshot.
///
/// # Errors
/// As [`Snapshot::open`] and [`Snapshot::verify`]; files that are bad are a result.
pub async fn verify(place: &str, setting: &Setting) -> Result<(Snapshot, Verified)> {
    let snapshot = open(place, setting).await?;
    let verified = snapshot.verify(setting.progress.as_ref(), &setting.cancel).await?;
    Ok((snapshot, verified))
}

/// Opens the snapshot that is meant.
///
/// # Errors
/// As [`find`] and [`Snapshot::open`].
pub async fn open(place: &str, setting: &Setting) -> Result<Snapshot> {
    Snapshot::open(find(place, setting).await?).await
}

/// Where a snapshot lies: a URL, a folder, or, of those of the workspace, `latest`, a folder's name or the beginning of
/// an id. Of several with the same content the newest.
///
/// # Errors
/// [`Kind::Config`] when several snapshots differ that are meant, or there is none yet.
pub async fn find(place: &str, setting: &Setting) -> Result<Location> {
    if is_url(place) || (place != LATEST && Path::new(place).exists()) {
        return Location::parse(place);
    }
    if let Some(store) = &setting.store {
        return in_store(place, store).await;
    }
    let entries = list(setting).await?;
    let complete = || entries.iter().filter(|entry| entry.state == "complete");
    if place == LATEST {
        return match complete().next_back() {
            Some(entry) => Location::folder(&entry.folder),
            None => Err(Error::config(format!("there is no snapshot in {} yet", shelf(setting).display()))
                .hint("make one with: rehome snapshot; --dir names the folder where it is kept")),
        };
    }
    if let Some(entry) = entries.iter().find(|entry| entry.name == place) {
        return Location::folder(&entry.folder);
    }
    let meant: Vec<&Entry> = complete().filter(|entry| begins(entry, place)).collect();
    let contents: BTreeSet<_> = meant.iter().map(|entry| &entry.id).collect();
    match meant.last() {
        Some(entry) if contents.len() == 1 => Location::folder(&entry.folder),
        Some(_) => {
            Err(Error::config(format!("{} snapshots begin with '{place}'", contents.len())).hint("give more of the id"))
        }
        None => Location::parse(place),
    }
}

/// The same among the snapshots of a store. Their names are their times.
async fn in_store(place: &str, store: &Location) -> Result<Location> {
    let shelf = store.child(SHELF);
    let manifests = shelf.list().await?;
    let names = manifests.iter().filter_map(|file| file.strip_suffix(snapshot::MANIFEST)?.strip_suffix('/'));
    let names: Vec<&str> = names.filter(|name| !name.contains('/')).collect();
    if place == LATEST {
        let none =
            || Error::config(format!("there is no snapshot in {shelf} yet")).hint("make one with: rehome snapshot");
        return names.last().map(|name| shelf.child(name)).ok_or_else(none);
    }
    if names.contains(&place) {
        return Ok(shelf.child(place));
    }
    let mut meant: BTreeMap<String, Location> = BTreeMap::new();
    for name in names.iter().filter(|_| place.len() >= SHORTEST_ID) {
        let snapshot = Snapshot::open(shelf.child(name)).await?;
        if snapshot.id().starts_with(place) {
            meant.insert(snapshot.id().to_owned(), snapshot.location().clone());
        }
    }
    match (meant.len(), meant.pop_last()) {
        (1, Some((_, location))) => Ok(location),
        (0, _) => Location::parse(place),
        (several, _) => {
            Err(Error::config(format!("{several} snapshots begin with '{place}'")).hint("give more of the id"))
        }
    }
}

fn begins(entry: &Entry, text: &str) -> bool {
    text.len() >= SHORTEST_ID && entry.id.as_ref().is_some_and(|id| id.starts_with(text))
}

fn shelf(setting: &Setting) -> PathBuf {
    setting.workspace.join(SHELF)
}

/// The snapshots of the workspace, the oldest first, and what is left of others. What is not ours is not listed.
///
/// # Errors
/// What the disk says.
pub async fn list(setting: &Setting) -> Result<Vec<Entry>> {
    if setting.store.is_some() {
        return Err(Error::config("snapshots are listed and pruned in folders alone").hint(
            "leave --store away; the store's own tools show what lies in it, and `rehome snapshot show` a snapshot",
        ));
    }
    let folder = shelf(setting);
    let mut entries = Vec::new();
    if !folder.exists() {
        return Ok(entries);
    }
    let users = users(setting).await?;
    for found in std::fs::read_dir(&folder)? {
        entries.extend(entry(found?.path(), &users).await?);
    }
    // The names of those that were taken here are their times.
    entries.sort_by(|left, right| (left.taken, &left.name).cmp(&(right.taken, &right.name)));
    Ok(entries)
}

async fn entry(folder: PathBuf, users: &[Record]) -> Result<Option<Entry>> {
    let blank = |state| Entry {
        name: folder.file_name().unwrap_or_default().to_string_lossy().into_owned(),
        place: folder.display().to_string(),
        state,
        problem: None,
        id: None,
        taken: None,
        source: None,
        tables: 0,
        rows: 0,
        refused: 0,
        bytes: 0,
        used_by: Vec::new(),
        folder: folder.clone(),
    };
    let found = match snapshot::state(&folder).await? {
        State::Foreign => return Ok(None),
        State::Writing => blank("writing"),
        State::Void => Entry { bytes: snapshot::remove(&folder, true).await?, ..blank("void") },
        State::Broken(error) => Entry { problem: Some(error.message().to_owned()), ..blank("broken") },
        State::Complete(snapshot) => {
            let manifest = snapshot.manifest();
            let place = snapshot.location().to_string();
            let uses = |run: &&Record| run.snapshot_id == manifest.id || run.snapshot == place;
            Entry {
                id: Some(manifest.id.clone()),
                taken: Some(manifest.created_at),
                source: Some(manifest.source.clone()),
                tables: manifest.tables.len() as u64,
                rows: manifest.tables.iter().map(|table| table.rows).sum(),
                refused: refused(manifest),
                bytes: manifest.tables.iter().flat_map(Table::all_files).map(|file| file.bytes).sum(),
                used_by: users.iter().filter(uses).map(|run| run.run.to_string()).collect(),
                ..blank("complete")
            }
        }
    };
    Ok(Some(found))
}

/// The finished runs of the workspace.
async fn users(setting: &Setting) -> Result<Vec<Record>> {
    let runs = setting.place()?.child(RUNS);
    let mut records = Vec::new();
    for run in runs.folders().await? {
        let Some(bytes) = runs.get(&format!("{run}/{RECORD}")).await? else { continue };
        records.push(serde_json::from_slice(&bytes).map_err(|_| {
            Error::new(Kind::Corrupt, "a run's record does not read").at(At::File, format!("{RUNS}/{run}/{RECORD}"))
        })?);
    }
    Ok(records)
}

/// When a run that has not finished last wrote something; None when all have. A what-if needs no snapshot any more.
async fn unfinished(setting: &Setting) -> Result<Option<DateTime<Utc>>> {
    let runs = setting.workspace.join(RUNS);
    let mut latest: Option<SystemTime> = None;
    for run in Location::folder(&runs)?.folders().await? {
        if run.starts_with(WHAT_IF) || runs.join(&run).join(RECORD).exists() {
            continue;
        }
        let mut open = vec![runs.join(&run)];
        while let Some(folder) = open.pop() {
            latest = latest.max(folder.metadata().and_then(|meta| meta.modified()).ok());
            let inside = std::fs::read_dir(&folder)?.flatten().map(|entry| entry.path());
            open.extend(inside.filter(|path| path.is_dir()));
        }
    }
    Ok(latest.map(Into::into))
}

/// What is to be removed.
#[derive(Debug, Clone, Default)]
pub struct Prune {
    /// These, whoever uses them: folders' names or the beginnings of ids. With none, all that nobody needs.
    pub named: Vec<String>,
    /// Complete snapshots that stay, the newest; None: all of them.
    pub keep: Option<usize>,
    /// Only say what would be removed.
    pub dry_run: bool,
}

/// What was removed, and what was not.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct Pruned {
    pub dry_run: bool,
    pub removed: Vec<Entry>,
    pub kept: Vec<Kept>,
    /// Bytes on the disk that are free now.
    pub bytes: u64,
}

/// A snapshot that stays, and why.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct Kept {
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    pub why: String,
}

/// Removes what is left of snapshots that were never published, and old snapshots that nobody needs.
///
/// # Errors
/// [`Kind::Config`] for a name that stands for none or for several, before anything is removed; [`Kind::Locked`] for
/// one in the making; what the disk says.
pub async fn prune(asked: &Prune, setting: &Setting) -> Result<Pruned> {
    let entries = list(setting).await?;
    let (goes, kept) = if asked.named.is_empty() {
        unneeded(entries, asked.keep, setting).await?
    } else {
        named(entries, &asked.named)?
    };
    let mut pruned = Pruned { dry_run: asked.dry_run, removed: Vec::new(), kept, bytes: 0 };
    for entry in &goes {
        // Before any is gone: is each only what it should be?
        snapshot::remove(&entry.folder, true).await?;
    }
    for entry in goes {
        setting.cancel.check()?;
        pruned.bytes += snapshot::remove(&entry.folder, asked.dry_run).await?;
        pruned.removed.push(entry);
    }
    Ok(pruned)
}

type Chosen = (Vec<Entry>, Vec<Kept>);

fn named(entries: Vec<Entry>, names: &[String]) -> Result<Chosen> {
    let mut goes: BTreeMap<String, Entry> = BTreeMap::new();
    for name in names {
        let exactly = |entry: &&Entry| {
            entry.name == *name
                || Path::new(name)
                    .canonicalize()
                    .is_ok_and(|path| entry.folder.canonicalize().is_ok_and(|folder| folder == path))
        };
        let mut meant: Vec<&Entry> = entries.iter().filter(exactly).collect();
        if meant.is_empty() {
            meant = entries.iter().filter(|entry| begins(entry, name)).collect();
        }
        match meant[..] {
            [entry] => goes.insert(entry.name.clone(), entry.clone()),
            [] => {
                return Err(Error::config(format!("there is no snapshot '{name}' in the workspace"))
                    .hint("`rehome snapshot list` shows them; --dir names the folder where they are"));
            }
            _ => {
                let names: Vec<&str> = meant.iter().map(|entry| entry.name.as_str()).collect();
                return Err(Error::config(format!("'{name}' stands for {} snapshots", meant.len()))
                    .hint(format!("name one of {}", names.join(", "))));
            }
        };
    }
    Ok((goes.into_values().collect(), Vec::new()))
}

async fn unneeded(entries: Vec<Entry>, keep: Option<usize>, setting: &Setting) -> Result<Chosen> {
    let unfinished = unfinished(setting).await?;
    let complete = entries.iter().filter(|entry| entry.state == "complete").count();
    let mut newer = complete;
    let (mut goes, mut kept) = (Vec::new(), Vec::new());
    for entry in entries {
        newer -= usize::from(entry.state == "complete");
        let why = match (entry.state, keep) {
            ("void", _) => None,
            ("writing", _) => Some("it is being written".to_owned()),
            ("broken", _) => Some("it is broken: name it to remove it".to_owned()),
            (_, None) => Some("all are kept without --keep".to_owned()),
            (_, Some(keep)) if newer < keep => Some(format!("it is one of the newest {keep}")),
            _ if !entry.used_by.is_empty() => Some(format!("used by run {}", entry.used_by.join(", "))),
            _ if entry.taken <= unfinished && unfinished.is_some() => {
                Some("a run that has not finished may need it".to_owned())
            }
            _ => None,
        };
        match why {
            Some(why) => kept.push(Kept { name: entry.name, id: entry.id, why }),
            None => goes.push(entry),
        }
    }
    Ok((goes, kept))
}
