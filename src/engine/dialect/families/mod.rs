//! Owns the functions and operators that PostgreSQL has, one file a family: their forms, and which value each computes.
//! Must not know: plans, columns.

mod array;
mod bits;
mod float;
mod json;
mod key;
mod list;
mod number;
mod pattern;
mod range;
mod template;
mod text;
mod time;
mod zone;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use datafusion::common::internal_err;
use datafusion::logical_expr::ScalarUDF;

pub use range::canonical as canonical_range;

use super::form::{Form, function, signatures};
use super::value::Value;
use super::{Fault, operators};

/// A family: its title, and its functions with their forms.
pub struct Family {
    pub title: &'static str,
    pub functions: &'static [(&'static str, &'static [Form])],
}

const FAMILIES: &[Family] = &[
    number::FAMILY,
    float::FAMILY,
    bits::FAMILY,
    text::FAMILY,
    pattern::FAMILY,
    template::FAMILY,
    time::FAMILY,
    zone::FAMILY,
    json::FAMILY,
    range::FAMILY,
    array::FAMILY,
];

fn registry() -> &'static BTreeMap<&'static str, ScalarUDF> {
    static ALL: OnceLock<BTreeMap<&'static str, ScalarUDF>> = OnceLock::new();
    ALL.get_or_init(|| {
        let formed =
            FAMILIES.iter().flat_map(|family| family.functions).map(|(name, forms)| (*name, function(name, forms)));
        let keys = key::functions().into_iter().chain(list::functions());
        formed.chain(keys).collect()
    })
}

/// All functions, for a session.
pub fn functions() -> impl Iterator<Item = ScalarUDF> {
    registry().values().cloned()
}

/// Is there a function of this name?
#[must_use]
pub fn has(name: &str) -> bool {
    registry().contains_key(name)
}

/// A function by its name.
///
/// # Errors
/// When there is none: a defect.
pub fn scalar(name: &str) -> datafusion::common::Result<ScalarUDF> {
    if let Some(function) = registry().get(name) {
        Ok(function.clone())
    } else {
        internal_err!("the function {name} is not there")
    }
}

/// Each family's title, and how its functions are called; operators stand for themselves.
#[must_use]
pub fn listed() -> Vec<(&'static str, Vec<String>)> {
    let of = |family: &Family| {
        let all = family.functions.iter().filter(|(name, _)| !name.ends_with("_key"));
        let shown = all.flat_map(|(name, forms)| match operators::symbol(name) {
            Some(symbol) => forms
                .iter()
                .map(|form| match form.args {
                    [left, right] => format!("{left} {symbol} {right} → {}", form.gives),
                    [one, ..] => format!("{symbol} {one} → {}", form.gives),
                    [] => symbol.to_owned(),
                })
                .collect(),
            None => signatures(name, forms),
        });
        (family.title, shown.collect())
    };
    let mut all: Vec<(&'static str, Vec<String>)> = FAMILIES.iter().map(of).collect();
    if let Some((_, forms)) = all.last_mut() {
        forms.extend(array::SIGNATURES.iter().map(|form| (*form).to_owned()));
    }
    all
}

/// Finds mistakes in literal arguments before a row moves: in patterns, zones and formats.
///
/// # Errors
/// What is wrong, in words.
pub fn check(function: &str, texts: &[Option<&str>]) -> Result<(), Fault> {
    zone::check(function, texts)?;
    pattern::check(function, texts)
}

type Out<'a> = Result<Value<'a>, Fault>;

/// The text of an argument.
fn text<'a>(args: &'a [Value<'_>], at: usize) -> &'a str {
    match args.get(at) {
        Some(Value::Text(text) | Value::Numeric(text)) => text,
        _ => "",
    }
}

/// The integer of an argument.
fn int(args: &[Value<'_>], at: usize) -> i64 {
    if let Some(Value::Int(value)) = args.get(at) { *value } else { 0 }
}

/// The same within the bounds of an integer of 32 bits, which the form has checked.
fn int4(args: &[Value<'_>], at: usize) -> i32 {
    i32::try_from(int(args, at)).unwrap_or(i32::MAX)
}

fn float(args: &[Value<'_>], at: usize) -> f64 {
    match args.get(at) {
        Some(Value::Float8(value)) => *value,
        Some(Value::Float4(value)) => f64::from(*value),
        _ => 0.0,
    }
}

fn bytes<'a>(args: &'a [Value<'_>], at: usize) -> &'a [u8] {
    if let Some(Value::Bytes(bytes)) = args.get(at) { bytes } else { &[] }
}

fn truth(args: &[Value<'_>], at: usize) -> bool {
    matches!(args.get(at), Some(Value::Bool(true)))
}
