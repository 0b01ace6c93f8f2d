//! Owns the statements of the extraction, which lie in `sql/control/extract`, and their pieces.
//! Must not know: what they are asked for.

use crate::error::{Error, Result};
use crate::server::sql::{fill, quote_ident, quote_literal, quote_table};

macro_rules! statement {
    ($name:ident, $file:literal) => {
        pub(super) const $name: &str = include_str!(concat!("../../sql/control/extract/", $file));
    };
}

statement!(TABLES, "tables.sql");
statement!(COLUMNS, "columns.sql");
statement!(KEYS, "keys.sql");
statement!(AT_WORK, "at_work.sql");
statement!(BEGIN, "transaction.sql");
statement!(LOCK, "lock.sql");
statement!(EXPORT, "export.sql");
statement!(IDENTITY, "identity.sql");
statement!(IMPORT, "import.sql");
statement!(SETTINGS, "settings.sql");
statement!(COUNT, "count.sql");
statement!(COUNT_ALL, "count_all.sql");
statement!(WIDTH, "width.sql");
statement!(BOUNDS, "bounds.sql");
statement!(QUANTILES, "quantiles.sql");
statement!(BLOCKS, "blocks.sql");
statement!(COPY, "copy.sql");
statement!(PATIENCE, "patience.sql");
statement!(TOUCH, "touch.sql");
statement!(ATTACHED, "attached.sql");
statement!(BLOCKERS, "blockers.sql");
statement!(RAW_TEXT, "raw_text.sql");
statement!(PART, "part.sql");
statement!(ROLLBACK, "rollback.sql");
statement!(STOP, "stop.sql");
statement!(PARENTS, "parents.sql");
statement!(REFERENCES, "references.sql");
statement!(UNIQUE, "unique.sql");
statement!(FIXED, "fixed.sql");
statement!(FRAGMENTS, "fragments.sql");

/// The piece called `name`, filled.
pub(super) fn fragment(name: &str, values: &[(&str, &str)]) -> Result<String> {
    let text = FRAGMENTS
        .split("\n-- ")
        .find_map(|piece| piece.strip_prefix(name)?.strip_prefix(": ")?.split_once('\n'))
        .map(|(_, text)| text.trim())
        .ok_or_else(|| Error::unexpected(format!("no piece of SQL is called {name}")))?;
    Ok(fill(text, values))
}

/// A piece about one column.
pub(super) fn of_column(name: &str, column: &str) -> Result<String> {
    fragment(name, &[("column", &quote_ident(column))])
}

/// A table as a statement reads it: an ordinary one alone, a partitioned one through its root.
pub(super) fn relation(schema: &str, name: &str, alone: bool) -> Result<String> {
    let table = quote_table(schema, name);
    if alone { fragment("only", &[("table", &table)]) } else { Ok(table) }
}

/// Literals, separated by commas.
pub(super) fn literals(values: &[String]) -> String {
    values.iter().map(|value| quote_literal(value)).collect::<Vec<_>>().join(", ")
}

/// Quoted columns, separated by commas.
pub(super) fn columns(names: &[String]) -> String {
    names.iter().map(|name| quote_ident(name)).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::{fragment, of_column};

    #[test]
    fn pieces_by_name() {
        assert_eq!(of_column("text", "a\"b").ok().as_deref(), Some("\"a\"\"b\"::pg_catalog.text"));
        assert_eq!(of_column("texts", "x").ok().as_deref(), Some("\"x\"::pg_catalog.text[]"));
        assert_eq!(fragment("everything", &[]).ok().as_deref(), Some("true"));
        assert!(fragment("nothing", &[]).is_err());
    }
}
