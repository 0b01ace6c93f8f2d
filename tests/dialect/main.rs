//! Owns the oracle of the dialect: each expression of this folder has PostgreSQL's value, or is refused.
//! Must not know: how the engine does it.
#![allow(dead_code, reason = "the modules shared with the other tests have more than is used here")]

#[path = "../it/cluster.rs"]
mod cluster;
mod generated;
mod lines;
mod sides;
#[path = "../it/support.rs"]
mod support;

use std::collections::BTreeMap;
use std::fmt::Write;

use lines::{families, queries, wrong};
use sides::{Found, Judged, Sides};

/// What became of the expressions of a family.
#[derive(Default)]
struct Tally {
    same: usize,
    refused: Vec<String>,
    fails: Vec<String>,
    different: Vec<String>,
}

fn wanted(family: &str) -> bool {
    std::env::var("REHOME_FAMILY").map_or(true, |only| only.split(',').any(|name| name == family))
}

/// Compares what both sides say of an expression over the table of edges.
fn compared(expression: &str, judged: &Judged, found: &Found, tally: &mut Tally) {
    match found {
        Found::Refused(why) => tally.refused.push(format!("{expression}\t{why}")),
        Found::Fails(why, values) => {
            let differing = judged
                .rows
                .iter()
                .filter_map(|(id, _, wanted)| values.get(id).map(|value| (id, wanted, value)))
                .find(|(_, wanted, value)| wanted != value);
            match differing {
                Some((id, wanted, value)) => tally
                    .different
                    .push(format!("{expression}\trow {id}: {value:?}, PostgreSQL says {wanted:?}, and others fail")),
                None => tally.fails.push(format!("{expression}\t{why}")),
            }
        }
        Found::Values(values, kind) => {
            let differing = judged
                .rows
                .iter()
                .filter(|(_, valid, _)| *valid)
                .zip(values)
                .find(|((_, _, wanted), value)| wanted != *value);
            if let Some(((id, _, wanted), value)) = differing {
                tally.different.push(format!("{expression}\trow {id}: {value:?}, PostgreSQL says {wanted:?}"));
            } else if sides::family_of(&judged.kind) != sides::family_of(kind) {
                tally.different.push(format!("{expression}\tis {kind}, PostgreSQL says {}", judged.kind));
            } else {
                tally.same += 1;
            }
        }
        Found::Accepts(id) => {
            tally.different.push(format!("{expression}\trow {id} has a value, where PostgreSQL has an error"));
        }
    }
}

/// The page of the dialect, from what was found. `REHOME_UPDATE=1` writes it anew.
fn page(tallies: &BTreeMap<String, Tally>) {
    const BEGIN: &str = "<!-- found -->\n";
    const END: &str = "<!-- /found -->";
    if std::env::var_os("REHOME_FAMILY").is_some() {
        return;
    }
    let mut table = "| family | as PostgreSQL | refused | fails on a value |\n|---|---|---|---|\n".to_owned();
    for (family, tally) in tallies {
        let _ = writeln!(table, "| {family} | {} | {} | {} |", tally.same, tally.refused.len(), tally.fails.len());
    }
    let mut reasons: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for line in tallies.values().flat_map(|tally| &tally.refused) {
        let (expression, why) = line.split_once('\t').unwrap_or((line, ""));
        let why = why.split(" [file").next().unwrap_or(why).split(": the forms are").next().unwrap_or(why);
        let why = without_text(why);
        reasons.entry(why.replace('|', "\\|")).or_insert((0, expression.replace('|', "\\|"))).0 += 1;
    }
    table.push_str("\n## What is refused\n\n| expressions | for example | what is told |\n|---|---|---|\n");
    let mut reasons: Vec<(String, (usize, String))> = reasons.into_iter().collect();
    reasons.sort_by(|(a, (one, _)), (b, (other, _))| other.cmp(one).then_with(|| a.cmp(b)));
    for (why, (count, expression)) in reasons {
        let _ = writeln!(table, "| {count} | `{expression}` | {why} |");
    }
    table.push_str("\n## Functions and operators\n\n");
    for (title, forms) in rehome::engine::listed_functions() {
        let _ = writeln!(table, "### {title}\n\n```\n{}\n```\n", forms.join("\n"));
    }
    let file = support::repository("docs/sql.md");
    let page = std::fs::read_to_string(&file).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap();
    let (found, after) = rest.split_once(END).unwrap();
    if std::env::var_os("REHOME_UPDATE").is_some() {
        std::fs::write(&file, format!("{before}{BEGIN}{table}{END}{after}")).unwrap();
        return;
    }
    assert_eq!(found, table, "REHOME_UPDATE=1 writes docs/sql.md anew");
}

/// A reason without the text that an expression writes.
fn without_text(why: &str) -> String {
    let known = why.strip_prefix("the quoted text '").and_then(|rest| {
        let ends = ["' as ", "' beside ", "' in "];
        ends.iter().filter_map(|end| rest.find(end)).max().map(|at| format!("a quoted text{}", &rest[at + 1..]))
    });
    known.unwrap_or_else(|| why.to_owned())
}

fn report(tallies: &BTreeMap<String, Tally>) -> String {
    let mut out = String::new();
    for (family, tally) in tallies {
        let _ = writeln!(
            out,
            "{family:14} same {:5}  refused {:4}  fails {:4}  different {:4}",
            tally.same,
            tally.refused.len(),
            tally.fails.len(),
            tally.different.len()
        );
    }
    if let Ok(folder) = std::env::var("REHOME_DIALECT_OUT") {
        for (family, tally) in tallies {
            for (name, lines) in [("refused", &tally.refused), ("fails", &tally.fails), ("different", &tally.different)]
            {
                let _ = std::fs::create_dir_all(&folder);
                let _ = std::fs::write(format!("{folder}/{family}.{name}"), lines.join("\n") + "\n");
            }
        }
    }
    out
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn expressions_have_postgresqls_values_or_are_refused() {
    let sides = Sides::new().await;
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    for (family, lines) in families().into_iter().filter(|(family, _)| wanted(family)) {
        let tally = tallies.entry(family).or_default();
        for expression in lines {
            let judged = sides.judge(&expression).await;
            let found = sides.find(&expression, &judged).await;
            compared(&expression, &judged, &found, tally);
        }
    }
    let told = report(&tallies);
    println!("{told}");
    page(&tallies);
    let different: usize = tallies.values().map(|tally| tally.different.len()).sum();
    assert_eq!(different, 0, "silent differences:\n{told}");
}

/// Each expression over literals in place of its columns: what is folded is what is computed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn literals_have_the_values_of_columns() {
    let sides = Sides::new().await;
    let edges = sides.edges().await;
    let mut different = Vec::new();
    let mut same = 0;
    for (at, expression) in families().into_iter().flat_map(|(_, lines)| lines).enumerate() {
        let found = lines::columns(&expression, |name| edges.contains_key(name));
        if found.is_empty() || expression.contains("edges") {
            continue;
        }
        let row = at * 37 % 240;
        let literal = |(from, to, name): (usize, usize, String)| {
            let (kind, values) = &edges[&name];
            let value =
                values[row].as_ref().map_or("null".to_owned(), |text| format!("'{}'", text.replace('\'', "''")));
            (from, to, format!("(cast({value} as {kind}))"))
        };
        let parts: Vec<_> = found.into_iter().map(literal).collect();
        let expression = lines::replaced(&expression, &parts);
        match sides.alone(&expression).await {
            (Some(judged), Ok(found)) if judged != found => {
                different.push(format!("{expression}: {found:?}, PostgreSQL says {judged:?}"));
            }
            (None, Ok(found)) => different.push(format!("{expression}: {found:?}, where PostgreSQL has an error")),
            (_, Ok(_)) => same += 1,
            (_, Err(_)) => {}
        }
    }
    println!("{same} literals are the same");
    assert!(different.is_empty(), "{} differ:\n{}", different.len(), different.join("\n"));
}

/// Whole queries: groups, windows, joins, unions; rows are compared without their order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queries_have_postgresqls_rows_or_are_refused() {
    let sides = Sides::new().await;
    let mut tally = Tally::default();
    for query in queries() {
        match sides.whole(&query).await {
            (_, Err(why)) => tally.refused.push(format!("{query}\t{why}")),
            (Some(judged), Ok(found)) if judged == found => tally.same += 1,
            (judged, Ok(found)) => {
                let judged = judged.unwrap_or_default();
                let odd = found.iter().find(|row| !judged.contains(row)).cloned().unwrap_or_default();
                let missing = judged.iter().find(|row| !found.contains(row)).cloned().unwrap_or_default();
                tally.different.push(format!("{query}\t{odd}, PostgreSQL says {missing}"));
            }
        }
    }
    let different = tally.different.len();
    let told = report(&[("queries".to_owned(), tally)].into());
    println!("{told}");
    assert_eq!(different, 0, "silent differences:\n{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_postgresql_refuses_is_refused() {
    let sides = Sides::new().await;
    let mut accepted = Vec::new();
    for expression in wrong() {
        if sides.accepts(&expression).await {
            accepted.push(expression);
        }
    }
    assert!(accepted.is_empty(), "{} accepted:\n{}", accepted.len(), accepted.join("\n"));
}
