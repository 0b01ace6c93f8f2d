//! Owns a result as a table for reading: its first rows, and how many there are. Must not know: other forms.

use std::io::Write;

use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;

use super::{Sheet, printed, written};
use crate::cli::render::{numbers, table};
use crate::engine::is_number;
use crate::error::Result;
use crate::report::words::count;

/// Characters of a value that are shown.
const WIDEST: usize = 60;

/// The first rows, held until they are so many, or the last has come.
pub struct Table<W> {
    schema: SchemaRef,
    limit: usize,
    held: Vec<Vec<String>>,
    shown: bool,
    out: W,
}

impl<W: Write> Table<W> {
    pub fn new(schema: SchemaRef, limit: usize, out: W) -> Self {
        Self { schema, limit, held: Vec::new(), shown: false, out }
    }

    fn show(&mut self) -> Result<()> {
        self.shown = true;
        let names: Vec<String> = self.schema.fields().iter().map(|field| cut(field.name())).collect();
        let mut shown = table(&names.iter().map(String::as_str).collect::<Vec<_>>());
        numbers(&mut shown, (0..names.len()).filter(|at| is_number(self.schema.field(*at))));
        shown.add_rows(self.held.drain(..));
        write_table(&shown, &mut self.out)
    }
}

impl<W: Write> Sheet for Table<W> {
    fn rows(&mut self, batch: &RecordBatch) -> Result<()> {
        let take = (self.limit - self.held.len().min(self.limit)).min(batch.num_rows());
        if !self.shown && take > 0 {
            let columns = printed(&batch.slice(0, take))?;
            for row in 0..take {
                let cells =
                    columns.iter().map(|column| Ok(column.text(row)?.map_or("NULL".to_owned(), |text| cut(&text))));
                self.held.push(cells.collect::<Result<_>>()?);
            }
        }
        // They are shown before the rest is counted.
        if !self.shown && self.held.len() >= self.limit { self.show() } else { Ok(()) }
    }

    fn end(mut self: Box<Self>, rows: u64) -> Result<()> {
        if !self.shown {
            self.show()?;
        }
        let limit = self.limit as u64;
        let told = match rows {
            1 => "(1 row)".to_owned(),
            _ if rows <= limit => format!("({} rows)", count(rows)),
            _ => format!("(the first {} of {} rows; --limit N shows more, --as csv all)", count(limit), count(rows)),
        };
        writeln!(self.out, "{told}").and_then(|()| self.out.flush()).map_err(written)
    }
}

/// A table without blanks at the ends of its lines.
fn write_table(table: &comfy_table::Table, out: &mut impl Write) -> Result<()> {
    for line in table.lines() {
        writeln!(out, "{}", line.trim_end()).map_err(written)?;
    }
    out.flush().map_err(written)
}

/// Facts as a table on stdout. False: whoever reads has left.
///
/// # Errors
/// A stdout that takes no more.
pub fn show(head: &[&str], of_numbers: &[usize], rows: Vec<Vec<String>>) -> Result<bool> {
    let mut shown = table(head);
    numbers(&mut shown, of_numbers.iter().copied());
    shown.add_rows(rows);
    match write_table(&shown, &mut std::io::stdout()) {
        Err(error) if super::has_left(&error) => Ok(false),
        result => result.map(|()| true),
    }
}

/// A value in one line, of which the terminal makes nothing else; the end of a long one is not shown.
fn cut(text: &str) -> String {
    let mut out = String::new();
    let mut chars = text.chars();
    for char in chars.by_ref().take(WIDEST) {
        match char {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            char if char.is_control() || is_unseen(char) => out.extend(char.escape_unicode()),
            char => out.push(char),
        }
    }
    if chars.next().is_some() {
        out.push('…');
    }
    out
}

/// Marks that change how others are shown.
fn is_unseen(char: char) -> bool {
    matches!(char, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}
