//! Owns the operators and functions of json and jsonb.
//! Must not know: plans, columns.

use super::super::super::postgres::json as pg;
use super::super::super::postgres::json::{Bad, Json as Doc};
use super::super::form::T::{Bool, Int4, Json, Jsonb, Text, Texts};
use super::super::form::{Form, form};
use super::super::kind::Kind;
use super::super::value::Value;
use super::super::{Fault, output};
use super::{Family, Out, int, text, truth};

pub const FAMILY: Family = Family {
    title: "JSON",
    functions: &[
        (
            "op_arrow",
            &[
                form(&[Jsonb, Text], Jsonb, |a| shown(doc(a, 0)?.get(text(a, 1)))),
                form(&[Jsonb, Int4], Jsonb, |a| shown(doc(a, 0)?.at(int(a, 1)))),
                form(&[Json, Text], Json, |a| Ok(raw(pg::json_get(text(a, 0), text(a, 1)).map_err(told)?))),
                form(&[Json, Int4], Json, |a| Ok(raw(pg::json_at(text(a, 0), int(a, 1)).map_err(told)?))),
            ],
        ),
        (
            "op_arrow_text",
            &[
                form(&[Jsonb, Text], Text, |a| Ok(as_text(doc(a, 0)?.get(text(a, 1))))),
                form(&[Jsonb, Int4], Text, |a| Ok(as_text(doc(a, 0)?.at(int(a, 1))))),
                form(&[Json, Text], Text, |a| raw_text(pg::json_get(text(a, 0), text(a, 1)).map_err(told)?)),
                form(&[Json, Int4], Text, |a| raw_text(pg::json_at(text(a, 0), int(a, 1)).map_err(told)?)),
            ],
        ),
        (
            "op_path",
            &[
                form(&[Jsonb, Texts], Jsonb, |a| shown(at_path(&doc(a, 0)?, a, 1).as_ref())),
                form(&[Json, Texts], Json, |a| Ok(raw(raw_path(text(a, 0), a, 1)?))),
            ],
        ),
        (
            "op_path_text",
            &[
                form(&[Jsonb, Texts], Text, |a| Ok(as_text(at_path(&doc(a, 0)?, a, 1).as_ref()))),
                form(&[Json, Texts], Text, |a| raw_text(raw_path(text(a, 0), a, 1)?)),
            ],
        ),
        (
            "op_contains",
            &[
                form(&[Jsonb, Jsonb], Bool, |a| Ok(Value::Bool(doc(a, 0)?.contains(&doc(a, 1)?)))),
                super::range::CONTAINS[0],
                super::range::CONTAINS[1],
                super::range::CONTAINS[2],
                super::range::CONTAINS[3],
                super::range::CONTAINS[4],
                super::range::CONTAINS[5],
                super::range::CONTAINS[6],
                super::range::CONTAINS[7],
                super::range::CONTAINS[8],
                super::range::CONTAINS[9],
                super::range::CONTAINS[10],
                super::range::CONTAINS[11],
            ],
        ),
        (
            "op_contained",
            &[
                form(&[Jsonb, Jsonb], Bool, |a| Ok(Value::Bool(doc(a, 1)?.contains(&doc(a, 0)?)))),
                super::range::CONTAINED[0],
                super::range::CONTAINED[1],
                super::range::CONTAINED[2],
                super::range::CONTAINED[3],
                super::range::CONTAINED[4],
                super::range::CONTAINED[5],
                super::range::CONTAINED[6],
                super::range::CONTAINED[7],
                super::range::CONTAINED[8],
                super::range::CONTAINED[9],
                super::range::CONTAINED[10],
                super::range::CONTAINED[11],
            ],
        ),
        ("op_has", &[form(&[Jsonb, Text], Bool, |a| Ok(Value::Bool(doc(a, 0)?.has_key(text(a, 1)))))]),
        (
            "op_has_any",
            &[form(&[Jsonb, Texts], Bool, |a| {
                let doc = doc(a, 0)?;
                Ok(Value::Bool(texts(a, 1).iter().flatten().any(|key| doc.has_key(key))))
            })],
        ),
        (
            "op_has_all",
            &[form(&[Jsonb, Texts], Bool, |a| {
                let doc = doc(a, 0)?;
                Ok(Value::Bool(texts(a, 1).iter().flatten().all(|key| doc.has_key(key))))
            })],
        ),
        (
            "op_without",
            &[form(&[Jsonb, Texts], Jsonb, |a| {
                let path: Option<Vec<&str>> = texts(a, 1).into_iter().collect();
                done(doc(a, 0)?.delete_path(&path.ok_or(Fault("a path with a NULL in it"))?))
            })],
        ),
        ("json_typeof", &[form(&[Json], Text, |a| pg::json_typeof(text(a, 0)).map(Value::text).map_err(told))]),
        ("jsonb_typeof", &[form(&[Jsonb], Text, |a| Ok(Value::text(doc(a, 0)?.typeof_())))]),
        (
            "json_array_length",
            &[form(&[Json], Int4, |a| Ok(count(pg::json_elements(text(a, 0)).map_err(told)?.len())))],
        ),
        ("jsonb_array_length", &[form(&[Jsonb], Int4, |a| doc(a, 0)?.array_length().map(count).map_err(told))]),
        ("jsonb_extract_path", &[form(&[Jsonb, Text], Jsonb, |a| shown(doc(a, 0)?.path(&rest(a)))).variadic()]),
        (
            "jsonb_extract_path_text",
            &[form(&[Jsonb, Text], Text, |a| Ok(as_text(doc(a, 0)?.path(&rest(a))))).variadic()],
        ),
        (
            "jsonb_set",
            &[
                form(&[Jsonb, Texts, Jsonb], Jsonb, |a| set(a, true)),
                form(&[Jsonb, Texts, Jsonb, super::super::form::T::Bool], Jsonb, |a| set(a, truth(a, 3))),
            ],
        ),
        ("jsonb_strip_nulls", &[form(&[Jsonb], Jsonb, |a| Ok(Value::text(doc(a, 0)?.strip_nulls().print())))]),
        ("jsonb_pretty", &[form(&[Jsonb], Text, |a| Ok(Value::text(doc(a, 0)?.pretty())))]),
        (
            "jsonb_array_of",
            &[form(&[Texts], Jsonb, |a| {
                let parts: Vec<&str> = texts(a, 0).into_iter().map(|part| part.unwrap_or("null")).collect();
                Ok(Value::text(format!("[{}]", parts.join(", "))))
            })],
        ),
        ("jsonb_object_of", &[form(&[Texts, Texts], Jsonb, |a| object_of(a))]),
        ("jsonb_object", &[form(&[Texts], Jsonb, |a| pairs(a))]),
    ],
};

/// `-` of a document.
pub const MINUS: [Form; 3] = [
    form(&[Jsonb, Text], Jsonb, |a| done(doc(a, 0)?.delete_key(text(a, 1)))),
    form(&[Jsonb, Int4], Jsonb, |a| done(doc(a, 0)?.delete_at(int(a, 1)))),
    form(&[Jsonb, Texts], Jsonb, |a| {
        let keys: Vec<&str> = texts(a, 1).into_iter().flatten().collect();
        done(doc(a, 0)?.delete_keys(&keys))
    }),
];

fn told(bad: Bad) -> Fault {
    match bad {
        Bad::Syntax => Fault("a text is no JSON"),
        Bad::Range => Fault("a JSON value is out of range"),
        Bad::Kind(what) => Fault(what),
        Bad::Unsupported => Fault("a JSON value that is not there"),
    }
}

fn count(number: usize) -> Value<'static> {
    Value::Int(i64::try_from(number).unwrap_or(i64::MAX))
}

fn doc(args: &[Value<'_>], at: usize) -> Result<Doc, Fault> {
    Doc::read(text(args, at)).map_err(told)
}

#[expect(clippy::unnecessary_wraps, reason = "as forms give their results")]
fn shown<'a>(found: Option<&Doc>) -> Out<'a> {
    Ok(Value::text_or_null(found.map(Doc::print)))
}

fn as_text<'a>(found: Option<&Doc>) -> Value<'a> {
    Value::text_or_null(found.and_then(Doc::as_text))
}

fn done<'a>(doc: Result<Doc, Bad>) -> Out<'a> {
    doc.map(|doc| Value::text(doc.print())).map_err(told)
}

fn raw<'a>(found: Option<&str>) -> Value<'a> {
    Value::text_or_null(found.map(str::to_owned))
}

fn raw_text<'a>(found: Option<&str>) -> Out<'a> {
    match found {
        None => Ok(Value::Null),
        Some(text) => Ok(Value::text_or_null(pg::json_text(text).map_err(told)?)),
    }
}

fn texts<'a>(args: &'a [Value<'_>], at: usize) -> Vec<Option<&'a str>> {
    match args.get(at) {
        Some(Value::List(items)) => {
            items.iter().map(|item| if let Value::Text(text) = item { Some(text.as_ref()) } else { None }).collect()
        }
        _ => Vec::new(),
    }
}

fn rest<'a>(args: &'a [Value<'_>]) -> Vec<&'a str> {
    (1..args.len()).map(|at| text(args, at)).collect()
}

/// A path with a NULL in it leads nowhere.
fn at_path(doc: &Doc, args: &[Value<'_>], at: usize) -> Option<Doc> {
    let path: Option<Vec<&str>> = texts(args, at).into_iter().collect();
    doc.path(&path?).cloned()
}

fn raw_path<'a>(json: &'a str, args: &[Value<'_>], at: usize) -> Result<Option<&'a str>, Fault> {
    let path: Option<Vec<&str>> = texts(args, at).into_iter().collect();
    match path {
        Some(path) => pg::json_path(json, &path).map_err(told),
        None => Ok(None),
    }
}

/// `||` of two documents.
pub fn concat<'a>(args: &[Value<'_>]) -> Out<'a> {
    Ok(Value::text(doc(args, 0)?.concat(doc(args, 1)?).print()))
}

fn set<'a>(args: &[Value<'_>], create: bool) -> Out<'a> {
    let path: Option<Vec<&str>> = texts(args, 1).into_iter().collect();
    let path = path.ok_or(Fault("a path with a NULL in it"))?;
    done(doc(args, 0)?.set(&path, &doc(args, 2)?, create))
}

fn object_of<'a>(args: &[Value<'_>]) -> Out<'a> {
    let (names, values) = (texts(args, 0), texts(args, 1));
    let mut members = Vec::with_capacity(names.len());
    for (name, value) in names.into_iter().zip(values) {
        let name = name.ok_or(Fault("a member's name is NULL"))?;
        members.push((name.to_owned(), Doc::read(value.unwrap_or("null")).map_err(told)?));
    }
    Ok(Value::text(Doc::object(members).print()))
}

/// A value as JSON; None for NULL.
pub fn of_value(value: &Value<'_>, kind: &Kind) -> Option<String> {
    let quoted = |text: &str| pg::to_json_text(text);
    Some(match value {
        Value::Null => return None,
        Value::Bool(truth) => truth.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Float4(_) | Value::Float8(_) | Value::Numeric(_) => {
            let text = output::print(value, kind);
            match text.as_str() {
                "NaN" | "Infinity" | "-Infinity" => quoted(&text),
                // jsonb keeps a number as numeric has it.
                number => Doc::read(number).map_or_else(|_| number.to_owned(), |number| number.print()),
            }
        }
        Value::Text(text) if *kind == Kind::Jsonb => text.clone().into_owned(),
        Value::Text(text) if *kind == Kind::Json => Doc::read(text).map_or_else(|_| quoted(text), |doc| doc.print()),
        Value::Timestamp(_) | Value::TimestampTz(_) => {
            let text = output::print(value, kind).replacen(' ', "T", 1);
            // JSON has the offset in full.
            let text = text.replacen("+00", "+00:00", usize::from(matches!(value, Value::TimestampTz(_))));
            quoted(&text)
        }
        Value::List(items) => {
            let of = if let Kind::List(item) = kind { item.as_ref() } else { &Kind::Text };
            let items: Vec<String> =
                items.iter().map(|item| of_value(item, of).unwrap_or_else(|| "null".to_owned())).collect();
            format!("[{}]", items.join(", "))
        }
        other => quoted(&output::print(other, kind)),
    })
}

/// A value as json, which keeps numbers and documents as they are written; None for NULL.
pub fn plain_value(value: &Value<'_>, kind: &Kind) -> Option<String> {
    Some(match value {
        Value::Float4(_) | Value::Float8(_) | Value::Numeric(_) => {
            let text = output::print(value, kind);
            if matches!(text.as_str(), "NaN" | "Infinity" | "-Infinity") { pg::to_json_text(&text) } else { text }
        }
        Value::Text(text) if *kind == Kind::Json => text.clone().into_owned(),
        Value::List(items) => {
            let of = if let Kind::List(item) = kind { item.as_ref() } else { &Kind::Text };
            let items: Vec<String> =
                items.iter().map(|item| plain_value(item, of).unwrap_or_else(|| "null".to_owned())).collect();
            format!("[{}]", items.join(","))
        }
        other => return of_value(other, kind),
    })
}

type Written = fn(&Value<'_>, &Kind) -> Option<String>;

/// An array of values, each as `json` or `jsonb` has it.
fn listed<'a>(args: &[Value<'_>], kinds: &[Kind], written: Written) -> Value<'a> {
    let one = |(value, kind)| written(value, kind).unwrap_or_else(|| "null".to_owned());
    let items: Vec<String> = args.iter().zip(kinds).map(one).collect();
    Value::text(format!("[{}]", items.join(", ")))
}

/// The names and values of members, each value as `json` or `jsonb` has it.
fn members(args: &[Value<'_>], kinds: &[Kind], written: Written) -> Result<Vec<(String, String)>, Fault> {
    if args.len() % 2 == 1 {
        return Err(Fault("names and values are no pairs"));
    }
    let pairs = args.chunks_exact(2).zip(kinds.chunks_exact(2));
    let one = |(pair, kinds): (&[Value<'_>], &[Kind])| {
        if pair[0].is_null() {
            return Err(Fault("a member's name is NULL"));
        }
        let value = written(&pair[1], &kinds[1]).unwrap_or_else(|| "null".to_owned());
        Ok((output::print(&pair[0], &kinds[0]), value))
    };
    pairs.map(one).collect()
}

/// `json_build_array`.
pub fn plain_array<'a>(args: &[Value<'_>], kinds: &[Kind]) -> Value<'a> {
    listed(args, kinds, plain_value)
}

/// `json_build_object`: members in their order, equal names too.
pub fn plain_object<'a>(args: &[Value<'a>], kinds: &[Kind]) -> Out<'a> {
    let members = members(args, kinds, plain_value)?;
    let members = members.iter().map(|(name, value)| format!("{} : {value}", pg::to_json_text(name)));
    Ok(Value::text(format!("{{{}}}", members.collect::<Vec<_>>().join(", "))))
}

/// `jsonb_build_array`.
pub fn array_of<'a>(args: &[Value<'_>], kinds: &[Kind]) -> Value<'a> {
    listed(args, kinds, of_value)
}

/// `jsonb_build_object`.
pub fn built_object<'a>(args: &[Value<'a>], kinds: &[Kind]) -> Out<'a> {
    let members = members(args, kinds, of_value)?.into_iter();
    let members = members.map(|(name, value)| Ok((name, Doc::read(&value).map_err(told)?)));
    Ok(Value::text(Doc::object(members.collect::<Result<_, Fault>>()?).print()))
}

fn pairs<'a>(args: &[Value<'_>]) -> Out<'a> {
    let all = texts(args, 0);
    if all.len() % 2 == 1 {
        return Err(Fault("names and values are no pairs"));
    }
    let mut members = Vec::new();
    for pair in all.chunks_exact(2) {
        let name = pair[0].ok_or(Fault("a member's name is NULL"))?;
        members.push((name.to_owned(), pair[1].map_or(Doc::Null, |text| Doc::Text(text.to_owned()))));
    }
    Ok(Value::text(Doc::object(members).print()))
}
