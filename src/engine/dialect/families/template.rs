//! Owns texts by templates: `to_char`, `to_date`, `to_timestamp`, `to_number`.
//! Must not know: plans, columns.

use super::super::super::postgres::template as pg;
use super::super::Fault;
use super::super::form::T::{Date, Float4, Float8, Int4, Int8, Interval, Numeric, Text, Timestamp, TimestampTz};
use super::super::form::form;
use super::super::value::Value;
use super::time::{micros, span};
use super::{Family, Out, float, int, text};

pub const FAMILY: Family = Family {
    title: "Texts by templates",
    functions: &[
        (
            "to_char",
            &[
                form(&[Timestamp, Text], Text, |a| moment(a, false)),
                form(&[TimestampTz, Text], Text, |a| moment(a, true)),
                form(&[Interval, Text], Text, |a| {
                    let interval = span(a, 0);
                    shown(pg::interval(text(a, 1), interval.months, interval.days, interval.micros))
                }),
                form(&[Int4, Text], Text, |a| shown(pg::number(text(a, 1), pg::Number::Integer(int(a, 0))))),
                form(&[Int8, Text], Text, |a| shown(pg::number(text(a, 1), pg::Number::Integer(int(a, 0))))),
                form(&[Float4, Text], Text, |a| {
                    let Some(Value::Float4(value)) = a.first() else { return Ok(Value::Null) };
                    shown(pg::number(text(a, 1), pg::Number::Float4(*value)))
                }),
                form(&[Float8, Text], Text, |a| shown(pg::number(text(a, 1), pg::Number::Float8(float(a, 0))))),
                form(&[Numeric, Text], Text, |a| shown(pg::number(text(a, 1), pg::Number::Numeric(text(a, 0))))),
            ],
        ),
        (
            "to_date",
            &[form(&[Text, Text], Date, |a| pg::to_date(text(a, 0), text(a, 1)).map(Value::Date).map_err(told))],
        ),
        (
            "to_timestamp",
            &[
                form(&[Text, Text], TimestampTz, |a| {
                    pg::to_timestamp(text(a, 0), text(a, 1)).map(Value::TimestampTz).map_err(told)
                }),
                form(&[Float8], TimestampTz, |a| of_epoch(float(a, 0))),
            ],
        ),
        (
            "to_number",
            &[form(&[Text, Text], Numeric, |a| {
                pg::to_number(text(a, 0), text(a, 1)).map(Value::numeric).map_err(told)
            })],
        ),
    ],
};

fn told(bad: pg::Bad) -> Fault {
    match bad {
        pg::Bad::Syntax => Fault("a text does not follow its template"),
        pg::Bad::Range => Fault("a part of a text is out of range"),
        pg::Bad::Unsupported => Fault("a template that is not there"),
    }
}

fn shown<'a>(text: Result<String, pg::Bad>) -> Out<'a> {
    text.map(Value::text).map_err(told)
}

fn moment<'a>(args: &[Value<'_>], zoned: bool) -> Out<'a> {
    let Some(mut moment) = pg::Moment::of_timestamp(micros(args, 0)) else { return Ok(Value::Null) };
    if zoned {
        moment.zone = Some(("UTC".to_owned(), 0));
    }
    if text(args, 1).is_empty() {
        return Ok(Value::Null);
    }
    shown(pg::time(text(args, 1), &moment))
}

/// Seconds since 1970-01-01 00:00 UTC, rounded to microseconds.
fn of_epoch<'a>(seconds: f64) -> Out<'a> {
    const OUT: Fault = Fault("a timestamp is out of range");
    if seconds.is_nan() {
        return Err(Fault("NaN is no timestamp"));
    }
    if seconds.is_infinite() {
        return Ok(Value::TimestampTz(if seconds > 0.0 { i64::MAX } else { i64::MIN }));
    }
    // Seconds since 2000, as PostgreSQL counts them: the rounding depends on it.
    let micros = ((seconds - 946_684_800.0) * 1_000_000.0).round_ties_even();
    if !(-211_813_488_000_000_000.0..9_223_371_331_200_000_000.0).contains(&micros) {
        return Err(OUT);
    }
    #[expect(clippy::cast_possible_truncation, reason = "the range was checked")]
    let micros = micros as i64;
    micros.checked_add(946_684_800_000_000).map(Value::TimestampTz).ok_or(OUT)
}
