//! Owns how a bundle of evidence is shown, and what its check found. Must not know: how either came about.

use anstyle::{AnsiColor, Style};

use super::{count, json, numbers, table};
use crate::cli::args::Format;
use crate::command::evidence::{Bundled, Checked};

/// Problems that a terminal shows.
const SHOWN: usize = 20;

/// Shows a bundle that was made.
pub fn made(made: &Bundled, format: Format) {
    if format == Format::Json {
        return json(made);
    }
    let mut rows = table(&["entry", "sha256"]);
    for (name, hash) in &made.entries {
        rows.add_row([name, hash]);
    }
    anstream::println!("{rows}\n");
    if made.about.target.is_none() {
        anstream::println!("without the target's ledger: --target names the target");
    }
    anstream::println!(
        "bundle    {} ({} bytes)\nsha256    {}\nrun       {}",
        made.bundle,
        count(made.bytes),
        made.sha256,
        made.about.run
    );
}

/// Shows what a check found.
pub fn checked(checked: &Checked, format: Format) {
    if format == Format::Json {
        return json(checked);
    }
    let mut rows = table(&["part", "compared"]);
    rows.add_row(["entries of the bundle".to_owned(), count(checked.entries)]);
    for (part, number) in [
        ("files of the snapshot", checked.snapshot_files),
        ("files of the outcomes", checked.outcome_files),
        ("rows of the ledger", checked.ledger_rows),
    ] {
        rows.add_row([part.to_owned(), number.map_or_else(|| "–".to_owned(), count)]);
    }
    numbers(&mut rows, 1..2);
    anstream::println!("{rows}");
    for problem in checked.problems.iter().take(SHOWN) {
        anstream::println!("  {} {}: {}", problem.part, problem.name, problem.problem);
    }
    if checked.problems.len() > SHOWN {
        anstream::println!("  … and {} more: --format json", checked.problems.len() - SHOWN);
    }
    for note in &checked.not_checked {
        anstream::println!("not compared: {note}");
    }
    let (color, told) = match checked.clean {
        true => (AnsiColor::Green, "all that was compared is as it was"),
        false => (AnsiColor::Red, "NOT as it was"),
    };
    let style = Style::new().bold().fg_color(Some(color.into()));
    anstream::println!("\n{style}{told}{style:#}\nsha256 {}", checked.sha256);
}
