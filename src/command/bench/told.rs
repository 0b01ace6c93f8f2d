//! Owns what is made of the measurements: stages in the order of a run, their sum, and what that rests on.
//! Must not know: how anything was measured.

use super::found::{self, Benchmark, Stage};
use super::measure::{Measured, OfLoad};
use super::model::{self, Seconds};
use super::{Asked, FEW_ROWS};
use crate::report::words;

/// Below this, what both take together is not told from what they take one after the other.
const OVERLAPS: f64 = 0.99;

/// What a bench tells; None where no row was read.
pub fn told(asked: &Asked, measured: &Measured, seconds: f64) -> Option<Benchmark> {
    if measured.sample.rows == 0 {
        return None;
    }
    let mut stages = before_load(measured);
    let mut overlap = 0.0;
    if let Some(target) = &measured.target {
        stages.extend(of_target(target));
        let (transform, load) = (measured.transform.whole(), target.load.whole());
        let flows: Vec<(f64, f64)> = transform.into_iter().zip(load).collect();
        overlap = model::overlap(&flows, target.speed);
    }
    stages.push(Stage::of("report", measured.flows.sampled, 0, measured.report));
    let predicted = stages.iter().map(|stage| stage.predicted_seconds).sum::<f64>() - overlap;
    let (at_least, at_most) = found::range(predicted, &stages);
    Some(Benchmark {
        pipeline: asked.pipeline.name.clone(),
        predicts: if measured.target.is_some() { "run" } else { "snapshot and what-if" },
        sample: measured.sample.clone(),
        bottleneck: found::bottleneck(&stages),
        stages,
        overlap_seconds: overlap,
        predicted_seconds: predicted,
        at_least_seconds: at_least,
        at_most_seconds: at_most,
        assumptions: assumptions(asked, measured),
        seconds,
    })
}

fn part(seconds: Seconds, share: f64) -> Seconds {
    Seconds {
        measured: seconds.measured * share,
        predicted: seconds.predicted * share,
        extrapolated: seconds.extrapolated * share,
    }
}

fn fixed(seconds: f64) -> Seconds {
    Seconds { measured: seconds, predicted: seconds, extrapolated: 0.0 }
}

fn before_load(measured: &Measured) -> Vec<Stage> {
    let (read, (parquet, bytes)) = (measured.extract.seconds(), measured.parquet);
    let rows = measured.sample.rows;
    vec![
        Stage::of("extract", rows, bytes, part(read, 1.0 - parquet)),
        Stage::of("parquet", rows, bytes, part(read, parquet)),
        Stage::of("plan", 0, 0, fixed(measured.plan)),
        Stage::of("transform", measured.flows.sampled, 0, measured.transform.seconds()),
    ]
}

fn of_target(target: &OfLoad) -> Vec<Stage> {
    let load = target.load.seconds();
    let indexes = target.indexes.seconds().and(target.analyze.seconds());
    vec![
        Stage::of("copy", target.rows, target.bytes, part(load, 1.0 - target.mappings)),
        Stage::of("mappings", target.mapped, 0, part(load, target.mappings)),
        Stage::of("indexes", target.rows, 0, indexes),
        Stage::of("foreign keys", target.rows, 0, target.foreign_keys.seconds()),
        Stage::of("verify", target.rows, 0, target.verify),
    ]
}

fn assumptions(asked: &Asked, measured: &Measured) -> Vec<String> {
    let sample = &measured.sample;
    let mut told = Vec::new();
    if sample.tables.is_empty() {
        told.push(format!("all tables have at most {} rows, and were read whole", words::count(FEW_ROWS)));
    } else {
        let tables = words::of(sample.tables.len() as u64, "table", "tables");
        told.push(format!(
            "{tables} with more than {} rows were read in part; a row costs the same in the rest of them",
            words::count(FEW_ROWS)
        ));
        told.push(
            "where the source declares a foreign key between two of them, rows whose parents were read; else some have none, and \
             what a flow does with such rows it does with all"
                .to_owned(),
        );
        let counted = sample.tables.iter().filter(|table| table.counted).count();
        told.push(match sample.tables.len() - counted {
            0 => "their rows were counted".to_owned(),
            estimated => format!(
                "the rows of {estimated} of them are the planner's estimate (reltuples), the others' were counted"
            ),
        });
    }
    told.push(format!(
        "servers and machine are as busy as they were now, and so is the network; --jobs {}",
        asked.reading.jobs
    ));
    told.push("what is measured may be 5 % off, what follows from the sample 20 %: that is the range".to_owned());
    if let Some(target) = &measured.target {
        of_load(target, &mut told);
    } else {
        told.push("without --target: what a snapshot and a what-if take, and no load".to_owned());
    }
    told
}

fn of_load(target: &OfLoad, told: &mut Vec<String>) {
    told.push("a first run, verified (`--verify moved`), into tables that hold what they hold now; its ledger costs what notes cost".to_owned());
    let pace = words::share(target.speed);
    told.push(if target.speed > OVERLAPS {
        "transforming and loading do not slow each other down".to_owned()
    } else {
        format!("beside each other, transforming and loading each go at {pace} of their speed alone")
    });
    told.push("sorting for an index takes n log n".to_owned());
    if target.triggers > 0 {
        let triggers = words::of(target.triggers as u64, "trigger", "triggers");
        told.push(format!("{triggers} of the target would fire, and did not: what they do comes on top"));
    }
}
