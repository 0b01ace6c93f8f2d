//! Owns how a row of the target is remembered: its columns as texts, a hash of them, and the columns that tell it apart.
//! Must not know: why, or in which table of the ledger.

use crate::error::{At, Error, Kind, Result};
use crate::outcome::RowIdentity;
use crate::server::sql::{fill, quote_ident, quote_literal, quote_table};
use crate::target::Table;

/// The SQL of images of a table's rows.
#[derive(Debug, Clone)]
pub(in crate::load) struct Image {
    /// The quoted table.
    pub table: String,
    /// All columns that are not generated, in their order.
    pub columns: Vec<String>,
    /// The columns that tell rows apart, with their types as SQL.
    identity: Vec<(String, String)>,
}

impl Image {
    /// # Errors
    /// [`Kind::Drift`] where nothing tells the rows of the table apart any more.
    pub fn new(table: &Table, row: &RowIdentity) -> Result<Self> {
        let own = table.columns.iter().filter(|column| !column.generated);
        let columns = own.map(|column| column.name.clone()).collect();
        // Where rows have UUIDs of ours, the column's index may be away at the moment.
        let identity = if row.is_mapped() { vec![row.id_column.clone()] } else { row.identity.clone() };
        let identity = if identity.is_empty() { table.identity(&[]) } else { Some(identity) };
        let typed = |name: &String| Some((name.clone(), table.column(name)?.formatted.clone()));
        let identity = identity.and_then(|names| names.iter().map(typed).collect::<Option<Vec<_>>>());
        let identity = identity.ok_or_else(|| {
            Error::new(Kind::Drift, "the table has lost the key by which its rows are known")
                .at(At::Table, table.full_name())
        })?;
        Ok(Self { table: quote_table(&table.schema, &table.name), columns, identity })
    }

    /// By names that were noted earlier.
    ///
    /// # Errors
    /// [`Kind::Drift`] for a column that is gone.
    pub fn named(table: &Table, columns: Vec<String>, identity: &[String]) -> Result<Self> {
        let gone = |name: &String| {
            Error::new(Kind::Drift, format!("the column {name} is gone")).at(At::Table, table.full_name())
        };
        if let Some(missing) = columns.iter().find(|name| table.column(name).is_none()) {
            return Err(gone(missing));
        }
        let typed = |name: &String| {
            table.column(name).map(|column| (name.clone(), column.formatted.clone())).ok_or_else(|| gone(name))
        };
        let identity = identity.iter().map(typed).collect::<Result<_>>()?;
        Ok(Self { table: quote_table(&table.schema, &table.name), columns, identity })
    }

    /// The columns that tell rows apart.
    pub fn identity_columns(&self) -> Vec<String> {
        self.identity.iter().map(|(name, _)| name.clone()).collect()
    }

    /// The texts of a row's columns, as an array.
    pub fn image(&self, of: &str) -> String {
        let texts = self.columns.iter().map(|column| format!("{of}.{}::text", quote_ident(column)));
        format!("array[{}]::text[]", texts.collect::<Vec<_>>().join(", "))
    }

    /// A hash of them, as text.
    pub fn hash(&self, of: &str) -> String {
        format!("pg_catalog.md5({}::text)", self.image(of))
    }

    /// The texts of the columns that tell a row apart, as an array.
    pub fn identity(&self, of: &str) -> String {
        let texts = self.identity.iter().map(|(column, _)| format!("{of}.{}::text", quote_ident(column)));
        format!("array[{}]::text[]", texts.collect::<Vec<_>>().join(", "))
    }

    /// Is the row `of` the one whose identity stands in `array`?
    pub fn is(&self, of: &str, array: &str) -> String {
        let one = |(at, (column, ty)): (usize, &(String, String))| {
            format!("{of}.{} = ({array})[{}]::{ty}", quote_ident(column), at + 1)
        };
        self.identity.iter().enumerate().map(one).collect::<Vec<_>>().join(" and ")
    }

    /// The columns, of these, in which the row `of` is not as the staged row `s` has it, as elements of an array.
    pub fn differing(of: &str, columns: &[String]) -> String {
        let one = |column: &String| {
            let (name, text) = (quote_ident(column), quote_literal(column));
            format!("case when row({of}.{name})::record operator(pg_catalog.*<>) row(s.{name})::record then {text} end")
        };
        columns.iter().map(one).collect::<Vec<_>>().join(", ")
    }

    /// Fills a template with what all of them name, and more.
    pub fn fill(&self, template: &str, more: &[(&str, &str)]) -> String {
        let (image, hash, identity) = (self.image("t"), self.hash("t"), self.identity("t"));
        let mut values = vec![("table", &*self.table), ("image", &*image), ("hash", &*hash), ("identity", &*identity)];
        values.extend_from_slice(more);
        fill(template, &values)
    }
}
