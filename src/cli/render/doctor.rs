//! Owns how it is shown what was found out about a source and a target. Must not know: how it was found out.

use anstyle::{AnsiColor, Style};

use super::super::args::Format;
use super::json;
use crate::doctor::{Examination, Finding, Level, Side};

/// So many statements are shown below a finding; JSON has all of them.
const STATEMENTS: usize = 8;
/// The longest of subjects fits.
const WIDTH: usize = 14;

/// Shows what was found: a line each, and what mends it below.
pub fn examined(examined: &Examination, format: Format) {
    if format == Format::Json {
        return json(examined);
    }
    for (side, title) in titles(examined) {
        anstream::println!("{title}");
        examined.findings.iter().filter(|finding| finding.side == side).for_each(finding);
        anstream::println!();
    }
    let count = |level| examined.findings.iter().filter(|finding| finding.level == level).count();
    let (fails, warnings) = (count(Level::Fail), count(Level::Warn));
    let warned = match warnings {
        0 => String::new(),
        1 => ", and 1 warning".to_owned(),
        more => format!(", and {more} warnings"),
    };
    match fails {
        0 => anstream::println!("nothing is in the way{warned}"),
        1 => anstream::println!("1 thing is in the way{warned}"),
        more => anstream::println!("{more} things are in the way{warned}"),
    }
}

fn titles(examined: &Examination) -> Vec<(Side, String)> {
    let named = |what: &str, name: &Option<String>| match name {
        Some(name) => format!("{what} {name}"),
        None => what.to_owned(),
    };
    let all = [
        (Side::Source, named("source", &examined.source)),
        (Side::Target, named("target", &examined.target)),
        (Side::Both, "source and target".to_owned()),
        (Side::Workspace, "this machine".to_owned()),
    ];
    all.into_iter().filter(|(side, _)| examined.findings.iter().any(|finding| finding.side == *side)).collect()
}

fn finding(finding: &Finding) {
    let (name, style) = match finding.level {
        Level::Ok => ("ok", Style::new().fg_color(Some(AnsiColor::Green.into()))),
        Level::Note => ("note", Style::new().fg_color(Some(AnsiColor::Cyan.into()))),
        Level::Warn => ("warn", Style::new().bold().fg_color(Some(AnsiColor::Yellow.into()))),
        Level::Fail => ("fail", Style::new().bold().fg_color(Some(AnsiColor::Red.into()))),
    };
    anstream::println!("  {style}{name:<4}{style:#}  {:<WIDTH$}  {}", finding.subject, finding.found);
    let (first, more) = finding.fix.split_at(finding.fix.len().min(STATEMENTS));
    for statement in first {
        anstream::println!("  {:<4}  {:<WIDTH$}  → {statement}", "", "");
    }
    if !more.is_empty() {
        anstream::println!("  {:<4}  {:<WIDTH$}  → and {} more: --format json has them all", "", "", more.len());
    }
}
