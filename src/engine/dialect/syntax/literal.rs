//! Owns literals, parameters and the names of types, as casts of quoted texts.
//! Must not know: what the types are.

use datafusion::common::ScalarValue;
use datafusion::sql::sqlparser::ast::{DataType, DateTimeField, Expr, Interval, TimezoneInfo, UnaryOperator, Value};
use datafusion::sql::sqlparser::dialect::PostgreSqlDialect;
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};

use super::super::super::postgres::time::{print_date, print_timestamptz};
use super::build::{as_type, quoted, refused};
use super::{Params, Refused};

/// A literal that the engine reads otherwise, and a parameter.
pub(super) fn literal_of(value: &Value, params: &Params) -> Result<Option<Expr>, Refused> {
    Ok(Some(match value {
        Value::Placeholder(name) => match params.iter().find(|(known, _)| format!("${known}") == *name) {
            Some((_, value)) => parameter(value),
            None => return Ok(None),
        },
        // Beyond bigint, digits are a numeric.
        Value::Number(digits, _) if is_beyond(digits) => as_type(quoted(digits.clone()), "numeric"),
        Value::HexStringLiteral(_) => return refused("X'…' is a bit string: write '\\x…'::bytea for bytes"),
        _ => return Ok(None),
    }))
}

/// `interval(0) '1.6 seconds'`: the parser forgets the precision, so it is looked for among the words of the query.
#[must_use]
pub fn interval_with_precision(sql: &str) -> Option<Refused> {
    let tokens = Tokenizer::new(&PostgreSqlDialect {}, sql).tokenize().ok()?;
    let words: Vec<_> = tokens.into_iter().filter(|token| !matches!(token, Token::Whitespace(_))).collect();
    let is_one = words.windows(5).any(|five| {
        let [Token::Word(word), Token::LParen, Token::Number(..), Token::RParen, literal] = five else { return false };
        word.keyword == Keyword::INTERVAL
            && word.quote_style.is_none()
            && matches!(literal, Token::SingleQuotedString(_))
    });
    is_one.then(|| Refused("interval(n) '…' is not there: write '…'::interval(n)".to_owned()))
}

/// Is a number one that the engine reads otherwise: beyond bigint, or with an exponent?
pub(super) fn is_beyond(digits: &str) -> bool {
    let whole = digits.bytes().all(|byte| byte.is_ascii_digit());
    whole && digits.parse::<i64>().is_err() || digits.contains(['e', 'E'])
}

/// The value of a parameter as a literal.
pub(super) fn parameter(value: &ScalarValue) -> Expr {
    match value {
        ScalarValue::Int64(Some(number)) => {
            let digits = Expr::Value(Value::Number(number.unsigned_abs().to_string(), false).into());
            if *number < 0 { Expr::UnaryOp { op: UnaryOperator::Minus, expr: Box::new(digits) } } else { digits }
        }
        ScalarValue::Boolean(Some(truth)) => Expr::Value(Value::Boolean(*truth).into()),
        ScalarValue::Float64(Some(number)) => as_type(quoted(number.to_string()), "double precision"),
        ScalarValue::Date32(Some(days)) => as_type(quoted(print_date(*days)), "date"),
        ScalarValue::TimestampMicrosecond(Some(micros), Some(_)) => {
            as_type(quoted(print_timestamptz(*micros)), "timestamptz")
        }
        other => match other.try_as_str().flatten() {
            Some(text) => quoted(text),
            None => Expr::Value(Value::Null.into()),
        },
    }
}

pub(super) fn interval_of(interval: &Interval) -> Result<Expr, Refused> {
    if interval.last_field.is_some() || interval.leading_precision.is_some() {
        return refused("an interval of several fields is not there: write interval '1 year 2 months'");
    }
    let text = match interval.value.as_ref() {
        Expr::Value(value) => match &value.value {
            Value::Number(digits, _) => Some(digits.clone()),
            other => other.clone().into_string(),
        },
        _ => None,
    };
    let Some(text) = text else {
        return refused("an interval is a quoted text: write interval '1 day', or x * interval '1 day'");
    };
    match &interval.leading_field {
        None => Ok(as_type(quoted(text), "interval")),
        Some(field) if text.trim().parse::<i64>().is_ok() => {
            Ok(as_type(quoted(format!("{text} {}", field.to_string().to_lowercase())), "interval"))
        }
        Some(_) => refused("interval '…' of one field takes a whole number: write interval '1 year 2 months'"),
    }
}

pub(super) fn field_name(field: &DateTimeField) -> String {
    field.to_string().trim_matches(['\'', '"']).to_lowercase()
}

/// A type's name as PostgreSQL writes it.
pub(super) fn type_name(kind: &DataType) -> String {
    match kind {
        DataType::Timestamp(digits, zone) | DataType::Time(digits, zone) => {
            let base = if matches!(kind, DataType::Time(..)) { "time" } else { "timestamp" };
            let digits = digits.map(|digits| format!("({digits})")).unwrap_or_default();
            let zone = match zone {
                TimezoneInfo::None | TimezoneInfo::WithoutTimeZone => "",
                TimezoneInfo::WithTimeZone | TimezoneInfo::Tz => " with time zone",
            };
            format!("{base}{digits}{zone}")
        }
        DataType::Interval { fields: None, precision: Some(digits) } => format!("interval({digits})"),
        other => other.to_string().to_lowercase().replace("string", "text"),
    }
}
