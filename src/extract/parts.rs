//! Owns how a table is cut into parts of bounded size, in key order where there is one.
//! Must not know: how a part is read. The same rows are always cut at the same places.

use super::catalog::{Column, Sort, Table};
use super::sql;
use super::types::Order;
use crate::error::{Error, Result};
use crate::server::Connection;
use crate::server::sql::{fill, quote_ident};

/// The text of a part's rows takes at most about this many bytes (as far as the first rows tell).
const PART_BYTES: f64 = 32.0 * 1024.0 * 1024.0;
const FEWEST_ROWS: usize = 1024;
/// Key ranges of equal width are as good as counted ones while there are few of them, or few are empty.
const FEW_RANGES: i128 = 64;
/// Rows that fit into a block of the usual size, at the very most about.
const ROWS_PER_BLOCK: f64 = 226.0;
const BLOCK_BYTES: f64 = 8192.0;

/// Which rows of a table a part has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Range {
    All,
    /// From a key, up to but without another one; as texts, column by column.
    Keys {
        low: Option<Vec<String>>,
        high: Option<Vec<String>>,
    },
    /// From a block, up to but without another one.
    Blocks {
        low: u64,
        high: Option<u64>,
    },
}

/// How a table is read.
#[derive(Debug, Clone)]
pub(super) struct Plan {
    /// In the order of their rows; none for a table without any.
    pub ranges: Vec<Range>,
    /// Do the parts, one after the other, give the rows in key order?
    pub sorted: bool,
    /// Rows of a file, at most.
    pub file_rows: usize,
}

/// Cuts a table into parts of at most about `part_rows` rows.
///
/// # Errors
/// What the server says.
pub(super) async fn plan(server: &Connection, table: &Table, part_rows: usize) -> Result<Plan> {
    let relation = table.listed.relation()?;
    let limit = part_rows.max(FEWEST_ROWS);
    if matches!(table.listed.sort, Sort::View | Sort::ForeignTable) {
        // Rows that lie nowhere cannot be asked for by where they lie, and asking anything may cost as much as reading.
        return Ok(Plan { ranges: vec![Range::All], sorted: false, file_rows: limit });
    }
    let key: Option<Vec<&Column>> = table.key.iter().map(|name| table.column(name)).collect();
    let key = key.filter(|key| !key.is_empty()).unwrap_or_default();
    let all_are = |order: fn(&Column) -> bool| !key.is_empty() && key.iter().all(|column| order(column));
    let by_key = all_are(|column| column.carry.order() == Order::Plain);
    let count = fill(sql::COUNT, &[("table", &relation), ("limit", &limit.to_string())]);
    let rows: i64 = server.query_one(&count, &[]).await?.try_get("rows")?;
    if rows == 0 {
        return Ok(Plan {
            ranges: Vec::new(),
            sorted: all_are(|column| column.carry.order() != Order::None),
            file_rows: limit,
        });
    }
    let sorted = all_are(|column| column.carry.order() != Order::None);
    if let Some(cut) = &table.cut {
        return Ok(Plan { ranges: vec![Range::All], sorted, file_rows: cut.file_rows });
    }
    let width = width(server, table, &relation, by_key).await?;
    let mut per_part = limit;
    let fitting = whole(PART_BYTES / width).max(FEWEST_ROWS);
    while per_part > fitting {
        per_part /= 2;
    }
    if usize::try_from(rows).is_ok_and(|rows| rows <= per_part) {
        return Ok(Plan { ranges: vec![Range::All], sorted, file_rows: limit });
    }
    let ranges = if let [only] = key[..]
        && only.carry.is_integer()
    {
        integer_ranges(server, table, &relation, per_part).await?
    } else if by_key {
        counted_ranges(server, table, &relation, per_part).await?
    } else {
        let ranges = block_ranges(server, table, per_part, width).await?;
        return Ok(Plan { ranges, sorted: false, file_rows: limit });
    };
    Ok(Plan { ranges, sorted: true, file_rows: limit })
}

/// The bytes of a wide row, as it is stored. Long values are stored packed: where that says too little, files end when
/// they are full all the same.
async fn width(server: &Connection, table: &Table, relation: &str, by_key: bool) -> Result<f64> {
    let order = |columns: Vec<String>| sql::fragment("order", &[("columns", &columns.join(", "))]);
    let (first, last) = if by_key {
        let last = table.key.iter().map(|name| sql::of_column("descending", name)).collect::<Result<Vec<_>>>()?;
        (order(table.key.iter().map(|name| quote_ident(name)).collect())?, order(last)?)
    } else {
        (String::new(), String::new())
    };
    let own = table.columns.iter().filter(|column| column.piece.is_none());
    let sizes = own.map(|column| sql::of_column("size", &column.name)).collect::<Result<Vec<_>>>()?;
    let size = if sizes.is_empty() { "0".to_owned() } else { sizes.join(" + ") };
    let values = [("table", relation), ("first", &first), ("last", &last), ("size", &size)];
    Ok(server.query_one(&fill(sql::WIDTH, &values), &[]).await?.try_get("width")?)
}

fn whole(number: f64) -> usize {
    // Saturates, as it should.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let whole = number as usize;
    whole
}

fn approximate(number: i64) -> f64 {
    #[allow(clippy::cast_precision_loss)]
    let approximate = number as f64;
    approximate
}

/// A unique integer key has at most as many rows as numbers: ranges of equal width are bounded without counting.
/// They begin at multiples of their width, so that rows that did not change make the same file again.
async fn integer_ranges(server: &Connection, table: &Table, relation: &str, width: usize) -> Result<Vec<Range>> {
    let key = table.key.first().map(|name| quote_ident(name)).unwrap_or_default();
    let bounds = server.query_one(&fill(sql::BOUNDS, &[("key", &key), ("table", relation)]), &[]).await?;
    let (Some(low), Some(high)) = (bounds.try_get::<_, Option<i64>>("low")?, bounds.try_get::<_, Option<i64>>("high")?)
    else {
        return Ok(vec![Range::All]);
    };
    let step = i128::try_from(width).map_err(|_| Error::unexpected("a part of that many rows"))?;
    let (first, last) = (i128::from(low).div_euclid(step), i128::from(high).div_euclid(step));
    if last - first >= FEW_RANGES {
        // Not the planner's estimate: it changes while the rows do not, and the same rows are cut at the same places.
        let rows: i64 = server.query_one(&fill(sql::COUNT_ALL, &[("table", relation)]), &[]).await?.try_get("rows")?;
        if last - first >= FEW_RANGES.max(4 * i128::from(rows) / step) {
            return counted_ranges(server, table, relation, width).await;
        }
    }
    Ok(between((first + 1..=last).map(|place| vec![(place * step).to_string()])))
}

/// Ranges with equally many rows; costs a walk over the key's index.
async fn counted_ranges(server: &Connection, table: &Table, relation: &str, rows: usize) -> Result<Vec<Range>> {
    let texts = table.key.iter().map(|name| sql::of_column("text", name)).collect::<Result<Vec<_>>>()?.join(", ");
    let keys = sql::columns(&table.key);
    let rows = rows.to_string();
    let query = fill(sql::QUANTILES, &[("texts", &texts), ("keys", &keys), ("rows", &rows), ("table", relation)]);
    let bounds: Vec<Vec<String>> =
        server.query(&query, &[]).await?.iter().map(|row| row.try_get("bound")).collect::<Result<_, _>>()?;
    Ok(between(bounds.into_iter()))
}

fn between(bounds: impl Iterator<Item = Vec<String>>) -> Vec<Range> {
    let mut low = None;
    let mut ranges = Vec::new();
    for bound in bounds {
        ranges.push(Range::Keys { low: low.replace(bound.clone()), high: Some(bound) });
    }
    ranges.push(Range::Keys { low, high: None });
    ranges
}

/// Ranges of the table's own blocks, for tables without a key that sorts.
async fn block_ranges(server: &Connection, table: &Table, rows: usize, width: f64) -> Result<Vec<Range>> {
    let blocks: i64 = server.query_one(sql::BLOCKS, &[&table.listed.oid]).await?.try_get(0)?;
    let per_block = (BLOCK_BYTES / width).clamp(1.0, ROWS_PER_BLOCK);
    let step = approximate(i64::try_from(rows).unwrap_or(i64::MAX)) / per_block;
    let step = u64::try_from(whole(step).max(1)).unwrap_or(u64::MAX);
    let blocks = u64::try_from(blocks).unwrap_or_default();
    let mut ranges = Vec::new();
    let mut low = 0;
    while low + step < blocks {
        ranges.push(Range::Blocks { low, high: Some(low + step) });
        low += step;
    }
    ranges.push(Range::Blocks { low, high: None });
    Ok(ranges)
}

impl Range {
    /// The condition of a part.
    pub(super) fn condition(&self, key: &[String]) -> Result<String> {
        let (low, high) = match self {
            Self::All => (None, None),
            Self::Keys { low, high } => {
                let bound = |name: &str, values: &Vec<String>| {
                    sql::fragment(name, &[("columns", &sql::columns(key)), ("values", &sql::literals(values))])
                };
                let low = low.as_ref().map(|values| bound("at_least", values)).transpose()?;
                (low, high.as_ref().map(|values| bound("below", values)).transpose()?)
            }
            Self::Blocks { low, high } => {
                let bound = |name: &str, block: u64| sql::fragment(name, &[("block", &block.to_string())]);
                (Some(bound("from_block", *low)?), high.map(|block| bound("to_block", block)).transpose()?)
            }
        };
        match (low, high) {
            (None, None) => sql::fragment("everything", &[]),
            (Some(only), None) | (None, Some(only)) => Ok(only),
            (Some(low), Some(high)) => sql::fragment("both", &[("low", &low), ("high", &high)]),
        }
    }
}

/// The query of a part.
pub(super) fn query(table: &Table, range: &Range, sorted: bool) -> Result<String> {
    let columns = table.columns.iter().map(Column::selected).collect::<Result<Vec<_>>>()?.join(", ");
    let order = if sorted { order(table)? } else { String::new() };
    let relation = table.listed.relation()?;
    let (sample, condition) = match &table.cut {
        Some(cut) => (cut.clause.as_str(), cut.condition.clone()),
        None => ("", range.condition(&table.key)?),
    };
    let values =
        [("columns", &*columns), ("table", &relation), ("sample", sample), ("range", &condition), ("order", &order)];
    Ok(fill(sql::PART, &values))
}

fn order(table: &Table) -> Result<String> {
    let columns = table.key.iter().map(|name| match table.column(name).map(|column| column.carry.order()) {
        Some(Order::Bytewise) => sql::of_column("bytewise", name),
        _ => sql::of_column("sorted", name),
    });
    sql::fragment("order", &[("columns", &columns.collect::<Result<Vec<_>>>()?.join(", "))])
}

#[cfg(test)]
mod tests {
    use super::{Range, between};

    #[test]
    fn ranges_leave_no_gap() {
        let ranges = between([vec!["10".to_owned()], vec!["20".to_owned()]].into_iter());
        let key = ["id".to_owned()];
        let conditions: Vec<_> = ranges.iter().filter_map(|range| range.condition(&key).ok()).collect();
        assert_eq!(
            conditions,
            [r#"("id") < ('10')"#, r#"("id") >= ('10') and ("id") < ('20')"#, r#"("id") >= ('20')"#]
        );
        assert_eq!(between(std::iter::empty()).len(), 1);
    }

    #[test]
    fn composite_keys_and_blocks() {
        let range = Range::Keys { low: Some(vec!["1".into(), "x'y".into()]), high: None };
        let condition = range.condition(&["a".to_owned(), "b".to_owned()]);
        assert_eq!(condition.ok().as_deref(), Some(r#"("a", "b") >= ('1', 'x''y')"#));
        let condition = Range::Blocks { low: 5, high: Some(9) }.condition(&[]);
        assert_eq!(
            condition.ok().as_deref(),
            Some("ctid >= '(5,0)'::pg_catalog.tid and ctid < '(9,0)'::pg_catalog.tid")
        );
    }
}
