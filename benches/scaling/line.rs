//! Owns how far a series of measurements is from growing in proportion, with something fixed beside.
//! Must not know: what was measured beyond that.

use super::figures::{Growth, OfFlows, OfScale, Run};

/// A straight line through measurements.
pub struct Line {
    pub fixed: f64,
    pub each: f64,
}

impl Line {
    /// The line whose deviations, each as a share of what was measured, have the least squares: small runs count as much as large
    /// ones. One point gives proportion.
    pub fn through(points: &[(f64, f64)]) -> Self {
        let [mut w, mut wx, mut wy, mut wxx, mut wxy] = [0.0; 5];
        for (x, y) in points {
            let weight = 1.0 / (y * y);
            w += weight;
            wx += weight * x;
            wy += weight * y;
            wxx += weight * x * x;
            wxy += weight * x * y;
        }
        let spread = w * wxx - wx * wx;
        if points.len() < 2 || spread <= f64::EPSILON * w * wxx {
            return Self { fixed: 0.0, each: if wxx > 0.0 { wxy / wxx } else { 0.0 } };
        }
        let each = (w * wxy - wx * wy) / spread;
        Self { fixed: (wy - each * wx) / w, each }
    }

    pub fn at(&self, x: f64) -> f64 {
        self.fixed + self.each * x
    }
}

/// How each series grows: by rows for each number of threads, then by flows.
pub fn of_all(by_rows: &[OfScale], by_flows: &[OfFlows]) -> Vec<Growth> {
    let mut threads: Vec<usize> = by_rows.iter().map(|one| one.jobs).collect();
    threads.sort_unstable();
    threads.dedup();
    let of_rows = |jobs: usize| {
        let runs = by_rows.iter().filter(|one| one.jobs == jobs).map(|one| (one.run.source_rows, &one.run));
        of("rows", jobs, &runs.collect::<Vec<_>>())
    };
    let flows: Vec<(u64, &Run)> = by_flows.iter().map(|one| (one.flows as u64, &one.run)).collect();
    let of_flows = by_flows.first().map(|first| of("flows", first.jobs, &flows));
    threads.into_iter().map(of_rows).chain(of_flows).collect()
}

#[expect(clippy::cast_precision_loss, reason = "rows of a benchmark")]
fn of(by: &'static str, jobs: usize, runs: &[(u64, &Run)]) -> Growth {
    let points: Vec<(f64, f64)> = runs.iter().map(|(units, run)| (*units as f64, run.seconds)).collect();
    let line = Line::through(&points);
    let (mut worst_deviation, mut worst_at) = (0.0, 0);
    for ((units, _), (x, y)) in runs.iter().zip(&points) {
        let deviation = (y / line.at(*x) - 1.0).abs();
        if deviation > worst_deviation || worst_at == 0 {
            (worst_deviation, worst_at) = (deviation, *units);
        }
    }
    let memory = || runs.iter().map(|(_, run)| run.peak_mib);
    Growth {
        by,
        jobs,
        points: runs.len(),
        fixed_seconds: line.fixed,
        seconds_per_unit: line.each,
        worst_deviation,
        worst_at,
        least_mib: memory().fold(f64::INFINITY, f64::min),
        most_mib: memory().fold(0.0, f64::max),
    }
}
