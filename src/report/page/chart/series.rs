//! Owns what of a report's rows is drawn: which columns name a row, which are drawn beside each other.
//! Must not know: how it is drawn.

use serde_json::{Map, Value};

/// The most series of one chart: so many colours can be told apart.
const MOST: usize = 4;

/// The rows of a report, as a chart sees them.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// What each row is called.
    pub labels: Vec<String>,
    /// Are they numbers in ascending order: years, say?
    pub ordered: bool,
    /// The name of each series, and its number in each row.
    pub columns: Vec<(String, Vec<Option<f64>>)>,
}

/// Columns are drawn together when they count the same sort of thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sort {
    Count,
    Percent,
    Mean,
    Amount,
}

impl Series {
    /// Reads the series from rows: names are the first column and the texts that follow it; the numbers after them are
    /// drawn as far as they are of the same sort as the first of them. None when there is nothing to draw.
    #[must_use]
    pub fn new(rows: &[Map<String, Value>]) -> Option<Self> {
        let first = rows.first()?;
        let columns: Vec<&String> = first.keys().collect();
        let text = |column: &&&String| rows.iter().any(|row| row.get(column.as_str()).is_some_and(Value::is_string));
        let names = 1 + columns.iter().skip(1).take_while(text).count();
        let label = |row: &Map<String, Value>| {
            columns[..names].iter().map(|column| shown(row.get(column.as_str()))).collect::<Vec<_>>().join(" → ")
        };
        let numeric = |column: &&&String| {
            rows.iter().any(|row| row.get(column.as_str()).is_some_and(Value::is_number))
                && rows.iter().all(|row| row.get(column.as_str()).is_none_or(|cell| cell.is_number() || cell.is_null()))
        };
        let numbers: Vec<&&String> = columns[names..].iter().filter(numeric).collect();
        let sort = sort(numbers.first()?, rows);
        let drawn = numbers.into_iter().filter(|column| self::sort(column, rows) == sort).take(MOST);
        let cells = |column: &str| rows.iter().map(|row| row.get(column).and_then(Value::as_f64)).collect();
        let steps: Option<Vec<f64>> = rows.iter().map(|row| row.get(columns[0].as_str())?.as_f64()).collect();
        Some(Self {
            labels: rows.iter().map(label).collect(),
            ordered: names == 1 && steps.is_some_and(|steps| steps.is_sorted_by(|a, b| a < b)),
            columns: drawn.map(|column| ((*column).clone(), cells(column.as_str()))).collect(),
        })
    }

    /// Keeps the first rows; gives how many were left out.
    pub fn keep(&mut self, most: usize) -> usize {
        let left = self.labels.len().saturating_sub(most);
        self.labels.truncate(most);
        self.columns.iter_mut().for_each(|(_, cells)| cells.truncate(most));
        left
    }

    /// The greatest number.
    #[must_use]
    pub fn most(&self) -> f64 {
        self.columns.iter().flat_map(|(_, cells)| cells).flatten().copied().fold(0.0, f64::max)
    }

    /// Are all numbers whole?
    #[must_use]
    pub fn whole(&self) -> bool {
        self.columns.iter().flat_map(|(_, cells)| cells).flatten().all(|number| number.fract() == 0.0)
    }
}

/// What a column counts, told by its name and its numbers.
fn sort(column: &str, rows: &[Map<String, Value>]) -> Sort {
    let whole = || {
        let numbers = rows.iter().filter_map(|row| row.get(column)?.as_f64());
        numbers.into_iter().all(|number| number.fract() == 0.0)
    };
    match column {
        _ if column.ends_with("percent") || column.ends_with("share") => Sort::Percent,
        _ if ["mean_", "average_", "avg_", "median_"].iter().any(|opening| column.starts_with(opening)) => Sort::Mean,
        _ if whole() => Sort::Count,
        _ => Sort::Amount,
    }
}

fn shown(cell: Option<&Value>) -> String {
    match cell {
        None | Some(Value::Null) => "–".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Series;

    fn series(rows: Value) -> Option<Series> {
        let rows: Vec<_> = rows.as_array().unwrap().iter().map(|row| row.as_object().unwrap().clone()).collect();
        Series::new(&rows)
    }

    #[test]
    fn counts_are_drawn_together_and_percents_are_not() {
        let rows = json!([
            {"year": 2018, "messages": 88, "with_sender": 88, "sender_percent": 100, "mean_days": 1.5},
            {"year": 2019, "messages": 347, "with_sender": null, "sender_percent": 98.5, "mean_days": 2.5},
        ]);
        let series = series(rows).unwrap();
        assert_eq!(series.labels, ["2018", "2019"]);
        assert!(series.ordered && series.whole());
        let names: Vec<&str> = series.columns.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["messages", "with_sender"]);
        assert_eq!(series.columns[1].1, [Some(88.0), None]);
        assert!((series.most() - 347.0).abs() < 1e-9);
    }

    #[test]
    fn texts_name_a_row_together() {
        let series = series(
            json!([{"from": "(start)", "to": "active", "rows": 3}, {"from": "active", "to": "closed", "rows": 2}]),
        );
        let series = series.unwrap();
        assert_eq!(series.labels, ["(start) → active", "active → closed"]);
        assert!(!series.ordered);
    }

    #[test]
    fn where_nothing_is_a_number_nothing_is_drawn() {
        assert_eq!(series(json!([{"a": "x", "b": "y"}])), None);
        assert_eq!(series(json!([])), None);
    }
}
