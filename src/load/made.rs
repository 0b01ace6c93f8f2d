//! Owns the ids that the target's own defaults make for rows: those that rows of earlier runs have, and new ones for others.
//! Must not know: which rows there are.

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, FixedSizeBinaryArray, StringArray};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use uuid::Uuid;

use super::Loader;
use crate::error::{At, Context, Error, Kind, Result};
use crate::flow::Flow;
use crate::ledger;
use crate::outcome::Made;
use crate::target::Column;

impl Loader {
    /// New ids for a flow's rows, as texts: as many as its source has `rows`.
    ///
    /// # Errors
    /// [`Kind::Drift`] when its column has no default any more; what the server says.
    pub async fn made_ids(&self, flow: &Flow, rows: u64) -> Result<Vec<String>> {
        let table = self.catalog.require(&flow.target).at(At::Flow, &flow.name)?;
        let column = table.column(&flow.row.id_column);
        let default = column.and_then(Column::made_by).ok_or_else(|| {
            Error::new(
                Kind::Drift,
                format!("{} has no default, so the target makes no value for it", flow.row.id_column),
            )
            .at(At::Flow, &flow.name)
            .at(At::Table, table.full_name())
            .hint("say id = \"given\" in the flow's header, and give it as _id")
        })?;
        if let Some(sequence) = column.and_then(|column| column.sequence.as_deref()) {
            ledger::note_sequence(&self.coordinator, self.run.run_id, sequence).await?;
        }
        ledger::made_ids(&self.coordinator, self.run.run_id, &flow.name, rows, &default).await.at(At::Flow, &flow.name)
    }
}

/// Ids as texts, in the types of outcomes.
///
/// # Errors
/// [`Kind::Unexpected`] for a text that is none.
pub fn typed(texts: Vec<String>, made: Made) -> Result<ArrayRef> {
    let texts: ArrayRef = Arc::new(StringArray::from(texts));
    let unfit = || Error::unexpected("an id that the target made is not of its column's type");
    match made {
        Made::Integer => cast(&texts, &DataType::Int64).map_err(|_| unfit()),
        Made::Text => Ok(texts),
        Made::Uuid => {
            let uuid = |text: Option<&str>| text.and_then(|text| Uuid::parse_str(text).ok()).ok_or_else(unfit);
            let uuids = texts.as_string::<i32>().iter().map(uuid).collect::<Result<Vec<_>>>()?;
            let uuids = uuids.iter().map(|uuid| Some(uuid.as_bytes()));
            let array = FixedSizeBinaryArray::try_from_sparse_iter_with_size(uuids, 16).map_err(|_| unfit())?;
            Ok(Arc::new(array))
        }
    }
}
