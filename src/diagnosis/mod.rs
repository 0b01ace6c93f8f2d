//! Owns how an error of the engine becomes ours: which kind it is, where in the file, what to do.
//! Must not know: which stage runs the SQL. Texts of execution errors never pass: they hold cell values.

mod clause;
mod piece;

use datafusion::common::{DataFusionError, Diagnostic, SchemaError};
use datafusion::error::DataFusionError as Engine;

use datafusion::sql::sqlparser::ast::Expr;
use datafusion::sql::sqlparser::tokenizer::Location;
use serde::{Deserialize, Serialize};

use crate::error::{At, Error, Kind};
pub use clause::{BranchText, Clause};
use piece::{Piece, Pieces};

/// A SQL text with its name, so that an error can point into it.
#[derive(Debug, Clone, Copy)]
pub struct Text<'a> {
    pub file: &'a str,
    pub sql: &'a str,
}

impl Text<'_> {
    /// Where a name stands first, as `file:line:column`; the file alone where it does not.
    #[must_use]
    pub fn place(&self, name: &str) -> String {
        self.shown(Pieces::of(self.sql).name(name).as_ref())
    }

    /// Points an error at the first place of a name: in the SQL, in the header, or else at the query.
    #[must_use]
    pub fn at_name(&self, error: Error, name: &str) -> Error {
        let pieces = Pieces::of(self.sql);
        self.at(error, pieces.name(name).or_else(|| pieces.anywhere(name)).or_else(|| pieces.start()))
    }

    /// Points an error at a name of the header, which stands before the SQL.
    #[must_use]
    pub fn at_header(&self, error: Error, name: &str) -> Error {
        self.at(error, Pieces::of(self.sql).anywhere(name))
    }

    /// Points an error at the first place of a text literal, and at the query where it has none.
    #[must_use]
    pub fn at_literal(&self, error: Error, literal: &str) -> Error {
        let pieces = Pieces::of(self.sql);
        self.at(error, pieces.literal(literal).or_else(|| pieces.start()))
    }

    /// Points an error at what gives an output column its values, and at the list of outputs where nothing does.
    #[must_use]
    pub fn at_output(&self, error: Error, column: &str) -> Error {
        let pieces = Pieces::of(self.sql);
        self.at(error, pieces.output(column).or_else(|| pieces.start()))
    }

    /// Points an error at an expression: the `nth`, from 0, of those that read the same.
    #[must_use]
    pub fn at_expr(&self, error: Error, expr: &Expr, nth: usize) -> Error {
        let pieces = Pieces::of(self.sql);
        self.at(error, pieces.expr(expr, nth).or_else(|| pieces.start()))
    }

    /// Points an error at the query's first word.
    #[must_use]
    pub fn at_start(&self, error: Error) -> Error {
        self.at(error, Pieces::of(self.sql).start())
    }

    fn at(&self, error: Error, piece: Option<Piece>) -> Error {
        let error = error.at(At::File, self.shown(piece.as_ref()));
        match piece {
            Some(piece) if !piece.text.is_empty() => error.at(At::Sql, piece.text),
            _ => error,
        }
    }

    fn shown(&self, piece: Option<&Piece>) -> String {
        match piece {
            Some(Piece { line, column, .. }) => format!("{}:{line}:{column}", self.file),
            None => self.file.to_owned(),
        }
    }
}

/// A place in a text, kept for an error that is found later.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Spot {
    /// `file:line:column`, or as much of it as is known.
    place: String,
    /// The piece of the text that stands there; empty where none is to be shown.
    piece: String,
}

impl Spot {
    /// Points an error at this place.
    #[must_use]
    pub fn at(&self, error: Error) -> Error {
        let error = error.at(At::File, &self.place);
        if self.piece.is_empty() { error } else { error.at(At::Sql, &self.piece) }
    }
}

impl Text<'_> {
    /// Where the first of some ways to write a name stands in the SQL.
    #[must_use]
    pub fn spot(&self, ways: &[String]) -> Spot {
        let pieces = Pieces::of(self.sql);
        self.spot_of(ways.iter().find_map(|way| pieces.name(way)))
    }

    /// Where a name stands in the header.
    #[must_use]
    pub fn spot_in_header(&self, name: &str) -> Spot {
        self.spot_of(Pieces::of(self.sql).anywhere(name))
    }

    fn spot_of(&self, piece: Option<Piece>) -> Spot {
        Spot { place: self.shown(piece.as_ref()), piece: piece.map(|piece| piece.text).unwrap_or_default() }
    }
}

/// An error met while planning `text`: its message names tables, columns and functions, and is shown.
/// `suspect` is the expression that a search has found, and how many before it read the same.
#[must_use]
pub fn planning(error: &DataFusionError, text: Text<'_>, known: &[String], suspect: Option<(&Expr, usize)>) -> Error {
    let diagnostic = error.diagnostic().cloned();
    let root = error.find_root();
    let message = message_of(root);
    let out = Error::config(message.clone());
    let pieces = Pieces::of(text.sql);
    let piece = suspect
        .and_then(|(expr, nth)| pieces.expr(expr, nth))
        .or_else(|| told(diagnostic.as_ref(), &message, &pieces))
        .or_else(|| quoted(&message).and_then(|name| named(&pieces, name)))
        .or_else(|| pieces.start());
    let out = text.at(out, piece);
    match hint_of(root, diagnostic.as_ref(), &message, known) {
        Some(hint) => out.hint(hint),
        None => out,
    }
}

/// Does the engine itself say where an error is? Then nothing need be searched.
#[must_use]
pub fn is_placed(error: &DataFusionError, text: Text<'_>) -> bool {
    let message = message_of(error.find_root());
    // Of two sides that do not go together, the engine names the first alone.
    !is_of_two_sides(error) && told(error.diagnostic(), &message, &Pieces::of(text.sql)).is_some()
}

/// Is an error about two sides that do not go together, so that neither alone shows it?
#[must_use]
pub fn is_of_two_sides(error: &DataFusionError) -> bool {
    let message = message_of(error.find_root());
    let of_two = ["Cannot coerce", "Cannot compare", "Cannot infer"].iter().any(|words| message.starts_with(words));
    of_two || message.starts_with("Cannot apply") && message.contains(" and ")
}

/// Is an error about a literal, rather than about what surrounds it?
#[must_use]
pub fn is_of_literal(error: &DataFusionError) -> bool {
    let root = error.find_root();
    matches!(root, Engine::ArrowError(..)) || message_of(root).starts_with("the quoted text")
}

/// The place that the engine tells.
fn told(diagnostic: Option<&Diagnostic>, message: &str, pieces: &Pieces<'_>) -> Option<Piece> {
    if let Some(span) = diagnostic.and_then(|diagnostic| diagnostic.span).filter(|span| span.start.line > 0) {
        let end = Location::new(span.end.line, span.end.column);
        return Some(pieces.between(Location::new(span.start.line, span.start.column), end));
    }
    if let Some((line, column)) = place_in(message) {
        return Some(pieces.from(line, column));
    }
    if message.contains("found: EOF") {
        return pieces.last();
    }
    // What the parser says of a comma before FROM.
    message.strip_prefix("Expected an expression, found: ").and_then(|word| named(pieces, word.trim()))
}

fn named(pieces: &Pieces<'_>, name: &str) -> Option<Piece> {
    pieces.name(name.strip_prefix("rehome.").unwrap_or(name))
}

/// An error met while running a query: only its kind is told.
#[must_use]
pub fn running(error: &DataFusionError, file: &str) -> Error {
    let root = error.find_root();
    if let Some(error) = of_disk(root) {
        // Only what spills is written while a query runs.
        return error.at(At::File, file);
    }
    let out = match root {
        Engine::ResourcesExhausted(message) => {
            // Names of operators and sizes, never a value.
            log::debug!("{message}");
            Error::new(Kind::Resources, "the memory limit is reached")
                .hint("give --memory more, or free space for spilling")
        }
        Engine::ParquetError(_) | Engine::ObjectStore(_) => {
            Error::new(Kind::Corrupt, "a stored file cannot be read").hint("`rehome snapshot` makes a new snapshot")
        }
        Engine::ArrowError(error, _) => Error::config(format!("a value does not fit: {}", arrow_kind(error)))
            .hint("use try_cast, or reject the rows whose values do not fit"),
        Engine::External(inner) => match inner.downcast_ref::<Error>() {
            Some(ours) => ours.clone(),
            None => Error::unexpected("the engine failed"),
        },
        Engine::Execution(message) if message.starts_with(OURS) => {
            Error::config(message[OURS.len()..].trim().to_owned())
        }
        Engine::Execution(_) => Error::config("an expression failed on a value")
            .hint("use try_cast, or reject the rows whose values do not fit; the value itself is not shown"),
        Engine::Plan(_) | Engine::SchemaError(..) | Engine::SQL(..) => Error::config(message_of(root)),
        _ => Error::unexpected("the engine failed while running a query"),
    };
    out.at(At::File, file)
}

/// The error of a disk that takes no more, wherever the engine has wrapped it.
fn of_disk(error: &DataFusionError) -> Option<Error> {
    let chain = std::iter::successors(Some(error as &dyn std::error::Error), |inner| inner.source());
    let kinds = chain.filter_map(|inner| inner.downcast_ref::<std::io::Error>().map(std::io::Error::kind));
    let mut ours = kinds.map(|kind| Error::from(std::io::Error::from(kind)));
    let error = ours.find(|error| error.kind() == Kind::Resources)?;
    let message = format!("{}, while a query spills from memory", error.message());
    Some(
        Error::new(Kind::Resources, message)
            .hint("make room for the folder spill below --dir, choose another --dir, or give --memory more"),
    )
}

/// Marks texts of execution errors that are our own and hold no value.
pub const OURS: &str = "rehome:";

fn message_of(error: &DataFusionError) -> String {
    match error {
        Engine::SQL(parser, _) => parser.to_string().replace("sql parser error: ", ""),
        Engine::Plan(message) | Engine::NotImplemented(message) | Engine::Configuration(message) => {
            message.lines().next().unwrap_or_default().to_owned()
        }
        Engine::SchemaError(error, _) => match error.as_ref() {
            SchemaError::FieldNotFound { field, .. } => format!("column '{}' not found", field.flat_name()),
            other => other.to_string(),
        },
        Engine::ArrowError(error, _) => format!("a literal does not fit its type: {}", arrow_kind(error)),
        Engine::Execution(message) if message.starts_with(OURS) => message[OURS.len()..].trim().to_owned(),
        Engine::External(inner) => {
            inner.downcast_ref::<Error>().map_or("the engine failed".into(), ToString::to_string)
        }
        Engine::Diagnostic(diagnostic, _) => diagnostic.message.clone(),
        other => other.strip_backtrace().lines().next().unwrap_or_default().to_owned(),
    }
}

fn arrow_kind(error: &datafusion::arrow::error::ArrowError) -> &'static str {
    use datafusion::arrow::error::ArrowError as A;
    match error {
        A::CastError(_) => "a cast is not possible",
        A::ParseError(_) => "a text does not parse",
        A::ArithmeticOverflow(_) => "an arithmetic overflow",
        A::DivideByZero => "a division by zero",
        A::ComputeError(_) => "a computation failed",
        A::InvalidArgumentError(_) => "an invalid argument",
        A::OffsetOverflowError(_) => "more than 2 GiB of text in one batch",
        _ => "the columnar kernel failed",
    }
}

/// `… at Line: 3, Column: 7` of the parser.
fn place_in(message: &str) -> Option<(u64, u64)> {
    let rest = message.split("Line: ").nth(1)?;
    let (line, rest) = rest.split_once(", Column: ")?;
    let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
    Some((line.parse().ok()?, digits.parse().ok()?))
}

/// The first name in single quotes of a message.
fn quoted(message: &str) -> Option<&str> {
    message.split('\'').nth(1)
}

fn hint_of(
    error: &DataFusionError,
    diagnostic: Option<&Diagnostic>,
    message: &str,
    known: &[String],
) -> Option<String> {
    if let Engine::SchemaError(error, _) = error
        && let SchemaError::FieldNotFound { field, valid_fields } = error.as_ref()
    {
        let names: Vec<String> = valid_fields.iter().map(|field| field.name.clone()).collect();
        return closest(&field.name, &names).map(|name| format!("did you mean '{name}'?"));
    }
    if let Some(name) = quoted(message).filter(|_| message.contains("not found")) {
        let short = name.strip_prefix("rehome.").unwrap_or(name);
        if let Some(found) = closest(short, known) {
            return Some(format!("did you mean '{found}'?"));
        }
    }
    if let Some(at) = message.find("Did you mean") {
        return Some(message[at..].to_owned());
    }
    let help = diagnostic.and_then(|diagnostic| diagnostic.helps.first().map(|help| help.message.clone()));
    help.or_else(|| diagnostic.and_then(|diagnostic| diagnostic.notes.first().map(|note| note.message.clone())))
}

/// How many letters must change for one name to become the other (Levenshtein's distance).
#[must_use]
pub fn distance(one: &str, other: &str) -> usize {
    datafusion::common::utils::datafusion_strsim::levenshtein(one, other)
}

/// The name most like `wanted`, if any is like it at all.
#[must_use]
pub fn closest<'a>(wanted: &str, names: &'a [String]) -> Option<&'a String> {
    names
        .iter()
        .map(|name| (distance(wanted, name), name))
        .filter(|(distance, name)| *distance <= 2 + name.len() / 4)
        .min()
        .map(|(_, name)| name)
}
