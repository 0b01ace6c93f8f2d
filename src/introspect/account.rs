//! Owns the account of what was decided, for whoever goes on from the draft: `INIT.md`.
//! Must not know: how any of it was found.

use std::fmt::Write;

use super::Draft;

/// The account, in Markdown.
#[must_use]
pub fn written(name: &str, draft: &Draft) -> String {
    let todos: usize = draft.flows.iter().map(|flow| flow.todos.len()).sum();
    let questions = super::words::counted(todos as u64, "open question");
    let mut text = format!(
        "# {name}: what was decided, and what is left to decide\n\n\
         Written by `rehome init`, from the catalogs of both databases and from one snapshot of the source. The pipeline runs as it\n\
         is; what it does not know, it rejects or leaves NULL, and says so. Flows are ordinary files: change them as you like.\n\n\
         Next: `rehome check`, `rehome what-if`, then {questions} below.\n\n\
         ## Flows\n\n| flow | source | target | rows | score | id | columns |\n|---|---|---|---:|---:|---|---:|\n"
    );
    for flow in &draft.flows {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} | {:.2} | {} | {} of {} |",
            cell(&flow.flow),
            cell(&flow.source),
            cell(&flow.target),
            flow.rows,
            flow.score,
            flow.id,
            flow.given,
            flow.columns
        );
    }
    text.push_str(
        "\nThe score says how sure it is that two tables belong together: by their names, by the columns they share, by what their\n\
         columns refer to. A flow is written from 0.50 on.\n",
    );
    if todos > 0 {
        text.push_str("\n## To decide\n");
        for flow in draft.flows.iter().filter(|flow| !flow.todos.is_empty()) {
            let _ = write!(text, "\n### {}\n\n", flow.flow);
            for todo in &flow.todos {
                let _ = writeln!(text, "- {todo}");
            }
        }
    }
    if !draft.unsure.is_empty() {
        text.push_str("\n## Tables of the target without a flow\n\n| target | what comes near, with its score | why |\n|---|---|---|\n");
        for table in &draft.unsure {
            let near: Vec<String> =
                table.candidates.iter().map(|near| format!("{} ({:.2})", cell(&near.source), near.score)).collect();
            let near = if near.is_empty() { "nothing".to_owned() } else { near.join(", ") };
            let why = table.why.as_deref().unwrap_or(if table.candidates.is_empty() { "" } else { "not sure enough" });
            let _ = writeln!(text, "| {} | {near} | {} |", cell(&table.target), cell(why));
        }
    }
    if !draft.left_out.is_empty() {
        text.push_str("\n## Tables of the source that no flow reads\n\n| source | rows | why |\n|---|---:|---|\n");
        for table in &draft.left_out {
            let _ = writeln!(text, "| {} | {} | {} |", cell(&table.source), table.rows, cell(&table.why));
        }
    }
    text
}

/// A text in a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
