//! Owns how stored Parquet files become tables of a session: immutable files, their order where it is declared.
//! Must not know: what the files hold.

use std::collections::BTreeSet;
use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, SchemaRef};
use datafusion::catalog::TableProvider;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::datasource::empty::EmptyTable;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl};
use datafusion::datasource::{ViewTable, provider_as_source, source_as_provider};
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, col, ident, lit};

use super::Engine;
use super::dialect::Printed;
use super::functions::{NUMERIC, numeric, source_row};
use crate::error::{Error, Result};
use crate::key::{PG_TYPE, is_numeric};
use crate::storage::Location;

/// Parquet files that together are one table.
pub struct Stored<'a> {
    pub location: &'a Location,
    /// Relative to the location, in the order of `sorted_by`.
    pub files: Vec<String>,
    pub schema: SchemaRef,
    /// Columns by which the rows of all files, one file after the other, are sorted; empty if they are not.
    pub sorted_by: Vec<String>,
}

impl Stored<'_> {
    /// The table, for registering. Without files it is an empty one.
    ///
    /// # Errors
    /// [`crate::error::Kind::Unexpected`] when the files cannot be addressed.
    pub fn provider(&self, engine: &Engine) -> Result<Arc<dyn TableProvider>> {
        if self.files.is_empty() {
            return Ok(Arc::new(EmptyTable::new(self.schema.clone())));
        }
        engine.open_store(self.location);
        let defect = |_| Error::unexpected("stored files cannot be addressed");
        let urls = self
            .files
            .iter()
            .map(|file| ListingTableUrl::try_new(self.location.url(file), None))
            .collect::<Result<Vec<_>, _>>()
            .map_err(defect)?;
        let order = self.sorted_by.iter().map(|column| ident(column).sort(true, false)).collect::<Vec<_>>();
        let mut options = ListingOptions::new(Arc::new(ParquetFormat::default()));
        if !order.is_empty() {
            options = options.with_file_sort_order(vec![order]);
        }
        let config = ListingTableConfig::new_with_multi_paths(urls)
            .with_listing_options(options)
            .with_schema(self.schema.clone());
        Ok(Arc::new(ListingTable::try_new(config).map_err(defect)?))
    }
}

/// A stored column as queries have it: numeric of any size, which is stored as text, is a type of its own there.
#[must_use]
pub fn as_queried(field: &Field) -> Expr {
    let column = col(datafusion::common::Column::from_name(field.name()));
    if is_numeric(field) { numeric(column).alias(field.name()) } else { column }
}

/// A column of a result as it is stored, which [`as_queried`] undoes: numeric of any size is text that says so.
///
/// # Errors
/// [`crate::error::Kind::Unexpected`] for an array that is not of the field's type.
pub fn as_stored(field: &Field, array: &ArrayRef) -> Result<(Field, ArrayRef)> {
    let unfit = |_| Error::unexpected("a column of a result cannot be stored");
    let (kind, declared) = match field.data_type() {
        kind if *kind == NUMERIC => (DataType::Utf8, "numeric"),
        // Parquet has no form for months, days and microseconds.
        DataType::Interval(_) => (DataType::Utf8, "interval"),
        DataType::Dictionary(_, values) => {
            let plain = field.clone().with_data_type(values.as_ref().clone());
            return Ok((plain, cast(array, values).map_err(unfit)?));
        }
        _ => return Ok((field.clone(), array.clone())),
    };
    let printed = Printed::new(field, array)?;
    let texts = (0..array.len()).map(|row| printed.text(row)).collect::<Result<Vec<_>>>()?;
    let texts = Arc::new(texts.iter().map(Option::as_deref).collect::<StringArray>());
    let mut metadata = field.metadata().clone();
    metadata.insert(PG_TYPE.to_owned(), declared.to_owned());
    Ok((Field::new(field.name(), kind, true).with_metadata(metadata), texts))
}

/// The files that a plan reads, as URLs.
///
/// # Errors
/// [`crate::error::Kind::Unexpected`] for a plan that cannot be walked.
pub fn files_read(plan: &LogicalPlan) -> Result<BTreeSet<String>> {
    let mut files = BTreeSet::new();
    plan.apply_with_subqueries(|node| {
        if let LogicalPlan::TableScan(scan) = node
            && let Ok(table) = source_as_provider(&scan.source)
            && let Some(stored) = table.downcast_ref::<ListingTable>()
        {
            files.extend(stored.table_paths().iter().map(|url| url.as_str().to_owned()));
        }
        Ok(TreeNodeRecursion::Continue)
    })
    .map_err(|_| Error::unexpected("a plan cannot be walked"))?;
    Ok(files)
}

/// A view of a table that offers each row whole as the struct `_row`: pruned where nobody asks for it.
/// `members` gives, for each member, its name and its column; without any, there is no `_row`.
///
/// # Errors
/// [`crate::error::Kind::Unexpected`] when the view cannot be planned.
pub fn with_row(table: Arc<dyn TableProvider>, members: &[(String, Expr)]) -> Result<Arc<dyn TableProvider>> {
    let defect = |_| Error::unexpected("the view of a source table cannot be planned");
    let schema = table.schema();
    let mut columns: Vec<Expr> = schema.fields().iter().map(|field| as_queried(field)).collect();
    if !members.is_empty() {
        let args = members.iter().flat_map(|(name, value)| [lit(name.clone()), value.clone()]).collect();
        columns.push(source_row().call(args).alias("_row"));
    }
    let plan = LogicalPlanBuilder::scan("source", provider_as_source(table), None)
        .and_then(|builder| builder.project(columns))
        .and_then(LogicalPlanBuilder::build)
        .map_err(defect)?;
    Ok(Arc::new(ViewTable::new(plan, None)))
}
