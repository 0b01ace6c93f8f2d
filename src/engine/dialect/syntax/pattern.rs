//! Owns the syntax of patterns and of parts of texts: LIKE, SIMILAR TO, SUBSTRING, TRIM, OVERLAY.
//! Must not know: what patterns mean.

use datafusion::sql::sqlparser::ast::{Expr, FunctionArguments, TrimWhereField, Value};

use super::Refused;
use super::build::{call, not, plain, quoted, refused};

/// Patterns, and the parts of texts.
pub(super) fn pattern_or_text(expr: &Expr) -> Result<Option<Expr>, Refused> {
    if let Expr::Like { negated, any: false, expr: text, pattern, .. }
    | Expr::ILike { negated, any: false, expr: text, pattern, .. } = expr
        && let Some(patterns) = all_of(pattern)
    {
        let op = if matches!(expr, Expr::ILike { .. }) { "~~*" } else { "~~" };
        return matched("array_all_matches", text, &patterns, op, *negated).map(Some);
    }
    Ok(Some(match expr {
        Expr::Like { negated, any: false, expr, pattern, escape_char } => {
            if escape_char.is_none() && is_simple(pattern) {
                return Ok(None);
            }
            let mut args = vec![expr.as_ref().clone(), pattern.as_ref().clone()];
            args.extend(escape_char.clone().and_then(|char| char.value.into_string()).map(quoted));
            not(call("like", args), *negated)
        }
        Expr::Like { negated, any: true, expr, pattern, escape_char: None } => {
            matched("array_any_matches", expr, pattern, "~~", *negated)?
        }
        Expr::ILike { negated, any: true, expr, pattern, escape_char: None } => {
            matched("array_any_matches", expr, pattern, "~~*", *negated)?
        }
        Expr::ILike { negated, any: false, expr, pattern, escape_char } => {
            let mut args = vec![expr.as_ref().clone(), pattern.as_ref().clone()];
            args.extend(escape_char.clone().and_then(|char| char.value.into_string()).map(quoted));
            not(call("ilike", args), *negated)
        }
        Expr::SimilarTo { negated, expr, pattern, escape_char } => {
            let mut args = vec![expr.as_ref().clone(), pattern.as_ref().clone()];
            args.extend(escape_char.clone().and_then(|char| char.value.into_string()).map(quoted));
            not(call("similar_to", args), *negated)
        }
        Expr::Substring { expr, substring_from, substring_for, .. } => {
            let mut args = vec![expr.as_ref().clone()];
            match substring_from {
                Some(from) => args.push(from.as_ref().clone()),
                None => args.push(Expr::Value(Value::Number("1".to_owned(), false).into())),
            }
            args.extend(substring_for.as_deref().cloned());
            call("substring", args)
        }
        Expr::Trim { trim_where, trim_what, expr, trim_characters } => {
            let name = match trim_where {
                Some(TrimWhereField::Leading) => "ltrim",
                Some(TrimWhereField::Trailing) => "rtrim",
                Some(TrimWhereField::Both) | None => "btrim",
            };
            let mut args = vec![expr.as_ref().clone()];
            args.extend(trim_what.as_deref().cloned());
            args.extend(trim_characters.iter().flatten().cloned());
            call(name, args)
        }
        Expr::Overlay { expr, overlay_what, overlay_from, overlay_for } => {
            let mut args = vec![expr.as_ref().clone(), overlay_what.as_ref().clone(), overlay_from.as_ref().clone()];
            args.extend(overlay_for.as_deref().cloned());
            call("overlay", args)
        }
        _ => return Ok(None),
    }))
}

/// `like any (patterns)`, `like all (patterns)`.
fn matched(function: &str, text: &Expr, patterns: &Expr, op: &str, negated: bool) -> Result<Expr, Refused> {
    if matches!(patterns, Expr::Subquery(_)) {
        return refused("LIKE ANY (select …) is not there: write exists (select … where … like …)");
    }
    let op = if negated { format!("!{op}") } else { op.to_owned() };
    Ok(call(function, vec![text.clone(), patterns.clone(), quoted(op)]))
}

/// The patterns of `like all (patterns)`, which the parser takes for a call.
fn all_of(pattern: &Expr) -> Option<Expr> {
    let Expr::Function(function) = pattern else { return None };
    let FunctionArguments::List(list) = &function.args else { return None };
    match list.args.as_slice() {
        [one] if function.name.to_string().eq_ignore_ascii_case("all") => plain(one),
        _ => None,
    }
}

/// A pattern that the engine's LIKE reads as PostgreSQL does: a literal without escapes.
pub(super) fn is_simple(pattern: &Expr) -> bool {
    match pattern {
        Expr::Value(value) => matches!(&value.value, Value::SingleQuotedString(text) if !text.contains('\\')),
        _ => false,
    }
}
