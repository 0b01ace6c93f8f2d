//! Owns the rows of one reason, a page at a time, as stored outcomes have them. Must not know: how they are shown.

use arrow::array::{Array, AsArray};

use crate::error::{At, Error, Kind, Result};
use crate::key::KeyColumn;
use crate::outcome::{CAUSE_FLOW, CAUSE_KEY, KEY, Outcome, REASON};
use crate::outcomes::OutcomeStore;
use crate::run::{Record, Setting};

/// A row that was rejected.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Rejected {
    pub key: String,
    /// The row whose fate is the cause: its flow and its key.
    pub cause: Option<(String, String)>,
    /// Did the target refuse it?
    pub by_target: bool,
}

/// Rows of one reason, and how many there are.
#[derive(Debug, Clone, Default)]
pub struct Page {
    pub rows: Vec<Rejected>,
    pub all: u64,
}

/// The rows of a flow that have this reason, `count` of them from the one at `from`, by key; those that the target refused are last.
///
/// # Errors
/// [`Kind::Config`] for a flow that the run does not have; [`Kind::Corrupt`] for stored files that are not as they were.
pub async fn page(
    record: &Record,
    (flow, reason): (&str, &str),
    (from, count): (u64, u64),
    setting: &Setting,
) -> Result<Page> {
    let store = OutcomeStore::open(&setting.place()?, &record.run.to_string());
    if !record.flows.iter().any(|known| known == flow) {
        return Err(Error::config(format!("the run has no flow '{flow}'")));
    }
    let gone = || Error::new(Kind::Corrupt, "the outcomes of a flow are missing").at(At::Flow, flow);
    let outcomes = store.flow(flow).await?.ok_or_else(gone)?;
    let mut page = Page::default();
    for file in outcomes.files_of(Outcome::Rejected) {
        for batch in store.read(file).await? {
            let columns = batch.column_by_name(KEY).zip(batch.column_by_name(REASON));
            let Some((keys, reasons)) = columns else { continue };
            let keys = KeyColumn::new(keys.clone())?;
            let text = |name: &str, row: usize| {
                let column = batch.column_by_name(name)?.as_string_opt::<i32>()?;
                column.is_valid(row).then(|| column.value(row).to_owned())
            };
            for (row, _) in reasons.as_string::<i32>().iter().enumerate().filter(|(_, own)| *own == Some(reason)) {
                if (from..from + count).contains(&page.all) {
                    let cause = text(CAUSE_FLOW, row).zip(text(CAUSE_KEY, row));
                    page.rows.push(Rejected { key: keys.text(row)?, cause, by_target: false });
                }
                page.all += 1;
            }
        }
    }
    let refused = record.target.refused.get(flow).and_then(|by| by.get(reason));
    for key in refused.into_iter().flatten() {
        if (from..from + count).contains(&page.all) {
            let cause = record.target.refused_for.get(flow).and_then(|by| by.get(key)).cloned();
            page.rows.push(Rejected { key: key.clone(), cause, by_target: true });
        }
        page.all += 1;
    }
    Ok(page)
}
