//! Owns the functions of texts and bytes.
//! Must not know: plans, columns, patterns.

use super::super::super::postgres::text as pg;
use super::super::Fault;
use super::super::form::T::{Bool, Bytes, Cast, Int4, Int8, Jsonb, Raw, Shown, Text, Texts};
use super::super::form::{Form, form};
use super::super::value::Value;
use super::{Family, Out, bytes, int, text};

pub const FAMILY: Family = Family {
    title: "Texts and bytes",
    functions: &[
        (
            "op_concat",
            &[
                form(&[Text, Text], Text, |a| Ok(Value::text(format!("{}{}", text(a, 0), text(a, 1))))),
                form(&[Bytes, Bytes], Bytes, |a| Ok(Value::Bytes([bytes(a, 0), bytes(a, 1)].concat().into()))),
                form(&[Jsonb, Jsonb], Jsonb, |a| super::json::concat(a)),
                form(&[Text, Cast], Text, |a| Ok(Value::text(format!("{}{}", text(a, 0), text(a, 1))))),
                form(&[Cast, Text], Text, |a| Ok(Value::text(format!("{}{}", text(a, 0), text(a, 1))))),
            ],
        ),
        ("ascii", &[form(&[Text], Int4, |a| Ok(Value::Int(pg::ascii(text(a, 0)))))]),
        (
            "bit_length",
            &[
                form(&[Text], Int4, |a| Ok(count(text(a, 0).len() * 8))),
                form(&[Bytes], Int4, |a| Ok(count(bytes(a, 0).len() * 8))),
            ],
        ),
        ("btrim", TRIM),
        ("trim", TRIM),
        ("char_length", LENGTH),
        ("character_length", LENGTH),
        ("chr", &[form(&[Int4], Text, |a| pg::chr(int(a, 0)).map(Value::text).map_err(told))]),
        (
            "concat",
            &[form(&[Shown], Text, |a| Ok(Value::text(a.iter().map(shown).collect::<String>()))).lax().variadic()],
        ),
        ("concat_ws", &[form(&[Text, Shown], Text, |a| Ok(joined(a))).lax().variadic()]),
        (
            "convert_from",
            &[form(&[Bytes, Text], Text, |a| match text(a, 1).to_ascii_lowercase().as_str() {
                "utf8" | "utf-8" => match String::from_utf8(bytes(a, 0).to_vec()) {
                    Ok(text) if !text.contains('\0') => Ok(Value::text(text)),
                    _ => Err(Fault("bytes are no text in UTF-8")),
                },
                _ => Err(Fault("convert_from of another encoding than UTF8 is not there")),
            })],
        ),
        (
            "convert_to",
            &[form(&[Text, Text], Bytes, |a| match text(a, 1).to_ascii_lowercase().as_str() {
                "utf8" | "utf-8" => Ok(Value::Bytes(text(a, 0).as_bytes().to_vec().into())),
                _ => Err(Fault("convert_to another encoding than UTF8 is not there")),
            })],
        ),
        (
            "decode",
            &[form(&[Text, Text], Bytes, |a| {
                pg::decode(text(a, 0), text(a, 1)).map(|bytes| Value::Bytes(bytes.into())).map_err(told)
            })],
        ),
        (
            "encode",
            &[form(&[Bytes, Text], Text, |a| pg::encode(bytes(a, 0), text(a, 1)).map(Value::text).map_err(told))],
        ),
        ("format", &[form(&[Text, Shown], Text, |a| formatted(a)).lax().variadic()]),
        ("initcap", &[form(&[Text], Text, |a| Ok(Value::text(pg::initcap(text(a, 0)))))]),
        ("left", &[form(&[Text, Int4], Text, |a| Ok(Value::text(pg::left(text(a, 0), int(a, 1)))))]),
        ("length", LENGTH),
        (
            "lower",
            &[
                form(&[Text], Text, |a| Ok(Value::text(pg::lower(text(a, 0))))),
                super::range::LOWER[0],
                super::range::LOWER[1],
                super::range::LOWER[2],
                super::range::LOWER[3],
                super::range::LOWER[4],
                super::range::LOWER[5],
            ],
        ),
        (
            "lpad",
            &[
                form(&[Text, Int4, Text], Text, |a| {
                    pg::pad(text(a, 0), int(a, 1), text(a, 2), true).map(Value::text).map_err(told)
                }),
                form(&[Text, Int4], Text, |a| pg::pad(text(a, 0), int(a, 1), " ", true).map(Value::text).map_err(told)),
            ],
        ),
        (
            "ltrim",
            &[
                form(&[Text], Text, |a| Ok(Value::text(pg::trim(text(a, 0), " ", true, false)))),
                form(&[Text, Text], Text, |a| Ok(Value::text(pg::trim(text(a, 0), text(a, 1), true, false)))),
            ],
        ),
        (
            "octet_length",
            &[
                form(&[Raw], Int4, |a| Ok(count(text(a, 0).len()))),
                form(&[Bytes], Int4, |a| Ok(count(bytes(a, 0).len()))),
            ],
        ),
        (
            "overlay",
            &[
                form(&[Text, Text, Int4, Int4], Text, |a| {
                    pg::overlay(text(a, 0), text(a, 1), int(a, 2), int(a, 3)).map(Value::text).map_err(told)
                }),
                form(&[Text, Text, Int4], Text, |a| {
                    let length = i64::try_from(text(a, 1).chars().count()).unwrap_or(i64::MAX);
                    pg::overlay(text(a, 0), text(a, 1), int(a, 2), length).map(Value::text).map_err(told)
                }),
            ],
        ),
        ("position", POSITION),
        ("strpos", POSITION),
        ("quote_ident", &[form(&[Text], Text, |a| Ok(Value::text(pg::quote_ident(text(a, 0)))))]),
        ("quote_literal", &[form(&[Cast], Text, |a| Ok(Value::text(pg::quote_literal(text(a, 0)))))]),
        (
            "quote_nullable",
            &[form(&[Cast], Text, |a| {
                Ok(Value::text(if a[0].is_null() { "NULL".to_owned() } else { pg::quote_literal(text(a, 0)) }))
            })
            .lax()],
        ),
        ("repeat", &[form(&[Text, Int4], Text, |a| pg::repeat(text(a, 0), int(a, 1)).map(Value::text).map_err(told))]),
        (
            "replace",
            &[form(&[Text, Text, Text], Text, |a| Ok(Value::text(pg::replace(text(a, 0), text(a, 1), text(a, 2)))))],
        ),
        ("reverse", &[form(&[Text], Text, |a| Ok(Value::text(text(a, 0).chars().rev().collect::<String>())))]),
        ("right", &[form(&[Text, Int4], Text, |a| Ok(Value::text(pg::right(text(a, 0), int(a, 1)))))]),
        (
            "rpad",
            &[
                form(&[Text, Int4, Text], Text, |a| {
                    pg::pad(text(a, 0), int(a, 1), text(a, 2), false).map(Value::text).map_err(told)
                }),
                form(&[Text, Int4], Text, |a| {
                    pg::pad(text(a, 0), int(a, 1), " ", false).map(Value::text).map_err(told)
                }),
            ],
        ),
        (
            "rtrim",
            &[
                form(&[Text], Text, |a| Ok(Value::text(pg::trim(text(a, 0), " ", false, true)))),
                form(&[Text, Text], Text, |a| Ok(Value::text(pg::trim(text(a, 0), text(a, 1), false, true)))),
            ],
        ),
        (
            "split_part",
            &[form(&[Text, Text, Int4], Text, |a| {
                pg::split_part(text(a, 0), text(a, 1), int(a, 2)).map(Value::text).map_err(told)
            })],
        ),
        ("starts_with", &[form(&[Text, Text], Bool, |a| Ok(Value::Bool(text(a, 0).starts_with(text(a, 1)))))]),
        (
            "string_to_array",
            &[
                form(&[Text, Text], Texts, |a| Ok(split(a, None))).lax(),
                form(&[Text, Text, Text], Texts, |a| Ok(split(a, (!a[2].is_null()).then(|| text(a, 2))))).lax(),
            ],
        ),
        ("substr", SUBSTR),
        (
            "substring",
            &[SUBSTR[0], SUBSTR[1], SUBSTR[2], SUBSTR[3], form(&[Text, Text], Text, |a| super::pattern::substring(a))],
        ),
        (
            "to_hex",
            &[
                form(&[Int4], Text, |a| Ok(Value::text(format!("{:x}", super::int4(a, 0))))),
                form(&[Int8], Text, |a| Ok(Value::text(format!("{:x}", int(a, 0))))),
            ],
        ),
        (
            "translate",
            &[form(&[Text, Text, Text], Text, |a| Ok(Value::text(pg::translate(text(a, 0), text(a, 1), text(a, 2)))))],
        ),
        (
            "upper",
            &[
                form(&[Text], Text, |a| Ok(Value::text(pg::upper(text(a, 0))))),
                super::range::UPPER[0],
                super::range::UPPER[1],
                super::range::UPPER[2],
                super::range::UPPER[3],
                super::range::UPPER[4],
                super::range::UPPER[5],
            ],
        ),
    ],
};

const TRIM: &[Form] = &[
    form(&[Text], Text, |a| Ok(Value::text(pg::trim(text(a, 0), " ", true, true)))),
    form(&[Text, Text], Text, |a| Ok(Value::text(pg::trim(text(a, 0), text(a, 1), true, true)))),
];

const LENGTH: &[Form] = &[
    form(&[Text], Int4, |a| Ok(count(text(a, 0).chars().count()))),
    form(&[Bytes], Int4, |a| Ok(count(bytes(a, 0).len()))),
];

const POSITION: &[Form] = &[form(&[Text, Text], Int4, |a| Ok(Value::Int(pg::position(text(a, 0), text(a, 1)))))];

const SUBSTR: &[Form] = &[
    form(&[Text, Int4], Text, |a| pg::substr(text(a, 0), int(a, 1), None).map(Value::text).map_err(told)),
    form(&[Text, Int4, Int4], Text, |a| {
        pg::substr(text(a, 0), int(a, 1), Some(int(a, 2))).map(Value::text).map_err(told)
    }),
    form(&[Bytes, Int4], Bytes, |a| part(a, None)),
    form(&[Bytes, Int4, Int4], Bytes, |a| part(a, Some(int(a, 2)))),
];

fn told(bad: pg::Bad) -> Fault {
    match bad {
        pg::Bad::Syntax => Fault("a text is not of the form that the function takes"),
        pg::Bad::Range => Fault("a number is out of the range that the function takes"),
        pg::Bad::Null => Fault("NULL is no name"),
    }
}

fn count(number: usize) -> Value<'static> {
    Value::Int(i64::try_from(number).unwrap_or(i64::MAX))
}

fn shown<'a>(value: &'a Value<'_>) -> &'a str {
    if let Value::Text(text) = value { text } else { "" }
}

fn joined<'a>(args: &[Value<'_>]) -> Value<'a> {
    if args[0].is_null() {
        return Value::Null;
    }
    let parts: Vec<&str> = args[1..].iter().filter(|value| !value.is_null()).map(shown).collect();
    Value::text(parts.join(text(args, 0)))
}

fn formatted<'a>(args: &[Value<'_>]) -> Out<'a> {
    if args[0].is_null() {
        return Ok(Value::Null);
    }
    let parts: Vec<Option<&str>> = args[1..].iter().map(|value| (!value.is_null()).then(|| shown(value))).collect();
    pg::format(text(args, 0), &parts).map(Value::text).map_err(told)
}

fn split<'a>(args: &[Value<'_>], null: Option<&str>) -> Value<'a> {
    if args[0].is_null() {
        return Value::Null;
    }
    let between = (!args[1].is_null()).then(|| text(args, 1));
    Value::List(pg::string_to_array(text(args, 0), between, null).into_iter().map(Value::text_or_null).collect())
}

fn part<'a>(args: &[Value<'_>], length: Option<i64>) -> Out<'a> {
    let all = bytes(args, 0);
    let start = int(args, 1);
    let size = i64::try_from(all.len()).unwrap_or(i64::MAX);
    let end = match length {
        None => size + 1,
        Some(length) if length < 0 => return Err(told(pg::Bad::Range)),
        Some(length) => start.saturating_add(length).min(size + 1),
    };
    let from = usize::try_from(start.max(1) - 1).unwrap_or(0);
    let to = usize::try_from(end.max(1) - 1).unwrap_or(0);
    Ok(Value::Bytes(all.get(from..to).unwrap_or_default().to_vec().into()))
}
