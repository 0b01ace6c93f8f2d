//! Owns migrations of many small flows, made from templates: each from a table of its own into a table of its own.
//! Must not know: what becomes of the figures.

use std::path::{Path, PathBuf};

use rehome::server::sql::fill;
use serde_json::Value;

use super::Asked;
use super::figures::{Cost, OfFlows};
use super::host::Host;
use super::program::{Ended, median, run};

const ROWS: &str = "100";
const SOURCE: &str = include_str!("flows/source.sql");
const TARGET: &str = include_str!("flows/target.sql");
const FLOW: &str = include_str!("flows/flow.sql");
const PIPELINE: &str = include_str!("flows/pipeline.toml");

/// What is told, and the steps of `--timings` (`stage.step`) that it is made of. None of a row is within another of it.
const COSTS: &[(&str, &[&str])] = &[
    ("planning", &["transform.plan ahead", "transform.plan"]),
    ("transform", &["transform.flow"]),
    ("load", &["load.flow"]),
    ("of that, ledger", &["load.claim", "load.commit"]),
    ("finish", &["load.finish"]),
    ("verify rows", &["verify.rows"]),
    ("verify the rest", &["verify.mappings", "verify.quarantine", "verify.integrity"]),
    ("report", &["report.count", "report.causes"]),
];

pub fn measure(asked: &Asked, host: &Host, tell: &mut dyn FnMut(String)) -> Vec<OfFlows> {
    let jobs = asked.jobs.iter().copied().max().unwrap_or(2);
    let mut all = Vec::new();
    for flows in &asked.flows {
        let folder = tempfile::tempdir().expect("a folder");
        let pipeline = write(folder.path(), *flows);
        let legacy = host.create("legacy");
        host.create("fresh");
        host.run("legacy", numbered(SOURCE, *flows));
        host.run("fresh", numbered(TARGET, *flows));
        host.settle("legacy");
        let once = |round: usize| migrate(asked, host, (&pipeline, &legacy), (folder.path(), jobs, round));
        let ended = median((0..asked.rounds).map(once).collect());
        let run = ended.migration();
        tell(format!("{flows} flows, {jobs} jobs: {:.1} s", run.seconds));
        all.push(OfFlows { flows: *flows, jobs, run, costs: costs(&ended.timings, *flows) });
        host.drop("legacy");
        host.drop("fresh");
    }
    all
}

fn numbered(template: &str, flows: usize) -> impl Iterator<Item = String> {
    (1..=flows).map(move |number| fill(template, &[("number", &number.to_string()), ("rows", ROWS)]))
}

/// Writes the pipeline; gives its file.
fn write(folder: &Path, flows: usize) -> PathBuf {
    let home = folder.join("pipeline");
    std::fs::create_dir_all(home.join("flows")).expect("a folder");
    for (index, flow) in numbered(FLOW, flows).enumerate() {
        std::fs::write(home.join(format!("flows/thing_{}.sql", index + 1)), flow).expect("a flow");
    }
    let file = home.join("pipeline.toml");
    std::fs::write(&file, PIPELINE).expect("a pipeline");
    file
}

fn migrate(asked: &Asked, host: &Host, (pipeline, legacy): (&Path, &str), place: (&Path, usize, usize)) -> Ended {
    let (folder, jobs, round) = place;
    let (target, pipeline) = (host.copy("target", "fresh"), pipeline.display().to_string());
    let dir = folder.join(format!("run-{round}"));
    let whole =
        ["run", "--timings", "--no-threshold", "--pipeline", &pipeline, "--source", legacy, "--target", &target];
    let ended = run(&asked.program, &dir, jobs, &whole);
    host.drop("target");
    ended
}

#[expect(clippy::cast_precision_loss, reason = "a number of flows")]
fn costs(timings: &[Value], flows: usize) -> Vec<Cost> {
    let named = |one: &Value| {
        let [stage, step] = ["stage", "step"].map(|name| one[name].as_str().unwrap_or_default());
        format!("{stage}.{step}")
    };
    let of = |steps: &[&str]| -> f64 {
        let chosen = timings.iter().filter(|one| steps.contains(&named(one).as_str()));
        chosen.filter_map(|one| one["seconds"].as_f64()).sum()
    };
    COSTS.iter().map(|(what, steps)| Cost { what, milliseconds_per_flow: of(steps) * 1e3 / flows as f64 }).collect()
}
