//! Owns the values of the campaign: strategies that give the text of legal values of a type, as PostgreSQL reads it.
//! Must not know: tables, or what is done with the values.

use proptest::prelude::*;
use proptest::strategy::{BoxedStrategy, Strategy};

/// Texts of values of a type.
pub type Values = BoxedStrategy<String>;

/// A stream of numbers that follows from a seed: what a strategy need not shrink is expanded from one number.
struct Stream(u64);

impl Stream {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[usize::try_from(self.below(from.len() as u64)).unwrap()]
    }

    fn digits(&mut self, count: u64) -> String {
        (0..count).map(|_| char::from(b'0' + u8::try_from(self.below(10)).unwrap())).collect()
    }
}

/// Expands a seed and a length, from `least` to `most`, into a text.
fn expanded(
    least: u64,
    most: u64,
    write: impl Fn(&mut dyn FnMut(u64) -> u64, u64) -> String + 'static + Clone,
) -> Values {
    (any::<u64>(), least..=most)
        .prop_map(move |(seed, length)| {
            let mut stream = Stream(seed);
            write(&mut |limit| stream.below(limit), length)
        })
        .boxed()
}

/// Any number of a type.
pub fn number<T: Arbitrary + ToString + 'static>() -> Values {
    any::<T>().prop_map(|value| value.to_string()).boxed()
}

/// One of these.
pub fn one_of(texts: &[&str]) -> Values {
    let texts: Vec<String> = texts.iter().map(ToString::to_string).collect();
    proptest::sample::select(texts).boxed()
}

/// Mostly the first, now and then the second.
pub fn seldom(common: Values, rare: Values) -> Values {
    prop_oneof![30 => common, 1 => rare].boxed()
}

/// A numeric without limits, its scale kept.
pub fn numeric() -> Values {
    (any::<u64>(), any::<bool>(), 0..45_u64, 0..30_u64)
        .prop_map(|(seed, negative, before, after)| {
            let mut stream = Stream(seed);
            let sign = if negative { "-" } else { "" };
            let before = stream.digits(before.max(1));
            let after = if after == 0 { String::new() } else { format!(".{}", stream.digits(after)) };
            format!("{sign}{before}{after}")
        })
        .boxed()
}

/// A numeric(precision, scale).
pub fn decimal(precision: u64, scale: i64) -> Values {
    (any::<u64>(), any::<bool>(), 1..=precision)
        .prop_map(move |(seed, negative, length)| {
            let sign = if negative { "-" } else { "" };
            format!("{sign}{}e{}", Stream(seed).digits(length), -scale)
        })
        .boxed()
}

pub fn float8() -> Values {
    prop_oneof![
        3 => any::<u64>().prop_map(|bits| shown(f64::from_bits(bits))),
        1 => any::<i32>().prop_map(|cents| shown(f64::from(cents) / 100.0)),
    ]
    .boxed()
}

pub fn float4() -> Values {
    any::<u32>()
        .prop_map(|bits| {
            let value = f32::from_bits(bits);
            if value.is_finite() { format!("{value:e}") } else { shown(f64::from(value)) }
        })
        .boxed()
}

fn shown(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value < 0.0 { "-Infinity" } else { "Infinity" }.to_owned()
    } else {
        format!("{value:e}")
    }
}

/// A sign of any class of legal code points.
fn sign(below: &mut dyn FnMut(u64) -> u64) -> char {
    let (from, count): (u32, u64) = match below(20) {
        0..=4 => (0x61, 26),
        5..=6 => (0x20, 95),
        7 => {
            return char::from_u32(
                [0x27, 0x22, 0x5c, 0x2c, 0x7b, 0x7d, 0x28, 0x29, 0x09, 0x0a, 0x0d, 0x20]
                    [usize::try_from(below(12)).unwrap()],
            )
            .unwrap();
        }
        8 => (0x01, 31),
        9 => (0x7f, 0x80),
        10 => (0x300, 0x70),
        11 => (0x590, 0x2f0),
        12 => (0x2000, 0x70),
        13 => (0x4e00, 0x5000),
        14 => (0xe000, 0x1900),
        15 => {
            return char::from_u32(
                [0xfeff, 0xfffd, 0xfffe, 0xffff, 0x85, 0x2028, 0xd7ff, 0xe000][usize::try_from(below(8)).unwrap()],
            )
            .unwrap();
        }
        16 => (0x1_f300, 0x400),
        17 => (0x1_0000 * u32::try_from(below(16) + 1).unwrap(), 0x1_0000),
        18 => (0x1_0000 * u32::try_from(below(16) + 1).unwrap() + 0xfffe, 2),
        _ => (0xc0, 0x180),
    };
    char::from_u32(from + u32::try_from(below(count)).unwrap()).unwrap_or('\u{fffd}')
}

/// Text of up to this many signs, of every legal class.
pub fn text(most: u64) -> Values {
    expanded(0, most, |below, length| (0..length).map(|_| sign(below)).collect())
}

/// Text of letters, quotes, spaces and what arrays and records put quotes around.
pub fn words(most: u64) -> Values {
    expanded(0, most, |below, length| {
        let signs: Vec<char> = "abcNULxyz \"'\\,;{}()<>=*é😀-_/\n\t".chars().collect();
        (0..length).map(|_| signs[usize::try_from(below(signs.len() as u64)).unwrap()]).collect()
    })
}

/// A word of lower-case letters.
pub fn word(most: u64) -> Values {
    expanded(1, most, |below, length| {
        (0..length).map(|_| char::from(b'a' + u8::try_from(below(26)).unwrap())).collect()
    })
}

pub fn hex(least: u64, most: u64, prefix: &'static str) -> Values {
    expanded(least, most, move |below, length| {
        let bytes: Vec<u8> = (0..length).map(|_| u8::try_from(below(256)).unwrap()).collect();
        format!("{prefix}{}", hex::encode(bytes))
    })
}

/// Bits, so many.
pub fn bits(least: u64, most: u64) -> Values {
    expanded(least, most, |below, length| (0..length).map(|_| if below(2) == 0 { '0' } else { '1' }).collect())
}

/// A date by its Julian day, which PostgreSQL reads for all its dates.
pub fn date(last: u64) -> Values {
    prop_oneof![
        3 => (2_378_497..2_524_594_u64).prop_map(|day| format!("J{day}")),
        1 => (0..=last).prop_map(|day| format!("J{day}")),
    ]
    .boxed()
}

fn clock(micros: u64, digits: u32) -> String {
    let unit = 10_u64.pow(6 - digits.min(6));
    let micros = micros / unit * unit;
    let (seconds, rest) = (micros / 1_000_000, micros % 1_000_000);
    format!("{:02}:{:02}:{:02}.{rest:06}", seconds / 3_600, seconds / 60 % 60, seconds % 60)
}

const DAY: u64 = 86_400_000_000;

/// A time of day with so many digits after the second; never 24:00.
pub fn time(digits: u32) -> Values {
    (0..DAY).prop_map(move |micros| clock(micros, digits)).boxed()
}

pub fn timetz() -> Values {
    (0..=DAY, -57_599..=57_599_i32).prop_map(|(micros, offset)| format!("{}{}", clock(micros, 6), zone(offset))).boxed()
}

fn zone(offset: i32) -> String {
    let (sign, offset) = (if offset < 0 { '-' } else { '+' }, offset.abs());
    format!("{sign}{:02}:{:02}:{:02}", offset / 3_600, offset / 60 % 60, offset % 60)
}

/// A moment up to this Julian day, with so many digits after the second.
pub fn timestamp(last: u64, digits: u32) -> Values {
    (date(last), 0..DAY).prop_map(move |(date, micros)| format!("{date} {}", clock(micros, digits))).boxed()
}

pub fn interval() -> Values {
    (-100_000_000..100_000_000_i32, any::<i32>(), -9_000_000_000_000_000_000..9_000_000_000_000_000_000_i64)
        .prop_map(|(months, days, micros)| {
            let (sign, left) = (if micros < 0 { "-" } else { "" }, micros.unsigned_abs());
            format!("{months} mons {days} days {sign}{}", clock(left, 6))
        })
        .boxed()
}

pub fn uuid() -> Values {
    any::<u128>().prop_map(|bits| uuid::Uuid::from_u128(bits).to_string()).boxed()
}

/// A JSON document as somebody may have written it: spaces, keys given twice, any order. `strict`: as jsonb takes it.
pub fn json(strict: bool) -> Values {
    any::<u64>()
        .prop_map(move |seed| {
            let (mut stream, mut out) = (Stream(seed), String::new());
            document(&mut stream, strict, 0, &mut out);
            out
        })
        .boxed()
}

fn document(stream: &mut Stream, strict: bool, depth: u32, out: &mut String) {
    let space = |stream: &mut Stream, out: &mut String| out.push_str(stream.pick(&["", "", "", " ", "\n", "\t  "]));
    space(stream, out);
    let sort = if depth < 4 { stream.below(9) } else { 2 + stream.below(7) };
    match sort {
        0 | 1 => {
            let (open, close) = if sort == 0 { ('{', '}') } else { ('[', ']') };
            out.push(open);
            for member in 0..stream.below(5) {
                if member > 0 {
                    out.push(',');
                }
                if sort == 0 {
                    space(stream, out);
                    out.push_str(stream.pick(&[
                        "\"a\"",
                        "\"b\"",
                        "\"key\"",
                        "\"\\u0061\"",
                        "\"\"",
                        "\"é😀\"",
                        "\"c\\\"d\"",
                    ]));
                    space(stream, out);
                    out.push(':');
                }
                document(stream, strict, depth + 1, out);
            }
            space(stream, out);
            out.push(close);
        }
        2 | 3 => {
            let number = match stream.below(5) {
                0 => format!("{}", stream.next().cast_signed()),
                1 => format!("{}.{:03}", stream.below(1_000), stream.below(1_000)),
                2 => format!("-0.{}0", stream.below(100)),
                3 => format!("{}e{}", stream.below(100), stream.below(60).cast_signed() - 30),
                _ => {
                    let length = 1 + stream.below(40);
                    format!("1{}.{}", stream.digits(length), stream.digits(length))
                }
            };
            out.push_str(&number);
        }
        4..=6 => {
            out.push('"');
            for _ in 0..stream.below(8) {
                match stream.below(12) {
                    0 => out.push_str(stream.pick(&["\\n", "\\t", "\\\"", "\\\\", "\\/", "\\b", "\\f", "\\r"])),
                    1 => out.push_str(stream.pick(&["\\u00e9", "\\ud83d\\ude00", "\\u0001", "\\u2028", "\\uFFFF"])),
                    2 if !strict => out.push_str(stream.pick(&["\\u0000", "\\u0041"])),
                    _ => {
                        let sign = sign(&mut |limit| stream.below(limit));
                        if sign >= ' ' && sign != '"' && sign != '\\' {
                            out.push(sign);
                        }
                    }
                }
            }
            out.push('"');
        }
        _ => out.push_str(stream.pick(&["true", "false", "null"])),
    }
    space(stream, out);
}

pub fn inet() -> Values {
    prop_oneof![
        (any::<std::net::Ipv4Addr>(), 0..=32_u8).prop_map(|(address, mask)| format!("{address}/{mask}")),
        (any::<std::net::Ipv6Addr>(), 0..=128_u8).prop_map(|(address, mask)| format!("{address}/{mask}")),
    ]
    .boxed()
}

pub fn cidr() -> Values {
    prop_oneof![
        (any::<u32>(), 0..=32_u32).prop_map(|(address, mask)| {
            let network = if mask == 0 { 0 } else { address & (u32::MAX << (32 - mask)) };
            format!("{}/{mask}", std::net::Ipv4Addr::from(network))
        }),
        (any::<u128>(), 0..=128_u32).prop_map(|(address, mask)| {
            let network = if mask == 0 { 0 } else { address & (u128::MAX << (128 - mask)) };
            format!("{}/{mask}", std::net::Ipv6Addr::from(network))
        }),
    ]
    .boxed()
}

/// Points, so many, in this frame: `{}` stands for all of them.
pub fn points(least: usize, most: usize, open: &'static str, close: &'static str) -> Values {
    let point = (float8(), float8()).prop_map(|(x, y)| format!("({x},{y})"));
    proptest::collection::vec(point, least..=most)
        .prop_map(move |points| format!("{open}{}{close}", points.join(",")))
        .boxed()
}

pub fn tsvector() -> Values {
    let lexeme = (words(6), proptest::collection::vec((1..16_383_u32, 0..4_usize), 0..4)).prop_map(|(word, places)| {
        let word = format!("'{}x'", word.replace('\\', "\\\\").replace('\'', "''"));
        let places: Vec<_> =
            places.iter().map(|(place, weight)| format!("{place}{}", ["", "A", "B", "C"][*weight])).collect();
        if places.is_empty() { word } else { format!("{word}:{}", places.join(",")) }
    });
    proptest::collection::vec(lexeme, 0..6).prop_map(|lexemes| lexemes.join(" ")).boxed()
}

pub fn tsquery() -> Values {
    let word = (words(5), 0..5_usize).prop_map(|(word, weight)| {
        format!("'{}x'{}", word.replace('\\', "\\\\").replace('\'', "''"), ["", ":A", ":*", ":BC*", ""][weight])
    });
    (word.clone(), word.clone(), word, 0..6_usize)
        .prop_map(|(a, b, c, form)| match form {
            0 => a,
            1 => format!("{a} & {b}"),
            2 => format!("!{a} | ({b} & !{c})"),
            3 => format!("{a} <-> {b}"),
            4 => format!("{a} <17> ({b} | {c})"),
            _ => format!("!!{a} & ({b} <-> {c})"),
        })
        .boxed()
}

/// A range between two numbers.
pub fn numbers_range(decimals: usize) -> Values {
    (-1_000_000_000..1_000_000_000_i64, 0..1_000_000_000_i64, 0..10_u8)
        .prop_map(move |(low, width, form)| {
            #[allow(clippy::cast_precision_loss)]
            let show =
                |value: i64| format!("{:.decimals$}", value as f64 / 10_f64.powi(i32::try_from(decimals).unwrap()));
            bounds(&show(low), &show(low + width), width > 0, form)
        })
        .boxed()
}

/// A range between two days, or two moments.
pub fn days_range(times: bool) -> Values {
    (2_300_000..2_500_000_u64, 0..100_000_u64, 0..DAY, 0..10_u8)
        .prop_map(move |(low, width, micros, form)| {
            let show = |day: u64| if times { format!("J{day} {}", clock(micros, 6)) } else { format!("J{day}") };
            bounds(&show(low), &show(low + width), width > 0, form)
        })
        .boxed()
}

fn bounds(low: &str, high: &str, wide: bool, form: u8) -> String {
    match form {
        0 => "empty".to_owned(),
        1 => format!("[\"{low}\",]"),
        2 => format!("(,\"{high}\")"),
        3 => "(,)".to_owned(),
        5 if wide => format!("(\"{low}\",\"{high}\"]"),
        6 if wide => format!("[\"{low}\",\"{high}\")"),
        _ => format!("[\"{low}\",\"{high}\"]"),
    }
}

/// Up to four ranges.
pub fn multirange(ranges: Values) -> Values {
    proptest::collection::vec(ranges, 0..4).prop_map(|ranges| format!("{{{}}}", ranges.join(","))).boxed()
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Elements of an array in braces; None is NULL.
fn braces(elements: &[Option<String>], separator: char) -> String {
    let shown: Vec<_> = elements.iter().map(|element| element.as_deref().map_or("NULL".to_owned(), quoted)).collect();
    format!("{{{}}}", shown.join(&separator.to_string()))
}

/// Arrays of one dimension, counted from one, with NULLs.
pub fn flat_array(element: Values, separator: char) -> Values {
    proptest::collection::vec(proptest::option::weighted(0.9, element), 0..7)
        .prop_map(move |elements| braces(&elements, separator))
        .boxed()
}

/// Arrays of one and two dimensions, counted from anywhere.
pub fn odd_array(element: Values, separator: char) -> Values {
    let elements = proptest::collection::vec(proptest::option::weighted(0.9, element), 4);
    (elements, 0..4_u8, -5..5_i32)
        .prop_map(move |(elements, form, low)| match form {
            0 => braces(&elements, separator),
            1 => format!("[{low}:{}]={}", low + 3, braces(&elements, separator)),
            2 => format!("{{{}{separator}{}}}", braces(&elements[..2], separator), braces(&elements[2..], separator)),
            _ => format!(
                "[{low}:{}][0:1]={{{}{separator}{}}}",
                low + 1,
                braces(&elements[..2], separator),
                braces(&elements[2..], separator)
            ),
        })
        .boxed()
}

/// A row of these members, each NULL now and then.
pub fn record(members: Vec<Values>) -> Values {
    let members: Vec<_> = members.into_iter().map(|member| proptest::option::weighted(0.85, member)).collect();
    members
        .prop_map(|members| {
            let shown: Vec<_> = members
                .iter()
                .map(|member| {
                    let quoted = |text: &String| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\"\""));
                    member.as_ref().map_or(String::new(), quoted)
                })
                .collect();
            format!("({})", shown.join(","))
        })
        .boxed()
}

/// A text with each value in place of `{}`.
pub fn framed(frame: &'static str, value: Values) -> Values {
    value.prop_map(move |value| frame.replacen("{}", &value, 1)).boxed()
}
