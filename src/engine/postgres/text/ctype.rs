//! Owns what is known of single characters in the C library's locale C.UTF-8: their classes and their cases.
//! Must not know: texts, patterns.

use std::sync::LazyLock;

use super::tables;

/// Ranges of characters, in order, that do not touch.
pub type Ranges = Vec<(u32, u32)>;

/// The last character there is.
const LAST: u32 = 0x10_ffff;

/// A run of characters that a case mapping moves by the same difference.
struct Run {
    first: u32,
    last: u32,
    step: u32,
    by: i64,
}

/// A class of characters that has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    Alnum,
    Alpha,
    Ascii,
    Blank,
    Cntrl,
    Digit,
    Graph,
    Lower,
    Print,
    Punct,
    Space,
    Upper,
    Xdigit,
    Word,
}

impl Class {
    /// The class of a name, as `[[:name:]]` has it.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "alnum" => Self::Alnum,
            "alpha" => Self::Alpha,
            "ascii" => Self::Ascii,
            "blank" => Self::Blank,
            "cntrl" => Self::Cntrl,
            "digit" => Self::Digit,
            "graph" => Self::Graph,
            "lower" => Self::Lower,
            "print" => Self::Print,
            "punct" => Self::Punct,
            "space" => Self::Space,
            "upper" => Self::Upper,
            "xdigit" => Self::Xdigit,
            "word" => Self::Word,
            _ => return None,
        })
    }

    /// The characters of the class.
    pub fn ranges(self) -> &'static [(u32, u32)] {
        static ALPHA: LazyLock<Ranges> = LazyLock::new(|| read_ranges(tables::ALPHA));
        static GRAPH: LazyLock<Ranges> = LazyLock::new(|| read_ranges(tables::GRAPH));
        static UPPER: LazyLock<Ranges> = LazyLock::new(|| read_ranges(tables::UPPER));
        static LOWER: LazyLock<Ranges> = LazyLock::new(|| read_ranges(tables::LOWER));
        static ALNUM: LazyLock<Ranges> = LazyLock::new(|| joined(&ALPHA, Class::Digit.ranges()));
        static WORD: LazyLock<Ranges> = LazyLock::new(|| joined(&ALNUM, &[(0x5f, 0x5f)]));
        static PRINT: LazyLock<Ranges> = LazyLock::new(|| joined(&GRAPH, SEPARATORS));
        static PUNCT: LazyLock<Ranges> = LazyLock::new(|| {
            let others = joined(&complement(&GRAPH), &ALNUM);
            complement(&others)
        });
        static SPACE: LazyLock<Ranges> = LazyLock::new(|| joined(SEPARATORS, &[(9, 13), (0x2028, 0x2029)]));
        match self {
            Self::Alnum => &ALNUM,
            Self::Alpha => &ALPHA,
            Self::Ascii => &[(0, 0x7f)],
            Self::Blank => &[(9, 9), (0x20, 0x20)],
            Self::Cntrl => &[(0, 0x1f), (0x7f, 0x9f)],
            Self::Digit => &[(0x30, 0x39)],
            Self::Graph => &GRAPH,
            Self::Lower => &LOWER,
            Self::Print => &PRINT,
            Self::Punct => &PUNCT,
            Self::Space => &SPACE,
            Self::Upper => &UPPER,
            Self::Xdigit => &[(0x30, 0x39), (0x41, 0x46), (0x61, 0x66)],
            Self::Word => &WORD,
        }
    }

    /// Is a character one of the class?
    pub fn holds(self, char: char) -> bool {
        holds(self.ranges(), u32::from(char))
    }
}

/// Blanks that have a width and break no line.
const SEPARATORS: &[(u32, u32)] =
    &[(0x20, 0x20), (0x1680, 0x1680), (0x2000, 0x2006), (0x2008, 0x200a), (0x205f, 0x205f), (0x3000, 0x3000)];

/// Is a character in ranges that are in order?
pub fn holds(ranges: &[(u32, u32)], code: u32) -> bool {
    let at = ranges.partition_point(|(_, last)| *last < code);
    ranges.get(at).is_some_and(|(first, _)| *first <= code)
}

/// Ranges in order that touch no more.
pub fn ordered(mut ranges: Ranges) -> Ranges {
    ranges.sort_unstable();
    let mut out: Ranges = Vec::with_capacity(ranges.len());
    for (first, last) in ranges {
        match out.last_mut() {
            Some((_, before)) if first <= before.saturating_add(1) => *before = last.max(*before),
            _ => out.push((first, last)),
        }
    }
    out
}

fn joined(one: &[(u32, u32)], other: &[(u32, u32)]) -> Ranges {
    ordered([one, other].concat())
}

/// All characters that ordered ranges leave out.
pub fn complement(ranges: &[(u32, u32)]) -> Ranges {
    let mut out = Vec::with_capacity(ranges.len() + 1);
    let mut next = 0;
    for (first, last) in ranges {
        if *first > next {
            out.push((next, first - 1));
        }
        next = last.saturating_add(1);
    }
    if next <= LAST {
        out.push((next, LAST));
    }
    out
}

/// `first-last/step` of a table.
fn read_run(word: &str) -> (u32, u32, u32) {
    let number = |text: &str| u32::from_str_radix(text, 16).unwrap_or(0);
    let (range, step) = word.split_once('/').unwrap_or((word, "1"));
    let (first, last) = range.split_once('-').unwrap_or((range, range));
    (number(first), number(last), number(step).max(1))
}

fn read_ranges(table: &str) -> Ranges {
    let mut out = Vec::new();
    for word in table.split_ascii_whitespace() {
        let (first, last, step) = read_run(word);
        if step == 1 {
            out.push((first, last));
        } else {
            out.extend((first..=last).step_by(step as usize).map(|code| (code, code)));
        }
    }
    ordered(out)
}

fn read_mapping(table: &str) -> Vec<Run> {
    let one = |word: &str| {
        let (run, by) = word.split_once(':').unwrap_or((word, "0"));
        let (first, last, step) = read_run(run);
        Run { first, last, step, by: i64::from_str_radix(by, 16).unwrap_or(0) }
    };
    let mut out: Vec<Run> = table.split_ascii_whitespace().map(one).collect();
    out.sort_unstable_by_key(|run| run.first);
    out
}

static TO_UPPER: LazyLock<Vec<Run>> = LazyLock::new(|| read_mapping(tables::TO_UPPER));
static TO_LOWER: LazyLock<Vec<Run>> = LazyLock::new(|| read_mapping(tables::TO_LOWER));

fn mapped(runs: &[Run], code: u32) -> u32 {
    let at = runs.partition_point(|run| run.first <= code);
    match at.checked_sub(1).and_then(|at| runs.get(at)) {
        Some(run) if code <= run.last && (code - run.first).is_multiple_of(run.step) => {
            u32::try_from(i64::from(code) + run.by).unwrap_or(code)
        }
        _ => code,
    }
}

/// A character's upper case, as a number.
pub fn upper_code(code: u32) -> u32 {
    mapped(&TO_UPPER, code)
}

/// A character's lower case, as a number.
pub fn lower_code(code: u32) -> u32 {
    mapped(&TO_LOWER, code)
}

/// A character's upper case.
pub fn upper_char(char: char) -> char {
    if char.is_ascii() {
        return char.to_ascii_uppercase();
    }
    char::from_u32(upper_code(u32::from(char))).unwrap_or(char)
}

/// A character's lower case.
pub fn lower_char(char: char) -> char {
    if char.is_ascii() {
        return char.to_ascii_lowercase();
    }
    char::from_u32(lower_code(u32::from(char))).unwrap_or(char)
}

/// All characters that have another case, with their two cases, within a range.
pub fn cased(first: u32, last: u32) -> impl Iterator<Item = u32> {
    let of = move |runs: &'static [Run], map: fn(u32) -> u32| {
        runs.iter().filter(move |run| run.first <= last && run.last >= first).flat_map(move |run| {
            (run.first..=run.last).step_by(run.step as usize).filter(move |code| (first..=last).contains(code)).map(map)
        })
    };
    of(&TO_UPPER, upper_code).chain(of(&TO_LOWER, lower_code))
}
