//! Owns the functions that take any type: those of arrays, GREATEST and LEAST, and a value's declared type.
//! Must not know: plans.

use std::sync::Arc;

use datafusion::arrow::array::ArrayRef;
use datafusion::arrow::datatypes::FieldRef;
use datafusion::common::{Result, ScalarValue, plan_err};
use datafusion::logical_expr::{ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF};

use super::super::super::functions::Function;
use super::super::kind::Kind;
use super::super::order::compare;
use super::super::value::{Column, Value, column};
use super::super::{Fault, failed, implicit, input, output};
use super::{array, json, pattern};

type Types = fn(&[Kind]) -> Option<(Vec<Kind>, Kind)>;
type Run = for<'a> fn(&[Value<'a>], &[Kind]) -> Result<Value<'a>, Fault>;

/// The functions of this file.
pub fn functions() -> Vec<(&'static str, ScalarUDF)> {
    let all: &[(&'static str, Types, Run)] = &[
        // Planned under their own names for the type that they have, then settled as what the engine has.
        ("coalesce", alike, |args, _| Ok(args.iter().find(|value| !value.is_null()).cloned().unwrap_or(Value::Null))),
        ("greatest", same, |args, kinds| extreme(args, &kinds[0], std::cmp::Ordering::Greater)),
        ("least", same, |args, kinds| extreme(args, &kinds[0], std::cmp::Ordering::Less)),
        ("greatest_of", same, |args, kinds| extreme(args, &kinds[0], std::cmp::Ordering::Greater)),
        ("least_of", same, |args, kinds| extreme(args, &kinds[0], std::cmp::Ordering::Less)),
        ("to_jsonb", to_json_types, |args, kinds| {
            Ok(json::of_value(&args[0], &kinds[0]).map_or(Value::Null, Value::text))
        }),
        ("to_json", to_plain_types, |args, kinds| {
            Ok(json::plain_value(&args[0], &kinds[0]).map_or(Value::Null, Value::text))
        }),
        ("json_build_array", built_plain_types, |args, kinds| Ok(json::plain_array(args, kinds))),
        ("json_build_object", built_plain_types, json::plain_object),
        ("jsonb_build_array", built_types, |args, kinds| Ok(json::array_of(args, kinds))),
        ("jsonb_build_object", built_types, json::built_object),
        ("array_of", literal_types, |args, _| Ok(Value::List(args.to_vec()))),
        ("as_compared", compared_as, |args, _| Ok(args[0].clone())),
        ("array_or_empty", one_array, |args, _| {
            Ok(if args[0].is_null() { Value::List(Vec::new()) } else { args[0].clone() })
        }),
        ("array_concat_of", concat_types, |args, kinds| Ok(concat(args, kinds))),
        ("array_cat", concat_types, |args, kinds| Ok(concat(args, kinds))),
        ("array_append", append_types, |args, kinds| Ok(concat(args, kinds))),
        ("array_prepend", prepend_types, |args, kinds| Ok(concat(args, kinds))),
        ("array_item", item_types, |args, _| Ok(item(args))),
        ("array_slice_of", slice_types, |args, _| Ok(slice(args))),
        ("array_any", compared_types, |args, _| quantified(args, true)),
        ("array_all", compared_types, |args, _| quantified(args, false)),
        ("array_any_matches", matched_types, |args, _| matched(args, true)),
        ("array_all_matches", matched_types, |args, _| matched(args, false)),
        ("array_remove", append_types, |args, _| Ok(without(args))),
        ("array_replace", replace_types, |args, _| Ok(replaced(args))),
        ("array_position", position_types, |args, _| Ok(position(args))),
        ("array_positions", positions_types, |args, _| Ok(positions(args))),
        ("op_overlap_of", lists_types, |args, _| overlap(args)),
        ("op_contains_of", lists_types, |args, _| contains(args, 0, 1)),
        ("op_contained_of", lists_types, |args, _| contains(args, 1, 0)),
        ("cardinality", one_list, |args, _| Ok(length(args, true))),
        ("array_length", measured, |args, _| Ok(length(args, false))),
        ("array_upper", measured, |args, _| Ok(length(args, false))),
        ("array_lower", measured, |args, _| Ok(lower(args))),
        ("array_ndims", one_list, |args, _| Ok(dimensions(args))),
        ("array_to_string", joined_types, |args, kinds| Ok(joined(args, kinds))),
        ("trim_array", measured_list, |args, _| trimmed(args)),
    ];
    let all = all.iter().map(|(name, types, run)| (*name, function(name, *types, *run)));
    all.chain([("typed_as", typed_as())]).collect()
}

/// A value with the type that it has in PostgreSQL, where the engine has lost it.
fn typed_as() -> ScalarUDF {
    Function::udf(
        "typed_as",
        |args| {
            let name = args.scalar_arguments.get(1).copied().flatten().and_then(|name| name.try_as_str().flatten());
            let field = args.arg_fields[0].as_ref().clone().with_name("typed_as").with_nullable(true);
            let metadata = name.map(|name| (crate::key::PG_TYPE.to_owned(), name.to_owned())).into_iter().collect();
            Ok(field.with_metadata(metadata).into())
        },
        |args| Ok(args.args[0].clone()),
    )
}

fn function(name: &'static str, types: Types, run: Run) -> ScalarUDF {
    Function::udf(name, move |args| planned(name, args, types), move |args| computed(name, &args, types, run))
}

/// The operator that a function stands for.
fn written(name: &str) -> &str {
    match name {
        "array_of" => "array[…]",
        "array_concat_of" => "||",
        "array_item" | "array_slice_of" => "[…]",
        "array_any" | "array_any_matches" => "any (…)",
        "array_all" | "array_all_matches" => "all (…)",
        "op_overlap_of" => "&&",
        "op_contains_of" => "@>",
        "op_contained_of" => "<@",
        "as_compared" => "nullif",
        "greatest_of" => "greatest",
        "least_of" => "least",
        other => other,
    }
}

fn kinds_of(fields: &[FieldRef], literals: &[Option<&ScalarValue>]) -> Vec<Kind> {
    let one = |(at, field): (usize, &FieldRef)| Kind::of_argument(field, literals.get(at).copied().flatten());
    fields.iter().enumerate().map(one).collect()
}

fn planned(name: &'static str, args: &ReturnFieldArgs<'_>, types: Types) -> Result<FieldRef> {
    let kinds = kinds_of(args.arg_fields, args.scalar_arguments);
    let Some((wanted, gives)) = types(&kinds) else {
        let told: Vec<String> = kinds.iter().map(ToString::to_string).collect();
        if let Some(form) = array::form_of(name) {
            return plan_err!("{name}({}) is not there: the forms are {form}", told.join(", "));
        }
        return plan_err!("Cannot apply {} to {}: cast one of them", written(name), told.join(" and "));
    };
    for (at, kind) in kinds.iter().enumerate() {
        if *kind == Kind::Unknown
            && let Some(text) = args.scalar_arguments[at].and_then(|value| value.try_as_str().flatten())
            && let Err(fault) = input::read(&wanted[at], text)
        {
            return plan_err!("the quoted text '{text}' in {name}: {}", fault.0);
        }
    }
    Ok(gives.field(name))
}

fn computed(name: &'static str, args: &ScalarFunctionArgs, types: Types, run: Run) -> Result<ColumnarValue> {
    let literals: Vec<Option<&ScalarValue>> =
        args.args.iter().map(|arg| if let ColumnarValue::Scalar(value) = arg { Some(value) } else { None }).collect();
    let kinds = kinds_of(&args.arg_fields, &literals);
    let Some((wanted, gives)) = types(&kinds) else {
        return plan_err!("{name} is given other types than were planned");
    };
    let constant = literals.iter().all(Option::is_some);
    let rows = if constant { 1 } else { args.number_rows };
    let mut columns = Vec::with_capacity(kinds.len());
    for (arg, kind) in args.args.iter().zip(&kinds) {
        let is_constant = matches!(arg, ColumnarValue::Scalar(_));
        let array = arg.to_array(if is_constant { 1 } else { rows })?;
        // JSON holds a char(n) with its blanks, and so does what hands one on.
        let read_as = if *kind == Kind::Padded && matches!(gives, Kind::Jsonb | Kind::Json | Kind::Padded) {
            &Kind::Text
        } else {
            kind
        };
        columns.push((Column::new(read_as, &array, is_constant)?, kind));
    }
    let mut all = Vec::with_capacity(rows);
    for row in 0..rows {
        let values = columns
            .iter()
            .zip(&wanted)
            .map(|((column, kind), wanted)| column.at(row).and_then(|value| each(value, kind, wanted)));
        match values.collect::<Result<Vec<_>, _>>() {
            Ok(values) => all.push(values),
            Err(fault) => return failed(fault),
        }
    }
    let mut out = Vec::with_capacity(rows);
    for values in &all {
        match run(values, &wanted) {
            Ok(value) => out.push(value),
            Err(fault) => return failed(fault),
        }
    }
    let array: ArrayRef = column(&gives, &out)?;
    if constant {
        Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&array, 0)?))
    } else {
        Ok(ColumnarValue::Array(Arc::clone(&array)))
    }
}

/// A value, or each item of an array, as the type that is wanted.
fn each<'a>(value: Value<'a>, given: &Kind, wanted: &Kind) -> Result<Value<'a>, Fault> {
    match (value, given, wanted) {
        (Value::List(items), Kind::List(from), Kind::List(to)) => {
            Ok(Value::List(items.into_iter().map(|item| implicit::convert(item, from, to)).collect::<Result<_, _>>()?))
        }
        (value, _, _) => implicit::convert(value, given, wanted),
    }
}

/// The type that an array's items and a value take together.
fn item_of(list: &Kind, value: &Kind) -> Option<Kind> {
    let item = match list {
        Kind::List(item) => Some(item.as_ref().clone()),
        Kind::Unknown | Kind::Null => None,
        _ => return None,
    };
    let common = match (item, value) {
        (Some(item), Kind::Unknown | Kind::Null) => item,
        (Some(item), value) => Kind::common([Some(item), Some(value.clone())].into_iter())?,
        (None, Kind::Unknown | Kind::Null) => return None,
        (None, value) => value.clone(),
    };
    Some(if matches!(common, Kind::Unknown | Kind::Null) { Kind::Text } else { common })
}

fn list(item: Kind) -> Kind {
    Kind::List(Box::new(item))
}

fn alike(kinds: &[Kind]) -> Option<(Vec<Kind>, Kind)> {
    let common = match Kind::common(kinds.iter().cloned().map(Some))? {
        Kind::Unknown => Kind::Text,
        other => other,
    };
    (!kinds.is_empty()).then(|| (vec![common.clone(); kinds.len()], common))
}

fn same(kinds: &[Kind]) -> Option<(Vec<Kind>, Kind)> {
    let common = Kind::common(kinds.iter().cloned().map(Some))?;
    let ordered = !matches!(
        common,
        Kind::Json | Kind::Jsonb | Kind::List(_) | Kind::Own(_) | Kind::Engine(_) | Kind::Bool | Kind::Uuid
    );
    let ordered = ordered || matches!(common, Kind::Bool | Kind::Uuid);
    ordered.then(|| (vec![common.clone(); kinds.len()], common))
}

/// What becomes JSON: values as they are, quoted texts as texts.
fn as_json(kinds: &[Kind]) -> Option<Vec<Kind>> {
    let one = |kind: &Kind| match kind {
        Kind::Unknown => Some(Kind::Text),
        Kind::Engine(_) => None,
        other => Some(other.clone()),
    };
    kinds.iter().map(one).collect()
}

fn to_json_types(kinds: &[Kind]) -> Option<(Vec<Kind>, Kind)> {
    if kinds.len() == 1 && kinds[0] != Kind::Unknown { Some((as_json(kinds)?, Kind::Jsonb)) } else { None }
}

fn to_plain_types(kinds: &[Kind]) -> Option<(Vec<Kind>, Kind)> {
    to_json_types(kinds).map(|(wanted, _)| (wanted, Kind::Json))
}

fn built_plain_types(kinds: &[Kind]) -> Option<(Vec<Kind>, Kind)> {
    built_types(kinds).map(|(wanted, _)| (wanted, Kind::Json))
}

fn built_types(kinds: &[Kind]) -> Option<(Vec<Kind>, Kind)> {
    Some((as_json(kinds)?, Kind::Jsonb))
}

/// The items of an array that is written out; of a char(n), with or without its blanks is not plain.
fn literal_types(kinds: &[Kind]) -> Option<(Vec<Kind>, Kind)> {
    let common = Kind::common(kinds.iter().cloned().map(Some))?;
    let item = match common {
        Kind::Null | Kind::Unknown => Kind::Text,
        Kind::Padded | Kind::List(_) | Kind::Engine(_) => return None,
        _ if kinds.contains(&Kind::Padded) => return None,
        other => other,
    };
    Some((vec![item.clone(); kinds.len()], list(item)))
}

/// The first value as the type in which it is compared with the second: what NULLIF gives.
fn compared_as(kinds: &[Kind]) -> Option<(Vec<Kind>, Kind)> {
    let [own, other] = kinds else { return None };
    let wanted = match (own, other) {
        (a, Kind::Numeric) if a.is_integer() => Kind::Numeric,
        (a, b) if b.is_float() && !a.is_float() && a.rank().is_some() => Kind::Float8,
        (Kind::Unknown, Kind::Unknown | Kind::Null) | (Kind::Null, Kind::Unknown) => Kind::Text,
        (Kind::Unknown | Kind::Null, b) => b.clone(),
        (a, _) => a.clone(),
    };
    Some((vec![wanted.clone(), other.clone()], wanted))
}

fn one_array(kinds: &[Kind]) -> Option<(Vec<Kind>, Kind)> {
    match kinds {
        [own @ Kind::List(_)] => Some((vec![own.clone()], own.clone())),
        _ => None,
    }
}

fn concat_types(kinds: &[Kind]) -> Option<(Vec<Kind>, Kind)> {
    match kinds {
        [Kind::List(a), Kind::List(b)] => {
            let item = Kind::common([Some(a.as_ref().clone()), Some(b.as_ref().clone())].into_iter())?;
            Some((vec![list(item.clone()); 2], list(item)))
        }
        // A quoted text, or NULL, beside an array is an array too.
        [own @ Kind::List(_), Kind::Unknown | Kind::Null] | [Kind::Unknown | Kind::Null, own @ Kind::List(_)] => {
            Some((vec![own.clone(); 2], own.clone()))
        }
        [Kind::List(_), _] => append_types(kinds),
        [_, Kind::List(_)] => prepend_types(kinds),
        _ => None,
    }
}

fn append_types(kinds: &[Kind]) -> Option<(Vec<Kind>, Kind)> {
    let [own, value] = kinds else { return None };
    let item = item_of(own, value)?;
    Some((vec![list(item.clone()), item.clone()], list(item)))
}

fn prepend_types(kinds: &[Kind]) -> Option<(Vec<Kind>, Kind)> {
    let [value, own] = kinds else { return None };
    let item = item_of(own, value)?;
    Some((vec![item.clone(), list(item.clone())], list(item)))
}

fn item_types(kinds: &[Kind]) -> Option<(Vec<Kind>, Kind)> {
    match kinds {
        [Kind::List(item), at] if at.is_integer() || *at == Kind::Null => {
            Some((vec![kinds[0].clone(), Kind::Int8], item.as_ref().clone()))
        }
        _ => None,
    }
}

fn slice_types(kinds: &[Kind]) -> Option<(Vec<Kind>, Kind)> {
    match kinds {
        [own @ Kind::List(_), from, to] if from.is_integer() && to.is_integer() => {
            Some((vec![own.clone(), Kind::Int8, Kind::Int8], own.clone()))
        }
        _ => None,
    }
}

fn compared_types(kinds: &[Kind]) -> Option<(Vec<Kind>, Kind)> {
    let [value, own, _] = kinds else { return None };
    // A quoted array takes the type of the value.
    let item = item_of(own, value)?;
    Some((vec![item.clone(), list(item), Kind::Text], Kind::Bool))
}

/// Of a char(n), the blanks would count for some patterns.
fn matched_types(kinds: &[Kind]) -> Option<(Vec<Kind>, Kind)> {
    let [value, own, _] = kinds else { return None };
    let is_plain = |kind: &Kind| matches!(kind, Kind::Text | Kind::Varchar | Kind::Unknown | Kind::Null);
    let fits = is_plain(value) && (is_plain(own) || matches!(own, Kind::List(item) if is_plain(item)));
    fits.then(|| (vec![Kind::Text, list(Kind::Text), Kind::Text], Kind::Bool))
}

fn replace_types(kinds: &[Kind]) -> Option<(Vec<Kind>, Kind)> {
    let [own, from, to] = kinds else { return None };
    let item = item_of(&list(item_of(own, from)?), to)?;
    Some((vec![list(item.clone()), item.clone(), item.clone()], list(item)))
}

fn position_types(kinds: &[Kind]) -> Option<(Vec<Kind>, Kind)> {
    let item = item_of(kinds.first()?, kinds.get(1)?)?;
    match kinds.len() {
        2 => Some((vec![list(item.clone()), item], Kind::Int4)),
        3 => Some((vec![list(item.clone()), item, Kind::Int4], Kind::Int4)),
        _ => None,
    }
}

fn positions_types(kinds: &[Kind]) -> Option<(Vec<Kind>, Kind)> {
    let [own, value] = kinds else { return None };
    let item = item_of(own, value)?;
    Some((vec![list(item.clone()), item], list(Kind::Int4)))
}

fn lists_types(kinds: &[Kind]) -> Option<(Vec<Kind>, Kind)> {
    let own = match kinds {
        [Kind::List(a), Kind::List(b)] => {
            list(Kind::common([Some(a.as_ref().clone()), Some(b.as_ref().clone())].into_iter())?)
        }
        [own @ Kind::List(_), Kind::Unknown | Kind::Null] | [Kind::Unknown | Kind::Null, own @ Kind::List(_)] => {
            own.clone()
        }
        _ => return None,
    };
    Some((vec![own.clone(), own], Kind::Bool))
}

fn one_list(kinds: &[Kind]) -> Option<(Vec<Kind>, Kind)> {
    match kinds {
        [own @ Kind::List(_)] => Some((vec![own.clone()], Kind::Int4)),
        _ => None,
    }
}

fn measured(kinds: &[Kind]) -> Option<(Vec<Kind>, Kind)> {
    match kinds {
        [own @ Kind::List(_), Kind::Int2 | Kind::Int4] => Some((vec![own.clone(), Kind::Int4], Kind::Int4)),
        _ => None,
    }
}

fn measured_list(kinds: &[Kind]) -> Option<(Vec<Kind>, Kind)> {
    match kinds {
        [own @ Kind::List(_), Kind::Int2 | Kind::Int4] => Some((vec![own.clone(), Kind::Int4], own.clone())),
        _ => None,
    }
}

fn joined_types(kinds: &[Kind]) -> Option<(Vec<Kind>, Kind)> {
    match kinds {
        [own @ Kind::List(_), rest @ ..]
            if matches!(rest.len(), 1 | 2)
                && rest.iter().all(|kind| kind.is_text() || matches!(kind, Kind::Unknown | Kind::Null)) =>
        {
            let mut wanted = vec![own.clone()];
            wanted.extend(rest.iter().map(|_| Kind::Text));
            Some((wanted, Kind::Text))
        }
        _ => None,
    }
}

fn items<'a, 'b>(args: &'b [Value<'a>], at: usize) -> Option<&'b [Value<'a>]> {
    if let Some(Value::List(items)) = args.get(at) { Some(items) } else { None }
}

fn index(args: &[Value<'_>], at: usize) -> Option<i64> {
    if let Some(Value::Int(value)) = args.get(at) { Some(*value) } else { None }
}

fn count(number: usize) -> Value<'static> {
    Value::Int(i64::try_from(number).unwrap_or(i64::MAX))
}

/// How two values compare; of char(n), blanks at the end do not count.
fn without_blanks(left: &Value<'_>, right: &Value<'_>, kind: &Kind) -> Option<std::cmp::Ordering> {
    match (left, right) {
        (Value::Text(a), Value::Text(b)) if *kind == Kind::Padded => {
            Some(a.trim_end_matches(' ').as_bytes().cmp(b.trim_end_matches(' ').as_bytes()))
        }
        (a, b) => compare(a, b),
    }
}

fn extreme<'a>(args: &[Value<'a>], kind: &Kind, better: std::cmp::Ordering) -> Result<Value<'a>, Fault> {
    let mut best: Option<&Value<'a>> = None;
    for value in args.iter().filter(|value| !value.is_null()) {
        match best {
            None => best = Some(value),
            Some(known) => {
                let order =
                    without_blanks(value, known, kind).ok_or(Fault("values of this type have no order here"))?;
                if order == better {
                    best = Some(value);
                }
            }
        }
    }
    Ok(best.cloned().unwrap_or(Value::Null))
}

fn concat<'a>(args: &[Value<'a>], kinds: &[Kind]) -> Value<'a> {
    let mut out = Vec::new();
    let mut all_null = true;
    for (value, kind) in args.iter().zip(kinds) {
        match (value, kind) {
            (Value::List(items), _) => {
                all_null = false;
                out.extend(items.iter().cloned());
            }
            (Value::Null, Kind::List(_)) => {}
            (value, _) => {
                all_null = false;
                out.push(value.clone());
            }
        }
    }
    if all_null { Value::Null } else { Value::List(out) }
}

fn item<'a>(args: &[Value<'a>]) -> Value<'a> {
    let at = index(args, 1).and_then(|at| usize::try_from(at - 1).ok());
    match (items(args, 0), at) {
        (Some(items), Some(at)) => items.get(at).cloned().unwrap_or(Value::Null),
        _ => Value::Null,
    }
}

fn slice<'a>(args: &[Value<'a>]) -> Value<'a> {
    let (Some(items), Some(from), Some(to)) = (items(args, 0), index(args, 1), index(args, 2)) else {
        return Value::Null;
    };
    let from = usize::try_from(from.max(1) - 1).unwrap_or(usize::MAX);
    let to = usize::try_from(to.max(0)).unwrap_or(usize::MAX).min(items.len());
    Value::List(items.get(from..to).unwrap_or_default().to_vec())
}

/// `x = any (array)` and `x > all (array)`, three-valued.
fn quantified<'a>(args: &[Value<'a>], any: bool) -> Result<Value<'a>, Fault> {
    let (Some(items), Some(Value::Text(op))) = (items(args, 1), args.get(2)) else { return Ok(Value::Null) };
    let mut unknown = false;
    for item in items {
        if args[0].is_null() || item.is_null() {
            unknown = true;
            continue;
        }
        let order = compare(&args[0], item).ok_or(Fault("values of this type are not compared here"))?;
        let holds = match op.as_ref() {
            "=" => order.is_eq(),
            "<>" | "!=" => order.is_ne(),
            "<" => order.is_lt(),
            "<=" => order.is_le(),
            ">" => order.is_gt(),
            ">=" => order.is_ge(),
            _ => return Err(Fault("an operator that ANY and ALL do not take here")),
        };
        if holds == any {
            return Ok(Value::Bool(any));
        }
    }
    Ok(if unknown { Value::Null } else { Value::Bool(!any) })
}

/// `text like any (patterns)`.
fn matched<'a>(args: &[Value<'a>], any: bool) -> Result<Value<'a>, Fault> {
    let (Some(patterns), Value::Text(op)) = (items(args, 1), &args[2]) else { return Ok(Value::Null) };
    let mut unknown = false;
    for pattern in patterns {
        if args[0].is_null() || pattern.is_null() {
            unknown = true;
        } else if pattern::holds(op, &args[0], pattern)? == any {
            return Ok(Value::Bool(any));
        }
    }
    Ok(if unknown { Value::Null } else { Value::Bool(!any) })
}

/// Are two items one, as `is not distinct from` has it?
fn is_same(left: &Value<'_>, right: &Value<'_>) -> bool {
    match (left.is_null(), right.is_null()) {
        (true, true) => true,
        (false, false) => compare(left, right).map_or_else(|| left == right, std::cmp::Ordering::is_eq),
        _ => false,
    }
}

fn without<'a>(args: &[Value<'a>]) -> Value<'a> {
    let Some(items) = items(args, 0) else { return Value::Null };
    Value::List(items.iter().filter(|item| !is_same(item, &args[1])).cloned().collect())
}

fn replaced<'a>(args: &[Value<'a>]) -> Value<'a> {
    let Some(items) = items(args, 0) else { return Value::Null };
    Value::List(items.iter().map(|item| if is_same(item, &args[1]) { args[2].clone() } else { item.clone() }).collect())
}

fn position<'a>(args: &[Value<'a>]) -> Value<'a> {
    let Some(items) = items(args, 0) else { return Value::Null };
    let from = match args.get(2) {
        None => 1,
        Some(Value::Int(from)) => *from,
        Some(_) => return Value::Null,
    };
    let from = usize::try_from(from.max(1) - 1).unwrap_or(usize::MAX);
    items
        .iter()
        .enumerate()
        .skip(from)
        .find(|(_, item)| is_same(item, &args[1]))
        .map_or(Value::Null, |(at, _)| count(at + 1))
}

fn positions<'a>(args: &[Value<'a>]) -> Value<'a> {
    let Some(items) = items(args, 0) else { return Value::Null };
    Value::List(
        items.iter().enumerate().filter(|(_, item)| is_same(item, &args[1])).map(|(at, _)| count(at + 1)).collect(),
    )
}

fn overlap<'a>(args: &[Value<'a>]) -> Result<Value<'a>, Fault> {
    let (Some(one), Some(other)) = (items(args, 0), items(args, 1)) else { return Ok(Value::Null) };
    Ok(Value::Bool(one.iter().any(|item| !item.is_null() && other.iter().any(|found| is_same(item, found)))))
}

fn contains<'a>(args: &[Value<'a>], whole: usize, part: usize) -> Result<Value<'a>, Fault> {
    let (Some(whole), Some(part)) = (items(args, whole), items(args, part)) else { return Ok(Value::Null) };
    Ok(Value::Bool(part.iter().all(|item| !item.is_null() && whole.iter().any(|found| is_same(item, found)))))
}

fn length<'a>(args: &[Value<'a>], of_empty: bool) -> Value<'a> {
    match (items(args, 0), args.get(1)) {
        (Some([]), _) if !of_empty => Value::Null,
        (Some(items), None | Some(Value::Int(1))) => count(items.len()),
        _ => Value::Null,
    }
}

fn lower<'a>(args: &[Value<'a>]) -> Value<'a> {
    match (items(args, 0), args.get(1)) {
        (Some([_, ..]), Some(Value::Int(1))) => Value::Int(1),
        _ => Value::Null,
    }
}

fn dimensions<'a>(args: &[Value<'a>]) -> Value<'a> {
    if matches!(items(args, 0), Some([_, ..])) { Value::Int(1) } else { Value::Null }
}

fn joined<'a>(args: &[Value<'a>], kinds: &[Kind]) -> Value<'a> {
    let (Some(items), Some(Value::Text(between))) = (items(args, 0), args.get(1)) else { return Value::Null };
    let of = if let Some(Kind::List(item)) = kinds.first() { item.as_ref() } else { &Kind::Text };
    let instead = if let Some(Value::Text(text)) = args.get(2) { Some(text.as_ref().to_owned()) } else { None };
    let shown =
        items.iter().filter_map(|item| if item.is_null() { instead.clone() } else { Some(output::print(item, of)) });
    Value::text(shown.collect::<Vec<_>>().join(between))
}

fn trimmed<'a>(args: &[Value<'a>]) -> Result<Value<'a>, Fault> {
    let (Some(items), Some(cut)) = (items(args, 0), index(args, 1)) else { return Ok(Value::Null) };
    match usize::try_from(cut).ok().and_then(|cut| items.len().checked_sub(cut)) {
        Some(left) => Ok(Value::List(items[..left].to_vec())),
        None => Err(Fault("more items are cut than an array has")),
    }
}
