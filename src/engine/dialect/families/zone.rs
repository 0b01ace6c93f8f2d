//! Owns `at time zone`: local times and instants.
//! Must not know: plans, columns.

use std::cell::RefCell;

use super::super::super::postgres::time as pg;
use super::super::super::postgres::time::Zone;
use super::super::Fault;
use super::super::form::T::{Clock, Interval, Text, Timestamp, TimestampTz};
use super::super::form::form;
use super::super::value::Value;
use super::time::{micros, span, told, whole};
use super::{Family, Out, text};

pub const FAMILY: Family = Family {
    title: "Time zones",
    functions: &[
        (
            "timezone",
            &[
                form(&[Text, Clock], TimestampTz, |a| {
                    Ok(Value::TimestampTz(zone(text(a, 0), |zone| zone.to_utc(micros(a, 1)).0)?))
                }),
                form(&[Text, TimestampTz], Timestamp, |a| {
                    Ok(Value::Timestamp(zone(text(a, 0), |zone| zone.to_local(micros(a, 1)))?))
                }),
                form(&[Interval, Clock], TimestampTz, |a| Ok(Value::TimestampTz(shifted(micros(a, 1), -offset(a)?)?))),
                form(&[Interval, TimestampTz], Timestamp, |a| Ok(Value::Timestamp(shifted(micros(a, 1), offset(a)?)?))),
            ],
        ),
        (
            "local_time_of",
            &[form(&[Text, Clock], super::super::form::T::Int4, |a| {
                Ok(Value::Int(zone(text(a, 0), |zone| match zone.to_utc(micros(a, 1)).1 {
                    pg::Local::Once => 1,
                    pg::Local::Twice => 2,
                    pg::Local::Never => 0,
                })?))
            })],
        ),
    ],
};

thread_local! {
    /// The zone that was read last: a column has one zone, mostly.
    static LAST: RefCell<Option<(String, Zone)>> = const { RefCell::new(None) };
}

fn zone<T>(name: &str, then: impl FnOnce(&Zone) -> T) -> Result<T, Fault> {
    LAST.with_borrow_mut(|last| {
        if last.as_ref().is_none_or(|(known, _)| known != name) {
            *last = Some((name.to_owned(), Zone::named(name).map_err(told)?));
        }
        match last {
            Some((_, zone)) => Ok(then(zone)),
            None => Err(Fault("a time zone is not known")),
        }
    })
}

/// Finds a zone that is none before a row moves.
pub fn check(function: &str, texts: &[Option<&str>]) -> Result<(), Fault> {
    let named = match function {
        "timezone" | "local_time_of" => texts.first(),
        "date_trunc" => texts.get(2),
        _ => None,
    };
    named.copied().flatten().map_or(Ok(()), |name| zone(name, |_| ()))
}

fn offset(args: &[Value<'_>]) -> Result<i64, Fault> {
    let span = span(args, 0);
    if span.months != 0 || span.days != 0 {
        return Err(Fault("an interval that is a time zone has no months or days"));
    }
    Ok(span.micros)
}

fn shifted(micros: i64, by: i64) -> Result<i64, Fault> {
    if matches!(micros, i64::MAX | i64::MIN) {
        return Ok(micros);
    }
    micros.checked_add(by).ok_or(Fault("a timestamp is out of range"))
}

/// `date_trunc('day', instant, 'zone')`.
pub fn truncated<'a>(args: &[Value<'_>]) -> Out<'a> {
    let pg::Value::TimestampTz(instant, _) = whole(&args[1])? else { return Err(Fault("no instant")) };
    let within = zone(text(args, 2), |zone| pg::trunc(text(args, 0), pg::Value::TimestampTz(instant, zone.clone())))?;
    match within.map_err(told)? {
        pg::Value::TimestampTz(micros, _) => Ok(Value::TimestampTz(micros)),
        _ => Err(Fault("no instant")),
    }
}
