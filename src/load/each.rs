//! Owns the insertion of rows one by one by the server itself, where so many are bad that COPY would be begun over and over.
//! Must not know: ledgers, mappings, or how rows are found bad otherwise.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use arrow::datatypes::{Field, Schema};

use super::copy::{DROPPED, Rows, of_a_row};
use super::encode::Form;
use super::isolate;
use super::reason::Why;
use crate::cancel::Cancel;
use crate::error::{Error, Result};
use crate::server::Connection;
use crate::server::sql::{fill, quote_ident, quote_literal, quote_table};
use crate::target::{Column, Table, Type, TypeKind};

const ALLOWED: &str = include_str!("../../sql/control/load/each_allowed.sql");
const STAGE: &str = include_str!("../../sql/control/load/each_stage.sql");
const VALUE: &str = include_str!("../../sql/control/load/each_value.sql");
const TEST: &str = include_str!("../../sql/control/load/each_test.sql");
const INDEX: &str = include_str!("../../sql/control/load/each_index.sql");
const INSERT: &str = include_str!("../../sql/control/load/each_insert.sql");
const REFUSED: &str = include_str!("../../sql/control/load/each_refused.sql");

/// The column of a staged row that says which it is.
const ROW: &str = "rehome_row";
/// What no name may hold that becomes part of the server's program.
const QUOTE: &str = "$rehome$";

/// A range of rows that were inserted one by one.
pub(super) struct Inserted {
    pub refused: BTreeMap<usize, Why>,
    /// Not in, and no fault of theirs: whoever sends them again learns what it is.
    pub unsettled: BTreeSet<usize>,
}

/// Do rows of a table become the same so as by COPY, and may we?
pub(super) async fn allowed(connection: &Connection, table: &Table) -> Result<bool> {
    let name = quote_table(&table.schema, &table.name);
    if name.contains(QUOTE) || table.columns.iter().any(|column| column.name.contains(QUOTE)) {
        return Ok(false);
    }
    Ok(connection.query_opt(ALLOWED, &[&name]).await?.map(|row| row.try_get("allowed")).transpose()?.unwrap_or(false))
}

/// Inserts the rows of `range` that are not in `skip`, inside the open transaction.
pub(super) async fn insert(
    connection: &Connection,
    rows: &Rows,
    table: &Table,
    range: Range<usize>,
    skip: &BTreeSet<usize>,
    cancel: &Cancel,
) -> Result<Inserted> {
    let plan = Plan::new(rows, table);
    connection.batch_execute(&fill(STAGE, &[("columns", &plan.staged.join(", "))])).await?;
    let numbered = numbered(rows, table, &range)?;
    let left_out = skip.range(range.clone()).map(|row| row - range.start).collect();
    let staged = Box::pin(isolate::copy(connection, &numbered, &left_out, cancel)).await?;
    connection.batch_execute(INDEX).await?;
    connection.batch_execute(&plan.program(table)).await?;
    let shift = |(row, why): (usize, Why)| (row + range.start, why);
    let mut done = Inserted { refused: staged.refused.into_iter().map(shift).collect(), unsettled: BTreeSet::new() };
    for found in connection.query(REFUSED, &[]).await? {
        let row =
            usize::try_from(found.try_get::<_, i64>(ROW)?).map_err(|_| Error::unexpected("a row without place"))?;
        let state: String = found.try_get("sqlstate")?;
        let mut why = Why::state(&state);
        why.constraint = found.try_get("constraint_name")?;
        why.column = found.try_get("column_name")?;
        why.met_in(found.try_get::<_, Option<String>>("context")?.as_deref().unwrap_or_default(), Some(table));
        if state == DROPPED || of_a_row(&state, why.column.is_some(), true) {
            done.refused.insert(row, why);
        } else {
            done.unsettled.insert(row);
        }
    }
    Ok(done)
}

/// The rows of a range with their numbers, for the table where they are staged.
fn numbered(rows: &Rows, table: &Table, range: &Range<usize>) -> Result<Rows> {
    let defect = || Error::unexpected("rows cannot be numbered");
    let mut batches = Vec::new();
    let mut start = 0;
    for batch in rows.batches() {
        let end = start + batch.num_rows();
        let (from, to) = (range.start.max(start), range.end.min(end));
        if from < to {
            let part = batch.slice(from - start, to - from);
            let numbers = (from..to).map(i64::try_from).collect::<Result<Vec<_>, _>>().map_err(|_| defect())?;
            let mut fields = part.schema().fields().to_vec();
            fields.push(Arc::new(Field::new(ROW, arrow::datatypes::DataType::Int64, false)));
            let numbers: ArrayRef = Arc::new(Int64Array::from(numbers));
            let columns = part.columns().iter().cloned().chain([numbers]).collect();
            batches.push(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns).map_err(|_| defect())?);
        }
        start = end;
    }
    let number = Column {
        name: ROW.to_owned(),
        ty: Type {
            oid: 20,
            name: "int8".to_owned(),
            formatted: "bigint".to_owned(),
            unbounded: "bigint".to_owned(),
            kind: TypeKind::Base,
        },
        modifier: -1,
        formatted: "bigint".to_owned(),
        not_null: true,
        has_default: false,
        default: None,
        generated: false,
        identity: String::new(),
        sequence: None,
    };
    let with_number = Table { columns: table.columns.iter().cloned().chain([number]).collect(), ..table.clone() };
    Ok(Rows::new(batches, &with_number)?.for_table("pg_temp.rehome_each"))
}

fn plain(row: &str, name: &str) -> String {
    format!("{row}.{name}")
}

/// How the columns of rows are staged, and how each becomes a value of its own column again.
struct Plan {
    /// Name and type of each staged column.
    staged: Vec<String>,
    columns: Vec<String>,
    declarations: Vec<String>,
    values: Vec<String>,
    row: Vec<String>,
    /// The values where many rows are inserted at once.
    block: Vec<String>,
}

impl Plan {
    fn new(rows: &Rows, table: &Table) -> Self {
        let mut plan = Self {
            staged: Vec::new(),
            columns: Vec::new(),
            declarations: Vec::new(),
            values: Vec::new(),
            row: Vec::new(),
            block: Vec::new(),
        };
        for column in rows.columns().filter_map(|name| table.column(name)) {
            plan.add(column, rows.form());
        }
        plan
    }

    /// A value that its type, a domain or a length may refuse passes through a variable, so that its column is known.
    fn add(&mut self, column: &Column, form: Form) {
        let name = quote_ident(&column.name);
        let base = column.ty.base();
        let (as_type, of_row): (&str, fn(&str, &str) -> String) = match (form, base.name.as_str()) {
            (Form::Text, _) | (_, "json") => ("text", plain),
            // Its binary form is a byte before the text.
            (_, "jsonb") => ("bytea", |row, name| format!("convert_from(substr({row}.{name}, 2), 'UTF8')")),
            _ => (base.unbounded.as_str(), plain),
        };
        let (value, of_block) = (of_row("staged", &name), of_row("block", &name));
        self.staged.push(format!("{name} {as_type}"));
        // Lengths and domains are the INSERT's to test: a cast that names them would cut.
        let same = as_type == base.unbounded;
        self.block.push(if same { of_block } else { format!("({of_block})::{}", base.unbounded) });
        let is_domain = matches!(column.ty.kind, TypeKind::Domain { .. });
        let told = quote_literal(&column.name);
        if same && !is_domain && column.modifier < 0 {
            self.row.push(value);
        } else if column.ty.not_null() {
            // A variable of such a type could not be declared.
            let ty = column.formatted.as_str();
            self.values.push(fill(TEST, &[("name", &told), ("value", &value), ("type", ty)]));
            self.row.push(format!("({value})::{ty}"));
        } else {
            let variable = format!("value_{}", self.columns.len());
            self.declarations.push(format!("    {variable} {};", column.formatted));
            self.values.push(fill(VALUE, &[("name", &told), ("variable", &variable), ("value", &value)]));
            self.row.push(variable);
        }
        self.columns.push(name);
    }

    fn program(&self, table: &Table) -> String {
        let values = [
            ("declarations", &*self.declarations.join("\n")),
            ("values", &*self.values.concat()),
            ("table", &*quote_table(&table.schema, &table.name)),
            ("columns", &*self.columns.join(", ")),
            ("row", &*self.row.join(", ")),
            ("block", &*self.block.join(", ")),
            ("dropped", DROPPED),
        ];
        fill(INSERT, &values)
    }
}
