//! Owns how rejected rows are listed. Must not know: how they are found.

use super::query::facts;
use crate::cli::args::Format;
use crate::command::quarantine::export::Exported;
use crate::command::quarantine::{Group, Listed};
use crate::error::Result;
use crate::report::words::count;

/// As many causes as are named: there may be more.
const SHOWN: usize = 3;

/// Shows what is in the quarantine, by flow and reason.
pub fn listed(listed: &Listed, format: Format) -> Result<()> {
    if format == Format::Json {
        super::json(listed);
        return Ok(());
    }
    if listed.groups.is_empty() {
        anstream::println!("no rejected rows (run {})", listed.run);
        return Ok(());
    }
    let head = ["flow", "reason", "rows", "keys", "cause"];
    let line = |group: &Group| {
        vec![group.flow.clone(), reason(group), count(group.rows), examples(&group.keys, group.rows), cause(group)]
    };
    if facts(&head, &[2], listed.groups.iter().map(line).collect())? {
        anstream::println!("\n{} rejected rows of run {}", count(listed.rows), listed.run);
    }
    Ok(())
}

fn reason(group: &Group) -> String {
    let said: Vec<&str> = [&group.sqlstate, &group.constraint].into_iter().flatten().map(String::as_str).collect();
    match (group.by, said.is_empty()) {
        ("target", true) => format!("{} (the target's)", group.reason),
        ("target", false) => format!("{} (the target's: {})", group.reason, said.join(" ")),
        _ => group.reason.clone(),
    }
}

/// A few keys, and a sign that there are more.
fn examples(keys: &[String], rows: u64) -> String {
    let more = if rows > keys.len() as u64 { " …" } else { "" };
    let cut = |key: &String| match key.char_indices().nth(40) {
        Some((end, _)) => format!("{}…", key[..end].escape_debug()),
        None => key.escape_debug().to_string().replace("\\\"", "\"").replace("\\'", "'"),
    };
    format!("{}{more}", keys.iter().map(cut).collect::<Vec<_>>().join(", "))
}

fn cause(group: &Group) -> String {
    match &group.cause_flow {
        // Several rows may have one cause.
        Some(flow) if group.cause_keys.len() < SHOWN => format!("{flow} {}", examples(&group.cause_keys, 0)),
        Some(flow) => format!("{flow} {}", examples(&group.cause_keys, group.rows)),
        None => String::new(),
    }
}

/// Shows where the rows are.
pub fn exported(exported: &Exported, format: Format) -> Result<()> {
    if format == Format::Json {
        super::json(exported);
        return Ok(());
    }
    if exported.files.is_empty() {
        anstream::println!("no rejected rows (run {})", exported.run);
        return Ok(());
    }
    let lines = exported.files.iter().map(|file| vec![file.flow.clone(), count(file.rows), file.file.clone()]);
    facts(&["flow", "rows", "file"], &[1], lines.collect())?;
    if exported.missing > 0 {
        super::error::note(&format!(
            "{} rows of the quarantine are not in the run's snapshot",
            count(exported.missing)
        ));
    }
    Ok(())
}
