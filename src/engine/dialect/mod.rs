//! Owns what SQL means: PostgreSQL's types, operators, casts and functions over the engine's columns. Everything that
//! a query says has the value that PostgreSQL gives it, or is refused when it is planned.
//! Must not know: flows, files. Values themselves are in `postgres/`, which knows no columns.

mod cast;
mod collation;
mod compare;
mod entered;
pub mod families;
mod form;
mod guard;
mod implicit;
mod input;
mod kind;
mod names;
mod operators;
mod order;
mod output;
mod printed;
mod settle;
mod syntax;
mod value;

use datafusion::common::{DataFusionError, Result};

pub use cast::{CAST, TRY_CAST, cast_as, functions as casts, tried};
pub use collation::orders_texts;
pub use entered::{Unfit, entered};
#[cfg(feature = "cluster")]
pub use form::Forms;
pub use guard::{refuse_outputs, vetted};
pub use kind::Kind;
pub use names::hint as hint_for_function;
pub use operators::Operators;
pub use printed::Printed;
pub use settle::settled;
pub use syntax::{Refused, interval_with_precision, rewrite, undeclared};

use crate::diagnosis::OURS;

/// Why a value has no result: in words, without the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault(pub &'static str);

fn failed<T>(fault: Fault) -> Result<T> {
    Err(DataFusionError::Execution(format!("{OURS} a value does not fit: {}", fault.0)))
}
