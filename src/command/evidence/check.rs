//! Owns the check of a bundle of evidence: against itself, the snapshot, the stored outcomes and the target, each thing that differs
//! by its name. Must not know: how the result is shown.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use super::{ABOUT, About, LEDGER, Ledger, SNAPSHOT, SUMS, archive, asked, hashes, listed, read};
use crate::error::{At, Error, Kind, Result};
use crate::ledger::{self, Testified};
use crate::outcomes::OutcomeStore;
use crate::run::{self, Setting, VerifyAsked};
use crate::server::Address;
use crate::snapshot::{MANIFEST, Snapshot};
use crate::storage::{Location, sha256};

/// Parts of the ledger that later runs of the pipeline write too.
const OF_LATER_RUNS: [&str; 2] = ["quarantine", "kept"];

/// What a check of a bundle found.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Checked {
    /// The SHA-256 of the bundle as it is.
    pub sha256: String,
    /// None where it does not read.
    pub about: Option<About>,
    /// Entries, stored files, and rows of the ledger that were compared.
    pub entries: u64,
    pub snapshot_files: Option<u64>,
    pub outcome_files: Option<u64>,
    pub ledger_rows: Option<u64>,
    pub problems: Vec<Problem>,
    /// What was not compared, and why.
    pub not_checked: Vec<String>,
    /// Is everything that was compared as it was?
    pub clean: bool,
}

/// A thing that is not as it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Problem {
    /// `bundle`, `snapshot`, `outcomes`, `ledger`, `tables`, `target`.
    pub part: &'static str,
    pub name: String,
    pub problem: String,
}

impl Checked {
    /// The failure that the exit tells, if there is one.
    #[must_use]
    pub fn failure(&self) -> Option<Error> {
        let first = self.problems.first()?;
        let stored = |problem: &&Problem| matches!(problem.part, "bundle" | "snapshot" | "outcomes");
        let kind =
            if self.problems.iter().any(|problem| stored(&problem)) { Kind::Corrupt } else { Kind::Verification };
        let error = Error::new(kind, format!("{} things are not as the bundle says", self.problems.len()));
        Some(error.at(At::File, format!("{}: {}", first.part, first.name)).hint("`--format json` lists all of them"))
    }

    fn problem(&mut self, part: &'static str, name: impl Into<String>, problem: &str) {
        self.problems.push(Problem { part, name: name.into(), problem: problem.to_owned() });
    }
}

/// Checks a bundle. The snapshot is looked for at `snapshot`, else where it lay; the outcomes in the workspace; the target, if it is
/// named.
///
/// # Errors
/// What stores and servers say. Everything that differs is a result.
pub async fn check(
    bytes: &[u8],
    snapshot: Option<Location>,
    target: Option<&Address>,
    setting: &Setting,
) -> Result<Checked> {
    let mut checked = Checked {
        sha256: sha256(bytes),
        about: None,
        entries: 0,
        snapshot_files: None,
        outcome_files: None,
        ledger_rows: None,
        problems: Vec::new(),
        not_checked: Vec::new(),
        clean: false,
    };
    let entries = of_bundle(bytes, &mut checked);
    let about: Option<About> = read(&entries, ABOUT).unwrap_or_default();
    if let Some(about) = &about {
        of_snapshot(&entries, about, snapshot, &mut checked, setting).await?;
        of_outcomes(&entries, about.run, &mut checked, setting).await?;
        match target {
            Some(address) => of_target(&entries, about, address, &mut checked, setting).await?,
            None => checked.not_checked.push("the target: --target names it".to_owned()),
        }
    } else if checked.problems.is_empty() {
        checked.problem("bundle", ABOUT, "it is missing, or does not read");
    }
    checked.about = about;
    checked.clean = checked.problems.is_empty();
    Ok(checked)
}

/// The bundle against itself.
fn of_bundle(bytes: &[u8], checked: &mut Checked) -> BTreeMap<String, Vec<u8>> {
    let opened = archive::read(bytes);
    let sums = opened.entries.get(SUMS).map(|sums| String::from_utf8_lossy(sums).into_owned()).unwrap_or_default();
    let said: BTreeMap<&str, &str> =
        sums.lines().filter_map(|line| line.split_once("  ")).map(|(hash, name)| (name, hash)).collect();
    for (name, content) in opened.entries.iter().filter(|(name, _)| *name != SUMS) {
        checked.entries += 1;
        match said.get(name.as_str()) {
            Some(hash) if *hash == sha256(content) => {}
            Some(_) => checked.problem("bundle", name, "its SHA-256 is not that of SHA256SUMS"),
            None => checked.problem("bundle", name, "SHA256SUMS does not name it"),
        }
    }
    for name in said.keys().filter(|name| !opened.entries.contains_key(**name)) {
        checked.problem("bundle", *name, "it is missing, or its record was changed");
    }
    for name in &opened.changed {
        if !checked.problems.iter().any(|problem| problem.name == *name) {
            checked.problem("bundle", name, "its checksum in the archive is another one");
        }
    }
    if !opened.entries.contains_key(SUMS) {
        checked.problem("bundle", SUMS, "it is missing, or its record was changed");
    }
    if let Some(at) = opened.differs_at
        && checked.problems.is_empty()
    {
        checked.problem("bundle", format!("byte {at}"), "the archive's own records were changed");
    }
    opened.entries
}

async fn of_snapshot(
    entries: &BTreeMap<String, Vec<u8>>,
    about: &About,
    place: Option<Location>,
    checked: &mut Checked,
    setting: &Setting,
) -> Result<()> {
    let place = match place {
        Some(place) => place,
        None => Location::parse(&about.snapshot_place)?,
    };
    let Ok(Some(manifest)) = place.get(MANIFEST).await else {
        checked.not_checked.push(format!("the snapshot: it is not at {place}; --snapshot names another place"));
        return Ok(());
    };
    if entries.get(SNAPSHOT).is_none_or(|said| *said != manifest) {
        checked.problem("snapshot", MANIFEST, "it is not the one in the bundle");
    }
    let snapshot = match Snapshot::open(place).await {
        Ok(snapshot) => snapshot,
        Err(error) if matches!(error.kind(), Kind::Corrupt | Kind::Config) => return Ok(()),
        Err(error) => return Err(error),
    };
    let found = snapshot.verify(setting.progress.as_ref(), &setting.cancel).await?;
    checked.snapshot_files = Some(found.files);
    for bad in found.bad {
        checked.problem("snapshot", bad.file, &bad.problem);
    }
    for stray in found.strays {
        checked.problem("snapshot", stray, "it is no file of the snapshot");
    }
    Ok(())
}

async fn of_outcomes(
    entries: &BTreeMap<String, Vec<u8>>,
    run: Uuid,
    checked: &mut Checked,
    setting: &Setting,
) -> Result<()> {
    let Ok(said) = listed(entries) else { return Ok(()) };
    let there = hashes::of(&OutcomeStore::open(&setting.place()?, &run.to_string()), setting).await?;
    if there.is_empty() {
        checked.not_checked.push("the outcomes: the run is not in this workspace; --dir names it".to_owned());
        return Ok(());
    }
    checked.outcome_files = Some(said.len() as u64);
    for (name, stored) in &said {
        match there.get(name) {
            None => checked.problem("outcomes", name, "it is missing"),
            Some(found) if found != stored => checked.problem("outcomes", name, "it was changed: its hash differs"),
            Some(_) => {}
        }
    }
    for name in there.keys().filter(|name| !said.contains_key(*name)) {
        checked.problem("outcomes", name, "it was not there");
    }
    Ok(())
}

async fn of_target(
    entries: &BTreeMap<String, Vec<u8>>,
    about: &About,
    address: &Address,
    checked: &mut Checked,
    setting: &Setting,
) -> Result<()> {
    let Ok(Some(said)) = read::<Ledger>(entries, LEDGER) else {
        checked.not_checked.push("the target: the bundle was made without one".to_owned());
        return Ok(());
    };
    let connection = address.connect("rehome evidence").await?;
    let history =
        if ledger::exists(&connection).await? { ledger::history(&connection, about.run).await? } else { Vec::new() };
    let Some(at) = history.iter().position(|past| past.run == about.run) else {
        checked.problem("ledger", format!("runs {}", about.run), "the target does not know the run");
        return Ok(());
    };
    let there = asked(address, about.run, &said.mappings).await?;
    if about.target.is_some_and(|target| target != there.0) {
        checked.problem("target", there.0.to_string(), "it is another database than that of the bundle");
    }
    let later = history[at + 1..].iter().filter(|run| run.state != "rolled_back").count();
    rows(&said.rows, &there.2.rows, later > 0, checked);
    if later > 0 {
        let told = format!("rows of tables and of the quarantine: {later} later runs have loaded the target");
        checked.not_checked.push(told);
    } else {
        for (table, rows) in &said.tables {
            let now = there.2.tables.get(table).copied().unwrap_or_default();
            if now != *rows {
                checked.problem("tables", table, &format!("it has {now} rows, and had {rows}"));
            }
        }
    }
    verified(about, address, checked, setting).await
}

/// The rows of the ledger, one by one.
fn rows(said: &[Testified], there: &[Testified], later: bool, checked: &mut Checked) {
    let compared = |row: &&Testified| !(later && OF_LATER_RUNS.contains(&row.part.as_str()));
    let (said, there): (Vec<_>, Vec<_>) =
        (said.iter().filter(compared).collect(), there.iter().filter(compared).collect());
    checked.ledger_rows = Some(said.len() as u64);
    let names: BTreeSet<(&str, &str)> =
        said.iter().chain(&there).map(|row| (row.part.as_str(), row.name.as_str())).collect();
    let mut by: BTreeMap<(&str, &str), [Vec<String>; 2]> = BTreeMap::new();
    for (side, rows) in [&said, &there].into_iter().enumerate() {
        for row in rows {
            by.entry((&row.part, &row.name)).or_default()[side].push(row.row.to_string());
        }
    }
    for (part, name) in names {
        let Some([before, now]) = by.get(&(part, name)) else { continue };
        let problem = match (before.len(), now.len()) {
            _ if before == now => continue,
            (_, 0) => "it is gone",
            (0, _) => "it was not there",
            _ => "it was changed",
        };
        checked.problem("ledger", format!("{part} {name}"), problem);
    }
}

/// The rows themselves, where the run is in this workspace.
async fn verified(about: &About, address: &Address, checked: &mut Checked, setting: &Setting) -> Result<()> {
    if checked.outcome_files.is_none()
        || checked.problems.iter().any(|problem| problem.part != "ledger" && problem.part != "tables")
    {
        checked
            .not_checked
            .push("the target's rows: they are compared with outcomes that are here, and whole".to_owned());
        return Ok(());
    }
    let asked = VerifyAsked { run: about.run.to_string(), target: address.clone(), flows: Vec::new(), sample: None };
    match Box::pin(run::verify(&asked, setting)).await {
        Ok(found) if found.clean => Ok(()),
        Ok(found) => {
            for flow in found.found.flows.iter().filter(|flow| !flow.clean()) {
                checked.problem("target", &flow.table, &format!("rows of {} are not what the outcomes say", flow.flow));
            }
            checked.problem("target", about.run.to_string(), &found.found.summary());
            Ok(())
        }
        Err(error) if matches!(error.kind(), Kind::Config | Kind::Corrupt | Kind::Drift) => {
            checked.problem("target", about.run.to_string(), error.message());
            Ok(())
        }
        Err(error) => Err(error),
    }
}
