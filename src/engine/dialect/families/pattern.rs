//! Owns the operators and functions of patterns.
//! Must not know: plans, columns, how a pattern is matched.

use std::cell::RefCell;

use super::super::super::postgres::pattern as pg;
use super::super::super::postgres::pattern::{Bad, Like, Regex};
use super::super::Fault;
use super::super::form::T::{Bool, Int4, Raw, Text, Texts};
use super::super::form::form;
use super::super::value::Value;
use super::{Family, Out, text};

pub const FAMILY: Family = Family {
    title: "Patterns",
    functions: &[
        ("like", &[form(&[Raw, Text], Bool, |a| like(a, false)), form(&[Raw, Text, Text], Bool, |a| like(a, false))]),
        ("starts_with_of", &[form(&[Text, Text], Bool, |a| Ok(Value::Bool(text(a, 0).starts_with(text(a, 1)))))]),
        ("ilike", &[form(&[Raw, Text], Bool, |a| like(a, true)), form(&[Raw, Text, Text], Bool, |a| like(a, true))]),
        ("similar_to", &[form(&[Raw, Text], Bool, |a| similar(a)), form(&[Raw, Text, Text], Bool, |a| similar(a))]),
        (
            "regex",
            &[form(&[Raw, Text], Bool, |a| {
                Ok(Value::Bool(regex(text(a, 1), "", |regex| regex.is_match(text(a, 0)))?))
            })],
        ),
        (
            "iregex",
            &[form(&[Raw, Text], Bool, |a| {
                Ok(Value::Bool(regex(text(a, 1), "i", |regex| regex.is_match(text(a, 0)))?))
            })],
        ),
        (
            "regexp_like",
            &[
                form(&[Text, Text], Bool, |a| {
                    Ok(Value::Bool(regex(text(a, 1), "", |regex| regex.is_match(text(a, 0)))?))
                }),
                form(&[Text, Text, Text], Bool, |a| {
                    Ok(Value::Bool(regex(text(a, 1), not_global(a, 2)?, |regex| regex.is_match(text(a, 0)))?))
                }),
            ],
        ),
        (
            "regexp_replace",
            &[
                form(&[Text, Text, Text], Text, |a| replace(a, "")),
                form(&[Text, Text, Text, Text], Text, |a| replace(a, text(a, 3))),
            ],
        ),
        (
            "regexp_match",
            &[
                form(&[Text, Text], Texts, |a| groups(a, "")),
                form(&[Text, Text, Text], Texts, |a| groups(a, not_global(a, 2)?)),
            ],
        ),
        (
            "regexp_count",
            &[form(&[Text, Text], Int4, |a| {
                let count = regex(text(a, 1), "", |regex| pg::count(regex, text(a, 0)))?;
                Ok(Value::Int(i64::try_from(count).unwrap_or(i64::MAX)))
            })],
        ),
        (
            "regexp_instr",
            &[form(&[Text, Text], Int4, |a| {
                let found = regex(text(a, 1), "", |regex| regex.find_at(text(a, 0), 0))?;
                let before = found.map_or(0, |(start, _)| text(a, 0)[..start].chars().count() + 1);
                Ok(Value::Int(i64::try_from(before).unwrap_or(i64::MAX)))
            })],
        ),
        (
            "regexp_substr",
            &[form(&[Text, Text], Text, |a| {
                let found = regex(text(a, 1), "", |regex| regex.find_at(text(a, 0), 0))?;
                Ok(Value::text_or_null(found.map(|(start, end)| text(a, 0)[start..end].to_owned())))
            })],
        ),
        (
            "regexp_split_to_array",
            &[
                form(&[Text, Text], Texts, |a| split(a, "")),
                form(&[Text, Text, Text], Texts, |a| split(a, not_global(a, 2)?)),
            ],
        ),
    ],
};

thread_local! {
    /// The expression that was read last: a column is matched with one, mostly.
    static LAST: RefCell<Option<(String, String, Regex)>> = const { RefCell::new(None) };
}

fn told(bad: Bad) -> Fault {
    match bad {
        Bad::Syntax => Fault("a pattern is none"),
        Bad::Unsupported(what) => Fault(what),
    }
}

fn regex<T>(pattern: &str, flags: &str, then: impl FnOnce(&Regex) -> T) -> Result<T, Fault> {
    LAST.with_borrow_mut(|last| {
        if last.as_ref().is_none_or(|(known, with, _)| known != pattern || with != flags) {
            *last = Some((pattern.to_owned(), flags.to_owned(), Regex::new(pattern, flags).map_err(told)?));
        }
        match last {
            Some((_, _, regex)) => Ok(then(regex)),
            None => Err(Fault("a pattern is none")),
        }
    })
}

/// Finds a mistake in a literal pattern before a row moves. `texts`: the arguments that are literals.
pub fn check(function: &str, texts: &[Option<&str>]) -> Result<(), Fault> {
    let Some(Some(pattern)) = texts.get(1) else { return Ok(()) };
    let flags = |at: usize| texts.get(at).copied().flatten().unwrap_or_default();
    match function {
        "regex" | "regexp_count" | "regexp_instr" | "regexp_substr" | "substring" => regex(pattern, "", |_| ()),
        "iregex" => regex(pattern, "i", |_| ()),
        "regexp_like" | "regexp_match" | "regexp_split_to_array" => regex(pattern, flags(2), |_| ()),
        "regexp_replace" => regex(pattern, flags(3), |_| ()),
        "like" | "ilike" => match texts.get(2).copied().flatten() {
            Some(escape) if escape.chars().count() > 1 => Err(Fault("an escape is one character")),
            _ => Ok(()),
        },
        "similar_to" => {
            let escape = texts.get(2).copied().flatten().map_or(Some('\\'), |text| text.chars().next());
            let translated = pg::similar_to_regex(pattern, escape).map_err(told)?;
            regex(&translated, "", |_| ())
        }
        _ => Ok(()),
    }
}

fn not_global<'a>(args: &'a [Value<'_>], at: usize) -> Result<&'a str, Fault> {
    let flags = text(args, at);
    if flags.contains('g') { Err(Fault("the flag g is not there: the function tells one match")) } else { Ok(flags) }
}

/// The character that sets others off; NULL text means a backslash, an empty one none.
fn escape(args: &[Value<'_>]) -> Result<Option<char>, Fault> {
    if args.len() < 3 {
        return Ok(Some('\\'));
    }
    let mut chars = text(args, 2).chars();
    let escape = chars.next();
    if chars.next().is_some() { Err(Fault("an escape is one character")) } else { Ok(escape) }
}

fn like<'a>(args: &[Value<'_>], ignore_case: bool) -> Out<'a> {
    let like = Like::new(text(args, 1), escape(args)?, ignore_case);
    like.is_match(text(args, 0)).map(Value::Bool).map_err(|_| Fault("a pattern of LIKE ends with its escape"))
}

/// Does a text fit a pattern, by an operator such as `~~` or `!~*`?
pub fn holds(op: &str, text: &Value<'_>, pattern: &Value<'_>) -> Result<bool, Fault> {
    let args = [text.clone(), pattern.clone()];
    let plain = op.trim_start_matches('!');
    let found = match plain {
        "~~" | "~~*" => matches!(like(&args, plain == "~~*")?, Value::Bool(true)),
        _ => regex(self::text(&args, 1), if plain == "~*" { "i" } else { "" }, |regex| {
            regex.is_match(self::text(&args, 0))
        })?,
    };
    Ok(found != op.starts_with('!'))
}

fn similar<'a>(args: &[Value<'_>]) -> Out<'a> {
    let translated = pg::similar_to_regex(text(args, 1), escape(args)?).map_err(told)?;
    Ok(Value::Bool(regex(&translated, "", |regex| regex.is_match(text(args, 0)))?))
}

fn replace<'a>(args: &[Value<'_>], flags: &str) -> Out<'a> {
    // A number here is another form, which starts somewhere.
    if flags.starts_with(|char: char| char.is_ascii_digit()) {
        return Err(Fault("the flags of regexp_replace are letters"));
    }
    regex(text(args, 1), flags, |regex| pg::replace(regex, text(args, 0), text(args, 2), regex.global))?
        .map(Value::text)
        .map_err(told)
}

fn groups<'a>(args: &[Value<'_>], flags: &str) -> Out<'a> {
    let found = regex(text(args, 1), flags, |regex| pg::first_match(regex, text(args, 0)))?.map_err(told)?;
    Ok(match found {
        None => Value::Null,
        Some(parts) => Value::List(parts.into_iter().map(Value::text_or_null).collect()),
    })
}

fn split<'a>(args: &[Value<'_>], flags: &str) -> Out<'a> {
    let parts = regex(text(args, 1), flags, |regex| pg::split(regex, text(args, 0)))?;
    Ok(Value::List(parts.into_iter().map(Value::text).collect()))
}

/// `substring(text from pattern)`.
pub fn substring<'a>(args: &[Value<'_>]) -> Out<'a> {
    let found = regex(text(args, 1), "", |regex| pg::substring(regex, text(args, 0)))?.map_err(told)?;
    Ok(Value::text_or_null(found))
}
