//! Owns how a value of one sort becomes one of another in SQL, and which values would not fit.
//! Must not know: names of tables, references, or how a flow is written.

use super::kind::Kind;

/// How well the values of one sort fit another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fitness {
    /// As they are.
    Same,
    /// By a cast that keeps them.
    Cast,
    /// Where each value can be read as one: a text that is a number.
    Reading,
    None,
}

/// A value for a column of the target.
#[derive(Debug, Clone, Default)]
pub struct Converted {
    /// The SQL of the value.
    pub sql: String,
    /// Holds for rows whose value would not fit: the condition, and the end of the reason's name.
    pub misfits: Vec<(String, &'static str)>,
    /// It needs the zone of the source's clocks.
    pub zone: bool,
    /// What a reader should know of it.
    pub note: Option<&'static str>,
}

/// How well values of `from` fit `to`.
#[must_use]
pub fn fitness(from: &Kind, to: &Kind) -> Fitness {
    use Kind as K;
    match (from, to) {
        (from, to) if from == to => Fitness::Same,
        (K::Text(_), K::Text(_))
        | (K::Int(_) | K::Numeric(_), K::Int(_) | K::Numeric(_))
        | (K::Float(_), K::Float(_))
        | (K::Json | K::Jsonb, K::Json | K::Jsonb)
        | (K::Timestamp, K::Timestamptz)
        | (K::Enum(_), K::Enum(_)) => Fitness::Same,
        (K::Int(_) | K::Numeric(_), K::Float(_))
        | (K::Float(_), K::Numeric(_))
        | (K::Date, K::Timestamp | K::Timestamptz)
        | (K::Timestamp | K::Timestamptz, K::Date | K::Timestamp)
        | (K::Enum(_) | K::Uuid, K::Text(_))
        | (K::Text(_), K::Enum(_)) => Fitness::Cast,
        (
            K::Int(_) | K::Numeric(_) | K::Float(_) | K::Date | K::Bool | K::Json | K::Jsonb | K::Other(_),
            K::Text(_),
        )
        | (K::Int(_), K::Bool | K::Enum(_))
        | (K::Bool | K::Float(_), K::Int(_))
        | (
            K::Text(_),
            K::Uuid
            | K::Int(_)
            | K::Numeric(_)
            | K::Float(_)
            | K::Date
            | K::Timestamp
            | K::Timestamptz
            | K::Json
            | K::Jsonb
            | K::Bool
            | K::Other(_),
        ) => Fitness::Reading,
        (K::Array(from), K::Array(to)) if fitness(from, to) == Fitness::Same => Fitness::Same,
        _ => Fitness::None,
    }
}

/// The value `x` of one sort as one of another. Enums of the target are not for this: their labels want to be looked at.
#[must_use]
pub fn converted(x: &str, from: &Kind, to: &Kind) -> Converted {
    use Kind as K;
    let plain = |sql: String| Converted { sql, ..Converted::default() };
    let with = |sql: String, misfits: Vec<(String, &'static str)>| Converted { sql, misfits, ..Converted::default() };
    match (from, to) {
        (K::Text(from), K::Text(Some(most))) if from.is_none_or(|from| from > *most) => {
            with(x.to_owned(), vec![(format!("character_length({x}) > {most}"), "too_long")])
        }
        (K::Int(from), K::Int(to)) if from > to => with(x.to_owned(), vec![outside(x, *to)]),
        (K::Int(from), K::Numeric(Some((precision, scale)))) if precision - scale < digits(*from) => {
            with(x.to_owned(), vec![too_large(x, precision - scale)])
        }
        (K::Numeric(from), K::Numeric(Some((precision, scale)))) if loses(*from, (*precision, *scale)) => with(
            x.to_owned(),
            vec![too_large(x, precision - scale), (format!("{x} <> round({x}, {scale})"), "would_round")],
        ),
        (K::Numeric(_), K::Int(to)) => {
            let whole = format!("{x} <> trunc({x})");
            with(format!("try_cast({x} as {})", K::Int(*to).sql()), vec![(whole, "would_round"), outside(x, *to)])
        }
        (K::Float(_), K::Int(to)) => {
            let whole = format!("{x} <> trunc({x})");
            with(format!("try_cast({x} as {})", K::Int(*to).sql()), vec![(whole, "would_round"), outside(x, *to)])
        }
        (K::Numeric(_), K::Float(_)) | (K::Float(_), K::Numeric(_)) => plain(format!("cast({x} as {})", to.sql())),
        (K::Float(8), K::Float(4)) => plain(format!("cast({x} as real)")),
        (K::Date, K::Timestamp) => plain(format!("cast({x} as timestamp)")),
        (K::Date | K::Timestamp, K::Timestamptz) => Converted { zone: true, ..plain(x.to_owned()) },
        (K::Timestamp, K::Date) => {
            let cut = format!("{x} <> cast(cast({x} as date) as timestamp)");
            with(format!("cast({x} as date)"), vec![(cut, "would_cut")])
        }
        (K::Timestamptz, K::Timestamp) => Converted {
            note: Some("TODO: the zone whose clocks the target shows; UTC until then."),
            ..plain(format!("{x} at time zone 'UTC'"))
        },
        (K::Timestamptz, K::Date) => Converted {
            note: Some("TODO: the zone in which the day is counted; UTC until then."),
            ..plain(format!("cast({x} at time zone 'UTC' as date)"))
        },
        (K::Int(_), K::Bool) => with(format!("{x} <> 0"), vec![(format!("{x} not in (0, 1)"), "unknown")]),
        (K::Bool, K::Int(_)) => plain(format!("case when {x} then 1 when not {x} then 0 end")),
        (K::Text(_), to) if !to.is_text() => of_text(x, to),
        (from, K::Text(most)) if !from.is_text() => {
            let sql = format!("cast({x} as text)");
            let longer = most.map(|most| (format!("character_length({sql}) > {most}"), "too_long"));
            with(sql, longer.into_iter().collect())
        }
        _ => plain(x.to_owned()),
    }
}

/// A text as one of another sort.
fn of_text(x: &str, to: &Kind) -> Converted {
    use Kind as K;
    let with = |sql: String, misfits: Vec<(String, &'static str)>| Converted { sql, misfits, ..Converted::default() };
    match to {
        K::Bool => {
            let word = format!("lower(trim({x}))");
            let yes = "'t', 'true', 'y', 'yes', 'on', '1'";
            let no = "'f', 'false', 'n', 'no', 'off', '0'";
            with(
                format!("case when {word} in ({yes}) then true when {word} in ({no}) then false end"),
                vec![(format!("{word} not in ('', {yes}, {no})"), "unknown")],
            )
        }
        K::Uuid => read(x, |word| format!("try_uuid({word})")),
        K::Timestamptz => Converted { zone: true, ..read(x, |word| format!("try_cast({word} as timestamp)")) },
        K::Int(_) | K::Numeric(None) | K::Float(_) | K::Date | K::Timestamp => {
            read(x, |word| format!("try_cast({word} as {})", to.sql()))
        }
        K::Numeric(Some((precision, scale))) => {
            let mut number = read(x, |word| format!("try_cast({word} as numeric)"));
            let sql = number.sql.clone();
            number.misfits.push(too_large(&sql, precision - scale));
            number.misfits.push((format!("{sql} <> round({sql}, {scale})"), "would_round"));
            number
        }
        K::Json | K::Jsonb => {
            let word = format!("nullif(trim({x}), '')");
            with(
                format!("case when is_jsonb({word}) then {word} end"),
                vec![(format!("not is_jsonb({word})"), "is_no_json")],
            )
        }
        _ => with(x.to_owned(), Vec::new()),
    }
}

/// A text as what can be read of it; an empty one is none.
fn read(x: &str, by: impl Fn(&str) -> String) -> Converted {
    let word = format!("nullif(trim({x}), '')");
    let sql = by(&word);
    let misfit = format!("{word} is not null and {sql} is null");
    Converted { sql, misfits: vec![(misfit, "unreadable")], ..Converted::default() }
}

fn outside(x: &str, bytes: u8) -> (String, &'static str) {
    let (least, most) = match bytes {
        2 => ("-32768", "32767"),
        4 => ("-2147483648", "2147483647"),
        _ => ("-9223372036854775808", "9223372036854775807"),
    };
    (format!("{x} not between {least} and {most}"), "out_of_range")
}

fn too_large(x: &str, digits: u32) -> (String, &'static str) {
    let limit = format!("1{}", "0".repeat(digits as usize));
    (format!("abs({x}) >= {limit}"), "out_of_range")
}

/// Digits of the largest number of so many bytes.
fn digits(bytes: u8) -> u32 {
    match bytes {
        2 => 5,
        4 => 10,
        _ => 19,
    }
}

fn loses(from: Option<(u32, u32)>, (precision, scale): (u32, u32)) -> bool {
    from.is_none_or(|(own, digits)| digits > scale || own - digits > precision - scale)
}
