//! Owns how it is shown what a bench found. Must not know: how it was measured.

use super::super::args::Format;
use super::{count, json, numbers, table};
use crate::command::bench::{Benchmark, Sample, Stage};
use crate::report::words;

/// Shows stages, the bottleneck, the prediction and what it assumes.
pub fn benchmark(found: &Benchmark, format: Format) {
    if format == Format::Json {
        return json(found);
    }
    sample(&found.sample);
    let mut rows = table(&["stage", "rows", "rows/s", "MB/s", "measured s", "predicted s"]);
    for stage in &found.stages {
        rows.add_row(row(stage));
    }
    if found.overlap_seconds > 0.0 {
        let saved = format!("−{:.2}", found.overlap_seconds);
        rows.add_row(["transform beside load", "", "", "", "", &saved]);
    }
    numbers(&mut rows, 1..6);
    anstream::println!("\n{rows}\n");
    let neck = &found.bottleneck;
    anstream::println!("bottleneck  {}, {} of the stages' time: {}", neck.stage, words::part(neck.share), neck.hint);
    let [least, most] = [found.at_least_seconds, found.at_most_seconds].map(words::seconds);
    anstream::println!(
        "predicted   {}, from {least} to {most}, for {}",
        words::seconds(found.predicted_seconds),
        found.predicts
    );
    anstream::println!("\nThis assumes:");
    for assumption in &found.assumptions {
        anstream::println!("- {assumption}");
    }
    anstream::println!("\nmeasured in {}", words::seconds(found.seconds));
}

fn sample(sample: &Sample) {
    anstream::println!("{} of {} rows were read", count(sample.rows), count(sample.of_rows));
    if sample.tables.is_empty() {
        return;
    }
    let mut rows = table(&["read in part", "rows", "of", ""]);
    for part in &sample.tables {
        let how = if part.counted { "counted" } else { "estimated" };
        rows.add_row([part.table.clone(), count(part.rows), count(part.of_rows), how.to_owned()]);
    }
    numbers(&mut rows, 1..3);
    anstream::println!("\n{rows}");
}

fn row(stage: &Stage) -> [String; 6] {
    let rate = |rate: Option<f64>| rate.map(|rate| words::grouped(&format!("{rate:.0}"))).unwrap_or_default();
    [
        stage.stage.to_owned(),
        if stage.rows == 0 { String::new() } else { count(stage.rows) },
        rate(stage.rows_per_second),
        stage.megabytes_per_second.map(|rate| format!("{rate:.1}")).unwrap_or_default(),
        format!("{:.2}", stage.measured_seconds),
        format!("{:.2}", stage.predicted_seconds),
    ]
}
