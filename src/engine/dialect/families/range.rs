//! Owns the operators and functions of ranges.
//! Must not know: plans, columns.

use std::cmp::Ordering;

use super::super::super::functions::compare_numerics;
use super::super::super::postgres::range::{Compare, Range as Pg};
use super::super::super::postgres::time;
use super::super::form::T::{Bool, Date, Int4, Int8, Numeric, Range, Timestamp, TimestampTz};
use super::super::form::{Form, form};
use super::super::kind::Kind;
use super::super::value::Value;
use super::super::{Fault, input, output};
use super::{Family, Out, text};

/// A form for each type of ranges.
macro_rules! each {
    ($gives:expr, $run:expr) => {{
        [
            form(&[Range("int4range")], $gives, |a| run(a, numbers, $run)),
            form(&[Range("int8range")], $gives, |a| run(a, numbers, $run)),
            form(&[Range("numrange")], $gives, |a| run(a, numbers, $run)),
            form(&[Range("daterange")], $gives, |a| run(a, dates, $run)),
            form(&[Range("tsrange")], $gives, |a| run(a, timestamps, $run)),
            form(&[Range("tstzrange")], $gives, |a| run(a, instants, $run)),
        ]
    }};
}

/// The same of two ranges of one type.
macro_rules! both {
    ($run:expr) => {{
        [
            form(&[Range("int4range"), Range("int4range")], Bool, |a| run(a, numbers, $run)),
            form(&[Range("int8range"), Range("int8range")], Bool, |a| run(a, numbers, $run)),
            form(&[Range("numrange"), Range("numrange")], Bool, |a| run(a, numbers, $run)),
            form(&[Range("daterange"), Range("daterange")], Bool, |a| run(a, dates, $run)),
            form(&[Range("tsrange"), Range("tsrange")], Bool, |a| run(a, timestamps, $run)),
            form(&[Range("tstzrange"), Range("tstzrange")], Bool, |a| run(a, instants, $run)),
        ]
    }};
}

macro_rules! bound {
    ($run:expr) => {{
        [
            form(&[Range("int4range")], Int4, |a| $run(a, &Kind::Int4)),
            form(&[Range("int8range")], Int8, |a| $run(a, &Kind::Int8)),
            form(&[Range("numrange")], Numeric, |a| $run(a, &Kind::Numeric)),
            form(&[Range("daterange")], Date, |a| $run(a, &Kind::Date)),
            form(&[Range("tsrange")], Timestamp, |a| $run(a, &Kind::Timestamp)),
            form(&[Range("tstzrange")], TimestampTz, |a| $run(a, &Kind::TimestampTz)),
        ]
    }};
}

pub const FAMILY: Family = Family {
    title: "Ranges",
    functions: &[
        ("op_overlap", &both!(|a, compare| Ok(Value::Bool(read(a, 0)?.overlaps(&read(a, 1)?, compare))))),
        ("op_adjacent", &both!(|a, compare| Ok(Value::Bool(read(a, 0)?.is_adjacent(&read(a, 1)?, compare))))),
        ("op_before", &both!(|a, compare| Ok(Value::Bool(read(a, 0)?.is_before(&read(a, 1)?, compare))))),
        ("op_after", &both!(|a, compare| Ok(Value::Bool(read(a, 1)?.is_before(&read(a, 0)?, compare))))),
        ("isempty", &each!(Bool, |a, _| Ok(Value::Bool(read(a, 0)?.empty)))),
        ("lower_inc", &each!(Bool, |a, _| Ok(Value::Bool(read(a, 0)?.lower_inc)))),
        ("upper_inc", &each!(Bool, |a, _| Ok(Value::Bool(read(a, 0)?.upper_inc)))),
        (
            "lower_inf",
            &each!(Bool, |a, _| {
                let range = read(a, 0)?;
                Ok(Value::Bool(!range.empty && range.lower.is_none()))
            }),
        ),
        (
            "upper_inf",
            &each!(Bool, |a, _| {
                let range = read(a, 0)?;
                Ok(Value::Bool(!range.empty && range.upper.is_none()))
            }),
        ),
        ("int4range", &[form(&[Int4, Int4], Range("int4range"), |a| made("int4range", a)).lax()]),
        ("int8range", &[form(&[Int8, Int8], Range("int8range"), |a| made("int8range", a)).lax()]),
        ("numrange", &[form(&[Numeric, Numeric], Range("numrange"), |a| made("numrange", a)).lax()]),
        ("daterange", &[form(&[Date, Date], Range("daterange"), |a| made("daterange", a)).lax()]),
        ("tsrange", &[form(&[Timestamp, Timestamp], Range("tsrange"), |a| made("tsrange", a)).lax()]),
        ("tstzrange", &[form(&[TimestampTz, TimestampTz], Range("tstzrange"), |a| made("tstzrange", a)).lax()]),
    ],
};

pub const LOWER: [Form; 6] = bound!(lower);
pub const UPPER: [Form; 6] = bound!(upper);
/// A range, or an element, in a range.
pub const CONTAINS: [Form; 12] = [
    form(&[Range("int4range"), Range("int4range")], Bool, |a| ranges(a, 0, 1, numbers)),
    form(&[Range("int8range"), Range("int8range")], Bool, |a| ranges(a, 0, 1, numbers)),
    form(&[Range("numrange"), Range("numrange")], Bool, |a| ranges(a, 0, 1, numbers)),
    form(&[Range("daterange"), Range("daterange")], Bool, |a| ranges(a, 0, 1, dates)),
    form(&[Range("tsrange"), Range("tsrange")], Bool, |a| ranges(a, 0, 1, timestamps)),
    form(&[Range("tstzrange"), Range("tstzrange")], Bool, |a| ranges(a, 0, 1, instants)),
    form(&[Range("int4range"), Int4], Bool, |a| element(a, 0, 1, &Kind::Int4, numbers)),
    form(&[Range("int8range"), Int8], Bool, |a| element(a, 0, 1, &Kind::Int8, numbers)),
    form(&[Range("numrange"), Numeric], Bool, |a| element(a, 0, 1, &Kind::Numeric, numbers)),
    form(&[Range("daterange"), Date], Bool, |a| element(a, 0, 1, &Kind::Date, dates)),
    form(&[Range("tsrange"), Timestamp], Bool, |a| element(a, 0, 1, &Kind::Timestamp, timestamps)),
    form(&[Range("tstzrange"), TimestampTz], Bool, |a| element(a, 0, 1, &Kind::TimestampTz, instants)),
];
pub const CONTAINED: [Form; 12] = [
    form(&[Range("int4range"), Range("int4range")], Bool, |a| ranges(a, 1, 0, numbers)),
    form(&[Range("int8range"), Range("int8range")], Bool, |a| ranges(a, 1, 0, numbers)),
    form(&[Range("numrange"), Range("numrange")], Bool, |a| ranges(a, 1, 0, numbers)),
    form(&[Range("daterange"), Range("daterange")], Bool, |a| ranges(a, 1, 0, dates)),
    form(&[Range("tsrange"), Range("tsrange")], Bool, |a| ranges(a, 1, 0, timestamps)),
    form(&[Range("tstzrange"), Range("tstzrange")], Bool, |a| ranges(a, 1, 0, instants)),
    form(&[Int4, Range("int4range")], Bool, |a| element(a, 1, 0, &Kind::Int4, numbers)),
    form(&[Int8, Range("int8range")], Bool, |a| element(a, 1, 0, &Kind::Int8, numbers)),
    form(&[Numeric, Range("numrange")], Bool, |a| element(a, 1, 0, &Kind::Numeric, numbers)),
    form(&[Date, Range("daterange")], Bool, |a| element(a, 1, 0, &Kind::Date, dates)),
    form(&[Timestamp, Range("tsrange")], Bool, |a| element(a, 1, 0, &Kind::Timestamp, timestamps)),
    form(&[TimestampTz, Range("tstzrange")], Bool, |a| element(a, 1, 0, &Kind::TimestampTz, instants)),
];

const NONE: Fault = Fault("a text is no range");

fn numbers(left: &str, right: &str) -> Option<Ordering> {
    compare_numerics(left, right)
}

fn dates(left: &str, right: &str) -> Option<Ordering> {
    Some(time::read_date(left).ok()?.cmp(&time::read_date(right).ok()?))
}

fn timestamps(left: &str, right: &str) -> Option<Ordering> {
    Some(time::read_timestamp(left).ok()?.cmp(&time::read_timestamp(right).ok()?))
}

fn instants(left: &str, right: &str) -> Option<Ordering> {
    Some(time::read_timestamptz(left).ok()?.cmp(&time::read_timestamptz(right).ok()?))
}

fn read(args: &[Value<'_>], at: usize) -> Result<Pg, Fault> {
    Pg::read(text(args, at)).map_err(|_| NONE)
}

fn run<'a>(
    args: &[Value<'_>],
    compare: Compare,
    then: fn(&[Value<'_>], Compare) -> Result<Value<'static>, Fault>,
) -> Out<'a> {
    then(args, compare)
}

fn ranges<'a>(args: &[Value<'_>], whole: usize, part: usize, compare: Compare) -> Out<'a> {
    Ok(Value::Bool(read(args, whole)?.contains_range(&read(args, part)?, compare)))
}

fn element<'a>(args: &[Value<'_>], whole: usize, part: usize, kind: &Kind, compare: Compare) -> Out<'a> {
    Ok(Value::Bool(read(args, whole)?.contains(&output::print(&args[part], kind), compare)))
}

fn lower<'a>(args: &[Value<'_>], kind: &Kind) -> Out<'a> {
    read(args, 0)?.lower.map_or(Ok(Value::Null), |bound| input::read(kind, &bound))
}

fn upper<'a>(args: &[Value<'_>], kind: &Kind) -> Out<'a> {
    read(args, 0)?.upper.map_or(Ok(Value::Null), |bound| input::read(kind, &bound))
}

/// The type of a range's bounds, and how they compare.
fn bounds_of(name: &str) -> Option<(Kind, Compare)> {
    Some(match name {
        "int4range" => (Kind::Int4, numbers as Compare),
        "int8range" => (Kind::Int8, numbers),
        "numrange" => (Kind::Numeric, numbers),
        "daterange" => (Kind::Date, dates),
        "tsrange" => (Kind::Timestamp, timestamps),
        "tstzrange" => (Kind::TimestampTz, instants),
        _ => return None,
    })
}

fn made<'a>(name: &str, args: &[Value<'_>]) -> Out<'a> {
    let (kind, _) = bounds_of(name).ok_or(NONE)?;
    let bound = |value: &Value<'_>| (!value.is_null()).then(|| output::print(value, &kind));
    let range = Pg {
        empty: false,
        lower: bound(&args[0]),
        upper: bound(&args[1]),
        lower_inc: !args[0].is_null(),
        upper_inc: false,
    };
    finished(name, range)
}

/// A range's text in the form that PostgreSQL keeps it.
pub fn canonical<'a>(name: &str, given: &str) -> Out<'a> {
    finished(name, Pg::read(given).map_err(|_| NONE)?)
}

fn finished<'a>(name: &str, range: Pg) -> Out<'a> {
    let (kind, compare) = bounds_of(name).ok_or(NONE)?;
    let bound = |bound: Option<String>| -> Result<Option<String>, Fault> {
        bound.map(|text| Ok(output::print(&input::read(&kind, &text)?, &kind))).transpose()
    };
    let mut range = Pg { lower: bound(range.lower)?, upper: bound(range.upper)?, ..range };
    range = range.checked(compare).map_err(|_| Fault("a range's lower bound lies above its upper one"))?;
    // Ranges of whole steps include the lower bound and exclude the upper one.
    let step = |text: &str| -> Result<String, Fault> {
        Ok(match input::read(&kind, text)? {
            Value::Int(value) => {
                let next = value.checked_add(1).ok_or(Fault("a range is out of its type"))?.to_string();
                input::read(&kind, &next)?;
                next
            }
            Value::Date(days) => {
                time::print_date(time::date_plus_days(days, 1).map_err(|_| Fault("a range is out of its type"))?)
            }
            _ => text.to_owned(),
        })
    };
    if !range.empty && matches!(kind, Kind::Int4 | Kind::Int8 | Kind::Date) {
        if let Some(lower) = range.lower.clone().filter(|_| !range.lower_inc) {
            let infinite = kind == Kind::Date && lower.ends_with("infinity");
            if !infinite {
                (range.lower, range.lower_inc) = (Some(step(&lower)?), true);
            }
        }
        if let Some(upper) = range.upper.clone().filter(|_| range.upper_inc) {
            let infinite = kind == Kind::Date && upper.ends_with("infinity");
            if !infinite {
                (range.upper, range.upper_inc) = (Some(step(&upper)?), false);
            }
        }
        range = range.checked(compare).map_err(|_| Fault("a range's lower bound lies above its upper one"))?;
    }
    Ok(Value::text(range.print()))
}
