//! Owns what a verification costs, tried out on tables that stand for a target's: rows and mappings are summed up on both sides, as
//! at the end of a first run. Must not know: who made the tables, or whether the sums are equal.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use super::rows::Rows;
use super::scope::Scope;
use super::{Context, Subject, mapped, sums};
use crate::cancel::Cancel;
use crate::error::{Error, Result};
use crate::ledger::Mappings;
use crate::outcomes::FlowOutcomes;
use crate::progress::{Silent, Sink};
use crate::target::{Catalog, Table};

/// Seconds.
#[derive(Debug, Clone, Default)]
pub struct Tried {
    /// By flow.
    pub rows: BTreeMap<String, f64>,
    pub mappings: f64,
    /// Of all together: rows and mappings are compared beside each other.
    pub whole: f64,
    /// Of that, what comes first.
    pub opening: f64,
}

/// Compares the rows of flows with the tables they were loaded into, and their mappings, beside each other.
///
/// # Errors
/// As [`super::run`].
pub async fn tried(
    subject: &Subject<'_>,
    tables: &[(&FlowOutcomes, &Table)],
    (catalog, mappings): (&Catalog, &Mappings),
    session: &str,
    cancel: &Cancel,
) -> Result<Tried> {
    let begun = Instant::now();
    let connect = async || {
        let connection = subject.address.connect(session).await?;
        connection.batch_execute(super::SESSION).await?;
        Ok::<_, Error>(connection)
    };
    let (of_rows, of_mappings) = (connect().await?, connect().await?);
    let hashes = sums::Hashes::of(&of_rows).await?;
    // A verification reads the catalog anew.
    Catalog::read(&of_rows, subject.schema).await?;
    let opening = begun.elapsed().as_secs_f64();
    let (noted, sink): (_, Arc<dyn Sink>) = (BTreeMap::new(), Arc::new(Silent));
    let context = Context { subject, catalog, history: &[], noted: &noted, hashes, cancel };
    let rows = async {
        let mut seconds = BTreeMap::new();
        let rows =
            Rows { subject, catalog, connection: of_rows, history: &[], noted: &noted, hashes, sink: &sink, cancel };
        let scope = Arc::new(Scope::default());
        for (flow, table) in tables {
            let begun = Instant::now();
            rows.all_alike(flow, table, &scope).await?;
            seconds.insert(flow.flow.clone(), begun.elapsed().as_secs_f64());
        }
        Ok(seconds)
    };
    let mapped = async {
        let begun = Instant::now();
        mapped::alike(&context, &of_mappings, mappings.clone()).await?;
        Ok::<_, Error>(begun.elapsed().as_secs_f64())
    };
    let (rows, mappings) = futures::future::try_join(Box::pin(rows), Box::pin(mapped)).await?;
    Ok(Tried { rows, mappings, whole: begun.elapsed().as_secs_f64(), opening })
}
