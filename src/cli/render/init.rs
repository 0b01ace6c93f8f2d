//! Owns how the result of `rehome init` is shown. Must not know: how it came about.

use std::path::Path;

use super::{json, numbers, table};
use crate::cli::args::Format;
use crate::command::init::Initialised;
use crate::report::words::count;

/// Shows what was written, what is left to decide, and what comes next.
pub fn show(done: &Initialised, dir: &Path, format: Format) {
    if format == Format::Json {
        json(done);
        return;
    }
    let mut flows = table(&["flow", "source", "rows", "score", "id", "columns", "to decide"]);
    numbers(&mut flows, [2, 3, 5, 6]);
    for flow in &done.flows {
        flows.add_row([
            flow.flow.clone(),
            flow.source.clone(),
            count(flow.rows),
            format!("{:.2}", flow.score),
            flow.id.clone(),
            format!("{} of {}", flow.given, flow.columns),
            flow.todos.len().to_string(),
        ]);
    }
    anstream::println!("{flows}");
    if !done.unsure.is_empty() {
        anstream::println!("\nTables of the target without a flow, and what comes near:");
        for unsure in &done.unsure {
            let near: Vec<String> =
                unsure.candidates.iter().map(|near| format!("{} ({:.2})", near.source, near.score)).collect();
            let near = if near.is_empty() { "nothing".to_owned() } else { near.join(", ") };
            let why = unsure.why.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
            anstream::println!("  {}  {near}{why}", unsure.target);
        }
    }
    if !done.left_out.is_empty() {
        anstream::println!("\nTables of the source that no flow reads:");
        for left in &done.left_out {
            let rows = if left.rows == 1 { "row" } else { "rows" };
            anstream::println!("  {}  {} {rows}; {}", left.source, count(left.rows), left.why);
        }
    }
    if let Some(wrong) = &done.wrong {
        anstream::println!("\nThe pipeline cannot be planned yet: {wrong}");
    }
    let folder = Path::new(&done.pipeline).parent().unwrap_or(Path::new("."));
    let todos: usize = done.flows.iter().map(|flow| flow.todos.len()).sum();
    anstream::println!("\npipeline  {}\nsnapshot  {}", done.pipeline, done.snapshot);
    let questions = if todos == 1 { "one question".to_owned() } else { format!("{todos} questions") };
    anstream::println!(
        "decided   {}: the reasons, and {questions} that only you can answer",
        folder.join("INIT.md").display()
    );
    anstream::println!(
        "next      rehome --dir {} what-if --pipeline {} --snapshot {}",
        dir.display(),
        done.pipeline,
        done.snapshot
    );
}
