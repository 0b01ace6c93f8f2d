//! Owns how the rows of a pipeline's report become a table: heads, numbers with their digits aligned, texts.
//! Must not know: what they mean.

use serde::Serialize;
use serde_json::{Map, Value};

use crate::report::words::{grouped, is_decimal, is_number};

/// The most rows of a table on the page; the JSON has the others.
const MOST: usize = 100;
/// The most digits after a point.
const DIGITS: usize = 6;

/// A table.
#[derive(Debug, Default, Serialize)]
pub struct Table {
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Cell>>,
    /// Rows that are not shown.
    pub more: u64,
}

#[derive(Debug, Serialize)]
pub struct Column {
    /// As the query names it.
    pub name: String,
    pub title: String,
    /// Does it hold numbers?
    pub number: bool,
}

#[derive(Debug, Serialize)]
pub struct Cell {
    pub text: String,
    /// As the JSON has it.
    pub value: String,
}

impl Table {
    /// Makes a table of rows that have the same columns.
    #[must_use]
    pub fn new(rows: &[Map<String, Value>]) -> Self {
        let Some(first) = rows.first() else { return Self::default() };
        let column = |name: &String| Column {
            name: name.clone(),
            title: spoken(name),
            number: rows.iter().any(|row| row.get(name).is_some_and(is_number)),
        };
        let columns: Vec<Column> = first.keys().map(column).collect();
        let digits: Vec<usize> = columns.iter().map(|column| digits(rows, &column.name)).collect();
        let cells = |row: &Map<String, Value>| {
            let cells = columns.iter().zip(&digits).enumerate();
            cells
                .map(|(nth, (column, digits))| cell(row.get(&column.name), *digits, nth == 0 || names(&column.name)))
                .collect()
        };
        let shown = rows.iter().take(MOST).map(cells).collect();
        Self { rows: shown, more: rows.len().saturating_sub(MOST) as u64, columns }
    }
}

/// A name as one would say it.
#[must_use]
pub fn spoken(name: &str) -> String {
    name.replace('_', " ")
}

/// Are its numbers names, and not counts?
fn names(column: &str) -> bool {
    column == "year" || column == "id" || column.ends_with("_id") || column.ends_with("_year")
}

/// The digits after the point that a column needs.
fn digits(rows: &[Map<String, Value>], column: &str) -> usize {
    let needed = |number: f64| number.to_string().split_once('.').map_or(0, |(_, digits)| digits.len());
    let numbers = rows.iter().filter_map(|row| row.get(column)).filter(|cell| cell.is_f64()).filter_map(Value::as_f64);
    numbers.map(needed).max().unwrap_or(0).min(DIGITS)
}

fn cell(cell: Option<&Value>, digits: usize, name: bool) -> Cell {
    let text = match cell {
        None | Some(Value::Null) => "–".to_owned(),
        Some(Value::String(text)) if is_decimal(text) => grouped(text),
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) if name => number.to_string(),
        Some(Value::Number(number)) => match number.as_f64() {
            Some(close) if digits > 0 => grouped(&format!("{close:.digits$}")),
            Some(close) if number.is_f64() => grouped(&format!("{close:.0}")),
            _ => grouped(&number.to_string()),
        },
        Some(other) => other.to_string(),
    };
    let value = match cell {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    Cell { text, value }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Table;

    #[test]
    fn digits_are_aligned_and_years_are_no_counts() {
        let rows = json!([{"year": 2018, "rows": 12345, "percent": 100, "sum": "8561274.30", "by": null},
            {"year": 2019, "rows": 7, "percent": 98.39, "sum": "-0.05", "by": "1.x"}]);
        let rows: Vec<_> = rows.as_array().unwrap().iter().map(|row| row.as_object().unwrap().clone()).collect();
        let table = Table::new(&rows);
        let texts: Vec<Vec<&str>> =
            table.rows.iter().map(|row| row.iter().map(|cell| cell.text.as_str()).collect()).collect();
        assert_eq!(texts, [["2018", "12,345", "100.00", "8,561,274.30", "–"], ["2019", "7", "98.39", "-0.05", "1.x"]]);
        assert_eq!(table.rows[0][1].value, "12345");
        let numbers: Vec<bool> = table.columns.iter().map(|column| column.number).collect();
        assert_eq!(numbers, [true, true, true, true, false]);
    }
}
