//! Owns the proof that the target holds what the outcomes say: rows, mappings and quarantine are read back and compared, value by
//! value. Must not know: how rows were loaded, beyond which of them the target refused.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use crate::cancel::Cancel;
use crate::error::{Error, Kind, Result};
use crate::id::Namespace;
use crate::ledger::{self, Noted, PastRun, Refusal};
use crate::outcomes::{FlowOutcomes, OutcomeStore};
use crate::progress::Sink;
use crate::server::{Address, Connection};
use crate::target::{Catalog, Table, TableName};
use crate::timed;
use tracing::Instrument;
use uuid::Uuid;

mod account;
mod actual;
mod canon;
mod compare;
mod detail;
mod expected;
mod found;
mod hash;
mod hashed;
mod integrity;
mod json;
mod mapped;
mod mapping;
mod number;
mod outcomes;
mod quarantined;
mod rows;
mod scope;
mod structure;
mod sums;
mod trial;

pub use found::{Altered, Compared, Example, FlowVerified, Miscounted, Sampled, Verification, What};
pub use integrity::{Duplicates, Orphans};
pub use outcomes::sum_of;
pub use trial::{Tried, tried};

const SESSION: &str = include_str!("../../sql/control/verify/session.sql");

/// How much is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// The rows of tables, and what holds between them.
    Rows,
    /// As a run does at its end: mappings and rejects too, of flows that it has compared whole.
    Run,
    /// All that is known, also what others have changed since: structure, sequences and the ledger's own counts too.
    Whole,
}

/// What is known of a run beside its outcomes, from where it was stored.
#[derive(Debug, Default)]
pub struct Said {
    /// The rows that the target refused, of all flows.
    pub refused: Vec<Refusal>,
    /// Their whole source rows, as JSON: flow → key; none where they could not be fetched.
    pub sources: Option<HashMap<String, HashMap<String, String>>>,
    /// The rows that differences of a flow brought: new ones and changed ones.
    pub brought: BTreeMap<String, u64>,
}

/// What is verified.
pub struct Subject<'a> {
    pub address: &'a Address,
    /// Where targets without a schema are.
    pub schema: &'a str,
    pub store: &'a OutcomeStore,
    pub flows: &'a [FlowOutcomes],
    pub run: Uuid,
    /// On which its UUIDs rest.
    pub namespace: Namespace,
    /// The mappings table, as the pipeline names it.
    pub mappings: &'a str,
    /// The flows of which only rows that the run moved are compared.
    pub moved_only: &'a BTreeSet<String>,
    pub depth: Depth,
    /// None: what the target refused is what its quarantine says.
    pub said: Option<&'a Said>,
    /// The mappings that no run of ours wrote, and that it found: entity and key.
    pub adopted: &'a HashSet<(String, String)>,
    pub sample: Option<Sampled>,
}

impl Subject<'_> {
    /// The rows of a flow that the target refused, by the UUIDs of the outcomes.
    async fn refused(&self, connection: &Connection, flow: &str) -> Result<HashSet<u128>> {
        let id = |row: &Refusal| row.id.map(|id| id.as_u128());
        Ok(match self.said {
            Some(said) => said.refused.iter().filter(|row| row.flow == flow).filter_map(id).collect(),
            None => ledger::refused(connection, self.run, Some(flow)).await?.iter().filter_map(id).collect(),
        })
    }

    /// The runs up to this one, among those that build on each other.
    fn until<'h>(&self, history: &'h [PastRun]) -> &'h [PastRun] {
        let end = history.iter().position(|run| run.run == self.run).map_or(history.len(), |at| at + 1);
        &history[..end]
    }
}

/// What all parts of a verification look at.
struct Context<'a> {
    subject: &'a Subject<'a>,
    catalog: &'a Catalog,
    /// The runs that build on each other, the oldest first.
    history: &'a [PastRun],
    noted: &'a BTreeMap<TableName, Noted>,
    /// None where the server does not hash as we do.
    hashes: Option<sums::Hashes>,
    cancel: &'a Cancel,
}

/// Reads the target back and compares it with the outcomes. Differences are a result, not an error. Nothing is written, and
/// nothing is locked.
///
/// # Errors
/// Whatever keeps rows from being read: the connection, a changed outcome file, a table that is gone.
pub async fn run(subject: &Subject<'_>, sink: &Arc<dyn Sink>, cancel: &Cancel) -> Result<Verification> {
    // Read now: what was away while rows were loaded is back.
    let connection = connect(subject).await?;
    let catalog = Catalog::read(&connection, subject.schema).await?;
    let history = ledger::history(&connection, subject.run).await?;
    let noted = ledger::noted_tables(&connection, subject.run).await?;
    let hashes = sums::Hashes::of(&connection).await?;
    let context = Context { subject, catalog: &catalog, history: &history, noted: &noted, hashes, cancel };
    // Each on the heap: what they wait for, together, is more than a caller's stack should hold.
    let rows = Box::pin(async {
        let connection = connect(subject).await?;
        rows::Rows { subject, catalog: &catalog, connection, history: &history, noted: &noted, hashes, sink, cancel }
            .all()
            .instrument(timed!("verify.rows"))
            .await
    });
    let beside = Box::pin(async {
        if subject.depth == Depth::Rows {
            return Ok((mapped::Found::default(), BTreeMap::new()));
        }
        let connection = connect(subject).await?;
        let mapped = mapped::all(&context, &connection).instrument(timed!("verify.mappings")).await?;
        let span = timed!("verify.quarantine");
        Ok::<_, Error>((mapped, quarantined::all(&context, &connection).instrument(span).await?))
    });
    let integrity = integrity(subject, &catalog, cancel).instrument(timed!("verify.integrity"));
    let (flows, (mapped, mut quarantined), (orphans, duplicates)) =
        futures::future::try_join3(rows, beside, integrity).await?;
    let mut verification = Verification {
        flows,
        orphans,
        duplicates,
        stray_mappings: mapped.stray,
        sample: subject.sample,
        ..Verification::default()
    };
    let mut mappings = mapped.flows;
    for (place, flow) in verification.flows.iter_mut().enumerate() {
        flow.mappings = mappings.remove(&place);
        flow.quarantine = quarantined.remove(&place);
    }
    if subject.depth == Depth::Whole {
        account::all(&context, &connection, &mut verification).await?;
        structure::all(&context, &connection, &mut verification).await?;
    }
    Ok(verification)
}

async fn connect(subject: &Subject<'_>) -> Result<Connection> {
    let connection = subject.address.connect("rehome verify").await?;
    connection.batch_execute(SESSION).await?;
    Ok(connection)
}

async fn integrity(
    subject: &Subject<'_>,
    catalog: &Catalog,
    cancel: &Cancel,
) -> Result<(Vec<Orphans>, Vec<Duplicates>)> {
    let connection = connect(subject).await?;
    let mut seen = HashSet::new();
    let tables: Vec<&Table> = subject
        .flows
        .iter()
        .filter_map(|flow| catalog.table(&flow.target))
        .filter(|table| seen.insert(table.oid))
        .collect();
    let promises = match subject.depth {
        Depth::Whole => integrity::Promises::Doubted,
        Depth::Rows | Depth::Run => integrity::Promises::Kept,
    };
    let orphans = integrity::orphans(&connection, &tables, promises, cancel).await?;
    Ok((orphans, integrity::duplicates(&connection, &tables, promises, cancel).await?))
}

/// A table that is needed, and that the target does not have any more.
fn gone(table: &str) -> Error {
    Error::new(Kind::Drift, "the target has no such table any more").at(crate::error::At::Table, table)
}
