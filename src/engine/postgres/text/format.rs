//! Owns `format`.
//! Must not know: types of its arguments, which come as texts.

use super::{Bad, chars, count, quote_ident, quote_literal};

/// What stands between a `%` and its kind.
struct Spec {
    /// The number of the argument, where it is named.
    argument: Option<usize>,
    to_left: bool,
    width: Width,
}

enum Width {
    Is(i32),
    Next,
    Argument(usize),
}

/// `format(pattern, …)`: an error for a pattern that is none, too few arguments, and NULL as an identifier.
pub fn format(pattern: &str, args: &[Option<&str>]) -> Result<String, Bad> {
    let mut out = String::with_capacity(pattern.len());
    let mut rest = pattern;
    let mut next = 0;
    while let Some((plain, after)) = rest.split_once('%') {
        out.push_str(plain);
        if let Some(after) = after.strip_prefix('%') {
            out.push('%');
            rest = after;
            continue;
        }
        let (spec, after) = spec(after)?;
        let kind = after.chars().next().filter(|kind| matches!(kind, 's' | 'I' | 'L')).ok_or(Bad::Syntax)?;
        rest = after.get(1..).unwrap_or_default();
        let width = match spec.width {
            Width::Is(width) => width,
            Width::Next | Width::Argument(_) => {
                if let Width::Argument(number) = spec.width {
                    next = number;
                }
                let width = args.get(next).ok_or(Bad::Syntax)?;
                next += 1;
                match width {
                    None => 0,
                    Some(width) => number(width)?,
                }
            }
        };
        next = spec.argument.unwrap_or(next);
        let arg = *args.get(next).ok_or(Bad::Syntax)?;
        next += 1;
        let shown = match (kind, arg) {
            ('s', arg) => arg.unwrap_or_default().to_owned(),
            ('L', arg) => arg.map_or_else(|| "NULL".to_owned(), quote_literal),
            (_, Some(arg)) => quote_ident(arg),
            (_, None) => return Err(Bad::Null),
        };
        let to_left = spec.to_left || width < 0;
        let width = i64::from(width.checked_abs().ok_or(Bad::Range)?);
        let blanks = " ".repeat(count(width - chars(&shown)));
        if to_left {
            out.extend([shown, blanks]);
        } else {
            out.extend([blanks, shown]);
        }
    }
    out.push_str(rest);
    Ok(out)
}

/// A whole number as PostgreSQL reads it.
fn number(text: &str) -> Result<i32, Bad> {
    text.trim_matches([' ', '\t', '\n', '\r', '\u{b}', '\u{c}']).parse().map_err(|_| Bad::Syntax)
}

/// Digits at the start of a text.
fn digits(text: &str) -> Result<(Option<i32>, &str), Bad> {
    let end = text.find(|char: char| !char.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at(end);
    if digits.is_empty() {
        return Ok((None, rest));
    }
    Ok((Some(digits.parse().map_err(|_| Bad::Range)?), rest))
}

/// The place of an argument that is counted from 1.
fn place(number: i32) -> Result<usize, Bad> {
    usize::try_from(number).ok().and_then(|number| number.checked_sub(1)).ok_or(Bad::Syntax)
}

fn spec(text: &str) -> Result<(Spec, &str), Bad> {
    let mut spec = Spec { argument: None, to_left: false, width: Width::Is(0) };
    let (first, mut rest) = digits(text)?;
    if let Some(first) = first {
        match rest.strip_prefix('$') {
            None => {
                spec.width = Width::Is(first);
                return Ok((spec, rest));
            }
            Some(after) => {
                spec.argument = Some(place(first)?);
                rest = after;
            }
        }
    }
    while let Some(after) = rest.strip_prefix('-') {
        (spec.to_left, rest) = (true, after);
    }
    if let Some(after) = rest.strip_prefix('*') {
        let (number, after) = digits(after)?;
        match number {
            None => (spec.width, rest) = (Width::Next, after),
            Some(number) => {
                rest = after.strip_prefix('$').ok_or(Bad::Syntax)?;
                spec.width = Width::Argument(place(number)?);
            }
        }
    } else if let (Some(width), after) = digits(rest)? {
        (spec.width, rest) = (Width::Is(width), after);
    }
    Ok((spec, rest))
}

#[cfg(test)]
mod tests {
    use super::{Bad, format};

    #[test]
    fn texts_are_those_of_postgresql() {
        let some = |args: &[&'static str]| args.iter().copied().map(Some).collect::<Vec<_>>();
        let cases = [
            ("%s|%10s|%-10s|%L|%I", some(&["a", "b", "c", "d'e", "F g"]), "a|         b|c         |'d''e'|\"F g\""),
            ("%2$s %1$s %s", some(&["x", "y"]), "y x y"),
            ("%*s|%-*s", some(&["5", "a", "-4", "b"]), "    a|b   "),
            ("%L %s|", vec![Some(r"x\y"), None], r"E'x\\y' |"),
            ("100%%", vec![], "100%"),
        ];
        for (pattern, args, wanted) in cases {
            assert_eq!(format(pattern, &args).as_deref(), Ok(wanted), "{pattern}");
        }
        for pattern in ["%", "%d", "%0$s", "%s%s", "%1$", "%5%", "%99999999999s"] {
            assert!(format(pattern, &some(&["x"])).is_err(), "{pattern}");
        }
        assert_eq!(format("%I", &[None]), Err(Bad::Null));
    }
}
