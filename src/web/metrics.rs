//! Owns the figures of runs in Prometheus' text form. Must not know: who reads them. Names and counts are in it, never values.

use std::collections::BTreeMap;
use std::fmt::Write;

use chrono::Utc;

use super::live::State;
use crate::timing::Spent;

/// Text in the making: each family of figures has its help and its type once, before its samples.
#[derive(Default)]
struct Families(String);

impl Families {
    fn begin(&mut self, name: &str, sort: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {sort}");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        let shown: Vec<String> = labels.iter().map(|(label, text)| format!("{label}=\"{}\"", escaped(text))).collect();
        let labels = if shown.is_empty() { String::new() } else { format!("{{{}}}", shown.join(",")) };
        let _ = writeln!(self.0, "{name}{labels} {value}");
    }

    /// A family of one sample.
    fn one(&mut self, name: &str, sort: &str, help: &str, value: f64) {
        self.begin(name, sort, help);
        self.sample(name, &[], value);
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[expect(clippy::cast_precision_loss, reason = "Prometheus has no other numbers")]
fn float(count: u64) -> f64 {
    count as f64
}

/// All figures.
pub fn text(state: &State, spent: &[Spent]) -> String {
    let mut told = Families::default();
    told.begin("rehome_build_info", "gauge", "The program; always 1.");
    told.sample("rehome_build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1.0);
    at_work(&mut told, state);
    steps(&mut told, spent);
    ended(&mut told, state);
    flows(&mut told, state);
    told.0
}

fn at_work(told: &mut Families, state: &State) {
    told.one("rehome_running", "gauge", "1 while a run is at work.", f64::from(u8::from(state.running.is_some())));
    told.begin("rehome_phase", "gauge", "1 for the stage that the run is in; idle between runs.");
    let phase = match (&state.running, state.phase.as_str()) {
        (None, _) => "idle",
        (Some(_), "") => "starting",
        (Some(_), phase) => phase,
    };
    let known = ["idle", "starting", "extract", "transform", "load", "check", "verify", "report"];
    let others = [phase].into_iter().filter(|phase| !known.contains(phase));
    for name in known.into_iter().chain(others) {
        told.sample("rehome_phase", &[("phase", name)], f64::from(u8::from(name == phase)));
    }
    told.begin("rehome_rows_total", "counter", "Rows that a stage has done, by table or flow.");
    for ((stage, item), rows) in &state.rows {
        told.sample("rehome_rows_total", &[("stage", stage), ("item", item)], float(*rows));
    }
    told.begin("rehome_rows_per_second", "gauge", "Rows a second of a stage, over the last 15 seconds.");
    for (stage, speed) in state.speeds() {
        told.sample("rehome_rows_per_second", &[("stage", &stage)], speed);
    }
    told.one(
        "rehome_retries_total",
        "counter",
        "Attempts after something that passes, such as a lost connection.",
        float(state.retries),
    );
}

/// How long steps take: a chunk is `load.chunk`.
fn steps(told: &mut Families, spent: &[Spent]) {
    let mut sums: BTreeMap<String, (f64, u64)> = BTreeMap::new();
    for step in spent {
        let sum = sums.entry(format!("{}.{}", step.stage, step.step.replace(' ', "_"))).or_default();
        *sum = (sum.0 + step.seconds, sum.1 + step.times);
    }
    told.begin("rehome_step_seconds", "summary", "Time of each step of a stage; load.chunk is the whole of a chunk.");
    for (step, (seconds, times)) in sums {
        told.sample("rehome_step_seconds_sum", &[("step", &step)], seconds);
        told.sample("rehome_step_seconds_count", &[("step", &step)], float(times));
    }
}

#[expect(clippy::cast_precision_loss, reason = "seconds since 1970")]
fn ended(told: &mut Families, state: &State) {
    told.begin("rehome_runs_total", "counter", "Runs that have ended: ok, failed (with a report), error (without).");
    for how in ["ok", "failed", "error"] {
        told.sample("rehome_runs_total", &[("ended", how)], float(state.ended.get(how).copied().unwrap_or_default()));
    }
    if let Some((at, taken)) = state.success {
        let help = "When a run last ended well, in seconds since 1970.";
        told.one("rehome_last_success_timestamp_seconds", "gauge", help, at.timestamp() as f64);
        if let Some(taken) = taken {
            let lag = (Utc::now() - taken).num_milliseconds().max(0) as f64 / 1000.0;
            told.one("rehome_lag_seconds", "gauge", "How old the state of the source is that the target holds.", lag);
        }
    }
    let Some(last) = &state.last else { return };
    let help = "When the last run ended, in seconds since 1970.";
    told.one("rehome_last_run_timestamp_seconds", "gauge", help, last.at.timestamp() as f64);
    told.one("rehome_last_run_exit_code", "gauge", "Its exit code.", f64::from(last.exit_code));
    told.one("rehome_last_run_seconds", "gauge", "How long it took.", last.seconds);
    told.begin("rehome_last_run_phase_seconds", "gauge", "How long each part of it took.");
    for (phase, seconds) in &last.phases {
        told.sample("rehome_last_run_phase_seconds", &[("phase", phase)], *seconds);
    }
    if let Some(bytes) = last.peak_memory {
        told.one("rehome_peak_memory_bytes", "gauge", "The most memory that the process has held.", float(bytes));
    }
}

/// What the last run with a report made of each flow's rows.
fn flows(told: &mut Families, state: &State) {
    let none = Vec::new();
    let flows = state.last.as_ref().map_or(&none, |last| &last.flows);
    told.begin("rehome_flow_rows", "gauge", "Rows of each outcome in the last run.");
    for flow in flows {
        for (outcome, rows) in [
            ("migrated", flow.migrated),
            ("adopted", flow.adopted),
            ("rejected", flow.rejected),
            ("skipped", flow.skipped),
            ("elsewhere", flow.elsewhere),
        ] {
            told.sample("rehome_flow_rows", &[("flow", &flow.flow), ("outcome", outcome)], float(rows));
        }
    }
    told.begin("rehome_rejects", "gauge", "Rejected rows of the last run, by reason.");
    for flow in flows {
        for (reason, rows) in &flow.reasons {
            told.sample("rehome_rejects", &[("flow", &flow.flow), ("reason", reason)], float(*rows));
        }
    }
    told.begin("rehome_flow_share", "gauge", "The share of a flow's rows in scope that reached the target, 0 to 1.");
    for flow in flows {
        told.sample("rehome_flow_share", &[("flow", &flow.flow)], flow.share);
    }
    told.begin(
        "rehome_flow_rows_per_second",
        "gauge",
        "Rows a second of a flow in the last run, transformed and loaded.",
    );
    for flow in flows {
        told.sample("rehome_flow_rows_per_second", &[("flow", &flow.flow)], flow.rows_per_second);
    }
}

#[cfg(test)]
mod tests {
    use super::{Families, text};
    use crate::web::live::State;

    #[test]
    fn labels_are_escaped() {
        let mut told = Families::default();
        told.sample("x", &[("a", "say \"\\\"\nagain")], 1.5);
        assert_eq!(told.0, "x{a=\"say \\\"\\\\\\\"\\nagain\"} 1.5\n");
    }

    #[test]
    fn each_family_begins_once() {
        let told = text(&State::default(), &[]);
        let helps: Vec<&str> = told.lines().filter(|line| line.starts_with("# HELP")).collect();
        let names: std::collections::BTreeSet<&str> = helps.iter().filter_map(|line| line.split(' ').nth(2)).collect();
        assert_eq!(names.len(), helps.len());
        assert!(told.contains("rehome_phase{phase=\"idle\"} 1\n"));
    }
}
