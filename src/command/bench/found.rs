//! Owns what a bench tells: stages, the bottleneck, the duration that is predicted and what that assumes.
//! Must not know: how anything was measured.

use schemars::JsonSchema;
use serde::Serialize;

use super::model::{Seconds, number};

/// What was measured may be so much off in the run, and what follows from a sample so much.
const OF_MEASURED: f64 = 0.05;
const OF_EXTRAPOLATED: f64 = 0.2;

/// What a bench found.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Benchmark {
    pub pipeline: String,
    /// The command whose duration is predicted: `run`, or without a target `snapshot and what-if`.
    pub predicts: &'static str,
    pub sample: Sample,
    /// In the order of a run.
    pub stages: Vec<Stage>,
    pub bottleneck: Bottleneck,
    /// While one flow is loaded, the next is transformed: so much less than the stages' sum, in seconds.
    pub overlap_seconds: f64,
    /// The whole command, in seconds.
    pub predicted_seconds: f64,
    pub at_least_seconds: f64,
    pub at_most_seconds: f64,
    pub assumptions: Vec<String>,
    /// What the bench itself took.
    pub seconds: f64,
}

/// Which rows were measured.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Sample {
    /// Of the tables that are read in part.
    pub share: f64,
    /// Tables with at most so many rows are read whole.
    pub whole_up_to: u64,
    pub rows: u64,
    pub of_rows: u64,
    /// The tables that were read in part.
    pub tables: Vec<Part>,
}

/// A table that was read in part.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Part {
    pub table: String,
    pub rows: u64,
    pub of_rows: u64,
    /// Its rows were counted; else the planner estimates them.
    pub counted: bool,
}

/// A stage of the migration.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Stage {
    pub stage: &'static str,
    /// Of the sample.
    pub rows: u64,
    pub rows_per_second: Option<f64>,
    /// Millions of bytes, where it is known how many there were.
    pub megabytes_per_second: Option<f64>,
    pub measured_seconds: f64,
    pub predicted_seconds: f64,
    /// Of those, what follows from the sample and was not measured.
    #[serde(skip)]
    pub extrapolated: f64,
}

/// The stage that takes most of the time.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Bottleneck {
    pub stage: &'static str,
    /// Of the stages' sum, 0 to 1.
    pub share: f64,
    pub hint: &'static str,
}

impl Stage {
    pub fn of(stage: &'static str, rows: u64, bytes: u64, seconds: Seconds) -> Self {
        let rate = |amount: u64| (amount > 0 && seconds.measured > 0.0).then(|| number(amount) / seconds.measured);
        Self {
            stage,
            rows,
            rows_per_second: rate(rows),
            megabytes_per_second: rate(bytes).map(|bytes| bytes / 1e6),
            measured_seconds: seconds.measured,
            predicted_seconds: seconds.predicted,
            extrapolated: seconds.extrapolated,
        }
    }
}

/// The stage that takes most, and what can be done about it.
pub fn bottleneck(stages: &[Stage]) -> Bottleneck {
    let sum: f64 = stages.iter().map(|stage| stage.predicted_seconds).sum();
    let most = stages.iter().max_by(|one, other| one.predicted_seconds.total_cmp(&other.predicted_seconds));
    let (stage, seconds) = most.map_or(("", 0.0), |stage| (stage.stage, stage.predicted_seconds));
    let hint = match stage {
        "extract" => "more --jobs, if the source has idle processors; a snapshot may be taken days before the run",
        "parquet" => "more --jobs, and a faster disk below --dir",
        "plan" => "it does not grow with the rows",
        "transform" => "more --jobs and --memory; --timings of a what-if names the flow that takes longest",
        "copy" | "mappings" => {
            "more --jobs, if the target has idle processors; triggers, and indexes of tables that are not empty, slow it down"
        }
        "indexes" => "more --jobs, if the target has idle processors; look which indexes the first day can do without",
        "foreign keys" => "more --jobs, if the target has idle processors",
        "verify" => "--no-verify, and `rehome verify` when the new system is at work already",
        _ => "checks and reports of the pipeline read much; --timings names them",
    };
    Bottleneck { stage, share: if sum > 0.0 { seconds / sum } else { 0.0 }, hint }
}

/// The least and the most that is to be expected.
pub fn range(predicted: f64, stages: &[Stage]) -> (f64, f64) {
    let sum: f64 = stages.iter().map(|stage| stage.predicted_seconds).sum();
    let extrapolated: f64 = stages.iter().map(|stage| stage.extrapolated).sum();
    let share = if sum > 0.0 { (extrapolated / sum).clamp(0.0, 1.0) } else { 0.0 };
    let off = predicted * (share * OF_EXTRAPOLATED + (1.0 - share) * OF_MEASURED);
    (predicted - off, predicted + off)
}
