//! Owns what is known of each measurement, and of the machine. Must not know: how it was measured, or how it is shown.

use serde::Serialize;

/// All that was measured.
#[derive(Debug, Serialize)]
pub struct Figures {
    pub machine: Machine,
    pub by_rows: Vec<OfScale>,
    pub by_flows: Vec<OfFlows>,
    pub growth: Vec<Growth>,
}

/// Where it was measured: server and program share it.
#[derive(Debug, Serialize)]
pub struct Machine {
    pub cores: usize,
    pub memory_gib: Option<u64>,
    /// How many programs wanted to work when it began, on average over a minute: more than a few tenths, and it was not alone.
    pub load: Option<f64>,
    pub postgres: String,
}

impl Machine {
    /// This one, as it is now.
    pub fn of_this(postgres: String) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let known = std::fs::read_to_string("/proc/meminfo").unwrap_or_default();
        let total = known.lines().find_map(|line| line.strip_prefix("MemTotal:"));
        let kib = total.and_then(|total| total.trim().trim_end_matches(" kB").parse::<u64>().ok());
        let load = std::fs::read_to_string("/proc/loadavg").ok();
        let load = load.and_then(|load| load.split(' ').next()?.parse().ok());
        Self { cores, memory_gib: kib.map(|kib| kib.div_ceil(1 << 20)), load, postgres }
    }
}

/// One run of the program.
#[derive(Debug, Clone, Serialize)]
pub struct Run {
    /// Rows of the tables that were read.
    pub source_rows: u64,
    /// From its start to its end.
    pub seconds: f64,
    /// The parts that it tells of itself.
    pub phases: Vec<Phase>,
    /// Of the program alone: the server's work is not in it.
    pub cpu_seconds: f64,
    pub peak_mib: f64,
    pub rows_per_second: f64,
}

#[derive(Debug, Clone, Serialize)]
pub struct Phase {
    pub phase: String,
    pub seconds: f64,
}

/// The dispatch migration of a sample of this size.
#[derive(Debug, Clone, Serialize)]
pub struct OfScale {
    pub scale: f64,
    pub jobs: usize,
    #[serde(flatten)]
    pub run: Run,
}

/// A migration of many small flows.
#[derive(Debug, Clone, Serialize)]
pub struct OfFlows {
    pub flows: usize,
    pub jobs: usize,
    #[serde(flatten)]
    pub run: Run,
    /// What a flow costs, by what is done.
    pub costs: Vec<Cost>,
}

/// What a step costs a flow. Steps run beside each other: together they may be more than the run took.
#[derive(Debug, Clone, Serialize)]
pub struct Cost {
    pub what: &'static str,
    pub milliseconds_per_flow: f64,
}

/// How time grows: `fixed_seconds + seconds_per_unit × units`, the line with the least relative deviations.
#[derive(Debug, Clone, Serialize)]
pub struct Growth {
    /// `rows` or `flows`.
    pub by: &'static str,
    pub jobs: usize,
    pub points: usize,
    pub fixed_seconds: f64,
    pub seconds_per_unit: f64,
    /// The largest of |measured / line - 1|, and where.
    pub worst_deviation: f64,
    pub worst_at: u64,
    pub least_mib: f64,
    pub most_mib: f64,
}
