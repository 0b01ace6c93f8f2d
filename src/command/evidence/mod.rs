//! Owns what a bundle of evidence of a run is, and how it is made: all that shows what the run was made of and what it did, in one
//! file that can be checked later. Must not know: how it was typed, or how the result is shown. No value of a cell is in it.

mod archive;
mod check;
mod hashes;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use check::{Checked, Problem, check};
use hashes::Stored;

use crate::error::{At, Error, Kind, Result};
use crate::ledger::{self, Testified};
use crate::pipeline::Pipeline;
use crate::report::{Report, page};
use crate::run::{self, Record, Setting, VerifyAsked};
use crate::server::Address;
use crate::snapshot::{MANIFEST, Snapshot};
use crate::storage::{Location, sha256};

/// The form of bundles that is written here.
const FORM: u32 = 1;
const ABOUT: &str = "bundle.json";
const OUTCOMES: &str = "outcomes.json";
const LEDGER: &str = "ledger.json";
const SNAPSHOT: &str = "snapshot/manifest.json";
const VERIFICATION: &str = "verification.json";
/// In the form of `sha256sum --check`.
const SUMS: &str = "SHA256SUMS";

/// What a bundle is of: its `bundle.json`.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct About {
    /// Of the form of bundles: 1.
    pub form: u32,
    pub run: Uuid,
    pub pipeline: String,
    /// The SHA-256 of the rules: runs with the same one applied the same rules.
    pub pipeline_hash: String,
    /// The id of the snapshot, and where it lay.
    pub snapshot: String,
    pub snapshot_place: String,
    /// Were values of the snapshot masked?
    pub masked: bool,
    /// The identity that the target gave itself; none where no target was asked.
    pub target: Option<Uuid>,
    /// Was the target read back at the run's end, and found to be what the outcomes say?
    pub verified: bool,
    pub versions: Versions,
}

/// Which programs had to do with the run.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
pub struct Versions {
    /// The rehome that made the bundle, that ran, and that took the snapshot.
    pub bundle: String,
    pub run: String,
    pub snapshot: String,
    /// The PostgreSQL of the source, and of the target.
    pub source: Option<String>,
    pub target: Option<String>,
}

/// What the target said: `ledger.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ledger {
    /// The table of its mappings: schema and name.
    pub mappings: (String, String),
    /// The rows of each table that the run has loaded, and of its mappings, when the bundle was made.
    pub tables: BTreeMap<String, u64>,
    pub rows: Vec<Testified>,
}

/// A bundle that was made.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Bundled {
    /// The file.
    pub bundle: String,
    /// Its SHA-256: whoever keeps it elsewhere can tell the bundle from any other.
    pub sha256: String,
    pub bytes: u64,
    /// What is in it, with the SHA-256 of each.
    pub entries: BTreeMap<String, String>,
    #[serde(flatten)]
    pub about: About,
}

/// Makes the bundle of a finished run, the same bytes each time that it is asked for and nothing has changed.
///
/// # Errors
/// As [`run::report`]; [`Kind::Corrupt`] for stored files that are not as they were written; with a target, as [`run::verify`].
pub async fn make(
    record: &Record,
    pipeline: &Pipeline,
    target: Option<&Address>,
    setting: &Setting,
) -> Result<(Bundled, Vec<u8>)> {
    let snapshot = Snapshot::open(Location::parse(&record.snapshot)?).await?;
    snapshot.check().await?;
    let report = run::report(record, pipeline, setting).await?;
    let mut entries: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    // What reports of the pipeline show are rows: they stay where they are.
    let report = Report { reports: BTreeMap::new(), titles: BTreeMap::new(), ..report };
    entries.insert("report.html".to_owned(), page::html(&report)?.into_bytes());
    entries.insert("report.json".to_owned(), text(&report)?);
    let manifest = snapshot.location().get(MANIFEST).await?.unwrap_or_default();
    entries.insert(SNAPSHOT.to_owned(), manifest.to_vec());
    entries.insert(OUTCOMES.to_owned(), text(&hashes::of_run(record, setting).await?)?);
    for (name, rules) in crate::rules::files(pipeline)? {
        entries.insert(format!("rules/{name}"), rules.into_bytes());
    }
    let mut about = about(record, &snapshot);
    if let Some(address) = target {
        let (target, version, ledger) = asked(address, record.run, &pipeline.mappings).await?;
        (about.target, about.versions.target) = (Some(target), version);
        entries.insert(LEDGER.to_owned(), text(&ledger)?);
        entries.insert(VERIFICATION.to_owned(), verification(record, address, setting).await?);
    }
    entries.insert(ABOUT.to_owned(), text(&about)?);
    let hashes: BTreeMap<String, String> = entries.iter().map(|(name, bytes)| (name.clone(), sha256(bytes))).collect();
    let sums = hashes.iter().fold(String::new(), |sums, (name, hash)| sums + hash + "  " + name + "\n");
    entries.insert(SUMS.to_owned(), sums.into_bytes());
    let bytes = archive::write(&entries)?;
    let (hash, length) = (sha256(&bytes), bytes.len() as u64);
    Ok((Bundled { bundle: String::new(), sha256: hash, bytes: length, entries: hashes, about }, bytes))
}

fn text<T: Serialize>(value: &T) -> Result<Vec<u8>> {
    let mut text =
        serde_json::to_vec_pretty(value).map_err(|_| Error::unexpected("a part of the bundle cannot be written"))?;
    text.push(b'\n');
    Ok(text)
}

fn about(record: &Record, snapshot: &Snapshot) -> About {
    let source = &snapshot.manifest().source;
    About {
        form: FORM,
        run: record.run,
        pipeline: record.name.clone().unwrap_or_default(),
        pipeline_hash: record.pipeline_hash.clone(),
        snapshot: snapshot.id().to_owned(),
        snapshot_place: record.snapshot.clone(),
        masked: source.masked.is_some(),
        target: None,
        verified: record.verified,
        versions: Versions {
            bundle: env!("CARGO_PKG_VERSION").to_owned(),
            run: record.facts.tool_version.clone(),
            snapshot: snapshot.manifest().tool_version.clone(),
            source: source.server_version.clone(),
            target: None,
        },
    }
}

/// What the target says of a run: who it is, its version, and its ledger.
async fn asked(address: &Address, run: Uuid, mappings: &(String, String)) -> Result<(Uuid, Option<String>, Ledger)> {
    let connection = address.connect("rehome evidence").await?;
    let unknown = || {
        Error::config(format!("the target does not know the run {run}"))
            .hint("--target names the database that it loaded; `rehome.runs` there lists its runs")
    };
    if !ledger::exists(&connection).await? {
        return Err(unknown());
    }
    let rows = ledger::testimony(&connection, run).await?;
    if !rows.iter().any(|row| row.part == "runs") {
        return Err(unknown());
    }
    let mut tables: BTreeSet<(String, String)> =
        ledger::flows(&connection, run).await?.into_iter().map(|flow| (flow.schema, flow.table)).collect();
    tables.insert(mappings.clone());
    let mut counted = BTreeMap::new();
    for table in tables {
        let name = format!("{}.{}", table.0, table.1);
        counted.insert(name, ledger::table_rows(&connection, &table).await?);
    }
    let version = connection.query_one(include_str!("../../../sql/control/ledger/version.sql"), &[]).await?;
    Ok((
        ledger::target_id(&connection).await?,
        version.try_get("version").ok(),
        Ledger { mappings: mappings.clone(), tables: counted, rows },
    ))
}

/// What reading the target back finds, but for the time that it takes.
async fn verification(record: &Record, target: &Address, setting: &Setting) -> Result<Vec<u8>> {
    let asked = VerifyAsked { run: record.run.to_string(), target: target.clone(), flows: Vec::new(), sample: None };
    let found = Box::pin(run::verify(&asked, setting)).await?;
    text(&run::VerifiedRun { seconds: 0.0, ..found })
}

/// Reads an entry of a bundle.
fn read<T: for<'a> Deserialize<'a>>(entries: &BTreeMap<String, Vec<u8>>, name: &str) -> Result<Option<T>> {
    let Some(bytes) = entries.get(name) else { return Ok(None) };
    let read = serde_json::from_slice(bytes);
    read.map(Some).map_err(|_| Error::new(Kind::Corrupt, "an entry of the bundle does not read").at(At::File, name))
}

/// The stored files that a bundle lists.
fn listed(entries: &BTreeMap<String, Vec<u8>>) -> Result<BTreeMap<String, Stored>> {
    Ok(read(entries, OUTCOMES)?.unwrap_or_default())
}
