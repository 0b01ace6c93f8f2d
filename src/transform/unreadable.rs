//! Owns the rows that the extraction could not read exactly: no flow sees them, and each flow of their table rejects them.
//! Must not know: why they could not be read, or where outcomes are stored.

use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray, StructArray, new_null_array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, SchemaRef};
use datafusion::logical_expr::{Expr, lit};
use datafusion::prelude::ident;
use futures::StreamExt;

use super::execute::no_warnings;
use crate::diagnosis::{planning, running};
use crate::engine::Engine;
use crate::error::{At, Error, Result};
use crate::flow::{Flow, SOURCE};
use crate::outcome::{Outcome, SOURCE_ROW, UNREADABLE};
use crate::snapshot::{REFUSED, Snapshot, Table};
use crate::views::{reason_schema, source_row};

/// The rejects of a flow that come of its table's unreadable rows, with what could be read of them.
///
/// # Errors
/// [`crate::error::Kind::Corrupt`] for files that are not what the manifest says, [`crate::error::Kind::Config`] for
/// keys that could not be read.
pub async fn rejects(
    engine: &Engine,
    flow: &Flow,
    key: &arrow::datatypes::Field,
    snapshot: &Snapshot,
    table: &Table,
    name: &str,
) -> Result<Vec<RecordBatch>> {
    let mut rejects = Vec::new();
    for file in table.refused.iter().flat_map(|refused| &refused.files) {
        let told = |error| planning(&error, flow.text(), &[], None);
        let frame = engine.rows(snapshot.read(file).await?)?;
        let part = |column: &String| if column == SOURCE { lit(name).alias(SOURCE) } else { ident(column) };
        let mut columns: Vec<Expr> = flow.key.iter().map(part).collect();
        columns.push(source_row(engine, &frame, REFUSED)?);
        let mut rows = engine.stream(frame.select(columns).map_err(told)?, flow.text(), None).await?;
        while let Some(batch) = rows.next().await {
            let batch = batch.map_err(|error| running(&error, &flow.file))?;
            rejects.push(reject(&batch, flow, reason_schema(key, Outcome::Rejected))?);
        }
    }
    Ok(rejects)
}

fn reject(rows: &RecordBatch, flow: &Flow, schema: SchemaRef) -> Result<RecordBatch> {
    let unfit = || {
        Error::config("a row that could not be read has no readable key")
            .at(At::Flow, &flow.name)
            .hint("correct the row in the source, or name another key")
    };
    let mut parts: Vec<ArrayRef> = flow.key.iter().filter_map(|name| rows.column_by_name(name).cloned()).collect();
    if flow.expand {
        parts.push(Arc::new(Int64Array::from(vec![0; rows.num_rows()])));
    }
    let key: ArrayRef = match schema.field(0).data_type() {
        DataType::Struct(members) => {
            let parts = members.iter().zip(&parts).map(|(member, part)| cast(part, member.data_type()));
            let parts = parts.collect::<Result<Vec<_>, _>>().map_err(|_| unfit())?;
            Arc::new(StructArray::try_new(members.clone(), parts, None).map_err(|_| unfit())?)
        }
        kind => cast(parts.first().ok_or_else(unfit)?, kind).map_err(|_| unfit())?,
    };
    let reasons = StringArray::from(vec![UNREADABLE; rows.num_rows()]);
    let source = rows.column_by_name(SOURCE_ROW).ok_or_else(unfit)?;
    let source = cast(source, &DataType::Utf8).map_err(|_| unfit())?;
    let none = new_null_array(&DataType::Utf8, rows.num_rows());
    let columns: Vec<ArrayRef> = vec![key, Arc::new(reasons), no_warnings(rows.num_rows()), none.clone(), none, source];
    RecordBatch::try_new(schema, columns).map_err(|_| unfit())
}
