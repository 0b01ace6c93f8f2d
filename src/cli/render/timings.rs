//! Owns how it is shown where time went: on stderr, beside the result. Must not know: what was measured.

use super::{count, numbers, table};
use crate::cli::args::Format;
use crate::timing::Spent;

/// Steps that took less are left out of what people read.
const WORTH_TELLING: f64 = 0.01;

/// Shows the sums of a command.
pub fn show(spent: &[Spent], format: Format) {
    if format == Format::Json {
        if let Ok(text) = serde_json::to_string(&serde_json::json!({ "timings": spent })) {
            anstream::eprintln!("{text}");
        }
        return;
    }
    let mut rows = table(&["stage", "step", "of", "times", "seconds", "busy", "waiting", "rows", "bytes"]);
    for one in spent.iter().filter(|one| one.seconds >= WORTH_TELLING) {
        let known = |number: u64| if number == 0 { String::new() } else { count(number) };
        rows.add_row([
            one.stage.clone(),
            one.step.clone(),
            one.of.clone(),
            count(one.times),
            format!("{:.2}", one.seconds),
            format!("{:.2}", one.busy),
            format!("{:.2}", (one.seconds - one.busy).max(0.0)),
            known(one.rows),
            known(one.bytes),
        ]);
    }
    numbers(&mut rows, 3..9);
    anstream::eprintln!("\n{rows}\n\nSteps run beside each other: their sum may be more than the command took.");
}
