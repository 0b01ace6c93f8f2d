//! Owns the question whether a column holds values that its exact type cannot carry. Must not know: how rows are read.

use super::catalog::Table;
use super::sql;
use super::types::Carry;
use crate::error::Result;
use crate::server::Connection;
use crate::server::sql::fill;

/// Turns the columns that hold such values into text columns: a NaN in `numeric(10,2)`, a time of 24:00, an array of
/// two dimensions. Asks only where there are columns in doubt, and looks at the whole table then.
///
/// # Errors
/// What the server says.
pub(super) async fn survey(server: &Connection, table: &mut Table) -> Result<()> {
    let doubts: Vec<(usize, &'static str)> =
        (table.columns.iter().enumerate()).filter_map(|(place, column)| Some((place, column.carry.doubt()?))).collect();
    if doubts.is_empty() {
        return Ok(());
    }
    let tests = doubts.iter().map(|(place, test)| sql::of_column(test, &table.columns[*place].name));
    let tests = tests.collect::<Result<Vec<_>>>()?.join(", ");
    let query = fill(sql::SURVEY, &[("tests", &tests), ("table", &table.listed.relation()?)]);
    let found: Vec<bool> = server.query_one(&query, &[]).await?.try_get("found")?;
    for ((place, _), found) in doubts.into_iter().zip(found) {
        if found {
            table.columns[place].carry = Carry::Text;
        }
    }
    Ok(())
}
