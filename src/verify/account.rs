//! Owns whether the ledger's own account adds up: every chunk of the outcomes is claimed once, with as many rows as it has.
//! Must not know: the rows themselves.

use std::collections::BTreeMap;

use super::Context;
use super::found::{Miscounted, Verification};
use crate::error::Result;
use crate::ledger::{self, Claimed, FlowOfRun};
use crate::outcome::Outcome;
use crate::outcomes::FlowOutcomes;
use crate::server::Connection;

const PIECE: &str = "piece:";
const AGAIN: &str = "again:";

/// Compares what the ledger counts of the run's flows.
pub(super) async fn all(context: &Context<'_>, connection: &Connection, found: &mut Verification) -> Result<()> {
    let run = context.subject.run;
    let chunks = ledger::claimed(connection, run).await?;
    let own = context.history.iter().find(|past| past.run == run);
    for (flow, verified) in context.subject.flows.iter().zip(&mut found.flows) {
        let none = BTreeMap::new();
        let claimed = chunks.get(&(run, flow.flow.clone())).unwrap_or(&none);
        let of_run = own.and_then(|own| own.flows.iter().find(|of_run| of_run.flow == flow.flow));
        verified.ledger = of_flow(context, flow, of_run, claimed);
    }
    Ok(())
}

fn of_flow(
    context: &Context<'_>,
    flow: &FlowOutcomes,
    of_run: Option<&FlowOfRun>,
    claimed: &BTreeMap<String, Claimed>,
) -> Vec<Miscounted> {
    let whole = |what: &str| Miscounted { chunk: None, what: what.to_owned() };
    let Some(of_run) = of_run else { return vec![whole("the run is not noted to have loaded the flow")] };
    let mut found = Vec::new();
    if !of_run.done {
        found.push(whole("the flow is not noted as done"));
    }
    let pieces = claimed.keys().filter(|chunk| chunk.starts_with(PIECE)).count();
    let by_files = claimed.keys().any(|chunk| !chunk.starts_with(PIECE) && !chunk.starts_with(AGAIN));
    if pieces > 0 || !of_run.full && !by_files {
        found.extend(of_pieces(context, flow, claimed, pieces));
    } else {
        found.extend(of_files(flow, claimed));
    }
    found
}

/// A chunk is a file of outcomes.
fn of_files(flow: &FlowOutcomes, claimed: &BTreeMap<String, Claimed>) -> Vec<Miscounted> {
    let mut left: BTreeMap<&String, &Claimed> = claimed.iter().filter(|(chunk, _)| !chunk.starts_with(AGAIN)).collect();
    let mut found = Vec::new();
    let loaded = |outcome| matches!(outcome, Outcome::Migrated | Outcome::Rejected);
    for file in flow.files.iter().filter(|file| loaded(file.outcome) && file.rows > 0) {
        let chunk = file.chunk();
        let what = match left.remove(&chunk) {
            None => "not claimed".to_owned(),
            Some(claimed) if claimed.rows + claimed.refused != file.rows => {
                format!("{} rows and {} refused are counted, of {}", claimed.rows, claimed.refused, file.rows)
            }
            Some(_) => continue,
        };
        found.push(Miscounted { chunk: Some(chunk), what });
    }
    let unknown = left.into_keys().map(|chunk| Miscounted {
        chunk: Some(chunk.clone()),
        what: "claimed, and no file of the outcomes".to_owned(),
    });
    found.extend(unknown);
    found
}

/// A chunk is a piece of a difference: they are numbered.
fn of_pieces(
    context: &Context<'_>,
    flow: &FlowOutcomes,
    claimed: &BTreeMap<String, Claimed>,
    pieces: usize,
) -> Vec<Miscounted> {
    let mut found = Vec::new();
    for number in 1..=pieces {
        let chunk = format!("{PIECE}{number:06}");
        if !claimed.contains_key(&chunk) {
            found.push(Miscounted { chunk: Some(chunk), what: "not claimed".to_owned() });
        }
    }
    let counted = claimed.iter().filter(|(chunk, _)| chunk.starts_with(PIECE));
    let counted: u64 = counted.map(|(_, claimed)| claimed.rows + claimed.refused).sum();
    let brought = context.subject.said.and_then(|said| said.brought.get(&flow.flow));
    if let Some(brought) = brought.filter(|brought| **brought != counted) {
        found.push(Miscounted {
            chunk: None,
            what: format!("{counted} rows are counted, of {brought} new and changed"),
        });
    }
    found
}
