//! Owns what a finding is, and which failure is the gravest. Must not know: what is looked at.

use serde::Serialize;

use crate::error::{Error, Kind, Result};
use crate::server::sql::fill;

const FIXES: &str = include_str!("../../sql/control/doctor/fixes.sql");

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// As it should be.
    Ok,
    /// Good to know; nothing need be done.
    Note,
    /// A run would go on, and may come out, take or cost other than expected.
    Warn,
    /// A run would end with an error.
    Fail,
}

/// Where it was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    Source,
    Target,
    /// This machine.
    Workspace,
    /// Source and target, compared.
    Both,
}

impl Side {
    pub fn name(self) -> &'static str {
        match self {
            Self::Source => "source",
            Self::Target => "target",
            Self::Workspace => "workspace",
            Self::Both => "both",
        }
    }
}

/// One thing that was looked at.
#[derive(Debug, Clone, Serialize, schemars::JsonSchema)]
pub struct Finding {
    pub level: Level,
    pub side: Side,
    /// What was looked at: `connection`, `privileges`, …
    pub subject: &'static str,
    /// What was found. Names objects of the databases, and never a value or a secret.
    pub found: String,
    /// What to do about it: statements and settings to be copied, one each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fix: Vec<String>,
    /// Of a failure: the exit code of its kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<u8>,
}

/// Findings of one side, as they come.
pub(super) struct Findings {
    pub side: Side,
    pub list: Vec<Finding>,
}

impl Findings {
    pub fn of(side: Side) -> Self {
        Self { side, list: Vec::new() }
    }

    fn add(&mut self, level: Level, subject: &'static str, found: String, fix: Vec<String>, kind: Option<Kind>) {
        let exit_code = kind.map(Kind::exit_code);
        self.list.push(Finding { level, side: self.side, subject, found, fix, exit_code });
    }

    pub fn ok(&mut self, subject: &'static str, found: impl Into<String>) {
        self.add(Level::Ok, subject, found.into(), Vec::new(), None);
    }

    pub fn note(&mut self, subject: &'static str, found: impl Into<String>, fix: Vec<String>) {
        self.add(Level::Note, subject, found.into(), fix, None);
    }

    pub fn warn(&mut self, subject: &'static str, found: impl Into<String>, fix: Vec<String>) {
        self.add(Level::Warn, subject, found.into(), fix, None);
    }

    pub fn fail(&mut self, kind: Kind, subject: &'static str, found: impl Into<String>, fix: Vec<String>) {
        self.add(Level::Fail, subject, found.into(), fix, Some(kind));
    }

    /// An error that a run would end with, too.
    pub fn error(&mut self, subject: &'static str, error: &Error) {
        let fix = error.hint_text().map(str::to_owned).into_iter().collect();
        self.fail(error.kind(), subject, error.message(), fix);
    }

    /// What looking gave, or that it could not be looked at.
    pub fn seen<T>(&mut self, subject: &'static str, looked: Result<T>) -> Option<T> {
        match looked {
            Ok(seen) => Some(seen),
            Err(error) if error.kind() == Kind::Retryable => {
                self.error(subject, &error);
                None
            }
            Err(error) => {
                self.note(subject, format!("could not be looked at: {error}"), Vec::new());
                None
            }
        }
    }
}

/// From the gravest on: what another login, another role, another file and more room would mend, and last what may pass by itself.
const GRAVITY: [Kind; 8] = [
    Kind::Auth,
    Kind::Privilege,
    Kind::Config,
    Kind::Drift,
    Kind::Resources,
    Kind::Locked,
    Kind::Unexpected,
    Kind::Retryable,
];

/// 0 where nothing fails, else the code of the gravest failure.
pub(super) fn exit_code(findings: &[Finding]) -> u8 {
    let codes: Vec<u8> = findings.iter().filter_map(|finding| finding.exit_code).collect();
    let gravest = GRAVITY.iter().map(|kind| kind.exit_code()).find(|code| codes.contains(code));
    gravest.or(codes.first().copied()).unwrap_or(0)
}

/// A statement that mends something, by its name in `fixes.sql`.
pub(super) fn fix(name: &str, values: &[(&str, &str)]) -> String {
    let mut lines = FIXES.lines().skip_while(|line| line.strip_prefix("-- ") != Some(name));
    fill(lines.nth(1).unwrap_or_default(), values)
}

/// A few names, and how many there are besides.
pub(super) fn some_of(names: &[String]) -> String {
    const SHOWN: usize = 4;
    match names.len().checked_sub(SHOWN) {
        Some(more @ 1..) => format!("{} and {more} more", names[..SHOWN].join(", ")),
        _ => names.join(", "),
    }
}

/// `1 table`, `2 tables`.
pub(super) fn counted(count: usize, one: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        _ if one.ends_with("ex") => format!("{count} {one}es"),
        _ => format!("{count} {one}s"),
    }
}

/// A size for reading: 1024 bytes are 1 KiB.
pub(super) fn size(bytes: i64) -> String {
    let mut whole = bytes.max(0);
    let mut rest = 0;
    for unit in ["bytes", "KiB", "MiB", "GiB"] {
        if whole < 1024 {
            return if rest == 0 || whole >= 10 { format!("{whole} {unit}") } else { format!("{whole}.{rest} {unit}") };
        }
        (whole, rest) = (whole / 1024, (whole % 1024) * 10 / 1024);
    }
    format!("{whole} TiB")
}

/// A time in seconds for reading.
pub(super) fn time(seconds: i64) -> String {
    match seconds {
        ..=119 => format!("{seconds} s"),
        120..=7199 => format!("{} min", seconds / 60),
        7200..=172_799 => format!("{} h", seconds / 3600),
        _ => format!("{} days", seconds / 86400),
    }
}

#[cfg(test)]
mod tests {
    use super::{Findings, Side, exit_code, size, some_of, time};
    use crate::error::Kind;

    #[test]
    fn the_gravest_failure_is_the_exit() {
        let mut found = Findings::of(Side::Target);
        assert_eq!(exit_code(&found.list), 0);
        found.warn("a", "b", Vec::new());
        assert_eq!(exit_code(&found.list), 0);
        for (kind, code) in
            [(Kind::Retryable, 75), (Kind::Config, 2), (Kind::Drift, 2), (Kind::Privilege, 5), (Kind::Auth, 4)]
        {
            found.fail(kind, "a", "b", Vec::new());
            assert_eq!(exit_code(&found.list), code);
        }
    }

    #[test]
    fn figures_are_for_reading() {
        assert_eq!(
            [0, 1023, 1536, 20 << 20, 3 << 40].map(size),
            ["0 bytes", "1023 bytes", "1.5 KiB", "20 MiB", "3 TiB"]
        );
        assert_eq!([5, 600, 7200, 200_000].map(time), ["5 s", "10 min", "2 h", "2 days"]);
        let names: Vec<String> = (1..=6).map(|name| name.to_string()).collect();
        assert_eq!(some_of(&names), "1, 2, 3, 4 and 2 more");
    }
}
