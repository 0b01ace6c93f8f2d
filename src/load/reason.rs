//! Owns why a row was refused, without its values, and the reason that tells it: a word and the name of what is to be looked at.
//! Must not know: rows, connections, or where refused rows go.

use tokio_postgres::error::DbError;

use super::copy::DROPPED;
use super::encode::{Fault, Unwritable};
use crate::target::{Table, Type, TypeKind};

/// The reason of rows that a trigger or rule of the table dropped without a word.
const DROPPED_BY_TRIGGER: &str = "dropped_by_trigger";
/// The reason of rows of which nothing is known but that they were refused.
const REFUSED: &str = "refused_by_target";

/// Why a row was refused, without its values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Why {
    pub sqlstate: String,
    pub constraint: Option<String>,
    pub column: Option<String>,
    /// The target has not seen the row: what of it could not be written.
    pub fault: Option<Fault>,
    /// Raised in a function, and not by the server itself.
    pub raised: bool,
    /// Of the functions of the table's triggers, the one in which that was.
    pub function: Option<String>,
}

impl Why {
    /// By a SQLSTATE alone.
    pub fn state(sqlstate: &str) -> Self {
        Self { sqlstate: sqlstate.to_owned(), ..Self::default() }
    }

    /// By a constraint that is known by its name.
    pub fn constraint(sqlstate: &str, name: &str) -> Self {
        Self { constraint: Some(name.to_owned()), ..Self::state(sqlstate) }
    }

    /// What the server says of a row of `table`.
    pub fn of(said: &DbError, table: Option<&Table>) -> Self {
        let mut why = Self {
            constraint: said.constraint().map(str::to_owned),
            column: said.column().map(str::to_owned),
            ..Self::state(said.code().code())
        };
        why.met_in(said.where_().unwrap_or_default(), table);
        why
    }

    /// Learns from the context of an error in which function it was raised. The context may hold values: only the name of
    /// a function that the catalog knows is kept.
    pub fn met_in(&mut self, context: &str, table: Option<&Table>) {
        let calls: Vec<String> = context
            .lines()
            .filter(|line| line.contains(" function ") && !line.contains("inline_code_block"))
            .map(|line| line.replace('"', ""))
            .collect();
        self.raised = !calls.is_empty();
        let is_called = |function: &&str| {
            let name = function.split_once('.').map_or(*function, |(_, name)| name);
            let called = |line: &String| {
                let called = line.split_once(" function ").and_then(|(_, rest)| rest.split(['(', ' ']).next());
                called.is_some_and(|called| called == *function || called == name)
            };
            calls.iter().any(called)
        };
        let functions = table.into_iter().flat_map(|table| &table.triggers).map(|trigger| trigger.function.as_str());
        self.function = { functions }.find(is_called).map(str::to_owned);
    }

    /// The reason: what was wrong, and the name of what was wrong with it.
    pub fn reason(&self, table: &Table) -> String {
        let constraint = |word: &str| self.constraint.as_ref().map(|name| format!("{word}:{name}"));
        let column = |word: &str| named(word, self.column.as_deref());
        if let Some(fault) = self.fault {
            return column(word_of(fault));
        }
        let told = match self.sqlstate.as_str() {
            DROPPED => return DROPPED_BY_TRIGGER.to_owned(),
            "23502" if self.column.is_some() => Some(column("null")),
            "23503" => constraint("foreign_key"),
            "23505" => constraint("unique"),
            "23P01" => constraint("exclusion"),
            "23514" => constraint("check").or_else(|| {
                let none_fits = table.partitioned && !self.raised;
                none_fits.then(|| "no_partition".to_owned())
            }),
            "22001" => self.column.as_ref().map(|_| column("too_long")),
            "22003" | "22P03" => self.column.as_ref().map(|_| column("out_of_range")),
            "22P02" if self.is_enum(table) => Some(column("enum")),
            "54000" if !self.raised => Some("too_wide".to_owned()),
            state if state.starts_with("22") => self.column.as_ref().map(|_| column("invalid")),
            state if state.starts_with("23") => constraint("constraint"),
            // The value names what the target does not have.
            state if ["42", "3F", "0A"].iter().any(|class| state.starts_with(class)) => Some(column("missing_name")),
            _ => return named("trigger", self.function.as_deref()),
        };
        told.unwrap_or_else(|| match self.sqlstate.get(..2) {
            _ if self.raised => named("trigger", self.function.as_deref()),
            Some("22") => "invalid".to_owned(),
            _ => REFUSED.to_owned(),
        })
    }

    fn is_enum(&self, table: &Table) -> bool {
        let column = self.column.as_ref().and_then(|column| table.column(column));
        column.is_some_and(|column| matches!(element(&column.ty).kind, TypeKind::Enum { .. }))
    }
}

impl From<Unwritable> for Why {
    fn from(found: Unwritable) -> Self {
        Self { column: Some(found.column), fault: Some(found.fault), ..Self::state(found.fault.sqlstate()) }
    }
}

/// The type below all domains, and below arrays.
fn element(ty: &Type) -> &Type {
    match &ty.base().kind {
        TypeKind::Array { of, .. } => element(of),
        _ => ty.base(),
    }
}

fn named(word: &str, name: Option<&str>) -> String {
    name.map_or_else(|| word.to_owned(), |name| format!("{word}:{name}"))
}

fn word_of(fault: Fault) -> &'static str {
    match fault {
        Fault::Null => "null",
        Fault::OutOfRange | Fault::TimeOutOfRange => "out_of_range",
        Fault::WouldRound | Fault::TimeWouldRound => "would_round",
        Fault::TooLong => "too_long",
        Fault::WouldCut => "would_cut",
        Fault::NoLabel => "enum",
        Fault::NoValue | Fault::Unwritten => "invalid",
        Fault::TooLarge => "too_wide",
    }
}
