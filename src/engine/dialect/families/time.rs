//! Owns the operators and functions of dates, times and intervals, and those of arithmetic that they share with numbers.
//! Must not know: plans, columns, zones.

use super::super::super::postgres::time as pg;
use super::super::super::postgres::time::{Bad, Interval as Span};
use super::super::Fault;
use super::super::form::T::{Bool, Clock, Date, Float8, Int4, Interval, Numeric, Text, Time, Timestamp, TimestampTz};
use super::super::form::{Form, form, refused};
use super::super::value::Value;
use super::float::{DIVIDE, MINUS, PLUS, TIMES};
use super::{Family, Out, float, int, int4, text};

pub const FAMILY: Family = Family {
    title: "Dates and times",
    functions: &[
        ("op_plus", ALL_PLUS),
        ("op_minus", ALL_MINUS),
        ("op_times", ALL_TIMES),
        ("op_divide", ALL_DIVIDE),
        (
            "age",
            &[
                form(&[Timestamp, Timestamp], Interval, |a| age(a)),
                form(&[TimestampTz, TimestampTz], Interval, |a| age(a)),
            ],
        ),
        (
            "date",
            &[
                form(&[Date], Date, |a| Ok(a[0].clone())),
                form(&[Timestamp], Date, |a| Ok(Value::Date(pg::timestamp_to_date(micros(a, 0))))),
                form(&[Text], Date, |a| pg::read_date(text(a, 0)).map(Value::Date).map_err(told)),
            ],
        ),
        (
            "date_bin",
            &[
                form(&[Interval, Clock, Clock], Timestamp, |a| Ok(Value::Timestamp(bin(a)?))),
                form(&[Interval, TimestampTz, TimestampTz], TimestampTz, |a| Ok(Value::TimestampTz(bin(a)?))),
            ],
        ),
        (
            "date_part",
            &[
                form(&[Text, Date], Float8, |a| part_as_float(a)),
                form(&[Text, Time], Float8, |a| part_as_float(a)),
                form(&[Text, Timestamp], Float8, |a| part_as_float(a)),
                form(&[Text, TimestampTz], Float8, |a| part_as_float(a)),
                form(&[Text, Interval], Float8, |a| part_as_float(a)),
            ],
        ),
        (
            "date_trunc",
            &[
                form(&[Text, Clock], Timestamp, |a| truncated(a)),
                form(&[Text, TimestampTz], TimestampTz, |a| truncated(a)),
                form(&[Text, Interval], Interval, |a| truncated(a)),
                refused(
                    &[Text, Date],
                    "date_trunc(…, x::timestamp): PostgreSQL takes a date for an instant of the session's zone",
                ),
                form(&[Text, TimestampTz, Text], TimestampTz, |a| super::zone::truncated(a)),
            ],
        ),
        (
            "extract",
            &[
                form(&[Text, Date], Numeric, |a| part(a)),
                form(&[Text, Time], Numeric, |a| part(a)),
                form(&[Text, Timestamp], Numeric, |a| part(a)),
                form(&[Text, TimestampTz], Numeric, |a| part(a)),
                form(&[Text, Interval], Numeric, |a| part(a)),
            ],
        ),
        (
            "isfinite",
            &[
                form(&[Date], Bool, |a| Ok(Value::Bool(!matches!(a[0], Value::Date(i32::MAX | i32::MIN))))),
                form(&[Timestamp], Bool, |a| Ok(Value::Bool(!matches!(a[0], Value::Timestamp(i64::MAX | i64::MIN))))),
                form(&[TimestampTz], Bool, |a| {
                    Ok(Value::Bool(!matches!(a[0], Value::TimestampTz(i64::MAX | i64::MIN))))
                }),
                form(&[Interval], Bool, |_| Ok(Value::Bool(true))),
            ],
        ),
        ("justify_days", &[form(&[Interval], Interval, |a| justified(span(a, 0).justify_days()))]),
        ("justify_hours", &[form(&[Interval], Interval, |a| justified(span(a, 0).justify_hours()))]),
        ("justify_interval", &[form(&[Interval], Interval, |a| justified(span(a, 0).justify_interval()))]),
        (
            "make_date",
            &[form(&[Int4, Int4, Int4], Date, |a| {
                pg::make_date(int4(a, 0), int4(a, 1), int4(a, 2)).map(Value::Date).map_err(told)
            })],
        ),
        (
            "make_time",
            &[form(&[Int4, Int4, Float8], Time, |a| {
                pg::make_time(int4(a, 0), int4(a, 1), float(a, 2)).map(Value::Time).map_err(told)
            })],
        ),
        (
            "make_timestamp",
            &[form(&[Int4, Int4, Int4, Int4, Int4, Float8], Timestamp, |a| {
                let (date, clock) = ((int4(a, 0), int4(a, 1), int4(a, 2)), (int4(a, 3), int4(a, 4), float(a, 5)));
                pg::make_timestamp(date.0, date.1, date.2, clock.0, clock.1, clock.2)
                    .map(Value::Timestamp)
                    .map_err(told)
            })],
        ),
        (
            "make_interval_of",
            &[form(&[Int4, Int4, Int4, Int4, Int4, Int4, Float8], Interval, |a| {
                let whole = (int4(a, 0), int4(a, 1), int4(a, 2), int4(a, 3), int4(a, 4), int4(a, 5));
                Span::make(whole.0, whole.1, whole.2, whole.3, whole.4, whole.5, float(a, 6))
                    .map(Value::Interval)
                    .map_err(told)
            })],
        ),
        (
            "overlaps",
            &[
                form(&[Timestamp, Timestamp, Timestamp, Timestamp], Bool, |a| overlaps(a)).lax(),
                form(&[Timestamp, Interval, Timestamp, Interval], Bool, |a| overlaps(a)).lax(),
                form(&[TimestampTz, TimestampTz, TimestampTz, TimestampTz], Bool, |a| overlaps(a)).lax(),
                form(&[Time, Time, Time, Time], Bool, |a| overlaps(a)).lax(),
            ],
        ),
    ],
};

const ALL_PLUS: &[Form] = &[
    PLUS[0],
    PLUS[1],
    PLUS[2],
    PLUS[3],
    form(&[Date, Int4], Date, |a| days_later(a, 0, int(a, 1))),
    form(&[Int4, Date], Date, |a| days_later(a, 1, int(a, 0))),
    form(&[Timestamp, Interval], Timestamp, |a| later(a, 0, span(a, 1))),
    form(&[Interval, Timestamp], Timestamp, |a| later(a, 1, span(a, 0))),
    form(&[TimestampTz, Interval], TimestampTz, |a| later(a, 0, span(a, 1))),
    form(&[Interval, TimestampTz], TimestampTz, |a| later(a, 1, span(a, 0))),
    form(&[Date, Interval], Timestamp, |a| later(a, 0, span(a, 1))),
    form(&[Interval, Date], Timestamp, |a| later(a, 1, span(a, 0))),
    form(&[Timestamp, Time], Timestamp, |a| later(a, 0, Span { months: 0, days: 0, micros: clock(a, 1) })),
    form(&[Date, Time], Timestamp, |a| at_time(a, 0, 1)),
    form(&[Time, Date], Timestamp, |a| at_time(a, 1, 0)),
    form(&[Interval, Interval], Interval, |a| span(a, 0).add(span(a, 1)).map(Value::Interval).map_err(told)),
    form(&[Time, Interval], Time, |a| Ok(Value::Time(pg::time_plus(clock(a, 0), span(a, 1))))),
    form(&[Interval, Time], Time, |a| Ok(Value::Time(pg::time_plus(clock(a, 1), span(a, 0))))),
];

const ALL_MINUS: &[Form] = &[
    MINUS[0],
    MINUS[1],
    MINUS[2],
    MINUS[3],
    form(&[Date, Date], Int4, |a| days_between(a)),
    form(&[Date, Int4], Date, |a| days_later(a, 0, -int(a, 1))),
    form(&[Timestamp, Timestamp], Interval, |a| between(a)),
    form(&[TimestampTz, TimestampTz], Interval, |a| between(a)),
    form(&[Timestamp, Interval], Timestamp, |a| later(a, 0, opposite(a, 1)?)),
    form(&[TimestampTz, Interval], TimestampTz, |a| later(a, 0, opposite(a, 1)?)),
    form(&[Date, Interval], Timestamp, |a| later(a, 0, opposite(a, 1)?)),
    form(&[Interval, Interval], Interval, |a| span(a, 0).subtract(span(a, 1)).map(Value::Interval).map_err(told)),
    form(&[Time, Time], Interval, |a| {
        Ok(Value::Interval(Span { months: 0, days: 0, micros: clock(a, 0) - clock(a, 1) }))
    }),
    form(&[Time, Interval], Time, |a| {
        let micros = span(a, 1).micros.checked_neg().ok_or(RANGE)?;
        Ok(Value::Time(pg::time_plus(clock(a, 0), Span { months: 0, days: 0, micros })))
    }),
    super::json::MINUS[0],
    super::json::MINUS[1],
    super::json::MINUS[2],
];

const ALL_TIMES: &[Form] = &[
    TIMES[0],
    TIMES[1],
    TIMES[2],
    TIMES[3],
    form(&[Interval, Float8], Interval, |a| span(a, 0).multiply(float(a, 1)).map(Value::Interval).map_err(told)),
    form(&[Float8, Interval], Interval, |a| span(a, 1).multiply(float(a, 0)).map(Value::Interval).map_err(told)),
];

const ALL_DIVIDE: &[Form] = &[
    DIVIDE[0],
    DIVIDE[1],
    DIVIDE[2],
    DIVIDE[3],
    form(&[Interval, Float8], Interval, |a| {
        if float(a, 1) == 0.0 {
            return Err(Fault("a division by zero"));
        }
        span(a, 0).divide(float(a, 1)).map(Value::Interval).map_err(told)
    }),
];

const RANGE: Fault = Fault("a date, time or interval is out of range");

/// In words, why a date or time has no result.
pub fn told(bad: Bad) -> Fault {
    match bad {
        Bad::Range => RANGE,
        Bad::Zone => Fault("a time zone is not known"),
        Bad::Syntax => Fault("a field of a date or time that the type does not have, or a text that is none"),
        Bad::Unsupported => Fault("a date or time of a form that is not there"),
    }
}

pub fn span(args: &[Value<'_>], at: usize) -> Span {
    match args.get(at) {
        Some(Value::Interval(interval)) => *interval,
        _ => Span { months: 0, days: 0, micros: 0 },
    }
}

fn clock(args: &[Value<'_>], at: usize) -> i64 {
    if let Some(Value::Time(micros)) = args.get(at) { *micros } else { 0 }
}

pub fn micros(args: &[Value<'_>], at: usize) -> i64 {
    match args.get(at) {
        Some(Value::Timestamp(micros) | Value::TimestampTz(micros) | Value::Time(micros)) => *micros,
        _ => 0,
    }
}

pub fn negated<'a>(args: &[Value<'_>]) -> Out<'a> {
    opposite(args, 0).map(Value::Interval)
}

fn opposite(args: &[Value<'_>], at: usize) -> Result<Span, Fault> {
    span(args, at).negate().map_err(told)
}

fn days_later<'a>(args: &[Value<'_>], at: usize, days: i64) -> Out<'a> {
    let Some(Value::Date(date)) = args.get(at) else { return Err(RANGE) };
    pg::date_plus_days(*date, days).map(Value::Date).map_err(told)
}

fn days_between<'a>(args: &[Value<'_>]) -> Out<'a> {
    let (Some(Value::Date(one)), Some(Value::Date(other))) = (args.first(), args.get(1)) else { return Err(RANGE) };
    if [*one, *other].iter().any(|days| matches!(*days, i32::MAX | i32::MIN)) {
        return Err(Fault("infinite dates are subtracted"));
    }
    Ok(Value::Int(i64::from(*one) - i64::from(*other)))
}

fn later<'a>(args: &[Value<'_>], at: usize, by: Span) -> Out<'a> {
    Ok(match args.get(at) {
        Some(Value::Timestamp(micros)) => Value::Timestamp(pg::timestamp_plus(*micros, by).map_err(told)?),
        // Days and months are counted in UTC.
        Some(Value::TimestampTz(micros)) => Value::TimestampTz(pg::timestamp_plus(*micros, by).map_err(told)?),
        Some(Value::Date(days)) => {
            let start = pg::date_to_timestamp(*days).map_err(told)?;
            Value::Timestamp(pg::timestamp_plus(start, by).map_err(told)?)
        }
        _ => return Err(RANGE),
    })
}

fn at_time<'a>(args: &[Value<'_>], date: usize, time: usize) -> Out<'a> {
    let Some(Value::Date(days)) = args.get(date) else { return Err(RANGE) };
    let start = pg::date_to_timestamp(*days).map_err(told)?;
    if matches!(start, i64::MAX | i64::MIN) {
        return Ok(Value::Timestamp(start));
    }
    start.checked_add(clock(args, time)).map(Value::Timestamp).ok_or(RANGE)
}

fn between<'a>(args: &[Value<'_>]) -> Out<'a> {
    pg::timestamp_minus(micros(args, 0), micros(args, 1)).map(Value::Interval).map_err(told)
}

fn age<'a>(args: &[Value<'_>]) -> Out<'a> {
    pg::age(micros(args, 0), micros(args, 1)).map(Value::Interval).map_err(told)
}

fn bin(args: &[Value<'_>]) -> Result<i64, Fault> {
    pg::bin(span(args, 0), micros(args, 1), micros(args, 2)).map_err(told)
}

fn justified<'a>(interval: Result<Span, Bad>) -> Out<'a> {
    interval.map(Value::Interval).map_err(told)
}

/// An argument as what a part is taken of.
pub fn whole(value: &Value<'_>) -> Result<pg::Value, Fault> {
    Ok(match value {
        Value::Date(days) => pg::Value::Date(*days),
        Value::Time(micros) => pg::Value::Time(*micros),
        Value::Timestamp(micros) => pg::Value::Timestamp(*micros),
        Value::TimestampTz(micros) => pg::Value::TimestampTz(*micros, pg::Zone::utc()),
        Value::Interval(interval) => pg::Value::Interval(*interval),
        _ => return Err(RANGE),
    })
}

fn part<'a>(args: &[Value<'_>]) -> Out<'a> {
    Ok(match pg::part(text(args, 0), whole(&args[1])?).map_err(told)? {
        pg::Part::Null => Value::Null,
        pg::Part::Infinite(negative) => Value::numeric(if negative { "-Infinity" } else { "Infinity" }),
        pg::Part::Number { digits, scale } => Value::numeric(decimal(digits, scale)),
    })
}

fn part_as_float<'a>(args: &[Value<'_>]) -> Out<'a> {
    // Of a date, PostgreSQL takes the parts of its midnight.
    let whole = match &args[1] {
        Value::Date(days) => pg::Value::Timestamp(pg::date_to_timestamp(*days).map_err(told)?),
        other => whole(other)?,
    };
    Ok(match pg::part_as_float(text(args, 0), whole).map_err(told)? {
        None => Value::Null,
        Some(part) => Value::Float8(part),
    })
}

/// A number of so many digits after the point.
fn decimal(digits: i128, scale: u8) -> String {
    let scale = usize::from(scale);
    let sign = if digits < 0 { "-" } else { "" };
    let text = format!("{:0width$}", digits.unsigned_abs(), width = scale + 1);
    let (whole, after) = text.split_at(text.len() - scale);
    if scale == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{after}") }
}

fn truncated<'a>(args: &[Value<'_>]) -> Out<'a> {
    let whole = whole(&args[1])?;
    Ok(match pg::trunc(text(args, 0), whole).map_err(told)? {
        pg::Value::Timestamp(micros) => Value::Timestamp(micros),
        pg::Value::TimestampTz(micros, _) => Value::TimestampTz(micros),
        pg::Value::Interval(interval) => Value::Interval(interval),
        pg::Value::Date(_) | pg::Value::Time(_) => return Err(RANGE),
    })
}

fn overlaps<'a>(args: &[Value<'_>]) -> Out<'a> {
    let one = |at: usize| -> Result<Option<i64>, Fault> {
        Ok(match (args.get(at), args.get(at.wrapping_sub(1))) {
            (None | Some(Value::Null), _) => None,
            (Some(Value::Interval(span)), Some(Value::Timestamp(start))) => {
                Some(pg::timestamp_plus(*start, *span).map_err(told)?)
            }
            (Some(Value::Interval(_)), _) => None,
            _ => Some(micros(args, at)),
        })
    };
    Ok(match pg::overlaps(one(0)?, one(1)?, one(2)?, one(3)?) {
        Some(truth) => Value::Bool(truth),
        None => Value::Null,
    })
}
