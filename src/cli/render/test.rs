//! Owns how it is shown what came of a pipeline's cases. Must not know: how they were run.

use super::super::args::Format;
use super::json;
use crate::cases::{Coverage, Difference, Reachable, RowDifference, Tested, TestedCase, What};

/// Shows what came of the cases: those that fail, row by row, and how many there are.
pub fn tested(tested: &Tested, format: Format) {
    if format == Format::Json {
        return json(tested);
    }
    tested.cases.iter().filter(|case| !case.passed).for_each(failed);
    if let Some(coverage) = &tested.coverage {
        covered(coverage);
    }
    let (flows, cases) = (number(tested.flows, "flow"), number(tested.cases.len(), "case"));
    let failed = if tested.failed > 0 { format!(", {} failed", tested.failed) } else { String::new() };
    anstream::println!("{flows}, {cases}, {} passed{failed} ({:.1} s)", tested.passed, tested.seconds);
}

/// What no case reaches, file by file, and how much that is.
fn covered(coverage: &Coverage) {
    for file in coverage.files.iter().filter(|file| !file.missed.is_empty()) {
        anstream::println!("{}: {} of {} reached; not reached:", file.name, file.reached, file.total);
        for missed in &file.missed {
            let what = match missed.what {
                Reachable::Branch => "",
                Reachable::Reject => "reject ",
                Reachable::Skip => "skip ",
                Reachable::Elsewhere => "elsewhere ",
                Reachable::Warning => "warning ",
            };
            anstream::println!("  {}  {what}{}", missed.place, missed.text);
        }
        anstream::println!();
    }
    let Coverage { percent, reached, total, never, .. } = coverage;
    let never = if *never > 0 { format!("; {never} are said never to occur") } else { String::new() };
    anstream::println!("coverage {percent:.1} %: {reached} of {total} branches, reasons and warnings{never}");
}

fn number(of: usize, what: &str) -> String {
    if of == 1 { format!("1 {what}") } else { format!("{of} {what}s") }
}

fn failed(case: &TestedCase) {
    anstream::println!("FAILED  {}", case.name);
    anstream::println!("        {}:{}", case.file, case.line);
    if let Some(error) = &case.error {
        anstream::println!("        {error}");
    }
    for row in &case.rows {
        anstream::println!("        {} {}{}", row.flow, row.key, told(row));
        if row.what == What::Differs {
            let width = row.differences.iter().map(|difference| difference.column.len()).max().unwrap_or_default();
            row.differences.iter().for_each(|difference| differs(difference, width));
        }
    }
    anstream::println!();
}

fn told(row: &RowDifference) -> String {
    let said = |of: fn(&Difference) -> &Option<String>| {
        row.differences.first().and_then(|difference| of(difference).clone()).unwrap_or_default()
    };
    match row.what {
        What::Missing => format!(": is missing, {} is expected", said(|difference| &difference.expected)),
        What::Unexpected => format!(": is not expected, and is {}", said(|difference| &difference.got)),
        What::Differs => String::new(),
    }
}

fn differs(difference: &Difference, width: usize) {
    let shown = |text: &Option<String>| text.clone().unwrap_or_else(|| "NULL".to_owned());
    let (expected, got) = (shown(&difference.expected), shown(&difference.got));
    anstream::println!("          {:width$}  expected  {expected}", difference.column);
    anstream::println!("          {:width$}       got  {got}", "");
}
