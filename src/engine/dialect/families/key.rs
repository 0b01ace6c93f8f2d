//! Owns what the engine compares in place of values whose equality or order is not that of their bytes.
//! Must not know: where they are compared.

use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray, Float64Array, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Float64Type};
use datafusion::common::{Result, ScalarValue, plan_err};
use datafusion::logical_expr::{ColumnarValue, ScalarUDF};

use super::super::super::functions::{Function, key_of_numeric};
use super::super::super::postgres::{json, range};
use super::super::kind::Kind;
use super::super::value::{Column, Value};
use super::super::{Fault, failed, output};

type Run = fn(&Value<'_>, &Kind) -> Result<String, Fault>;

/// The functions that make keys.
pub fn functions() -> Vec<(&'static str, ScalarUDF)> {
    let keys: [(&'static str, Run); 6] = [
        ("padded_key", |value, _| {
            Ok(if let Value::Text(text) = value { text.trim_end_matches(' ').to_owned() } else { String::new() })
        }),
        ("interval_key", interval),
        ("jsonb_key", jsonb),
        ("range_key", range_of),
        ("array_key", |value, kind| Ok(output::print(value, kind))),
        ("array_order_key", ordered_list),
    ];
    let texts = keys.into_iter().map(|(name, run)| (name, of_text(name, run)));
    texts.chain([("float_key", float())]).collect()
}

fn of_text(name: &'static str, run: Run) -> ScalarUDF {
    Function::udf(
        name,
        move |_| Ok(Field::new(name, DataType::Utf8, true).into()),
        move |args| {
            let constant = matches!(args.args[0], ColumnarValue::Scalar(_));
            let rows = if constant { 1 } else { args.number_rows };
            let array = args.args[0].to_array(rows)?;
            let kind = Kind::of(&args.arg_fields[0]);
            if name == "array_order_key" && !matches!(&kind, Kind::List(item) if can_be_ordered(item)) {
                return plan_err!("Cannot compare {kind} by order: compare its items");
            }
            let column = Column::new(&kind, &array, false)?;
            let mut keys = Vec::with_capacity(rows);
            for row in 0..rows {
                let key = column
                    .at(row)
                    .and_then(|value| if value.is_null() { Ok(None) } else { run(&value, &kind).map(Some) });
                match key {
                    Ok(key) => keys.push(key),
                    Err(fault) => return failed(fault),
                }
            }
            let array: ArrayRef = Arc::new(StringArray::from(keys));
            Ok(if constant {
                ColumnarValue::Scalar(ScalarValue::try_from_array(&array, 0)?)
            } else {
                ColumnarValue::Array(array)
            })
        },
    )
}

/// -0 is 0, and one NaN is as another: then the engine's total order is PostgreSQL's.
fn float() -> ScalarUDF {
    Function::udf(
        "float_key",
        |args| Ok(Field::new("float_key", DataType::Float64, args.arg_fields[0].is_nullable()).into()),
        |args| {
            let one = |value: f64| if value.is_nan() { f64::NAN.abs() } else { value + 0.0 };
            match &args.args[0] {
                ColumnarValue::Scalar(value) => {
                    let value = value.cast_to(&DataType::Float64)?;
                    Ok(ColumnarValue::Scalar(match value {
                        ScalarValue::Float64(Some(value)) => ScalarValue::Float64(Some(one(value))),
                        other => other,
                    }))
                }
                ColumnarValue::Array(array) => {
                    let values: Float64Array =
                        cast(array, &DataType::Float64)?.as_primitive::<Float64Type>().unary(one);
                    Ok(ColumnarValue::Array(Arc::new(values)))
                }
            }
        },
    )
}

/// Months count 30 days, days 24 hours; as text that sorts so.
fn interval(value: &Value<'_>, _: &Kind) -> Result<String, Fault> {
    let Value::Interval(interval) = value else { return Err(Fault("no interval")) };
    Ok(signed(interval.order()))
}

/// A number as text that sorts as the number does.
fn signed(number: i128) -> String {
    format!("{:040}", number.cast_unsigned() ^ (1 << 127))
}

/// 1 and 1.0 are one.
fn jsonb(value: &Value<'_>, _: &Kind) -> Result<String, Fault> {
    let Value::Text(text) = value else { return Err(Fault("no jsonb")) };
    let parsed = json::Json::read(text).map_err(|_| Fault("a text is no jsonb"))?;
    let mut out = String::with_capacity(text.len());
    canonical(&parsed, &mut out);
    Ok(out)
}

fn canonical(json: &json::Json, out: &mut String) {
    match json {
        json::Json::Number(number) if number.contains('.') => {
            out.push_str(number.trim_end_matches('0').trim_end_matches('.'));
        }
        json::Json::Array(items) => {
            out.push('[');
            for item in items {
                canonical(item, out);
                out.push(',');
            }
            out.push(']');
        }
        json::Json::Object(members) => {
            out.push('{');
            for (name, member) in members {
                out.push_str(&json::to_json_text(name));
                canonical(member, out);
                out.push(',');
            }
            out.push('}');
        }
        other => out.push_str(&other.print()),
    }
}

fn range_of(value: &Value<'_>, kind: &Kind) -> Result<String, Fault> {
    let Value::Text(text) = value else { return Err(Fault("no range")) };
    // A literal is in PostgreSQL's form already; of numeric, 1 and 1.0 are one.
    if !matches!(kind, Kind::Own(name) if name == "numrange") {
        return Ok(text.clone().into_owned());
    }
    let range = range::Range::read(text).map_err(|_| Fault("a text is no range"))?;
    let bound = |bound: &Option<String>| bound.as_deref().map(key_of_numeric).unwrap_or_default();
    Ok(format!("{}{}{}{}{}", range.empty, range.lower_inc, bound(&range.lower), bound(&range.upper), range.upper_inc))
}

fn can_be_ordered(item: &Kind) -> bool {
    item.is_integer() || item.is_text() || matches!(item, Kind::Date | Kind::Timestamp | Kind::TimestampTz | Kind::Bool)
}

/// Item after item; a shorter list comes first, and NULL after all else.
fn ordered_list(value: &Value<'_>, _: &Kind) -> Result<String, Fault> {
    let Value::List(items) = value else { return Err(Fault("no array")) };
    let mut out = String::new();
    for item in items {
        out.push('\u{1}');
        match item {
            Value::Null => out.push('\u{3}'),
            item => {
                out.push('\u{2}');
                match item {
                    Value::Int(number) | Value::Timestamp(number) | Value::TimestampTz(number) => {
                        out.push_str(&signed(i128::from(*number)));
                    }
                    Value::Date(days) => out.push_str(&signed(i128::from(*days))),
                    Value::Bool(truth) => out.push(if *truth { '1' } else { '0' }),
                    Value::Text(text) => {
                        // What would be taken for a boundary is set off.
                        for char in text.chars() {
                            if char <= '\u{3}' {
                                out.push('\u{1}');
                                out.push('\u{4}');
                            }
                            out.push(char);
                        }
                        out.push('\u{0}');
                    }
                    _ => return Err(Fault("an array of this type has no order here")),
                }
            }
        }
    }
    Ok(out)
}
